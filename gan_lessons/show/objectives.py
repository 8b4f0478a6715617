"""Pictures of losses, and of runs that differ in their loss. Introduced in lesson 10."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
import torch
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.transforms import ScaledTranslation
from torch import Tensor

from gan_lessons import metrics
from gan_lessons.losses import Loss
from gan_lessons.show.curves import whole_ticks
from gan_lessons.show.distances import draw_lines
from gan_lessons.show.distances import panels as side_by_side
from gan_lessons.show.picture import D_COLOR, FAKE, MARK, REAL, STYLE, Picture, figure

LIMIT, TICKS = 4.0, 121
SIDES = (("real", REAL, "-", "o"), ("fake", FAKE, "--", "^"))


def _moved(loss: Loss, batch: Sequence[Tensor], side: int, i: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the batch's loss, and its slope per sample, as logit i of one side moves: (TICKS,)."""
    rows = [logits.repeat(TICKS, 1) for logits in batch]
    rows[side][:, i] = torch.linspace(-LIMIT, LIMIT, TICKS)
    rows[side].requires_grad_(True)
    values = torch.vmap(loss)(*rows)  # (TICKS,)
    (slope,) = torch.autograd.grad(values.sum(), rows[side])
    return values.detach().numpy(), len(batch[side]) * slope[:, i].numpy()


def objective(
    loss: Loss, real_logits: Tensor, fake_logits: Tensor, *, name: str, real_moves: bool = True
) -> Picture:
    """Show what a batch's loss becomes when one of its logits moves, and the pull on each.

    One curve per sample, the others staying where they are; numbered marks show where each sample
    is, a broad line which way its slope drives it and how hard. Fast enough for a slider.
    Lesson 10.

    Args:
        loss: of a player, (B,) and (B,) -> scalar. real_logits, fake_logits: D's outputs, (B,) in
            -4 … 4.
        name: what the loss is called. real_moves: False for G, which moves its own samples alone.
    """
    batch, ticks = (real_logits, fake_logits), np.linspace(-LIMIT, LIMIT, TICKS)
    here = [logits.clone().requires_grad_() for logits in batch]
    now, said = loss(*here), []
    grads = torch.autograd.grad(now, here, allow_unused=True, materialize_grads=True)
    now = float(now.detach())
    with rc_context(STYLE):
        fig, (left, right) = side_by_side(2, width=4.4)
        for side, (kind, color, line, marker) in enumerate(SIDES):
            at = batch[side].tolist()
            if kind == "real" and not real_moves:
                left.plot(at, [now] * len(at), marker, color=color, ms=7, alpha=0.4)
                name += f" (others stay at {', '.join(f'{t:.1f}' for t in at)})"
                continue
            curves = [_moved(loss, batch, side, i) for i in range(len(at))]
            pulls = (len(at) * grads[side]).tolist()
            for i, (t, pull, (value, slope)) in enumerate(zip(at, pulls, curves, strict=True)):
                pale = 1 - 0.5 * i / len(at)  # the first sample's curve is the darkest
                left.plot(ticks, value, color=color, ls=line, lw=1.4, alpha=pale)
                end = t - float(np.clip(pull, -1.5, 1.5))
                way = (ticks >= min(t, end)) & (ticks <= max(t, end))
                left.plot(ticks[way], value[way], color=color, lw=5, alpha=0.4)
                right.plot(ticks, slope, color=color, ls=line, lw=1.4, alpha=pale)
                for ax, height in ((left, now), (right, pull)):
                    place = {"xytext": (0, 7), "textcoords": "offset points", "ha": "center"}
                    ax.annotate(f"{i + 1}", (t, height), **place, fontsize=9)
            left.plot(at, [now] * len(at), marker, color=color, ms=7, mec="black")
            right.plot(at, pulls, marker, color=color, ms=7, mec="black")
            said.append(f"{kind} " + ", ".join(f"{round(pull, 2) + 0:+.2f}" for pull in pulls))
        places = {"xlabel": "D's output on one sample", "xticks": (-4, -2, 0, 2, 4)}
        left.set(
            ylabel="loss of the batch", title=f"loss {now:.2f}: real ● —, fake ▲ - -", **places
        )
        right.set(ylabel="slope x batch size", title="slopes", **places)
        right.axhline(0, color="black", lw=0.8, ls=":")
        return Picture(fig, f"{name}: loss {now:.2f}; slopes at {'; '.join(said)}.")


