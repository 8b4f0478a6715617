"""pyproject.toml, constraints.txt, environment.yml and the Makefile say the same thing.

`disagreements` returns one line for each drift; that it notices them is tested on drifted copies.
The Makefile is run for real, with a Python that only pretends to install.
"""

import contextlib
import os
import re
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[2]
FILES = ("pyproject.toml", "constraints.txt", "environment.yml", "Makefile")

# Versions below these have published holes, checked offline; the advisories are named.
SECURITY_FLOORS = {
    "torch": "2.11",  # CVE-2025-32434, CVE-2026-24747, CVE-2026-4538
    "jupyter-server": "2.20.0",  # CVE-2026-44727, CVE-2026-40934, CVE-2026-40110
    "jupyterlab": "4.5.7",  # CVE-2026-40171
    "nbconvert": "7.17.1",  # CVE-2026-39378
    "notebook": "7.5.6",  # CVE-2026-40171; not needed here, a floor if it ever is
    "jupyterhub": "5.5.1",  # CVE-2024-28233, CVE-2026-33709, GHSA-c4gm-pwx9-9w8j; for hub/ alone
}
MUST_BE_FLOORED = ("torch", "jupyter-server", "jupyterlab", "nbconvert")
PYTHONS = ("3.11", "3.12", "3.13")  # what CI runs


def lines(text: str) -> list[str]:
    """Return a requirements file's lines without comments and blank lines."""
    stripped = (line.split(" #")[0].strip() for line in text.splitlines())
    return [line for line in stripped if line and not line.startswith("#")]


def pin_of(requirement: Requirement) -> Version | None:
    """Return the one version a requirement allows (`==1.2.3`), else None."""
    (spec, *more) = list(requirement.specifier) or [None]
    exact = spec is not None and not more and spec.operator == "==" and "*" not in spec.version
    return Version(spec.version) if exact else None


def floor_of(requirement: Requirement) -> Version | None:
    """Return the least version a requirement asks for with `>=`, else None."""
    versions = [Version(spec.version) for spec in requirement.specifier if spec.operator == ">="]
    return max(versions, default=None)


def disagreements(texts: dict[str, str]) -> list[str]:
    """Return a line for each thing in which the four files contradict each other or the floors.

    Args:
        texts: the content of each of FILES, by its name.
    """
    found = []
    project = tomllib.loads(texts["pyproject.toml"])["project"]
    extras = [line for extra in project["optional-dependencies"].values() for line in extra]
    named = [Requirement(line) for line in [*project["dependencies"], *extras]]
    direct = [requirement for requirement in named if requirement.name != project["name"]]
    if f"{project['name']}[lab]" not in project["optional-dependencies"]["dev"]:
        found.append("pyproject.toml: dev does not hold lab")

    pins = {}
    for line in lines(texts["constraints.txt"]):
        requirement = Requirement(line)
        name, pin = canonicalize_name(requirement.name), pin_of(requirement)
        if pin is None:
            found.append(f"constraints.txt: {line} is not an exact version")
        elif pin.local:
            found.append(f"constraints.txt: {line} exists on one index only (a local version)")
        elif name in pins:
            found.append(f"constraints.txt: {name} is pinned twice")
        pins[name] = pin

    for requirement in direct:
        name = canonicalize_name(requirement.name)
        if pins.get(name) is None:
            found.append(f"constraints.txt: {name} of pyproject.toml is not pinned")
        elif not requirement.specifier.contains(pins[name]):
            found.append(f"constraints.txt: {name}=={pins[name]} is outside {requirement}")

    floors = {canonicalize_name(r.name): floor_of(r) for r in direct}
    for name, least in SECURITY_FLOORS.items():
        if pins.get(name) and pins[name] < Version(least):
            found.append(f"constraints.txt: {name}=={pins[name]} is below the safe {least}")
        if name in MUST_BE_FLOORED and (floors.get(name) or Version("0")) < Version(least):
            found.append(f"pyproject.toml: {name} is allowed below the safe {least}")

    python = SpecifierSet(project["requires-python"])
    found += [
        f"pyproject.toml: Python {version} of the CI is outside {python}"
        for version in PYTHONS
        if not python.contains(f"{version}.0")
    ]

    torch = f"torch=={pins.get('torch')}"
    if f"TORCH = {torch}\n" not in texts["Makefile"]:
        found.append(f"Makefile: TORCH is not {torch}")

    conda = yaml.safe_load(texts["environment.yml"])
    if set(conda) != {"name", "channels", "dependencies"}:
        found.append(f"environment.yml: unexpected keys in {sorted(conda)}")
    if conda.get("channels") != ["conda-forge"]:
        found.append(
            f"environment.yml: channels are {conda.get('channels')}, not conda-forge alone"
        )
    plain = [entry for entry in conda["dependencies"] if isinstance(entry, str)]
    pip = [entry["pip"] for entry in conda["dependencies"] if isinstance(entry, dict)]
    if pip != [["-c constraints.txt", torch, "-e .[dev]"]]:
        found.append(f"environment.yml: pip installs {pip}")
    versions = [entry.removeprefix("python=") for entry in plain if entry.startswith("python=")]
    if len(plain) != 2 or "pip" not in plain or len(versions) != 1:
        found.append(f"environment.yml: conda installs {plain}, not python=3.x and pip")
    elif versions[0] not in PYTHONS or not python.contains(f"{versions[0]}.0"):
        found.append(f"environment.yml: Python {versions[0]} is not one that is tested")
    return found


