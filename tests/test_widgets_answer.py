"""The answer contract: canonical text, and the answer cell that follows its widget."""

from __future__ import annotations

import ast
import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jupyter_client.manager import start_new_kernel

from widgets import Weights, canonical
from widgets._answer import read_assignment, register_widget

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jupyter_client.blocking.client import BlockingKernelClient

KEYS = st.text(st.characters(codec="ascii"), max_size=4)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-9, 9) | st.booleans()
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
ANSWERS = st.dictionaries(
    KEYS, st.recursive(NUMBERS | TEXTS, lambda inner: st.lists(inner, max_size=3), max_leaves=5)
)


def test_canonical_sorts_and_writes_every_number_as_a_float() -> None:
    answer = {"w2": 1, "b": -4.0, "w1": np.float64(0.1), "on": True, "off": -0.0}
    assert canonical(answer) == '{"b": -4.0, "off": 0.0, "on": 1.0, "w1": 0.1, "w2": 1.0}'


@given(ANSWERS)
def test_canonical_is_one_line_of_python_and_of_json(answer: dict[str, Any]) -> None:
    text = canonical(answer)
    assert not {"\n", "\r"} & set(text)
    assert ast.literal_eval(text) == json.loads(text) == answer_as_floats(answer)
    assert canonical(json.loads(text)) == text


def answer_as_floats(value: Any) -> Any:  # noqa: ANN401
    """Turn the numbers of a value into floats."""
    if isinstance(value, dict):
        return {key: answer_as_floats(item) for key, item in value.items()}
    if isinstance(value, list):
        return [answer_as_floats(item) for item in value]
    return value if isinstance(value, str) else float(value)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "\ud800", {"é": 1}, {1: 1}])
def test_canonical_refuses_what_is_not_portable(value: object) -> None:
    with pytest.raises(ValueError, match=r"an answer|surrogates"):
        canonical({"a": value})


@pytest.mark.parametrize("value", [None, b"", 1j, object()])
def test_canonical_refuses_other_types(value: object) -> None:
    with pytest.raises(TypeError, match="an answer holds numbers"):
        canonical({"a": value})


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('answer = {"b": -4.0}', ("answer", {"b": -4.0})),
        ("answer = 1  # comment\n\n", ("answer", 1)),
        ("answer = f()", None),
        ("a = b = 1", None),
        ("a, b = 1, 2", None),
        ("a.b = 1", None),
        ("a = 1; b = 2", None),
        ("%time a = 1", None),
        ("answer", None),
        ("", None),
    ],
)
def test_assignment(source: str, found: tuple[str, object] | None) -> None:
    assert read_assignment(source) == found


def test_without_ipython_there_is_nothing_to_register() -> None:
    register_widget(Weights())


@pytest.fixture(scope="module")
def client() -> Iterator[BlockingKernelClient]:
    manager, client = start_new_kernel(kernel_name="python3")
    try:
        run(client, "from widgets import Weights")
        yield client
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
        manager.context.destroy()


def run(client: BlockingKernelClient, source: str) -> list[dict[str, Any]]:
    """Run a cell; give the payload of its reply."""
    reply = client.execute_interactive(source, output_hook=lambda _: None, timeout=60)
    assert reply["content"]["status"] == "ok", reply["content"]
    payload: list[dict[str, Any]] = reply["content"]["payload"]
    return payload


START = 'answer = {"b": 0.0, "w1": 1.0, "w2": 1.0}'


def test_running_the_answer_cell_again_takes_the_widgets_answer(
    client: BlockingKernelClient,
) -> None:
    moved = 'answer = {"b": -4.0, "w1": 1.0, "w2": 1.0}'
    assert run(client, START) == []
    assert run(client, "w = Weights.missing_bias(answer)\nw") == []
    assert run(client, START) == []
    run(client, "w.b = -4")
    assert run(client, START) == [{"source": "set_next_input", "text": moved, "replace": True}]
    assert run(client, f"assert answer == w.answer\n{moved[:6]}") == []
    assert run(client, moved) == []


def test_other_names_and_other_cells_are_left_alone(client: BlockingKernelClient) -> None:
    run(client, "v = Weights(name='mine', w1=2)\nv")
    assert run(client, "other = {'b': 0.0}") == []
    assert run(client, "mine = dict(b=0.0)") == []
    (payload,) = run(client, "mine = {}")
    assert payload["text"] == 'mine = {"b": 0.0, "w1": 2.0, "w2": 1.0}'


def test_displaying_twice_registers_one_hook_and_the_last_widget_counts(
    client: BlockingKernelClient,
) -> None:
    run(client, "display(Weights(name='twice', b=1))\ndisplay(Weights(name='twice', b=2))")
    (payload,) = run(client, "twice = 0")
    assert payload["text"] == 'twice = {"b": 2.0, "w1": 1.0, "w2": 1.0}'
