from types import SimpleNamespace

import numpy as np

from layerwise.reports.application_domains.studies import text_folds


def test_the_accuracy_of_folds():
    truth = np.array([0, 1, 1, 0])
    data = {name: {"test": (np.zeros((4, 2)), truth)} for name in ("films_0", "films_1")}

    def run(name, p):
        return SimpleNamespace(dataset={"name": name}, predictions=lambda: np.array(p))

    runs = {
        "cnn_0/numpy": run("films_0", [[0.1, 0.9, 0.9, 0.1]]),
        "cnn_1/numpy": run("films_1", [[0.1, 0.9, 0.1, 0.9]]),
        "cnn_0/keras": run("films_0", [[0.9, 0.9, 0.9, 0.1]]),
    }
    arrays = text_folds.run(data, runs)
    np.testing.assert_array_equal(arrays["accuracy.numpy"], [1.0, 0.5])
    np.testing.assert_array_equal(arrays["accuracy.keras"], [0.75])
