"""Checkpoints: the same run again from every step, whole files or none, and words for the rest."""

import collections
import errno
import json
import math
import os
import random
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch

from gan_lessons import checkpoint, data, models, penalties, runtime, training
from gan_lessons.errors import CheckpointError, DiskFullError, SettingError, TrainingDiverged
from tests.three_lines import complaints

STEPS = 9


def players(*, width=8) -> dict:
    """All that changes while the run of lesson 12 goes on, lesson 04's included."""
    runtime.seed_everything(0)
    G, D = models.plane_generator(width=width), models.plane_discriminator(width=width)
    opt_g, opt_d = (torch.optim.Adam(net.parameters(), lr=1e-2) for net in (G, D))
    return {
        "G": G,
        "D": D,
        "opt_g": opt_g,
        "opt_d": opt_d,
        "average": models.plane_generator(width=width),
        "scheduler": training.falling_lr(opt_g, STEPS),
        "data": data.batches(data.ring(n=20).x, 8, rng=runtime.generator(1)),
        "penalty": penalties.lazy(penalties.ZeroCentered(real=1.0), every=3),
    }


class Nothing:
    """A part that keeps nothing."""

    def state_dict(self):
        return {}

    def load_state_dict(self, state):
        pass


def start(folder, parts=None, *, steps=STEPS, every=1, forgotten=()):
    """Begin, or go on with, a run; two steps in three batches, so that rounds end on the way."""
    parts = parts or players()
    run = training.train(
        *(parts[name] for name in ("G", "D", "opt_g", "opt_d", "data")),
        steps=steps,
        latent_dim=2,
        penalty=parts["penalty"],
    )
    run = training.averaged(run, parts["average"], decay=0.9)
    run = training.scheduled(run, parts["scheduler"])
    handed_over = parts | {name: Nothing() for name in forgotten}
    return checkpoint.kept(run, folder, handed_over, steps=steps, every=every), parts


def state_of(parts) -> dict:
    return {name: part.state_dict() for name, part in parts.items()}


