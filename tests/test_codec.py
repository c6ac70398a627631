"""What crosses as data, exactly; what does not; and what a hostile other side can say."""

from __future__ import annotations

import collections
import contextlib
import datetime as dt
import enum
import json
import math
import socket
import struct
import sys
import threading
import types
from decimal import Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from autograder.exceptions import CodecError
from autograder.running import codec, value_types
from autograder.running.codec import Decoder, Encoder, Packet, receive_packet, send_packet


class Handles:
    """Keeps what is not data, as both sides of a crossing do."""

    def __init__(self) -> None:
        self.kept: list[object] = []

    def encode_handle(self, value: object) -> dict[str, Any]:
        """Keep ``value`` and return its number."""
        self.kept.append(value)
        return {"t": "handle", "n": len(self.kept) - 1}

    def decode_handle(self, node: dict[str, Any], _path: str) -> object:
        """Return what was kept."""
        return self.kept[int(node["n"])]

    def decode_keras(self, node: dict[str, Any], weights: object, _path: str) -> object:
        """Return what would be made into an object."""
        return node["n"], weights

    def encode_iterator(self, _value: object) -> None:
        """Have all items drawn now."""

    def decode_iterator(self, node: dict[str, Any], path: str) -> object:
        """Return what was kept."""
        return self.decode_handle(node, path)


def crossed(value: object, handles: Handles | None = None) -> Any:  # noqa: ANN401 - any data
    """Send ``value`` through both ends and the text between them."""
    handles = handles or Handles()
    encoder = Encoder(handles)
    node = json.loads(json.dumps(encoder.encode(value)))
    return Decoder([bytearray(sent) for sent in encoder.buffers], handles).decode(node)


def is_same(one: Any, other: Any) -> bool:  # noqa: ANN401, PLR0911 - a case for each type
    """Whether two values have the same types all the way down and the same bits."""
    if type(one) is not type(other):
        return False
    if isinstance(one, list | tuple | collections.deque):
        return len(one) == len(other) and all(map(is_same, one, other))
    if isinstance(one, complex | Decimal):
        return str(one) == str(other)
    if isinstance(one, dict):
        return is_same(list(one.items()), list(other.items()))
    if isinstance(one, slice):
        return is_same((one.start, one.stop, one.step), (other.start, other.stop, other.step))
    if isinstance(one, np.ndarray | np.generic):
        same_kind: bool = one.dtype == other.dtype and one.shape == other.shape
        if one.dtype.hasobject:
            return same_kind and is_same(one.tolist(), other.tolist())
        if one.dtype.char == "g":  # its padding bytes are not part of the number
            return same_kind and np.array_equal(one, other, equal_nan=True)
        return same_kind and one.tobytes() == other.tobytes()
    if isinstance(one, float):
        return struct.pack("d", one) == struct.pack("d", other) or (one != one and other != other)  # noqa: PLR0124
    return bool(one == other)


# ---- data arrives as it left

DTYPES = st.one_of(
    hnp.boolean_dtypes(),
    hnp.integer_dtypes(),
    hnp.unsigned_integer_dtypes(),
    hnp.floating_dtypes(),
    hnp.complex_number_dtypes(),
    st.just(np.dtype(np.longdouble)),
)
ARRAYS = DTYPES.flatmap(
    lambda dtype: hnp.arrays(
        dtype, hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=3)
    )
)
SCALARS = (
    DTYPES.map(lambda dtype: dtype.newbyteorder("="))
    .flatmap(hnp.from_dtype)
    .filter(lambda value: isinstance(value, np.generic))
)
INTEGERS = st.integers() | st.integers(-(2**5000), 2**5000)
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    INTEGERS,
    st.floats(),
    st.text(),
    st.binary(),
    ARRAYS,
    SCALARS,
    st.slices(9),
    st.builds(slice, INTEGERS | st.none(), st.floats(), st.text()),
)
KEYS = st.none() | st.booleans() | INTEGERS | st.text() | st.binary() | st.tuples(st.text())
VALUES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(KEYS, inner, max_size=4)
    ),
    max_leaves=12,
)


@settings(max_examples=60)
@given(VALUES)
def test_data_arrives_as_it_left(value: object) -> None:
    assert is_same(crossed(value), value)


@settings(max_examples=60)
@given(ARRAYS)
def test_an_array_arrives_whatever_its_layout_in_memory(array: np.ndarray) -> None:
    for view in (array.T, array[..., ::-1] if array.ndim else array, np.asfortranarray(array)):
        assert is_same(crossed(view), view)


