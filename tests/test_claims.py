"""What lesson 06 says of itself on real digits, measured by somebody else than its own reader.

The judge is a network of its own, trained here on MNIST's real training set. One seed is run each
time; GAN_LESSONS_SOAK=1 runs all three. Without MNIST at hand the tests are skipped and say why.
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
SEEDS = (0, 1, 2) if os.environ.get("GAN_LESSONS_SOAK") == "1" else (0,)
STEPS, LATENT = 5_000, 64  # the lesson budget of lesson 06


@pytest.fixture(scope="module")
def digits():
    try:
        return data.mnist()
    except LessonError as error:
        pytest.skip(f"MNIST is not at hand: {error.args[0]}")


@pytest.fixture(scope="module")
def judge(digits):
    """Return an own classifier of MNIST, at least 98 % right on digits it has not seen."""
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
