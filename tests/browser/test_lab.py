"""`gan-lessons`, which `make lab` calls: the copies, the errors, one real start of JupyterLab."""

import hashlib
import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import nbformat
import pytest
import websocket

from gan_lessons import __main__, files
from gan_lessons.door import copies, jupyter

OLD, NEW, NEWEST, MINE = b'{"v": 1}', b'{"v": 2}', b'{"v": 3}', b'{"mine": 1}'


@pytest.fixture
def lessons(tmp_path) -> Path:
    """A folder with two lessons, and files that are none."""
    folder = tmp_path / "notebooks"
    folder.mkdir()
    for name in ("00_start_here.ipynb", "04_train_your_first_gan.ipynb", "scratch.ipynb"):
        (folder / name).write_bytes(OLD)
    (folder / "notes.py").write_text("")
    return folder


@pytest.fixture
def work(tmp_path) -> Path:
    return tmp_path / "it's mine" / "Übung 学"


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))


def test_each_lesson_is_copied_once_and_nothing_else(lessons, work):
    assert copies.copy_lessons(lessons, work) == []
    assert names(work) == ["00_start_here.ipynb", "04_train_your_first_gan.ipynb"]
    assert copies.copy_lessons(lessons, work) == []
    assert names(work) == ["00_start_here.ipynb", "04_train_your_first_gan.ipynb"]


def test_the_lesson_that_opens_is_the_lowest_numbered(lessons, work):
    assert copies.first_lesson(work, lessons) == work / "00_start_here.ipynb"


def test_a_copy_the_learner_wrote_in_is_never_touched(lessons, work):
    copies.copy_lessons(lessons, work)
    (work / "04_train_your_first_gan.ipynb").write_bytes(MINE)
    assert copies.copy_lessons(lessons, work) == []
    assert (work / "04_train_your_first_gan.ipynb").read_bytes() == MINE


def test_a_newer_lesson_lands_beside_the_copy_once(lessons, work):
    copies.copy_lessons(lessons, work)
    (work / "04_train_your_first_gan.ipynb").write_bytes(MINE)
    (lessons / "04_train_your_first_gan.ipynb").write_bytes(NEW)
    (note,) = copies.copy_lessons(lessons, work)
    assert "04_train_your_first_gan.newer.ipynb" in note
    assert len(note.splitlines()) == 1
    assert (work / "04_train_your_first_gan.ipynb").read_bytes() == MINE
    assert (work / "04_train_your_first_gan.newer.ipynb").read_bytes() == NEW
    assert copies.copy_lessons(lessons, work) == []

    # even a copy that was never opened stays: it may be open in a browser at this moment
    (work / "04_train_your_first_gan.newer.ipynb").write_bytes(MINE)
    (lessons / "04_train_your_first_gan.ipynb").write_bytes(NEWEST)
    (note,) = copies.copy_lessons(lessons, work)
    assert "04_train_your_first_gan.newer-2.ipynb" in note
    assert (work / "04_train_your_first_gan.newer.ipynb").read_bytes() == MINE
    assert (work / "04_train_your_first_gan.newer-2.ipynb").read_bytes() == NEWEST


TASKS = {
    "first_gan.half_life": "def my_half_life(decay):\n    raise NotImplementedError\n\n\n"
    "checks.first_gan.half_life(my_half_life)",
    "first_gan.train_step": "def my_step(G, D):\n    raise NotImplementedError\n\n\n"
    "checks.first_gan.train_step(my_step)",
    "my_ratio": "my_ratio = ...  # 0.05 or 20",
}
ANSWERS = {
    name: re.sub(r"raise NotImplementedError|\.\.\..*", "return 7  # mine ä", text)
    if "def" in text
    else "my_ratio = 20"
    for name, text in TASKS.items()
}


