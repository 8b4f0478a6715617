# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 04 · Train your first GAN
#
# In a few minutes a cloud of random points on your screen will pull itself
# into eight tight clusters, taught by nothing but an opponent.
#
# **What you'll do.** Write the training loop of a GAN, watch it play, and
# measure what it learned.
#
# **What you'll learn**
# - *write* the two updates of a GAN step, and know which mistakes kill it;
# - *measure* a generator: modes covered, share of high quality;
# - *average* the generator's weights, the cheapest large gain there is.
#
# **What you'll need.** Python, PyTorch's autograd, logarithms. About 60
# minutes of your time; {{minutes}} minutes of computing on 2 CPU cores.

# %%
from gan_lessons import checks, cockpit, data, metrics
from gan_lessons import runtime, show
import copy
import math

import torch
from torch import nn
from torch.nn import functional as F
from torch.optim.lr_scheduler import LambdaLR

device = runtime.start(threads=1)  # small networks

# %% [markdown]
# ## The knobs
# Everything you may want to turn stands here. Change one, run the notebook
# again, and write down what happened in the ledger at the end.

# %%
SEED = 0
seeds = range(runtime.budget(tiny=1, ci=2, lesson=5, full=10))
steps = runtime.budget(tiny=20, ci=150, lesson=6_000, full=20_000)
batch_size = 256  # points per step, real and fake each
latent_dim = 2  # length of the noise z
lr = 3e-3  # of both players; falls to 0 in the second half
decay = 0.998  # of the generator's average

# %% [markdown]
# ## A target you can see
# Eight small Gaussians on a circle of radius 2, each with a standard
# deviation of 0.02. Each cluster is a **mode**: a peak of the density.
# Points are easier to judge than pictures: you know exactly where they
# belong, so nothing a generator forgets stays hidden.

# %%
ring = data.ring()
show.points(
    ring.x,
    None,
    title="8 modes, equally likely",
    sentence="Real points form eight tight clusters on a circle.",
)

# %% [markdown]
# ## Two networks
# The **generator** $G$ turns noise $z \sim \mathcal N(0, I)$ into a point.
# It never sees a real one.

# %% tags=["mirrors:models"]
def plane_generator(*, latent_dim=2, width=64):
    return nn.Sequential(
        nn.Linear(latent_dim, width),
        nn.ReLU(),
        nn.Linear(width, width),
        nn.ReLU(),
        nn.Linear(width, 2),  # (B, 2)
    )

# %% [markdown]
# The **discriminator** $D$ gives each point one number, a *logit*: above 0
# means "I think it is real", below 0 "fake". A probability is
# $\sigma(\text{logit})$, and we will not need it.

# %% tags=["mirrors:models"]
def plane_discriminator(*, width=64):
    return nn.Sequential(
        nn.Linear(2, width),
        nn.ReLU(),
        nn.Linear(width, width),
        nn.ReLU(),
        nn.Linear(width, 1),  # (B, 1)
        nn.Flatten(0),  # (B,)
    )

# %%
points = plane_generator()(torch.randn(7, latent_dim))
assert points.shape == (7, 2)
assert plane_discriminator()(points).shape == (7,)

# %% [markdown]
# ## What each player wants
# $D$ should say *real* to real points and *fake* to fake ones:
#
# $$L_D = -\mathbb E\log\sigma(D(x))
# - \mathbb E\log\big(1-\sigma(D(G(z)))\big)$$
#
# $G$ wants the opposite of the second half. Used as it stands, that loss is
# flat where $D$ is sure (lesson 02 measures it), so $G$ minimizes
#
# $$L_G = -\mathbb E\log\sigma(D(G(z))).$$
#
# With $\operatorname{softplus}(t)=\log(1+e^t)$ both become one-liners on
# logits: $-\log\sigma(t)=\operatorname{softplus}(-t)$ and
# $-\log(1-\sigma(t))=\operatorname{softplus}(t)$.

