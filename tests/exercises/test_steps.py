"""What the spies report of a training step, compared with what the mathematics says."""

import pytest
import torch
from torch import nn
from torch.nn.functional import softplus
from torch.testing import assert_close

from gan_lessons import models
from gan_lessons.checks import steps as spies

LATENT = 3


def players(seed: int = 0) -> tuple:
    torch.manual_seed(seed)
    G = models.plane_generator(latent_dim=LATENT, width=8)
    D = models.plane_discriminator(width=8)
    return G, D, torch.optim.SGD(G.parameters(), lr=0.1), torch.optim.SGD(D.parameters(), lr=0.1)


def real_points(n: int) -> torch.Tensor:
    return 3 + torch.randn(n, 2)


def good(G, D, opt_g, opt_d, real, latent_dim):
    fake = G(torch.randn(len(real), latent_dim))
    loss_d = softplus(-D(real)).mean() + softplus(D(fake.detach())).mean()
    opt_d.zero_grad()
    loss_d.backward()
    opt_d.step()
    loss_g = softplus(-D(fake)).mean()
    opt_g.zero_grad()
    loss_g.backward()
    opt_g.step()
    return "done"


def watch(step, n: int = 8, team=None) -> spies.Report:
    return spies.watch_step(step, *(team or players()), real_points(n), LATENT)


@pytest.mark.parametrize("n", [1, 8, 25, 26, 64, 256])
def test_the_good_step_is_seen_as_it_is(n):
    """D first, then G; each moves alone; every row is known for what it is, at any batch size."""
    report = watch(good, n)
    d, g = report.updates
    assert (d.owner, g.owner) == ("D", "G")
    assert (d.moved, g.moved) == ({"D"}, {"G"})
    assert [look.kinds for look in report.looks] == [["r"] * n, ["f"] * n, ["f"] * n]
    assert [look.carries for look in report.looks] == [False, False, True]
    assert len(d.looks) == 2
    assert len(g.looks) == 1
    assert d.unused == g.unused == []
    assert d.grads == {"D": True, "G": False}
    assert g.grads["G"]
    assert report.returned == "done"
    assert [z.shape for z in report.noise] == [(n, LATENT)]


@pytest.mark.parametrize("n", [1, 8, 40])
def test_the_pull_is_the_slope_of_the_loss_at_each_logit(n):
    """D: −σ(−t)/B at a real logit t and σ(t)/B at a fake one; G: −σ(−t)/B."""
    team = players()
    logits = []
    hook = team[1].register_forward_hook(lambda net, x, out: logits.append(out.detach()))
    report = watch(good, n, team)
    hook.remove()
    real, fake, fake_for_g = logits
    d, g = report.updates
    assert_close(d.pull("r"), -torch.sigmoid(-real) / n)
    assert_close(d.pull("f"), torch.sigmoid(fake) / n)
    assert_close(g.pull("f"), -torch.sigmoid(-fake_for_g) / n)
    assert len(g.pull("r")) == 0


def no_detach(G, D, opt_g, opt_d, real, latent_dim):
    fake = G(torch.randn(len(real), latent_dim))
    loss_d = softplus(-D(real)).mean() + softplus(D(fake)).mean()
    opt_d.zero_grad()
    loss_d.backward(retain_graph=True)
    opt_d.step()


def both_move(G, D, opt_g, opt_d, real, latent_dim):
    good(G, D, opt_g, opt_d, real, latent_dim)
    D[0].bias.data += 1


def strangers(G, D, opt_g, opt_d, real, latent_dim):
    D(torch.full((4, 2), 77.0))
    good(G, D, opt_g, opt_d, real, latent_dim)


def test_a_fake_that_still_leads_to_g_is_seen():
    (d,) = watch(no_detach).updates
    assert d.grads == {"D": True, "G": True}
    assert any(look.carries for look in d.looks)


def test_rows_that_are_neither_real_nor_generated_are_seen():
    report = watch(strangers)
    assert report.looks[0].kinds == ["?"] * 4
    assert len(report.updates[0].unused) == 1


def test_a_mixed_batch_is_told_apart_row_by_row():
    def mixed(G, D, opt_g, opt_d, real, latent_dim):
        fake = G(torch.randn(len(real), latent_dim))
        D(torch.cat([real, fake.detach()])).sum().backward()
        opt_d.step()

    report = watch(mixed, 5)
    assert report.looks[0].kinds == ["r"] * 5 + ["f"] * 5
    assert len(report.update_of("D").pull("r")) == 5
    assert report.update_of("G") is None