@pytest.fixture(scope="module")
def texts() -> dict[str, str]:
    return {name: (ROOT / name).read_text(encoding="utf-8") for name in FILES}


def test_the_four_files_agree(texts):
    assert disagreements(texts) == []


NAMED = (  # where a person or a machine reads which torch to install
    *(".binder/postBuild", ".github/workflows/wheel.yml", "INSTALL.md", "Makefile"),
    *("constraints.txt", "environment.yml", "gan_lessons/door/doctor.py", "hub/README.md"),
)


@pytest.mark.parametrize("name", NAMED)
def test_every_file_that_names_a_torch_names_the_same(name, texts):
    (pinned,) = (one for one in texts["constraints.txt"].splitlines() if one.startswith("torch=="))
    named = re.findall(r"\btorch==[0-9][0-9.]*[0-9]", (ROOT / name).read_text(encoding="utf-8"))
    assert set(named) == {pinned}


def refused_by(requires: dict[str, str | None], oldest: str) -> list[str]:
    """Return the packages whose own Requires-Python leaves out the oldest Python."""
    return [n for n, said in requires.items() if said and not SpecifierSet(said).contains(oldest)]


def test_every_pin_installs_on_the_oldest_python_that_is_promised(texts):
    """Debian's is 3.11.2: a pin that needs 3.11.5 stops `make lab` there, and only there."""
    names = [line.split("==")[0] for line in texts["constraints.txt"].splitlines() if "==" in line]
    requires = {}
    for name in names:
        with contextlib.suppress(PackageNotFoundError):  # of another system
            requires[name] = metadata(name).get("Requires-Python")
    assert len(requires) > 100
    assert refused_by(requires, f"{PYTHONS[0]}.0") == []
    assert refused_by({"soupsieve": ">=3.11.5"}, "3.11.0") == ["soupsieve"]


DRIFTS = [
    ("constraints.txt", "tqdm==", "tqdm>=", "is not an exact version"),
    ("constraints.txt", "tqdm==", "tqdm-2==", "tqdm of pyproject.toml is not pinned"),
    ("constraints.txt", "hypothesis==", "hypothesis-2==", "hypothesis of pyproject.toml is not"),
    ("constraints.txt", "torch==2.13.0", "torch==2.13.0+cpu", "exists on one index only"),
    ("constraints.txt", "torch==2.13.0", "torch==2.12.0", "TORCH is not torch==2.12.0"),
    ("constraints.txt", "torch==2.13.0", "torch==2.12.0", "environment.yml: pip installs"),
    ("constraints.txt", "torch==2.13.0", "torch==2.10.0", "below the safe 2.11"),
    ("constraints.txt", "torch==2.13.0", "torch==2.10.0", "is outside torch>=2.11"),
    ("constraints.txt", "nbval==0.11.0", "nbval==0.12.0", "is outside nbval==0.11.*"),
    ("constraints.txt", "nbconvert==7.17.2", "nbconvert==7.17.0", "below the safe 7.17.1"),
    ("constraints.txt", "tqdm==", "notebook==7.5.5\ntqdm==", "notebook==7.5.5 is below the safe"),
    ("constraints.txt", "tqdm==", "Tqdm==1.0\ntqdm==", "tqdm is pinned twice"),
    ("pyproject.toml", '"tqdm>=', '"rich>=1.0", "tqdm>=', "rich of pyproject.toml is not pinned"),
    ("pyproject.toml", '"nbclient>=', '"rich", "nbclient>=', "rich of pyproject.toml is not"),
    ("pyproject.toml", '"jupyterlab>=4.5.7"', '"jupyterlab>=4.0"', "allowed below the safe 4.5.7"),
    ("pyproject.toml", '"gan-lessons[lab]",', "", "dev does not hold lab"),
    ("pyproject.toml", '"torch>=2.11"', '"torch"', "torch is allowed below the safe 2.11"),
    ("pyproject.toml", '"jupyter_server>=2.20.0",', "", "jupyter-server is allowed below"),
    (
        "pyproject.toml",
        'requires-python = ">=3.11"',
        'requires-python = ">=3.12"',
        "Python 3.11 of",
    ),
    ("pyproject.toml", 'requires-python = ">=3.11"', 'requires-python = ">=3.14"', "not one that"),
    ("environment.yml", "- conda-forge", "- conda-forge\n  - defaults", "not conda-forge alone"),
    ("environment.yml", "python=3.12", "python=3.10", "Python 3.10 is not one that is tested"),
    ("environment.yml", "python=3.12", "python=3.12\n  - numpy", "conda installs"),
    ("environment.yml", "- -e .[dev]", "- -e .", "environment.yml: pip installs"),
    ("environment.yml", "- -c constraints.txt\n", "- tqdm\n", "environment.yml: pip installs"),
    ("environment.yml", "name: gan", "prefix: x\nname: gan", "unexpected keys"),
    ("Makefile", "TORCH = torch==2.13.0", "TORCH = torch", "TORCH is not torch=="),
]


