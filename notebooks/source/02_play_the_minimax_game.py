# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 02 · Play the minimax game
#
# Two players pull at one number. One of them wants it large, the other
# small, and out of the struggle comes a generator. You will find out where
# the struggle ends, and why another loss gets there five times sooner.
#
# **What you'll do.** Derive what each player wants, check every step with a
# computation, and play the game on a line.
#
# **What you'll learn**
# - *derive* the best discriminator, and what it leaves for the generator;
# - *write* the losses so that signs, means and extremes are right;
# - *compare* the saturating and the non-saturating loss, slope by slope.
#
# **What you'll need.** Lesson 01. About 60 minutes of your time;
# {{minutes}} minutes of computing on 2 CPU cores.

# %%
from gan_lessons import checks, cockpit, runtime, show
import math

import ipywidgets
import torch
from matplotlib import rc_context
from torch import nn
from torch.nn import functional as F

device = runtime.start(threads=1)  # small problems

# %% [markdown]
# ## The knobs

# %%
SEED = 0
seeds = range(runtime.budget(tiny=1, ci=5, lesson=5, full=20))
d_steps = runtime.budget(tiny=20, ci=1_500, lesson=1_500, full=5_000)
head_start = runtime.budget(tiny=5, ci=200, lesson=200, full=200)
steps = runtime.budget(tiny=10, ci=200, lesson=200, full=200)
lr_g = 0.1  # of G, plain gradient descent
enough = steps >= 200  # below that, nothing is claimed of a run

# %% [markdown]
# ## One number, two players
# $D(x)$ is the probability that $D$ gives to "x is real". The value of the
# game is
#
# $$V(D,G)=\mathbb E_{x\sim p}\ln D(x)+\mathbb E_{z}\ln\big(1-D(G(z))\big).$$
#
# $D$ **raises** it: real samples get a $D$ near 1, fake ones near 0. $G$
# **lowers** it, and can move only the second half. Together:
# $\min_G\max_D V(D,G)$.
#
# > **Careful.** $V$ is a value, not a loss. An optimizer makes things
# > *smaller*, so $D$'s loss is $-V$. A tutorial that hands $V$ to both
# > optimizers trains a $D$ that helps $G$. One that writes $\max_G\min_D$
# > reverses both: $G$ opposes $D$ again, but $D$ only has to say 0 everywhere
# > to drive $V$ to $-\infty$, whatever $G$ does.

# %% [markdown]
# A network gives a logit $t$, any real number, and $D=\sigma(t)$. Then
# $\ln D=-\operatorname{softplus}(-t)$ and
# $\ln(1-D)=-\operatorname{softplus}(t)$, where
# $\operatorname{softplus}(t)=\ln(1+e^t)$. Is that more than notation?
# **Decide before you run:** what does the plain formula give at $t=100$?

# %%
t = torch.tensor(100.0)
plain = torch.log(1 - torch.sigmoid(t))
print(f"plain: {plain:.0f}, softplus: {-F.softplus(t):.0f}")
assert plain == -math.inf
assert -F.softplus(t) == -100

# %% [markdown]
# ## ✏️ Exercise 1 · D's loss
# *10 minutes · ●●○*
#
# $-V$, estimated from a batch of real and a batch of fake logits, (B,) each.
# Finite however sure $D$ is. What is it when $D$ says 0, "no idea", to all?
# As many of one kind as of the other; the slope is asked, too.
#
# {{hints minimax.d_loss}}

# %% tags=["exercise"]
def my_d_loss(real_logits, fake_logits):
    # BEGIN SOLUTION
    real_part = F.softplus(-real_logits).mean()
    return real_part + F.softplus(fake_logits).mean()
    # END SOLUTION


checks.minimax.d_loss(my_d_loss)

# %% [markdown]
# The one we use from here on:

# %% tags=["mirrors:losses"]
def cross_entropy_d(real_logits, fake_logits):
    return F.softplus(-real_logits).mean() + F.softplus(fake_logits).mean()

# %%
no_idea = torch.zeros(64)
loss_d = cross_entropy_d(no_idea, no_idea)
assert math.isclose(loss_d, math.log(4), rel_tol=1e-6)  # 1.386

