"""Text classification."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.naive_bayes import MultinomialNB
from sklearn.svm import LinearSVC

from layerwise.data.text import PADDING, UNKNOWN
from layerwise.reports.inputs import Data, Split


def run(
    data: Data, repeats: int = 5, c: Sequence[float] = (1, 10), beta: Sequence[float] = (0.25, 1.0)
) -> dict[str, np.ndarray]:
    """Evaluate bag-of-words baselines on the same word ids that the networks read.

    The baselines are the most frequent class; multinomial naive Bayes on words; NB-SVM on words and word pairs (Wang &
    Manning 2012, *Baselines and bigrams*); and TF-IDF on words and word pairs with logistic regression.

    Parameters
    ----------
    data : mapping
        One text dataset, on which the models are trained ``repeats`` times, each time without another tenth of the
        training split; or several folds of a dataset, on which they are trained once each.
    repeats : int
        At most 10.
    c : sequence of float
        Candidate inverse penalties of the logistic regression, chosen on the validation split.
    beta : sequence of float
        Candidate interpolations between naive Bayes (0) and SVM (1) of NB-SVM, chosen on the validation split.

    Returns
    -------
    dict
        ``accuracy.<baseline>`` and ``f1.<baseline>`` (macro F1) on the test split for majority, naive_bayes, nb_svm
        and tfidf, and ``chosen.c`` and ``chosen.beta``, all of shape (repeats or folds,); for one dataset
        ``right.<baseline>`` (repeats, examples), whether each test example is classified correctly.
    """
    measures: dict[str, list[Any]] = {}
    for splits in data.values():
        x, y = splits["train"]
        order = np.random.default_rng(0).permutation(len(y))
        for rows in np.array_split(order, 10)[:repeats] if len(data) == 1 else [order[:0]]:
            train = np.delete(x, rows, axis=0), np.delete(y, rows)
            texts, truth = splits["test"]
            predicted, chosen = _predict(train, splits["validation"], texts, c, beta)
            for name, classes in predicted.items():
                measures.setdefault(f"accuracy.{name}", []).append(float(np.mean(classes == truth)))
                if len(data) == 1:
                    measures.setdefault(f"right.{name}", []).append(classes == truth)
                measures.setdefault(f"f1.{name}", []).append(float(f1_score(truth, classes, average="macro")))
            for name, value in chosen.items():
                measures.setdefault(f"chosen.{name}", []).append(value)
    return {name: np.array(values) for name, values in measures.items()}


def _predict(
    train: Split, validation: Split, x: np.ndarray, c: Sequence[float], beta: Sequence[float]
) -> tuple[dict[str, np.ndarray], dict[str, float]]:
    """Return the predictions of each baseline for ``x``, and the hyperparameters chosen on the validation split."""
    y, yv = train[1], validation[1]
    words, x_words = counts(train[0], x, pairs=False)
    both, xv_both, x_both = counts(train[0], validation[0], x, pairs=True)
    weighting = TfidfTransformer(sublinear_tf=True).fit(both)
    tfidf, xv_tfidf, x_tfidf = map(weighting.transform, (both, xv_both, x_both))
    classify = nb_svm(both, y)
    interpolation = max(beta, key=lambda share: np.mean(classify(xv_both, share) == yv))
    models = {strength: LogisticRegression(C=strength, max_iter=200, tol=1e-3).fit(tfidf, y) for strength in c}
    strength = max(c, key=lambda strength: models[strength].score(xv_tfidf, yv))
    return {
        "majority": np.full(len(x), np.bincount(y).argmax()),
        "naive_bayes": MultinomialNB().fit(words, y).predict(x_words),
        "nb_svm": classify(x_both, interpolation),
        "tfidf": models[strength].predict(x_tfidf),
    }, {"c": strength, "beta": interpolation}


def counts(*texts: np.ndarray, pairs: bool) -> list[sparse.csr_array]:
    """Count the words, and optionally the pairs of adjacent words, of each text.

    Parameters
    ----------
    *texts : ndarray of shape (n, steps)
        Word ids; padding and unknown words are ignored. The columns are the words and pairs of the first array.
    pairs : bool
        Whether to count pairs.

    Returns
    -------
    list of csr_array of shape (n, columns)
    """
    size = max(int(x.max(initial=0)) for x in texts) + 1
    vocabulary = np.empty(0, np.int64)
    tables: list[sparse.csr_array] = []
    for x in texts:
        keys = x.astype(np.int64)
        keys[(x == PADDING) | (x == UNKNOWN)] = 0
        if pairs:
            first, second = keys[:, :-1], keys[:, 1:]
            keys = np.column_stack([keys, np.where((first > 0) & (second > 0), first * size + second, 0)])
        rows, columns = np.nonzero(keys)
        present = keys[rows, columns]
        vocabulary = vocabulary if tables else np.unique(present)
        indices = np.minimum(np.searchsorted(vocabulary, present), len(vocabulary) - 1)
        known = vocabulary[indices] == present
        ones = np.ones(int(known.sum()))
        table = sparse.coo_array(
            (ones, (rows[known].astype(np.int32), indices[known].astype(np.int32))), shape=(len(x), len(vocabulary))
        )
        tables.append(table.tocsr())
    return tables


def nb_svm(x: sparse.csr_array, y: np.ndarray, alpha: float = 1.0) -> Callable[..., np.ndarray]:
    r"""Fit NB-SVM and return its prediction function of ``(counts, beta)``.

    The inputs of a linear support vector machine are the binary occurrences of words, weighted by log-count ratios

    .. math:: r = \log \frac{p / \lVert p \rVert_1}{q / \lVert q \rVert_1}, \qquad
              p = \alpha + \sum_{y = k} f, \quad q = \alpha + \sum_{y \ne k} f

    and its weights w are interpolated with their mean magnitude, :math:`(1 - \beta) \bar w + \beta w` (Wang & Manning
    2012, eqs. 2 and 5). With more than two classes, it is one-versus-rest.
    """
    occurs, classes = (x > 0).astype(float), np.unique(y)
    ratios, machines = [], []
    for k in classes[1:] if len(classes) == 2 else classes:
        p, q = (alpha + np.asarray(occurs[rows].sum(axis=0)).ravel() for rows in (y == k, y != k))
        ratios.append(np.log(p / p.sum()) - np.log(q / q.sum()))
        machines.append(LinearSVC(C=1.0, tol=0.01, random_state=0).fit(occurs.multiply(ratios[-1]).tocsr(), y == k))
    r, w = np.array(ratios), np.array([machine.coef_[0] for machine in machines])
    bias = np.array([machine.intercept_[0] for machine in machines])

    def classify(x: sparse.csr_array, beta: float) -> np.ndarray:
        weights = r * ((1 - beta) * np.abs(w).mean(axis=1, keepdims=True) + beta * w)
        scores = (x > 0).astype(float) @ weights.T + bias
        return classes[(scores[:, 0] > 0).astype(int) if len(machines) == 1 else scores.argmax(axis=1)]

    return classify
