# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 11 · Tame the critic
#
# A Wasserstein GAN promises a loss that *means* something: a distance. You
# will compute that distance exactly, hold five trained critics beside it,
# and see how far you may believe them.
#
# **What you'll do.** Build the perfect critic without training, then tame
# networks in four ways and measure each against it.
#
# **What you'll learn**
# - *prove* a distance with prices: Kantorovich duality on 256 points;
# - *tell apart* weight clipping, gradient clipping, gradient penalty and
#   spectral norm, and write three of them;
# - *train* a GAN whose loss you can read, and say how far.
#
# **What you'll need.** Lessons 01, 04 and 10. About 95 minutes of your time;
# {{minutes}} minutes of computing on 2 CPU cores.

# %%
from gan_lessons import checks, cockpit, data, errors, losses, metrics
from gan_lessons import models, penalties, runtime, show, training
from gan_lessons import transport
import copy
import functools

import numpy as np
import torch
from torch import nn
from torch.nn.functional import normalize
from torch.nn.utils import parametrizations
from torch.nn.utils import parametrize

device = runtime.start(threads=1)  # small networks

# %% [markdown]
# ## The knobs

# %% tags=["parameters"]
SEED = 0
n_critic = 5  # steps of D for one of G
lr = 3e-3  # of both players

# %% [markdown]
# What depends on your time budget:

# %%
seeds = range(SEED, SEED + runtime.budget(tiny=2, ci=2, lesson=5, full=10))
critic_steps = runtime.budget(tiny=4, ci=40, lesson=400, full=2_000)
escape_steps = runtime.budget(tiny=150, ci=150, lesson=600, full=600)
steps = runtime.budget(tiny=4, ci=24, lesson=500, full=5_000)  # of G
# samples of each kind that a critic sees
points = runtime.budget(tiny=64, ci=256, lesson=256, full=256)

# %% [markdown]
# ## The distance, exactly
# Carry $N$ fake points to $N$ real ones, one to one, so that the mean distance
# is as short as possible. That mean is $W_1$ of the two samples. On a line,
# sorting finds the pairs (lesson 01). Anywhere else it takes a solver: begin
# with no pairs, add one row at a time, and let earlier pairs change partners
# if the whole gets cheaper.
#
# On its way it keeps a *price* $u_i$ for every row and $v_j$ for every
# column of the cost matrix $c$, with $u_i+v_j\le c_{ij}$ at all times. Read
# the function, or skip it and trust the proof that follows.

# %% tags=["mirrors:transport"]
def assignment(cost):
    n = len(cost)
    u = np.zeros(n)
    v = cost.min(axis=0)
    column_of = np.full(n, -1)  # -1: free
    row_of = np.full(n, -1)
    for start in range(n):
        # 1 · the shortest way from this row to a free column
        length = np.full(n, np.inf)
        came = np.full(n, start)
        done = np.zeros(n, dtype=bool)
        row = start
        here = 0.0
        while row >= 0:
            through = np.where(done, np.inf, here + cost[row] - u[row] - v)
            came[through < length] = row
            length = np.minimum(length, through)
            column = np.where(done, np.inf, length).argmin()
            here = length[column]
            done[column] = True
            row = row_of[column]
        # 2 · prices that make every step of that way free
        taken = done & (row_of >= 0)
        u[start] += here
        u[row_of[taken]] += here - length[taken]
        v[done] -= here - length[done]
        # 3 · hand the columns over along the way, back to the start
        while row != start:
            row = came[column]
            next_column = column_of[row]
            row_of[column] = row
            column_of[row] = column
            column = next_column
    return column_of, u, v

# %% [markdown]
# Two problems to practice on. In the plane: the ring of lesson 04 against a
# blob.

# %%
def in_plane(seed):
    real = data.ring(points, seed=seed).x
    fake = 0.5 * torch.randn(points, 2, generator=runtime.generator(seed))
    return real, fake  # (points, 2) each

# %% [markdown]
# On a line: three bumps against two.

# %%
def on_line(seed):
    rng = runtime.generator(seed)
    noise = 0.3 * torch.randn(2, points, 1, generator=rng)
    three = torch.tensor([[-3.0], [0.0], [3.0]])
    two = torch.tensor([[-1.5], [1.5]])
    number = torch.arange(points)
    real = three[number % 3] + noise[0]
    fake = two[number % 2] + noise[1]
    return real, fake  # (points, 1) each

# %% [markdown]
# The pairs in the plane, and what their prices add up to, as a proof:

# %%
real, fake = in_plane(SEED)
cost = torch.cdist(real.double(), fake.double()).numpy()
pairs, u, v = assignment(cost)
exact = cost[range(points), pairs].mean()
print(f"the mean way of the best pairs: {exact:.3f}")
assert (u[:, None] + v <= cost + 1e-9).all()
assert np.isclose(u.mean() + v.mean(), exact)

# %% [markdown]
# Those last two lines are one. *Any* pairing $\pi$ costs
# $\sum_i c_{i\pi(i)}\ge\sum_i u_i+\sum_j v_j$, because each pair costs at
# least its two prices. Ours costs exactly that much, so none is cheaper.
# From here on, `transport.w1` does this for any two samples.
#
# ## A critic is a price list
# Let a carrier buy earth where there is too much and sell it where it is
# missing, at the price $f(x)$ of each place. If $f(x)-f(y)$ ever exceeded
# the distance $|x-y|$, you would carry it yourself. So $f$ may rise by at most
# 1 per unit: it is **1-Lipschitz**, *no slope is longer than 1*. Then
#
# $$\frac1N\sum_i\big(f(x_i)-f(y_{\pi(i)})\big)\le
# \frac1N\sum_i|x_i-y_{\pi(i)}|=W_1.$$

