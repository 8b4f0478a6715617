"""A sweep is what its runs would be alone: nothing shared, nothing lost, nothing mixed. Lesson 10.

The theorem: run i of n stacked games makes the steps that ``training.train`` makes with the same
weights, batches, noise and game. Everything is computed in double precision, so that "the same"
can be asked to ten digits, and with plain gradient descent as well as with Adam, which would hide a
gradient of the wrong size.
"""

import copy
import itertools
import signal
from functools import partial

import pytest
import torch
from torch import nn
from torch.nn import functional as F
from torch.testing import assert_close

from gan_lessons import data, losses, models, penalties, runtime, training
from gan_lessons.errors import SettingError
from tests.library.runs import wrapped
from tests.three_lines import complaints

GAMES = {
    "minimax": losses.minimax,
    "non-saturating": losses.non_saturating,
    "least squares": losses.least_squares,
    "hinge": losses.hinge,
    "Wasserstein": losses.wasserstein,
    "relativistic": losses.relativistic,
}
B, LATENT, STEPS = 16, 3, 6
close = partial(assert_close, rtol=1e-9, atol=1e-11)
OPTIMIZERS = {
    "Adam": partial(torch.optim.Adam, lr=1e-2, betas=(0.5, 0.99)),
    "SGD": partial(torch.optim.SGD, lr=1e-2),
}


def players(seed: int) -> tuple[nn.Sequential, nn.Sequential]:
    torch.manual_seed(seed)
    G, D = models.plane_generator(latent_dim=LATENT, width=8), models.plane_discriminator(width=8)
    return G.double(), D.double()


def points(seed: int) -> torch.Tensor:
    return torch.randn(100, 2, generator=runtime.generator(seed), dtype=torch.float64)


def streams(run: int) -> tuple:
    """Return the batches and the noise of one run, from sources of its own."""
    torch.manual_seed(1000 + run)
    z = torch.randn(STEPS, B, LATENT, dtype=torch.float64)
    return data.batches(points(run), B, rng=runtime.generator(run)), iter(z)


class Sweep:
    """n games played at once for a few steps, and what is left of them."""

    def __init__(self, games, *, optimizer="Adam", change=None, prepare=None, **more):
        nets = [players(run) for run in range(len(games))]
        batches, noises = map(list, zip(*map(streams, range(len(games))), strict=True))
        if change is not None:
            change(nets, batches, noises)
        self.G, self.D = (models.stack(side) for side in zip(*nets, strict=True))
        self.average = copy.deepcopy(self.G)
        opts = [OPTIMIZERS[optimizer](net.parameters()) for net in (self.G, self.D)]
        if prepare is not None:
            prepare(*opts)
        more = {"steps": STEPS, "average": self.average, "decay": 0.5} | more
        more["schedulers"] = [training.falling_lr(opt, more["steps"]) for opt in opts]
        both = training.side_by_side(batches), training.side_by_side(noises)
        moments = wrapped(training.sweep, self.G, self.D, *opts, *both, games=games, **more)
        for moment in moments:
            self.last = moment
        self.history = self.last.history

    def weights(self, run: int) -> list[torch.Tensor]:
        """Return all weights of one run: of G, D and the average."""
        nets = (models.unstack(net, run) for net in (self.G, self.D, self.average))
        return [p.detach() for net in nets for p in net.parameters()]

    def numbers(self, run: int) -> list[torch.Tensor]:
        """Return the history of one run, (STEPS,) each."""
        return [self.history.column(name)[:, run] for name in training.NUMBERS]


def alone(run: int, game: losses.Game, *, optimizer="Adam", history=None, **more):
    """Return what ``Sweep.weights`` does, of the same run trained by ``training.train``.

    A list given as ``history`` gets what ``Sweep.numbers`` returns.
    """
    G, D = players(run)
    average = copy.deepcopy(G)
    opt_g, opt_d = (OPTIMIZERS[optimizer](net.parameters()) for net in (G, D))
    batches, noises = streams(run)
    schedulers = [training.falling_lr(opt, STEPS) for opt in (opt_g, opt_d)]
    more = {"average": average, "decay": 0.5, "schedulers": schedulers} | more
    more |= {"steps": STEPS, "latent_dim": LATENT, "game": game}
    loop = wrapped(training.train, Fed(G, noises), D, opt_g, opt_d, batches, **more)
    for moment in loop:
        kept = moment.history
    if history is not None:
        history += [kept.column(name) for name in training.NUMBERS]
    return [p.detach() for net in (G, D, average) for p in net.parameters()]


