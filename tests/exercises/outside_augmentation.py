"""Right and wrong answers to the exercises of lesson 13, each with what its diagnosis must say."""

import numpy as np
import torch
from torch.nn import functional as F

from gan_lessons import augment

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


RIGHT_HEARTS = [heart, heart_as_a_way, heart_in_numpy]
WRONG_HEARTS = {
    "upside down": (lambda t, v, g: (t.mean() - g.mean()) / (t.mean() - v.mean()), "upside down"),
    "sign turned": (
        lambda t, v, g: (v.mean() - t.mean()) / (t.mean() - g.mean()),
        "sign is turned",
    ),
    "the rest of the way": (
        lambda t, v, g: (v.mean() - g.mean()) / (t.mean() - g.mean()),
        "how far fakes are from held out",
    ),
    "held out below": (
        lambda t, v, g: (t.mean() - v.mean()) / (v.mean() - g.mean()),
        "yours is held out to fake",
    ),
    "fake above": (
        lambda t, v, g: (t.mean() - g.mean()) / (v.mean() - g.mean()),
        "yours is train to fake",
    ),
    "only the gap": (lambda t, v, g: t.mean() - v.mean(), "only the gap"),
    "exchanged": (lambda t, v, g: heart(v, t, g), "are exchanged"),
    "sigmoid": (
        lambda t, v, g: heart(t.sigmoid(), v.sigmoid(), g.sigmoid()),
        "a sigmoid flattens",
    ),
    "never below 0": (lambda t, v, g: heart(t, v, g).clamp(0, 1), "No abs, no clamp"),
    "absolute": (lambda t, v, g: heart(t, v, g).abs(), "No abs, no clamp"),
    "signs": (lambda t, v, g: heart(t.sign(), v.sign(), g.sign()), "signs are what"),
    "medians": (
        lambda t, v, g: (t.median() - v.median()) / (t.median() - g.median()),
        "not the median",
    ),
    "sums": (lambda t, v, g: (t.sum() - v.sum()) / (t.sum() - g.sum()), "take means"),
    "sample by sample": (lambda t, v, g: ((t - v) / (t - g)).mean(), "need not be equally many"),
    "a vector": (lambda t, v, g: (t - v.mean()) / (t - g.mean()), "should be one number"),
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
    on=lambda x, p: torch.rand(len(x)) < p,
    draws=lambda x, low, high: torch.randint(low, high + 1, (len(x),)),
    low=lambda most: -most,
    one_axis=False,
    way="zeros",
    before=lambda x: x,
    after=lambda out, x: out,
    channels=False,
):
    """Build an answer that differs from the reference in one place."""

    def single(x, p):
        H, W = x.shape[2:]
        coin = on(x, p)
        down = coin * draws(x, low(reach(H)), reach(H))
        right = coin * draws(x, low(reach(W)), reach(W))
        right = 0 * right if one_axis else right
        return _shifted(before(x), down, right, way)

    def answer(x, p):
        if channels:
            return torch.cat([single(x[:, [c]], p) for c in range(x.shape[1])], 1)
        return after(single(x, p), x)

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


def _coin(x, p):
    return (torch.rand(()) < p).expand(len(x))


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