# %% [markdown]
# No such critic ever reports more than $W_1$. And one reports all of it,
# made of the solver's prices: $f(x)=\min_j\big(|x-y_j|-v_j\big)$. Each
# $|x-y_j|$ has slope 1, and so has their lowest. Two lines show the rest:
#
# - at a real point $f(x_i)\ge u_i$, because no $|x_i-y_j|-v_j$ is below
#   $u_i$;
# - at a fake point $f(y_j)\le|y_j-y_j|-v_j=-v_j$.
#
# In the mean $f$ reports at least $\frac1N\sum_i u_i+\frac1N\sum_j v_j=W_1$.
# This is **Kantorovich duality**:
#
# $$W_1(p,q)=\max_{f\text{ 1-Lipschitz}}\ \mathbb E_{x\sim p}f(x)-
# \mathbb E_{y\sim q}f(y).$$

# %%
def perfect_critic(real, fake):
    cost = torch.cdist(real, fake).double().numpy()
    _, _, v = assignment(cost)
    prices = torch.tensor(v).float()

    def f(x):
        return (torch.cdist(x, fake) - prices).min(dim=1).values

    return f


def estimate(f, real, fake):
    gap = f(real).mean() - f(fake).mean()
    return float(gap.detach())

# %% [markdown] predict={"picture": "perfect critic", "words": ["zigzag", "from each fake bump", "sawtooth"]}
# **Decide before you look:** three real bumps, two fake ones between them.
# What does the perfect critic look like?

# %% picture="perfect critic"
real, fake = on_line(SEED)
perfect = perfect_critic(real, fake)
distance = estimate(perfect, real, fake)
show.on_a_line(
    {"perfect": perfect},
    real,
    fake,
    limit=4.2,
    title=f"The perfect critic reports {distance:.3f}",
    sentence="Left its height above the samples, right its slope.",
)

# %% [markdown]
# A zigzag: with slope 1 from each fake bump up to the real ones beside it,
# and down again. Nothing between. It reports all of $W_1$:

# %%
# what we claim
assert np.isclose(distance, transport.w1(real, fake), rtol=1e-4)

# %% [markdown]
# ## A network without a leash
# In a real GAN nobody can afford the solver. A network plays $f$ and lowers
# $L_D=\mathbb E D(G(z))-\mathbb E D(x)$. The negative of that loss is its
# estimate of $W_1$, *if* its slope stays within 1.

# %%
def as_it_is(layer):
    return layer


def critic(dim, wrap=as_it_is, width=64):
    return nn.Sequential(
        wrap(nn.Linear(dim, width)),
        nn.LeakyReLU(0.2),
        wrap(nn.Linear(width, width)),
        nn.LeakyReLU(0.2),
        wrap(nn.Linear(width, width)),
        nn.LeakyReLU(0.2),
        wrap(nn.Linear(width, 1)),  # (B, 1)
        nn.Flatten(0),  # (B,)
    )


assert critic(2)(torch.randn(7, 2)).shape == (7,)

# %% [markdown] predict={"picture": "escape", "words": ["slows", "diverge", "NaN", "grows", "never stops", "no more"]}
# **Decide first:** what happens if you forget the condition? To see it
# cleanly, $G$ holds still (its learning rate is 0), so the true distance
# never moves.

# %%
def left_alone(run, opt_d, D):
    return run


def run_off(tame=left_alone):
    runtime.seed_everything(SEED)
    G = models.plane_generator()
    D = critic(2)
    opt_g = torch.optim.SGD(G.parameters(), lr=0.0)
    opt_d = torch.optim.SGD(D.parameters(), lr=0.1)
    run = training.train(
        G,
        D,
        opt_g,
        opt_d,
        data.batches(data.ring().x, 128, rng=runtime.generator(SEED)),
        game=losses.wasserstein,
        steps=escape_steps,
        latent_dim=2,
    )
    said = "It went on to the end."
    try:
        for moment in tame(run, opt_d, D):
            pass
    except errors.TrainingDiverged as error:
        said = str(error)
    reported = -moment.history.column("loss_d")
    path = torch.full((escape_steps,), torch.nan)
    path[: len(reported)] = reported
    return path, said

# %% [markdown]
# Nothing holds the first critic. The second one's *gradients* are clipped,
# the third one's *weights*.

# %%
cut = functools.partial(penalties.clip_weights, limit=0.1)


def shorter_gradients(run, opt_d, D):
    return training.clipped_gradients(run, opt_d, most=1.0)


def smaller_weights(run, opt_d, D):
    return training.constrained(run, opt_d, D, cut)

# %%
runtime.seed_everything(SEED)
still = models.plane_generator()  # as every run begins with
with torch.no_grad():
    fake = still(torch.randn(points, 2))
truth = transport.w1(data.ring().x[:points], fake)
free, said = run_off()
estimates = {  # after each step
    "nothing": free,
    "gradients clipped": run_off(shorter_gradients)[0],
    "weights clipped": run_off(smaller_weights)[0],
    "the truth": torch.full((escape_steps,), truth),
}

