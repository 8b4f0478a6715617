"""Cut out: an exercise of lesson 13, Learn from little data."""

import torch
from torch import Tensor

from gan_lessons.checks.augmentation import goggles
from gan_lessons.checks.augmentation.goggles import Answer
from gan_lessons.checks.grader import Property, Slip, Table

RIGHT = """
def cutout(x, p):
    B, _, H, W = x.shape
    i, j = torch.arange(H)[:, None], torch.arange(W)
    at, there = torch.rand(2, B, 1, 1, 1)
    tall = (i - H * at).abs() < H / 4
    wide = (j - W * there).abs() < W / 4
    hole = tall & wide & (torch.rand(B, 1, 1, 1) < p)
    return x * ~hole
"""

SLIPS = (
    Slip("(torch.rand(B, 1, 1, 1) < p)", "(torch.rand(()) < p)", "one coin decides"),
    Slip("(torch.rand(B, 1, 1, 1) < p)", "(torch.rand(B, 1, 1, 1) > p)", "p is inverted"),
    Slip(" & (torch.rand(B, 1, 1, 1) < p)", "", "with p = 0 images still change"),
    Slip("(torch.rand(B, 1, 1, 1) < p)", "(p > 0)", "with p = 0.3 every image changes"),
    Slip("(torch.rand(B, 1, 1, 1) < p)", "(torch.rand(B, 1, 1, 1) < p / 2)", "have no hole"),
    Slip("(torch.rand(B, 1, 1, 1) < p)", "(torch.rand(B, 1, 1, 1) < p**2)", "a share of 0."),
    Slip("torch.rand(2, B, 1", "torch.rand(2, 1, 1", "one hole for the whole batch"),
    Slip("torch.rand(2, B, 1, 1, 1)", "torch.full((2, 1, 1, 1, 1), 0.5)", "the same in every call"),
    Slip("torch.rand(2, B, 1, 1, 1)", "torch.rand(2, *x.shape[:2], 1, 1)", "its own hole"),
    Slip("torch.rand(2, B, 1, 1, 1)", "torch.randn(2, B, 1, 1, 1)", "have no hole"),
    Slip("at, there = torch.rand(2, B", "at = there = torch.rand(B", "are the same number"),
    Slip("H * at", "H / 2", "along one axis only"),
    Slip("W * there", "W / 2", "along one axis only"),
    Slip("tall & wide &", "(tall | wide) &", "is no rectangle: tall & wide"),
    Slip("tall & wide &", "tall &", "up to 8 x 24 are cut out"),
    Slip("x * ~hole", "x * hole", "inverted: only the square is left"),
    Slip("x * ~hole", "torch.where(hole, -1.0, x)", "the hole is filled with -1"),
    Slip("x * ~hole", "torch.where(hole, x.mean(), x)", "the hole is filled with"),
    Slip("x * ~hole", "torch.where(hole, torch.rand_like(x), x)", "Only set pixels to 0"),
    Slip("x * ~hole", "x * (1 - 0.5 * hole.float())", "Only set pixels to 0"),
    Slip("< H / 4", "< H / 2", "are cut out; half of each side is 8 x 12"),
    Slip("< H / 4", "< H / 8", "are cut out; half of each side is 8 x 12"),
    Slip("< W / 4", "< H / 4", "are cut out; half of each side is 8 x 12"),
    Slip("(i - H * at).abs()", "(i - H * at)", "every hole reaches from one edge"),
    Slip("(j - W * there).abs()", "(W * there - j)", "every hole reaches from one edge"),
    Slip("return x * ~hole", "return x.detach() * ~hole", "no gradient flows through"),
    Slip("return x * ~hole", "x *= ~hole\n    return x", "x itself is changed in place"),
    Slip("return x", "x", "the return is missing"),
)


def make(answer: Answer) -> tuple:
    """Return the answer, one image of 16 x 24 pixels without a 0 many times, with holes."""
    return goggles.looked(answer, torch.rand(1, 3, 16, 24).add(0.1).expand(400, -1, -1, -1).clone())


def _holes(x: Tensor, out: Tensor) -> Tensor:
    return (out - x).abs() > 1e-6


def only_zeros_are_set(answer: Answer, x: Tensor, out: Tensor) -> str | None:
    """Whatever changed is 0."""
    filled = out[_holes(x, out)]
    if filled.abs().max() < 1e-6:
        return None
    if (filled - filled[0]).abs().max() < 1e-6:
        return f"the hole is filled with {float(filled[0]):.2g}; it should be 0."
    return "pixels outside a hole of zeros changed. Only set pixels to 0."


