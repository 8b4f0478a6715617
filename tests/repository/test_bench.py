"""The benchmark compares like with like, and its arithmetic is right; no clock is asked."""

import copy
import dataclasses
import functools
import math

import pytest
import torch

from bench import flops, peers, startup, steps, ways
from gan_lessons import launch, penalties, speed, training
from tests.library.tape import OnTape

WORKLOADS = {work.name: dataclasses.replace(work, batch=4) for work in peers.WORKLOADS}


class Counted(torch.optim.SGD):
    """Counts its steps."""

    def __init__(self, parameters):
        super().__init__(parameters, lr=1e-3)
        self.steps = 0

    def step(self, closure=None):
        self.steps += 1
        return super().step(closure)


def peer(work: peers.Workload):
    """Return nets, optimizers and the peer's next step."""
    torch.manual_seed(0)
    G, D = work.G(), work.D()
    opts = [Counted(net.parameters()) for net in (G, D)]
    raw, _ = steps.samples_of(work.shape)
    stream = work.loading(raw, work.reads * work.batch)
    step = work.loop(G, D, *opts, work.latent_dim)
    return G, D, opts, lambda: step(next(stream))


@pytest.mark.parametrize("name", WORKLOADS)
def test_the_nets_fit_the_workload(name):
    work = WORKLOADS[name]
    fake = work.G()(torch.randn(work.batch, work.latent_dim))
    assert fake.shape == (work.batch, *work.shape)
    assert work.D()(fake).shape == (work.batch,)


@pytest.mark.parametrize("name", WORKLOADS)
def test_a_peer_s_step_has_the_updates_of_the_course_s(name):
    work = WORKLOADS[name]
    G, D, (opt_g, opt_d), step = peer(work)
    before = copy.deepcopy([G.state_dict(), D.state_dict()])
    step()
    assert (opt_g.steps, opt_d.steps) == (1, work.n_critic)
    for net, old in zip((G, D), before, strict=True):
        assert any(not torch.equal(value, old[key]) for key, value in net.state_dict().items())
    penalty = None
    if work.weight:
        penalty = functools.partial(penalties.gradient_penalty, weight=work.weight)
    opts = [Counted(net.parameters()) for net in (G, D)]
    real = torch.rand(work.batch, *work.shape)
    more = {"game": work.game, "n_critic": work.n_critic, "penalty": penalty}
    batches = iter([real] * work.n_critic)
    more |= {"steps": 1, "latent_dim": work.latent_dim}
    list(training.train(G, D, *opts, batches, **more))
    assert [opt.steps for opt in opts] == [1, work.n_critic]


WASTE = {  # FLOPs beyond the minimum, by (F_G, f_G, F_D, f_D)
    "MLP 28": lambda F_G, f_G, F_D, f_D: F_D,
    "DCGAN 28": lambda F_G, f_G, F_D, f_D: F_D + F_G,
    "DCGAN 32": lambda F_G, f_G, F_D, f_D: F_D,
    "DCGAN 64 RGB": lambda F_G, f_G, F_D, f_D: F_D,
}


@pytest.mark.parametrize("name", WASTE)
def test_a_peer_wastes_what_its_description_says(name):
    """D's weight gradients in G's step: F_D; a second fake batch: F_G; nothing else."""
    work = WORKLOADS[name]
    G, D, _, step = peer(work)
    z = torch.randn(work.batch, work.latent_dim)
    shares = (*flops.forward(G, z), *flops.forward(D, torch.rand(work.batch, *work.shape)))
    assert flops.executed(step) - flops.minimal(G, D, z) == WASTE[name](*shares)


def test_pictures_are_prepared_as_the_course_does():
    """Resized by nothing, a picture of the peers' pipeline is the course's tensor."""
    raw, ready = steps.samples_of((1, 28, 28))
    pictures = peers.Pictures(raw, 28)
    torch.testing.assert_close(pictures[7][0], ready[7])
    larger, _ = peers.Pictures(raw, 32)[7]
    assert larger.shape == (1, 32, 32)
    assert larger.abs().max() <= 1


@pytest.mark.parametrize("shape", [(1, 28, 28), (1, 32, 32), (3, 64, 64), (2,)])
def test_samples_have_the_shape_that_was_asked_for(shape):
    _, ready = steps.samples_of(shape)
    assert ready.shape[1:] == shape
    assert ready.dtype == torch.float32


