"""Does a step in two processes do what a step in one does? Prints the table of README.md.

    python -m distributed.compare

Every row plays the same game twice from the same weights, with the same samples and the same noise:
in one process with the whole batch, and in two processes with half of it each.
"""

import copy
import datetime
import functools
import platform
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.multiprocessing import spawn
from torch.nn.parallel import DistributedDataParallel

from gan_lessons import data, losses, models, penalties, training

STEPS = 5
BATCH = 64
PROCESSES = 2


def pictures(norm: Callable[[int], nn.Module]) -> tuple[nn.Module, nn.Module]:
    """Return G and D of lesson 07 in a small width, with a normalization in both."""
    return (
        models.dcgan_generator(width=16, norm=norm),
        models.dcgan_discriminator(width=16, norm=norm),
    )


def in_groups(channels: int) -> nn.Module:
    """Return a normalization that looks at one picture at a time."""
    return nn.GroupNorm(4, channels)


@dataclass(frozen=True)
class Row:
    """A game to compare: what makes its players, D's penalty, whether its samples are points."""

    make: Callable[[], tuple[nn.Module, nn.Module]]
    penalty: Callable[..., Tensor] | None = None
    plane: bool = False


def points() -> tuple[nn.Module, nn.Module]:
    """Return G and D of lesson 04."""
    return models.plane_generator(), models.plane_discriminator()


ROWS = {
    "MLP on the plane": Row(points, plane=True),
    "the same, R1": Row(points, functools.partial(penalties.r1, gamma=1.0), plane=True),
    "DCGAN, no normalization": Row(lambda: pictures(nn.Identity)),
    "DCGAN, group norm": Row(lambda: pictures(in_groups)),
    "DCGAN, batch norm": Row(lambda: pictures(nn.BatchNorm2d)),
}


def weights_after(
    row: Row, *, rank: int = 0, world: int = 1, part: slice | None = None
) -> tuple[Tensor, Tensor]:
    """Play STEPS steps; return all first weights and all last ones, of G, its average and D.

    ``part`` of each batch is this process's; if None, every ``world``-th sample from ``rank`` on.
    """
    part = part or slice(rank, None, world)
    torch.manual_seed(0)
    G, D = row.make()
    average = copy.deepcopy(G)
    x = data.ring(BATCH).x if row.plane else data.to_model_range(data.strokes().x[:BATCH])
    latent_dim = 2 if row.plane else 64
    z = iter(torch.randn(STEPS, BATCH, latent_dim, generator=torch.Generator().manual_seed(1)))
    players = [G, average, D]
    first = nn.utils.parameters_to_vector(w for net in players for w in net.parameters()).detach()
    opts = [torch.optim.SGD(net.parameters(), lr=0.05) for net in (G, D)]
    nets = [DistributedDataParallel(net) for net in (G, D)] if world > 1 else [G, D]
    stream = training.stream_of([x[part]], *nets)
    for _ in range(STEPS):
        training.play(
            *nets,
            *opts,
            stream,
            lambda real: next(z)[part],
            game=losses.non_saturating,
            penalty=row.penalty,
        )
        models.update_average(average, nets[0], decay=0.9)
    last = nn.utils.parameters_to_vector(w for net in players for w in net.parameters()).detach()
    return first, last


def _one_of_several(rank: int, name: str, folder: str) -> None:
    torch.set_num_threads(1)
    meet = f"file://{folder}/meet"
    dist.init_process_group("gloo", init_method=meet, rank=rank, world_size=PROCESSES)
    _, last = weights_after(ROWS[name], rank=rank, world=PROCESSES)
    torch.save(last, f"{folder}/{rank}.pt")
    dist.destroy_process_group()


def compared(name: str) -> dict[str, float]:
    """Return, as shares of the way that one process goes, how far two processes end.

    ``apart``: of one process with the whole batch. ``between``: of each other.
    """
    with tempfile.TemporaryDirectory() as folder:
        spawn(_one_of_several, (name, folder), nprocs=PROCESSES)
        ends = [torch.load(Path(folder) / f"{i}.pt", weights_only=True) for i in range(PROCESSES)]
    first, alone = weights_after(ROWS[name])
    way = (alone - first).norm()
    return {
        "apart": float((ends[0] - alone).norm() / way),
        "between": float((ends[0] - ends[1]).norm() / way),
    }


def main() -> None:
    """Print the table."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    print("| game | apart from one process | apart from each other |\n|---|---|---|")
    for name in ROWS:
        found = compared(name)
        print(f"| {name} | {found['apart']:.1e} | {found['between']:.1e} |")
    torch.set_num_threads(threads)
    print(f"\n{datetime.date.today()}, {platform.system()}, torch {torch.__version__}, gloo.")


if __name__ == "__main__":
    main()
