"""The hinge: an exercise of lesson 10, Choose a loss."""

import torch
from torch.nn.functional import relu, softplus

from gan_lessons import losses
from gan_lessons.checks.exercise import exercise
from gan_lessons.checks.objectives import pair
from gan_lessons.checks.objectives.pair import Loss, Named

_OUTSIDE = "a sample beyond its margin must not count any more: its slope there is 0."

WRONG_HINGE_D: Named = (
    (
        lambda r, f: (1 - r).mean() + (1 + f).mean(),
        f"the hinge itself is missing, or stands around the whole batch: {_OUTSIDE} Put max(0, …) "
        "around each sample, then the mean.",
    ),
    (
        lambda r, f: relu(1 - r.mean()) + relu(1 + f.mean()),
        "the mean comes before the max: once the *average* is beyond the margin, no sample learns "
        "any more. Max for each sample, mean last.",
    ),
    (
        lambda r, f: softplus(1 - r).mean() + softplus(1 + f).mean(),
        f"softplus is no hinge: {_OUTSIDE} Use relu.",
    ),
    (
        lambda r, f: relu(-r).mean() + relu(f).mean(),
        "the margin is missing: a logit of 0.001 would be real enough. Ask for 1.",
    ),
    (
        lambda r, f: relu(1 + r).mean() + relu(1 - f).mean(),
        "the labels are exchanged: this pushes real samples below -1 and fake ones above 1.",
    ),
    (
        lambda r, f: relu(1 - r).square().mean() + relu(1 + f).square().mean(),
        "this is the squared hinge: no square here.",
    ),
    (
        lambda r, f: relu(1 - r + f).mean(),
        "you pair real with fake inside one hinge. Here each sample has a margin of its own.",
    ),
    (
        lambda r, f: relu(1 - r.sigmoid()).mean() + relu(1 + f.sigmoid()).mean(),
        "a sigmoid is left over: it never reaches beyond 1, so the hinge never lets go.",
    ),
    (
        lambda r, f: relu(r - 1).mean() + relu(-1 - f).mean(),
        "turned inside out: this counts the samples that are beyond the margin already.",
    ),
    (
        lambda r, f: relu(2 - r + f).mean(),
        "you pair real with fake inside one hinge. Here each sample has a margin of its own.",
    ),
    (
        lambda r, f: relu(1 - r).mean() + relu(1 - f).mean(),
        "both kinds are pushed above 1: D learns to answer 1 to everything.",
    ),
    (
        lambda r, f: relu(1 - r).mean() + relu(f - 1).mean(),
        "your fakes may go up to +1: their margin is at -1.",
    ),
    (
        lambda r, f: relu(1 - r).mean() + relu(f).mean(),
        "your fakes' margin is at 0: it is at -1.",
    ),
    (
        lambda r, f: torch.clamp(1 - r, max=0).mean() + torch.clamp(1 + f, max=0).mean(),
        "this keeps the smaller of the two, 0 or s, and max(0, s) is the larger.",
    ),
    (lambda r, f: relu(1 - r).mean(), "only the real samples count; fake ones belong below -1."),
    (lambda r, f: relu(1 + f).mean(), "only the fake samples count; real ones belong above 1."),
    (
        lambda r, f: relu(1 - r).mean() - relu(1 + f).mean(),
        "a minus between the two parts: D would raise D(fake).",
    ),
)
WRONG_HINGE_G: Named = (
    (
        lambda r, f: relu(1 - f).mean(),
        "a hinge on G: it stops pulling a sample at D(fake) = 1. G's loss is the plain -mean: "
        "there is no margin at which a fake is good enough.",
    ),
    (
        lambda r, f: relu(-f).mean(),
        "a hinge on G: a sample that D gives a logit above 0 learns no more. G's loss is -mean.",
    ),
    (
        lambda r, f: relu(1 + f).mean(),
        "this is D's term for the fakes: G would work for D.",
    ),
    (
        lambda r, f: -relu(1 + f).mean(),
        "minus D's term: below -1, where D is sure, it is flat and G is stuck. Take -mean D(fake).",
    ),
    (
        lambda r, f: -relu(f).mean(),
        "a hinge on G: a sample that D gives a logit below 0 learns nothing, and that is where "
        "fakes begin. G's loss is -mean.",
    ),
    (
        lambda r, f: relu(-1 - f).mean(),
        "a hinge on G: a sample that D gives a logit above -1 learns no more. G's loss is -mean.",
    ),
    (
        lambda r, f: -losses.hinge_d(r, f),
        "minus D's whole loss: below -1, where D is sure, it is flat and G is stuck. Take -mean "
        "D(fake).",
    ),
    (
        lambda r, f: losses.hinge_d(-r, -f),
        "D's loss with its labels exchanged: a hinge on G stops pulling where D(fake) is 1. Take "
        "-mean D(fake).",
    ),
    (
        lambda r, f: softplus(-f).mean(),
        "this is the non-saturating loss of the first GAN. In the hinge game G's is -mean D(fake).",
    ),
    (
        lambda r, f: r.mean() - f.mean(),
        "the real term is kept. G cannot change D(real): leave it out.",
    ),
)


@exercise(
    title="The hinge",
    proves="no slope for D outside the margins; for G a slope of -1 everywhere.",
    hints=(
        "max(0, s) is F.relu(s). D wants real logits above 1 and fake ones below -1: what is "
        "missing to the margin, sample by sample?",
        "A real logit misses its margin by 1 - t, a fake one by 1 + t. G has no margin: it wants "
        "D(fake) large.",
        "D: F.relu(1 - real_logits).mean() + F.relu(1 + fake_logits).mean(). "
        "G: -fake_logits.mean().",
    ),
)
def hinge(d: Loss, g: Loss) -> str | None:
    """Check both losses of the hinge game, for logits (B,) and (B,)."""
    remarks = (
        pair.judge(d, "D", losses.hinge_d, WRONG_HINGE_D),
        pair.judge(g, "G", losses.mean_g, WRONG_HINGE_G),
    )
    return next((remark for remark in remarks if remark), None)
