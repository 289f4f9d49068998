"""The pictures of searches say what their arrays hold."""

from pathlib import Path

import numpy as np
import pytest

from layerwise.plots import to_svg
from layerwise.reporting import searching
from layerwise.reporting.artifacts import Study


def study(sweeps=(), **arrays):
    made = Study("s", {"sweeps": list(sweeps)}, Path("nowhere"))
    made.__dict__["arrays"] = {name.replace("__", "."): np.array(array) for name, array in arrays.items()}
    return made


COURSE = study(
    value__d_random=[0.2, 0.9, np.nan, 0.8],
    spent__d_random=[1, 2, 3, 4],
    value__d_tpe=[0.5, 0.7],
    spent__d_tpe=[1, 2],
    position__d_random__rate=[0.0, 0.5, 1.0, 0.6],
    position__d_random__units=[0.0, 1.0, 0.5, np.nan],
    ends__d_random=[["rate", "0.001", "1.0"], ["units", "2", "8"]],
)
RACE = study(cost=[1, 2], best__random=[[0.5, 0.6], [0.4, 0.8]], best__grid=[[np.nan, 0.9], [0.1, 0.9]])
PROMISES = study(
    ["d_random", "d_grid"],
    sizes=[1, 2],
    validation__1=[0.5, 0.7],
    validation__2=[0.9],
    test__1=[0.4, 0.5],
    test__2=[0.6],
    promised__d_random=[0.9],
    promised__d_grid=[0.8],
    again__d_random=[0.8, 0.84],
    tested__d_random=[0.8, 0.8],
    optimism__d_random=[0.1, 0.06],
    gap__d_random=[0.1, 0.1],
    again__d_grid=[0.8, 0.78],
    tested__d_grid=[0.7, 0.7],
    optimism__d_grid=[0.0, 0.02],
    gap__d_grid=[0.1, 0.1],
    again__base=[0.6, 0.6],
    tested__base=[0.5, 0.5],
)
SHARES = study(["flower_random"], share__flower_random__batch_size=[0.2, 0.3], share__flower_random__units=[0.8, 0.7])
GRID = np.linspace(0, 1, 5)
LANDSCAPE = study(
    paths=["optimizer.learning_rate", "batch_size", "model.Dropout.rate"],
    bounds=[[0.01, 1.0], [2, 10], [0.0, 0.6]],
    log=[True, False, False],
    axis=GRID,
    surface=np.subtract.outer(np.zeros(5), (GRID - 0.5) ** 2) - ((GRID - 1) ** 2)[:, None],
    flat=np.tile(GRID, (5, 1)),
    trials=[[0.1, 0.2, 0.3], [0.5, 0.9, 0.1]],
    value=[0.1, 0.2],
    points__grid=[[0.2, 0.2], [0.8, 0.2]],
    points__sobol=[[0.2, 0.2], [0.2, 0.8]],
    best__grid=[0.5, 0.7],
    best__sobol=[0.9, 0.7],
)


@pytest.mark.parametrize(
    ("pictures", "title"),
    [
        ([searching.course(COURSE)], "random finds 0.900 for 4 whole trainings, the most; TPE 0.700 for 2"),
        ([searching.coordinates(COURSE, "d_random")], "The best tenth of 4 trials agree most on rate"),
        ([searching.race(RACE)], "For 2 whole trainings: grid 0.900, random 0.700"),
        (searching.efficiency(PROMISES)[:1], "the median random experiment reaches the grid with 2 trials"),
        (searching.efficiency(PROMISES)[1:], "the median random experiment does not reach the grid with 2 trials"),
        ([searching.promises(PROMISES)], "the choice of random falls short of its promise most, by 8.0 points"),
        (searching.importances(SHARES), "On the flower, units explains most: 75 %; then batch size, 25 %"),
        ([searching.surface(LANDSCAPE)], "the hill stands at learning rate 0.1 and batch size 10"),
        ([searching.nine_points(LANDSCAPE)], "The best of nine, on average: grid 0.600, Sobol 0.800"),
    ],
)
def test_a_picture_states_its_finding(pictures, title):
    for picture in pictures:
        assert title in picture.title
        assert len(picture.alt) > len(picture.title)
        assert to_svg(picture).startswith("<svg")


def test_the_table_of_choices_has_the_unsearched_experiment_last():
    table = searching.choices(PROMISES)
    assert table["chosen by"].tolist() == ["random", "grid", "nobody"]
    assert table["optimism"].tolist() == ["+8.0", "+1.0", "–"]


def test_the_table_of_costs_counts_what_was_finished():
    table = searching.costs(COURSE, study(seconds__d_random=[1.0, 2.0, 3.0, 4.0], seconds__d_tpe=[1.0, 1.0]))
    assert table["finished"].tolist() == [3, 2]
    assert table["CPU seconds"].tolist() == ["10.0", "2.0"]
