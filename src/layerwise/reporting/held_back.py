"""Assignment 5's pictures of dropout, of penalties on weights, and of optimizers, drawn from studies."""

from __future__ import annotations

import numpy as np
import pandas as pd

from layerwise.plots import Picture, weight_images
from layerwise.plots.studies import boundaries, heat, lines, strips
from layerwise.reporting.artifacts import Study

REMEDIES = {
    "none": "none",
    "L2": "L2",
    "L1": "L1",
    "dropout": "dropout",
    "label_smoothing": "label smoothing",
    "early_stopping": "early stopping",
}
OPTIMIZERS = {
    "sgd": "SGD",
    "momentum": "momentum",
    "nesterov": "Nesterov",
    "rmsprop": "RMSprop",
    "adam": "Adam",
    "adamw": "AdamW",
}
SCHEDULES = {"constant": "constant", "step": "step", "cosine": "cosine", "one_cycle": "one cycle"}
KINDS = {
    "known": "known digits",
    "unknown": "digits never learned",
    "noise": "shuffled pixels",
    "other": "other images",
}
NETWORKS = {"plain": "plain", "dropout": "dropout", "dropout_max_norm": "dropout and max-norm"}


# --- dropout --------------------------------------------------------------------------------------------------------


def expectation(study: Study) -> Picture:
    """Draw how the mean over masks nears the input."""
    draws, error = study["draws"], study.group("error")
    last = {rate: values[:, -1].mean() for rate, values in error.items()}
    return lines(
        {f"rate {rate}": (draws, values) for rate, values in error.items()},
        "masks averaged",
        "distance from the input ÷ its length",
        f"After {draws[-1]:,} masks the mean is off by "
        + ", ".join(f"{100 * value:.1f} % (rate {rate})" for rate, value in last.items()),
        log="xy",
    )


def keep(study: Study) -> list[Picture]:
    """Draw the errors over the probability of keeping a unit, for a fixed width and for a fixed number kept."""
    probability = study["keep"]
    words = {
        "width": f"{study.arguments['width']} units",
        "expected": f"{study.arguments['expected']} units kept on average",
    }
    pictures = []
    for way, name in words.items():
        validation = study[f"validation.{way}"]
        best = int(np.argmin(validation.mean(axis=0)))
        pictures.append(
            lines(
                {
                    "training": (probability, study[f"train.{way}"]),
                    "validation": (probability, validation),
                },
                f"probability of keeping a unit, {name}",
                "error",
                f"{name.capitalize()}: the validation error is lowest, {100 * validation.mean(axis=0)[best]:.1f} %, at "
                f"keep {probability[best]:g}",
                marked=True,
            )
        )
    return pictures


def examples(study: Study) -> Picture:
    """Draw the error with and without dropout over the number of training examples."""
    counts = study["examples"]
    gains = {count: 100 * study[f"gain.{count}"].mean() for count in counts}
    best = max(gains, key=lambda count: gains[count])
    return lines(
        {"without dropout": (counts, study["plain"]), "with dropout": (counts, study["dropout"])},
        "training examples",
        "validation error",
        f"Dropout gains most on {best:,} examples, {gains[best]:+.1f} points; on {counts[-1]:,} it gains "
        f"{gains[counts[-1]]:+.1f}",
        log="x",
        marked=True,
    )


def units(study: Study) -> list[Picture]:
    """Draw what the units of an autoencoder look for, how often they are on, and how much each is needed."""
    edges, activations = study["edges"], study.group("activations")
    active = {name: 100 * values.mean() for name, values in study.group("active").items()}
    worst = {name: values.mean() for name, values in study.group("worst").items()}
    side = round(study["features.plain"].shape[0] ** 0.5)
    pictures = []
    for name, words in (("plain", "Without dropout"), ("dropout", "With dropout")):
        picture = weight_images(study[f"features.{name}"], (side, side), columns=8)
        mean = study[f"mean.{name}"].mean()
        pictures.append(picture.says(f"{words} a unit's mean activation is {mean:.2f}", picture.alt))
    centres = (edges[1:] + edges[:-1]) / 2
    return [
        *pictures,
        lines(
            {NETWORKS[name]: (centres, np.maximum(values, 1e-6)) for name, values in activations.items()},
            "activation of a hidden unit",
            "share of activations",
            f"Dropout makes the code sparse: {active['dropout']:.0f} % of the units are on for an image, "
            f"{active['plain']:.0f} % without",
            log="y",
            limits=(1e-4, 1),
        ),
        lines(
            {NETWORKS[name]: (100 * study["removed"], values) for name, values in study.group("ablation").items()},
            "hidden units taken away (%)",
            "factor of the reconstruction error",
            f"Without {100 * study['removed'][-1]:.0f} % of its units the error grows ×{worst['plain']:.1f}; with "
            f"dropout ×{worst['dropout']:.1f}",
            log="y",
            marked=True,
        ),
    ]


