"""Calibration and temperature scaling."""

from __future__ import annotations

import numpy as np

from layerwise.evaluation.metrics import brier_terms, calibration_error
from layerwise.reports import logistic
from layerwise.reports.assignment1.shared import fitted
from layerwise.reports.inputs import Data, bootstraps, only


def run(
    data: Data, repeats: int = 10, l2: float = 0.0, epochs: int = 300, examples: int = 1000
) -> dict[str, np.ndarray]:
    r"""Evaluate a model before and after temperature scaling, fitted on the validation split (Guo et al. 2017).

    The probabilities become :math:`\mathrm{softmax}(z/T)`, which changes neither the predictions nor the accuracy.

    Parameters
    ----------
    data : mapping
        One dataset.
    repeats : int
        Number of models, each trained on another bootstrap resample.
    l2, epochs : float, int
        Penalty and length of training; a small penalty and many epochs make a model overconfident.
    examples : int
        Largest number of training examples.

    Returns
    -------
    dict
        ``temperature`` (repeats,); ``<measure>.before`` and ``<measure>.after`` (repeats,) on the test split, for
        ``ece``, ``brier`` and ``log_loss``; ``probabilities.before``, ``….after`` (n, classes) of the first model and
        the classes ``y`` (n,).
    """
    from scipy.special import softmax
    from sklearn.metrics import log_loss

    splits = only(data)
    x, y = splits["train"]
    subset = np.random.default_rng(0).permutation(len(y))[:examples]
    scores: dict[str, list[float]] = {}
    temperatures, first = [], {}
    for repeat, (xb, yb) in enumerate(bootstraps(x[subset], y[subset], repeats)):
        model = fitted(xb, yb, l2, max_epochs=epochs, tol=0, momentum=0.95)
        z = {split: _scores(model, splits[split][0]) for split in ("validation", "test")}
        temperature = _temperature(z["validation"], splits["validation"][1])
        temperatures.append(temperature)
        for when, p in (
            ("before", softmax(z["test"], axis=1)),
            ("after", softmax(z["test"] / temperature, axis=1)),
        ):
            truth = splits["test"][1]
            for name, value in (
                ("ece", calibration_error(truth, p)),
                ("brier", float(brier_terms(truth, p).mean())),
                ("log_loss", float(log_loss(truth, p, labels=np.arange(p.shape[1])))),
            ):
                scores.setdefault(f"{name}.{when}", []).append(value)
            if repeat == 0:
                first[f"probabilities.{when}"] = p
    return {
        "temperature": np.array(temperatures),
        **{name: np.array(values) for name, values in scores.items()},
        **first,
        "y": splits["test"][1],
    }


def _scores(model: logistic.Logistic, x: np.ndarray) -> np.ndarray:
    z = model.scores(x)
    return np.column_stack([np.zeros(len(z)), z]) if z.shape[1] == 1 else z


def _temperature(z: np.ndarray, y: np.ndarray) -> float:
    from scipy.optimize import minimize_scalar
    from scipy.special import softmax
    from sklearn.metrics import log_loss

    result = minimize_scalar(
        lambda log_t: log_loss(y, softmax(z / np.exp(log_t), axis=1), labels=np.arange(z.shape[1])),
        bounds=(-3, 5),
        method="bounded",
    )
    return float(np.exp(result.x))
