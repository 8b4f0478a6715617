"""Train the image runs of lesson 12: what each trick is worth on MNIST, at equal time.

    python data/make/image_ablation.py               # all runs, in turn, on one core
    python data/make/image_ablation.py --share 1/2   # every second run; start 2/2 beside it
    python data/make/image_ablation.py --share 1/1 --only modern  # with this in their name
    python data/make/image_ablation.py               # then this one only collects them
    python data/make/image_ablation.py --measure     # what a step costs here; trains nothing

Writes data/ablation_images.npz. Every finished run is kept in data/cache/ablation, so a script that
was stopped goes on where it was. MNIST is found as in the lessons.

Equal time: each recipe holds the processor milliseconds that a step of it takes on one core, once
measured; a run makes as many steps as then fit its processor seconds. So the steps are fixed, a
neighbor on the other core changes nothing, and the same machine makes the same bytes. The seconds
that each run really took are written beside its scores.

The settings were chosen with seed 0 (bench/quality.md); the runs have seeds 1, 2 and 3.
"""

import argparse
import copy
import functools
import hashlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date

import read_mnist
import shipping
import torch
from torch import Tensor, nn

from gan_lessons import data, losses, metrics, models, penalties, runtime, training

SEEDS, KEPT = (1, 2, 3), 30
EACH = 8  # samples kept of each kind, of one long run
SHORT, LONG = 75, 240  # processor seconds of a run
N, FEW = 5_000, 2_500  # samples scored; those whose neighbors are looked up
PARTS = shipping.DATA / "cache" / "ablation"


@dataclass(frozen=True)
class Recipe:
    """How a configuration is trained. The defaults are lesson 07's.

    Attributes:
        ms: processor milliseconds of a step, measured (--measure).
        latent_dim: numbers of noise. kinds: how many of them make one choice; 0 for no choice.
        norm: after D's convolutions but the first. init_d: D's first weights, layer by layer; None
            for PyTorch's own. hidden: units of a dense layer before D's logit; None for none.
    """

    ms: float
    latent_dim: int = 16
    kinds: int = 0
    norm: Callable[..., nn.Module] = nn.BatchNorm2d
    init_d: Callable[[nn.Module], None] | None = models.dcgan_init
    hidden: int | None = None
    batch_size: int = 32
    lr_g: float = 4e-3
    lr_d: float = 2e-3
    betas: tuple[float, float] = (0.5, 0.99)
    decay: float = 0.998
    game: losses.Game = losses.non_saturating
    penalty: Callable | None = None
    penalty_every: int = 8


# ms on a core of an AMD EPYC with AVX-512 in November 2026, by --measure.
PLAIN = Recipe(ms=22.7)
MODERN = Recipe(
    ms=27.5,
    latent_dim=28,
    kinds=20,
    norm=nn.Identity,
    init_d=None,
    hidden=128,
    lr_g=1e-3,
    betas=(0.0, 0.99),
    penalty=functools.partial(penalties.r1, gamma=1.0),
)
# What modern was until November 2026: the runs of lesson 19 have it.
EARLIER = replace(MODERN, ms=16.5, latent_dim=64, kinds=0, batch_size=16)
R3GAN = replace(
    MODERN,
    ms=30.4,
    game=losses.relativistic,
    penalty=functools.partial(penalties.zero_centered, gamma=1.0),
)
FREE = replace(MODERN, ms=25.3, penalty=None)
SHALLOW = replace(MODERN, ms=22.9, hidden=None)
NO_CHOICE = replace(MODERN, ms=27.1, kinds=0)
MORE_NOISE = replace(MODERN, ms=27.1, latent_dim=64)


@dataclass(frozen=True)
class Config:
    """A row of the table: a recipe, its processor seconds, and whether its average is scored."""

    name: str
    recipe: Recipe
    seconds: int = SHORT
    averaged: bool = True

    @property
    def steps(self) -> int:
        """How many steps fit into the seconds."""
        return steps_for(self.recipe, self.seconds)


CONFIGS = (
    Config("DCGAN of lesson 07", PLAIN),
    Config("modern", MODERN),
    Config("− R1", FREE),
    Config("− hidden layer", SHALLOW),
    Config("− choice", NO_CHOICE),
    Config("64 numbers of noise", MORE_NOISE),
    Config("− average", MODERN, averaged=False),
    Config("R3GAN's loss", R3GAN),
    Config("DCGAN of lesson 07, 4 minutes", PLAIN, LONG),
    Config("modern, 4 minutes", MODERN, LONG),
)


