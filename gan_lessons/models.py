"""The networks of the course, smallest first. Floor 2 of the house.

Points in the plane and the averaged generator (lesson 04), MLPs for images (lesson 06), DCGAN of
any size (lesson 07, in color lesson 08), many small networks side by side (lesson 10), noise that
chooses (lesson 12), nets that are told what is asked for (lesson 14), nets from pictures to
pictures and critics of patches (lesson 15), a U-Net that is told the time (lesson 19). A
discriminator returns logits of shape (B,); an image generator ends in [-1, 1].
"""

import copy
from collections.abc import Callable, Sequence
from math import prod

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from gan_lessons.errors import SettingError

Layer = Callable[..., nn.Module]


# -- points in the plane: lesson 04 ------------------------------------------------------------


def plane_generator(*, latent_dim: int = 2, width: int = 64) -> nn.Sequential:
    """Return an MLP from noise z (B, latent_dim) to points in the plane (B, 2). Lesson 04."""
    return nn.Sequential(
        nn.Linear(latent_dim, width),
        nn.ReLU(),
        nn.Linear(width, width),
        nn.ReLU(),
        nn.Linear(width, 2),  # (B, 2)
    )


def plane_discriminator(*, width: int = 64) -> nn.Sequential:
    """Return an MLP from points (B, 2) to logits (B,). Lesson 04."""
    return nn.Sequential(
        nn.Linear(2, width),
        nn.ReLU(),
        nn.Linear(width, width),
        nn.ReLU(),
        nn.Linear(width, 1),  # (B, 1)
        nn.Flatten(0),  # (B,)
    )


class InstanceNoise(nn.Module):
    """A layer in front of D that blurs what it sees: adds N(0, sigma²) while training. Lesson 04.

    With both clouds blurred they overlap, so D cannot win at once and its slope reaches every mode.
    Lower ``sigma`` to 0 during the run. In eval mode nothing is added.
    Source: Sønderby et al. 2017, Amortised MAP Inference for Image Super-resolution, section 4.
    """

    def __init__(self, sigma: float = 0.0):
        super().__init__()
        self.sigma = sigma

    def forward(self, x: Tensor) -> Tensor:
        """Blur samples (B, …) of any shape. Lesson 04."""
        if not self.training:
            return x
        return x + self.sigma * torch.randn_like(x)


# -- the averaged generator: lesson 04 ---------------------------------------------------------


@torch.no_grad()
def update_average(average: nn.Module, G: nn.Module, *, decay: float) -> None:
    """Move the averaged generator a little toward G: an exponential moving average (EMA).

    Parameters are averaged, buffers (batch norm's running statistics) are copied.

    Args:
        average: a deep copy of G, changed in place.
        decay: 0 … 1, the share that is kept; .999 remembers about 1,000 steps.

    Source: Yazıcı et al. 2019, The Unusual Effectiveness of Averaging in GAN Training, equation 1.
    Lesson 04.
    """
    for kept, new in zip(average.parameters(), G.parameters(), strict=True):
        kept.lerp_(new, 1 - decay)
    for kept, new in zip(average.buffers(), G.buffers(), strict=True):
        kept.copy_(new)


# -- multilayer perceptrons for images: lesson 06 ----------------------------------------------


def image_generator(
    *, latent_dim: int = 64, shape: Sequence[int] = (1, 28, 28), width: int = 256
) -> nn.Sequential:
    """Return an MLP from noise z (B, latent_dim) to images (B, *shape) in [-1, 1]. Lesson 06."""
    return nn.Sequential(
        nn.Linear(latent_dim, width),
        nn.LeakyReLU(0.2),
        nn.Linear(width, 2 * width),
        nn.LeakyReLU(0.2),
        nn.Linear(2 * width, prod(shape)),
        nn.Tanh(),  # (B, C·H·W) in [-1, 1]
        nn.Unflatten(1, tuple(shape)),  # (B, C, H, W)
    )


