from layerwise.reports.hyperparameter_tuning.studies.grid_search_cv import run

from .finished_search import EXPERIMENT, finished


def test_scikit_learn_reproduces_our_grid_search(tmp_path, tiny_folder, tiny):
    plain = EXPERIMENT | {"model": [EXPERIMENT["model"][0], EXPERIMENT["model"][2]]}
    space = {"model.0.units": {"choice": [2, 5]}, "optimizer.learning_rate": {"choice": [0.05, 0.5]}}
    ours = finished(tmp_path, tiny_folder, "grid", plain, method="grid", space=space)
    data = {"tiny": {name: tiny["tiny"][name] for name in ("train", "validation")}}
    arrays = run(data, {"grid": ours}, draws=2)
    assert arrays["apart.grid"].max() < 1e-6
    assert arrays["apart.random"].max() < 1e-6
    assert arrays["same_choice"].tolist() == [1.0]
