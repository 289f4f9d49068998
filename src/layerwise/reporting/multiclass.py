"""The pictures and tables of assignment 3: layers, what happens in them during training, twins, how they are judged."""

from __future__ import annotations

import numpy as np
import pandas as pd

from layerwise.evaluation.compare import holm, mcnemar
from layerwise.evaluation.metrics import class_probabilities
from layerwise.plots import Picture, interval
from layerwise.plots.layers import histograms, overlay
from layerwise.plots.studies import lines, strips
from layerwise.plots.style import BACKEND_NAMES
from layerwise.reporting.artifacts import Experiment, Report, Study
from layerwise.reporting.hidden import matrix

ACTIVATIONS = {"relu": "ReLU", "tanh": "tanh", "sigmoid": "sigmoid"}
STARTS = {**ACTIVATIONS, "tanh_large": "tanh, first weights × 6"}
CLASSIFIERS = {
    "network": "our network",
    "logistic": "logistic regression",
    "svc": "support vectors",
    "boosting": "gradient boosting",
}
DATASETS = {
    "wine": "Wine (table)",
    "digits_table": "Digits (table)",
    "digits": "Digits (images)",
    "mnist5k": "MNIST-5k (images)",
}


# --- how a layer works --------------------------------------------------------------------------------------------


def walkthrough(study: Study) -> str:
    """Write a batch of two through a Dense layer with ReLU and back, every number in its place, as Markdown."""
    s = {name: matrix(study[name]) for name in ("x", "w", "b", "z", "y", "dy", "dz", "dw", "db", "dx")}
    return rf"""Two examples of three features, two units:

$$X = {s["x"]}, \quad W = {s["w"]}, \quad b = {s["b"]}$$

**Forward.**

$$Z = X W + b = {s["z"]}, \qquad Y = \max(0, Z) = {s["y"]}$$

The layer keeps $X$ and $Y$. It needs no $Z$: where $Y > 0$ the slope is 1, elsewhere 0, so $Y$ is written over it.

**Backward.** From the layer above comes

$$\frac{{\partial L}}{{\partial Y}} = {s["dy"]}, \qquad
\delta = \frac{{\partial L}}{{\partial Y}} \odot [Y > 0] = {s["dz"]}$$

and the three products are

$$\frac{{\partial L}}{{\partial W}} = X^\top \delta = {s["dw"]}, \quad
\frac{{\partial L}}{{\partial b}} = {s["db"]}, \quad
\frac{{\partial L}}{{\partial X}} = \delta W^\top = {s["dx"]}$$"""


def softmax(study: Study) -> str:
    """Write the scores of one example, their softmax, the loss and its gradient, as Markdown."""
    s = {name: matrix(study[name]) for name in ("scores", "p", "error", "measured")}
    target = int(study["target"])
    return rf"""With the scores $z = {s["scores"]}$ and class {target + 1} true,

$$p = {s["p"]}, \qquad L = -\log p_{target + 1} = {float(study["loss"]):.4f}$$

$$p - y = {s["error"]}$$

and finite differences of $L$ give ${s["measured"]}$."""


def gradients(study: Study) -> pd.DataFrame:
    """Return the gradient check of every layer: what it was given and kept, and how wrong its backward pass is."""
    kept = study.group("kept")
    rows = []
    for name, (weights, entries, error, right) in study.group("check").items():
        enters, leaves, holds = kept[name]
        rows.append(
            {
                "layer": name,
                "numbers in": int(enters),
                "out": int(leaves),
                "kept": int(holds),
                "arrays checked": int(weights),
                "derivatives": int(entries),
                "largest error": f"{error:.1e}",
                "gradients": "right" if right else "WRONG",
            }
        )
    return pd.DataFrame(rows)


def losses(study: Study) -> pd.DataFrame:
    """Return the gradient check of every loss."""
    return pd.DataFrame(
        [
            {
                "loss": name,
                "derivatives": int(n),
                "largest error": f"{error:.1e}",
                "gradients": "right" if ok else "WRONG",
            }
            for name, (_, n, error, ok) in study.group("loss").items()
        ]
    )


