"""The shipped flowers: whole, balanced, made again, and true to their factors."""

import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from gan_lessons.data.petals import petals
from gan_lessons.errors import SettingError
from tests.data.making import script

module = sys.modules["gan_lessons.data.petals"]
DATA = Path(__file__).parents[2] / "data"
FILE = DATA / "petals.npz"


@pytest.fixture(scope="module")
def maker():
    return script("petals")


@pytest.fixture(scope="module")
def shipped():
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("GAN_LESSONS_DATA", raising=False)
        return petals(size=64)


@pytest.fixture(scope="module")
def small():
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("GAN_LESSONS_DATA", raising=False)
        return petals()


def test_shape_types_and_license(shipped, small):
    assert shipped.x.shape == (8_000, 3, 64, 64)
    assert small.x.shape == (8_000, 3, 32, 32)
    for found in (shipped, small):
        assert (found.x.dtype, found.y.dtype) == (torch.uint8, torch.int64)
        assert found.x.is_contiguous()
        assert tuple(found.factors) == module.FACTORS
        for values in found.factors.values():
            assert (values.shape, values.dtype) == ((8_000,), torch.float32)
            assert values.isfinite().all()
        assert (found.name, found.license) == ("petals", "CC0 1.0")
    assert torch.equal(shipped.y, small.y)
    assert FILE.stat().st_size < 9_000_000


def test_32_pixels_are_the_exact_average_of_2_by_2(shipped, small):
    fine = shipped.x[:500].reshape(500, 3, 32, 2, 32, 2).int().sum(dim=(3, 5))
    assert torch.equal((fine + 2) // 4, small.x[:500].int())


@pytest.mark.parametrize("size", [28, 0, -32, "64", 64.5, None])
def test_another_size_is_told_in_three_lines(size):
    with pytest.raises(SettingError, match="no pictures of size") as caught:
        petals(size=size)
    assert len(str(caught.value).splitlines()) == 3


def test_classes_are_balanced_and_shuffled(shipped):
    assert shipped.y.bincount().tolist() == [1_000] * 8
    for part in shipped.y.split(1_000):  # a fair draw has 125 ± 11 of each
        assert (part.bincount(minlength=8) - 125).abs().max() < 60


def test_no_flower_is_blank_or_doubled(small):
    flat = small.x.flatten(1)
    assert flat.float().std(dim=1).min() > 15
    assert len(torch.unique(flat, dim=0)) == len(flat)


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("palette", 0, 7),
        ("background", 0, 5),
        ("hue", 0, 360),
        ("chroma", 0.015, 0.25),
        ("lightness", 0.47, 0.965),
        ("petals", 4, 15),
        ("radius", 22.4, 27.6),
        ("rotation", 0, 90),
        ("tilt", 0, 32),
        ("x", -1.8, 1.8),
        ("y", -1.8, 1.8),
        ("leaves", 0, 4),
    ],
)
def test_factors_stay_in_the_ranges_of_the_datasheet(shipped, name, low, high):
    values = shipped.factors[name]
    assert low - 1e-5 <= values.min() < values.max() <= high + 1e-5


def test_the_maker_makes_the_same_truth_and_almost_the_same_pixels_again(shipped, maker):
    """Sample i depends on the seed and on i alone; JPEG loses a little."""
    for first, count in ((0, 12), (7_000, 4)):
        images, labels, factors = maker.make(count=count, first=first)
        part = slice(first, first + count)
        assert np.array_equal(labels, shipped.y[part].numpy())
        truth = torch.stack(list(shipped.factors.values()), dim=1)[part]
        assert factors.tobytes() == truth.numpy().tobytes()
        stored = shipped.x[part].permute(0, 2, 3, 1).numpy()
        off = np.square(images.astype(float) - stored).mean(axis=(1, 2, 3))
        assert off.max() < 65  # 30 dB
        other = np.square(images.astype(float) - np.roll(stored, 1, axis=0)).mean(axis=(1, 2, 3))
        assert other.min() > 1_000
    assert not np.array_equal(maker.make(count=1, seed=1)[0], maker.make(count=1)[0])


def test_maker_loader_and_datasheet_agree(maker):
    assert maker.FACTORS == module.FACTORS
    assert maker.CLASSES == module.CLASSES
    assert tuple(maker.PALETTES) == module.PALETTES
    assert tuple(maker.BACKGROUNDS) == module.BACKGROUNDS
    sizes = module.COUNT, module.SIDE, module.COLUMNS
    assert sizes == (maker.COUNT, maker.SIDE, maker.COLUMNS)
    sheet = (DATA / "petals.md").read_text(encoding="utf-8")
    names = module.FACTORS + module.CLASSES + module.PALETTES + module.BACKGROUNDS
    for word in (module.SHA256, *names):
        assert word in sheet


