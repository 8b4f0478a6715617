"""Settings, devices, cores, seeds, and the promise that ■ never tears a step."""

import copy
import os
import random
import signal
import threading
import time
import warnings
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from gan_lessons import data, models, runtime, training
from gan_lessons.errors import DeviceError, LessonError, SettingError
from tests.soak import times
from tests.three_lines import MOST, complaints

FOUR = {"tiny": 1, "ci": 2, "lesson": 3, "full": 4}


@pytest.fixture(autouse=True)
def no_settings(monkeypatch):
    """Start every test without the course's variables, whatever the shell has."""
    for name in ("BUDGET", "DEVICE", "STRICT"):
        monkeypatch.delenv(f"GAN_LESSONS_{name}", raising=False)


# -- settings --------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "value"), FOUR.items())
def test_a_budget_picks_its_own_number(monkeypatch, name, value):
    monkeypatch.setenv("GAN_LESSONS_BUDGET", name)
    assert runtime.budget_name() == name
    assert runtime.budget(**FOUR) == value


@pytest.mark.parametrize("unset", [None, ""])
def test_without_a_setting_it_is_a_lesson_and_exercises_may_stay_open(monkeypatch, unset):
    if unset is not None:
        for name in ("BUDGET", "DEVICE", "STRICT"):
            monkeypatch.setenv(f"GAN_LESSONS_{name}", unset)
    assert runtime.budget(**FOUR) == 3
    assert runtime.strict() is False


@pytest.mark.parametrize(("value", "answer"), [("0", False), ("1", True)])
def test_strict(monkeypatch, value, answer):
    monkeypatch.setenv("GAN_LESSONS_STRICT", value)
    assert runtime.strict() is answer


@pytest.mark.parametrize(
    ("variable", "ask", "allowed"),
    [
        ("GAN_LESSONS_BUDGET", lambda: runtime.budget(**FOUR), runtime.settings.BUDGETS),
        ("GAN_LESSONS_DEVICE", runtime.pick_device, runtime.machine.DEVICES),
        ("GAN_LESSONS_STRICT", runtime.strict, ("0", "1")),
    ],
)
@pytest.mark.parametrize("value", ["Tiny", "yes", "gpu", "-1", " "])
def test_a_wrong_setting_is_told_in_three_lines(monkeypatch, variable, ask, allowed, value):
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingError) as info:
        ask()
    assert complaints(info.value) == []
    assert variable in str(info.value)
    assert repr(value) in str(info.value)
    assert all(word in str(info.value) for word in allowed)


@pytest.mark.parametrize(
    ("error", "complaint"),
    [
        (ValueError("a.\nb.\nc."), "is no LessonError"),
        (LessonError("what.", "kept.", "do\nthis."), "not three lines"),
        (LessonError("what.", "", "do."), "not three lines"),
        (LessonError("what.", "kept.", "do"), "not three lines"),
        (LessonError("what." + MOST * "x", "kept.", "do."), "characters"),
        (LessonError("what.", "kept.", "Set weights_only=False."), "harm"),
    ],
)
def test_the_three_lines_are_really_asked_for(error, complaint):
    assert any(complaint in said for said in complaints(error))
    assert complaints(LessonError("what.", "kept.", "do.")) == []


def test_an_error_keeps_its_parts_and_is_what_python_expects():
    error = SettingError("what.", "kept.", "do.")
    assert error.args == ("what.", "kept.", "do.")
    assert isinstance(error, ValueError)


# -- devices ---------------------------------------------------------------------------------