def notebook(path: Path, tasks: dict[str, str], *, new_ids: bool = False, prose: str = "") -> None:
    """Write a notebook as `make notebooks` does, each exercise with its id."""
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(f"# {prose}", id="head")])
    for number, text in enumerate(tasks.values()):
        cell = nbformat.v4.new_code_cell(text, id=f"{'new' if new_ids else 'cell'}-{number}")
        cell.metadata.tags = ["exercise"]
        book.cells.append(cell)
    path.write_text(json.dumps(book, indent=1, ensure_ascii=False), encoding="utf-8")


def codes(path: Path) -> list[str]:
    return [cell.source for cell in nbformat.read(path, as_version=4).cells[1:]]


@pytest.mark.parametrize("new_ids", [False, True])
def test_answers_are_carried_into_a_newer_lesson(lessons, work, new_ids):
    """By the id of an unchanged cell, or by all of the task that stands around the answer."""
    lesson, mine = lessons / "04_train_your_first_gan.ipynb", work / "04_train_your_first_gan.ipynb"
    notebook(lesson, TASKS)
    copies.copy_lessons(lessons, work)
    tried = dict(TASKS) | {name: ANSWERS[name] for name in ("first_gan.half_life", "my_ratio")}
    notebook(mine, tried)
    before = mine.read_bytes()
    notebook(lesson, TASKS, new_ids=new_ids, prose="New")
    (note,) = copies.copy_lessons(lessons, work)
    assert mine.read_bytes() == before
    assert codes(work / "04_train_your_first_gan.newer.ipynb") == list(tried.values())
    assert "# New" in (work / "04_train_your_first_gan.newer.ipynb").read_text(encoding="utf-8")
    assert len(note.splitlines()) == 1
    assert "Your answers are in the new one too: first_gan.half_life, my_ratio;" in note
    assert "by hand" not in note

    # a later version takes the newest answers, also those that stand in the newer copy
    notebook(work / "04_train_your_first_gan.newer.ipynb", tried | {"my_ratio": "my_ratio = 5"})
    notebook(lesson, TASKS, new_ids=new_ids, prose="Newest")
    copies.copy_lessons(lessons, work)
    now = list((tried | {"my_ratio": "my_ratio = 5"}).values())
    assert codes(work / "04_train_your_first_gan.newer-2.ipynb") == now


def test_an_answer_to_a_task_that_changed_is_named_and_not_put_over_it(lessons, work):
    lesson, mine = lessons / "04_train_your_first_gan.ipynb", work / "04_train_your_first_gan.ipynb"
    notebook(lesson, TASKS)
    copies.copy_lessons(lessons, work)
    notebook(mine, ANSWERS)
    changed = dict(TASKS)
    changed["first_gan.half_life"] = changed["first_gan.half_life"].replace("decay", "rate")
    del changed["first_gan.train_step"]
    notebook(lesson, changed, new_ids=True)
    (note,) = copies.copy_lessons(lessons, work)
    assert codes(work / "04_train_your_first_gan.newer.ipynb") == [
        changed["first_gan.half_life"],
        ANSWERS["my_ratio"],
    ]
    assert "in the new one too: my_ratio;" in note
    assert "by hand, as these exercises changed: first_gan.half_life, first_gan.train_step." in note


@pytest.mark.parametrize("left_over", ["after", "commented"])
def test_an_answer_beside_its_stub_is_carried_over(lessons, work, left_over):
    lesson, mine = lessons / "04_train_your_first_gan.ipynb", work / "04_train_your_first_gan.ipynb"
    notebook(lesson, TASKS)
    copies.copy_lessons(lessons, work)
    stub = "raise NotImplementedError"
    both = f"return 7\n    {stub}" if left_over == "after" else f"# {stub}\n    return 7"
    mixed = dict(TASKS) | {"first_gan.half_life": TASKS["first_gan.half_life"].replace(stub, both)}
    notebook(mine, mixed)
    notebook(lesson, TASKS, prose="New")
    (note,) = copies.copy_lessons(lessons, work)
    assert codes(work / "04_train_your_first_gan.newer.ipynb") == list(mixed.values())
    assert "in the new one too: first_gan.half_life;" in note


