"""The grader's experiments and comparisons, tried on made-up exercises and made-up answers."""

import math
from fractions import Fraction

import numpy as np
import pytest
import torch
from torch import nn

from gan_lessons.checks import experiments
from gan_lessons.checks.grader import Slip, Table, Value, case
from gan_lessons.checks.seen import Seen, alike, flat, number_of, shown, text_of

INF = math.inf


def made_up(right, *argument_lists, slips=(), **more):
    """Return an exercise: its right program as a lambda's text, and the arguments of its cases."""
    cases = [case(f"case {i}", *args) for i, args in enumerate(argument_lists, start=1)]
    names, _, body = right.removeprefix("lambda ").partition(": ")
    return Value(
        title="Made up",
        proves="right.",
        hints=("a", "b", "c"),
        asks="Made up.",
        table=Table(f"\ndef right({names}):\n    return {body}\n", slips),
        cases=lambda seed: cases,
        **more,
    )


def told(check, answer):
    """Return the sentence that the experiments have for an answer, or None."""
    cases = check.cases(0)
    parts = answer if isinstance(answer, tuple) else (answer,)
    found, right = check.all_of(parts, cases), check.known(check.table.right, cases)
    return experiments.on_values(check, parts, cases, found, right)


def row(*numbers):
    return torch.tensor(numbers, dtype=torch.float64)


X = (row(0.5, 3.0), row(-1.5, 0.25, 4.0), row(2.0, -3.0, 7.5, 1.25, 0.1))
PQ = (
    (row(0.5, 3.0), row(-1.5, 0.25)),
    (row(4.0, 2.5), row(-3.0, 7.5)),
    (row(1.25, 2.0), row(0, 1)),
)
SAME = made_up("lambda x: x", *((x,) for x in X))
MEAN = made_up("lambda x: x.mean()", *((x,) for x in X), terms=lambda x: x)
PLAIN_MEAN = made_up("lambda x: x.mean()", *((x,) for x in X))
GAP = made_up("lambda p, q: (p * p - q).sum()", *PQ)
BOTH = made_up("lambda p, q: (p.sum(), q.max() + 1)", *PQ)
MATRIX = made_up("lambda x: x[:, None] - 2 * x", *((x,) for x in X))
ENDLESS = made_up("lambda x: torch.where(x > 3, torch.inf, x)", *((x,) for x in X))
TWO = made_up("lambda x: x", *((x[:2],) for x in X))
EXCHANGE = made_up("lambda p, q: (p - q).sum()", *PQ)
POSITIVE = made_up("lambda x: x", (row(0.2, 1.4),), (row(2.1, 0.45, 3.3),))
LARGE = made_up("lambda x: x", (row(0.5, 3.0),), (row(4, 5, 7),))
TINY = made_up("lambda x: 1e-5 * x", *((x,) for x in X))
UNUSED = made_up("lambda p, q: p.sum() + 2", *PQ)

