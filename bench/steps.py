"""What a training step costs, against other people's loops and against the machine's own limit.

`make bench` (about 3 minutes; a slow or busy machine makes fewer rounds in them, and it says so) or
`make bench MODE=long` (20 and more). Every variant makes one step per round, in turn, so that a
neighbor's work falls on all of them alike; ratios are of the shortest steps. The machine's peak is
measured at the start and at the end. Not collected by pytest: times are for reading, not for
passing. A JSON with every number lands in build/.
"""

import datetime
import functools
import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import matplotlib
import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from bench import flops, peers, startup
from gan_lessons import data, losses, models, penalties, runtime, speed, training

ROOT = Path(__file__).resolve().parents[1]
ROUNDS = {"short": (3, 100), "long": (9, 1000)}  # at least and at most, while there is time
WHOLE = {"short": 130.0, "long": float("inf")}  # seconds for all workloads together
SECONDS = {"short": 5.0, "long": 45.0}  # for the rounds of one workload, if so many suffice
PEAK_MAY_DRIFT = 0.15
LONG_ONLY = ("DCGAN 64 RGB", "WGAN-GP DCGAN")  # of the course's own nets


# -- the machine -----------------------------------------------------------------------------


def best(work: Callable[[], object], *, seconds: float = 0.4) -> float:
    """Return the shortest time of ``work()`` in seconds, after one call to warm up."""
    work()
    times, start = [], time.perf_counter()
    while len(times) < 3 or time.perf_counter() - start < seconds:
        tick = time.perf_counter()
        work()
        times.append(time.perf_counter() - tick)
    return min(times)


@torch.no_grad()
def peak() -> dict[str, float]:
    """Return this machine's own limits: GFLOP/s of convolutions and nn.Linear, GB/s of memory."""
    found = {}
    for name, dtype, batch in (("fp32", torch.float32, 32), ("bf16", torch.bfloat16, 8)):
        x = torch.randn(batch, 256, 16, 16).to(dtype=dtype, memory_format=torch.channels_last)
        weight = torch.randn(256, 256, 3, 3).to(dtype=dtype, memory_format=torch.channels_last)
        seconds = best(functools.partial(F.conv2d, x, weight, padding=1))
        found[f"conv {name}"] = 2 * x.numel() * 256 * 9 / seconds / 1e9
        rows, weight = torch.randn(32 * batch, 1024, dtype=dtype), torch.randn(1024, 1024).to(dtype)
        seconds = best(functools.partial(F.linear, rows, weight))
        found[f"linear {name}"] = 2 * rows.numel() * 1024 / seconds / 1e9
    source = torch.randn(16 * 2**20)
    target = torch.empty_like(source)
    found["memory GB/s"] = 8 * source.numel() / best(lambda: target.copy_(source)) / 1e9
    return found


def drift(start: dict[str, float], end: dict[str, float]) -> float:
    """Return by how much the fp32 peak of convolutions differs between two measurements."""
    a, b = start["conv fp32"], end["conv fp32"]
    return abs(a - b) / max(a, b)


class Clock:
    """Shares the seconds that are left among the parts that are left, each an equal part."""

    def __init__(self, seconds: float, parts: int, *, now: Callable[[], float] = time.perf_counter):
        self.now, self.parts = now, parts
        self.end = now() + seconds

    def until(self) -> float | None:
        """Begin the next part; return the time at which it should end, None if all is spent."""
        left, parts = self.end - self.now(), self.parts
        self.parts -= 1
        return self.now() + left / parts if left > 0 else None


# -- variants of a step ----------------------------------------------------------------------


@dataclass
class Variant:
    """One way to make a step, and what its steps took (wall and processor seconds)."""

    step: Callable[[], object]
    wall: list[float] = field(default_factory=list)
    busy: list[float] = field(default_factory=list)

    def time(self) -> None:
        wall, busy = time.perf_counter(), time.process_time()
        self.step()
        self.wall.append(time.perf_counter() - wall)
        self.busy.append(time.process_time() - busy)


@dataclass
class Case:
    """A workload with all its variants, ready to be run in rounds."""

    name: str
    against: str
    batch: int
    minimal: int
    variants: dict[str, Variant]
    executed: dict[str, int]
    way: speed.Speed


