"""An order beside the image: an exercise of lesson 14, Ask for what you want."""

from collections.abc import Sequence

import torch
from torch import Tensor

from gan_lessons.checks.grader import Case, Slip, Table, Value, case

RIGHT = """
def beside(x, row):
    maps = row[:, :, None, None].expand(-1, -1, *x.shape[2:])
    return torch.cat([x, maps], 1)
"""
MAPS = "row[:, :, None, None].expand(-1, -1, *x.shape[2:])"
BESIDE = "torch.cat([x, maps], 1)"
OTHERS = (
    "an image gets the order of another one of its batch: sample i must keep row i all the way."
)

SLIPS = (
    Slip(
        MAPS,
        "row.repeat(1, x.shape[2] * x.shape[3]).view(len(row), -1, *x.shape[2:])",
        "the maps are not constant: repeat writes the whole row again and again, and view cuts it "
        "anew, so numbers of all kinds lie in one map. Give the row two axes of length 1, then "
        "expand.",
    ),
    Slip(
        MAPS,
        "row.repeat(x.shape[2] * x.shape[3], 1).view(len(row), -1, *x.shape[2:])",
        "the maps are not constant: repeat writes the rows one below the other, and view cuts them "
        "anew. Give the row two axes of length 1, then expand.",
    ),
    Slip(
        MAPS,
        "torch.ones(len(x), row.shape[1], *x.shape[2:])",
        "the maps hold 1, whatever is ordered: each holds its own number of the row.",
    ),
    Slip(
        MAPS,
        "row.T.reshape(*row.shape, 1, 1).expand(-1, -1, *x.shape[2:])",
        "a transposed row cut anew mixes the batch: no sample keeps its own numbers. Index with "
        "[:, :, None, None].",
    ),
    Slip(
        MAPS,
        "row[:1, :, None, None].expand(len(x), -1, *x.shape[2:])",
        "every image gets the order of the first one.",
    ),
    Slip(
        MAPS,
        "row.mean(0)[None, :, None, None].expand(len(x), -1, *x.shape[2:])",
        "every image gets the mean order of the batch: each keeps its own.",
    ),
    Slip(MAPS, "row.roll(1, 0)[:, :, None, None].expand(-1, -1, *x.shape[2:])", OTHERS),
    Slip(MAPS, "row.flip(0)[:, :, None, None].expand(-1, -1, *x.shape[2:])", OTHERS),
    Slip(
        MAPS,
        "row.flip(1)[:, :, None, None].expand(-1, -1, *x.shape[2:])",
        "the maps come in reverse order: the row's first number first.",
    ),
    Slip(
        MAPS,
        "row[:, :, None, None].expand(-1, -1, x.shape[2], x.shape[2])",
        "the maps are as wide as the image is high. Images need not be square: take both sides, "
        "x.shape[2:].",
    ),
    Slip(
        MAPS,
        "row[:, :, None, None].expand(-1, -1, x.shape[3], x.shape[2])",
        "height and width of the maps are exchanged: x.shape[2:] has both in order.",
    ),
    Slip(
        MAPS,
        "F.pad(row[:, :, None, None], (0, x.shape[3] - 1, 0, x.shape[2] - 1))",
        "the numbers stand in one pixel and 0 in the others: a map holds its number at *every* "
        "pixel, so that each patch that D looks at sees it.",
    ),
    Slip(
        MAPS,
        "(row / x[0, 0].numel())[:, :, None, None].expand(-1, -1, *x.shape[2:])",
        "the numbers are divided by the number of pixels: a map holds the number itself.",
    ),
    Slip(
        MAPS,
        "row[:, :, None, None] * x[:, :1]",
        "the maps are the image times a number: a map of the order is constant, whatever is drawn.",
    ),
    Slip(
        MAPS,
        "row.sum(1)[:, None, None, None].expand(-1, 1, *x.shape[2:])",
        "the numbers of an order are added up into one map: each gets a map of its own.",
    ),
    Slip(
        BESIDE,
        "torch.cat([maps, x], 1)",
        "the maps come first: the image's own channels first.",
    ),
    Slip(BESIDE, "maps.contiguous()", "the image is missing: only the maps come back."),
    Slip(
        BESIDE,
        "x + maps.sum(1, keepdim=True)",
        "the order is added to the image, where D cannot tell the one from the other: put maps "
        "*beside* it, as more channels.",
    ),
    Slip(
        BESIDE,
        "x * maps.sum(1, keepdim=True)",
        "the image is multiplied by the order: put maps *beside* it, as more channels.",
    ),
    Slip(
        BESIDE,
        "torch.cat([x, row[:, None, :, None].expand(-1, x.shape[1], -1, x.shape[3])], 2)",
        "the order hangs below the image as more rows of pixels, not beside it as more channels: "
        "join along dimension 1.",
    ),
)


def cases(seed: int) -> Sequence[Case]:
    """Return images and rows; the first ones are not square."""
    rng = torch.Generator().manual_seed(seed)

    def normal(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=rng)

    return (
        case("one image of one row", normal(1, 1, 1, 2), normal(1, 2)),
        case("two images", normal(2, 1, 3, 2), normal(2, 3)),
        case("images in color", normal(3, 3, 2, 4), normal(3, 2)),
        case("as many orders as numbers", normal(4, 1, 2, 3), normal(4, 4)),
        case("square images", normal(2, 1, 4, 4), normal(2, 12)),
    )


beside = Value(
    title="An order beside the image",
    proves="each image has its own order beside it, every number as a constant map.",
    hints=(
        "A map holds one number at every pixel. Maps are more channels, so they are joined with "
        "the image along dimension 1.",
        "A row (B, k) becomes (B, k, 1, 1) by row[:, :, None, None], and expand repeats a length "
        "of 1 as often as you like.",
        "maps = row[:, :, None, None].expand(-1, -1, *x.shape[2:]); return torch.cat([x, maps], 1)",
    ),
    asks="Check ``beside(x, row)`` on images of several sizes.",
    table=Table(RIGHT, SLIPS),
    cases=cases,
    slopes=(0,),
    refused={
        "Sizes of tensors must match except in dimension 0": "cat along dimension 0 would put maps "
        "below images, as more samples: join the channels, dimension 1.",
        "is out of bounds for dimension 1": "how many numbers an order has is row.shape[1], and "
        "need not be the lesson's twelve.",
        "Sizes of tensors must match except in dimension 1": "what is joined along the channels "
        "needs the same batch, height and width: give the row two more axes, then expand those to "
        "x.shape[2:].",
        "Tensors must have same number of dimensions": "tensors that are joined need equally many "
        "axes: row[:, :, None, None] has four.",
        "The expanded size of the tensor": "expand stretches axes of length 1 only, and -1 leaves "
        "an axis as it is: row[:, :, None, None].expand(-1, -1, *x.shape[2:]). expand_as(x) would "
        "want as many maps as the image has channels.",
    },
)
