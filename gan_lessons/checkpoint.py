"""A run that outlives its process: whole files, full state, the same run again.

:func:`save` writes one file or none, :func:`load` opens a whole one or says what is wrong with it,
and :class:`kept` wraps a run like ``training.averaged`` does::

    run = training.train(G, D, opt_g, opt_d, batches, steps=steps, latent_dim=2)
    run = training.averaged(run, average, decay=0.999)
    parts = {"G": G, "D": D, "opt_g": opt_g, "opt_d": opt_d, "average": average, "data": batches}
    run = checkpoint.kept(run, "runs/ring", parts, steps=steps, every=500)

Run the same cell again, in this kernel or after it died: it goes on from the newest whole file, and
on the same machine with the same threads it ends with the very same weights.

A file is one line that says what it is (JSON with the step, and the digest of step and rest), and
the rest as ``torch.save`` writes it. It is opened with ``weights_only=True``: numbers come out of
it, never a program. Introduced in lesson 08. Floor 2 of the house.
"""

import contextlib
import copy
import errno
import hashlib
import io
import json
import math
import os
import platform
import random
import re
import time
import warnings
from collections import Counter, OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import numpy as np
import psutil
import torch
from torch import Tensor, nn

from gan_lessons import files
from gan_lessons.errors import CheckpointError, DiskFullError, SettingError, TrainingDiverged

KIND = "gan_lessons checkpoint 1"
NAME = "step_{:08d}.ckpt"
OWN = re.compile(r"step_\d{8,}\.ckpt")  # other names are not touched: a copy put aside is safe
LOCK, CLAIM = "in_use.json", "in_use.claim"
TEMPORARY = re.compile(r"\.(?:step_\d+\.ckpt|in_use\.(?:json|claim))\.(\d+)\.tmp")
PLAIN = (bool, int, float, str, type(None))  # not their children: a file of those is refused
NESTED = (dict, OrderedDict, Counter, list, tuple, torch.Size)  # nor of these
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
START_OVER = "To start over, delete {}."


class Stateful(Protocol):
    """What a checkpoint can hold: a net, an optimizer, a scheduler, ``data.batches``, a wrapper."""

    def state_dict(self) -> dict:
        """Return the state as numbers, texts, tensors and containers of them."""

    def load_state_dict(self, state: dict) -> object:
        """Take over what :meth:`state_dict` returned."""


# -- one file --------------------------------------------------------------------------------------


def save(path: str | Path, state: dict, *, step: int) -> None:
    """Write a state as one file: the whole of it, or the file that was there before.

    It is written under another name, flushed to the disk, and then renamed, which no crash can
    interrupt half way.

    Args:
        path: the file; its folder is made.
        state: tensors, numbers, texts, None, and dicts, lists and tuples of them.
        step: steps done, told by :func:`step_of` without opening the rest.

    Raises:
        CheckpointError: the state holds anything else, or the file cannot be written.
        DiskFullError: the disk is full. What was there before is untouched.
    """
    path = files.expand(path)
    for place, value in leaves(state):
        if type(value) not in (*PLAIN, Tensor, nn.Parameter):
            raise CheckpointError(
                f"A checkpoint cannot hold {place}: {type(value).__name__}.",
                "Nothing was written; older checkpoints are as they were.",
                "Keep tensors, numbers and texts only: float(…) and str(…) make them.",
            )
    body = io.BytesIO()
    torch.save(state, body)
    head = json.dumps({"kind": KIND, "step": step, "sha256": digest_of(step, body.getvalue())})
    whole = f"{head}\n".encode() + body.getvalue()
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("wb") as file:
            file.write(whole)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
        _flush_folder(path.parent)
    except OSError as error:
        _remove(temporary)
        kept = "Older checkpoints are whole, and the players go on living in this kernel."
        if error.errno in FULL:
            raise DiskFullError(
                f"{path} needs {len(whole):,} bytes, and {free_bytes(path.parent):,} are free.",
                kept,
                "Make room and run the loop again, or choose another folder.",
            ) from error
        raise CheckpointError(
            f"{path} cannot be written: {error.strerror}.",
            kept,
            "Choose a folder of your own and run the cell again.",
        ) from error


def load(path: str | Path) -> dict:
    """Return the state in a file that is whole.

    Raises:
        CheckpointError: it is missing, damaged, or no checkpoint of this course.
    """
    path = files.expand(path)
    head, body = _parts_of(path)
    if digest_of(head["step"], body) != head["sha256"]:
        raise _damaged(path, "its checksum differs")
    try:
        return torch.load(io.BytesIO(body), map_location="cpu", weights_only=True)
    except Exception as error:  # made by someone else, with the right digest
        raise _damaged(path, "it holds more than numbers") from error