def course_step(
    G: nn.Module,
    D: nn.Module,
    samples: Tensor,
    batch: int,
    *,
    way=None,
    betas=(0.5, 0.99),
    **more,
) -> Callable[[], object]:
    """Return a function that makes the course's next step: training.train, fused Adam."""
    for net in (G, D) if way else ():
        way.fit(net)
    opts = [torch.optim.Adam(net.parameters(), lr=2e-4, betas=betas, fused=True) for net in (G, D)]
    batches = data.batches(samples, batch, rng=runtime.generator(0))
    nets = [way.fast(net) if way else net for net in (G, D)]
    more["one_launch"] = way is not None and way.one_launch
    run = training.train(*nets, *opts, batches, steps=10**9, **more)
    return functools.partial(next, run)


def plain_step(
    G: nn.Module, D: nn.Module, samples: Tensor, batch: int, *, latent_dim: int, game, **more
) -> Callable[[], object]:
    """Return lesson 04's loop as it is first written: plain Adam, nothing frozen, a read a step."""
    opt_g, opt_d = (
        torch.optim.Adam(net.parameters(), lr=2e-4, betas=(0.5, 0.99)) for net in (G, D)
    )
    batches = data.batches(samples, batch, rng=runtime.generator(0))
    n_critic, penalty = more.get("n_critic", 1), more.get("penalty")

    def step() -> None:
        for _ in range(n_critic):
            real = next(batches)
            fake = G(torch.randn(batch, latent_dim, device=real.device))
            loss_d = game.loss_d(D(real), D(fake.detach()))
            if penalty is not None:
                loss_d = loss_d + penalty(D, real, fake.detach())
            opt_d.zero_grad()
            loss_d.backward()
            opt_d.step()
        loss_g = game.loss_g(D(real) if game.g_needs_real else None, D(fake))
        opt_g.zero_grad()
        loss_g.backward()
        opt_g.step()
        loss_d.item(), loss_g.item()

    return step


def samples_of(shape: tuple[int, ...]) -> tuple[Tensor, Tensor]:
    """Return some data of a shape, as a peer finds it (uint8 or points) and as the course does."""
    if len(shape) == 1:
        points = data.ring(20_000).x
        return points, points
    raw = data.strokes().x[:2048]  # (N, 1, 28, 28) uint8
    if shape != (1, 28, 28):
        larger = F.interpolate(raw.float(), size=shape[1:], mode="bilinear", antialias=True)
        ready = larger.round().to(torch.uint8).expand(-1, *shape).contiguous()
    else:
        ready = raw
    # a peer with gray 32-pixel images resizes each from 28 on its own
    return (raw if shape[0] == 1 else ready), data.to_model_range(ready)


def build(name, against, make, samples, batch, latent_dim, other, **more) -> Case:
    """Return a case: the ``other`` loop and the course's in fp32 and, where it may help, in bf16.

    Args:
        make: returns fresh (G, D). other: the other loop's step, given (G, D).
    """
    torch.manual_seed(0)
    G, D = make()
    real = samples[:batch]
    probing = {"latent_dim": latent_dim, "n_critic": more.get("n_critic", 1)}
    probing["penalty"] = more.get("penalty")
    chosen = speed.probe(G, D, real, again=True, **probing)
    full_ms = {way: ms for way, ms in chosen.milliseconds.items() if way.startswith("fp32")}
    full = speed.choose(full_ms, {}, wanted="fp32", device="cpu")
    course = functools.partial(course_step, samples=samples, batch=batch, latent_dim=latent_dim)
    variants = {"other": Variant(other(*make()))}
    variants["fp32"] = Variant(course(*make(), way=full, **more))
    if chosen.milliseconds.keys() != full_ms.keys():
        half = speed.choose(chosen.milliseconds, {}, wanted="bf16", device="cpu")
        variants["bf16"] = Variant(course(*make(), way=half, **more))
    n_critic, game = more.get("n_critic", 1), more.get("game", losses.non_saturating)
    z = torch.randn(batch, latent_dim)
    least = flops.minimal(G, D, z, g_needs_real=game.g_needs_real, n_critic=n_critic)
    done = {way: flops.executed(variants[way].step) for way in ("other", "fp32")}
    return Case(name, against, batch, least, variants, done, chosen)


