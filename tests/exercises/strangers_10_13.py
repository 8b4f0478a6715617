"""Strangers' answers to the exercises of lessons 10 to 13."""

import itertools
import math

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.nn.functional import normalize

from gan_lessons import metrics

ANSWERS = []
TYPICAL = "made up, typical"


def add(check, kind, cause, source, *answer):
    one = answer[0] if len(answer) == 1 else answer
    ANSWERS.append({"check": check, "kind": kind, "cause": cause, "source": source, "answer": one})


# ============================================================ lesson 10
# ------------------------------------------- objectives.least_squares


def ls_d_r1(real_logits, fake_logits):
    ones = torch.ones_like(real_logits)
    zeros = torch.zeros_like(fake_logits)
    return F.mse_loss(real_logits, ones) + F.mse_loss(fake_logits, zeros)


def ls_g_r1(real_logits, fake_logits):
    return F.mse_loss(fake_logits, torch.ones_like(fake_logits))


add(
    "objectives.least_squares",
    "right",
    "mse_loss with labels of ones and zeros is the mean of squared distances.",
    TYPICAL,
    ls_d_r1,
    ls_g_r1,
)


def ls_d_r2(r, f):
    return ((r * r).sum() - 2 * r.sum()) / r.numel() + 1 + f.dot(f) / f.numel()


def ls_g_r2(_, f):
    total = 0
    for t in f:
        total = total + (1 - t) ** 2
    return total / len(f)


add(
    "objectives.least_squares",
    "right",
    "the square multiplied out, E r² − 2 E r + 1, and a loop for G: the same numbers.",
    TYPICAL,
    ls_d_r2,
    ls_g_r2,
)


def ls_d_w1(real_logits, fake_logits):
    real_loss = F.mse_loss(real_logits, torch.ones_like(real_logits))
    fake_loss = F.mse_loss(fake_logits, torch.zeros_like(fake_logits))
    return 0.5 * (real_loss + fake_loss)


add(
    "objectives.least_squares",
    "wrong",
    "D's loss has an extra factor ½, which the formula of this lesson does not have (G is right).",
    "eriklindernoren/PyTorch-GAN lsgan.py: d_loss = 0.5 * (real_loss + fake_loss)",
    ls_d_w1,
    ls_g_r1,
)


def ls_d_w2(real_logits, fake_logits):
    return (real_logits.mean() - 1) ** 2 + fake_logits.mean() ** 2


def ls_g_w2(real_logits, fake_logits):
    return (fake_logits.mean() - 1) ** 2


add(
    "objectives.least_squares",
    "wrong",
    "the mean is taken before the square in both losses; each sample must be squared first.",
    TYPICAL,
    ls_d_w2,
    ls_g_w2,
)


def ls_d_w3(real_logits, fake_logits):
    p_real = torch.sigmoid(real_logits)
    p_fake = torch.sigmoid(fake_logits)
    return ((p_real - 1) ** 2).mean() + (p_fake**2).mean()


def ls_g_w3(real_logits, fake_logits):
    return ((torch.sigmoid(fake_logits) - 1) ** 2).mean()


add(
    "objectives.least_squares",
    "wrong",
    "a sigmoid is put on D's outputs before the squares; least squares takes the raw outputs.",
    "issues of pytorch-CycleGAN-and-pix2pix: 'lsgan with sigmoid?'",
    ls_d_w3,
    ls_g_w3,
)


def ls_g_w4(real_logits, fake_logits):
    return -fake_logits.square().mean()


add(
    "objectives.least_squares",
    "wrong",
    "G's loss is D's fake part with a minus sign (drive D(fake) away from 0) instead of the distance of D(fake) from 1.",
    TYPICAL,
    ls_d_r1,
    ls_g_w4,
)


def ls_g_w5(real_logits, fake_logits):
    return (real_logits - 1).square().mean()


add(
    "objectives.least_squares",
    "wrong",
    "G's loss uses real_logits in place of fake_logits: mixed-up arguments.",
    TYPICAL,
    ls_d_r1,
    ls_g_w5,
)

# --------------------------------------------------- objectives.hinge


def hinge_d_r1(real_out, fake_out):
    zero = torch.zeros(())
    return -torch.minimum(zero, real_out - 1).mean() - torch.minimum(zero, -fake_out - 1).mean()


def hinge_g_r1(real_out, fake_out):
    return -(fake_out.sum() / fake_out.shape[0])


add(
    "objectives.hinge",
    "right",
    "−min(0, D−1) is max(0, 1−D): the form of Miyato et al., turned into a loss.",
    "SNGAN, equations 16 and 17",
    hinge_d_r1,
    hinge_g_r1,
)


def hinge_d_r2(real_out, fake_out):
    real = (1 - real_out)[real_out < 1].sum() / len(real_out)
    fake = (1 + fake_out)[fake_out > -1].sum() / len(fake_out)
    return real + fake


def hinge_g_r2(real_out, fake_out):
    return torch.neg(fake_out).mean()


add(
    "objectives.hinge",
    "right",
    "only the samples inside the margin are added up, and all are counted in the mean.",
    TYPICAL,
    hinge_d_r2,
    hinge_g_r2,
)


def hinge_d_w1(real_out, fake_out):
    return F.relu(1 - real_out.mean()) + F.relu(1 + fake_out.mean())


add(
    "objectives.hinge",
    "wrong",
    "relu of the batch mean instead of the mean of relu: the margin is per sample (D; G is right).",
    TYPICAL,
    hinge_d_w1,
    hinge_g_r2,
)


def hinge_g_w2(real_out, fake_out):
    return -F.relu(fake_out).mean()


add(
    "objectives.hinge",
    "wrong",
    "G's loss has a relu, G has no hinge: −mean(D(fake)) is asked.",
    "https://github.com/zurutech/ashpy/issues/23",
    hinge_d_r2,
    hinge_g_w2,
)


def hinge_g_w3(real_out, fake_out):
    return F.relu(1 - fake_out).mean()


add(
    "objectives.hinge",
    "wrong",
    "G's loss is a hinge with margin 1 instead of −mean(D(fake)).",
    "https://github.com/lucidrains/audiolm-pytorch/issues/190",
    hinge_d_r1,
    hinge_g_w3,
)


def hinge_d_w4(real_out, fake_out):
    return F.relu(1 + real_out).mean() + F.relu(1 - fake_out).mean()


add(
    "objectives.hinge",
    "wrong",
    "the signs of D's two margins are exchanged: it should be 1 − real and 1 + fake (D is right, upside down).",
    "lucidrains/stylegan2-pytorch issue 69 (the other convention)",
    hinge_d_w4,
    hinge_g_r1,
)


def hinge_d_w5(real_out, fake_out):
    z = torch.zeros_like(real_out)
    return torch.min(z, real_out - 1).mean() + torch.min(z, -fake_out - 1).mean()


add(
    "objectives.hinge",
    "wrong",
    "the minus sign of the maximization problem is missing: min(0, …) is to be maximized, so the loss must be its negative.",
    "https://github.com/knazeri/edge-connect/issues/60",
    hinge_d_w5,
    hinge_g_r1,
)

# -------------------------------------------- objectives.relativistic


def rel_d_r1(real_out, fake_out):
    d = real_out - fake_out
    return F.binary_cross_entropy_with_logits(d, torch.ones_like(d))


def rel_g_r1(real_out, fake_out):
    d = fake_out - real_out
    return F.binary_cross_entropy_with_logits(d, torch.ones_like(d))


add(
    "objectives.relativistic",
    "right",
    "BCE of the difference with label 1 is softplus of minus the difference.",
    "AlexiaJM/RelativisticGAN, RSGAN",
    rel_d_r1,
    rel_g_r1,
)


def rel_d_r2(real_out, fake_out):
    return torch.logaddexp(real_out, fake_out).mean() - real_out.mean()


def rel_g_r2(real_out, fake_out):
    return -F.logsigmoid(fake_out - real_out).mean()


add(
    "objectives.relativistic",
    "right",
    "log(e^r + e^f) − r = softplus(f − r), a softmax between the two.",
    TYPICAL,
    rel_d_r2,
    rel_g_r2,
)


def rel_d_w1(real_out, fake_out):
    return (
        F.softplus(fake_out.mean() - real_out) + F.softplus(fake_out - real_out.mean())
    ).mean() / 2


def rel_g_w1(real_out, fake_out):
    return (
        F.softplus(real_out - fake_out.mean()) + F.softplus(real_out.mean() - fake_out)
    ).mean() / 2


add(
    "objectives.relativistic",
    "wrong",
    "the relativistic average game: each output is compared with the mean of the other side instead of with its partner i.",
    "https://github.com/AlexiaJM/RelativisticGAN/issues/2",
    rel_d_w1,
    rel_g_w1,
)


add(
    "objectives.relativistic",
    "wrong",
    "the two losses are exchanged: D's rewards D(fake) > D(real), the sign of the difference is turned round in both.",
    TYPICAL,
    rel_g_r2,
    rel_d_r2,
)


def rel_d_w3(real_out, fake_out):
    return F.softplus((fake_out - real_out).mean())


def rel_g_w3(real_out, fake_out):
    return F.softplus((real_out - fake_out).mean())


add(
    "objectives.relativistic",
    "wrong",
    "the mean comes before softplus; it must come last, pair by pair.",
    TYPICAL,
    rel_d_w3,
    rel_g_w3,
)


def rel_g_w4(real_out, fake_out):
    return -F.softplus(fake_out - real_out).mean()


add(
    "objectives.relativistic",
    "wrong",
    "G's loss is minus D's loss (saturating) instead of softplus of the turned difference.",
    TYPICAL,
    rel_d_r2,
    rel_g_w4,
)


def rel_d_w5(real_out, fake_out):
    diff = fake_out.unsqueeze(1) - real_out.unsqueeze(0)
    return F.softplus(diff).mean()


def rel_g_w5(real_out, fake_out):
    diff = real_out.unsqueeze(1) - fake_out.unsqueeze(0)
    return F.softplus(diff).mean()


add(
    "objectives.relativistic",
    "wrong",
    "every fake is compared with every real, a (B, B) table by broadcasting, instead of sample i with sample i.",
    TYPICAL,
    rel_d_w5,
    rel_g_w5,
)

