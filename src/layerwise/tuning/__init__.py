"""Hyperparameter search: spaces, suggestions, trials, pruning and tables; ``python -m layerwise.tuning``."""
