"""How a check speaks: of what stops an answer, of what stops itself, of mistakes, in a report."""

import functools
import math
import platform
import socket

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from gan_lessons import __version__, checks
from gan_lessons.checks import exercise as speech
from gan_lessons.checks.exercise import (
    EXPLAINED,
    PACKAGE,
    Raised,
    Unsolved,
    Wrong,
    calling,
    exercise,
    is_learners,
)
from gan_lessons.checks.grader import Property, Slip, Table, Value, case

X = torch.tensor([0.5, -2.0], requires_grad=True)
SLIPS = {
    "^": (lambda: X ^ 2, "write .square() or ** 2"),
    "no brackets": (lambda: X.mean + X.mean, "its () are missing"),
    "a tuple's method": (lambda: torch.autograd.grad(X.sum(), X).norm(), "such as [0]"),
    "a tuple in a difference": (lambda: torch.autograd.grad(X.sum(), X) - 1.0, "such as [0]"),
    "a number for a tensor": (lambda: F.mse_loss(X, 1), "torch.ones_like"),
    "a logit for a probability": (
        lambda: F.binary_cross_entropy(X, torch.ones_like(X)),
        "a logit is none",
    ),
    "if": (lambda: 1 if X > 0 else 0, "one yes or no, not a tensor"),
    "max(0, x)": (lambda: max(0, X), "one yes or no, not a tensor"),
    "a loss that is not made": (lambda: nn.MSELoss(X, X), "made first, then called"),
    "torch.max(x, 0)": (lambda: torch.max(X, 0).mean(), "along dimension 0"),
    "torch.maximum(0, x)": (lambda: torch.maximum(0, X), "takes tensors only"),
    "torch.clamp of a number": (lambda: torch.clamp(0.3, 0, 1), "min(max(x, low), high)"),
    "torch.sqrt of a number": (lambda: torch.sqrt(64), "or ** 0.5"),
    "a layer for a function": (lambda: nn.ReLU(X.detach()).sum(), "the function is F.relu"),
    "math for torch": (lambda: math.log(X), "torch has the same ones"),
    "int of yes and no": (lambda: int(X > 0), ".sum() counts what is true"),
    "NumPy for torch": (lambda: np.maximum(0, X), "NumPy keeps no gradients"),
    "arguments": (lambda: (lambda a: a)(1, 2), "A function gets more than it asks for"),
    "too few arguments": (lambda: (lambda a, b: a)(1), "hand over all that a function asks for"),
    "in place": (
        lambda: torch.autograd.grad(X.exp().mul_(2).log().sum(), X),
        "destroys what backward() needs",
    ),
}


@exercise(title="Any", proves="nothing.", hints=("a", "b", "c"))
def run(answer):
    answer()


@pytest.mark.parametrize("name", SLIPS)
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_common_slip_is_explained(name):
    slip, meaning = SLIPS[name]
    outcome = run.judge(slip)
    assert outcome.mark == "✗"
    assert outcome.text.startswith("your code stops with ")
    assert meaning in outcome.text
    assert len(outcome.text) <= 400


def test_every_explanation_has_its_slip():
    told = [run.judge(slip).text for slip, _ in SLIPS.values()]
    assert not [said for said in EXPLAINED if not any(said in text for text in told)]


def test_other_errors_are_told_as_they_are():
    assert run.judge(lambda: {}["loss"]).text == "your code stops with KeyError: 'loss'"


# -- whose fault an exception is -------------------------------------------------------------

PAIR = torch.tensor([1.0, 2.0])
TWICE = "\ndef twice(x):\n    return 2 * x\n"
SAID = {"title": "Twice", "proves": "twice x.", "hints": ("a", "b", "c")}


def course(*lines):
    """Return what these lines define, as if they stood in a file of the course's."""
    space = {"torch": torch, "exercise": exercise, "SAID": SAID, "PAIR": PAIR}
    exec(compile("\n".join(lines), str(PACKAGE / "checks" / "made_up.py"), "exec"), space)
    return space


