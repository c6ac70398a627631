"""What is said when a page asks for more of TensorFlow than the stand-in has."""

from collections.abc import Callable

from ._names import NAMES

_WHERE = (
    "It runs where TensorFlow itself is installed: choose another Jupyter server, Binder or Colab "
    "in the menu of this page."
)


class NotInThisPage(AttributeError):  # noqa: N818 - it says what is the matter
    """TensorFlow has what was asked for; the stand-in that runs in this page does not."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} is not in the TensorFlow of this page. {_WHERE}")
        self.what = what


def public_path(module: str) -> str:
    """Return how readers write a module of the stand-in, such as ``tf.keras.losses``."""
    parts = module.split(".")
    return ".".join(["tf", *parts[parts.index("tensorflow") + 1 :]])


def missing(module: str) -> Callable[[str], object]:
    """Return the ``__getattr__`` of a module: every name that it lacks raises an error.

    A name that TensorFlow has raises `NotInThisPage`; any other raises what TensorFlow raises.
    """
    path = public_path(module)
    real, names = NAMES[path]
    known = frozenset(names.split())

    def __getattr__(name: str) -> object:  # noqa: N807
        if name in known:
            raise NotInThisPage(f"{path}.{name}")
        raise AttributeError(f"module '{real}' has no attribute '{name}'", name=name)

    return __getattr__


def missing_attribute(kind: str, name: str, text: str) -> AttributeError:
    """Return the error for attribute `name` of an object whose kind has names listed under `kind`.

    `text` is what TensorFlow says of an attribute that it does not have.
    """
    if name in NAMES[kind][1].split():
        return NotInThisPage(f"{kind}.{name}")
    return AttributeError(text, name=name)


def refuse(function: str, **given: tuple[object, object]) -> None:
    """Raise `NotInThisPage` for the first argument whose value is not its default.

    Each keyword is an argument of `function` that the stand-in takes only at its default:
    a pair of the value given and the default.
    """
    for name, (value, default) in given.items():
        if value is not default and not (type(value) is type(default) and value == default):
            raise NotInThisPage(f"{name}={value!r} of {function}")
