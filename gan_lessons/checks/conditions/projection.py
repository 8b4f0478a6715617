"""The projection: an exercise of lesson 14, Ask for what you want."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from gan_lessons.checks.exercise import Wrong
from gan_lessons.checks.grader import Case, Slip, Table, Value, case
from gan_lessons.checks.seen import text_of

RIGHT = """
def projection(h, row, V, psi):
    wanted = V(row)
    fits = (wanted * h).sum(1)
    real = psi(h).squeeze(1)
    return real + fits / h.shape[1] ** 0.5
"""
FITS = "(wanted * h).sum(1)"
REAL = "psi(h).squeeze(1)"
END = "real + fits / h.shape[1] ** 0.5"
MIXED = (
    "every image is compared with the orders of all: one inner product for each image and "
    "*its own* order, (wanted * h).sum(1)."
)
OTHERS = "an image is compared with the order of another one: row i belongs to h[i]."

SLIPS = (
    Slip(
        REAL,
        "psi(h)",
        "psi(h) is (B, 1), and (B, 1) + (B,) is broadcast to (B, B): every image with every order. "
        "Take psi's column out first, .squeeze(1).",
    ),
    Slip(
        FITS,
        "(F.normalize(wanted, dim=1) * h).sum(1)",
        "V(row) is brought to length 1: leave it as it is, V learns how much an order counts.",
    ),
    Slip(FITS, "h @ wanted.T", MIXED),
    Slip(
        "    real = psi(h).squeeze(1)\n    return real + fits / h.shape[1] ** 0.5",
        "    return psi(h) + h @ wanted.T / h.shape[1] ** 0.5",
        MIXED,
    ),
    Slip(FITS, "(h @ wanted.T).sum(1)", MIXED),
    Slip(FITS, "(h @ wanted.T).mean(1)", MIXED),
    Slip(
        FITS,
        "(wanted * h).sum(1).mean()",
        "all images get the mean fit of the batch: each has its own.",
    ),
    Slip(
        FITS,
        "(wanted * h).sum()",
        "the fits of the whole batch are added up: sum over the features only, dimension 1.",
    ),
    Slip(
        FITS,
        "(wanted * h).sum(0)",
        "the sum runs over the batch, dimension 0: an inner product adds up *features*, "
        "dimension 1.",
    ),
    Slip(
        FITS,
        "(wanted.mean(0) * h).sum(1)",
        "all images are compared with the mean order of the batch: each with its own.",
    ),
    Slip(
        FITS,
        "(wanted * h.mean(0)).sum(1)",
        "the mean image of the batch is compared with every order: each image with its own.",
    ),
    Slip(
        FITS,
        "(wanted * h).mean(1)",
        "the mean over the features divides by d before √d does: sum them.",
    ),
    Slip("V(row)", "V(row.roll(1, 0))", OTHERS),
    Slip("V(row)", "V(row.flip(0))", OTHERS),
    Slip("V(row)", "V(row[:1]).expand_as(h)", "every image is compared with the first order."),
    Slip("V(row)", "V(row).detach()", "V cannot learn: its gradient is cut off by the detach."),
    Slip(
        FITS,
        "(wanted * h).sum(1).detach()",
        "the fit teaches nobody: its gradient is cut off, to V and to the features.",
    ),
    Slip(
        FITS,
        "(wanted * h.detach()).sum(1)",
        "the body cannot learn from the fit: h has lost its gradient there, and h is where the "
        "image comes in. No detach.",
    ),
    Slip(
        REAL,
        "psi(h.detach()).squeeze(1)",
        "the body cannot learn from psi: h has lost its gradient there, so what makes an image "
        "real would be seen by psi alone. No detach.",
    ),
    Slip(
        REAL,
        "psi(h).squeeze(1).detach()",
        "psi cannot learn: its gradient is cut off by the detach, or a no_grad.",
    ),
    Slip(
        FITS,
        "(h.T @ wanted).sum(1)",
        "features meet features, over the whole batch: h.T @ wanted is (d, d). An inner product of "
        "each row with its own: (wanted * h).sum(1).",
    ),
    Slip(
        "V(row)",
        "V(row.softmax(1))",
        "a softmax on the order: a row is handed to V as it is.",
    ),
    Slip(
        "V(row)",
        "V(row).softmax(1)",
        "a softmax on the direction: its numbers may be negative and of any size.",
    ),
    Slip(
        FITS,
        "F.cosine_similarity(wanted, h, dim=1) * h.shape[1] ** 0.5",
        "the lengths are divided out: that is a cosine, between −1 and 1. An inner product may be "
        "as large as it likes, and so may a logit.",
    ),
    Slip(
        FITS,
        "-(wanted - h).square().sum(1)",
        "that is a squared distance: an inner product multiplies, feature by feature, and adds up.",
    ),
    Slip(
        FITS, "(wanted + h).sum(1)", "an inner product multiplies, feature by feature: wanted * h."
    ),
    Slip(REAL, "psi(wanted).squeeze(1)", "psi looks at the order, not at the image: psi(h)."),
    Slip(
        REAL,
        "psi(h + wanted).squeeze(1)",
        "psi sees the order, too: how real an image is does not depend on what was asked.",
    ),
    Slip(REAL, "psi(h).mean()", "all images get the mean realness of the batch: each its own."),
    Slip(END, "fits / h.shape[1] ** 0.5", "psi is missing: an image must also look real."),
    Slip(END, "real", "the order is missing: this D is not told anything."),
    Slip(
        END,
        "psi(h + wanted).squeeze(1)",
        "the order is added to the features. psi is linear, so that makes two numbers, one of the "
        "image and one of the order, and neither says whether the two fit. Multiply.",
    ),
    Slip(
        END,
        "psi(h * wanted).squeeze(1)",
        "psi sees the products of features and order, and no image by itself: psi(h), and the "
        "products are added up, unweighted.",
    ),
    Slip(
        END,
        "psi(h / h.shape[1] ** 0.5).squeeze(1) + fits",
        "√d divides what psi sees, and the fit is as loud as ever: divide the inner product.",
    ),
    Slip(
        END,
        "real + fits * h.shape[1] ** 0.5",
        "the fit is multiplied by √d: divided by it, it starts as quiet as psi.",
    ),
    Slip(
        END,
        "real + fits / 128 ** 0.5",
        "128 is the lesson's own number of features: take what h has, h.shape[1].",
    ),
    Slip(
        END,
        "real + fits",
        "√d is missing: with 128 features the fit would start eleven times as loud.",
    ),
    Slip(END, "real + fits / h.shape[1]", "the fit is divided by d, not by its root."),
    Slip(
        END,
        "(real + fits) / h.shape[1] ** 0.5",
        "psi is divided by √d, too: only the inner product is.",
    ),
    Slip(
        END,
        "real + fits / len(h) ** 0.5",
        "the root is of the batch size: d is the number of features, h.shape[1].",
    ),
    Slip(END, "real + fits / row.shape[1] ** 0.5", "the root is of the order's length: d is h's."),
    Slip(END, "real - fits / h.shape[1] ** 0.5", "the fit is taken off: what fits is more real."),
    Slip(
        END,
        "real * fits / h.shape[1] ** 0.5",
        "the two are multiplied: logits of independent questions add up.",
    ),
    Slip(
        END,
        "(real + fits / h.shape[1] ** 0.5).sigmoid()",
        "a probability comes back: return the logit, the losses want it.",
    ),
    Slip(
        END,
        "F.softplus(real + fits / h.shape[1] ** 0.5)",
        "a loss comes back: return the logit.",
    ),
)


class _Linear(nn.Module):
    """A linear layer of known weights: nn.Linear would draw some first."""

    def __init__(self, weight: Tensor):
        super().__init__()
        self.weight = nn.Parameter(weight)
        self.__name__ = f"a layer with the weights {text_of(weight)}"

    def forward(self, x: Tensor) -> Tensor:
        return F.linear(x, self.weight)


def cases(seed: int) -> Sequence[Case]:
    """Return features, orders and the weights of V and psi; no two sizes alike but in one case."""
    rng = torch.Generator().manual_seed(seed)

    def normal(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=rng)

    def drawn(batch: int, d: int, k: int) -> tuple:
        return normal(batch, d), normal(batch, k), _Linear(normal(d, k)), _Linear(normal(1, d))

    one = torch.tensor([[1.0, 2.0, 0.0, 1.0]]), torch.tensor([[1.0, -1.0]])
    V = _Linear(torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0], [2.0, 0.0]]))
    psi = _Linear(torch.tensor([[1.0, 1.0, 1.0, 1.0]]))
    return (
        case("one image with four features", *one, V, psi),
        case("two images", *drawn(2, 3, 2)),
        case("five images", *drawn(5, 4, 3)),
        case("as many images as features", *drawn(4, 4, 2)),
        case("nine images with sixteen features", *drawn(9, 16, 12)),
    )


def _signs(parts: tuple[Callable, ...], cases: Sequence[Case]) -> None:
    """Say whether an image's logit depends on others of its batch."""
    (answer,) = parts
    h, row, V, psi = cases[2].args
    with torch.no_grad():
        together = answer(h, row, V, psi)
        alone = answer(h[:1], row[:1], V, psi)
    if (
        together.shape == (len(h),)
        and alone.shape == (1,)
        and not torch.allclose(together[:1], alone, rtol=1e-3, atol=1e-5)
    ):
        raise Wrong(
            "an image's logit depends on who else is in the batch: alone it gets "
            f"{float(alone[0]):.3g}, with four others {float(together[0]):.3g}. Only its own "
            "features and its own order may count."
        )


projection = Value(
    title="Projection",
    proves="one logit for each image: how real it is, and how well it fits its own order.",
    hints=(
        "V(row) has the shape of h, (B, d). What adds up to an inner product of each of its rows "
        "with the same row of h?",
        "psi(h) is (B, 1) and the fits are (B,): take the one column out before you add, or "
        "PyTorch makes (B, B) of them.",
        "return psi(h).squeeze(1) + (V(row) * h).sum(1) / h.shape[1] ** 0.5",
    ),
    asks="Check ``projection(h, row, V, psi)``: logits (B,), and what all parts learn from them.",
    table=Table(RIGHT, SLIPS),
    cases=cases,
    slopes=(
        0,
        ("V's weights", lambda h, row, V, psi: V.weight),
        ("psi's weights", lambda h, row, V, psi: psi.weight),
    ),
    signs=_signs,
    refused={
        "must match the size of tensor": "V(row) and h are (B, d) both, and their product is "
        "summed over the features, dimension 1, to (B,): a number for each image.",
        "mat1 and mat2 shapes cannot be multiplied": "V takes the order's row, (B, k), and psi the "
        "features, (B, d).",
    },
)
