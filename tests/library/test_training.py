"""The library's loop is the plain loop of lesson 04, keeps its numbers, and says when it broke."""

import copy
import functools
import itertools
import math
import signal
import time
from collections.abc import Callable, Iterator

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.testing import assert_close
from torch.utils.flop_counter import FlopCounterMode

from gan_lessons import augment, data, losses, metrics, models, penalties, runtime, speed, training
from gan_lessons.errors import SettingError, TrainingDiverged
from tests.library.runs import wrapped
from tests.three_lines import complaints

LATENT, BATCH = 2, 16
RING = data.ring(500)


GAMES = {"non_saturating": losses.non_saturating, "minimax": losses.minimax}
GAMES |= {"least_squares": losses.least_squares, "hinge": losses.hinge}
GAMES |= {"wasserstein": losses.wasserstein, "relativistic": losses.relativistic}


class Team:
    """Fresh players and their batches, all from one seed."""

    def __init__(self, seed: int = 0, *, lr: float = 1e-3, norm: bool = False, fused: bool = False):
        runtime.seed_everything(seed)
        self.G, self.D = models.plane_generator(width=16), models.plane_discriminator(width=16)
        if norm:
            self.G.insert(1, nn.BatchNorm1d(16))
            self.D.insert(1, nn.BatchNorm1d(16))
        self.opt_g, self.opt_d = (
            torch.optim.Adam(net.parameters(), lr=lr, betas=(0.5, 0.99), fused=fused)
            for net in (self.G, self.D)
        )
        self.average = copy.deepcopy(self.G)
        self.batches = data.batches(RING.x, BATCH, rng=runtime.generator(seed))

    def train(self, steps: int, **more) -> Iterator[training.Moment]:
        players = (self.G, self.D, self.opt_g, self.opt_d)
        more = {"latent_dim": LATENT, **more}
        return wrapped(training.train, *players, self.batches, steps=steps, **more)

    def state(self) -> list[Tensor]:
        nets = (self.G, self.D, self.average)
        return [value.clone() for net in nets for value in net.state_dict().values()]


def equal(a: list[Tensor], b: list[Tensor]) -> bool:
    return all(torch.equal(p, q) for p, q in zip(a, b, strict=True))


def plain(team: Team, steps: int, game: losses.Game, *, mistake: str = "") -> list[list[float]]:
    """The loop as lesson 04 writes it, by hand: no freezing, no history, no stop; its losses.

    ``mistake`` changes one thing, to show that the comparison below would notice.
    """
    G, D, opt_g, opt_d = team.G, team.D, team.opt_g, team.opt_d
    told = []
    for _ in range(steps):
        real = next(team.batches)
        fake = G(torch.randn(len(real), LATENT))

        loss_d = game.loss_d(D(real), D(fake.detach()))
        if mistake != "D's old gradients":
            opt_d.zero_grad()
        loss_d.backward()
        if mistake != "no step of D":
            opt_d.step()

        if mistake == "a second batch":
            fake = G(torch.randn(len(real), LATENT))
        loss_g = game.loss_g(D(real) if game.g_needs_real else None, D(fake))
        if mistake != "G's old gradients":
            opt_g.zero_grad()
        loss_g.backward()
        opt_g.step()
        models.update_average(team.average, G, decay=0.9)
        told.append([loss_d.item(), loss_g.item()])
    return told


@pytest.mark.parametrize("game", GAMES)
@pytest.mark.parametrize("options", [{}, {"norm": True}, {"fused": True}], ids=str)
def test_the_library_s_loop_is_the_plain_loop_bit_for_bit(game, options):
    """Freezing D in G's step, the history and the boundary change not one bit of the players."""
    by_hand = Team(**options)
    told = plain(by_hand, 30, GAMES[game])
    library = Team(**options)  # seeds anew, so it comes after the other has played
    runs = list(library.train(30, game=GAMES[game], average=library.average, decay=0.9))
    assert equal(library.state(), by_hand.state())
    history = runs[-1].history
    kept = torch.stack([history.column("loss_d"), history.column("loss_g")], dim=1)
    assert torch.equal(kept, torch.tensor(told))


@pytest.mark.parametrize(
    "mistake", ["D's old gradients", "no step of D", "a second batch", "G's old gradients"]
)
def test_the_comparison_notices_a_changed_loop(mistake):
    by_hand = Team()
    plain(by_hand, 5, losses.non_saturating, mistake=mistake)
    library = Team()
    list(library.train(5, average=library.average, decay=0.9))
    assert not equal(library.state(), by_hand.state())


