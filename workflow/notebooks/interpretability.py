# ---
# jupyter:
#   jupytext:
#     text_representation:
#       format_name: percent
# ---

# %% [markdown]
# # What the models look at
#
# Weights drawn as images, and the gradient of a score with respect to the pixels: two first ways of asking a trained
# network what it saw. Models are read here, not trained.

# %% tags=["parameters"]
report = "interpretability"
experiments = {}
studies = {}
results = "results"

# %%
import numpy as np

from layerwise import plots
from layerwise.evaluation.metrics import class_probabilities
from layerwise.reporting import show
from layerwise.reporting.artifacts import Report

page = Report(report, experiments, results, studies)
pictures = [e for e in page if e.dataset.is_image]
linear = [e for e in pictures if len(e.model().get_weights()) == 2]
deep = [e for e in pictures if e not in linear]

# %%
if linear:
    show.text("""## A linear model is its own explanation

The score of class $k$ is $w_k^\\top x + b_k$: each pixel adds its value times its weight, and nothing else happens. The
weights, drawn in the shape of the image, are the whole model.""")
for e in linear:
    show.figure(
        plots.weight_images(e.model().get_weights()[0], e.dataset.info["shape"], e.dataset.names),
        caption=f"{e.title}. Weights of one NumPy run: blue speaks for the class, vermillion against it.",
    )

# %% [markdown]
# ## The gradient with respect to the pixels
#
# For a deeper network, ask how the winning score $z_k$ would change if a pixel changed a little:
#
# $$s_{ij} = \frac{\partial z_k}{\partial x_{ij}}$$
#
# It costs one backward pass, started with a one at class $k$ and carried on past the first layer to the input
# (Simonyan, Vedaldi & Zisserman 2014). The map is local and can be noisy: it tells what the score is sensitive to at
# this image, not which pixels made it high.


# %%
def saliency(model, x, k):
    """Gradient of score ``k[i]`` of image ``x[i]`` with respect to its pixels."""
    scores = model.forward(x)
    return model.backward(np.eye(scores.shape[1], dtype=x.dtype)[k], input_gradient=True)


for e in deep:
    x, y = e.dataset.split("test")
    p = class_probabilities(e.predictions("numpy"))
    right = p.argmax(axis=1) == y
    chosen = [np.flatnonzero((y == k) & right)[0] for k in range(len(e.dataset.names)) if np.any((y == k) & right)]
    wrong = plots.most_confident_mistakes(y, p, 5)
    model = e.model()
    for group, what in ((chosen, "the first correct image of each class"), (wrong, "the most confident mistakes")):
        if len(group):
            winner = p[group].argmax(axis=1)
            maps = saliency(model, x[group], winner).mean(axis=-1)
            captions = [f"{e.dataset.names[y[i]]} → {e.dataset.names[k]}" for i, k in zip(group, winner)]
            inside = np.abs(maps)[x[group].mean(axis=-1) > 0.1].sum() / np.abs(maps).sum()
            ink = np.mean(x[group] > 0.1)
            show.figure(
                plots.image_grid(x[group], captions, title=f"{len(group)} test images", alt="Test images:"),
                plots.image_grid(
                    maps,
                    captions,
                    title=f"{100 * inside:.0f} % of the gradient falls on ink, {100 * ink:.0f} % of the pixels",
                    diverging=True,
                    together=False,
                    alt="Gradient of the winning score by pixel, blue where more ink raises it:",
                ),
                caption=f"{e.title}. One NumPy run, {what}: true → predicted class. Blue: more ink raises the score; "
                "vermillion: it lowers it.",
            )

# %% [markdown]
# ## All claims of this page

# %%
show.verdicts(page.claims())