def shapes(study: Study) -> list[Picture]:
    """Draw ReLU, tanh and sigmoid, and their slopes."""
    at = study["at"]
    sigmoid, tanh, relu = study["steepest"]
    return [
        lines(
            {word: (at, study[f"value.{name}"]) for name, word in ACTIVATIONS.items()},
            "z",
            "g(z)",
            "Sigmoid and tanh level off at both ends, ReLU at one",
            limits=(-1.15, 2.5),
        ),
        lines(
            {word: (at, study[f"slope.{name}"]) for name, word in ACTIVATIONS.items()},
            "z",
            "slope g′(z)",
            f"Steepest slopes: sigmoid {sigmoid:g}, tanh {tanh:g}, ReLU {relu:g} wherever it is on",
            legend="upper left",
        ),
    ]


def overflowing(study: Study) -> list[Picture]:
    """Draw how often the loss is a number as scores grow, and the error of log-sum-exp."""
    scale, naive, error = study["scale"], study["finite.naive"], study["error"]
    breaks = scale[np.argmax(naive.mean(axis=0) < 1)]
    return [
        lines(
            {"as written": (scale, naive), "log-sum-exp": (scale, study["finite.stable"])},
            "spread of the scores",
            "share of finite losses",
            f"As written, losses are lost from a spread of {breaks:g} on; by log-sum-exp none is",
            log="x",
            marked=True,
        ),
        lines(
            {"float32 against float64": (scale, error)},
            "spread of the scores",
            "error ÷ largest score",
            f"Log-sum-exp is off by {error.max():.1e} of the largest score at most: float32's own digits",
            log="xy",
            marked=True,
        ),
    ]


# --- before training ----------------------------------------------------------------------------------------------


def first_losses(study: Study) -> list[Picture]:
    """Draw, for each dataset, the loss before training for output weights of several sizes."""
    pictures = []
    for name in study.spec["datasets"]:
        chance = float(study[f"log_c.{name}"][0])
        values = study.group(f"initial.{name}")
        largest = list(values)[-1]
        pictures.append(
            strips(
                {f"output weights × {float(scale):g}": losses for scale, losses in values.items()},
                "loss before training (nats)",
                f"{DATASETS[name].split(' (')[0]}: {values['1.0'].mean():.2f} at the start, log C = {chance:.2f}; "
                f"{float(largest):g} times larger output weights start at {values[largest].mean():.1f}",
                reference=(f"log C = {chance:.3f}", chance),
            )
        )
    return pictures


def by_heart(study: Study) -> list[Picture]:
    """Draw the accuracy on a few training examples, with true and with shuffled labels."""
    pictures = []
    for kind, end, words in (
        ("accuracy", "overfit", "true labels"),
        ("shuffled", "memorised", "shuffled labels"),
    ):
        series = {DATASETS[name].split(" (")[0]: study[f"{kind}.{name}"] for name in study.spec["datasets"]}
        worst = min(study[f"{end}.{name}"].min() for name in study.spec["datasets"])
        # The epoch after the last one in which some network still had a mistake.
        done = max(int(np.max(np.flatnonzero((values < 1).any(axis=0)), initial=-1)) + 2 for values in series.values())
        ends = f"all are right from epoch {done} on" if worst == 1 else f"{100 * worst:.0f} % at the end"
        pictures.append(
            lines(
                {name: (np.arange(1, values.shape[1] + 1), values) for name, values in series.items()},
                "epoch",
                "accuracy on the same 50 examples",
                f"50 examples with {words}: {ends}",
                log="x",
                legend="lower right",
            )
        )
    return pictures


# --- inside the layers --------------------------------------------------------------------------------------------


def distributions(study: Study) -> list[Picture]:
    """Draw, for each start, units and gradients by layer before and after training."""
    pictures = []
    for name, word in STARTS.items():
        accuracy, flow = study[f"accuracy.{name}"].mean(), study[f"flow.{name}"].mean()
        rows = {
            label: tuple(study[f"{array}.{name}"] for array in (f"edges_{what}", f"{what}_before", f"{what}_after"))
            for what, label in (("units", "units"), ("gradients", "gradients at them"))
        }
        pictures.append(
            histograms(
                rows,  # type: ignore[arg-type]
                f"{word}: gradient at the first layer ÷ at the last {flow:.2g} before training; validation accuracy "
                f"{100 * accuracy:.0f} % after it",
            )
        )
    return pictures


