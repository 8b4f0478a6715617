"""Answers to the exercises of lesson 05 that stand in no table, the wrong ones with a diagnosis."""

import functools
import math

import numpy as np
import torch

from gan_lessons import data, detectors

CENTERS = data.ring(8).centers


def rolling(values, window):
    if len(values) < window:
        return values[:0]
    return values.unfold(0, window, 1).mean(dim=1)


def rolling_in_a_loop(values, window):
    return torch.tensor([values[i : i + window].mean() for i in range(len(values) - window + 1)])


def rolling_in_numpy(values, window):
    if len(values) < window:
        return np.empty(0)
    return np.lib.stride_tricks.sliding_window_view(values.numpy(), window).mean(axis=1)


def rolling_by_convolution(values, window):
    if len(values) < window:
        return torch.zeros(0)
    kernel = torch.full((1, 1, window), 1 / window)
    return torch.nn.functional.conv1d(values[None, None], kernel)[0, 0]


def rolling_as_a_list(values, window):
    numbers = values.tolist()
    return [sum(numbers[i : i + window]) / window for i in range(len(numbers) - window + 1)]


def from_sums(values, window):
    """The difference of two sums; a NaN would spoil all that follows, and nobody asks for one."""
    sums = torch.cat([torch.zeros(1), values.double().cumsum(0)])
    return (sums[window:] - sums[:-window]) / window if len(values) >= window else values[:0]


def _same_length(values, window):
    """What a convolution with padding gives."""
    return torch.as_tensor(np.convolve(values, np.ones(window) / window, mode="same"))


def _as_in_pandas(values, window):
    """The first windows hold what is there."""
    return torch.stack([values[max(0, i - window + 1) : i + 1].mean() for i in range(len(values))])


def _no_range_to_the_end(values, window):
    return torch.tensor([values[i : i + window].mean() for i in range(len(values) - window)])