def image_discriminator(*, shape: Sequence[int] = (1, 28, 28), width: int = 256) -> nn.Sequential:
    """Return an MLP from images (B, *shape) in [-1, 1] to logits (B,). Lesson 06.

    While training, dropout hides 30 % of its units, others at each look, so that no single pixel
    decides.
    """
    return nn.Sequential(
        nn.Flatten(1),  # (B, C·H·W)
        nn.Linear(prod(shape), 2 * width),
        nn.LeakyReLU(0.2),
        nn.Dropout(0.3),
        nn.Linear(2 * width, width),
        nn.LeakyReLU(0.2),
        nn.Dropout(0.3),
        nn.Linear(width, 1),  # (B, 1)
        nn.Flatten(0),  # (B,)
    )


# -- DCGAN: lesson 07, in color lesson 08 ------------------------------------------------------
# Source: Radford, Metz and Chintala 2016, Unsupervised Representation Learning with Deep
# Convolutional Generative Adversarial Networks, section 3.


def transposed(c_in: int, c_out: int) -> nn.Module:
    """Return a transposed convolution that doubles height and width. Lesson 07.

    Kernel 4 is a multiple of stride 2, so every output pixel is reached by equally many taps.
    """
    return nn.ConvTranspose2d(c_in, c_out, 4, stride=2, padding=1)


def upsampled(c_in: int, c_out: int) -> nn.Module:
    """Return the other way to double: repeat each pixel, then convolve. Lesson 07.

    Source: Odena, Dumoulin and Olah 2016, Deconvolution and Checkerboard Artifacts.
    """
    return nn.Sequential(nn.Upsample(scale_factor=2), nn.Conv2d(c_in, c_out, 3, padding=1))


