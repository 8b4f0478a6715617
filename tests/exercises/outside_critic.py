"""Right and wrong answers to the exercises of lesson 11, each with what its diagnosis must say."""

import torch
from torch import nn
from torch.nn import functional as F

from gan_lessons import penalties

# -- one step with clipped weights -----------------------------------------------------------


def clipped(D, opt_d, real, fake, limit):
    loss_d = D(fake).mean() - D(real).mean()
    opt_d.zero_grad()
    loss_d.backward()
    opt_d.step()
    with torch.no_grad():
        for weight in D.parameters():
            weight.clamp_(-limit, limit)


def clipped_by_hand(D, opt_d, real, fake, limit):
    """One call of D, gradients set to None, data in place of no_grad."""
    opt_d.zero_grad(set_to_none=True)
    logits = D(torch.cat([real, fake]))
    sign = torch.cat([-torch.ones(len(real)), torch.ones(len(fake))])
    (sign * logits).sum().div(len(real)).backward()
    opt_d.step()
    for weight in D.parameters():
        weight.data = weight.data.minimum(torch.tensor(limit)).maximum(torch.tensor(-limit))


def clipped_by_the_library(D, opt_d, real, fake, limit):
    opt_d.zero_grad()
    (-(D(real).mean() - D(fake).mean())).backward()
    opt_d.step()
    penalties.clip_weights(D, limit=limit)


def clipped_without_biases(D, opt_d, real, fake, limit):
    opt_d.zero_grad()
    (D(fake).mean() - D(real).mean()).backward()
    opt_d.step()
    for module in D.modules():
        if isinstance(module, nn.Linear):
            module.weight.data.clamp_(-limit, limit)


def nothing(D, limit):
    pass


def _step(
    *,
    loss=lambda D, real, fake: D(fake).mean() - D(real).mean(),
    zero=True,
    before=nothing,
    between=nothing,
    step=True,
    after=lambda D, limit: penalties.clip_weights(D, limit=limit),
):
    """Build a step that differs from the reference in one place."""

    def answer(D, opt_d, real, fake, limit):
        before(D, limit)
        if zero:
            opt_d.zero_grad()
        loss(D, real, fake).backward()
        between(D, limit)
        if step:
            opt_d.step()
        after(D, limit)

    return answer


def _norm(D, limit):
    nn.utils.clip_grad_norm_(D.parameters(), limit)


def _value(D, limit):
    nn.utils.clip_grad_value_(D.parameters(), limit)


def _copies(D, limit):
    for weight in D.parameters():
        weight.clamp(-limit, limit)


@torch.no_grad()
def _above(D, limit):
    for weight in D.parameters():
        weight.clamp_(max=limit)


@torch.no_grad()
def _scaled(D, limit):
    for weight in D.parameters():
        weight.mul_((limit / weight.abs().max()).clamp(max=1))


@torch.no_grad()
def _scaled_by_norm(D, limit):
    for weight in D.parameters():
        weight.mul_((limit / weight.norm()).clamp(max=1))


@torch.no_grad()
def _last_layer(D, limit):
    for weight in list(D.parameters())[2:]:
        weight.clamp_(-limit, limit)


def _with_gradients(D, limit):
    for weight in D.parameters():
        weight.clamp_(-limit, limit)


@torch.no_grad()
def _below(D, limit):
    for weight in D.parameters():
        weight.clamp_(min=-limit)


@torch.no_grad()
def _positive(D, limit):
    for weight in D.parameters():
        weight.clamp_(0, limit)


def _answers_clamped(D, opt_d, real, fake, limit):
    opt_d.zero_grad()
    (D(fake).clamp(-limit, limit).mean() - D(real).clamp(-limit, limit).mean()).backward()
    opt_d.step()


def _zero_grad_too_late(D, opt_d, real, fake, limit):
    (D(fake).mean() - D(real).mean()).backward()
    opt_d.zero_grad()
    opt_d.step()
    penalties.clip_weights(D, limit=limit)


def _no_backward(D, opt_d, real, fake, limit):
    opt_d.step()
    penalties.clip_weights(D, limit=limit)


@torch.no_grad()
def _step_without_gradients(D, opt_d, real, fake, limit):
    clipped(D, opt_d, real, fake, limit)


