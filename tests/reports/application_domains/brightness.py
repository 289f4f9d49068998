"""Small images, and a model that uses only their brightness."""

import numpy as np


def pictures(n=8):
    x = np.zeros((n, 8, 8, 1), np.float32)
    x[:, 3:5, 2:4] = 1
    return x


def dark_and_bright():
    """Return one dataset of six dark and six bright images."""
    x = np.concatenate([0.2 * pictures(6), np.ones((6, 8, 8, 1), np.float32)])
    return {"light": {"test": (x, np.repeat([0, 1], 6))}}


class Brightness:
    """A model of two classes, dark and bright, that is confident for very dark and very bright images."""

    @staticmethod
    def outputs(x):
        light = 40 * (x.mean(axis=(1, 2, 3)) - 0.2)
        return np.stack([np.stack([-light, light], axis=1)] * 2)
