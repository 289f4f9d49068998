"""Search over hyperparameters: spaces, suggestions, trials, pruning, tables; ``python -m layerwise.tuning``."""
