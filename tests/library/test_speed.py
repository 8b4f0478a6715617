"""The probe chooses by the clock, says why, disturbs nothing, and remembers what it found."""

import copy
import functools
import itertools
import json
import signal

import pytest
import torch
from torch import nn
from torch.testing import assert_close

from gan_lessons import launch, losses, models, penalties, runtime, speed, training
from gan_lessons.data import cache
from gan_lessons.errors import SettingError
from tests.library.tape import OnTape
from tests.three_lines import complaints

LATENT = 8
FP32, LAST, BF16 = "fp32", "fp32 channels-last", "bf16 channels-last"
LAST_ONE, BF16_ONE = LAST + speed.ONE_LAUNCH, BF16 + speed.ONE_LAUNCH


@pytest.fixture(autouse=True)
def quick(tmp_path, monkeypatch):
    """A cache of its own, no setting from outside, and as little timing as there can be."""
    monkeypatch.setattr(cache, "places", lambda: [tmp_path])
    monkeypatch.delenv("GAN_LESSONS_PRECISION", raising=False)
    monkeypatch.setattr(speed, "SECONDS", 0.0)
    monkeypatch.setattr(speed, "ROUNDS", (2, 2))
    return tmp_path


def convolutions() -> tuple[nn.Module, nn.Module, torch.Tensor]:
    torch.manual_seed(0)
    G = models.dcgan_generator(latent_dim=LATENT, width=4)
    return G, models.dcgan_discriminator(width=4), torch.rand(6, 1, 28, 28)


def points() -> tuple[nn.Module, nn.Module, torch.Tensor]:
    torch.manual_seed(0)
    return models.plane_generator(latent_dim=LATENT), models.plane_discriminator(), torch.rand(6, 2)


def ask(make=convolutions, **more) -> speed.Speed:
    return speed.probe(*make(), latent_dim=LATENT, **more)


# -- the choice ------------------------------------------------------------------------------

CHOICES = [  # milliseconds, wanted, chosen
    ({FP32: 10.0}, "auto", FP32),
    ({FP32: 10.0, LAST: 5.0}, "auto", LAST),
    ({FP32: 10.0, LAST: 9.2}, "auto", FP32),  # 1.087 times as fast: not worth it
    ({FP32: 10.0, LAST: 9.0}, "auto", LAST),  # 1.11 times
    ({FP32: 10.0, LAST: 20.0}, "auto", FP32),
    ({FP32: 10.0, LAST: 5.0, BF16: 4.6}, "auto", LAST),
    ({FP32: 10.0, LAST: 5.0, BF16: 4.5}, "auto", BF16),
    ({FP32: 10.0, LAST: 9.5, BF16: 9.0}, "auto", BF16),  # against the way that is kept so far
    ({FP32: 10.0, "bf16": 60.0}, "auto", FP32),
    ({FP32: 10.0, "bf16": 4.0}, "auto", "bf16"),
    ({FP32: 10.0, LAST: 20.0}, "fp32", FP32),
    ({FP32: 10.0, LAST: 5.0}, "fp32", LAST),
    ({FP32: 10.0, LAST: 5.0, BF16: 90.0}, "bf16", BF16),
    ({FP32: 10.0, LAST: 5.0}, "bf16", LAST),  # bf16 fails on this device: the next best
    ({FP32: 10.0, LAST: 5.0, BF16: 4.0, LAST_ONE: 4.0, BF16_ONE: 3.0}, "auto", BF16_ONE),
    ({FP32: 10.0, LAST: 5.0, BF16: 4.0, LAST_ONE: 3.8, BF16_ONE: 3.8}, "auto", BF16),
    ({FP32: 10.0, LAST: 5.0, BF16: 9.0, LAST_ONE: 1.0, BF16_ONE: 2.0}, "auto", LAST_ONE),
    ({FP32: 10.0, LAST: 5.0, BF16: 9.0, BF16_ONE: 8.9}, "bf16", BF16),
    ({FP32: 10.0, LAST: 5.0, BF16: 9.0, BF16_ONE: 2.0}, "bf16", BF16_ONE),
]