def theirs() -> Iterator[Callable[[], Case]]:
    """Yield the cases on the peers' own nets."""
    for work in peers.WORKLOADS:
        raw, ready = samples_of(work.shape)
        penalty = None
        if work.weight:
            penalty = functools.partial(penalties.gradient_penalty, weight=work.weight)

        def other(G, D, work=work, raw=raw):
            opts = [torch.optim.Adam(n.parameters(), lr=2e-4, betas=work.betas) for n in (G, D)]
            step = work.loop(G, D, *opts, work.latent_dim)
            stream = work.loading(raw, work.reads * work.batch)
            return lambda: step(next(stream))

        def make(work=work):
            return work.G(), work.D()

        yield functools.partial(
            build,
            *(work.name, work.source, make, ready, work.batch, work.latent_dim, other),
            **{"game": work.game, "n_critic": work.n_critic, "penalty": penalty},
            betas=work.betas,
        )


def plane() -> tuple[nn.Module, nn.Module]:
    return models.plane_generator(), models.plane_discriminator()


def mlp() -> tuple[nn.Module, nn.Module]:
    return models.image_generator(), models.image_discriminator()


def dcgan(size: int, channels: int = 1, **more) -> Callable[[], tuple[nn.Module, nn.Module]]:
    shape = {"size": size, "channels": channels}
    return lambda: (models.dcgan_generator(**shape), models.dcgan_discriminator(**shape, **more))


def own() -> Iterator[Callable[[], Case]]:
    """Yield the cases on the course's own nets, against lesson 04's plain loop on the same nets."""
    gp = {"game": losses.wasserstein, "n_critic": 5, "penalty": penalties.gradient_penalty}

    for name, make, shape, batch, latent_dim, more in (
        ("2-D", plane, (2,), 256, 2, {}),
        ("MLP 28", mlp, (1, 28, 28), 64, 64, {}),
        ("DCGAN 28", dcgan(28), (1, 28, 28), 64, 64, {}),
        ("DCGAN 32", dcgan(32), (1, 32, 32), 64, 64, {}),
        ("DCGAN 64 RGB", dcgan(64, 3), (3, 64, 64), 64, 64, {}),
        ("WGAN-GP MLP", mlp, (1, 28, 28), 64, 64, gp),
        ("WGAN-GP DCGAN", dcgan(28, norm=nn.Identity), (1, 28, 28), 64, 64, gp),
    ):
        _, ready = samples_of(shape)
        more = {"game": losses.non_saturating, **more}

        def other(G, D, ready=ready, batch=batch, latent_dim=latent_dim, more=more):
            return plain_step(G, D, ready, batch, latent_dim=latent_dim, **more)

        arguments = (name, "the plain loop of lesson 04", make, ready, batch, latent_dim, other)
        yield functools.partial(build, *arguments, **more)


def measure(variants: dict[str, Variant], mode: str, until: float = float("inf")) -> None:
    """Time one step of every variant per round, the order turning, until rounds or time are up.

    At ``until`` it ends after the round that it is in, however few there were: one at least.
    """
    least, most = ROUNDS[mode]
    start = time.perf_counter()
    for turn in range(most):
        now = time.perf_counter()
        if turn and (now > until or (turn >= least and now - start > SECONDS[mode])):
            break
        names = list(variants)
        for name in names[turn % len(names) :] + names[: turn % len(names)]:
            variants[name].time()


# -- many small games at once ----------------------------------------------------------------


def sweep_of(runs: int, *, width: int, batch: int = 64) -> Callable[[], object]:
    """Return the next step of so many small GANs of lesson 10 at once; of one for runs=1."""
    makers = models.plane_generator, models.plane_discriminator
    points = data.ring(20_000).x
    rngs = [runtime.generator(i) for i in range(runs)]
    batches = [data.batches(points, batch, rng=rng) for rng in rngs]
    if runs == 1:
        G, D = (make(width=width) for make in makers)
        return course_step(
            *(G, D, points, batch), latent_dim=2, game=losses.non_saturating, way=None
        )
    G, D = (models.stack([make(width=width) for _ in range(runs)]) for make in makers)
    opts = [torch.optim.Adam(net.parameters(), lr=1e-3, fused=True) for net in (G, D)]
    noises = [training.noise(batch, 2, rng=rng) for rng in rngs]
    both = training.side_by_side(batches), training.side_by_side(noises)
    games = [losses.non_saturating] * runs
    return functools.partial(
        next, training.sweep(G, D, *opts, *both, games=games, steps=2 * ROUNDS["long"][1])
    )


