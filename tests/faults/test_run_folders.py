"""One folder, one run: processes that want the same one, that die in it, and clocks that lie.

``GAN_LESSONS_SOAK=1`` runs the long column: 100 rounds of processes, 100 shuffles of the clock.
"""

import json
import os
import random
import signal
import time
from pathlib import Path

import pytest
import torch

from gan_lessons import checkpoint
from gan_lessons.errors import CheckpointError
from tests.faults.test_checkpoints import STEPS, digest_of, forks, in_a_child, start
from tests.soak import times
from tests.three_lines import complaints

ROUNDS, SHUFFLES, AT_ONCE = times(4, 100), times(10, 100), 6


def status_of(child: int) -> int:
    """Wait for a child; return how it ended, negative for the signal that ended it."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def somebody_dead() -> dict:
    """Return what the mark of a process says that has ended."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.read(read, 1)
        os._exit(0)
    mark = checkpoint._who(child)
    os.write(write, b".")
    status_of(child)
    os.close(read)
    os.close(write)
    return mark


@forks
def test_a_folder_never_has_two_owners(tmp_path, record_property):
    """Several start at the same moment, also where somebody who died has left a mark or half one.

    Who gets the folder holds a file that only one can make; who does not is told whose it is.
    """
    inside = tmp_path / "inside"

    def work(folder: Path, gate: int) -> None:
        os.read(gate, 1)  # until the parent closes the other end
        told = []
        for _ in range(20):
            try:
                checkpoint.occupy(folder)
            except CheckpointError as error:
                told += complaints(error)
                continue
            os.close(os.open(inside, os.O_CREAT | os.O_EXCL))  # FileExistsError: two at once
            time.sleep(0.001)
            inside.unlink()
            checkpoint.leave(folder)
        assert told == []

    record_property("n", ROUNDS * AT_ONCE * 20)
    record_property("note", f"{AT_ONCE} processes at once, {ROUNDS} rounds")
    for number in range(ROUNDS):
        folder = tmp_path / f"run {number}"
        folder.mkdir()
        left = {1: json.dumps(somebody_dead()), 2: '{"pid": 12', 3: ""}.get(number % 4)
        if left is not None:
            (folder / checkpoint.LOCK).write_text(left)
        gate, opened = os.pipe()
        children = []
        for _ in range(AT_ONCE):

            def alone(folder=folder, gate=gate, opened=opened):
                os.close(opened)
                work(folder, gate)

            children.append(in_a_child(alone))
        os.close(gate)
        os.close(opened)
        assert [status_of(child) for child in children] == [0] * AT_ONCE
        assert list(folder.iterdir()) == []


@forks
def test_two_runs_in_one_folder_and_one_is_killed(tmp_path, record_property):
    """The second is refused while the first lives, takes over when it is dead, and ends as it would
    have: nothing that was written is torn or lost."""
    torch.set_num_threads(1)
    run, parts = start(tmp_path / "whole")
    list(run)
    expected, dice = digest_of(parts), random.Random(0)
    refused = 0

    def work(folder: Path) -> None:
        run, parts = start(folder)
        list(run)
        (folder / "end.txt").write_text(digest_of(parts))

    for number in range(ROUNDS):
        folder = tmp_path / f"run {number}"
        first = in_a_child(lambda folder=folder: work(folder))
        while not (folder / checkpoint.LOCK).exists():
            time.sleep(0.001)
        os.kill(first, signal.SIGSTOP)  # it lives, and is in the folder
        try:
            if (folder / checkpoint.LOCK).exists():  # not when it has ended already
                with pytest.raises(CheckpointError, match=f"Process {first} on") as info:
                    start(folder)
                assert complaints(info.value) == []
                refused += 1
        finally:
            os.kill(first, signal.SIGCONT)
        time.sleep(dice.uniform(0, 0.05))
        os.kill(first, signal.SIGKILL)
        status_of(first)
        seen = (checkpoint.newest(folder) or {"step": 0})["step"]
        second = in_a_child(lambda folder=folder: work(folder))
        assert status_of(second) == 0
        assert (folder / "end.txt").read_text() == expected
        assert seen <= STEPS == checkpoint.newest(folder)["step"]
        left = {path.name for path in folder.iterdir() if path.suffix != ".ckpt"}
        assert left == {"end.txt"}
    record_property("n", ROUNDS)
    record_property("note", f"the second refused {refused} times while the first lived")
    assert refused > 0.9 * ROUNDS


def test_the_newest_is_told_by_its_step_whatever_the_clock_says(tmp_path, record_property):
    """Times of change shuffled and set to one moment, names exchanged as a sloppy copy would."""
    run, _ = start(tmp_path)
    states = {}
    for moment in run:
        if moment.step in (10, 20, 30):
            path = tmp_path / checkpoint.NAME.format(moment.step)
            states[moment.step] = path.read_bytes()
    checkpoint.leave(tmp_path)
    dice = random.Random(0)
    record_property("n", SHUFFLES)
    for _ in range(SHUFFLES):
        for path in tmp_path.iterdir():
            path.unlink()
        names = [checkpoint.NAME.format(step) for step in states]
        dice.shuffle(names)
        moments = dice.choice([[5, 5, 5], dice.sample(range(2**31), 3), [0, 2**31, 1]])
        for name, content, at in zip(names, states.values(), moments, strict=True):
            (tmp_path / name).write_bytes(content)
            os.utime(tmp_path / name, (at, at))
        assert checkpoint.newest(tmp_path)["step"] == max(states)
        assert [checkpoint.step_of(path) for path in checkpoint.by_step(tmp_path)] == [30, 20, 10]