def pretend(monkeypatch, *, cuda: bool, mps: bool = False, broken: tuple[str, ...] = ()):
    """Make torch say what is there, and let the first operation on some devices fail."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)

    def first_operation(name):
        if name in broken:
            raise RuntimeError(f"no kernel image for {name}\nCompile with TORCH_USE_CUDA_DSA")

    monkeypatch.setattr(runtime.machine, "try_device", first_operation)


@pytest.mark.parametrize(
    ("there", "chosen"),
    [
        ({"cuda": False}, "cpu"),
        ({"cuda": True}, "cuda"),
        ({"cuda": False, "mps": True}, "mps"),
        ({"cuda": True, "mps": True}, "cuda"),
    ],
)
def test_auto_takes_the_best_that_works(monkeypatch, there, chosen):
    pretend(monkeypatch, **there)
    assert runtime.pick_device().type == chosen


@pytest.mark.parametrize(
    ("there", "broken", "chosen"),
    [
        ({"cuda": True}, ("cuda",), "cpu"),
        ({"cuda": True, "mps": True}, ("cuda",), "mps"),
        ({"cuda": False, "mps": True}, ("mps",), "cpu"),
    ],
)
def test_a_device_that_is_there_but_fails_is_passed_over_with_one_line(
    monkeypatch, there, broken, chosen
):
    """PyTorch issue 31285: is_available() says yes, the first operation fails."""
    pretend(monkeypatch, **there, broken=broken)
    with pytest.warns(UserWarning, match="no kernel image") as told:
        assert runtime.pick_device().type == chosen
    assert len(told) == 1
    assert "\n" not in str(told[0].message)


def test_a_device_asked_for_by_name_is_never_swapped_in_silence(monkeypatch):
    pretend(monkeypatch, cuda=True, broken=("cuda",))
    monkeypatch.setenv("GAN_LESSONS_DEVICE", "cuda")
    with pytest.raises(DeviceError) as info:
        runtime.pick_device()
    assert complaints(info.value) == []
    assert "'cuda'" in str(info.value)
    assert isinstance(info.value.__cause__, RuntimeError)


@pytest.mark.parametrize("name", ["cuda", "mps"])
def test_a_device_that_is_not_there_is_an_error_by_its_first_operation(monkeypatch, name):
    if torch.cuda.is_available() or torch.backends.mps.is_available():
        pytest.skip("this machine has an accelerator")
    monkeypatch.setenv("GAN_LESSONS_DEVICE", name)
    with pytest.raises(DeviceError) as info:
        runtime.pick_device()
    assert complaints(info.value) == []


@pytest.mark.parametrize("message", ["", "x" * 900, "a\nb\n" * 200])
def test_whatever_a_driver_says_the_error_stays_short(monkeypatch, message):
    def fail(name):
        raise RuntimeError(message)

    monkeypatch.setattr(runtime.machine, "try_device", fail)
    monkeypatch.setenv("GAN_LESSONS_DEVICE", "cuda")
    with pytest.raises(DeviceError) as info:
        runtime.pick_device()
    assert complaints(info.value) == []


def test_the_cpu_by_name_is_tried_and_draws_no_random_number(monkeypatch):
    monkeypatch.setenv("GAN_LESSONS_DEVICE", "cpu")
    before = torch.get_rng_state()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert runtime.pick_device() == torch.device("cpu")
    assert torch.equal(torch.get_rng_state(), before)


def test_a_device_whose_numbers_are_not_finite_does_not_count(monkeypatch):
    def nonsense(image, kernel):
        return image * float("nan")

    monkeypatch.setattr(torch.nn.functional, "conv2d", nonsense)
    with pytest.raises(RuntimeError, match="not finite"):
        runtime.try_device("cpu")


# -- cores -----------------------------------------------------------------------------------

V2, V1 = "cpu.max", "cpu/cpu.cfs_quota_us"


@pytest.mark.parametrize(
    ("cores", "affinity", "files", "omp", "usable"),
    [
        (16, 16, {}, None, 16),
        (None, None, {}, None, 1),
        (16, 8, {}, None, 8),
        (16, 1, {}, "4", 1),
        (16, None, {}, None, 16),  # macOS has no affinity
        (16, 16, {V2: "200000 100000\n"}, None, 2),
        (16, 16, {V2: "150000 100000\n"}, None, 2),  # one and a half: rounded up
        (16, 16, {V2: "50000 100000\n"}, None, 1),
        (16, 16, {V2: "max 100000\n"}, None, 16),
        (4, 4, {V2: "6400000 100000\n"}, None, 4),
        (16, 16, {V2: "nonsense"}, None, 16),
        (16, 16, {V2: ""}, None, 16),
        (16, 16, {V2: "100000 0"}, None, 16),
        (16, 16, {V1: "300000", "cpu/cpu.cfs_period_us": "100000"}, None, 3),
        (16, 16, {V1: "-1", "cpu/cpu.cfs_period_us": "100000"}, None, 16),
        (16, 16, {V1: "300000"}, None, 16),  # no period: not a limit
        (16, 16, {}, "3", 3),
        (16, 16, {}, "4,2", 4),
        (16, 16, {}, "0", 16),
        (16, 16, {}, "many", 16),
        (16, 16, {}, "", 16),
        (16, 12, {V2: "800000 100000"}, "6", 6),
    ],
)
def test_usable_cores_is_the_least_of_all_limits(
    monkeypatch, tmp_path, cores, affinity, files, omp, usable
):
    monkeypatch.setattr(os, "cpu_count", lambda: cores)
    if affinity is None:
        monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    else:
        monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(affinity)), False)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    if omp is not None:
        monkeypatch.setenv("OMP_NUM_THREADS", omp)
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    assert runtime.usable_cores(tmp_path) == usable


def test_start_sets_the_threads(monkeypatch):
    before = torch.get_num_threads()
    monkeypatch.setattr(runtime.machine, "usable_cores", lambda: 3)
    monkeypatch.setenv("GAN_LESSONS_DEVICE", "cpu")
    try:
        assert runtime.start().type == "cpu"
        assert torch.get_num_threads() == 3
        for asked, given in ((1, 1), (8, 3)):
            runtime.start(threads=asked)
            assert torch.get_num_threads() == given
    finally:
        torch.set_num_threads(before)


# -- seeds -----------------------------------------------------------------------------------


def everything() -> tuple:
    return random.random(), np.random.rand(3).tolist(), torch.randn(3).tolist()  # noqa: NPY002


def test_one_seed_fixes_all_three_sources_and_another_changes_them():
    drawn = []
    for seed in (7, 7, 8):
        runtime.seed_everything(seed)
        drawn.append(everything())
    assert drawn[0] == drawn[1]
    assert all(a != b for a, b in zip(drawn[0], drawn[2], strict=True))


def test_own_generators_neither_disturb_nor_are_disturbed():
    """For any k: k draws from one source leave the numbers of every other source as they were."""
    torch.manual_seed(0)
    alone = torch.randn(5)
    torch.manual_seed(0)
    first, second = runtime.generator(1), runtime.generator(1)
    torch.randn(100, generator=first)
    assert torch.equal(torch.randn(5), alone)
    assert torch.equal(
        torch.randn(5, generator=second), torch.randn(5, generator=runtime.generator(1))
    )
    assert not torch.equal(torch.randn(5, generator=runtime.generator(2)), alone)


# -- stopping at the boundary of a step ------------------------------------------------------

INTERRUPTS, PLAIN = times(150, 1_000), 60


def interrupter(rng: random.Random, step: float) -> threading.Thread:
    """Return a thread that sends this process a real SIGINT, somewhere in the next few steps.

    Args:
        step: the seconds that the last one took, so that a slow machine is hit as anywhere.
    """
    wait = rng.uniform(0, 5 * step)

    def send():
        time.sleep(wait)
        os.kill(os.getpid(), signal.SIGINT)

    return threading.Thread(target=send)


class Run:
    """A real, small run with EMA whose whole state can be compared, and its updates counted."""

    def __init__(self, seed: int = 0):
        runtime.seed_everything(seed)
        self.G, self.D = models.plane_generator(width=8), models.plane_discriminator(width=8)
        self.average = copy.deepcopy(self.G)
        self.opt_g = torch.optim.Adam(self.G.parameters(), lr=1e-2)
        self.opt_d = torch.optim.Adam(self.D.parameters(), lr=1e-2)
        x = data.ring(64, seed=seed).x
        self.batches = data.batches(x, 4, rng=runtime.generator(seed))

    def train(self, steps: int = 10**9):
        run = training.train(
            *(self.G, self.D, self.opt_g, self.opt_d, self.batches), steps=steps, latent_dim=2
        )
        return training.averaged(run, self.average, decay=0.999)

    def updates(self) -> tuple[int, int]:
        """Return how many steps each optimizer made, of D and of G."""
        counts = []
        for opt in (self.opt_d, self.opt_g):
            counts.append(int(next(iter(opt.state.values()))["step"]) if opt.state else 0)
        return tuple(counts)

    def state(self) -> list[torch.Tensor]:
        nets = (self.G, self.D, self.average)
        return [p.detach().clone() for net in nets for p in net.parameters()]


def same(a: list[torch.Tensor], b: list[torch.Tensor]) -> bool:
    return all(torch.equal(p, q) for p, q in zip(a, b, strict=True))


def test_no_interrupt_tears_a_step(record_property):
    """After n steps of an interrupted run the state is that of n steps of an undisturbed one.

    So D, G and the average were all updated n times, in order, and nothing else happened.
    """
    record_property("n", INTERRUPTS)
    rng = random.Random(0)
    ends: dict[int, list] = {}
    for _ in range(INTERRUPTS):
        run, done, sender, start = Run(), 0, None, time.perf_counter()
        for moment in run.train():
            if sender is None:
                sender = interrupter(rng, time.perf_counter() - start)
                sender.start()
            done = moment.step
        sender.join()
        assert run.updates() == (done, done)
        assert moment.history.length == done
        assert all(p.requires_grad for p in run.D.parameters())
        ends.setdefault(done, []).append(run.state())
    calm = Run()
    for moment in calm.train(max(ends)):
        truth = calm.state() if moment.step in ends else None
        assert all(same(state, truth) for state in ends.pop(moment.step, []))
    assert ends == {}


def test_a_run_that_was_interrupted_goes_on_as_if_it_had_not_been():
    whole = Run()
    assert len(list(whole.train(12))) == 12
    parts, done = Run(), 0
    while done < 12:
        for moment in parts.train(12 - done):
            if moment.step == 3:
                signal.raise_signal(signal.SIGINT)
        done += moment.step
    assert same(parts.state(), whole.state())


def test_a_plain_loop_is_torn_by_the_same_interrupts():
    """The power of the test above: without the boundary the very same interrupts tear steps."""
    rng, torn = random.Random(0), 0
    for _ in range(PLAIN):
        run, start = Run(), time.perf_counter()
        step(run)
        sender = interrupter(rng, time.perf_counter() - start)
        try:
            sender.start()
            while True:
                step(run)
        except KeyboardInterrupt:
            sender.join()
        torch.set_grad_enabled(True)  # the edge of a no_grad may have been hit, which left it off
        d, g = run.updates()
        torn += d != g or not torch.isclose(run.decayed, torch.tensor(0.5**d, dtype=torch.float64))
    assert torn >= 5


def step(run: Run) -> None:
    """Make one step by hand, with a number that halves with each update of the average."""
    run.decayed = getattr(run, "decayed", torch.ones((), dtype=torch.float64))
    real = next(run.batches)
    fake = run.G(torch.randn(len(real), 2))
    for opt, loss in (
        (run.opt_d, lambda: -run.D(real).mean() + run.D(fake.detach()).mean()),
        (run.opt_g, lambda: -run.D(fake).mean()),
    ):
        opt.zero_grad()
        loss().backward()
        opt.step()
    models.update_average(run.average, run.G, decay=0.5)
    run.decayed.mul_(0.5)


def test_an_interrupt_at_the_edge_of_no_grad_leaves_autograd_on():
    def loop():
        with runtime.stop_at_boundary():
            torch.set_grad_enabled(False)  # as no_grad does before anything can undo it
            raise KeyboardInterrupt

    try:
        with pytest.raises(KeyboardInterrupt):
            loop()
        assert torch.is_grad_enabled()
    finally:
        torch.set_grad_enabled(True)


def test_a_run_that_is_collected_leaves_autograd_alone():
    """It ends wherever the collector finds it, such as inside an optimizer's step."""
    run = runtime.steps(3)
    next(run)
    with torch.no_grad():
        del run
        assert not torch.is_grad_enabled()


