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
# the struggle ends, and how much the way there depends on $G$'s loss.
#
# **What you'll do.** Derive what each player wants, check every step with a
# computation, and play the game on a line.
#
# **What you'll learn**
# - *derive* the best discriminator, and what it leaves for the generator;
# - *write* the losses so that signs, means and extremes are right;
# - *compare* the saturating and the non-saturating loss, slope by slope.
#
# **What you'll need.** Lesson 01. About 100 minutes of your time;
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

# %% tags=["parameters"]
SEED = 0
batch_size = 256  # where D trains alone
game_batch = 128  # where both play
lr_d = 0.01  # of D, by Adam
lr_g = 0.1  # of G, by plain gradient descent

# %% [markdown]
# What the budget allows:

# %%
count = runtime.budget(tiny=1, ci=5, lesson=5, full=20)
seeds = range(SEED, SEED + count)
d_steps = runtime.budget(tiny=20, ci=1_500, lesson=1_500, full=5_000)
head_start = runtime.budget(tiny=5, ci=200, lesson=200, full=200)
steps = runtime.budget(tiny=10, ci=200, lesson=200, full=200)

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
# > optimizers trains a $D$ that helps $G$.

# %% [markdown] predict={"picture": "100", "words": ["-inf", "is not defined"]}
# A network gives a logit $t$, any real number, and $D=\sigma(t)$. In this
# lesson $D(x)$ is always the probability, $t$ the logit. Then
# $\ln D=-\operatorname{softplus}(-t)$ and
# $\ln(1-D)=-\operatorname{softplus}(t)$, where
# $\operatorname{softplus}(t)=\ln(1+e^t)$. Is that more than notation?
# **Decide before you run:** what does the plain formula give at $t=100$?

# %% picture="100"
sure = torch.tensor(100.0)
plain = torch.log(1 - torch.sigmoid(sure))
print(f"plain: {plain:.0f}, softplus: {-F.softplus(sure):.0f}")

# %%
# what we claim
assert plain == -math.inf
assert -F.softplus(sure) == -100

# %% [markdown]
# In 32 bits $\sigma(100)$ is rounded to 1, and $\ln 0=-\infty$. Softplus never
# leaves the logit, and is right.

# %% [markdown]
# ## ✏️ Exercise 1 · D's loss
# *10 minutes · ●●○*
#
# $-V$, estimated from a batch of real and a batch of fake logits, (B,) each.
# Finite however sure $D$ is. What is it when all logits are 0, "no idea"?
# Both batches have the same size. The check looks at the gradient, too.
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
# The course's version, folded:

# %% tags=["mirrors:losses", "folded"]
def cross_entropy_d(real_logits, fake_logits):
    return F.softplus(-real_logits).mean() + F.softplus(fake_logits).mean()

# %%
no_idea = torch.zeros(64)
loss_d = cross_entropy_d(no_idea, no_idea)
print(f"no idea: {loss_d:.3f}")
assert math.isclose(loss_d, math.log(4), rel_tol=1e-6)  # 2 ln 2

# %% [markdown]
# ## The best D against a fixed G
# Let $G$ rest, and call the density of its samples $q$. Then
#
# $$V=\int\big[p(x)\ln D(x)+q(x)\ln(1-D(x))\big]\,dx.$$
#
# $D$ may choose its value at each $x$ freely, so it makes the bracket as
# large as it can, place by place. With $a=p(x)$, $b=q(x)$, both positive, and
# $u=D(x)$ between 0 and 1:
#
# $$f(u)=a\ln u+b\ln(1-u),\qquad f'(u)=\frac au-\frac b{1-u}=0
# \iff a(1-u)=bu\iff u=\frac a{a+b}.$$
#
# $f''(u)=-a/u^2-b/(1-u)^2$ is negative, so this is the maximum:
#
# $$D^*(x)=\frac{p(x)}{p(x)+q(x)}.$$
#
# (Where only $p$ is, $b=0$ and $f$ rises all the way to $u=1$; where only $q$
# is, to $u=0$. No finite logit gets there. Keep that in mind.)
#
# It is the best classifier of lesson 01. See it for three places:

# %%
shares = torch.linspace(0.005, 0.995, 199, dtype=torch.float64)
pairs = ((0.4, 0.4), (0.4, 0.1), (0.1, 0.4))
places = {f"a = {a}, b = {b}": (a, b) for a, b in pairs}
bracket = {name: a * shares.log() + b * (1 - shares).log()
           for name, (a, b) in places.items()}
