"""Assignment 5's pictures of batch normalization, of the factorial design and of optimizers, drawn from studies."""

from __future__ import annotations

from itertools import combinations, product

import numpy as np
import pandas as pd

from layerwise.evaluation.compare import holm
from layerwise.plots import Picture
from layerwise.plots.factors import effects, interactions
from layerwise.plots.studies import lines
from layerwise.plots.style import BACKEND_NAMES
from layerwise.reporting.artifacts import Study

NORMS = {"plain": "without", "batch": "batch normalization", "layer": "layer normalization"}
SETTINGS = {
    "learning_rate": "learning rate",
    "scale": "factor of He's first weights",
    "batch_size": "examples in a batch",
}
STACKS = {"chain": "no shortcut", "residual": "residual", "residual_batch": "residual with batch normalization"}
FACTORS = {"batch_normalization": "BatchNorm", "dropout": "dropout", "L2": "L2", "examples": "examples"}
MEASURES = {
    "test": "test accuracy",
    "gap": "training less test accuracy",
    "ece": "calibration error",
    "loss": "log loss",
}


def _numbers(values: np.ndarray) -> str:
    """Write some numbers in a row, without trailing zeros."""
    return ",\\; ".join(f"{value:.4f}".rstrip("0").rstrip(".").replace("-0", "0" if abs(value) < 5e-5 else "-0")
                        for value in np.atleast_1d(values))  # fmt: skip


def walkthrough(study: Study) -> str:
    """Write batch normalization of four numbers forward and back, every number in its place, as Markdown."""
    n = {name: _numbers(array) for name, array in study.arrays.items() if not name.startswith("gap")}
    return rf"""One feature, a batch of four: $x = ({n["x"]})$, with $\gamma = {n["gamma"]}$, $\beta = {n["beta"]}$ and
$\epsilon = 0.001$. The gradient that arrives at $y$ is $\partial L/\partial y = ({n["dy"]})$.

**Forward, one node at a time.**

$$\mu = \tfrac1n \textstyle\sum x = {n["mean"]}, \qquad c = x - \mu = ({n["centred"]})$$

$$q = c^2 = ({n["squared"]}), \qquad \sigma^2 = \tfrac1n \textstyle\sum q = {n["variance"]}$$

$$s = \sqrt{{\sigma^2 + \epsilon}} = {n["root"]}, \qquad i = 1/s = {n["inverse"]}$$

$$\hat x = c\,i = ({n["normal"]})$$

$$y = \gamma \hat x + \beta = ({n["y"]})$$

**Back, each gradient the one before times one slope.**

$$d\beta = \textstyle\sum dy = {n["d_beta"]}, \qquad d\gamma = \sum dy\,\hat x = {n["d_gamma"]}$$

$$d\hat x = \gamma\,dy = ({n["d_normal"]})$$

$$di = \textstyle\sum d\hat x\,c = {n["d_inverse"]}, \qquad ds = -di\,i^2 = {n["d_root"]}, \qquad
d\sigma^2 = \tfrac{{i}}{{2}}\,ds = {n["d_variance"]}$$

$$dq = \tfrac1n\,d\sigma^2 = ({n["d_squared"]})$$

$c$ has two readers, so two gradients add up; then the mean, which every example shares:

$$dc = d\hat x\,i + 2 c\,dq = ({n["d_centred"]})$$

$$d\mu = -\textstyle\sum dc = {n["d_mean"]}$$

$$dx = dc + \tfrac1n\,d\mu = ({n["dx"]})$$

**In one line.** Put the nodes into each other and the sums of $c$ vanish:

$$dx = \frac{{\gamma}}{{n \sqrt{{\sigma^2 + \epsilon}}}}
\left( n\,dy - \textstyle\sum dy - \hat x \sum dy\,\hat x \right)$$

$$dx = ({n["closed"]})$$"""