# %% picture="escape"
show.lines(
    torch.arange(escape_steps),
    estimates,
    yscale="log",
    ylim=(1e-2, 1e7),
    title="What three critics report of one distance",
    sentence="Estimate of each critic after each step, and the distance "
    f"itself, {truth:.2f}.",
    xlabel="step",
    ylabel="estimate of the distance",
)

# %% [markdown]
# Without a leash the estimate leaves the numbers in a few steps. Clipped
# gradients make the escape slower, no more. Clipped weights end it, at a
# height that the limit chose and the truth did not. What the first run said:

# %%
# what we claim
held = estimates["weights clipped"][-50:].mean()
print(said)
print(f"clipped weights hold it at {held / truth:.1f} times the truth")
assert estimates["nothing"].isnan().any()  # it broke, and was caught
checks.claim(
    "clipped gradients let the estimate grow far beyond the truth",
    estimates["gradients clipped"][-1] > 50 * truth,
)
checks.claim(
    "clipped weights hold it, at more than one and a half times the truth",
    1.5 < held / truth < 10,
)

# %% [markdown]
# Never let a NaN pass in silence: it is the clearest message a run can send.
#
# **Four names get mixed up**; here is where each acts:
#
# | | acts on | when | slope of $D$ |
# |---|---|---|---|
# | *gradient* clipping | gradient by the weights | before the step | free |
# | *weight* clipping | weights | after the step | bounded, by what? |
# | gradient *penalty* | gradient by the **input** | in the loss | near 1, where asked |
# | *spectral* norm | each layer | in the forward pass | at most 1, if all layers are Linear |
#
# ## ✏️ Exercise 1 · One step of the first WGAN
# *10 minutes · ●●○*
#
# Make one step of $D$ that raises $\mathbb E D(x)-\mathbb E D(G(z))$ and
# leaves all its weights within $\pm$`limit`. Among your tools are
# `nn.utils.clip_grad_norm_` and `weight.clamp_`: which of them, and when?
# (Biases may stay free: the bound on $D$'s slope does not depend on them.)
#
# {{hints critic.clipped_step}}

# %% tags=["exercise"]
def my_clipped_step(D, opt_d, real, fake, limit):
    # BEGIN SOLUTION
    loss = D(fake).mean() - D(real).mean()
    opt_d.zero_grad()
    loss.backward()
    opt_d.step()
    for weight in D.parameters():
        weight.data.clamp_(-limit, limit)
    # END SOLUTION


checks.critic.clipped_step(my_clipped_step)

# %% [markdown]
# ## The gradient penalty
# If the slope is what matters, charge for the slope (Gulrajani et al. 2017):
#
# $$\lambda\,\mathbb E\big(\|\nabla_{\hat x}D(\hat x)\|-1\big)^2,\qquad
# \hat x=\alpha x+(1-\alpha)G(z),\quad\alpha\sim U(0,1).$$
#
# ## ✏️ Exercise 2 · The gradient penalty
# *20 minutes · ●●●*
#
# Return $\mathbb E(\|\nabla D(\hat x)\|-1)^2$, without $\lambda$, for points
# (B, 2) and for images (B, C, H, W). The check knows many ways to get it
# wrong. $D$ should learn from it and $G$ should not, and where $D$ is flat it
# stays finite.
#
# {{hints critic.gradient_penalty}}

# %% tags=["exercise"]
def my_gradient_penalty(D, real, fake):
    # BEGIN SOLUTION
    ones = [1] * (real.ndim - 1)
    alpha = torch.rand(len(real), *ones)  # (B, 1, …)
    x = alpha * real + (1 - alpha) * fake.detach()
    x.requires_grad_()
    (slope,) = torch.autograd.grad(D(x).sum(), x, create_graph=True)
    norms = slope.flatten(1).norm(dim=1)  # (B,)
    return (norms - 1).square().mean()
    # END SOLUTION


checks.critic.gradient_penalty(my_gradient_penalty)

# %% [markdown] tags=["instructor"]
# > **For instructors.** Ask for the value of the penalty with and without
# > `create_graph`: it is the same, which is why this bug survives review.

# %% [markdown]
# The course's version of the two, folded:

# %% tags=["mirrors:penalties", "folded"]
@torch.no_grad()
def clip_weights(D, *, limit=0.01):
    for weight in D.parameters():
        weight.clamp_(-limit, limit)

# %% tags=["mirrors:penalties", "folded"]
def slopes(D, x):
    x = x.detach().requires_grad_(True)
    (slope,) = torch.autograd.grad(D(x).sum(), x, create_graph=True)
    return slope.flatten(1)


def gradient_penalty(D, real, fake, *, weight=10.0):
    ones = [1] * (real.ndim - 1)
    alpha = torch.rand(len(real), *ones, device=real.device)  # (B, 1, …)
    between = alpha * real + (1 - alpha) * fake.detach()
    norms = (slopes(D, between).square().sum(1) + 1e-12).sqrt()
    return weight * (norms - 1).square().mean()

# %% [markdown]
# Every critic and every GAN below that pays this penalty pays yours:

# %%
toll = checks.critic.gradient_penalty.yours(
    functools.partial(gradient_penalty, weight=1.0)
)


def two_sided(D, real, fake, *, weight=10.0):
    with real.device:  # what you draw lands beside the samples
        return weight * toll(D, real, fake)

