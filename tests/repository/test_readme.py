"""The README is true word for word, as far as a test can read, and so is its picture."""

import json
import re
import tomllib
from itertools import islice
from pathlib import Path

import pytest
import torch
from PIL import Image

from gan_lessons import data, runtime, training
from tools import build, picture

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
LESSONS = sorted(path.stem for path in (ROOT / "notebooks" / "source").glob("[0-9]*.py"))


# -- the table of lessons --------------------------------------------------------------------


@pytest.mark.parametrize("lesson", LESSONS)
def test_each_lesson_has_a_row_with_its_title_its_notebooks_and_its_measured_minutes(lesson):
    source = (ROOT / f"notebooks/source/{lesson}.py").read_text(encoding="utf-8")
    title = re.search(r"^# # (.+)$", source, re.MULTILINE)[1]
    measured = json.loads((ROOT / "tools" / "minutes.json").read_text())[lesson]["minutes"]
    row = next(
        line for line in README.splitlines() if line.startswith(f"| [{build.number_of(lesson)} ·")
    )
    blank, solved = f"notebooks/{lesson}.ipynb", f"notebooks/solutions/{lesson}.ipynb"
    assert row.startswith(f"| [{title}]({blank}) <sub>([solved]({solved}))</sub> | ")
    assert row.endswith(f"| {measured:.1f} |")
    assert row.count(" | ") == 2
    assert len(row.split(" | ")[1]) > len("What is it?")


def test_a_stale_minute_is_noticed():
    for lesson in (LESSONS[0], LESSONS[-1]):
        stale = re.sub(
            rf"(?m)^(\| \[{build.number_of(lesson)} · .*\|) [^|]* \|$", r"\1 99.9 |", README
        )
        assert stale != README
        assert build.with_minutes(stale) == README


def test_there_is_no_row_without_a_lesson():
    rows = re.findall(r"(?m)^\| \[?(\d\d[a-z]?) · ", README)
    assert rows == [build.number_of(lesson) for lesson in LESSONS]


def test_the_least_python_is_the_one_that_the_package_asks_for():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert f"Python {project['requires-python'].removeprefix('>=')} or newer" in README


# -- the picture -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def drawn() -> dict[str, str]:
    """What the picture that is there says in words."""
    with Image.open(picture.PNG) as page:
        assert page.width == 2 * picture.WIDTH
        return dict(page.text)


def test_the_words_in_the_picture_are_what_the_check_says_today(drawn):
    """Where it says something else today: python tools/picture.py draws it anew."""
    outcome = picture.judged()
    assert outcome.mark == "✗"
    assert drawn["diagnosis"] == outcome.text


def test_the_alt_text_is_the_picture_in_words(drawn):
    alt = re.search(picture.IN_README, README)[0]
    assert drawn["diagnosis"] in drawn["description"]
    assert alt == picture.with_alt("![](tools/readme.png)", drawn["description"])
    assert picture.with_alt(README, drawn["description"]) == README


def test_an_alt_text_with_brackets_stays_one_alt_text():
    once = picture.with_alt(README, r"take [0] or a \, not []")
    assert r"![take \[0\] or a \\, not \[\]](tools/readme.png)" in once
    assert picture.with_alt(once, "short").count("![short](tools/readme.png)") == 1


def test_the_step_in_the_picture_has_one_mistake_and_mended_it_is_right():
    (number,) = picture.mistakes()
    start, wrong = picture.mistakes()[number]
    line = picture.code()[number]
    assert line[start:].startswith(wrong)
    assert wrong == ".detach()"
    assert picture.EXERCISE.judge(picture.mended_step).solved


def test_pytorch_raises_no_error_as_the_picture_says():
    torch.manual_seed(0)
    players, ring = picture.players(), data.ring()
    before = [weight.clone() for weight in players[0].parameters()]
    for _ in range(3):
        picture.my_train_step(*players, ring.x[:32], 2)
    for weight, old in zip(players[0].parameters(), before, strict=True):
        assert torch.equal(weight, old)  # and G never moves


def test_the_film_is_one_of_the_mended_step():
    """The course's loop, which the film is made with, and the step make the same weights."""
    ring, steps = data.ring(), 10
    runs = []
    for by_hand in (True, False):
        runtime.seed_everything(1)
        G, D, opt_g, opt_d = picture.players()
        D[0].sigma = picture.BLUR
        batches = data.batches(ring.x, 32, rng=runtime.generator(1))
        if by_hand:
            for real in islice(batches, steps):
                picture.mended_step(G, D, opt_g, opt_d, real, 2)
        else:
            run = training.train(G, D, opt_g, opt_d, batches, steps=steps, latent_dim=2)
            assert sum(1 for _ in run) == steps
        runs.append([*G.parameters(), *D.parameters()])
    for weight, other in zip(*runs, strict=True):
        torch.testing.assert_close(weight, other)


def test_a_long_diagnosis_is_drawn_whole():
    """Every word of it, on lines that end before the picture does."""
    fig = picture.show.figure(width=8, height=5, layout=None)
    fig.set_dpi(2 * picture.DPI)
    picture.FigureCanvasAgg(fig)
    page, text = fig.add_axes((0, 0, 1, 1)), "D's loss on fakes takes the mean of a sum. " * 9
    lines = picture.wrapped(page, text, 11, 280)
    assert " ".join(lines) == text.strip()
    assert len(lines) > 5
    assert all(picture.width_of(page, line, 11) <= 280 for line in lines)