class Fed(nn.Module):
    """A generator that ignores the noise it is handed and takes that of a stream."""

    def __init__(self, G, noises):
        super().__init__()
        self.G, self.noises = G, noises

    def forward(self, z):
        return self.G(next(self.noises))


# -- the networks ----------------------------------------------------------------------------


@pytest.mark.parametrize("n", [1, 2, 7])
@pytest.mark.parametrize("side", [0, 1])
def test_stacked_networks_compute_what_each_computes(n, side):
    nets = [players(seed)[side] for seed in range(n)]
    x = torch.randn(n, B, (LATENT, 2)[side], dtype=torch.float64)
    together = models.stack(nets)(x)
    assert together.shape == ((n, B, 2) if side == 0 else (n, B))
    close(together, torch.stack([net(rows) for net, rows in zip(nets, x, strict=True)]))


def test_unstacking_gives_back_what_was_stacked():
    nets = [players(seed)[1] for seed in range(3)]
    stacked = models.stack(nets)
    for run, net in enumerate(nets):
        back = models.unstack(stacked, run).state_dict()
        assert all(torch.equal(back[name], value) for name, value in net.state_dict().items())
        assert models.unstack(stacked, run)(points(0)).shape == (100,)


def test_weights_are_copied_both_ways():
    nets = [players(seed)[0] for seed in range(2)]
    before = copy.deepcopy(nets[0].state_dict())
    stacked = models.stack(nets)
    taken = models.unstack(stacked, 0)
    for p in stacked.parameters():
        p.data.zero_()
    for net in (nets[0], taken):
        assert all(torch.equal(before[name], value) for name, value in net.state_dict().items())


def test_what_is_done_to_a_network_taken_out_leaves_the_others_alone():
    stacked = models.stack([nn.Sequential(models.InstanceNoise(0.5), nn.Linear(2, 1))] * 2)
    alone = models.unstack(stacked, 0).eval()
    assert stacked[0].training
    assert not alone[0].training


def test_a_noise_layer_blurs_each_run_by_its_own_sigma():
    nets = [nn.Sequential(models.InstanceNoise(), nn.Linear(2, 1), nn.Flatten(0)) for _ in range(3)]
    D = models.stack(nets)
    D[0].sigma = torch.tensor([0.0, 0.1, 1.0]).view(3, 1, 1)
    x = torch.zeros(3, 4_000, 2)
    assert_close(D[0](x).std(dim=(1, 2)), torch.tensor([0.0, 0.1, 1.0]), rtol=0.1, atol=0)


def lopsided(width: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(2, width), nn.ReLU(), nn.Linear(width, 1), nn.Flatten(0))


UNSTACKABLE = {
    "other sizes": [lopsided(4), lopsided(5)],
    "other layers": [lopsided(4), nn.Sequential(nn.Linear(2, 1), nn.Flatten(0))],
    "other slopes": [nn.Sequential(nn.LeakyReLU(0.1)), nn.Sequential(nn.LeakyReLU(0.2))],
    "nothing": [],
    "batch norm": [nn.Sequential(nn.Linear(2, 4), nn.BatchNorm1d(4)) for _ in range(2)],
    "a convolution": [nn.Sequential(nn.Conv2d(1, 4, 3)) for _ in range(2)],
    "no bias": [nn.Sequential(nn.Linear(2, 4, bias=False)) for _ in range(2)],
    "images": [nn.Sequential(nn.Flatten(1), nn.Linear(4, 1)) for _ in range(2)],
}


@pytest.mark.parametrize("nets", UNSTACKABLE.values(), ids=UNSTACKABLE.keys())
def test_what_cannot_be_stacked_is_refused(nets):
    with pytest.raises(SettingError) as caught:
        models.stack(nets)
    assert not complaints(caught.value)


