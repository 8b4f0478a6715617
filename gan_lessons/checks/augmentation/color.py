"""Brighten and contrast: an exercise of lesson 13, Learn from little data."""

import torch
from torch import Tensor

from gan_lessons.checks.augmentation import goggles
from gan_lessons.checks.augmentation.goggles import Answer
from gan_lessons.checks.grader import Property, Slip, Table

RIGHT = """
def color(x, p):
    B = len(x)
    on = torch.rand(B, 1, 1, 1) < p
    shift = torch.rand(B, 1, 1, 1) - 0.5
    factor = torch.rand(B, 1, 1, 1) + 0.5
    mean = x.mean(dim=(1, 2, 3), keepdim=True)
    return torch.where(on, mean + factor * (x - mean) + shift, x)
"""

SHIFT, FACTOR = "torch.rand(B, 1, 1, 1) - 0.5", "torch.rand(B, 1, 1, 1) + 0.5"
ON, OUT = "torch.rand(B, 1, 1, 1) < p", "mean + factor * (x - mean) + shift"

SLIPS = (
    Slip(ON, "torch.rand(()) < p", "one coin decides"),
    Slip(ON, "torch.rand(B, 1, 1, 1) > p", "p is inverted"),
    Slip(ON, "torch.ones(B, 1, 1, 1).bool()", "with p = 0 images still change"),
    Slip(ON, "torch.tensor(p > 0)", "with p = 0.3 every image changes"),
    Slip(ON, "torch.rand(B, 1, 1, 1) < p / 2", "and all should"),
    Slip(ON, "torch.rand(B, 1, 1, 1) < p**2", "a share of 0."),
    Slip("B = len(x)", "B = 1", "the whole batch shares its draws"),
    Slip(f"shift = {SHIFT}", "shift = torch.rand_like(x) - 0.5", "of one image change differently"),
    Slip(
        f"shift = {SHIFT}",
        "shift = torch.rand(*x.shape[:2], 1, 1) - 0.5",
        "each color channel gets its own numbers",
    ),
    Slip(SHIFT, "torch.rand(B, 1, 1, 1)", "brightness moves"),
    Slip(SHIFT, "2 * torch.rand(B, 1, 1, 1) - 1", "brightness moves by up to"),
    Slip(SHIFT, "0.5 * torch.randn(B, 1, 1, 1)", "brightness moves by up to"),
    Slip(SHIFT, "0.2 * (torch.rand(B, 1, 1, 1) - 0.5)", "brightness moves from"),
    Slip(FACTOR, "torch.rand(B, 1, 1, 1)", "the contrast's factor runs from"),
    Slip(FACTOR, "torch.rand(B, 1, 1, 1) - 0.5", "the contrast's factor runs from"),
    Slip(FACTOR, "1.5 * torch.rand(B, 1, 1, 1)", "the contrast's factor runs from"),
    Slip(FACTOR, "shift + 1", "come from one number"),
    Slip(" + shift", "", "the brightness is missing"),
    Slip("factor * (x - mean)", "(x - mean)", "the contrast is missing"),
    Slip("mean + factor", "factor", "taken away and not put back"),
    Slip("factor * (x - mean)", "factor * x", "put back, and was never taken away"),
    Slip("mean + factor * (x - mean) + shift", "mean + factor * (x - mean + shift)", "factor, too"),
    Slip("x.mean(dim=(1, 2, 3), keepdim=True)", "0.0", "contrast turns around 0"),
    Slip("x.mean(dim=(1, 2, 3), keepdim=True)", "x.mean()", "around the batch's mean"),
    Slip("dim=(1, 2, 3)", "dim=(2, 3)", "the mean is each channel's own"),
    Slip("dim=(1, 2, 3)", "dim=1", "the mean is each pixel's own"),
    Slip("dim=(1, 2, 3)", "dim=(1, 2)", "of one image change differently"),
    Slip(OUT, f"({OUT}).clamp(-1, 1)", "values are cut off"),
    Slip(OUT, f"(({OUT}) * 127.5).round() / 127.5", "pixels are rounded"),
    Slip(
        "return torch.where(on, ",
        "x = x.detach()\n    return torch.where(on, ",
        "part of the gradient",
    ),
    Slip("B = len(x)", "x, B = x.detach(), len(x)", "no gradient flows through"),
    Slip("mean = x.mean", "mean = x.detach().mean", "the mean is cut off from the gradient"),
    Slip("return torch", "x.data = torch", "x itself is changed in place"),
    Slip("return torch", "torch", "the return is missing"),
)


def make(answer: Answer) -> tuple:
    """Return the answer, two images of unlike means many times each, and what became of them."""
    channels = torch.tensor([-0.1, 0.0, 0.1]).view(3, 1, 1)  # a mean of its own for each
    one = 0.25 * torch.rand(1, 3, 8, 8).sub(0.5) + 0.7 + channels
    two = -0.5 * one.flip(3)  # so that the batch's mean is not the image's
    return goggles.looked(answer, torch.cat([x.expand(300, -1, -1, -1) for x in (one, two)]))