@pytest.mark.parametrize(("took", "wanted", "chosen"), CHOICES)
def test_a_speed_must_be_a_tenth_faster_than_a_plainer_one(took, wanted, chosen):
    way = speed.choose(took, {}, wanted=wanted, device="cpu")
    assert way.name == chosen
    assert way.milliseconds == took
    assert (way.autocast is not None) == chosen.startswith("bf16")


def test_the_sentence_names_the_choice_and_every_reason_in_one_line():
    reasons = {BF16: "a trial convolution took 40 times as long"}
    way = speed.choose({FP32: 10.0, LAST: 5.0}, reasons, wanted="auto", device="cpu")
    assert way.sentence == (
        "fp32 channels-last; fp32 takes 2.00 times as long; "
        "bf16 channels-last is left out (a trial convolution took 40 times as long)."
    )
    asked = speed.choose({FP32: 10.0, BF16: 30.0}, {}, wanted="bf16", device="cpu").sentence
    assert asked == (
        "bf16 channels-last, as GAN_LESSONS_PRECISION=bf16 asks; fp32 takes 0.33 times as long."
    )


@pytest.mark.parametrize("name", speed.WAYS)
def test_the_speed_fits_nets_and_opens_its_precision(name):
    way = speed.choose({FP32: 10.0, name: 1.0}, {}, wanted="auto", device="cpu")
    _, D, real = convolutions()
    before = copy.deepcopy(D.state_dict())
    assert way.fit(D) is D
    weight = [p for p in D.parameters() if p.ndim == 4][-1]
    last = weight.is_contiguous(memory_format=torch.channels_last)
    assert last == ("channels-last" in name)
    assert way.one_launch == name.endswith("one launch")
    assert all(torch.equal(value, before[key]) for key, value in D.state_dict().items())
    if name.startswith("bf16"):
        with way.autocast():
            assert D(real).dtype == torch.bfloat16
        assert not torch.is_autocast_enabled("cpu")
        with way.autocast():  # opens again and again
            assert torch.is_autocast_enabled("cpu")


def test_a_speed_cannot_be_changed():
    way = speed.choose({FP32: 1.0}, {}, wanted="auto", device="cpu")
    with pytest.raises(AttributeError):
        way.name = "bf16"


# -- what it leaves as it was ----------------------------------------------------------------


def state() -> list:
    """Everything global that a probe could disturb."""
    return [
        torch.get_rng_state().tolist(),
        torch.get_num_threads(),
        torch.get_default_dtype(),
        torch.is_autocast_enabled("cpu"),
        torch.is_grad_enabled(),
        torch.backends.mkldnn.enabled,
        signal.getsignal(signal.SIGINT),
    ]


@pytest.mark.parametrize("make", [convolutions, points])
@pytest.mark.parametrize("wanted", ["auto", "fp32", "bf16"])
def test_nets_random_numbers_and_settings_stay_as_they_are(make, wanted, monkeypatch):
    monkeypatch.setenv("GAN_LESSONS_PRECISION", wanted)
    G, D, real = make()
    nets = copy.deepcopy([net.state_dict() for net in (G, D)])
    strides = [p.stride() for net in (G, D) for p in net.parameters()]
    before, data = state(), real.clone()
    speed.probe(G, D, real, latent_dim=LATENT)
    assert state() == before
    for net, kept in zip((G, D), nets, strict=True):
        assert net.training
        assert all(torch.equal(value, kept[key]) for key, value in net.state_dict().items())
        assert all(p.grad is None and p.requires_grad for p in net.parameters())
    assert [p.stride() for net in (G, D) for p in net.parameters()] == strides
    assert torch.equal(real, data)


def test_a_notebook_s_stop_ends_the_probe():
    """One interrupt is enough: it is not swallowed with the short run that it ends."""
    G, D, real = points()
    calls = itertools.count()

    def interrupt_once(*_):
        if next(calls) == 0:
            signal.raise_signal(signal.SIGINT)

    D.register_forward_pre_hook(lambda *_: interrupt_once())
    with pytest.raises(KeyboardInterrupt):
        speed.probe(G, D, real, latent_dim=LATENT)


def test_a_penalty_and_critic_steps_are_part_of_the_timed_step():
    calls = []

    def penalty(D, real, fake):
        calls.append(len(real))
        return penalties.r1(D, real, gamma=1.0)

    ask(points, n_critic=3, penalty=penalty)
    assert calls
    assert len(calls) % 3 == 0


