"""Under which name: an exercise of lesson 14, Ask for what you want."""

import torch

from gan_lessons.checks.exercise import Wrong, a_float
from gan_lessons.checks.grader import Property, Slip, Table

RIGHT = """
own = (1 / 2) / (1 / 2 + 1 / 2)
unrelated = (1 / 2) / (1 / 2 + 1 / 4)
frequent = 0.8 / (0.8 + 0.5)
"""
TRUE = {"my_own": 1 / 2, "my_unrelated": 2 / 3, "my_frequent": 8 / 13}
AGREES = 0.005  # two decimals are enough

SLIPS = (
    Slip("own = (1 / 2) / (1 / 2 + 1 / 2)", "own = 1.0", "D cannot be sure"),
    Slip("own = (1 / 2) / (1 / 2 + 1 / 2)", "own = 0.0", "D cannot be sure"),
    Slip("own = (1 / 2) / (1 / 2 + 1 / 2)", "own = 1 / 4", "equally frequent among real and fake"),
    Slip("1 / 2 + 1 / 4)", "1 / 2 + 1 / 2)", "names of another batch leave only half"),
    Slip("(1 / 2) / (1 / 2 + 1 / 4)", "(1 / 4) / (1 / 2 + 1 / 4)", "this is the fakes' share"),
    Slip("(1 / 2) / (1 / 2 + 1 / 4)", "(1 / 2) / (1 / 4)", "a ratio p/q"),
    Slip("(1 / 2) / (1 / 2 + 1 / 4)", "math.log(2)", "that is the logit"),
    Slip("(1 / 2) / (1 / 2 + 1 / 4)", "1.0", "some fakes get their own name by luck"),
    Slip("(1 / 2) / (1 / 2 + 1 / 4)", "1 / (1 + 1 / 4)", "all real pictures are zeros"),
    Slip("1 / 4)", "1 / 8)", "q is halved once too often"),
    Slip("0.8 / (0.8 + 0.5)", "0.4 / (0.4 + 0.5)", "nothing is halved"),
    Slip("0.8 / (0.8 + 0.5)", "0.5", "more frequent among the data than among the fakes"),
    Slip("0.8 / (0.8 + 0.5)", "0.8", "what D says compares"),
    Slip("0.8 / (0.8 + 0.5)", "0.5 / (0.8 + 0.5)", "this is the fakes' share"),
    Slip("0.8 / (0.8 + 0.5)", "0.2 / (0.2 + 0.5)", "that is the answer for a picture of a 1"),
    Slip("0.8 / (0.8 + 0.5)", "0.8 / 0.5", "a ratio p/q"),
    Slip("0.8 / (0.8 + 0.5)", "math.log(1.6)", "that is the logit"),
)

FAKES = "this is the fakes' share of such pairs, q/(p + q): D says the real ones', p/(p + q)."
RATIO = "a ratio p/q is no probability: D says p/(p + q)."
LOGIT = "that is the logit, ln(p/q): the probability is asked, p/(p + q)."
SAYS = {
    "my_own": {
        1.0: "D cannot be sure: G is perfect, and such a pair is as frequent among its fakes, too.",
        0.0: "D cannot be sure that such a pair is fake: it is as frequent among real ones. At "
        "logit 0 D's probability is not 0.",
        0.25: "such pairs are equally frequent among real and fake ones, so p = q, and D says "
        "p/(p + q).",
    },
    "my_unrelated": {
        1 / 2: "names of another batch leave only half of G's zeros the name 0: p is still 1/2, "
        "and q is less.",
        1 / 3: FAKES,
        2.0: RATIO,
        0.6931: LOGIT,
        1.0: "some fakes get their own name by luck: half of the zeros do, so q is not 0.",
        0.8: "one of these: you compare 1 with 1/4, as if all real pictures are zeros, and half of "
        "them are. Or: you compare 1/2 with 1/8, and q is halved once too often: half of the fakes "
        "are zeros, and half of those get the name 0.",
        0.75: "such pairs are not that rare among fakes: of the real pairs half are of this kind, "
        "of the fake ones a quarter.",
        8 / 13: "that is the answer to the third game.",
        0.25: "that is q alone, the share of such pairs among the fakes: D says p/(p + q).",
    },
    "my_frequent": {
        0.5: "pairs of the name 0 are more frequent among the data than among the fakes: p = 0.8, "
        "q = 0.5. That alone gives fakes away.",
        0.8: "that is p alone: what D says compares it with q, the share of such pairs among the "
        "fakes.",
        5 / 13: FAKES,
        2 / 7: "that is the answer for a picture of a 1: a 0 was asked.",
        2 / 3: "that is the answer to the second game.",
        4 / 9: "you compare 0.4 with 0.5. In 80 % of the real pairs picture and name are a 0, so p "
        "is 0.8: a real picture has its own name, and nothing is halved.",
        1.6: RATIO,
        0.47: LOGIT,
    },
}


def make(own: object, unrelated: object, frequent: object) -> tuple[float, float, float]:
    """Return the three answers as floats."""
    numbers = []
    for name, value in zip(TRUE, (own, unrelated, frequent), strict=True):
        if isinstance(value, list | tuple) and len(value) == 1:
            (value,) = value
        if hasattr(value, "dtype"):
            value = torch.as_tensor(value)
        numbers.append(a_float(value, name))
    return tuple(numbers)


def _all_are_probabilities(*numbers: float) -> str | None:
    if all(abs(x - y) < 0.02 for x, y in zip(numbers, (1, 2, 1.6), strict=True)):
        return RATIO
    if all(abs(x - y) < 0.02 for x, y in zip(numbers, (0, 0.693, 0.47), strict=True)):
        return "these are logits, ln(p/q): probabilities are asked, p/(p + q)."
    if any(number > 2.5 for number in numbers) and max(numbers) <= 100:
        return "probabilities are asked, from 0 to 1, not percent."
    return None


def _each_is_right(*numbers: float) -> str | None:
    for (name, true), number in zip(TRUE.items(), numbers, strict=True):
        if abs(number - true) < AGREES:
            continue
        for value, said in SAYS[name].items():
            if abs(number - value) < AGREES:
                raise Wrong(f"{name}: {said}")
        return (
            f"{name} is not {number:.3g}. Write down how frequent the pair (picture of a 0, name "
            "0) is among real pairs, p, and among fake ones, q; the best D says p/(p + q)."
        )
    return None


under_which_name = Property(
    title="Under which name?",
    proves="a perfect G is left in peace only where each fake carries its own order, and orders "
    "are as frequent as in the data.",
    hints=(
        "The best D says p/(p + q): p is how frequent the pair (picture of a 0, name 0) is among "
        "real pairs, q among fake ones.",
        "In the second game half of the fakes are zeros, and half of those get the name 0: q is a "
        "quarter. In the third p = 0.8 and q = 0.5.",
        "my_own = 1 / 2; my_unrelated = (1 / 2) / (1 / 2 + 1 / 4); my_frequent = 0.8 / (0.8 + 0.5)",
    ),
    asks="Check three probabilities that the best D gives a picture of a 0 with the name 0.",
    table=Table(RIGHT, SLIPS),
    make=make,
    facts=(_all_are_probabilities, _each_is_right),
)
