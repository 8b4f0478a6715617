"""Augmentations for what the discriminator sees, real and fake. Introduced in lesson 13.

Floor 2 of the house. Each takes images x (B, C, H, W) in [-1, 1] and returns as many of the same
shape; every sample draws for itself whether it is changed (with probability ``p``) and how. All are
differentiable in x, so that G learns through them, none changes x itself, and none cuts values
off: a clamped pixel has no slope. They draw from the global source, as dropout does.

Sources: Zhao et al. 2020, Differentiable Augmentation for Data-Efficient GAN Training; Karras et
al. 2020, Training Generative Adversarial Networks with Limited Data.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

Augmentation = Callable[..., Tensor]  # of (x, p)


def uniform(x: Tensor) -> Tensor:
    """Return one number from U(0, 1) for each sample of x, (B, 1, 1, 1). Lesson 13."""
    return torch.rand(len(x), 1, 1, 1, device=x.device)


def translation(x: Tensor, p: float = 1.0) -> Tensor:
    """Move each image by up to an eighth of its sides, a whole number of pixels; zeros follow.

    Source: Zhao et al. 2020, section 4 (policy "translation"). Lesson 13.
    """
    height, width = x.shape[2:]
    reach_y, reach_x = height // 8, width // 8
    chosen = uniform(x) < p
    down = (uniform(x) * (2 * reach_y + 1)).floor() - reach_y
    right = (uniform(x) * (2 * reach_x + 1)).floor() - reach_x
    padded = F.pad(x, (reach_x, reach_x, reach_y, reach_y))
    i = torch.arange(height, device=x.device)[:, None] + reach_y
    j = torch.arange(width, device=x.device) + reach_x
    rows, columns = i - chosen * down, j - chosen * right  # where to read
    numbers = (rows * padded.shape[3] + columns).long()  # (B, 1, H, W)
    numbers = numbers.expand_as(x).flatten(2)
    return padded.flatten(2).gather(2, numbers).view_as(x)


def cutout(x: Tensor, p: float = 1.0) -> Tensor:
    """Set a square of half the side to 0 in each image; its center lies anywhere in the image.

    Source: Zhao et al. 2020, section 4 (policy "cutout"). Lesson 13.
    """
    height, width = x.shape[2:]
    i = torch.arange(height, device=x.device)[:, None] + 0.5
    j = torch.arange(width, device=x.device) + 0.5
    tall = (i - height * uniform(x)).abs() < height / 4  # (B, 1, H, 1)
    wide = (j - width * uniform(x)).abs() < width / 4  # (B, 1, 1, W)
    chosen = uniform(x) < p
    return x * ~(chosen & tall & wide)


def brightness(x: Tensor, p: float = 1.0) -> Tensor:
    """Add one number between -½ and ½ to all pixels of an image. Lesson 13."""
    chosen = uniform(x) < p
    return x + chosen * (uniform(x) - 0.5)


def saturation(x: Tensor, p: float = 1.0) -> Tensor:
    """Scale by 0 … 2 how far each pixel's channels are from their mean. Lesson 13."""
    factor = torch.where(uniform(x) < p, 2 * uniform(x), 1.0)
    gray = x.mean(dim=1, keepdim=True)
    return gray + factor * (x - gray)


def contrast(x: Tensor, p: float = 1.0) -> Tensor:
    """Scale by ½ … 1½ how far the pixels are from the image's mean. Lesson 13."""
    factor = torch.where(uniform(x) < p, 0.5 + uniform(x), 1.0)
    mean = x.mean(dim=(1, 2, 3), keepdim=True)
    return mean + factor * (x - mean)


def chain(*augmentations: Augmentation) -> Augmentation:
    """Return the function (x, p) that applies one after the other, each with its own draws.

    Lesson 13.
    """

    def all_of_them(x: Tensor, p: float = 1.0) -> Tensor:
        for augmentation in augmentations:
            x = augmentation(x, p)
        return x

    return all_of_them


color = chain(brightness, saturation, contrast)
diffaugment = chain(color, translation, cutout)


class InFront(nn.Module):
    """An augmentation as a layer in front of D: all that D sees, real or fake, goes through it.

    ``D = nn.Sequential(augment.InFront(augment.diffaugment), D)``. Each look draws anew. In eval
    mode D sees images as they are. Lesson 13.

    Args:
        augmentation: of (x, p). p: how probable a change is, 0 … 1; may be set during a run.
    """

    def __init__(self, augmentation: Augmentation, p: float = 1.0):
        super().__init__()
        self.augmentation, self.p = augmentation, p

    def forward(self, x: Tensor) -> Tensor:
        """Return images (B, C, H, W), changed while training. Lesson 13."""
        return self.augmentation(x, self.p) if self.training else x


def adapted(p: float, sign: float, *, target: float = 0.6, speed: float = 0.01) -> float:
    """Return the next p: up by ``speed`` where D is too sure of the training data, else down.

    Args:
        p: 0 … 1, the probability so far. sign: E sign(D(real)), -1 … 1, ½ of it where D is right
            on three of four training images. target: what to hold it at.

    Source: Karras et al. 2020, equation 1 (r_t) and section 3.1. Lesson 13.
    """
    p += speed if sign > target else -speed
    return min(max(p, 0.0), 1.0)
