"""Objects as configurations that can be written down, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self

from .._absent import NotInThisPage
from .._names import NAMES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Config = dict[str, object]


class Configurable:
    """What is made of a configuration and can return it."""

    _keras_module: ClassVar[str | None] = None

    def get_config(self) -> Config:
        """Return the arguments that make an equal object."""
        return {}

    @classmethod
    def from_config(cls, config: Config) -> Self:
        """Return an object of its arguments."""
        return cls(**config)


def serialize(thing: object) -> object:
    """Return how an object is written down."""
    if thing is None or isinstance(thing, (str, int, float, bool)):
        return thing
    if isinstance(thing, Configurable):
        own = type(thing)._keras_module
        built_for = vars(thing).get("_built_for")
        return {
            "module": own,
            "class_name": type(thing).__name__,
            "config": thing.get_config(),
            "registered_name": None if own else type(thing).__name__,
            **({"build_config": {"input_shape": built_for}} if built_for is not None else {}),
        }
    if callable(thing):
        return getattr(thing, "__name__", str(thing))
    raise NotInThisPage(f"Writing down {thing!r}")


def _plain(name: str) -> str:
    """Return a name as it is compared: ``MeanIoU`` and ``mean_io_u`` are the same."""
    return name.replace("_", "").lower()


def _absent(kind: str) -> frozenset[str]:
    """Return the names of a kind of things that Keras has, as they are compared."""
    names = NAMES.get(f"tf.keras.{kind.removesuffix(' function')}s", ("", ""))[1]
    return frozenset(_plain(name) for name in names.split())


def deserialize(
    kind: str,
    given: object,
    known: Mapping[str, Callable[..., object]],
    custom_objects: Mapping[str, Callable[..., object]] | None = None,
) -> object:
    """Return the object that a configuration, a name or a class stands for.

    Raises
    ------
    ValueError
        If `given` stands for nothing of this kind.
    """
    both = {**known, **(custom_objects or {})}
    name = given.get("class_name") if isinstance(given, dict) else given
    if isinstance(name, str) and name not in both and _plain(name) in _absent(kind):
        raise NotInThisPage(f"The {kind} {name!r}")
    if isinstance(given, dict) and "class_name" in given:
        maker = both.get(given["class_name"])
        if maker is None:
            raise ValueError(f"Could not interpret {kind} identifier: {given}")
        config = given.get("config") or {}
        return maker.from_config(config) if hasattr(maker, "from_config") else maker
    if isinstance(given, str) and given in both:
        maker = both[given]
        return maker() if isinstance(maker, type) else maker
    if isinstance(given, type):
        return given()
    if given is not None and callable(given):
        return given
    raise ValueError(f"Could not interpret {kind} identifier: {given}")
