"""What it means to ship a file of data, for the scripts beside this one that make them.

A script asks :func:`arguments` where to write, makes its arrays, and hands them to :func:`write`,
or to :func:`write_ablation` where they are the runs of an ablation. What takes minutes to train is
:func:`kept` on the way. Needs numpy only, and torch for what is kept.

A file that ships is a compressed npz without pickles, which is there whole or not at all. The same
arrays make the same bytes (with the same zlib): no date and no name of the machine is in the file.
Its loader in gan_lessons/data takes it by its SHA-256 only; :func:`write` prints that.
"""

import argparse
import hashlib
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

DATA = Path(__file__).parents[1]
FAR = 100.0  # points that left are far enough here, and still whole in float16


# -- what a script is asked ------------------------------------------------------------------


def arguments(
    text: str, *names: str, count: int | None = None, seed: int | None = None
) -> argparse.Namespace:
    """Return what a script is asked on its command line, as ``asked.files`` and more.

    Args:
        text: what the script does. names: of the files that it writes; see :func:`parser`.
        count: how many samples the set that ships has; None for a script without --count.
        seed: of the set that ships; None for a script without --seed.

    Ends the script in three lines where it could not do what it is asked or would overwrite a file.
    """
    asking = parser(text, *names)
    if count is not None:
        asking.add_argument("--count", type=int, default=count, help=f"1 to {count}")
    if seed is not None:
        asking.add_argument("--seed", type=int, default=seed)
    asked = asking.parse_args()
    if count is not None and not 1 <= asked.count <= count:
        refuse(f"--count is {asked.count}.", f"Ask for 1 to {count} samples.")
    if seed is not None and asked.seed < 0:
        refuse(f"--seed is {asked.seed}.", "Ask for a seed that is not negative.")
    check(asked)
    return asked


def parser(text: str, *names: str) -> argparse.ArgumentParser:
    """Return a parser that knows where the files go, for a script that adds questions of its own.

    One file goes to --out, several go to --folder under their own names; without either they go to
    data/. --force overwrites. After ``parse_args`` comes :func:`check`.
    """
    asking = argparse.ArgumentParser(description=text)
    if len(names) == 1:
        there = DATA / names[0]
        asking.add_argument("--out", type=Path, default=there, help=f"instead of data/{names[0]}")
    else:
        asking.add_argument("--folder", type=Path, default=DATA, help="instead of data")
    asking.add_argument("--force", action="store_true", help="overwrite what is there")
    asking.set_defaults(names=names)
    return asking


def check(asked: argparse.Namespace) -> None:
    """See that the files that a script was asked for may be written; list them in ``asked.files``.

    Ends the script in three lines where a folder is missing or a file is there already.
    """
    one = len(asked.names) == 1
    asked.files = [asked.out] if one else [asked.folder / name for name in asked.names]
    option = "--out" if one else "--folder"
    folder = asked.files[0].parent
    if not folder.is_dir():
        refuse(f"There is no folder {folder}.", f"Make it, or name another one with {option}.")
    if one and asked.out.suffix != ".npz":
        refuse(f"--out is {asked.out}, which is no .npz file.", "Name one that ends in .npz.")
    there = [str(path) for path in asked.files if path.exists()]
    if there and not asked.force:
        refuse(
            f"{' and '.join(there)}: there already.",
            f"Add --force to overwrite, or write elsewhere with {option}.",
        )


def refuse(what: str, todo: str) -> NoReturn:
    """End the script, before it has made anything, in three lines and with status 2."""
    print(f"{what}\nNothing was made; every file is as it was.\n{todo}", file=sys.stderr)
    raise SystemExit(2)


# -- writing ---------------------------------------------------------------------------------


def write(path: Path, arrays: Mapping[str, np.ndarray], *, holds: str) -> str:
    """Write arrays to an npz, whole or not at all; print what it holds; return its SHA-256.

    Args:
        path: where to; a file that is there is replaced, for :func:`check` comes before.
        arrays: by name, in the order in which they stand in the file.
        holds: what is in it, to print: "24,000 digits".

    Raises:
        ValueError: an array would need a pickle.
    """
    for name, array in arrays.items():
        if array.dtype.hasobject:
            raise ValueError(f"{name} would need a pickle: keep numbers or texts")

    def save(part: Path) -> None:
        with part.open("wb") as file:
            np.savez_compressed(file, **arrays)

    whole(path, save)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    print(f"{path}: {holds}, {path.stat().st_size / 1e3:,.0f} kB")
    print("SHA-256 of the file:", digest)
    return digest


