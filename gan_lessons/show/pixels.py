"""Sheets and films of color images, one pixel to a pixel. Lesson 08."""

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image
from torch import Tensor

from gan_lessons.show.images import tile
from gan_lessons.show.picture import SLAB, Picture


class Pixels(Picture):
    """A picture kept one pixel to a pixel, which the browser enlarges without smoothing. Lesson 08.

    Notebooks stay small, and no pixel is wider than its neighbor. Colors are at most 256.
    """

    _style = f"{SLAB};image-rendering:pixelated"

    def __init__(self, page: Image.Image, sentence: str, *, zoom: int):
        file = io.BytesIO()
        page.save(file, "PNG", optimize=True)
        super().__init__(file.getvalue(), sentence, width=zoom * page.width)
        self._zoom = zoom


class Moving(Pixels):
    """A picture that moves once and then stands still on its last frame. Lesson 08.

    Attributes:
        gif: the bytes of the animation, as small as its pixels.
    """

    def __init__(self, pages: Sequence[Image.Image], sentence: str, *, zoom: int, duration: int):
        super().__init__(pages[-1], sentence, zoom=zoom)
        self._pages, self._duration = list(pages), duration
        self.gif = self._animation(1)

    def _source(self) -> tuple[str, bytes]:
        return "gif", self.gif

    def _animation(self, zoom: int) -> bytes:
        size = zoom * self._pages[0].width, zoom * self._pages[0].height
        pages = [page.resize(size, Image.Resampling.NEAREST) for page in self._pages]
        file, more = io.BytesIO(), {"append_images": pages[1:], "duration": self._duration}
        pages[0].save(file, "GIF", save_all=True, **more)
        return file.getvalue()

    def save(self, path: str | Path) -> Path:
        """Write the animation in the size in which it is shown; return its path. Lesson 08."""
        path = Path(path)
        path.write_bytes(self._animation(self._zoom))
        return path


def _page(x: Tensor, columns: int) -> Image.Image:
    return Image.fromarray(np.rint(255 * tile(x, columns=min(columns, len(x)))).astype(np.uint8))


def sheet(x: Tensor, *, sentence: str, columns: int = 10, zoom: int = 0) -> Pixels:
    """Show color images (N, 3, H, W) side by side, each of their pixels zoom × zoom. Lesson 08.

    Without a zoom each image becomes about 64 pixels wide.
    """
    page = _page(x, columns).quantize(256, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    return Pixels(page, sentence, zoom=zoom or max(1, 64 // x.shape[-1]))


def moving(frames: Sequence[Tensor], *, sentence: str, zoom: int = 0, seconds: float = 4) -> Moving:
    """Show a few images side by side that change from frame to frame, once. Lesson 08.

    Args:
        frames: color images (N, 3, H, W) of every moment, in a row each; at least one moment. Of
            all their colors 128 are kept, the same ones throughout: nothing flickers, and half a
            hundred frames stay small enough for a notebook.
        zoom: each pixel becomes so many squared; without one an image gets about 96 pixels.
        seconds: of the whole animation, at most 5, so that nothing moves for longer than a reader
            can bear.
    """
    pages = [_page(frame, len(frame)) for frame in frames]
    together = Image.fromarray(np.concatenate([np.asarray(page) for page in pages]))
    paints = together.quantize(128, Image.Quantize.MEDIANCUT)
    pages = [page.quantize(palette=paints, dither=Image.Dither.NONE) for page in pages]
    duration = int(1000 * min(seconds, 5.0) / len(pages))
    zoom = zoom or max(1, 96 // frames[0].shape[-1])
    return Moving(pages, sentence, zoom=zoom, duration=duration)
