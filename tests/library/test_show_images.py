"""Sheets of images: what holds none is told, not divided by. Lesson 06."""

import pytest
import torch

from gan_lessons import show
from gan_lessons.errors import SettingError
from tests.three_lines import complaints


@pytest.mark.parametrize("shape", [(0, 1, 28, 28), (0, 3, 32, 32), (28, 28), (9, 2, 28, 28)])
def test_no_images_are_told_in_three_lines(shape):
    """All held out of a small set, say."""
    x, some = torch.zeros(shape), torch.zeros(4, 1, 28, 28)
    for draw in (
        lambda: show.images(x, title="None", sentence="None."),
        lambda: show.rows_of_images({"real": some, "fake": x}, sentence="None."),
    ):
        with pytest.raises(SettingError, match="no images to show") as info:
            draw()
        assert complaints(info.value) == []
