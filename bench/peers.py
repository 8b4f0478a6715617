"""The loops that courses and sample repositories teach, as a yardstick for the course's own step.

Written anew from the published description of each: its networks, losses, order of updates, number
of fake batches, preparation of each image and what it reads back from the device each step. Nothing
is copied. Where a peer's network ends in a sigmoid, the shared network here gives logits and the
peer's loop puts the sigmoid behind it.
"""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from gan_lessons import losses

Step = Callable[[Tensor], None]
Loop = Callable[..., Step]
bce, bce_logits = nn.BCELoss(), nn.BCEWithLogitsLoss()


@dataclass(frozen=True)
class Workload:
    """What two loops are compared on: the same nets, batch, losses and numbers of updates.

    Attributes:
        shape: of one sample.
        loop: builds the peer's step from (G, D, opt_g, opt_d, latent_dim); a step takes what
            ``loading(samples, reads · batch)`` yields.
        betas: of the peer's Adam. reads: fresh real batches in one step of the peer.
        game, n_critic, weight: the same game for the course's loop; weight of a gradient penalty.
    """

    name: str
    source: str
    G: Callable[[], nn.Module]
    D: Callable[[], nn.Module]
    latent_dim: int
    batch: int
    shape: tuple[int, ...]
    loop: Loop
    loading: Callable[[Tensor, int], Iterator[Tensor]]
    betas: tuple[float, float] = (0.5, 0.999)
    game: losses.Game = losses.non_saturating
    n_critic: int = 1
    reads: int = 1
    weight: float | None = None


# -- data, one picture at a time -------------------------------------------------------------


class Pictures(Dataset):
    """Each picture becomes a PIL image, is resized, turned into floats and normalized, alone."""

    def __init__(self, images: Tensor, size: int):
        self.images, self.size = images, size

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, i: int) -> tuple[Tensor, int]:
        image = Image.fromarray(self.images[i].permute(1, 2, 0).squeeze(-1).numpy())
        if image.size != (self.size, self.size):
            image = image.resize((self.size, self.size), Image.Resampling.BILINEAR)
        pixels = torch.from_numpy(np.array(image)).view(self.size, self.size, -1)
        x = pixels.permute(2, 0, 1).contiguous().float().div(255)
        mean, std = torch.tensor([0.5]).view(-1, 1, 1), torch.tensor([0.5]).view(-1, 1, 1)
        return x.sub(mean).div(std), 0


def one_by_one(size: int) -> Callable[[Tensor, int], Iterator[Tensor]]:
    """A shuffling DataLoader over :class:`Pictures`, in the process that trains."""

    def loading(images: Tensor, batch: int) -> Iterator[Tensor]:
        loader = DataLoader(Pictures(images, size), batch, shuffle=True, drop_last=True)
        return (real for _ in itertools.count() for real, _ in loader)

    return loading


