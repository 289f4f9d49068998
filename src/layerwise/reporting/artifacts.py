"""Access to the pipeline's artifacts by name: experiments, runs, datasets, studies, summaries and claims."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from layerwise.data.splits import load_arrays, load_split
from layerwise.evaluation.run import probabilities
from layerwise.pipeline.files import read_json, read_npz, verified
from layerwise.plots.style import BACKEND_NAMES
from layerwise.suggest import nearest

CLAIM_TYPES = {"statement": str, "sentence": str, "test": str, "headline": str}

METRICS = {
    "recall_macro": "balanced accuracy",
    "f1_macro": "F1",
    "roc_auc": "ROC-AUC",
    "pr_auc": "PR-AUC",
    "log_loss": "log loss",
    "brier": "Brier",
    "ece": "ECE",
    "rmse": "RMSE",
    "mae": "MAE",
    "r2": "R²",
}


@dataclass(frozen=True)
class Dataset:
    """A prepared dataset: the contents of ``dataset.json`` and the splits."""

    folder: Path

    @cached_property
    def info(self) -> dict[str, Any]:
        """The contents of ``dataset.json``."""
        return read_json(self.folder / "dataset.json")

    @property
    def names(self) -> list[str]:
        """Class names as strings."""
        return [str(name) for name in self.info["class_names"]]

    @property
    def is_image(self) -> bool:
        """Whether the examples are images."""
        return self.info["kind"] == "image"

    def split(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        """Return features and targets of ``train``, ``validation`` or ``test``."""
        return load_split(self.folder / f"{name}.npz")

    def largest_class(self, split: str) -> str:
        """Return the share of the largest class of a split, the accuracy of always predicting it, or a dash."""
        balance = (self.info["class_balance"] or {}).get(split)
        return f"{max(balance) / sum(balance):.3f}" if balance else "–"

    def series(self, name: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return windows ``(n, steps, channels)``, next values ``(n,)`` and times ``(n,)``, in the original units."""
        x, y = self.split(name)
        return (
            self.unscaled_features(x),
            self.unscaled(y.reshape(len(y), -1)[:, 0]),
            load_arrays(self.folder / f"{name}.npz")["time"],
        )

    def unscaled_features(self, x: np.ndarray) -> np.ndarray:
        """Return examples ``(n, …, features)`` with the features in their original units."""
        scaling = self.info["scaling"]
        return x if scaling["mean"] is None else x * np.array(scaling["scale"]) + np.array(scaling["mean"])

    def unscaled(self, y: np.ndarray) -> np.ndarray:
        """Return targets or predictions ``(n,)`` in the original unit."""
        target = self.info["scaling"]["target"]
        return y if target is None else y * target["scale"][0] + target["mean"][0]


