"""Pictures of an ablation: configurations by metrics, and the runs behind one cell. Lesson 12."""

import math
from collections.abc import Mapping, Sequence

import torch
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from torch import Tensor

from gan_lessons import metrics
from gan_lessons.show.curves import whole_ticks
from gan_lessons.show.images import draw_sheet
from gan_lessons.show.picture import FAKE, MARK, REAL, STYLE, Picture, figure
from gan_lessons.show.plane import draw_points, limit_of, spread_out

GLYPHS = {1: "▲", 0: "○", -1: "▼"}
PALE = {1: "#CFE3F1", 0: "#FFFFFF", -1: "#F6DCC8"}  # REAL and FAKE, pale enough to write on
DRAWN = 300  # points of a cloud


def with_error(value: float, error: float) -> str:
    """Return a number and its error as text: the error decides where both end.

    Two digits of it are written where it begins with 100 … 354, else one; four places are enough
    where they show it. Lesson 12.

    Source: the Particle Data Group's rule, Review of Particle Physics, introduction.
    """
    value, error = float(value), float(error)
    if value != value:
        return "broken"
    if not error > 0:
        return f"{value:.4g} ± 0" if error == 0 else f"{value:.4g}"
    first = math.floor(math.log10(error))
    places = max(0, (1 if error < 3.55 * 10.0**first else 0) - first)
    places = min(places, max(4, -first))
    value = round(value, places) + 0.0  # no −0.00
    return f"{value:.{places}f} ± {error:.{places}f}"


def _told(
    scores: Mapping[str, Tensor], verdicts: Mapping[str, Sequence[int]], *, base: int = 0
) -> list[list[str]]:
    """Return for each configuration and metric the mean, half its interval, and a glyph."""
    rows = []
    for i in range(len(next(iter(scores.values())))):
        ends = [metrics.over_seeds(values[i]) for values in scores.values()]
        texts = [with_error(mean, high - mean) for _, mean, high in ends]
        marks = ["" if i == base else f" {GLYPHS[int(verdicts[name][i])]}" for name in scores]
        rows.append([text + mark for text, mark in zip(texts, marks, strict=True)])
    return rows


def draw_cells(
    ax: Axes,
    rows: Sequence[str],
    columns: Sequence[str],
    texts: Sequence[Sequence[str]],
    *,
    shades: Sequence[Sequence[int]] | None = None,
) -> Axes:
    """Draw a table of texts; a cell's shade is +1 (blue), 0 (white) or −1 (vermillion).

    Args:
        rows, columns: their names. texts: what stands in each cell, row by row. Lesson 12.
    """
    for y, row in enumerate(texts):
        for x, text in enumerate(row):
            shade = shades[y][x] if shades else 0
            if shade:
                ax.barh(y, 0.96, 0.9, left=x - 0.48, color=PALE[shade])
            ax.text(x, y, text, ha="center", va="center", fontsize=9)
    ax.set(xlim=(-0.5, len(columns) - 0.5), ylim=(len(rows) - 0.5, -0.5))
    ax.set_xticks(range(len(columns)), list(columns))
    ax.set_yticks(range(len(rows)), list(rows))
    ax.xaxis.tick_top()
    ax.tick_params(length=0, labelsize=9.5)
    ax.spines[:].set_visible(False)
    return ax


def cells(
    rows: Mapping[str, Sequence[str | tuple[float, float]]],
    columns: Sequence[str],
    *,
    title: str,
    sentence: str,
    ours: Sequence[str] = (),
) -> Picture:
    """Show a table of texts, such as means with their errors; the rows of ``ours`` on blue.

    Args:
        rows: for each row's name what stands in its cells: a text, or a number and its error.
            columns: their names. Lesson 12.
    """
    texts = [[x if isinstance(x, str) else with_error(*x) for x in row] for row in rows.values()]
    with rc_context(STYLE):
        longest = max(map(len, rows))
        width = 1.32 * len(columns) + 0.085 * longest + 0.3
        fig = figure(width=width, height=0.3 * len(rows) + 0.8)
        shades = [[int(name in ours)] * len(columns) for name in rows]
        draw_cells(fig.subplots(), list(rows), columns, texts, shades=shades)
        fig.suptitle(title, fontsize=11)
        return Picture(fig, sentence)


