"""Right and wrong answers to the exercises of lesson 21, each with what its diagnosis must say."""

import copy
import itertools

import numpy as np
import torch
from scipy.optimize import linear_sum_assignment
from torch import nn
from torch.nn import functional as F

from gan_lessons import transport

# -- the walk of a flow ----------------------------------------------------------------------


def walk(end, z, calls):
    x = z
    for i in range(calls):
        t = i / calls
        velocity = (end(x, t) - x) / (1 - t)
        x = x + velocity / calls
    return x


def walk_by_shares(end, z, calls):
    """The share of the way that is left: 1 of as many steps as are still to come."""
    for left in range(calls, 0, -1):
        z = z + (end(z, 1 - left / calls) - z) / left
    return z


def walk_by_lerp(end, z, calls):
    """linspace for the times, lerp for the step, and tensors for t."""
    times = torch.linspace(0, 1, calls + 1, dtype=torch.float64)
    for now, then in itertools.pairwise(times):
        z = torch.lerp(z, end(z, now), ((then - now) / (1 - now)).to(z.dtype))
    return z


def walk_to_its_end(end, z, calls):
    """The last call lands on what the net says."""
    x = z.clone()
    for i in range(calls - 1):
        t = i / calls
        x += (end(x, t) - x) / (1 - t) / calls
    return end(x, 1 - 1 / calls)


def walk_recursively(end, z, calls, i=0):
    if i == calls:
        return z
    a = 1 / (calls - i)
    return walk_recursively(end, (1 - a) * z + a * end(z, i / calls), calls, i + 1)


@torch.no_grad()
def walk_without_gradient(end, z, calls):
    x, t, dt = z.double(), 0.0, 1 / calls
    while t < 1 - dt / 2:
        x = x + dt * (end(x, t) - x) / (1 - t)
        t += dt
    return x


RIGHT_WALKS = [
    walk,
    walk_by_shares,
    walk_by_lerp,
    walk_to_its_end,
    walk_recursively,
    walk_without_gradient,
]


def _walk(
    *,
    time=lambda i, calls: i / calls,
    velocity=lambda end, x, z, t: (end(x, t) - x) / (1 - t),
    dt=lambda i, calls: 1 / calls,
    steps=lambda calls: range(calls),
):
    """Build a walk that differs from the reference in one place."""

    def answer(end, z, calls):
        x = z
        for i in steps(calls):
            x = x + velocity(end, x, z, time(i, calls)) * dt(i, calls)
        return x

    return answer


def _linspace_to_1(end, z, calls):
    x = z
    for t in torch.linspace(0, 1, calls).tolist():
        x = x + (end(x, t) - x) / (1 - t) / calls
    return x


def _quadratic_times(end, z, calls):
    x = z
    for i in range(calls):
        t, then = (i / calls) ** 2, ((i + 1) / calls) ** 2
        x = x + (end(x, t) - x) / (1 - t) * (then - t)
    return x


def _midpoint(end, z, calls):
    x = z
    for i in range(calls):
        t = i / calls
        half = x + (end(x, t) - x) / (1 - t) / calls / 2
        t = t + 0.5 / calls
        x = x + (end(half, t) - half) / (1 - t) / calls
    return x


def _never_moves(end, z, calls):
    x = z
    for i in range(calls):
        t = i / calls
        x = z + (end(z, t) - z) / (1 - t) / calls
    return x


def _in_place(end, z, calls):
    x = z
    for i in range(calls):
        x += (end(x, i / calls) - x) / (calls - i)
    return x


def _with_noise(end, z, calls):
    x = z
    for i in range(calls):
        t = i / calls
        x = (1 - t) * torch.randn_like(z) + t * end(x, t)
    return x


def _back_on_the_line(end, z, calls):
    x, t = z, 0.0
    for _ in range(calls):
        said = end(x, t)
        t += 1 / calls
        x = (1 - t) * z + t * said
    return x


def _until_t_is_1(end, z, calls):
    """Ten tenths, added up, are a hair less than 1."""
    x, t, dt = z, 0.0, 1 / calls
    while t < 1:
        x = x + dt * (end(x, t) - x) / (1 - t)
        t = t + dt
    return x