def test_every_step_is_yielded_between_two_steps():
    team = Team()
    before, seen = team.state(), []
    for moment in team.train(7, average=team.average):
        assert (moment.G, moment.D, moment.shown) == (team.G, team.D, team.average)
        assert moment.history.length == moment.step
        assert not equal(team.state(), before)
        before = team.state()
        seen.append((moment.step, moment.steps))
    assert seen == [(step, 7) for step in range(1, 8)]
    assert next(Team().train(1)).shown is not None


def test_without_an_average_g_itself_is_shown():
    team = Team()
    (moment,) = team.train(1)
    assert moment.shown is team.G


def test_no_step_is_made_before_it_is_asked_for_and_none_for_zero_steps():
    team = Team()
    before = team.state()
    run = team.train(3)
    assert equal(team.state(), before)
    next(run)
    assert not equal(team.state(), before)
    run.close()
    assert list(Team().train(0)) == []


def test_the_numbers_are_what_d_said_before_it_moved():
    team = Team()
    D = copy.deepcopy(team.D)
    real = next(Team().batches)
    rng = torch.get_rng_state()
    fake = team.G(torch.randn(BATCH, LATENT)).detach()
    torch.set_rng_state(rng)
    (moment,) = team.train(1)
    expected = {
        "loss_d": losses.cross_entropy_d(D(real), D(fake)),
        "real_logit": D(real).mean(),
        "fake_logit": D(fake).mean(),
    }
    for name, value in expected.items():
        assert torch.equal(moment.numbers[name], value)
        assert_close(moment.history.column(name), value.detach()[None])


def test_g_is_given_real_logits_only_where_its_game_asks_for_them():
    seen = []

    def loss_g(real_logits, fake_logits):
        seen.append(real_logits)
        return F.softplus(-fake_logits).mean()

    for needs in (False, True):
        team = Team()
        list(team.train(1, game=losses.Game(losses.cross_entropy_d, loss_g, g_needs_real=needs)))
    assert seen[0] is None
    assert seen[1].shape == (BATCH,)
    assert torch.equal(seen[1], team.D(next(Team().batches)))  # of D as it is after its step


@pytest.mark.parametrize("size", [1, 5])
def test_as_many_fakes_as_real_samples_came(size):
    team = Team()
    team.batches = itertools.repeat(RING.x[:size])
    shapes = []
    team.G.register_forward_hook(lambda net, x, out: shapes.append(len(out)))
    list(team.train(2))
    assert shapes == [size, size]


# -- what lesson 11 adds ---------------------------------------------------------------------


@pytest.mark.parametrize("n_critic", [1, 2, 5])
def test_d_gets_its_updates_each_on_a_fresh_batch_and_g_one(n_critic):
    team, batches, updates = Team(), [], {"d": 0, "g": 0}
    team.batches = (batches.append(x) or x for x in team.batches)

    def count(name):
        def hook(*_):
            updates[name] += 1

        return hook

    team.opt_d.register_step_post_hook(count("d"))
    team.opt_g.register_step_post_hook(count("g"))
    list(team.train(3, n_critic=n_critic))
    assert updates == {"d": 3 * n_critic, "g": 3}
    assert len(batches) == 3 * n_critic
    assert not any(torch.equal(a, b) for a, b in itertools.pairwise(batches))


def test_a_penalty_is_added_to_what_d_minimizes_and_reaches_only_d():
    """With a loss of 0 and the penalty ‖w‖²/2, plain gradient descent at rate 1/2 halves w."""
    team = Team()
    team.opt_d = torch.optim.SGD(team.D.parameters(), lr=0.5)
    nothing = losses.Game(lambda real, fake: 0 * fake.sum(), losses.non_saturating_g)

    def half_of_the_squares(D, real, fake):
        assert real.shape == fake.shape == (BATCH, 2)
        assert not fake.requires_grad
        return sum(p.square().sum() for p in D.parameters()) / 2

    before = [p.detach().clone() for p in team.D.parameters()]
    (moment,) = team.train(1, game=nothing, penalty=half_of_the_squares)
    for new, old in zip(team.D.parameters(), before, strict=True):
        assert_close(new.detach(), old / 2)
    assert moment.numbers["loss_d"] == 0  # the game's own loss, without the penalty


