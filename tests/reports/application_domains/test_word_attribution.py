import re
from types import SimpleNamespace

import numpy as np
import pytest

from layerwise import nn
from layerwise.reports.application_domains.figures.word_attribution import passage
from layerwise.reports.application_domains.studies.word_attribution import run

from .films import BAD, GOOD


def network(weight):
    """Return a model that adds ``weight`` to the score for each GOOD word and subtracts it for each BAD word."""
    model = nn.Sequential([nn.Input((6,)), nn.Embedding(7, 1), nn.Flatten(), nn.Dense(1)], seed=0)
    vectors = np.zeros((7, 1), np.float32)
    vectors[[GOOD, BAD]] = [[weight], [-weight]]
    model.set_weights([vectors, np.ones((6, 1), np.float32), np.zeros(1, np.float32) - 0.1])
    return model


def test_the_decisive_word_gets_the_attribution(films):
    runs = {"films_cnn/numpy": SimpleNamespace(models=lambda: iter([network(2.0), network(3.0)]))}
    arrays = run(films, runs, shown=2, examples=20, removed=2)
    x, y = films["films"]["test"]
    assert len(arrays["text"]) == 4 and (arrays["predicted"] == arrays["truth"]).all()
    decides = np.isin(x[arrays["text"]], [GOOD, BAD])
    np.testing.assert_allclose(arrays["words"], np.where(decides, 2.0, 0.0), atol=1e-5)
    np.testing.assert_array_equal(arrays["truth"], y[arrays["text"]])
    assert arrays["completeness"].max() < 1e-5
    np.testing.assert_array_equal(arrays["same.top"][:, 0], [1, 1])
    # without its decisive word the score of a text is −0.1: only the texts of the second class change
    np.testing.assert_allclose(arrays["last.top"], np.mean(arrays["same.top"][:, 1:], axis=1))
    assert (arrays["last.top"] < arrays["last.random"]).all()


def shades(markup):
    """Return the color of each shaded word."""
    return dict(re.findall(r'<span style="background:rgba\((\d+,[^)]*)\)[^>]*>([^<]*)</span>', markup))


def test_words_are_shaded_by_attribution():
    markup = passage("Draw <b> & plot, not sum.", np.array([1.0, 0.5, 0.0, 4.0, 0.0, -2.0, 0.1, 0.2]), "numpy")
    assert "Draw" in markup and "&lt;b&gt;" in markup and " &amp; " in markup and "<b>" not in markup
    assert re.sub(r"<[^>]+>", "", markup).startswith("numpyDraw &lt;b&gt; &amp; plot, not sum.For: ")
    assert shades(markup) == {
        "0, 114, 178,0.12": "Draw",
        "0, 114, 178,0.06": "&lt;b&gt;",
        "0, 114, 178,0.50": "plot",
        "213, 94, 0,0.25": "not",
        "0, 114, 178,0.03": ".",
    }  # words below 5% of the strongest are not shaded
    assert "For: plot +4.0, Draw +1.0, &lt;b&gt; +0.5. Against: not −2.0." in markup


@pytest.mark.parametrize("values", [np.zeros(3), np.zeros(0), np.array([0.0, 1.0])])
def test_a_text_may_be_longer_than_its_attributions(values):
    markup = passage("one two three four", values, "yes")
    assert re.sub(r"<[^>]+>", "", markup).startswith("yesone two three fourFor: ")
