# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 10 · Choose a loss
#
# Papers offer dozens of losses and a picture that shows each one winning.
# You will train fifty GANs at once and see which differences survive.
#
# **What you'll do.** Write three famous losses, find out what $D$'s output
# means under each, and compare five of them on equal terms.
#
# **What you'll learn**
# - *write* least squares, hinge and relativistic pairs, means and signs right;
# - *read* $D$'s output: a logit, a probability, a vote or a mere rank;
# - *judge* a table of runs by its intervals, broken runs included.
#
# **What you'll need.** Lessons 02 and 04. About 70 minutes of your time;
# {{minutes}} minutes of computing on 2 CPU cores.

# %%
from gan_lessons import checks, cockpit, data, detectors
from gan_lessons import losses, metrics, models, runtime, show, training
import copy
import itertools
import time

import torch
from torch import nn
from torch.nn import functional as F

device = runtime.start(threads=1)  # small networks

# %% [markdown]
# ## The knobs
# As in lesson 04, with a smaller batch and fewer steps.

# %%
seeds = range(runtime.budget(tiny=2, ci=2, lesson=5, full=10))
steps = runtime.budget(tiny=20, ci=400, lesson=5_000, full=20_000)
d_steps = runtime.budget(tiny=10, ci=100, lesson=1_500, full=5_000)
batch_size = 64
latent_dim = 2
lr = 3e-3  # of both players
decay = 0.998  # of the generator's average
blur = 0.5  # instance noise at the start, gone after 30 % of the steps
clip = 0.1  # limit of the Wasserstein critic's weights
enough = steps >= 5_000  # below that, nothing is claimed of a run

# %% [markdown]
# ## Least squares: come close to a target
# Cross entropy makes $D$ a classifier. But a classifier that is sure of a
# fake has nothing more to say about it, near or far. So ask $D$ for a
# *number* instead: 1 for real, 0 for fake, and punish by the square.
#
# $$L_D=\mathbb E\,(D(x)-1)^2+\mathbb E\,D(G(z))^2,\qquad
# L_G=\mathbb E\,(D(G(z))-1)^2.$$
#
# ## ✏️ Exercise 1 · Least squares
# *10 minutes · ●○○*
#
# Both losses for outputs of $D$, (B,) each. **Decide first:** does a sigmoid
# belong in front? A loss is one number with a gradient; a constant in it
# changes nothing.
#
# {{hints objectives.least_squares}}

# %% tags=["exercise"]
def my_least_squares_d(real_logits, fake_logits):
    # BEGIN SOLUTION
    return (real_logits - 1).square().mean() + fake_logits.square().mean()
    # END SOLUTION


def my_least_squares_g(real_logits, fake_logits):
    # BEGIN SOLUTION
    return (fake_logits - 1).square().mean()
    # END SOLUTION


checks.objectives.least_squares(my_least_squares_d, my_least_squares_g)

# %% [markdown]
# The pair we use from here on:

# %% tags=["mirrors:losses"]
def least_squares_d(real_logits, fake_logits):
    return (real_logits - 1).square().mean() + fake_logits.square().mean()


def least_squares_g(real_logits, fake_logits):
    return (fake_logits - 1).square().mean()

# %% [markdown]
# ## Hinge: good enough is good enough
# A support vector machine stops caring about a sample once it lies beyond a
# margin. The same for $D$, with the margins 1 and −1; $G$ has none:
#
# $$L_D=\mathbb E\max(0,1-D(x))+\mathbb E\max(0,1+D(G(z))),\qquad
# L_G=-\mathbb E\,D(G(z)).$$
#
# ## ✏️ Exercise 2 · The hinge
# *10 minutes · ●●○*
#
# **Decide first:** what is $D$'s slope at a real sample with $D(x)=1.5$?
#
# {{hints objectives.hinge}}

