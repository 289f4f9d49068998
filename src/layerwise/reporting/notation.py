"""The notation of all pages."""

from __future__ import annotations

import html

from layerwise.reporting.pages import formula

NOTATION = {
    "Data": {
        r"x,\; X": "an example as a vector of d features; a batch of examples, one per row",
        r"y,\; \hat y,\; p": "label or target; prediction; predicted probability",
        r"n,\; d,\; K": "number of examples, of features, of classes; in a convolution, n is the width of the image",
        r"i,\; j,\; k": "index of an example, of a feature or unit, of a class",
    },
    "Networks": {
        r"W,\; w,\; b": "weights of a layer (inputs × units), of a unit, and bias",
        r"z = W^\top x + b": "score of a unit before its activation; at the output, the logits",
        r"g,\; h = g(z)": "activation function; output of a hidden layer (a where it is the input of the next layer)",
        r"\sigma(z)": "sigmoid",
        r"m": "number of hidden units",
        r"n_{in},\; n_{out}": "number of inputs and of units of a layer",
    },
    "Training": {
        r"L": "loss; in the text on convergence, the largest curvature of the loss",
        r"\delta = \partial L / \partial z": "error of a unit, the gradient of the loss at its score",
        r"\eta": "learning rate",
        r"\mu,\; v": "momentum, and the velocity that it keeps",
        r"B": "mini-batch, or the number of examples in it",
        r"\lambda": "strength of a penalty: λ/2 times the sum of squares in assignment 1, λ times it in networks, "
        "as in Keras",
        r"H,\; \lambda_{max}": "Hessian of the loss, and its largest eigenvalue",
        r"\varepsilon": "a small step: of finite differences, or the largest change of a pixel",
        r"\epsilon": "a small constant that avoids a division by zero",
    },
    "Convolution": {
        r"X,\; Y,\; W,\; G": "input, output, kernel, and gradient at the output",
        r"k,\; s,\; a": "size of the kernel, stride, and number of zeros before the image",
        r"C,\; F": "number of input channels, and of filters",
        r"r_l,\; j_l": "side of the receptive field after layer l, and the distance between neighboring fields",
    },
    "Statistics": {
        r"\mu,\; \sigma^2": "mean and variance",
        r"\bar p": "mean over training sets, or over forward passes",
        r"E[\cdot],\; \mathrm{var}": "expected value and variance",
        r"\odot": "product of entries",
    },
}
"""Topic → symbols in LaTeX → meaning."""


def notation_html() -> str:
    """Return the table of symbols."""
    rows = "\n".join(
        f'<tr><th scope="rowgroup" colspan="2">{topic}</th></tr>\n'
        + "\n".join(
            f"<tr><td>{formula(symbols, inline=True)}</td><td>{html.escape(meaning)}</td></tr>"
            for symbols, meaning in part.items()
        )
        for topic, part in NOTATION.items()
    )
    return f'<div class="scroll" tabindex="0"><table class="notation"><tbody>\n{rows}\n</tbody></table></div>'
