"""The triage card: what a sick run shows, what may be the cause, what tells the causes apart.

A run is a :class:`data.Run`, as lesson 05's gallery holds them: four curves, six looks, and how
much D's logit of a real sample changes with its batch. :data:`CARD` is the card, one :class:`Row` a
symptom, in the order in which one asks; ``python tools/triage.py`` writes it to TRIAGE.md, and to
TRIAGE.html to be printed on one page.
:func:`plant` trains small runs with one fault each, to try it on. Floor 5 of the house; lesson 22c.
"""

import html
from collections.abc import Callable, Iterator
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from gan_lessons import data, detectors, losses, models, runtime, training

LATE = slice(-100, None)  # the steps that are read
CURVES = ("loss_d", "loss_g", "real_logit", "fake_logit")
RING = data.ring(sigma=0.1)  # lesson 05's, on which faults are planted


class Row(NamedTuple):
    """A symptom, the causes that are likeliest, and what separates them. Lesson 22c.

    Attributes:
        symptom: what is seen. sign: of a run: whether it shows that.
        causes: the three likeliest, the likeliest first.
        test: what to do, and what each answer means. lesson: where it is taught.
    """

    symptom: str
    sign: Callable[[data.Run], bool]
    causes: tuple[str, str, str]
    test: str
    lesson: str


# -- signs: what curves and looks show ---------------------------------------------------------


def late(run: data.Run, name: str) -> float:
    """Return the mean of a curve over its last 100 steps. Lesson 22c."""
    return float(run.numbers[name][LATE].mean())


def not_finite(run: data.Run) -> bool:
    """Whether a loss is NaN or infinite. Lesson 22c."""
    return detectors.not_finite(run.numbers["loss_d"], run.numbers["loss_g"]) is not None


def depends_on_mates(run: data.Run) -> bool:
    """Whether D's logit of one sample changes with its batch. Lesson 22c."""
    return run.mates > 0.01


def same_curve(run: data.Run) -> bool:
    """Whether real and fake get the same logits, step for step. Lesson 22c."""
    gap = run.numbers["real_logit"] - run.numbers["fake_logit"]
    return float(gap[LATE].abs().mean()) < 0.01


def below_zero(run: data.Run) -> bool:
    """Whether D's loss, which cross entropy keeps above 0, is below it. Lesson 22c."""
    return late(run, "loss_d") < -0.1


def both_real(run: data.Run) -> bool:
    """Whether D is sure that both are real, and pays nothing for it. Lesson 22c."""
    both = min(late(run, "real_logit"), late(run, "fake_logit"))
    return both > 4 and late(run, "loss_d") < 0.1


def deaf(run: data.Run) -> bool:
    """Whether D's mean answer to real samples is the same in all hundreds of steps. Lesson 22c."""
    means = run.numbers["real_logit"].unfold(0, 100, 100).mean(dim=1)
    return len(means) > 1 and float(means.std()) < 0.005


def never_negative(run: data.Run) -> bool:
    """Whether D's mean logits stay within [0, 1] at every step, and do move. Lesson 22c."""
    both = torch.cat([run.numbers["real_logit"], run.numbers["fake_logit"]])
    return bool((both >= 0).all() and (both <= 1).all()) and not deaf(run)


def d_is_sure(run: data.Run) -> bool:
    """Whether both mean logits lie beyond ±4 at the end: D wins. Lesson 22c."""
    return min(late(run, "real_logit"), -late(run, "fake_logit")) > 4


def stands_still(run: data.Run) -> bool:
    """D wins, and the samples are bit for bit those of the first look. Lesson 22c."""
    return d_is_sure(run) and torch.equal(run.looks[0], run.looks[-1])


def at_an_edge(run: data.Run) -> bool:
    """D wins, and all samples press against one border. Lesson 22c."""
    far = run.looks[-1].abs()
    return d_is_sure(run) and bool((far > 0.97 * far.max()).any(dim=1).all()) and far.max() < 50


