"""The VAE's bound as a loss: an exercise of lesson 19, Compare GAN, VAE and flow."""

from collections.abc import Sequence

import torch
from torch import Tensor

from gan_lessons.checks.grader import Case, Slip, Table, Value, case

RIGHT = """
def vae_loss(x, mean, log_var, eps, decoder):
    z = mean + (log_var / 2).exp() * eps
    off = F.binary_cross_entropy_with_logits(decoder(z), x, reduction="none")
    kl = 0.5 * (mean.square() + log_var.exp() - 1 - log_var)
    return (off.flatten(1).sum(1) + kl.sum(1)).mean()
"""

DRAW = "z = mean + (log_var / 2).exp() * eps"
OFF = 'off = F.binary_cross_entropy_with_logits(decoder(z), x, reduction="none")'
KL = "kl = 0.5 * (mean.square() + log_var.exp() - 1 - log_var)"
END = "return (off.flatten(1).sum(1) + kl.sum(1)).mean()"

SIGN = (
    "the sign of the KL is turned: training would pay for codes that are far from noise. A loss is "
    "what a picture costs plus what its code costs, and a KL is never below 0."
)
PIXELS = (
    "it takes a mean over the pixels. A picture's log-likelihood is the sum over its pixels; "
    "divided by their number, the KL weighs hundreds of times too much, and the code goes unused."
)
NO_SIGMA = (
    "σ has lost its gradient, so the picture cannot teach log_var how sure a code should be. Only "
    "eps is without one: leave out the detach, or the no_grad, around σ."
)
NO_PATH = (
    "z has lost its gradient, so the picture cannot teach the encoder. z = mean + sigma · eps lets "
    "it through: draw eps without a gradient, never z."
)
SIGMA = (
    "log_var is the logarithm of the variance: σ is (log_var / 2).exp(), for the root of an exp "
    "is the exp of a half."
)

