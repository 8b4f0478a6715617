"""What every way to make the same step costs on this device: layout, precision, launch, compiler.

    python -m bench.ways                 on a GPU if there is one, about four minutes
    python -m bench.ways --device cpu --only "DCGAN 28" --seconds 5

The course's own networks. *plain loop*: lesson 04's as it is first written, which reads two numbers
back in every step. The ways after it are those of ``speed.probe`` (lesson 08). *compiled*: the best
of them without a recording, with both networks through torch.compile, mode "reduce-overhead" on a
GPU. Steps are timed in bursts, with one wait for the device at their end, all ways in turn;
printed is the shortest burst's mean. *ready after*: seconds until the first timed step.

On a GPU it also says by how much the weights of a recorded run differ from those of the same run
made kernel by kernel, and writes the table into build/ways.json.
"""

import argparse
import functools
import json
import time
from collections.abc import Callable

import torch
from torch import nn

from bench import steps as bench_steps
from bench.steps import dcgan, mlp
from gan_lessons import data, losses, penalties, runtime, speed, training

BURST, SAME = 20, 30  # steps in a burst; steps of the runs whose weights are compared
LATENT = 64
BEFORE = 6  # steps that warm up, record or compile


def r1() -> penalties.lazy:
    return penalties.lazy(penalties.ZeroCentered(real=1.0), every=8)


CASES = {  # nets, shape of a sample, batch, a fresh penalty
    "MLP 28": (mlp, (1, 28, 28), 64, None),
    "DCGAN 28": (dcgan(28, 1), (1, 28, 28), 64, None),
    "DCGAN 28, R1 at every 8th": (dcgan(28, 1, norm=nn.Identity), (1, 28, 28), 64, r1),
    "DCGAN 32": (dcgan(32, 3), (3, 32, 32), 64, None),
    "DCGAN 64 RGB": (dcgan(64, 3), (3, 64, 64), 64, None),
    "DCGAN 64 RGB, batch 256": (dcgan(64, 3), (3, 64, 64), 256, None),
}


def wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize()


def chosen(name: str, device: torch.device) -> speed.Speed:
    """Return one way by its name, as the probe would have chosen it."""
    return speed.choose({name: 1.0}, {}, wanted="auto", device=device.type)


def step_of(case: str, way: str, device: torch.device) -> Callable[[], object]:
    """Return what makes a case's next step: in one of speed.WAYS, "plain loop", "compiled …"."""
    make, shape, batch, penalty = CASES[case]
    torch.manual_seed(0)
    G, D = (net.to(device) for net in make())
    samples = (torch.rand(4 * batch, *shape, generator=runtime.generator(0)) * 2 - 1).to(device)
    more = {"latent_dim": LATENT, "game": losses.non_saturating}
    more["penalty"] = penalty and penalty()
    if way == "plain loop":
        return bench_steps.plain_step(G, D, samples, batch, **more)
    found = chosen(way.removeprefix("compiled "), device)
    if way.startswith("compiled "):
        torch._dynamo.config.recompile_limit = 64  # of all nets together: the nets of all cases
        mode = "reduce-overhead" if device.type == "cuda" else "default"
        G, D = (found.fit(net) for net in (G, D))
        opts = [torch.optim.Adam(net.parameters(), 2e-4, fused=True) for net in (G, D)]
        nets = [found.fast(torch.compile(net, mode=mode)) for net in (G, D)]
        batches = data.batches(found.fit(samples), batch, rng=runtime.generator(0))
        return functools.partial(next, training.train(*nets, *opts, batches, steps=10**9, **more))
    return bench_steps.course_step(G, D, found.fit(samples), batch, way=found, **more)


def ways_of(case: str, device: torch.device) -> list[str]:
    names = speed.names_of_ways(CASES[case][0]()[1], device, "auto")
    plain = [name for name in names if not name.endswith(speed.ONE_LAUNCH)]
    return ["plain loop", *names, f"compiled {plain[-1]}", f"compiled {plain[-2]}"]


def measured(case: str, device: torch.device, seconds: float) -> dict[str, dict]:
    """Return milliseconds and seconds of preparation by way; a word where it cannot be made."""
    steps, found = {}, {}
    for way in ways_of(case, device):
        start = time.perf_counter()
        try:
            step = step_of(case, way, device)
            for _ in range(BEFORE + 8 * (CASES[case][3] is not None)):
                step()
            wait(device)
        except Exception as error:  # what this device or compiler cannot do is a row, too
            found[way] = {"cannot": (str(error).strip() or type(error).__name__).splitlines()[0]}
            continue
        steps[way], found[way] = step, {"ready after": time.perf_counter() - start}
    took, start = {way: [] for way in steps}, time.perf_counter()
    while not all(took.values()) or time.perf_counter() - start < seconds:
        for way, step in steps.items():
            begin = time.perf_counter()
            for _ in range(BURST):
                step()
            wait(device)
            took[way].append(1000 * (time.perf_counter() - begin) / BURST)
    for way, bursts in took.items():
        found[way]["ms"] = min(bursts)
    return found


def differ(case: str, device: torch.device) -> float:
    """Return the largest difference of a weight between a recorded run and a plain one."""
    make, shape, batch, penalty = CASES[case]
    ends = []
    for one_launch in (False, True):
        torch.manual_seed(0)
        G, D = (net.to(device) for net in make())
        opts = [torch.optim.Adam(net.parameters(), 2e-4, fused=True) for net in (G, D)]
        samples = torch.rand(4 * batch, *shape, generator=runtime.generator(0)).to(device)
        batches = data.batches(samples, batch, rng=runtime.generator(0))
        more = {"steps": SAME, "latent_dim": LATENT, "penalty": penalty and penalty()}
        for _ in training.train(G, D, *opts, batches, one_launch=one_launch, **more):
            pass
        ends.append([w.detach().clone() for w in (*G.parameters(), *D.parameters())])
    return max(float((a - b).abs().max()) for a, b in zip(*ends, strict=True))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--seconds", type=float, default=10.0, help="of timing, for each case")
    parser.add_argument("--only", default="", help="cases whose name holds this")
    asked = parser.parse_args()
    runtime.start()
    device = torch.device(asked.device)
    table = {"about": bench_steps.about() | {"device": runtime.device_name(device)}}
    print(table["about"]["device"], "torch", torch.__version__, flush=True)
    for case in CASES:
        if asked.only not in case:
            continue
        found = measured(case, device, asked.seconds)
        table[case] = found
        plain = found["plain loop"]["ms"]
        print(f"\n{case}, batch {CASES[case][2]}", flush=True)
        for way, row in found.items():
            if "cannot" in row:
                told = f"cannot: {row['cannot'][:90]}"
            else:
                told = f"{row['ms']:8.2f} ms  {plain / row['ms']:5.2f}  "
                told += f"ready after {row['ready after']:.1f} s"
            print(f"  {way:38} {told}", flush=True)
        if device.type == "cuda":
            found["differ"] = differ(case, device)
            print(f"  weights after {SAME} steps differ by {found['differ']:.1e}", flush=True)
    place = bench_steps.ROOT / "build" / "ways.json"
    place.parent.mkdir(exist_ok=True)
    place.write_text(json.dumps(table, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
