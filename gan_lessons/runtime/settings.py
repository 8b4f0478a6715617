"""What this run is allowed: budget, strict mode, seeds. Introduced in lesson 00."""

import json
import os
import random

import numpy as np
import torch

from gan_lessons import files
from gan_lessons.errors import SettingError

BUDGETS = ("tiny", "ci", "lesson", "full")


def setting(name: str, default: str, allowed: tuple[str, ...]) -> str:
    """Read an environment variable that must have one of a few values."""
    value = os.environ.get(name, "") or default
    if value not in allowed:
        raise SettingError(
            f"{name}={value!r} is not a value this course knows.",
            "Nothing was started and nothing was changed.",
            f"Set {name} to one of: {', '.join(allowed)}.",
        )
    return value


def budget_name() -> str:
    """Return the budget this run has: tiny, ci, lesson or full (GAN_LESSONS_BUDGET).

    Raises:
        SettingError: the variable holds anything else.
    """
    return setting("GAN_LESSONS_BUDGET", "lesson", BUDGETS)


def budget(*, tiny: int, ci: int, lesson: int, full: int) -> int:
    """Return the number that belongs to this run's budget; every lesson names all four.

    Example: ``steps = runtime.budget(tiny=20, ci=150, lesson=2_000, full=20_000)``.
    """
    return {"tiny": tiny, "ci": ci, "lesson": lesson, "full": full}[budget_name()]


def strict() -> bool:
    """Say whether an exercise that is not solved is an error (GAN_LESSONS_STRICT=1)."""
    return setting("GAN_LESSONS_STRICT", "0", ("0", "1")) == "1"


def seed_everything(seed: int) -> None:
    """Seed Python, NumPy and torch: same machine and threads, same numbers."""
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002  learners may use the legacy functions
    torch.manual_seed(seed)


def generator(seed: int, device: str | torch.device = "cpu") -> torch.Generator:
    """Return an own source of randomness, so that one purpose does not disturb another."""
    return torch.Generator(device=device).manual_seed(seed)


def measured_minutes() -> dict[str, dict]:
    """Return what building the solved notebooks measured, lesson by lesson. Lesson 00.

    Returns:
        For each lesson's file name: ``minutes`` of computing on 2 CPU cores, ``step_ms`` of
        :func:`gan_lessons.speed.calibrate` on that machine, and the ``date``.
    """
    path = files.course("tools", "minutes.json")
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
