"""The runs that ship with lesson 05: one healthy kind and seven sick ones, on a ring of 8 modes.

How they were trained: data/make/gallery.py, which also makes the file again.
"""

import hashlib
import io
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from gan_lessons.data import shipped

KINDS = ("healthy", "D wins", "collapse", "oscillation", "no real data", "double sigmoid")
KINDS += ("batch norm", "range mismatch")  # in the order of the numbers in the file
CURVES = ("loss_d", "loss_g", "real_logit", "fake_logit")
LIMIT = 300_000  # bytes
MADE = "2026-11-21"
SHA256 = "b4c8f4e172d40b1bef7ff8d71435015589105a0e394d499ae23f5c8ba2dae7a6"


@dataclass(frozen=True, eq=False)
class Run:
    """What is left of one run. Lesson 05.

    Attributes:
        kind: which of KINDS it is; None where that is the question. seed: where it started.
        numbers: loss_d, loss_g, real_logit and fake_logit, float32 (600,) each, one per step.
        looks: (6, 100, 2) samples from the same noise after 100, 200 … 600 steps.
        mates: how much D's logit of a real sample changed when fakes joined its batch.
    """

    kind: str | None
    seed: int
    numbers: dict[str, Tensor]
    looks: Tensor
    mates: float


@dataclass(frozen=True)
class Gallery:
    """All that lesson 05 ships.

    Attributes:
        runs: three seeds of each kind. unseen: two more of each, their kind hidden.
        truth: the kinds of the unseen ones.
        traces: (24, 30, 4) of 24 healthy runs of 1,500 steps, every 50 steps: energy distance to
            500 validation points, to 3,000 test points, mean loss_d and loss_g since the look
            before.
        made: the date of the file. digest: its SHA-256.
    """

    runs: list[Run]
    unseen: list[Run]
    truth: list[str]
    traces: Tensor
    made: str = MADE
    digest: str = SHA256


def gallery() -> Gallery:
    """Return the runs of gallery.npz, from $GAN_LESSONS_DATA or the repository's data folder.

    Raises:
        DataFileError: the file is missing or not the one that ships.

    Introduced in lesson 05.
    """
    path, packed = shipped.read("gallery.npz", limit=LIMIT, script="gallery.py")
    if hashlib.sha256(packed).hexdigest() != SHA256:
        why = "is not the gallery that ships (its SHA-256 differs)"
        raise shipped.refused(path, why, script="gallery.py")
    with np.load(io.BytesIO(packed), allow_pickle=False) as file:
        array = {name: torch.from_numpy(file[name].astype("<f4")) for name in file.files}
    shown, hidden, truth = [], [], []
    columns = array["kinds"], array["seeds"], array["curves"], array["looks"], array["mates"]
    for number, seed, curves, looks, mates in zip(*columns, strict=True):
        numbers = dict(zip(CURVES, curves, strict=True))
        kind, unseen = KINDS[int(number)], seed >= 10
        run = Run(None if unseen else kind, int(seed), numbers, looks, float(mates))
        (hidden if unseen else shown).append(run)
        truth += [kind] if unseen else []
    return Gallery(shown, hidden, truth, array["traces"])