def test_a_step_of_zeros_moves_nobody():
    def lazy(G, D, opt_g, opt_d, real, latent_dim):
        opt_d.zero_grad()
        (0 * D(real).mean()).backward()
        opt_d.step()

    (update,) = watch(lazy).updates
    assert update.moved == set()
    assert update.grads == {"D": False, "G": False}


@pytest.mark.parametrize("fails", [False, True])
def test_the_spies_leave_no_trace(fails):
    """All hooks go, also after an error; the step's result is that of an unwatched one."""

    def step(*args):
        good(*args)
        if fails:
            raise ZeroDivisionError

    team, alone = players(), players()
    torch.manual_seed(1)
    real = real_points(8)
    torch.manual_seed(2)
    try:
        spies.watch_step(step, *team, real, LATENT)
    except ZeroDivisionError:
        assert fails
    torch.manual_seed(2)
    good(*alone, real, LATENT)
    for watched, free in zip(team[:2], alone[:2], strict=True):
        assert not watched._forward_hooks
        for p, q in zip(watched.parameters(), free.parameters(), strict=True):
            assert torch.equal(p, q)
    for opt in team[2:]:
        assert not opt._optimizer_step_pre_hooks
        assert not opt._optimizer_step_post_hooks


def test_images_are_watched_as_points_are():
    G = models.image_generator(latent_dim=LATENT, shape=(1, 4, 4), width=8)
    D = models.image_discriminator(shape=(1, 4, 4), width=8)
    opts = [torch.optim.SGD(net.parameters(), lr=0.1) for net in (G, D)]
    report = spies.watch_step(good, G, D, *opts, torch.rand(40, 1, 4, 4) + 2, LATENT)
    assert [set(look.kinds) for look in report.looks] == [{"r"}, {"f"}, {"f"}]
    assert isinstance(D, nn.Sequential)


# -- a step with an augmentation, and what else it does to the players -----------------------


def far(x):
    """An augmentation that changes every row, by other numbers each time."""
    return x + 100 + torch.rand_like(x)


def good_through_t(G, D, opt_g, opt_d, real, latent_dim, T):
    fake = G(torch.randn(len(real), latent_dim))
    loss_d = softplus(-D(T(real))).mean() + softplus(D(T(fake.detach()))).mean()
    opt_d.zero_grad()
    loss_d.backward()
    opt_d.step()
    loss_g = softplus(-D(T(fake))).mean()
    opt_g.zero_grad()
    loss_g.backward()
    opt_g.step()


def lines(seed: int = 0) -> tuple:
    """Linear players: D's slope is its first weight, G's last bias moves all fakes alike."""
    torch.manual_seed(seed)
    G, D = nn.Sequential(nn.Linear(LATENT, 2)), nn.Sequential(nn.Linear(2, 1), nn.Flatten(0))
    nn.init.normal_(D[0].weight, 0.0, 0.01)
    return G, D, *(torch.optim.SGD(net.parameters(), lr=1e-3) for net in (G, D))


def see(look, n: int = 4) -> list[str]:
    """Return the kinds of the rows that a step shows to D: ``look(real, fake, T)``."""

    def step(G, D, opt_g, opt_d, real, latent_dim, T):
        D(look(real, G(torch.randn(n, latent_dim)), T))

    return spies.watch_step(step, *players(), real_points(n), LATENT, T=far).looks[0].kinds


@pytest.mark.parametrize("n", [1, 7, 40])
def test_the_good_step_through_t_is_seen_as_it_is(n):
    report = spies.watch_step(good_through_t, *lines(), real_points(n), LATENT, T=far)
    d, g = report.updates
    assert [look.kinds for look in report.looks] == [["R"] * n, ["F"] * n, ["F"] * n]
    assert [look.carries for look in report.looks] == [False, False, True]
    assert (d.pulled(), g.pulled()) == ({"R", "F"}, {"F"})
    assert (d.moved, g.moved) == ({"D"}, {"G"})
    assert [len(before) for before, _ in report.augmented] == [n, n, n]
    assert all((after - before > 99).all() for before, after in report.augmented)


@pytest.mark.parametrize(
    ("look", "kinds"),
    [
        (lambda real, fake, T: real, "rrrr"),
        (lambda real, fake, T: fake, "ffff"),
        (lambda real, fake, T: T(real), "RRRR"),
        (lambda real, fake, T: T(fake), "FFFF"),
        (lambda real, fake, T: T(torch.cat([real, fake])), "RRRRFFFF"),
        (lambda real, fake, T: torch.cat([T(real)[:2], fake, real[1:]]), "RRffffrrr"),
        (lambda real, fake, T: T(T(real)), "2222"),
        (lambda real, fake, T: T(T(T(fake))), "2222"),
        (lambda real, fake, T: T(torch.cat([fake[:1], T(real)[:2], T(fake)[3:]])), "F222"),
        (lambda real, fake, T: real + 1, "????"),
        (lambda real, fake, T: T(real + 1), "????"),
        (lambda real, fake, T: T(real) + 1, "????"),
        (lambda real, fake, T: T(real).flip(0), "RRRR"),
        (lambda real, fake, T: T(real.detach()).detach(), "RRRR"),
    ],
)
def test_each_row_is_known_for_where_it_comes_from_and_how_often_it_went_through_t(look, kinds):
    assert see(look) == list(kinds)


