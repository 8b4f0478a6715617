"""Train the runs of lesson 15: repairs with a critic and without, and colors hidden in gray.

    python data/make/repair.py                            # all runs, in turn, on one core
    python data/make/repair.py --share 1/2                # every second run; start 2/2 beside it
    python data/make/repair.py --share 1/1 --only fill    # with this in their name
    python data/make/repair.py --measure                  # what a step of each costs here
    python data/make/repair.py                            # then this one only collects them

Writes data/ablation_fill.npz, _enhance, _outline and _gray. Every finished run is kept in
data/cache/ablation, so a script that was stopped goes on where it was. Strokes and petals are those
that ship, so nothing is downloaded; the outlines are drawn here, by the script that painted the
flowers, on another canvas.

Equal time: all runs of a picture start from one that had regression alone (outlines: from nothing),
and then each gets the same processor seconds, in steps of which each was measured beforehand
(``MS``).
"""

import copy
import functools
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

import image_ablation
import numpy as np
import petals
import shipping
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from gan_lessons import data, losses, metrics, models, penalties, runtime, training

SEEDS, BATCH, TRAIN, KEPT, FEW = (0, 1, 2), 16, 20_000, 16, 8
LR_G, LR_D, BETAS_G, BETAS_D = 1e-3, 2e-3, (0.5, 0.99), (0.0, 0.99)
ALONE, EVERY = 40, 8  # steps that D plays alone at first; steps from one penalty to the next
DECAY, DECAY_FIRST, DECAY_LONG, DECAY_GRAY = 0.99, 0.995, 0.999, 0.995
HOLE, REACH = 12, 4  # its side, and how far from the edge it stays
JUDGE_STEPS, FLOWERS_TRAIN, FLOWERS_HELD = 1_000, 7_000, 1_000
LUMA = (0.299, 0.587, 0.114)
# Processor seconds of the first run, of those that follow, and milliseconds of a step (--measure).
FIRST, THEN = 15, 15
MS = {"regression": 19.0, "whole_critic": 31.8, "patch_critic": 34.6}
HALF = functools.partial(torch.autocast, "cpu", dtype=torch.bfloat16)  # lesson 08
GRAY_STEPS, CYCLE = 350, 10.0
FILL = (0.0, 0.03, 0.1, 0.3, 1.0)  # critic's weights
DICE, CHOICE, THROWS = 8, 4, 8  # numbers of noise; throws to choose from; throws that ship
PART, PARTS = 4_000, 4  # flowers painted besides those that ship, to learn from


# -- questions and answers -------------------------------------------------------------------


@functools.cache
def digits() -> Tensor:
    """Return all strokes in -1 … 1, (24000, 1, 28, 28)."""
    return data.to_model_range(data.strokes().x)


@functools.cache
def flowers() -> Tensor:
    """Return all petals in -1 … 1, (8000, 3, 32, 32)."""
    return data.to_model_range(data.petals().x)


def holes(count: int, rng: torch.Generator) -> Tensor:
    """Return masks (count, 1, 28, 28), 1 in a square somewhere inside and 0 elsewhere."""
    first = torch.randint(REACH, 28 - HOLE - REACH + 1, (count, 2, 1), generator=rng)
    at = torch.arange(28)
    inside = (at >= first) & (at < first + HOLE)  # (count, 2, 28)
    return (inside[:, 0, :, None] & inside[:, 1, None, :]).float()[:, None]


def with_a_hole(x: Tensor, rng: torch.Generator) -> Tensor:
    """Return (B, 2, 28, 28): the picture with a hole of middle gray, and the hole's mask."""
    mask = holes(len(x), rng)
    return torch.cat([x * (1 - mask), mask], dim=1)


def mosaic(x: Tensor, rng: torch.Generator | None = None) -> Tensor:
    """Return pictures of the same size of which each square of 4 x 4 has its mean."""
    return F.interpolate(F.avg_pool2d(x, 4), scale_factor=4.0)


