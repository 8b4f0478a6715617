"""Right and wrong answers to the exercises of lesson 07, each with what its diagnosis must say."""

import copy
import math

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

# -- sizes -----------------------------------------------------------------------------------


def conv_out(n, k, s, p):
    return (n + 2 * p - k) // s + 1


def conv_transpose_out(n, k, s, p, output_padding):
    return (n - 1) * s - 2 * p + k + output_padding


def conv_by_counting(n, k, s, p):
    """Count the places where the kernel's left edge can stand."""
    return len(range(-p, n + p - k + 1, s))


def transpose_by_counting(n, k, s, p, output_padding):
    reached = {i * s + j for i in range(n) for j in range(k)}
    return max(reached) + 1 - p - p + output_padding


def conv_by_torch(n, k, s, p):
    weight = torch.zeros(1, 1, k, k)
    return F.conv2d(torch.zeros(1, 1, n, n), weight, stride=s, padding=p).shape[-1]


def transpose_by_torch(n, k, s, p, output_padding):
    more = {"stride": s, "padding": p, "output_padding": output_padding}
    return F.conv_transpose1d(torch.zeros(1, 1, n), torch.zeros(1, 1, k), **more).size(2)


RIGHT_SIZES = [
    (conv_out, conv_transpose_out),
    (conv_by_counting, transpose_by_counting),
    (conv_by_torch, transpose_by_torch),
    (
        lambda n, k, s, p: math.floor((n + 2 * p - k) / s + 1),
        lambda n, k, s, p, output_padding=0: n * s - s + k - 2 * p + output_padding,
    ),
    (
        lambda n, k, s, p: np.floor((n + 2 * p - k) / s) + 1,
        lambda *numbers: torch.tensor(conv_transpose_out(*numbers)),
    ),
]


def _conv(wrong):
    return wrong, conv_transpose_out


def _up(wrong):
    return conv_out, wrong


