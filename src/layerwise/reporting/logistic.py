"""The pictures of assignment 1 that are drawn from studies: each from one study's arrays, its finding computed."""

from __future__ import annotations

import numpy as np
import pandas as pd

from layerwise import plots
from layerwise.evaluation.metrics import class_probabilities
from layerwise.plots import Picture
from layerwise.plots.studies import (
    coefficient_paths,
    forest,
    lines,
    probability_contours,
    strips,
    surface,
)
from layerwise.reporting.artifacts import Experiment, Report, Study

BATCHES = {"all": "all examples", "1": "1 example"}


def vectorised(study: Study) -> list[Picture]:
    """Draw what the gradient costs in three ways of writing it, over n and over d."""
    rows, columns = study["rows"], study["columns"]
    middle, largest = len(columns) // 2, len(rows) - 1
    seconds = study.group("seconds")
    ratio = seconds["loops"] / seconds["at once"]
    names = {"loops": "two loops", "rows": "a loop over examples", "at once": "no loop"}
    return [
        lines(
            {names[way]: (rows, 1000 * table[:, middle]) for way, table in seconds.items()},
            "examples",
            "time for one gradient (ms)",
            f"At {rows[-1]:,} examples of {columns[middle]} features, no loop is {ratio[largest, middle]:,.0f}× faster",
            log="xy",
            marked=True,
        ),
        lines(
            {f"{n:,} examples": (columns, ratio[i]) for i, n in enumerate(rows)},
            "features",
            "speed-up over two loops",
            f"The speed-up grows with the data, from {ratio.min():,.1f} to {ratio.max():,.0f} times",
            log="xy",
            marked=True,
        ),
    ]


def descent(study: Study) -> list[Picture]:
    """Draw the cost surface with the paths of several step sizes, and the loss along them."""
    features = study.dataset.info["feature_names"] or [f"feature {i}" for i in range(10_000)]
    rate, walks, losses = study["rate"], study["walk"], study["walk_loss"]
    names = [f"η = {value:.3g}" for value in rate]
    first, second = (features[i] for i in study["columns"])
    settled = [name for name, loss in zip(names, losses) if loss[-1] - losses[:, -1].min() < 1e-3]
    away = int(np.argmax(losses[:, -1]))
    return [
        surface(
            study["w1"],
            study["w2"],
            study["loss"],
            study["minimum"],
            {name: walk[:16] for name, walk in zip(names[:-1], walks)} | {names[-1]: walks[-1][:3]},
            (f"weight of {first}", f"weight of {second}"),
            f"After {walks.shape[1] - 1} steps {', '.join(settled) or 'none'} stand in the minimum",
        ),
        lines(
            {name: (np.arange(len(loss)), loss) for name, loss in zip(names, losses)},
            "step",
            "loss (nats per example)",
            f"η = {rate[away]:.3g}, past 2/λ, ends at a loss of {losses[away, -1]:.1e}",
            log="y",
            limits=(0.9 * float(losses.min()), 20 * float(losses[0, 0])),
        ),
    ]


def batches(study: Study, timing: Study | None) -> list[Picture]:
    """Draw batch, mini-batch and stochastic descent over epochs and, where times were measured, over seconds."""
    curves = study.group("loss")
    names = {size: BATCHES.get(size, f"{size} examples") for size in curves}
    last = {size: float(curve[:, -1].mean()) for size, curve in curves.items()}
    best = min(last, key=lambda size: last[size])
    epochs = np.arange(next(iter(curves.values())).shape[1])
    pictures = [
        lines(
            {names[size]: (epochs, curve) for size, curve in curves.items()},
            "epoch (pass over the data)",
            "loss above the minimum (nats)",
            f"Per epoch, steps of {names[best]} go furthest: {last[best]:.4f} above the minimum after {epochs[-1]}",
            log="y",
        )
    ]
    seconds = timing.group("epoch") if timing else {}
    if set(curves) <= set(seconds) and timing and timing.spec["datasets"] == study.spec["datasets"]:
        cost = {size: float(np.median(seconds[size])) for size in curves}
        horizon = min(cost[size] * epochs[-1] for size in curves)
        at = {
            size: float(np.interp(horizon, epochs * cost[size], curve.mean(axis=0))) for size, curve in curves.items()
        }
        winner = min(at, key=lambda size: at[size])
        pictures.append(
            lines(
                {names[size]: (1000 * epochs[1:] * cost[size], curve[:, 1:]) for size, curve in curves.items()},
                "time (ms)",
                "loss above the minimum (nats)",
                f"Per second it is another race: after {1000 * horizon:.1f} ms, steps of {names[winner]} lead",
                log="xy",
            )
        )
    return pictures