# -------------------------------------------- objectives.best_outputs


def best_r1(p, q):
    d_star = p / (p + q)
    hinge = torch.where(p >= q, torch.ones_like(p), -torch.ones_like(p))
    return torch.log(p) - torch.log(q), d_star, hinge


add(
    "objectives.best_outputs",
    "right",
    "log p − log q, p/(p+q) and ±1; where p = q every t in [−1, 1] is best for the hinge, 1 too.",
    TYPICAL,
    best_r1,
)


def best_r2(p, q):
    a, b = p.double().numpy(), q.double().numpy()
    ce = np.log(a / b)
    ls = 1 / (1 + b / a)
    hi = np.sign(a - b)
    return tuple(torch.from_numpy(v).to(p.dtype) for v in (ce, ls, hi))


add(
    "objectives.best_outputs",
    "right",
    "the three formulas in NumPy and double precision, back in the dtype of p.",
    TYPICAL,
    best_r2,
)


def best_w1(p, q):
    d_star = p / (p + q)
    return d_star, d_star, (p - q).sign()


add(
    "objectives.best_outputs",
    "wrong",
    "cross entropy: returns the probability p/(p+q) instead of the logit ln(p/q).",
    TYPICAL,
    best_w1,
)


def best_w2(p, q):
    return (p / q).log(), p / (p + q), (p - q).clamp(-1, 1)


add(
    "objectives.best_outputs",
    "wrong",
    "hinge: p − q clamped to [−1, 1] instead of its sign; the best output lies at a kink, ±1.",
    TYPICAL,
    best_w2,
)


def best_w3(p, q):
    return (q / p).log(), q / (p + q), (q - p).sign()


add(
    "objectives.best_outputs",
    "wrong",
    "p and q are exchanged in all three: p is the density of the real samples.",
    TYPICAL,
    best_w3,
)


def best_w4(p, q):
    return (p / q).log(), (p - q) / (p + q), (p - q).sign()


add(
    "objectives.best_outputs",
    "wrong",
    "least squares: (p−q)/(p+q), which belongs to the targets 1 and −1, instead of p/(p+q) for 1 and 0.",
    "LSGAN paper's a=−1, b=1",
    best_w4,
)


def best_w5(p, q):
    return (p / q).log(), p / (p + q), (p > q).float()


add(
    "objectives.best_outputs",
    "wrong",
    "hinge: 1 and 0 instead of 1 and −1 where q is larger.",
    TYPICAL,
    best_w5,
)

# ============================================================ lesson 11
# ------------------------------------------------ critic.clipped_step


def clip_r1(D, opt_d, real, fake, limit):
    scores = D(torch.cat([real, fake.detach()]))
    gain = scores[: len(real)].mean() - scores[len(real) :].mean()
    D.zero_grad()
    (-gain).backward()
    opt_d.step()
    for p in D.parameters():
        p.data = p.data.clamp(min=-limit, max=limit)


add(
    "critic.clipped_step",
    "right",
    "one call on the concatenated batch, the negative gain, and data clamped out of place but assigned back.",
    TYPICAL,
    clip_r1,
)


def clip_r2(D, opt_d, real, fake, limit):
    params = list(D.parameters())
    out_real, out_fake = D(real), D(fake.detach())
    loss = out_fake.sum() / out_fake.numel() - out_real.sum() / out_real.numel()
    grads = torch.autograd.grad(loss, params)
    for p, g in zip(params, grads):
        p.grad = g
    opt_d.step()
    with torch.no_grad():
        vector = nn.utils.parameters_to_vector(params)
        nn.utils.vector_to_parameters(vector.clip(-limit, limit), params)


add(
    "critic.clipped_step",
    "right",
    "gradients by autograd.grad set into .grad, weights clipped as one vector.",
    TYPICAL,
    clip_r2,
)


def clip_r3(D, opt_d, real, fake, limit):
    opt_d.zero_grad()
    D(real).mean().neg().backward()
    D(fake).mean().backward()
    opt_d.step()
    with torch.no_grad():
        for p in D.parameters():
            p[p > limit] = limit
            p[p < -limit] = -limit


add(
    "critic.clipped_step",
    "right",
    "two backward passes whose gradients add up (as in the first WGAN code), masks in place of clamp.",
    "martinarjovsky/WassersteinGAN main.py",
    clip_r3,
)


def clip_w1(D, opt_d, real, fake, limit):
    loss_d = D(fake).mean() - D(real).mean()
    opt_d.zero_grad()
    loss_d.backward()
    nn.utils.clip_grad_norm_(D.parameters(), limit)
    opt_d.step()


add(
    "critic.clipped_step",
    "wrong",
    "clips the norm of the gradients instead of the weights.",
    TYPICAL,
    clip_w1,
)


def clip_w2(D, opt_d, real, fake, limit):
    loss_d = D(fake).mean() - D(real).mean()
    opt_d.zero_grad()
    loss_d.backward()
    opt_d.step()
    with torch.no_grad():
        for weight in D.parameters():
            weight.clamp(-limit, limit)


add(
    "critic.clipped_step",
    "wrong",
    "clamp without underscore returns a new tensor that is thrown away: the weights stay unclipped.",
    TYPICAL,
    clip_w2,
)


def clip_w3(D, opt_d, real, fake, limit):
    for p in D.parameters():
        p.data.clamp_(-limit, limit)
    loss_d = D(fake).mean() - D(real).mean()
    opt_d.zero_grad()
    loss_d.backward()
    opt_d.step()


add(
    "critic.clipped_step",
    "wrong",
    "the weights are clipped before the step, so after opt_d.step() they may lie outside of ±limit.",
    "martinarjovsky/WassersteinGAN clamps before the update",
    clip_w3,
)


def clip_w4(D, opt_d, real, fake, limit):
    loss_d = D(real).mean() - D(fake).mean()
    opt_d.zero_grad()
    loss_d.backward()
    opt_d.step()
    with torch.no_grad():
        for w in D.parameters():
            w.clamp_(-limit, limit)


add(
    "critic.clipped_step",
    "wrong",
    "the sign of the loss: the optimizer lowers D(real) − D(fake), which was to be raised.",
    TYPICAL,
    clip_w4,
)


def clip_w5(D, opt_d, real, fake, limit):
    loss_d = D(fake).mean() - D(real).mean()
    loss_d.backward()
    opt_d.step()
    with torch.no_grad():
        for w in D.parameters():
            w.clamp_(-limit, limit)


add(
    "critic.clipped_step",
    "wrong",
    "opt_d.zero_grad() is missing: gradients of earlier steps are added.",
    TYPICAL,
    clip_w5,
)


def clip_w6(D, opt_d, real, fake, limit):
    loss_d = D(fake).mean() - D(real).mean()
    opt_d.zero_grad()
    loss_d.backward()
    opt_d.step()
    with torch.no_grad():
        for name, w in D.named_parameters():
            if "weight" in name:
                w.clamp_(-limit, limit)


add(
    "critic.clipped_step",
    "wrong",
    "only parameters named 'weight' are clipped, the biases stay free; all of D.parameters() belong within ±limit.",
    TYPICAL,
    clip_w6,
)


def clip_w7(D, opt_d, real, fake, limit):
    loss_d = D(fake).mean() - D(real).mean()
    opt_d.zero_grad()
    loss_d.backward()
    nn.utils.clip_grad_value_(D.parameters(), limit)
    opt_d.step()
    with torch.no_grad():
        for w in D.parameters():
            w.clamp_(max=limit)


add(
    "critic.clipped_step",
    "wrong",
    "two mistakes: the gradients are clipped too (clip_grad_value_), and the weights from above only, −limit is missing.",
    TYPICAL,
    clip_w7,
)

# -------------------------------------------- critic.gradient_penalty


def gp_r1(D, real, fake):
    shape = (real.shape[0],) + (1,) * (real.dim() - 1)
    mix = torch.lerp(fake.detach(), real, torch.rand(shape, dtype=real.dtype))
    out, pull = torch.func.vjp(lambda t: D(t).sum(), mix)
    (g,) = pull(torch.ones_like(out))
    length = torch.linalg.vector_norm(g, dim=tuple(range(1, g.dim())))
    return F.mse_loss(length, torch.ones_like(length))


add(
    "critic.gradient_penalty",
    "right",
    "torch.func.vjp for the slope, lerp from fake to real, norm over all but the batch.",
    TYPICAL,
    gp_r1,
)


def gp_r2(D, real, fake):
    total = 0.0
    for x, y in zip(real, fake):
        a = torch.rand(1).item()
        point = (a * x + (1 - a) * y).detach()[None].requires_grad_(True)
        grad = torch.autograd.grad(D(point).sum(), point, create_graph=True)[0]
        total = total + (grad.pow(2).sum().sqrt() - 1) ** 2
    return total / real.size(0)


add(
    "critic.gradient_penalty",
    "right",
    "sample by sample in a loop, one α each, averaged at the end (no batch norm in a critic).",
    TYPICAL,
    gp_r2,
)


def gp_r3(D, real, fake):
    B = real.size(0)
    eps = torch.rand(B, 1).expand(B, real[0].numel()).reshape(real.shape)
    x_hat = torch.autograd.Variable(eps * real.data + (1 - eps) * fake.data, requires_grad=True)
    out = D(x_hat)
    g = torch.autograd.grad(
        outputs=out,
        inputs=x_hat,
        grad_outputs=torch.ones(out.size()),
        create_graph=True,
        retain_graph=True,
        only_inputs=True,
    )[0]
    g = g.view(B, -1)
    return ((g.norm(2, dim=1) - 1) ** 2).mean()


add(
    "critic.gradient_penalty",
    "right",
    "the classic code with grad_outputs, the gradients flattened before the norm.",
    "caogang/wgan-gp, corrected",
    gp_r3,
)


def gp_w1(D, real, fake):
    alpha = torch.rand(len(real), *[1] * (real.ndim - 1))
    x = (alpha * real + (1 - alpha) * fake).detach().requires_grad_()
    out = D(x)
    grads = torch.autograd.grad(out, x, grad_outputs=torch.ones_like(out), create_graph=True)[0]
    return ((grads.norm(2, dim=1) - 1) ** 2).mean()


