"""The exercises of lesson 11, Tame the critic: one file each."""

from gan_lessons.checks.critic.clipped_step import clipped_step
from gan_lessons.checks.critic.gradient_penalty import gradient_penalty
from gan_lessons.checks.critic.power_step import power_step
from gan_lessons.checks.critic.wasserstein_step import wasserstein_step

__all__ = [
    "clipped_step",
    "gradient_penalty",
    "power_step",
    "wasserstein_step",
]
