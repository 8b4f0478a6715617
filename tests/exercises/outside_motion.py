"""Answers to the exercises of lesson 03 that stand in no table, the wrong ones with a diagnosis."""

import cmath
import math

import numpy as np
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


def asked_twice(push, theta, psi, h):
    """The simultaneous step that asks once for each player, and returns one tensor (2, N)."""
    moved = [state + h * push(theta, psi)[i] for i, state in enumerate((theta, psi))]
    return torch.stack(moved)


def own_copies(push, theta, psi, h):
    """The alternating step in place, on copies of its own."""
    theta, psi = theta.clone(), psi.clone()
    psi += h * push(theta, psi)[1]
    theta += h * push(theta, psi)[0]
    return theta, psi


def start_by_start(push, theta, psi, h):
    """The simultaneous step in a loop over the starts."""
    pairs = [simultaneous(push, t, p, h) for t, p in zip(theta, psi, strict=True)]
    return tuple(torch.stack(column) for column in zip(*pairs, strict=True))


def single_precision(push, theta, psi, h):
    return alternating(push, theta.float(), psi.float(), h)


def generator_first(push, theta, psi, h):
    theta = theta + h * push(theta, psi)[0]
    return theta, psi + h * push(theta, psi)[1]


def _in_place(push, theta, psi, h):
    push_g, push_d = push(theta, psi)
    theta += h * push_g
    psi += h * push_d
    return theta, psi


def _formula(push, theta, psi, h):
    slope = torch.sigmoid(theta * psi)
    return theta + h * psi * slope, psi - h * theta * slope


def _backward(push, theta, psi, h):
    """Downhill on what is downhill already, in another style than the table's."""
    push_g, push_d = (-x for x in push(theta, psi))
    return theta + h * push_g, psi + h * push_d


def _h_of_time(push, theta, psi, h):
    return alternating(push, theta, psi, 0.01)


def _midpoint(push, theta, psi, h):
    push_g, push_d = push(theta, psi)
    push_g, push_d = push(theta + h / 2 * push_g, psi + h / 2 * push_d)
    return theta + h * push_g, psi + h * push_d


def _two_turns(push, theta, psi, h):
    return alternating(push, *alternating(push, theta, psi, h), h)


def simultaneous_by_name(push, theta, psi, h):
    g, d = push(theta=theta, psi=psi)
    return theta + h * g, psi + h * d


RIGHT_STEPS = [
    (simultaneous_by_name, alternating),
    (simultaneous, alternating),
    (one_tensor, with_names),
    (asked_twice, own_copies),
    (start_by_start, single_precision),
]
GENERATOR_FIRST = (simultaneous, generator_first)

WRONG_STEPS = {
    "in turns for together": (alternating, alternating, "G already sees the other's new number"),
    "G first for together": (generator_first, alternating, "D already sees the other's new"),
    "together for in turns": (simultaneous, one_tensor, "from the stale state"),
    "downhill on downhill": (_backward, alternating, "my_simultaneous: the signs are"),
    "both": (
        _backward,
        lambda *state: alternating(*state)[::-1],
        "my_simultaneous: the signs are",
    ),
    "psi returned first": (
        simultaneous,
        lambda *state: alternating(*state)[::-1],
        "return theta first",
    ),
    "in place": (_in_place, alternating, "writes into the caller's tensor"),
    "a formula for one game": (_formula, alternating, "my_simultaneous: your step never calls"),
    "one number": (lambda *state: simultaneous(*state)[0], alternating, "the two new numbers"),
    "no return": (simultaneous, lambda *state: None, "my_alternating: None comes back"),
    "an own h": (simultaneous, _h_of_time, "_h_of_time: h changes nothing in your result"),
    "a better method": (_midpoint, alternating, "For my_simultaneous from one start"),
    "two turns": (simultaneous, _two_turns, "For my_alternating from one start"),
}


def eigenvalues(slope, gamma):
    return torch.linalg.eigvals(torch.tensor([[0.0, slope], [-slope, -gamma]]))


def by_formula(slope, gamma):
    root = cmath.sqrt(gamma**2 / 4 - slope**2)
    return -gamma / 2 - root, -gamma / 2 + root


def in_numpy(slope, gamma):
    return np.linalg.eigvals(np.array([[0, slope], [-slope, -gamma]]))


def as_a_polynomial(slope, gamma):
    return np.roots([1, gamma, slope**2]).tolist()


