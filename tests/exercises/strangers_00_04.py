"""Strangers' answers to the exercises of lessons 00 to 04."""

import cmath
import math

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

ANSWERS = []
TYPICAL = "made up, typical"


def add(check, kind, cause, source, *answer):
    one = answer[0] if len(answer) == 1 else answer
    ANSWERS.append({"check": check, "kind": kind, "cause": cause, "source": source, "answer": one})


# ---------------------------------------------------------------- start.slope


def slope_w1(f, x):
    t = torch.tensor(x, requires_grad=True)
    y = f(t)
    y.backward()
    return y.item()


add(
    "start.slope",
    "wrong",
    "returns f(x) itself (y.item()) instead of the derivative t.grad.item().",
    TYPICAL,
    slope_w1,
)


def slope_w2(f, x):
    h = 0.1
    a, b = torch.tensor(x), torch.tensor(x + h)
    return ((f(b) - f(a)) / h).item()


add(
    "start.slope",
    "wrong",
    "a one-sided difference quotient with the coarse step h = 0.1, off by about "
    "h/2 times the second derivative, instead of the derivative.",
    TYPICAL,
    slope_w2,
)


def slope_w3(f, x):
    t = torch.tensor(x, requires_grad=True)
    with torch.no_grad():
        y = f(t)
    y.backward()
    return t.grad.item()


add(
    "start.slope",
    "wrong",
    "f(t) is evaluated under torch.no_grad(), so there is no graph and backward() raises.",
    "PyTorch forum: element 0 of tensors does not require grad",
    slope_w3,
)


def slope_w4(f, x):
    t = torch.tensor(x, requires_grad=True)
    f(t).backward()
    f(t).backward()
    return t.grad.item()


add(
    "start.slope",
    "wrong",
    "backward() is called twice without clearing t.grad, so the two gradients add "
    "up and the slope is doubled.",
    "PyTorch forum: gradients accumulate",
    slope_w4,
)


def slope_r1(f, x):
    t = torch.tensor(x, dtype=torch.float64)
    return float(torch.func.grad(f)(t))


add("start.slope", "right", "torch.func.grad of f at x, as a Python float.", TYPICAL, slope_r1)


def slope_r2(f, x):
    point = torch.tensor([x], requires_grad=True)
    value = f(point[0])
    (g,) = torch.autograd.grad(value, point)
    return g.tolist()[0]


add(
    "start.slope",
    "right",
    "autograd.grad with respect to a one-element leaf tensor.",
    TYPICAL,
    slope_r2,
)

# ------------------------------------------------------------- start.mean_log


def mean_log_w1(p):
    return torch.log(torch.mean(p))


add(
    "start.mean_log",
    "wrong",
    "log and mean are in the wrong order: log E[p] instead of E[log p].",
    TYPICAL,
    mean_log_w1,
)


def mean_log_w2(p):
    total = 0.0
    for one in p:
        total = total + one * torch.log(one)
    return total


add(
    "start.mean_log",
    "wrong",
    "takes the samples for probabilities and returns the sum of p log p "
    "(minus the entropy) instead of the mean of log p over samples.",
    TYPICAL,
    mean_log_w2,
)


def mean_log_w3(p):
    return torch.log10(p).mean()


add("start.mean_log", "wrong", "log10 instead of the natural logarithm.", TYPICAL, mean_log_w3)


def mean_log_r1(p):
    logs = [math.log(v) for v in p.tolist()]
    return sum(logs) / len(logs)


add(
    "start.mean_log",
    "right",
    "a Python loop: the mean of the natural logs of all samples.",
    TYPICAL,
    mean_log_r1,
)

# --------------------------------------------------------------- distances.kl


def kl_w1(p, q):
    return (p * torch.log(p / q)).sum()


add(
    "distances.kl",
    "wrong",
    "a bin with p = 0 gives 0 * log(0) = NaN; it should add nothing (xlogy or a mask).",
    TYPICAL,
    kl_w1,
)


def kl_w2(p, q):
    return F.kl_div(p.log(), q, reduction="sum")


add(
    "distances.kl",
    "wrong",
    "the arguments of F.kl_div are mixed up: its input is log q and its target p, "
    "so this is KL(q||p).",
    "github.com/pytorch/pytorch/issues/57459",
    kl_w2,
)


def kl_w3(p, q):
    eps = 1e-8
    return torch.sum(p * torch.log((p + eps) / (q + eps)))


add(
    "distances.kl",
    "wrong",
    "an eps is added to q (and p), so the result stays finite where q = 0 < p "
    "and should be infinite.",
    "github.com/pytorch/pytorch/issues/15288",
    kl_w3,
)


def kl_w4(p, q):
    ok = (p > 0) & (q > 0)
    return (p[ok] * (p[ok] / q[ok]).log()).sum()


add(
    "distances.kl",
    "wrong",
    "the mask also drops the bins with q = 0 < p, which make KL infinite; "
    "only p > 0 may be masked.",
    TYPICAL,
    kl_w4,
)


def kl_w5(p, q):
    return (torch.xlogy(p, p) - torch.xlogy(p, q)).mean()


add(
    "distances.kl",
    "wrong",
    "mean over the bins instead of the sum.",
    "github.com/pytorch/pytorch/issues/51716 (the default reduction of kl_div)",
    kl_w5,
)


def kl_r1(p, q):
    answer = 0.0
    for a, b in zip(p.tolist(), q.tolist()):
        if a == 0:
            continue
        if b == 0:
            return math.inf
        answer += a * (math.log(a) - math.log(b))
    return answer


add("distances.kl", "right", "a loop in Python with both special bins written out.", TYPICAL, kl_r1)


def kl_r2(p, q):
    negative_entropy = -torch.special.entr(p).sum()
    keep = p != 0
    return negative_entropy - (p[keep] * q[keep].log()).sum()


add(
    "distances.kl",
    "right",
    "cross entropy minus entropy, with only the p = 0 bins masked.",
    TYPICAL,
    kl_r2,
)

# --------------------------------------------------------------- distances.js


def _kl(p, q):
    return (torch.xlogy(p, p) - torch.xlogy(p, q)).sum(-1)


def js_w1(p, q):
    return 0.5 * (_kl(p, q) + _kl(q, p))


add(
    "distances.js",
    "wrong",
    "the symmetrized KL (Jeffreys): p and q are compared with each other, not with the mixture m.",
    TYPICAL,
    js_w1,
)


def js_w2(p, q):
    m = p + q
    return 0.5 * _kl(p, m) + 0.5 * _kl(q, m)


add(
    "distances.js",
    "wrong",
    "the mixture lacks the half: m = p + q instead of (p + q) / 2.",
    TYPICAL,
    js_w2,
)


def js_w3(p, q):
    mix = (p + q) / 2
    return torch.sqrt((_kl(p, mix) + _kl(q, mix)) / 2)


add(
    "distances.js",
    "wrong",
    "returns the JS distance, the root of the divergence.",
    "scipy.spatial.distance.jensenshannon returns the root",
    js_w3,
)


def js_w4(p, q):
    mix = (p + q) / 2
    return (_kl(mix, p) + _kl(mix, q)) / 2


add(
    "distances.js",
    "wrong",
    "the arguments of KL are swapped: KL(m||p) and KL(m||q) instead of KL(p||m) and KL(q||m).",
    "github.com/pytorch/pytorch/issues/57459",
    js_w4,
)


