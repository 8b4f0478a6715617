"""What is kept of a learner's progress: whole or not at all, and nothing elsewhere."""

import json
import math
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gan_lessons import __main__, checks, files, progress
from gan_lessons.checks import overview
from tests.soak import times
from tests.three_lines import complaints_of_text

RIGHT, WRONG = (lambda p: p.log().mean()), (lambda p: p.mean().log())


@pytest.fixture
def home(tmp_path, monkeypatch) -> Path:
    """A folder of copies, in which the learner works."""
    (tmp_path / progress.COPIES).write_text("{}")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GAN_LESSONS_WORK", raising=False)
    return tmp_path


def test_tries_are_counted_up_to_the_first_right_answer(home, capsys):
    for answer in (WRONG, WRONG, RIGHT, WRONG, RIGHT):
        checks.start.mean_log(answer)
    kept = progress.read(home / progress.NAME)
    assert kept.keys() == {"start.mean_log"}
    assert kept["start.mean_log"].solved
    assert kept["start.mean_log"].tries == 3
    assert set(json.loads((home / progress.NAME).read_text())) == {"course", "exercises"}


def test_an_exercise_that_is_not_attempted_is_not_kept(home, capsys):
    checks.start.mean_log(...)
    assert not (home / progress.NAME).exists()


