"""The README is true word for word, as far as a test can read."""

import base64
import importlib.util
import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()
LESSONS = sorted(path.stem for path in (ROOT / "notebooks" / "source").glob("[0-9]*.py"))


def build():
    spec = importlib.util.spec_from_file_location("build", ROOT / "tools" / "build.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("lesson", LESSONS)
def test_each_lesson_has_a_row_with_its_measured_minutes(lesson):
    title = re.search(r"^# # (.+)$", (ROOT / f"notebooks/source/{lesson}.py").read_text(), re.M)[1]
    measured = json.loads((ROOT / "tools" / "minutes.json").read_text())[lesson]["minutes"]
    row = next(line for line in README.splitlines() if line.startswith(f"| {lesson[:2]} ·"))
    assert row.startswith(f"| {title} |")
    assert row.endswith(f"| {measured:.1f} |")


def test_a_stale_minute_is_noticed():
    lesson = LESSONS[0]
    stale = re.sub(rf"(?m)^(\| {lesson[:2]} · .*\|) [^|]* \|$", r"\1 99.9 |", README)
    assert stale != README
    assert build().with_minutes(stale) == README


def test_there_is_no_row_without_a_lesson():
    rows = re.findall(r"(?m)^\| (\d\d) · ", README)
    assert rows == [lesson[:2] for lesson in LESSONS]


@pytest.mark.parametrize("target", sorted(set(re.findall(r"\]\(([^)#]+)\)", README))))
def test_links_inside_the_repository_lead_somewhere(target):
    assert target.startswith("https://") or (ROOT / target).exists()


@pytest.mark.parametrize("command", sorted(set(re.findall(r"`make (\w+)", README))))
def test_every_make_target_exists(command):
    assert re.search(rf"(?m)^{command}:", (ROOT / "Makefile").read_text())


def test_the_picture_is_the_one_that_the_course_makes():
    solved = json.loads(
        (ROOT / "notebooks/solutions/06_generate_images_with_an_mlp.ipynb").read_text()
    )
    cell = next(c for c in solved["cells"] if "readme" in c["metadata"].get("tags", []))
    html = "".join(cell["outputs"][-1]["data"]["text/html"])
    shown = base64.b64decode(re.search(r'base64,([^"]+)"', html)[1])
    assert (ROOT / "tools/readme.png").read_bytes() == shown
