"""Color as the eye orders it: known colors, gray, the way back, and its figures."""

import io

import pytest
import torch
from PIL import Image

from gan_lessons import data, show


def color(*rgb):
    """Return sRGB bytes as an image (1, 3, 1, 1) in [-1, 1]."""
    return data.to_model_range(torch.tensor(rgb, dtype=torch.uint8).reshape(1, 3, 1, 1))


@pytest.mark.parametrize(
    ("rgb", "lab"),
    [
        ((255, 255, 255), (1.000, 0.000, 0.000)),
        ((0, 0, 0), (0.000, 0.000, 0.000)),
        ((255, 0, 0), (0.628, 0.225, 0.126)),
        ((0, 255, 0), (0.866, -0.234, 0.179)),
        ((0, 0, 255), (0.452, -0.032, -0.312)),
        ((255, 255, 0), (0.968, -0.071, 0.199)),
    ],
)
def test_primary_colors_lie_where_ottosson_puts_them(rgb, lab):
    found = data.to_oklab(color(*rgb)).flatten()
    torch.testing.assert_close(found, torch.tensor(lab), atol=1.5e-3, rtol=0)


def test_gray_has_no_chroma():
    gray = torch.linspace(-1, 1, 32).expand(1, 3, 1, 32)
    _, chroma = data.hue_and_chroma(data.to_oklab(gray))
    assert chroma.max() < 1e-3


def test_the_way_back():
    x = 2 * torch.rand(4, 3, 8, 8, generator=torch.Generator().manual_seed(0)) - 1
    back = data.from_oklab(data.to_oklab(x))
    torch.testing.assert_close(back, x, atol=5e-3, rtol=0)
    assert data.from_oklab(torch.full((1, 3, 1, 1), 3.0)).abs().max() <= 1


def test_hue_is_an_angle_from_0_to_360():
    lab = torch.tensor([[0.5, 1, 0], [0.5, 0, 1], [0.5, -1, 0], [0.5, 0, -1]])
    hue, chroma = data.hue_and_chroma(lab)
    torch.testing.assert_close(hue, torch.tensor([0.0, 90, 180, 270]))
    torch.testing.assert_close(chroma, torch.ones(4))


def png(picture):
    return Image.open(io.BytesIO(picture.png))


def test_figures_of_color_are_drawn_with_their_sentence():
    hue, weight = torch.tensor([10.0, 200.0, 350.0]), torch.tensor([0.1, 0.2, 0.0])
    table = torch.tensor([[0.5, 0.0], [0.25, 0.25]])
    x = torch.zeros(2, 3, 8, 8)
    swatches = torch.tensor([[1.0, -1, -1], [0, 0, 0]]), torch.tensor([0.95, 0.05])
    pictures = [
        show.hues((hue, weight), (hue, weight), title="t", sentence="s"),
        show.pairs({"a": table}, rows="xy", columns="uv", never=table == 0, sentence="s"),
        show.palettes({"real": x, "fake": x}, {"real": swatches, "fake": swatches}, sentence="s"),
    ]
    for picture in pictures:
        assert picture.sentence == "s"
        assert min(png(picture).size) > 100


def test_a_sheet_keeps_every_pixel_and_lets_the_browser_enlarge_it():
    """With few colors, those colors exactly."""
    x = torch.full((3, 3, 4, 4), -1.0)
    x[1], x[2, 0] = 1.0, 1.0  # black, white, red
    picture = show.sheet(x, sentence="s", columns=2, zoom=3)
    kept = png(picture).convert("RGB")
    assert kept.size == (8, 8)
    places = ((3, 3), (4, 3), (0, 4), (4, 4))  # ends and beginnings of the four tiles
    colors = ((0, 0, 0), (255, 255, 255), (255, 0, 0), (0, 0, 0))  # the fourth is empty
    assert [kept.getpixel(at) for at in places] == list(colors)
    page = picture._repr_html_()
    assert 'width="24"' in page
    assert "image-rendering:pixelated" in page
    for side, width in ((32, 128), (64, 128), (100, 200)):  # two images, about 64 wide each
        page = show.sheet(torch.zeros(2, 3, side, side), sentence="s")._repr_html_()
        assert f'width="{width}"' in page


def test_a_moving_picture_moves_once_and_can_be_kept(tmp_path):
    frames = [torch.full((2, 3, 8, 8), value) for value in (-1.0, 0.0, 1.0)]
    picture = show.moving(frames, sentence='a "walk"', zoom=3, seconds=3)
    shown = Image.open(io.BytesIO(picture.gif))
    kept = Image.open(io.BytesIO(picture.save(tmp_path / "walk.gif").read_bytes()))
    assert (shown.n_frames, shown.size) == (3, (16, 8))  # the browser enlarges it
    assert (kept.n_frames, kept.size) == (3, (48, 24))
    for film in (shown, kept):
        assert film.info["duration"] == 1000
        assert "loop" not in film.info  # once, then it stands still
        film.seek(1)
        assert film.convert("RGB").getpixel((0, 0)) == (128, 128, 128)
    assert png(picture).convert("RGB").getpixel((0, 0)) == (255, 255, 255)  # the last frame
    page = picture._repr_html_()
    assert "data:image/gif;base64," in page
    assert 'width="48"' in page
    assert 'alt="a &quot;walk&quot;"' in page


def test_a_film_of_noise_stays_small():
    """The worst case, pixels that never repeat: a byte and a half for each."""
    rng = torch.Generator().manual_seed(0)
    frames = [2 * torch.rand(6, 3, 32, 32, generator=rng) - 1 for _ in range(36)]
    assert len(show.moving(frames, sentence="s").gif) < 1.5 * 36 * 6 * 32**2
