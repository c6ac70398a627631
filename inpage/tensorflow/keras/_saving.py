"""Models in files that Keras reads, and its files as models."""

from __future__ import annotations

import json
import time
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .._absent import NotInThisPage, refuse
from . import layers as layers_
from . import losses as losses_
from . import optimizers as optimizers_
from ._functional import Functional, Sequential
from ._hdf5 import Tree, read, write
from ._model import Model
from ._naming import snake_case
from ._serial import Config, serialize

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ._layer import Layer

_VERSION = "3.15.1"
Sequential._keras_module = "keras"
Functional._keras_module = "keras.src.models.functional"


def _archive_name(filepath: object) -> str:
    name = str(filepath)
    if not name.endswith((".keras", ".h5")):
        raise ValueError(
            "Invalid filepath extension for saving. Please add either a `.keras` extension for "
            "the native Keras format (recommended) or a `.h5` extension. Use "
            "`model.export(filepath)` if you want to export a SavedModel for use with "
            f"TFLite/TFServing/etc. Received: filepath={filepath}."
        )
    if name.endswith(".h5"):
        raise NotInThisPage("A whole model in an .h5 file")
    return name


def save_model(
    model: Model,
    filepath: object,
    overwrite: bool = True,
    zipped: bool | None = None,
    **kwargs: object,
) -> None:
    """Write a model into a ``.keras`` file."""
    refuse(
        "save_model",
        overwrite=(overwrite, True),
        zipped=(zipped or None, None),
        include_optimizer=(kwargs.get("include_optimizer", True), True),
    )
    date = time.strftime("%Y-%m-%d@%H:%M:%S")
    metadata = {"keras_version": _VERSION, "date_saved": date}
    with zipfile.ZipFile(_archive_name(filepath), "w") as archive:
        archive.writestr("metadata.json", json.dumps(metadata))
        archive.writestr("config.json", model_json(model))
        archive.writestr("model.weights.h5", write(_weights(model)))


def model_json(model: Model) -> str:
    """Return how a model is written down, as JSON."""
    if not isinstance(model, (Functional, Sequential)):
        raise NotInThisPage("Writing down a model that is a class of its own")
    config = dict(serialize(model))  # type: ignore[call-overload]
    if model.optimizer is not None:
        config["compile_config"] = _compiled(model)
    return json.dumps(config)


def _compiled(model: Model) -> Config:
    metrics = model._compiled_metrics
    return {
        "optimizer": serialize(model.optimizer),
        "loss": serialize(model.loss),
        "loss_weights": None,
        "metrics": None if metrics is None else [serialize(m) for m in metrics._given] or None,
        "weighted_metrics": None,
        "run_eagerly": False,
        "steps_per_execution": 1,
        "jit_compile": False,
    }


def _weights(model: Model) -> Tree:
    """Return the weights in the groups that Keras expects."""
    tree = _layer_tree(model)
    if model.optimizer is not None and model.optimizer.built:
        states = [v._array for v in model.optimizer.variables]
        tree["optimizer"] = {"vars": {str(k): array for k, array in enumerate(states)}}
    return tree


def _layer_tree(layer: Layer) -> Tree:
    own = [v for v in layer.weights if any(v is each for each in layer._own)]
    tree: Tree = {"vars": {str(k): v._array for k, v in enumerate(own)}}
    inner = layer.layers if isinstance(layer, Model) else []
    named = _file_names(inner)
    if named:
        tree["layers"] = {name: _layer_tree(each) for name, each in named.items()}
    return tree


def _file_names(layers: list[Layer]) -> dict[str, Layer]:
    """Return layers by the names of their groups: those of their kinds, counted."""
    counts: dict[str, int] = {}
    found = {}
    for layer in layers:
        kind = snake_case(type(layer).__name__)
        n = counts.get(kind, 0)
        counts[kind] = n + 1
        found[kind if not n else f"{kind}_{n}"] = layer
    return found


def _fill(layer: Layer, tree: Tree) -> None:
    """Give a layer and its layers the weights of a file."""
    own = [v for v in layer.weights if any(v is each for each in layer._own)]
    kept = tree.get("vars", {})
    if not isinstance(kept, dict) or len(kept) != len(own):
        raise ValueError(
            f"Layer '{layer.name}' expected {len(own)} variables, but received {len(kept)} "
            f"variables during loading. Expected: {[v.name for v in own]}"
        )
    for k, variable in enumerate(own):
        variable.assign(kept[str(k)])
    inner = tree.get("layers", {})
    for name, each in _file_names(layer.layers if isinstance(layer, Model) else []).items():
        _fill(each, inner.get(name, {}))  # type: ignore[union-attr, arg-type]


def save_weights(model: Model, filepath: object, overwrite: bool = True) -> None:
    """Write the weights into a ``.weights.h5`` file."""
    if not str(filepath).endswith(".weights.h5"):
        raise ValueError(
            "The filename must end in `.weights.h5`. Received: " + f"filepath={filepath}"
        )
    refuse("save_weights", overwrite=(overwrite, True))
    Path(str(filepath)).write_bytes(write(_weights(model)))


def load_weights(model: Model, filepath: object) -> None:
    """Read the weights from a ``.weights.h5`` file, or from a ``.keras`` file."""
    path = Path(str(filepath))
    if str(filepath).endswith(".keras"):
        with zipfile.ZipFile(path) as archive:
            data = archive.read("model.weights.h5")
    elif str(filepath).endswith(".weights.h5"):
        data = path.read_bytes()
    else:
        raise ValueError(
            f"File format not supported: filepath={filepath}. Keras 3 only supports V3 `.keras` and `.weights.h5` files."
        )
    _fill(model, read(data))