add(
    "critic.gradient_penalty",
    "wrong",
    "for images norm(dim=1) goes over the channels only; flatten(1) is missing before the norm.",
    "https://github.com/caogang/wgan-gp/issues/27",
    gp_w1,
)


def gp_w2(D, real, fake):
    alpha = torch.rand_like(real)
    x = (alpha * real + (1 - alpha) * fake).detach().requires_grad_()
    grads = torch.autograd.grad(D(x).sum(), x, create_graph=True)[0]
    return ((grads.flatten(1).norm(2, dim=1) - 1) ** 2).mean()


add(
    "critic.gradient_penalty",
    "wrong",
    "α has the shape of real, one for each number, instead of one per sample: x̂ is not on the line from fake to real.",
    "https://github.com/tntrung/gan/issues/2",
    gp_w2,
)


def gp_w3(D, real, fake):
    alpha = torch.rand(len(real), *[1] * (real.ndim - 1))
    x = (alpha * real + (1 - alpha) * fake).detach().requires_grad_()
    (g,) = torch.autograd.grad(D(x).mean(), x, create_graph=True)
    return ((g.flatten(1).norm(dim=1) - 1) ** 2).mean()


add(
    "critic.gradient_penalty",
    "wrong",
    "the gradient of D(x).mean() instead of the sum: every slope is divided by the batch size.",
    TYPICAL,
    gp_w3,
)


def gp_w4(D, real, fake):
    alpha = torch.rand(len(real), *[1] * (real.ndim - 1))
    x = (alpha * real + (1 - alpha) * fake).detach().requires_grad_()
    (g,) = torch.autograd.grad(D(x).sum(), x, retain_graph=True)
    return ((g.flatten(1).norm(dim=1) - 1) ** 2).mean()


add(
    "critic.gradient_penalty",
    "wrong",
    "create_graph=True is missing (retain_graph is not the same): the penalty has no gradient by D's weights.",
    "PyTorch forum, gradient penalty threads",
    gp_w4,
)


def gp_w5(D, real, fake):
    alpha = torch.rand(1)
    x = (alpha * real + (1 - alpha) * fake).detach().requires_grad_()
    (g,) = torch.autograd.grad(D(x).sum(), x, create_graph=True)
    norm = g.view(len(g), -1).norm(2, 1)
    return ((norm - 1) ** 2).mean()


add(
    "critic.gradient_penalty",
    "wrong",
    "one α for the whole batch (torch.rand(1)) instead of one per sample.",
    "several WGAN-GP ports",
    gp_w5,
)


def gp_w6(D, real, fake):
    alpha = torch.rand(len(real), *[1] * (real.ndim - 1))
    x = (alpha * real + (1 - alpha) * fake).detach().requires_grad_()
    (g,) = torch.autograd.grad(D(x).sum(), x, create_graph=True)
    norm = g.flatten(1).square().sum(1)
    return 10 * ((norm - 1) ** 2).mean()


add(
    "critic.gradient_penalty",
    "wrong",
    "two mistakes: the root of the sum of squares is missing, and λ = 10 is multiplied in though it was asked without.",
    TYPICAL,
    gp_w6,
)


def gp_w7(D, real, fake):
    alpha = torch.rand(len(real), *[1] * (real.ndim - 1))
    x = (alpha * real + (1 - alpha) * fake).detach().requires_grad_()
    (g,) = torch.autograd.grad(D(x).sum(), x, create_graph=True)
    return F.relu(g.flatten(1).norm(dim=1) - 1).square().mean()


add(
    "critic.gradient_penalty",
    "wrong",
    "the one-sided variant: slopes shorter than 1 are not charged (relu).",
    "WGAN-LP implementations",
    gp_w7,
)


def gp_w8(D, real, fake):
    alpha = torch.rand(len(real), *[1] * (real.ndim - 1))
    x = (alpha * real + (1 - alpha) * fake).detach().requires_grad_()
    (g,) = torch.autograd.grad(D(x).sum(), x, create_graph=True)
    return (g.flatten(1).norm(dim=1).mean() - 1) ** 2


add(
    "critic.gradient_penalty",
    "wrong",
    "(mean length − 1)² instead of the mean of (length − 1)².",
    TYPICAL,
    gp_w8,
)

# -------------------------------------------------- critic.power_step


def power_r1(weight, u):
    M = weight.reshape(weight.size(0), -1)
    v = M.detach().t().mv(u)
    v = v / v.norm()
    Mv = M.mv(v)
    sigma = Mv.norm()
    return sigma, (Mv / sigma).detach()


add(
    "critic.power_step",
    "right",
    "σ is the length of Wv, which is u·Wv for the new u; its gradient is u vᵀ as well.",
    TYPICAL,
    power_r1,
)


def power_r2(weight, u):
    W = weight.view(len(weight), -1)
    A = W.detach().numpy().astype(np.float64)
    v = A.T @ u.numpy()
    v /= np.linalg.norm(v)
    new = A @ v
    new /= np.linalg.norm(new)
    new_u = torch.from_numpy(new).to(weight.dtype)
    v = torch.from_numpy(v).to(weight.dtype)
    sigma = torch.einsum("i,ij,j->", new_u, W, v)
    return sigma, new_u


add(
    "critic.power_step",
    "right",
    "the two vectors in NumPy (no gradient), σ by einsum on the weight itself.",
    TYPICAL,
    power_r2,
)


def power_w1(weight, u):
    W = weight.flatten(1)
    v = normalize(W.T @ u, dim=0)
    u = normalize(W @ v, dim=0)
    return u @ W @ v, u


add(
    "critic.power_step",
    "wrong",
    "no torch.no_grad() (or detach) around the two vectors: gradients run through u and v, and the returned u hangs on the graph.",
    TYPICAL,
    power_w1,
)


@torch.no_grad()
def power_w2(weight, u):
    W = weight.flatten(1)
    v = normalize(W.T @ u, dim=0)
    u = normalize(W @ v, dim=0)
    return u @ W @ v, u


add(
    "critic.power_step",
    "wrong",
    "no_grad around all, sigma too: σ has no gradient by the weight.",
    "https://github.com/pytorch/pytorch/pull/6929 (review: why non differentiable?)",
    power_w2,
)


def power_w3(weight, u):
    W = weight.flatten(1)
    with torch.no_grad():
        v = normalize(W.T @ u, dim=0)
        new_u = normalize(W @ v, dim=0)
    return new_u @ W @ v, u


add(
    "critic.power_step",
    "wrong",
    "the old u is returned instead of the new one, so the iteration never gets on.",
    TYPICAL,
    power_w3,
)


def power_w4(weight, u):
    W = weight.flatten(1)
    with torch.no_grad():
        v = normalize(W.T @ u, dim=0)
        new_u = normalize(W @ v, dim=0)
    return u @ W @ v, new_u


add(
    "critic.power_step",
    "wrong",
    "σ is computed with the old u; it should be the new u · Wv.",
    TYPICAL,
    power_w4,
)


def power_w5(weight, u):
    W = weight.flatten(1)
    with torch.no_grad():
        v = W.T @ u
        u = normalize(W @ v, dim=0)
    return u @ W @ v, u


add(
    "critic.power_step",
    "wrong",
    "v is not scaled to length 1, so σ comes out too large or small by |Wᵀu|.",
    TYPICAL,
    power_w5,
)


def power_w6(weight, u):
    W = weight.flatten(1)
    with torch.no_grad():
        for _ in range(20):
            v = normalize(W.T @ u, dim=0)
            u = normalize(W @ v, dim=0)
    return u @ W @ v, u


add(
    "critic.power_step",
    "wrong",
    "twenty rounds of the power iteration instead of one step.",
    TYPICAL,
    power_w6,
)


def power_w7(weight, u):
    W = weight.transpose(0, -1).reshape(weight.shape[0], -1)
    with torch.no_grad():
        v = normalize(W.T @ u, dim=0)
        u = normalize(W @ v, dim=0)
    return u @ W @ v, u


add(
    "critic.power_step",
    "wrong",
    "the weight is transposed before reshape, so the matrix mixes rows with other axes; W = weight.flatten(1) is meant.",
    TYPICAL,
    power_w7,
)

# -------------------------------------------- critic.wasserstein_step


def wass_r1(G, D, opt_g, opt_d, batches, latent_dim, n_critic, penalty):
    for x in itertools.islice(batches, n_critic):
        with torch.no_grad():
            y = G(torch.randn(x.size(0), latent_dim))
        scores = D(torch.cat((y, x)))
        n = y.size(0)
        cost = scores[:n].mean() - scores[n:].mean() + penalty(D, x, y)
        opt_d.zero_grad(set_to_none=True)
        cost.backward()
        opt_d.step()
    opt_g.zero_grad(set_to_none=True)
    (-D(G(torch.randn(n, latent_dim))).mean()).backward()
    opt_g.step()


add(
    "critic.wasserstein_step",
    "right",
    "islice takes exactly n_critic batches, fakes under no_grad, one call of D on both.",
    TYPICAL,
    wass_r1,
)


def wass_r2(G, D, opt_g, opt_d, batches, latent_dim, n_critic, penalty):
    k = 0
    while k < n_critic:
        real = next(batches)
        noise = torch.from_numpy(np.random.randn(len(real), latent_dim)).float()
        fake = G(noise).detach()
        opt_d.zero_grad()
        (-D(real).mean()).backward()
        D(fake).mean().backward()
        penalty(D, real, fake).backward()
        opt_d.step()
        k += 1
    for p in D.parameters():
        p.requires_grad_(False)
    opt_g.zero_grad()
    loss_g = D(G(torch.randn(len(real), latent_dim))).mean().neg()
    loss_g.backward()
    opt_g.step()
    for p in D.parameters():
        p.requires_grad_(True)


add(
    "critic.wasserstein_step",
    "right",
    "three backward passes that add up, NumPy noise, and D frozen for G's step and thawed again.",
    "martinarjovsky/WassersteinGAN and caogang/wgan-gp style",
    wass_r2,
)


