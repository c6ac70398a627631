"""The widget classes: options, answers, pictures, and the data of the missing bias."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from scipy.optimize import linprog
from traitlets import TraitError

from widgets import (
    Heads,
    LayerBuilder,
    LogitCurve,
    Losses,
    SoftmaxBars,
    Training,
    Weights,
    canonical,
    missing_bias_data,
)
from widgets._assets import module_parts, module_text, package_digest, read_asset, style_text
from widgets._html import element, format_coordinate, html_table
from widgets._widget import MIME, Widget

if TYPE_CHECKING:
    from numpy.typing import NDArray

RUN = [[[[turn], [-1.0]], [turn / 3]] for turn in (0.5, -1.0, 2.0)]
BENT = [[[[2.0, turn], [1.0, -1.0]], [0.5, 0.0], [[turn], [2.0]], [-0.2]] for turn in (0.5, -1.25)]

WIDGETS = [
    Heads(),
    Heads(reading="label", head="sigmoid", loss="cross-entropy", caption="p < 1"),
    LayerBuilder(),
    LayerBuilder(inputs=6, outputs=1, bias=False, caption="a < b & c"),
    LogitCurve(),
    LogitCurve(odds=0.001, inverse=True, caption="p < 1"),
    Losses(),
    Losses(z=-90, y=1, caption="log(0) < 0"),
    SoftmaxBars(),
    SoftmaxBars(z=[5, 5, -5, 0.3, 1, 2], shift=-2, temperature=0.1),
    Training(weights=RUN, points="or", caption="When?"),
    Training(weights=BENT, activation="tanh", epoch=1),
    Weights(),
    Weights.missing_bias(),
    Weights.and_gate(),
    Weights(w1=0, w2=0, b=-2, points="xor"),
    Weights(show_bias=False, points=[]),
    Weights(w1=5, w2=0, b=10),
]


KINDS = sorted({widget.widget_type for widget in WIDGETS})


def separable(x: NDArray[Any], y: NDArray[Any], *, bias: bool) -> bool:
    """Tell by a linear programme whether some w, b has margin 1 on every point."""
    side = np.where(y == 1, 1.0, -1.0)[:, None]
    columns = np.hstack([x, np.ones((len(x), 1))]) if bias else x
    size = columns.shape[1]
    found = linprog(
        np.zeros(size), A_ub=-side * columns, b_ub=-np.ones(len(x)), bounds=[(None, None)] * size
    )
    return bool(found.success)


def test_missing_bias_needs_a_bias() -> None:
    x, y = missing_bias_data()
    assert (x.shape, y.shape) == ((12, 2), (12,))
    assert (x.dtype, y.dtype) == (np.dtype(np.float32), np.dtype(np.int32))
    assert separable(x, y, bias=True)
    assert not separable(x, y, bias=False)


def test_no_slider_position_without_bias_separates_and_one_with_bias_does() -> None:
    x, y = missing_bias_data()
    steps = np.arange(-50, 51) / 10
    w = np.stack(np.meshgrid(steps, steps), axis=-1).reshape(-1, 2)
    right = ((w @ x.T > 0) == (y == 1)) & (w @ x.T != 0)
    assert not right.all(axis=1).any()
    assert (
        Weights.missing_bias({"b": -4.0, "w1": 1.0, "w2": 1.0})
        .describe_state()
        .startswith("z = 1.0")
    )
    assert "12 of 12" in Weights.missing_bias({"b": -4.0, "w1": 1.0, "w2": 1.0}).describe_state()


def test_missing_bias_starts_where_the_exercise_says() -> None:
    start = {"b": 0.0, "w1": 1.0, "w2": 1.0}
    moved = Weights.missing_bias({"b": -1, "w1": 2, "w2": 0.5}, name="mine", caption="Why?")
    assert Weights.missing_bias().answer == start
    assert (moved.answer, moved.start) == ({"b": -1.0, "w1": 2.0, "w2": 0.5}, start)
    assert (moved.name, moved.caption) == ("mine", "Why?")


def test_and_gate_starts_where_the_exercise_says() -> None:
    start = {"b": 0.0, "w1": 1.0, "w2": 1.0}
    moved = Weights.and_gate({"b": -1.5, "w1": 1, "w2": 1}, name="mine")
    assert (Weights.and_gate().answer, moved.start) == (start, start)
    assert (moved.points, moved.name) == (Weights(points="and").points, "mine")
    assert "4 of 4" in moved.describe_state()


@pytest.mark.parametrize(("name", "best"), [("and", True), ("or", True), ("xor", False)])
def test_gates(name: str, best: bool) -> None:  # noqa: FBT001
    rows = np.array(Weights(points=name).points)
    assert separable(rows[:, :2], rows[:, 2], bias=True) is best


def test_points_may_be_rows_or_a_pair_of_arrays() -> None:
    x, y = missing_bias_data()
    assert Weights(points=(x, y)).points == Weights(points="missing_bias").points
    assert Weights(points=[(1, 2, 0)]).points == [[1.0, 2.0, 0]]


@pytest.mark.parametrize(
    "points", ["nor", [(1, 2)], [(1, 2, 3)], [(float("nan"), 0, 1)], 7, [("a", 0, 1)]]
)
def test_bad_points_name_the_data_sets(points: object) -> None:
    with pytest.raises(TraitError, match="missing_bias, and, or, xor"):
        Weights(points=points)


@pytest.mark.parametrize("value", [5.1, float("nan"), float("inf"), "1", None])
def test_a_weight_is_a_finite_number_in_range(value: object) -> None:
    with pytest.raises(TraitError, match="w1 is a number from -5 to 5, not"):
        Weights(w1=value)


@pytest.mark.parametrize("value", [0, 7, 2.5, "2"])
def test_inputs_are_a_whole_number(value: object) -> None:
    with pytest.raises(TraitError, match="inputs is a whole number from 1 to 6, not"):
        LayerBuilder(inputs=value)


def test_a_switch_takes_what_an_answer_writes() -> None:
    assert LayerBuilder(bias=0.0).bias is False
    with pytest.raises(TraitError, match="bias is True or False, not 'false'"):
        LayerBuilder(bias="false")


def test_unknown_options_are_named() -> None:
    with pytest.raises(TypeError, match="Weights has no W1; it knows w1, w2, b"):
        Weights(W1=2)


def test_a_hidden_bias_cannot_be_set() -> None:
    with pytest.raises(ValueError, match="show_bias=False leaves no bias"):
        Weights(b=2.0, show_bias=False)


@pytest.mark.parametrize("answer", [{"b": 0.0}, {"b": 0, "w1": 0, "w2": 0, "w3": 0}])
def test_from_answer_wants_all_keys_and_no_other(answer: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="has the keys b, w1, w2, not"):
        Weights.from_answer(answer)


@pytest.mark.parametrize("widget", WIDGETS, ids=lambda widget: widget.describe_state())
def test_state_and_answer_build_the_same_widget_again(widget: Widget) -> None:
    again = type(widget)(**json.loads(json.dumps(widget.state)))
    assert again.figure_html() == widget.figure_html()
    options = {key: widget.state[key] for key in widget.options}
    given = json.loads(canonical(widget.answer))
    assert type(widget).from_answer(given, **options).figure_html() == widget.figure_html()


@pytest.mark.parametrize("widget", WIDGETS, ids=lambda widget: widget.describe_state())
def test_the_figure_is_well_formed_and_named(widget: Widget) -> None:
    figure = ET.fromstring(widget.figure_html(number=2, answer="cell"))  # noqa: S314  our own text
    assert (figure.get("id"), figure.get("data-answer")) == (f"{widget.widget_type}-2", "cell")
    pictures = [svg for svg in figure.iter("svg") if svg.get("role") == "img"]
    assert pictures
    for svg in pictures:
        assert svg.findtext("title")
        assert svg.findtext("desc")
    text = figure.find("script[@class='llb-state']")
    assert text is not None
    assert json.loads(text.text or "") == json.loads(json.dumps(widget.state))


def test_the_mime_bundle_serves_jupyter_page_and_text() -> None:
    widget = Weights.missing_bias()
    data, _ = widget._repr_mimebundle_()
    assert data[MIME] == {"widget": "weights", "state": widget.state}
    assert "application/vnd.jupyter.widget-view+json" in data
    assert data["text/plain"] == "z = 1.0·x1 + 1.0·x2 + 0.0. 6 of 12 points on their own side"
    assert "<svg" in data["text/html"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, "A layer of 2 inputs and a bias to 3 outputs: (2 + 1) \u00d7 3 = 9 parameters"),
        (
            {"inputs": 1, "outputs": 1, "bias": False},
            "A layer of 1 input without a bias to 1 output: 1 \u00d7 1 = 1 parameter",
        ),
    ],
)
def test_parameters_are_written_out(options: dict[str, object], words: str) -> None:
    assert LayerBuilder(**options).describe_state() == words


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"w1": 0, "w2": 0, "b": 3}, "w1 = w2 = 0: no line, z is 3.0 everywhere"),
        ({"w1": 0, "w2": 1, "b": 10}, "The line z = 0 is outside this picture"),
        ({"w1": -0.25, "w2": -1, "b": 0}, "z = \u22120.25·x1 \u2212 1.0·x2 + 0.0. "),
    ],
)
def test_the_summary_says_why_there_is_no_line(options: dict[str, object], words: str) -> None:
    assert words in Weights(**options).describe_state()


def test_a_point_on_the_line_is_on_neither_side_despite_rounding() -> None:
    widget = Weights(w1=0.1, w2=0.2, b=-0.3, points=[(1, 1, 1), (1, 1, 0)])
    assert 0.1 + 0.2 - 0.3 != 0.0
    assert "0 of 2" in widget.describe_state()


def test_a_widget_without_a_drawing_is_no_widget() -> None:
    with pytest.raises(NotImplementedError):
        Widget.describe_state(Weights())
    with pytest.raises(NotImplementedError):
        Widget._draw_body(Weights())  # noqa: SLF001


@pytest.mark.parametrize("name", ["common.js", "host.js", *(f"{kind}.js" for kind in KINDS)])
def test_scripts_can_be_embedded_and_ask_nobody(name: str) -> None:
    text = read_asset(name)
    assert "</script" not in text
    assert "<!--" not in text
    assert not any(word in text for word in ("http:", "https:", "fetch(", "XMLHttpRequest"))


def test_one_function_gives_the_module() -> None:
    assert module_text("weights") == "".join(module_parts("weights"))
    assert Weights()._esm == module_text("weights")  # noqa: SLF001
    assert len(package_digest()) == 64


def test_colours_come_from_the_palette() -> None:
    style = style_text()
    palette = json.loads(read_asset("palette.json"))
    for colours in palette.values():
        for name, value in colours.items():
            assert f"--llb-{name}: {value};" in style
    assert "#" not in read_asset("widgets.css")


def test_elements_are_escaped_and_numbers_short() -> None:
    assert element("i", "&lt;", title='"<', class_="a", hidden=None) == (
        '<i title="&quot;&lt;" class="a">&lt;</i>'
    )
    assert [format_coordinate(value) for value in (1.0, -0.001, 2.345, 100.0, -1.5)] == [
        *("1", "0", "2.35", "100", "-1.5")
    ]
    assert html_table("C", (), [("a", "b")]).count("<th ") == 1
