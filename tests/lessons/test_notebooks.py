"""Every lesson follows the style guide, and its two notebooks are what its source makes.

The rules are in lesson_rules.py; here they are applied to every source, and each is shown to notice
a small lesson that breaks it.
"""

import ast
import base64
import io
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from PIL import Image

from gan_lessons import checks
from tests.lessons import lesson_rules as rules
from tests.lessons.lesson_rules import Lesson
from tools import build

SOURCES = build.sources()
each_lesson = pytest.mark.parametrize("path", SOURCES, ids=build.number_of)


def test_there_are_lessons():
    assert SOURCES
    numbers = [build.number_of(path) for path in SOURCES]
    assert len(set(numbers)) == len(numbers)
    assert all(re.fullmatch(r"\d\d[a-z]?(_[a-z0-9]+)+", path.stem) for path in SOURCES)


@each_lesson
@pytest.mark.parametrize("rule", rules.RULES, ids=lambda rule: rule.__name__)
def test_the_lesson_keeps_the_rule(path, rule):
    assert rule(Lesson(path)) == []


@each_lesson
def test_both_notebooks_are_what_the_source_makes_and_the_solved_one_has_been_run(path):
    assert build.problems_of(path) == []


@each_lesson
@pytest.mark.parametrize("with_answers", [False, True], ids=["learner", "solved"])
def test_a_notebook_is_valid_and_made_the_same_twice(path, with_answers):
    book = build.make(path, with_answers=with_answers)
    nbformat.validate(book)
    assert build.dump(book) == build.dump(build.make(path, with_answers=with_answers))
    ids = [cell.id for cell in book.cells]
    assert len(set(ids)) == len(ids)


@each_lesson
def test_the_learner_s_notebook_has_no_outputs_and_no_answers(path):
    book = build.make(path, with_answers=False)
    text = build.dump(book)
    assert "BEGIN SOLUTION" not in text
    assert "END SOLUTION" not in text
    assert "BEGIN BROKEN" not in text
    for cell in book.cells:
        assert not build.ONLY_SOLVED & set(cell.metadata.get("tags", []))
        if cell.cell_type == "code":
            assert cell.outputs == []
            assert cell.execution_count is None
    for cell in build.read_cells(path):
        for answer in build.SOLUTION.finditer(cell.source):
            assert answer["answer"].rstrip() not in build.blank(cell.source)


@each_lesson
def test_the_solved_notebook_holds_no_error_and_no_open_exercise(path):
    book = nbformat.read(path.parents[1] / "solutions" / f"{path.stem}.ipynb", as_version=4)
    outputs = [o for cell in book.cells if cell.cell_type == "code" for o in cell.outputs]
    assert not [output for output in outputs if output.output_type == "error"]
    shown = json.dumps(outputs, ensure_ascii=False)
    assert not re.search(r"[○✗] [A-Z]", shown), "an exercise that is not solved"
    assert not rules.ELSEWHERE.search(re.sub(r"base64,[^\"]+", "", shown))


# -- the small lesson ------------------------------------------------------------------------