# %% [markdown]
# ## The best D against a fixed G
# Let $G$ rest, and call the density of its samples $q$. Then
#
# $$V=\int\big[p(x)\ln D(x)+q(x)\ln(1-D(x))\big]\,dx.$$
#
# $D$ may choose its value at each $x$ freely, so it makes the bracket as
# large as it can, place by place. With $a=p(x)$, $b=q(x)$, $t=D(x)$:
#
# $$f(t)=a\ln t+b\ln(1-t),\qquad f'(t)=\frac at-\frac b{1-t}=0
# \iff a(1-t)=bt\iff t=\frac a{a+b}.$$
#
# $f''(t)=-a/t^2-b/(1-t)^2$ is negative, so this is the maximum:
#
# $$D^*(x)=\frac{p(x)}{p(x)+q(x)}.$$
#
# It is the best classifier of lesson 01. See it for three places:

# %%
shares = torch.linspace(0.005, 0.995, 199, dtype=torch.float64)
pairs = ((0.4, 0.4), (0.4, 0.1), (0.1, 0.4))
places = {f"a = {a}, b = {b}": (a, b) for a, b in pairs}
curves = {name: a * shares.log() + b * (1 - shares).log()
          for name, (a, b) in places.items()}
peaks = {name: shares[f.argmax()].item() for name, f in curves.items()}
for name, (a, b) in places.items():
    assert math.isclose(peaks[name], a / (a + b), abs_tol=0.003)
with rc_context(show.STYLE):
    fig = show.figure(height=3.2)
    ax = fig.subplots()
    show.draw_lines(ax, shares, curves, xlabel="D(x)", ylabel="f")
    for name, peak in peaks.items():
        ax.plot(peak, curves[name].max(), "*", color="black", ms=10)
    ax.set_title("The peaks are at ½, .8 and .2: at a / (a + b)")
show.Picture(fig, f"Each curve has one peak ★: {list(peaks.values())}.")

# %% [markdown]
# ## Does a network find it?
# Real: two bumps. Fake: one Gaussian between them. $D$ sees samples only.
#
# ## ✏️ Exercise 2 · How far is D from D*?
# *10 minutes · ●●○*
#
# Given a network's logits and the densities at the same places, (K,) each,
# return the largest $|\sigma(\text{logit})-D^*|$ over the places where
# $p+q>0.01$.
#
# {{hints minimax.max_error}}

# %% tags=["exercise"]
def my_max_error(logits, p, q):
    # BEGIN SOLUTION
    seen = p + q > 0.01
    return (logits.sigmoid() - p / (p + q)).abs()[seen].max()
    # END SOLUTION


checks.minimax.max_error(my_max_error)

# %%
def normal(x, mean=0.0, sigma=1.0):
    height = torch.exp(-0.5 * ((x - mean) / sigma) ** 2)
    return height / (sigma * math.sqrt(2 * math.pi))


def two_bumps(n):
    side = 3.0 * torch.randint(2, (n, 1)) - 1.5  # -1.5 or 1.5
    return side + 0.5 * torch.randn(n, 1)


line = torch.linspace(-3.5, 3.5, 701)
p = (normal(line, -1.5, 0.5) + normal(line, 1.5, 0.5)) / 2
q = normal(line)

# %% [markdown]
# $D$ trains alone, its learning rate falling to 0. **Decide first:** where
# will its error be largest, at the bumps, between them, or at the far ends?

# %%
runtime.seed_everything(SEED)
D = nn.Sequential(nn.Linear(1, 32), nn.SiLU(), nn.Linear(32, 32))
D.extend([nn.SiLU(), nn.Linear(32, 1), nn.Flatten(0)])  # logits (B,)
opt_d = torch.optim.Adam(D.parameters(), lr=0.01, fused=True)
slower = torch.optim.lr_scheduler.LinearLR(opt_d, 1.0, 0.0, d_steps)
for step in range(d_steps):
    loss_d = cross_entropy_d(D(two_bumps(256)), D(torch.randn(256, 1)))
    opt_d.zero_grad()
    loss_d.backward()
    opt_d.step()
    slower.step()
