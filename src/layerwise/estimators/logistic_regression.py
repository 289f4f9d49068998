r"""Assignment 1: logistic regression, written out by hand.

An example x has d features; W has shape (d, k), b has shape (k,). The model is linear in the scores z and turns
them into probabilities p:

.. math:: z = x W + b, \qquad p = \exp(z − A(z))

- one output for two classes, or one per class against the rest: :math:`A(z) = \log(1 + e^z)`, so p is the sigmoid;
- one output per class, the classes exclusive: :math:`A(z) = \log \sum_c e^{z_c}`, so p is the softmax.

With y the targets, 0 or 1, the loss is minus the log-likelihood. Its gradient is the same in both cases, because the
derivative of A is p:

.. math::

    J(W, b) = \frac1n \sum_i s_i \left[ A(z_i) − y_i · z_i \right] + λ_1 \|W\|_1 + \frac{λ_2}{2} \|W\|_2^2

    \frac{∂J}{∂z_i} = \frac{s_i}{n} (p_i − y_i), \qquad
    \frac{∂J}{∂W} = X^T \frac{∂J}{∂z} + λ_2 W, \qquad
    \frac{∂J}{∂b} = \sum_i \frac{∂J}{∂z_i}

where s are the sample weights, of mean one. The L1 penalty has no gradient at 0 and is left to
:func:`layerwise.estimators.descent.gradient_descent`.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from numbers import Integral

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from layerwise.estimators.descent import SCHEDULES, gradient_descent, learning_rates
from layerwise.estimators.inputs import check_choice, check_number, classification_data, indicators

CrossEntropy = Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]


def sigmoid(z: np.ndarray) -> np.ndarray:
    """Turn each score into a probability, ``1 / (1 + exp(−z))``, with no overflow for large scores."""
    return np.exp(z - np.logaddexp(0.0, z))


def softmax(z: np.ndarray) -> np.ndarray:
    """Turn each row of scores into probabilities that sum to one, ``exp(z) / Σ exp(z)``, with no overflow."""
    return np.exp(z - log_sum_exp(z))


def log_sum_exp(z: np.ndarray) -> np.ndarray:
    """Compute ``log Σ exp(z)`` of each row, shape (n, 1), with no overflow: the largest score is taken out first."""
    largest = z.max(axis=1, keepdims=True)
    return largest + np.log(np.exp(z - largest).sum(axis=1, keepdims=True))


def sigmoid_cross_entropy(z: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Score each output against its own target.

    Parameters
    ----------
    z : ndarray of shape (n_samples, n_outputs)
        Scores.
    y : ndarray of shape (n_samples, n_outputs)
        Targets, 0 or 1.

    Returns
    -------
    losses : ndarray of shape (n_samples,)
        ``−Σ [y log p + (1 − y) log(1 − p)] = Σ [log(1 + exp(z)) − y z]`` over the outputs.
    dz : ndarray of shape (n_samples, n_outputs)
        Their gradient at the scores, ``p − y``.
    """
    normalizer = np.logaddexp(0.0, z)
    return (normalizer - y * z).sum(axis=1), np.exp(z - normalizer) - y


