"""A classifier and a regressor with the scikit-learn API, based on ``layerwise.nn``."""

from __future__ import annotations

from collections.abc import Iterable
from numbers import Integral

import numpy as np
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.model_selection import train_test_split
from sklearn.utils import check_random_state
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from layerwise import nn
from layerwise.estimators.classifiers import ScoreClassifier
from layerwise.estimators.inputs import check_number, classification_data


class _NeuralNetwork(BaseEstimator):
    """Base of the classifier and the regressor: parameters, model construction and training."""

    def __init__(
        self,
        hidden_layer_sizes=(100,),
        *,
        hidden_layers=None,
        activation="relu",
        batch_normalization=False,
        dropout=0.0,
        l2=0.0,
        optimizer="adam",
        learning_rate=None,
        batch_size=32,
        epochs=100,
        early_stopping=False,
        validation_fraction=0.1,
        patience=10,
        random_state=None,
        verbose=0,
    ):
        self.hidden_layer_sizes = hidden_layer_sizes
        self.hidden_layers = hidden_layers
        self.activation = activation
        self.batch_normalization = batch_normalization
        self.dropout = dropout
        self.l2 = l2
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.batch_size = batch_size
        self.epochs = epochs
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.patience = patience
        self.random_state = random_state
        self.verbose = verbose

    def _train(self, x, y, weight, outputs, loss, stratify=None) -> None:
        """Build the model with ``outputs`` linear outputs and train it; ``weight`` must have mean one."""
        random_state = check_random_state(self.random_state)
        layers = [nn.Input(x.shape[1:]), *self._hidden_layers(), nn.Dense(outputs, kernel_regularizer=self._penalty())]
        self.model_ = nn.Sequential(layers, seed=int(random_state.randint(2**31)), dtype=x.dtype.name)
        self.model_.compile(optimizer=self._fresh_optimizer(), loss=loss)
        data, validation_data, callbacks = (x, y, weight), None, []
        if self.early_stopping:
            split = train_test_split(
                *data, test_size=self.validation_fraction, stratify=stratify, random_state=random_state
            )
            data, validation_data = split[::2], tuple(split[1::2])
            callbacks = [nn.EarlyStopping(patience=self.patience, restore_best_weights=True)]
        history = self.model_.fit(
            *data[:2],
            sample_weight=data[2],
            batch_size=self.batch_size,
            epochs=self.epochs,
            validation_data=validation_data,
            callbacks=callbacks,
            verbose=self.verbose,
        ).history
        self.loss_curve_ = history["loss"]
        self.validation_loss_curve_ = history.get("val_loss")
        self.n_iter_ = len(self.loss_curve_)

    def _hidden_layers(self) -> list[nn.Layer]:
        if self.hidden_layers is not None:
            return list(self.hidden_layers())
        layers: list[nn.Layer] = []
        sizes = self.hidden_layer_sizes
        for units in [int(sizes)] if isinstance(sizes, Integral) else sizes:
            layers.append(nn.Dense(units, use_bias=not self.batch_normalization, kernel_regularizer=self._penalty()))
            if self.batch_normalization:
                layers.append(nn.BatchNormalization())
            layers.append(nn.Activation(self.activation))
            if self.dropout:
                layers.append(nn.Dropout(self.dropout))
        return layers

    def _penalty(self) -> nn.L2 | None:
        return nn.L2(self.l2 / 2) if self.l2 else None

    def _fresh_optimizer(self) -> nn.Optimizer:
        """Return a new optimizer with the requested class and settings."""
        template = nn.optimizers.get(self.optimizer)
        rate = {} if self.learning_rate is None else {"learning_rate": self.learning_rate}
        return type(template).from_config(template.get_config() | rate)

    def _outputs(self, X) -> np.ndarray:
        check_is_fitted(self)
        X = validate_data(self, X, dtype=self.model_.dtype, reset=False)
        return self.model_.predict(X, batch_size=1024, verbose=0)

    def _check_parameters(self) -> None:
        if self.hidden_layers is not None and not callable(self.hidden_layers):
            raise ValueError(
                f"{type(self).__name__}: hidden_layers must be a function that returns a list of layers, or None, "
                f"got {self.hidden_layers!r}"
            )
        sizes = self.hidden_layer_sizes
        if not isinstance(sizes, Integral) and (isinstance(sizes, str) or not isinstance(sizes, Iterable)):
            raise ValueError(
                f"{type(self).__name__}: hidden_layer_sizes must be an integer or a sequence of integers, got {sizes!r}"
            )
        check_number(self, "dropout", least=0, below=1)
        check_number(self, "l2", least=0)
        check_number(self, "learning_rate", above=0, or_else=[None])
        check_number(self, "batch_size", kind=Integral, least=1)
        check_number(self, "epochs", kind=Integral, least=1)
        check_number(self, "validation_fraction", above=0, below=1)
        check_number(self, "patience", kind=Integral, least=1)


