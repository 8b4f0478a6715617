"""The house of the package, read from its syntax trees: floors, ground, silence, docstrings.

Every rule is a function from a package's folder to a list of complaints, empty if it is kept. Each
is shown to notice a violation that is planted in a copy.
"""

import ast
import functools
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

HOUSE = Path(__file__).resolve().parents[2] / "gan_lessons"
FLOORS = (
    {"errors", "files"},  # below runtime, which raises errors too
    {"runtime", "progress"},
    {
        "data",
        "losses",
        "penalties",
        "models",
        "augment",
        "detectors",
        "intervals",
        "judge",
        "launch",
    }
    | {"checkpoint"},
    {"metrics"},
    {"training", "transport", "show"},
    {"cockpit", "speed", "triage"},
    {"checks"},
    {"door"},
    {"__main__"},
)
FLOOR_OF = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
GROUND = {"torch", "numpy", "matplotlib", "PIL", "IPython", "ipywidgets", "tqdm", "pooch"}
GROUND |= {"psutil"}  # comes with ipykernel
# What pooch stands on: the download of real sets hands it a session of its own.
# What a room alone may use: the pad of show is a widget with a part in the browser.
GROUND_OF = {"data": {"requests", "urllib3"}, "show": {"anywidget", "traitlets"}}
BASE_OF_CHECKS = {"exercise", "grader", "grader_steps", "seen", "experiments", "steps", "known"}
BASE_OF_CHECKS |= {"moved", "overview", "patient", "sure", "watch"}  # what is no lesson's own
AN_EXERCISE = re.compile(r"^(@exercise\(|\w+ = (Value|Property|Step|Patient)\()", re.MULTILINE)
LESSON = re.compile(r"\b[Ll]esson \d\d[a-z]?\b")

Function = ast.FunctionDef | ast.AsyncFunctionDef
Documented = Function | ast.ClassDef


# -- reading ---------------------------------------------------------------------------------


def files(house: Path) -> dict[Path, ast.Module]:
    """Return the syntax tree of every file, by its path inside the house."""
    paths = sorted(house.rglob("*.py"))
    return {path.relative_to(house): parse(path.read_text()) for path in paths}


@functools.cache
def parse(text: str) -> ast.Module:
    return ast.parse(text)


def room(file: Path) -> str:
    """Return the room a file belongs to: a sub-package is one room."""
    return file.parts[0].removesuffix(".py")