with torch.no_grad():
    logits = D(line[:, None])

# %%
best, seen = p / (p + q), p + q > 0.01
off = (logits.sigmoid() - best).abs()[seen]
where = line[seen][off.argmax()].abs().item()
with rc_context(show.STYLE):
    fig = show.figure(height=3.2)
    ax = fig.subplots()
    show.draw_densities(ax, line, p, q)
    ax.plot(line, best, "k:", lw=2, label="D* ···")
    ax.plot(line, logits.sigmoid(), color=show.D_COLOR, label="trained D —")
    ax.set(ylim=(0, 1.3), ylabel="density, probability")
    ax.set_title(f"Off D* by {off.mean():.3f}, at most {off.max():.2f}")
    ax.legend(fontsize=9, ncols=2, loc="upper center")
if enough:
    assert off.max() < 0.3
    assert off.mean() < 0.04
show.Picture(fig, "The trained D follows D* = p/(p+q). Its worst place is at "
             f"{where:.1f} from the middle.")

# %% [markdown]
# $D$ is right where it saw samples, and guesses at the far ends, where it
# saw next to none.
#
# ## What the best D leaves for G
# Put $D^*$ back into $V$ and call the result $C(G)$. With the mixture
# $m=\frac12(p+q)$ we have $\frac p{p+q}=\frac12\cdot\frac pm$, so
#
# $$\begin{aligned}
# C(G)&=\mathbb E_p\ln\frac p{p+q}+\mathbb E_q\ln\frac q{p+q}\\
# &=\mathbb E_p\Big[\ln\tfrac12+\ln\frac pm\Big]
# +\mathbb E_q\Big[\ln\tfrac12+\ln\frac qm\Big]\\
# &=-\ln4+\mathrm{KL}(p\|m)+\mathrm{KL}(q\|m)\\
# &=-\ln 4+2\,\mathrm{JS}(p,q).
# \end{aligned}$$
#
# JS is never negative, and 0 only if $p=q$. Hence the best that $G$ can do
# is $q=p$; then $C=-\ln4\approx-1.386$, and $D^*=\frac12$ everywhere. At the
# other end, where they never meet, $\mathrm{JS}=\ln2$ and $C=0$.
#
# A computation should agree. $V$ on bins, for any $D$:

# %%
grid = torch.linspace(-6, 12, 1801, dtype=torch.float64)  # bins of 0.01


def value(logit, p, q):  # V(D, G), for densities on the grid
    bins = -p * F.softplus(-logit) - q * F.softplus(logit)
    return bins.sum() * 0.01


def js(p, q):
    m = (p + q) / 2
    terms = torch.xlogy(p, p / m) + torch.xlogy(q, q / m)
    return terms.sum() * 0.01 / 2

# %%
p = normal(grid)
for gap in (0.0, 1.0, 3.0, 6.0):
    q = normal(grid, gap)
    best = value(p.log() - q.log(), p, q)  # D*'s logit
    print(f"gap {gap:.0f}: C(G) = {best:.3f}, D's loss {-best:.3f}")
    assert math.isclose(best, 2 * js(p, q) - math.log(4), abs_tol=1e-6)
assert round(math.log(2) - 0.2 / 2, 3) == 0.593  # quiz, question 4

# %% [markdown]
# So $G$ plays for JS without ever computing it. And $D$'s loss, if $D$ is
# at its best, is a *distance*, upside down: 1.386 says "the same", 0 says
# "nothing in common".
#
# ## ✏️ Exercise 3 · Read JS off D's loss
# *5 minutes · ●○○*
#
# Given the loss of the best $D$, return $\mathrm{JS}(p,q)$.
#
# {{hints minimax.js_from_loss}}

# %% tags=["exercise"]
def my_js_from_loss(loss_d):
    # BEGIN SOLUTION
    return math.log(2) - loss_d / 2
    # END SOLUTION


checks.minimax.js_from_loss(my_js_from_loss)

