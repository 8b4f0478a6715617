"""Right and wrong answers to the exercises of lesson 15, each with what its diagnosis must say."""

import functools
import math

import numpy as np
import torch
from torch.nn import functional as F

# -- the receptive field -----------------------------------------------------------------------


def seen_backward(layers):
    seen = 1
    for kernel, stride in reversed(layers):
        seen = (seen - 1) * stride + kernel
    return seen


def seen_forward(layers):
    """With the step from one number to the next, in pixels of the input."""
    size, step = 1, 1
    for k, s in layers:
        size += (k - 1) * step
        step *= s
    return size


def seen_recursively(layers):
    if not layers:
        return 1
    (kernel, stride), *rest = layers
    return (seen_recursively(rest) - 1) * stride + kernel


def seen_as_a_sum(layers):
    kernels, strides = np.array(layers).T
    steps = np.concatenate([[1], np.cumprod(strides)[:-1]])
    return int(1 + ((kernels - 1) * steps).sum())


def seen_by_marking(layers):
    """Which pixels of a row reach the first number of the last layer."""
    reached = {0}
    for kernel, stride in layers[::-1]:
        reached = {i * stride + j for i in reached for j in range(kernel)}
    return max(reached) - min(reached) + 1


def seen_by_a_gradient(layers):
    x = torch.zeros(1, 1, 400, requires_grad=True)
    h = x
    for kernel, stride in layers:
        h = F.conv1d(h, torch.ones(1, 1, kernel), stride=stride)
    h[0, 0, 0].backward()
    return torch.count_nonzero(x.grad)


def seen_by_reducing(layers):
    return functools.reduce(lambda r, ks: (r - 1) * ks[1] + ks[0], layers[::-1], 1)


RIGHT_FIELDS = [
    seen_backward,
    seen_forward,
    seen_recursively,
    seen_as_a_sum,
    seen_by_marking,
    seen_by_a_gradient,
    seen_by_reducing,
]


def _forward(layers):
    seen = 1
    for kernel, stride in layers:
        seen = (seen - 1) * stride + kernel
    return seen


def _own_stride(layers):
    size, step = 1, 1
    for k, s in layers:
        step *= s
        size += (k - 1) * step
    return size


def _k_whole(layers):
    seen = 1
    for kernel, stride in layers[::-1]:
        seen = seen * stride + kernel
    return seen


def _from_nothing(layers):
    seen = 0
    for kernel, stride in layers[::-1]:
        seen = (seen - 1) * stride + kernel
    return seen


def _all_on_the_way(layers):
    return [seen_backward(layers[: i + 1]) for i in range(len(layers))]


def _tiles(layers):
    seen = 1
    for kernel, stride in layers[::-1]:
        seen = seen * stride + kernel - 1
    return seen


def _jump_forgets(layers):
    size, step = 1, 1
    for k, s in layers:
        size += (k - 1) * step
        step = s
    return size


