"""MNIST and Fashion-MNIST arrive whole, or the learner is told in three lines.

The network here is a server on this machine that fails in some thirty ways; the data set is a tiny
one in MNIST's format, with its own digests.
"""

import functools
import gzip
import hashlib
import os
import random
import shutil
import signal
import socket
import stat
import struct
import tempfile
import time
import traceback
import tracemalloc
import warnings
from contextlib import suppress
from pathlib import Path

import numpy as np
import pooch  # noqa: F401  imported here, as the process that becomes another user cannot
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gan_lessons import files
from gan_lessons.data import cache, download, idx, real
from gan_lessons.errors import DataFileError, DownloadError, SettingError
from tests.data.fault_server import GOOD, QUICK, SLOW, mutate, serve
from tests.soak import times

STEM, NAME = "t10k-images-idx3", "t10k-images-idx3-ubyte.gz"


def idx_bytes(values: np.ndarray) -> bytes:
    """Return values in the IDX format: the definition that the parser is tested against."""
    dims = struct.pack(f">{values.ndim}I", *values.shape)
    return bytes([0, 0, 8, values.ndim]) + dims + values.astype(np.uint8).tobytes()


WITHOUT_A_CLOCK = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 256, (9, 28, 28), dtype=np.uint8)
LABELS = RNG.integers(0, 10, 9, dtype=np.uint8)
RAW = {
    f"{part}-{kind}": idx_bytes(values)
    for part in ("train", "t10k")
    for kind, values in (("images-idx3", IMAGES), ("labels-idx1", LABELS))
}
FILES = {f"{stem}-ubyte.gz": gzip.compress(raw, mtime=0) for stem, raw in RAW.items()}


# Seconds: what answers at all may take as long as it likes, what never answers is given up soon.
LONG = {"CONNECT": 300, "READ": 300, "ANSWER": 300, "TOTAL": 600, "PATIENCE": 200, "BACK_OFF": 0.01}
SHORT = {"CONNECT": 300, "READ": 1, "ANSWER": 1.5, "TOTAL": 2, "PATIENCE": 0.9, "BACK_OFF": 0.01}


def use_small_set(patch, *, base: str, repository: Path, temp: Path) -> None:
    """Make ``real`` load the tiny set from the server at ``base``, and give up slow modes soon."""
    fetch_one = download._get

    def get(url: str, limit: int) -> bytes:
        slow = url.removeprefix(base).split("/")[0] in SLOW
        for name, seconds in (SHORT if slow else LONG).items():
            patch.setattr(download, name, seconds)
        return fetch_one(url, limit)

    digests = {stem: hashlib.sha256(raw).hexdigest() for stem, raw in RAW.items()}
    patch.setattr(real, "SIZES", {stem: len(raw) for stem, raw in RAW.items()})
    patch.setitem(real.DIGESTS, "mnist", digests)
    patch.setitem(real.MIRRORS, "mnist", (base + "ok/",))
    patch.setattr(download, "allowed", lambda url: url.startswith(base))
    patch.setattr(download, "_get", get)
    patch.setattr(download, "BACK_OFF", 0.01)
    patch.setattr(files, "REPOSITORY", repository)
    patch.setattr(tempfile, "tempdir", str(temp))
    patch.setenv("NO_PROXY", "127.0.0.1,localhost")
    patch.delenv("GAN_LESSONS_DATA", raising=False)
    patch.delenv("GAN_LESSONS_CACHE", raising=False)
    cache._warn_once.cache_clear()


@pytest.fixture
def checkout(tmp_path) -> Path:
    """An empty checkout of the course."""
    (tmp_path / "repo").mkdir()
    (tmp_path / "repo" / "pyproject.toml").write_text('name = "gan-lessons"')
    (tmp_path / "temp").mkdir()
    return tmp_path / "repo"


@pytest.fixture
def server(monkeypatch, checkout):
    with serve(FILES) as server:
        temp = checkout.parent / "temp"
        use_small_set(monkeypatch, base=server.base, repository=checkout, temp=temp)
        yield server


def mirrors(monkeypatch, server, *modes):
    monkeypatch.setitem(real.MIRRORS, "mnist", tuple(f"{server.base}{m}/" for m in modes))


def files_below(path: Path) -> list[Path]:
    return [p for p in path.rglob("*") if p.is_file() and p.name != "pyproject.toml"]


