"""Train the runs of lesson 14: digits that are asked for, by three ways of telling D.

    python data/make/conditions.py               # all runs, in turn, on one core: ten minutes
    python data/make/conditions.py --share 1/2   # every second run; start 2/2 beside it
    python data/make/conditions.py               # then this one only collects them

Writes data/ablation_conditions.npz. Every finished run is kept in data/cache/ablation, so a script
that was stopped goes on where it was. The digits are the drawn strokes, so nothing is downloaded;
some of them are drawn again with another slant or another pen and nothing else changed, to say what
a perfect generator would reach.
"""

import copy
import functools
import time
from collections.abc import Sequence
from datetime import date

import image_ablation
import shipping
import strokes
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from gan_lessons import data, losses, metrics, models, penalties, runtime, training

SEEDS, STEPS, TRAIN, KEPT = (0, 1, 2), 1_500, 20_000, 5
BATCH, LATENT, WIDTH, HIDDEN, DECAY = 16, 64, 32, 128, 0.998
LR_G, LR_D, BETAS = 1e-3, 2e-3, (0.0, 0.99)
ASKED = ("slant", "thickness")
CLASSES, NUMBERS = 10, 10 + len(ASKED)
READER_STEPS, JUDGE_STEPS = 1_200, 600
FEW, DIGITS, PLACES, REACH = 350, 150, 8, 1.8  # held-out of a class; sweeps, and their ends
SHIPPED = 40  # digits that ship drawn again, eight slants and eight pens each
WAYS = ("map", "projection", "auxiliary")


# -- the players -----------------------------------------------------------------------------


def body(channels: int) -> nn.Module:
    """Return the part of D that turns images into features (B, HIDDEN)."""
    return nn.Sequential(
        nn.Conv2d(channels, WIDTH, 4, 2, 1),  # (B, 32, 14, 14)
        nn.LeakyReLU(0.2),
        nn.Conv2d(WIDTH, 2 * WIDTH, 4, 2, 1),  # (B, 64, 7, 7)
        nn.LeakyReLU(0.2),
        nn.Flatten(1),
        nn.Linear(2 * WIDTH * 49, HIDDEN),
        nn.LeakyReLU(0.2),
    )


def generator() -> nn.Module:
    """Return lesson 07's G, told what to draw."""
    G = models.dcgan_generator(latent_dim=LATENT + 16 + len(ASKED), width=WIDTH)
    return models.ConditionalGenerator(G.apply(models.dcgan_init), classes=CLASSES, size=16)


def discriminator(way: str) -> nn.Module:
    """Return the D of a way."""
    if way == "map":
        return models.BesideD(body(1 + NUMBERS), width=HIDDEN)
    if way == "projection":
        return models.ProjectionD(body(1), width=HIDDEN, numbers=NUMBERS)
    return models.AuxiliaryD(body(1), width=HIDDEN, numbers=NUMBERS)


@functools.cache
def digits() -> tuple[Tensor, Tensor, Tensor]:
    """Return all strokes in -1 … 1, their classes, and slant and thickness in their spreads."""
    everything = data.strokes()
    known = torch.stack([everything.factors[name] for name in ASKED], dim=1)
    pile = known[:TRAIN]
    return data.to_model_range(everything.x), everything.y, (known - pile.mean(0)) / pile.std(0)


def play(way: str, seed: int) -> dict:
    """Train one run; return the averaged generator's weights and the processor seconds."""
    x, y, c = digits()
    runtime.seed_everything(seed)
    maps_last = {"memory_format": torch.channels_last}
    G, D = generator().to(**maps_last), discriminator(way).to(**maps_last)
    average = copy.deepcopy(G)
    opt_g = torch.optim.Adam(G.parameters(), LR_G, betas=BETAS, fused=True)
    opt_d = torch.optim.Adam(D.parameters(), LR_D, betas=BETAS, fused=True)
    game = losses.non_saturating
    picks = data.batches(torch.arange(TRAIN), BATCH, rng=runtime.generator(seed))
    run = training.train(
        G,
        D,
        opt_g,
        opt_d,
        ((x[i], y[i], c[i]) for i in picks),
        steps=STEPS,
        latent_dim=LATENT,
        game=losses.marked(game) if way == "auxiliary" else game,
        penalty=penalties.lazy(penalties.ZeroCentered(real=1.0), every=8),
    )
    run = training.averaged(run, average, decay=DECAY)
    falling = [training.falling_lr(opt, STEPS) for opt in (opt_g, opt_d)]
    started = time.process_time()
    for _ in training.scheduled(run, *falling):
        pass
    return {"average": average.state_dict(), "seconds": time.process_time() - started}


