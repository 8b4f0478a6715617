"""■ through a real kernel, and a lesson's cells in other orders than from top to bottom.

What tests/library/test_runtime.py shows in a process, here JupyterLab's own way: the kernel is a
process of its own and is interrupted as its button does it.
"""

import ast
import os
import random
import time
from collections.abc import Iterator
from pathlib import Path
from queue import Empty

import nbformat
import pytest
from jupyter_client.manager import KernelManager

from tests.soak import times

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.skipif(os.name != "posix", reason="interrupts by signal")

RUN = """
import ast
import os
from tests.library.test_runtime import Run, same
stopped = {}
def interrupted():
    run, done = Run(), 0
    for moment in run.train():
        if not done:
            print("training", flush=True)
        done = moment.step
    stopped.setdefault(done, []).append(run.state())
    assert run.updates() == (done, done), run.updates()
    assert moment.history.length == done
"""
COMPARE = """
calm = Run()
for moment in calm.train(max(stopped)):
    truth = calm.state() if moment.step in stopped else None
    assert all(same(state, truth) for state in stopped.pop(moment.step, [])), moment.step
assert stopped == {}
"""
STUCK = """
import time
from gan_lessons import runtime
with runtime.stop_at_boundary(patience=3_600) as stop:
    print("stuck", flush=True)
    while True:
        time.sleep(1)  # a step that never ends
"""


class Kernel:
    """A kernel of this Python, in the repository's root."""

    def __init__(self, **env: str):
        self.manager = KernelManager(kernel_name="python3")
        threads = {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
        self.manager.start_kernel(env=os.environ | threads | env, cwd=str(ROOT))
        self.client = self.manager.blocking_client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=600)

    def begin(self, code: str) -> str:
        return self.client.execute(code, stop_on_error=False)

    def messages(self, asked: str) -> Iterator[dict]:
        """Yield what the kernel says of a cell until it is done with it."""
        while True:
            try:
                message = self.client.get_iopub_msg(timeout=1)
            except Empty:
                assert self.manager.is_alive(), "the kernel died"
                continue
            if message["parent_header"].get("msg_id") != asked:
                continue
            yield message
            if message["content"].get("execution_state") == "idle":
                return

    def wait_for(self, asked: str, text: str) -> None:
        """Wait until a cell has printed something."""
        for message in self.messages(asked):
            assert message["msg_type"] != "error", "\n".join(message["content"]["traceback"])
            if text in message["content"].get("text", ""):
                return
        raise AssertionError(f"the cell ended without {text!r}")

    def end(self, asked: str) -> str | None:
        """Wait for a cell's end; return the name of its error, None if it went well."""
        said = None
        for message in self.messages(asked):
            if message["msg_type"] == "error":
                said = message["content"]["ename"]
        return said

    def run(self, code: str) -> None:
        """Run a cell, which has to go well."""
        for message in self.messages(self.begin(code)):
            assert message["msg_type"] != "error", "\n".join(message["content"]["traceback"])

    def interrupt(self) -> None:
        self.manager.interrupt_kernel()

    def close(self) -> None:
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)


@pytest.fixture
def kernel() -> Iterator[Kernel]:
    kernel = Kernel()
    yield kernel
    kernel.close()


def test_the_button_ends_a_run_between_two_steps(kernel, record_property):
    """The state is that of as many undisturbed steps, and the next cell runs."""
    rng, interrupts, took = random.Random(0), times(5, 50), []
    record_property("n", interrupts)
    kernel.run(RUN)
    for _ in range(interrupts):
        asked = kernel.begin("interrupted()")
        kernel.wait_for(asked, "training")
        time.sleep(rng.uniform(0, 0.05))
        start = time.monotonic()
        kernel.interrupt()
        assert kernel.end(asked) is None
        took.append(time.monotonic() - start)
    kernel.run(COMPARE)
    record_property("note", f"the cell ended after {1_000 * max(took):.0f} ms at most")


def test_the_button_twice_ends_a_step_that_never_ends(kernel, record_property):
    interrupts, took = times(3, 20), []
    record_property("n", interrupts)
    for _ in range(interrupts):
        asked = kernel.begin(STUCK)
        kernel.wait_for(asked, "stuck")
        kernel.interrupt()
        time.sleep(0.2)  # two that arrive at once are one
        start = time.monotonic()
        kernel.interrupt()
        assert kernel.end(asked) == "KeyboardInterrupt"
        took.append(time.monotonic() - start)
        kernel.run("assert stop.requested")  # the first one asked; and the next cell runs
    record_property("note", f"the cell ended after {1_000 * max(took):.0f} ms at most")