def is_told_in_three_lines(error: BaseException) -> bool:
    """What the learner reads: at most 400 characters."""
    return str(error).count("\n") == 2 and len(str(error)) <= 400


# -- the whole way ---------------------------------------------------------------------------


@pytest.mark.parametrize("train", [True, False])
def test_a_set_is_downloaded_once_and_then_read_from_the_cache(server, checkout, train):
    for _ in range(2):
        d = real.mnist(train=train)
        assert d.x.dtype == torch.uint8
        assert d.y.dtype == torch.int64
        assert torch.equal(d.x, torch.from_numpy(IMAGES)[:, None])
        assert torch.equal(d.y, torch.from_numpy(LABELS).long())
    assert server.asked == ["ok", "ok"]
    assert len(files_below(checkout / "data" / "cache" / "mnist")) == 2


def test_own_directory_is_looked_in_first(server, monkeypatch, tmp_path):
    own = tmp_path / "Übung 学习" / "it's #1 100%"
    (own / "mnist").mkdir(parents=True)
    for name, data in FILES.items():
        (own / "mnist" / name).write_bytes(data)
    monkeypatch.setenv("GAN_LESSONS_DATA", str(own))
    assert len(real.mnist()) == 9
    assert server.asked == []


LAYOUTS = {
    "kaggle": ("mnist", "{part}.idx{kind}-ubyte", False),
    "kaggle, with folders": ("mnist", "{part}-idx{kind}-ubyte/{part}-idx{kind}-ubyte", False),
    "kaggle, with folders and dots": (
        "mnist",
        "{part}-idx{kind}-ubyte/{part}.idx{kind}-ubyte",
        False,
    ),
    "unpacked": ("mnist", "{part}-idx{kind}-ubyte", False),
    "dots, packed": ("mnist", "{part}.idx{kind}-ubyte.gz", True),
    "torchvision": ("MNIST/raw", "{part}-idx{kind}-ubyte", False),
    "torchvision, packed": ("MNIST/raw", "{part}-idx{kind}-ubyte.gz", True),
    "torchvision below mnist": ("mnist/MNIST/raw", "{part}-idx{kind}-ubyte", False),
    "the folder itself": ("", "{part}-idx{kind}-ubyte.gz", True),
    "torchvision's MNIST itself": ("raw", "{part}-idx{kind}-ubyte", False),
    "unpacked by a browser that keeps .gz": ("mnist", "{part}-idx{kind}-ubyte.gz", False),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_names_that_people_have(server, monkeypatch, tmp_path, layout):
    folder, pattern, packed = LAYOUTS[layout]
    for stem, raw in RAW.items():
        part, _, kind = stem.partition("-idx")
        path = tmp_path / "own" / folder / pattern.format(part=part, kind=kind)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzip.compress(raw) if packed else raw)
    monkeypatch.setenv("GAN_LESSONS_DATA", str(tmp_path / "own"))
    assert torch.equal(real.mnist(train=False).x, torch.from_numpy(IMAGES)[:, None])
    assert server.asked == []


def test_a_folder_that_does_not_say_which_set_it_holds(server, monkeypatch, tmp_path):
    """Fashion-MNIST has files of the same names: they are no damaged MNIST, and not MNIST."""
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / NAME).write_bytes(gzip.compress(idx_bytes(255 - IMAGES)))
    monkeypatch.setenv("GAN_LESSONS_DATA", str(tmp_path / "own"))
    with pytest.warns(UserWarning, match=rf"own holds {NAME[:15]}….* is downloaded"):
        assert np.array_equal(real._load("mnist", STEM), IMAGES)


@pytest.mark.parametrize(
    ("kind", "why"), [("nowhere", "does not exist"), ("file", "is not a folder")]
)
def test_a_data_folder_that_is_none_is_named_and_nothing_is_asked(
    server, monkeypatch, tmp_path, kind, why
):
    (tmp_path / "file").touch()
    monkeypatch.setenv("GAN_LESSONS_DATA", str(tmp_path / kind))
    with pytest.raises(SettingError, match=f"GAN_LESSONS_DATA=.*{kind} {why}") as info:
        real.mnist()
    assert is_told_in_three_lines(info.value)
    assert server.asked == []
    monkeypatch.delenv("GAN_LESSONS_DATA")
    real.mnist()  # fills the cache, which is enough from then on
    monkeypatch.setenv("GAN_LESSONS_DATA", str(tmp_path / kind))
    assert len(real.mnist()) == 9


