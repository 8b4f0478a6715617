"""The same small lesson on machines as they are: no home, one core, a full cache, odd paths …

The lesson reads shipped data and a folder of pictures, trains, keeps a checkpoint and draws. It has
to end the same in every environment, and to say in words where it had to do something else.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from tests.lessons.run_notebooks import offline_prefix
from tests.soak import times

ROOT = Path(__file__).resolve().parents[2]
ROOT_USER = getattr(os, "geteuid", lambda: 1)() == 0
NOBODY = 65534
MEGABYTES = 1_500  # of address space; torch's build for graphics cards alone needs more
LESSON = """
import hashlib, json, os, sys, warnings
told = []
warnings.showwarning = lambda text, *about, **more: told.append(str(text))
import torch
if os.environ.get("PRETEND_A_CARD"):
    torch.cuda.is_available = lambda: True
import gan_lessons
from gan_lessons import checkpoint, data, models, runtime, show, training
folder, runs = sys.argv[1:]
device = runtime.start(threads=1)
pictures = data.folder(folder, size=8)
strokes = data.strokes()
runtime.seed_everything(0)
parts = {"G": models.plane_generator(width=16), "D": models.plane_discriminator(width=16)}
for name, net in (("opt_g", parts["G"]), ("opt_d", parts["D"])):
    parts[name] = torch.optim.Adam(net.parameters(), lr=1e-3)
ring = data.ring(n=200)
parts["data"] = data.batches(ring.x, 64, rng=runtime.generator(1))
run = training.train(*parts.values(), steps=20, latent_dim=2)
for moment in checkpoint.kept(run, runs, parts, steps=20, every=10):
    pass
with torch.no_grad():
    fake = parts["G"](torch.randn(100, 2, generator=runtime.generator(2)))
picture = show.clouds([("fake", fake)], real=ring.x, sentence="Ä ✓")
assert picture.sentence == "Ä ✓"
seen = hashlib.sha256(pictures.x.numpy().tobytes() + strokes.x[:100].numpy().tobytes())
for tensor in parts["G"].state_dict().values():
    seen.update(tensor.numpy().tobytes())
