"""All estimators pass scikit-learn's ``check_estimator`` and import only what they need."""

import doctest
import importlib
import os
import subprocess
import sys
from pathlib import Path

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from layerwise.estimators import LogisticRegression, NeuralNetworkClassifier, NeuralNetworkRegressor, TwoLayerNetwork

ESTIMATORS = [
    LogisticRegression(),
    LogisticRegression(multiclass="one_vs_rest"),
    TwoLayerNetwork(),
    NeuralNetworkClassifier(),
    NeuralNetworkRegressor(),
]


# Some checks use classes that are not linearly separable, others separable classes whose weights keep growing.
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@parametrize_with_checks(ESTIMATORS)
def test_estimator(estimator, check):
    check(estimator)


def run(code, **environment):
    """Run Python code in a separate process and return its output."""
    command = [sys.executable, "-W", "ignore", "-c", code]
    return subprocess.run(command, capture_output=True, text=True, check=True, env=os.environ | environment).stdout


def test_estimators_with_array_api_dispatch():
    """One check needs an environment variable set before SciPy is imported; ``test_estimator`` skips it."""
    code = """
from test_scikit_learn import ESTIMATORS
from sklearn.utils.estimator_checks import check_array_api_input
for estimator in ESTIMATORS:
    check_array_api_input(type(estimator).__name__, estimator, "numpy", expect_only_array_outputs=False)
    print("passed")
"""
    output = run(code, SCIPY_ARRAY_API="1", PYTHONPATH=str(Path(__file__).parent))
    assert output.split() == ["passed"] * len(ESTIMATORS)


def test_importing_the_estimators_loads_neither_tensorflow_nor_matplotlib():
    loaded = run(
        "import sys; from layerwise.estimators import *; "
        "print(*{'tensorflow', 'keras', 'matplotlib'} & set(sys.modules))"
    )
    assert loaded.split() == []


def test_hand_written_estimators_do_not_import_nn():
    loaded = run(
        "import sys; from layerwise.estimators import LogisticRegression, TwoLayerNetwork; "
        "print('layerwise.nn' in sys.modules)"
    )
    assert loaded.split() == ["False"]


def test_unknown_names_cannot_be_imported():
    with pytest.raises(ImportError, match="cannot import name 'Perceptron'"):
        from layerwise.estimators import Perceptron  # noqa: F401


@pytest.mark.parametrize("module", ["classifiers", "neural_network"])
def test_docstring_examples(module):
    module = importlib.import_module(f"layerwise.estimators.{module}")
    failed, tried = doctest.testmod(module, optionflags=doctest.ELLIPSIS)
    assert (failed, tried > 0) == (0, True)