SAID = {  # an exercise, an answer, what the experiment for it says
    "twice": (SAME, lambda x: 2 * x, "twice the right value"),
    "half": (SAME, lambda x: x / 2, "half the right value"),
    "sign": (SAME, lambda x: -x, "its sign turned"),
    "log2 for log": (SAME, lambda x: x / math.log(2), "log2 where the natural logarithm"),
    "log for log2": (SAME, lambda x: x * math.log(2), "the natural logarithm where log2"),
    "log10 for log": (SAME, lambda x: x / math.log(10), "log10 where the natural logarithm"),
    "another factor": (SAME, lambda x: 3.7 * x, "always 3.7 times the right value"),
    "twice, with infinities": (
        ENDLESS,
        lambda x: 2 * x.where(x <= 3, INF),
        "twice the right value",
    ),
    "nothing": (SAME, lambda x: 0 * x, "always 0, whatever comes in"),
    "one number": (PLAIN_MEAN, lambda x: 1.5, "always 1.5, whatever comes in"),
    "a constant away": (SAME, lambda x: x + 0.25, "always +0.25 away"),
    "sum": (PLAIN_MEAN, lambda x: x.sum(), "a sum stands where the mean is asked"),
    "sum of terms": (MEAN, lambda x: x.sum(), "sum of the single terms, and their mean is asked"),
    "mean of a mean": (PLAIN_MEAN, lambda x: x.mean() / len(x), "divided by their number once too"),
    "n - 1": (PLAIN_MEAN, lambda x: x.sum() / (len(x) - 1), "divided by n − 1"),
    "largest": (MEAN, lambda x: x.max(), "this is the largest of the single terms"),
    "smallest": (MEAN, lambda x: x.min(), "this is the smallest of the single terms"),
    "median": (MEAN, lambda x: x.median(), "this is the median of the single terms"),
    "first": (MEAN, lambda x: x[0], "this is the first of the single terms"),
    "last": (MEAN, lambda x: x[-1], "this is the last of the single terms"),
    "product": (MEAN, lambda x: x.prod(), "this is the product of the single terms"),
    "root mean square": (MEAN, lambda x: x.square().mean().sqrt(), "root of the mean square"),
    "spread": (MEAN, lambda x: x.std(), "standard deviation of the single terms"),
    "square": (SAME, lambda x: x * x, "the square of the right value"),
    "upside down": (SAME, lambda x: 1 / x, "1 over the right value"),
    "the rest": (SAME, lambda x: 1 - x, "1 minus the right value"),
    "absolute": (SAME, lambda x: x.abs(), "the absolute value of the right one"),
    "logarithm": (SAME, lambda x: x.log(), "the logarithm of the right value"),
    "exponential": (SAME, lambda x: x.exp(), "the exponential of the right value"),
    "rounded": (SAME, lambda x: x.round(), "rounded to a whole number"),
    "floor": (SAME, lambda x: x.floor(), "rounded down"),
    "ceiling": (SAME, lambda x: x.ceil(), "rounded up"),
    "not below 0": (SAME, lambda x: x.clamp(min=0), "cut off at 0:"),
    "0 to 1": (SAME, lambda x: x.clamp(0, 1), "cut off at 0 and 1"),
    "sigmoid": (SAME, lambda x: x.sigmoid(), "through a sigmoid"),
    "root": (
        made_up("lambda x: x * x + 1", *((x,) for x in X)),
        lambda x: (x * x + 1).sqrt(),
        "root of",
    ),
    "reversed": (SAME, lambda x: x.flip(0), "in reverse order"),
    "sorted": (SAME, lambda x: x.sort().values, "sorted"),
    "shifted": (SAME, lambda x: x.roll(1), "shifted by one place."),
    "shifted to the front": (SAME, lambda x: x.roll(-1), "by one place to the front"),
    "transposed": (MATRIX, lambda x: x - 2 * x[:, None], "the right table transposed"),
    "rows reversed": (MATRIX, lambda x: (x[:, None] - 2 * x).flip(1), "the right rows in reverse"),
    "results exchanged": (BOTH, lambda p, q: (q.max() + 1, p.sum()), "in the other order"),
    "arguments exchanged": (GAP, lambda p, q: (q * q - p).sum(), "right, with p and q exchanged"),
    "an argument ignored": (GAP, lambda p, q: (p * p).sum() + 0.3, "q changes nothing"),
    "too much listened to": (UNUSED, lambda p, q: p.sum() + q.prod(), "your result changes with q"),
}


@pytest.mark.parametrize("name", SAID)
def test_an_experiment_says_what_it_is_meant_for(name):
    check, answer, sentence = SAID[name]
    assert sentence in (told(check, answer) or "")
    assert sentence in check.judge(answer).text


@pytest.mark.parametrize("check", [SAME, MEAN, PLAIN_MEAN, GAP, BOTH, MATRIX, ENDLESS])
def test_no_experiment_says_a_word_of_a_right_answer(check):
    (right,) = check.table.functions(check.table.right)
    assert told(check, right) is None
    assert check.judge(right).solved


