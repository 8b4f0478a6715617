"""Lesson 06 goes to its end with a learner's own pictures, however few and whatever their shape."""

import numpy as np
import pytest
from PIL import Image

from tests.lessons.lesson_cells import run_cells
from tools import build

CELLS = (
    "from gan_lessons import checks",
    "decay = 0.998",
    "def mixed(",
    "held_out, train = ",
    "def my_to_model_range(",
    "ways = ",
    "def my_generator(",
    "def image_generator(",
    "def image_discriminator(",
    "def networks_for(",
    "def known_factors(",
    "def make_reader(",
    "read = make_reader(images)",
    "def keeping(",
    "def play(",
    "average, D, live, kept = play(",
    "live.film.strip()",
    "real_read = ",
    "def rarest(",
    "before = None",
    "made = generate(",
    "on_known = ",
    "def my_slerp(",
    "def course_slerp(",
    "turn = ",
    "first, second = ",
    "i, j = opposite[0]",
    "def opinion(",
    "def my_nearest(",
    "def course_nearest(",
    "find = ",
    "known = to_model_range(train)",
    '"generated": made[:12]',
    "def look(",
    "page = show.sheet(",
)


@pytest.mark.parametrize(
    ("count", "classes", "size", "channels"), [(2, 1, 20, 3), (7, 2, 33, 1), (30, 3, 28, 1)]
)
def test_own_pictures_of_any_number_and_size(count, classes, size, channels, tmp_path, monkeypatch):
    monkeypatch.setenv("GAN_LESSONS_BUDGET", "tiny")
    monkeypatch.setenv("GAN_LESSONS_STRICT", "0")
    monkeypatch.setenv("GAN_LESSONS_CACHE", str(tmp_path / "cache"))
    rng = np.random.default_rng(0)
    for number in range(count):
        folder = tmp_path / "mine" / f"kind {number % classes}"
        folder.mkdir(parents=True, exist_ok=True)
        pixels = rng.integers(0, 256, (40 + number, 50, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"{number}.png")
    knobs = knobs_of("06")
    own = {"pictures": str(tmp_path / "mine"), "size": size, "channels": channels}
    own["save_as"] = str(tmp_path / "sheet.png")
    turned = knobs + "".join(f"\n{name} = {value!r}" for name, value in own.items())
    names = run_cells("06", CELLS, knobs, turned)
    assert names["made"].shape == (2_000, channels, size, size)
    assert len(names["held_out"]) >= 1
    with Image.open(own["save_as"]) as sheet:
        assert sheet.size == (20 * size, 5 * size)
    names["look"](4.2)


def knobs_of(number: str) -> str:
    path = next(path for path in build.sources() if path.stem.startswith(number))
    return next(c.source for c in build.read_cells(path) if "parameters" in c.metadata.tags)
