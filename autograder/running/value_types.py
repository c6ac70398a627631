"""The types of Python's own, beyond the simplest, whose values cross exactly.

Each is taken apart into values that cross already, and made anew from them on the other side, which
checks what it gets: the parts may be forged.
"""

from __future__ import annotations

import builtins
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_MAX_LENGTH: Final = 1_000_000  # of a range, whose numbers a check may count one by one
_MAX_EXPONENT: Final = 5000  # of a Decimal: as an int it would have as many digits
_FACTORIES: Final = ("int", "float", "str", "list", "dict", "set", "bool", "tuple")
_MODULES_OF_ITERATORS: Final = ("builtins", "itertools")


@dataclass(frozen=True)
class ValueType:
    """How a value of one type crosses.

    Attributes
    ----------
    name
        Of its nodes.
    take_apart
        Gives its parts: a list of items, or of pairs for a mapping, or whatever else crosses. None
        for a value that cannot cross.
    make
        Makes it from its parts; raises ``TypeError`` or ``ValueError`` for those of no such value.
    """

    name: str
    take_apart: Callable[[Any], object]
    make: Callable[[Any], object]


def is_plain_iterator(value: object) -> bool:
    """Whether a value is a generator, a ``map`` or another iterator of Python's own."""
    return type(value).__module__ in _MODULES_OF_ITERATORS and isinstance(value, Iterator)


def _list(parts: object) -> list[Any]:
    if type(parts) is not list:
        raise TypeError
    return parts


def _fields(parts: object, *kinds: type) -> list[Any]:
    """Return parts of which each has one exact type."""
    if [type(part) for part in _list(parts)] != [*kinds]:
        raise TypeError
    return _list(parts)


def _dict(pairs: object) -> dict[Any, Any]:
    return dict(_list(pairs))


def _deque(parts: object) -> deque[Any]:
    *items, limit = _list(parts)
    if limit is not None and type(limit) is not int:
        raise TypeError
    return deque(items, limit)


def _counter(pairs: object) -> Counter[Any]:
    return Counter(_dict(pairs))


def _factory_name(value: defaultdict[Any, Any]) -> str:
    name = getattr(value.default_factory, "__name__", "")
    known = name in _FACTORIES and value.default_factory is vars(builtins)[name]
    return name if known else ""


def _default_dict(parts: object) -> object:
    *pairs, (name, _) = _list(parts)
    if name not in _FACTORIES:
        return dict(pairs)
    return defaultdict(vars(builtins)[name], pairs)


def _range(parts: object) -> range:
    made = range(*_fields(parts, int, int, int))
    if len(made) > _MAX_LENGTH:
        raise ValueError(made)
    return made


def _decimal(text: object) -> Decimal:
    if type(text) is not str or len(text) > _MAX_EXPONENT:
        raise TypeError
    made = Decimal(text)
    if made.is_finite() and abs(made.adjusted()) > _MAX_EXPONENT:
        raise ValueError(text)
    return made


def _zone_name(zone: object) -> str | None:
    """Return the name of a time zone, or its offset in seconds; None where it has neither."""
    if zone is None:
        return ""
    if type(zone) is timezone:
        return str(zone.utcoffset(None).total_seconds())
    return zone.key if type(zone) is ZoneInfo else None


def _zone(name: str) -> timezone | ZoneInfo | None:
    if not name:
        return None
    if name[-1].isdigit() and name.lstrip("-").replace(".", "").isdigit():
        offset = timedelta(seconds=float(name))
        return timezone(offset) if offset else UTC
    return ZoneInfo(name)


def _clock(value: datetime | time) -> list[object] | None:
    zone, plain = _zone_name(value.tzinfo), value.replace(tzinfo=None)
    return None if zone is None else [plain.isoformat(), zone, value.fold]


def _with_zone(kind: type[Any]) -> Callable[[object], object]:
    def make(parts: object) -> object:
        text, zone, fold = _fields(parts, str, str, int)
        return kind.fromisoformat(text).replace(tzinfo=_zone(zone), fold=fold)

    return make


def _views(kind: str) -> type:
    return type(getattr({}, kind)())


VALUE_TYPES: Final[Mapping[type, ValueType]] = MappingProxyType(
    {
        complex: ValueType(
            "complex",
            lambda v: [v.real, v.imag],
            lambda parts: complex(*_fields(parts, float, float)),
        ),
        set: ValueType("set", list, lambda parts: set(_list(parts))),
        frozenset: ValueType("frozenset", list, lambda parts: frozenset(_list(parts))),
        bytearray: ValueType("bytearray", bytes, lambda part: bytearray(memoryview(part))),
        range: ValueType("range", lambda v: [v.start, v.stop, v.step], _range),
        Fraction: ValueType(
            "fraction",
            lambda v: [v.numerator, v.denominator],
            lambda parts: Fraction(*_fields(parts, int, int)),
        ),
        Decimal: ValueType("decimal", str, _decimal),
        date: ValueType("date", lambda v: v.isoformat(), date.fromisoformat),
        datetime: ValueType("datetime", _clock, _with_zone(datetime)),
        time: ValueType("time", _clock, _with_zone(time)),
        timedelta: ValueType(
            "timedelta",
            lambda v: [v.days, v.seconds, v.microseconds],
            lambda parts: timedelta(*_fields(parts, int, int, int)),
        ),
        deque: ValueType("deque", lambda v: [*v, v.maxlen], _deque),
        OrderedDict: ValueType(
            "ordered dict",
            lambda v: list(map(list, v.items())),
            lambda parts: OrderedDict(_dict(parts)),
        ),
        Counter: ValueType("counter", lambda v: list(map(list, v.items())), _counter),
        MappingProxyType: ValueType(
            "mapping proxy",
            lambda v: list(map(list, v.items())),
            lambda parts: MappingProxyType(_dict(parts)),
        ),
        defaultdict: ValueType(
            "default dict",
            lambda v: [*map(list, v.items()), [_factory_name(v), None]],
            _default_dict,
        ),
        _views("keys"): ValueType("keys", list, lambda parts: dict.fromkeys(_list(parts)).keys()),
        _views("values"): ValueType(
            "values", list, lambda parts: dict(enumerate(_list(parts))).values()
        ),
        _views("items"): ValueType(
            "items", lambda v: list(map(list, v)), lambda parts: _dict(parts).items()
        ),
        type(...): ValueType("ellipsis", lambda _: "", lambda _: ...),
    }
)
TYPES_BY_NAME: Final = MappingProxyType({known.name: known for known in VALUE_TYPES.values()})
