"""Nets that are told what is asked for, and the loop that carries it to them. Lesson 14."""

import copy

import pytest
import torch
from torch import Tensor, nn
from torch.testing import assert_close

from gan_lessons import data, losses, models, penalties, runtime, training

BATCH, WIDTH, NUMBERS = 6, 5, 12


def draw(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=runtime.generator(seed))


def body(channels: int = 1) -> nn.Module:
    return nn.Sequential(nn.Flatten(1), nn.Linear(channels * 16, WIDTH), nn.Tanh())


def asked(batch: int = BATCH) -> tuple[Tensor, Tensor]:
    return torch.arange(batch) % 10, draw(batch, 2, seed=1)


def discriminators() -> dict[str, nn.Module]:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return {
            "beside": models.BesideD(body(1 + NUMBERS), width=WIDTH),
            "projection": models.ProjectionD(body(), width=WIDTH, numbers=NUMBERS),
            "auxiliary": models.AuxiliaryD(body(), width=WIDTH, numbers=NUMBERS),
        }


NAMES = ("beside", "projection", "auxiliary")
images = draw(BATCH, 1, 4, 4)


def test_a_row_says_the_class_and_then_the_factors():
    y, c = torch.tensor([2, 0]), torch.tensor([[0.5], [-1.0]])
    assert_close(models.as_row(y, c, classes=3), torch.tensor([[0, 0, 1, 0.5], [1.0, 0, 0, -1]]))
    assert models.as_row(*asked()).shape == (BATCH, NUMBERS)


def test_each_image_has_its_own_row_beside_it():
    x, row = draw(3, 2, 4, 5), draw(3, 7, seed=1)
    seen = models.beside(x, row)
    assert torch.equal(seen[:, :2], x)
    for i in range(3):
        for k in range(7):
            assert (seen[i, 2 + k] == row[i, k]).all()


@pytest.mark.parametrize("name", NAMES)
def test_an_answer_is_the_same_alone_and_in_any_batch(name):
    D, (y, c) = discriminators()[name], asked()
    whole = penalties.logits_of(D(images, y, c))
    assert whole.shape == (BATCH,)
    for i in range(BATCH):
        one = penalties.logits_of(D(images[i : i + 1], y[i : i + 1], c[i : i + 1]))
        assert_close(one, whole[i : i + 1])


def test_the_projection_is_realness_plus_an_inner_product():
    """With V = 0 it is not told; moving V by dV moves the logit by <dV row, h> / sqrt(width)."""
    D, (y, c) = discriminators()["projection"], asked()
    h, row = D.body(images), models.as_row(y, c)
    with torch.no_grad():
        D.V.weight.zero_()
        assert_close(D(images, y, c), D.psi(h).flatten(0))
        D.V.weight.copy_(draw(WIDTH, NUMBERS))
        fits = torch.einsum("bk,dk,bd->b", row, D.V.weight, h) / WIDTH**0.5
        assert_close(D(images, y, c), D.psi(h).flatten(0) + fits)


def test_the_auxiliary_d_is_not_told_and_complains_of_what_it_reads():
    D, (y, c) = discriminators()["auxiliary"], asked()
    logits, complaints = D(images, y, c)
    others = D(images, (y + 1) % 10, c + 1)
    assert torch.equal(logits, others[0])
    said = D.marker(D.body(images))
    for i in range(BATCH):
        wrong = -said[i, :10].log_softmax(0)[y[i]] + ((said[i, 10:] - c[i]) ** 2).mean()
        assert_close(complaints[i], wrong)


def test_the_auxiliary_d_may_be_asked_for_classes_alone():
    D, (y, _) = models.AuxiliaryD(body(), width=WIDTH, numbers=10), asked()
    said = D.marker(D.body(images)).log_softmax(1)
    assert_close(D(images, y, torch.empty(BATCH, 0))[1], -said[torch.arange(BATCH), y])


def test_the_generator_hears_class_and_factors():
    G = models.ConditionalGenerator(nn.Linear(3 + 4 + 2, 8), size=4)
    (y, c), z = asked(), draw(BATCH, 3)
    before = G(z, y, c)
    assert before.shape == (BATCH, 8)
    assert (G(z, (y + 1) % 10, c) != before).any(1).all()
    assert (G(z, y, c + 1) != before).any(1).all()