def statistics(study: Study) -> list[Picture]:
    """Draw how running statistics follow, and what accuracy costs until they do."""
    step = study["step"]
    distance, running, batch = study.group("distance"), study.group("running"), study.group("batch")
    slow = list(running)[-1]
    early = int(np.argmax((batch[slow] - running[slow]).mean(axis=0)))
    gap = 100 * (batch[slow] - running[slow]).mean(axis=0)[early]
    curves = {"statistics of the batch": (step, batch[slow])}
    curves |= {f"running, momentum {momentum}": (step, values) for momentum, values in running.items()}
    return [
        lines(
            {f"momentum {momentum}": (step[1:], values[:, 1:]) for momentum, values in distance.items()},
            "training step",
            "error of the running mean (standard deviations)",
            f"After {step[-1]} steps the running means are off by "
            + " and ".join(f"{values[:, -1].mean():.3f} (momentum {m})" for m, values in distance.items())
            + " standard deviations",
            log="y",
        ),
        lines(
            curves,
            "training step",
            "validation accuracy",
            f"With momentum {slow} inference lags: {gap:.0f} points behind the batch's own statistics at step "
            f"{step[early]}",
        ),
    ]


def sigmoid(study: Study) -> list[Picture]:
    """Draw the experiment of Ioffe and Szegedy: accuracy over steps, and the input to one unit."""
    step, accuracy = study["step"], study.group("accuracy")
    tenth = int(np.argmax(step >= study.arguments["steps"] / 10))
    at = {name: 100 * values.mean(axis=0) for name, values in accuracy.items()}
    pictures = [
        lines(
            {NORMS[name]: (step, values) for name, values in accuracy.items()},
            "training step",
            "validation accuracy",
            f"After {step[tenth]:,} steps: {at['batch'][tenth]:.1f} % with batch normalization, "
            f"{at['plain'][tenth]:.1f} % without; at the end {at['batch'][-1]:.1f} and {at['plain'][-1]:.1f} %",
        )
    ]
    drift = study.group("drift")
    for name, quantiles in study.group("input").items():
        pictures.append(
            lines(
                {f"{share} %": (step, quantiles[:, k]) for k, share in reversed(list(enumerate((15, 50, 85))))},
                "training step",
                "input to one sigmoid unit",
                f"{NORMS[name].capitalize()}: a unit's median input wanders {drift[name].mean():.2f} of its spread",
                limits=(quantiles.min() - 0.2, quantiles.max() + 0.45 * np.ptp(quantiles)),
                legend="upper right",
            )
        )
    return pictures


def tolerance(study: Study) -> Picture:
    """Draw accuracy over one setting, with and without normalization."""
    setting, values = study.arguments["setting"], study["values"]
    accuracy = study.group("accuracy")
    if setting == "batch_size":
        title = f"With {values[0]:g} examples in a batch: " + ", ".join(
            f"{100 * table[:, 0].mean():.0f} % {NORMS[name]}" for name, table in accuracy.items()
        )
    elif setting == "scale":
        decades = study.group("decades")
        title = "First weights tolerated within a factor of " + ", ".join(
            f"{10 ** decades[name].mean():.0f} {'without' if name == 'plain' else 'with ' + NORMS[name]}"
            for name in accuracy
        )
    else:
        highest = study.group("highest")
        title = "Highest learning rate tolerated: " + ", ".join(
            f"{highest[name].mean():.2g} {'without' if name == 'plain' else 'with ' + NORMS[name]}" for name in accuracy
        )
    return lines(
        {NORMS[name]: (values, table) for name, table in accuracy.items()},
        SETTINGS[setting],
        "validation accuracy",
        title,
        log="x",
        marked=True,
    )


def residual(study: Study) -> Picture:
    """Draw the variance of the signal through stacks of blocks."""
    variance = study.group("variance")
    depth = next(iter(variance.values())).shape[1] - 1
    last = {name: values[:, -1].mean() for name, values in variance.items()}
    return lines(
        {STACKS[name]: (np.arange(depth + 1), values) for name, values in variance.items()},
        "blocks",
        "variance of the signal",
        f"After {depth} residual blocks the variance is {last['residual']:.1e}, with batch normalization "
        f"{last['residual_batch']:.0f}",
        log="y",
    )


# --- the factorial design -------------------------------------------------------------------------------------------


def _name(term: str) -> str:
    return " × ".join(FACTORS[factor] for factor in term.split(":"))


