"""The runs of lesson 14: what their script plays and measures, and what ships of them."""

import numpy as np
import pytest
import torch
from torch.testing import assert_close

from gan_lessons import data, penalties, runtime
from tests.data.making import script

make = script("conditions")
strokes = script("strokes")


@pytest.mark.parametrize("way", make.WAYS)
def test_every_way_trains_and_draws_what_is_asked(way, monkeypatch):
    monkeypatch.setattr(make, "STEPS", 2)
    runs = [make.play(way, seed) for seed in (3, 4, 3)]
    G = make.generator()
    drawn = []
    for run in runs:
        G.load_state_dict(run["average"])
        z = torch.randn(12, make.LATENT, generator=runtime.generator(0))
        drawn.append(make.drawn(G.eval(), z, *(part[:12] for part in make.digits()[1:])))
    assert drawn[0].shape == (12, 1, 28, 28)
    assert torch.equal(drawn[0], drawn[2])
    assert not torch.equal(drawn[0], drawn[1])


def test_the_ways_have_bodies_of_one_kind_and_answers_of_one_shape():
    x, y, c = (part[:4] for part in make.digits())
    for way in make.WAYS:
        D = make.discriminator(way)
        assert penalties.logits_of(D(x, y, c)).shape == (4,)
        assert [type(layer) for layer in D.body] == [type(layer) for layer in make.body(1)]


def test_orders_are_in_spreads_of_the_part_that_is_trained_on():
    _, y, c = make.digits()
    assert_close(c[: make.TRAIN].mean(0), torch.zeros(2), atol=1e-5, rtol=0)
    assert_close(c[: make.TRAIN].std(0), torch.ones(2))
    assert len(y) - make.TRAIN == 4_000
    assert min((y[make.TRAIN :] == k).sum() for k in range(10)) >= make.FEW


def test_a_digit_that_obeys_has_r2_and_slope_one_wherever_it_stands():
    asked = make.places().expand(5, -1)
    own = torch.randn(5, 1, generator=runtime.generator(0))
    assert_close(make.within(asked, asked + own), (1.0, 1.0))
    r2, slope = make.within(asked, 0.7 * asked + own)
    assert_close((r2, slope), (1 - 0.3**2, 0.7))
    assert make.within(asked, own.expand_as(asked))[0] == pytest.approx(0, abs=1e-5)


def test_a_sweep_asks_one_thing_of_every_digit():
    y, c = make.orders(1, 12)
    assert y.view(12, -1)[:, 0].tolist() == [*range(10), 0, 1]
    assert (c[:, 0] == 0).all()
    assert torch.equal(c[:, 1].view(12, -1), make.places().expand(12, -1))


def test_a_digit_is_drawn_again_with_one_thing_changed():
    number, digit = 20_003, int(data.strokes().y[20_003])
    image, known = strokes.make_one(strokes.SEED, number, digit)
    slant = known[0]
    same, _ = strokes.make_one(strokes.SEED, number, digit, asked={"slant": slant})
    assert np.array_equal(same, image)
    leaning, others = strokes.make_one(strokes.SEED, number, digit, asked={"slant": slant + 9})
    assert others[0] == slant + 9
    kept = strokes.FACTORS.index("rotation"), strokes.FACTORS.index("allograph")
    assert all(others[k] == known[k] for k in kept)
    assert not np.array_equal(leaning, image)


# -- what ships ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def shipped():
    return data.ablation("conditions")


def test_the_file_is_of_the_script(shipped):
    assert shipped.configs == make.WAYS
    assert shipped.seeds == make.SEEDS
    assert shipped.samples.shape[2:] == (10 * make.KEPT, 1, 28, 28)
    real = dict(zip(shipped.more["metrics"], shipped.more["real"].tolist(), strict=True))
    assert set(real) == set(shipped.scores)
    for name in make.ASKED:
        assert shipped.more[f"redrawn {name}"].shape == (make.SHIPPED * make.PLACES, 1, 28, 28)


def test_digits_drawn_again_are_of_the_set_and_change_as_asked(shipped):
    """The first of them, drawn here anew; and where a pen is thicker there is more ink."""
    held = data.strokes().y[make.TRAIN :]
    number = make.TRAIN + int((held == 0).nonzero()[0])
    known = data.strokes().factors["slant"][: make.TRAIN]
    asked = float(known.mean() + make.places()[0] * known.std())
    image, _ = strokes.make_one(strokes.SEED, number, 0, asked={"slant": asked})
    assert np.array_equal(shipped.more["redrawn slant"][0, 0].numpy(), image)
    ink = shipped.more["redrawn thickness"].float().mean((1, 2, 3)).view(-1, make.PLACES)
    thicker = shipped.more["thickness drawn with"].diff(dim=1) > 0.2
    assert thicker.double().mean() > 0.7  # the others are narrow digits
    more = (ink.diff(dim=1) > 0)[thicker]  # not all: a thick pen leaves a digit less room
    assert more.double().mean() > 0.95


def test_the_bars_of_the_lesson(shipped):
    """Every seed of every way fills the orders; the lesson claims the same."""
    scores = shipped.scores
    assert scores["class"].min() >= 0.97
    assert scores["slant, one digit"].min() >= 0.85
    assert scores["thickness, one digit"].min() >= 0.9