@torch.no_grad()
def drawn(G: nn.Module, z: Tensor, y: Tensor, c: Tensor) -> Tensor:
    """Return what a generator draws of an order, a few hundred at a time."""
    parts = zip(z.split(500), y.split(500), c.split(500), strict=True)
    return torch.cat([G(*part) for part in parts])


# -- reading and judging ---------------------------------------------------------------------


def reader_net() -> nn.Module:
    """Return an untrained reader: images to ten classes, slant and thickness, (B, 12)."""
    return nn.Sequential(
        nn.Conv2d(1, 24, 3, 2, 1),
        nn.ReLU(),
        nn.Conv2d(24, 48, 3, 2, 1),
        nn.ReLU(),
        nn.Conv2d(48, 48, 3, 2, 1),
        nn.ReLU(),
        nn.Flatten(1),
        nn.Linear(768, 128),
        nn.ReLU(),
        nn.Linear(128, NUMBERS),
    )


def train_reader() -> dict:
    """Train the reader on real strokes; return its weights."""
    x, y, c = digits()
    runtime.seed_everything(5)
    reader = reader_net()
    opt = torch.optim.Adam(reader.parameters(), 2e-3, fused=True)
    slope = torch.optim.lr_scheduler.LinearLR(opt, 1.0, 0.02, total_iters=READER_STEPS)
    for _ in range(READER_STEPS):
        i = torch.randint(TRAIN, (96,))
        said = reader(x[i])
        loss = F.cross_entropy(said[:, :CLASSES], y[i])
        loss = loss + (said[:, CLASSES:] - c[i]).square().mean()
        opt.zero_grad()
        loss.backward()
        opt.step()
        slope.step()
    return reader.state_dict()


def train_judge() -> dict:
    """Train lesson 09's judge of features; return its weights."""
    x, y, _ = digits()
    known = data.strokes().factors
    known = {name: values[:TRAIN] for name, values in known.items() if name != "allograph"}
    runtime.seed_everything(0)
    more = {"steps": JUDGE_STEPS, "rng": runtime.generator(0)}
    return metrics.train_judge(x[:TRAIN], y[:TRAIN], known, **more).state_dict()


@functools.cache
def reader() -> nn.Module:
    """Return the trained reader."""
    net = reader_net()
    net.load_state_dict(image_ablation.finished("reader-14", (READER_STEPS, TRAIN), train_reader))
    return net.eval()


@functools.cache
def judge() -> metrics.Judge:
    """Return the trained judge."""
    net = metrics.Judge(channels=1, factors=9)
    net.load_state_dict(image_ablation.finished("judge-14", (JUDGE_STEPS, TRAIN), train_judge))
    return net.eval()


@torch.no_grad()
def read(x: Tensor) -> tuple[Tensor, Tensor]:
    """Return the class (N,) and the factors (N, 2) that the reader reads off images."""
    said = torch.cat([reader()(part) for part in x.split(500)])
    return said[:, :CLASSES].argmax(1), said[:, CLASSES:]


def explained(asked: Tensor, found: Tensor) -> float:
    """Return R²: 1 - the mean square that is missed over the mean square around the mean."""
    return float(1 - (found - asked).square().sum() / (asked - asked.mean()).square().sum())


