"""Right and wrong answers to the exercises of lesson 03, each with what its diagnosis must say."""

import cmath
import math

import torch


def simultaneous(push, theta, psi, h):
    push_g, push_d = push(theta, psi)
    return theta + h * push_g, psi + h * push_d


def alternating(push, theta, psi, h):
    psi = psi + h * push(theta, psi)[1]
    theta = theta + h * push(theta, psi)[0]
    return theta, psi


def one_tensor(push, theta, psi, h):
    """The simultaneous step on a single tensor of states."""
    state = torch.stack([theta, psi])
    return list(state.add(torch.stack(push(theta, psi)), alpha=h))


def with_names(push, theta, psi, h):
    """The alternating step with a name for every number."""
    _, push_d = push(theta, psi)
    new_psi = torch.add(psi, push_d, alpha=h)
    push_g, _ = push(theta, new_psi)
    return theta + push_g * h, new_psi


def generator_first(push, theta, psi, h):
    theta = theta + h * push(theta, psi)[0]
    return theta, psi + h * push(theta, psi)[1]


def _stale(push, theta, psi, h):
    push_g, push_d = push(theta, psi)
    psi = psi + h * push_d
    theta = theta + h * push_g
    return theta, psi


def _in_place(push, theta, psi, h):
    push_g, push_d = push(theta, psi)
    theta += h * push_g
    psi += h * push_d
    return theta, psi


def _formula(push, theta, psi, h):
    slope = torch.sigmoid(theta * psi)
    return theta + h * psi * slope, psi - h * theta * slope


def _one_start(push, theta, psi, h):
    push_g, push_d = push(theta, psi)
    return theta[0] + h * push_g[0], psi[0] + h * push_d[0]


def _half_step(push, theta, psi, h):
    return simultaneous(push, theta, psi, h / 2)


def _downhill(step):
    return lambda push, theta, psi, h: step(push, theta, psi, -h)


def _no_h(step):
    return lambda push, theta, psi, h: step(push, theta, psi, 1.0)


def _exchanged(push, theta, psi, h):
    push_d, push_g = push(theta, psi)
    return theta + h * push_g, psi + h * push_d


def _d_twice(push, theta, psi, h):
    psi = psi + h * push(theta, psi)[1]
    push_g, push_d = push(theta, psi)
    return theta + h * push_g, psi + h * push_d


def _d_g_d(push, theta, psi, h):
    theta, psi = alternating(push, theta, psi, h)
    return theta, psi + h * push(theta, psi)[1]


RIGHT_STEPS = [(simultaneous, alternating), (one_tensor, with_names)]
GENERATOR_FIRST = (simultaneous, generator_first)

WRONG_STEPS = {
    "alternating on the stale state": (simultaneous, _stale, "from the stale state"),
    "in turns for together": (alternating, alternating, "G already sees the other's new number"),
    "G first for together": (generator_first, alternating, "D already sees the other's new"),
    "downhill twice": (_downhill(simultaneous), alternating, "my_simultaneous: the signs are"),
    "downhill twice, in turns": (simultaneous, _downhill(alternating), "my_alternating: the signs"),
    "h forgotten": (_no_h(simultaneous), alternating, "the step size h is not used"),
    "h forgotten, in turns": (simultaneous, _no_h(alternating), "the step size h is not used"),
    "pushes exchanged": (_exchanged, alternating, "θ moves by D's push"),
    "only G": (
        lambda push, theta, psi, h: (theta + h * push(theta, psi)[0], psi),
        alternating,
        "D never moves",
    ),
    "only D": (
        simultaneous,
        lambda push, theta, psi, h: (theta, psi + h * push(theta, psi)[1]),
        "G never moves",
    ),
    "psi returned first": (
        simultaneous,
        lambda *state: alternating(*state)[::-1],
        "return theta first",
    ),
    "in place": (_in_place, alternating, "writes into the caller's tensor"),
    "a formula for one game": (_formula, alternating, "never calls push"),
    "one start only": (_one_start, alternating, "move every start by its own push"),
    "one number": (lambda *state: simultaneous(*state)[0], alternating, "the two new numbers"),
    "D twice": (simultaneous, _d_twice, "my_alternating: D moves twice"),
    "D, G, D": (simultaneous, _d_g_d, "my_alternating: D moves twice"),
    "half a step": (_half_step, alternating, "not one step of size h"),
}