# -- which ways are tried --------------------------------------------------------------------


@pytest.fixture
def tried(monkeypatch) -> list[str]:
    """Note which ways are stepped; the trial convolution says that bf16 is fast."""
    names, real_stepper = [], speed._stepper

    def stepper(G, D, name, more):
        names.append(name)
        return real_stepper(G, D, name, more)

    monkeypatch.setattr(speed, "_stepper", stepper)
    monkeypatch.setattr(speed, "_slower_in_bf16", lambda device: 0.5)
    return names


TRIED = [
    (convolutions, "auto", [FP32, LAST, BF16]),
    (convolutions, "fp32", [FP32, LAST]),
    (convolutions, "bf16", [FP32, LAST, BF16]),
    (points, "auto", [FP32, "bf16"]),
    (points, "fp32", [FP32]),
]


@pytest.mark.parametrize(("make", "wanted", "names"), TRIED)
def test_the_ways_that_are_tried(make, wanted, names, tried, monkeypatch):
    monkeypatch.setenv("GAN_LESSONS_PRECISION", wanted)
    way = ask(make)
    assert tried == names
    assert list(way.milliseconds) == names
    assert all(ms > 0 for ms in way.milliseconds.values())


ON_CUDA = [
    (convolutions, "auto", [FP32, LAST, BF16, LAST_ONE, BF16_ONE]),
    (convolutions, "fp32", [FP32, LAST, FP32 + speed.ONE_LAUNCH, LAST_ONE]),
    (points, "auto", [FP32, "bf16", FP32 + speed.ONE_LAUNCH, "bf16" + speed.ONE_LAUNCH]),
]


@pytest.mark.parametrize(("make", "wanted", "names"), ON_CUDA)
def test_on_cuda_recorded_steps_are_tried_too(make, wanted, names):
    assert speed.names_of_ways(make()[1], torch.device("cuda"), wanted) == names


def test_a_recorded_step_is_timed_once_it_replays(monkeypatch):
    """With a tape in place of the GPU; every size of a batch is recorded before it is timed."""
    player = OnTape()
    monkeypatch.setattr(launch, "OnCuda", lambda: player)
    monkeypatch.setattr(speed, "_slower_in_bf16", lambda device: 0.5)
    more = {"latent_dim": LATENT, "penalty": None, "n_critic": 1}
    took, left_out, _ = speed._timed(*convolutions(), [FP32, BF16_ONE], more, trial=True)
    assert list(took) == [FP32, BF16_ONE]
    assert left_out == {}
    assert player.replays > speed.ROUNDS[0]


def test_a_step_that_cannot_be_recorded_is_left_out_with_one_line():
    if torch.cuda.is_available():
        pytest.skip("here it can be")
    more = {"latent_dim": LATENT, "penalty": None, "n_critic": 1}
    took, left_out, _ = speed._timed(*convolutions(), [FP32, LAST_ONE], more, trial=True)
    assert list(took) == [FP32]
    assert left_out[LAST_ONE].startswith("one_launch=True records a step on a CUDA device")


def test_without_instructions_for_bf16_the_nets_are_not_tried_in_it(tried, monkeypatch):
    monkeypatch.setattr(speed, "_slower_in_bf16", lambda device: 40.0)
    way = ask()
    assert tried == [FP32, LAST]
    assert "bf16 channels-last is left out (a trial convolution took 40 times as lo" in str(way)
    monkeypatch.setenv("GAN_LESSONS_PRECISION", "bf16")  # asked for by name, it is done anyway
    assert ask().name == BF16


def test_a_device_that_cannot_do_bf16_falls_back_with_one_line(tried, monkeypatch):
    def refuse(*_, **__):
        raise RuntimeError("no bfloat16 on this device\nand a long trace")

    monkeypatch.setattr(torch, "autocast", refuse)
    monkeypatch.setenv("GAN_LESSONS_PRECISION", "bf16")
    way = ask()
    assert way.name in (FP32, LAST)
    assert way.autocast is None
    assert way.sentence.endswith("bf16 channels-last is left out (no bfloat16 on this device).")


def test_nets_that_do_not_run_at_all_raise_what_they_raise():
    G, D, real = convolutions()
    with pytest.raises(RuntimeError, match="shapes cannot be multiplied"):
        speed.probe(G, D, real, latent_dim=LATENT + 1)


