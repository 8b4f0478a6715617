"""The size of the next map: an exercise of lesson 07, Build a DCGAN."""

import itertools
import random
from collections.abc import Iterator, Sequence

from gan_lessons.checks.grader import Case, Slip, Table, Value, case

RIGHT = """
def conv_out(n, k, s, p):
    return (n + 2 * p - k) // s + 1

def conv_transpose_out(n, k, s, p, output_padding):
    return (n - 1) * s - 2 * p + k + output_padding
"""
CONV, UP = "(n + 2 * p - k) // s + 1", "(n - 1) * s - 2 * p + k + output_padding"

SLIPS = (
    Slip(
        CONV,
        "-((k - n - 2 * p) // s) + 1",
        "you round up; torch rounds down: a kernel that would hang over the edge is not "
        "placed. Use // on the right side of the division.",
    ),
    Slip(
        "// s + 1",
        "/ s + 1",
        "sizes come out as fractions, and there is no part of a pixel: divide with //, "
        "which rounds down.",
    ),
    Slip(
        CONV,
        "round((n + 2 * p - k) / s) + 1",
        "you round to the nearest number; torch rounds down: a kernel that hangs over "
        "the edge by less than half a step is not placed either. Divide with //.",
    ),
    Slip(
        "// s + 1",
        "// s",
        "the + 1 is missing: a kernel as large as the image still fits once.",
    ),
    Slip(
        "n + 2 * p - k",
        "n + p - k",
        "the padding is counted once, but it is put on both sides.",
    ),
    Slip(
        "n + 2 * p - k",
        "n - k",
        "the padding is left out: it makes the image n + 2p wide.",
    ),
    Slip(
        "n + 2 * p - k",
        "n - 2 * p - k",
        "the padding is taken away. It is put around the image, which grows by it.",
    ),
    Slip(
        CONV,
        "(n - 1) * s - 2 * p + k",
        "this is the size of a *transposed* convolution: the two functions are exchanged.",
    ),
    Slip(
        "- k) // s + 1",
        "- k + 1) // s",
        "+ 1 belongs behind the division: first how many steps of the stride fit, then "
        "the first place is added.",
    ),
    Slip(
        "(n + 2 * p - k) // s",
        "(n + 2 * p - k) // (s + 1)",
        "+ 1 stands inside the divisor: divide by s, then add 1.",
    ),
    Slip(
        "(n + 2 * p - k) // s",
        "n + 2 * p - k // s",
        "only k is divided by s: * and / go before + and −, so put brackets around n + 2p − k.",
    ),
    Slip(
        "n + 2 * p - k",
        "n + 2 * p",
        "the kernel is left out: its own width is lost once.",
    ),
    Slip(
        "n + 2 * p - k",
        "n + 2 * p - k // 2",
        "half the kernel is taken away. The whole of it must lie inside: take k.",
    ),
    Slip(
        "(n + 2 * p - k) // s + 1",
        "n + 2 * p - k + 1",
        "the stride is left out: this is the size for s = 1.",
    ),
    Slip(
        CONV,
        "n // s",
        "size / stride is right only where the padding makes up for the kernel.",
    ),
    Slip(
        CONV,
        "-(-n // s)",
        "n / s, rounded up, is what 'same' padding makes, whatever k and p are. Here p "
        "is given: see how often the kernel fits into n + 2p.",
    ),
    Slip(
        " + output_padding",
        "",
        "output_padding is left out: it adds that many pixels at one end.",
    ),
    Slip(
        "+ output_padding",
        "+ 2 * output_padding",
        "output_padding is counted twice: it is added at one end only.",
    ),
    Slip(
        "+ output_padding",
        "- output_padding",
        "output_padding is taken away: it adds pixels, at one end.",
    ),
    Slip(
        "- 2 * p",
        "+ 2 * p",
        "the padding is added. Here it cuts pixels off, for the convolution "
        "that this one turns around had added them.",
    ),
    Slip(
        "- 2 * p",
        "- p",
        "the padding is counted once, but it is cut off on both sides.",
    ),
    Slip(
        " - 2 * p",
        "",
        "the padding is left out: it cuts p pixels off on both sides.",
    ),
    Slip(
        "(n - 1) * s",
        "n * s",
        "between n pixels lie n - 1 steps of the stride, not n.",
    ),
    Slip(
        "(n - 1) * s",
        "n - 1 * s",
        "only the 1 is multiplied by s: put brackets around n − 1.",
    ),
    Slip(
        UP,
        "(n + 2 * p - k) // s + 1",
        "this is the size of an ordinary convolution: the two functions are exchanged.",
    ),
    Slip(
        UP,
        "n * s",
        "size * stride is right only where padding and kernel balance.",
    ),
    Slip(
        "+ k + output_padding",
        "+ k - 1 + output_padding",
        "the pixel under the last step is missing: k is what one pixel spreads over, not k - 1.",
    ),
    Slip(
        "+ k + output_padding",
        "+ k + output_padding + 1",
        "one pixel too many. In torch's own formula the + 1 stands beside "
        "dilation · (k − 1): without dilation the two make k.",
    ),
    Slip(
        " + k + output_padding",
        " + output_padding",
        "the kernel is left out: the last of the n pixels spreads over k.",
    ),
)


def cases(seed: int) -> Sequence[Case]:
    """Return choices of the numbers, four of them small, then as many as a grid has in a sample."""
    dice = random.Random(seed)
    ordinary, transposed = list(_ordinary()), list(_transposed())
    first = [(3, 3, 1, 0), (4, 2, 2, 0), (5, 2, 2, 0), (4, 3, 1, 1)]
    up = [(2, 2, 2, 0, 0), (3, 3, 1, 1, 0), (2, 3, 2, 0, 1), (7, 4, 2, 1, 0)]
    return (
        *(case("an ordinary convolution", *n) for n in first + dice.sample(ordinary, 40)),
        *(case("a transposed convolution", *n, part=1) for n in up + dice.sample(transposed, 40)),
    )


def _ordinary() -> Iterator[tuple[int, ...]]:
    """Yield every n, k, s and p of a grid for which the kernel fits."""
    grid = itertools.product(range(1, 11), range(1, 6), range(1, 5), range(3))
    return ((n, k, s, p) for n, k, s, p in grid if n + 2 * p >= k)


def _transposed() -> Iterator[tuple[int, ...]]:
    """The same for transposed convolutions and n, k, s, p and output_padding."""
    grid = itertools.product(range(1, 8), range(1, 6), range(1, 4), range(3), range(3))
    return ((n, k, s, p, o) for n, k, s, p, o in grid if o < s and (n - 1) * s - 2 * p + k + o >= 1)


sizes = Value(
    title="The size of the next map",
    proves="both formulas agree with torch, on 88 choices of the numbers.",
    hints=(
        "On paper, n = 5, k = 3, s = 2, p = 0: the left edge stands at 0 and 2, and no further "
        "than 5 - 3. In general no further than n + 2p - k: how many of 0, s, 2s, … are that?",
        "conv_out: (n + 2 * p - k) // s + 1. The other way round, n pixels have n - 1 steps of s "
        "between them, and the last one spreads over k.",
        "conv_transpose_out: (n - 1) * s - 2 * p + k + output_padding.",
    ),
    asks="Check ``conv_out(n, k, s, p)`` and ``conv_transpose_out(n, k, s, p, output_padding)``.",
    table=Table(RIGHT, SLIPS),
    cases=cases,
    called=("conv_out", "conv_transpose_out"),
)
