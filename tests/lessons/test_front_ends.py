"""A lesson runs wherever a kernel is started: on the command line, in papermill, in VS Code's way.

Lesson 00, solved and strict, at the tiny budget, each time from a learner's folder of its own:
every cell runs, and what the checks found right stands in the folder's progress.json. A front end
that is not installed is skipped by its name.
"""

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from jupyter_client.blocking import BlockingKernelClient
from jupyter_client.connect import write_connection_file
from nbclient import NotebookClient

from gan_lessons import progress
from gan_lessons.door import copies, hosted

ROOT = Path(__file__).resolve().parents[2]
SOURCE = next((ROOT / "notebooks/source").glob("00_*.py"))
SOLVED = next((ROOT / "notebooks/solutions").glob("00_*.ipynb"))
ASKED = set(re.findall(r"(?m)^checks\.(\w+\.\w+)\(my_", SOURCE.read_text(encoding="utf-8")))
pytestmark = pytest.mark.slow


@pytest.fixture
def work(tmp_path) -> Path:
    """A learner's folder, with a space and a letter of its own in its name."""
    folder = tmp_path / "my cöpies"
    folder.mkdir()
    book = nbformat.read(SOLVED, as_version=4)
    for cell in book.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    nbformat.write(book, folder / SOLVED.name)
    (folder / copies.RECORD).write_text("{}", encoding="utf-8")
    return folder


@pytest.fixture
def env(tmp_path) -> dict[str, str]:
    """What a terminal has in which somebody starts a front end; nobody's own settings."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("JPY_", "JUPYTER", "PYTEST"))}
    kept |= {"GAN_LESSONS_BUDGET": "tiny", "GAN_LESSONS_STRICT": "1", "OMP_NUM_THREADS": "1"}
    kept |= {"IPYTHONDIR": str(tmp_path / "ipython"), "PYTHONPATH": str(ROOT)}
    kept["JUPYTER_PREFER_ENV_PATH"] = "1"
    kept["JUPYTER_RUNTIME_DIR"] = str(tmp_path / "runtime")
    kept.pop("GAN_LESSONS_WORK", None)
    return kept


def call(*command: str, cwd: Path, env: dict[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", *command],
        **{"cwd": cwd, "env": env, "capture_output": True, "text": True, "check": False},
    )
    assert done.returncode == 0, done.stdout + done.stderr


def ran_whole(path: Path) -> nbformat.NotebookNode:
    """Return a notebook that was run and kept, after a look at every cell."""
    book = nbformat.read(path, as_version=4)
    cells = [cell for cell in book.cells if cell.cell_type == "code"]
    assert len(cells) > 10
    for cell in cells:
        assert cell.execution_count, cell.source
        assert not [out for out in cell.outputs if out.output_type == "error"]
    return book


def test_there_are_exercises_to_look_for():
    assert len(ASKED) >= 2


def solved_in(folder: Path) -> set[str]:
    """Return the exercises that are ✓ in a folder's progress.json."""
    return {name for name, tried in progress.read(folder / progress.NAME).items() if tried.solved}


def test_jupyter_execute(work, env):
    call("jupyter", "execute", "--output=done.ipynb", SOLVED.name, cwd=work, env=env)
    ran_whole(work / "done.ipynb")
    assert solved_in(work) == ASKED


def test_jupyter_nbconvert_execute(work, env):
    """And what somebody hands in, a page that needs no kernel: every picture has its words."""
    options = ("--to=notebook", "--execute", "--output=done.ipynb")
    call("jupyter", "nbconvert", *options, SOLVED.name, cwd=work, env=env)
    ran_whole(work / "done.ipynb")
    assert solved_in(work) == ASKED
    call("jupyter", "nbconvert", "--to=html", "done.ipynb", cwd=work, env=env)
    pictures = (work / "done.html").read_text(encoding="utf-8").split("<img")[1:]
    assert len(pictures) >= 3
    for picture in pictures:
        alt = re.search(r'alt="([^"]*)"', picture.partition(">")[0])
        assert alt
        assert len(alt[1].split()) > 5
        assert "No description has been provided" not in alt[1]