def wass_w1(G, D, opt_g, opt_d, batches, latent_dim, n_critic, penalty):
    real = next(batches)
    for _ in range(n_critic):
        fake = G(torch.randn(len(real), latent_dim)).detach()
        loss_d = D(fake).mean() - D(real).mean() + penalty(D, real, fake)
        opt_d.zero_grad()
        loss_d.backward()
        opt_d.step()
    loss_g = -D(G(torch.randn(len(real), latent_dim))).mean()
    opt_g.zero_grad()
    loss_g.backward()
    opt_g.step()


add(
    "critic.wasserstein_step",
    "wrong",
    "next(batches) stands before the loop: D sees the same real batch in all n_critic steps.",
    "aladdinpersson's WGAN-GP tutorial (cur_batch outside the critic loop)",
    wass_w1,
)


def wass_w2(G, D, opt_g, opt_d, batches, latent_dim, n_critic, penalty):
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


add(
    "critic.wasserstein_step",
    "wrong",
    "G's step is inside the loop (indentation): G moves n_critic times instead of once.",
    TYPICAL,
    wass_w2,
)


def wass_w3(G, D, opt_g, opt_d, batches, latent_dim, n_critic, penalty):
    for _ in range(n_critic):
        real = next(batches)
        fake = G(torch.randn(len(real), latent_dim)).detach()
        loss_d = D(fake).mean() - D(real).mean()
        gp = penalty(D, real, fake)
        opt_d.zero_grad()
        loss_d.backward()
        opt_d.step()
    loss_g = -D(G(torch.randn(len(real), latent_dim))).mean()
    opt_g.zero_grad()
    loss_g.backward()
    opt_g.step()


add(
    "critic.wasserstein_step",
    "wrong",
    "the penalty is computed but never added to D's loss.",
    "a wgan-gp flag that never adds the penalty",
    wass_w3,
)


def wass_w4(G, D, opt_g, opt_d, batches, latent_dim, n_critic, penalty):
    for _ in range(n_critic):
        real = next(batches)
        z = torch.randn(64, latent_dim)
        fake = G(z).detach()
        fake = fake[: len(real)]
        loss_d = D(fake).mean() - D(real).mean() + penalty(D, real, fake)
        opt_d.zero_grad()
        loss_d.backward()
        opt_d.step()
    loss_g = D(G(z)).mean()
    opt_g.zero_grad()
    loss_g.backward()
    opt_g.step()


add(
    "critic.wasserstein_step",
    "wrong",
    "two mistakes: the sign of G's loss (it lowers D(fake)), and the batch size is fixed at 64.",
    TYPICAL,
    wass_w4,
)


def wass_w5(G, D, opt_g, opt_d, batches, latent_dim, n_critic, penalty):
    for _ in range(n_critic):
        real = next(batches)
        fake = G(torch.randn(len(real), latent_dim))
        loss_d = D(fake).mean() - D(real).mean() + penalty(D, real, fake)
        opt_d.zero_grad()
        loss_d.backward()
        opt_d.step()
    loss_g = -D(G(torch.randn(len(real), latent_dim))).mean()
    loss_g.backward()
    opt_g.step()


add(
    "critic.wasserstein_step",
    "wrong",
    "fake is not detached and opt_g.zero_grad() is missing: G's step uses the gradients left by D's losses too.",
    TYPICAL,
    wass_w5,
)


def wass_w6(G, D, opt_g, opt_d, batches, latent_dim, n_critic, penalty):
    real = next(batches)
    fake = G(torch.randn(len(real), latent_dim))
    for i in range(n_critic):
        loss_d = D(fake.detach()).mean() - D(real).mean() + penalty(D, real, fake.detach())
        opt_d.zero_grad()
        loss_d.backward()
        opt_d.step()
        if i < n_critic - 1:
            real = next(batches)
    loss_g = -D(fake).mean()
    opt_g.zero_grad()
    loss_g.backward()
    opt_g.step()


add(
    "critic.wasserstein_step",
    "wrong",
    "the fakes are drawn once, before the loop, instead of anew in each step of D.",
    TYPICAL,
    wass_w6,
)


def wass_w7(G, D, opt_g, opt_d, batches, latent_dim, n_critic, penalty):
    for i, real in enumerate(batches):
        fake = G(torch.randn(len(real), latent_dim)).detach()
        loss_d = D(fake).mean() - D(real).mean() + penalty(D, real, fake)
        opt_d.zero_grad()
        loss_d.backward()
        opt_d.step()
        if i >= n_critic:
            break
    loss_g = -D(G(torch.randn(len(real), latent_dim))).mean()
    opt_g.zero_grad()
    loss_g.backward()
    opt_g.step()


add(
    "critic.wasserstein_step",
    "wrong",
    "off by one: the loop ends at i >= n_critic after the step, so D makes n_critic + 1 steps.",
    TYPICAL,
    wass_w7,
)


def wass_w8(G, D, opt_g, opt_d, batches, latent_dim, n_critic, penalty):
    for _ in range(n_critic):
        real = next(batches)
        fake = G(torch.randn(len(real), latent_dim)).detach()
        loss_d = D(fake).mean() - D(real).mean() + penalty(D, fake, real)
        opt_d.zero_grad()
        loss_d.backward()
        opt_d.step()
    loss_g = -D(G(torch.randn(len(real), latent_dim))).mean()
    opt_g.zero_grad()
    loss_g.backward()
    opt_g.step()


add(
    "critic.wasserstein_step",
    "wrong",
    "mixed-up arguments: penalty(D, fake, real) instead of penalty(D, real, fake).",
    TYPICAL,
    wass_w8,
)

# ============================================================ lesson 12
# -------------------------------------------- stabilize.zero_centered


def zc_r1_a(D, real, fake, gamma):
    x = real.clone().detach()
    x.requires_grad = True
    out = D(x)
    g = torch.autograd.grad([out], [x], grad_outputs=[torch.ones_like(out)], create_graph=True)[0]
    return gamma * 0.5 * (g**2).sum() / x.size(0)


def zc_r2_a(D, real, fake, gamma):
    x = fake.clone().detach()
    x.requires_grad = True
    out = D(x)
    g = torch.autograd.grad([out], [x], grad_outputs=[torch.ones_like(out)], create_graph=True)[0]
    return gamma * 0.5 * (g**2).sum() / x.size(0)


add(
    "stabilize.zero_centered",
    "right",
    "the sum of all squares divided by the batch size is the mean of the per-sample sums.",
    TYPICAL,
    zc_r1_a,
    zc_r2_a,
)


def zc_r1_b(D, real, fake, gamma):
    parts = []
    for i in range(len(real)):
        x = real[i : i + 1].detach().requires_grad_()
        (g,) = torch.autograd.grad(D(x).sum(), x, create_graph=True)
        parts.append(torch.linalg.vector_norm(g) ** 2)
    return gamma / 2 * torch.stack(parts).mean()


def zc_r2_b(D, real, fake, gamma):
    pull = torch.func.grad(lambda t: D(t).sum())
    g = pull(fake.detach()).reshape(len(fake), -1)
    return gamma / 2 * torch.einsum("bi,bi->b", g, g).mean()


add(
    "stabilize.zero_centered",
    "right",
    "R1 sample by sample, R2 with torch.func.grad, which keeps the way to D's weights.",
    TYPICAL,
    zc_r1_b,
    zc_r2_b,
)


def zc_r1_w1(D, real, fake, gamma):
    x = real.detach().requires_grad_()
    (g,) = torch.autograd.grad(D(x).sum(), x, create_graph=True)
    return gamma / 2 * g.square().mean()


def zc_r2_w1(D, real, fake, gamma):
    x = fake.detach().requires_grad_()
    (g,) = torch.autograd.grad(D(x).sum(), x, create_graph=True)
    return gamma / 2 * g.square().mean()


add(
    "stabilize.zero_centered",
    "wrong",
    "the mean over all numbers instead of the sum within a sample and the mean over the batch: too small by the number of pixels.",
    TYPICAL,
    zc_r1_w1,
    zc_r2_w1,
)


def zc_r1_w2(D, real, fake, gamma):
    x = real.detach().requires_grad_()
    (g,) = torch.autograd.grad(F.softplus(-D(x)).sum(), x, create_graph=True)
    return gamma / 2 * g.flatten(1).square().sum(1).mean()


def zc_r2_w2(D, real, fake, gamma):
    x = fake.detach().requires_grad_()
    (g,) = torch.autograd.grad(F.softplus(D(x)).sum(), x, create_graph=True)
    return gamma / 2 * g.flatten(1).square().sum(1).mean()


add(
    "stabilize.zero_centered",
    "wrong",
    "the slope of softplus(∓D), D's loss, instead of the slope of the logit D itself.",
    "https://github.com/rosinality/style-based-gan-pytorch/issues/34",
    zc_r1_w2,
    zc_r2_w2,
)


def zc_r1_w3(D, real, fake, gamma):
    x = real.detach().requires_grad_()
    (g,) = torch.autograd.grad(D(x).sum(), x, create_graph=True)
    return gamma * g.flatten(1).pow(2).sum(1).mean()


def zc_r2_w3(D, real, fake, gamma):
    x = fake.detach().requires_grad_()
    (g,) = torch.autograd.grad(D(x).sum(), x, create_graph=True)
    return gamma * g.flatten(1).pow(2).sum(1).mean()


add("stabilize.zero_centered", "wrong", "γ instead of γ/2.", TYPICAL, zc_r1_w3, zc_r2_w3)


def zc_r1_w4(D, real, fake, gamma):
    x = real.detach().requires_grad_()
    g = torch.autograd.grad(D(x).sum(), x)[0]
    return gamma / 2 * (g.view(g.size(0), -1).norm(2, dim=1) ** 2).mean()


def zc_r2_w4(D, real, fake, gamma):
    x = fake.detach().requires_grad_()
    g = torch.autograd.grad(D(x).sum(), x)[0]
    return gamma / 2 * (g.view(g.size(0), -1).norm(2, dim=1) ** 2).mean()


add(
    "stabilize.zero_centered",
    "wrong",
    "create_graph=True is forgotten in both: right values, no gradient.",
    "the lesson's own warning",
    zc_r1_w4,
    zc_r2_w4,
)


def zc_r2_w5(D, real, fake, gamma):
    x = real.detach().requires_grad_()
    (slope,) = torch.autograd.grad(D(x).sum(), x, create_graph=True)
    return gamma / 2 * slope.flatten(1).square().sum(1).mean()


