"""Right and wrong answers to the exercises of lesson 06, each with what its diagnosis must say."""

import math

import numpy as np
import torch
from torch import nn


def to_model(x):
    return x.float() / 127.5 - 1


def to_image(x):
    return ((x + 1) * 127.5).round().clamp(0, 255).to(torch.uint8)


def to_image_in_numpy(x):
    return np.clip(np.rint((np.asarray(x) + 1) * 127.5), 0, 255).astype(np.uint8)


def to_image_in_place(x):
    return x.add_(1).mul_(127.5).round_().clamp_(0, 255).byte()


def to_image_without_clamp(x):
    return ((x + 1) * 127.5).round().int().byte()


RIGHT_RANGES = [
    (to_model, to_image),
    (lambda x: 2 * (x / 255) - 1, lambda x: (255 * (x / 2 + 0.5)).clamp(0, 255).round().byte()),
    (lambda x: x.double().sub(127.5).div(127.5), to_image_in_place),
    (lambda x: x.numpy().astype(np.float64) / 127.5 - 1, to_image_in_numpy),
    (lambda x: (x.float() / 255 - 0.5) / 0.5, lambda x: (x * 127.5 + 128).clamp(0, 255).byte()),
    (lambda x: x.half() / 127.5 - 1, to_image),
    (to_model, to_image_without_clamp),
    (lambda x: x.float() / 128 - 1, lambda x: (128 * x + 128).byte()),
]
WRONG_RANGES = {
    "mean and deviation, both ways": (
        lambda x: (x / 255 - 0.1307) / 0.3081,
        lambda x: ((x * 0.3081 + 0.1307) * 255).round().clamp(0, 255).byte(),
        "tanh stops at -1 and 1",
    ),
    "zero to one": (lambda x: x / 255, lambda x: (x * 255).round().byte(), "half of its range"),
    "bytes that wrap": (lambda x: (x - 127) / 127.5, to_image, "whole bytes wrap around"),
    "negative": (lambda x: 1 - x / 127.5, lambda x: to_image(-x), "black and white are exchanged"),
    "stretched back": (
        to_model,
        lambda x: (255 * (x - x.min()) / (x.max() - x.min())).round().byte(),
        "stretches each batch",
    ),
    "floats back": (to_model, lambda x: (x + 1) * 127.5, "not torch.uint8"),
    "int16 back": (to_model, lambda x: to_image(x).to(torch.int16), "not torch.uint8"),
    "the middle missed": (
        lambda x: x.float() / 120 - 1,
        to_image,
        "to 1.12, but tanh stops at -1 and 1",
    ),
    "too narrow": (lambda x: x.float() / 130 - 1, to_image, "For black and white"),
    "no return": (to_model, lambda x: None, "the return is missing"),
    "flat": (to_model, lambda x: to_image(x).flatten(), "the result has shape (2,)"),
    "the half halved again": (
        to_model,
        lambda x: ((x + 0.5) * 0.5 * 255).round().clamp(0, 255).to(torch.uint8),
        "1 becomes 191",
    ),
}


def generator(latent_dim):
    return nn.Sequential(
        nn.Linear(latent_dim, 32),
        nn.ReLU(),
        nn.Linear(32, 784),
        nn.Tanh(),
        nn.Unflatten(1, (1, 28, 28)),
    )


def discriminator():
    return nn.Sequential(
        nn.Flatten(1), nn.Linear(784, 32), nn.LeakyReLU(0.2), nn.Linear(32, 1), nn.Flatten(0)
    )


class OtherG(nn.Module):
    def __init__(self, latent_dim):
        super().__init__()
        self.a, self.b = nn.Linear(latent_dim, 40), nn.Linear(40, 784)

    def forward(self, z):
        return torch.tanh(self.b(torch.relu(self.a(z)))).view(len(z), 1, 28, 28)


