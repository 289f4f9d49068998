import numpy as np
from studies import check_pictures, check_same, stored

from layerwise import nn
from layerwise.reports.assignment4.figures import residual_connections as figures
from layerwise.reports.assignment4.studies.residual_connections import gradient_norms, run, stack

QUICK = {"depths": [2, 4], "filters": 3, "examples": 40, "epochs": 2, "batch_size": 20, "seeds": 2}


def test_the_study_is_reproducible_and_drawn(images, tmp_path):
    arrays = run(images, **QUICK)
    check_same(arrays, run(images, **QUICK))
    study = stored(tmp_path, arrays, images, arguments=QUICK)
    check_pictures([*figures.accuracy_by_depth(study), *figures.gradient_norms(study)])


def test_plain_and_residual_stacks_differ_only_in_the_shortcuts():
    plain, residual = (stack(4, kind, (8, 8, 1), 3, 5, seed=0) for kind in (False, True))
    assert [w.shape for w in plain.get_weights()] == [w.shape for w in residual.get_weights()]
    assert sum(isinstance(layer, nn.Residual) for layer in residual.layers) == 2
    x, y = np.random.default_rng(0).normal(size=(6, 8, 8, 1)).astype(np.float32), np.arange(6) % 3
    assert gradient_norms(residual, x, y).shape == (5,)
