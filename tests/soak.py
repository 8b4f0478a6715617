"""How often: the short column of the figures in every test run, the long one in ``make soak``."""

import os

SOAK = os.environ.get("GAN_LESSONS_SOAK") == "1"


def times(short: int, long: int) -> int:
    """Return how often a trial is made in this run."""
    return long if SOAK else short
