"""The pictures and tables of the report on tuning, each made of one study's arrays, its finding computed."""

from __future__ import annotations

import numpy as np
import pandas as pd

from layerwise.plots import Picture
from layerwise.plots.search import boxes, courses, landscape, layouts, parallel, quartiles
from layerwise.plots.studies import strips
from layerwise.plots.style import interval
from layerwise.reporting.artifacts import Study

METHODS = {
    "random": "random",
    "grid": "grid",
    "bayesian": "Bayesian",
    "tpe": "TPE",
    "hyperband": "Hyperband",
    "sobol": "Sobol",
}
WORDS = {
    "optimizer.learning_rate": "learning rate",
    "optimizer.momentum": "momentum",
    "optimizer.name": "optimizer",
    "batch_size": "batch size",
    "model.1:3.repeat": "layers",
    "model.1.units": "units",
    "model.Dropout.rate": "dropout",
    "model.1.kernel_regularizer.l2": "L2",
}
DATASETS = {"digits": "digits", "breast_cancer": "breast cancer", "flower": "the flower", "mnist": "MNIST"}
ACCURACY = "validation accuracy"


def method(sweep: str) -> str:
    """Return how a report calls a sweep: by its method, the last word of its name."""
    last = sweep.rpartition("_")[2]
    return METHODS.get(last, last)


def course(study: Study) -> Picture:
    """Draw each search trial by trial, over what it has spent."""
    series = {method(name): (study[f"spent.{name}"], value) for name, value in study.group("value").items()}
    best = {name: float(np.nanmax(value)) for name, (_, value) in series.items()}
    first, last = max(best, key=best.__getitem__), min(best, key=best.__getitem__)
    costs = {name: cost[-1] for name, (cost, _) in series.items()}
    return courses(
        series,
        "whole trainings",
        ACCURACY,
        f"{first} finds {best[first]:.3f} for {costs[first]:.0f} whole trainings, the most; "
        f"{last} {best[last]:.3f} for {costs[last]:.0f}",
    )


def costs(course: Study, cost: Study) -> pd.DataFrame:
    """Return a table of what each search cost and found."""
    rows = []
    for name, value in course.group("value").items():
        seconds = cost[f"seconds.{name}"]
        rows.append(
            {
                "search": method(name),
                "trials": len(value),
                "finished": int(np.isfinite(value).sum()),
                "whole trainings": f"{course[f'spent.{name}'][-1]:.1f}",
                "CPU seconds": f"{seconds.sum():.1f}",
                "median trial": f"{np.median(seconds):.3f}",
                "best accuracy": float(np.nanmax(value)),
            }
        )
    return pd.DataFrame(rows)


def race(study: Study) -> Picture:
    """Draw the best accuracy so far of each method at equal cost."""
    series = {METHODS[name]: best for name, best in study.group("best").items()}
    ends = {name: float(np.median(best[:, -1])) for name, best in series.items()}
    order = sorted(ends, key=lambda name: -ends[name])
    return quartiles(
        study["cost"],
        series,
        "cost in whole trainings",
        f"best {ACCURACY} so far",
        f"For {study['cost'][-1]} whole trainings: " + ", ".join(f"{name} {ends[name]:.3f}" for name in order),
        limits=(0.8, 0.97),
    )


def efficiency(study: Study) -> list[Picture]:
    """Draw the accuracy of what random experiments of each size choose, beside the choice of the grid."""
    grid = next(name for name in study.group("promised") if method(name) == "grid")
    pictures = []
    for split, line in (("validation", study[f"promised.{grid}"][0]), ("test", study[f"tested.{grid}"].mean())):
        groups = {str(size): study[f"{split}.{size}"] for size in study["sizes"]}
        reach = [size for size, values in groups.items() if np.median(values) >= line]
        words = f"reaches the grid with {reach[0]}" if reach else f"does not reach the grid with {list(groups)[-1]}"
        pictures.append(
            boxes(
                groups,
                "trials in a random experiment",
                f"{split} accuracy of its choice",
                f"On the {split} split the median random experiment {words} trials",
                ("the grid's best", float(line)),
                limits=(0.6, 1.0),
            )
        )
    return pictures


def coordinates(study: Study, sweep: str) -> Picture:
    """Draw all trials of a search across their parameters."""
    positions, value = study.group(f"position.{sweep}"), np.nan_to_num(study[f"value.{sweep}"])
    ends = [(WORDS.get(path, path), _short(low), _short(high)) for path, low, high in study[f"ends.{sweep}"]]
    top = value >= np.quantile(value, 0.9)
    spread = {path: np.nanstd(x[top]) / np.nanstd(x) for path, x in positions.items()}
    narrow = min(spread, key=lambda path: spread[path])
    return parallel(
        np.column_stack(list(positions.values())),
        value,
        ends,
        ACCURACY,
        f"The best tenth of {len(value)} trials agree most on {WORDS.get(narrow, narrow)}: "
        f"they spread {100 * spread[narrow]:.0f} % as widely as all",
    )


