"""The digits that ship with the course, drawn by a script, so that every factor is known.

How they were made, and what they are good for: data/strokes.md. Introduced in lesson 04.
"""

import hashlib
import io
import os
import zipfile
import zlib
from pathlib import Path

import numpy as np
import torch

from gan_lessons.data import cache
from gan_lessons.data.dataset import Dataset
from gan_lessons.errors import DataFileError

FACTORS = tuple("slant thickness size x y wobble rotation aspect pressure allograph".split())
LAYOUT = {  # name: shape, type
    "images": ((24_000, 28, 28), "|u1"),
    "labels": ((24_000,), "|u1"),
    "factors": ((24_000, len(FACTORS)), "<f4"),
}
IMAGES_SHA256 = "d8729cc139477e7a48483f3e84af6224af3d095832309b5f239ed9269dcd1ad0"
TRUTH_SHA256 = "66619cf6faaa6e6a130c1fba0907d3dc78adbbe9171d2e45b22d362e2f104b16"
LIMIT, UNPACKED = 8 * 2**20, 24 * 2**20  # bytes of the file, and of its largest array
ZIP_ERRORS = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError)


def strokes() -> Dataset:
    """Return strokes: x uint8 (24000, 1, 28, 28) in 0 … 255, white on black, y int64 0 … 9.

    Classes are balanced and shuffled: any slice is a fair sample. Factors, float32 (N,): slant and
    rotation in degrees; thickness, size, x, y and wobble in pixels; aspect and pressure as ratios;
    allograph, the number of the way of writing within its class. Looks for strokes.npz in
    $GAN_LESSONS_DATA, then in the repository's data folder. Needs no network.

    Raises:
        DataFileError: the file is missing, damaged, or not this set.

    Source: data/make_strokes.py. Introduced in lesson 04.
    """
    folders = [cache.REPOSITORY / "data"]
    if os.environ.get("GAN_LESSONS_DATA"):
        folders.insert(0, cache.expand(os.environ["GAN_LESSONS_DATA"]))
    path = next((found for f in folders if (found := f / "strokes.npz").is_file()), None)
    if path is None:
        raise _refused(folders[-1] / "strokes.npz", "is missing")
    try:
        packed = io.BytesIO(cache.read(path, limit=LIMIT) or b"")
        with zipfile.ZipFile(packed) as archive:
            images, labels, factors = (_array(archive, name, *LAYOUT[name]) for name in LAYOUT)
    except (*ZIP_ERRORS, OSError, KeyError, ValueError) as error:
        raise _refused(path, "cannot be read: it is damaged or another kind of file") from error
    truth = labels.tobytes() + factors.tobytes()
    digests = [hashlib.sha256(part).hexdigest() for part in (images.tobytes(), truth)]
    if digests != [IMAGES_SHA256, TRUTH_SHA256]:
        raise _refused(path, "is not the set that ships (its SHA-256 differs)")
    x = torch.from_numpy(images.copy())[:, None]  # (N, 1, 28, 28)
    y = torch.from_numpy(labels.astype(np.int64))
    known = {name: torch.from_numpy(factors[:, k].copy()) for k, name in enumerate(FACTORS)}
    return Dataset(x=x, y=y, name="strokes", license="CC0 1.0", factors=known)


def _array(archive: zipfile.ZipFile, name: str, shape: tuple, dtype: str) -> np.ndarray:
    """Read one array whose header announces exactly this shape and type; nothing is unpickled."""
    member = archive.getinfo(f"{name}.npy")
    if member.compress_type != zipfile.ZIP_DEFLATED or member.file_size > UNPACKED:
        raise ValueError("packed in another way, or too large")
    file = io.BytesIO(archive.read(member))  # the archive's own checksum is compared here
    if np.lib.format.read_magic(file) != (1, 0):
        raise ValueError("another version of the format")
    if np.lib.format.read_array_header_1_0(file) != (shape, False, np.dtype(dtype)):
        raise ValueError("another shape, order or type")
    return np.frombuffer(file.read(), dtype).reshape(shape)


def _refused(path: Path, why: str) -> DataFileError:
    return DataFileError(
        f"{cache.shown(path)} {why}.",
        "The file was left as it is; nothing was loaded in its place.",
        "Restore data/strokes.npz from the course's repository, or make it again: "
        "python data/make_strokes.py --force",
    )
