"""Train the runs of lesson 12 in the plane: which trick helps, and the published table.

    python data/make/ablation.py --force       # a quarter of an hour on two cores
    python data/make/ablation.py --extend      # train only what ablation_plane.npz lacks

writes ablation_plane.npz, the grid of 25 with every configuration x 5 seeds, and
ablation_published.npz, ring and grid under the protocol of PacGAN, plain and modern x 10 seeds.

All runs have the same networks and batches; run s of every configuration starts from the same
weights and gets the same data and the same noise. A configuration is a ``Recipe``; its seeds are
trained at once by ``training.sweep``, in a process of one thread, so that the numbers do not depend
on how many cores there are. They do depend on the processor: it rounds otherwise, and a long game
turns that into other numbers.

Finished trainings are kept in data/cache/ablation under a digest of the code that made them, so
that a run that was stopped goes on where it was. A file is extended only where the plain game
trains to the very numbers that it holds: rows of two processors do not stand side by side.
"""

import copy
import datetime
import hashlib
import inspect
import re
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import shipping
import torch
from torch import Tensor, nn

from gan_lessons import data, losses, metrics, models, penalties, runtime, training

LATENT, WIDTH, BATCH, LR, DECAY = 2, 128, 256, 6e-3, 0.995
WAVES = 2.0, 4.0  # frequencies that D is shown, in units of the data's standard deviation
STEPS, LAZY = 4_000, 4  # a penalty is computed at every LAZY-th step and counts so many times
SEEDS, PAPER_SEEDS = range(5), range(10)
JUDGED, PAPER_JUDGED, KEPT = 10_000, 2_500, 500  # samples behind the scores; those in the file
GAMMA, EASE = 0.05, 0.004  # of R1 and R2 in the first half; the share of it left at the end

SETS = {  # n as in the paper
    "grid": data.grid(100_000),
    "ring": data.ring(100_000, radius=1.0, sigma=0.01),
}


@dataclass(frozen=True)
class Recipe:
    """What a configuration does beside the plain game; every default is the plain game's."""

    average: bool = False  # look at the averaged generator; takes no part in the game
    falls: bool = False  # the learning rate falls to 0 over the second half
    pairs: bool = False  # the relativistic loss
    smooth: bool = False  # real samples are real with 0.9 only
    rate: float = 1.0  # both players' learning rate as a share of LR
    d_rate: float = 1.0  # D's as a share of that
    blur: float = 0.0  # instance noise at the start, gone after half the steps
    r1: float = 0.0  # gamma of the penalty at real samples
    r2: float = 0.0  # and at G's samples
    ease: float = 1.0  # the share of both left at the end; they fade in the second half

    def game(self) -> losses.Game:
        if self.pairs:
            return losses.relativistic
        if self.smooth:
            return losses.Game(losses.smoothed_d, losses.non_saturating_g)
        return losses.non_saturating


PLAIN = Recipe()
MODERN = Recipe(average=True, falls=True, pairs=True, r1=GAMMA, r2=GAMMA, ease=EASE)
CONFIGS = {
    "plain": PLAIN,
    "+ average": replace(PLAIN, average=True),
    "+ falling rates": replace(PLAIN, falls=True),
    "+ a lower rate": replace(PLAIN, rate=1 / 6),
    "+ faster D": replace(PLAIN, d_rate=2.0),
    "+ noise": replace(PLAIN, blur=0.2),
    "+ smoothing": replace(PLAIN, smooth=True),
    "+ pairs": replace(PLAIN, pairs=True),
    "+ R1": replace(PLAIN, r1=GAMMA),
    "+ R1 + R2": replace(PLAIN, r1=GAMMA, r2=GAMMA),
    "modern": MODERN,
    "− average": replace(MODERN, average=False),
    "− falling rates": replace(MODERN, falls=False),
    "− pairs": replace(MODERN, pairs=False),
    "− fading": replace(MODERN, ease=1.0),
    "− R1": replace(MODERN, r1=0.0),
    "− R2": replace(MODERN, r2=0.0),
    "− R1 − R2": replace(MODERN, r1=0.0, r2=0.0),
}


def net(*sizes: int) -> list[nn.Module]:
    """Return linear layers of these sizes with ReLU between them, initialized as He does."""
    layers = []
    for inputs, outputs in pairwise(sizes):
        layers += [nn.Linear(inputs, outputs), nn.ReLU()]
        nn.init.kaiming_normal_(layers[-2].weight)
    return layers[:-1]