class NeuralNetworkClassifier(ScoreClassifier, _NeuralNetwork):
    """A neural-network classifier based on ``layerwise.nn``.

    Two classes use one output and binary cross-entropy, more classes one output each and sparse categorical
    cross-entropy, both from logits. Models of float32 features are trained in float32, all others in float64.

    Parameters
    ----------
    hidden_layer_sizes : sequence of int or int, default=(100,)
        Number of units of each hidden layer, or of the only one; ``()`` is logistic regression.
    hidden_layers : callable, default=None
        Function without arguments that returns a new list of ``nn`` layers, everything between the input (a row of X)
        and the output layer; it replaces the parameters from `hidden_layer_sizes` to `dropout`. For images, begin with
        ``nn.Reshape``. A function defined in a module can be pickled, a lambda cannot.
    activation : str or ActivationFunction, default="relu"
        Activation of the hidden layers.
    batch_normalization : bool, default=False
        Whether to apply batch normalization before each activation.
    dropout : float, default=0
        Dropout rate after each activation.
    l2 : float, default=0
        Strength λ of the penalty λ/2 ‖W‖² on each kernel, as in the hand-written estimators; Keras's
        ``L2(l2)`` is twice that.
    optimizer : str or Optimizer, default="adam"
        Name of an optimizer, or an instance whose settings are copied.
    learning_rate : float, default=None
        Step size; None for the default of the optimizer.
    batch_size : int, default=32
        Examples per step.
    epochs : int, default=100
        Number of passes over the data, fewer if training stops early.
    early_stopping : bool, default=False
        Whether to hold out validation data, stop when the loss on them has not improved for `patience` epochs, and
        keep the weights of the best epoch.
    validation_fraction : float, default=0.1
        Fraction of the training data to hold out, stratified by class.
    patience : int, default=10
        See `early_stopping`.
    random_state : int, RandomState instance or None, default=None
        Draws the initial weights and the dropout masks, splits off the validation data and shuffles the examples.
    verbose : int, default=0
        1 shows a progress bar, 2 one line per epoch.
    class_weight : dict or "balanced", default=None
        Weight of the loss of each class, by label. "balanced" gives all classes the same total weight.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels, sorted.
    model_ : nn.Sequential
        The trained model; its outputs are logits.
    loss_curve_ : list of float
        Mean training loss of each epoch, including the penalty.
    validation_loss_curve_ : list of float or None
        Loss on the validation data after each epoch; None without `early_stopping`.
    n_iter_ : int
        Number of epochs trained.
    n_features_in_ : int
        Number of features seen in `fit`.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Their names, if X had string column names.

    Examples
    --------
    >>> from layerwise.estimators import NeuralNetworkClassifier
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> x, y = load_iris(return_X_y=True)
    >>> network = make_pipeline(StandardScaler(), NeuralNetworkClassifier((16,), epochs=200, random_state=0))
    >>> network.fit(x, y).score(x, y) > 0.95
    True
    """

    def __init__(
        self,
        hidden_layer_sizes=(100,),
        *,
        hidden_layers=None,
        activation="relu",
        batch_normalization=False,
        dropout=0.0,
        l2=0.0,
        optimizer="adam",
        learning_rate=None,
        batch_size=32,
        epochs=100,
        early_stopping=False,
        validation_fraction=0.1,
        patience=10,
        random_state=None,
        verbose=0,
        class_weight=None,
    ):
        super().__init__(
            hidden_layer_sizes,
            hidden_layers=hidden_layers,
            activation=activation,
            batch_normalization=batch_normalization,
            dropout=dropout,
            l2=l2,
            optimizer=optimizer,
            learning_rate=learning_rate,
            batch_size=batch_size,
            epochs=epochs,
            early_stopping=early_stopping,
            validation_fraction=validation_fraction,
            patience=patience,
            random_state=random_state,
            verbose=verbose,
        )
        self.class_weight = class_weight

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
        self : NeuralNetworkClassifier
        """
        self._check_parameters()
        x, codes, weight, self.classes_ = classification_data(
            self, X, y, sample_weight, self.class_weight, dtype=[np.float64, np.float32]
        )
        if len(self.classes_) == 2:
            self._train(x, codes, weight, 1, nn.BinaryCrossentropy(from_logits=True), stratify=codes)
        else:
            outputs = len(self.classes_)
            self._train(x, codes, weight, outputs, nn.SparseCategoricalCrossentropy(from_logits=True), stratify=codes)
        return self

    def decision_function(self, X):
        """Compute the logits.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_classes)
            For two classes, the log-odds of ``classes_[1]``.
        """
        z = self._outputs(X)
        return z[:, 0] if len(self.classes_) == 2 else z


class NeuralNetworkRegressor(RegressorMixin, _NeuralNetwork):
    """A neural-network regressor based on ``layerwise.nn``, trained with the mean squared error.

    Models of float32 features are trained in float32, all others in float64. Targets that are far from mean 0 and
    standard deviation 1 should be standardized, for instance with scikit-learn's ``TransformedTargetRegressor``.

    Parameters
    ----------
    hidden_layer_sizes : sequence of int or int, default=(100,)
        Number of units of each hidden layer, or of the only one; ``()`` is linear regression.
    hidden_layers : callable, default=None
        Function without arguments that returns a new list of ``nn`` layers, which replaces the parameters from
        `hidden_layer_sizes` to `dropout`.
    activation : str or ActivationFunction, default="relu"
        Activation of the hidden layers.
    batch_normalization : bool, default=False
        Whether to apply batch normalization before each activation.
    dropout : float, default=0
        Dropout rate after each activation.
    l2 : float, default=0
        Strength λ of the penalty λ/2 ‖W‖² on each kernel.
    optimizer : str or Optimizer, default="adam"
        Name of an optimizer, or an instance whose settings are copied.
    learning_rate : float, default=None
        Step size; None for the default of the optimizer.
    batch_size : int, default=32
        Examples per step.
    epochs : int, default=100
        Number of passes over the data, fewer if training stops early.
    early_stopping : bool, default=False
        Whether to hold out validation data, stop when the loss on them has not improved for `patience` epochs, and
        keep the weights of the best epoch.
    validation_fraction : float, default=0.1
        Fraction of the training data to hold out.
    patience : int, default=10
        See `early_stopping`.
    random_state : int, RandomState instance or None, default=None
        Draws the initial weights and the dropout masks, splits off the validation data and shuffles the examples.
    verbose : int, default=0
        1 shows a progress bar, 2 one line per epoch.

    Attributes
    ----------
    model_ : nn.Sequential
        The trained model.
    loss_curve_ : list of float
        Mean training loss of each epoch, including the penalty.
    validation_loss_curve_ : list of float or None
        Loss on the validation data after each epoch; None without `early_stopping`.
    n_iter_ : int
        Number of epochs trained.
    n_features_in_ : int
        Number of features seen in `fit`.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Their names, if X had string column names.
    """

    def fit(self, X, y, sample_weight=None):
        """Train on examples and their target values.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Features, preferably standardized.
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            Target values.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each example's squared error.

        Returns
        -------
        self : NeuralNetworkRegressor
        """
        self._check_parameters()
        x, y = validate_data(self, X, y, dtype=[np.float64, np.float32], multi_output=True, y_numeric=True)
        weight = _check_sample_weight(sample_weight, x, dtype=x.dtype, ensure_non_negative=True)
        positive = weight > 0
        x, y, weight = x[positive], y[positive].astype(x.dtype), weight[positive] / weight[positive].mean()
        self._flat = y.ndim == 1
        y = y.reshape(len(y), -1)
        self._train(x, y, weight, y.shape[1], nn.MeanSquaredError())
        return self

    def predict(self, X):
        """Predict the target values.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_targets)
        """
        values = self._outputs(X)
        return values[:, 0] if self._flat else values

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags
