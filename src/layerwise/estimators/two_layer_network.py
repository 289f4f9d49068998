r"""Assignment 2: a network with one hidden layer, its backpropagation written out by hand.

The hidden layer's units a are what logistic regression is given instead of the d features:

.. math:: z_1 = x W_1 + b_1, \quad a = g(z_1), \qquad z_2 = a W_2 + b_2, \quad p = σ(z_2)

W₁ is (d, h), W₂ is (h, k); g is tanh, the sigmoid or ReLU; σ is the sigmoid for two classes (k = 1) and the softmax
for more. The loss of an example is the cross-entropy of p with the targets y, or half the squared error.
Backpropagation is the chain rule from the loss back to each parameter, each line using the one before (Rumelhart,
Hinton & Williams 1986). Over a batch of n rows, with ⊙ the product entry by entry:

.. math::

    δ_2 &= \frac{∂J}{∂z_2} = \frac1n (P − Y)
        &&\text{cross-entropy; for other losses, times the derivative of } σ \\
    \frac{∂J}{∂W_2} &= A^T δ_2 + λ W_2, \qquad \frac{∂J}{∂b_2} = \textstyle\sum_i δ_{2,i} \\
    δ_1 &= \frac{∂J}{∂z_1} = δ_2 W_2^T ⊙ g'(Z_1) \\
    \frac{∂J}{∂W_1} &= X^T δ_1 + λ W_1, \qquad \frac{∂J}{∂b_1} = \textstyle\sum_i δ_{1,i}
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from itertools import pairwise
from numbers import Integral

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from layerwise.estimators.descent import SCHEDULES, gradient_descent, learning_rates
from layerwise.estimators.inputs import check_choice, check_number, classification_data, indicators
from layerwise.estimators.logistic_regression import (
    ScoreClassifier,
    sigmoid,
    sigmoid_cross_entropy,
    softmax,
    softmax_cross_entropy,
)

ACTIVATIONS: dict[str, tuple[Callable[[np.ndarray], np.ndarray], Callable[[np.ndarray], np.ndarray]]] = {
    "tanh": (np.tanh, lambda a: 1 - a**2),
    "sigmoid": (sigmoid, lambda a: a * (1 - a)),
    "relu": (lambda z: np.maximum(z, 0), lambda a: (a > 0).astype(a.dtype)),
}
"""Each activation a = g(z) and its derivative g'(z), written in terms of a."""

INITIALIZATIONS: dict[str, Callable[[int, int], float]] = {
    "zeros": lambda fan_in, fan_out: 0.0,
    "glorot": lambda fan_in, fan_out: (2 / (fan_in + fan_out)) ** 0.5,
    "he": lambda fan_in, fan_out: (2 / fan_in) ** 0.5,
}
"""Standard deviation of the first weights of a layer (Glorot & Bengio 2010; He et al. 2015)."""


