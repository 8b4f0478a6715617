"""Checks of lesson 12, Stabilize the game: the average of a G with batch norm, and verdicts."""

import copy
import warnings
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from gan_lessons import metrics
from gan_lessons.checks.exercise import Wrong, exercise

REFUSED = {  # what PyTorch says of a broken answer, and what that means here
    "a leaf Variable that requires grad is being used in an in-place": "PyTorch refuses to change "
    "a weight in place while it records gradients. Put @torch.no_grad() above the function.",
    "can't be cast to the desired output type": "one of the buffers, num_batches_tracked, is a "
    "whole number and cannot be averaged. Average parameters(); copy buffers().",
    "result type Float can't be cast to": "one of the buffers, num_batches_tracked, is a whole "
    "number and cannot be averaged. Average parameters(); copy buffers().",
    "with two bool tensors": "PyTorch does not subtract one yes-or-no tensor from another: make "
    "numbers of them first, (low > 0).int() - (high < 0).int().",
    "expected dtype": "one of the buffers, num_batches_tracked, is a whole number and cannot be "
    "averaged. Average parameters(); copy buffers().",
}


def _ask(answer: Callable, *args: object) -> object:
    """Call the answer; what PyTorch refuses becomes a diagnosis, what it warns of is let pass."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return answer(*args)
    except RuntimeError as error:
        for said, meaning in REFUSED.items():
            if said in str(error):
                raise Wrong(meaning) from error
        raise


# -- the average of a generator with batch norm ----------------------------------------------


@exercise(
    title="Average a generator with batch norm",
    proves="after k steps every parameter is βᵏ times its start plus what the weights since then "
    "add, the buffers are G's, and G itself is as it was.",
    hints=(
        "Two loops. One over average.parameters() and G.parameters(), which moves; one over "
        "average.buffers() and G.buffers(), which copies. zip pairs them.",
        "Parameters: kept ← decay · kept + (1 − decay) · new, in place: kept.lerp_(new, 1 - decay) "
        "or kept.mul_(decay).add_(new, alpha=1 - decay). Buffers: kept.copy_(new).",
        "@torch.no_grad() above the function; then `for kept, new in zip(average.parameters(), "
        "G.parameters()): kept.lerp_(new, 1 - decay)` and `for kept, new in zip(average.buffers(), "
        "G.buffers()): kept.copy_(new)`.",
    ),
)
def average_step(answer: Callable) -> None:
    """Check ``average_step(average, G, decay)`` against the closed form, on a G with batch norm.

    G's weights are set by hand before each call, and its batch norm sees a batch. No training.
    """
    with torch.random.fork_rng(devices=[]):
        for decay, steps in ((0.9, 1), (0.8, 4), (0.99, 3)):
            _check_average(answer, decay, steps)


class _Walk:
    """A generator that is pushed about, with all the weights and buffers it ever had."""

    def __init__(self):
        self.G = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3), nn.ReLU(), nn.Linear(3, 2))
        self.G(torch.randn(8, 2))  # its buffers have a past
        self.average = copy.deepcopy(self.G)
        self.start = [p.detach().clone() for p in self.G.parameters()]
        self.first = [b.clone() for b in self.G.buffers()]
        self.past: list[list[Tensor]] = []
        self.buffers: list[list[Tensor]] = []

    @torch.no_grad()
    def move(self) -> None:
        """Give G new weights; its batch norm sees another batch."""
        for p in self.G.parameters():
            p.add_(torch.randn_like(p))
        self.G(3 + 2 * torch.randn(8, 2))
        self.past.append([p.clone() for p in self.G.parameters()])
        self.buffers.append([b.clone() for b in self.G.buffers()])

    def follow(self, keep: float, add: float) -> list[Tensor]:
        """Return kept ← keep · kept + add · new over the whole past."""
        kept = self.start
        for weights in self.past:
            kept = [keep * k + add * w for k, w in zip(kept, weights, strict=True)]
        return kept


def _same(a: Sequence[Tensor], b: Sequence[Tensor]) -> bool:
    return len(a) == len(b) and all(
        x.shape == y.shape and torch.allclose(x.detach().float(), y.float(), atol=1e-5)
        for x, y in zip(a, b, strict=True)
    )


def _check_average(answer: Callable, decay: float, steps: int) -> None:
    walk = _Walk()
    for _ in range(steps):
        walk.move()
        _ask(answer, walk.average, walk.G, decay)
        _check_g(walk)
    kept = list(walk.average.parameters())
    _check_parameters(walk, kept, decay)
    if any(p.grad_fn is not None for p in walk.average.parameters()):
        raise Wrong(
            "the average drags along the graph of all its steps: memory grows with each. Work "
            "under torch.no_grad(), in place."
        )
    _check_buffers(walk, decay)
    before = [p.detach().clone() for p in kept] + [b.clone() for b in walk.average.buffers()]
    walk.move()
    if not _same([*kept, *walk.average.buffers()], before):
        raise Wrong(
            "the average moves when G moves, without being asked: both hold the same tensors. Copy "
            "numbers with copy_ or lerp_, do not hand over tensors."
        )


def _check_g(walk: _Walk) -> None:
    if not _same(list(walk.G.parameters()), walk.past[-1]):
        raise Wrong("G's own weights are changed. G plays on as if nobody followed it.")
    if not _same(list(walk.G.buffers()), walk.buffers[-1]):
        raise Wrong("G's own buffers are changed. Copy from G into the average.")
    if not all(p.requires_grad for p in walk.G.parameters()):
        raise Wrong("G's weights no longer require gradients: G has stopped learning.")
    if not walk.G.training:
        raise Wrong("G was put into eval mode and trains with frozen statistics from now on.")


def _check_parameters(walk: _Walk, kept: list[Tensor], decay: float) -> None:
    if _same(kept, walk.follow(decay, 1 - decay)):
        return
    if _same(kept, walk.start):
        raise Wrong(
            "the average never moves. Change its numbers in place (lerp_, with the underscore), "
            "toward G's, not toward its own."
        )
    if _same(kept, walk.past[-1]):
        raise Wrong("the average is a plain copy of G: nothing of its own past is kept.")
    if _same(kept, walk.follow(1 - decay, decay)):
        raise Wrong(
            "decay and 1 − decay are exchanged: decay is the share that is kept, and with 0.999 "
            "your average would be G itself but for a thousandth."
        )
    if _same(kept, walk.follow(1.0, 1 - decay)):
        raise Wrong("what is old is kept whole and grows without end: times decay.")
    if _same(kept, walk.follow(decay, 1.0)):
        raise Wrong("what is new counts whole, so the average grows too large: times 1 − decay.")
    if _same(kept, walk.follow(0.5, 0.5)):
        raise Wrong("the average goes half way each time, whatever the decay.")
    right = walk.follow(decay, 1 - decay)
    still = [
        i for i, (k, s) in enumerate(zip(kept, walk.start, strict=True)) if torch.allclose(k, s)
    ]
    good = [_same([k], [r]) for k, r in zip(kept, right, strict=True)]
    if still and all(good[i] or i in still for i in range(len(kept))):
        names = [list(dict(walk.G.named_parameters()))[i] for i in still]
        raise Wrong(f"some parameters stay behind: {', '.join(names)}. parameters() has them all.")
    raise Wrong(
        "after some steps the average is not βᵏ·start + Σ (1 − β)·βᵏ⁻ⁱ·weightsᵢ. One step: "
        "kept ← decay · kept + (1 − decay) · new."
    )


def _check_buffers(walk: _Walk, decay: float) -> None:
    found = list(walk.average.buffers())
    if _same(found, walk.buffers[-1]):
        return
    if _same(found, walk.first):
        raise Wrong(
            "the buffers are forgotten: batch norm's running mean and variance are no parameters, "
            "so in the average they stay as they were at the start. Its weights are G's of late, "
            "its statistics those of an untrained G. Copy them."
        )
    lagging = walk.first
    for now in walk.buffers:
        lagging = [decay * a + (1 - decay) * b for a, b in zip(lagging, now, strict=True)]
    if _same(found[:2], lagging[:2]):
        raise Wrong(
            "the buffers are averaged. They are running averages already, and averaged once more "
            "they lag behind the weights. Copy them."
        )
    if _same(found[:2], walk.buffers[-1][:2]):
        raise Wrong("one buffer is left out: num_batches_tracked, how many batches G has seen.")
    raise Wrong("the average's buffers are not G's: copy each of them.")


# -- verdicts from an ablation ---------------------------------------------------------------


@exercise(
    title="Read an ablation",
    proves="a row is better or worse only if the interval of its differences, seed by seed, leaves "
    "out 0; everything else is undecided, and so is a row with a broken run.",
    hints=(
        "Row by row and seed by seed: scores[1:] - scores[:1] has one difference per seed, (rows, "
        "seeds). metrics.over_seeds gives low end, mean and high end of their interval.",
        "Better, +1, if the whole interval lies above 0: low > 0. Worse, −1, if it lies below: "
        "high < 0. All else 0. Comparisons with NaN are False, so a broken run gives 0 by itself.",
        "low, mean, high = metrics.over_seeds(scores[1:] - scores[:1]); return (low > 0).int() - "
        "(high < 0).int()",
    ),
)
def verdicts(answer: Callable) -> None:
    """Check ``verdicts(scores)``: (rows, seeds) -> one of −1, 0, +1 for each row but the first.

    On many made-up tables; what comes back is compared with what the usual mistakes give.
    """
    with torch.random.fork_rng(devices=[]):
        for seeds in (5, 3, 8):
            _check_verdicts(answer, _table(seeds))
        _check_broken(answer)


def _table(seeds: int, rows: int = 300) -> Tensor:
    """Return scores of which some rows differ clearly and many nearly; seeds differ a lot.

    Rows on the very edge, where the digits of Student's number decide, are left out.
    """
    luck, effect = torch.randn(seeds), 2 * torch.randn(rows, 1)
    spread = 0.2 + 1.5 * torch.rand(rows, 1)
    effect[0], spread[0] = 0, 0.7
    scores = 2 + luck + effect + spread * torch.randn(rows, seeds)
    low, mean, high = metrics.over_seeds(scores - scores[:1])
    edge = (2 * mean / (high - low)).abs()  # 1: the interval ends at 0
    edge[0] = 0
    return scores[(edge - 1).abs() > 0.02]


def _signs(low: Tensor, high: Tensor) -> Tensor:
    return (low > 0).long() - (high < 0).long()


def _right(scores: Tensor) -> Tensor:
    low, _, high = metrics.over_seeds(scores[1:] - scores[:1])
    return _signs(low, high)


def _mistakes(scores: Tensor) -> dict[str, Tensor]:
    """Return for each diagnosis the verdicts that such an answer gives."""
    n, gaps = scores.shape[1], scores[1:] - scores[:1]
    t, mean, std = metrics.STUDENT[min(n, 10) - 2], gaps.mean(1), gaps.std(1)
    low, _, high = metrics.over_seeds(scores)
    ends = [mean - t * std / n**0.5, mean + t * std / n**0.5]
    pooled = t * ((scores[1:].var(1) + scores[0].var()) / n) ** 0.5
    free = metrics.STUDENT[min(2 * n - 1, 10) - 2] / t * pooled  # more degrees of freedom
    steps = scores.diff(dim=0)
    best = scores[:1] - scores[1:]
    unpaired = "the seeds are pooled: you compare two means with the spread of each. All rows had "
    unpaired += "the same seeds, so take the differences seed by seed first; what a seed does to "
    unpaired += "all rows then drops out."
    z = 1.96 * std / n**0.5
    tight = t * gaps.std(1, unbiased=False) / n**0.5
    return {
        unpaired: _signs(mean - pooled, mean + pooled),
        unpaired + " ": _signs(mean - free, mean + free),
        "you ask whether two intervals overlap. That is no test: they may overlap where every seed "
        "says the same. Take the interval of the differences.": _signs(
            low[1:] - high[0], high[1:] - low[0]
        ),
        "you ask whether one mean lies in the other's interval. Take the interval of the "
        "differences, seed by seed.": _signs(
            low[1:] - scores[0].mean(), high[1:] - scores[0].mean()
        ),
        "you go by the means alone: any two runs differ by something. It takes the "
        "interval.": mean.sign().long(),
        "you use 1.96, as if there were many seeds. With few the interval is wider: "
        "metrics.over_seeds knows Student's numbers.": _signs(mean - z, mean + z),
        "the standard deviation divides by n; over so few seeds that is too small, and n − 1 is "
        "right.": _signs(mean - tight, mean + tight),
        "the root of n is missing: the mean of n differences is surer than one of them.": _signs(
            mean - t * std, mean + t * std
        ),
        "you take mean ± one deviation, which is no interval of 95 %.": _signs(
            mean - std, mean + std
        ),
        "you take mean ± two deviations: that is where single runs lie. Of interest is where the "
        "mean lies.": _signs(mean - 2 * std, mean + 2 * std),
        "you take mean ± one standard error, which covers the truth in two of three cases "
        "only.": _signs(mean - std / n**0.5, mean + std / n**0.5),
        "you ask for all seeds to agree. That is strict with many seeds and loose with three; take "
        "the interval.": _signs(gaps.amin(1), gaps.amax(1)),
        "you go by the best seed of each row: that is how to make any row win.": (
            scores[1:].amax(1) - scores[0].amax()
        )
        .sign()
        .long(),
        "you go by one seed.": gaps[:, 0].sign().long(),
        "you go by the medians alone; it takes an interval.": (
            scores[1:].median(1).values - scores[0].median()
        )
        .sign()
        .long(),
        "better and worse are exchanged: +1 says that the row has the larger scores.": _signs(
            *(metrics.over_seeds(best)[i] for i in (0, 2))
        ),
        "you compare each row with the row before it; all are compared with row 0.": _signs(
            *(metrics.over_seeds(steps)[i] for i in (0, 2))
        ),
        "you ask for the rows that are clearly better only: a row that is clearly worse is −1.": (
            ends[0] > 0
        ).long(),
        "you mark clear differences, but not their direction: +1 better, −1 worse.": _signs(
            *ends
        ).abs(),
        "you ask whether the interval contains 0: +1 there should be 0.": (
            (ends[0] <= 0) & (ends[1] >= 0)
        ).long(),
        "the sign tells whether a row's own scores differ from 0. Subtract row 0.": _signs(
            low[1:], high[1:]
        ),
    }


def _call(answer: Callable, scores: Tensor) -> Tensor:
    kept = scores.clone()
    got = _ask(answer, scores)
    if not torch.equal(scores.nan_to_num(), kept.nan_to_num()):
        raise Wrong("the scores themselves are changed. Compute with new tensors.")
    if got is None:
        raise Wrong("nothing came back: return one verdict for each row but the first.")
    try:
        got = torch.as_tensor(got)
    except (TypeError, ValueError, RuntimeError) as error:
        raise Wrong(f"verdicts should be a tensor or a list, not {type(got).__name__}.") from error
    rows, seeds = scores.shape
    if got.shape == (rows,):
        raise Wrong("row 0 is what the others are compared with: no verdict for it, rows 1 on.")
    if got.shape == (seeds,):
        raise Wrong("one verdict per seed came back: the mean and interval go over the seeds.")
    if got.shape != (rows - 1,):
        raise Wrong(
            f"for {rows} rows of {seeds} seeds {rows - 1} verdicts should come back, not "
            f"{tuple(got.shape)}."
        )
    if got.is_floating_point() and got.isnan().any():
        raise Wrong("a verdict is −1, 0 or +1; NaN came back. A broken run leaves a row undecided.")
    if not torch.isin(got.double(), torch.tensor([-1.0, 0.0, 1.0]).double()).all():
        raise Wrong("a verdict is −1, 0 or +1, but other numbers came back.")
    return got.long()


def _check_verdicts(answer: Callable, scores: Tensor) -> None:
    got, right = _call(answer, scores), _right(scores)
    if torch.equal(got, right):
        return
    for said, wrong in _mistakes(scores).items():
        if torch.equal(got, wrong):
            raise Wrong(said.strip())
    off = int((got != right).nonzero()[0])
    low, mean, high = metrics.over_seeds(scores[off + 1] - scores[0])
    raise Wrong(
        f"a row whose differences have the mean {float(mean):+.2f} and the interval "
        f"{float(low):+.2f} to {float(high):+.2f} should be {int(right[off]):+d}, not "
        f"{int(got[off]):+d}."
    )


def _check_broken(answer: Callable) -> None:
    """A run that broke has no score, and a mean that leaves it out is a lie."""
    scores = torch.randn(1, 5) + torch.tensor([0.0, 9.0, 9.0, -9.0])[:, None]
    scores = scores + 0.1 * torch.randn(4, 5)
    scores[1, 2] = torch.nan
    got = _call(answer, scores)
    if got[0] != 0:
        raise Wrong(
            "a row with a broken run (NaN) is given a verdict. It has no mean: leaving the broken "
            "run out makes a method look as good as its luckiest seeds. Undecided, 0."
        )
    if got.tolist() != [0, 1, -1]:
        raise Wrong("one broken run spoils the verdicts on other rows: each row for itself.")