def _t_for_every_point(end, z, calls):
    x = z
    for i in range(calls):
        t = torch.full((len(x), 1), i / calls)
        x = x + (end(x, t) - x) / (calls - i)
    return x


def _time_left_at_the_end(end, z, calls):
    x = z
    for i in range(calls):
        x = x + (end(x, i / calls) - x) / (calls - i - 1)
    return x


def _the_step_alone(end, z, calls):
    for i in range(calls):
        z = (end(z, i / calls) - z) / (calls - i)
    return z


def _mixed_by_t(end, z, calls):
    x = z
    for i in range(calls):
        x = torch.lerp(x, end(x, i / calls), i / calls)
    return x


def _mean_of_ends(end, z, calls):
    return torch.stack([end(z, i / calls) for i in range(calls)]).mean(0)


def _left_after_the_step(end, z, calls):
    x = z
    for i in range(calls):
        x = x + (end(x, i / calls) - x) * (1 / (calls - i - 1))
    return x


WRONG_WALKS = {
    "what is left after the step": (_left_after_the_step, "your code divides by 0"),
    "back on the line from z": (_back_on_the_line, "walk on from x"),
    "t runs backward": (_walk(time=lambda i, n: 1 - i / n), "t runs backward"),
    "t backward, counted down": (
        _walk(steps=lambda n: range(n - 1, -1, -1)),
        "t runs backward",
    ),
    "no division": (
        _walk(velocity=lambda end, x, z, t: end(x, t) - x),
        "taken for a velocity",
    ),
    "divided by t": (
        _walk(velocity=lambda end, x, z, t: (end(x, t) - x) / max(t, 1e-5)),
        "leaves for a far distance",
    ),
    "from the start": (
        _walk(velocity=lambda end, x, z, t: (end(x, t) - z) / (1 - t)),
        "measured from z",
    ),
    "from the start, no division": (
        _walk(velocity=lambda end, x, z, t: end(x, t) - z),
        "end − z",
    ),
    "asked at the start": (
        _walk(velocity=lambda end, x, z, t: (end(z, t) - x) / (1 - t)),
        "asked of z",
    ),
    "no step size": (_walk(dt=lambda i, n: 1), "the length of a step"),
    "the end taken for a velocity": (
        _walk(velocity=lambda end, x, z, t: end(x, t)),
        "no velocity",
    ),
    "away from the end": (
        _walk(velocity=lambda end, x, z, t: (x - end(x, t)) / (1 - t)),
        "away from the end",
    ),
    "t at the end of each step": (
        _walk(time=lambda i, n: (i + 1) / n),
        "asked at t = 1",
    ),
    "linspace to 1": (_linspace_to_1, "asked at t = 1"),
    "one call too few": (_walk(steps=lambda n: range(n - 1)), "calls of the net"),
    "one call too many": (_walk(steps=lambda n: range(n + 1)), "asked at t = 1"),
    "from step 1 on": (_walk(steps=lambda n: range(1, n)), "calls of the net"),
    "quadratic times": (_quadratic_times, "steps are not equal"),
    "midpoint rule": (_midpoint, "calls of the net"),
    "never moves": (_never_moves, "is asked of z"),
    "in place": (_in_place, "in place"),
    "fresh noise": (_with_noise, "drawn at random"),
    "one call": (lambda end, z, calls: end(z, 0.0), "calls of the net"),
    "t as a step number": (_walk(time=lambda i, n: i), "t is no share of the time"),
    "nothing": (lambda end, z, calls: None, "None comes back"),
    "until t is 1": (_until_t_is_1, "a hair below 1"),
    "a t for every point": (_t_for_every_point, "takes one number for t"),
    "time left at the step's end": (_time_left_at_the_end, "counted from the *end*"),
    "divided by t, but at first": (
        _walk(velocity=lambda end, x, z, t: (end(x, t) - x) / (t or 1.0)),
        "divided by t, the time that is gone",
    ),
    "a clamp left over": (
        _walk(velocity=lambda end, x, z, t: (end(x, t) - x) / (1.05 - t)),
        "added to the time that is left",
    ),
    "the step alone": (_the_step_alone, "takes the place of the place"),
    "mixed by t": (_mixed_by_t, "mixed by t"),
    "mean of ends": (_mean_of_ends, "the mean of all ends"),
}

# -- over the cheapest pairing ---------------------------------------------------------------


