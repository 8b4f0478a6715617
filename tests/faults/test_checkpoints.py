"""What kills, damage, a full disk and hostile files do to checkpoints: the short column.

``GAN_LESSONS_SOAK=1`` runs the long one: 1,000 kills, 20,000 damaged files, 100 cut points.
"""

import hashlib
import io
import json
import os
import pickle
import random
import resource
import shutil
import signal
import subprocess
import time
import zipfile

import numpy as np
import pytest
import torch

from gan_lessons import checkpoint, data, models, runtime, training
from gan_lessons.errors import CheckpointError, DiskFullError
from tests.soak import times
from tests.three_lines import complaints

KILLS, DAMAGES, CUTS = times(100, 1_000), times(2_000, 20_000), times(10, 100)
STEPS, EVERY = 120, 10
forks = pytest.mark.skipif(os.name != "posix", reason="needs fork and POSIX limits")


def start(folder):
    runtime.seed_everything(0)
    G, D = models.plane_generator(width=16), models.plane_discriminator(width=16)
    parts = {"G": G, "D": D}
    parts["opt_g"], parts["opt_d"] = (torch.optim.Adam(n.parameters(), lr=1e-3) for n in (G, D))
    parts["data"] = data.batches(data.ring(n=200).x, 64, rng=runtime.generator(1))
    run = training.train(*parts.values(), steps=STEPS, latent_dim=2)
    return checkpoint.kept(run, folder, parts, steps=STEPS, every=EVERY), parts


def digest_of(parts) -> str:
    summed = hashlib.sha256()
    for name in ("G", "D"):
        for tensor in parts[name].state_dict().values():
            summed.update(tensor.numpy().tobytes())
    return summed.hexdigest()