# %% [markdown]
# It is a price, not a wall. A critic whose slope is $s$ everywhere earns
# $sW_1$ and pays $\lambda(s-1)^2$, which is best at $s=1+W_1/2\lambda$.
#
# A variant charges slopes *above* 1 only (Petzka et al. 2018): a slope of ½
# is allowed, after all. It is the same code with `clamp_min(0)`, folded:

# %% tags=["folded"]
def one_sided(D, real, fake, *, weight=10.0):
    alpha = torch.rand(len(real), 1, device=real.device)
    between = alpha * real + (1 - alpha) * fake
    norms = slopes(D, between).norm(dim=1)
    too_much = (norms - 1).clamp_min(0)
    return weight * too_much.square().mean()

# %% [markdown]
# ## The spectral norm
# A layer $x\mapsto Wx+b$ stretches no difference of two inputs by more than
# $\sigma(W)$, its largest singular value. Divide each weight by it, and no
# *Linear* layer stretches at all. Neither does LeakyReLU, so such a $D$ is
# 1-Lipschitz, everywhere (Miyato et al. 2018).
#
# $\sigma$ comes from the **power iteration**: $v\leftarrow W^\top u$,
# $u\leftarrow Wv$, each scaled to length 1; then $\sigma\approx u^\top Wv$.
# Each round shrinks the wrong part of $u$ by $(\sigma_2/\sigma_1)^2$. Weights
# change little per step, so one round is enough, *if you keep* $u$.
#
# ## ✏️ Exercise 3 · One step of the power iteration
# *10 minutes · ●●○*
#
# From a weight, (rows, columns) or of a convolution (rows, C, k, k), and the
# last `u`, (rows,), return `sigma` and the new `u`. `normalize(…, dim=0)`
# scales a vector. $u$ is memory and $\sigma$ trains the weight: find $u$ and
# $v$ under `torch.no_grad()`, take $\sigma$ outside, and leave the old `u` as
# it is.
#
# {{hints critic.power_step}}

# %% tags=["exercise"]
def my_power_step(weight, u):
    # BEGIN SOLUTION
    W = weight.flatten(1)
    with torch.no_grad():
        v = normalize(W.T @ u, dim=0)
        u = normalize(W @ v, dim=0)
    sigma = u @ W @ v
    return sigma, u
    # END SOLUTION


checks.critic.power_step(my_power_step)

# %% [markdown]
# The course's version, folded. Yours runs in its place:

# %% tags=["folded"]
def course_power_step(weight, u):
    W = weight.flatten(1)
    with torch.no_grad():
        v = normalize(W.T @ u, dim=0)
        u = normalize(W @ v, dim=0)
    return u @ W @ v, u

# %% [markdown]
# As a *parametrization*, a rule by which a layer makes its weight anew
# whenever it is used, that step is the whole method. `norm` is how far a
# layer may stretch.

# %%
power_step = checks.critic.power_step.yours(course_power_step)


class SpectralNorm(nn.Module):
    def __init__(self, weight, norm=1.0):
        super().__init__()
        self.norm = norm
        u = torch.randn(len(weight))  # one number a row
        self.register_buffer("u", normalize(u, dim=0))

    def forward(self, weight):
        sigma, u = power_step(weight, self.u)
        if self.training:
            self.u = u.detach().to(weight)
        return self.norm * weight / sigma.to(weight)

# %%
def spectral(layer, norm=1.0):
    rule = SpectralNorm(layer.weight, norm)
    return parametrize.register_parametrization(layer, "weight", rule)

# %%
layer = nn.Conv2d(8, 16, 3)
ours = spectral(copy.deepcopy(layer))
theirs = parametrizations.spectral_norm(copy.deepcopy(layer))
for _ in range(200):  # each look makes one round
    our_weight = ours.weight
    their_weight = theirs.weight
sigma = torch.linalg.svdvals(layer.weight.flatten(1))[0]
assert torch.allclose(our_weight, layer.weight / sigma, atol=1e-3)
assert torch.allclose(our_weight, their_weight, atol=1e-3)

# %% [markdown]
# That and PyTorch's agree with the singular value decomposition, of the
# weight *as a matrix*. For a convolution this is not yet its stretch: a pixel
# stands in several patches at once, at stride $s$ in up to
# $\lceil k/s\rceil^2$ of them, and each may stretch it. So $\sigma=1$ bounds
# the stretch by $\lceil k/s\rceil$, which is $k/s$ where $s$ divides $k$, as
# below. How far does it really go, on images of 28 × 28? Power iteration on
# the layer itself:

# %%
def stretch_of(layer, side=28, rounds=100):
    x = torch.randn(1, layer.in_channels, side, side)
    for _ in range(rounds):
        x = (x / x.norm()).requires_grad_()
        y = layer(x)
        (x,) = torch.autograd.grad(y, x, y)  # Aᵀ(Ax)
    return float(y.detach().norm())

# %%
runtime.seed_everything(SEED)
for channels, out, k, stride in ((8, 16, 3, 1), (1, 32, 4, 2), (32, 64, 4, 2)):
    layer = nn.Conv2d(channels, out, k, stride, padding=1, bias=False)
    with torch.no_grad():
        layer.weight /= torch.linalg.svdvals(layer.weight.flatten(1))[0]
    far = stretch_of(layer)
    print(f"{channels} → {out}, kernel {k}, stride {stride}: {far:.2f}")
    assert 1.1 < far < k / stride + 1e-3

