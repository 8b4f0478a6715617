# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 01 · Measure the gap between two distributions
#
# A generator is almost right. How far is "almost", and which way is
# better? Four famous answers point the same way when the gap is small. When
# it is large they differ, and a GAN listens to one of them.
#
# **What you'll do.** Slide two distributions apart and measure the gap in
# four ways, from formulas and from samples.
#
# **What you'll learn**
# - *compute* KL, JS, total variation and Wasserstein-1, and their slopes;
# - *explain* what each of the four can tell a generator that is far away;
# - *estimate* a ratio of densities with a classifier: half of a GAN.
#
# **What you'll need.** Lesson 00: Python, autograd, logarithms. About 80
# minutes of your time; {{minutes}} minutes of computing on 2 CPU cores.

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
# Throughout, $p$ is the real distribution and $q$ the generator's.

# %% tags=["parameters"]
SEED = 0
batch_size = 256  # samples per step, real and fake each
learning_rate = 3e-3  # of the classifiers

# %% [markdown]
# What the budget allows, and the line, cut into bins of 0.01:

# %%
steps = runtime.budget(tiny=20, ci=1_000, lesson=1_000, full=5_000)
grid = torch.linspace(-6, 12, 1801, dtype=torch.float64)

# %% [markdown]
# ## A sample is not a density
# A *density* $p(x)$ tells you how likely each place is. A *sample* is a
# handful of places that were drawn. Formulas need the first; data sets and
# generators give you the second, and nothing else.

# %%
def normal(x, mean=0.0, sigma=1.0):
    height = torch.exp(-0.5 * ((x - mean) / sigma) ** 2)
    return height / (sigma * math.sqrt(2 * math.pi))


runtime.seed_everything(SEED)
drawn = torch.randn(200)
with rc_context(show.STYLE):
    fig = show.figure(height=3.0)
    ax = fig.subplots()
    show.draw_lines(ax, grid, {"density": normal(grid)})
    ax.hist(drawn, 20, density=True, color=show.REAL, alpha=0.5)
    ax.plot(drawn, 0 * drawn, "|", color="black", ms=12)
    ax.set(xlim=(-4, 4), xlabel="x", ylabel="density")
    ax.set_title("200 draws only hint at their density")
show.Picture(fig, "Ticks: 200 real draws. Bars: their histogram. Line: p.")

# %% [markdown]
# Begin with the easy half: we know both densities. Cut the line into bins
# and each distribution becomes a list of probabilities that adds up to 1.

# %%
def bins(mean, sigma):
    return torch.softmax(-0.5 * ((grid - mean) / sigma) ** 2, dim=-1)


assert torch.allclose(bins(2.0, 1.0), 0.01 * normal(grid, 2.0))

# %% [markdown]
# ## Three ways to compare bin by bin
# **Kullback–Leibler**: draws come from $p$. How much *more* do they surprise
# you if you expect $q$ than if you expect $p$?
#
# $$\mathrm{KL}(p\|q)=\sum_i p_i\ln\frac{p_i}{q_i}$$
#
# **Jensen–Shannon**: compare both with their mixture $m=\tfrac12(p+q)$.
#
# $$\mathrm{JS}(p,q)=\tfrac12\mathrm{KL}(p\|m)+\tfrac12\mathrm{KL}(q\|m)$$
#
# **Total variation**: the share of probability that would have to change.
#
# $$\mathrm{TV}(p,q)=\tfrac12\sum_i|p_i-q_i|$$

# %% [markdown] predict={"picture": "JS", "words": ["is never ∞", "ln 2"]}
# ## ✏️ Exercise 1 · KL and JS
# *15 minutes · ●●○*
#
# `p` and `q` are (K,) tensors of probabilities. Use the natural logarithm.
# A bin where $p_i=0$ adds nothing; where $q_i=0<p_i$, KL is ∞. **Decide
# first:** can JS be ∞?
#
# {{hints distances.kl}}

