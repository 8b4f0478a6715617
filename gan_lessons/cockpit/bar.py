"""The progress bar, and where it can be shown. Introduced in lesson 00."""

from IPython import get_ipython


def in_notebook() -> bool:
    """Say whether there is a kernel to display things in."""
    shell = get_ipython()
    return shell is not None and hasattr(shell, "kernel")


def progress_line(done: int, total: int, seconds: float, *, unit: str, ended: bool = False) -> str:
    """Return a progress bar with the time left, as HTML that a screen reader can read.

    The first step of a run takes hundreds of times as long as the next: of steps the time left is
    told from a tenth of them on, or from five of them and five seconds.

    Args:
        done, total: how many units. seconds: since the start. ended: nothing more will come.
    """
    if done >= total:
        state = span(seconds)
    elif ended:
        state = f"stopped after {span(seconds)}, everything is kept"
    elif done:
        known = unit != "step" or 10 * done >= total or (done >= 5 and seconds >= 5)
        left = f"about {span(seconds / done * (total - done))} left, " if known else ""
        state = f"{left}■ stops after a {unit}"
    else:
        state = "starting"
    return (
        f'<div><progress value="{done}" max="{total}" aria-label="{unit}s"></progress> '
        f"{done:,} of {total:,} {unit}s · {state}</div>"
    )


def span(seconds: float) -> str:
    """Return a length of time in the unit that suits it."""
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"