EXERCISE = """
# %% [markdown]
# ## ✏️ Exercise {number} · Something to do
# *5 minutes · ●○○*
#
# {{{{hints first_gan.{check}}}}}

# %% tags=["exercise"]
def my_{check}(x):
    # BEGIN SOLUTION
    return x + {number}
    # END SOLUTION


checks.first_gan.{check}(my_{check})
"""
GOOD = (
    """# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 04 · Train your first GAN
#
# **What you'll do.** One thing.
#
# **What you'll learn**
# - *write* it;
# - *read* it;
# - *measure* it.
#
# **What you'll need.** Nothing.

# %%
from gan_lessons import checks, losses, show
import torch
from torch.nn import functional as F

# %% [markdown]
# Read the [paper](https://example.org/a/simply/long/path) with `just` care.

# %% tags=["mirrors:losses"]
def cross_entropy_d(real_logits, fake_logits):
    return F.softplus(-real_logits).mean() + F.softplus(fake_logits).mean()

# %% [markdown] predict={"picture": "the end", "words": ["it rises"]}
# **Predict:** does it rise or fall?

# %% [markdown]
# Two players learn from each other.

# %% picture="the end"
show.losses(x, title="it rises" if x > 0 else "it falls")

# %%
assert x == 0

# %% tags=["parameters"]
SEED = 0
rates = (0.5, -1e-3)  # of both players
names = {"few": [1, 2], "many": None}

# %%
x = 0
"""
    + "".join(
        EXERCISE.format(number=number, check=check)
        for number, check in enumerate(("train_step", "half_life", "modes_covered"), start=1)
    )
    + """
# %% [markdown] tags=["instructor"]
# Let them wait.

# %% [markdown]
# ## Quiz
"""
    + "".join(
        f"# {i}. What?\n#    <details><summary>Answer</summary>That.</details>\n"
        for i in range(1, 6)
    )
    + """
# %% [markdown]
# ## Ledger
# | what we changed | what happened |
# |---|---|
# | this | that |

# %% [markdown]
# ## In practice
# - Much.
#
# ## Further reading
# - [A paper](https://example.org): where it all began.
"""
)
SEMICOLON = "x = 0; y = 1"
EXPLORED = "def see(i):\n    return show.points(i)\n\n\nshow.explore(see, i=[1])\n"

