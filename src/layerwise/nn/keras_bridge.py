"""Models to Keras and back: the same layers, the same weights, the same predictions.

Names and arguments are Keras's own, so an object is moved by giving its arguments to the class of the same name on the
other side. What is written out here is only where the two differ. Keras is imported when a function is called.
"""

from __future__ import annotations

import copy
import importlib
import inspect
from typing import TYPE_CHECKING, Any

import numpy as np

from layerwise.nn import activations, losses
from layerwise.nn.activations import ActivationFunction
from layerwise.nn.initializers import Initializer
from layerwise.nn.layers.base import ActivatedLayer, Layer
from layerwise.nn.layers.core import Input
from layerwise.nn.losses import Loss
from layerwise.nn.model import Sequential
from layerwise.nn.optimizers import Optimizer
from layerwise.nn.regularizers import Constraint, Regularizer
from layerwise.nn.schedules import LearningRateSchedule
from layerwise.nn.serialization import Configurable, arguments, snake_case, unknown

if TYPE_CHECKING:
    import keras

#: Where Keras keeps each family.
MODULES: dict[type[Configurable], str] = {
    Layer: "keras.layers",
    Initializer: "keras.initializers",
    Regularizer: "keras.regularizers",
    Constraint: "keras.constraints",
    Loss: "keras.losses",
    Optimizer: "keras.optimizers",
    LearningRateSchedule: "keras.optimizers.schedules",
}
#: Arguments of Keras that change no prediction and no gradient.
IGNORED = {"name", "dtype", "seed", "unroll", "synchronized", "zero_output_for_mask"}
#: What Keras says for "as nn does it" where that is not the default of its constructor.
NEUTRAL = {"data_format": "channels_last", "rms_scaling": False}


def to_keras(model: Sequential, compile: bool = True) -> keras.Sequential:
    """Return the same model in Keras: architecture, weights, and (compiled) optimizer and loss.

    Parameters
    ----------
    model : Sequential
        The model; it stays as it is.
    compile : bool
        Whether to move the optimizer and the loss too, if the model has them. The optimizer begins anew; metrics do
        not move.

    Returns
    -------
    keras.Sequential
        With layers of the same names. ``Residual`` and ``Parallel`` become those of :mod:`layerwise.nn.keras_layers`.

    Raises
    ------
    ValueError
        For what Keras does not have (the schedule OneCycle, a layer of your own).
    """
    import keras

    layers = [_to_keras(layer, model.dtype) for layer in model.layers]
    if model.input_shape is not None:
        layers.insert(0, keras.Input(model.input_shape[1:], dtype=model.input_dtype or "int32"))
    twin = keras.Sequential(layers, name=model.name)
    if model.built:
        twin.set_weights(model.get_weights())
    if compile and model.loss is not None:
        twin.compile(_to_keras(model.optimizer), _to_keras(model.loss))
    return twin


def from_keras(model: keras.Sequential, compile: bool = True, seed: int | None = None) -> Sequential:
    """Return the same model in NumPy: architecture, weights, and (compiled) optimizer and loss.

    Parameters
    ----------
    model : keras.Sequential
        The model; it stays as it is.
    compile : bool
        Whether to move the optimizer and the loss too, if the model has them. The optimizer begins anew; metrics do
        not move.
    seed : int, optional
        Seed of the new model's generator.

    Returns
    -------
    Sequential
        With layers of the same names, in the type (float32 or float64) of Keras's.

    Raises
    ------
    ValueError
        For another kind of model, and for a layer or an option that nn does not have; the message names it.
    """
    import keras

    if not isinstance(model, keras.Sequential):
        raise ValueError(f"from_keras: the model must be a keras.Sequential, got {type(model).__name__}")
    dtypes = {layer.variable_dtype for layer in model.layers} | {layer.compute_dtype for layer in model.layers}
    if len(dtypes) > 1 or not dtypes <= {"float32", "float64"}:
        raise ValueError(
            f"from_keras: model '{model.name}' must compute in float32 or float64, got {', '.join(sorted(dtypes))}"
        )
    layers = [_layer_from_keras(layer) for layer in model.layers]
    if model.built:
        layers.insert(0, Input(model.input_shape[1:]))
    twin = Sequential(layers, name=model.name, seed=seed, dtype=dtypes.pop() if dtypes else "float32")
    if model.built:
        twin.set_weights(model.get_weights())
    if compile and model.compiled:
        where = "from_keras, compile=True"
        twin.compile(_from_keras("optimizer", _serialized(model.optimizer), where), _loss_from_keras(model.loss, where))
    return twin


def _to_keras(value: Any, dtype: str | None = None) -> Any:
    """Return Keras's counterpart of a layer, loss, optimizer or part, and anything else as it is."""
    if isinstance(value, (list, tuple)):
        return tuple(_to_keras(item, dtype) for item in value)
    if isinstance(value, ActivationFunction):
        return _activation_to_keras(value, dtype)
    if not isinstance(value, Configurable):
        return value
    cls = _twin(value)
    given = {name: _to_keras(getattr(value, name), dtype) for name in value.get_config()}
    if isinstance(value, Layer):
        given["dtype"] = dtype
        if cls is None and isinstance(value, ActivatedLayer):
            cls = importlib.import_module("keras.layers").Activation  # Keras has no layer Sigmoid, Tanh, Softplus, GELU
            given = {"activation": _to_keras(value.activation, dtype)} | {
                name: given[name] for name in ("name", "trainable", "dtype")
            }
    if cls is None:
        raise ValueError(f"to_keras: Keras has no {value.kind} {type(value).__name__}")
    return cls(**given)


