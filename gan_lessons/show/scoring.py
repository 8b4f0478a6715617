"""Pictures of scores: a table that says who is fooled, numbers with intervals. Lesson 09."""

from collections.abc import Collection, Mapping, Sequence
from itertools import cycle

from matplotlib import rc_context
from torch import Tensor

from gan_lessons.metrics import Interval
from gan_lessons.show.images import draw_sheet
from gan_lessons.show.picture import FAKE, REAL, STYLE, Picture, figure

MARKERS = ("o", "^", "s", "D", "v")
PALE = "#CFE3F1"  # REAL, pale enough to write on


def short(value: float) -> str:
    """Return a number in at most three figures, 0 for what rounds to it. Lesson 09."""
    if abs(value) < 5e-4:
        return "0"
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3f}" if abs(value) < 0.01 else f"{value:.3g}"


def table(
    rows: Mapping[str, Mapping[str, float]],
    *,
    good: Mapping[str, Collection[str]],
    title: str,
    sentence: str,
) -> Picture:
    """Show a table of numbers; those that pass, such as a real one's, get a ● on blue. Lesson 09.

    Args:
        rows: for each row's name, its numbers by column; the first row has all columns, a later
            one may lack some.
        good: for each row's name, the columns whose number passes.
    """
    columns = list(next(iter(rows.values())))
    with rc_context(STYLE):
        fig = figure(width=0.82 * len(columns) + 2.0, height=0.3 * len(rows) + 0.75)
        ax = fig.subplots()
        for y, (name, numbers) in enumerate(rows.items()):
            for x, column in enumerate(columns):
                if column not in numbers:
                    continue
                passes = column in good.get(name, ())
                if passes:
                    ax.barh(y, 0.94, 0.9, left=x - 0.47, color=PALE)
                text = short(numbers[column]) + (" ●" if passes else "")
                ax.text(x, y, text, ha="center", va="center", fontsize=9.5)
        ax.set(xlim=(-0.5, len(columns) - 0.5), ylim=(len(rows) - 0.5, -0.5), title=title)
        ax.set_xticks(range(len(columns)), columns)
        ax.set_yticks(range(len(rows)), list(rows))
        ax.xaxis.tick_top()
        ax.tick_params(length=0, labelsize=9.5)
        ax.spines[:].set_visible(False)
        return Picture(fig, sentence)


def intervals(
    groups: Mapping[str, Sequence[Interval]], *, xlabel: str, title: str, sentence: str
) -> Picture:
    """Show numbers with their intervals, one line each, grouped by name. Lesson 09.

    Args:
        groups: for each name, for example of a model, one :class:`metrics.Interval` per seed.
    """
    with rc_context(STYLE):
        lines = sum(map(len, groups.values()))
        fig = figure(width=6.4, height=0.26 * lines + 1.1)
        ax = fig.subplots()
        y, ticks = 0.0, []
        for (name, found), color, marker in zip(
            groups.items(), cycle((REAL, FAKE, "black", "#777777", "#CC79A7")), cycle(MARKERS)
        ):
            ticks.append((y + (len(found) - 1) / 2, name))
            for one in found:
                ax.plot([one.low, one.high], [y, y], color=color, lw=1.6)
                ax.plot(one.value, y, marker=marker, color=color, ms=6)
                y += 1
            y += 0.6
        ax.set_yticks(*zip(*ticks, strict=True))
        ax.set(ylim=(y - 1, -0.6), xlabel=xlabel, title=title)
        ax.tick_params(axis="y", length=0)
        return Picture(fig, sentence)


def playground(
    images: Tensor, shares: Mapping[str, float], others: str, *, sentence: str
) -> Picture:
    """Show samples beside their scores, fast enough for a slider. Lesson 09.

    Args:
        images: (N, C, H, W), of which 24, evenly spread, are shown.
        shares: scores from 0 to 1, by name; what is more is drawn at 1, its number beside it.
        others: the remaining scores in one line, as the title.
    """
    with rc_context(STYLE):
        fig = figure(width=8.2, height=3.0, layout=None)
        left, right = fig.subplots(1, 2, width_ratios=(1.35, 1))
        fig.subplots_adjust(left=0.01, right=0.92, top=0.88, bottom=0.14, wspace=0.42)
        spread = [i * len(images) // 24 for i in range(24)] if len(images) > 24 else slice(None)
        draw_sheet(left, images[spread], columns=6)
        right.axvline(1, color=REAL, lw=1.2, ls="--")
        for y, value in enumerate(shares.values()):
            right.plot([0, min(value, 1)], [y, y], color=FAKE, lw=1)
            right.plot(min(value, 1), y, "^", color=FAKE, ms=7, clip_on=False)
            right.text(1.06, y, f"{value:.2f}", va="center", fontsize=9.5)
        right.set(xlim=(0, 1.02), ylim=(len(shares) - 0.5, -0.5), xticks=(0, 0.5, 1))
        right.set_yticks(range(len(shares)), list(shares))
        fig.suptitle(others, fontsize=11)
        return Picture(fig, sentence)