def softmax_cross_entropy(z: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Score the outputs together against the class that is right.

    Parameters
    ----------
    z : ndarray of shape (n_samples, n_classes)
        Scores.
    y : ndarray of shape (n_samples, n_classes)
        Targets: 1 for the right class, else 0.

    Returns
    -------
    losses : ndarray of shape (n_samples,)
        ``−Σ y log p = log Σ exp(z) − Σ y z``.
    dz : ndarray of shape (n_samples, n_classes)
        Their gradient at the scores, ``p − y``.
    """
    log_p = z - log_sum_exp(z)
    return -(y * log_p).sum(axis=1), np.exp(log_p) - y


def logistic_loss_and_gradient(
    weights: np.ndarray,
    bias: np.ndarray,
    x: np.ndarray,
    y: np.ndarray,
    *,
    l2: float = 0.0,
    sample_weight: np.ndarray | None = None,
    cross_entropy: CrossEntropy = sigmoid_cross_entropy,
) -> tuple[float, tuple[np.ndarray, np.ndarray]]:
    """Compute the smooth part of J and its gradient, as written at the top of this module.

    Parameters
    ----------
    weights : ndarray of shape (n_features, n_outputs)
    bias : ndarray of shape (n_outputs,)
    x : ndarray of shape (n_samples, n_features)
    y : ndarray of shape (n_samples, n_outputs)
        Targets, 0 or 1.
    l2 : float, default=0
        Strength λ₂ of the penalty ``λ₂/2 ‖W‖²``.
    sample_weight : ndarray of shape (n_samples,), default=None
        Factor on the loss of each example.
    cross_entropy : callable, default=sigmoid_cross_entropy
        Or `softmax_cross_entropy`.

    Returns
    -------
    loss : float
    gradient : tuple of (ndarray of shape (n_features, n_outputs), ndarray of shape (n_outputs,))
        With respect to the weights and the bias.
    """
    z = x @ weights + bias
    losses, dz = cross_entropy(z, y)
    if sample_weight is not None:
        losses, dz = losses * sample_weight, dz * sample_weight[:, np.newaxis]
    dz = dz / len(x)
    loss = losses.mean() + l2 / 2 * np.sum(weights**2)
    return float(loss), (x.T @ dz + l2 * weights, dz.sum(axis=0))


def smoothness(
    x: np.ndarray,
    curvature: float,
    *,
    l2: float = 0.0,
    sample_weight: np.ndarray | None = None,
    batch_size: int | None = None,
) -> float:
    r"""Bound how fast the gradient of J can change: the L for which a step of 1/L is safe.

    Parameters
    ----------
    x : ndarray of shape (n_samples, n_features)
    curvature : float
        Largest eigenvalue c of the second derivative of A: 1/4 for the sigmoid, 1/2 for the softmax
        (Böhning 1992).
    l2 : float, default=0
    sample_weight : ndarray of shape (n_samples,), default=None
    batch_size : int, default=None
        Rows in a step, None for all of them.

    Returns
    -------
    float
        L.

    Notes
    -----
    With :math:`\tilde x = (x, 1)`, the Hessian of J is at most

    .. math:: L_{\mathrm{all}} = \frac cn λ_{\max}(\tilde X^T S \tilde X) + λ_2

    and that of the loss of one example at most :math:`L_{\max} = c \max_i s_i \|\tilde x_i\|^2 + λ_2`. Batches of m
    rows lie between the two (Gower et al. 2019, *SGD: general analysis and improved rates*, τ-nice sampling):

    .. math:: L = \frac{n (m−1)}{m (n−1)} L_{\mathrm{all}} + \frac{n − m}{m (n − 1)} L_{\max}
    """
    n = len(x)
    m = n if batch_size is None else min(batch_size, n)
    s = np.ones(n) if sample_weight is None else sample_weight
    rows = np.sqrt(s)[:, np.newaxis] * np.column_stack([x, np.ones(n)])
    gram = rows.T @ rows if rows.shape[1] <= n else rows @ rows.T  # both have the same largest eigenvalue
    of_all = curvature * float(np.linalg.eigvalsh(gram)[-1]) / n + l2
    if m == n:
        return of_all
    of_one = curvature * float(np.max(np.sum(rows**2, axis=1))) + l2
    return n * (m - 1) / (m * (n - 1)) * of_all + (n - m) / (m * (n - 1)) * of_one


class ScoreClassifier(ClassifierMixin, BaseEstimator):
    """What classifiers share that compute scores: the probability and the name of a class follow from them.

    A subclass writes ``fit``, which sets ``classes_``, and ``decision_function``, which returns one score an example
    for two classes, else one a class.
    """

    def predict_proba(self, X):
        """Compute the probability of each class.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            In the order of `classes_`; each row sums to one.
        """
        z = self.decision_function(X)
        if z.ndim == 2:
            return softmax(z)
        p = sigmoid(z)
        return np.column_stack([1 - p, p])

    def predict(self, X):
        """Name the most probable class.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,)
            Labels, out of `classes_`.
        """
        z = self.decision_function(X)
        return self.classes_[(z > 0).astype(int) if z.ndim == 1 else z.argmax(axis=1)]


class LogisticRegression(ScoreClassifier):
    r"""Logistic regression by gradient descent.

    Minimises the cross-entropy written at the top of this module, starting from zero weights.

    Parameters
    ----------
    multiclass : {"softmax", "one_vs_rest"}, default="softmax"
        What to do with more than two classes: one model whose probabilities sum to one, or one binary model for
        each class, whose probabilities are then divided by their sum. Two classes always have one sigmoid output.
    l1 : float, default=0
        Strength λ₁ of the penalty λ₁‖W‖₁. The bias is never penalised.
    l2 : float, default=0
        Strength λ₂ of the penalty λ₂/2 ‖W‖². With n examples, scikit-learn's ``C`` is ``1 / (n l2)``. Without a
        penalty, the weights of separable classes grow as long as training lasts.
    learning_rate : float or "auto", default="auto"
        Step size. "auto" takes 1/L, with the L of :func:`smoothness`.
    schedule : {"constant", "inverse", "exponential", "cosine"} or callable, default="constant"
        What multiplies the learning rate in epoch t of T: 1, 1/(1 + decay t), exp(−decay t), (1 + cos(πt/T))/2, or
        any function of t. The gradient of a mini-batch is noisy, and only a falling step size lets it settle.
    decay : float, default=0.01
        See `schedule`.
    momentum : float, default=0.9
        Share of the last step that is made again, in [0, 1); 0 is plain gradient descent.
    batch_size : int, default=None
        Examples in a step: None for all of them (batch gradient descent), 1 for stochastic gradient descent.
    max_epochs : int, default=1000
        Passes over the data at most.
    tol : float, default=1e-4
        Stop when no entry of the gradient of J is larger. 0 means: train for `max_epochs`, and do not warn.
    class_weight : dict or "balanced", default=None
        Factor on the loss of each class, by label. "balanced" gives all classes the same total weight.
    random_state : int, RandomState instance or None, default=None
        Shuffles the examples before each epoch, unless each step takes them all.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels, sorted.
    coef_ : ndarray of shape (1, n_features) or (n_classes, n_features)
        Wᵀ; one row for two classes.
    intercept_ : ndarray of shape (1,) or (n_classes,)
        b.
    loss_curve_ : list of float
        J on all the training data, before the first epoch (log 2, or log n_classes for the softmax) and after each.
    learning_rate_ : float
        The learning rate used.
    n_iter_ : int
        Epochs trained.
    n_features_in_ : int
        Number of features seen in `fit`.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Their names, if X had string column names.

    Warns
    -----
    ConvergenceWarning
        If `max_epochs` end before the gradient is as small as `tol`, or the loss is no longer finite.

    References
    ----------
    Nelder & Wedderburn 1972, *Generalized linear models*, JRSS A 135. Robbins & Monro 1951, *A stochastic
    approximation method*, Ann. Math. Statist. 22. Polyak 1964, *Some methods of speeding up the convergence of
    iteration methods*, USSR Comput. Math. 4.

    Examples
    --------
    >>> from layerwise.estimators import LogisticRegression
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> x, y = load_breast_cancer(return_X_y=True)
    >>> make_pipeline(StandardScaler(), LogisticRegression(l2=0.01)).fit(x, y).score(x, y)
    0.985...
    """

    def __init__(
        self,
        *,
        multiclass="softmax",
        l1=0.0,
        l2=0.0,
        learning_rate="auto",
        schedule="constant",
        decay=0.01,
        momentum=0.9,
        batch_size=None,
        max_epochs=1000,
        tol=1e-4,
        class_weight=None,
        random_state=None,
    ):
        self.multiclass = multiclass
        self.l1 = l1
        self.l2 = l2
        self.learning_rate = learning_rate
        self.schedule = schedule
        self.decay = decay
        self.momentum = momentum
        self.batch_size = batch_size
        self.max_epochs = max_epochs
        self.tol = tol
        self.class_weight = class_weight
        self.random_state = random_state

    def fit(self, X, y, sample_weight=None):
        """Train on examples and their labels.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Features, best standardised: the further their scales lie apart, the more epochs are needed.
        y : array-like of shape (n_samples,)
            Labels, numbers or strings.
        sample_weight : array-like of shape (n_samples,), default=None
            Factor on the loss of each example; 2 is the same as giving the example twice.

        Returns
        -------
        self : LogisticRegression
        """
        self._check_parameters()
        x, codes, weight, self.classes_ = classification_data(self, X, y, sample_weight, self.class_weight)
        targets = indicators(codes, len(self.classes_))
        start = np.zeros((x.shape[1], targets.shape[1])), np.zeros(targets.shape[1])
        self.learning_rate_ = self.learning_rate if self.learning_rate != "auto" else self._safe_step(x, weight)

        def objective(parameters, rows):
            weights, bias = parameters
            return logistic_loss_and_gradient(
                weights,
                bias,
                x[rows],
                targets[rows],
                l2=self.l2,
                sample_weight=weight[rows],
                cross_entropy=softmax_cross_entropy if self._softmax else sigmoid_cross_entropy,
            )

        self.loss_curve_ = []
        for step in gradient_descent(
            objective,
            start,
            len(x),
            learning_rate=learning_rates(self.learning_rate_, self.schedule, self.decay, self.max_epochs),
            momentum=self.momentum,
            batch_size=self.batch_size,
            l1=[self.l1, 0.0],
            random_state=check_random_state(self.random_state),
        ):
            self.loss_curve_.append(step.loss)
            if step.gradient_norm <= self.tol or step.epoch == self.max_epochs or not np.isfinite(step.loss):
                break
        self._warn_unless_converged(step)
        self.n_iter_ = step.epoch
        weights, self.intercept_ = step.parameters
        self.coef_ = weights.T
        return self

    def decision_function(self, X):
        """Compute the scores z = x W + b.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_classes)
            For two classes, the log-odds of ``classes_[1]``.
        """
        check_is_fitted(self)
        X = validate_data(self, X, dtype=np.float64, reset=False)
        z = X @ self.coef_.T + self.intercept_
        return z[:, 0] if len(self.classes_) == 2 else z

    def predict_proba(self, X):
        """Compute the probability of each class, as :meth:`ScoreClassifier.predict_proba` does.

        One against the rest, the probabilities of the classes are brought to the sum of one.
        """
        check_is_fitted(self)
        if self.multiclass == "softmax" or len(self.classes_) == 2:
            return super().predict_proba(X)
        p = sigmoid(self.decision_function(X))
        return p / p.sum(axis=1, keepdims=True)

    @property
    def _softmax(self) -> bool:
        return self.multiclass == "softmax" and len(self.classes_) > 2

    def _safe_step(self, x: np.ndarray, weight: np.ndarray) -> float:
        curvature = 1 / 2 if self._softmax else 1 / 4
        return 1 / smoothness(x, curvature, l2=self.l2, sample_weight=weight, batch_size=self.batch_size)

    def _warn_unless_converged(self, step) -> None:
        if step.gradient_norm <= self.tol or (self.tol == 0 and np.isfinite(step.loss)):
            return
        warnings.warn(
            f"LogisticRegression: after {step.epoch} epochs the loss is {step.loss:.3g} and the largest entry of its "
            f"gradient {step.gradient_norm:.3g}, above tol={self.tol:g}; raise max_epochs, scale the features, "
            "add a penalty or change the learning rate",
            ConvergenceWarning,
            stacklevel=3,
        )

    def _check_parameters(self) -> None:
        check_choice(self, "multiclass", ["softmax", "one_vs_rest"])
        check_number(self, "l1", least=0)
        check_number(self, "l2", least=0)
        check_number(self, "learning_rate", above=0, or_else=["auto"])
        if not callable(self.schedule):
            check_choice(self, "schedule", SCHEDULES)
        check_number(self, "decay", least=0)
        check_number(self, "momentum", least=0, below=1)
        check_number(self, "batch_size", kind=Integral, least=1, or_else=[None])
        check_number(self, "max_epochs", kind=Integral, least=1)
        check_number(self, "tol", least=0)