def _same_number(x, p):
    """The same draw for both sides, stretched to each one's reach."""
    H, W = x.shape[2:]
    u, on = torch.rand(len(x)), torch.rand(len(x)) < p
    down = on * ((u * (2 * (H // 8) + 1)).floor() - H // 8)
    right = on * ((u * (2 * (W // 8) + 1)).floor() - W // 8)
    return _shifted(x, down, right, "zeros")


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


def _move_rounded_down(x, p):
    B, _, H, W = x.shape
    on = torch.rand(B) < p
    down, right = (on * torch.randint(-side // 8, side // 8 + 1, (B,)) for side in (H, W))
    return _shifted(x, down, right, "zeros")


RIGHT_MOVES = [move, move_by_padding, move_by_sampling, augment.translation]
WRONG_MOVES = common(move) | {
    "-H // 8": (_move_rounded_down, "-H // 8 rounds down"),
    "one shift for all": (_move(draws=_one_draw), "all images move by the same amount"),
    "one coin for all": (_move(on=_coin), "one coin decides for the whole batch"),
    "roll": (_move(way="roll"), "comes back at the other"),
    "black moves in": (_move(way="black"), "-1 moves in"),
    "edge repeated": (_move(way="edge"), "the edge is repeated"),
    "a quarter": (_move(reach=lambda side: side // 4), "move by up to 4 and 6"),
    "always two pixels": (_move(reach=lambda side: 2), "some shifts never occur"),
    "never the last": (
        _move(draws=lambda x, low, high: torch.randint(low, high, (len(x),))),
        "some shifts never occur",
    ),
    "down and right only": (_move(low=lambda most: 0), "to one side only"),
    "one axis": (_move(one_axis=True), "along one axis only"),
    "one number": (_same_number, "down and right are the same number"),
    "each channel": (_move(channels=True), "each color channel moves on its own"),
    "rounded": (_rounded(move), "pixels are rounded"),
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


def _cut(
    *,
    size=lambda side: side / 4,
    draw=lambda x: torch.rand(len(x), 1, 1, 1),
    coin=lambda x: torch.rand(len(x), 1, 1, 1),
    joint=lambda tall, wide: tall & wide,
    centers=lambda a, b: (a, b),
    end=lambda x, hole: x * ~hole,
):
    """Build an answer that differs from the reference in one place."""

    def answer(x, p):
        H, W = x.shape[2:]
        at, there = centers(draw(x), draw(x))
        tall = (torch.arange(H)[:, None] - H * at).abs() < size(H)
        wide = (torch.arange(W) - W * there).abs() < size(W)
        return end(x, joint(tall, wide) & (coin(x) < p))

    return answer


RIGHT_CUTS = [cut, cut_inside, augment.cutout]
WRONG_CUTS = common(cut) | {
    "one hole for all": (_cut(draw=lambda x: torch.rand(1, 1, 1, 1)), "one hole for the whole"),
    "one coin for all": (_cut(coin=lambda x: torch.rand(())), "one coin decides"),
    "filled with -1": (_cut(end=lambda x, hole: torch.where(hole, -1.0, x)), "filled with -1"),
    "filled with noise": (
        _cut(end=lambda x, hole: torch.where(hole, torch.rand_like(x), x)),
        "Only set pixels to 0",
    ),
    "dimmed": (_cut(end=lambda x, hole: x * (1 - 0.5 * hole.float())), "Only set pixels to 0"),
    "inverted hole": (
        lambda x, p: torch.where((cut(x, p) == 0) | (torch.rand(len(x), 1, 1, 1) >= p), x, 0.0),
        "inverted: only the square is left",
    ),
    "rows or columns": (_cut(joint=lambda tall, wide: tall | wide), "is no rectangle: tall & wide"),
    "whole side": (_cut(size=lambda side: side / 2), "are cut out; half of each side"),
    "quarter of the side": (_cut(size=lambda side: side / 8), "are cut out; half of each side"),
    "eight pixels": (_cut(size=lambda side: 4), "are cut out; half of each side"),
    "rows only": (
        _cut(joint=lambda tall, wide: tall & (wide | True)),
        "are cut out; half of each side",
    ),
    "single pixels": (
        lambda x, p: x * (torch.rand_like(x[:, :1]) > 0.25 * p),
        "is no rectangle: tall & wide",
    ),
    "each channel": (
        lambda x, p: torch.cat([cut(x[:, [c]], p) for c in range(x.shape[1])], 1),
        "its own hole",
    ),
    "always in the middle row": (
        _cut(centers=lambda a, b: (0 * a + 0.5, b)),
        "along one axis only",
    ),
    "one number": (_cut(centers=lambda a, b: (a, a)), "are the same number"),
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


def _color(
    *,
    on=lambda x, p: torch.rand(len(x), 1, 1, 1) < p,
    draw=lambda x: torch.rand(len(x), 1, 1, 1),
    low=0.5,
    down=0.5,
    back=1.0,
    mean=lambda x: x.mean(dim=(1, 2, 3), keepdim=True),
    end=lambda out: out,
    both=lambda a, b: (a, b),
):
    """Build an answer that differs from the reference in one place."""

    def answer(x, p):
        coin, (a, b) = on(x, p), both(draw(x), draw(x))
        center = mean(x)
        return end(torch.where(coin, back * center + (b + low) * (x - center) + a - down, x))

    return answer


def _channels(x):
    return torch.rand(len(x), x.shape[1], 1, 1)


RIGHT_COLORS = [recolor, recolor_together]
WRONG_COLORS = common(recolor) | {
    "one draw for all": (_color(draw=lambda x: torch.rand(())), "the whole batch shares"),
    "one coin for all": (_color(on=lambda x, p: torch.rand(()) < p), "one coin decides"),
    "clamped": (_color(end=lambda out: out.clamp(-1, 1)), "values are cut off"),
    "around 0": (_color(mean=lambda x: 0 * x), "contrast turns around 0"),
    "around the batch's mean": (_color(mean=lambda x: x.mean()), "around the batch's mean"),
    "brightness missing": (_color(both=lambda a, b: (0 * a + 0.5, b)), "brightness is missing"),
    "contrast missing": (_color(both=lambda a, b: (a, 0 * b + 0.5)), "contrast is missing"),
    "only brighter": (_color(down=0.0), "brightness moves"),
    "too bright": (_color(both=lambda a, b: (4 * a - 1.5, b)), "brightness moves by up to"),
    "factor 0 to 1": (_color(low=0.0), "factor runs from"),
    "one number": (_color(both=lambda a, b: (a, a)), "come from one number"),
    "each channel's mean": (
        _color(mean=lambda x: x.mean(dim=(2, 3), keepdim=True)),
        "the mean is each channel's own",
    ),
    "mean not put back": (_color(back=0.0), "taken away and not put back"),
    "each channel": (
        _color(draw=_channels, mean=lambda x: x.mean(dim=(2, 3), keepdim=True)),
        "each color channel gets its own",
    ),
    "each pixel": (_color(draw=torch.rand_like), "pixels of one image change differently"),
    "to bytes and back": (
        lambda x, p: ((recolor(x, p) * 127.5).to(torch.int32).float()) / 127.5,
        "pixels are rounded",
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


def _control(
    *,
    r=lambda real, fake: real.sign().mean(),
    step=lambda r, target, speed: speed if r > target else -speed,
    end=lambda p: min(max(p, 0.0), 1.0),
):
    """Build a controller that differs from the reference in one place."""
    return lambda p, real, fake, target, speed: end(p + step(r(real, fake), target, speed))


RIGHT_CONTROLS = [control, control_in_tensors]
WRONG_CONTROLS = {
    "wrong sign": (
        _control(step=lambda r, target, speed: -speed if r > target else speed),
        "the sign is wrong",
    ),
    "no clamp": (_control(end=lambda p: p), "keep it between 0 and 1"),
    "clamped above only": (_control(end=lambda p: min(p, 1.0)), "keep it between 0 and 1"),
    "clamped below only": (_control(end=lambda p: max(p, 0.0)), "keep it between 0 and 1"),
    "fake logits": (
        _control(r=lambda real, fake: fake.sign().mean()),
        "p follows the fake logits",
    ),
    "never moves": (lambda p, real, fake, target, speed: p, "p never moves"),
    "mean logit": (_control(r=lambda real, fake: real.mean()), "the mean of the logits decides"),
    "sign of the mean": (
        _control(r=lambda real, fake: real.mean().sign()),
        "the mean of the logits decides",
    ),
    "share of positive ones": (
        _control(r=lambda real, fake: (real > 0).float().mean()),
        "take the mean of signs",
    ),
    "target 0.6, always": (
        _control(step=lambda r, target, speed: speed if r > 0.6 else -speed),
        "the target is ignored",
    ),
    "target 0": (
        _control(step=lambda r, target, speed: speed if r > 0 else -speed),
        "the target is ignored",
    ),
    "speed 0.01, always": (
        _control(step=lambda r, target, speed: 0.01 if r > target else -0.01),
        "the speed is ignored",
    ),
    "in proportion": (
        _control(step=lambda r, target, speed: speed * (r - target)),
        "by another amount each time",
    ),
    "only up": (
        _control(step=lambda r, target, speed: speed if r > target else 0),
        "by another amount each time",
    ),
    "a vector": (
        lambda p, real, fake, target, speed: p + speed * (real.sign() - target).sign(),
        "should be one number",
    ),
}