def test_of_two_cells_the_learner_chooses(lessons, work):
    """Doubled, and other than in the older copy: no answer is put in place of theirs."""
    lesson, mine = lessons / "04_train_your_first_gan.ipynb", work / "04_train_your_first_gan.ipynb"
    notebook(lesson, TASKS)
    copies.copy_lessons(lessons, work)
    notebook(mine, ANSWERS)
    book = json.loads(mine.read_text(encoding="utf-8"))
    book["cells"].append(book["cells"][1] | {"id": "doubled"})
    mine.write_text(json.dumps(book), encoding="utf-8")
    notebook(lesson, TASKS, prose="New")
    (note,) = copies.copy_lessons(lessons, work)
    name = next(iter(TASKS))
    assert f"by hand, as these exercises changed: {name}." in note


def test_a_duplicate_of_a_newer_lesson_bars_nobody(lessons, work):
    """JupyterLab calls it so; it is the learner's, and of no age."""
    copies.copy_lessons(lessons, work)
    lesson = next(iter(sorted(lessons.glob(copies.LESSONS))))
    (work / f"{lesson.stem}.newer-Copy1.ipynb").write_text("{}", encoding="utf-8")
    lesson.write_text(lesson.read_text(encoding="utf-8") + " ", encoding="utf-8")
    (note,) = copies.copy_lessons(lessons, work)
    assert ".newer.ipynb" in note


def test_nobody_elses_hidden_files_are_swept(lessons, work):
    work.mkdir(parents=True, exist_ok=True)
    mine, ours = work / ".notes.tmp", work / ".a.ipynb.77-0123abcd.tmp"
    for path in (mine, ours):
        path.write_text("x", encoding="utf-8")
        os.utime(path, (1, 1))
    copies.copy_lessons(lessons, work)
    assert (mine.exists(), ours.exists()) == (True, False)


def test_a_broken_program_is_carried_over_once_it_was_mended(lessons, work):
    """It holds no stub: whether it was edited is told by what the course gave."""
    lesson, mine = lessons / "04_train_your_first_gan.ipynb", work / "04_train_your_first_gan.ipynb"
    broken = {name: f"def {name}():\n    return 1\n\n\nchecks.a.{name}({name})" for name in "bc"}

    def write(path: Path, cells: dict[str, str], prose: str) -> None:
        notebook(path, cells, prose=prose)
        book = nbformat.read(path, as_version=4)
        for cell, given in zip(book.cells[1:], broken.values(), strict=True):
            cell.metadata.as_given = hashlib.sha256(given.encode()).hexdigest()
        path.write_text(json.dumps(book), encoding="utf-8")

    write(lesson, broken, "Old")
    copies.copy_lessons(lessons, work)
    mended = broken | {"b": broken["b"].replace("1", "2")}
    write(mine, mended, "Old")
    write(lesson, broken, "New")
    (note,) = copies.copy_lessons(lessons, work)
    assert codes(work / "04_train_your_first_gan.newer.ipynb") == list(mended.values())
    assert "in the new one too: a.b;" in note
    assert "by hand" not in note


@pytest.mark.parametrize("mine", [b"", b"[]", b'{"cells": 3}', b'{"cells": [{}]}', b"\xff\xfe"])
def test_a_damaged_copy_costs_nothing(lessons, work, mine):
    lesson, copy = lessons / "04_train_your_first_gan.ipynb", work / "04_train_your_first_gan.ipynb"
    copies.copy_lessons(lessons, work)
    copy.write_bytes(mine)
    notebook(lesson, TASKS)
    (note,) = copies.copy_lessons(lessons, work)
    assert copy.read_bytes() == mine
    newer = work / "04_train_your_first_gan.newer.ipynb"
    assert newer.read_bytes() == lesson.read_bytes()
    assert note.endswith("Yours is untouched.")