add(
    "stabilize.zero_centered",
    "wrong",
    "R2 was copied from R1 and still uses real instead of fake.",
    TYPICAL,
    zc_r1_a,
    zc_r2_w5,
)


def zc_r1_w6(D, real, fake, gamma):
    x = real.detach().requires_grad_()
    (g,) = torch.autograd.grad(D(x).sum(), x, create_graph=True)
    return gamma / 2 * g.flatten(1).norm(dim=1).mean()


def zc_r2_w6(D, real, fake, gamma):
    x = fake.detach().requires_grad_()
    (g,) = torch.autograd.grad(D(x).sum(), x, create_graph=True)
    return gamma / 2 * g.flatten(1).norm(dim=1).mean()


add(
    "stabilize.zero_centered",
    "wrong",
    "the length of the slope, not squared.",
    TYPICAL,
    zc_r1_w6,
    zc_r2_w6,
)

# ----------------------------------------------- stabilize.smoothed_d


def sm_r1(real_logits, fake_logits, target):
    bce = nn.BCEWithLogitsLoss()
    labels = torch.full_like(real_logits, target)
    return bce(real_logits, labels) + bce(fake_logits, torch.zeros_like(fake_logits))


add(
    "stabilize.smoothed_d",
    "right",
    "BCE with logits and the soft label target is exactly this loss.",
    "the DCGAN tutorial with label smoothing",
    sm_r1,
)


def sm_r2(real_logits, fake_logits, target):
    a = F.softplus(-real_logits) + (1 - target) * real_logits
    return a.mean() - F.logsigmoid(-fake_logits).mean()


add(
    "stabilize.smoothed_d",
    "right",
    "softplus(r) = softplus(−r) + r, so the real side is softplus(−r) + (1 − t) r.",
    TYPICAL,
    sm_r2,
)


def sm_w1(real_logits, fake_logits, target):
    y_real = torch.full_like(real_logits, target)
    y_fake = torch.full_like(fake_logits, 1 - target)
    bce = F.binary_cross_entropy_with_logits
    return bce(real_logits, y_real) + bce(fake_logits, y_fake)


add(
    "stabilize.smoothed_d",
    "wrong",
    "the fakes are smoothed as well (label 1 − target), only the real side should be.",
    "many GAN repositories: fake label 0.1",
    sm_w1,
)


def sm_w2(real_logits, fake_logits, target):
    return target * F.softplus(-real_logits).mean() + F.softplus(fake_logits).mean()


add(
    "stabilize.smoothed_d",
    "wrong",
    "only the first term is scaled by target, (1 − target)·softplus(real) is missing.",
    "0.9 log D in public code",
    sm_w2,
)


def sm_w3(real_logits, fake_logits, target):
    y = torch.cat([torch.full_like(real_logits, target), torch.zeros_like(fake_logits)])
    return F.binary_cross_entropy_with_logits(torch.cat([real_logits, fake_logits]), y)


add(
    "stabilize.smoothed_d",
    "wrong",
    "one mean over the concatenated batch halves the loss: the two means should be added.",
    TYPICAL,
    sm_w3,
)


def sm_w4(real_logits, fake_logits, target):
    eps = 1e-8
    p = torch.sigmoid(real_logits)
    q = torch.sigmoid(fake_logits)
    loss_real = -(target * torch.log(p + eps) + (1 - target) * torch.log(1 - p + eps))
    return loss_real.mean() - torch.log(1 - q + eps).mean()


add(
    "stabilize.smoothed_d",
    "wrong",
    "logarithms of a sigmoid with eps 1e-8: for large logits the value stops at 18.4 and the slope vanishes; softplus is needed.",
    TYPICAL,
    sm_w4,
)


def sm_w5(real_logits, fake_logits, target):
    label = torch.empty_like(real_logits).uniform_(target, 1.0)
    bce = F.binary_cross_entropy_with_logits
    return bce(real_logits, label) + bce(fake_logits, torch.zeros_like(fake_logits))


add(
    "stabilize.smoothed_d",
    "wrong",
    "the label is drawn at random between target and 1 instead of being target.",
    "soumith/ganhacks, tip 6",
    sm_w5,
)


def sm_w6(real_logits, fake_logits, target):
    real = 0.9 * F.softplus(-real_logits) + 0.1 * F.softplus(real_logits)
    return real.mean() + F.softplus(fake_logits).mean()


add(
    "stabilize.smoothed_d",
    "wrong",
    "0.9 is written into the function, the argument target is not used.",
    TYPICAL,
    sm_w6,
)

# --------------------------------------------- stabilize.average_step


def av_r1(average, G, decay):
    mine, theirs = average.state_dict(), G.state_dict()
    learned = {name for name, _ in G.named_parameters()}
    for name, value in theirs.items():
        if name in learned:
            mine[name].mul_(decay).add_(value, alpha=1 - decay)
        else:
            mine[name].copy_(value)


add(
    "stabilize.average_step",
    "right",
    "by names over state_dict, whose tensors share memory with the network and need no no_grad.",
    "BigGAN-style EMA",
    av_r1,
)


def av_r2(average, G, decay):
    blend = torch.optim.swa_utils.get_ema_multi_avg_fn(decay)
    blend(list(average.parameters()), list(G.parameters()), None)
    with torch.no_grad():
        for (_, a), (_, b) in zip(average.named_buffers(), G.named_buffers()):
            a[...] = b


add(
    "stabilize.average_step",
    "right",
    "PyTorch's own EMA function for the parameters, buffers assigned in place.",
    TYPICAL,
    av_r2,
)


@torch.no_grad()
def av_w1(average, G, decay):
    for kept, new in zip(average.parameters(), G.parameters()):
        kept.lerp_(new, 1 - decay)


add(
    "stabilize.average_step",
    "wrong",
    "the buffers (running statistics of batch norm) are forgotten.",
    "https://github.com/rosinality/style-based-gan-pytorch/issues/112",
    av_w1,
)


@torch.no_grad()
def av_w2(average, G, decay):
    source = G.state_dict()
    for name, value in average.state_dict().items():
        value.copy_(value * decay + source[name] * (1 - decay))


add(
    "stabilize.average_step",
    "wrong",
    "the buffers are averaged like the parameters (the counter is even cut to whole numbers) instead of copied.",
    "https://github.com/boschresearch/OASIS/issues/21",
    av_w2,
)


@torch.no_grad()
def av_w3(average, G, decay):
    for kept, new in zip(average.parameters(), G.parameters()):
        kept.lerp_(new, decay)
    for kept, new in zip(average.buffers(), G.buffers()):
        kept.copy_(new)


add(
    "stabilize.average_step",
    "wrong",
    "lerp_(new, decay) moves by β instead of 1 − β.",
    TYPICAL,
    av_w3,
)


@torch.no_grad()
def av_w4(average, G, decay):
    for a, g in zip(average.parameters(), G.parameters()):
        a = decay * a + (1 - decay) * g
    for a, g in zip(average.buffers(), G.buffers()):
        a = g.clone()


add(
    "stabilize.average_step",
    "wrong",
    "not in place: the loop variable is bound to a new tensor and the average never changes.",
    TYPICAL,
    av_w4,
)


def av_w5(average, G, decay):
    for a, g in zip(average.parameters(), G.parameters()):
        a.mul_(decay).add_(g, alpha=1 - decay)
    for a, g in zip(average.buffers(), G.buffers()):
        a.copy_(g)


add(
    "stabilize.average_step",
    "wrong",
    "torch.no_grad() is missing: in-place change of a leaf that requires grad raises.",
    "PyTorch forum, leaf variable in-place",
    av_w5,
)


@torch.no_grad()
def av_w6(average, G, decay):
    for a, g in zip(average.parameters(), G.parameters()):
        a.data.mul_(decay).add_(g.data, alpha=1 - decay)
    for a, g in zip(average.buffers(), G.buffers()):
        g.copy_(a)


add(
    "stabilize.average_step",
    "wrong",
    "the buffers are copied in the wrong direction, from the average into G.",
    TYPICAL,
    av_w6,
)

# ------------------------------------------------- stabilize.verdicts


def ve_r1(scores):
    table = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262]
    base = scores[0].double().numpy()
    out = []
    for row in scores[1:].double().numpy():
        d = row - base
        n = d.size
        half = table[min(n, 10) - 2] * d.std(ddof=1) / math.sqrt(n)
        if d.mean() - half > 0:
            out.append(1)
        elif d.mean() + half < 0:
            out.append(-1)
        else:
            out.append(0)
    return torch.tensor(out)


add(
    "stabilize.verdicts",
    "right",
    "Student's interval of the paired differences by hand (lesson 10's table), row by row in NumPy.",
    TYPICAL,
    ve_r1,
)


def ve_r2(scores):
    low, mean, high = metrics.over_seeds(scores[1:] - scores[0])
    return mean.sign().where(low * high > 0, torch.zeros_like(mean))


add(
    "stabilize.verdicts",
    "right",
    "the sign of the mean where both ends of the interval have the same sign, else 0 (NaN compares False).",
    TYPICAL,
    ve_r2,
)


def ve_w1(scores):
    low, mean, high = metrics.over_seeds(scores)
    better = low[1:] > high[0]
    worse = high[1:] < low[0]
    return better.int() - worse.int()


add(
    "stabilize.verdicts",
    "wrong",
    "compares the two separate intervals for overlap instead of the interval of the paired differences.",
    TYPICAL,
    ve_w1,
)


def ve_w2(scores):
    return (scores[1:].mean(1) - scores[0].mean()).sign().int()


add(
    "stabilize.verdicts",
    "wrong",
    "only the sign of the difference of means: no interval, nothing is ever undecided.",
    TYPICAL,
    ve_w2,
)


def ve_w3(scores):
    low, mean, high = metrics.over_seeds(scores[:1] - scores[1:])
    return (low > 0).int() - (high < 0).int()


add(
    "stabilize.verdicts",
    "wrong",
    "the difference is taken the wrong way round (base minus row): +1 and −1 are exchanged.",
    TYPICAL,
    ve_w3,
)


