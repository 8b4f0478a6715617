"""Ablations that ship: many runs that differ in one trick each, for lessons 12 to 15, 19 and the
published tables.

How each was trained: the script in data/make that its ``about`` names, which also makes the file
again with ``write_ablation`` of data/make/shipping.py (the format is told there). Datasheet:
data/ablation.md.
"""

import hashlib
import io
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from gan_lessons.data import shipped
from gan_lessons.errors import SettingError

LIMIT = 2_000_000  # bytes of one file
# The script that makes each file, and the SHA-256 of the one that ships.
SHIPPED: dict[str, tuple[str, str]] = {
    "plane": (
        "ablation.py",
        "96b911276d5f54408bac2458088c7a338bb5f8b01d33c6a4b990cd328cb4f2fd",
    ),
    "published": (
        "ablation.py",
        "2d4dac84c7d7a0d28ce5df9f5eb8f098ab71df07c7888f79df0360d940d4fddb",
    ),
    "images": (
        "image_ablation.py",
        "665490e9016aa21fdfbcd126ae55a9bc88a1d2b6ca7ba865def96db66a3325f5",
    ),
    "little": (
        "little.py",
        "4134c495e4566cd329155121e6daab2397ff51e0d220a20595b1292105704c1c",
    ),
    "conditions": (
        "conditions.py",
        "c8f03a9ad99c56855f15b709f78a33d44b3b742b2a31aea56a89f92332d10138",
    ),
    "budget": (
        "one_budget.py",
        "dfea43ea2c38e64ca56975e2f5ac1961c7791aea757eef7905c24b7242be13de",
    ),
    "fill": (
        "repair.py",
        "a70c7a8d029f15ba9e9bbad790ed223e6f751315f0b9966576040a57674c519b",
    ),
    "enhance": (
        "repair.py",
        "e2e41270b0bf1fbf2cc60f4588c5281baf67805884939636e4560430750fad74",
    ),
    "outline": (
        "repair.py",
        "6d5366acb0f1161b31b6a3165b12fa83c9ed7dd4fcc4391b0fb0c1afa9803846",
    ),
    "gray": (
        "repair.py",
        "4c12a116ebcb655e83643eef99562f64f3b28f4af9d17d5e0549f6b0f254117f",
    ),
    "stacked": (
        "stacked.py",
        "f184ebcfdd929a3ee6c8e98e196d785e4e22208fdccb4b8fe84f0f21a16195cd",
    ),
}


@dataclass(frozen=True, eq=False)
class Ablation:
    """What is left of the runs of one ablation: C configurations with S seeds each. Lesson 12.

    Attributes:
        name: plane, published, images, stacked, little, conditions, budget, fill, enhance, outline
            or gray.
        about: one sentence to print: what ran, seeds, budget, date, digest.
        configs: what each configuration is called. seeds: of the runs, the same for all of them.
        scores: for each metric its values, float32 (C, S).
        samples: some of each run's samples: points, float32 (C, S, n, 2), or images, uint8
            (C, S, n, channels, height, width).
        more: extra facts by name (data/ablation.md): a tensor, a text or a tuple of texts.
        digest: the SHA-256 of the file.
    """

    name: str
    about: str
    configs: tuple[str, ...]
    seeds: tuple[int, ...]
    scores: dict[str, Tensor]
    samples: Tensor
    more: dict[str, Tensor | str | tuple[str, ...]] = field(default_factory=dict)
    digest: str = ""


def ablation(name: str) -> Ablation:
    """Return the runs of ablation_NAME.npz, from $GAN_LESSONS_DATA or the repository's data folder.

    Args:
        name: "plane" (the grid of 25, one trick added or left out), "published" (beside the table
            of PacGAN), "images", "stacked" (digits in three channels, 1,000 modes), "little"
            (a hundred strokes and 20,000, with goggles and without; lesson 13), "conditions"
            (three ways of telling D what was asked for; lesson 14), "budget" (GAN, VAE and flow
            on strokes; lesson 19), "fill" (holes, and a critic of several weights), "enhance"
            (mosaics), "outline" (flowers painted) or "gray" (colors hidden in gray; all lesson 15).

    Raises:
        SettingError: no ablation of that name ships.
        DataFileError: the file is missing or not the one that ships.

    Introduced in lesson 12.
    """
    if name not in SHIPPED:
        raise SettingError(
            f"No ablation {str(name)[:40]!r} ships with the course.",
            "Nothing was loaded.",
            f"Ask for one of these: {', '.join(SHIPPED)}.",
        )
    script, pinned = SHIPPED[name]
    path, packed = shipped.read(f"ablation_{name}.npz", limit=LIMIT, script=script)
    digest = hashlib.sha256(packed).hexdigest()
    if digest != pinned:
        why = "is not the one that ships (its SHA-256 differs)"
        raise shipped.refused(path, why, script=script)
    with np.load(io.BytesIO(packed), allow_pickle=False) as file:
        array = {key: _plain(file[key]) for key in file.files}
    # The files are older than the folder data/make: make_ began the names of their scripts.
    about = array["about"].replace("/make_", "/make/")
    return Ablation(
        name=name,
        about=f"{about} (SHA-256 {digest[:8]}…)",
        configs=array["configs"],
        seeds=tuple(array["seeds"].tolist()),
        scores=_group(array, "scores/"),
        samples=array["samples"],
        more=_group(array, "more/"),
        digest=digest,
    )


def _plain(array: np.ndarray) -> Tensor | str | tuple[str, ...]:
    """Return text as text and numbers as a tensor: float32, int64, or uint8 as it is."""
    if array.dtype.kind == "U":
        return str(array) if array.ndim == 0 else tuple(map(str, array))
    if array.dtype.kind == "f":
        return torch.from_numpy(array.astype("<f4"))
    return torch.from_numpy(array if array.dtype == np.uint8 else array.astype("<i8"))


def _group(array: dict, start: str) -> dict:
    return {key.removeprefix(start): array[key] for key in array if key.startswith(start)}
