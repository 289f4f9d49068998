from layerwise.reports.assignment4.figures.data_augmentation import augmented, versions


def test_an_augmented_experiment_is_paired_with_the_plain_one(page):
    assert [(a.name, b.name) for a, b in augmented(page)] == [("cnn", "cnn_augmented")]


def test_versions_show_each_layer(page):
    picture = versions(page["cnn"].dataset, each=3)
    assert picture.title.startswith("One image, 12 to learn from; ")
    assert "bent 3" in picture.alt