# %% tags=["exercise"]
def my_hinge_d(real_logits, fake_logits):
    # BEGIN SOLUTION
    return F.relu(1 - real_logits).mean() + F.relu(1 + fake_logits).mean()
    # END SOLUTION


def my_hinge_g(real_logits, fake_logits):
    # BEGIN SOLUTION
    return -fake_logits.mean()
    # END SOLUTION


checks.objectives.hinge(my_hinge_d, my_hinge_g)

# %% [markdown]
# Take the hinge away, and the **Wasserstein** critic is left: it wants the
# gap between its two means as wide as it can get. That has no end, so its
# weights are cut to $[-c, c]$ after each step. Why this measures a distance,
# and what cuts better, is lesson 11.

# %% tags=["mirrors:losses"]
def hinge_d(real_logits, fake_logits):
    return F.relu(1 - real_logits).mean() + F.relu(1 + fake_logits).mean()


def critic_d(real_logits, fake_logits):
    return fake_logits.mean() - real_logits.mean()


def mean_g(real_logits, fake_logits):  # G's side of both
    return -fake_logits.mean()

# %% [markdown]
# ## Relativistic pairs: which of the two?
# Show $D$ one real and one fake sample and ask which is which. Only the
# *difference* of its two outputs counts:
#
# $$L_D=\mathbb E\operatorname{softplus}\big(D(G(z))-D(x)\big),\qquad
# L_G=\mathbb E\operatorname{softplus}\big(D(x)-D(G(z))\big).$$
#
# For the first time $G$'s loss needs the real batch.
#
# ## ✏️ Exercise 3 · Relativistic pairs
# *10 minutes · ●●○*
#
# Sample $i$ of one batch meets sample $i$ of the other. **Decide first:**
# what changes if you add 7 to all of $D$'s outputs?
#
# {{hints objectives.relativistic}}

# %% tags=["exercise"]
def my_relativistic_d(real_logits, fake_logits):
    # BEGIN SOLUTION
    return F.softplus(fake_logits - real_logits).mean()
    # END SOLUTION


def my_relativistic_g(real_logits, fake_logits):
    # BEGIN SOLUTION
    return F.softplus(real_logits - fake_logits).mean()
    # END SOLUTION


checks.objectives.relativistic(my_relativistic_d, my_relativistic_g)

# %% tags=["mirrors:losses"]
def relativistic_d(real_logits, fake_logits):
    return F.softplus(fake_logits - real_logits).mean()


def relativistic_g(real_logits, fake_logits):
    return F.softplus(real_logits - fake_logits).mean()

# %% [markdown]
# ## Where each loss pulls
# Two real and two fake samples. A curve says what the batch's loss becomes
# when one of them moves; a broad line, where its slope drives it. Pick a
# loss and a player, then drag the batch. **Predict:** for which loss does
# moving a fake sample change the slope of a real one?

# %%
games = {
    "non-saturating": losses.non_saturating,
    "least squares": losses.least_squares,
    "hinge": losses.hinge,
    "Wasserstein": losses.wasserstein,
    "relativistic": losses.relativistic,
}


def pulls(loss, player, real_1=2.0, real_2=0.5, fake_1=-1.0, fake_2=1.0):
    game = games[loss]
    is_g = player == "G"
    return show.objective(
        game.loss_g if is_g else game.loss_d,
        torch.tensor([real_1, real_2]),
        torch.tensor([fake_1, fake_2]),
        name=f"{loss}, {player}",
        real_moves=not is_g,
    )

# %%
logits = (-3.0, 3.0, 0.5)  # from, to, step
show.explore(
    pulls,
    loss=list(games),
    player=["D", "G"],
    real_1=logits,
    real_2=logits,
    fake_1=logits,
    fake_2=logits,
)

# %%
# what we claim: D pulls little at a pair that it tells apart, 2 and −1
assert "real -0.05, -0.62" in pulls("relativistic", "D").sentence

