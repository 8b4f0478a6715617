"""The wheel alone, unpacked where nothing of the repository is, read-only, without a network."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MOST = 40 * 2**20  # bytes of a wheel
TRAVELS = {
    "data": [path.name for path in (ROOT / "data").glob("*.npz")],
    "notebooks": [path.name for path in (ROOT / "notebooks").glob("*.ipynb")],
    "notebooks/solutions": [p.name for p in (ROOT / "notebooks/solutions").glob("*.ipynb")],
    "tools": ["minutes.json"],
}


BUILD = "import sys, setuptools.build_meta as build; build.build_wheel(sys.argv[1])"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """The wheel, built from a copy of what git keeps."""
    source, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    kept = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        **{"cwd": ROOT, "capture_output": True, "text": True, "check": True},
    ).stdout.split("\0")
    for name in filter(None, kept):
        if (ROOT / name).is_file() and not name.startswith("tests/"):
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, source / name)
    subprocess.run(
        [sys.executable, "-c", BUILD, str(out)],
        **{"cwd": source, "check": True, "capture_output": True},
    )
    (built,) = out.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def site(wheel, tmp_path_factory) -> Path:
    """A folder like site-packages with the wheel's content, which nobody may write."""
    folder = tmp_path_factory.mktemp("site")
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(folder)
    for path in sorted(folder.rglob("*"), reverse=True):
        path.chmod(0o555 if path.is_dir() else 0o444)
    folder.chmod(0o555)
    yield folder
    for path in [folder, *folder.rglob("*")]:
        if path.is_dir():
            path.chmod(0o755)


def test_it_holds_the_course_and_nothing_else(wheel):
    with zipfile.ZipFile(wheel) as packed:
        names = set(packed.namelist())
    for folder, files in TRAVELS.items():
        missing = {f"gan_lessons/_shipped/{folder}/{name}" for name in files} - names
        assert not missing
    parts = {str(path.relative_to(ROOT)) for path in (ROOT / "gan_lessons").rglob("*.js")}
    assert parts
    assert parts <= names
    assert all(name.startswith(("gan_lessons/", "gan_lessons-")) for name in names)
    assert wheel.stat().st_size < MOST


def run(site: Path, folder: Path, *command: str) -> subprocess.CompletedProcess:
    env = {k: v for k, v in os.environ.items() if not k.startswith(("GAN_LESSONS", "PYTHON"))}
    env |= {"PYTHONPATH": str(site), "PYTHONDONTWRITEBYTECODE": "1", "HOME": str(folder)}
    env |= {"no_proxy": "", "http_proxy": "http://127.0.0.1:9", "https_proxy": "http://127.0.0.1:9"}
    return subprocess.run(
        [sys.executable, "-P", *command],
        **{"cwd": folder, "env": env, "capture_output": True, "text": True, "check": False},
    )


LOADS = """
import gan_lessons, pathlib, sys
from gan_lessons import data, files, runtime
assert pathlib.Path(gan_lessons.__file__).is_relative_to(sys.argv[1]), gan_lessons.__file__
assert files.checkout() is None
print(len(data.strokes()), len(data.petals()), len(data.gallery().unseen))
for name in ("plane", "published", "images", "stacked", "little", "budget"):
    data.ablation(name)
print(len(runtime.measured_minutes()))
"""


def test_its_data_are_found_and_whole(site, tmp_path):
    done = run(site, tmp_path, "-c", LOADS, str(site))
    assert done.returncode == 0, done.stderr
    assert done.stdout.split()[-1] == str(len(TRAVELS["notebooks"]))


def test_it_makes_copies_in_the_folder_where_one_stands(site, tmp_path):
    made = run(site, tmp_path, "-m", "gan_lessons", "copy")
    assert made.returncode == 0, made.stderr
    copies = tmp_path / "gan-lessons"
    assert sorted(p.name for p in copies.glob("*.ipynb")) == sorted(TRAVELS["notebooks"])
    again = run(site, copies, "-m", "gan_lessons", "copy")  # from inside: not one deeper
    assert again.returncode == 0
    assert not (copies / "gan-lessons").exists()


def test_its_doctor_finds_all_it_needs(site, tmp_path):
    done = run(site, tmp_path, "-m", "gan_lessons", "doctor")
    lines = done.stdout.splitlines()
    marked = [line.split() for line in lines if line[:1] in ("✓", "✗")]
    assert len(marked) == 10, done.stdout + done.stderr
    missing = {name for mark, name, *_ in marked if mark == "✗"}
    assert missing <= {"memory", "disk", "speed"}, done.stdout  # of the machine, and its other work
    assert "strokes, petals, gallery are whole" in done.stdout
    assert "the installed package" in done.stdout


def test_without_torch_it_says_so_and_without_jupyterlab_what_to_install(site, tmp_path):
    hidden = (
        "import sys, importlib.util as u; find = u.find_spec\n"
        "u.find_spec = lambda n, *a: None if n in ('torch', 'jupyterlab') else find(n, *a)\n"
        "from gan_lessons.__main__ import main\n"
    )
    done = run(site, tmp_path, "-c", hidden + "sys.exit(main(['doctor']))")
    assert "✗ PyTorch      missing\n    → pip install torch==" in done.stdout
    assert done.returncode == 1
    done = run(site, tmp_path, "-c", hidden + "sys.exit(main([]))")
    assert done.returncode == 1
    what, _, todo = done.stderr.strip().splitlines()
    assert "lacks torch, jupyterlab" in what
    assert "pip install 'gan-lessons[lab]'" in todo


def test_a_checkout_beside_the_package_is_looked_at_first(tmp_path):
    """What somebody changes in a clone is what they see."""
    for name in ("gan_lessons", "data"):
        (tmp_path / name).mkdir()
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "gan-lessons"\n')
    (tmp_path / "gan_lessons/__init__.py").touch()
    (tmp_path / "gan_lessons/files.py").write_bytes((ROOT / "gan_lessons/files.py").read_bytes())
    shipped = tmp_path / "gan_lessons/_shipped/data"
    shipped.mkdir(parents=True)
    for name, where in (("both", "data"), ("both", "gan_lessons/_shipped/data")):
        (tmp_path / where / name).write_text(where)
    (shipped / "one").touch()
    ask = "from gan_lessons import files; print(files.course('data', sys.argv[1]))"
    for name, where in (("both", "data"), ("one", "gan_lessons/_shipped/data"), ("none", "data")):
        done = run(tmp_path, tmp_path, "-c", "import sys; " + ask, name)
        assert done.stdout.strip() == str(tmp_path / where / name), done.stderr