# %% tags=["mirrors:losses"]
def cross_entropy_d(real_logits, fake_logits):
    return F.softplus(-real_logits).mean() + F.softplus(fake_logits).mean()


def non_saturating_g(real_logits, fake_logits):
    return F.softplus(-fake_logits).mean()

# %% [markdown]
# **Decide before you run:** what is $D$'s loss when it says 0, "no idea",
# to every point?

# %%
no_idea = torch.zeros(batch_size)
loss = cross_entropy_d(no_idea, no_idea)
print(f"{loss:.4f}")
assert math.isclose(loss, 2 * math.log(2), rel_tol=1e-5)

# %% [markdown]
# It is $2\ln 2 \approx 1.386$. You will meet that number again: a loss that
# sits there says that $D$ sees no difference. It does not say why.

# %% [markdown]
# ## ✏️ Exercise 1 · Write the training step
# *15 minutes · ●●○*
#
# Write one step of the game. First $D$ learns from one real and one fake
# batch, then $G$ learns from what $D$ says of the fakes. Return nothing.
#
# Three rules: only $D$ moves in $D$'s update, only $G$ in $G$'s, one after the
# other; gradients are fresh; there are as many fakes as real points, whatever
# the batch size. Write the losses on logits.
#
# The check does not read your code. It puts spies on the networks and the
# optimizers and tells you what it saw.
#
# {{hints first_gan.train_step}}

# %% tags=["exercise"]
def my_train_step(G, D, opt_g, opt_d, real, latent_dim):
    # BEGIN SOLUTION
    fake = G(torch.randn(len(real), latent_dim))
    loss_d = cross_entropy_d(D(real), D(fake.detach()))
    opt_d.zero_grad()
    loss_d.backward()
    opt_d.step()
    loss_g = non_saturating_g(None, D(fake))
    opt_g.zero_grad()
    loss_g.backward()
    opt_g.step()
    # END SOLUTION


checks.first_gan.train_step(my_train_step)

# %% [markdown] tags=["instructor"]
# > **For instructors.** The three mistakes to expect: `detach` in both
# > places (no gradient reaches G), `zero_grad` after `backward`, and a
# > fixed batch size. Let learners read the diagnosis aloud before you help.

# %% [markdown]
# ## The step we use from here on
# Yours may look different and be right. This one also hands back the four
# numbers that we want to watch. They stay tensors: turning them into Python
# numbers in every step would make the loop wait.

# %%
def train_step(G, D, opt_g, opt_d, real, latent_dim):
    z = torch.randn(len(real), latent_dim, device=real.device)
    fake = G(z)

    # 1 · the discriminator raises D(real) and lowers D(fake)
    real_logits, fake_logits = D(real), D(fake.detach())
    loss_d = cross_entropy_d(real_logits, fake_logits)
    opt_d.zero_grad()
    loss_d.backward()
    opt_d.step()

    # 2 · the generator raises D(fake)
    loss_g = non_saturating_g(None, D(fake))
    opt_g.zero_grad()
    loss_g.backward()
    opt_g.step()

    real, fake = real_logits.mean(), fake_logits.mean()
    logits = {"real_logit": real, "fake_logit": fake}
    return {"loss_d": loss_d, "loss_g": loss_g, **logits}

# %% [markdown]
# > **Careful.** `fake.detach()` cuts the thread between the fake batch and
# > $G$, so $D$'s `backward()` stops there. The very same `fake`, uncut, goes
# > to $D$ a second time in part 2: now the gradient must reach $G$.

# %% [markdown]
# ## Average the generator
# The players chase each other, and $G$'s weights circle around a good place
# more than they rest in it. So keep a second copy that follows slowly, an
# *exponential moving average* (EMA):
#
# $$\bar\theta \leftarrow \beta\,\bar\theta + (1-\beta)\,\theta$$
#
# It takes no part in the game. It is only there to be looked at.

# %% tags=["mirrors:models"]
@torch.no_grad()
def update_average(average, G, *, decay):
    for kept, new in zip(average.parameters(), G.parameters(), strict=True):
        kept.lerp_(new, 1 - decay)
    for kept, new in zip(average.buffers(), G.buffers(), strict=True):
        kept.copy_(new)

