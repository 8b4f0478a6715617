"""The shipped digits: whole, balanced, made again bit by bit, and true to their factors."""

import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from gan_lessons.data.real import mnist
from gan_lessons.data.strokes import FACTORS, IMAGES_SHA256, LAYOUT, TRUTH_SHA256, strokes
from gan_lessons.errors import DataFileError, DownloadError
from tests.data.making import script
from tests.three_lines import complaints

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


def test_a_file_of_another_count_says_that_it_is_not_the_set(maker, tmp_path, monkeypatch, capsys):
    there = tmp_path / "there.npz"
    there.write_bytes(b"mine")
    monkeypatch.setattr(sys, "argv", ["strokes.py", "--out", str(there), "--force", "--count", "3"])
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
SPOILED = {
    "images": lambda folder: changed(folder, images=GREY),
    "labels": lambda folder: changed(folder, labels=np.zeros(24_000, np.uint8)),
    "shape": lambda folder: changed(folder, images=GREY[:, :14]),
    "type": lambda folder: changed(folder, images=GREY.astype(np.int8)),
    "pickled objects": lambda folder: changed(folder, labels=np.array([print, 1])),
    "factors missing": lambda folder: as_npz(folder, images=GREY),
}


@pytest.mark.parametrize("spoiled", SPOILED)
def test_another_npz_is_refused(spoiled, tmp_path, monkeypatch):
    monkeypatch.setenv("GAN_LESSONS_DATA", str(tmp_path))
    (tmp_path / "strokes.npz").write_bytes(SPOILED[spoiled](tmp_path))
    with pytest.raises(DataFileError, match=r"strokes\.npz") as caught:
        strokes()
    assert not complaints(caught.value)


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
