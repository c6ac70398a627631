"""What all optimizers do: keep their variables, prepare slopes, count steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ... import _elementwise as ops
from ... import _linear as linear
from ..._absent import missing_attribute, refuse
from ..._convert import convert, to_array
from ..._slices import IndexedSlices
from ..._tape import dense, stop_recording
from ..._variable import Readable
from .. import initializers
from .._naming import auto_name, snake_case
from .._serial import Config, Configurable, serialize
from .._variable import Value, Variable
from . import schedules

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ..._tensor import Array, EagerTensor

F = np.float32


class Optimizer(Configurable):
    """Changes variables step by step so that what their slopes belong to becomes smaller.

    Parameters
    ----------
    learning_rate
        How far a step goes: a number, a schedule or a function without arguments.
    weight_decay
        How much each step takes from the weights themselves.
    clipnorm, clipvalue, global_clipnorm
        Limits on the length of each slope, on its elements, on the length of all together.
    """

    __module__ = "keras.src.optimizers.optimizer"
    _keras_module = "keras.optimizers"
    _slots: tuple[str, ...] = ()

    def __init__(
        self,
        learning_rate: object,
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
        **kwargs: object,
    ) -> None:
        if kwargs:
            raise ValueError(f"Argument(s) not recognized: {kwargs}")
        refuse(
            type(self).__name__,
            use_ema=(use_ema, False),
            loss_scale_factor=(loss_scale_factor, None),
            gradient_accumulation_steps=(gradient_accumulation_steps, None),
        )
        if sum(each is not None for each in (clipnorm, clipvalue, global_clipnorm)) > 1:
            raise ValueError(
                "Only one of `clipnorm`, `clipvalue` and `global_clipnorm` can be set. Received: "
                f"clipnorm={clipnorm}, clipvalue={clipvalue}, global_clipnorm={global_clipnorm}"
            )
        self.name = name or auto_name(snake_case(type(self).__name__))
        self.weight_decay, self.clipnorm = weight_decay, clipnorm
        self.clipvalue, self.global_clipnorm = clipvalue, global_clipnorm
        self.ema_momentum, self.ema_overwrite_frequency = ema_momentum, ema_overwrite_frequency
        self.built = False
        self._known: list[Readable] = []
        self._states: dict[str, list[Variable]] = {}
        self._no_decay: set[int] | None = None
        self._iterations = Variable(
            np.zeros((), np.int64), trainable=False, name="iteration", path=f"{self.name}/iteration"
        )
        self._rate: object = None
        self._set_rate(learning_rate)

    # --- the learning rate --------------------------------------------------------------------

    def _set_rate(self, rate: object) -> None:
        if isinstance(rate, dict):
            rate = schedules.from_config(rate)
        if isinstance(rate, schedules.LearningRateSchedule) or callable(rate):
            self._rate = rate
        elif isinstance(self._rate, Variable):
            self._rate.assign(rate)
        else:
            if not isinstance(rate, (int, float, np.generic, np.ndarray)) and not hasattr(
                rate, "_array"
            ):
                raise ValueError(
                    "Argument `learning_rate` should be float, or an instance of "
                    "LearningRateSchedule, or a callable (that takes in the current iteration "
                    f"value and returns the corresponding learning rate value). Received instead: learning_rate={rate}"
                )
            self._rate = Variable(
                np.asarray(to_array(rate), F),
                trainable=False,
                name="learning_rate",
                path=f"{self.name}/learning_rate",
            )

    @property
    def learning_rate(self) -> object:
        """The present learning rate."""
        if isinstance(self._rate, schedules.LearningRateSchedule):
            return self._rate(self._iterations)
        return self._rate() if callable(self._rate) else self._rate

    @learning_rate.setter
    def learning_rate(self, rate: object) -> None:
        if isinstance(self._rate, schedules.LearningRateSchedule) and not isinstance(
            rate, schedules.LearningRateSchedule
        ):
            raise TypeError(
                "This optimizer was created with a `LearningRateSchedule` object as its "
                "`learning_rate` constructor argument, hence its learning rate is not settable. "
                "If you need the learning rate to be settable, you should instantiate the "
                "optimizer with a float `learning_rate` argument."
            )
        self._set_rate(rate)

    @property
    def iterations(self) -> Variable:
        """How many steps were made."""
        return self._iterations

    # --- its variables --------------------------------------------------------------------------

    def build(self, variables: Iterable[object]) -> None:
        """Make the variables that belong to each of those that will be changed."""
        if self.built:
            return
        self._known = [_owner(variable) for variable in variables]
        for slot in self._slots:
            self._states[slot] = [self._slot(v, slot) for v in self._known]
        self.built = True

    def _slot(self, variable: Readable, slot: str) -> Variable:
        path = str(getattr(variable, "path", variable.name)).replace("/", "_").replace(":", "_")  # type: ignore[attr-defined]
        start = self._slot_start(slot)
        return Variable(
            start(variable._array.shape, variable._array.dtype.name),
            trainable=False,
            name=slot,
            path=f"{self.name}/{path}_{slot}",
        )

    def _slot_start(self, slot: str) -> initializers.Initializer:
        return initializers.Zeros()

    @property
    def variables(self) -> list[Variable]:
        """The variables of the optimizer itself."""
        own = [self._iterations, *([self._rate] if isinstance(self._rate, Variable) else [])]
        rows = zip(*self._states.values(), strict=True) if self._states else ()
        return [*own, *(state for row in rows for state in row)]

    def set_weights(self, weights: Sequence[object]) -> None:
        """Replace the values of the optimizer's variables."""
        if len(weights) != len(self.variables):
            raise ValueError("You are loading a different number of weights")
        for variable, value in zip(self.variables, weights, strict=True):
            variable.assign(value)

    def exclude_from_weight_decay(
        self, var_list: Iterable[object] | None = None, var_names: Iterable[str] | None = None
    ) -> None:
        """Let the decay of weights leave some variables alone."""
        refuse("exclude_from_weight_decay", var_names=(var_names, None))
        self._no_decay = {id(_owner(v)) for v in var_list or ()}

    # --- steps -----------------------------------------------------------------------------------

    def apply_gradients(self, grads_and_vars: Iterable[tuple[object, object]]) -> Variable:
        """Change variables by their slopes, given in pairs."""
        grads, variables = zip(*grads_and_vars, strict=True)
        self.apply(grads, variables)
        return self._iterations

    def apply(
        self, grads: Sequence[object], trainable_variables: Iterable[object] | None = None
    ) -> None:
        """Change variables by their slopes; a slope of None leaves its variable as it is."""
        if len(grads) == 0:
            return
        variables = self._variables_for(grads, trainable_variables)
        pairs = [(g, v) for g, v in zip(grads, variables, strict=False) if g is not None]
        if not pairs:
            raise ValueError("No gradients provided for any variable.")
        with stop_recording(), np.errstate(all="ignore"):
            self._step([_slope(g) for g, _ in pairs], [v for _, v in pairs])
            for _, variable in pairs:
                constraint = getattr(variable, "constraint", None)
                if constraint is not None:
                    variable.assign(constraint(variable))  # type: ignore[attr-defined]
        self._iterations._array = self._iterations._array + 1

    def _variables_for(
        self, grads: Sequence[object], variables: Iterable[object] | None
    ) -> list[Readable]:
        if variables is None:
            if not self.built:
                raise ValueError(
                    "When passing `grads` without `variables`, the optimizer must already be "
                    "built on a list of variables. Call `optimizer.build(trainable_variables)` "
                    "first. "
                )
            if len(grads) != len(self._known):
                raise ValueError(
                    "When passing `grads` as a list of gradient tensors, the gradients must match "
                    f"`optimizer.variables` one-to-on. Received a list of {len(grads)} gradients, "
                    f"but the optimizer is tracking {len(self._known)} trainable variables."
                )
            return self._known
        given = [_owner(variable) for variable in variables]
        self.build(given)
        for variable in given:
            if all(variable is not known for known in self._known):
                raise ValueError(
                    f"Unknown variable: {variable}. This optimizer can only be called for the "
                    "variables it was originally built with. When working with a new set of "
                    "variables, you should recreate a new optimizer instance."
                )
        return given

    def _step(self, slopes: list[EagerTensor], variables: list[Readable]) -> None:
        slopes = self._clipped(slopes)
        rate = np.asarray(to_array(self.learning_rate))
        self._decay(variables, rate)
        for slope, variable in zip(slopes, variables, strict=True):
            kind = variable._array.dtype
            states = self._states_of(variable)
            g = np.asarray(slope._array, kind)
            if g.shape != variable._array.shape:
                g = np.broadcast_to(g, variable._array.shape)
            change = self._change(g, variable._array, kind.type(rate[()]), states)
            variable._array = np.asarray(variable._array - change, kind)

    def _states_of(self, variable: Readable) -> dict[str, Variable]:
        place = next(k for k, known in enumerate(self._known) if known is variable)
        return {slot: self._states[slot][place] for slot in self._slots}

    def _change(self, g: Array, w: Array, rate: np.generic, states: dict[str, Variable]) -> object:
        """Return what a step takes from a variable, and bring the states up to date."""
        raise NotImplementedError

    def _decay(self, variables: list[Readable], rate: Array) -> None:
        if self.weight_decay is None:
            return
        for variable in variables:
            if self._no_decay is None or id(variable) not in self._no_decay:
                w = variable._array
                share = w.dtype.type(self.weight_decay) * w.dtype.type(rate[()])
                variable._array = np.asarray(w - w * share, w.dtype)

    def _clipped(self, slopes: list[EagerTensor]) -> list[EagerTensor]:
        if self.clipnorm:
            return [linear.clip_by_norm(g, self.clipnorm) for g in slopes]
        if self.global_clipnorm:
            clipped, _ = linear.clip_by_global_norm(slopes, self.global_clipnorm)
            return [g for g in clipped if g is not None]
        if self.clipvalue:
            return [ops.clip_by_value(g, -self.clipvalue, self.clipvalue) for g in slopes]
        return slopes

    def _steps(self, kind: type[np.generic]) -> np.generic:
        """Return the number of this step, from 1 on, in the type of a variable."""
        return kind(int(self._iterations._array) + 1)

    # --- writing down ------------------------------------------------------------------------------

    def get_config(self) -> Config:
        """Return the arguments that make an equal optimizer."""
        rate = self._rate
        shown = float(rate._array) if isinstance(rate, Variable) else serialize(rate)
        return {
            "name": self.name,
            "learning_rate": shown,
            "weight_decay": self.weight_decay,
            "clipnorm": self.clipnorm,
            "global_clipnorm": self.global_clipnorm,
            "clipvalue": self.clipvalue,
            "use_ema": False,
            "ema_momentum": self.ema_momentum,
            "ema_overwrite_frequency": self.ema_overwrite_frequency,
            "loss_scale_factor": None,
            "gradient_accumulation_steps": None,
        }

    def __getattr__(self, name: str) -> object:
        if name.startswith("__") or name in ("_known", "_states"):
            raise AttributeError(name)
        text = f"'{type(self).__name__}' object has no attribute '{name}'"
        raise missing_attribute("tf.keras.optimizers.Optimizer", name, text)


def _owner(variable: object) -> Readable:
    """Return the variable itself, where the TensorFlow variable inside one is given."""
    if isinstance(variable, Value):
        return variable._owner
    if not isinstance(variable, Readable):
        raise TypeError(f"An optimizer changes variables. Received: {variable!r}")
    return variable


def _slope(given: object) -> EagerTensor:
    return dense(given) if isinstance(given, IndexedSlices) else convert(given)
