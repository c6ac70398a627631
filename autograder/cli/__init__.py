"""The command ``autograder``: the only code of the engine that prints and exits."""
