import numpy as np
import pytest

from layerwise.estimators import LogisticRegression
from layerwise.reports.inputs import only
from layerwise.reports.logistic import fitted


@pytest.mark.training
@pytest.mark.parametrize("data", ["table", "three"])
def test_logistic_regression_of_the_studies_equals_the_estimator(data, request):
    x, y = only(request.getfixturevalue(data))["train"]
    settings = {"l2": 0.01, "tol": 0.0, "max_epochs": 50, "batch_size": 16}
    model = fitted(x, y, random_state=np.random.RandomState(3), **settings)
    estimator = LogisticRegression(random_state=3, **settings).fit(x, y)
    np.testing.assert_array_equal(model.losses, estimator.loss_curve_)
    np.testing.assert_array_equal(model.weights.T, estimator.coef_)
    np.testing.assert_array_equal(model.probabilities(x), estimator.predict_proba(x))
    np.testing.assert_array_equal(model.predicted(x), estimator.predict(x))
    assert model.accuracy(x, y) == estimator.score(x, y)
