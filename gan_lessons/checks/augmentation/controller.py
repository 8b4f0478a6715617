"""The controller: an exercise of lesson 13, Learn from little data."""

from collections.abc import Callable

import torch

from gan_lessons.checks.exercise import Wrong, a_float, exercise, near


@exercise(
    title="The controller",
    proves="p climbs by one speed while the mean sign of D(real) is above the target, falls by it "
    "otherwise, and stays between 0 and 1.",
    hints=(
        "r = mean of the signs of the real logits, between -1 and 1. Above the target D is too "
        "sure: p goes up by speed. Otherwise down.",
        "real_logits.sign().mean(). Then keep p in 0 … 1, as min(max(p, 0), 1) does.",
        "step = speed if real_logits.sign().mean() > target else -speed; return min(max(p + step, "
        "0.0), 1.0)",
    ),
)
def controller(answer: Callable) -> None:
    """Check ``controller(p, real_logits, fake_logits, target, speed)`` on logits of known sign."""
    ask = _Controller(answer)
    sure, unsure, low = [1.0] * 9 + [-1.0], [1.0] * 6 + [-1.0] * 4, [-2.0] * 10
    up, down = ask(sure, low), ask(unsure, low)
    if near(up, 0.49) and near(down, 0.51):
        raise Wrong(
            "the sign is wrong: where D is sure of its training images (r above the target), p "
            "goes up."
        )
    if near(up, 0.5) and near(down, 0.5):
        raise Wrong("p never moves.")
    if near(ask(low, sure), 0.51):
        raise Wrong("p follows the fake logits: overfitting shows on the real ones.")
    if near(ask([90.0] + [-1.0] * 9, low), 0.51):
        raise Wrong("the mean of the logits decides: take each one's sign first, then the mean.")
    some = [2.0] * 7 + [-1.0] * 3
    if near(ask(some, low), 0.51) and near(ask(some, low, target=0.95), 0.49):
        raise Wrong(
            "r is 0.4 for 7 positive and 3 negative logits, and your p goes up at a target of 0.6: "
            "take the mean of signs (-1 or 1), not the share of positive ones or the sign of the "
            "mean."
        )
    if near(ask(unsure, low, target=0.1), 0.49) or near(ask(sure, low, target=0.9), 0.51):
        raise Wrong("the target is ignored: compare r with the one you are given.")
    if not (near(up, 0.51) and near(down, 0.49)):
        if abs(up - 0.5) > 1e-9 and not near(abs(up - 0.5), abs(down - 0.5)):
            raise Wrong("p moves by another amount each time: always by speed, up or down.")
        raise Wrong(f"from p = 0.5 with a speed of 0.01 your p goes to {up:.3f} and {down:.3f}.")
    if not near(ask(sure, low, speed=0.2), 0.7):
        raise Wrong("the speed is ignored: p moves by the one you are given.")
    for start, logits, end in ((0.995, sure, 1.0), (0.004, unsure, 0.0)):
        if not near(got := ask(logits, low, p=start), end):
            raise Wrong(f"from p = {start} your p goes to {got:.3f}: keep it between 0 and 1.")


class _Controller:
    """Ask for the next p with all but a few things as usual."""

    def __init__(self, answer: Callable):
        self.answer = answer

    def __call__(self, real: list, fake: list, *, p=0.5, target=0.6, speed=0.01) -> float:
        logits = torch.tensor(real), torch.tensor(fake)
        return a_float(self.answer(p, *logits, target, speed), "the next p")
