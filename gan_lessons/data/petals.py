"""The flowers in color that ship with the course, painted by a script: every factor is known.

How they were made, and what they are good for: data/petals.md. Introduced in lesson 08.
"""

import hashlib
import io

import numpy as np
import torch
from PIL import Image

from gan_lessons.data import shipped
from gan_lessons.data.dataset import Dataset
from gan_lessons.errors import SettingError

CLASSES = ("daisy", "poppy", "periwinkle", "sunflower", "dahlia", "cosmos", "lily", "rose")
PALETTES = ("snow", "lemon", "apricot", "scarlet", "blush", "magenta", "violet", "azure")
BACKGROUNDS = ("paper", "sky", "meadow", "dusk", "night", "clay")
FACTORS = ("palette", "background", "hue", "chroma", "lightness", "petals", "radius", "rotation")
FACTORS += ("tilt", "x", "y", "leaves")
COUNT, SIDE, COLUMNS = 8_000, 64, 64
LIMIT, SCRIPT = 10 * 2**20, "petals.py"  # bytes of the file, and what makes it
SHA256 = "6de69917b887b5b4fa74e9c17f29e75ffd8c60f81fa3c133dc7f9f69f4a77867"


def petals(*, size: int = 32) -> Dataset:
    """Return petals: x uint8 (8000, 3, size, size) in 0 … 255, y int64 0 … 7 (see CLASSES).

    Balanced and shuffled. Factors, float32 (N,): palette and background as numbers (of PALETTES and
    BACKGROUNDS); hue (degrees), chroma and lightness of the petals' main color in OKLCH; petals of
    the outermost ring and leaves, counted; rotation and tilt in degrees; radius, x and y in pixels
    of the picture of 64. Looks for petals.npz in $GAN_LESSONS_DATA, then in the repository's data
    folder; no network.

    Args:
        size: 64 as painted, or 32: each pixel the average of 2 x 2.

    Raises:
        SettingError: another size.
        DataFileError: the file is missing, damaged, or not this set.

    Source: data/make/petals.py. Introduced in lesson 08.
    """
    if size not in (SIDE, SIDE // 2):
        raise SettingError(
            f"data.petals has no pictures of size={size!r:.20}.",
            "Nothing was loaded.",
            "Choose size=32 or size=64.",
        )
    path, packed = shipped.read("petals.npz", limit=LIMIT, script=SCRIPT)
    if hashlib.sha256(packed).hexdigest() != SHA256:
        why = "is damaged or not the set that ships (its SHA-256 differs)"
        raise shipped.refused(path, why, script=SCRIPT)
    with np.load(io.BytesIO(packed), allow_pickle=False) as file:
        x = torch.from_numpy(_pictures(file["sheet"].tobytes(), size))
        y = torch.from_numpy(file["labels"].astype(np.int64))
        columns = torch.from_numpy(file["factors"].astype("<f4")).T.contiguous()
    known = dict(zip(FACTORS, columns, strict=True))
    return Dataset(x=x, y=y, name="petals", license="CC0 1.0", factors=known)


def _pictures(jpeg: bytes, size: int) -> np.ndarray:
    """Return uint8 (N, 3, size, size) from the JPEG of one sheet, COLUMNS pictures a row."""
    sheet = Image.open(io.BytesIO(jpeg), formats=["JPEG"])
    if size < SIDE:
        sheet = sheet.reduce(SIDE // size)  # the average of 2 x 2, rounded
    shape = (-1, size, COLUMNS, size, 3)
    tiles = np.asarray(sheet).reshape(shape).transpose(0, 2, 4, 1, 3)  # row, column, C, H, W
    return np.ascontiguousarray(tiles).reshape(-1, 3, size, size)[:COUNT]