def test_the_maker_writes_a_file_that_the_loader_could_read(maker, tmp_path, monkeypatch, capsys):
    there = tmp_path / "there.npz"
    arguments = ["petals.py", "--out", str(there), "--count", "3"]
    monkeypatch.setattr(sys, "argv", arguments)
    maker.main()
    told = capsys.readouterr()
    assert "SHA-256" in told.out
    assert "Not the set that ships" in told.err
    with np.load(there, allow_pickle=False) as file:
        assert file["factors"].shape == (3, len(maker.FACTORS))
        row = module._pictures(file["sheet"].tobytes(), 64)
    assert row.shape == (64, 3, 64, 64)  # one row of a sheet
    assert [file.name for file in tmp_path.iterdir()] == ["there.npz"]


# -- the factors can be seen in the pixels ----------------------------------------------------


def test_no_palette_lies_on_a_ground_where_it_would_not_stand_out(shipped, maker):
    """11 of the 48 pairs never occur; each of the others does."""
    palette, ground = (shipped.factors[name].long() for name in ("palette", "background"))
    table = torch.zeros(8, 6, dtype=torch.long).index_put_(
        (palette, ground), torch.tensor(1), accumulate=True
    )
    for p, name in enumerate(module.PALETTES):
        for g, where in enumerate(module.BACKGROUNDS):
            assert (table[p, g] == 0) == (where in maker.NEVER[name])
    assert (table == 0).sum() == 11
    assert table[table > 0].min() >= 20


def test_each_palette_is_worn_by_its_classes_only(shipped, maker):
    palette = shipped.factors["palette"].long()
    for k, name in enumerate(module.CLASSES):
        counts = palette[shipped.y == k].bincount(minlength=8)
        for seen, weight in zip(counts.tolist(), maker.WEAR[name], strict=True):
            assert abs(seen - 100 * weight) < 70  # 4 standard deviations


def oklab(x):
    """Return lightness, a and b of sRGB bytes (…, 3), after Ottosson 2020."""
    light = x.double() / 255
    light = torch.where(light > 0.04045, ((light + 0.055) / 1.055) ** 2.4, light / 12.92)
    eye = torch.tensor(
        [
            [0.4122214708, 0.5363325363, 0.0514459929],
            [0.2119034982, 0.6806995451, 0.1073969566],
            [0.0883024619, 0.2817188376, 0.6299787005],
        ]
    ).double()
    lab = torch.tensor(
        [
            [0.2104542553, 0.7936177850, -0.0040720468],
            [1.9779984951, -2.4285922050, 0.4505937099],
            [0.0259040371, 0.7827717662, -0.8086757660],
        ]
    ).double()
    return (light @ eye.T).clamp(min=0) ** (1 / 3) @ lab.T


def test_hue_and_chroma_can_be_seen(shipped):
    """Petals fill the ring at half a radius; the lily's gaps leave it to the other classes."""
    at = torch.arange(64) - 31.5
    far = torch.hypot(at[:, None], at)
    ring = (far > 11) & (far < 15)
    some = shipped.y[:3_000] != 6
    colors = oklab(shipped.x[:3_000][some].permute(0, 2, 3, 1)[:, ring]).median(dim=1).values
    hue, chroma = (shipped.factors[name][:3_000][some].double() for name in ("hue", "chroma"))
    seen = torch.rad2deg(torch.atan2(colors[:, 2], colors[:, 1])) % 360
    off = (seen - hue + 180) % 360 - 180
    vivid = chroma > 0.08
    assert off[vivid].abs().median() < 8
    assert (off[vivid].abs() < 25).double().mean() > 0.95
    assert torch.corrcoef(torch.stack([chroma, colors[:, 1:].norm(dim=1)]))[0, 1] > 0.9


def test_the_ground_can_be_seen_in_the_corners(shipped):
    """The nearest mean of the four corners names the ground of almost every picture."""
    x = shipped.x[:2_000].permute(0, 2, 3, 1)
    corners = torch.cat([x[:, r, c] for r in (0, 63) for c in (0, 63)], dim=1).double()
    ground = shipped.factors["background"][:2_000].long()
    means = torch.stack([corners[ground == g].mean(dim=0) for g in range(6)])
    assert (torch.cdist(corners, means).argmin(dim=1) == ground).double().mean() > 0.97
