"""Whether this machine can run the course: what lesson 00 checks, in ten lines.

Plumbing of lesson 00.
"""

import importlib.metadata
import importlib.util
import os
import platform
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from gan_lessons import files
from gan_lessons.door import copies, jupyter

Found = tuple[bool, str, str]  # whether it is all right, what was found, what to do if not
MEMORY = 2.0  # GiB free that every lesson is content with
ROOM = 1.0  # GiB of disk


def examine() -> int:
    """Print ten lines, each with what to do where something is not right; 1 if something is not.

    Introduced in lesson 00.
    """
    wrong = 0
    for name, look in LOOKS.items():
        try:
            good, found, todo = look()
        except Exception as error:
            text = str(error).splitlines()
            good, found, todo = False, (text or [type(error).__name__])[0], (text or [""])[-1]
        wrong += not good
        print(f"{'✓' if good else '✗'} {name:<12} {found}" + ("" if good else f"\n    → {todo}"))
    print("All is well: gan-lessons opens the course." if not wrong else f"{wrong} to mend.")
    return 1 if wrong else 0


def _python() -> Found:
    text = f"{platform.python_version()} in {files.shown(Path(sys.executable), 60)}"
    return sys.version_info >= (3, 11), text, "install Python 3.11 or newer"


def _torch() -> Found:
    if importlib.util.find_spec("torch") is None:
        return False, "missing", "pip install torch==2.13.0"
    version = importlib.metadata.version("torch")
    new = tuple(int(part) for part in version.split("+")[0].split(".")[:2]) >= (2, 11)
    return new, version, "pip install torch==2.13.0: older ones do not load files safely"


def _jupyter() -> Found:
    missing = jupyter.missing_packages(("jupyterlab", "ipykernel", "ipywidgets"))
    if missing:
        return False, f"{', '.join(missing)} missing", "pip install 'gan-lessons[lab]'"
    names = ("jupyterlab", "ipykernel", "ipywidgets")
    return True, ", ".join(f"{name} {importlib.metadata.version(name)}" for name in names), ""


def _device() -> Found:
    from gan_lessons import runtime

    device = runtime.pick_device()  # tries it with a convolution
    return True, f"{device}: {runtime.device_name(device)}", ""


def _cores() -> Found:
    from gan_lessons import runtime

    threads = os.environ["OMP_WAIT_POLICY"]
    return True, f"{runtime.usable_cores()} for this process, idle threads {threads}", ""


def _memory() -> Found:
    from gan_lessons import runtime

    free = runtime.free_memory() / 2**30
    todo = "close other notebooks (right-click, Shut Down Kernel) and programs"
    return free >= MEMORY, f"{free:.1f} GiB free", todo


def _disk() -> Found:
    work = copies.work_folder()
    there = next(place for place in (work, *work.parents) if place.exists())
    free = shutil.disk_usage(there).free / 2**30
    if not os.access(there, os.W_OK):
        return (
            False,
            f"{files.shown(there)} cannot be written",
            "let GAN_LESSONS_WORK name a folder",
        )
    return free >= ROOM, f"{free:.1f} GiB free for {files.shown(work, 60)}", "make room"


def _data() -> Found:
    from gan_lessons import data

    names = ("strokes", "petals", "gallery")
    for name in names:
        getattr(data, name)()  # compares the SHA-256
    return True, f"{', '.join(names)} are whole", ""


def _lessons() -> Found:
    notebooks = files.course("notebooks")
    number = len([*notebooks.glob(copies.LESSONS)])
    where = "the repository" if files.checkout() else "the installed package"
    return number > 0, f"{number} lessons in {where}", "install the course again"


def _speed() -> Found:
    from gan_lessons import runtime, speed

    here = speed.calibrate(runtime.pick_device(), rounds=200)
    known = runtime.measured_minutes().values()
    minutes = sum(lesson["minutes"] * here / lesson["step_ms"] for lesson in known)
    text = f"{here:.1f} ms for a small step; all lessons compute for about {minutes:.0f} minutes"
    return True, text, ""


LOOKS: dict[str, Callable[[], Found]] = {
    "Python": _python,
    "PyTorch": _torch,
    "JupyterLab": _jupyter,
    "device": _device,
    "cores": _cores,
    "memory": _memory,
    "disk": _disk,
    "data": _data,
    "lessons": _lessons,
    "speed": _speed,
}