class Waves(nn.Module):
    """Show D also the sine and cosine of every coordinate at some frequencies, so that it need not
    learn to see details.

    Source: Tancik et al. 2020, Fourier Features Let Networks Learn High Frequency Functions.
    """

    def forward(self, x: Tensor) -> Tensor:
        """Return (…, 10) features of points (…, 2)."""
        return torch.cat([x, *(f(w * x) for w in WAVES for f in (torch.sin, torch.cos))], dim=-1)


def players(recipe: Recipe, seeds: Sequence[int]):
    """Return stacked G and D, one pair per seed, and their optimizers."""
    pairs, hidden = [], [WIDTH] * 3
    for seed in seeds:
        runtime.seed_everything(seed)
        G, D = nn.Sequential(*net(LATENT, *hidden, 2)), net(2 + 4 * len(WAVES), *hidden, 1)
        front = models.InstanceNoise(recipe.blur), Waves()
        pairs.append((G, nn.Sequential(*front, *D, nn.Flatten(0))))
    G, D = (models.stack(side) for side in zip(*pairs, strict=True))
    lr = LR * recipe.rate
    adam = partial(torch.optim.Adam, betas=(0.5, 0.99), fused=True)
    return G, D, adam(G.parameters(), lr=lr), adam(D.parameters(), lr=lr * recipe.d_rate)


def streams(x: Tensor, seeds: Sequence[int]):
    """Return the batches and the noise of every seed, whatever the recipe."""
    real = [data.batches(x, BATCH, rng=runtime.generator(seed)) for seed in seeds]
    z = [training.noise(BATCH, LATENT, rng=runtime.generator(1_000 + seed)) for seed in seeds]
    return training.side_by_side(real), training.side_by_side(z)


def play(recipe: Recipe, name: str, seeds: Sequence[int], *, steps: int = STEPS, n: int = JUDGED):
    """Train one recipe and return n samples of G and of its average, float16 (S, n, 2), and cost.

    The nets see the data divided by their standard deviation, so that one recipe fits all sizes.
    The cost is in seconds of one processor core, for all seeds together.
    """
    torch.set_num_threads(1)
    unit = float(SETS[name].x.std())
    G, D, *opts = players(recipe, seeds)
    average, left = copy.deepcopy(G), 1.0  # left: of the penalties' strength

    def penalty(D: nn.Module, real: Tensor, fake: Tensor) -> Tensor:
        at_real = recipe.r1 / 2 * training.steepness(D, real) if recipe.r1 else 0.0
        at_fake = recipe.r2 / 2 * training.steepness(D, fake) if recipe.r2 else 0.0
        return left * (at_real + at_fake).sum()

    run = training.sweep(
        *(G, D, *opts, *streams(SETS[name].x / unit, seeds)),
        games=[recipe.game()] * len(seeds),
        steps=steps,
        penalty=penalties.lazy(penalty, every=LAZY) if recipe.r1 or recipe.r2 else None,
    )
    run = training.averaged(run, average, decay=DECAY)
    if recipe.falls:
        run = training.scheduled(run, *(training.falling_lr(opt, steps) for opt in opts))
    started = time.process_time()
    for moment in run:
        left = recipe.ease ** max(0.0, 2 * moment.step / steps - 1)
        D[0].sigma = recipe.blur * max(0.0, 1 - 2 * moment.step / steps)
    cost = time.process_time() - started
    z = [torch.randn(n, LATENT, generator=runtime.generator(2_000 + seed)) for seed in seeds]
    with torch.no_grad():  # a cloud that has left is far enough at 100
        clouds = [unit * net(torch.stack(z)).nan_to_num(nan=1e4) for net in (G, average)]
    return *(cloud.clamp(-100, 100).half() for cloud in clouds), cost


def score(clouds: Tensor, name: str, *, share: float) -> tuple[dict[str, Tensor], Tensor]:
    """Return what samples (S, n, 2) are worth, (S,) each, and their hits of each mode (S, K).

    Args:
        share: of its fair share of high-quality samples that a mode needs to count; 0: one.
    """
    truth, n = SETS[name], clouds.shape[1]
    hits = [metrics.high_quality_hits(x, truth.centers, truth.sigma) for x in clouds.float()]
    hits = torch.stack(hits)  # (S, K)
    far = [metrics.energy_distance(truth.x[-2_500:], x[:2_500]) for x in clouds.float()]
    return {
        "modes": (hits >= max(1, share * n / hits.shape[1])).sum(1),
        "high quality": hits.sum(1) / n,
        "reverse KL": reverse_kl(hits),
        "energy distance": torch.tensor(far),
    }, hits


def reverse_kl(hits: Tensor) -> Tensor:
    """Return KL(modes of the good samples ‖ all modes alike), nats, of hits (…, K).

    Log K where nothing is good. Source: Lin et al. 2018, PacGAN, section 4.1.
    """
    p = hits / hits.sum(-1, keepdim=True).clamp(min=1)
    entropy = -torch.special.xlogy(p, p).sum(-1)
    return torch.tensor(hits.shape[-1]).log() - entropy


