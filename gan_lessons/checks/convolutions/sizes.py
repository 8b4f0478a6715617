"""The size of the next map: an exercise of lesson 07, Build a DCGAN."""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor
from torch.nn import functional as F

from gan_lessons.checks.exercise import Wrong, exercise

SLIPS_OUT: dict[str, Callable[[int, int, int, int], float]] = {
    "you round up; torch rounds down: a kernel that would hang over the edge is not placed. "
    "Use // on the right side of the division.": lambda n, k, s, p: -(-(n + 2 * p - k) // s) + 1,
    "the + 1 is missing: a kernel as large as the image still fits once.": (
        lambda n, k, s, p: (n + 2 * p - k) // s
    ),
    "the padding is counted once, but it is put on both sides.": (
        lambda n, k, s, p: (n + p - k) // s + 1
    ),
    "this is the size of a *transposed* convolution: the two functions are exchanged.": (
        lambda n, k, s, p: (n - 1) * s - 2 * p + k
    ),
    "+ 1 belongs behind the division: first how many steps of the stride fit, then the first "
    "place is added.": lambda n, k, s, p: (n + 2 * p - k + 1) // s,
    "the kernel is left out: its own width is lost once.": lambda n, k, s, p: (n + 2 * p) // s + 1,
    "size / stride is right only where the padding makes up for the kernel.": (
        lambda n, k, s, p: n // s
    ),
}
Slip = Callable[[int, int, int, int, int], float]
SLIPS_TRANSPOSE: dict[str, Slip] = {
    "output_padding is left out: it adds that many pixels at one end.": (
        lambda n, k, s, p, o: (n - 1) * s - 2 * p + k
    ),
    "output_padding is counted twice: it is added at one end only.": (
        lambda n, k, s, p, o: (n - 1) * s - 2 * p + k + 2 * o
    ),
    "the padding is added. Here it cuts pixels off, for the convolution that this one turns "
    "around had added them.": lambda n, k, s, p, o: (n - 1) * s + 2 * p + k + o,
    "between n pixels lie n - 1 steps of the stride, not n.": (
        lambda n, k, s, p, o: n * s - 2 * p + k + o
    ),
    "the padding is counted once, but it is cut off on both sides.": (
        lambda n, k, s, p, o: (n - 1) * s - p + k + o
    ),
    "this is the size of an ordinary convolution: the two functions are exchanged.": (
        lambda n, k, s, p, o: (n + 2 * p - k) // s + 1
    ),
    "size * stride is right only where padding and kernel balance.": lambda n, k, s, p, o: n * s,
    "the pixel under the last step is missing: k is what one pixel spreads over, not k - 1.": (
        lambda n, k, s, p, o: (n - 1) * s - 2 * p + k - 1 + o
    ),
}


def _convolutions() -> Iterator[tuple[tuple[int, int, int, int], int]]:
    """Yield every (n, k, s, p) of a grid with the size that torch really makes of it."""
    for n in range(1, 11):
        image = torch.zeros(1, 1, n)
        for k in range(1, 6):
            for s in range(1, 5):
                for p in range(3):
                    if n + 2 * p >= k:
                        made = F.conv1d(image, torch.zeros(1, 1, k), stride=s, padding=p)
                        yield (n, k, s, p), made.shape[-1]


def _transposed() -> Iterator[tuple[tuple[int, int, int, int, int], int]]:
    """The same for transposed convolutions and (n, k, s, p, output_padding)."""
    for n in range(1, 8):
        image = torch.zeros(1, 1, n)
        for k in range(1, 6):
            weight = torch.zeros(1, 1, k)
            for s in range(1, 4):
                for p in range(3):
                    for o in range(s):
                        if (n - 1) * s - 2 * p + k + o >= 1:
                            more = {"stride": s, "padding": p, "output_padding": o}
                            yield (
                                (n, k, s, p, o),
                                F.conv_transpose1d(image, weight, **more).shape[2],
                            )


def _compare(answer: Callable, name: str, cases: list, slips: dict[str, Callable]) -> None:
    said = [answer(*case) for case, _ in cases]
    if any(value is None for value in said):
        raise Wrong(f"{name} returns nothing: end with return.")
    if any(isinstance(value, tuple | list | Tensor) for value in said):
        raise Wrong(
            f"{name} returns a {type(said[0]).__name__}: one whole number is asked for, the "
            "size along one side."
        )
    if any(not isinstance(value, int) for value in said):
        if any(not float(value).is_integer() for value in said):
            raise Wrong(
                f"{name}{cases[0][0]} and others come out as fractions, and there is no part of a "
                "pixel: divide with //, which rounds down."
            )
        raise Wrong(f"{name} returns a {type(said[0]).__name__}: divide with //, sizes are int.")
    off = [i for i, (_, true) in enumerate(cases) if said[i] != true]
    if not off:
        return
    for diagnosis, slip in slips.items():
        if all(value == slip(*case) for value, (case, _) in zip(said, cases, strict=True)):
            raise Wrong(f"{name}: {diagnosis}")
    case, true = cases[off[0]]
    letters = dict(zip(("n", "k", "s", "p", "output_padding"), case, strict=False))
    told = ", ".join(f"{letter} = {value}" for letter, value in letters.items())
    raise Wrong(
        f"{name}: for {told} torch makes {true} pixels, you say {said[off[0]]}. "
        f"{len(cases) - len(off)} of {len(cases)} cases are right."
    )


@exercise(
    title="The size of the next map",
    proves="both formulas agree with torch, on more than 1,100 choices of the numbers.",
    hints=(
        "Padding makes the image n + 2p wide. The kernel's left edge can stand at 0, s, 2s, … as "
        "long as its right edge stays inside: how many places are that?",
        "conv_out: (n + 2 * p - k) // s + 1. The other way round, n pixels have n - 1 steps of s "
        "between them, and the last one spreads over k.",
        "conv_transpose_out: (n - 1) * s - 2 * p + k + output_padding.",
    ),
)
def sizes(conv_out: Callable, conv_transpose_out: Callable) -> None:
    """Check ``conv_out(n, k, s, p)`` and ``conv_transpose_out(n, k, s, p, output_padding)``."""
    _compare(conv_out, "conv_out", list(_convolutions()), SLIPS_OUT)
    _compare(conv_transpose_out, "conv_transpose_out", list(_transposed()), SLIPS_TRANSPOSE)
