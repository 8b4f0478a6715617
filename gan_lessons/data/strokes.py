"""The digits that ship with the course, drawn by a script, so that every factor is known.

How they were made, and what they are good for: data/strokes.md. Introduced in lesson 06.
"""

import hashlib
import io
import zipfile
import zlib

import numpy as np
import torch

from gan_lessons.data import shipped
from gan_lessons.data.dataset import Dataset

FACTORS = ("slant", "thickness", "size", "x", "y", "wobble", "rotation", "aspect", "pressure")
FACTORS += ("allograph",)
LAYOUT = {
    "images": ((24_000, 28, 28), "|u1"),
    "labels": ((24_000,), "|u1"),
    "factors": ((24_000, len(FACTORS)), "<f4"),
}
IMAGES_SHA256 = "d8729cc139477e7a48483f3e84af6224af3d095832309b5f239ed9269dcd1ad0"
TRUTH_SHA256 = "66619cf6faaa6e6a130c1fba0907d3dc78adbbe9171d2e45b22d362e2f104b16"
SCRIPT = "strokes.py"  # which makes the file
LIMIT, UNPACKED = 8 * 2**20, 24 * 2**20  # bytes of the file, and of its largest array


def strokes() -> Dataset:
    """Return strokes: x uint8 (24000, 1, 28, 28) in 0 … 255, white on black, y int64 0 … 9.

    Balanced and shuffled. Factors, float32 (N,): slant and rotation in degrees; thickness, size, x,
    y and wobble in pixels; aspect and pressure as ratios; allograph, the way of writing the class.
    Looks for strokes.npz in $GAN_LESSONS_DATA, then in the repository's data folder; no network.

    Raises:
        DataFileError: the file is missing, damaged, or not this set.

    Source: data/make/strokes.py. Introduced in lesson 06.
    """
    path, packed = shipped.read("strokes.npz", limit=LIMIT, script=SCRIPT)
    try:
        with zipfile.ZipFile(io.BytesIO(packed)) as archive:
            images, labels, factors = (_array(archive, name) for name in LAYOUT)
    except (OSError, EOFError, LookupError, ValueError, zipfile.BadZipFile, zlib.error) as error:
        why = "cannot be read: it is damaged or another kind of file"
        raise shipped.refused(path, why, script=SCRIPT) from error
    parts = images.tobytes(), labels.tobytes() + factors.tobytes()
    if [hashlib.sha256(part).hexdigest() for part in parts] != [IMAGES_SHA256, TRUTH_SHA256]:
        why = "is not the set that ships (its SHA-256 differs)"
        raise shipped.refused(path, why, script=SCRIPT)
    x = torch.from_numpy(images.copy())[:, None]  # (N, 1, 28, 28)
    y = torch.from_numpy(labels.astype(np.int64))
    known = {name: torch.from_numpy(factors[:, k].copy()) for k, name in enumerate(FACTORS)}
    return Dataset(x=x, y=y, name="strokes", license="CC0 1.0", factors=known)


def _array(archive: zipfile.ZipFile, name: str) -> np.ndarray:
    """Read an array whose header announces the right shape and type; nothing is unpickled."""
    member = archive.getinfo(f"{name}.npy")
    if member.flag_bits & 1 or member.compress_type != 8 or member.file_size > UNPACKED:
        raise ValueError("encrypted, packed in another way, or too large")
    file = io.BytesIO(archive.read(member))  # the archive's own checksum is compared here
    shape, dtype = LAYOUT[name]
    np.lib.format.read_magic(file)
    if np.lib.format.read_array_header_1_0(file) != (shape, False, np.dtype(dtype)):
        raise ValueError("another shape, order or type")
    return np.frombuffer(file.read(), dtype).reshape(shape)