# rule, what is replaced, by what, what is said
BROKEN = [
    (rules.columns, "x = 0", "x = 0  #" + 80 * "a", "79 is the most"),
    (rules.columns, "# Read the", "# Read" + 80 * "e" + " the", "79 is the most"),
    (rules.figures, "x = 0\n", "show.points(1)\nshow.losses(2)\n", "2 figures in one cell"),
    (rules.figures, "x = 0\n", "show.points(1)\nassert True\n", "made and not shown"),
    (rules.figures, "x = 0\n", EXPLORED + "show.points(1)\n", "2 figures in one cell"),
    (rules.figures, "x = 0\n", EXPLORED.replace("see,", "look,"), "2 figures in one cell"),
    (rules.habits, "x = 0", SEMICOLON, "a semicolon"),
    (rules.habits, "x = 0", "!pip install torch", "shell or magic"),
    (rules.habits, "x = 0", "%matplotlib inline", "shell or magic"),
    (rules.habits, "x = 0", "plt.plot([1])", "plt outside an exercise"),
    (rules.habits, "x = 0", "from torch import *", "import *"),
    (rules.setup, "x = 0", "import math", "an import outside the setup cell: import math"),
    (rules.setup, "from gan_lessons import checks", "import torch\nfrom gan_lessons import checks",
     "torch is imported before"),
    (rules.setup, "import torch\n", "from gan_lessons.losses import minimax\n", "names instead of"),
    (rules.setup, "losses, show", "losses, tricks", "no module tricks"),
    (rules.mirrors, ".mean() + F", ".mean() - F", "cross_entropy_d is not what gan_lessons.losses"),
    (rules.mirrors, "cross_entropy_d(real", "my_loss(real", "gan_lessons.losses has no my_loss"),
    (rules.mirrors, "mirrors:losses", "mirrors:tricks", "no module tricks"),
    (rules.mirrors, "\ndef cross", "\nprint(1)\n\n\ndef cross", "only definitions"),
    (rules.head, "# # 04 · Train", "# # 05 · Train", "does not fit the file"),
    (rules.head, "# # 04 · Train", "# # 04 · Teach", "does not fit the file"),
    (rules.head, "# # 04 · Train", "# # 04: Train", "the title is not"),
    (rules.head, "your first GAN", "Your First GAN", "sentence case"),
    (rules.head, "**What you'll need.**", "**Need.**", "lacks: What you'll need"),
    (rules.head, "# - *read* it;\n", "", "three things"),
    (rules.exercises, "Exercise 2 ·", "Exercise 4 ·", "not numbered"),
    (rules.exercises, "5 minutes · ●○○", "a while", "headings"),
    (rules.exercises, "    # BEGIN SOLUTION\n    return x + 2\n    # END SOLUTION", "    return 2",
     "an exercise without a stub"),
    (rules.exercises, "{{hints first_gan.half_life}}", "", "2 hints for 3 exercises"),
    (rules.exercises, "checks.first_gan.half_life(", "print(", "no cell calls checks.first"),
    (rules.exercises, ' tags=["exercise"]', "", "0 cells tagged exercise"),
    (rules.quiz, "# 5. What?", "# What?", "not 1 to 5"),
    (rules.quiz, "<details><summary>Answer</summary>", "", "0 folded answers"),
    (rules.quiz, "## Quiz", "## Questions", "0 parts called Quiz"),
    (rules.ending, "## Ledger", "## Book", "not one part called Ledger"),
    (rules.ending, "# | this | that |\n", "", "the ledger is a table"),
    (rules.ending, ": where it all began.", "", "a link without a description"),
    (rules.ending, "[A paper](https://example.org)", "A paper", "a link without a description"),
    (rules.questions, ' predict={"picture": "the end", "words": ["it rises"]}', "",
     "a question without its picture and its words: **Predict"),
    (rules.questions, ' predict={"picture": "the end", "words": ["it rises"]}', "",
     "a picture that answers no question: the end"),
    (rules.questions, '["it rises"]', "[]", "a question without words"),
    (rules.questions, ' picture="the end"', "", "without a picture below it"),
    (rules.questions, "Two players", "Soon it\n# rises. Two players", "'it rises' gives it away"),
    (rules.questions, 'title="it', 'sentence="See: it rises.", title="it', "'it rises' gives it"),
    (rules.questions, "show.losses(x", "# it rises\nshow.losses(x", "'it rises' gives it away"),
    (rules.questions, "show.losses(x", "assert x > 0\nshow.losses(x", "claimed before it is seen"),
    (rules.questions, "show.losses(x", 'checks.claim("up", True)\nshow.losses(x', "claimed before"),
    (rules.solutions, "x = 0\n", "def f(y):\n    return y + 2\n", "f gives away my_half_life"),
    (rules.patients, "checks.first_gan.half_life(", "checks.clinic_plane.calm(",
     "not the sick program of clinic_plane.calm"),
    (rules.voice, "Read the", "Just read the", "the word 'Just'"),
    (rules.voice, "That.<", "Obviously that.<", "the word 'Obviously'"),
    (rules.spelling, "Read the", "Read the colourful", "the spelling 'colourful'"),
    (rules.spelling, "x = 0", "normalised = 0", "the spelling 'normalised'"),
    (rules.places, "x = 0", "x = open('/home" "/me/x')", "the path '/home/'"),
    (rules.places, "x = 0", r"x = 'C:\\data'", "the path"),
    (rules.parameters, "SEED = 0", "SEED = 2 * 3", "a knob that is no literal: SEED = 2 * 3"),
    (rules.parameters, "SEED = 0", "SEED = x", "no literal"),
    (rules.parameters, "SEED = 0", "steps = runtime.budget(tiny=1, ci=2, lesson=3, full=4)",
     "no literal"),
    (rules.parameters, "SEED = 0", "a, b = 1, 2", "only names with values: a, b = (1, 2)"),
    (rules.parameters, "SEED = 0", "a = b = 1", "only names with values"),
    (rules.parameters, "SEED = 0", "print(0)", "only names with values: print(0)"),
    (rules.parameters, "SEED = 0", "SEED += 1", "only names with values"),
    (rules.parameters, ' tags=["parameters"]', "", "0 cells tagged parameters"),
    (rules.parameters, "# %%\nx = 0", '# %% tags=["parameters"]\nx = 0', "2 cells tagged"),
    (rules.parameters, '# %% tags=["parameters"]', '# %% [markdown] tags=["parameters"]',
     "one cell of code"),
]  # fmt: skip


@pytest.fixture
def lesson(tmp_path):
    """A function that writes a small lesson, changed in one place."""

    def write(old: str = "", new: str = "") -> Lesson:
        assert old in GOOD, old
        path = tmp_path / "source" / "04_train_your_first_gan.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text(GOOD.replace(old, new) if old else GOOD)
        return Lesson(path)

    return write


@pytest.mark.parametrize("rule", rules.RULES, ids=lambda rule: rule.__name__)
def test_the_small_lesson_is_good(lesson, rule):
    assert rule(lesson()) == []