def test_every_lesson_that_ships_gets_its_solved_answers(lessons, work):
    """Blank and solved notebooks of the course: all exercises are found, and each answer fits."""
    for blank in sorted((files.REPOSITORY / "notebooks").glob("[0-9][0-9]*_*.ipynb")):
        content = blank.read_bytes()
        solved = (blank.parent / "solutions" / blank.name).read_bytes()
        filled, carried, left = copies.carry_over(content, [content, solved])
        tasks = copies._exercises(content)[1]
        assert all(len(cells) == 1 for cells in tasks.values()), blank.name
        asked = [name for name, (cell,) in tasks.items() if copies._asks(cell)]
        assert sorted(carried) == sorted(asked), blank.name
        assert left == []
        texts = ["".join(cell["source"]) for (cell,) in copies._exercises(filled)[1].values()]
        assert not any(copies.STUB.search(text) for text in texts)


def test_a_newer_version_that_was_thrown_away_does_not_come_back(lessons, work):
    copies.copy_lessons(lessons, work)
    (lessons / "04_train_your_first_gan.ipynb").write_bytes(NEW)
    copies.copy_lessons(lessons, work)
    (work / "04_train_your_first_gan.newer.ipynb").unlink()
    assert copies.copy_lessons(lessons, work) == []
    assert names(work) == ["00_start_here.ipynb", "04_train_your_first_gan.ipynb"]


def test_a_copy_that_was_thrown_away_is_made_afresh(lessons, work):
    copies.copy_lessons(lessons, work)
    (lessons / "04_train_your_first_gan.ipynb").write_bytes(NEW)
    (work / "04_train_your_first_gan.ipynb").unlink()
    assert copies.copy_lessons(lessons, work) == []
    assert (work / "04_train_your_first_gan.ipynb").read_bytes() == NEW


@pytest.mark.parametrize("damage", ["not json", "[1]", None])
def test_a_lost_record_costs_nobody_their_work(damage, lessons, work):
    copies.copy_lessons(lessons, work)
    (work / "04_train_your_first_gan.ipynb").write_bytes(MINE)
    record = work / copies.RECORD
    record.unlink() if damage is None else record.write_text(damage)
    (note,) = copies.copy_lessons(lessons, work)  # it cannot know which version MINE came from
    assert "04_train_your_first_gan.newer.ipynb" in note
    assert (work / "04_train_your_first_gan.ipynb").read_bytes() == MINE
    assert copies.copy_lessons(lessons, work) == []


def test_a_new_lesson_joins_the_others(lessons, work):
    copies.copy_lessons(lessons, work)
    (lessons / "06_make_digits.ipynb").write_bytes(OLD)
    assert copies.copy_lessons(lessons, work) == []
    assert (work / "06_make_digits.ipynb").exists()


