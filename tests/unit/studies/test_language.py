"""Baselines for texts on texts small enough to count by hand, and attributions of a word that decides alone."""

from types import SimpleNamespace

import numpy as np
import pytest

from layerwise import nn
from layerwise.studies import language

GOOD, BAD, A, B, C = 2, 3, 4, 5, 6  # word ids; 0 is padding, 1 the unknown word


def texts(n, seed=0):
    """Return texts of four words in which one word says the class, and their classes."""
    rng = np.random.default_rng(seed)
    y = np.arange(n) % 2
    x = rng.choice([A, B, C], size=(n, 4)).astype(np.int32)
    x[np.arange(n), rng.integers(0, 4, n)] = np.where(y == 1, GOOD, BAD)
    return np.column_stack([x, np.zeros((n, 2), np.int32)]), y.astype(np.int32)


@pytest.fixture
def data():
    return {"films": {"train": texts(80), "validation": texts(20, 1), "test": texts(30, 2)}}


def test_counts_of_words_and_pairs():
    first, second = language.counts(np.array([[A, B, A, 0], [1, C, A, 0]]), np.array([[A, A, B, 9]]), pairs=True)
    # columns: a, b, c, then the pairs a b, b a, c a; nothing beside an unknown word or padding is a pair
    np.testing.assert_array_equal(first.toarray(), [[2, 1, 0, 1, 1, 0], [1, 0, 1, 0, 0, 1]])
    np.testing.assert_array_equal(second.toarray(), [[2, 1, 0, 1, 0, 0]])
    (words,) = language.counts(np.array([[A, B, A, 0]]), pairs=False)
    np.testing.assert_array_equal(words.toarray(), [[2, 1]])


@pytest.mark.parametrize("beta", [0.25, 1.0])
@pytest.mark.parametrize("classes", [2, 3])
def test_nb_svm_finds_the_word_that_decides(classes, beta):
    y = np.arange(60) % classes
    x = np.column_stack([y + 2, np.random.default_rng(0).integers(10, 15, (60, 3))])
    (counts,) = language.counts(x, pairs=False)
    np.testing.assert_array_equal(language.nb_svm(counts, y)(counts, beta), y)


def test_nb_svm_without_its_machine_is_naive_bayes_by_presence():
    """With β = 0 every word weighs its log-count ratio times the same number (Wang & Manning 2012, section 2.3)."""
    x = np.array([[A, B], [A, C], [B, C], [B, B]])
    y = np.array([1, 1, 0, 0])
    (counts,) = language.counts(x, pairs=False)
    p, q = np.array([3, 2, 2]) / 7, np.array([1, 3, 2]) / 6  # one more than the texts of the class with a, b, c
    ratio = np.log(p / q)
    asked = np.array([[A, C], [B, C]])
    _, present = language.counts(x, asked, pairs=False)
    scores = present.toarray() @ ratio
    assert scores[0] > 0 > scores[1]
    np.testing.assert_array_equal(language.nb_svm(counts, y)(present, 0.0), [1, 0])


def test_baselines_reach_what_counting_can(data):
    found = language.baselines(data, repeats=3)
    for name in ("naive_bayes", "nb_svm", "tfidf"):
        np.testing.assert_array_equal(found[f"accuracy.{name}"], np.ones(3))
        np.testing.assert_array_equal(found[f"f1.{name}"], np.ones(3))
    np.testing.assert_array_equal(found["accuracy.majority"], np.full(3, 0.5))
    again = language.baselines(data, repeats=3)
    assert all(np.array_equal(found[key], again[key]) for key in again)


def test_folds_are_trained_once_each(data):
    found = language.baselines({"films_0": data["films"], "films_1": data["films"]})
    assert {len(values) for values in found.values()} == {2}


def network(weight):
    """Return a model whose score is ``weight`` for each GOOD and −``weight`` for each BAD word."""
    model = nn.Sequential([nn.Input((6,)), nn.Embedding(7, 1), nn.Flatten(), nn.Dense(1)], seed=0)
    vectors = np.zeros((7, 1), np.float32)
    vectors[[GOOD, BAD]] = [[weight], [-weight]]
    model.set_weights([vectors, np.ones((6, 1), np.float32), np.zeros(1, np.float32) - 0.1])
    return model


def test_the_word_that_decides_has_the_attribution(data):
    runs = {"films_cnn/numpy": SimpleNamespace(models=lambda: iter([network(2.0), network(3.0)]))}
    found = language.attributions(data, runs, shown=2, examples=20, removed=2)
    x, y = data["films"]["test"]
    assert len(found["text"]) == 4 and (found["predicted"] == found["truth"]).all()
    decides = np.isin(x[found["text"]], [GOOD, BAD])
    np.testing.assert_allclose(found["words"], np.where(decides, 2.0, 0.0), atol=1e-5)
    np.testing.assert_array_equal(found["truth"], y[found["text"]])
    assert found["completeness"].max() < 1e-5
    np.testing.assert_array_equal(found["same.top"][:, 0], [1, 1])
    # without its one telling word a text scores −0.1: texts of the second class change, those of the first do not
    np.testing.assert_allclose(found["last.top"], np.mean(found["same.top"][:, 1:], axis=1))
    assert (found["last.top"] < found["last.random"]).all()


def test_the_accuracy_of_folds():
    truth = np.array([0, 1, 1, 0])
    data = {name: {"test": (np.zeros((4, 2)), truth)} for name in ("films_0", "films_1")}

    def run(name, p):
        return SimpleNamespace(dataset={"name": name}, predictions=lambda: np.array(p))

    runs = {
        "cnn_0/numpy": run("films_0", [[0.1, 0.9, 0.9, 0.1]]),
        "cnn_1/numpy": run("films_1", [[0.1, 0.9, 0.1, 0.9]]),
        "cnn_0/keras": run("films_0", [[0.9, 0.9, 0.9, 0.1]]),
    }
    found = language.folds(data, runs)
    np.testing.assert_array_equal(found["accuracy.numpy"], [1.0, 0.5])
    np.testing.assert_array_equal(found["accuracy.keras"], [0.75])