SLIPS = (
    Slip(END, "return (off.flatten(1).sum(1) - kl.sum(1)).mean()", SIGN),
    Slip(
        END,
        "return -(off.flatten(1).sum(1) + kl.sum(1)).mean()",
        "the sign of all of it is turned: this is the bound, which should be large. A loss is to "
        "be made small, so it is minus the bound.",
    ),
    Slip(
        END,
        "return (kl.sum(1) - off.flatten(1).sum(1)).mean()",
        "the sign of the cross entropy is turned: it is what the picture costs already, so add it.",
    ),
    Slip(END, "return (off.flatten(1).mean(1) + kl.sum(1)).mean()", PIXELS),
    Slip(
        END,
        "return (off.flatten(1).mean(1) + kl.mean(1)).mean()",
        PIXELS + " (And sum over the code.)",
    ),
    Slip(
        END,
        "return (off.flatten(1).sum(1) + kl.mean(1)).mean()",
        "it takes a mean over the code's numbers. The KL of independent numbers is the sum of "
        "theirs.",
    ),
    Slip(
        END,
        "return (off.flatten(1).sum(1) + kl.sum(1)).sum()",
        "it adds up over the batch: twice the batch would cost twice. Sum within a picture and its "
        "code, then take the mean over the batch.",
    ),
    Slip(
        END,
        "return off.flatten(1).sum(1).mean() + kl.sum()",
        "the KL is added up over the batch too. Take the mean over the batch of both terms.",
    ),
    Slip(
        END,
        "return off.sum() + kl.sum(1).mean()",
        "the cross entropy is added up over the batch, and the KL is averaged: the larger the "
        "batch, the less the code costs. Take the mean over the batch of both terms.",
    ),
    Slip(
        END,
        "return off.flatten(1).sum(1).mean() + kl.sum(0).mean()",
        "the KL is added up over the batch and averaged over the code's numbers: exchange "
        "the two, .sum(1).mean().",
    ),
    Slip(
        END,
        "return (off.flatten(1).sum(1) + kl.sum(1))",
        "one number a picture comes back. A loss is one number: take the mean over the batch.",
    ),
    Slip(
        END,
        "return off.flatten(1).sum(1).mean()",
        "the KL is missing: this is an autoencoder. Nothing keeps its codes where noise will be, "
        "so nothing can be drawn.",
    ),
    Slip(
        END,
        "return kl.sum(1).mean()",
        "what the picture costs is missing: this loss is least where the code says nothing at all.",
    ),
    Slip(
        DRAW,
        "z = mean",
        "there is no noise in z: each picture keeps a code as exact as it likes, and eps goes "
        "unused. z is drawn: mean + σ · eps.",
    ),
    Slip(DRAW, "z = eps", "z is eps alone, so the decoder knows nothing of x. Scale and shift it."),
    Slip(
        DRAW,
        "z = (log_var / 2).exp() * eps",
        "the mean is missing from z: the code would say how sure it is and never where.",
    ),
    Slip(DRAW, "z = mean + log_var / 2 * eps", "log σ stands where σ should. " + SIGMA),
    Slip(DRAW, "z = (mean + (log_var / 2).exp() * eps).detach()", NO_PATH),
    Slip(DRAW, "z = mean + (log_var / 2).exp().detach() * eps", NO_SIGMA),
    Slip(
        DRAW,
        "z = mean.detach() + (log_var / 2).exp() * eps",
        "mean has lost its gradient in z, so the picture cannot teach it where the code should "
        "lie. Only eps is without one.",
    ),
    Slip(
        END,
        "return (off.detach().flatten(1).sum(1) + kl.sum(1)).mean()",
        "the cross entropy has lost its gradient: neither decoder nor encoder learns from the "
        "picture, and the code's cost alone teaches. No detach, no .item() there.",
    ),
    Slip(
        END,
        "return (off.flatten(1).sum(1) + kl.detach().sum(1)).mean()",
        "the KL has lost its gradient: it is counted, and nothing is done about it.",
    ),
    Slip(
        DRAW,
        "z = mean + (2 * log_var).exp() * eps",
        "log_var is doubled where it is to be halved. " + SIGMA,
    ),
    Slip(
        DRAW,
        "z = eps + (log_var / 2).exp() * mean",
        "mean and eps have changed places: σ scales the noise, eps.",
    ),
    Slip(
        DRAW,
        "z = mean + log_var.exp() * eps",
        "eps is multiplied by the variance. " + SIGMA,
    ),
    Slip(DRAW, "z = mean + log_var * eps", "log_var is multiplied as if it were σ. " + SIGMA),
    Slip(
        DRAW,
        "z = mean + log_var.exp().sqrt().sqrt() * eps",
        "eps is multiplied by the root of σ. " + SIGMA,
    ),
    Slip(
        DRAW,
        "z = mean - (log_var / 2).exp() * eps",
        "eps is subtracted. As a draw that is as good, but here eps is given: mean + σ · eps.",
    ),
    Slip(
        KL,
        "kl = 0.5 * (1 + log_var - mean.square() - log_var.exp())",
        SIGN,
    ),
    Slip(
        KL,
        "kl = 0.5 * (mean.square() + (2 * log_var).exp() - 1 - 2 * log_var)",
        "the KL takes log_var for log σ: its exp is the variance already.",
    ),
    Slip(
        KL,
        "kl = 0.5 * (mean.square() + log_var.square() - 1 - 2 * log_var.abs().log())",
        "the KL takes log_var for σ: its exp is the variance, and log_var is the logarithm.",
    ),
    Slip(
        KL,
        "kl = 0.5 * (mean.square() + log_var - 1 - log_var.log())",
        "the KL takes log_var for the variance: the variance is its exp.",
    ),
    Slip(
        KL,
        "kl = 0.5 * (mean.square() + (log_var / 2).exp() - 1 - log_var)",
        "σ stands in the KL where the variance belongs: log_var.exp(), without a half.",
    ),
    Slip(
        KL,
        "kl = 0.5 * (mean.square() + (log_var / 2).exp() - 1 - log_var / 2)",
        "the KL takes log σ, half of log_var, for the logarithm of the variance: log_var as it is.",
    ),
    Slip(
        KL,
        "kl = 0.5 * (z.square() - eps.square() - log_var)",
        "the KL is estimated by the one draw z. Right in the mean over many draws, and noisier for "
        "nothing: take it by the formula, from mean and log_var.",
    ),
    Slip(
        KL,
        "kl = 0.5 * (z.square() + log_var.exp() - 1 - log_var)",
        "the KL takes the draw z for the mean: the formula has μ, the code's own mean.",
    ),
    Slip(
        KL,
        "kl = 0.5 * (mean.abs() + log_var.exp() - 1 - log_var)",
        "the mean enters the KL by its absolute value: it is squared there.",
    ),
    Slip(
        KL,
        "kl = 0.5 * (mean.square() + log_var.exp() - 1 - log_var) / 784",
        "the KL is divided by 784: a sum over pixels stands beside a sum over the code, as they "
        "are.",
    ),
    Slip(
        KL,
        "kl = mean.square() + log_var.exp() - 1 - log_var",
        "the half before the KL is missing, so a code costs twice what it should.",
    ),
    Slip(
        KL,
        "kl = 0.5 * (log_var.exp() - 1 - log_var)",
        "the mean is missing from the KL: codes could lie anywhere, far from all noise.",
    ),
    Slip(
        KL,
        "kl = 0.5 * (mean + log_var.exp() - 1 - log_var)",
        "the mean is not squared in the KL.",
    ),
    Slip(
        KL,
        "kl = 0.5 * (mean.square() + log_var.exp() - log_var)",
        "the 1 is missing from the KL: for a code that is plain noise it should be 0.",
    ),
    Slip(
        KL,
        "kl = 0.5 * (mean.square() + log_var.exp() - 1 + log_var)",
        "log_var has the wrong sign in the KL: then it is least for σ = 0, not for σ = 1.",
    ),
    Slip(
        KL,
        "kl = 0.5 * ((1 + mean.square()) / log_var.exp() - 1 + log_var)",
        "this is the KL the other way round, from noise to the code. The code's distribution "
        "weighs: KL(q‖p).",
    ),
    Slip(
        OFF,
        "off = (decoder(z).sigmoid() - x).square()",
        "a squared error stands for the pixels. Here a pixel is ink with a probability, and its "
        "cost is the cross entropy.",
    ),
    Slip(
        OFF,
        "off = (decoder(z) - x).square()",
        "a squared error of *logits* stands for the pixels. The cost is their cross entropy.",
    ),
    Slip(
        OFF,
        "off = (decoder(z).sigmoid() - x).square() / 2",
        "a squared error stands for the pixels. Here a pixel is ink with a probability, and its "
        "cost is the cross entropy.",
    ),
    Slip(
        OFF,
        'off = F.binary_cross_entropy_with_logits(decoder(z).sigmoid(), x, reduction="none")',
        "a sigmoid too many: the function with _with_logits takes the decoder's logits as they "
        "are.",
    ),
    Slip(
        OFF,
        'off = F.binary_cross_entropy(decoder(z).clamp(0, 1), x, reduction="none")',
        "logits are taken for probabilities. Use F.binary_cross_entropy_with_logits.",
    ),
    Slip(
        OFF,
        'off = F.binary_cross_entropy_with_logits(decoder(z), (x + 1) / 2, reduction="none")',
        "x is moved from −1 … 1 to 0 … 1, and lies in 0 … 1 already: take it as it came.",
    ),
    Slip(
        OFF,
        'off = F.binary_cross_entropy_with_logits(decoder(z), (x > 0.5).to(x), reduction="none")',
        "x is rounded to ink or paper: gray counts as so much ink here, take x as it came.",
    ),
    Slip(
        OFF,
        "off = -x * F.logsigmoid(decoder(z))",
        "only the ink counts: the cross entropy of a pixel has a term for paper too, with 1 − x.",
    ),
    Slip(
        OFF,
        'off = F.binary_cross_entropy_with_logits(x, decoder(z), reduction="none")',
        "logits and x have changed places: the logits come first.",
    ),
)


