"""Where a sliding window lies: output sizes and zero padding, exactly as TensorFlow counts them.

One :class:`Window` per spatial axis describes convolutions and poolings alike
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
    before: int  # padding in front of the first element
    count: int  # of the window's positions, the length of the output

    @property
    def padded(self) -> int:
        """Length of the padded axis that the windows read, and at least the whole input."""
        reach = (self.count - 1) * self.stride + (self.size - 1) * self.dilation + 1
        return max(reach, self.before + self.length)

    @property
    def after(self) -> int:
        """Padding behind the last element."""
        return self.padded - self.before - self.length

    def tap(self, offset: int) -> slice:
        """Positions along the padded axis that tap ``offset`` of the window reads, one for each output."""
        start = offset * self.dilation
        return slice(start, start + (self.count - 1) * self.stride + 1, self.stride)

    def turned(self) -> Window:
        """Return the window that leads from the output back to the input, for stride one and dilation one."""
        return Window(self.size, 1, 1, self.count, self.size - 1 - self.before, self.length)


@lru_cache(maxsize=256)
def window(length: int, size: int, stride: int = 1, padding: str = "valid", dilation: int = 1) -> Window:
    """Place a window on an axis.

    ``"valid"`` uses no padding; ``"same"`` gives ``ceil(length / stride)`` outputs and pads half on each side, the
    odd zero behind; ``"causal"`` pads in front only, so that an output depends on no later input.
    A window longer than a valid axis gives ``count <= 0``.
    """
    reach = (size - 1) * dilation + 1
    if padding == "valid":
        return Window(size, stride, dilation, length, 0, (length - reach) // stride + 1)
    count = -(-length // stride)
    if padding == "causal":
        return Window(size, stride, dilation, length, reach - 1, count)
    return Window(size, stride, dilation, length, max((count - 1) * stride + reach - length, 0) // 2, count)
