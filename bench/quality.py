"""How good samples are after so many processor seconds: the course's recipes and other people's.

    python -m bench.quality                     make every run that is not there yet (12 hours)
    python -m bench.quality --minutes 60        stop after the run that ends an hour of processor
    python -m bench.quality --seconds 15 30 --sets mnist --seeds 1   a part of them
    python -m bench.quality --only 07           the recipes whose name holds this
    python -m bench.quality --earlier           what the lessons had before November 2026, too
    python -m bench.quality --table             write the table again, train nothing

`make bench-quality` is the first of them. Results are kept after each run in bench/quality.json, so
what was stopped is gone on with; the table is in bench/quality.md, and a curve is drawn beside it.
MNIST is found as in the lessons.

Equal time: what a step of each recipe costs on one core is measured once, all recipes in turn; a
run makes as many steps as then fit its processor seconds. So the steps are fixed, and a neighbor on
the other core changes nothing. The seconds that a run really took are kept beside its scores. Runs
of one recipe and seed begin the same, for one time as for another: that is played once.

Every reference loop comes twice: *as published* (its loop, its pipeline of pictures, its networks,
settings and first weights; samples drawn as it draws them, in train mode), and *our settings* (the
same loop, pipeline and networks with the batch, rates, betas, falling rates, average and first
weights of lesson 08, whose average warms up: few steps fit). What is left between the second and
that lesson's row is loop, networks and precision.
"""

import argparse
import copy
import functools
import hashlib
import itertools
import json
import multiprocessing
import os
import sys
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import torch
from matplotlib.figure import Figure
from torch import Tensor, nn
from torch.nn import functional as F
from torch.optim.lr_scheduler import LRScheduler

from bench import peers
from gan_lessons import data, errors, losses, metrics, models, penalties, runtime, training

ROOT = Path(__file__).resolve().parents[1]
KEPT, TABLE = ROOT / "bench" / "quality.json", ROOT / "bench" / "quality.md"
CURVE = ROOT / "bench" / "quality.png"
CACHE = ROOT / "data" / "cache" / "quality"  # the two judges of each set
SECONDS, SEEDS = (15, 30, 60, 120, 240), (1, 2, 3)
TITLES = {"mnist": "MNIST", "strokes": "strokes", "petals": "petals"}
SETS = tuple(TITLES)
METRICS = ("FD", "second FD", "smallest class", "sure")
SURE = 0.9  # the probability above which a sample counts as read surely


# -- recipes ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Recipe:
    """How a pair of players is trained. The defaults are lesson 07's, but for its noise of 16.

    Attributes:
        nets: fresh (G, D) for pictures of (channels, size). weights: gives both their first ones.
        size: of the pictures it makes; None for that of the set.
        decay: of G's average; 0 for none. warm: the average starts with a short memory.
        falls: whether the rates fall to 0 in the second half.
        half: products in bfloat16. every: how many steps from one penalty to the next.
        loop: a loop of :mod:`bench.peers`; None for the course's. reads: batches in a step of it.
        as_trained: samples are drawn in train mode, ``batch`` at a time.
    """

    name: str
    nets: Callable[[int, int], tuple[nn.Module, nn.Module]]
    weights: Callable[[nn.Module, nn.Module], None]
    size: int | None = None
    latent_dim: int = 64
    batch: int = 32
    lr_g: float = 4e-3
    lr_d: float = 2e-3
    betas: tuple[float, float] = (0.5, 0.99)
    decay: float = 0.998
    warm: bool = False
    falls: bool = True
    half: bool = False
    game: losses.Game = losses.non_saturating
    penalty: Callable | None = None
    every: int = 8
    loop: peers.Loop | None = None
    reads: int = 1
    as_trained: bool = False

    def memory(self, step: int) -> float:
        """Return the decay of the average after a step, counted from 1."""
        return min(self.decay, (1 + step) / (10 + step)) if self.warm else self.decay

    def digest(self) -> str:
        """Return a short name of all settings: a kept run with others is made anew."""

        def told(value: object) -> str:
            if isinstance(value, functools.partial):
                return told(value.func) + str(sorted(value.keywords.items()))
            if isinstance(value, losses.Game):
                return told(value.loss_d) + told(value.loss_g)
            return getattr(value, "__qualname__", str(value))

        settings = str([told(value) for name, value in vars(self).items() if name != "name"])
        return hashlib.sha256(settings.encode()).hexdigest()[:8]