def steps_for(recipe: Recipe, seconds: float) -> int:
    """Return how many steps of a recipe fit into so many processor seconds."""
    return int(seconds * 1000 / recipe.ms)


def players(recipe: Recipe, *, channels: int = 1) -> tuple[nn.Module, nn.Module]:
    """Return G and D of a recipe, ready to train. Lesson 07."""
    G = models.dcgan_generator(latent_dim=recipe.latent_dim, width=32, channels=channels)
    if recipe.kinds:
        G = nn.Sequential(models.CategoricalNoise(recipe.kinds), G)
    D = models.dcgan_discriminator(width=32, channels=channels, norm=recipe.norm)
    if recipe.hidden is not None:
        *maps, (last,), flat = D  # each layer with weights comes wrapped in a Sequential
        layers = nn.Linear(last.in_features, recipe.hidden), nn.LeakyReLU(0.2)
        D = nn.Sequential(*maps, *layers, nn.Linear(recipe.hidden, 1), flat)
    G.apply(models.dcgan_init)
    if recipe.init_d is not None:
        D.apply(recipe.init_d)
    return tuple(net.to(memory_format=torch.channels_last) for net in (G, D))


def game_of(recipe: Recipe, batches: Iterator[Tensor], *, seed: int, steps: int, channels: int = 1):
    """Return the averaged generator of a run and the run itself, an iterator of Moments."""
    runtime.seed_everything(seed)
    G, D = players(recipe, channels=channels)
    average = copy.deepcopy(G)
    adam = {"betas": recipe.betas, "fused": True}
    opt_g = torch.optim.Adam(G.parameters(), recipe.lr_g, **adam)
    opt_d = torch.optim.Adam(D.parameters(), recipe.lr_d, **adam)
    penalty = recipe.penalty and penalties.lazy(recipe.penalty, every=recipe.penalty_every)
    more = {"game": recipe.game, "penalty": penalty, "latent_dim": recipe.latent_dim}
    run = training.train(G, D, opt_g, opt_d, batches, steps=steps, **more)
    run = training.averaged(run, average, decay=recipe.decay)
    falling = [training.falling_lr(opt, steps) for opt in (opt_g, opt_d)]
    return average, training.scheduled(run, *falling)


def noise_of(recipe: Recipe, number: int) -> Tensor:
    """Return the noise that all runs of a recipe are drawn from, (number, latent_dim)."""
    return torch.randn(number, recipe.latent_dim, generator=runtime.generator(1))


@torch.no_grad()
def drawn(G: nn.Module, z: Tensor) -> Tensor:
    """Return a generator's pictures of z in eval mode, uint8 (number, channels, 28, 28)."""
    before = G.training
    images = torch.cat([data.to_image_range(G.eval()(part)) for part in z.split(500)])
    G.train(before)
    return images