def both_pay_nothing(run: data.Run) -> bool:
    """D wins, and G's loss is at 0 as well: they do not play against each other. Lesson 22c."""
    return d_is_sure(run) and abs(late(run, "loss_g")) < 0.1


def few_modes(run: data.Run) -> bool:
    """Whether G has long visited fewer than half of the modes. Lesson 22c."""
    return detectors.collapsed(run.looks, RING.centers) is not None


def jumps(run: data.Run) -> bool:
    """Whether most samples change modes from look to look. Lesson 22c."""
    return detectors.oscillates(run.looks, RING.centers) is not None


# -- the card ----------------------------------------------------------------------------------

CARD = (
    Row(
        "A loss is NaN or infinite.",
        not_finite,
        ("the logarithm of a rounded 0", "a learning rate too high", "a root at slope 0"),
        "Write the loss on logits (softplus): gone → the logarithm. Divide both rates by 10: gone "
        "→ the rate. Only with a penalty → add 1e-12 under its root.",
        "05",
    ),
    Row(
        "D's answer to one sample changes with its batch.",
        depends_on_mates,
        ("batch norm in D", "dropout or noise in D left on", "a layer that compares the batch"),
        "Ask twice with the same batch: differs → dropout or noise. In eval mode it no longer "
        "changes → batch norm; still changes → a layer that compares.",
        "05",
    ),
    Row(
        "D's outputs stay between 0 and 1.",
        never_negative,
        ("two sigmoids", "least squares: its answers are no logits", "D hardly learns"),
        "Print D's last layer: a sigmoid under a loss on logits → two. Targets 0 and 1 in a square "
        "→ least squares, all is well. Neither → D's rate.",
        "05",
    ),
    Row(
        "Real and fake get equal logits, step for step.",
        same_curve,
        ("no real data reach D", "D is never updated", "both batches got one label"),
        "Print one real batch as D gets it: fakes → the wrong variable. Compare D's weights before "
        "and after a step: equal → never updated. Neither → the labels.",
        "05",
    ),
    Row(
        "D's answer to real data never moves.",
        deaf,
        ("D is never updated", "D's rate is 0 or tiny", "D's optimizer holds other weights"),
        "Compare D's weights before and after its step: all equal → its step never runs, or its "
        "optimizer holds others (compare ids). They move → the rate.",
        "22c",
    ),
    Row(
        "D's loss is below 0.",
        below_zero,
        ("D's sign is turned", "a critic's loss: it has no lower end", "labels beyond 0 and 1"),
        "Freeze G and step D: does D(real) rise? No → the sign. Yes, and the loss is a difference "
        "of means → a critic, all is well if its slope is kept (lesson 11). Else the labels.",
        "22c",
    ),
    Row(
        "D calls both real, and pays nothing.",
        both_real,
        ("D never hears a fake called fake", "D never sees fakes", "fakes count next to nothing"),
        "Print D's batches with their labels: fakes with label 1 → the label; no fakes → never "
        "sees them. Its gradient from fakes alone: near 0 → their weight.",
        "22c",
    ),
    Row(
        "D is sure of both, and the samples do not move at all.",
        stands_still,
        ("G is never updated", "G's gradient is cut", "G's optimizer holds other weights"),
        "Look at G's .grad after its backward: None → cut (detach, no_grad, NumPy). Numbers, and "
        "equal weights after the step → never updated, or others held.",
        "22c",
    ),
    Row(
        "D is sure of both, and every sample lies on one border.",
        at_an_edge,
        ("G cannot reach the data's range", "the data are not scaled", "G saturates"),
        "Print smallest and largest of a real and of a fake batch. Data beyond G's border → the "
        "range, of G or of the data. Within → G's last layer is saturated.",
        "06",
    ),
    Row(
        "D is sure of both, and G pays nothing either.",
        both_pay_nothing,
        ("G's sign is turned", "one loss is lowered by both", "G's loss is the saturating one"),
        "One step of G alone on a fixed D: does D(fake) rise? No → G's sign; if G was handed D's "
        "loss → one loss for both. Yes, hardly → it saturates: −E log D (lesson 02).",
        "22c",
    ),
    Row(
        "D is sure of both (±4), for a hundred steps.",
        d_is_sure,
        ("G learns far too slowly", "G saturates", "D has learned its data by heart"),
        "Print both rates, then multiply G's by 10: opens → the rate. −E log D for G's loss: opens "
        "→ it saturated. Held-out data get other logits → by heart.",
        "05",
    ),
    Row(
        "Most samples change modes from look to look.",
        jumps,
        ("D learns too slowly", "the pair circles: no friction", "batches are too small"),
        "Double D's rate: calmer → too slow. R1 (lesson 12): calmer → no friction. Neither → a "
        "larger batch.",
        "05",
    ),
    Row(
        "G stays on a few modes.",
        few_modes,
        ("D learns too fast for G", "G ignores its noise", "the data hold few modes"),
        "Count the modes of the real batches first. Two z, one sample → G ignores its noise. Else "
        "bring the rates together, add R1 + R2 (lesson 12).",
        "05",
    ),
    Row(
        "None of these.",
        lambda run: True,
        ("nothing is wrong that this card finds", "D is blind", "more steps are needed"),
        "Train a fresh D against the frozen G (lesson 05) and read its loss on new points: near "
        "1.386 → nothing found. Far below, its own D not → blind.",
        "05",
    ),
)
"""What to ask, from top to bottom: the first sign that holds is the symptom."""