def _short(text: str) -> str:
    """Write a number briefly, and a word as it is."""
    try:
        return f"{float(text):g}"
    except ValueError:
        return text


def importances(study: Study) -> list[Picture]:
    """Draw, for each dataset, the share of variance that each parameter explains."""
    pictures = []
    for sweep in study.spec["sweeps"]:
        shares = {WORDS.get(path, path): share for path, share in study.group(f"share.{sweep}").items()}
        order = sorted(shares, key=lambda name: -shares[name].mean())
        dataset = DATASETS.get(sweep.rpartition("_")[0], sweep)
        pictures.append(
            strips(
                {name: shares[name] for name in order},
                "share of the variance",
                f"On {dataset}, {order[0]} explains most: {100 * shares[order[0]].mean():.0f} %; "
                f"then {order[1]}, {100 * shares[order[1]].mean():.0f} %",
            )
        )
    return pictures


def surface(study: Study) -> Picture:
    """Draw the objective over the two ranges that matter most."""
    first, second = (WORDS.get(path, path) for path in study["paths"][:2])
    value, trials = study["value"], study["trials"]
    row, column = np.unravel_index(study["surface"].argmax(), study["surface"].shape)
    at = [_value(study, k, study["axis"][i]) for k, i in ((0, column), (1, row))]
    return landscape(
        study["axis"],
        study["surface"],
        trials[:, :2],
        (_ticks(study, 0), _ticks(study, 1)),
        (first, second),
        f"Averaged over the rest, the hill stands at {first} {at[0]:.2g} and {second} {at[1]:.3g}",
        trials[value.argmax(), :2],
    )


def nine_points(study: Study) -> Picture:
    """Draw nine trials laid out as a grid, at random, and as a Sobol sequence."""
    points = {METHODS[name]: chosen for name, chosen in study.group("points").items()}
    best = {METHODS[name]: values.mean() for name, values in study.group("best").items()}
    labels = tuple(WORDS.get(study["paths"][k], study["paths"][k]) for k in (0, 2))
    return layouts(
        study["axis"],
        study["flat"],
        points,
        (_ticks(study, 0), _ticks(study, 2)),
        (labels[0], labels[1]),
        "The best of nine, on average: " + ", ".join(f"{name} {value:.3f}" for name, value in best.items()),
    )


def _value(study: Study, parameter: int, position: float) -> float:
    low, high = study["bounds"][parameter]
    return low * (high / low) ** position if study["log"][parameter] else low + position * (high - low)


def _ticks(study: Study, parameter: int) -> tuple[list[float], list[str]]:
    at = [0.0, 0.5, 1.0]
    return at, [f"{_value(study, parameter, position):.3g}" for position in at]


def choices(study: Study) -> pd.DataFrame:
    """Return a table of what each search promised and what its choice did, trained anew."""
    rows = []
    for sweep in study.spec["sweeps"]:
        again, tested = study[f"again.{sweep}"], study[f"tested.{sweep}"]
        rows.append(
            {
                "chosen by": method(sweep),
                "promised": study[f"promised.{sweep}"][0],
                "retrained, validation": _plus_minus(again),
                "retrained, test": _plus_minus(tested),
                "optimism": f"{100 * study[f'optimism.{sweep}'].mean():+.1f}",
                "gap to test": f"{100 * study[f'gap.{sweep}'].mean():+.1f}",
            }
        )
    base = {"chosen by": "nobody", "promised": float("nan")}
    rows.append(
        base
        | {
            "retrained, validation": _plus_minus(study["again.base"]),
            "retrained, test": _plus_minus(study["tested.base"]),
            "optimism": "–",
            "gap to test": "–",
        }
    )
    return pd.DataFrame(rows)


def _plus_minus(values: np.ndarray) -> str:
    mean, half = interval(values)
    return f"{mean:.4f} ± {half:.4f}"


def promises(study: Study) -> Picture:
    """Draw how far each promise lies above the same settings trained anew."""
    optimism = {method(name): 100 * values for name, values in study.group("optimism").items()}
    worst = max(optimism, key=lambda name: optimism[name].mean())
    return strips(
        optimism,
        "promise − validation accuracy when retrained (points)",
        f"Retrained, the choice of {worst} falls short of its promise most, by {optimism[worst].mean():.1f} points",
        reference=("as promised", 0.0),
    )


def both_backends(study: Study) -> pd.DataFrame:
    """Return a table of the same settings in both backends."""
    values = study.group("value")
    return pd.DataFrame({"trial": range(len(next(iter(values.values()))))} | values).rename(
        columns={name: {"numpy": "NumPy", "keras": "Keras"}.get(name.rpartition("_")[2], name) for name in values}
    )


def same_grid(study: Study) -> pd.DataFrame:
    """Return a table of our grid beside scikit-learn's."""
    return pd.DataFrame({"point": range(len(study["ours"])), "ours": study["ours"], "GridSearchCV": study["grid"]})