def squares(z, y):
    return (z[:, None] - y[None]).square().sum(-1)


def over(z, y):
    cost = torch.cdist(z, y, compute_mode="donot_use_mm_for_euclid_dist").square().numpy()
    pairs, _, _ = transport.assignment(cost)
    return cost.diagonal().mean() / cost[range(len(cost)), pairs].mean()


def over_by_prices(z, y):
    """The prices add up to what the cheapest pairing costs."""
    cost = squares(z.double(), y.double()).numpy()
    _, u, v = transport.assignment(cost)
    return float((y - z).square().sum() / (u.sum() + v.sum()))


def over_by_scipy(z, y):
    cost = squares(z, y).numpy()
    return float(np.trace(cost) / cost[linear_sum_assignment(cost)].sum())


def over_in_a_loop(z, y):
    """Plain Python, distances written out, and a tensor comes back."""
    n = len(z)
    cost = np.array(
        [[sum((float(a) - float(b)) ** 2 for a, b in zip(p, q, strict=True)) for q in y] for p in z]
    )
    pairs = transport.assignment(cost)[0]
    paid = sum(cost[i, i] for i in range(n)) / n
    least = sum(cost[i, pairs[i]] for i in range(n)) / n
    return torch.tensor(paid / least)


def over_by_products(z, y):
    """‖z − y‖² = ‖z‖² + ‖y‖² − 2 z·y, and the fakes carried to the noise."""
    cost = z.square().sum(1) + y.square().sum(1)[:, None] - 2 * y @ z.T  # (y, z)
    pairs = transport.assignment(cost.numpy())[0]
    return cost.trace() / cost[torch.arange(len(z)), torch.as_tensor(pairs)].sum()


RIGHT_RATIOS = [over, over_by_prices, over_by_scipy, over_in_a_loop, over_by_products]


def _by(
    *,
    cost=squares,
    paid=lambda c: c.diagonal().mean(),
    least=lambda c, p: c[range(len(c)), p].mean(),
    both=lambda paid, least: paid / least,
):
    def answer(z, y):
        c = cost(z, y).numpy()
        return float(both(paid(c), least(c, transport.assignment(c)[0])))

    return answer


def _distances_squared_after_pairing(z, y):
    c = torch.cdist(z, y).numpy()
    p = transport.assignment(c)[0]
    return float((c.diagonal() ** 2).mean() / (c[range(len(c)), p] ** 2).mean())


def _w1(z, y):
    return float((y - z).square().sum(1).mean() / transport.w1(z, y))


def _w1_squared(z, y):
    return float((y - z).square().sum(1).mean() / transport.w1(z, y) ** 2)


def _w1_of_both(z, y):
    return float((y - z).norm(dim=1).mean() / transport.w1(z, y))


def _torch_cost(z, y):
    c = squares(z, y)
    p, _, _ = transport.assignment(c)
    return c.diagonal().mean() / c[range(len(c)), p].mean()


def _pairs_are_a_tuple(z, y):
    c = squares(z, y).numpy()
    p = transport.assignment(c)
    return c.diagonal().mean() / c[range(len(c)), p].mean()


def _mean_of_ratios(z, y):
    c = squares(z, y).numpy()
    p = transport.assignment(c)[0]
    return float((c.diagonal() / c[range(len(c)), p]).mean())


def _pairs_by_block(z, y):
    c = squares(z, y).numpy()
    p = transport.assignment(c)[0]
    return float(c.diagonal().mean() / c[:, p].mean())


def _sorted(z, y):
    least = (z.sort(dim=0).values - y.sort(dim=0).values).square().sum(1).mean()
    return float((y - z).square().sum(1).mean() / least)


def _greedy(z, y):
    c = squares(z, y).numpy().copy()
    paid, least = c.diagonal().mean(), 0.0
    for i in range(len(c)):
        j = c[i].argmin()
        least += c[i, j] / len(c)
        c[:, j] = np.inf
    return float(paid / least)


def _one_is_a_mean_over_coordinates(z, y):
    cost = (z[:, None] - y[None]).square().mean(-1).numpy()
    pairs = transport.assignment(cost)[0]
    return (y - z).square().sum(1).mean() / cost[range(len(cost)), pairs].mean()


