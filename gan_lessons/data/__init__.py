"""Data sets of the course, each one a :class:`Dataset`. Floor 1 of the house.

Points in the plane: :func:`ring`, :func:`grid`, :func:`moons`, :func:`spiral`, :func:`drawn`.
Digits that ship with the course: :func:`strokes`. Real sets: :func:`mnist`, :func:`fashion_mnist`,
and your own pictures: :func:`folder`.
"""

from gan_lessons.data.batches import batches, to_image_range, to_model_range
from gan_lessons.data.dataset import Dataset
from gan_lessons.data.plane import drawn, grid, moons, ring, spiral

__all__ = [
    "Dataset",
    "batches",
    "drawn",
    "grid",
    "moons",
    "ring",
    "spiral",
    "to_image_range",
    "to_model_range",
]
