"""Checks of lesson 02, Play the minimax game."""

import math
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import softplus

from gan_lessons.checks.exercise import Wrong, exercise

LN2 = math.log(2)
REAL = torch.tensor([1.3, -0.4, 2.2, 0.7])
FAKE = torch.tensor([-0.9, 0.8, -1.7, 0.3, -0.2, 1.1])  # another number of samples


def _near(a: float, b: float) -> bool:
    return math.isclose(a, b, rel_tol=1e-4, abs_tol=1e-6)


def _loss(answer: Callable, real: Tensor, fake: Tensor) -> Tensor:
    """Return what the learner's loss gives; say so where it is not one number."""
    found = answer(real, fake)
    if not isinstance(found, Tensor):
        raise Wrong("return a tensor, so that backward() can start from it: no .item(), no float.")
    if found.numel() != 1:
        raise Wrong(f"you return {found.numel()} numbers; a loss is one number. Take the mean.")
    return found


def _name(found: float, named: tuple[tuple[float, str], ...]) -> None:
    for value, diagnosis in named:
        if _near(found, value):
            raise Wrong(diagnosis)


def _slope(answer: Callable, logit: float) -> float:
    """Return the derivative of G's loss with respect to the logit of one fake sample."""
    fake = torch.tensor([logit], requires_grad=True)
    loss = _loss(answer, REAL, fake)
    if not loss.requires_grad:
        raise Wrong("the loss has lost its gradient: no .detach() and no .item() on the way.")
    return float(torch.autograd.grad(loss, fake)[0])


@exercise(
    title="D's loss",
    proves="it equals binary cross entropy on random logits, is 2 ln 2 at zero, and stays finite "
    "at ±100.",
    hints=(
        "D wants V large, and optimizers make things small: the loss is -V. Write ln D and "
        "ln(1 - D) with the logit t, for which D = σ(t).",
        "-ln σ(t) = softplus(-t) and -ln(1 - σ(t)) = softplus(t). Real logits go into the first, "
        "fake ones into the second.",
        "return F.softplus(-real_logits).mean() + F.softplus(fake_logits).mean()",
    ),
)
def d_loss(answer: Callable) -> None:
    """Check ``d_loss(real_logits, fake_logits)`` for logits (B,) and (B',)."""
    found = _loss(answer, REAL, FAKE).item()
    up, down = softplus(-REAL).mean().item(), softplus(FAKE).mean().item()
    help_g = softplus(-FAKE).mean().item()
    if not _near(found, up + down):
        squashed = softplus(-REAL.sigmoid()).mean() + softplus(FAKE.sigmoid()).mean()
        sums = softplus(-REAL).sum() + softplus(FAKE).sum()
        both = (softplus(-REAL).sum() + softplus(FAKE).sum()) / (len(REAL) + len(FAKE))
        exchanged = softplus(REAL).mean() + softplus(-FAKE).mean()
        one_for_all = "one loss for both players: the term -ln D(fake) is G's. D would be told "
        _name(
            found,
            (
                (
                    -up - down,
                    "this is V itself. D raises V; an optimizer lowers what it gets, so min and "
                    "max are exchanged and D would help G. The loss is -V.",
                ),
                (
                    up + down + help_g,
                    one_for_all + "that fakes are fake and, in the same breath, that they are "
                    "real.",
                ),
                (up + help_g, one_for_all + "that the fakes are real: label 0 never occurs."),
                (
                    squashed.item(),
                    "a sigmoid too many: these are logits already, and softplus does the "
                    "sigmoid's work. Squeezed into 0 … 1, D can never be sure.",
                ),
                (exchanged.item(), "the labels are exchanged: this calls real samples fake."),
                (
                    sums.item(),
                    "you add up over the samples: take the mean, so that the loss does not depend "
                    "on the size of the batch.",
                ),
                (
                    both.item(),
                    "you average over real and fake together. Each has its own expectation: two "
                    "means, added.",
                ),
                ((up + down) / 2, "this is half of it: the two means are added, not averaged."),
                (up, "only the real samples count: D would say real to everything."),
                (down, "only the fake samples count: D would say fake to everything."),
                ((up + down) / LN2, "you measure in bits: use the natural logarithm."),
            ),
        )
        raise Wrong(
            f"on a few random logits you get {found:.4f}, not {up + down:.4f}: the mean of "
            "softplus(-real) plus the mean of softplus(fake)."
        )
    logits = REAL.clone().requires_grad_(), FAKE.clone().requires_grad_()
    loss = _loss(answer, *logits)
    if not loss.requires_grad:
        raise Wrong("the loss has lost its gradient: no .detach() and no .item() on the way.")
    slopes = torch.autograd.grad(loss, logits, allow_unused=True)
    for which, slope in zip(("real", "fake"), slopes, strict=True):
        if slope is None or not slope.any():
            raise Wrong(
                f"no gradient reaches {which}_logits, so D learns nothing from {which} samples: "
                "no .detach() here. What a loop detaches is G's *samples*, never D's logits."
            )
    for t in (100.0, -100.0):
        found = _loss(answer, torch.tensor([t]), torch.tensor([-t])).item()
        right = 0.0 if t > 0 else 200.0
        if not math.isfinite(found):
            raise Wrong(
                f"with a real logit of {t:+.0f} and a fake one of {-t:+.0f} you get {found}: the "
                "logarithm of a probability that is rounded to 0. softplus on logits stays finite."
            )
        if not math.isclose(found, right, rel_tol=1e-3, abs_tol=1e-3):
            raise Wrong(
                f"with a real logit of {t:+.0f} and a fake one of {-t:+.0f} you get {found:.1f}, "
                f"not {right:.0f}: an eps or a clamp in the logarithm flattens the loss where D "
                "errs most."
            )


