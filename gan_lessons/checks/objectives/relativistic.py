"""Relativistic pairs: an exercise of lesson 10, Choose a loss."""

from collections.abc import Sequence

import torch
from torch.nn import functional as F

from gan_lessons.checks.exercise import Wrong, calling
from gan_lessons.checks.grader import Answer, Case, Slip, Table
from gan_lessons.checks.objectives.pair import DETACHED, SIGN, SUM, Game

RIGHT = """
def relativistic_d(on_real, on_fake):
    r, f = on_real, on_fake
    return F.softplus(f - r).mean()


def relativistic_g(on_real, on_fake):
    real, fake = on_real, on_fake
    return F.softplus(real - fake).mean()
"""

AVERAGE = (
    "this is the relativistic *average*: each sample against the mean of the other side. Here "
    "sample i meets sample i."
)
MEANS = (
    "the two means are compared, not the samples: the pairs are lost. softplus first, mean last."
)
ALL = (
    "every real sample meets every fake one, B² pairs: a (B, B) table, from a broadcast or on "
    "purpose. Here sample i meets sample i alone."
)
NO_PAIRS = (
    "real and fake stand alone here, each against 0: add a constant to all outputs and your loss "
    "changes. Only the difference fake_i - real_i may count."
)
SHIFTED = (
    "it changes when 7 is added to all outputs. Only the difference fake_i - real_i may count, not "
    "an output by itself."
)
SIGMOIDS = "a sigmoid too many: take the difference of the outputs themselves."
KINK = "relu is a softplus with a kink: a pair in the right order would teach nothing."
FLAT = "sigmoid for softplus: it is flat where the pair is most wrong. softplus(t) is -ln σ(-t)."
BARE = "softplus is missing: the bare difference is the Wasserstein loss."
OVERFLOW = (
    "right for small differences, and lost at ±150: an exp overflows there, or a sigmoid is "
    "rounded to 0 before its logarithm. softplus stays finite."
)
EPS = (
    "an eps inside the logarithm: where a pair is most wrong the loss stands still at -ln eps. "
    "softplus needs none."
)
SQUARED = "the square makes this another game: softplus of the difference, without it."
HALF_PAIRS = (
    "both directions are in it. The sum is least where D tells nothing apart: one direction alone."
)
OVERWRITTEN = (
    "a name is overwritten before it is used again: after `r = r - f` the next line's r is a "
    "difference already. Give the difference a name of its own."
)

