"""How good are samples? Floor 3 of the house.

Where the truth is known (lesson 04): :func:`high_quality_share`, :func:`modes_covered`,
:func:`energy_distance`. For images (lesson 09) every metric takes *features*, (N, d) tensors that
a :class:`Judge` makes, and returns floats; :func:`interval` says how far to trust them (both are
handed on from ``judge`` and ``intervals``).
"""

import math

import torch
from torch import Tensor

from gan_lessons.errors import SettingError
from gan_lessons.intervals import STUDENT, Interval, interval, over_seeds
from gan_lessons.judge import Judge, train_judge

__all__ = [
    "HIGH_QUALITY_CEILING",
    "STUDENT",
    "Interval",
    "Judge",
    "birthday",
    "checked",
    "classifier_test",
    "density_coverage",
    "energy_distance",
    "frechet_distance",
    "frechet_gaussians",
    "high_quality_hits",
    "high_quality_share",
    "inception_score",
    "interval",
    "kid",
    "memorization_ratio",
    "modes_covered",
    "nearest",
    "over_seeds",
    "precision_recall",
    "radii",
    "train_judge",
]

HIGH_QUALITY_CEILING = 1 - math.exp(-4.5)  # P(|Gaussian in the plane| <= 3 sigma)


# -- where the truth is known: lesson 04 -------------------------------------------------------


def high_quality_hits(samples: Tensor, centers: Tensor, sigma: float) -> Tensor:
    """Count, for each mode, the samples that are nearest to it and within 3 sigma of it.

    Args:
        samples: (N, 2) points; centers: (K, 2) of the modes; sigma: each mode's deviation.

    Returns:
        (K,) whole numbers. Source: Srivastava et al. 2017, VEEGAN. Lesson 04.
    """
    distance, nearest = torch.cdist(samples, centers).min(dim=1)  # (N,)
    return nearest[distance <= 3 * sigma].bincount(minlength=len(centers))


def high_quality_share(samples: Tensor, centers: Tensor, sigma: float) -> float:
    """Return the share of samples within 3 sigma of a mode, 0 … 1. Lesson 04."""
    return float(high_quality_hits(samples, centers, sigma).sum() / len(samples))


def modes_covered(samples: Tensor, centers: Tensor, sigma: float, *, share: float = 0.2) -> int:
    """Return how many modes have at least ``share`` of the samples they should have.

    A fair share is N / K; only high-quality samples count. ``share=0.2`` is the strict count, the
    default of this course; the papers ask for a single sample (``share=0``).
    Source: Lin et al. 2018, PacGAN, for the count of one. Lesson 04.
    """
    hits = high_quality_hits(samples, centers, sigma)
    needed = max(1, share * len(samples) / len(centers))
    return int((hits >= needed).sum())


def energy_distance(real: Tensor, fake: Tensor) -> float:
    """Return how far two samples are apart: 2·E|x − y| − E|x − x'| − E|y − y'|, at least 0.

    Zero only for equal distributions; needs no modes, so it reads any cloud. The estimate leaves
    out each point's distance to itself (unbiased), so for equal distributions it scatters around 0
    and may be slightly negative.

    Args:
        real: (N, d) points; fake: (M, d) points, N and M at least 2.

    Source: Székely and Rizzo 2013, Energy statistics, equation 2.1. Lesson 04.
    """
    n, m = len(real), len(fake)
    between = torch.cdist(real, fake).mean()
    within_real = torch.cdist(real, real).sum() / (n * (n - 1))
    within_fake = torch.cdist(fake, fake).sum() / (m * (m - 1))
    return float(2 * between - within_real - within_fake)


# -- what every metric of images asks of its samples: lesson 09 --------------------------------