def eigenvalues(slope, gamma):
    return torch.linalg.eigvals(torch.tensor([[0.0, slope], [-slope, -gamma]]))


def by_formula(slope, gamma):
    root = cmath.sqrt(gamma**2 / 4 - slope**2)
    return -gamma / 2 - root, -gamma / 2 + root


def _matrix(make):
    return lambda slope, gamma: torch.linalg.eigvals(torch.tensor(make(slope, gamma)))


def _real_root(slope, gamma):
    root = torch.sqrt(torch.tensor(gamma**2 / 4 - slope**2))
    return -gamma / 2 + root, -gamma / 2 - root


def _math_root(slope, gamma):
    root = math.sqrt(gamma**2 / 4 - slope**2)
    return -gamma / 2 + root, -gamma / 2 - root


RIGHT_EIGENVALUES = [eigenvalues, by_formula]

WRONG_EIGENVALUES = {
    "penalty term dropped": (
        _matrix(lambda s, g: [[0.0, s], [-s, 0.0]]),
        "the penalty term is dropped",
    ),
    "penalty's sign": (_matrix(lambda s, g: [[0.0, s], [-s, g]]), "pushes ψ away from 0"),
    "half the penalty": (_matrix(lambda s, g: [[0.0, s], [-s, -g / 2]]), "half its size"),
    "twice the penalty": (_matrix(lambda s, g: [[0.0, s], [-s, -2 * g]]), "twice its size"),
    "both penalized": (_matrix(lambda s, g: [[-g, s], [-s, -g]]), "both players are penalized"),
    "one loss": (_matrix(lambda s, g: [[0.0, s], [s, -g]]), "as if the players lowered one loss"),
    "of a step": (_matrix(lambda s, g: [[1.0, s], [-s, 1 - g]]), "eigenvalues of a step"),
    "real part only": (lambda s, g: eigenvalues(s, g).real, "the imaginary part is lost"),
    "the GAN's slope": (lambda s, g: eigenvalues(0.5, g), "slope is not used"),
    "root of a negative number": (_real_root, "a number is NaN"),
    "math.sqrt": (_math_root, "math.sqrt has no root"),
    "eig": (
        lambda s, g: torch.linalg.eig(torch.tensor([[0.0, s], [-s, -g]])),
        "eigenvalues *and* eigenvectors",
    ),
    "a list": (lambda s, g: torch.linalg.eigvals([[0.0, s], [-s, -g]]), "torch got a list"),
    "the matrix": (lambda s, g: torch.tensor([[0.0, s], [-s, -g]]), "you return the 2 × 2 matrix"),
    "one of two": (lambda s, g: eigenvalues(s, g)[0], "has two eigenvalues"),
    "slope not squared": (
        lambda s, g: [-g / 2 + e * cmath.sqrt(g * g / 4 - s) for e in (1, -1)],
        "must add up to −γ",
    ),
}

RIGHT_CRITICAL = [lambda slope: 2 * slope, lambda slope: math.sqrt(4 * slope**2)]

WRONG_CRITICAL = {
    "the GAN's": (lambda slope: 1.0, "1 is the GAN's value"),
    "half": (lambda slope: slope, "it is γ/2 that must reach the slope"),
    "no root": (lambda slope: 4 * slope**2, "this is γ², not γ"),
    "zero": (lambda slope: 0.0, "circles for ever"),
    "too small": (lambda slope: 1.5 * slope, "the game still turns"),
    "too large": (lambda slope: 4 * slope, "Asked is the least"),
}

RIGHT_LEAST = [
    lambda slope, h: h * slope**2,
    lambda slope, h: (1 + (h * slope) ** 2 - 1) / h,
]

WRONG_LEAST = {
    "the flow's": (lambda slope, h: 0.0, "infinitely small steps"),
    "the critical": (lambda slope, h: 2 * slope, "where the turning ends"),
    "not squared": (lambda slope, h: h * slope, "must be squared"),
    "h forgotten": (lambda slope, h: slope**2, "h is missing"),
    "not divided by h": (lambda slope, h: (h * slope) ** 2, "this is h·γ"),
    "half": (lambda slope, h: h * slope**2 / 2, "100 steps multiply the radius"),
    "twice": (lambda slope, h: 2 * h * slope**2, "a somewhat smaller γ"),
}