FINE = course(
    "def fine(*given): return None",
    "def make(answer): return answer, answer(PAIR)",
    "def plain(answer): answer(PAIR)",
)
FAULTY = course("def faulty(*given): return [][1]")["faulty"]
BREAKS = course("def plain(answer):", "    answer(PAIR)", "    return [][1]")["plain"]


def value(right=TWICE, *, slips=(), **more):
    asked = {"cases": lambda seed: (case("two numbers", PAIR), case("one number", PAIR[:1]))}
    return Value(asks="Twice.", table=Table(right, slips), **SAID, **{**asked, **more})


def prop(**more):
    asked = {"facts": (FINE["fine"],), "make": FINE["make"]}
    return Property(asks="Twice.", table=Table(TWICE), **SAID, **{**asked, **more})


STOPPING = {  # checks with a fault of their own, whatever the answer
    "a plain check": exercise(**SAID)(BREAKS),
    "cases": value(cases=FAULTY),
    "what is observed": value(observe=FAULTY),
    "terms": value(terms=FAULTY),
    "signs": value(signs=FAULTY),
    "a remark on values": value("\ndef f(x):\n    return x + 0", remark=FAULTY),
    "what is made": prop(make=FAULTY),
    "a fact": prop(facts=(FAULTY,)),
    "a remark": prop(remark=FAULTY),
}
SOUND = {
    "plain": exercise(**SAID)(FINE["plain"]),
    "value": value(),
    "property": prop(),
    "property, in a fact": prop(
        make=None, facts=(course("def fact(answer): answer(PAIR)")["fact"],)
    ),
}


def same(x):
    return x + 0


def stops(x):
    raise ValueError("not today")


class Stops:
    def __call__(self, x):
        return [][1]


QUIET = {  # answers without an exception
    "a function": same,
    "a lambda": lambda x: x + 0,
    "a library's function": F.relu,
    "one in C": torch.clone,
    "a method": torch.Tensor.clone,
    "a part of one": functools.partial(torch.add, other=0),
    "a layer": nn.Identity(),
}
RAISING = {
    "a function": stops,
    "a lambda": lambda x: {}["loss"],
    "an object": Stops(),
    "too few arguments": lambda: 1,
    "too many arguments": lambda x, y: x,
    "a library's function": F.kl_div,
    "one in C": torch.bmm,
    "one of Python's": math.log,
    "a method": torch.Tensor.bmm,
    "a part of one": functools.partial(torch.bmm, 3),
    "a layer": nn.Linear(3, 1),
    "layers": nn.Sequential(nn.Identity(), nn.Linear(3, 1)),
    "a kind of layer": nn.Linear,
}


@pytest.mark.parametrize("answer", QUIET)
@pytest.mark.parametrize("kind", STOPPING)
def test_a_check_that_stops_says_that_it_is_no_fault_of_the_answer(kind, answer, monkeypatch):
    check, answer = STOPPING[kind], QUIET[answer]
    outcome = check.judge(answer)
    assert outcome.mark == "!"
    assert not outcome.solved
    assert "says nothing of your answer" in outcome.text
    assert "made_up.py, line " in outcome.text
    assert "IndexError" in outcome.text
    monkeypatch.setattr(speech.runtime, "strict", lambda: True)
    with pytest.raises(Unsolved, match="says nothing of your answer"):
        check(answer)


@pytest.mark.parametrize("answer", RAISING)
@pytest.mark.parametrize("kind", SOUND)
def test_an_answer_that_stops_is_told_so(kind, answer, monkeypatch):
    check, answer = SOUND[kind], RAISING[answer]
    outcome = check.judge(answer)
    assert outcome.mark == "✗"
    assert outcome.text.startswith("your code stops")
    monkeypatch.setattr(speech.runtime, "strict", lambda: True)
    with pytest.raises(Unsolved, match="your code stops"):
        check(answer)


def test_what_an_answer_makes_is_its_own():
    layers = course("def make(answer): return answer()", "def fact(layer): layer(PAIR)")
    check = prop(make=layers["make"], facts=(layers["fact"],))
    outcome = check.judge(lambda: nn.Linear(3, 1))
    assert outcome.mark == "✗"
    assert outcome.text.startswith("your code stops")
    assert check.judge(lambda: nn.Linear(2, 1)).solved


