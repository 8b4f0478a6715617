"""Checks of lesson 07, Build a DCGAN."""

import copy
import math
from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from gan_lessons.checks.exercise import Wrong, exercise

# -- sizes -----------------------------------------------------------------------------------

SLIPS_OUT: dict[str, Callable[[int, int, int, int], float]] = {
    "you round up; torch rounds down: a kernel that would hang over the edge is not placed. "
    "Use // on the right side of the division.": lambda n, k, s, p: -(-(n + 2 * p - k) // s) + 1,
    "the + 1 is missing: a kernel as large as the image still fits once.": (
        lambda n, k, s, p: (n + 2 * p - k) // s
    ),
    "the padding is counted once, but it is put on both sides.": (
        lambda n, k, s, p: (n + p - k) // s + 1
    ),
    "this is the size of a *transposed* convolution: the two functions are exchanged.": (
        lambda n, k, s, p: (n - 1) * s - 2 * p + k
    ),
    "+ 1 belongs behind the division: first how many steps of the stride fit, then the first "
    "place is added.": lambda n, k, s, p: (n + 2 * p - k + 1) // s,
    "the kernel is left out: its own width is lost once.": lambda n, k, s, p: (n + 2 * p) // s + 1,
    "size / stride is right only where the padding makes up for the kernel.": (
        lambda n, k, s, p: n // s
    ),
}
Slip = Callable[[int, int, int, int, int], float]
SLIPS_TRANSPOSE: dict[str, Slip] = {
    "output_padding is left out: it adds that many pixels at one end.": (
        lambda n, k, s, p, o: (n - 1) * s - 2 * p + k
    ),
    "output_padding is counted twice: it is added at one end only.": (
        lambda n, k, s, p, o: (n - 1) * s - 2 * p + k + 2 * o
    ),
    "the padding is added. Here it cuts pixels off, for the convolution that this one turns "
    "around had added them.": lambda n, k, s, p, o: (n - 1) * s + 2 * p + k + o,
    "between n pixels lie n - 1 steps of the stride, not n.": (
        lambda n, k, s, p, o: n * s - 2 * p + k + o
    ),
    "the padding is counted once, but it is cut off on both sides.": (
        lambda n, k, s, p, o: (n - 1) * s - p + k + o
    ),
    "this is the size of an ordinary convolution: the two functions are exchanged.": (
        lambda n, k, s, p, o: (n + 2 * p - k) // s + 1
    ),
    "size * stride is right only where padding and kernel balance.": lambda n, k, s, p, o: n * s,
    "the pixel under the last step is missing: k is what one pixel spreads over, not k - 1.": (
        lambda n, k, s, p, o: (n - 1) * s - 2 * p + k - 1 + o
    ),
}


def _convolutions() -> Iterator[tuple[tuple[int, int, int, int], int]]:
    """Yield every (n, k, s, p) of a grid with the size that torch really makes of it."""
    for n in range(1, 11):
        image = torch.zeros(1, 1, n)
        for k in range(1, 6):
            for s in range(1, 5):
                for p in range(3):
                    if n + 2 * p >= k:
                        made = F.conv1d(image, torch.zeros(1, 1, k), stride=s, padding=p)
                        yield (n, k, s, p), made.shape[-1]


def _transposed() -> Iterator[tuple[tuple[int, int, int, int, int], int]]:
    """The same for transposed convolutions and (n, k, s, p, output_padding)."""
    for n in range(1, 8):
        image = torch.zeros(1, 1, n)
        for k in range(1, 6):
            weight = torch.zeros(1, 1, k)
            for s in range(1, 4):
                for p in range(3):
                    for o in range(s):
                        if (n - 1) * s - 2 * p + k + o >= 1:
                            more = {"stride": s, "padding": p, "output_padding": o}
                            yield (
                                (n, k, s, p, o),
                                F.conv_transpose1d(image, weight, **more).shape[2],
                            )


def _compare(answer: Callable, name: str, cases: list, slips: dict[str, Callable]) -> None:
    said = [answer(*case) for case, _ in cases]
    if any(value is None for value in said):
        raise Wrong(f"{name} returns nothing: end with return.")
    if any(isinstance(value, tuple | list | Tensor) for value in said):
        raise Wrong(
            f"{name} returns a {type(said[0]).__name__}: one whole number is asked for, the "
            "size along one side."
        )
    if any(not isinstance(value, int) for value in said):
        if any(not float(value).is_integer() for value in said):
            raise Wrong(
                f"{name}{cases[0][0]} and others come out as fractions, and there is no part of a "
                "pixel: divide with //, which rounds down."
            )
        raise Wrong(f"{name} returns a {type(said[0]).__name__}: divide with //, sizes are int.")
    off = [i for i, (_, true) in enumerate(cases) if said[i] != true]
    if not off:
        return
    for diagnosis, slip in slips.items():
        if all(value == slip(*case) for value, (case, _) in zip(said, cases, strict=True)):
            raise Wrong(f"{name}: {diagnosis}")
    case, true = cases[off[0]]
    letters = dict(zip(("n", "k", "s", "p", "output_padding"), case, strict=False))
    told = ", ".join(f"{letter} = {value}" for letter, value in letters.items())
    raise Wrong(
        f"{name}: for {told} torch makes {true} pixels, you say {said[off[0]]}. "
        f"{len(cases) - len(off)} of {len(cases)} cases are right."
    )


@exercise(
    title="The size of the next map",
    proves="both formulas agree with torch, on more than 1,100 choices of the numbers.",
    hints=(
        "Padding makes the image n + 2p wide. The kernel's left edge can stand at 0, s, 2s, … as "
        "long as its right edge stays inside: how many places are that?",
        "conv_out: (n + 2 * p - k) // s + 1. The other way round, n pixels have n - 1 steps of s "
        "between them, and the last one spreads over k.",
        "conv_transpose_out: (n - 1) * s - 2 * p + k + output_padding.",
    ),
)
def sizes(conv_out: Callable, conv_transpose_out: Callable) -> None:
    """Check ``conv_out(n, k, s, p)`` and ``conv_transpose_out(n, k, s, p, output_padding)``."""
    _compare(conv_out, "conv_out", list(_convolutions()), SLIPS_OUT)
    _compare(conv_transpose_out, "conv_transpose_out", list(_transposed()), SLIPS_TRANSPOSE)


# -- batch norm's arguments ------------------------------------------------------------------


@exercise(
    title="Mend the batch norm",
    proves="faint maps come out with spread 1, and 80 % of the old statistics are kept.",
    hints=(
        "Look at the signature: nn.BatchNorm2d(num_features, eps=1e-05, momentum=0.1, …). Which "
        "argument gets the 0.8?",
        "Keras: new = 0.8 · old + 0.2 · batch. PyTorch: new = (1 - momentum) · old + momentum · "
        "batch.",
        "nn.BatchNorm2d(channels, momentum=0.2)",
    ),
)
def norm(answer: Callable) -> None:
    """Check ``norm(channels)``: Keras's ``BatchNormalization(momentum=0.8)`` in PyTorch."""
    layer = answer(8)
    if not isinstance(layer, nn.Module):
        raise Wrong(f"norm returns a {type(layer).__name__}, not a layer: return an nn.Module.")
    if isinstance(layer, nn.BatchNorm1d | nn.BatchNorm3d):
        raise Wrong(f"{type(layer).__name__} does not take maps (B, C, H, W): BatchNorm2d does.")
    rng = torch.Generator().manual_seed(0)
    faint = 3 + 0.1 * torch.randn(64, 8, 7, 7, generator=rng)
    layer.train()
    try:
        out = layer(faint).detach()
    except RuntimeError as error:
        if "running_mean should contain" in str(error) or "channels" in str(error):
            raise Wrong("norm(8) must take maps of 8 channels: pass `channels` on.") from error
        raise
    spread = float(out.std())
    layer.eval()
    with torch.no_grad():
        if torch.allclose(out, layer(faint), atol=1e-5):
            raise Wrong(
                "in train and in eval mode the layer does the same: it keeps no running "
                "statistics, so an image would always depend on its batch, or stand alone."
            )
        dark, light = layer(torch.zeros(1, 8, 7, 7)), layer(torch.ones(1, 8, 7, 7))
    kept = float((-dark / (light - dark)).mean())  # the running mean, read off the outputs
    if spread < 0.95:
        eps = 0.01 / spread**2 - 0.01
        raise Wrong(
            f"maps with a spread of 0.1 come out with {spread:.2f}, not 1: the second argument is "
            f"eps, here {eps:.1g}, which is added to the variance. Name what you mean: momentum=…"
        )
    if math.isclose(kept, 0.8 * 3, rel_tol=0.02):
        raise Wrong(
            "one batch moves the statistics by 80 %. PyTorch's momentum is the share of the *new* "
            "batch, Keras's the share that is kept."
        )
    if math.isclose(kept, 0.1 * 3, rel_tol=0.02):
        raise Wrong(
            "90 % of the old statistics are kept, PyTorch's default; the author meant 80 %."
        )
    if not math.isclose(kept, 0.2 * 3, rel_tol=0.02):
        raise Wrong(
            f"after one batch of mean 3 the running mean is {kept:.2f}; 80 % of 0 and 20 % of 3 "
            "are 0.6."
        )
    if not any(p.requires_grad for p in layer.parameters()):
        raise Wrong("the layer has no weight to learn: leave out affine=False.")


# -- first weights ---------------------------------------------------------------------------


class _ConvBlock(nn.Module):
    """Has a convolution's name and no weight; its layer is of a kind of its own."""

    def __init__(self):
        super().__init__()
        self.inner = _Halving(16, 64, 4)


class _Halving(nn.Conv2d):
    """A convolution under another name."""


def _spread(weight: Tensor) -> tuple[float, float]:
    return float(weight.mean()), float(weight.std())


@exercise(
    title="DCGAN's first weights",
    proves="layers start at N(0, 0.02), batch norm around 1, biases at 0.",
    hints=(
        "net.apply(init) calls init once for every layer. Ask with isinstance(layer, nn.Conv2d) "
        "what it is; a tuple asks for several kinds at once.",
        "nn.init.normal_(layer.weight, 0.0, 0.02) for convolutions, transposed ones and linear "
        "layers; nn.init.normal_(layer.weight, 1.0, 0.02) for nn.BatchNorm2d.",
        "And nn.init.zeros_(layer.bias) in both branches. Other layers (ReLU, Tanh) have no "
        "weight: leave them alone.",
    ),
)
def init(answer: Callable) -> str | None:
    """Check ``init(layer)`` by applying it to a net and measuring what the weights are then."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        net = nn.Sequential(
            nn.Conv2d(16, 64, 4),
            nn.BatchNorm2d(4096),
            nn.LeakyReLU(0.2),
            nn.ConvTranspose2d(64, 16, 4),
            nn.Linear(64, 256),
            _ConvBlock(),
            nn.Tanh(),
        )
        own = {id(parameter) for parameter in net.parameters()}
        before = copy.deepcopy(net)
        try:
            net.apply(answer)
        except AttributeError as error:
            if "weight" not in str(error) and "bias" not in str(error):
                raise
            raise Wrong(
                f"init touches a layer that has no weight or bias ({str(error).splitlines()[0]}). "
                "Ask for the kind of layer with isinstance, not for a piece of its class's name."
            ) from error
    conv, norm, _, up, linear, block, _ = net
    _check_norm(norm, before[1])
    kinds = {
        "Conv2d": (conv, before[0]),
        "ConvTranspose2d": (up, before[3]),
        "Linear": (linear, before[4]),
        "a class derived from Conv2d": (block.inner, before[5].inner),
    }
    for name, (layer, old) in kinds.items():
        _check_weight(name, layer, old)
    for name, (layer, _) in kinds.items():
        if layer.bias.abs().max() > 0:
            raise Wrong(f"the bias of {name} is not 0. nn.init.zeros_(layer.bias)")
    if not all(parameter.requires_grad for parameter in net.parameters()):
        raise Wrong("some weights no longer ask for a gradient: they would never learn.")
    if any(id(parameter) not in own for parameter in net.parameters()):
        return "But you put new parameters in the place of the old: an optimizer that was made "
        "before would go on moving the old ones. nn.init works in place."
    return None


def _check_norm(norm: nn.BatchNorm2d, old: nn.BatchNorm2d) -> None:
    mean, std = _spread(norm.weight.detach())
    if not torch.equal(norm.running_mean, old.running_mean) or norm.running_var.min() <= 0:
        raise Wrong(
            "batch norm's running statistics were overwritten too, and a variance below 0 has no "
            "root: they are measurements, not weights. Use layer.weight and layer.bias."
        )
    if abs(mean) < 0.1 and 0 < std < 0.1:
        raise Wrong(
            "batch norm's weight is drawn around 0. It is a factor: with N(0, 0.02) every map "
            "comes out about 50 times fainter, and half of them upside down. Draw it around 1."
        )
    if std == 0 and mean == 1:
        raise Wrong("batch norm's weight is left at exactly 1; DCGAN draws it from N(1, 0.02).")
    if abs(mean - 1) > 0.01 or abs(std - 0.02) > 0.002:
        raise Wrong(
            f"batch norm's weight has mean {mean:.2f} and deviation {std:.4f}, not 1 and 0.02."
        )
    if norm.bias.abs().max() > 0:
        raise Wrong("batch norm's bias is not 0.")


def _check_weight(name: str, layer: nn.Module, old: nn.Module) -> None:
    if torch.equal(layer.weight, old.weight):
        also = {
            "ConvTranspose2d": " It is no subclass of Conv2d, so ask for both.",
            "a class derived from Conv2d": " Its name does not matter to isinstance.",
        }
        raise Wrong(f"{name} keeps PyTorch's own first weights.{also.get(name, '')}")
    mean, std = _spread(layer.weight.detach())
    if math.isclose(std, 0.02**0.5, rel_tol=0.1):
        raise Wrong(f"{name}: the deviation is 0.14, the root of 0.02: 0.02 is the deviation.")
    if math.isclose(std, 0.02**2, rel_tol=0.1):
        raise Wrong(f"{name}: the deviation is 0.0004: normal_ takes it, not the variance.")
    if math.isclose(std, 0.02 / 3**0.5, rel_tol=0.1) and layer.weight.abs().max() <= 0.02:
        raise Wrong(f"{name}: the weights are uniform between ±0.02, not normal.")
    if abs(mean) > 0.002 or not math.isclose(std, 0.02, rel_tol=0.1):
        raise Wrong(f"{name}: mean {mean:.3f} and deviation {std:.4f}, not 0 and 0.02.")


# -- sampling --------------------------------------------------------------------------------


def _small_g() -> nn.Sequential:
    """A generator with batch norm whose running statistics are not the first ones."""
    G = nn.Sequential(
        *(nn.Linear(8, 48), nn.Unflatten(1, (3, 4, 4)), nn.BatchNorm2d(3), nn.ReLU()),
        *(nn.ConvTranspose2d(3, 1, 4, stride=2, padding=1), nn.Tanh()),
    )
    for _ in range(20):
        G(2 * torch.randn(32, 8) + 1)
    return G


def _same(a: Tensor, b: Tensor) -> bool:
    return torch.allclose(a, b, atol=1e-4)


@exercise(
    title="An image of its own",
    proves="the same z makes the same image in any company, and G is left as it was.",
    hints=(
        "In train mode batch norm subtracts the mean of *this* batch. G.eval() makes it use the "
        "running mean that it collected while training.",
        "Remember G.training before, put it back afterwards with G.train(before), and work under "
        "torch.no_grad().",
        "before = G.training; G.eval(); with torch.no_grad(): images = G(z); G.train(before); "
        "return images",
    ),
)
def sample(answer: Callable) -> str | None:
    """Check ``sample(G, z)``: images (B, 1, 8, 8) of noise (B, 8), each on its own."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        G, z = _small_g(), torch.randn(6, 8)
        old = {name: value.clone() for name, value in G.state_dict().items()}
        images = answer(G, z)
        if not isinstance(images, Tensor):
            raise Wrong(f"sample returns {type(images).__name__}, not a tensor of images.")
        if images.shape != (6, 1, 8, 8):
            raise Wrong(f"6 noise vectors become {tuple(images.shape)}, not (6, 1, 8, 8).")
        asleep = not all(layer.training for layer in G.modules())
        moved = [n for n, value in G.state_dict().items() if not torch.equal(value, old[n])]
        G.train()
        again, mates = answer(G, z), answer(G.train(), torch.cat([z[:1], 3 * torch.randn(5, 8)]))
        alone = answer(copy.deepcopy(G).train(), z[:1])
        G.load_state_dict(old)
        with torch.no_grad():
            right = G.eval()(z)
        answer(G, z)
    if not _same(images, again):
        raise Wrong("the same z makes other images the second time: use the z that you are given.")
    if not _same(images[0], mates[0]):
        raise Wrong(
            "the first image changes when its five batch mates change: batch norm is in train "
            "mode and subtracts the mean of the batch. Sample in eval mode."
        )
    if asleep:
        raise Wrong(
            "you leave G in eval mode: if training goes on, batch norm uses old statistics and "
            "collects no new ones. Put the mode back: G.train(before)."
        )
    if moved:
        raise Wrong(
            f"sampling changes G ({moved[0]}): in train mode batch norm takes note of every "
            "batch, also of those that you only look at."
        )
    if not (_same(images[:1], alone) and _same(images, right)):
        raise Wrong(
            "each image is the same in any company, yet not what G makes in eval mode: it is "
            "normalized by itself, not by the running statistics that G learned with."
        )
    if G.training:
        raise Wrong("a G that was in eval mode comes back in train mode: put back what *was*.")
    if images.requires_grad:
        return "But the graph of every image is kept: torch.no_grad() saves that memory."
    return None
