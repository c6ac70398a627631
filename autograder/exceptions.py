"""The errors of this package. A message says where, what, and what to do."""


class AutograderError(Exception):
    """Anything that the package reports to its user."""


class SourceError(AutograderError):
    """An exercise source that cannot be used as it stands."""

    def __init__(self, place: str, problem: str, remedy: str) -> None:
        super().__init__(f"{place}: {problem}; {remedy}")
        self.place = place
        self.problem = problem
        self.remedy = remedy


class WorkerError(AutograderError):
    """A warm worker process that does not do its part."""


class WorkerDied(WorkerError):  # noqa: N818 - it says what happened
    """The warm worker ended, and every process that it had forked with it."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"the warm worker has ended ({reason}); start a new one and try again")


class PreloadFailed(WorkerError):  # noqa: N818 - it says what happened
    """A module could not be imported in the warm worker."""

    def __init__(self, module: str, problem: str) -> None:
        super().__init__(
            f"the warm worker cannot import {module}: {problem}; "
            "install what requirements.txt locks, or take the module out of the preload list"
        )
        self.module = module


class CodecError(AutograderError):
    """A value that cannot cross between two processes, or a message that is not one of ours."""


class SubmissionError(AutograderError):
    """A submission that cannot be graded as it stands; the learner is told why."""


class GradingError(AutograderError):
    """Grading cannot go on; nothing that was graded is lost."""


class UsageError(AutograderError):
    """A command that names something that is not there."""


class CertificateError(AutograderError):
    """A certificate that cannot be written, or one that is not to be trusted; it says why."""


class SandboxError(AutograderError):
    """The host does not allow the isolation that is asked for."""

    def __init__(self, found: str, least: str, obstacle: str, remedy: str) -> None:
        super().__init__(
            f"this host isolates learners' code at tier '{found}', below '{least}': {obstacle}; "
            f"{remedy}, or lower the tier on purpose"
        )
