"""Flow matching's loss for pictures: an exercise of lesson 19, Compare GAN, VAE and flow."""

import copy
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from gan_lessons.checks.exercise import Wrong
from gan_lessons.checks.grader import Case, Slip, Table, Value, case

RIGHT = """
def flow_loss(velocity, x, z, t):
    share = t.reshape(-1, *[1] * (x.dim() - 1))
    place = (1 - share) * z + share * x
    target = x - z
    return (velocity(place, t) - target).square().mean()
"""

SHARE = "share = t.reshape(-1, *[1] * (x.dim() - 1))"
PLACE = "place = (1 - share) * z + share * x"
TARGET = "target = x - z"
ASKED = "velocity(place, t)"
END = "return (velocity(place, t) - target).square().mean()"

TURNED = (
    "the target is turned round: this velocity leads from data to noise. Along z + t(x − z) the "
    "place moves by x − z."
)
BACKWARD = (
    "the path runs backward: it should be noise at t = 0 and data at t = 1, as the sampler walks "
    "it. (Some papers count the other way.)"
)
SHARED = (
    "t is not shared within a picture: a picture has one time, for all of its pixels. Give t as "
    "many axes as x has, t.view(-1, 1, 1, 1) for pictures, or (B,) meets the last axis."
)
LOST = (
    "the gradient is lost on the way: nobody could train with what comes back. "
    "Look for .item(), .detach(), float(), NumPy or no_grad."
)

SLIPS = (
    Slip(TARGET, "target = z - x", TURNED),
    Slip(TARGET, "target = place - x", TURNED + " And it is only the rest of the way."),
    Slip(PLACE, "place = share * z + (1 - share) * x", BACKWARD),
    Slip(
        ASKED,
        "velocity(place, 1 - t)",
        "velocity is told 1 − t, and the place is that of t. Both belong to one moment.",
    ),
    Slip(
        TARGET,
        "target = x",
        "the target is x, a place: the end of the path. A velocity is how the place moves while t "
        "grows.",
    ),
    Slip(TARGET, "target = z", "the target is z, a place: the start. A velocity is a difference."),
    Slip(TARGET, "target = place", "the target is the place itself, where it stands already."),
    Slip(
        TARGET,
        "target = x - place",
        "the target is the rest of the way, x − x_t. A velocity is that way *divided* by the time "
        "that is left, 1 − t.",
    ),
    Slip(
        TARGET,
        "target = place - z",
        "the target is the way that is gone, x_t − z. A velocity is that way divided by t.",
    ),
    Slip(TARGET, "target = x + z", "x + z stands for the way x − z."),
    Slip(
        END,
        "return ((velocity(place, t) - place) / (1 - share) - target).square().mean()",
        "what velocity says is taken for an end, and turned into a velocity once more. It says "
        "velocities already: compare it with x − z as it is.",
    ),
    Slip(
        END,
        "return ((velocity(place, t) - target) / (1 - share)).square().mean()",
        "the error is divided by 1 − t. That belongs to a net that says *ends*; this one says "
        "velocities, and every t counts alike.",
    ),
    Slip(
        END,
        "return (share * velocity(place, t) - target).square().mean()",
        "the velocity is multiplied by t: x − z is the velocity of the whole path, at every t.",
    ),
    Slip(
        END,
        "return (velocity(target, t) - place).square().mean()",
        "place and target are exchanged: velocity is asked at the place, and compared with x − z.",
    ),
    Slip(
        ASKED,
        "velocity(x, t)",
        "velocity is asked at x, the end. Ask it at the place that t has reached.",
    ),
    Slip(
        ASKED,
        "velocity(z, t)",
        "velocity is asked at z, the start. Ask it at the place that t has reached.",
    ),
    Slip(
        PLACE,
        "place = x + (1 - share) * z",
        "x is not multiplied by t: noise is *added*, and at t = 0 the picture shines through. "
        "The place is (1 − t) z + t x.",
    ),
    Slip(
        PLACE,
        "place = z + share * x",
        "z is not multiplied by 1 − t: at t = 1 all of the noise is still there.",
    ),
    Slip(
        PLACE,
        "place = (1 - share).sqrt() * z + share.sqrt() * x",
        "the path is not straight: roots keep the variance, as in diffusion, and then x − z is not "
        "its velocity. Here the place is (1 − t) z + t x.",
    ),
    Slip(SHARE, "share = t", SHARED),
    Slip(
        SHARE,
        "share = t[:, None]",
        "t has too few axes: (B, 1) is right for points, and meets the *rows* of pictures. As many "
        "axes as x has: t.view(-1, 1, 1, 1).",
    ),
    Slip(SHARE, "share = t[0]", "every picture has its own t: you take the first one for all."),
    Slip(
        SHARE,
        "share = t.mean()",
        "every picture has its own t: you take their mean for all.",
    ),
    Slip(
        "    target = x - z\n    return (velocity(place, t) - target)",
        "    target = x - z\n    t = t[:1].expand(len(t))\n"
        "    place = (1 - t[0]) * z + t[0] * x\n    return (velocity(place, t) - target)",
        "every picture has its own t: you take the first one for all.",
    ),
    Slip(
        END,
        "return (velocity(place, t) - target).abs().mean()",
        "the error is not squared: the absolute one leads to a median, and the mean of all "
        "velocities is wanted.",
    ),
    Slip(
        END,
        "return (velocity(place, t) - target).square().sum()",
        "a sum over all numbers comes back; a mean is asked.",
    ),
    Slip(
        END,
        "return (velocity(place, t) - target).square().flatten(1).sum(1).mean()",
        "it adds up over a picture's pixels; here the mean is over all numbers.",
    ),
    Slip(
        END,
        "return (velocity(place, t) - target).square().mean().sqrt()",
        "a root too many: the mean of the squares is asked.",
    ),
    Slip(
        END,
        "return (velocity(place, t) - target).mean().square()",
        "the mean error is squared, so errors cancel. Square first, then take the mean.",
    ),
    Slip(
        END,
        "return (velocity(place, t) - target).square()",
        "one number a pixel comes back. A loss is one number: take the mean.",
    ),
)