WRONG_RATIOS = {
    "one a mean over coordinates": (_one_is_a_mean_over_coordinates, "a sum, in both"),
    "distances": (_by(cost=torch.cdist), "distances are not squared"),
    "paired by distances": (_distances_squared_after_pairing, "paired by plain distances"),
    "squares over W1": (_w1, "plain distances"),
    "squares over W1 squared": (_w1_squared, "mean distance is squared"),
    "distances over W1": (_w1_of_both, "distances are not squared"),
    "each to its nearest": (
        _by(least=lambda c, p: c.min(axis=1).mean()),
        "its nearest",
    ),
    "each y from its nearest": (
        _by(least=lambda c, p: c.min(axis=0).mean()),
        "its nearest",
    ),
    "upside down": (_by(both=lambda paid, least: least / paid), "upside down"),
    "a difference": (_by(both=lambda paid, least: paid - least), "difference"),
    "the cheapest alone": (_by(both=lambda paid, least: least), "cheapest pairing alone"),
    "the map alone": (_by(both=lambda paid, least: paid), "map alone"),
    "all pairs": (_by(paid=lambda c: c.mean()), "all pairs"),
    "a matrix where pairs are meant": (_pairs_by_block, "all pairs"),
    "mean of ratios": (_mean_of_ratios, "mean of the single ratios"),
    "a root": (_by(both=lambda paid, least: (paid / least) ** 0.5), "root"),
    "sum over mean": (_by(paid=lambda c: c.diagonal().sum()), "sum"),
    "a tensor for NumPy": (_torch_cost, "NumPy"),
    "all that comes back": (_pairs_are_a_tuple, "three things"),
    "sorted by coordinates": (_sorted, "sorted"),
    "greedy": (_greedy, "should give"),
    "pairs the wrong way round": (
        _by(least=lambda c, p: c[p, range(len(c))].mean()),
        "wrong way round",
    ),
    "the dearest pairing": (
        lambda z, y: _by(least=lambda c, p: c[range(len(c)), transport.assignment(-c)[0]].mean())(
            z, y
        ),
        "dearest",
    ),
    "minus one": (_by(both=lambda paid, least: paid / least - 1), "away from the right value"),
    "cheapest alone, added up": (
        lambda z, y: _by(least=lambda c, p: c[range(len(c)), p].sum(), both=lambda a, b: b)(z, y),
        "cheapest pairing alone costs, added up",
    ),
    "share saved": (_by(both=lambda paid, least: 1 - least / paid), "could be saved"),
    "over the sum of all": (_by(least=lambda c, p: c.sum()), "all pairs count"),
    "way not squared": (
        _by(paid=lambda c: np.sqrt(c.diagonal()).mean()),
        "map's cost is not squared",
    ),
}

# -- the toll on transport -------------------------------------------------------------------


def toll(z, y, done):
    weight = 0.3 * max(0.0, 1 - 2 * done)
    return weight * (y - z).square().flatten(1).sum(1).mean()


def toll_by_mse(z, y, done):
    weight = torch.clamp(torch.tensor(0.3 - 0.6 * done), min=0)
    return weight * F.mse_loss(y, z, reduction="sum") / len(z)


def toll_sample_by_sample(z, y, done):
    total = 0.0
    for a, b in zip(z, y, strict=True):
        total = total + torch.dot((b - a).flatten(), (b - a).flatten())
    return (0.3 - 0.6 * min(done, 0.5)) * total / z.shape[0]


def toll_by_einsum(z, y, done):
    way = (y - z).reshape(len(y), -1).double()
    schedule = np.interp(done, [0.0, 0.5], [0.3, 0.0])
    return float(schedule) * torch.einsum("bi,bi->", way, way) / len(way)


def toll_by_all_axes(z, y, done):
    if done > 0.5:
        return 0.0 * y.sum()
    axes = tuple(range(1, y.ndim))
    return 0.6 * (0.5 - done) * torch.mean(torch.sum((z - y) ** 2, dim=axes))


RIGHT_TOLLS = [toll, toll_by_mse, toll_sample_by_sample, toll_by_einsum, toll_by_all_axes]


def _toll(
    *,
    way=lambda z, y: y - z,
    size=lambda way: way.flatten(1).square().sum(1).mean(),
    weight=lambda done: 0.3 * max(0.0, 1 - 2 * done),
):
    return lambda z, y, done: weight(done) * size(way(z, y))


