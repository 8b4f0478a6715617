"""Color as the eye orders it: lightness, chroma, hue. Introduced in lesson 08."""

import torch
from torch import Tensor

# What the eye's three kinds of cones take of red, green and blue light; then how the brain sorts
# their cube roots: light or dark, green or red, blue or yellow.
CONES = torch.tensor([[0.4122, 0.5363, 0.0515], [0.2119, 0.6807, 0.1074], [0.0883, 0.2817, 0.6300]])
OPPONENTS = torch.tensor(
    [[0.2105, 0.7936, -0.0041], [1.9780, -2.4286, 0.4506], [0.0259, 0.7828, -0.8087]]
)


def _mixed(matrix: Tensor, x: Tensor) -> Tensor:  # every pixel's three numbers, times a matrix
    return torch.einsum("ij,njhw->nihw", matrix.to(x), x)


def to_oklab(images: Tensor) -> Tensor:
    """Return images (N, 3, H, W) in [-1, 1] as OKLab (N, 3, H, W): L in 0 … 1, a, b about ±0.3.

    Equal distances look about equally different; a and b are 0 for every gray. Source: Ottosson
    2020, A perceptual color space for image processing. Lesson 08.
    """
    pixels = (images.float() + 1) / 2  # sRGB, 0 … 1
    bright = ((pixels + 0.055) / 1.055) ** 2.4
    light = torch.where(pixels > 0.04, bright, pixels / 12.92)
    cones = _mixed(CONES, light).relu()
    return _mixed(OPPONENTS, cones ** (1 / 3))  # L, a, b


def from_oklab(lab: Tensor) -> Tensor:
    """Return OKLab (N, 3, H, W) as images in [-1, 1]; what a screen cannot show is cut off.

    The way back of :func:`to_oklab`. Lesson 08.
    """
    cones = _mixed(torch.linalg.inv(OPPONENTS), lab) ** 3
    light = _mixed(torch.linalg.inv(CONES), cones).clamp(0, 1)
    pixels = torch.where(light > 0.0031, 1.055 * light ** (1 / 2.4) - 0.055, 12.92 * light)
    return 2 * pixels - 1


def hue_and_chroma(lab: Tensor) -> tuple[Tensor, Tensor]:
    """Return the hue in degrees 0 … 360 and the chroma, how far from gray, of OKLab (N, 3, …).

    Each has the shape (N, …). Lesson 08.
    """
    _, a, b = lab.unbind(1)
    return torch.rad2deg(torch.atan2(b, a)) % 360, torch.hypot(a, b)