@pytest.mark.parametrize(("rule", "old", "new", "complaint"), BROKEN)
def test_a_broken_rule_is_noticed(lesson, rule, old, new, complaint):
    said = rule(lesson(old, new))
    assert any(complaint in line for line in said), said


def test_every_rule_is_shown_to_notice_something():
    assert {rule for rule, *_ in BROKEN} == set(rules.RULES)


# -- knobs that a program turns --------------------------------------------------------------


def turned(book: nbformat.NotebookNode, **knobs) -> nbformat.NotebookNode:
    """Return a notebook with other values behind its knobs, as papermill puts them there."""
    at = [i for i, cell in enumerate(book.cells) if "parameters" in cell.metadata.get("tags", [])]
    cell = nbformat.v4.new_code_cell("\n".join(f"{k} = {v!r}" for k, v in knobs.items()))
    cell.metadata.tags = ["injected-parameters"]
    book.cells.insert(at[0] + 1, cell)
    return book


def values(book: nbformat.NotebookNode, monkeypatch, *names: str) -> list:
    """Run a notebook at the tiny budget and return what its names stand for at the end."""
    book.cells.append(nbformat.v4.new_code_cell(f"print(repr([{', '.join(names)}]))"))
    monkeypatch.setenv("GAN_LESSONS_BUDGET", "tiny")
    monkeypatch.setenv("GAN_LESSONS_STRICT", "0")
    NotebookClient(book, timeout=600, kernel_name="python3").execute()
    return ast.literal_eval(book.cells[-1].outputs[0].text)


SMALL = """# %% tags=["parameters"]
width = 1

# %%
area = width**2
"""


@pytest.mark.parametrize("derived_in_the_next_cell", [True, False])
def test_a_knob_that_is_turned_acts_on_what_is_computed_from_it(
    tmp_path, monkeypatch, derived_in_the_next_cell
):
    text = SMALL
    if not derived_in_the_next_cell:  # then it keeps the value of before, and the rule says so
        text = text.replace("\n# %%\n", "")
    path = tmp_path / "04_turn_a_knob.py"
    path.write_text(text, encoding="utf-8")
    assert bool(rules.parameters(Lesson(path))) != derived_in_the_next_cell
    book = turned(build.make(path, with_answers=True), width=3)
    assert values(book, monkeypatch, "width", "area") == [3, 9 if derived_in_the_next_cell else 1]


def quick(paths: list[Path]) -> Path | None:
    """Return the first of a few lessons that run within seconds and have their knobs tagged."""
    for path in paths:
        if path.stem[:2] in ("01", "02", "03") and not rules.parameters(Lesson(path)):
            return path
    return None


def test_the_knobs_of_a_lesson_can_be_turned(monkeypatch):
    """As ``papermill -p SEED 7`` does."""
    path = quick(SOURCES)
    if path is None:
        pytest.skip("no quick lesson has a cell tagged parameters")
    (knobs,) = [c for c in Lesson(path).cells if "parameters" in c.metadata.tags]
    numbers = {
        node.targets[0].id: ast.literal_eval(node.value)
        for node in ast.parse(knobs.source).body
        if type(ast.literal_eval(node.value)) is int
    }
    name, value = next(iter(numbers.items()))
    book = turned(build.make(path, with_answers=True), **{name: value + 1})
    assert values(book, monkeypatch, name) == [value + 1]
    assert not [o for c in book.cells for o in c.get("outputs", []) if o.output_type == "error"]


# -- mirrors ---------------------------------------------------------------------------------

EMA = '''
@torch.no_grad()
def update_average(average, G, *, decay):
    """Another docstring."""
    for kept, new in zip(average.parameters(), G.parameters(), strict=True):
        kept.lerp_(new, 1 - decay)  # another comment
    for kept, new in zip(average.buffers(), G.buffers(), strict=True):
        kept.copy_(new)
'''


