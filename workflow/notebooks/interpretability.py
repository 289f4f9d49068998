# ---
# jupyter:
#   jupytext:
#     text_representation:
#       format_name: percent
# ---

# %% [markdown]
# # Interpretability
#
# A trained network outputs scores without explanations. This page applies a dozen methods of interpretation to trained
# networks and tests how reliable each of them is.

# %% tags=["parameters"]
report = "interpretability"
experiments = {}
studies = {}
results = "results"

# %%
from layerwise import plots
from layerwise.reporting import display
from layerwise.reporting.artifacts import Report
from layerwise.reporting.widgets import corruption, network
from layerwise.reports.interpretability.figures import (
    activation_maximization,
    adversarial_attacks,
    attribution_backends,
    attribution_evaluation,
    attribution_maps,
    embeddings,
    feature_visualization,
    label_randomization,
    partial_dependence,
    permutation_importance,
    planted_feature,
)

page = Report(report, experiments, results, studies)
display.overview(page)


pictures = [e for e in page if e.dataset.is_image]
dense = [e for e in pictures if e.model().get_weights()[0].ndim == 2]


def linear(e):
    return len(e.model().get_weights()) == 2


# %% [markdown]
# ## Linear weights
#
# A linear model can be read from its weights. The score of class $k$ is $w_k^\top x + b_k$: each pixel contributes its
# value times its weight. The weights, shown in the shape of the image, are the complete model. In a network with a
# hidden layer they are only the first step: each hidden unit has its own template, and the classes combine the units.

# %%
if dense:
    display.figure(
        *[
            plots.weight_images(
                e.model().get_weights()[0][:, :20], e.dataset.info["shape"], e.dataset.names if linear(e) else None
            )
            for e in dense
        ],
        caption=" ".join(f"{e.title}: {'the classes' if linear(e) else 'twenty hidden units'}." for e in dense)
        + " First NumPy runs; blue: positive weights, vermillion: negative weights.",
    )

# %%
if study := page.first_study("attribution_maps"):
    display.text("""## Saliency maps and attribution methods

Eight methods attribute the score of a deep network to the pixels. The **gradient** $s = \\partial z_k / \\partial x$ of
the predicted class's score $z_k$, or *saliency map* (Simonyan et al. 2014), is computed by one backward pass to the
input. It shows what the score is sensitive to, not what made it high. **Gradient × input** is the contribution of each
pixel if the network were linear (Shrikumar et al. 2016). **SmoothGrad** averages the gradient over noisy copies of the
image (Smilkov et al. 2017). **Integrated gradients** integrate the gradient along the straight line from an empty image
$x_0$ to the image (Sundararajan et al. 2017):

$$a = (x - x_0) \\odot \\int_0^1 \\nabla z_k\\bigl(x_0 + t\\,(x - x_0)\\bigr)\\, dt$$

**Guided backpropagation** passes only positive gradients back through each ReLU (Springenberg et al. 2015).
**Grad-CAM** weights the feature maps $A_c$ of the last convolution by their mean gradient and keeps the positive part
(Selvaraju et al. 2017):

$$\\max\\Bigl(0, \\sum_c \\alpha_c A_c\\Bigr), \\qquad
\\alpha_c = \\operatorname{mean}_{ij} \\frac{\\partial z_k}{\\partial A_{cij}}$$

**HiResCAM** multiplies each feature map by its gradient before the sum, without the mean, and so keeps positions that
later layers distinguish (Draelos & Carin 2020):

$$\\max\\Bigl(0, \\sum_c \\frac{\\partial z_k}{\\partial A_c} \\odot A_c\\Bigr)$$

**Occlusion** needs no gradient: it covers a window and measures the decrease of the score (Zeiler & Fergus 2014).""")
    display.figure(
        attribution_maps.draw(study),
        cover=True,
        caption="One correctly classified test image of each class and its attribution maps. Blue: evidence for the "
        "class, or increasing the score if there were more ink; vermillion: the opposite. Each map has its own scale; "
        "the line is the outline of the digit. In an empty map, the method finds no evidence for the class.",
    )
if cnn := network.of_digits(pictures).get("CNN"):
    display.widget(
        corruption.widget(cnn), caption=f"{cnn.title}, first NumPy run, test digits. Blue: evidence for the class."
    )

# %%
if study := page.first_study("attribution_maps"):
    display.text("""### Completeness

The integrated gradients of all pixels sum to $z_k(x) - z_k(x_0)$. The integral is approximated by a finite sum, so the
error depends on the number of points.""")
    display.figure(
        attribution_maps.completeness(study),
        *attribution_maps.mistakes(study),
        caption="Error of the sum relative to the difference in score, over test images and networks; integrated "
        "gradients of mistakes for the predicted and for the true class.",
    )
    display.claims(page.claims("attribution_maps_*"))