def within(asked: Tensor, found: Tensor) -> tuple[float, float]:
    """Return R² within a digit, and the slope: how much a digit changes for a change of one.

    asked, found: (digits, places). What a digit has of its own is taken off: its mean.
    """
    asked = asked - asked.mean(dim=1, keepdim=True)
    found = found - found.mean(dim=1, keepdim=True)
    missed = (found - asked).square().sum()
    slope = (found * asked).sum() / asked.square().sum()
    return float(1 - missed / asked.square().sum()), float(slope)


def places() -> Tensor:
    """Return the values that a sweep asks for, in spreads from the mean."""
    return torch.linspace(-REACH, REACH, PLACES)


def orders(which: int, count: int) -> tuple[Tensor, Tensor]:
    """Return what a sweep asks of ``count`` digits: classes, and factors that change in one."""
    y = (torch.arange(count) % CLASSES).repeat_interleave(PLACES)
    c = torch.zeros(count * PLACES, len(ASKED))
    c[:, which] = places().repeat(count)
    return y, c


def sweep_scores(images: Sequence[Tensor], asked: Sequence[Tensor]) -> dict[str, float]:
    """Return R² within a digit and slope of both factors.

    Args:
        images: for slant and thickness the pictures of all sweeps, (digits · PLACES, 1, 28, 28).
        asked: for both what was asked, (digits, PLACES) or (PLACES,).
    """
    found = {}
    for which, name in enumerate(ASKED):
        told = read(images[which])[1][:, which].view(-1, PLACES)
        r2, slope = within(asked[which].expand_as(told), told)
        found |= {f"{name}, one digit": r2, f"{name}, slope": slope}
    return found


def scores_of(x: Tensor, near: Tensor, near_y: Tensor) -> dict[str, float]:
    """Return the scores of images drawn for the held-out orders, (4000, 1, 28, 28).

    near, near_y: features and classes of as many real images to compare with.
    """
    _, every_y, every_c = digits()
    y, c = every_y[TRAIN:], every_c[TRAIN:]
    classes, factors = read(x)
    right = (classes == y).double()
    features = judge().features(x)
    pairs = [
        metrics.precision_recall(near[near_y == k][:FEW], features[y == k][:FEW])
        for k in range(CLASSES)
    ]
    precision, recall = torch.tensor(pairs).T
    return {
        "class": float(right.mean()),
        "worst class": float(min(right[y == k].mean() for k in range(CLASSES))),
        "slant": explained(c[:, 0], factors[:, 0]),
        "thickness": explained(c[:, 1], factors[:, 1]),
        "FD": metrics.frechet_distance(near, features),
        "precision": float(precision.mean()),
        "recall": float(recall.mean()),
        "least recall": float(recall.min()),
        "rotation": rotation_spread(x),
    }


@torch.no_grad()
def rotation_spread(x: Tensor) -> float:
    """Return the deviation of the rotation that the judge reads: nobody asked for a rotation."""
    which = list(data.strokes().factors).index("rotation")
    said = torch.cat([judge().head(judge()(part)) for part in x.split(500)])
    return float(said[:, CLASSES + which].std())


def all_scores(way: str, seed: int, near: Tensor) -> tuple[dict[str, float], Tensor, float]:
    """Return the scores of a run, some of its images (50, 1, 28, 28), and its seconds."""
    kept = one(way, seed)
    G = generator()
    G.load_state_dict(kept["average"])
    G.eval()
    _, y, c = digits()
    z = torch.randn(len(y) - TRAIN, LATENT, generator=runtime.generator(1))
    found = scores_of(drawn(G, z, y[TRAIN:], c[TRAIN:]), near, y[TRAIN:])
    z = torch.randn(DIGITS, LATENT, generator=runtime.generator(2)).repeat_interleave(PLACES, 0)
    sweeps = tuple(drawn(G, z, *orders(which, DIGITS)) for which in range(len(ASKED)))
    found |= sweep_scores(sweeps, (places(), places()))
    z = torch.randn(KEPT, LATENT, generator=runtime.generator(3)).repeat(CLASSES, 1)
    every = torch.arange(CLASSES).repeat_interleave(KEPT)
    images = drawn(G, z, every, torch.zeros(len(every), len(ASKED)))
    return found, data.to_image_range(images), kept["seconds"]


