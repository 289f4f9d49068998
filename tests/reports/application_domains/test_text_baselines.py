from types import SimpleNamespace

import numpy as np
import pytest
from studies import check_same

from layerwise.reports.application_domains.figures.text_baselines import BASELINES, datasets, table
from layerwise.reports.application_domains.studies.text_baselines import counts, nb_svm, run

from .films import A, B, C

QUICK = {"repeats": 3}


def test_counts_of_words_and_pairs():
    first, second = counts(np.array([[A, B, A, 0], [1, C, A, 0]]), np.array([[A, A, B, 9]]), pairs=True)
    # columns: a, b, c, then the pairs a b, b a, c a; unknown words and padding form no pairs
    np.testing.assert_array_equal(first.toarray(), [[2, 1, 0, 1, 1, 0], [1, 0, 1, 0, 0, 1]])
    np.testing.assert_array_equal(second.toarray(), [[2, 1, 0, 1, 0, 0]])
    (words,) = counts(np.array([[A, B, A, 0]]), pairs=False)
    np.testing.assert_array_equal(words.toarray(), [[2, 1]])


@pytest.mark.parametrize("beta", [0.25, 1.0])
@pytest.mark.parametrize("classes", [2, 3])
def test_nb_svm_learns_the_word_that_determines_the_class(classes, beta):
    y = np.arange(60) % classes
    x = np.column_stack([y + 2, np.random.default_rng(0).integers(10, 15, (60, 3))])
    (words,) = counts(x, pairs=False)
    np.testing.assert_array_equal(nb_svm(words, y)(words, beta), y)


def test_nb_svm_with_beta_0_is_naive_bayes_on_binary_counts():
    """With β = 0, every word is weighted by a constant multiple of its log-count ratio (Wang & Manning 2012, 2.3)."""
    x = np.array([[A, B], [A, C], [B, C], [B, B]])
    y = np.array([1, 1, 0, 0])
    (words,) = counts(x, pairs=False)
    p, q = (
        np.array([3, 2, 2]) / 7,
        np.array([1, 3, 2]) / 6,
    )  # one more than the number of texts of the class with a, b, c
    ratio = np.log(p / q)
    new = np.array([[A, C], [B, C]])
    _, present = counts(x, new, pairs=False)
    scores = present.toarray() @ ratio
    assert scores[0] > 0 > scores[1]
    np.testing.assert_array_equal(nb_svm(words, y)(present, 0.0), [1, 0])


def test_the_study_is_reproducible(films):
    check_same(run(films, **QUICK), run(films, **QUICK))


def test_baselines_classify_texts_with_one_decisive_word(films):
    arrays = run(films, **QUICK)
    for name in ("naive_bayes", "nb_svm", "tfidf"):
        np.testing.assert_array_equal(arrays[f"accuracy.{name}"], np.ones(3))
        np.testing.assert_array_equal(arrays[f"f1.{name}"], np.ones(3))
    np.testing.assert_array_equal(arrays["accuracy.majority"], np.full(3, 0.5))


def test_folds_are_trained_once_each(films):
    arrays = run({"films_0": films["films"], "films_1": films["films"]})
    assert {len(values) for values in arrays.values()} == {2}


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
    def studies(self, module):
        assert module == "text_baselines"
        arrays = {f"{m}.{b}": np.full(2, 0.5) for m in ("accuracy", "f1") for b in BASELINES}
        spec = {"datasets": ["films_0", "films_1"]}
        return [type("Study", (), {"spec": spec, "__getitem__": lambda self, key: arrays[key]})()]


def test_every_row_has_the_largest_class_and_its_published_accuracy():
    anchor = {"value": 0.76, "model": "CNN", "source": "a paper"}
    page = Page(
        experiment(f"films_{k}", "Parallel", {"numpy": [0.7 + k / 10], "keras": [0.6]}, {"films_cnn": anchor})
        for k in range(2)
    )
    assert list(datasets(page)) == ["films"]
    rows, caption = table(page, "films")
    assert set(rows["largest class"]) == {"0.500"} and len(rows) == len(BASELINES) + 2
    ours = rows[rows["with"] == "NumPy"].iloc[0]
    assert ours["test accuracy"].startswith("0.750 ± ") and ours["published"] == "0.760: CNN (a paper)"
    assert "over 2 folds" in caption and caption.endswith("Best: Parallel, 25.0 points above largest class.")
