"""The classifiers of assignments 1 and 2 with the scikit-learn API; the computations are in the sibling modules."""

from __future__ import annotations

import warnings
from numbers import Integral

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from layerwise.estimators.descent import SCHEDULES, gradient_descent, learning_rates
from layerwise.estimators.inputs import check_choice, check_number, classification_data
from layerwise.estimators.logistic_regression import (
    indicators,
    sigmoid,
    sigmoid_cross_entropy,
    softmax,
    softmax_cross_entropy,
    train,
)
from layerwise.estimators.two_layer_network import (
    ACTIVATIONS,
    INITIALIZATIONS,
    OUTPUT_LOSSES,
    forward,
    initial_parameters,
    two_layer_loss_and_gradient,
)


class ScoreClassifier(ClassifierMixin, BaseEstimator):
    """Base of classifiers that compute scores, from which it derives probabilities and predictions.

    A subclass implements ``fit``, which sets ``classes_``, and ``decision_function``, which returns one score per
    example for two classes, else one score per example and class.
    """

    def predict_proba(self, X):
        """Compute the probability of each class.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Probabilities in the order of `classes_`; each row sums to one.
        """
        z = self.decision_function(X)
        if z.ndim == 2:
            return softmax(z)
        p = sigmoid(z)
        return np.column_stack([1 - p, p])

    def predict(self, X):
        """Predict the most probable class.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,)
            Labels from `classes_`.
        """
        z = self.decision_function(X)
        return self.classes_[(z > 0).astype(int) if z.ndim == 1 else z.argmax(axis=1)]