def test_where_it_looked_is_told_before_the_network_is_asked(server, monkeypatch, tmp_path):
    own = tmp_path / ("o" * 60)
    own.mkdir()
    monkeypatch.setenv("GAN_LESSONS_DATA", str(own))
    with pytest.warns(UserWarning, match=rf"GAN_LESSONS_DATA=.*ooo holds nothing\. {NAME} is down"):
        real._load("mnist", STEM)
    for name in ("MNIST_data", "a" * 60, "b", "c", ".hidden"):
        (own / name).mkdir()
    mirrors(monkeypatch, server, "503")
    monkeypatch.setattr(cache, "places", lambda: [tmp_path / "empty"])
    with (
        pytest.warns(UserWarning, match="is downloaded"),
        pytest.raises(DownloadError, match=r"ooo holds MNIST_data, a+… and 2 more") as info,
    ):
        real._load("mnist", STEM)
    assert is_told_in_three_lines(info.value)
    assert "put mnist/t10k-images-idx3-ubyte.gz there" in str(info.value)


def test_digest_of_fashion_images_is_of_the_published_gz(server, monkeypatch, tmp_path):
    digests = dict(real.DIGESTS["mnist"])
    digests[STEM] = "gz:" + hashlib.sha256(FILES[NAME]).hexdigest()
    monkeypatch.setitem(real.DIGESTS, "fashion_mnist", digests)
    monkeypatch.setenv("GAN_LESSONS_DATA", str(tmp_path))
    (tmp_path / "fashion_mnist").mkdir()
    for name, data in FILES.items():
        (tmp_path / "fashion_mnist" / name).write_bytes(data)
    assert len(real.fashion_mnist(train=False)) == 9
    (tmp_path / "fashion_mnist" / NAME).write_bytes(gzip.compress(RAW[STEM], compresslevel=1))
    with pytest.raises(DataFileError, match="SHA-256"):
        real.fashion_mnist(train=False)
    (tmp_path / "fashion_mnist" / NAME).write_bytes(RAW[STEM])
    with pytest.raises(DataFileError, match="only the published t10k-images") as info:
        real.fashion_mnist(train=False)
    assert is_told_in_three_lines(info.value)


def test_every_pin_is_a_sha256_and_every_mirror_https():
    for collection, digests in real.DIGESTS.items():
        assert digests.keys() == real.SIZES.keys()
        for digest in digests.values():
            assert len(bytes.fromhex(digest.removeprefix("gz:"))) == 32
        assert len(real.MIRRORS[collection]) >= 2
        assert all(download.allowed(url + "x.gz") for url in real.MIRRORS[collection])


def test_real_mnist(monkeypatch):
    """The files that $GAN_LESSONS_DATA holds are the published ones: known counts and mean."""
    home = files.expand(os.environ.get("GAN_LESSONS_DATA") or "/nowhere")
    if not (home / "mnist" / "train-images-idx3-ubyte.gz").is_file():
        pytest.skip("no MNIST at hand: GAN_LESSONS_DATA does not name a folder that holds it")
    train, test = real.mnist(), real.mnist(train=False)
    assert (train.x.shape, test.x.shape) == ((60_000, 1, 28, 28), (10_000, 1, 28, 28))
    assert train.y.bincount().tolist()[:3] == [5923, 6742, 5958]
    assert train.x.float().mean().item() == pytest.approx(33.318, abs=1e-3)


# -- the network fails -----------------------------------------------------------------------


@pytest.mark.parametrize("mode", QUICK + SLOW)
def test_a_bad_mirror_is_told_and_the_next_one_asked(
    server, monkeypatch, checkout, mode, record_property
):
    rounds, modes = times(1, 50), len(QUICK + SLOW)
    record_property("n", rounds)
    record_property("note", f"{modes} ways to fail, {rounds} times each")
    for _ in range(rounds):
        mirrors(monkeypatch, server, mode)
        with pytest.raises(DownloadError) as info:
            real._load("mnist", STEM)
        assert is_told_in_three_lines(info.value)
        assert "data.strokes()" in str(info.value)
        assert "GAN_LESSONS_DATA" in str(info.value)
        assert "127.0.0.1: " in str(info.value)
        assert info.value.__cause__ is not None
        assert files_below(checkout.parent) == []

        mirrors(monkeypatch, server, mode, "ok")
        assert np.array_equal(real._load("mnist", STEM), IMAGES)
        for path in files_below(checkout.parent):
            path.unlink()  # or the next round would find it


