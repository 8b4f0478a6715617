"""There and back: an exercise of lesson 15, Repair and translate."""

from collections.abc import Sequence

import torch
from torch import Tensor

from gan_lessons.checks.grader import Case, Slip, Table, Value, case
from gan_lessons.checks.repair.sure import LABEL, LOG_OF_LOGIT, SURE, where_d_is_sure
from gan_lessons.checks.sure import FLAT, NOT_FINITE

RIGHT = """
def generators_pay(G, F_, D_gray, D_color, color, gray, weight):
    fake_gray, fake_color = G(color), F_(gray)
    pleased = F.softplus(-D_gray(fake_gray)).mean()
    also = F.softplus(-D_color(fake_color)).mean()
    off_color = (F_(fake_gray) - color).abs().mean()
    off_gray = (G(fake_color) - gray).abs().mean()
    return pleased + also + weight * (off_color + off_gray)
"""

FAKES = "fake_gray, fake_color = G(color), F_(gray)"
PLEASED = "pleased = F.softplus(-D_gray(fake_gray)).mean()"
ALSO = "also = F.softplus(-D_color(fake_color)).mean()"
OFF_COLOR = "off_color = (F_(fake_gray) - color).abs().mean()"
OFF_GRAY = "off_gray = (G(fake_color) - gray).abs().mean()"
RETURN = "return pleased + also + weight * (off_color + off_gray)"
BOTH = f"{PLEASED}\n    {ALSO}"
WAYS = f"{OFF_COLOR}\n    {OFF_GRAY}"

TURNED = (
    "you go the wrong way round: G takes color pictures and makes gray ones, F_ the other way. "
    "There and back is F_(G(color)) and G(F_(gray))."
)
EXCHANGED = "the critics are exchanged: D_gray sees G(color), which is gray, D_color sees F_(gray)."
SQUARES = "squares stand for absolute values: the mean of |…| is asked."
SUMMED = "a sum over the pixels is taken: the weight would mean another thing for every size. Mean."
CANCEL = "errors of both signs cancel: take absolute values before the mean."
CUT = (
    "the way back is cut from the way there: with a detached translation nobody learns to leave "
    "in it what the way back needs."
)
PAIRS = (
    "G(color) is compared with gray, and these are other flowers: there are no pairs. Compare "
    "each picture with what comes back of *it*."
)
UNSEEN = (
    "no gradient comes back through a critic: its picture is detached, or its logits are, or it is "
    "asked under no_grad. The generator that made the picture learns through the critic's answer."
)
PATCHES = (
    "the logits are added up and divided by the number of pictures, and a critic may say more than "
    "one number of a picture, as one of patches does: take the mean of all its logits."
)
ONE_CUT = (
    "one way back is detached from its way there, and that generator does not learn to leave what "
    "the way back needs. Detach neither."
)
TWICE = (
    "the same way back twice: one is F_(G(color)) against color, the other G(F_(gray)) against "
    "gray."
)
OTHER = (
    "what comes back is compared with a picture of the other kind: F_(G(color)) is a color "
    "picture again, G(F_(gray)) a gray one. Compare it with the one that set out."
)

