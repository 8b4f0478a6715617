"""What this machine has: a device that works, cores, memory. Introduced in lesson 00."""

import math
import os
import platform
import warnings
from contextlib import suppress
from pathlib import Path

import psutil
import torch

from gan_lessons.errors import DeviceError
from gan_lessons.runtime.settings import setting

DEVICES = ("auto", "cpu", "cuda", "mps")


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
        SettingError: GAN_LESSONS_DEVICE holds another word than auto, cpu, cuda or mps.
    """
    wanted = setting("GAN_LESSONS_DEVICE", "auto", DEVICES)
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


def device_name(device: torch.device) -> str:
    """Return what a device is called: the graphics card, else the processor and its vectors."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    name = platform.processor() or platform.machine()
    with suppress(OSError, IndexError):  # Linux alone tells the model
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
        name = text.split("model name")[1].split("\n")[0].strip(" \t:")
    return f"{device.type}, {name}, {torch.backends.cpu.get_cpu_capability()}"


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
            quota = (cgroup / quota_file).read_text(encoding="ascii").split()[0]
            period = (cgroup / period_file).read_text(encoding="ascii").split()[-1]
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


def start(*, threads: int | None = None) -> torch.device:
    """Prepare this process for a lesson: set torch's threads, return the device to train on.

    Args:
        threads: use at most so many; None is all that :func:`usable_cores` allows. Networks for
            points in the plane are so small that sharing their work costs more than it saves: with
            one thread a step takes a third to two thirds of the time it takes with two.
    """
    cores = usable_cores()
    torch.set_num_threads(cores if threads is None else min(cores, threads))
    return pick_device()