# %% tags=["exercise"]
def my_kl(p, q):
    # BEGIN SOLUTION
    return (torch.xlogy(p, p) - torch.xlogy(p, q)).sum()
    # END SOLUTION


checks.distances.kl(my_kl)

# %% [markdown]
# Now JS, which may use your KL.
#
# {{hints distances.js}}

# %% tags=["exercise"]
def my_js(p, q):
    # BEGIN SOLUTION
    m = (p + q) / 2
    return (my_kl(p, m) + my_kl(q, m)) / 2
    # END SOLUTION


checks.distances.js(my_js)

# %% [markdown]
# Now 1,000 pairs of lists, most of them with empty bins, and your two
# functions; the course's are folded. Those add up over the last axis, so that
# many pairs can be measured at once.

# %% tags=["folded"]
def kl(p, q):
    return (torch.xlogy(p, p) - torch.xlogy(p, q)).sum(-1)


def js(p, q):
    m = (p + q) / 2
    return (kl(p, m) + kl(q, m)) / 2

# %% picture="JS"
kl_of, js_of = checks.distances.kl.yours(kl), checks.distances.js.yours(js)
runtime.seed_everything(SEED)
raw = torch.rand(1_000, 2, 4, dtype=torch.float64)
raw = (raw - torch.rand(1_000, 2, 1)).clamp_min(0) + 1e-300  # many empty bins
lists = raw / raw.sum(-1, keepdim=True)
lists[lists < 1e-200] = 0
both = {"KL": kl_of, "JS": js_of}
found = {n: [float(f(p, q)) for p, q in lists] for n, f in both.items()}
for name, sizes in found.items():
    print(f"{name}: ∞ {sizes.count(math.inf)} times,", end=" ")
    print(f"else up to {max(size for size in sizes if size < math.inf):.4f}")

# %%
# what we claim
assert math.inf in found["KL"]
assert -1e-6 < min(found["JS"]) <= max(found["JS"]) < math.log(2) + 1e-6

# %% [markdown]
# JS is never ∞. The mixture holds half of each: $p\le p+q=2m$, so
#
# $$\ln\frac pm\le\ln2,\qquad
# \mathrm{KL}(p\|m)=\sum_ip_i\ln\frac{p_i}{m_i}\le\ln 2\sum_ip_i=\ln2,$$
#
# and likewise for $q$: $\;0\le\mathrm{JS}\le\ln2\approx0.693$. The last of the
# three is short:

# %%
def tv(p, q):
    return (p - q).abs().sum(-1) / 2

# %% [markdown]
# ## One way that knows where things are
# The three above never ask how far one bin is from another. **Wasserstein-1**
# does: think of $q$ as earth and of $p$ as the hole it should fill.
# $W_1$ is earth times distance carried, for the cheapest plan.
#
# On a line, what crosses a place $x$ is forced. Up to $x$, the earth is
# $F_q(x)=\sum_{x_i\le x}q_i$ and the hole $F_p(x)$. What is too much on one
# side has to cross $x$, and a cheapest plan carries nothing to and fro:
#
# $$W_1(p,q)=\sum_i|F_p(x_i)-F_q(x_i)|\,\Delta x,$$
#
# where $\Delta x=0.01$ is the way from one bin to the next.

# %%
def w1_bins(p, q):
    return (p - q).cumsum(-1).abs().sum(-1) * 0.01

# %% [markdown]
# ## Slide them apart
# The real data stay at 0. The generator owns one number, the gap
# $\theta$: its samples are $\theta + z$, where $z$ is spread like the real
# data. (A slider below makes it wider or narrower.) The *slope* of a distance
# with respect to $\theta$ is what gradient descent would follow home.

