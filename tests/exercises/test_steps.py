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