def js_r1(p, q):
    from scipy.spatial.distance import jensenshannon

    return float(jensenshannon(p.double().numpy(), q.double().numpy())) ** 2


add("distances.js", "right", "SciPy's JS distance, natural log, squared.", TYPICAL, js_r1)


def js_r2(p, q):
    m = torch.stack([p, q]).mean(0)
    H = torch.special.entr
    return H(m).sum() - (H(p).sum() + H(q).sum()) / 2


add(
    "distances.js",
    "right",
    "entropy of the mixture minus the mean entropy, the same quantity.",
    TYPICAL,
    js_r2,
)

# --------------------------------------------------------- distances.lopsided

add(
    "distances.lopsided",
    "wrong",
    "p and q are exchanged: here KL(p||q) is the large one.",
    TYPICAL,
    [0.92, 0.08, 0.0],
    [1 - 1e-8, 1e-8, 0.0],
)
add(
    "distances.lopsided",
    "wrong",
    "p has a bin with exactly 0 where q has mass, so KL(q||p) is infinite, not merely large.",
    TYPICAL,
    [0.5, 0.5, 0.0],
    [0.475, 0.475, 0.05],
)
add(
    "distances.lopsided",
    "wrong",
    "p does not add up to 1 (0.97).",
    TYPICAL,
    [0.97, 1e-10, 1e-10],
    [0.92, 0.04, 0.04],
)
add(
    "distances.lopsided",
    "wrong",
    "p's rare bins are not rare enough: KL(q||p) is about 0.1, not above 1.",
    TYPICAL,
    [0.98, 0.01, 0.01],
    [0.9, 0.05, 0.05],
)
add(
    "distances.lopsided",
    "right",
    "KL(p||q) = ln(1/0.92) = 0.083, KL(q||p) = 1.9 and finite.",
    TYPICAL,
    (0.5 - 5e-13, 0.5 - 5e-13, 1e-12),
    (0.46, 0.46, 0.08),
)
add(
    "distances.lopsided",
    "right",
    "the rare bin is the first, given as NumPy arrays; KL(p||q) = 0.05, KL(q||p) = 2.2.",
    TYPICAL,
    np.array([1e-20, 0.25, 0.75 - 1e-20]),
    np.array([0.05, 0.2375, 0.7125]),
)

# --------------------------------------------------------------- distances.w1


def w1_w1(x, y):
    return (x - y).abs().mean()


add(
    "distances.w1",
    "wrong",
    "the points are paired as they came; both samples must be sorted first.",
    TYPICAL,
    w1_w1,
)


def w1_w2(x, y):
    return (x.mean() - y.mean()).abs()


add(
    "distances.w1",
    "wrong",
    "the distance of the means, which misses any difference of spread.",
    "the WGAN critic's 'mean difference' read as W1",
    w1_w2,
)


def w1_w3(x, y):
    x, _ = torch.sort(x)
    y, _ = torch.sort(y)
    return ((x - y) ** 2).mean().sqrt()


add(
    "distances.w1",
    "wrong",
    "squares and a root: that is W2, W1 needs the mean absolute difference.",
    TYPICAL,
    w1_w3,
)


def w1_w4(x, y):
    _, a = x.sort()
    _, b = y.sort()
    return (a - b).abs().float().mean()


add(
    "distances.w1",
    "wrong",
    "uses the indices that sort returns instead of the sorted values.",
    TYPICAL,
    w1_w4,
)


def w1_w5(x, y):
    table = (x[:, None] - y[None, :]).abs()
    return table.min(dim=1).values.mean()


add(
    "distances.w1",
    "wrong",
    "each x goes to its nearest y, so several may take the same y; a plan has to be one to one.",
    TYPICAL,
    w1_w5,
)


def w1_w6(x, y):
    return (x.sort().values - y.sort().values).abs().sum()


add("distances.w1", "wrong", "the sum over the pairs, the factor 1/N is forgotten.", TYPICAL, w1_w6)


def w1_r1(x, y):
    from scipy.optimize import linear_sum_assignment

    cost = torch.cdist(x[:, None], y[:, None], p=1).numpy()
    i, j = linear_sum_assignment(cost)
    return cost[i, j].sum() / len(x)


add("distances.w1", "right", "solves the assignment problem for the cheapest plan.", TYPICAL, w1_r1)


def w1_r2(x, y):
    a = np.sort(np.asarray(x, dtype=np.float64))
    b = np.sort(np.asarray(y, dtype=np.float64))
    return float(np.abs(a - b).mean())


add(
    "distances.w1", "right", "NumPy: sort copies of both, mean absolute difference.", TYPICAL, w1_r2
)

# -------------------------------------------------------- distances.optimal_d


def optimal_w1(p, q):
    return p / (p + q + 1e-8)


add(
    "distances.optimal_d",
    "wrong",
    "an eps in the denominator makes D 0 where both densities are 0; it should be 1/2 there.",
    TYPICAL,
    optimal_w1,
)


def optimal_w2(p, q):
    return torch.where(p + q > 0, q / (p + q), 0.5)


add(
    "distances.optimal_d",
    "wrong",
    "q in the numerator: the probability of fake, 1 - D*.",
    TYPICAL,
    optimal_w2,
)


def optimal_w3(p, q):
    d = (p > q).to(p.dtype)
    d[p == q] = 0.5
    return d


add(
    "distances.optimal_d",
    "wrong",
    "a hard decision, 1 where p > q, instead of the probability p/(p+q).",
    "the Bayes classifier of textbooks",
    optimal_w3,
)


def optimal_w4(p, q):
    return torch.where((p > 0) & (q > 0), p / (p + q), torch.full_like(p, 0.5))


add(
    "distances.optimal_d",
    "wrong",
    "says 1/2 where only ONE of them is 0 (should be 0 or 1): the condition "
    "needs | (or p + q > 0) instead of &.",
    TYPICAL,
    optimal_w4,
)


def optimal_r1(p, q):
    return torch.sigmoid(p.log() - q.log()).nan_to_num(nan=0.5)


add(
    "distances.optimal_d",
    "right",
    "the sigmoid of the log ratio; -inf minus -inf is NaN, replaced by 1/2.",
    TYPICAL,
    optimal_r1,
)


def optimal_r2(p, q):
    out = torch.empty_like(p)
    for i in range(len(p)):
        s = p[i] + q[i]
        out[i] = 0.5 if s == 0 else p[i] / s
    return out


add(
    "distances.optimal_d", "right", "a loop with the special case written out.", TYPICAL, optimal_r2
)

# ------------------------------------------------------------- minimax.d_loss


def d_loss_w1(real_logits, fake_logits):
    return F.logsigmoid(real_logits).mean() + F.logsigmoid(-fake_logits).mean()


add(
    "minimax.d_loss",
    "wrong",
    "returns the value V instead of the loss -V: the sign is missing.",
    "tutorials that hand V to an optimizer",
    d_loss_w1,
)


def d_loss_w2(real_logits, fake_logits):
    d_real, d_fake = torch.sigmoid(real_logits), torch.sigmoid(fake_logits)
    return -(torch.log(d_real + 1e-8).mean() + torch.log(1 - d_fake + 1e-8).mean())


add(
    "minimax.d_loss",
    "wrong",
    "sigmoid, then log with an eps of 1e-8: finite, but it stops at 18.4 for "
    "logits whose loss is 100; use softplus on the logits.",
    "github.com/POSTECH-CVLab/PyTorch-StudioGAN/issues/67",
    d_loss_w2,
)