# -- all trainings, each kept as soon as it is done -------------------------------------------


def training_of(recipe: Recipe) -> Recipe:
    """Return the game that a recipe plays: the average only looks on."""
    return replace(recipe, average=False)


def jobs() -> list[tuple]:
    """Return the arguments of ``kept``, (game, set, seeds): each game once, the costly ones first.

    Plain and modern runs on the grid serve both files.
    """
    parts = PAPER_SEEDS[:5], PAPER_SEEDS[5:]
    paper = [
        (training_of(r), name, part) for r in (MODERN, PLAIN) for name in SETS for part in parts
    ]
    plane = [(training_of(recipe), "grid", SEEDS) for recipe in reversed(CONFIGS.values())]
    return list(dict.fromkeys(paper + plane))


def kept(game: Recipe, name: str, seeds: Sequence[int]) -> tuple:
    """Return what ``play`` returns, from the cache if this code has trained it before."""
    code = "".join(map(inspect.getsource, (net, Waves, players, streams, play)))
    knobs = STEPS, JUDGED, LATENT, WIDTH, BATCH, LR, DECAY, LAZY, WAVES
    digest = hashlib.sha256(f"{game} {name} {list(seeds)} {knobs} {code}".encode()).hexdigest()
    path = shipping.DATA / "cache" / "ablation" / f"{digest[:16]}.pt"
    return shipping.kept(path, partial(play, game, name, seeds))


def train_all(todo: Sequence[tuple]) -> dict[tuple, tuple]:
    """Train every job, two processes at a time, and say how it goes."""
    found, started = {}, time.perf_counter()
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        results = pool.map(kept, *zip(*todo, strict=True))
        for number, (job, result) in enumerate(zip(todo, results, strict=True), 1):
            found[job] = result
            passed = (time.perf_counter() - started) / 60
            print(f"{number} of {len(todo)} trainings after {passed:.1f} minutes", flush=True)
    return found


def table(
    found: dict[tuple, tuple], configs: Sequence[tuple], seeds: range, *, n: int, share: float
):
    """Return scores, kept samples, hits and seconds a run of configurations (recipe, set).

    Args:
        n: samples to judge. share: what a mode needs to count, see ``score``.
    """
    scores, samples, hits, costs = [], [], [], []
    for recipe, name in configs:
        mine = [job for job in found if job[:2] == (training_of(recipe), name)]
        mine = sorted(mine, key=lambda job: job[2][0])
        clouds = torch.cat([found[job][recipe.average] for job in mine])  # False: G, True: average
        worth, hit = score(clouds[: len(seeds), :n], name, share=share)
        scores.append(worth)
        samples.append(clouds[: len(seeds), :KEPT])
        hits.append(nn.functional.pad(hit, (0, 25 - hit.shape[1])))
        costs.append(sum(found[job][2] for job in mine) / sum(len(job[2]) for job in mine))
    scores = {key: torch.stack([worth[key] for worth in scores]) for key in scores[0]}
    return scores, torch.stack(samples), torch.stack(hits), torch.tensor(costs)


# -- the two files ---------------------------------------------------------------------------

PAPER = {  # Lin et al. 2018, PacGAN, table 1: modes, high quality, reverse KL: mean and its error
    "ring": {
        "GAN": (6.3, 0.5, 0.982, 0.002, 0.45, 0.09),
        "ALI": (6.6, 0.3, 0.976, 0.004, 0.36, 0.04),
        "PacGAN2": (7.9, 0.1, 0.956, 0.020, 0.07, 0.03),
        "PacGAN4": (7.8, 0.1, 0.959, 0.014, 0.07, 0.02),
    },
    "grid": {
        "GAN": (17.3, 0.8, 0.948, 0.007, 0.70, 0.07),
        "ALI": (24.1, 0.4, 0.957, 0.006, 0.14, 0.03),
        "PacGAN2": (23.8, 0.7, 0.913, 0.008, 0.13, 0.04),
        "PacGAN4": (24.8, 0.2, 0.936, 0.006, 0.04, 0.01),
    },
}
PAPER_CONFIGS = {
    f"{name}, {kind}": (recipe, name)
    for name in PAPER
    for kind, recipe in (("plain", PLAIN), ("modern", MODERN))
}


def write_plane(found: dict[tuple, tuple], path: Path) -> None:
    configs = [(recipe, "grid") for recipe in CONFIGS.values()]
    scores, samples, hits, costs = table(found, configs, SEEDS, n=JUDGED, share=0.2)
    _write_plane(path, scores, samples, hits, costs, when=f"{datetime.date.today()}")