def _softplus(D, real, fake):
    return F.softplus(-D(real)).mean() + F.softplus(D(fake)).mean()


RIGHT_CLIPPED = [clipped, clipped_by_hand, clipped_by_the_library, clipped_without_biases]


def _absolute_gap(D, opt_d, real, fake, limit):
    loss = -(D(real).mean() - D(fake).mean()).abs()
    opt_d.zero_grad()
    loss.backward()
    opt_d.step()
    with torch.no_grad():
        for weight in D.parameters():
            weight.clamp_(-limit, limit)


WRONG_CLIPPED = {
    "the size of the gap": (_absolute_gap, "D's loss holds +1.00 times"),
    "clipped before the step": (
        _step(between=lambda D, limit: penalties.clip_weights(D, limit=limit), after=nothing),
        "you clip before opt_d.step()",
    ),
    "clipped before everything": (
        _step(before=lambda D, limit: penalties.clip_weights(D, limit=limit), after=nothing),
        "you clip before opt_d.step()",
    ),
    "D's answers clamped": (_answers_clamped, "stands between D's answer and the mean"),
    "zero_grad too late": (_zero_grad_too_late, "D is clipped but never learns"),
    "no backward": (_no_backward, "follows old gradients only"),
    "D's answers clamped, then the weights": (
        _step(loss=lambda D, real, fake: D(fake).clamp(-1, 1).mean() - D(real).clamp(-1, 1).mean()),
        "stands between D's answer and the mean",
    ),
    "D's answers are cut off at 1e-9": (
        _step(
            loss=lambda D, real, fake: (
                D(fake).clamp(-1e-9, 1e-9).mean() - D(real).clamp(-1e-9, 1e-9).mean()
            )
        ),
        "no slope at any sample",
    ),
    "half the loss": (
        _step(loss=lambda D, real, fake: (D(fake).mean() - D(real).mean()) / 2),
        "holds -0.50 times the mean of D at real samples",
    ),
    "a penalty on the weights": (
        _step(
            loss=lambda D, real, fake: (
                D(fake).mean() - D(real).mean() + sum(p.square().sum() for p in D.parameters())
            )
        ),
        "something else is in it",
    ),
    "not clipped, and the sign turned": (
        _step(loss=lambda D, real, fake: D(real).mean() - D(fake).mean(), after=nothing),
        "the sign is turned: D lowers D(real)",
    ),
    "least squares": (
        _step(loss=lambda D, real, fake: (D(real) - 1).square().mean() + D(fake).square().mean()),
        "it pulls as least squares with target 1",
    ),
    "all under no_grad": (_step_without_gradients, "a loss carries no gradient at all"),
    "the last layer only": (_step(after=_last_layer), "some layers of D still have weights"),
    "with gradients recorded": (_step(after=_with_gradients), "Clamp under torch.no_grad()"),
    "one limit for all": (
        _step(after=lambda D, limit: penalties.clip_weights(D, limit=0.01)),
        "limit you were given",
    ),
}

# -- the gradient penalty --------------------------------------------------------------------


def penalty(D, real, fake):
    alpha = torch.rand(len(real), *[1] * (real.ndim - 1))
    x = (alpha * real + (1 - alpha) * fake.detach()).requires_grad_()
    (slope,) = torch.autograd.grad(D(x).sum(), x, create_graph=True)
    return (slope.flatten(1).norm(dim=1) - 1).square().mean()


def penalty_with_lerp(D, real, fake):
    """lerp, grad_outputs in place of a sum, eps under the root, the fakes shuffled."""
    alpha = torch.rand((real.shape[0],) + (1,) * (real.dim() - 1))
    fake = fake.data[torch.randperm(len(fake))]
    x = torch.lerp(real, fake, alpha).requires_grad_(True)
    logits = D(x)
    slope = torch.autograd.grad(
        logits, x, grad_outputs=torch.ones_like(logits), create_graph=True, retain_graph=True
    )[0]
    length = (slope.reshape(len(x), -1).pow(2).sum(dim=1) + 1e-12).sqrt()
    return torch.mean((length - 1) ** 2)


def penalty_of_the_library(D, real, fake):
    return penalties.gradient_penalty(D, real, fake, weight=1.0)


