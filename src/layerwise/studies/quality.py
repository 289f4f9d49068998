"""How good a logistic regression is, beyond its accuracy: decisions, calibration, cross-validation, sanity."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from layerwise.evaluation.metrics import brier_terms, calibration_error
from layerwise.studies import logistic
from layerwise.studies.inputs import Data, Split, bootstraps, named, only, pooled, rarest, strongest


def fitted(x: np.ndarray, y: np.ndarray, l2: float, **settings) -> logistic.Logistic:
    """Fit until the gradient is 1e-3 or 500 epochs are over: close enough for every measure here."""
    return logistic.fitted(x, y, l2=l2, **{"max_epochs": 500, "tol": 1e-3, **settings})


def decisions(
    data: Data, costs: Sequence[float] = (1, 5, 20), repeats: int = 20, l2: float = 0.001, test: float = 0.3
) -> dict[str, np.ndarray]:
    """Move the threshold: what an alarm costs when missing the rarest class is worse than a false alarm.

    With a miss c times as dear as a false alarm and honest probabilities, raising the alarm where p ≥ 1/(1 + c) is
    the cheapest rule (Elkan 2001, *The foundations of cost-sensitive learning*).

    Returns
    -------
    dict
        ``threshold`` (t,), ``recall``, ``precision``, ``false_positive_rate`` (repeats, t) over random splits of all
        examples; ``cost.<c>`` (repeats, t), the cost per example in false alarms; ``half.<c>`` and ``rule.<c>``
        (repeats,), that cost at the threshold ½ and at 1/(1 + c).
    """
    from sklearn.model_selection import StratifiedShuffleSplit  # late: it takes longer to import than most studies run

    x, y = pooled(only(data))
    target = y == rarest(y)
    thresholds = np.round(np.linspace(0.01, 0.99, 99), 2)
    caught, alarms, positives, negatives = [], [], [], []
    scores: list[Split] = []
    for train, held in StratifiedShuffleSplit(repeats, test_size=test, random_state=0).split(x, y):
        p = fitted(x[train], target[train], l2).probabilities(x[held])[:, 1]
        raised = p >= thresholds[:, None]
        truth = target[held]
        caught.append((raised & truth).sum(axis=1))
        alarms.append((raised & ~truth).sum(axis=1))
        positives.append(truth.sum())
        negatives.append((~truth).sum())
        scores.append((p, truth))
    hits, false = np.array(caught), np.array(alarms)
    total, rest = np.array(positives)[:, None], np.array(negatives)[:, None]
    cost = {c: (c * (total - hits) + false) / (total + rest) for c in costs}
    return {
        "threshold": thresholds,
        "recall": hits / total,
        "precision": hits / np.maximum(hits + false, 1),
        "false_positive_rate": false / rest,
        **named("cost", costs, cost.values()),
        **named("half", costs, [[_cost(p, truth, 0.5, c) for p, truth in scores] for c in costs]),
        **named("rule", costs, [[_cost(p, truth, 1 / (1 + c), c) for p, truth in scores] for c in costs]),
    }


def _cost(p: np.ndarray, truth: np.ndarray, threshold: float, miss: float) -> float:
    raised = p >= threshold
    return float((miss * np.sum(truth & ~raised) + np.sum(raised & ~truth)) / len(p))


def calibration(
    data: Data, repeats: int = 10, l2: float = 0.0, epochs: int = 300, examples: int = 1000
) -> dict[str, np.ndarray]:
    r"""Divide the scores by a temperature fitted on the validation split (Guo et al. 2017), and test again.

    The probabilities become :math:`\mathrm{softmax}(z/T)`; the order of the classes stays, so accuracy does too.

    Parameters
    ----------
    data : mapping
        One dataset.
    repeats : int
        Trainings, each on training data drawn anew.
    l2, epochs : float, int
        Of each training: little penalty and many epochs make a model sure of itself.
    examples : int
        Train on at most so many.

    Returns
    -------
    dict
        ``temperature`` (repeats,); ``<measure>.before`` and ``<measure>.after`` (repeats,) on the test split, for
        ``ece``, ``brier`` and ``log_loss``; ``probabilities.before``, ``….after`` (n, classes) of the first.
    """
    from scipy.special import softmax
    from sklearn.metrics import log_loss

    splits = only(data)
    x, y = splits["train"]
    chosen = np.random.default_rng(0).permutation(len(y))[:examples]
    scores: dict[str, list[float]] = {}
    temperatures, kept = [], {}
    for repeat, (xb, yb) in enumerate(bootstraps(x[chosen], y[chosen], repeats)):
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
                kept[f"probabilities.{when}"] = p
    return {
        "temperature": np.array(temperatures),
        **{name: np.array(values) for name, values in scores.items()},
        **kept,
        "y": splits["test"][1],
    }


def _scores(model: logistic.Logistic, x: np.ndarray) -> np.ndarray:
    z = model.scores(x)
    return np.column_stack([np.zeros(len(z)), z]) if z.shape[1] == 1 else z


def _temperature(z: np.ndarray, y: np.ndarray) -> float:
    from scipy.optimize import minimize_scalar
    from scipy.special import softmax
    from sklearn.metrics import log_loss

    found = minimize_scalar(
        lambda log_t: log_loss(y, softmax(z / np.exp(log_t), axis=1), labels=np.arange(z.shape[1])),
        bounds=(-3, 5),
        method="bounded",
    )
    return float(np.exp(found.x))


def cross_validation(data: Data, folds: int = 10, repeats: int = 10, c: float = 1.0) -> dict[str, np.ndarray]:
    """Cross-validate ours and scikit-learn's logistic regression on the same folds, features scaled inside each.

    Returns
    -------
    dict
        ``accuracy.ours``, ``accuracy.reference``, ``auc.ours``, ``auc.reference`` (folds · repeats,), and
        ``coefficients`` (folds · repeats,), the largest difference between the two models' weights.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import roc_auc_score
    from sklearn.model_selection import RepeatedStratifiedKFold
    from sklearn.preprocessing import StandardScaler

    x, y = pooled(only(data))
    scores: dict[str, list[float]] = {}
    for train, held in RepeatedStratifiedKFold(n_splits=folds, n_repeats=repeats, random_state=0).split(x, y):
        scaler = StandardScaler().fit(x[train])
        xt, xh = scaler.transform(x[train]), scaler.transform(x[held])
        ours = fitted(xt, y[train], 1 / (c * len(train)), max_epochs=2000, tol=1e-4, momentum=0.97)
        theirs = LogisticRegression(C=c, max_iter=1000).fit(xt, y[train])
        for name, p, accuracy in (
            ("ours", ours.probabilities(xh), ours.accuracy(xh, y[held])),
            ("reference", theirs.predict_proba(xh), theirs.score(xh, y[held])),
        ):
            scores.setdefault(f"accuracy.{name}", []).append(float(accuracy))
            area = roc_auc_score(y[held], p[:, 1] if p.shape[1] == 2 else p, multi_class="ovr")
            scores.setdefault(f"auc.{name}", []).append(float(area))
        scores.setdefault("coefficients", []).append(float(np.abs(ours.weights.T - theirs.coef_).max()))
    return {name: np.array(values) for name, values in scores.items()}


