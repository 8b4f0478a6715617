"""`make sizes` counts what it says it counts; whether that is small or large is tested nowhere."""

from collections import Counter
from pathlib import Path

import pytest

from tools import sizes

CODE = '''"""A docstring of
two lines."""

# a comment
x = 1  # and another


class Pair:
    """One thing."""

    text = """not a
docstring"""

    def first(self, y=(1,
                       2)):
        """Return it."""

        def inner():
            return f"{y!r} and {y + 1:.{x}f}"

        return inner


async def waits(): pass
'''


def test_lines_of_code_leave_out_blanks_comments_and_docstrings():
    size = sizes.size_of(CODE)
    assert size.lines == 24
    assert size.code == 10  # x, class, text (2), def (2), def, return, return, async def


def test_functions_are_counted_with_methods_and_nested_ones_and_the_longest_is_named():
    size = sizes.size_of(CODE)
    assert size.functions == 3
    assert (size.longest, size.name) == (5, "first")  # def (2), def, return, return


@pytest.mark.parametrize(
    ("code", "tokens"),
    [
        ("x = 1", 3),
        ("x = 1  # one\n\n\n", 3),
        ("if x:\n    y\n", 4),
        ('"""Said."""\nx', 1),
        ('x = "said"', 3),
        ("f(*(a, b))", 9),
        ('f"{a}{b + 1}"', 1),
        ("""f"a {f'{b}'} c" + d""", 3),
        ("x = (\n    1,\n)", 6),
        ("", 0),
    ],
)
def test_tokens_are_those_of_the_code(code, tokens):
    """Comments, docstrings, line ends and indents are none; a formatted string is one."""
    assert sizes.size_of(code).tokens == tokens


def test_density_is_tokens_per_line_of_code():
    assert sizes.size_of("# nothing\nx = 1\n\ny = f(x)\n").density == (3 + 6) / 2
    assert sizes.size_of("# nothing\n").density == 0


@pytest.mark.parametrize("text", ["def f(:\n", "x = (\n\n", "x\0y\n", "if x:\n  a\n b\n"])
def test_what_is_not_python_is_told_and_stops_nothing(text):
    size = sizes.size_of(text)
    assert (size.unread, size.code) == (1, 0)
    assert size.lines == len(text.splitlines())


def test_sizes_add_up_and_the_longest_function_is_the_longest_of_all():
    one, two = sizes.size_of("x = 1\n"), sizes.size_of("def f():\n    return 1\n")
    both = sizes.together([two, one])
    assert (both.lines, both.code, both.tokens, both.functions) == (3, 3, 10, 1)
    assert (both.longest, both.name) == (2, "f")
    assert sizes.together([]) == sizes.Size()


# -- rooms -----------------------------------------------------------------------------------

HOUSE = {
    "__init__.py": "",
    "errors.py": "import os\n",
    "losses.py": "from gan_lessons.errors import A, B\n",
    "data/__init__.py": "from gan_lessons.data.plane import ring\n",
    "data/plane.py": "from gan_lessons import errors, losses\nimport gan_lessons.errors\n",
    "show/a.py": "def f():\n    from gan_lessons import data\n",
    "show/b.py": "from gan_lessons.data import plane\nimport gan_lessons, gan_lessons.losses",
    "broken.py": "def f(:\n",
}
BETWEEN = Counter(
    {
        ("losses", "errors"): 1,
        ("data", "errors"): 2,
        ("data", "losses"): 1,
        ("show", "data"): 2,
        ("show", "losses"): 1,
    }
)


@pytest.fixture
def house(tmp_path) -> Path:
    for name, text in HOUSE.items():
        path = tmp_path / "gan_lessons" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path / "gan_lessons"


def test_imports_are_counted_by_statement_and_room(house):
    assert sizes.imports_between(house) == BETWEEN


def test_the_way_in_is_no_room(house):
    assert sizes.rooms_of(house) == {"errors", "losses", "data", "show", "broken"}