@dataclass(frozen=True)
class Experiment:
    """One experiment: its specification, its dataset and the artifacts of its runs."""

    name: str
    spec: Mapping[str, Any]
    results: Path

    @property
    def title(self) -> str:
        """The title in the configuration; the name by default."""
        return self.spec.get("title", self.name)

    @property
    def backends(self) -> list[str]:
        """Backends in which the experiment was trained."""
        return list(self.spec["backends"])

    @property
    def seeds(self) -> range:
        """Seeds with which the experiment was trained."""
        return range(self.spec["seeds"])

    @cached_property
    def dataset(self) -> Dataset:
        """The dataset on which the experiment was trained."""
        return Dataset(self.results / "data" / self.spec["dataset"])

    def run(self, backend: str, seed: int) -> Path:
        """Return the folder of one run."""
        return self.results / "runs" / self.name / backend / f"seed-{seed}"

    @cached_property
    def histories(self) -> pd.DataFrame:
        """The rows of every ``history.csv``, with ``backend`` and ``seed`` as the first columns."""
        parts = []
        for backend in self.backends:
            for seed in self.seeds:
                rows = pd.read_csv(verified(self.run(backend, seed) / "history.csv", "provenance.json"))
                rows.insert(0, "seed", seed)
                rows.insert(0, "backend", backend)
                parts.append(rows)
        return pd.concat(parts, ignore_index=True)

    @cached_property
    def metrics(self) -> dict[tuple[str, int], dict[str, Any]]:
        """``metrics.json`` by backend and seed."""
        keys = [(backend, seed) for backend in self.backends for seed in self.seeds]
        return {key: read_json(verified(self.run(*key) / "metrics.json", "evaluation.json")) for key in keys}

    def healthy(self, backend: str) -> list[int]:
        """Return the seeds whose runs did not diverge."""
        return [seed for seed in self.seeds if self.metrics[backend, seed]["status"] == "ok"]

    def predictions(self, backend: str, split: str = "test", seed: int | None = None) -> np.ndarray:
        """Return the predictions of one run for a split; by default of the first run that did not diverge."""
        seed = self.healthy(backend)[0] if seed is None else seed
        return read_npz(verified(self.run(backend, seed) / "predictions.npz", "evaluation.json"))[split]

    def confusion(self, backend: str, split: str = "test") -> np.ndarray:
        """Return the confusion matrix ``(true, predicted)``, summed over the seeds that did not diverge."""
        matrices = [self.metrics[backend, seed]["splits"][split]["confusion_matrix"] for seed in self.healthy(backend)]
        return np.sum(matrices, axis=0)

    def scores(self, backend: str, split: str = "test") -> dict[str, dict[str, float]]:
        """Return precision, recall and F1 by class name, for the first run that did not diverge."""
        return self.metrics[backend, self.healthy(backend)[0]]["splits"][split]["per_class"]

    def mean(self, metric: str, split: str = "test", backend: str = "numpy") -> float:
        """Return the mean of a metric over the seeds that did not diverge; NaN if all diverged."""
        values = [self.metrics[backend, seed]["splits"][split][metric] for seed in self.healthy(backend)]
        return float(np.mean(values)) if values else float("nan")

    def model(self, seed: int | None = None) -> Any:
        """Load a trained NumPy model; by default that of the first run that did not diverge."""
        from layerwise.experiments import numpy_backend

        return numpy_backend.load(self.run("numpy", self.healthy("numpy")[0] if seed is None else seed))

    def predict(self, x: np.ndarray) -> np.ndarray:
        """Return the probabilities that `model` predicts for new examples."""
        outputs = np.asarray(self.model().predict(x, verbose=0))
        return probabilities(outputs, self.dataset.info["task"], bool(self.spec["loss"].get("from_logits", False)))

    @property
    def parameters(self) -> int:
        """Number of parameters of the model."""
        return self.provenance[0]["parameters"]

    @property
    def provenance(self) -> list[dict[str, Any]]:
        """``provenance.json`` of every run."""
        return [read_json(self.run(b, seed) / "provenance.json") for b in self.backends for seed in self.seeds]


@dataclass(frozen=True)
class Study:
    """A study: its specification and the arrays it returned, by name."""

    name: str
    spec: Mapping[str, Any]
    results: Path

    @cached_property
    def arrays(self) -> dict[str, np.ndarray]:
        """All arrays by name."""
        return read_npz(self.results / "studies" / f"{self.name}.npz")

    def __getitem__(self, array: str) -> np.ndarray:
        if array not in self.arrays:
            raise KeyError(f"study '{self.name}' has no array '{array}'{nearest(array, self.arrays)}")
        return self.arrays[array]

    @property
    def arguments(self) -> Mapping[str, Any]:
        """The study's arguments in the configuration."""
        return self.spec.get("arguments", {})

    @property
    def dataset(self) -> Dataset:
        """The first dataset of the study."""
        return Dataset(self.results / "data" / self.spec["datasets"][0])

    def group(self, measure: str) -> dict[str, np.ndarray]:
        """Return setting → array for the arrays named ``measure.setting``, in the order of the study."""
        prefix = f"{measure}."
        return {name.removeprefix(prefix): array for name, array in self.arrays.items() if name.startswith(prefix)}

    def curve(self, measure: str) -> tuple[np.ndarray, np.ndarray]:
        """Return the settings of a `group` as numbers ``(n,)``, and their values ``(seeds, n)``."""
        group = self.group(measure)
        return np.array([float(setting) for setting in group]), np.stack(list(group.values()), axis=1)

    def table(self, measure: str) -> pd.DataFrame:
        """Return the arrays of a `group`, with one value per seed, as the columns of a table."""
        return pd.DataFrame(self.group(measure))


