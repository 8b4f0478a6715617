"""Train the runs of lesson 19: GAN, VAE and flow matching on strokes, on one budget.

    python data/make/one_budget.py --measure     # what a step of each costs here; trains nothing
    python data/make/one_budget.py --share 1/1   # all runs, kept in data/cache/ablation
    python data/make/one_budget.py               # scores what is kept, trains what is not

Writes data/ablation_budget.npz. A script that was stopped goes on where it was. The images are the
drawn strokes, so nothing is downloaded.

Equal time, as in image_ablation.py: each method holds the processor milliseconds that a step of it
takes, measured in turn with the others, and makes as many steps as then fit. So the steps are fixed
and a neighbor on the other core changes nothing.

The GAN's recipe is lesson 12's, searched there in some 20 trials on MNIST; the flow's was chosen in
five trials on seed 0 and the VAE's is its first.
"""

import copy
import functools
import time
from collections.abc import Callable, Iterator
from datetime import date

import image_ablation
import shipping
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from gan_lessons import data, losses, metrics, models, runtime, training

SEEDS, SECONDS, LOOKS, KEPT = (0, 1, 2), 30, 4, 20
MS = {"GAN": 18.8, "VAE": 16.3, "flow": 29.5}  # of a step, by --measure in November 2026
CALLS = (1, 2, 4, 8, 16)
CODE, BATCH, LR, BETAS, DECAY = 16, 32, 2e-3, (0.9, 0.99), 0.998  # of the VAE
LR_FLOW, DECAY_FLOW, WARM = 4e-3, 0.996, 0.03
N, TRAIN, JUDGE_STEPS = 1_000, 20_000, 600

Draw = Callable[[int, int], Tensor]  # of how many and of calls: images in -1 … 1
Run = Iterator[int]  # of steps


# -- the three methods -------------------------------------------------------------------------


def gan(x: Tensor, seed: int, steps: int) -> tuple[Run, Draw]:
    """Return lesson 12's modern game as it was for these runs, and how its average draws."""
    recipe = image_ablation.EARLIER
    batches = data.batches(x, recipe.batch_size, rng=runtime.generator(seed))
    average, run = image_ablation.game_of(recipe, batches, seed=seed, steps=steps)

    def draw(number: int, calls: int) -> Tensor:
        return average(image_ablation.noise_of(recipe, number))

    return (moment.step for moment in run), (draw, average)


def coders() -> tuple[nn.Module, nn.Module]:
    """Return encoder and decoder: the DCGAN's D with 2 numbers a code, and its G without tanh."""
    decoder = models.dcgan_generator(latent_dim=CODE, width=32)[:-1]
    decoder.apply(models.dcgan_init)
    *maps, (last,), _ = models.dcgan_discriminator(width=32)
    dense = nn.Linear(last.in_features, 128), nn.LeakyReLU(0.2), nn.Linear(128, 2 * CODE)
    encoder = nn.Sequential(*maps, *dense)
    return tuple(net.to(memory_format=torch.channels_last) for net in (encoder, decoder))


def vae(x: Tensor, seed: int, steps: int) -> tuple[Run, Draw]:
    """Return a VAE's training with a likelihood of black and white, and how its average draws."""
    runtime.seed_everything(seed)
    encoder, decoder = both = nn.ModuleList(coders())
    average = copy.deepcopy(both)
    opt = torch.optim.Adam(both.parameters(), LR, betas=BETAS, fused=True)
    falling = training.falling_lr(opt, steps)
    batches = data.batches(x, BATCH, rng=runtime.generator(seed))

    def run() -> Run:
        for step in range(steps):
            batch = next(batches)
            mean, log_var = encoder(batch).chunk(2, dim=1)
            log_var = log_var.clamp(-12, 6)
            z = mean + (log_var / 2).exp() * torch.randn_like(mean)
            logits = decoder(z).flatten(1)
            ink = ((batch + 1) / 2).flatten(1)
            off = F.binary_cross_entropy_with_logits(logits, ink, reduction="none").sum(1)
            loss = (off + losses.kl_to_noise(mean, log_var)).mean()
            opt.zero_grad()
            loss.backward()
            opt.step()
            falling.step()
            models.update_average(average, both, decay=DECAY)
            yield step

    def draw(number: int, calls: int) -> Tensor:
        z = torch.randn(number, CODE, generator=runtime.generator(1))
        return 2 * average[1](z).sigmoid() - 1

    return run(), (draw, average)


def end_velocity(net: nn.Module, place: Tensor, t: Tensor) -> Tensor:
    """Return the velocity toward the ends that a net says, at places (B, 1, H, W), times (B,)."""
    return (net(place, t) - place) / (1 - t[:, None, None, None])