def in_a_child(work) -> int:
    """Fork, work, and end at once; return the child's number."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            work()
            status = 0
        finally:
            os._exit(status)
    return child


# -- kills -----------------------------------------------------------------------------------


@forks
def test_no_kill_loses_a_checkpoint_and_every_run_ends_bit_identical(tmp_path, record_property):
    """Each life is ended after a random while, in steps and in writing alike."""
    torch.set_num_threads(1)
    run, parts = start(tmp_path / "whole")
    list(run)
    expected, dice = digest_of(parts), random.Random(0)
    kills = runs = 0
    while kills < KILLS:
        folder, runs, seen, longest = tmp_path / f"run {runs}", runs + 1, 0, 0.12
        while True:

            def work(folder=folder):
                run, parts = start(folder)
                list(run)
                (folder / "end.txt").write_text(digest_of(parts))

            child = in_a_child(work)
            time.sleep(dice.uniform(0.005, longest))
            os.kill(child, signal.SIGKILL)
            _, status = os.waitpid(child, 0)
            killed = os.WIFSIGNALED(status)
            kills += killed
            assert killed or status == 0
            found = checkpoint.newest(folder) if folder.exists() else None
            step = found["step"] if found else 0
            assert step >= seen  # nothing that was written is lost
            longest *= 1.0 if step > seen else 1.1  # a machine that is slower gets more time
            seen = step
            if not killed:
                break
        assert (folder / "end.txt").read_text() == expected
        assert not [p for p in folder.iterdir() if p.suffix == ".tmp" or p.name == checkpoint.LOCK]
    record_property("n", kills)
    record_property("note", f"{runs} runs")


# -- damage ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("written")
    run, _ = start(folder)
    for _ in range(2 * EVERY):
        next(run)
    newest, older = checkpoint.by_step(folder)
    return newest.read_bytes(), older.read_bytes()


def flip(whole, other, dice):
    at = dice.randrange(len(whole))
    return whole[:at] + bytes([whole[at] ^ 1 << dice.randrange(8)]) + whole[at + 1 :]


def zeros(whole, other, dice):
    at = dice.randrange(len(whole))
    return whole[:at] + bytes(min(512, len(whole) - at)) + whole[at + 512 :]


def cut(whole, other, dice):
    return whole[: dice.randrange(len(whole))]


def more(whole, other, dice):
    return whole + dice.randbytes(dice.randrange(1, 100))


def spliced(whole, other, dice):
    at = dice.randrange(200, len(whole))  # behind the first line: before it, it is the other file
    return whole[:at] + other[at:]


def a_page(whole, other, dice):
    return b"<!DOCTYPE html><title>Quota exceeded</title>" + dice.randbytes(20)


def test_damage_is_refused_or_changes_nothing(written, tmp_path, record_property):
    """Whatever happens to a file: CheckpointError, or the very state that was written."""
    whole, other = written
    path, dice = tmp_path / "step_00000020.ckpt", random.Random(1)
    path.write_bytes(whole)
    expected = dict(checkpoint.leaves(checkpoint.load(path)))
    refused = {}
    ways = (flip, flip, flip, zeros, cut, more, spliced, a_page)
    for number in range(DAMAGES):
        path.write_bytes(ways[number % len(ways)](whole, other, dice))
        try:
            found = dict(checkpoint.leaves(checkpoint.load(path)))
        except CheckpointError as error:
            refused[number] = error
            continue
        assert found.keys() == expected.keys()
        for place, value in found.items():
            torch.testing.assert_close(value, expected[place], rtol=0, atol=0, equal_nan=True)
    assert len(refused) > 0.99 * DAMAGES
    record_property("n", DAMAGES)
    record_property("note", f"{len(refused):,} refused, the others read as written")
    assert [x for error in list(refused.values())[:50] for x in complaints(error)] == []


def test_the_digest_is_what_notices(written, tmp_path):
    """Without it most flips load in silence: the test above can fail."""
    whole, other = written
    _, body = whole.split(b"\n", 1)
    dice, loaded = random.Random(2), 0
    for _ in range(50):
        try:
            torch.load(io.BytesIO(flip(body, other, dice)), weights_only=True)
            loaded += 1
        except Exception:
            continue
    assert loaded > 25


# -- a full disk -----------------------------------------------------------------------------


@forks
def test_a_full_disk_leaves_the_file_before_it(written, tmp_path, record_property):
    whole, _ = written
    path = tmp_path / "step_00000020.ckpt"
    path.write_bytes(whole)
    state = checkpoint.load(path)

    def work(limit):
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        with pytest.raises(DiskFullError) as info:
            checkpoint.save(path, state | {"step": 21}, step=21)
        assert complaints(info.value) == []

    record_property("n", CUTS)
    for number in range(CUTS):
        limit = len(whole) * number // CUTS
        _, status = os.waitpid(in_a_child(lambda limit=limit: work(limit)), 0)
        assert status == 0, f"with room for {limit} bytes"
        assert path.read_bytes() == whole
        assert list(tmp_path.iterdir()) == [path]


# -- hostile files ---------------------------------------------------------------------------


class Canary:
    def __init__(self, call, *arguments):
        self.made_by = call, arguments

    def __reduce__(self):
        return self.made_by


def as_checkpoint(body: bytes) -> bytes:
    head = {"kind": checkpoint.KIND, "step": 5, "sha256": checkpoint.digest_of(5, body)}
    return json.dumps(head).encode() + b"\n" + body


def hostile(canary) -> list[bytes]:
    """Files with a right digest, made by someone who wants code to run."""
    calls = [
        Canary(os.system, f"touch '{canary}'"),
        Canary(exec, f"open({str(canary)!r}, 'w')"),
        Canary(eval, f"open({str(canary)!r}, 'w')"),
        Canary(open, str(canary), "w"),
        Canary(os.mkdir, str(canary)),
        Canary(subprocess.check_output, ["touch", str(canary)]),
        Canary(shutil.copyfile, os.devnull, str(canary)),
        Canary(os.open, str(canary), os.O_CREAT),
        Canary(np.save, str(canary), 0),
    ]
    bodies = []
    for call in calls:
        for state in (call, {"step": 5, "parts": call}, {"step": 5, "parts": {"G": {"w": call}}}):
            for zipped in (True, False):  # as torch.save writes now, and before 1.6
                made = io.BytesIO()
                torch.save(state, made, _use_new_zipfile_serialization=zipped)
                bodies.append(made.getvalue())
            bodies += [pickle.dumps(state, protocol=protocol) for protocol in (2, 4)]
    outside = io.BytesIO()
    with zipfile.ZipFile(outside, "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps(calls[0]))
        archive.writestr(f"../../{canary.name}", "x")
    return [*bodies, outside.getvalue()]


def test_hostile_files_run_nothing(tmp_path, record_property):
    canary = tmp_path / "canary"
    path = tmp_path / "step_00000005.ckpt"
    files = hostile(canary)
    record_property("n", len(files))
    for body in files:
        path.write_bytes(as_checkpoint(body))
        with pytest.raises(CheckpointError, match="it holds more than numbers") as info:
            checkpoint.load(path)
        assert complaints(info.value) == []
        assert not canary.exists()
    assert len(files) == 109
    torch.load(io.BytesIO(files[0]), weights_only=False)  # the canary would have sung
    assert canary.exists()
