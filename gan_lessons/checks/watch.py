"""What a training program does with its networks and optimizers, seen from outside: lesson 22a.

A repair that heals nothing is told by what its samples are. Often more can be seen without a look
at its lines: that an optimizer's weights never moved, or that a network got the very same input in
every step.
"""

import sys
from collections import Counter, defaultdict
from collections.abc import Callable
from types import FrameType

import torch
from torch import Tensor, nn
from torch.nn.modules import module as modules
from torch.optim import Optimizer
from torch.optim import optimizer as optimizers

WRONG_WAY = 1.0  # by so much more a network says of others than of real samples, in the mean
MANY = 0.9  # of the steps: an input that came in so many of them is not drawn anew


class Watch:
    """Watches a program while it runs; use it as a context.

    Attributes:
        program, x, steps: what runs, on which data, and how many steps it is asked to make. saw: is
            called with what each network gets.
        inputs: of each network that the program calls, by its variable's name: how often each input
            came. drawn: how many calls of networks recorded no gradient.
        answers: of each network that says one number a sample: what it says of others than the rows
            of the data, and of these.

    Introduced in lesson 22a.
    """

    def __init__(self, program: Callable, x: Tensor, steps: int, saw: Callable[[Tensor], None]):
        self.program, self.x, self.steps, self.saw = program, x, steps, saw
        self.rows = set(map(hash_of, x))
        self.answers: dict[str, tuple[list[float], list[float]]] = defaultdict(lambda: ([], []))
        self.inputs: dict[str, Counter] = defaultdict(Counter)
        self.drawn = 0
        self._moved: dict[int, tuple[str, Optimizer, list[Tensor]]] = {}
        self._times: Counter = Counter()
        self._depth = 0

    def __enter__(self) -> "Watch":
        self._hooks = (
            modules.register_module_forward_pre_hook(self._before_a_call),
            modules.register_module_forward_hook(self._after_a_call, always_call=True),
            optimizers.register_optimizer_step_pre_hook(self._before_a_step),
        )
        return self

    def __exit__(self, *error: object) -> None:
        for hook in self._hooks:
            hook.remove()
        self.stuck = {
            name: self._times[key]
            for key, (name, optimizer, before) in self._moved.items()
            if all(map(torch.equal, weights_of(optimizer), before))
        }
        self._moved.clear()

    def told(self) -> str | None:
        """Say what was seen that no healthy training does, if anything. Lesson 22a."""
        for name, times in self.stuck.items():
            if times > self.steps / 2:
                return (
                    f"{name} makes {times} steps, and its weights end where they began: no "
                    "gradient is there when it steps."
                )
        for name, (of_others, of_real) in self.answers.items():
            if not (of_others and of_real):
                continue
            other, real = (sum(said) / len(said) for said in (of_others, of_real))
            if other - real > WRONG_WAY:
                return (
                    f"{name} says {real:.2g} of real samples on average, {other:.2g} of others: "
                    "one that learns to tell them apart says more of the real ones."
                )
        for name, seen in self.inputs.items():
            _, times = max(seen.items(), key=lambda one: one[1])
            if times >= MANY * self.steps > 20:
                return (
                    f"{name} gets the very same input in {times} of {self.steps} steps: something "
                    "that should be drawn anew is not."
                )
        return None

    def _before_a_call(self, net: nn.Module, given: tuple) -> None:
        self._depth += 1
        self.drawn += self._depth == 1 and not torch.is_grad_enabled()
        if self._depth == 1 and given and isinstance(given[0], Tensor):
            name = self._name(net)
            if name:
                self.inputs[name][hash_of(given[0])] += 1
            self.saw(given[0].detach())

    def _after_a_call(self, net: nn.Module, given: tuple, result: object) -> None:
        self._depth -= 1
        if self._depth or not (given and isinstance(given[0], Tensor)):
            return
        asked = given[0].detach()
        one_each = isinstance(result, Tensor) and result.numel() == len(asked)
        name = self._name(net) if one_each and asked.shape[1:] == self.x.shape[1:] else None
        if name:
            for row, answer in zip(asked, result.detach().flatten().tolist(), strict=True):
                self.answers[name][hash_of(row) in self.rows].append(answer)

    def _before_a_step(self, optimizer: Optimizer, *given: object) -> None:
        key = id(optimizer)
        self._times[key] += 1
        if key not in self._moved:
            before = [weight.clone() for weight in weights_of(optimizer)]
            self._moved[key] = self._name(optimizer) or "an optimizer", optimizer, before

    def _name(self, thing: object) -> str | None:
        """Return the name that a variable of the program's own lines has for a thing."""
        frame: FrameType | None = sys._getframe(2)
        lines = getattr(self.program, "__code__", None)
        while frame is not None and lines is not None:
            if frame.f_code.co_filename == lines.co_filename:
                names = [name for name, value in frame.f_locals.items() if value is thing]
                if names:
                    return names[0]
            frame = frame.f_back
        return None


def hash_of(x: Tensor) -> int:
    """Return a number that equal tensors share. Lesson 22a."""
    return hash(x.detach().cpu().numpy().tobytes())


def weights_of(optimizer: Optimizer) -> list[Tensor]:
    """Return what an optimizer moves. Lesson 22a."""
    return [weight.detach() for group in optimizer.param_groups for weight in group["params"]]