def matrix(
    scores: Mapping[str, Tensor],
    configs: Sequence[str],
    verdicts: Mapping[str, Sequence[int]],
    *,
    pick: tuple[str, str],
    against: str,
    samples: Tensor,
    seeds: Sequence[int],
    ideal: Mapping[str, float],
    real: Tensor | None = None,
) -> Picture:
    """Show an ablation as a matrix, and the runs behind one cell of it. Fast enough for a slider.

    Each cell holds a mean over seeds, half of its 95 % interval, and how its row compares with one
    of the rows: ▲ better, ▼ worse, ○ undecided.

    Args:
        scores: for each metric (C, S): configurations by seeds. configs: their names.
        verdicts: for each metric, −1, 0 or +1 for every configuration.
        pick: the configuration and the metric whose runs are shown.
        against: the configuration that the verdicts compare with.
        samples: of each run, points (C, S, n, 2) or images (C, S, n, channels, H, W).
        seeds: of the runs. ideal: for each metric what real data reach.
        real: points (N, 2) drawn behind the samples; not needed for images.

    Introduced in lesson 12.
    """
    row, base = (list(configs).index(name) for name in (pick[0], against))
    names, picked = list(scores), scores[pick[1]]
    texts = _told(scores, verdicts, base=base)
    shades = [[int(verdicts[name][i]) * (i != base) for name in names] for i in range(len(configs))]
    with rc_context(STYLE):
        height, runs = 0.29 * len(configs) + 0.5, samples.shape[1]
        width = 8.3 + 1.15 * max(0, len(names) - 4)
        fig = figure(width=width, height=height + 2.2, layout=None)
        share = 2.2 / (height + 2.2)
        left = min(2.1, 0.17 + 0.07 * max(map(len, configs))) / width  # room for the longest name
        right = 1 - 1.16 / width  # and for the runs
        table = fig.add_axes((left, share + 0.01, right - left, (1 - share) * 0.9))
        dots = fig.add_axes((right + 0.07 / width, share + 0.01, 1.01 / width, (1 - share) * 0.9))
        draw_cells(table, configs, names, texts, shades=shades)
        frame = {"fill": False, "ec": MARK, "lw": 2.5}
        table.add_patch(Rectangle((names.index(pick[1]) - 0.48, row - 0.45), 0.96, 0.9, **frame))
        _draw_runs(dots, picked, row, ideal[pick[1]])
        dots.set(ylim=table.get_ylim(), yticks=[])
        dots.set_title("run by run", fontsize=10)
        for i in range(runs):
            ax = fig.add_axes((0.02 + i * 0.97 / runs, 0.01, 0.93 / runs, share - 0.13))
            if real is None:
                draw_sheet(ax, samples[row, i], columns=10)
            else:
                cloud = spread_out(samples[row, i], DRAWN)
                draw_points(ax, spread_out(real, DRAWN), cloud, limit=limit_of(real), legend=False)
            ax.set_title(f"seed {seeds[i]}: {_written(picked[row, i], picked)}", fontsize=10)
            ax.set(xticks=[], yticks=[], xlabel="", ylabel="")
        low, mean, high = (float(end) for end in metrics.over_seeds(picked[row]))
        said = "the row that the others are compared with"
        if row != base:
            compared = {1: "better than", 0: "undecided against", -1: "worse than"}
            said = f"{compared[int(verdicts[pick[1]][row])]} {against}"
        each = ", ".join(_written(value, picked) for value in picked[row])
        text = f"{pick[0]}, {pick[1]}: {mean:.3g} ({low:.3g} to {high:.3g}), {said}. "
        text += f"Its runs: {each}; real data reach {ideal[pick[1]]:.3g}."
        return Picture(fig, text)


def _written(value: Tensor, among: Tensor) -> str:
    """Write a number with three digits, zeros as well; whole where all of its kind are whole."""
    whole = bool((among == among.round()).all())
    return f"{float(value):.0f}" if whole else f"{float(value):#.3g}".rstrip(".")


def _draw_runs(ax: Axes, values: Tensor, row: int, ideal: float) -> None:
    """Draw each run of one metric as a dot, one line per configuration; one line is picked out."""
    n = values.shape[1]
    offsets = torch.linspace(-0.16, 0.16, n) if n > 1 else torch.zeros(1)
    for y, line in enumerate(values):
        here = y == row
        color, size = (FAKE, 6) if here else (REAL, 4)
        ax.plot(line, y + offsets, "^" if here else "o", color=color, ms=size, alpha=0.8)
    ax.axvline(ideal, color="black", lw=1, ls=":")
    ax.axhspan(row - 0.45, row + 0.45, fc="none", ec=MARK, lw=1.5)
    ax.locator_params(axis="x", nbins=4)
    whole_ticks(ax.xaxis, values.flatten(), most=4)
    ax.spines["left"].set_visible(False)
