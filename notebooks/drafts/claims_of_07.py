"""What lessons 06 and 07 say of themselves, measured by somebody else than their own readers.

The judge is a network of its own, trained here on real digits: MNIST's training set, or strokes.
One seed on MNIST is run each time; GAN_LESSONS_SOAK=1 runs all three, and strokes as well. Without
MNIST at hand its tests are skipped and say why.
"""

import copy
import importlib.util
import os
from pathlib import Path

import pytest
import torch

from gan_lessons import data, models, runtime, training
from gan_lessons.errors import LessonError

ROOT = Path(__file__).resolve().parents[1]
SOAK = os.environ.get("GAN_LESSONS_SOAK") == "1"
SEEDS = (0, 1, 2) if SOAK else (0,)
STEPS, LATENT = 5_000, 64  # the lesson budget of lesson 06
DCGAN_STEPS = 2_000  # and of lesson 07


@pytest.fixture(scope="module")
def digits():
    try:
        return data.mnist()
    except LessonError as error:
        pytest.skip(f"MNIST is not at hand: {error.args[0]}")


@pytest.fixture(scope="module")
def judge(digits):
    """Return an own classifier of MNIST, at least 98 % right on digits it has not seen."""
    return classifier(digits)


def classifier(digits):
    """Return a network trained on all but the last 5,000 of a set, which it must know."""
    spec = importlib.util.spec_from_file_location("read_mnist", ROOT / "data" / "read_mnist.py")
    reading = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(reading)
    runtime.seed_everything(0)
    reader = reading.train(digits.x[:-5_000], digits.y[:-5_000], epochs=1)
    reader.eval()
    with torch.no_grad():
        assert reading.accuracy(reader, digits.x[-5_000:], digits.y[-5_000:]) >= 0.98
    return reader


def generator(digits, seed: int, *, steps: int = STEPS) -> torch.nn.Module:
    """Train as lesson 06 does and return the averaged generator."""
    runtime.seed_everything(seed)
    x = data.to_model_range(digits.x[:-2_000])
    G, D = models.image_generator(latent_dim=LATENT), models.image_discriminator()
    average = copy.deepcopy(G)
    opt_g, opt_d = (
        torch.optim.Adam(net.parameters(), lr=1e-3, betas=(0.5, 0.99), fused=True) for net in (G, D)
    )
    batches = data.batches(x, 64, rng=runtime.generator(seed))
    schedulers = tuple(training.falling_lr(opt, steps) for opt in (opt_g, opt_d))
    more = {"average": average, "decay": 0.998, "schedulers": schedulers}
    for _ in training.train(G, D, opt_g, opt_d, batches, steps=steps, latent_dim=LATENT, **more):
        pass
    return average.eval()


@torch.no_grad()
def shares(judge, G, *, z: torch.Tensor) -> torch.Tensor:
    """Return the share of each class among the samples, (10,)."""
    images = (G(z) + 1) / 2  # the judge learned on 0 … 1
    return judge(images).argmax(dim=1).bincount(minlength=10) / len(z)


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_lesson_06_finds_all_ten_classes_of_mnist(digits, judge, seed):
    """Each class gets 3 % or more of 2,000 samples; a generator fed with a constant z does not."""
    average = generator(digits, seed)
    z = torch.randn(2_000, LATENT, generator=runtime.generator(seed))
    found = shares(judge, average, z=z)
    assert found.min() >= 0.03, found
    assert shares(judge, average, z=torch.zeros_like(z)).min() < 0.03


@pytest.mark.slow
def test_the_bound_notices_a_run_that_was_too_short(digits, judge):
    z = torch.randn(2_000, LATENT, generator=runtime.generator(0))
    assert shares(judge, generator(digits, 0, steps=60), z=z).min() < 0.03


# -- lesson 07 -------------------------------------------------------------------------------


def dcgan(digits, seed: int, *, steps: int = DCGAN_STEPS) -> torch.nn.Module:
    """Train as lesson 07 does and return the averaged generator."""
    runtime.seed_everything(seed)
    x = data.to_model_range(digits.x[:-2_000])
    G = models.dcgan_generator(latent_dim=LATENT, width=32)
    D = models.dcgan_discriminator(width=32)
    for net in (G, D):
        net.apply(models.dcgan_init).to(memory_format=torch.channels_last)
    average = copy.deepcopy(G)
    opt_g, opt_d = (
        torch.optim.Adam(net.parameters(), lr=1e-3, betas=(0.5, 0.99), fused=True) for net in (G, D)
    )
    batches = data.batches(x, 64, rng=runtime.generator(seed))
    schedulers = tuple(training.falling_lr(opt, steps) for opt in (opt_g, opt_d))
    more = {"average": average, "decay": 0.998, "schedulers": schedulers}
    for _ in training.train(G, D, opt_g, opt_d, batches, steps=steps, latent_dim=LATENT, **more):
        pass
    return average.eval()


@torch.no_grad()
def read_surely(judge, images: torch.Tensor) -> float:
    """Return the share of images in 0 … 1 that the judge gives one class more than 0.9."""
    sure = torch.cat([judge(part).softmax(1).amax(1) for part in images.split(1_000)])
    return float((sure > 0.9).float().mean())


def holds(digits, judge, seed: int) -> None:
    """Each class gets 3 % or more of 5,000 samples; many, not all, are read surely.

    Seeds 0, 1, 2 in November 2026, with another judge: 4 to 6 % and .61 to .64 on MNIST, whose test
    digits had .97; 5 % and .78 on strokes.
    """
    average = dcgan(digits, seed)
    z = torch.randn(5_000, LATENT, generator=runtime.generator(seed))
    found = shares(judge, average, z=z)
    assert found.min() >= 0.03, found
    with torch.no_grad():
        fake = read_surely(judge, (average(z) + 1) / 2)
    real = read_surely(judge, digits.x[-5_000:].float() / 255)
    assert 0.4 <= fake < real, (fake, real)
    assert shares(judge, average, z=torch.zeros_like(z)).min() < 0.03


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_lesson_07_finds_all_ten_classes_of_mnist(digits, judge, seed):
    holds(digits, judge, seed)


@pytest.mark.slow
@pytest.mark.skipif(not SOAK, reason="the executed lesson asserts it for one seed")
@pytest.mark.parametrize("seed", SEEDS)
def test_lesson_07_finds_all_ten_classes_of_strokes(seed):
    drawn = data.strokes()
    holds(drawn, classifier(drawn), seed)


@pytest.mark.slow
def test_the_bound_of_lesson_07_notices_a_run_that_was_too_short(digits, judge):
    z = torch.randn(2_000, LATENT, generator=runtime.generator(0))
    assert shares(judge, dcgan(digits, 0, steps=60), z=z).min() < 0.03