@pytest.mark.parametrize("mode", GOOD)
def test_a_mirror_that_comes_round_is_enough(server, monkeypatch, mode):
    mirrors(monkeypatch, server, mode)
    assert np.array_equal(real._load("mnist", STEM), IMAGES)


def test_every_mirror_is_asked_twice_and_named(server, monkeypatch):
    mirrors(monkeypatch, server, "503", "html")
    with pytest.raises(DownloadError, match=r"HTTP 503.*127\.0\.0\.1|127\.0\.0\.1: HTTP 503"):
        real._load("mnist", STEM)
    assert server.asked == ["503", "html", "503", "html"]


def test_a_slow_mirror_is_asked_once(server, monkeypatch):
    mirrors(monkeypatch, server, "mute")
    with pytest.raises(DownloadError, match=r"no answer|Timeout"):
        real._load("mnist", STEM)
    assert server.asked == ["mute"]


def test_a_host_that_is_never_found_does_not_hold_up_the_lesson(server, monkeypatch):
    """Looking up a name knows no time limit of its own: wifi without internet, in a workshop."""
    monkeypatch.setattr(download, "_follow", lambda url, sink: server.stopping.wait())
    mirrors(monkeypatch, server, "mute")
    with pytest.raises(DownloadError, match=r"127\.0\.0\.1: no answer"):
        real._load("mnist", STEM)


def test_an_endless_answer_is_cut(server, monkeypatch):
    mirrors(monkeypatch, server, "endless")
    with pytest.raises(DownloadError, match="more bytes than the file has"):
        real._load("mnist", STEM)


def test_nobody_listens(server, monkeypatch, checkout):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        base = f"http://127.0.0.1:{unused.getsockname()[1]}/"
        monkeypatch.setattr(download, "allowed", lambda url: True)
        monkeypatch.setitem(real.MIRRORS, "mnist", (base, "https://mirror.invalid/"))
        with pytest.raises(DownloadError, match="ConnectionError") as info:
            real.mnist()
    assert is_told_in_three_lines(info.value)
    assert files_below(checkout.parent) == []


def test_errors_of_the_real_mirrors_fit_in_three_lines(monkeypatch, tmp_path):
    """The longest host names and reasons there are."""

    def refuse(url, limit):
        raise OSError("refused to go to http://example.org/" + "x" * 300)

    monkeypatch.setattr(download, "_get", refuse)
    monkeypatch.setattr(download, "BACK_OFF", 0)
    monkeypatch.setattr(cache, "places", lambda: [tmp_path])
    monkeypatch.delenv("GAN_LESSONS_DATA", raising=False)
    for load in (real.mnist, real.fashion_mnist):
        with pytest.raises(DownloadError) as info:
            load()
        assert is_told_in_three_lines(info.value)
    (tmp_path / ("own" * 40)).mkdir()
    for name in "abc":
        (tmp_path / ("own" * 40) / (name * 40)).mkdir()
    monkeypatch.setenv("GAN_LESSONS_DATA", str(tmp_path / ("own" * 40)))
    for load in (real.mnist, real.fashion_mnist):
        with pytest.warns(UserWarning, match="holds"), pytest.raises(DownloadError) as info:
            load()
        assert is_told_in_three_lines(info.value), len(str(info.value))


@pytest.mark.parametrize(
    ("url", "fine"),
    [
        ("https://example.org/x.gz", True),
        ("http://example.org/x.gz", False),
        ("HTTP://example.org/x.gz", False),
        ("ftp://example.org/x.gz", False),
        ("file:///etc/passwd", False),
        ("/etc/passwd", False),
        ("//example.org/x.gz", False),
        ("data:,x", False),
        ("", False),
    ],
)
def test_only_https_is_asked(url, fine):
    assert download.allowed(url) is fine


@pytest.mark.parametrize("mode", ["downgrade", "file"])
def test_a_refused_hop_is_named_and_not_asked(server, monkeypatch, mode):
    mirrors(monkeypatch, server, mode)
    with pytest.raises(DownloadError, match=r"refused to go to (http://localhost|file:///etc)"):
        real._load("mnist", STEM)
    assert set(server.asked) == {mode}


