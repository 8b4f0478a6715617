"""A folder of the learner's own pictures: what is read, what is refused, what is remembered."""

import errno
import importlib
import io
import os
import random
import re
import struct
import warnings
import zlib
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from gan_lessons import files
from gan_lessons.data import cache
from gan_lessons.data.folder import folder
from gan_lessons.errors import DataFileError, SettingError
from tests.data.fault_server import mutate
from tests.soak import times

module = importlib.import_module("gan_lessons.data.folder")  # data.folder is the function
RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)


@pytest.fixture(autouse=True)
def place(monkeypatch, tmp_path) -> Path:
    """A cache of its own for every test."""
    monkeypatch.setattr(cache, "places", lambda: [tmp_path / "cache"])
    return tmp_path / "cache"


@pytest.fixture
def home(tmp_path) -> Path:
    """A folder with one plain picture, as two are the least that a data set needs."""
    (tmp_path / "pictures").mkdir()
    Image.new("RGB", (32, 32), WHITE).save(tmp_path / "pictures" / "zz.png")
    return tmp_path / "pictures"


def only(home: Path, picture: Image.Image, name: str = "a.png", *, channels=3, size=16, **options):
    """Save one picture, load the folder, return that picture's pixels (C, size, size)."""
    picture.save(home / name, **options)
    return folder(home, size=size, channels=channels).x[0]


def near(pixels: torch.Tensor, color, tolerance: int = 3) -> bool:
    """Say whether every one of the pixels (C, …) has a color, give or take."""
    wanted = torch.tensor(color).reshape(-1, *[1] * (pixels.ndim - 1))
    return bool((pixels.int() - wanted).abs().max() <= tolerance)


# -- what is read ----------------------------------------------------------------------------


def test_shape_and_classes(home):
    for name, color in (("cat/b.png", RED), ("cat/deep/c.png", GREEN), ("ant/a.png", BLUE)):
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (9, 7), color).save(home / name)
    (home / "zz.png").unlink()
    d = folder(home, size=8)
    assert (d.x.shape, d.x.dtype, d.y.dtype) == ((3, 3, 8, 8), torch.uint8, torch.int64)
    assert d.y.tolist() == [0, 1, 1]  # ant, cat, cat
    assert [near(x, c) for x, c in zip(d.x, (BLUE, RED, GREEN), strict=True)] == [True] * 3
    assert (d.name, d.license) == ("pictures", "yours")
    assert folder(str(home), size=8, channels=1).x.shape == (3, 1, 8, 8)


def test_other_files_are_passed_over_without_a_word(home):
    Image.new("RGB", (8, 8)).save(home / "b.JPEG")
    for name in ("README.md", "notes.txt", ".DS_Store", "._b.jpg", "Makefile"):
        (home / name).write_text("no picture")
    (home / ".ipynb_checkpoints").mkdir()
    Image.new("RGB", (8, 8)).save(home / ".ipynb_checkpoints" / "b.png")
    (home / "folder.png").mkdir()
    assert len(folder(home, size=8)) == 2


@pytest.mark.parametrize("ending", ["png", "jpg", "gif", "bmp", "tif", "webp", "ppm", "tga", "ico"])
def test_formats(home, ending):
    assert near(only(home, Image.new("RGB", (16, 16), GREEN), f"a.{ending}"), GREEN)


CORNERS = np.zeros((40, 40, 3), dtype=np.uint8)  # upright: red, green above blue, white
CORNERS[:20, :20], CORNERS[:20, 20:], CORNERS[20:, :20], CORNERS[20:, 20:] = RED, GREEN, BLUE, WHITE
STORED = {  # EXIF orientation: how the upright picture lies in the file
    1: CORNERS,
    2: CORNERS[:, ::-1],
    3: CORNERS[::-1, ::-1],
    4: CORNERS[::-1],
    5: CORNERS.swapaxes(0, 1),
    6: np.rot90(CORNERS, 1),
    7: np.rot90(CORNERS, 2).swapaxes(0, 1),
    8: np.rot90(CORNERS, -1),
}