# -- each run is what it would be alone ------------------------------------------------------


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_run_of_a_sweep_is_the_run_alone(optimizer):
    """Six games, two runs each, at once: weights, averages and numbers as of training.train."""
    games = [game for game in GAMES.values() for _ in range(2)]
    together = Sweep(games, optimizer=optimizer)
    for run, game in enumerate(games):
        numbers = []
        close(together.weights(run), alone(run, game, optimizer=optimizer, history=numbers))
        assert_close(together.numbers(run), numbers)


def test_games_may_come_in_any_order():
    games = [GAMES[name] for name in ("hinge", "relativistic", "hinge", "minimax", "relativistic")]
    together = Sweep(games)
    for run, game in enumerate(games):
        close(together.weights(run), alone(run, game))


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_run_may_have_a_memory_of_its_own(optimizer):
    """Averages with a decay of 0 (G itself), .5 and .9 at once."""
    decays = torch.tensor([0.0, 0.5, 0.9], dtype=torch.float64)
    games = [losses.hinge] * 3
    together = Sweep(games, optimizer=optimizer, decay=decays.view(3, 1, 1))
    for run, decay in enumerate(decays.tolist()):
        close(together.weights(run), alone(run, losses.hinge, optimizer=optimizer, decay=decay))


def test_each_player_s_gradients_are_computed_once_a_step():
    """D's weights get gradients in D's step alone, G's in G's: no work is done for nothing."""
    counts = {"G": 0, "D": 0}

    def prepare(*opts):
        for owner, opt in zip(counts, opts, strict=True):
            for weight in opt.param_groups[0]["params"]:
                weight.register_post_accumulate_grad_hook(partial(count, owner))

    def count(owner, weight):
        counts[owner] += 1

    together = Sweep([losses.relativistic] * 2, prepare=prepare)
    layers = [len(list(net.parameters())) for net in (together.G, together.D)]
    assert list(counts.values()) == [STEPS * layer for layer in layers]
    assert all(weight.requires_grad for weight in together.D.parameters())


def relativistic_average_d(real_logits, fake_logits):
    """A loss in which all samples of a batch meet: the hard case for stacking."""
    return F.softplus(fake_logits.mean() - real_logits).mean()


MIXING = losses.Game(relativistic_average_d, losses.relativistic_g, g_needs_real=True)


def test_a_loss_that_mixes_its_batch_does_not_mix_the_runs():
    together = Sweep([MIXING] * 3)
    for run in range(3):
        close(together.weights(run), alone(run, MIXING))


@pytest.mark.parametrize("name", GAMES)
def test_each_gives_every_run_its_own_loss_and_gradient(name):
    """each(...)[i] = loss(real[i], fake[i]); the gradient of the sum is each run's own."""
    real = torch.randn(4, 5, dtype=torch.float64, requires_grad=True)
    fake = torch.randn(4, 5, dtype=torch.float64, requires_grad=True)
    for loss in (GAMES[name].loss_d, GAMES[name].loss_g):
        together = training.each([(loss, slice(0, 3)), (loss, slice(3, 4))], real, fake)
        one_by_one = torch.stack([loss(r, f) for r, f in zip(real, fake, strict=True)])
        close(together, one_by_one)
        assert together.shape == (4,)
        close(
            torch.autograd.grad(together.sum(), fake), torch.autograd.grad(one_by_one.sum(), fake)
        )


# -- nobody disturbs anybody -----------------------------------------------------------------


def other_data(nets, batches, noises):
    batches[3] = data.batches(5 + points(99), B, rng=runtime.generator(99))


def other_noise(nets, batches, noises):
    noises[3] = iter(torch.ones(STEPS, B, LATENT, dtype=torch.float64))


def other_weights(nets, batches, noises):
    nets[3] = players(99)


def poison(nets, batches, noises):
    nan = torch.full((B, 2), torch.nan, dtype=torch.float64)
    batches[3] = itertools.chain(itertools.islice(batches[3], 2), itertools.repeat(nan))


@pytest.mark.parametrize("change", [other_data, other_noise, other_weights, poison])
def test_what_happens_to_one_run_changes_no_other_by_a_bit(change):
    games = list(GAMES.values())
    calm, changed = Sweep(games), Sweep(games, change=change)
    for run in range(len(games)):
        of_one = (sweep.weights(run) + sweep.numbers(run) for sweep in (calm, changed))
        pairs = list(zip(*of_one, strict=True))
        assert all(torch.equal(a, b) for a, b in pairs) == (run != 3)


