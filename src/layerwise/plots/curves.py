"""Line, bar and interval plots: training curves, metrics against one setting, forecasts, backends, coefficients."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from layerwise.evaluation.compare import interval
from layerwise.plots.style import (
    BACKEND_COLOURS,
    BACKEND_MARKERS,
    BACKEND_NAMES,
    BLUE,
    INK,
    MUTED,
    PALETTE,
    PANEL,
    RULE,
    VERMILLION,
    WIDE,
    Picture,
    logarithmic,
    styled,
)

UNITS = {"loss": "loss (nats per example)", "accuracy": "accuracy (share correct)", "mae": "mean absolute error"}


@styled
def learning_curves(histories: pd.DataFrame, metric: str = "loss", label: str | None = None) -> Picture:
    """Draw training (dotted) and validation (solid) curves of each backend, with mean and 95% band over seeds.

    Parameters
    ----------
    histories : DataFrame
        One row per epoch, with columns ``backend``, ``seed``, ``epoch``, ``<metric>`` and ``val_<metric>``.
    metric : str
        ``"loss"``, ``"accuracy"`` or another pair of columns.
    label : str, optional
        Label of the vertical axis; by default that of ``metric``.
    """
    picture = Picture()
    axes = picture.add_subplot()
    findings, words = [], []
    better = min if metric != "accuracy" else max
    for backend in histories["backend"].unique():
        rows = histories[histories["backend"] == backend]
        seeds = rows["seed"].nunique()
        for column, style in ((metric, ":"), (f"val_{metric}", "-")):
            epochs, mean, half = _over_seeds(rows, column)
            name = f"{BACKEND_NAMES[backend]}, {'training' if style == ':' else 'validation'}"
            axes.plot(epochs, mean, style, color=BACKEND_COLOURS[backend], label=name)
            _band(axes, epochs, mean, half, metric, BACKEND_COLOURS[backend])
            words.append(f"{name}: {mean[0]:.3g} at epoch {epochs[0]}, {mean[-1]:.3g} at epoch {epochs[-1]}")
        best = better(range(len(mean)), key=lambda i: mean[i])
        findings.append(f"{mean[best]:.3f} ({BACKEND_NAMES[backend]}, epoch {epochs[best]})")
    axes.set(xlabel="epoch", ylabel=label or UNITS.get(metric, metric))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.legend()
    extreme = "Highest" if better is max else "Lowest"
    return picture.says(
        f"{extreme} validation {metric}: {', '.join(findings)}",
        f"Curves over epochs, mean over {seeds} seeds with 95% bands. " + "; ".join(words) + ".",
    )


@styled
def compare_curves(histories: Mapping[str, pd.DataFrame], column: str = "val_loss", log: bool = False) -> Picture:
    """Draw one column of several histories over the epochs, with mean and 95% band over seeds.

    Parameters
    ----------
    histories : mapping
        Name → DataFrame with columns ``seed``, ``epoch`` and ``column``, of one backend.
    column : str
        ``"val_loss"``, ``"loss"``, ``"val_accuracy"``, …
    log : bool
        Whether the vertical axis is logarithmic.
    """
    picture = Picture()
    axes = picture.add_subplot()
    metric = column.removeprefix("val_")
    split = "validation" if column.startswith("val_") else "training"
    last = {}
    lowest = np.inf
    for (name, rows), colour, style in zip(histories.items(), (*PALETTE, *PALETTE), ("-",) * 7 + ("--",) * 7):
        epochs, mean, half = _over_seeds(rows, column)
        axes.plot(epochs, mean, style, color=colour, label=name)
        _band(axes, epochs, mean, half, metric, colour)
        last[name] = float(mean[-1])
        lowest = min(lowest, np.nanmin(mean))
    axes.set(xlabel="epoch", ylabel=f"{split} {UNITS.get(metric, metric)}")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    if log:
        logarithmic(axes, "y")
        axes.set_ylim(bottom=lowest / 2)  # a band that reaches zero would stretch the axis
    axes.legend()
    known = {name: value for name, value in last.items() if np.isfinite(value)} or last
    best, worst = (
        pick(known, key=lambda name: known[name]) for pick in ((max, min) if metric == "accuracy" else (min, max))
    )
    return picture.says(
        f"After the last epoch {best} has the {'highest' if metric == 'accuracy' else 'lowest'} {split} {metric}, "
        f"{known[best]:.3f}; {worst} the {'lowest' if metric == 'accuracy' else 'highest'}, {known[worst]:.3f}",
        "Mean over seeds with 95% bands. "
        + "; ".join(f"{name} ends at {value:.3g}" for name, value in last.items())
        + ".",
    )


def _over_seeds(rows: pd.DataFrame, column: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the epochs that at least half of the seeds reached, with the mean and half-width over seeds at each.

    Early stopping ends seeds at different epochs, and a mean over the few that remain would jump.
    """
    table = rows.pivot(index="epoch", columns="seed", values=column)
    reached = table[table.notna().sum(axis=1) >= max(1, table.shape[1] / 2)]
    table = reached if len(reached) else table.iloc[:1]
    return table.index.to_numpy(), *interval(table.to_numpy(), axis=1)