def ve_w4(scores):
    d = scores[1:] - scores[:1]
    mean = d.mean(1)
    half = 1.96 * d.std(1) / d.shape[1] ** 0.5
    return (mean - half > 0).int() - (mean + half < 0).int()


add(
    "stabilize.verdicts",
    "wrong",
    "1.96 of the normal distribution instead of Student's t: with few seeds the interval is too narrow.",
    TYPICAL,
    ve_w4,
)


def ve_w5(scores):
    d = scores[1:] - scores[:1]
    return (d > 0).all(1).int() - (d < 0).all(1).int()


add(
    "stabilize.verdicts",
    "wrong",
    "asks whether all seeds agree in sign instead of whether the interval of the mean difference leaves out 0.",
    TYPICAL,
    ve_w5,
)


def ve_w6(scores):
    low, mean, high = metrics.over_seeds(scores - scores[:1])
    return (low > 0).int() - (high < 0).int()


add(
    "stabilize.verdicts",
    "wrong",
    "row 0 is judged as well: one verdict too many, only the other rows were asked for.",
    TYPICAL,
    ve_w6,
)


def ve_w7(scores):
    d = (scores[1:] - scores[:1]).nan_to_num(0.0)
    low, mean, high = metrics.over_seeds(d)
    return (low > 0).int() - (high < 0).int()


add(
    "stabilize.verdicts",
    "wrong",
    "NaN of a broken run is replaced by the difference 0 and so quietly counted; such a row must be undecided, 0.",
    TYPICAL,
    ve_w7,
)

# ============================================================ lesson 13
# ------------------------------------------- augmentation.overfitting


def of_r1(train, held_out, fake):
    t, h, f = (np.mean(a.detach().double().numpy()) for a in (train, held_out, fake))
    return float((t - h) / (t - f))


add(
    "augmentation.overfitting",
    "right",
    "three means in NumPy and double precision, and their ratio.",
    TYPICAL,
    of_r1,
)


def of_r2(train, held_out, fake):
    a = train.sum() / len(train)
    way = a - fake.sum() / len(fake)
    left = held_out.sum() / len(held_out) - fake.sum() / len(fake)
    return 1 - left / way


add(
    "augmentation.overfitting",
    "right",
    "1 − (held − fake)/(train − fake) is the same ratio.",
    TYPICAL,
    of_r2,
)


def of_w1(train, held_out, fake):
    return (held_out.mean() - fake.mean()) / (train.mean() - fake.mean())


add(
    "augmentation.overfitting",
    "wrong",
    "the numerator is held out − fake: that is 1 − r_v.",
    TYPICAL,
    of_w1,
)


def of_w2(train, held_out, fake):
    t, h, f = train.sigmoid(), held_out.sigmoid(), fake.sigmoid()
    return (t.mean() - h.mean()) / (t.mean() - f.mean())


add(
    "augmentation.overfitting",
    "wrong",
    "takes the means of probabilities (sigmoid) instead of logits.",
    TYPICAL,
    of_w2,
)


def of_w3(train, held_out, fake):
    gap = abs(train.mean() - held_out.mean())
    return gap / abs(train.mean() - fake.mean())


add(
    "augmentation.overfitting",
    "wrong",
    "absolute values: the sign is lost where held-out images look more real than known ones.",
    TYPICAL,
    of_w3,
)


def of_w4(train, held_out, fake):
    return (train.mean() - held_out.mean()) / (held_out.mean() - fake.mean())


add(
    "augmentation.overfitting",
    "wrong",
    "the denominator is held out − fake instead of train − fake.",
    TYPICAL,
    of_w4,
)


def of_w5(train, held_out, fake):
    r = (train.mean() - held_out.mean()) / (train.mean() - fake.mean())
    return r.clamp(0, 1)


add(
    "augmentation.overfitting",
    "wrong",
    "clamped to 0 … 1: the formula may be negative or above 1.",
    TYPICAL,
    of_w5,
)

# ------------------------------------------- augmentation.translation


