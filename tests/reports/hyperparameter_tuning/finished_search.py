"""A small finished search."""

from layerwise.experiments import run
from layerwise.pipeline.files import write_json
from layerwise.tuning import suggest, table, trials
from layerwise.tuning.sweep import Sweep

EXPERIMENT = {
    "model": [
        {"layer": "Dense", "units": 4, "activation": "relu"},
        {"layer": "Dropout", "rate": 0.1},
        {"layer": "Dense", "units": "classes"},
    ],
    "loss": {"name": "Crossentropy", "from_logits": True},
    "optimizer": {"name": "SGD", "learning_rate": 0.1},
    "batch_size": 16,
    "epochs": 3,
}
SPACE = {
    "optimizer.learning_rate": {"log": [0.01, 1.0], "points": 4},
    "model.0.units": {"integer": [2, 8], "points": 2},
    "model.Dropout.rate": {"uniform": [0.0, 0.5], "points": 2},
}


def finished(folder, data, name, experiment=EXPERIMENT, **spec):
    """Run a search on the dataset in the folder ``data`` and return the table of its trials."""
    sweep = Sweep(
        name, {"method": "random", "batch": 16, "objective": "val_accuracy", "space": SPACE, **spec}, experiment
    )
    folder = folder / name
    inputs = run.read_inputs(data / "train.npz", data / "validation.npz", data / "dataset.json")
    write_json(trials.suggestions_of(folder, 0), suggest.suggest(sweep, 0, []))
    trials.train(sweep, folder, range(sweep.trials), 0, inputs, "x", folder / "part.json")
    table.collect(sweep, folder)
    return table.Table(folder)