def play(
    recipe: Recipe,
    batches: Iterator[Tensor],
    *,
    seed: int,
    steps: int,
    number: int,
    channels: int = 1,
    both: bool = True,
    say: str = "",
) -> dict:
    """Train and return samples of the average and, if both, of G itself; and what it took."""
    average, run = game_of(recipe, batches, seed=seed, steps=steps, channels=channels)
    start = time.process_time()
    for moment in run:
        if say and moment.step % max(1, steps // 4) == 0:
            seconds = time.process_time() - start
            print(f"{say}: step {moment.step:,} of {steps:,}, {seconds:.0f} s", flush=True)
    seconds = time.process_time() - start
    z = noise_of(recipe, number)
    fakes = {"average": drawn(average, z)}
    if both:
        fakes["itself"] = drawn(moment.G, z)
    return fakes | {"seconds": seconds, "steps": steps}


def finished(name: str, settings: object, work: Callable[[], dict]) -> dict:
    """Return what was kept of a piece of work, or do it and keep it.

    Args:
        name: of the piece. settings: all that it depends on; a piece made with others is not used.
    """
    digest = hashlib.sha256(told(settings).encode()).hexdigest()[:12]
    return shipping.kept(PARTS / f"{name}-{digest}.pt", work)


def told(settings: object) -> str:
    """Return settings as a text that is the same in every process: no addresses in memory."""
    if isinstance(settings, functools.partial):
        return f"{told(settings.func)}{sorted(settings.keywords.items())}"
    if isinstance(settings, Recipe):
        fields = {name: told(value) for name, value in vars(settings).items() if name != "ms"}
        return str(sorted(fields.items()))
    if isinstance(settings, losses.Game):
        return told((settings.loss_d, settings.loss_g))
    if isinstance(settings, tuple):
        return str([told(part) for part in settings])
    return getattr(settings, "__qualname__", str(settings))


# -- judging ---------------------------------------------------------------------------------


def reader_of(train: data.Dataset, name: str, *, epochs: int = 1) -> nn.Module:
    """Return a classifier trained on a real set, the network of data/make/read_mnist.py."""

    def work() -> dict:
        runtime.seed_everything(0)
        return read_mnist.train(train.x, train.y, epochs=epochs, label_smoothing=0.0).state_dict()

    reader = read_mnist.network()
    reader.load_state_dict(finished(f"reader-{name}", (len(train.x), epochs), work))
    return reader.eval()


def judge_of(train: data.Dataset, name: str, *, steps: int = 600) -> metrics.Judge:
    """Return a judge of features (lesson 09) trained on a real set."""

    def work() -> dict:
        runtime.seed_everything(0)
        rng = runtime.generator(0)
        return metrics.train_judge(train.x, train.y, steps=steps, rng=rng).state_dict()

    judge = metrics.Judge(channels=train.x.shape[1])
    judge.load_state_dict(finished(f"judge-{name}", (len(train.x), steps), work))
    return judge.eval()


@torch.no_grad()
def read(reader: nn.Module, x: Tensor) -> tuple[Tensor, Tensor]:
    """Return the likeliest class of uint8 images (N, 1, 28, 28) and its probability, (N,) each."""
    parts = [reader(part.float() / 255).softmax(dim=1).max(dim=1) for part in x.split(1_000)]
    return torch.cat([p.indices for p in parts]), torch.cat([p.values for p in parts])


def score(reader: nn.Module, judge: metrics.Judge, real: Tensor, x: Tensor) -> dict[str, float]:
    """Return the metrics of lesson 09 for samples x, against as many real images."""
    digit, sure = read(reader, x)
    near, far = judge.features(real), judge.features(x)
    precision, recall = metrics.precision_recall(near[:FEW], far[:FEW])
    return {
        "sure": float((sure > 0.9).double().mean()),
        "smallest class": float(digit.bincount(minlength=10).min() / len(x)),
        "FD": metrics.frechet_distance(near, far),
        "KID": metrics.kid(near, far),
        "precision": precision,
        "recall": recall,
        "coverage": metrics.density_coverage(near[:FEW], far[:FEW])[1],
    }


def by_kind(reader: nn.Module, recipe: Recipe, x: Tensor) -> tuple[Tensor, Tensor]:
    """Return what each choice of the noise became, of all samples x of a run (N, 1, 28, 28).

    Returns:
        (kinds, EACH, 1, 28, 28) samples, and (kinds, 10): how often each digit is read.
    """
    kind = noise_of(recipe, len(x))[:, : recipe.kinds].argmax(dim=1)
    digit, _ = read(reader, x)
    parts = [kind == k for k in range(recipe.kinds)]
    counts = [digit[part].bincount(minlength=10) for part in parts]
    return torch.stack([x[part][:EACH] for part in parts]), torch.stack(counts)


# -- the script ------------------------------------------------------------------------------


def measure(recipes: dict[str, tuple[Recipe, int]], *, rounds: int = 8, each: int = 24) -> None:
    """Print the processor milliseconds of a step of each recipe, taken in turn."""
    noise = torch.rand(2_000, 3, 28, 28) * 2 - 1
    runs, took = {}, {name: [] for name in recipes}
    for name, (recipe, channels) in recipes.items():
        batches = data.batches(noise[:, :channels], recipe.batch_size, rng=runtime.generator(0))
        _, runs[name] = game_of(recipe, batches, seed=0, steps=10**6, channels=channels)
    for turn in range(rounds + 1):
        for name, run in runs.items():
            start = time.process_time()
            for _ in range(each):
                next(run)
            if turn:  # the first one warms up
                took[name].append((time.process_time() - start) * 1000 / each)
    for name, ms in took.items():
        print(f"{name:32} {torch.tensor(ms).median():.1f} ms (least {min(ms):.1f})", flush=True)


def share_of(text: str) -> tuple[int, int]:
    """Turn "2/3" into (1, 3): the second of three shares, counted from 0."""
    part, whole = map(int, text.split("/"))
    if not 1 <= part <= whole:
        raise argparse.ArgumentTypeError(f"{text}: the first number is 1 … the second")
    return part - 1, whole


def arguments(text: str, name: str) -> argparse.Namespace:
    """Return what the script was asked, refusing to overwrite a file that is there.

    Args:
        text: what the script does. name: of the file that it writes when all runs are there.
    """
    parser = shipping.parser(text, name)
    parser.add_argument("--measure", action="store_true", help="only say what a step costs")
    parser.add_argument("--share", type=share_of, help="1/2: only every second run, keep them")
    parser.add_argument("--only", default="", help="with --share: runs whose name holds this")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    if not (asked.measure or asked.share):
        shipping.check(asked)
    return asked


def main() -> None:
    asked = arguments("Make the image ablation of lesson 12.", "ablation_images.npz")
    if asked.measure:
        rows = [c for c in CONFIGS if c.averaged and c.seconds == SHORT]
        return measure({c.name: (c.recipe, 1) for c in rows})
    train = data.mnist()
    x = data.to_model_range(train.x)

    def one(config: Config, seed: int) -> dict:
        recipe, steps = config.recipe, config.steps
        batches = data.batches(x, recipe.batch_size, rng=runtime.generator(seed))
        more = {"seed": seed, "steps": steps, "number": N, "say": f"{config.name}, seed {seed}"}
        return finished(f"images-{seed}", (recipe, steps), lambda: play(recipe, batches, **more))

    runs = [(config, seed) for config in CONFIGS for seed in SEEDS]
    if asked.share:
        part, whole = asked.share
        mine = [run for run in runs if asked.only in run[0].name and run[0].averaged]
        for config, seed in mine[part::whole]:
            one(config, seed)
        return None
    test = data.mnist(train=False)
    order = torch.randperm(len(test), generator=runtime.generator(0))
    real, unseen = test.x[order][: 2 * N].split(N)
    reader, judge = reader_of(train, "mnist"), judge_of(train, "mnist")
    right = read_mnist.accuracy(reader, test.x, test.y)
    scores, samples, steps, seconds_used, sure_ones = [], [], [], [], []
    for config, seed in runs:
        run = one(config, seed)
        fakes = run["average" if config.averaged else "itself"]
        scores.append(score(reader, judge, real, fakes))
        samples.append(fakes[:KEPT])
        sure_ones.append((read(reader, fakes[:KEPT])[1] > 0.9).to(torch.uint8))
        steps.append(run["steps"])
        seconds_used.append(run["seconds"])
        told_scores = ", ".join(f"{k} {v:.3g}" for k, v in scores[-1].items())
        print(f"{config.name}, seed {seed}: {told_scores}", flush=True)
    long = next(config for config in CONFIGS if config.name == "modern, 4 minutes")
    of_kinds, digits = by_kind(reader, long.recipe, one(long, SEEDS[0])["average"])
    floor = score(reader, judge, real, unseen)
    noise = torch.randint(256, real.shape, generator=runtime.generator(0), dtype=torch.uint8)
    ceiling = score(reader, judge, real, noise)
    shape = (len(CONFIGS), len(SEEDS))
    about = (
        f"MNIST, {len(CONFIGS)} configurations with seeds 1, 2 and 3, {SHORT} processor seconds "
        f"of one core each (4 minutes: {LONG}), {N:,} samples scored, made by "
        f"data/make/image_ablation.py on {date.today()}; settings chosen with seed 0"
    )
    shipping.write_ablation(
        asked.out,
        about=about,
        configs=[config.name for config in CONFIGS],
        seeds=SEEDS,
        scores={
            metric: torch.tensor([s[metric] for s in scores]).reshape(shape) for metric in floor
        },
        samples=torch.stack(samples).unflatten(0, shape),
        more={
            "steps": torch.tensor(steps).reshape(shape)[:, 0],
            "seconds": torch.tensor(seconds_used).reshape(shape),
            "budget": torch.tensor([config.seconds for config in CONFIGS]),
            "kinds": of_kinds,
            "digits of the kinds": digits,
            "sure samples": torch.stack(sure_ones).unflatten(0, shape),
            "metrics": list(floor),
            "real against real": torch.tensor(list(floor.values())),
            "noise": torch.tensor(list(ceiling.values())),
            "reader": right,
        },
    )
    return None


if __name__ == "__main__":
    main()
