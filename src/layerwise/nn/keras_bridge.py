"""Convert models to Keras and back, with the same layers, weights and predictions.

Names and arguments are those of Keras, so an object is converted by passing its arguments to the class of the same name
in the other framework; this module handles the exceptions. Keras is imported when a function is called.
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

#: The Keras module of each family.
MODULES: dict[type[Configurable], str] = {
    Layer: "keras.layers",
    Initializer: "keras.initializers",
    Regularizer: "keras.regularizers",
    Constraint: "keras.constraints",
    Loss: "keras.losses",
    Optimizer: "keras.optimizers",
    LearningRateSchedule: "keras.optimizers.schedules",
}
#: Keras arguments that affect neither predictions nor gradients.
IGNORED = {"name", "dtype", "seed", "unroll", "synchronized", "zero_output_for_mask"}
#: Values of Keras arguments that match the behavior of nn but are not the defaults in Keras.
NEUTRAL = {"data_format": "channels_last", "rms_scaling": False}


def to_keras(model: Sequential, compile: bool = True) -> keras.Sequential:
    """Convert a model to Keras: architecture, weights and, if compiled, optimizer and loss.

    Parameters
    ----------
    model : Sequential
        The model, which is not modified.
    compile : bool
        Whether to convert the optimizer and the loss as well, if the model is compiled. The state of the optimizer and
        the metrics are not converted.

    Returns
    -------
    keras.Sequential
        A model with the same layer names. ``Residual``, ``Parallel`` and other layers missing in Keras become those of
        :mod:`layerwise.nn.keras_layers`.

    Raises
    ------
    ValueError
        If Keras has no counterpart (the schedule OneCycle, a user-defined layer).
    """
    import keras

    layers = [_to_keras(layer, model.dtype) for layer in model.layers]
    if model.input_shape is not None:
        layers.insert(0, keras.Input(model.input_shape[1:], dtype=model.input_dtype or "int32"))
    keras_model = keras.Sequential(layers, name=model.name)
    if model.built:
        keras_model.set_weights(model.get_weights())
    if compile and model.loss is not None:
        keras_model.compile(_to_keras(model.optimizer), _to_keras(model.loss))
    return keras_model


def from_keras(model: keras.Sequential, compile: bool = True, seed: int | None = None) -> Sequential:
    """Convert a Keras model to NumPy: architecture, weights and, if compiled, optimizer and loss.

    Parameters
    ----------
    model : keras.Sequential
        The model, which is not modified.
    compile : bool
        Whether to convert the optimizer and the loss as well, if the model is compiled. The state of the optimizer and
        the metrics are not converted.
    seed : int, optional
        Seed of the new model's generator.

    Returns
    -------
    Sequential
        A model with the same layer names and dtype (float32 or float64).

    Raises
    ------
    ValueError
        If the model is not a keras.Sequential, or uses a layer or an option that nn does not have.
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
    numpy_model = Sequential(layers, name=model.name, seed=seed, dtype=dtypes.pop() if dtypes else "float32")
    if model.built:
        numpy_model.set_weights(model.get_weights())
    if compile and model.compiled:
        where = "from_keras, compile=True"
        optimizer = _from_keras("optimizer", _serialized(model.optimizer), where)
        numpy_model.compile(optimizer, _loss_from_keras(model.loss, where))
    return numpy_model


def _to_keras(value: Any, dtype: str | None = None) -> Any:
    """Return the Keras counterpart of a layer, loss, optimizer or other nn object; other values are returned as is."""
    if isinstance(value, (list, tuple)):
        return tuple(_to_keras(item, dtype) for item in value)
    if isinstance(value, ActivationFunction):
        return _activation_to_keras(value, dtype)
    if not isinstance(value, Configurable):
        return value
    cls = _keras_class(value)
    kwargs = {name: _to_keras(getattr(value, name), dtype) for name in value.get_config()}
    if isinstance(value, Layer):
        kwargs["dtype"] = dtype
        if cls is None and isinstance(value, ActivatedLayer):
            # Keras has no Sigmoid, Tanh, Softplus or GELU layer.
            cls = importlib.import_module("keras.layers").Activation
            kwargs = {"activation": _to_keras(value.activation, dtype)} | {
                name: kwargs[name] for name in ("name", "trainable", "dtype")
            }
    if cls is None:
        raise ValueError(f"to_keras: Keras has no {value.kind} {type(value).__name__}")
    return cls(**kwargs)