@dataclass(frozen=True)
class Report:
    """The artifacts of one report.

    Parameters
    ----------
    name : str
        Name of the report, such as ``"assignment1"``.
    specs : mapping
        Experiment name → specification, with its ``backends`` and its number of ``seeds``.
    results : path
        Folder of the results.
    study_specs : mapping
        Study name → specification.
    """

    name: str
    specs: Mapping[str, Mapping[str, Any]]
    results: str | Path = "results"
    study_specs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def __contains__(self, experiment: str) -> bool:
        return experiment in self.specs

    def __getitem__(self, experiment: str) -> Experiment:
        if experiment not in self.specs:
            raise KeyError(f"report '{self.name}' has no experiment '{experiment}'{nearest(experiment, self.specs)}")
        return self.experiments[experiment]

    def __iter__(self) -> Iterator[Experiment]:
        return iter(self.experiments.values())

    @cached_property
    def experiments(self) -> dict[str, Experiment]:
        """Experiments by name, in the order of the configuration."""
        return {name: Experiment(name, spec, Path(self.results)) for name, spec in self.specs.items()}

    @cached_property
    def datasets(self) -> dict[str, Dataset]:
        """The datasets of the experiments, by name."""
        return {experiment.spec["dataset"]: experiment.dataset for experiment in self}

    def studies(self, module: str) -> list[Study]:
        """Return the studies computed by one module of the report, such as ``"odds_ratios"``."""
        return [
            Study(name, spec, Path(self.results)) for name, spec in self.study_specs.items() if spec["module"] == module
        ]

    def first_study(self, module: str) -> Study | None:
        """Return the first of the `studies` of a module; None if the configuration has none."""
        return next(iter(self.studies(module)), None)

    def study(self, name: str) -> Study:
        """Return one study by name."""
        if name not in self.study_specs:
            raise KeyError(f"report '{self.name}' has no study '{name}'{nearest(name, self.study_specs)}")
        return Study(name, self.study_specs[name], Path(self.results))

    def matching(self, pattern: str) -> list[Experiment]:
        """Return the experiments whose name matches a shell pattern, such as ``"mnist5k_*"``."""
        return [experiment for experiment in self if fnmatch.fnmatch(experiment.name, pattern)]

    @cached_property
    def summary(self) -> pd.DataFrame:
        """The report's summary: one row per experiment, backend, split and metric."""
        return pd.read_csv(Path(self.results) / "summaries" / f"{self.name}.csv")

    @cached_property
    def all_claims(self) -> pd.DataFrame:
        """All claims of this report."""
        return pd.read_csv(Path(self.results) / "claims" / f"{self.name}.csv", dtype=CLAIM_TYPES)

    @property
    def every_claim(self) -> pd.DataFrame:
        """The claims of all reports."""
        return pd.read_csv(Path(self.results) / "claims.csv", dtype=CLAIM_TYPES)

    @property
    def provenance(self) -> list[dict[str, Any]]:
        """``provenance.json`` of every run of every experiment."""
        return [run for experiment in self for run in experiment.provenance]

    def claims(self, *patterns: str) -> pd.DataFrame:
        """Return the claims whose name matches one of the shell patterns; all claims if none is given."""
        matches = [
            any(fnmatch.fnmatch(name, pattern) for pattern in patterns or ["*"]) for name in self.all_claims["claim"]
        ]
        return self.all_claims[np.array(matches, dtype=bool)]

    def comparison(self, metric: str = "accuracy", split: str = "test", pattern: str = "*") -> pd.DataFrame:
        """Return the columns ``label``, ``backend``, ``mean``, ``low`` and ``high`` for `plots.metric_bars`."""
        rows = self.summary.query("metric == @metric and split == @split")
        rows = rows[rows["experiment"].isin([experiment.name for experiment in self.matching(pattern)])]
        return rows.assign(label=[self[name].title for name in rows["experiment"]])[
            ["label", "backend", "mean", "low", "high"]
        ]

    def scoreboard(self, *metrics: str, split: str = "test") -> pd.DataFrame:
        """Return a formatted table: a row per experiment and backend, mean and 95% interval per metric."""
        rows = []
        for experiment in self:
            for backend in experiment.backends:
                part = self.summary.query("experiment == @experiment.name and backend == @backend")
                values = part[part["split"] == split].set_index("metric").to_dict("index")
                row: dict[str, Any] = {"experiment": experiment.title, "backend": BACKEND_NAMES[backend]}
                if "accuracy" in metrics:
                    row["largest class"] = experiment.dataset.largest_class(split)
                for metric in metrics:
                    row[METRICS.get(metric, metric)] = mean_and_interval(values[metric]) if metric in values else "–"
                rows.append({**row, "seeds": int(part["seeds"].max()), "diverged": int(part["diverged"].max())})
        board = pd.DataFrame(rows)
        if board.empty:
            return board
        return board.drop(columns=[name for name in ("seeds", "diverged") if board[name].nunique() == 1])

    @property
    def over_seeds(self) -> str:
        """Description of the numbers of `scoreboard`, for captions."""
        seeds = sorted({len(experiment.seeds) for experiment in self})
        return f"mean and 95% interval over {' or '.join(map(str, seeds))} seeds"


def mean_and_interval(row: Any, digits: int = 3) -> str:
    """Format the mean and 95% interval of a summary row, ``0.973 [0.969, 0.976]``; the mean alone if it has none."""
    mean, low, high = (f"{row[key]:.{digits}f}" for key in ("mean", "low", "high"))
    return mean if np.isnan(row["low"]) else f"{mean} [{low}, {high}]"
