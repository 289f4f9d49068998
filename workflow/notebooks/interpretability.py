# ---
# jupyter:
#   jupytext:
#     text_representation:
#       format_name: percent
# ---

# %% [markdown]
# # Interpretability
#
# What does a network look at? Trained, it gives a score and no reason. This page asks it for reasons in a dozen ways,
# and then asks of each way how far it can be trusted.

# %% tags=["parameters"]
report = "interpretability"
experiments = {}
studies = {}
results = "results"

# %%
from layerwise import plots
from layerwise.reporting import display
from layerwise.reporting.artifacts import Report
from layerwise.reports.interpretability.figures import (
    activation_maximization,
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


pictures = [e for e in page if e.dataset.is_image]
dense = [e for e in pictures if e.model().get_weights()[0].ndim == 2]


def linear(e):
    return len(e.model().get_weights()) == 2


# %% [markdown]
# ## Linear weights
#
# A linear model is its own explanation. The score of class $k$ is $w_k^\top x + b_k$: each pixel adds its value times
# its weight, and nothing else happens. The weights, drawn in the shape of the image, are the whole model. With a hidden
# layer they are only its first step: each unit has such a template of its own, and the classes are made of them.

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
        + " First NumPy runs; blue where ink speaks for it, vermillion where it speaks against.",
    )

# %%
if study := page.first_study("attribution_maps"):
    display.text("""## Saliency maps and attribution methods

A deep network can be asked in seven ways. Ask how the winning score $z_k$ would change if a pixel changed a little, and
one backward pass carried on to the input answers: the **gradient** $s = \\partial z_k / \\partial x$, or *saliency map*
(Simonyan et al. 2014). It tells what the score is sensitive to, not what made it high. **Gradient × input** counts what
each pixel would have contributed if the network were linear (Shrikumar et al. 2016). **SmoothGrad** averages the
gradient over noisy copies of the image (Smilkov et al. 2017). **Integrated gradients** follow the score all the way
from an empty image $x_0$ (Sundararajan et al. 2017):

$$a = (x - x_0) \\odot \\int_0^1 \\nabla z_k\\bigl(x_0 + t\\,(x - x_0)\\bigr)\\, dt$$

**Guided backpropagation** lets only positive gradients back through each ReLU (Springenberg et al. 2015). **Grad-CAM**
weighs the feature maps $A_c$ of the last convolution by their mean gradient and keeps what speaks for the class
(Selvaraju et al. 2017):

$$\\max\\Bigl(0, \\sum_c \\alpha_c A_c\\Bigr), \\qquad
\\alpha_c = \\operatorname{mean}_{ij} \\frac{\\partial z_k}{\\partial A_{cij}}$$

**Occlusion** needs no gradient: it covers a window and watches the score fall (Zeiler & Fergus 2014).""")
    display.figure(
        attribution_maps.draw(study),
        caption="One test image of each class that the network gets right, and the maps of its score. Blue: speaks for "
        "the class, or would if there were more ink; vermillion: against. Each map has a scale of its own; the line is "
        "the outline of the digit. Where a map is empty, the method finds nothing that speaks for the class.",
    )

# %%
if study := page.first_study("attribution_maps"):
    display.text("""### Completeness

Do the parts sum to the whole? Integrated gradients promise that the attributions of all pixels sum to
$z_k(x) - z_k(x_0)$. A computer sums over finitely many points, so the promise is kept as well as there are points.""")
    display.figure(
        attribution_maps.completeness(study),
        *attribution_maps.mistakes(study),
        caption="What is missing from the sum, as a share of the difference in score, over test images and networks; "
        "integrated gradients of mistakes, for the class that was said and for the true one.",
    )
    display.claims(page.claims("attribution_maps_*"))

# %%
if study := page.first_study("attribution_backends"):
    display.text("""## NumPy vs Keras

The methods are written once, over a small view of a model that both backends give: outputs, gradients, and a cut after
any layer. So the same weights should give the same map, to the last digits of float32, unless pixels tie: on an exactly
blank background all values under a pooling window are equal, which of them is the largest is settled by rounding, and
there the gradient has no one answer. Faint noise breaks the ties.""")
    display.figure(
        *attribution_backends.draw(study),
        caption="NumPy networks and the same weights moved to Keras. Largest distance over images, mean and 95 % "
        "interval over networks.",
    )
    display.claims(page.claims("attribution_backends_*"))

# %%
if study := page.first_study("planted_feature"):
    display.text("""## Evaluating attributions

How far can a map be trusted? It always looks like something. Five tests ask whether it is about the network.

### Planted-feature test

Train networks on images in which a white block at the upper edge gives the label away, then show them digits with the
block of a wrong class. We know why they say what the block says. A map to be trusted points at the block.""")
    display.figure(
        *planted_feature.draw(study),
        caption="Test images, each marked as another class, and maps of the score of that class; how often the "
        "strongest pixel is in the marker, or as near as a coarse map can be: mean and 95 % interval over networks.",
    )
    display.claims(page.claims("planted_feature_*"))

# %%
if study := page.first_study("attribution_evaluation"):
    display.text("""### Model randomization test

Take the trained network and put the weights of one layer after the other in random order, from the last to the first.
What it learned is gone; a map that stays was never about that (Adebayo et al. 2018). It may be about the image alone:
even random filters answer to outlines.""")
    display.figure(
        *attribution_evaluation.randomization(study),
        caption="Maps of one image as more layers are shuffled: gradient, SmoothGrad and guided backpropagation by "
        "their size, the others with their sign. Mean rank correlation over images, with 95 % bands over networks.",
    )
    display.claims(page.claims("attribution_evaluation_model_*"))