def _write_plane(path: Path, scores, samples, hits, costs: Tensor, *, when: str) -> None:
    """Write one row for each of CONFIGS."""
    about = (
        f"{len(CONFIGS)} configurations x {len(SEEDS)} seeds on the grid of 25: {STEPS:,} steps of "
        f"batch {BATCH}, {costs.min():.0f} to {costs.max():.0f} processor seconds each, {when}, "
        "data/make/ablation.py"
    )
    more = {"hits": hits, "judged": JUDGED, "steps": STEPS, "seconds": costs}
    more |= {"recipes": [str(recipe) for recipe in CONFIGS.values()]}
    more |= {"ceiling": metrics.HIGH_QUALITY_CEILING}
    rest = {"scores": scores, "samples": samples, "more": more}
    shipping.write_ablation(path, about=about, configs=list(CONFIGS), seeds=SEEDS, **rest)


def extend_plane(path: Path) -> None:
    """Train the configurations that a file lacks, beside the rows that it has."""
    with np.load(path, allow_pickle=False) as file:
        old = {name: file[name] for name in file.files}
    rows = {recipe: row for row, recipe in enumerate(old["more/recipes"].tolist())}
    lacking = {name: r for name, r in CONFIGS.items() if str(r) not in rows}
    todo = [(training_of(recipe), "grid", SEEDS) for recipe in (PLAIN, *lacking.values())]
    found = train_all(list(dict.fromkeys(todo)))
    again = table(found, [(PLAIN, "grid")], SEEDS, n=JUDGED, share=0.2)[1]
    if not np.array_equal(again[0].numpy(), old["samples"][rows[str(PLAIN)]]):
        shipping.refuse(
            "The plain game trains to other numbers here than those in the file.",
            "Train all rows on this processor: --force, without --extend.",
        )
    configs = [(recipe, "grid") for recipe in lacking.values()]
    scores, samples, hits, costs = table(found, configs, SEEDS, n=JUDGED, share=0.2)
    new = {f"scores/{metric}": values for metric, values in scores.items()}
    new |= {"samples": samples, "more/hits": hits, "more/seconds": costs}

    def joined(key: str) -> Tensor:
        fresh = iter(new[key])
        kept = [rows.get(str(recipe)) for recipe in CONFIGS.values()]
        old_rows = torch.from_numpy(old[key])
        return torch.stack([next(fresh) if i is None else old_rows[i] for i in kept])

    first = re.search(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", str(old["about"]))[0]
    when = f"{first}, and on {datetime.date.today()} {', '.join(lacking)}"
    scores = {metric: joined(f"scores/{metric}") for metric in scores}
    _write_plane(
        path, scores, joined("samples"), joined("more/hits"), joined("more/seconds"), when=when
    )


def write_published(found: dict[tuple, tuple], path: Path) -> None:
    configs = list(PAPER_CONFIGS.values())
    scores, samples, hits, costs = table(found, configs, PAPER_SEEDS, n=PAPER_JUDGED, share=0.0)
    about = (
        f"Ring and grid of PacGAN, plain and modern x {len(PAPER_SEEDS)} seeds: {STEPS:,} steps of "
        f"batch {BATCH}, {costs.min():.0f} to {costs.max():.0f} processor seconds each, "
        f"{datetime.date.today()}, data/make/ablation.py"
    )
    rows = torch.tensor([list(PAPER[name].values()) for name in PAPER])
    more = {"hits": hits, "judged": PAPER_JUDGED, "steps": STEPS, "seconds": costs}
    more |= {"rows": list(PAPER["ring"]), "metrics": ["modes", "high quality", "reverse KL"]}
    more |= {"sets": list(PAPER), "paper": rows.unflatten(2, (3, 2)), "paper's steps": 400_000}
    more |= {"ceiling": metrics.HIGH_QUALITY_CEILING}
    rest = {"scores": scores, "samples": samples, "more": more}
    configs = list(PAPER_CONFIGS)
    shipping.write_ablation(path, about=about, configs=configs, seeds=PAPER_SEEDS, **rest)


def main() -> None:
    names = "ablation_plane.npz", "ablation_published.npz"
    asking = shipping.parser("Train the runs of lesson 12 in the plane.", *names)
    asking.add_argument("--extend", action="store_true", help=f"only what {names[0]} lacks")
    asked = asking.parse_args()
    if asked.extend:
        return extend_plane(asked.folder / names[0])
    shipping.check(asked)
    plane, published = asked.files
    found = train_all(jobs())
    write_plane(found, plane)
    write_published(found, published)
    return None


if __name__ == "__main__":
    main()