def penalty_by_vmap(D, real, fake):
    """One sample at a time: the slope as a function."""

    def slope(x):
        return torch.autograd.grad(D(x).sum(), x, create_graph=True)[0].norm()

    total = 0
    for r, f in zip(real, fake.detach(), strict=True):
        a = torch.rand(())
        total = total + (slope((a * r + (1 - a) * f)[None].requires_grad_()) - 1) ** 2
    return total / len(real)


def penalty_by_torch_func(D, real, fake):
    """vmap of grad: the slope as a function of one sample."""
    alpha = torch.rand(len(real)).reshape(-1, *[1] * (real.dim() - 1))
    x = fake.detach() + alpha * (real - fake.detach())
    slope = torch.func.vmap(torch.func.grad(lambda sample: D(sample.unsqueeze(0)).squeeze()))(x)
    return (slope.flatten(1).norm(dim=1) - 1).pow(2).mean()


def penalty_in_float64(D, real, fake):
    """α from uniform_, the samples in reverse, the length by einsum in float64."""
    alpha = real.new_empty(len(real), *[1] * (real.ndim - 1)).uniform_()
    x = ((1 - alpha) * real + alpha * fake.detach()).flip(0).requires_grad_()
    slope = torch.autograd.grad(D(x).sum(), x, create_graph=True)[0].flatten(1).double()
    return (torch.einsum("bi,bi->b", slope, slope).clamp_min(1e-12).sqrt() - 1).square().mean()


RIGHT_PENALTIES = [
    penalty,
    penalty_with_lerp,
    penalty_of_the_library,
    penalty_by_vmap,
    penalty_by_torch_func,
    penalty_in_float64,
]


def _drawn(real, fake):
    alpha = torch.rand(len(real), *[1] * (real.ndim - 1))
    return (alpha * real + (1 - alpha) * fake.detach()).requires_grad_()


def _backward(D, real, fake):
    x = _drawn(real, fake)
    D(x).sum().backward(create_graph=True)
    slope = x.grad
    x.grad = None
    return (slope.flatten(1).norm(dim=1) - 1).square().mean()


def _unused_allowed(D, real, fake):
    x = _drawn(real, fake)
    out, other = D(x), x.clone()
    ones = torch.ones_like(out)
    more = {"create_graph": True, "allow_unused": True}
    slope = torch.autograd.grad(out, other, ones, **more)[0]
    return (slope.flatten(1).norm(dim=1) - 1).square().mean()


def _of_another_tensor(D, real, fake):
    x = _drawn(real, fake)
    y = (x * 1).detach().requires_grad_()
    (slope,) = torch.autograd.grad(D(y).sum(), x, create_graph=True)
    return (slope.flatten(1).norm(dim=1) - 1).square().mean()


def _half_detached(D, real, fake):
    x = _drawn(real, fake)
    (g,) = torch.autograd.grad(D(x).sum(), x, create_graph=True)
    length = g.flatten(1).norm(dim=1)
    return ((length - 1) * (length.detach() - 1)).mean()


def _of_the_mean_sample(D, real, fake):
    return penalty(D, real.mean(0, keepdim=True).expand_as(real), fake)


def _in_place(D, real, fake):
    real.mul_(torch.rand(len(real), *[1] * (real.ndim - 1)))
    return penalty(D, real, fake)


def _by_the_weights(D, real, fake):
    x = _drawn(real, fake).detach()
    slopes = torch.autograd.grad(D(x).sum(), D.parameters(), create_graph=True)
    return (torch.cat([slope.flatten() for slope in slopes]).norm() - 1) ** 2


def _backward_to_a_made_tensor(D, real, fake):
    real = real.clone().requires_grad_()
    a = torch.rand(len(real), *[1] * (real.ndim - 1))
    x = a * real + (1 - a) * fake.detach()
    D(x).sum().backward(create_graph=True)
    return (x.grad.flatten(1).norm(dim=1) - 1).square().mean()


def _outputs_of_another_shape(D, real, fake):
    x = _drawn(real, fake)
    (g,) = torch.autograd.grad(D(x), x, torch.ones(len(x), 1), create_graph=True)
    return (g.flatten(1).norm(dim=1) - 1).square().mean()


def _whole_loss(D, real, fake):
    return D(fake).mean() - D(real).mean() + penalty(D, real, fake)


