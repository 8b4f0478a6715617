"""The learner's own pictures as a data set. Introduced in lesson 06."""

import hashlib
import io
import os
import warnings
import zipfile
from collections import Counter
from contextlib import suppress
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps, __version__
from tqdm.auto import tqdm

from gan_lessons.data import cache
from gan_lessons.data.dataset import Dataset
from gan_lessons.errors import DataFileError, SettingError

# EPS is a program that another program would run; of the others Pillow knows the names only.
NOT_READ = {"EPS", "BUFR", "GRIB", "HDF5", "MPEG", "WMF"}
MAX_PIXELS = 50_000_000  # of one picture; a larger one gets no memory
MAX_SIZE = 1024
MAX_CACHED = 2**29  # bytes; a larger set is read anew each time
OTHERS = {".heic", ".heif", ".cr2", ".cr3", ".nef", ".arw", ".dng", ".svg", ".zip", ".mp4", ".mov"}


def folder(path: str | os.PathLike, *, size: int, channels: int = 3) -> Dataset:
    """Return your own pictures, center-cropped to squares and resized with antialiasing.

    Takes every format that Pillow reads by itself, also in sub-folders, and turns photos upright
    (EXIF). What is transparent becomes white. Hidden files and files of other kinds are passed
    over; pictures that cannot be read, or have over 50 million pixels, are left out and named in
    one warning. The result is cached while the files keep their names, sizes and times. Photos in
    HEIC, as some telephones keep them, have to be exported as JPEG first.

    Args:
        path: a folder, absolute or seen from the notebook's; each folder directly in it is a class,
            in alphabetical order.
        size: height and width in pixels, 1 … 1024.
        channels: 3 for color, 1 for grey.

    Returns:
        x uint8 (N, channels, size, size) in 0 … 255, y int64 (N,) the class.

    Raises:
        SettingError: path, size or channels cannot work, or the result does not fit in memory.
        DataFileError: no such folder, or fewer than two pictures that can be read.

    Introduced in lesson 06.
    """
    if {type(size), type(channels)} != {int} or not (1 <= size <= MAX_SIZE and channels in (1, 3)):
        raise SettingError(
            f"data.folder cannot work with size={size!r:.20} and channels={channels!r:.20}.",
            "No picture was read or changed.",
            f"Choose a size from 1 to {MAX_SIZE} (28, 32 or 64 train well) and channels 1 or 3.",
        )
    root = _root(path)
    files, passed = _pictures(root)
    stamps = [(str(name), *stamp) for name, stamp in files.items()]
    key = repr((size, channels, __version__, stamps))
    spot = hashlib.sha256(repr((str(root.absolute()), size, channels)).encode()).hexdigest()
    spot = f"folder/{spot[:16]}.npz"
    found = _cached(spot, key, limit=len(files) * (channels * size**2 + 8) + 2**16)
    if found is None:
        found = _read_all(root, list(files), size, channels)
        if found[0].nbytes <= MAX_CACHED:
            cache.store(spot, _pack(found, key))
    x, y, note = found
    if told := " ".join(filter(None, (note, passed))):
        warnings.warn(told, stacklevel=2)
    name = cache.shown(Path(root.absolute().name), 40)
    return Dataset(x=torch.from_numpy(x), y=torch.from_numpy(y), name=name, license="yours")


def _root(path: str | os.PathLike) -> Path:
    """Return the folder that was asked for; an empty path would be the notebook's own folder."""
    with suppress(TypeError):
        if (text := os.fsdecode(path)) and "\0" not in text:
            return cache.expand(text)
    raise SettingError(
        f"data.folder cannot work with path={path!r:.40}.",
        "No picture was read or changed.",
        "Pass the path of a folder with pictures, such as data.folder('my_photos', size=32).",
    )


def _formats() -> list[str]:
    Image.init()
    return [kind for kind in Image.ID if kind not in NOT_READ]


def _pictures(root: Path) -> tuple[dict[Path, tuple[int, ...]], str]:
    """Return the picture files below a folder, sorted, each with its size and times of change.

    And a sentence on files that a person would take for pictures ("" if there are none).
    """
    formats = _formats()
    endings = {end for end, kind in Image.registered_extensions().items() if kind in formats}
    files, others = {}, Counter()
    for path in sorted(root.rglob("*")):
        name, ending = path.relative_to(root), path.suffix.lower()
        hidden = any(part.startswith(".") for part in name.parts)
        others[ending] += ending in OTHERS and ending not in endings and not hidden
        with suppress(OSError):  # gone meanwhile, or not ours to look at
            if ending in endings and not hidden and path.is_file():
                about = path.stat()
                files[name] = (about.st_size, about.st_mtime_ns, about.st_ctime_ns)
    passed = ", ".join(f"{count} {ending}" for ending, count in others.items() if count)
    passed = f"Files that cannot be read: {passed}." if passed else ""
    if not root.is_dir():
        raise _error(f"There is no folder {cache.shown(root)}.")
    if len(files) < 2:
        found = f"{cache.shown(root)} holds {'only one picture' if files else 'no picture'}"
        raise _error(f"{found}. {passed}".strip())
    return files, passed


def _error(what: str) -> DataFileError:
    todo = "Pass the path of a folder with at least two pictures (JPEG, PNG, WebP, TIFF, BMP …)."
    return DataFileError(what, "No file was changed.", todo)


def _read_all(
    root: Path, names: list[Path], size: int, channels: int
) -> tuple[np.ndarray, np.ndarray, str]:
    """Return x (N, C, H, W), y (N,), and a sentence on the pictures left out ("" if none)."""
    try:
        x = np.empty((len(names), channels, size, size), dtype=np.uint8)
    except MemoryError as error:
        what = f"{len(names):,} pictures of {size} × {size} pixels do not fit in memory."
        todo = "Choose a smaller size, or a folder with fewer pictures."
        raise SettingError(what, "No picture was read or changed.", todo) from error
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
    note += ", ".join(left_out[:3]) + (" …" if len(left_out) > 3 else ".")
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
