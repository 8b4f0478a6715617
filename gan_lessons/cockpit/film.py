"""The film of a run: scrub through it, rewind to a frame, export it. Introduced in lesson 04."""

import copy
import math
import statistics
from io import BytesIO
from pathlib import Path

import ipywidgets
from PIL import Image
from torch import Tensor, nn

from gan_lessons import files, show
from gan_lessons.cockpit.board import WIDTH, Board
from gan_lessons.cockpit.curves import curves_of
from gan_lessons.cockpit.frame import Frame, read
from gan_lessons.cockpit.overlay import overlay
from gan_lessons.errors import SettingError
from gan_lessons.training import History

FRAMES = 120  # kept at most
STATE_BYTES = 256_000_000  # of copied weights kept at most
FIRST = 30  # a strip's second panel is the run's thirtieth part


def kept(step: int) -> bool:
    """Say whether a film keeps the frame after this step: dense at first, where most happens.

    The first 16 steps, then 8 from each doubling to the next. It is the step that decides, not the
    clock: the same run gives the same film on every machine, stopped early or not.
    """
    return step % (1 << max(0, step.bit_length() - 4)) == 0


def shared_steps(one: History, other: History) -> int:
    """Return for how many steps two runs have the same numbers; 0 if one is all of the other."""
    length = min(one.length, other.length)
    pairs = one.rows()[:length], other.rows()[:length]
    a, b = (rows.nan_to_num(nan=-1.0) for rows in pairs)  # a loss is missing where the other's is
    same = int((a == b).all(dim=1).int().cumprod(0).sum())
    return same if same < length else 0


