"""What lessons 06 and 07 say of themselves, measured by somebody else than their own readers.

The judge is a network of its own, trained here on the real digits: MNIST's training set, or drawn
strokes. One seed on MNIST is run each time; GAN_LESSONS_SOAK=1 runs all three, and strokes as well.
Without MNIST at hand its tests are skipped and say why.
"""

import copy
import importlib.util
import os
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from gan_lessons import data, models, runtime, training
from gan_lessons.errors import LessonError

ROOT = Path(__file__).resolve().parents[2]
SOAK = os.environ.get("GAN_LESSONS_SOAK") == "1"
SEEDS = (0, 1, 2) if SOAK else (0,)
STEPS, LATENT = 5_000, 64  # the lesson budget of lesson 06
DCGAN_STEPS, DCGAN_LATENT = 2_500, 16  # and of lesson 07
SURE = 0.5  # the least share of samples that are read surely


@pytest.fixture(scope="module")
def digits():
    try:
        return data.mnist()
    except LessonError as error:
        pytest.skip(f"MNIST is not at hand: {error.args[0]}")


@pytest.fixture(scope="module")
def judge(digits):
    return classifier(digits.x, digits.y, *unseen(data.mnist(train=False)))


def unseen(digits) -> tuple[Tensor, Tensor]:
    """Return images in 0 … 1 and their classes."""
    return digits.x.float() / 255, digits.y


def classifier(x: Tensor, y: Tensor, x_test: Tensor, y_test: Tensor) -> nn.Module:
    """Return a network trained on x whose word can be relied upon, tried on x_test.

    At least 98 % of what it has not seen is read right, and it knows how sure it may be: told to
    smooth its labels it is right in 98.9 % of MNIST's test digits but sure to 96.6 %, and of good
    samples it would call hardly half as many sure.
    """
    spec = importlib.util.spec_from_file_location(
        "read_mnist", ROOT / "data" / "make" / "read_mnist.py"
    )
    reading = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(reading)
    runtime.seed_everything(0)
    reader = reading.train(x, y, epochs=1, label_smoothing=0.0)
    sure, named = probabilities(reader, x_test).max(dim=1)
    right = (named == y_test).float().mean()
    assert right >= 0.98
    assert abs(sure.mean() - right) <= 0.01, (sure.mean(), right)
    return reader


@torch.no_grad()
def probabilities(judge: nn.Module, x: Tensor) -> Tensor:
    """Return what the judge makes of images in 0 … 1, (N, 10)."""
    return torch.cat([judge(part).softmax(dim=1) for part in x.split(1_000)])


@torch.no_grad()
def made(G: nn.Module, z: Tensor) -> Tensor:
    """Return images in 0 … 1."""
    return torch.cat([(G(part) + 1) / 2 for part in z.split(1_000)])


def shares(judge: nn.Module, x: Tensor) -> Tensor:
    """Return the share of each class among images in 0 … 1, (10,)."""
    return probabilities(judge, x).argmax(dim=1).bincount(minlength=10) / len(x)


def sure(judge: nn.Module, x: Tensor) -> float:
    """Return the share of images in 0 … 1 that the judge gives one class more than 0.9."""
    return float((probabilities(judge, x).amax(dim=1) > 0.9).float().mean())


def train(
    G: nn.Module,
    D: nn.Module,
    x: Tensor,
    seed: int,
    *,
    steps: int,
    batch_size: int = 64,
    latent_dim: int = LATENT,
    rates: tuple[float, float] = (1e-3, 1e-3),
) -> nn.Module:
    """Train as lessons 06 and 07 do and return the averaged generator.

    Args:
        rates: of G and of D.
    """
    average = copy.deepcopy(G)
    opt_g, opt_d = (
        torch.optim.Adam(net.parameters(), lr=lr, betas=(0.5, 0.99), fused=True)
        for net, lr in zip((G, D), rates, strict=True)
    )
    batches = data.batches(x, batch_size, rng=runtime.generator(seed))
    schedulers = tuple(training.falling_lr(opt, steps) for opt in (opt_g, opt_d))
    run = training.train(G, D, opt_g, opt_d, batches, steps=steps, latent_dim=latent_dim)
    for _ in training.scheduled(training.averaged(run, average, decay=0.998), *schedulers):
        pass
    return average.eval()