# -- real strokes, drawn again ---------------------------------------------------------------


def redrawn(which: int, count: int) -> tuple[Tensor, Tensor]:
    """Return real strokes with one factor changed and nothing else, and what they were drawn with.

    They are samples of the set's own script whose numbers are in the held-out part. A pen that
    would fill a narrow digit's loops is replaced by a finer one, so not all get what was asked.

    Returns:
        uint8 (count · PLACES, 1, 28, 28), and the factor in its spreads, (count, PLACES).
    """
    known = data.strokes().factors[ASKED[which]][:TRAIN]
    asked = (known.mean() + places() * known.std()).tolist()
    y = data.strokes().y
    first = [torch.nonzero(y[TRAIN:] == k)[: count // CLASSES, 0] + TRAIN for k in range(CLASSES)]
    images, values = [], []
    for number in torch.stack(first, dim=1).flatten().tolist():  # classes in turn, as in a sweep
        for value in asked:
            given = {ASKED[which]: value}
            image, factors = strokes.make_one(strokes.SEED, number, int(y[number]), asked=given)
            images.append(torch.from_numpy(image))
            values.append(float(factors[which]))  # slant and thickness come first
    drawn_with = (torch.tensor(values).view(count, PLACES) - known.mean()) / known.std()
    return torch.stack(images)[:, None], drawn_with


# -- the script ------------------------------------------------------------------------------


def one(way: str, seed: int) -> dict:
    """Return a finished run, or make it."""
    settings = (way, STEPS, BATCH, WIDTH, HIDDEN, LR_G, LR_D, BETAS, DECAY)
    return image_ablation.finished(f"conditions-{seed}", settings, lambda: play(way, seed))


def main() -> None:
    text, name = "Make the runs of lesson 14.", "ablation_conditions.npz"
    asked = image_ablation.arguments(text, name)
    runs = [(way, seed) for way in WAYS for seed in SEEDS]
    if asked.share:
        part, whole = asked.share
        for way, seed in [run for run in runs if asked.only in run[0]][part::whole]:
            print(f"{way}, seed {seed}: {one(way, seed)['seconds']:.0f} s", flush=True)
        return
    x, y, _ = digits()
    near = judge().features(x[TRAIN:])
    scores, samples, seconds = [], [], []
    for way, seed in runs:
        found, images, took = all_scores(way, seed, near)
        scores.append(found)
        samples.append(images)
        seconds.append(took)
        told = ", ".join(f"{key} {value:.3g}" for key, value in found.items())
        print(f"{way}, seed {seed}: {told}", flush=True)
    again = [redrawn(which, DIGITS) for which in range(len(ASKED))]
    pictures, values = zip(*again, strict=True)
    others = judge().features(x[: len(x) - TRAIN])
    real = scores_of(x[TRAIN:], others, y[: len(x) - TRAIN])
    real |= sweep_scores([data.to_model_range(images) for images in pictures], values)
    told = ", ".join(f"{key} {value:.3g}" for key, value in real.items())
    print(f"real: {told}", flush=True)
    shape = (len(WAYS), len(SEEDS))
    shipping.write_ablation(
        asked.out,
        about=f"Strokes, {len(WAYS)} ways of telling D with seeds 0, 1 and 2, {STEPS:,} steps of "
        f"batch {BATCH} each, {len(x) - TRAIN:,} samples and {DIGITS} sweeps scored, made by "
        f"data/make/conditions.py on {date.today()}",
        configs=list(WAYS),
        seeds=SEEDS,
        scores={
            metric: torch.tensor([found[metric] for found in scores]).reshape(shape)
            for metric in scores[0]
        },
        samples=torch.stack(samples).unflatten(0, shape),
        more={
            "metrics": list(real),
            "real": list(real.values()),
            "seconds": torch.tensor(seconds).reshape(shape),
            "redrawn slant": pictures[0][: SHIPPED * PLACES],
            "redrawn thickness": pictures[1][: SHIPPED * PLACES],
            "thickness drawn with": values[1][:SHIPPED],
        },
    )


if __name__ == "__main__":
    main()