# %% [markdown]
# ## Where both players rest
# A **Nash equilibrium** is a pair of moves that neither player can better
# alone. Try $q=p$ with $D=\frac12$, logit 0. **Decide first:** what does $V$
# do if only $D$ moves? If only $G$ moves?

# %%
runtime.seed_everything(SEED)
rest = value(torch.zeros_like(grid), p, p)
for _ in range(100):
    other_d = torch.randn(()) * torch.sin(torch.randn(()) * grid)
    assert value(other_d, p, p) < rest
    other_q = normal(grid, 2 * torch.rand(()), 0.5 + torch.rand(()))
    assert torch.isclose(value(torch.zeros_like(grid), p, other_q), rest)
print(f"V = {rest:.4f} at rest")

# %% [markdown]
# Every other $D$ lowers $V$, so $D$ stays. $G$ cannot lower it either, but
# look why: against $D=\frac12$ *every* $G$ gets $-1.386$. Nothing pulls $G$
# back but $D$'s answer to its move. That is thin ice, and lesson 03 walks
# on it.
#
# > **Careful.** An untrained $D$ says ½ as well. $D=\frac12$ is necessary
# > for the equilibrium, not a sign of it.

# %% [markdown]
# ## G's two losses
# Only $\mathbb E_z\ln(1-D(G(z)))$ depends on $G$. As a loss, on the logit
# $t$ of one fake sample, with its slope:
#
# $$\ell_{\text{sat}}(t)=-\operatorname{softplus}(t),\qquad
# \ell_{\text{sat}}'(t)=-\sigma(t).$$
#
# The authors of GANs use another one in practice, $-\mathbb E_z\ln D(G(z))$:
#
# $$\ell_{\text{non}}(t)=\operatorname{softplus}(-t),\qquad
# \ell_{\text{non}}'(t)=-\sigma(-t).$$
#
# ## ✏️ Exercise 4 · Both of them
# *10 minutes · ●●○*
#
# Both functions get the real logits too, and must not use them. **Decide
# first:** $D$ is winning, $t=-10$. Which loss is steeper there? Return the
# mean over the batch, finite however sure $D$ is.
#
# {{hints minimax.saturating_g}}

# %% tags=["exercise"]
def my_saturating_g(real_logits, fake_logits):
    # BEGIN SOLUTION
    return -F.softplus(fake_logits).mean()
    # END SOLUTION


checks.minimax.saturating_g(my_saturating_g)

# %% [markdown]
# {{hints minimax.non_saturating_g}}

# %% tags=["exercise"]
def my_non_saturating_g(real_logits, fake_logits):
    # BEGIN SOLUTION
    return F.softplus(-fake_logits).mean()
    # END SOLUTION


checks.minimax.non_saturating_g(my_non_saturating_g)

# %% tags=["mirrors:losses"]
def saturating_g(real_logits, fake_logits):
    return -F.softplus(fake_logits).mean()


def non_saturating_g(real_logits, fake_logits):
    return F.softplus(-fake_logits).mean()

# %%
def slope(loss_g, logit):
    t = torch.tensor([logit], requires_grad=True)
    loss_g(None, t).backward()
    return t.grad.item()


at = {t: (slope(saturating_g, t), slope(non_saturating_g, t))
      for t in (-10.0, 0.0, 10.0)}
print(at)
assert math.isclose(at[-10.0][0], -4.54e-5, rel_tol=1e-3)
assert math.isclose(at[-10.0][1], -1, rel_tol=1e-4)
assert at[0.0] == (-0.5, -0.5)

# %% [markdown]
# At $t=-10$, where $G$ needs help most, the saturating loss gives
# $-4.5\cdot10^{-5}$, the other almost $-1$. At 0 both give $-\frac12$. At
# $t=+10$ the roles are exchanged, but there $G$ has won.

# %%
ticks = torch.linspace(-12, 12, 241)