@functools.cache
def outlines() -> Tensor:
    """Return every flower's outline in -1 … 1, (8000, 1, 32, 32), by its own numbers."""

    def draw() -> Tensor:
        y = data.petals().y.tolist()
        drawn = [
            petals.make_one(petals.SEED, i, label, canvas=petals.Outlines())[0]
            for i, label in enumerate(y)
        ]
        return torch.from_numpy(np.stack(drawn))[:, None]

    large = image_ablation.finished("outlines-15", (petals.SEED, len(flowers())), draw)
    return F.avg_pool2d(data.to_model_range(large), 2)


def paint_more(part: int) -> tuple[Tensor, Tensor]:
    """Return flowers that no set holds, and their outlines, both uint8 (PART, …, 64, 64)."""
    kinds = len(petals.CLASSES)
    numbers = range(petals.COUNT + part * PART, petals.COUNT + (part + 1) * PART)

    def draw() -> tuple[Tensor, Tensor]:
        color = [petals.make_one(petals.SEED, i, i % kinds)[0] for i in numbers]
        canvases = ((i, petals.Outlines()) for i in numbers)
        lines = [petals.make_one(petals.SEED, i, i % kinds, canvas=c)[0] for i, c in canvases]
        x = torch.from_numpy(np.stack(color)).permute(0, 3, 1, 2).contiguous()
        return x, torch.from_numpy(np.stack(lines))[:, None]

    return image_ablation.finished(f"flowers-15-{part}", (petals.SEED, PART), draw)


@functools.cache
def to_paint() -> tuple[Tensor, Tensor]:
    """Return the outlines that are learned from and their flowers, in -1 … 1, 32 x 32."""
    color, lines = flowers()[:FLOWERS_TRAIN], outlines()[:FLOWERS_TRAIN]
    more = zip(*map(paint_more, range(PARTS)), strict=True)
    few, fresh_lines = (F.avg_pool2d(data.to_model_range(torch.cat(x)), 2) for x in more)
    return torch.cat([lines, fresh_lines]), torch.cat([color, few])


def gray(x: Tensor) -> Tensor:
    """Return the brightness of color pictures, (B, 1, H, W)."""
    return (x * x.new_tensor(LUMA)[:, None, None]).sum(dim=1, keepdim=True)


class Repairer(nn.Module):
    """A generator that is shown a picture and answers with one.

    With dice it is shown so many numbers of noise beside the picture, the same at every pixel. With
    several throws z holds the dice of all, and the game gets the answer nearest to the truth;
    otherwise the truth passes by unread.
    """

    def __init__(self, channels: int, out: int = 1, dice: int = 0, throws: int = 1):
        super().__init__()
        self.dice, self.throws = dice, throws
        self.net = models.Translator(channels + dice, out)

    def forward(self, z: Tensor, shown: Tensor, target: Tensor) -> Tensor:
        if self.throws > 1:
            z = self.nearest(z.unflatten(1, (self.throws, self.dice)), shown, target)
        return self.answer(shown, z)

    def answer(self, shown: Tensor, z: Tensor | None = None) -> Tensor:
        change = self.net(models.beside(shown, z) if self.dice else shown)
        where = shown[:, 1:] if shown.shape[1] == 2 else 1.0  # a mask: only the hole is painted
        return shown[:, :1] + where * change

    @torch.no_grad()
    def nearest(self, throws: Tensor, shown: Tensor, target: Tensor) -> Tensor:
        """Return of each row's throws (B, throws, dice) the one with the least squared error."""
        answers = [self.answer(shown, z) for z in throws.unbind(1)]
        off = torch.stack([(x - target).square().flatten(1).mean(1) for x in answers], dim=1)
        return throws[torch.arange(len(throws)), off.argmin(1)]


def whole_critic(channels: int) -> nn.Module:
    """Return lesson 12's modern D: one logit for all of a picture of 28 x 28."""
    return nn.Sequential(
        nn.Conv2d(channels, 32, 4, 2, 1),
        nn.LeakyReLU(0.2),
        nn.Conv2d(32, 64, 4, 2, 1),
        nn.LeakyReLU(0.2),
        nn.Flatten(1),
        nn.Linear(64 * 49, 128),
        nn.LeakyReLU(0.2),
        nn.Linear(128, 1),
        nn.Flatten(0),
    )


def patch_critic(channels: int) -> nn.Module:
    return models.patch_discriminator(channels=channels)


