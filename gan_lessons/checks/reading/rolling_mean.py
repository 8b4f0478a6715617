"""The rolling mean: an exercise of lesson 05, Read a GAN."""

from collections.abc import Callable

import torch

from gan_lessons.checks.exercise import Wrong, exercise


@exercise(
    title="The rolling mean",
    proves="each entry is the mean of one whole window, and a NaN spoils its own windows only.",
    hints=(
        "How many windows of length w fit into T values, if each starts one step after the last?",
        "values.unfold(0, window, 1) gives all windows as rows, (T - window + 1, window).",
        "values.unfold(0, window, 1).mean(dim=1), and values[:0] if len(values) < window.",
    ),
)
def rolling_mean(answer: Callable) -> None:
    """Check ``rolling_mean(values, window)`` on squares, a constant, a NaN and a short curve."""
    values, window = torch.arange(10.0) ** 2, 4
    right = values.unfold(0, window, 1).mean(dim=1)
    found = torch.as_tensor(answer(values.clone(), window))
    if found.shape == right.shape and torch.allclose(found, right * window):
        raise Wrong("you return sums: divide by the window.")
    if len(found) == len(values) and found.ndim == 1:
        if torch.allclose(found, values.cumsum(0) / torch.arange(1, 11)):
            raise Wrong("this is the mean of everything so far: old steps never leave the window.")
        raise Wrong(
            "you return as many means as there are values, so some windows are filled up with "
            "something that is no step of the run. Only whole windows count: T - window + 1."
        )
    if len(found) == len(values) // window:
        raise Wrong("your windows lie side by side. Let them overlap: each starts one step later.")
    if found.shape != right.shape:
        raise Wrong(f"10 values have 7 windows of 4; you return shape {tuple(found.shape)}.")
    if not torch.allclose(found, right, rtol=1e-4):
        raise Wrong(f"the first window holds 0, 1, 4, 9: its mean is 3.5, not {found[0]:.4g}.")
    values[2] = torch.nan
    bad = torch.as_tensor(answer(values, window)).isnan()
    if not bad[:3].all():
        raise Wrong("a NaN disappears in your mean. A detector must not be lied to: keep it.")
    if bad[3:].any():
        raise Wrong("one NaN spoils every later mean, as a running sum does: use whole windows.")
    try:
        short = torch.as_tensor(answer(torch.ones(3), window))
    except (RuntimeError, ValueError, IndexError) as error:
        raise Wrong("a run of 3 steps has no window of 4 yet: return an empty tensor.") from error
    if len(short):
        raise Wrong("a run of 3 steps has no whole window of 4 yet: return an empty tensor.")