def momentum(study: Study) -> list[Picture]:
    """Draw the descent with more and more momentum, and the epochs each needs."""
    curves, needed = study.group("loss"), study.group("epochs")
    best = min(needed, key=lambda share: needed[share].mean())
    epochs = np.arange(next(iter(curves.values())).shape[1])
    plain = needed["0.0"].mean() if "0.0" in needed else np.nan
    return [
        lines(
            {f"µ = {share}": (epochs, np.maximum(curve, 1e-6)) for share, curve in curves.items()},
            "epoch",
            "loss above the minimum (nats)",
            f"With µ = {best} the loss comes within 0.01 of the minimum soonest",
            log="y",
        ),
        strips(
            {f"µ = {share}": values for share, values in needed.items()},
            "epochs to come within 0.01 nats of the minimum",
            f"µ = {best} takes {needed[best].mean():.0f} epochs, no momentum {plain:.0f}",
        ),
    ]


def scaling(study: Study) -> list[Picture]:
    """Draw training on raw and on standardised features, and the curvatures behind it."""
    losses, spectrum = study.group("loss"), study.group("eigenvalues")
    condition = {kind: values.mean() for kind, values in study.group("condition").items()}
    names = {"raw": "raw features", "scaled": "standardized"}
    epochs = np.arange(losses["raw"].shape[1])
    end = {kind: losses[kind][:, -1].mean() for kind in losses}
    return [
        lines(
            {names[kind]: (epochs, losses[kind]) for kind in ("scaled", "raw")},
            "epoch",
            "training loss (nats per example)",
            f"After {epochs[-1]} epochs the loss is {end['scaled']:.3f} standardized, {end['raw']:.3f} raw",
            log="y",
        ),
        lines(
            {names[kind]: (np.arange(1, len(spectrum[kind]) + 1), spectrum[kind]) for kind in ("scaled", "raw")},
            "direction, by curvature",
            "curvature of the loss (eigenvalue)",
            f"Condition number {condition['raw']:.0e} raw, {condition['scaled']:.0e} standardized",
            log="y",
        ),
    ]


def separable(study: Study) -> list[Picture]:
    """Draw how weights grow on separable classes, with and without a penalty, and where they point."""
    at, norm, cosine = study["epoch"], study.group("norm"), study.group("cosine")
    names = {"free": "no penalty", "penalised": f"L2, λ = {study.arguments.get('l2', 0.01):g}"}
    return [
        lines(
            {names[kind]: (at, values) for kind, values in norm.items()},
            "epoch",
            "norm of the weights",
            f"Without a penalty the norm is {norm['free'][:, -1].mean():.1f} after {at[-1]:,} epochs and still grows",
            log="x",
        ),
        lines(
            {names[kind]: (at, values) for kind, values in cosine.items()},
            "epoch",
            "cosine with the widest margin",
            f"The free weights turn towards the widest margin: cosine {cosine['free'][:, -1].mean():.3f}",
            log="x",
        ),
    ]


def penalties(study: Study) -> list[Picture]:
    """Draw the coefficients as an L1 and an L2 penalty grows, and the validation loss of both."""
    info = study.dataset.info
    names = info["feature_names"] or [f"pixel {i}" for i in range(np.prod(info["shape"]))]
    pictures = []
    for penalty in ("l1", "l2"):
        best = float(study[f"best.{penalty}"][0])
        zeros = float(study[f"zeros.{penalty}"].mean())
        pictures.append(
            coefficient_paths(
                study["strength"],
                study[f"coefficients.{penalty}"],
                names,
                best,
                f"strength of {penalty.upper()} (λ)",
                f"{penalty.upper()} at its best strength makes {100 * zeros:.0f} % of the weights exactly zero",
            )
        )
    losses = study.group("validation")
    lowest = min(losses, key=lambda penalty: losses[penalty].min())
    pictures.append(
        lines(
            {name.upper(): (study["strength"], values) for name, values in losses.items()},
            "strength of the penalty (λ)",
            "validation log loss (nats)",
            f"{lowest.upper()} reaches the lowest validation loss, {losses[lowest].min():.3f}",
            log="x",
        )
    )
    return pictures


