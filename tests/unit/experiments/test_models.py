"""One specification in both backends: the same layers, weight shapes and error messages."""

import re

import numpy as np
import pytest

from layerwise.experiments import keras_backend, models, numpy_backend
from layerwise.pipeline.files import digests, write_json

BACKENDS = {"numpy": numpy_backend, "keras": keras_backend}
LOSS = {"name": "SparseCategoricalCrossentropy", "from_logits": True}
SGD = {"name": "SGD", "learning_rate": 0.1, "momentum": 0.9}


def build(backend, model, shape, loss=LOSS, optimizer=SGD, outputs=3):
    spec = {"model": model, "loss": loss, "optimizer": optimizer}
    return BACKENDS[backend].build(spec, shape, outputs, "accuracy", 0, "experiments.e")


def dense(units, **rest):
    return {"layer": "Dense", "units": units, **rest}


def conv(filters, size, **rest):
    return {"layer": "Conv2D", "filters": filters, "kernel_size": size, **rest}


PARALLEL = {
    "layer": "Parallel",
    "branches": [[conv(4, 3), {"layer": "GlobalMaxPooling2D"}], [conv(2, 1), {"layer": "GlobalAveragePooling2D"}]],
}
RESIDUAL = {
    "layer": "Residual",
    "branch": [conv(4, 3, padding="same"), {"layer": "BatchNormalization"}],
    "shortcut": [conv(4, 1, use_bias=False)],
}
RESIDUAL_OF_SIX = {"layer": "Residual", "branch": [dense(6, activation="relu")]}


@pytest.mark.parametrize(
    "shape, model",
    [
        ((5,), [dense("classes")]),
        ((5,), [dense(4, activation="tanh", kernel_initializer={"name": "HeNormal", "seed": 1}), dense("classes")]),
        (
            (4, 4, 1),
            [{"layer": "Flatten"}, dense(8, kernel_constraint={"name": "MaxNorm", "max_value": 2}), dense("classes")],
        ),
        (
            (9, 9, 2),
            [conv(4, [3, 2], strides=[2, 1]), {"layer": "MaxPooling2D"}, {"layer": "Flatten"}, dense("classes")],
        ),
        ((6, 6, 2), [RESIDUAL, {"layer": "ReLU"}, {"layer": "GlobalAveragePooling2D"}, dense("classes")]),
        ((6, 6, 2), [PARALLEL, {"layer": "Dropout", "rate": 0.5}, dense("classes")]),
        ((5,), [dense(7), {"layer": "BatchNormalization"}, {"layer": "Dropout", "rate": 0.5}, dense("classes")]),
    ],
)
def test_both_backends_build_the_same_weights(shape, model):
    shapes = [[w.shape for w in build(backend, model, shape).get_weights()] for backend in BACKENDS]
    assert shapes[0] == shapes[1]
    assert shapes[0][-1] == (3,)


@pytest.mark.parametrize("backend", BACKENDS)
def test_layers_inside_layers_are_saved_with_their_weights(backend, tmp_path):
    model = build(backend, [PARALLEL, RESIDUAL_OF_SIX, dense("classes")], (6, 6, 2))
    tmp_path.joinpath("run").mkdir()
    BACKENDS[backend].save(model, tmp_path / "run")
    loaded = BACKENDS[backend].load(tmp_path / "run").get_weights()
    for weight, again in zip(model.get_weights(), loaded, strict=True):
        np.testing.assert_array_equal(weight, again)