def map_sizes(size: int) -> list[int]:
    """Return the sizes of the maps from the smallest, of 4 to 7 pixels, to ``size``. Lesson 07.

    Example: 28 gives [7, 14, 28], 64 gives [4, 8, 16, 32, 64].

    Raises:
        SettingError: ``size`` is not 4, 5, 6 or 7 doubled at least once.
    """
    sizes = [size]
    while sizes[0] > 7 and sizes[0] % 2 == 0:
        sizes.insert(0, sizes[0] // 2)
    if len(sizes) < 2 or not 4 <= sizes[0] <= 7:
        raise SettingError(
            f"Images of {size} pixels cannot be reached by doubling a map of 4 to 7 pixels.",
            "No network was built.",
            "Choose 28, 32, 48, 64 or 128, or resize the images to one of them.",
        )
    return sizes


def dcgan_generator(
    *,
    latent_dim: int = 64,
    size: int = 28,
    channels: int = 1,
    width: int = 64,
    norm: Layer = nn.BatchNorm2d,
    up: Layer = transposed,
) -> nn.Sequential:
    """Return a generator from noise z (B, latent_dim) to images (B, channels, size, size).

    Args:
        size: 28, 32, 64 or another size of :func:`map_sizes`. channels: 1 for grey, 3 for color.
        width: channels of the largest hidden map; each smaller map has twice as many.
        norm: made with the number of channels; ``nn.Identity`` for none.
        up: :func:`transposed` or :func:`upsampled`.

    Returns:
        A net whose images lie in [-1, 1]. Lesson 07.

    Raises:
        SettingError: the size does not fit.
    """
    start, *larger = map_sizes(size)
    c = width * 2 ** (len(larger) - 1)
    layers = [nn.Linear(latent_dim, c * start**2)]
    layers += [nn.Unflatten(1, (c, start, start)), norm(c), nn.ReLU()]
    for _ in larger[:-1]:
        layers += [up(c, c // 2), norm(c // 2), nn.ReLU()]
        c //= 2
    return nn.Sequential(*layers, up(c, channels), nn.Tanh())


def dcgan_discriminator(
    *,
    size: int = 28,
    channels: int = 1,
    width: int = 64,
    norm: Layer = nn.BatchNorm2d,
    wrap: Layer = nn.Sequential,
) -> nn.Sequential:
    """Return a discriminator from images (B, channels, size, size) to logits (B,): G mirrored.

    Args:
        size, channels, width: as in :func:`dcgan_generator`.
        norm: made with the number of channels, after every convolution but the first;
            ``nn.Identity`` for none.
        wrap: takes each layer with weights and returns what to use in its place, such as
            ``torch.nn.utils.parametrizations.spectral_norm`` (lesson 11).

    Raises:
        SettingError: the size does not fit.

    Lesson 07.
    """
    start, *larger = map_sizes(size)
    layers = [wrap(nn.Conv2d(channels, width, 4, stride=2, padding=1)), nn.LeakyReLU(0.2)]
    c = width
    for _ in larger[:-1]:
        layers += [wrap(nn.Conv2d(c, 2 * c, 4, stride=2, padding=1))]
        layers += [norm(2 * c), nn.LeakyReLU(0.2)]
        c *= 2
    layers += [nn.Flatten(1), wrap(nn.Linear(c * start**2, 1)), nn.Flatten(0)]  # (B,)
    return nn.Sequential(*layers)


def dcgan_init(layer: nn.Module) -> None:
    """Give one layer DCGAN's first weights: ``G.apply(models.dcgan_init)``. Lesson 07.

    Convolutions and dense layers start at N(0, .02); not those in spectral norm, whose weights keep
    what they had: give them first. Batch norm's weight, a factor, starts *around 1*: with
    N(0, .02) for it too, every map would start 50 times too faint, and half of them upside down.
    """
    norm = isinstance(layer, nn.BatchNorm2d)
    if norm or isinstance(layer, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
        if layer.weight is not None:
            nn.init.normal_(layer.weight, 1.0 if norm else 0.0, 0.02)
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)


def shape_trace(net: nn.Module, x: Tensor) -> str:
    """Return a table of what each layer makes of x, (B, …): name, output shape, weights. Lesson 07.

    The net is run once in eval mode, so that no running statistics move, and put back as it was.
    """
    rows = [("input", tuple(x.shape), 0)]

    def note(layer: nn.Module, inputs: tuple, out: Tensor) -> None:
        weights = sum(p.numel() for p in layer.parameters())
        rows.append((type(layer).__name__, tuple(out.shape), weights))

    def made_of_layers(module: nn.Module) -> bool:
        return any(name != "parametrizations" for name, _ in module.named_children())

    inner = {name: m for name, m in net.named_modules() if "parametrizations" not in name}
    layers = [layer for layer in inner.values() if not made_of_layers(layer)]
    hooks = [layer.register_forward_hook(note) for layer in layers]
    modes = {module: module.training for module in net.modules()}
    try:
        with torch.no_grad():
            net.eval()(x)
    finally:
        for module, training in modes.items():
            module.training = training
        for hook in hooks:
            hook.remove()
    return "\n".join(f"{name:24} {shape!s:20} {weights:>10,}" for name, shape, weights in rows)


# -- noise that chooses: lesson 12 --------------------------------------------------------------


class CategoricalNoise(nn.Module):
    """A layer in front of G that turns the first numbers of its noise into one choice. Lesson 12.

    Whichever of the first ``kinds`` numbers of z (B, latent_dim) is the largest becomes √kinds, the
    others 0: every kind is as likely as any other, and their mean square stays 1. The rest of z
    stays as it is. What lies between two kinds is never drawn, so G need not make what lies between
    two digits, which a continuous G of continuous noise cannot avoid.

    Source: the problem, Tanielian et al. 2020, Learning Disconnected Manifolds: a no GAN's Land;
    noise with a choice in it, Chen et al. 2016, InfoGAN, section 7.2.
    """

    def __init__(self, kinds: int):
        super().__init__()
        self.kinds = kinds

    def forward(self, z: Tensor) -> Tensor:
        """Return noise of the same shape, its first numbers a choice. Lesson 12."""
        numbers, rest = z[:, : self.kinds], z[:, self.kinds :]
        chosen = numbers == numbers.amax(dim=1, keepdim=True)
        return torch.cat([chosen.to(z.dtype) * self.kinds**0.5, rest], dim=1)


# -- a picture and a time: lesson 19 -----------------------------------------------------------


class _Changed(nn.Module):
    """A residual block whose change the time scales and shifts; at first it changes nothing."""

    def __init__(self, channels: int, told: int):
        super().__init__()
        self.before = nn.Sequential(
            nn.GroupNorm(8, channels), nn.SiLU(), nn.Conv2d(channels, channels, 3, padding=1)
        )
        self.norm = nn.GroupNorm(8, channels)
        self.scale_and_shift = nn.Linear(told, 2 * channels)
        self.after = nn.Conv2d(channels, channels, 3, padding=1)
        for weight in self.after.parameters():
            nn.init.zeros_(weight)

    def forward(self, x: Tensor, told: Tensor) -> Tensor:
        scale, shift = self.scale_and_shift(told)[:, :, None, None].chunk(2, dim=1)
        change = self.norm(self.before(x)) * (1 + scale) + shift
        return x + self.after(F.silu(change))


class PictureAndTime(nn.Module):
    """A small U-Net from pictures (B, channels, H, W) and times (B,) to answers of that shape.

    A DCGAN's bricks: two strided convolutions down, two transposed ones up, and between them two
    blocks that know the time. The first map skips to the last layer, for it still knows where the
    ink is. Nothing bounds what comes out. H and W: multiples of 4, and so is ``width``. Lesson 19.
    """

    def __init__(self, *, channels: int = 1, width: int = 32, told: int = 64):
        super().__init__()
        self.time = nn.Sequential(nn.Linear(32, told), nn.SiLU(), nn.Linear(told, told), nn.SiLU())
        self.down = nn.Conv2d(channels, width, 4, stride=2, padding=1)
        self.deeper = nn.Conv2d(width, 2 * width, 4, stride=2, padding=1)
        self.shift = nn.Linear(told, 2 * width)
        self.blocks = nn.ModuleList([_Changed(2 * width, told) for _ in range(2)])
        self.up = nn.ConvTranspose2d(2 * width, width, 4, stride=2, padding=1)
        self.out = nn.ConvTranspose2d(2 * width, channels, 4, stride=2, padding=1)

    def forward(self, x: Tensor, t: Tensor) -> Tensor:
        """Return an answer of x's shape. Lesson 19."""
        waves = t[:, None] * torch.linspace(0, 5, 16, device=t.device).exp()  # (B, 16)
        told = self.time(torch.cat([waves.sin(), waves.cos()], dim=1))  # (B, 64)
        first = F.silu(self.down(x))  # (B, 32, 14, 14)
        deep = self.deeper(first) + self.shift(told)[:, :, None, None]  # (B, 64, 7, 7)
        for block in self.blocks:
            deep = block(deep, told)
        deep = F.silu(self.up(F.silu(deep)))  # (B, 32, 14, 14)
        return self.out(torch.cat([first, deep], dim=1))  # (B, 1, 28, 28)


# -- many small networks at once: lesson 10 ----------------------------------------------------
# n networks lie side by side: samples are (n, B, …), run i's only meet the weights of run i.


class StackedLinear(nn.Module):
    """Linear layers side by side, one for each run: x (n, B, in) becomes (n, B, out). Lesson 10."""

    def __init__(self, layers: Sequence[nn.Linear]):
        super().__init__()
        weights = torch.stack([layer.weight.detach().T for layer in layers])
        self.weight = nn.Parameter(weights)  # (n, in, out)
        biases = torch.stack([layer.bias.detach() for layer in layers])
        self.bias = nn.Parameter(biases[:, None])  # (n, 1, out)

    def forward(self, x: Tensor) -> Tensor:
        """Return x @ weight + bias for every run. Lesson 10."""
        return torch.baddbmm(self.bias, x, self.weight)


def stack(nets: Sequence[nn.Sequential]) -> nn.Sequential:
    """Return one network that computes all of ``nets``: (n, B, …) in, run i through nets[i].

    The weights are copied. Layers without weights must act on every number alone (ReLU, Tanh,
    dropout, noise) and are the first net's own; ``Flatten(0)``, which made logits (B,), makes them
    (n, B).

    Args:
        nets: n networks of the same layers, such as :func:`plane_generator` or
            :func:`plane_discriminator` made n times.

    Raises:
        SettingError: the networks differ, or have a layer that cannot be stacked (batch norm,
            convolution, a linear layer without bias).

    Introduced in lesson 10.
    """
    kinds = [[str(layer) for layer in net] for net in nets]
    if not kinds or any(kind != kinds[0] for kind in kinds):
        raise SettingError(
            f"{len(nets)} networks can only be stacked if all have the same layers and sizes.",
            "The networks are as they were.",
            "Make them with one function and one width; only their weights may differ.",
        )
    return nn.Sequential(*[_side_by_side(layers) for layers in zip(*nets, strict=True)])


def unstack(stacked: nn.Sequential, run: int) -> nn.Sequential:
    """Return a copy of one run's network, as it would be without the others. Lesson 10."""
    return nn.Sequential(*[_alone(layer, run) for layer in stacked])


def _side_by_side(layers: Sequence[nn.Module]) -> nn.Module:
    first = layers[0]
    if isinstance(first, nn.Linear) and first.bias is not None:
        return StackedLinear(layers)
    if isinstance(first, nn.Flatten) and first.start_dim == 0:
        return nn.Flatten(1)  # (n, B, 1) -> (n, B)
    if isinstance(first, nn.Flatten | nn.Unflatten) or first.state_dict():
        raise SettingError(
            f"{first} cannot be stacked: only linear layers with a bias can.",
            "The networks are as they were.",
            "Train such networks one after the other with training.train.",
        )
    return first


def _alone(layer: nn.Module, run: int) -> nn.Module:
    if isinstance(layer, nn.Flatten):
        return nn.Flatten(0)
    if not isinstance(layer, StackedLinear):
        return copy.deepcopy(layer)
    weight, bias = layer.weight[run].detach(), layer.bias[run, 0].detach()
    alone = nn.Linear(*weight.shape, device=weight.device, dtype=weight.dtype)
    with torch.no_grad():
        alone.weight.copy_(weight.T)
        alone.bias.copy_(bias)
    return alone


# -- told what is asked for: lesson 14 -----------------------------------------------------------
# What is asked for is a class y, int64 (B,), and factors (B, k) in units of their spread. G and D
# take both after their first argument, as training.train hands them over.


def as_row(y: Tensor, factors: Tensor, *, classes: int = 10) -> Tensor:
    """Return what is asked for as one row of numbers a sample, (B, classes + k). Lesson 14.

    The class is one-hot: a number per class, 1 for the one that is meant and 0 for the others.
    """
    return torch.cat([F.one_hot(y, classes).to(factors.dtype), factors], dim=1)


def beside(x: Tensor, row: Tensor) -> Tensor:
    """Return images (B, C, H, W) with a row (B, k) beside them as k constant maps. Lesson 14.

    Returns:
        (B, C + k, H, W), the image's own channels first.

    Source: Reed et al. 2016, Generative Adversarial Text to Image Synthesis, section 4.
    """
    maps = row[:, :, None, None].expand(-1, -1, *x.shape[2:])  # (B, k, H, W)
    return torch.cat([x, maps], dim=1)


class ConditionalGenerator(nn.Module):
    """A generator that is told what to draw. Lesson 14.

    Args:
        G: takes (B, latent_dim + size + k).
        classes: how many there are. size: the numbers that a class is turned into; they are
            learned.
    """

    def __init__(self, G: nn.Module, *, classes: int = 10, size: int = 16):
        super().__init__()
        self.G, self.embed = G, nn.Embedding(classes, size)

    def forward(self, z: Tensor, y: Tensor, factors: Tensor) -> Tensor:
        """Return G's samples of noise z (B, latent_dim), classes (B,), factors (B, k)."""
        return self.G(torch.cat([z, self.embed(y), factors], dim=1))


class BesideD(nn.Module):
    """A discriminator that sees what was asked for as maps beside the image. Lesson 14.

    Args:
        body: takes images with classes + k more channels and returns features (B, width).
    """

    def __init__(self, body: nn.Module, *, width: int, classes: int = 10):
        super().__init__()
        self.body, self.psi, self.classes = body, nn.Linear(width, 1), classes

    def forward(self, x: Tensor, y: Tensor, factors: Tensor) -> Tensor:
        """Return logits (B,): is this a real image, and one of those that were asked for?"""
        row = as_row(y, factors, classes=self.classes)
        return self.psi(self.body(beside(x, row))).flatten(0)


class ProjectionD(nn.Module):
    """A discriminator with the logit psi(h) + <V row, h> / sqrt(width). Lesson 14.

    Source: Miyato and Koyama 2018, cGANs with Projection Discriminator, equation 6.

    Args:
        body: takes images and returns features h (B, width). numbers: classes + k, of a row.
    """

    def __init__(self, body: nn.Module, *, width: int, numbers: int, classes: int = 10):
        super().__init__()
        self.body, self.psi, self.classes = body, nn.Linear(width, 1), classes
        self.V = nn.Linear(numbers, width, bias=False)

    def forward(self, x: Tensor, y: Tensor, factors: Tensor) -> Tensor:
        """Return logits (B,): how real the image is, and how well it fits what was asked for."""
        h = self.body(x)  # (B, width)
        wanted = self.V(as_row(y, factors, classes=self.classes))  # (B, width)
        fits = (wanted * h).sum(dim=1) / h.shape[1] ** 0.5  # (B,)
        return self.psi(h).flatten(0) + fits


class AuxiliaryD(nn.Module):
    """A discriminator that is not told what was asked for and has to say it. Lesson 14.

    Play it with ``losses.marked``. Source: Odena, Olah and Shlens 2017, Conditional Image Synthesis
    with Auxiliary Classifier GANs, section 3.

    Args:
        body: takes images and returns features h (B, width). numbers: classes + k, of a row.
    """

    def __init__(self, body: nn.Module, *, width: int, numbers: int, classes: int = 10):
        super().__init__()
        self.body, self.psi, self.classes = body, nn.Linear(width, 1), classes
        self.marker = nn.Linear(width, numbers)

    def forward(self, x: Tensor, y: Tensor, factors: Tensor) -> tuple[Tensor, Tensor]:
        """Return logits (B,) and complaints (B,): how far it reads x from what was asked for."""
        h = self.body(x)
        said = self.marker(h)  # (B, classes + k)
        wrong_class = F.cross_entropy(said[:, : self.classes], y, reduction="none")
        off = (said[:, self.classes :] - factors).square().sum(dim=1)
        off = off / max(1, factors.shape[1])  # no factors, no complaint
        return self.psi(h).flatten(0), wrong_class + off


# -- a picture for a picture: lesson 15 ----------------------------------------------------------


class Residual(nn.Module):
    """Two convolutions whose answer is added to what they were shown, (B, C, H, W). Lesson 15.

    Source: He et al. 2015, Deep Residual Learning for Image Recognition.
    """

    def __init__(self, channels: int):
        super().__init__()
        self.change = nn.Sequential(
            nn.LeakyReLU(0.2),
            nn.Conv2d(channels, channels, 3, padding=1),
            nn.LeakyReLU(0.2),
            nn.Conv2d(channels, channels, 3, padding=1),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return x and its change, of x's shape. Lesson 15."""
        return x + self.change(x)


class Translator(nn.Module):
    """From pictures (B, channels_in, H, W) to what is to be added to them, (B, channels_out, H, W).

    Down to a quarter of the side, where a layer sees far, and up again; the first map skips to the
    end, for it still knows where the edges are. Nothing bounds what comes out. H and W: multiples
    of 4. The skip is that of Ronneberger, Fischer and Brox 2015, U-Net. Lesson 15.
    """

    def __init__(self, channels_in: int, channels_out: int, *, width: int = 32):
        super().__init__()
        self.down = nn.Conv2d(channels_in, width, 4, 2, 1)
        self.deep = nn.Sequential(
            nn.LeakyReLU(0.2),
            nn.Conv2d(width, 2 * width, 4, 2, 1),
            Residual(2 * width),
            Residual(2 * width),
            nn.LeakyReLU(0.2),
            nn.ConvTranspose2d(2 * width, width, 4, 2, 1),
        )
        self.up = nn.Sequential(
            nn.LeakyReLU(0.2),
            nn.ConvTranspose2d(2 * width, width // 2, 4, 2, 1),
            nn.LeakyReLU(0.2),
            nn.Conv2d(width // 2, channels_out, 3, 1, 1),
        )

    def forward(self, shown: Tensor) -> Tensor:
        """Return what is to be added, (B, channels_out, H, W). Lesson 15."""
        first = self.down(shown)  # (B, 32, H/2, W/2)
        return self.up(torch.cat([first, self.deep(first)], dim=1))


def patch_discriminator(*, channels: int, width: int = 32) -> nn.Sequential:
    """Return a critic of patches: pictures (B, channels, H, W) to one logit for each patch.

    No dense layer: every logit sees 18 x 18 pixels and no more, and the logits of a batch are one
    row, (B · H/4 · W/4,), as if each patch were a sample.
    Source: Isola et al. 2017, Image-to-Image Translation with Conditional Adversarial Networks,
    section 3.2.2, with a smaller net. Lesson 15.
    """
    return nn.Sequential(
        nn.Conv2d(channels, width, 4, 2, 1),  # (B, 32, H/2, W/2)
        nn.LeakyReLU(0.2),
        nn.Conv2d(width, 2 * width, 4, 2, 1),  # (B, 64, H/4, W/4)
        nn.LeakyReLU(0.2),
        nn.Conv2d(2 * width, 2 * width, 3, 1, 1),
        nn.LeakyReLU(0.2),
        nn.Conv2d(2 * width, 1, 1),  # (B, 1, H/4, W/4)
        nn.Flatten(0),
    )


def receptive_field(layers: Sequence[tuple[int, int]]) -> int:
    """Return the side of the patch that one number of the last layer sees, in pixels. Lesson 15.

    Args:
        layers: (kernel, stride) of convolutions, the first one first. Padding does not count.

    Source: Dumoulin and Visin 2016, A guide to convolution arithmetic for deep learning.
    """
    seen = 1
    for kernel, stride in reversed(layers):
        seen = (seen - 1) * stride + kernel
    return seen


class Compared(nn.Module):
    """A critic that sees the question beside each answer, and says how far off the answer is.

    Play it with ``losses.repairing``: what it says of distance is for G.

    Args:
        critic: takes answer and question side by side, as channels, and returns logits.

    Lesson 15.
    """

    def __init__(self, critic: nn.Module):
        super().__init__()
        self.critic = critic

    def forward(self, x: Tensor, shown: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
        """Return logits, and the mean squared error a pixel of each answer x, (B,). Lesson 15."""
        off = (x - target).square().flatten(1).mean(dim=1)
        return self.critic(torch.cat([x, shown], dim=1)), off