SILENT = {  # what fits two sentences, or none
    "rows of two: reversed or shifted": (TWO, lambda x: x.flip(0)),
    "arguments exchanged or the sign turned": (EXCHANGE, lambda p, q: (q - p).sum()),
    "rounded, or rounded down": (POSITIVE, lambda x: x.floor()),
    "something else": (SAME, lambda x: x + x**3),
    "a factor in all cases but one": (SAME, lambda x: x if len(x) == 3 else 2 * x),
    "a factor that is one, but for rounding": (SAME, lambda x: 1.0005 * x),
    "a constant in all cases but one": (SAME, lambda x: x + (len(x) == 3)),
    "infinitely large": (ENDLESS, lambda x: INF * x),
    "infinite where it should not be": (ENDLESS, lambda x: torch.where(x > 1, INF, 2 * x)),
    "not a number in one place": (SAME, lambda x: 2 * x.where(x != 0.25, math.nan)),
    "a number too few": (BOTH, lambda p, q: p.sum()),
    "a stop in one case": (SAME, lambda x: 2 * x[[0, 1, 2]]),
    "n - 2": (PLAIN_MEAN, lambda x: x.sum() / (len(x) - 2 + 1e-9)),
    "cut off, but two numbers are left": (LARGE, lambda x: x.clamp(0, 1)),
    "nearly a constant away, of tiny numbers": (TINY, lambda x: 1e-5 * x + 4e-6 * x.cos() + 4e-6),
    "an argument that nobody needs": (UNUSED, lambda p, q: p.prod()),
    "two results that are both wrong": (BOTH, lambda p, q: (q.max(), p.sum())),
}


@pytest.mark.parametrize("name", SILENT)
def test_what_no_experiment_singles_out_stays_unsaid(name):
    check, answer = SILENT[name]
    assert told(check, answer) is None
    assert not check.judge(answer).solved


def test_too_few_different_numbers_bear_no_sentence():
    few = made_up("lambda x: x.sum()", (row(1, 2),), (row(3, 0),), (row(5, 0),))
    assert told(few, lambda x: 2 * x.sum()) is None
    enough = made_up("lambda x: x.sum()", (row(1, 2),), (row(3, 1),), (row(5, 0),))
    assert "twice" in told(enough, lambda x: 2 * x.sum())


def test_gradients_take_part_in_a_factor_and_not_in_a_constant():
    slope = made_up("lambda x: x * x", *((x,) for x in X), slopes=(0,))
    assert "twice the right value" in told(slope, lambda x: 2 * x * x)
    assert "always +3 away" in told(slope, lambda x: x * x + 3)
    assert told(slope, lambda x: x * x + (x - x.detach())) is None
    assert (
        "the values are right and a slope is not"
        in slope.judge(lambda x: x * x + (x - x.detach())).text
    )


def test_a_slope_by_what_stands_inside_of_an_argument_has_a_name():
    """A layer that is handed over shows whether it could learn."""
    layer = nn.Linear(2, 1, bias=False).double()
    nn.init.ones_(layer.weight)
    inside = ("the layer's weights", lambda x, net: net.weight)
    check = made_up("lambda x, net: net(x).sum()", (row(1, 2), layer), slopes=(0, inside))
    assert check.judge(lambda x, net: (net.weight[0] * x).sum()).solved
    deaf = check.judge(lambda x, net: net.weight.detach()[0] @ x)
    assert "the gradient by the layer's weights should be [[1, 2]]; yours is [[0, 0]]" in deaf.text
    still = check.judge(lambda x, net: net(x.detach()).sum())
    assert "the gradient by x should be [1, 1]; yours is [0, 0]" in still.text
    assert layer.weight.grad is None


def test_a_case_that_is_to_be_refused():
    check = made_up("lambda x: {3.0: 1.0}[x]", (3.0,), (4.0,))
    assert check.judge(lambda x: {3.0: 1}[x]).solved
    assert "case 2: x = 4 should stop with KeyError" in check.judge(lambda x: 1.0).text
    other = check.judge(lambda x: 1 if x == 3 else [][1])
    assert "and you get IndexError" in other.text


def test_pairs_of_slips_are_told_and_one_slip_before_two():
    slips = (Slip("x * 3", "x * 4", "four."), Slip("+ 1", "- 1", "minus."))
    check = made_up("lambda x: x * 3 + 1", *((x,) for x in X), slips=slips)
    assert check.judge(lambda x: 4 * x + 1).text == "four."
    assert check.judge(lambda x: 4 * x - 1).text == (
        "two things at once. First: four. And then: minus."
    )


# -- what an answer did ----------------------------------------------------------------------

