"""Real data sets, downloaded once and checked every time. Introduced in lesson 06."""

import hashlib
import os
import warnings
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import torch

from gan_lessons import files
from gan_lessons.data import cache, download, idx
from gan_lessons.data.dataset import Dataset
from gan_lessons.errors import DataFileError, SettingError

MIRRORS = {
    "mnist": (
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
    ),
    "fashion_mnist": (
        "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
        "https://fashion-mnist.s3.eu-central-1.amazonaws.com/",
    ),
}
# Where people have the files below $GAN_LESSONS_DATA: as this course names the folder, as
# torchvision does. Both sets have files of the same names, so those that lie in the folder itself,
# where nothing says which set they are, are taken only if their SHA-256 is right.
FOLDERS = {
    "mnist": ("mnist", "MNIST/raw", "MNIST", "mnist/MNIST/raw"),
    "fashion_mnist": (
        "fashion_mnist",
        "FashionMNIST/raw",
        "FashionMNIST",
        "fashion-mnist",
        "fashion_mnist/FashionMNIST/raw",
    ),
}
UNNAMED = ("", "raw")
SIZES = {  # bytes of each file once unpacked, the same in both sets
    "train-images-idx3": 47_040_016,
    "train-labels-idx1": 60_008,
    "t10k-images-idx3": 7_840_016,
    "t10k-labels-idx1": 10_008,
}
# SHA-256 of the unpacked bytes: a file that somebody compressed again is still the same data.
# "gz:" marks that of the published .gz instead. The images of Fashion-MNIST were not at hand when
# this was written; these digests are the ones many public projects pin for the .gz whose published
# MD5 are 8d4fb7e6c68d591d4c3dfef9ec88bf0d (train) and bef4ecab320f06d8554ea6380940ec79 (test).
DIGESTS = {
    "mnist": {
        "train-images-idx3": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        "train-labels-idx1": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        "t10k-images-idx3": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        "t10k-labels-idx1": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    },
    "fashion_mnist": {
        "train-images-idx3": "gz:3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
        "train-labels-idx1": "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
        "t10k-images-idx3": "gz:346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
        "t10k-labels-idx1": "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
    },
}


def mnist(*, train: bool = True) -> Dataset:
    """Return MNIST: x uint8 (N, 1, 28, 28) in 0 … 255, white on black, y int64 (N,) 0 … 9.

    N is 60,000, or 10,000 with ``train=False``. Looks in $GAN_LESSONS_DATA/mnist and MNIST/raw, as
    torchvision keeps it, for ``train-images-idx3-ubyte`` or, as on Kaggle,
    ``train-images.idx3-ubyte``, packed (.gz) or not; then in the cache; then downloads (10 MB,
    once; 2 MB more for the test part). Every file is checked against its SHA-256 at every call.

    Raises:
        DownloadError: the files are not here and no mirror hands them over.
        DataFileError: a file in $GAN_LESSONS_DATA is damaged.
        SettingError: $GAN_LESSONS_DATA is not a folder, and the cache does not hold the files.

    Source: LeCun, Cortes and Burges. Introduced in lesson 06.
    """
    return _dataset("mnist", train, name="MNIST", license="CC BY-SA 3.0")


def fashion_mnist(*, train: bool = True) -> Dataset:
    """Return Fashion-MNIST: ten kinds of clothing, in the shapes and by the rules of :func:`mnist`.

    Looks in $GAN_LESSONS_DATA/fashion_mnist and FashionMNIST/raw first; a download is 31 MB. Of the
    images only the published .gz can be checked, so only that is taken. Same errors.

    Source: Xiao, Rasul and Vollgraf 2017. Introduced in lesson 06.
    """
    return _dataset("fashion_mnist", train, name="Fashion-MNIST", license="MIT")


def _dataset(collection: str, train: bool, *, name: str, license: str) -> Dataset:
    part = "train" if train else "t10k"
    images = _load(collection, f"{part}-images-idx3")  # (N, 28, 28)
    labels = _load(collection, f"{part}-labels-idx1")  # (N,)
    x = torch.from_numpy(images.copy())[:, None]  # (N, 1, 28, 28), a copy that may be changed
    y = torch.from_numpy(labels.astype(np.int64))
    return Dataset(x=x, y=y, name=name if train else f"{name} (test)", license=license)


