"""One function per figure; none of them trains. Floor 4 of the house.

Each returns a :class:`Picture`, which carries the sentence that says what to see. Functions named
``draw_…`` draw on given axes, for figures of several panels.
"""

from gan_lessons.show.augmentation import known_by_heart, leak_meter
from gan_lessons.show.clinic import bedside, draw_curves, draw_samples, recovered
from gan_lessons.show.color import hues, pairs, palettes
from gan_lessons.show.conditions import asked_and_found, draw_answers, names_on_a_ring
from gan_lessons.show.convolutions import chain, maps
from gan_lessons.show.critic import estimates, in_the_plane, inside_critics, on_a_line
from gan_lessons.show.curves import (
    bars,
    draw_logits,
    draw_losses,
    draw_metric,
    draw_norms,
    histograms,
    losses,
    smooth,
    whole,
    whole_ticks,
)
from gan_lessons.show.distances import draw_densities, draw_lines, lines, panels
from gan_lessons.show.explore import explore
from gan_lessons.show.images import draw_sheet, images, rows_of_images, tile
from gan_lessons.show.motion import draw_phase, journey, phases
from gan_lessons.show.objectives import compared, meanings, objective, until_it_breaks
from gan_lessons.show.one_step import draw_map, origins, wheel
from gan_lessons.show.pad import pad
from gan_lessons.show.picture import (
    D_COLOR,
    DPI,
    FAKE,
    FIELD,
    G_COLOR,
    MARK,
    REAL,
    SHARP,
    STYLE,
    Picture,
    figure,
    key,
    packed,
)
from gan_lessons.show.pixels import Moving, Pixels, moving, sheet
from gan_lessons.show.plane import (
    ROOT,
    clouds,
    draw_points,
    draw_pushes,
    limit_of,
    logit_field,
    points,
    reach_of,
    spread_out,
    usual_push,
)
from gan_lessons.show.reading import runs
from gan_lessons.show.repair import trade_off
from gan_lessons.show.scoring import intervals, playground, table
from gan_lessons.show.stabilize import cells, draw_cells, matrix
from gan_lessons.show.start import the_game

__all__ = [
    "DPI",
    "D_COLOR",
    "FAKE",
    "FIELD",
    "G_COLOR",
    "MARK",
    "REAL",
    "ROOT",
    "SHARP",
    "STYLE",
    "Moving",
    "Picture",
    "Pixels",
    "asked_and_found",
    "bars",
    "bedside",
    "cells",
    "chain",
    "clouds",
    "compared",
    "draw_answers",
    "draw_cells",
    "draw_curves",
    "draw_densities",
    "draw_lines",
    "draw_logits",
    "draw_losses",
    "draw_map",
    "draw_metric",
    "draw_norms",
    "draw_phase",
    "draw_points",
    "draw_pushes",
    "draw_samples",
    "draw_sheet",
    "estimates",
    "explore",
    "figure",
    "histograms",
    "hues",
    "images",
    "in_the_plane",
    "inside_critics",
    "intervals",
    "journey",
    "key",
    "known_by_heart",
    "leak_meter",
    "limit_of",
    "lines",
    "logit_field",
    "losses",
    "maps",
    "matrix",
    "meanings",
    "moving",
    "names_on_a_ring",
    "objective",
    "on_a_line",
    "origins",
    "packed",
    "pad",
    "pairs",
    "palettes",
    "panels",
    "phases",
    "playground",
    "points",
    "reach_of",
    "recovered",
    "rows_of_images",
    "runs",
    "sheet",
    "smooth",
    "spread_out",
    "table",
    "the_game",
    "tile",
    "trade_off",
    "until_it_breaks",
    "usual_push",
    "wheel",
    "whole",
    "whole_ticks",
]
