"""The network: what it computes, in its training form and in the plain form that is shipped.

Input: low-resolution luma in 0..1 with a margin of MARGIN samples on each side. Output: four planes of low resolution,
the residual that is added to the Lanczos-3 enlargement at the positions (even, even), (even, odd), (odd, even) and
(odd, odd) of (row, column). All convolutions are unpadded 3x3, so that a tile's result does not depend on the tiling.

The form follows SESR (K. Bhardwaj et al., "Collapsible Linear Blocks for Super-Efficient Super Resolution", 2022, arXiv
2103.09404): in training each 3x3 convolution is a product of a 3x3 one to many channels, a 1x1 one back, and an
identity. The product is formed over the weights, which is exact and cheap, and only the product is shipped.
"""

import torch
from torch import nn
from torch.nn import functional

CHANNELS = 16
HIDDEN_LAYERS = 4
EXPANDED = 64
MARGIN = HIDDEN_LAYERS + 2


class CollapsibleConvolution(nn.Module):
    """A 3x3 convolution that learns as the product of two."""

    def __init__(self, inputs, outputs, gain=1.0):
        super().__init__()
        self.wide = nn.Parameter(torch.empty(EXPANDED, inputs, 3, 3))
        self.narrow = nn.Parameter(torch.empty(outputs, EXPANDED))
        self.bias = nn.Parameter(torch.zeros(outputs))
        nn.init.normal_(self.wide, std=(2 / (9 * inputs)) ** 0.5)
        nn.init.normal_(self.narrow, std=gain / EXPANDED**0.5)
        identity = torch.zeros(outputs, inputs, 3, 3)
        if inputs == outputs:
            identity[:, :, 1, 1] = torch.eye(inputs)
        self.register_buffer("identity", identity, persistent=False)

    def weight(self):
        """The plain 3x3 weights."""
        return torch.einsum("oe,eiyx->oiyx", self.narrow, self.wide) + self.identity

    def forward(self, x):
        return functional.conv2d(x, self.weight(), self.bias)


class Upscaler(nn.Module):
    """Luma at low resolution to the residual of its enlargement to twice the size."""

    def __init__(self):
        super().__init__()
        sizes = [1] + [CHANNELS] * (HIDDEN_LAYERS + 1)
        hidden = zip(sizes, sizes[1:])
        self.hidden = nn.ModuleList(
            CollapsibleConvolution(a, b, 1.0 if a != b else 0.3) for a, b in hidden)
        self.slopes = nn.ParameterList(nn.Parameter(torch.full((CHANNELS,), 0.1)) for _ in self.hidden)
        self.last = CollapsibleConvolution(CHANNELS, 4, 0.02)

    def forward(self, x):
        # Around its mean value luma needs no bias to begin with.
        y = x - 0.5
        for convolution, slope in zip(self.hidden, self.slopes):
            y = functional.prelu(convolution(y), slope)
        return self.last(y)


def lanczos_kernels():
    """The 6 taps of Lanczos-3 for the even and the odd phase of an enlargement to twice the size."""
    rows = []
    for phase in (-0.25, 0.25):
        distance = torch.arange(-3, 4, dtype=torch.float64) - phase
        taps = torch.where(distance.abs() < 3, torch.sinc(distance) * torch.sinc(distance / 3), 0.0)
        rows.append(taps / taps.sum())
    return torch.stack(rows)


def lanczos(x):
    """Lanczos-3 to twice the size as four planes; takes 3 samples off each side."""
    taps = lanczos_kernels().to(x)
    kernels = torch.einsum("py,qx->pqyx", taps, taps).reshape(4, 1, 7, 7)
    return functional.conv2d(x, kernels)