def read(run: data.Run) -> Row:
    """Return the card's row for a run: the first whose sign holds. Lesson 22c."""
    return next(row for row in CARD if row.sign(run))


TITLE = "Triage card: what is wrong with this GAN?"
HOW = """Go down the rows; the first symptom that your run shows is the one to follow. The first
cause is the likeliest, and the test tells the three apart. Made from
`gan_lessons/triage.py` (lesson 22c), which names the first cause of runs by itself."""
PRINT = """
@page { size: landscape; margin: 8mm }
body { font: 8.8pt/1.22 Helvetica, Arial, sans-serif; color: #000; background: #fff; margin: 0 }
h1 { font-size: 12pt; margin: 0 0 1mm }
p { margin: 0 0 2mm }
table { border-collapse: collapse; width: 100% }
th, td { border: 0.3mm solid #999; padding: 0.7mm 1.5mm; text-align: left; vertical-align: top }
tr { break-inside: avoid }
"""  # a page of A4 or Letter, tried in tests/browser/test_pages.py


def page() -> str:
    """Return the card as Markdown. Lesson 22c."""
    lines = [
        f"# {TITLE}",
        "",
        HOW,
        "",
        "| | symptom | likeliest causes | the test that separates them | lesson |",
        "|---|---|---|---|---|",
    ]
    for number, row in enumerate(CARD, start=1):
        first, second, third = row.causes
        causes = f"**{first}** · {second} · {third}"
        lines.append(f"| {number} | {row.symptom} | {causes} | {row.test} | {row.lesson} |")
    return "\n".join(lines) + "\n"


def sheet() -> str:
    """Return the card as HTML that a browser prints on one page, on its side. Lesson 22c."""
    heads = ("", "symptom", "likeliest causes", "the test that separates them", "lesson")
    rows = ["".join(f"<th>{head}</th>" for head in heads)]
    for number, row in enumerate(CARD, start=1):
        first, *others = map(html.escape, row.causes)
        causes = " · ".join([f"<b>{first}</b>", *others])
        cells = (number, html.escape(row.symptom), causes, html.escape(row.test), row.lesson)
        rows.append("".join(f"<td>{cell}</td>" for cell in cells))
    table = "\n".join(f"<tr>{row}</tr>" for row in rows)
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<meta charset="utf-8">\n<title>{TITLE}</title>\n'
        f"<style>{PRINT}</style>\n<h1>{TITLE}</h1>\n<p>{HOW.replace('`', '')}</p>\n"
        f"<table>\n{table}\n</table>\n</html>\n"
    )


# -- runs with a fault -------------------------------------------------------------------------


