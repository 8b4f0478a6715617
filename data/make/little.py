"""Train the runs of lesson 13: a hundred images or all, with goggles and without.

    python data/make/little.py               # all runs, in turn, on one core: about a quarter hour
    python data/make/little.py --share 1/2   # every second run; start 2/2 beside it
    python data/make/little.py               # then this one only collects them

Writes data/ablation_little.npz. Every finished run is kept in data/cache/ablation, so a script that
was stopped goes on where it was. The images are the drawn strokes, so nothing is downloaded.
"""

import copy
import time
from datetime import date

import image_ablation
import shipping
import torch
from torch import Tensor, nn

from gan_lessons import augment, data, metrics, runtime, training

SEEDS, STEPS, LOOKS, KEPT = (0, 1, 2), 4_000, 10, 20
BATCH, LATENT, WIDTH, DECAY = 32, 64, 16, 0.998
LR_G, LR_D, BETAS = 1e-3, 5e-4, (0.5, 0.99)
N, FEW, JUDGE_STEPS = 2_000, 1_000, 600
T = augment.chain(augment.translation, augment.cutout)
CONFIGS = {  # name: how many images (None: all of the pile), and what all that D sees goes through
    "100": (100, None),
    "100, T always": (100, T),
    "all": (None, None),
    "all, T always": (None, T),
}


def generator() -> nn.Module:
    """Return a small G of transposed convolutions: (B, 64) to (B, 1, 28, 28)."""
    return nn.Sequential(
        nn.Linear(LATENT, 4 * WIDTH * 49),
        nn.Unflatten(1, (4 * WIDTH, 7, 7)),
        nn.BatchNorm2d(4 * WIDTH),
        nn.ReLU(),
        nn.ConvTranspose2d(4 * WIDTH, 2 * WIDTH, 4, 2, 1),  # (B, 32, 14, 14)
        nn.BatchNorm2d(2 * WIDTH),
        nn.ReLU(),
        nn.ConvTranspose2d(2 * WIDTH, 1, 4, 2, 1),  # (B, 1, 28, 28)
        nn.Tanh(),
    )


def discriminator() -> nn.Module:
    """Return a small convolutional D, without norm: (B, 1, 28, 28) to (B,)."""
    return nn.Sequential(
        nn.Conv2d(1, WIDTH, 4, 2, 1),  # (B, 16, 14, 14)
        nn.LeakyReLU(0.2),
        nn.Conv2d(WIDTH, 2 * WIDTH, 4, 2, 1),  # (B, 32, 7, 7)
        nn.LeakyReLU(0.2),
        nn.Flatten(),
        nn.Linear(2 * WIDTH * 49, 1),
        nn.Flatten(0),
    )


def piles() -> dict[str, Tensor]:
    """Return what lesson 13 calls reference, held_out and pile, in -1 … 1, and the pile's facts."""
    strokes = data.strokes()
    order = torch.randperm(len(strokes), generator=runtime.generator(0))
    x = data.to_model_range(strokes.x[order])
    facts = {name: factor[order][4000:] for name, factor in strokes.factors.items()}
    parts = {"reference": x[:2000], "held_out": x[2000:4000], "pile": x[4000:]}
    return parts | {"y": strokes.y[order][4000:], "facts": facts}


def judge_of(parts: dict) -> metrics.Judge:
    """Return the judge of lesson 13, which knows the whole pile."""

    def work() -> dict:
        runtime.seed_everything(0)
        rng = runtime.generator(0)
        more = {"steps": JUDGE_STEPS, "rng": rng}
        return metrics.train_judge(parts["pile"], parts["y"], parts["facts"], **more).state_dict()

    state = image_ablation.finished("judge-little", (JUDGE_STEPS, len(parts["pile"])), work)
    judge = metrics.Judge(channels=1, factors=len(parts["facts"]))
    judge.load_state_dict(state)
    return judge.eval()


def chosen(parts: dict, images: int | None, seed: int) -> Tensor:
    """Return the images that a run gets: its own, by its seed."""
    pile = parts["pile"]
    return pile[torch.randperm(len(pile), generator=runtime.generator(seed))[:images]]