def d_loss_w3(real_logits, fake_logits):
    logits = torch.cat([real_logits, fake_logits])
    labels = torch.cat([torch.ones_like(real_logits), torch.zeros_like(fake_logits)])
    return F.binary_cross_entropy_with_logits(logits, labels)


add(
    "minimax.d_loss",
    "wrong",
    "one mean over the concatenated 2B logits is half of -V (0.693 at logits 0 "
    "instead of 1.386); the two means have to be added.",
    TYPICAL,
    d_loss_w3,
)


def d_loss_w4(real_logits, fake_logits):
    ones, zeros = torch.ones_like(real_logits), torch.zeros_like(fake_logits)
    bce = nn.BCEWithLogitsLoss()
    return bce(real_logits.sigmoid(), ones) + bce(fake_logits.sigmoid(), zeros)


add(
    "minimax.d_loss",
    "wrong",
    "sigmoid twice: BCEWithLogitsLoss already applies it, the logits must go in as they are.",
    "github.com/soumith/ganhacks/issues/36",
    d_loss_w4,
)


def d_loss_w5(real_logits, fake_logits):
    loss_real = F.relu(1.0 - real_logits).mean()
    loss_fake = F.relu(1.0 + fake_logits).mean()
    return loss_real + loss_fake


add(
    "minimax.d_loss",
    "wrong",
    "the hinge loss instead of -V's cross entropy.",
    "SAGAN and BigGAN code",
    d_loss_w5,
)


def d_loss_w6(real_logits, fake_logits):
    real_is_real = F.softplus(-real_logits.mean())
    fake_is_fake = F.softplus(fake_logits.mean())
    return real_is_real + fake_is_fake


add(
    "minimax.d_loss",
    "wrong",
    "the mean is taken of the logits, inside softplus, instead of the mean of "
    "softplus over the samples.",
    TYPICAL,
    d_loss_w6,
)


def d_loss_r1(real_logits, fake_logits):
    bce = nn.BCEWithLogitsLoss()
    r = bce(real_logits, torch.ones_like(real_logits))
    f = bce(fake_logits, torch.zeros_like(fake_logits))
    return r + f


add(
    "minimax.d_loss",
    "right",
    "binary cross entropy with labels, both means added.",
    TYPICAL,
    d_loss_r1,
)


def d_loss_r2(real_logits, fake_logits):
    zero = real_logits.new_zeros(())
    total = torch.logaddexp(zero, -real_logits).sum() / real_logits.numel()
    total = total + torch.logaddexp(zero, fake_logits).sum() / fake_logits.numel()
    return total


add("minimax.d_loss", "right", "log(1 + e^t) as logaddexp(0, t).", TYPICAL, d_loss_r2)

# ---------------------------------------------------------- minimax.max_error


def max_error_w1(logits, p, q):
    seen = (p + q) > 0.01
    return (logits - p / (p + q))[seen].abs().max()


add(
    "minimax.max_error",
    "wrong",
    "logits are compared with probabilities: the sigmoid is missing.",
    TYPICAL,
    max_error_w1,
)


def max_error_w2(logits, p, q):
    return (torch.sigmoid(logits) - p / (p + q)).abs().max()


add(
    "minimax.max_error",
    "wrong",
    "the maximum runs over all places; p + q > 0.01 is not applied.",
    TYPICAL,
    max_error_w2,
)


def max_error_w3(logits, p, q):
    best = p / (p + q)
    mask = (p > 0.01) & (q > 0.01)
    return (logits.sigmoid() - best).abs()[mask].max()


add(
    "minimax.max_error",
    "wrong",
    "asks p > 0.01 and q > 0.01 each, instead of p + q > 0.01, and so drops "
    "places where one of them lives alone.",
    TYPICAL,
    max_error_w3,
)


def max_error_w4(logits, p, q):
    best = p / (p + q)
    mask = p + q > 0.01
    return (logits.sigmoid() - best)[mask].max()


add(
    "minimax.max_error",
    "wrong",
    "no absolute value: errors where D is too low do not count.",
    TYPICAL,
    max_error_w4,
)


def max_error_w5(logits, p, q):
    mask = p + q > 0.01
    return (logits.sigmoid() - p / (p + q)).abs()[mask].mean()


add("minimax.max_error", "wrong", "the mean error instead of the largest.", TYPICAL, max_error_w5)


def max_error_r1(logits, p, q):
    worst = 0.0
    for t, a, b in zip(logits.tolist(), p.tolist(), q.tolist()):
        if a + b > 0.01:
            d = 1 / (1 + math.exp(-t)) if t > 0 else math.exp(t) / (1 + math.exp(t))
            worst = max(worst, abs(d - a / (a + b)))
    return worst


add("minimax.max_error", "right", "a plain loop over the places.", TYPICAL, max_error_r1)


def max_error_r2(logits, p, q):
    total = p + q
    diff = torch.sigmoid(logits) - torch.sigmoid(torch.log(p) - torch.log(q))
    diff = torch.where(total > 0.01, diff, torch.zeros_like(diff))
    return torch.linalg.vector_norm(diff, ord=math.inf)


add(
    "minimax.max_error",
    "right",
    "D* as the sigmoid of the log ratio; other places set to 0; infinity norm.",
    TYPICAL,
    max_error_r2,
)

# ------------------------------------------------------- minimax.js_from_loss


def js_from_loss_w1(loss_d):
    return math.log(4) - loss_d


add(
    "minimax.js_from_loss",
    "wrong",
    "the factor is forgotten: this is 2 JS, it needs dividing by 2.",
    TYPICAL,
    js_from_loss_w1,
)


def js_from_loss_w2(loss_d):
    return (loss_d - math.log(4)) / 2


add(
    "minimax.js_from_loss",
    "wrong",
    "wrong sign: took the loss for V = -ln 4 + 2 JS without turning it.",
    TYPICAL,
    js_from_loss_w2,
)


def js_from_loss_w3(loss_d):
    return (-loss_d + math.log(4)) / 2 / math.log(2)


add(
    "minimax.js_from_loss",
    "wrong",
    "converted to bits (divided by ln 2), so that the maximum is 1; the course's JS is in nats.",
    "JS with base 2, as in many libraries",
    js_from_loss_w3,
)


def js_from_loss_w4(loss_d):
    return math.log(2) - loss_d


add(
    "minimax.js_from_loss",
    "wrong",
    "the loss is not halved: ln 2 - loss instead of ln 2 - loss/2.",
    TYPICAL,
    js_from_loss_w4,
)


def js_from_loss_r1(loss_d):
    value = -loss_d
    return 0.5 * (value + 2 * np.log(2.0))


add("minimax.js_from_loss", "right", "(V + 2 ln 2) / 2 with V = -loss.", TYPICAL, js_from_loss_r1)

# ------------------------------------------------------- minimax.saturating_g


def saturating_w1(real_logits, fake_logits):
    return F.softplus(fake_logits).mean()


add(
    "minimax.saturating_g",
    "wrong",
    "the sign: E softplus(t) is -E ln(1 - D), which pushes G to look fake.",
    TYPICAL,
    saturating_w1,
)


def saturating_w2(real_logits, fake_logits):
    return torch.log(1 - torch.sigmoid(fake_logits)).mean()


add(
    "minimax.saturating_g",
    "wrong",
    "the plain formula: at a large logit 1 - sigmoid is 0 and the log -inf; use -softplus.",
    "github.com/POSTECH-CVLab/PyTorch-StudioGAN/issues/67",
    saturating_w2,
)