def flow(x: Tensor, seed: int, steps: int) -> tuple[Run, Draw]:
    """Return flow matching with a net that says where a path ends, and how its average draws."""
    runtime.seed_everything(seed)
    net = models.PictureAndTime().to(memory_format=torch.channels_last)
    average = copy.deepcopy(net)
    opt = torch.optim.Adam(net.parameters(), LR_FLOW, betas=BETAS, fused=True)
    falling = torch.optim.lr_scheduler.LambdaLR(opt, functools.partial(warm_and_falling, steps))
    batches = data.batches(x, BATCH, rng=runtime.generator(seed))

    def run() -> Run:
        for step in range(steps):
            batch = next(batches)
            z = torch.randn_like(batch)
            t = torch.randn(len(batch)).sigmoid().clamp(max=0.95)
            share = t[:, None, None, None]
            place = (1 - share) * z + share * batch
            loss = (end_velocity(net, place, t) - (batch - z)).square().mean()
            opt.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            opt.step()
            falling.step()
            models.update_average(average, net, decay=0.99 if step < 500 else DECAY_FLOW)
            yield step

    def draw(number: int, calls: int) -> Tensor:
        x = torch.randn(number, 1, 28, 28, generator=runtime.generator(1))
        for i in range(calls):
            x = x + end_velocity(average, x, torch.full((number,), i / calls)) / calls
        return x.clamp(-1, 1)

    return run(), (draw, average)


def warm_and_falling(steps: int, step: int) -> float:
    """Return the share of the learning rate: it rises, stays, and falls to 0 in the second half."""
    return min(1.0, (step + 1) / (WARM * steps), max(0.0, 2 - 2 * step / steps))


METHODS = {"GAN": gan, "VAE": vae, "flow": flow}
ROWS = [("GAN", 1), ("VAE", 1)] + [("flow", calls) for calls in CALLS]


def steps_of(method: str) -> int:
    """Return how many steps of a method fit into the budget."""
    return int(SECONDS * 1000 / MS[method])


# -- runs and their scores ---------------------------------------------------------------------


@torch.no_grad()
def drawn(draw: Draw, calls: int, number: int = N) -> tuple[Tensor, float]:
    """Return uint8 images, drawn 1,000 at a time, and the processor milliseconds of each."""
    started = time.process_time()
    images = data.to_image_range(draw(number, calls))
    return images, (time.process_time() - started) * 1000 / number


