"""The recognizers' layers.

Axes: B line, C channel, H height, W width. Weights and feature maps are kept channels-last in memory: on the CPU most
convolutions run faster so.
"""

import torch
from torch import nn

from pulih.common.dist import mean_over_ranks, world_size


class BatchNorm(nn.BatchNorm2d):
    """Batch normalization whose statistics are those of the lines of all ranks (Ioffe & Szegedy 2015).

    Normalizing every position over its channels, or every line by itself, would need no talk between ranks, but blows
    up the empty paper around the pen strokes: readers learned several times more slowly so. In eval mode it is a fixed
    scale and shift, and a line's scores do not depend on other lines.
    """

    def forward(self, maps_BCHW: torch.Tensor) -> torch.Tensor:
        """Return maps of the same shape; in training every channel has zero mean and unit variance before its scale."""
        if not self.training or world_size() == 1:
            normed: torch.Tensor = super().forward(maps_BCHW)
            return normed
        values = maps_BCHW.float()
        moments = torch.stack([values.mean((0, 2, 3)), values.square().mean((0, 2, 3))])
        mean_C, square_C = mean_over_ranks(moments)
        variance_C = square_C - mean_C.square()
        count = values.numel() // values.shape[1] * world_size()
        self._follow(mean_C.detach(), variance_C.detach() * count / (count - 1))
        scale_C = self.weight * (variance_C + self.eps).rsqrt()
        shift_C = self.bias - mean_C * scale_C
        synced: torch.Tensor = maps_BCHW * scale_C[None, :, None, None] + shift_C[None, :, None, None]
        return synced

    def _follow(self, mean_C: torch.Tensor, variance_C: torch.Tensor) -> None:
        assert self.running_mean is not None
        assert self.running_var is not None
        assert self.momentum is not None
        self.running_mean.lerp_(mean_C, self.momentum)
        self.running_var.lerp_(variance_C, self.momentum)


def conv_norm(
    incoming: int,
    outgoing: int,
    kernel: tuple[int, int],
    stride: tuple[int, int] = (1, 1),
    padding: tuple[int, int] | None = None,
) -> nn.Sequential:
    """Return a convolution with its norm and ReLU; without ``padding`` it keeps the size of the maps."""
    around = (kernel[0] // 2, kernel[1] // 2) if padding is None else padding
    convolution = nn.Conv2d(incoming, outgoing, kernel, stride, around, bias=False)
    return nn.Sequential(convolution, BatchNorm(outgoing), nn.ReLU())


class ChannelsLast(nn.Module):
    """Changes the order in memory; the layers after it keep it."""

    def forward(self, maps_BCHW: torch.Tensor) -> torch.Tensor:
        """Return the same maps with the channels of a position side by side."""
        return maps_BCHW.contiguous(memory_format=torch.channels_last)


class Residual(nn.Module):
    """A separable convolution (depthwise, then pointwise), each part normalized, added to its input."""

    def __init__(self, channels: int, kernel: tuple[int, int]) -> None:
        super().__init__()
        around = (kernel[0] // 2, kernel[1] // 2)
        self.depthwise = nn.Conv2d(channels, channels, kernel, padding=around, groups=channels, bias=False)
        self.norm = BatchNorm(channels)
        self.pointwise = conv_norm(channels, channels, (1, 1))

    def forward(self, maps_BCHW: torch.Tensor) -> torch.Tensor:
        """Return maps of the same shape."""
        added: torch.Tensor = self.pointwise(self.norm(self.depthwise(maps_BCHW)))
        return maps_BCHW + added
