import numpy as np
from studies import stored

from layerwise.reports.hyperparameter_tuning.figures.search_cost import table


def test_the_table_of_costs_counts_the_finished_trials(two_methods, tmp_path):
    seconds = {"seconds.d_random": np.array([1.0, 2.0, 3.0, 4.0]), "seconds.d_tpe": np.array([1.0, 1.0])}
    costs = table(two_methods, stored(tmp_path / "cost", seconds))
    assert costs["finished"].tolist() == [3, 2]
    assert costs["CPU seconds"].tolist() == ["10.0", "2.0"]
