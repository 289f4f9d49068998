"""Word attribution."""

from __future__ import annotations

import html

import numpy as np

from layerwise.data.splits import load_texts
from layerwise.data.text import spans
from layerwise.plots import Picture
from layerwise.plots.studies import lines
from layerwise.reporting.artifacts import Study

SPEAKS = {True: ("0, 114, 178", "solid"), False: ("213, 94, 0", "dotted")}  # for or against: blue or vermillion


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


def deletion(study: Study) -> Picture:
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
