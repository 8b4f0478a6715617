"""Brighten and contrast: an exercise of lesson 13, Learn from little data."""

from collections.abc import Callable

import torch
from torch import Tensor

from gan_lessons.checks.augmentation.goggles import ask, draws, lets_gradients_through, same_for_all
from gan_lessons.checks.exercise import Wrong, exercise


@exercise(
    title="Brighten and contrast",
    proves="each image gets its own brightness and contrast, around its own mean, nothing is cut "
    "off, and the gradient passes everywhere.",
    hints=(
        "Per image two numbers: what is added, -½ … ½, and a factor, ½ … 1½, by which the distance "
        "of every pixel from the image's mean grows.",
        "mean = x.mean(dim=(1, 2, 3), keepdim=True). Draw with torch.rand(len(x), 1, 1, 1). Values "
        "may leave [-1, 1]: clamping would take their slope.",
        "return torch.where(on, mean + factor * (x - mean) + shift, x), with on = torch.rand(…) < "
        "p, shift = torch.rand(…) - 0.5, factor = torch.rand(…) + 0.5.",
    ),
)
def color(answer: Callable) -> None:
    """Check ``color(x, p)``: each sample must be factor · (x - mean) + mean + shift."""
    with torch.random.fork_rng(devices=[]):
        for mean in (0.7, -0.6):
            channels = torch.tensor([-0.1, 0.0, 0.1]).view(3, 1, 1)  # a mean of its own for each
            _check_color(answer, 0.25 * torch.rand(1, 3, 8, 8).sub(0.5) + mean + channels)
        for shape in ((1, 1, 8, 8), (3, 2, 24, 16)):
            ask(answer, torch.rand(shape), 1.0)
        x = torch.rand(300, 1, 8, 8) - 0.5
        lets_gradients_through(answer, x[:40])
        draws(answer, x, lambda out: ((out - x).abs() > 1e-6).flatten(1).any(1))


def _fit(x: Tensor, out: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return the factor and the shift of the mean, (B,), and what they leave unexplained."""
    x, out = x.flatten(1).double(), out.flatten(1).double()
    off = x - x.mean(1, keepdim=True)
    factor = (off * out).sum(1) / off.square().sum(1)
    shift = out.mean(1) - x.mean(1)
    rest = out - (x.mean(1) + shift)[:, None] - factor[:, None] * off
    return factor, shift, rest.abs().amax(1)


def _check_color(answer: Callable, one: Tensor) -> None:
    other = -0.5 * one.flip(3)  # so that the batch's mean is not the image's
    x = torch.cat([one.expand(300, -1, -1, -1), other.expand(300, -1, -1, -1)])
    out = ask(answer, x, 1.0).detach()
    if torch.equal(out, x):
        return  # p may be inverted: told later
    factor, shift, rest = _fit(x, out)
    same = [same_for_all(half) for half in out.split(300)]
    if all(same):
        raise Wrong("the whole batch shares its draws: one pair of numbers per sample.")
    if rest.max() > 1e-4:
        if rest.max() < 0.02:
            raise Wrong("pixels are rounded on their way: a rounded pixel has no slope.")
        if out.abs().max() <= 1 + 1e-6:
            raise Wrong(
                "values are cut off at ±1. A clamped pixel has no slope, and D would see a flat "
                "patch: let values leave [-1, 1]."
            )
        fits = [_fit(x[:, [c]], out[:, [c]]) for c in range(3)]
        if max(left.max() for *_, left in fits) < 1e-4:
            if all((factors - fits[0][0]).abs().max() < 1e-3 for factors, *_ in fits):
                raise Wrong("the mean is each channel's own: take the image's, dim=(1, 2, 3).")
            raise Wrong("each color channel gets its own numbers: one pair per image.")
        raise Wrong("pixels of one image change differently. One factor, one shift per image.")
    mean = x.flatten(1).mean(1).double()
    if shift.abs().max() > 0.51:
        if (shift + mean).abs().max() < 0.51:
            raise Wrong("the mean is taken away and not put back: mean + factor * (x - mean).")
        around = {
            "0": torch.zeros_like(mean),
            "the batch's mean": mean.mean().expand_as(mean),
        }
        for name, center in around.items():
            rest = shift - (factor - 1) * (mean - center)
            if rest.abs().max() < 0.51:
                raise Wrong(f"contrast turns around {name}; each image has a mean of its own.")
        raise Wrong(f"brightness moves by up to {float(shift.abs().max()):.2f}; ½ is the most.")
    if float(shift.abs().max()) < 1e-4:
        raise Wrong("the brightness is missing: add one number per image, -½ … ½.")
    if float((factor - 1).abs().max()) < 1e-4:
        raise Wrong("the contrast is missing: a factor per image, ½ … 1½, around its mean.")
    if shift.min() > -0.3 or shift.max() < 0.3:
        raise Wrong(
            f"brightness moves from {float(shift.min()):.1f} to {float(shift.max()):.1f}: -½ … ½ "
            "is torch.rand(…) - 0.5."
        )
    if factor.min() < 0.49 or factor.max() > 1.51 or factor.min() > 0.7 or factor.max() < 1.3:
        raise Wrong(
            f"the contrast's factor runs from {float(factor.min()):.1f} to "
            f"{float(factor.max()):.1f}: ½ … 1½ is torch.rand(…) + 0.5."
        )
    if abs(float(torch.corrcoef(torch.stack([factor, shift]))[0, 1])) > 0.5:
        raise Wrong("brightness and contrast come from one number: draw two.")
