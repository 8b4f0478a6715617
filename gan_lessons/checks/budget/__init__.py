"""The exercises of lesson 19, Compare GAN, VAE and flow: one file each."""

from gan_lessons.checks.budget.ahead import ahead
from gan_lessons.checks.budget.bound import bound
from gan_lessons.checks.budget.flow_loss import flow_loss

__all__ = [
    "ahead",
    "bound",
    "flow_loss",
]
