"""Start as the identity: an exercise of lesson 21, Draw in one step."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from gan_lessons import models
from gan_lessons.checks.exercise import speak
from gan_lessons.checks.grader import Answer, Property, Slip, Table

RIGHT = """
class _Added(nn.Module):
    def __init__(self, net):
        super().__init__()
        self.net = net

    def forward(self, z):
        return z + self.net(z)

def start(net):
    nn.init.zeros_(net[-1].weight)
    nn.init.zeros_(net[-1].bias)
    return _Added(net)
"""

WEIGHT = "nn.init.zeros_(net[-1].weight)"
BIAS = "nn.init.zeros_(net[-1].bias)"
SUM = "return z + self.net(z)"
MADE = "return _Added(net)"

FIRST_LAYER = (
    "the first layer's weights are 0, so it says the same of every z, and so does all that "
    "follows: every z moves the same way. Silence the *last* layer, which still sees what the "
    "others have learned to tell apart."
)
BOTH = "to start at z, what the net adds must be 0: the last layer's weight *and* its bias."
SHIFTED = f"it moves every z the same way: a bias is left. {BOTH[0].upper()}{BOTH[1:]}"
NOWHERE = "it sends everything to 0: add z itself to what the net says."
ELSEWHERE = f"it starts somewhere else. {BOTH[0].upper()}{BOTH[1:]} And z itself is added."
CUT = "ReLU cuts off what is negative, so layers of ones do not hand z on: add z around the net."
STILL = (
    "it does not learn: after 60 steps it is where it was. Nothing may be frozen, detached or "
    "multiplied by a 0 that stays 0; the last layer starts at 0 and is free to leave it."
)
ONLY_SHIFTS = (
    "it only shifts: after 60 steps every z still moves the same way. With all layers at 0 no "
    "gradient gets past the last bias; only the last layer may start at 0."
)

STAYS = (
    "{} of net stay as they were, in 60 steps. No requires_grad_(False), no no_grad, no detach on "
    "the way: all of net is to learn."
)
ON_THE_FIRST_CALL = (
    "it starts at z on the first call and somewhere else on the second, though nothing was "
    "learned. G has to *start* there: zeros in the last layer, and no memory."
)

SLIPS = (
    Slip(WEIGHT + "\n    " + BIAS, "nn.init.zeros_(net[0].weight)", "Silence the *last* layer"),
    Slip(
        WEIGHT + "\n    " + BIAS,
        "nn.init.zeros_(net[0].weight)\n    nn.init.zeros_(net[0].bias)",
        "Silence the *last* layer",
    ),
    Slip(WEIGHT, "pass", ELSEWHERE),
    Slip(BIAS, "pass", SHIFTED),
    Slip(SUM, "return self.net(z)", NOWHERE),
    Slip(
        WEIGHT + "\n    " + BIAS,
        "for weight in net.parameters():\n        nn.init.zeros_(weight)",
        ONLY_SHIFTS,
    ),
    Slip(WEIGHT, "nn.init.normal_(net[-1].weight, std=1e-3)", "it nearly starts at z"),
    Slip(SUM, "return z + 0 * self.net(z)", STILL),
    Slip(SUM, "return z + self.net(z).detach()", STILL),
    Slip(SUM, "return z", STILL),
    Slip(MADE, "return _Added(net).requires_grad_(False)", STILL),
    Slip(MADE, "net[:-1].requires_grad_(False)\n    return _Added(net)", "stay as they were"),
    Slip(MADE, "net[0].requires_grad_(False)\n    return _Added(net)", "stay as they were"),
    Slip(MADE, "net[2].requires_grad_(False)\n    return _Added(net)", "stay as they were"),
    Slip(SUM, "return z + self.net[-1](self.net[:-1](z).detach())", "stay as they were"),
    Slip(SUM, "return z + self.net(z) if self.training else z", "in eval()"),
    Slip(
        WEIGHT + "\n    " + BIAS + "\n    return _Added(net)",
        "class _Once(_Added):\n        def forward(self, z):\n"
        "            seen, self.seen = getattr(self, 'seen', False), True\n"
        "            return z + self.net(z) if seen else z\n    return _Once(net)",
        "on the first call",
    ),
    Slip(
        MADE,
        "net[-1] = nn.Linear(12, 2)\n    nn.init.zeros_(net[-1].weight)\n    "
        "nn.init.zeros_(net[-1].bias)\n    return _Added(net)",
        "does not fit",
    ),
    Slip(SUM, "return 2 * z + self.net(z)", "it starts as 2 times z"),
    Slip(SUM, "z += self.net(z)\n        return z", "it changes z in place"),
    Slip(MADE, "return lambda z: z + net(z)", "a function comes back"),
    Slip(MADE, "return _Added", "the class itself"),
    Slip(MADE, "_Added(net)", "None comes back"),
    Slip(MADE, "return nn.Identity()", "it has no weights"),
)


def _net(seed: int, width: int = 16) -> nn.Sequential:
    rng = torch.random.get_rng_state()
    torch.manual_seed(seed)
    between = nn.ReLU(), nn.Linear(width, width - 4), nn.ReLU()  # no two weights of one shape
    layers = nn.Linear(2, width), *between, nn.Linear(width - 4, 2)
    torch.random.set_rng_state(rng)
    return nn.Sequential(*layers)


def _noise(*shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(0))


def _make(start: Callable) -> tuple:
    """Return what makes a G, alone or of three side by side, and hands out its net as well.

    Each fact asks a G of its own. Those side by side are wider, as nets of the lesson may be.
    """

    def build(*, runs: int = 1) -> tuple[object, nn.Sequential]:
        net = _net(0) if runs == 1 else models.stack([_net(seed, 24) for seed in range(runs)])
        return start(net), net

    return (build,)


def _it_is_a_network(build: Callable) -> str | None:
    made, _ = build()
    if made is None:
        return "None comes back: the return is missing."
    if isinstance(made, type):
        return f"the class itself comes back: call it, {made.__name__}(net)."
    if not isinstance(made, nn.Module):
        what = "a function" if callable(made) else f"a {type(made).__name__}"
        return (
            f"{what} comes back, whose weights no optimizer and no average would find: return an "
            "nn.Module."
        )
    if not list(made.parameters()):
        return (
            "it has no weights: what net is to add is missing, or stands in a list, where "
            "parameters() does not look. self.net = net."
        )
    return None


def _it_leaves_z_alone(build: Callable) -> str | None:
    made, _ = build()
    z = _noise(64, 2)
    before = z._version  # in-place changes are counted, those that add 0 as well
    with torch.no_grad():
        y = made(z)
    if z._version != before:
        return "it changes z in place, which the toll still needs: compute with a new tensor."
    if not isinstance(y, Tensor):
        return f"for z of shape (64, 2) a {type(y).__name__} comes back, not a tensor."
    if y.shape != z.shape:
        return f"for z of shape (64, 2) it returns the shape {tuple(y.shape)}."
    return None


def _it_starts_at_z(build: Callable) -> str | None:
    made, net = build()
    z = _noise(64, 2)
    with torch.no_grad():
        y, again = made(z), made(z)
    away = (y - z).abs().max()
    if away < 1e-5:
        return None if torch.allclose(again, z, atol=1e-5) else ON_THE_FIRST_CALL
    weights = [layer.weight for layer in net if hasattr(layer, "weight")]
    if len(weights) > 1 and not weights[0].any() and weights[-1].any():
        return FIRST_LAYER
    if not y.any():
        return NOWHERE
    if torch.allclose(y, z.relu(), atol=1e-5):
        return CUT
    if (y - z).std(dim=0).max() < 1e-5:
        return SHIFTED
    factor = (y * z).sum() / (z * z).sum()
    if torch.allclose(y, factor * z, atol=1e-5):
        return f"it starts as {float(factor):.3g} times z, not as z."
    if away < 0.05:
        return f"it nearly starts at z, up to {float(away):.1g} off: exactly 0 is allowed, too."
    return ELSEWHERE


def _side_by_side_as_well(build: Callable) -> str | None:
    made, _ = build(runs=3)
    z = _noise(3, 16, 2)
    with torch.no_grad():
        y = made(z)
    if y.shape == z.shape and torch.allclose(y, z, atol=1e-5):
        return None
    return (
        "alone it starts at z; with three nets side by side, z of shape (3, 16, 2), it does not. "
        "Their last layer has a weight and a bias, too: net[-1]."
    )


def _that_stay(made: nn.Module, before: dict[str, Tensor]) -> list[str]:
    """Return which layers of :func:`_net` no weights of their sizes have moved for."""
    moved = [
        tuple(weight.shape)
        for name, weight in made.named_parameters()
        if not torch.equal(weight, before[name])
    ]
    stay = []
    named = {"first": "the first layer", "middle": "the middle layer", "last": "the last layer"}
    for name, layer in zip(named, (one for one in _net(0) if one.state_dict()), strict=True):
        for shape in (tuple(weight.shape) for weight in layer.parameters()):
            if shape in moved:
                moved.remove(shape)
            elif named[name] not in stay:
                stay.append(named[name])
    return stay


def _it_learns(build: Callable) -> str | None:
    made, _ = build()
    z = _noise(256, 2)
    goal = -z.flip(1) + 0.5  # no shift, and not near the identity
    free = [weight for weight in made.parameters() if weight.requires_grad]
    first = {name: weight.detach().clone() for name, weight in made.named_parameters()}
    if not free:
        return STILL
    opt = torch.optim.Adam(free, lr=0.02)
    for _ in range(60):
        loss = (made(z) - goal).square().sum(1).mean()
        if not loss.requires_grad:
            return STILL
        opt.zero_grad()
        loss.backward()
        opt.step()
    with torch.no_grad():
        moved = made(z) - z
    if moved.abs().max() < 1e-3:
        return STILL
    if moved.std(dim=0).max() < 1e-3:
        return ONLY_SHIFTS
    if stay := _that_stay(made, first):
        return STAYS.format(f"the weights of {' and '.join(stay)}")
    before = (z - goal).square().sum(1).mean()
    if loss > 0.5 * before:
        return (
            f"it learns too little: in 60 steps toward another map its error falls from "
            f"{float(before):.2g} to {float(loss):.2g} only. Are all layers of net free?"
        )
    with torch.no_grad():
        used = made.eval()(z)
    if not torch.allclose(used - z, moved, atol=1e-5):
        return (
            "trained, it draws one thing in train() and another in eval(), where samples are "
            "drawn: it has learned a map that nobody will see. forward does the same in both."
        )
    return None


def shares_weights(start: Callable) -> bool:
    """Say whether what one of two nets side by side learns moves the other one. Lesson 21."""
    made = start(models.stack([_net(seed, 24) for seed in range(2)]))
    z = _noise(2, 64, 2)
    with torch.no_grad():
        before = made(z)[1]
    opt = torch.optim.SGD(made.parameters(), lr=0.1)
    for _ in range(3):
        opt.zero_grad()
        (made(z)[0] + z[0].flip(1)).square().mean().backward()
        opt.step()
    with torch.no_grad():
        return not torch.equal(made(z)[1], before)


class Start(Property):
    """The exercise; what is right for one net and mixes seeds side by side does not train them."""

    def yours(self, otherwise: Callable) -> Answer | Callable:
        """As :meth:`Exercise.yours`, for a comparison of seeds. Lesson 21."""
        if self.right is not None and shares_weights(*self.right):
            speak(
                f"▶ {self.title}: yours is right, but side by side it has weights that all seeds "
                "share, and here seeds are compared: the course's own runs."
            )
            return otherwise
        return super().yours(otherwise)


start = Start(
    title="Start as the identity",
    proves="at first G(z) = z but for rounding, alone and side by side, in training and in use, "
    "and every layer of the net takes part in learning another map.",
    hints=(
        "G(z) = z + net(z), and at first net is to add nothing. Which layer can you silence so "
        "that the others keep telling the z apart?",
        "The last layer's weight and bias at 0: nn.init.zeros_. Zeros in the first layer leave the "
        "later biases, and zeros everywhere let no gradient through.",
        "class Added(nn.Module): __init__ keeps net; forward returns z + self.net(z). In start: "
        "nn.init.zeros_(net[-1].weight); nn.init.zeros_(net[-1].bias); return Added(net).",
    ),
    asks="Check ``start(net)``: a G that first returns z itself and learns with all of net.",
    table=Table(RIGHT, SLIPS),
    make=_make,
    facts=(
        _it_is_a_network,
        _it_leaves_z_alone,
        _it_starts_at_z,
        _side_by_side_as_well,
        _it_learns,
    ),
    refused={
        "mat1 and mat2 shapes cannot be multiplied": "a layer of your own does not fit. net may be "
        "of any width, and of many seeds, with weights (seeds, in, out): zero its "
        "own last layer, net[-1].",
        "before Module.__init__() call": "super().__init__() comes first in your class's __init__.",
        "must match the size of tensor": "what net says no longer has the shape of z: leave its "
        "layers where they are.",
        "'StackedLinear' object has no attribute": "net may hold several seeds side by side. Its "
        "layers are then no nn.Linear (they have a weight and a bias, (seeds, …)), and a layer of "
        "yours would be one for all seeds. Zero net's own last layer, net[-1].",
        "object has no attribute 'zero_'": "nn.init.zeros_ takes a tensor, not a layer: "
        "net[-1].weight, then net[-1].bias.",
    },
)