def _twin(value: Configurable) -> Any:
    """Return Keras's class of the same name, or None."""
    name = type(value).__name__
    module = next((module for family, module in MODULES.items() if isinstance(value, family)), None)
    rooms = ("layerwise.nn.keras_layers", module) if module else ()
    return next((getattr(room, name) for room in map(importlib.import_module, rooms) if hasattr(room, name)), None)


def _activation_to_keras(function: ActivationFunction, dtype: str | None) -> Any:
    """Return Keras's activation function: by its name, or where it has an argument the layer of the same name."""
    import keras

    from layerwise.nn.keras_layers import gelu_tanh

    name = type(function).__name__
    if function.get_config() == type(function)().get_config():
        return keras.activations.get(snake_case(name))
    if name == "Gelu":
        return gelu_tanh
    layer = next(value for key, value in vars(keras.layers).items() if key.lower() == name.lower())
    return layer(**function.get_config(), dtype=dtype)


def _layer_from_keras(layer: Any) -> Layer:
    """Return nn's counterpart of a Keras layer, not built yet."""
    name, where = type(layer).__name__, f"from_keras: layer '{layer.name}' ({type(layer).__name__})"
    if name not in Layer.registry:
        raise ValueError(f"from_keras: layer '{layer.name}': {unknown('layer', name, Layer.registry)}")
    config = layer.get_config() | {"name": layer.name}
    if name == "Bidirectional":
        ahead, back = config["layer"]["config"], config.pop("backward_layer")["config"]
        if _without_way(ahead) != _without_way(back):
            raise ValueError(f"{where}: backward_layer must differ from layer in direction only")
        ahead["name"] = ahead["name"].removeprefix("forward_")  # both sides add it again
    return _construct(Layer.registry[name], type(layer), config, where)


def _without_way(config: dict[str, Any]) -> dict[str, Any]:
    """Return the configuration of a recurrent layer without what tells the two ways of Bidirectional apart."""
    return {key: value for key, value in config.items() if key not in ("name", "go_backwards")}


def _construct(ours: type[Any], theirs: type, config: dict[str, Any], where: str) -> Any:
    """Make an object of nn from a configuration of Keras; raise ValueError where something would be lost."""
    accepted, neutral = arguments(ours), arguments(theirs) | NEUTRAL
    given = {}
    for key, value in config.items():
        if key in accepted and key != "dtype":
            given[key] = _from_keras(key, value, where)
        elif key not in IGNORED and (key not in neutral or value != neutral[key]):
            raise ValueError(f"{where}: {key} must be {neutral.get(key)!r}, as nn has no {key}, got {value!r}")
    try:
        return ours(**given)
    except ValueError as error:
        raise ValueError(f"{where}: {str(error).split(': ', 1)[-1]}") from None


def _from_keras(key: str, value: Any, where: str) -> Any:
    """Return nn's counterpart of a Keras argument, as it stands in a configuration."""
    import keras

    if isinstance(value, float):
        return _shortest(value)
    if isinstance(value, (list, tuple)):
        items = tuple(_from_keras(key, item, where) for item in value)
        return items[0] if key == "axis" and len(items) == 1 else items  # a built LayerNormalization says (-1,)
    if key.endswith("activation"):
        return _activation_from_keras(value, where)
    if not isinstance(value, dict):
        return value
    theirs = keras.saving.deserialize_keras_object(copy.deepcopy(value))  # it writes into what it is given
    if isinstance(theirs, keras.Layer):
        return _layer_from_keras(theirs)
    family = next((family for family, module in MODULES.items() if module == value["module"]), None)
    name = value["class_name"]
    if family is None or name not in family.registry:
        raise ValueError(f"{where}: {unknown(key, name, family.registry if family else ())}")
    return _construct(family.registry[name], type(theirs), value["config"], where)


def _activation_from_keras(value: Any, where: str) -> ActivationFunction:
    """Return an activation function from a name, or from a layer used as one."""
    import keras

    from layerwise.nn.keras_layers import gelu_tanh

    function = keras.activations.get(value)
    if function is gelu_tanh:
        return activations.Gelu(approximate=True)
    if isinstance(function, keras.Layer):
        return _layer_from_keras(function).activation  # type: ignore[attr-defined]
    try:
        return activations.get(value)
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from None


def _loss_from_keras(loss: Any, where: str) -> Loss:
    """Return a loss from what Keras's ``compile`` accepts."""
    if isinstance(loss, str):
        return losses.get(loss)
    if inspect.isfunction(loss):
        return losses.get(loss.__name__)
    described = _serialized(loss)
    described["config"] |= getattr(loss, "_fn_kwargs", {})  # Huber's configuration leaves its delta out
    return _from_keras("loss", described, where)


def _serialized(value: Any) -> dict[str, Any]:
    import keras

    return keras.saving.serialize_keras_object(value)


def _shortest(value: float) -> float:
    """Return the shortest decimal where Keras kept a float32: 0.001 for 0.0010000000474974513."""
    single = np.float32(value)
    return float(str(single)) if float(single) == value else value