def _with(points=_drawn, length=lambda g: g.flatten(1).norm(dim=1), cost=lambda n: (n - 1) ** 2):
    """Return a penalty of other points, another length or another cost."""

    def answer(D, real, fake):
        x = points(real, fake)
        (slope,) = torch.autograd.grad(D(x).sum(), x, create_graph=True)
        return cost(length(slope)).mean()

    return answer


def _noisy(real, fake):
    return (_drawn(real, fake).detach() + 0.1 * torch.randn_like(real)).requires_grad_()


def _alpha_of_a_triangle(real, fake):
    a = torch.rand(2, len(real), *[1] * (real.ndim - 1)).amax(0)
    return (a * real + (1 - a) * fake.detach()).requires_grad_()


def _without_detach(D, real, fake):
    alpha = torch.rand(len(real), *[1] * (real.ndim - 1))
    x = torch.lerp(fake, real, alpha).requires_grad_()
    (slope,) = torch.autograd.grad(D(x).sum(), x, create_graph=True)
    return (slope.flatten(1).norm(dim=1) - 1).square().mean()


def _normal(real, fake):
    alpha = torch.randn(len(real), *[1] * (real.ndim - 1))
    return torch.lerp(fake.detach(), real, alpha).requires_grad_()


def _loop_with_one_alpha(D, real, fake):
    a, total = torch.rand(()), 0
    for r, f in zip(real, fake.detach(), strict=True):
        x = (a * r + (1 - a) * f)[None].requires_grad_()
        total = total + (torch.autograd.grad(D(x).sum(), x, create_graph=True)[0].norm() - 1) ** 2
    return total / len(real)


def _alpha_per_row_of_pixels(real, fake):
    a = torch.rand(*real.shape[:-1], 1)
    return (a * real + (1 - a) * fake.detach()).requires_grad_()


def _by_the_weights(D, real, fake):
    x = _drawn(real, fake)
    slopes = torch.autograd.grad(D(x).sum(), list(D.parameters()), create_graph=True)
    return (torch.cat([slope.flatten() for slope in slopes]).norm() - 1) ** 2


WRONG_PENALTIES = {
    "the slope by D's weights": (_by_the_weights, "it is the slope by D's weights"),
    # clinic A1: copied from keras-io into books
    "α from N(0, 1), by lerp": (
        _with(_normal),
        "α is drawn from N(0, 1)",
    ),
    "α shared by the batch, in a loop": (_loop_with_one_alpha, "shares one α"),
    "α per row of pixels": (
        _with(_alpha_per_row_of_pixels),
        "not on a line between a real and a fake",
    ),
    "α of another law": (_with(_alpha_of_a_triangle), "but not evenly"),
    "noise on x̂": (_with(_noisy), "with nothing added"),
    "the mean real sample": (_of_the_mean_sample, "not on a line between a real and a fake"),
    "real changed in place": (_in_place, "your code changes real in place"),
    "real made to require a gradient": (
        _with(lambda real, fake: _drawn(real.requires_grad_(), fake)),
        "real or fake require a gradient now",
    ),
    "length by hand, of the batch": (
        _with(length=lambda g: g.square().sum().sqrt()),
        "over the whole batch",
    ),
    "norm by pixels": (_with(length=lambda g: g.square().sum(1).sqrt()), "over the channels only"),
    "norm for images only": (
        _with(length=lambda g: g.square().sum((1, 2, 3)).sqrt()),
        "this length",
    ),
    "infinity norm": (
        _with(length=lambda g: torch.linalg.vector_norm(g.flatten(1), torch.inf, dim=1)),
        "the largest number for the length",
    ),
    "hinge on both sides": (
        _with(cost=lambda n: F.relu(n - 1) ** 2),
        "this is one-sided",
    ),
    "three times": (_with(cost=lambda n: 3 * (n - 1) ** 2), "always 3 times the right value"),
    "a constant added": (_with(cost=lambda n: (n - 1) ** 2 + 1), "always +1 away"),
    "another goal": (_with(cost=lambda n: (n - 2) ** 2), "its length is 5, and the penalty is"),
    "one per sample": (
        lambda D, real, fake: penalty(D, real, fake) * torch.ones(len(real)),
        "should be one number",
    ),
    "a number": (lambda D, real, fake: float(penalty(D, real, fake)), "float came back"),
    "result detached": (
        lambda D, real, fake: penalty(D, real, fake).detach(),
        "nothing can be learned from it",
    ),
    "half detached": (_half_detached, "a part of it is detached"),
    "gradient at another tensor": (_of_another_tensor, "a tensor that D never saw"),
    "unused allowed": (_unused_allowed, "the slope is None"),
    "backward for grad": (_backward, "leaves gradients in D's weights"),
    "slope by the weights": (_by_the_weights, "it is the slope by D's weights"),
    "backward to a made tensor": (_backward_to_a_made_tensor, "the slope is None"),
    "grad_outputs of another shape": (_outputs_of_another_shape, "must have the shape of D's"),
    "the critic's loss in it": (_whole_loss, "the critic's own loss is in it"),
    "NaN at slope 0": (
        _with(length=lambda g: g.pow(2).flatten(1).sum(1) ** 0.5),
        "an infinite slope at 0",
    ),
    "fake not detached": (
        _without_detach,
        "reaches G through the fake batch",
    ),
}