def test_the_first_interrupt_asks_and_the_second_insists():
    said = []

    def loop():
        with runtime.stop_at_boundary(patience=3_600) as stop:
            for _ in range(3):
                said.append(bool(stop))
                signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        loop()
    assert said == [False, True]


@pytest.mark.parametrize(("seconds", "insists"), [(1.9, True), (2.1, False), (60, False)])
def test_only_a_second_interrupt_within_the_patience_insists(monkeypatch, seconds, insists):
    clock = SimpleNamespace(now=100.0)
    monkeypatch.setattr(runtime.stopping, "time", SimpleNamespace(monotonic=lambda: clock.now))
    raised = False
    try:
        with runtime.stop_at_boundary(patience=2.0):
            signal.raise_signal(signal.SIGINT)
            clock.now += seconds
            signal.raise_signal(signal.SIGINT)
    except KeyboardInterrupt:
        raised = True
    assert raised is insists


@pytest.mark.parametrize("end", ["end", "error", "interrupt"])
def test_the_handler_comes_back(end):
    before = signal.getsignal(signal.SIGINT)
    try:
        with runtime.stop_at_boundary():
            assert signal.getsignal(signal.SIGINT) is not before
            if end == "error":
                raise ZeroDivisionError
            if end == "interrupt":
                signal.raise_signal(signal.SIGINT)
                signal.raise_signal(signal.SIGINT)
    except (ZeroDivisionError, KeyboardInterrupt):
        pass
    assert signal.getsignal(signal.SIGINT) is before


