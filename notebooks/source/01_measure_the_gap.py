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
# it is large, two of them go silent, and a GAN listens to one of those.
#
# **What you'll do.** Slide two distributions apart and measure the gap in
# four ways, from formulas and from samples.
#
# **What you'll learn**
# - *compute* KL, JS, total variation and Wasserstein-1, and their slopes;
# - *explain* why JS stops pushing when two distributions do not meet;
# - *estimate* a ratio of densities with a classifier: half of a GAN.
#
# **What you'll need.** Lesson 00: Python, autograd, logarithms. About 60
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

# %%
SEED = 0
grid = torch.linspace(-6, 12, 1801, dtype=torch.float64)  # bins of 0.01
steps = runtime.budget(tiny=20, ci=1_000, lesson=1_000, full=5_000)
batch_size = 256  # samples per step, real and fake each
enough = steps >= 1_000  # below that, nothing is claimed of a network

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

# %% [markdown]
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
# From here on we use these three. They add up over the last axis, so that
# many pairs can be measured at once.

# %%
def kl(p, q):
    return (torch.xlogy(p, p) - torch.xlogy(p, q)).sum(-1)


def js(p, q):
    m = (p + q) / 2
    return (kl(p, m) + kl(q, m)) / 2


def tv(p, q):
    return (p - q).abs().sum(-1) / 2

# %% [markdown]
# ## One way that knows where things are
# The three above never ask how far one bin is from another. **Wasserstein-1**
# does: think of $q$ as earth and of $p$ as the hole it should fill.
# $W_1$ is earth times distance carried, for the cheapest plan.
#
# On a line the plan is forced. Up to a place $x$, the earth is
# $F_q(x)=\sum_{x_i\le x}q_i$ and the hole $F_p(x)$. What is too much or too
# little has to cross $x$:
#
# $$W_1(p,q)=\sum_i|F_p(x_i)-F_q(x_i)|\,\Delta x$$

# %%
def w1_bins(p, q):
    return (p - q).cumsum(-1).abs().sum(-1) * 0.01

# %% [markdown]
# ## Slide them apart
# The real data stay at 0. The generator owns one number, the gap
# $\theta$: its samples are $\theta + z$. The *slope* of a distance with
# respect to $\theta$ is what gradient descent would follow home.

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
# $\mathrm{KL}=\theta^2/2$, $\mathrm{TV}=\operatorname{erf}(\theta/2\sqrt2)$,
# $W_1=\theta$. A check that the code computes what the formulas say:

# %%
gaps = torch.linspace(0, 6, 61, dtype=torch.float64)
values, slopes = measure(gaps)
assert torch.allclose(values["KL"], gaps**2 / 2, atol=1e-6)
assert torch.allclose(values["TV"], torch.erf(gaps / 8**0.5), atol=1e-5)
assert torch.allclose(values["W₁"], gaps, atol=1e-6)

# %% [markdown]
# **Decide before you run:** at a gap of 6, which of the four still tell the
# generator which way to go?

# %%
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
    show.draw_lines(right, gaps, slopes, **axes)
    left.set_title(f"fake {gap:.1f} away")
    middle.set_title(f"JS {now['JS'][0]:.3f} of at most 0.693")
    right.set_title(f"JS's slope {now['JS'][1]:.4f}")
    said = [f"{n} {d:.2f} (slope {s:.3f})" for n, (d, s) in now.items()]
    return show.Picture(fig, f"Gap {gap:.1f}: {', '.join(said)}.")


gap_view(6.0)

# %% [markdown]
# The curves of KL and its slope leave the picture. JS and TV have climbed
# to their ceilings, and there they are flat. Move the gap and the width:

# %%
assert "JS 0.00 (slope 0.000)" in gap_view(0.0).sentence
show.explore(
    gap_view,
    gap=ipywidgets.FloatSlider(2, min=0, max=6, description="gap θ"),
    width=ipywidgets.FloatSlider(1, min=0.5, max=2, description="width"),
)

# %%
at_1, at_6 = (
    {name: slope[i].item() for name, slope in slopes.items()} for i in (10, 60)
)
print({name: round(slope, 4) for name, slope in at_6.items()})
assert math.isclose(at_6["KL"], 6, rel_tol=1e-4)
assert math.isclose(at_6["W₁"], 1, rel_tol=1e-4)
assert 0 < at_6["JS"] < at_1["JS"] / 30

# %% [markdown]
# At a gap of 6, KL pulls with a slope of 6 and $W_1$ with 1. JS's slope has
# shrunk to less than a thirtieth of what it was at a gap of 1. KL, however,
# needs the value of $q$ at real points, which a generator cannot tell you.

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

# %% [markdown]
# ## When they do not meet at all
# Let $p$ and $q$ share no place. Where $p>0$ the mixture is $m=p/2$, so
#
# $$\mathrm{KL}(p\|m)=\sum_i p_i\ln\frac{p_i}{p_i/2}=\ln 2,$$
#
# and the same for $q$. Hence $\mathrm{JS}=\ln 2\approx 0.693$, whether they
# are neighbors or a mile apart. A constant has slope 0.
#
# Take two boxes of width 1, the second one moved by $\theta$. **Decide
# first:** how does JS get to $\ln 2$, in a curve or in a straight line?