# %% [markdown]
# Least squares pulls $G$'s samples back from *both* sides of 1. The hinge
# lets go at its margins. Only the pairs are tied to one another.
#
# ## What does D's output mean?
# At one place $x$, with densities $p$ and $q$, the best $D$ picks the $t$
# that makes $p\,\ell_{\text{real}}(t)+q\,\ell_{\text{fake}}(t)$ small.
# For cross entropy that is the logit of lesson 02's $D^*$. For the others?
#
# ## ✏️ Exercise 4 · What D's output means
# *10 minutes · ●●●*
#
# Given $p$ and $q$ at some places, (K,) each, return the best outputs for
# cross entropy, least squares and the hinge: three tensors (K,).
#
# {{hints objectives.best_outputs}}

# %% tags=["exercise"]
def my_best_outputs(p, q):
    # BEGIN SOLUTION
    logit = (p / q).log()
    probability = p / (p + q)
    vote = (p - q).sign()
    return logit, probability, vote
    # END SOLUTION


checks.objectives.best_outputs(my_best_outputs)

# %% [markdown]
# The critic has no best output: without its limit it goes to $\pm\infty$.
# For the pairs, $D(x)-D(y)$ should be the logit that $x$ is the real one of
# the two, so $D=\ln\frac pq+c$, with *any* constant $c$.
#
# Do networks agree? Four of them on a line, on the same samples, one loss
# each. We train all four at once, and that needs two small tools.
#
# ## Many networks side by side
# A layer of a tiny network costs about the same however tiny it is. So
# lay $n$ of them side by side: samples (n, B, in), weights (n, in, out), one
# call of `baddbmm`, a batch of `bias + x @ weight`.

# %% tags=["mirrors:models"]
class StackedLinear(nn.Module):
    def __init__(self, layers):
        super().__init__()
        weights = torch.stack([layer.weight.detach().T for layer in layers])
        self.weight = nn.Parameter(weights)  # (n, in, out)
        biases = torch.stack([layer.bias.detach() for layer in layers])
        self.bias = nn.Parameter(biases[:, None])  # (n, 1, out)

    def forward(self, x):
        return torch.baddbmm(self.bias, x, self.weight)

# %% [markdown]
# `models.stack` turns $n$ networks into one of such layers. Its logits are
# (n, B), and every game gets its own rows: `vmap` applies a loss that was
# written for one run, (B,) → scalar, to each row.

# %% tags=["mirrors:training"]
def each(losses, real_logits, fake_logits):
    parts = []
    for loss, rows in losses:
        loss_of_each = torch.vmap(loss)
        parts.append(loss_of_each(real_logits[rows], fake_logits[rows]))
    return torch.cat(parts)  # (n,)

# %% [markdown]
# Minimizing the *sum* of $n$ losses minimizes each: no weight of one run
# occurs in the loss of another. Adam works number by number, so it keeps
# them apart as well.

# %%
def on_a_line(n):  # real: two bumps, fake: one between them
    side = 3.0 * torch.randint(2, (n, 1)) - 1.5
    real = side + 0.5 * torch.randn(n, 1)
    fake = torch.randn(n, 1)
    return real, fake


def line_discriminator():
    return nn.Sequential(
        nn.Linear(1, 32),
        nn.SiLU(),
        nn.Linear(32, 32),
        nn.SiLU(),
        nn.Linear(32, 1),
        nn.Flatten(0),
    )

# %%
kinds = [name for name in games if name != "Wasserstein"]
losses_d = [
    (games[name].loss_d, slice(i, i + 1)) for i, name in enumerate(kinds)
]
runtime.seed_everything(0)
D = models.stack([line_discriminator()] * len(kinds))  # four from one start
opt_d = torch.optim.Adam(D.parameters(), lr=0.01, fused=True)
slower = training.falling_lr(opt_d, d_steps)
for step in range(d_steps):
    real, fake = on_a_line(512)  # (512, 1)
    real = real.expand(len(kinds), -1, -1)  # (4, 512, 1), the same for all
    fake = fake.expand(len(kinds), -1, -1)
    loss_d = each(losses_d, D(real), D(fake)).sum()
    opt_d.zero_grad()
    loss_d.backward()
    opt_d.step()
    slower.step()

