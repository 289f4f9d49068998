import types

import numpy as np
from studies import check_pictures, check_same, splits, stored

from layerwise.pipeline.files import write_json
from layerwise.reports.user_table.figures import permutation_importance as figure
from layerwise.reports.user_table.shared import groups
from layerwise.reports.user_table.studies import permutation_importance

COLUMNS = [
    {"name": "a", "kind": "number", "indicator": True},
    {"name": "c", "kind": "category", "levels": ["u", "v"], "other": True},
    {"name": "b", "kind": "number", "indicator": False},
]


class Model:
    """The logit is three times the first level of the category."""

    def predict(self, x, **_):
        return 3 * (2 * x[:, 2:3] - 1)


def test_only_the_column_that_matters_is_important(tmp_path):
    assert groups({"columns": COLUMNS}) == {"a": [0, 1], "c": [2, 3, 4], "b": [5]}
    rng = np.random.default_rng(0)
    x = rng.normal(size=(130, 6))
    x[:, 2:5] = np.eye(3)[rng.integers(3, size=130)]
    data = {"table": splits(x, x[:, 2])}
    info = {"columns": COLUMNS, "task": "binary", "classes": 2}
    trained = types.SimpleNamespace(
        dataset=info, spec={"loss": {"from_logits": True}}, models=lambda: iter([Model(), Model()])
    )
    arrays = permutation_importance.run(data, {"mlp/numpy": trained}, rows=30)
    check_same(arrays, permutation_importance.run(data, {"mlp/numpy": trained}, rows=30))
    assert arrays["increase"].shape == (2, 3) and arrays["rows"] == 30
    np.testing.assert_allclose(arrays["loss"], np.log1p(np.exp(-3)))
    np.testing.assert_allclose(arrays["increase"][:, [0, 2]], 0, atol=1e-12)
    assert (arrays["increase"][:, 1] > 0.5).all()
    study = stored(tmp_path, arrays, data)
    write_json(study.dataset.folder / "dataset.json", info)
    picture = figure.draw(study)
    check_pictures([picture])
    assert "“c”" in picture.title