SLIPS = (
    Slip(
        RETURN,
        "return pleased + also + weight * off_color",
        "one direction is missing: a gray picture that becomes colored must come back, too.",
    ),
    Slip(
        RETURN,
        "return pleased + also + weight * off_gray",
        "one direction is missing: a color picture that becomes gray must come back, too.",
    ),
    Slip(
        WAYS,
        "off_color = (G(F_(color)) - color).abs().mean()\n"
        "    off_gray = (F_(G(gray)) - gray).abs().mean()",
        TURNED,
    ),
    Slip(WAYS, "off_color = (G(F_(color)) - color).abs().mean()\n    off_gray = 0", TURNED),
    Slip(
        BOTH,
        "pleased = F.softplus(-D_color(fake_gray)).mean()\n"
        "    also = F.softplus(-D_gray(fake_color)).mean()",
        EXCHANGED,
    ),
    Slip(
        BOTH,
        "pleased = F.softplus(-D_gray(G(fake_color))).mean()\n"
        "    also = F.softplus(-D_color(F_(fake_gray))).mean()",
        "the critics see what came back, after two translations: they are asked of the "
        "translation itself, G(color) and F_(gray).",
    ),
    Slip(
        BOTH,
        "pleased = F.softplus(-D_gray(gray)).mean()\n    also = F.softplus(-D_color(color)).mean()",
        "the critics see real pictures, from which no generator learns: show them G(color) and "
        "F_(gray).",
    ),
    Slip(
        WAYS,
        "off_color = (fake_gray - gray).abs().mean()\n"
        "    off_gray = (fake_color - color).abs().mean()",
        PAIRS,
    ),
    Slip(
        WAYS,
        "off_color = (F_(fake_gray) - color).square().mean()\n"
        "    off_gray = (G(fake_color) - gray).square().mean()",
        SQUARES,
    ),
    Slip(
        WAYS,
        "off_color = (F_(fake_gray) - color).abs().sum()\n"
        "    off_gray = (G(fake_color) - gray).abs().sum()",
        SUMMED,
    ),
    Slip(
        WAYS,
        "off_color = (F_(fake_gray) - color).mean()\n    off_gray = (G(fake_color) - gray).mean()",
        CANCEL,
    ),
    Slip(
        WAYS,
        "off_color = (F_(fake_gray) - color).mean().abs()\n"
        "    off_gray = (G(fake_color) - gray).mean().abs()",
        CANCEL,
    ),
    Slip(
        WAYS,
        "off_color = (F_(fake_gray.detach()) - color).abs().mean()\n"
        "    off_gray = (G(fake_color.detach()) - gray).abs().mean()",
        CUT,
    ),
    Slip(
        WAYS,
        "off_color = (F_(fake_gray) - F_(gray)).abs().mean()\n"
        "    off_gray = (G(fake_color) - G(color)).abs().mean()",
        "two fakes are compared: what comes back is compared with the picture that set out.",
    ),
    Slip(
        RETURN,
        "return weight * (pleased + also) + off_color + off_gray",
        "the weight stands at the critics' terms: it says how much coming back counts.",
    ),
    Slip(
        RETURN,
        "return pleased + also + weight * off_color + off_gray",
        "only one of the two ways back is weighed: put both in brackets.",
    ),
    Slip(
        RETURN,
        "return pleased + also + off_color + weight * off_gray",
        "only one of the two ways back is weighed: put both in brackets.",
    ),
    Slip(
        RETURN,
        "return pleased + also + off_color + off_gray",
        "the weight is missing: it stands at both ways back.",
    ),
    Slip(
        RETURN,
        "return weight * (pleased + also + off_color + off_gray)",
        "the critics' terms "
        "are weighed, too: the weight says how much coming back counts beside them.",
    ),
    Slip(
        RETURN,
        "return weight * (off_color + off_gray)",
        "the critics are missing: the cycle alone is content with G and F_ that change nothing "
        "of importance.",
    ),
    Slip(
        RETURN,
        "return pleased + also",
        "nothing has to come back: each generator may answer any real-looking picture of the "
        "other kind.",
    ),
    Slip(
        RETURN,
        "return pleased + weight * (off_color + off_gray)",
        "F_ has no critic: D_color looks at F_(gray).",
    ),
    Slip(
        RETURN,
        "return also + weight * (off_color + off_gray)",
        "G has no critic: D_gray looks at G(color).",
    ),
    Slip(
        BOTH,
        "pleased = F.softplus(D_gray(fake_gray)).mean()\n"
        "    also = F.softplus(D_color(fake_color)).mean()",
        "this is the critics' side, small where they see through a fake: softplus of *minus* the "
        "logit.",
    ),
    Slip(
        BOTH,
        "pleased = -F.softplus(D_gray(fake_gray)).mean()\n"
        "    also = -F.softplus(D_color(fake_color)).mean()",
        "this is the saturating side of the minimax game (lesson 02): take −log D(fake).",
    ),
    Slip(
        BOTH,
        "pleased = -D_gray(fake_gray).mean()\n    also = -D_color(fake_color).mean()",
        "this is a Wasserstein critic's side: here lesson 04's game is played, softplus(−logit).",
    ),
    Slip(
        RETURN,
        "return pleased + also + weight * (off_color + off_gray) / 2",
        "the mean of both ways is half of their sum: add them.",
    ),
    Slip(
        RETURN,
        "return pleased + also + weight * (off_color + off_gray + (F_(gray) - color).abs().mean())",
        "one more distance is added, between other flowers, which was not asked: critics and two "
        "ways back are all.",
    ),
    Slip(
        FAKES,
        "fake_gray, fake_color = G(color).detach(), F_(gray).detach()",
        "the translations are detached: critics and cycle then teach G and F_ nothing there.",
    ),
    Slip(
        RETURN,
        "return (pleased + also) / 2 + weight * (off_color + off_gray)",
        "the critics' terms are halved: add them as they are.",
    ),
    Slip(
        RETURN,
        "return pleased + weight * off_color, also + weight * off_gray",
        "two numbers come back: one sum is asked, for one optimizer moves both nets.",
    ),
    Slip(
        BOTH,
        "pleased = -D_gray(fake_gray).sigmoid().mean()\n"
        "    also = -D_color(fake_color).sigmoid().mean()",
        "the probability itself is taken: −log D(fake) has a slope also where D is sure.",
    ),
    Slip(
        WAYS,
        "off_color = (F_(fake_gray) - color).square().mean().sqrt()\n"
        "    off_gray = (G(fake_color) - gray).square().mean().sqrt()",
        "a root of mean squares stands for the mean of absolute values.",
    ),
    Slip(
        BOTH,
        "pleased = -D_gray(fake_gray).sigmoid().log().mean()\n"
        "    also = -D_color(fake_color).sigmoid().log().mean()",
        NOT_FINITE,
    ),
    Slip(
        BOTH,
        "pleased = (1 + (-D_gray(fake_gray)).exp()).log().mean()\n"
        "    also = (1 + (-D_color(fake_color)).exp()).log().mean()",
        NOT_FINITE,
    ),
    Slip(
        BOTH,
        "pleased = -(D_gray(fake_gray).sigmoid() + 1e-8).log().mean()\n"
        "    also = -(D_color(fake_color).sigmoid() + 1e-8).log().mean()",
        FLAT,
    ),
    Slip(
        BOTH,
        "pleased = -D_gray(fake_gray).sigmoid().clamp(min=1e-7).log().mean()\n"
        "    also = -D_color(fake_color).sigmoid().clamp(min=1e-7).log().mean()",
        FLAT,
    ),
    Slip(
        BOTH,
        "pleased = -D_gray(fake_gray).log().mean()\n    also = -D_color(fake_color).log().mean()",
        LOG_OF_LOGIT,
    ),
    Slip(
        BOTH,
        "pleased = F.softplus(-D_gray(fake_gray).mean())\n"
        "    also = F.softplus(-D_color(fake_color).mean())",
        "a critic's logits are put together before the softplus: a picture that is caught hides "
        "among those that pass. Softplus each, then the mean.",
    ),
    Slip(
        BOTH,
        "pleased = -F.softplus(-D_gray(fake_gray)).mean()\n"
        "    also = -F.softplus(-D_color(fake_color)).mean()",
        "with a minus at the critics' terms G and F_ are paid for being caught: they are added.",
    ),
    Slip(
        BOTH,
        "pleased = F.softplus(-D_gray(fake_gray.detach())).mean()\n"
        "    also = F.softplus(-D_color(fake_color.detach())).mean()",
        UNSEEN,
    ),
    Slip(
        BOTH,
        "with torch.no_grad():\n        gray_logits, color_logits = D_gray(fake_gray), "
        "D_color(fake_color)\n    pleased = F.softplus(-gray_logits).mean()\n    "
        "also = F.softplus(-color_logits).mean()",
        UNSEEN,
    ),
    Slip(
        BOTH,
        "pleased = F.softplus(-D_gray(fake_gray)).sum() / len(color)\n"
        "    also = F.softplus(-D_color(fake_color)).sum() / len(gray)",
        PATCHES,
    ),
    Slip(PLEASED, "pleased = F.softplus(-D_gray(fake_gray.detach())).mean()", UNSEEN),
    Slip(ALSO, "also = F.softplus(-D_color(fake_color.detach())).mean()", UNSEEN),
    Slip(OFF_COLOR, "off_color = (F_(fake_gray.detach()) - color).abs().mean()", ONE_CUT),
    Slip(OFF_GRAY, "off_gray = (G(fake_color.detach()) - gray).abs().mean()", ONE_CUT),
    Slip(RETURN, "return pleased + also + weight * 2 * off_color", TWICE),
    Slip(RETURN, "return pleased + also + weight * 2 * off_gray", TWICE),
    Slip(OFF_COLOR, "off_color = (F_(fake_gray) - gray).abs().mean()", OTHER),
    Slip(OFF_GRAY, "off_gray = (G(fake_color) - color).abs().mean()", OTHER),
    Slip(
        WAYS,
        "off_color = (F_(fake_gray) - gray).abs().mean()\n"
        "    off_gray = (G(fake_color) - color).abs().mean()",
        OTHER,
    ),
)