WRONG_TOLLS = {
    "batch means": (
        _toll(way=lambda z, y: (y.mean(0) - z.mean(0))[None]),
        "means of the batch",
    ),
    "batch means, squared at last": (
        _toll(size=lambda way: way.flatten(1).mean(0).square().sum()),
        "means of the batch",
    ),
    "no square": (_toll(size=lambda way: way.flatten(1).norm(dim=1).mean()), "not squared"),
    "mse_loss": (
        lambda z, y, done: 0.3 * max(0.0, 1 - 2 * done) * F.mse_loss(y, z),
        "mean over a sample's numbers",
    ),
    "summed over the batch, mean over numbers": (
        _toll(size=lambda way: way.flatten(1).square().sum(0).mean()),
        "wrong axis",
    ),
    "batch sum": (_toll(size=lambda way: way.square().sum()), "adds up over the batch"),
    "channels only": (
        _toll(size=lambda way: way.square().sum(1).mean()),
        "first axis of a sample",
    ),
    "last axis only": (
        _toll(size=lambda way: way.square().sum(-1).mean()),
        "last axis",
    ),
    "signs cancel": (
        _toll(size=lambda way: way.flatten(1).sum(1).square().mean()),
        "before the square",
    ),
    "absolute values": (_toll(size=lambda way: way.flatten(1).abs().sum(1).mean()), "absolute"),
    "never 0": (_toll(weight=lambda done: 0.3 * (1 - 2 * done)), "negative"),
    "falls to the end": (_toll(weight=lambda done: 0.3 * (1 - done)), "at the end"),
    "constant": (_toll(weight=lambda done: 0.3), "done changes nothing"),
    "a step": (_toll(weight=lambda done: 0.3 if done < 0.5 else 0.0), "all at once"),
    "grows": (_toll(weight=lambda done: 0.3 * min(1.0, 2 * done)), "grows"),
    "abs of the schedule": (_toll(weight=lambda done: 0.3 * abs(1 - 2 * done)), "rises again"),
    "weight forgotten": (_toll(weight=lambda done: max(0.0, 1 - 2 * done)), "begins at 1, not"),
    "y detached": (_toll(way=lambda z, y: y.detach() - z), "gradient is lost"),
    "a number": (lambda z, y, done: toll(z, y, done).item(), "gradient is lost"),
    "a sum": (_toll(way=lambda z, y: y + z), "y + z stands for"),
    "every y from every z": (
        _toll(
            way=lambda z, y: torch.cdist(z.flatten(1), y.flatten(1)),
            size=lambda d: d.square().mean(),
        ),
        "every pair",
    ),
    "root and square": (
        _toll(size=lambda way: way.flatten(1).square().sum(1).sqrt().square().mean()),
        "NaN",
    ),
    "one per sample": (_toll(size=lambda way: way.flatten(1).square().sum(1)), "shape"),
    "length of y": (_toll(way=lambda z, y: y), "z is missing"),
    "mean squared way squared": (
        _toll(size=lambda way: way.flatten(1).norm(dim=1).mean().square()),
        "mean way is squared",
    ),
    "half of it": (lambda z, y, done: toll(z, y, done) / 2, "one of these"),
    "never quite 0": (_toll(weight=lambda done: 0.3 - 0.15 * done), "half of it is left"),
    "a parabola": (
        _toll(weight=lambda done: 0.3 * max(0.0, 1 - 2 * done) ** 2),
        "along a parabola",
    ),
    "an exponential": (_toll(weight=lambda done: 0.3 * np.exp(-2 * done)), "falls as an exp"),
    "percent": (_toll(weight=lambda done: 0.3 * (1 - done / 50)), "for a percentage"),
    "back again": (
        _toll(weight=lambda done: 0.3 if done > 0.5 else 0.3 * (1 - 2 * done)),
        "is 0.3 again",
    ),
    "late": (_toll(weight=lambda done: 0.3 * max(0.0, 2 * done - 1)), "grows then"),
    "too early": (_toll(weight=lambda done: max(0.0, 0.3 - 2 * done)), "0 at 0.15"),
    "squared twice": (
        _toll(size=lambda way: way.flatten(1).square().sum(1).mean() ** 2),
        "it is squared twice",
    ),
    "lengths": (
        lambda z, y, done: _toll(
            way=lambda z, y: y.flatten(1).square().sum(1) - z.flatten(1).square().sum(1),
            size=lambda d: d.mean(),
        )(z, y, done),
        "two squared lengths",
    ),
}

