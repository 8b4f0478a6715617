"""Move: an exercise of lesson 13, Learn from little data."""

from collections.abc import Callable

import torch
from torch import Tensor

from gan_lessons.checks.augmentation import goggles
from gan_lessons.checks.augmentation.goggles import Answer
from gan_lessons.checks.grader import Property, Slip, Table

RIGHT = """
def translation(x, p):
    B, _, H, W = x.shape
    on = torch.rand(B, 1, 1, 1) < p
    down = on * torch.randint(-(H // 8), H // 8 + 1, (B, 1, 1, 1))
    right = on * torch.randint(-(W // 8), W // 8 + 1, (B, 1, 1, 1))
    i, j = torch.arange(H), torch.arange(W)
    rows = (i[:, None] - i == down).float()
    columns = (j[:, None] - j == right).float()
    return rows @ x @ columns.mT
"""

DOWN = "torch.randint(-(H // 8), H // 8 + 1, (B, 1, 1, 1))"
ROWS = "(i[:, None] - i == down).float()"

SLIPS = (
    Slip("torch.rand(B, 1, 1, 1) < p", "torch.rand(()) < p", "one coin decides"),
    Slip("torch.rand(B, 1, 1, 1) < p", "torch.rand(B, 1, 1, 1) > p", "p is inverted"),
    Slip("torch.rand(B, 1, 1, 1) < p", "torch.ones(B, 1, 1, 1)", "p = 0 images still change"),
    Slip("torch.rand(B, 1, 1, 1) < p", "p > 0", "with p = 0.3 every image changes"),
    Slip("torch.rand(B, 1, 1, 1) < p", "torch.rand(B, 1, 1, 1) < p / 2", "and all should"),
    Slip("torch.rand(B, 1, 1, 1) < p", "torch.rand(B, 1, 1, 1) < p**2", "a share of 0."),
    Slip("right = on", "right = (torch.rand(B, 1, 1, 1) < p)", "as with two coins"),
    Slip("B, _, H, W = x.shape", "(_, _, H, W), B = x.shape, 1", "all images move by the same"),
    Slip(
        f"down = on * {DOWN}",
        "down = on * torch.randint(-H // 8, H // 8 + 1, (B, 1, 1, 1))",
        "-H // 8 rounds down, to",
    ),
    Slip(f"down = on * {DOWN}", f"down = on * 2 * {DOWN}", "move by up to 4 and 3"),
    Slip("W // 8 + 1, (B", "W // 8, (B", "randint(low, high) leaves high out"),
    Slip("randint(-(H // 8)", "randint(0", "to one side only"),
    Slip(f"down = on * {DOWN}", "down = 0 * on", "along one axis only"),
    Slip(
        "torch.randint(-(W // 8), W // 8 + 1", "torch.randint(-(H // 8), H // 8 + 1", "W // 8, up"
    ),
    Slip(
        f"down = on * {DOWN}",
        "down = on * ((2 * torch.rand(B, 1, 1, 1) - 1) * (H // 8)).round()",
        "half a bin",
    ),
    Slip(
        f"down = on * {DOWN}",
        "down = on * torch.randint(H // 8 + 1, (B, 1, 1, 1)) * (2 * torch.randint(2, (B, 1, 1, 1)) "
        "- 1)",
        "a size and a sign",
    ),
    Slip(
        f"down = on * {DOWN}",
        "down = on * (torch.randint(H // 8 + 1, (B, 1, 1, 1)) - torch.randint(H // 8 + 1, "
        "(B, 1, 1, 1)))",
        "a sum of two draws",
    ),
    Slip(
        f"down = on * {DOWN}\n    right = on",
        "_way = torch.rand(B, 1, 1, 1) < 0.5\n    "
        f"down = on * _way * {DOWN}\n    right = on * ~_way",
        "at once",
    ),
    Slip(f"right = on * {DOWN.replace('H', 'W')}", "right = down", "are the same number"),
    Slip(
        "rows @ x @ columns.mT",
        "torch.stack([a.roll((int(k), int(l)), (1, 2)) for a, k, l in zip(x, down, right)])",
        "comes back at the other",
    ),
    Slip("rows @ x @ columns.mT", "rows @ (x + 1) @ columns.mT - 1", "-1 moves in"),
    Slip(f"= {ROWS}", "= (0.5 * (i[:, None] - i == down) + 0.5 * torch.eye(H))", "another change"),
    Slip("rows @ x @ columns.mT", "((rows @ x @ columns.mT) * 127.5).round() / 127.5", "rounded"),
    Slip("rows @ x @ columns.mT", "rows @ x.detach() @ columns.mT", "no gradient flows through"),
    Slip("return rows", "x.data = rows", "x itself is changed in place"),
    Slip("(B, 1, 1, 1))\n    i", "(B, x.shape[1], 1, 1))\n    i", "each color channel moves"),
    Slip("return rows @ x @", "rows @ x @", "the return is missing"),
)