def _fit(x: Tensor, out: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return the factor and the shift of the mean, (B,), and what they leave unexplained."""
    x, out = x.flatten(1).double(), out.flatten(1).double()
    off = x - x.mean(1, keepdim=True)
    factor = (off * out).sum(1) / off.square().sum(1)
    shift = out.mean(1) - x.mean(1)
    rest = out - (x.mean(1) + shift)[:, None] - factor[:, None] * off
    return factor, shift, rest.abs().amax(1)


def each_image_has_its_own_draws(answer: Answer, x: Tensor, out: Tensor) -> str | None:
    """Not one pair of numbers for the batch."""
    if all(goggles.same_for_all(half) for half in out.split(300)):
        return "the whole batch shares its draws: one pair of numbers per sample."
    return None


def one_factor_and_one_shift_an_image(answer: Answer, x: Tensor, out: Tensor) -> str | None:
    """All pixels of an image change alike."""
    rest = _fit(x, out)[2]
    if rest.max() < 1e-4:
        return None
    if len(out.unique()) < 1000:  # of a hundred thousand
        return "pixels are rounded on their way: a rounded pixel has no slope."
    if out.abs().max() <= 1 + 1e-6:
        return (
            "values are cut off at ±1. A clamped pixel has no slope, and D would see a flat patch: "
            "let values leave [-1, 1]."
        )
    fits = [_fit(x[:, [c]], out[:, [c]]) for c in range(3)]
    if max(left.max() for *_, left in fits) < 1e-4:
        numbers = torch.stack([torch.stack(fit[:2]) for fit in fits])  # (3, 2, B)
        if (numbers - numbers[0]).abs().max() < 1e-3:
            return "the mean is each channel's own: take the image's, dim=(1, 2, 3)."
        return "each color channel gets its own numbers: one pair per image."
    gray, gray_out = x.mean(1, keepdim=True), out.mean(1, keepdim=True)
    if (gray_out - gray - (gray_out - gray)[..., :1, :1]).abs().max() < 1e-4:
        return "the mean is each pixel's own, over its colors: take the image's, dim=(1, 2, 3)."
    return "pixels of one image change differently. One factor, one shift per image."


def brightness_moves_by_up_to_a_half(answer: Answer, x: Tensor, out: Tensor) -> str | None:
    """What is added to an image's mean lies in −½ … ½."""
    factor, shift, _ = _fit(x, out)
    mean, most = x.flatten(1).mean(1).double(), float(shift.abs().max())
    if most < 1e-4:
        return "the brightness is missing: add one number per image, -½ … ½."
    if (shift - (factor - 1) * mean).abs().max() < 1e-4:
        return (
            "the image is multiplied as a whole: nothing is added to it, and the contrast turns "
            "around 0 in place of the image's mean."
        )
    if most > 0.51:
        named = {
            "the mean is taken away and not put back: mean + factor * (x - mean).": shift + mean,
            "the mean is put back, and was never taken away: factor * (x - mean).": shift
            - factor * mean,
            "the contrast turns around 0; each image has a mean of its own.": shift
            - (factor - 1) * mean,
            "the contrast turns around the batch's mean; each image has a mean of its own.": shift
            - (factor - 1) * (mean - mean.mean()),
            "the brightness is multiplied by the contrast's factor, too: add it afterwards.": shift
            / factor,
        }
        fits = [said for said, left in named.items() if left.abs().max() < 0.505]
        if len(fits) == 1:
            return fits[0]
        return f"brightness moves by up to {most:.2f}; ½ is the most."
    if shift.min() > -0.3 or shift.max() < 0.3:
        return (
            f"brightness moves from {float(shift.min()):.1f} to {float(shift.max()):.1f}: -½ … ½ "
            "is torch.rand(…) - 0.5."
        )
    return None


def contrast_grows_by_a_half_to_one_and_a_half(
    answer: Answer, x: Tensor, out: Tensor
) -> str | None:
    """The factor lies in ½ … 1½ and is a number of its own."""
    factor, shift, _ = _fit(x, out)
    low, high = float(factor.min()), float(factor.max())
    if max(abs(low - 1), abs(high - 1)) < 1e-4:
        return "the contrast is missing: a factor per image, ½ … 1½, around its mean."
    if low < 0.49 or high > 1.51 or low > 0.7 or high < 1.3:
        return (
            f"the contrast's factor runs from {low:.1f} to {high:.1f}: ½ … 1½ is torch.rand(…) + "
            "0.5."
        )
    if abs(float(torch.corrcoef(torch.stack([factor, shift]))[0, 1])) > 0.5:
        return "brightness and contrast come from one number: draw two."
    return None


def the_mean_passes_a_gradient(answer: Answer, x: Tensor, out: Tensor) -> str | None:
    """A pixel that gets brighter makes its image brighter, by as much: factor and all."""
    x = x[:40].clone().requires_grad_()
    (slope,) = torch.autograd.grad(goggles.ask(answer, x, 1.0).sum(), x)
    if (slope - 1).abs().max() < 1e-3:
        return None
    return (
        "the mean is cut off from the gradient: it is computed of the pixels, so part of their "
        "slope comes by way of it. No detach, no torch.no_grad() around it."
    )


color = Property(
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
    asks="Check ``color(x, p)``: each sample must be factor · (x - mean) + mean + shift.",
    table=Table(RIGHT, SLIPS),
    make=make,
    facts=(
        goggles.something_changes,
        each_image_has_its_own_draws,
        one_factor_and_one_shift_an_image,
        brightness_moves_by_up_to_a_half,
        contrast_grows_by_a_half_to_one_and_a_half,
        *goggles.ALWAYS,
        the_mean_passes_a_gradient,
    ),
    remark=goggles.loops,
    refused=goggles.REFUSED,
)
