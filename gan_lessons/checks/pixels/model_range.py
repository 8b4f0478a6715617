"""To the model's range and back: an exercise of lesson 06, Generate images with an MLP."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from gan_lessons.checks.exercise import Wrong, as_tensor
from gan_lessons.checks.grader import Case, Slip, Table, Value, case

RIGHT = """
def to_model_range(images):
    return images.float() / 127.5 - 1

def to_image_range(images):
    pixels = (images + 1) * 127.5
    return pixels.round().clamp(0, 255).to(torch.uint8)
"""
FORTH = "images.float() / 127.5 - 1"
NO_FLOATS = "whole numbers come back: a network needs floats. Use .float()."
NO_BYTES = "what comes back is not torch.uint8: end with .to(torch.uint8)."

SLIPS = (
    Slip(
        FORTH,
        "images.float() / 255",
        "the pixels lie in [0, 1], but the tanh at G's end makes [-1, 1]: half of its range is "
        "never real.",
    ),
    Slip(
        FORTH,
        "(images / 255 - 0.1307) / 0.3081",
        "the pixels reach from -0.42 to 2.82, but tanh stops at -1 and 1: G can never make the "
        "brightest real pixels. Do not subtract a mean and divide by a standard deviation.",
    ),
    Slip(
        FORTH,
        "(images.float() - images.float().mean()) / images.float().std()",
        "the pixels are scaled by the batch's own mean and deviation, but tanh stops at -1 and 1, "
        "and the same pixel must always become the same number. Use 0 and 255.",
    ),
    Slip(
        FORTH,
        "1 - images.float() / 127.5",
        "black and white are exchanged: 0 must become -1 and 255 must become 1.",
    ),
    Slip(
        FORTH,
        "2 * (images - images.min()).float() / (images.max() - images.min()) - 1",
        "the same pixel becomes another number in another batch: you scale by the batch's own "
        "smallest and largest value. Use 0 and 255.",
    ),
    Slip(
        FORTH,
        "2 * images.float() / images.max() - 1",
        "the same pixel becomes another number in another batch: you scale by the batch's own "
        "largest value. Use 255.",
    ),
    Slip(
        FORTH,
        "images.float() / 127 - 1",
        "white becomes 1.008, which no tanh makes: half of 255 is 127.5.",
    ),
    Slip(
        FORTH,
        "images // 128",
        NO_FLOATS,
    ),
    Slip(
        FORTH,
        "(images - 127.5).float()",
        "the pixels reach from -127.5 to 127.5: the middle is right, the width is not. Divide by "
        "127.5.",
    ),
    Slip(
        FORTH,
        "images.float() / 127.5",
        "the pixels lie in [0, 2]: the - 1 is missing.",
    ),
    Slip(
        FORTH,
        "images.float() / 255 - 1",
        "the pixels lie in [-1, 0]: divide by 127.5, or multiply by 2 before you subtract 1.",
    ),
    Slip(
        FORTH,
        "images.float() / 255 - 0.5",
        "the pixels lie in [-0.5, 0.5], but the tanh at G's end makes [-1, 1]: multiply by 2.",
    ),
    Slip(
        FORTH,
        "images.float() / 127.5 + 1",
        "the pixels lie in [1, 3]: subtract the 1.",
    ),
    Slip(
        FORTH,
        "(images - 128).float() / 127.5",
        "uint8 has no negative numbers: 0 - 128 wraps around to 128. Convert to float first.",
    ),
    Slip(
        FORTH,
        "(2 * images).float() / 255 - 1",
        "uint8 ends at 255: twice 200 wraps around to 144. Convert to float first.",
    ),
    Slip(
        FORTH,
        "images.float()",
        "the pixels still reach from 0 to 255: divide by 127.5 and subtract 1.",
    ),
    Slip(
        "pixels.round()",
        "pixels",
        "some pixel values come back one too small: the conversion to uint8 cuts off decimals. "
        "Round first.",
    ),
    Slip(
        "pixels.round()",
        "pixels.floor()",
        "some pixel values come back one too small: floor rounds down. Use round.",
    ),
    Slip(
        "(images + 1) * 127.5",
        "images * 255",
        "the way back multiplies by 255 only: that is the way back from [0, 1]. Undo the "
        "subtraction first: add 1, then multiply by 127.5.",
    ),
    Slip(
        "(images + 1) * 127.5",
        "images * 127.5 + 1",
        "the way back undoes the division before the subtraction: brackets around images + 1.",
    ),
    Slip(
        "(images + 1) * 127.5",
        "images * 127.5",
        "the + 1 is missing on the way back: -1 must become 0.",
    ),
    Slip(
        "(images + 1) * 127.5",
        "(images + 1) * 255",
        "the way back is twice as steep as it should be: [-1, 1] is 2 wide already, so multiply "
        "by 127.5.",
    ),
    Slip(
        "(images + 1) * 127.5",
        "(images + 0.5) * 0.5 * 255",
        "-1 becomes 0 and 1 becomes 191: the half is added before it is halved again. Write "
        "images * 0.5 + 0.5, or (images + 1) * 0.5.",
    ),
    Slip(
        "(images + 1) * 127.5",
        "(images + 1) * 128",
        "times 128 the brightest pixels become 256, one too many, and the middle is off by one. "
        "255 / 2 is 127.5.",
    ),
    Slip(
        "(images + 1) * 127.5",
        "(1 - images) * 127.5",
        "black and white come back exchanged: add 1, do not subtract from 1.",
    ),
    Slip(
        "(images + 1) * 127.5",
        "255 * (images - images.min()) / (images.max() - images.min())",
        "a gray batch comes back with other pixels: to_image_range stretches each batch to "
        "0 … 255. Use -1 and 1, not the batch's own limits.",
    ),
    Slip(".to(torch.uint8)", "", NO_BYTES),
)
ALSO = {  # the same range but for one step of 256
    """
