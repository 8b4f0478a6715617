"""Draw the README's picture: `python tools/picture.py`, half a minute.

Above stands a training step with one mistake, and what the check of lesson 04 says of it; below,
the film of a run of that step with the mistake mended. Nothing in it is made up: the step is judged
and the game is played when the picture is drawn. It is written to tools/readme.png, which carries
the diagnosis and its own description as text; README.md gets the description as its alt text.
"""

import copy
import inspect
import itertools
import re
from collections.abc import Iterator
from difflib import SequenceMatcher
from io import BytesIO
from pathlib import Path

import torch
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.font_manager import FontProperties
from matplotlib.patches import Rectangle
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from torch import nn
from torch.nn import functional as F
from torch.optim import Optimizer

from gan_lessons import checks, cockpit, data, metrics, models, runtime, show, training
from gan_lessons.checks.exercise import Outcome

TOOLS = Path(__file__).resolve().parent
PNG = TOOLS / "readme.png"
README = TOOLS.parent / "README.md"
IN_README = re.compile(r"!\[(?:\\.|[^\]\\])*\]" + re.escape("(tools/readme.png)"))

EXERCISE = checks.first_gan.train_step
CALL = "checks.first_gan.train_step(my_train_step)"
MOMENTS = (0, 600, 1_200, 2_000, 6_000)  # steps of the frames that are shown
BLUR = 0.5  # of what D sees, at the start; lesson 04's instance noise
SEED = 0


# -- the step ----------------------------------------------------------------------------------


def my_train_step(G, D, opt_g, opt_d, real, latent_dim):
    fake = G(torch.randn(len(real), latent_dim))

    loss_real = F.softplus(-D(real)).mean()
    loss_fake = F.softplus(D(fake.detach())).mean()
    opt_d.zero_grad()
    (loss_real + loss_fake).backward()
    opt_d.step()

    loss_g = F.softplus(-D(fake.detach())).mean()
    opt_g.zero_grad()
    loss_g.backward()
    opt_g.step()


def mended_step(G, D, opt_g, opt_d, real, latent_dim):
    fake = G(torch.randn(len(real), latent_dim))

    loss_real = F.softplus(-D(real)).mean()
    loss_fake = F.softplus(D(fake.detach())).mean()
    opt_d.zero_grad()
    (loss_real + loss_fake).backward()
    opt_d.step()

    loss_g = F.softplus(-D(fake)).mean()
    opt_g.zero_grad()
    loss_g.backward()
    opt_g.step()


def code() -> list[str]:
    """Return the lines of the step with the mistake."""
    return inspect.getsource(my_train_step).splitlines()


def mistakes() -> dict[int, tuple[int, str]]:
    """Return where the step is not the mended one.

    Returns:
        For each line that differs, counted from 0: the column where it begins to differ, and what
        stands there that should not.
    """
    mended = inspect.getsource(mended_step).splitlines()
    found = {}
    for number, (line, right) in enumerate(zip(code(), mended, strict=True)):
        if number and line != right:  # the first line holds their names
            edits = SequenceMatcher(None, line, right, autojunk=False).get_opcodes()
            edits = [edit for edit in edits if edit[0] != "equal"]
            start, end = edits[0][1], edits[-1][2]
            found[number] = start, line[start:end]
    return found


def judged() -> Outcome:
    """Return what the course says of the step today."""
    return EXERCISE.judge(my_train_step)


# -- the film ----------------------------------------------------------------------------------


def players() -> tuple[nn.Module, nn.Module, Optimizer, Optimizer]:
    """Return lesson 04's networks and optimizers; the first layer of D is its blur."""
    G = models.plane_generator()
    D = nn.Sequential(models.InstanceNoise(), *models.plane_discriminator())
    opt_g, opt_d = (
        torch.optim.Adam(net.parameters(), lr=3e-3, betas=(0.5, 0.99), fused=True) for net in (G, D)
    )
    return G, D, opt_g, opt_d


def sharpened(run: Iterator[training.Moment]) -> Iterator[training.Moment]:
    """Pass a run on while the blur of what D sees fades, as lesson 04 does by hand."""
    for moment in run:
        moment.D[0].sigma = BLUR * max(0.0, 1 - moment.step / (0.3 * moment.steps))
        yield moment