def test_nothing_is_kept_where_no_copies_are(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    checks.start.mean_log(RIGHT)
    assert list(tmp_path.iterdir()) == []
    checks.report()
    said = capsys.readouterr().out
    assert "Of this session: beside your own copies it would be kept" in said
    assert "■" in said.splitlines()[2]


def test_the_named_folder_counts_from_elsewhere(home, tmp_path_factory, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    monkeypatch.setenv("GAN_LESSONS_WORK", str(home))
    checks.start.mean_log(RIGHT)
    assert progress.read(home / progress.NAME)["start.mean_log"].solved


def test_a_pause_is_no_work(home):
    progress.note("a.b", solved=False, minutes=600, folder=home)
    assert progress.read(home / progress.NAME)["a.b"].minutes == progress.PAUSE


BROKEN = {
    "empty": b"",
    "cut": b'{"exercises": {"start.mean_log": {"sol',
    "a list": b"[1, 2]",
    "numbers are words": b'{"exercises": {"a": {"solved": true, "tries": "x", "minutes": 1}}}',
    "too many tries": b'{"exercises": {"a": {"solved": true, "tries": 1e999, "minutes": 1}}}',
    "not text": bytes(range(256)),
    "too large": b" " * (progress.LIMIT + 1),
    "deep": b"[" * 100_000,
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_damaged_file_is_put_aside_and_the_lesson_goes_on(home, kind, capsys):
    (home / progress.NAME).write_bytes(BROKEN[kind])
    assert __main__.main(["report", str(home)]) == 0
    assert "cannot be read" in capsys.readouterr().out
    checks.start.mean_log(RIGHT)
    assert progress.read(home / progress.NAME)["start.mean_log"].solved
    assert (home / "progress.damaged.json").read_bytes() == BROKEN[kind]


def test_a_folder_that_cannot_be_written_is_a_warning(home, monkeypatch, capsys):
    def disk_full(*given):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files, "write_whole", disk_full)
    with pytest.warns(UserWarning, match=r"not kept: .*progress\.json: No space left"):
        checks.start.mean_log(RIGHT)
    assert "✓" in capsys.readouterr().out


def test_the_report_has_a_square_an_exercise_and_a_sentence(home, capsys):
    checks.start.mean_log(WRONG)
    checks.start.slope(lambda x: 3 * x**2)
    capsys.readouterr()
    checks.report()
    first, *rows = capsys.readouterr().out.splitlines()
    asked = overview.exercises()
    total = sum(map(len, asked.values()))
    assert f" of {total} exercises are ✓, 0 lessons completely" in first
    assert len(rows) == len(asked)
    assert "▣" in rows[0]
    assert all(len(names) >= 2 for names in asked.values())
    assert __main__.main(["report", str(home), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["exercises"]["start.mean_log"]["tries"] == 1


def test_every_exercise_of_the_course_knows_its_name():
    names = [name for names in overview.exercises().values() for name in names]
    assert len(names) == len(set(names)) >= 50
    for name in names:
        lesson, exercise = name.split(".")
        assert overview.name_of(getattr(getattr(checks, lesson), exercise)) == name


def test_a_room_is_a_table_and_a_broken_file_is_named(tmp_path, capsys):
    for name, tries in (("ada", 2), ("bob", 7)):
        (tmp_path / name).mkdir()
        for turn in range(tries):
            solved = turn == tries - 1
            progress.note("start.mean_log", solved=solved, minutes=1, folder=tmp_path / name)
    (tmp_path / "eve.json").write_text("{")
    assert __main__.main(["report", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert [line.split()[0] for line in said.splitlines()[1:3]] == ["ada", "bob"]
    assert "cannot be read: eve.json" in said
    assert __main__.main(["report", str(tmp_path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["learners"]["bob"]["answers"] == 7


def test_copies_without_progress_are_one_learner_and_a_folder_s_broken_file_has_a_name(
    tmp_path, capsys
):
    (tmp_path / "ada").mkdir()
    (tmp_path / "ada" / progress.COPIES).write_text("{}", encoding="utf-8")
    assert __main__.main(["report", str(tmp_path / "ada")]) == 0
    assert "cannot be read" not in capsys.readouterr().out
    row = {"solved": True, "tries": 1, "minutes": math.inf}
    text = json.dumps({"exercises": {"a.b": row}})
    (tmp_path / "ada" / progress.NAME).write_text(text, encoding="utf-8")
    assert __main__.main(["report", str(tmp_path)]) == 0
    assert f"cannot be read: ada/{progress.NAME}" in capsys.readouterr().out


def test_an_empty_folder_is_told_in_three_lines(tmp_path, capsys):
    assert __main__.main(["report", str(tmp_path)]) == 1
    assert not complaints_of_text(capsys.readouterr().err.strip())


ENV = os.environ | {"PYTHONPATH": str(files.REPOSITORY)}
NOTE = """
import itertools, sys
from pathlib import Path
from gan_lessons import progress
print("ready", flush=True)
for turn in itertools.count():
    progress.note(f"a.{sys.argv[2]}{turn}", solved=True, minutes=0.1, folder=Path(sys.argv[1]))
    print(turn, flush=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="kills by signal")
def test_killed_at_random_while_it_writes_nothing_is_lost(home, record_property, monkeypatch):
    rng, kills, known = random.Random(0), times(10, 200), set()
    monkeypatch.setattr(progress, "PATIENCE", 0.0)
    record_property("n", kills)
    writing = NOTE.replace('print("ready"', 'progress.PATIENCE = 0.05\nprint("ready"')
    for turn in range(kills):
        child = subprocess.Popen(
            [sys.executable, "-c", writing, str(home), f"r{turn}x"],
            stdout=subprocess.PIPE,
            text=True,
            env=ENV,
        )
        assert child.stdout.readline() == "ready\n"
        child.stdout.readline()
        time.sleep(rng.uniform(0, 0.05))
        child.send_signal(signal.SIGKILL)
        done = [int(line) for line in child.stdout.read().split() if line.isdigit()]
        child.wait()
        child.stdout.close()
        known |= {f"a.r{turn}x{number}" for number in (0, *done[:-1])}
        assert known <= progress.read(home / progress.NAME).keys()


def test_two_notebooks_at_once_lose_nothing(home):
    each = 20
    counting = NOTE.replace("itertools.count()", f"range({each})")
    both = [
        subprocess.Popen(
            [sys.executable, "-c", counting, str(home), name], stdout=subprocess.DEVNULL, env=ENV
        )
        for name in "xy"
    ]
    assert [child.wait() for child in both] == [0, 0]
    assert len(progress.read(home / progress.NAME)) == 2 * each
    assert not list(home.glob(".*.lock"))
