"""Feature scaling and conditioning."""

from __future__ import annotations

import numpy as np

from layerwise.estimators.logistic_regression import smoothness
from layerwise.reports import logistic
from layerwise.reports.inputs import Data, bootstraps, only


def run(data: Data, epochs: int = 300, repeats: int = 10, l2: float = 0.0001) -> dict[str, np.ndarray]:
    """Train on standardized and on raw features, each with its own safe step size 1/L.

    Parameters
    ----------
    data : mapping
        The same dataset twice, the raw one under a name that ends in ``_raw``.
    epochs, repeats, l2 : int, int, float
        Length of training, number of bootstrap resamples, and penalty strength.

    Returns
    -------
    dict
        For ``scaled`` and ``raw``: ``loss.…`` (repeats, epochs + 1); ``condition.…`` (repeats,) and
        ``eigenvalues.…`` (d + 1,), the condition number and eigenvalues of the cross-entropy's Hessian at zero weights,
        without the penalty, which would hide eigenvalues smaller than ``l2``; ``step.…`` (1,), the step size; and
        ``accuracy.…`` (repeats,) on the validation split.
    """
    result: dict[str, np.ndarray] = {}
    for name, splits in data.items():
        kind = "raw" if name.endswith("_raw") else "scaled"
        flat = only({name: splits})
        xv, yv = flat["validation"]
        loss, condition, accuracy = [], [], []
        for repeat, (x, y) in enumerate(bootstraps(*flat["train"], repeats)):
            augmented = np.column_stack([x, np.ones(len(x))])
            # more precise than the eigenvalues of the product XᵀX
            eigenvalues = np.linalg.svd(augmented, compute_uv=False) ** 2 / (4 * len(x))
            condition.append(eigenvalues[0] / eigenvalues[-1])
            model = logistic.fitted(x, y, l2=l2, momentum=0.0, max_epochs=epochs, tol=0)
            loss.append(model.losses)
            accuracy.append(model.accuracy(xv, yv))
            if repeat == 0:
                result[f"eigenvalues.{kind}"] = eigenvalues
                result[f"step.{kind}"] = np.array([1 / smoothness(x, 0.25, l2=l2)])
        for measure, values in (("loss", loss), ("condition", condition), ("accuracy", accuracy)):
            result[f"{measure}.{kind}"] = np.array(values)
    return result
