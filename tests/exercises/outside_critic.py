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

WRONG_CLIPPED = {
    "clipped before the step": (
        _step(between=lambda D, limit: penalties.clip_weights(D, limit=limit), after=nothing),
        "you clip before opt_d.step()",
    ),
    "clipped before everything": (
        _step(before=lambda D, limit: penalties.clip_weights(D, limit=limit), after=nothing),
        "you clip before opt_d.step()",
    ),
    "D's answers clamped": (_answers_clamped, "you clamp what D answers"),
    "zero_grad too late": (_zero_grad_too_late, "D is clipped but never learns"),
    "no backward": (_no_backward, "follows old gradients only"),
    "D's answers clamped, then the weights": (
        _step(loss=lambda D, real, fake: D(fake).clamp(-1, 1).mean() - D(real).clamp(-1, 1).mean()),
        "you clamp what D answers",
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


def _penalty(
    *,
    alpha=lambda real: torch.rand(len(real), *[1] * (real.ndim - 1)),
    points=None,
    cut=lambda fake: fake.detach(),
    require=True,
    logits=lambda out: out.sum(),
    create_graph=True,
    length=lambda g: g.flatten(1).norm(dim=1),
    cost=lambda length: (length - 1).square(),
    reduce=lambda cost: cost.mean(),
):
    """Build a penalty that differs from the reference in one place."""

    def answer(D, real, fake):
        fake = cut(fake)
        if points is None:
            a = alpha(real)
            x = a * real + (1 - a) * fake
        else:
            x = points(real, fake)
        if require:
            x = x.requires_grad_()
        (g,) = torch.autograd.grad(logits(D(x)), x, create_graph=create_graph)
        return reduce(cost(length(g)))

    return answer


def _backward(D, real, fake):
    a = torch.rand(len(real), *[1] * (real.ndim - 1))
    x = (a * real + (1 - a) * fake.detach()).requires_grad_()
    D(x).sum().backward(create_graph=True)
    slope = x.grad
    x.grad = None
    return (slope.flatten(1).norm(dim=1) - 1).square().mean()


def _of_another_tensor(D, real, fake):
    a = torch.rand(len(real), *[1] * (real.ndim - 1))
    x = (a * real + (1 - a) * fake.detach()).requires_grad_()
    y = (x * 1).detach().requires_grad_()
    (slope,) = torch.autograd.grad(D(y).sum(), x, create_graph=True)
    return (slope.flatten(1).norm(dim=1) - 1).square().mean()


def _half_detached(D, real, fake):
    a = torch.rand(len(real), *[1] * (real.ndim - 1))
    x = (a * real + (1 - a) * fake.detach()).requires_grad_()
    (g,) = torch.autograd.grad(D(x).sum(), x, create_graph=True)
    length = g.flatten(1).norm(dim=1)
    return ((length - 1) * (length.detach() - 1)).mean()


def _of_the_mean_sample(D, real, fake):
    return penalty(D, real.mean(0, keepdim=True).expand_as(real), fake)


def _in_place(D, real, fake):
    real.mul_(torch.rand(len(real), *[1] * (real.ndim - 1)))
    return penalty(D, real, fake)


def _by_the_weights(D, real, fake):
    a = torch.rand(len(real), *[1] * (real.ndim - 1))
    x = a * real + (1 - a) * fake.detach()
    slopes = torch.autograd.grad(D(x).sum(), D.parameters(), create_graph=True)
    return (torch.cat([slope.flatten() for slope in slopes]).norm() - 1) ** 2


def _backward_to_a_made_tensor(D, real, fake):
    real = real.clone().requires_grad_()
    a = torch.rand(len(real), *[1] * (real.ndim - 1))
    x = a * real + (1 - a) * fake.detach()
    D(x).sum().backward(create_graph=True)
    return (x.grad.flatten(1).norm(dim=1) - 1).square().mean()


def _a_tuple(D, real, fake):
    a = torch.rand(len(real), *[1] * (real.ndim - 1))
    x = (a * real + (1 - a) * fake.detach()).requires_grad_()
    slope = torch.autograd.grad(D(x).sum(), x, create_graph=True)
    return (slope.flatten(1).norm(dim=1) - 1).square().mean()


def _outputs_of_another_shape(D, real, fake):
    a = torch.rand(len(real), *[1] * (real.ndim - 1))
    x = (a * real + (1 - a) * fake.detach()).requires_grad_()
    (g,) = torch.autograd.grad(D(x), x, torch.ones(len(x), 1), create_graph=True)
    return (g.flatten(1).norm(dim=1) - 1).square().mean()


def _whole_loss(D, real, fake):
    return D(fake).mean() - D(real).mean() + penalty(D, real, fake)


RIGHT_PENALTIES = [penalty, penalty_with_lerp, penalty_of_the_library, penalty_by_vmap]

WRONG_PENALTIES = {
    # clinic A1: copied from keras-io into books
    "α from N(0, 1)": (
        _penalty(alpha=lambda real: torch.randn(len(real), *[1] * (real.ndim - 1))),
        "it is drawn from N(0, 1)",
    ),
    "α shared by the batch": (_penalty(alpha=lambda real: torch.rand(())), "shares one α"),
    # clinic A2: the second half of DRAGAN's fault
    "α per number": (_penalty(alpha=torch.rand_like), "every number of a sample gets its own α"),
    "α from 0 to ½": (
        _penalty(alpha=lambda real: torch.rand(len(real), *[1] * (real.ndim - 1)) / 2),
        "but not evenly",
    ),
    "α from -1 to 1": (
        _penalty(alpha=lambda real: 2 * torch.rand(len(real), *[1] * (real.ndim - 1)) - 1),
        "another distribution",
    ),
    "α = ½": (_penalty(alpha=lambda real: 0.5), "half way between only"),
    "α is 0 or 1": (
        _penalty(alpha=lambda r: torch.rand(len(r), *[1] * (r.ndim - 1)).round()),
        "at real and fake samples only",
    ),
    "α for points only": (
        _penalty(alpha=lambda real: torch.rand(len(real), 1)),
        "not on a line between a real and a fake",
    ),
    "α (B,)": (_penalty(alpha=lambda real: torch.rand(len(real))), "the shape of α does not fit"),
    "α for images only": (
        _penalty(alpha=lambda real: torch.rand(len(real), 1, 1, 1)),
        "the shape of α does not fit",
    ),
    "real and noise": (
        _penalty(points=lambda real, fake: real + 0.1 * torch.randn_like(real)),
        "with nothing added",
    ),
    "real only": (
        _penalty(points=lambda real, fake: real.clone()),
        "taken at the real samples only",
    ),
    "fake only": (_penalty(points=lambda real, fake: fake.clone()), "taken at the fakes only"),
    "real and fake": (
        _penalty(points=lambda real, fake: torch.cat([real, fake])),
        "at real and fake samples only",
    ),
    "real and a difference": (
        _penalty(points=lambda r, f: r + torch.rand(len(r), *[1] * (r.ndim - 1)) * (r - f)),
        "another distribution",
    ),
    "the mean real sample": (_of_the_mean_sample, "not on a line between a real and a fake"),
    "real changed in place": (_in_place, "batch itself is changed"),
    "real made to require a gradient": (
        _penalty(points=lambda real, fake: real),
        "real or fake require a gradient now",
    ),
    # clinic A2: the norm over the channels only
    "norm over the channels only": (
        _penalty(length=lambda g: g.norm(dim=1)),
        "taken over the channels only",
    ),
    "norm over the last axis only": (
        _penalty(length=lambda g: g.norm(dim=-1)),
        "taken over the last axis only",
    ),
    "norm for images only": (
        _penalty(length=lambda g: g.norm(dim=(1, 2, 3))),
        "this length fits images only",
    ),
    "norm over the batch": (_penalty(length=lambda g: g.norm()), "over the whole batch"),
    "mean for norm": (_penalty(length=lambda g: g.flatten(1).mean(1)), "the mean of the slope's"),
    "sum for norm": (_penalty(length=lambda g: g.flatten(1).sum(1)), "added up the slope's"),
    "1-norm": (_penalty(length=lambda g: g.flatten(1).abs().sum(1)), "that is the 1-norm"),
    "largest number": (
        _penalty(length=lambda g: g.flatten(1).abs().amax(1)),
        "the largest number for the length",
    ),
    "root of the mean square": (
        _penalty(length=lambda g: (g.flatten(1).square().mean(1) + 1e-12).sqrt()),
        "you took the mean of squares",
    ),
    "root forgotten": (
        _penalty(length=lambda g: g.flatten(1).square().sum(1)),
        "the root is missing",
    ),
    "no norm": (_penalty(length=lambda g: g), "every number of the slope is compared with 1"),
    "mean of D for its sum": (
        _penalty(logits=lambda out: out.mean()),
        "divides every slope by the batch",
    ),
    "sum of D forgotten": (_penalty(logits=lambda out: out), "and D returns one per sample"),
    "one-sided": (
        _penalty(cost=lambda length: (length - 1).clamp_min(0).square()),
        "this is one-sided",
    ),
    "pulled to 0": (_penalty(cost=lambda length: length.square()), "as R1 does"),
    "square forgotten": (_penalty(cost=lambda length: length - 1), "the square is missing"),
    "absolute value": (
        _penalty(cost=lambda length: (length - 1).abs()),
        "absolute value for square",
    ),
    "length squared, not the difference": (
        _penalty(cost=lambda length: length.square() - 1),
        "the length is squared, and not the difference",
    ),
    "square of the mean": (
        _penalty(cost=lambda length: length - 1, reduce=lambda cost: cost.mean().square()),
        "mean of the lengths first",
    ),
    "half of it": (_penalty(reduce=lambda cost: cost.mean() / 2), "half of the penalty"),
    "ten times": (_penalty(reduce=lambda cost: 10 * cost.mean()), "10 times the penalty"),
    "sum for mean": (_penalty(reduce=lambda cost: cost.sum()), "the batch adds up"),
    "one per sample": (_penalty(reduce=lambda cost: cost), "should be one number"),
    "a number": (_penalty(reduce=lambda cost: float(cost.mean())), "float came back"),
    "create_graph forgotten": (_penalty(create_graph=False), "create_graph=True is missing"),
    "slope detached": (
        _penalty(length=lambda g: g.detach().flatten(1).norm(dim=1)),
        "create_graph=True is missing",
    ),
    "half detached": (_half_detached, "a part of it is detached"),
    "requires_grad forgotten": (_penalty(require=False), "Call .requires_grad_() on x̂"),
    "gradient at another tensor": (_of_another_tensor, "a tensor that D never saw"),
    "backward for grad": (_backward, "leaves gradients in D's weights"),
    "slope by the weights": (_by_the_weights, "with respect to its *input* x̂"),
    "backward to a made tensor": (_backward_to_a_made_tensor, "the slope is None"),
    "a tuple": (_a_tuple, "torch.autograd.grad returns a tuple"),
    "grad_outputs of another shape": (_outputs_of_another_shape, "must have the shape of D's"),
    "the critic's loss in it": (_whole_loss, "the critic's own loss is in it"),
    "NaN at slope 0": (
        _penalty(length=lambda g: g.flatten(1).square().sum(1).sqrt()),
        "an infinite slope at 0",
    ),
    "fake not detached": (_penalty(cut=lambda fake: fake), "reaches G through the fake batch"),
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


def _power(
    *,
    flat=lambda weight: weight.flatten(1),
    start=lambda u, W: u,
    scale_v=lambda v: F.normalize(v, dim=0),
    scale_u=lambda u: F.normalize(u, dim=0),
    sigma=lambda u, W, v: u @ W @ v,
    back=lambda sigma, u, v: (sigma, u),
    recorded=False,
):
    """Build a step that differs from the reference in one place."""

    def answer(weight, u):
        W = flat(weight)
        with torch.set_grad_enabled(recorded):
            v = scale_v(W.T @ start(u, W))
            u = scale_u(W @ v)
        return back(sigma(u, W, v), u, v)

    return answer


def _all_under_no_grad(weight, u):
    with torch.no_grad():
        return power(weight, u)


def _old_u(weight, u):
    sigma, _ = power(weight, u)
    return sigma, u


def _in_the_weight(weight, u):
    sigma, u = power(weight, u)
    weight.data /= sigma.data
    return sigma, u


def _eigenvalue(weight, u):
    W = weight.flatten(1)
    with torch.no_grad():
        u = F.normalize(W @ u, dim=0)
    return u @ W @ u, u


RIGHT_POWERS = [power, power_twice, by_svd]

WRONG_POWERS = {
    "conv weight not reshaped": (_power(flat=lambda weight: weight), "one row per output channel"),
    "conv weight reshaped the wrong way": (
        _power(flat=lambda w: w.reshape(len(w), -1) if w.ndim == 2 else w.flatten(0, 2)),
        "one row per output channel",
    ),
    "only the kernel's middle": (
        _power(flat=lambda w: w if w.ndim == 2 else w[:, :, 0, 0]),
        "one row per output channel",
    ),
    "new u each call": (
        _power(start=lambda u, W: F.normalize(torch.randn_like(u), dim=0)),
        "u is not kept: the same u gives another result",
    ),
    "starts over from ones": (
        _power(start=lambda u, W: torch.ones_like(u)),
        "every call starts anew",
    ),
    "old u handed back": (_old_u, "every call starts anew"),
    "u not normalized": (_power(scale_u=lambda u: u), "normalize it"),
    "v handed back": (_power(back=lambda sigma, u, v: (sigma, v)), "you hand back v"),
    "order turned": (_power(back=lambda sigma, u, v: (u, sigma)), "sigma first"),
    "sigma alone": (_power(back=lambda sigma, u, v: sigma), "two things should come back"),
    "sigma squared": (_power(sigma=lambda u, W, v: u @ W @ W.T @ u), "sigma came back squared"),
    "one over sigma": (_power(sigma=lambda u, W, v: 1 / (u @ W @ v)), "one divided by sigma"),
    "the weight divided": (
        _power(back=lambda sigma, u, v: (v * torch.ones(8, 1), u)),
        "should be one number",
    ),
    "nothing for u": (_power(back=lambda sigma, u, v: (sigma, None)), "look at what you return"),
    "normalized along axis 1": (_power(scale_v=F.normalize), "they have one axis"),
    "nuclear norm": (
        _power(sigma=lambda u, W, v: torch.linalg.matrix_norm(W, "nuc")),
        "the sum of all singular values",
    ),
    "minus sigma": (_power(sigma=lambda u, W, v: -(u @ W @ v)), "with a minus"),
    "Frobenius norm": (_power(sigma=lambda u, W, v: W.norm()), "the Frobenius norm"),
    "largest entry": (_power(sigma=lambda u, W, v: W.abs().max()), "the largest entry"),
    "a vector": (_power(sigma=lambda u, W, v: W @ v), "should be one number"),
    "v not normalized": (_power(scale_v=lambda v: v), "sigma came back squared"),
    "eigenvalue": (_eigenvalue, "shapes do not fit"),
    "eigenvalues": (
        lambda weight, u: (torch.linalg.eigvals(weight.flatten(1)).abs().max(), u),
        "shapes do not fit",
    ),
    "sigma without gradient": (_all_under_no_grad, "carries no gradient to the weight"),
    "u on the graph": (_power(recorded=True), "still hangs on the graph"),
    "gradient of another formula": (
        _power(sigma=lambda u, W, v: (u @ W @ v) ** 2 / (u @ W @ v).detach()),
        "its gradient is not u vᵀ",
    ),
    "weight divided in place": (_in_the_weight, "the weight itself is changed"),
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