@pytest.mark.parametrize("every", [1, 2, 4])
def test_a_lazy_penalty_comes_every_so_many_steps_and_counts_so_many_times(every):
    """Four steps of gradient descent on c·w with a loss of 0: w moves by 4·c however lazy."""
    team, asked = Team(), []
    team.opt_d = torch.optim.SGD(team.D.parameters(), lr=0.5)
    nothing = losses.Game(lambda real, fake: 0 * fake.sum(), losses.non_saturating_g)

    def sum_of_weights(D, real, fake):
        asked.append(team.step)
        return sum(p.sum() for p in D.parameters())

    before = [p.detach().clone() for p in team.D.parameters()]
    team.step = 0
    for moment in team.train(4, game=nothing, penalty=sum_of_weights, every=every):
        team.step = moment.step
    assert asked == list(range(0, 4, every))
    for new, old in zip(team.D.parameters(), before, strict=True):
        assert_close(new.detach(), old - 2)


def test_whatever_d_sees_is_augmented_in_both_players_steps():
    """Real once and fake twice in a step, the second time with a gradient to G; a penalty too."""
    team, seen = Team(), []
    looked_at = []
    team.D[0].register_forward_pre_hook(lambda layer, x: looked_at.append(x[0].detach()))

    def shift(x, p):
        seen.append(x.requires_grad)
        return x + 100

    def penalty(D, real, fake):
        return 0 * D(real).sum()

    team.D = nn.Sequential(augment.InFront(shift), *team.D)
    before = [p.detach().clone() for p in team.G.parameters()]
    list(team.train(1, penalty=penalty, game=losses.relativistic))
    assert seen == [False, False, False, False, True]  # real, fake, penalty; real, fake for G
    assert len(looked_at) == 5
    assert all(x.min() > 50 for x in looked_at)
    assert any(not torch.equal(p, q) for p, q in zip(team.G.parameters(), before, strict=True))


def test_the_samples_that_are_shown_are_never_augmented():
    team = Team()
    team.D = nn.Sequential(augment.InFront(lambda x, p: x + 100), *team.D)
    *_, moment = team.train(2)
    with torch.no_grad():
        assert moment.shown(torch.zeros(4, LATENT)).abs().max() < 50


def test_the_mean_sign_of_d_on_real_samples_is_told():
    """Of a D whose answers are noise, so that real and fake samples differ in their signs."""
    team, said, differ = Team(), [], 0

    def unsure(layer, x, out):
        said.append(out.detach() + torch.randn_like(out))
        return out + (said[-1] - out.detach())

    team.D[-1].register_forward_hook(unsure)
    for moment in team.train(10):
        real, fake, _ = (logits.sign().mean() for logits in said[-3:])
        assert moment.numbers["real_sign"] == real
        assert moment.history.column("real_sign")[-1] == real
        differ += bool(real != fake)
    assert differ > 5


def test_d_is_constrained_after_each_of_its_updates():
    team, seen = Team(), []

    def clip(D):
        seen.append([p.detach().clone() for p in D.parameters()])
        with torch.no_grad():
            for p in D.parameters():
                p.clamp_(-0.01, 0.01)

    list(team.train(2, constrain=clip, n_critic=3))
    assert len(seen) == 6
    assert any(p.abs().max() > 0.01 for p in seen[-1])  # there was something to cut
    assert all(p.abs().max() <= 0.01 for p in team.D.parameters())


@pytest.mark.parametrize("player", ["G", "D"])
@pytest.mark.parametrize(("limit", "moved"), [(1e-4, True), (1e3, False)])
def test_clipped_gradients_have_at_most_that_norm(player, limit, moved):
    """One step of plain gradient descent at rate 1 moves a player no farther than the norm."""
    team = Team()
    net = getattr(team, player)
    setattr(team, f"opt_{player.lower()}", torch.optim.SGD(net.parameters(), lr=1.0))
    before = [p.detach().clone() for p in net.parameters()]
    list(team.train(1, most=limit))
    parts = zip(net.parameters(), before, strict=True)
    step = torch.stack([(p.detach() - q).norm() for p, q in parts]).norm()
    assert bool(torch.isclose(step, torch.tensor(limit), rtol=1e-2)) is moved
    assert step <= limit * 1.01


def test_autocast_computes_in_bfloat16_and_keeps_weights_and_losses_in_float32():
    team, seen = Team(), set()
    for net in (team.G, team.D):
        net[0].register_forward_hook(lambda layer, x, out: seen.add(out.dtype))
    autocast = functools.partial(torch.autocast, "cpu", dtype=torch.bfloat16)
    runs = list(team.train(20, autocast=autocast))
    assert seen == {torch.bfloat16}
    assert {p.dtype for p in team.G.parameters()} == {torch.float32}
    assert runs[-1].numbers["loss_d"].dtype == torch.float32
    assert runs[-1].history.column("loss_g").isfinite().all()