# %%
def measure(gaps, width=1.0):
    gaps = gaps.clone().requires_grad_()
    p, q = bins(0.0, 1.0), bins(gaps[:, None], width)  # (bins,), (K, bins)
    distances = {"KL": kl, "JS": js, "TV": tv, "W₁": w1_bins}
    pair = {name: between(p, q) for name, between in distances.items()}
    # each gap moves only its own distance, so one gradient has all slopes
    slopes = {
        name: torch.autograd.grad(d.sum(), gaps, retain_graph=True)[0]
        for name, d in pair.items()
    }
    return {name: d.detach() for name, d in pair.items()}, slopes

# %% [markdown]
# For two Gaussians of width 1 three of the four have a closed form:
# $\mathrm{KL}=\theta^2/2$,
# $\mathrm{TV}=\operatorname{erf}\big(\theta/(2\sqrt2)\big)$ and
# $W_1=\theta$. A check that the code computes what the formulas say:

# %%
gaps = torch.linspace(0, 6, 61, dtype=torch.float64)
values, slopes = measure(gaps)
assert torch.allclose(values["KL"], gaps**2 / 2, atol=1e-6)
assert torch.allclose(values["TV"], torch.erf(gaps / 8**0.5), atol=1e-5)
assert torch.allclose(values["W₁"], gaps, atol=1e-6)

# %% [markdown] predict={"picture": "far", "words": ["ceiling", "flat"]}
# **Decide before you run:** at a gap of 6, which of the four still tell the
# generator which way to go?

# %% picture="far"
@rc_context(show.STYLE)
def gap_view(gap=2.0, width=1.0):
    values, slopes = measure(gaps, width)
    now = {n: (values[n][round(gap * 10)], slopes[n][round(gap * 10)])
           for n in values}
    x = grid[::10]
    fig, (left, middle, right) = show.panels(3)
    show.draw_densities(left, x, normal(x), normal(x, gap, width))
    axes = {"at": gap, "xlabel": "gap θ", "ylim": (-0.2, 3)}
    show.draw_lines(middle, gaps, values, ylabel="distance", **axes)
    axes |= {"ylabel": "slope", "legend": False}
    away = {n: s[1:] for n, s in slopes.items()}  # from 0.1 on
    show.draw_lines(right, gaps[1:], away, **axes)
    for ax in (middle, right):
        ax.set_xlim(-0.3, 6.3)  # room for the markers
    left.set_title(f"fake {gap:.1f} away")
    middle.set_title(f"JS {now['JS'][0]:.3f} of at most 0.693")
    right.set_title(f"JS's slope {now['JS'][1]:.4f}")
    said = [f"{n} {d:.2f} (slope {s:.3f})" for n, (d, s) in now.items()]
    return show.Picture(fig, f"Gap {gap:.1f}: {', '.join(said)}.")


gap_view(6.0)

# %%
# what we claim
at_1, at_6 = (
    {name: slope[i].item() for name, slope in slopes.items()} for i in (10, 60)
)
assert math.isclose(at_6["KL"], 6, rel_tol=1e-4)
assert math.isclose(at_6["W₁"], 1, rel_tol=1e-4)
assert 0 < at_6["JS"] < at_1["JS"] / 30

# %% [markdown]
# KL pulls with a slope of 6, which is above the picture, and $W_1$ with 1. JS
# and TV have climbed to their ceilings and are flat there: JS's slope is less
# than a thirtieth of what it was at a gap of 1. KL, however, needs the value
# of $q$ at real points, which a generator cannot tell you.
#
# Move the gap and the width. (At a gap of 0, TV and $W_1$ have a kink and no
# slope: here the gap begins at 0.1.)

# %%
show.explore(
    gap_view,
    gap=ipywidgets.FloatSlider(2, min=0.1, max=6, description="gap θ"),
    width=ipywidgets.FloatSlider(1, min=0.5, max=2, description="width"),
)

# %% [markdown]
# ## ✏️ Exercise 2 · Small one way, large the other
# *5 minutes · ●●○*
#
# KL is not symmetric. Find two lists of three probabilities with
# $\mathrm{KL}(p\|q)<0.1$ but $1<\mathrm{KL}(q\|p)<\infty$: a generator that
# misses nothing, and now and then makes what almost never happens.
#
# {{hints distances.lopsided}}