def test_docstrings_hints_and_comments_do_not_count():
    assert rules.differences(EMA, "models") == []
    hinted = EMA.replace("(average, G, *, decay)", "(average: int, G: 'Net', *, decay: float) -> 1")
    assert rules.differences(hinted, "models") == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("1 - decay", "1 + decay"),
        ("1 - decay", "decay"),
        ("@torch.no_grad()\n", ""),
        ("*, decay", "decay"),
        ("decay):", "decay=0.9):"),
        ("strict=True", "strict=False"),
        ("kept.copy_(new)", "kept.lerp_(new, 1 - decay)"),
        ("        kept.copy_(new)", "        pass"),
    ],
)
def test_every_change_of_meaning_counts(old, new):
    assert old in EMA
    assert rules.differences(EMA.replace(old, new), "models") == [
        "update_average is not what gan_lessons.models runs"
    ]


def test_classes_constants_and_packages_can_be_mirrored():
    history = "CHECK_EVERY = 50\n"
    assert rules.differences(history, "training") == []
    assert rules.differences("CHECK_EVERY = 51\n", "training") != []
    game = "@dataclass(frozen=True)\nclass Game:\n    loss_d: Any\n    loss_g: Any\n"
    assert rules.differences(game + "    g_needs_real: bool = False\n", "losses") == []
    assert rules.differences(game, "losses") != []
    pixels = "def to_model_range(images):\n    return images.float() / 127.5 - 1\n"
    assert rules.differences(pixels, "data") == []
    assert rules.differences(pixels, "data.batches") == []


# -- the builder -----------------------------------------------------------------------------

NOT_DONE = "raise NotImplementedError"


@pytest.mark.parametrize(
    ("source", "blank", "solved"),
    [
        ("x = 1", "x = 1", "x = 1"),
        ("# BEGIN SOLUTION\nx = 1\n# END SOLUTION", NOT_DONE, "x = 1"),
        (
            "# BEGIN SOLUTION: x = ...  # 1 or 2\nx = 1\n# END SOLUTION",
            "x = ...  # 1 or 2",
            "x = 1",
        ),
        (
            "def f():\n    # BEGIN SOLUTION\n    a = 1\n\n    return a\n    # END SOLUTION\n\nf()",
            f"def f():\n    {NOT_DONE}\n\nf()",
            "def f():\n    a = 1\n\n    return a\n\nf()",
        ),
        (
            "def f():\n    # BEGIN SOLUTION: return ...\n    return 1\n    # END SOLUTION",
            "def f():\n    return ...",
            "def f():\n    return 1",
        ),
        (
            "# BEGIN SOLUTION\na\n# END SOLUTION\nb\n# BEGIN SOLUTION\nc\n# END SOLUTION\nd",
            f"{NOT_DONE}\nb\n{NOT_DONE}\nd",
            "a\nb\nc\nd",
        ),
        ("# BEGIN SOLUTION\n# END SOLUTION\nx", f"{NOT_DONE}\nx", "x"),
        (
            "def f():\n    # BEGIN SOLUTION\n    a = 1\n    # BEGIN BROKEN\n    a = 2\n"
            "    # END SOLUTION\n    return a",
            "def f():\n    a = 2\n    return a",
            "def f():\n    a = 1\n    return a",
        ),
        ("# BEGIN SOLUTION\na\n# BEGIN BROKEN\n# END SOLUTION\nb", "b", "a\nb"),
        (
            "# BEGIN SOLUTION\na\n# END SOLUTION\n# BEGIN SOLUTION\nb\n# BEGIN BROKEN\nc\n"
            "# END SOLUTION",
            f"{NOT_DONE}\nc",
            "a\nb",
        ),
    ],
)
def test_blank_and_solved(source, blank, solved):
    assert build.blank(source) == blank
    assert build.solved(source) == solved


def test_hints_are_folded_and_written_as_text():
    text = build.hints_of("first_gan", "modes_covered")
    assert text.count("<details>") == text.count("</details>") == 3
    assert [f"Hint {i}" in text for i in (1, 2, 3, 4)] == [True, True, True, False]
    assert "{{" not in build.prose("{{hints first_gan.half_life}} {{minutes}}", "99_none")


def test_hypotheses_are_listed_without_their_replies():
    text = build.prose("{{thoughts clinic_plane.calm}}", "99_none")
    assert [line[:5] for line in text.splitlines()] == [f"- **{x}" for x in "abcd"]
    replies = [one.reply for one in checks.clinic_plane.calm.thoughts.values()]
    assert not any(reply in text for reply in replies)


