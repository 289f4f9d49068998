"""L1 and L2 regularization paths."""

from __future__ import annotations

import numpy as np

from layerwise.evaluation.metrics import log_losses
from layerwise.reports import logistic
from layerwise.reports.inputs import Data, bootstraps, only, rarest

PENALTIES = ("l1", "l2")


def run(
    data: Data, low: float = 1e-4, high: float = 1.0, count: int = 19, repeats: int = 10, max_epochs: int = 1500
) -> dict[str, np.ndarray]:
    """Fit the rarest class against the rest with L1 and L2 penalties of increasing strength.

    Returns
    -------
    dict
        ``strength`` (count,); for each penalty ``coefficients.…`` (count, d); ``validation.…`` (count,), the log loss
        on the validation split; ``best.…`` (1,), the strength with the lowest validation loss; ``zeros.…``
        (repeats,), the share of weights that are exactly zero at that strength, over bootstrap resamples.
    """
    splits = only(data)
    (x, y), (xv, yv) = splits["train"], splits["validation"]
    positive = rarest(y)
    strengths = np.geomspace(low, high, count)
    result = {"strength": strengths}
    for penalty in PENALTIES:
        models = [_fit(x, y == positive, penalty, strength, max_epochs) for strength in strengths]
        losses = [log_losses((yv == positive).astype(int), model.probabilities(xv)).mean() for model in models]
        best = strengths[int(np.argmin(losses))]
        zeros = [
            float(np.mean(_fit(xb, yb == positive, penalty, best, max_epochs).weights == 0))
            for xb, yb in bootstraps(x, y, repeats)
        ]
        result |= {
            f"coefficients.{penalty}": np.array([model.weights[:, 0] for model in models]),
            f"validation.{penalty}": np.array(losses),
            f"zeros.{penalty}": np.array(zeros),
            f"best.{penalty}": np.array([best]),
        }
    return result


def _fit(x: np.ndarray, y: np.ndarray, penalty: str, strength: float, max_epochs: int) -> logistic.Logistic:
    return logistic.fitted(x, y, max_epochs=max_epochs, **{penalty: float(strength)})
