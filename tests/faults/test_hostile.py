"""Archives and pictures that were made to do harm, put in front of every door that opens a file.

Nothing is written beside them, no code of theirs runs, and what a learner reads is the documented
error, or a picture left out. Hostile checkpoints: tests/faults/test_checkpoints.py.
"""

import bz2
import gzip
import io
import lzma
import os
import pickle
import stat
import struct
import tarfile
import time
import tracemalloc
import warnings
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from gan_lessons import checkpoint, data, files, progress
from gan_lessons.data import cache, download, real
from gan_lessons.errors import CheckpointError, DataFileError, LessonError
from tests.faults.test_checkpoints import Canary, as_checkpoint
from tests.soak import times
from tests.three_lines import complaints

BOMB = 2**26  # bytes of zeros
MEMORY = 2**28  # bytes that one file may cost at most
# Python 3.11.4 learned to be careful with archives; here it must not be, and before it is not.
TRUSTED = {"filter": "fully_trusted"} if hasattr(tarfile, "fully_trusted_filter") else {}

# -- what is hostile -------------------------------------------------------------------------


def members(canary: Path) -> dict[str, tuple[str, bytes, int]]:
    """Return what an archive may hold: a name, contents (or where a link leads), a kind of file."""
    code = f"import pathlib; pathlib.Path({str(canary)!r}).touch()"
    up = f"../../../../{canary.name}"
    return {
        "a name that leads out": (up, b"x", stat.S_IFREG),
        "an absolute name": (str(canary), b"x", stat.S_IFREG),
        "a detour": (f"a/b/../../../{canary.name}", b"x", stat.S_IFREG),
        "a backslash": (f"..\\..\\{canary.name}", b"x", stat.S_IFREG),
        "a link out": ("link", str(canary.parent).encode(), stat.S_IFLNK),
        "a hard link out": ("hard", str(canary).encode(), 0),
        "a device": ("device", b"", stat.S_IFCHR),
        "a very long name": ("a/" * 2_500 + canary.name, b"x", stat.S_IFREG),
        "a bomb": ("zeros", bytes(BOMB), stat.S_IFREG),
        "a pickle": ("x.npy", npy_of_code(code), stat.S_IFREG),
    }


def npy_of_code(code: str) -> bytes:
    """Return an array of objects in NumPy's format: it would be unpickled, and run the code."""
    made = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        made, {"descr": "|O", "fortran_order": False, "shape": (1,)}
    )
    return made.getvalue() + pickle.dumps(Canary(exec, code))


def as_zip(name: str, content: bytes, kind: int, *, packing: int = zipfile.ZIP_DEFLATED) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", packing) as archive:
        about = zipfile.ZipInfo(name)
        about.external_attr = (kind | 0o777) << 16
        archive.writestr(about, content, packing)
        if kind == stat.S_IFLNK:
            archive.writestr(f"{name}/through the link", b"x")
    return made.getvalue()


def as_tar(name: str, content: bytes, kind: int) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        about = tarfile.TarInfo(name)
        types = {stat.S_IFLNK: tarfile.SYMTYPE, stat.S_IFCHR: tarfile.CHRTYPE, 0: tarfile.LNKTYPE}
        about.type = types.get(kind, tarfile.REGTYPE)
        if about.type == tarfile.REGTYPE:
            about.size = len(content)
        else:
            about.linkname = content.decode()
        archive.addfile(about, io.BytesIO(content))
    return made.getvalue()


def hostile_archives(canary: Path) -> dict[str, bytes]:
    """Return ten kinds of harm in five kinds of archives."""
    packed = {
        "zip": as_zip,
        "stored zip": lambda *about: as_zip(*about, packing=zipfile.ZIP_STORED),
        "tar.gz": lambda *about: gzip.compress(as_tar(*about), compresslevel=1),
        "tar.bz2": lambda *about: bz2.compress(as_tar(*about), compresslevel=1),
        "tar.xz": lambda *about: lzma.compress(as_tar(*about), preset=0),
    }
    return {
        f"{what} in a {kind}": pack(*about)
        for what, about in members(canary).items()
        for kind, pack in packed.items()
    }