# %% tags=["exercise"]
# BEGIN SOLUTION: my_p, my_q = ..., ...  # such as [0.5, 0.3, 0.2]
my_p, my_q = [1 - 1e-8, 1e-8, 0], [0.92, 0.08, 0]
# END SOLUTION

checks.distances.lopsided(my_p, my_q)

# %% [markdown] predict={"picture": "boxes", "words": ["straight line"]}
# ## When they do not meet at all
# Let $p$ and $q$ share no place. Where $p>0$ the mixture is $m=p/2$, so
#
# $$\mathrm{KL}(p\|m)=\sum_i p_i\ln\frac{p_i}{p_i/2}=\ln 2,$$
#
# and the same for $q$. Hence $\mathrm{JS}=\ln 2$, its maximum, whether they
# are neighbors or a mile apart. A constant has slope 0.
#
# Take two boxes of width 1, the second one moved by $\theta$. **Decide
# first:** how does JS get to $\ln 2$, in a curve or in a straight line?

# %% picture="boxes"
def box(start):
    inside = (grid > start - 0.005) & (grid < start + 0.995)
    return inside.double() / inside.sum()


moves = torch.linspace(0, 3, 31, dtype=torch.float64)
moved = torch.stack([box(float(move)) for move in moves])
unseen = "KL: ∞, above the picture"
distances = {unseen: kl, "JS": js, "TV": tv, "W₁": w1_bins}
from_box = {name: f(box(0.0), moved) for name, f in distances.items()}
line = moves.clamp_max(1) * from_box["JS"][10]  # 10 moves of 0.1: apart
straight = torch.allclose(from_box["JS"], line)
show.lines(
    moves,
    from_box,
    sentence="JS rises "
    + ("in a straight line" if straight else "in a curve")
    + " up to a move of 1, where W₁ covers TV.",
    title=f"JS from {from_box['JS'][10]:.3f} at θ = 1 to "
    f"{from_box['JS'][30]:.3f} at θ = 3",
    xlabel="box moved by θ",
    ylabel="distance",
)

# %%
# what we claim
rise = moves.clamp_max(1) * math.log(2)
assert torch.allclose(from_box["JS"], rise)
assert torch.allclose(from_box["W₁"], moves)
assert (from_box[unseen][1:] == math.inf).all()  # even at θ = 0.1

# %% [markdown]
# In a straight line: the overlap costs nothing, as $p=q$ there, and the share
# $\theta$ that sticks out costs $\ln2$ each, so $\mathrm{JS}=\theta\ln2$. From
# 1 on JS and TV are flat; $W_1$ goes on.
#
# This is no corner case. Photographs are believed to fill a thin sheet in the
# space of all pixel values, and a generator's pictures do, if its noise has
# fewer numbers than a picture has pixels. Two sheets may even cross: JS is
# $\ln2$ as soon as the places where they meet have probability 0. Take a
# circle and a straight line, and look through finer and finer squares:

# %%
turn = torch.linspace(0, 2 * math.pi, 200_001, dtype=torch.float64)[1:]
circle = torch.stack([turn.cos(), turn.sin()], dim=1)  # (points, 2)
path = torch.linspace(-1.2, 1.2, 200_000, dtype=torch.float64)
straight_on = torch.stack([path, 0.5 * path + 0.2], dim=1)


def shares(points, squares):  # of a plane cut into squares x squares
    at = ((points + 1.5) / 3 * squares).long()
    at = at[:, 0] * squares + at[:, 1]
    return at.bincount(minlength=squares**2) / len(points)