class Film:
    """The frames of a run, and copies of the players to go back to.

    Args:
        real: the real samples that points are compared with. history: the run's numbers.
        metric: the name of the value that frames carry, or None.
        average: whether the samples are from the average of G.

    Attributes:
        frames: what was seen, at the steps that :func:`kept` names and at each run's end.
        states: step -> the players' state. values: step -> the metric, where it was measured.
        limit: half the width of the plane that is shown, for points.
        planned: the step at which the run under way will end; its axes reach that far.
    """

    def __init__(
        self, real: Tensor, history: History, metric: str | None = None, *, average: bool = False
    ):
        self.frames: list[Frame] = []
        self.values: dict[int, float] = {}
        self.states: dict[int, dict] = {}
        self.planned = 0
        self._real, self._history, self._metric = real, history, metric
        self._average = average
        self.limit = show.limit_of(real) if real.ndim == 2 else None
        self._players: dict = {}
        self._board: Board | None = None
        self._fast: Board | None = None

    def keep(self, **players) -> None:
        """Name what :meth:`rewind` brings back: all with a state_dict (None is left out)."""
        self._players = {name: player for name, player in players.items() if player is not None}

    def add(self, frame: Frame) -> None:
        """Append a frame and a copy of the players; thin both out so that memory stays bounded."""
        if self.frames and self.frames[-1].step == frame.step:
            self.frames.pop()
        self.frames.append(frame)
        self.note(frame)
        self.states[frame.step] = {
            name: copy.deepcopy(player.state_dict()) for name, player in self._players.items()
        }
        if len(self.frames) > FRAMES:
            steps = [f.step for f in self.frames]
            gaps = [after - before for before, after in zip(steps, steps[2:], strict=False)]
            gone = self.frames.pop(1 + gaps.index(min(gaps)))  # the one that is missed least
            self.states.pop(gone.step, None)
            self.values.pop(gone.step, None)
        nets = [player for player in self._players.values() if isinstance(player, nn.Module)]
        weights = sum(p.numel() for net in nets for p in net.parameters())
        allowed = max(3, STATE_BYTES // (12 * weights + 1))  # Adam adds two numbers to each
        if len(self.states) > allowed:
            steps = sorted(self.states)
            self.states = {step: self.states[step] for step in steps[:-1:2] + steps[-1:]}

    def note(self, frame: Frame) -> None:
        """Keep the metric that a frame carries, if it does, without the frame."""
        self.values.pop(frame.step, None)
        if frame.value is not None:
            self.values[frame.step] = frame.value

    def picture(self, index: int) -> show.Picture:
        """Draw frame ``index`` (0 is the first, -1 the last): a pure function of the film.

        All pictures of a film have the same axes, so that only the data move while scrubbing.
        """
        self._refuse_missing(index)
        self._board = self._board or self._new_board(show.SHARP)
        return self._draw(self._board, self.frames[index])

    def _refuse_missing(self, index: int) -> None:
        self._refuse_empty()
        if not -len(self.frames) <= index < len(self.frames):
            raise SettingError(
                f"There is no frame {index}: the film has {len(self.frames)}.",
                "The players are as they were.",
                f"Choose a frame from 0 to {len(self.frames) - 1}.",
            )

    def _refuse_empty(self) -> None:
        if not self.frames:
            raise SettingError(
                "The film is empty: its run has not made a step yet.",
                "The players are as they were.",
                "Run the cell that trains, then this one again.",
            )

    def glance(self, frame: Frame) -> show.Picture:
        """Draw a frame after all others, kept or not, with half the pixels: fast.

        For a picture that is soon replaced by the next one.
        """
        self._fast = self._fast or self._new_board(1)
        return self._draw(self._fast, frame)

    def _new_board(self, scale: int) -> Board:
        about = {"real": self._real, "metric": self._metric, "limit": self.limit}
        return Board(**about, scale=scale, average=self._average)

    def _draw(self, board: Board, frame: Frame) -> show.Picture:
        values = self.values
        if frame.value is not None:
            values = {**values, frame.step: frame.value}
        curves = curves_of(self._history, values, self._metric)
        end = max(self.planned, self.frames[-1].step, frame.step, 1)
        png = board.draw(frame, curves, end=end, reach=self._reach(frame))
        said = read(frame, self._history, self._metric, average=self._average)
        return show.Picture(png, said, width=WIDTH)

    def _reach(self, frame: Frame) -> float:
        """Return the logit at which the field's color is full: the median of this frame and four.

        One for each frame alone would flicker; one for the whole film would hide its beginning.
        """
        before = [f.reach for f in self.frames if f.step < frame.step]
        return statistics.median_low([*before[-4:], frame.reach])

    def beside(
        self, other: "Film", *, names: tuple[str, str] = ("this run", "the other")
    ) -> show.Picture:
        """Show the last frames of two runs side by side, and their curves in the same axes.

        Of two branches of one run (:meth:`fork`) a dotted line says where they part.
        """
        runs, said = {}, []
        for name, film in zip(names, (self, other), strict=True):
            film._refuse_empty()
            curves = curves_of(film._history, film.values, film._metric)
            runs[name] = film.frames[-1], curves
            words = read(film.frames[-1], film._history, film._metric, average=film._average)
            said.append(f"{name}: {words}")
        about = {"real": self._real, "metric": self._metric, "limit": self.limit}
        parting = shared_steps(self._history, other._history)
        if parting:
            said.append(f"They part at step {parting:,}.")
        return overlay(runs, **about, parting=parting, sentence=" ".join(said))

    def scrub(self) -> ipywidgets.Widget:
        """Return a slider over the frames and its picture; the arrow keys move it."""
        self._refuse_empty()
        last = len(self.frames) - 1
        slider = ipywidgets.IntSlider(value=last, max=last, description="frame")
        slider.layout.width = "60%"
        return show.explore(self.picture, index=slider)

    def rewind(self, index: int) -> int:
        """Bring the players back to frame ``index``, or to the kept state next before it.

        Returns:
            The step they are at now. The history and the frames after it are cut off; training on
            from here is a fork of the run.

        Raises:
            SettingError: there is no such frame.
        """
        self._refuse_missing(index)
        if not self.states:
            raise SettingError(
                "This film has no players: it is what a fork left behind.",
                "Nothing was changed.",
                "Rewind the film that goes on, live.film.",
            )
        step = max(s for s in self.states if s <= self.frames[index].step)
        for name, player in self._players.items():
            player.load_state_dict(copy.deepcopy(self.states[step][name]))
        self._history.length = step
        self.frames = [f for f in self.frames if f.step <= step]
        self.states = {s: state for s, state in self.states.items() if s <= step}
        self.values = {s: value for s, value in self.values.items() if s <= step}
        return step

    def fork(self, index: int) -> "Film":
        """Go back to frame ``index`` as :meth:`rewind` does; return the film up to now, whole.

        What is trained from here on is a second branch of the run, with whatever knobs you change
        first. ``film.beside(first)`` then lays its end and its curves over those of the first::

            first = live.film.fork(20)
            opt_d.param_groups[0]["lr"] = 1e-4
            live.follow(training.train(...))
            live.film.beside(first, names=("slower D", "as it was"))

        The returned film has no players: it can be looked at, not rewound. Lesson 05.

        Raises:
            SettingError: there is no such frame.
        """
        history = History(names=self._history.names)
        history.put_before(self._history.rows())
        first = Film(self._real, history, self._metric, average=self._average)
        first.frames, first.values = list(self.frames), dict(self.values)
        first.planned = self._history.length
        self.rewind(index)
        return first

    def gif(self, path: str | Path, *, seconds: float = 6.0) -> Path:
        """Write the film as an animated GIF, its folder too, and return its path."""
        self._refuse_empty()
        pages = [Image.open(BytesIO(self.picture(i).png)) for i in range(len(self.frames))]
        pages = [page.convert("P", palette=Image.Palette.ADAPTIVE) for page in pages]
        duration = int(1000 * seconds / len(pages))
        path = files.expand(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        more = {"save_all": True, "append_images": pages[1:], "duration": duration, "loop": 0}
        pages[0].save(path, format="GIF", **more)
        return path

    def strip(self, *, panels: int = 5) -> show.Picture:
        """Show a few frames side by side: the first, then in equal ratios of steps to the last.

        Most happens early: five panels of 3,000 steps are near 0, 100, 310, 970 and 3,000.
        """
        self._refuse_empty()
        frames = [self.frames[i] for i in self._picked(panels)]
        steps = ", ".join(f"{f.step:,}" for f in frames)
        sentence = f"The same noise after {steps} steps."
        if self._real.ndim == 2:
            named = [(f"step {f.step:,}", f.samples) for f in frames]
            return show.clouds(named, real=self._real, sentence=sentence)
        return show.rows_of_images(
            {f"step {f.step:,}": f.samples[:10] for f in frames}, sentence=sentence
        )

    def _picked(self, panels: int) -> list[int]:
        """Return which frames a strip shows."""
        last = self.frames[-1].step
        ratios = [i / max(1, panels - 2) for i in range(panels - 1)]  # 0 … 1, or 0 alone
        ratios = [1.0] if panels == 2 else ratios
        wanted = [max(1.0, last / FIRST) ** (1 - r) * max(1.0, last) ** r for r in ratios]
        later = range(1, len(self.frames))
        near = [
            min(later, key=lambda i: abs(math.log(self.frames[i].step / step)), default=0)
            for step in wanted
        ]
        return sorted({0, *near})
