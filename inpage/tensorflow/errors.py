"""The exceptions that TensorFlow raises (``tf.errors``)."""

from ._absent import missing

__getattr__ = missing(__name__)

OK = 0
CANCELLED = 1
UNKNOWN = 2
INVALID_ARGUMENT = 3
DEADLINE_EXCEEDED = 4
NOT_FOUND = 5
ALREADY_EXISTS = 6
PERMISSION_DENIED = 7
RESOURCE_EXHAUSTED = 8
FAILED_PRECONDITION = 9
ABORTED = 10
OUT_OF_RANGE = 11
UNIMPLEMENTED = 12
INTERNAL = 13
UNAVAILABLE = 14
DATA_LOSS = 15
UNAUTHENTICATED = 16


class OpError(Exception):
    """An operation failed."""

    __module__ = "tensorflow.python.framework.errors_impl"
    _code = UNKNOWN

    def __init__(
        self,
        node_def: object,
        op: object,
        message: str,
        error_code: int | None = None,
        *args: object,
    ) -> None:
        super().__init__(node_def, op, message, *args)
        self._node_def, self._op, self._message = node_def, op, message
        self._error_code = self._code if error_code is None else error_code

    @property
    def message(self) -> str:
        """What went wrong."""
        return self._message

    @property
    def op(self) -> object:
        """The operation that failed, when it is known."""
        return self._op

    @property
    def node_def(self) -> object:
        """The operation's description, when it is known."""
        return self._node_def

    @property
    def error_code(self) -> int:
        """TensorFlow's number for this kind of error."""
        return self._error_code

    def __str__(self) -> str:
        return self._message


class _CodedError(OpError):
    """An error whose kind alone says its code."""

    def __init__(self, node_def: object, op: object, message: str, *args: object) -> None:
        super().__init__(node_def, op, message, None, *args)


class CancelledError(_CodedError):
    """An operation was cancelled."""

    _code = CANCELLED


class InvalidArgumentError(_CodedError):
    """An operation received an argument that it cannot take."""

    _code = INVALID_ARGUMENT


class DeadlineExceededError(_CodedError):
    """An operation did not end in time."""

    _code = DEADLINE_EXCEEDED


class NotFoundError(_CodedError):
    """A file or another thing that was asked for does not exist."""

    _code = NOT_FOUND


class AlreadyExistsError(_CodedError):
    """What was to be made exists."""

    _code = ALREADY_EXISTS


class PermissionDeniedError(_CodedError):
    """The caller may not do this."""

    _code = PERMISSION_DENIED


class ResourceExhaustedError(_CodedError):
    """There is no memory left for an operation."""

    _code = RESOURCE_EXHAUSTED


class FailedPreconditionError(_CodedError):
    """The system is not in the state that the operation needs."""

    _code = FAILED_PRECONDITION


class AbortedError(_CodedError):
    """An operation was aborted."""

    _code = ABORTED


class OutOfRangeError(_CodedError):
    """An iterator has come to its end."""

    _code = OUT_OF_RANGE


class UnimplementedError(_CodedError):
    """TensorFlow does not have this operation for these types."""

    _code = UNIMPLEMENTED


class InternalError(_CodedError):
    """Something broke inside."""

    _code = INTERNAL


class UnavailableError(_CodedError):
    """The runtime is not available."""

    _code = UNAVAILABLE


class DataLossError(_CodedError):
    """Data is lost or corrupt."""

    _code = DATA_LOSS


class UnauthenticatedError(_CodedError):
    """The caller has not said who it is."""

    _code = UNAUTHENTICATED


class UnknownError(OpError):
    """An error that no other kind describes."""

    def __init__(
        self, node_def: object, op: object, message: str, error_code: int | None = None
    ) -> None:
        super().__init__(node_def, op, message, error_code)


class OperatorNotAllowedInGraphError(TypeError):
    """A Python operator was used where only a graph is built."""

    __module__ = "tensorflow.python.framework.errors_impl"


for _kind in list(globals().values()):
    if isinstance(_kind, type) and issubclass(_kind, OpError):
        _kind.__module__ = OpError.__module__