def learning_curve(data: Data, points: int = 8, repeats: int = 10, l2: float = 0.001) -> dict[str, np.ndarray]:
    """Train on more and more examples, tested on the same test split.

    Returns
    -------
    dict
        ``examples`` (points,), ``train``, ``test`` (repeats, points) accuracy, and the test accuracy at the ``few``
        first and ``many`` last (repeats,).
    """
    splits = only(data)
    (x, y), (xt, yt) = pooled({name: splits[name] for name in ("train", "validation")}), splits["test"]
    classes = len(np.unique(y))
    sizes = np.unique(np.geomspace(max(10, 4 * classes), len(y), points).round().astype(int))
    train, test = np.zeros((repeats, len(sizes))), np.zeros((repeats, len(sizes)))
    for repeat in range(repeats):
        order = np.array(list(_mixed(y, repeat)))
        for i, size in enumerate(sizes):
            rows = order[:size]
            model = fitted(x[rows], y[rows], l2)
            train[repeat, i], test[repeat, i] = model.accuracy(x[rows], y[rows]), model.accuracy(xt, yt)
    return {"examples": sizes, "train": train, "test": test, "few": test[:, 0], "many": test[:, -1]}


def _mixed(y: np.ndarray, seed: int) -> Iterator[int]:
    """Yield all rows in random order, but one of each class first, so that any beginning knows all classes."""
    order = np.random.default_rng(seed).permutation(len(y))
    first = [int(order[np.flatnonzero(y[order] == k)[0]]) for k in np.unique(y)]
    yield from first
    yield from (int(row) for row in order if row not in first)


