"""Metrics that compare averages: of classes, of features, of their products. Lesson 09."""

import torch
from torch import Tensor

from gan_lessons.metrics.samples import checked


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
    given = [(x.mean(0), x.T.cov()) for x in checked(real, fake)]
    return frechet_gaussians(*given[0], *given[1])


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
        return (pairs.sum() - pairs.trace()) / (len(x) * (len(x) - 1))

    return float(within(real) + within(fake) - 2 * kernel(real, fake).mean())
