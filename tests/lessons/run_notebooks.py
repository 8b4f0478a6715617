"""Run every notebook top to bottom: `python tests/lessons/run_notebooks.py`, or one lesson: `… 04`.

First the learner's notebooks (exercises blank) at the tiny budget, then the solved ones at the ci
budget, where an exercise that is not solved is an error. Where the system allows it, each runs in a
network namespace of its own that has loopback and nothing else: what passes there works offline.
"""

import argparse
import errno
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve()
CELL_LIMIT = 1_800  # seconds of processor time; a whole lesson takes less at its full budget
PATIENCE = 300  # seconds that a kernel may stand still while a cell runs
START_TIMEOUT = 600  # seconds on the clock, until a kernel answers; it takes two

# what is run: folder in the repository, the settings its kernels get, the report of a whole run
RUNS = (
    ("notebooks", {"GAN_LESSONS_BUDGET": "tiny", "GAN_LESSONS_STRICT": "0"}, "blank"),
    ("notebooks/solutions", {"GAN_LESSONS_BUDGET": "ci", "GAN_LESSONS_STRICT": "1"}, "solved"),
)


def loopback_up() -> None:
    """Bring up the loopback interface of the network namespace this process is in (Linux)."""
    import fcntl
    import struct

    get_flags, set_flags, up = 0x8913, 0x8914, 0x1
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        request = struct.pack("16sh14x", b"lo", 0)
        flags = struct.unpack("16sh14x", fcntl.ioctl(s, get_flags, request))[1]
        fcntl.ioctl(s, set_flags, struct.pack("16sh14x", b"lo", flags | up))


def prove_offline() -> None:
    """Raise unless loopback works and the world does not answer.

    Raises:
        OSError: loopback does not work.
        RuntimeError: there is a way out.
    """
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname(), timeout=60).close()
    with socket.socket() as s:
        s.settimeout(2)
        if s.connect_ex(("192.0.2.1", 443)) != errno.ENETUNREACH:  # RFC 5737: nobody's address
            raise RuntimeError("this process still has a route to the network")


def in_namespace(command: list[str]) -> None:
    """Become `command`, offline: runs inside the new namespace."""
    loopback_up()
    prove_offline()
    if command:
        os.execvp(command[0], command)


def offline_prefix() -> list[str]:
    """Return what to put before a command so that it runs offline; empty where that cannot be."""
    if sys.platform != "linux" or shutil.which("unshare") is None:
        return []
    flag = "-n" if os.geteuid() == 0 else "-rn"
    prefix = ["unshare", flag, sys.executable, str(HERE), "--in-namespace"]
    try:
        done = subprocess.run(prefix, capture_output=True, timeout=600)
    except (OSError, subprocess.TimeoutExpired):
        return []
    return prefix if done.returncode == 0 else []


def pytest_command(
    notebooks: list[Path], *, workers: int, cell_limit: float, patience: float
) -> list[str]:
    """Return the command that runs these notebooks, one worker per notebook at a time."""
    return [
        *(sys.executable, "-m", "pytest", "-p", "tests.lessons.nbval_guard"),
        *("-p", "no:cacheprovider"),
        *("--rootdir", os.path.commonpath([p.parent for p in notebooks])),
        *("-c", os.devnull, "-o", "filterwarnings=default", "-W", "ignore::DeprecationWarning"),
        *("-q", "--color=no", "--tb=short", "-n", str(workers), "--dist=loadscope"),
        *("--nbval-lax", "--nbval-current-env"),
        f"--nbval-cell-timeout={cell_limit}",
        f"--kernel-patience={patience}",
        f"--nbval-kernel-startup-timeout={START_TIMEOUT}",
        *map(str, notebooks),
    ]


def kernel_environment(settings: dict[str, str], scratch: Path) -> dict[str, str]:
    """Return the environment for pytest and, through it, for every kernel.

    Nothing of the person's own set-up reaches the kernels: no start-up files, no plotting backend.
    """
    env = {name: value for name, value in os.environ.items() if name != "MPLBACKEND"}
    env.update(
        settings,
        OMP_NUM_THREADS="1",  # one core per worker
        PYTHONPATH=os.pathsep.join(filter(None, [str(ROOT), env.get("PYTHONPATH", "")])),
        IPYTHONDIR=str(scratch / "ipython"),
        JUPYTER_RUNTIME_DIR=str(scratch / "runtime"),
    )
    env.pop("PYTEST_ADDOPTS", None)
    return env


def run(
    notebooks: list[Path],
    settings: dict[str, str],
    *,
    prefix: list[str],
    cell_limit: float = CELL_LIMIT,
    patience: float = PATIENCE,
    report: Path | None = None,
) -> int:
    """Run notebooks under nbval and the guard; return 0 when every code cell has passed.

    Args:
        report: a JUnit file to be written, with the seconds of every cell.
    """
    workers = 2 if len(notebooks) > 1 else 0  # one notebook needs no second process
    limits = {"cell_limit": cell_limit, "patience": patience}
    command = pytest_command(notebooks, workers=workers, **limits)
    command += [f"--junitxml={report}"] if report else []
    with tempfile.TemporaryDirectory(prefix="gan-notebooks-") as scratch:
        # in a namespace everybody is called root, whose usual folder may belong to the real one
        command += ["--basetemp", str(Path(scratch) / "pytest")]
        env = kernel_environment(settings, Path(scratch))
        return subprocess.run([*prefix, *command], env=env, stdin=subprocess.DEVNULL).returncode


def find(root: Path, folder: str, lesson: str | None) -> list[Path]:
    """Return a folder's notebooks, or those of one lesson (its number or the start of its name)."""
    return sorted((root / folder).glob(f"{lesson or '[0-9][0-9]'}*.ipynb"))


def unpaired(root: Path) -> list[str]:
    """Return a line for each lesson that lacks its source, its blank or its solved notebook."""
    kinds = {
        "source": {p.stem for p in (root / "notebooks/source").glob("[0-9][0-9]*_*.py")},
        "blank notebook": {p.stem for p in find(root, "notebooks", None)},
        "solved notebook": {p.stem for p in find(root, "notebooks/solutions", None)},
    }
    lessons = set().union(*kinds.values())
    lines = [f"{name}: has no {k}" for k, there in kinds.items() for name in lessons - there]
    return sorted(lines) if lessons else ["there is no lesson at all"]


def main(arguments: list[str], root: Path = ROOT) -> int:
    """Run what was asked for; return 0 only if every code cell of every notebook has passed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("lesson", nargs="?", help="a lesson's number, e.g. 04; default: all")
    lesson = parser.parse_args(arguments).lesson
    problems = [line for line in unpaired(root) if line.startswith(lesson or "")]
    prefix = offline_prefix()
    print("offline: " + ("enforced (no network but loopback)" if prefix else "not enforced here"))
    for folder, settings, name in RUNS:
        notebooks = find(root, folder, lesson)
        report = None if lesson else root / "build" / f"{name}.xml"
        print(f"\n{folder}: {len(notebooks)} notebooks, {settings}", flush=True)
        if not notebooks:
            problems.append(f"{folder}: no notebook to run")
        elif status := run(notebooks, settings, prefix=prefix, report=report):
            problems.append(f"{folder}: failed (pytest's exit status {status}, see above)")
    for line in problems:
        print(f"NOTEBOOKS NOT PROVEN  {line}")
    return 1 if problems else 0


if __name__ == "__main__":
    if sys.argv[1:2] == ["--in-namespace"]:
        in_namespace(sys.argv[2:])
    else:
        sys.exit(main(sys.argv[1:]))