def png(width: int, height: int, *more: tuple[bytes, bytes], depth: int = 1) -> bytes:
    head = (b"IHDR", struct.pack(">IIBBBBB", width, height, depth, 0, 0, 0, 0))
    out = b"\x89PNG\r\n\x1a\n"
    for kind, body in (head, *more, (b"IDAT", zlib.compress(bytes(2_000))), (b"IEND", b"")):
        out += struct.pack(">I", len(body)) + kind + body
        out += struct.pack(">I", zlib.crc32(kind + body))
    return out


def tiff(entries: dict[int, int], following: int = 0) -> bytes:
    """Return a TIFF of one directory; ``following`` is where the next one is said to be."""
    out = b"II*\0" + struct.pack("<IH", 8, len(entries))
    for tag, value in sorted(entries.items()):
        out += struct.pack("<HHII", tag, 4, 1, value)
    return out + struct.pack("<I", following) + bytes(64)


def many_frames(count: int) -> bytes:
    """Return a GIF of one pixel in very many frames: whoever counts them has to read them."""
    frame = b"!\xf9\x04\0\0\0\0\0" + b",\0\0\0\0\1\0\1\0\0" + b"\x02\x02D\x01\0"
    return b"GIF89a\1\0\1\0\x80\0\0\0\0\0\xff\xff\xff" + count * frame + b";"


def encoded(kind: str, width: int, height: int) -> bytes:
    made = io.BytesIO()
    Image.new("L", (width, height)).save(made, kind)
    return made.getvalue()


def hostile_pictures(canary: Path) -> dict[str, bytes]:
    """Return pictures that want memory, time, or somebody to run what is in them."""
    run = f"%pipe%touch {canary}"
    program = f"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 8 8\n({run}) (w) file\nshowpage\n"
    strip = {256: 8, 257: 8, 258: 8, 259: 1, 262: 1, 273: 100, 277: 1, 278: 8, 279: 64}
    zeros, text = zlib.compress(bytes(BOMB)), b"a\0\0"
    jpeg = encoded("JPEG", 8, 8)
    at = jpeg.index(b"\xff\xc0") + 5
    svg = f"<svg onload=\"fetch('file://{canary}')\"><script>1</script></svg>"
    laughs = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">' + "".join(
        f'<!ENTITY {b} "{10 * f"&{a};"}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    )
    return {
        "a program.eps": program.encode(),
        "a program.png": program.encode(),
        "a program.jpg": program.encode(),
        "a drawing.svg": svg.encode(),
        "a drawing.png": svg.encode(),
        "wide and high.png": png(60_000, 60_000),
        "nearly too large.png": png(13_000, 13_000),
        "no width.png": png(0, 8),
        "negative.png": png(2**32 - 1, 2**32 - 1),
        "a long text.png": png(8, 8, (b"zTXt", text[:2] + b"\0" + zeros)),
        "a long profile.png": png(8, 8, (b"iCCP", text[:2] + b"\0" + zeros)),
        "laughs.png": png(8, 8, (b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + laughs.encode())),
        "a long row.png": png(2**31 - 1, 1),
        "many frames.gif": many_frames(20_000),
        "a large screen.gif": many_frames(1).replace(b"\1\0\1\0\x80", b"\xff\xff\xff\xff\x80", 1),
        "in a circle.tif": tiff(strip, following=8),
        "a large strip.tif": tiff(strip | {256: 60_000, 257: 60_000, 279: 2**31}),
        "far away.tif": tiff(strip | {273: 2**32 - 1}),
        "a directory far away.tif": tiff(strip, following=2**32 - 16),
        "65,500 wide.jpg": jpeg[:at] + struct.pack(">HH", 65_500, 65_500) + jpeg[at + 4 :],
        "6,500 wide.jpg": jpeg[:at] + struct.pack(">HH", 6_500, 6_500) + jpeg[at + 4 :],
        "wide.bmp": encoded("BMP", 8, 8).replace(struct.pack("<ii", 8, 8), b"\xff\xff\xff\x7f" * 2),
        "wide.tga": bytes([0, 0, 11]) + bytes(9) + b"\xff\xff\xff\xff\x08\0" + b"\xff\0" * 99,
        "wide.ppm": b"P5 60000 60000 255\n" + bytes(99),
        "many.ppm": b"P5 9" + b"9" * 5_000 + b" 1 255\n",
        "wide.pcx": encoded("PCX", 8, 8)[:8] + b"\xff\xff\xff\xff" + encoded("PCX", 8, 8)[12:],
        "wide.ico": b"\0\0\1\0\1\0" + struct.pack("<BBBBHHII", 0, 0, 0, 0, 1, 32, 99, 22)
        + png(60_000, 60_000),
        "wide.qoi": b"qoif" + struct.pack(">IIBB", 60_000, 60_000, 4, 0) + b"\xfd" * 99,
        "wide.dds": encoded("DDS", 8, 8)[:12] + b"\xff\xff\0\0" * 2 + encoded("DDS", 8, 8)[20:],
        "cut.webp": encoded("WEBP", 64, 64)[:40],
    }  # fmt: skip


