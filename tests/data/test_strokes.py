"""The shipped digits: whole, balanced, made again bit by bit, and true to their factors."""

import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from gan_lessons.data.real import mnist
from gan_lessons.data.strokes import FACTORS, IMAGES_SHA256, LAYOUT, TRUTH_SHA256, strokes
from gan_lessons.errors import DataFileError, DownloadError
from tests.data.making import script

DATA = Path(__file__).parents[2] / "data"
FILE = DATA / "strokes.npz"


@pytest.fixture(scope="module")
def maker():
    return script("strokes")


@pytest.fixture(scope="module")
def shipped():
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("GAN_LESSONS_DATA", raising=False)
        return strokes()


def test_shape_types_and_licence(shipped):
    assert shipped.x.shape == (24_000, 1, 28, 28)
    assert (shipped.x.dtype, shipped.y.dtype) == (torch.uint8, torch.int64)
    assert tuple(shipped.factors) == FACTORS
    for values in shipped.factors.values():
        assert (values.shape, values.dtype) == ((24_000,), torch.float32)
        assert values.isfinite().all()
    assert (shipped.name, shipped.license) == ("strokes", "CC0 1.0")
    assert FILE.stat().st_size < 5 * 2**20


def test_classes_are_balanced_and_shuffled(shipped):
    assert shipped.y.bincount().tolist() == [2_400] * 10
    for part in shipped.y.split(2_000):  # a fair draw has 200 ± 13 of each
        assert (part.bincount(minlength=10) - 200).abs().max() < 70


def test_no_digit_is_blank_doubled_or_cut_off(shipped):
    x = shipped.x[:, 0]
    assert (x.flatten(1).amax(1) >= 180).all()
    assert len(torch.unique(x.flatten(1), dim=0)) == len(x)
    rim = torch.cat([x[:, 0], x[:, -1], x[:, :, 0], x[:, :, -1]], dim=1)
    assert rim.max() < 64  # at most the faint edge of a line


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("slant", -10, 28),
        ("thickness", 1.2, 4.5),
        ("size", 13.8, 22.4),
        ("x", -1, 1),
        ("y", -1.9, 1),
        ("wobble", 0, 0.3),
        ("rotation", -8, 8),
        ("aspect", 0.77, 1.48),
        ("pressure", 0, 0.2),
        ("allograph", 0, 7),
    ],
)
def test_factors_stay_in_the_ranges_of_the_datasheet(shipped, name, low, high):
    values = shipped.factors[name]
    assert low - 1e-6 <= values.min() < values.max() <= high + 1e-6


def test_the_maker_makes_the_same_bytes_again(shipped, maker):
    """Sample i depends on the seed and on i alone."""
    for first, count in ((0, 100), (17_000, 20)):
        images, labels, factors = maker.make(count=count, first=first)
        part = slice(first, first + count)
        assert np.array_equal(images, shipped.x[part, 0].numpy())
        assert np.array_equal(labels, shipped.y[part].numpy())
        truth = torch.stack(list(shipped.factors.values()), dim=1)[part]
        assert factors.tobytes() == truth.numpy().tobytes()
    assert not np.array_equal(maker.make(count=5, seed=1)[0], shipped.x[:5, 0].numpy())


def test_maker_loader_and_datasheet_agree(maker):
    assert maker.FACTORS == FACTORS
    assert LAYOUT["images"][0] == (maker.COUNT, maker.SIDE, maker.SIDE)
    sheet = (DATA / "strokes.md").read_text(encoding="utf-8")
    for word in (IMAGES_SHA256, TRUTH_SHA256, *FACTORS):
        assert word in sheet
    with np.load(FILE) as arrays:
        assert maker.sha256(arrays["images"]) == IMAGES_SHA256
        assert maker.sha256(arrays["labels"], arrays["factors"]) == TRUTH_SHA256


def test_the_maker_refuses_what_would_harm(maker, tmp_path, monkeypatch, capsys):
    there = tmp_path / "there.npz"
    there.write_bytes(b"mine")
    for wrong in (
        ["--out", str(there)],
        ["--count", "0"],
        ["--count", "24001"],
        ["--seed", "-1"],
        ["--out", str(tmp_path / "no folder" / "s.npz")],
        ["--out", str(tmp_path / "s.txt")],
    ):
        monkeypatch.setattr(sys, "argv", ["strokes.py", *wrong])
        with pytest.raises(SystemExit) as stop:
            maker.main()
        assert stop.value.code == 2
    assert there.read_bytes() == b"mine"
    monkeypatch.setattr(sys, "argv", ["strokes.py", "--out", str(there), "--force", "--count", "3"])
    capsys.readouterr()
    maker.main()
    told = capsys.readouterr()
    assert "SHA-256" in told.out
    assert "Not the set that ships" in told.err
    assert [file.name for file in tmp_path.iterdir()] == ["there.npz"]


def within(shipped, measured, factor):
    """Correlation of a measurement with a factor among digits of one class and allograph."""
    kind = shipped.y * 10 + shipped.factors["allograph"].long()
    pair = torch.stack([measured, shipped.factors[factor].double()])
    count = kind.bincount().clamp(min=1)
    for row in pair:
        row -= (kind.bincount(weights=row) / count)[kind]
    return torch.corrcoef(pair)[0, 1].item()