@pytest.mark.parametrize(("file", "good", "bad", "said"), DRIFTS)
def test_a_drift_is_noticed(file, good, bad, said, texts):
    drifted = texts[file].replace(good, bad)
    assert drifted != texts[file], f"{file} no longer holds {good!r}: renew this drift"
    assert any(said in line for line in disagreements({**texts, file: drifted}))


def test_the_lean_set_is_kept_lean(texts):
    """Packages that were left out on purpose: big, or broken beside the CPU-only torch."""
    project = tomllib.loads(texts["pyproject.toml"])["project"]
    named = {canonicalize_name(Requirement(line).name) for line in project["dependencies"]}
    assert not named & {"torchvision", "scipy", "scikit-learn", "tensorboard", "lightning"}
    assert not named & {"pytest", "nbval", "playwright", "jupytext"}  # these are for developers
    # A hosted kernel has its own; the course must not change them under its feet.
    assert not named & {"jupyterlab", "jupyter-server", "ipykernel", "notebook"}


# The Makefile itself, run by plain sh in a folder with a difficult name

FAKE_PYTHON = """#!/bin/sh
# Pretends to be Python: answers the version check, makes a venv of itself, logs what pip would do.
case "$1 $2 $3" in
  "-m venv .venv")
    if test -e novenv; then echo "ensurepip is not available"; exit 1; fi
    mkdir -p .venv/bin && cp "$0" .venv/bin/python ;;
  "-m pip install")
    echo "$@" >> log
    if test -e offline; then echo "no network"; exit 1; fi ;;
  "-m pip --version") ;;
  "-c "*) case "$2" in *version_info*) test ! -e old ;; esac ;;
  *) echo "ran $@" >> log ;;
esac
"""

needs_make = pytest.mark.skipif(
    sys.platform == "win32" or shutil.which("make") is None, reason="there is no make here"
)


class Checkout:
    """A folder with the Makefile and what it reads, and a Python that only pretends."""

    def __init__(self, folder: Path):
        self.folder = folder
        (folder / "notebooks").mkdir(parents=True)
        for name in FILES:
            shutil.copy(ROOT / name, folder / name)
        self.python = "./fake python"
        (folder / self.python).write_text(FAKE_PYTHON)
        (folder / self.python).chmod(0o755)

    def make(self, *arguments: str) -> subprocess.CompletedProcess:
        env = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")}
        return subprocess.run(
            ["make", *arguments, f"PYTHON={self.python}"],
            **{"cwd": self.folder, "env": env, "capture_output": True, "text": True},
            check=False,
        )

    def log(self) -> list[str]:
        """Return what was run since the last call."""
        log = self.folder / "log"
        said = log.read_text().splitlines() if log.exists() else []
        log.unlink(missing_ok=True)
        return said


@pytest.fixture
def checkout(tmp_path) -> Checkout:
    return Checkout(tmp_path / "Übung 学习, (new) $x" / "it's 1")


@needs_make
def test_the_first_call_installs_torch_first_and_the_second_nothing(checkout):
    assert checkout.make("lab").returncode == 0
    torch, rest, lab = checkout.log()
    assert torch.endswith("install --disable-pip-version-check torch==2.13.0")
    assert rest.endswith("-c constraints.txt -e .[lab]")
    assert lab == "ran -m gan_lessons"
    assert checkout.make("lab", "ARGS=--no-browser --port=9000").returncode == 0
    assert checkout.log() == ["ran -m gan_lessons --no-browser --port=9000"]