def imports(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Yield every module that is imported, anywhere, as a full dotted name, with its line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = "." * node.level + (node.module or "")
            yield from ((f"{start}.{alias.name}", node.lineno) for alias in node.names)


def dotted(node: ast.expr) -> str:
    """Return ``a.b.c`` for a chain of names; ``.c`` where its start is not a name."""
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def calls(tree: ast.AST, inside: str = "") -> Iterator[tuple[str, ast.Call, str]]:
    """Yield every call: its dotted name, its node, the outermost function it stands in."""
    for node in ast.iter_child_nodes(tree):
        name = inside or (node.name if isinstance(node, Function) else "")
        if isinstance(node, ast.Call):
            yield dotted(node.func), node, inside
        yield from calls(node, name)


def public(tree: ast.Module) -> Iterator[tuple[str, ast.AST, list[ast.AST]]]:
    """Yield every public function, class and method: its name, its node, what it stands in."""

    def of(body: list[ast.stmt], above: list[ast.AST]) -> Iterator:
        for node in body:
            if isinstance(node, Function | ast.ClassDef) and not node.name.startswith("_"):
                names = [a.name for a in above[1:]] + [node.name]
                yield ".".join(names), node, above
                if isinstance(node, ast.ClassDef):
                    yield from of(node.body, [*above, node])

    yield from of(tree.body, [tree])


# -- the rules -------------------------------------------------------------------------------


def floors(house: Path) -> list[str]:
    """Imports only point down, and siblings never import each other."""
    found = []
    for file, tree in files(house).items():
        here = room(file)
        if here == "__init__":
            found += [f"{file}: imports {n}" for n, _ in imports(tree) if "gan_lessons" in n]
            continue
        if here not in FLOOR_OF:
            found.append(f"{file}: {here} is no room of the house")
            continue
        for name, line in imports(tree):
            place = f"{file}:{line}"
            if name.startswith("."):
                found.append(f"{place}: a relative import hides where {name} stands")
                continue
            if not name.startswith("gan_lessons."):
                continue
            there = name.split(".")[1]
            if there not in FLOOR_OF:
                found.append(f"{place}: {there} is no room of the house")
            elif there != here and FLOOR_OF[there] >= FLOOR_OF[here]:
                found.append(f"{place}: {here} must not import {there}")
            elif there == here == "checks" and file.name != "__init__.py":
                found += [f"{place}: {said}" for said in between_checks(house, file, name)]
    return found


def between_checks(house: Path, file: Path, name: str) -> list[str]:
    """Exercises share what no lesson owns, and within a lesson a file that holds no exercise."""
    lesson, *rest = [*name.split(".")[2:], ""]
    if lesson in BASE_OF_CHECKS:
        return []
    if len(file.parts) < 3 or file.parts[1] != lesson:
        return [f"one lesson's checks import another's ({name})"]
    shared = house / "checks" / lesson / f"{rest[0]}.py"
    if shared.exists() and AN_EXERCISE.search(shared.read_text()):
        return [f"one exercise imports another ({name})"]
    return []


def stated_floors(house: Path) -> list[str]:
    """Every room says on which floor it stands, and no docstring says another number."""
    found, silent = [], set(FLOOR_OF)
    for file, tree in files(house).items():
        here = room(file)
        for node in ast.walk(tree):
            told = ast.get_docstring(node) if isinstance(node, ast.Module | Documented) else None
            for number in re.findall(r"\b[Ff]loor (\d+)\b", told or ""):
                silent.discard(here)
                if int(number) != FLOOR_OF.get(here):
                    found.append(f"{file}: says floor {number}, stands on {FLOOR_OF.get(here)}")
    found += [f"{here}: does not say that it stands on {FLOOR_OF[here]}" for here in sorted(silent)]
    return found


def ground(house: Path) -> list[str]:
    """Outside the house only the standard library and the ground packages are used."""
    found = []
    for file, tree in files(house).items():
        allowed = GROUND | GROUND_OF.get(room(file), set()) | sys.stdlib_module_names
        for name, line in imports(tree):
            first = name.split(".")[0]
            if first not in allowed | {"", "gan_lessons"}:
                found.append(f"{file}:{line}: {first} is not one of the ground packages")
            if name.startswith(("matplotlib.pyplot", "pylab")):
                found.append(f"{file}:{line}: pyplot keeps figures open behind one's back")
    return found


DRAWS = {"rand", "randn", "randint", "randperm", "normal", "bernoulli", "multinomial", "poisson"}
DRAWS |= {"rand_like", "randn_like", "randint_like"}
DRAWS_IN_PLACE = {"normal_", "uniform_", "random_", "bernoulli_", "exponential_", "cauchy_"}
MAY_DRAW = {("runtime/settings.py", "seed_everything"), ("training.py", "train")}
MAY_DRAW |= {("checkpoint.py", "randomness"), ("checkpoint.py", "set_randomness")}
MAY_DRAW |= {("models.py", "forward")}  # noise layers draw like dropout does
MAY_DRAW |= {("models.py", "dcgan_init"), ("penalties.py", "gradient_penalty")}
MAY_DRAW |= {("augment.py", "uniform")}


def silence(house: Path) -> list[str]:
    """No print, no show, no global randomness: checks and the command speak, seed_everything seeds.

    The loop of lesson 04 draws its noise from the global source that the learner seeded.
    """
    found = []
    for file, tree in files(house).items():
        if room(file) in ("checks", "door", "__main__"):
            continue
        for name, node, inside in calls(tree):
            place, last = f"{file}:{node.lineno}", name.split(".")[-1]
            if name == "print" or (last == "show" and "." in name):
                found.append(f"{place}: {name}() speaks; the library is silent")
            own = any(keyword.arg == "generator" for keyword in node.keywords)
            seeds = name in ("torch.manual_seed", "torch.seed", "torch.set_rng_state")
            seeds |= name.startswith(("np.random.", "numpy.random.", "random."))
            seeds &= last not in ("default_rng", "Generator", "Random")
            draws = (name.startswith("torch.") and last in DRAWS) or last in DRAWS_IN_PLACE
            if (seeds or (draws and not own)) and (str(file), inside) not in MAY_DRAW:
                found.append(f"{place}: {name}() uses the global source of randomness")
    return found


def defaults(house: Path) -> list[str]:
    """No default that one call could change for the next."""
    found = []
    changeable = ast.List | ast.Dict | ast.Set | ast.ListComp | ast.DictComp | ast.SetComp
    for file, tree in files(house).items():
        for node in ast.walk(tree):
            if isinstance(node, Function | ast.Lambda):
                for value in [*node.args.defaults, *node.args.kw_defaults]:
                    made = isinstance(value, ast.Call) and dotted(value.func) in (
                        "list",
                        "dict",
                        "set",
                        "bytearray",
                    )
                    if made or isinstance(value, changeable):
                        found.append(f"{file}:{value.lineno}: a default that can change")
    return found


def docstrings(house: Path) -> list[str]:
    """Everything public has a docstring; it or its class names a lesson, or its module one only."""
    found = []
    for file, tree in files(house).items():
        for name, node, above in public(tree):
            text = ast.get_docstring(node)
            if not text and not is_plain_property(node):
                found.append(f"{file}:{node.lineno}: {name} has no docstring")
            own = [ast.get_docstring(place) or "" for place in (node, *above[1:])]
            lessons = set(LESSON.findall(ast.get_docstring(tree) or ""))
            told = LESSON.search("\n".join(own)) or len(lessons) == 1  # of several: which?
            if not told and room(file) != "__init__":
                found.append(f"{file}:{node.lineno}: {name} does not say which lesson it is from")
    return found


def is_plain_property(node: ast.AST) -> bool:
    """Say whether a node is a property of one line, whose name says it all."""
    marks = [dotted(mark) for mark in getattr(node, "decorator_list", [])]
    return "property" in marks and len(node.body) == 1


def hints(house: Path) -> list[str]:
    """Public functions and methods say the types of what they take and return."""
    found = []
    for file, tree in files(house).items():
        for name, node, above in public(tree):
            methods = node.body if isinstance(node, ast.ClassDef) else []
            starts = [m for m in methods if isinstance(m, Function) and m.name == "__init__"]
            for function in [node] if isinstance(node, Function) else starts:
                method = len(above) > 1 or function in starts
                found += [f"{file}:{function.lineno}: {name}, {p}" for p in bare(function, method)]
    return found


def bare(function: Function, method: bool) -> list[str]:
    """Return the names of a function's arguments without a type, and 'result' if that has none."""
    args = function.args
    named = [*args.posonlyargs, *args.args, *args.kwonlyargs]
    named = named[1:] if method and not is_static(function) else named
    missing = [arg.arg for arg in named if arg.annotation is None]
    if function.returns is None and function.name != "__init__":
        missing.append("result")
    return missing


def is_static(function: Function) -> bool:
    return any(dotted(mark) == "staticmethod" for mark in function.decorator_list)


WAITS = {"item", "tolist", "numpy", "cpu", "synchronize", "nonzero", "float", "int", "bool"}
WAITS |= {"print", "any", "all", "isnan", "isfinite"}


def no_waiting(house: Path) -> list[str]:
    """Nothing in the game's step or in the loops around it makes a step wait for the device."""
    tree = parse((house / "training.py").read_text())
    functions = {node.name: node for node in tree.body if isinstance(node, Function)}
    loops = [node for name in ("train", "sweep", "stream_of") for node in ast.walk(functions[name])]
    parts = [functions["play"], *(node for node in loops if isinstance(node, ast.For))]
    assert len(parts) == 4, "the loop has another shape: this rule must be written anew"
    return [
        f"training.py:{node.lineno}: {name}() makes every step wait"
        for part in parts
        for name, node, _ in calls(part)
        if name.split(".")[-1] in WAITS
    ]


RULES = (floors, stated_floors, ground, silence, defaults, docstrings, hints, no_waiting)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_house_keeps_the_rule(rule):
    assert rule(HOUSE) == []


def test_the_house_tells_its_own_floors():
    said = ast.get_docstring(parse((HOUSE / "__init__.py").read_text())).partition("down:")[2]
    floors_said = (set(re.findall("``([a-z_]+)``", part)) for part in said.split("|"))
    assert tuple(floors_said) == FLOORS


def test_the_house_tells_which_rooms_a_learner_reads():
    """Eleven flat files; the machines and the checks are the others, and all are named."""
    said = ast.get_docstring(parse((HOUSE / "__init__.py").read_text())).partition("The modules")[0]
    taught, others = (re.findall("``([a-z_]+)``", part) for part in said.split("The machines"))
    assert sorted([*taught, *others]) == sorted(FLOOR_OF)
    assert len(taught) == 11
    assert all((HOUSE / f"{name}.py").is_file() for name in taught)


# -- the rules notice ------------------------------------------------------------------------

LATE = '''
def late(x: int) -> int:
    """Do nothing. Lesson 04."""
'''
VIOLATIONS = [
    (floors, "losses.py", "from gan_lessons import metrics\n", "losses must not import metrics"),
    (floors, "models.py", "import gan_lessons.training\n", "models must not import training"),
    (floors, "show/plane.py", "from gan_lessons.training import train\n", "show must not import"),
    (floors, "errors.py", "from gan_lessons import runtime\n", "errors must not import runtime"),
    (
        floors,
        "runtime/machine.py",
        "def f():\n    from gan_lessons import data\n",
        "must not import data",
    ),
    (floors, "data/plane.py", "from . import batches\n", "a relative import"),
    (floors, "data/real.py", "from gan_lessons import models\n", "data must not import models"),
    (floors, "attic.py", "x = 1\n", "attic is no room"),
    (floors, "__init__.py", "from gan_lessons import losses\n", "imports gan_lessons.losses"),
    (
        floors,
        "checks/motion/second.py",
        "from gan_lessons.checks.first_gan import train_step\n",
        "one lesson's checks import another's",
    ),
    (
        floors,
        "checks/minimax/d_loss.py",
        "from gan_lessons.checks.minimax.max_error import max_error\n",
        "one exercise imports another",
    ),
    (
        floors,
        "checks/steps.py",
        "from gan_lessons.checks.first_gan.train_step import train_step\n",
        "one lesson's checks import another's",
    ),
    (floors, "training.py", "from gan_lessons import speed\n", "training must not import speed"),
    (floors, "metrics.py", "from gan_lessons import transport\n", "must not import transport"),
    (stated_floors, "show/plane.py", 'def f():\n    """Floor 2."""\n', "says floor 2, stands on 4"),
    (stated_floors, "errors.py", 'class A:\n    """On floor 1."""\n', "says floor 1, stands on 0"),
    (ground, "losses.py", "import scipy.stats\n", "scipy is not one of the ground packages"),
    (ground, "show/curves.py", "from requests import get\n", "requests is not one of"),
    (ground, "show/curves.py", "from matplotlib import pyplot as plt\n", "pyplot"),
    (ground, "show/curves.py", "import matplotlib.pyplot\n", "pyplot"),
    (silence, "training.py", "print('step')\n", "print() speaks"),
    (silence, "show/images.py", "def f(fig):\n    fig.show()\n", "fig.show() speaks"),
    (silence, "models.py", "torch.manual_seed(0)\n", "torch.manual_seed() uses the global"),
    (silence, "data/plane.py", "x = torch.randn(3)\n", "torch.randn() uses the global"),
    (silence, "data/plane.py", "def f(x):\n    x.normal_()\n", "x.normal_() uses the global"),
    (silence, "losses.py", "import numpy as np\nnp.random.seed(0)\n", "uses the global"),
    (silence, "training.py", "z = torch.randn(3, 2)\n", "torch.randn() uses the global"),
    (defaults, "models.py", "def f(sizes=[1, 2]):\n    pass\n", "a default that can change"),
    (
        defaults,
        "models.py",
        "def f(*, names=dict()):\n    pass\n",
        "a default that can change",
    ),
    (docstrings, "models.py", "def bare() -> None:\n    pass\n", "bare has no docstring"),
    (
        docstrings,
        "models.py",
        LATE.replace(" Lesson 04.", ""),
        "late does not say which lesson",
    ),
    (hints, "models.py", LATE.replace("x: int", "x"), "late, x"),
    (hints, "models.py", LATE.replace(" -> int", ""), "late, result"),
    (hints, "models.py", "class A:\n    def b(self, c) -> int:\n        pass\n", "A.b, c"),
    (hints, "models.py", "class A:\n    def __init__(self, c):\n        pass\n", "A, c"),
]


@pytest.fixture(scope="module")
def clean(tmp_path_factory) -> Path:
    """A copy of the house without what its rules complain of."""
    house = tmp_path_factory.mktemp("copy") / "gan_lessons"
    shutil.copytree(HOUSE, house, ignore=shutil.ignore_patterns("__pycache__"))
    return house


def noticed(rule, house: Path, file: str, addition: str) -> set[str]:
    """Return what a rule says of a house with an addition and does not say without it.

    Line numbers are left out: an addition at the end of a file does not move a line.
    """
    path = house / file
    before, old = set(rule(house)), path.read_text() if path.exists() else None
    path.write_text((old or "") + "\n" + addition)
    try:
        return set(rule(house)) - before
    finally:
        path.write_text(old) if old is not None else path.unlink()


@pytest.mark.parametrize(("rule", "file", "addition", "complaint"), VIOLATIONS)
def test_a_planted_violation_is_noticed(clean, rule, file, addition, complaint):
    assert any(complaint in said for said in noticed(rule, clean, file, addition))


def test_a_room_that_does_not_say_its_floor_is_noticed(clean):
    path = clean / "judge.py"
    old = path.read_text()
    path.write_text(old.replace("Floor 2 of the house.", ""))
    try:
        assert "judge: does not say that it stands on 2" in stated_floors(clean)
    finally:
        path.write_text(old)


ALLOWED = [
    (floors, "checks/motion/second.py", "from gan_lessons.checks.exercise import exercise\n"),
    (floors, "checks/minimax/second.py", "from gan_lessons.checks.minimax.logits import REAL\n"),
    (floors, "show/plane.py", "from gan_lessons import data, losses\n"),
    (floors, "data/plane.py", "from gan_lessons.data.batches import batches\n"),
    (ground, "losses.py", "import math, numpy, PIL.Image\n"),
    (silence, "data/plane.py", "x = torch.randn(3, generator=rng)\n"),
    (silence, "losses.py", "rng = np.random.default_rng(0)\n"),
    (silence, "checks/first_gan/ratio.py", "print(torch.randn(3))\n"),
    (defaults, "models.py", "def f(sizes=(1, 2), *, names=None):\n    pass\n"),
    (docstrings, "models.py", LATE + "\ndef _hidden():\n    pass\n"),
    (hints, "models.py", LATE + "\ndef _hidden(x):\n    pass\n"),
]


@pytest.mark.parametrize(("rule", "file", "addition"), ALLOWED)
def test_what_is_allowed_is_not_complained_of(clean, rule, file, addition):
    assert noticed(rule, clean, file, addition) == set()


@pytest.mark.parametrize("line", ["loss_d.item()", "float(loss_g)", "print(step)", "fake.cpu()"])
def test_waiting_in_the_loop_is_noticed(clean, line):
    path = clean / "training.py"
    old = path.read_text()
    start = "        real, given = next(stream)\n"
    assert start in old
    path.write_text(old.replace(start, f"{start}        {line}\n"))
    try:
        assert len(no_waiting(clean)) == 1
    finally:
        path.write_text(old)
