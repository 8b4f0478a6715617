"""A training step that is launched as one piece: CUDA graphs. Lesson 08.

Floor 2 of the house. On a GPU the step of a small network is a row of some two hundred kernels,
each shorter than the processor needs to ask for it. A CUDA graph asks for all of them at once: the
row is recorded in one step, and later steps replay it, on the same memory. What Python did while it
was recorded is not done again; so whatever a step decides in Python must be known beforehand, and
that is the ``kind`` of :class:`OneLaunch`.

Source: Nguyen et al. 2021, Accelerating PyTorch with CUDA Graphs (PyTorch blog).
"""

from collections.abc import Callable, Hashable

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from gan_lessons.errors import SettingError

WARM_UP = 3  # steps of a kind that are made kernel by kernel before one is recorded
MOST = 8  # kinds that are recorded; steps of further kinds go on kernel by kernel

Work = Callable[..., dict[str, Tensor]]


class OneLaunch:
    """A step on tensors, made kernel by kernel a few times, then recorded, then replayed.

    Args:
        work: the step, of tensors on the device; its tensors of results are copied before the next
            step writes over them. It reads nothing back. Random numbers from the device's global
            source are drawn anew in every replay.
        player: makes, records and replays steps; :class:`OnCuda` unless a test brings its own.

    Attributes:
        recordings: by kind and shapes.

    Introduced in lesson 08.
    """

    def __init__(self, work: Work, player: "OnCuda | None" = None):
        self.work, self.player = work, OnCuda() if player is None else player
        self.recordings: dict[Hashable, Callable[..., dict[str, Tensor]]] = {}
        self.made: dict[Hashable, int] = {}

    def __call__(self, *inputs: Tensor, kind: Hashable = ()) -> dict[str, Tensor]:
        """Make one step.

        Args:
            inputs: what changes from step to step; those of one kind have the same shapes.
            kind: all that Python decides in the step, such as whether a penalty is due.
        """
        key = kind, *((x.shape, x.dtype) for x in inputs)
        if key in self.recordings:
            return self.recordings[key](*inputs)
        self.made[key] = self.made.get(key, 0) + 1
        if self.made[key] <= WARM_UP or len(self.recordings) == MOST:
            return self.player.plainly(self.work, inputs)
        self.recordings[key] = self.player.recorded(self.work, inputs)
        return self.recordings[key](*inputs)


class OnCuda:
    """Makes steps on a CUDA device: plain ones on a stream of their own, and recordings. Lesson 08.

    torch asks for the stream: what autograd remembers of the first steps must not belong to the
    stream that is recorded.

    Raises:
        SettingError: there is no CUDA device.
    """

    def __init__(self):
        if not torch.cuda.is_available():
            raise SettingError(
                "one_launch=True records a step on a CUDA device, and there is none here.",
                "Nothing was trained.",
                "Leave it out, or ask speed.probe: its one_launch is True only where that pays.",
            )
        self.stream = torch.cuda.Stream()

    def plainly(self, work: Work, inputs: tuple[Tensor, ...]) -> dict[str, Tensor]:
        """Make a step kernel by kernel. Lesson 08."""
        self.stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(self.stream):
            results = work(*inputs)
        torch.cuda.current_stream().wait_stream(self.stream)
        return results

    def recorded(self, work: Work, inputs: tuple[Tensor, ...]) -> Callable[..., dict[str, Tensor]]:
        """Record a step without making it; return what makes it. Lesson 08."""
        places = [x.clone() for x in inputs]
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            results = work(*places)

        def replay(*inputs: Tensor) -> dict[str, Tensor]:
            for place, x in zip(places, inputs, strict=True):
                place.copy_(x)
            graph.replay()
            return {name: value.detach().clone() for name, value in results.items()}

        return replay


def on_the_device(optimizer: Optimizer) -> None:
    """Let an optimizer keep its rate and count of steps on its weights' device. Lesson 08.

    A recorded step would go on with the number that a rate had when it was recorded; a tensor it
    reads anew. Schedulers fill such a tensor. Call it before the first step.
    """
    for group in optimizer.param_groups:
        device = group["params"][0].device
        group["lr"] = torch.as_tensor(group["lr"], dtype=torch.float32, device=device)
        if "capturable" in group:
            group["capturable"] = True


def all_that_is_fixed(*parts: nn.Module | Optimizer) -> tuple:
    """Return what a recording of nets and optimizers holds for good: it belongs to a step's kind.

    That is every number that is Python's own, such as train mode, a probability, or a rate that was
    set anew, and where in memory weights, buffers and the optimizers' averages lie. Lesson 08.
    """
    fixed = []
    for part in parts:
        if isinstance(part, nn.Module):
            found = [value for layer in part.modules() for value in vars(layer).values()]
            found += [*part.parameters(), *part.buffers()]
        else:
            found = [value for group in part.param_groups for value in group.values()]
            found += [value for state in part.state.values() for value in state.values()]
        fixed += [value for value in found if isinstance(value, bool | int | float)]
        fixed += [value.data_ptr() for value in found if isinstance(value, Tensor)]
    return tuple(fixed)
