"""The exercises of lesson 15, Repair and translate: one file each."""

from gan_lessons.checks.repair.answers import answers
from gan_lessons.checks.repair.generators_pay import generators_pay
from gan_lessons.checks.repair.loss_g import loss_g
from gan_lessons.checks.repair.receptive_field import receptive_field

__all__ = ["answers", "generators_pay", "loss_g", "receptive_field"]