def dcgan(channels: int, size: int, *, latent_dim: int = 64) -> tuple[nn.Module, nn.Module]:
    """Return the players of lessons 07 and 08."""
    shape = {"size": size, "channels": channels, "width": 32}
    G = models.dcgan_generator(latent_dim=latent_dim, **shape)
    return G, models.dcgan_discriminator(**shape)


def hidden(
    channels: int, size: int, *, latent_dim: int = 64, kinds: int = 0
) -> tuple[nn.Module, nn.Module]:
    """Return lesson 12's: noise with a choice; no norm in D, and 128 units before its logit."""
    shape = {"size": size, "channels": channels, "width": 32}
    *maps, (last,), flat = models.dcgan_discriminator(**shape, norm=nn.Identity)
    layers = nn.Linear(last.in_features, 128), nn.LeakyReLU(0.2)
    G = models.dcgan_generator(latent_dim=latent_dim, **shape)
    if kinds:
        G = nn.Sequential(models.CategoricalNoise(kinds), G)
    return G, nn.Sequential(*maps, *layers, nn.Linear(128, 1), flat)


def pytorch_gan_dcgan(channels: int, size: int) -> tuple[nn.Module, nn.Module]:
    return peers.dcgan32_g(channels), peers.dcgan32_d(channels)


def pytorch_gan_mlp(channels: int, size: int) -> tuple[nn.Module, nn.Module]:
    return peers.mlp_g(channels, size), peers.mlp_d(channels, size)


def specialization(width: int, channels: int, size: int) -> tuple[nn.Module, nn.Module]:
    return peers.specialization_g(channels), peers.specialization_d(width, channels)()


def tutorial(channels: int, size: int) -> tuple[nn.Module, nn.Module]:
    return peers.dcgan64_g(channels), peers.dcgan64_d(channels)


def drawn_weights(G: nn.Module, D: nn.Module) -> None:
    """Lesson 07's first weights for both."""
    G.apply(models.dcgan_init), D.apply(models.dcgan_init)


def weights_of_12(G: nn.Module, D: nn.Module) -> None:
    """Lesson 12's: PyTorch's own for D."""
    G.apply(models.dcgan_init)


def normal_convolutions(G: nn.Module, D: nn.Module, *, factor: float) -> None:
    """The peers': convolutions from N(0, 0.02), norms' factors from N(factor, 0.02), rest as is."""
    for layer in (*G.modules(), *D.modules()):
        if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
            nn.init.normal_(layer.weight, 0.0, 0.02)
        elif isinstance(layer, nn.BatchNorm2d):
            nn.init.normal_(layer.weight, factor, 0.02)
            nn.init.zeros_(layer.bias)


def pytorch_gan_weights(G: nn.Module, D: nn.Module) -> None:
    """PyTorch-GAN's dcgan: and the 0.8 that lands in eps, in every norm but G's first."""
    normal_convolutions(G, D, factor=1.0)
    norms = [m for net in (G, D) for m in net if isinstance(m, nn.BatchNorm2d)]
    for norm in norms[1:]:
        norm.eps = 0.8


def pytorch_gan_mlp_weights(G: nn.Module, D: nn.Module) -> None:
    """PyTorch-GAN's wgan_gp: PyTorch's own weights, and the 0.8 in every norm."""
    for norm in (m for m in G if isinstance(m, nn.BatchNorm1d)):
        norm.eps = 0.8


def own_recipes() -> tuple[Recipe, ...]:
    """Return the course's recipes, as lessons 07, 08 and 12 play them, and one with all of these.

    The last is modern with what lesson 08 adds: products in bfloat16, an average that warms up.
    """
    nets = functools.partial(dcgan, latent_dim=16)
    plain = Recipe("lesson 07", nets, drawn_weights, latent_dim=16)
    color = replace(plain, name="lesson 08", nets=dcgan, latent_dim=64)
    color = replace(color, lr_g=1e-3, lr_d=2.5e-4, warm=True, half=True)
    nets = functools.partial(hidden, latent_dim=28, kinds=20)
    modern = replace(plain, name="modern (lesson 12)", nets=nets, weights=weights_of_12)
    r1 = functools.partial(penalties.r1, gamma=1.0)
    modern = replace(modern, lr_g=1e-3, lr_d=2e-3, betas=(0.0, 0.99), penalty=r1, latent_dim=28)
    return (
        plain,
        color,
        modern,
        replace(modern, name="modern, bfloat16, warm average", half=True, warm=True),
    )