def _filled(x: Tensor, down: int, right: int, value: float = 0.0) -> Tensor:
    """Move images down and right; ``value`` moves in."""
    out = x.roll((down, right), (2, 3)).clone()
    rows = slice(0, down) if down > 0 else slice(x.shape[2] + down, None)
    columns = slice(0, right) if right > 0 else slice(x.shape[3] + right, None)
    out[:, :, rows], out[:, :, :, columns] = value, value
    return out


def _edge(x: Tensor, down: int, right: int) -> Tensor:
    rows = (torch.arange(x.shape[2]) - down).clamp(0, x.shape[2] - 1)
    columns = (torch.arange(x.shape[3]) - right).clamp(0, x.shape[3] - 1)
    return x[:, :, rows][..., columns]


WAYS = {  # what else moves in
    "what leaves at one side comes back at the other, as roll does. Zeros should move in.": (
        lambda x, down, right: x.roll((down, right), (2, 3))
    ),
    "-1 moves in at the edge; here it should be 0.": lambda x, d, r: _filled(x, d, r, -1.0),
    "the edge is repeated where the image left; zeros should move in.": _edge,
}


def _moves(
    x: Tensor, out: Tensor, how: Callable[[Tensor, int, int], Tensor], off: float = 1e-4
) -> Tensor:
    """Return the (down, right) that make each of ``out`` of x's one image, (B, 2), or NaN."""
    height, width = x.shape[2:]
    found, left = torch.full((len(out), 2), torch.nan), torch.arange(len(out))
    reach = torch.cartesian_prod(
        torch.arange(-height // 4, height // 4 + 1), torch.arange(-width // 4, width // 4 + 1)
    )
    for down, right in reach[reach.abs().sum(1).argsort()].tolist():  # small ones first
        fits = ((out[left] - how(x[:1], down, right)).abs() < off).flatten(1).all(1)
        found[left[fits]] = torch.tensor([float(down), float(right)])
        left = left[~fits]
        if not len(left):
            break
    return found


def make(answer: Answer) -> tuple:
    """Return the answer, one image many times, no side of it eight times a number, moved ones."""
    return goggles.looked(answer, torch.rand(1, 3, 20, 28).add(0.1).expand(150, -1, -1, -1).clone())


def each_moves_on_its_own(answer: Answer, x: Tensor, out: Tensor) -> str | None:
    """Not all images by the same amount."""
    if goggles.same_for_all(out):
        return "all images move by the same amount: draw len(x) of each number."
    return None


def by_whole_pixels_and_zeros_move_in(answer: Answer, x: Tensor, out: Tensor) -> str | None:
    """Every image is x's, moved."""
    if not _moves(x, out[:40], _filled).isnan().any():
        if _moves(x, out, _filled).isnan().any():
            return "some images are moved by whole pixels, others are changed in another way."
        return None
    for said, how in WAYS.items():
        if not _moves(x, out[:40], how).isnan().any():
            return said
    if not _moves(x, out[:40], _filled, 0.02).isnan().any():
        return "pixels are rounded on their way: a rounded pixel has no slope."
    alone = [_moves(x[:, [c]], out[:30, [c]], _filled) for c in range(3)]
    if not any(move.isnan().any() for move in alone):
        return "each color channel moves on its own: one shift per image."
    return "an image should move by whole pixels, zeros moving in: yours is another change."


def down_and_right_are_two_numbers(answer: Answer, x: Tensor, out: Tensor) -> str | None:
    """Both directions are drawn apart, for each image."""
    moves = _moves(x, out, _filled)
    moved = moves != 0
    if moved.any(0).all() and not moved.all(1).any():
        return "no image moves down and to the right at once: each one gets both numbers."
    if abs(float(torch.corrcoef(moves.T)[0, 1])) > 0.5:
        return "down and right are the same number: draw two."
    return None


def up_to_an_eighth_both_ways(answer: Answer, x: Tensor, out: Tensor) -> str | None:
    """All shifts from −side // 8 to side // 8 occur, no others."""
    moves, (height, width) = _moves(x, out, _filled), x.shape[2:]
    most, down, right = moves.abs().amax(0).tolist(), height // 8, width // 8
    for name, side, k in (("H", height, 0), ("W", width, 1)):
        if (moves[:, k].min(), moves[:, k].max()) == (-side // 8, side // 8) and side % 8:
            return (
                f"-{name} // 8 rounds down, to {-side // 8} for {name} = {side}: write "
                f"-({name} // 8)."
            )
    if most[0] > down or most[1] > right:
        return (
            f"{height} x {width} pixels move by up to {most[0]:.0f} and {most[1]:.0f}; an eighth "
            f"of each side is {down} and {right}, whole pixels."
        )
    if not all(most):
        return "images move along one axis only: draw one number down and one to the right."
    if (moves.amin(0) >= 0).any() or (moves.amax(0) <= 0).any():
        return "images move to one side only: from −(side // 8) to +(side // 8)."
    if most == [down, down] and right > down:
        return (
            f"{height} x {width} pixels move by up to {down} to the right as well: there it is an "
            f"eighth of the width, W // 8, up to {right}."
        )
    if any(len(moves[:, k].unique()) < 2 * (down, right)[k] + 1 for k in range(2)):
        return (
            f"some shifts never occur: with {height} x {width} pixels {-down} … {down} down and "
            f"{-right} … {right} to the right are asked for. randint(low, high) leaves high out."
        )
    return None


def every_shift_is_equally_likely(answer: Answer, x: Tensor, out: Tensor) -> str | None:
    """All shifts down, and all to the right, come equally often: a chi-square test of 1,200.

    Its limit is passed by equal ones once in a million times.
    """
    one = x[:1, :1].expand(1200, -1, -1, -1).clone()
    moves = _moves(one, goggles.ask(answer, one, 1.0).detach(), _filled)
    for k, (side, limit) in enumerate(((x.shape[2], 33.4), (x.shape[3], 38.3))):
        most = side // 8
        counts = (moves[:, k].long() + most).bincount(minlength=2 * most + 1).double()
        if ((counts - counts.mean()).square() / counts.mean()).sum() <= limit:
            continue
        shares = ", ".join(f"{share:.0%}" for share in counts / counts.sum())
        inner, others = counts[1:-1], torch.cat([counts[:most], counts[most + 1 :]])
        if inner.max() < 1.4 * inner.min() and counts[[0, -1]].max() < 0.75 * inner.min():
            why = "rounding gives the outermost ones half a bin"
        elif counts[most] > 1.4 * others.max() and others.max() < 1.6 * others.min():
            why = "0 comes twice where a size and a sign are drawn, as +0 and as -0"
        else:
            why = "a sum of two draws, or a rounded one, prefers some"
        return (
            f"the shifts from {-most} to {most} come in {shares} of all cases, and all should be "
            f"equally likely: {why}. One torch.randint(-n, n + 1, …) a number."
        )
    return None


translation = Property(
    title="Move",
    proves="each image moves on its own, whole pixels up to an eighth of each side, zeros move in, "
    "and a gradient finds its way back.",
    hints=(
        "Draw two whole numbers per sample, -(H // 8) … H // 8 and -(W // 8) … W // 8, and a coin "
        "that is below p. Where the coin says no, both are 0.",
        "A shift is a matrix: with i = torch.arange(H), (i[:, None] - i == by).float() moves rows "
        "down if you multiply it from the left. With `by` of shape (B, 1, 1, 1) you get one matrix "
        "per sample, (B, 1, H, H).",
        "return rows @ x @ columns.mT, with rows = shifts(H, on * down) and columns = shifts(W, on "
        "* right); down = torch.randint(-(H // 8), H // 8 + 1, (B, 1, 1, 1)).",
    ),
    asks="Check ``translation(x, p)``: gray and color, any sides, by what each sample became.",
    table=Table(RIGHT, SLIPS),
    make=make,
    facts=(
        goggles.something_changes,
        each_moves_on_its_own,
        by_whole_pixels_and_zeros_move_in,
        down_and_right_are_two_numbers,
        up_to_an_eighth_both_ways,
        every_shift_is_equally_likely,
        *goggles.ALWAYS,
    ),
    remark=goggles.loops,
    refused=goggles.REFUSED,
)