def saturation(study: Study) -> list[Picture]:
    """Draw the training loss from each start, and the share of units without slope."""
    losses = {word: study[f"loss.{name}"] for name, word in STARTS.items()}
    flat = {word: study[f"saturated.{name}"].mean(axis=2) for name, word in STARTS.items()}
    large, plain = flat[STARTS["tanh_large"]][:, 0].mean(), flat["tanh"][:, 0].mean()
    return [
        lines(
            {word: (np.arange(1, values.shape[1] + 1), values) for word, values in losses.items()},
            "epoch",
            "training loss (nats per example)",
            f"After {losses['ReLU'].shape[1]} epochs ReLU stands at {losses['ReLU'][:, -1].mean():.3f}, tanh at "
            f"{losses['tanh'][:, -1].mean():.3f}, sigmoid at {losses['sigmoid'][:, -1].mean():.2f}",
            log="y",
        ),
        lines(
            {word: (np.arange(values.shape[1]), values) for word, values in flat.items()},
            "epoch",
            "share of units with hardly any slope",
            f"Large first weights saturate {100 * large:.0f} % of tanh at once, Glorot's {100 * plain:.0f} %",
            limits=(-0.03, 1.15),
            legend="upper right",
        ),
    ]


def dying(study: Study) -> list[Picture]:
    """Draw the share of dead units, and the accuracy, over the learning rate."""
    rates, dead = study["rates"], study["dead"]
    relu, leaky = study["accuracy.relu"].mean(axis=0), study["accuracy.leaky_relu"].mean(axis=0)
    jump = int(np.argmax(np.diff(dead.mean(axis=0)))) + 1
    return [
        lines(
            {"ReLU": (rates, dead)},
            "learning rate",
            "share of hidden units that are dead",
            f"Between rates {rates[jump - 1]:g} and {rates[jump]:g} the dead rise from "
            f"{100 * dead.mean(axis=0)[jump - 1]:.0f} to {100 * dead.mean(axis=0)[jump]:.0f} %",
            log="x",
            marked=True,
        ),
        lines(
            {"ReLU": (rates, study["accuracy.relu"]), "leaky ReLU": (rates, study["accuracy.leaky_relu"])},
            "learning rate",
            "validation accuracy",
            f"At rate {rates[jump]:g} ReLU gets {100 * relu[jump]:.0f} % right, leaky ReLU {100 * leaky[jump]:.0f} %",
            log="x",
            marked=True,
        ),
    ]