def filmed(ring: data.Dataset) -> list[cockpit.Frame]:
    """Play the game on the ring under the eyes of the cockpit; return the frames to show."""
    runtime.start(threads=1)
    runtime.seed_everything(SEED)
    G, D, opt_g, opt_d = players()
    average = copy.deepcopy(G)
    D[0].sigma = BLUR
    batches = data.batches(ring.x, 256, rng=runtime.generator(SEED))
    steps = MOMENTS[-1]
    run = training.train(G, D, opt_g, opt_d, batches, steps=steps, latent_dim=2)
    run = training.averaged(run, average, decay=0.998)
    run = training.scheduled(run, *(training.falling_lr(opt, steps) for opt in (opt_g, opt_d)))
    run = sharpened(run)
    live = cockpit.Cockpit(
        *(G, D, opt_g, opt_d),
        real=ring.x,
        latent_dim=2,
        average=average,
        metric=("modes", lambda fake: metrics.modes_covered(fake, ring.centers, ring.sigma)),
    )
    for before, after in itertools.pairwise(MOMENTS):  # a frame is kept where a watch ends
        for _ in live.watch(after - before):
            live.record(next(run).numbers)
    return [frame for frame in live.film.frames if frame.step in MOMENTS]


# -- the drawing -------------------------------------------------------------------------------
# Places and sizes are in pixels of the picture as it is shown, from its upper left corner; it is
# drawn with twice as many.

WIDTH, HEIGHT, DPI = 800, 512, 80
LEFT, RIGHT, BOTTOM = 16, WIDTH - 16, HEIGHT - 16  # white space remains around
CODE_RIGHT, ANSWER_LEFT = 454, 482
TOP, LINE, PAD = 44, 17, 10  # of the code: its upper edge, the height of a line, the space around
LOWEST = 296  # of the answer
SHADE, MARKED, EDGE = "#F3F4F6", "#FBDCC8", "#B8BEC6"
GRAY, INK = "#57606A", "#A84300"  # of letters
HOW = (
    "The check does not read your code. It watches what",
    "the networks and the optimizers do when it runs.",
)


def write(page: Axes, x: float, y: float, text: str, size: float = 11, **style: object) -> None:
    """Write a line of text at its baseline; no letter of it is read as mathematics."""
    page.text(x, y, text, fontsize=size, parse_math=False, **style)


def fill(page: Axes, left: float, top: float, right: float, bottom: float, color: str) -> None:
    """Fill a rectangle."""
    page.add_patch(Rectangle((left, top), right - left, bottom - top, color=color, lw=0))


def width_of(page: Axes, text: str, size: float, **style: object) -> float:
    """Return how wide a line of text will be."""
    renderer, font = page.figure.canvas.get_renderer(), FontProperties(size=size, **style)
    return renderer.get_text_width_height_descent(text, font, False)[0] / 2


