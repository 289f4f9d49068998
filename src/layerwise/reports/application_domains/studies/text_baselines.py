"""Text classification."""

from __future__ import annotations

from collections.abc import Callable, Sequence

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
    """Classify texts by counts of their words, as the networks read them: the floor, and what is hard to beat.

    The most frequent class; multinomial naive Bayes over words; NB-SVM over words and pairs (Wang & Manning 2012,
    *Baselines and bigrams*); TF-IDF over words and pairs with logistic regression.

    Parameters
    ----------
    data : mapping
        One text dataset: trained ``repeats`` times, each without another tenth of the training split. Or several, the
        folds of one: each trained once, with all of it.
    repeats : int
        At most 10.
    c : sequence of float
        Inverse strengths of the logistic regression's penalty, chosen from on validation.
    beta : sequence of float
        How far NB-SVM trusts the support vectors rather than the log-count ratios, chosen from on validation.

    Returns
    -------
    dict
        ``accuracy.<baseline>`` and ``f1.<baseline>`` (repeats or folds,) on the test split, for majority, naive_bayes,
        nb_svm and tfidf; ``chosen.c`` and ``chosen.beta`` (the same,).
    """
    found: dict[str, list[float]] = {}
    for splits in data.values():
        x, y = splits["train"]
        order = np.random.default_rng(0).permutation(len(y))
        for rows in np.array_split(order, 10)[:repeats] if len(data) == 1 else [order[:0]]:
            train = np.delete(x, rows, axis=0), np.delete(y, rows)
            texts, truth = splits["test"]
            predicted, chosen = _classified(train, splits["validation"], texts, c, beta)
            for name, classes in predicted.items():
                found.setdefault(f"accuracy.{name}", []).append(float(np.mean(classes == truth)))
                found.setdefault(f"f1.{name}", []).append(float(f1_score(truth, classes, average="macro")))
            for name, value in chosen.items():
                found.setdefault(f"chosen.{name}", []).append(value)
    return {name: np.array(values) for name, values in found.items()}


def _classified(
    train: Split, validation: Split, x: np.ndarray, c: Sequence[float], beta: Sequence[float]
) -> tuple[dict[str, np.ndarray], dict[str, float]]:
    """Return the class that each baseline gives each text of ``x``, and what was chosen on validation."""
    y, held_y = train[1], validation[1]
    words, asked = counts(train[0], x, pairs=False)
    both, held, asked_both = counts(train[0], validation[0], x, pairs=True)
    weighting = TfidfTransformer(sublinear_tf=True).fit(both)
    tfidf, held_tfidf, asked_tfidf = map(weighting.transform, (both, held, asked_both))
    classify = nb_svm(both, y)
    trusted = max(beta, key=lambda share: np.mean(classify(held, share) == held_y))
    models = {strength: LogisticRegression(C=strength, max_iter=200, tol=1e-3).fit(tfidf, y) for strength in c}
    strength = max(c, key=lambda strength: models[strength].score(held_tfidf, held_y))
    return {
        "majority": np.full(len(x), np.bincount(y).argmax()),
        "naive_bayes": MultinomialNB().fit(words, y).predict(asked),
        "nb_svm": classify(asked_both, trusted),
        "tfidf": models[strength].predict(asked_tfidf),
    }, {"c": strength, "beta": trusted}


def counts(*texts: np.ndarray, pairs: bool) -> list[sparse.csr_array]:
    """Return how often each word, and each pair of neighbours if asked, occurs in each text.

    Parameters
    ----------
    *texts : ndarray of shape (n, steps)
        Word ids; padding and unknown words do not count. Words and pairs of the first array are the columns.
    pairs : bool

    Returns
    -------
    list of csr_array of shape (n, columns)
    """
    size = max(int(x.max(initial=0)) for x in texts) + 1
    known = np.empty(0, np.int64)
    tables: list[sparse.csr_array] = []
    for x in texts:
        keys = x.astype(np.int64)
        keys[(x == PADDING) | (x == UNKNOWN)] = 0
        if pairs:
            first, second = keys[:, :-1], keys[:, 1:]
            keys = np.column_stack([keys, np.where((first > 0) & (second > 0), first * size + second, 0)])
        rows, columns = np.nonzero(keys)
        found = keys[rows, columns]
        known = known if tables else np.unique(found)
        places = np.minimum(np.searchsorted(known, found), len(known) - 1)
        here = known[places] == found
        ones = np.ones(int(here.sum()))
        table = sparse.coo_array(
            (ones, (rows[here].astype(np.int32), places[here].astype(np.int32))), shape=(len(x), len(known))
        )
        tables.append(table.tocsr())
    return tables


def nb_svm(x: sparse.csr_array, y: np.ndarray, alpha: float = 1.0) -> Callable[..., np.ndarray]:
    r"""Fit NB-SVM and return the function that classifies ``(counts, beta)``.

    A linear support vector machine sees which words occur, each weighted by its log-count ratio

    .. math:: r = \log \frac{p / \lVert p \rVert_1}{q / \lVert q \rVert_1}, \qquad
              p = \alpha + \sum_{y = k} f, \quad q = \alpha + \sum_{y \ne k} f

    and its weights w are drawn to their mean size, :math:`(1 - \beta) \bar w + \beta w` (Wang & Manning 2012, eqs. 2
    and 5). Of more than two classes, each is told from the rest.
    """
    seen, classes = (x > 0).astype(float), np.unique(y)
    ratios, machines = [], []
    for k in classes[1:] if len(classes) == 2 else classes:
        p, q = (alpha + np.asarray(seen[rows].sum(axis=0)).ravel() for rows in (y == k, y != k))
        ratios.append(np.log(p / p.sum()) - np.log(q / q.sum()))
        machines.append(LinearSVC(C=1.0, tol=0.01, random_state=0).fit(seen.multiply(ratios[-1]).tocsr(), y == k))
    r, w = np.array(ratios), np.array([machine.coef_[0] for machine in machines])
    bias = np.array([machine.intercept_[0] for machine in machines])

    def classify(x: sparse.csr_array, beta: float) -> np.ndarray:
        weights = r * ((1 - beta) * np.abs(w).mean(axis=1, keepdims=True) + beta * w)
        scores = (x > 0).astype(float) @ weights.T + bias
        return classes[(scores[:, 0] > 0).astype(int) if len(machines) == 1 else scores.argmax(axis=1)]

    return classify
