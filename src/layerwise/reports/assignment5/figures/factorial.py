"""Factorial ablation (ANOVA)."""

from __future__ import annotations

from itertools import combinations, product

import numpy as np
import pandas as pd

from layerwise.evaluation.compare import holm
from layerwise.numbers import number, signed
from layerwise.plots import Picture
from layerwise.plots.factors import effects, interactions
from layerwise.plots.style import BACKEND_NAMES
from layerwise.reporting.artifacts import Study

FACTORS = {"batch_normalization": "BatchNorm", "dropout": "dropout", "L2": "L2", "examples": "examples"}
MEASURES = {
    "test": "test accuracy",
    "gap": "training − test accuracy",
    "ece": "calibration error",
    "loss": "log loss",
}


def _name(term: str) -> str:
    return " × ".join(FACTORS[factor] for factor in term.split(":"))


def interaction(study: Study, measure: str = "test") -> Picture:
    """Draw the interactions of the three methods, for each size of the training set."""
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
        findings.append(f"{largest}, {signed(f'{scale * pairs[largest]:+.2f}')} {unit} with {count:,} examples")
    return interactions(
        tables,
        names,
        f"{MEASURES[measure]}{' (%)' if scale == 100 else ''}",
        f"Largest interaction: {'; '.join(findings)}",
        scale,
    )


def main_effects(*studies: Study) -> list[Picture]:
    """Draw the effects of factors and pairs on accuracy, gap and calibration, one marker per backend."""
    pictures = []
    for measure in ("test", "gap", "ece"):
        by_backend = {
            study.arguments["backend"]: {
                _name(term): values for term, values in study.group(f"effect.{measure}").items() if term.count(":") < 2
            }
            for study in studies
        }
        first = next(iter(by_backend.values()))
        order = sorted(first, key=lambda term: -abs(first[term].mean()))
        largest = [f"{term} {signed(f'{100 * first[term].mean():+.1f}')} points" for term in order[:2]]
        pictures.append(
            effects(
                by_backend,
                f"effect on {MEASURES[measure]} (points)",
                f"{MEASURES[measure].capitalize()}: {largest[0]}, then {largest[1]}",
                100.0,
            )
        )
    return pictures


def anova_table(study: Study, measures: tuple[str, ...] = ("test", "gap", "ece")) -> pd.DataFrame:
    """Return the analysis of variance of several measures as one table.

    For each measure: F, the p-value with Holm's correction for the number of terms, and the share of the sum of
    squares.
    """
    terms = list(study.group(f"effect.{measures[0]}"))
    columns: dict[str, list[object]] = {"term": [*map(_name, terms), "seed", "residual"]}
    columns["df"] = [int(freedom) for freedom in study[f"anova.{measures[0]}"][:, 1]]
    for measure in measures:
        table, word = study[f"anova.{measure}"], {"test": "accuracy", "gap": "gap", "ece": "calibration"}[measure]
        corrected = holm([float(p) for p in table[: len(terms), 3]])
        columns[f"{word}: F"] = ["–" if np.isnan(ratio) else f"{ratio:.1f}" for ratio in table[:, 2]]
        columns[f"{word}: p"] = [*("< 0.001" if p < 0.001 else f"{p:.3f}" for p in corrected), "–", "–"]
        columns[f"{word}: share"] = [f"{100 * share:.1f}%" for share in table[:, 4]]
    return pd.DataFrame(columns)


def backends_table(ours: Study, theirs: Study) -> pd.DataFrame:
    """Return the accuracy and log loss of each cell in both backends, with the largest difference of a run."""
    rows = []
    for b, d, p in product((0, 1), repeat=3):
        chosen = [name for on, name in zip((b, d, p), list(FACTORS.values())) if on]
        for count in ours["examples"]:
            cell = f"{b}{d}{p}.{count}"
            row: dict[str, object] = {"network": " + ".join(chosen) or "plain", "examples": int(count)}
            for study in (ours, theirs):
                backend = BACKEND_NAMES[study.arguments["backend"]]
                row[f"test accuracy, {backend}"] = f"{100 * study[f'test.{cell}'].mean():.1f}%"
                row[f"log loss, {backend}"] = f"{study[f'loss.{cell}'].mean():.3f}"
            row["largest difference in log loss"] = number(np.abs(ours[f"loss.{cell}"] - theirs[f"loss.{cell}"]).max())
            rows.append(row)
    return pd.DataFrame(rows)