class Config(NamedTuple):
    """How one of the runs is made; a weight of 0 plays no game."""

    weight: float = 0.0  # the critic's
    critic: Callable[[int], nn.Module] | None = None
    gamma: float = 0.0  # R1's
    dice: int = 0  # the generator's
    throws: int = 1  # of them, from which the nearest is taken
    ms: float | None = None  # of a step, measured; None: as MS has it


@dataclass(frozen=True)
class Task:
    """What is asked, of which pictures, and with which critics."""

    name: str
    channels: tuple[int, int]  # of what is shown, and of the answer
    configs: dict[str, Config]
    first: int = FIRST  # 0: every run begins from nothing
    then: int = THEN
    alone: int | None = None  # seconds of regression without dice, where more are learning by heart
    half: bool = False  # both nets in bfloat16
    decay: float = DECAY  # of the average


# Each critic with R1's gamma. A patch's logit is one of 49 or 64, whose slopes add up.
WHOLE, PATCH, PATCHES = (whole_critic, 0.1), (patch_critic, 1 / 49), (patch_critic, 0.05)
TASKS = {
    "fill": Task("fill", (2, 1), {f"{w:g}": Config(w, *WHOLE) for w in FILL}),
    "enhance": Task(
        "enhance",
        (1, 1),
        {
            "regression alone": Config(),
            "+ patch critic": Config(0.1, *PATCH),
            "+ whole critic": Config(0.1, *WHOLE),
        },
    ),
    "outline": Task(
        "outline",
        (1, 3),
        {
            "regression alone": Config(ms=16.0),
            "+ dice": Config(dice=DICE, throws=CHOICE, ms=34.0),
            "+ patch critic": Config(1.0, *PATCHES, ms=30.0),
            "+ critic and dice": Config(1.0, *PATCHES, DICE, CHOICE, ms=48.0),
        },
        first=0,
        then=420,
        alone=200,
        half=True,
        decay=DECAY_LONG,
    ),
}


def pairs(task: str, seed: int):
    """Yield batches for ever: truth, what is shown of it, and the truth again (lesson 14's way)."""
    rng = runtime.generator(seed)
    if task == "outline":
        shown, truth = to_paint()
        picks = data.batches(torch.arange(len(truth)), BATCH, rng=rng)
        yield from ((truth[i], shown[i], truth[i]) for i in picks)
    picks = data.batches(digits()[:TRAIN], BATCH, rng=rng)
    ask = with_a_hole if task == "fill" else mosaic
    yield from ((x, ask(x, rng), x) for x in picks)


# -- training --------------------------------------------------------------------------------


def faster(net: nn.Module, half: bool) -> nn.Module:
    """Return a net with the same weights that computes in bfloat16, if so asked."""
    return training.Autocast(net, HALF) if half else net


def regress(net: Repairer, stream, steps: int, *, decay: float, half: bool = False) -> nn.Module:
    """Fit a repairer with squared error alone; return its average."""
    answer = faster(net, half)
    average = copy.deepcopy(net)
    opt = torch.optim.Adam(net.parameters(), LR_G, betas=BETAS_G, fused=True)
    falling = training.falling_lr(opt, steps)
    for _, (target, shown, _) in zip(range(steps), stream, strict=False):
        z = torch.randn(len(target), net.dice * net.throws) if net.dice else None
        loss = (answer(z, shown, target) - target).square().mean()
        opt.zero_grad()
        loss.backward()
        opt.step()
        falling.step()
        models.update_average(average, net, decay=decay)
    return average


def after_the_first(opt: torch.optim.Optimizer, steps: int):
    """Return a scheduler like ``training.falling_lr`` that begins after ALONE steps at rate 0."""

    def slope(step: int) -> float:
        return 0.0 if step < ALONE else min(1.0, 2 - 2 * step / steps)

    return torch.optim.lr_scheduler.LambdaLR(opt, slope)