ONES = torch.ones(2, 2)
AS_NUMBERS = {  # the same numbers in many forms
    "a tensor": row(1, 2),
    "float32": torch.tensor([1.0, 2.0]),
    "whole numbers": torch.tensor([1, 2]),
    "a learnt one": row(1, 2).requires_grad_(),
    "sparse": row(1, 2).to_sparse(),
    "NumPy": np.array([1, 2], dtype=np.uint16),
    "NumPy, backwards": np.array([2.0, 1.0])[::-1],
    "half of a precision": np.array([1, 2], dtype=np.float16),
    "objects": np.array([1, 2.0], dtype=object),
    "a list": [1, 2.0],
    "a tuple": (1, 2),
    "tensors in a list": [torch.tensor(1.0), torch.tensor([2.0])],
    "fractions": [Fraction(1), Fraction(2)],
    "a dictionary": {"a": 1, "b": 2},
    "truth and a number": (True, 2),
}


@pytest.mark.parametrize("name", AS_NUMBERS)
def test_numbers_are_compared_in_any_form(name):
    assert alike(flat(AS_NUMBERS[name]), flat(row(1, 2)))
    assert not alike(flat(AS_NUMBERS[name]), flat(row(1, 2.1)))
    assert flat(AS_NUMBERS[name]).unlike_in_form(flat(row(1, 2))) is None


def test_infinity_and_nan_are_numbers_that_can_be_right():
    assert alike(flat([INF, math.nan, -INF]), flat([INF, math.nan, -INF]))
    assert not alike(flat([INF, 0.0]), flat([-INF, 0.0]))
    assert not alike(flat([math.nan]), flat([0.0]))
    assert alike(flat(10**400), flat(INF))
    assert flat([INF, 1.5]).off(flat([INF, 1.0])) == 0.5


def test_complex_numbers_and_texts():
    assert alike(flat(1 + 2j), flat(np.complex64(1 + 2j)))
    assert alike(flat(torch.tensor(1 + 2j)), flat(1 + 2j))
    assert alike(flat(("a", 1)), flat(np.array(["a", 1], dtype=object)))
    assert not alike(flat("1"), flat(1))
    assert flat(None) == flat("None")
    assert "object of type set_iterator" in str(flat(iter({1})))


FORMS = {
    "more": ((1, 2), 1.0, "one result should come back, and 2 do."),
    "fewer": (1.0, (1, row(1, 2)), "2 results should come back, and 1 does."),
    "a text": ("yes", 1.0, "'yes' comes back where a number should."),
    "no text": (1.0, "yes", "a number comes back where a text should."),
    "many for one": (row(1, 2), torch.tensor(1.0), "bring them together"),
    "another shape": (ONES, row(1, 2), "has shape (2, 2), and it should be (2,)"),
    "many for a row of one": (row(1, 2), row(1), "has shape (2,), and it should be (1,)"),
}


@pytest.mark.parametrize("name", FORMS)
def test_a_wrong_form_is_told(name):
    mine, right, said = FORMS[name]
    assert said in flat(mine).unlike_in_form(flat(right))
    assert not alike(flat(mine), flat(right))


def test_a_number_of_any_shape_is_one_number():
    assert alike(flat(torch.ones(1, 1)), flat(1.0))
    assert flat(torch.ones(1, 1)).unlike_in_form(flat(1.0)) is None


TEXTS = {
    "0.3333": 1 / 3,
    "1.235e+05": 123456.0,
    "0.00012": 0.000123,
    "0": 0.0,
    "inf": INF,
    "[1, 2.5]": row(1, 2.5),
    "[[1, 1], [1, 1]]": ONES,
    "numbers of shape (3, 3)": torch.ones(3, 3),
    "int64 numbers of shape (9,)": torch.arange(9),
    "(1, [2, 3])": (1, [2, 3]),
    "square": torch.square,
    "True": True,
}


@pytest.mark.parametrize("text", TEXTS)
def test_numbers_are_shown_as_a_learner_would_write_them(text):
    assert text_of(TEXTS[text]) == text


def test_arguments_are_shown_with_their_names():
    assert shown(["p", "n"], (row(1, 0.5), 3)) == "p = [1, 0.5], n = 3"
    assert shown(["G", "n"], (made_up, 3)) == "G = made_up, n = 3"
    assert shown(["made_up", "n"], (made_up, 3)) == "n = 3"  # its name says nothing more
    assert number_of(1 + 2j) == "1+2j"
    assert str(Seen([torch.tensor(2.0), "yes"])) == "(2, yes)"