def test_a_loop_around_a_loop_ends_as_well():
    rounds = inner_steps = 0
    with runtime.stop_at_boundary() as outer:
        for _ in range(5):
            with runtime.stop_at_boundary() as inner:
                for _ in range(5):
                    inner_steps += 1
                    if inner_steps == 2:
                        signal.raise_signal(signal.SIGINT)
                    if inner:
                        break
            rounds += 1
            if outer:
                break
    assert (rounds, inner_steps) == (1, 2)


def test_two_loops_after_each_other_each_have_their_own_request():
    for _ in range(2):
        with runtime.stop_at_boundary() as stop:
            assert not stop
            signal.raise_signal(signal.SIGINT)
            assert stop


def suspended(patience: float = 2.0):
    """A loop that keeps its block open between two items, as ``training.train`` does."""
    with runtime.stop_at_boundary(patience) as stop:
        while not stop:
            yield stop


@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["first begun", "last begun"])
def test_two_loops_may_end_in_any_order_and_the_interrupt_is_as_before(order):
    """An abandoned loop that is closed late takes nobody's handler away and leaves none behind."""
    before = signal.getsignal(signal.SIGINT)
    loops = [suspended(), suspended()]
    stops = [next(loop) for loop in loops]
    loops[order[0]].close()
    signal.raise_signal(signal.SIGINT)
    assert bool(stops[order[1]])  # the one that goes on is still asked
    loops[order[1]].close()
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)
    signal.signal(signal.SIGINT, before)


def test_outside_the_main_thread_it_does_nothing():
    before, seen = signal.getsignal(signal.SIGINT), []

    def work():
        with runtime.stop_at_boundary() as stop:
            seen.append((bool(stop), signal.getsignal(signal.SIGINT) is before))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [(False, True)]


def test_the_package_asks_idle_threads_to_sleep():
    """A policy that was chosen before stays; without one it is set when the package is imported."""
    assert os.environ.get("OMP_WAIT_POLICY")