def play(
    net: Repairer,
    critic: nn.Module,
    stream,
    steps: int,
    *,
    weight: float,
    gamma: float,
    decay: float,
    half: bool = False,
) -> nn.Module:
    """Play on with a critic; return the generator's average."""
    maps_last = {"memory_format": torch.channels_last}
    D = models.Compared(faster(critic, half)).to(**maps_last)
    average = copy.deepcopy(net)
    opt_g = torch.optim.Adam(net.parameters(), LR_G, betas=BETAS_G, fused=True)
    opt_d = torch.optim.Adam(D.parameters(), LR_D, betas=BETAS_D, fused=True)
    run = training.train(
        faster(net, half),
        D,
        opt_g,
        opt_d,
        stream,
        steps=steps,
        latent_dim=max(net.dice * net.throws, 1),
        game=losses.repairing(losses.non_saturating, weight=weight),
        penalty=penalties.lazy(penalties.ZeroCentered(real=gamma), every=EVERY),
    )
    run = training.averaged(run, average, decay=decay)
    falling = after_the_first(opt_g, steps), training.falling_lr(opt_d, steps)
    for _ in training.scheduled(run, *falling):
        pass
    return average


def steps_in(seconds: float, config: Config) -> int:
    """Return how many steps of a configuration fit into so many processor seconds."""
    kind = config.critic.__name__ if config.weight else "regression"
    return int(seconds * 1000 / (config.ms or MS[kind]))


def fresh(task: str, config: Config = Config()) -> Repairer:  # noqa: B008 - cannot be changed
    """Return an untrained repairer."""
    net = Repairer(*TASKS[task].channels, config.dice, config.throws)
    return net.to(memory_format=torch.channels_last)


def first_run(task: str, seed: int) -> dict:
    """Return the weights of a repairer that had regression alone."""

    def work() -> dict:
        runtime.seed_everything(seed)
        started = time.process_time()
        steps = steps_in(TASKS[task].first, Config())
        average = regress(fresh(task), pairs(task, seed), steps, decay=DECAY_FIRST)
        return {"weights": average.state_dict(), "seconds": time.process_time() - started}

    settings = (task, TASKS[task].first, MS["regression"], BATCH, LR_G, BETAS_G, DECAY_FIRST)
    return image_ablation.finished(f"{task}-first-{seed}", settings, work)


def second_run(task: str, config: str, seed: int) -> dict:
    """Return the weights of a repairer that went on, with a critic or without."""
    chosen, more = TASKS[task].configs[config], {"half": TASKS[task].half}
    more["decay"], seconds = TASKS[task].decay, TASKS[task].then
    alone = TASKS[task].alone if chosen.weight == chosen.dice == 0 else None

    def work() -> dict:
        runtime.seed_everything(seed)
        net = fresh(task, chosen)
        if TASKS[task].first:
            net.load_state_dict(first_run(task, seed)["weights"])
        runtime.seed_everything(100 + seed)
        started = time.process_time()
        stream, steps = pairs(task, 100 + seed), steps_in(alone or seconds, chosen)
        if chosen.weight == 0:
            average = regress(net, stream, steps, **more)
        else:
            D = chosen.critic(sum(TASKS[task].channels))
            game = {"weight": chosen.weight, "gamma": chosen.gamma}
            average = play(net, D, stream, steps, **game, **more)
        return {"weights": average.state_dict(), "seconds": time.process_time() - started}

    of_critic = chosen.critic and chosen.critic.__name__
    learned = FLOWERS_TRAIN + PART * PARTS if task == "outline" else TRAIN
    settings = (task, config, chosen._replace(critic=of_critic), TASKS[task].first)
    settings += (seconds, *MS.items(), BATCH, LR_G, LR_D, BETAS_G, BETAS_D)
    settings += (*more.values(), ALONE, EVERY, learned, *([alone] if alone else []))
    return image_ablation.finished(f"{task}-{config}-{seed}", settings, work)


# -- unpaired: color to gray and back ----------------------------------------------------------


def cycle_players() -> tuple[nn.Module, nn.Module]:
    """Return the nets whose answers are added to a gray picture: color to gray, gray to color."""
    return models.Translator(3, 1), models.Translator(1, 3)


def to_gray(G: nn.Module, color: Tensor) -> Tensor:
    return gray(color) + G(color)


def to_color(F_: nn.Module, gray_one: Tensor) -> Tensor:
    return gray_one + F_(gray_one)


def generators_pay(G, F_, D_gray, D_color, color, gray_one, weight) -> Tensor:
    """Return what both generators minimize: please their critics, and come back. Lesson 15."""
    fake_gray, fake_color = G(color), F_(gray_one)
    please = losses.non_saturating_g(None, D_gray(fake_gray))
    please = please + losses.non_saturating_g(None, D_color(fake_color))
    back = (F_(fake_gray) - color).abs().mean() + (G(fake_color) - gray_one).abs().mean()
    return please + weight * back