# %% [markdown]
# All above 1, so a convolutional critic with spectral norm may still be
# steeper than 1. The product of its layers' stretches is only an upper bound:
# hardly an input is stretched most by every layer.

# %% [markdown] predict={"picture": "leashes", "words": ["below the truth", "too high", "thousands", "far below", "a little high", "stuck", "must pass 0"]}
# ## All of them on the same samples
# The same network of Linear layers, the same points, all leashes. What you
# have read lets you foresee much of the plane. **Predict** the line: whose
# report, as a share of the truth, differs there from the plane, and which way?

# %%
def adam(net):
    return torch.optim.Adam(
        net.parameters(), lr=lr, betas=(0.5, 0.9), fused=True
    )


def trained(
    real, fake, seed=SEED, *, wrap=as_it_is, penalty=None, constrain=None
):
    runtime.seed_everything(seed)
    D = critic(real.shape[1], wrap)
    opt = adam(D)
    for _ in range(critic_steps):
        mixed = fake[torch.randperm(len(fake))]  # other pairs each time
        loss = losses.critic_d(D(real), D(mixed))
        if penalty is not None:
            loss = loss + penalty(D, real, mixed)
        opt.zero_grad()
        loss.backward()
        opt.step()
        if constrain is not None:
            constrain(D)
    return D.eval()

# %% [markdown]
# Four leashes, one of them at two limits, by the keyword that each goes to:

# %%
tamers = {
    "clipped at 0.01": {"constrain": clip_weights},
    "clipped at 0.1": {"constrain": cut},
    "gradient penalty": {"penalty": two_sided},
    "one-sided penalty": {"penalty": one_sided},
    "spectral norm": {"wrap": spectral},
}

# %% [markdown]
# Every critic meets both problems, on the same samples for each seed.

# %%
problems = {"plane": in_plane, "line": on_line}
ratios = {place: {name: [] for name in tamers} for place in problems}
kept = {}  # (place, tamer, seed): the trained critic
for place, problem in problems.items():
    for seed in cockpit.progress(seeds):
        real, fake = problem(seed)
        exact = transport.w1(real, fake)
        for name, tamer in tamers.items():
            D = trained(real, fake, seed, **tamer)
            ratios[place][name].append(estimate(D, real, fake) / exact)
            kept[place, name, seed] = D

# %% picture="leashes"
show.estimates(
    ratios,
    title="What five critics report, as a share of the truth",
    sentence="A dot per seed, the mean (in figures) and its interval. The "
    "axis is linear up to 2 and logarithmic beyond; dotted: the truth.",
)

# %%
# what we claim
plane = {name: np.mean(shares) for name, shares in ratios["plane"].items()}
line = {name: np.mean(shares) for name, shares in ratios["line"].items()}
exact = np.mean([transport.w1(*in_plane(seed)) for seed in seeds])
foreseen = 1 + exact / (2 * 10.0)
most = max(max(ratios[place]["spectral norm"]) for place in problems)
steeper = plane["clipped at 0.1"] / plane["clipped at 0.01"]
print(f"a penalty of 10 in the plane: {foreseen:.2f} foreseen, "
      f"{plane['gradient penalty']:.2f} reported")
print(f"ten times the limit, {steeper:,.0f} times the estimate")
print(f"spectral norm reports at most {most:.2f}")
checks.claim(
    "clipped at 0.01 a critic reports next to nothing, at 0.1 far too much",
    plane["clipped at 0.01"] < 0.01 and plane["clipped at 0.1"] > 2,
)
checks.claim(
    "the gradient penalty is near the truth in the plane, the one-sided "
    "one on the line too",
    0.95 < plane["gradient penalty"] < 1.2
    and 0.95 < line["one-sided penalty"] < 1.2,
)
checks.claim("spectral norm reports no more than the truth", most < 1.01)

# %% [markdown]
# Read it row by row; the numbers at the right are means over the seeds.
# - **Clipped weights** bound the slope by a number nobody chose. $D$ has four
#   layers, and their weights multiply: ten times the limit is about $10^4$
#   times the slope.
# - The **gradient penalty** is a little high in the plane, as foreseen. On
#   the line it can get stuck, on some seeds far below the truth. There a
#   slope is one signed number, and on its way from −1 to +1 it must pass 0,
#   where the toll is high. In the plane a slope can turn instead. The
#   **one-sided** penalty has no such toll.
# - **Spectral norm** stays below the truth, by far: layers that may not
#   stretch and kinks that shrink lose slope.
#
# ## Shapes
# Move the slider from a loose leash to a tight one.

# %%
leashes = {  # name: the keyword of `trained`, the tool, the tool's knob
    "weight clipping": ("constrain", clip_weights, "limit"),
    "gradient penalty": ("penalty", two_sided, "weight"),
    "one-sided penalty": ("penalty", one_sided, "weight"),
    "spectral norm": ("wrap", spectral, "norm"),
}
values = {  # of the knob, from loose to tight
    "weight clipping": (0.3, 0.2, 0.1, 0.03, 0.01),
    "gradient penalty": (0.1, 1.0, 10.0, 100.0, 1_000.0),
    "one-sided penalty": (0.1, 1.0, 10.0, 100.0, 1_000.0),
    "spectral norm": (2.0, 1.5, 1.0, 0.8, 0.5),
}

