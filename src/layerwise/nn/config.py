"""Settings of the framework, read at every call: ``nn.config.kernels = "reference"``."""

#: ``"fast"`` runs the optimised kernels, ``"reference"`` their plain references (see :mod:`layerwise.nn.kernels`).
kernels = "fast"

#: ``"winograd"`` lets float32 convolutions with three rows and stride one take half the multiplications, with an error
#: of about 1e-5 instead of 3e-6; ``"direct"`` sums every product. float64 is always direct.
convolution = "winograd"