def interaction(study: Study, measure: str = "test") -> Picture:
    """Draw how the three methods act on each other, on few and on many examples."""
    scale, unit = (1.0, "nats") if measure == "loss" else (100.0, "points")
    names = list(FACTORS.values())[:3]
    tables, findings = {}, []
    for count in study["examples"]:
        cells = [study[f"{measure}.{b}{d}{p}.{count}"] for b, d, p in product((0, 1), repeat=3)]
        table = tables[f"{count:,} examples"] = np.stack(cells, axis=1).reshape(-1, 2, 2, 2)
        pairs = {}
        for a, b in combinations(range(3), 2):
            square = table.mean(axis=(0, *(k + 1 for k in range(3) if k not in (a, b))))
            pairs[f"{names[a]} × {names[b]}"] = (square[1, 1] - square[1, 0] - square[0, 1] + square[0, 0]) / 2
        largest = max(pairs, key=lambda pair: abs(pairs[pair]))
        findings.append(f"on {count:,} examples {largest}, {scale * pairs[largest]:+.2f} {unit}")
    return interactions(
        tables,
        names,
        f"{MEASURES[measure]}{' (%)' if scale == 100 else ''}",
        f"Largest interaction {'; '.join(findings)}",
        scale,
    )


def factorial(*studies: Study) -> list[Picture]:
    """Draw the effect of every factor and pair on accuracy, gap and calibration, a mark a backend."""
    pictures = []
    for measure in ("test", "gap", "ece"):
        values = {
            study.arguments["backend"]: {
                _name(term): found for term, found in study.group(f"effect.{measure}").items() if term.count(":") < 2
            }
            for study in studies
        }
        first = next(iter(values.values()))
        order = sorted(first, key=lambda term: -abs(first[term].mean()))
        pictures.append(
            effects(
                values,
                f"effect on {MEASURES[measure]} (points)",
                f"{MEASURES[measure].capitalize()}: {order[0]} {100 * first[order[0]].mean():+.1f} points, then "
                f"{order[1]} {100 * first[order[1]].mean():+.1f}",
                100.0,
            )
        )
    return pictures


def variance_table(study: Study, measures: tuple[str, ...] = ("test", "gap", "ece")) -> pd.DataFrame:
    """Return the analysis of variance of several measures as one table.

    For each the F of a term, its p-value, corrected by Holm's method for the number of terms, and the share of the sum
    of squares.
    """
    terms = list(study.group(f"effect.{measures[0]}"))
    columns: dict[str, list[object]] = {"term": [*map(_name, terms), "seed", "residual"]}
    columns["df"] = [int(freedom) for freedom in study[f"anova.{measures[0]}"][:, 1]]
    for measure in measures:
        table, word = study[f"anova.{measure}"], {"test": "accuracy", "gap": "gap", "ece": "calibration"}[measure]
        corrected = holm([float(p) for p in table[: len(terms), 3]])
        columns[f"{word}: F"] = ["–" if np.isnan(ratio) else f"{ratio:.1f}" for ratio in table[:, 2]]
        columns[f"{word}: p"] = [*("< .001" if p < 0.001 else f"{p:.3f}" for p in corrected), "–", "–"]
        columns[f"{word}: share"] = [f"{100 * share:.1f} %" for share in table[:, 4]]
    return pd.DataFrame(columns)


def twins(ours: Study, theirs: Study) -> pd.DataFrame:
    """Return, for each cell, accuracy and calibration in both backends and how far single runs are apart."""
    rows = []
    for b, d, p in product((0, 1), repeat=3):
        chosen = [name for on, name in zip((b, d, p), list(FACTORS.values())) if on]
        for count in ours["examples"]:
            cell = f"{b}{d}{p}.{count}"
            row: dict[str, object] = {"network": " + ".join(chosen) or "plain", "examples": int(count)}
            for study in (ours, theirs):
                backend = BACKEND_NAMES[study.arguments["backend"]]
                row[f"test accuracy, {backend}"] = f"{100 * study[f'test.{cell}'].mean():.1f} %"
                row[f"log loss, {backend}"] = f"{study[f'loss.{cell}'].mean():.3f}"
            row["largest difference of a run's log loss"] = (
                f"{np.abs(ours[f'loss.{cell}'] - theirs[f'loss.{cell}']).max():.1e}"
            )
            rows.append(row)
    return pd.DataFrame(rows)