# %% [markdown]
# And the formulas, with $p$ and $q$ known:

# %%
line = torch.linspace(-3.5, 3.5, 351)
left = torch.exp(-2 * (line + 1.5) ** 2)  # sigma .5
right = torch.exp(-2 * (line - 1.5) ** 2)
p = left + right
q = torch.exp(-(line**2) / 2)  # both up to one common factor
logit = (p / q).log()
best = torch.stack([logit, p / (p + q), (p - q).sign(), logit])  # (4, 351)
places = line.expand(len(kinds), -1)[..., None]  # (4, 351, 1)
found = D(places).detach()  # (4, 351)

# %%
seen = p + q > 0.03  # elsewhere there are hardly any samples
off = (found - best)[:, seen].abs().mean(dim=1)
shift = (found[3] - best[3])[seen].mean()
show.meanings(
    line[seen],
    {name: (found[i, seen], best[i, seen]) for i, name in enumerate(kinds)},
    sentence="What D answers along the line, trained and by the formula. "
    f"Off by {off[0]:.2f}, {off[1]:.2f} and {off[2]:.2f} on average; the "
    f"pairs lie {shift:+.2f} away from ln(p/q), a constant they are free in.",
)

# %%
# what we claim
if enough:
    assert off[0] < 0.6  # of a logit
    assert off[1] < 0.1  # of a probability
    assert off[2] < 0.3  # of a vote

# %% [markdown]
# A logit, a probability, a vote, a rank: four readings of the same samples.
# So a threshold of 0 or a plot of "D(real)" means something else under each
# loss, and under the last one nothing at all.
#
# ## Fifty GANs at once
# The same step as in lesson 04, on stacked networks, each run with the loss
# that `losses_d` and `losses_g` give it:

# %%
def step_of_all(G, D, opt_g, opt_d, real, z, losses_d, losses_g):
    fake = G(z)  # (n, B, 2)

    # 1 · every discriminator
    loss_d = each(losses_d, D(real), D(fake.detach()))  # (n,)
    opt_d.zero_grad()
    loss_d.sum().backward()
    opt_d.step()

    # 2 · every generator
    loss_g = each(losses_g, D(real), D(fake))  # (n,)
    opt_g.zero_grad()
    loss_g.sum().backward()
    opt_g.step()

# %% [markdown]
# Fair terms: a seed fixes the first weights, the order of the data and the
# noise, and *every loss starts from the same five seeds*. Then a difference
# between two losses is not a difference between two starts.

# %%
def players(seeds, copies, lr=lr):
    generators, discriminators = [], []
    for seed in seeds:
        runtime.seed_everything(seed)
        generators.append(models.plane_generator())
        layers = models.plane_discriminator()
        noisy = nn.Sequential(models.InstanceNoise(), *layers)
        discriminators.append(noisy)
    G = models.stack(generators * copies).to(device)
    D = models.stack(discriminators * copies).to(device)
    adam = {"lr": lr, "betas": (0.5, 0.99), "fused": True}
    opt_g = torch.optim.Adam(G.parameters(), **adam)
    opt_d = torch.optim.Adam(D.parameters(), **adam)
    return G, D, opt_g, opt_d

# %% [markdown]
# Two targets, the ring of 8 and the grid of 25. For each of them every seed
# has batches and noise of its own, and each loss gets a copy:

# %%
ring = data.ring()
grid = data.grid()
sets = [ring, grid]

# %%
def streams(sets, seeds, copies):
    real, z = [], []
    for points in sets:
        x = points.x.to(device)
        for seed in seeds:
            rng = runtime.generator(seed)
            real.append(data.batches(x, batch_size, rng=rng))
            rng = runtime.generator(1000 + seed, device)
            z.append(training.noise(batch_size, latent_dim, rng=rng))
    real = training.side_by_side(real, copies=copies)
    z = training.side_by_side(z, copies=copies)
    return real, z