@pytest.mark.parametrize(
    "value",
    [
        math.nan,
        math.inf,
        -math.inf,
        -0.0,
        5e-324,
        True,
        1,
        1.0,
        (1, [2, (3,)]),
        "\ud800 half a character",
        2**70000,
        np.float32(0.1),
        np.float64(0.1),
        np.True_,
        np.int64(-1),
        np.array(5, ">i4"),
        np.zeros((0, 3), "<f2"),
        np.arange(12).reshape(3, 4)[::2, ::-1],
        np.array([1 + 2j], ">c16"),
        np.dtype("float32"),
        np.dtype(">i2"),
        slice(None, 3),
        {1: "a", (2, "b"): [None]},
        collections.OrderedDict(b=1, a=[2]),
        collections.Counter("aab"),
        collections.defaultdict(list, a=[1]),
        collections.defaultdict(lambda: 1, a=1)["a"],
        collections.deque([1, (2,)], 3),
        types.MappingProxyType({"a": 1}),
        {1, "a", (2,)},
        frozenset([1]),
        bytearray(b"a"),
        range(1, 9, 3),
        1j,
        complex("nan-infj"),
        ...,
        Fraction(1, 3),
        Decimal("-0.10"),
        Decimal("sNaN"),
        dt.date(2026, 12, 1),
        dt.datetime.fromisoformat("2026-12-01T09:30:00.000005"),
        dt.datetime(2026, 12, 1, 9, tzinfo=dt.UTC),
        dt.datetime(2026, 10, 25, 2, 30, tzinfo=ZoneInfo("Europe/Berlin"), fold=1),
        dt.time(9, 30, tzinfo=dt.timezone(dt.timedelta(hours=-5, seconds=1))),
        dt.timedelta(-1, 5, 6),
        np.array(["text", "t"]),
        np.array([b"t\xff", b""]),
        np.str_("text"),
        np.bytes_(b"\xff"),
        np.array([[1, "a"], [None, 0.5]], dtype=object),
        np.array(["2020-01-01", "NaT"], "M8[D]"),
        np.datetime64("2020-01-01T09"),
        np.timedelta64(3, "s"),
        np.array([1, 2.5], ml_dtypes.bfloat16),
        ml_dtypes.bfloat16(2.5),
        np.dtype("M8[D]"),
        np.dtype(ml_dtypes.bfloat16),
        [0.1, math.nan, -0.0] * 9,
        (1, -(2**62)) * 9,
        [2**64] * 20,
        [True] * 20,
        [np.float32(0.1)] * 20,
        [np.ones((2, 0))] * 20,
        [np.ones(2), np.ones(3)] * 20,
        [["a", [0.5] * 20]] * 20,
    ],
    ids=lambda value: f"{type(value).__name__}",
)
def test_types_arrive_exactly(value: object) -> None:
    assert is_same(crossed(value), value)


def test_an_array_arrives_as_a_copy_that_may_be_written_to() -> None:
    array = np.zeros(3)
    crossed(array)[0] = 1
    assert array[0] == 0


# ---- what is not data stays where it is


class MyArray(np.ndarray):
    """A subclass whose comparisons could say anything."""


class MyFloat(np.float64):
    """A subclass of a NumPy scalar."""


class Colour(enum.IntEnum):
    """An int that is more than an int."""

    RED = 1


class Liar:
    """Says that it is an int."""

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        return int


Pair = collections.namedtuple("Pair", "a b")  # noqa: PYI024

NOT_DATA = [
    np.zeros(2).view(MyArray),
    np.ma.masked_array([1.0]),
    MyFloat(1.0),
    type("MyDict", (dict,), {})(a=1),
    type("MyList", (list,), {})([1]),
    Pair(1, 2),
    type("MyStr", (str,), {})("a"),
    type("MyBytes", (bytes,), {})(b"a"),
    type("MyInt", (int,), {})(1),
    Colour.RED,
    Liar(),
    np.array([(1, 2.0)], dtype=[("a", "i4"), ("b", "f8")]),
    memoryview(b"a"),
    print,
    int,
    object(),
]


@pytest.mark.parametrize("value", NOT_DATA, ids=lambda value: type(value).__name__)
def test_what_is_not_data_crosses_as_a_handle(value: object) -> None:
    handles = Handles()
    encoder = Encoder(handles)
    assert encoder.encode([value])["v"] == [{"t": "handle", "n": 0}]
    assert handles.kept[0] is value
    assert encoder.buffers == []


