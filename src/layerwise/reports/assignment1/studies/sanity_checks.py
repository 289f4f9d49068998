"""Sanity checks before training."""

from __future__ import annotations

import numpy as np

from layerwise.reports.assignment1.shared import fitted, shuffled
from layerwise.reports.inputs import Data, bootstraps, only


def run(
    data: Data, repeats: int = 10, l2: float = 0.001, examples: int = 1000, epochs: int = 100
) -> dict[str, np.ndarray]:
    """Run sanity checks of the model (Karpathy 2019, *A recipe for training neural networks*).

    Returns
    -------
    dict
        ``initial`` and ``log_c`` (1,), the loss before training and log C; ``gap`` (1,), their difference;
        ``shuffled`` (repeats,), the validation accuracy after training on shuffled labels; ``guessing`` (repeats,),
        the expected accuracy of random guesses with the same class frequencies as those predictions; ``true``
        (repeats,), the accuracy after training on true labels; ``tiny`` (repeats,), the training accuracy on two
        examples of each class.
    """
    splits = only(data)
    (x, y), (xv, yv) = splits["train"], splits["validation"]
    subset = np.random.default_rng(0).permutation(len(y))[:examples]
    x, y = x[subset], y[subset]
    classes = int(yv.max()) + 1
    shares = np.bincount(yv, minlength=classes) / len(yv)
    result: dict[str, list[float]] = {name: [] for name in ("shuffled", "guessing", "true", "tiny")}
    for repeat, (xb, yb) in enumerate(bootstraps(x, y, repeats)):
        model = fitted(xb, yb, l2, max_epochs=epochs)
        initial = model.losses[0]
        result["true"].append(model.accuracy(xv, yv))
        permuted = np.random.default_rng(repeat).permutation(yb)
        # The safe step size depends on the features only, and is the same.
        predicted = fitted(xb, permuted, l2, max_epochs=epochs, learning_rate=model.learning_rate).predicted(xv)
        result["shuffled"].append(float(np.mean(predicted == yv)))
        result["guessing"].append(float(np.bincount(predicted, minlength=classes) / len(yv) @ shares))
        order = np.array(list(shuffled(y, repeat)))
        few = np.concatenate([order[y[order] == k][:2] for k in range(classes)])
        result["tiny"].append(fitted(x[few], y[few], 0.0, max_epochs=2000, tol=1e-2).accuracy(x[few], y[few]))
    log_c = np.log(classes)
    return {
        "initial": np.array([initial]),
        "log_c": np.array([log_c]),
        "gap": np.array([abs(initial - log_c)]),
        **{name: np.array(values) for name, values in result.items()},
    }
