from types import SimpleNamespace

from layerwise.reports.assignment4.figures.mnist1d import draw


def experiment(title, *accuracies):
    metrics = {("numpy", k): {"splits": {"test": {"accuracy": value}}} for k, value in enumerate(accuracies)}
    dataset = SimpleNamespace(info={"title": "Signals"})
    return SimpleNamespace(
        title=title, metrics=metrics, dataset=dataset, healthy=lambda backend: range(len(accuracies))
    )


def test_the_title_gives_the_mean_of_each_network():
    picture = draw([experiment("Signals, a line", 0.3, 0.4), experiment("Signals, a net", 0.9, 0.9)])
    assert picture.title == "Mean accuracy on Signals, from top to bottom: 35% → 90%"
    assert "a net: mean 0.9" in picture.alt