def _within(metric: str, *values: Any) -> np.ndarray:
    """Clip values to the range of a metric, which a Student's t interval may exceed."""
    return np.clip(values, 0, 1 if metric == "accuracy" else None)


def _band(axes: Axes, epochs: np.ndarray, mean: np.ndarray, half: np.ndarray, metric: str, colour: str) -> None:
    low, high = _within(metric, mean - half, mean + half)
    axes.fill_between(epochs, low, high, color=colour, alpha=0.16, lw=0)


@styled
def ladder(table: pd.DataFrame, label: str, metric: str = "accuracy", log: bool = True) -> Picture:
    """Draw a metric against one setting, with one line and 95% band per series.

    Parameters
    ----------
    table : DataFrame
        Columns ``setting`` (number), ``series`` (name), ``mean``, ``low``, ``high``.
    label : str
        Name of the setting, with its unit.
    metric : str
        Name of the metric; a loss or error is better when lower.
    log : bool
        Whether the axis of the setting is logarithmic.
    """
    picture = Picture()
    axes = picture.add_subplot()
    words, findings = [], []
    lower_is_better = any(word in metric for word in ("loss", "error"))
    for colour, (name, rows) in zip(PALETTE, table.groupby("series", sort=False)):
        rows = rows.sort_values("setting").dropna(subset=["mean"])
        axes.plot(rows["setting"], rows["mean"], "o-", color=colour, label=name)
        low, high = _within(metric, rows["low"], rows["high"])
        axes.fill_between(rows["setting"], low, high, color=colour, alpha=0.16, lw=0)
        best = int(rows["mean"].argmin() if lower_is_better else rows["mean"].argmax())
        findings.append(f"{rows['mean'].iloc[best]:.3f} on {name} ({label} {rows['setting'].iloc[best]:g})")
        words.append(f"{name}: " + ", ".join(f"{s:g} → {m:.3f}" for s, m in zip(rows["setting"], rows["mean"])))
    axes.set(xlabel=label, ylabel=metric)
    if log:
        logarithmic(axes, "x")
    settings = sorted(table["setting"].unique())
    if len(settings) <= 8:
        axes.set_xticks(settings, [f"{s:g}" for s in settings])
        axes.minorticks_off()
    axes.legend()
    return picture.says(
        f"Best {metric}: " + ", ".join(findings),
        "Means with 95% intervals over seeds. " + "; ".join(words) + ".",
    )


@styled
def forecast(
    time: np.ndarray, truth: np.ndarray, predictions: Mapping[str, np.ndarray], xlabel: str, ylabel: str
) -> Picture:
    """Draw a series and its forecasts, all ``(n,)``; the title compares their RMSE."""
    picture = Picture(WIDE)
    axes = picture.add_subplot()
    axes.plot(time, truth, color=INK, lw=1.2, label="observed")
    errors = {}
    for colour, (name, values) in zip((BLUE, VERMILLION, *PALETTE[2:]), predictions.items()):
        errors[name] = float(np.sqrt(np.mean((np.asarray(values) - truth) ** 2)))
        axes.plot(time, values, color=colour, lw=1.2, label=f"{name}, RMSE {errors[name]:.3g}")
    axes.set(xlabel=xlabel, ylabel=ylabel)
    axes.legend(ncols=len(errors) + 1, loc="upper left")
    axes.margins(y=0.18)
    order = sorted(errors, key=lambda name: errors[name])
    lowest, highest = (f"{name} ({errors[name]:.3g})" for name in (order[0], order[-1]))
    title = f"Lowest RMSE: {lowest}; highest: {highest}" if len(order) > 1 else f"RMSE: {lowest}"
    return picture.says(title, f"The series from {time[0]:g} to {time[-1]:g} with one line per forecast.")