print(json.dumps(dict(
    digest=seen.hexdigest(), device=device.type, step=moment.step, told=told,
    drawn=picture.png[:4].hex(), package=os.fsencode(gan_lessons.__file__).decode(),
    cores=runtime.usable_cores(),
)))
"""


@dataclass(frozen=True)
class Where:
    """An environment: what stands before the command, what is set, done before, and told."""

    prefix: tuple[str, ...] = ()
    env: dict[str, str | None] = field(default_factory=dict)
    before: Callable[[Path], None] = lambda top: None
    told: tuple[str, ...] = ()
    needs: str = ""  # a program


def cache_is_a_file(top: Path) -> None:
    (checkout_in(top) / "data" / "cache").write_text("a file")
    (top / "cache").write_text("a file")


def closed(top: Path) -> None:
    """Take the right to write away from all but one folder, which anybody may write."""
    for path in (top / "home", checkout_in(top), checkout_in(top) / "data"):
        path.chmod(0o555)
    (top / "runs").mkdir()
    (top / "runs").chmod(0o777)
    (top / "temp").chmod(0o777)


def small_shm() -> tuple[str, ...]:
    mount = 'mount -t tmpfs -o size=64k tmpfs /dev/shm && exec "$@"'
    return ("unshare", "-m" if ROOT_USER else "-rm", "sh", "-c", mount, "sh")


PLAIN = "plain"
SETPRIV = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")
ENVIRONMENTS = {
    PLAIN: Where(),
    "no home": Where(env={"HOME": None, "USERPROFILE": None}),
    "a home and a checkout that may not be written": Where(
        prefix=SETPRIV if ROOT_USER else (), before=closed, told=("cannot be written", "using"),
        needs="setpriv" if ROOT_USER else "",
    ),
    "the cache is a file": Where(
        env={"GAN_LESSONS_CACHE": "{top}/cache"}, before=cache_is_a_file,
        told=("cannot be written", "using"),
    ),
    "no place for temporary files": Where(env={"TMPDIR": "{top}/nowhere"}),
    "one core": Where(prefix=("taskset", "-c", "0"), needs="taskset"),
    "a small /dev/shm": Where(prefix=small_shm(), needs="unshare"),
    "a hidden card": Where(env={"CUDA_VISIBLE_DEVICES": ""}),
    "a card that fails": Where(env={"PRETEND_A_CARD": "1"}, told=("cuda is there but fails",)),
    "little address space": Where(prefix=("prlimit", f"--as={MEGABYTES * 2**20}"), needs="prlimit"),
    "no network": Where(prefix=("offline",), needs="unshare"),
    "a locale without letters": Where(
        env={"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
    ),
}  # fmt: skip


def checkout_in(top: Path) -> Path:
    return top / "Übung 学习" / "it's #1 100%"


@pytest.fixture
def top() -> Iterator[Path]:
    """A folder that anybody may enter, with a checkout under a difficult name and some pictures."""
    top = Path(tempfile.mkdtemp(prefix="gan_lessons_test_"))
    top.chmod(0o755)
    checkout = checkout_in(top)
    shutil.copytree(
        ROOT / "gan_lessons", checkout / "gan_lessons",
        ignore=shutil.ignore_patterns("_shipped"),
    )  # fmt: skip
    (checkout / "data").mkdir()
    for path in (ROOT / "pyproject.toml", ROOT / "data" / "strokes.npz"):
        shutil.copy(path, checkout / path.relative_to(ROOT))
    for name in ("home", "temp", "my pictures"):
        (top / name).mkdir()
    rng = np.random.default_rng(0)
    for number in range(3):
        pixels = rng.integers(0, 256, (12, 12, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(top / "my pictures" / f"ä {number}.png")
    yield top
    for path in (top, *top.rglob("*")):
        if path.is_dir():
            path.chmod(0o755)
    shutil.rmtree(top)


def lesson(top: Path, where: Where) -> dict:
    """Run the lesson there; return what it says of itself."""
    where.before(top)
    checkout = checkout_in(top)
    env = {name: value for name, value in os.environ.items() if not name.startswith("GAN_LESSONS")}
    env |= {"HOME": str(top / "home"), "TMPDIR": str(top / "temp"), "OMP_NUM_THREADS": "1"}
    env |= {"PYTHONPATH": str(checkout), "PYTHONDONTWRITEBYTECODE": "1"}
    for name, value in where.env.items():
        env.pop(name, None)
        if value is not None:
            env[name] = value.format(top=top)
    prefix = offline_prefix() if where.prefix == ("offline",) else list(where.prefix)
    (top / "lesson.py").write_text(LESSON, encoding="utf-8")
    arguments = [str(top / "my pictures"), str(top / "runs" / "ring")]
    command = [*prefix, sys.executable, str(top / "lesson.py"), *arguments]
    cwd = top / "home"
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3_000:]
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def plainly() -> dict:
    """What the lesson says of itself where nothing is odd, filled in by the first who needs it."""
    return {}


@pytest.mark.skipif(os.name != "posix", reason="uses Linux's tools")
@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_the_lesson_ends_the_same_everywhere(name, top, plainly, record_property):
    where = ENVIRONMENTS[name]
    if where.needs and (shutil.which(where.needs) is None or sys.platform != "linux"):
        pytest.skip(f"there is no {where.needs} here")
    if where.prefix == ("offline",) and not offline_prefix():
        pytest.skip("this machine allows no network namespace")
    if where.needs == "prlimit" and torch.version.cuda:
        pytest.skip("torch is built for graphics cards")
    said = lesson(top, where)
    plainly.setdefault("digest", said["digest"])
    assert said["digest"] == plainly["digest"]
    assert (said["device"], said["step"], said["drawn"]) == ("cpu", 20, "89504e47")
    assert said["package"].startswith(str(checkout_in(top)))
    assert said["cores"] == 1
    text = "\n".join(said["told"])
    assert all(words in text for words in where.told), text
    assert len(said["told"]) == bool(where.told), said["told"]
    record_property("n", 1)
    record_property("note", "same pictures, weights and words in each")


# -- other processors, and a busy machine ----------------------------------------------------

# Each test passes or fails by what a lesson claims of numbers; all together take seconds.
CLAIMS = [
    "tests/library/test_losses.py",
    "tests/library/test_penalties.py",
    "tests/library/test_checkpoint.py",
    "tests/exercises/test_start.py",
]
MORE_CLAIMS = [
    "tests/library/test_dcgan.py",
    "tests/library/test_training.py",
    "tests/exercises/test_one_step.py",
    "tests/exercises/test_first_gan.py",
    "tests/exercises/test_steps.py",
]
PROCESSORS = {  # what torch and oneDNN believe that the processor has
    "AVX2": {"ATEN_CPU_CAPABILITY": "avx2", "ONEDNN_MAX_CPU_ISA": "AVX2"},
    "none for torch, SSE 4.1 for oneDNN": {
        "ATEN_CPU_CAPABILITY": "default", "ONEDNN_MAX_CPU_ISA": "SSE41",
    },
    "none for torch": {"ATEN_CPU_CAPABILITY": "default"},
    "AVX2 for oneDNN": {"ONEDNN_MAX_CPU_ISA": "AVX2"},
}  # fmt: skip
BUSY = 4  # loops that do nothing but compute
SPIN = "import os; parent = os.getppid()\nwhile os.getppid() == parent: pass"  # it ends with us


def suite(files: list[str], folder: Path, **env: str) -> int:
    """Run a part of the suite in a process of its own; return how many tests passed: all."""
    report = folder / "report.xml"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-x"]
    command += [
        f"--junitxml={report}",
        "-o",
        "junit_family=xunit1",
        f"--basetemp={folder / 'temp'}",
        *files,
    ]
    env = os.environ | {"OMP_NUM_THREADS": "1", "GAN_LESSONS_SOAK": "0"} | env
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3_000:]
    (found,) = ElementTree.parse(report).getroot().iter("testsuite")
    assert found.get("errors") == found.get("failures") == "0"
    return int(found.get("tests")) - int(found.get("skipped"))


@pytest.mark.parametrize("name", list(PROCESSORS)[: times(1, len(PROCESSORS))])
def test_what_is_claimed_holds_on_other_processors(name, tmp_path, record_property):
    """Their rounding is another: weights differ in the first step, what is claimed must not."""
    files = CLAIMS[: times(2, 4)] + MORE_CLAIMS[: times(0, 5)]
    passed = suite(files, tmp_path, **PROCESSORS[name])
    record_property("n", passed)
    record_property("note", f"tests of {len(files)} files, {len(PROCESSORS)} sets of features")
    assert passed > 20


def test_the_processors_differ():
    """The test above could fail: a convolution comes out otherwise, in the last digits."""
    program = (
        "import torch; torch.manual_seed(0); torch.set_num_threads(1); x = torch.randn(8, 16, 9, 9)"
        "\nprint(torch.nn.functional.conv2d(x, torch.randn(16, 16, 3, 3)).double().sum().item())"
    )
    found = set()
    for env in ({}, *PROCESSORS.values()):
        command = [sys.executable, "-c", program]
        env = os.environ | {"OMP_NUM_THREADS": "1"} | env
        found.add(subprocess.run(command, env=env, capture_output=True, check=True).stdout)
    assert len(found) > 1


def test_a_busy_machine_fails_nothing(tmp_path, record_property):
    """What waits for something waits as long as it takes: no clock on the wall decides."""
    slow = ["tests/repository/test_watchdog.py", "tests/lessons/test_nbval_guard.py", *CLAIMS]
    files = ["tests/library/test_runtime.py", *slow[: times(0, len(slow))]]
    spin = [sys.executable, "-S", "-c", SPIN]
    beside = [subprocess.Popen(spin) for _ in range(BUSY)]
    try:
        passed = suite(files, tmp_path)
    finally:
        for loop in beside:
            loop.kill()
            loop.wait()
    record_property("n", passed)
    record_property("note", f"tests of {len(files)} files beside {BUSY} loops")
    assert passed > 5
