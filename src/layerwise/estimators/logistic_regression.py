r"""Assignment 1: logistic regression, implemented by hand.

An example x has d features; W has shape (d, k), b has shape (k,). The model computes linear scores z and converts
them to probabilities p:

.. math:: z = x W + b, \qquad p = \exp(z − A(z))

- one output for two classes, or one per class in one-vs-rest: :math:`A(z) = \log(1 + e^z)`, so p is the sigmoid;
- one output per class, with exclusive classes: :math:`A(z) = \log \sum_c e^{z_c}`, so p is the softmax.

With targets y, 0 or 1, the loss is the negative log-likelihood. Its gradient has the same form in both cases, because
the derivative of A is p:

.. math::

    J(W, b) = \frac1n \sum_i s_i \left[ A(z_i) − y_i · z_i \right] + λ_1 \|W\|_1 + \frac{λ_2}{2} \|W\|_2^2

    \frac{∂J}{∂z_i} = \frac{s_i}{n} (p_i − y_i), \qquad
    \frac{∂J}{∂W} = X^T \frac{∂J}{∂z} + λ_2 W, \qquad
    \frac{∂J}{∂b} = \sum_i \frac{∂J}{∂z_i}

where s are the sample weights, of mean one. The L1 penalty has no gradient at 0 and is handled by
:func:`layerwise.estimators.descent.gradient_descent`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from layerwise.estimators.descent import Step, gradient_descent, learning_rates

CrossEntropy = Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]


def sigmoid(z: np.ndarray) -> np.ndarray:
    """Convert each score to a probability, ``1 / (1 + exp(−z))``, without overflow."""
    return np.exp(z - np.logaddexp(0.0, z))


def softmax(z: np.ndarray) -> np.ndarray:
    """Convert each row of scores to probabilities that sum to one, ``exp(z) / Σ exp(z)``, without overflow."""
    return np.exp(z - log_sum_exp(z))


def log_sum_exp(z: np.ndarray) -> np.ndarray:
    """Compute ``log Σ exp(z)`` of each row, shape (n, 1); subtracting the largest score first avoids overflow."""
    largest = z.max(axis=1, keepdims=True)
    return largest + np.log(np.exp(z - largest).sum(axis=1, keepdims=True))


def sigmoid_cross_entropy(z: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Compute the sigmoid cross-entropy, which compares each output with its own target.

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
        Gradient with respect to the scores, ``p − y``.
    """
    normalizer = np.logaddexp(0.0, z)
    return (normalizer - y * z).sum(axis=1), np.exp(z - normalizer) - y