@rc_context(show.STYLE)
def logit_view(t=-10.0):
    names = ("saturating", "non-saturating")
    values = dict(zip(names, (-F.softplus(ticks), F.softplus(-ticks))))
    slopes = dict(zip(names, (-ticks.sigmoid(), -(-ticks).sigmoid())))
    axes = {"at": t, "xlabel": "logit of a fake sample"}
    fig, (left, right) = show.panels(2, width=4.2)
    show.draw_lines(left, ticks, values, ylabel="loss of G", **axes)
    show.draw_lines(right, ticks, slopes, ylabel="slope", **axes)
    here = [-1 / (1 + math.exp(-t)), -1 / (1 + math.exp(t))]
    left.set_title(f"D = σ({t:.0f}) = {-here[0]:.2g}")
    right.set_title(f"slopes {here[0]:.2g} and {here[1]:.2g}")
    said = f"saturating {here[0]:.2g}, non-saturating {here[1]:.2g}."
    return show.Picture(fig, f"Slopes at a logit of {t:.1f}: {said}")


logit_view()

# %%
knob = ipywidgets.FloatSlider(-10, min=-12, max=12, description="logit t")
assert "-0.5, non-saturating -0.5" in logit_view(0.0).sentence
show.explore(logit_view, t=knob)

# %% [markdown]
# Both slopes are negative everywhere: for a single sample the two losses agree
# on *where* to go, and differ in how hard they push. $G$'s parameters serve
# all samples at once and follow a weighted sum of these pushes. The weights
# differ, so that sum may point elsewhere.
#
# ## The push on each sample
# A fake sample at $x$ is pushed by $-\ell'(t)\cdot\frac{dt}{dx}$. For two
# Gaussians of width 1, a gap $\theta$ apart, the best $D$ has the logit
# $t=\ln\frac pq=\frac{\theta^2}2-\theta x$: a straight line of slope
# $-\theta$. So the pushes, toward the data on the left, are
# $\theta\,D^*(x)$ and $\theta\,(1-D^*(x))$.

# %%
@rc_context(show.STYLE)
def push_view(gap=4.0):
    x, rows = gap + torch.linspace(-2, 2, 9), torch.arange(9)  # fake samples
    D = torch.sigmoid(gap**2 / 2 - gap * x)
    pushes = {"saturating": gap * D, "non-saturating": gap * (1 - D)}
    fig, (left, *others) = show.panels(3)
    show.draw_densities(left, grid, normal(grid), normal(grid, gap))
    curve = torch.sigmoid(gap**2 / 2 - gap * grid)
    left.plot(grid, curve, color=show.D_COLOR, label="D* —")
    left.set(title=f"D* of these fakes: {D.mean():.1g}", ylim=(0, 1.5))
    left.legend(fontsize=9, loc="upper right")
    arrows = {"angles": "xy", "scale_units": "xy", "scale": 1}
    for ax, (name, push) in zip(others, pushes.items()):
        ax.plot(x, rows, "^", color=show.FAKE)
        ax.quiver(x, rows, -push, 0 * x, width=0.008, **arrows)
        ax.axvline(0, color=show.REAL, lw=1)
        ax.set(title=f"{name}: mean {push.mean():.2f}", xlabel="x", yticks=[])
    for ax in (left, *others):
        ax.set_xlim(-4, 9)
    sat, non = (push.mean() for push in pushes.values())
    said = f"{sat:.3f} saturating, {non:.3f} non-saturating."
    said = f"Gap {gap:.1f}, mean push of these nine fakes: {said}"
    return show.Picture(fig, said)

# %%
assert "mean push of these nine fakes: 0.000" in push_view(0.0).sentence
show.explore(
    push_view,
    gap=ipywidgets.FloatSlider(4, min=0, max=6, description="gap θ"),
)

# %% [markdown]
# With the saturating loss only the leading fakes feel anything. How much is
# it on average? For $D=D^*$ the saturating push must be the slope
# of $C(G)$, which is the slope of $2\,\mathrm{JS}$: flat where JS is flat.