def test_the_factors_can_be_seen_in_the_pixels(shipped):
    """Moments of the ink: center (x, y), shear (slant), amount (thickness), extent (size)."""
    x = shipped.x[:, 0].double()
    mass = x / x.sum(dim=(1, 2), keepdim=True)
    at = torch.arange(28, dtype=torch.float64) - 13.5
    right, down = mass.sum(1) @ at, mass.sum(2) @ at
    torch.testing.assert_close(right, shipped.factors["x"].double(), atol=0.35, rtol=0)
    torch.testing.assert_close(down, shipped.factors["y"].double(), atol=0.35, rtol=0)

    across, along = at - right[:, None], at - down[:, None]
    shear = torch.einsum("nij,nj,ni->n", mass, across, along)
    shear = -shear / torch.einsum("nij,ni->n", mass, along**2)
    assert within(shipped, shear.atan(), "slant") > 0.85
    assert within(shipped, shear.atan(), "rotation") > 0.15

    assert within(shipped, x.sum(dim=(1, 2)), "thickness") > 0.8
    rows = (x > 127).any(dim=2).double()
    height = 28 - rows.argmax(1) - rows.flip(1).argmax(1)
    torch.testing.assert_close(height.float(), shipped.factors["size"], atol=1.5, rtol=0)


def flipped(data, at):
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def as_npz(folder, **arrays):
    path = folder / "made.npz"
    np.savez_compressed(path, **arrays)
    return path.read_bytes()


def changed(folder, **changes):
    with np.load(FILE) as arrays:
        return as_npz(folder, **(dict(arrays) | changes))


GREY = np.zeros((24_000, 28, 28), np.uint8)
DAMAGE = {
    "empty": lambda data, folder: b"",
    "truncated": lambda data, folder: data[: len(data) // 2],
    "last byte missing": lambda data, folder: data[:-1],
    "bit flipped in the images": lambda data, folder: flipped(data, 2_000_000),
    "bit flipped in the factors": lambda data, folder: flipped(data, len(data) - 2_000),
    "HTML": lambda data, folder: b"<!DOCTYPE html><title>404</title>" * 100,
    "pointer of Git LFS": lambda data, folder: b"version https://git-lfs.github.com/spec/v1\n",
    "too large": lambda data, folder: data + bytes(4 * 2**20),
    "other images": lambda data, folder: changed(folder, images=GREY),
    "other labels": lambda data, folder: changed(folder, labels=np.zeros(24_000, np.uint8)),
    "wrong shape": lambda data, folder: changed(folder, images=GREY[:, :14]),
    "wrong type": lambda data, folder: changed(folder, images=GREY.astype(np.int8)),
    "pickled objects": lambda data, folder: changed(folder, labels=np.array([print, 1])),
    "factors missing": lambda data, folder: as_npz(folder, images=GREY),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_each_damage_is_told_in_three_lines(damage, tmp_path, monkeypatch):
    monkeypatch.setenv("GAN_LESSONS_DATA", str(tmp_path))
    data = DAMAGE[damage](FILE.read_bytes(), tmp_path)
    (tmp_path / "strokes.npz").write_bytes(data)
    with pytest.raises(DataFileError) as caught:
        strokes()
    told = str(caught.value)
    assert len(told.splitlines()) == 3
    assert len(told) <= 400
    assert "strokes.npz" in told.splitlines()[0]
    assert (tmp_path / "strokes.npz").read_bytes() == data


def test_any_flipped_bit_is_noticed_or_harmless(shipped, tmp_path, monkeypatch):
    """A flip in the archive's own notes (a date, say) may load, but then every pixel is right."""
    monkeypatch.setenv("GAN_LESSONS_DATA", str(tmp_path))
    data = FILE.read_bytes()
    tail = range(len(data) - 250, len(data), 7)  # the archive's directory
    for at in [*range(0, 130, 5), *tail]:
        (tmp_path / "strokes.npz").write_bytes(flipped(data, at))
        try:
            found = strokes()
        except DataFileError:
            continue
        assert torch.equal(found.x, shipped.x)


def test_a_missing_file_is_told_in_three_lines(tmp_path, monkeypatch):
    monkeypatch.setattr("gan_lessons.data.cache.REPOSITORY", tmp_path)
    monkeypatch.setenv("GAN_LESSONS_DATA", str(tmp_path / "nowhere"))
    with pytest.raises(DataFileError, match=r"strokes\.npz is missing") as caught:
        strokes()
    assert len(str(caught.value).splitlines()) == 3


def test_own_folder_comes_first_and_may_lack_the_file(shipped, tmp_path, monkeypatch):
    monkeypatch.setenv("GAN_LESSONS_DATA", str(tmp_path))
    assert torch.equal(strokes().y, shipped.y)  # nothing there: the repository's
    shutil.copy(FILE, tmp_path)
    monkeypatch.setattr("gan_lessons.data.cache.REPOSITORY", tmp_path / "nowhere")
    assert torch.equal(strokes().y, shipped.y)


@pytest.mark.slow
def test_a_network_that_saw_only_strokes_reads_mnist(shipped, monkeypatch):
    """Bound: 90 % of the first 2,000 training digits, after two rounds of 12,000 strokes."""

    def offline(*args, **kwargs):
        raise DownloadError("MNIST is not on this machine", "", "")

    monkeypatch.setattr("gan_lessons.data.download.fetch", offline)  # no download in a test
    try:
        real = mnist()
    except (DownloadError, DataFileError) as error:
        pytest.skip(f"{error.args[0]}; GAN_LESSONS_DATA can name the folder that has it")
    reading = script("read_mnist")
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        torch.manual_seed(0)
        reader = reading.train(shipped.x[:12_000], shipped.y[:12_000], epochs=2)
        assert reading.accuracy(reader, real.x[:2_000], real.y[:2_000]) >= 0.90
    finally:
        torch.set_num_threads(threads)