def test_a_handle_comes_back_as_what_it_stands_for() -> None:
    thing = object()
    assert crossed({"a": (thing,)}, Handles())["a"][0] is thing


@pytest.mark.parametrize("dtype", [np.dtype([("a", "i4")]), np.dtype(("f8", (2,)))], ids=repr)
def test_a_dtype_arrives_exactly_or_as_a_handle(dtype: np.dtype) -> None:
    assert crossed(dtype) == dtype


# ---- limits


def nested(depth: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(depth):
        value = [value]
    return value


def test_what_the_encoder_writes_at_its_limit_the_decoder_reads() -> None:
    deepest = nested(codec.MAX_DEPTH)
    assert crossed(deepest) == deepest
    longest = [None] * (codec.MAX_NODES - 1)
    assert crossed(longest) == longest


@pytest.mark.parametrize(
    "value",
    [
        nested(codec.MAX_DEPTH + 1),
        [None] * codec.MAX_NODES,
        {"a": nested(codec.MAX_DEPTH)},
        [slice(nested(codec.MAX_DEPTH))],
    ],
    ids=["deep", "long", "deep in a dict", "deep in a slice"],
)
def test_a_value_beyond_the_limits_is_refused(value: object) -> None:
    with pytest.raises(CodecError, match=r"more than (32 deep|1,000,000 parts)"):
        Encoder(Handles()).encode(value)


def test_a_list_that_holds_itself_is_refused() -> None:
    endless: list[object] = []
    endless.append(endless)
    with pytest.raises(CodecError, match="nested"):
        Encoder(Handles()).encode(endless)


def test_slices_count_as_depth() -> None:
    value = slice(None)
    for _ in range(2000):
        value = slice(value)
    with pytest.raises(CodecError, match="nested"):
        Encoder(Handles()).encode(value)


def test_too_many_bytes_are_refused() -> None:
    block = np.zeros(codec.MAX_BYTES // 2, "u1")
    with pytest.raises(CodecError, match="more than 256 MiB"):
        Encoder(Handles()).encode([block, block, np.zeros(1, "u1")])


def test_many_small_arrays_are_not_called_too_large() -> None:
    with pytest.raises(CodecError) as caught:
        Encoder(Handles()).encode([b""] * (codec.MAX_BUFFERS + 1))
    assert "more than 40,960 arrays" in str(caught.value)


@pytest.mark.parametrize(
    "node",
    [{"t": "list", "v": [{"t": "plain", "v": None}] * codec.MAX_NODES}, None],
    ids=["long", "deep"],
)
def test_the_decoder_keeps_the_limits_too(node: object) -> None:
    if node is None:
        node = {"t": "plain", "v": None}
        for _ in range(codec.MAX_DEPTH + 1):
            node = {"t": "tuple", "v": [node]}
    with pytest.raises(CodecError, match="nested too deep, or is no value"):
        Decoder([], Handles()).decode(node)


# ---- whatever the other side says, nothing but CodecError

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 2**70) | st.floats() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner),
    max_leaves=8,
)
NAMES = st.sampled_from(
    [
        "plain",
        "int",
        "float",
        "bytes",
        "list",
        "tuple",
        "dict",
        "slice",
        "array",
        "scalar",
        "tensor",
        "dtype",
        "tfdtype",
        "tensorshape",
        "handle",
        "other",
        "packed",
        "elements",
        "texts",
        "drawn",
        "iterator",
        *value_types.TYPES_BY_NAME,
    ]
)
DTYPE_TEXT = st.sampled_from(
    [
        "<f8",
        "|b1",
        ">i2",
        "O",
        "a5",
        "f8,",
        "f8,f8",
        "(,)f8",
        "f8,(",
        "(2,3)f8",
        "V9",
        "U3",
        "M8[D]",
        "S0",
        "T",
        "|O",
        "<U3",
        "|S2",
        "<M8[D]",
        "bfloat16",
    ]
) | st.text("fiu(,)<>|8[]'V:", max_size=6)
NODES = st.recursive(
    JSON,
    lambda inner: st.fixed_dictionaries(
        {"t": NAMES | JSON},
        optional={
            "v": inner
            | st.lists(inner, max_size=3)
            | st.lists(st.lists(inner, min_size=2, max_size=2), max_size=3)
            | st.from_regex(r"-?0x[0-9a-f.]{1,9}(p[+-]?[0-9]{1,5})?", fullmatch=True)
            | DTYPE_TEXT,
            "b": st.integers(-2, 3) | JSON,
            "n": st.integers(-2, 3) | JSON,
            "k": st.sampled_from(["list", "tuple"]) | JSON,
            "of": st.sampled_from(["plain", "scalars", "arrays"]) | JSON,
            "as": st.sampled_from(["array", "scalar"]) | JSON,
            "dtype": DTYPE_TEXT | JSON,
            "shape": st.lists(st.integers(-2, 4) | st.just(2**62), max_size=3) | JSON,
        },
    ),
    max_leaves=6,
)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning:autograder.running.codec")
@settings(max_examples=200)
@given(NODES, st.lists(st.binary(max_size=16), max_size=3))
def test_the_decoder_raises_nothing_but_its_own_error(
    node: object, buffers: list[codec.Buffer]
) -> None:
    with contextlib.suppress(CodecError):
        Decoder(buffers, Handles()).decode(node)