def test_a_broken_run_is_named_and_the_others_go_on():
    history = Sweep(list(GAMES.values()), change=poison).history
    assert history.broken() == [None, None, None, 3, None, None]
    assert history.length == STEPS
    assert history.column("loss_d")[2:, 3].isnan().all()
    assert history.column("loss_d")[:, :3].isfinite().all()


def test_a_run_that_breaks_in_gs_loss_alone_is_named_too():
    infinite = losses.Game(losses.hinge_d, lambda real, fake: fake.mean() / 0)
    assert Sweep([losses.hinge, infinite]).history.broken() == [None, 1]


# -- what lesson 12 adds ---------------------------------------------------------------------


@pytest.mark.parametrize("runs", [1, 3])
def test_steepness_is_each_run_s_r1_without_its_strength(runs):
    """γ/2 · steepness(D, x)[i] = r1(D_i, x_i, γ), for a linear D that is γ/2 ‖w‖²."""
    nets = [players(seed)[1] for seed in range(runs)]
    D, x = models.stack(nets), torch.randn(runs, B, 2, dtype=torch.float64)
    expected = [penalties.r1(net, rows, gamma=2.0) for net, rows in zip(nets, x, strict=True)]
    close(training.steepness(D, x), torch.stack(expected))
    linear = nn.Sequential(nn.Linear(2, 1), nn.Flatten(0)).double()
    flat = training.steepness(models.stack([linear] * runs), x)
    close(flat, linear[0].weight.square().sum().expand(runs))


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_run_may_have_a_penalty_of_its_own_strength(optimizer):
    """R1 and R2 with γ = 0, .5 and 3 at once are the runs that training.train makes."""
    gammas = torch.tensor([0.0, 0.5, 3.0], dtype=torch.float64)

    def penalty(D, real, fake):
        both = training.steepness(D, real) + training.steepness(D, fake)
        return (gammas / 2 * both).sum()

    together = Sweep([losses.relativistic] * 3, optimizer=optimizer, penalty=penalty)
    for run, gamma in enumerate(gammas.tolist()):

        def of_one(D, real, fake, gamma=gamma):
            return penalties.r1(D, real, gamma=gamma) + penalties.r2(D, None, fake, gamma=gamma)

        expected = alone(run, losses.relativistic, optimizer=optimizer, penalty=of_one)
        close(together.weights(run), expected)


def both_sides(D, real, fake):
    """R1 with γ = 1, R2 with γ = 3 and something that every run pays: all three can be told apart.

    D is one network or many side by side: slopes are those of the sum of all logits.
    """
    at_real, at_fake = (penalties.slopes(D, x).square().sum() / x.shape[-2] for x in (real, fake))
    return at_real / 2 + 3 * at_fake / 2 + sum(p.square().sum() for p in D.parameters())


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("every", [1, 2, 4])
def test_a_lazy_penalty_is_the_same_as_that_of_the_run_alone(every, optimizer):
    """At every k-th step, from the first one on, and then k times."""
    lazy = {"penalty": both_sides, "every": every}
    together = Sweep([losses.relativistic] * 3, optimizer=optimizer, **lazy)
    for run in range(3):
        close(together.weights(run), alone(run, losses.relativistic, optimizer=optimizer, **lazy))


@pytest.mark.parametrize("every", [1, 2, 4])
def test_a_lazy_penalty_is_asked_at_every_kth_step_and_counts_k_times(every):
    """With a rate of 0 nothing moves: D's gradients are those of loss + k · penalty, or of loss."""
    seen, asked = [], []

    def prepare(opt_g, opt_d):
        for opt in (opt_g, opt_d):
            opt.param_groups[0]["lr"] = 0.0
        first = opt_d.param_groups[0]["params"][0]
        opt_d.register_step_pre_hook(lambda *_: seen.append(first.grad.clone()))

    def penalty(D, real, fake):
        asked.append(len(seen))
        assert not fake.requires_grad  # the way back to G is cut
        return 5 * next(D.parameters()).sum()  # its gradient: 5 everywhere

    plain = Sweep([losses.hinge] * 2, prepare=prepare, optimizer="SGD")
    without, seen = seen, []
    Sweep([losses.hinge] * 2, prepare=prepare, optimizer="SGD", penalty=penalty, every=every)
    assert asked == list(range(0, STEPS, every))
    assert plain.history.length == len(seen) == STEPS
    for step, (before, after) in enumerate(zip(without, seen, strict=True)):
        close(after - before, torch.full_like(before, 5.0 * every * (step in asked)))