@pytest.fixture
def tree(monkeypatch, lesson) -> Path:
    """A tree of its own with one built lesson, whose solved notebook looks as if it was run."""
    path = lesson().path
    monkeypatch.setattr(build, "NOTEBOOKS", path.parents[1])
    build.build(path, run=False)
    run_by_hand(path)
    assert build.problems_of(path) == []
    return path


def run_by_hand(path: Path) -> None:
    solved = build.NOTEBOOKS / "solutions" / f"{path.stem}.ipynb"
    book = build.load(solved)
    for number, cell in enumerate((c for c in book.cells if c.cell_type == "code"), start=1):
        cell.execution_count = number
        cell.outputs = [nbformat.v4.new_output("stream", text="ran")]
    solved.write_text(build.dump(book))


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


@pytest.mark.parametrize(
    ("what", "complaint"),
    [
        (lambda path: edit(path, "x = 0", "x = 7"), "is not what its source makes"),
        (lambda path: edit(path, "# - Much.", "# - More."), "is not what its source makes"),
        (lambda path: edit(learner(path), "x = 0", "x = 7"), "04_train_your_first_gan.ipynb is"),
        (lambda path: edit(solution(path), "x = 0", "x = 7"), "solutions/04_train_your_first_gan"),
        (lambda path: learner(path).unlink(), "04_train_your_first_gan.ipynb is not"),
        (lambda path: solution(path).unlink(), "solutions/04_train_your_first_gan.ipynb is not"),
        (lambda path: edit(solution(path), '"execution_count": 3', '"execution_count": null'),
         "has not been run"),
        (lambda path: edit(solution(path), '"ran"', f'"{"x" * 600_001}"'), "larger than"),
    ],
)  # fmt: skip
def test_a_tree_that_is_not_in_sync_is_noticed(tree, what, complaint):
    what(tree)
    assert any(complaint in said for said in build.problems_of(tree))


def learner(path: Path) -> Path:
    return build.NOTEBOOKS / f"{path.stem}.ipynb"


def solution(path: Path) -> Path:
    return build.NOTEBOOKS / "solutions" / f"{path.stem}.ipynb"


def test_outputs_survive_a_change_of_prose_and_not_one_of_code(tree):
    edit(tree, "# - Much.", "# - More.")
    build.build(tree, run=False)
    assert build.problems_of(tree) == []
    edit(tree, "x = 0", "x = 7")
    build.build(tree, run=False)
    assert any("has not been run" in said for said in build.problems_of(tree))
    assert "ran" not in solution(tree).read_text()


EXPLORED_CELLS = (
    """from gan_lessons import show
import ipywidgets
import torch


def see(shade=1):
    return show.images(torch.full((1, 1, 4, 4), shade / 9), title="t", sentence=f"shade {shade}")
""",
    "show.explore(see, shade=(0, 9))",
    "ipywidgets.IntSlider()",
    "import os\nos.environ['GAN_LESSONS_STRICT'] + os.environ['GAN_LESSONS_BUDGET']",
)


def test_a_solved_notebook_keeps_the_first_picture_of_a_widget(monkeypatch):
    """Its view would need a kernel; a widget without a picture leaves a word only."""
    book = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(code) for code in EXPLORED_CELLS],
        metadata=build.METADATA,
    )
    monkeypatch.delenv("GAN_LESSONS_BUDGET", raising=False)
    before = dict(os.environ)
    build.execute(book)
    assert os.environ == before
    (explored,), (slider,), (modes,) = (
        [output.data for output in cell.outputs] for cell in book.cells[1:]
    )
    assert modes["text/plain"] == "'1lesson'"
    assert explored["text/html"].count("<img") == 1
    assert "shade 1" in explored["text/html"]
    picture = base64.b64decode(re.search(r'png;base64,([^"]+)"', explored["text/html"])[1])
    assert Image.open(io.BytesIO(picture)).mode == "P"  # packed
    assert explored["text/html"].endswith(build.MOVED)
    assert list(slider) == ["text/plain"]
    assert build.VIEW not in build.dump(book)
    assert 'id="' not in explored["text/html"]  # another one each time


