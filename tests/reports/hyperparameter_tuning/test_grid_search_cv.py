from layerwise.reports.hyperparameter_tuning.studies.grid_search_cv import run

from .finished_search import EXPERIMENT, finished


def test_scikit_learn_finds_our_grid(tmp_path, tiny_folder, tiny):
    plain = EXPERIMENT | {"model": [EXPERIMENT["model"][0], EXPERIMENT["model"][2]]}
    space = {"model.0.units": {"choice": [2, 5]}, "optimizer.learning_rate": {"choice": [0.05, 0.5]}}
    ours = finished(tmp_path, tiny_folder, "grid", plain, method="grid", space=space)
    seen = {"tiny": {name: tiny["tiny"][name] for name in ("train", "validation")}}
    found = run(seen, {"grid": ours}, draws=2)
    assert found["apart.grid"].max() < 1e-6
    assert found["apart.random"].max() < 1e-6
    assert found["same_choice"].tolist() == [1.0]