def _load(collection: str, stem: str) -> np.ndarray:
    """Return a file's values from the learner's own directory, else the cache, else a mirror."""
    file = f"{stem}-ubyte.gz"
    limit = SIZES[stem] + 2**20  # bytes; packing never adds more

    def decode(data: bytes, name: str = file, *, own: bool = False) -> np.ndarray:
        packed = data[:2] == b"\x1f\x8b" or (name.endswith(".gz") and data[:3] != idx.BYTES)
        packed = packed or not own  # a mirror's and the cache's are the published ones
        raw = idx.gunzip(data, limit=SIZES[stem], name=name) if packed else data
        values = idx.parse(raw, name=name)
        kind, _, digest = DIGESTS[collection][stem].rpartition(":")
        if kind == "gz" and not packed:
            raise idx.damaged(name, f"is unpacked, and only the published {file} can be checked")
        if hashlib.sha256(data if kind == "gz" else raw).hexdigest() != digest:
            raise idx.damaged(name, "is not the published file (its SHA-256 differs)")
        return values

    home = os.environ.get("GAN_LESSONS_DATA")
    own = files.expand(home) if home else None
    for path, is_named in _names(own, collection, stem) if own else ():
        try:
            data = cache.read(path, limit=limit)
            if data is not None:
                return decode(data, files.shown(path), own=True)
        except (OSError, DataFileError) as error:
            if is_named and isinstance(error, DataFileError):
                raise
            if is_named:
                raise idx.damaged(files.shown(path), "is too large or may not be read") from error
    for place in cache.places():
        with suppress(OSError, DataFileError):  # damaged or unreadable: as if it were not there
            if (packed := cache.read(place / collection / file, limit=limit)) is not None:
                return decode(packed)
    kept = "Nothing was stored; no other data set was put in its place."
    instead = "Use data.strokes() (no network needed), or set GAN_LESSONS_DATA to a folder with "
    instead += f"{collection}/{file}."
    if own:
        kept = _what_is_in(own)
        instead = f"Use data.strokes(), or put {collection}/{file} there."
        warnings.warn(f"{kept} {file} is downloaded.", stacklevel=4)
    packed, values = download.fetch(
        [mirror + file for mirror in MIRRORS[collection]],
        limit=limit,
        accept=decode,
        kept=kept,
        instead=instead,
    )
    cache.store(f"{collection}/{file}", packed)
    return values


def _names(own: Path, collection: str, stem: str) -> Iterator[tuple[Path, bool]]:
    """Yield each path that a file may have, and whether its folder names the collection."""
    part, _, kind = stem.partition("-idx")  # train-images, 3
    files = [f"{stem}-ubyte.gz", f"{stem}-ubyte"]
    files += [f"{part}.idx{kind}-ubyte.gz", f"{part}.idx{kind}-ubyte"]
    files += [f"{stem}-ubyte/{stem}-ubyte", f"{part}-idx{kind}-ubyte/{part}.idx{kind}-ubyte"]
    for folder in (*FOLDERS[collection], *UNNAMED):
        for file in files:
            yield own / folder / file, folder not in UNNAMED


def _what_is_in(own: Path) -> str:
    """Return what a folder holds, short, as a sentence; refuse what is no folder.

    Raises:
        SettingError: there is nothing to look into.
    """
    try:
        names = sorted(path.name for path in own.iterdir() if not path.name.startswith("."))
    except OSError as error:
        why = "may not be opened" if isinstance(error, PermissionError) else "is not a folder"
        why = "does not exist" if isinstance(error, FileNotFoundError) else why
        raise SettingError(
            f"GAN_LESSONS_DATA={files.shown(own)} {why}.",
            "Nothing was downloaded; no other data set was put in its place.",
            "Correct it, or unset GAN_LESSONS_DATA, and the data are downloaded.",
        ) from error
    some = ", ".join(name if len(name) < 16 else name[:15] + "…" for name in names[:2])
    some += f" and {len(names) - 2:,} more" if len(names) > 2 else ""
    return f"GAN_LESSONS_DATA={files.shown(own.absolute(), 36)} holds {some or 'nothing'}."