peaks = {name: shares[f.argmax()].item() for name, f in bracket.items()}
for name, (a, b) in places.items():
    assert math.isclose(peaks[name], a / (a + b), abs_tol=0.003)
with rc_context(show.STYLE):
    fig = show.figure(height=3.2)
    ax = fig.subplots()
    show.draw_lines(ax, shares, bracket, xlabel="u = D(x)", ylabel="f")
    for name, peak in peaks.items():
        ax.plot(peak, bracket[name].max(), "*", color="black", ms=10)
    ax.set_title("The peaks are at ½, .8 and .2: at a / (a + b)")
found = ", ".join(f"{peak:g}" for peak in peaks.values())
show.Picture(fig, f"Each of the three curves has one peak ★, at u = {found}.")

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

# %% [markdown]
# The course's version, folded:

# %% tags=["folded"]
def errors(logits, p, q):
    return torch.where(p + q > 0.01, (logits.sigmoid() - p / (p + q)).abs(), 0)


def max_error(logits, p, q):
    return errors(logits, p, q).max()

# %%
def normal(x, mean=0.0, sigma=1.0):
    height = torch.exp(-0.5 * ((x - mean) / sigma) ** 2)
    return height / (sigma * math.sqrt(2 * math.pi))


def two_bumps(n):
    side = 3.0 * torch.randint(2, (n, 1)) - 1.5  # -1.5 or 1.5
    return side + 0.5 * torch.randn(n, 1)


line = torch.linspace(-3.5, 3.5, 701)
p_bumps = (normal(line, -1.5, 0.5) + normal(line, 1.5, 0.5)) / 2
q_middle = normal(line)

# %% [markdown] predict={"picture": "worst", "words": ["far ends", "guesses"]}
# $D$ trains alone, on your loss once it is ✓, its learning rate falling to 0.
# **Decide first:** where will its error be largest, at the bumps, between
# them, or at the far ends?

# %%
d_loss = checks.minimax.d_loss.yours(cross_entropy_d)
runtime.seed_everything(SEED)
D = nn.Sequential(nn.Linear(1, 32), nn.SiLU(), nn.Linear(32, 32))
D.extend([nn.SiLU(), nn.Linear(32, 1), nn.Flatten(0)])  # logits (B,)
opt_d = torch.optim.Adam(D.parameters(), lr=lr_d, fused=True)
slower = torch.optim.lr_scheduler.LinearLR(opt_d, 1.0, 0.0, d_steps)
for step in range(d_steps):
    real, fake = two_bumps(batch_size), torch.randn(batch_size, 1)
    loss_d = d_loss(D(real), D(fake))
    opt_d.zero_grad()
    loss_d.backward()
    opt_d.step()
    slower.step()
with torch.no_grad():
    logits = D(line[:, None])

# %% picture="worst"
worst = checks.minimax.max_error.yours(max_error)(logits, p_bumps, q_middle)
off = errors(logits, p_bumps, q_middle)
where = line[off.argmax()].abs().item()
edge = line[p_bumps + q_middle > 0.01].abs().max().item()
best = p_bumps / (p_bumps + q_middle)
beyond = (logits.sigmoid() - best).abs().max().item()  # on all of the line
with rc_context(show.STYLE):
    fig = show.figure(height=3.2)
    ax = fig.subplots()
    show.draw_densities(ax, line, p_bumps, q_middle)
    ax.plot(line, best, "k:", lw=2, label="D*")
    ax.plot(line, logits.sigmoid(), color=show.D_COLOR, label="trained D")
    ax.set(ylim=(0, 1.3), ylabel="density, probability")
    for x in (-edge, edge):
        ax.axvline(x, color="black", lw=0.6)
    ax.set_title(f"Off D* by {float(worst):.2f} at most where p + q > 0.01")
    ax.legend(fontsize=9, ncols=2, loc="upper center")
show.Picture(fig, "The trained D beside D*. Thin lines: p + q > 0.01 up to "
             f"here, ±{edge:.1f}. Within, the worst place is ±{where:.1f}; "
             f"outside, D is off by up to {beyond:.2f}.")

# %%
# what we claim
checks.claim("D is off by less than 0.3 where p + q > 0.01", off.max() < 0.3)
checks.claim("and by less than 0.04 on average", off.mean() < 0.04)
checks.claim("the worst place there is at the far ends", where > 2.5)
checks.claim("and outside D is further off still", beyond > off.max())

