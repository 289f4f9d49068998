"""L2, L1, AdamW, label smoothing and dropout over their strength."""

from __future__ import annotations

import pandas as pd

from layerwise.evaluation.compare import two_way_difference
from layerwise.numbers import signed
from layerwise.plots import Picture
from layerwise.plots.studies import lines
from layerwise.reporting.artifacts import Study

REGULARIZERS = {
    "l2": "L2 penalty",
    "l1": "L1 penalty",
    "weight_decay": "AdamW",
    "dropout": "dropout",
    "label_smoothing": "label smoothing",
}
PENALTIES = {"l2": 1.0, "l1": 1.0, "weight_decay": 0.5}
"""Penalties on weights, with the factor that makes the strength a λ: λ = δ / 2 in AdamW."""


def draw(study: Study) -> list[Picture]:
    """Draw accuracy, log loss, norm and sparsity against the strength of L2, L1 and AdamW."""
    names = [name for name in PENALTIES if f"strength.{name}" in study.arrays]
    strengths = {name: PENALTIES[name] * study[f"strength.{name}"][1:] for name in names}
    best = {name: PENALTIES[name] * float(study[f"best.{name}"][0]) for name in names}
    accuracy = {name: 100 * study[f"validation.{name}"].mean(axis=0) for name in names}
    loss = {name: study[f"loss.{name}"].mean(axis=0) for name in names}
    small = {name: 100 * study[f"best_small.{name}"].mean() for name in names}
    norm = {name: study[f"best_norm.{name}"].mean() for name in ("none", *names)}

    def curves(measure: str, factor: float = 1.0) -> dict:
        return {REGULARIZERS[name]: (strengths[name], factor * study[f"{measure}.{name}"][:, 1:]) for name in names}

    def none(measure: str, factor: float = 1.0) -> tuple[str, float]:
        return "none", factor * float(study[f"{measure}.{names[0]}"][:, 0].mean())

    best_text = ", ".join(f"{REGULARIZERS[name]} {accuracy[name][1:].max():.1f}%" for name in names)
    return [
        lines(
            curves("validation"),
            "strength λ (AdamW: δ / 2)",
            "validation accuracy",
            f"Best validation accuracy: {best_text}; none {accuracy[names[0]][0]:.1f}%",
            log="x",
            reference=none("validation"),
            best="highest",
        ),
        lines(
            curves("loss"),
            "strength λ (AdamW: δ / 2)",
            "validation log loss (nats per example)",
            f"Lowest log loss: {min(values[1:].min() for values in loss.values()):.2f}; without a penalty "
            f"{loss[names[0]][0]:.2f}",
            log="xy",
            reference=none("loss"),
            best="lowest",
        ),
        lines(
            curves("norm"),
            "strength λ (AdamW: δ / 2)",
            "norm of all kernels",
            "Norm of the kernels at the best strength: "
            + ", ".join(f"{norm[name]:.0f} ({REGULARIZERS[name]}, {best[name]:g})" for name in names)
            + f"; {norm['none']:.0f} without a penalty",
            log="xy",
            reference=none("norm"),
        ),
        lines(
            curves("small", 100),
            "strength λ (AdamW: δ / 2)",
            "weights below 0.001 (%)",
            "Weights near zero at the best strength: "
            + ", ".join(f"{small[name]:.0f}% with {REGULARIZERS[name]}" for name in names),
            log="x",
        ),
    ]


def table(study: Study) -> pd.DataFrame:
    """Return strength, test accuracy, log loss and calibration error of each regularizer at its best strength."""
    baseline = study["correct.none"]
    rows = []
    for name in study.group("correct"):
        low, high = (100 * end for end in two_way_difference(study[f"correct.{name}"], baseline).interval())
        difference = 100 * (study[f"correct.{name}"].mean() - baseline.mean())
        strength = float(study[f"best.{name}"][0])
        rows.append(
            {
                "regularizer": REGULARIZERS.get(name, "none"),
                "strength": f"{strength:g}" if strength else "–",
                "test accuracy": f"{100 * study[f'correct.{name}'].mean():.1f}%",
                "difference (points)": signed(f"{difference:+.1f} [{low:.1f}, {high:.1f}]") if strength else "–",
                "log loss": f"{study[f'test_loss.{name}'].mean():.2f}",
                "calibration error": f"{study[f'ece.{name}'].mean():.3f}",
            }
        )
    return pd.DataFrame(rows)
