"""Factorial ablation: batch normalization, dropout and L2 in every combination."""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd

from layerwise.evaluation.compare import holm
from layerwise.numbers import signed
from layerwise.plots import Picture
from layerwise.plots.factors import effects, interactions
from layerwise.reporting.artifacts import Study

FACTORS = {"batch_normalization": "BatchNorm", "dropout": "dropout", "L2": "L2"}


def _name(term: str) -> str:
    return " × ".join(FACTORS[factor] for factor in term.split(":"))


def draw(study: Study) -> list[Picture]:
    """Draw the simple effects of the methods and the effects of all terms, for each size of the training set."""
    counts = study["examples"]
    simple = {
        f"{count:,} examples": {
            f"{FACTORS[method]}, {words}": study[f"{kind}.{count}.{method}"]
            for method in FACTORS
            for kind, words in (("alone", "alone"), ("added", "added to the others"))
        }
        for count in counts
    }
    terms = {
        f"{count:,} examples": {_name(term): row for term, row in study.group(f"estimate.{count}").items()}
        for count in counts
    }
    last = counts[-1]
    alone, added = (
        {method: 100 * study[f"{kind}.{last}.{method}"][0] for method in FACTORS} for kind in ("alone", "added")
    )
    by_term = {term: 100 * row[0] for term, row in study.group(f"estimate.{last}").items() if ":" in term}
    largest = max(by_term, key=lambda term: abs(by_term[term]))
    return [
        effects(
            simple,
            "effect on accuracy (points)",
            signed(
                f"{last:,} examples, points gained alone and added to the others: "
                + ", ".join(f"{name} {alone[key]:+.1f} and {added[key]:+.1f}" for key, name in FACTORS.items())
            ),
            100.0,
        ),
        effects(
            terms,
            "effect on accuracy (points)",
            signed(f"Largest interaction with {last:,} examples: {_name(largest)}, {by_term[largest]:+.1f} points"),
            100.0,
        ),
    ]


def interaction(study: Study) -> Picture:
    """Draw the interactions of the three methods, for each size of the training set."""
    tables, findings = {}, []
    for count in study["examples"]:
        cells = [study[f"test.{b}{d}{p}.{count}"] for b, d, p in product((0, 1), repeat=3)]
        tables[f"{count:,} examples"] = np.stack(cells, axis=1).reshape(-1, 2, 2, 2)
        best = max(
            product((0, 1), repeat=3), key=lambda cell: study[f"test.{cell[0]}{cell[1]}{cell[2]}.{count}"].mean()
        )
        words = " + ".join(name for on, name in zip(best, FACTORS.values()) if on) or "no method"
        highest = 100 * study["test.{}{}{}.{}".format(*best, count)].mean()
        findings.append(f"{words}, {highest:.1f}% ({count:,} examples)")
    return interactions(tables, list(FACTORS.values()), "test accuracy (%)", f"Best: {'; '.join(findings)}", 100.0)


def cells_table(study: Study) -> pd.DataFrame:
    """Return the chosen settings and the results of every combination."""
    rows = []
    for count, (b, d, p) in product(study["examples"], product((0, 1), repeat=3)):
        cell = f"{b}{d}{p}.{count}"
        rate, dropout, l2 = study[f"chosen.{cell}"]
        chosen = [name for on, name in zip((b, d, p), FACTORS.values()) if on]
        rows.append(
            {
                "examples": f"{count:,}",
                "network": " + ".join(chosen) or "plain",
                "η": f"{rate:g}",
                "dropout": f"{dropout:g}" if d else "–",
                "λ": f"{l2:g}" if p else "–",
                "test accuracy": f"{100 * study[f'test.{cell}'].mean():.1f}%",
                "log loss": f"{study[f'loss.{cell}'].mean():.2f}",
                "calibration error": f"{study[f'ece.{cell}'].mean():.3f}",
            }
        )
    return pd.DataFrame(rows)


def anova_table(study: Study) -> pd.DataFrame:
    """Return effect, interval, F and p with Holm's correction of every term, for each size of the training set."""
    rows = []
    for count in study["examples"]:
        terms = study.group(f"estimate.{count}")
        corrected = holm([float(row[4]) for row in terms.values()])
        for (term, (mean, low, high, ratio, _)), p in zip(terms.items(), corrected):
            rows.append(
                {
                    "examples": f"{count:,}",
                    "term": _name(term),
                    "effect (points)": signed(f"{100 * mean:+.1f} [{100 * low:.1f}, {100 * high:.1f}]"),
                    "F": f"{ratio:.1f}",
                    "p (Holm)": "< 0.001" if p < 0.001 else f"{p:.3f}",
                }
            )
    return pd.DataFrame(rows)