# -- a start at the identity -----------------------------------------------------------------


class Added(nn.Module):
    def __init__(self, net):
        super().__init__()
        self.net = net

    def forward(self, z):
        return z + self.net(z)


def start(net):
    nn.init.zeros_(net[-1].weight)
    nn.init.zeros_(net[-1].bias)
    return Added(net)


class Gated(nn.Module):
    """A gate of 0 that learns (ReZero)."""

    def __init__(self, net):
        super().__init__()
        self.net, self.gate = net, nn.Parameter(torch.zeros(1))

    def forward(self, z):
        return z + self.gate * self.net(z)


class Less(nn.Module):
    """The net less what it said first."""

    def __init__(self, net):
        super().__init__()
        self.net = net
        self.first = copy.deepcopy(net).requires_grad_(False)

    def forward(self, z):
        return z + self.net(z) - self.first(z)


def start_by_data(net):
    for weight in list(net.parameters())[-2:]:
        weight.data *= 0.0
    return Added(net)


class Patched(nn.Module):
    def __init__(self, net):
        super().__init__()
        self.layers = nn.ModuleList(net)
        with torch.no_grad():
            self.layers[-1].weight.zero_()
            self.layers[-1].bias.fill_(0.0)

    def forward(self, z):
        x = z
        for layer in self.layers:
            x = layer(x)
        return torch.add(z, x)


def start_by_hook(net):
    """The net itself comes back, with a hook that adds its input."""
    nn.init.constant_(net[-1].weight, 0)
    nn.init.constant_(net[-1].bias, 0)
    net.register_forward_hook(lambda layer, given, out: given[0] + out)
    return net


def start_nearly(net):
    """Weights so small that float32 adds nothing: z comes back to the last digit."""
    nn.init.constant_(net[-1].weight, 1e-12)
    nn.init.zeros_(net[-1].bias)
    return Added(net)


class Mixed(nn.Module):
    """A share that starts at 0, learned."""

    def __init__(self, net):
        super().__init__()
        self.inner, self.share = copy.deepcopy(net), nn.Parameter(torch.zeros(()))

    def forward(self, z):
        return torch.lerp(z, self.inner(z), self.share)


RIGHT_STARTS = [start, Gated, Less, start_by_data, Patched, start_by_hook, start_nearly, Mixed]


def _zeroed(*which, wrap=Added):
    """Return a start that sets some of net's parameters to 0, counted from the end."""

    def answer(net):
        for i in which:
            nn.init.zeros_(list(net.parameters())[i])
        return wrap(net)

    return answer


def _module(forward):
    class Made(nn.Module):
        def __init__(self, net):
            super().__init__()
            nn.init.zeros_(net[-1].weight)
            nn.init.zeros_(net[-1].bias)
            self.net = net

    Made.forward = forward
    return Made


def _all_zero(net):
    for weight in net.parameters():
        nn.init.zeros_(weight)
    return Added(net)


def _small(net):
    nn.init.normal_(net[-1].weight, std=1e-3)
    nn.init.zeros_(net[-1].bias)
    return Added(net)


def _eyes(net):
    for layer in net:
        if hasattr(layer, "weight"):
            nn.init.eye_(layer.weight) if layer.weight.ndim == 2 else None
            nn.init.zeros_(layer.bias)
    return net


def _frozen(net):
    made = start(net)
    for weight in made.parameters():
        weight.requires_grad_(False)
    return made


def _times_zero(net):
    made = _module(lambda self, z: z + 0 * self.net(z))
    return made(net)


def _last_frozen(net):
    made = start(net)
    net[-1].requires_grad_(False)
    return made


def _in_place_sum(self, z):
    z += self.net(z)
    return z


def _without_grad(self, z):
    with torch.no_grad():
        return z + self.net(z)


class _Listed(nn.Module):
    def __init__(self, net):
        super().__init__()
        self.nets = [start(net)]

    def forward(self, z):
        return self.nets[0](z)