def play(parts: dict, images: int | None, change: augment.Augmentation | None, seed: int) -> dict:
    """Train one run; return looks at it: samples of the average, and D's mean logits."""
    runtime.seed_everything(seed)
    G, D = generator(), discriminator()
    average = copy.deepcopy(G)
    opt_g = torch.optim.Adam(G.parameters(), LR_G, betas=BETAS, fused=True)
    opt_d = torch.optim.Adam(D.parameters(), LR_D, betas=BETAS, fused=True)
    seen = D if change is None else nn.Sequential(augment.InFront(change), D)
    own = chosen(parts, images, seed)
    batches = data.batches(own, BATCH, rng=runtime.generator(seed))
    run = training.train(G, seen, opt_g, opt_d, batches, steps=STEPS, latent_dim=LATENT)
    z = torch.randn(N, LATENT, generator=runtime.generator(7))
    fakes, logits, started = [], [], time.process_time()
    for moment in training.averaged(run, average, decay=DECAY):
        if moment.step % (STEPS // LOOKS) == 0:
            with torch.no_grad():
                fakes.append(data.to_image_range(average.eval()(z)))
                groups = own[:100], parts["held_out"][:300], G(z[:200])
                logits.append(torch.stack([D(x).mean() for x in groups]))
    return {
        "fakes": torch.stack(fakes),  # (LOOKS, N, 1, 28, 28)
        "logits": torch.stack(logits),  # (LOOKS, 3)
        "seconds": time.process_time() - started,
    }


def scores_of(parts: dict, judge: metrics.Judge, run: dict, own: Tensor) -> dict[str, float]:
    """Return the numbers of a run's end, and the Fréchet distance at each look."""
    real = judge.features(parts["reference"])
    features = [judge.features(data.to_model_range(x)) for x in run["fakes"]]
    distances = torch.tensor([metrics.frechet_distance(real, x) for x in features])
    train, held, fake = run["logits"][-3:].mean(0)
    unseen, last = judge.features(parts["held_out"][:FEW]), features[-1][:FEW]
    return {
        "FD over the steps": distances,
        "FD": float(distances[-1]),
        "r_v": float((train - held) / (train - fake)),
        "recall": metrics.precision_recall(real[:FEW], last)[1],
        "coverage": metrics.density_coverage(real[:FEW], last)[1],
        "memorization": metrics.memorization_ratio(last, judge.features(own[:FEW]), unseen),
    }


def main() -> None:
    asked = image_ablation.arguments("Make the runs of lesson 13.", "ablation_little.npz")
    parts = piles()

    def one(name: str, seed: int) -> dict:
        images, change = CONFIGS[name]
        settings = (images, change is not None, STEPS, BATCH, WIDTH, LR_G, LR_D, BETAS, DECAY)
        work = image_ablation.finished
        return work(f"little-{seed}", settings, lambda: play(parts, images, change, seed))

    runs = [(name, seed) for name in CONFIGS for seed in SEEDS]
    if asked.share:
        part, whole = asked.share
        for name, seed in [run for run in runs if asked.only in run[0]][part::whole]:
            print(f"{name}, seed {seed}: {one(name, seed)['seconds']:.0f} s", flush=True)
        return
    judge, scores, samples, seconds = judge_of(parts), [], [], []
    for name, seed in runs:
        run = one(name, seed)
        scores.append(scores_of(parts, judge, run, chosen(parts, CONFIGS[name][0], seed)))
        samples.append(run["fakes"][-1][:KEPT])
        seconds.append(run["seconds"])
        told = ", ".join(f"{k} {v:.3g}" for k, v in scores[-1].items() if isinstance(v, float))
        print(f"{name}, seed {seed}: {told}", flush=True)
    shape = (len(CONFIGS), len(SEEDS))
    over_steps = torch.stack([found.pop("FD over the steps") for found in scores])
    real, held = judge.features(parts["reference"]), judge.features(parts["held_out"])
    shipping.write_ablation(
        asked.out,
        about=f"Strokes, {len(CONFIGS)} configurations with seeds 0, 1 and 2, {STEPS:,} steps of "
        f"batch {BATCH} each, {N:,} samples scored, made by data/make/little.py on {date.today()}",
        configs=list(CONFIGS),
        seeds=SEEDS,
        scores={
            metric: torch.tensor([found[metric] for found in scores]).reshape(shape)
            for metric in scores[0]
        },
        samples=torch.stack(samples).unflatten(0, shape),
        more={
            "steps": torch.arange(1, LOOKS + 1) * (STEPS // LOOKS),
            "FD over the steps": over_steps.reshape(*shape, LOOKS),
            "seconds": torch.tensor(seconds).reshape(shape),
            "real against real": metrics.frechet_distance(real, held),
        },
    )


if __name__ == "__main__":
    main()
