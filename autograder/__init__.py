"""Write exercises as text, check them while a book is built, release them, and grade answers.

Everything else is built on three functions: :func:`~autograder.format.release.release` makes a
learner's notebook, :func:`~autograder.verification.verify.verify` checks an exercise, and
:func:`~autograder.running.run.run` runs checks on answers, for the build and for the grader.
"""
