"""Right and wrong answers to the exercises of lesson 08, each with what its diagnosis must say."""

import copy
import math

import numpy as np
import torch
from torch import nn
from torch.nn.utils.parametrizations import spectral_norm

from gan_lessons import models

LAST = {"memory_format": torch.channels_last}


def _up(a, b):
    return nn.ConvTranspose2d(a, b, 4, stride=2, padding=1)


def _down(a, b):
    return nn.Conv2d(a, b, 4, stride=2, padding=1)


TANH = nn.Tanh()


def _g(start=4, doublings=4, *, color=None, end=(TANH,), up=_up):
    """A generator of ``doublings``; ``color`` fixes its channels, whatever is asked for."""

    def make(latent_dim, channels):
        layers = [nn.Linear(latent_dim, 8 * start**2), nn.Unflatten(1, (8, start, start))]
        for _ in range(doublings - 1):
            layers += [up(8, 8), nn.BatchNorm2d(8), nn.ReLU()]
        return nn.Sequential(*layers, up(8, color or channels), *end)

    return make


def _d(halvings=4, rest=4, *, color=None, end=None, first=_down):
    def make(channels):
        layers = [first(color or channels, 8), nn.LeakyReLU(0.2)]
        for _ in range(halvings - 1):
            layers += [_down(8, 8), nn.LeakyReLU(0.2)]
        tail = end or (nn.Flatten(1), nn.Linear(8 * rest**2, 1), nn.Flatten(0))
        return nn.Sequential(*layers, *tail)

    return make


def upsampled(a, b):
    return nn.Sequential(nn.Upsample(scale_factor=2), nn.Conv2d(a, b, 3, padding=1))


class FromOnePixel(nn.Module):
    """The first layer of the DCGAN paper: a transposed convolution from 1 × 1 to 4 × 4."""

    def __init__(self, latent_dim, channels):
        super().__init__()
        self.first = nn.ConvTranspose2d(latent_dim, 8, 4)
        self.rest = nn.ModuleList([_up(8, 8), _up(8, 8), _up(8, 8), _up(8, channels)])

    def forward(self, z):
        x = self.first(z[:, :, None, None])
        for layer in self.rest:
            x = layer(x.relu())
        return x.tanh()


def normalized(channels):
    """With spectral norm (lesson 11), whose layers have parts that make no maps."""
    layers = [layer for layer in _d()(channels)]
    weighted = (nn.Conv2d, nn.Linear)
    return nn.Sequential(*(spectral_norm(x) if isinstance(x, weighted) else x for x in layers))


class Pooling(nn.Module):
    """A discriminator that averages its last maps in the place of a large linear layer."""

    def __init__(self, channels):
        super().__init__()
        self.body = nn.Sequential(_down(channels, 8), nn.ReLU(), _down(8, 8), nn.ReLU())
        self.head = nn.Linear(8, 1)

    def forward(self, x):
        return self.head(self.body(x).mean(dim=(2, 3)))[:, 0]


def _mlp(latent_dim, channels):
    size = channels * 64 * 64
    return nn.Sequential(
        nn.Linear(latent_dim, size), nn.Tanh(), nn.Unflatten(1, (channels, 64, 64))
    )


class _Squeeze(nn.Module):
    def forward(self, x):
        return x.squeeze()


class _Last(nn.Module):
    def forward(self, x):
        return x.permute(0, 2, 3, 1)


_UP_AGAIN = (_up(8, 8), nn.Flatten(1), nn.Linear(8 * 64, 1), nn.Flatten(0))
_PATCHES = (nn.Conv2d(8, 1, 3, padding=1),)
_COLUMN = (nn.Flatten(1), nn.Linear(128, 1))
_SIGMOID = (nn.Flatten(1), nn.Linear(128, 1), nn.Sigmoid(), nn.Flatten(0))
_SQUEEZED = (nn.Flatten(1), nn.Linear(128, 1), _Squeeze())


def _gaps(a, b):
    return nn.Conv2d(a, b, 1, stride=2)


def _noise_as_map(latent_dim, channels):
    ups = [_up(8, 8), _up(8, 8), _up(8, 8), _up(8, channels)]
    return nn.Sequential(nn.ConvTranspose2d(latent_dim, 8, 4), *ups, nn.Tanh())


