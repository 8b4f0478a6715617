"""Where and how a lesson runs: device, threads, seeds, budget, and stopping at a step boundary.

Floor 0 of the house: imports nothing of the package but its errors. Introduced in lesson 00.
"""

import json
import math
import os
import random
import signal
import threading
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import psutil
import torch

from gan_lessons.errors import DeviceError, SettingError

BUDGETS = ("tiny", "ci", "lesson", "full")
DEVICES = ("auto", "cpu", "cuda", "mps")


def _setting(name: str, default: str, allowed: tuple[str, ...]) -> str:
    """Read an environment variable that must have one of a few values."""
    value = os.environ.get(name, "") or default
    if value not in allowed:
        raise SettingError(
            f"{name}={value!r} is not a value this course knows.",
            "Nothing was started and nothing was changed.",
            f"Set {name} to one of: {', '.join(allowed)}.",
        )
    return value


def budget_name() -> str:
    """Return the budget this run has: tiny, ci, lesson or full (GAN_LESSONS_BUDGET).

    Raises:
        SettingError: the variable holds anything else.
    """
    return _setting("GAN_LESSONS_BUDGET", "lesson", BUDGETS)


def budget(*, tiny: int, ci: int, lesson: int, full: int) -> int:
    """Return the number that belongs to this run's budget; every lesson names all four.

    Example: ``steps = runtime.budget(tiny=20, ci=150, lesson=2_000, full=20_000)``.
    """
    return {"tiny": tiny, "ci": ci, "lesson": lesson, "full": full}[budget_name()]


def strict() -> bool:
    """Say whether an exercise that is not solved is an error (GAN_LESSONS_STRICT=1)."""
    return _setting("GAN_LESSONS_STRICT", "0", ("0", "1")) == "1"


def seed_everything(seed: int) -> None:
    """Seed Python, NumPy and torch: same machine and threads, same numbers."""
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002  learners may use the legacy functions
    torch.manual_seed(seed)


def generator(seed: int, device: str | torch.device = "cpu") -> torch.Generator:
    """Return an own source of randomness, so that one purpose does not disturb another."""
    return torch.Generator(device=device).manual_seed(seed)


def try_device(name: str) -> None:
    """Run a real convolution forward and backward on a device; raises what torch raises.

    ``is_available()`` can say yes where the first operation fails (an old driver, a card that
    this build has no code for), so nothing less than an operation is believed.
    """
    image = torch.ones(2, 3, 8, 8, device=name, requires_grad=True)
    kernel = torch.ones(4, 3, 3, 3, device=name)
    torch.nn.functional.conv2d(image, kernel).square().mean().backward()
    if not math.isfinite(image.grad.sum().item()):  # .item() waits for the device
        raise RuntimeError("a convolution gave numbers that are not finite")


def pick_device() -> torch.device:
    """Return the device to train on: CUDA, else MPS, else CPU (GAN_LESSONS_DEVICE overrides).

    A device counts only if a convolution runs on it forward and backward. With ``auto`` a broken
    device is passed over with one warning.

    Raises:
        DeviceError: the device that was asked for by name is not there or does not work.
    """
    wanted = _setting("GAN_LESSONS_DEVICE", "auto", DEVICES)
    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    for name in ("cuda", "mps") if wanted == "auto" else (wanted,):
        if wanted == "auto" and not there[name]:
            continue
        try:
            try_device(name)
        except Exception as error:
            reason = (str(error).strip() or type(error).__name__).splitlines()[0][:120]
            if wanted != "auto":
                raise DeviceError(
                    f"The device {name!r} that GAN_LESSONS_DEVICE asks for does not work: {reason}",
                    "Nothing was started; your notebook and data are untouched.",
                    "Set GAN_LESSONS_DEVICE=auto (or cpu) and restart the kernel.",
                ) from error
            warnings.warn(f"{name} is there but fails ({reason}): using the CPU.", stacklevel=2)
        else:
            return torch.device(name)
    return torch.device("cpu")


def usable_cores(cgroup: Path = Path("/sys/fs/cgroup")) -> int:
    """Return how many cores this process may really use.

    The least of the machine's cores, the process's affinity, the container's CPU quota (cgroup v2
    ``cpu.max`` or v1 ``cpu.cfs_quota_us``) and OMP_NUM_THREADS. More threads than that slow
    training down many times over.
    """
    limits = [os.cpu_count() or 1]
    if hasattr(os, "sched_getaffinity"):
        limits.append(len(os.sched_getaffinity(0)))
    for quota_file, period_file in (
        ("cpu.max", "cpu.max"),
        ("cpu/cpu.cfs_quota_us", "cpu/cpu.cfs_period_us"),
    ):
        try:
            quota = (cgroup / quota_file).read_text().split()[0]
            period = (cgroup / period_file).read_text().split()[-1]
            if quota not in ("max", "-1"):
                limits.append(max(1, math.ceil(int(quota) / int(period))))
        except (OSError, ValueError, IndexError, ZeroDivisionError):
            continue  # not this kind of cgroup, or none: no limit from here
    asked = os.environ.get("OMP_NUM_THREADS", "").split(",")[0].strip()
    if asked.isdigit() and int(asked) > 0:
        limits.append(int(asked))
    return min(limits)


def free_memory() -> int:
    """Return how many bytes of memory a new process could have now. Lesson 00."""
    return psutil.virtual_memory().available


def measured_minutes() -> dict[str, dict]:
    """Return what building the solved notebooks measured, lesson by lesson. Lesson 00.

    Returns:
        For each lesson's file name: ``minutes`` of computing on 2 CPU cores, ``step_ms`` of
        :func:`gan_lessons.training.calibrate` on that machine, and the ``date``. Empty where the
        package was installed without the notebooks.
    """
    path = Path(__file__).resolve().parents[1] / "notebooks" / "minutes.json"
    return json.loads(path.read_text()) if path.exists() else {}


def start() -> torch.device:
    """Prepare this process for a lesson: set torch's threads, return the device to train on."""
    torch.set_num_threads(usable_cores())
    return pick_device()


class StopRequest:
    """Whether the reader has asked to stop; see :func:`stop_at_boundary`."""

    def __init__(self) -> None:
        self.requested = False

    def __bool__(self) -> bool:
        return self.requested


@contextmanager
def stop_at_boundary(patience: float = 2.0) -> Iterator[StopRequest]:
    """Turn the notebook's ■ (an interrupt) into a request that a loop reads between two steps.

    A loop that is interrupted at random is torn in the middle of a step: D updated, G not. Here the
    first interrupt only sets the flag, and the loop ends the step it is in. A second one within
    ``patience`` seconds stops at once, like any KeyboardInterrupt. The previous handler comes back
    at the end; a loop that is itself inside such a block ends too. Outside the main thread, where
    Python has no signals, the flag stays False.

    Example::

        with runtime.stop_at_boundary() as stop:
            for step in range(steps):
                ...
                if stop:
                    break
    """
    stop = StopRequest()
    last = -math.inf

    def on_interrupt(signum, frame):
        nonlocal last
        now = time.monotonic()
        if stop.requested and now - last <= patience:
            raise KeyboardInterrupt
        stop.requested, last = True, now
        if hasattr(previous, "stops_at_boundary"):  # a loop around this one ends as well
            previous(signum, frame)

    on_interrupt.stops_at_boundary = True
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    previous = signal.signal(signal.SIGINT, on_interrupt)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, previous)