def in_single_precision(slope, gamma):
    root = torch.tensor(gamma**2 / 4 - slope**2, dtype=torch.complex64).sqrt()
    return [-gamma / 2 + root, -gamma / 2 - root]


def _real_root(slope, gamma):
    root = torch.sqrt(torch.tensor(gamma**2 / 4 - slope**2))
    return -gamma / 2 + root, -gamma / 2 - root


def _formula_of(under, *, half=0.5):
    """Return the formula with something else under the root."""

    def pair(slope, gamma):
        root = cmath.sqrt(under(slope, gamma))
        return -half * gamma + root, -half * gamma - root

    return pair


RIGHT_EIGENVALUES = [eigenvalues, by_formula, in_numpy, as_a_polynomial, in_single_precision]

WRONG_EIGENVALUES = {
    "a set": (lambda spin, gamma: set(eigenvalues(spin, gamma).tolist()), "and set comes back"),
    "penalty term dropped": (_formula_of(lambda s, g: -(s**2), half=0), "penalty term is dropped"),
    "penalty's sign": (_formula_of(lambda s, g: g**2 / 4 - s**2, half=-0.5), "pushes ψ away"),
    "one loss": (_formula_of(lambda s, g: g**2 / 4 + s**2), "as if the players lowered one loss"),
    "the GAN's slope": (lambda s, g: eigenvalues(0.5, g), "spin is not used"),
    "root of a negative number": (_real_root, "a number is NaN"),
    "eig of NumPy": (
        lambda s, g: tuple(np.linalg.eig(np.array([[0.0, s], [-s, -g]]))),
        "eigenvalues *and* eigenvectors",
    ),
    "a list": (lambda s, g: torch.linalg.eigvals([[0.0, s], [-s, -g]]), "torch got a list"),
    "not halved": (_formula_of(lambda s, g: g**2 - 4 * s**2, half=1), "both are twice too large"),
    "slope not squared": (_formula_of(lambda s, g: g**2 / 4 - s), "multiply to spin, not spin²"),
    "γ not halved under the root": (_formula_of(lambda s, g: g**2 - s**2), "must add up to −γ"),
    "γ not squared": (_formula_of(lambda s, g: g / 4 - s**2), "must add up to −γ"),
}


def _searched(slope):
    """Look for the least γ of a fine grid that turns nothing."""
    gammas = slope * torch.arange(0, 4, 1 / 1024, dtype=torch.float64)
    return gammas[gammas**2 / 4 >= slope**2][0]


RIGHT_CRITICAL = [
    lambda slope: 2 * slope,
    lambda slope: math.sqrt(4 * slope**2),
    lambda slope: np.float32(2 * slope),
    _searched,
]

WRONG_CRITICAL = {
    "the GAN's": (lambda slope: 2 * 0.5, "1 is right for a spin of 1/2 alone"),
    "no root": (lambda slope: (2 * slope) ** 2, "this is γ², not γ"),
    "too small": (lambda slope: 1.5 * slope, "always 0.75 times the right value"),
    "with a floor": (lambda slope: max(2 * slope, 1.2), "Asked is the least such γ"),
    "with a ceiling": (lambda slope: min(2 * slope, 1.9), "the game still turns"),
}

RIGHT_LEAST = [
    lambda slope, h: h * slope**2,
    lambda slope, h: (1 + (h * slope) ** 2 - 1) / h,
    lambda slope, h: torch.det(torch.tensor([[0.0, h * slope], [-slope, 0.0]])),
    lambda slope, h: np.float32(slope) * np.float32(slope) * h,
]

WRONG_LEAST = {
    "in turns": (lambda spin, h: 2 / h - h * spin**2 / 2, "that is the upper end"),
    "h forgotten": (lambda slope, h: slope * slope, "h is missing"),
    "not divided by h": (lambda slope, h: h * h * slope * slope, "this is h·γ"),
    "half": (lambda slope, h: h * slope**2 / 2, "always half the right value"),
    "twice": (lambda slope, h: 2 * h * slope**2, "always twice the right value"),
    "exchanged": (lambda slope, h: slope * h**2, "spin and h exchanged"),
    "too careful": (lambda slope, h: h * slope**2 + h, "a somewhat smaller γ"),
    "too bold": (lambda slope, h: h * slope**2 - h * slope / 9, "100 steps multiply the radius"),
}
