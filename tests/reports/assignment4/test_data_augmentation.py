from layerwise.reports.assignment4.figures.data_augmentation import augmented, versions


def test_augmented_experiments_are_paired_with_their_baseline(page):
    assert [(a.name, b.name) for a, b in augmented(page)] == [("cnn", "cnn_augmented")]


def test_versions_of_an_image_by_each_layer(page):
    picture = versions(page["cnn"].dataset, each=3)
    assert picture.title.startswith("One image gives 12 training examples; ")
    assert "distorted 3" in picture.alt