OF_D, OF_G = "F.softplus(f - r).mean()", "F.softplus(real - fake).mean()"
SLIPS_OF_D = (
    Slip(
        "f - r",
        "r - f",
        "the sign of the difference is turned: this raises D(fake) above D(real), it is G's loss.",
    ),
    Slip(OF_D, "F.softplus(f.mean() - r.mean())", MEANS),
    Slip(OF_D, "F.softplus(f.mean() - r).mean() + F.softplus(f - r.mean()).mean()", AVERAGE),
    Slip(OF_D, "(F.softplus(f.mean() - r) + F.softplus(f - r.mean())).mean() / 2", AVERAGE),
    Slip("f - r", "f.mean() - r", AVERAGE),
    Slip("f - r", "f - r.mean()", AVERAGE),
    Slip("f - r", "f[:, None] - r", ALL),
    Slip(OF_D, "F.softplus(f).mean() + F.softplus(-r).mean()", NO_PAIRS),
    Slip(OF_D, "(F.softplus(f).mean() + F.softplus(-r).mean()) / 2", NO_PAIRS),
    Slip(
        "r, f = on_real, on_fake",
        "r, f = on_real.sigmoid(), on_fake.sigmoid()",
        SIGMOIDS,
    ),
    Slip(OF_D, "(f - r).mean()", BARE),
    Slip(OF_D, "F.relu(1 + f - r).mean()", "this is a hinge on the pairs: here it is softplus."),
    Slip(OF_D, "F.relu(f - r).mean()", KINK),
    Slip(OF_D, "(f - r).sigmoid().mean()", FLAT),
    Slip(
        OF_D,
        "(F.softplus(f) - F.softplus(r)).mean()",
        "the difference comes after softplus: it belongs inside.",
    ),
    Slip(
        OF_D,
        "(F.softplus(f - r) + F.softplus(r - f)).mean()",
        "you add up both directions: the best D would then tell nothing apart. D takes fake - real "
        "alone.",
    ),
    Slip("f - r", "(f - r).abs()", "an absolute value: who is larger is lost, and D needs that."),
    Slip(OF_D, "F.softplus(f - r).square().mean()", SQUARED),
    Slip(
        OF_D, "(1 + f - r).square().mean()", "these are squares of the pairs: here it is softplus."
    ),
    Slip(
        "f - r", "f + r", "real and fake are added: only their difference fake_i - real_i counts."
    ),
    Slip("f - r", "f / r", "a quotient: outputs are compared by their difference fake_i - real_i."),
    Slip(
        OF_D,
        "-F.softplus(r - f).mean()",
        "D's loss pulls where D is right already, and has no lower end: softplus(fake_i - real_i) "
        "itself, with a plus.",
    ),
    Slip(OF_D, "(F.softplus(f - r) + F.softplus(f - (r - f))).mean() / 2", OVERWRITTEN),
    Slip(OF_D, "(F.softplus(f - r) + F.softplus(f - r - r)).mean() / 2", OVERWRITTEN),
    Slip("f - r", "f - (r - f)", OVERWRITTEN),
    Slip("f - r", "f - (r - f) - (r - f)", OVERWRITTEN),
    Slip(OF_D, "(f - r).exp().log1p().mean()", OVERFLOW),
    Slip(OF_D, "-(r - f).sigmoid().log().mean()", OVERFLOW),
    Slip(OF_D, "-((r - f).sigmoid() + 1e-7).log().mean()", EPS),
    Slip(OF_D, "-((r - f).sigmoid() + 1e-8).log().mean()", EPS),
    Slip(OF_D, "-F.softplus(f - r).mean()", SIGN),
    Slip(OF_D, "F.softplus(f - r).sum()", SUM),
    Slip(
        "= on_real, on_fake\n    return F.softplus(f",
        "= on_real.detach(), on_fake\n    return F.softplus(f",
        DETACHED.format("real"),
    ),
    Slip("f - r", "f.detach() - r", DETACHED.format("fake")),
)
SLIPS_OF_G = (
    Slip(
        "real - fake",
        "fake - real",
        "this is D's loss again: G would work for D. Turn the difference round.",
    ),
    Slip(
        OF_G,
        "-F.softplus(fake - real).mean()",
        "minus D's loss: it saturates. Where D is sure of a pair its slope is almost 0: turn the "
        "difference round instead.",
    ),
    Slip(OF_G, "F.softplus(real.mean() - fake.mean())", MEANS),
    Slip(
        OF_G,
        "F.softplus(real.mean() - fake).mean() + F.softplus(real - fake.mean()).mean()",
        AVERAGE,
    ),
    Slip(
        OF_G,
        "(F.softplus(real.mean() - fake) + F.softplus(real - fake.mean())).mean() / 2",
        AVERAGE,
    ),
    Slip("real - fake", "real.mean() - fake", AVERAGE),
    Slip("real - fake", "real - fake.mean()", AVERAGE),
    Slip("real - fake", "real[:, None] - fake", ALL),
    Slip(OF_G, "F.softplus(-fake).mean()", NO_PAIRS),
    Slip(OF_G, "(F.softplus(-fake) + F.softplus(real)).mean()", NO_PAIRS),
    Slip(
        "real, fake = on_real, on_fake",
        "real, fake = on_real.sigmoid(), on_fake.sigmoid()",
        SIGMOIDS,
    ),
    Slip(OF_G, "(real - fake).mean()", BARE),
    Slip(
        OF_G, "F.relu(1 + real - fake).mean()", "this is a hinge on the pairs: here it is softplus."
    ),
    Slip(OF_G, "F.relu(real - fake).mean()", KINK),
    Slip(OF_G, "(real - fake).sigmoid().mean()", FLAT),
    Slip(
        OF_G,
        "(F.softplus(real) - F.softplus(fake)).mean()",
        "the difference comes after softplus: it belongs inside.",
    ),
    Slip(OF_G, "(F.softplus(real - fake) + F.softplus(fake - real)).mean()", HALF_PAIRS),
    Slip("real - fake", "(real - fake).abs()", "an absolute value: who is larger is lost."),
    Slip(
        OF_G, "-fake.mean()", "this is the plain mean, G's loss in the hinge game: no pairs in it."
    ),
    Slip("real - fake", "(real - fake) - fake", OVERWRITTEN),
    Slip("real - fake", "(real - fake) - (fake - (real - fake))", OVERWRITTEN),
    Slip(OF_G, "(real - fake).exp().log1p().mean()", OVERFLOW),
    Slip(OF_G, "-(fake - real).sigmoid().log().mean()", OVERFLOW),
    Slip(OF_G, "-((fake - real).sigmoid() + 1e-7).log().mean()", EPS),
    Slip(OF_G, "-((fake - real).sigmoid() + 1e-8).log().mean()", EPS),
    Slip(OF_G, "-F.softplus(real - fake).mean()", SIGN),
    Slip(OF_G, "F.softplus(real - fake).sum()", SUM),
    Slip("real - fake", "real - fake.detach()", DETACHED.format("fake")),
)


def only_the_difference_counts(parts: Answer, asked: Sequence[Case]) -> None:
    """Raise where a loss changes when 7 is added to all outputs."""
    loss = parts[asked[0].part]
    for _, (real, fake), _ in asked[:5]:
        with torch.no_grad(), calling(parts):
            before, after = loss(real.clone(), fake.clone()), loss(real + 7, fake + 7)
        if not torch.allclose(before, after, rtol=1e-3, atol=1e-3):
            raise Wrong(SHIFTED)


relativistic = Game(
    title="Relativistic pairs",
    proves="the mean of softplus(fake_i - real_i), and turned round for G; a constant added to "
    "all outputs changes nothing, and ±150 stays finite.",
    hints=(
        "The lie has the probability 1 - σ(d) = σ(-d), with d = real_i - fake_i. A loss is minus "
        "the mean logarithm.",
        "-ln σ(d) is softplus(-d), and that stays finite: pair by pair, and the mean comes last. G "
        "turns the difference round.",
        "D: F.softplus(on_fake - on_real).mean(). G: F.softplus(on_real - on_fake).mean().",
    ),
    asks="Check both losses of the relativistic pairing game, for outputs (B,) and (B,).",
    terms=(lambda r, f: F.softplus(f - r), lambda r, f: F.softplus(r - f)),
    table=Table(RIGHT, SLIPS_OF_D + SLIPS_OF_G),
    signs=only_the_difference_counts,
)