def test_what_a_check_takes_for_granted_of_a_layer_is_the_checks():
    layers = course("def make(answer): return answer()", "def fact(layer): layer.eps")
    outcome = prop(make=layers["make"], facts=(layers["fact"],)).judge(nn.Identity)
    assert outcome.mark == "!"
    assert "no attribute 'eps'" in outcome.text


def test_a_graph_that_cannot_go_back_is_the_answers():
    check = value(slopes=(0,))
    outcome = check.judge(lambda x: x.exp().mul_(2).log())
    assert outcome.mark == "✗"
    assert "destroys what backward() needs" in outcome.text


def test_the_frames_decide():
    def caught(call):
        try:
            call()
        except Exception as error:
            return error.with_traceback(error.__traceback__.tb_next)  # without this file's frame
        raise AssertionError("nothing was raised")

    its_own = caught(FAULTY)
    assert not is_learners(its_own, (same, nn.Identity()))
    assert is_learners(its_own, (FAULTY,))  # handed over, it would be an answer
    assert is_learners(caught(functools.partial(stops, 1)), ())
    layer = nn.Linear(3, 1)
    in_torch = caught(functools.partial(layer, PAIR))
    assert is_learners(in_torch, (nn.Sequential(layer),))
    assert is_learners(in_torch, (nn.Linear,))
    assert not is_learners(in_torch, (nn.Linear(3, 1), same))


def test_calling_turns_only_what_is_the_answers():
    with pytest.raises(Raised, match="not today") as told, calling((stops,)):
        stops(1)
    assert isinstance(told.value.error, ValueError)
    for kept in (Wrong("that"), told.value):
        with pytest.raises(type(kept)) as found, calling((stops,)):
            raise kept
        assert found.value is kept
    inside = course("def call(calling, faulty):", "    with calling(()):", "        faulty()")[
        "call"
    ]
    with pytest.raises(IndexError):
        inside(calling, FAULTY)


def test_two_programs_stop_alike_whatever_the_numbers():
    one = Raised(ValueError("size 3 and size 4 differ"))
    assert one.like(Raised(ValueError("size 12 and size 5 differ")))
    assert not one.like(Raised(ValueError("size 3 and shape 4 differ")))
    assert not one.like(Raised(TypeError("size 3 and size 4 differ")))
    assert not one.like(ValueError("size 3 and size 4 differ"))


def test_a_stub_is_no_exception_of_pytorchs():
    assert Raised(NotImplementedError()).is_stub
    assert not Raised(NotImplementedError("'bitwise_xor' not implemented for 'Float'")).is_stub
    for check in SOUND.values():
        assert check.judge(course("def stub(x): raise NotImplementedError")["stub"]).mark == "○"


# -- what goes wrong, and a report -----------------------------------------------------------

ROWS = (
    Slip("2 * x", "x * (x < 9)", "x < 2x: <b>twice</b> is missing."),
    Slip("2 * x", "x * x", "this is x·x & not 2x."),
)


@pytest.fixture
def shown(monkeypatch):
    """Collect what a notebook would show."""
    found = []
    monkeypatch.setattr(speech, "get_ipython", lambda: object())
    monkeypatch.setattr(speech, "display", lambda html: found.append(html.data))
    return found


def test_mistakes_wait_until_the_answer_is_right(capsys):
    check = value(slips=ROWS)
    check(same)
    capsys.readouterr()
    check.mistakes()
    said = capsys.readouterr().out
    assert said.startswith("○ Twice")
    assert not any(slip.says in said for slip in ROWS)
    check(lambda x: x + x)
    check(same)  # what was right once stays so
    capsys.readouterr()
    check.mistakes()
    said = capsys.readouterr().out
    assert said.startswith("Twice: 2 ways this goes wrong")
    for slip in ROWS:
        assert f"−     return 2 * x\n+     return {slip.new}\n  {slip.says}" in said


