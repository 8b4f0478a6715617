"""Train the stacked digits of lesson 12: three digits in three channels, a thousand modes.

    python data/make/stacked.py               # six runs, in turn, on one core
    python data/make/stacked.py --share 1/2   # every second run; start 2/2 beside it
    python data/make/stacked.py               # then this one only collects them
    python data/make/stacked.py --measure     # what a step costs here; trains nothing

Writes data/ablation_stacked.npz. Every finished run is kept in data/cache/ablation, so a script
that was stopped goes on where it was. How time is made equal: data/make/image_ablation.py.

Protocol of VEEGAN (Srivastava et al. 2017) and PacGAN (Lin et al. 2018, section 4.2): a picture is
three random digits, one a channel; 26,000 samples; a classifier of single digits, trained here,
reads each channel; the three answers are one of 1,000 modes; a mode counts from one sample on; the
reverse KL is that of the modes' shares from the uniform ones, in nats. Unlike theirs, the pictures
are stacked anew for every batch, and nothing is chosen among several moments of a run.
"""

import math
from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import image_ablation as images
import read_mnist
import shipping
import torch
from torch import Tensor, nn

from gan_lessons import data, runtime

SEED, SAMPLES, MODES = 0, 26_000, 1_000
SECONDS = 240  # processor seconds of a run
PLAIN = replace(images.PLAIN, ms=24.1)  # by --measure, as there
MODERN = replace(images.MODERN, ms=28.9)
FREE = replace(MODERN, latent_dim=64, kinds=0)
RECIPES = {"DCGAN of lesson 07": PLAIN, "modern": MODERN, "modern, 64 free numbers": FREE}
# Modes and reverse KL, means of 10 runs, as published in arXiv 1712.04086, table 2: other networks
# and budgets than ours. NaN: not at hand when this was written.
PUBLISHED = {
    "DCGAN": (99.0, 3.40),
    "DCGAN, run again by PacGAN": (78.9, 4.50),
    "ALI": (16.0, math.nan),
    "Unrolled GAN": (48.7, math.nan),
    "VEEGAN": (150.0, 2.95),
    "PacDCGAN2": (1000.0, 0.06),
}


def stacked(x: Tensor, batch_size: int, *, rng: torch.Generator) -> Iterator[Tensor]:
    """Yield batches (B, 3, H, W) for ever: each channel any image of x (N, 1, H, W)."""
    while True:
        picked = torch.randint(len(x), (batch_size, 3), generator=rng)
        yield x[picked].squeeze(2)


def mode_counts(digits: Tensor) -> Tensor:
    """Return how often each mode was drawn, int64 (1000,), of digits 0 … 9, (N, 3)."""
    place = torch.tensor([100, 10, 1])
    return (digits * place).sum(dim=1).bincount(minlength=MODES)


def reverse_kl(counts: Tensor, target: Tensor | None = None) -> float:
    """Return KL(shares of counts ‖ target) in nats; target (1000,), None for the uniform one.

    With N samples of the target itself it is about 999 / 2N: 0.019 for 26,000.
    """
    p = counts.double() / counts.sum()
    q = torch.full_like(p, 1 / MODES) if target is None else target.double()
    seen = p > 0
    return float((p[seen] * (p[seen] / q[seen]).log()).sum())


def stacked_shares(y: Tensor) -> Tensor:
    """Return the share of each mode in stacks of digits with classes y (N,): (1000,), sum 1."""
    p = y.bincount(minlength=10).double() / len(y)
    return torch.einsum("i,j,k->ijk", p, p, p).flatten()


def score(reader: nn.Module, x: Tensor, y: Tensor) -> tuple[dict[str, float], Tensor]:
    """Return the metrics and the mode counts of stacks x, uint8 (N, 3, H, W).

    Args:
        y: (M,) classes of the digits that the generator learned from.
    """
    answers = [images.read(reader, x[:, channel : channel + 1]) for channel in range(3)]
    digits = torch.stack([digit for digit, _ in answers], dim=1)
    sure = torch.stack([sure > 0.9 for _, sure in answers], dim=1)  # (N, 3)
    counts = mode_counts(digits)
    numbers = {
        "modes": float((counts > 0).sum()),
        "reverse KL": reverse_kl(counts),
        "KL to the data": reverse_kl(counts, stacked_shares(y)),
        "sure": float(sure.double().mean()),
        "all three sure": float(sure.all(dim=1).double().mean()),
    }
    return numbers, counts