# -- lesson 06 -------------------------------------------------------------------------------


def mlp(digits, seed: int, *, steps: int = STEPS) -> nn.Module:
    """Return lesson 06's averaged generator."""
    runtime.seed_everything(seed)
    x = data.to_model_range(digits.x[:-2_000])
    G, D = models.image_generator(latent_dim=LATENT), models.image_discriminator()
    return train(G, D, x, seed, steps=steps)


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_lesson_06_finds_all_ten_classes_of_mnist(digits, judge, seed):
    """Each class gets 3 % or more of 2,000 samples; a generator fed with a constant z does not."""
    average = mlp(digits, seed)
    z = torch.randn(2_000, LATENT, generator=runtime.generator(seed))
    found = shares(judge, made(average, z))
    assert found.min() >= 0.03, found
    assert shares(judge, made(average, torch.zeros_like(z))).min() < 0.03


@pytest.mark.slow
def test_the_bound_notices_a_run_that_was_too_short(digits, judge):
    z = torch.randn(2_000, LATENT, generator=runtime.generator(0))
    assert shares(judge, made(mlp(digits, 0, steps=60), z)).min() < 0.03


# -- lesson 07 -------------------------------------------------------------------------------


def dcgan(digits, seed: int, *, steps: int = DCGAN_STEPS) -> nn.Module:
    """Return lesson 07's averaged generator."""
    order = torch.randperm(len(digits), generator=runtime.generator(0))
    x = data.to_model_range(digits.x[order][:-2_000])
    runtime.seed_everything(seed)
    G = models.dcgan_generator(latent_dim=DCGAN_LATENT, width=32)
    D = models.dcgan_discriminator(width=32)
    for net in (G, D):
        net.apply(models.dcgan_init).to(memory_format=torch.channels_last)
    more = {"batch_size": 32, "latent_dim": DCGAN_LATENT, "rates": (4e-3, 2e-3)}
    return train(G, D, x, seed, steps=steps, **more)


def holds(judge: nn.Module, average: nn.Module, seed: int, *, real: Tensor) -> None:
    """Each class gets 3 % or more of 5,000 samples; many, not all, are read surely.

    Measured in November 2026, one thread, seeds 0 and 1. MNIST: the rarest class has 5.8 and 6.3 %;
    .658 and .623 are read surely, of the real test digits .966. Strokes: 3.7 and 3.8 %; .710 and
    .761, of real ones .991. With 64 numbers of noise MNIST had 6.5 and 5.3 %; .616 and .606;
    strokes 3.4 and 4.5 %; .713 and .703.
    """
    z = torch.randn(5_000, DCGAN_LATENT, generator=runtime.generator(seed))
    x = made(average, z)
    found = shares(judge, x)
    print(f"seed {seed}: {found.tolist()}, sure {sure(judge, x):.3f}, real {sure(judge, real):.3f}")
    assert found.min() >= 0.03, found
    assert SURE <= sure(judge, x) < sure(judge, real)
    assert shares(judge, made(average, torch.zeros_like(z))).min() < 0.03


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_lesson_07_finds_all_ten_classes_of_mnist(digits, judge, seed):
    holds(judge, dcgan(digits, seed), seed, real=unseen(data.mnist(train=False))[0])


@pytest.mark.slow
@pytest.mark.skipif(not SOAK, reason="the executed lesson asserts it for one seed")
@pytest.mark.parametrize("seed", SEEDS)
def test_lesson_07_finds_all_ten_classes_of_strokes(strokes_judge, seed):
    judge, real = strokes_judge
    holds(judge, dcgan(data.strokes(), seed), seed, real=real)


@pytest.fixture(scope="module")
def strokes_judge():
    drawn = data.strokes()
    x, y = unseen(drawn)
    return classifier(drawn.x[:-5_000], drawn.y[:-5_000], x[-5_000:], y[-5_000:]), x[-5_000:]


@pytest.mark.slow
def test_the_bounds_of_lesson_07_notice_a_run_that_was_too_short(digits, judge):
    z = torch.randn(2_000, DCGAN_LATENT, generator=runtime.generator(0))
    x = made(dcgan(digits, 0, steps=60), z)
    print(shares(judge, x), sure(judge, x))
    assert shares(judge, x).min() < 0.03
    assert sure(judge, x) < SURE
