"""The loop with wrappers and hooks makes the very steps of the loop with eighteen parameters."""

import copy
import functools
import itertools

import pytest
import torch
from torch import nn

from gan_lessons import augment, losses, models, penalties, runtime, training
from tests.library import loop_before as before

STEPS = 100
r1 = functools.partial(penalties.r1, gamma=0.3)
clip = functools.partial(penalties.clip_weights, limit=0.3)
BF16 = functools.partial(torch.autocast, "cpu", dtype=torch.bfloat16)
gp = functools.partial(penalties.gradient_penalty, weight=1.0)

CASES = {  # options of old, and the wrapped run that does the same
    "plain": ({}, {}),
    "relativistic": ({"game": losses.relativistic}, {"game": losses.relativistic}),
    "n_critic": (
        {"game": losses.wasserstein, "n_critic": 3, "penalty": gp},
        {"game": losses.wasserstein, "n_critic": 3, "penalty": gp},
    ),
    "lazy R1": ({"penalty": r1, "penalty_every": 4}, {"penalty": (r1, 4)}),
    "average": ({"average": True}, {"average": True}),
    "falling": ({"falling": True}, {"falling": True}),
    "clipped weights": ({"constrain": clip, "n_critic": 2}, {"constrain": clip, "n_critic": 2}),
    "clipped gradients": ({"clip_grad": 0.1}, {"clip_grad": 0.1}),
    "bf16": ({"autocast": BF16, "penalty": r1}, {"autocast": BF16, "penalty": r1}),
    "all": (
        {"average": True, "falling": True, "clip_grad": 1.0, "constrain": clip, "penalty": r1,
         "penalty_every": 4},
        {"average": True, "falling": True, "clip_grad": 1.0, "constrain": clip,
         "penalty": (r1, 4)},
    ),
}  # fmt: skip


def team():
    runtime.seed_everything(0)
    G, D = models.plane_generator(), models.plane_discriminator()
    D = nn.Sequential(models.InstanceNoise(0.1), *D)
    opts = [torch.optim.Adam(net.parameters(), lr=1e-3) for net in (G, D)]
    average = copy.deepcopy(G)
    schedulers = tuple(training.falling_lr(opt, STEPS) for opt in opts)
    data = itertools.cycle(torch.randn(7, 64, 2, generator=runtime.generator(1)))
    return G, D, opts, average, schedulers, data


def old(average=False, falling=False, **more):
    G, D, opts, ema, schedulers, data = team()
    more |= {"average": ema, "decay": 0.99} if average else {}
    more |= {"schedulers": schedulers} if falling else {}
    *_, last = before.train(G, D, *opts, data, steps=STEPS, latent_dim=2, **more)
    return G, D, ema, last


def new(
    average=False,
    falling=False,
    constrain=None,
    clip_grad=None,
    autocast=None,
    penalty=None,
    **more,
):
    G, D, opts, ema, schedulers, data = team()
    if isinstance(penalty, tuple):
        penalty = penalties.lazy(penalty[0], every=penalty[1])
    nets = [training.Autocast(net, autocast) if autocast else net for net in (G, D)]
    run = training.train(*nets, *opts, data, steps=STEPS, latent_dim=2, penalty=penalty, **more)
    if constrain:
        run = training.constrained(run, opts[1], D, constrain)
    if clip_grad:
        run = training.clipped_gradients(run, *opts, most=clip_grad)
    run = training.averaged(run, ema, decay=0.99) if average else run
    run = training.scheduled(run, *schedulers) if falling else run
    *_, last = run
    assert not any(opt._optimizer_step_post_hooks or opt._optimizer_step_pre_hooks for opt in opts)
    return G, D, ema, last


@pytest.mark.parametrize("name", CASES)
def test_bit_identical(name):
    one, two = CASES[name]
    *nets, last = old(**one)
    *again, last_again = new(**two)
    for a, b in zip(nets, again, strict=True):
        for p, q in zip(a.parameters(), b.parameters(), strict=True):
            assert torch.equal(p, q)
    for column in before.NUMBERS:
        assert torch.equal(last.history.column(column), last_again.history.column(column))
    assert torch.equal(last.numbers["real_sign"], last_again.numbers["real_sign"])


def test_sweep_bit_identical():
    games = [losses.hinge, losses.relativistic, losses.non_saturating]

    def play(module, new):
        pairs = []
        for seed in range(3):
            runtime.seed_everything(seed)
            pairs.append((models.plane_generator(), models.plane_discriminator()))
        G, D = (models.stack(side) for side in zip(*pairs, strict=True))
        average = copy.deepcopy(G)
        opts = [torch.optim.Adam(net.parameters(), lr=1e-3) for net in (G, D)]
        falling = [training.falling_lr(opt, STEPS) for opt in opts]
        rngs = [runtime.generator(seed) for seed in range(3)]
        z = module.side_by_side([module.noise(16, 2, rng=rng) for rng in rngs])
        x = itertools.cycle(torch.randn(7, 3, 16, 2, generator=runtime.generator(9)))

        def steep(D, real, fake):
            return 0.1 * module.steepness(D, real).sum()

        clip = functools.partial(penalties.clip_weights, limit=0.5)
        more = {"games": games, "steps": STEPS}
        if new:
            run = module.sweep(G, D, *opts, x, z, penalty=penalties.lazy(steep, every=4), **more)
            run = module.constrained(run, opts[1], D, clip)
            run = module.scheduled(module.averaged(run, average, decay=0.9), *falling)
        else:
            more |= {"average": average, "decay": 0.9, "schedulers": falling, "constrain": clip}
            run = module.sweep(G, D, *opts, x, z, penalty=steep, penalty_every=4, **more)
        *_, last = run
        assert last.shown is average
        kept = [last.history.column(name) for name in before.NUMBERS]
        return [*G.parameters(), *D.parameters(), *average.parameters(), *kept]

    for p, q in zip(play(before, False), play(training, True), strict=True):
        assert torch.equal(p, q)


def test_equal_in_law_for_augment():
    """D's looks through T: the same means of both losses and logits, whatever is drawn."""

    def numbers(new: bool, seed: int):
        runtime.seed_everything(0)
        G = nn.Sequential(nn.Linear(4, 16), nn.Unflatten(1, (1, 4, 4)))
        D = nn.Sequential(
            nn.Flatten(1), nn.Linear(16, 8), nn.ReLU(), nn.Linear(8, 1), nn.Flatten(0)
        )
        opts = [torch.optim.SGD(net.parameters(), lr=0.0) for net in (G, D)]
        real = itertools.repeat(torch.rand(256, 1, 4, 4) + 1)
        torch.manual_seed(seed)
        T = augment.brightness
        more = {"steps": 50, "latent_dim": 4, "game": losses.relativistic}
        if new:
            D = nn.Sequential(augment.InFront(T), D)
            *_, last = training.train(G, D, *opts, real, **more)
        else:
            *_, last = before.train(G, D, *opts, real, augment=T, **more)
        return torch.stack([last.history.column(name).mean() for name in before.NUMBERS])

    a, b = (torch.stack([numbers(new, seed) for seed in range(20)]) for new in (False, True))
    apart = (a.mean(0) - b.mean(0)).abs()
    error = ((a.var(0) + b.var(0)) / 20).sqrt()
    assert (apart < 4 * error).all(), (apart, error)