def test_another_word_is_refused_in_three_lines(monkeypatch):
    monkeypatch.setenv("GAN_LESSONS_PRECISION", "half")
    with pytest.raises(SettingError, match="GAN_LESSONS_PRECISION='half'") as info:
        ask()
    assert complaints(info.value) == []


def test_the_trial_convolution_gives_a_ratio():
    assert speed._slower_in_bf16(torch.device("cpu")) > 0


def test_a_lazy_penalty_s_counter_stays_where_it_was():
    lazy = penalties.lazy(functools.partial(penalties.r1, gamma=1.0), every=4)
    ask(penalty=lazy, again=True)
    assert lazy.calls == 0


# -- the cache -------------------------------------------------------------------------------


@pytest.fixture
def timings(monkeypatch) -> list:
    """Count how often something is timed; a made-up answer instead of the clock."""
    calls = []

    def timed(G, D, real, names, more, *, trial):
        calls.append(names)
        return {FP32: 2.0, LAST: 1.0}, {BF16: "made up"}, timed.calm

    timed.calm = True
    monkeypatch.setattr(speed, "_timed", timed)
    return calls


def test_an_answer_is_timed_once_and_kept(timings, quick):
    assert ask() == ask(again=False)
    assert len(timings) == 1
    (file,) = (quick / "speed").iterdir()
    about, took, left_out = json.loads(file.read_text())
    assert took == {FP32: 2.0, LAST: 1.0}
    assert left_out == {BF16: "made up"}
    assert about["device"] == runtime.device_name(torch.device("cpu"))
    assert about["torch"] == torch.__version__
    assert file.stat().st_size < 8_000
    ask(again=True)
    assert len(timings) == 2


def test_an_answer_of_a_busy_machine_is_used_and_not_kept(timings, quick):
    speed._timed.calm = False
    assert ask().name == LAST
    assert not (quick / "speed").exists()
    ask()
    assert len(timings) == 2


@pytest.mark.parametrize(("seconds", "calm"), [([2.0, 1.0, 1.4], True), ([9.0, 1.0, 1.6], False)])
def test_a_busy_machine_is_known_by_steps_that_differ(monkeypatch, seconds, calm):
    monkeypatch.setattr(speed, "ROUNDS", (3, 3))
    clock = iter([0.5, 0.5, *seconds])  # two steps to warm up
    monkeypatch.setattr(speed, "_stepper", lambda G, D, name, more: lambda real: next(clock))
    *_, said = speed._timed(*convolutions(), [FP32], {}, trial=False)
    assert said is calm


def test_the_sentence_is_the_same_from_the_cache(timings):
    assert ask().sentence == ask().sentence


def another_batch(monkeypatch):
    G, D, real = convolutions()
    return speed.probe(G, D, real[:5], latent_dim=LATENT)


def other_nets(monkeypatch):
    G, _, real = convolutions()
    return speed.probe(G, models.dcgan_discriminator(width=5), real, latent_dim=LATENT)


def other_threads(monkeypatch):
    monkeypatch.setattr(torch, "get_num_threads", lambda: 99)
    return ask()


def other_machine(monkeypatch):
    monkeypatch.setattr(runtime, "device_name", lambda device: "another processor")
    return ask()


def other_torch(monkeypatch):
    monkeypatch.setattr(torch, "__version__", "99.0")
    return ask()


def other_precision(monkeypatch):
    monkeypatch.setenv("GAN_LESSONS_PRECISION", "fp32")
    return ask()


def other_penalty(monkeypatch):
    return ask(penalty=functools.partial(penalties.r1, gamma=1.0))


def a_lazy_penalty(monkeypatch):
    return ask(penalty=penalties.lazy(penalties.r1, every=8))


def a_penalty_of_logits(monkeypatch):
    return ask(penalty=penalties.ZeroCentered(real=1.0))


def more_critics(monkeypatch):
    return ask(n_critic=2)


CHANGES = [another_batch, other_nets, other_threads, other_machine, other_torch]
CHANGES += [other_precision, other_penalty, a_lazy_penalty, a_penalty_of_logits, more_critics]


