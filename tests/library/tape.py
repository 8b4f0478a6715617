"""What stands for a CUDA graph on a CPU: a tape that replays kernels on the memory they had."""

import itertools

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode


class Tape(TorchDispatchMode):
    """Notes every kernel with the very tensors it read and wrote, as a CUDA graph does."""

    def __init__(self):
        super().__init__()
        self.kernels = []

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        out = func(*args, **kwargs or {})
        self.kernels.append((func, args, kwargs or {}, out))
        return out

    @torch.no_grad()
    def replay(self) -> None:
        for func, args, kwargs, out in self.kernels:
            again = func(*args, **kwargs)
            if any(result.alias_info is not None for result in func._schema.returns):
                continue  # in place, or a view: the memory is the argument's
            outs, news = (x if isinstance(x, tuple | list) else (x,) for x in (out, again))
            for place, new in zip(outs, news, strict=True):
                if isinstance(place, Tensor):
                    place.copy_(new)


class OnTape:
    """Plays steps as launch.OnCuda does, with a tape for a graph.

    A CPU makes what it records, so the first replay, of the same inputs, is already made.
    """

    def __init__(self):
        self.plain = self.replays = 0

    def plainly(self, work, inputs):
        self.plain += 1
        return work(*inputs)

    def recorded(self, work, inputs):
        places = [x.clone() for x in inputs]
        with Tape() as tape:
            results = work(*places)
        made = itertools.count()

        def replay(*inputs):
            for place, x in zip(places, inputs, strict=True):
                place.copy_(x)
            if next(made):
                tape.replay()
            self.replays += 1
            return {name: value.detach().clone() for name, value in results.items()}

        return replay