def load_model(
    filepath: object,
    custom_objects: Mapping[str, type[Layer]] | None = None,
    compile: bool = True,
    safe_mode: bool = True,
) -> Model:
    """Return the model of a ``.keras`` file."""
    path = Path(str(filepath))
    if not path.exists():
        raise ValueError(
            f"File not found: filepath={filepath}. Please ensure the file is an accessible "
            "`.keras` zip file."
        )
    if not zipfile.is_zipfile(path):
        raise NotInThisPage("Reading a model that is no .keras file")
    with zipfile.ZipFile(path) as archive:
        config = json.loads(archive.read("config.json"))
        tree = read(archive.read("model.weights.h5"))
    model = made_of(config, custom_objects or {})
    _fill(model, tree)
    compiled = config.get("compile_config")
    if compile and compiled:
        _compile(model, compiled, tree)  # type: ignore[arg-type]
    return model  # type: ignore[return-value]


def _compile(model: Model, config: Config, tree: Tree) -> None:
    optimizer, loss = config["optimizer"], config["loss"]
    model.compile(
        optimizer=optimizers_.get(optimizer),
        loss=losses_.get(loss) if isinstance(loss, dict) else loss,
        metrics=config.get("metrics"),
    )
    states = tree.get("optimizer", {})
    if isinstance(states, dict) and isinstance(states.get("vars"), dict):
        kept = states["vars"]
        model.optimizer.build(model.trainable_weights)  # type: ignore[union-attr]
        model.optimizer.set_weights([kept[str(k)] for k in range(len(kept))])  # type: ignore[union-attr]


def model_from_json(
    json_string: str, custom_objects: Mapping[str, type[Layer]] | None = None
) -> Model:
    """Return a model of how one is written down, with new weights."""
    return made_of(json.loads(json_string), custom_objects or {})  # type: ignore[return-value]


def made_of(config: Config, custom: Mapping[str, type[Layer]]) -> Layer:
    """Return the layer or model that a configuration stands for."""
    kind, own = str(config["class_name"]), config["config"]
    if kind == "Sequential":
        return _sequential(own, custom)  # type: ignore[arg-type]
    if kind == "Functional":
        return _functional(own, custom)  # type: ignore[arg-type]
    maker = custom.get(kind) or layers_.KINDS.get(kind)
    if maker is None:
        raise TypeError(
            f"Could not locate class '{kind}'. Make sure custom classes are decorated with "
            "`@keras.saving.register_keras_serializable()`, or pass `custom_objects`."
        )
    return maker.from_config(dict(own))  # type: ignore[call-overload]


def _sequential(config: Config, custom: Mapping[str, type[Layer]]) -> Sequential:
    row = [made_of(each, custom) for each in config["layers"]]  # type: ignore[attr-defined]
    model = Sequential(row, trainable=config.get("trainable", True), name=config["name"])  # type: ignore[arg-type]
    shape = config.get("build_input_shape")
    if shape is not None and not model.built:
        model.build(shape)
    return model


def _functional(config: Config, custom: Mapping[str, type[Layer]]) -> Functional:
    known: dict[str, Layer] = {}
    written: list[dict[str, Any]] = config["layers"]  # type: ignore[assignment]
    for each in written:
        known[each["name"]] = made_of(each, custom)
    calls = [(each["name"], node) for each in written for node in each["inbound_nodes"]]
    while calls:
        left = [call for call in calls if not _called(known, *call)]
        if len(left) == len(calls):
            raise ValueError("The layers of this model are connected in a ring.")
        calls = left
    inputs, outputs = (_tensor_at(known, config[key]) for key in ("input_layers", "output_layers"))
    return Functional(inputs, outputs, name=config["name"], trainable=config.get("trainable", True))  # type: ignore[arg-type]


def _called(known: dict[str, Layer], name: str, node: Config) -> bool:
    """Call a layer as it was called, if its inputs are there; return whether they are."""
    try:
        arguments = [_symbols(known, one) for one in node["args"]]  # type: ignore[attr-defined]
        named = {key: _symbols(known, one) for key, one in node["kwargs"].items()}  # type: ignore[attr-defined]
    except LookupError:
        return False
    known[name](*arguments, **{key: one for key, one in named.items() if key != "mask"})
    return True


def _symbols(known: dict[str, Layer], nest: object) -> object:
    if isinstance(nest, dict) and nest.get("class_name") == "__keras_tensor__":
        return _tensor_at(known, nest["config"]["keras_history"])
    if isinstance(nest, (list, tuple)):
        return [_symbols(known, each) for each in nest]
    return nest


def _tensor_at(known: dict[str, Layer], place: Any) -> object:
    if isinstance(place, dict):
        return {key: _tensor_at(known, each) for key, each in place.items()}
    if isinstance(place[0], str):
        name, node, output = place
        layer = known[name]
        return layer._nodes[node].outputs[output]
    return [_tensor_at(known, each) for each in place]


def remade(model: Model) -> Model:
    """Return a model of the same layers with new weights and, for models, a new name."""
    config = json.loads(json.dumps(serialize(model)))
    config["config"]["name"] = model.name
    return made_of(config, {})  # type: ignore[return-value]
