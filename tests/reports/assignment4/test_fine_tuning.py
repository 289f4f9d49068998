from layerwise.reports.assignment4.figures.fine_tuning import draw, experiments


def test_experiments_are_grouped_by_start_and_number_of_labels(page):
    assert {
        task: {mode: sorted(by_labels) for mode, by_labels in modes.items()}
        for task, modes in experiments(page).items()
    } == {"few": {"scratch": [10, 50], "tuned": [10, 50]}}


def test_the_title_names_the_best_mode_with_the_fewest_labels(page):
    modes = experiments(page)["few"]
    picture = draw(modes)
    assert picture.title == "With 10 labels, fine-tuned weights reach 70%, random weights 55%"
    swapped = draw({"scratch": modes["tuned"], "frozen": modes["scratch"]})
    assert swapped.title == "With 10 labels, random weights are the most accurate, 70%"
