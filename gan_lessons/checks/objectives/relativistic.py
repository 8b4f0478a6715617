"""Relativistic pairs: an exercise of lesson 10, Choose a loss."""

import torch
from torch.nn.functional import relu, softplus

from gan_lessons import losses
from gan_lessons.checks.exercise import Wrong, exercise
from gan_lessons.checks.objectives import pair
from gan_lessons.checks.objectives.pair import Loss, Named

_AVERAGE = (
    "this is the relativistic *average*: each sample against the mean of the other side. Here "
    "sample i meets sample i."
)
_MEANS = (
    "the two means are compared, not the samples: the pairs are lost. softplus first, mean last."
)
_ALL = (
    "every real sample meets every fake one, {n} pairs: a (B, B) table, from a broadcast or on "
    "purpose. Here sample i meets sample i alone."
).format(n="B²")
_NO_PAIRS = (
    "real and fake stand alone here, each against 0: add a constant to all logits and your loss "
    "changes. Only the difference fake_i - real_i may count."
)
_KINK = "relu is a softplus with a kink: a pair in the right order would teach nothing."
_FLAT = "sigmoid for softplus: it is flat where the pair is most wrong. softplus(t) is -ln σ(-t)."
_BARE = "softplus is missing: the bare difference is the Wasserstein loss."

WRONG_PAIRS_D: Named = (
    (
        lambda r, f: softplus(r - f).mean(),
        "the sign of the difference is turned: this raises D(fake) above D(real), it is G's loss.",
    ),
    (lambda r, f: softplus(f.mean() - r.mean()), _MEANS),
    (lambda r, f: softplus(f.mean() - r).mean() + softplus(f - r.mean()).mean(), _AVERAGE),
    (lambda r, f: (softplus(f.mean() - r).mean() + softplus(f - r.mean()).mean()) / 2, _AVERAGE),
    (lambda r, f: softplus(f.mean() - r).mean(), _AVERAGE),
    (lambda r, f: softplus(f - r.mean()).mean(), _AVERAGE),
    (lambda r, f: softplus(f[:, None] - r[None]).mean(), _ALL),
    (losses.cross_entropy_d, _NO_PAIRS),
    (
        lambda r, f: softplus(f.sigmoid() - r.sigmoid()).mean(),
        "a sigmoid too many: take the difference of the logits themselves.",
    ),
    (lambda r, f: (f - r).mean(), _BARE),
    (
        lambda r, f: relu(1 + f - r).mean(),
        "this is a hinge on the pairs: here it is softplus.",
    ),
    (lambda r, f: relu(f - r).mean(), _KINK),
    (lambda r, f: (f - r).sigmoid().mean(), _FLAT),
    (
        lambda r, f: softplus(f).mean() - softplus(r).mean(),
        "the difference comes after softplus: it belongs inside.",
    ),
    (
        lambda r, f: softplus(f - r).mean() + softplus(r - f).mean(),
        "you add up both directions: the best D would then tell nothing apart. D takes fake - real "
        "alone.",
    ),
    (
        lambda r, f: -softplus(r - f).mean(),
        "D's loss pulls where D is right already, and has no lower end: softplus(fake_i - real_i) "
        "itself, with a plus.",
    ),
)
WRONG_PAIRS_G: Named = (
    (
        losses.relativistic_d,
        "this is D's loss again: G would work for D. Turn the difference round.",
    ),
    (
        lambda r, f: -softplus(f - r).mean(),
        "minus D's loss: it saturates. Where D is sure of a pair its slope is almost 0. Turn the "
        "difference round instead.",
    ),
    (lambda r, f: softplus(r.mean() - f.mean()), _MEANS),
    (lambda r, f: softplus(r - f.mean()).mean() + softplus(r.mean() - f).mean(), _AVERAGE),
    (lambda r, f: softplus(r.mean() - f).mean(), _AVERAGE),
    (lambda r, f: softplus(r - f.mean()).mean(), _AVERAGE),
    (lambda r, f: softplus(r[:, None] - f[None]).mean(), _ALL),
    (losses.non_saturating_g, _NO_PAIRS),
    (
        lambda r, f: softplus(r.sigmoid() - f.sigmoid()).mean(),
        "a sigmoid too many: take the difference of the logits themselves.",
    ),
    (lambda r, f: (r - f).mean(), _BARE),
    (lambda r, f: relu(r - f).mean(), _KINK),
    (lambda r, f: (r - f).sigmoid().mean(), _FLAT),
)


@exercise(
    title="Relativistic pairs",
    proves="the mean of softplus(fake_i - real_i), and turned round for G; a constant added to "
    "all logits changes nothing, and ±200 stays finite.",
    hints=(
        "Real sample i and fake sample i make a pair. D is wrong about it by fake_i - real_i.",
        "softplus of that difference, pair by pair, and the mean comes last. G turns the "
        "difference round.",
        "D: F.softplus(fake_logits - real_logits).mean(). "
        "G: F.softplus(real_logits - fake_logits).mean().",
    ),
)
def relativistic(d: Loss, g: Loss) -> str | None:
    """Check both losses of the relativistic pairing game, for logits (B,) and (B,)."""
    remarks = []
    for player, answer, right, named in (
        ("D", d, losses.relativistic_d, WRONG_PAIRS_D),
        ("G", g, losses.relativistic_g, WRONG_PAIRS_G),
    ):
        remarks.append(pair.judge(answer, player, right, named))
        extra = pair.ask(answer, player, pair.REAL, pair.FAKE) - right(pair.REAL, pair.FAKE)
        for gap in (200.0, -200.0):
            real, fake = torch.zeros(3), torch.full((3,), gap)
            found, expected = pair.ask(answer, player, real, fake) - extra, right(real, fake)
            if not torch.isclose(found, expected, rtol=1e-3, atol=1e-3):
                raise Wrong(
                    f"{player}'s loss: for a difference of {gap:+.0f} you get {found:.1f}, not "
                    f"{expected:.0f}: an exp that overflows, the logarithm of a sigmoid that is "
                    "rounded to 0, or an eps. softplus stays finite."
                )
        shifted = pair.ask(answer, player, pair.REAL + 7, pair.FAKE + 7) - extra
        if not pair.near(shifted.item(), right(pair.REAL, pair.FAKE).item()):
            raise Wrong(f"{player}'s loss changes when 7 is added to all logits: {_NO_PAIRS}")
    return next((remark for remark in remarks if remark), None)
