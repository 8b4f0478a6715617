"""The exercises of lesson 14, Ask for what you want: one file each."""

from gan_lessons.checks.conditions.as_row import as_row
from gan_lessons.checks.conditions.beside import beside
from gan_lessons.checks.conditions.class_found import class_found
from gan_lessons.checks.conditions.projection import projection
from gan_lessons.checks.conditions.under_which_name import under_which_name
from gan_lessons.checks.conditions.within import within

__all__ = ["as_row", "beside", "class_found", "projection", "under_which_name", "within"]
