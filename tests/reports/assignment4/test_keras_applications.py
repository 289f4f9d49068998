from layerwise.reports.assignment4.figures.keras_applications import experiments, table


def test_the_table_of_large_networks(page):
    large = experiments(page)
    row = table(large).iloc[0]
    assert [e.name for e in large] == ["large"]
    assert row["network"] == f"{large[0].title}, from imagenet"
    assert (row["largest class"], row["test accuracy"]) == ("70%", "90.00%")
    assert (row["parameters"], row["CPU s/run"], row["epochs"]) == ("1,234", "7", 2)