def saturating_w3(real_logits, fake_logits):
    return F.binary_cross_entropy_with_logits(fake_logits, torch.ones_like(fake_logits))


add(
    "minimax.saturating_g",
    "wrong",
    "the non-saturating loss (label 1), asked is E ln(1 - D(G(z))).",
    "most GAN tutorials",
    saturating_w3,
)


def saturating_w4(real_logits, fake_logits):
    return F.logsigmoid(real_logits).mean() + F.logsigmoid(-fake_logits).mean()


add(
    "minimax.saturating_g",
    "wrong",
    "the whole V with its real half; the real logits must not be used.",
    TYPICAL,
    saturating_w4,
)


def saturating_r1(real_logits, fake_logits):
    return -nn.functional.binary_cross_entropy_with_logits(fake_logits, fake_logits * 0)


add(
    "minimax.saturating_g",
    "right",
    "minus the cross entropy with label 0 is E ln(1 - D).",
    TYPICAL,
    saturating_r1,
)

# --------------------------------------------------- minimax.non_saturating_g


def non_saturating_w1(real_logits, fake_logits):
    return F.binary_cross_entropy_with_logits(fake_logits, torch.zeros_like(fake_logits))


add(
    "minimax.non_saturating_g",
    "wrong",
    "label 0 in G's step: G learns to look fake; the label has to be 1.",
    "github.com/fchollet/deep-learning-with-python-notebooks/issues/9",
    non_saturating_w1,
)


def non_saturating_w2(real_logits, fake_logits):
    return -fake_logits.mean()


add(
    "minimax.non_saturating_g",
    "wrong",
    "the WGAN loss: -E t instead of -E ln sigmoid(t).",
    "WGAN code",
    non_saturating_w2,
)


def non_saturating_w3(real_logits, fake_logits):
    target = torch.ones_like(real_logits)
    return F.binary_cross_entropy_with_logits(fake_logits, target)


add(
    "minimax.non_saturating_g",
    "wrong",
    "the labels take their shape from real_logits, which must not be "
    "used (None, or another batch size, breaks it).",
    "label tensors made once for the real batch",
    non_saturating_w3,
)


def non_saturating_w4(real_logits, fake_logits):
    return -torch.sigmoid(fake_logits).mean().log()


add(
    "minimax.non_saturating_g",
    "wrong",
    "log of the mean instead of mean of the log: -ln E D.",
    TYPICAL,
    non_saturating_w4,
)


def non_saturating_r1(real_logits, fake_logits):
    terms = F.relu(-fake_logits) + torch.log1p(torch.exp(-fake_logits.abs()))
    return terms.mean()


add(
    "minimax.non_saturating_g",
    "right",
    "the stable softplus(-t) written by hand.",
    TYPICAL,
    non_saturating_r1,
)


def non_saturating_r2(real_logits, fake_logits):
    two = torch.stack([torch.zeros_like(fake_logits), fake_logits], dim=1)
    label = torch.ones(len(fake_logits), dtype=torch.long, device=fake_logits.device)
    return F.cross_entropy(two, label)


add(
    "minimax.non_saturating_g",
    "right",
    "two-class cross entropy with logits (0, t) and the class 1.",
    TYPICAL,
    non_saturating_r2,
)

# --------------------------------------------------------------- motion.steps


def together_ok(push, theta, psi, h):
    g, d = push(theta, psi)
    return theta + h * g, psi + h * d


def turns_ok(push, theta, psi, h):
    psi = psi + h * push(theta, psi)[1]
    theta = theta + h * push(theta, psi)[0]
    return theta, psi


def turns_w1(push, theta, psi, h):
    g, d = push(theta, psi)
    psi = psi + h * d
    theta = theta + h * g
    return theta, psi


add(
    "motion.steps",
    "wrong",
    "my_alternating asks for both pushes before psi moves, so G answers to the old "
    "psi: it is the simultaneous step.",
    TYPICAL,
    together_ok,
    turns_w1,
)


def turns_w2(push, theta, psi, h):
    theta = theta + h * push(theta, psi)[0]
    psi = psi + h * push(theta, psi)[1]
    return theta, psi


add(
    "motion.steps",
    "wrong",
    "my_alternating lets G move first; D moves first in the exercise.",
    TYPICAL,
    together_ok,
    turns_w2,
)


def together_w3(push, theta, psi, h):
    theta = theta + h * push(theta, psi)[0]
    psi = psi + h * push(theta, psi)[1]
    return theta, psi


add(
    "motion.steps",
    "wrong",
    "my_simultaneous overwrites theta before it asks for D's push, so D sees the new "
    "theta: it takes turns, G first.",
    TYPICAL,
    together_w3,
    turns_ok,
)


def together_w4(push, theta, psi, h):
    g, d = push(theta, psi)
    return theta - h * g, psi - h * d


def turns_w4(push, theta, psi, h):
    psi = psi - h * push(theta, psi)[1]
    theta = theta - h * push(theta, psi)[0]
    return theta, psi


add(
    "motion.steps",
    "wrong",
    "both subtract the push; it is already minus the gradient and has to be added.",
    TYPICAL,
    together_w4,
    turns_w4,
)


def together_w5(push, theta, psi, h):
    push_d, push_g = push(theta, psi)
    return theta + h * push_g, psi + h * push_d


def turns_w5(push, theta, psi, h):
    push_d, _ = push(theta, psi)
    psi = psi + h * push_d
    _, push_g = push(theta, psi)
    return theta + h * push_g, psi


add(
    "motion.steps",
    "wrong",
    "the two pushes are unpacked in the wrong order; push returns G's first.",
    TYPICAL,
    together_w5,
    turns_w5,
)


def turns_w6(push, theta, psi, h):
    _, d = push(theta, psi)
    psi = psi + h * d
    g, d = push(theta, psi)
    return theta + h * g, psi + h * d


add(
    "motion.steps",
    "wrong",
    "in my_alternating psi moves twice: the second call of push should move theta only.",
    TYPICAL,
    together_ok,
    turns_w6,
)


def together_w7(push, theta, psi, h):
    g, d = push(theta, psi)
    return psi + h * d, theta + h * g


add(
    "motion.steps",
    "wrong",
    "my_simultaneous returns (psi, theta), asked is (theta, psi).",
    TYPICAL,
    together_w7,
    turns_ok,
)


def together_r1(push, theta, psi, h):
    moved = [old + h * force for old, force in zip((theta, psi), push(theta, psi))]
    return tuple(moved)


def turns_r1(push, theta, psi, h):
    _, new_psi = together_r1(push, theta, psi, h)
    new_theta, _ = together_r1(push, theta, new_psi, h)
    return new_theta, new_psi


add(
    "motion.steps",
    "right",
    "the alternating step built of two simultaneous ones, one half of each kept.",
    TYPICAL,
    together_r1,
    turns_r1,
)

# --------------------------------------------------------- motion.eigenvalues


def eigen_w1(slope, gamma):
    J = torch.tensor([[0.0, slope], [-slope, gamma]], dtype=torch.float64)
    return torch.linalg.eigvals(J)


add(
    "motion.eigenvalues",
    "wrong",
    "+gamma in D's row: D lowers the penalty, so its push is -gamma psi.",
    TYPICAL,
    eigen_w1,
)


def eigen_w2(slope, gamma):
    J = np.array([[0.0, slope], [-slope, -gamma / 2]])
    return torch.from_numpy(np.linalg.eigvals(J).astype(complex))