cuts = [4, 8, 16, 32, 64, 128, 256, 512]
looks = [js(shares(circle, n), shares(straight_on, n)).item() for n in cuts]
with rc_context(show.STYLE):
    fig, (left, right) = show.panels(2, width=3.6)
    left.plot(*circle.T, color=show.REAL)
    left.plot(*straight_on.T, color=show.FAKE, ls="--")
    left.set(title="real, solid, and fake, dashed", aspect="equal")
    right.plot([3 / n for n in cuts], looks, "o-", color="black")
    right.axhline(math.log(2), color="black", lw=1, ls=":")
    right.set(xscale="log", xlabel="side of a square", ylabel="JS")
    right.set(title=f"JS: {looks[0]:.2f} → {looks[-1]:.3f}", ylim=(0, 0.75))
show.Picture(fig, "Two curves that cross. The finer one looks, the nearer JS "
             "is to ln 2 (dotted).")

# %%
# what we claim
assert looks[-1] > 0.99 * math.log(2)

# %% [markdown]
# KL between such sheets is ∞, JS is $\ln 2$, and only $W_1$ can say "closer".

# %% [markdown]
# ## From samples
# Now drop the densities. Given $N$ real and $N$ fake points on a line, which
# fake should move to which real point? If two paths cross, uncrossing them
# never costs more.
#
# ## ✏️ Exercise 3 · $W_1$ of two samples
# *10 minutes · ●●○*
#
# `x` and `y` are (N,) tensors in any order. Return the mean distance from a
# fake to its real point in the cheapest pairing. Seven points have 5,040
# pairings: which of them has no crossing?
#
# {{hints distances.w1}}

# %% tags=["exercise"]
def my_w1(x, y):
    # BEGIN SOLUTION
    return (x.sort().values - y.sort().values).abs().mean()
    # END SOLUTION


checks.distances.w1(my_w1)

# %% [markdown]
# The course's version and the drawing of its pairs, folded:

# %% tags=["folded"]
def w1(x, y):
    return (x.sort().values - y.sort().values).abs().mean()


@rc_context(show.STYLE)
def pairings(x, y, cost):
    plans = {"as they came": (x, y)}
    plans["cheapest"] = (x.sort().values, y.sort().values)
    costs = ((x - y).abs().mean(), cost)
    fig, axes = show.panels(2, height=2.6)
    for ax, (name, (a, b)), paid in zip(axes, plans.items(), costs):
        ax.plot([a, b], [[1] * len(a), [0] * len(a)], color="#777777", lw=1)
        ax.plot(a, [1] * len(a), "o", color=show.REAL)
        ax.plot(b, [0] * len(a), "^", color=show.FAKE)
        ax.set_yticks([0, 1], ["fake", "real"])
        ax.set(title=f"{name}: {paid:.2f}", xlabel="x")
    said = "Without crossings it costs less to carry."
    return show.Picture(fig, said)

# %%
runtime.seed_everything(SEED)
x, y = torch.randn(7), 0.5 + 0.5 * torch.randn(7)
pairings(x, y, float(checks.distances.w1.yours(w1)(x, y)))

# %% [markdown]
# Without crossings the smallest goes to the smallest, the next to the next:
#
# $$W_1=\frac1N\sum_{i=1}^N|x_{(i)}-y_{(i)}|\qquad\text{(sorted)}$$
#
# Now 1,000 fakes, 50 away from 1,000 real points. What does each distance tell
# the fakes?

# %%
near, far = torch.randn(1_000), (50 + torch.randn(1_000)).requires_grad_()
w1(near, far).backward()
counts = torch.histc(far, 60, -5, 55)  # a histogram only counts
print(f"W₁'s slope for each fake: {far.grad.min():.4f} … {far.grad.max():.4f}")
print("the histogram of the fakes has a slope:", counts.requires_grad)

# %%
# what we claim
assert w1(x, y) < (x - y).abs().mean()
assert torch.allclose(far.grad, torch.tensor(1 / 1_000))

# %% [markdown]
# Every fake gets the same push toward the data, $1/N$, even from 50 away. JS
# of two histograms has no gradient: a count does not change when a point
# moves a little, and PyTorch does not even offer one.
#
# > **Careful.** Sorting works on a line only. In the plane it takes a solver,
# > in the space of images more samples than anyone has. Lesson 11 trains a
# > network to do it.

