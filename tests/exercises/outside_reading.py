"""Right and wrong answers to the exercises of lesson 05, each with what its diagnosis must say."""

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


def _padded(values, window):
    longer = torch.cat([torch.zeros(window - 1), values])
    return longer.unfold(0, window, 1).mean(1)


def _from_sums(values, window):
    sums = torch.cat([torch.zeros(1), values.cumsum(0)])
    return (sums[window:] - sums[:-window]) / window if len(values) >= window else values[:0]


RIGHT_MEANS = [rolling, rolling_in_a_loop, rolling_in_numpy]
WRONG_MEANS = {
    "sum for mean": (lambda v, w: w * rolling(v, w), "divide by the window"),
    "filled up with zeros": (_padded, "Only whole windows count"),
    "mean of everything": (
        lambda v, w: v.cumsum(0) / torch.arange(1, len(v) + 1),
        "old steps never leave",
    ),
    "side by side": (
        lambda v, w: v[: len(v) // w * w].reshape(-1, w).mean(1),
        "lie side by side",
    ),
    "running sum": (_from_sums, "as a running sum does"),
    "NaN hidden": (lambda v, w: rolling(v.nan_to_num(), w), "a NaN disappears"),
    "crash on a short run": (lambda v, w: v.unfold(0, w, 1).mean(1), "no window of 4 yet"),
    "median": (
        lambda v, w: v.unfold(0, w, 1).median(1).values if len(v) >= w else v[:0],
        "its mean is 3.5",
    ),
}

RIGHT_PLATEAUS = [
    lambda found, modes: math.log(1 + modes / found),
    lambda found, modes: float(torch.nn.functional.softplus(torch.tensor(modes / found).log())),
    lambda found, modes: -np.log((1 / modes) / (1 / modes + 1 / found)),
]
WRONG_PLATEAUS = {
    "always ln 2": (lambda found, modes: math.log(2), "and only then"),
    "D's loss": (lambda found, modes: 2 * math.log(2), "D's loss when it knows nothing"),
    "the logit": (lambda found, modes: math.log(modes / found), "minus the logit"),
    "p and q exchanged": (lambda found, modes: math.log(1 + found / modes), "are exchanged"),
    "base 2": (lambda found, modes: math.log2(1 + modes / found), "logarithm to base 2"),
    "a probability": (lambda found, modes: found / (found + modes), "D's probability"),
    "for one mode only": (
        lambda found, modes: math.log(2) if found == modes else math.log(1 + modes),
        "for 2 of 8 modes",
    ),
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


RIGHT_DIAGNOSES = [diagnose, nearest_neighbor]
WRONG_DIAGNOSES = {
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


RIGHT_RULES = [patient, patient_by_counting, lambda looks: patient(looks, patience=5)]
WRONG_RULES = {
    "lowest loss of G": (_lowest_loss_g, "listens to the losses"),
    "D's loss near 1.386": (_near_equilibrium, "listens to the losses"),
    "never stops": (lambda looks: None, "your rule never stops"),
    "keeps the last look": (_last_look, "keep the best one"),
    "keeps the worst look": (_worst_look, "a small one is good"),
    "a fixed threshold": (_threshold, "a fixed threshold"),
    "stops at the first rise": (_first_rise, "one worse look makes you stop"),
    "a fixed count": (lambda looks: 9 if len(looks) == 10 else None, "at every single look"),
    "a step, not an index": (
        lambda looks: None if patient(looks) is None else looks[patient(looks)].step,
        "not a step",
    ),
    "hardly patient": (lambda looks: patient(looks, patience=2), "not better than a fixed count"),
    "patient for ever": (lambda looks: patient(looks, patience=25), "hardly ever stops"),
}
