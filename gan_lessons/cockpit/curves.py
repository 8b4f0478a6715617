"""The numbers of a run as curves, and the limits of their axes. Introduced in lesson 04."""

import math
from collections.abc import Mapping

import numpy as np

from gan_lessons import show
from gan_lessons.training import NUMBERS, History

NORM = "gradient"  # the one panel with a logarithmic scale
Curve = tuple[np.ndarray, np.ndarray]  # steps and values


def curves_of(
    history: History, values: Mapping[int, float], metric: str | None
) -> dict[str, list[Curve]]:
    """Return the curves of a run over all its steps, panel by panel.

    Args:
        values: the metric's, at the steps where it was measured. metric: its name.
    """
    line = {name: show.smooth(history.column(name)) for name in NUMBERS}
    curves = {"loss": [line["loss_d"], line["loss_g"]]}
    curves["logit"] = [line["real_logit"], line["fake_logit"]]
    curves[NORM] = [measured(history, "norm_d"), measured(history, "norm_g")]
    if metric is not None:
        seen = np.array(sorted(values.items()), dtype=float)
        curves[metric] = [tuple(seen.reshape(-1, 2).T)]
    return curves


def measured(history: History, name: str) -> Curve:
    """Return a number that only some steps have, at those steps; 400 of them at most."""
    values = history.column(name).numpy() if name in history.names else np.empty(0)
    (steps,) = np.isfinite(values).nonzero()
    steps = steps[:: 1 + len(steps) // 400]
    return steps + 1, values[steps]


def limits_of(curves: list[Curve], *, log: bool = False) -> tuple[float, float]:
    """Return limits around all finite values of some curves, rounded outward.

    Rounded limits rarely change while a run grows, and only then the axes are drawn anew.
    """
    values = np.concatenate([values for _, values in curves])
    values = np.log10(values[values > 0]) if log else values
    values = values[np.isfinite(values)]
    low, high = (values.min(), values.max()) if len(values) else (0.0, 1.0)
    width = max(high - low, 0.1 * abs(high)) or 1.0
    unit = 1.0 if log else 2.0 ** (math.floor(math.log2(width)) - 1)
    low, high = math.floor(low / unit - 0.1) * unit, math.ceil(high / unit + 0.1) * unit
    return (10**low, 10**high) if log else (low, high)