# -- damaged files ---------------------------------------------------------------------------


def test_a_damaged_file_in_the_cache_is_replaced(server, checkout):
    real._load("mnist", STEM)
    (path,) = files_below(checkout)
    for damage in (b"", b"<html>", FILES[NAME][:-1], FILES["t10k-labels-idx1-ubyte.gz"]):
        path.write_bytes(damage)
        assert np.array_equal(real._load("mnist", STEM), IMAGES)
        assert path.read_bytes() == FILES[NAME]


def test_a_damaged_file_in_the_cache_is_an_error_without_a_network(server, monkeypatch, checkout):
    real._load("mnist", STEM)
    (path,) = files_below(checkout)
    path.write_bytes(b"half")
    mirrors(monkeypatch, server, "503")
    with pytest.raises(DownloadError):
        real._load("mnist", STEM)


@pytest.mark.parametrize(
    "damage",
    [
        b"",
        b"<html>",
        FILES[NAME][:-1],
        FILES["t10k-labels-idx1-ubyte.gz"],
        bytes(2**22),
        gzip.compress(bytes(2**25)),
    ],
    ids=["empty", "html", "cut", "other", "large", "bomb"],
)
def test_a_damaged_own_file_is_named_and_left_alone(server, monkeypatch, tmp_path, damage):
    own = tmp_path / ("own" * 60) / "mnist"
    own.mkdir(parents=True)
    (own / NAME).write_bytes(damage)
    monkeypatch.setenv("GAN_LESSONS_DATA", str(own.parent))
    with pytest.raises(DataFileError, match=r"mnist/t10k-images-idx3-ubyte\.gz") as info:
        real._load("mnist", STEM)
    assert is_told_in_three_lines(info.value)
    assert (own / NAME).read_bytes() == damage
    assert server.asked == []


def own_file(server, monkeypatch, tmp_path) -> Path:
    (tmp_path / "own" / "mnist").mkdir(parents=True)
    monkeypatch.setenv("GAN_LESSONS_DATA", str(tmp_path / "own"))
    return tmp_path / "own" / "mnist" / NAME


def test_every_flipped_bit_is_refused(server, monkeypatch, tmp_path, record_property):
    """A flip in the packed file is refused, or changes nothing.

    It does not in gzip's header (the time …), nor in the bits that fill up the first byte of a
    block that is stored as it is.
    """
    path, flips = own_file(server, monkeypatch, tmp_path), times(1_000, 10_000)
    rng, refused = random.Random(0), 0
    record_property("n", flips)
    for _ in range(flips):
        data = bytearray(FILES[NAME])
        at = rng.randrange(len(data))
        data[at] ^= 1 << rng.randrange(8)
        path.write_bytes(data)
        try:
            assert np.array_equal(real._load("mnist", STEM), IMAGES)
            assert at <= 10
        except DataFileError:
            refused += 1
    assert refused >= 0.99 * flips


def test_every_flipped_bit_before_packing_is_refused(server, monkeypatch, tmp_path):
    path = own_file(server, monkeypatch, tmp_path)
    rng = random.Random(1)
    for _ in range(300):
        raw = bytearray(RAW[STEM])
        raw[rng.randrange(len(raw))] ^= 1 << rng.randrange(8)
        path.write_bytes(gzip.compress(raw, compresslevel=1))
        with pytest.raises(DataFileError):
            real._load("mnist", STEM)


# -- the parser ------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(1,), (7,), (2, 3), (3, 28, 28), (2, 3, 4, 5)])
def test_idx_round_trip(shape):
    values = RNG.integers(0, 256, shape, dtype=np.uint8)
    assert np.array_equal(idx.parse(idx_bytes(values), name="x"), values)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\0\0\x08",
        b"\0\0\x08\0",
        b"\0\0\x08\0x",
        b"\0\1\x08\1\0\0\0\1x",
        b"\0\0\x0d\1\0\0\0\1x",
        b"\0\0\x08\1\0\0\0\2x",
        b"\0\0\x08\1\0\0\0\1xx",
        b"\0\0\x08\1\0\0\0\0",
        b"\0\0\x08\2\0\0\0\1",
        b"\0\0\x08\4" + b"\xff" * 16 + b"x",
        b"\0\0\x08\x7f" + b"\0\0\0\1" * 127 + b"x",
    ],
)
def test_idx_that_is_refused(raw):
    with pytest.raises(DataFileError) as info:
        idx.parse(raw, name="x")
    assert is_told_in_three_lines(info.value)