class KnownVelocity:
    """A velocity known everywhere, with one weight, so that a lost gradient shows."""

    __name__ = "a known velocity"

    def __init__(self) -> None:
        self.weight = torch.tensor(1.0, dtype=torch.float64)

    def __call__(self, place: Tensor, t: Tensor) -> Tensor:
        """Return an answer of the place's shape; t has a time for each sample, (B,)."""
        shape = getattr(t, "shape", None)
        if shape != (len(place),):
            got = "one number" if not shape else f"the shape {tuple(shape)}"
            raise Wrong(
                f"velocity(place, t) takes a time for each picture, t of shape ({len(place)},) "
                f"here, and gets {got}. Hand over t as it came; only what is multiplied with "
                "pictures needs more axes."
            )
        shared = t.reshape(-1, *[1] * (place.dim() - 1))
        return self.weight * (torch.sin(1.3 * place) + (1.5 * shared - 0.4) * place + 0.2)


def _lossy(loss: Callable, velocity: KnownVelocity, x: Tensor, z: Tensor, t: Tensor) -> object:
    """Return an answer's loss; a loss that no weight can learn from is told."""
    velocity.weight.requires_grad_(True)
    try:
        found = loss(velocity, x, z, t)
    finally:
        velocity.weight = velocity.weight.detach()
    if found is not None and not (isinstance(found, Tensor) and found.requires_grad):
        raise Wrong(LOST)
    return found.detach() if isinstance(found, Tensor) else found


def cases(seed: int) -> Sequence[Case]:
    """Return data, noise and times; in the squares the batch is as large as a side."""
    rng = torch.Generator().manual_seed(seed)
    found = []
    for label, shape in (
        ("one point", (1, 2)),
        ("one picture", (1, 1, 2, 3)),
        ("as many pictures as they have columns", (4, 1, 4, 4)),
        ("three pictures", (3, 1, 3, 3)),
        ("pictures in color", (2, 3, 2, 2)),
    ):
        x = (0.7 * torch.randn(shape, generator=rng) + 0.4).double()
        z = torch.randn(shape, generator=rng).double()
        t = (0.1 + 0.8 * torch.rand(shape[0], generator=rng)).double()
        found.append(case(label, KnownVelocity(), x, z, t))
    return copy.deepcopy(found)


flow_loss = Value(
    title="A flow's loss for pictures",
    proves="each picture has one time for all of its pixels; the velocity is asked at the place "
    "that the path has reached, and compared with x − z, squared, in the mean.",
    hints=(
        "Where is the path z + t(x − z) at t, and how fast does it move? Does the speed depend on "
        "t? And which shape does t need, to be multiplied with a batch of pictures?",
        "share = t.view(-1, 1, 1, 1) has as many axes as pictures; velocity gets t itself, (B,).",
        "share = t.view(-1, 1, 1, 1); place = (1 - share) * z + share * x; "
        "return (velocity(place, t) - (x - z)).square().mean()",
    ),
    asks="Check ``flow_loss(velocity, x, z, t)``: the mean squared error of a velocity.",
    table=Table(RIGHT, SLIPS),
    cases=cases,
    observe=_lossy,
    refused={"must match the size of tensor": SHARED},
)