def differences(a, b) -> list[str]:
    """Return the places at which two states differ, such as ``opt_d.state.0.exp_avg``."""
    pairs = zip(checkpoint.leaves(a), checkpoint.leaves(b), strict=True)
    return [
        place
        for (place, x), (there, y) in pairs
        if place != there or not (torch.equal(x, y) if torch.is_tensor(x) else x == y)
    ]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The run that nothing interrupts: its parts, its history, all sources of randomness."""
    run, parts = start(tmp_path_factory.mktemp("whole"), every=100)
    *_, last = run
    return parts, last.history, checkpoint.randomness()


@pytest.mark.parametrize("step", range(1, STEPS))
def test_a_run_goes_on_from_every_step_as_if_nothing_had_happened(step, whole, tmp_path):
    run, _ = start(tmp_path)
    for _ in range(step):
        next(run)
    runtime.seed_everything(99)  # another process has other randomness
    run, parts = start(tmp_path)
    assert run.step == step
    torch.randn(3)  # nor does it matter what is drawn before it goes on
    moments = list(run)
    expected, history, sources = whole
    assert [moment.step for moment in moments] == list(range(step + 1, STEPS + 1))
    assert differences(state_of(parts), state_of(expected)) == []
    assert differences(checkpoint.randomness(), sources) == []
    torch.testing.assert_close(moments[-1].history.rows(), history.rows(), rtol=0, atol=0)


@pytest.mark.parametrize("name", ["average", "scheduler", "data", "penalty", "opt_d"])
def test_a_part_that_is_not_handed_over_makes_it_another_run(name, whole, tmp_path):
    """Or the test above would pass without it."""
    run, _ = start(tmp_path, forgotten=[name])
    for _ in range(4):
        next(run)
    run, parts = start(tmp_path, forgotten=[name])
    assert len(list(run)) == STEPS - 4
    assert differences(state_of(parts), state_of(whole[0])) != []


def test_a_finished_run_is_not_run_again(whole, tmp_path):
    run, _ = start(tmp_path)
    list(run)
    run, parts = start(tmp_path)
    assert list(run) == []
    assert differences(state_of(parts), state_of(whole[0])) == []


def test_a_run_can_be_made_longer(tmp_path):
    list(start(tmp_path)[0])
    moments = list(start(tmp_path, steps=STEPS + 2)[0])
    assert [moment.step for moment in moments] == [STEPS + 1, STEPS + 2]


def test_stopping_writes_the_step_that_was_stopped_at(tmp_path):
    run, parts = start(tmp_path, every=100)
    inner = run.run

    def stopped():
        yield next(inner)
        yield next(inner)

    run.run = stopped()
    list(run)
    assert checkpoint.newest(tmp_path)["step"] == 2
    assert differences(checkpoint.newest(tmp_path)["parts"], state_of(parts)) == []


def test_two_are_kept_and_the_newest_is_told_by_the_step_inside(tmp_path):
    list(start(tmp_path)[0])
    found = checkpoint.by_step(tmp_path)
    assert [checkpoint.step_of(path) for path in found] == [STEPS, STEPS - 1]
    for wrong, path in enumerate(reversed(found)):  # clocks go back, copies lose their dates
        os.utime(path, (wrong, 1000 - wrong))
    assert checkpoint.newest(tmp_path)["step"] == STEPS
    found[0].rename(tmp_path / "step_00000001.ckpt")
    assert checkpoint.newest(tmp_path)["step"] == STEPS


def test_files_of_other_names_are_neither_read_nor_thinned_out(tmp_path):
    """A copy put aside stays, and what is no checkpoint costs no checkpoint."""
    list(start(tmp_path, steps=4)[0])
    newest = checkpoint.by_step(tmp_path)[0]
    aside = ["step_00000004_good.ckpt", "step_best.ckpt", "step_x.ckpt"]
    for name in aside:
        (tmp_path / name).write_bytes(newest.read_bytes() if "good" in name else b"mine")
    list(start(tmp_path)[0])
    assert [checkpoint.step_of(p) for p in checkpoint.by_step(tmp_path)] == [STEPS, STEPS - 1]
    assert all((tmp_path / name).exists() for name in aside)


def test_a_damaged_file_costs_no_whole_one(tmp_path):
    list(start(tmp_path, steps=4)[0])
    checkpoint.by_step(tmp_path)[1].write_bytes(b"damaged")
    with pytest.warns(UserWarning, match="no checkpoint of this course"):
        list(start(tmp_path)[0])
    whole = [p for p in checkpoint.by_step(tmp_path) if p.read_bytes() != b"damaged"]
    assert [checkpoint.step_of(path) for path in whole] == [STEPS, STEPS - 1]


@pytest.mark.parametrize("every", [0, -1, 2.5])
def test_a_number_of_steps_that_cannot_be_is_told(every, tmp_path):
    with pytest.raises(SettingError, match="cannot save every") as info:
        start(tmp_path, every=every)
    assert complaints(info.value) == []


def test_the_one_before_is_used_where_the_newest_is_damaged(tmp_path):
    list(start(tmp_path)[0])
    path = checkpoint.by_step(tmp_path)[0]
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.warns(UserWarning, match="checksum differs") as said:
        run, _ = start(tmp_path)
    assert run.step == STEPS - 1
    assert "step_00000008.ckpt, is whole and is used.\nTo start over, delete" in str(
        said[0].message
    )


def test_where_all_are_damaged_nothing_is_loaded(tmp_path):
    list(start(tmp_path)[0])
    for path in checkpoint.by_step(tmp_path):
        path.write_bytes(b"")
    parts = players()
    before = [w.clone() for w in parts["G"].parameters()]
    with pytest.raises(CheckpointError, match="No other checkpoint there is whole") as info:
        start(tmp_path, parts)
    assert complaints(info.value) == []
    assert all(map(torch.equal, before, parts["G"].parameters()))


def test_other_players_are_refused_and_stay_as_they_were(tmp_path):
    list(start(tmp_path)[0])
    parts = players()
    parts["D"] = models.plane_discriminator(width=5)  # G before it fits
    before = state_of({"G": parts["G"]})
    before = {place: x.clone() for place, x in checkpoint.leaves(before)}
    with pytest.raises(CheckpointError, match="holds another D than yours") as info:
        start(tmp_path, parts)
    assert complaints(info.value) == []
    assert all(
        torch.equal(before[p], x) for p, x in checkpoint.leaves({"G": parts["G"].state_dict()})
    )


def test_other_parts_are_refused(tmp_path):
    run, parts = start(tmp_path)
    next(run)
    del parts["average"]
    with pytest.raises(
        CheckpointError, match="you hand over G, D, opt_g, opt_d, scheduler"
    ) as info:
        checkpoint.kept(iter(()), tmp_path, parts, steps=3, every=1)
    assert complaints(info.value) == []


@pytest.mark.parametrize("what", ["weight", "moment"])
def test_a_state_that_is_not_finite_is_never_written(what, tmp_path):
    run, parts = start(tmp_path)
    next(run)
    if what == "weight":
        place, tensor = "D.2.weight", parts["D"][2].weight
    else:
        place = "opt_g.state.1.exp_avg_sq"
        tensor = parts["opt_g"].state[parts["G"][0].bias]["exp_avg_sq"]
    with torch.no_grad():
        tensor.view(-1)[0] = math.nan
    run.step += 1
    with pytest.raises(TrainingDiverged, match=f"After step 2 {place}") as info:
        run.save()
    assert complaints(info.value) == []
    assert checkpoint.newest(tmp_path)["step"] == 1


def test_another_machine_is_said(tmp_path, monkeypatch):
    run, _ = start(tmp_path)
    next(run)
    here = checkpoint.machine()
    monkeypatch.setattr(checkpoint, "machine", lambda: here | {"threads": "64"})
    with pytest.warns(UserWarning, match="from step 1, but not bit for bit: another threads"):
        start(tmp_path)


# -- files -----------------------------------------------------------------------------------


Pair = collections.namedtuple("Pair", "a b")
STRANGE = [np.float64(1), np.arange(2), {1}, lambda: 1, torch.device("cpu")]
STRANGE += [Pair(1, 2), collections.defaultdict(int, a=1)]  # load would refuse a file of these


@pytest.mark.parametrize("value", STRANGE)
def test_only_numbers_texts_and_tensors_are_written(value, tmp_path):
    with pytest.raises(CheckpointError, match=r"cannot hold opt\.lr") as info:
        checkpoint.save(tmp_path / "a.ckpt", {"opt": {"lr": value}}, step=1)
    assert complaints(info.value) == []
    assert list(tmp_path.iterdir()) == []


def test_a_key_that_load_would_refuse_is_not_written(tmp_path):
    with pytest.raises(CheckpointError, match="cannot hold the key") as info:
        checkpoint.save(tmp_path / "a.ckpt", {"opt": {np.int64(3): 1.0}}, step=1)
    assert complaints(info.value) == []


def test_a_file_is_on_the_disk_before_it_has_its_name(tmp_path, monkeypatch):
    """First the bytes, then the name, then the folder that holds the name."""
    done, fsync, rename = [], os.fsync, Path.replace
    monkeypatch.setattr(os, "fsync", lambda handle: (done.append("flush"), fsync(handle)))
    monkeypatch.setattr(Path, "replace", lambda *to: (done.append("name"), rename(*to)))
    checkpoint.save(tmp_path / "a.ckpt", {"a": 1}, step=1)
    assert done == ["flush", "name", "flush"]


def test_a_disk_that_is_full_leaves_the_file_that_was_there(tmp_path, monkeypatch):
    checkpoint.save(tmp_path / "a.ckpt", {"a": 1}, step=1)

    def full(handle):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DiskFullError) as info:
        checkpoint.save(tmp_path / "a.ckpt", {"a": 2}, step=2)
    assert complaints(info.value) == []
    assert checkpoint.load(tmp_path / "a.ckpt") == {"a": 1}
    assert [path.name for path in tmp_path.iterdir()] == ["a.ckpt"]


def test_what_is_written_comes_back(tmp_path):
    state = {"a": [1, 2.5, "x", None, True], "b": (torch.arange(3), {"c": torch.zeros(2, 2)})}
    state["random"] = checkpoint.randomness()
    checkpoint.save(tmp_path / "deep" / "a.ckpt", state, step=7)
    assert differences(checkpoint.load(tmp_path / "deep" / "a.ckpt"), state) == []
    assert checkpoint.step_of(tmp_path / "deep" / "a.ckpt") == 7


def test_all_sources_of_randomness_come_back():
    def draw():
        return torch.rand(2).tolist(), random.random(), np.random.rand(2).tolist()  # noqa: NPY002

    state = checkpoint.randomness()
    first = draw()
    checkpoint.set_randomness(state)
    assert draw() == first


def test_a_folder_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "a file").write_text("")
    with pytest.raises(CheckpointError, match="cannot be written") as info:
        checkpoint.occupy(tmp_path / "a file" / "run")
    assert complaints(info.value) == []


def test_a_place_in_other_data_is_refused():
    batches = data.batches(torch.zeros(20, 2), 8, rng=runtime.generator(0))
    with pytest.raises(SettingError, match="among 30 samples") as info:
        batches.load_state_dict(
            data.batches(torch.zeros(30, 2), 8, rng=runtime.generator(0)).state_dict()
        )
    assert complaints(info.value) == []


# -- one process a folder --------------------------------------------------------------------


def mark(folder, **changes):
    folder.mkdir(exist_ok=True)
    owner = checkpoint._who(os.getppid()) | changes
    (folder / checkpoint.LOCK).write_text(json.dumps(owner))


def test_a_folder_in_use_is_refused(tmp_path):
    mark(tmp_path)
    with pytest.raises(CheckpointError, match=f"Process {os.getppid()} on .* is running") as info:
        checkpoint.occupy(tmp_path)
    assert complaints(info.value) == []


def test_nobody_elses_mark_is_taken_away(tmp_path):
    mark(tmp_path)
    checkpoint.leave(tmp_path)
    assert (tmp_path / checkpoint.LOCK).exists()


def test_so_is_one_that_another_machine_uses(tmp_path):
    mark(tmp_path, host="another", pid=2**22 + 1)
    with pytest.raises(CheckpointError, match="on another is running"):
        checkpoint.occupy(tmp_path)


@pytest.mark.parametrize("changes", [{"pid": 2**22 + 1}, {"started": 1}, None])
def test_the_mark_of_a_process_that_is_gone_is_taken(changes, tmp_path):
    """Also where its number belongs to another process now, or the mark was cut off."""
    mark(tmp_path, **changes or {})
    if changes is None:
        (tmp_path / checkpoint.LOCK).write_text('{"pid"')
    checkpoint.occupy(tmp_path)
    checkpoint.occupy(tmp_path)  # the same cell again
    assert checkpoint._owner(tmp_path / checkpoint.LOCK) == checkpoint._who(os.getpid())
    checkpoint.leave(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_leftovers_of_the_dead_are_swept_and_no_others(tmp_path):
    dead, alive = 2**22 + 1, os.getppid()
    for pid in (dead, alive):
        (tmp_path / f".step_00000001.ckpt.{pid}.tmp").write_text("")
    (tmp_path / "my_notes.tmp").write_text("")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        checkpoint.sweep(tmp_path)
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {f".step_00000001.ckpt.{alive}.tmp", "my_notes.tmp"}