def test_a_row_that_is_seen_but_not_pulled_is_no_pulled_kind():
    def half(G, D, opt_g, opt_d, real, latent_dim, T):
        logits = D(torch.cat([T(real), G(torch.randn(len(real), latent_dim)).detach()]))
        logits[: len(real)].sum().backward()
        opt_d.step()

    (update,) = spies.watch_step(half, *players(), real_points(5), LATENT, T=far).updates
    assert set(update.looks[0].kinds) == {"R", "f"}
    assert update.pulled() == {"R"}


def test_what_reaches_g_is_the_pull_times_the_slope_that_d_had():
    """∂L/∂b of G's last bias b is (Σ pull)·w, w the weight of a linear D as G's update finds it."""
    G, D, opt_g, opt_d = lines()
    first = D[0].weight.detach().clone()
    report = spies.watch_step(good_through_t, G, D, opt_g, opt_d, real_points(6), LATENT, T=far)
    d, g = report.updates
    assert_close(d.weights["D"][0], first)
    assert_close(g.weights["D"][0], D[0].weight.detach())  # D has moved, G's step leaves it
    assert not torch.equal(g.weights["D"][0], first)
    assert_close(g.gradients["G"][-1], g.pull("F").sum() * g.weights["D"][0].flatten())
    assert_close(d.gradients["D"][-1], (d.pull("R").sum() + d.pull("F").sum()).reshape(1))
    assert d.gradients["G"] == [None, None]
    assert d.grads == {"D": True, "G": False}


def test_gradients_are_those_before_the_step_whatever_becomes_of_them():
    def erased(G, D, opt_g, opt_d, real, latent_dim):
        D(real).sum().backward()
        opt_d.step()
        opt_d.zero_grad(set_to_none=False)
        opt_d.step()

    first, second = watch(erased).updates
    assert first.gradients["D"][-1].abs().sum() > 0
    assert second.grads == {"D": False, "G": False}
    assert second.moved == set()


def test_noise_and_fakes_belong_together():
    team = players()
    report = watch(good, 5, team)
    assert [fake.shape for fake in report.fakes] == [(5, 2)]
    first = report.update_of("G").weights["G"]
    again = torch.func.functional_call(
        team[0], dict(zip(dict(team[0].named_parameters()), first, strict=True)), report.noise[0]
    )
    assert_close(report.fakes[0], again)


def test_further_arguments_are_handed_on_and_t_comes_last():
    def step(G, D, opt_g, opt_d, real, latent_dim, *more):
        return more

    team, real = players(), real_points(3)
    assert spies.watch_step(step, *team, real, LATENT).returned == ()
    assert spies.watch_step(step, *team, real, LATENT, 5, "a").returned == (5, "a")
    five, T = spies.watch_step(step, *team, real, LATENT, 5, T=far).returned
    assert five == 5
    assert (T(real) - real > 99).all()


@pytest.mark.parametrize("where", ["in the step", "in T"])
def test_a_step_through_t_that_stops_leaves_no_trace(where):
    def broken(x):
        raise ZeroDivisionError

    def step(*args):
        good_through_t(*args)
        raise ZeroDivisionError

    team = players()
    watched, T = (step, far) if where == "in the step" else (good_through_t, broken)
    with pytest.raises(ZeroDivisionError):
        spies.watch_step(watched, *team, real_points(8), LATENT, T=T)
    for net in team[:2]:
        assert not net._forward_hooks
    for opt in team[2:]:
        assert not opt._optimizer_step_pre_hooks
        assert not opt._optimizer_step_post_hooks


def test_double_precision_is_seen_too():
    team = [part.double() if isinstance(part, nn.Module) else part for part in players()]
    real = real_points(4)

    def step(G, D, opt_g, opt_d, real, latent_dim):
        D(torch.cat([real.double(), G(torch.randn(4, latent_dim).double())]))

    report = spies.watch_step(step, *team, real, LATENT)
    assert report.looks[0].kinds == ["r"] * 4 + ["f"] * 4