def sweeps(mode: str, until: float, runs: int = 40) -> list[dict]:
    """Return what 40 narrow GANs at once cost, in steps of one alone on one thread (P5)."""
    rows, threads = [], torch.get_num_threads()

    def on(count: int, step: Callable[[], object]) -> Callable[[], object]:
        def run() -> None:
            torch.set_num_threads(count)
            step()

        return run

    for width in (32, 64):
        variants = {"one": Variant(on(1, sweep_of(1, width=width)))}
        for count in dict.fromkeys((1, threads)):
            variants[f"{count}"] = Variant(on(count, sweep_of(runs, width=width)))
        measure(variants, mode, until)
        one = variants.pop("one")
        for count, many in variants.items():
            rows.append({"width": width, "runs": runs, "threads": int(count)})
            rows[-1] |= {"one_ms": 1e3 * min(one.wall), "all_ms": 1e3 * min(many.wall)}
            rows[-1] |= {"ratio": min(many.wall) / min(one.wall)}
            rows[-1] |= {"busy_ratio": min(many.busy) / min(one.busy)}
    torch.set_num_threads(threads)
    return rows


# -- the report ------------------------------------------------------------------------------


def row_of(case: Case, limits: dict[str, float]) -> dict:
    """Return a case's numbers: milliseconds, ratios, shares of the roofline, FLOPs."""
    least = {name: min(variant.wall) for name, variant in case.variants.items()}
    found = {"name": case.name, "against": case.against, "batch": case.batch}
    found |= {"rounds": len(case.variants["fp32"].wall), "chosen": case.way.sentence}
    found["minimal_gflop"] = case.minimal / 1e9
    work = case.executed["fp32"] if "GP" in case.name else case.minimal
    for name, variant in case.variants.items():
        found[f"{name}_ms"] = 1e3 * least[name]
        found[f"{name}_median_ms"] = 1e3 * statistics.median(variant.wall)
        found[f"{name}_busy_ms"] = 1e3 * min(variant.busy)
        found[f"{name}_ratio"] = least["other"] / least[name]
        found[f"{name}_busy_ratio"] = min(case.variants["other"].busy) / min(variant.busy)
        kind = "bf16" if name == "bf16" else "fp32"
        found[f"{name}_share"] = work / 1e9 / least[name] / limits[f"conv {kind}"]
    for name, done in case.executed.items():
        found[f"{name}_flops"] = done / case.minimal
    return found


HEADS = ("workload", "batch", "other ms", "fp32 ms", "ratio", "median", "cpu", "bf16 ms", "ratio")
HEADS += ("share", "bf16", "FLOPs other", "course")
WIDTHS = (16, 5, 9, 9, 6, 6, 6, 9, 6, 6, 6, 11, 7)


def line(cells: tuple) -> str:
    """Return one line of the table: the name to the left, numbers to the right."""
    first, *rest = zip(cells, WIDTHS, strict=True)
    return "  ".join([f"{first[0]:<{first[1]}}"] + [f"{cell:>{width}}" for cell, width in rest])


def row_text(r: dict) -> str:
    """Return a table's row."""
    half = "bf16_ms" in r
    return line((
        *(r["name"], r["batch"], f"{r['other_ms']:.1f}", f"{r['fp32_ms']:.1f}"),
        *(f"{r['fp32_ratio']:.2f}", f"{r['other_median_ms'] / r['fp32_median_ms']:.2f}"),
        f"{r['fp32_busy_ratio']:.2f}",
        *((f"{r['bf16_ms']:.1f}", f"{r['bf16_ratio']:.2f}") if half else ("–", "–")),
        *(f"{100 * r['fp32_share']:.0f} %", f"{100 * r['bf16_share']:.0f} %" if half else "–"),
        *(f"{r['other_flops']:.2f}", f"{r['fp32_flops']:.2f}"),
    ))  # fmt: skip


def say(*words: object) -> None:
    print(*words, flush=True)


def about() -> dict:
    """Return date, processor, versions, threads and load."""
    versions = {"python": platform.python_version(), "torch": torch.__version__}
    versions |= {"numpy": np.__version__, "matplotlib": matplotlib.__version__}
    return {
        "date": datetime.datetime.now().isoformat(timespec="seconds"),
        "processor": runtime.device_name(torch.device("cpu")),
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "load": os.getloadavg() if hasattr(os, "getloadavg") else None,
        "wait_policy": os.environ.get("OMP_WAIT_POLICY"),
        "system": platform.platform(),
        "versions": versions,
    }