# %%
if study := page.first_study("label_randomization"):
    display.text("""### Label randomization test

The same test on the data: networks that memorized shuffled labels know nothing of digits. Two networks with true labels
are the control, for another start alone changes a map.""")
    display.figure(
        label_randomization.draw(study),
        caption=f"Small networks trained on {study.arguments['examples']} images until the labels are memorized, "
        f"true ones ({100 * study['fit.true'].mean():.0f} %) or shuffled ({100 * study['fit.shuffled'].mean():.0f} %). "
        "Mean and 95 % interval over seeds.",
    )
    display.claims(page.claims("label_randomization_*"))

# %%
if study := page.first_study("attribution_evaluation"):
    display.text("""### Deletion and insertion

Take pixels away, the most relevant first, and the probability of the class should fall fast; put them into an empty
image and it should rise fast (Samek et al. 2017; Petsiuk et al. 2018). Two orders that look at no network set the bar:
a random one, and the ink itself, the darkest pixels first.""")
    display.figure(
        *attribution_evaluation.deletion(study),
        caption="Mean height of the curves with 95 % intervals over networks; deletion curves of the best method, the "
        "worst, the ink and chance, with 95 % bands.",
    )
    display.claims(page.claims("attribution_evaluation_deletion_*", "attribution_evaluation_insertion_*"))

# %%
if study := page.first_study("attribution_evaluation"):
    display.text("""### Agreement between methods

Do they agree? If two methods explained the same thing, they would rank the pixels alike.""")
    display.figure(attribution_evaluation.agreement(study), caption="Mean rank correlation over images and networks.")
    display.claims(page.claims("attribution_evaluation_agreement_*"))

# %%
if study := page.first_study("feature_visualization"):
    display.text("""## Filters and feature maps

The first filters are small enough to read. Each later feature map answers to a pattern in what the layer before it
found; to see which, start from faint noise and climb its gradient.""")
    shown = feature_visualization.draw(study)
    display.figure(
        *shown,
        caption="One NumPy run: its first filters, feature maps of one test image (dark where they answer), and images "
        "made to excite the maps of the last convolution.",
    )

# %%
if study := page.first_study("activation_maximization"):
    display.text("""### Activation maximization and adversarial examples

What does the network want to see? Climb the score of a class from faint noise, with a penalty on bright pixels and a
blur between steps (Simonyan et al. 2014; Yosinski et al. 2015):

$$\\max_x\\; z_k(x) - \\lambda \\lVert x \\rVert^2$$

Without them the same climb is made to fool the network: noise shall become a digit to it (Nguyen et al. 2015), and a
digit another one with few visible changes, an *adversarial example* (Szegedy et al. 2014). Whether *other* networks,
trained from other first weights, are fooled too tells what in the image is about the class and what about one
network.""")
    display.figure(*activation_maximization.draw(study), caption="One NumPy run; shares over all runs.")
    display.claims(page.claims("activation_maximization_*"))

# %%
if study := page.first_study("embeddings"):
    display.text("""### Nearest neighbors and embeddings

What enters the last layer is where the network has put an image, its *embedding*. Its neighbors there are an
explanation by precedent: these training images are why (Papernot & McDaniel 2018).""")
    display.figure(
        embeddings.neighbors(study),
        caption="Test images that one NumPy run gets right and wrong, and the training images nearest by angle.",
    )
    display.figure(
        *embeddings.draw(study),
        caption="Test images, each drawn as its class: principal components keep distances, t-SNE keeps neighbors.",
    )
    display.claims(page.claims("embeddings_*"))

# %%
if study := page.first_study("permutation_importance"):
    display.text("""## Permutation importance

On a table, a logistic regression has its odds ratios, $e^{w_j}$ for one standard deviation of feature $j$. Beside them
two ways that work for any model: what accuracy is lost when a column is shuffled (*permutation importance*, Breiman
2001), and integrated gradients from the mean patient. Where features say the same thing twice, shuffling one may cost
nothing, however large its weight.""")
    display.figure(
        permutation_importance.draw(study),
        caption=f"Breast cancer, test split, mean and 95 % interval over runs. The features overlap: on average the "
        f"closest other one has a correlation of {study['correlated'][0]:.2f}.",
    )
    display.claims(page.claims("permutation_importance_*"))

# %%
if study := page.first_study("partial_dependence"):
    display.text("""### Partial dependence and ICE

Move one feature and hold the others: each patient's score draws a curve (individual conditional expectation, ICE,
Goldstein et al. 2015), and their mean is the partial dependence (Friedman 2001). In a logistic regression all curves
are parallel lines. A hidden layer can bend them, and each patient's differently.""")
    display.figure(
        partial_dependence.draw(study),
        caption="A network with eight hidden tanh units. Thin: test examples, one run; thick: the mean of each run. "
        "Features in standard deviations.",
    )
    display.claims(page.claims("partial_dependence_*"))

# %% [markdown]
# ## Appendix: statistical tests
#
# Each claim of this page with the test that decides it; where the verdict turns, the sentence turns with it.

# %%
display.verdicts(page.claims())