# %% [markdown]
# $D$ is nearly right where it saw many samples, and guesses at the far ends,
# where it saw next to none: there its error is largest, and it grows outside
# the range that `max_error` looks at.
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

# %% [markdown]
# So $G$ plays for JS without ever computing it. And $D$'s *expected* loss, the
# mean over all samples that $p$ and $q$ may give, is a *distance*, upside
# down, if $D$ is at its best: 1.386 says "the same", 0 says "nothing in
# common". The loss of one batch, as in a log, is not that: a $D$ that knows
# its batch by heart can bring it to 0, whatever $p$ and $q$ are.
#
# > **Careful.** Who writes $\max_G\min_D$ reverses both: $G$ opposes $D$
# > again, but $D$ only has to give the probability 0 to all real points to
# > drive $V$ to $-\infty$, whatever $G$ does.
#
# ## ✏️ Exercise 3 · What D's loss proves
# *10 minutes · ●●○*
#
# $D$'s expected loss is `loss_d`. Nobody says that this $D$ is at its best, or
# how $p$ and $q$ look. Return the number that $\mathrm{JS}(p,q)$ is
# **at least**, the largest that is sure.
#
# {{hints minimax.js_from_loss}}

# %% tags=["exercise"]
def my_js_from_loss(loss_d):
    # BEGIN SOLUTION
    return max(0, math.log(2) - loss_d / 2)
    # END SOLUTION


checks.minimax.js_from_loss(my_js_from_loss)

# %% [markdown]
# The course's version is folded. What does the $D$ that you have trained above
# prove about its two bumps?

# %% tags=["folded"]
def js_from_loss(loss_d):
    return max(0, math.log(2) - loss_d / 2)

# %%
at_least = checks.minimax.js_from_loss.yours(js_from_loss)
loss_d = -value(logits, p_bumps, q_middle).item()
exact = js(p_bumps, q_middle).item()
print(f"D's loss {loss_d:.4f} proves: JS is at least ", end="")
print(f"{float(at_least(loss_d)):.4f}. It is {exact:.4f}.")
assert js_from_loss(loss_d) <= exact

# %% [markdown] predict={"picture": "rest", "words": ["cannot lower", "stays"]}
# ## Where both players rest
# A **Nash equilibrium** is a pair of moves that neither player can better
# alone. Try $q=p$ with $D=\frac12$, logit 0. **Decide first:** what does $V$
# do if only $D$ moves? If only $G$ moves?

# %% picture="rest"
runtime.seed_everything(SEED)
no_idea_at_all = torch.zeros_like(grid)
rest = value(no_idea_at_all, p, p).item()
moves = {"another D": [], "another G": []}
for _ in range(60):
    other_t = torch.randn(()) * torch.sin(torch.randn(()) * grid)
    moves["another D"].append(value(other_t, p, p).item())
    other_q = normal(grid, 3 * torch.rand(()), 0.4 + 0.6 * torch.rand(()))
    moves["another G"].append(value(no_idea_at_all, p, other_q).item())
show.bars(
    moves,
    ylabel="V",
    title=f"At rest V is {rest:.3f}",
    sentence="60 moves of one player alone, a dot each, and their mean.",
)

# %%
# what we claim
assert max(moves["another D"]) < rest
assert all(math.isclose(v, rest, abs_tol=1e-6) for v in moves["another G"])

# %% [markdown]
# Every other $D$ lowers $V$, so $D$ stays. $G$ cannot lower it either, but
# look why: against $D=\frac12$ *every* $G$ gets $-1.386$. Nothing pulls $G$
# back but $D$'s answer to its move. That is thin ice, and lesson 03 walks
# on it.
#
# > **Careful.** An untrained $D$ says ½ as well. $D=\frac12$ is necessary
# > for the equilibrium, not a sign of it.
#
# ## ✏️ Exercise 4 · Fool a D that draws straight lines
# *15 minutes · ●●●*
#
# Even a $D$ that has learned all it can may say ½ while $p\ne q$. Let $D$ have
# the logit $t=a+bx$ and nothing else. Find two lists of equally many numbers,
# real and fake, that are far apart, $W_1\ge1$, and still the *best* such $D$
# has a loss of $2\ln2$. Two numbers each are enough.
#
# {{hints minimax.blind}}

# %% tags=["exercise"]
# BEGIN SOLUTION: my_real, my_fake = ..., ...  # such as [0, 1], [2, 3]
my_real, my_fake = [-1.0, 1.0], [-3.0, 3.0]
# END SOLUTION

