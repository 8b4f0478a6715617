"""Least squares: an exercise of lesson 10, Choose a loss."""

from gan_lessons.checks.grader import Slip, Table
from gan_lessons.checks.objectives.pair import DETACHED, SIGN, SUM, Game

RIGHT = """
def least_squares_d(on_real, on_fake):
    r, f = on_real, on_fake
    return (r - 1).square().mean() + f.square().mean()


def least_squares_g(on_real, on_fake):
    gap = on_fake - 1
    return gap.square().mean()
"""
HALVED = """
def least_squares_d(on_real, on_fake):
    return ((on_real - 1).square().mean() + on_fake.square().mean()) / 2


def least_squares_g(on_real, on_fake):
    return (on_fake - 1).square().mean() / 2
"""

SQUARE_OF_MEAN = (
    "this is the square of the mean, not the mean of squares. It is 0 as soon as the *average* "
    "output is right, whatever the single samples get: square first, mean last."
)
SIGMOID = (
    "a sigmoid is left over. Least squares takes D's output as it is: behind a sigmoid the slope "
    "dies where D is sure, the very thing this loss is there to avoid."
)
TANH = SIGMOID.replace("sigmoid", "tanh")
ROOT = "the root is too much: take the mean of the squares itself."
CROSS_ENTROPY = (
    "this is the cross entropy of lesson 04: it asks which kind, and this game asks how far from "
    "the target. Square the distance to it."
)
HUBER = "this is smooth_l1 or huber, a line beyond a distance of 1: take the square everywhere."

OF_D = "(r - 1).square().mean() + f.square().mean()"
OF_REAL, OF_FAKE = OF_D.split(" + ")
SLIPS_OF_D = (
    Slip(OF_D, "(r.mean() - 1).square() + f.mean().square()", SQUARE_OF_MEAN),
    Slip(OF_REAL, "(r.mean() - 1).square()", SQUARE_OF_MEAN),
    Slip(OF_FAKE, "f.mean().square()", SQUARE_OF_MEAN),
    Slip("= on_real, on_fake", "= on_real.sigmoid(), on_fake.sigmoid()", SIGMOID),
    Slip("= on_real, on_fake", "= on_real.tanh(), on_fake.tanh()", TANH),
    Slip(
        "= on_real, on_fake",
        "= on_fake, on_real",
        "the targets are exchanged: real samples belong at 1, fake ones at 0.",
    ),
    Slip(
        OF_FAKE,
        "(f + 1).square().mean()",
        "your fakes belong at -1. That is another least-squares game of the paper; the targets "
        "here are 1, 0, 1.",
    ),
    Slip(
        OF_FAKE,
        "(f - 1).square().mean()",
        "both get the target 1: D learns to answer 1 to everything. Fakes belong at 0.",
    ),
    Slip(
        OF_REAL,
        "r.square().mean()",
        "both get the target 0: D learns to answer 0 to everything. Real samples belong at 1.",
    ),
    Slip(OF_REAL, "(r - 0.9).square().mean()", "your target for real samples is 0.9: it is 1."),
    Slip(OF_D, "(f - 1).square().mean()", "this is G's loss."),
    Slip(
        OF_D,
        "(r - f - 1).square().mean()",
        "you compare real with fake, pair by pair. Here each sample has a target of its own.",
    ),
    Slip(
        OF_D,
        "(r - f).square().mean()",
        "you compare real with fake: D would learn to answer the same to both. Each sample has a "
        "target of its own, 1 or 0.",
    ),
    Slip(
        OF_REAL,
        "(r.square() - 1).mean()",
        "the square comes too early: how far is an output from its target? Square that.",
    ),
    Slip(
        OF_D,
        "(r - 1).norm() + f.norm()",
        "norm() is the root of the sum of squares: take the mean of the squares.",
    ),
    Slip(" + f.square().mean()", "", "only the real samples count; the fakes belong at 0."),
    Slip(
        "(r - 1).square().mean() + ", "", "only the fake samples count; the real ones belong at 1."
    ),
    Slip(
        OF_D,
        "(r - 1).abs().mean() + f.abs().mean()",
        "these are absolute values: the slope is the same however far off an answer is. Square.",
    ),
    Slip(OF_D, "(r - 1).square().mean().sqrt() + f.square().mean().sqrt()", ROOT),
    Slip(OF_D, "(r - 1).mean() + f.mean()", "the squares are missing: without them no target."),
    Slip(OF_D, "F.softplus(-r).mean() + F.softplus(f).mean()", CROSS_ENTROPY),
    Slip(OF_D, "F.smooth_l1_loss(r, 0 * r + 1) + F.smooth_l1_loss(f, 0 * f)", HUBER),
    Slip(
        "+ f.square()",
        "- f.square()",
        "a minus between the two parts: D would push its answer to fakes away from 0 for ever.",
    ),
    Slip(OF_FAKE, "f.square().mean() / 2", "a ½ stands at the fake part alone: both or none."),
    Slip(
        OF_REAL, "(r - 1).square().mean() / 2", "a ½ stands at the real part alone: both or none."
    ),
    Slip(OF_D, f"-({OF_D})", SIGN),
    Slip(OF_D, OF_D.replace("mean", "sum"), SUM),
    Slip(OF_FAKE, "f.square().sum()", "you add up over the fake samples: take the mean."),
    Slip("= on_real, on_fake", "= on_real.detach(), on_fake", DETACHED.format("real")),
    Slip("= on_real, on_fake", "= on_real, on_fake.detach()", DETACHED.format("fake")),
)

