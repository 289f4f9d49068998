"""Global settings of the framework, read at every call: ``nn.config.kernels = "reference"``."""

#: ``"fast"`` runs the optimized kernels, ``"reference"`` the plain ones (see :mod:`layerwise.nn.kernels`).
kernels = "fast"

#: ``"winograd"`` halves the multiplications of float32 convolutions with three-row kernels and stride one, at an error
#: of about 1e-5 instead of 3e-6; ``"direct"`` sums every product. float64 convolutions are always direct.
convolution = "winograd"
