"""What an exercise is, and its learner's version."""
