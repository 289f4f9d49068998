"""Texts on a page: attributions in the words, and models beside the largest class and the published number."""

import re
from types import SimpleNamespace

import numpy as np
import pytest

from layerwise.reporting import language


def shades(markup):
    return dict(re.findall(r'<span style="background:rgba\((\d+,[^)]*)\)[^>]*>([^<]*)</span>', markup))


def test_words_are_shaded_by_what_they_said():
    markup = language.passage("Draw <b> & plot, not sum.", np.array([1.0, 0.5, 0.0, 4.0, 0.0, -2.0, 0.1, 0.2]), "numpy")
    assert "Draw" in markup and "&lt;b&gt;" in markup and " &amp; " in markup and "<b>" not in markup
    assert re.sub(r"<[^>]+>", "", markup).startswith("numpyDraw &lt;b&gt; &amp; plot, not sum.For: ")
    assert shades(markup) == {
        "0, 114, 178,0.12": "Draw",
        "0, 114, 178,0.06": "&lt;b&gt;",
        "0, 114, 178,0.50": "plot",
        "213, 94, 0,0.25": "not",
        "0, 114, 178,0.03": ".",
    }  # a share of the strongest below 5 % stays plain
    assert "For: plot +4.0, Draw +1.0, &lt;b&gt; +0.5. Against: not −2.0." in markup


@pytest.mark.parametrize("values", [np.zeros(3), np.zeros(0), np.array([0.0, 1.0])])
def test_a_text_may_be_longer_than_its_attributions(values):
    markup = language.passage("one two three four", values, "yes")
    assert re.sub(r"<[^>]+>", "", markup).startswith("yesone two three fourFor: ")


def experiment(dataset, layer, accuracy, published=None):
    metrics = {
        (backend, seed): {"splits": {"test": {"accuracy": value, "f1_macro": value / 2}}}
        for backend, values in accuracy.items()
        for seed, value in enumerate(values)
    }
    return SimpleNamespace(
        name=f"{layer}_{dataset}",
        title=layer,
        backends=list(accuracy),
        spec={"dataset": dataset, "model": [{"layer": "Embedding"}, {"layer": layer}], "published": published or {}},
        metrics=metrics,
        healthy=lambda backend: range(len(accuracy[backend])),
        dataset=SimpleNamespace(info={"kind": "text", "title": "Films"}),
    )


class Page(list):
    def studies(self, function):
        arrays = {f"{m}.{b}": np.full(2, 0.5) for m in ("accuracy", "f1") for b in language.BASELINES}
        study = SimpleNamespace(spec={"datasets": ["films_0", "films_1"]}, __getitem__=arrays.get)
        return [type("Study", (), {"spec": study.spec, "__getitem__": lambda self, key: arrays[key]})()]


def test_the_largest_class_and_the_published_number_stand_in_every_row():
    anchor = {"value": 0.76, "model": "CNN", "source": "a paper"}
    page = Page(
        experiment(f"films_{k}", "Parallel", {"numpy": [0.7 + k / 10], "keras": [0.6]}, {"films_cnn": anchor})
        for k in range(2)
    )
    assert list(language.sets(page)) == ["films"]
    table, caption = language.table(page, "films")
    assert set(table["largest class"]) == {"0.500"} and len(table) == len(language.BASELINES) + 2
    ours = table[table["with"] == "NumPy"].iloc[0]
    assert ours["test accuracy"].startswith("0.750 ± ") and ours["published"] == "0.760: CNN (a paper)"
    assert "over 2 folds" in caption and caption.endswith("In front: Parallel. 25.0 points behind: largest class.")
