"""The film of a run: scrub through it, rewind to a frame, export it. Introduced in lesson 04."""

import copy
from io import BytesIO
from pathlib import Path

import ipywidgets
from PIL import Image
from torch import Tensor, nn

from gan_lessons import show
from gan_lessons.cockpit.board import WIDTH, Board
from gan_lessons.cockpit.curves import curves_of
from gan_lessons.cockpit.frame import Frame, read
from gan_lessons.cockpit.overlay import overlay
from gan_lessons.errors import SettingError
from gan_lessons.training import History

FRAMES = 120  # kept at most
STATE_BYTES = 256_000_000  # of copied weights kept at most


class Film:
    """The frames of a run, and copies of the players to go back to.

    Args:
        real: the real samples that points are compared with. history: the run's numbers.
        metric: the name of the value that frames carry, or None.

    Attributes:
        frames: what was seen, evenly spread over the run. states: step -> the players' state.
        limit: half the width of the plane that is shown, for points.
        planned: the step at which the run under way will end; its axes reach that far.
    """

    def __init__(self, real: Tensor, history: History, metric: str | None = None):
        self.frames: list[Frame] = []
        self.states: dict[int, dict] = {}
        self.planned = 0
        self._real, self._history, self._metric = real, history, metric
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
        self.states[frame.step] = {
            name: copy.deepcopy(player.state_dict()) for name, player in self._players.items()
        }
        if len(self.frames) > FRAMES:
            steps = [f.step for f in self.frames]
            gaps = [after - before for before, after in zip(steps, steps[2:], strict=False)]
            gone = self.frames.pop(1 + gaps.index(min(gaps)))  # the one that is missed least
            self.states.pop(gone.step, None)
        nets = [player for player in self._players.values() if isinstance(player, nn.Module)]
        weights = sum(p.numel() for net in nets for p in net.parameters())
        allowed = max(3, STATE_BYTES // (12 * weights + 1))  # Adam adds two numbers to each
        if len(self.states) > allowed:
            steps = sorted(self.states)
            self.states = {step: self.states[step] for step in steps[:-1:2] + steps[-1:]}

    def picture(self, index: int) -> show.Picture:
        """Draw frame ``index`` (0 is the first, -1 the last): a pure function of the film.

        All pictures of a film have the same axes, so that only the data move while scrubbing.
        """
        self._board = self._board or self._new_board(show.SHARP)
        return self._draw(self._board, self.frames[index], self.frames)

    def _new_board(self, scale: int) -> Board:
        return Board(self._real, metric=self._metric, limit=self.limit, scale=scale)

    def glance(self) -> show.Picture:
        """Draw the last frame with half the pixels, fast: it is soon replaced by the next one."""
        self._fast = self._fast or self._new_board(1)
        return self._draw(self._fast, self.frames[-1], self.frames)

    def _draw(self, board: Board, frame: Frame, frames: list[Frame]) -> show.Picture:
        curves = curves_of(self._history, frames, self._metric)
        png = board.draw(frame, curves, end=max(self.planned, frames[-1].step, 1))
        return show.Picture(png, read(frame, self._history, self._metric), width=WIDTH)

    def beside(
        self, other: "Film", *, names: tuple[str, str] = ("this run", "the other")
    ) -> show.Picture:
        """Show the last frames of two runs side by side, and their curves in the same axes."""
        runs, said = {}, []
        for name, film in zip(names, (self, other), strict=True):
            curves = curves_of(film._history, film.frames, film._metric)
            runs[name] = film.frames[-1], curves
            said.append(f"{name}: {read(film.frames[-1], film._history, film._metric)}")
        about = {"real": self._real, "metric": self._metric, "limit": self.limit}
        return overlay(runs, **about, sentence=" ".join(said))

    def scrub(self) -> ipywidgets.Widget:
        """Return a slider over the frames and its picture; the arrow keys move it."""
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
        if not -len(self.frames) <= index < len(self.frames):
            raise SettingError(
                f"There is no frame {index}: the film has {len(self.frames)}.",
                "The players are as they were.",
                f"Choose a frame from 0 to {len(self.frames) - 1}.",
            )
        step = max(s for s in self.states if s <= self.frames[index].step)
        for name, player in self._players.items():
            player.load_state_dict(copy.deepcopy(self.states[step][name]))
        self._history.length = step
        self.frames = [f for f in self.frames if f.step <= step]
        self.states = {s: state for s, state in self.states.items() if s <= step}
        return step

    def gif(self, path: str | Path, *, seconds: float = 6.0) -> Path:
        """Write the film as an animated GIF and return its path."""
        pages = [Image.open(BytesIO(self.picture(i).png)) for i in range(len(self.frames))]
        pages = [page.convert("P", palette=Image.Palette.ADAPTIVE) for page in pages]
        duration = int(1000 * seconds / len(pages))
        path = Path(path)
        pages[0].save(path, save_all=True, append_images=pages[1:], duration=duration, loop=0)
        return path

    def strip(self, *, panels: int = 5) -> show.Picture:
        """Show a few frames, evenly spaced, side by side."""
        last = len(self.frames) - 1
        chosen = sorted({round(i * last / max(1, panels - 1)) for i in range(panels)})
        frames = [self.frames[i] for i in chosen]
        steps = ", ".join(f"{f.step:,}" for f in frames)
        sentence = f"The same noise after {steps} steps."
        if self._real.ndim == 2:
            named = [(f"step {f.step:,}", f.samples) for f in frames]
            return show.clouds(named, real=self._real, sentence=sentence)
        return show.rows_of_images(
            {f"step {f.step:,}": f.samples[:10] for f in frames}, sentence=sentence
        )