# %% [markdown]
# **Predict:** one step of fifty GANs takes how many times as long as one
# step of one? And does a run notice its neighbors? `assert` knows.

# %%
def twenty_steps(names):
    G, D, opt_g, opt_d = players(range(1), len(names))
    real, z = streams([ring], range(1), len(names))
    losses_d, losses_g = [], []
    for i, name in enumerate(names):
        row = slice(i, i + 1)
        losses_d.append((games[name].loss_d, row))
        losses_g.append((games[name].loss_g, row))
    for _ in range(20):
        step_of_all(
            G,
            D,
            opt_g,
            opt_d,
            next(real),
            next(z),
            losses_d,
            losses_g,
        )
    return G[0].weight  # of the first layer of all generators

# %%
together = twenty_steps(list(games))
for i, name in enumerate(games):
    alone = twenty_steps([name])
    apart = alone[0] - together[i]
    assert apart.abs().mean() < 1e-3  # rounding; a step is 3e-3

# %% [markdown]
# And the time of a step, of one GAN and of fifty:

# %%
def pace(n, rounds=15):
    team = players(range(n), 1)
    real, z = streams([ring], range(n), 1)
    losses_d = [(hinge_d, slice(None))]  # all play the same game
    losses_g = [(mean_g, slice(None))]
    spent = []
    for _ in range(rounds):
        started = time.perf_counter()
        step_of_all(*team, next(real), next(z), losses_d, losses_g)
        spent.append(1000 * (time.perf_counter() - started))
    return sorted(spent)[rounds // 2]  # the median, in ms

# %%
one = pace(1)
fifty = pace(50)
print(
    f"one GAN: {one:.1f} ms a step; fifty: {fifty:.1f} ms, "
    f"{fifty / one:.0f} times the time for 50 times the work"
)

# %% [markdown]
# Each run makes exactly its own steps; nobody notices anybody.
#
# ## The experiment
# Five losses, two targets, five seeds: the ring of 8 and the grid of 25,
# with the blur and the average of lesson 04. `training.sweep` is
# `step_of_all` and ■; averages, schedules and limits wrap it as they wrap
# `train`. **Predict:** which loss covers most modes of the grid?

# %%
def play(run, D, steps):  # to its end; the blur fades
    D[0].sigma = blur
    for _ in cockpit.progress(range(20), unit="twentieth"):
        for _, moment in zip(range(steps // 20), run):
            D[0].sigma = blur * max(0.0, 1 - moment.step / (0.3 * steps))
    return moment.history


def sample(G, n):  # (n, 4000, 2), of each run from the same noise
    rng = runtime.generator(7)
    z = torch.randn(4_000, latent_dim, generator=rng).to(device)
    with torch.no_grad():
        return G(z.expand(n, -1, -1)).cpu()

# %%
def experiment(games, sets, steps, lr=lr, limits=None):
    each_plays = len(sets) * len(seeds)
    rules = [game for game in games.values() for _ in range(each_plays)]
    G, D, opt_g, opt_d = players(list(seeds) * len(sets), len(games), lr)
    average = copy.deepcopy(G)
    real, z = streams(sets, seeds, len(games))
    run = training.sweep(
        G, D, opt_g, opt_d, real, z, games=rules, steps=steps
    )
    if limits is not None:
        run = training.constrained(run, opt_d, D, limits)
    run = training.averaged(run, average, decay=decay)
    falling = [training.falling_lr(opt, steps) for opt in (opt_g, opt_d)]
    run = training.scheduled(run, *falling)
    history = play(run, D, steps)
    clouds = sample(average, len(rules))
    shape = (len(games), len(sets), len(seeds))
    return clouds.unflatten(0, shape), history

# %% [markdown]
# The critic's weights are clipped after each step. Of four limits, tried on
# other seeds, 0.1 gave the grid its smallest distances; the rest of the
# critic's recipe (five steps for each of $G$'s) would break the equal budget.

# %%
@torch.no_grad()
def clip_critics(D):
    each_plays = len(sets) * len(seeds)
    first = list(games).index("Wasserstein") * each_plays
    for weight in D.parameters():
        weight[first : first + each_plays].clamp_(-clip, clip)

# %%
clouds, history = experiment(games, sets, steps, limits=clip_critics)
on_grid = clouds[:, 1]  # (loss, seed, 4000, 2)
show.clouds(
    list(zip(games, on_grid[:, 0])),
    real=grid.x,
    sentence="One seed of each loss on the grid of 25, over the real points. "
    "One seed is a story, not a result.",
)

# %% [markdown]
# ## Name what went wrong
# A mean over runs that quietly leaves out the broken ones is a lie. So look
# at every run, and call by name those whose numbers **broke** (NaN or
# infinity), that went **astray** (farther from the data than pure noise is),
# or that **collapsed** (visit fewer than half of the modes).

# %%
def verdict(cloud, points):
    if not cloud.isfinite().all():
        return "broke"
    few = points.x[:1000]
    noise = torch.randn(1000, 2)
    nothing = metrics.energy_distance(few, noise)
    if metrics.energy_distance(few, cloud[:1000]) > nothing:
        return "astray"
    modes = len(points.centers)
    shares = detectors.mode_shares(cloud, points.centers)
    visited = (shares >= 0.2 / modes).sum()
    return "collapsed" if visited < modes / 2 else "ran"

# %%
runs = list(itertools.product(games, sets, seeds))
cloud_of_run = clouds.flatten(0, 2)  # (runs, 4000, 2), in the same order
accidents = []
for cloud, (name, points, seed) in zip(cloud_of_run, runs):
    said = verdict(cloud, points)
    if said != "ran":
        accidents.append(f"{name}, {points.name}, seed {seed}: {said}")
print(f"{len(runs) - len(accidents)} of {len(runs)} runs had no accident")
for accident in accidents:
    print(accident)

# %% [markdown]
# All of them stay in the table.
#
# ## Means with intervals
# Five seeds give five numbers, and their mean would come out otherwise with
# five other seeds. How much otherwise? Student's interval says: the mean,
# give or take $t\,s/\sqrt n$, with $s$ the standard deviation over seeds.

# %% tags=["mirrors:intervals"]
# Student's t, 97.5 %, of 2, 3 … 10 values
STUDENT = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262)


def over_seeds(values):
    n = values.shape[-1]
    mean = values.mean(dim=-1)
    t = STUDENT[min(n, 10) - 2]
    half = t * values.std(dim=-1) / n**0.5
    return mean - half, mean, mean + half

# %% [markdown]
# Three numbers for each run:

# %%
def score(cloud, points):
    modes = metrics.modes_covered(cloud, points.centers, points.sigma)
    share = metrics.high_quality_share(cloud, points.centers, points.sigma)
    far = metrics.energy_distance(points.x[:2000], cloud[:2000])
    return modes, share, far


measures = ["modes", "quality", "distance"]
score_of_run = []
for cloud, (_, points, _) in zip(cloud_of_run, runs):
    score_of_run.append(score(cloud, points))
scores = torch.tensor(score_of_run)  # (runs, 3)
scores = scores.unflatten(0, clouds.shape[:3])  # (loss, target, seed, 3)

# %%
panels, ceilings, edges = {}, {}, {}
for i, points in enumerate(sets):
    ceilings[f"{points.name}: modes"] = len(points.centers)
    edges[f"{points.name}: distance"] = 0.5
    for j, measure in enumerate(measures):
        of_seeds = scores[:, i, :, j].tolist()
        panels[f"{points.name}: {measure}"] = dict(zip(games, of_seeds))
beyond = (scores[..., 2] > 0.5).sum()
show.compared(
    panels,
    ideal=ceilings,
    edges=edges,
    sentence="One dot per seed; the mean, a diamond, with its 95 % interval. "
    f"Distance: less is better; {beyond} runs at ▶.",
)

# %% [markdown]
# The dotted line is what a perfect sampler reaches, ▶ a run beyond the edge.
# An interval may reach past what is possible: Student takes five numbers for
# normal, and one run far off shows what that costs. **Decide first:** which
# differences would you bet on? All losses shared their starts, so compare
# seed by seed: the interval of the *differences* from the non-saturating
# loss. If it leaves out 0, five other seeds would likely say the same.

# %%
gaps = scores[1:] - scores[0]  # from the non-saturating loss
gaps = gaps.transpose(-1, -2)  # (loss, target, measure, seed)
low, mean, high = over_seeds(gaps)  # (loss, target, measure)
without_0 = (low > 0) | (high < 0)

# %%
print(
    f"{without_0.sum()} of {without_0.numel()} intervals leave out 0; if "
    "nothing differed, chance alone would give about "
    f"{without_0.numel() / 20:.0f}:"
)
for i, j, k in without_0.nonzero().tolist():
    name = list(games)[i + 1]
    ends = f"{low[i, j, k]:+.2f} to {high[i, j, k]:+.2f}"
    what = f"{sets[j].name}, {measures[k]}, {name}"
    print(f"{what}: {mean[i, j, k]:+.2f} ({ends})")

# %% [markdown]
# Read that list slowly. What is *not* in it is undecided, not equal: five
# seeds are too few to see a small difference. What is in it holds for these
# nets, this learning rate and these targets, and one entry may be luck.
# Look at quality and distance side by side: they need not agree, since a
# smeared cloud may lie where it should. No single number is enough.
#
# And $D$'s output at the end, on real points of the ring?

# %%
last = history.column("real_logit")[-100:].mean(0)  # (runs,)
on_ring = last.unflatten(0, clouds.shape[:3])[:, 0]  # (loss, seed)
levels = dict(zip(games, on_ring))
print({
    name: f"{level.min():.1f} … {level.max():.1f}"
    for name, level in levels.items()
})
if enough:  # p/(p+q) where p = q
    assert (levels["least squares"] - 0.5).abs().max() < 0.25

# %% [markdown]
# Where $p=q$ the formulas say ½ for least squares and 0 for cross entropy; a
# run that went astray is not there. Nothing holds the level of the pairs.
#
# ## Break it on purpose
# Thirty times the learning rate, and two old acquaintances: cross entropy
# typed as in the paper, with logarithms of $\sigma$, and a critic without
# any limit. **Predict:** which of the four meets a NaN, and who notices?

# %%
def textbook_d(real_logits, fake_logits):
    real = real_logits.sigmoid()
    fake = fake_logits.sigmoid()
    return -real.log().mean() - (1 - fake).log().mean()


textbook = losses.Game(textbook_d, losses.non_saturating_g)

# %%
wild = {
    "textbook logs": textbook,
    "softplus": losses.non_saturating,
    "least squares": losses.least_squares,
    "no limit": losses.wasserstein,
}
few_steps = max(20, steps // 10)
_, wreck = experiment(wild, [ring], few_steps, lr=30 * lr)

# %% [markdown]
# Which runs broke, and how high did $D$'s outputs climb?

# %%
height = wreck.column("real_logit").abs()  # (steps, runs)
broken_at = wreck.broken()  # each run's first broken step, or None
tops, broke = {}, {}
for i, name in enumerate(wild):
    own = slice(i * len(seeds), (i + 1) * len(seeds))
    tops[name] = height[:, own].amax(1)
    broke[name] = [step for step in broken_at[own] if step]
for name, when in broke.items():
    said = f", from step {min(when)} on" if when else ""
    print(f"{name}: {len(when)} of {len(seeds)} runs broke{said}")
show.lines(
    torch.arange(1, len(height) + 1),
    tops,
    yscale="log",
    xlabel="step",
    ylabel="largest |D(real)|",
    sentence="The largest mean output of D over the seeds. A line that ends "
    "is a NaN; without a limit the critic reaches "
    f"{tops['no limit'][-1]:,.0f} at the end.",
)

# %%
# what we claim
assert len(broke["textbook logs"]) == len(seeds)
assert not broke["softplus"]
assert not broke["least squares"]
assert not broke["no limit"]

# %% [markdown]
# The logarithm of a $\sigma$ that is rounded to 0 is infinite, and soon
# everything in that run is NaN; its neighbors in the same tensors go on. The
# same formula with softplus stays finite, which does not make it good. The
# critic without a limit never breaks: it runs away in silence. So a run
# needs a verdict, and not only a finite loss.

# %% [markdown]
# ## Quiz
# 1. $D$'s loss is $(\mathbb E D(x)-1)^2+(\mathbb E D(G(z)))^2$. What can go
#    wrong that the right one prevents?
#    <details><summary>Answer</summary>Outputs of 5 and −3 for two real
#    samples count as perfect: the square must come before the
#    mean.</details>
# 2. In the hinge game all of $D$'s slopes are 0. What does $G$ learn from?
#    <details><summary>Answer</summary>From <i>D</i> as it stands: <i>G</i>'s
#    loss has no hinge, and <i>D</i>'s function still has a slope in
#    <i>x</i>.</details>
# 3. Someone stops a relativistic run because D(real) fell to −20. Right?
#    <details><summary>Answer</summary>No: only differences count, the level
#    may drift anywhere.</details>
# 4. An interval of a difference is −0.02 to +0.11. Are the losses equal?
#    <details><summary>Answer</summary>Unknown. Anything from slightly worse
#    to clearly better fits the runs. More seeds narrow it.</details>
# 5. A table of 40 comparisons has two intervals without 0. Impressed?
#    <details><summary>Answer</summary>No: at 95 %, two of 40 are what chance
#    gives where nothing differs.</details>

# %% [markdown]
# ## Ledger
# | what we changed | what happened |
# |---|---|
# | classifier → least squares | a probability instead of a logit, pulled to its target from both sides |
# | margin (hinge) | samples beyond it are left alone; D votes ±1 |
# | pairs | only differences count, D's level drifts |
# | n nets side by side | fifty runs for about ten times the time of one, each the same |
# | one seed → five, with intervals | a winner needs an interval; some differences stand, most do not |
# | logs of σ, 30 times the rate | NaN within a few steps; softplus stays finite |
# | *your change* | *what you saw* |

# %% [markdown]
# ## In practice
# - The five games shared one learning rate. Each might like another; a fair
#   ranking tunes every one with the same effort, on other seeds.
# - A large study did that: with enough tuning and restarts most games reach
#   similar scores, and none was consistently better than the
#   non-saturating one (Lucic et al., below).
# - Least squares also comes with targets −1, 1, 0 or with factors ½; hinge
#   with a hinge on $G$ by mistake. Read the code, not the name.
# - "Relativistic average" compares each sample with the *mean* of the other
#   side: another game.
#
# ## Further reading
# - [Mao et al. 2017](https://arxiv.org/abs/1611.04076): least squares, and
#   the choice of its targets.
# - [Lim and Ye 2017](https://arxiv.org/abs/1705.02894) and
#   [Miyato et al. 2018](https://arxiv.org/abs/1802.05957): the hinge, the
#   second with spectral norm.
# - [Jolicoeur-Martineau 2018](https://arxiv.org/abs/1807.00734): the
#   relativistic games; [R3GAN](https://arxiv.org/abs/2501.05441) builds on
#   the paired one.
# - [Lucic et al. 2018](https://arxiv.org/abs/1711.10337): are GANs created
#   equal? Seven of them, each tuned with the same effort.
#
# Next: lesson 11, *Tame the critic*.