def _from_the_article(latent_dim, channels):
    """7 → 7 → 14 → 28 → 56: one stride of 1, then one doubling too many for a D for 28."""
    same = nn.ConvTranspose2d(8, 8, 3, stride=1, padding=1)
    layers = [nn.Linear(latent_dim, 8 * 49), nn.Unflatten(1, (8, 7, 7)), same, nn.ReLU()]
    return nn.Sequential(*layers, _up(8, 8), _up(8, 8), _up(8, channels), nn.Tanh())


def _fixed_noise(latent_dim, channels):
    return _g()(64, channels)


def by_fours(latent_dim, channels):
    """Two steps of four in the place of four steps of two."""
    first = [nn.Linear(latent_dim, 8 * 16), nn.Unflatten(1, (8, 4, 4))]
    wide = nn.ConvTranspose2d(8, 8, 8, stride=4, padding=2)
    last = nn.ConvTranspose2d(8, channels, 8, stride=4, padding=2)
    return nn.Sequential(*first, wide, nn.ReLU(), last, nn.Tanh())


def shuffled(a, b):
    """Double by channels that become pixels."""
    return nn.Sequential(nn.Conv2d(a, 4 * b, 3, padding=1), nn.PixelShuffle(2))


def generator(latent_dim, channels):
    return _g()(latent_dim, channels)


def discriminator(channels):
    return _d()(channels)


def of_the_lesson(latent_dim, channels):
    return models.dcgan_generator(latent_dim=latent_dim, size=64, channels=channels, width=4)


RIGHT_NETWORKS = [
    (of_the_lesson, discriminator),
    (generator, discriminator),
    (_g(8, 3), _d(3, 8)),
    (_g(up=upsampled), discriminator),
    (FromOnePixel, Pooling),
    (by_fours, _d(3, 8)),
    (_g(up=shuffled), Pooling),
    (_g(up=upsampled), normalized),
]


def _for_a_smaller_image(channels):
    """Three halvings, 64 to 8, and a kernel of 4: 5 × 5 answers, flattened."""
    layers, c = [], channels
    for _ in range(3):
        layers, c = [*layers, _down(c, 8), nn.LeakyReLU(0.2)], 8
    return nn.Sequential(*layers, nn.Conv2d(8, 1, 4), nn.Flatten(0))


def _without_the_edge(channels):
    layers, c = [], channels
    for wider in (8, 16, 32, 64):
        layers, c = [*layers, nn.Conv2d(c, wider, 3, stride=2), nn.LeakyReLU(0.2)], wider
    return nn.Sequential(*layers, nn.Flatten(1), nn.Linear(64 * 3 * 3, 1), nn.Flatten(0))


def _of_the_middle(channels):
    layers, c = [nn.ZeroPad2d(-8)], channels
    for _ in range(3):
        layers, c = [*layers, _down(c, 8), nn.LeakyReLU(0.2)], 8
    return nn.Sequential(*layers, nn.Flatten(1), nn.Linear(8 * 6 * 6, 1), nn.Flatten(0))


WRONG_NETWORKS = {
    "25 answers": (generator, _for_a_smaller_image, "makes 25 answers for each image"),
    "7 for 64": (_g(7, 3), _d(2, 7), "however often 7 is doubled"),
    "7, 7, 14, 28, 56 and a D for 28": (
        _from_the_article,
        _d(2, 7),
        "7 → 14 → 28 → 56: however often 7 is doubled",
    ),
    "both for 28": (_g(7, 2), _d(2, 7), "7 → 14 → 28: however often 7 is doubled"),
    "7, then stretched": (
        _g(7, 3, end=(nn.Upsample(size=64), nn.Tanh())),
        discriminator,
        "from 56 to 64 is no doubling",
    ),
    "padding forgotten": (
        _g(up=lambda a, b: nn.ConvTranspose2d(a, b, 4, stride=2)),
        discriminator,
        "double exactly",
    ),
    "D for 28": (generator, _d(2, 7), "D is made for 28 × 28, G paints 64 × 64"),
    "D for 32": (generator, _d(3, 4), "D is made for 32 × 32"),
    "a patch each": (generator, _d(end=_PATCHES), "one per patch"),
    "bare squeeze": (generator, _d(end=_SQUEEZED), "squeeze() without an axis"),
    "gaps": (generator, _d(first=_gaps), "have no influence"),
    "the edge": (generator, _without_the_edge, "rows 0 … 62 and columns 0 … 62 only"),
    "the middle": (generator, _of_the_middle, "rows 8 … 55 and columns 8 … 55 only"),
    "channel last": (_g(end=(nn.Tanh(), _Last())), discriminator, "channel last"),
    "noise as a map": (_noise_as_map, discriminator, "nn.Unflatten(1, (latent_dim, 1, 1))"),
    "MLP": (_mlp, discriminator, "MLP of lesson 06"),
    "return forgotten": (lambda latent_dim, channels: None, discriminator, "you return a NoneType"),
    "one large step": (
        _g(4, 1, end=(nn.Upsample(scale_factor=8), nn.Tanh())),
        discriminator,
        "from 8 to 64 is no doubling",
    ),
}


