"""Stand-ins for the artifacts that widgets read, and pages with one widget."""

from types import SimpleNamespace

import numpy as np
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from layerwise import nn
from layerwise.reporting.render import page
from layerwise.reporting.widgets import (
    backpropagation,
    corruption,
    draw_digit,
    gradient_descent,
    kernel_editor,
    parallel_coordinates,
    playground,
    threshold,
)

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


def visible(browser, selector):
    return browser.execute_script(f"return document.querySelector('{selector}').checkVisibility()")
