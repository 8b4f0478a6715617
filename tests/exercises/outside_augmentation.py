"""Right and wrong answers to the exercises of lesson 13, each with what its diagnosis must say."""

import random
import statistics

import numpy as np
import torch
from torch.nn import functional as F

from gan_lessons import augment

DICE = np.random.default_rng(0)

# -- how much D knows by heart ---------------------------------------------------------------


def heart(train, held_out, fake):
    return (train.mean() - held_out.mean()) / (train.mean() - fake.mean())


def heart_as_a_way(train, held_out, fake):
    """One minus the way that is left, as a float."""
    a, b, c = (float(x.sum()) / len(x) for x in (train, held_out, fake))
    return 1 - (b - c) / (a - c)


def heart_in_numpy(train, held_out, fake):
    """A scalar of NumPy's, in float32."""
    return np.float32(heart(train, held_out, fake).item())


def heart_in_plain_python(train, held_out, fake):
    a, b, c = (statistics.fmean(x.tolist()) for x in (train, held_out, fake))
    return (b - a) / (c - a)


def heart_in_a_matrix(train, held_out, fake):
    """In float64, with the means in one tensor."""
    means = torch.stack([x.double().mean() for x in (train, held_out, fake)])
    gaps = means[0] - means[1:]
    return gaps[0:1] / gaps[1:2]


RIGHT_HEARTS = [heart, heart_as_a_way, heart_in_numpy, heart_in_plain_python, heart_in_a_matrix]
WRONG_HEARTS = {
    "at most 1": (lambda t, v, g: heart(t, v, g).clamp(max=1), "should give"),
    "sample by sample": (lambda t, v, g: ((t - v) / (t - g)).mean(), "need not be equally many"),
    "a vector": (lambda t, v, g: (t - v.mean()) / (t - g.mean()), "where one is asked"),
    "exchanged": (lambda t, v, g: heart(v, t, g), "are exchanged"),
    "fake and held out exchanged": (lambda t, v, g: heart(t, g, v), "upside down"),
    "in percent": (lambda t, v, g: 100 * heart(t, v, g), "always 100 times the right value"),
    "no fakes": (lambda t, v, g: 1 - v.mean() / t.mean(), "by train's mean alone"),
    "upside down and sums": (
        lambda t, v, g: (t.sum() - g.sum()) / (t.sum() - v.sum()),
        "two things at once. First: upside down",
    ),
    "largest": (lambda t, v, g: (t.max() - v.max()) / (t.max() - g.max()), "should give"),
}

# -- translation -----------------------------------------------------------------------------