def _check_g(answer: Callable, right: Callable, named: tuple[tuple[float, str], ...]) -> None:
    """What both of G's losses share: value, independence of the real logits, gradient, range."""
    found = _loss(answer, REAL, FAKE).item()
    other = _loss(answer, REAL + 1, FAKE).item()
    if not _near(found, other):
        raise Wrong(
            "your value changes with the real logits. G cannot change D(real): that term has no "
            "gradient for G and makes the number you watch unreadable. Leave it out."
        )
    _name(found, named)
    if not _near(found, right(FAKE).mean().item()):
        raise Wrong(
            f"on a few random logits you get {found:.4f}, not {right(FAKE).mean().item():.4f}."
        )
    if _slope(answer, 1.0) >= 0:
        raise Wrong("the slope is not negative: going down must raise D(fake).")
    for t in (150.0, -150.0):
        found = _loss(answer, REAL, torch.tensor([t])).item()
        if not math.isclose(found, right(torch.tensor(t)).item(), rel_tol=1e-3, abs_tol=1e-3):
            raise Wrong(
                f"at a fake logit of {t:+.0f} you get {found:.1f}: the logarithm of a probability "
                "that is rounded to 0, or an eps. Use softplus on the logits."
            )


LOG_OF_MEAN = (
    "E[log], not log E: take the logarithm for each sample, and the mean comes last. The logarithm "
    "of a mean hardly notices the few samples that D is sure of."
)


def _values() -> dict[str, float]:
    """Return the four things that are taken for one another, on the random fake logits."""
    return {
        "saturating": -softplus(FAKE).mean().item(),
        "D's term": softplus(FAKE).mean().item(),
        "non-saturating": softplus(-FAKE).mean().item(),
        "ln D": -softplus(-FAKE).mean().item(),
    }


@exercise(
    title="The saturating loss",
    proves="the slope is -σ(t): -½ where D has no idea, -4.5e-5 at a logit of -10, where D is "
    "sure and G needs it most.",
    hints=(
        "Which part of V depends on G? Only the second one, and G wants it small as it stands.",
        "ln(1 - σ(t)) = -softplus(t).",
        "return -F.softplus(fake_logits).mean()",
    ),
)
def saturating_g(answer: Callable) -> None:
    """Check ``saturating_g(real_logits, fake_logits)``: E ln(1 - D(fake)), to be minimized."""
    values = _values()
    named = (
        (
            values["D's term"],
            "the sign is turned: this is D's part of the game. Lowering it lowers D(fake), and G "
            "would work for D.",
        ),
        (
            values["non-saturating"],
            "this is -ln D(fake), the non-saturating loss: the answer to the second half.",
        ),
        (
            values["ln D"],
            "the objective is inverted: whoever minimizes ln D(fake) drives D(fake) to 0.",
        ),
        ((1 - FAKE.sigmoid().mean()).log().item(), LOG_OF_MEAN),
        (-softplus(FAKE.mean()).item(), LOG_OF_MEAN),
        (6 * values["saturating"], "you add up over the samples: take the mean."),
    )
    _check_g(answer, lambda t: -softplus(t), named)


@exercise(
    title="The non-saturating loss",
    proves="the slope is -σ(-t): almost -1 at a logit of -10, and flat only where G has won.",
    hints=(
        "G wants D(fake) near 1: make -ln D(fake) small.",
        "-ln σ(t) = softplus(-t).",
        "return F.softplus(-fake_logits).mean()",
    ),
)
def non_saturating_g(answer: Callable) -> None:
    """Check ``non_saturating_g(real_logits, fake_logits)``: -E ln D(fake), to be minimized."""
    values = _values()
    named = (
        (
            values["ln D"],
            "the objective is inverted: whoever minimizes ln D(fake) drives D(fake) to 0. The "
            "minus is missing.",
        ),
        (
            values["saturating"],
            "this is ln(1 - D(fake)), the saturating loss: its slope at a logit of -10 is -4.5e-5.",
        ),
        (
            values["D's term"],
            "this is -ln(1 - D(fake)), D's part of the game: lowering it lowers D(fake).",
        ),
        (-FAKE.sigmoid().mean().log().item(), LOG_OF_MEAN),
        (softplus(-FAKE.mean()).item(), LOG_OF_MEAN),
        (6 * values["non-saturating"], "you add up over the samples: take the mean."),
    )
    _check_g(answer, lambda t: softplus(-t), named)


