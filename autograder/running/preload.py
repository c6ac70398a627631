"""What workers import before they fork: all that a job would import again, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from autograder.format.imports import graded_code_of, installed_modules

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from autograder.format.source import Exercise

JUDGE: Final = (
    "numpy.random",  # NumPy imports it when it is first used: here each job would, to be seeded
    "autograder.running.check_runner",
    "autograder.running.answer_process",
)


def preload_of(exercises: Iterable[Exercise], given: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the modules that a worker for these exercises imports first.

    Parameters
    ----------
    given
        What somebody has named instead of what the cells of the exercises import.

    """
    return preload_for(graded_code_of(exercises), given)


def preload_for(sources: Iterable[str], given: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the modules that a worker for this code imports first, or those that were given."""
    return (*(given or installed_modules(sources)), *JUDGE)
