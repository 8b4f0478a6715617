"""The IDX format of MNIST: a few header bytes, then the pixels. Plumbing of lesson 06.

Every claim of a file is checked before memory is given to it. Source: LeCun, Cortes and Burges.
"""

import gzip
import io
import math
import zlib

import numpy as np

from gan_lessons.errors import DataFileError

BYTES = b"\0\0\x08"  # how an IDX file of unsigned bytes begins


def damaged(name: str, why: str) -> DataFileError:
    """Return the error for the file called ``name``, with e.g. ``why="ends too early"``."""
    return DataFileError(
        f"{name} cannot be used: it {why}.",
        "The file was left as it is; nothing was loaded in its place.",
        "Put a whole copy there, or unset GAN_LESSONS_DATA to download one.",
    )


def gunzip(packed: bytes, *, limit: int, name: str) -> bytes:
    """Return the unpacked bytes of a .gz file, its own checksum checked, at most ``limit`` bytes.

    Raises:
        DataFileError: not gzip, damaged, cut short, or larger than the limit once unpacked.
    """
    try:
        raw = gzip.GzipFile(fileobj=io.BytesIO(packed)).read(limit + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise damaged(name, "is not a whole gzip file") from error
    if len(raw) > limit:
        raise damaged(name, f"unpacks to more than the {limit:,} bytes it should have")
    return raw


def parse(raw: bytes, *, name: str) -> np.ndarray:
    """Return a read-only uint8 view of the values of an IDX file, in its header's shape.

    Raises:
        DataFileError: another magic number or type of values, or not exactly as many values as
            the header announces.
    """
    if len(raw) < 4 or raw[:3] != BYTES or not 1 <= raw[3] <= 4:
        raise damaged(name, "is not an IDX file of unsigned bytes")
    start = 4 + 4 * raw[3]
    shape = [int.from_bytes(raw[at : at + 4]) for at in range(4, start, 4)]  # big-endian
    if len(raw) <= start or math.prod(shape) != len(raw) - start:
        raise damaged(name, f"has {len(raw):,} bytes, which does not fit its header")
    return np.frombuffer(raw, dtype=np.uint8, offset=start).reshape(shape)