# %% [markdown]
# ## A classifier sees the ratio
# Can samples tell us about $p$ and $q$ themselves? Toss a coin: heads, draw
# from $p$; tails, from $q$. You are shown $x$, and not the coin. A classifier
# answers with $D(x)$, the probability of *real*.
#
# ## ✏️ Exercise 4 · The best classifier
# *10 minutes · ●●○*
#
# What does the best possible one say, $D^*(x)=P(\text{real}\mid x)$? Bayes'
# rule knows. `p` and `q` are the two densities at K places, (K,) each. Where
# both are 0, say ½.
#
# {{hints distances.optimal_d}}

# %% tags=["exercise"]
def my_optimal_d(p, q):
    # BEGIN SOLUTION
    return torch.where(p + q > 0, p / (p + q), 0.5)
    # END SOLUTION


checks.distances.optimal_d(my_optimal_d)

# %% [markdown] predict={"picture": "cliff", "words": ["cliff", "middle"]}
# Your $D^*$ is drawn next; the course's is folded. **Predict:** the bumps are
# 2 apart. Where is $D^*$ exactly ½, and what becomes of its curve as the gap
# grows?

# %% tags=["folded"]
def optimal_d(p, q):
    return torch.where(p + q > 0, p / (p + q), 0.5)

# %%
best_d = checks.distances.optimal_d.yours(optimal_d)


@rc_context(show.STYLE)
def ratio_view(x=0.5, gap=2.0):
    p, q = normal(grid), normal(grid, gap)
    here = (grid - x).abs().argmin()
    best = torch.as_tensor(best_d(p, q))
    fig, (left, right) = show.panels(2, width=4.2)
    show.draw_densities(left, grid, p, q)
    left.plot([x], p[here], "o", color=show.REAL)
    left.plot([x], q[here], "^", color=show.FAKE)
    axes = {"xlabel": "x", "ylabel": "D*(x)", "ylim": (-0.03, 1.03)}
    show.draw_lines(right, grid, {"D*": best}, at=x, **axes)
    left.set_title(f"p = {p[here]:.3f}, q = {q[here]:.3f}")
    right.set_title(f"D* = {best[here]:.3f}")
    said = f"At x = {x:.1f} a draw is real in {best[here]:.1%} of all cases."
    return show.Picture(fig, said)

# %% picture="cliff"
show.explore(
    ratio_view,
    x=ipywidgets.FloatSlider(0.5, min=-3, max=6, description="place x"),
    gap=ipywidgets.FloatSlider(2, min=0, max=6, description="gap θ"),
)

# %%
# what we claim
assert "real in 50.0%" in ratio_view(x=1.0, gap=2.0).sentence

# %% [markdown]
# It is ½ in the middle, at 1. As the gap grows, $D^*$ becomes a cliff between
# the two bumps, and on the fake side a plain. By Bayes' rule
#
# $$D^*(x)=\frac{\frac12p(x)}{\frac12p(x)+\frac12q(x)}
# =\frac{p(x)}{p(x)+q(x)}=\frac1{1+q(x)/p(x)}:$$
#
# the best classifier knows nothing but the *ratio* $p/q$, and it knows that
# wherever $p$ or $q$ has something.

# %% [markdown]
# ## Train one
# The *logit* of a probability $D$ is $\ln\frac{D}{1-D}$; for $D^*$ it is
# $\ln p-\ln q$. So a network that minimizes the cross entropy
# $-\mathbb E_p\ln D-\mathbb E_q\ln(1-D)$, and sees nothing but samples, has
# the log of the density ratio as its output.

# %%
def cross_entropy(D, real, fake):  # for a logit t: 1 - σ(t) = σ(-t)
    return -F.logsigmoid(D(real)).mean() - F.logsigmoid(-D(fake)).mean()