def softmax_cross_entropy(z: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Compute the softmax cross-entropy of the true class.

    Parameters
    ----------
    z : ndarray of shape (n_samples, n_classes)
        Scores.
    y : ndarray of shape (n_samples, n_classes)
        Targets, 1 for the true class and 0 for the others.

    Returns
    -------
    losses : ndarray of shape (n_samples,)
        ``−Σ y log p = log Σ exp(z) − Σ y z``.
    dz : ndarray of shape (n_samples, n_classes)
        Gradient with respect to the scores, ``p − y``.
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
    """Compute the smooth part of J and its gradient, as defined at the top of this module.

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
        Weight of each example's loss.
    cross_entropy : callable, default=sigmoid_cross_entropy
        `sigmoid_cross_entropy` or `softmax_cross_entropy`.

    Returns
    -------
    loss : float
    gradient : tuple of (ndarray of shape (n_features, n_outputs), ndarray of shape (n_outputs,))
        Gradient with respect to the weights and the bias.
    """
    z = x @ weights + bias
    losses, dz = cross_entropy(z, y)
    if sample_weight is not None:
        losses, dz = losses * sample_weight, dz * sample_weight[:, np.newaxis]
    dz = dz / len(x)
    loss = losses.mean() + l2 / 2 * (weights**2).sum()
    return float(loss), (x.T @ dz + l2 * weights, dz.sum(axis=0))


def smoothness(
    x: np.ndarray,
    curvature: float,
    *,
    l2: float = 0.0,
    sample_weight: np.ndarray | None = None,
    batch_size: int | None = None,
) -> float:
    r"""Return an upper bound L on the Lipschitz constant of the gradient of J, for which a step size of 1/L is safe.

    Parameters
    ----------
    x : ndarray of shape (n_samples, n_features)
    curvature : float
        Largest eigenvalue c of the second derivative of A: 1/4 for the sigmoid, 1/2 for the softmax
        (Böhning 1992).
    l2 : float, default=0
    sample_weight : ndarray of shape (n_samples,), default=None
    batch_size : int, default=None
        Rows per step, None for all of them.

    Returns
    -------
    float
        The bound L.

    Notes
    -----
    With :math:`\tilde x = (x, 1)`, the largest eigenvalue of the Hessian of J is at most

    .. math:: L_{\mathrm{all}} = \frac cn λ_{\max}(\tilde X^T S \tilde X) + λ_2

    and for the loss of a single example it is at most :math:`L_{\max} = c \max_i s_i \|\tilde x_i\|^2 + λ_2`. Batches
    of m rows lie between the two (Gower et al. 2019, *SGD: general analysis and improved rates*, τ-nice sampling):

    .. math:: L = \frac{n (m−1)}{m (n−1)} L_{\mathrm{all}} + \frac{n − m}{m (n − 1)} L_{\max}
    """
    n = len(x)
    m = n if batch_size is None else min(batch_size, n)
    s = np.ones(n) if sample_weight is None else sample_weight
    rows = np.sqrt(s)[:, np.newaxis] * np.column_stack([x, np.ones(n)])
    gram = rows.T @ rows if rows.shape[1] <= n else rows @ rows.T  # both have the same largest eigenvalue
    l_all = curvature * float(np.linalg.eigvalsh(gram)[-1]) / n + l2
    if m == n:
        return l_all
    l_max = curvature * float(np.max(np.sum(rows**2, axis=1))) + l2
    return n * (m - 1) / (m * (n - 1)) * l_all + (n - m) / (m * (n - 1)) * l_max


def indicators(codes: np.ndarray, n_classes: int) -> np.ndarray:
    """Encode class indices as 0/1 targets: one column for two classes, else one per class (one-hot).

    Parameters
    ----------
    codes : ndarray of shape (n_samples,)
        Class indices in ``[0, n_classes)``.
    n_classes : int

    Returns
    -------
    ndarray of shape (n_samples, 1) or (n_samples, n_classes)
        Targets as floats.
    """
    columns = [1] if n_classes == 2 else range(n_classes)
    return np.equal.outer(codes, np.asarray(columns)).astype(np.float64)


class Training(NamedTuple):
    """Result of :func:`train`.

    Attributes
    ----------
    end : Step
        Final state; its parameters are the weights and the bias.
    learning_rate : float
    losses : list of float
        J before the first epoch and after each epoch.
    """

    end: Step
    learning_rate: float
    losses: list[float]


def train(
    x: np.ndarray,
    y: np.ndarray,
    *,
    cross_entropy: CrossEntropy = sigmoid_cross_entropy,
    l1: float = 0.0,
    l2: float = 0.0,
    learning_rate: float | str = "auto",
    schedule: str | Callable[[int], float] = "constant",
    decay: float = 0.01,
    momentum: float = 0.9,
    batch_size: int | None = None,
    max_epochs: int = 1000,
    tol: float = 1e-4,
    sample_weight: np.ndarray | None = None,
    random_state: np.random.RandomState | None = None,
) -> Training:
    """Minimize J by gradient descent, starting from zero weights.

    Parameters
    ----------
    x : ndarray of shape (n_samples, n_features)
    y : ndarray of shape (n_samples, n_outputs)
        Targets, 0 or 1.
    cross_entropy : callable, default=sigmoid_cross_entropy
        `sigmoid_cross_entropy` or `softmax_cross_entropy`.
    l1, l2, learning_rate, schedule, decay, momentum, batch_size, max_epochs, tol
        As in :class:`layerwise.estimators.LogisticRegression`.
    sample_weight : ndarray of shape (n_samples,), default=None
        Weight of each example's loss, of mean one.
    random_state : RandomState, default=None
        As in :func:`layerwise.estimators.descent.gradient_descent`.
    """
    if isinstance(learning_rate, str):
        curvature = 1 / 2 if cross_entropy is softmax_cross_entropy else 1 / 4
        learning_rate = 1 / smoothness(x, curvature, l2=l2, sample_weight=sample_weight, batch_size=batch_size)

    def objective(parameters, rows):
        weights, bias = parameters
        return logistic_loss_and_gradient(
            weights,
            bias,
            x[rows],
            y[rows],
            l2=l2,
            sample_weight=None if sample_weight is None else sample_weight[rows],
            cross_entropy=cross_entropy,
        )

    losses = []
    for step in gradient_descent(
        objective,
        (np.zeros((x.shape[1], y.shape[1])), np.zeros(y.shape[1])),
        len(x),
        learning_rate=learning_rates(learning_rate, schedule, decay, max_epochs),
        momentum=momentum,
        batch_size=batch_size,
        l1=[l1, 0.0],
        random_state=random_state,
    ):
        losses.append(step.loss)
        if step.gradient_norm <= tol or step.epoch == max_epochs or not np.isfinite(step.loss):
            break
    return Training(step, learning_rate, losses)