def digest_of(step: int, body: bytes) -> str:
    """Return the SHA-256 of a step and of what was written of it."""
    return hashlib.sha256(b"%d\n" % step + body).hexdigest()


def step_of(path: str | Path) -> int:
    """Return the step that a file says it is of. Raises CheckpointError if it says none."""
    return _parts_of(files.expand(path), only_head=True)[0]["step"]


def _parts_of(path: Path, *, only_head: bool = False) -> tuple[dict, bytes]:
    """Return the first line of a file, read as JSON, and the rest."""
    try:
        with path.open("rb") as file:
            first = file.readline(1000)
            body = b"" if only_head else file.read()
    except OSError as error:
        raise _damaged(path, error.strerror or "it cannot be read") from error
    try:
        head = json.loads(first)
        if head["kind"] == KIND and type(head["step"]) is int and type(head["sha256"]) is str:
            return head, body
    except (ValueError, TypeError, KeyError):
        pass
    raise _damaged(path, "it is no checkpoint of this course")


def _damaged(path: Path, why: str) -> CheckpointError:
    return CheckpointError(
        f"{path} cannot be used: {why}.",
        "Nothing was loaded; the players are as they were.",
        START_OVER.format(path),
    )


def _flush_folder(folder: Path) -> None:
    """Make the new name itself last, where the system can (not on Windows)."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        except OSError as error:
            if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # some disks do it for files only
                raise
        finally:
            os.close(handle)


def _remove(path: Path) -> None:
    with contextlib.suppress(OSError):  # a leftover is swept when the next run starts
        path.unlink(missing_ok=True)


def free_bytes(folder: Path) -> int:
    """Return the bytes free in a folder, or in the nearest folder above it that is there."""
    there = next(place for place in (folder, *folder.parents, Path()) if place.exists())
    return psutil.disk_usage(str(there)).free


def leaves(state: object, place: str = "") -> Iterator[tuple[str, object]]:
    """Yield every value of a nested state, with its place such as ``G.0.weight``.

    A container that is none of NESTED is a value; so is a key that is none of PLAIN.
    """
    if type(state) not in NESTED:
        yield place, state
        return
    items = state.items() if isinstance(state, dict) else enumerate(state)
    for name, value in items:
        if type(name) not in PLAIN:
            yield f"the key {name!r} of {place or 'the state'}", name
        yield from leaves(value, f"{place}.{name}" if place else str(name))


# -- every source of randomness --------------------------------------------------------------------


def randomness() -> dict:
    """Return the states of all global sources: torch on each device, Python's, NumPy's."""
    kind, keys, *rest = np.random.get_state()  # noqa: NPY002  learners may use it
    state = {"torch": torch.get_rng_state(), "python": random.getstate()}
    state["numpy"] = [kind, keys.tolist(), *rest]
    if torch.cuda.is_available() and torch.cuda.is_initialized():
        state["cuda"] = torch.cuda.get_rng_state_all()
    if torch.backends.mps.is_available():
        state["mps"] = torch.mps.get_rng_state()
    return state


def set_randomness(state: dict) -> None:
    """Put all global sources back into the states that :func:`randomness` returned."""
    torch.set_rng_state(state["torch"])
    random.setstate(state["python"])
    kind, keys, *rest = state["numpy"]
    np.random.set_state((kind, np.array(keys, dtype=np.uint32), *rest))  # noqa: NPY002
    if "cuda" in state and torch.cuda.is_available():
        torch.cuda.set_rng_state_all(state["cuda"])
    if "mps" in state and torch.backends.mps.is_available():
        torch.mps.set_rng_state(state["mps"])


def machine() -> dict[str, str]:
    """Return what equal bits depend on: machine, version of torch, threads, processor features."""
    return {
        "machine": platform.node(),
        "torch": str(torch.__version__),
        "threads": str(torch.get_num_threads()),
        "processor features": torch.backends.cpu.get_cpu_capability(),
        "oneDNN": os.environ.get("ONEDNN_MAX_CPU_ISA", "as found"),
    }


# -- a run -----------------------------------------------------------------------------------------


class kept:
    """A run that writes a checkpoint now and then, and goes on from the newest whole one.

    It counts the steps of earlier processes: ``moment.step`` goes on, and ``moment.history`` holds
    all steps. A checkpoint is also written at the end and after ■.

    Args:
        run: what :func:`training.train` or a wrapper returned; nothing of it has run yet.
        folder: one for each run. Checkpoints older than the newest two are removed.
        parts: name -> all that changes while it runs: players, optimizers, average, schedulers,
            ``data.batches``, penalties that count.
        steps: steps planned in all, those of earlier processes included; as handed to the run.
        every: steps between two checkpoints: what a crash can cost.

    Attributes:
        step: steps done, in all processes.

    Raises:
        CheckpointError: another process runs in this folder; no file in it is whole; or they are
            of other players. Then all parts are as they were.
        TrainingDiverged: a part is no longer finite; such a state is never written.

    Where the newest file is damaged, or the machine is another one, a warning says so.
    """

    def __init__(
        self,
        run: Iterator,
        folder: str | Path,
        parts: Mapping[str, Stateful],
        *,
        steps: int,
        every: int,
    ):
        self.run, self.folder, self.parts = run, files.expand(folder), dict(parts)
        self.steps, self.every = steps, every
        if type(every) is not int or every < 1:
            raise SettingError(
                f"kept cannot save every {every!r:.20} steps.",
                "Nothing was read or written.",
                "Choose a whole number of steps from 1 on, such as every=100.",
            )
        self.step, self._saved, self._resumed = 0, 0, None
        self._rows: Tensor | None = None  # the history of earlier processes
        self._history = None
        occupy(self.folder)
        sweep(self.folder)
        state = newest(self.folder)
        if state is not None:
            self._go_on_from(state)

    def __iter__(self) -> Iterator:
        return self

    def __next__(self):
        if self.step >= self.steps:
            self._end()
            raise StopIteration
        if self._resumed is not None:  # now, so that whatever was drawn since does not matter
            set_randomness(self._resumed)
            self._resumed = None
        try:
            moment = next(self.run)
        except StopIteration:  # ■
            self.save()
            self._end()
            raise
        if self._history is None:
            self._history = moment.history
            if self._rows is not None:
                self._history.put_before(self._rows)
        self.step += 1
        if self.step % self.every == 0 or self.step == self.steps:
            self.save()
        return replace(moment, step=self.step)

    def save(self) -> None:
        """Write a checkpoint of this step, unless there is one already."""
        if self.step == self._saved or self._history is None:
            return
        players = {name: part.state_dict() for name, part in self.parts.items()}
        self._refuse_broken(players)
        state = {"step": self.step, "parts": players, "history": self._history.rows()}
        state |= {"randomness": randomness(), "machine": machine()}
        save(self.folder / NAME.format(self.step), state, step=self.step)
        self._saved = self.step
        whole = [path for path in by_step(self.folder) if _step_inside(path) < math.inf]
        for path in whole[2:]:
            _remove(path)

    def _refuse_broken(self, players: dict) -> None:
        for place, value in leaves(players):
            if (
                isinstance(value, Tensor)
                and value.is_floating_point()
                and not value.isfinite().all()
            ):
                raise TrainingDiverged(
                    f"After step {self.step} {place} is no longer finite: NaN or infinity.",
                    f"It was not saved; {self.folder} holds the state of step {self._saved}.",
                    "Lower the learning rate, and run the cells that build the players again.",
                )

    def _go_on_from(self, state: dict) -> None:
        """Let all parts take over a state, or none of them."""
        parts = state.get("parts", {})
        if parts.keys() != self.parts.keys():
            raise CheckpointError(
                f"{self.folder} holds {', '.join(parts) or 'no run'}; you hand over "
                f"{', '.join(self.parts)}.",
                "Nothing was loaded; the players are as they were.",
                "Hand over the same parts, or choose another folder.",
            )
        before = {name: copy.deepcopy(part.state_dict()) for name, part in self.parts.items()}
        try:
            for name, part in self.parts.items():
                part.load_state_dict(state["parts"][name])
        except Exception as error:
            for restored, state_before in before.items():
                self.parts[restored].load_state_dict(state_before)
            raise CheckpointError(
                f"{self.folder} holds another {name} than yours.",
                "Nothing was loaded; the players are as they were.",
                "Build the players as they were built then, or choose another folder.",
            ) from error
        self.step = self._saved = state["step"]
        self._rows, self._resumed = state["history"], state["randomness"]
        here = machine()
        other = [name for name, value in state["machine"].items() if here.get(name) != value]
        if other:
            warnings.warn(
                f"The run goes on from step {self.step}, but not bit for bit: another "
                f"{', another '.join(other)}.",
                stacklevel=3,
            )

    def _end(self) -> None:
        if hasattr(self.run, "close"):
            self.run.close()
        leave(self.folder)


def newest(folder: Path) -> dict | None:
    """Return the state of the newest whole checkpoint by the step inside; None if there is no file.

    Warns of a damaged one that is passed over. Raises CheckpointError if all are damaged.
    """
    found, damaged = by_step(folder), []
    for path in found:
        try:
            state = load(path)
        except CheckpointError as error:
            damaged.append(error)
            continue
        if damaged:
            warnings.warn(
                f"{damaged[0].args[0]}\nThe checkpoint before it, {path.name}, is whole and is "
                f"used.\n{START_OVER.format(folder)}",
                stacklevel=4,
            )
        return state
    if damaged:
        raise CheckpointError(
            f"{damaged[0].args[0]} No other checkpoint there is whole.",
            "Nothing was loaded; the players are as they were.",
            START_OVER.format(folder),
        )
    return None


def by_step(folder: Path) -> list[Path]:
    """Return the checkpoints in a folder, newest first by the step inside; damaged heads first.

    Files of other names, such as a copy that somebody put aside, are none of them.
    """
    found = (path for path in folder.glob("step_*.ckpt") if OWN.fullmatch(path.name))
    return sorted(found, key=_step_inside, reverse=True)


def _step_inside(path: Path) -> float:
    """Return the step that a file says it is of; infinity where its head is damaged."""
    try:
        return step_of(path)
    except CheckpointError:
        return math.inf


# -- one process a folder --------------------------------------------------------------------------


def occupy(folder: Path) -> None:
    """Mark a folder as this process's, or say which process runs in it.

    The mark of a process that is gone is replaced. Of several that start at once, one gets it.

    Raises:
        CheckpointError: another process that is alive runs in it, or it cannot be written.
    """
    lock, mine = folder / LOCK, _who(os.getpid())
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for turn in range(100):
            if _made(lock, mine):
                return
            owner = _owner(lock)
            if owner == mine:
                return
            if owner and (owner["host"] != mine["host"] or _who(owner["pid"]) == owner):
                raise CheckpointError(
                    f"Process {owner['pid']} on {owner['host']} is running in {folder}.",
                    "Nothing was loaded or written.",
                    f"Choose another folder, or end that kernel; if it is gone, delete {lock}.",
                )
            readable = owner is not None or turn > 20  # else gone meanwhile, or half written
            if readable and _inherited(lock, owner, mine):
                return
            time.sleep(0.01)
    except OSError as error:
        raise CheckpointError(
            f"{folder} cannot be written: {error.strerror}.",
            "Nothing was loaded or written.",
            "Choose a folder of your own.",
        ) from error
    raise CheckpointError(
        f"Other processes are starting in {folder} all the time.",
        "Nothing was loaded or written.",
        f"Choose another folder; if nothing runs there, delete {LOCK} and {CLAIM} in it.",
    )


def _made(path: Path, owner: dict) -> bool:
    """Make a file that holds an owner from its first moment on; False where there is one."""
    own = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    own.write_text(json.dumps(owner), encoding="utf-8")
    try:
        os.link(own, path)  # under its name at once and whole, unless that name is taken
    except FileExistsError:
        return False
    except OSError:  # sticks and some network drives know no links
        try:
            with path.open("x", encoding="utf-8") as file:
                file.write(json.dumps(owner))
        except FileExistsError:
            return False
    finally:
        _remove(own)
    return True


def _inherited(lock: Path, dead: dict | None, mine: dict) -> bool:
    """Replace the mark of a process that is gone, unless another one is about to, or has.

    Only who holds the claim may replace it, and looks again before: what two of them found dead may
    be alive by the time that the slower one acts.
    """
    claim = lock.with_name(CLAIM)
    if not _made(claim, mine):
        holder = _owner(claim)
        if holder and holder["host"] == mine["host"] and _who(holder["pid"]) != holder:
            _remove(claim)  # ended in these few lines
        return False
    try:
        if not lock.exists() or _owner(lock) != dead:
            return False
        own = lock.with_name(f".{lock.name}.{os.getpid()}.tmp")
        own.write_text(json.dumps(mine), encoding="utf-8")
        own.replace(lock)
        return True
    finally:
        _remove(claim)


def leave(folder: Path) -> None:
    """Take this process's mark from a folder."""
    if _owner(folder / LOCK) == _who(os.getpid()):
        _remove(folder / LOCK)


def sweep(folder: Path) -> None:
    """Remove what processes that are gone have left half written."""
    for path in folder.glob(".*.tmp"):
        found = TEMPORARY.fullmatch(path.name)
        if found and not psutil.pid_exists(int(found[1])):
            _remove(path)


def _who(pid: int) -> dict | None:
    """Return what tells a living process from a later one with its number."""
    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:  # killed, and its parent has not looked
            return None
        return {"pid": pid, "host": platform.node(), "started": _started(process)}
    except psutil.Error:
        return None


def _started(process: psutil.Process) -> int:
    """Return when a process was started: on Linux in ticks since the machine was.

    Elsewhere in seconds on the clock, which somebody may set.
    """
    try:
        text = Path(f"/proc/{process.pid}/stat").read_text(encoding="utf-8", errors="replace")
        return int(text.rpartition(")")[2].split()[19])
    except (OSError, ValueError, IndexError):
        return round(process.create_time())


def _owner(lock: Path) -> dict | None:
    try:
        owner = json.loads(lock.read_text(encoding="utf-8"))
        return (
            owner if isinstance(owner, dict) and {"pid", "host", "started"} <= set(owner) else None
        )
    except (OSError, ValueError):
        return None
