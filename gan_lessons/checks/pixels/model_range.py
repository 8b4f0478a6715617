"""To the model's range and back: an exercise of lesson 06, Generate images with an MLP."""

import math
from collections.abc import Callable

import torch

from gan_lessons.checks.exercise import Wrong, exercise


@exercise(
    title="To the model's range and back",
    proves="every pixel value 0 … 255 lands in [-1, 1] and comes back unchanged.",
    hints=(
        "0 must become -1, 255 must become 1, and the middle 0. That is a division and a "
        "subtraction, on floats.",
        "images.float() / 127.5 - 1. The way back undoes it in the other order.",
        "Before the conversion to torch.uint8: round, because it cuts decimals off, and clamp to "
        "0 … 255, because it wraps around.",
    ),
)
def model_range(to_model: Callable, to_image: Callable) -> None:
    """Check ``to_model_range(images)`` and ``to_image_range(images)`` on all 256 pixel values."""
    pixels = torch.arange(256, dtype=torch.uint8).reshape(1, 1, 16, 16)
    made = to_model(pixels)
    if not made.is_floating_point():
        raise Wrong(f"to_model_range returns {made.dtype}: a network needs floats. Use .float().")
    low, high = float(made.min()), float(made.max())
    if math.isclose(low, 0, abs_tol=1e-6) and math.isclose(high, 1, rel_tol=0.01):
        raise Wrong(
            "the pixels lie in [0, 1], but the tanh at G's end makes [-1, 1]: half of its range "
            "is never real."
        )
    if high > 1.01 or low < -1.01:
        raise Wrong(
            f"the pixels reach from {low:.2f} to {high:.2f}, but tanh stops at -1 and 1: G can "
            "never make the brightest real pixels, and D tells them apart by that alone. Do not "
            "subtract a mean and divide by a standard deviation."
        )
    if abs(low + 1) > 0.01 or abs(high - 1) > 0.01:
        raise Wrong(f"0 becomes {low:.2f} and 255 becomes {high:.2f}; they should be -1 and 1.")
    if float(made[0, 0, 0, 0]) > float(made[0, 0, -1, -1]):
        raise Wrong("black and white are exchanged: 0 must become -1 and 255 must become 1.")
    back = to_image(made)
    if back.dtype != torch.uint8:
        raise Wrong(f"to_image_range returns {back.dtype}, not torch.uint8.")
    if back.shape != pixels.shape:
        raise Wrong(f"the shape changes from {tuple(pixels.shape)} to {tuple(back.shape)}.")
    off = (back.int() - pixels.int()).abs()
    if off.max() == 1:
        raise Wrong(
            f"{int((off > 0).sum())} of 256 pixel values come back one too small: the conversion "
            "to uint8 cuts off decimals. Round first."
        )
    if off.any():
        raise Wrong(f"{int((off > 0).sum())} of 256 pixel values do not come back.")
    beyond = to_image(torch.tensor([-1.2, 1.2]).reshape(1, 1, 1, 2)).flatten().tolist()
    if beyond != [0, 255]:
        raise Wrong(
            f"-1.2 and 1.2 become {beyond[0]} and {beyond[1]}, not 0 and 255: uint8 wraps around. "
            "Clamp before you convert."
        )
    gray, made_gray = pixels.flatten()[50:200], made.flatten()[50:200]
    shape = (1, 1, 10, 15)
    if not torch.allclose(to_model(gray.reshape(shape)).flatten(), made_gray, atol=1e-5):
        raise Wrong(
            "in a batch with pixels of 50 … 199 only, the same pixel becomes another number: you "
            "scale by the batch's own smallest and largest value. Use 0 and 255."
        )
    if not torch.equal(to_image(made_gray.reshape(shape)).flatten(), gray):
        raise Wrong(
            "a gray batch comes back with other pixels: to_image_range stretches each batch to "
            "0 … 255. Use -1 and 1, not the batch's own limits."
        )