@pytest.mark.parametrize("backend, file", [("numpy", "model.npz"), ("keras", "model.weights.h5")])
def test_a_truncated_model_is_named(backend, file, tmp_path):
    module = BACKENDS[backend]
    module.save(build(backend, [dense(3)], (5,)), tmp_path)
    write_json(
        tmp_path / "provenance.json", {"files": digests(tmp_path, [path.name for path in tmp_path.glob("model.*")])}
    )
    module.load(tmp_path)
    content = (tmp_path / file).read_bytes()
    (tmp_path / file).write_bytes(content[: len(content) // 2])
    with pytest.raises(
        ValueError, match=f"{re.escape(file)}: sha256 differs from provenance.json .*; delete it and rerun"
    ):
        module.load(tmp_path)


def test_an_embedding_takes_its_size_from_the_vocabulary():
    embedding = {"layer": "Embedding", "input_dim": "vocabulary", "output_dim": 3}
    spec = {"model": [embedding, {"layer": "GlobalAveragePooling1D"}, dense("classes")], "loss": LOSS, "optimizer": SGD}
    models.check(spec, numpy_backend.NAMES, "experiments.e")
    assert models.with_vocabulary(spec, 7)["model"] == [{**embedding, "input_dim": 7}, *spec["model"][1:]]
    assert models.with_vocabulary({"model": [dense(3)]}, 7) == {"model": [dense(3)]}


def test_schedules_and_regularizers_are_built():
    schedule = {"name": "CosineDecay", "initial_learning_rate": 0.5, "decay_steps": 10}
    model = [dense("classes", kernel_regularizer={"name": "L2", "l2": 0.25})]
    for backend in BACKENDS:
        built = build(backend, model, (5,), optimizer={"name": "Adam", "learning_rate": schedule})
        rate = built.optimizer.learning_rate
        assert float(rate(0) if callable(rate) else rate) == pytest.approx(0.5)
        layer = built.layers[-1]
        penalty = layer.regularizers["kernel"] if backend == "numpy" else layer.kernel_regularizer
        assert float(penalty.l2) == 0.25


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(
    "change, message",
    [
        ({"model": [{"layer": "Dence"}]}, "experiments.e.model.0: unknown layer 'Dence'; did you mean 'Dense'?"),
        (
            {"model": [dense(3, unts=2)]},
            "experiments.e.model.0 (Dense): unknown argument 'unts'; did you mean 'units'?",
        ),
        ({"model": [dense(3, activation="rleu")]}, "model.0 (Dense): unknown activation 'rleu'; did you mean 'relu'?"),
        (
            {"model": [dense(3, kernel_regularizer={"name": "L22"})]},
            "(Dense).kernel_regularizer: unknown name 'L22'; did",
        ),
        (
            {"model": [{"units": 3}]},
            "model.0: a layer must be written as {layer: Name, argument: value}, got {'units': 3}",
        ),
        (
            {"model": [{**RESIDUAL, "branch": [dense(3), {"layer": "Dens"}]}]},
            "(Residual).branch.1: unknown layer 'Dens'; did",
        ),
        (
            {"model": [{"layer": "Parallel", "branches": [[dense(3)], [dense(3, unit=2)]]}]},
            "experiments.e.model.0 (Parallel).branches.1.0 (Dense): unknown argument 'unit'; did you mean 'units'?",
        ),
        ({"model": [dense(0)]}, "experiments.e.model.0 (Dense): "),
        (
            {"loss": {"name": "MeanSquareError"}},
            "experiments.e.loss: unknown loss 'MeanSquareError'; did you mean 'MeanSquaredE",
        ),
        ({"loss": "mse"}, "experiments.e.loss: must be written as {name: Name, argument: value}, got 'mse'"),
        ({"optimizer": {"name": "Adma"}}, "experiments.e.optimizer: unknown optimizer 'Adma'; did you mean 'Adam"),
        ({"optimizer": {"name": "SGD", "lr": 1}}, "experiments.e.optimizer (SGD): unknown argument 'lr'"),
        (
            {"optimizer": {"name": "SGD", "learning_rate": {"name": "Cosine"}}},
            "experiments.e.optimizer (SGD).learning_rate: unknown name 'Cosine'; did you mean 'CosineDecay'?",
        ),
        ({"model": [conv(2, 3), dense(3)]}, "experiments.e.model"),
    ],
)
def test_invalid_specifications_are_reported_with_their_key(backend, change, message):
    arguments = {"model": [dense("classes")], "shape": (5,), "loss": LOSS, "optimizer": SGD} | change
    with pytest.raises(ValueError, match=re.escape(message)) as error:
        build(backend, **arguments)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "change, message",
    [
        (
            {"optimizer": {"name": "SGD", "momentum": "x"}},
            "experiments.e.optimizer (SGD): momentum must be a number, got 'x'",
        ),
        ({"optimizer": {"name": "SGD", "momentum": True}}, "optimizer (SGD): momentum must be a number, got True"),
        ({"model": [dense(None)]}, "experiments.e.model.0 (Dense): units must be a number, got None"),
        ({"model": [dense(3, use_bias="no")]}, "model.0 (Dense): use_bias must be true or false, got 'no'"),
        (
            {"model": [dense(3, kernel_regularizer={"name": "L2", "l2": [1]})]},
            "model.0 (Dense).kernel_regularizer (L2): l2 must be a number, got (1,)",
        ),
        ({"loss": {"name": "Huber", "delta": "x"}}, "experiments.e.loss (Huber): delta must be a number, got 'x'"),
    ],
)
def test_an_argument_of_another_type_is_reported_with_its_name(change, message):
    spec = {"model": [dense("classes")], "loss": LOSS, "optimizer": {"name": "SGD", "clipnorm": None}} | change
    with pytest.raises(ValueError) as caught:
        models.check(spec, numpy_backend.NAMES, "experiments.e")
    assert message in str(caught.value)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_layer_that_does_not_fit_its_input_is_reported_with_the_shape(backend):
    with pytest.raises(ValueError, match=r"experiments\.e\.model.*[Cc]onv2[Dd].*5"):
        build(backend, [conv(2, 3)], (5,))


def test_layer_names_look_into_branches():
    model = [{"layer": "Residual", "branch": [{"layer": "Conv2D"}, {"layer": "ReLU"}]}, {"layer": "Dense", "units": 3}]
    assert models.layer_names(model) == {"Residual", "Conv2D", "ReLU", "Dense"}
    model = [{"layer": "Parallel", "branches": [[{"layer": "Conv1D"}], [{"layer": "ReLU"}, {"layer": "Dense"}]]}]
    assert models.layer_names(model) == {"Parallel", "Conv1D", "ReLU", "Dense"}
