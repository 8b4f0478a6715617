"""Cut out: an exercise of lesson 13, Learn from little data."""

from collections.abc import Callable

import torch
from torch import Tensor

from gan_lessons.checks.augmentation.goggles import ask, draws, lets_gradients_through, same_for_all
from gan_lessons.checks.exercise import Wrong, exercise


@exercise(
    title="Cut out",
    proves="each image gets a hole of its own, half as high and wide as the image, of zeros; "
    "around it nothing changes and the gradient passes.",
    hints=(
        "A hole is a row of yes and no along the height and one along the width: near a center "
        "that you draw per sample, at most a quarter of the side away.",
        "i = torch.arange(H)[:, None]; tall = (i - H * torch.rand(B, 1, 1, 1)).abs() < H / 4 has "
        "the shape (B, 1, H, 1). The same for the width, (B, 1, 1, W). tall & wide is the hole.",
        "hole = tall & wide & (torch.rand(B, 1, 1, 1) < p); return x * ~hole.",
    ),
)
def cutout(answer: Callable) -> str | None:
    """Check ``cutout(x, p)``: what is 0 afterwards, and that the rest is as it was."""
    with torch.random.fork_rng(devices=[]):
        x = torch.rand(1, 3, 16, 24).add(0.1).expand(400, -1, -1, -1).clone()
        remark = _check_holes(answer, x)
        for shape in ((1, 1, 8, 8), (3, 2, 24, 16)):
            ask(answer, torch.rand(shape) + 0.1, 1.0)
        x = torch.rand(1, 1, 16, 16).add(0.1).expand(300, -1, -1, -1).clone()
        lets_gradients_through(answer, x[:40])
        draws(answer, x, lambda out: (out != x).flatten(1).any(1))
    return remark


def _check_holes(answer: Callable, x: Tensor) -> str | None:
    out = ask(answer, x, 1.0).detach()
    changed = (out - x).abs() > 1e-6
    if not changed.any():
        return None  # p may be inverted: told later
    filled = out[changed]
    if filled.abs().max() > 1e-6:
        if (filled - filled[0]).abs().max() < 1e-6:
            raise Wrong(f"the hole is filled with {float(filled[0]):g}; it should be 0.")
        raise Wrong("pixels outside a hole of zeros changed. Only set pixels to 0.")
    if same_for_all(changed):
        raise Wrong("one hole for the whole batch: draw a center for each sample.")
    if (changed != changed[:, :1]).any():
        raise Wrong("each color channel has its own hole: one hole goes through all of them.")
    holes = changed[:, 0]  # (B, H, W)
    tall, wide = holes.any(2), holes.any(1)  # (B, H), (B, W)
    if not torch.equal(holes, tall[:, :, None] & wide[:, None]):
        rows, columns = (~holes).any(2), (~holes).any(1)
        square = torch.equal(~holes, rows[:, :, None] & columns[:, None])
        pieces = rows[:, 0] + (rows.double().diff(dim=1) > 0).sum(1)
        if not square or pieces.max() > 1:
            raise Wrong("what is cut out is no rectangle: tall & wide, rows and columns both.")
        raise Wrong("inverted: only the square is left. Keep what lies outside the hole.")
    if any((line.double().diff(dim=1).abs().sum(1) > 2).any() for line in (tall, wide)):
        raise Wrong("the hole is not in one piece.")
    size = tall.sum(1).max(), wide.sum(1).max()
    if any(abs(int(a) - b) > 1 for a, b in zip(size, (8, 12), strict=True)):
        raise Wrong(
            f"of 16 x 24 pixels up to {int(size[0])} x {int(size[1])} are cut out; half of each "
            "side is 8 x 12."
        )
    if same_for_all(tall) or same_for_all(wide):
        raise Wrong("the hole moves along one axis only: draw a center for each.")
    centers = [(line * torch.arange(line.shape[1])).sum(1) / line.sum(1) for line in (tall, wide)]
    if abs(float(torch.corrcoef(torch.stack(centers))[0, 1])) > 0.6:
        raise Wrong("both coordinates of the center are the same number: draw two.")
    if tall.sum(1).min() < 7 or wide.sum(1).min() < 11:
        return None
    return (
        "One thing differs: your holes never reach over the edge. With a center anywhere in the "
        "image some do, and the pixels at the edge are hidden more often."
    )