add(
    "motion.eigenvalues",
    "wrong",
    "-gamma/2 instead of -gamma: the square's derivative gives a factor 2.",
    TYPICAL,
    eigen_w2,
)


def eigen_w3(slope, gamma):
    J = torch.tensor([[0.0, slope], [-slope, -gamma]], dtype=torch.float64)
    return torch.linalg.eigvalsh(J)


add(
    "motion.eigenvalues",
    "wrong",
    "eigvalsh takes the matrix for symmetric and reads one triangle; J is not, use eigvals.",
    "PyTorch and NumPy forums: eigh on a non-symmetric matrix",
    eigen_w3,
)


def eigen_w4(slope, gamma):
    J = torch.tensor([[-gamma, slope], [-slope, -gamma]], dtype=torch.float64)
    return torch.linalg.eigvals(J)


add(
    "motion.eigenvalues",
    "wrong",
    "-gamma in both rows; only D pays the penalty, theta's diagonal is 0.",
    TYPICAL,
    eigen_w4,
)


def eigen_w5(slope, gamma):
    root = math.sqrt(gamma**2 / 4 - slope**2)
    return torch.tensor([-gamma / 2 + root, -gamma / 2 - root])


add(
    "motion.eigenvalues",
    "wrong",
    "math.sqrt of a negative number raises for gamma < 2 slope; the root has to be complex.",
    TYPICAL,
    eigen_w5,
)


def eigen_w6(slope, gamma):
    root = cmath.sqrt(gamma**2 - 4 * slope**2)
    return torch.tensor([-gamma + root, -gamma - root])


add(
    "motion.eigenvalues",
    "wrong",
    "the quadratic formula without its division by 2: both are doubled.",
    TYPICAL,
    eigen_w6,
)


def eigen_w7(slope, gamma):
    J = torch.tensor([[0.0, slope], [slope, -gamma]], dtype=torch.float64)
    return torch.linalg.eigvals(J)


add(
    "motion.eigenvalues",
    "wrong",
    "D's push on theta lost its minus: J[1][0] must be -slope, as here J is "
    "symmetric and nothing turns.",
    TYPICAL,
    eigen_w7,
)


def eigen_r1(slope, gamma):
    roots = np.roots([1.0, float(gamma), float(slope) ** 2])
    return torch.tensor(roots.astype(np.complex128))


add(
    "motion.eigenvalues",
    "right",
    "the roots of lambda^2 + gamma lambda + slope^2.",
    TYPICAL,
    eigen_r1,
)


def eigen_r2(slope, gamma):
    root = cmath.sqrt(gamma**2 / 4 - slope**2)
    return -gamma / 2 - root, -gamma / 2 + root


add(
    "motion.eigenvalues",
    "right",
    "the closed form with a complex root, as a pair of Python numbers.",
    TYPICAL,
    eigen_r2,
)


def eigen_r3(slope, gamma):
    def push(state):
        theta, psi = state
        return torch.stack([slope * psi, -slope * theta - gamma * psi])

    start = torch.zeros(2, dtype=torch.float64)
    return torch.linalg.eigvals(torch.func.jacrev(push)(start))


add(
    "motion.eigenvalues",
    "right",
    "the Jacobian by torch.func.jacrev, then eigvals.",
    TYPICAL,
    eigen_r3,
)

# ------------------------------------------------------ motion.critical_gamma


def critical_w1(slope):
    return slope


add(
    "motion.critical_gamma",
    "wrong",
    "gamma = slope: the half in (gamma/2)^2 = slope^2 is forgotten.",
    TYPICAL,
    critical_w1,
)


def critical_w2(slope):
    return 4 * slope**2


add(
    "motion.critical_gamma",
    "wrong",
    "returns gamma squared (4 slope^2), the root is forgotten.",
    TYPICAL,
    critical_w2,
)


def critical_w3(slope):
    return 1.0


add(
    "motion.critical_gamma",
    "wrong",
    "the number of the plotted game, slope 1/2, instead of a function of slope.",
    TYPICAL,
    critical_w3,
)


def critical_w4(slope):
    return slope / 2


add(
    "motion.critical_gamma",
    "wrong",
    "solved gamma/2 = slope the wrong way: halved instead of doubled.",
    TYPICAL,
    critical_w4,
)


def critical_r1(slope):
    lo, hi = 0.0, 100.0 * float(slope)
    for _ in range(200):
        mid = (lo + hi) / 2
        if mid * mid - 4 * slope * slope < 0:
            lo = mid
        else:
            hi = mid
    return hi


add(
    "motion.critical_gamma",
    "right",
    "bisection on the sign of the discriminant.",
    TYPICAL,
    critical_r1,
)

# --------------------------------------------------------- motion.least_gamma


def least_w1(slope, h):
    return h**2 * slope**2


add(
    "motion.least_gamma",
    "wrong",
    "forgot to divide by h: h gamma > h^2 slope^2 gives gamma > h slope^2.",
    TYPICAL,
    least_w1,
)


def least_w2(slope, h):
    return h / 4


add(
    "motion.least_gamma",
    "wrong",
    "slope = 1/2 is put in for good; the answer has to use slope.",
    TYPICAL,
    least_w2,
)


def least_w3(slope, h):
    return h * slope


add("motion.least_gamma", "wrong", "slope enters squared: h slope^2.", TYPICAL, least_w3)


def least_w4(slope, h):
    return 2 / h + h * slope**2 / 2


add(
    "motion.least_gamma",
    "wrong",
    "the upper border, beyond which D overshoots, instead of the least gamma.",
    "the next section of the lesson",
    least_w4,
)


def least_w5(slope, h):
    return 2 * slope


add(
    "motion.least_gamma",
    "wrong",
    "the critical gamma of exercise 3, where the turning ends, without h.",
    TYPICAL,
    least_w5,
)


def least_r1(slope, h):
    # det(I + hJ) falls by h for each unit of gamma: secant through gamma = 0 and 1
    def det(gamma):
        J = np.array([[0.0, slope], [-slope, -gamma]])
        return np.linalg.det(np.eye(2) + h * J)

    at_0, at_1 = det(0.0), det(1.0)
    return (at_0 - 1) / (at_0 - at_1)


add(
    "motion.least_gamma",
    "right",
    "solves det(I + hJ) = 1, which is linear in gamma, by a secant.",
    TYPICAL,
    least_r1,
)

# ------------------------------------------------------- first_gan.train_step


def step_w1(G, D, opt_g, opt_d, real, latent_dim):
    fake = G(torch.randn(real.shape[0], latent_dim, device=real.device)).detach()
    loss_d = F.softplus(-D(real)).mean() + F.softplus(D(fake)).mean()
    opt_d.zero_grad()
    loss_d.backward()
    opt_d.step()

    loss_g = F.softplus(-D(fake)).mean()
    opt_g.zero_grad()
    loss_g.backward()
    opt_g.step()


add(
    "first_gan.train_step",
    "wrong",
    "fake is detached for good in the first line and reused in G's update, so "
    "no gradient reaches G.",
    "github.com/nikhilsinghmus/image2reverb/issues/37",
    step_w1,
)


def step_w2(G, D, opt_g, opt_d, real, latent_dim):
    opt_g.zero_grad()
    opt_d.zero_grad()
    noise = torch.randn(len(real), latent_dim, device=real.device)
    fake = G(noise)
    loss_d = F.softplus(-D(real)).mean() + F.softplus(D(fake)).mean()
    loss_d.backward(retain_graph=True)
    opt_d.step()
    loss_g = F.softplus(-D(fake)).mean()
    loss_g.backward()
    opt_g.step()


