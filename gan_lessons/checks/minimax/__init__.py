"""The exercises of lesson 02, Play the minimax game: one file each."""

from gan_lessons.checks.minimax.blind import blind
from gan_lessons.checks.minimax.d_loss import d_loss
from gan_lessons.checks.minimax.js_from_loss import js_from_loss
from gan_lessons.checks.minimax.max_error import max_error
from gan_lessons.checks.minimax.non_saturating_g import non_saturating_g
from gan_lessons.checks.minimax.saturating_g import saturating_g

__all__ = [
    "blind",
    "d_loss",
    "js_from_loss",
    "max_error",
    "non_saturating_g",
    "saturating_g",
]