def sigmoid_squared_error(z: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Compute ``½ Σ (p − y)²`` of each row and its gradient at the scores, ``(p − y) p (1 − p)``.

    Where the network is confident and wrong, p (1 − p) is near 0 and learning all but stops; cross-entropy does not
    have that factor (Nielsen 2015, *Neural networks and deep learning*, chapter 3).
    """
    p = sigmoid(z)
    return ((p - y) ** 2).sum(axis=1) / 2, (p - y) * p * (1 - p)


def softmax_squared_error(z: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Compute ``½ Σ (p − y)²`` of each row and its gradient at the scores, ``p ⊙ (e − Σ e p)`` with ``e = p − y``."""
    p = softmax(z)
    e = p - y
    return (e**2).sum(axis=1) / 2, p * (e - (e * p).sum(axis=1, keepdims=True))


OUTPUT_LOSSES = {
    ("cross_entropy", "sigmoid"): sigmoid_cross_entropy,
    ("cross_entropy", "softmax"): softmax_cross_entropy,
    ("squared_error", "sigmoid"): sigmoid_squared_error,
    ("squared_error", "softmax"): softmax_squared_error,
}
"""Loss of each row and its gradient at the scores z₂, by loss and output."""


def initial_parameters(
    sizes: Sequence[int], initialization: str | float, random_state: np.random.RandomState
) -> list[np.ndarray]:
    """Draw normal weights of mean 0 for each layer, and set the biases to zero.

    Parameters
    ----------
    sizes : sequence of int
        Number of features, hidden units and outputs.
    initialization : {"zeros", "glorot", "he"} or float
        Standard deviation: 0, √(2/(inputs + outputs)), √(2/inputs) of the layer, or the number given.
    random_state : RandomState

    Returns
    -------
    list of ndarray
        W₁, b₁, W₂, b₂.
    """
    parameters = []
    for fan_in, fan_out in pairwise(sizes):
        scale = INITIALIZATIONS[initialization](fan_in, fan_out) if isinstance(initialization, str) else initialization
        parameters += [scale * random_state.standard_normal((fan_in, fan_out)), np.zeros(fan_out)]
    return parameters


def forward(parameters: Sequence[np.ndarray], x: np.ndarray, activation: str = "tanh") -> tuple[np.ndarray, np.ndarray]:
    """Compute the hidden units and the scores.

    Parameters
    ----------
    parameters : sequence of ndarray
        W₁, b₁, W₂, b₂.
    x : ndarray of shape (n_samples, n_features)
    activation : {"tanh", "sigmoid", "relu"}, default="tanh"

    Returns
    -------
    hidden : ndarray of shape (n_samples, hidden_units)
        a.
    z : ndarray of shape (n_samples, n_outputs)
        z₂, the scores.
    """
    w1, b1, w2, b2 = parameters
    g, _ = ACTIVATIONS[activation]
    hidden = g(x @ w1 + b1)
    return hidden, hidden @ w2 + b2


def two_layer_loss_and_gradient(
    parameters: Sequence[np.ndarray],
    x: np.ndarray,
    y: np.ndarray,
    *,
    activation: str = "tanh",
    loss: str = "cross_entropy",
    output: str = "sigmoid",
    l2: float = 0.0,
    sample_weight: np.ndarray | None = None,
) -> tuple[float, list[np.ndarray]]:
    """Compute J and its gradient by backpropagation, as written at the top of this module.

    Parameters
    ----------
    parameters : sequence of ndarray
        W₁ (n_features, hidden_units), b₁ (hidden_units,), W₂ (hidden_units, n_outputs), b₂ (n_outputs,).
    x : ndarray of shape (n_samples, n_features)
    y : ndarray of shape (n_samples, n_outputs)
        Targets, 0 or 1.
    activation : {"tanh", "sigmoid", "relu"}, default="tanh"
    loss : {"cross_entropy", "squared_error"}, default="cross_entropy"
    output : {"sigmoid", "softmax"}, default="sigmoid"
    l2 : float, default=0
        Strength λ of the penalty ``λ/2 (‖W₁‖² + ‖W₂‖²)``.
    sample_weight : ndarray of shape (n_samples,), default=None
        Factor on the loss of each example.

    Returns
    -------
    loss : float
    gradient : list of ndarray
        With respect to each parameter, in their order and shapes.
    """
    w1, _, w2, _ = parameters
    _, derivative = ACTIVATIONS[activation]

    a, z2 = forward(parameters, x, activation)
    losses, delta2 = OUTPUT_LOSSES[loss, output](z2, y)
    if sample_weight is not None:
        losses, delta2 = losses * sample_weight, delta2 * sample_weight[:, np.newaxis]
    total = losses.mean() + l2 / 2 * (np.sum(w1**2) + np.sum(w2**2))

    delta2 = delta2 / len(x)
    delta1 = (delta2 @ w2.T) * derivative(a)
    gradient = [
        x.T @ delta1 + l2 * w1,
        delta1.sum(axis=0),
        a.T @ delta2 + l2 * w2,
        delta2.sum(axis=0),
    ]
    return float(total), gradient


class TwoLayerNetwork(ScoreClassifier):
    r"""A classifier with one hidden layer, trained by gradient descent and explicit backpropagation.

    The model and its gradient are written at the top of this module; J is the mean loss of the examples plus the
    penalty.

    Parameters
    ----------
    hidden_units : int, default=10
        Units h of the hidden layer.
    activation : {"tanh", "sigmoid", "relu"}, default="tanh"
        Activation g of the hidden layer.
    loss : {"cross_entropy", "squared_error"}, default="cross_entropy"
        Of an example: −Σ y log p, or ½ ‖p − y‖².
    initialization : {"zeros", "glorot", "he"} or float, default="glorot"
        Standard deviation of the first weights, drawn normal with mean 0: 0, √(2/(inputs + outputs)), √(2/inputs), or
        a number, such as 0.01 (small) or 10 (large). With "zeros" all hidden units stay the same for ever.
    l2 : float, default=0
        Strength λ of the penalty λ/2 (‖W₁‖² + ‖W₂‖²). The biases are not penalised.
    learning_rate : float, default=0.3
        Step size.
    schedule : {"constant", "inverse", "exponential", "cosine"} or callable, default="constant"
        What multiplies the learning rate in epoch t of T: 1, 1/(1 + decay t), exp(−decay t), (1 + cos(πt/T))/2, or
        any function of t.
    decay : float, default=0.01
        See `schedule`.
    momentum : float, default=0.9
        Share of the last step that is made again, in [0, 1).
    batch_size : int, default=None
        Examples in a step: None for all of them (batch gradient descent), 1 for stochastic gradient descent.
    epochs : int, default=500
        Passes over the data; fewer if training is stopped early or the loss is no longer finite.
    early_stopping : bool, default=False
        Hold back some training data, stop when the loss on them has not fallen for `patience` epochs, and keep the
        parameters of the best epoch.
    validation_fraction : float, default=0.1
        Share of the training data held back, each class in proportion.
    patience : int, default=20
        See `early_stopping`.
    class_weight : dict or "balanced", default=None
        Factor on the loss of each class, by label. "balanced" gives all classes the same total weight.
    random_state : int, RandomState instance or None, default=None
        Draws the first weights, holds back the validation data and shuffles the examples.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels, sorted.
    coefs_ : list of ndarray of shape (n_features, hidden_units) and (hidden_units, n_outputs)
        W₁ and W₂; one output for two classes, else one per class.
    intercepts_ : list of ndarray of shape (hidden_units,) and (n_outputs,)
        b₁ and b₂.
    loss_curve_ : list of float
        J on all the training data, before the first epoch and after each.
    validation_loss_curve_ : list of float or None
        Mean loss of the validation data at the same times, without the penalty; None without `early_stopping`.
    best_epoch_ : int
        Epochs after which the parameters were taken: `n_iter_` without `early_stopping`.
    n_iter_ : int
        Epochs trained.
    n_features_in_ : int
        Number of features seen in `fit`.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Their names, if X had string column names.

    References
    ----------
    Rumelhart, Hinton & Williams 1986, *Learning representations by back-propagating errors*, Nature 323.
    Glorot & Bengio 2010, *Understanding the difficulty of training deep feedforward neural networks*, AISTATS.
    He, Zhang, Ren & Sun 2015, *Delving deep into rectifiers*, ICCV.

    Examples
    --------
    >>> from layerwise.estimators import TwoLayerNetwork
    >>> from sklearn.datasets import make_moons
    >>> x, y = make_moons(200, noise=0.1, random_state=0)
    >>> network = TwoLayerNetwork(hidden_units=8, random_state=0).fit(x, y)
    >>> network.score(x, y)
    1.0
    >>> network.hidden_activations(x).shape
    (200, 8)
    """

    def __init__(
        self,
        hidden_units=10,
        *,
        activation="tanh",
        loss="cross_entropy",
        initialization="glorot",
        l2=0.0,
        learning_rate=0.3,
        schedule="constant",
        decay=0.01,
        momentum=0.9,
        batch_size=None,
        epochs=500,
        early_stopping=False,
        validation_fraction=0.1,
        patience=20,
        class_weight=None,
        random_state=None,
    ):
        self.hidden_units = hidden_units
        self.activation = activation
        self.loss = loss
        self.initialization = initialization
        self.l2 = l2
        self.learning_rate = learning_rate
        self.schedule = schedule
        self.decay = decay
        self.momentum = momentum
        self.batch_size = batch_size
        self.epochs = epochs
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.patience = patience
        self.class_weight = class_weight
        self.random_state = random_state

    def fit(self, X, y, sample_weight=None):
        """Train on examples and their labels.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Features, best standardised.
        y : array-like of shape (n_samples,)
            Labels, numbers or strings.
        sample_weight : array-like of shape (n_samples,), default=None
            Factor on the loss of each example.

        Returns
        -------
        self : TwoLayerNetwork
        """
        self._check_parameters()
        x, codes, weight, self.classes_ = classification_data(self, X, y, sample_weight, self.class_weight)
        targets = indicators(codes, len(self.classes_))
        random_state = check_random_state(self.random_state)
        start = initial_parameters([x.shape[1], self.hidden_units, targets.shape[1]], self.initialization, random_state)
        data, held_back = (x, targets, weight), None
        if self.early_stopping:
            split = train_test_split(
                *data, test_size=self.validation_fraction, stratify=codes, random_state=random_state
            )
            data, held_back = split[::2], split[1::2]

        losses: list[float] = []
        validation_losses: list[float] = []
        for step in gradient_descent(
            lambda parameters, rows: self._loss_and_gradient(parameters, *(array[rows] for array in data)),
            start,
            len(data[0]),
            learning_rate=learning_rates(self.learning_rate, self.schedule, self.decay, self.epochs),
            momentum=self.momentum,
            batch_size=self.batch_size,
            random_state=random_state,
        ):
            losses.append(step.loss)
            if held_back is not None:
                validation_losses.append(self._validation_loss(step.parameters, *held_back))
            if len(validation_losses) < 2 or validation_losses[-1] < min(validation_losses[:-1]):
                best = step
            if not np.isfinite(step.loss):
                self._warn_of_divergence(step)
                break
            if step.epoch == self.epochs or step.epoch - best.epoch >= self.patience:
                break
        self.loss_curve_ = losses
        self.validation_loss_curve_ = validation_losses or None
        self.n_iter_, self.best_epoch_ = step.epoch, best.epoch
        self.coefs_, self.intercepts_ = best.parameters[::2], best.parameters[1::2]
        return self

    def hidden_activations(self, X):
        """Compute the hidden units a = g(x W₁ + b₁): the data as the output layer sees them.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, hidden_units)
        """
        return self._forward(X)[0]

    def decision_function(self, X):
        """Compute the scores z₂.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_classes)
            For two classes, the log-odds of ``classes_[1]``.
        """
        _, z = self._forward(X)
        return z[:, 0] if len(self.classes_) == 2 else z

    @property
    def _output(self) -> str:
        return "sigmoid" if len(self.classes_) == 2 else "softmax"

    def _loss_and_gradient(self, parameters, x, y, weight):
        return two_layer_loss_and_gradient(
            parameters,
            x,
            y,
            activation=self.activation,
            loss=self.loss,
            output=self._output,
            l2=self.l2,
            sample_weight=weight,
        )

    def _validation_loss(self, parameters, x, y, weight) -> float:
        _, z = forward(parameters, x, self.activation)
        losses, _ = OUTPUT_LOSSES[self.loss, self._output](z, y)
        return float(np.average(losses, weights=weight))

    def _forward(self, X):
        check_is_fitted(self)
        X = validate_data(self, X, dtype=np.float64, reset=False)
        (w1, w2), (b1, b2) = self.coefs_, self.intercepts_
        return forward([w1, b1, w2, b2], X, self.activation)

    def _warn_of_divergence(self, step) -> None:
        warnings.warn(
            f"TwoLayerNetwork: the loss is {step.loss} after {step.epoch} epochs; lower the learning rate or scale "
            "the features",
            ConvergenceWarning,
            stacklevel=3,
        )

    def _check_parameters(self) -> None:
        check_number(self, "hidden_units", kind=Integral, least=1)
        check_choice(self, "activation", ACTIVATIONS)
        check_choice(self, "loss", ["cross_entropy", "squared_error"])
        check_number(self, "initialization", least=0, or_else=INITIALIZATIONS)
        check_number(self, "l2", least=0)
        check_number(self, "learning_rate", above=0)
        if not callable(self.schedule):
            check_choice(self, "schedule", SCHEDULES)
        check_number(self, "decay", least=0)
        check_number(self, "momentum", least=0, below=1)
        check_number(self, "batch_size", kind=Integral, least=1, or_else=[None])
        check_number(self, "epochs", kind=Integral, least=1)
        check_number(self, "validation_fraction", above=0, below=1)
        check_number(self, "patience", kind=Integral, least=1)
