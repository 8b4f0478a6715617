"""What one logit sees: an exercise of lesson 15, Repair and translate."""

from collections.abc import Sequence

from gan_lessons.checks.grader import Case, Slip, Table, Value, case

RIGHT = """
def receptive_field(layers):
    order = layers[::-1]
    seen = 1
    for kernel, stride in order:
        seen = (seen - 1) * stride + kernel
    return seen
"""

ORDER = "order = layers[::-1]"
BEGIN = "seen = 1"
STEP = "seen = (seen - 1) * stride + kernel"
RETURN = "return seen"

OVERLAP = (
    "neighbors overlap: the first of them sees kernel pixels, and each further one only stride "
    "more. So n numbers see (n − 1) · stride + kernel."
)
WIDENS = (
    "each layer adds its whole kernel: the first of its pixels is seen already, so it widens what "
    "is seen by kernel − 1 steps."
)

SLIPS = (
    Slip(
        STEP,
        "seen = seen + kernel - 1",
        "no stride counts here: after a layer with stride 2, a step between neighbors is two "
        "pixels.",
    ),
    Slip(
        ORDER,
        "order = layers",
        "you come from the other end: one number of the *last* layer sees so many of the layer "
        "before, and so on down. The last layer comes first in the loop.",
    ),
    Slip(
        ORDER,
        "order = layers[:-1][::-1]",
        "the last layer is left out: its kernel widens what is seen, too.",
    ),
    Slip(
        ORDER,
        "order = layers[1:][::-1]",
        "the first layer is left out: you return how many of *its* numbers are seen, not pixels.",
    ),
    Slip(STEP, "seen = seen * stride + kernel", OVERLAP),
    Slip(
        STEP,
        "seen = seen * stride + kernel - 1",
        "this counts a step between neighbors too "
        "many: n numbers have n − 1 steps between them, so (n − 1) · stride + kernel.",
    ),
    Slip(
        STEP,
        "seen = (seen - 1) * stride + kernel - 1",
        "each layer's kernel is one too small: the steps are right, and the last neighbor sees "
        "kernel pixels, not kernel − 1. (seen − 1) · stride + kernel.",
    ),
    Slip(
        STEP,
        "seen = (seen - 1) * stride + 1 + (kernel - 1) * stride",
        "a layer's own stride stretches its kernel here: a stride says how far apart the *next* "
        "layer's pixels lie, so it stretches the layers behind it alone.",
    ),
    Slip(
        BEGIN,
        "seen = 0",
        "it begins with 1: one number of the last layer sees itself, before any kernel.",
    ),
    Slip(
        STEP, "seen = seen * kernel", "kernels are multiplied, and each only widens what is seen."
    ),
    Slip(
        RETURN,
        "return sum(kernel for kernel, stride in layers)",
        "kernels are added up: the second one of two 3s, stride 1, adds 2 pixels to the first, "
        "and a stride stretches whatever lies behind it.",
    ),
    Slip(
        RETURN,
        "return math.prod(stride for kernel, stride in layers)",
        "this is how far apart two neighbors look, the product of the strides. How much does one "
        "of them see?",
    ),
    Slip(
        RETURN,
        "return 1 + sum(k * math.prod(s for _, s in layers[:i]) "
        "for i, (k, _) in enumerate(layers))",
        WIDENS,
    ),
    Slip(
        RETURN,
        "return sum(k * math.prod(s for _, s in layers[:i]) for i, (k, _) in enumerate(layers))",
        WIDENS,
    ),
    Slip(
        BEGIN,
        "seen = layers[-1][0]",
        "the last kernel counts twice: you begin with it, and the loop takes that layer again. "
        "Begin with 1, or loop over the layers before it.",
    ),
    Slip(
        RETURN,
        "return sum(kernel * stride for kernel, stride in layers)",
        "kernel times stride, summed over the layers: a layer widens what "
        "is seen by kernel − 1 steps, each as long as the strides *before* it make it.",
    ),
    Slip(RETURN, "return seen**2", "this is the area in pixels: the side is asked."),
    Slip(RETURN, "return seen - 1", "one too few: count the pixels, not the steps between them."),
    Slip(RETURN, "return seen + 1", "one too many: count the pixels from the first to the last."),
    Slip(RETURN, "return seen // 2", "this is half of the side: the whole side is asked."),
    Slip(
        RETURN,
        "return [1 + sum((k - 1) * math.prod(s for _, s in layers[:i]) "
        "for i, (k, _) in enumerate(layers[:n])) for n in range(1, len(layers) + 1)]",
        "a list comes back, a number for each layer: asked is the one of the last layer.",
    ),
    Slip(
        RETURN,
        "return layers[-1][0] * math.prod(stride for kernel, stride in layers)",
        "the last kernel alone is stretched, by all strides. Every layer's kernel counts, "
        "stretched by the strides *before* it.",
    ),
    Slip(
        RETURN,
        "return 1 + sum((k - 1) * (layers[i - 1][1] if i else 1) "
        "for i, (k, s) in enumerate(layers))",
        "only the stride of the layer right before stretches a kernel here: all strides before it "
        "do, multiplied.",
    ),
    Slip(
        RETURN,
        "return seen - 2 * sum((k - 1) // 2 * math.prod(s for _, s in layers[:i]) "
        "for i, (k, _) in enumerate(layers))",
        "padding is taken off: it lays zeros around the picture, adding nothing to what is seen, "
        "and taking nothing.",
    ),
    Slip(
        "for kernel, stride in order",
        "for stride, kernel in order",
        "kernel and stride are exchanged: each pair is (kernel, stride).",
    ),
)


def cases(seed: int) -> Sequence[Case]:
    """Return rows of layers: one, two, three, the lesson's critic, and a larger one."""
    k = 2 * (seed % 3) + 5  # 5, 7, 9
    return (
        case("one layer", [(3, 1)]),
        case("one layer with a stride", [(4, 2)]),
        case("two layers without strides", [(3, 1), (k, 1)]),
        case("a stride in the first layer", [(3, 2), (k, 1)]),
        case("a stride in the last layer", [(k, 1), (4, 3)]),
        case("three layers", [(k, 3), (3, 2), (4, 1)]),
        case("a critic of patches", [(4, 2), (4, 2), (3, 1), (1, 1)]),
        case("five layers", [(4, 2), (4, 2), (4, 2), (4, 1), (4, 1)]),
    )


receptive_field = Value(
    title="What one logit sees",
    proves="each layer's kernel widens what is seen, and each stride stretches all that lies "
    "behind it.",
    hints=(
        "Start at the end. One number of the last layer sees kernel numbers of the layer before. "
        "How many pixels do n neighbors see together?",
        "Two neighbors begin stride apart. So n of them reach (n − 1) · stride from the first "
        "beginning to the last, and the last one sees kernel from there.",
        "seen = 1, then for kernel, stride in reversed(layers): "
        "seen = (seen - 1) * stride + kernel; return seen",
    ),
    asks="Check ``receptive_field(layers)`` on rows of layers.",
    table=Table(RIGHT, SLIPS),
    cases=cases,
)
