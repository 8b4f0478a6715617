"""The learner's own pictures as a data set. Introduced in lesson 06."""

import hashlib
import io
import os
import warnings
import zipfile
from contextlib import suppress
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps
from tqdm.auto import tqdm

from gan_lessons.data import cache
from gan_lessons.data.dataset import Dataset
from gan_lessons.errors import DataFileError, SettingError

# EPS is a program that another program would run; of the others Pillow knows the names only.
NOT_READ = {"EPS", "BUFR", "GRIB", "HDF5", "MPEG", "WMF"}
MAX_PIXELS = 50_000_000  # of one picture; a larger one gets no memory
MAX_SIZE = 1024
MAX_CACHED = 2**29  # bytes; a larger set is read anew each time


def folder(path: str | os.PathLike, *, size: int, channels: int = 3) -> Dataset:
    """Return your own pictures, center-cropped to squares and resized with antialiasing.

    Takes every format that Pillow reads by itself, also in sub-folders, and turns photos upright
    (EXIF). What is transparent becomes white. Hidden files and files of other kinds are passed
    over; pictures that cannot be read, or have over 50 million pixels, are left out and named in
    one warning. The result is cached while the files keep their names, sizes and times.

    Args:
        path: a folder; each folder directly in it is a class, in alphabetical order.
        size: height and width in pixels, 1 … 1024.
        channels: 3 for color, 1 for grey.

    Returns:
        x uint8 (N, channels, size, size) in 0 … 255, y int64 (N,) the class.

    Raises:
        SettingError: size or channels cannot work.
        DataFileError: no such folder, or fewer than two pictures that can be read.

    Introduced in lesson 06.
    """
    if {type(size), type(channels)} != {int} or not (1 <= size <= MAX_SIZE and channels in (1, 3)):
        raise SettingError(
            f"data.folder cannot work with size={size!r:.20} and channels={channels!r:.20}.",
            "No picture was read or changed.",
            f"Choose a size from 1 to {MAX_SIZE} (28, 32 or 64 train well) and channels 1 or 3.",
        )
    root = cache.expand(path)
    files = _pictures(root)
    key = repr((size, channels, [(str(name), *stamp) for name, stamp in files.items()]))
    spot = hashlib.sha256(repr((str(root.absolute()), size, channels)).encode()).hexdigest()
    spot = f"folder/{spot[:16]}.npz"
    found = _cached(spot, key, limit=len(files) * (channels * size**2 + 8) + 2**16)
    if found is None:
        found = _read_all(root, list(files), size, channels)
        if found[0].nbytes <= MAX_CACHED:
            cache.store(spot, _pack(found, key))
    x, y, note = found
    if note:
        warnings.warn(note, stacklevel=2)
    name = cache.shown(Path(root.absolute().name), 40)
    return Dataset(x=torch.from_numpy(x), y=torch.from_numpy(y), name=name, license="yours")


def _formats() -> list[str]:
    Image.init()
    return [kind for kind in Image.ID if kind not in NOT_READ]


def _pictures(root: Path) -> dict[Path, tuple[int, int]]:
    """Return the picture files below a folder, sorted, each with its size and time of change."""
    formats = _formats()
    endings = {end for end, kind in Image.registered_extensions().items() if kind in formats}
    files = {}
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root)
        hidden = any(part.startswith(".") for part in name.parts)
        with suppress(OSError):  # gone meanwhile, or not ours to look at
            if path.suffix.lower() in endings and not hidden and path.is_file():
                files[name] = (path.stat().st_size, path.stat().st_mtime_ns)
    if not root.is_dir():
        raise _error(f"There is no folder {cache.shown(root)}.")
    if len(files) < 2:
        raise _error(f"{cache.shown(root)} holds {len(files) or 'no'} picture(s).")
    return files


def _error(what: str) -> DataFileError:
    todo = "Pass the path of a folder with at least two pictures, such as data.folder('my_photos')."
    return DataFileError(what, "No file was changed.", todo)


def _read_all(
    root: Path, names: list[Path], size: int, channels: int
) -> tuple[np.ndarray, np.ndarray, str]:
    """Return x (N, C, H, W), y (N,), and a sentence on the pictures left out ("" if none)."""
    x = np.empty((len(names), channels, size, size), dtype=np.uint8)
    kept, left_out = [], []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's remarks on odd but readable files
        for name in tqdm(names, desc="pictures", delay=1, leave=False):
            try:
                x[len(kept)] = _pixels(root / name, size, channels)
                kept.append(name)
            except Exception:  # each of Pillow's 40 readers fails in its own way
                left_out.append(cache.shown(name, 40))
    if len(kept) < 2:
        raise _error(f"{len(left_out)} picture(s) cannot be read, such as {left_out[0]}.")
    folders = [name.parts[0] if len(name.parts) > 1 else "" for name in kept]
    y = np.unique(folders, return_inverse=True)[1].astype(np.int64)
    note = f"{len(left_out)} of {len(names)} pictures could not be read and were left out: "
    note += ", ".join(left_out[:3]) + (" …" if len(left_out) > 3 else "")
    return x[: len(kept)], y, note if left_out else ""


def _pixels(path: Path, size: int, channels: int) -> np.ndarray:
    """Return one picture as uint8 (C, size, size); raises whatever Pillow raises."""
    plain = "L" if channels == 1 else "RGB"
    with Image.open(path, formats=_formats()) as picture:
        picture.draft(None, (2 * size, 2 * size))  # decodes a large JPEG smaller, and much faster
        if picture.width * picture.height > MAX_PIXELS:
            raise ValueError("too many pixels")
        ImageOps.exif_transpose(picture, in_place=True)
        if picture.mode[0] in "IF":
            picture = _eight_bits(picture)
        picture = picture.convert("RGBA" if picture.has_transparency_data else plain)
        picture = ImageOps.fit(picture, (size, size), Image.Resampling.LANCZOS)  # antialiased
        if picture.mode == "RGBA":
            picture = Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture)
        pixels = np.asarray(picture.convert(plain))
    return pixels.reshape(size, size, channels).transpose(2, 0, 1)


def _eight_bits(picture: Image.Image) -> Image.Image:
    """Turn 16-bit values (0 … 65535), or floats (0 … 1), into 8-bit grey; convert() would clip."""
    values = np.nan_to_num(np.asarray(picture, dtype=np.float32))
    values = values * 255 if picture.mode == "F" else values / 257
    return Image.fromarray(values.clip(0, 255).round().astype(np.uint8))


def _pack(found: tuple[np.ndarray, np.ndarray, str], key: str) -> memoryview:
    """Return an npz file, followed by a digest of it and of the files it was made from."""
    file = io.BytesIO()
    np.savez(file, x=found[0], y=found[1], note=np.array(found[2]))
    file.write(_digest(key, file.getbuffer()))
    return file.getbuffer()


def _digest(key: str, npz: bytes | memoryview) -> bytes:
    return hashlib.sha256(
        hashlib.sha256(key.encode()).digest() + hashlib.sha256(npz).digest()
    ).digest()


def _cached(spot: str, key: str, *, limit: int) -> tuple[np.ndarray, np.ndarray, str] | None:
    """Return what is cached for exactly these files; None if it is missing, old or damaged."""
    for place in cache.places():
        with suppress(OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
            data = memoryview(cache.read(place / spot, limit=limit) or b"")
            if data[-32:] == _digest(key, data[:-32]):
                with np.load(io.BytesIO(data[:-32]), allow_pickle=False) as npz:
                    return npz["x"], npz["y"], str(npz["note"])
    return None
