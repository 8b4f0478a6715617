"""Real data sets, downloaded once and checked every time. Introduced in lesson 06."""

import hashlib
import os
from contextlib import suppress

import numpy as np
import torch

from gan_lessons.data import cache, download, idx
from gan_lessons.data.dataset import Dataset
from gan_lessons.errors import DataFileError

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

    N is 60,000, or 10,000 with ``train=False``. Looks in $GAN_LESSONS_DATA/mnist, then in the
    cache, then downloads (11 MB, once). Every file is checked against its SHA-256 at every call.

    Raises:
        DownloadError: the files are not here and no mirror hands them over.
        DataFileError: a file in $GAN_LESSONS_DATA is damaged.

    Source: LeCun, Cortes and Burges. Introduced in lesson 06.
    """
    return _dataset("mnist", train, name="MNIST", license="CC BY-SA 3.0")


def fashion_mnist(*, train: bool = True) -> Dataset:
    """Return Fashion-MNIST: ten kinds of clothing, in the shapes and by the rules of :func:`mnist`.

    Looks in $GAN_LESSONS_DATA/fashion_mnist first; a download is 31 MB. Same errors.

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

    def decode(packed: bytes, name: str = file) -> np.ndarray:
        raw = idx.gunzip(packed, limit=SIZES[stem], name=name)
        values = idx.parse(raw, name=name)
        kind, _, digest = DIGESTS[collection][stem].rpartition(":")
        if hashlib.sha256(packed if kind == "gz" else raw).hexdigest() != digest:
            raise idx.damaged(name, "is not the published file (its SHA-256 differs)")
        return values

    if os.environ.get("GAN_LESSONS_DATA"):
        path = cache.expand(os.environ["GAN_LESSONS_DATA"]) / collection / file
        try:
            packed = cache.read(path, limit=limit)
        except OSError as error:
            raise idx.damaged(cache.shown(path), "is too large or may not be read") from error
        if packed is not None:
            return decode(packed, cache.shown(path))
    for place in cache.places():
        with suppress(OSError, DataFileError):  # damaged or unreadable: as if it were not there
            if (packed := cache.read(place / collection / file, limit=limit)) is not None:
                return decode(packed)
    packed, values = download.fetch(
        [mirror + file for mirror in MIRRORS[collection]],
        limit=limit,
        accept=decode,
        instead="Use data.strokes() (no network needed), or set GAN_LESSONS_DATA to a folder with "
        f"{collection}/{file}.",
    )
    cache.store(f"{collection}/{file}", packed)
    return values
