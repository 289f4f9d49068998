"""Texts on a page: networks and baselines in one table, and a network's reasons drawn in the words themselves."""

from __future__ import annotations

import html
import re
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from layerwise.data.splits import load_texts
from layerwise.data.text import spans
from layerwise.plots import Picture, interval
from layerwise.plots.studies import lines
from layerwise.plots.style import BACKEND_NAMES
from layerwise.reporting.artifacts import Experiment, Report, Study

BASELINES = {
    "majority": "largest class",
    "naive_bayes": "naive Bayes, words",
    "nb_svm": "NB-SVM, words and pairs",
    "tfidf": "TF-IDF and logistic regression",
}
KINDS = {"Parallel": "cnn", "LSTM": "lstm", "GlobalAveragePooling1D": "mean"}  # the layer that tells them apart
SPEAKS = {True: ("0, 114, 178", "solid"), False: ("213, 94, 0", "dotted")}  # for or against: blue or vermillion


class Row(NamedTuple):
    """A model in the table: its key in the names of anchors, what it is, what made it, and its measures."""

    key: str
    model: str
    tool: str
    accuracy: np.ndarray
    f1: np.ndarray


def sets(page: Report) -> dict[str, list[Experiment]]:
    """Return the experiments on texts by dataset; folds, ``movie_reviews_3``, count as one."""
    found: dict[str, list[Experiment]] = {}
    for experiment in page:
        if experiment.dataset.info["kind"] == "text":
            found.setdefault(_base(experiment.spec["dataset"]), []).append(experiment)
    return found


def _base(dataset: str) -> str:
    return re.sub(r"_\d+$", "", dataset)


def _study(page: Report, function: str, dataset: str) -> Study | None:
    found = (study for study in page.studies(function) if _base(study.spec["datasets"][0]) == dataset)
    return next(found, None)


def rows(page: Report, dataset: str) -> list[Row]:
    """Return every model of one dataset, the baselines first."""
    study = _study(page, "language.baselines", dataset)
    made = []
    if study is not None:
        for key, words in BASELINES.items():
            made.append(Row(key, words, "scikit-learn", study[f"accuracy.{key}"], study[f"f1.{key}"]))
    groups: dict[tuple[str, str], list[Experiment]] = {}
    for experiment in sets(page)[dataset]:
        layers = [layer["layer"] for layer in experiment.spec["model"]]
        kind = next((name for layer, name in KINDS.items() if layer in layers), experiment.name)
        for backend in experiment.backends:
            groups.setdefault((kind, backend), []).append(experiment)
    for (kind, backend), own in groups.items():
        accuracy, f1 = (
            np.array([e.metrics[backend, seed]["splits"]["test"][measure] for e in own for seed in e.healthy(backend)])
            for measure in ("accuracy", "f1_macro")
        )
        made.append(Row(kind, own[0].title, BACKEND_NAMES[backend], accuracy, f1))
    return made


def table(page: Report, dataset: str) -> tuple[pd.DataFrame, str]:
    """Return the table of one dataset, with the largest class and the published number in each row, and its caption."""
    made = rows(page, dataset)
    experiments = sets(page)[dataset]
    published = experiments[0].spec.get("published", {})
    floor = next((f"{row.accuracy.mean():.3f}" for row in made if row.key == "majority"), "–")
    lines = [
        {
            "model": row.model,
            "with": row.tool,
            "test accuracy": _plus_minus(row.accuracy),
            "macro F1": _plus_minus(row.f1),
            "largest class": floor,
            "published": _published(published.get(f"{dataset}_{row.key}")),
        }
        for row in made
    ]
    folds = len({experiment.spec["dataset"] for experiment in experiments})
    times = len(made[0].accuracy)
    seeds = f"over seeds; of baselines over {times} trainings, each without another tenth of the examples"
    over = f"over {folds} folds" if folds > 1 else seeds
    title = experiments[0].dataset.info["title"].rstrip("?")
    return pd.DataFrame(lines), f"{title}: mean ± half-width of the 95 % interval {over}. {_winner(made)}"