def test_a_bomb_gets_no_memory():
    """64 MB packed into 64 kB, and a header that asks for 16 exabytes."""
    bomb = gzip.compress(bytes(2**26))
    tracemalloc.start()
    try:
        with pytest.raises(DataFileError, match="unpacks to more than"):
            idx.gunzip(bomb, limit=10_000, name="x")
        with pytest.raises(DataFileError):
            idx.parse(b"\0\0\x08\2" + b"\xff" * 8 + b"x", name="x")
        assert tracemalloc.get_traced_memory()[1] < 2**21
    finally:
        tracemalloc.stop()


def parses_or_is_refused(raw: bytes) -> None:
    with suppress(DataFileError):
        values = idx.parse(raw, name="x")
        assert idx_bytes(values) == raw


def test_fuzzed_idx_and_gz(server, monkeypatch, tmp_path, record_property):
    """Mutated before and after packing: DataFileError, or exactly what the bytes say."""
    rng, turns = random.Random(2), times(1, 20)
    record_property("n", 4_000 * turns)
    small = idx_bytes(IMAGES[:2, :6, :6])
    packed = gzip.compress(small, mtime=0)
    for _ in range(2_500 * turns):
        parses_or_is_refused(mutate(small, rng))
    for _ in range(1_000 * turns):
        with suppress(DataFileError):
            assert idx.gunzip(mutate(packed, rng), limit=len(small), name="x") in (small, b"")
    path = own_file(server, monkeypatch, tmp_path)
    for _ in range(500 * turns):
        path.write_bytes(mutate(FILES[NAME], rng))
        with suppress(DataFileError):
            assert np.array_equal(real._load("mnist", STEM), IMAGES)


@settings(**WITHOUT_A_CLOCK, max_examples=200, derandomize=True, database=None)
@given(
    head=st.sampled_from([b"\0\0\x08", b"\0\0\x09", b"", b"\x1f\x8b\x08"]),
    dims=st.lists(st.integers(0, 2**32 - 1) | st.integers(0, 4), max_size=5),
    body=st.binary(max_size=80),
)
def test_hypothesis_idx(head, dims, body):
    raw = head + bytes([len(dims)]) + struct.pack(f">{len(dims)}I", *dims) + body
    parses_or_is_refused(raw)
    with suppress(DataFileError):
        idx.gunzip(raw, limit=100, name="x")
    assert idx.gunzip(gzip.compress(raw), limit=len(raw), name="x") == raw


# -- the cache -------------------------------------------------------------------------------


def test_first_place_that_can_be_written_is_used_with_one_warning(server, monkeypatch, checkout):
    (checkout / "data").mkdir()
    (checkout / "data" / "cache").write_text("a file, not a folder")
    with pytest.warns(UserWarning, match="cannot be written.*gan_lessons-") as told:
        real.mnist()
    assert len(told) == 1
    assert len(real.mnist()) == 9
    assert len(server.asked) == 2
    assert len(files_below(checkout.parent / "temp")) == 2


def test_gan_lessons_cache_is_second(server, monkeypatch, checkout, tmp_path):
    (checkout / "data").write_text("a file, not a folder")
    monkeypatch.setenv("GAN_LESSONS_CACHE", str(tmp_path / "Übung #1 100%" / "c"))
    with pytest.warns(UserWarning, match="using .*100%"):
        real.mnist()
    assert len(files_below(tmp_path / "Übung #1 100%" / "c" / "mnist")) == 2
    assert files_below(checkout.parent / "temp") == []


def test_without_any_place_the_data_is_still_there(server, monkeypatch, checkout):
    (checkout / "data").write_text("a file, not a folder")
    (checkout.parent / "temp").rmdir()
    (checkout.parent / "temp").write_text("a file, not a folder")
    with pytest.warns(UserWarning, match="nothing is cached") as told:
        assert len(real.mnist()) == 9
    assert len(told) == 1


def test_somebody_elses_folder_in_the_temporary_directory_is_not_used(server, checkout):
    if not hasattr(os, "getuid") or os.getuid() != 0:
        pytest.skip("only root can make a folder that belongs to somebody else")
    theirs = checkout.parent / "temp" / "gan_lessons-0"
    theirs.mkdir()
    os.chown(theirs, 65534, 65534)
    assert theirs not in cache.places()