def uncertainty(study: Study) -> list[Picture]:
    """Draw the entropy of known and of strange images, and of known ones as they turn."""
    entropy = study.group("entropy")
    edges = np.linspace(0, np.log(10), 16)
    shares = {
        KINDS[kind]: ((edges[1:] + edges[:-1]) / 2, np.histogram(values, edges)[0] / len(values))
        for kind, values in entropy.items()
    }
    mean = {kind: values.mean() for kind, values in study.group("mean_entropy").items()}
    angles, turned, right = study["angles"], study["turned.entropy"], study["turned.accuracy"]
    top = int(np.argmax(turned.mean(axis=0)))
    auc = {key: values for key, values in study.group("auc").items() if not key.startswith("disagreement")}
    named = {"entropy": f"{study.arguments['draws']} passes", "once": "one pass"}
    best = {key: values.mean() for key, values in auc.items()}
    return [
        lines(
            shares,
            "entropy of the mean answer (nats)",
            "share of images",
            f"Mean entropy {mean['known']:.2f} nats on known digits, {mean['unknown']:.2f} on digits never learned",
        ),
        lines(
            {"entropy (nats)": (angles, turned), "accuracy": (angles, right)},
            "digits turned by (degrees)",
            "entropy, accuracy",
            f"The network is least sure at {angles[top]:g}°: {turned.mean(axis=0)[top]:.2f} nats, "
            f"{100 * right.mean(axis=0)[top]:.0f} % right",
            marked=True,
        ),
        strips(
            {
                f"{KINDS[key.partition('.')[2]]}: {named[key.partition('.')[0]]}": values
                for key, values in sorted(auc.items(), key=lambda item: item[0].partition(".")[2])
            },
            "share of pairs told apart (ROC-AUC)",
            f"Digits never learned are told from known ones with AUC {best['entropy.unknown']:.3f} by many passes, "
            f"{best['once.unknown']:.3f} by one",
        ),
    ]


def max_norm(study: Study) -> list[Picture]:
    """Draw the validation error over learning rates, and the test error at the chosen ones."""
    rates = study["rates"]
    chosen = study.group("chosen")
    best = min(chosen, key=lambda name: chosen[name].mean())
    high = {name: 100 * values.mean() for name, values in study.group("highest").items()}
    return [
        lines(
            {NETWORKS[name]: (rates, study[name]) for name in NETWORKS},
            "learning rate (momentum 0.95)",
            "validation error",
            f"At rate {rates[-1]:g} dropout ends with {high['dropout']:.0f} % errors, held to norm "
            f"{study.arguments['limit']:g} with {high['dropout_max_norm']:.0f} %",
            log="x",
            marked=True,
        ),
        strips(
            {NETWORKS[name]: values for name, values in chosen.items()},
            "test error at the rate chosen on validation",
            f"Lowest test error: {NETWORKS[best]}, {100 * chosen[best].mean():.1f} %",
        ),
    ]


# --- penalties ------------------------------------------------------------------------------------------------------