def test_autocast_gives_each_of_several_answers_in_float32():
    D = models.AuxiliaryD(nn.Linear(3, 8), width=8, numbers=12)
    asked = torch.randn(4, 3), torch.arange(4), torch.randn(4, 2)
    answers = training.Autocast(D, half)(*asked)
    assert [answer.dtype for answer in answers] == [torch.float32] * 2
    assert_close(answers, D(*asked), rtol=0.05, atol=0.05)


def test_what_was_frozen_before_stays_so():
    """D's first layer is kept as it was, as in fine-tuning; its last one learns."""
    team = Team()
    team.D[0].requires_grad_(False)
    before = copy.deepcopy(team.D.state_dict())
    list(team.train(3))
    assert not team.D[0].weight.requires_grad
    assert torch.equal(team.D[0].weight, before["0.weight"])
    assert any(not torch.equal(weight, before[name]) for name, weight in team.D.named_parameters())


# -- what wraps a run ------------------------------------------------------------------------


HANGS = {
    "constrained": lambda run, team: training.constrained(
        run, team.opt_d, team.D, penalties.clip_weights
    ),
    "clipped": lambda run, team: training.clipped_gradients(run, team.opt_g, team.opt_d, most=1.0),
}


def hooks(team: Team) -> int:
    kinds = ("_optimizer_step_pre_hooks", "_optimizer_step_post_hooks")
    return sum(len(getattr(opt, kind)) for opt in (team.opt_g, team.opt_d) for kind in kinds)


@pytest.mark.parametrize("wrap", HANGS)
@pytest.mark.parametrize("end", ["whole", "left early", "closed", "broken"])
def test_what_hangs_on_an_optimizer_goes_with_its_run(wrap, end):
    """Without a run around, the learner's optimizer must do what it says."""
    team = Team()
    if end == "broken":
        team.batches = sick_batches(1)
    run = HANGS[wrap](team.train(3), team)
    assert hooks(team) == 0
    next(run)
    assert hooks(team) == {"constrained": 1, "clipped": 2}[wrap]
    if end == "whole":
        list(run)
    elif end == "broken":
        with pytest.raises(TrainingDiverged):
            list(run)
    elif end == "closed":
        run.close()
    del run
    assert hooks(team) == 0


def test_an_average_can_be_taken_elsewhere():
    """What a checkpoint sees of it is enough to go on."""
    team, other = Team(), Team(seed=1)
    run = training.averaged(team.train(3), team.average, decay=0.5)
    list(run)
    fresh = training.averaged(other.train(3), other.average, decay=0.5)
    fresh.load_state_dict(copy.deepcopy(run.state_dict()))
    pairs = zip(team.average.parameters(), other.average.parameters(), strict=True)
    assert all(torch.equal(p, q) for p, q in pairs)


def test_a_lazy_penalty_goes_on_where_it_was():
    """Asked at calls 0, 3, 6, in one go or taken elsewhere after two."""

    def asked(stops: tuple[int, ...]) -> list[int]:
        found, done, state = [], 0, None
        for stop in stops:
            once = penalties.lazy(lambda call: found.append(call) or 1.0, every=3)
            if state is not None:
                once.load_state_dict(state)
            values = [once(call) for call in range(done, stop)]
            assert set(values) <= {0.0, 3.0}
            done, state = stop, once.state_dict()
        return found

    assert asked((8,)) == asked((2, 8)) == asked((3, 5, 8)) == [0, 3, 6]


# -- batches ---------------------------------------------------------------------------------


def test_a_data_loader_is_begun_again_at_its_end():
    team, seen = Team(), []
    team.batches = torch.utils.data.DataLoader(RING.x[:40], batch_size=16)  # 16, 16, 8
    team.D.register_forward_pre_hook(lambda net, x: seen.append(x[0].detach()))
    list(team.train(7))
    real = seen[::3]  # real, fake, and fake again for G
    assert [len(x) for x in real] == [16, 16, 8, 16, 16, 8, 16]
    assert torch.equal(torch.cat(real[:3]), RING.x[:40])


@pytest.mark.parametrize("batches", [[], iter([]), iter([RING.x[:4]] * 3), (x for x in ())])
def test_batches_that_end_are_told(batches):
    team = Team()
    team.batches, done = batches, 0
    with pytest.raises(SettingError, match=r"no batch left after (0|3)\.") as info:  # noqa: PT012
        for moment in team.train(5):
            done = moment.step
    assert complaints(info.value) == []
    assert f"after {done}." in str(info.value)


def test_one_tensor_is_no_stream_of_batches():
    team = Team()
    team.batches = RING.x
    with pytest.raises(SettingError, match=r"data\.batches\(x, batch_size\)") as info:
        list(team.train(1))
    assert complaints(info.value) == []