def test_left_over_temporary_files_are_swept_when_old(server, checkout):
    home = checkout / "data" / "cache" / "mnist"
    home.mkdir(parents=True)
    old, new = home / ".x.gz.1-0123abcd.tmp", home / ".x.gz.2-0123abcd.tmp"
    for path in (old, new):
        path.touch()
    os.utime(old, (0, time.time() - files.STALE - 10))
    cache.store("mnist/x.gz", b"data")
    assert (old.exists(), new.exists()) == (False, True)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_writer_that_is_killed_leaves_the_old_file_or_the_new_one(
    server, checkout, record_property
):
    rng, whole = random.Random(0), {bytes([c]) * 300_000 for c in b"ab"}
    path = checkout / "data" / "cache" / "x.bin"
    parent, kills = os.getpid(), times(40, 500)
    record_property("n", kills)
    for turn in range(kills):
        read, write = os.pipe()
        child = os.fork()
        if child == 0:
            while os.getppid() == parent:
                for data in whole:
                    cache.store("x.bin", data)
                    os.write(write, b".")
            os._exit(0)
        if turn % 2:  # every other one is let begin, however slow the machine is
            os.read(read, 1)
        time.sleep(rng.uniform(0.002, 0.015))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(read)
        os.close(write)
        assert not path.exists() or path.read_bytes() in whole
    assert path.exists()


def in_a_child(action, *, as_nobody: bool = False) -> int:
    """Start an action in a process of its own, maybe as a user without rights or HOME."""
    child = os.fork()
    if child == 0:
        try:
            if as_nobody:
                os.environ.pop("HOME", None)
                if os.getuid() == 0:  # root may write everywhere
                    os.setgroups([])
                    os.setgid(65534)
                    os.setuid(65534)
            action()
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    return child


def went_well(child: int) -> bool:
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.parametrize("filled", [False, True])
def test_read_only_checkout_and_no_home(monkeypatch, filled):
    """An empty read-only cache: the next place, one warning. A filled one: used, no warning."""
    top = Path(tempfile.mkdtemp(prefix="gan_lessons_test_"))
    top.chmod(0o755)
    repo, temp = top / "repo", top / "temp"
    home = repo / "data" / "cache" / "mnist"
    home.mkdir(parents=True)
    (repo / "pyproject.toml").write_text('name = "gan-lessons"')
    temp.mkdir()
    temp.chmod(0o777)
    for name, data in FILES.items() if filled else ():
        (home / name).write_bytes(data)
    for path in (home, home.parent, home.parents[1], repo):
        path.chmod(0o555)

    def action():
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            assert len(real.mnist()) == 9
            assert len(real.mnist()) == 9
        assert len(told) == (0 if filled else 1), told
        assert len(files_below(temp)) == (0 if filled else 2)
        assert len(server.asked) == 0  # what the parent's list was at the fork

    try:
        with serve(FILES) as server:
            use_small_set(monkeypatch, base=server.base, repository=repo, temp=temp)
            assert went_well(in_a_child(action, as_nobody=True))
            assert len(server.asked) == (0 if filled else 2)
    finally:
        for path in (repo, *repo.rglob("*")):
            path.chmod(path.stat().st_mode | stat.S_IRWXU)
        shutil.rmtree(top)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_processes_that_share_a_cache(server, monkeypatch, checkout, record_property):
    """Several at once, half of them with file locks that do nothing: all get the right data."""
    path = checkout / "data" / "cache" / "mnist" / NAME
    processes, rounds = times(4, 16), times(60, 100)
    record_property("n", processes * rounds)

    def action(number: int):
        rng = random.Random(number)
        if number % 2:
            monkeypatch.setattr("fcntl.flock", lambda *_: None)
        for _ in range(rounds):
            with suppress(FileNotFoundError):
                choice = rng.randrange(3)
                if choice == 0:
                    path.unlink()
                elif choice == 1:
                    os.truncate(path, rng.randrange(1_000))
            assert np.array_equal(real._load("mnist", STEM), IMAGES)

    children = [in_a_child(functools.partial(action, number)) for number in range(processes)]
    assert [went_well(child) for child in children] == [True] * processes
    assert [p.name for p in files_below(checkout)] == [NAME]
    assert len(server.asked) > 20  # the cache really was damaged under their hands
