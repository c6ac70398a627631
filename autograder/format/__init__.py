"""What an exercise is, and how its learner's version is made."""