# -- one step of the power iteration ---------------------------------------------------------


def power(weight, u):
    W = weight.flatten(1)
    with torch.no_grad():
        v = F.normalize(W.T @ u, dim=0)
        u = F.normalize(W @ v, dim=0)
    return u @ W @ v, u


def power_twice(weight, u):
    """Two rounds a call, written with einsum."""
    W = weight.reshape(len(weight), -1)
    D = W.detach()
    for _ in range(2):
        v = torch.einsum("ij,i->j", D, u)
        v = v / (v.norm() + 1e-12)
        u = torch.mv(D, v)
        u = u / (u.norm() + 1e-12)
    return torch.einsum("i,ij,j->", u, W, v), u


def by_svd(weight, u):
    """Exact and slow: accepted with a remark."""
    W = weight.flatten(1)
    U, _, V = torch.linalg.svd(W.detach(), full_matrices=False)
    return U[:, 0] @ W @ V[0], U[:, 0]


def power_in_plain_steps(weight, u):
    """In float64, without F, the length of Wv for sigma, a list for a tuple."""
    W = weight.reshape(weight.shape[0], -1).double()
    fixed = W.detach()
    v = fixed.t().mv(u.double())
    v /= v.square().sum().sqrt()
    stretched = W @ v
    return [stretched.norm(), (stretched / stretched.norm()).detach().float()]


RIGHT_POWERS = [power, power_twice, by_svd, power_in_plain_steps]


def _eigenvalue(weight, u):
    W = weight.flatten(1)
    with torch.no_grad():
        u = F.normalize(W @ u, dim=0)
    return u @ W @ u, u


def _random_start(weight, u):
    return power(weight, F.normalize(torch.randn_like(u), dim=0))


def _start_of_ones(weight, u):
    return power(weight, torch.ones(len(u)) / len(u) ** 0.5)


def _old_u(weight, u):
    W = weight.flatten(1)
    with torch.no_grad():
        v = F.normalize(torch.einsum("ij,i->j", W, u), dim=0)
    return (W @ v).norm(), u


def _in_the_weight(weight, u):
    sigma, u = power(weight, u)
    weight.data /= sigma.data
    return sigma, u


def _overwritten_u(weight, u):
    W = weight.flatten(1)
    with torch.no_grad():
        v = F.normalize(W.T @ u, dim=0)
        u.copy_(F.normalize(W @ v, dim=0))
    return u @ W @ v, u


def _as_printed(weight, u):
    """The formulas of the lesson, and nothing more."""
    W = weight.flatten(1)
    v = F.normalize(W.T @ u, dim=0)
    u = F.normalize(W @ v, dim=0)
    return u @ W @ v, u


def _not_scaled(weight, u):
    W = weight.flatten(1)
    with torch.no_grad():
        v = W.T @ u
        v = v / v.norm()
        u = W @ v
    return u.norm() * (u @ W @ v) / (u @ W @ v).detach(), u


def _square_and_root(weight, u):
    """The value is right; half of the gradient is cut."""
    sigma, u = power(weight, u)
    return sigma.square() / sigma.detach(), u


def _channels_in(weight, u):
    return power(weight if weight.ndim == 2 else weight.transpose(0, 1).reshape(8, 12), u)


