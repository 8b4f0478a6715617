"""A derivative by autograd: an exercise of lesson 00, Start here."""

from collections.abc import Sequence

import torch
from torch import Tensor

from gan_lessons.checks.grader import Case, Slip, Table, Value, case

RIGHT = """
def slope(f, x):
    x = torch.tensor(x, requires_grad=True)
    f(x).backward()
    return x.grad.item()
"""

EMPTY = (
    "x.grad is still None. backward() fills it, and only for the very tensor that was told to "
    "remember: requires_grad=True."
)

SLIPS = (
    Slip(
        "x.grad.item()",
        "f(x).item()",
        "that is f(x) itself, not its slope: the slope is what backward() leaves in x.grad.",
    ),
    Slip("x.grad.item()", "-x.grad.item()", "the sign of the slope is turned."),
    Slip(
        "return x.grad.item()",
        "return",
        "you return None: backward() returns nothing, the slope is in x.grad. "
        "Call it first, then return x.grad.item().",
    ),
    Slip(
        ", requires_grad=True",
        "",
        "x was not told to remember what is done with it: "
        "torch.tensor(x, requires_grad=True), before f sees it.",
    ),
    Slip("f(x).backward()", "f(x)", EMPTY),
    Slip("requires_grad=True)", "requires_grad=True) * 1", EMPTY),
    Slip(
        "x = torch.tensor(x, requires_grad=True)",
        "pass",
        "x is a plain number, which remembers nothing: make a tensor of it, "
        "torch.tensor(x, requires_grad=True).",
    ),
    Slip("x.grad.item()", "x.item()", "that is x itself: its slope is in x.grad."),
    Slip(
        "x.grad.item()",
        "(f(x + 1) - f(x)).item()",
        "that is f(x + 1) − f(x), the rise over a whole step. The slope at x itself is what "
        "backward() leaves in x.grad.",
    ),
    Slip(
        "x.grad.item()",
        "(f(x) / x).item()",
        "that is f(x) / x, the slope of the line from 0 to that point. The slope of f at x is in "
        "x.grad after backward().",
    ),
    Slip(
        "x.grad.item()",
        "2 * x.grad.item()",
        "twice the slope. If backward() runs two times, x.grad adds both up: once is enough. (And "
        "from x − h to x + h it is 2h.)",
    ),
    Slip("x.grad.item()", "f(x.grad).item()", "that is f of the slope: return x.grad as it is."),
    Slip(
        "f(x).backward()",
        "torch.autograd.grad(f(x), x, create_graph=True)[0].backward()",
        "that is the second derivative, the slope of the slope: differentiate once.",
    ),
    Slip("x.grad.item()", "round(x.grad.item())", "the slope is rounded to a whole number."),
)


def square(t: Tensor) -> Tensor:
    """Return t². Lesson 00."""
    return t**2


def falling(t: Tensor) -> Tensor:
    """Return a straight line of slope −3. Lesson 00."""
    return 1 - 3 * t


def cases(seed: int) -> Sequence[Case]:
    """Return functions, each with a float to ask for the slope at."""
    rng = torch.Generator().manual_seed(seed)
    a, b, c = (0.5 + torch.rand(3, generator=rng)).tolist()
    return (
        case("t² at 3", square, 3.0),
        case("a sine", torch.sin, a),
        case("a straight line that falls", falling, 2 * b),
        case("an exponential", torch.exp, -c),
        case("t² at a negative number", square, -b - c),
    )


slope = Value(
    title="A derivative by autograd",
    proves="you can ask PyTorch for a slope.",
    hints=(
        "The slope of f at x is what backward() leaves in x.grad, if x was told to remember: "
        "torch.tensor(x, requires_grad=True).",
        "x = torch.tensor(x, requires_grad=True); y = f(x); y.backward(); then look at x.grad.",
        "Return x.grad.item().",
    ),
    asks="Check ``slope(f, x)``: the derivative of f at the float x, as a number.",
    table=Table(RIGHT, SLIPS),
    cases=cases,
    refused={
        "transform API must be Tensor": "torch.func.grad(f) takes a tensor: hand it "
        "torch.tensor(x).",
        "must be Tensor, not float": "f takes a tensor: make one of x, "
        "torch.tensor(x, requires_grad=True), before f sees it.",
        "'float' object has no attribute 'backward": "backward() is called on a plain number: "
        ".item() or float() came too early. First y.backward(), then x.grad.item().",
        "'float' object has no attribute": "x is a plain number, which remembers nothing: make a "
        "tensor of it, torch.tensor(x, requires_grad=True).",
    },
    share=2e-3,  # a difference over a small step is right as well
    least=1e-4,
)