def move(x, p):
    B, _, H, W = x.shape
    on = torch.rand(B, 1, 1, 1) < p
    down = on * torch.randint(-(H // 8), H // 8 + 1, (B, 1, 1, 1))
    right = on * torch.randint(-(W // 8), W // 8 + 1, (B, 1, 1, 1))
    i, j = torch.arange(H), torch.arange(W)
    rows = (i[:, None] - i == down).float()
    columns = (j[:, None] - j == right).float()
    return rows @ x @ columns.mT


def move_by_padding(x, p):
    """Pad, then cut out one window per sample, in a loop."""
    (H, W), out = x.shape[2:], []
    for image in x:
        if torch.rand(()) >= p:
            out.append(image)
            continue
        down = int(torch.randint(-(H // 8), H // 8 + 1, ()))
        right = int(torch.randint(-(W // 8), W // 8 + 1, ()))
        padded = F.pad(image, (W // 8,) * 2 + (H // 8,) * 2)
        top, left = H // 8 - down, W // 8 - right
        out.append(padded[:, top : top + H, left : left + W])
    return torch.stack(out)


def _move(
    *,
    reach=lambda side: side // 8,
    draws=lambda x, low, high: torch.randint(low, high + 1, (len(x),)),
    way="zeros",
):
    """Build an answer that looks up, for each pixel, where it comes from."""

    def answer(x, p):
        H, W = x.shape[2:]
        coin = torch.rand(len(x)) < p
        down = coin * draws(x, -reach(H), reach(H))
        right = coin * draws(x, -reach(W), reach(W))
        return _shifted(x, down, right, way)

    return answer


def _shifted(x, down, right, way):
    H, W = x.shape[2:]
    rows, columns = torch.arange(H) - down[:, None], torch.arange(W) - right[:, None]
    if way == "roll":
        rows, columns = rows % H, columns % W
    inside = ((rows >= 0) & (rows < H))[:, :, None] & ((columns >= 0) & (columns < W))[:, None]
    each = torch.arange(len(x))[:, None, None]
    at = rows.long().clamp(0, H - 1)[:, :, None], columns.long().clamp(0, W - 1)[:, None]
    moved = x.permute(0, 2, 3, 1)[each, *at].permute(0, 3, 1, 2)
    if way in ("roll", "edge"):
        return moved
    return torch.where(inside[:, None], moved, {"zeros": 0.0, "black": -1.0}[way])


def _one_draw(x, low, high):
    return torch.randint(low, high + 1, ()).expand(len(x))


def _without_gradients(answer):
    def without(x, p):
        with torch.no_grad():
            return answer(x, p)

    return without


def _through_numpy(answer):
    return lambda x, p: torch.from_numpy(answer(x, p).numpy().copy())


def _by_a_new_tensor(answer):
    return lambda x, p: torch.tensor(answer(x.detach(), p).tolist())


def _in_place(answer):
    def changed(x, p):
        x.data.copy_(answer(x.data, p))
        return x * 1

    return changed


def _p_ignored(answer):
    return lambda x, p: answer(x, 1.0)


def _inverted(answer):
    return lambda x, p: answer(x, 1 - p)


def _half(answer):
    return lambda x, p: answer(x, p if p in (0, 1) else 0.5 * p)


def _over_zero(answer):
    return lambda x, p: answer(x, 1.0) if p > 0 else x * 1


def _rounded(answer):
    return lambda x, p: (127.5 * answer(x, p)).round() / 127.5


COMMON = {  # the same mistakes in each of the three
    "no_grad": (_without_gradients, "no gradient flows through"),
    "numpy": (_through_numpy, "NumPy knows no gradients"),
    "a new tensor": (_by_a_new_tensor, "no gradient flows through"),
    "in place": (_in_place, "changed in place"),
    "p ignored": (_p_ignored, "with p = 0 images still change"),
    "p inverted": (_inverted, "p is inverted: with p = 1 nothing changes"),
    "half of p": (_half, "a share of 0.1"),
    "p only says whether": (_over_zero, "with p = 0.3 every image changes"),
    "identity": (lambda answer: lambda x, p: x * 1, "with p = 1 nothing changes"),
    "flat": (lambda answer: lambda x, p: answer(x, p).flatten(1), "your answer"),
}


def common(answer):
    return {name: (spoil(answer), said) for name, (spoil, said) in COMMON.items()}


def move_by_sampling(x, p):
    """PyTorch's grid of places to read from; it is off by a rounding error."""
    B, _, H, W = x.shape
    on = torch.rand(B) < p
    down = on * torch.randint(-(H // 8), H // 8 + 1, (B,))
    right = on * torch.randint(-(W // 8), W // 8 + 1, (B,))
    theta = torch.eye(2, 3).repeat(B, 1, 1)
    theta[:, 0, 2], theta[:, 1, 2] = -2 * right / W, -2 * down / H
    grid = F.affine_grid(theta, x.shape, align_corners=False)
    return F.grid_sample(x, grid, align_corners=False)


def _move_between_pixels(x, p):
    """By any part of a pixel, blurred."""
    theta = torch.eye(2, 3).repeat(len(x), 1, 1)
    theta[:, :, 2] = (torch.rand(len(x), 1) < p) * (torch.rand(len(x), 2) - 0.5) / 4
    grid = F.affine_grid(theta, x.shape, align_corners=False)
    return F.grid_sample(x, grid, align_corners=False)


def _move_each_channel(x, p):
    return torch.cat([move_by_padding(x[:, [c]], p) for c in range(x.shape[1])], 1)


RIGHT_MOVES = [move, move_by_padding, move_by_sampling, augment.translation]


def _cropped(x, down, right):
    B, C, H, W = x.shape
    a, b = H // 8, W // 8
    padded = F.pad(x, (b, b, a, a))
    rows = (down[:, None] + torch.arange(H))[:, None, :, None]
    columns = (right[:, None] + torch.arange(W))[:, None, None, :]
    return padded[
        torch.arange(B)[:, None, None, None], torch.arange(C)[:, None, None], rows, columns
    ]


def move_by_an_eighth_of_the_height(x, p):
    B, _, H, W = x.shape
    on = torch.rand(B) < p
    down = torch.where(on, torch.randint(2 * (H // 8) + 1, (B,)), H // 8)
    right = torch.where(on, torch.randint(2 * (H // 8) + 1, (B,)) - H // 8, 0) + W // 8
    return _cropped(x, down, right.clamp(0, 2 * (W // 8)))


def move_down_or_right(x, p):
    B, _, H, W = x.shape
    on, vertical = torch.rand(2, B) < torch.tensor([[p], [0.5]])
    down = torch.where(on & vertical, torch.randint(2 * (H // 8) + 1, (B,)), H // 8)
    right = torch.where(on & ~vertical, torch.randint(2 * (W // 8) + 1, (B,)), W // 8)
    return _cropped(x, down, right)


def _drawn_by(draw):
    def answer(x, p):
        B, _, H, W = x.shape
        on, i, j = torch.rand(B, 1, 1, 1) < p, torch.arange(H), torch.arange(W)
        rows = i[:, None] - i == on * draw(B, H // 8)
        columns = j[:, None] - j == on * draw(B, W // 8)
        return rows.float() @ x @ columns.float().mT

    return answer


def _rounded(B, most):
    return ((2 * torch.rand(B, 1, 1, 1) - 1) * most).round()


def _two_draws(B, most):
    return torch.randint(most + 1, (B, 1, 1, 1)) - torch.randint(most + 1, (B, 1, 1, 1))


def _size_and_sign(B, most):
    return torch.randint(most + 1, (B, 1, 1, 1)) * (2 * torch.randint(2, (B, 1, 1, 1)) - 1)


WRONG_MOVES = common(move) | {
    "a size and a sign": (_drawn_by(_size_and_sign), "a size and a sign"),
    "an eighth of the height, both ways": (
        move_by_an_eighth_of_the_height,
        "an eighth of the width",
    ),
    "down or right": (move_down_or_right, "down and to the right at once"),
    "rounded": (_drawn_by(_rounded), "half a bin"),
    "the sum of two draws": (_drawn_by(_two_draws), "a sum of two draws"),
    "one shift for all": (_move(draws=_one_draw), "all images move by the same amount"),
    "roll": (_move(way="roll"), "comes back at the other"),
    "edge repeated": (_move(way="edge"), "the edge is repeated"),
    "a quarter": (_move(reach=lambda side: side // 4), "move by up to 5 and 7"),
    "always two pixels": (_move(reach=lambda side: 2), "an eighth of the width"),
    "each channel": (_move_each_channel, "each color channel moves on its own"),
    "between pixels": (_move_between_pixels, "yours is another change"),
    "half a pixel": (
        lambda x, p: 0.5 * (move(x, p) + x.roll(1, 3)) if p else x * 1,
        "yours is another change",
    ),
}

# -- cutout ----------------------------------------------------------------------------------


def cut(x, p):
    B, _, H, W = x.shape
    i, j = torch.arange(H)[:, None], torch.arange(W)
    tall = (i - H * torch.rand(B, 1, 1, 1)).abs() < H / 4
    wide = (j - W * torch.rand(B, 1, 1, 1)).abs() < W / 4
    hole = tall & wide & (torch.rand(B, 1, 1, 1) < p)
    return x * ~hole


def cut_inside(x, p):
    """The whole hole lies in the image; a loop, a clone, an assignment."""
    out, (H, W) = x.clone(), x.shape[2:]
    for k in range(len(x)):
        if torch.rand(()) < p:
            top, left = torch.randint(H - H // 2 + 1, ()), torch.randint(W - W // 2 + 1, ())
            out[k, :, top : top + H // 2, left : left + W // 2] = 0
    return out


def cut_by_pixels(x, p):
    """Every pixel asks for itself, in float64, with NumPy's numbers."""
    B, _, H, W = x.shape
    places = torch.cartesian_prod(torch.arange(H) + 0.5, torch.arange(W) + 0.5)  # (H W, 2)
    sides = torch.tensor([H, W])
    centers = torch.from_numpy(DICE.random((B, 1, 2))) * sides
    inside = ((places - centers).abs() < sides / 4).all(2).view(B, 1, H, W)
    chosen = torch.from_numpy(DICE.random((B, 1, 1, 1))) < p
    return torch.where(inside & chosen, 0.0, x.double())


def _cut(*, size=lambda side: side / 4, draw=lambda x: torch.rand(len(x), 1, 1, 1)):
    """Build an answer from a product of two rows of zeros and ones."""

    def answer(x, p):
        H, W = x.shape[2:]
        tall = (torch.arange(H)[:, None] - H * draw(x)).abs() < size(H)
        wide = (torch.arange(W) - W * draw(x)).abs() < size(W)
        chosen = (torch.rand(len(x), 1, 1, 1) < p).float()
        return x * (1 - chosen * tall.float() * wide.float())

    return answer


def _cut_one_channel(x, p):
    return torch.cat((x[:, :-1], cut(x[:, -1:], p)), 1)


def _cut_from_a_corner(x, p):
    B, _, H, W = x.shape
    top, left = torch.randint(H, (B, 1, 1, 1)), torch.randint(W, (B, 1, 1, 1))
    i, j = torch.arange(H)[:, None], torch.arange(W)
    hole = (i >= top) & (i < top + H // 2) & (j >= left) & (j < left + W // 2)
    return torch.where(hole & (torch.rand(B, 1, 1, 1) < p), 0.0, x)


RIGHT_CUTS = [cut, cut_inside, cut_by_pixels, _cut(), augment.cutout]
WRONG_CUTS = common(cut) | {
    "a corner anywhere": (_cut_from_a_corner, "not a corner"),
    "a center in the first quarter": (
        _cut(draw=lambda x: torch.rand(len(x), 1, 1, 1) / 2),
        "not a corner",
    ),
    "inverted hole": (
        lambda x, p: torch.where((cut(x, p) == 0) | (torch.rand(len(x), 1, 1, 1) >= p), x, 0.0),
        "inverted: only the square is left",
    ),
    "eight pixels": (_cut(size=lambda side: 4), "up to 8 x 8 are cut out"),
    "quarter of each side": (_cut(size=lambda side: side / 8), "up to 4 x 6 are cut out"),
    "single pixels": (
        lambda x, p: x * (torch.rand_like(x[:, :1]) > 0.25 * p),
        "is no rectangle: tall & wide",
    ),
    "each channel": (
        lambda x, p: torch.cat([cut(x[:, [c]], p) for c in range(x.shape[1])], 1),
        "its own hole",
    ),
    "one channel": (_cut_one_channel, "other color channels stay as they are"),
    "one hole for all": (_cut(draw=lambda x: torch.rand(())), "one hole for the whole"),
    "two holes": (lambda x, p: cut(cut(x, p), p), "is no rectangle"),
}

# -- color -----------------------------------------------------------------------------------


def recolor(x, p):
    on = torch.rand(len(x), 1, 1, 1) < p
    shift = torch.rand(len(x), 1, 1, 1) - 0.5
    factor = torch.rand(len(x), 1, 1, 1) + 0.5
    mean = x.mean(dim=(1, 2, 3), keepdim=True)
    return torch.where(on, mean + factor * (x - mean) + shift, x)


def recolor_together(x, p):
    """One coin as a factor of both numbers."""
    on = (torch.rand(len(x)) < p).float()
    shift, growth = on * (torch.rand(len(x)) - 0.5), on * (torch.rand(len(x)) - 0.5)
    mean = x.flatten(1).mean(1)
    return x + shift.view(-1, 1, 1, 1) + growth.view(-1, 1, 1, 1) * (x - mean.view(-1, 1, 1, 1))


def recolor_in_a_loop(x, p):
    """Image by image, with Python's numbers."""
    out = []
    for image in x:
        if random.random() < p:
            factor, shift = random.uniform(0.5, 1.5), random.uniform(-0.5, 0.5)
            image = factor * image + (1 - factor) * image.mean() + shift
        out.append(image)
    return torch.stack(out)


def recolor_by_the_library(x, p):
    """The library's two, with one coin."""
    changed = augment.contrast(augment.brightness(x))
    return torch.where(augment.uniform(x) < p, changed, x)


def _two_coins(x, p):
    return augment.contrast(augment.brightness(x, p), p)


def _bytes(x, p):
    return (recolor(x, p) * 127.5).to(torch.int32).float() / 127.5


def _multiplied(x, p):
    return x * torch.where(torch.rand(len(x), 1, 1, 1) < p, 0.5 + augment.uniform(x), 1.0)


def _each_channel(x, p):
    return torch.cat([recolor(x[:, [c]], p) for c in range(x.shape[1])], 1)


RIGHT_COLORS = [recolor, recolor_together, recolor_in_a_loop, recolor_by_the_library]


def recolor_around_a_constant(x, p):
    on = torch.rand(len(x), 1, 1, 1) < p
    shift = torch.rand(len(x), 1, 1, 1) - 0.5
    factor = torch.rand(len(x), 1, 1, 1) + 0.5
    with torch.no_grad():
        mean = x.mean(dim=(1, 2, 3), keepdim=True)
    return torch.where(on, mean + factor * (x - mean) + shift, x)


WRONG_COLORS = common(recolor) | {
    "black where the coin says no": (
        lambda x, p: recolor(x, 1.0) * (torch.rand(len(x), 1, 1, 1) < p),
        "0 comes back in place of the image",
    ),
    "a mean without a gradient": (recolor_around_a_constant, "cut off from the gradient"),
    "two coins": (_two_coins, "as with two coins"),
    "to bytes and back": (_bytes, "pixels are rounded"),
    "multiplied": (_multiplied, "multiplied as a whole"),
    "each channel": (_each_channel, "each color channel gets its own"),
    "clamped": (lambda x, p: recolor(x, p).clamp(-1, 1), "values are cut off"),
    "saturated too": (
        lambda x, p: recolor(augment.saturation(x, p), p),
        "pixels of one image change differently",
    ),
}

# -- a step through goggles ------------------------------------------------------------------


def step(G, D, opt_g, opt_d, real, latent_dim, T):
    fake = G(torch.randn(len(real), latent_dim))
    loss_d = F.softplus(-D(T(real))).mean() + F.softplus(D(T(fake.detach()))).mean()
    opt_d.zero_grad()
    loss_d.backward()
    opt_d.step()
    loss_g = F.softplus(-D(T(fake))).mean()
    opt_g.zero_grad()
    loss_g.backward()
    opt_g.step()


def step_with_one_draw(G, D, opt_g, opt_d, real, latent_dim, T):
    """The same changed fakes for both players, hinge for softplus, one call for real and fake."""
    seen = T(torch.cat([real, G(torch.randn(len(real), latent_dim))]))
    logits, n = D(seen.detach()), len(real)
    loss_d = F.relu(5 - logits[:n]).mean() + F.relu(5 + logits[n:]).mean()
    opt_d.zero_grad()
    loss_d.backward()
    opt_d.step()
    opt_g.zero_grad()
    (-D(seen[n:]).mean()).backward()
    opt_g.step()


def step_of_the_library(G, D, opt_g, opt_d, real, latent_dim, T):
    from gan_lessons import augment, training

    D = torch.nn.Sequential(augment.InFront(lambda x, p: T(x)), D)
    for _ in training.train(G, D, opt_g, opt_d, [real], steps=1, latent_dim=latent_dim):
        pass


def step_without_detach(G, D, opt_g, opt_d, real, latent_dim, T):
    """Wasteful, and told so: G's gradient is zeroed before its own backward()."""
    fake = G(torch.randn(len(real), latent_dim))
    loss_d = F.softplus(-D(T(real))).mean() + F.softplus(D(T(fake))).mean()
    opt_d.zero_grad()
    loss_d.backward()
    opt_d.step()
    fake = G(torch.randn(len(real), latent_dim))
    loss_g = F.softplus(-D(T(fake))).mean()
    opt_g.zero_grad()
    loss_g.backward()
    opt_g.step()


def step_of_g_first(G, D, opt_g, opt_d, real, latent_dim, T):
    fake = G(torch.randn(len(real), latent_dim))
    opt_g.zero_grad()
    F.softplus(-D(T(fake))).mean().backward()
    opt_g.step()
    opt_d.zero_grad()
    (F.softplus(-D(T(real))).mean() + F.softplus(D(T(fake.detach()))).mean()).backward()
    opt_d.step()


def step_in_pieces(G, D, opt_g, opt_d, real, latent_dim, T):
    """Two backward() in D's turn, a wide hinge, everything zeroed at the end."""
    fake = G(torch.randn(len(real), latent_dim))
    F.relu(9 - D(T(real))).mean().backward()
    F.relu(9 + D(T(fake.detach()))).mean().backward()
    opt_d.step()
    F.softplus(-D(T(fake))).sum().backward()
    opt_g.step()
    opt_d.zero_grad()
    opt_g.zero_grad()


def _zeroed_at_the_top(G, D, opt_g, opt_d, real, latent_dim, T):
    opt_d.zero_grad()
    opt_g.zero_grad()
    fake = G(torch.randn(len(real), latent_dim))
    (F.softplus(-D(T(real))).mean() + F.softplus(D(T(fake))).mean()).backward()
    opt_d.step()
    F.softplus(-D(T(G(torch.randn(len(real), latent_dim))))).mean().backward()
    opt_g.step()


def _step(
    *,
    real_d=lambda T, real: T(real),
    fake_d=lambda T, fake: T(fake.detach()),
    fake_g=lambda T, fake: T(fake),
    loss_d=lambda r, f: F.softplus(-r).mean() + F.softplus(f).mean(),
    loss_g=lambda f: F.softplus(-f).mean(),
    zero_d=True,
    zero_g=True,
    step_d=True,
    step_g=True,
    fresh=False,
    start=lambda T, z: z,
):
    """Build a step that differs from the reference in one place."""

    def answer(G, D, opt_g, opt_d, real, latent_dim, T):
        fake = G(start(T, torch.randn(len(real), latent_dim)))
        loss = loss_d(D(real_d(T, real)), D(fake_d(T, fake)))
        if zero_d:
            opt_d.zero_grad()
        loss.backward()
        if step_d:
            opt_d.step()
        if fresh:
            fake = G(torch.randn(len(real), latent_dim))
        loss = loss_g(D(fake_g(T, fake)))
        if zero_g:
            opt_g.zero_grad()
        loss.backward()
        if step_g:
            opt_g.step()

    return answer


def _blind(T, fake):
    with torch.no_grad():
        return T(fake)


def _both_ways(T, x):
    return torch.cat([x.detach(), T(x.detach())])


RIGHT_STEPS = [
    step,
    step_with_one_draw,
    step_of_the_library,
    step_without_detach,
    step_of_g_first,
    step_in_pieces,
]
WRONG_STEPS = {
    # clinic A15
    "under no_grad in G's step": (_step(fake_g=_blind), "no gradient reaches G in its own step"),
    "a loss without gradient": (
        _step(loss_g=lambda f: F.softplus(-f.detach()).mean()),
        "a loss carries no gradient at all",
    ),
    "both zeroed at the top, no detach": (
        _zeroed_at_the_top,
        "holds a part that is not of its own loss",
    ),
    "T on real only, and G lowers": (
        _step(
            fake_d=lambda T, x: x.detach(),
            fake_g=lambda T, x: x,
            loss_g=lambda f: F.softplus(f).mean(),
        ),
        "T on real only: this leaks",
    ),
    "twice": (_step(fake_g=lambda T, x: T(T(x))), "go through T twice"),
    "with and without": (_step(real_d=_both_ways), "both with T and without it"),
    "on the noise": (_step(start=lambda T, z: T(z)), "something else than images"),
    "detach and zero_grad forgotten": (
        _step(fake_d=lambda T, x: T(x), fresh=True, zero_g=False),
        "holds a part that is not of its own loss",
    ),
}

# -- the controller --------------------------------------------------------------------------


def control(p, real_logits, fake_logits, target, speed):
    step = speed if real_logits.sign().mean() > target else -speed
    return min(max(p + step, 0.0), 1.0)


def control_in_tensors(p, real_logits, fake_logits, target, speed):
    sure = 2 * (real_logits > 0).float().mean() - 1
    return (p + speed * torch.sign(sure - target)).clamp(0, 1)


def control_in_numpy(p, real_logits, fake_logits, target, speed):
    r = np.sign(real_logits.numpy()).mean()
    return np.clip(p + np.where(r > target, speed, -speed), 0, 1)


def control_by_counting(p, real_logits, fake_logits, target, speed):
    above = sum(1 for logit in real_logits.tolist() if logit > 0)
    if 2 * above > (1 + target) * len(real_logits):
        return p + speed if p + speed < 1 else 1
    return p - speed if p > speed else 0


def _control(
    *,
    r=lambda real, fake: real.sign().mean(),
    step=lambda r, target, speed: speed if r > target else -speed,
    end=lambda p: min(max(p, 0.0), 1.0),
):
    """Build a controller that differs from the reference in one place."""
    return lambda p, real, fake, target, speed: end(p + step(r(real, fake), target, speed))


RIGHT_CONTROLS = [control, control_in_tensors, control_in_numpy, control_by_counting]


WRONG_CONTROLS = {
    "a sum of signs": (_control(r=lambda real, fake: real.sign().sum()), "a *sum* of signs"),
    "sign of a probability": (
        _control(r=lambda real, fake: 2 * (real > 0.5).float().mean() - 1),
        "½ is where a probability turns",
    ),
    "a vector": (
        lambda p, real, fake, target, speed: p + speed * (real.sign() - target).sign(),
        "where one is asked",
    ),
    "each logit with the target": (
        lambda p, real, fake, target, speed: p + speed if real > target else p - speed,
        "one yes or no is asked of many numbers",
    ),
    "fixed target and fixed speed": (
        _control(step=lambda r, target, speed: 0.01 if r > 0.6 else -0.01),
        "two things at once",
    ),
    "kept in -1 to 1": (_control(end=lambda p: min(max(p, -1.0), 1.0)), "p falls below 0"),
    "real and fake together": (
        _control(r=lambda real, fake: torch.cat((real, fake)).sign().mean()),
        "your result changes with fake_logits",
    ),
    "twice the speed": (
        _control(step=lambda r, target, speed: 2 * speed if r > target else -2 * speed),
        "should give",
    ),
}
