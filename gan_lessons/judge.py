"""The judge: a small network that turns images into features worth comparing. Lesson 09.

Floor 2 of the house.
"""

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from gan_lessons.errors import SettingError


class Judge(nn.Module):
    """A classifier of about 100 kB whose last hidden layer serves as features, (N, 64).

    It takes images (N, channels, H, W) of 28, 32 or 64 pixels, floats in [-1, 1] or uint8, and
    says for each its class and the factors it was drawn from. On real images each feature has mean
    0 and deviation 1, roughly (batch norm without weights), so distances have a unit. All answers
    of its methods are tensors on the CPU.

    Source: the idea of Salimans et al. 2016, with a network trained here instead of Inception.
    Lesson 09.
    """

    def __init__(self, *, channels: int = 1, classes: int = 10, factors: int = 0):
        super().__init__()
        self.classes = classes
        self.body = nn.Sequential(
            nn.Conv2d(channels, 16, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(16, 24, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(24, 16, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.AdaptiveAvgPool2d(4),  # (N, 16, 4, 4)
            nn.Flatten(1),  # (N, 256)
            nn.Linear(256, 64),  # (N, 64)
            nn.BatchNorm1d(64, affine=False),
        )
        self.head = nn.Sequential(
            nn.ReLU(),
            nn.Linear(64, classes + factors),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return features (N, 64) of images. Lesson 09."""
        x = x.to(self.head[1].weight.device)
        x = x.float() / 127.5 - 1 if x.dtype == torch.uint8 else x.float()
        return self.body(x)

    @torch.no_grad()
    def features(self, x: Tensor) -> Tensor:
        """Return features (N, 64), a few hundred images at a time. Lesson 09."""
        return torch.cat([self(part).cpu() for part in x.split(500)])

    @torch.no_grad()
    def probabilities(self, x: Tensor) -> Tensor:
        """Return the probability of each class, (N, classes), rows of sum 1. Lesson 09."""
        parts = x.split(500)
        logits = torch.cat([self.head(self(part)).cpu() for part in parts])
        return logits[:, : self.classes].softmax(dim=1)

    def confidence(self, x: Tensor) -> Tensor:
        """Return the probability of the likeliest class, (N,). Lesson 09."""
        return self.probabilities(x).amax(dim=1)


def train_judge(
    x: Tensor,
    y: Tensor,
    factors: Mapping[str, Tensor] | None = None,
    *,
    steps: int,
    rng: torch.Generator,
    batch_size: int = 128,
) -> Judge:
    """Train a judge on real images and return it, ready to judge. Lesson 09.

    Args:
        x: (N, C, H, W) images, uint8 or in [-1, 1]; the judge lives on their device.
        y: int64 (N,) classes, counted from 0.
        factors: the known factors, each (N,), where there are any.
        steps: batches to learn from; 600 take a few seconds. rng: picks them.

    Raises:
        SettingError: one class only and no factors, so there is nothing to learn.
    """
    known = torch.stack(list(factors.values()), dim=1) if factors else torch.empty(len(x), 0)
    off = (known - known.mean(0)).to(x.device)  # (N, factors)
    truth = off / off.square().mean(0).sqrt().clamp_min(1e-6)
    y, classes = y.to(x.device), int(y.max()) + 1
    if classes == 1 and not truth.numel():
        raise SettingError(
            "These images have one class and no known factors: a judge cannot learn from them.",
            "Nothing was trained.",
            "Give them labels, or use a judge of another set, such as data.strokes().",
        )
    judge = Judge(channels=x.shape[1], classes=classes, factors=truth.shape[1]).to(x.device)
    opt = torch.optim.Adam(judge.parameters(), lr=3e-3)
    slope = torch.optim.lr_scheduler.LinearLR(opt, 1.0, 0.05, total_iters=steps)
    for _ in range(steps):
        pick = torch.randint(len(x), (batch_size,), generator=rng).to(x.device)
        out = judge.head(judge(x[pick]))  # (B, classes + factors)
        loss = F.cross_entropy(out[:, :classes], y[pick])
        loss = loss + (out[:, classes:] - truth[pick]).square().sum() / out.numel()
        opt.zero_grad()
        loss.backward()
        opt.step()
        slope.step()
    return judge.eval()
