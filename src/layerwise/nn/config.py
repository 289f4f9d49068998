"""Settings of the framework, read at every call: ``nn.config.kernels = "reference"``."""

#: ``"fast"`` runs the optimised kernels, ``"reference"`` their plain twins (see :mod:`layerwise.nn.kernels`).
kernels = "fast"