def train_classifier(draw_real, draw_fake):
    D = nn.Sequential(nn.Linear(1, 32), nn.SiLU(), nn.Linear(32, 32))
    D.extend([nn.SiLU(), nn.Linear(32, 1), nn.Flatten(0)])  # logits (B,)
    opt = torch.optim.Adam(D.parameters(), lr=learning_rate, fused=True)
    for _ in range(steps):
        real, fake = draw_real(batch_size), draw_fake(batch_size)
        loss = cross_entropy(D, real, fake)
        opt.zero_grad()
        loss.backward()
        opt.step()
    return D

# %% [markdown] predict={"picture": "ratio", "words": ["makes things up"]}
# Real: mean 0, width 1. Fake: mean 2, width 0.7. **Decide first:** the true
# log ratio is a parabola; will the network's be one?

# %%
def gaussian(mean, sigma=1.0):
    return lambda n: mean + sigma * torch.randn(n, 1)


runtime.seed_everything(SEED)
D = train_classifier(gaussian(0.0), gaussian(2.0, 0.7))
places = torch.linspace(-6, 6, 601)
p, q = normal(places), normal(places, 2.0, 0.7)
true = p.log() - q.log()
with torch.no_grad():
    learned = D(places[:, None])

# %% picture="ratio"
seen = p + q > 0.1  # where most samples fall
share = (p + q) / (p + q).sum()  # how often one falls there
within = share[seen].sum().item()
off = (learned - true).abs()
error, most = (share * off).sum().item(), off[seen].max().item()
outside = off[0].item()
with rc_context(show.STYLE):
    fig = show.figure(height=3.2)
    ax = fig.subplots()
    curves = {"true ln p/q": true, "the classifier's logit": learned}
    show.draw_lines(ax, places, curves, xlabel="x", ylim=(-12, 45))
    ax.axvspan(*places[seen][[0, -1]], color=show.REAL, alpha=0.12)
    title = f"Off by {error:.2f} for a typical sample, by {outside:.0f} at -6"
    ax.set(title=title, ylabel="log ratio")
show.Picture(fig, f"Shaded: where {within:.0%} of the samples fall. There the "
             f"logit is off by {most:.1f} at most, at -6 by {outside:.0f}.")

# %%
# what we claim
checks.claim("the log ratio is off by less than 0.6 for a typical sample",
             error < 0.6)
checks.claim("it is off by more than 10 at -6", outside > 10)

# %% [markdown]
# A parabola where it saw many samples. Where it saw few or none the network
# makes things up, and goes on almost straight. A generator never shows its
# density, and yet the classifier has found the ratio.

# %% [markdown] predict={"picture": "six", "words": ["they can"]}
# ## The classifier measures JS
# Put $D^*$ into the cross entropy. As
# $\frac{p}{p+q}=\frac12\cdot\frac pm$, the first term is
# $-\mathbb E_p\ln\frac pm+\ln2=\ln 2-\mathrm{KL}(p\|m)$; the second likewise:
#
# $$\text{loss}=2\ln 2-2\,\mathrm{JS}\quad\Longrightarrow\quad
# \mathrm{JS}=\ln 2-\tfrac12\,\text{loss}.$$
#
# A worse classifier has a higher loss, so on average the estimate errs on
# the low side. **Decide first:** can six small classifiers, each trained for
# about a second, measure JS to within 0.02?

# %%
runtime.seed_everything(SEED)
estimates = {}
for gap in cockpit.progress((0.0, 1.0, 2.0, 3.0, 4.0, 6.0)):
    real, fake = gaussian(0.0), gaussian(gap)
    D = train_classifier(real, fake)
    with torch.no_grad():
        loss = cross_entropy(D, real(20_000), fake(20_000))
    estimates[gap] = math.log(2) - loss.item() / 2

