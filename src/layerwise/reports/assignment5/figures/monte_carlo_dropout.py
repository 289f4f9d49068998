"""Monte Carlo dropout."""

from __future__ import annotations

import numpy as np

from layerwise.plots import Picture
from layerwise.plots.studies import lines, strips
from layerwise.reporting.artifacts import Study

KINDS = {
    "known": "known digits",
    "unknown": "unknown digits",
    "noise": "shuffled pixels",
    "other": "other images",
}


def draw(study: Study) -> list[Picture]:
    """Draw the entropy and detection of out-of-distribution images, and the entropy of rotated known images."""
    entropy = study.group("entropy")
    edges = np.linspace(0, np.log(10), 16)
    shares = {
        KINDS[kind]: ((edges[1:] + edges[:-1]) / 2, np.histogram(values, edges)[0] / len(values))
        for kind, values in entropy.items()
    }
    mean = {kind: values.mean() for kind, values in study.group("mean_entropy").items()}
    angles, entropies, accuracies = study["angles"], study["turned.entropy"], study["turned.accuracy"]
    top = int(np.argmax(entropies.mean(axis=0)))
    auc = {key: values for key, values in study.group("auc").items() if not key.startswith("disagreement")}
    named = {"entropy": f"{study.arguments['draws']} passes", "once": "one pass"}
    best = {key: values.mean() for key, values in auc.items()}
    return [
        lines(
            shares,
            "entropy of the mean prediction (nats)",
            "share of images",
            f"Mean entropy {mean['known']:.2f} nats on known digits, {mean['unknown']:.2f} on unknown digits",
        ),
        lines(
            {"entropy (nats)": (angles, entropies), "accuracy": (angles, accuracies)},
            "rotation of the digits (degrees)",
            "entropy, accuracy",
            f"The entropy is highest at {angles[top]:g}°, {entropies.mean(axis=0)[top]:.2f} nats; accuracy there "
            f"{100 * accuracies.mean(axis=0)[top]:.0f}%",
            marked=True,
        ),
        strips(
            {
                f"{KINDS[key.partition('.')[2]]}: {named[key.partition('.')[0]]}": values
                for key, values in sorted(auc.items(), key=lambda item: item[0].partition(".")[2])
            },
            "area under the ROC curve (AUC)",
            f"Unknown digits are detected with an AUC of {best['entropy.unknown']:.3f} by many passes, "
            f"{best['once.unknown']:.3f} by one",
        ),
    ]
