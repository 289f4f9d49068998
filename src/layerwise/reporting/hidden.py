"""The pictures of assignment 2 that are drawn from studies: each from one study's arrays, its finding computed."""

from __future__ import annotations

import numpy as np

from layerwise.plots import Picture
from layerwise.plots.studies import boundaries, heat, hidden_space, lines, strips
from layerwise.reporting.artifacts import Study

SPLITS = {"train": "training", "validation": "validation", "test": "test"}
PLAIN = {"sigmoid": "sigmoid", "tanh": "tanh", "relu": "ReLU"}
LOSSES = {"cross_entropy": "cross-entropy", "squared_error": "squared error"}
NAMES = {"xor": "XOR"}
MISTAKES = {
    "none": "correct",
    "no_slope": "tanh′ left out",
    "slope_of_a": "tanh′ taken at a, not z₁",
    "wrong_sign": "wrong sign of W₂",
    "sum_for_mean": "1/n left out",
}


def _stacked(groups: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Return the settings as numbers ``(n,)`` and the values ``(seeds, n)``."""
    return np.array([float(setting) for setting in groups]), np.stack(list(groups.values()), axis=1)


def spaces(study: Study) -> list[Picture]:
    """Draw, for each dataset, where the hidden units put the examples as training goes on."""
    pictures = []
    for name in study.spec["datasets"]:
        accuracy = study[f"accuracy.{name}"]
        headings = [f"epoch {epoch}: {100 * share:.0f} %" for epoch, share in zip(study["at"], accuracy)]
        units = study.arguments["units"][name]
        pictures.append(
            hidden_space(
                study[f"space.{name}"],
                study[f"line.{name}"],
                study[f"y.{name}"],
                headings,
                f"{NAMES.get(name, name.capitalize())}, {units} hidden units: a straight line parts "
                f"{100 * accuracy[-1]:.1f} % where it parted {100 * accuracy[0]:.1f} %",
                ("unit 1", "unit 2") if units == 2 else ("across the line", "along it"),
            )
        )
    return pictures


def ladder(clean: Study, noisy: Study) -> list[Picture]:
    """Draw training, validation and test accuracy over hidden units, on clean and on noisy labels."""
    pictures = []
    for study, words in ((clean, "clean labels"), (noisy, "a fifth of the training labels wrong")):
        series = {SPLITS[split]: _stacked(study.group(split)) for split in SPLITS}
        units, test = series["test"]
        best = int(np.argmax(test.mean(axis=0)))
        pictures.append(
            lines(
                series,
                "hidden units",
                "accuracy",
                f"{words.capitalize()}: the test accuracy is highest with {units[best]:g} units, "
                f"{100 * test[:, best].mean():.1f} %, and {100 * test[:, -1].mean():.1f} % with {units[-1]:g}",
                log="x",
                marked=True,
            )
        )
    return pictures


def maps(study: Study, x: np.ndarray, y: np.ndarray, words: str) -> Picture:
    """Draw the decision regions of the first network of each size."""
    drawn = study.group("boundary")
    test = study.group("test")
    named = {
        f"{units} unit{'s' if units != '1' else ''}: {100 * test[units][0]:.0f} %": p for units, p in drawn.items()
    }
    best = max(drawn, key=lambda units: test[units][0])
    right = f"{100 * test[best][0]:.0f} % of the test split"
    return boundaries(
        study["grid"], named, x, y, f"{words}: the first network with {best} hidden units gets {right} right"
    )


def decomposed(study: Study) -> list[Picture]:
    """Draw bias, variance and their sum over hidden units."""
    series = {
        "bias² and noise": _stacked(study.group("bias")),
        "variance": _stacked(study.group("variance")),
        "error, their sum": _stacked(study.group("error")),
    }
    units, error = series["error, their sum"]
    best = int(np.argmin(error.mean(axis=0)))
    share = series["variance"][1].mean(axis=0)[best] / error.mean(axis=0)[best]
    return [
        lines(
            series,
            "hidden units",
            "squared error of the probability",
            f"The error is lowest with {units[best]:g} units, {100 * share:.0f} % of it variance",
            log="x",
            marked=True,
        )
    ]


def samples(study: Study) -> list[Picture]:
    """Draw test accuracy by hidden units and training examples, as a map and as curves."""
    units, examples = study["units"], study["examples"]
    values = np.array([[study[f"test.{u}.{n}"].mean() for n in examples] for u in units])
    return [
        heat(
            values,
            [str(u) for u in units],
            [f"{n:,}" for n in examples],
            "training examples",
            "hidden units",
            f"From {examples[0]} to {examples[-1]:,} examples, {units[-1]} units go from {100 * values[-1, 0]:.0f} to "
            f"{100 * values[-1, -1]:.0f} %, one from {100 * values[0, 0]:.0f} to {100 * values[0, -1]:.0f} %",
        ),
        lines(
            {
                f"{u} unit{'s' if u > 1 else ''}": (
                    examples,
                    np.stack([study[f"test.{u}.{n}"] for n in examples], axis=1),
                )
                for u in units
            },
            "training examples",
            "test accuracy",
            f"One unit stops at {100 * values[0, -1]:.0f} % however many examples there are; "
            f"{units[-1]} units reach {100 * values[-1, -1]:.0f} %",
            log="x",
        ),
    ]


def overfitting(study: Study) -> list[Picture]:
    """Draw the losses of ever longer training, what L2 does to them, and the test accuracy of each remedy."""
    epoch = study["epoch"]
    train, validation = study.group("train"), study.group("validation")
    plain = next(iter(train))
    turn = float(np.median(study["turn"]))
    best = float(study["best"][0])
    accuracy = study.group("accuracy")
    names = {"last": "trained to the end", "stopped": "stopped early", "decayed": f"L2, λ = {best:g}"}
    winner = max(accuracy, key=lambda kind: accuracy[kind].mean())
    return [
        lines(
            {"training": (epoch[1:], train[plain][:, 1:]), "validation": (epoch[1:], validation[plain][:, 1:])},
            "epoch",
            "loss (nats per example)",
            f"The validation loss turns at epoch {turn:.0f} (median); the training loss goes on falling",
            log="x",
            vertical=("turn", turn),
        ),
        lines(
            {
                "no penalty" if value == plain else f"λ = {value}": (epoch[1:], curve[:, 1:])
                for value, curve in validation.items()
            },
            "epoch",
            "validation loss (nats per example)",
            f"λ = {best:g} ends with the lowest validation loss",
            log="x",
        ),
        strips(
            {names[kind]: values for kind, values in accuracy.items()},
            "test accuracy",
            f"Best on the test split: {names[winner]}, {100 * accuracy[winner].mean():.1f} %",
        ),
    ]


def descents(study: Study) -> list[Picture]:
    """Draw the test error over width in trained networks and over features in random ones."""
    widths, error = _stacked(study.group("trained"))
    _, fit = _stacked(study.group("fit"))
    features, random = _stacked(study.group("random"))
    level = float(study["interpolates"][0])
    fits = fit[:, list(widths).index(level)].mean() < 0.01
    examples = study.arguments["examples"]
    peak = int(np.argmax(random.mean(axis=0)))
    rises = np.flatnonzero(np.diff(error.mean(axis=0)) > 0.01)
    words = f"rises at {widths[rises[0] + 1]:g} units" if len(rises) else "never rises: no peak is found"
    return [
        lines(
            {"test": (widths, error), "training (noisy labels)": (widths, fit)},
            "hidden units, trained by gradient descent",
            "share of errors",
            f"Trained networks: the test error {words}",
            log="x",
            vertical=("fits all labels", level) if fits else None,
        ),
        lines(
            {"test": (features, random)},
            "random features, shortest least squares",
            "share of test errors",
            f"Random features: the error peaks at {features[peak]:g} for {examples} examples, then descends again",
            log="x",
            vertical=("as many as examples", float(examples)),
        ),
    ]


def checks(study: Study) -> list[Picture]:
    """Draw the error of finite differences over the step, and how far deliberate mistakes are from right."""
    step, error = study["step"], study["error"]
    best = int(np.argmin(error.mean(axis=0)))
    wrong = study.group("wrong")
    least = min(float(values.min()) for name, values in wrong.items() if name != "none")
    return [
        lines(
            {"backpropagation against differences": (step, error)},
            "step ε of the finite difference",
            "relative error",
            f"ε = {step[best]:.0e} is best: cut-off above it, rounding below it",
            log="xy",
        ),
        strips(
            {MISTAKES[name]: values for name, values in wrong.items()},
            "relative error",
            f"A right gradient stays below {wrong['none'].max():.0e}, a wrong one above {least:.2f}",
            log=True,
        ),
    ]


def starts(study: Study) -> list[Picture]:
    """Draw training from different first weights, and what came of it."""
    epoch, losses = study["epoch"], study.group("loss")
    accuracy, distinct = study.group("accuracy"), study.group("distinct")
    units = study.arguments["units"]
    return [
        lines(
            {name: (epoch, values) for name, values in losses.items()},
            "epoch",
            "training loss (nats per example)",
            f"From zeros the loss stays at {losses['zeros'][:, -1].mean():.3f}, log 2 = 0.693; "
            f"from Glorot's weights it falls to {losses['glorot'][:, -1].mean():.3f}",
            log="y",
        ),
        strips(
            {f"{name}: {distinct[name].mean():.0f} of {units} distinct": values for name, values in accuracy.items()},
            "validation accuracy",
            f"Zero weights leave {distinct['zeros'].max():.0f} distinct unit of {units}",
        ),
    ]


def spread(study: Study, measure: str) -> list[Picture]:
    """Draw, for each activation, how a signal's or a gradient's size changes from layer to layer."""
    labels = {"signal": "standard deviation of the units", "gradient": "gradient at the weights (RMS)"}
    pictures = []
    for activation, word in PLAIN.items():
        series = {}
        for key, values in study.group(measure).items():
            kind, _, start = key.partition(".")
            if kind == activation:
                series[start] = (np.arange(1, values.shape[1] + 1), values)
        ends = (0, -1) if measure == "signal" else (-2, 0)
        change = {start: float((v[:, ends[1]] / v[:, ends[0]]).mean()) for start, (_, v) in series.items()}
        shown = [start for start in ("small", "glorot", "he", "large") if start in change]
        pictures.append(
            lines(
                series,
                "layer",
                labels[measure],
                f"{word}, {'first to last' if measure == 'signal' else 'last to first'} hidden layer: "
                + ", ".join(f"{start} ×{change[start]:.2g}" for start in shown),
                log="y",
            )
        )
    return pictures


def vanishing(study: Study) -> list[Picture]:
    """Draw the share of gradient that reaches the first layer, and the loss after training, over depth."""
    depths = study["depths"]
    ratio, loss = (
        {
            word: (depths, np.stack([study[f"{measure}.{activation}.{depth}"] for depth in depths], axis=1))
            for activation, word in PLAIN.items()
        }
        for measure in ("ratio", "loss")
    )
    arrives = ratio["sigmoid"][1][:, -1].mean()
    epochs = study.arguments["epochs"]
    return [
        lines(
            ratio,
            "hidden layers",
            "gradient at the first layer ÷ at the last",
            f"Through {depths[-1]} sigmoid layers {arrives:.1e} of the gradient arrives, through ReLU "
            f"{ratio['ReLU'][1][:, -1].mean():.2f}",
            log="y",
            marked=True,
        ),
        lines(
            loss,
            "hidden layers",
            f"training loss after {epochs} epochs (nats)",
            f"With {depths[-1]} layers sigmoid stands at {loss['sigmoid'][1][:, -1].mean():.2f}, "
            f"tanh at {loss['tanh'][1][:, -1].mean():.3f}",
            log="y",
            marked=True,
        ),
    ]


def slowdown(study: Study) -> list[Picture]:
    """Draw one neuron and one network that start sure and wrong, under both losses."""
    neurons = study.group("neuron")
    epochs = np.arange(len(next(iter(neurons.values()))))
    starts_at = {"mild": "from 0.82", "wrong": "from 0.98"}
    series = {}
    for key, values in neurons.items():
        loss, _, start = key.partition(".")
        series[f"{LOSSES[loss]}, {starts_at[start]}"] = (epochs, values)
    stuck = neurons["squared_error.wrong"]
    slow = int(np.argmax(stuck < 0.5)) if (stuck < 0.5).any() else 0
    fast = int(np.argmax(neurons["cross_entropy.wrong"] < 0.5))
    curves = study.group("accuracy")
    early = study.group("early")
    return [
        lines(
            series,
            "epoch",
            "output of the neuron (0 is right)",
            f"From 0.98, cross-entropy takes {fast} epochs to ½, squared error "
            + (f"{slow}" if slow else f"more than {epochs[-1]}"),
        ),
        lines(
            {LOSSES[loss]: (np.arange(values.shape[1]), values) for loss, values in curves.items()},
            "epoch",
            "validation accuracy",
            f"A network after a tenth of the epochs: {100 * early['cross_entropy'].mean():.0f} % by cross-entropy, "
            f"{100 * early['squared_error'].mean():.0f} % by squared error",
        ),
    ]


def matrix(values: np.ndarray) -> str:
    """Write a vector or a matrix as LaTeX."""
    rows = np.atleast_2d(values)
    body = r" \\ ".join(" & ".join(f"{value:.4f}".rstrip("0").rstrip(".") for value in row) for row in rows)
    return rf"\begin{{pmatrix}} {body} \end{{pmatrix}}"


def walkthrough(study: Study) -> str:
    """Write backpropagation through two hidden units with every number in its place, as Markdown."""
    s = {name: study[name] for name in study.arrays}
    rate, p, loss = float(s["learning_rate"]), float(s["p"]), float(s["loss"])
    return rf"""One example, $x = {matrix(s["x"])}$ with $y = {float(s["y"]):g}$, and the weights

$$W_1 = {matrix(s["w1"])}, \quad b_1 = {matrix(s["b1"])}, \quad
w_2 = {matrix(s["w2"])}, \quad b_2 = {float(s["b2"]):g}$$

**Forward.** Each line is needed again on the way back, so it is kept.

$$z_1 = x W_1 + b_1 = {matrix(s["z1"])}$$

$$a = \tanh(z_1) = {matrix(s["a"])}$$

$$z_2 = a \cdot w_2 + b_2 = {float(s["z2"]):.4f}, \qquad p = \sigma(z_2) = {p:.4f}, \qquad L = -\log p = {loss:.4f}$$

**Back.** The loss changes with the score by the error alone:

$$\delta_2 = \frac{{\partial L}}{{\partial z_2}} = p - y = {float(s["delta2"]):.4f}$$

The output's weights see the hidden units, its bias sees a 1:

$$\frac{{\partial L}}{{\partial w_2}} = a\,\delta_2 = {matrix(s["dw2"])}, \qquad
\frac{{\partial L}}{{\partial b_2}} = \delta_2 = {float(s["db2"]):.4f}$$

Each hidden unit is blamed as much as its weight carried, and only as far as its $\tanh$ still gives way:

$$\delta_2 w_2 = {matrix(s["back"])}, \qquad 1 - a^2 = {matrix(s["slope"])}$$

$$\delta_1 = \delta_2 w_2 \odot (1 - a^2) = {matrix(s["delta1"])}$$

The first layer's weights see the inputs:

$$\frac{{\partial L}}{{\partial W_1}} = x^\top \delta_1 = {matrix(s["dw1"])}, \qquad
\frac{{\partial L}}{{\partial b_1}} = \delta_1 = {matrix(s["db1"])}$$

**One step.** With $\eta = {rate:g}$ each parameter moves against its gradient, and the loss of this example falls from
{loss:.4f} to {float(s["new_loss"]):.4f}."""