@pytest.mark.parametrize(
    "node",
    [
        {},
        {"t": "int", "v": 5},
        {"t": "int", "v": "ten"},
        {"t": "float", "v": "0x1p99999"},
        {"t": "plain", "v": 1.0},
        {"t": "plain", "v": []},
        {"t": "plain", "v": {}},
        {"t": "list", "v": {"0": {"t": "plain", "v": None}}},
        {"t": "list", "v": "ab"},
        {"t": "dict", "v": [[{"t": "list", "v": []}, {"t": "plain", "v": None}]]},
        {"t": "dict", "v": [[{"t": "plain", "v": None}]]},
        {"t": "slice", "v": []},
        {"t": "bytes", "b": 7},
        {"t": "bytes", "b": -1},
        {"t": "bytes", "b": True},
        {"t": "bytes"},
        {"t": "array", "dtype": "O", "shape": [1], "b": 0},
        {"t": "array", "dtype": "<f8", "shape": [2**62, 4], "b": 0},
        {"t": "array", "dtype": "<f8", "shape": [-1], "b": 0},
        {"t": "array", "dtype": "<f8", "shape": [2], "b": 0},
        {"t": "array", "dtype": "(,)f8", "shape": [1], "b": 0},
        {"t": "dtype", "v": "f8,("},
        # TensorFlow is imported to look the name up.
        pytest.param({"t": "tfdtype", "v": "no_such_dtype"}, marks=pytest.mark.slow),
        pytest.param({"t": "tensorshape", "v": {"a": 1}}, marks=pytest.mark.slow),
        {"t": "pickle", "v": "cos\nsystem\n"},
        {"t": "bytearray", "v": 5},
        {"t": "decimal", "v": "1e999999"},
        {"t": "range", "v": [0, 10**9, 1]},
        {"t": "fraction", "v": [1, 0]},
        {"t": "datetime", "v": ["2026-12-01", "America", 0]},
        {"t": "datetime", "v": ["2026-12-01", "../../etc/passwd", 0]},
        {"t": "set", "v": [{"t": "list", "v": []}]},
        {"t": "elements", "as": "array", "dtype": "<U99999999", "shape": [9], "v": ["a"] * 9},
        {"t": "elements", "as": "array", "dtype": "|O", "shape": [2], "v": [1]},
        {"t": "packed", "of": "plain", "k": "list", "dtype": "<f8", "shape": [1, 1, 2], "b": 0},
        {"t": "packed", "of": "arrays", "k": "list", "dtype": "<f8", "shape": [10**9, 0], "b": 1},
        {"t": "handle"},
        {"t": "handle", "n": 9},
    ],
    ids=json.dumps,
)
def test_what_no_encoder_writes_is_refused(node: object) -> None:
    with pytest.raises(CodecError, match="not readable"):
        Decoder([bytes(8), b""], Handles()).decode(node)


def test_a_buffer_is_the_memory_of_one_value() -> None:
    """Named by thousands of nodes it would be copied thousands of times."""
    node = {"t": "array", "dtype": "<f8", "shape": [1], "b": 0}
    with pytest.raises(CodecError, match="not readable"):
        Decoder([bytes(8)], Handles()).decode({"t": "list", "v": [node, node]})


def test_a_truth_is_one_byte_that_is_0_or_1() -> None:
    """NumPy counts with the bytes themselves: a 2 would be two truths in a sum."""
    node = {"t": "array", "dtype": "|b1", "shape": [3], "b": 0}
    array = Decoder([b"\x00\x01\x02"], Handles()).decode(node)
    assert array.view(np.uint8).tolist() == [0, 1, 1]