@pytest.mark.parametrize("ending", ["png", "jpg", "webp", "tif"])
@pytest.mark.parametrize("orientation", STORED)
def test_photos_stand_upright(home, orientation, ending):
    exif = Image.Exif()
    exif[0x0112] = orientation
    picture = Image.fromarray(np.ascontiguousarray(STORED[orientation]))
    x = only(home, picture, f"a.{ending}", exif=exif, quality=95)
    for corner, color in zip(
        (x[:, :5, :5], x[:, :5, -5:], x[:, -5:, :5], x[:, -5:, -5:]),
        (RED, GREEN, BLUE, WHITE),
        strict=True,
    ):
        assert near(corner, color, 25)


def test_what_is_transparent_becomes_white(home):
    clear = np.zeros((32, 32, 4), dtype=np.uint8)
    clear[:, 16:] = (*RED, 255)
    clear = Image.fromarray(clear)
    for name, picture, options in (
        ("a.png", clear, {}),
        ("a.png", clear.convert("LA"), {}),
        ("a.webp", clear, {"lossless": True}),
        ("a.gif", clear, {}),
        ("a.png", clear.convert("P"), {"transparency": 0}),
    ):
        x = only(home, picture, name, **options)
        assert near(x[:, :, :6], WHITE)
        assert not near(x[:, :, -6:], WHITE, 60)
        (home / name).unlink()
    half = Image.new("RGBA", (16, 16), (255, 0, 0, 128))
    assert near(only(home, half), (255, 127, 127), 2)


def test_every_mode_of_color(home):
    grey = Image.new("L", (16, 16), 90)
    assert near(only(home, grey), (90, 90, 90))
    assert near(only(home, grey, channels=1), (90,))
    assert near(only(home, Image.new("RGB", (16, 16), GREEN), channels=1), (150,))
    assert near(only(home, Image.new("RGB", (16, 16), BLUE).convert("P")), BLUE)
    assert near(only(home, Image.new("1", (16, 16), 1)), WHITE)
    (home / "a.png").unlink()
    assert near(only(home, Image.new("CMYK", (16, 16), (0, 255, 255, 0)), "a.jpg"), RED, 8)
    (home / "a.jpg").unlink()
    assert near(only(home, Image.new("F", (16, 16), 0.5), "a.tif"), (128, 128, 128))


def test_sixteen_bits_are_scaled_not_clipped(home):
    steps = np.repeat(np.array([0, 64, 128, 255], dtype=np.uint16) * 257, 8)
    picture = Image.fromarray(np.tile(steps, (32, 1)))
    for name in ("a.png", "a.tif"):
        x = only(home, picture, name, size=32)
        assert x[0, 16, 4::8].tolist() == [0, 64, 128, 255]
        (home / name).unlink()


def test_the_center_is_cropped_not_squeezed(home):
    wide = np.zeros((20, 60, 3), dtype=np.uint8)
    wide[:, :20], wide[:, 20:40], wide[:, 40:] = RED, GREEN, BLUE
    for picture in (wide, wide.swapaxes(0, 1).copy()):
        with pytest.warns(UserWarning, match=r"^More than twice as long as wide, .*: 1 of 2\.$"):
            x = only(home, Image.fromarray(picture))
        assert near(x[:, 3:-3, 3:-3], GREEN)


@pytest.mark.parametrize("ending", ["png", "jpg"])
def test_small_pictures_are_averages_of_large_ones(home, ending):
    """A checkerboard of single pixels has mean 127.5 everywhere; picking pixels gives 0, 255."""
    board = (np.indices((512, 512)).sum(axis=0) % 2 * 255).astype(np.uint8)
    assert near(only(home, Image.fromarray(board), f"a.{ending}", quality=95), (127,) * 3, 8)