def earlier_recipes() -> tuple[Recipe, ...]:
    """Return what lessons 07 and 12 had until November 2026, and a step on from there."""
    plain, _, modern, _ = own_recipes()
    seven = replace(plain, name="lesson 07, noise of 64", nets=dcgan, latent_dim=64)
    slow = replace(seven, name="lesson 07, batches of 64", batch=64, lr_g=1e-3, lr_d=5e-4)
    old = replace(modern, name="modern, batches of 16", batch=16, nets=hidden, latent_dim=64)
    nets = functools.partial(hidden, latent_dim=32)
    step = replace(old, name="modern, batches and noise of 32", batch=32, nets=nets, latent_dim=32)
    return seven, slow, old, replace(step, warm=True)


SETTINGS = ("weights", "batch", "lr_g", "lr_d", "betas", "decay", "warm", "falls", "as_trained")


def peer_recipes() -> tuple[Recipe, ...]:
    """Return the reference loops, each as published and with our settings."""
    published = {"latent_dim": 100, "batch": 64, "lr_g": 2e-4, "lr_d": 2e-4}
    published |= {"betas": (0.5, 0.999), "decay": 0.0, "falls": False, "as_trained": True}
    week = published | {"latent_dim": 64, "batch": 128, "size": 28}
    week["weights"] = functools.partial(normal_convolutions, factor=0.0)
    critic = functools.partial(specialization, 64)
    examples = {"weights": functools.partial(normal_convolutions, factor=1.0), "batch": 128}
    rows = (
        Recipe("PyTorch-GAN dcgan", pytorch_gan_dcgan, pytorch_gan_weights, 32, **published,
               loop=peers.pytorch_gan),
        Recipe("PyTorch-GAN wgan_gp", pytorch_gan_mlp, pytorch_gan_mlp_weights, **published,
               loop=peers.pytorch_gan_gp, reads=5),
        Recipe("GANs specialization, week 2", functools.partial(specialization, 16), **week,
               loop=peers.specialization),
        Recipe("GANs specialization, week 3", critic, **week, loop=peers.specialization_gp),
        Recipe("PyTorch's DCGAN tutorial", tutorial, size=64, **published | examples,
               loop=peers.pytorch_examples),
    )  # fmt: skip
    ours = own_recipes()[1]
    settings = {name: getattr(ours, name) for name in SETTINGS}
    again = (replace(row, name=f"{row.name}, our settings", **settings) for row in rows)
    return tuple(row for pair in zip(rows, again, strict=True) for row in pair)


RECIPES = (*own_recipes(), *earlier_recipes(), *peer_recipes())


# -- a run -----------------------------------------------------------------------------------


def played(
    recipe: Recipe, x: Tensor, *, seed: int, steps: int
) -> Generator[nn.Module, int | None, None]:
    """Train on uint8 pictures and yield, after every step, the generator to draw from.

    Rates that fall do so from half of the steps on. Until then the run may be sent, once, another
    number of steps to end after.
    """
    runtime.seed_everything(seed)
    size = recipe.size or x.shape[-1]
    G, D = recipe.nets(x.shape[1], size)
    recipe.weights(G, D)
    adam = {"betas": recipe.betas, "fused": recipe.loop is None}
    opt_g = torch.optim.Adam(G.parameters(), recipe.lr_g, **adam)
    opt_d = torch.optim.Adam(D.parameters(), recipe.lr_d, **adam)
    if recipe.loop is None:
        step = course_step(recipe, G, D, opt_g, opt_d, x, seed=seed, steps=steps)
    else:
        pictures = peers.one_by_one(size)(x, recipe.reads * recipe.batch)
        step = recipe.loop(G, D, opt_g, opt_d, recipe.latent_dim)
        step = functools.partial(lambda play: play(next(pictures)), step)
    average = copy.deepcopy(G) if recipe.decay else G

    def falling(steps: int) -> list[LRScheduler]:
        return [training.falling_lr(opt, steps) for opt in (opt_g, opt_d)] * recipe.falls

    schedulers = falling(steps)
    for done in itertools.count(1):
        step()
        if recipe.decay:
            models.update_average(average, G, decay=recipe.memory(done))
        for scheduler in schedulers:
            scheduler.step()
        end = yield average
        if end:
            steps, schedulers = end, falling(end)
            for scheduler in schedulers:
                scheduler.last_epoch = done
        if done == steps:
            return


