"""``tf.keras.models``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._absent import missing, refuse
from ._functional import Functional, Sequential
from ._model import Model
from ._saving import load_model, model_from_json, remade, save_model

if TYPE_CHECKING:
    from collections.abc import Callable

    from ._layer import Layer

__getattr__ = missing(__name__)


def clone_model(
    model: Model,
    input_tensors: object = None,
    clone_function: Callable[[Layer], Layer] | None = None,
    call_function: object = None,
    recursive: bool = False,
    **kwargs: object,
) -> Model:
    """Return a model of the same layers with new weights."""
    refuse(
        "clone_model",
        input_tensors=(input_tensors, None),
        clone_function=(clone_function, None),
        call_function=(call_function, None),
        recursive=(recursive, False),
    )
    if not isinstance(model, (Functional, Sequential)):
        raise ValueError(
            "Expected `model` argument to be a `Functional` or `Sequential` model. Received: "
            f"model={model}"
        )
    return remade(model)


__all__ = [
    "Model",
    "Sequential",
    "clone_model",
    "load_model",
    "model_from_json",
    "save_model",
]
