"""Sanity checks before training."""

from __future__ import annotations

import numpy as np

from layerwise.reports.assignment1.shared import fitted, shuffled
from layerwise.reports.inputs import Data, only


def run(
    data: Data,
    permutations: int = 39,
    repeats: int = 10,
    l2: float = 0.001,
    examples: int = 1000,
    epochs: int = 100,
) -> dict[str, np.ndarray]:
    """Run sanity checks of the model (Karpathy 2019, *A recipe for training neural networks*).

    Returns
    -------
    dict
        ``initial`` and ``log_c`` (1,), the loss before training and log C; ``gap`` (1,), their difference; ``true``
        (1,), the validation accuracy after training; ``shuffled`` (permutations,), that after training on permuted
        labels; ``largest_class`` (1,), that of always predicting the largest class; ``tiny`` (repeats,), the training
        accuracy on two examples of each class.
    """
    splits = only(data)
    (x, y), (xv, yv) = splits["train"], splits["validation"]
    subset = np.random.default_rng(0).permutation(len(y))[:examples]
    x, y = x[subset], y[subset]
    classes = int(yv.max()) + 1
    model = fitted(x, y, l2, max_epochs=epochs)
    # The safe step size depends on the features only, and is the same.
    settings = {"max_epochs": epochs, "learning_rate": model.learning_rate}
    permuted = (np.random.default_rng(seed).permutation(y) for seed in range(permutations))
    tiny = []
    for repeat in range(repeats):
        order = np.array(list(shuffled(y, repeat)))
        few = np.concatenate([order[y[order] == k][:2] for k in range(classes)])
        tiny.append(fitted(x[few], y[few], 0.0, max_epochs=2000, tol=1e-2).accuracy(x[few], y[few]))
    log_c = np.log(classes)
    return {
        "initial": np.array([model.losses[0]]),
        "log_c": np.array([log_c]),
        "gap": np.array([abs(model.losses[0] - log_c)]),
        "true": np.array([model.accuracy(xv, yv)]),
        "shuffled": np.array([fitted(x, labels, l2, **settings).accuracy(xv, yv) for labels in permuted]),
        "largest_class": np.array([np.mean(yv == np.bincount(y).argmax())]),
        "tiny": np.array(tiny),
    }