# -- doors -----------------------------------------------------------------------------------


def as_mnist(body: bytes, top: Path) -> None:
    """A file of MNIST that somebody handed over."""
    (top / "own" / "mnist").mkdir(parents=True, exist_ok=True)
    (top / "own" / "mnist" / "t10k-images-idx3-ubyte.gz").write_bytes(body)
    real._load("mnist", "t10k-images-idx3")


def as_strokes(body: bytes, top: Path) -> None:
    """A file in place of one that ships."""
    (top / "own").mkdir(exist_ok=True)
    (top / "own" / "strokes.npz").write_bytes(body)
    data.strokes()


def as_run(body: bytes, top: Path) -> None:
    """A checkpoint: a foreign file, and one with a right first line."""
    path = top / "step_00000005.ckpt"
    path.write_bytes(body)
    with pytest.raises(CheckpointError):
        checkpoint.load(path)
    path.write_bytes(as_checkpoint(body))
    checkpoint.load(path)


def as_progress(body: bytes, top: Path) -> None:
    """What is kept of a learner's progress."""
    (top / progress.NAME).write_bytes(body)
    with pytest.raises(ValueError, match=r"."):
        progress.read(top / progress.NAME)
    progress.note("lesson.exercise", solved=True, minutes=1.0, folder=top)
    aside = top / "progress.damaged.json"
    assert aside.read_bytes() == body
    assert progress.read(top / progress.NAME)["lesson.exercise"].solved
    aside.unlink()
    raise DataFileError("It is put aside.", "It is kept.", "Nothing.")  # as other doors say it


def as_pictures(body: bytes, top: Path) -> None:
    """Pictures under every ending, and the cache of pictures: another file than was written."""
    home = top / "pictures"
    home.mkdir(exist_ok=True)
    for number in range(2):
        Image.new("RGB", (8, 8), (250, number, 0)).save(home / f"good {number}.png")
    for ending in ("png", "jpg", "tif", "gif", "webp"):
        (home / f"bad.{ending}").write_bytes(body)
    with pytest.warns(UserWarning, match="5 of 7 pictures could not be read"):
        right = data.folder(home, size=8).x
    (entry,) = (top / "cache").rglob("*.npz")
    entry.write_bytes(body)
    with pytest.warns(UserWarning, match="5 of 7 pictures could not be read"):
        assert torch.equal(data.folder(home, size=8).x, right)
    for path in home.iterdir():
        path.unlink()
    data.folder(home, size=8)


DOORS = (as_mnist, as_strokes, as_run, as_progress, as_pictures)


def everything_in(top: Path) -> dict[str, bytes | None]:
    """Return every file around the doors, with its contents."""
    found = sorted(top.rglob("*"))
    return {str(path): path.read_bytes() if path.is_file() else None for path in found}