TITLES = {
    "peers": "On the peers' own nets: other = the peer's loop with its own data pipeline",
    "own": "On the course's nets: other = the plain loop of lesson 04 (Adam unfused, D not frozen)",
}
NOTES = """\
ratio: other / course by their shortest steps; median: by their medians; cpu: by processor time.
share: minimal FLOPs in a second / this machine's peak in convolutions; rows WGAN-GP: executed ones.
FLOPs: executed / minimal of a step without penalty. In rows WGAN-GP the excess over 1.00 is the
penalty: D forward at x̂, its slope, and back through both, 6·F_D to each 6·F_D − 2·f_D of D's own
step; a third of it is products with the zero second derivative of (leaky) ReLUs."""


def main(mode: str = "short", only: str = "") -> None:
    runtime.start()
    threads = torch.get_num_threads()
    start_time = time.perf_counter()
    report = {"mode": mode, **about(), "peak_start": peak(), "left_out": []}
    say(f"{report['processor']}, {report['threads']} threads, load {report['load']}, {mode} mode")
    say("peak:", ", ".join(f"{name} {value:.0f}" for name, value in report["peak_start"].items()))
    cases = {"peers": list(theirs()), "own": list(own())}
    if mode == "short":
        cases["own"] = [make for make in cases["own"] if make.args[0] not in LONG_ONLY]
    for kind, makes in cases.items():
        cases[kind] = [make for make in makes if only in f"{kind} {make.args[0]}"]
    clock = Clock(WHOLE[mode], sum(map(len, cases.values())) + (0 if only else 2))
    for kind, makes in cases.items():
        say(f"\n{TITLES[kind]}\n" + line(HEADS))
        report[kind] = []
        for make in makes:
            name = make.args[0]
            if (until := clock.until()) is None:
                report["left_out"].append(f"{kind} {name}")
                continue
            torch.set_num_threads(1 if name == "2-D" else threads)  # as that lesson does
            case = make()
            measure(case.variants, mode, until)
            row = row_of(case, report["peak_start"])
            report[kind].append(row)
            few = f", only {row['rounds']} round(s)" if row["rounds"] < ROUNDS[mode][0] else ""
            say(row_text(row) + f"   {case.way.name}{few}")
    torch.set_num_threads(threads)
    report["sweeps"], report["startup"] = [], []
    if not only and (until := clock.until()) is None:
        report["left_out"].append("sweeps")
    elif not only:
        report["sweeps"] = sweeps(mode, until)
        say()
        for r in report["sweeps"]:
            say(
                f"sweep: {r['runs']} GANs of width {r['width']} at once take {r['ratio']:.1f} times"
                f" as long as one, threads: {r['threads']}, {r['busy_ratio']:.1f} times the"
                f" processor time ({r['all_ms']:.1f} and {r['one_ms']:.2f} ms a step)"
            )
    if not only and clock.until() is None:
        report["left_out"].append("startup")
    elif not only:
        lessons = None if mode == "long" else ("04", "06")
        report["startup"] = startup.startup(lessons, rounds=1 if mode == "short" else 3)
        for r in report["startup"]:
            say(startup.sentence(r))
    report["peak_end"] = peak()
    report["drift"] = drift(report["peak_start"], report["peak_end"])
    report["seconds"] = time.perf_counter() - start_time
    ratios = [r["fp32_ratio"] for r in report["peers"] if "GP" not in r["name"]]
    if ratios:
        median = statistics.median(ratios)
        say(f"\nP1, fp32 against the peers: least {min(ratios):.2f}, median {median:.2f}")
    if report["left_out"]:
        say("Left out, for the time was up: " + ", ".join(report["left_out"]) + ". MODE=long.")
    say("peak at the end:", ", ".join(f"{n} {v:.0f}" for n, v in report["peak_end"].items()))
    if report["drift"] > PEAK_MAY_DRIFT:
        say(f"DISCARD: the peak changed by {100 * report['drift']:.0f} %, the machine was busy.")
    say(NOTES)
    target = ROOT / "build" / f"bench-{report['date'].replace(':', '')}.json"
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps(report, indent=1), encoding="utf-8")
    say(f"{report['seconds']:.0f} s; every number is in build/{target.name}")


if __name__ == "__main__":
    main(*sys.argv[1:])