class _Toy:
    """A net that minds which kind of picture it is given.

    A critic's logits are one a column of the picture, and ``shift`` is added to them.
    """

    def __init__(
        self, name: str, channels: int, out: int, rng: torch.Generator, shift: float = 0.0
    ):
        self.__name__, self.channels, self.shift = name, channels, shift
        self.weight = torch.randn(out, channels, generator=rng).double()

    def __call__(self, x: Tensor) -> Tensor:
        if x.ndim != 4 or x.shape[1] != self.channels:
            kind = "color pictures (B, 3, H, W)" if self.channels == 3 else "gray (B, 1, H, W)"
            raise ValueError(f"{self.__name__} takes {kind}, and got {tuple(x.shape)}")
        made = torch.einsum("oc,bchw->bohw", self.weight.to(x.dtype), x).tanh()
        if self.__name__.startswith("D"):
            return made.mean(dim=2).flatten() + self.shift
        return made


def cases(seed: int) -> Sequence[Case]:
    """Return two nets, two critics, and pictures that are no pairs."""
    rng = torch.Generator().manual_seed(seed + 20)  # 0 draws two ways back of one length

    def game(
        label: str,
        colors: int,
        grays: int,
        side: tuple[int, int],
        weight: float,
        shift: float = 0.0,
    ) -> Case:
        nets = _Toy("G", 3, 1, rng), _Toy("F_", 1, 3, rng)
        critics = _Toy("D_gray", 1, 1, rng, shift), _Toy("D_color", 3, 1, rng, shift)
        color = torch.randn(colors, 3, *side, generator=rng)
        gray = torch.randn(grays, 1, *side, generator=rng)
        return case(label, *nets, *critics, color, gray, weight)

    return (
        game("one picture of each kind", 1, 1, (1, 2), 2.0),
        game("a batch of each kind", 4, 4, (2, 2), 10.0),
        game("a batch of each kind, a small weight", 3, 3, (2, 3), 0.5),
        game("weight 0", 3, 3, (2, 2), 0.0),
        game(f"{LABEL}, logits near −{SURE:g}", 2, 2, (2, 2), 1.0, -SURE),
    )


generators_pay = Value(
    title="There and back",
    proves="both translations please their critics, and both kinds of pictures come back.",
    hints=(
        "Two translations, two critics, two ways back. Write down for each net what kind of "
        "picture goes in and what kind comes out.",
        "D_gray looks at G(color), D_color at F_(gray); each pays −log D. What comes back of a "
        "color picture is F_(G(color)): how far is that from it? And of a gray one?",
        "return F.softplus(-D_gray(G(color))).mean() + F.softplus(-D_color(F_(gray))).mean() + "
        "weight * ((F_(G(color)) - color).abs().mean() + (G(F_(gray)) - gray).abs().mean())",
    ),
    asks="Check ``generators_pay(G, F_, D_gray, D_color, color, gray, weight)``.",
    table=Table(RIGHT, SLIPS),
    cases=cases,
    slopes=(4, 5),
    signs=lambda parts, cases: where_d_is_sure(generators_pay, parts, cases),
    refused={
        "D_gray takes": EXCHANGED,
        "D_color takes": EXCHANGED,
        "G takes": TURNED,
        "F_ takes": TURNED,
    },
)