@pytest.fixture
def inside(tmp_path, monkeypatch) -> Path:
    """A folder deep in another one; no network, a cache and settings of its own."""
    inside = tmp_path / "a" / "b" / "c" / "inside"
    inside.mkdir(parents=True)
    monkeypatch.setenv("GAN_LESSONS_DATA", str(inside / "own"))
    monkeypatch.setattr(cache, "places", lambda: [inside / "cache"])
    monkeypatch.setattr(download, "_get", lambda url, limit: pytest.fail("asks the network"))
    monkeypatch.setattr(files, "REPOSITORY", inside)
    return inside


def costs(work: Callable[[], None]) -> tuple[int, float]:
    """Return the most bytes that a piece of work held at once, and the seconds it took."""
    tracemalloc.start()
    start = time.monotonic()
    try:
        work()
        return tracemalloc.get_traced_memory()[1], time.monotonic() - start
    finally:
        tracemalloc.stop()


def test_hostile_archives(tmp_path, inside, record_property):
    canary = tmp_path / "canary"
    archives = hostile_archives(canary)
    assert len(archives) == 50
    chosen = [*archives][:: times(6, 1)]  # of six: every kind of harm, every kind of archive
    most = slowest = 0.0
    for name in chosen:
        for door in DOORS:

            def knock(door=door, body=archives[name]):
                with pytest.raises(LessonError) as info:
                    door(body, inside)
                assert complaints(info.value) == []

            memory, seconds = costs(knock)
            most, slowest = max(most, memory - len(archives[name])), max(slowest, seconds)
            assert memory < MEMORY, (name, door.__name__)
            outside = {path.name for path in tmp_path.rglob("*") if inside not in path.parents}
            assert outside == {"a", "b", "c", "inside"}, (name, door.__name__)
    kept = {path.relative_to(inside).parts[0] for path in inside.rglob("*")}
    assert kept <= {"own", "cache", "pictures", "step_00000005.ckpt", progress.NAME}
    record_property("n", len(chosen))
    record_property(
        "note",
        f"before {len(DOORS)} doors: {most / 2**20:.0f} MB and {slowest:.1f} s at most",
    )


def test_hostile_pictures(tmp_path, inside, record_property):
    """Each is left out or read as something; the others are read; and no pipe is waited for."""
    canary, home = tmp_path / "canary", inside / "pictures"
    pictures = hostile_pictures(canary)
    home.mkdir()
    for number in range(2):
        Image.new("RGB", (8, 8), (250, number, 0)).save(home / f"good {number}.png")
    if hasattr(os, "mkfifo"):
        os.mkfifo(home / "a pipe.png")
        (home / "zeros.png").symlink_to("/dev/zero")
    most, slowest, read = 0.0, 0.0, 0
    for name, body in pictures.items():
        (home / name).write_bytes(body)

        def look():
            nonlocal read
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                x = data.folder(home, size=8).x
            good = ((x[:, 0] == 250) & (x[:, 1] < 2)).all((1, 2)).sum()
            assert good >= 2
            read += len(x) - 2

        memory, seconds = costs(look)
        most, slowest = max(most, memory), max(slowest, seconds)
        assert memory < MEMORY, name
        (home / name).unlink()
    outside = {path.name for path in tmp_path.rglob("*") if inside not in path.parents}
    assert outside == {"a", "b", "c", "inside"}
    record_property("n", len(pictures))
    record_property(
        "note",
        f"{read} read as something: {most / 2**20:.0f} MB and {slowest:.1f} s at most",
    )


def test_the_archives_are_hostile(tmp_path):
    """Opened the way that is banned here, the canary is there."""
    canary = tmp_path / "canary"
    name, content, kind = members(canary)["a pickle"]
    with np.load(io.BytesIO(as_zip(name, content, kind)), allow_pickle=True) as npz:
        npz["x"]
    assert canary.exists()
    canary.unlink()
    (tmp_path / "1" / "2" / "3" / "4").mkdir(parents=True)
    name, content, kind = members(canary)["a name that leads out"]
    with tarfile.open(fileobj=io.BytesIO(as_tar(name, content, kind))) as archive:
        for member in archive:
            archive.extract(member, tmp_path / "1" / "2" / "3" / "4", **TRUSTED)
    assert canary.exists()
