"""Sanity checks before training."""

from __future__ import annotations

import numpy as np

from layerwise.reports.assignment1.shared import fitted, shuffled
from layerwise.reports.inputs import Data, bootstraps, only


def run(
    data: Data, repeats: int = 10, l2: float = 0.001, examples: int = 1000, epochs: int = 100
) -> dict[str, np.ndarray]:
    """Check what must hold before any result is believed (Karpathy 2019, *A recipe for training neural networks*).

    Returns
    -------
    dict
        ``initial`` and ``log_c`` (1,): the loss before training and log C; ``gap`` (1,): how far apart;
        ``shuffled`` (repeats,): validation accuracy after training on shuffled labels; ``guessing`` (repeats,): what
        guessing with those predictions' own frequencies would reach; ``true`` (repeats,): with true labels;
        ``tiny`` (repeats,): training accuracy on two examples of each class.
    """
    splits = only(data)
    (x, y), (xv, yv) = splits["train"], splits["validation"]
    chosen = np.random.default_rng(0).permutation(len(y))[:examples]
    x, y = x[chosen], y[chosen]
    classes = int(yv.max()) + 1
    shares = np.bincount(yv, minlength=classes) / len(yv)
    result: dict[str, list[float]] = {name: [] for name in ("shuffled", "guessing", "true", "tiny")}
    for repeat, (xb, yb) in enumerate(bootstraps(x, y, repeats)):
        model = fitted(xb, yb, l2, max_epochs=epochs)
        initial = model.losses[0]
        result["true"].append(model.accuracy(xv, yv))
        permuted = np.random.default_rng(repeat).permutation(yb)  # of the same examples: the safe step is the same too
        mixed = fitted(xb, permuted, l2, max_epochs=epochs, learning_rate=model.learning_rate).predicted(xv)
        result["shuffled"].append(float(np.mean(mixed == yv)))
        result["guessing"].append(float(np.bincount(mixed, minlength=classes) / len(yv) @ shares))
        few = np.array(list(shuffled(y, repeat)))
        few = np.concatenate([few[y[few] == k][:2] for k in range(classes)])
        result["tiny"].append(fitted(x[few], y[few], 0.0, max_epochs=2000, tol=1e-2).accuracy(x[few], y[few]))
    log_c = np.log(classes)
    return {
        "initial": np.array([initial]),
        "log_c": np.array([log_c]),
        "gap": np.array([abs(initial - log_c)]),
        **{name: np.array(values) for name, values in result.items()},
    }