def test_a_room_stands_above_all_that_it_imports(house):
    rooms = sizes.rooms_of(house)
    assert sizes.heights(BETWEEN, rooms) == {
        "errors": 0,
        "broken": 0,
        "losses": 1,
        "data": 2,
        "show": 3,
    }
    assert sizes.in_order(BETWEEN, rooms) == ["broken", "errors", "losses", "data", "show"]


def test_a_circle_of_imports_stops_nothing():
    circle = Counter({("a", "b"): 1, ("b", "c"): 1, ("c", "a"): 1, ("d", "a"): 1})
    assert sizes.in_order(circle, "abcd")[-1] == "d"
    assert "graph TD" in sizes.mermaid(circle, "abcd")


def test_an_import_that_a_chain_implies_is_not_drawn(house):
    assert sizes.direct(BETWEEN) == [("data", "losses"), ("losses", "errors"), ("show", "data")]
    drawn = sizes.mermaid(BETWEEN, sizes.rooms_of(house)).splitlines()
    assert drawn == [
        "graph TD",
        *("    show", "    data", "    losses", "    errors", "    broken"),
        *("    show --> data", "    data --> losses", "    losses --> errors"),
    ]


def test_the_table_of_rooms(house):
    _, head, *rows, end = sizes.rooms_table(house).split("\n")
    assert head.split() == ["broken", "errors", "losses", "data", "show"]
    assert [row.split() for row in rows] == [
        ["broken"],
        ["errors"],
        ["losses", "1"],
        ["data", "2", "1"],
        ["show", "1", "2"],
    ]
    assert rows[-1].index("2") == head.index("data") + len("data") - 1
    assert end == ""


# -- lessons ---------------------------------------------------------------------------------

LESSON = """# %% [markdown]
# # 04 · Train
# Two [words](https://example.org) and `code`, $x$.
# <details><summary>Answer</summary>folded</details>

# %% [markdown]
# ## ✏️ Exercise 1 · Do it

# %%
from gan_lessons import show

# %% tags=["exercise"]
def my_loss(x):
    # BEGIN SOLUTION: return ...
    return x + 1
    # END SOLUTION


# %%
def see(i):
    return show.points(i)


show.explore(see, i=[1])
"""


def test_a_lesson_is_measured_with_its_answers(tmp_path):
    source = tmp_path / "04_train.py"
    source.write_text(LESSON)
    size = sizes.lesson_size(source)
    assert (size.cells, size.exercises, size.pictures) == (3, 1, 1)
    assert (size.code.code, size.longest_cell) == (6, 3)
    assert size.code.tokens == 4 + (6 + 4) + (6 + 7 + 12)
    assert size.text == 9  # Train Two words and Answer folded Exercise Do it
    assert size.longest_text == 4


@pytest.mark.parametrize(
    ("code", "count"),
    [
        ("show.points(1)", 1),
        ("show.points(1)\nshow.losses(2)", 2),
        ("show.draw_points(ax)", 0),
        ("live = cockpit.Cockpit(G)", 1),
        ("live.film.scrub()", 1),
        ("def see(i):\n    return show.points(i)\nshow.explore(see, i=[1])", 1),
        ("def see(i):\n    return show.points(i)\nshow.explore(look, i=[1])", 2),
    ],
)
def test_pictures_of_a_cell(code, count):
    assert sizes.pictures(code) == count


# -- the whole -------------------------------------------------------------------------------


def test_everything_is_printed_and_nothing_fails(capsys):
    assert sizes.main([]) == 0
    told = capsys.readouterr().out
    for title in ("gan_lessons, by", "checks, by", "tests, by", "lessons:", "imports", "pages"):
        assert f"\n{title}" in f"\n{told}"
    assert sizes.main(["--mermaid"]) == 0
    assert capsys.readouterr().out.startswith("graph TD\n")