# %% [markdown]
# ## ✏️ Exercise 2 · How long does the average remember?
# *5 minutes · ●○○*
#
# After how many steps has the share of an old weight in $\bar\theta$ fallen
# to one half? Write it as a function of the decay $\beta$; the result need
# not be a whole number, so do not round it.
#
# {{hints first_gan.half_life}}

# %% tags=["exercise"]
def my_half_life(decay):
    # BEGIN SOLUTION
    return math.log(0.5) / math.log(decay)
    # END SOLUTION


checks.first_gan.half_life(my_half_life)

# %% [markdown]
# ## How good is a cloud of points?
# Your eye will want a number beside it. Two that are in common use, the
# second counted more strictly than most papers do:
#
# - **high quality**: the share of samples within $3\sigma$ of a mode. A
#   perfect sampler reaches $1-e^{-9/2} = 98.9\,\%$, not 100 %.
# - **modes covered**: how many modes get at least a fifth of their fair
#   share of the samples, counting only high-quality ones.
#
# A generator can have either without the other: one perfect cluster, or
# eight smeared ones.
#
# ## ✏️ Exercise 3 · Count the modes
# *10 minutes · ●●○*
#
# `samples` is (N, 2), `centers` is (K, 2). Return how many modes are covered.
#
# {{hints first_gan.modes_covered}}

# %% tags=["exercise"]
def my_modes_covered(samples, centers, sigma):
    # BEGIN SOLUTION
    distance, nearest = torch.cdist(samples, centers).min(dim=1)
    hits = nearest[distance <= 3 * sigma].bincount(minlength=len(centers))
    fair = len(samples) / len(centers)
    return int((hits >= 0.2 * fair).sum())
    # END SOLUTION


checks.first_gan.modes_covered(my_modes_covered)

# %% [markdown]
# From here on we use `metrics.modes_covered` and
# `metrics.high_quality_share`, which do the same.

# %%
def score(samples, points):
    modes = metrics.modes_covered(samples, points.centers, points.sigma)
    share = metrics.high_quality_share(samples, points.centers, points.sigma)
    return modes, share


modes, share = score(ring.x[:10_000], ring)
print(f"real points: {modes} modes, {share:.1%} high quality")
assert modes == 8
assert abs(share - metrics.HIGH_QUALITY_CEILING) < 0.005

# %% [markdown]
# ## Watch it play
# One run, live. Everything random is seeded, the average follows $G$, and
# the learning rate falls to zero over the second half, so that the players
# come to rest.

# %% tags=["mirrors:training"]
def falling_lr(optimizer, steps):
    def slope(step):
        return min(1.0, 2 - 2 * step / steps)

    return LambdaLR(optimizer, slope)

# %%
def new_players(lr_d=lr, lr_g=lr, total=steps, glasses=()):
    G = plane_generator(latent_dim=latent_dim).to(device)
    D = nn.Sequential(*glasses, *plane_discriminator()).to(device)
    adam = {"betas": (0.5, 0.99), "fused": True}
    opt_g = torch.optim.Adam(G.parameters(), lr=lr_g, **adam)
    opt_d = torch.optim.Adam(D.parameters(), lr=lr_d, **adam)
    schedulers = [falling_lr(opt, total) for opt in (opt_g, opt_d)]
    return G, D, opt_g, opt_d, copy.deepcopy(G), schedulers

# %% [markdown]
# Blue regions are where $D$ says *real*, orange where it says *fake*. The
# arrows show where $G$'s loss pushes each sample: always toward blue.
#
# Press ■ in the toolbar whenever you like. The loop ends its step, keeps
# everything, and the cells below work with what is there.