def checked(*samples: Tensor, least: int = 2) -> list[Tensor]:
    """Return sets of features as float64 (N, d) on the CPU. Lesson 09.

    Args:
        samples: (N, d) features each, N may differ. least: how many samples each set must have.

    Raises:
        SettingError: images instead of features, sets of different d, too few samples, or NaN.
    """
    kept = "Nothing was computed; your samples are as they were."
    shapes = " and ".join(str(tuple(x.shape)) for x in samples)
    if any(x.ndim != 2 for x in samples) or len({x.shape[1] for x in samples}) > 1:
        todo = "Hand over judge.features(images) for every set, or images.flatten(1)."
        raise SettingError(f"Metrics compare (N, d) features of one d, not {shapes}.", kept, todo)
    if min(len(x) for x in samples) < least:
        todo = f"Draw at least {least}; a few hundred make a number worth reading."
        raise SettingError(f"{shapes}: too few samples for this metric.", kept, todo)
    if not all(x.isfinite().all() for x in samples):
        todo = "Look at the images first: a generator that diverged makes NaN."
        raise SettingError("The features hold NaN or infinity.", kept, todo)
    return [x.detach().to("cpu", torch.float64) for x in samples]


# -- averages: of classes, of features, of their products: lesson 09 ---------------------------


def inception_score(probabilities: Tensor) -> float:
    """Return exp(H(mean p) - mean H(p)): sure of each image, and of many classes over all.

    Args:
        probabilities: (N, K) of each class, from :meth:`Judge.probabilities`.

    Returns:
        1 … K, more is better. It never looks at a real image. With a judge of one's own it cannot
        be compared with numbers made by Inception.

    Source: Salimans et al. 2016, Improved Techniques for Training GANs, section 4. Lesson 09.
    """
    (p,) = checked(probabilities, least=1)
    together = torch.special.entr(p.mean(0)).sum()
    alone = torch.special.entr(p).sum(1).mean()
    return float((together - alone).exp())


def frechet_gaussians(mean_a: Tensor, cov_a: Tensor, mean_b: Tensor, cov_b: Tensor) -> float:
    """Return the squared Fréchet distance of two Gaussians; hand over float64.

    ‖μa - μb‖² + tr(A) + tr(B) - 2 tr((A·B)^½). The trace of that root is the sum of the roots of
    the eigenvalues of A·B, which are real and at least 0: no matrix root is needed.

    Args:
        mean_a, mean_b: (d,). cov_a, cov_b: (d, d) covariances A and B.

    Source: Dowson and Landau 1982, The Fréchet distance between multivariate normal distributions,
    equation 4. Lesson 09.
    """
    roots = torch.linalg.eigvals(cov_a @ cov_b).real.clamp(min=0).sqrt()
    apart = (mean_a - mean_b).square().sum()
    return float(apart + cov_a.trace() + cov_b.trace() - 2 * roots.sum())


def frechet_distance(real: Tensor, fake: Tensor) -> float:
    """Return the Fréchet distance of features, as FID takes it of Inception's; less is better.

    Too large by an amount that shrinks like 1 / N, so compare at equal N only.

    Args:
        real: (N, d), fake: (M, d) features, N and M several times d.

    Raises:
        SettingError: not features, fewer than 2, or NaN.

    Source: Heusel et al. 2017, GANs Trained by a Two Time-Scale Update Rule, equation 6. Lesson 09.
    """
    real, fake = checked(real, fake)
    return frechet_gaussians(
        real.mean(0),
        torch.atleast_2d(real.T.cov()),  # of one feature it is a number
        fake.mean(0),
        torch.atleast_2d(fake.T.cov()),
    )