def test_constrain_sees_d_after_its_update_and_may_touch_some_runs_only():
    """Weights clipped in run 1 alone are those of the run alone, and lie within the limit."""

    @torch.no_grad()
    def constrain(D):
        for weight in D.parameters():
            weight[1:2].clamp_(-0.1, 0.1)

    together = Sweep([losses.wasserstein] * 2, constrain=constrain)
    close(together.weights(0), alone(0, losses.wasserstein))
    clip = partial(penalties.clip_weights, limit=0.1)
    close(together.weights(1), alone(1, losses.wasserstein, constrain=clip))
    largest = [weight.detach().abs().amax(dim=(1, 2)) for weight in together.D.parameters()]
    assert max(found[1] for found in largest) <= 0.1 < max(found[0] for found in largest)


# -- streams, numbers, stopping --------------------------------------------------------------


def test_streams_side_by_side_keep_each_run_s_order():
    def batches(seed):
        return data.batches(points(seed), B, rng=runtime.generator(seed))

    together = training.side_by_side([batches(0), batches(1)], copies=3)
    apart = batches(0), batches(1)
    for batch in itertools.islice(together, 20):
        assert torch.equal(batch, torch.stack([next(stream) for stream in apart]).repeat(3, 1, 1))
        assert batch.shape == (6, B, 2)


@pytest.mark.parametrize("ends", ["batches", "noises"])
def test_streams_that_end_are_told_in_three_lines(ends):
    """Python would say that a generator raised StopIteration."""

    def change(nets, batches, noises):
        streams = {"batches": batches, "noises": noises}[ends]
        streams[:] = [itertools.islice(stream, 2) for stream in streams]

    with pytest.raises(SettingError, match="has ended before the run did") as info:
        Sweep([losses.hinge] * 2, change=change)
    assert complaints(info.value) == []


def test_noise_comes_from_its_own_source_alone():
    first, again = (training.noise(B, LATENT, rng=runtime.generator(5)) for _ in range(2))
    state = torch.get_rng_state()
    pairs = [(next(first), next(again)) for _ in range(3)]
    assert torch.equal(torch.get_rng_state(), state)
    assert all(torch.equal(a, b) for a, b in pairs)
    assert not torch.equal(pairs[0][0], pairs[1][0])
    assert pairs[0][0].shape == (B, LATENT)


def test_a_sweep_takes_nothing_from_the_global_source():
    nets = [players(seed) for seed in range(2)]
    G, D = (models.stack(side) for side in zip(*nets, strict=True))
    opts = [torch.optim.Adam(net.parameters()) for net in (G, D)]
    both = [training.side_by_side(side) for side in zip(*map(streams, range(2)), strict=True)]
    state = torch.get_rng_state()
    assert len(list(training.sweep(G, D, *opts, *both, games=[losses.hinge] * 2, steps=3))) == 3
    assert torch.equal(torch.get_rng_state(), state)


def test_moments_show_the_average_where_there_is_one():
    together = Sweep([losses.hinge])
    assert together.last.shown is together.average
    assert (together.last.step, together.last.steps) == (STEPS, STEPS)
    assert {value.shape for value in together.last.numbers.values()} == {(1,)}


def test_a_stopped_sweep_keeps_whole_steps():
    """■ in step 2 of 6: step 2 is ended, its numbers are there, no more."""

    def interrupt(D):
        interrupt.count += 1
        if interrupt.count == 2:
            signal.raise_signal(signal.SIGINT)

    interrupt.count = 0
    together = Sweep([losses.hinge] * 2, constrain=interrupt)
    assert together.history.length == together.last.step == 2
    assert together.history.column("loss_g").shape == (2, 2)
    assert interrupt.count == 2
