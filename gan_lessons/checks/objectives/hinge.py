"""Checks of lesson 10, Choose a loss."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import relu, softplus

from gan_lessons import losses
from gan_lessons.checks import pair
from gan_lessons.checks.exercise import Wrong, exercise
from gan_lessons.checks.pair import Loss, Named

# -- least squares ---------------------------------------------------------------------------


def _ls(real_target: float, fake_target: float, bend: Callable = lambda t: t) -> Loss:
    def loss(real: Tensor, fake: Tensor) -> Tensor:
        wide, narrow = bend(real) - real_target, bend(fake) - fake_target
        return wide.square().mean() + narrow.square().mean()

    return loss


_SQUARE_OF_MEAN = (
    "this is the square of the mean, not the mean of squares. It is 0 as soon as the *average* "
    "output is right, whatever the single samples get. Square first, mean last."
)
_SIGMOID = (
    "a sigmoid is left over. Least squares takes D's output as it is: behind a sigmoid the slope "
    "dies where D is sure, the very thing this loss is there to avoid."
)

WRONG_LS_D: Named = (
    (lambda r, f: (r.mean() - 1).square() + f.mean().square(), _SQUARE_OF_MEAN),
    (lambda r, f: (r.mean() - 1).square() + f.square().mean(), _SQUARE_OF_MEAN),
    (lambda r, f: (r - 1).square().mean() + f.mean().square(), _SQUARE_OF_MEAN),
    (_ls(1, 0, torch.sigmoid), _SIGMOID),
    (_ls(0, 1), "the targets are exchanged: real samples belong at 1, fake ones at 0."),
    (
        _ls(1, -1),
        "your fakes belong at -1. That is another least-squares game of the paper; the targets "
        "here are 1, 0, 1.",
    ),
    (_ls(1, 1), "both get the target 1: D learns to answer 1 to everything."),
    (lambda r, f: (f - 1).square().mean(), "this is G's loss."),
    (
        lambda r, f: (r - f - 1).square().mean(),
        "you compare real with fake, pair by pair. Here each sample has a target of its own.",
    ),
    (
        lambda r, f: (r.square() - 1).mean() + f.square().mean(),
        "the square comes too early: how far is an output from its target? Squared is that.",
    ),
    (
        lambda r, f: (r - 1).norm() + f.norm(),
        "norm() is the root of the sum of squares: take the mean of the squares.",
    ),
    (lambda r, f: (r - 1).square().mean(), "only the real samples count; the fakes belong at 0."),
    (lambda r, f: f.square().mean(), "only the fake samples count; the real ones belong at 1."),
    (
        lambda r, f: (r - 1).abs().mean() + f.abs().mean(),
        "these are absolute values: the slope is the same however far off an answer is. Square.",
    ),
    (
        lambda r, f: (r - 1).square().mean().sqrt() + f.square().mean().sqrt(),
        "the roots are too much: the mean of the squares itself.",
    ),
    (
        lambda r, f: (r - 1).square().mean() - f.square().mean(),
        "a minus between the two parts: D would push its answer to fakes away from 0 for ever.",
    ),
)
WRONG_LS_G: Named = (
    (
        lambda r, f: f.square().mean(),
        "G moves D(fake) toward 0, where D wants it: it works for D. G's target is 1.",
    ),
    (lambda r, f: (f.mean() - 1).square(), _SQUARE_OF_MEAN),
    (lambda r, f: (f.sigmoid() - 1).square().mean(), _SIGMOID),
    (
        lambda r, f: -f.square().mean(),
        "-D(fake)² has no end: it pays to drive D(fake) to +∞ and to -∞ alike. G's target is 1.",
    ),
    (lambda r, f: (f - 1).mean(), "the square is missing: without it there is no target at all."),
    (lambda r, f: (f - 1).abs().mean(), "this is the absolute value: square it."),
    (lambda r, f: (f + 1).square().mean(), "your target is -1; G wants to be taken for real, 1."),
    (
        lambda r, f: (r - 1).square().mean() + (f - 1).square().mean(),
        "the real term is kept. G cannot change D(real): leave it out.",
    ),
    (
        _ls(0, 1),
        "the real term is kept, with its target turned round. G cannot change D(real): leave it "
        "out.",
    ),
    (_ls(1, 0), "this is D's loss. G wants the opposite for its samples."),
    (
        lambda r, f: (f - r).square().mean(),
        "you pull D(fake) to what D says of some real sample. The target is the number 1.",
    ),
    (
        lambda r, f: (f.mean() - r.mean()).square(),
        "you pull the mean of D(fake) to that of D(real). Each fake has the target 1.",
    ),
)


@exercise(
    title="Least squares",
    proves="the mean of squares with the targets 1, 0 and 1, on D's output as it is.",
    hints=(
        "For every sample: how far is D's output from its target, squared. Then the mean.",
        "D's targets: 1 for real, 0 for fake. G has one part only, D(fake), and the target 1.",
        "D: (real_logits - 1).square().mean() + fake_logits.square().mean(). "
        "G: (fake_logits - 1).square().mean().",
    ),
)
def least_squares(d: Loss, g: Loss) -> str | None:
    """Check both losses of the least-squares game, for logits (B,) and (B,)."""
    half = "You keep the ½ of the paper: the same game."
    remarks = (
        pair.judge(d, "D", losses.least_squares_d, WRONG_LS_D, half=half),
        pair.judge(g, "G", losses.least_squares_g, WRONG_LS_G, half=half),
    )
    return next((remark for remark in remarks if remark), None)


# -- hinge -----------------------------------------------------------------------------------

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


# -- relativistic pairing --------------------------------------------------------------------

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