def course_step(recipe, G, D, opt_g, opt_d, x, *, seed, steps) -> Callable[[], object]:
    """Return the next step of the course's loop: pictures in memory, channels last."""
    for net in (G, D):
        net.to(memory_format=torch.channels_last)
    batches = data.batches(data.to_model_range(x), recipe.batch, rng=runtime.generator(seed))
    precision = functools.partial(torch.autocast, "cpu", dtype=torch.bfloat16)
    nets = [training.Autocast(net, precision) if recipe.half else net for net in (G, D)]
    more = {"game": recipe.game, "latent_dim": recipe.latent_dim}
    if recipe.penalty:
        more["penalty"] = penalties.lazy(recipe.penalty, every=recipe.every)
    return functools.partial(
        next, training.train(*nets, opt_g, opt_d, batches, steps=steps, **more)
    )


@torch.no_grad()
def drawn(recipe: Recipe, G: nn.Module, number: int, size: int) -> Tensor:
    """Return samples, uint8 (number, channels, size, size), from noise that no run has seen."""
    z = torch.randn(number, recipe.latent_dim, generator=runtime.generator(1))
    twin = copy.deepcopy(G).train(recipe.as_trained)  # drawing moves no statistics of the run's
    parts = [twin(part) for part in z.split(recipe.batch if recipe.as_trained else 500)]
    return sized(torch.cat(parts), size)


def sized(x: Tensor, size: int) -> Tensor:
    """Return images in [-1, 1] as uint8 of another size."""
    if x.shape[-1] != size:
        x = F.interpolate(x, size=(size, size), mode="bilinear", antialias=True)
    return data.to_image_range(x)