class KnownDecoder:
    """A decoder known everywhere: from z (B, numbers) to logits (B, 1, height, width).

    It has weights, so that it shows whether it could learn.
    """

    __name__ = "a known decoder"

    def __init__(self, numbers: int, height: int, width: int, rng: torch.Generator):
        self.maps = torch.randn(numbers, height, width, generator=rng).double()

    def __call__(self, z: Tensor) -> Tensor:
        """Return logits that bend with z."""
        return 2 * torch.einsum("bn,nhw->bhw", z.double(), self.maps)[:, None].tanh() + 0.3


def cases(seed: int) -> Sequence[Case]:
    """Return pictures, their codes, noise and decoders, from one pixel on."""
    rng = torch.Generator().manual_seed(seed)

    def one(label: str, batch: int, numbers: int, height: int, width: int) -> Case:
        x = torch.rand(batch, 1, height, width, generator=rng).double()
        mean = torch.randn(batch, numbers, generator=rng).double()
        log_var = torch.randn(batch, numbers, generator=rng).double() - 0.5
        eps = torch.randn(batch, numbers, generator=rng).double()
        return case(label, x, mean, log_var, eps, KnownDecoder(numbers, height, width, rng))

    return (
        one("one picture of one pixel", 1, 1, 1, 1),
        one("one picture", 1, 2, 2, 3),
        one("a batch of three", 3, 2, 2, 2),
        one("a batch of five", 5, 4, 3, 3),
    )


bound = Value(
    title="The bound, as a loss",
    proves="z is drawn so that the encoder learns too; the cross entropy is summed over a "
    "picture, the KL over its code, and the mean is over the batch.",
    hints=(
        "Three lines: z from mean, σ and eps; what x costs under decoder(z); what the code costs. "
        "Over what do you sum, over what take a mean?",
        "σ = (log_var / 2).exp(). F.binary_cross_entropy_with_logits(…, reduction='none'), then "
        ".flatten(1).sum(1); losses.kl_to_noise(mean, log_var) is (B,) already.",
        "z = mean + (log_var / 2).exp() * eps; off = F.binary_cross_entropy_with_logits("
        "decoder(z), x, reduction='none').flatten(1).sum(1); "
        "return (off + losses.kl_to_noise(mean, log_var)).mean()",
    ),
    asks="Check ``vae_loss(x, mean, log_var, eps, decoder)``: minus the bound, mean of a batch.",
    table=Table(RIGHT, SLIPS),
    cases=cases,
    slopes=(1, 2, ("the decoder's weights", lambda *args: args[4].maps)),
    refused={
        "within the support (Boolean())": "x is gray, anything from 0 to 1, and torch's Bernoulli "
        "asks for 0 or 1 alone. Say Bernoulli(logits=…, validate_args=False), or take "
        "F.binary_cross_entropy_with_logits.",
        "all elements of input should be between 0 and 1": "F.binary_cross_entropy wants "
        "probabilities, and the decoder says logits: take F.binary_cross_entropy_with_logits.",
    },
)