def text_of_another_system(encoding: str) -> str:
    """Return code after which text is of an encoding unless another is named."""
    return f"""
import pathlib
read, write = pathlib.Path.read_text, pathlib.Path.write_text
def read_text(self, encoding=None, *args, **more):
    return read(self, encoding or {encoding!r}, *args, **more)
def write_text(self, data, encoding=None, *args, **more):
    return write(self, data, encoding or {encoding!r}, *args, **more)
pathlib.Path.read_text, pathlib.Path.write_text = read_text, write_text
"""


BUILD_IT = """
import sys
from pathlib import Path
from tools import build
root = Path(sys.argv[1])
build.NOTEBOOKS, build.README, build.TOOLS = root / "notebooks", root / "README.md", root / "tools"
sys.argv[1:] = sys.argv[2:]
sys.exit(build.main())
"""


@pytest.mark.parametrize("encoding", ["cp1252", "ascii"])
def test_the_same_bytes_on_every_system(tmp_path, encoding):
    """Windows without UTF-8 mode; a container whose locale is C."""
    (tmp_path / "notebooks" / "source").mkdir(parents=True)
    path = tmp_path / "notebooks" / "source" / "04_train_your_first_gan.py"
    path.write_text(GOOD, encoding="utf-8")
    shutil.copy(build.README, tmp_path)
    locale = {"PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "LC_ALL": "C"}
    code = text_of_another_system(encoding) + BUILD_IT
    for arguments in ([], ["--check"]):
        done = subprocess.run(
            [sys.executable, "-c", code, tmp_path, *arguments],
            cwd=build.TOOLS.parent,
            env=os.environ | locale,
            capture_output=True,
            text=True,
            encoding="utf-8",
        )
        assert "Error" not in done.stderr, done.stderr
    assert "has not been run" in done.stdout  # and nothing else is out of sync
    assert len(done.stdout.splitlines()) == 1, done.stdout
    for name, with_answers in ((path.stem, False), (f"solutions/{path.stem}", True)):
        made = (tmp_path / "notebooks" / f"{name}.ipynb").read_bytes()
        assert made == build.dump(build.make(path, with_answers=with_answers)).encode("utf-8")
    assert (tmp_path / "README.md").read_bytes() == build.README.read_bytes()


def test_a_notebook_is_replaced_whole_or_not_at_all(tree, monkeypatch):
    """A disk that is full, a process that is ended: what was there is there."""
    before = {path: path.read_bytes() for path in build.NOTEBOOKS.rglob("*") if path.is_file()}
    edit(tree, "# - Much.", "# - More.")
    before[tree] = tree.read_bytes()

    def full(*args):
        raise OSError(28, "No space left on device")

    for name in ("fsync", "replace"):
        with monkeypatch.context() as patch:
            patch.setattr(os, name, full)
            with pytest.raises(OSError, match="No space left"):
                build.build(tree, run=False)
        after = {path: path.read_bytes() for path in build.NOTEBOOKS.rglob("*") if path.is_file()}
        assert after == before


def test_the_minutes_are_replaced_whole_or_not_at_all(tree, monkeypatch):
    monkeypatch.setattr(build, "TOOLS", tree.parents[1])
    (build.TOOLS / "minutes.json").write_text("{}\n", encoding="utf-8")
    monkeypatch.setattr(build, "execute", lambda book: 1.25)
    monkeypatch.setattr(build.speed, "calibrate", lambda: 0.5)
    monkeypatch.setattr(os, "fsync", lambda file: os.write(-1, b""))
    with pytest.raises(OSError, match="Bad file descriptor"):
        build.build(tree, run=True)
    assert (build.TOOLS / "minutes.json").read_text(encoding="utf-8") == "{}\n"


def test_instructors_read_more_than_learners(tree):
    assert "Let them wait." in solution(tree).read_text()
    assert "Let them wait." not in learner(tree).read_text()
    assert "return x + 2" in solution(tree).read_text()
    assert "return x + 2" not in learner(tree).read_text()


@each_lesson
def test_no_notebook_is_too_large(path):
    for file in (path.parents[1] / f"{path.stem}.ipynb", path.parents[1] / "solutions"):
        file = file if file.suffix else file / f"{path.stem}.ipynb"
        assert file.stat().st_size <= build.MAX_BYTES
