"""Find the nearest training image: an exercise of lesson 06, Generate images with an MLP."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from gan_lessons.checks.grader import Case, Slip, Table, Value, case

RIGHT = """
def nearest(fake, train):
    a, b = fake.flatten(1).float(), train.flatten(1).float()
    table = torch.linalg.vector_norm(a[:, None] - b[None], dim=2)
    distance, index = table.min(dim=1)
    return distance, index
"""
NORM = "torch.linalg.vector_norm(a[:, None] - b[None], dim=2)"

SLIPS = (
    Slip(
        "table.min(dim=1)",
        "table.max(dim=1)",
        "you return the training image that is *farthest* away: min, not max.",
    ),
    Slip(
        "table.min(dim=1)",
        "table.min(dim=0)",
        "the minimum is taken over the samples, so that each *training image* gets its nearest "
        "sample. Take it over the training images, dim=1 of an (N, M) table.",
    ),
    Slip(
        "return distance, index",
        "return index, distance",
        "the two results are exchanged: first the distances, then the indices.",
    ),
    Slip(NORM, NORM + ".square()", "the distances are squared: take the root."),
    Slip(
        NORM,
        "(a.mean(1)[:, None] - b.mean(1)).abs()",
        "you compare mean brightness; two images can share it and look nothing alike.",
    ),
    Slip(
        NORM,
        "(a[:, None] - b[None]).abs().sum(2)",
        "that is the sum of absolute differences (L1); the Euclidean distance is the root of the "
        "sum of squares.",
    ),
    Slip(
        NORM,
        "(a[:, None] - b[None]).abs().mean(2)",
        "that is the mean absolute difference; the Euclidean distance is the root of the sum of "
        "squares.",
    ),
    Slip(
        NORM,
        "(a[:, None] - b[None]).square().mean(2)",
        "that is the mean square of the differences (MSE): take their sum, and its root.",
    ),
    Slip(
        NORM,
        "(a[:, None] - b[None]).square().mean(2).sqrt()",
        "the mean of the squares stands under the root where their sum should: the distance comes "
        "out smaller by the root of the number of pixels, 28.",
    ),
    Slip(
        NORM,
        "(a[:, None] - b[None]).abs().amax(2)",
        "that is the largest difference of a single pixel; the Euclidean distance counts all of "
        "them.",
    ),
    Slip(
        NORM,
        "(a[:, None] - b[None]).sum(2).abs()",
        "differences of both signs cancel when they are added: square each one first.",
    ),
    Slip(
        NORM,
        "(a.norm(dim=1)[:, None] - b.norm(dim=1)).abs()",
        "you compare the lengths of the images, not the images: subtract first, then take the "
        "norm.",
    ),
    Slip(
        NORM,
        "1 - torch.cosine_similarity(a[:, None], b[None], dim=2)",
        "1 minus the cosine compares each image by its direction only; the Euclidean distance is "
        "the norm of the difference.",
    ),
    Slip(
        NORM,
        "torch.cdist(fake, train)",
        "torch.cdist takes the rows of each image for samples: make each image one row first, "
        "flatten(1).",
    ),
    Slip(NORM, "a @ b.T", "products of the images are no distances: subtract, then take the norm."),
    Slip(
        "table.min(dim=1)",
        "table.min(), table.argmin()",
        "one number comes back for all samples together: each of them has a nearest image of its "
        "own, .min(dim=1).",
    ),
    Slip(
        "table.min(dim=1)",
        "table.mean(dim=1), table.argmin(dim=1)",
        "the distance is the mean over all training images; the smallest is asked.",
    ),
    Slip(
        "table.min(dim=1)",
        "table.sort(dim=1).values[:, 1], table.sort(dim=1).indices[:, 1]",
        "you return the second nearest image. That is right where a set is compared with itself, "
        "and these samples are none of the training images.",
    ),
    Slip("return distance, index", "return distance, index + 1", "the numbers begin with 0."),
    Slip(
        "return distance, index",
        "return distance, b[index]",
        "the images themselves come back: return their numbers (N,).",
    ),
    Slip(
        "return distance, index",
        "return distance, train[index]",
        "the images themselves come back: return their numbers (N,).",
    ),
    Slip(
        "return distance, index",
        "return distance",
        "2 results should come back, the distances (N,) and the indices (N,).",
    ),
)


def cases(seed: int) -> Sequence[Case]:
    """Return images (N, 1, 28, 28): of one value each, then noisy copies of noise."""
    rng = torch.Generator().manual_seed(seed)

    def flat(*values: float) -> Tensor:
        return (
            torch.tensor(values, dtype=torch.float32)
            .reshape(-1, 1, 1, 1)
            .expand(-1, 1, 28, 28)
            .clone()
        )

    train = 2 * torch.rand(30, 1, 28, 28, generator=rng) - 1
    chosen = torch.randperm(29, generator=rng)[:5] + 1
    near = train[chosen] + 0.05 * torch.randn(5, 1, 28, 28, generator=rng)
    halves = flat(-1, -1, 0.4)
    halves[0, :, :14], halves[1, :, 14:] = 1, 1
    lit = halves[:1].clone()
    lit[0, 0, 0] = 0
    return (
        case("one image of 1s, beside one of -1s and one of 0s", flat(1), flat(-1, 0)),
        case("a bright image between a gray and a brighter one", flat(0.6), flat(0.1, 0.9, -1)),
        case("an image whose upper half is white, beside its own kind", lit, halves),
        case("two images, beside three", near[:2], train[chosen[:3]]),
        case("noisy copies of five of thirty images", near, train),
    )


def _remark(nearest: Callable) -> str | None:
    """Say what becomes of images as they come from files: the text leaves that open."""
    dark, light = (torch.full((1, 1, 28, 28), value, dtype=torch.uint8) for value in (0, 200))
    try:
        distance, _ = nearest(light, dark)
    except Exception:  # whatever stops it, it stops
        return "But for uint8 images it stops: convert to float first."
    gap = torch.as_tensor(distance).double().sum().item()
    if abs(gap - 5600) > 1:
        return (
            f"But for uint8 images, one of 0 and one of 200, you return {gap:.0f} where 5600 lie "
            "between them: uint8 overflows. Convert to float first."
        )
    return None


nearest = Value(
    title="Find the nearest training image",
    proves="each sample gets its closest training image and the true distance.",
    hints=(
        "torch.cdist compares all pairs at once, but wants (N, 784): flatten(1), and floats.",
        "distances.min(dim=1) gives the smallest distance in each row, and where it is.",
        "distance, index = torch.cdist(fake.flatten(1).float(), train.flatten(1).float())"
        ".min(dim=1); return distance, index.",
    ),
    asks="Check ``nearest(fake, train)``: (distances (N,), indices (N,)) to the closest images.",
    table=Table(RIGHT, SLIPS),
    cases=cases,
    remark=_remark,
    refused={
        "cdist only supports floating-point": "torch.cdist takes floats, and you hand it bytes: "
        "leave the images as they come, which are floats, or end with .float().",
        "must match the size": "the images are subtracted one by one, and there are not as many "
        "samples as training images: compare all pairs, fake[:, None] - train[None].",
        "Sizes of tensors must match": "samples and training images differ in number: compare all "
        "pairs, as torch.cdist does.",
    },
    share=3e-3,
    least=3e-3,  # cdist multiplies: near 0 it is rough
)
