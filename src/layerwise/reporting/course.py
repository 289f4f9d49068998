"""What each page of the course teaches and requires, for its overview and the index page, and its exercises."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

EXERCISES = Path(__file__).parent / "exercises"


class Overview(NamedTuple):
    """Place of a page in the course.

    Attributes
    ----------
    goals : tuple of str
        What the reader will learn.
    requires : str
        What the reader should know before.
    change : str
        Arguments of ``snakemake`` that change one thing on the page.
    """

    goals: tuple[str, ...]
    requires: str
    change: str


OVERVIEWS = {
    "assignment1": Overview(
        (
            "write the loss and gradient of logistic regression as vectorized NumPy",
            "choose a learning rate, and recognize divergence on the cost surface",
            "judge a classifier by accuracy, precision, recall, F1, ROC-AUC and calibration",
        ),
        "Vectors, matrices and partial derivatives.",
        "assignment1 --config 'experiments={iris_softmax: {epochs: 5}}'",
    ),
    "assignment2": Overview(
        (
            "derive backpropagation with the chain rule, and check it with finite differences",
            "separate classes that no line separates",
            "relate the number of hidden units to bias, variance and overfitting",
        ),
        "Assignment 1.",
        "assignment2 --config 'experiments={flower_tanh10: {epochs: 20}}'",
    ),
    "assignment3": Overview(
        (
            "build a framework of layers, losses and optimizers",
            "train multiclass models on tables and images with a validation set",
            "reproduce the same training step by step in Keras",
        ),
        "Assignments 1 and 2.",
        "assignment3 --config 'experiments={mnist5k_mlp: {epochs: 5}}'",
    ),
    "assignment4": Overview(
        (
            "compute convolution, pooling and their gradients",
            "see what filters and feature maps respond to",
            "compare LeNet, VGG and ResNet, and transfer a trained network to new classes",
        ),
        "Assignment 3.",
        "assignment4 --config 'experiments={mnist5k_cnn: {epochs: 3}}'",
    ),
    "assignment5": Overview(
        (
            "derive batch normalization, dropout and L2 regularization",
            "see what each does to the training and the test error of a deep network",
            "choose an optimizer and a learning-rate schedule",
        ),
        "Assignments 3 and 4.",
        "assignment5 --config seeds=3",
    ),
    "hyperparameter_tuning": Overview(
        (
            "compare grid, random and Bayesian search at the same budget",
            "measure which hyperparameters matter",
            "avoid the optimism of a tuned validation score",
        ),
        "Assignment 3.",
        "tuning --config seeds=3",
    ),
    "interpretability": Overview(
        (
            "explain a prediction with gradients, integrated gradients and Grad-CAM",
            "test whether an explanation depends on the model",
            "find out what a hidden unit responds to",
        ),
        "Assignments 3 and 4.",
        "interpretability --config seeds=3",
    ),
    "application_domains": Overview(
        (
            "apply the same framework to images, texts and time series",
            "compare a network with the simple baseline of each domain",
            "judge forecasts by rolling-origin evaluation",
        ),
        "Assignments 3 and 4.",
        "domains --config seeds=3",
    ),
    "reproducibility": Overview(
        (
            "trace every number to its artifact, its seed and its code",
            "understand the statistical tests behind the claims",
        ),
        "Nothing beyond the other pages.",
        "--config seeds=3",
    ),
}
"""Name of the page → overview."""


def exercises(report: str) -> list[tuple[str, str]]:
    """Return the exercises of a report as pairs of question and answer, both Markdown.

    They are in ``exercises/<report>.md``, each with its question as the heading.
    """
    text = (EXERCISES / f"{report}.md").read_text(encoding="utf-8")
    parts = [part.partition("\n") for part in f"\n{text}".split("\n## ")[1:]]
    return [(question, answer.strip()) for question, _, answer in parts]