def _winner(made: list[Row]) -> str:
    """Say whether a baseline or a network is ahead."""
    simple, networks = (
        max((r for r in made if (r.tool == "scikit-learn") is is_simple), key=lambda r: r.accuracy.mean(), default=None)
        for is_simple in (True, False)
    )
    if simple is None or networks is None:
        return ""
    lead = 100 * float(simple.accuracy.mean() - networks.accuracy.mean())
    ahead, behind = (simple, networks) if lead > 0 else (networks, simple)
    return f"In front: {ahead.model}. {abs(lead):.1f} points behind: {behind.model}."


def _plus_minus(values: np.ndarray) -> str:
    if len(values) == 0:
        return "diverged"
    mean, half = interval(values)
    return f"{mean:.3f}" if np.isnan(half) else f"{mean:.3f} ± {half:.3f}"


def _published(anchor: dict[str, Any] | None) -> str:
    return "–" if anchor is None else f"{anchor['value']:.3f}: {anchor['model']} ({anchor['source']})"


# --- attributions -----------------------------------------------------------------------------------------------------


def passages(study: Study) -> str:
    """Return texts as HTML, each word shaded by how much it spoke for or against the class that won."""
    texts = load_texts(study.dataset.folder / "test.npz")
    names = study.dataset.names
    found = []
    for k, row in enumerate(study["text"]):
        said, truth, sure = (study[key][k] for key in ("predicted", "truth", "probability"))
        verdict = f"{names[said]}, {100 * sure:.0f} %"
        if said != truth:
            verdict += f"; true class {names[truth]}"
        found.append(passage(texts[row], study["words"][k], verdict))
    return "\n".join(found)


def passage(text: str, attributions: np.ndarray, verdict: str, named: int = 3) -> str:
    """Return one text as HTML.

    Words for the class are blue and underlined, words against it orange and dotted, the darker the stronger; the text
    stays text, and a line below says the strongest words for whoever sees no colours.

    Parameters
    ----------
    text : str
    attributions : ndarray of shape (steps,)
        Of its words, from the first; the text may be shorter or longer.
    verdict : str
        What stands above it.
    named : int
        How many words the line below names at most, on each side.
    """
    places = spans(text)[: len(attributions)]
    values = attributions[: len(places)]
    largest = float(np.abs(values).max(initial=0)) or 1.0
    pieces, end = [], 0
    for (start, stop), value in zip(places, values):
        pieces.append(html.escape(text[end:start]))
        pieces.append(_shaded(text[start:stop], float(value) / largest))
        end = stop
    pieces.append(html.escape(text[end:]))
    order = np.argsort(-values, kind="stable")
    signed = [f"{value:+.1f}".replace("-", "−") for value in values]
    words = [f"{text[slice(*place)]} {number}" for place, number in zip(places, signed)]
    speaks = ", ".join(words[i] for i in order[:named] if values[i] >= 0.05)
    against = ", ".join(words[i] for i in order[::-1][:named] if values[i] <= -0.05)
    told = html.escape(f"For: {speaks or 'nothing'}. Against: {against or 'nothing'}.")
    return (
        f'<p style="margin:0 0 1.1rem;max-width:44rem"><strong>{html.escape(verdict)}</strong><br>{"".join(pieces)}<br>'
        f'<small style="color:var(--muted)">{told}</small></p>'
    )


def _shaded(word: str, share: float) -> str:
    """Return a word with a shade of its share of the strongest attribution; a faint one stays as it is."""
    if abs(share) < 0.05:
        return html.escape(word)
    colour, line = SPEAKS[share > 0]
    style = f"background:rgba({colour},{0.5 * abs(share):.2f});text-decoration:underline {line} rgb({colour})"
    return f'<span style="{style}">{html.escape(word)}</span>'


def removal(study: Study) -> Picture:
    """Draw how many texts keep their class as words are taken out, by attribution or at random."""
    top, random = study["same.top"], study["same.random"]
    words = np.arange(top.shape[1])
    return lines(
        {"highest attribution first": (words, top), "any words": (words, random)},
        "words made unknown",
        "share of texts that keep their class",
        f"Without the {words[-1]} words of highest attribution {100 * top[:, -1].mean():.0f} % keep their class, "
        f"without any {words[-1]} words {100 * random[:, -1].mean():.0f} %",
        marked=True,
    )
