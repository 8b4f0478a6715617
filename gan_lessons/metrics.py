"""Metrics that look at each sample's nearest neighbors in the space of features. Lesson 09."""

import math

import torch
from torch import Tensor

from gan_lessons.metrics.samples import checked


def radii(x: Tensor, k: int) -> Tensor:
    """Return the distance from each sample to its k-th nearest neighbor, (N,). Lesson 09."""
    return torch.cdist(x, x).kthvalue(k + 1).values


def nearest(a: Tensor, b: Tensor) -> Tensor:
    """Return how far each sample of ``a`` is from the nearest of ``b``, (N,). Lesson 09."""
    parts = a.split(500)
    return torch.cat([torch.cdist(part, b).amin(dim=1) for part in parts])


def precision_recall(real: Tensor, fake: Tensor, *, k: int = 3) -> tuple[float, float]:
    """Return the share of fakes that lie among the reals, and of reals that lie among the fakes.

    Among them: inside the ball that reaches from one of them to its k-th nearest neighbor.

    Args:
        real: (N, d), fake: (M, d) features, more than k of each, best N = M.

    Source: Kynkäänniemi et al. 2019, Improved Precision and Recall Metric for Assessing Generative
    Models, equation 2, with their k = 3. Lesson 09.
    """
    real, fake = checked(real, fake, least=k + 1)
    pairs = torch.cdist(real, fake)  # (N, M)
    precision = (pairs <= radii(real, k)[:, None]).any(dim=0).double().mean()
    recall = (pairs <= radii(fake, k)).any(dim=1).double().mean()
    return float(precision), float(recall)


def density_coverage(real: Tensor, fake: Tensor, *, k: int = 5) -> tuple[float, float]:
    """Return how many real balls hold a fake, over k, on average; and the share that hold any.

    Both use balls around *real* samples only, so that a few far fakes cannot make large ones.
    Density is about 1 for equal distributions and may be more; coverage is 0 … 1.

    Args:
        real: (N, d), fake: (M, d) features, more than k reals.

    Source: Naeem et al. 2020, Reliable Fidelity and Diversity Metrics for Generative Models,
    equations 3 and 4, with their k = 5. Lesson 09.
    """
    real, fake = checked(real, fake, least=k + 1)
    inside = torch.cdist(real, fake) <= radii(real, k)[:, None]  # (N, M)
    density = inside.double().sum() / (k * len(fake))
    return float(density), float(inside.any(dim=1).double().mean())


def classifier_test(real: Tensor, fake: Tensor, *, rng: torch.Generator) -> tuple[float, float]:
    """Let a classifier tell fakes from reals: its accuracy on samples it never saw, and a p-value.

    Half of the samples are known to it; each of the others goes with the majority of its nearest
    known ones. The accuracy is about ½ where there is no difference to be seen. p: how probable so
    high an accuracy is then.

    Args:
        real: (N, d), fake: (M, d) features; equally many of both are used. rng: draws the halves.

    Source: Lopez-Paz and Oquab 2017, Revisiting Classifier Two-Sample Tests, section 3. Lesson 09.
    """
    real, fake = checked(real, fake, least=4)
    half = min(len(real), len(fake)) // 2
    real, fake = (x[torch.randperm(len(x), generator=rng)] for x in (real, fake))
    known = torch.cat([real[:half], fake[:half]])
    asked = torch.cat([real[-half:], fake[-half:]])
    k = round(math.sqrt(2 * half)) // 2 * 2 + 1  # odd: no ties
    neighbors = torch.cdist(asked, known).topk(k, largest=False).indices
    says_real = (neighbors < half).double().mean(dim=1) > 0.5
    is_real = torch.arange(2 * half) < half
    accuracy = float((says_real == is_real).double().mean())
    p = math.erfc((accuracy - 0.5) * math.sqrt(4 * half)) / 2
    return accuracy, p


def birthday(samples: Tensor, *, twin: float) -> tuple[int, float]:
    """Count the pairs closer than ``twin``, and say how many different samples that speaks for.

    Of S equally likely samples, N draws hold N(N - 1) / 2S twins on average (23 people, 365 days:
    0.7). So S is about N(N - 1) / 2 over the twins; infinite if there are none.

    Args:
        samples: (N, d) features. twin: a distance, such as the smallest in as many real ones.

    Source: Arora, Risteski and Zhang 2018, Do GANs learn the distribution?, section 3. Lesson 09.
    """
    (samples,) = checked(samples)
    twins = int((torch.pdist(samples) < twin).sum())
    pairs = len(samples) * (len(samples) - 1) / 2
    return twins, pairs / twins if twins else math.inf


def memorization_ratio(fake: Tensor, train: Tensor, held_out: Tensor) -> float:
    """Return how near fakes come to the training set, over how near held-out reals come to it.

    Medians of the distance to the nearest training sample. About 1 for new samples, 0 for copies;
    less than 1 also where fakes are blurred or all typical, so look at the pairs as well.

    Args:
        fake: (N, d), train: (M, d), held_out: (L, d) features; train is what the GAN saw.

    Lesson 06 in pixels, lesson 09 in features.
    """
    fake, train, held_out = checked(fake, train, held_out, least=1)
    far = nearest(fake, train).median()
    return float(far / nearest(held_out, train).median())
