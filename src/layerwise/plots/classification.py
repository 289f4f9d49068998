"""Figures of classification results: confusion matrix, ROC, precision–recall, calibration, per-class scores."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.patches import Rectangle

from layerwise.evaluation.metrics import (
    ECE_BINS,
    average_precision,
    calibrated_error,
    calibration_error,
    class_probabilities,
    precision_recall_curve,
    ranked_counts,
    roc_curve,
)
from layerwise.plots.style import BLUE, GREEN, INK, MUTED, PAPER, RULE, VERMILLION, Picture, styled


@styled
def confusion_matrix(matrix: np.ndarray, names: Sequence[str]) -> Picture:
    """Draw a confusion matrix ``(true, predicted)``, each row in percent of its class."""
    matrix = np.asarray(matrix)
    share = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    count = len(names)
    longest = max(map(len, names))
    picture = Picture((3.75, 3.45))
    axes = picture.add_subplot()
    for (row, column), value in np.ndenumerate(share):
        # Transparent color instead of a color map, so that an empty cell shows the page in either theme.
        colour = BLUE if row == column else VERMILLION
        axes.add_patch(
            Rectangle((column - 0.5, row - 0.5), 1, 1, color=colour, alpha=0.9 * float(np.sqrt(value)), lw=0)
        )
        if matrix[row, column]:
            percent = 100 * value
            text = f"{percent:.0f}" if percent >= 1 else "<1"
            axes.text(column, row, text, ha="center", va="center", fontsize=9 if count <= 6 else 7.5,
                      color="#ffffff" if value > 0.45 else INK)  # fmt: skip
    tilt = longest > 3 and count * longest > 24
    axes.set_xticks(range(count), names, rotation=35 if tilt else 0, ha="right" if tilt else "center")
    axes.set_yticks(range(count), names)
    axes.set(xlabel="predicted class", ylabel="true class (rows sum to 100%)")
    axes.set(xlim=(-0.5, count - 0.5), ylim=(count - 0.5, -0.5))
    axes.grid(False)
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
    wrong = matrix * (1 - np.eye(count, dtype=int))
    if not wrong.any():
        title = "No example is misclassified"
    else:
        row, column = divmod(int(np.argmax(share * (wrong > 0))), count)
        percent = 100 * share[row, column]
        title = f"Most common confusion: {names[row]} predicted as {names[column]} ({percent:.1f}% of {names[row]})"
    diagonal = ", ".join(f"{name} {100 * share[i, i]:.1f}%" for i, name in enumerate(names))
    return picture.says(title, f"Confusion matrix with {count} classes; share classified correctly: {diagonal}.")


def _one_vs_rest(y: np.ndarray, probabilities: np.ndarray, names: Sequence[str]):
    """Yield name, membership ``(n,)`` and score ``(n,)`` of each class with a curve, of class 1 in a binary task."""
    columns = class_probabilities(probabilities)
    for k in [1] if columns.shape[1] == 2 else range(columns.shape[1]):
        if 0 < np.sum(y == k) < len(y):
            yield names[k], y == k, columns[:, k]


def _highlight(axes, curves: list[tuple[str, np.ndarray, np.ndarray, float]], symbol: str) -> str:
    """Draw every curve, the best and the worst in color with labels, and return the finding."""
    order = sorted(curves, key=lambda curve: curve[3])
    for _, horizontal, vertical, _ in order[1:-1]:
        axes.plot(horizontal, vertical, color=MUTED, lw=0.8, alpha=0.6)
    worst, best = order[0], order[-1]
    if len(order) == 1:
        name, horizontal, vertical, score = best
        axes.plot(horizontal, vertical, color=BLUE, label=f"{name}: {symbol} {score:.4f}")
        return f"{symbol} {score:.4f} for {name}"
    for (name, horizontal, vertical, score), colour in ((best, BLUE), (worst, VERMILLION)):
        axes.plot(horizontal, vertical, color=colour, label=f"{name}: {symbol} {score:.4f}")
    if len(order) > 2:
        axes.plot([], [], color=MUTED, lw=0.8, label=f"{len(order) - 2} other classes")
    if f"{worst[3]:.4f}" == f"{best[3]:.4f}":
        return f"{symbol} {best[3]:.4f} for every class"
    return f"{symbol} from {worst[3]:.4f} ({worst[0]}) to {best[3]:.4f} ({best[0]})"


@styled
def roc_curves(y: np.ndarray, probabilities: np.ndarray, names: Sequence[str]) -> Picture:
    """Draw ROC curves, each class against the rest (a binary task has one curve).

    Parameters
    ----------
    y : ndarray of shape (n,)
        Class indices.
    probabilities : ndarray of shape (n, classes) or (n,)
    names : sequence of str
        Class names.
    """
    picture = Picture((3.75, 3.3))
    axes = picture.add_subplot()
    curves = []
    for name, member, score in _one_vs_rest(y, probabilities, names):
        false_positive, true_positive = roc_curve(*ranked_counts(member, score))
        curves.append((name, false_positive, true_positive, float(np.trapezoid(true_positive, false_positive))))
    axes.plot([0, 1], [0, 1], color=RULE, lw=1)
    finding = _highlight(axes, curves, "AUC")
    axes.set(xlabel="false positive rate", ylabel="true positive rate", aspect="equal")
    axes.legend(loc="lower right")
    return picture.says(f"ROC curves: {finding}", "; ".join(f"{c[0]} AUC {c[3]:.4f}" for c in curves) + ".")


@styled
def precision_recall(y: np.ndarray, probabilities: np.ndarray, names: Sequence[str]) -> Picture:
    """Draw precision–recall curves, each class against the rest; parameters as in `roc_curves`."""
    picture = Picture((3.75, 3.3))
    axes = picture.add_subplot()
    curves = []
    for name, member, score in _one_vs_rest(y, probabilities, names):
        precision, recall = precision_recall_curve(*ranked_counts(member, score))
        curves.append((name, recall, precision, average_precision(precision, recall)))
    finding = _highlight(axes, curves, "AP")
    axes.set(xlabel="recall", ylabel="precision", xlim=(-0.02, 1.02), ylim=(-0.02, 1.04), aspect="equal")
    axes.legend(loc="lower left")
    return picture.says(
        f"Precision–recall curves: {finding}", "; ".join(f"{c[0]} average precision {c[3]:.4f}" for c in curves) + "."
    )


@styled
def reliability(y: np.ndarray, probabilities: np.ndarray) -> Picture:
    """Draw a reliability diagram: accuracy in bins of confidence (Niculescu-Mizil & Caruana 2005).

    The expected calibration error weights the gap of each bin by its share of the predictions (Guo et al. 2017).
    """
    columns = class_probabilities(probabilities)
    confidence, correct = columns.max(axis=1), columns.argmax(axis=1) == y
    bins = np.clip(np.ceil(confidence * ECE_BINS).astype(int) - 1, 0, ECE_BINS - 1)
    picture = Picture((3.75, 3.3))
    axes = picture.add_subplot()
    axes.plot([0, 1], [0, 1], color=MUTED, lw=1, ls="--", label="perfectly calibrated")
    points = []
    for k in np.unique(bins):
        inside = bins == k
        points.append((confidence[inside].mean(), correct[inside].mean(), int(inside.sum())))
    centre, accuracy, count = map(np.array, zip(*points))
    error = calibration_error(y, columns)
    axes.vlines(centre, np.minimum(centre, accuracy), np.maximum(centre, accuracy), color=VERMILLION, lw=1.2)
    axes.scatter(
        centre, accuracy, s=14 + 130 * count / len(y), color=BLUE, zorder=3, label="bin (area: share of examples)"
    )
    axes.set(xlabel="confidence (highest probability)", ylabel="accuracy in the bin", xlim=(0, 1.03), ylim=(0, 1.03))
    axes.set_aspect("equal")
    axes.legend(loc="lower right")
    gap = float(confidence.mean() - correct.mean())
    direction = "over" if gap > 0 else "under"
    return picture.says(
        f"Expected calibration error {100 * error:.1f} points ({100 * calibrated_error(columns):.1f} if calibrated); "
        f"{direction}confident by {100 * abs(gap):.1f} points",
        "; ".join(f"confidence {c:.2f}, accuracy {a:.2f}, {n} examples" for c, a, n in points) + ".",
    )


@styled
def per_class_scores(scores: dict[str, dict[str, float]]) -> Picture:
    """Draw precision, recall and F1 of each class, the lowest F1 first.

    Parameters
    ----------
    scores : dict
        Class name → ``{"precision": …, "recall": …, "f1": …}``.
    """
    names = sorted(scores, key=lambda name: scores[name]["f1"])
    picture = Picture((3.75, 0.8 + 0.25 * len(names)))
    axes = picture.add_subplot()
    at = np.arange(len(names))
    columns = {metric: np.array([scores[name][metric] for name in names]) for metric in ("precision", "recall", "f1")}
    everything = np.stack(list(columns.values()))
    axes.hlines(at, everything.min(axis=0), everything.max(axis=0), color=RULE, lw=3)
    for (metric, values), (marker, colour) in zip(columns.items(), ((">", BLUE), ("<", VERMILLION), ("o", GREEN))):
        axes.plot(
            values,
            at,
            marker,
            color=colour,
            label=metric.replace("f1", "F1"),
            markersize=5.5,
            markeredgecolor=PAPER,
            mew=0.4,
        )
    axes.set_yticks(at, names)
    axes.set(xlabel="score on the test split", ylim=(len(names) - 0.5, -0.5))
    axes.grid(axis="y", visible=False)
    axes.legend(loc="lower left", ncols=3, bbox_to_anchor=(0, 1), borderaxespad=0, columnspacing=1)
    lowest, highest = names[0], names[-1]
    return picture.says(
        f"Lowest F1: {lowest} ({scores[lowest]['f1']:.3f}); highest: {highest} ({scores[highest]['f1']:.3f})",
        "; ".join(f"{n}: precision {scores[n]['precision']:.3f}, recall {scores[n]['recall']:.3f}" for n in names)
        + ".",
    )