add(
    "first_gan.train_step",
    "wrong",
    "fake is not detached in D's loss and opt_g.zero_grad() stands only at the "
    "top, so G's step also contains the gradient of D's loss.",
    "github.com/heykeetae/Self-Attention-GAN/issues/48",
    step_w2,
)


def step_w3(G, D, opt_g, opt_d, real, latent_dim):
    z = torch.randn(len(real), latent_dim, device=real.device)
    fake = G(z)
    loss_d = F.softplus(-D(real)).mean() + F.softplus(D(fake.detach())).mean()
    loss_d.backward()
    opt_d.zero_grad()
    opt_d.step()
    loss_g = F.softplus(-D(fake)).mean()
    opt_g.zero_grad()
    loss_g.backward()
    opt_g.step()


add(
    "first_gan.train_step",
    "wrong",
    "opt_d.zero_grad() stands between backward() and step(): it throws D's "
    "gradient away and D never moves.",
    "PyTorch forum: zero_grad between backward and step",
    step_w3,
)


def step_w4(G, D, opt_g, opt_d, real, latent_dim):
    z = torch.randn(len(real), latent_dim, device=real.device)
    fake = G(z)
    loss_d = F.softplus(-D(real)).mean() + F.softplus(D(fake.detach())).mean()
    opt_d.zero_grad()
    loss_d.backward()
    opt_d.step()

    for w in D.parameters():
        w.requires_grad = False
    loss_g = F.softplus(-D(fake)).mean()
    opt_g.zero_grad()
    loss_g.backward()
    opt_g.step()


add(
    "first_gan.train_step",
    "wrong",
    "D is frozen for G's update and never thawed (requires_grad = True), so "
    "the next step cannot train D.",
    "set_requires_grad patterns of pix2pix copied by half",
    step_w4,
)


def step_w5(G, D, opt_g, opt_d, real, latent_dim):
    z = torch.randn(len(real), latent_dim, device=real.device)
    with torch.no_grad():
        fake = G(z)
        fake_score = D(fake)
    loss_d = F.softplus(-D(real)).mean() + F.softplus(fake_score).mean()
    opt_d.zero_grad()
    loss_d.backward()
    opt_d.step()

    fake = G(z)
    loss_g = F.softplus(-D(fake)).mean()
    opt_g.zero_grad()
    loss_g.backward()
    opt_g.step()


add(
    "first_gan.train_step",
    "wrong",
    "D's fake logits are computed under no_grad, so D learns from the real batch "
    "only; only G(z) belongs in no_grad.",
    TYPICAL,
    step_w5,
)


def step_w6(G, D, opt_g, opt_d, real, latent_dim):
    n = real.size(0)
    ones, zeros = torch.ones(n, device=real.device), torch.zeros(n, device=real.device)
    bce = nn.BCEWithLogitsLoss()
    fake = G(torch.randn(n, latent_dim, device=real.device))

    opt_d.zero_grad()
    (bce(D(real), zeros) + bce(D(fake.detach()), ones)).backward()
    opt_d.step()

    opt_g.zero_grad()
    bce(D(fake), ones).backward()
    opt_g.step()


add(
    "first_gan.train_step",
    "wrong",
    "D's labels are swapped (real 0, fake 1) while G still aims at 1, so D and G "
    "pull the same way.",
    "github.com/fchollet/deep-learning-with-python-notebooks/issues/9",
    step_w6,
)


def step_w7(G, D, opt_g, opt_d, real, latent_dim):
    z = torch.randn(len(real), latent_dim, device=real.device)
    fake = G(z)
    loss_d = F.softplus(-D(real)).mean() + F.softplus(D(fake)).mean()
    loss_g = F.softplus(-D(fake)).mean()
    opt_d.zero_grad()
    opt_g.zero_grad()
    (loss_d + loss_g).backward()
    opt_d.step()
    opt_g.step()


add(
    "first_gan.train_step",
    "wrong",
    "one backward of loss_d + loss_g for both players: each of them also follows "
    "the other's loss, and the fake parts nearly cancel.",
    "PyTorch forum: GAN with summed losses",
    step_w7,
)


def step_w8(G, D, opt_g, opt_d, real, latent_dim):
    z = torch.randn(len(real), latent_dim, device=real.device)
    fake = G(z)
    real_logits, fake_logits = D(real), D(fake)
    loss_d = F.softplus(-real_logits).mean() + F.softplus(fake_logits).mean()
    opt_d.zero_grad()
    loss_d.backward(retain_graph=True)
    opt_d.step()

    loss_g = F.softplus(-fake_logits).mean()
    opt_g.zero_grad()
    loss_g.backward()
    opt_g.step()


add(
    "first_gan.train_step",
    "wrong",
    "G's loss reuses the logits from before opt_d.step(), whose weights were "
    "changed in place (RuntimeError); D(fake) has to be computed anew.",
    "blog.csdn.net/odbej/article/details/125158288",
    step_w8,
)


def step_w9(G, D, opt_g, opt_d, real, latent_dim):
    z = torch.randn(len(real), latent_dim, device=real.device)
    fake = G(z)
    loss_d = F.softplus(-D(real)).mean() + F.softplus(D(fake.detach())).mean()
    loss_d.backward()
    opt_d.step()
    opt_g.zero_grad()
    loss_g = F.softplus(-D(fake)).mean()
    loss_g.backward()
    opt_g.step()


add(
    "first_gan.train_step",
    "wrong",
    "opt_d.zero_grad() is missing: D's step adds up the gradients of all steps, G's loss included.",
    "github.com/Adversarial-Deep-Learning/code-soup/issues/69",
    step_w9,
)


def step_w10(G, D, opt_g, opt_d, real, latent_dim):
    batch_size = 256
    z = torch.randn(batch_size, latent_dim, device=real.device)
    fake = G(z)
    opt_d.zero_grad()
    loss_d = F.softplus(-D(real)).mean() + F.softplus(D(fake.detach())).mean()
    loss_d.backward()
    opt_d.step()
    opt_g.zero_grad()
    F.softplus(-D(fake)).mean().backward()
    opt_g.step()


add(
    "first_gan.train_step",
    "wrong",
    "always 256 fakes; there must be len(real) of them.",
    "noise of the global batch_size, last batch smaller",
    step_w10,
)


def step_w11(G, D, opt_g, opt_d, real, latent_dim):
    z = torch.randn(len(real), latent_dim, device=real.device)
    fake = G(z)
    loss_d = F.softplus(-D(real)).mean() + F.softplus(D(fake.detach())).mean()
    opt_d.zero_grad()
    loss_d.backward()
    opt_d.step()

    loss_g = F.softplus(-D(fake)).mean()
    opt_g.zero_grad()
    loss_g.backward()
    opt_g.step()
    opt_d.step()


add(
    "first_gan.train_step",
    "wrong",
    "opt_d.step() once more after G's backward: D moves in G's update, and along G's loss.",
    TYPICAL,
    step_w11,
)


def step_w12(G, D, opt_g, opt_d, real, latent_dim):
    for _ in range(2):
        fake = G(torch.randn(len(real), latent_dim, device=real.device))
        loss_d = F.softplus(-D(real)).mean() + F.softplus(D(fake.detach())).mean()
        opt_d.zero_grad()
        loss_d.backward()
        opt_d.step()
    loss_g = F.softplus(-D(fake)).mean()
    opt_g.zero_grad()
    loss_g.backward()
    opt_g.step()