class OtherD(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Linear(784, 40), nn.Linear(40, 1)

    def forward(self, x):
        return self.b(torch.relu(self.a(x.reshape(-1, 784)))).squeeze(1)


def _g(*end):
    return lambda latent_dim: nn.Sequential(nn.Linear(latent_dim, 32), nn.ReLU(), *end)


def _d(*end):
    return lambda: nn.Sequential(nn.Flatten(1), nn.Linear(784, 32), nn.LeakyReLU(0.2), *end)


def with_batch_norm(latent_dim):
    return nn.Sequential(
        nn.Linear(latent_dim, 32),
        nn.BatchNorm1d(32),
        nn.ReLU(),
        nn.Linear(32, 784),
        nn.Tanh(),
        nn.Unflatten(1, (1, 28, 28)),
    )


def deep_discriminator():
    """Deep enough that one fresh network may give all its logits the same sign."""
    hidden = [nn.Linear(784, 64), nn.ReLU()]
    for _ in range(4):
        hidden += [nn.Linear(64, 64), nn.ReLU()]
    return nn.Sequential(nn.Flatten(1), *hidden, nn.Linear(64, 1), nn.Flatten(0))


class _Squeeze(nn.Module):
    def forward(self, x):
        return x.squeeze()


_IMAGE = nn.Unflatten(1, (1, 28, 28))


def two_linear_layers():
    return nn.Sequential(nn.Flatten(1), nn.Linear(784, 32), nn.Linear(32, 1), nn.Flatten(0))


RIGHT_NETWORKS = [(generator, two_linear_layers)]
RIGHT_NETWORKS += [(generator, discriminator), (OtherG, OtherD)]
RIGHT_NETWORKS += [(with_batch_norm, discriminator), (generator, deep_discriminator)]
RIGHT_NETWORKS += [(generator, _d(nn.Dropout(0.3), nn.Linear(32, 1), nn.Flatten(0)))]
WRONG_NETWORKS = {
    "a network for its maker": (generator, discriminator(), "my_discriminator, without brackets"),
    "nothing between": (
        lambda n: nn.Sequential(nn.Linear(n, 40), nn.Linear(40, 784), nn.Tanh(), _IMAGE),
        discriminator,
        "G's 2 linear layers are one",
    ),
    "flat": (_g(nn.Linear(32, 784), nn.Tanh()), discriminator, "channel axis is missing"),
    "one layer": (
        lambda n: nn.Sequential(nn.Linear(n, 784), nn.Tanh(), nn.Unflatten(1, (1, 28, 28))),
        discriminator,
        "G has one layer",
    ),
    "hard tanh, doubled": (
        _g(nn.Linear(32, 784), nn.Hardtanh(-2, 2), _IMAGE),
        discriminator,
        "no activation at its end",
    ),
    "square": (
        _g(nn.Linear(32, 784), nn.Tanh(), nn.Unflatten(1, (1, 1, 784))),
        discriminator,
        "instead of",
    ),
    "latent_dim ignored": (
        lambda latent_dim: generator(64),
        discriminator,
        "must begin with latent_dim",
    ),
    "bare squeeze": (generator, _d(nn.Linear(32, 1), _Squeeze()), "squeeze() without an axis"),
    "28 logits": (
        generator,
        lambda: nn.Sequential(nn.Linear(28, 1), nn.Flatten(1)),
        "D returns (1, 28), not one",
    ),
    "all rows into one": (
        generator,
        lambda: nn.Sequential(nn.Linear(28, 1), nn.Flatten(0)),
        "D returns (28,), not one logit each",
    ),
    "a list": (lambda n: [nn.Linear(n, 784)], discriminator, "the generator is a list"),
    "sigmoid, by hand": (
        generator,
        lambda: nn.Sequential(discriminator(), nn.Hardsigmoid()),
        "ends in a sigmoid",
    ),
}


def slerp(a, b, t):
    cosine = (a * b).sum() / (a.norm() * b.norm())
    angle = cosine.clamp(-1, 1).acos()
    if angle < 1e-3:
        return (1 - t) * a + t * b
    return (((1 - t) * angle).sin() * a + (t * angle).sin() * b) / angle.sin()


def slerp_by_turning(a, b, t):
    """The same walk, written as a turn in the plane of a and b."""
    u = a / a.norm()
    side = b / b.norm() - (u @ (b / b.norm())) * u
    if side.norm() < 1e-4:
        return a + t * (b - a)
    side = side / side.norm()
    angle = math.acos(max(-1.0, min(1.0, float(u @ b / b.norm()))))
    # a weight in each direction, so that both ends are met whatever their lengths
    wa, wb = math.sin((1 - t) * angle), math.sin(t * angle)
    plane_b = math.cos(angle) * u + math.sin(angle) * side
    return (wa * a.norm() * u + wb * b.norm() * plane_b) / math.sin(angle)


def slerp_in_double(a, b, t):
    a, b = a.double(), b.double()
    angle = ((a @ b) / (a.norm() * b.norm())).clamp(-1, 1).acos()
    if angle < 1e-3:
        return (1 - t) * a + t * b
    return (((1 - t) * angle).sin() * a + (t * angle).sin() * b) / angle.sin()


def slerp_in_numpy(a, b, t):
    a, b = a.numpy().astype(np.float64), b.numpy().astype(np.float64)
    angle = np.arccos(np.clip(a @ b / np.linalg.norm(a) / np.linalg.norm(b), -1, 1))
    if angle < 1e-3:
        return a + t * (b - a)
    return (np.sin((1 - t) * angle) * a + np.sin(t * angle) * b) / np.sin(angle)


def slerp_of_the_lesson(a, b, t):
    """The notebook's own, without a guard."""
    angle = torch.acos((a * b).sum() / (a.norm() * b.norm()))
    walk = ((1 - t) * angle).sin() * a + (t * angle).sin() * b
    return walk / angle.sin()


def _cosine_without_lengths_guarded(a, b, t):
    angle = (a * b).sum().clamp(-1, 1).acos()
    if angle.sin() < 1e-3:
        return (1 - t) * a + t * b
    return (((1 - t) * angle).sin() * a + (t * angle).sin() * b) / angle.sin()


def origin_for_equal(a, b, t):
    return torch.zeros_like(a) if torch.equal(a, b) else slerp(a, b, t)


def _smoothstep(a, b, t):
    return slerp(a, b, t * t * (3 - 2 * t))


RIGHT_SLERPS = [slerp, slerp_by_turning, slerp_in_double, slerp_in_numpy, slerp_of_the_lesson]
RIGHT_SLERPS += [origin_for_equal]
WRONG_SLERPS = {
    "lerp": (lambda a, b, t: a + t * (b - a), "straight line (lerp)"),
    "turned round": (lambda a, b, t: slerp(b, a, t), "starts at b"),
    "unit length": (lambda a, b, t: slerp(a / a.norm(), b / b.norm(), t), "length 1 all along"),
    "only at right angles": (
        lambda a, b, t: math.cos(t * math.pi / 2) * a + math.sin(t * math.pi / 2) * b,
        "right only at 90°",
    ),
    "lengths forgotten, with a guard": (_cosine_without_lengths_guarded, "divided by both lengths"),
    "slow at both ends": (_smoothstep, "the angle must be 30°"),
    "only half the way": (lambda a, b, t: slerp(a, b, t / 2), "at t = 1 you are elsewhere"),
    "in degrees, half of it": (
        lambda a, b, t: slerp(a, b, math.degrees(t)),
        "at t = 1 you are elsewhere",
    ),
    "nothing": (lambda a, b, t: None, "the return is missing"),
    "not added up": (
        lambda a, b, t: slerp(a, b, t).sum(),
        "the result has shape ()",
    ),
}


def nearest(fake, train):
    return torch.cdist(fake.flatten(1).float(), train.flatten(1).float()).min(dim=1)


def nearest_in_a_loop(fake, train):
    found = []
    for image in fake.float():
        distance = ((train.float() - image) ** 2).flatten(1).sum(1).sqrt()
        found.append((distance.min(), distance.argmin()))
    return torch.stack([d for d, _ in found]), torch.stack([i for _, i in found])


def nearest_in_double(fake, train):
    return tuple(torch.cdist(fake.flatten(1).double(), train.flatten(1).double()).min(dim=1))


def nearest_in_numpy(fake, train):
    a, b = (x.numpy().reshape(len(x), 784) for x in (fake, train))
    table = np.sqrt(((a[:, None] - b[None]) ** 2).sum(-1))
    return [table.min(1), table.argmin(1)]


def nearest_of_the_lesson(fake, train):
    return torch.cdist(fake.flatten(1), train.flatten(1)).min(dim=1)


def overflows_for_bytes(fake, train):
    gap = (fake[:, None] - train[None]).flatten(2)
    return (gap * gap).sum(-1).float().sqrt().min(dim=1)


def _pairs(fake, train):
    return torch.cdist(fake.flatten(1).float(), train.flatten(1).float())


def nearest_in_pairs(fake, train):
    """Pairs of a distance and a number, turned into two rows."""
    pairs = [min((float((one - other).norm()), i) for i, other in enumerate(train)) for one in fake]
    return tuple(zip(*pairs, strict=True))


def _by_center(fake, train):
    return (fake[:, 0, 14, 14, None] - train[:, 0, 14, 14]).abs().min(dim=1)


RIGHT_NEAREST = [lambda f, t: tuple(nearest(f, t)), nearest_in_a_loop, nearest_in_double]
RIGHT_NEAREST += [nearest_in_numpy, nearest_of_the_lesson, overflows_for_bytes, nearest_in_pairs]
WRONG_NEAREST = {
    "by name": (
        lambda f, t: dict(zip(("distance", "index"), nearest(f, t), strict=True)),
        "a dict comes back",
    ),
    "of bytes": (
        lambda f, t: torch.cdist(f.flatten(1).byte(), t.flatten(1).byte()),
        "hand it bytes",
    ),
    "the images": (lambda f, t: (_pairs(f, t).amin(1), t[_pairs(f, t).argmin(1)]), "their numbers"),
    "farthest": (lambda f, t: tuple(_pairs(f, t).max(dim=1)), "farthest"),
    "only distances": (lambda f, t: _pairs(f, t).min(dim=1).values, "2 results should come back"),
    "not flattened": (lambda f, t: torch.cdist(f, t).min(dim=1), "flatten(1)"),
    "the center only": (lambda f, t: tuple(_by_center(f, t)), "For one image of 1"),
    "cosine": (
        lambda f, t: (
            1 - nn.functional.cosine_similarity(f.flatten(1)[:, None], t.flatten(1), 2)
        ).min(dim=1),
        "by its direction only",
    ),
    "squared, by hand": (
        lambda f, t: ((f[:, None] - t[None]) ** 2).flatten(2).sum(2).min(dim=1),
        "are squared",
    ),
}
