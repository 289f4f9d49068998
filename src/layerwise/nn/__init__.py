"""A deep-learning framework written in NumPy, with the names, defaults and shapes of Keras."""

# ruff: noqa: F401 — the public names of the framework

from layerwise.nn import activations, callbacks, config, initializers, losses, metrics, optimizers, schedules
from layerwise.nn.callbacks import (
    Callback,
    CSVLogger,
    EarlyStopping,
    History,
    LambdaCallback,
    LearningRateScheduler,
    ModelCheckpoint,
    ProgressBar,
    ReduceLROnPlateau,
    TerminateOnNaN,
)
from layerwise.nn.checks import NonFiniteLossError
from layerwise.nn.gradient_check import GradientReport, check_gradients
from layerwise.nn.initializers import (
    Constant,
    GlorotNormal,
    GlorotUniform,
    HeNormal,
    HeUniform,
    Initializer,
    LecunNormal,
    LecunUniform,
    Ones,
    Orthogonal,
    RandomNormal,
    RandomUniform,
    Zeros,
)
from layerwise.nn.keras_bridge import from_keras, to_keras
from layerwise.nn.layers.activation import ELU, GELU, Activation, LeakyReLU, ReLU, Sigmoid, Softmax, Softplus, Tanh
from layerwise.nn.layers.augmentation import (
    RandomApply,
    RandomElasticTransform,
    RandomFlip,
    RandomRotation,
    RandomTranslation,
    RandomZoom,
)
from layerwise.nn.layers.base import Layer
from layerwise.nn.layers.convolution import Conv1D, Conv2D
from layerwise.nn.layers.core import Dense, Flatten, Input, Permute, Reshape
from layerwise.nn.layers.embedding import Embedding
from layerwise.nn.layers.merging import Parallel, Residual
from layerwise.nn.layers.normalization import BatchNormalization, GroupNormalization, LayerNormalization
from layerwise.nn.layers.pooling import (
    AveragePooling1D,
    AveragePooling2D,
    GlobalAveragePooling1D,
    GlobalAveragePooling2D,
    GlobalMaxPooling1D,
    GlobalMaxPooling2D,
    MaxPooling1D,
    MaxPooling2D,
    ZeroPadding2D,
)
from layerwise.nn.layers.recurrent import GRU, LSTM, Bidirectional, SimpleRNN
from layerwise.nn.layers.regularization import Dropout, GaussianNoise
from layerwise.nn.losses import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    Hinge,
    Huber,
    Loss,
    MeanAbsoluteError,
    MeanSquaredError,
    SparseCategoricalCrossentropy,
)
from layerwise.nn.metrics import Accuracy, Metric, RootMeanSquaredError
from layerwise.nn.model import Sequential, load_model
from layerwise.nn.optimizers import SGD, Adagrad, Adam, AdamW, Optimizer, RMSprop
from layerwise.nn.regularizers import L1, L1L2, L2, Constraint, MaxNorm, Regularizer
from layerwise.nn.schedules import (
    CosineDecay,
    ExponentialDecay,
    LearningRateSchedule,
    OneCycle,
    PiecewiseConstantDecay,
)