def play(method: str, x: Tensor, held: Tensor, seed: int) -> dict:
    """Train one run; return looks at its samples (a flow's in 4 calls), its end, what it took."""
    steps = steps_of(method)
    run, (draw, average) = METHODS[method](x, seed, steps)
    most = 4 if method == "flow" else 1
    seconds, looks = 0.0, []
    started = time.process_time()
    for step in run:
        if (step + 1) % (steps // LOOKS) == 0 and len(looks) < LOOKS:
            seconds += time.process_time() - started
            average.eval()
            looks.append(drawn(draw, most)[0])
            started = time.process_time()
    seconds += time.process_time() - started
    average.eval()
    made = {"seconds": seconds, "steps": steps, "looks": torch.stack(looks)}
    made["weights"] = sum(p.numel() for p in average.parameters())
    for name, calls in ROWS:
        if name == method:
            made[f"images {calls}"], made[f"ms {calls}"] = drawn(draw, calls)
    if method == "VAE":
        made["reconstructed"] = reconstructed(average, held)
    return made


@torch.no_grad()
def reconstructed(both: nn.Module, x: Tensor) -> Tensor:
    """Return what the decoder makes of the codes' means, in -1 … 1."""
    mean, _ = both[0](x).chunk(2, dim=1)
    return 2 * both[1](mean).sigmoid() - 1


def judge_of(strokes: data.Dataset) -> metrics.Judge:
    """Return a judge that knows all training strokes and their factors but the allograph."""
    facts = {k: v[:TRAIN] for k, v in strokes.factors.items() if k != "allograph"}

    def work() -> dict:
        runtime.seed_everything(0)
        more = {"steps": JUDGE_STEPS, "rng": runtime.generator(0)}
        x, y = strokes.x[:TRAIN], strokes.y[:TRAIN]
        return metrics.train_judge(x, y, facts, **more).state_dict()

    state = image_ablation.finished("judge-budget", (JUDGE_STEPS, TRAIN), work)
    judge = metrics.Judge(channels=1, factors=len(facts))
    judge.load_state_dict(state)
    return judge.eval()


def score(judge: metrics.Judge, train: Tensor, held: Tensor, images: Tensor) -> dict[str, float]:
    """Return the metrics of lesson 09 of samples, against features of held-out strokes."""
    found = judge.features(images)
    precision, recall = metrics.precision_recall(held[:N], found)
    return {
        "FD": metrics.frechet_distance(held, found),
        "precision": precision,
        "recall": recall,
        "coverage": metrics.density_coverage(held[:N], found)[1],
        "memorization": metrics.memorization_ratio(found, train[: len(held)], held),
        "gray": metrics.gray_share(images),
        "sure": float((judge.confidence(images) > 0.9).double().mean()),
    }


def measure(x: Tensor, *, rounds: int = 8, each: int = 12) -> None:
    """Print the processor milliseconds of a step of each method, taken in turn."""
    runs = {name: method(x, 0, 10**6)[0] for name, method in METHODS.items()}
    took = {name: [] for name in runs}
    for turn in range(rounds + 1):
        for name, run in runs.items():
            started = time.process_time()
            for _ in range(each):
                next(run)
            if turn:  # the first one warms up
                took[name].append((time.process_time() - started) * 1000 / each)
    for name, ms in took.items():
        print(f"{name:6} {torch.tensor(ms).median():.1f} ms (least {min(ms):.1f})", flush=True)


def main() -> None:
    asked = image_ablation.arguments("Make the runs of lesson 19.", "ablation_budget.npz")
    strokes = data.strokes()
    x = data.to_model_range(strokes.x[:TRAIN])
    if asked.measure:
        return measure(x)
    held = data.to_model_range(strokes.x[TRAIN:])

    def one(method: str, seed: int) -> dict:
        settings = (method, steps_of(method), LR, LR_FLOW, DECAY, DECAY_FLOW, CODE, BATCH, LOOKS)
        work = functools.partial(play, method, x, held[:N], seed)
        return image_ablation.finished(f"budget-{method}-{seed}", settings, work)

    runs = {(method, seed): None for seed in SEEDS for method in METHODS}
    mine = list(runs)
    if asked.share:
        part, whole = asked.share
        mine = [run for run in mine if asked.only in run[0]][part::whole]
    for method, seed in mine:
        runs[method, seed] = made = one(method, seed)
        print(f"{method}, seed {seed}: {made['steps']} steps, {made['seconds']:.0f} s", flush=True)
    if asked.share:
        return None
    return collect(asked.out, runs, strokes, held)


def collect(out, runs: dict, strokes: data.Dataset, held: Tensor) -> None:
    """Score all runs and write them."""
    judge = judge_of(strokes)
    train, unseen = judge.features(strokes.x[:TRAIN]), judge.features(strokes.x[TRAIN:])
    scores, samples, over_time = [], [], []
    for method, calls in ROWS:
        for seed in SEEDS:
            run = runs[method, seed]
            images = run[f"images {calls}"]
            found = score(judge, train, unseen, images)
            scores.append(found | {"ms": run[f"ms {calls}"], "calls": calls})
            samples.append(images[:KEPT])
            told = ", ".join(f"{k} {v:.3g}" for k, v in scores[-1].items())
            print(f"{method}, {calls} calls, seed {seed}: {told}", flush=True)
    for run in (runs[method, seed] for method in METHODS for seed in SEEDS):
        looks = [judge.features(images) for images in run["looks"]]
        over_time.append([metrics.frechet_distance(unseen, x) for x in looks])
    shape, methods = (len(ROWS), len(SEEDS)), (len(METHODS), len(SEEDS))
    again = [runs["VAE", seed]["reconstructed"] for seed in SEEDS]
    floor = score(judge, train, unseen, strokes.x[:N])
    steps = ", ".join(f"{name} {steps_of(name):,}" for name in METHODS)
    shipping.write_ablation(
        out,
        about=f"Strokes; GAN, VAE and flow matching with seeds 0, 1 and 2, {SECONDS} processor "
        f"seconds each as measured beforehand ({steps} steps), {N:,} samples scored, made by "
        f"data/make/one_budget.py on {date.today()}",
        configs=[f"flow, {calls}" if name == "flow" else name for name, calls in ROWS],
        seeds=SEEDS,
        scores={
            metric: torch.tensor([found[metric] for found in scores]).reshape(shape)
            for metric in scores[0]
        },
        samples=torch.stack(samples).unflatten(0, shape),
        more={
            "methods": list(METHODS),
            "steps": torch.tensor([steps_of(name) for name in METHODS]),
            "weights": torch.tensor([runs[name, 0]["weights"] for name in METHODS]),
            "seconds": torch.tensor([runs[m, s]["seconds"] for m in METHODS for s in SEEDS]).view(
                methods
            ),
            "budget": f"{SECONDS} processor seconds",
            "looks": torch.arange(1, LOOKS + 1) * SECONDS / LOOKS,
            "FD over the seconds": torch.tensor(over_time).reshape(*methods, LOOKS),
            "reconstruction": torch.stack([(x - held[:N]).square().mean() for x in again]),
            "again": torch.stack([strokes.x[TRAIN:][:KEPT], data.to_image_range(again[0][:KEPT])]),
            "metrics": list(floor),
            "real": torch.tensor(list(floor.values())),
        },
    )


if __name__ == "__main__":
    main()
