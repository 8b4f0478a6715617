"""Move: an exercise of lesson 13, Learn from little data."""

from collections.abc import Callable

import torch
from torch import Tensor

from gan_lessons.checks.augmentation.goggles import ask, draws, lets_gradients_through, same_for_all
from gan_lessons.checks.exercise import Wrong, exercise


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


@exercise(
    title="Move",
    proves="each image moves on its own, whole pixels up to an eighth of each side, zeros move in, "
    "and a gradient finds its way back.",
    hints=(
        "Draw two whole numbers per sample, -H//8 … H//8 and -W//8 … W//8, and a coin that is "
        "below p. Where the coin says no, both are 0.",
        "A shift is a matrix: with i = torch.arange(H), (i[:, None] - i == by).float() moves rows "
        "down if you multiply it from the left. With `by` of shape (B, 1, 1, 1) you get one matrix "
        "per sample, (B, 1, H, H).",
        "return rows @ x @ columns.mT, with rows = shifts(H, on * down) and columns = shifts(W, on "
        "* right); down = torch.randint(-(H // 8), H // 8 + 1, (B, 1, 1, 1)).",
    ),
)
def translation(answer: Callable) -> None:
    """Check ``translation(x, p)``: gray and color, any sides, by what each sample became."""
    with torch.random.fork_rng(devices=[]):
        for shape in ((1, 3, 16, 24), (1, 3, 12, 20)):  # in the second no eighth is whole
            _check_moves(answer, torch.rand(shape).add(0.1).expand(250, -1, -1, -1).clone())
        for shape in ((1, 1, 8, 8), (3, 2, 24, 16)):
            ask(answer, torch.rand(shape), 1.0)
        x = torch.rand(1, 1, 16, 16).add(0.1).expand(300, -1, -1, -1).clone()
        lets_gradients_through(answer, x[:40])
        draws(answer, x, lambda out: ((out - x).abs() > 1e-4).flatten(1).any(1))


def _check_moves(answer: Callable, x: Tensor) -> None:
    out = ask(answer, x, 1.0).detach()
    if torch.equal(out, x):
        return  # p may be inverted: told later
    if same_for_all(out):
        raise Wrong("all images move by the same amount: draw len(x) of each number.")
    if _moves(x, out[:40], _filled).isnan().any():
        for said, how in WAYS.items():
            if not _moves(x, out[:40], how).isnan().any():
                raise Wrong(said)
        if not _moves(x, out[:40], _filled, 0.02).isnan().any():
            raise Wrong("pixels are rounded on their way: a rounded pixel has no slope.")
        alone = [_moves(x[:, [c]], out[:30, [c]], _filled) for c in range(3)]
        if not any(move.isnan().any() for move in alone):
            raise Wrong("each color channel moves on its own: one shift per image.")
        raise Wrong(
            "an image should move by whole pixels, zeros moving in: yours is another change."
        )
    moves = _moves(x, out, _filled)
    if moves.isnan().any():
        raise Wrong("some images are moved by whole pixels, others are changed in another way.")
    sides = torch.tensor(x.shape[2:])
    limits, most = sides // 8, moves.abs().amax(0)
    (height, width), (down, right) = sides.tolist(), limits.tolist()
    if torch.equal(moves.amin(0), -sides // 8) and (most > limits).any():
        raise Wrong(f"-H // 8 rounds down, to {-height // 8} for H = {height}: write -(H // 8).")
    if (most > limits).any():
        raise Wrong(
            f"{height} x {width} pixels move by up to {most[0]:.0f} and {most[1]:.0f}; an eighth "
            f"of each side is {down} and {right}, whole pixels."
        )
    if not most.all():
        raise Wrong("images move along one axis only: draw one number down and one to the right.")
    if (moves.amin(0) >= 0).any() or (moves.amax(0) <= 0).any():
        raise Wrong("images move to one side only: from -side//8 to +side//8.")
    if any(len(moves[:, k].unique()) < 2 * limits[k] + 1 for k in range(2)):
        raise Wrong(
            f"some shifts never occur: with {height} x {width} pixels {-down} … {down} down and "
            f"{-right} … {right} to the right are asked for. randint(low, high) leaves high out."
        )
    if abs(float(torch.corrcoef(moves.T)[0, 1])) > 0.5:
        raise Wrong("down and right are the same number: draw two.")