def strengths(study: Study) -> list[Picture]:
    """Draw error, norm and zeros over the strength of L1 and L2, and the weights at the chosen strengths."""
    values = study["values"]
    chosen = {name: float(study[f"chosen.{name}"][0]) for name in ("l2", "l1")}
    small = {name: 100 * study[f"chosen_small.{name}"].mean() for name in chosen}
    plain = study["plain.validation"].mean()
    weights = study.group("weights")
    edges = np.linspace(-0.4, 0.4, 41)
    histograms = {
        {"plain": "no penalty", "l1": f"L1, λ = {chosen['l1']:g}", "l2": f"L2, λ = {chosen['l2']:g}"}[name]: (
            (edges[1:] + edges[:-1]) / 2,
            np.histogram(w, edges)[0] / len(w),
        )
        for name, w in weights.items()
    }
    near = {name: 100 * np.mean(np.abs(w) < 0.01) for name, w in weights.items()}
    best = {name: 100 * study[f"validation.{name}"].mean(axis=0).min() for name in chosen}
    return [
        lines(
            {f"{name.upper()}, {words}": (values, study[f"{split}.{name}"]) for name in chosen
             for split, words in (("train", "training"), ("validation", "validation"))},
            "strength λ",
            "error",
            f"Lowest validation error {best['l2']:.1f} % with L2 and {best['l1']:.1f} % with L1; {100 * plain:.1f} % "
            "without a penalty",
            log="x",
        ),
        lines(
            {name.upper(): (values, study[f"norm.{name}"]) for name in chosen},
            "strength λ",
            "norm of all weights",
            f"From λ = {values[0]:g} to {values[-1]:g} the norm falls from {study['norm.l2'].mean(axis=0)[0]:.1f} to "
            f"{study['norm.l2'].mean(axis=0)[-1]:.1f} with L2",
            log="x",
            reference=("no penalty", float(study["plain.norm"].mean())),
        ),
        lines(
            {name.upper(): (values, 100 * study[f"small.{name}"]) for name in chosen},
            "strength λ",
            "weights below 0.001 (%)",
            f"At the strengths chosen {small['l1']:.0f} % of the weights are next to zero with L1, {small['l2']:.0f} % "
            "with L2",
            log="x",
        ),
        lines(
            histograms,
            "weight",
            "share of weights",
            f"Within 0.01 of zero: {near['l1']:.0f} % of the weights with L1, {near['l2']:.0f} % with L2, "
            f"{near['plain']:.0f} % without",
            log="y",
        ),
    ]  # fmt: skip


def regions(study: Study) -> Picture:
    """Draw the decision regions as the L2 penalty grows."""
    validation, slope = study.group("validation"), study.group("slope")
    named = {f"λ = {value}: {100 * validation[value].mean():.1f} %": p for value, p in study.group("boundary").items()}
    ends = list(slope)
    best = max(validation, key=lambda value: validation[value].mean())
    return boundaries(
        study["grid"],
        named,
        study["x"],
        study["y"],
        f"From λ = {ends[0]} to {ends[-1]} the probability's mean slope falls from {slope[ends[0]].mean():.2f} to "
        f"{slope[ends[-1]].mean():.2f}; λ = {best} is right most often, {100 * validation[best].mean():.1f} %",
    )


def decay(study: Study) -> list[Picture]:
    """Draw the validation accuracy over rate and strength, for L2 in Adam and for AdamW."""
    rates, values = study["rates"], study["values"]
    pictures = []
    for way, words in (("penalty", "Adam with an L2 penalty"), ("decay", "AdamW")):
        accuracy = 1 - study[f"validation.{way}"].mean(axis=0)
        good = (accuracy > accuracy.max() - 0.02).sum()
        pictures.append(
            heat(
                accuracy,
                [f"{rate:g}" for rate in rates],
                [f"{value:g}" for value in values],
                "weight decay δ = 2λ",
                "learning rate",
                f"{words}: best {100 * accuracy.max():.1f} %, and {good} of {accuracy.size} settings within two points",
            )
        )
    return pictures