def compared(
    panels: Mapping[str, Mapping[str, Sequence[float]]],
    *,
    sentence: str,
    ideal: Mapping[str, float] | None = None,
    edges: Mapping[str, float] | None = None,
    columns: int = 3,
) -> Picture:
    """Show several methods, seed by seed, with the mean's 95 % interval: one panel per metric.

    Args:
        panels: for each metric, for each method, one value per seed; NaN is a broken run, which is
            counted in words.
        ideal: for a metric, what a perfect sampler reaches (dotted line).
        edges: for a metric, where the panel ends; a value beyond is a ▶ at its edge, a mean beyond
            an open diamond with its number.

    Introduced in lesson 10.
    """
    rows = -(-len(panels) // columns)
    names = list(next(iter(panels.values())))
    with rc_context(STYLE):
        width, height = 2.35 * columns + 1.25, rows * (0.3 * len(names) + 0.8)
        fig = figure(width=width, height=height, layout=None)
        grid = fig.subplots(rows, columns, squeeze=False, sharey=True)
        room = {"left": 1.25 / width, "right": 1 - 0.2 / width, "wspace": 0.12, "hspace": 0.45}
        fig.subplots_adjust(bottom=0.3 / height, top=1 - 0.3 / height, **room)
        for ax, (title, methods) in zip(grid.flat, panels.items(), strict=False):
            edge = (edges or {}).get(title, math.inf)
            for y, name in enumerate(names):
                _draw_seeds(ax, y, torch.tensor(methods[name], dtype=torch.float64), edge)
            if ideal and title in ideal:
                ax.axvline(ideal[title], color="black", lw=1, ls=":")
            ax.set(title=title, ylim=(len(names) - 0.5, -0.5))
            whole_ticks(ax.xaxis, [v for runs in methods.values() for v in runs], most=4)
            if math.isfinite(edge):
                ax.set_xlim(right=edge)
            ax.set_yticks(range(len(names)), names)
            ax.tick_params(axis="y", length=0)
        for ax in list(grid.flat)[len(panels) :]:
            ax.axis("off")
        return Picture(fig, sentence)


def _draw_seeds(ax: Axes, y: int, values: Tensor, edge: float) -> None:
    whole = values[values.isfinite()]
    inside, beyond = whole[whole <= edge], int((whole > edge).sum())
    ax.plot(inside, np.full(len(inside), y + 0.22), "o", color=REAL, ms=4, alpha=0.7)
    for i in range(beyond):  # one beside the other, from the edge to the left
        moved = ax.transData + ScaledTranslation(-0.09 * i, 0, ax.figure.dpi_scale_trans)
        ax.plot([edge], [y + 0.22], ">", color=FAKE, ms=6, clip_on=False, transform=moved)
    if len(whole) == len(values) > 1:
        low, mean, high = (float(end) for end in metrics.over_seeds(values))
        ax.plot([min(low, edge), min(high, edge)], [y, y], color="black", lw=1.8)
        if mean <= edge:
            ax.plot(mean, y, "D", color=MARK, mec="black")
        else:  # open, at the edge, with its number
            ax.plot(edge, y, "D", mfc="white", mec="black", clip_on=False)
            place = {"xytext": (-8, 3), "textcoords": "offset points", "ha": "right"}
            ax.annotate(f"{mean:.3g}", (edge, y), va="bottom", fontsize=9, **place)
    elif len(whole) < len(values):
        text = f"{len(values) - len(whole)} of {len(values)} broken"
        ax.text(0.02, y, text, transform=ax.get_yaxis_transform(), va="center", fontsize=9)


def until_it_breaks(
    steps: Tensor, lines: Mapping[str, Tensor], *, xlabel: str, ylabel: str, sentence: str
) -> Picture:
    """Show numbers of runs over the steps, both axes logarithmic; ✕ where a line's numbers end.

    Args:
        steps: (K,) from 1 on. lines: for each name its (K,) values, NaN from where it breaks.
            Introduced in lesson 10.
    """
    with rc_context(STYLE):
        fig = figure(height=3.4)
        ax = fig.subplots()
        draw_lines(ax, steps, lines, xscale="log", yscale="log", xlabel=xlabel, ylabel=ylabel)
        for curve, values in zip(list(ax.lines), lines.values(), strict=True):
            whole = values.isfinite()
            last = int(whole.long().cumprod(0).sum()) - 1  # of the numbers from the start on
            if 0 <= last < len(values) - 1:
                color = curve.get_color()
                at = float(steps[last]), float(values[last])
                ax.plot(*at, "X", color=color, mec="white", ms=11, clip_on=False, zorder=5)
        return Picture(fig, sentence)


def meanings(x: Tensor, outputs: Mapping[str, tuple[Tensor, Tensor]], *, sentence: str) -> Picture:
    """Show what D answers along a line, trained and by its formula: one panel per loss. Lesson 10.

    Args:
        x: (K,) positions in order. outputs: for each loss D's outputs and the formula's, (K,) each.
    """
    with rc_context(STYLE):
        fig, axes = side_by_side(len(outputs), width=2.5, height=2.7)
        for ax, (name, (trained, formula)) in zip(axes, outputs.items(), strict=True):
            ax.plot(x, trained, color=D_COLOR, lw=1.8)
            ax.plot(x, formula, color="black", lw=1.2, ls=":")
            ax.set(title=name, xlabel="x")
        axes[0].set_ylabel("trained —, formula ···")
        return Picture(fig, sentence)