# %%
def box(start):
    inside = (grid > start - 0.005) & (grid < start + 0.995)
    return inside.double() / inside.sum()


moves = torch.linspace(0, 3, 31, dtype=torch.float64)
moved = torch.stack([box(float(move)) for move in moves])
distances = {"KL = ∞": kl, "JS": js, "TV": tv, "W₁": w1_bins}
from_box = {name: f(box(0.0), moved) for name, f in distances.items()}
show.lines(
    moves,
    from_box,
    sentence="JS and TV rise in a straight line until the boxes part at 1, "
    "then they are flat. W₁ goes on.",
    title="JS stops at ln 2 as soon as the boxes part",
    xlabel="box moved by θ",
    ylabel="distance",
)

# %%
rise = moves.clamp_max(1) * math.log(2)
assert torch.allclose(from_box["JS"], rise)
assert torch.allclose(from_box["W₁"], moves)
assert (from_box["KL = ∞"][1:] == math.inf).all()  # even at θ = 0.1

# %% [markdown]
# This is no corner case. Photographs fill a thin sheet in the space of
# all pixel values, and so do a generator's pictures. Two thin sheets
# in a large space rarely meet. KL is then ∞, JS is $\ln 2$, and only $W_1$
# can say "closer".

# %% [markdown]
# ## From samples: sort
# Now drop the densities. Given $N$ real and $N$ fake points on a line, which
# fake should move to which real point? If two paths cross, uncrossing them
# never costs more. Without crossings the smallest goes to the smallest, the
# next to the next:
#
# $$W_1=\frac1N\sum_{i=1}^N|x_{(i)}-y_{(i)}|\qquad\text{(sorted)}$$
#
# ## ✏️ Exercise 3 · $W_1$ of two samples
# *10 minutes · ●○○*
#
# `x` and `y` are (N,) tensors in any order. Seven points have 5,040 pairings;
# yours must be the cheapest.
#
# {{hints distances.w1}}

# %% tags=["exercise"]
def my_w1(x, y):
    # BEGIN SOLUTION
    return (x.sort().values - y.sort().values).abs().mean()
    # END SOLUTION


checks.distances.w1(my_w1)

# %%
def w1(x, y):
    return (x.sort().values - y.sort().values).abs().mean()


runtime.seed_everything(SEED)
x, y = torch.randn(12), 0.5 + 0.5 * torch.randn(12)
plans = {"as they came": (x, y), "sorted": (x.sort().values, y.sort().values)}
with rc_context(show.STYLE):
    fig, axes = show.panels(2, height=2.6)
    for ax, (name, (a, b)) in zip(axes, plans.items()):
        ax.plot([a, b], [[1] * 12, [0] * 12], color="#777777", lw=1)
        ax.plot(a, [1] * 12, "o", color=show.REAL)
        ax.plot(b, [0] * 12, "^", color=show.FAKE)
        ax.set_yticks([0, 1], ["fake ▲", "real ●"])
        ax.set(title=f"{name}: {(a - b).abs().mean():.2f}", xlabel="x")
show.Picture(fig, "Sorted pairs do not cross, and cost less to carry.")

# %%
assert (x - y).abs().mean() > w1(x, y)
far = (50 + torch.randn(1_000)).requires_grad_()
w1(torch.randn(1_000), far).backward()
assert torch.allclose(far.grad, torch.tensor(1 / 1_000))

# %% [markdown]
# Every fake sample gets the same push toward the data, $1/N$, even from 50
# away. JS of two histograms has no gradient here at all.
#
# > **Careful.** Sorting works on a line only. In the plane it takes a solver,
# > in the space of images more samples than anyone has. Lesson 11 trains a
# > network to do it.

# %% [markdown]
# ## A classifier sees the ratio
# Can samples tell us about $p$ and $q$ themselves? Toss a coin: heads, draw
# from $p$; tails, from $q$. You are shown $x$. By Bayes' rule
#
# $$P(\text{real}\mid x)=\frac{\frac12p(x)}{\frac12p(x)+\frac12q(x)}
# =\frac{p(x)}{p(x)+q(x)}=:D^*(x).$$
#
# The best possible classifier knows nothing but the *ratio* $p/q$, and it
# knows that everywhere.
#
# ## ✏️ Exercise 4 · The best classifier
# *5 minutes · ●○○*
#
# Both are (K,) tensors of densities. Where both are 0, say ½.
#
# {{hints distances.optimal_d}}

# %% tags=["exercise"]
def my_optimal_d(p, q):
    # BEGIN SOLUTION
    return torch.where(p + q > 0, p / (p + q), 0.5)
    # END SOLUTION


checks.distances.optimal_d(my_optimal_d)

# %%
def optimal_d(p, q):
    return torch.where(p + q > 0, p / (p + q), 0.5)