checks.minimax.blind(my_real, my_fake)

# %% [markdown]
# The loss is convex in $a$ and $b$, so it is lowest where it is flat. What
# about a $D$ that can bend? One hidden layer, on your points (the course's are
# folded):

# %% tags=["folded"]
lists = checks.minimax.blind.yours(([-1.0, 1.0], [-3.0, 3.0]))

# %%
def small_d():
    D = nn.Sequential(nn.Linear(1, 32), nn.Tanh(), nn.Linear(32, 1))
    return D.append(nn.Flatten(0))  # logits (B,)


yours = [torch.as_tensor(points).float()[:, None] for points in lists]
widest = max(points.abs().max() for points in yours)
on_real, on_fake = (points / widest for points in yours)  # in -1 … 1
runtime.seed_everything(SEED)
kinds = {"a + bx": nn.Sequential(nn.Linear(1, 1), nn.Flatten(0))}
kinds["a network"] = small_d()
lost = {}
for kind, net in kinds.items():
    opt = torch.optim.Adam(net.parameters(), lr=0.02)
    for _ in range(d_steps // 3):
        loss = cross_entropy_d(net(on_real), net(on_fake))
        opt.zero_grad()
        loss.backward()
        opt.step()
    lost[kind] = loss.item()

# %%
across = torch.linspace(-1.2, 1.2, 121)
with rc_context(show.STYLE), torch.no_grad():
    fig = show.figure(height=3.0)
    ax = fig.subplots()
    curves = {kind: net(across[:, None]) for kind, net in kinds.items()}
    show.draw_lines(ax, widest * across, curves, xlabel="x", ylabel="logit t")
    ax.plot(yours[0], 0 * yours[0], "o", color=show.REAL, ms=8)
    ax.plot(yours[1], 0 * yours[1], "^", color=show.FAKE, ms=8)
    title = ", ".join(f"{kind} {loss:.3f}" for kind, loss in lost.items())
    ax.set_title(f"Losses at the end: {title}")
show.Picture(fig, "The logits of two D, trained on the same points: real ●, "
             "fake ▲.")

# %%
# what we claim
checks.claim("a + bx ends at 2 ln 2", abs(lost["a + bx"] - 1.3863) < 0.01)
checks.claim("the network ends below it", lost["a network"] < 1.2)

# %% [markdown]
# A loss of 1.386 says that *this kind of* $D$ sees no difference. One that can
# bend does.

# %% [markdown] predict={"picture": "steep", "words": ["-4.5", "almost -1"]}
# ## G's two losses
# Only $\mathbb E_z\ln(1-D(G(z)))$ depends on $G$. As a loss it is called the
# *saturating* one. The authors of GANs use another one in practice, the
# *non-saturating* $-\mathbb E_z\ln D(G(z))$.
#
# ## ✏️ Exercise 5 · Both of them
# *10 minutes · ●●○*
#
# Write both with logits. The functions get the real logits too, and must not
# use them. **Decide first:** $D$ is winning, $t=-10$. Which loss is steeper
# there? Return the mean over the batch, finite however sure $D$ is.
#
# {{hints minimax.saturating_g}}

# %% tags=["exercise"]
def my_saturating_g(real_logits, fake_logits):
    # BEGIN SOLUTION
    return -F.softplus(fake_logits).mean()
    # END SOLUTION


checks.minimax.saturating_g(my_saturating_g)

# %% [markdown]
# Now the non-saturating one.
#
# {{hints minimax.non_saturating_g}}

# %% tags=["exercise"]
def my_non_saturating_g(real_logits, fake_logits):
    # BEGIN SOLUTION
    return F.softplus(-fake_logits).mean()
    # END SOLUTION


checks.minimax.non_saturating_g(my_non_saturating_g)

# %% [markdown]
# The course's versions, folded. Yours are drawn, and they will train every $G$
# of this lesson:

# %% tags=["mirrors:losses", "folded"]
def saturating_g(real_logits, fake_logits):
    return -F.softplus(fake_logits).mean()


def non_saturating_g(real_logits, fake_logits):
    return F.softplus(-fake_logits).mean()

# %%
both = {
    "saturating": checks.minimax.saturating_g.yours(saturating_g),
    "non-saturating": checks.minimax.non_saturating_g.yours(non_saturating_g),
}


def along(loss_g, ticks):  # the loss and its slope, for one fake at a time
    t = ticks.clone().requires_grad_()
    losses = [loss_g(torch.zeros(1), one) for one in t.split(1)]
    total = torch.stack(losses).sum()
    slopes = torch.autograd.grad(total, t)[0]
    return torch.stack(losses).detach(), slopes


ticks = torch.linspace(-12, 12, 241)
measured = {name: along(loss_g, ticks) for name, loss_g in both.items()}

# %% picture="steep"
@rc_context(show.STYLE)
def logit_view(t=-10.0):
    here = round((t + 12) * 10)
    axes = {"at": t, "xlabel": "logit t of a fake sample"}
    fig, (left, right) = show.panels(2, width=4.2)
    losses = {name: loss for name, (loss, _) in measured.items()}
    slopes = {name: slope for name, (_, slope) in measured.items()}
    show.draw_lines(left, ticks, losses, ylabel="loss of G", **axes)
    show.draw_lines(right, ticks, slopes, ylabel="slope", **axes)
    left.set_title(f"D = σ({t:.1f}) = {1 / (1 + math.exp(-t)):.2g}")
    found = [f"{name} {s[here].item():.2g}" for name, s in slopes.items()]
    right.set_title(f"slopes: {', '.join(found)}", fontsize=10)
    return show.Picture(fig, f"Slopes at a logit of {t:.1f}: "
                        f"{', '.join(found)}.")


logit_view()

# %%
# what we claim
saturated, strong = (slope for _, slope in measured.values())
assert math.isclose(saturated[20], -4.54e-5, rel_tol=1e-3)  # at -10
assert math.isclose(strong[20], -1, rel_tol=1e-4)
assert math.isclose(saturated[120], -0.5, rel_tol=1e-6)  # at 0
assert math.isclose(strong[120], -0.5, rel_tol=1e-6)

# %% [markdown]
# At $t=-10$, where $G$ needs help most, the saturating loss gives
# $-4.5\cdot10^{-5}$, the other almost $-1$. At 0 both give $-\frac12$. At
# $t=+10$ the roles are exchanged, but there $G$ has won. In formulas:
#
# $$\ell_{\text{sat}}(t)=-\operatorname{softplus}(t),\quad
# \ell_{\text{sat}}'(t)=-\sigma(t),\qquad
# \ell_{\text{non}}(t)=\operatorname{softplus}(-t),\quad
# \ell_{\text{non}}'(t)=-\sigma(-t).$$

# %%
knob = ipywidgets.FloatSlider(-10, min=-12, max=12, description="logit t")
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
    left.plot(grid, curve, color=show.D_COLOR, label="D*")
    left.set(title=f"mean D* of fakes: {D.mean():.1g}", ylim=(0, 1.5))
    left.set_ylabel("density, probability")
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
show.explore(
    push_view,
    gap=ipywidgets.FloatSlider(4, min=0, max=6, description="gap θ"),
)

# %% [markdown]
# With the saturating loss only the leading fakes feel anything. How much is
# it on average? Let $G$ move and $D^*$ follow:
#
# $$\frac{dC}{d\theta}=\frac{\partial V}{\partial\theta}
# +\frac{\partial V}{\partial D}\cdot\frac{dD^*}{d\theta},\qquad
# \frac{\partial V}{\partial D}=0\text{ at }D^*,$$
#
# because $D^*$ is the best. So against $D^*$ the slope of the saturating loss,
# $\partial V/\partial\theta$, *is* the slope of $C(G)$, and that is the slope
# of $2\,\mathrm{JS}$: flat where JS is flat.

# %%
q_far, D_best = normal(grid, 6.0), torch.sigmoid(18 - 6 * grid)
sat_push = 6 * (q_far * D_best).sum() * 0.01
non_push = 6 * (q_far * (1 - D_best)).sum() * 0.01
nudge = 1e-3
moved = [js(p, normal(grid, 6 + d)) for d in (-nudge, nudge)]
js_slope = (moved[1] - moved[0]) / (2 * nudge)
print(f"mean over all fakes: {sat_push:.4f} saturating, {non_push:.2f} not")
push_view(6.0)

# %%
# what we claim
assert torch.isclose(sat_push, 2 * js_slope, rtol=1e-3)
assert non_push > 400 * sat_push

# %% [markdown]
# At a gap of 6 the non-saturating push is more than 400 times as strong, and
# its arrows, drawn to scale, land among the real data. (What little the
# saturating loss pushes, it pushes the rare fakes that are far ahead: that is
# why its mean over all fakes is larger than over the nine in the picture.)
# $D$'s *logit* still has a slope where JS is flat.

# %% [markdown] predict={"picture": "ramp", "words": ["smooth", "ramp"]}
# ## Boxes that do not meet
# Gaussians overlap everywhere. The boxes of lesson 01 do not: real points lie
# on 0 … 1, fake ones on 2 … 3. Where only $q$ is, $D^*=0$, a logit of
# $-\infty$, for all fakes alike: no slope, and neither loss can push. But no
# network gets there. Train one, and look at the fakes as it learns.
# **Predict:** its loss goes to 0. Which of the two pushes go to 0 with it?

# %%
runtime.seed_everything(SEED)
D_box = small_d()
opt = torch.optim.Adam(D_box.parameters(), lr=lr_d, betas=(0.5, 0.99))
fakes = torch.linspace(2, 3, 101)[:, None].requires_grad_()
whole = torch.linspace(-0.5, 3.5, 201)
ramps, pushes = {}, {"saturating": [], "non-saturating": []}
for step in range(d_steps + 1):
    t = D_box(fakes)
    slope = torch.autograd.grad(t.sum(), fakes)[0][:, 0]
    share = t.detach().sigmoid()
    pushes["saturating"].append(-(share * slope).mean())
    pushes["non-saturating"].append(-((1 - share) * slope).mean())
    if step in (d_steps // 100, d_steps // 10, d_steps):
        ramps[f"after {step:,} steps"] = D_box(whole[:, None]).detach()
    real, fake = torch.rand(game_batch, 1), 2 + torch.rand(game_batch, 1)
    box_loss = cross_entropy_d(D_box(real), D_box(fake))
    opt.zero_grad()
    box_loss.backward()
    opt.step()

# %% picture="ramp"
last = {name: values[-1].item() for name, values in pushes.items()}
with rc_context(show.STYLE):
    fig, (left, right) = show.panels(2, width=4.2)
    left.axvspan(0, 1, color=show.REAL, alpha=0.2)
    left.axvspan(2, 3, color=show.FAKE, alpha=0.2)
    show.draw_lines(left, whole, ramps, xlabel="x", ylabel="logit t")
    left.set_title("D between real (left) and fake")
    strengths = {n: torch.stack(values) for n, values in pushes.items()}
    axes = {"xlabel": "step of D", "ylabel": "mean push", "yscale": "log"}
    show.draw_lines(right, torch.arange(d_steps + 1), strengths, **axes)
    marks = [part * d_steps // 3 for part in range(4)]
    right.set_xticks(marks, [f"{mark:,}" for mark in marks])
    right.set_xlim(0, 1.05 * d_steps)
    right.set_title(f"At the end {last['saturating']:.0e} and "
                    f"{last['non-saturating']:.1f}")
show.Picture(fig, f"D's loss is {box_loss.item():.1g}. Left: its logit over "
             "both boxes. Right: how hard each loss pushes the fakes left.")

# %%
# what we claim
checks.claim("the saturating push has all but gone", last["saturating"] < 1e-3)
checks.claim("the other one is above 1", last["non-saturating"] > 1)

# %% [markdown]
# Only the saturating one. A network is *smooth*: it cannot jump. In this run
# its logit is a ramp from fake to real, steeper as $D$ gets better, and the
# non-saturating loss follows it at almost full strength. A way out, then, and
# the network's gift, not JS's: nothing in the data says how the ramp should
# look where no data are. Another network may draw another one.

# %% [markdown]
# ## Play it on a line
# The real data are $\mathcal N(0,1)$. $G(z)=\theta+z$ owns one number and
# starts 4 away, with $D$ some steps ahead of it. Everything else is the loop
# of every GAN: $D$'s turn, then $G$'s.

# %%
def play(loss_g, seed, *, optimizer=torch.optim.SGD, lr=lr_g,
         draw=torch.randn, start=4.0):
    runtime.seed_everything(seed)
    theta = torch.tensor(start, requires_grad=True)
    D = small_d()
    opt_g = optimizer([theta], lr=lr)
    opt_d = torch.optim.Adam(D.parameters(), lr=lr_d, betas=(0.5, 0.99))
    path, slopes = [], []
    for step in range(head_start + steps):
        real = draw(game_batch, 1)
        fake = theta + draw(game_batch, 1)
        on_real = D(real)
        loss = cross_entropy_d(on_real, D(fake.detach()))
        opt_d.zero_grad()
        loss.backward()
        opt_d.step()
        if step >= head_start:
            opt_g.zero_grad()
            loss_g(on_real.detach(), D(fake)).backward()
            opt_g.step()
            path.append(theta.item())
            slopes.append(theta.grad.item())
    return path, slopes


def home(path):  # the first step within 0.3 of the data
    return next((i for i, x in enumerate(path) if abs(x) < 0.3), len(path))


LOOK = {"saturating": ("-", "black"), "non-saturating": ("--", "#56B4E9")}


def draw_paths(ax, runs):  # one line a seed
    for name, paths in runs.items():
        style, color = LOOK[name]
        ax.plot(torch.tensor(paths).T, style, color=color, lw=1)
        ax.plot([], [], style, color=color, label=name)
    ax.axhline(0, color="black", ls=":", lw=1)
    ax.set(xlabel="step of G", ylabel="θ")
    ax.legend(fontsize=9)

# %% [markdown] predict={"picture": "sgd", "words": ["times as many"]}
# **Predict:** the non-saturating loss takes some 20 steps to come within 0.3
# of the data. How many does the other one take?

# %%
runs = {
    name: [play(loss_g, seed)[0] for seed in cockpit.progress(seeds)]
    for name, loss_g in both.items()
}

# %% picture="sgd"
took = {name: [home(path) for path in paths] for name, paths in runs.items()}
mean = {name: sum(took[name]) / len(seeds) for name in took}
with rc_context(show.STYLE):
    fig = show.figure(height=3.0)
    ax = fig.subplots()
    draw_paths(ax, runs)
    title = ", ".join(f"{name} {mean[name]:.0f}" for name in took)
    ax.set_title(f"Mean steps home: {title}")
show.Picture(fig, "One line a seed; plain gradient descent for G.")

# %%
# what we claim
ratio = mean["saturating"] / mean["non-saturating"]
ends = [abs(path[-1]) for paths in runs.values() for path in paths]
checks.claim("the saturating loss takes 4 to 7 times as long", 4 < ratio < 7)
checks.claim("all runs end within 0.3 of the data", max(ends) < 0.3)

# %% [markdown]
# Both games end in the same place; the saturating one takes about five times
# as many steps, and loses them at the start, where $D$ is sure.
#
# And the boxes? The fake one starts at 2, and $D$ has had its head start.
# $G$'s learning rate is a fifth of the one above: with all of it, the
# non-saturating $\theta$ swings to about −1 before it comes home.

# %%
boxes = {"draw": torch.rand, "start": 2.0, "lr": lr_g / 5}
box_runs = {
    name: [play(loss_g, seed, **boxes)[0] for seed in seeds]
    for name, loss_g in both.items()
}
with rc_context(show.STYLE):
    fig = show.figure(height=3.0)
    ax = fig.subplots()
    draw_paths(ax, box_runs)
    ax.axhspan(1, 2.1, color=show.MARK, alpha=0.2)
    final = {n: sum(path[-1] for path in paths) / len(paths)
             for n, paths in box_runs.items()}
    title = ", ".join(f"{name} {x:.2f}" for name, x in final.items())
    ax.set_title(f"Mean θ at the end: {title}")
show.Picture(fig, "Shaded: the boxes do not meet, and JS is ln 2 throughout.")

# %%
# what we claim
met = {n: [path[-1] for path in paths] for n, paths in box_runs.items()}
checks.claim("by gradient descent, the non-saturating loss brings the boxes "
             "home", max(map(abs, met["non-saturating"])) < 0.3)
checks.claim("with the saturating one they do not even meet in these steps",
             min(met["saturating"]) > 1)

# %% [markdown] predict={"picture": "adam", "words": ["round", "remembers"]}
# JS is flat in the shaded part and $G$ comes home all the same, with the loss
# that follows the logit. The other one moves $\theta$, too, but hardly, as
# gradient descent takes its tiny slopes as they are.
#
# Back to the Gaussians. Adam divides a gradient by its own recent size.
# **Predict:** what becomes of the difference if $G$ uses Adam?

# %%
adam = {"optimizer": torch.optim.Adam, "lr": 0.05}
with_adam = {
    name: [play(loss_g, seed, **adam) for seed in cockpit.progress(seeds)]
    for name, loss_g in both.items()
}

# %% picture="adam"
by_adam = {name: [home(path) for path, _ in games]
           for name, games in with_adam.items()}
counts = {f"{name}\nSGD": steps_home for name, steps_home in took.items()}
counts |= {f"{name}\nAdam": steps_home for name, steps_home in by_adam.items()}
sat, non = (sum(homes) / len(homes) for homes in by_adam.values())
show.bars(
    counts,
    ylabel="steps home",
    title=f"With Adam: {sat:.0f} against {non:.0f} steps",
    sentence="Steps to the data, one dot per seed. With Adam the saturating "
    f"loss is {'faster' if sat < non else 'slower'}.",
)

# %%
# what we claim
checks.claim("with Adam the saturating loss is home sooner", sat < non)

# %% [markdown]
# Adam turns the order round. Why? Its step is the learning rate times
#
# $$\frac{\text{mean of the last slopes}}
# {\sqrt{\text{mean of the squares of the last slopes}}},$$
#
# and the mean below the line goes back over some 1,000 steps: here, over all.
# Look at the slopes in the games of the first seed, at the steps that Adam
# makes of them, and at those of an Adam with a short memory:

# %%
short = {"lr": 0.05, "optimizer": lambda parameters, lr: torch.optim.Adam(
    parameters, lr=lr, betas=(0.0, 0.5))}
short_games = {name: play(loss_g, seeds[0], **short)
               for name, loss_g in both.items()}
long_games = {name: games[0] for name, games in with_adam.items()}


def step_sizes(game):  # in units of the learning rate
    return torch.tensor([4.0, *game[0]]).diff().abs() / 0.05


shown = min(120, steps)
with rc_context(show.STYLE):
    fig, (left, middle, right) = show.panels(3)
    at = torch.arange(shown)
    sizes = {n: torch.tensor(game[1][:shown]).abs()
             for n, game in long_games.items()}
    axes = {"xlabel": "step of G", "ylim": (0, None)}
    show.draw_lines(left, at, sizes, ylabel="size of the slope", **axes)
    left.set_title("the slopes")
    games = {"long": long_games, "short": short_games}
    for ax, (memory, pair) in zip((middle, right), games.items()):
        made = {n: step_sizes(game)[:shown] for n, game in pair.items()}
        show.draw_lines(ax, at, made, legend=False, **axes)
        homes = [home(path) for path, _ in pair.values()]
        ax.set_title(f"{memory}: {homes[0]} and {homes[1]} steps")
    middle.set_ylabel("step / learning rate")
show.Picture(fig, "Left: what Adam gets. Middle: the steps it makes of it "
             "with its long memory. Right: with a short one.")

# %%
# what we claim
half = shown // 2
tired = step_sizes(long_games["non-saturating"])[half:shown].mean()
fresh = step_sizes(short_games["non-saturating"])[half:shown].mean()
checks.claim("a long memory shrinks the non-saturating steps", tired < fresh)
homes = [home(path) for path, _ in short_games.values()]
checks.claim("with a short one both losses take about as long",
             abs(homes[0] - homes[1]) < 15)

# %% [markdown]
# In these games the non-saturating slopes rise for some twenty steps and then
# shrink. Adam remembers the large ones, divides by them, and its steps get too
# small. The saturating slopes start small and grow until $G$ is well on its
# way: for all that time its steps are about the learning rate, or more. With a
# short memory both take such steps until they are home, and about equally
# many. (That is one seed and one learning rate.)
#
# So "saturates" is a property of the loss, "slow" one of loss and optimizer.

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
#    <details><summary>Answer</summary>ln 2 − 0.1 = 0.593, if 0.2 is the
#    expected loss, not that of a batch which <i>D</i> may know by heart, and
#    if <i>D</i> is at its best. A weaker <i>D</i> has a higher expected loss:
#    JS is at least that.</details>
# 5. $D$ says ½ to everything. Is the game over?
#    <details><summary>Answer</summary>Perhaps. Perhaps <i>D</i> has not
#    learned yet, or is of a kind that cannot see the difference: compare
#    samples, not only numbers.</details>

# %% [markdown]
# ## Ledger
# | what we changed | what happened |
# |---|---|
# | $\ln(1-\sigma)$ → softplus | finite at a logit of 100 |
# | trained $D$ instead of $D^*$ | the same curve, error stated |
# | $D$ with a straight logit → a network | loss 1.386 → below, on the same points |
# | saturating → non-saturating | slope at −10: −4.5e-5 → −1; with plain gradient descent home in about a fifth of the steps |
# | Gaussians → boxes that do not meet | with plain gradient descent, in 200 steps, only the non-saturating loss brings them home |
# | gradient descent → Adam for $G$ | the order turns round; with a short memory a draw, in one seed |
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