# %%
q, rate = normal(grid, 6.0), 1e-3
D_best = torch.sigmoid(18 - 6 * grid)
sat_push = 6 * (q * D_best).sum() * 0.01
non_push = 6 * (q * (1 - D_best)).sum() * 0.01
moved = [js(p, normal(grid, 6 + d)) for d in (-rate, rate)]
js_slope = (moved[1] - moved[0]) / (2 * rate)
print(f"mean push: saturating {sat_push:.4f}, non-saturating {non_push:.2f}")
assert torch.isclose(sat_push, 2 * js_slope, rtol=1e-3)
assert non_push > 400 * sat_push
push_view(6.0)

# %% [markdown]
# At a gap of 6 the non-saturating push is more than 400 times as strong, and
# its arrows, drawn to scale, land among the real data. (What little the
# other loss pushes, it pushes the rare fakes that are far ahead of these.)
# This is the way out that lesson 01 promised: $D$'s *logit* still has a
# slope where JS is flat.

# %% [markdown]
# ## Play it on a line
# The real data are $\mathcal N(0,1)$. $G(z)=\theta+z$ owns one number and
# starts 4 away, with $D$ some steps ahead of it. Everything else is the loop
# of every GAN: $D$'s turn, then $G$'s.

# %%
def play(loss_g, seed, *, optimizer=torch.optim.SGD, lr=lr_g):
    runtime.seed_everything(seed)
    theta = torch.tensor(4.0, requires_grad=True)
    D = nn.Sequential(nn.Linear(1, 32), nn.Tanh(), nn.Linear(32, 1))
    D.append(nn.Flatten(0))  # logits (B,)
    opt_g = optimizer([theta], lr=lr)
    opt_d = torch.optim.Adam(D.parameters(), lr=0.01, betas=(0.5, 0.99))
    path = []
    for step in range(head_start + steps):
        real, fake = torch.randn(128, 1), theta + torch.randn(128, 1)
        loss = cross_entropy_d(D(real), D(fake.detach()))
        opt_d.zero_grad()
        loss.backward()
        opt_d.step()
        if step >= head_start:
            opt_g.zero_grad()
            loss_g(None, D(fake)).backward()
            opt_g.step()
            path.append(theta.item())
    return path

# %% [markdown]
# **Predict:** the non-saturating loss takes some 20 steps to come within 0.3
# of the data. How many does the other one take?

# %%
both = {"saturating": saturating_g, "non-saturating": non_saturating_g}
runs = {
    name: [play(loss_g, seed) for seed in cockpit.progress(seeds)]
    for name, loss_g in both.items()
}


def home(path):  # the first step within 0.3 of the data
    return next((i for i, x in enumerate(path) if abs(x) < 0.3), len(path))


took = {name: [home(path) for path in paths] for name, paths in runs.items()}
print(took)

# %%
mean = {name: sum(took[name]) / len(seeds) for name in took}
title = " vs ".join(f"{name} {mean[name]:.0f}" for name in took)
with rc_context(show.STYLE):
    fig = show.figure(height=3.0)
    ax = fig.subplots()
    for (name, paths), style in zip(runs.items(), ("-", "--")):
        curves = torch.tensor(paths).T
        ax.plot(curves, style, color=show.G_COLOR, lw=1)
        ax.plot([], [], style, color=show.G_COLOR, label=name)
    ax.set(xlabel="step of G", ylabel="θ", title=f"Steps home: {title}")
    ax.axhline(0, color="black", ls=":", lw=1)
    ax.legend(fontsize=9)
if enough:
    assert 4 < mean["saturating"] / mean["non-saturating"] < 7
    assert 15 < mean["non-saturating"] < 30
    assert max(abs(path[-1]) for name in runs for path in runs[name]) < 0.3
show.Picture(fig, f"One line a seed. Mean steps to the data: {title}.")

# %% [markdown]
# Both games end in the same place; the saturating one loses its time at the
# start, where $D$ is sure. **One more question:** Adam divides a gradient by
# its own recent size. What becomes of the difference if $G$ uses Adam?

# %%
adam = {"optimizer": torch.optim.Adam, "lr": 0.05}
with_adam = {
    f"{name}\nAdam": [home(play(loss_g, seed, **adam)) for seed in seeds]
    for name, loss_g in both.items()
}
means = [sum(counts) / len(seeds) for counts in with_adam.values()]
if enough:
    assert means[0] < 0.9 * means[1]