# %%
@rc_context(show.STYLE)
def ratio_view(x=1.0, gap=2.0):
    p, q = normal(grid), normal(grid, gap)
    here = (grid - x).abs().argmin()
    share = optimal_d(p, q)[here]
    fig, (left, right) = show.panels(2, width=4.2)
    show.draw_densities(left, grid, p, q)
    left.plot([x], p[here], "o", color=show.REAL)
    left.plot([x], q[here], "^", color=show.FAKE)
    axes = {"xlabel": "x", "ylabel": "D*(x)", "ylim": (-0.03, 1.03)}
    show.draw_lines(right, grid, {"D*": optimal_d(p, q)}, at=x, **axes)
    left.set_title(f"p = {p[here]:.3f}, q = {q[here]:.3f}")
    right.set_title(f"D* = p / (p + q) = {share:.3f}")
    said = f"At x = {x:.1f} a draw is real in {share:.1%} of all cases."
    return show.Picture(fig, said)


ratio_view(0.5)

# %% [markdown]
# Find the place where $D^*$ is ½, then widen the gap: between the two
# bumps $D^*$ becomes a cliff, and on the fake side a plain.

# %%
assert "real in 50.0%" in ratio_view(1.0, gap=2.0).sentence
show.explore(
    ratio_view,
    x=ipywidgets.FloatSlider(0.5, min=-3, max=6, description="place x"),
    gap=ipywidgets.FloatSlider(2, min=0, max=6, description="gap θ"),
)

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
    opt = torch.optim.Adam(D.parameters(), lr=3e-3, fused=True)
    for _ in range(steps):
        real, fake = draw_real(batch_size), draw_fake(batch_size)
        loss = cross_entropy(D, real, fake)
        opt.zero_grad()
        loss.backward()
        opt.step()
    return D

# %% [markdown]
# Real: mean 0, width 1. Fake: mean 2, width 0.7. **Decide first:** the true
# log ratio is a parabola; will the network's be one?

# %%
def gaussian(mean, sigma=1.0):
    return lambda n: mean + sigma * torch.randn(n, 1)


runtime.seed_everything(SEED)
D = train_classifier(gaussian(0.0), gaussian(2.0, 0.7))
line = torch.linspace(-6, 6, 601)
p, q = normal(line), normal(line, 2.0, 0.7)
true = p.log() - q.log()
with torch.no_grad():
    learned = D(line[:, None])

# %%
seen = p + q > 0.02  # where samples fall
share = (p + q) / (p + q).sum()  # how often a sample falls there
error = (share * (learned - true).abs()).sum().item()
outside = (learned - true)[0].abs().item()
with rc_context(show.STYLE):
    fig = show.figure(height=3.2)
    ax = fig.subplots()
    found = {"true ln p/q": true, "the classifier's logit": learned}
    show.draw_lines(ax, line, found, xlabel="x", ylim=(-12, 45))
    ax.axvspan(*line[seen][[0, -1]], color=show.REAL, alpha=0.12)
    title = f"Off by {error:.2f} for a typical sample, by {outside:.0f} at -6"
    ax.set(title=title, ylabel="log ratio")
show.Picture(fig, "The logit follows the true log ratio where samples "
             "fall (shaded) and leaves it elsewhere.")

# %%
if enough:
    assert error < 0.6
    assert outside > 10

# %% [markdown]
# A generator never shows its density, and yet the classifier has found the
# ratio, where it saw samples. Elsewhere it makes things up.

# %% [markdown]
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
# seconds, measure JS to within 0.02?

# %%
runtime.seed_everything(SEED)
estimates = {}
for gap in cockpit.progress((0.0, 1.0, 2.0, 3.0, 4.0, 6.0)):
    real, fake = gaussian(0.0), gaussian(gap)
    D = train_classifier(real, fake)
    with torch.no_grad():
        loss = cross_entropy(D, real(20_000), fake(20_000))
    estimates[gap] = math.log(2) - loss.item() / 2

# %%
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
if enough:
    assert worst < 0.02
show.Picture(fig, "Dots: JS as six classifiers measured it. Line: exact.")

# %% [markdown]
# This is one half of a GAN: **a classifier that measures a distance between
# samples**. The other half is a generator that walks down that distance,
# and you have seen the trouble ahead. Where the two do not meet, the
# distance is flat. Lesson 02 shows the way out.

# %% [markdown]
# ## Quiz
# 1. $\mathrm{KL}(p\|q)=\infty$. What has $q$ done?
#    <details><summary>Answer</summary>It says "impossible" to something that
#    <i>p</i> does. One such bin is enough, whatever the others say.</details>
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
#    the maximum, as they share no place. Its loss is near 0 only if it is also
#    sure of itself. Between the distributions JS may be less.</details>

# %% [markdown]
# ## Ledger
# | what we changed | what happened |
# |---|---|
# | gap 1 → 6 | JS's slope falls below a thirtieth; $W_1$'s stays 1 |
# | overlapping → disjoint boxes | KL = ∞, JS = ln 2, slope 0 |
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