def _label_1_only(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    return F.softplus(-real_logits).mean() + F.softplus(-fake_logits).mean()


def _real_only(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    return F.softplus(-real_logits).mean()


def _turned_d(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    return -losses.cross_entropy_d(real_logits, fake_logits)


def _turned_g(real_logits: Tensor | None, fake_logits: Tensor) -> Tensor:
    return F.softplus(fake_logits).mean()


FAULTS: dict[str, dict] = {
    "nothing": {},
    "no real data": {"only_fakes": True},
    "two sigmoids": {"end_of_d": nn.Sigmoid},
    "batch norm in D": {"start_of_d": lambda: nn.BatchNorm1d(2)},
    "G's range": {"end_of_g": nn.Tanh},
    "label 1 only": {"loss_d": _label_1_only},
    "D's sign": {"loss_d": _turned_d},
    "G's sign": {"loss_g": _turned_g},
    "G never updated": {"lr_g": 0.0},
    "D never updated": {"lr_d": 0.0},
    "G too slow": {"lr_g": 8e-6},
    "D too slow": {"lr_d": 4e-4},
    "D too fast": {"lr_d": 8e-2, "lr_g": 2e-4},
    "real only": {"loss_d": _real_only},
}
"""What can be planted: the one thing that differs from a healthy run. Lesson 22c."""


def fakes_for_ever(G: nn.Module, batch_size: int, *, rng: torch.Generator) -> Iterator[Tensor]:
    """Yield generated batches (B, 2) where real ones should come. Lesson 22c."""
    while True:
        yield G(torch.randn(batch_size, 2, generator=rng)).detach()


def plant(
    seed: int,
    *,
    steps: int = 600,
    lr_d: float = 8e-3,
    lr_g: float = 4e-3,
    loss_d: losses.Loss = losses.cross_entropy_d,
    loss_g: losses.Loss = losses.non_saturating_g,
    start_of_d: Callable[[], nn.Module] = nn.Identity,
    end_of_d: Callable[[], nn.Module] = nn.Identity,
    end_of_g: Callable[[], nn.Module] = nn.Identity,
    only_fakes: bool = False,
    width: int = 64,
    batch_size: int = 64,
) -> data.Run:
    """Train a small GAN on a ring of eight modes, with a fault or without, and return its run.

    ``plant(0, **FAULTS["G's sign"])``. What is not given is as in lesson 05's healthy run.

    Args:
        seed: of weights, data and noise. steps: at least 100, a multiple of 6.
        lr_d, lr_g, loss_d, loss_g: of the players.
        start_of_d, end_of_d, end_of_g: make a layer that is put there.
        only_fakes: give D generated points for real ones.
        width: of hidden layers. batch_size: of real points a step.

    Returns:
        A run as :func:`data.gallery` holds them, without its kind. Lesson 22c.
    """
    runtime.seed_everything(seed)
    G = nn.Sequential(*models.plane_generator(width=width), end_of_g())
    D = models.plane_discriminator(width=width)
    D = nn.Sequential(start_of_d(), *D, end_of_d())
    adam = {"betas": (0.5, 0.99), "fused": True}
    opt_g = torch.optim.Adam(G.parameters(), lr=lr_g, **adam)
    opt_d = torch.optim.Adam(D.parameters(), lr=lr_d, **adam)
    batches = data.batches(RING.x, batch_size, rng=runtime.generator(seed))
    if only_fakes:
        batches = fakes_for_ever(G, batch_size, rng=runtime.generator(seed))
    z = torch.randn(100, 2, generator=runtime.generator(seed))
    game, looks = losses.Game(loss_d, loss_g), []
    for moment in training.train(G, D, opt_g, opt_d, batches, steps=steps, latent_dim=2, game=game):
        if moment.step % (steps // 6) == 0:
            looks.append(G(z).detach())
    numbers = {name: moment.history.column(name) for name in CURVES}
    with torch.no_grad():
        real, fake = RING.x[:64], looks[-1][:64]
        mates = (D(real) - D(torch.cat([real, fake]))[:64]).abs().max()
    return data.Run(None, seed, numbers, torch.stack(looks), float(mates))