def from_numpy(points: Tensor, batch: int) -> Iterator[Tensor]:
    """Points prepared as one NumPy array, handed over slice by slice."""
    array = points.numpy()
    while True:
        for i in range(len(array) // batch):
            yield torch.tensor(array[i * batch : (i + 1) * batch])


# -- networks --------------------------------------------------------------------------------


def mlp_g(channels: int = 1, size: int = 28) -> nn.Module:
    layers: list[nn.Module] = []
    for n_in, n_out, norm in ((100, 128, 0), (128, 256, 1), (256, 512, 1), (512, 1024, 1)):
        layers += [nn.Linear(n_in, n_out), *[nn.BatchNorm1d(n_out)] * norm, nn.LeakyReLU(0.2)]
    shape = channels, size, size
    out = nn.Linear(1024, channels * size**2)
    return nn.Sequential(*layers, out, nn.Tanh(), nn.Unflatten(1, shape))


def mlp_d(channels: int = 1, size: int = 28) -> nn.Module:
    pixels = channels * size**2
    hidden = [nn.Linear(pixels, 512), nn.LeakyReLU(0.2), nn.Linear(512, 256), nn.LeakyReLU(0.2)]
    return nn.Sequential(nn.Flatten(1), *hidden, nn.Linear(256, 1), nn.Flatten(0))


def specialization_g(channels: int = 1) -> nn.Module:
    layers: list[nn.Module] = [nn.Unflatten(1, (64, 1, 1))]
    for c_in, c_out, k, s in ((64, 256, 3, 2), (256, 128, 4, 1), (128, 64, 3, 2)):
        layers += [nn.ConvTranspose2d(c_in, c_out, k, s), nn.BatchNorm2d(c_out), nn.ReLU()]
    return nn.Sequential(*layers, nn.ConvTranspose2d(64, channels, 4, 2), nn.Tanh())


def specialization_d(width: int, channels: int = 1) -> Callable[[], nn.Module]:
    def build() -> nn.Module:
        layers: list[nn.Module] = []
        for c_in, c_out in ((channels, width), (width, 2 * width)):
            layers += [nn.Conv2d(c_in, c_out, 4, 2), nn.BatchNorm2d(c_out), nn.LeakyReLU(0.2)]
        return nn.Sequential(*layers, nn.Conv2d(2 * width, 1, 4, 2), nn.Flatten(0))

    return build


def dcgan32_g(channels: int = 1) -> nn.Module:
    layers = [nn.Linear(100, 128 * 8**2), nn.Unflatten(1, (128, 8, 8)), nn.BatchNorm2d(128)]
    for c_in, c_out in ((128, 128), (128, 64)):
        layers += [nn.Upsample(scale_factor=2), nn.Conv2d(c_in, c_out, 3, 1, 1)]
        layers += [nn.BatchNorm2d(c_out), nn.LeakyReLU(0.2)]
    return nn.Sequential(*layers, nn.Conv2d(64, channels, 3, 1, 1), nn.Tanh())


def dcgan32_d(channels: int = 1) -> nn.Module:
    layers: list[nn.Module] = []
    for c_in, c_out in ((channels, 16), (16, 32), (32, 64), (64, 128)):
        layers += [nn.Conv2d(c_in, c_out, 3, 2, 1), nn.LeakyReLU(0.2), nn.Dropout2d(0.25)]
        layers += [nn.BatchNorm2d(c_out)] * (c_out > 16)
    return nn.Sequential(*layers, nn.Flatten(1), nn.Linear(128 * 2**2, 1), nn.Flatten(0))


def dcgan64_g(channels: int = 3) -> nn.Module:
    layers: list[nn.Module] = [nn.Unflatten(1, (100, 1, 1))]
    for c_in, c_out, s, p in (
        (100, 512, 1, 0),
        (512, 256, 2, 1),
        (256, 128, 2, 1),
        (128, 64, 2, 1),
    ):
        layers += [nn.ConvTranspose2d(c_in, c_out, 4, s, p, bias=False)]
        layers += [nn.BatchNorm2d(c_out), nn.ReLU(inplace=True)]
    return nn.Sequential(*layers, nn.ConvTranspose2d(64, channels, 4, 2, 1, bias=False), nn.Tanh())


def dcgan64_d(channels: int = 3) -> nn.Module:
    layers = [nn.Conv2d(channels, 64, 4, 2, 1, bias=False), nn.LeakyReLU(0.2, inplace=True)]
    for c in (64, 128, 256):
        layers += [nn.Conv2d(c, 2 * c, 4, 2, 1, bias=False)]
        layers += [nn.BatchNorm2d(2 * c), nn.LeakyReLU(0.2, inplace=True)]
    return nn.Sequential(*layers, nn.Conv2d(512, 1, 4, 1, 0, bias=False), nn.Flatten(0))


def plane_net(n_in: int, n_out: int, *tail: nn.Module) -> nn.Module:
    layers: list[nn.Module] = []
    for a, b in ((n_in, 512), (512, 512), (512, 512)):
        layers += [nn.Linear(a, b), nn.ReLU()]
    return nn.Sequential(*layers, nn.Linear(512, n_out), *tail)


# -- loops -----------------------------------------------------------------------------------


def pytorch_gan(G, D, opt_g, opt_d, latent_dim: int) -> Step:
    """PyTorch-GAN's gan and dcgan: G first, one fake batch, label tensors, both losses printed.

    D's weight gradients are computed in G's step and thrown away.
    """
    rng = np.random.default_rng(0)

    def step(real: Tensor) -> None:
        valid, untrue = torch.ones(len(real), 1), torch.zeros(len(real), 1)
        opt_g.zero_grad()
        z = torch.tensor(rng.normal(0, 1, (len(real), latent_dim)), dtype=torch.float32)
        fake = G(z)
        loss_g = bce(torch.sigmoid(D(fake))[:, None], valid)
        loss_g.backward()
        opt_g.step()

        opt_d.zero_grad()
        on_real = bce(torch.sigmoid(D(real))[:, None], valid)
        on_fake = bce(torch.sigmoid(D(fake.detach()))[:, None], untrue)
        loss_d = (on_real + on_fake) / 2
        loss_d.backward()
        opt_d.step()
        f"{loss_d.item()} {loss_g.item()}"

    return step


def specialization(G, D, opt_g, opt_d, latent_dim: int) -> Step:
    """The GANs specialization, week 2: a second fake batch for G, a graph that is kept in vain."""

    def step(real: Tensor) -> None:
        opt_d.zero_grad()
        fake = G(torch.randn(len(real), latent_dim))
        fake_logits = D(fake.detach())
        on_fake = bce_logits(fake_logits, torch.zeros_like(fake_logits))
        real_logits = D(real)
        on_real = bce_logits(real_logits, torch.ones_like(real_logits))
        loss_d = (on_fake + on_real) / 2
        loss_d.item()
        loss_d.backward(retain_graph=True)
        opt_d.step()

        opt_g.zero_grad()
        logits = D(G(torch.randn(len(real), latent_dim)))
        loss_g = bce_logits(logits, torch.ones_like(logits))
        loss_g.backward()
        opt_g.step()
        loss_g.item()

    return step


def pytorch_examples(G, D, opt_g, opt_d, latent_dim: int) -> Step:
    """pytorch/examples' dcgan, the official tutorial's: two backwards for D, five reads."""

    def step(real: Tensor) -> None:
        D.zero_grad()
        label = torch.full((len(real),), 1.0)
        out = torch.sigmoid(D(real))
        on_real = bce(out, label)
        on_real.backward()
        said_real = out.mean().item()

        fake = G(torch.randn(len(real), latent_dim))
        label.fill_(0.0)
        out = torch.sigmoid(D(fake.detach()))
        on_fake = bce(out, label)
        on_fake.backward()
        said_fake = out.mean().item()
        loss_d = on_real + on_fake
        opt_d.step()

        G.zero_grad()
        label.fill_(1.0)
        out = torch.sigmoid(D(fake))
        loss_g = bce(out, label)
        loss_g.backward()
        opt_g.step()
        f"{loss_d.item()} {loss_g.item()} {said_real} {said_fake} {out.mean().item()}"

    return step


def slope_of(D: nn.Module, x: Tensor) -> Tensor:
    """The gradient of D at x with a graph, flattened: (B, numbers per sample)."""
    out = D(x)
    slope = torch.autograd.grad(
        outputs=out, inputs=x, grad_outputs=torch.ones_like(out), create_graph=True,
        retain_graph=True,
    )[0]  # fmt: skip
    return slope.view(len(x), -1)


def pytorch_gan_gp(G, D, opt_g, opt_d, latent_dim: int) -> Step:
    """PyTorch-GAN's wgan_gp, five batches: G's graph is kept in D's steps, and run through."""
    rng = np.random.default_rng(0)

    def noise(n: int) -> Tensor:
        return torch.tensor(rng.normal(0, 1, (n, latent_dim)), dtype=torch.float32)

    def step(real: Tensor) -> None:
        for part in real.chunk(5):
            opt_d.zero_grad()
            z = noise(len(part))
            fake = G(z)
            on_real, on_fake = D(part), D(fake)
            alpha = torch.tensor(rng.random((len(part), 1, 1, 1)), dtype=torch.float32)
            between = (alpha * part + (1 - alpha) * fake.data).requires_grad_(True)
            penalty = ((slope_of(D, between).norm(2, dim=1) - 1) ** 2).mean()
            loss_d = -on_real.mean() + on_fake.mean() + 10 * penalty
            loss_d.backward()
            opt_d.step()
            opt_g.zero_grad()
        loss_g = -D(G(z)).mean()
        loss_g.backward()
        opt_g.step()
        f"{loss_d.item()} {loss_g.item()}"

    return step


def specialization_gp(G, D, opt_g, opt_d, latent_dim: int) -> Step:
    """The GANs specialization, week 3: five critic updates on *one* real batch, one read each."""

    def step(real: Tensor) -> None:
        for _ in range(5):
            opt_d.zero_grad()
            fake = G(torch.randn(len(real), latent_dim))
            on_fake, on_real = D(fake.detach()), D(real)
            epsilon = torch.rand(len(real), 1, 1, 1, requires_grad=True)
            between = real * epsilon + fake.detach() * (1 - epsilon)
            penalty = ((slope_of(D, between).norm(2, dim=1) - 1) ** 2).mean()
            loss_d = on_fake.mean() - on_real.mean() + 10 * penalty
            loss_d.item()
            loss_d.backward(retain_graph=True)
            opt_d.step()
        opt_g.zero_grad()
        loss_g = -D(G(torch.randn(len(real), latent_dim))).mean()
        loss_g.backward()
        opt_g.step()
        loss_g.item()

    return step


def caogang_gp(G, D, opt_g, opt_d, latent_dim: int) -> Step:
    """caogang's wgan-gp on points: three backwards a critic step, D frozen by hand in G's."""

    def step(real: Tensor) -> None:
        for p in D.parameters():
            p.requires_grad = True
        for part in real.chunk(5):
            D.zero_grad()
            on_real = D(part).mean()
            (-on_real).backward()
            with torch.no_grad():
                fake = G(torch.randn(len(part), latent_dim))
            on_fake = D(fake).mean()
            on_fake.backward()
            alpha = torch.rand(len(part), 1).expand(part.size())
            between = (alpha * part + (1 - alpha) * fake).requires_grad_(True)
            penalty = 0.1 * ((slope_of(D, between).norm(2, dim=1) - 1) ** 2).mean()
            penalty.backward()
            cost, distance = on_fake - on_real + penalty, on_real - on_fake
            opt_d.step()
        for p in D.parameters():
            p.requires_grad = False
        G.zero_grad()
        on_fake = D(G(torch.randn(len(part), latent_dim))).mean()
        (-on_fake).backward()
        opt_g.step()
        cost.detach().numpy(), distance.detach().numpy(), on_fake.detach().numpy()

    return step


GP = {"betas": (0.5, 0.9), "game": losses.wasserstein, "n_critic": 5}

WORKLOADS = (
    Workload(
        *("MLP 28", "PyTorch-GAN gan", mlp_g, mlp_d, 100, 64, (1, 28, 28)),
        *(pytorch_gan, one_by_one(28)),
    ),
    Workload(
        *("DCGAN 28", "GANs specialization W2", specialization_g, specialization_d(16)),
        *(64, 128, (1, 28, 28), specialization, one_by_one(28)),
    ),
    Workload(
        *("DCGAN 32", "PyTorch-GAN dcgan", dcgan32_g, dcgan32_d, 100, 64, (1, 32, 32)),
        *(pytorch_gan, one_by_one(32)),
    ),
    Workload(
        *("DCGAN 64 RGB", "pytorch/examples", dcgan64_g, dcgan64_d, 100, 64, (3, 64, 64)),
        *(pytorch_examples, one_by_one(64)),
    ),
    Workload(
        *("WGAN-GP MLP", "PyTorch-GAN wgan_gp", mlp_g, mlp_d, 100, 64, (1, 28, 28)),
        *(pytorch_gan_gp, one_by_one(28)),
        **GP | {"betas": (0.5, 0.999), "reads": 5},
        weight=10.0,
    ),
    Workload(
        *("WGAN-GP DCGAN", "GANs specialization W3", specialization_g, specialization_d(64)),
        *(64, 128, (1, 28, 28), specialization_gp, one_by_one(28)),
        **GP | {"betas": (0.5, 0.999)},
        weight=10.0,
    ),
    Workload(
        *("WGAN-GP 2-D", "caogang wgan-gp", lambda: plane_net(2, 2)),
        *(lambda: plane_net(2, 1, nn.Flatten(0)), 2, 256, (2,), caogang_gp, from_numpy),
        **GP,
        reads=5,
        weight=0.1,
    ),
)