class LogisticRegression(ScoreClassifier):
    r"""Logistic regression trained by gradient descent.

    Minimizes the cross-entropy of :mod:`layerwise.estimators.logistic_regression`, starting from zero weights.

    Parameters
    ----------
    multiclass : {"softmax", "one_vs_rest"}, default="softmax"
        How to handle more than two classes: one model whose probabilities sum to one, or one binary model per class,
        with the probabilities then normalized to sum to one. Two classes always have one sigmoid output.
    l1 : float, default=0
        Strength λ₁ of the penalty λ₁‖W‖₁. The bias is not penalized.
    l2 : float, default=0
        Strength λ₂ of the penalty λ₂/2 ‖W‖². With n examples, scikit-learn's ``C`` is ``1 / (n l2)``. Without a
        penalty, the weights of linearly separable classes grow as long as training continues.
    learning_rate : float or "auto", default="auto"
        Step size. "auto" uses 1/L, with the L of :func:`smoothness`.
    schedule : {"constant", "inverse", "exponential", "cosine"} or callable, default="constant"
        Factor of the learning rate in epoch t of T: 1, 1/(1 + decay t), exp(−decay t), (1 + cos(πt/T))/2, or any
        function of t. The gradient of a mini-batch is noisy, so training converges only if the step size decreases.
    decay : float, default=0.01
        See `schedule`.
    momentum : float, default=0.9
        Momentum coefficient, in [0, 1); 0 is plain gradient descent.
    batch_size : int, default=None
        Examples per step: None for all of them (batch gradient descent), 1 for stochastic gradient descent.
    max_epochs : int, default=1000
        Maximum number of passes over the data.
    tol : float, default=1e-4
        Stop when no entry of the gradient of J exceeds it in absolute value. With 0, train for `max_epochs` without a
        warning.
    class_weight : dict or "balanced", default=None
        Weight of the loss of each class, by label. "balanced" gives all classes the same total weight.
    random_state : int, RandomState instance or None, default=None
        Shuffles the examples before each epoch, except for batch gradient descent.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels, sorted.
    coef_ : ndarray of shape (1, n_features) or (n_classes, n_features)
        Wᵀ; one row for two classes.
    intercept_ : ndarray of shape (1,) or (n_classes,)
        b.
    loss_curve_ : list of float
        J on all training data, before the first epoch (log 2, or log n_classes for the softmax) and after each epoch.
    learning_rate_ : float
        The learning rate used.
    n_iter_ : int
        Number of epochs trained.
    n_features_in_ : int
        Number of features seen in `fit`.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Their names, if X had string column names.

    Warns
    -----
    ConvergenceWarning
        If the gradient is still above `tol` after `max_epochs`, or the loss is not finite.

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
            Features, preferably standardized: the more their scales differ, the more epochs are needed.
        y : array-like of shape (n_samples,)
            Labels, numbers or strings.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each example's loss; 2 is the same as including the example twice.

        Returns
        -------
        self : LogisticRegression
        """
        self._check_parameters()
        x, codes, weight, self.classes_ = classification_data(self, X, y, sample_weight, self.class_weight)
        targets = indicators(codes, len(self.classes_))
        step, self.learning_rate_, self.loss_curve_ = train(
            x,
            targets,
            cross_entropy=softmax_cross_entropy if self._softmax else sigmoid_cross_entropy,
            l1=self.l1,
            l2=self.l2,
            learning_rate=self.learning_rate,
            schedule=self.schedule,
            decay=self.decay,
            momentum=self.momentum,
            batch_size=self.batch_size,
            max_epochs=self.max_epochs,
            tol=self.tol,
            sample_weight=weight,
            random_state=check_random_state(self.random_state),
        )
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
        """Compute the probability of each class, see :meth:`ScoreClassifier.predict_proba`.

        With "one_vs_rest", the probabilities of the classes are normalized to sum to one.
        """
        check_is_fitted(self)
        if self.multiclass == "softmax" or len(self.classes_) == 2:
            return super().predict_proba(X)
        z = self.decision_function(X)
        log_p = z - np.logaddexp(0.0, z)  # far from all classes, every p is 0 in floating point
        return softmax(log_p - log_p.max(axis=1, keepdims=True))

    @property
    def _softmax(self) -> bool:
        return self.multiclass == "softmax" and len(self.classes_) > 2

    def _warn_unless_converged(self, step) -> None:
        if step.gradient_norm <= self.tol or (self.tol == 0 and np.isfinite(step.loss)):
            return
        warnings.warn(
            f"LogisticRegression: not converged after {step.epoch} epochs: the loss is {step.loss:.3g} and the largest "
            f"entry of its gradient {step.gradient_norm:.3g}, above tol={self.tol:g}; increase max_epochs, scale the "
            "features, add a penalty or change the learning rate",
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


class TwoLayerNetwork(ScoreClassifier):
    r"""A classifier with one hidden layer, trained by gradient descent and explicit backpropagation.

    The model and its gradient are defined in :mod:`layerwise.estimators.two_layer_network`; J is the mean loss of the
    examples plus the penalty.

    Parameters
    ----------
    hidden_units : int, default=10
        Number of hidden units h.
    activation : {"tanh", "sigmoid", "relu"}, default="tanh"
        Activation g of the hidden layer.
    loss : {"cross_entropy", "squared_error"}, default="cross_entropy"
        Loss of an example: −Σ y log p, or ½ ‖p − y‖².
    initialization : {"zeros", "glorot", "he"} or float, default="glorot"
        Standard deviation of the initial weights, drawn from a normal distribution with mean 0: 0,
        √(2/(inputs + outputs)), √(2/inputs), or a number, such as 0.01 (small) or 10 (large). With "zeros" all hidden
        units remain identical.
    l2 : float, default=0
        Strength λ of the penalty λ/2 (‖W₁‖² + ‖W₂‖²). The biases are not penalized.
    learning_rate : float, default=0.3
        Step size.
    schedule : {"constant", "inverse", "exponential", "cosine"} or callable, default="constant"
        Factor of the learning rate in epoch t of T: 1, 1/(1 + decay t), exp(−decay t), (1 + cos(πt/T))/2, or any
        function of t.
    decay : float, default=0.01
        See `schedule`.
    momentum : float, default=0.9
        Momentum coefficient, in [0, 1).
    batch_size : int, default=None
        Examples per step: None for all of them (batch gradient descent), 1 for stochastic gradient descent.
    epochs : int, default=500
        Number of passes over the data; fewer if training stops early or the loss is not finite.
    early_stopping : bool, default=False
        Whether to hold out validation data, stop when the loss on them has not improved for `patience` epochs, and
        keep the parameters of the best epoch.
    validation_fraction : float, default=0.1
        Fraction of the training data to hold out, stratified by class.
    patience : int, default=20
        See `early_stopping`.
    class_weight : dict or "balanced", default=None
        Weight of the loss of each class, by label. "balanced" gives all classes the same total weight.
    random_state : int, RandomState instance or None, default=None
        Draws the initial weights, splits off the validation data and shuffles the examples.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels, sorted.
    coefs_ : list of ndarray of shape (n_features, hidden_units) and (hidden_units, n_outputs)
        W₁ and W₂; one output for two classes, else one per class.
    intercepts_ : list of ndarray of shape (hidden_units,) and (n_outputs,)
        b₁ and b₂.
    loss_curve_ : list of float
        J on all training data, before the first epoch and after each epoch.
    validation_loss_curve_ : list of float or None
        Mean loss on the validation data at the same epochs, without the penalty; None without `early_stopping`.
    best_epoch_ : int
        Epoch from which the parameters were taken; `n_iter_` without `early_stopping`.
    n_iter_ : int
        Number of epochs trained.
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
            Features, preferably standardized.
        y : array-like of shape (n_samples,)
            Labels, numbers or strings.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each example's loss.

        Returns
        -------
        self : TwoLayerNetwork
        """
        self._check_parameters()
        x, codes, weight, self.classes_ = classification_data(self, X, y, sample_weight, self.class_weight)
        targets = indicators(codes, len(self.classes_))
        random_state = check_random_state(self.random_state)
        start = initial_parameters([x.shape[1], self.hidden_units, targets.shape[1]], self.initialization, random_state)
        data, validation_data = (x, targets, weight), None
        if self.early_stopping:
            split = train_test_split(
                *data, test_size=self.validation_fraction, stratify=codes, random_state=random_state
            )
            data, validation_data = split[::2], split[1::2]

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
            if validation_data is not None:
                validation_losses.append(self._validation_loss(step.parameters, *validation_data))
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
        """Compute the activations of the hidden units, a = g(x W₁ + b₁), the inputs of the output layer.

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
            f"TwoLayerNetwork: training diverged: the loss is {step.loss} after {step.epoch} epochs; reduce the "
            "learning rate or scale the features",
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