# %%
runtime.seed_everything(SEED)
G, D, opt_g, opt_d, average, schedulers = new_players()
batches = data.batches(
    ring.x.to(device), batch_size, rng=runtime.generator(SEED)
)
live = cockpit.Cockpit(
    *(G, D, opt_g, opt_d),
    real=ring.x,
    latent_dim=latent_dim,
    average=average,
    metric=("modes covered", lambda fake: score(fake.cpu(), ring)[0]),
)
for step in live.watch(steps):
    live.record(train_step(G, D, opt_g, opt_d, next(batches), latent_dim))
    update_average(average, G, decay=decay)
    for scheduler in schedulers:
        scheduler.step()

# %% [markdown]
# The losses hardly move while the samples change completely. That is
# normal: each loss measures a player *against the other*, not against the
# data. Scrub through the film to see how it happened.

# %%
live.film.scrub()

# %%
live.film.strip()

# %% [markdown]
# ## Once is not a result
# A seed can be lucky. So train anew from several seeds, and look at two
# moments: half way, while the learning rate is still high, and at the end.
# Each look takes both generators: $G$ as it stands, and its average.
#
# $D$ gets "glasses" for later, a layer that can blur what it sees. Until we
# turn it up, its blur is zero and the game is the one you know.

# %% tags=["mirrors:models"]
class InstanceNoise(nn.Module):
    def __init__(self, sigma=0.0):
        super().__init__()
        self.sigma = sigma

    def forward(self, x):
        if not self.training:
            return x
        return x + self.sigma * torch.randn_like(x)

