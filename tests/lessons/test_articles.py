"""Lesson 22c: every claim of the five articles has one row, a verdict, and something that exists.

A row of its tables names what settles it: a part of a lesson by its heading, or a test of this
course. A heading that is renamed, or a test, is noticed here. What Python and PyTorch alone say of
the articles' programs is tried at the end.
"""

import ast
import re
from functools import cache
from pathlib import Path

import pytest
import torch
from torch import nn

from tools import build

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "notebooks" / "source" / "22c_make_five_articles_run.py"
CLAIMS = {"000": 13, "001": 16, "002": 14, "003": 15, "004": 14}  # how many each article makes
ROW = re.compile(r"^# \| ((?:\d{3}|P)-\d+) \| (.+) \|$", re.MULTILINE)
VERDICTS = {"true", "half true", "wrong"}
A_PART = re.compile(r"(\d\d[a-z]?) · (.+)")
A_TEST = re.compile(r"(tests/[\w/]+\.py)::(\w+)")


def rows(text: str) -> dict[str, list[str]]:
    """Return each row's cells by its number; a number that comes twice fails."""
    found = ROW.findall(text)
    numbers = [number for number, _ in found]
    twice = sorted({number for number in numbers if numbers.count(number) > 1})
    assert not twice, f"more than one row: {twice}"
    return {number: re.split(r" \| ", rest) for number, rest in found}


ROWS = rows(SOURCE.read_text(encoding="utf-8"))
ARTICLES = [number for number in ROWS if not number.startswith("P-")]
PUBLIC = [number for number in ROWS if number.startswith("P-")]


@cache
def headings(lesson: str) -> set[str]:
    """Return the headings of a lesson's source, as its rows write them."""
    (path,) = (p for p in build.sources() if build.number_of(p) == lesson)
    lines = re.findall(r"^# #{2,3} (?:✏️ )?(.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return set(lines)


@cache
def functions_of(path: str) -> set[str]:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def missing(settled: str) -> list[str]:
    """Return what a row names and nobody has."""
    found = []
    for part in settled.split("; "):
        if test := A_TEST.fullmatch(part):
            if not (ROOT / test[1]).exists() or test[2] not in functions_of(test[1]):
                found.append(part)
        elif place := A_PART.fullmatch(part):
            if place[2] not in headings(place[1]):
                found.append(part)
        else:
            found.append(part)
    return found


def test_every_claim_has_its_row_and_no_other():
    asked = [f"{name}-{i}" for name, count in CLAIMS.items() for i in range(1, count + 1)]
    assert asked == ARTICLES


def test_at_least_ten_sentences_of_today_have_an_address():
    assert [f"P-{i}" for i in range(1, len(PUBLIC) + 1)] == PUBLIC
    assert len(PUBLIC) >= 10
    assert all(re.match(r"\[[^\]]+\]\(https://\S+\): \S", ROWS[number][0]) for number in PUBLIC)


@pytest.mark.parametrize("number", ROWS)
def test_a_row_has_a_verdict_and_what_settles_it_exists(number):
    says, verdict, settled, *changed = ROWS[number]
    assert says
    assert verdict in VERDICTS
    assert missing(settled) == []
    assert len(changed) == (0 if number in PUBLIC else 1)
    assert all(changed)


def test_a_renamed_part_or_test_is_noticed():
    assert missing("04 · Break it") == []
    assert missing("04 · Mend it") == ["04 · Mend it"]
    assert missing("tests/lessons/test_articles.py::test_nothing") != []
    assert missing("lesson 04") != []
    with pytest.raises(AssertionError, match="more than one row"):
        rows("# | 000-1 | a | b |\n# | 000-1 | a | b |")


# -- what the articles' programs meet, whatever the library --------------------------------------


def test_a_comment_is_no_body():
    with pytest.raises(IndentationError):
        ast.parse("def train(generator):\n    # ...\n\nnoise_dim = 100\n")


def test_a_name_that_nobody_defined():
    program = "def train(generator):\n    return np.random.normal(0, 1, (BATCH_SIZE, noise_dim))\n"
    space: dict = {}
    exec(program, space)
    with pytest.raises(NameError, match="np"):
        space["train"](None)


def test_what_was_copied_along_is_no_program():
    with pytest.raises(SyntaxError):
        ast.parse("display_images(generated_images)\n译者：[\n")


def test_784_numbers_are_no_7_by_7():
    with pytest.raises(RuntimeError):
        nn.Unflatten(1, (7, 7, 1))(torch.zeros(1, 784))


def test_a_convolution_asks_for_a_channel():
    layer = nn.Conv2d(1, 4, 5, stride=2, padding=2)
    with pytest.raises(RuntimeError, match="channels"):
        layer(torch.zeros(8, 28, 28))  # taken for one picture of eight channels
    assert layer(torch.zeros(8, 1, 28, 28)).shape == (8, 4, 14, 14)


def test_a_dense_layer_answers_once_for_each_row():
    judge = nn.Sequential(nn.Linear(1, 8), nn.ReLU(), nn.Linear(8, 1))
    assert judge(torch.zeros(5, 7, 7, 1)).shape == (5, 7, 7, 1)  # 49 answers a picture
    whole = nn.Sequential(nn.Flatten(1), nn.Linear(49, 1), nn.Flatten(0))
    assert whole(torch.zeros(5, 7, 7, 1)).shape == (5,)


def test_one_picture_is_a_batch_of_one():
    judge = nn.Sequential(nn.Flatten(1), nn.Linear(784, 1), nn.Flatten(0))
    picture = torch.zeros(28, 28, 1)
    with pytest.raises(RuntimeError):
        judge(picture)  # 28 is taken for the batch
    assert judge(picture[None]).shape == (1,)


def test_a_model_from_x_to_x_has_no_weights():
    nothing = nn.Sequential()
    x = torch.randn(2, 3)
    assert torch.equal(nothing(x), x)
    assert list(nothing.parameters()) == []