add(
    "first_gan.train_step",
    "wrong",
    "D takes two steps a call (the k or n_critic loop of other code); asked is "
    "one from one fake batch.",
    "WGAN loops with n_critic",
    step_w12,
)


def step_w13(G, D, opt_g, opt_d, real, latent_dim):
    z = torch.randn(len(real), latent_dim, device=real.device)
    fake = G(z)
    loss_d = F.softplus(-D(real)).mean() + F.softplus(D(fake.detach())).mean()
    opt_d.zero_grad()
    loss_d.backward()
    opt_d.step()
    loss_g = -F.softplus(D(fake)).mean()
    opt_g.zero_grad()
    loss_g.backward()
    opt_g.step()


add(
    "first_gan.train_step",
    "wrong",
    "G's loss is the saturating one, ln(1 - D(fake)); L_G here is softplus(-D(fake)).",
    "the value function of Goodfellow's paper",
    step_w13,
)


def step_w14(G, D, opt_g, opt_d, real, latent_dim):
    z = torch.randn(len(real), latent_dim, device=real.device)
    # train G
    fake = G(z)
    loss_g = F.softplus(-D(fake)).mean()
    opt_g.zero_grad()
    loss_g.backward()
    opt_g.step()
    # train D
    loss_d = F.softplus(-D(real)).mean() + F.softplus(D(fake.detach())).mean()
    opt_d.zero_grad()
    loss_d.backward()
    opt_d.step()


add(
    "first_gan.train_step",
    "wrong",
    "G is updated before D; the exercise wants D first and G to learn from the D that has moved.",
    "PyTorch-GAN by eriklindernoren trains G first",
    step_w14,
)


def step_w15(G, D, opt_g, opt_d, real, latent_dim):
    for w in G.parameters():
        w.requires_grad_(False)
    fake = G(torch.randn(len(real), latent_dim, device=real.device))
    loss_d = F.softplus(-D(real)).mean() + F.softplus(D(fake)).mean()
    opt_d.zero_grad()
    loss_d.backward()
    opt_d.step()
    for w in G.parameters():
        w.requires_grad_(True)

    loss_g = F.softplus(-D(fake)).mean()
    opt_g.zero_grad()
    loss_g.backward()
    opt_g.step()


add(
    "first_gan.train_step",
    "wrong",
    "fake was made while G was frozen and has no graph; G's update has to call "
    "G(z) anew after thawing, so G never moves.",
    TYPICAL,
    step_w15,
)


def step_w16(G, D, opt_g, opt_d, real, latent_dim):
    z = torch.randn(len(real), latent_dim, device=real.device)
    fake = G(z)
    y1, y0 = torch.ones(len(real)).to(real), torch.zeros(len(real)).to(real)
    bce = F.binary_cross_entropy_with_logits
    loss_d = bce(D(real).sigmoid(), y1) + bce(D(fake.detach()).sigmoid(), y0)
    opt_d.zero_grad()
    loss_d.backward()
    opt_d.step()
    loss_g = bce(D(fake).sigmoid(), y1)
    opt_g.zero_grad()
    loss_g.backward()
    opt_g.step()


add(
    "first_gan.train_step",
    "wrong",
    "sigmoid before binary_cross_entropy_with_logits, which applies it again: "
    "the losses see numbers in [0, 1] as logits.",
    "github.com/soumith/ganhacks/issues/36",
    step_w16,
)


def step_w17(G, D, opt_g, opt_d, real, latent_dim):
    z = torch.randn(len(real), latent_dim, device=real.device)
    fake = G(z)
    loss_d = F.softplus(-D(real)).mean() + F.softplus(D(fake.detach())).mean()
    opt_d.zero_grad()
    loss_d.backward()
    opt_d.step()
    loss_g = F.softplus(D(fake)).mean()
    opt_g.zero_grad()
    loss_g.backward()
    opt_g.step()


add(
    "first_gan.train_step",
    "wrong",
    "G's loss lacks the minus: softplus(D(fake)) is D's own fake term, so G learns to look fake.",
    TYPICAL,
    step_w17,
)


def step_r1(G, D, opt_g, opt_d, real, latent_dim):
    bs, dev = real.shape[0], real.device
    criterion = nn.BCEWithLogitsLoss()
    valid, invalid = torch.ones(bs, device=dev), torch.zeros(bs, device=dev)

    D.zero_grad()
    err_real = criterion(D(real), valid)
    err_real.backward()
    gen = G(torch.randn(bs, latent_dim, device=dev))
    err_fake = criterion(D(gen.detach()), invalid)
    err_fake.backward()
    opt_d.step()

    G.zero_grad()
    criterion(D(gen), valid).backward()
    opt_g.step()


add(
    "first_gan.train_step",
    "right",
    "the DCGAN tutorial's loop: BCE with labels, two backward calls that add up for D.",
    "pytorch.org DCGAN tutorial",
    step_r1,
)


def step_r2(G, D, opt_g, opt_d, real, latent_dim):
    n = len(real)
    with torch.no_grad():
        fake = G(torch.randn(n, latent_dim, device=real.device))
    scores = D(torch.cat([real, fake]))
    labels = torch.cat([torch.ones(n), torch.zeros(n)]).to(scores)
    loss_d = 2 * F.binary_cross_entropy_with_logits(scores, labels)
    opt_d.zero_grad()
    loss_d.backward()
    opt_d.step()

    D.requires_grad_(False)
    second = G(torch.randn(n, latent_dim, device=real.device))
    loss_g = -F.logsigmoid(D(second)).mean()
    opt_g.zero_grad()
    loss_g.backward()
    opt_g.step()
    D.requires_grad_(True)


add(
    "first_gan.train_step",
    "right",
    "one call of D on a concatenated batch (its mean doubled), a second fake batch "
    "for G, D frozen meanwhile and thawed.",
    TYPICAL,
    step_r2,
)


def step_r3(G, D, opt_g, opt_d, real, latent_dim):
    fake = G(torch.randn(len(real), latent_dim, device=real.device))

    d_weights = list(D.parameters())
    d_loss = -(F.logsigmoid(D(real)).mean() + F.logsigmoid(-D(fake.detach())).mean())
    for w, g in zip(d_weights, torch.autograd.grad(d_loss, d_weights)):
        w.grad = g
    opt_d.step()

    g_weights = list(G.parameters())
    g_loss = -F.logsigmoid(D(fake)).mean()
    for w, g in zip(g_weights, torch.autograd.grad(g_loss, g_weights)):
        w.grad = g
    opt_g.step()


add(
    "first_gan.train_step",
    "right",
    "autograd.grad for each player's weights only; the fresh gradients are "
    "assigned, no zero_grad needed.",
    TYPICAL,
    step_r3,
)


def step_r4(G, D, opt_g, opt_d, real, latent_dim):
    opt_d.zero_grad(set_to_none=False)
    opt_g.zero_grad(set_to_none=False)

    z = torch.empty(len(real), latent_dim, device=real.device).normal_()
    fake = G(z)
    cut = fake.clone().detach()
    nil = torch.zeros((), device=real.device)
    loss = torch.logaddexp(nil, -D(real)).mean() + torch.logaddexp(nil, D(cut)).mean()
    loss.backward()
    opt_d.step()

    loss = torch.logaddexp(nil, -D(fake)).mean()
    loss.backward()
    opt_g.step()