@pytest.mark.parametrize("game", [losses.non_saturating, losses.relativistic], ids=("ns", "pairs"))
def test_a_marked_game_adds_the_mean_complaints(game):
    logits = draw(4), draw(4, seed=1)
    complaints = torch.tensor([1.0, 2, 3, 6]), torch.tensor([0.0, 0, 2, 2])
    real, fake = zip(logits, complaints, strict=True)
    marked = losses.marked(game)
    assert_close(marked.loss_d(real, fake), game.loss_d(*logits) + 3 + 1)
    assert_close(marked.loss_g(real, fake), game.loss_g(*logits) + 1)
    assert marked.g_needs_real == game.g_needs_real
    if not game.g_needs_real:
        assert_close(marked.loss_g(None, fake), game.loss_g(None, logits[1]) + 1)


# -- the loop --------------------------------------------------------------------------------


def by_hand(G, D, opt_g, opt_d, batches, steps: int) -> None:
    """Lesson 04's loop for a D with a marker, written out, with R1 on the logits."""
    for _ in range(steps):
        x, y, c = next(batches)
        fake = G(torch.randn(len(x), 3), y, c)
        x = x.detach().requires_grad_(True)
        (real_logits, on_real), (fake_logits, on_fake) = D(x, y, c), D(fake.detach(), y, c)
        (slope,) = torch.autograd.grad(real_logits.sum(), x, create_graph=True)
        loss = nn.functional.softplus(-real_logits).mean()
        loss = loss + nn.functional.softplus(fake_logits).mean() + on_real.mean() + on_fake.mean()
        loss = loss + slope.flatten(1).square().sum(1).mean() / 2
        opt_d.zero_grad()
        loss.backward()
        opt_d.step()
        fake_logits, on_fake = D(fake, y, c)
        opt_g.zero_grad()
        (nn.functional.softplus(-fake_logits).mean() + on_fake.mean()).backward()
        opt_g.step()


def players() -> tuple:
    G = nn.Sequential(nn.Linear(3 + 4 + 2, 16), nn.Tanh(), nn.Unflatten(1, (1, 4, 4)))
    G, D = models.ConditionalGenerator(G, size=4), discriminators()["auxiliary"]
    return G, D, torch.optim.SGD(G.parameters(), 0.1), torch.optim.SGD(D.parameters(), 0.1)


def batches():
    x, (y, c) = draw(40, 1, 4, 4), asked(40)
    for i in data.batches(torch.arange(40), BATCH, rng=runtime.generator(0)):
        yield x[i], y[i], c[i]


def test_the_loop_plays_a_marked_game_as_written_by_hand():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        mine = players()
        theirs = copy.deepcopy(mine[:2])
        theirs += tuple(torch.optim.SGD(net.parameters(), 0.1) for net in theirs)
        torch.manual_seed(4)
        by_hand(*mine, batches(), 5)
        torch.manual_seed(4)
        run = training.train(
            *theirs,
            batches(),
            steps=5,
            latent_dim=3,
            game=losses.marked(losses.non_saturating),
            penalty=penalties.ZeroCentered(real=1.0),
        )
        history = [moment.history for moment in run][-1]
    for a, b in zip(mine[:2], theirs[:2], strict=True):
        for one, other in zip(a.parameters(), b.parameters(), strict=True):
            assert_close(one, other)
    assert history.column("real_logit").isfinite().all()


@pytest.mark.parametrize("name", NAMES)
def test_every_way_learns_in_the_same_loop(name):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        G, _, opt_g, _ = players()
        D = discriminators()[name]
        opt_d, game = torch.optim.SGD(D.parameters(), 0.1), losses.non_saturating
        before = [p.clone() for net in (G, D) for p in net.parameters()]
        run = training.train(
            G,
            D,
            opt_g,
            opt_d,
            batches(),
            steps=12,
            latent_dim=3,
            game=losses.marked(game) if name == "auxiliary" else game,
            penalty=penalties.lazy(penalties.ZeroCentered(real=1.0), every=2),
        )
        assert len(list(run)) == 12
    after = [p for net in (G, D) for p in net.parameters()]
    assert all(not torch.equal(a, b) for a, b in zip(before, after, strict=True))


def test_a_penalty_reads_the_logits_of_a_d_with_two_answers():
    """With logits handed over and without: the slope of the logit alone."""
    D, (y, c) = discriminators()["auxiliary"], asked()
    x = images.clone().requires_grad_(True)
    handed = penalties.ZeroCentered(real=1.0)(
        D, x, images, y, c, logits=(D(x, y, c)[0], D(images, y, c)[0])
    )
    assert_close(penalties.ZeroCentered(real=1.0)(D, images, images, y, c), handed)
    assert handed > 0