class Conditional(nn.Module):
    """A net that hears a condition and notes it."""

    def __init__(self, net: nn.Module):
        super().__init__()
        self.net, self.heard = net, []

    def forward(self, x, condition):
        self.heard.append(condition)
        return self.net(x)


half = functools.partial(torch.autocast, "cpu", dtype=torch.bfloat16)


@pytest.mark.parametrize("kind", [tuple, list])
def test_conditions_reach_g_d_and_the_penalty(kind):
    team, told = Team(), []
    team.G, team.D = Conditional(team.G), Conditional(team.D)
    labels = iter(range(100))
    team.batches = (kind([x, torch.full((len(x),), next(labels))]) for x in Team().batches)

    def penalty(D, real, fake, condition):
        told.append(condition)
        return 0 * D(real, condition).sum()

    list(team.train(2, penalty=penalty, game=losses.relativistic, n_critic=2))
    assert [int(c[0]) for c in told] == [0, 1, 2, 3]
    assert [int(c[0]) for c in team.G.heard] == [0, 1, 2, 3]
    # real, fake, penalty of each update; real and fake once more for G, of the last batch
    assert [int(c[0]) for c in team.D.heard] == [0] * 3 + [1] * 5 + [2] * 3 + [3] * 5


@pytest.mark.parametrize("deaf", ["G", "D"])
def test_labels_that_nobody_takes_are_told(deaf):
    """The batches of a data set with labels, and nets that take samples only."""
    team = Team()
    other = "D" if deaf == "G" else "G"
    setattr(team, other, Conditional(getattr(team, other)))
    both = torch.utils.data.TensorDataset(RING.x, torch.zeros(len(RING.x)))
    team.batches = torch.utils.data.DataLoader(both, batch_size=BATCH)
    with pytest.raises(SettingError, match=rf"and {deaf} takes") as info:
        list(team.train(1))
    assert complaints(info.value) == []
    setattr(team, deaf, training.Autocast(getattr(team, deaf), half))
    with pytest.raises(SettingError, match=rf"and {deaf} takes"):
        list(team.train(1))


def test_nets_that_miss_their_conditions_are_told():
    team = Team()
    team.G, team.D = Conditional(team.G), Conditional(team.D)
    with pytest.raises(SettingError, match="brings 0 more than samples") as info:
        list(team.train(1))
    assert "G takes another number" in str(info.value)


# -- a penalty that takes the logits of the loss -----------------------------------------------


@pytest.mark.parametrize("gammas", [(0.7, 0.0), (0.0, 0.7), (0.4, 0.9)])
@pytest.mark.parametrize("every", [None, 3])
def test_the_penalty_of_the_loss_s_logits_is_r1_and_r2(gammas, every):
    """In double precision, through ten steps: the same weights to ten digits."""

    def played(penalty):
        team = Team()
        team.G, team.D = team.G.double(), team.D.double()
        team.opt_g, team.opt_d = (
            torch.optim.SGD(net.parameters(), lr=0.1) for net in (team.G, team.D)
        )
        team.batches = (x.double() for x in team.batches)
        torch.set_default_dtype(torch.float64)
        try:
            list(team.train(10, penalty=penalty, every=every))
        finally:
            torch.set_default_dtype(torch.float32)
        return [p.detach() for net in (team.G, team.D) for p in net.parameters()]

    def apart(D, real, fake):
        r1, r2 = (functools.partial(f, gamma=g) for f, g in zip(RS, gammas, strict=True))
        return r1(D, real) + r2(D, None, fake)

    RS = penalties.r1, penalties.r2
    reused = played(penalties.ZeroCentered(real=gammas[0], fake=gammas[1]))
    assert_close(reused, played(apart), rtol=1e-10, atol=1e-12)
    with pytest.raises(AssertionError):
        assert_close(reused, played(penalties.ZeroCentered(real=0.1)), rtol=1e-10, atol=1e-12)


def test_without_logits_it_runs_d_itself():
    D, x = models.plane_discriminator(width=8), RING.x[:16]
    reused = penalties.ZeroCentered(real=0.3, fake=0.5)(D, x, x + 1)
    apart = penalties.r1(D, x, gamma=0.3) + penalties.r2(D, None, x + 1, gamma=0.5)
    assert_close(reused, apart)