def sets() -> dict[str, tuple[data.Dataset, data.Dataset]]:
    """Return what is trained on and what is held out, of each data set."""
    digits = data.strokes()
    parts = [
        replace(digits, x=digits.x[part], y=digits.y[part], factors={})
        for part in (slice(None, -4_000), slice(-4_000, None))
    ]
    return {"MNIST": (data.mnist(), data.mnist(train=False)), "strokes": tuple(parts)}


def main() -> None:
    asked = images.arguments("Make the stacked digits of lesson 12.", "ablation_stacked.npz")
    if asked.measure:
        return images.measure({name: (recipe, 3) for name, recipe in RECIPES.items()})
    known = sets()
    runs = [(name, kind) for name in known for kind in RECIPES]

    def one(name: str, kind: str) -> dict:
        recipe, x = RECIPES[kind], data.to_model_range(known[name][0].x)
        steps = images.steps_for(recipe, SECONDS)
        batches = stacked(x, recipe.batch_size, rng=runtime.generator(SEED))
        more = {"seed": SEED, "steps": steps, "number": SAMPLES, "channels": 3}
        return images.finished(
            f"stacked-{name.lower()}-{SEED}",
            (recipe, steps),
            lambda: images.play(recipe, batches, say=f"{kind}, {name}", **more, both=False),
        )

    if asked.share:
        part, whole = asked.share
        named = [(name, kind) for name, kind in runs if asked.only in f"{kind}, {name}"]
        for name, kind in named[part::whole]:
            one(name, kind)
        return None
    readers = {
        name: images.reader_of(train, name.lower(), epochs=1 if name == "MNIST" else 3)
        for name, (train, _) in known.items()
    }
    scores, counts, samples, made = [], [], [], []
    for name, kind in runs:
        run = one(name, kind)
        numbers, modes = score(readers[name], run["average"], known[name][0].y)
        print(f"{kind}, {name}:", ", ".join(f"{k} {v:.4g}" for k, v in numbers.items()), flush=True)
        scores.append(numbers)
        counts.append(modes)
        samples.append(run["average"][: images.KEPT])
        made.append(run)
    floor, right = [], []
    for name, (train, test) in known.items():
        rng = runtime.generator(SEED)
        real = torch.cat([next(stacked(test.x, 1_000, rng=rng)) for _ in range(SAMPLES // 1_000)])
        floor.append(list(score(readers[name], real, train.y)[0].values()))
        right.append(read_mnist.accuracy(readers[name], test.x, test.y))
        print(f"real digits, {name}: {floor[-1]}; {right[-1]:.2%} read right", flush=True)
    about = (
        f"Stacked digits, 1,000 modes, of MNIST and of strokes, seed {SEED}, {SECONDS} processor "
        f"seconds a run on one core, {SAMPLES:,} samples, trained by data/make/stacked.py on "
        f"{date.today()}"
    )
    shipping.write_ablation(
        asked.out,
        about=about,
        configs=[f"{kind}, {name}" for name, kind in runs],
        seeds=[SEED],
        scores={m: torch.tensor([s[m] for s in scores])[:, None] for m in scores[0]},
        samples=torch.stack(samples)[:, None],
        more={
            "counts": torch.stack(counts)[:, None],
            "steps": torch.tensor([run["steps"] for run in made]),
            "seconds": torch.tensor([run["seconds"] for run in made]),
            "budget": SECONDS,
            "metrics": list(scores[0]),
            "real digits": torch.tensor(floor),
            "reader": torch.tensor(right),
            "published": list(PUBLISHED),
            "published modes": torch.tensor([modes for modes, _ in PUBLISHED.values()]),
            "published KL": torch.tensor([kl for _, kl in PUBLISHED.values()]),
        },
    )
    return None


if __name__ == "__main__":
    main()