def tr_r1(x, p):
    B, C, H, W = x.shape
    on = torch.rand(B) < p
    dy = torch.randint(-(H // 8), H // 8 + 1, (B,)) * on
    dx = torch.randint(-(W // 8), W // 8 + 1, (B,)) * on
    row = torch.arange(H)[None] - dy[:, None]
    col = torch.arange(W)[None] - dx[:, None]
    ok = ((row >= 0) & (row < H))[:, :, None] & ((col >= 0) & (col < W))[:, None]
    b = torch.arange(B)[:, None, None]
    picked = x.permute(0, 2, 3, 1)[b, (row % H)[:, :, None], (col % W)[:, None]]
    return picked.permute(0, 3, 1, 2) * ok[:, None]


add(
    "augmentation.translation",
    "right",
    "advanced indexing with rows and columns modulo the side, and a mask of zeros where they wrapped.",
    TYPICAL,
    tr_r1,
)


def tr_r2(x, p):
    B, C, H, W = x.shape
    move = (torch.rand(B) < p).to(x.dtype)
    ty = torch.randint(-(H // 8), H // 8 + 1, (B,)) * move
    tx = torch.randint(-(W // 8), W // 8 + 1, (B,)) * move
    theta = torch.zeros(B, 2, 3, dtype=x.dtype)
    theta[:, 0, 0] = theta[:, 1, 1] = 1
    theta[:, 0, 2] = 2 * tx / W
    theta[:, 1, 2] = 2 * ty / H
    grid = F.affine_grid(theta, list(x.shape), align_corners=False)
    return F.grid_sample(x, grid, mode="bilinear", padding_mode="zeros", align_corners=False)


add(
    "augmentation.translation",
    "right",
    "an affine grid moved by whole pixels (2/W each), zeros outside; exact up to rounding.",
    TYPICAL,
    tr_r2,
)


def tr_r3(x, p):
    B, C, H, W = x.shape
    ry, rx = H // 8, W // 8
    padded = F.pad(x, (rx, rx, ry, ry))
    windows = padded.unfold(2, H, 1).unfold(3, W, 1)  # (B, C, 2ry+1, 2rx+1, H, W)
    on = torch.rand(B) < p
    a = torch.where(on, torch.randint(2 * ry + 1, (B,)), torch.full((B,), ry))
    b = torch.where(on, torch.randint(2 * rx + 1, (B,)), torch.full((B,), rx))
    return windows[torch.arange(B), :, a, b]


add(
    "augmentation.translation",
    "right",
    "a random crop of the zero-padded image, by unfold and one index per sample.",
    TYPICAL,
    tr_r3,
)


def tr_w1(x, p):
    B, C, H, W = x.shape
    if torch.rand(1) > p:
        return x
    dy = int(torch.randint(-(H // 8), H // 8 + 1, (1,)))
    dx = int(torch.randint(-(W // 8), W // 8 + 1, (1,)))
    padded = F.pad(x, (W // 8, W // 8, H // 8, H // 8))
    y0, x0 = H // 8 - dy, W // 8 - dx
    return padded[:, :, y0 : y0 + H, x0 : x0 + W]


add(
    "augmentation.translation",
    "wrong",
    "one shift and one coin for the whole batch instead of one per sample.",
    TYPICAL,
    tr_w1,
)


def tr_w2(x, p):
    B, C, H, W = x.shape
    on = torch.rand(B) < p
    dy = torch.randint(-(H // 8), H // 8 + 1, (B,)) * on
    dx = torch.randint(-(W // 8), W // 8 + 1, (B,)) * on
    rows = (torch.arange(H)[None] - dy[:, None]) % H
    cols = (torch.arange(W)[None] - dx[:, None]) % W
    x = x.gather(2, rows[:, None, :, None].expand_as(x))
    return x.gather(3, cols[:, None, None, :].expand_as(x))


add(
    "augmentation.translation",
    "wrong",
    "what leaves on one side comes in on the other (modulo, like torch.roll), zeros should move in.",
    TYPICAL,
    tr_w2,
)


def tr_w3(x, p):
    B, C, H, W = x.shape
    on = torch.rand(B) < p
    dy = torch.randint(-(H // 8), H // 8, (B,)) * on
    dx = torch.randint(-(W // 8), W // 8, (B,)) * on
    padded = F.pad(x, (W // 8, W // 8, H // 8, H // 8))
    i = torch.arange(H)[None] + H // 8 - dy[:, None]
    j = torch.arange(W)[None] + W // 8 - dx[:, None]
    b = torch.arange(B)[:, None, None]
    return padded.permute(0, 2, 3, 1)[b, i[:, :, None], j[:, None, :]].permute(0, 3, 1, 2)


add(
    "augmentation.translation",
    "wrong",
    "off by one: randint's upper end is exclusive, so +H//8 and +W//8 are never drawn.",
    TYPICAL,
    tr_w3,
)


def tr_w4(x, p):
    B, C, H, W = x.shape
    sy, sx = int(H * 0.125 + 0.5), int(W * 0.125 + 0.5)
    on = (torch.rand(B, 1, 1) < p).long()
    ty = torch.randint(-sy, sy + 1, (B, 1, 1)) * on
    tx = torch.randint(-sx, sx + 1, (B, 1, 1)) * on
    b, i, j = torch.meshgrid(torch.arange(B), torch.arange(H), torch.arange(W), indexing="ij")
    i = (i + ty + 1).clamp(0, H + 1)
    j = (j + tx + 1).clamp(0, W + 1)
    pad = F.pad(x, [1, 1, 1, 1, 0, 0, 0, 0])
    return pad.permute(0, 2, 3, 1).contiguous()[b, i, j].permute(0, 3, 1, 2)


add(
    "augmentation.translation",
    "wrong",
    "the reach is rounded up (int(H/8 + 0.5), 4 of 28 pixels), more than an eighth; H // 8 is meant.",
    "mit-han-lab/data-efficient-gans DiffAugment_pytorch.py rand_translation",
    tr_w4,
)


def tr_w5(x, p):
    B, C, H, W = x.shape
    on = torch.rand(B) < p
    d = torch.randint(-(H // 8), H // 8 + 1, (B,)) * on
    i = torch.arange(H)
    down = (i[:, None] - i[None] == d[:, None, None]).to(x.dtype)[:, None]
    j = torch.arange(W)
    right = (j[:, None] - j[None] == d[:, None, None]).to(x.dtype)[:, None]
    return down @ x @ right.mT


add(
    "augmentation.translation",
    "wrong",
    "one number per sample serves for down and right: images move along the diagonal only (and W's eighth is taken from H).",
    TYPICAL,
    tr_w5,
)


def tr_w6(x, p):
    B, C, H, W = x.shape
    move = (torch.rand(B) < p).float()
    theta = torch.zeros(B, 2, 3)
    theta[:, 0, 0] = theta[:, 1, 1] = 1
    theta[:, 0, 2] = (torch.rand(B) - 0.5) / 2 * move
    theta[:, 1, 2] = (torch.rand(B) - 0.5) / 2 * move
    grid = F.affine_grid(theta, list(x.shape), align_corners=False)
    return F.grid_sample(x, grid, padding_mode="zeros", align_corners=False)


add(
    "augmentation.translation",
    "wrong",
    "shifts by fractions of a pixel, which blurs; whole pixels were asked for.",
    TYPICAL,
    tr_w6,
)

# ------------------------------------------------ augmentation.cutout


def cu_r1(x, p):
    B, C, H, W = x.shape
    h, w = H // 2, W // 2
    oy = torch.randint(0, H + (1 - h % 2), (B, 1, 1))
    ox = torch.randint(0, W + (1 - w % 2), (B, 1, 1))
    b, i, j = torch.meshgrid(torch.arange(B), torch.arange(h), torch.arange(w), indexing="ij")
    i = (i + oy - h // 2).clamp(0, H - 1)
    j = (j + ox - w // 2).clamp(0, W - 1)
    mask = torch.ones(B, H, W, dtype=x.dtype)
    mask[b, i, j] = 0
    mask[torch.rand(B) >= p] = 1
    return x * mask.unsqueeze(1)


add(
    "augmentation.cutout",
    "right",
    "DiffAugment's own cutout with ratio ½ and a coin per image.",
    "mit-han-lab/data-efficient-gans rand_cutout",
    cu_r1,
)


def cu_r2(x, p):
    n, _, H, W = x.shape
    cy = torch.rand(n, 1) * H
    cx = torch.rand(n, 1) * W
    yy = torch.arange(H) + 0.5
    xx = torch.arange(W) + 0.5
    in_y = (yy > cy - H / 4) & (yy < cy + H / 4)
    in_x = (xx > cx - W / 4) & (xx < cx + W / 4)
    hole = torch.einsum("bh,bw->bhw", in_y.float(), in_x.float()).bool()
    hole &= (torch.rand(n) < p)[:, None, None]
    return x.masked_fill(hole[:, None], 0.0)


add(
    "augmentation.cutout",
    "right",
    "centers anywhere, the hole as an outer product, masked_fill (differentiable) with 0.",
    TYPICAL,
    cu_r2,
)


def cu_w1(x, p):
    n, _, H, W = x.shape
    top = torch.randint(0, H - H // 2 + 1, (n, 1))
    left = torch.randint(0, W - W // 2 + 1, (n, 1))
    i, j = torch.arange(H), torch.arange(W)
    tall = (i >= top) & (i < top + H // 2)
    wide = (j >= left) & (j < left + W // 2)
    hole = tall[:, None, :, None] & wide[:, None, None, :]
    hole = hole & (torch.rand(n, 1, 1, 1) < p)
    return x * ~hole


add(
    "augmentation.cutout",
    "wrong",
    "the rectangle always lies wholly inside (its corner is drawn); the center should be anywhere, so that edges can cut it.",
    "torchvision RandomErasing style",
    cu_w1,
)


def cu_w2(x, p):
    n, _, H, W = x.shape
    i = torch.arange(H)[:, None] + 0.5
    j = torch.arange(W) + 0.5
    tall = (i - H * torch.rand(n, 1, 1, 1)).abs() < H / 2
    wide = (j - W * torch.rand(n, 1, 1, 1)).abs() < W / 2
    hole = tall & wide & (torch.rand(n, 1, 1, 1) < p)
    return x * ~hole


add(
    "augmentation.cutout",
    "wrong",
    "H/2 and W/2 are used as the reach to both sides, so the rectangle is as large as the image; a quarter is meant.",
    TYPICAL,
    cu_w2,
)


def cu_w3(x, p):
    n, _, H, W = x.shape
    i = torch.arange(H)[:, None] + 0.5
    j = torch.arange(W) + 0.5
    tall = (i - H * torch.rand(n, 1, 1, 1)).abs() < H / 4
    wide = (j - W * torch.rand(n, 1, 1, 1)).abs() < W / 4
    hole = (tall | wide) & (torch.rand(n, 1, 1, 1) < p)
    return x * ~hole


add(
    "augmentation.cutout",
    "wrong",
    "'or' instead of 'and': a cross of two stripes is cut out, not a rectangle.",
    TYPICAL,
    cu_w3,
)


def cu_w4(x, p):
    n, _, H, W = x.shape
    i = torch.arange(H)[:, None] + 0.5
    j = torch.arange(W) + 0.5
    tall = (i - H * torch.rand(n, 1, 1, 1)).abs() < H / 4
    wide = (j - W * torch.rand(n, 1, 1, 1)).abs() < W / 4
    hole = tall & wide & (torch.rand(n, 1, 1, 1) < p)
    return torch.where(hole, -1.0, x)


add("augmentation.cutout", "wrong", "the pixels become −1 (black) instead of 0.", TYPICAL, cu_w4)


def cu_w5(x, p):
    n, _, H, W = x.shape
    i = torch.arange(H)[:, None] + 0.5
    j = torch.arange(W) + 0.5
    tall = (i - H * torch.rand(n, 1, 1, 1)).abs() < H / 4
    wide = (j - W * torch.rand(n, 1, 1, 1)).abs() < W / 4
    hole = (tall & wide & (torch.rand(n, 1, 1, 1) < p)).expand_as(x)
    x.data[hole] = 0
    return x


add(
    "augmentation.cutout",
    "wrong",
    "writes through .data into the batch it was given: the caller's images are changed and the hole's pixels keep a gradient.",
    TYPICAL,
    cu_w5,
)


def cu_w6(x, p):
    n, _, H, W = x.shape
    c = torch.rand(n, 1, 1, 1)
    i = torch.arange(H)[:, None] + 0.5
    j = torch.arange(W) + 0.5
    tall = (i - H * c).abs() < H / 4
    wide = (j - W * c).abs() < W / 4
    hole = tall & wide & (torch.rand(n, 1, 1, 1) > p)
    return x * ~hole


add(
    "augmentation.cutout",
    "wrong",
    "two mistakes: one random number for both coordinates, so centers lie on the diagonal, and the coin is turned round (> p).",
    TYPICAL,
    cu_w6,
)

# ------------------------------------------------- augmentation.color


def co_r1(x, p):
    B = len(x)
    coin = torch.bernoulli(torch.full((B,), float(p))).view(B, 1, 1, 1)
    shift = torch.empty(B, 1, 1, 1).uniform_(-0.5, 0.5) * coin
    factor = 1 + (torch.empty(B, 1, 1, 1).uniform_(0.5, 1.5) - 1) * coin
    y = x + shift
    m = y.flatten(1).mean(1).view(B, 1, 1, 1)
    return m.lerp(y, factor)


add(
    "augmentation.color",
    "right",
    "brightened first, then stretched around the new mean: the same as both at once; neutral numbers where the coin says no.",
    "DiffAugment's order",
    co_r1,
)


def co_r2(x, p):
    n = x.size(0)
    a = torch.from_numpy(np.random.uniform(0.5, 1.5, (n, 1, 1, 1))).to(x)
    s = torch.from_numpy(np.random.uniform(-0.5, 0.5, (n, 1, 1, 1))).to(x)
    yes = torch.from_numpy(np.random.rand(n, 1, 1, 1) < p)
    mean = torch.einsum("bchw->b", x)[:, None, None, None] / x[0].numel()
    changed = a * x + (1 - a) * mean + s
    return yes * changed + ~yes * x


add(
    "augmentation.color",
    "right",
    "numbers from NumPy, a·x + (1 − a)·mean + s where the coin says yes.",
    TYPICAL,
    co_r2,
)


def co_w1(x, p):
    on = torch.rand(len(x), 1, 1, 1) < p
    mean = x.mean(dim=(2, 3), keepdim=True)
    factor = torch.rand(len(x), 1, 1, 1) + 0.5
    shift = torch.rand(len(x), 1, 1, 1) - 0.5
    return torch.where(on, mean + factor * (x - mean) + shift, x)


add(
    "augmentation.color",
    "wrong",
    "the mean of each channel instead of the mean of the whole image (dim 1 is missing).",
    TYPICAL,
    co_w1,
)


def co_w2(x, p):
    on = torch.rand(len(x), 1, 1, 1) < p
    mean = x.mean(dim=(1, 2, 3), keepdim=True)
    factor = torch.rand(len(x), 1, 1, 1) + 0.5
    shift = torch.rand(len(x), 1, 1, 1) - 0.5
    return torch.where(on, mean + factor * (x - mean) + shift, x).clamp(-1, 1)


add(
    "augmentation.color",
    "wrong",
    "clamped to [−1, 1] at the end: clamped pixels have no slope; no clamp was asked.",
    "data augmentation habits of image pipelines",
    co_w2,
)


def co_w3(x, p):
    shift = torch.rand(len(x), 1, 1, 1) - 0.5
    x = torch.where(torch.rand(len(x), 1, 1, 1) < p, x + shift, x)
    mean = x.mean(dim=(1, 2, 3), keepdim=True)
    factor = torch.rand(len(x), 1, 1, 1) + 0.5
    return torch.where(torch.rand(len(x), 1, 1, 1) < p, mean + factor * (x - mean), x)


add(
    "augmentation.color",
    "wrong",
    "two coins, one for brightness and one for contrast: an image is changed with 1 − (1 − p)², and often in one way only.",
    TYPICAL,
    co_w3,
)


def co_w4(x, p):
    on = torch.rand(len(x), 1, 1, 1) < p
    mean = x.mean(dim=(1, 2, 3), keepdim=True)
    factor = torch.rand(len(x), 1, 1, 1)
    shift = torch.rand(len(x), 1, 1, 1) - 0.5
    return torch.where(on, mean + factor * (x - mean) + shift, x)


add(
    "augmentation.color",
    "wrong",
    "the factor lies in 0 … 1 instead of ½ … 1½ (+ 0.5 is missing): contrast only shrinks.",
    TYPICAL,
    co_w4,
)


def co_w5(x, p):
    on = torch.rand(len(x), 1, 1, 1) < p
    factor = torch.rand(len(x), 1, 1, 1) + 0.5
    shift = torch.rand(len(x), 1, 1, 1) - 0.5
    return torch.where(on, factor * x + shift, x)


add(
    "augmentation.color",
    "wrong",
    "stretches around 0 instead of around the image's mean.",
    TYPICAL,
    co_w5,
)


def co_w6(x, p):
    on = torch.rand(len(x), 1, 1, 1) < p
    mean = x.mean()
    factor = torch.rand_like(x) + 0.5
    shift = torch.rand(len(x), 1, 1, 1) - 0.5
    return torch.where(on, mean + factor * (x - mean) + shift, x)


add(
    "augmentation.color",
    "wrong",
    "two mistakes: the mean of the whole batch, and a factor for every pixel (rand_like) instead of one per image.",
    TYPICAL,
    co_w6,
)

# ---------------------------------------- augmentation.augmented_step


def as_r1(G, D, opt_g, opt_d, real, latent_dim, T):
    n = real.size(0)
    bce = nn.BCEWithLogitsLoss()
    ones, zeros = torch.ones(n), torch.zeros(n)
    opt_d.zero_grad()
    bce(D(T(real)), ones).backward()
    fake = G(torch.randn(n, latent_dim))
    bce(D(T(fake.detach())), zeros).backward()
    opt_d.step()
    opt_g.zero_grad()
    bce(D(T(fake)), ones).backward()
    opt_g.step()


add(
    "augmentation.augmented_step",
    "right",
    "the DCGAN tutorial's step, BCE with labels and two backward passes, T in all three places.",
    "PyTorch DCGAN tutorial",
    as_r1,
)


def as_r2(G, D, opt_g, opt_d, real, latent_dim, T):
    n = len(real)
    with torch.no_grad():
        made = G(torch.randn(n, latent_dim))
    seen_real, seen_fake = T(torch.cat([real, made])).split(n)
    loss_d = -F.logsigmoid(D(seen_real)).mean() - F.logsigmoid(-D(seen_fake)).mean()
    opt_d.zero_grad()
    loss_d.backward()
    opt_d.step()

    def see(z):
        return D(T(G(z)))

    loss_g = -F.logsigmoid(see(torch.randn(n, latent_dim))).mean()
    grads = torch.autograd.grad(loss_g, list(G.parameters()))
    for p, g in zip(G.parameters(), grads):
        p.grad = g
    opt_g.step()


add(
    "augmentation.augmented_step",
    "right",
    "T on the concatenated batch (it draws per sample), fresh noise for G's step, gradients by autograd.grad.",
    TYPICAL,
    as_r2,
)


def as_w1(G, D, opt_g, opt_d, real, latent_dim, T):
    fake = G(torch.randn(len(real), latent_dim))
    loss_d = F.softplus(-D(T(real))).mean() + F.softplus(D(T(fake.detach()))).mean()
    opt_d.zero_grad()
    loss_d.backward()
    opt_d.step()
    loss_g = F.softplus(-D(fake)).mean()
    opt_g.zero_grad()
    loss_g.backward()
    opt_g.step()


add(
    "augmentation.augmented_step",
    "wrong",
    "T is missing in G's step: D(fake) instead of D(T(fake)).",
    "DiffAugment paper, 'augment D only'",
    as_w1,
)


def as_w2(G, D, opt_g, opt_d, real, latent_dim, T):
    real = T(real)
    fake = G(torch.randn(len(real), latent_dim))
    loss_d = F.softplus(-D(real)).mean() + F.softplus(D(fake.detach())).mean()
    opt_d.zero_grad()
    loss_d.backward()
    opt_d.step()
    loss_g = F.softplus(-D(fake)).mean()
    opt_g.zero_grad()
    loss_g.backward()
    opt_g.step()


add(
    "augmentation.augmented_step",
    "wrong",
    "only the real images pass through T, the fakes in neither step: the classic leak.",
    "transforms in the DataLoader",
    as_w2,
)


def as_w3(G, D, opt_g, opt_d, real, latent_dim, T):
    fake = G(torch.randn(len(real), latent_dim))
    loss_d = F.softplus(-D(T(real))).mean() + F.softplus(D(T(fake.detach()))).mean()
    opt_d.zero_grad()
    loss_d.backward()
    opt_d.step()
    loss_g = F.softplus(-D(T(fake.detach()))).mean()
    opt_g.zero_grad()
    loss_g.backward()
    opt_g.step()


add(
    "augmentation.augmented_step",
    "wrong",
    "fake is detached in G's step too: no gradient reaches G and it never learns.",
    "https://github.com/nikhilsinghmus/image2reverb/issues/37",
    as_w3,
)


def as_w4(G, D, opt_g, opt_d, real, latent_dim, T):
    fake = G(torch.randn(len(real), latent_dim))
    loss_d = F.softplus(-D(T(real))).mean() + F.softplus(D(T(fake.detach()))).mean()
    opt_d.zero_grad()
    loss_d.backward()
    opt_d.step()
    loss_g = -F.softplus(D(T(fake))).mean()
    opt_g.zero_grad()
    loss_g.backward()
    opt_g.step()


add(
    "augmentation.augmented_step",
    "wrong",
    "G's loss is the saturating −softplus(D) instead of softplus(−D).",
    TYPICAL,
    as_w4,
)


def as_w5(G, D, opt_g, opt_d, real, latent_dim, T):
    fake = T(G(torch.randn(len(real), latent_dim)))
    loss_d = F.softplus(-D(real)).mean() + F.softplus(D(fake.detach())).mean()
    opt_d.zero_grad()
    loss_d.backward()
    opt_d.step()
    loss_g = F.softplus(-D(fake)).mean()
    opt_g.zero_grad()
    loss_g.backward()
    opt_g.step()


add(
    "augmentation.augmented_step",
    "wrong",
    "the real images do not pass through T, only the fakes do.",
    TYPICAL,
    as_w5,
)


def as_w6(G, D, opt_g, opt_d, real, latent_dim, T):
    fake = G(torch.randn(len(real), latent_dim))
    loss_d = F.softplus(-D(T(real))).mean() + F.softplus(D(T(fake))).mean()
    opt_d.zero_grad()
    opt_g.zero_grad()
    loss_d.backward(retain_graph=True)
    opt_d.step()
    loss_g = F.softplus(-D(T(fake))).mean()
    loss_g.backward()
    opt_g.step()


add(
    "augmentation.augmented_step",
    "wrong",
    "fake is not detached in D's step and opt_g.zero_grad() comes before it: G's step adds the gradient of D's loss, which nearly undoes its own.",
    "PyTorch forum, detach threads",
    as_w6,
)

# --------------------------------------------- augmentation.controller


def ct_r1(p, real_logits, fake_logits, target, speed):
    n = real_logits.numel()
    r = ((real_logits > 0).sum() - (real_logits < 0).sum()) / n
    if r > target:
        p = p + speed
    else:
        p = p - speed
    if p > 1:
        return 1.0
    if p < 0:
        return 0.0
    return p


add(
    "augmentation.controller",
    "right",
    "(positive − negative)/n is the mean of the signs; bounds by two ifs.",
    TYPICAL,
    ct_r1,
)


def ct_r2(p, real_logits, fake_logits, target, speed):
    up = np.sign(real_logits.detach().numpy()).mean() > target
    return float(np.clip(p + speed * (2 * int(up) - 1), 0, 1))


add("augmentation.controller", "right", "NumPy's sign, mean and clip.", TYPICAL, ct_r2)


def ct_w1(p, real_logits, fake_logits, target, speed):
    step = speed if real_logits.mean() > target else -speed
    return min(max(p + step, 0.0), 1.0)


add(
    "augmentation.controller",
    "wrong",
    "the mean of the logits instead of the mean of their signs.",
    TYPICAL,
    ct_w1,
)


def ct_w2(p, real_logits, fake_logits, target, speed):
    r = real_logits.sign().mean().item()
    p = p + np.sign(r - target) * speed
    return max(p, 0.0)


add(
    "augmentation.controller",
    "wrong",
    "p has no upper bound, min(p, 1) is missing (and at r = target it stands still instead of going down).",
    "NVlabs/stylegan2-ada-pytorch training_loop.py",
    ct_w2,
)


def ct_w3(p, real_logits, fake_logits, target, speed):
    r = real_logits.sign().mean()
    p = p - speed if r > target else p + speed
    return min(max(p, 0.0), 1.0)


add(
    "augmentation.controller",
    "wrong",
    "the direction is turned round: above the target p goes down.",
    TYPICAL,
    ct_w3,
)


def ct_w4(p, real_logits, fake_logits, target, speed):
    r = (real_logits.sign().mean() - fake_logits.sign().mean()) / 2
    step = speed if r > target else -speed
    return min(max(p + step, 0.0), 1.0)


add(
    "augmentation.controller",
    "wrong",
    "fake logits go into r as well; r_t watches the training images only.",
    TYPICAL,
    ct_w4,
)


def ct_w5(p, real_logits, fake_logits, target, speed):
    r = (real_logits > 0).float().mean()
    step = speed if r > target else -speed
    return min(max(p + step, 0.0), 1.0)


add(
    "augmentation.controller",
    "wrong",
    "the share of positive logits, 0 … 1, instead of the mean sign, −1 … 1.",
    TYPICAL,
    ct_w5,
)


def ct_w6(p, real_logits, fake_logits, target, speed):
    r = real_logits.sign().mean()
    if r > target and p + speed <= 1:
        p += speed
    elif r < -target and p - speed >= 0:
        p -= speed
    return p


add(
    "augmentation.controller",
    "wrong",
    "goes down only if r lies below −target instead of whenever it is not above the target (and stops short of the bounds).",
    TYPICAL,
    ct_w6,
)
