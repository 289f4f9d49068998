"""Monte Carlo dropout."""

from __future__ import annotations

import numpy as np

from layerwise.plots import Picture
from layerwise.plots.studies import lines, strips
from layerwise.reporting.artifacts import Study

KINDS = {
    "known": "known digits",
    "unknown": "digits never learned",
    "noise": "shuffled pixels",
    "other": "other images",
}


def draw(study: Study) -> list[Picture]:
    """Draw the entropy of known and of strange images, and of known ones as they turn."""
    entropy = study.group("entropy")
    edges = np.linspace(0, np.log(10), 16)
    shares = {
        KINDS[kind]: ((edges[1:] + edges[:-1]) / 2, np.histogram(values, edges)[0] / len(values))
        for kind, values in entropy.items()
    }
    mean = {kind: values.mean() for kind, values in study.group("mean_entropy").items()}
    angles, turned, right = study["angles"], study["turned.entropy"], study["turned.accuracy"]
    top = int(np.argmax(turned.mean(axis=0)))
    auc = {key: values for key, values in study.group("auc").items() if not key.startswith("disagreement")}
    named = {"entropy": f"{study.arguments['draws']} passes", "once": "one pass"}
    best = {key: values.mean() for key, values in auc.items()}
    return [
        lines(
            shares,
            "entropy of the mean answer (nats)",
            "share of images",
            f"Mean entropy {mean['known']:.2f} nats on known digits, {mean['unknown']:.2f} on digits never learned",
        ),
        lines(
            {"entropy (nats)": (angles, turned), "accuracy": (angles, right)},
            "digits turned by (degrees)",
            "entropy, accuracy",
            f"The network is least sure at {angles[top]:g}°: {turned.mean(axis=0)[top]:.2f} nats, "
            f"{100 * right.mean(axis=0)[top]:.0f} % right",
            marked=True,
        ),
        strips(
            {
                f"{KINDS[key.partition('.')[2]]}: {named[key.partition('.')[0]]}": values
                for key, values in sorted(auc.items(), key=lambda item: item[0].partition(".")[2])
            },
            "share of pairs told apart (ROC-AUC)",
            f"Digits never learned are told from known ones with AUC {best['entropy.unknown']:.3f} by many passes, "
            f"{best['once.unknown']:.3f} by one",
        ),
    ]
