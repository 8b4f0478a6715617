"""Checks of lesson 13, Learn from little data: the augmentations themselves."""

import warnings
from collections.abc import Callable

import torch
from torch import Tensor

from gan_lessons.checks.exercise import Wrong, exercise

REFUSED = {  # what PyTorch says of a broken answer, and what that means here
    "Can't call numpy() on Tensor that requires grad": "NumPy knows no gradients: G could not "
    "learn through it. Stay in torch.",
    "being used in an in-place operation": "x itself is changed in place. Compute a new tensor.",
    "is a view of a leaf": "x itself is changed in place. Compute a new tensor.",
    "used in the backward pass": "an in-place change destroys what backward() needs. Compute a new "
    "tensor.",
}


def _ask(answer: Callable, x: Tensor, p: float) -> Tensor:
    """Return answer(x, p), a tensor of the shape of x; x must be as it was."""
    before = x.detach().clone()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            out = answer(x, p)
    except RuntimeError as error:
        for said, meaning in REFUSED.items():
            if said in str(error):
                raise Wrong(meaning) from error
        raise
    if not torch.equal(x.detach(), before):
        raise Wrong("x itself is changed in place. Compute a new tensor.")
    if not isinstance(out, Tensor):
        raise Wrong(f"a tensor should come back, and {type(out).__name__} did.")
    if out.shape != x.shape:
        raise Wrong(f"x has the shape {tuple(x.shape)}, your answer {tuple(out.shape)}.")
    if not out.dtype.is_floating_point:
        raise Wrong(f"the pixels are floats in [-1, 1], and {out.dtype} came back.")
    return out


def _slope(answer: Callable, x: Tensor) -> None:
    """Raise unless a gradient can flow through the answer to x."""
    x = x.clone().requires_grad_()
    out = _ask(answer, x, 1.0)
    if not out.requires_grad:
        raise Wrong(
            "no gradient flows through: in G's step G would learn nothing. No torch.no_grad(), no "
            "detach(), no way through NumPy or a new torch.tensor(…)."
        )
    (slope,) = torch.autograd.grad(out.sum(), x)
    if not slope.any():
        raise Wrong("the gradient is 0 everywhere: rounding or casting has no slope.")


def _draws(answer: Callable, x: Tensor, changed: Callable[[Tensor], Tensor]) -> None:
    """Raise unless p says how many samples change, each on its own; ``changed`` marks them."""
    never, always = changed(_ask(answer, x, 0.0)), changed(_ask(answer, x, 1.0))
    if never.any() and not always.any():
        raise Wrong("p is inverted: with p = 1 nothing changes, with p = 0 everything does.")
    if never.any():
        raise Wrong("with p = 0 images still change: p is ignored, or one part forgets it.")
    if not always.any():
        raise Wrong("with p = 1 nothing changes.")
    full = float(always.double().mean())
    shares = [float(changed(_ask(answer, x, 0.3)).double().mean()) / full for _ in range(3)]
    if all(share < 0.02 or share > 0.9 for share in shares):
        shares += [float(changed(_ask(answer, x, 0.3)).any()) for _ in range(40)]
        if max(shares) < 0.02:
            raise Wrong("with p = 0.3 nothing changes at all.")
        if min(shares) > 0.9:
            raise Wrong("with p = 0.3 every image changes: p is a probability, drawn per sample.")
        raise Wrong("one coin decides for the whole batch: draw len(x) of them, compare with p.")
    share = sum(shares) / 3
    if abs(share - 0.3) > 0.08:
        raise Wrong(f"with p = 0.3 a share of {share:.2f} changes: one draw per sample, below p.")


def _same_for_all(rows: Tensor) -> bool:
    return bool((rows == rows[:1]).all())


# -- translation -----------------------------------------------------------------------------


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
            _ask(answer, torch.rand(shape), 1.0)
        x = torch.rand(1, 1, 16, 16).add(0.1).expand(300, -1, -1, -1).clone()
        _slope(answer, x[:40])
        _draws(answer, x, lambda out: ((out - x).abs() > 1e-4).flatten(1).any(1))


def _check_moves(answer: Callable, x: Tensor) -> None:
    out = _ask(answer, x, 1.0).detach()
    if torch.equal(out, x):
        return  # p may be inverted: told later
    if _same_for_all(out):
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


# -- cutout ----------------------------------------------------------------------------------


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
            _ask(answer, torch.rand(shape) + 0.1, 1.0)
        x = torch.rand(1, 1, 16, 16).add(0.1).expand(300, -1, -1, -1).clone()
        _slope(answer, x[:40])
        _draws(answer, x, lambda out: (out != x).flatten(1).any(1))
    return remark


def _check_holes(answer: Callable, x: Tensor) -> str | None:
    out = _ask(answer, x, 1.0).detach()
    changed = (out - x).abs() > 1e-6
    if not changed.any():
        return None  # p may be inverted: told later
    filled = out[changed]
    if filled.abs().max() > 1e-6:
        if (filled - filled[0]).abs().max() < 1e-6:
            raise Wrong(f"the hole is filled with {float(filled[0]):g}; it should be 0.")
        raise Wrong("pixels outside a hole of zeros changed. Only set pixels to 0.")
    if _same_for_all(changed):
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
    if _same_for_all(tall) or _same_for_all(wide):
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


# -- color -----------------------------------------------------------------------------------


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
            _ask(answer, torch.rand(shape), 1.0)
        x = torch.rand(300, 1, 8, 8) - 0.5
        _slope(answer, x[:40])
        _draws(answer, x, lambda out: ((out - x).abs() > 1e-6).flatten(1).any(1))


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
    out = _ask(answer, x, 1.0).detach()
    if torch.equal(out, x):
        return  # p may be inverted: told later
    factor, shift, rest = _fit(x, out)
    same = [_same_for_all(half) for half in out.split(300)]
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
