"""The hinge: an exercise of lesson 10, Choose a loss."""

from torch.nn import functional as F

from gan_lessons.checks.grader import Slip, Table
from gan_lessons.checks.objectives.pair import DETACHED, SIGN, SUM, Game

RIGHT = """
def hinge_d(on_real, on_fake):
    r, f = on_real, on_fake
    return F.relu(1 - r).mean() + F.relu(1 + f).mean()


def hinge_g(on_real, on_fake):
    fake = on_fake
    return -fake.mean()
"""

OUTSIDE = "a sample beyond its margin must not count any more: its slope there is 0."
PAIRED = "you pair real with fake inside one hinge. Here each sample has a margin of its own."
MEAN_FIRST = (
    "the mean comes before the max: once the *average* is beyond the margin, no sample learns any "
    "more. Max for each sample, mean last."
)
NO_HINGE = (
    f"the hinge itself is missing, or stands around the whole batch: {OUTSIDE} Put max(0, …) "
    "around each sample, then the mean."
)

BOTH = "F.relu(1 - r).mean() + F.relu(1 + f).mean()"
OF_REAL, OF_FAKE = BOTH.split(" + ", 1)
SLIPS_OF_D = (
    Slip(BOTH, "(1 - r).mean() + (1 + f).mean()", NO_HINGE),
    Slip(BOTH, "F.relu((1 - r).mean() + (1 + f).mean())", NO_HINGE),
    Slip(BOTH, "F.relu(1 - r.mean()) + F.relu(1 + f.mean())", MEAN_FIRST),
    Slip(OF_REAL, "F.relu(1 - r.mean())", MEAN_FIRST),
    Slip(OF_FAKE, "F.relu(1 + f.mean())", MEAN_FIRST),
    Slip(
        BOTH,
        "F.softplus(1 - r).mean() + F.softplus(1 + f).mean()",
        f"softplus is no hinge: {OUTSIDE} Use relu.",
    ),
    Slip(
        BOTH,
        "F.leaky_relu(1 - r).mean() + F.leaky_relu(1 + f).mean()",
        f"leaky_relu is no hinge: {OUTSIDE} Use relu.",
    ),
    Slip(
        BOTH,
        "F.leaky_relu(1 - r, 0.2).mean() + F.leaky_relu(1 + f, 0.2).mean()",
        f"leaky_relu is no hinge: {OUTSIDE} Use relu.",
    ),
    Slip(
        BOTH,
        "F.elu(1 - r).mean() + F.elu(1 + f).mean()",
        f"elu is no hinge: {OUTSIDE} Use relu.",
    ),
    Slip(
        BOTH,
        "F.relu(-r).mean() + F.relu(f).mean()",
        "the margin is missing: an output of 0.001 would be real enough. Ask for 1.",
    ),
    Slip(
        OF_REAL,
        "F.relu(-r).mean()",
        "the real samples' margin is missing: an output of 0.001 would be real enough. Ask for 1.",
    ),
    Slip(
        BOTH,
        "F.relu(2 - r).mean() + F.relu(2 + f).mean()",
        "your margins are at 2 and -2: they are at 1 and -1.",
    ),
    Slip(
        BOTH,
        "F.relu(r).mean() + F.relu(-f).mean()",
        "the signs inside are turned, and the margin is missing: a real output misses its margin "
        "by 1 - t, a fake one by 1 + t.",
    ),
    Slip(
        "= on_real, on_fake",
        "= -on_real, -on_fake",
        "the labels are exchanged: this pushes real samples below -1 and fake ones above 1.",
    ),
    Slip(
        "= on_real, on_fake",
        "= on_fake, on_real",
        "the two kinds are exchanged: this pushes fake samples above 1 and real ones below -1.",
    ),
    Slip(
        BOTH,
        "F.relu(1 - r).square().mean() + F.relu(1 + f).square().mean()",
        "this is the squared hinge: no square here.",
    ),
    Slip(BOTH, "F.relu(1 - r + f).mean()", PAIRED),
    Slip(BOTH, "F.relu(2 - r + f).mean()", PAIRED),
    Slip(
        "= on_real, on_fake",
        "= on_real.sigmoid(), on_fake.sigmoid()",
        "a sigmoid is left over: it never reaches beyond 1, so the hinge never lets go.",
    ),
    Slip(
        "= on_real, on_fake",
        "= on_real.tanh(), on_fake.tanh()",
        "a tanh is left over: it never reaches beyond ±1, so the hinge never lets go.",
    ),
    Slip(
        BOTH,
        "F.relu(r - 1).mean() + F.relu(-1 - f).mean()",
        "turned inside out: this counts the samples that are beyond the margin already.",
    ),
    Slip(
        "F.relu(1 + f)",
        "F.relu(1 - f)",
        "both kinds are pushed above 1: D learns to answer 1 to everything.",
    ),
    Slip(
        "F.relu(1 - r)",
        "F.relu(1 + r)",
        "both kinds are pushed below -1: D learns to answer -1 to everything.",
    ),
    Slip(
        "F.relu(1 + f)",
        "F.relu(f - 1)",
        "your fakes may go up to +1: their margin is at -1.",
    ),
    Slip("F.relu(1 + f)", "F.relu(f)", "your fakes' margin is at 0: it is at -1."),
    Slip(
        BOTH,
        "(1 - r).clamp(max=0).mean() + (1 + f).clamp(max=0).mean()",
        "this keeps the smaller of the two, 0 or s, and max(0, s) is the larger.",
    ),
    Slip(
        BOTH,
        "(1 - r).clamp(0, 1).mean() + (1 + f).clamp(0, 1).mean()",
        "this is cut off at 1 as well: a sample that is far on the wrong side gets no slope. "
        "max(0, s) has no upper end.",
    ),
    Slip(
        BOTH,
        "(1 - r).abs().mean() + (1 + f).abs().mean()",
        f"an absolute value for max(0, s): {OUTSIDE} Yours pulls it back.",
    ),
    Slip(" + F.relu(1 + f).mean()", "", "only the real samples count; fake ones belong below -1."),
    Slip("F.relu(1 - r).mean() + ", "", "only the fake samples count; real ones belong above 1."),
    Slip(
        ".mean() + F.relu(1 + f)",
        ".mean() - F.relu(1 + f)",
        "a minus between the two parts: D would raise D(fake).",
    ),
    Slip(BOTH, f"-({BOTH})", SIGN),
    Slip(BOTH, BOTH.replace("mean", "sum"), SUM),
    Slip(OF_FAKE, "F.relu(1 + f).sum()", "you add up over the fake samples: take the mean."),
    Slip("= on_real, on_fake", "= on_real.detach(), on_fake", DETACHED.format("real")),
    Slip("= on_real, on_fake", "= on_real, on_fake.detach()", DETACHED.format("fake")),
)

