"""How the two losses of a game are asked: by values and slopes, on outputs of every size.

The base of lesson 10's checks: :class:`Game`, its cases, and what goes wrong with any loss.
"""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from gan_lessons.checks.exercise import Raised, Wrong, speak
from gan_lessons.checks.grader import Answer, Case, Value, case
from gan_lessons.checks.seen import Seen

D, G = 0, 1  # the parts of an answer

CONSTANT = "The constant that you add changes no slope, so it changes no step."
SIGN = "the sign is turned. An optimizer makes a loss smaller."
SUM = "you add up over the samples: take the mean."
DETACHED = (
    "no gradient reaches on_{}: no .detach() here. What a loop detaches is G's *samples*, "
    "never D's outputs."
)
REFUSED = {
    "leaf Variable": "your code changes the outputs in place, and autograd still needs them. "
    "Compute a new value instead (no -=, no method that ends in _).",
    "must match the size": "the shapes do not fit: on_real and on_fake are (B,) each.",
}


def cases(seed: int) -> Sequence[Case]:
    """Return outputs (B,) of both kinds: one, a few on both sides of the margins, and sure ones."""
    rng = torch.Generator().manual_seed(seed)

    def spread(n: int, most: float) -> Tensor:
        return most * (2 * torch.rand(n, generator=rng) - 1)

    far = torch.tensor([1.0, -1.0, 1.0, -1.0])
    outputs = {
        "one sample of each kind": (spread(1, 0.9), spread(1, 0.9)),
        "two samples of each kind": (spread(2, 0.9), spread(2, 0.9)),
        "outputs near the margins": (
            1.3 * far[:3] + spread(3, 0.2),
            1.3 * far[1:] + spread(3, 0.2),
        ),
        "outputs up to ±3": (3 * far[:3] + spread(3, 0.5), spread(3, 3)),
        "five of each kind": (spread(5, 3), spread(5, 3)),
        "outputs of ±20": (20 * far, 20 * far.flip(0) + spread(4, 1)),
        "outputs of ±150": (150 * far, 150 * far.flip(0) + spread(4, 1)),
    }
    return [case(label, *both, part=part) for part in (D, G) for label, both in outputs.items()]


def loss_of_d(d: Callable, g: Callable, on_real: Tensor, on_fake: Tensor) -> object:
    """Return D's loss for outputs (B,) and (B,), or raise :class:`Wrong` for what is none."""
    return _a_loss(d, on_real, on_fake)


def loss_of_g(d: Callable, g: Callable, on_real: Tensor, on_fake: Tensor) -> object:
    """Return G's loss likewise; what it does with the real outputs is not seen in its slopes."""
    return _a_loss(g, on_real.detach().requires_grad_(), on_fake)


def _a_loss(loss: Callable, *outputs: Tensor) -> object:
    found = loss(*outputs)
    if any(x.grad is not None for x in outputs):
        raise Wrong("it calls backward(): leave that to the training loop and return the loss.")
    if isinstance(found, tuple | list):
        raise Wrong(f"it has {len(found)} parts: add them up, a loss is one number.")
    if isinstance(found, nn.Module):
        raise Wrong(
            "a layer comes back: nn.MSELoss is made first, then called: nn.MSELoss()(a, b)."
        )
    if found is not None and not isinstance(found, Tensor):
        raise Wrong(
            "it is no tensor, so backward() cannot start from it: return what the mean gives, "
            "without .item(), float() or NumPy."
        )
    return found


def one_number_a_row(loss: Callable) -> Callable:
    """Return a loss whose value has no axes and the outputs' own precision. Lesson 10."""

    def plain(on_real: Tensor, on_fake: Tensor) -> Tensor:
        return loss(on_real, on_fake).reshape(()).to(on_fake.dtype)

    return plain


def runs_row_by_row(loss: Callable) -> bool:
    """Say whether ``torch.vmap`` makes of a loss what it is, slopes included. Lesson 10."""
    plain, rng = one_number_a_row(loss), torch.Generator().manual_seed(0)
    rows = 2 * torch.randn(2, 3, 4, generator=rng)  # real and fake, three runs, four samples
    slopes = []
    try:
        for apply in (torch.vmap(plain), lambda r, f: torch.stack(list(map(plain, r, f)))):
            outputs = rows.clone().requires_grad_()
            slopes += torch.autograd.grad(apply(*outputs).sum(), outputs)
    except Exception:  # what vmap refuses is many things: an if, .item(), a shape of its own
        return False
    return torch.allclose(*slopes, atol=1e-5)


class Game(Value):
    """An exercise of two losses, D's and G's, of (on_real, on_fake). Lesson 10.

    A loss that is right but for a constant is right: its slopes are all that a step sees. G's slope
    at the real outputs is nobody's business, since G cannot move them.

    Args:
        more: what a :class:`Value` takes; without ``signs`` D's slopes are looked at side by side.
    """

    def __init__(self, **more):
        more.setdefault("signs", self.one_side_is_right)
        super().__init__(
            cases=cases,
            observe=(loss_of_d, loss_of_g),
            slopes=(0, 1),
            called=("D's loss", "G's loss"),
            refused=REFUSED,
            **more,
        )

    def yours(self, otherwise: Answer) -> Answer:
        """As :meth:`Exercise.yours`, for many runs side by side. Lesson 10.

        What is right but cannot be taken row by row, by ``torch.vmap``, gives way to the course's.
        """
        if self.right is None:
            return super().yours(otherwise)
        if not all(map(runs_row_by_row, self.right)):
            speak(
                f"▶ {self.title}: yours is right, but torch.vmap cannot run it for many GANs at "
                "once (an if on a number, .item() …): the course's own runs here."
            )
            return otherwise
        return tuple(map(one_number_a_row, super().yours(otherwise)))

    def _grade_part(
        self, parts: Answer, asked: Sequence[Case], before: Sequence[Sequence[Case]]
    ) -> str | None:
        try:
            return super()._grade_part(parts, asked, before)
        except Wrong:
            if self.right_but_for_a_constant(parts, asked):
                return CONSTANT
            raise

    def right_but_for_a_constant(self, parts: Answer, asked: Sequence[Case]) -> bool:
        """Say whether all slopes are right, and all values as far from right ones. Lesson 10."""
        pairs = list(
            zip(self.all_of(parts, asked), self.known(self.table.right, asked), strict=True)
        )
        if any(isinstance(mine, Raised) or mine.unlike_in_form(true) for mine, true in pairs):
            return False
        constant = pairs[0][0].parts[0].reshape(()) - pairs[0][1].parts[0].reshape(())
        moved = [(Seen([mine.parts[0] - constant, *mine.parts[1:]]), true) for mine, true in pairs]
        return all(self.alike(mine, true) for mine, true in moved)

    def one_side_is_right(self, parts: Answer, asked: Sequence[Case]) -> None:
        """Raise where D's slopes are right at one kind of outputs and not at the other. Lesson 10.

        Raises:
            Wrong: which kind to look at, with the smallest case.
        """
        if asked[0].part != D:
            return
        found, right = self.all_of(parts, asked), self.known(self.table.right, asked)
        good = [
            all(
                self.alike(Seen([mine.parts[k]]), Seen([true.parts[k]]))
                for mine, true in zip(found, right, strict=True)
            )
            for k in (1, 2)
        ]
        if any(good) and not all(good):
            fine, other = ("real", "fake") if good[0] else ("fake", "real")
            example = self._smallest(asked, found, right)
            raise Wrong(
                f"what you do with the {fine} samples is right, look at the {other} ones. "
                f"{example[0].upper()}{example[1:]}"
            )
