"""Pictures of pictures. Introduced in lesson 06."""

import numpy as np
import torch
from matplotlib import rc_context
from matplotlib.axes import Axes
from torch import Tensor

from gan_lessons.errors import SettingError
from gan_lessons.show.picture import STYLE, Picture, figure


def tile(images: Tensor, *, columns: int) -> np.ndarray:
    """Lay images out on one sheet, row by row.

    Args:
        images: uint8 (N, C, H, W) or floats in [-1, 1]; C is 1 or 3.

    Returns:
        (rows·H, columns·W) or (…, 3) floats in [0, 1]; empty places are black.
    """
    images = images.detach().cpu()
    images = images / 255 if images.dtype == torch.uint8 else (images.float() + 1) / 2
    n, channels, height, width = images.shape
    rows = -(-n // columns)
    sheet = images.new_zeros(rows * columns, channels, height, width)
    sheet[:n] = images.clamp(0, 1)
    sheet = sheet.reshape(rows, columns, channels, height, width).permute(0, 3, 1, 4, 2)
    sheet = sheet.reshape(rows * height, columns * width, channels).numpy()
    return sheet[..., 0] if channels == 1 else sheet


def draw_sheet(ax: Axes, images: Tensor, *, columns: int = 8) -> Axes:
    """Draw images (N, C, H, W) as one sheet without axes."""
    ax.imshow(tile(images, columns=columns), cmap="gray", vmin=0, vmax=1, interpolation="nearest")
    ax.axis("off")
    return ax


def _refuse_no_images(x: Tensor) -> None:
    if x.ndim != 4 or 0 in x.shape or x.shape[1] not in (1, 3):
        raise SettingError(
            f"A tensor of shape {tuple(x.shape)} holds no images to show.",
            "Nothing was drawn; your data are as they were.",
            "Pass at least one image, as (N, channels, height, width) with 1 or 3 channels.",
        )


def _side(columns: int, least: float) -> float:
    """Return the width of an image in inches: a few are drawn larger than many."""
    return max(least, min(1.3, 3.2 / columns))


def images(x: Tensor, *, title: str, sentence: str, columns: int = 10) -> Picture:
    """Show a sheet of images, uint8 or in [-1, 1], (N, C, H, W). Lesson 06.

    Raises:
        SettingError: there is no image, or its channels are not 1 or 3.
    """
    _refuse_no_images(x)
    columns = min(columns, len(x))
    rows = -(-len(x) // columns)
    side = _side(columns, 0.55)
    height = side * rows * x.shape[2] / x.shape[3]
    with rc_context(STYLE):
        fig = figure(width=side * columns + 0.2, height=height + 0.45)
        draw_sheet(fig.subplots(), x, columns=columns).set_title(title)
        return Picture(fig, sentence)


def rows_of_images(rows: dict[str, Tensor], *, sentence: str) -> Picture:
    """Show one labelled row of images per entry, to compare column by column. Lesson 06.

    Args:
        rows: for each label, (N, C, H, W) images; the same N in each row.

    Raises:
        SettingError: there is no image, or its channels are not 1 or 3.
    """
    for x in rows.values():
        _refuse_no_images(x)
    n = max(len(x) for x in rows.values())
    with rc_context(STYLE):
        side = _side(n, 0.6)
        fig = figure(width=side * n + 1.3, height=(side + 0.08) * len(rows) + 0.1)
        fig.get_layout_engine().set(w_pad=0.12)  # room for the labels
        for ax, (label, x) in zip(
            fig.subplots(len(rows), 1, squeeze=False).flat, rows.items(), strict=True
        ):
            draw_sheet(ax, x, columns=n)
            ax.axis("on")
            ax.set(xticks=[], yticks=[], anchor="W")  # at the labels, which then find room
            ax.set_ylabel(label, rotation=0, ha="right", va="center")
        return Picture(fig, sentence)