def fast_logits(D, images):
    D.to(**LAST)
    with torch.autocast(images.device.type, dtype=torch.bfloat16):
        logits = D(images.to(**LAST))
    return logits.float()


def by_parameters(D, images):
    """The same, written without D.to: each weight is laid out anew."""
    for weight in D.parameters():
        if weight.ndim == 4:
            weight.data = weight.data.contiguous(**LAST)
    with torch.amp.autocast(device_type="cpu", dtype=torch.bfloat16, enabled=True):
        return D(images.contiguous(**LAST)).to(torch.float32)


def _wrong(
    *, weights=True, layout=True, dtype=torch.bfloat16, device="cpu", after=torch.Tensor.float
):
    def answer(D, images):
        if weights:
            D.to(**LAST)
        if layout:
            images = images.to(**LAST)
        with torch.autocast(device, dtype=dtype, enabled=dtype is not None):
            logits = D(images)
        return after(logits)

    return answer


def _narrow(D, images):
    return D.to(**LAST).bfloat16()(images.to(**LAST).bfloat16()).float()


def _permuted(D, images):
    D.to(**LAST)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        return D(images.permute(0, 2, 3, 1)).float()


def _no_grad(D, images):
    with torch.no_grad():
        return fast_logits(D, images)


def _eval(D, images):
    return fast_logits(D.eval(), images)


def _sigmoid(D, images):
    return 50 * fast_logits(D, images).sigmoid()


def by_default(D, images):
    D = D.to(**LAST)
    with torch.autocast(images.device.type):
        logits = D(images.to(**LAST))
    return logits.to(torch.float32)


def twice(D, images):
    D(images)
    return fast_logits(D, images)


def inside_the_block(D, images):
    """All of it under autocast; + 0 keeps the layout."""
    with torch.autocast(device_type="cpu", dtype=torch.bfloat16):
        return D.to(**LAST)(images.to(**LAST) + 0).float()


def by_the_functional_call(D, images):
    D.to(**LAST)
    with torch.autocast(images.device.type, dtype=torch.bfloat16):
        own = dict(D.named_parameters())
        return torch.func.functional_call(D, own, (images.to(**LAST),)).float()


def by_a_copy(D, images):
    return fast_logits(copy.deepcopy(D), images)


def by_a_copy_after_all(D, images):
    D.to(**LAST)
    return by_a_copy(D, images)


RIGHT_FAST = [fast_logits, by_parameters, inside_the_block, by_default, twice]
RIGHT_FAST += [by_the_functional_call]
WRONG_FAST = {
    "weights narrowed": (_narrow, "Keep float32 weights"),
    "axes permuted": (_permuted, "you permute the axes"),
    "images only": (_wrong(weights=False), "D's weights are not"),
    "no autocast": (_wrong(dtype=None), "call D inside torch.autocast"),
    "no gradient": (_no_grad, "carry no gradient"),
    "eval mode": (_eval, "eval mode"),
    "other numbers": (_sigmoid, "other numbers"),
    "nothing": (lambda D, images: None, "return D's logits"),
    "without D": (lambda D, images: images.mean((1, 2, 3)), "D was never called"),
    "a copy": (by_a_copy, "D's own weights"),
    "a copy, and D changed": (by_a_copy_after_all, "D's own weights"),
    "one column": (lambda D, images: fast_logits(D, images)[:, None], "shape (6, 1)"),
}


def mean_hue(hue, chroma):
    angle = hue.deg2rad()
    y, x = (chroma * angle.sin()).sum(), (chroma * angle.cos()).sum()
    return torch.atan2(y, x).rad2deg() % 360


def by_complex_numbers(hue, chroma):
    total = torch.polar(chroma / chroma.sum(), torch.deg2rad(hue)).sum()
    return math.degrees(total.angle().item()) % 360