def moved(study: Study) -> list[Picture]:
    """Draw how far the first kernel moves in a step, for several rates; and each kernel at the middle rate."""
    step, rates = study["step"], [str(rate) for rate in study.arguments["rates"]]
    ratios = {rate: study[f"ratio.{rate}.0"] for rate in rates}
    good = rates[len(rates) // 2]
    kernels = study.group(f"ratio.{good}")
    accuracy = {rate: study[f"accuracy.{rate}"].mean() for rate in rates}
    slow = rates[0]
    return [
        lines(
            {f"rate {rate}: {100 * accuracy[rate]:.0f} %": (step, values) for rate, values in ratios.items()},
            "step",
            "‖ΔW‖ / ‖W‖ of the first kernel",
            f"Rate {slow} moves the first kernel by {np.median(ratios[slow]):.1e} a step and reaches "
            f"{100 * accuracy[slow]:.0f} %; rate {good} by {np.median(ratios[good]):.1e}, and "
            f"{100 * accuracy[good]:.0f} %",
            log="y",
            reference=("rule of thumb: 1/1000", 1e-3),
        ),
        lines(
            {f"kernel {int(layer) + 1}": (step, values) for layer, values in kernels.items()},
            "step",
            "‖ΔW‖ / ‖W‖",
            f"At rate {good} the ratio falls as the loss does, in every layer",
            log="y",
            reference=("rule of thumb: 1/1000", 1e-3),
        ),
    ]


# --- how to descend -----------------------------------------------------------------------------------------------


def descents(study: Study) -> list[Picture]:
    """Draw what each optimizer reaches over learning rates, and its way down at its best one."""
    names = list(study.arguments["rates"])
    best = {name: float(study[f"best.{name}"][0]) for name in names}
    final = {name: study[f"final.{name}"].mean() for name in names}
    early = {name: study[f"early.{name}"].mean() for name in names}
    winner, fastest = min(final, key=lambda n: final[n]), min(early, key=lambda n: early[n])
    epochs = np.arange(1, study[f"train.{winner}"].shape[1] + 1)
    return [
        lines(
            {name: (study[f"rates.{name}"], study[f"loss.{name}"]) for name in names},
            "learning rate",
            "validation loss at the end (nats)",
            "Each has its own best rate: " + ", ".join(f"{name} {rate:g}" for name, rate in best.items()),
            log="xy",
        ),
        lines(
            {f"{name}, {best[name]:g}": (epochs, study[f"train.{name}"]) for name in names},
            "epoch",
            "training loss (nats per example)",
            "Each at its best rate, training loss at the end: "
            + ", ".join(f"{name} {study[f'train.{name}'][:, -1].mean():.3f}" for name in names),
            log="y",
        ),
        lines(
            {f"{name}, {best[name]:g}": (epochs, study[f"validation.{name}"]) for name in names},
            "epoch",
            "validation loss (nats per example)",
            f"{fastest} leads after three epochs ({early[fastest]:.2f}), "
            + (f"{winner} at the end" if winner != fastest else "and at the end")
            + f" ({final[winner]:.3f})",
            log="y",
        ),
    ]


def batched(study: Study) -> list[Picture]:
    """Draw training with batches of several sizes, and how noisy their gradients are."""
    sizes, noise = study["sizes"], study["noise"]
    epochs = np.arange(1, study[f"fixed.{sizes[0]}"].shape[1] + 1)
    small, large = sizes[0], sizes[-1]
    ends = {kind: [study[f"{kind}_end.{size}"].mean() for size in (small, large)] for kind in ("fixed", "scaled")}
    return [
        *(
            lines(
                {f"batches of {size}": (epochs, study[f"{kind}.{size}"]) for size in sizes},
                "epoch",
                "training loss (nats per example)",
                f"{words}: batches of {small} end at {ends[kind][0]:.3f}, of {large} at {ends[kind][1]:.3f}",
                log="y",
            )
            for kind, words in (("fixed", "One rate for all"), ("scaled", "Rate in proportion to the batch"))
        ),
        lines(
            {"at the start": (sizes, noise)},
            "examples in a batch",
            "distance to the whole gradient ÷ its size",
            f"The noise of a batch falls as its size to the power {study['slope'].mean():.2f}",
            log="xy",
            marked=True,
        ),
    ]


def rates_found(study: Study) -> list[Picture]:
    """Draw the loss while the rate grows, and what training at constant rates reaches."""
    found = float(np.exp(np.log(study["found"]).mean()))
    return [
        lines(
            {"smoothed loss": (study["rate"], study["loss"])},
            "learning rate, growing with every step",
            "training loss (nats)",
            f"One short run: the loss is lowest at {3 * found:.2g}; a third of it, {found:.2g}, is taken",
            log="x",
            vertical=("taken", found),
        ),
        lines(
            {"constant rates": (study["rates"], study["trained"])},
            "learning rate",
            "validation loss after training (nats)",
            f"Trained at the rate taken, {study['at_found'].mean():.3f}; at the best of "
            f"{len(study['rates'])} tried, {study['at_best'].mean():.3f}",
            log="xy",
            vertical=("taken", found),
        ),
    ]


def scheduled(study: Study) -> list[Picture]:
    """Draw the schedules, and the losses along them."""
    rates = study.group("rate")
    highest = max(values.max() for values in rates.values())
    pictures = [
        lines(
            {name: (study["step"], values) for name, values in rates.items()},
            "step",
            "learning rate",
            f"{len(rates)} ways to spend {len(study['step'])} steps below the same highest rate, {highest:g}",
            limits=(-0.03 * highest, 2.2 * highest),
            legend="upper right",
        )
    ]
    for split, words in (("train", "training"), ("validation", "validation")):
        last = {name: study[f"{split}.{name}"][:, -1].mean() for name in rates}
        best = min(last, key=lambda name: last[name])
        curves = study.group(split)
        pictures.append(
            lines(
                {name: (np.arange(1, values.shape[1] + 1), values) for name, values in curves.items()},
                "epoch",
                f"{words} loss (nats per example)",
                f"{words.capitalize()} loss at the end: {best} {last[best]:.3g}, constant {last['constant']:.3g}",
                log="y",
            )
        )
    return pictures


# --- how it is judged ---------------------------------------------------------------------------------------------


def gaps(report: Report) -> pd.DataFrame:
    """Return accuracy by split for each experiment, and how far validation and test are apart."""
    rows = []
    for e in report:
        values = {split: [e.metrics["numpy", s]["splits"][split]["accuracy"] for s in e.healthy("numpy")]
                  for split in ("train", "validation", "test")}  # fmt: skip
        mean, half = interval(np.subtract(values["validation"], values["test"]))
        rows.append(
            {
                "experiment": e.title,
                **{name: f"{100 * np.mean(part):.1f} %" for name, part in values.items()},
                "training − test": f"{100 * (np.mean(values['train']) - np.mean(values['test'])):+.1f}",
                "validation − test": f"{100 * mean:+.1f} ± {100 * half:.1f}",
            }
        )
    return pd.DataFrame(rows)


def chosen(study: Study) -> list[Picture]:
    """Draw what validation says of the best of many, and what the test split says of it."""
    counts, validation, test = study["counts"], study["validation"], study["test"]
    gap = (validation - test)[:, -1].mean()
    return [
        lines(
            {"on the examples it was chosen by": (counts, validation), "on the others": (counts, test)},
            "networks to choose from",
            "accuracy of the one chosen",
            f"The best of {counts[-1]} by {study.arguments['held_out']} validation examples looks {100 * gap:.1f} "
            "points better than it is",
            log="x",
            marked=True,
        )
    ]


def pairs(experiment: Experiment, count: int = 6) -> list[Picture]:
    """Draw, for each backend, the classes most often taken for each other: mistakes of each run, both ways added."""
    names = experiment.dataset.names
    pictures = []
    for backend in experiment.backends:
        seeds = experiment.healthy(backend)
        matrices = np.array([experiment.metrics[backend, s]["splits"]["test"]["confusion_matrix"] for s in seeds])
        both = matrices + matrices.transpose(0, 2, 1)
        rows, columns = np.triu_indices(len(names), 1)
        order = np.argsort(-both[:, rows, columns].sum(axis=0), kind="stable")[:count]
        groups = {f"{names[rows[k]]} and {names[columns[k]]}": both[:, rows[k], columns[k]] for k in order}
        groups = {name: values for name, values in groups.items() if values.any()}
        if not groups:
            continue
        share = sum(values.sum() for values in groups.values()) / both[:, rows, columns].sum()
        pictures.append(
            strips(
                groups,
                "mistakes in a run, both ways",
                f"{BACKEND_NAMES[backend]}. {len(groups)} of {len(rows)} pairs of classes make {100 * share:.0f} % of "
                f"the mistakes, {next(iter(groups))} the most",
            )
        )
    return pictures


def baseline_table(study: Study) -> pd.DataFrame:
    """Return the test accuracy of each classifier on each dataset."""
    rows = []
    for name in study.spec["datasets"]:
        row = {"dataset": DATASETS[name]}
        for kind, word in CLASSIFIERS.items():
            values = study.arrays.get(f"{kind}.{name}")
            row[word] = "–" if values is None else "{:.3f} ± {:.3f}".format(*map(float, interval(values)))
        rows.append(row)
    return pd.DataFrame(rows)


def baselines(study: Study) -> list[Picture]:
    """Draw the test accuracy of each classifier, a picture a dataset."""
    pictures = []
    for name in study.spec["datasets"]:
        found = {word: study.arrays[f"{kind}.{name}"] for kind, word in CLASSIFIERS.items()
                 if f"{kind}.{name}" in study.arrays}  # fmt: skip
        order = sorted(found, key=lambda word: -found[word].mean())
        words = ", ".join(f"{word} {100 * found[word].mean():.1f} %" for word in order)
        pictures.append(strips(found, "test accuracy", f"{DATASETS[name]}: {words}"))
    return pictures


# --- NumPy vs Keras -----------------------------------------------------------------------------------------------


def twinned(study: Study) -> list[Picture]:
    """Draw both backends' losses on the same batches, and how far they are apart beside what float32 does anyway."""
    steps = np.arange(1, len(study["numpy.momentum"]) + 1)
    tiny = 1e-9  # equal to the last bit; a logarithmic axis needs something
    pictures = []
    for name, word in (("momentum", "Momentum"), ("Adam", "Adam")):
        pairs = {"NumPy and Keras": study[f"difference.{name}"]}
        if name == "Adam":
            pairs["… with Adam's 1 − βᵗ in float32 in both"] = study["difference.single"]
        pairs["NumPy in float32 and in float64"] = study[f"rounding.{name}"]
        furthest = float(study[f"furthest.{name}"][0])
        pictures += [
            overlay(
                steps,
                ("NumPy", study[f"numpy.{name}"]),
                ("Keras", study[f"keras.{name}"]),
                f"{word}: after {len(steps)} steps NumPy's loss is {study[f'numpy.{name}'][-1]:.4f}, Keras's "
                f"{study[f'keras.{name}'][-1]:.4f}",
            ),
            lines(
                {label: (steps, np.maximum(values, tiny)) for label, values in pairs.items()},
                "step",
                "difference ÷ loss",
                f"{word}: the losses differ by {furthest:.0e} at most"
                + (f"; {float(study['furthest.single'][0]):.0e} once both round alike" if name == "Adam" else ""),
                log="y",
                limits=(tiny / 2, 0.7),
                legend="upper left",
            ),
        ]
    return pictures


def agreements(report: Report) -> pd.DataFrame:
    """Return, for each experiment in both backends and each seed, McNemar's test on the same test examples."""
    rows = []
    for e in report:
        if set(e.backends) < {"numpy", "keras"}:
            continue
        _, y = e.dataset.split("test")
        seeds = sorted(set(e.healthy("numpy")) & set(e.healthy("keras")))
        wrong = {
            backend: [np.flatnonzero(class_probabilities(e.predictions(backend, seed=s)).argmax(axis=1) != y)
                      for s in seeds]
            for backend in ("numpy", "keras")
        }  # fmt: skip
        for seed, ours, theirs, p in zip(seeds, wrong["numpy"], wrong["keras"],
                                         holm([mcnemar(a, b) for a, b in zip(*wrong.values())])):  # fmt: skip
            rows.append(
                {
                    "experiment": e.title,
                    "seed": seed,
                    "only NumPy wrong": len(np.setdiff1d(ours, theirs)),
                    "only Keras wrong": len(np.setdiff1d(theirs, ours)),
                    "both wrong": len(np.intersect1d(ours, theirs)),
                    "p (Holm)": f"{p:.2f}",
                }
            )
    return pd.DataFrame(rows)


def costs(report: Report) -> pd.DataFrame:
    """Return time and memory of training, both backends side by side, medians of what the runs recorded."""
    rows = []
    for e in report:
        row = {"experiment": e.title, "parameters": f"{e.parameters:,}"}
        for backend in e.backends:
            runs = [run for run in e.provenance if run["backend"] == backend]
            fit = np.median([run["seconds"]["fit"]["cpu"] for run in runs])
            epoch = np.median([run["seconds"]["fit"]["cpu"] / run["epochs"] for run in runs])
            memory = np.median([run["peak_memory_bytes"] for run in runs])
            row |= {
                f"{BACKEND_NAMES[backend]}: CPU ms/epoch": f"{1000 * epoch:,.0f}",
                f"{BACKEND_NAMES[backend]}: CPU s/run": f"{fit:.2f}",
                f"{BACKEND_NAMES[backend]}: MiB": f"{memory / 2**20:,.0f}",
            }
        if len(e.backends) == 2:
            rows.append(row)
    return pd.DataFrame(rows)
