"""Checks of lesson 10, Choose a loss."""

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.nn.functional import relu, softplus

from gan_lessons import losses
from gan_lessons.checks.exercise import Wrong, exercise

# Logits on both sides of the hinge's margins; no two wrong answers agree on them.
REAL = torch.tensor([1.7, -0.5, 2.3, 0.85])
FAKE = torch.tensor([-0.9, 0.8, -1.7, 0.3])
OTHER = torch.tensor([-2.1, 0.6, 1.9, -0.2]), torch.tensor([1.6, -0.3, 0.5, -2.4])

REFUSED = {  # what Python says of a broken loss, and what that means here
    "Boolean value of Tensor": "Python's max compares two numbers, not tensors. For each sample "
    "alone max(0, s) is F.relu(s).",
    "return_types.max": "torch.max(s, 0) looks for the largest along dimension 0. For each sample "
    "alone max(0, s) is F.relu(s).",
}

Loss = Callable[[Tensor, Tensor], Tensor]
Named = Sequence[tuple[Loss, str]]


def _near(a: float, b: float) -> bool:
    return math.isclose(a, b, rel_tol=1e-4, abs_tol=1e-5)


def _ask(answer: Loss, player: str, real: Tensor, fake: Tensor) -> Tensor:
    """Return what a learner's loss gives; say so where it is not one number with a gradient."""
    try:
        found = answer(real, fake)
    except (RuntimeError, TypeError, AttributeError) as error:
        for said, meaning in REFUSED.items():
            if said in str(error):
                raise Wrong(f"{player}'s loss: {meaning}") from error
        raise
    if not isinstance(found, Tensor):
        raise Wrong(
            f"{player}'s loss is no tensor, so backward() cannot start from it: return what the "
            "mean gives, without .item() or float()."
        )
    if found.numel() != 1:
        raise Wrong(
            f"{player}'s loss has {found.numel()} numbers for {len(fake)} samples; a loss is one "
            "number: take the mean."
        )
    return found.squeeze()


def _slopes(answer: Loss, player: str, real: Tensor, fake: Tensor) -> tuple[Tensor, Tensor]:
    """Return the gradients with respect to the real and to the fake logits, zeros for none."""
    logits = real.clone().requires_grad_(), fake.clone().requires_grad_()
    loss = _ask(answer, player, *logits)
    if not loss.requires_grad:
        raise Wrong(
            f"{player}'s loss has lost its gradient: no .detach() and no .item() on the way."
        )
    return torch.autograd.grad(loss, logits, allow_unused=True, materialize_grads=True)


def _judge(answer: Loss, player: str, right: Loss, named: Named, *, half: str = "") -> str:
    """Compare a loss with the right one by values and slopes; name the known mistakes.

    Args:
        named: wrong losses, each with its diagnosis. half: what to say of half the right loss,
            which is then accepted; without it that is a mistake too.
    """
    found, expected = (f(REAL, FAKE).item() for f in (lambda *x: _ask(answer, player, *x), right))
    remark = half if half and _near(found, expected / 2) else ""
    scale = 0.5 if remark else 1.0
    if not _near(found, scale * expected):
        usual = (
            (lambda r, f: -right(r, f), "the sign is turned. An optimizer makes a loss smaller."),
            (lambda r, f: len(f) * right(r, f), "you add up over the samples: take the mean."),
            (lambda r, f: right(r, f) / 2, "this is half of it: there is no ½ here."),
        )
        for wrong, diagnosis in (*named, *usual):
            if _near(found, wrong(REAL, FAKE).item()):
                raise Wrong(f"{player}'s loss: {diagnosis}")
        raise Wrong(
            f"{player}'s loss: on four real and four fake logits you get {found:.4f}, not "
            f"{expected:.4f}."
        )
    for logits in ((REAL, FAKE), OTHER):
        mine, theirs = (_slopes(f, player, *logits) for f in (answer, right))
        for which, a, b in zip(("real", "fake"), mine, theirs, strict=True):
            if player == "G" and which == "real":
                continue  # G cannot move D(real), so its gradient there is nobody's business
            if b.any() and not a.any():
                raise Wrong(
                    f"{player}'s loss: no gradient reaches {which}_logits: no .detach() here. What "
                    "a loop detaches is G's *samples*, never D's logits."
                )
            if not torch.allclose(a, scale * b, rtol=1e-3, atol=1e-5):
                raise Wrong(f"{player}'s loss: the slopes at the {which} logits are not right.")
    return remark


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
    (_ls(1, 0, torch.sigmoid), _SIGMOID),
    (_ls(0, 1), "the targets are exchanged: real samples belong at 1, fake ones at 0."),
    (
        _ls(1, -1),
        "your fakes belong at -1. That is another least-squares game of the paper; the targets "
        "here are 1, 0, 1.",
    ),
    (_ls(1, 1), "both get the target 1: D learns to answer 1 to everything."),
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
        _judge(d, "D", losses.least_squares_d, WRONG_LS_D, half=half),
        _judge(g, "G", losses.least_squares_g, WRONG_LS_G, half=half),
    )
    return next((remark for remark in remarks if remark), None)


# -- hinge -----------------------------------------------------------------------------------

_OUTSIDE = "a sample beyond its margin must not count any more: its slope there is 0."

WRONG_HINGE_D: Named = (
    (
        lambda r, f: (1 - r).mean() + (1 + f).mean(),
        f"the hinge itself is missing, so this is the Wasserstein loss plus 2: {_OUTSIDE} Put "
        "max(0, …) around each sample.",
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
    (lambda r, f: f.mean(), "the sign is turned: going down would lower D(fake)."),
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
def hinge(d: Loss, g: Loss) -> None:
    """Check both losses of the hinge game, for logits (B,) and (B,)."""
    _judge(d, "D", losses.hinge_d, WRONG_HINGE_D)
    _judge(g, "G", losses.mean_g, WRONG_HINGE_G)


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
    (
        lambda r, f: (f - r).mean(),
        "softplus is missing: the bare difference is the Wasserstein loss.",
    ),
    (
        lambda r, f: relu(1 + f - r).mean(),
        "this is a hinge on the pairs: here it is softplus.",
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
    (
        lambda r, f: (r - f).mean(),
        "softplus is missing: the bare difference is the Wasserstein loss.",
    ),
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
def relativistic(d: Loss, g: Loss) -> None:
    """Check both losses of the relativistic pairing game, for logits (B,) and (B,)."""
    for player, answer, right, named in (
        ("D", d, losses.relativistic_d, WRONG_PAIRS_D),
        ("G", g, losses.relativistic_g, WRONG_PAIRS_G),
    ):
        _judge(answer, player, right, named)
        for gap in (200.0, -200.0):
            real, fake = torch.zeros(3), torch.full((3,), gap)
            found, expected = _ask(answer, player, real, fake), right(real, fake)
            if not torch.isclose(found, expected, rtol=1e-3, atol=1e-3):
                raise Wrong(
                    f"{player}'s loss: for a difference of {gap:+.0f} you get {found:.1f}, not "
                    f"{expected:.0f}: the logarithm of a sigmoid that is rounded to 0, or an eps. "
                    "softplus stays finite."
                )
        shifted = _ask(answer, player, REAL + 7, FAKE + 7).item()
        if not _near(shifted, right(REAL, FAKE).item()):
            raise Wrong(f"{player}'s loss changes when 7 is added to all logits: {_NO_PAIRS}")