# -- orders of cells -------------------------------------------------------------------------

LESSON = next((ROOT / "notebooks").glob("04_*.ipynb"))


class Names(ast.NodeVisitor):
    """The global names that a cell reads, those in its functions included, and those it binds.

    A method that is called for its effect, or to loop over, changes what it belongs to.
    """

    def __init__(self, source: str):
        self.reads, self.binds = set(), set()
        self.imports, self.defines = set(), set()
        self.visit(ast.parse(source))

    def visit_Name(self, node: ast.Name) -> None:
        (self.reads if isinstance(node.ctx, ast.Load) else self.binds).add(node.id)

    def visit_Import(self, node: ast.Import | ast.ImportFrom) -> None:
        self.imports |= {(a.asname or a.name).split(".")[0] for a in node.names}

    visit_ImportFrom = visit_Import

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.ClassDef) -> None:
        self.binds.add(node.name)
        self.defines.add(node.name)
        self.generic_visit(node)

    visit_ClassDef = visit_FunctionDef

    def visit_Expr(self, node: ast.Expr) -> None:
        self.binds |= owner(node.value)
        self.generic_visit(node)

    def visit_For(self, node: ast.For) -> None:
        self.binds |= owner(node.iter)
        self.generic_visit(node)


def owner(node: ast.expr) -> set[str]:
    """Return the name that a call of a method starts with: ``live`` of ``live.film.scrub()``."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return set()
    node = node.func
    while isinstance(node, ast.Attribute):
        node = node.value
    return {node.id} if isinstance(node, ast.Name) else set()


def legal_order(sources: list[str], rng: random.Random) -> list[int]:
    """Return the cells in a random order in which every cell finds the names it found before.

    A cell comes after the one that binds what it reads, and before the one that binds it anew.
    """
    cells = [Names(source) for source in sources]
    modules, inside = set().union(*(cell.imports for cell in cells)), {}
    for cell in cells:  # a module is bound by its import, not by the functions that are called
        cell.binds = (cell.binds - modules) | cell.imports
        for name in cell.reads & inside.keys():  # who calls a function reads what it reads
            cell.reads = cell.reads | inside[name]
        inside |= dict.fromkeys(cell.defines, cell.reads)
    before = [
        {
            i
            for i, first in enumerate(cells[:j])
            if first.binds & (then.reads | then.binds) or first.reads & then.binds
        }
        for j, then in enumerate(cells)
    ]
    order = []
    while len(order) < len(cells):
        free = [j for j in range(len(cells)) if j not in order and before[j] <= set(order)]
        order.append(rng.choice(free))
    return order


@pytest.mark.parametrize(
    ("sources", "orders"),
    [
        (["a = 1", "b = 2", "a + b"], {(0, 1, 2), (1, 0, 2)}),
        (
            ["import m", "x = m.f()", "def f():\n    return x", "y = f()", "x = 0"],
            {(0, 1, 2, 3, 4)},
        ),
        (["import m", "m.f()", "m.g()"], {(0, 1, 2), (0, 2, 1)}),
        (["a = []", "a.append(1)", "a[0]"], {(0, 1, 2)}),
    ],
)
def test_a_legal_order_keeps_what_depends_in_order(sources, orders):
    assert {tuple(legal_order(sources, random.Random(seed))) for seed in range(30)} == orders


def test_cells_may_be_run_in_any_legal_order_and_twice(record_property):
    """No cell leans on something hidden: in a new kernel, and one order after another in it."""
    book = nbformat.read(LESSON, as_version=4)
    sources = [cell.source for cell in book.cells if cell.cell_type == "code"]
    orders, rng = times(1, 20), random.Random(0)
    record_property("n", orders)
    record_property("note", f"{len(sources)} cells of lesson {LESSON.stem[:2]}")
    kernel = Kernel(GAN_LESSONS_BUDGET="tiny", GAN_LESSONS_STRICT="0")
    try:
        for number in range(orders):
            for cell in legal_order(sources, rng):
                for _ in range(1 + (number % 4 == 3)):  # twice, as a hasty hand does
                    kernel.run(sources[cell])
    finally:
        kernel.close()
