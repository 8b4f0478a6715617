"""Where and how a lesson runs: device, threads, seeds, budget, and stopping at a step boundary.

Floor 1 of the house: imports nothing of the package but its errors. Introduced in lesson 00.
"""

from gan_lessons.runtime.machine import (
    device_name,
    free_memory,
    pick_device,
    start,
    try_device,
    usable_cores,
)
from gan_lessons.runtime.settings import (
    budget,
    budget_name,
    generator,
    measured_minutes,
    seed_everything,
    setting,
    strict,
)
from gan_lessons.runtime.stopping import StopRequest, steps, stop_at_boundary

__all__ = [
    "StopRequest",
    "budget",
    "budget_name",
    "device_name",
    "free_memory",
    "generator",
    "measured_minutes",
    "pick_device",
    "seed_everything",
    "setting",
    "start",
    "steps",
    "stop_at_boundary",
    "strict",
    "try_device",
    "usable_cores",
]