show.bars(
    {f"{name}\nSGD": counts for name, counts in took.items()} | with_adam,
    ylabel="steps home",
    title=f"With Adam: {means[0]:.0f} against {means[1]:.0f} steps",
    sentence="Steps to the data, one dot per seed: Adam turns it round.",
)

# %% [markdown]
# Adam turns the order round. It divides by the gradients it *remembers*.
# Those of the non-saturating loss start large and shrink, so its steps stay
# too small for long; those of the saturating loss start tiny. One learning
# rate is all we tried. Give Adam a short memory, in a new cell, and look:
#
# ```python
# short = {"lr": 0.05, "optimizer": lambda p, lr: torch.optim.Adam(
#     p, lr=lr, betas=(0.0, 0.5))}
# print([home(play(loss_g, 0, **short)) for loss_g in both.values()])
# ```
#
# So "saturates" is a property of the loss, "slow" one of loss and optimizer.
# And where a gradient is tiny, Adam magnifies its noise as well.

# %% [markdown]
# ## Quiz
# 1. Find the errors. *A textbook explains: if the generator does a perfect
#    job, $D(G(z))\approx1$, so $-\ln(1-D(G(z)))$ is near 0 and the gradients
#    are too small for the discriminator to make progress.*
#    <details><summary>Answer</summary>Three. At D ≈ 1 that loss is huge and
#    steep; it is near 0 and flat at D ≈ 0. There <i>D</i> does the perfect
#    job, not <i>G</i>. And it is the generator that starves.</details>
# 2. A page says: both players minimize
#    $\mathbb E\ln D(x)+\mathbb E\ln(1-D(G(z)))$. What will $D$ learn?
#    <details><summary>Answer</summary>To call real samples fake and fake ones
#    real: its sign is turned, so it drives this to −∞ and helps
#    <i>G</i>.</details>
# 3. And if $G$ minimizes $\mathbb E\ln D(G(z))$?
#    <details><summary>Answer</summary>It drives D(G(z)) to 0: its samples get
#    as fake as they can.</details>
# 4. $D$'s loss is 0.2. What is JS, and what must you assume?
#    <details><summary>Answer</summary>ln 2 − 0.1 = 0.593, if <i>D</i> is at
#    its best. A weaker <i>D</i> has a higher loss.</details>
# 5. $D$ says ½ to everything. Is the game over?
#    <details><summary>Answer</summary>Perhaps. Perhaps <i>D</i> has not
#    learned yet: compare samples, not only numbers.</details>

# %% [markdown]
# ## Ledger
# | what we changed | what happened |
# |---|---|
# | $\ln(1-\sigma)$ → softplus | finite at a logit of 100 |
# | trained $D$ instead of $D^*$ | the same curve, error stated |
# | saturating → non-saturating | slope at −10: −4.5e-5 → −1; home in a fifth of the steps |
# | SGD → Adam for $G$ | the order turns round |
# | *your change* | *what you saw* |

# %% [markdown]
# ## In practice
# - *GAN loss*, *vanilla* and *minimax* may mean either loss of $G$. Look at
#   the slope at a logit of −10.
# - With the non-saturating loss the two players no longer share one $V$: the
#   game is not zero-sum, but it rests at the same place.
# - Some libraries put labels into binary cross entropy: label 1 for fakes in
#   $G$'s step *is* the non-saturating loss.
#
# ## Further reading
# - [Goodfellow et al. 2014](https://arxiv.org/abs/1406.2661): proposition 1
#   is $D^*$, theorem 1 is $C(G)$, section 3 the other loss.
# - [Goodfellow 2016](https://arxiv.org/abs/1701.00160): a tutorial that
#   compares the two losses in section 3.2.
# - [Arjovsky & Bottou 2017](https://arxiv.org/abs/1701.04862): what the
#   non-saturating loss minimizes instead of JS, and why it is noisy.
# - [Fedus et al. 2018](https://arxiv.org/abs/1710.08446): GANs learn where
#   the divergence view says they cannot.
#
# Next: lesson 03, *Watch the game move*.
