"""Small images, a small table, and networks trained on them with two seeds each."""

import numpy as np
import pytest

from layerwise import nn
from layerwise.reports.trained import Trained

CLASSES, SIZE = 3, 14


def striped(n, seed):
    rng = np.random.default_rng(seed)
    y = np.sort(np.arange(n) % CLASSES)
    x = 0.3 * rng.random((n, SIZE, SIZE, 1))
    x[np.arange(n), 5:, 4 + 3 * y] += 0.7
    return x.astype(np.float32), y.astype(np.int32)


def decided(n, seed):
    x = np.random.default_rng(seed).normal(size=(n, 4))
    return x.astype(np.float32), (x[:, 1] + 0.1 * x[:, 2] > 0).astype(np.int32)


def splits(make):
    return {name: make(n, seed) for seed, (name, n) in enumerate({"train": 60, "validation": 30, "test": 60}.items())}


@pytest.fixture(scope="session")
def stripes():
    """Return noise images with a bright column whose position encodes the class, sorted by class."""
    return {"stripes": splits(striped)}


@pytest.fixture(scope="session")
def one_telling_feature():
    """Return a table of four features, of which the second determines the class."""
    return {"table": splits(decided)}


def trained(folder, name, data, loss, make):
    [(x, y)] = [parts["train"] for parts in data.values()]
    folders = []
    for seed in range(2):
        model = nn.Sequential([nn.Input(x.shape[1:]), *make()], seed=seed)
        model.compile(nn.Adam(0.02), loss)
        model.fit(x, y, batch_size=16, epochs=30, verbose=0)
        folders.append(folder / name / "numpy" / f"seed-{seed}")
        folders[-1].mkdir(parents=True)
        model.save(folders[-1] / "model.npz")
    return {f"{name}/numpy": Trained(tuple(folders), {}, {})}


@pytest.fixture(scope="session")
def cnn(stripes, tmp_path_factory):
    """Return the runs of a convolutional network on the stripes."""

    def layers():
        return [
            nn.Conv2D(4, 3, activation="relu"),
            nn.MaxPooling2D(2),
            nn.Conv2D(6, 3, activation="relu"),
            nn.Flatten(),
            nn.Dense(CLASSES),
        ]

    loss = nn.SparseCategoricalCrossentropy(from_logits=True)
    return trained(tmp_path_factory.mktemp("runs"), "convolution", stripes, loss, layers)


@pytest.fixture(scope="session")
def logistic(one_telling_feature, tmp_path_factory):
    """Return the runs of a logistic regression on the table."""
    loss = nn.BinaryCrossentropy(from_logits=True)
    return trained(tmp_path_factory.mktemp("runs"), "logistic", one_telling_feature, loss, lambda: [nn.Dense(1)])


@pytest.fixture(scope="session")
def tanh(one_telling_feature, tmp_path_factory):
    """Return the runs of a network with a hidden layer of tanh units on the table."""

    def layers():
        return [nn.Dense(4, activation="tanh"), nn.Dense(1)]

    loss = nn.BinaryCrossentropy(from_logits=True)
    return trained(tmp_path_factory.mktemp("runs"), "tanh", one_telling_feature, loss, layers)