def _keras_class(value: Configurable) -> Any:
    """Return the Keras class of the same name, or None."""
    name = type(value).__name__
    keras_module = next((module for family, module in MODULES.items() if isinstance(value, family)), None)
    modules = map(importlib.import_module, ("layerwise.nn.keras_layers", keras_module) if keras_module else ())
    return next((getattr(module, name) for module in modules if hasattr(module, name)), None)


def _activation_to_keras(function: ActivationFunction, dtype: str | None) -> Any:
    """Return the Keras activation function of the same name, or the layer if its arguments are not the defaults."""
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
    """Return the nn counterpart of a Keras layer, not built yet."""
    name, where = type(layer).__name__, f"from_keras: layer '{layer.name}' ({type(layer).__name__})"
    if name not in Layer.registry:
        raise ValueError(f"from_keras: layer '{layer.name}': {unknown('layer', name, Layer.registry)}")
    config = layer.get_config() | {"name": layer.name}
    if name == "Bidirectional":
        forward, backward = config["layer"]["config"], config.pop("backward_layer")["config"]
        if _without_direction(forward) != _without_direction(backward):
            raise ValueError(f"{where}: backward_layer must differ from layer in direction only")
        forward["name"] = forward["name"].removeprefix("forward_")  # Bidirectional adds the prefix again
    return _construct(Layer.registry[name], type(layer), config, where)


def _without_direction(config: dict[str, Any]) -> dict[str, Any]:
    """Return the configuration of a recurrent layer without the keys in which the two directions differ."""
    return {key: value for key, value in config.items() if key not in ("name", "go_backwards")}


def _construct(nn_class: type[Any], keras_class: type, config: dict[str, Any], where: str) -> Any:
    """Create an nn object from a Keras configuration; raise ValueError if nn does not support one of its options."""
    supported, neutral = arguments(nn_class), arguments(keras_class) | NEUTRAL
    kwargs = {}
    for key, value in config.items():
        if key in supported and key != "dtype":
            kwargs[key] = _from_keras(key, value, where)
        elif key not in IGNORED and (key not in neutral or value != neutral[key]):
            raise ValueError(f"{where}: {key} must be {neutral.get(key)!r}, as nn has no {key}, got {value!r}")
    try:
        return nn_class(**kwargs)
    except ValueError as error:
        raise ValueError(f"{where}: {str(error).split(': ', 1)[-1]}") from None


def _from_keras(key: str, value: Any, where: str) -> Any:
    """Return the nn counterpart of an argument in a Keras configuration."""
    import keras

    if isinstance(value, float):
        return _shortest(value)
    if isinstance(value, (list, tuple)):
        items = tuple(_from_keras(key, item, where) for item in value)
        return items[0] if key == "axis" and len(items) == 1 else items  # (-1,) in a built LayerNormalization
    if key.endswith("activation"):
        return _activation_from_keras(value, where)
    if not isinstance(value, dict):
        return value
    keras_object = keras.saving.deserialize_keras_object(copy.deepcopy(value))  # it modifies its argument
    if isinstance(keras_object, keras.Layer):
        return _layer_from_keras(keras_object)
    family = next((family for family, module in MODULES.items() if module == value["module"]), None)
    name = value["class_name"]
    if family is None or name not in family.registry:
        raise ValueError(f"{where}: {unknown(key, name, family.registry if family else ())}")
    return _construct(family.registry[name], type(keras_object), value["config"], where)


def _activation_from_keras(value: Any, where: str) -> ActivationFunction:
    """Return an activation function, given its name or a layer used as one."""
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
    """Return a loss, given anything that Keras's ``compile`` accepts."""
    if isinstance(loss, str):
        return losses.get(loss)
    if inspect.isfunction(loss):
        return losses.get(loss.__name__)
    serialized = _serialized(loss)
    serialized["config"] |= getattr(loss, "_fn_kwargs", {})  # the configuration of Huber lacks delta
    return _from_keras("loss", serialized, where)


def _serialized(value: Any) -> dict[str, Any]:
    import keras

    return keras.saving.serialize_keras_object(value)


def _shortest(value: float) -> float:
    """Return the shortest decimal for a value that Keras stored as float32: 0.001 for 0.0010000000474974513."""
    single = np.float32(value)
    return float(str(single)) if float(single) == value else value