def test_a_write_that_fails_leaves_nothing_half_written(lessons, work, monkeypatch):
    copies.copy_lessons(lessons, work)
    (lessons / "06_make_digits.ipynb").write_bytes(OLD)

    def disk_full(self, target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", disk_full)
    with pytest.raises(OSError, match="No space left"):
        copies.copy_lessons(lessons, work)
    assert names(work) == ["00_start_here.ipynb", "04_train_your_first_gan.ipynb"]


# what is said when it cannot start: three lines, and never a traceback


@pytest.fixture
def ordinary_user(monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1000, raising=False)
    monkeypatch.setattr(jupyter, "serve", lambda arguments: pytest.fail("it started"))


def opened(lessons: Path, *options: str) -> int:
    """Open the course with these lessons, as the command does; return the exit status."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(files, "course", lambda *parts: lessons)
        return __main__.main(list(options))


def told(capsys) -> list[str]:
    """Return the lines on stderr, having checked that they are the course's three."""
    lines = capsys.readouterr().err.strip().splitlines()
    assert len(lines) == 3, lines
    return lines


def test_a_folder_that_cannot_be_written(lessons, tmp_path, monkeypatch, capsys, ordinary_user):
    read_only = tmp_path / "a file, not a folder"
    read_only.write_text("")
    monkeypatch.setenv("GAN_LESSONS_WORK", str(read_only / "work"))
    assert opened(lessons) == 1
    what, _, todo = told(capsys)
    assert str(read_only / "work") in what
    assert "GAN_LESSONS_WORK" in todo


def test_a_read_only_checkout(lessons, tmp_path, monkeypatch, capsys, ordinary_user):
    def read_only(self, **options):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setenv("GAN_LESSONS_WORK", str(tmp_path / "work"))
    monkeypatch.setattr(Path, "mkdir", read_only)
    assert opened(lessons) == 1
    what, _, todo = told(capsys)
    assert "Permission denied" in what
    assert "GAN_LESSONS_WORK" in todo


def test_the_user_root(lessons, work, monkeypatch, capsys):
    monkeypatch.setattr(os, "geteuid", lambda: 0, raising=False)
    monkeypatch.setenv("GAN_LESSONS_WORK", str(work))
    assert opened(lessons) == 1
    what, kept, todo = told(capsys)
    assert "root" in what
    assert str(work) in kept
    assert "ordinary account" in todo
    started = []
    monkeypatch.setattr(jupyter, "serve", lambda arguments: started.append(arguments) or 0)
    assert opened(lessons, "--allow-root") == 0
    assert started[0][-1] == "--allow-root"


def test_no_lessons(tmp_path, capsys, ordinary_user):
    assert opened(tmp_path) == 1
    assert str(tmp_path) in told(capsys)[0]


def test_a_python_without_the_course(monkeypatch, capsys, ordinary_user):
    monkeypatch.setattr(jupyter, "missing_packages", lambda: ["torch", "jupyterlab"])
    assert opened(files.course("notebooks")) == 1
    what, _, todo = told(capsys)
    assert sys.executable in what
    assert "torch, jupyterlab" in what
    assert "make lab" in todo


def test_missing_packages_are_found_without_importing_them():
    assert jupyter.missing_packages(("json", "no_such_package")) == ["no_such_package"]
    assert jupyter.missing_packages() == []


# the command line


def test_the_copies_are_inside_what_jupyterlab_shows(tmp_path):
    inside = jupyter.command(files.REPOSITORY / "work", files.REPOSITORY / "work/00_a.ipynb", [])
    assert f"--ServerApp.root_dir={files.REPOSITORY}" in inside
    assert "--LabApp.default_url=/lab/tree/work/00_a.ipynb" in inside
    outside = jupyter.command(tmp_path, tmp_path / "00_a.ipynb", ["--no-browser"])
    assert f"--ServerApp.root_dir={tmp_path}" in outside
    assert "--LabApp.default_url=/lab/tree/00_a.ipynb" in outside
    assert outside[:3] == [sys.executable, "-m", "jupyterlab"]
    assert outside[-1] == "--no-browser"


def test_nobody_elses_settings_are_overridden(monkeypatch):
    monkeypatch.delenv("OMP_WAIT_POLICY", raising=False)
    assert jupyter.environment()["OMP_WAIT_POLICY"] == "PASSIVE"
    monkeypatch.setenv("OMP_WAIT_POLICY", "ACTIVE")
    assert jupyter.environment()["OMP_WAIT_POLICY"] == "ACTIVE"


def test_the_news_question_is_answered_once(tmp_path):
    jupyter.ask_no_questions(tmp_path)
    (file,) = tmp_path.rglob("*.json")
    assert '"fetchNews": "false"' in file.read_text()
    file.write_text("the learner's own")
    jupyter.ask_no_questions(tmp_path)
    assert file.read_text() == "the learner's own"


# one real start


def ask(url: str, token: str, data: dict | None = None) -> dict:
    """Ask the server, which prints its address a moment before it listens."""
    body = None if data is None else json.dumps(data).encode()
    request = urllib.request.Request(url, body, headers={"Authorization": f"token {token}"})
    for attempt in range(600):
        try:
            with urllib.request.urlopen(request, timeout=600) as answer:
                return json.load(answer)
        except urllib.error.URLError:
            if attempt == 599:
                raise
            time.sleep(0.5)
    raise AssertionError


def run_in_kernel(url: str, token: str, code: str) -> str:
    """Run code in a new kernel through the server, as a browser does; return what it printed."""
    kernel = ask(f"{url}api/kernels", token, {"name": "python3"})["id"]
    address = f"{url.replace('http', 'ws', 1)}api/kernels/{kernel}/channels?token={token}"
    content = {"code": code, "silent": False, "store_history": False, "allow_stdin": False}
    header = {"msg_id": "1", "msg_type": "execute_request", "session": "1", "version": "5.3"}
    request = {"channel": "shell", "header": header, "parent_header": {}, "metadata": {}}
    channel, printed = websocket.create_connection(address, timeout=600), ""
    try:
        channel.send(json.dumps({**request, "content": content}))
        while True:
            message = json.loads(channel.recv())
            if message["parent_header"].get("msg_id") != "1":
                continue
            if message["msg_type"] == "stream":
                printed += message["content"]["text"]
            elif message["msg_type"] == "error":
                pytest.fail("\n".join(message["content"]["traceback"]))
            elif message["content"].get("execution_state") == "idle":
                return printed
    finally:
        channel.close()


def test_jupyterlab_starts_beside_a_busy_port_and_finds_this_environments_kernel(tmp_path):
    work = tmp_path / "it's Übung 学"
    home = tmp_path / "home"
    foreign = home / ".local/share/jupyter/kernels/python3"  # another course's kernel, same name
    foreign.mkdir(parents=True)
    spec = {"argv": ["/nowhere/python"], "display_name": "A foreign kernel", "language": "python"}
    (foreign / "kernel.json").write_text(json.dumps(spec))
    lessons = tmp_path / "lessons"
    lessons.mkdir()
    nbformat.write(nbformat.v4.new_notebook(), lessons / "00_start_here.ipynb")
    env = {k: v for k, v in os.environ.items() if not k.startswith(("JUPYTER", "XDG_"))}
    env |= {"HOME": str(home), "GAN_LESSONS_WORK": str(work), "PYTHONPATH": str(files.REPOSITORY)}
    start = (
        "import sys; from pathlib import Path; from gan_lessons.door import jupyter; "
        f"sys.exit(jupyter.open_lab(sys.argv[1:], Path({str(lessons)!r})))"
    )
    root = ["--allow-root"] if getattr(os, "geteuid", lambda: 1)() == 0 else []
    log = tmp_path / "lab.log"
    with socket.create_server(("127.0.0.1", 0)) as busy, log.open("wb") as output:
        port = busy.getsockname()[1]
        server = subprocess.Popen(
            [sys.executable, "-c", start, "--no-browser", f"--port={port}", *root],
            **{"env": env, "stdout": output, "stderr": output, "stdin": subprocess.DEVNULL},
            cwd=tmp_path,
        )
        try:
            pattern = r"(http://127\.0\.0\.1:(\d+)/)lab/tree/00_start_here\.ipynb\?token=(\w+)"
            while not (found := re.search(pattern, log.read_text(encoding="utf-8"))):
                assert server.poll() is None, log.read_text(encoding="utf-8")
                time.sleep(0.1)
            url, its_port, token = found.groups()
            assert int(its_port) != port
            assert "started" in ask(f"{url}api/status", token)
            assert ask(f"{url}api/contents", token)["content"][0]["name"] == "00_start_here.ipynb"
            kernel = ask(f"{url}api/kernelspecs", token)["kernelspecs"]["python3"]["spec"]
            assert kernel["display_name"] != "A foreign kernel"
            code = "import gan_lessons, sys; print(sys.executable)"
            assert run_in_kernel(url, token, code).strip() == sys.executable
            news = ask(f"{url}lab/api/settings/@jupyterlab/apputils-extension:notification", token)
            assert news["schema"]["properties"]["fetchNews"]["default"] == "false"
        finally:
            server.terminate()
            server.wait()
    assert not list(home.rglob("jpserver-*.json"))  # the server itself has ended, too