# %% picture="six"
exact = {gap: values["JS"][round(10 * gap)].item() for gap in estimates}
worst = max(abs(estimates[gap] - exact[gap]) for gap in exact)
with rc_context(show.STYLE):
    fig = show.figure(height=3.0)
    ax = fig.subplots()
    show.draw_lines(ax, gaps, {"exact JS": values["JS"]}, xlabel="gap θ")
    ax.plot(*zip(*estimates.items()), "o", color=show.D_COLOR)
    ax.axhline(math.log(2), color="black", lw=1, ls=":")
    ax.set(xlim=(-0.2, 6.2), ylabel="JS")
    ax.set(title=f"Samples alone: off by at most {worst:.3f}")
show.Picture(fig, "Dots: JS as six classifiers measured it. Line: exact.")

# %%
# what we claim
checks.claim("six classifiers measure JS to within 0.02", worst < 0.02)

# %% [markdown]
# They can. This is one half of a GAN: **a classifier that measures a distance
# between samples**. The other half is a generator that walks down that
# distance, and you have seen the trouble ahead: where the two do not meet,
# JS is flat, and the best classifier of all, with $D^*=1$ here and 0 there,
# has no slope anywhere.
#
# A *network* that learns is not the best classifier of all, though. What does
# it tell a generator? Lesson 02 tries it on the very boxes that do not meet.

# %% [markdown]
# ## Quiz
# 1. $\mathrm{KL}(p\|q)=\infty$. What has $q$ done?
#    <details><summary>Answer</summary>With finitely many bins: it says
#    "impossible" to something that <i>p</i> does. One such bin is enough,
#    whatever the others say. (On the whole line, tails that are far too thin
#    are enough: <i>p</i> Cauchy, <i>q</i> normal.)</details>
# 2. JS is 0.693 today and was 0.693 yesterday. Is the generator better?
#    <details><summary>Answer</summary>You cannot know: at ln 2 the two share
#    nothing, and JS does not say how far apart they are.</details>
# 3. Two samples have equal means. Can $W_1$ be large?
#    <details><summary>Answer</summary>Yes: every point may have to travel,
#    some left and some right. Spread counts.</details>
# 4. The best classifier says ½ at some $x$. Does anything live there?
#    <details><summary>Answer</summary>It says only that <i>p</i> and <i>q</i>
#    are equal there: both large, both tiny, or both 0.</details>
# 5. A classifier tells real from fake without a mistake. What is JS?
#    <details><summary>Answer</summary>Between the samples it saw: ln 2,
#    the most JS can be, as they share no place. Its loss is near 0 only
#    if it is sure of itself, too. Between the distributions JS may be
#    less.</details>

# %% [markdown]
# ## Ledger
# | what we changed | what happened |
# |---|---|
# | gap 1 → 6 | JS's slope falls below a thirtieth; $W_1$'s stays 1 |
# | boxes that overlap → that do not | JS from $\theta\ln2$ to $\ln2$, slope 0 |
# | sheets that cross | JS = $\ln2$ all the same |
# | densities → samples | $W_1$ by sorting; JS by a classifier |
# | *your change* | *what you saw* |

# %% [markdown]
# ## In practice
# - *JS distance* in a library is often the root of ours, sometimes in bits.
# - Test a metric on distributions whose distance you know. [GAN
#   Lab](https://github.com/poloclub/ganlab) counts only some of its real
#   samples in KL and JS, because of one letter (`splice` for `slice`).
# - A density ratio from a classifier is worth something only where both
#   samples have points.
#
# ## Further reading
# - [Arjovsky & Bottou 2017](https://arxiv.org/abs/1701.04862): thin sheets
#   that do not meet, and what follows for GANs.
# - [Arjovsky, Chintala & Bottou 2017](https://arxiv.org/abs/1701.07875):
#   the example of the two parallel lines, and $W_1$ as the way out.
# - [Sugiyama et al. 2012](https://doi.org/10.1017/CBO9781139035613):
#   the book on density ratios, classifiers included.
# - [Peyré & Cuturi 2019](https://arxiv.org/abs/1803.00567): optimal transport
#   for computers; section 2.6 is the case of the line.
#
# Next: lesson 02, *Play the minimax game*.