def _with(change):
    """Return a start that does one thing more to net or G."""

    def answer(net):
        made = start(net)
        change(net)
        return made

    return answer


def _body_unheard(self, z):
    with torch.no_grad():
        features = self.net[:-1](z)
    return z + self.net[-1](features)


def _still_in_use(self, z):
    return z + self.net(z) if self.training else z.clone()


class _FirstCall(Added):
    """Nothing is zeroed; the first call hands z back."""

    called = False

    def forward(self, z):
        was, self.called = self.called, True
        return super().forward(z) if was else z


class _LayerOfItsOwn(nn.Module):
    def __init__(self, net):
        super().__init__()
        self.body, self.last = net[:-1], nn.Linear(net[-1].in_features, net[-1].out_features)
        nn.init.zeros_(self.last.weight)
        nn.init.zeros_(self.last.bias)

    def forward(self, z):
        return z + self.last(self.body(z))


class _OfWidth12(Added):
    def __init__(self, net):
        net[-1] = nn.Linear(12, 2)
        super().__init__(net)
        nn.init.zeros_(net[-1].weight)
        nn.init.zeros_(net[-1].bias)


class _NoSuper(nn.Module):
    def __init__(self, net):
        self.net = net


class Plus(nn.Module):
    def __init__(self, net):
        super().__init__()
        self.net = net

    def forward(self, z):
        return z + self.net(z)


def _another_last_layer(net):
    last = nn.Linear(net[-1].weight.shape[-1], 2)
    nn.init.zeros_(last.weight)
    nn.init.zeros_(last.bias)
    return Plus(nn.Sequential(*net[:-1], last))


WRONG_STARTS = {
    "another last layer": (_another_last_layer, "a layer of your own does not fit"),
    "first layer zeroed": (_zeroed(0), "first layer"),
    "first weight and bias zeroed": (_zeroed(0, 1), "first layer"),
    "nothing zeroed": (Added, "starts somewhere else"),
    "z forgotten": (_zeroed(-1, -2, wrap=lambda net: net), "everything to 0"),
    "bias forgotten": (_zeroed(-2), "a bias is left"),
    "weight forgotten": (_zeroed(-1), "starts somewhere else"),
    "all zeroed": (_all_zero, "only shifts"),
    "times 0": (_times_zero, "does not learn"),
    "frozen": (_frozen, "does not learn"),
    "last layer frozen": (_last_frozen, "does not learn"),
    "no_grad in forward": (lambda net: _module(_without_grad)(net), "does not learn"),
    "nearly": (_small, "nearly"),
    "identities in the layers": (_eyes, "ReLU"),
    "a function": (lambda net: lambda z: z + net(z), "nn.Module"),
    "the class": (lambda net: Added, "class itself"),
    "the net itself": (lambda net: net, "starts somewhere else"),
    "net in a list": (_Listed, "it has no weights"),
    "the layer zeroed": (lambda net: nn.init.zeros_(net[-1]), "takes a tensor, not a layer"),
    "identity, and no net": (lambda net: nn.Identity(), "no weights"),
    "z changed": (lambda net: _module(_in_place_sum)(net), "changes z"),
    "z doubled": (lambda net: _module(lambda self, z: 2 * z + self.net(z))(net), "2 times z"),
    "nothing": (lambda net: None, "None comes back"),
    "body frozen": (
        _with(lambda net: net[:-1].requires_grad_(False)),
        "the first layer and the middle layer of net stay",
    ),
    "first layer frozen": (
        _with(lambda net: net[0].requires_grad_(False)),
        "weights of the first layer of net stay",
    ),
    "middle layer frozen": (
        _with(lambda net: net[2].requires_grad_(False)),
        "weights of the middle layer of net stay",
    ),
    "body without gradients": (
        lambda net: _module(_body_unheard)(net),
        "the first layer and the middle layer of net stay",
    ),
    "still in use": (lambda net: _module(_still_in_use)(net), "in eval()"),
    "on the first call only": (_FirstCall, "on the first call and somewhere else"),
    "a layer of its own": (_LayerOfItsOwn, "several seeds side by side"),
    "of width 12": (_OfWidth12, "a layer of your own does not fit"),
    "no super": (_NoSuper, "super().__init__() comes first"),
}