# %%
def experiment(points, seed, *, steps=steps, lr_d=lr, lr_g=lr, blur=0.0):
    runtime.seed_everything(seed)
    noise = InstanceNoise()
    players = new_players(lr_d, lr_g, steps, glasses=[noise])
    G, D, opt_g, opt_d, average, schedulers = players
    rng = runtime.generator(seed)
    batches = data.batches(points.x.to(device), batch_size, rng=rng)
    z = torch.randn(10_000, latent_dim, device=device)
    looks = []
    for step in range(steps):
        noise.sigma = blur * max(0.0, 1 - step / (0.3 * steps))
        train_step(G, D, opt_g, opt_d, next(batches), latent_dim)
        update_average(average, G, decay=decay)
        for scheduler in schedulers:
            scheduler.step()
        if step + 1 in (steps // 2, steps):
            with torch.no_grad():
                looks.append([net(z).cpu() for net in (G, average)])
    return looks  # half way and at the end: (from G, from the average)

# %%
def panels(runs, points):
    clouds = [averaged for _, (_, averaged) in runs]
    scores = [score(cloud, points) for cloud in clouds]
    titles = [f"{modes} modes, {share:.0%}" for modes, share in scores]
    return list(zip(titles, clouds)), scores


on_ring = [experiment(ring, seed) for seed in cockpit.progress(seeds)]
named, scores = panels(on_ring, ring)
show.clouds(
    named,
    real=ring.x,
    sentence=f"The averaged generator after {steps:,} steps, one panel per "
    "seed, over the real points: modes covered and high-quality share.",
)

# %% [markdown]
# ## What did the average buy?
# **Decide first:** is $\bar G$ better than $G$ half way, at the end, or at
# both moments?

# %%
def quality(runs, moment):
    clouds = zip(*(run[moment] for run in runs))  # (from G, averaged)
    return [[score(c, ring)[1] for c in part] for part in clouds]

# %%
raw, averaged = quality(on_ring, 0)
raw_end, averaged_end = quality(on_ring, 1)
gain = torch.tensor(averaged) - torch.tensor(raw)  # same seeds: paired
assert steps < 6_000 or (gain > 0).all()
show.bars(
    {
        "G, half way": raw,
        "average, half way": averaged,
        "G, end": raw_end,
        "average, end": averaged_end,
    },
    ylabel="high-quality share",
    title=f"Half way the average gains {gain.mean():+.0%}",
    sentence="One dot per seed, their mean as a line. Half way the average "
    f"gains {gain.min():+.0%} to {gain.max():+.0%} over the generator it "
    "follows; at the end both rest.",
)

# %% [markdown]
# Averaging and a falling learning rate cure the same illness, the circling.
# The average does it at any moment, without knowing when the run will end.
#
# ## Why is a mode lost?
# Early in the game the two clouds do not overlap. $D$ separates them at
# once, and its slope need not point to every mode: the arrows lead to the
# nearest ones. So blur what $D$ sees, the real points and the fake ones
# alike, and let the blur fade over the first 30 % of the run: **instance
# noise**.
#
# **Predict:** does blur cost quality at the end?

# %%
blur = 0.5  # standard deviation at the start, in units of the plane
blurred = [
    experiment(ring, seed, blur=blur) for seed in cockpit.progress(seeds)
]
named, with_blur = panels(blurred, ring)
assert steps < 6_000 or min(modes for modes, _ in with_blur) == 8
assert steps < 6_000 or min(share for _, share in with_blur) >= 0.90
print("modes per seed, plain: ", [modes for modes, _ in scores])
print("modes per seed, blurred:", [modes for modes, _ in with_blur])
show.clouds(
    named,
    real=ring.x,
    sentence=f"With instance noise, after {steps:,} steps, one panel per "
    "seed: modes covered and high-quality share.",
)

# %% [markdown]
# With blur every seed finds all eight, with at least 90 % high quality (the
# ceiling is 98.9 %). Compare the two lists: is that proof that blur helps?
# Five seeds a side can hardly tell. Lesson 12 does it with many runs and
# intervals.

# %% [markdown]
# ## Two harder targets
# The same networks, the same knobs: 25 modes on a grid, and a spiral that
# has no modes at all. **Predict first:** how many of the 25 will it find?

# %%
grid, spiral = data.grid(), data.spiral()
on_grid = [
    experiment(grid, seed, blur=blur) for seed in cockpit.progress(seeds)
]
named, grid_scores = panels(on_grid, grid)
assert max(modes for modes, _ in grid_scores) < 25
show.clouds(
    named,
    real=grid.x,
    sentence=f"The averaged generator on 25 modes after {steps:,} steps, "
    "one panel per seed, over the real points.",
)

# %% [markdown]
# This network does not master the grid, and no seed rescues it. Why it
# circles (lesson 03), and what tames it (lesson 12: 25 of 25), is what the
# rest of the course is for.
#
# A spiral has no modes to count. The **energy distance** compares two
# clouds through the distances between their points, and is 0 only if the
# distributions are equal:
# $2\,\mathbb E|x-y| - \mathbb E|x-x'| - \mathbb E|y-y'|$.

# %%
on_spiral = [
    experiment(spiral, seed, blur=blur) for seed in cockpit.progress(seeds)
]
few, others = spiral.x[:2000], spiral.x[2000:4000]
floor = metrics.energy_distance(few, others)
clouds = [averaged for _, (_, averaged) in on_spiral]
distances = [metrics.energy_distance(few, c[:2000]) for c in clouds]
nothing = metrics.energy_distance(few, torch.randn(2000, 2))
assert steps < 6_000 or max(distances) < nothing / 3
show.clouds(
    [(f"distance {d:.4f}", cloud) for d, cloud in zip(distances, clouds)],
    real=spiral.x,
    sentence="The averaged generator on the spiral, one panel per seed. "
    f"Real against real has an energy distance of {floor:.4f}, noise "
    f"{nothing:.3f}.",
)

# %% [markdown]
# ## ✏️ Exercise 4 · Which ratio collapses?
# *5 minutes · ●○○*
#
# Give the two players different learning rates, $D$'s one of 0.05, 0.2, 1, 5
# or 20 times $G$'s. **Predict** which ratio leaves the fewest modes, write it
# down, and run. Name several in a list if you expect a tie: with one seed,
# one mode more or less counts as equal.
#
# {{hints first_gan.ratio}}

# %% tags=["exercise"]
# BEGIN SOLUTION: my_ratio = ...  # 0.05, 0.2, 1, 5 or 20
my_ratio = 0.05
# END SOLUTION

# %%
short = runtime.budget(tiny=20, ci=60, lesson=1_500, full=5_000)
measured = {}
for ratio in cockpit.progress((0.05, 0.2, 1.0, 5.0, 20.0)):
    rates = {"lr_d": lr * ratio**0.5, "lr_g": lr / ratio**0.5}
    *_, (_, cloud) = experiment(ring, SEED, steps=short, **rates)
    measured[ratio] = score(cloud, ring)[0]
print(measured)
checks.first_gan.ratio(my_ratio, measured=measured)

# %% [markdown]
# One seed for each ratio is a story, not a statistic. Run it with another
# `SEED` before you believe the middle of the table.

# %% [markdown]
# ## Draw your own
# Any shape you can draw with straight lines will do. Change the corners,
# run the cell, and see which parts $G$ finds hard.

# %%
corners = [(-2, -1), (-1, 1.5), (0, -0.5), (1, 1.5), (2, -1)]
drawing = data.drawn(corners)
*_, (_, cloud) = experiment(drawing, SEED, steps=short)
show.points(
    drawing.x,
    cloud,
    title=f"After {short:,} steps",
    sentence="The generator's points over the drawn line.",
)

# %% [markdown]
# ## Quiz
# 1. $D$'s loss sits at 1.386. What do you know?
#    <details><summary>Answer</summary>That <i>D</i> tells nothing apart.
#    Perhaps <i>G</i> is perfect, perhaps <i>D</i> never learned, perhaps no
#    real data arrive. Lesson 05 tells these apart.</details>
# 2. Why is the fake batch detached in part 1 and not in part 2?
#    <details><summary>Answer</summary>In part 1 only <i>D</i> may change, so
#    no gradient needs to travel to <i>G</i>. In part 2 the gradient must
#    pass through <i>D</i> to <i>G</i>.</details>
# 3. A generator puts every sample exactly on one of 8 modes, always the
#    same. High quality? Modes?
#    <details><summary>Answer</summary>100 % (more than a perfect sampler!)
#    and 1. No single number is enough.</details>
# 4. Why does averaging weights help a GAN more than it helps a classifier?
#    <details><summary>Answer</summary>A classifier descends and comes to
#    rest; two players circle each other, and the middle of a circle is
#    closer to the goal than any point on it.</details>
# 5. You see 8 of 8 modes in one run. What may you claim?
#    <details><summary>Answer</summary>That it is possible. A claim about a
#    method needs several seeds and their spread.</details>

# %% [markdown]
# ## Ledger
# | what we changed | what happened |
# |---|---|
# | noise → MLP, non-saturating loss, two updates a step | a cloud finds the ring |
# | average of G (β = .998) | half way better in every seed, at no cost to the game |
# | learning rate falls in the second half | the chase calms down, quality rises |
# | blur that fades, on what $D$ sees | all 8 modes in every seed |
# | 25 modes instead of 8, same networks | not solved: lesson 12 |
# | *your change* | *what you saw* |

# %% [markdown]
# ## In practice
# - Library code calls the same loss *GAN loss*, *vanilla* or *BCE with
#   logits*. Check which of the two generator losses it means by that.
# - Papers that report "8 of 8 modes" often count a mode from one sample on.
#   Ours counts from a fifth of the fair share.
# - One fake batch serves both players here. Many tutorials draw a second
#   one for $G$: the same in expectation, and slower.
#
# ## Further reading
# - [Goodfellow et al. 2014](https://arxiv.org/abs/1406.2661): the game, and
#   the advice to use the non-saturating loss (section 3).
# - [Metz et al. 2017](https://arxiv.org/abs/1611.02163): where the ring of 8
#   became the field's first test for mode collapse.
# - [Yazıcı et al. 2019](https://arxiv.org/abs/1806.04498): averaging the
#   generator, measured on images.
# - [GAN Lab](https://poloclub.github.io/ganlab/): the same picture of $D$'s
#   field and $G$'s arrows, in a browser.
#
# Next: lesson 05, *Read a GAN*.
