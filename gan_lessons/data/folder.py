"""The learner's own pictures as a data set. Introduced in lesson 06."""

import hashlib
import io
import os
import warnings
import zipfile
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from PIL import Image, ImageOps, __version__
from tqdm.auto import tqdm

from gan_lessons import files
from gan_lessons.data import cache
from gan_lessons.data.dataset import Dataset
from gan_lessons.errors import DataFileError, SettingError

# EPS is a program that another program would run; of the others Pillow knows the names only.
NOT_READ = {"EPS", "BUFR", "GRIB", "HDF5", "MPEG", "WMF"}
MAX_PIXELS = 50_000_000  # of one picture; a larger one gets no memory
MAX_SIZE = 1024
MAX_CACHED = 2**29  # bytes; a larger set is read anew each time
READING = 2  # raised when the same files come out otherwise, so that what is cached is read anew
OTHERS = {".heic", ".heif", ".jxl", ".cr2", ".cr3", ".nef", ".arw", ".dng", ".dcm", ".svg", ".zip"}
OTHERS |= {".tar", ".tgz", ".rar", ".7z", ".mp4", ".mov", ".avi", ".mkv", ".webm"}
DEPTHS = (2**8 - 1, 2**10 - 1, 2**12 - 1, 2**14 - 1, 2**16 - 1)  # white, as cameras count
DARK = 64  # a picture without a value from here on is nearly black
REMARKS = {
    "long": "More than twice as long as wide, only the middle square was kept",
    "small": "Less than half as large as asked for, enlarging has blurred them",
    "frames": "Of several frames, only the first was taken",
}


