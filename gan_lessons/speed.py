"""How long a step takes here (lesson 00), and which precision and layout are fastest (lesson 08).

Floor 5 of the house: it times :func:`training.train`.

No rule holds on every machine: bf16 makes a step three times as fast where the processor has
instructions for it and ten times as slow where it has none, and small networks gain nothing.
"""

import copy
import functools
import hashlib
import itertools
import json
import math
import statistics
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from gan_lessons import launch, losses, models, penalties, runtime
from gan_lessons.data import cache
from gan_lessons.training import CHECK_EVERY, Autocast, launched, play, train

LAYOUTS = {"": torch.contiguous_format, " channels-last": torch.channels_last}
ONE_LAUNCH = ", one launch"  # the step is recorded and replayed: on CUDA alone


class Way(NamedTuple):
    """How numbers lie in memory, which precision, how the step is launched. Lesson 08."""

    layout: torch.memory_format
    bf16: bool
    one_launch: bool


WAYS = {
    precision + layout + launched: Way(LAYOUTS[layout], precision == "bf16", bool(launched))
    for launched in ("", ONE_LAUNCH)
    for precision in ("fp32", "bf16")
    for layout in LAYOUTS
}
SECONDS = 1.5  # what the timing may take, roughly
SMALL = 4  # samples of the first steps; doubled for as long as that is affordable
ROUNDS = (3, 20)  # at least and at most so many timed steps of every way
GAIN = 1.1  # a way must be so many times as fast as a plainer one to be preferred
RESTLESS = 1.5  # a median step this much longer than the shortest: the machine has other work
HOPELESS = 2.0  # bf16 is not tried on the nets if a convolution takes so many times as long