OF_G = "gap.square().mean()"
SLIPS_OF_G = (
    Slip(
        "gap = on_fake - 1",
        "gap = on_fake",
        "G moves D(fake) toward 0, where D wants it: it works for D. G's target is 1.",
    ),
    Slip(OF_G, "gap.mean().square()", SQUARE_OF_MEAN),
    Slip("gap = on_fake - 1", "gap = on_fake.sigmoid() - 1", SIGMOID),
    Slip("= on_fake - 1", "= on_fake.tanh() - 1", TANH),
    Slip(
        "= on_fake - 1",
        "= on_fake - 0.9",
        "your target is 0.9; G wants to be taken for real, 1.",
    ),
    Slip(
        OF_G,
        "-on_fake.square().mean()",
        "-D(fake)² has no end: it pays to drive D(fake) to +∞ and to -∞ alike. G's target is 1.",
    ),
    Slip(OF_G, "gap.mean()", "the square is missing: without it there is no target at all."),
    Slip(
        OF_G,
        "-on_fake.mean()",
        "this is the plain mean, G's loss in the Wasserstein game: it has no target. Here it is 1.",
    ),
    Slip(OF_G, "gap.abs().mean()", "this is the absolute value: square it."),
    Slip(
        "gap = on_fake - 1",
        "gap = on_fake + 1",
        "your target is -1; G wants to be taken for real, 1.",
    ),
    Slip(
        OF_G,
        "gap.square().mean() + (on_real - 1).square().mean()",
        "the real term is kept. G cannot change D(real): leave it out.",
    ),
    Slip(
        OF_G,
        "gap.square().mean() + on_real.square().mean()",
        "the real term is kept, with its target turned round. G cannot change D(real): leave it "
        "out.",
    ),
    Slip(
        OF_G,
        "(on_real - 1).square().mean() + on_fake.square().mean()",
        "this is D's loss. G wants the opposite for its samples.",
    ),
    Slip(
        OF_G,
        "-(on_real - 1).square().mean() - on_fake.square().mean()",
        "minus D's loss has no end: it pays to drive D(fake) to +∞ and to -∞ alike. G's target "
        "is 1.",
    ),
    Slip(
        "gap = on_fake - 1",
        "gap = on_fake - on_real",
        "you pull D(fake) to what D says of some real sample. The target is the number 1.",
    ),
    Slip(
        OF_G,
        "(on_fake.mean() - on_real.mean()).square()",
        "you pull the mean of D(fake) to that of D(real). Each fake has the target 1.",
    ),
    Slip(
        "gap = on_fake - 1",
        "gap = on_real - 1",
        "it says nothing of on_fake, and these are all that G can change.",
    ),
    Slip(OF_G, "gap.square().mean().sqrt()", ROOT),
    Slip(OF_G, "F.softplus(-on_fake).mean()", CROSS_ENTROPY),
    Slip(OF_G, "F.smooth_l1_loss(gap, 0 * gap)", HUBER),
    Slip(OF_G, "-gap.square().mean()", SIGN),
    Slip(OF_G, "gap.square().sum()", SUM),
)

least_squares = Game(
    title="Least squares",
    proves="the mean of squares with the targets 1, 0 and 1, on D's output as it is.",
    hints=(
        "Which function of t has the slope 2t? And which 2(t - 1)? A mean over the batch divides "
        "by B.",
        "2(t - 1) is the slope of (t - 1)², 2t that of t²: squared distances to the targets 1 and "
        "0. G has one part only, and the target 1.",
        "D: (on_real - 1).square().mean() + on_fake.square().mean(). "
        "G: (on_fake - 1).square().mean().",
    ),
    asks="Check both losses of the least-squares game, for outputs (B,) and (B,).",
    terms=(lambda r, f: (r - 1).square() + f.square(), lambda r, f: (f - 1).square()),
    table=Table(
        RIGHT,
        SLIPS_OF_D + SLIPS_OF_G,
        also={HALVED: "You keep the ½ of the paper: the same game."},
    ),
)