def run(recipe: Recipe, yard: "Yard", *, seed: int, steps: dict[int, int]) -> dict[int, dict]:
    """Make a run for each of ``steps``; return their scores, by the seconds these stand for.

    They begin the same, and that is played once: until they are stopped where rates are constant,
    until half of the steps where rates fall. There a copy of this process turns off to its own end.
    """
    found, last = {}, max(steps.values())
    yard.near(recipe.size or yard.size)  # computed before there are copies, which would do it again
    game = played(recipe, yard.train, seed=seed, steps=last)

    def scored(G: nn.Module, spent: float) -> dict[str, float]:
        x = drawn(recipe, G, len(yard.real), yard.size)
        return yard.scores(x, recipe.size or yard.size) | {"took": round(spent, 1)}

    def ended(G: nn.Module, done: int, end: int, spent: float) -> dict[str, float]:
        start = time.process_time()
        if done < end:
            *_, G = game.send(end), *game
        return scored(G, spent + time.process_time() - start)

    spent = 0.0
    for done in range(1, last + 1):
        start = time.process_time()
        G = next(game)
        spent += time.process_time() - start
        for seconds, end in steps.items():
            half = max(1, end // 2)
            if recipe.falls and end < last and done == half:
                work = functools.partial(ended, G, done, end, spent)
                found[seconds] = {"steps": end} | in_a_copy(work)
            elif done == end and seconds not in found:
                found[seconds] = {"steps": end} | scored(G, spent)
    return {seconds: found[seconds] for seconds in steps}


def in_a_copy(work: Callable[[], dict]) -> dict:
    """Return what work returns in a copy of this process, so that it changes nothing here.

    It needs a system on which a process can copy itself: Linux, macOS.
    """
    system = multiprocessing.get_context("fork")
    here, there = system.Pipe(duplex=False)

    def alone() -> None:
        torch.set_num_threads(1)  # a copy has none of the threads that its parent may have begun
        there.send(work())

    twin = system.Process(target=alone)
    twin.start()
    there.close()  # the twin has its own; with this one open, recv would wait for one that failed
    result = here.recv()
    twin.join()
    return result


def cost(recipe: Recipe, x: Tensor, *, seconds: float = 2.0) -> float:
    """Return the processor milliseconds of a step: the median of those that fit the time."""
    run, took = played(recipe, x, seed=0, steps=10**6), []
    next(run)  # warms up
    while sum(took) < seconds and len(took) < 200:
        start = time.process_time()
        next(run)
        took.append(time.process_time() - start)
    return 1000 * float(torch.tensor(took).median())


# -- the yardstick ---------------------------------------------------------------------------


class Reader(nn.Module):
    """The second judge, which no lesson uses: it reads samples, and its last hidden layer compares.

    For gray pictures of 28 pixels it is the network of data/make/read_mnist.py, as lesson 12's
    table has it.
    """

    def __init__(self, channels: int, size: int, classes: int):
        super().__init__()
        self.body = nn.Sequential(
            *(nn.Conv2d(channels, 16, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2)),
            *(nn.Conv2d(16, 32, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2)),
            *(nn.Flatten(), nn.Dropout(0.3), nn.Linear(32 * (size // 4) ** 2, 128), nn.ReLU()),
        )
        self.head = nn.Sequential(nn.Dropout(0.3), nn.Linear(128, classes))

    def forward(self, x: Tensor) -> Tensor:
        """Return logits of uint8 pictures."""
        return self.head(self.body(x.float() / 255))

    @torch.no_grad()
    def answers(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return features (N, 128) and probabilities (N, classes) of uint8 pictures."""
        features = torch.cat([self.body(part.float() / 255) for part in x.split(500)])
        return features, self.head(features).softmax(dim=1)


def train_reader(x: Tensor, y: Tensor, *, steps: int, batch: int = 64) -> Reader:
    """Train a reader on uint8 pictures and their classes, which it sees bent a little."""
    sys.path.insert(0, str(ROOT / "data" / "make"))
    import read_mnist

    reader = Reader(x.shape[1], x.shape[-1], int(y.max()) + 1)
    opt = torch.optim.Adam(reader.parameters())
    rate = torch.optim.lr_scheduler.OneCycleLR(opt, max_lr=4e-3, total_steps=steps)
    stream = data.batches(torch.arange(len(x)), batch, rng=runtime.generator(0))
    for _ in range(steps):
        picked = next(stream)
        bent = read_mnist.augmented(x[picked].float() / 255)
        loss = F.cross_entropy(reader.head(reader.body(bent)), y[picked])
        opt.zero_grad()
        loss.backward()
        opt.step()
        rate.step()
    return reader.eval()


@dataclass(eq=False)
class Yard:
    """A set, cut into what a run trains with and two equal parts that it never sees; two judges.

    Attributes:
        train: uint8 pictures. real: what samples are compared with. unseen: the floor's samples.
        judge: the course's (lesson 09). reader: the second one. right: its share of real ones.
    """

    train: Tensor
    real: Tensor
    unseen: Tensor
    judge: metrics.Judge
    reader: Reader
    right: float

    @property
    def size(self) -> int:
        """Return the side of the set's pictures."""
        return self.real.shape[-1]

    @functools.cache  # noqa: B019 - one of a set lives as long as the process
    def near(self, way: int) -> tuple[Tensor, Tensor]:
        """Return both judges' features of the real pictures, which went by way of a size."""
        x = detour(self.real, way)
        return self.judge.features(x), self.reader.answers(x)[0]

    def scores(self, x: Tensor, way: int) -> dict[str, float]:
        """Return all metrics of as many uint8 pictures as there are real ones.

        Args:
            way: the size at which they were made. The real ones have been there and back, too.
        """
        features, probabilities = self.reader.answers(x)
        sure, kind = probabilities.max(dim=1)
        classes = probabilities.shape[1]
        near, second = self.near(way)
        return {
            "FD": metrics.frechet_distance(near, self.judge.features(x)),
            "second FD": metrics.frechet_distance(second, features),
            "smallest class": float(kind.bincount(minlength=classes).min() * classes / len(x)),
            "sure": float((sure > SURE).double().mean()),
        }

    def bounds(self) -> dict[str, dict[str, float]]:
        """Return the scores of real pictures, by way of the peers' sizes too, and of noise."""
        ways = sorted({self.size, *(recipe.size or self.size for recipe in RECIPES)})
        found = {f"real, {way}": self.scores(detour(self.unseen, way), way) for way in ways}
        rng = runtime.generator(0)
        noise = torch.randint(256, self.real.shape, generator=rng, dtype=torch.uint8)
        return found | {"noise": self.scores(noise, self.size)}


def detour(x: Tensor, way: int) -> Tensor:
    """Return uint8 pictures that went by way of another size, as a peer's pipeline makes it."""
    if way == x.shape[-1]:
        return x
    pictures = peers.Pictures(x, way)
    return sized(torch.stack([pictures[i][0] for i in range(len(x))]), x.shape[-1])


def yard_of(name: str) -> Yard:
    """Return a set with its judges, trained once and then kept."""
    runtime.seed_everything(0)
    if name == "mnist":
        train, test, number = data.mnist(), data.mnist(train=False), 5_000
        order = torch.randperm(len(test), generator=runtime.generator(0))
        x, y, held, truth = train.x, train.y, test.x[order], test.y[order]
    else:
        images, number = getattr(data, name)(), {"strokes": 2_000, "petals": 1_000}[name]
        order = torch.randperm(len(images), generator=runtime.generator(0))
        x, y = images.x[order], images.y[order]
        x, held, y, truth = x[2 * number :], x[: 2 * number], y[2 * number :], y[: 2 * number]
    judge = metrics.Judge(channels=x.shape[1], classes=int(y.max()) + 1)
    reader = Reader(x.shape[1], x.shape[-1], int(y.max()) + 1)
    path = CACHE / f"{name}.pt"
    if not path.exists():
        rng = runtime.generator(0)
        judge = metrics.train_judge(x, y, steps=600, rng=rng)
        reader = train_reader(x, y, steps=2_000 if name == "petals" else len(x) // 64)
        CACHE.mkdir(parents=True, exist_ok=True)
        torch.save([net.state_dict() for net in (judge, reader)], path)
    for net, state in zip((judge, reader), torch.load(path, weights_only=True), strict=True):
        net.load_state_dict(state)
    judge, reader = judge.eval().requires_grad_(False), reader.eval().requires_grad_(False)
    right = (reader.answers(held)[1].argmax(1) == truth).double().mean().item()
    return Yard(x, *held[: 2 * number].split(number), judge, reader, right)


# -- what is kept ----------------------------------------------------------------------------


def kept(path: Path = KEPT) -> dict:
    """Return what earlier calls found: costs, bounds and runs, each by its key."""
    if path.exists():
        return json.loads(path.read_text(encoding="utf-8"))
    return {"machine": {}, "ms": {}, "bounds": {}, "runs": {}}


def keep(found: dict, path: Path = KEPT) -> None:
    """Add everything to what is there, whole or not at all: a call beside this one writes, too."""
    found = {name: there | found[name] for name, there in kept(path).items()}
    part = path.with_name(f"part-{os.getpid()}-of-{path.name}")
    part.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    part.replace(path)


def key_of(name: str, recipe: Recipe, seconds: int, seed: int) -> str:
    return f"{name}, {recipe.name}, {seconds} s, seed {seed}, {recipe.digest()}"


def missing(found: dict, name: str, recipe: Recipe, seconds: list[int], seed: int) -> list[int]:
    """Return for how many seconds a recipe was not yet trained with this seed."""
    runs = found["runs"]
    return [many for many in seconds if key_of(name, recipe, many, seed) not in runs]


def measured(found: dict, name: str, yard: Yard, chosen: list[Recipe]) -> dict[str, float]:
    """Return the milliseconds of a step of each recipe; measure those that are not kept."""
    costs = found["ms"].setdefault(name, {})
    wanted = {f"{r.name}, {r.digest()}": r for r in chosen}
    new = {key: recipe for key, recipe in wanted.items() if key not in costs}
    turns = {key: [] for key in new}
    for _ in range(2):
        for key, recipe in new.items():
            turns[key].append(cost(recipe, yard.train))
    costs |= {key: round(min(took), 2) for key, took in turns.items()}
    return {recipe.name: costs[key] for key, recipe in wanted.items()}


# -- the table -------------------------------------------------------------------------------


def told(values: list[float], metric: str) -> str:
    """Return the mean over seeds, and the least and largest where there are several."""
    form = {"FD": "{:.2f}", "second FD": "{:.0f}"}.get(metric, "{:.0%}")
    mean = form.format(sum(values) / len(values))
    if len(values) == 1:
        return f"{mean} (one seed)"
    return f"{mean} ({form.format(min(values))}–{form.format(max(values))})"


def rows_of(found: dict, name: str) -> list[str]:
    """Return the table of a set, a row a recipe and its seconds; only what was run."""
    heads = ("recipe", "seconds", "steps", *METRICS, "seeds")
    rows = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    for way, scores in found["bounds"].get(name, {}).items():
        cells = [told([scores[metric]], metric).split(" (")[0] for metric in METRICS]
        rows.append(f"| *{way}* | | | {' | '.join(cells)} | |")
    for recipe in RECIPES:
        for many in SECONDS:
            runs = {s: found["runs"].get(key_of(name, recipe, many, s)) for s in SEEDS}
            runs = {seed: one for seed, one in runs.items() if one}
            if not runs:
                continue
            cells = [told([one[metric] for one in runs.values()], metric) for metric in METRICS]
            steps = next(iter(runs.values()))["steps"]
            row = (recipe.name, f"{many}", f"{steps:,}", *cells, ", ".join(map(str, runs)))
            rows.append("| " + " | ".join(row) + " |")
    return rows


MARKS = "<!-- tables: written by `make bench-quality` -->", "<!-- end of the tables -->"


def with_tables(text: str, found: dict) -> str:
    """Return the page with fresh tables between its two marks; what people wrote stays."""
    lines = []
    for name in SETS:
        if found["bounds"].get(name):
            right = found["machine"].get(f"reader of {name}")
            lines += [f"### {TITLES[name]}", ""]
            lines += [f"(The second judge reads {right:.1%} of real pictures.)", ""]
            lines += [*rows_of(found, name), ""]
    runs = found["runs"].values()
    if runs:
        days = sorted({one["date"] for one in runs})
        loads = [one["load"] for one in runs]
        machine = found["machine"]["processor"]
        lines.append(
            f"{machine}, one thread, torch {found['machine']['torch']}; {days[0]} to {days[-1]}, "
            f"load {min(loads):.1f} to {max(loads):.1f}; {len(runs)} entries."
        )
    before, rest = text.split(MARKS[0])
    after = rest.split(MARKS[1])[1]
    return before + "\n\n".join([MARKS[0], "\n".join(lines).strip(), MARKS[1]]) + after


# -- the curve -------------------------------------------------------------------------------

OURS = "#0072b2", "#009e73", "#d55e00", "#cc79a7"  # the course's recipes; peers are gray
MARKERS = "osD^vXP"


def points_of(found: dict, name: str, recipe: Recipe) -> dict[int, list[float]]:
    """Return the FD of each seed of a recipe, by its seconds; only what was run."""
    keys = {many: [key_of(name, recipe, many, seed) for seed in SEEDS] for many in SECONDS}
    runs = {m: [found["runs"][k]["FD"] for k in ks if k in found["runs"]] for m, ks in keys.items()}
    return {many: values for many, values in runs.items() if values}


def curve(found: dict, name: str) -> Figure:
    """Draw FD over processor seconds: the course's recipes, the peers as published, the bounds."""
    fig = Figure((7.2, 4.0), layout="constrained", dpi=150)
    ax = fig.subplots()
    others = [recipe.name for recipe in earlier_recipes()]
    recipes = [r for r in RECIPES if "our settings" not in r.name and r.name not in others]
    for recipe, marker in zip(recipes, itertools.cycle(MARKERS), strict=False):
        ours = recipe.loop is None
        color = OURS[recipes.index(recipe)] if ours else "#777777"
        points = points_of(found, name, recipe)
        if not points:
            continue
        mean = {many: sum(values) / len(values) for many, values in points.items()}
        below = [mean[many] - min(values) for many, values in points.items()]
        above = [max(values) - mean[many] for many, values in points.items()]
        style = {"color": color, "marker": marker, "lw": 2 if ours else 1, "capsize": 3}
        x, y = list(mean), list(mean.values())
        ax.errorbar(x, y, yerr=[below, above], label=recipe.name, **style)
    bounds = found["bounds"][name]
    size = min(way for way in bounds if way.startswith("real"))
    for way in (size, "noise"):
        ax.axhline(bounds[way]["FD"], color="black", lw=0.8, ls=":")
        end = (SECONDS[-1], bounds[way]["FD"])
        ax.annotate(way.split(",")[0], end, ha="right", va="bottom", fontsize=8)
    ax.set(xscale="log", yscale="log", xlabel="processor seconds of training, one core")
    ax.set_ylabel(f"Fréchet distance to {TITLES[name]}'s held-out pictures")
    ax.set_xticks(SECONDS, [str(many) for many in SECONDS], minor=False)
    ax.minorticks_off()
    ax.legend(fontsize=7, loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)
    return fig


# -- the script ------------------------------------------------------------------------------


def minutes_spent() -> float:
    """Return the processor minutes of this process and the copies it made."""
    used = os.times()
    return (used.user + used.system + used.children_user + used.children_system) / 60


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=int, nargs="+", default=list(SECONDS), choices=SECONDS)
    parser.add_argument("--sets", nargs="+", default=list(SETS), choices=SETS)
    parser.add_argument("--seeds", type=int, nargs="+", default=list(SEEDS), choices=SEEDS)
    parser.add_argument("--only", nargs="+", default=[""], help="recipes whose name holds one")
    parser.add_argument("--without", default="no such name", help="none whose name holds this")
    parser.add_argument("--earlier", action="store_true", help="what the lessons had before, too")
    parser.add_argument("--minutes", type=float, default=float("inf"), help="of the processor")
    parser.add_argument("--table", action="store_true", help="train nothing")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    found = kept()
    recipes = RECIPES if asked.earlier else (*own_recipes(), *peer_recipes())
    chosen = [recipe for recipe in recipes if any(word in recipe.name for word in asked.only)]
    chosen = [recipe for recipe in chosen if asked.without not in recipe.name]
    for name in () if asked.table else asked.sets:
        try:
            yard = yard_of(name)
        except errors.LessonError as error:  # MNIST without network and files
            print(f"{name} is left out. {error}", flush=True)
            continue
        found["machine"] |= {"torch": torch.__version__, "cores": os.cpu_count()}
        found["machine"]["processor"] = runtime.device_name(torch.device("cpu"))
        found["machine"][f"reader of {name}"] = yard.right
        if name not in found["bounds"]:
            found["bounds"][name] = yard.bounds()
        ms = measured(found, name, yard, chosen)
        keep(found)
        for seed, recipe in itertools.product(asked.seeds, chosen):
            if minutes_spent() > asked.minutes:
                break
            wanted = missing(found, name, recipe, sorted(asked.seconds), seed)
            if not wanted:
                continue
            steps = {many: max(1, int(1000 * many / ms[recipe.name])) for many in wanted}
            for many, scores in run(recipe, yard, seed=seed, steps=steps).items():
                about = {"date": date.today().isoformat(), "load": round(os.getloadavg()[0], 1)}
                found["runs"][key_of(name, recipe, many, seed)] = scores | about
                words = ", ".join(f"{m} {scores[m]:.3g}" for m in METRICS)
                print(f"{name}, {recipe.name}, {many} s, seed {seed}: {words}", flush=True)
            keep(found)
    found = kept()  # with what calls beside this one have written
    TABLE.write_text(with_tables(TABLE.read_text(encoding="utf-8"), found), encoding="utf-8")
    if "mnist" in found["bounds"]:
        curve(found, "mnist").savefig(CURVE, metadata={"Software": None})
    print(f"The table is in {TABLE.relative_to(ROOT)}, the curve in {CURVE.relative_to(ROOT)}.")


if __name__ == "__main__":
    main()
