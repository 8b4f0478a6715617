"""Whatever file a docstring, a comment, a message or a page names is there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("bench", "data", "gan_lessons", "hub", "notebooks", "tests", "tools", ".ci", ".github")
# A path from the root: not the end of a longer one, and no link.
ROOM = "|".join(map(re.escape, ROOMS))
PATH = re.compile(rf"(?<![\w./~{{}}-])(?:{ROOM})/(?:[\w./*…-]|\{{[^{{}}]*\}})*")
# Where a name stands for many: notebooks/NN_….ipynb, data/ablation_NAME.npz, data/make/{script}.
MANY = re.compile(r"\bNN_[\w…]+|NAME|WORD|EXERCISE|\{[^{}]*\}|…")
MADE_WHEN_NEEDED = ("data/cache", "gan_lessons/_shipped")  # the second in a wheel
READ = ("*.py", "*.md", "*.toml", "*.yml", "*.yaml", "*.txt", "Makefile", "run")
SKIPPED = {".venv", ".git", "work", "build", "__pycache__", ".ipynb_checkpoints"}
ELSEWHERE = {
    "CHANGELOG.md": None,  # it tells what was
    "tests/repository/test_house.py": "gan_lessons",  # their paths start in the house
    "tests/repository/test_sizes.py": "gan_lessons",
}


def pages(root: Path) -> list[str]:
    """Return every text of the repository that may name a file, as a path from its root."""
    places = [root, *(root / room for room in ROOMS)]
    found = {path for pattern in READ for path in root.glob(pattern)}
    found |= {path for place in places[1:] for pattern in READ for path in place.rglob(pattern)}
    names = (path.relative_to(root) for path in found if path.is_file())
    return sorted(name.as_posix() for name in names if not SKIPPED & set(name.parts))


def missing(root: Path) -> list[str]:
    """Return what is named and not there, with the line that names it."""
    found = []
    for page in pages(root):
        start = ELSEWHERE.get(page, "")
        if start is None:
            continue
        for number, line in enumerate((root / page).read_text(encoding="utf-8").splitlines(), 1):
            for path in PATH.findall(line):
                name, asks, _ = path.partition("*")
                name = name.rpartition("/")[0] if asks else name  # what asks need not find any
                pattern = MANY.sub("*", name).rstrip("./")
                there = any((root / start).glob(pattern))
                if not there and not pattern.startswith(MADE_WHEN_NEEDED):
                    found.append(f"{page}:{number}: {path}")
    return found


def test_every_file_that_is_named_is_there():
    assert missing(ROOT) == []


def test_there_was_something_to_look_at():
    assert {"README.md", "Makefile", ".ci/run", "data/strokes.md"} <= set(pages(ROOT))
    assert {f"{room}/__init__.py" for room in ("bench", "gan_lessons", "tools")} <= set(pages(ROOT))
    text = "\n".join((ROOT / page).read_text(encoding="utf-8") for page in pages(ROOT))
    assert len(set(PATH.findall(text))) > 50


@pytest.fixture
def copy(tmp_path):
    """A small repository that names only what it has."""
    for page in ("README.md", "data/make/strokes.py", "data/strokes.npz", "tests/data/making.py"):
        (tmp_path / page).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / page).touch()
    (tmp_path / "gan_lessons").mkdir()
    assert missing(tmp_path) == []
    return tmp_path


GONE = "nowhere.py"  # put together, for this page is read as well
PLANTED = {
    "a docstring": ("tests/data/making.py", f'"""As in tests/{GONE}."""'),
    "a comment": ("data/make/strokes.py", f"# see (tools/{GONE}), or not"),
    "a message": ("gan_lessons/errors.py", f'todo = f"Run: python data/{GONE} --force"'),
    "a page": ("README.md", f"the steps ([timed](bench/{GONE}#top)) and"),
    "code on a page": ("data/strokes.md", f"    python data/make/{GONE}  # a minute"),
    "a folder": ("README.md", f"all of `gan_lessons/{GONE[:-3]}/`"),
    "a folder to look in": ("Makefile", f"\tfind tools/{GONE[:-3]}/*.py"),
    "a kind of file": ("README.md", f"each `notebooks/NN_….{GONE[:-3]}`"),
    "a name put in": ("gan_lessons/errors.py", f'f"python data/{{script}}/{GONE}"'),
    "a setting": ("Makefile", f"\t@$(VENV_PYTHON) tools/{GONE}"),
    "a workflow": (".github/workflows/ci.yml", f"run: tests/{GONE}"),
}


@pytest.mark.parametrize(("page", "line"), PLANTED.values(), ids=PLANTED.keys())
def test_a_file_that_is_gone_is_noticed(copy, page, line):
    (copy / page).parent.mkdir(parents=True, exist_ok=True)
    with (copy / page).open("a", encoding="utf-8") as file:
        file.write(f"\n{line}\n")
    (said,) = missing(copy)
    assert said.startswith(f"{page}:")
    assert GONE[:-3] in said


ALLOWED = {
    "the end of a sentence": "It is made by data/make/strokes.py.",
    "a folder": "All of data/make/ and `tests/data`, and data/.",
    "many": "data/make/{script}, data/NAME.npz, data/make/*.py and tests/**/*.md",
    "a link": f"https://example.org/tests/{GONE} and ../shared/data/{GONE}",
    "the cache": "kept in data/cache/ablation",
    "no path": "The metadata/data of a test.",
}


@pytest.mark.parametrize("line", ALLOWED.values(), ids=ALLOWED.keys())
def test_what_is_there_is_not_complained_of(copy, line):
    (copy / "README.md").write_text(line, encoding="utf-8")
    assert missing(copy) == []
