"""One function per figure; none of them trains. Floor 2 of the house.

Each returns a :class:`Picture`, which carries the sentence that says what to see. Functions named
``draw_…`` draw on given axes, for figures of several panels.
"""

from gan_lessons.show.curves import bars, draw_logits, draw_losses, draw_metric, histograms, losses
from gan_lessons.show.images import draw_sheet, images, rows_of_images
from gan_lessons.show.picture import D_COLOR, FAKE, G_COLOR, MARK, REAL, STYLE, Picture, figure
from gan_lessons.show.plane import clouds, draw_points, limit_of, logit_field, points

__all__ = [
    "D_COLOR",
    "FAKE",
    "G_COLOR",
    "MARK",
    "REAL",
    "STYLE",
    "Picture",
    "bars",
    "clouds",
    "draw_logits",
    "draw_losses",
    "draw_metric",
    "draw_points",
    "draw_sheet",
    "figure",
    "histograms",
    "images",
    "limit_of",
    "logit_field",
    "losses",
    "points",
    "rows_of_images",
]
