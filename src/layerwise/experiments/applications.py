"""Architectures that come with Keras, as one layer of an experiment; known here without importing Keras."""

from __future__ import annotations

from dataclasses import dataclass

from layerwise.suggest import nearest

#: Name of an architecture → its module in ``keras.applications``, which has its ``preprocess_input``.
ARCHITECTURES = {"ResNet50": "resnet", "VGG16": "vgg16"}
WEIGHTS = ("imagenet",)
#: Pixels that an image must have on each side.
SMALLEST = 32


@dataclass(frozen=True)
class Application:
    """What an experiment says of a mainstream architecture: ``{layer: Application, architecture: ResNet50}``.

    Parameters
    ----------
    architecture : {"ResNet50", "VGG16"}
        He et al. 2016; Simonyan & Zisserman 2015. Without its last, dense layers, and built for the images given.
    weights : "imagenet" or None
        Weights trained on ImageNet, which are downloaded, or random ones.
    size : int
        Side in pixels to which images are scaled, at least 32.
    momentum : float
        Memory of the running statistics of batch normalization. Keras's 0.99 needs hundreds of steps to get near them.
    trainable : bool
        False freezes the architecture: only the layers after it learn.

    Raises
    ------
    ValueError
        For anything else.
    """

    architecture: str
    weights: str | None = None
    size: int = SMALLEST
    momentum: float = 0.99
    trainable: bool = True

    def __post_init__(self) -> None:
        if self.architecture not in ARCHITECTURES:
            raise ValueError(f"unknown architecture {self.architecture!r}{nearest(self.architecture, ARCHITECTURES)}")
        if self.weights is not None and self.weights not in WEIGHTS:
            raise ValueError(f"weights is {self.weights!r}; accepted are 'imagenet' and null, for random ones")
        if not isinstance(self.size, int) or isinstance(self.size, bool) or self.size < SMALLEST:
            raise ValueError(f"size is {self.size!r}; accepted is a whole number of pixels, at least {SMALLEST}")
        if not 0 <= self.momentum < 1:
            raise ValueError(f"momentum is {self.momentum!r}; accepted is a number in [0, 1)")
        if not isinstance(self.trainable, bool):
            raise ValueError(f"trainable is {self.trainable!r}; accepted are true and false")