def play_cycle(seed: int) -> dict:
    """Train both ways at once on flowers that are no pairs; return the averages' weights."""
    runtime.seed_everything(seed)
    G, F_ = cycle_players()
    D_gray, D_color = patch_critic(1), patch_critic(3)
    for net in (G, F_, D_gray, D_color):
        net.to(memory_format=torch.channels_last)
    averages = copy.deepcopy(G), copy.deepcopy(F_)
    both = [*G.parameters(), *F_.parameters()]
    critics = [*D_gray.parameters(), *D_color.parameters()]
    opt_g = torch.optim.Adam(both, LR_G, betas=BETAS_G, fused=True)
    opt_d = torch.optim.Adam(critics, LR_D, betas=BETAS_D, fused=True)
    falling = [training.falling_lr(opt, GRAY_STEPS) for opt in (opt_g, opt_d)]
    half = FLOWERS_TRAIN // 2
    colors = data.batches(flowers()[:half], BATCH, rng=runtime.generator(seed))
    others = flowers()[half:FLOWERS_TRAIN]
    grays = data.batches(gray(others), BATCH, rng=runtime.generator(1_000 + seed))
    slope = functools.partial(penalties.r1, gamma=1 / 64)
    started = time.process_time()
    for step in range(GRAY_STEPS):
        color, gray_one = next(colors), next(grays)
        with torch.no_grad():
            fake_gray, fake_color = to_gray(G, color), to_color(F_, gray_one)
        loss_d = losses.cross_entropy_d(D_gray(gray_one), D_gray(fake_gray))
        loss_d = loss_d + losses.cross_entropy_d(D_color(color), D_color(fake_color))
        if step % EVERY == 0:
            loss_d = loss_d + EVERY * (slope(D_gray, gray_one) + slope(D_color, color))
        opt_d.zero_grad()
        loss_d.backward()
        opt_d.step()
        with training.frozen(D_gray), training.frozen(D_color):
            loss_g = generators_pay(
                functools.partial(to_gray, G),
                functools.partial(to_color, F_),
                D_gray,
                D_color,
                color,
                gray_one,
                CYCLE,
            )
            opt_g.zero_grad()
            loss_g.backward()
            opt_g.step()
        for scheduler in falling:
            scheduler.step()
        for average, net in zip(averages, (G, F_), strict=True):
            models.update_average(average, net, decay=DECAY_GRAY)
    seconds = time.process_time() - started
    return {"G": averages[0].state_dict(), "F": averages[1].state_dict(), "seconds": seconds}


def cycle_run(seed: int) -> dict:
    """Return a finished run of the cycle, or make it."""
    settings = (GRAY_STEPS, CYCLE, BATCH, LR_G, LR_D, BETAS_G, BETAS_D, DECAY_GRAY, EVERY)
    return image_ablation.finished(f"gray-{seed}", settings, lambda: play_cycle(seed))


def blurred(x: Tensor) -> Tensor:
    """Return pictures of the same size, each pixel the mean of 2 x 2."""
    return F.avg_pool2d(F.pad(x, (0, 1, 0, 1), mode="replicate"), 2, 1)


def tint(x: Tensor) -> Tensor:
    """Return the mean color of each picture's middle, (N, 2): a and b of OKLab."""
    return data.to_oklab(x)[:, 1:, 8:24, 8:24].mean(dim=(2, 3))


def grounds(x: Tensor) -> tuple[float, float]:
    """Return how far apart grounds are in OKLab: those of many flowers, and one's own corners."""
    colors = F.avg_pool2d(data.to_oklab(x), 4)[:, :, [0, 0, -1, -1], [0, -1, 0, -1]]  # (N, 3, 4)
    mean = colors.mean(dim=2, keepdim=True)

    def spread(off: Tensor) -> float:
        return float(off.square().sum(dim=1).mean().sqrt())

    return spread(mean - mean.mean(dim=0)), spread(colors - mean)