# %%
real_line, fake_line = on_line(SEED)
shapes = {}  # (name, value): the trained critic
for name, (keyword, tool, knob) in leashes.items():
    for value in cockpit.progress(values[name]):
        tamer = functools.partial(tool, **{knob: value})
        shapes[name, value] = trained(
            real_line, fake_line, **{keyword: tamer}
        )

# %% [markdown]
# The picture at one place of the slider, from 1 (loose) to 5 (tight):

# %%
def shape(leash="gradient penalty", tightness=3):
    value = values[leash][tightness - 1]
    D = shapes[leash, value]
    reported = estimate(D, real_line, fake_line)
    told = f"{leash}, {value:g}: reports {reported:.3g}"
    return show.on_a_line(
        {"perfect": perfect, "trained": D},
        real_line,
        fake_line,
        limit=4.2,
        title=told,
        sentence=f"{told}; the truth is {distance:.3g}.",
    )

# %%
words = {"tightness": "how tight, 1 to 5"}
show.explore(shape, labels=words, leash=list(leashes), tightness=(1, 5))

# %% [markdown]
# **Find out:** at which price does the ordinary penalty draw all of the
# zigzag, and how steep is it then? Which limit of the weights comes closest,
# and how would you have known it without the truth beside it? Then compare:

# %%
x = torch.linspace(-3, 3, 601)[:, None]
for (leash, value), D in shapes.items():
    with torch.no_grad():
        steepest = float(D(x).diff().abs().max() / 0.01)
    reported = estimate(D, real_line, fake_line) / distance
    print(f"{leash} {value:g}: reports {reported:.2g} of the truth, "
          f"steepest slope {steepest:.2g}")

# %% [markdown]
# The ordinary penalty draws all turns at the two low prices, and pays in
# slope: at 0.1 about 10 where 1 is allowed, so it reports far too much. From
# 10 on the slope is right and the turns are gone, on this one seed: a price of
# 10 may do better on others, see its dots above. Among the limits 0.1 comes
# closest by ratio, still at nearly three times the truth. (By difference a
# critic that reports nothing is closer.) Nothing in its run says so: the
# estimate has a unit that only the truth reveals.
#
# In the plane, contour lines stand 0.25 apart in height. Where they are
# evenly spaced, a quarter of a unit apart, the slope is 1.

# %%
real, fake = in_plane(SEED)
critics = {name: kept["plane", name, SEED] for name in tamers}
show.in_the_plane(
    {"perfect": perfect_critic(real, fake)} | critics,
    real,
    fake,
    limit=2.6,
    sentence="Height of each critic, with its estimate. Clipped at 0.01 it "
    "is flat, at 0.1 a cliff; both penalties come near the perfect one.",
)

# %% [markdown] predict={"picture": "inside", "words": ["pile up", "both limits", "at ±0.1", "flat"]}
# ## Look inside
# The largest singular value of each layer says how far it may stretch.
# **Predict:** where do the weights of the critic clipped at 0.1 lie?

# %%
def stretches(D):
    layers = [layer for layer in D if isinstance(layer, nn.Linear)]
    weights = [layer.weight.detach() for layer in layers]
    return [float(torch.linalg.svdvals(weight)[0]) for weight in weights]


weights = critics["clipped at 0.1"].parameters()
clipped = torch.cat([weight.detach().flatten() for weight in weights])
between = torch.lerp(real, fake, torch.rand(points, 1))
four = {
    name: D for name, D in critics.items() if name != "one-sided penalty"
}
lengths = {
    name: slopes(D, between).norm(dim=1) for name, D in four.items()
}

# %% picture="inside"
edge = float((clipped.abs() > 0.099).float().mean())
where = "at a limit" if edge > 0.5 else "between the limits"
show.inside_critics(
    clipped,
    lengths,
    {name: stretches(D) for name, D in four.items()},
    title=f"Most weights lie {where}",
    sentence="Left: all weights of one critic. Middle: lengths of slopes "
    "between real and fake. Right: each layer's stretch.",
)

# %%
# what we claim
furthest = max(stretches(critics["spectral norm"]))
print(f"{edge:.0%} of the clipped weights lie at ±0.1")
print(f"spectral norm: no layer stretches by more than {furthest:.2f}")
checks.claim("most clipped weights pile up at both limits", edge > 0.5)
checks.claim("spectral norm holds every layer", furthest < 1.3)

# %% [markdown]
# Clipping spends most weights on being as steep as allowed, and few are left
# for shape. The penalty lets single layers stretch and holds the slope of
# the whole. Spectral norm holds every layer, up to a small excess: one round
# of the power iteration a step lags a little behind a moving weight.
#
# ## Let it teach
# $G$ needs a critic that is *right*, so $D$ makes several steps for one of
# $G$'s. Unlike $D$ in lesson 04 it cannot be too good: its slope does not
# vanish when it wins.
#
# ## ✏️ Exercise 4 · The critic moves more often
# *15 minutes · ●●○*
#
# `next(batches)` gives the next real batch; two batches may differ in size.
# `penalty(D, real, fake)` is part of $D$'s loss. Make `n_critic` steps of $D$,
# then one of $G$.
#
# {{hints critic.wasserstein_step}}