def folder(path: str | os.PathLike, *, size: int, channels: int = 3) -> Dataset:
    """Return your own pictures, center-cropped to squares and resized with antialiasing.

    Takes every format that Pillow reads by itself, also in sub-folders, and turns photos upright
    (EXIF). What is transparent becomes white; of an animation the first frame is taken. Grey
    pictures of more than 8 bits are scaled alike in the whole folder: white is the largest value
    of 8, 10, 12, 14 or 16 bits that all of them fit in, of floats 1 where that is enough. Links
    are followed, and each file and folder is taken once.

    Hidden files and files of other kinds are passed over. One warning tells what you may not
    expect: pictures left out (over 50 million pixels, damaged, not yours to open), cropped by more
    than half, enlarged to more than twice their size, scaled, nearly black, links that lead
    nowhere. The result is cached while the files keep their names, sizes and times. Photos in
    HEIC, as some telephones keep them, have to be exported as JPEG first.

    Args:
        path: a folder, absolute or seen from the working directory (``os.getcwd()``; in JupyterLab
            the notebook's folder); each folder directly in it is a class, in alphabetical order.
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
    pictures, passed = _pictures(root)
    stamps = [(str(name), *stamp) for name, stamp in pictures.items()]
    key = repr((READING, size, channels, __version__, stamps))
    spot = hashlib.sha256(repr((str(root.absolute()), size, channels)).encode()).hexdigest()
    spot = f"folder/{spot[:16]}.npz"
    found = _cached(spot, key, limit=len(pictures) * (channels * size**2 + 8) + 2**16)
    if found is None:
        found, for_good = _read_all(root, list(pictures), size, channels)
        if for_good and found[0].nbytes <= MAX_CACHED:
            cache.store(spot, _pack(found, key))
    x, y, note = found
    if told := " ".join(filter(None, (note, passed))):
        warnings.warn(told, stacklevel=2)
    name = files.shown(Path(root.absolute().name), 40)
    return Dataset(x=torch.from_numpy(x), y=torch.from_numpy(y), name=name, license="yours")


def _root(path: str | os.PathLike) -> Path:
    """Return the folder that was asked for; an empty path would be the notebook's own folder."""
    with suppress(TypeError):
        if (text := os.fsdecode(path)) and "\0" not in text:
            return files.expand(text)
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

    And what a person would like to know of the others ("" if nothing).
    """
    if not os.path.isdir(root):  # noqa: PTH112  Path.is_dir raises on some names
        raise _no_folder(root)
    formats = _formats()
    endings = {end for end, kind in Image.registered_extensions().items() if kind in formats}
    found = _below(root)
    files, same, kinds, again = {}, {}, Counter(), list(found.again)
    for path, _ in sorted(found.files, key=lambda pair: (pair[1], pair[0])):
        ending = path.suffix.lower()
        kinds[ending] += ending not in endings
        with suppress(OSError):  # gone meanwhile, or not ours to look at
            if ending in endings and path.is_file():
                about = path.stat()
                identity = (about.st_dev, about.st_ino) if about.st_ino else path.resolve()
                if same.setdefault(identity, path) is not path:
                    again.append(path)
                    continue
                stamp = (about.st_size, about.st_mtime_ns, about.st_ctime_ns)
                files[path.relative_to(root)] = stamp
    ends_of_pictures = {*endings, ""}  # a link without an ending may have been a class
    lost = [path for path in found.lost if path.suffix.lower() in ends_of_pictures]
    passed = ", ".join(f"{n} {end}" for end, n in sorted(kinds.items()) if n and end in OTHERS)
    told = [f"Files that cannot be read: {passed}."] if passed else []
    for paths, what in (
        (lost, "Links that lead nowhere"),
        (found.closed, "Folders that may not be opened"),
        (again, "Taken once, though found under a second name"),
    ):
        if paths:
            told.append(f"{what}: {_listed([path.relative_to(root) for path in paths])}")
    if len(files) < 2:
        what = "only one picture" if files else "no picture"
        if not told and (count := kinds.total()):
            told.append(_others_there(count, kinds))
        raise _error(f"{_absolute(root)} holds {what}.", *told)
    return dict(sorted(files.items())), " ".join(told)


class _Below(NamedTuple):
    """What lies below a folder, hidden things left out."""

    files: list[tuple[Path, bool]]  # and whether it is a link
    lost: list[Path]  # links that lead nowhere
    again: list[Path]  # folders that were found before, under another name
    closed: list[Path]  # folders that may not be opened


def _below(root: Path) -> _Below:
    """Walk through a folder and follow its links last; a link that leads upwards is passed over."""
    found, links, waiting = _Below([], [], [], []), [], [root]
    seen = {os.path.realpath(root)}
    above = {str(place) for place in Path(os.path.realpath(root)).parents}

    def enter(path: Path) -> None:
        real = os.path.realpath(path)
        if real not in seen:
            seen.add(real)
            waiting.append(path)
        elif not _within(os.path.realpath(path.parent), real):  # leads to no place around it
            found.again.append(path)

    while waiting or links:
        if not waiting:
            link = links.pop(0)
            if os.path.isdir(link):  # noqa: PTH112  Path.is_dir raises where it may not look
                if os.path.realpath(link) not in above:
                    enter(link)
            elif os.path.exists(link):  # noqa: PTH110
                found.files.append((link, True))
            else:
                found.lost.append(link)
            continue
        place = waiting.pop()
        try:
            with os.scandir(place) as listing:
                entries = sorted(listing, key=lambda entry: entry.name)
        except OSError:
            found.closed.append(place)
            continue
        for entry in entries:
            path = place / entry.name
            if entry.name.startswith("."):
                continue
            if entry.is_symlink():
                links.append(path)
            elif entry.is_dir():
                enter(path)
            else:
                found.files.append((path, False))
    return found


def _within(path: str, place: str) -> bool:
    return path == place or path.startswith(place.rstrip(os.sep) + os.sep)


def _absolute(path: Path) -> str:
    return files.shown(Path(os.path.abspath(path)))  # noqa: PTH100  keeps links, drops ".."


def _no_folder(root: Path) -> DataFileError:
    there = " (a file has this name)" if os.path.isfile(root) else ""  # noqa: PTH113
    todo = "Pass the path of a folder that exists, such as data.folder('my_photos', size=32)."
    if not root.is_absolute():
        todo = f"The working directory is {files.shown(Path.cwd(), 90)}: give the path from there."
    return DataFileError(
        f"There is no folder {_absolute(root)}{there}.", "No file was changed.", todo
    )


def _others_there(count: int, kinds: Counter) -> str:
    ends = [f"{n} {end or 'without an ending'}" for end, n in kinds.most_common(3) if n]
    return f"Of other files it holds {count:,}: {', '.join(ends)}{' …' if len(kinds) > 3 else ''}."


def _listed(names: list[Path | str]) -> str:
    """Return three of the names, and how many more there are, as the end of a sentence."""
    more = f" and {len(names) - 3:,} more." if len(names) > 3 else "."
    return ", ".join(files.shown(Path(name), 40) for name in names[:3]) + more


def _error(what: str, *more: str) -> DataFileError:
    """Return the error; of what more there is to tell, as much as one line holds."""
    todo = "Pass the path of a folder with at least two pictures (JPEG, PNG, WebP, TIFF, BMP …)."
    for sentence in more:
        what += f" {sentence}" if len(what) + len(sentence) < 270 else ""
    return DataFileError(what, "No file was changed.", todo)


def _read_all(
    root: Path, names: list[Path], size: int, channels: int
) -> tuple[tuple[np.ndarray, np.ndarray, str], bool]:
    """Return x (N, C, H, W), y (N,), and what to tell of the pictures ("" if nothing).

    And whether another call would find the same: a disk that fails once may answer the next time.
    """
    for_good = True
    try:
        x = np.empty((len(names), channels, size, size), dtype=np.uint8)
    except MemoryError as error:
        what = f"{len(names):,} pictures of {size} × {size} pixels do not fit in memory."
        todo = "Choose a smaller size, or a folder with fewer pictures."
        raise SettingError(what, "No picture was read or changed.", todo) from error
    kept, left_out, remarks, deep = [], [], Counter(), {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's remarks on odd but readable files
        for name in tqdm(names, desc="pictures", delay=1, leave=False):
            try:
                read = _pixels(root / name, size, channels)
            except Exception as error:  # each of Pillow's 40 readers fails in its own way
                left_out.append(files.shown(name, 40) + _why(root / name, error))
                # what Pillow itself says of a damaged picture carries no number of the system's
                passing = isinstance(error, OSError) and error.errno is not None
                for_good = for_good and not (passing or isinstance(error, MemoryError))
                continue
            if read.depth:
                deep[len(kept)] = read
            else:
                x[len(kept)] = read.pixels
            remarks.update(read.remarks)
            kept.append(name)
    if len(kept) < 2:
        raise _error(f"{len(left_out)} picture(s) cannot be read, such as {left_out[0]}.")
    told = [_scale(deep, x, depth) for depth in ("I", "F")]
    x = x[: len(kept)]
    if left_out:
        told.insert(0, f"{len(left_out)} of {len(names)} pictures could not be read and were left")
        told[0] += f" out: {', '.join(left_out[:3])}{' …' if len(left_out) > 3 else '.'}"
    told += [f"{REMARKS[key]}: {remarks[key]} of {len(kept)}." for key in REMARKS if remarks[key]]
    dark = int((x.max(axis=(1, 2, 3)) < DARK).sum())
    if 2 * dark > len(x):
        told.append(
            f"Nearly black, no value above {DARK - 1} of 255: {dark} of {len(kept)}. (Numbers of "
            "classes, or color of a few bits in files of 16? Scale them first.)"
        )
    folders = [name.parts[0] if len(name.parts) > 1 else "" for name in kept]
    y = np.unique(folders, return_inverse=True)[1].astype(np.int64)
    return (x, y, " ".join(filter(None, told))), for_good


def _why(path: Path, error: Exception) -> str:
    """Say in brackets why a picture was left out, where that is not that it is damaged."""
    if isinstance(error, Image.DecompressionBombError):
        return f" (over {MAX_PIXELS // 10**6} million pixels)"
    with suppress(OSError):
        if path.stat().st_size == 0:
            return " (empty)"
    return " (may not be opened)" if isinstance(error, PermissionError) else ""


class _Read(NamedTuple):
    """One picture, center-cropped and resized."""

    pixels: np.ndarray  # uint8 (C, size, size), or float32 (size, size) with values as in the file
    remarks: tuple[str, ...]  # keys of REMARKS
    depth: str = ""  # "I" (whole numbers) or "F" (floats) where a pixel has more than 8 bits
    low: float = 0.0
    high: float = 0.0


def _pixels(path: Path, size: int, channels: int) -> _Read:
    """Return one picture; raises whatever Pillow raises."""
    plain = "L" if channels == 1 else "RGB"
    with Image.open(path, formats=_formats()) as picture:
        width, height = picture.size
        remarks = ("long",) if max(width, height) > 2 * min(width, height) else ()
        remarks += ("small",) if 2 * min(width, height) < size else ()
        if picture.format in ("GIF", "WEBP", "PNG", "TIFF") and _frames(picture) > 1:
            remarks += ("frames",)
        picture.draft(None, (2 * size, 2 * size))  # decodes a large JPEG smaller, and much faster
        if picture.width * picture.height > MAX_PIXELS:
            raise Image.DecompressionBombError("too many pixels")
        ImageOps.exif_transpose(picture, in_place=True)
        if picture.mode[0] in "IF":
            return _deep(picture, size, remarks)
        picture = picture.convert("RGBA" if picture.has_transparency_data else plain)
        picture = ImageOps.fit(picture, (size, size), Image.Resampling.LANCZOS)  # antialiased
        if picture.mode == "RGBA":
            picture = Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture)
        pixels = np.asarray(picture.convert(plain))
    return _Read(pixels.reshape(size, size, channels).transpose(2, 0, 1), remarks)


def _frames(picture: Image.Image) -> int:
    """Return how many frames a picture has; 1 if what follows the first is damaged."""
    try:
        count = getattr(picture, "n_frames", 1)
        picture.seek(0)
    except Exception:  # each of Pillow's readers fails in its own way
        return 1
    return count


def _deep(picture: Image.Image, size: int, remarks: tuple[str, ...]) -> _Read:
    """Return a picture of 16-bit or 32-bit numbers, or of floats; what is not a number is 0."""
    values = np.asarray(picture, dtype=np.float32)
    finite = values[np.isfinite(values)]
    low, high = float(finite.min(initial=0)), float(finite.max(initial=0))
    values = Image.fromarray(np.nan_to_num(values, posinf=high, neginf=low))
    fitted = ImageOps.fit(values, (size, size), Image.Resampling.LANCZOS)
    return _Read(np.asarray(fitted), remarks, picture.mode[0], low, high)


def _scale(deep: dict[int, _Read], x: np.ndarray, depth: str) -> str:
    """Write the deep pictures of one kind into x, all scaled alike, and say how ("" if plainly)."""
    chosen = {i: read for i, read in deep.items() if read.depth == depth}
    if not chosen:
        return ""
    high = max(read.high for read in chosen.values())
    plainly = 1 if depth == "F" else DEPTHS[-1]
    white = next((top for top in (DEPTHS if depth == "I" else (1, 255)) if high <= top), high)
    for i, read in chosen.items():
        x[i] = (read.pixels * (255 / white)).clip(0, 255).round()
    negative = sum(read.low < 0 for read in chosen.values())
    told = f"Values below 0, which is black: in {negative} of the pictures." if negative else ""
    if white != plainly:
        kind = "Floats" if depth == "F" else "More than 8 bits"
        many = f"{kind} up to {high:,.6g}, scaled so that {white:,.6g} is white: {len(chosen)}"
        told = f"{many} of the pictures. {told}".strip()
    return told


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
