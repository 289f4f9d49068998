"""Every estimator passes the whole of scikit-learn's ``check_estimator``, and imports no more than it needs."""

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


# Some checks use classes that no line separates well, others classes that weights can separate for ever.
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@parametrize_with_checks(ESTIMATORS)
def test_estimator(estimator, check):
    check(estimator)


def run(code, **environment):
    """Run Python in a process of its own and give what it prints."""
    command = [sys.executable, "-W", "ignore", "-c", code]
    return subprocess.run(command, capture_output=True, text=True, check=True, env=os.environ | environment).stdout


def test_estimators_under_array_api_dispatch():
    """One check needs an environment variable from before SciPy is imported; above, it is skipped."""
    code = """
from test_scikit_learn import ESTIMATORS
from sklearn.utils.estimator_checks import check_array_api_input
for estimator in ESTIMATORS:
    check_array_api_input(type(estimator).__name__, estimator, "numpy", expect_only_array_outputs=False)
    print("passed")
"""
    printed = run(code, SCIPY_ARRAY_API="1", PYTHONPATH=str(Path(__file__).parent))
    assert printed.split() == ["passed"] * len(ESTIMATORS)


def test_importing_the_estimators_loads_neither_tensorflow_nor_matplotlib():
    loaded = run(
        "import sys; from layerwise.estimators import *; "
        "print(*{'tensorflow', 'keras', 'matplotlib'} & set(sys.modules))"
    )
    assert loaded.split() == []


def test_what_is_written_by_hand_does_not_import_the_framework():
    loaded = run(
        "import sys; from layerwise.estimators import LogisticRegression, TwoLayerNetwork; "
        "print('layerwise.nn' in sys.modules)"
    )
    assert loaded.split() == ["False"]


def test_an_unknown_name_is_not_found():
    with pytest.raises(ImportError, match="cannot import name 'Perceptron'"):
        from layerwise.estimators import Perceptron  # noqa: F401


@pytest.mark.parametrize("module", ["classifiers", "neural_network"])
def test_examples_in_the_docstrings(module):
    module = importlib.import_module(f"layerwise.estimators.{module}")
    failed, tried = doctest.testmod(module, optionflags=doctest.ELLIPSIS)
    assert (failed, tried > 0) == (0, True)