def test_unicode_spaces_and_signs_in_paths(tmp_path):
    home = tmp_path / "Übung 学习" / "it's #1 100%"
    home.mkdir(parents=True)
    for name in ("ä b.png", "#?%20.png"):
        Image.new("RGB", (8, 8), WHITE).save(home / name)
    assert len(folder(home, size=8)) == 2
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(folder(home, size=8)) == 2


# -- what is refused -------------------------------------------------------------------------


def tells(error: BaseException) -> bool:
    return str(error).count("\n") == 2 and len(str(error)) <= 400


@pytest.mark.parametrize("size", [0, -1, 1025, 2.5, "32", None, True, 10**30])
def test_sizes_that_cannot_work(home, size):
    with pytest.raises(SettingError, match="size=") as info:
        folder(home, size=size)
    assert tells(info.value)


@pytest.mark.parametrize("path", [None, 7, "", "a\0b", ["pictures"]])
def test_paths_that_cannot_work(home, monkeypatch, path):
    """An empty path is not the notebook's own folder, even where that holds pictures."""
    Image.new("RGB", (8, 8)).save(home / "y.png")
    monkeypatch.chdir(home)
    with pytest.raises(SettingError, match="path=") as info:
        folder(path, size=8)
    assert tells(info.value)


def test_a_relative_path_and_one_from_the_environment(home, monkeypatch):
    Image.new("RGB", (8, 8)).save(home / "y.png")
    monkeypatch.chdir(home.parent)
    monkeypatch.setenv("HOME", str(home.parent))
    for path in ("pictures", "./pictures", "~/pictures", Path("pictures"), os.fsencode(home)):
        assert len(folder(path, size=8)) == 2


@pytest.mark.parametrize("channels", [0, 2, 4, "RGB", 3.0])
def test_channels_that_cannot_work(home, channels):
    with pytest.raises(SettingError, match="channels="):
        folder(home, size=8, channels=channels)


def test_folders_that_cannot_work(home, tmp_path):
    (tmp_path / "empty").mkdir()
    for path, text in (
        (tmp_path / "nothing", "There is no folder"),
        (tmp_path / ("n" * 200) / "m", "There is no folder"),
        (home / "zz.png", "There is no folder"),
        (tmp_path / "empty", "no picture"),
        (home, "holds only one picture"),
    ):
        with pytest.raises(DataFileError, match=text) as info:
            folder(path, size=8)
        assert tells(info.value)


def test_photos_in_a_format_that_is_not_read_are_counted(home):
    """A folder from a telephone: saying only "no picture" would send its owner in circles."""
    for number in range(3):
        (home / f"IMG_{number}.HEIC").write_bytes(b"ftypheic")
    with pytest.raises(DataFileError, match=r"one picture\. .*cannot be read: 3 \.heic") as info:
        folder(home, size=8)
    assert tells(info.value)
    Image.new("RGB", (8, 8)).save(home / "y.png")
    for _ in range(2):  # the second time from the cache
        with pytest.warns(UserWarning, match=r"3 \.heic"):
            assert len(folder(home, size=8)) == 2


def test_more_pictures_than_memory(home, monkeypatch):
    def full(*args, **kwargs):
        raise MemoryError

    Image.new("RGB", (8, 8)).save(home / "y.png")
    monkeypatch.setattr(module.np, "empty", full)
    with pytest.raises(SettingError, match="2 pictures of 8 × 8 pixels do not fit") as info:
        folder(home, size=8)
    assert tells(info.value)


def test_a_photo_with_damaged_exif_is_kept_as_it_lies(home):
    """What says how to turn it is broken; the picture is not."""
    Image.new("RGB", (8, 8), RED).save(home / "a.jpg")
    whole = (home / "a.jpg").read_bytes()
    string = b"II*\0\x08\0\0\0\x01\0\x12\x01\x02\0\x04\0\0\0abcd"  # orientation "abcd"
    for exif in (b"garbage", b"MM\0*\0\0\0\x08\xff\xff" + bytes(40), string):
        block = b"Exif\0\0" + exif
        part = b"\xff\xe1" + struct.pack(">H", len(block) + 2) + block
        (home / "a.jpg").write_bytes(whole[:2] + part + whole[2:])
        assert near(folder(home, size=8).x[0], RED)