def test_the_variant_for_colab(work, env, tmp_path):
    """The notebook with one cell more, in a kernel in which a module google.colab is loaded."""
    (tmp_path / "colab").mkdir()
    loaded = "import sys, types\nsys.modules['google.colab'] = types.ModuleType('google.colab')\n"
    (tmp_path / "colab" / "sitecustomize.py").write_text(loaded, encoding="utf-8")
    book = nbformat.reads(hosted.variant((work / SOLVED.name).read_bytes()), as_version=4)
    book.cells.append(nbformat.v4.new_code_cell("print(on_colab, 'pip' in globals())"))
    paths = os.pathsep.join([str(tmp_path / "colab"), env["PYTHONPATH"]])
    place = {"metadata": {"path": str(work)}}
    client = NotebookClient(book, timeout=900, startup_timeout=600, resources=place)
    client.execute(env=env | {"PYTHONPATH": paths})
    assert book.cells[-1].outputs[0].text.strip() == "True False"  # there, and nothing to install
    assert solved_in(work) == ASKED


@pytest.mark.skipif(
    importlib.util.find_spec("papermill") is None, reason="papermill is not installed"
)
def test_papermill_turns_the_knobs(work, env):
    """What is given to papermill reaches the lesson's own loader and optimizers."""
    book = nbformat.read(work / SOLVED.name, as_version=4)
    probe = "print('probe', len(next(batches)), opt_g.defaults['lr'], SEED)"
    book.cells.append(nbformat.v4.new_code_cell(probe))
    nbformat.write(book, work / SOLVED.name)
    knobs = ("-p", "batch_size", "48", "-p", "learning_rate", "0.002", "-p", "SEED", "3")
    call("papermill", *knobs, SOLVED.name, "done.ipynb", cwd=work, env=env)
    done = ran_whole(work / "done.ipynb")
    assert done.cells[-1].outputs[0].text.strip() == "probe 48 0.002 3"
    assert solved_in(work) == ASKED


def test_a_kernel_whose_working_directory_is_elsewhere(work, env, tmp_path):
    """Nothing is written there; progress goes where GAN_LESSONS_WORK says, or nowhere."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    for named in (False, True):
        book = nbformat.read(work / SOLVED.name, as_version=4)
        place = {"metadata": {"path": str(elsewhere)}}
        client = NotebookClient(book, timeout=900, startup_timeout=600, resources=place)
        client.execute(env=env | ({"GAN_LESSONS_WORK": str(work)} if named else {}))
        assert list(elsewhere.iterdir()) == []
        assert solved_in(work) == (ASKED if named else set())


def test_a_kernel_that_is_started_as_vs_code_starts_one(work, env, tmp_path):
    """ipykernel_launcher on a connection file of the editor's own, in the notebook's folder.

    No Jupyter server stands above it: nothing that a server puts into a kernel's environment.
    """
    file, _ = write_connection_file(str(tmp_path / "kernel-v2-1.json"))
    assert not [name for name in env if name.startswith("JPY_")]
    command = [sys.executable, "-m", "ipykernel_launcher", f"--f={file}"]
    kernel = subprocess.Popen(command, cwd=work, env=env | {"VSCODE_CWD": str(work)})
    client = BlockingKernelClient(connection_file=file)
    client.load_connection_file()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=600)
        path = str(work / SOLVED.name)
        ran = client.execute_interactive(f"__vsc_ipynb_file__ = {path!r}", timeout=900)
        assert ran["content"]["status"] == "ok"
        told = []
        for cell in nbformat.read(work / SOLVED.name, as_version=4).cells:
            if cell.cell_type == "code":
                reply = client.execute_interactive(
                    cell.source, timeout=900, output_hook=told.append
                )
                assert reply["content"]["status"] == "ok", cell.source
        assert any("text/html" in told_of["content"].get("data", {}) for told_of in told)
        client.shutdown()
        assert kernel.wait(60) == 0
    finally:
        client.stop_channels()
        kernel.kill()
        kernel.wait()
    assert solved_in(work) == ASKED