@styled
def metric_bars(table: pd.DataFrame, metric: str = "accuracy") -> Picture:
    """Compare backends: one row per experiment, with a point and a 95% interval per backend.

    Parameters
    ----------
    table : DataFrame
        Columns ``label``, ``backend``, ``mean``, ``low``, ``high``.
    metric : str
        Name of the metric, the label of the horizontal axis.
    """
    labels = list(dict.fromkeys(table["label"]))
    picture = Picture((WIDE[0], 0.75 + 0.36 * len(labels)))
    axes = picture.add_subplot()
    backends = list(dict.fromkeys(table["backend"]))
    words: list[str] = []
    intervals: dict[str, list[tuple[float, float]]] = {}
    for shift, backend in zip(np.linspace(-0.13, 0.13, len(backends)) if len(backends) > 1 else [0.0], backends):
        rows = table[table["backend"] == backend]
        at = np.array([labels.index(label) for label in rows["label"]]) + shift
        axes.hlines(at, *_within(metric.split()[-1], rows["low"], rows["high"]), color=BACKEND_COLOURS[backend], lw=1.6)
        axes.plot(
            rows["mean"],
            at,
            BACKEND_MARKERS[backend],
            color=BACKEND_COLOURS[backend],
            label=BACKEND_NAMES[backend],
            markersize=5,
        )
        words += [
            f"{r.label}, {BACKEND_NAMES[backend]}: {r.mean:.4f} [{r.low:.4f}, {r.high:.4f}]" for r in rows.itertuples()
        ]
        for row in rows.itertuples():
            intervals.setdefault(row.label, []).append((row.low, row.high))
    axes.set_yticks(range(len(labels)), labels)
    axes.set(xlabel=metric, ylim=(len(labels) - 0.5, -0.5))
    axes.grid(axis="y", visible=False)
    axes.legend(loc="best")
    pairs = [ends for ends in intervals.values() if len(ends) == 2]
    overlaps = sum(max(low for low, _ in ends) <= min(high for _, high in ends) for ends in pairs)
    title = f"The intervals of NumPy and Keras overlap in {overlaps} of {len(pairs)} experiments" if pairs else ""
    return picture.says(title, "; ".join(words) + ".")


@styled
def bars(values: Mapping[str, float], ylabel: str, title: str, reference: tuple[str, float] | None = None) -> Picture:
    """Draw named values as bars, with an optional named reference line; ``title`` states the finding."""
    picture = Picture(PANEL)
    axes = picture.add_subplot()
    axes.bar(range(len(values)), list(values.values()), color=BLUE, width=0.66)
    crowded = sum(map(len, values)) > 40
    axes.set_xticks(
        range(len(values)), list(values), rotation=35 if crowded else 0, ha="right" if crowded else "center"
    )
    axes.set(ylabel=ylabel)
    axes.grid(axis="x", visible=False)
    if reference:
        axes.axhline(reference[1], color=MUTED, lw=1, ls="--")
        axes.annotate(reference[0], (1, reference[1]), (0, 3), ("axes fraction", "data"), "offset points", ha="right")
    return picture.says(title, "; ".join(f"{name}: {value:.4g}" for name, value in values.items()) + ".")


@styled
def coefficients(names: Sequence[str], weights: np.ndarray, outcome: str, most: int = 15) -> Picture:
    """Draw the weights of a logistic regression, largest first.

    Parameters
    ----------
    names : sequence of str
        Feature names.
    weights : ndarray of shape (features,)
        Change in the log-odds of ``outcome`` per unit of each feature.
    outcome : str
        Name of the positive class.
    most : int
        Number of features to draw at most.
    """
    order = np.argsort(-np.abs(weights), kind="stable")[:most]
    picture = Picture((WIDE[0], 0.8 + 0.22 * len(order)))
    axes = picture.add_subplot()
    at = np.arange(len(order))
    axes.axvline(0, color=MUTED, lw=0.8)
    axes.hlines(at, 0, weights[order], color=RULE, lw=2)
    axes.plot(weights[order], at, "o", color=BLUE)
    axes.set_yticks(at, [names[i] for i in order])
    axes.set(xlabel=f"weight (change in the log-odds of {outcome})", ylim=(len(order) - 0.5, -0.5))
    axes.grid(axis="y", visible=False)
    first = order[0]
    return picture.says(
        f"Largest weight: “{names[first]}”, one unit multiplies the odds of {outcome} by {np.exp(weights[first]):.2f}",
        "; ".join(f"{names[i]} {weights[i]:+.2f}" for i in order) + ".",
    )