# %% tags=["exercise"]
def my_wasserstein_step(
    G, D, opt_g, opt_d, batches, latent_dim, n_critic, penalty
):
    # BEGIN SOLUTION
    for _ in range(n_critic):
        real = next(batches)
        z = torch.randn(len(real), latent_dim)
        fake = G(z).detach()
        loss_d = D(fake).mean() - D(real).mean()
        loss_d = loss_d + penalty(D, real, fake)
        opt_d.zero_grad()
        loss_d.backward()
        opt_d.step()

    z = torch.randn(len(real), latent_dim)
    loss_g = -D(G(z)).mean()
    opt_g.zero_grad()
    loss_g.backward()
    opt_g.step()
    # END SOLUTION


checks.critic.wasserstein_step(my_wasserstein_step)

# %% [markdown]
# `training.train` does this with `n_critic` and `penalty`; `constrained`
# wraps it. The penalty is yours again, at $\lambda=1$, a price chosen for this
# small game.

# %%
def players(seed):
    runtime.seed_everything(seed)
    G = models.plane_generator().to(device)
    D = critic(2).to(device)
    return G, D


ring = data.ring().x.to(device)


def game_of(G, D, seed, penalty, constrain):
    opt_g = adam(G)
    opt_d = adam(D)
    falling = [training.falling_lr(opt, steps) for opt in (opt_g, opt_d)]
    run = training.train(
        G,
        D,
        opt_g,
        opt_d,
        data.batches(ring, 128, rng=runtime.generator(seed)),
        game=losses.wasserstein,
        latent_dim=2,
        steps=steps,
        n_critic=n_critic,
        penalty=penalty,
    )
    if constrain is not None:
        run = training.constrained(run, opt_d, D, constrain)
    run = training.averaged(run, copy.deepcopy(G), decay=0.99)
    return training.scheduled(run, *falling)

# %% [markdown]
# Ten times a run the critic and the solver get the same 256 samples of each
# kind, the fakes from the very $G$ that this critic was trained against. The
# fifteen games take a minute or two; each one's cloud appears when it is done.
# You have seen what these three critics report of a distance that stands
# still; while they play, decide which of them will teach best, and whether it
# matters that one is far too steep and one far too flat.