# %%
if study := page.first_study("attribution_backends"):
    display.text("""## NumPy vs Keras

The methods are implemented once, on a small model interface that both backends provide: outputs, gradients, and a split
after any layer. The same weights should therefore give the same map up to float32 rounding, except for ties: on a blank
background all values in a pooling window are equal, so rounding decides which one is the maximum, and the gradient is
not unique. A little noise breaks the ties.""")
    display.figure(
        *attribution_backends.draw(study),
        caption="NumPy networks and Keras networks with the same weights. Largest distance over images, mean and 95% "
        "interval over networks.",
    )
    display.claims(page.claims("attribution_backends_*"))

# %%
if study := page.first_study("planted_feature"):
    display.text("""## Evaluating attributions

A map always looks plausible. Six tests examine whether it actually depends on what the network has learned.

### Planted-feature test

Networks are trained on images in which a white block at the upper edge reveals the label, then tested on digits with
the block of a wrong class. If the network predicts the class of the block, the reason is known, and a reliable map
points at the block.""")
    display.figure(
        *planted_feature.draw(study),
        caption="Test images with the marker of another class and maps of the score of that class; share of images "
        "with the strongest pixel in or near the marker: mean and 95% interval over networks.",
    )
    display.claims(page.claims("planted_feature_*"))

# %%
if study := page.first_study("attribution_evaluation"):
    display.text("""### Model randomization test

The weights of the trained network are shuffled layer by layer, from the last to the first. This destroys what the
network has learned, so a map that does not change does not depend on it (Adebayo et al. 2018). Such a map may reflect
only the image: even random filters respond to edges. Different initial weights change a map as well, so another trained
network is the control. Maps are compared on the inked pixels: on the blank border even untrained networks agree.""")
    display.figure(
        *attribution_evaluation.randomization(study),
        caption="Maps of one image as more layers are shuffled: absolute values for gradient, SmoothGrad and guided "
        "backpropagation, signed values for the others. Mean rank correlation over images, with 95% intervals over "
        "networks.",
    )
    display.claims(page.claims("attribution_evaluation_model_*"))

# %%
if study := page.first_study("label_randomization"):
    display.text("""### Label randomization test

The corresponding test for the data: networks that have memorized shuffled labels know nothing about digits. Two
networks trained on true labels are the control, as different initial weights alone change a map.""")
    display.figure(
        label_randomization.draw(study),
        caption=f"Small networks trained on {study.arguments['examples']} images until the labels are memorized, "
        f"true ({100 * study['fit.true'].mean():.0f}% training accuracy) or shuffled "
        f"({100 * study['fit.shuffled'].mean():.0f}%). Mean and 95% interval over seeds.",
    )
    display.claims(page.claims("label_randomization_*"))

# %%
if study := page.first_study("attribution_evaluation"):
    display.text("""### Deletion and insertion

If the most relevant pixels are deleted first, the probability of the class should fall quickly; if they are inserted
into an empty image, it should rise quickly (Samek et al. 2017; Petsiuk et al. 2018). Only inked pixels are deleted, as
deleting a blank one changes nothing. The baselines are two orders that
do not depend on a network: a random order, and the ink, which takes the darkest pixels first.""")
    display.figure(
        *attribution_evaluation.deletion(study),
        caption="Mean height of the curves with 95% intervals over networks; deletion curves of the best method, the "
        "worst method, the ink and the random order, with 95% bands.",
    )
    display.claims(page.claims("attribution_evaluation_deletion"))

# %%
if study := page.first_study("attribution_evaluation"):
    display.text("""### Infidelity

If the attributions $a_i$ are contributions to the score, their sum over a random set $D$ of deleted pixels should
predict the decrease $\\Delta_D$ of the score (Yeh et al. 2019). With the best common factor $\\beta$ and a fifth of the
inked pixels deleted, the infidelity is the share of the decrease that is not predicted:

$$\\min_\\beta \\; E\\Bigl[\\Bigl(\\beta \\sum_{i \\in D} a_i - \\Delta_D\\Bigr)^2\\Bigr] \\; / \\; E[\\Delta_D^2]$$""")
    display.figure(
        attribution_evaluation.infidelity(study),
        caption="Mean over images, with 95% intervals over networks; sensitivities are multiplied by the image.",
    )
    display.claims(page.claims("attribution_evaluation_infidelity"))

# %%
if study := page.first_study("attribution_evaluation"):
    display.text("""### Agreement between methods

If two methods explain the same property, they should rank the pixels in the same way.""")
    display.figure(attribution_evaluation.agreement(study), caption="Mean rank correlation over images and networks.")