def each_image_has_a_hole_of_its_own(answer: Answer, x: Tensor, out: Tensor) -> str | None:
    """One hole an image, through all of its channels."""
    holes = _holes(x, out)
    if goggles.same_for_all(holes):
        if torch.equal(holes, _holes(x, goggles.ask(answer, x, 1.0))):
            return "the hole is the same in every call: draw a center for each sample."
        return "one hole for the whole batch: draw a center for each sample."
    if not holes.any(0).flatten(1).any(1).all():
        return "the other color channels stay as they are: one hole goes through all of them."
    if (holes != holes[:, :1]).any():
        return "each color channel has its own hole: one hole goes through all of them."
    without = float((~holes.flatten(1).any(1)).double().mean())
    if without:
        return (
            f"with p = 1 a share of {without:.2f} of the images have no hole: its center lies in "
            "the image, and a draw from 0 … 1 is below p."
        )
    return None


def a_hole_is_one_rectangle(answer: Answer, x: Tensor, out: Tensor) -> str | None:
    """Rows and columns both, in one piece, and what lies outside stays."""
    hole = _holes(x, out)[:, 0]  # (B, H, W)
    tall, wide = hole.any(2), hole.any(1)  # (B, H), (B, W)
    if not torch.equal(hole, tall[:, :, None] & wide[:, None]):
        rows, columns = (~hole).any(2), (~hole).any(1)
        square = torch.equal(~hole, rows[:, :, None] & columns[:, None])
        pieces = rows[:, 0] + (rows.double().diff(dim=1) > 0).sum(1)
        if not square or pieces.max() > 1:
            return "what is cut out is no rectangle: tall & wide, rows and columns both."
        return "inverted: only the square is left. Keep what lies outside the hole."
    if any((line.double().diff(dim=1).abs().sum(1) > 2).any() for line in (tall, wide)):
        return "the hole is not in one piece."
    return None


def it_is_half_as_high_and_wide(answer: Answer, x: Tensor, out: Tensor) -> str | None:
    """Up to 8 of 16 rows and 12 of 24 columns."""
    hole = _holes(x, out)[:, 0]
    tall, wide = hole.any(2), hole.any(1)
    size = int(tall.sum(1).max()), int(wide.sum(1).max())
    if all(abs(a - b) <= 1 for a, b in zip(size, (8, 12), strict=True)):
        return None
    for line in (tall, wide):
        whole = goggles.same_for_all(line)
        if not whole and (line[:, 0].all() or line[:, -1].all()):
            return (
                "every hole reaches from one edge of the image to a place that moves: near the "
                "center means on both sides of it, (i - center).abs() < side / 4."
            )
    return (
        f"of 16 x 24 pixels up to {size[0]} x {size[1]} are cut out; half of each side is 8 x 12."
    )


def it_reaches_over_every_edge(answer: Answer, x: Tensor, out: Tensor) -> str | None:
    """A hole whose center lies near an edge is cut off there; one with a corner there is not."""
    hole = _holes(x, out)[:, 0]
    for line, most in ((hole.any(2), 8), (hole.any(1), 12)):
        cut_off = line.sum(1) < most - 1
        over = [int((cut_off & line[:, edge]).sum()) for edge in (0, -1)]
        if min(over) == 0 and max(over) > 20:
            return (
                "holes reach over one edge of the image and never over the opposite one: the "
                "*center* lies anywhere in the image, (i - H * rand).abs() < H / 4, not a corner."
            )
    return None


def its_center_is_two_numbers(answer: Answer, x: Tensor, out: Tensor) -> str | None:
    """It moves along both axes, by draws of their own."""
    hole = _holes(x, out)[:, 0]
    lines = hole.any(2), hole.any(1)
    if any(goggles.same_for_all(line) for line in lines):
        return "the hole moves along one axis only: draw a center for each."
    centers = [(line * torch.arange(line.shape[1])).sum(1) / line.sum(1) for line in lines]
    if abs(float(torch.corrcoef(torch.stack(centers))[0, 1])) > 0.6:
        return "both coordinates of the center are the same number: draw two."
    return None


def remark(answer: Answer, x: Tensor, out: Tensor) -> str | None:
    """Remark on holes that lie inside, and on a loop."""
    hole = _holes(x, out)[:, 0]
    if hole.any(2).sum(1).min() < 7 or hole.any(1).sum(1).min() < 11:
        return goggles.loops(answer, x, out)
    return (
        "One thing differs: your holes never reach over the edge. With a center anywhere in the "
        "image some do, and the pixels at the edge are hidden more often."
    )


cutout = Property(
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
    asks="Check ``cutout(x, p)``: what is 0 afterwards, and that the rest is as it was.",
    table=Table(RIGHT, SLIPS),
    make=make,
    facts=(
        goggles.something_changes,
        only_zeros_are_set,
        a_hole_is_one_rectangle,
        each_image_has_a_hole_of_its_own,
        it_is_half_as_high_and_wide,
        it_reaches_over_every_edge,
        its_center_is_two_numbers,
        *goggles.ALWAYS,
    ),
    remark=remark,
    refused=goggles.REFUSED,
)
