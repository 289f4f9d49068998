"""Architectures of ``keras.applications`` as one layer of an experiment, described without importing Keras."""

from __future__ import annotations

from dataclasses import dataclass

from layerwise.suggest import nearest

#: Name of an architecture → its module in ``keras.applications``, which provides ``preprocess_input``.
ARCHITECTURES = {"ResNet50": "resnet", "VGG16": "vgg16"}
WEIGHTS = ("imagenet",)
#: Minimum side of an image in pixels.
SMALLEST = 32


@dataclass(frozen=True)
class Application:
    """Specification of a standard architecture: ``{layer: Application, architecture: ResNet50}``.

    Parameters
    ----------
    architecture : {"ResNet50", "VGG16"}
        He et al. 2016; Simonyan & Zisserman 2015. Without the final dense layers.
    weights : "imagenet" or None
        Weights pretrained on ImageNet, which are downloaded, or random weights.
    size : int
        Side in pixels to which images are resized, at least 32.
    width : float
        Factor of the number of filters of every layer. Pretrained weights exist only for 1.
    momentum : float
        Momentum of the moving averages in batch normalization. With Keras's default of 0.99 they need hundreds of steps
        to converge.
    trainable : bool
        False freezes the architecture, so that only the layers after it are trained.

    Raises
    ------
    ValueError
        If an argument is invalid.
    """

    architecture: str
    weights: str | None = None
    size: int = SMALLEST
    width: float = 1.0
    momentum: float = 0.99
    trainable: bool = True

    def __post_init__(self) -> None:
        if self.architecture not in ARCHITECTURES:
            raise ValueError(f"unknown architecture {self.architecture!r}{nearest(self.architecture, ARCHITECTURES)}")
        if self.weights is not None and self.weights not in WEIGHTS:
            raise ValueError(f"weights must be 'imagenet' or null (random weights), got {self.weights!r}")
        if not isinstance(self.size, int) or isinstance(self.size, bool) or self.size < SMALLEST:
            raise ValueError(f"size must be an integer ≥ {SMALLEST} (pixels), got {self.size!r}")
        if not 0 < self.width <= 1 or (self.weights is not None and self.width != 1):
            needed = "a number in (0, 1]" if self.weights is None else f"1 with weights: {self.weights}"
            raise ValueError(f"width must be {needed}, got {self.width!r}")
        if not 0 <= self.momentum < 1:
            raise ValueError(f"momentum must be a number in [0, 1), got {self.momentum!r}")
        if not isinstance(self.trainable, bool):
            raise ValueError(f"trainable must be true or false, got {self.trainable!r}")
