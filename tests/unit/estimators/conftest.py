import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_iris
from sklearn.preprocessing import StandardScaler


@pytest.fixture(scope="session")
def numerical_gradient():
    """Return a function for the gradient by central differences of a function of a list of arrays."""

    def slopes(function, parameters, step=1e-6):
        gradient = []
        for parameter in parameters:
            slope = np.empty_like(parameter)
            for index in np.ndindex(parameter.shape):
                value = parameter[index]
                parameter[index] = value + step
                above = function(parameters)
                parameter[index] = value - step
                below = function(parameters)
                parameter[index] = value
                slope[index] = (above - below) / (2 * step)
            gradient.append(slope)
        return gradient

    return slopes


@pytest.fixture(scope="session")
def breast_cancer():
    x, y = load_breast_cancer(return_X_y=True)
    return StandardScaler().fit_transform(x), y


@pytest.fixture(scope="session")
def iris():
    x, y = load_iris(return_X_y=True)
    return StandardScaler().fit_transform(x), y
