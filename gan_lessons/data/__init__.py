"""Data sets of the course, each one a :class:`Dataset`. Floor 2 of the house.

Points in the plane: :func:`ring`, :func:`grid`, :func:`moons`, :func:`spiral`, :func:`drawn`.
What ships with the course: digits, :func:`strokes`, and flowers in color, :func:`petals`. Real
sets: :func:`mnist`, :func:`fashion_mnist`, and your own pictures: :func:`folder`. The runs of
lesson 05: :func:`gallery`; those of lessons 12 to 15 and 19: :func:`ablation`.
"""

from gan_lessons.data.ablation import ablation
from gan_lessons.data.batches import batches, to_image_range, to_model_range
from gan_lessons.data.color import from_oklab, hue_and_chroma, to_oklab
from gan_lessons.data.dataset import Dataset
from gan_lessons.data.folder import folder
from gan_lessons.data.gallery import Run, gallery
from gan_lessons.data.petals import petals
from gan_lessons.data.plane import drawn, grid, moons, ring, spiral
from gan_lessons.data.real import fashion_mnist, mnist
from gan_lessons.data.strokes import strokes

__all__ = [
    "Dataset",
    "Run",
    "ablation",
    "batches",
    "drawn",
    "fashion_mnist",
    "folder",
    "from_oklab",
    "gallery",
    "grid",
    "hue_and_chroma",
    "mnist",
    "moons",
    "petals",
    "ring",
    "spiral",
    "strokes",
    "to_image_range",
    "to_model_range",
    "to_oklab",
]
