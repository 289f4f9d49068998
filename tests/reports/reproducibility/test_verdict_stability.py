import pandas as pd

from layerwise.reports.reproducibility.figures.verdict_stability import table


def test_the_share_of_equal_verdicts():
    rows = pd.DataFrame(
        {
            "change": ["other seeds", "other seeds"],
            "kind": ["inference", "identity"],
            "claims": [8, 3],
            "same": [6, 3],
            "reversed": [1, 0],
            "changed": ["a b", None],
        }
    )
    shown = table(rows)
    assert shown["same verdict"].tolist() == ["75%", "100%"]
    assert shown["claims"].tolist() == ["from samples", "identities"]
    assert shown["changed"].tolist() == ["a b", "–"]
