"""Learning rate and convergence."""

from __future__ import annotations

import numpy as np

from layerwise.plots import Picture
from layerwise.plots.studies import lines, surface
from layerwise.reporting.artifacts import Study


def draw(study: Study) -> list[Picture]:
    """Draw the loss surface with the paths of several learning rates, and the loss along them."""
    features = study.dataset.info["feature_names"] or [f"feature {i}" for i in range(10_000)]
    rate, walks, losses = study["rate"], study["walk"], study["walk_loss"]
    names = [f"η = {value:.3g}" for value in rate]
    first, second = (features[i] for i in study["columns"])
    converged = [name for name, loss in zip(names, losses) if loss[-1] - losses[:, -1].min() < 1e-3]
    diverged = int(np.argmax(losses[:, -1]))
    return [
        surface(
            study["w1"],
            study["w2"],
            study["loss"],
            study["minimum"],
            {name: walk[:16] for name, walk in zip(names[:-1], walks)} | {names[-1]: walks[-1][:3]},
            (f"weight of {first}", f"weight of {second}"),
            f"Converged after {walks.shape[1] - 1} steps: {', '.join(converged) or 'none'}",
        ),
        lines(
            {name: (np.arange(len(loss)), loss) for name, loss in zip(names, losses)},
            "step",
            "loss (nats per example)",
            f"η = {rate[diverged]:.3g}, above 2/λ, ends at a loss of {losses[diverged, -1]:.1e}",
            log="y",
            limits=(0.9 * float(losses.min()), 20 * float(losses[0, 0])),
        ),
    ]