def test_beside_autocast_the_penalty_is_computed_anew_in_float32():
    team, given = Team(), []

    class Noting(penalties.ZeroCentered):
        def __call__(self, *seen, **more):
            given.append(more)
            return super().__call__(*seen, **more)

    autocast = functools.partial(torch.autocast, "cpu", dtype=torch.bfloat16)
    list(team.train(1, penalty=Noting(real=1.0), autocast=autocast))
    list(team.train(1, penalty=Noting(real=1.0)))
    assert [set(more) for more in given] == [set(), {"logits"}]


# -- the learning rate -----------------------------------------------------------------------


@pytest.mark.parametrize("steps", [2, 10, 1000])
def test_the_learning_rate_falls_to_zero_over_the_second_half(steps):
    """min(1, 2 − 2·step/steps): 1 up to the middle, then a straight line to 0 at the end."""
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=0.5)
    scheduler = training.falling_lr(optimizer, steps)
    rates = scheduler.get_last_lr()
    for _ in range(steps):
        optimizer.step()
        scheduler.step()
        rates += scheduler.get_last_lr()
    expected = [0.5 * min(1, 2 * (1 - step / steps)) for step in range(steps + 1)]
    assert rates == pytest.approx(expected, abs=1e-7)


def test_beyond_its_steps_the_rate_stays_at_zero():
    """A rate below 0 climbs: a run that goes on with its schedulers must not."""
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=0.5)
    scheduler = training.falling_lr(optimizer, 4)
    for _ in range(9):
        optimizer.step()
        scheduler.step()
    assert scheduler.get_last_lr() == [0.0]


def test_schedulers_are_stepped_once_a_step():
    team = Team()
    schedulers = tuple(training.falling_lr(opt, 8) for opt in (team.opt_d, team.opt_g))
    rates = [schedulers[1].get_last_lr()[0] for _ in team.train(8, schedulers=schedulers)]
    assert rates == pytest.approx([1e-3] * 4 + [7.5e-4, 5e-4, 2.5e-4, 0])


# -- the history -----------------------------------------------------------------------------


@pytest.mark.parametrize("length", [0, 1, 1024, 1025, 3000])
def test_the_history_keeps_every_row_however_many(length):
    history = training.History()
    for i in range(length):
        history.record({"loss_d": torch.tensor(float(i)), "fake_logit": torch.tensor(-float(i))})
    assert history.length == length
    assert torch.equal(history.column("loss_d"), torch.arange(float(length)))
    assert torch.equal(history.column("fake_logit"), -torch.arange(float(length)))
    assert history.column("loss_g").isnan().all()  # never told: not a number, not 0


def test_the_history_keeps_no_graph():
    history = training.History()
    weight = torch.ones((), requires_grad=True)
    history.record({"loss_d": 2 * weight, "loss_g": 3 * weight})
    assert not history.column("loss_d").requires_grad
    assert history.column("loss_d").tolist() == [2.0]


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf")])
@pytest.mark.parametrize("column", ["loss_d", "loss_g"])
def test_the_first_row_that_is_no_number(bad, column):
    history = training.History()
    for i in range(10):
        row = {name: torch.tensor(1.0) for name in training.NUMBERS}
        history.record(row | ({column: torch.tensor(bad)} if i in (4, 7) else {}))
    assert history.first_not_finite() == 4
    assert history.first_not_finite(5) == 7
    assert history.first_not_finite(8) is None


# -- when it breaks --------------------------------------------------------------------------


def sick_batches(at: int, value: float = float("nan")) -> Iterator[Tensor]:
    """Yield batches of which number ``at`` (from 0) holds one value that is no number."""
    for i in itertools.count():
        real = RING.x[:BATCH].clone()
        if i == at:
            real[3, 1] = value
        yield real