def kid(real: Tensor, fake: Tensor) -> float:
    """Return the kernel distance of features: E k(x, x') + E k(y, y') - 2 E k(x, y).

    k(a, b) = (a·b / d + 1)³, and no sample is paired with itself, so the estimate is right on
    average at every N: for equal distributions it scatters around 0 and may be negative.

    Args:
        real: (N, d), fake: (M, d) features.

    Raises:
        SettingError: not features, fewer than 2, or NaN.

    Source: Bińkowski et al. 2018, Demystifying MMD GANs, section 4; Gretton et al. 2012,
    A Kernel Two-Sample Test, equation 3. Lesson 09.
    """
    real, fake = checked(real, fake)

    def kernel(a: Tensor, b: Tensor) -> Tensor:
        return (a @ b.T / a.shape[1] + 1) ** 3

    def within(x: Tensor) -> Tensor:
        pairs = kernel(x, x)
        n = len(x)
        return (pairs.sum() - pairs.trace()) / (n * (n - 1))

    between = kernel(real, fake).mean()
    return float(within(real) + within(fake) - 2 * between)


# -- nearest neighbors in the space of features: lesson 09 -------------------------------------


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
    in_real_ball = pairs <= radii(real, k)[:, None]
    in_fake_ball = pairs <= radii(fake, k)
    precision = in_real_ball.any(dim=0).double().mean()
    recall = in_fake_ball.any(dim=1).double().mean()
    return float(precision), float(recall)


def density_coverage(real: Tensor, fake: Tensor, *, k: int = 5) -> tuple[float, float]:
    """Return how many real balls hold a fake, over k, on average; and the share that hold any.

    Both use balls around *real* samples only, so that a few far fakes cannot make large ones.
    Density is about 1 for equal distributions and may be more; coverage is 0 … 1.

    Args:
        real: (N, d), fake: (M, d) features, more than k of each.

    Source: Naeem et al. 2020, Reliable Fidelity and Diversity Metrics for Generative Models,
    equations 3 and 4, with their k = 5. Lesson 09.
    """
    real, fake = checked(real, fake, least=k + 1)
    inside = torch.cdist(real, fake) <= radii(real, k)[:, None]  # (N, M)
    density = inside.double().sum() / (k * len(fake))
    coverage = inside.any(dim=1).double().mean()
    return float(density), float(coverage)


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
    real = real[torch.randperm(len(real), generator=rng)]
    fake = fake[torch.randperm(len(fake), generator=rng)]
    known = torch.cat([real[:half], fake[:half]])
    asked = torch.cat([real[-half:], fake[-half:]])
    k = round(math.sqrt(2 * half)) // 2 * 2 + 1  # odd: no ties
    distances = torch.cdist(asked, known)  # (2 half, 2 half)
    neighbors = distances.topk(k, largest=False).indices
    votes = (neighbors < half).double().mean(dim=1)  # for real
    says_real = votes > 0.5
    is_real = torch.arange(2 * half) < half
    right = says_real == is_real
    accuracy = float(right.double().mean())
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
    different = pairs / twins if twins else math.inf
    return twins, different


def memorization_ratio(fake: Tensor, train: Tensor, held_out: Tensor) -> float:
    """Return how near fakes come to the training set, over how near held-out reals come to it.

    Medians of the distance to the nearest training sample. About 1 for new samples, 0 for copies;
    less than 1 also where fakes are blurred or all typical, so look at the pairs as well.

    Args:
        fake: (N, d), train: (M, d), held_out: (L, d) features; train is what the GAN saw.

    Lesson 06 in pixels, lesson 09 in features.
    """
    fake, train, held_out = checked(fake, train, held_out, least=1)
    fakes = nearest(fake, train).median()
    honest = nearest(held_out, train).median()
    return float(fakes / honest)


def gray_share(images: Tensor) -> float:
    """Return the share of all pixels that are not paper in which ink and paper are mixed: blur.

    Paper is below 0.15 of full ink, ink above 0.85. Strokes with clean edges have some gray, too:
    compare with real ones, which are half gray at 28 x 28.

    Args:
        images: (N, 1, H, W), uint8.

    Lesson 19.
    """
    ink = images.double() / 255
    touched = ink > 0.15
    return float((touched & (ink < 0.85)).sum() / touched.sum())