def _mean_of_kernel(weight, u):
    return power(weight if weight.ndim == 2 else weight.mean((2, 3)), u)


@torch.no_grad()
def _under_no_grad(weight, u):
    return power(weight, u)


def _item(weight, u):
    sigma, u = power(weight, u)
    return sigma.item(), u


WRONG_POWERS = {
    "conv weight reshaped the wrong way": (
        lambda w, u: power(w if w.ndim == 2 else w.flatten(0, 2), u),
        "it fails for a convolution's weight",
    ),
    "conv weight turned": (_channels_in, "right for matrices, but for a convolution's weight"),
    "conv weight averaged": (_mean_of_kernel, "right for matrices, but for a convolution's weight"),
    "new u each call": (_random_start, "the same u gives another result"),
    "starts over from ones": (_start_of_ones, "every call starts anew"),
    "old u handed back": (_old_u, "every call starts anew"),
    "u not normalized": (_not_scaled, "the new u should have length 1"),
    "order turned": (lambda w, u: power(w, u)[::-1], "sigma first"),
    "sigma alone": (lambda w, u: power(w, u)[0], "two things should come back"),
    "half of sigma": (lambda w, u: (power(w, u)[0] / 2, power(w, u)[1]), "half the right value"),
    "nuclear norm": (
        lambda w, u: (torch.linalg.matrix_norm(w.flatten(1), "nuc"), power(w, u)[1]),
        "the sum of all singular values",
    ),
    "2-norm of all numbers": (
        lambda w, u: (w.square().sum().sqrt(), power(w, u)[1]),
        "the Frobenius norm",
    ),
    "eigenvalue": (_eigenvalue, "shapes do not fit"),
    "eigenvalues": (
        lambda weight, u: (torch.linalg.eigvals(weight.flatten(1)).abs().max(), u),
        "eigenvalues are those of square matrices",
    ),
    "sigma without gradient": (_under_no_grad, "carries no gradient to the weight"),
    "sigma as a float": (_item, "carries no gradient to the weight"),
    "u on the graph": (_as_printed, "still hangs on the graph"),
    "gradient of another formula": (_square_and_root, "its gradient is not u vᵀ"),
    "weight divided in place": (_in_the_weight, "your code changes weight in place"),
    "u overwritten": (_overwritten_u, "your code changes u in place"),
    "sigma squared, and on the graph": (
        lambda w, u: (_as_printed(w, u)[0] ** 2, _as_printed(w, u)[1]),
        "still hangs on the graph",
    ),
}

# -- several steps of the critic for one of the generator ------------------------------------


def rounds(G, D, opt_g, opt_d, batches, latent_dim, n_critic, penalty):
    for _ in range(n_critic):
        real = next(batches)
        fake = G(torch.randn(len(real), latent_dim)).detach()
        loss_d = D(fake).mean() - D(real).mean() + penalty(D, real, fake)
        opt_d.zero_grad()
        loss_d.backward()
        opt_d.step()
    loss_g = -D(G(torch.randn(len(real), latent_dim))).mean()
    opt_g.zero_grad()
    loss_g.backward()
    opt_g.step()


def rounds_of_the_library(G, D, opt_g, opt_d, batches, latent_dim, n_critic, penalty):
    """As training.train does it: the last fake batch serves G too, D frozen in G's step."""
    for _ in range(n_critic):
        real = next(batches)
        fake = G(torch.randn(len(real), latent_dim))
        logits = D(torch.cat([real, fake.detach()]))
        n = len(real)
        loss_d = logits[n:].mean() - logits[:n].mean() + penalty(D, real, fake.detach())
        opt_d.zero_grad()
        loss_d.backward()
        opt_d.step()
    D.requires_grad_(False)
    opt_g.zero_grad()
    (-D(fake).mean()).backward()
    opt_g.step()
    D.requires_grad_(True)


def rounds_by_a_countdown(G, D, opt_g, opt_d, batches, latent_dim, n_critic, penalty):
    """No detach: wasteful, and told so."""
    while n_critic:
        n_critic -= 1
        x = next(batches)
        y = G(torch.randn(x.shape[0], latent_dim))
        opt_d.zero_grad(set_to_none=True)
        (penalty(D, x, y) + D(y).mean() - D(x).mean()).backward()
        opt_d.step()
    opt_g.zero_grad(set_to_none=True)
    D(G(torch.randn(x.shape[0], latent_dim))).mean().neg().backward()
    opt_g.step()