def whole(path: Path, save: Callable[[Path], Any]) -> None:
    """Have ``save(part)`` write beside a path, and move that there when it is whole.

    A script that is stopped, or a disk that is full, harms no good file and leaves no part of one.
    """
    part = path.with_name(f"part-{os.getpid()}-of-{path.name}")
    try:
        save(part)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)  # still there only if a line above failed


def kept(path: Path, work: Callable[[], Any]) -> Any:
    """Return what is kept at a path; where there is nothing yet, do the work and keep it.

    Args:
        path: its name must tell all that the work depends on, for instance by a digest.
        work: returns tensors, numbers, texts, and tuples, lists or dictionaries of them.
    """
    import torch  # here, because drawing strokes and petals takes no torch

    if not path.exists():
        made = work()
        path.parent.mkdir(parents=True, exist_ok=True)
        whole(path, lambda part: torch.save(made, part))
    return torch.load(path, weights_only=True)


# -- ablations -------------------------------------------------------------------------------


def write_ablation(
    path: Path,
    *,
    about: str,
    configs: Sequence[str],
    seeds: Sequence[int],
    scores: Mapping[str, Any],
    samples: Any,
    more: Mapping[str, Any] | None = None,
) -> str:
    """Write what ``data.ablation(name)`` reads as data/ablation_NAME.npz; return its SHA-256.

    The file has these arrays (C configurations, S seeds, n samples kept of each run):

        about           text, 0-d
        configs         text, (C,)
        seeds           int64, (S,)
        samples         points: float16 (C, S, n, 2);
                        images: uint8 (C, S, n, channels, height, width)
        scores/METRIC   float32, (C, S): one array per metric
        more/FACT       anything else: numbers of any shape (float32, int64, uint8), or text, 0-d
                        or 1-d

    Args:
        about: one sentence without a full stop: what ran, seeds, steps, processor seconds, date,
            script. The loader adds the digest.
        configs, seeds, scores, samples, more: as above; tensors on the CPU, arrays, numbers, texts
            or lists of texts. Samples that are not uint8 are points: they are cut to ±100.

    Raises:
        ValueError: shapes that do not fit each other, images that are not uint8, NaN in the
            samples, or a fact that would need a pickle.
    """
    runs = (len(configs), len(seeds))
    samples = np.asarray(samples)
    if samples.shape[:2] != runs or samples.ndim not in (4, 6):
        raise ValueError(f"samples are {samples.shape}, not (C, S, n, …) with C, S = {runs}")
    if (samples.ndim == 6) != (samples.dtype == np.uint8):
        raise ValueError(f"images must be uint8 and points floats, not {samples.dtype}")
    if samples.dtype != np.uint8:
        if np.isnan(samples).any():
            raise ValueError("there is NaN in the samples: which run broke?")
        samples = samples.clip(-FAR, FAR).astype("<f2")
    arrays = {
        "about": np.array(about),
        "configs": np.array(list(configs)),
        "seeds": np.array(list(seeds), "<i8"),
        "samples": samples,
    }
    for metric, values in scores.items():
        arrays[f"scores/{metric}"] = np.asarray(values).astype("<f4")
        if arrays[f"scores/{metric}"].shape != runs:
            raise ValueError(f"scores of {metric} are {np.shape(values)}, not {runs}")
    arrays |= {f"more/{fact}": _plain(value) for fact, value in (more or {}).items()}
    return write(path, arrays, holds=f"{runs[0]} x {runs[1]} runs")


def _plain(value: Any) -> np.ndarray:
    """Return a fact as an array of one of the types that an ablation holds."""
    array = np.asarray(value)
    if array.dtype.kind not in "Ufiub":
        raise ValueError(f"{array.dtype} would need a pickle: keep numbers or texts")
    small = {"f": "<f4", "i": "<i8", "b": "|u1", "u": "|u1" if array.dtype == "u1" else "<i8"}
    return array.astype(small[array.dtype.kind]) if array.dtype.kind in small else array
