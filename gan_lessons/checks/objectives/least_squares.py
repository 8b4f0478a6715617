"""Least squares: an exercise of lesson 10, Choose a loss."""

from collections.abc import Callable

import torch
from torch import Tensor

from gan_lessons import losses
from gan_lessons.checks.exercise import exercise
from gan_lessons.checks.objectives import pair
from gan_lessons.checks.objectives.pair import Loss, Named


def _ls(real_target: float, fake_target: float, bend: Callable = lambda t: t) -> Loss:
    def loss(real: Tensor, fake: Tensor) -> Tensor:
        wide, narrow = bend(real) - real_target, bend(fake) - fake_target
        return wide.square().mean() + narrow.square().mean()

    return loss


_SQUARE_OF_MEAN = (
    "this is the square of the mean, not the mean of squares. It is 0 as soon as the *average* "
    "output is right, whatever the single samples get. Square first, mean last."
)
_SIGMOID = (
    "a sigmoid is left over. Least squares takes D's output as it is: behind a sigmoid the slope "
    "dies where D is sure, the very thing this loss is there to avoid."
)

WRONG_LS_D: Named = (
    (lambda r, f: (r.mean() - 1).square() + f.mean().square(), _SQUARE_OF_MEAN),
    (lambda r, f: (r.mean() - 1).square() + f.square().mean(), _SQUARE_OF_MEAN),
    (lambda r, f: (r - 1).square().mean() + f.mean().square(), _SQUARE_OF_MEAN),
    (_ls(1, 0, torch.sigmoid), _SIGMOID),
    (_ls(0, 1), "the targets are exchanged: real samples belong at 1, fake ones at 0."),
    (
        _ls(1, -1),
        "your fakes belong at -1. That is another least-squares game of the paper; the targets "
        "here are 1, 0, 1.",
    ),
    (_ls(1, 1), "both get the target 1: D learns to answer 1 to everything."),
    (lambda r, f: (f - 1).square().mean(), "this is G's loss."),
    (
        lambda r, f: (r - f - 1).square().mean(),
        "you compare real with fake, pair by pair. Here each sample has a target of its own.",
    ),
    (
        lambda r, f: (r.square() - 1).mean() + f.square().mean(),
        "the square comes too early: how far is an output from its target? Squared is that.",
    ),
    (
        lambda r, f: (r - 1).norm() + f.norm(),
        "norm() is the root of the sum of squares: take the mean of the squares.",
    ),
    (lambda r, f: (r - 1).square().mean(), "only the real samples count; the fakes belong at 0."),
    (lambda r, f: f.square().mean(), "only the fake samples count; the real ones belong at 1."),
    (
        lambda r, f: (r - 1).abs().mean() + f.abs().mean(),
        "these are absolute values: the slope is the same however far off an answer is. Square.",
    ),
    (
        lambda r, f: (r - 1).square().mean().sqrt() + f.square().mean().sqrt(),
        "the roots are too much: the mean of the squares itself.",
    ),
    (
        lambda r, f: (r - 1).square().mean() - f.square().mean(),
        "a minus between the two parts: D would push its answer to fakes away from 0 for ever.",
    ),
)
WRONG_LS_G: Named = (
    (
        lambda r, f: f.square().mean(),
        "G moves D(fake) toward 0, where D wants it: it works for D. G's target is 1.",
    ),
    (lambda r, f: (f.mean() - 1).square(), _SQUARE_OF_MEAN),
    (lambda r, f: (f.sigmoid() - 1).square().mean(), _SIGMOID),
    (
        lambda r, f: -f.square().mean(),
        "-D(fake)² has no end: it pays to drive D(fake) to +∞ and to -∞ alike. G's target is 1.",
    ),
    (lambda r, f: (f - 1).mean(), "the square is missing: without it there is no target at all."),
    (lambda r, f: (f - 1).abs().mean(), "this is the absolute value: square it."),
    (lambda r, f: (f + 1).square().mean(), "your target is -1; G wants to be taken for real, 1."),
    (
        lambda r, f: (r - 1).square().mean() + (f - 1).square().mean(),
        "the real term is kept. G cannot change D(real): leave it out.",
    ),
    (
        _ls(0, 1),
        "the real term is kept, with its target turned round. G cannot change D(real): leave it "
        "out.",
    ),
    (_ls(1, 0), "this is D's loss. G wants the opposite for its samples."),
    (
        lambda r, f: (f - r).square().mean(),
        "you pull D(fake) to what D says of some real sample. The target is the number 1.",
    ),
    (
        lambda r, f: (f.mean() - r.mean()).square(),
        "you pull the mean of D(fake) to that of D(real). Each fake has the target 1.",
    ),
)


@exercise(
    title="Least squares",
    proves="the mean of squares with the targets 1, 0 and 1, on D's output as it is.",
    hints=(
        "For every sample: how far is D's output from its target, squared. Then the mean.",
        "D's targets: 1 for real, 0 for fake. G has one part only, D(fake), and the target 1.",
        "D: (real_logits - 1).square().mean() + fake_logits.square().mean(). "
        "G: (fake_logits - 1).square().mean().",
    ),
)
def least_squares(d: Loss, g: Loss) -> str | None:
    """Check both losses of the least-squares game, for logits (B,) and (B,)."""
    half = "You keep the ½ of the paper: the same game."
    remarks = (
        pair.judge(d, "D", losses.least_squares_d, WRONG_LS_D, half=half),
        pair.judge(g, "G", losses.least_squares_g, WRONG_LS_G, half=half),
    )
    return next((remark for remark in remarks if remark), None)
