import types

import numpy as np
from studies import check_pictures, check_same, splits, stored

from layerwise.pipeline.files import write_json
from layerwise.reports.user_table.figures import partial_dependence as figure
from layerwise.reports.user_table.studies import partial_dependence

COLUMNS = [
    {"name": "a", "kind": "number", "indicator": True},
    {"name": "c", "kind": "category", "levels": ["u", "v"], "other": False},
    {"name": "b", "kind": "number", "indicator": False},
]


class Model:
    """The prediction is 2 b + the mean of nothing else, and very different where a is missing."""

    def predict(self, x, **_):
        return 2 * x[:, 4:5] + 0.1 * x[:, :1] + 100 * x[:, 1:2]


def test_the_mean_prediction_follows_one_column_in_its_units(tmp_path):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(130, 5))
    x[:, 1] = rng.random(130) < 0.3
    data = {"table": splits(x, np.zeros(130))}
    target = {"scale": [10.0], "mean": [5.0]}
    scaling = {"mean": [1.0, 0.0, 0.0, 0.0, 3.0], "scale": [2.0, 1.0, 1.0, 1.0, 4.0], "target": target}
    info = {"columns": COLUMNS, "task": "regression", "classes": None, "class_names": None, "scaling": scaling}
    trained = types.SimpleNamespace(dataset=info, spec={"loss": {}}, models=lambda: iter([Model(), Model()]))
    arrays = partial_dependence.run(data, {"mlp/numpy": trained}, rows=30)
    check_same(arrays, partial_dependence.run(data, {"mlp/numpy": trained}, rows=30))
    assert arrays["columns"].tolist() == [1, 0] and arrays["rows"] == 30
    grid, mean = arrays["grid.1"], arrays["mean.1"]
    assert mean.shape == (2, 20, 1)
    np.testing.assert_allclose(np.diff(mean[0, :, 0]), np.diff(grid) / 4 * 2 * 10, rtol=1e-5)
    # While `a` varies, it is missing in no row.
    assert np.ptp(arrays["mean.0"]) < 20 and abs(arrays["mean.0"]).max() < 100
    study = stored(tmp_path, arrays, data)
    write_json(study.dataset.folder / "dataset.json", info)
    pictures = figure.draw(study, "price")
    check_pictures(pictures)
    assert pictures[0].title.startswith("“b” changes the mean prediction of price by")