def test_penalties_that_ask_otherwise_are_told_apart(timings):
    r1, both = penalties.ZeroCentered(real=1.0), penalties.ZeroCentered(real=1.0, fake=1.0)
    for penalty in (None, r1, both, penalties.lazy(r1, every=4), penalties.lazy(r1, every=8)):
        ask(penalty=penalty)
    assert len(timings) == 5


@pytest.mark.parametrize("change", CHANGES)
def test_whatever_changes_the_answer_is_asked_anew(change, timings, monkeypatch):
    ask()
    change(monkeypatch)
    assert len(timings) == 2


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "[1, 2, 3]", "null", '["about", {"fp32": 1.0}, {}]', b"\xff\xfe", "x" * 70_000],
)
def test_a_damaged_file_is_as_if_it_were_not_there(text, timings, quick):
    ask()
    (file,) = (quick / "speed").iterdir()
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    ask()
    assert len(timings) == 2
    ask()  # written anew
    assert len(timings) == 2


@pytest.mark.parametrize("took", [{}, {"fp64": 1.0}, {LAST: 1.0}, {FP32: "1"}, {FP32: -1.0}, [1]])
def test_an_answer_that_cannot_be_is_not_believed(took, timings, quick):
    ask()
    (file,) = (quick / "speed").iterdir()
    about, _, left_out = json.loads(file.read_text())
    file.write_text(json.dumps([about, took, left_out]))
    ask()
    assert len(timings) == 2


def test_without_a_place_to_write_it_is_timed_each_time_and_said(timings, quick, monkeypatch):
    (quick / "file").write_text("not a folder")
    monkeypatch.setattr(cache, "places", lambda: [quick / "file"])
    cache._warn_once.cache_clear()
    with pytest.warns(UserWarning, match="nothing is cached"):
        first = ask()
    assert ask() == first
    assert len(timings) == 2
    cache._warn_once.cache_clear()


# -- the precision in the loop ---------------------------------------------------------------


def losses_of(steps: int, way: speed.Speed | None) -> torch.Tensor:
    """Return loss_d and loss_g of a small DCGAN's first steps, (2, steps)."""
    G, D, real = convolutions()
    for net in (G, D):
        net.apply(models.dcgan_init)
        if way is not None:
            way.fit(net)
    opts = [torch.optim.Adam(net.parameters(), lr=1e-3, fused=True) for net in (G, D)]
    torch.manual_seed(1)
    nets = [net if way is None else way.fast(net) for net in (G, D)]
    batches = itertools.repeat(real)
    *_, moment = training.train(*nets, *opts, batches, steps=steps, latent_dim=LATENT)
    assert all(p.dtype == torch.float32 and p.isfinite().all() for p in D.parameters())
    assert {number.dtype for number in moment.numbers.values()} == {torch.float32}
    return torch.stack([moment.history.column(name) for name in ("loss_d", "loss_g")])


def forced(name: str) -> speed.Speed:
    return speed.choose({FP32: 10.0, name: 1.0}, {}, wanted="auto", device="cpu")


def test_channels_last_gives_the_same_numbers():
    assert_close(losses_of(8, forced(LAST)), losses_of(8, None), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", ["bf16", BF16])
def test_bf16_learns_nearly_the_same_and_stays_finite(name):
    """Eight bits of a number: the losses agree to a few percent at first, and are not the same."""
    plain, half = losses_of(8, None), losses_of(8, forced(name))
    assert half.isfinite().all()
    assert not torch.equal(half, plain)
    assert_close(half[:, :3], plain[:, :3], rtol=0.05, atol=0.02)
    assert half[0, -1] < half[0, 0]


def test_a_penalty_stays_in_fp32_beside_bf16():
    seen = []

    def penalty(D, real, fake):
        seen.append((fake.dtype, penalties.slopes(D, fake).dtype))
        return penalties.r1(D, real, gamma=1.0)

    G, D, real = convolutions()
    opts = [torch.optim.Adam(net.parameters(), fused=True) for net in (G, D)]
    more = {"game": losses.relativistic, "penalty": penalty, "latent_dim": LATENT}
    fast = [forced("bf16").fast(net) for net in (G, D)]
    run = training.train(*fast, *opts, itertools.repeat(real), steps=2, **more)
    assert all(moment.numbers["loss_d"].isfinite() for moment in run)
    assert set(seen) == {(torch.float32, torch.float32)}