def test_a_notebook_shows_mistakes_in_a_table(shown):
    check = value(slips=ROWS)
    check(lambda x: x + x)
    check.mistakes()
    table = shown[-1]
    assert table.count("<tr>") == 2
    assert "−     return 2 * x\n+     return x * x" in table
    assert "x &lt; 2x: &lt;b&gt;twice&lt;/b&gt; is missing." in table
    assert "<b>twice" not in table
    assert "x * (x &lt; 9)" in table
    assert "&amp; not" in table


def test_a_property_shows_its_mistakes_too(capsys):
    check = Property(asks="Any.", table=Table(TWICE, ROWS), facts=(FINE["fine"],), **SAID)
    check(same)
    check.mistakes()
    said = capsys.readouterr().out
    assert all(slip.says in said for slip in ROWS)


def test_a_report_holds_all_that_one_needs_and_sends_nothing(capsys, monkeypatch):
    monkeypatch.setattr(socket, "socket", None)  # a try to send would stop here
    check = value(slips=ROWS)
    check.report()
    assert "nothing to report yet" in capsys.readouterr().out
    check(same)
    capsys.readouterr()
    check.report()
    said = capsys.readouterr().out
    assert "Exercise: Twice" in said
    assert "\nTwice.\n" in said
    assert "```python\ndef same(x):\n    return x + 0\n```" in said
    assert f"The check said: ✗ {ROWS[0].says}" in said
    assert "What I think is the cause: …" in said
    assert f"gan-lessons {__version__}" in said
    assert f"torch {torch.__version__}" in said
    assert f"python {platform.python_version()}" in said
    check(torch.exp)  # without a source
    check.report()
    assert "built-in" in capsys.readouterr().out


def test_a_report_tells_of_the_last_answer(capsys):
    check = STOPPING["a fact"]
    check(same)
    capsys.readouterr()
    check.report()
    assert "The check said: ! this check itself stopped" in capsys.readouterr().out


# -- what was found right goes on ------------------------------------------------------------


def test_the_course_s_own_runs_until_an_answer_is_right(capsys):
    check = exercise(title="Any", proves="nothing.", hints=("a", "b", "c"))(refuses_zero)
    assert check.yours(math.exp) is math.exp
    check(0)
    assert check.yours(math.exp) is math.exp
    said = capsys.readouterr().out
    assert said.count("▶ Any: the course's own runs here; yours does, once it is ✓.") == 2


def test_the_last_right_answer_runs_and_a_wrong_one_takes_nothing_away(capsys):
    check = exercise(title="Any", proves="nothing.", hints=("a", "b", "c"))(refuses_zero)
    for answer in (math.sin, math.cos, 0):
        check(answer)
    assert check.yours(math.exp) is math.cos
    assert "▶ Any: yours runs here." in capsys.readouterr().out


def test_an_answer_in_parts_comes_back_in_parts():
    check = exercise(title="Any", proves="nothing.", hints=("a", "b", "c"))(refuses_zero)
    check(math.sin, math.cos)
    assert check.yours((math.exp, math.exp)) == (math.sin, math.cos)


def refuses_zero(*parts):
    if 0 in parts:
        raise Wrong("zero.")


# -- claims ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("budget", "strict", "holds", "said"),
    [
        ("lesson", "0", True, "✓ In this run: more modes."),
        ("ci", "1", True, "✓ In this run: more modes."),
        ("ci", "1", False, "▶ Too short a run to ask: more modes."),
        ("lesson", "0", False, "▶ Not in this run: more modes. With the lesson's own knobs"),
    ],
)
def test_a_claim_is_said_of_the_run(budget, strict, holds, said, monkeypatch, capsys):
    monkeypatch.setenv("GAN_LESSONS_BUDGET", budget)
    monkeypatch.setenv("GAN_LESSONS_STRICT", strict)
    checks.claim("more modes", holds)
    assert capsys.readouterr().out.startswith(said)


@pytest.mark.parametrize("budget", ["lesson", "full"])
def test_a_claim_that_fails_stops_a_lesson_that_is_run_for_its_outputs(budget, monkeypatch):
    monkeypatch.setenv("GAN_LESSONS_BUDGET", budget)
    monkeypatch.setenv("GAN_LESSONS_STRICT", "1")
    with pytest.raises(AssertionError, match="The lesson claims: more modes"):
        checks.claim("more modes", False)
