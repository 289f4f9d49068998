"""Word attribution."""

from __future__ import annotations

import html

import numpy as np

from layerwise.data.splits import load_texts
from layerwise.data.text import spans
from layerwise.numbers import signed
from layerwise.plots import Picture
from layerwise.plots.studies import lines
from layerwise.reporting.artifacts import Study

SPEAKS = {True: ("0, 114, 178", "solid"), False: ("213, 94, 0", "dotted")}  # positive: blue, negative: vermillion


def passages(study: Study) -> str:
    """Return texts as HTML, each word shaded by its attribution to the predicted class."""
    texts = load_texts(study.dataset.folder / "test.npz")
    names = study.dataset.names
    blocks = []
    for k, row in enumerate(study["text"]):
        predicted, truth, probability = (study[key][k] for key in ("predicted", "truth", "probability"))
        verdict = f"{names[predicted]}, {100 * probability:.0f}%"
        if predicted != truth:
            verdict += f"; true class {names[truth]}"
        blocks.append(passage(texts[row], study["words"][k], verdict))
    return "\n".join(blocks)


def passage(text: str, attributions: np.ndarray, verdict: str, named: int = 3) -> str:
    """Return one text as HTML with its words shaded by attribution.

    Words for the class are blue and underlined, words against it orange with a dotted underline, darker the stronger.
    The line below lists the strongest words, so that the result can be read without colors.

    Parameters
    ----------
    text : str
    attributions : ndarray of shape (steps,)
        Attributions of the words in order; the text may have fewer or more words.
    verdict : str
        Heading of the text.
    named : int
        Maximum number of words listed for and against the class.
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
    words = [f"{text[slice(*place)]} {signed(f'{value:+.1f}')}" for place, value in zip(places, values)]
    speaks = ", ".join(words[i] for i in order[:named] if values[i] >= 0.05)
    against = ", ".join(words[i] for i in order[::-1][:named] if values[i] <= -0.05)
    summary = html.escape(f"For: {speaks or 'nothing'}. Against: {against or 'nothing'}.")
    return (
        f'<p style="margin:0 0 1.1rem;max-width:44rem"><strong>{html.escape(verdict)}</strong><br>{"".join(pieces)}<br>'
        f'<small style="color:var(--muted)">{summary}</small></p>'
    )


def _shaded(word: str, share: float) -> str:
    """Return a word shaded by its share of the strongest attribution, unshaded below 5%."""
    if abs(share) < 0.05:
        return html.escape(word)
    color, line = SPEAKS[share > 0]
    style = f"background:rgba({color},{0.5 * abs(share):.2f});text-decoration:underline {line} rgb({color})"
    return f'<span style="{style}">{html.escape(word)}</span>'


def deletion(study: Study) -> Picture:
    """Draw the share of texts that keep their class as words are removed by attribution or at random."""
    top, random = study["same.top"], study["same.random"]
    words = np.arange(top.shape[1])
    return lines(
        {"highest attribution first": (words, top), "random words": (words, random)},
        "words removed",
        "share of texts that keep their class",
        f"Without the {words[-1]} words of highest attribution, {100 * top[:, -1].mean():.0f}% keep their class, "
        f"without {words[-1]} random words {100 * random[:, -1].mean():.0f}%",
        marked=True,
    )