STUCK = "below -1, where D is sure, it is flat and G is stuck. Take -mean D(fake)."
SLIPS_OF_G = (
    Slip(
        "-fake.mean()",
        "F.relu(1 - fake).mean()",
        "a hinge on G: it stops pulling a sample at D(fake) = 1. G's loss is the plain -mean: "
        "there is no margin at which a fake is good enough.",
    ),
    Slip(
        "-fake.mean()",
        "F.relu(-fake).mean()",
        "a hinge on G: a sample that D gives an output above 0 learns no more. G's loss is -mean.",
    ),
    Slip(
        "-fake.mean()",
        "F.relu(1 + fake).mean()",
        "this is D's term for the fakes: G would work for D.",
    ),
    Slip("-fake.mean()", "-F.relu(1 + fake).mean()", f"minus D's term: {STUCK}"),
    Slip(
        "-fake.mean()",
        "-F.relu(fake).mean()",
        "a hinge on G: a sample that D gives an output below 0 learns nothing, and that is where "
        "fakes begin. G's loss is -mean.",
    ),
    Slip(
        "-fake.mean()",
        "F.relu(-1 - fake).mean()",
        "a hinge on G: a sample that D gives an output above -1 learns no more. G's loss is -mean.",
    ),
    Slip(
        "-fake.mean()",
        "-(F.relu(1 - on_real) + F.relu(1 + fake)).mean()",
        f"minus D's whole loss: {STUCK}",
    ),
    Slip(
        "-fake.mean()",
        "(F.relu(1 - on_real) + F.relu(1 + fake)).mean()",
        "this is D's loss: G would work for D. Take -mean D(fake).",
    ),
    Slip(
        "-fake.mean()",
        "(F.relu(1 + on_real) + F.relu(1 - fake)).mean()",
        "D's loss with its labels exchanged: a hinge on G stops pulling where D(fake) is 1. Take "
        "-mean D(fake).",
    ),
    Slip(
        "-fake.mean()",
        "F.softplus(-fake).mean()",
        "this is the non-saturating loss of the first GAN. In the hinge game G's is -mean D(fake).",
    ),
    Slip(
        "-fake.mean()",
        "(fake - 1).square().mean()",
        "this is G's loss in the least-squares game. In the hinge game it is -mean D(fake).",
    ),
    Slip(
        "-fake.mean()",
        "on_real.mean() - fake.mean()",
        "the real term is kept. G cannot change D(real): leave it out.",
    ),
    Slip(
        "fake = on_fake",
        "fake = on_fake.sigmoid()",
        "a sigmoid is left over: where D is sure of a fake its slope is almost 0. Take the outputs "
        "themselves.",
    ),
    Slip(
        "fake = on_fake",
        "fake = on_real",
        "it says nothing of on_fake, and these are all that G can change.",
    ),
    Slip(
        "-fake.mean()",
        "-fake.square().mean()",
        "a square too much: it pays to drive D(fake) to +∞ and to -∞ alike. Take -mean D(fake).",
    ),
    Slip("-fake.mean()", "fake.mean()", SIGN),
    Slip("-fake.mean()", "-fake.sum()", SUM),
)

hinge = Game(
    title="The hinge",
    proves="no slope for D outside the margins; for G a slope of -1 everywhere.",
    hints=(
        "Each of D's curves is 0 on one side of its corner and a line of slope 1 or -1 on the "
        "other: max(0, s), which is F.relu(s).",
        "A real output misses its margin by 1 - t, a fake one by 1 + t. G has no margin: it wants "
        "D(fake) large.",
        "D: F.relu(1 - on_real).mean() + F.relu(1 + on_fake).mean(). G: -on_fake.mean().",
    ),
    asks="Check both losses of the hinge game, for outputs (B,) and (B,).",
    terms=(lambda r, f: F.relu(1 - r) + F.relu(1 + f), lambda r, f: -f),
    table=Table(RIGHT, SLIPS_OF_D + SLIPS_OF_G),
)
