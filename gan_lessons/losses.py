"""What each player minimizes, written on logits. Floor 2 of the house.

Introduced in lesson 04, more of them in lessons 10, 14 and 15.

softplus(t) = log(1 + exp(t)), so with D = sigmoid(logit): -log D = softplus(-logit) and
-log(1 - D) = softplus(logit). No labels, no probabilities, finite at any logit.
"""

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor
from torch.nn import functional as F

Loss = Callable[[Tensor, Tensor], Tensor]


def cross_entropy_d(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """Return D's loss: -E log D(real) - E log(1 - D(fake)).

    Args:
        real_logits: (B,) what D says of real samples, any real number.
        fake_logits: (B,) what D says of generated samples.

    Returns:
        A scalar >= 0; 2·ln 2 = 1.386 when D says nothing (all logits 0).

    Source: Goodfellow et al. 2014, equation 1, with the sign turned. Lesson 04.
    """
    return F.softplus(-real_logits).mean() + F.softplus(fake_logits).mean()


def smoothed_d(real_logits: Tensor, fake_logits: Tensor, *, target: float = 0.9) -> Tensor:
    """Return D's loss with one-sided label smoothing: real samples are real with ``target`` only.

    Its best D says target · p/(p + q); the fake side keeps its label 0.
    Source: Salimans et al. 2016, Improved Techniques for Training GANs, section 3.4. Lesson 12.
    """
    unsure = target * F.softplus(-real_logits) + (1 - target) * F.softplus(real_logits)
    return unsure.mean() + F.softplus(fake_logits).mean()


def saturating_g(real_logits: Tensor | None, fake_logits: Tensor) -> Tensor:
    """Return G's side of the minimax game: E log(1 - D(fake)), to be minimized.

    Its slope vanishes where D is sure: -4.5e-5 at logit -10. ``real_logits`` is not used.
    Source: Goodfellow et al. 2014, equation 1. Lesson 02.
    """
    return -F.softplus(fake_logits).mean()


def non_saturating_g(real_logits: Tensor | None, fake_logits: Tensor) -> Tensor:
    """Return -E log D(fake): the same goal, with a slope of -1 where D is sure.

    ``real_logits`` is not used. Source: Goodfellow et al. 2014, section 3. Lesson 04.
    """
    return F.softplus(-fake_logits).mean()


def least_squares_d(on_real: Tensor, on_fake: Tensor) -> Tensor:
    """Return E(D(real) − 1)² + E D(fake)²: answers near 1 for real, near 0 for fake.

    No sigmoid: the targets are for D's raw outputs on real and on fake samples, (B,) each, which
    are no logits here. Its best D says p/(p + q).
    Source: Mao et al. 2017, Least Squares GAN, equation 2 with a = 0, b = 1, without the halves.
    Lesson 10.
    """
    return (on_real - 1).square().mean() + on_fake.square().mean()


def least_squares_g(on_real: Tensor | None, on_fake: Tensor) -> Tensor:
    """Return E(D(fake) − 1)². Source: Mao et al. 2017, equation 2 with c = 1. Lesson 10."""
    return (on_fake - 1).square().mean()


def hinge_d(on_real: Tensor, on_fake: Tensor) -> Tensor:
    """Return E max(0, 1 − D(real)) + E max(0, 1 + D(fake)): no slope once the margin is reached.

    Source: Lim and Ye 2017, Geometric GAN; Miyato et al. 2018, equation 16. Lesson 10.
    """
    return F.relu(1 - on_real).mean() + F.relu(1 + on_fake).mean()


def critic_d(on_real: Tensor, on_fake: Tensor) -> Tensor:
    """Return E D(fake) − E D(real), the critic of a Wasserstein GAN; it has no lower end.

    Only with D's slope kept in check does its negative say how far the samples are apart.
    Source: Arjovsky, Chintala and Bottou 2017, Wasserstein GAN, equation 3. Lesson 10, lesson 11.
    """
    return on_fake.mean() - on_real.mean()


def mean_g(on_real: Tensor | None, on_fake: Tensor) -> Tensor:
    """Return −E D(fake): G's side of the hinge and of the Wasserstein game. Lesson 10."""
    return -on_fake.mean()


def relativistic_d(on_real: Tensor, on_fake: Tensor) -> Tensor:
    """Return E softplus(D(fake) − D(real)), sample by sample: a real one against a fake one.

    Only differences count, so adding a constant to D changes nothing.
    Source: Jolicoeur-Martineau 2018, The Relativistic Discriminator, equation 5; the loss of R3GAN
    (Huang et al. 2024). Lesson 10.
    """
    return F.softplus(on_fake - on_real).mean()


def relativistic_g(on_real: Tensor, on_fake: Tensor) -> Tensor:
    """Return E softplus(D(real) − D(fake)): the pairs turned around. Lesson 10."""
    return F.softplus(on_real - on_fake).mean()


@dataclass(frozen=True)
class Game:
    """A pair of losses with one signature, and whether G's step must look at D(real). Lesson 10."""

    loss_d: Loss
    loss_g: Loss
    g_needs_real: bool = False


minimax = Game(cross_entropy_d, saturating_g)
non_saturating = Game(cross_entropy_d, non_saturating_g)
least_squares = Game(least_squares_d, least_squares_g)
hinge = Game(hinge_d, mean_g)
wasserstein = Game(critic_d, mean_g)
relativistic = Game(relativistic_d, relativistic_g, g_needs_real=True)


def marked(game: Game) -> Game:
    """Return a game in which both players also pay for what D's marker complains of. Lesson 14.

    D answers with two things (``models.AuxiliaryD``): logits (B,), which the game is played with,
    and complaints (B,), whose mean over real and over fake samples D pays, and G over its own.

    Source: Odena, Olah and Shlens 2017, Conditional Image Synthesis with Auxiliary Classifier GANs,
    section 3.
    """

    def loss_d(on_real: tuple[Tensor, Tensor], on_fake: tuple[Tensor, Tensor]) -> Tensor:
        complaints = on_real[1].mean() + on_fake[1].mean()
        return game.loss_d(on_real[0], on_fake[0]) + complaints

    def loss_g(on_real: tuple[Tensor, Tensor] | None, on_fake: tuple[Tensor, Tensor]) -> Tensor:
        real_logits = None if on_real is None else on_real[0]
        return game.loss_g(real_logits, on_fake[0]) + on_fake[1].mean()

    return Game(loss_d, loss_g, game.g_needs_real)


def repairing(game: Game, *, weight: float) -> Game:
    """Return a game in which G pays for its distance to the truth, and ``weight`` times for D.

    D answers with two things (``models.Compared``): logits, which D plays with as ever, and how far
    each answer is from its target, (B,), which is G's alone.

    Source: Pathak et al. 2016, Context Encoders, section 3.2; Isola et al. 2017, Image-to-Image
    Translation with Conditional Adversarial Networks, equation 4. Lesson 15.
    """

    def loss_d(on_real: tuple[Tensor, Tensor], on_fake: tuple[Tensor, Tensor]) -> Tensor:
        return game.loss_d(on_real[0], on_fake[0])

    def loss_g(on_real: tuple[Tensor, Tensor] | None, on_fake: tuple[Tensor, Tensor]) -> Tensor:
        real_logits = None if on_real is None else on_real[0]
        return on_fake[1].mean() + weight * game.loss_g(real_logits, on_fake[0])

    return Game(loss_d, loss_g, game.g_needs_real)


# -- what a code costs: lesson 19 ----------------------------------------------------------------


def kl_to_noise(mean: Tensor, log_var: Tensor) -> Tensor:
    """Return KL(N(mean, var) || N(0, I)) of each code, (B,): what a VAE pays for using it.

    In nats, summed over the code's numbers; 0 for a code that is plain noise.

    Args:
        mean, log_var: (B, numbers) of the encoder, log_var the logarithm of the variance.

    Source: Kingma and Welling 2013, Auto-Encoding Variational Bayes, appendix B. Lesson 19.
    """
    return 0.5 * (mean.square() + log_var.exp() - 1 - log_var).sum(-1)