@exercise(
    title="How far is D from D*?",
    proves="the largest difference of probabilities, where there are samples to see.",
    hints=(
        "Compare like with like: D* = p / (p + q) is a probability, so give the logits to "
        "torch.sigmoid.",
        "seen = p + q > 0.01 keeps the places that count; index with it before you take the "
        "maximum of the absolute differences.",
        "return (logits.sigmoid() - p / (p + q)).abs()[p + q > 0.01].max()",
    ),
)
def max_error(answer: Callable) -> None:
    """Check ``max_error(logits, p, q)``: max |σ(logit) - p/(p+q)| where p + q > 0.01."""
    p = torch.tensor([0.30, 0.20, 0.10, 0.004, 0.0])
    q = torch.tensor([0.10, 0.20, 0.40, 0.001, 0.0])
    logits = torch.tensor([0.9, -0.5, -1.2, -6.0, 3.0])
    found = answer(logits, p, q)
    if isinstance(found, Tensor) and found.numel() != 1:
        raise Wrong(f"you return {found.numel()} numbers: take the largest.")
    found = float(found)
    seen, best = p + q > 0.01, p / (p + q)
    gap = logits.sigmoid() - best
    right = gap.abs()[seen].max().item()
    if math.isnan(found):
        raise Wrong("0/0: at a place where p = q = 0 you get NaN. Leave out p + q ≤ 0.01.")
    named = (
        (gap.abs()[:4].max().item(), "places where hardly a sample falls count too: keep p + q"),
        (gap.abs()[seen].mean().item(), "this is the mean; the question is the largest error."),
        (gap[seen].max().item(), "the absolute value is missing: D may be too low as well."),
        (
            (logits - best).abs()[seen].max().item(),
            "you compare logits with probabilities: give the logits to torch.sigmoid first.",
        ),
        (
            (logits - (p / q).log()).abs()[seen].max().item(),
            "you compare logits with logits, where tiny probabilities look huge: compare "
            "probabilities.",
        ),
        (
            (logits.sigmoid() - q / (p + q)).abs()[seen].max().item(),
            "you compare with q / (p + q): D* is p / (p + q).",
        ),
    )
    for value, diagnosis in named:
        if _near(found, value) and not _near(value, right):
            raise Wrong(diagnosis + (" > 0.01 only." if diagnosis.endswith("p + q") else ""))
    if not _near(found, right):
        raise Wrong(f"on five places you get {found:.4f}, not {right:.4f}.")
    full = float(answer(torch.tensor([0.0, 9.0]), torch.tensor([0.5, 0.0]), torch.ones(2) / 2))
    if not _near(full, torch.tensor(9.0).sigmoid().item()):
        raise Wrong("a place with p = 0 counts as long as q is there: ask for p + q > 0.01.")


@exercise(
    title="Read JS off D's loss",
    proves="1.386 reads as 0 and 0 as ln 2: D's loss, if D is at its best, is a distance.",
    hints=(
        "D's loss is -V, and at its best V is C(G) = -ln 4 + 2 JS. Solve for JS.",
        "loss = ln 4 - 2 JS.",
        "return math.log(2) - loss_d / 2",
    ),
)
def js_from_loss(answer: Callable) -> None:
    """Check ``js_from_loss(loss_d)``: ln 2 - loss/2, in nats."""
    loss = 1.0
    found, right = float(answer(loss)), LN2 - loss / 2
    named = (
        (-right, "the sign is turned: a small loss of D means a *large* distance."),
        (2 * LN2 - loss, "this is 2 JS: divide by 2."),
        (2 * LN2 - loss / 2, "ln 4 needs the half as well: solve loss = ln 4 - 2 JS for JS."),
        (LN2 + loss / 2, "that would be right for V; D's loss is -V, so a minus turns."),
        (right / LN2, "you measure in bits; JS is in nats, with a maximum of ln 2."),
        (LN2 - loss, "the 2 in front of JS is forgotten: solve loss = ln 4 - 2 JS for JS."),
    )
    if not _near(found, right):
        _name(found, named)
        raise Wrong(f"for a loss of 1 you get {found:.4f}; JS is {right:.4f} there.")
    for loss, right in ((2 * LN2, 0.0), (0.0, LN2)):
        found = float(answer(loss))
        if not _near(found, right):
            raise Wrong(f"for a loss of {loss:.4f} you get {found:.4f}; JS is {right:.4f} there.")