def explained(truth: Tensor, found: Tensor) -> float:
    """Return R² of numbers (N,) or (N, k): the share of what varies that is found again."""
    missed = (found - truth).square().sum()
    return float(1 - missed / (truth - truth.mean(dim=0)).square().sum())


def psnr(a: Tensor, b: Tensor, where: Tensor | float = 1.0) -> float:
    """Return the peak signal-to-noise ratio in dB of pictures in -1 … 1, where a mask is 1."""
    count = where.sum() if isinstance(where, Tensor) else a.numel()
    error = (((a - b) / 2).square() * where).sum() / count
    return float(-10 * error.log10())


@torch.no_grad()
def in_parts(answer: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """Return a net's answers in -1 … 1, a few hundred pictures at a time."""
    return torch.cat([answer(part).clamp(-1, 1) for part in x.split(500)])


def gray_scores(seed: int) -> tuple[dict[str, float], dict[str, Tensor]]:
    """Return what the cycle hides and what it does not, and a few pictures in 0 … 255."""
    kept = cycle_run(seed)
    G, F_ = cycle_players()
    G.load_state_dict(kept["G"])
    F_.load_state_dict(kept["F"])
    x = flowers()[FLOWERS_TRAIN:]
    true, told = gray(x), tint(x)
    made = in_parts(functools.partial(to_gray, G), x)

    def again(shown: Tensor) -> Tensor:
        return in_parts(functools.partial(to_color, F_), shown)

    rng = runtime.generator(1)
    noise = torch.randn(made.shape, generator=rng) * 2
    back, honest = again(made), again(true)
    found = {
        "gray, PSNR to the true one": psnr(made, true),
        "return, PSNR": psnr(back, x),
        "color": explained(told, tint(back)),
        "color, blurred": explained(told, tint(again(blurred(made)))),
        "control": explained(told, tint(honest)),
        "control, blurred": explained(told, tint(again(blurred(true)))),
    }
    for level in (1, 4, 16):
        grain = noise * level / 255
        found[f"color, noise {level}"] = explained(told, tint(again(made + grain)))
        found[f"control, noise {level}"] = explained(told, tint(again(true + grain)))
        found[f"return, noise {level}, PSNR"] = psnr(again(made + grain), x)
        found[f"control, noise {level} moves it, PSNR"] = psnr(again(true + grain), honest)
        found[f"return, noise {level} moves it, PSNR"] = psnr(again(made + grain), back)
    few = {"made": made, "back": back}
    return found, {name: data.to_image_range(images[:FEW]) for name, images in few.items()}


# -- reading and judging -----------------------------------------------------------------------


def judged(task: str) -> tuple[Tensor, Tensor, dict[str, Tensor], int]:
    """Return what a task's judge learns of: pictures, classes, factors, and how many it sees."""
    if task == "outline":
        known = data.petals().factors
        few = {name: known[name] for name in ("petals", "radius", "tilt")}
        return flowers(), data.petals().y, few, FLOWERS_TRAIN
    known = data.strokes().factors
    few = {name: known[name] for name in ("slant", "thickness")}
    return digits(), data.strokes().y, few, TRAIN


@functools.cache
def judge(task: str) -> metrics.Judge:
    """Return the judge of a task: it reads class and factors, and its features make distances."""
    x, y, known, seen = judged(task)
    known = {name: values[:seen] for name, values in known.items()}

    def train() -> dict:
        runtime.seed_everything(0)
        more = {"steps": JUDGE_STEPS, "rng": runtime.generator(0)}
        return metrics.train_judge(x[:seen], y[:seen], known, **more).state_dict()

    net = metrics.Judge(channels=x.shape[1], classes=int(y.max()) + 1, factors=len(known))
    name = "judge-15-flowers" if task == "outline" else "judge-15"
    net.load_state_dict(image_ablation.finished(name, (JUDGE_STEPS, seen, list(known)), train))
    return net.eval()


def read(task: str, x: Tensor) -> tuple[Tensor, Tensor]:
    """Return the classes (N,) and factors (N, k), in spreads, that a task's judge reads."""
    who = judge(task)
    with torch.no_grad():
        said = torch.cat([who.head(who(part)) for part in x.split(500)])
    return said[:, : who.classes].argmax(dim=1), said[:, who.classes :]


@functools.cache
def held_out(task: str) -> tuple[Tensor, Tensor, Tensor]:
    """Return the held-out truth, what is shown of it, and its classes."""
    x, y, _, seen = judged(task)
    if task == "outline":
        return x[seen:], outlines()[seen:], y[seen:]
    ask = with_a_hole if task == "fill" else mosaic
    return x[seen:], ask(x[seen:], runtime.generator(3)), y[seen:]


def scores_of(task: str, images: Tensor) -> dict[str, float]:
    """Return the scores of answers to the held-out questions, images in -1 … 1."""
    x, shown, y = held_out(task)
    _, _, known, seen = judged(task)
    classes, factors = read(task, images)
    near = judge(task).features(judged(task)[0][: len(x)])
    mask = shown[:, 1:] if task == "fill" else 1.0
    found = {
        "PSNR": psnr(images, x, mask),
        "FD": metrics.frechet_distance(near, judge(task).features(images)),
        "class kept": float((classes == y).double().mean()),
    }
    for k, (name, values) in enumerate(known.items()):
        true = (values[seen:] - values[:seen].mean()) / values[:seen].std()
        found[f"{name} kept"] = explained(true, factors[:, k])
    if task == "outline":
        found["chroma"] = float(tint(images).norm(dim=1).mean())
        found["grounds apart"], found["corners apart"] = grounds(images)
        found["steps from pixel to pixel"] = float(images.diff(dim=3).abs().mean())
    else:
        found["gray"] = metrics.gray_share(data.to_image_range(images))
    return found


def few_of(task: str) -> Tensor:
    """Return which held-out pictures ship: of strokes ten classes and some more."""
    _, _, y = held_out(task)
    kinds = int(y.max()) + 1
    rows = [torch.nonzero(y == k)[: -(-KEPT // kinds), 0] for k in range(kinds)]
    return torch.stack(rows, dim=1).flatten()[:KEPT]


def thrown(net: Repairer, shown: Tensor, *, seed: int) -> Tensor:
    """Return a net's answers in -1 … 1, by the dice of a seed where it has some."""
    z = torch.randn(len(shown), net.dice, generator=runtime.generator(seed))
    with torch.no_grad():
        parts = zip(shown.split(500), z.split(500), strict=True)
        return torch.cat([net.answer(*part).clamp(-1, 1) for part in parts])


# -- the script ----------------------------------------------------------------------------------


def collect(task: str, path) -> None:
    """Score all runs of a task and write them."""
    configs, kept = list(TASKS[task].configs), few_of(task)
    x, shown, _ = held_out(task)
    scores, samples, seconds, throws = [], [], [], []
    for config in configs:
        chosen = TASKS[task].configs[config]
        for seed in SEEDS:
            run = second_run(task, config, seed)
            net = fresh(task, chosen)
            net.load_state_dict(run["weights"])
            images = thrown(net, shown, seed=0)
            if chosen.dice and chosen.weight:
                throws += [thrown(net, shown[kept[:FEW]], seed=1 + k) for k in range(THROWS)]
            scores.append(scores_of(task, images))
            samples.append(data.to_image_range(images[kept]))
            seconds.append(run["seconds"])
            told = ", ".join(f"{key} {value:.3g}" for key, value in scores[-1].items())
            print(f"{task}, {config}, seed {seed}: {told}", flush=True)
    untouched = shown[:, :1].expand_as(x)
    limits = {"real": scores_of(task, x), "shown": scores_of(task, untouched)}
    if task == "enhance":
        smooth = F.interpolate(F.avg_pool2d(x, 4), scale_factor=4.0, mode="bilinear")
        limits["bilinear"] = scores_of(task, smooth)
    for name, found in limits.items():
        told = ", ".join(f"{key} {value:.3g}" for key, value in found.items())
        print(f"{task}, {name}: {told}", flush=True)
    more = {}
    if throws:  # (seeds, THROWS, FEW, 3, 32, 32)
        images = data.to_image_range(torch.stack(throws).unflatten(0, (len(SEEDS), THROWS)))
        more["thrown again"] = images
    shape = (len(configs), len(SEEDS))
    first, then = TASKS[task].first, TASKS[task].then
    seconds_of_each = f"{then} processor seconds of each"
    if alone := TASKS[task].alone:
        seconds_of_each += f" ({alone} of regression alone, which learns by heart in more)"
    if first:
        seconds_of_each = f"{first} processor seconds of regression and then {then} of each"
    shipping.write_ablation(
        path,
        about=f"{task}: {len(configs)} configurations with seeds 0, 1 and 2, "
        f"{seconds_of_each}, {len(x):,} held-out pictures scored, made by data/make/repair.py on "
        f"{date.today()}",
        configs=configs,
        seeds=SEEDS,
        scores={
            metric: torch.tensor([found[metric] for found in scores]).reshape(shape)
            for metric in scores[0]
        },
        samples=torch.stack(samples).unflatten(0, shape),
        more={
            "metrics": list(scores[0]),
            **{name: list(found.values()) for name, found in limits.items()},
            "seconds": torch.tensor(seconds).reshape(shape),
            "truth pictures": data.to_image_range(x[kept]),
            "shown pictures": data.to_image_range(shown[kept]),
            **more,
        },
    )


def collect_gray(path) -> None:
    """Score the cycle's runs and write them."""
    found, pictures = zip(*[gray_scores(seed) for seed in SEEDS], strict=True)
    for seed, one in zip(SEEDS, found, strict=True):
        told = ", ".join(f"{key} {value:.3g}" for key, value in one.items())
        print(f"gray, seed {seed}: {told}", flush=True)
    x = flowers()[FLOWERS_TRAIN:][:FEW]
    shipping.write_ablation(
        path,
        about=f"color to gray to color: seeds 0, 1 and 2, {GRAY_STEPS} steps each, "
        f"{FLOWERS_HELD:,} held-out flowers scored, made by data/make/repair.py on {date.today()}",
        configs=["cycle"],
        seeds=SEEDS,
        scores={metric: torch.tensor([[one[metric] for one in found]]) for metric in found[0]},
        samples=torch.stack([few["back"] for few in pictures])[None],
        more={
            "gray pictures": torch.stack([few["made"] for few in pictures]),
            "truth pictures": data.to_image_range(x),
            "seconds": torch.tensor([cycle_run(seed)["seconds"] for seed in SEEDS]),
        },
    )


def measure() -> None:
    """Print the processor milliseconds of a step of each kind on this machine."""
    for name, task in TASKS.items():
        for config, chosen in task.configs.items():
            stream, net = pairs(name, 0), fresh(name, chosen)
            more = {"decay": DECAY, "half": task.half}
            for steps in (8, 60):  # the first ones warm up
                started = time.process_time()
                if chosen.weight:
                    D = chosen.critic(sum(task.channels))
                    game = {"weight": chosen.weight, "gamma": chosen.gamma}
                    play(net, D, stream, steps, **game, **more)
                else:
                    regress(net, stream, steps, **more)
            print(f"{name}, {config}: {(time.process_time() - started) / 60 * 1000:.1f} ms")


def main() -> None:
    names = [f"ablation_{task}.npz" for task in (*TASKS, "gray")]
    parser = shipping.parser("Make the runs of lesson 15.", *names)
    parser.add_argument("--measure", action="store_true", help="only say what a step costs")
    parser.add_argument("--share", type=image_ablation.share_of, help="1/2: only every second run")
    parser.add_argument("--only", default="", help="runs, or tasks to collect, with this in them")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    if asked.measure:
        return measure()
    runs = [
        (task, config, seed) for seed in SEEDS for task in TASKS for config in TASKS[task].configs
    ]
    runs += [("gray", "cycle", seed) for seed in SEEDS]
    if asked.share:
        part, whole = asked.share
        for task, config, seed in [run for run in runs if asked.only in run[0]][part::whole]:
            run = cycle_run(seed) if task == "gray" else second_run(task, config, seed)
            print(f"{task}, {config}, seed {seed}: {run['seconds']:.0f} s", flush=True)
        return None
    asked.names = [name for name in names if asked.only in name]
    asked.out = asked.folder / asked.names[0]  # where only one is asked for
    shipping.check(asked)
    for path, task in zip(asked.files, (n[9:-4] for n in asked.names), strict=True):
        collect_gray(path) if task == "gray" else collect(task, path)
    return None


if __name__ == "__main__":
    main()
