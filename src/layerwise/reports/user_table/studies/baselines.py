"""Baselines of a user's table: the class frequencies or the mean, and gradient boosting."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from layerwise.evaluation import metrics
from layerwise.evaluation.metrics import class_probabilities
from layerwise.reports.inputs import Data
from layerwise.reports.trained import Trained

CLASSIFICATION = ("accuracy", "recall_macro", "roc_auc", "pr_auc", "log_loss")
MANY_CLASSES = 20
REGRESSION = ("rmse", "mae", "r2")


def run(data: Data, runs: Mapping[str, Trained], cells: int = 10_000_000) -> dict[str, np.ndarray]:
    """Compare the runs of two networks on the test split with two baselines.

    Parameters
    ----------
    data : mapping
        One table.
    runs : mapping
        The runs of a linear model and of an MLP on it, in this order.
    cells : int
        Largest number of training rows times features of gradient boosting; of more rows, a random sample is used.

    Returns
    -------
    dict
        ``<metric>.<model>`` for the models ``prior`` (class frequencies or mean of the training split) and ``boosting``
        (1,), ``linear`` and ``mlp`` (runs,), on the test split; RMSE and MAE in the units of the target.
        ``loss.prior``, ``loss.boosting`` and ``loss.best`` (n,): loss of each test example, in nats, or the
        squared error in variances of the training targets; ``best``: the mean over the runs of the network with the
        lowest validation loss, whose index is ``best`` (1,). ``rows`` (2,): training rows used by gradient boosting and
        in all.
    """
    [splits] = data.values()
    info = next(iter(runs.values())).dataset
    classes = info["classes"]
    weight = next(iter(runs.values())).spec.get("class_weight", "none")
    x, y = splits["train"]
    rows = np.sort(np.random.default_rng(0).permutation(len(y))[: max(cells // x.shape[1], 1000)])
    predictions = {
        "prior": [_prior(y, classes, len(splits["test"][1]))],
        "boosting": [_boosting(x[rows], y[rows], splits, classes, weight)],
    }
    validation = []
    for name, trained in zip(("linear", "mlp"), runs.values(), strict=True):
        predictions[name] = list(trained.predictions("test"))
        target = splits["validation"][1]
        validation.append(np.mean([losses(target, p) for p in trained.predictions("validation")]))
    best = int(np.argmin(validation))
    y_test = splits["test"][1]
    arrays: dict[str, np.ndarray] = {}
    for name, several in predictions.items():
        measured = [measures(y_test, p, info) for p in several]
        arrays |= {f"{metric}.{name}": np.array([row[metric] for row in measured]) for metric in measured[0]}
    means = {name: np.mean([losses(y_test, p) for p in several], axis=0) for name, several in predictions.items()}
    arrays |= {f"loss.{name}": means[name] for name in ("prior", "boosting")}
    return {
        **arrays,
        "loss.best": means[("linear", "mlp")[best]],
        "best": np.array([best]),
        "rows": np.array([len(rows), len(y)]),
    }


def losses(y: np.ndarray, p: np.ndarray) -> np.ndarray:
    """Return the loss of each example ``(n,)``: nats for probabilities of classes, else the squared error."""
    if y.dtype.kind in "iu":
        return metrics.log_losses(y, class_probabilities(p.astype(np.float64)))
    return ((y - p.reshape(y.shape)) ** 2).reshape(len(y), -1).mean(axis=1).astype(np.float64)


def measures(y: np.ndarray, p: np.ndarray, info: Mapping[str, Any]) -> dict[str, float]:
    """Return the metrics of predictions, errors in the units of the target; an undefined area is 0."""
    if info["classes"]:
        values = metrics.classification(y, p.astype(np.float64), info["class_names"])
        return {name: values[name] or 0.0 for name in CLASSIFICATION}
    target = info["scaling"]["target"]
    y, p = (values.reshape(len(y), -1) * np.array(target["scale"]) for values in (y, p))
    values = metrics.regression(y, p)
    return {name: values[name] for name in REGRESSION}


def _prior(y: np.ndarray, classes: int | None, count: int) -> np.ndarray:
    if classes is None:
        return np.broadcast_to(y.mean(axis=0), (count, *y.shape[1:]))
    shares = np.bincount(y, minlength=classes) / len(y)
    return np.full(count, shares[1]) if classes == 2 else np.tile(shares, (count, 1))


def _boosting(
    x: np.ndarray, y: np.ndarray, splits: Mapping[str, tuple], classes: int | None, weight: str
) -> np.ndarray:
    """Return the predictions of scikit-learn's gradient boosting, stopped early on the validation split."""
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    settings: dict[str, Any] = {"max_iter": 200, "early_stopping": True}
    if (classes or 2) > MANY_CLASSES:  # one tree per class and iteration, on few examples of each class
        settings |= {"max_iter": 50, "max_leaf_nodes": 4, "min_samples_leaf": 5, "l2_regularization": 1.0}
    x_validation, y_validation = splits["validation"]
    x_test = splits["test"][0]
    x, x_validation, x_test = (part.reshape(len(part), -1) for part in (x, x_validation, x_test))
    if classes is None:
        columns = []
        for k in range(int(np.prod(y.shape[1:]))):
            target, held_out = (part.reshape(len(part), -1)[:, k] for part in (y, y_validation))
            model = HistGradientBoostingRegressor(random_state=0, **settings)
            columns.append(model.fit(x, target, X_val=x_validation, y_val=held_out).predict(x_test))
        return np.stack(columns, axis=1)
    balanced = "balanced" if weight == "balanced" else None
    model = HistGradientBoostingClassifier(random_state=0, class_weight=balanced, **settings)
    p = np.zeros((len(x_test), classes))
    fitted = model.fit(x, y, X_val=x_validation, y_val=y_validation)
    p[:, fitted.classes_] = fitted.predict_proba(x_test)
    return p[:, 1] if classes == 2 else p
