"""What a critic answers: an exercise of lesson 15, Repair and translate."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from gan_lessons.checks.exercise import Wrong
from gan_lessons.checks.grader import Case, Slip, Table, Value, case

RIGHT = """
def answers(critic, x, shown, target):
    seen = torch.cat([x, shown], 1)
    off = (x - target).square().flatten(1).mean(1)
    return critic(seen), off
"""

SEEN = "seen = torch.cat([x, shown], 1)"
OFF = "off = (x - target).square().flatten(1).mean(1)"
RETURN = "return critic(seen), off"

ONE_EACH = (
    "the distance should be one number for each picture, (B,): flatten(1), then a mean over axis 1."
)
ADDED = (
    "the question is added to the answer, where D cannot tell the one from the other. Put it "
    "beside the answer, as more channels."
)
CHANNELS = "join along the channels, dimension 1: answer i lies beside question i."
ONE_TENSOR = "critic takes one tensor: put shown beside x with torch.cat([…], 1)."
CUT = "the critic does not reach G: x is detached before it. Hand on x as it is."

SLIPS = (
    Slip(
        SEEN,
        "seen = x",
        "D is not shown the question: it accepts any real-looking picture, whether it fits or "
        "not. Hang shown beside x.",
    ),
    Slip(
        SEEN,
        "seen = torch.cat([target, shown], 1)",
        "the critic looks at the truth and never at the answer x: G gets nothing from it.",
    ),
    Slip(
        SEEN,
        "seen = torch.cat([x, shown, target], 1)",
        "the critic also sees the truth: it need only compare, and no answer but that one would "
        "pass. It sees answer and question.",
    ),
    Slip(
        SEEN,
        "seen = torch.cat([x, target], 1)",
        "the critic sees answer and truth, and not the question: put shown beside x.",
    ),
    Slip(
        SEEN,
        "seen = torch.cat([shown, x], 1)",
        "the question comes first: the answer's channels first, then those of the question.",
    ),
    Slip(SEEN, "seen = shown", "the critic sees the question alone, never the answer x."),
    Slip(SEEN, "seen = x + shown[:, :1]", ADDED),
    Slip(SEEN, "seen = x - shown[:, :1]", ADDED),
    Slip(
        SEEN,
        "seen = torch.cat([x, shown[:, :1]], 1)",
        "only the question's first channel is shown: hang all of them beside x, the mask, too.",
    ),
    Slip(
        SEEN,
        "seen = torch.cat([x, shown.flip(0)], 1)",
        "an answer gets the question of another one: picture i stays with question i.",
    ),
    Slip(
        SEEN,
        "seen = torch.cat([x, shown.roll(1, 0)], 1)",
        "an answer gets the question of another one: picture i stays with question i.",
    ),
    Slip(SEEN, "seen = torch.cat([x.detach(), shown], 1)", CUT),
    Slip(SEEN, "seen = torch.cat([x, shown[:, : x.shape[1]]], 0)", CHANNELS),
    Slip(SEEN, "seen = torch.cat([x, shown], 0)", CHANNELS),
    Slip(SEEN, "seen = torch.cat([x, shown], 2)", CHANNELS),
    Slip(SEEN, "seen = torch.cat([x, shown], 3)", CHANNELS),
    Slip(SEEN, "seen = x + shown", ADDED),
    Slip(RETURN, "return critic(x, shown), off", ONE_TENSOR),
    Slip(
        OFF,
        "off = (x - target).square().flatten(1).sum(1)",
        "it is a sum over the pixels: a larger picture would pay more, and the weight would mean "
        "another thing for every size. Take the mean.",
    ),
    Slip(
        OFF,
        "off = (x - target).abs().flatten(1).mean(1)",
        "absolute values stand for squares: that is another distance (the median is its best "
        "answer, not the mean).",
    ),
    Slip(
        OFF,
        "off = (x - shown[:, :1]).square().flatten(1).mean(1)",
        "the distance is taken from the question: G is to come near the truth, target.",
    ),
    Slip(
        OFF,
        "off = (target - shown[:, :1]).square().flatten(1).mean(1)",
        "the distance is between question and truth: no answer of G is in it. Take x and target.",
    ),
    Slip(
        OFF,
        "off = (x - target).square().flatten(1).mean(1).sqrt()",
        "a root is taken: the mean *square* is asked, which falls twice as fast near the truth.",
    ),
    Slip(
        OFF,
        "off = (x - target).square().flatten(1).sum(1).sqrt()",
        "a root is taken, of a sum: the mean *square* is asked.",
    ),
    Slip(
        OFF,
        "off = (x - target).flatten(1).mean(1)",
        "errors of both signs cancel: square first, then take the mean.",
    ),
    Slip(
        OFF,
        "off = (x - target).flatten(1).mean(1).square()",
        "errors of both signs cancel: square first, then take the mean.",
    ),
    Slip(OFF, "off = (x - target).square().mean()", ONE_EACH),
    Slip(OFF, "off = (x - target).square().sum()", ONE_EACH),
    Slip(OFF, "off = (x - target).square().mean(0).flatten()", ONE_EACH),
    Slip(OFF, "off = (x - target).square().mean(1)", ONE_EACH),
    Slip(
        OFF,
        "off = (x.detach() - target).square().flatten(1).mean(1)",
        "the distance does not reach G: x is detached in it, and nobody learns from it.",
    ),
    Slip(RETURN, "return off, critic(seen)", "the two are exchanged: logits come first."),
    Slip(
        RETURN,
        "return critic(seen).sigmoid(), off",
        "probabilities come back: the losses take logits.",
    ),
    Slip(
        RETURN,
        "return critic(seen).mean(), off",
        "the logits are averaged: return them all, the losses take the mean of what they make.",
    ),
    Slip(
        RETURN,
        "return critic(seen).reshape(len(x), -1).mean(1), off",
        "the logits of a picture's patches are averaged: return them all, as the critic gives "
        "them. Each patch is judged by itself.",
    ),
    Slip(
        OFF,
        "off = (x - target).square().flatten(1).mean(1) / 2",
        "the distance is half of what is asked: the mean square, without a ½.",
    ),
    Slip(
        OFF,
        "off = ((x - target) / 2).square().flatten(1).mean(1)",
        "the difference is divided by 2 first, as for a PSNR: a quarter comes back. Take the mean "
        "square as it is.",
    ),
    Slip(
        OFF,
        "off = (x - target).square().sum(1).flatten(1).mean(1)",
        "the channels' squares are added up: color would pay three times what gray pays. Take the "
        "mean over channels and pixels.",
    ),
    Slip(
        OFF,
        "off = ((x - target).square() * shown[:, -1:]).flatten(1).mean(1)",
        "the distance counts where the question's last channel is, as if that were always a mask: "
        "questions may be mosaics or outlines, too. Take the mean over all pixels.",
    ),
)


class _Critic:
    """A critic of any number of channels whose logits depend on which channel holds what."""

    def __init__(self, name: str, patches: int):
        self.__name__, self.patches = name, patches

    def __call__(self, seen: Tensor) -> Tensor:
        places = torch.arange(1, seen.shape[1] + 1, dtype=seen.dtype)
        weighed = seen.tanh() * places.sin()[:, None, None] * 3  # (B, C, H, W)
        rows = weighed.sum(1).flatten(1)  # (B, H · W)
        parts = rows.chunk(self.patches, dim=1)
        return torch.stack([part.sum(1) for part in parts], dim=1).flatten()  # (B · patches,)


def _both(answers: Callable, critic: Callable, x: Tensor, *more: Tensor) -> tuple[object, ...]:
    """Return logits and distances, and which of the two teach G nothing, if any."""
    said = answers(critic, x.clone().requires_grad_(True), *more)
    if not isinstance(said, tuple | list) or len(said) != 2:
        raise Wrong("return two things, logits and distances: `return logits, off`.")
    lost = [k for k, part in enumerate(said) if not getattr(part, "requires_grad", False)]
    parts = [part.detach() if isinstance(part, Tensor) else part for part in said]
    return (*parts, *(fact for k in lost for fact in ("no gradient", float(k))))


def cases(seed: int) -> Sequence[Case]:
    """Return answers of G with their questions and truths."""
    rng = torch.Generator().manual_seed(seed)

    def game(label: str, x: tuple[int, ...], asks: int, patches: int) -> Case:
        B, _, *side = x
        answer, truth = (torch.randn(x, generator=rng) for _ in range(2))
        shown = torch.randn(B, asks, *side, generator=rng)
        return case(label, _Critic("critic", patches), answer, shown, truth)

    return (
        game("one picture", (1, 1, 2, 2), 1, 1),
        game("three pictures", (3, 1, 2, 4), 1, 1),
        game("a picture with a hole and its mask", (4, 1, 2, 3), 2, 1),
        game("color from outlines, a critic of patches", (2, 3, 4, 2), 1, 2),
    )


answers = Value(
    title="What a critic answers",
    proves="D sees each answer beside its question, and each answer's distance to the truth is "
    "one number a picture.",
    hints=(
        "What must D see to find out that a picture is real-looking and still no answer to this "
        "question? And which of the two things that come back needs the truth?",
        "torch.cat([…], 1) hangs channels beside channels. For the distance: square, flatten(1), "
        "mean over axis 1.",
        "return critic(torch.cat([x, shown], 1)), (x - target).square().flatten(1).mean(1)",
    ),
    asks="Check ``answers(critic, x, shown, target)`` on pictures of several kinds.",
    table=Table(RIGHT, SLIPS),
    cases=cases,
    observe=_both,
    refused={
        "Dimension out of range": "an axis is asked for that is not there. Each mean takes one "
        "away, and flatten(1) leaves two: flatten(1).mean(1). A critic's logits, (B · patches,), "
        "have one axis alone: return them as they come.",
        "__call__() takes 2 positional arguments": ONE_TENSOR,
        "Sizes of tensors must match except in dimension 0": CHANNELS,
        "Sizes of tensors must match except in dimension 1": "what is joined along the channels "
        "needs the same batch, height and width: x with shown, nothing flattened before.",
    },
)