@needs_make
def test_who_tests_gets_more_and_who_learns_needs_no_more_then(checkout):
    assert checkout.make("check").returncode == 0
    torch, rest, *_ = checkout.log()
    assert "torch==2.13.0" in torch
    assert rest.endswith("-c constraints.txt -e .[dev]")
    assert checkout.make("lab").returncode == 0
    assert checkout.log() == ["ran -m gan_lessons"]


@needs_make
@pytest.mark.parametrize("file", ["pyproject.toml", "constraints.txt"])
def test_changed_requirements_install_again(file, checkout):
    checkout.make("lab")
    checkout.log()
    later = (checkout.folder / ".venv/.installed-lab").stat().st_mtime + 5
    os.utime(checkout.folder / file, (later, later))
    assert checkout.make("lab").returncode == 0
    assert len(checkout.log()) == 3


@needs_make
def test_the_index_of_torch_is_for_torch_alone(checkout):
    checkout.make("lab", "TORCH_INDEX=https://download.pytorch.org/whl/cpu")
    torch, rest, _ = checkout.log()
    assert "--index-url https://download.pytorch.org/whl/cpu torch==2.13.0" in torch
    assert "index" not in rest


@needs_make
def test_an_install_that_was_cut_short_is_tried_again(checkout):
    (checkout.folder / "offline").touch()
    failed = checkout.make("lab")
    assert failed.returncode != 0
    assert "The install did not finish" in failed.stdout
    assert "run the same command again" in failed.stdout
    (checkout.folder / "offline").unlink()
    checkout.log()
    assert checkout.make("lab").returncode == 0
    assert len(checkout.log()) == 3


@needs_make
def test_a_moved_folder_installs_again(checkout, tmp_path):
    checkout.make("lab")
    checkout.log()
    checkout.folder = checkout.folder.rename(tmp_path / "moved")
    assert checkout.make("lab").returncode == 0
    assert len(checkout.log()) == 3
    checkout.make("lab")
    assert len(checkout.log()) == 1


@needs_make
def test_an_environment_whose_python_is_gone_is_built_again(checkout):
    checkout.make("lab")
    checkout.log()
    (checkout.folder / ".venv/bin/python").unlink()
    assert checkout.make("lab").returncode == 0
    assert len(checkout.log()) == 3


@needs_make
@pytest.mark.skipif(getattr(os, "geteuid", lambda: 1)() == 0, reason="root may write everywhere")
def test_a_folder_of_somebody_else_is_told_what_to_do(checkout):
    checkout.folder.chmod(0o555)
    failed = checkout.make("lab")
    checkout.folder.chmod(0o755)
    assert failed.returncode != 0
    assert "Copy the whole folder" in failed.stdout


@needs_make
def test_an_old_python_is_told_what_to_do(checkout):
    (checkout.folder / "old").touch()
    failed = checkout.make("lab")
    assert failed.returncode != 0
    assert "needs Python 3.11 or newer" in failed.stdout
    assert "make lab PYTHON=python3.12" in failed.stdout
    assert checkout.log() == []


@needs_make
def test_a_missing_python_is_told_the_same(checkout):
    checkout.python = "no-such-python"
    failed = checkout.make("lab")
    assert failed.returncode != 0
    assert "'no-such-python' is missing or older" in failed.stdout


@needs_make
def test_a_missing_venv_module_is_told_what_to_do(checkout):
    (checkout.folder / "novenv").touch()
    failed = checkout.make("lab")
    assert failed.returncode != 0
    assert "apt install python3-venv" in failed.stdout


@needs_make
def test_the_sizes_are_printed_by_the_environment_s_python(checkout):
    checkout.make("check")
    checkout.log()
    assert checkout.make("sizes").returncode == 0
    assert checkout.log() == ["ran tools/sizes.py"]


@needs_make
def test_help_is_what_make_alone_says(checkout):
    said = checkout.make().stdout
    targets = (
        "lab",
        "test",
        "site",
        "workshop",
        "soak",
        "bench",
        "sizes",
        "notebooks",
        "execute",
        "check",
        "clean",
    )
    for target in targets:
        assert f"make {target} " in said
    assert checkout.log() == []


def test_the_ci_script_runs():
    script = ROOT / ".ci/run"
    assert os.access(script, os.X_OK)
    if shutil.which("bash"):
        subprocess.run(["bash", "-n", str(script)], check=True)