def test_a_folder_that_leads_into_itself(home):
    Image.new("RGB", (8, 8)).save(home / "y.png")
    (home / "again").symlink_to(home, target_is_directory=True)
    (home / "up").symlink_to(home.parent, target_is_directory=True)
    assert len(folder(home, size=8)) == 2


def test_classes_may_be_links_to_other_folders(home, tmp_path):
    """As on machines where the pictures lie on another disk; a link that leads nowhere is told."""
    for name, color in (("cats", RED), ("dogs", GREEN)):
        (tmp_path / "disk" / name / "deep").mkdir(parents=True)
        for spot in ("0.png", "deep/1.png"):
            Image.new("RGB", (8, 8), color).save(tmp_path / "disk" / name / spot)
        (home / name).symlink_to(tmp_path / "disk" / name, target_is_directory=True)
    (home / "zz.png").unlink()
    d = folder(home, size=8)
    assert d.y.tolist() == [0, 0, 1, 1]
    assert [near(x, c) for x, c in zip(d.x, (RED, RED, GREEN, GREEN), strict=True)] == [True] * 4

    (home / "birds").symlink_to(tmp_path / "unplugged", target_is_directory=True)
    (home / "notes.txt").symlink_to(tmp_path / "unplugged.txt")
    with pytest.warns(UserWarning, match=r"^Links that lead nowhere: birds\.$"):
        assert len(folder(home, size=8)) == 4
    for name in ("cats", "dogs"):
        (home / name).unlink()
    with pytest.raises(DataFileError, match="Links that lead nowhere: birds") as info:
        folder(home, size=8)
    assert tells(info.value)


def test_what_links_show_a_second_time_is_taken_once(home):
    """A link, a hard link and a linked folder: three more names for one picture, no more data."""
    (home / "cats").mkdir()
    Image.new("RGB", (8, 8), RED).save(home / "cats" / "a.png")
    (home / "b.png").symlink_to(home / "cats" / "a.png")
    (home / "c.png").hardlink_to(home / "cats" / "a.png")
    (home / "dogs").symlink_to(home / "cats", target_is_directory=True)
    with pytest.warns(
        UserWarning, match="Taken once, .* second name: dogs, cats/a.png, b.png"
    ) as t:
        assert len(folder(home, size=8)) == 2
    assert len(t) == 1


def test_folders_that_may_not_be_opened_are_told(home, monkeypatch):
    """An account that may do everything cannot be locked out, so the refusal is played."""
    Image.new("RGB", (8, 8), RED).save(home / "y.png")
    (home / "cats").mkdir()
    scan = os.scandir

    def refusing(path):
        if Path(path).name in locked:
            raise PermissionError(13, "Permission denied")
        return scan(path)

    locked = {"cats"}
    monkeypatch.setattr(os, "scandir", refusing)
    with pytest.warns(UserWarning, match=r"^Folders that may not be opened: cats\.$"):
        assert len(folder(home, size=8)) == 2
    locked = {"pictures"}
    with pytest.raises(DataFileError, match=r"no picture\. Folders that may not be opened") as info:
        folder(home, size=8)
    assert tells(info.value)


# -- what is told ----------------------------------------------------------------------------