def calibrate(device: torch.device | str = "cpu", *, rounds: int = 300) -> float:
    """Return how many milliseconds this machine takes for one step of the small GAN of lesson 04.

    The median of ``rounds`` steps, after a tenth of them to warm up; on one thread, whatever was
    set before, so that two measurements can be compared. Lesson 00.
    """
    G, D = models.plane_generator().to(device), models.plane_discriminator().to(device)
    opt_g, opt_d = (torch.optim.Adam(net.parameters(), fused=True) for net in (G, D))
    real = torch.randn(256, 2, generator=runtime.generator(0)).to(device)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        ticks = [time.perf_counter()]
        run = train(*(G, D, opt_g, opt_d), itertools.repeat(real), steps=rounds, latent_dim=2)
        for moment in run:
            if moment.step % CHECK_EVERY == 0:
                moment.history.column("loss_d")  # waits for a device that runs ahead
            ticks.append(time.perf_counter())
    finally:
        torch.set_num_threads(threads)
    took = [end - start for start, end in itertools.pairwise(ticks)]
    return 1000 * statistics.median(took[rounds // 10 :])


@dataclass(frozen=True)
class Speed:
    """What :func:`probe` found. Lesson 08.

    Attributes:
        name: the way that was chosen, one of WAYS.
        autocast: opens its precision; None for fp32.
        sentence: the choice and its reason in one line.
        milliseconds: the shortest step of every way that was timed.
    """

    name: str
    autocast: Callable[[], AbstractContextManager] | None
    sentence: str
    milliseconds: Mapping[str, float]

    def fit(self, net: nn.Module | Tensor) -> nn.Module | Tensor:
        """Return a net (changed in place) or images in the chosen layout. Lesson 08."""
        return net.to(memory_format=WAYS[self.name].layout)

    def fast(self, net: nn.Module) -> nn.Module:
        """Return a net that computes in the chosen precision, with the same weights. Lesson 08.

        It is for the run: look at, average and sample the net itself, which stays in float32.
        """
        return net if self.autocast is None else Autocast(net, self.autocast)

    @property
    def one_launch(self) -> bool:
        """Whether ``train`` should record the step and replay it: its ``one_launch``. Lesson 08."""
        return WAYS[self.name].one_launch


def probe(
    G: nn.Module,
    D: nn.Module,
    real: Tensor,
    *,
    latent_dim: int,
    n_critic: int = 1,
    penalty: Callable[[nn.Module, Tensor, Tensor], Tensor] | None = None,
    again: bool = False,
) -> Speed:
    """Return the fastest way for these nets, by timing a training step in each. Lesson 08.

    A plainer way is taken if it is less than a tenth slower. Takes a second or two, on copies of G
    and D and on part of the batch where a step is long; G, D and the random numbers to come stay as
    they are. The answer is kept in the course's cache for this machine, torch, threads, nets, batch
    and penalty; where nothing can be written, or steps of one way differ too much (a busy machine),
    it is found anew each time. GAN_LESSONS_PRECISION=fp32 or bf16 (else auto) decides on the
    precision.

    Args:
        real: a batch (B, …) as it will be trained on, on the nets' device.
        latent_dim, n_critic, penalty: as for :func:`train`.
        again: time it even if an answer is known.

    Raises:
        SettingError: GAN_LESSONS_PRECISION holds another word.
    """
    wanted = runtime.setting("GAN_LESSONS_PRECISION", "auto", ("auto", "fp32", "bf16"))
    names = names_of_ways(D, real.device, wanted)
    more = {"latent_dim": latent_dim, "n_critic": n_critic, "penalty": penalty}
    about = {"device": runtime.device_name(real.device), "torch": torch.__version__}
    about |= {"threads": torch.get_num_threads(), "nets": f"{G} {D}", "batch": list(real.shape)}
    about |= {"wanted": wanted} | {name: str(value) for name, value in more.items()}
    about["penalty"] = _called(penalty)
    found = None if again else _recalled(about)
    if found is None:
        *found, calm = _timed(G, D, real, names, more, trial=wanted == "auto")
        if calm:
            cache.store(_file(about), json.dumps([about, *found]).encode())
    return choose(*found, wanted=wanted, device=real.device.type)


def _called(penalty: Callable | None) -> str:
    """Say what a step pays for a penalty by: its name, how often it asks, of which samples."""
    if isinstance(penalty, penalties.lazy):
        return f"{_called(penalty.penalty)}, every {penalty.every}"
    inner = getattr(penalty, "func", penalty)
    asked = getattr(inner, "takes_logits", "")
    return f"{getattr(inner, '__qualname__', type(inner).__qualname__)} {asked}".strip()


def names_of_ways(D: nn.Module, device: torch.device, wanted: str) -> list[str]:
    """Return the ways that are timed, the plainer ones first. Lesson 08."""
    images = any(isinstance(layer, nn.Conv2d) for layer in D.modules())
    names = ["fp32", "fp32 channels-last", "bf16 channels-last"] if images else ["fp32", "bf16"]
    names = names[:-1] if wanted == "fp32" else names
    recorded = names[-2:] if device.type == "cuda" else []
    return names + [name + ONE_LAUNCH for name in recorded]


def choose(
    took: Mapping[str, float], left_out: Mapping[str, str], *, wanted: str, device: str
) -> Speed:
    """Return the way to go, given milliseconds by way and a reason for each way left out.

    A way is preferred to those before it if it is at least 1.1 times as fast; where bf16 was
    ``wanted`` by name and runs, it is among the ways in bf16. Lesson 08.
    """
    asked = [name for name in took if wanted == "bf16" == name[:4]] or list(took)
    best = asked[0]
    for name in asked:
        if took[best] >= GAIN * took[name]:
            best = name
    told = [best + f", as GAN_LESSONS_PRECISION={wanted} asks" * (wanted == best[:4])]
    others = {name: ms / took[best] for name, ms in took.items() if name != best}
    told += [f"{name} takes {times:.2f} times as long" for name, times in others.items()]
    told += [f"{name} is left out ({reason})" for name, reason in left_out.items()]
    autocast = functools.partial(torch.autocast, device, dtype=torch.bfloat16)
    return Speed(best, autocast if WAYS[best].bf16 else None, "; ".join(told) + ".", dict(took))


def _timed(
    G: nn.Module, D: nn.Module, real: Tensor, names: list[str], more: dict, *, trial: bool
) -> tuple[dict[str, float], dict[str, str], bool]:
    """Return milliseconds by way, why a way was left out, and whether the machine was calm."""
    steps, left_out, device = {}, {}, real.device
    dice = [] if device.type == "cpu" else [device.index or 0]
    with torch.random.fork_rng(dice, device_type=device.type), runtime.stop_at_boundary() as stop:
        for name in names:
            if trial and WAYS[name].bf16 and (slower := _slower_in_bf16(device)) > HOPELESS:
                left_out[name] = f"a trial convolution took {slower:.0f} times as long"
                continue
            try:
                steps[name] = _stepper(G, D, name, more)
                steps[name](real[:SMALL])
            except Exception as error:  # a device without this precision
                if name == "fp32":
                    raise
                steps.pop(name, None)
                left_out[name] = (str(error).strip() or type(error).__name__).splitlines()[0][:60]
        affordable, size = SECONDS / len(steps) / ROUNDS[0], SMALL
        while size < len(real) and steps["fp32"](real[:size]) < affordable / 2:
            size *= 2
        part = real[:size]
        took, start = {name: [] for name in steps}, time.perf_counter()
        for turn in range(ROUNDS[1]):
            if turn >= ROUNDS[0] and time.perf_counter() - start > SECONDS:
                break
            for name, step in steps.items():
                took[name].append(step(part))
                if stop:
                    raise KeyboardInterrupt
    calm = all(sorted(t)[len(t) // 2] <= RESTLESS * min(t) for t in took.values())
    return {name: 1000 * min(times) for name, times in took.items()}, left_out, calm


def _stepper(G: nn.Module, D: nn.Module, name: str, more: dict) -> Callable[[Tensor], float]:
    """Return a function that makes one step of copies in one way and says its seconds.

    What is recorded is recorded for a number of samples: for each, the first steps are not timed.
    """
    layout, bf16, one_launch = WAYS[name]
    device = next(G.parameters()).device.type
    autocast = functools.partial(torch.autocast, device, dtype=torch.bfloat16)
    nets = [copy.deepcopy(net).to(memory_format=layout) for net in (G, D)]
    opts = [torch.optim.Adam(net.parameters(), lr=1e-4, fused=True) for net in nets]
    if bf16:
        nets = [Autocast(net, autocast) for net in nets]

    penalty = copy.copy(more["penalty"])  # a lazy one counts its calls
    rules = {"penalty": penalty, "n_critic": more["n_critic"]}
    make = functools.partial(play, *nets, *opts, game=losses.non_saturating, **rules)
    if one_launch:
        make = launched(make, *nets, *opts, **rules)
    recorded = set()

    def step(real: Tensor) -> float:
        shape = len(real), more["latent_dim"]
        z = torch.randn(shape, generator=runtime.generator(0)).to(real.device)
        stream, draw = itertools.repeat((real, [])), lambda real: z
        if one_launch and len(real) not in recorded:
            for _ in range(launch.WARM_UP + 2):
                make(stream, draw)
            recorded.add(len(real))
        start = time.perf_counter()
        make(stream, draw)["loss_d"].item()  # waits for a device that runs ahead
        return time.perf_counter() - start

    return step


def _slower_in_bf16(device: torch.device) -> float:
    """Return how many times as long a small convolution takes in bfloat16 as in float32."""
    least = {torch.float32: math.inf, torch.bfloat16: math.inf}
    for dtype in [*least] * 10:
        x = torch.ones(4, 64, 16, 16, device=device, dtype=dtype)
        weight = torch.ones(64, 64, 3, 3, device=device, dtype=dtype)
        start = time.perf_counter()
        F.conv2d(x, weight).sum().item()  # .item() waits for the device
        least[dtype] = min(least[dtype], time.perf_counter() - start)
    return least[torch.bfloat16] / least[torch.float32]


def _file(about: dict) -> str:
    return f"speed/{hashlib.sha256(json.dumps(about).encode()).hexdigest()[:16]}.json"


def _recalled(about: dict) -> tuple[dict[str, float], dict[str, str]] | None:
    for place in cache.places():
        with suppress(OSError, ValueError, TypeError, AttributeError):  # damaged: as if not there
            known, took, left_out = json.loads(cache.read(place / _file(about), limit=2**16))
            possible = "fp32" in took.keys() <= WAYS.keys() and min(took.values()) > 0
            if known == about and possible and left_out.keys() <= WAYS.keys():
                return took, left_out
    return None