def in_numpy(hue, chroma):
    angle = np.deg2rad(hue.numpy().astype(np.float64))
    return np.rad2deg(np.angle((chroma.numpy() * np.exp(1j * angle)).sum())) % 360


def in_a_loop(hue, chroma):
    x = y = 0.0
    for h, c in zip(hue.tolist(), chroma.tolist(), strict=True):
        x, y = x + c * math.cos(math.radians(h)), y + c * math.sin(math.radians(h))
    found = math.degrees(math.atan2(y, x))
    return found if found >= 0 else found + 360


def _sums(hue, chroma):
    angle = hue.deg2rad()
    return (chroma * angle.sin()).sum(), (chroma * angle.cos()).sum()


RIGHT_HUES = [mean_hue, by_complex_numbers, in_numpy, in_a_loop]
WRONG_HUES = {
    "mean of the numbers": (lambda h, c: (h * c).sum() / c.sum() % 360, "hues lie on a circle"),
    "weights twice": (lambda h, c: mean_hue(h, c * c), "the square of its chroma"),
    "exchanged, and negative": (
        lambda h, c: torch.atan2(*_sums(h, c)[::-1]).rad2deg(),
        "the sine first",
    ),
    "arc tangent of a ratio": (
        lambda h, c: (_sums(h, c)[0] / _sums(h, c)[1]).atan().rad2deg() % 180 - 180,
        "cannot tell opposite hues apart",
    ),
    "median": (lambda h, c: h.median(), "chroma changes nothing"),
    "one each": (lambda h, c: h, "2 numbers come back"),
    "backwards": (lambda h, c: 360 - mean_hue(h, c), "is 260.0° in yours"),
    "both results": (lambda h, c: _sums(h, c), "one result should come back"),
}


def never_seen(fake, real):
    known, made = (100 * pairs[:, 0] + pairs[:, 1] for pairs in (real, fake))
    return (~torch.isin(made, known)).float().mean()


def by_sets(fake, real):
    known = {tuple(pair) for pair in real.tolist()}
    return sum(tuple(pair) not in known for pair in fake.tolist()) / len(fake)


def by_unique(fake, real):
    _, place = torch.cat([real, fake]).unique(dim=0, return_inverse=True)
    return float(
        torch.tensor([p not in place[: len(real)] for p in place[len(real) :]]).mean(dtype=float)
    )


def in_numpy_by_code(fake, real):
    a, b = fake.numpy() @ [100, 1], real.numpy() @ [100, 1]
    return np.mean(~np.isin(a, b))


def _columns(fake, real):
    known = torch.isin(fake[:, 0], real[:, 0]) & torch.isin(fake[:, 1], real[:, 1])
    return (~known).float().mean()


def _as_sets(fake, real):
    known = [set(pair) for pair in real.tolist()]
    return sum(set(pair) not in known for pair in fake.tolist()) / len(fake)


def _set_of_tensors(fake, real):
    known = set(real)
    return sum(pair not in known for pair in fake) / len(fake)


def _tensor_in_tensor(fake, real):
    return sum(pair not in real for pair in fake) / len(fake)


def _one_by_one(fake, real):
    return (fake != real).any(1).float().mean()


RIGHT_PAIRS = [never_seen, by_sets, by_unique, in_numpy_by_code]
WRONG_PAIRS = {
    "as one text": (
        lambda fake, real: (
            torch.tensor(
                [f"{a}{b}" not in {f"{c}{d}" for c, d in real.tolist()} for a, b in fake.tolist()]
            )
            .float()
            .mean()
        ),
        "should give",
    ),
    "columns one by one": (_columns, "Compare pairs"),
    "sets of two": (_as_sets, "a sorted pair, or a set"),
    "a set of tensors": (_set_of_tensors, "by identity"),
    "pair in real": (_tensor_in_tensor, "one number in common"),
    "one by one": (_one_by_one, "anywhere among the real"),
    "exchanged": (lambda fake, real: never_seen(real, fake), "exchange the two"),
    "a count": (lambda fake, real: never_seen(fake, real) * len(fake), "divide by their number"),
    "different pairs of both": (
        lambda fake, real: never_seen(fake.unique(dim=0), real.unique(dim=0)),
        "you count different pairs",
    ),
    "one each": (lambda fake, real: torch.isin(fake[:, 0], real[:, 0]), "numbers come back"),
    "half of it": (lambda fake, real: never_seen(fake, real) / 2, "half the right value"),
}