def wrapped(page: Axes, text: str, size: float, width: float) -> list[str]:
    """Break a text into lines of at most a width."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if width_of(page, longer, size) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def draw_code(page: Axes) -> float:
    """Draw the step, each mistake on a band of color; return the height of the first one."""
    lines, marked = code(), mistakes()
    fill(page, LEFT, TOP, CODE_RIGHT, TOP + LINE * len(lines) + 2 * PAD, SHADE)
    for number, line in enumerate(lines):
        top = TOP + PAD + LINE * number
        if number in marked:
            fill(page, LEFT, top - 1, CODE_RIGHT, top + LINE - 1, MARKED)
        write(page, LEFT + PAD, top + 12.5, line, family="monospace")
    for number, (start, wrong) in marked.items():
        letter = width_of(page, 100 * "x", 11, family="monospace") / 100
        x, y = LEFT + PAD + letter * start, TOP + PAD + LINE * number + 12.5
        fill(page, x, y - 12.5, x + letter * len(wrong), y + 3.5, MARKED)
        write(page, x, y, wrong, family="monospace", weight="bold", color=INK)
        write(page, CODE_RIGHT - PAD, y, "the mistake", 9, ha="right", color=INK)
    return TOP + PAD + LINE * (min(marked) + 0.45)


def draw_answer(page: Axes, outcome: Outcome, mark: float) -> None:
    """Draw the call of the check and its answer, as a notebook shows them; tie it to the mark."""
    fill(page, ANSWER_LEFT, TOP, RIGHT, TOP + 30, SHADE)
    write(page, ANSWER_LEFT + PAD, TOP + 19.5, CALL, 9, family="monospace")
    size = 11 if len(outcome.text) < 300 else 10
    lines = wrapped(page, outcome.text, size, RIGHT - ANSWER_LEFT - 20)
    height = 36 + 19 * len(lines)
    top = min(mark, LOWEST - height / 2) - height / 2
    if top > TOP + 80:  # a long diagnosis leaves no room for more
        for number, line in enumerate(HOW):
            write(page, ANSWER_LEFT, TOP + 52 + 18 * number, line, 10, color=GRAY)
    page.plot((CODE_RIGHT, ANSWER_LEFT), (mark, mark), color=show.FAKE, lw=1.5)
    fill(page, ANSWER_LEFT, top, ANSWER_LEFT + 4, top + height, show.FAKE)
    x, y = ANSWER_LEFT + 18, top + 19
    write(page, x, y, outcome.mark, 13, weight="bold", color=show.FAKE)
    write(page, x + 20, y, f"{EXERCISE.title}:", weight="bold")
    for number, line in enumerate(lines, start=1):
        write(page, x, y + 4 + 19 * number, line, size)


def draw_film(page: Axes, frames: list[cockpit.Frame], ring: data.Dataset) -> None:
    """Draw the frames side by side: real and generated points over what D says of the plane."""
    gap, limit = 9, show.limit_of(ring.x)
    side = (RIGHT - LEFT - gap * (len(frames) - 1)) / len(frames)
    top = BOTTOM - side
    for number, frame in enumerate(frames):
        left = LEFT + number * (side + gap)
        place = (left / WIDTH, 1 - BOTTOM / HEIGHT, side / WIDTH, side / HEIGHT)
        ax = page.figure.add_axes(place)
        seen = {"field": frame.field, "limit": limit, "legend": False}
        show.draw_points(ax, ring.x, frame.samples, **seen)
        ax.set(xticks=[], yticks=[], xlabel="", ylabel="")
        ax.spines[:].set(visible=True, color=EDGE)
        found = f"{frame.value:.0f} of {len(ring.centers)}"
        write(page, left, top - 6, f"step {frame.step:,} · {found}", 10)
    words = "With that line mended, you watch it find the eight clusters."
    write(page, LEFT, top - 26, words, 12, weight="bold")
    x = RIGHT
    for name, color in (("▲ generated", show.FAKE), ("● real", show.REAL)):
        write(page, x, top - 26, name, 10, color=color, ha="right")
        x -= width_of(page, name, 10) + 12


def draw(outcome: Outcome, frames: list[cockpit.Frame], ring: data.Dataset) -> Image.Image:
    """Return the picture, at twice the pixels it is shown with."""
    with rc_context(show.STYLE):
        fig = show.figure(width=WIDTH / DPI, height=HEIGHT / DPI, layout=None)
        fig.set_dpi(2 * DPI)
        canvas = FigureCanvasAgg(fig)
        page = fig.add_axes((0, 0, 1, 1), xlim=(0, WIDTH), ylim=(HEIGHT, 0))
        page.axis("off")
        write(page, LEFT, 33, "You write a step. PyTorch raises no error.", 12, weight="bold")
        write(page, ANSWER_LEFT, 33, "The course tells you what is wrong.", 12, weight="bold")
        draw_answer(page, outcome, draw_code(page))
        draw_film(page, frames, ring)
        canvas.draw()
        drawn = Image.frombuffer("RGBA", canvas.get_width_height(), bytes(canvas.buffer_rgba()))
    return drawn.convert("RGB").quantize(256, dither=Image.Dither.NONE)


def described(outcome: Outcome, frames: list[cockpit.Frame], ring: data.Dataset) -> str:
    """Return the picture in words."""
    line = code()[min(mistakes())].strip()
    *steps, last = (f"{frame.step:,}" for frame in frames)
    return (
        f"A training step with one mistake, {line}, and what the check answers: {outcome.mark} "
        f"{outcome.text} Below, the film of the step with that line mended: generated points after "
        f"{', '.join(steps)} and {last} steps; at the end they are on {frames[-1].value:.0f} of "
        f"the {len(ring.centers)} clusters."
    )


def with_alt(readme: str, text: str) -> str:
    """Return the README with a description as its picture's alt text."""
    escaped = re.sub(r"([\[\]\\])", r"\\\1", text)
    return IN_README.sub(lambda _: f"![{escaped}](tools/readme.png)", readme)


def main() -> None:
    outcome, ring = judged(), data.ring()
    frames = filmed(ring)
    page, about, words = BytesIO(), PngInfo(), described(outcome, frames, ring)
    about.add_itxt("diagnosis", outcome.text)
    about.add_itxt("description", words)
    draw(outcome, frames, ring).save(page, "PNG", optimize=True, pnginfo=about)
    PNG.write_bytes(page.getvalue())
    README.write_text(with_alt(README.read_text(encoding="utf-8"), words), encoding="utf-8")
    print(f"{PNG.name}: {len(page.getvalue()):,} bytes\n{words}")


if __name__ == "__main__":
    main()