# ---- packets


@pytest.fixture
def pair() -> Any:  # noqa: ANN401 - a fixture
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def sent_raw(pair: tuple[socket.socket, socket.socket], raw: bytes) -> Packet:
    """Return what is received when the other side writes ``raw`` and closes."""
    ours, theirs = pair
    theirs.sendall(raw)
    theirs.shutdown(socket.SHUT_WR)
    return receive_packet(ours)


def packet(header: object, *buffers: bytes) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("!II", len(text), sum(map(len, buffers))) + text + b"".join(buffers)


def test_packets_arrive_in_order_and_whole(pair: tuple[socket.socket, socket.socket]) -> None:
    sent = [
        Packet({}),
        Packet({"a": ["\u00fc", None]}, [b"", b"abc", bytes(3 * 2**20)]),
        Packet({"b": 1}, [b"x"]),
    ]

    def write() -> None:
        for each in sent:
            send_packet(pair[1], each)

    writer = threading.Thread(target=write)
    writer.start()
    assert [receive_packet(pair[0]) for _ in sent] == sent
    writer.join()


@pytest.mark.parametrize(
    ("body", "buffers"),
    [
        ({"a": "x" * (17 * 2**20)}, []),
        ({}, [bytes(codec.MAX_BYTES // 2), bytes(codec.MAX_BYTES // 2 + 1)]),
    ],
    ids=["header", "buffers"],
)
def test_a_packet_that_is_too_large_is_not_sent(
    pair: tuple[socket.socket, socket.socket], body: dict[str, Any], buffers: list[codec.Buffer]
) -> None:
    with pytest.raises(CodecError, match=r"more than (16|256) MiB"):
        send_packet(pair[0], Packet(body, buffers))


def test_sending_to_nobody_is_an_os_error(pair: tuple[socket.socket, socket.socket]) -> None:
    pair[1].close()
    with pytest.raises(OSError, match="pipe"):
        send_packet(pair[0], Packet({}))


@pytest.mark.parametrize(
    "raw",
    [
        packet(b"\xff\xfe"),
        packet(b""),
        packet(b"{"),
        packet(b"[" * 100_000),
        packet(b'{"body": {}, "sizes": [' + b"9" * 5000 + b"]}"),
        packet([]),
        packet("body sizes"),
        packet({"body": {}}),
        packet({"body": [], "sizes": []}),
        packet({"body": {}, "sizes": {}}),
        packet({"body": {}, "sizes": [1]}),
        packet({"body": {}, "sizes": [-1, 2]}, b"x"),
        packet({"body": {}, "sizes": [True]}, b"x"),
        packet({"body": {}, "sizes": [1.0]}, b"x"),
        packet({"body": {}, "sizes": ["1"]}, b"x"),
        packet({"body": {}, "sizes": [0] * (codec.MAX_BUFFERS + 1)}),
        packet({"body": {}, "sizes": [2]}, b"x"),
        struct.pack("!II", 2**32 - 1, 0),
        struct.pack("!II", 0, 2**32 - 1),
    ],
    ids=range(19),
)
def test_a_packet_that_is_none_of_ours_is_refused(
    pair: tuple[socket.socket, socket.socket], raw: bytes
) -> None:
    with pytest.raises(CodecError, match="the packet"):
        sent_raw(pair, raw)


@settings(max_examples=50)
@given(st.data())
def test_a_packet_cut_short_is_an_end_of_file(data: st.DataObject) -> None:
    whole = packet({"body": {"a": 1}, "sizes": [3, 4]}, b"abc", b"defg")
    ours, theirs = socket.socketpair()
    with ours, theirs, pytest.raises(EOFError):
        sent_raw((ours, theirs), whole[: data.draw(st.integers(0, len(whole) - 1))])


@settings(max_examples=60)
@given(st.binary(max_size=8), st.binary(max_size=64) | JSON)
def test_any_bytes_are_a_packet_or_an_error(raw: bytes, header: object) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs, contextlib.suppress(CodecError, EOFError):
        assert isinstance(sent_raw((ours, theirs), raw + packet(header)).body, dict)


def test_a_tensor_is_unreadable_where_there_is_no_tensorflow(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "tensorflow", None)  # as if it were not installed
    node = {"t": "tensor", "dtype": "<f4", "shape": [1], "b": 0}
    with pytest.raises(CodecError, match="needs TensorFlow, which is not installed here"):
        Decoder([bytes(4)], Handles()).decode(node)