@pytest.mark.parametrize("at", [0, 7, 48, 49, 50, 99, 100, 118, 119])
@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_loss_that_is_no_number_is_told_with_its_step(at, value):
    """Batch number k (from 0) is step k + 1; it is found at the next multiple of 50 or the end."""
    team = Team()
    team.batches = sick_batches(at, value)
    done = 0
    with pytest.raises(TrainingDiverged, match=rf"at step {at + 1}:") as info:  # noqa: PT012
        for moment in team.train(120):
            done = moment.step
    assert complaints(info.value) == []
    assert f"the {at} steps before" in str(info.value)
    assert done == min(120, -(-(at + 1) // 50) * 50) - 1


def broken_weights(net: str) -> Callable[[Team], None]:
    def breaks(team: Team) -> None:
        getattr(team, net)[0].weight.data[0, 0] = float("nan")

    return breaks


def a_root_of_zero(D, real, fake):
    """A penalty whose value is 0 and whose gradient is not a number."""
    return (D(real) - D(real)).square().sum().sqrt()


@pytest.mark.parametrize(
    ("net", "said"),
    [
        ("G", "of the fakes alone, so G, in the step before"),
        ("D", "of real and fake alike, so its weights, in the step before"),
    ],
)
def test_weights_that_are_no_numbers_are_found_too(net, said):
    team, breaks = Team(), broken_weights(net)
    told = f"at step 13: NaN or infinity. First to break: D's logits {said}"
    with pytest.raises(TrainingDiverged, match=told):  # noqa: PT012
        for moment in team.train(60):
            if moment.step == 12:
                breaks(team)


def test_a_batch_that_is_no_number_is_told_as_that():
    team = Team()
    team.batches = sick_batches(7)
    with pytest.raises(TrainingDiverged, match="of the real batch alone: look into the data") as it:
        list(team.train(60))
    assert complaints(it.value) == []


def test_a_loss_that_alone_is_no_number_is_told_as_that():
    def log_of_zero(real_logits, fake_logits):
        return (real_logits - real_logits).log().mean()

    game = losses.Game(log_of_zero, losses.non_saturating_g)
    with pytest.raises(TrainingDiverged, match=r"at step 1: .*: D's loss, of logits that are num"):
        list(Team().train(10, game=game))


def test_a_penalty_that_breaks_d_in_its_update_is_told_as_that():
    with pytest.raises(
        TrainingDiverged, match="G's loss, after D's update: the gradient of D's penalty"
    ) as it:
        list(Team().train(10, penalty=a_root_of_zero))
    assert complaints(it.value) == []


def test_a_learning_rate_ten_thousand_times_too_high_diverges():
    """Plain gradient descent, lr 1e4 instead of 1; at lr 1 the same run stays finite."""

    def run(lr: float) -> training.Moment:
        team = Team()
        team.opt_g, team.opt_d = (
            torch.optim.SGD(net.parameters(), lr=lr) for net in (team.G, team.D)
        )
        return list(team.train(200))[-1]

    assert run(0.1).history.first_not_finite() is None
    with pytest.raises(TrainingDiverged, match=r"at step \d+:"):
        run(1e4)


def test_a_run_that_is_stopped_at_its_sick_step_says_so():
    team = Team()

    def batches():
        for i, real in enumerate(sick_batches(5)):
            if i == 5:
                signal.raise_signal(signal.SIGINT)
            yield real

    team.batches = batches()
    with pytest.raises(TrainingDiverged, match="at step 6:"):
        list(team.train(120))


def test_a_stop_while_its_moment_is_looked_at_is_a_look_for_numbers_too():
    team = Team()
    run = team.train(120)
    next(run)
    team.D[0].weight.data.fill_(math.nan)
    next(run)
    signal.raise_signal(signal.SIGINT)
    with pytest.raises(TrainingDiverged, match="at step 2:"):
        next(run)


def test_a_stopped_run_is_whole_and_goes_on():
    whole = Team()
    list(whole.train(9, average=whole.average))
    parts = Team()

    for moment in parts.train(9, average=parts.average):
        if moment.step == 4:
            signal.raise_signal(signal.SIGINT)
    assert (moment.step, moment.history.length) == (4, 4)
    list(parts.train(5, average=parts.average))
    assert equal(parts.state(), whole.state())


def test_a_mistake_in_a_loss_leaves_d_as_it_was():
    """The learner mends loss_g and runs the cell again: D must still be able to learn."""

    def broken(real_logits, fake_logits):
        raise ZeroDivisionError

    team = Team()
    with pytest.raises(ZeroDivisionError):
        list(team.train(1, game=losses.Game(losses.cross_entropy_d, broken)))
    assert all(p.requires_grad for p in team.D.parameters())
    before = team.state()
    list(team.train(1))
    assert not equal(team.state(), before)


# -- the work --------------------------------------------------------------------------------


def forward_flops(net: nn.Sequential, batch: int) -> tuple[int, int]:
    """Return the FLOPs of one forward pass, of all layers and of the first alone."""
    sizes = [2 * batch * m.in_features * m.out_features for m in net if isinstance(m, nn.Linear)]
    return sum(sizes), sizes[0]


@pytest.mark.parametrize(("width", "latent_dim"), [(16, 2), (128, 2), (64, 32)])
@pytest.mark.parametrize("game", GAMES)
def test_a_step_does_the_least_work_that_is_possible(width, latent_dim, game):
    """executed / minimal = 1.00, counted in FLOPs of matrix products, for MLPs without penalty.

    Minimal: D 6·F_D − 2·f_D (two batches forward, weight gradients of both, input gradients but of
    the first layer), G 2·F_D + 3·F_G − f_G; a game that looks at D(real) in G's step adds F_D.
    """
    G = models.plane_generator(latent_dim=latent_dim, width=width)
    D = models.plane_discriminator(width=width)
    opts = [torch.optim.SGD(net.parameters(), lr=1e-3) for net in (G, D)]
    real = itertools.repeat(RING.x[:BATCH])
    steps = 3
    with FlopCounterMode(display=False) as counter:
        list(
            training.train(
                *(G, D, *opts, real), steps=steps, latent_dim=latent_dim, game=GAMES[game]
            )
        )
    (F_D, f_D), (F_G, f_G) = forward_flops(D, BATCH), forward_flops(G, BATCH)
    minimal = 6 * F_D - 2 * f_D + 2 * F_D + 3 * F_G - f_G + F_D * GAMES[game].g_needs_real
    assert counter.get_total_flops() / (steps * minimal) == pytest.approx(1.0, abs=1e-9)


def test_the_plain_loop_does_more_and_the_count_sees_it():
    """Without freezing D, its weight gradients are computed in G's step and thrown away: + F_D."""
    team = Team()
    with FlopCounterMode(display=False) as counter:
        plain(team, 1, losses.non_saturating)
    (F_D, f_D), (F_G, f_G) = forward_flops(team.D, BATCH), forward_flops(team.G, BATCH)
    minimal = 8 * F_D - 2 * f_D + 3 * F_G - f_G
    assert counter.get_total_flops() == minimal + F_D


def test_a_calibration_is_a_time():
    assert 0 < speed.calibrate(rounds=20) < 10_000


def test_a_calibration_is_on_one_thread_and_leaves_the_threads_as_they_were(monkeypatch):
    """Or an estimate of lesson 00, made on one, would compare with minutes measured on two."""
    before, used, clock = torch.get_num_threads(), set(), time.perf_counter
    monkeypatch.setattr(time, "perf_counter", lambda: used.add(torch.get_num_threads()) or clock())
    torch.set_num_threads(2)
    try:
        speed.calibrate(rounds=20)
        assert used == {1}
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


@pytest.mark.parametrize("up", [1e3, 1e8])
def test_a_calibration_is_as_fine_on_a_machine_that_has_been_up_for_years(monkeypatch, up):
    """In float32, 10^8 seconds and 10^8 seconds and 1.5 ms are the same number."""
    clock = itertools.count()
    monkeypatch.setattr(time, "perf_counter", lambda: up + 0.0015 * next(clock))
    assert_close(speed.calibrate(rounds=20), 1.5, rtol=1e-3, atol=0)


# -- does it learn? --------------------------------------------------------------------------


@pytest.mark.slow
def test_the_recipe_of_lesson_04_learns_the_ring():
    """8 of 8 modes and at least 90 % of high quality from the average, at the lesson's budget.

    The same bound fails on G itself half way (no average, the learning rate still high) and on the
    average fed with a constant z; a run at 100 times the learning rate ends with 0 modes. One seed,
    as the lesson runs five; the bound was met by both seeds tried here (96.4 and 95.6 %).
    """
    ring, steps, blur = data.ring(), 6_000, 0.5
    runtime.seed_everything(0)
    noise = models.InstanceNoise(blur)
    G, D = models.plane_generator(), nn.Sequential(noise, *models.plane_discriminator())
    opt_g, opt_d = (
        torch.optim.Adam(net.parameters(), lr=3e-3, betas=(0.5, 0.99), fused=True) for net in (G, D)
    )
    average = copy.deepcopy(G)
    schedulers = tuple(training.falling_lr(opt, steps) for opt in (opt_g, opt_d))
    batches = data.batches(ring.x, 256, rng=runtime.generator(0))
    z = torch.randn(10_000, 2, generator=runtime.generator(1))

    @torch.no_grad()
    def good(net: nn.Module, noise: Tensor) -> bool:
        modes = metrics.modes_covered(net(noise), ring.centers, ring.sigma)
        share = metrics.high_quality_share(net(noise), ring.centers, ring.sigma)
        return modes == 8 and share >= 0.9

    run = training.train(G, D, opt_g, opt_d, batches, steps=steps, latent_dim=2)
    run = training.averaged(run, average, decay=0.998)
    for moment in training.scheduled(run, *schedulers):
        noise.sigma = blur * max(0.0, 1 - moment.step / (0.3 * steps))
        if moment.step == steps // 2:
            assert not good(G, z)
    assert good(average, z)
    assert not good(average, torch.zeros_like(z))
