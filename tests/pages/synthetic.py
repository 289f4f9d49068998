"""Synthetic artifacts in the pipeline's schema: softmax regressions on point clouds and striped images."""

import numpy as np
import pandas as pd

from layerwise import nn
from layerwise.claims.tests import VERDICTS
from layerwise.evaluation import bootstrap, metrics
from layerwise.evaluation.summary import summarise
from layerwise.pipeline.files import sha256, write_json, write_npz, write_text

EPOCHS, SEEDS = 6, 2


def clouds(rng, classes, n):
    y = np.arange(n) % classes
    angle = 2 * np.pi * y / classes
    x = 2 * np.stack([np.cos(angle), np.sin(angle)], axis=1) + rng.normal(size=(n, 2))
    return x.astype(np.float32), y.astype(np.int32)


def stripes(rng, classes, n, size=8):
    y = np.arange(n) % classes
    x = rng.integers(0, 160, (n, size, size, 1))
    for i, k in enumerate(y):
        x[i, k * size // classes] += 95
    return x.astype(np.uint8), y.astype(np.int32)


def prepare(folder, name, kind, classes):
    """Write a dataset folder; ``kind`` is ``"table"`` or ``"image"``."""
    rng = np.random.default_rng(classes)
    generate = stripes if kind == "image" else clouds
    splits = {split: generate(rng, classes, n) for split, n in {"train": 120, "validation": 60, "test": 60}.items()}
    for split, (x, y) in splits.items():
        write_npz(folder / f"{split}.npz", x=x, y=y)
    names = [f"class {'abcdefghij'[k]}" for k in range(classes)]
    info = {
        "name": name, "title": f"Synthetic {name}", "source": name, "kind": kind, "classes": classes,
        "task": "binary" if classes == 2 else "multiclass", "class_names": names,
        "shape": list(splits["train"][0].shape[1:]), "feature_names": ["left", "right"] if kind == "table" else None,
        "counts": {split: len(y) for split, (_, y) in splits.items()},
        "class_balance": {split: np.bincount(y, minlength=classes).tolist() for split, (_, y) in splits.items()},
        "splits": {split: sha256(folder / f"{split}.npz") for split in splits},
        "scaling": {"name": "none", "mean": None, "scale": None}, "duplicates": {}, "inputs": [], "licence": "none needed", "citation": "synthetic",
    }  # fmt: skip
    write_json(folder / "dataset.json", info)
    return info, splits


def train(folder, info, splits, backend, seed):
    """Write a run folder: softmax regression (a sigmoid for two classes) trained by gradient descent."""
    rng = np.random.default_rng([seed, backend == "keras"])
    flat = {s: (x.reshape(len(x), -1) / (255 if x.dtype == np.uint8 else 1), y) for s, (x, y) in splits.items()}
    k = info["classes"]
    w, b = rng.normal(0, 0.1, (flat["train"][0].shape[1], k)), np.zeros(k)

    def predict(x):
        z = np.exp(x @ w + b)
        return z / z.sum(axis=1, keepdims=True)

    rows = []
    for epoch in range(1, EPOCHS + 1):
        for _ in range(10):
            x, y = flat["train"]
            error = (predict(x) - np.eye(k)[y]) / len(x)
            w, b = w - 0.5 * x.T @ error, b - 0.5 * error.sum(axis=0)
        row = [epoch]
        for x, y in (flat["train"], flat["validation"]):
            p = predict(x)
            row += [-np.log(p[np.arange(len(y)), y]).mean(), np.mean(p.argmax(axis=1) == y)]
        rows.append([*row, 0.5])
    header = ["epoch", "loss", "accuracy", "val_loss", "val_accuracy", "learning_rate"]
    write_text(folder / "history.csv", pd.DataFrame(rows, columns=header).to_csv(index=False))
    predictions = {split: predict(x) for split, (x, _) in flat.items()}
    weights = [w, b]
    if k == 2:
        predictions = {split: p[:, 1] for split, p in predictions.items()}
        weights = [w[:, 1:] - w[:, :1], b[1:] - b[:1]]
    write_npz(folder / "predictions.npz", **{s: p.astype(np.float32) for s, p in predictions.items()})
    measured = {s: metrics.classification(splits[s][1], p, info["class_names"]) for s, p in predictions.items()}
    measured["test"]["intervals"] = bootstrap.classification(splits["test"][1], predictions["test"], 100)
    run = {"experiment": folder.parents[1].name, "backend": backend, "seed": seed, "dataset": info["name"]}
    write_json(folder / "metrics.json", {**run, "status": "ok", "epoch": None, "splits": measured})
    write_json(folder / "provenance.json", provenance(run, w.size + b.size))
    if backend == "numpy":
        model = nn.Sequential([nn.Input(info["shape"]), nn.Flatten(), nn.Dense(weights[0].shape[1])], seed=seed)
        model.set_weights([weight.astype(np.float32) for weight in weights])
        model.save(folder / "model.npz")


def provenance(run, parameters):
    return {
        **run, "parameters": parameters, "epochs": EPOCHS, "diverged": None, "inputs": {"train": "0" * 64},
        "seconds": {"total": {"wall": 1.5, "cpu": 1.25}, "fit": {"wall": 1.0, "cpu": 0.75}},
        "versions": {"python": "3.11", "numpy": "2"}, "platform": "a test", "cpu": "a processor", "cpus": 2,
        "blas": {"name": "a BLAS", "version": "1", "openblas configuration": ""}, "threads": {"OMP_NUM_THREADS": "1"},
        "peak_memory_bytes": 64 * 2**20,
    }  # fmt: skip


def experiment(name, dataset, kind, classes):
    units = 1 if classes == 2 else classes
    loss = "BinaryCrossentropy" if classes == 2 else "SparseCategoricalCrossentropy"
    flatten = [{"layer": "Flatten"}] if kind == "image" else []
    return {
        "title": name.replace("_", " "), "dataset": dataset, "backends": ["numpy", "keras"], "seeds": SEEDS,
        "model": [*flatten, {"layer": "Dense", "units": units}], "batch_size": 120, "epochs": EPOCHS,
        "loss": {"name": loss, "from_logits": True}, "optimizer": {"name": "SGD", "learning_rate": 0.5},
    }  # fmt: skip


def claims(results, report):
    rows = [
        {"claim": f"{report}_{verdict.lower()}", "report": report, "statement": f"A claim that is {verdict} < & >.",
         "sentence": f"A sentence that is {verdict} < & >.", "headline": "yes" if verdict == "SUPPORTED" else "",
         "artifact": f"results/summaries/{report}.csv", "test": "a test", "value": 0.5, "verdict": verdict, "p": 0.5}
        for verdict in VERDICTS
    ]  # fmt: skip
    write_text(results / "claims" / f"{report}.csv", pd.DataFrame(rows).to_csv(index=False))
    return pd.DataFrame(rows)


def make(results, report, experiments):
    """Write all artifacts that a report's notebook reads; return the specifications of its experiments.

    Parameters
    ----------
    results : Path
    report : str
    experiments : dict
        Experiment name → (dataset, kind, classes).
    """
    specs = {}
    for name, (dataset, kind, classes) in experiments.items():
        specs[name] = experiment(name, dataset, kind, classes)
        if (results / "runs" / name).exists():  # written for another report
            continue
        info, splits = prepare(results / "data" / dataset, dataset, kind, classes)
        for backend in specs[name]["backends"]:
            for seed in range(SEEDS):
                train(results / "runs" / name / backend / f"seed-{seed}", info, splits, backend, seed)
    runs = [results / "runs" / n / b / f"seed-{s}" for n in specs for b in ("numpy", "keras") for s in range(SEEDS)]
    summarise([run / "metrics.json" for run in runs], results / "summaries" / f"{report}.csv")
    claims(results, report)
    return specs


def join_claims(results):
    """Write ``claims.csv`` with the claims of all reports."""
    tables = [pd.read_csv(path) for path in sorted((results / "claims").glob("*.csv"))]
    write_text(results / "claims.csv", pd.concat(tables).to_csv(index=False))