def _padded(layers):
    size, step = 1, 1
    for k, s in layers:
        size += (k - 1 - 2 * ((k - 1) // 2)) * step
        step *= s
    return size


def _whole_kernels(layers):
    size, step = 1, 1
    for k, s in layers:
        size += k * step
        step *= s
    return size


def _whole_kernels_from_nothing(layers):
    return _whole_kernels(layers) - 1


def _one_too_small(layers):
    n = 1
    for k, s in reversed(layers):
        n = (n - 1) * s + (k - 1)
    return n


def _last_kernel_twice(layers):
    n = layers[-1][0]
    for k, s in reversed(layers):
        n = (n - 1) * s + k
    return n


WRONG_FIELDS = {
    "strides forgotten": (lambda layers: 1 + sum(k - 1 for k, _ in layers), "no stride"),
    "last layer left out": (
        lambda layers: seen_backward(layers[:-1]),
        "the last layer is left out",
    ),
    "first layer left out": (
        lambda layers: seen_backward(layers[1:]),
        "the first layer is left out",
    ),
    "from the front": (_forward, "from the other end"),
    "its own stride too": (_own_stride, "own stride"),
    "k for k - 1": (_k_whole, "overlap"),
    "from nothing": (_from_nothing, "begins with 1"),
    "product of the kernels": (
        lambda layers: math.prod(k for k, _ in layers),
        "kernels are multiplied",
    ),
    "sum of the kernels": (lambda layers: sum(k for k, _ in layers), "added up"),
    "the step": (lambda layers: math.prod(s for _, s in layers), "product of the strides"),
    "area": (lambda layers: seen_backward(layers) ** 2, "the area"),
    "every layer's": (_all_on_the_way, "a number for each layer"),
    "one too few": (lambda layers: seen_backward(layers) - 1, "one too few"),
    "one off a layer": (_tiles, "n − 1 steps between them"),
    "only the stride before": (_jump_forgets, "all strides before"),
    "padding taken off": (_padded, "adding nothing to what is seen"),
    "kernel of the last by all strides": (
        lambda layers: layers[-1][0] * math.prod(s for _, s in layers),
        "alone is stretched",
    ),
    "half of it": (lambda layers: seen_backward(layers) // 2, "half"),
    "each kernel one too small": (_one_too_small, "kernel is one too small"),
    "whole kernels": (_whole_kernels, "adds its whole kernel"),
    "whole kernels, from nothing": (_whole_kernels_from_nothing, "adds its whole kernel"),
    "the last kernel twice": (_last_kernel_twice, "counts twice"),
    "kernels times strides": (
        lambda layers: sum(k * s for k, s in layers),
        "kernel times stride, summed",
    ),
}

# -- what D answers: logits and a distance -------------------------------------------------------


def answers(critic, x, shown, target):
    off = (x - target).square().flatten(1).mean(1)
    return critic(torch.cat([x, shown], 1)), off


def answers_by_mse(critic, x, shown, target):
    off = F.mse_loss(x, target, reduction="none").mean(dim=(1, 2, 3))
    return critic(torch.hstack((x, shown))), off


def answers_in_a_loop(critic, x, shown, target):
    off = [((a - b) ** 2).mean() for a, b in zip(x, target, strict=True)]
    return critic(torch.cat((x, shown), dim=-3)), torch.stack(off)


def answers_as_a_list(critic, x, shown, target):
    d = (x - target).reshape(len(x), -1)
    seen = torch.cat([x, shown], dim=1)
    return [critic(seen), torch.linalg.vector_norm(d, dim=1) ** 2 / d.shape[1]]


def answers_by_einsum(critic, x, shown, target):
    d = x - target
    return critic(torch.concat([x, shown], 1)), torch.einsum("bchw,bchw->b", d, d) / d[0].numel()


def answers_by_assignment(critic, x, shown, target):
    B, C, H, W = x.shape
    seen = x.new_empty(B, C + shown.shape[1], H, W)
    seen[:, :C] = x
    seen[:, C:] = shown
    return critic(seen), (target - x).pow(2).mean((1, 2, 3))


RIGHT_ANSWERS = [
    answers,
    answers_by_mse,
    answers_in_a_loop,
    answers_as_a_list,
    answers_by_einsum,
    answers_by_assignment,
]


def _off(x, target):
    return (x - target).square().flatten(1).mean(1)


def _seen(x, shown):
    return torch.cat([x, shown], 1)


def _mean_of_each(critic, x, shown, target):
    logits = critic(torch.cat([x, shown], 1)).reshape(len(x), -1).mean(1)
    return logits, (x - target).square().flatten(1).mean(1)


def _mean_along_an_axis(critic, x, shown, target):
    logits = critic(torch.cat([x, shown], 1)).flatten(1).mean(1)
    return logits, (x - target).square().flatten(1).mean(1)


WRONG_ANSWERS = {
    "one axis after the other": (
        lambda D, x, s, t: (D(_seen(x, s)), (x - t).square().mean(1).mean(2).mean(3)),
        "an axis is asked for that is not there",
    ),
    "patches averaged": (_mean_of_each, "patches are averaged"),
    "patches along an axis": (_mean_along_an_axis, "an axis is asked for that is not there"),
    "D is not shown the question": (
        lambda D, x, s, t: (D(x), _off(x, t)),
        "not shown the question",
    ),
    "D sees the truth": (
        lambda D, x, s, t: (D(_seen(t, s)), _off(x, t)),
        "looks at the truth",
    ),
    "question first": (lambda D, x, s, t: (D(_seen(s, x)), _off(x, t)), "the question comes first"),
    "summed": (
        lambda D, x, s, t: (D(_seen(x, s)), (x - t).square().flatten(1).sum(1)),
        "a sum over the pixels",
    ),
    "one number": (
        lambda D, x, s, t: (D(_seen(x, s)), F.mse_loss(x, t)),
        "one number for each picture",
    ),
    "absolute": (
        lambda D, x, s, t: (D(_seen(x, s)), (x - t).abs().flatten(1).mean(1)),
        "absolute values",
    ),
    "far from the question": (
        lambda D, x, s, t: (D(_seen(x, s)), _off(x, s[:, :1])),
        "from the question",
    ),
    "a root": (lambda D, x, s, t: (D(_seen(x, s)), _off(x, t).sqrt()), "a root"),
    "off detached": (
        lambda D, x, s, t: (D(_seen(x, s)), _off(x.detach(), t)),
        "the distance does not reach",
    ),
    "logits detached": (
        lambda D, x, s, t: (D(_seen(x.detach(), s)), _off(x, t)),
        "the critic does not reach",
    ),
    "exchanged": (lambda D, x, s, t: (_off(x, t), D(_seen(x, s))), "logits come first"),
    "probability": (lambda D, x, s, t: (D(_seen(x, s)).sigmoid(), _off(x, t)), "probabilities"),
    "added": (lambda D, x, s, t: (D(x + s[:, :1]), _off(x, t)), "is added to the answer"),
    "only logits": (lambda D, x, s, t: D(_seen(x, s)), "two things"),
    "added up into one": (
        lambda D, x, s, t: D(_seen(x, s)).mean() + _off(x, t).mean(),
        "two things",
    ),
    "below each other": (
        lambda D, x, s, t: (D(torch.cat([x, s[:, : x.shape[1]]], 0)), _off(x, t)),
        "along the channels",
    ),
    "mean over the batch": (
        lambda D, x, s, t: (D(_seen(x, s)), (x - t).square().mean(0).flatten()),
        "one number for each picture",
    ),
    "difference unsquared": (
        lambda D, x, s, t: (D(_seen(x, s)), (x - t).flatten(1).mean(1)),
        "cancel",
    ),
    "D sees all three": (
        lambda D, x, s, t: (D(torch.cat([x, s, t], 1)), _off(x, t)),
        "also sees the truth",
    ),
    "logits averaged": (lambda D, x, s, t: (D(_seen(x, s)).mean(), _off(x, t)), "averaged"),
    "below each other, all of the question": (
        lambda D, x, s, t: (D(torch.cat([x, s])), _off(x, t)),
        "along the channels",
    ),
    "side by side": (
        lambda D, x, s, t: (D(torch.cat([x, s], -1)), _off(x, t)),
        "along the channels",
    ),
    "all of it added": (lambda D, x, s, t: (D(x + s), _off(x, t)), "is added to the answer"),
    "the critic is called with two": (
        lambda D, x, s, t: (D(x, s), _off(x, t)),
        "critic takes one tensor",
    ),
    "the critic is called with three, and one number": (
        lambda D, x, s, t: (D(x, s, t), F.mse_loss(x, t)),
        "critic takes one tensor",
    ),
    "halves, as for a PSNR": (
        lambda D, x, s, t: (D(_seen(x, s)), _off(x / 2, t / 2)),
        "a quarter comes back",
    ),
    "channels added up": (
        lambda D, x, s, t: (D(_seen(x, s)), (x - t).square().sum(1).mean((1, 2))),
        "squares are added up",
    ),
}

# -- what G pays -----------------------------------------------------------------------------------


def pays(logits, off, weight):
    return off.mean() + weight * F.softplus(-logits).mean()


def pays_by_logsigmoid(logits, off, weight):
    return torch.mean(off) - weight * torch.mean(F.logsigmoid(logits))


def pays_by_cross_entropy(logits, off, weight):
    ones = torch.ones_like(logits)
    return off.sum() / len(off) + weight * F.binary_cross_entropy_with_logits(logits, ones)


def pays_by_logaddexp(logits, off, weight):
    return off.mean() + weight * torch.logaddexp(torch.zeros_like(logits), -logits).mean()


def pays_picture_by_picture(logits, off, weight):
    patches = F.softplus(-logits).reshape(len(off), -1).mean(1)
    return (off + weight * patches).mean()


def pays_in_place(logits, off, weight):
    loss = F.softplus(-logits).mean()
    loss = loss * weight
    loss += off.mean()
    return loss


def pays_in_doubles(logits, off, weight):
    return off.double().mean() + weight * F.softplus(-logits.double()).sum() / logits.numel()


RIGHT_PAYS = [
    pays,
    pays_by_logsigmoid,
    pays_by_cross_entropy,
    pays_by_logaddexp,
    pays_picture_by_picture,
    pays_in_place,
    pays_in_doubles,
]
WRONG_PAYS = {
    "a root": (
        lambda logits, off, weight: off.mean().sqrt() + weight * F.softplus(-logits).mean(),
        "a root is taken of the distance",
    ),
    "weight on the distance": (
        lambda f, off, w: w * off.mean() + F.softplus(-f).mean(),
        "the distance is weighed",
    ),
    "a mixture": (
        lambda f, off, w: (1 - w) * off.mean() + w * F.softplus(-f).mean(),
        "1 − weight",
    ),
    "both weighed": (
        lambda f, off, w: w * (off.mean() + F.softplus(-f).mean()),
        "both terms",
    ),
    "D's side": (lambda f, off, w: off.mean() + w * F.softplus(f).mean(), "D's loss"),
    "saturating": (lambda f, off, w: off.mean() - w * F.softplus(f).mean(), "saturating"),
    "distances added up": (
        lambda f, off, w: off.sum() + w * F.softplus(-f).mean(),
        "distances are added up",
    ),
    "logits added up": (
        lambda f, off, w: off.mean() + w * F.softplus(-f).sum(),
        "patches are added up",
    ),
    "weight forgotten": (lambda f, off, w: off.mean() + F.softplus(-f).mean(), "weight is missing"),
    "no critic": (lambda f, off, w: off.mean() + 0 * f.sum(), "critic is missing"),
    "no distance": (lambda f, off, w: w * F.softplus(-f).mean(), "distance is missing"),
    "plain logits": (lambda f, off, w: off.mean() - w * f.mean(), "a Wasserstein"),
    "detached": (
        lambda f, off, w: off.mean() + w * F.softplus(-f.detach()).mean(),
        "nothing flows back",
    ),
    "minus": (lambda f, off, w: off.mean() - w * F.softplus(-f).mean(), "paid for being caught"),
    "mean of the logits first": (
        lambda f, off, w: off.mean() + w * F.softplus(-f.mean()),
        "logits are averaged",
    ),
    "probability": (lambda f, off, w: off.mean() - w * f.sigmoid().mean(), "probability itself"),
    "divided": (lambda f, off, w: off.mean() + F.softplus(-f).mean() / w, "divided by the weight"),
    "squared again": (
        lambda f, off, w: off.square().mean() + w * F.softplus(-f).mean(),
        "squared already",
    ),
    "one a picture": (lambda f, off, w: off + w * F.softplus(-f).mean(), "one number"),
    "half": (lambda f, off, w: (off.mean() + w * F.softplus(-f).mean()) / 2, "half"),
    "log of a sigmoid": (
        lambda f, off, w: off.mean() - w * torch.log(torch.sigmoid(f)).mean(),
        "you get ∞ or NaN",
    ),
    "log of 1 + exp": (
        lambda f, off, w: off.mean() + w * torch.log(1 + torch.exp(-f)).mean(),
        "you get ∞ or NaN",
    ),
    "log1p of exp": (
        lambda f, off, w: off.mean() + w * torch.log1p(torch.exp(-f)).mean(),
        "you get ∞ or NaN",
    ),
    "an eps in the log": (
        lambda f, off, w: off.mean() - w * torch.log(torch.sigmoid(f) + 1e-8).mean(),
        "something is cut off",
    ),
    "another eps in the log": (
        lambda f, off, w: off.mean() - w * torch.log(torch.sigmoid(f) + 1e-4).mean(),
        "something is cut off",
    ),
    "clamped before the log": (
        lambda f, off, w: off.mean() - w * torch.log(torch.sigmoid(f).clamp(min=1e-7)).mean(),
        "something is cut off",
    ),
    "cross-entropy of probabilities": (
        lambda f, off, w: off.mean() + w * F.binary_cross_entropy(f.sigmoid(), torch.ones_like(f)),
        "something is cut off",
    ),
    "log of a logit": (
        lambda f, off, w: off.mean() - w * torch.log(f).mean(),
        "logarithm of a logit",
    ),
    "log of a logit, alone": (lambda f, off, w: -torch.log(f).mean(), "logarithm of a logit"),
    "patches put together first": (
        lambda f, off, w: off.mean() + w * F.softplus(-f.reshape(len(off), -1).mean(1)).mean(),
        "patches of a picture are put together",
    ),
    "patches put together first, in one mean": (
        lambda f, off, w: (off + w * F.softplus(-f.view(len(off), -1).mean(1))).mean(),
        "patches of a picture are put together",
    ),
    "minus the distance": (
        lambda f, off, w: -off.mean() + w * F.softplus(-f).mean(),
        "paid for being far",
    ),
}

# -- the cycle -------------------------------------------------------------------------------------


def cycle(G, F_, D_gray, D_color, color, gray, weight):
    fake_gray, fake_color = G(color), F_(gray)
    please = F.softplus(-D_gray(fake_gray)).mean() + F.softplus(-D_color(fake_color)).mean()
    back = (F_(fake_gray) - color).abs().mean() + (G(fake_color) - gray).abs().mean()
    return please + weight * back


def cycle_by_l1_loss(G, F_, D_gray, D_color, color, gray, weight):
    loss = 0.0
    for to, fro, critic, x in ((G, F_, D_gray, color), (F_, G, D_color, gray)):
        made = to(x)
        loss = loss + F.softplus(-critic(made)).mean() + weight * F.l1_loss(fro(made), x)
    return loss


def cycle_by_logsigmoid(G, F_, D_gray, D_color, color, gray, weight):
    a, b = G(color), F_(gray)
    return (
        -F.logsigmoid(D_gray(a)).mean()
        - F.logsigmoid(D_color(b)).mean()
        + weight * (F.l1_loss(color, F_(a)) + F.l1_loss(gray, G(b)))
    )


def cycle_by_labels(G, F_, D_gray, D_color, color, gray, weight):
    def real(logits):
        return F.binary_cross_entropy_with_logits(logits, torch.ones_like(logits))

    back = torch.mean(torch.abs(color - F_(G(color)))) + torch.mean(torch.abs(gray - G(F_(gray))))
    return real(D_gray(G(color))) + real(D_color(F_(gray))) + weight * back


def cycle_by_sums(G, F_, D_gray, D_color, color, gray, weight):
    there, here = G(color), F_(gray)
    off_color = (F_(there) - color).abs().sum() / color.numel()
    off_gray = (G(here) - gray).abs().sum() / gray.numel()
    one, other = D_gray(there), D_color(here)
    please = F.softplus(-one).sum() / len(one) + F.softplus(-other).sum() / len(other)
    return please + weight * off_color + weight * off_gray


RIGHT_CYCLES = [
    cycle,
    cycle_by_l1_loss,
    cycle_by_logsigmoid,
    cycle_by_labels,
    cycle_by_sums,
]


def _pleased(G, F_, D_gray, D_color, color, gray):
    return F.softplus(-D_gray(G(color))).mean() + F.softplus(-D_color(F_(gray))).mean()


def _back(G, F_, color, gray):
    return (F_(G(color)) - color).abs().mean() + (G(F_(gray)) - gray).abs().mean()


def _wrong(change):
    def answer(G, F_, D_gray, D_color, color, gray, weight):
        return change(G, F_, D_gray, D_color, color, gray, weight)

    return answer


def _over_the_pictures(G, F_, D_gray, D_color, color, gray, weight):
    fake_gray, fake_color = G(color), F_(gray)
    pleased = F.softplus(-D_gray(fake_gray)).sum() / len(color)
    pleased = pleased + F.softplus(-D_color(fake_color)).sum() / len(gray)
    return pleased + weight * (F.l1_loss(F_(fake_gray), color) + F.l1_loss(G(fake_color), gray))


def _critics_without_a_gradient(G, F_, D_gray, D_color, color, gray, weight):
    fake_gray, fake_color = G(color), F_(gray)
    with torch.no_grad():
        on_gray, on_color = D_gray(fake_gray), D_color(fake_color)
    pleased = F.softplus(-on_gray).mean() + F.softplus(-on_color).mean()
    return pleased + weight * (F.l1_loss(F_(fake_gray), color) + F.l1_loss(G(fake_color), gray))


WRONG_CYCLES = {
    "the sum over the pictures": (_over_the_pictures, "the number of pictures"),
    "critics under no_grad": (_critics_without_a_gradient, "asked under no_grad"),
    "color alone comes back": (
        lambda G, H, Dg, Dc, c, g, w: _pleased(G, H, Dg, Dc, c, g) + w * (H(G(c)) - c).abs().mean(),
        "a gray picture that becomes colored",
    ),
    "gray alone comes back": (
        lambda G, H, Dg, Dc, c, g, w: _pleased(G, H, Dg, Dc, c, g) + w * (G(H(g)) - g).abs().mean(),
        "a color picture that becomes gray",
    ),
    "wrong order": (
        lambda G, H, Dg, Dc, c, g, w: (
            _pleased(G, H, Dg, Dc, c, g)
            + w * ((G(H(c)) - c).abs().mean() + (H(G(g)) - g).abs().mean())
        ),
        "the wrong way round",
    ),
    "critics exchanged": (
        lambda G, H, Dg, Dc, c, g, w: (
            F.softplus(-Dc(G(c))).mean() + F.softplus(-Dg(H(g))).mean() + w * _back(G, H, c, g)
        ),
        "exchanged",
    ),
    "critics see the return": (
        lambda G, H, Dg, Dc, c, g, w: (
            F.softplus(-Dg(G(H(g)))).mean()
            + F.softplus(-Dc(H(G(c)))).mean()
            + w * _back(G, H, c, g)
        ),
        "what came back",
    ),
    "critics see the real": (
        lambda G, H, Dg, Dc, c, g, w: (
            F.softplus(-Dg(g)).mean() + F.softplus(-Dc(c)).mean() + w * _back(G, H, c, g)
        ),
        "real pictures",
    ),
    "as if they were pairs": (
        lambda G, H, Dg, Dc, c, g, w: (
            _pleased(G, H, Dg, Dc, c, g) + w * ((G(c) - g).abs().mean() + (H(g) - c).abs().mean())
        ),
        "no pairs",
    ),
    "squares": (
        lambda G, H, Dg, Dc, c, g, w: (
            _pleased(G, H, Dg, Dc, c, g) + w * (F.mse_loss(H(G(c)), c) + F.mse_loss(G(H(g)), g))
        ),
        "squares",
    ),
    "summed": (
        lambda G, H, Dg, Dc, c, g, w: (
            _pleased(G, H, Dg, Dc, c, g)
            + w * ((H(G(c)) - c).abs().sum() + (G(H(g)) - g).abs().sum())
        ),
        "sum over",
    ),
    "weight on the critics": (
        lambda G, H, Dg, Dc, c, g, w: w * _pleased(G, H, Dg, Dc, c, g) + _back(G, H, c, g),
        "weight stands at",
    ),
    "weight once": (
        lambda G, H, Dg, Dc, c, g, w: (
            _pleased(G, H, Dg, Dc, c, g)
            + w * (H(G(c)) - c).abs().mean()
            + (G(H(g)) - g).abs().mean()
        ),
        "one of the two ways",
    ),
    "weight forgotten": (
        lambda G, H, Dg, Dc, c, g, w: _pleased(G, H, Dg, Dc, c, g) + _back(G, H, c, g),
        "weight is missing",
    ),
    "no critics": (lambda G, H, Dg, Dc, c, g, w: w * _back(G, H, c, g), "critics are missing"),
    "no cycle": (
        lambda G, H, Dg, Dc, c, g, w: _pleased(G, H, Dg, Dc, c, g),
        "nothing has to come back",
    ),
    "one critic": (
        lambda G, H, Dg, Dc, c, g, w: F.softplus(-Dg(G(c))).mean() + w * _back(G, H, c, g),
        "F_ has no critic",
    ),
    "D's side": (
        lambda G, H, Dg, Dc, c, g, w: (
            F.softplus(Dg(G(c))).mean() + F.softplus(Dc(H(g))).mean() + w * _back(G, H, c, g)
        ),
        "the critics' side",
    ),
    "saturating": (
        lambda G, H, Dg, Dc, c, g, w: (
            -F.softplus(Dg(G(c))).mean() - F.softplus(Dc(H(g))).mean() + w * _back(G, H, c, g)
        ),
        "saturating",
    ),
    "way there detached": (
        lambda G, H, Dg, Dc, c, g, w: (
            _pleased(G, H, Dg, Dc, c, g)
            + w * ((H(G(c).detach()) - c).abs().mean() + (G(H(g).detach()) - g).abs().mean())
        ),
        "cut",
    ),
    "with an identity": (
        lambda G, H, Dg, Dc, c, g, w: (
            _pleased(G, H, Dg, Dc, c, g) + w * (_back(G, H, c, g) + (H(g) - c).abs().mean())
        ),
        "was not asked",
    ),
    "mean of both ways": (
        lambda G, H, Dg, Dc, c, g, w: _pleased(G, H, Dg, Dc, c, g) + w * _back(G, H, c, g) / 2,
        "half",
    ),
    "no absolute value": (
        lambda G, H, Dg, Dc, c, g, w: (
            _pleased(G, H, Dg, Dc, c, g) + w * ((H(G(c)) - c).mean() + (G(H(g)) - g).mean())
        ),
        "cancel",
    ),
    "log of a sigmoid": (
        lambda G, H, Dg, Dc, c, g, w: (
            -Dg(G(c)).sigmoid().log().mean()
            - Dc(H(g)).sigmoid().log().mean()
            + w * _back(G, H, c, g)
        ),
        "you get ∞ or NaN",
    ),
    "log of a sigmoid, once": (
        lambda G, H, Dg, Dc, c, g, w: (
            -Dg(G(c)).sigmoid().log().mean() - F.logsigmoid(Dc(H(g))).mean() + w * _back(G, H, c, g)
        ),
        "you get ∞ or NaN",
    ),
    "log of 1 + exp": (
        lambda G, H, Dg, Dc, c, g, w: (
            torch.log(1 + torch.exp(-Dg(G(c)))).mean()
            + torch.log(1 + torch.exp(-Dc(H(g)))).mean()
            + w * _back(G, H, c, g)
        ),
        "you get ∞ or NaN",
    ),
    "an eps in the log": (
        lambda G, H, Dg, Dc, c, g, w: (
            -(Dg(G(c)).sigmoid() + 1e-8).log().mean()
            - (Dc(H(g)).sigmoid() + 1e-8).log().mean()
            + w * _back(G, H, c, g)
        ),
        "something is cut off",
    ),
    "another eps in the log": (
        lambda G, H, Dg, Dc, c, g, w: (
            -(Dg(G(c)).sigmoid() + 1e-5).log().mean()
            - (Dc(H(g)).sigmoid() + 1e-5).log().mean()
            + w * _back(G, H, c, g)
        ),
        "something is cut off",
    ),
    "clamped before the log": (
        lambda G, H, Dg, Dc, c, g, w: (
            -Dg(G(c)).sigmoid().clamp(min=1e-7).log().mean()
            - Dc(H(g)).sigmoid().clamp(min=1e-7).log().mean()
            + w * _back(G, H, c, g)
        ),
        "something is cut off",
    ),
    "log of a logit": (
        lambda G, H, Dg, Dc, c, g, w: (
            -Dg(G(c)).log().mean() - Dc(H(g)).log().mean() + w * _back(G, H, c, g)
        ),
        "logarithm of a logit",
    ),
    "means of logits": (
        lambda G, H, Dg, Dc, c, g, w: (
            F.softplus(-Dg(G(c)).mean()) + F.softplus(-Dc(H(g)).mean()) + w * _back(G, H, c, g)
        ),
        "put together before the softplus",
    ),
    "minus the critics": (
        lambda G, H, Dg, Dc, c, g, w: -_pleased(G, H, Dg, Dc, c, g) + w * _back(G, H, c, g),
        "paid for being caught",
    ),
    "detached before the critics": (
        lambda G, H, Dg, Dc, c, g, w: (
            F.softplus(-Dg(G(c).detach())).mean()
            + F.softplus(-Dc(H(g).detach())).mean()
            + w * _back(G, H, c, g)
        ),
        "asked under no_grad",
    ),
    "detached before D_gray": (
        lambda G, H, Dg, Dc, c, g, w: (
            F.softplus(-Dg(G(c).detach())).mean()
            + F.softplus(-Dc(H(g))).mean()
            + w * _back(G, H, c, g)
        ),
        "asked under no_grad",
    ),
    "detached before D_color": (
        lambda G, H, Dg, Dc, c, g, w: (
            F.softplus(-Dg(G(c))).mean()
            + F.softplus(-Dc(H(g).detach())).mean()
            + w * _back(G, H, c, g)
        ),
        "asked under no_grad",
    ),
    "one way there detached": (
        lambda G, H, Dg, Dc, c, g, w: (
            _pleased(G, H, Dg, Dc, c, g)
            + w * ((H(G(c).detach()) - c).abs().mean() + (G(H(g)) - g).abs().mean())
        ),
        "one way back is detached",
    ),
    "the other way there detached": (
        lambda G, H, Dg, Dc, c, g, w: (
            _pleased(G, H, Dg, Dc, c, g)
            + w * ((H(G(c)) - c).abs().mean() + (G(H(g).detach()) - g).abs().mean())
        ),
        "one way back is detached",
    ),
    "color comes back twice": (
        lambda G, H, Dg, Dc, c, g, w: (
            _pleased(G, H, Dg, Dc, c, g) + w * (F.l1_loss(H(G(c)), c) + F.l1_loss(H(G(c)), c))
        ),
        "the same way back twice",
    ),
    "gray comes back twice": (
        lambda G, H, Dg, Dc, c, g, w: (
            _pleased(G, H, Dg, Dc, c, g) + w * (F.l1_loss(G(H(g)), g) + F.l1_loss(G(H(g)), g))
        ),
        "the same way back twice",
    ),
    "color compared with gray": (
        lambda G, H, Dg, Dc, c, g, w: (
            _pleased(G, H, Dg, Dc, c, g) + w * ((H(G(c)) - g).abs().mean() + F.l1_loss(G(H(g)), g))
        ),
        "a picture of the other kind:",
    ),
    "gray compared with color": (
        lambda G, H, Dg, Dc, c, g, w: (
            _pleased(G, H, Dg, Dc, c, g) + w * (F.l1_loss(H(G(c)), c) + (G(H(g)) - c).abs().mean())
        ),
        "a picture of the other kind:",
    ),
    "each compared with the other": (
        lambda G, H, Dg, Dc, c, g, w: (
            _pleased(G, H, Dg, Dc, c, g)
            + w * ((H(G(c)) - g).abs().mean() + (G(H(g)) - c).abs().mean())
        ),
        "a picture of the other kind:",
    ),
}
