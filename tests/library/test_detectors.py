"""Lesson 05's detectors: what each says of made-up runs, and of small real ones.

The long run (``python -m tools.soak detectors``) has seeds from 1000 on, which no threshold was
chosen on: thirty of each of ten sabotages, and 300 healthy runs. On 2026-11-21 299 of the 300
sabotaged ones set off their alarm (at most 1.6 % missed, 95 %), and no healthy one any (at most
1.0 %), in 280 s of CPU.
"""

import math

import pytest
import torch

from gan_lessons import data, detectors, show
from tests.library import soak_detectors as soak
from tests.soak import times

RING = data.ring(2_000, sigma=0.1)
K = len(RING.centers)


# -- made-up runs ----------------------------------------------------------------------------


def test_the_rolling_mean_is_the_mean_of_each_whole_window():
    values = torch.randn(50, generator=torch.Generator().manual_seed(0))
    means = detectors.rolling_mean(values, 7)
    torch.testing.assert_close(means, torch.stack([values[i : i + 7].mean() for i in range(44)]))
    assert len(detectors.rolling_mean(values, 50)) == 1
    assert len(detectors.rolling_mean(values, 51)) == 0


def test_d_wins_is_called_at_the_end_of_the_first_window_in_which_both_sides_are_sure():
    real, fake = torch.zeros(400), torch.zeros(400)
    real[100:], fake[150:] = 5.0, -5.0
    # a mean above 4 of 100 steps needs more than 80 steps at 5
    assert detectors.d_wins(real, fake) == 150 + 81
    assert detectors.d_wins(real, -0.5 * real) is None  # sure of real samples only
    assert detectors.d_wins(fake, real) is None  # sure, and wrong
    assert detectors.d_wins(real[:99], fake[:99]) is None  # no whole window yet


def test_one_wild_step_is_no_alarm():
    real = torch.zeros(400)
    real[200] = 100.0
    assert detectors.d_wins(real, -real) is None


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("column", [0, 1])
def test_the_first_step_that_is_no_number_is_named(bad, column):
    losses = torch.ones(2, 30)
    assert detectors.not_finite(*losses) is None
    losses[column, 20:] = bad
    assert detectors.not_finite(*losses) == 21


def at_modes(*modes: int, n: int = 240) -> torch.Tensor:
    """A cloud that lies evenly on some modes, (n, 2)."""
    return RING.centers[list(modes)].repeat(n // len(modes), 1)


def test_collapse_is_fewer_than_half_of_the_modes_three_looks_in_a_row():
    all_of_them, three, four = at_modes(*range(8)), at_modes(0, 1, 2), at_modes(0, 1, 2, 3)

    def call(*looks):
        return detectors.collapsed(torch.stack(looks), RING.centers)

    assert call(all_of_them, three, three, three) == 4
    assert call(three, three, all_of_them, three, three) is None
    assert call(*[four] * 6) is None
    assert call(three, three) is None


def test_a_few_stragglers_do_not_make_a_mode_visited():
    cloud = torch.cat([at_modes(0), RING.centers])  # 241 at one mode, 1 at each of the others
    assert detectors.collapsed(torch.stack([cloud] * 3), RING.centers) == 3


def test_oscillation_is_a_cloud_that_changes_modes_from_look_to_look():
    one, other, both = at_modes(0), at_modes(4), at_modes(0, 4)

    def call(*looks):
        return detectors.oscillates(torch.stack(looks), RING.centers)

    assert call(one, other, one, other) == 4
    assert call(*[one] * 6) is None  # collapsed, but at rest
    assert call(one, both, one, both, one) is None  # half of the samples move: exactly 1/2
    assert call(one, other, one) is None  # two changes are no window of three


def test_mode_shares_add_up_to_one():
    shares = detectors.mode_shares(RING.x, RING.centers)
    assert shares.shape == (K,)
    assert shares.sum() == pytest.approx(1)
    assert (shares - 1 / K).abs().max() < 0.05


# -- real runs -------------------------------------------------------------------------------


FIRST = times(0, 1_000)  # seed


@pytest.mark.slow
@pytest.mark.parametrize("name", soak.SABOTAGES)
def test_a_sabotage_sets_off_its_alarm(name, record_property):
    (change, alarm), seeds = soak.SABOTAGES[name], times(3, 30)
    torch.set_num_threads(1)
    found = {seed: soak.play(seed, **change) for seed in range(FIRST, FIRST + seeds)}
    missed = {seed: alarms for seed, alarms in found.items() if alarm not in alarms}
    record_property("n", seeds)
    record_property("failures", len(missed))
    assert len(missed) <= times(1, seeds // 20), missed  # of many, 95 % and more are caught


@pytest.mark.slow
def test_healthy_runs_set_off_none(record_property):
    torch.set_num_threads(1)
    runs = times(6, 300)
    found = {seed: soak.play(seed) for seed in range(FIRST, FIRST + runs)}
    alarmed = {seed: alarms for seed, alarms in found.items() if alarms}
    record_property("n", runs)
    record_property("failures", len(alarmed))
    assert len(alarmed) <= 0.01 * runs, alarmed


# -- the gallery -----------------------------------------------------------------------------


def test_the_gallery_holds_what_it_says():
    gallery = data.gallery()
    assert len(gallery.runs) == 24
    assert len(gallery.unseen) == len(gallery.truth) == 16
    assert gallery.traces.shape == (24, 30, 4)
    assert {run.kind for run in gallery.runs} == set(gallery.truth)
    assert {run.kind for run in gallery.unseen} == {None}
    for run in gallery.runs + gallery.unseen:
        assert run.looks.shape == (6, 100, 2)
        assert all(curve.shape == (600,) for curve in run.numbers.values())
        assert torch.isfinite(torch.stack(list(run.numbers.values()))).all()
    assert {run.seed for run in gallery.runs}.isdisjoint(run.seed for run in gallery.unseen)


def test_the_run_browser_draws_every_kind_and_look():
    gallery = data.gallery()
    pictures = {}
    for kind in ("healthy", "no real data"):
        seeds = [run for run in gallery.runs if run.kind == kind]
        for look in (1, 6):
            pictures[kind, look] = show.runs(seeds, look, real=RING.x)
            assert kind in pictures[kind, look].sentence
            assert f"up to {100 * look}" in pictures[kind, look].sentence
    assert len({picture.png for picture in pictures.values()}) == 4
    again = [run for run in gallery.runs if run.kind == "healthy"]
    assert show.runs(again, 6, real=RING.x).png == pictures["healthy", 6].png, "a pure function"