@pytest.mark.parametrize("ending", ["png", "tif"])
@pytest.mark.parametrize(
    ("most", "white"), [(200, 255), (1000, 1023), (4000, 4095), (16_000, 16_383)]
)
def test_a_few_bits_in_files_of_sixteen_are_scaled_alike(home, ending, most, white):
    """X-rays, microscopes, depth cameras: divided by 257 as others are, they came out black."""
    for name, value in (("a", most), ("b", most // 2)):
        pixels = np.full((16, 16), value, dtype=np.uint16)
        Image.fromarray(pixels).save(home / f"{name}.{ending}")
    for channels in (3, 1):
        with pytest.warns(UserWarning, match=f"^More than 8 bits up to {most:,}, .*: 2 of") as told:
            x = folder(home, size=16, channels=channels).x
        assert len(told) == 1
        assert near(x[0], (round(most / white * 255),) * channels, 0)
        assert near(x[1], (round(most // 2 / white * 255),) * channels, 0)
        assert near(x[2], (255,) * channels, 0)  # pictures of 8 bits are no concern of theirs


def test_the_same_number_is_the_same_grey_in_every_picture(home):
    """One bright picture decides for all: scaled one by one, dark ones would look like it."""
    for name, value in (("a", 3000), ("b", 65_535)):
        Image.fromarray(np.full((16, 16), value, dtype=np.uint16)).save(home / f"{name}.png")
    x = folder(home, size=16).x  # all 16 bits are in use: nothing to tell
    assert x[:, 0, 0, 0].tolist() == [round(3000 / 257), 255, 255]


@pytest.mark.parametrize(
    ("values", "told", "pixels"),
    [
        ([0.0, 0.5, 1.0], "", [0, 128, 255]),
        ([0.0, 102.0, 255.0], r"^Floats up to 255, .* 255 is white: 1 of", [0, 102, 255]),
        ([-1000.0, 400.0, 2000.0], r"Floats up to 2,000.*below 0.*: in 1 of", [0, 51, 255]),
        ([np.nan, np.inf, 1.0], "", [0, 255, 255]),
    ],
)
def test_floats(home, values, told, pixels):
    picture = Image.fromarray(np.array([values], dtype=np.float32).repeat(3, axis=0))
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        x = only(home, picture, "a.tif", size=3)
    assert x[0, 1].tolist() == pixels
    assert len(heard) == bool(told)
    if told:
        assert re.search(told, str(heard[0].message))


def test_what_one_may_not_expect_is_told_in_one_warning_also_from_the_cache(home):
    noise = np.random.default_rng(0).integers(0, 256, (3, 40, 40, 3), dtype=np.uint8)
    frames = [Image.fromarray(pixels) for pixels in noise]
    for name in ("a.gif", "b.tif", "c.webp"):
        frames[0].save(home / name, save_all=True, append_images=frames[1:])
    Image.new("RGB", (41, 20), WHITE).save(home / "d.png")
    Image.new("RGB", (7, 7), WHITE).save(home / "e.png")
    (home / "f.png").touch()
    for _ in range(2):
        with pytest.warns(UserWarning, match="pictures could not be read") as told:
            assert len(folder(home, size=16)) == 6
        assert len(told) == 1
        text = str(told[0].message)
        for part in (
            "1 of 7 pictures could not be read and were left out: f.png (empty).",
            "More than twice as long as wide, only the middle square was kept: 1 of 6.",
            "Less than half as large as asked for, enlarging has blurred them: 1 of 6.",
            "Of several frames, only the first was taken: 3 of 6.",
        ):
            assert part in text


def color_of_sixteen_bits(values: np.ndarray) -> bytes:
    """Return a PNG of 16-bit color, which Pillow reads and does not write."""
    height, width, _ = values.shape
    lines = b"".join(b"\0" + line.astype(">u2").tobytes() for line in values)
    head = struct.pack(">IIBBBBB", width, height, 16, 2, 0, 0, 0)
    out = b"\x89PNG\r\n\x1a\n"
    for kind, body in ((b"IHDR", head), (b"IDAT", zlib.compress(lines)), (b"IEND", b"")):
        out += struct.pack(">I", len(body)) + kind + body
        out += struct.pack(">I", zlib.crc32(kind + body))
    return out


def test_pictures_that_come_out_nearly_black_are_told(home):
    """Masks of class numbers, and 12 bits in 16-bit *color*: Pillow hands over the high bytes."""
    rng = np.random.default_rng(0)
    Image.fromarray(rng.integers(0, 5, (16, 16), dtype=np.uint8)).save(home / "a.png")
    (home / "b.png").write_bytes(color_of_sixteen_bits(rng.integers(0, 4096, (16, 16, 3))))
    with pytest.warns(UserWarning, match=r"^Nearly black, no value above 63 of 255: 2 of 3\."):
        folder(home, size=16)
    for name in ("c.png", "d.png"):  # one dark picture among many is a picture of the night
        Image.new("RGB", (16, 16), WHITE).save(home / name)
    assert len(folder(home, size=16)) == 5


def test_where_it_looked(home, monkeypatch):
    """A relative path starts at the working directory, which is not the notebook's everywhere."""
    monkeypatch.chdir(home)
    for path in ("my_pictures", "./my_pictures", "../pictures/my_pictures"):
        with pytest.raises(DataFileError) as info:
            folder(path, size=8)
        assert f"There is no folder {files.shown(home / 'my_pictures')}." in str(info.value)
        assert f"The working directory is {files.shown(home, 90)}" in str(info.value)
        assert tells(info.value)
    with pytest.raises(DataFileError, match=r"zz\.png \(a file has this name\)\."):
        folder("zz.png", size=8)
    (home / "other").mkdir()
    for name in ("IMG1", "IMG2", "list.txt"):
        (home / "other" / name).touch()
    with pytest.raises(DataFileError, match=r"3: 2 without an ending, 1 \.txt") as info:
        folder("other", size=8)
    assert tells(info.value)


def test_damaged_pictures_are_named_in_one_warning(home):
    for name in ("a.png", "b.jpg", "c.gif", "d.webp", "e.tif"):
        (home / name).write_bytes(b"<html>not a picture</html>")
    (home / "f.png").write_bytes((home / "zz.png").read_bytes()[:-30])
    Image.new("RGB", (8, 8)).save(home / "y.png")
    for _ in range(2):  # the second time from the cache
        with pytest.warns(UserWarning, match=r"6 of 8 pictures .*a\.png, b\.jpg, c\.gif …") as told:
            assert len(folder(home, size=8)) == 2
        assert len(told) == 1


def test_nothing_but_damaged_pictures(home):
    (home / "zz.png").unlink()
    for name in ("a.png", "b.png"):
        (home / name).write_bytes(b"no")
    with pytest.raises(
        DataFileError, match=r"2 picture\(s\) cannot be read, such as a\.png"
    ) as info:
        folder(home, size=8)
    assert tells(info.value)


def png(width: int, height: int, data: bytes = b"") -> bytes:
    """Return a PNG file of one bit a pixel that claims a size."""
    chunks = [
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)),
        (b"IDAT", zlib.compress(data)),
        (b"IEND", b""),
    ]
    out = b"\x89PNG\r\n\x1a\n"
    for kind, body in chunks:
        out += struct.pack(">I", len(body)) + kind + body
        out += struct.pack(">I", zlib.crc32(kind + body))
    return out


def test_decompression_bombs_are_refused(home, monkeypatch):
    """Above Pillow's limit, and whole pictures between our limit and Pillow's."""
    Image.new("RGB", (8, 8)).save(home / "y.png")
    (home / "a.png").write_bytes(png(60_000, 60_000))
    (home / "b.png").write_bytes(png(8_000, 8_000, bytes(1_001 * 8_000)))
    large = r"\(over 50 million pixels\)"
    with pytest.warns(UserWarning, match=rf"2 of 4 pictures .*: a\.png {large}, b\.png {large}"):
        folder(home, size=8)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", None)  # some advise this
    with pytest.warns(UserWarning, match=r"2 of 4 pictures"):
        folder(home, size=9)


def test_a_postscript_file_is_never_run(home):
    (home / "a.eps").write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 8 8\n")
    (home / "b.png").write_bytes((home / "a.eps").read_bytes())
    Image.new("RGB", (8, 8)).save(home / "y.png")
    with pytest.warns(UserWarning, match=r"1 of 3 pictures .*: b\.png"):
        folder(home, size=8)


def samples() -> dict[str, bytes]:
    """Return small pictures in many formats."""
    pixels = np.random.default_rng(0).integers(0, 256, (12, 16, 3), dtype=np.uint8)
    picture, out = Image.fromarray(pixels), {}
    kinds = "png jpg gif bmp tif webp ppm tga ico pcx sgi jp2 dds qoi"
    for kind in kinds.split():
        file = io.BytesIO()
        form = {"jpg": "JPEG", "tif": "TIFF", "jp2": "JPEG2000"}.get(kind, kind.upper())
        picture.save(file, form)
        out[kind] = file.getvalue()
    return out


def test_fuzzed_pictures(home, record_property):
    """Mutated pictures are read as something, or left out: never another error."""
    rng, good = random.Random(0), samples()
    Image.new("RGB", (8, 8)).save(home / "y.png")
    turns = times(10, 200)
    record_property("n", 100 * turns)
    for turn in range(turns):
        for number in range(100):
            kind = rng.choice(sorted(good))
            (home / f"{number:02}.{kind}").write_bytes(mutate(good[kind], rng))
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            d = folder(home, size=8)
        assert 2 <= len(d) <= 102, turn
        assert d.x.shape[1:] == (3, 8, 8)
        assert len(told) <= 1
        for path in home.glob("[0-9]*"):
            path.unlink()


# -- what is remembered ----------------------------------------------------------------------


@pytest.fixture
def filled(home):
    for number in range(3):
        Image.new("RGB", (8, 8), (250 + number, 0, 0)).save(home / f"{number}.png")
    return home


@pytest.fixture
def reads(monkeypatch) -> list[str]:
    """The names of the pictures that were opened, in order."""
    names, pixels = [], module._pixels

    def counted(path, *args):
        names.append(path.name)
        return pixels(path, *args)

    monkeypatch.setattr(module, "_pixels", counted)
    return names


def test_the_second_call_opens_no_picture(filled, reads):
    first, second = (folder(filled, size=8) for _ in range(2))
    assert len(reads) == 4
    assert torch.equal(first.x, second.x)
    assert torch.equal(first.y, second.y)


def touch(home):
    os.utime(home / "0.png", (1, 1))


def grow(home):
    stamp = (home / "0.png").stat()
    Image.new("RGB", (30, 30), RED).save(home / "0.png")
    os.utime(home / "0.png", ns=(stamp.st_atime_ns, stamp.st_mtime_ns))


def exchange(home):
    """Other pixels in as many bytes, with the old date put back."""
    stamp = (home / "1.png").stat()
    Image.new("RGB", (8, 8), (247, 0, 0)).save(home / "1.png")
    assert (home / "1.png").stat().st_size == stamp.st_size
    os.utime(home / "1.png", ns=(stamp.st_atime_ns, stamp.st_mtime_ns))


def rename(home):
    (home / "0.png").rename(home / "9.png")


def add(home):
    Image.new("RGB", (8, 8)).save(home / "new.png")


def remove(home):
    (home / "0.png").unlink()


@pytest.mark.parametrize("change", [touch, grow, exchange, rename, add, remove])
def test_any_change_of_the_files_is_seen(filled, reads, change):
    folder(filled, size=8)
    reads.clear()
    change(filled)
    assert len(folder(filled, size=8)) == len(reads) > 0


def test_size_and_channels_and_folder_have_their_own_entries(filled, reads, place):
    for _ in range(2):
        for size, channels in ((8, 3), (8, 1), (16, 3)):
            assert folder(filled, size=size, channels=channels).x.shape[1:] == (
                channels,
                size,
                size,
            )
    assert len(reads) == 4 * 3
    assert len(list(place.rglob("*.npz"))) == 3
    folder(filled.rename(filled.with_name("moved")), size=8)
    assert len(reads) == 4 * 4


def test_an_entry_is_plain_npz(filled, place):
    d = folder(filled, size=8)
    (entry,) = place.rglob("*.npz")
    with np.load(entry, allow_pickle=False) as npz:
        assert np.array_equal(npz["x"], d.x.numpy())


def test_fuzzed_entries_are_made_again(filled, place):
    """Whatever happens to the cache, the pictures come out right."""
    right, rng = folder(filled, size=8).x, random.Random(0)
    (entry,) = place.rglob("*.npz")
    whole = entry.read_bytes()
    for _ in range(300):
        entry.write_bytes(mutate(whole, rng))
        assert torch.equal(folder(filled, size=8).x, right)
    for at in range(0, len(whole), 7):
        entry.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        assert torch.equal(folder(filled, size=8).x, right)
    assert entry.read_bytes() == whole


def test_a_disk_that_fails_once_excludes_no_picture_for_good(filled, monkeypatch):
    whole, opened = Image.open, []

    def failing(path, *args, **more):
        opened.append(path)
        if len(opened) == 1:
            raise OSError(errno.EIO, "Input/output error")
        return whole(path, *args, **more)

    monkeypatch.setattr(Image, "open", failing)
    with pytest.warns(UserWarning, match="1 of 4 pictures could not be read"):
        assert len(folder(filled, size=8)) == 3
    assert len(folder(filled, size=8)) == 4


def test_without_a_cache_the_pictures_are_still_there(filled, monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    cache._warn_once.cache_clear()
    monkeypatch.setattr(cache, "places", lambda: [tmp_path / "file"])
    with pytest.warns(UserWarning, match="nothing is cached"):
        assert len(folder(filled, size=8)) == 4


PHOTOS = files.expand(os.environ.get("GAN_LESSONS_DATA") or "nowhere") / "photos"


@pytest.mark.skipif(not PHOTOS.is_dir(), reason="$GAN_LESSONS_DATA holds no folder of photos")
def test_real_photographs(reads):
    """JPEGs from cameras, a folder a class: none is left out, and they look like photographs."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        d = folder(PHOTOS, size=32)
    assert len(d) == len(reads) == sum(1 for _ in PHOTOS.rglob("*.jpg"))
    assert len(d.y.unique()) == sum(path.is_dir() for path in PHOTOS.iterdir())
    pixels = d.x[::7].float()
    neighbors = (pixels[..., 1:] - pixels[..., :-1]).abs().mean()
    assert neighbors < 0.5 * pixels.std()  # neighbors are alike; in noise they are not
    assert pixels.mean(dim=(1, 2, 3)).std() > 10  # bright ones and dark ones


WITHOUT_A_CLOCK = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}


@settings(**WITHOUT_A_CLOCK, max_examples=100, derandomize=True, database=None)
@given(
    width=st.integers(1, 90),
    height=st.integers(1, 90),
    size=st.integers(1, 70),
    channels=st.sampled_from([1, 3]),
    mode=st.sampled_from(["1", "L", "LA", "P", "RGB", "RGBA", "I;16"]),
)
def test_hypothesis_any_shape_becomes_a_square(
    tmp_path_factory, width, height, size, channels, mode
):
    """Every picture, from one pixel to a thin line, fills the square with its own color."""
    path = tmp_path_factory.mktemp("square") / "a.png"
    white = {"LA": (255, 255), "I;16": 65535}.get(mode, "white")
    Image.new(mode, (width, height), white).save(path)
    (pixels, _, _), _ = module._read_all(path.parent, [Path("a.png")] * 2, size, channels)
    assert pixels.shape == (2, channels, size, size)
    assert (pixels == 255).all()
