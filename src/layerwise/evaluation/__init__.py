"""Evaluation of trained runs: ``python -m layerwise.evaluation run|summary …``."""
