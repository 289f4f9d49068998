"""Output sizes and zero padding of sliding windows, as in TensorFlow.

One :class:`Window` per spatial axis describes both convolutions and poolings
(Dumoulin & Visin 2016, *A guide to convolution arithmetic for deep learning*).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True, slots=True)
class Window:
    """A window of ``size`` taps, ``dilation`` apart, moved by ``stride`` along an axis padded with ``before`` zeros."""

    size: int
    stride: int
    dilation: int
    length: int  # of the input along this axis
    before: int  # padding before the first element
    count: int  # number of positions of the window, the length of the output

    @property
    def padded(self) -> int:
        """Length of the padded axis: as far as the windows reach, and at least the whole input."""
        reach = (self.count - 1) * self.stride + (self.size - 1) * self.dilation + 1
        return max(reach, self.before + self.length)

    @property
    def after(self) -> int:
        """Padding after the last element."""
        return self.padded - self.before - self.length

    def tap(self, offset: int) -> slice:
        """Return the positions along the padded axis that tap ``offset`` of the window reads, one per output."""
        start = offset * self.dilation
        return slice(start, start + (self.count - 1) * self.stride + 1, self.stride)

    def turned(self) -> Window:
        """Return the window of the transposed convolution, from output to input, for stride one and dilation one."""
        return Window(self.size, 1, 1, self.count, self.size - 1 - self.before, self.length)


@lru_cache(maxsize=256)
def window(length: int, size: int, stride: int = 1, padding: str = "valid", dilation: int = 1) -> Window:
    """Return the geometry of a window along an axis.

    ``"valid"`` uses no padding; ``"same"`` gives ``ceil(length / stride)`` outputs and pads half on each side, with the
    extra zero after the end; ``"causal"`` pads only before the start, so that no output depends on a later input.
    With ``"valid"``, a window longer than the axis gives ``count <= 0``.
    """
    reach = (size - 1) * dilation + 1
    if padding == "valid":
        return Window(size, stride, dilation, length, 0, (length - reach) // stride + 1)
    count = -(-length // stride)
    if padding == "causal":
        return Window(size, stride, dilation, length, reach - 1, count)
    return Window(size, stride, dilation, length, max((count - 1) * stride + reach - length, 0) // 2, count)
