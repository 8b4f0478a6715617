"""How the runs of an ablation are written, for the scripts that train them.

The file, read by ``data.ablation(name)`` (gan_lessons/data/ablation.py), is a compressed npz
without pickles, with these arrays (C configurations, S seeds, n samples kept of each run):

    about           text, 0-d: one sentence without a full stop: what ran, seeds, steps, processor
                    seconds, date, script; the loader adds the digest
    configs         text, (C,)
    seeds           int64, (S,)
    scores/METRIC   float32, (C, S): one array per metric
    samples         points: float16 (C, S, n, 2); images: uint8 (C, S, n, channels, height, width)
    more/FACT       anything else: numbers of any shape (float32, int64, uint8), or text, 0-d or 1-d

A file is used only if its SHA-256 stands in ``SHIPPED`` of gan_lessons/data/ablation.py:
:func:`save` prints it. The same script makes the same bytes on the same machine and thread count.
"""

import argparse
import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch

DATA = Path(__file__).parents[1]
FAR = 100.0  # points that left are far enough here, and still whole in float16


def save(
    name: str,
    *,
    about: str,
    configs: Sequence[str],
    seeds: Sequence[int],
    scores: Mapping[str, torch.Tensor],
    samples: torch.Tensor,
    more: Mapping[str, object] | None = None,
    folder: Path = DATA,
) -> Path:
    """Write ablation_NAME.npz, say what it is and return its path.

    Args:
        about, configs, seeds, scores, samples, more: see the top of this file; tensors, arrays,
            numbers, texts or lists of texts. Samples that are not uint8 are points: they are cut to
            ±100 and kept as float16.
        folder: where to.

    Raises:
        ValueError: shapes that do not fit each other, images that are not uint8, or NaN in the
            samples.
    """
    runs = (len(configs), len(seeds))
    samples = torch.as_tensor(samples).cpu()
    if samples.shape[:2] != runs or samples.ndim not in (4, 6):
        raise ValueError(f"samples are {tuple(samples.shape)}, not (C, S, n, …) with C, S = {runs}")
    if (samples.ndim == 6) != (samples.dtype == torch.uint8):
        raise ValueError(f"images must be uint8 and points floats, not {samples.dtype}")
    if samples.dtype != torch.uint8:
        if samples.isnan().any():
            raise ValueError("there is NaN in the samples: which run broke?")
        samples = samples.clamp(-FAR, FAR).half()
    arrays = {
        "about": np.array(about),
        "configs": np.array(list(configs)),
        "seeds": np.array(list(seeds), "<i8"),
        "samples": samples.numpy(),
    }
    for metric, values in scores.items():
        if tuple(values.shape) != runs:
            raise ValueError(f"scores of {metric} are {tuple(values.shape)}, not {runs}")
        arrays[f"scores/{metric}"] = torch.as_tensor(values).cpu().numpy().astype("<f4")
    arrays |= {f"more/{fact}": _array(value) for fact, value in (more or {}).items()}
    path = folder / f"ablation_{name}.npz"
    part = path.with_name(f"part-of-{path.name}")  # a stopped run harms no good file
    np.savez_compressed(part, **arrays)
    part.replace(path)
    print(f"{path.name}: {runs[0]} x {runs[1]} runs, {path.stat().st_size / 1e3:.0f} kB")
    print(f"  SHA-256 {hashlib.sha256(path.read_bytes()).hexdigest()}")
    return path


def _array(value: object) -> np.ndarray:
    """Return a fact as an array that needs no pickle."""
    array = value.cpu().numpy() if isinstance(value, torch.Tensor) else np.asarray(value)
    if array.dtype.kind not in "Ufiub":
        raise ValueError(f"{array.dtype} would need a pickle: keep numbers or texts")
    small = {"f": "<f4", "i": "<i8", "b": "|u1", "u": "|u1" if array.dtype == "u1" else "<i8"}
    return array.astype(small[array.dtype.kind]) if array.dtype.kind in small else array


def arguments(text: str, *names: str) -> argparse.Namespace:
    """Return --folder and --force of a making script, refusing to overwrite what is there.

    Args:
        text: what the script does. names: of the ablations that it writes.
    """
    parser = argparse.ArgumentParser(description=text)
    parser.add_argument("--folder", type=Path, default=DATA, help="where the files go")
    parser.add_argument("--force", action="store_true", help="overwrite existing files")
    asked = parser.parse_args()
    if not asked.folder.is_dir():
        parser.error(f"--folder must be a folder that exists, not {asked.folder}")
    there = [name for name in names if (asked.folder / f"ablation_{name}.npz").exists()]
    if there and not asked.force:
        parser.error(f"{', '.join(there)}: there already; add --force to overwrite, or --folder")
    return asked