def test_a_row_is_made_of_the_shortest_steps():
    """10 GFLOP in 0.5 s at a peak of 100 GFLOP/s is a share of 20 %."""

    def variant(*wall):
        return steps.Variant(lambda: None, list(wall), [2 * t for t in wall])

    case = steps.Case(
        *("name", "other", 64, 10 * 10**9),
        {"other": variant(2.0, 1.0, 9.0), "fp32": variant(0.5, 0.6, 0.7), "bf16": variant(0.25)},
        {"other": 12 * 10**9, "fp32": 10 * 10**9},
        speed.choose({"fp32": 1.0}, {}, wanted="auto", device="cpu"),
    )
    row = steps.row_of(case, {"conv fp32": 100.0, "conv bf16": 200.0})
    assert row["fp32_ms"] == 500.0
    assert row["fp32_median_ms"] == 600.0
    assert row["fp32_ratio"] == row["fp32_busy_ratio"] == 2.0
    assert row["bf16_ratio"] == 4.0
    assert row["fp32_share"] == pytest.approx(0.2)
    assert row["bf16_share"] == pytest.approx(0.2)
    assert (row["other_flops"], row["fp32_flops"]) == (1.2, 1.0)
    assert row["rounds"] == 3
    shown = ["name", "64", "1000.0", "500.0", "2.00", "3.33", "2.00", "250.0", "4.00"]
    shown += ["20", "%", "20", "%", "1.20", "1.00"]
    assert steps.row_text(row).split() == shown


def test_a_peak_that_changed_is_told():
    assert steps.drift({"conv fp32": 100.0}, {"conv fp32": 90.0}) == pytest.approx(0.1)
    assert steps.drift({"conv fp32": 90.0}, {"conv fp32": 100.0}) == pytest.approx(0.1)


def test_every_variant_has_its_turn_in_every_round():
    order = []
    variants = {name: steps.Variant(functools.partial(order.append, name)) for name in "abc"}
    steps.measure(variants, "short")
    rounds = steps.ROUNDS["short"][1]
    assert len(order) == 3 * rounds
    assert order[:9] == list("abcbcacab")
    assert {len(v.wall) for v in variants.values()} == {rounds}


def test_one_round_is_made_however_late_it_is():
    variants = {name: steps.Variant(lambda: None) for name in "abc"}
    steps.measure(variants, "short", until=0.0)
    assert {len(v.wall) for v in variants.values()} == {1}


def test_the_clock_shares_what_is_left():
    time = [0.0]
    clock = steps.Clock(100.0, 4, now=lambda: time[0])
    assert clock.until() == 25.0
    time[0] = 10.0  # the first part has left 15 of its seconds to the others
    assert clock.until() == 10.0 + 90.0 / 3
    time[0] = 99.0
    assert clock.until() == 99.5
    time[0] = 120.0
    assert clock.until() is None


def test_a_start_that_fails_is_no_number():
    assert math.isnan(startup.seconds("raise SystemExit(3)"))
    assert startup.seconds("pass") > 0


def test_the_sentence_of_a_start():
    row = {"lesson": "04_train", "bare_s": 2.0, "figure_s": 3.0}
    assert startup.sentence(row).endswith("bare imports 2.0 s: 1.50 times as long")


# -- every way of a step on one device ---------------------------------------------------------


@pytest.fixture
def short(monkeypatch):
    """Small batches, short bursts, no compiler."""
    make, shape, _, penalty = ways.CASES["MLP 28"]
    monkeypatch.setattr(ways, "CASES", {"small": (make, shape, 4, penalty)})
    monkeypatch.setattr(ways, "BURST", 1)
    return torch.device("cpu")


def test_every_way_of_a_step_has_a_time_or_a_reason(short, monkeypatch):
    names = ["plain loop", "fp32", "bf16", "fp32, one launch"]
    monkeypatch.setattr(ways, "ways_of", lambda case, device: names)
    found = ways.measured("small", short, 0.0)
    assert list(found) == names
    assert all(found[name]["ms"] > 0 for name in names[:3])
    if not torch.cuda.is_available():
        assert found["fp32, one launch"]["cannot"].startswith("one_launch=True records")


def test_a_recorded_way_is_timed_as_it_replays(short, monkeypatch):
    player = OnTape()
    monkeypatch.setattr(launch, "OnCuda", lambda: player)
    monkeypatch.setattr(ways, "ways_of", lambda case, device: ["plain loop", "fp32, one launch"])
    assert ways.measured("small", short, 0.0)["fp32, one launch"]["ms"] > 0
    assert player.replays > ways.BEFORE - launch.WARM_UP - 1
    assert ways.differ("small", short) < 1e-5  # a rate of float32 rounds otherwise


def test_a_gpu_is_asked_for_recorded_and_compiled_ways_too():
    names = ways.ways_of("DCGAN 28", torch.device("cuda"))
    assert names[0] == "plain loop"
    assert [name for name in names if name.endswith("one launch")] == [
        "fp32 channels-last, one launch", "bf16 channels-last, one launch"
    ]  # fmt: skip
    assert names[-2:] == ["compiled bf16 channels-last", "compiled fp32 channels-last"]