WRONG_SIZES = {
    "a pair": (*_conv(lambda n, k, s, p: (conv_out(n, k, s, p),) * 2), "one result should come"),
    "a list of both sides": (*_conv(lambda n, k, s, p: [conv_out(n, k, s, p)] * 2), "one is asked"),
    "nothing": (*_conv(lambda n, k, s, p: None), "the return is missing"),
    "a negative bracket": (*_conv(lambda n, k, s, p: (n - 2 * p - k) // s + 1), "is taken away"),
    "size by stride, by int": (*_conv(lambda n, k, s, p: int(n / s)), "only where the padding"),
    "same padding, by ceil": (*_conv(lambda n, k, s, p: math.ceil(n / s)), "'same' padding"),
    "k on both sides": (*_conv(lambda n, k, s, p: (n + 2 * p - 2 * k) // s + 1), "should give"),
    "padding once, no plus one": (
        *_conv(lambda n, k, s, p: (n + p - k) // s),
        "two things at once. First: the + 1 is missing",
    ),
    "stride and kernel exchanged": (*_conv(lambda n, s, k, p: conv_out(n, k, s, p)), "exchanged"),
    "both exchanged": (
        lambda n, k, s, p: conv_transpose_out(n, k, s, p, 0),
        lambda n, k, s, p, o: conv_out(n, k, s, p),
        "the two functions are exchanged",
    ),
    "twice the right size": (
        *_up(lambda *numbers: 2 * conv_transpose_out(*numbers)),
        "twice the right value",
    ),
    "n steps, no output_padding": (
        *_up(lambda n, k, s, p, o: n * s - 2 * p + k),
        "two things at once. First: output_padding is left out",
    ),
    "k for k - 1 and 1": (*_up(lambda n, k, s, p, o: n * s - 2 * p + k - s + o + 1), "too many"),
}

# -- batch norm's arguments ------------------------------------------------------------------


class OwnNorm(nn.Module):
    """Batch norm written by hand."""

    def __init__(self, c):
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.ones(c)), nn.Parameter(torch.zeros(c))
        self.register_buffer("mean", torch.zeros(c))
        self.register_buffer("var", torch.ones(c))

    def forward(self, x):
        mean, var = self.mean, self.var
        if self.training:
            mean, var = x.mean((0, 2, 3)), x.var((0, 2, 3))
            self.mean = 0.8 * self.mean + 0.2 * mean.detach()
            self.var = 0.8 * self.var + 0.2 * var.detach()
        scale = self.weight / (var + 1e-5).sqrt()
        return (x - mean[:, None, None]) * scale[:, None, None] + self.bias[:, None, None]


RIGHT_NORMS = [lambda c: nn.BatchNorm2d(c, momentum=0.2), OwnNorm]
RIGHT_NORMS += [lambda c: nn.BatchNorm2d(c, 1e-5, 0.2), lambda c: nn.BatchNorm2d(c, 1e-3, 1 - 0.8)]
RIGHT_NORMS += [lambda c: nn.LazyBatchNorm2d(momentum=0.2), lambda c: OwnNorm(c).eval()]
WRONG_NORMS = {
    "eps of 0.2": (lambda c: nn.BatchNorm2d(c, 0.2), "the second argument is eps"),
    "another momentum": (lambda c: nn.BatchNorm2d(c, momentum=0.5), "are 0.6"),
    "each image alone": (lambda c: nn.InstanceNorm2d(c, momentum=0.2), "no running statistics"),
    "the last batch only": (lambda c: nn.BatchNorm2d(c, momentum=1.0), "nothing of the old"),
    "by places": (lambda c: nn.LayerNorm([c, 7, 7]), "no running statistics"),
    "three axes": (lambda c: nn.BatchNorm3d(c, momentum=0.2), "does not take maps"),
    "a number": (lambda c: 0.2, "not a layer"),
}

# -- first weights ---------------------------------------------------------------------------


def init(layer):
    if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
        nn.init.normal_(layer.weight, 0.0, 0.02)
        nn.init.zeros_(layer.bias)
    elif isinstance(layer, nn.BatchNorm2d):
        nn.init.normal_(layer.weight, 1.0, 0.02)
        nn.init.zeros_(layer.bias)


@torch.no_grad()
def init_by_shape(layer):
    """Another way to tell them apart: batch norm's weight is a vector."""
    for name, weight in layer.named_parameters(recurse=False):
        if name == "bias":
            weight.zero_()
        else:
            weight.copy_(0.02 * torch.randn_like(weight) + (weight.ndim == 1))


def init_anew(layer):
    """Right numbers, but in new parameters."""
    if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d | nn.Linear | nn.BatchNorm2d):
        around = 1.0 if isinstance(layer, nn.BatchNorm2d) else 0.0
        layer.weight = nn.Parameter(around + 0.02 * torch.randn_like(layer.weight))
        layer.bias = nn.Parameter(torch.zeros_like(layer.bias))


LAYERS = (nn.Conv2d, nn.ConvTranspose2d, nn.Linear)


def _init(weights=LAYERS, draw=lambda w: nn.init.normal_(w, 0.0, 0.02), norm=True, biases=True):
    """Return an init with one thing changed."""

    def one(layer):
        if isinstance(layer, weights):
            draw(layer.weight)
            if biases:
                nn.init.zeros_(layer.bias)
        elif isinstance(layer, nn.BatchNorm2d) and norm:
            nn.init.normal_(layer.weight, 1.0, 0.02)
            nn.init.zeros_(layer.bias)

    return one


def _everything_around_zero(layer):
    for parameter in layer.parameters(recurse=False):
        nn.init.normal_(parameter, 0.0, 0.02)


def _class_names(layer):
    name = type(layer).__name__
    if "Conv" in name or "Linear" in name:
        nn.init.normal_(layer.weight, 0.0, 0.02)
        nn.init.zeros_(layer.bias)
    elif "BatchNorm" in name:
        nn.init.normal_(layer.weight, 1.0, 0.02)
        nn.init.zeros_(layer.bias)


def _exact_class(layer):
    if type(layer) in LAYERS or isinstance(layer, nn.BatchNorm2d):
        init(layer)


def _buffers_too(layer):
    init(layer)
    for buffer in layer.buffers(recurse=False):
        if buffer.is_floating_point():
            nn.init.normal_(buffer, 0.0, 0.02)


def _frozen(layer):
    init(layer)
    layer.requires_grad_(False)


def _forgets_what_it_drew(layer):
    if isinstance(layer, LAYERS):
        torch.normal(0.0, 0.02, layer.weight.shape)


def _attributes(layer):
    """Whatever has a weight: batch norm gets the same."""
    if hasattr(layer, "weight"):
        nn.init.normal_(layer.weight, std=0.02)
        nn.init.zeros_(layer.bias)


def _all_others(layer):
    if isinstance(layer, nn.BatchNorm2d):
        init(layer)
    else:
        nn.init.normal_(layer.weight, 0.0, 0.02)
        nn.init.zeros_(layer.bias)


@torch.no_grad()
def init_by_methods(layer):
    if isinstance(layer, nn.modules.batchnorm._NormBase):
        layer.weight.normal_(1, 0.02)
        layer.bias.zero_()
    elif getattr(layer, "weight", None) is not None:
        layer.weight.normal_(std=0.02)
        layer.bias.mul_(0)


RIGHT_INITS = [init, init_by_shape, init_anew, init_by_methods]
WRONG_INITS = {
    "all parameters around 0": (_everything_around_zero, "drawn around 0"),
    "whatever has a weight": (_attributes, "drawn around 0"),
    "class names": (_class_names, "not for a piece of its class's name"),
    "all others": (_all_others, "An else, or a condition too wide"),
    "exact class": (_exact_class, "as isinstance knows"),
    "nothing": (lambda layer: None, "keeps its value"),
    "forgotten": (_forgets_what_it_drew, "keeps its value"),
    "too wide": (_init(draw=lambda w: nn.init.normal_(w, 0.0, 0.05)), "not 0 and 0.02"),
    "only above 0": (_init(draw=lambda w: nn.init.uniform_(w, 0, 0.02)), "not 0 and 0.02"),
    "running statistics": (_buffers_too, "they are measurements"),
    "frozen": (_frozen, "never learn"),
}

# -- sampling --------------------------------------------------------------------------------


def sample(G, z):
    before = G.training
    G.eval()
    with torch.no_grad():
        images = G(z)
    G.train(before)
    return images


@torch.no_grad()
def sample_a_copy(G, z):
    return copy.deepcopy(G).eval()(z)


def sample_one_by_one(G, z):
    return torch.cat([sample(G, row[None]) for row in z])


def sample_with_graph(G, z):
    before = G.training
    images = G.eval()(z)
    G.train(before)
    return images


@torch.no_grad()
def _in_train_mode(G, z):
    return G(z)


@torch.no_grad()
def _a_copy_in_train_mode(G, z):
    return copy.deepcopy(G).train()(z)


@torch.no_grad()
def _left_in_eval_mode(G, z):
    return G.eval()(z)


@torch.no_grad()
def _always_back_to_train(G, z):
    images = G.eval()(z)
    G.train()
    return images


@torch.no_grad()
def _each_normalized_alone(G, z):
    G = copy.deepcopy(G).train()
    return torch.cat([G(row[None]) for row in z])


@torch.no_grad()
def _one_by_one_in_train_mode(G, z):
    before = G.training
    images = torch.cat([G.train()(row[None]) for row in z])
    G.train(before)
    return images


@torch.no_grad()
def _only_the_norms(G, z):
    for layer in G.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.eval()
    return G(z)


@torch.no_grad()
def _a_fresh_norm(G, z):
    """Statistics are thrown away in a copy: the running mean is 0 again."""
    G = copy.deepcopy(G).eval()
    for layer in G.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.reset_running_stats()
    return G(z)


@torch.no_grad()
def sample_with_each_mode_restored(G, z):
    modes = [(layer, layer.training) for layer in G.modules()]
    G.eval()
    images = G(z)
    for layer, mode in modes:
        layer.training = mode
    return images


def sample_in_numpy(G, z):
    return torch.tensor(sample(G, z).numpy().tolist())


@torch.no_grad()
def _unfrozen_never(G, z):
    for parameter in G.parameters():
        parameter.requires_grad = False
    return sample(G, z)


RIGHT_SAMPLES = [sample, sample_a_copy, sample_one_by_one, sample_with_graph]
RIGHT_SAMPLES += [sample_with_each_mode_restored, sample_in_numpy]


def _sample_without_gradients_ever(G, z):
    mode = G.training
    G.eval()
    torch.set_grad_enabled(False)
    images = G(z)
    G.train(mode)
    return images


WRONG_SAMPLES = {
    "gradients off for good": (_sample_without_gradients_ever, "switched off for all that follows"),
    "train mode": (_in_train_mode, "five batch mates"),
    "a copy in train mode": (_a_copy_in_train_mode, "five batch mates"),
    "left in eval mode": (_left_in_eval_mode, "Put the mode back"),
    "norms left in eval mode": (_only_the_norms, "Put the mode back"),
    "always back to train": (_always_back_to_train, "put back what *was*"),
    "one by one in train mode": (_one_by_one_in_train_mode, "sampling changes G"),
    "each normalized alone": (_each_normalized_alone, "normalized by itself"),
    "statistics thrown away": (_a_fresh_norm, "yours"),
    "frozen": (_unfrozen_never, "G is frozen afterwards"),
    "no images": (lambda G, z: None, "not a tensor"),
}
