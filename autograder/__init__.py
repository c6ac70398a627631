"""Exercises as text, checked while the book is built, released, and graded.

The three functions that everything else calls are :func:`~autograder.format.release.release`,
:func:`~autograder.verification.verify.verify` and, under both, :func:`~autograder.running.run.run`.
"""