# %%
every = max(1, steps // 10)


def play(seed, penalty=None, constrain=None):
    G, D = players(seed)
    z = torch.randn(points, 2, device=device)
    few = ring[:points]
    with torch.no_grad():
        fake = G(z)  # of the G that D sees in the coming step
    looks = []
    for moment in game_of(G, D, seed, penalty, constrain):
        if moment.step % every == 0:
            exact = transport.w1(few.cpu(), fake.cpu())
            looks.append((estimate(D, few, fake), exact))
        with torch.no_grad():
            fake = G(z)
    with torch.no_grad():
        cloud = moment.shown(z).cpu()
    loss = moment.history.column("loss_d")
    return cloud, torch.tensor(looks), loss  # looks: (10, 2)

# %%
leashed = {
    "GP": {"penalty": functools.partial(two_sided, weight=1.0)},
    "clipped at 0.1": {"constrain": cut},
    "clipped at 0.01": {"constrain": clip_weights},
}
runs = {name: [] for name in leashed}
ends = {name: [] for name in leashed}  # the distance of each seed's cloud
page, drawn = cockpit.Page(), []
games = [(name, seed) for name in leashed for seed in seeds]
for name, seed in cockpit.progress(games, unit="game"):
    run = play(seed, **leashed[name])
    end = transport.w1(ring[:points].cpu(), run[0])
    runs[name].append(run)
    ends[name].append(end)
    drawn.append((f"{name}: {end:.2f}", run[0]))
    page.show(show.clouds(
        drawn,
        real=data.ring().x,
        columns=len(seeds),
        places=len(games),
        sentence="Where the averages of G end: a row for each leash (GP is "
        "the gradient penalty), a column for each seed; in figures W₁ between "
        "the cloud and as many real samples.",
    ))

# %% [markdown]
# How much farther from the data than with the gradient penalty, seed by seed
# (lesson 10):

# %%
more = {}  # than with the penalty: low, mean, high
for name in list(ends)[1:]:
    further = torch.tensor(ends[name]) - torch.tensor(ends["GP"])
    more[name] = metrics.over_seeds(further)
    low, mean, high = more[name]
    print(f"{name}: {mean:+.2f} ({low:.2f} to {high:.2f})")

# %%
# what we claim
for name, (low, _, _) in more.items():
    checks.claim(f"G ends farther away with a critic {name}", low > 0)

# %% [markdown]
# In these runs a clipped critic teaches worse at either limit. The size of its
# slopes need not matter, steep at 0.1 and minute at 0.01: Adam divides $G$'s
# gradients by their own size. A suspect is its crude shape, with most weights
# at a limit; these runs do not measure the cause.
#
# > **Careful.** The price 1 was chosen for the penalty's game. The clipped
# > games share its rates and its `n_critic`; with settings of their own they
# > might do better.

# %% [markdown] predict={"picture": "loss", "words": ["rises to", "L_D rises", "falls with the distance"]}
# Now the loss itself. $D$ lowers $L_D$, minus its estimate. **Predict:** which
# way does $L_D$ go while the samples improve?

# %%
parts = data.ring(6 * points).x.split(points)
floor = np.mean([transport.w1(parts[0], part) for part in parts[1:]])
looks = torch.stack([looks for _, looks, _ in runs["GP"]])  # (seeds, 10, 2)
loss = torch.stack([loss for *_, loss in runs["GP"]]).mean(0)  # (steps,)
told, exact = looks.mean(0).T

# %% picture="loss"
at = every * torch.arange(1, len(told) + 1)
start, end = float(loss[at[0] - 1]), float(loss[at[-1] - 1])
show.lines(
    at,
    {
        "exact W₁": exact,
        "estimate": told,
        "D's loss": loss[at - 1],
        "real against real": torch.full_like(told, floor),
    },
    title=f"D's loss {'rises' if end > start else 'falls'}",
    xlabel="step of G",
    ylabel="W₁, estimate, loss",
    sentence="Means over seeds: exact distance of 256 samples, the critic's "
    "estimate of them, its loss on batches of 128, and the exact distance "
    "of two real samples.",
)

# %%
# what we claim
high = float(1 + exact[-1] / 2)
print(f"at the end: exact {exact[-1]:.2f}, estimate {told[-1]:.2f}, "
      f"real against real {floor:.2f}")
print(f"a penalty of 1, paid at rest, would make it {high:.2f} times W₁")
falls = exact[-1] < exact[0]
checks.claim("D's loss rises while W₁ falls", end > start and falls)
checks.claim(
    "the estimate begins above the exact distance and ends below it, never "
    "0.2 away",
    told[0] > exact[0]
    and told[-1] < exact[-1]
    and (told - exact).abs().max() < 0.2,
)

# %% [markdown]
# The first loss of this course that says how good $G$ is, and it goes *up*,
# toward 0. Three things part the estimate from the exact number. The price
# $\lambda$ lets slopes exceed 1, the more the larger $W_1$: too high, as
# foreseen. $D$ runs after a $G$ that moves on: too low. And two finite samples
# are never 0 apart, not even two real ones: the solver pairs these very
# samples and counts that chance, while the critic, which sees new ones at each
# step, cannot learn it by heart. At the first look the estimate is too high,
# then it runs close to the exact number, and toward the end it is too low.
# Compare such a loss with itself over time, never across
# critics.

# %% [markdown]
# ## Quiz
# 1. A WGAN clipped at 0.01 reports a distance of 0.0004. Is $G$ good?
#    <details><summary>Answer</summary>You cannot know. Its unit is an
#    unknown slope, here far below a hundredth.</details>
# 2. A colleague stops a WGAN because the critic's loss has been rising for an
#    hour, from −1.1 to −0.3. Right?
#    <details><summary>Answer</summary>Not on that ground. It is minus the
#    estimate, which falls: the samples improve, or the critic got worse. Look
#    at the samples, or hold <i>G</i> still and let the critic learn
#    on.</details>
# 3. The penalty's value is right, yet $D$ runs off. Two suspects?
#    <details><summary>Answer</summary>create_graph is missing, so it has no
#    gradient; or a flag is off, and it is never added to the loss.</details>
# 4. Why no batch norm in a critic with a gradient penalty?
#    <details><summary>Answer</summary>The penalty charges the slope of one
#    sample. With batch norm <i>D</i>(x) depends on the whole batch.</details>
# 5. Which leash is made to hold the slope within 1 everywhere, for which
#    networks, and how exactly?
#    <details><summary>Answer</summary>Spectral norm, for Linear layers with
#    kinks such as LeakyReLU: what no layer stretches, the whole does not. But
#    its σ lags a little behind, so a layer may stretch by somewhat more than 1
#    (measured above), and a convolution by more than its matrix. Clipping
#    bounds the slope too, at 0.01 this critic's far below 1, by a number that
#    depends on the network. The penalty asks at some points only, and for a
#    price.</details>

# %% [markdown]
# ## Ledger
# | what we changed | what happened |
# |---|---|
# | solver → network without a leash | any distance, then NaN: caught and named |
# | clip at 0.01 → 0.1 | the same critic reports thousands of times more |
# | gradient penalty | near the truth in the plane; on a line it can get stuck |
# | charge slopes above 1 only | near the truth on both |
# | spectral norm | below the truth; for convolutions no bound of 1 |
# | a GAN with the penalty, clipped at 0.1, at 0.01 | in these runs clipped ends farther away, at both limits |
# | *your change* | *what you saw* |

# %% [markdown]
# ## In practice
# - Faults you will meet in public code: $\alpha$ from `randn`; a norm over
#   the channels only; a `wgan-gp` flag that never adds the penalty.
# - The slope that spectral norm loses can be won back with activations that
#   keep it, such as *MaxMin* (Anil et al.).
# - `nn.utils.spectral_norm` is the old interface of
#   `nn.utils.parametrizations.spectral_norm`; do not apply both.
# - A better estimate need not make a better GAN. Lesson 12 pulls slopes to 0
#   instead of 1; judge by its table.
#
# ## Further reading
# - [Arjovsky et al. 2017](https://arxiv.org/abs/1701.07875): Wasserstein GAN;
#   section 3 says what its authors think of clipping.
# - [Gulrajani et al. 2017](https://arxiv.org/abs/1704.00028): the gradient
#   penalty, and pictures of piled-up weights.
# - [Miyato et al. 2018](https://arxiv.org/abs/1802.05957): the spectral norm.
# - [Petzka et al. 2018](https://arxiv.org/abs/1709.08894): why one side of
#   the penalty is enough.
# - [Anil et al. 2019](https://arxiv.org/abs/1811.05381): networks that can
#   reach every 1-Lipschitz function.
#
# Next: lesson 12, *Stabilize the game*: penalties that look at the data
# alone, and how to compare tricks.
