"""What is drawn on the pad reaches Python as lines, with or without the browser's part."""

import importlib
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from gan_lessons import data, show
from gan_lessons.errors import SettingError
from tests.three_lines import complaints

module = importlib.import_module("gan_lessons.show.pad")  # the function has its name
ROOF = [(-1, 0), (0, 1.5), (1, 0)]


@pytest.fixture(params=["with anywidget", "without"])
def either(request, monkeypatch):
    """Both ways that a pad is made; the parts are cached, so the cache is emptied around it."""
    if request.param == "without":
        monkeypatch.setitem(sys.modules, "anywidget", None)
    else:
        pytest.importorskip("anywidget")
    module._pad_class.cache_clear()
    yield request.param
    module._pad_class.cache_clear()


@pytest.mark.parametrize(
    ("lines", "value"),
    [
        (ROOF, [[[-1, 0], [0, 1.5], [1, 0]]]),
        ([ROOF, [(0, 0), (0, 1)]], [[[-1, 0], [0, 1.5], [1, 0]], [[0, 0], [0, 1]]]),
        ([], []),
        (torch.tensor(ROOF).tolist(), [[[-1, 0], [0, 1.5], [1, 0]]]),
    ],
)
def test_a_pad_holds_lines_of_corners(either, lines, value):
    assert show.pad(lines).value == value


@pytest.mark.parametrize("lines", [3, "roof", [1, 2], [(1, 2, 3), (1, 2, 3)], [[(0, "a")]], None])
def test_what_is_no_line_is_refused_in_three_lines(either, lines):
    with pytest.raises(SettingError) as info:
        show.pad(lines)
    assert complaints(info.value) == []


def test_a_pad_is_a_control_like_any_other(either):
    """Its lines go to the picture, first and after every change, and to data.drawn as they are."""
    seen = []

    def picture(lines):
        seen.append(lines)
        x = data.drawn(lines, 100).x if lines else torch.empty(0, 2)
        return show.points(x, title="t", limit=2.5, sentence=f"A picture of {len(lines)} lines.")

    paper = show.pad(ROOF)
    shown = show.explore(picture, lines=paper)
    assert shown.controls["lines"] is paper
    paper.value = [*paper.value, [[0, 0], [0, -1]]]
    assert [len(lines) for lines in seen] == [1, 2]
    paper.value = []
    assert shown.told == "A picture of 0 lines."


def test_without_the_browser_s_part_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "anywidget", None)
    module._pad_class.cache_clear()
    told = show.pad(ROOF).children[0].value
    module._pad_class.cache_clear()
    assert len(told.split("<br>")) == 3
    assert "pip install anywidget" in told


def test_importing_the_pictures_does_not_import_the_browser_s_part():
    code = "import sys; from gan_lessons import show; print('anywidget' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_the_browser_s_part_asks_for_nothing_from_elsewhere():
    text = Path(module.__file__).with_suffix(".js").read_text(encoding="utf-8")
    assert "http" not in text
    assert "import " not in text
    assert "innerHTML" not in text
    assert "eval(" not in text