def odds(data: Data, resamples: int = 200, l2: float = 0.01) -> dict[str, np.ndarray]:
    """Return odds ratios of the rarest class for one standard deviation of each feature, over bootstrap resamples.

    Returns
    -------
    dict
        ``ratio`` (d,) of the training data, ``resampled`` (resamples − 1, d), ``low``, ``high`` (d,): 95 % percentile
        interval; ``strongest`` (resamples,), that of the feature furthest from 1, as a factor above 1, and its inverse.
    """
    x, y = only(data)["train"]
    positive = rarest(y)
    spread = x.std(axis=0)
    fits = [fitted(xb, yb == positive, l2, max_epochs=300) for xb, yb in bootstraps(x, y, resamples)]
    ratios = np.exp([model.weights[:, 0] * spread for model in fits])
    low, high = np.percentile(ratios, [2.5, 97.5], axis=0)
    first = int(np.argmax(np.abs(np.log(ratios[0]))))
    factor = ratios[:, first] if ratios[0, first] > 1 else 1 / ratios[:, first]
    return {
        "ratio": ratios[0],
        "resampled": ratios[1:],
        "low": low,
        "high": high,
        "strongest": factor,
        "strongest_inverse": 1 / factor,
    }


def two_features(data: Data, columns: Sequence[int] | None = None, steps: int = 90, l2: float = 0.001):
    """Fit two features alone and predict a grid of them, to draw the probabilities.

    Returns
    -------
    dict
        ``columns`` (2,), ``x1``, ``x2`` (steps,), ``probabilities`` (steps, steps, classes), ``x`` (n, 2), ``y`` (n,)
        of the training split.
    """
    x, y = only(data)["train"]
    columns = strongest(x, y) if columns is None else list(columns)
    x = x[:, columns]
    model = fitted(x, y, l2)
    margin = 0.06 * np.ptp(x, axis=0)
    x1, x2 = np.linspace(x.min(axis=0) - margin, x.max(axis=0) + margin, steps).T
    grid = np.stack(np.meshgrid(x1, x2), axis=-1)
    p = model.probabilities(grid.reshape(-1, 2)).reshape(steps, steps, -1)
    return {"columns": np.array(columns), "x1": x1, "x2": x2, "probabilities": p, "x": x, "y": y}


def sanity(
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
        few = np.array(list(_mixed(y, repeat)))
        few = np.concatenate([few[y[few] == k][:2] for k in range(classes)])
        result["tiny"].append(fitted(x[few], y[few], 0.0, max_epochs=2000, tol=1e-2).accuracy(x[few], y[few]))
    log_c = np.log(classes)
    return {
        "initial": np.array([initial]),
        "log_c": np.array([log_c]),
        "gap": np.array([abs(initial - log_c)]),
        **{name: np.array(values) for name, values in result.items()},
    }