add(
    "first_gan.train_step",
    "right",
    "both zero_grad calls at the top suffice: fake is cut in D's loss, and what G's "
    "backward leaves in D is cleared at the next call.",
    TYPICAL,
    step_r4,
)


def step_r5(G, D, opt_g, opt_d, real, latent_dim):
    def reset():
        opt_d.zero_grad()
        opt_g.zero_grad()

    fake = G(torch.randn(len(real), latent_dim, device=real.device))
    d_loss = F.softplus(-D(real)).mean() + F.softplus(D(fake)).mean()
    reset()
    d_loss.backward()
    opt_d.step()

    fake = G(torch.randn(len(real), latent_dim, device=real.device))
    g_loss = F.softplus(-D(fake)).mean()
    reset()
    g_loss.backward()
    opt_g.step()


add(
    "first_gan.train_step",
    "right",
    "no detach, as in yunjey's tutorial: wasteful, but only D is stepped, and G's "
    "gradients are cleared before G's backward, so the three rules hold.",
    "github.com/yunjey/pytorch-tutorial/issues/56",
    step_r5,
)

# -------------------------------------------------------- first_gan.half_life


def half_life_w1(decay):
    return 1 / (1 - decay)


add(
    "first_gan.half_life",
    "wrong",
    "the time constant 1/(1 - decay), where the share is 1/e, not 1/2.",
    "rule of thumb of EMA code",
    half_life_w1,
)


def half_life_w2(decay):
    return math.log(decay) / math.log(0.5)


add(
    "first_gan.half_life",
    "wrong",
    "the quotient is upside down: log(1/2) belongs above log(decay).",
    TYPICAL,
    half_life_w2,
)


def half_life_w3(decay):
    return math.ceil(math.log(0.5) / math.log(decay))


add(
    "first_gan.half_life",
    "wrong",
    "rounded up to whole steps; the text says not to round.",
    TYPICAL,
    half_life_w3,
)


def half_life_w4(decay):
    n, share = 0, 1.0
    while share > 0.5:
        share *= decay
        n += 1
    return n


add(
    "first_gan.half_life",
    "wrong",
    "a loop counts whole steps, so the result is rounded up; solve decay**n = 1/2 instead.",
    TYPICAL,
    half_life_w4,
)


def half_life_w5(decay):
    return math.log(2) / math.log(decay)


add(
    "first_gan.half_life",
    "wrong",
    "wrong sign: log 2 instead of log(1/2) gives a negative number of steps.",
    TYPICAL,
    half_life_w5,
)


def half_life_w6(decay):
    return math.log(0.5) / math.log(1 - decay)


add(
    "first_gan.half_life",
    "wrong",
    "1 - decay, the weight of the new value, instead of decay in the log.",
    TYPICAL,
    half_life_w6,
)


def half_life_r1(decay):
    return float(-1 / np.log2(decay))


add("first_gan.half_life", "right", "in base 2: n = -1 / log2(decay).", TYPICAL, half_life_r1)

# ---------------------------------------------------- first_gan.modes_covered


def modes_w1(samples, centers, sigma):
    dist, idx = torch.cdist(samples, centers).min(dim=1)
    counts = idx[dist <= 3 * sigma].bincount(minlength=len(centers))
    return int((counts > 0).sum())


add(
    "first_gan.modes_covered",
    "wrong",
    "one sample is enough here; a mode needs 0.2 of its fair share.",
    "papers that count from one sample on",
    modes_w1,
)


def modes_w2(samples, centers, sigma):
    dist, idx = torch.cdist(samples, centers).min(dim=1)
    counts = idx[dist <= 3 * sigma].bincount(minlength=len(centers))
    return int((counts >= 0.2 * len(samples)).sum())


add(
    "first_gan.modes_covered",
    "wrong",
    "a fifth of ALL samples; the fair share is len(samples) / len(centers).",
    TYPICAL,
    modes_w2,
)


def modes_w3(samples, centers, sigma):
    idx = torch.cdist(samples, centers).argmin(dim=1)
    counts = torch.bincount(idx, minlength=len(centers))
    return int((counts >= 0.2 * len(samples) / len(centers)).sum())


add(
    "first_gan.modes_covered",
    "wrong",
    "the 3 sigma filter is missing: samples of low quality count too.",
    TYPICAL,
    modes_w3,
)


def modes_w4(samples, centers, sigma):
    d2 = ((samples[:, None] - centers[None]) ** 2).sum(-1)
    near, idx = d2.min(dim=1)
    counts = torch.bincount(idx[near <= 3 * sigma], minlength=len(centers))
    return int((counts >= 0.2 * len(samples) / len(centers)).sum())


add(
    "first_gan.modes_covered",
    "wrong",
    "the SQUARED distance is compared with 3 sigma; the root (or 9 sigma^2) is missing.",
    TYPICAL,
    modes_w4,
)


def modes_w5(samples, centers, sigma):
    dist, idx = torch.cdist(samples, centers).min(dim=1)
    good = idx[dist <= 3 * sigma]
    counts = good.bincount(minlength=len(centers))
    return int((counts >= 0.2 * len(good) / len(centers)).sum())


add(
    "first_gan.modes_covered",
    "wrong",
    "the fair share is taken of the high-quality samples instead of all "
    "samples, so a few good ones suffice.",
    TYPICAL,
    modes_w5,
)


def modes_w6(samples, centers, sigma):
    dist, idx = torch.cdist(samples, centers).min(dim=1)
    counts = idx[dist <= sigma].bincount(minlength=len(centers))
    return int((counts >= 0.2 * len(samples) / len(centers)).sum())


add("first_gan.modes_covered", "wrong", "one sigma instead of three.", TYPICAL, modes_w6)


def modes_w7(samples, centers, sigma):
    dist, idx = torch.cdist(samples, centers).min(dim=1)
    counts = idx[dist <= 3 * sigma].bincount(minlength=len(centers))
    return int((counts > 0.2 * len(samples) / len(centers)).sum())


add(
    "first_gan.modes_covered",
    "wrong",
    "'>' instead of '>=': a mode with exactly a fifth of its share is covered.",
    TYPICAL,
    modes_w7,
)


def modes_r1(samples, centers, sigma):
    pts, mids = samples.numpy(), centers.numpy()
    tally = [0] * len(mids)
    for pt in pts:
        distance = np.hypot(*(mids - pt).T)
        k = int(np.argmin(distance))
        if distance[k] <= 3 * sigma:
            tally[k] += 1
    return sum(5 * len(mids) * c >= len(pts) for c in tally)


add(
    "first_gan.modes_covered",
    "right",
    "NumPy and a loop; the threshold in whole numbers: 5 K count >= N.",
    TYPICAL,
    modes_r1,
)


def modes_r2(samples, centers, sigma):
    gaps = torch.linalg.vector_norm(samples.unsqueeze(1) - centers, dim=-1)
    owner = F.one_hot(gaps.argmin(1), len(centers)).bool()
    inside = owner & (gaps <= 3 * sigma)
    share = inside.double().sum(0) / len(samples)
    return torch.count_nonzero(share * len(centers) >= 0.2 - 1e-9).item()


add(
    "first_gan.modes_covered",
    "right",
    "one-hot owners and a mask; the share with a tiny tolerance for floating point.",
    TYPICAL,
    modes_r2,
)