# %%
if study := page.first_study("feature_visualization"):
    display.text("""## Filters and feature maps

The first filters are small enough to be inspected directly. Each later feature map responds to a pattern in the outputs
of the previous layer; gradient ascent from weak noise shows which one.""")
    display.figure(
        *feature_visualization.draw(study),
        caption="One NumPy run: its first filters, feature maps of one test image (dark where active), and images that "
        "maximize the activation of the last convolution's feature maps.",
    )

# %%
if study := page.first_study("activation_maximization"):
    display.text("""### Activation maximization and adversarial examples

Activation maximization finds an image with a high score for a class by gradient ascent from weak noise, with a penalty
on bright pixels and a blur between steps (Simonyan et al. 2014; Yosinski et al. 2015):

$$\\max_x\\; z_k(x) - \\lambda \\lVert x \\rVert^2$$

Without this regularization, the same procedure fools the network: noise is classified as a digit (Nguyen et al. 2015),
or a digit as another one after barely visible changes, an *adversarial example* (Szegedy et al. 2014). If *other*
networks, trained from other initial weights, are fooled as well, the image shows features of the class rather than of
one network.""")
    display.figure(*activation_maximization.draw(study), caption="Images of one NumPy run; shares over all runs.")
    display.claims(page.claims("activation_maximization_*"))

# %%
if study := page.first_study("adversarial_attacks"):
    display.text("""### Adversarial attacks: FGSM and PGD

How much can an opponent do who may change every pixel by at most $\\varepsilon$? If the loss were linear, the worst
change would be $\\varepsilon$ in the direction of the sign of its gradient with respect to the image, the *fast
gradient sign method* (FGSM, Goodfellow et al. 2015):

$$x' = x + \\varepsilon\\,\\mathrm{sign}\\bigl(\\nabla_x L(x, y)\\bigr)$$

*Projected gradient descent* (PGD, Madry et al. 2018) repeats smaller steps from a random start, and after each step
returns to the cube of side $2 \\varepsilon$ around $x$. The gradient comes from the same backward pass as in training,
continued to the input. A linear score $w^\\top x$ changes by $\\varepsilon \\sum_j |w_j|$: many imperceptible changes
add up. Changes of the same size with random signs are the control.""")
    display.figure(
        *adversarial_attacks.draw(study),
        caption=f"{study.arguments['images']} test images, values from 0 to 1; mean and 95% band over runs. Images: "
        "first run of the CNN, with the predicted class.",
    )
    display.claims(page.claims("adversarial_attacks_*"))

# %%
if study := page.first_study("embeddings"):
    display.text("""### Nearest neighbors and embeddings

The input of the last layer is the *embedding* of an image. Its nearest training images explain a prediction by similar
examples (Papernot & McDaniel 2018).""")
    display.figure(
        embeddings.neighbors(study),
        caption="Correctly and wrongly classified test images of one NumPy run, and their nearest training images by "
        "cosine distance.",
    )
    display.figure(
        *embeddings.draw(study),
        caption="Test images, each drawn as its class label: PCA preserves large distances, t-SNE preserves neighbors.",
    )
    display.claims(page.claims("embeddings_*"))

# %%
if study := page.first_study("permutation_importance"):
    display.text("""## Permutation importance

On tabular data, a logistic regression is interpreted by its odds ratios, $e^{w_j}$ per standard deviation of feature
$j$. Two other measures work for any model: the accuracy lost when a column is shuffled (*permutation importance*,
Breiman 2001), and integrated gradients from the mean patient. If features are correlated, shuffling one of them may
cost no accuracy even if its weight is large.""")
    display.figure(
        permutation_importance.draw(study),
        caption=f"Breast cancer, test split, mean and 95% interval over runs. The features are correlated: on average, "
        f"the largest correlation with another feature is {study['correlated'][0]:.2f}.",
    )
    display.claims(page.claims("permutation_importance_*"))

# %%
if study := page.first_study("partial_dependence"):
    display.text("""### Partial dependence and ICE

If one feature is varied and the others are held fixed, the score of each patient follows a curve (individual
conditional expectation, ICE, Goldstein et al. 2015); the mean of the curves is the partial dependence (Friedman 2001).
For a logistic regression all curves are parallel lines. With a hidden layer, they can be nonlinear and differ between
patients.""")
    display.figure(
        partial_dependence.draw(study),
        caption="A network with eight hidden tanh units. Thin lines: test examples, one run; thick lines: mean of each "
        "run. Features in standard deviations.",
    )

# %%
display.exercises(page)

# %% [markdown]
# ## Appendix: statistical tests
#
# Each claim of this page with the test that decides it; the wording of a claim follows its verdict.

# %%
display.verdicts(page.claims())