def _rounds(
    *,
    loss_d=lambda D, real, fake: D(fake).mean() - D(real).mean(),
    loss_g=lambda D, fake: -D(fake).mean(),
    add=lambda loss, penalty, D, real, fake: loss + penalty(D, real, fake),
    one_batch=False,
    one_fake=False,
    one_noise=False,
    skip=0,
    noise=lambda real, latent_dim: torch.randn(len(real), latent_dim),
    zero_d=True,
    zero_g=True,
    step_g=True,
    step_d=True,
    times=lambda n_critic: n_critic,
    g_inside=False,
    g_times=lambda n_critic: 1,
    g_first=False,
    g_penalty=False,
    cut_g=False,
    helper=False,
):
    """Build a round that differs from the reference in one place."""

    def answer(G, D, opt_g, opt_d, batches, latent_dim, n_critic, penalty):
        def generator(real):
            fake = G(noise(real, latent_dim))
            loss = loss_g(D, fake.detach() if cut_g else fake)
            if g_penalty:
                loss = loss + penalty(D, real, fake)
            if zero_g:
                opt_g.zero_grad()
            loss.backward()
            if step_g:
                opt_g.step()

        if one_batch or g_first:
            real = next(batches)
        if one_fake:
            kept = G(torch.randn(5, latent_dim)).detach()
        if g_first:
            generator(real)
        for _ in range(times(n_critic)):
            if not one_batch:
                real = next(batches)
            for _ in range(skip):
                real = next(batches)
            fake = kept if one_fake else G(noise(real, latent_dim)).detach()
            loss = add(loss_d(D, real, fake), penalty, D, real, fake)
            if zero_d:
                opt_d.zero_grad()
            loss.backward()
            if step_d:
                opt_d.step()
            if g_inside:
                generator(real)
        if not (g_inside or g_first):
            for _ in range(g_times(n_critic)):
                generator(real)

    return answer


def _no_real(D, real, fake):
    return D(fake).mean()


def _exchanged(G, D, opt_g, opt_d, *rest):
    rounds(G, D, opt_d, opt_g, *rest)


def _zeroed_once(G, D, opt_g, opt_d, batches, latent_dim, n_critic, penalty):
    opt_d.zero_grad()
    _rounds(zero_d=False)(G, D, opt_g, opt_d, batches, latent_dim, n_critic, penalty)


def _summed_up(G, D, opt_g, opt_d, batches, latent_dim, n_critic, penalty):
    loss_d = 0
    for _ in range(n_critic):
        real = next(batches)
        fake = G(torch.randn(len(real), latent_dim)).detach()
        loss_d = loss_d + D(fake).mean() - D(real).mean() + penalty(D, real, fake)
    opt_d.zero_grad()
    loss_d.backward()
    opt_d.step()
    opt_g.zero_grad()
    (-D(G(torch.randn(len(real), latent_dim))).mean()).backward()
    opt_g.step()


def _graph_used_twice(G, D, opt_g, opt_d, batches, latent_dim, n_critic, penalty):
    for _ in range(n_critic):
        real = next(batches)
        fake = G(torch.randn(len(real), latent_dim))
        opt_d.zero_grad()
        (D(fake).mean() - D(real).mean() + penalty(D, real, fake)).backward()
        opt_d.step()
    opt_g.zero_grad()
    (-D(fake).mean()).backward()
    opt_g.step()


def _clipped_too(G, D, *rest):
    rounds(G, D, *rest)
    penalties.clip_weights(D, limit=0.01)


def _hinge(D, real, fake):
    return F.relu(1 - D(real)).mean() + F.relu(1 + D(fake)).mean()


def _computed_not_added(loss, penalty, D, real, fake):
    penalty(D, real, fake)
    return loss


def _flag(loss, penalty, D, real, fake):
    """clinic A17: the flag is there, the branch is never taken."""
    wgan_gp = False
    return loss + penalty(D, real, fake) if wgan_gp else loss