RIGHT_MEANS = [
    rolling,
    rolling_in_a_loop,
    rolling_in_numpy,
    rolling_by_convolution,
    rolling_as_a_list,
    from_sums,
]
WRONG_MEANS = {
    "a generator": (
        lambda v, w: (v[i : i + w].mean() for i in range(len(v) - w + 1)),
        "and generator comes back",
    ),
    "sum for mean": (lambda v, w: w * rolling(v, w), "divide by the window"),
    "padded on both sides": (_same_length, "Only whole windows count"),
    "padded, and more than values": (
        lambda v, w: rolling(torch.cat([v.new_zeros(w - 1), v, v.new_zeros(w - 1)]), w),
        "Only whole windows count",
    ),
    "NumPy's valid": (
        lambda v, w: np.convolve(v.numpy(), np.ones(w) / w, "valid"),
        "no whole window yet",
    ),
    "windows that are not whole": (_as_in_pandas, "Only whole windows count"),
    "mean of everything": (
        lambda v, w: v.cumsum(0) / torch.arange(1, len(v) + 1),
        "old steps never leave",
    ),
    "side by side": (
        lambda v, w: v[: len(v) // w * w].reshape(-1, w).mean(1),
        "lie side by side",
    ),
    "crash on a short run": (lambda v, w: v.unfold(0, w, 1).mean(1), "no whole window yet"),
    "nothing for a short run": (
        lambda v, w: rolling(v, w) if len(v) >= w else None,
        "no whole window yet",
    ),
    "no return": (lambda v, w: None, "the return is missing"),
    "last one forgotten": (_no_range_to_the_end, "the last window is missing"),
    "largest but one": (
        lambda v, w: v.unfold(0, w, 1).sort(1).values[:, -2] if len(v) >= w else v[:0],
        "For three values and windows of two",
    ),
}

RIGHT_PLATEAUS = [
    lambda found, modes: math.log(1 + modes / found),
    lambda found, modes: float(torch.nn.functional.softplus(torch.tensor(modes / found).log())),
    lambda found, modes: -np.log((1 / modes) / (1 / modes + 1 / found)),
    lambda found, modes: math.log(found + modes) - math.log(found),
]
WRONG_PLATEAUS = {
    "the logit": (lambda found, modes: math.log(modes / found), "this is ln(K/k)"),
    "D taken for k of K": (lambda found, modes: -math.log(found / modes), "this is ln(K/k)"),
    "p and q exchanged": (
        lambda found, modes: math.log(1 + found / modes),
        "p and q are exchanged, or 1 − D",
    ),
    "1 − D": (
        lambda found, modes: -math.log(1 - found / (found + modes)),
        "p and q are exchanged, or 1 − D",
    ),
    "base 2": (lambda found, modes: math.log2(1 + modes / found), "logarithm to base 2"),
    "a probability": (lambda found, modes: found / (found + modes), "D's probability"),
    "for one mode only": (
        lambda found, modes: math.log(2) if found == modes else math.log(1 + modes),
        "for 2 of 8 modes",
    ),
    "both samples": (lambda found, modes: 2 * math.log(1 + modes / found), "always twice the"),
}


def diagnose(run):
    real, fake = (run.numbers[name][-100:].mean() for name in ("real_logit", "fake_logit"))
    gap = (run.numbers["real_logit"] - run.numbers["fake_logit"])[-100:].abs().mean()
    if run.mates > 0.01:
        return "batch norm"
    if run.numbers["fake_logit"].min() >= 0:
        return "double sigmoid"
    if min(real, -fake) > 4:
        pressed = (run.looks[-1].abs() > 0.99).any(dim=1).float().mean()
        return "range mismatch" if pressed > 0.5 else "D wins"
    if gap < 0.01:
        return "no real data"
    if detectors.oscillates(run.looks, CENTERS):
        return "oscillation"
    return "collapse" if detectors.collapsed(run.looks, CENTERS) else "healthy"


def _features(run):
    numbers = torch.stack(list(run.numbers.values()))
    late = numbers[:, -100:].mean(1).clamp(-15, 15) / 5  # (4,)
    shares = torch.stack([detectors.mode_shares(look, CENTERS) for look in run.looks])
    change = (shares.diff(dim=0).abs().sum(1) / 2).mean()
    visited = (shares[-1] >= 0.025).sum() / 4
    gap = (numbers[2] - numbers[3])[-100:].abs().mean().clamp(1e-4, 10).log() / 2
    signs = [run.mates > 0, numbers[3].min() >= 0, (run.looks[-1].abs() > 0.99).any(1).all()]
    return torch.cat([late, torch.stack([3 * change, visited, gap]), 3 * torch.tensor(signs)])


def nearest_neighbor(run, known=[]):  # noqa: B006  the default is the memory
    """Another style: no rules, the most similar of the runs whose kind is known."""
    if not known:
        known += [(_features(other), other.kind) for other in data.gallery().runs]
    mine = _features(run)
    return min(known, key=lambda pair: float((pair[0] - mine).norm()))[1]


def instead(**changes):
    """Return the right diagnoser with some of its answers exchanged: what is never looked for."""
    names = {name.replace("_", " "): said for name, said in changes.items()}
    return lambda run: names.get(diagnose(run), diagnose(run))


def _flat_is_equilibrium(run):
    flat = abs(run.numbers["loss_d"][-100:].mean() - 2 * math.log(2)) < 0.02
    return "healthy" if flat else diagnose(run)


def by_scores(run):
    """Another style: one number for each kind, the largest wins."""
    numbers, late = run.numbers, {name: x[-100:].mean() for name, x in run.numbers.items()}
    sure = float(min(late["real_logit"], -late["fake_logit"])) > 4
    edge = float((run.looks[-1].abs() > 0.99).any(1).float().mean()) > 0.9
    apart = float((numbers["real_logit"] - numbers["fake_logit"])[-100:].abs().mean())
    scores = {
        "batch norm": 9.0 * (run.mates > 0.01),
        "double sigmoid": 8.0 * bool(numbers["fake_logit"].min() >= 0),
        "range mismatch": 7.0 * (sure and edge),
        "D wins": 6.0 * sure,
        "no real data": 5.0 * (apart < 0.01),
        "oscillation": 4.0 * bool(detectors.oscillates(run.looks, CENTERS)),
        "collapse": 3.0 * bool(detectors.collapsed(run.looks, CENTERS)),
        "healthy": 1.0,
    }
    return max(scores, key=scores.get)


def two_missed(run):
    """Fourteen of sixteen are enough."""
    name = diagnose(run)
    return "collapse" if name == "oscillation" else name


RIGHT_DIAGNOSES = [diagnose, nearest_neighbor, by_scores, two_missed]
WRONG_DIAGNOSES = {
    "the kind that is not told": (lambda run: run.kind, "None comes back"),
    "flat at 1.386 is the equilibrium": (_flat_is_equilibrium, "you call that an equilibrium"),
    "nothing else wrong, but no data is healthy": (
        instead(no_real_data="healthy"),
        "you call that an equilibrium",
    ),
    "everything is healthy": (lambda run: "healthy", "no evidence enters"),
    "a low loss of D is good": (
        instead(D_wins="healthy", range_mismatch="healthy"),
        "is no success",
    ),
    "curves only": (
        instead(collapse="healthy", oscillation="healthy"),
        "most of the eight modes are missing",
    ),
    "one look is enough": (
        instead(oscillation="collapse", range_mismatch="D wins"),
        "compare looks",
    ),
    "no reach": (instead(range_mismatch="D wins", batch_norm="collapse"), "press against an edge"),
    "no mates": (instead(batch_norm="healthy", range_mismatch="collapse"), "its batch mates"),
    "no look at the logits' sign": (
        instead(double_sigmoid="no real data", batch_norm="collapse"),
        "never negative",
    ),
    "an own word": (instead(collapse="mode collapse"), "not one of the eight names"),
    "a number": (lambda run: 3, "3 is not one of the eight names"),
    "a way without return": (lambda run: diagnose(run) if run.mates else None, "None comes back"),
}


def patient(looks, patience=6, pick=min):
    distances = [look.distance for look in looks]
    best = distances.index(pick(distances))
    return best if len(looks) - 1 - best >= patience else None


def patient_by_counting(looks):
    """The same idea in another style: count misses, negative index for the look to keep."""
    best, misses = math.inf, 0
    for look in looks:
        misses = 0 if look.distance < best else misses + 1
        best = min(best, look.distance)
    return -1 - misses if misses == 8 else None


def _last_look(looks):
    return None if patient(looks) is None else len(looks) - 1


def _worst_look(looks):
    distances = [look.distance for look in looks]
    return None if patient(looks) is None else distances.index(max(distances))


def _threshold(looks):
    return len(looks) - 2 if len(looks) > 8 and looks[-2].distance < 0.5 else None


def _first_rise(looks):
    rose = len(looks) > 1 and looks[-1].distance > looks[-2].distance
    return len(looks) - 2 if rose else None


def _lowest_loss_g(looks):
    losses = [look.loss_g for look in looks]
    best = losses.index(min(losses))
    return best if len(looks) - 1 - best >= 6 else None


def _near_equilibrium(looks):
    off = [abs(look.loss_d - 2 * math.log(2)) for look in looks]
    return len(looks) - 1 if off[-1] < 0.02 else None


def _rises_by_half(looks):
    """Compare looks with each other: no number of looks is waited for, and no scale is fixed."""
    distances = [look.distance for look in looks]
    rose = len(distances) > 4 and min(distances[-4:]) > 1.5 * min(distances)
    return distances.index(min(distances)) if rose else None


def in_numpy(looks):
    distances = np.array([look.distance for look in looks], dtype=np.float32)
    best = distances.argmin()
    return best if len(looks) - best > 7 else None


def in_torch(looks):
    best = torch.tensor([look.distance for look in looks]).argmin()
    return best if len(looks) - best > 8 else None


RIGHT_RULES = [
    patient,
    patient_by_counting,
    _rises_by_half,
    in_numpy,
    in_torch,
    *(functools.partial(patient, patience=n) for n in (3, 4, 5, 8, 11, 12, 13, 14, 16)),
]
HARDLY_PATIENT = functools.partial(patient, patience=2)  # not worse than a fixed count, for luck


def _by_at_least(looks, least=0.005):
    best, at = math.inf, 0
    for i, look in enumerate(looks):
        if look.distance < best - least:
            best, at = look.distance, i
    return at if len(looks) - 1 - at >= 6 else None


WRONG_RULES = {
    "a least improvement": (_by_at_least, "a fixed threshold"),
    "lowest loss of G": (_lowest_loss_g, "listens to the losses"),
    "D's loss near 1.386": (_near_equilibrium, "listens to the losses"),
    "keeps the last look": (_last_look, "keep the best one"),
    "keeps the worst look": (_worst_look, "a small one is good"),
    "waits for the largest": (functools.partial(patient, pick=max), "a small one is good"),
    "a fixed threshold": (_threshold, "a fixed threshold"),
    "stops at the first rise": (_first_rise, "one worse look makes you stop"),
    "a fixed count": (lambda looks: 9 if len(looks) == 10 else None, "at every single look"),
    "a name": (lambda looks: "best" if len(looks) > 9 else None, "not a step"),
    "half an index": (lambda looks: 4.5 if len(looks) > 9 else None, "not a step"),
    "patient for ever": (lambda looks: patient(looks, patience=25), "hardly ever stops"),
    "False for going on": (lambda looks: patient(looks) or False, "not a step"),
}
