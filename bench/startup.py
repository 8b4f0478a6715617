"""How long a lesson takes to its first figure, against the bare imports alone (P8).

Each lesson's solved notebook is run, cell by cell, in a fresh Python until its first picture is
drawn, at the lesson's own budget; a fresh Python that only imports torch and matplotlib is timed in
turn with it. `python -m bench.startup [NN …]`.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BARE = "import torch, matplotlib.figure, IPython.display, ipywidgets"
LESSON = """
import json, os, sys
from gan_lessons import show
from gan_lessons.cockpit import live
live.in_notebook, live.display = lambda: True, lambda *a, **b: None  # live views are figures too
drawn = show.Picture.__init__

def draw(self, *args, **more):
    drawn(self, *args, **more)
    os._exit(0)

cells = json.load(open(sys.argv[1], encoding="utf-8"))["cells"]
os.chdir(os.path.dirname(sys.argv[1]))
names = {"__name__": "__main__", "display": lambda *a, **b: None}
show.Picture.__init__ = draw
for cell in cells:
    text = "".join(cell["source"])
    if cell["cell_type"] == "code" and not text.lstrip().startswith("%"):
        exec(compile(text, "cell", "exec"), names)
sys.exit(3)
"""


def seconds(*command: str) -> float:
    """Return how long a fresh Python takes for a program, NaN if it fails."""
    start = time.perf_counter()
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", *command], capture_output=True, env=environment, timeout=300
    )
    return time.perf_counter() - start if done.returncode == 0 else float("nan")


def startup(lessons: Iterable[str] | None = None, *, rounds: int = 3) -> list[dict]:
    """Return seconds to the first figure of each lesson (all, or those of the given numbers)."""
    found = []
    for path in sorted((ROOT / "notebooks").glob("[0-9]*.ipynb")):
        if lessons is None or path.name[:2] in lessons:
            turns = [(seconds(BARE), seconds(LESSON, str(path))) for _ in range(rounds)]
            bare, figure = (min(kind) for kind in zip(*turns, strict=True))
            found.append({"lesson": path.stem, "bare_s": bare, "figure_s": figure})
    return found


def sentence(row: dict) -> str:
    """Return one line about one lesson."""
    return (
        f"{row['lesson']}: first figure after {row['figure_s']:.1f} s, bare imports "
        f"{row['bare_s']:.1f} s: {row['figure_s'] / row['bare_s']:.2f} times as long"
    )


if __name__ == "__main__":
    for row in startup(sys.argv[1:] or None):
        print(sentence(row), flush=True)