def _not_cut(G, D, opt_g, opt_d, batches, latent_dim, n_critic, penalty):
    opt_g.zero_grad()
    for _ in range(n_critic):
        real = next(batches)
        fake = G(torch.randn(len(real), latent_dim))
        opt_d.zero_grad()
        (D(fake).mean() - D(real).mean() + penalty(D, real, fake)).backward()
        opt_d.step()
    (-D(G(torch.randn(len(real), latent_dim))).mean()).backward()
    opt_g.step()


def _once(G, D, opt_g, opt_d, batches, latent_dim, n_critic, penalty):
    for i in range(n_critic):
        real = next(batches)
        fake = G(torch.randn(len(real), latent_dim)).detach()
        loss_d = D(fake).mean() - D(real).mean()
        opt_d.zero_grad()
        (loss_d + penalty(D, real, fake) if i == 0 else loss_d).backward()
        opt_d.step()
    opt_g.zero_grad()
    (-D(G(torch.randn(len(real), latent_dim))).mean()).backward()
    opt_g.step()


def three_times_backward(G, D, opt_g, opt_d, batches, latent_dim, n_critic, penalty):
    """Gradients add up, so three backward() are one."""
    for _ in range(n_critic):
        real = next(batches)
        fake = G(torch.randn(len(real), latent_dim)).detach()
        opt_d.zero_grad()
        (-D(real).mean()).backward()
        D(fake).mean().backward()
        penalty(D, real, fake).backward()
        opt_d.step()
    opt_g.zero_grad()
    (-D(G(torch.randn(len(real), latent_dim))).mean()).backward()
    opt_g.step()


RIGHT_ROUNDS = [
    rounds,
    rounds_of_the_library,
    rounds_by_a_countdown,
    three_times_backward,
]

WRONG_ROUNDS = {
    "one stale real batch": (_rounds(one_batch=True), "one stale real batch"),
    "one stale fake batch": (_rounds(one_fake=True), "one stale fake batch"),
    "batches skipped": (_rounds(skip=1), "batches are skipped"),
    "three batches a step": (_rounds(skip=2), "batches are skipped"),
    "the loop around G": (
        _rounds(times=lambda n: 1, g_times=lambda n: n),
        "the loop is around G's step",
    ),
    "G twice": (_rounds(g_times=lambda n: 2), "G is updated 2 times"),
    "one step too few": (_rounds(times=lambda n: max(1, n - 1)), "D is updated 2 times"),
    "G first": (_rounds(g_first=True), "G moves before D is done"),
    "penalty never called": (_rounds(add=_flag), "penalty is never called"),
    "a share of the penalty": (
        _rounds(add=lambda loss, penalty, D, real, fake: loss + penalty(D, real, fake) / 4),
        "counts +0.25 times",
    ),
    "penalty for G too": (_rounds(g_penalty=True), "the penalty is D's alone"),
    "G detached": (_rounds(cut_g=True), "no gradient reaches G in its own step"),
    "G non-saturating": (
        _rounds(loss_g=lambda D, fake: F.softplus(-D(fake)).mean()),
        "G's loss is not -D(fake).mean()",
    ),
    "G pushes its samples apart": (
        _rounds(loss_g=lambda D, fake: -D(fake).mean() - 0.1 * fake.var(dim=0).sum()),
        "does not come through D",
    ),
    "losses summed up, one step": (_summed_up, "D is updated 1 times"),
    "a graph used twice": (_graph_used_twice, "a graph is used twice"),
    "weights clipped too": (_clipped_too, "no clipping here"),
    "uniform noise": (
        _rounds(noise=lambda real, latent_dim: torch.rand(len(real), latent_dim)),
        "z is never below 0",
    ),
    "fixed batch size": (
        _rounds(noise=lambda real, latent_dim: torch.randn(32, latent_dim)),
        "as many fakes as real samples came",
    ),
    "half the difference": (
        _rounds(loss_d=lambda D, real, fake: (D(fake).mean() - D(real).mean()) / 2),
        "D's loss holds -0.50 times the mean of D(real)",
    ),
    "no detach, nothing erased in G": (_not_cut, "G is trained on D's losses as well"),
    "penalty in the first step only": (_once, "only some of D's steps are penalized"),
    "least squares": (
        _rounds(loss_d=lambda D, r, f: (D(r) - 1).square().mean() + D(f).square().mean()),
        "it does not pull at all samples alike",
    ),
}
