"""The errors of this package. Each message names the place, the problem and the remedy."""


class AutograderError(Exception):
    """Base of all errors that the package reports to its user."""


class SourceError(AutograderError):
    """An exercise source cannot be read or breaks a rule of the format."""

    def __init__(self, place: str, problem: str, remedy: str) -> None:
        super().__init__(f"{place}: {problem}; {remedy}")
        self.place = place
        self.problem = problem
        self.remedy = remedy


class WorkerError(AutograderError):
    """A warm worker process cannot be started, or cannot fork another process."""


class WorkerDied(WorkerError):  # noqa: N818 - it says what happened
    """The warm worker has ended, and with it every process forked from it."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"the warm worker has ended ({reason}); start a new one and try again")


class PreloadFailed(WorkerError):  # noqa: N818 - it says what happened
    """A module could not be imported in the warm worker."""

    def __init__(self, module: str, problem: str) -> None:
        super().__init__(
            f"the warm worker cannot import {module}: {problem}; "
            "mend or install it, or name the modules to import first yourself (`--preload`, or "
            "`autograder_preload` in _config.yml)"
        )
        self.module = module


class CodecError(AutograderError):
    """A value cannot be sent between two processes, or a message received is not valid.

    Parameters
    ----------
    problem
        What is wrong.
    limit
        The name of the limit that the value exceeds, if it is that.
    """

    def __init__(self, problem: str, limit: str = "") -> None:
        super().__init__(problem)
        self.limit = limit


class SubmissionError(AutograderError):
    """A submission cannot be graded; the message is shown to the learner."""


class GradingError(AutograderError):
    """Grading cannot go on; what was graded before is kept."""


class UsageError(AutograderError):
    """A command was given something that does not exist or cannot be understood."""


class CertificateError(AutograderError):
    """A certificate cannot be written, or must not be trusted; the message says why."""


class SandboxError(AutograderError):
    """The host cannot isolate code as strictly as was asked."""

    def __init__(self, found: str, least: str, obstacle: str, remedy: str) -> None:
        super().__init__(
            f"this host isolates learners' code at tier '{found}', below '{least}': {obstacle}; "
            f"{remedy}, or lower the tier on purpose"
        )