def to_model_range(images):
    return (images.float() - 128) / 128

def to_image_range(images):
    return (images * 128 + 128).round().clamp(0, 255).to(torch.uint8)
""": None,
}


def cases(seed: int) -> Sequence[Case]:
    """Return images (B, 1, H, W) as uint8 numbers, all 256 of them included."""
    rng = torch.Generator().manual_seed(seed)
    ends = torch.tensor([0, 255], dtype=torch.uint8).reshape(1, 1, 1, 2)
    grays = torch.tensor([64, 128, 200], dtype=torch.uint8).reshape(1, 1, 1, 3)
    every = torch.arange(256, dtype=torch.uint8)
    every = every[torch.randperm(256, generator=rng)].reshape(4, 1, 8, 8)
    asked = {"black and white": ends, "a batch of grays": grays, "all 256 values": every}
    return tuple(case(label, x, part=part) for part in (0, 1) for label, x in asked.items())


def _there(to_model: Callable, to_image: Callable, images: Tensor) -> Tensor:
    made = to_model(images)
    if made is None:
        return made
    made = as_tensor(made, "what to_model_range returns")
    if not made.is_floating_point():
        raise Wrong(NO_FLOATS)
    return made


def _there_and_back(to_model: Callable, to_image: Callable, images: Tensor) -> Tensor:
    back = to_image(to_model(images))
    if back is None:
        return back
    back = as_tensor(back, "what to_image_range returns")
    if back.dtype != torch.uint8:
        raise Wrong(NO_BYTES)
    return back


def _signs(parts: tuple[Callable, ...], cases: Sequence[Case]) -> None:
    """Say that numbers pass what a tanh can make, however they got there."""
    if cases[0].part > 0:
        return
    asked = cases[-1].args[0]
    made = torch.as_tensor(parts[0](asked.clone()))
    low, high = float(made.min()), float(made.max())
    rising = made.flatten()[asked.flatten().argsort()].diff()
    if made.numel() == asked.numel() and bool((rising < 0).any() and (rising > 0).any()):
        if torch.equal(torch.as_tensor(parts[0](asked.float())).float(), made.float()):
            raise Wrong(
                "the same pixel becomes another number in another image: you scale by each image's "
                "own values. The range of a pixel is 0 to 255, for all of them."
            )
        raise Wrong(
            "a brighter pixel does not always become a larger number: whole bytes wrap around, in "
            "uint8 0 - 1 is 255 and 255 + 1 is 0. Convert first: images.float()."
        )
    if high > 1.01 or low < -1.01:
        raise Wrong(
            f"the pixels reach from {low:.2f} to {high:.2f}, but tanh stops at -1 and 1: G can "
            "never make those beyond, and D tells real from fake by that alone."
        )


def _remark(to_model: Callable, to_image: Callable) -> str | None:
    """Say what becomes of values that no tanh makes, and of the tensor that is handed over."""
    gray = torch.full((1, 1, 1, 2), 0.5)
    to_image(gray)
    if not (gray == 0.5).all():
        return (
            "But to_image_range overwrites the images that it is given (a += or a method that ends "
            "in _): whoever looks at them afterwards finds pixels."
        )
    low, high = torch.as_tensor(to_image(torch.tensor([-1.2, 1.2]).reshape(1, 1, 1, 2))).flatten()
    if (int(low), int(high)) == (0, 255):
        return None
    return (
        f"But -1.2 and 1.2, which no tanh makes, become {int(low)} and {int(high)}, not 0 and 255: "
        "uint8 wraps around. Clamp before you convert."
    )


model_range = Value(
    title="To the model's range and back",
    proves="every pixel value 0 … 255 lands in [-1, 1] and comes back unchanged.",
    hints=(
        "0 must become -1, 255 must become 1, and the middle 0. That is a division and a "
        "subtraction, on floats.",
        "images.float() / 127.5 - 1. The way back undoes it in the other order.",
        "Before the conversion to torch.uint8: round, because it cuts decimals off, and clamp to "
        "0 … 255, because it wraps around.",
    ),
    asks="Check ``to_model_range(images)`` and ``to_image_range(images)`` on all 256 pixel values.",
    table=Table(RIGHT, SLIPS, ALSO),
    cases=cases,
    called=("to_model_range", "to_image_range"),
    observe=(_there, _there_and_back),
    signs=_signs,
    remark=_remark,
    least=1e-3,  # half precision will do
)
