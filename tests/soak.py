"""How often, and from which seed: the short column of the figures in every test run, the long one
in ``make soak``; one seed that decides, and others that report."""

import os
import time

SOAK = os.environ.get("GAN_LESSONS_SOAK") == "1"
# Drawn here, by the process that starts the others, which inherit it.
if os.environ.get("GAN_LESSONS_TEST_SEED") == "rotating":
    os.environ["GAN_LESSONS_TEST_SEED"] = str(int(time.time()) % 100_000)
SEED = int(os.environ.get("GAN_LESSONS_TEST_SEED", "0"))


def times(short: int, long: int) -> int:
    """Return how often a trial is made in this run."""
    return long if SOAK else short
