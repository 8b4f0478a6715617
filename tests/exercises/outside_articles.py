"""Answers to lesson 22c's exercises that stand in no table, the wrong ones with a diagnosis."""

import itertools
import math
from functools import reduce

import numpy as np
import torch
from torch.nn import functional as F

from gan_lessons import detectors, triage

# -- which layer to drop -------------------------------------------------------------------------


def drops_by_trying(start, strides, wanted):
    found = []
    for i in range(len(strides)):
        side = start
        for j, stride in enumerate(strides):
            if j != i:
                side *= stride
        if side == wanted:
            found.append(i)
    return found


def drops_by_slices(start, strides, wanted):
    return [
        i
        for i in range(len(strides))
        if start * math.prod(strides[:i] + strides[i + 1 :]) == wanted
    ]


def drops_in_numpy(start, strides, wanted):
    steps = np.array(strides)
    return np.flatnonzero(start * steps.prod() / steps == wanted).tolist()


def drops_in_torch(start, strides, wanted):
    steps = torch.tensor(strides)
    return (start * steps.prod() == wanted * steps).nonzero().flatten()


def drops_by_reduce(start, strides, wanted):
    side = reduce(lambda a, b: a * b, strides, start)
    return [i for i, s in enumerate(strides) if side // s == wanted and side % s == 0]


RIGHT_DROPS = [
    drops_by_trying,
    drops_by_slices,
    drops_in_numpy,
    drops_in_torch,
    drops_by_reduce,
]


def _the_first_of_stride_2(start, strides, wanted):
    return [strides.index(2)] if 2 in strides else []


def _one_too_early(start, strides, wanted):
    sides = list(itertools.accumulate(strides, lambda a, b: a * b, initial=start))
    return [i for i, side in enumerate(sides) if side == wanted]


def _from_one(start, strides, wanted):
    return [i + 1 for i in drops_by_trying(start, strides, wanted)]


def _every_two(start, strides, wanted):
    found = []
    for i, s in enumerate(strides):
        if s == 2:
            found.append(i)
    return found


def _doubles_always(start, strides, wanted):
    return [i for i, s in enumerate(strides) if start * 2 ** len(strides) / s == wanted]


def _only_the_strides(start, strides, wanted):
    return [i for i, s in enumerate(strides) if np.prod(strides) == wanted * s]


def _a_number(start, strides, wanted):
    for i, s in enumerate(strides):
        if start * math.prod(strides) == wanted * s:
            return [i]
    return []


WRONG_DROPS = {
    "one number": (
        lambda start, strides, wanted: next(iter(drops_by_trying(start, strides, wanted)), -1),
        "a list of the layers' numbers is asked, such as [1, 2]; int comes back",
    ),
    "yes or no": (
        lambda start, strides, wanted: [
            math.prod([start, *strides]) == wanted * s for s in strides
        ],
        "what comes back holds bool",
    ),
    "what stays": (
        lambda start, strides, wanted: [
            strides[:i] + strides[i + 1 :] for i in drops_by_trying(start, strides, wanted)
        ],
        "what comes back holds list",
    ),
    "None for nothing": (
        lambda start, strides, wanted: drops_by_trying(start, strides, wanted) or None,
        "return the empty list, []",
    ),
    "counted from one": (_from_one, "count the layers from 1"),
    "every stride of 2": (_every_two, "list every layer of stride 2"),
    "all layers double": (_doubles_always, "you double at every layer"),
    "start forgotten": (_only_the_strides, "the first map's side is left out"),
    "stops at the first": (_a_number, "stop at the first layer"),
    "the first 2": (_the_first_of_stride_2, "Without layer 0, 1"),
    "where the side is reached": (_one_too_early, "Without layer 0, 1"),
}


# -- one loss for two ----------------------------------------------------------------------------


def moves_by_autograd(real, fake, h):
    r = torch.as_tensor(real).double().detach().requires_grad_()
    f = torch.as_tensor(fake).double().detach().requires_grad_()
    V = F.logsigmoid(r) + F.logsigmoid(-f)
    up_r, up_f = torch.autograd.grad(V, (r, f))
    return (r + h * up_r).detach(), (f + h * up_f).detach(), (f - h * up_f).detach()


def moves_by_exp(real, fake, h):
    r, f = float(real), float(fake)
    p, q = 1 / (1 + math.exp(-r)), 1 / (1 + math.exp(-f))
    return r + h * (1 - p), f - h * q, f + h * q


def moves_in_numpy(real, fake, h):
    r, f = np.float64(real), np.float64(fake)
    return np.array([r + h / (1 + np.exp(r)), f - h / (1 + np.exp(-f)), f + h / (1 + np.exp(-f))])


def moves_as_a_tensor(real, fake, h):
    slopes = torch.stack([torch.sigmoid(-real), -torch.sigmoid(fake), torch.sigmoid(fake)])
    return torch.stack([real, fake, fake]) + h * slopes


def moves_by_differences(real, fake, h):
    def V(r, f):
        return F.logsigmoid(r) + F.logsigmoid(-f)

    e = 1e-4
    up_r = (V(real + e, fake) - V(real - e, fake)) / (2 * e)
    up_f = (V(real, fake + e) - V(real, fake - e)) / (2 * e)
    return real + h * up_r, fake + h * up_f, fake - h * up_f


RIGHT_MOVES = [
    moves_by_autograd,
    moves_by_exp,
    moves_in_numpy,
    moves_as_a_tensor,
    moves_by_differences,
]


def _as_the_article(real, fake, h):
    return (
        real - h * torch.sigmoid(-real),
        fake + h * torch.sigmoid(fake),
        fake + h * torch.sigmoid(fake),
    )


def _all_turned(real, fake, h):
    return (
        real + h * torch.sigmoid(-real),
        fake - h * torch.sigmoid(fake),
        fake - h * torch.sigmoid(fake),
    )


def _does_not_saturate(real, fake, h):
    r, f, _ = moves_as_a_tensor(real, fake, h)
    return r, f, fake + h * torch.sigmoid(-fake)


def _probabilities(real, fake, h):
    p, q = torch.sigmoid(real), torch.sigmoid(fake)
    return real + h * p, fake - h * q, fake + h * q


def _slopes_only(real, fake, h):
    q = torch.sigmoid(fake)
    return torch.sigmoid(-real), -q, q


def _g_after_d(real, fake, h):
    r, f, _ = moves_as_a_tensor(real, fake, h)
    return r, f, f + h * torch.sigmoid(f)


WRONG_MOVES = {
    "the article's signs": (_as_the_article, "lowers its logit of a real sample"),
    "G turned as well": (_all_turned, "G's step lowers D's logit"),
    "minus log D": (_does_not_saturate, "does not saturate"),
    "the wrong side of sigma": (_probabilities, "slope of log σ(t) is σ(−t)"),
    "slopes, not logits": (_slopes_only, "slopes come back"),
    "G moves after D": (_g_after_d, "begins where D's has ended"),
}


# -- the first cause -----------------------------------------------------------------------------

OF_CARD = {row.causes[0]: row for row in triage.CARD}
CALLED = {
    "nothing is wrong that this card finds": "nothing",
    "no real data reach D": "no real data",
    "two sigmoids": "two sigmoids",
    "batch norm in D": "batch norm in D",
    "G cannot reach the data's range": "G's range",
    "D never hears a fake called fake": "label 1 only",
    "D's sign is turned": "D's sign",
    "G's sign is turned": "G's sign",
    "G is never updated": "G never updated",
    "D is never updated": "D never updated",
    "G learns far too slowly": "G too slow",
    "D learns too slowly": "D too slow",
    "D learns too fast for G": "D too fast",
}


def by_the_card(run):
    return CALLED[triage.read(run).causes[0]]


def by_a_list_of_tests(run):
    late = {name: values[-100:].mean().item() for name, values in run.numbers.items()}
    real = run.numbers["real_logit"]
    far = run.looks[-1].abs().amax(1)
    sure = late["real_logit"] > 3 and late["fake_logit"] < -3
    asked = [
        (run.mates > 0.05, "batch norm in D"),
        (late["loss_d"] < 0, "D's sign"),
        (late["real_logit"] > 3 and late["fake_logit"] > 3, "label 1 only"),
        (run.numbers["fake_logit"].min() >= 0 and real.min() >= 0 and real.std() > 0.05,
         "two sigmoids"),
        (abs(late["real_logit"] - late["fake_logit"]) < 1e-3 and real[50:].std() < 0.1
         and abs(late["loss_d"] - 1.386) < 0.002, "no real data"),
        (real.std() < 0.03, "D never updated"),
        (sure and (run.looks[0] == run.looks[-1]).all(), "G never updated"),
        (sure and far.max() - far.min() < 0.1 and far.max() > 0.9, "G's range"),
        (sure and late["loss_g"] < 0.5, "G's sign"),
        (sure, "G too slow"),
        (detectors.oscillates(run.looks, triage.RING.centers) is not None, "D too slow"),
    ]  # fmt: skip
    return next((name for yes, name in asked if yes), "nothing")


class AsAMethod:
    """The card, asked by an object."""

    def __call__(self, run):
        return by_the_card(run)


def with_numpy(run):
    real = run.numbers["real_logit"].numpy()
    if real.std() < 0.02 and np.ptp(real) < 0.2:
        return "D never updated"
    return by_the_card(run)


RIGHT_CAUSES = [by_the_card, by_a_list_of_tests, AsAMethod(), with_numpy]


def _plateau_is_health(run):
    name = by_the_card(run)
    return "nothing" if name == "no real data" else name


def _losses_alone(run):
    loss_d = run.numbers["loss_d"][-100:].mean()
    if loss_d < 0.1:
        return "G too slow"
    return "no real data" if abs(loss_d - 1.386) < 0.02 else "nothing"


def _one_name(run):
    return "nothing"


def _forgets_to_return(run):
    name = by_the_card(run)
    if name != "nothing":
        return name
    return None


def _own_words(run):
    return triage.read(run).causes[0]


def _slow_is_all(run):
    name = by_the_card(run)
    silent = ("G's sign", "G never updated", "G's range")
    return "G too slow" if name in silent else name


WRONG_CAUSES = {
    "the plateau is health": (_plateau_is_health, "called healthy"),
    "losses alone": (_losses_alone, "there G pays nothing"),
    "one name for all": (_one_name, "no evidence enters"),
    "a return is missing": (_forgets_to_return, "a return is missing"),
    "words of the card": (_own_words, "is not one of the names"),
    "every silent G is slow": (_slow_is_all, "there G pays nothing"),
}