def rivals(study: Study) -> tuple[list[Picture], pd.DataFrame]:
    """Draw accuracy and calibration of every remedy, and return a table of all measures."""
    accuracy, ece, loss = study.group("accuracy"), study.group("ece"), study.group("loss")
    best = max(accuracy, key=lambda name: accuracy[name].mean())
    calm = min(ece, key=lambda name: ece[name].mean())
    rows = [
        {
            "regularizer": REMEDIES[name],
            "strength chosen": f"{strength:g}" if strength else "–",
            "test accuracy": f"{100 * accuracy[name].mean():.1f} %",
            "gap to training": f"{100 * study[f'gap.{name}'].mean():.1f} %",
            "log loss": f"{loss[name].mean():.3f}",
            "calibration error": f"{ece[name].mean():.3f}",
            "epochs": f"{study[f'epochs.{name}'].mean():.0f}",
        }
        for name, strength in zip(REMEDIES, study["chosen"])
    ]
    return [
        strips(
            {REMEDIES[name]: values for name, values in accuracy.items()},
            "test accuracy",
            f"Highest test accuracy: {REMEDIES[best]}, {100 * accuracy[best].mean():.1f} %; none has "
            f"{100 * accuracy['none'].mean():.1f} %",
        ),
        strips(
            {REMEDIES[name]: values for name, values in ece.items()},
            "test calibration error",
            f"Best calibrated: {REMEDIES[calm]}, {ece[calm].mean():.3f}; none has {ece['none'].mean():.3f}",
        ),
    ], pd.DataFrame(rows)


# --- optimizers -----------------------------------------------------------------------------------------------------


def optimizers(study: Study) -> list[Picture]:
    """Draw training loss and validation accuracy of each optimizer at its own best rate."""
    pictures = []
    loss, last = study.group("loss"), study.group("last")
    early = study.group("early")
    fast = min(early, key=lambda name: early[name].mean())
    slow = max(early, key=lambda name: early[name].mean())
    epochs = np.arange(1, loss["sgd"].shape[1] + 1)
    series = {f"{OPTIMIZERS[name]}, rate {float(study[f'rate.{name}'][0]):g}": (epochs, v) for name, v in loss.items()}
    third = len(epochs) // 3
    pictures.append(
        lines(
            series,
            "epoch",
            "training loss (nats per example)",
            f"After {third} epochs {OPTIMIZERS[fast]} stands at {early[fast].mean():.3f}, {OPTIMIZERS[slow]} at "
            f"{early[slow].mean():.3f}",
            log="y",
        )
    )
    accuracy = study.group("accuracy")
    best = max(accuracy, key=lambda name: accuracy[name].mean())
    pictures.append(
        strips(
            {OPTIMIZERS[name]: values for name, values in accuracy.items()},
            "validation accuracy at the end",
            f"{OPTIMIZERS[best]} ends highest, {100 * accuracy[best].mean():.1f} %; training losses end between "
            f"{min(v.mean() for v in last.values()):.3f} and {max(v.mean() for v in last.values()):.3f}",
        )
    )
    return pictures


def schedules(study: Study) -> list[Picture]:
    """Draw the four schedules, and training loss and validation accuracy under each."""
    rates, loss, accuracy = study.group("rate"), study.group("loss"), study.group("validation")
    last = {name: values.mean() for name, values in study.group("last").items()}
    end = {name: 100 * values.mean() for name, values in study.group("accuracy").items()}
    steps = np.arange(len(rates["constant"]))
    epochs = np.arange(1, loss["constant"].shape[1] + 1)
    low, best = min(last, key=lambda name: last[name]), max(end, key=lambda name: end[name])
    return [
        lines(
            {SCHEDULES[name]: (steps, values) for name, values in rates.items()},
            "training step",
            "learning rate",
            f"Four ways through {len(steps)} steps, all with the highest rate {rates['constant'][0]:g}",
        ),
        lines(
            {SCHEDULES[name]: (epochs, values) for name, values in loss.items()},
            "epoch",
            "training loss (nats per example)",
            f"{SCHEDULES[low].capitalize()} ends lowest, at {last[low]:.4f}; a constant rate at {last['constant']:.4f}",
            log="y",
        ),
        lines(
            {SCHEDULES[name]: (epochs, values) for name, values in accuracy.items()},
            "epoch",
            "validation accuracy",
            f"{SCHEDULES[best].capitalize()} ends highest, at {end[best]:.1f} %; a constant rate at "
            f"{end['constant']:.1f} %",
            limits=(max(0.6, min(end.values()) / 100 - 0.15), 1.0),
        ),
    ]