def contours(study: Study) -> Picture:
    """Draw the probabilities over two features."""
    features = study.dataset.info["feature_names"] or [f"feature {i}" for i in range(10_000)]
    x, y = study["x"], study["y"]
    names = study.dataset.names
    first, second = (features[i] for i in study["columns"])
    likely = study["probabilities"]
    unsure = float(np.mean(likely.max(axis=-1) < 0.9))
    return probability_contours(
        study["x1"],
        study["x2"],
        likely,
        x,
        y,
        names,
        (f"{first} (standardized)", f"{second} (standardized)"),
        f"On {100 * unsure:.0f} % of this plane no class is 90 % sure",
    )


def sane(studies: list[Study]) -> list[Picture]:
    """Draw the loss before training beside log C, and what shuffled labels teach."""
    titles = {study.dataset.info["title"].split(":")[0].split(" (")[0]: study for study in studies}
    apart = max(float(study["gap"][0]) for study in studies)
    worst = max(float(np.abs(study["shuffled"].mean() - study["guessing"].mean())) for study in studies)
    shuffled: dict[str, np.ndarray] = {}
    for name, study in titles.items():
        shuffled[f"{name}: true labels"] = study["true"]
        shuffled["  shuffled" + "\u200b" * len(shuffled)] = study["shuffled"]
    before = [
        plots.bars(
            {f"{name}, C = {len(study.dataset.names)}": float(study["initial"][0]) for name, study in titles.items()},
            "loss before training (nats)",
            f"Training starts at log C, to within {apart:.1g}",
        )
    ]
    return (before if len(studies) > 1 else []) + [
        strips(
            shuffled,
            "validation accuracy",
            f"After training on shuffled labels, at most {100 * worst:.1f} points from guessing on average",
        )
    ]


def decided(study: Study) -> list[Picture]:
    """Draw what moving the threshold does to recall and precision, and to the cost of errors."""
    t = study["threshold"]
    cost = study.group("cost")
    info = study.dataset.info
    balance = info["class_balance"]["train"]
    name = study.dataset.names[int(np.argmin(balance))]
    half = int(np.argmin(np.abs(t - 0.5)))
    dear = list(cost)[-1]
    best = t[int(np.argmin(cost[dear].mean(axis=0)))]
    return [
        lines(
            {
                "recall": (t, study["recall"]),
                "precision": (t, study["precision"]),
                "false positive rate": (t, study["false_positive_rate"]),
            },
            f"threshold on the probability of {name}",
            "share",
            f"At ½, {100 * study['recall'][:, half].mean():.1f} % of {name} are found, "
            f"{100 * study['precision'][:, half].mean():.1f} % of the alarms are right",
        ),
        lines(
            {f"a miss costs {c}": (t, values) for c, values in cost.items()},
            f"threshold on the probability of {name}",
            "cost per example (false alarms)",
            f"Where a miss costs {dear} false alarms, the cheapest threshold is {best:.2f}",
            log="y",
        ),
    ]


def cooled(study: Study) -> list[Picture]:
    """Draw the reliability diagram before and after temperature scaling."""
    pictures = []
    for when in ("before", "after"):
        picture = plots.reliability(study["y"], study[f"probabilities.{when}"])
        head = "As trained" if when == "before" else f"Divided by T = {study['temperature'][0]:.2f}"
        pictures.append(picture.says(f"{head}. {picture.title}", picture.alt))
    return pictures


def temperatures(studies: list[Study]) -> pd.DataFrame:
    """Return the measures before and after temperature scaling, mean ± standard deviation over draws of the data."""
    measures = {"ece": "calibration error", "brier": "Brier score", "log_loss": "log loss"}
    return pd.DataFrame(
        [
            {
                "dataset": study.dataset.info["title"].split(" (")[0],
                "temperature": _spread(study["temperature"]),
                "measure": name,
                "before": _spread(study[f"{measure}.before"]),
                "after": _spread(study[f"{measure}.after"]),
            }
            for study in studies
            for measure, name in measures.items()
        ]
    )


def _spread(values: np.ndarray) -> str:
    return f"{values.mean():.3f} ± {values.std(ddof=1):.3f}"


def folds(study: Study) -> tuple[Picture, pd.DataFrame]:
    """Draw the accuracy of every fold, ours and scikit-learn's, and tabulate mean ± standard deviation."""
    accuracy, area = study.group("accuracy"), study.group("auc")
    names = {"ours": "by hand", "reference": "scikit-learn"}
    same = float(np.mean(accuracy["ours"] == accuracy["reference"]))
    picture = strips(
        {names[who]: np.sort(values) for who, values in accuracy.items()},
        "accuracy of a fold",
        f"In {100 * same:.0f} % of the folds both models are exactly as accurate",
    )
    table = pd.DataFrame(
        [
            {
                "model": names[who],
                "accuracy, %": f"{100 * accuracy[who].mean():.2f} ± {100 * accuracy[who].std(ddof=1):.2f}",
                "ROC-AUC": _spread(area[who]),
                "folds": len(accuracy[who]),
            }
            for who in names
        ]
    )
    return picture, table


def growing(study: Study) -> Picture:
    """Draw training and test accuracy over the number of training examples."""
    n, train, test = study["examples"], study["train"], study["test"]
    return lines(
        {"training": (n, train), "test": (n, test)},
        "training examples",
        "accuracy",
        f"{study.dataset.info['title'].split(':')[0].split(' (')[0]}: {100 * test[:, 0].mean():.1f} % with {n[0]} "
        f"examples, {100 * test[:, -1].mean():.1f} % with {n[-1]}",
        log="x",
    )


def odds(study: Study) -> Picture:
    """Draw the odds ratios with their bootstrap intervals."""
    info = study.dataset.info
    names = info["feature_names"] or [f"pixel {i}" for i in range(np.prod(info["shape"]))]
    rare = study.dataset.names[int(np.argmin(info["class_balance"]["train"]))]
    ratio, low, high = study["ratio"], study["low"], study["high"]
    clear = int(np.sum((low > 1) | (high < 1)))
    first = int(np.argmax(np.abs(np.log(ratio))))
    return forest(
        names,
        ratio,
        low,
        high,
        f"odds ratio of {rare} for one standard deviation more",
        f"{names[first]} changes the odds of {rare} by a factor of {ratio[first]:.2f}; "
        f"{clear} of {len(ratio)} intervals leave out 1",
    )


def intervals(report: Report, measures: dict[str, str]) -> pd.DataFrame:
    """Tabulate measures of each experiment's first NumPy run with their bootstrap intervals over test examples."""
    rows = []
    for experiment in report:
        found = experiment.metrics["numpy", experiment.healthy("numpy")[0]]["splits"]["test"]
        cells = {
            name: "{:.3f} [{:.3f}, {:.3f}]".format(found[measure], *found["intervals"][measure])
            for name, measure in measures.items()
            if measure in found["intervals"]
        }
        rows.append({"experiment": experiment.title, **cells})
    return pd.DataFrame(rows)


def least_certain(experiment: Experiment, count: int = 10) -> Picture | pd.DataFrame:
    """Show the test examples on which the first NumPy run is least sure: pictures, or rows of a table."""
    x, y = experiment.dataset.split("test")
    p = class_probabilities(experiment.predictions("numpy"))
    names = experiment.dataset.names
    order = np.argsort(p.max(axis=1), kind="stable")[:count]
    if experiment.dataset.is_image:
        captions = [f"{names[y[i]]}: {names[p[i].argmax()]} {100 * p[i].max():.0f}%" for i in order]
        right = float(np.mean(p[order].argmax(axis=1) == y[order]))
        return plots.image_grid(
            x[order],
            captions,
            5,
            f"Of the {count} least certain images {100 * right:.0f} % are right",
            alt="Each image with its true class, the class predicted and its probability:",
        )
    features = experiment.dataset.info["feature_names"]
    shown = np.argsort(-np.abs(x[order]).mean(axis=0), kind="stable")[:3]
    return pd.DataFrame(
        {
            "test example": order,
            "true class": [names[y[i]] for i in order],
            "predicted": [names[p[i].argmax()] for i in order],
            "probability": [f"{100 * p[i].max():.1f} %" for i in order],
            **{features[j]: [f"{x[i, j]:+.2f}" for i in order] for j in shown},
        }
    )
