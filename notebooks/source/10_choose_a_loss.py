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
# **What you'll do.** Find three famous losses, from their slopes, from a
# picture and from a question; learn what $D$'s output means under each; and
# compare five of them from the same starts.
#
# **What you'll learn**
# - *derive* least squares, hinge and relativistic pairs from what they do;
# - *read* $D$'s output: a logit, a probability, a vote, the log-odds of two;
# - *judge* a table of runs by its intervals, broken runs included.
#
# **What you'll need.** Lessons 02 and 04. About 75 minutes of your time;
# {{minutes}} minutes of computing on 2 CPU cores (on a quiet machine; the bars
# below tell what yours took).

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

# %% tags=["parameters"]
SEED = 0  # the first of the seeds
batch_size = 64
latent_dim = 2
lr = 3e-3  # of both players
decay = 0.998  # of the generator's average
blur = 0.5  # instance noise at the start, gone after 30 % of the steps
clip = 0.1  # limit of the Wasserstein critic's weights

# %% [markdown]
# How many seeds and steps the budget allows:

# %%
seeds = range(SEED, SEED + runtime.budget(tiny=2, ci=2, lesson=5, full=10))
steps = runtime.budget(tiny=20, ci=400, lesson=5_000, full=20_000)
d_steps = runtime.budget(tiny=10, ci=100, lesson=1_500, full=5_000)

# %% [markdown]
# ## Least squares: come close to a target
# Where $D$ is sure of a fake, the non-saturating loss pulls with its full
# slope, −1. But a fake that *fools* $D$ is left alone: at a logit of 5 the
# slope is −0.007, however far from the data that fake lies. So ask $D$ for a
# *number* with a target, 1 for real and 0 for fake, let $G$ want a 1, and
# let the pull grow with the distance from the target, on both sides.
#
# ## ✏️ Exercise 1 · Least squares, from its slopes
# *10 minutes · ●●○*
#
# The game is given by its slopes: how the losses change with $D$'s output
# $t$ on *one* of the $B$ samples, times $B$.
#
# | | a real sample | a fake sample |
# |---|---|---|
# | $L_D$ | $2(t-1)$ | $2t$ |
# | $L_G$ | (not asked) | $2(t-1)$ |
#
# Write the two losses. You get what $D$ answers on real and on fake samples,
# (B,) each: raw numbers, with no sigmoid in front. A constant in a loss
# changes nothing.
#
# {{hints objectives.least_squares}}

# %% tags=["exercise"]
def my_least_squares_d(on_real, on_fake):
    # BEGIN SOLUTION
    return (on_real - 1).square().mean() + on_fake.square().mean()
    # END SOLUTION


def my_least_squares_g(on_real, on_fake):
    # BEGIN SOLUTION
    return (on_fake - 1).square().mean()
    # END SOLUTION


checks.objectives.least_squares(my_least_squares_d, my_least_squares_g)

# %% [markdown]
# ## Hinge: good enough is good enough
# A support vector machine stops caring about a sample once it lies beyond a
# margin. The *hinge* game does the same for $D$. Here is what one sample adds
# to the losses, for each output of $D$ on it:

# %%
t = torch.linspace(-3, 3, 121)[:, None]  # (121, 1): one sample a row
far = torch.full_like(t, 9)  # so far beyond the margin that it adds nothing
of_d = torch.vmap(losses.hinge_d)
of_g = torch.vmap(losses.mean_g)
show.lines(
    t[:, 0],
    {
        "a real one, in D's loss": of_d(t, -far),
        "a fake one, in D's loss": of_d(far, t),
        "a fake one, in G's loss": of_g(t, t),
    },
    xlabel="output of D on the sample",
    ylabel="what it adds",
    sentence="Two corners, one for each kind, and a line that has none.",
)

# %% [markdown]
# ## ✏️ Exercise 2 · The hinge, from its picture
# *10 minutes · ●●○*
#
# Read the corners and the slopes, and write both losses: means over the
# batch. Which slope does $D$ get at a real sample with an output of 1.5?
#
# {{hints objectives.hinge}}

# %% tags=["exercise"]
def my_hinge_d(on_real, on_fake):
    # BEGIN SOLUTION
    return F.relu(1 - on_real).mean() + F.relu(1 + on_fake).mean()
    # END SOLUTION


def my_hinge_g(on_real, on_fake):
    # BEGIN SOLUTION
    return -on_fake.mean()
    # END SOLUTION


checks.objectives.hinge(my_hinge_d, my_hinge_g)

# %% [markdown]
# A slope of 0: at 1.5 the curve is flat. Take the hinge away, and the
# **Wasserstein** critic is left: it wants the gap between its two means,
# $\mathbb E\,D(x)-\mathbb E\,D(G(z))$, as wide as it can get, and $G$ plays
# as it does against the hinge. That has no end, so the critic's weights are
# cut to $[-c, c]$ after each step. Why this measures a distance, and what
# cuts better, is lesson 11.
#
# ## Relativistic pairs: which of the two?
# Show $D$ one real and one fake sample and ask which is which. Let
# $\sigma\big(D(x)-D(G(z))\big)$ be the probability that $D$ gives to the
# truth, "$x$ is the real one"; what is left it gives to the lie.
#
# ## ✏️ Exercise 3 · Relativistic pairs, from a question
# *10 minutes · ●●○*
#
# $D$ wants the mean logarithm of the truth's probability large, $G$ that of
# the lie's. Sample $i$ of one batch meets sample $i$ of the other. Write the
# two losses such that they stay finite where the outputs are ±150 (lesson 02
# did that for one logit). What changes if you add 7 to all of $D$'s outputs?
#
# {{hints objectives.relativistic}}

# %% tags=["exercise"]
def my_relativistic_d(on_real, on_fake):
    # BEGIN SOLUTION
    return F.softplus(on_fake - on_real).mean()
    # END SOLUTION


def my_relativistic_g(on_real, on_fake):
    # BEGIN SOLUTION
    return F.softplus(on_real - on_fake).mean()
    # END SOLUTION


checks.objectives.relativistic(my_relativistic_d, my_relativistic_g)

# %% [markdown]
# Nothing: only differences count. And for the first time $G$'s loss needs
# the real batch. The course's versions of all three, and the critic, folded:

# %% tags=["mirrors:losses", "folded"]
def least_squares_d(on_real, on_fake):
    return (on_real - 1).square().mean() + on_fake.square().mean()


def least_squares_g(on_real, on_fake):
    return (on_fake - 1).square().mean()


def hinge_d(on_real, on_fake):
    return F.relu(1 - on_real).mean() + F.relu(1 + on_fake).mean()


def critic_d(on_real, on_fake):
    return on_fake.mean() - on_real.mean()


def mean_g(on_real, on_fake):  # G's side of hinge and critic
    return -on_fake.mean()


def relativistic_d(on_real, on_fake):
    return F.softplus(on_fake - on_real).mean()


def relativistic_g(on_real, on_fake):
    return F.softplus(on_real - on_fake).mean()

# %% [markdown]
# From here on your own losses play, each once it is ✓:

# %%
ls_d, ls_g = checks.objectives.least_squares.yours(
    (losses.least_squares_d, losses.least_squares_g)
)
margin_d, margin_g = checks.objectives.hinge.yours(
    (losses.hinge_d, losses.mean_g)
)
pairs_d, pairs_g = checks.objectives.relativistic.yours(
    (losses.relativistic_d, losses.relativistic_g)
)
games = {
    "non-saturating": losses.non_saturating,
    "least squares": losses.Game(ls_d, ls_g),
    "hinge": losses.Game(margin_d, margin_g),
    "Wasserstein": losses.wasserstein,
    "relativistic": losses.Game(pairs_d, pairs_g, g_needs_real=True),
}

# %% [markdown] predict={"picture": "pulls", "words": ["tied to"]}
# ## Where each loss pulls
# Two real and two fake samples. A curve says what the batch's loss becomes
# when one of them moves; a broad line with an arrow, where its slope drives
# it. Pick a loss and a player, then drag the batch. **Predict:** in the
# relativistic game of $D$, on which the picture opens, fake 2 goes from 1 to
# −3. Which of the other three slopes change, and how?

# %%
def pulls(
    loss="relativistic",
    player="D",
    real_1=2.0,
    real_2=0.5,
    fake_1=-1.0,
    fake_2=1.0,
):
    game = games[loss]
    is_g = player == "G"
    return show.objective(
        game.loss_g if is_g else game.loss_d,
        torch.tensor([real_1, real_2]),
        torch.tensor([fake_1, fake_2]),
        name=f"{loss}, {player}",
        real_moves=not is_g,
    )

# %% picture="pulls"
outputs = (-3.0, 3.0, 0.5)  # from, to, step
show.explore(
    pulls,
    loss=list(games),
    player=["D", "G"],
    real_1=outputs,
    real_2=outputs,
    fake_1=outputs,
    fake_2=outputs,
)

# %%
# what we claim: D pulls little at a pair that it tells apart, 2 and −1
assert "real -0.05, -0.62" in pulls("relativistic", "D").sentence
# and with fake 2 at −3 its partner, real 2, is as good as let go
assert "real -0.05, -0.03" in pulls("relativistic", "D", fake_2=-3.0).sentence

# %% [markdown]
# One: real 2 is let go, since $D$ now tells its pair apart. A real sample is
# tied to its partner and to no other, and in the other games to nobody.
# Least squares pulls $G$'s samples back from *both* sides of 1; the
# non-saturating loss lets go of a fake that fools $D$; the hinge lets go, for
# $D$, at its margins.
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
# cross entropy, least squares and the hinge: three tensors (K,). No place has
# $p=q$: there every output between the hinge's margins is as good.
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
# the two, so $D=\ln\frac pq+c$, with *any* constant $c$: more than an order
# of the samples, since each difference is a log-odds, but no level.
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
# `models.stack` turns $n$ networks into one of such layers. Its outputs are
# (n, B), and every game gets its own rows: `vmap` applies a loss that was
# written for one run, (B,) → scalar, to each row.

# %% tags=["mirrors:training"]
def each(losses, on_real, on_fake):
    parts = []
    for loss, rows in losses:
        loss_of_each = torch.vmap(loss)
        parts.append(loss_of_each(on_real[rows], on_fake[rows]))
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
runtime.seed_everything(SEED)
D = models.stack([line_discriminator()] * len(kinds))  # four from one start
opt_d = torch.optim.Adam(D.parameters(), lr=0.01, fused=True)
slower = training.falling_lr(opt_d, d_steps)

# %% [markdown]
# All four see the same samples:

# %%
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
seen = p + q > 0.03  # elsewhere there are hardly any samples
logit = (p / q).log()
best = torch.stack([logit, p / (p + q), (p - q).sign(), logit])  # (4, 351)

# %% [markdown]
# The pairs' constant is free, so it is read off this run and drawn in:

# %%
places = line.expand(len(kinds), -1)[..., None]  # (4, 351, 1)
trained = D(places).detach()  # (4, 351)
constant = (trained[3] - logit)[seen].mean()
best[3] = logit + constant
off = (trained - best)[:, seen].abs().mean(dim=1)

# %%
named = ["cross entropy", *kinds[1:]]  # what D plays in the first game
show.meanings(
    line[seen],
    {name: (trained[i, seen], best[i, seen]) for i, name in enumerate(named)},
    sentence="What D answers along the line, trained and by the formula; the "
    f"pairs' formula is ln(p/q) {constant:+.2f}. Off on average, from left "
    f"to right: {', '.join(f'{x:.2f}' for x in off)}.",
)

# %%
# what we claim
checks.claim(
    "D is on average within 0.2 of the logit under cross entropy", off[0] < 0.2
)
checks.claim(
    "within 0.05 of the probability under least squares", off[1] < 0.05
)
checks.claim("within 0.2 of the vote under the hinge", off[2] < 0.2)
checks.claim("within 0.2 of ln(p/q) + c under the pairs", off[3] < 0.2)

# %% [markdown]
# A logit, a probability, a vote, a logit but for its level: four readings of
# the same samples. "As many real as fake here", $p=q$, reads 0 under cross
# entropy and where the hinge's vote turns, ½ under least squares, and under
# the pairs any number. So a threshold, or a plot of "D(real)", does not carry
# over from one loss to the next, and under the last one it says nothing.
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

# %% [markdown] predict={"picture": "pace", "words": ["far less"]}
# **Predict:** one step of fifty GANs takes how many times as long as one
# step of one?

# %%
def pace(n, rounds=15):
    team = players(range(n), 1)
    real, z = streams([ring], range(n), 1)
    losses_d = [(losses.hinge_d, slice(None))]  # all play the same game
    losses_g = [(losses.mean_g, slice(None))]
    spent = []
    for _ in range(rounds):
        started = time.perf_counter()
        step_of_all(*team, next(real), next(z), losses_d, losses_g)
        spent.append(1000 * (time.perf_counter() - started))
    return sorted(spent)[rounds // 2]  # the median, in ms

# %% picture="pace"
one = pace(1)
fifty = pace(50)
print(
    f"one GAN: {one:.1f} ms a step; fifty: {fifty:.1f} ms, "
    f"{fifty / one:.0f} times as long for 50 times the work"
)

# %% [markdown]
# Well below fifty times: a good part of one small step, in the run that we
# kept about two thirds, is spent on calling, not on computing. Does a run
# notice its neighbors? Let five games make twenty steps together, and each
# of them alone:

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
apart = []
for i, name in enumerate(games):
    alone = twenty_steps([name])
    apart.append((alone[0] - together[i]).abs().mean().item())
    print(f"{name}: weights {apart[-1]:.0e} apart")
assert max(apart) < 1e-3  # a third of *one* step, 3e-3

# %% [markdown]
# Nobody notices anybody, but for rounding: sums of another size are added in
# another order.

# %% [markdown] predict={"picture": "grid", "words": ["pairs lead"]}
# ## The experiment
# Five losses, two targets, five seeds: the ring of 8 and the grid of 25,
# with the blur and the average of lesson 04. `training.sweep` is
# `step_of_all` and ■; averages, schedules and limits wrap it as they wrap
# `train`. **Predict:** which loss hits most modes of the grid?

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
first_on_grid = clouds[:, 1, 0]  # (loss, 4000, 2), of the first seed
widest = 1.05 * first_on_grid.abs().max().item()
show.clouds(
    list(zip(games, first_on_grid)),
    real=grid.x,
    limit=min(widest, 8.0),
    sentence="One seed of each loss on the grid of 25, over the real points. "
    "One seed is a story, not a result.",
)

# %% [markdown]
# ## Name what went wrong
# A mean over runs that quietly leaves out the broken ones is a lie. So look
# at every run, and call by name those whose numbers **broke** (NaN or
# infinity), that went **astray** (farther from the data, in the energy
# distance of lesson 04, than points of `torch.randn` are), or that
# **collapsed** (*visit* fewer than half of the modes). As in lesson 05 a mode
# is visited if its center is the nearest one for a fifth of its fair share
# of the samples: that says where a cloud is, not whether it hits anything.

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
# Three numbers for each run, as in lesson 04: *modes hit*, how many have a
# fifth of their fair share of the samples within 3 σ (nearest is not enough:
# a run that visits half of the modes may hit none); *quality*, the share of
# all samples within 3 σ of a mode; and the energy *distance* to the data.

# %%
def score(cloud, points):
    modes = metrics.modes_covered(cloud, points.centers, points.sigma)
    share = metrics.high_quality_share(cloud, points.centers, points.sigma)
    far = metrics.energy_distance(points.x[:2000], cloud[:2000])
    return modes, share, far


measures = ["modes hit", "quality", "distance"]
score_of_run = []
for cloud, (_, points, _) in zip(cloud_of_run, runs):
    score_of_run.append(score(cloud, points))
scores = torch.tensor(score_of_run)  # (runs, 3)
scores = scores.unflatten(0, clouds.shape[:3])  # (loss, target, seed, 3)

# %%
of_ring = scores[:, 0, :, 0]  # modes, (loss, seed)
perfect = (of_ring == len(ring.centers)).all(dim=1).sum()
print(f"{perfect} of {len(games)} losses hit the whole ring in every seed")

# %% [markdown]
# The ring cannot tell apart the losses that hit all of it in every seed. The
# grid asks more. One row is *not* on equal terms there: the critic alone had a
# knob tuned, and gets one step where its recipe asks for five. Read that row
# as a critic on this budget, not as the Wasserstein loss:

# %% picture="grid"
of_grid = scores[:, 1]  # (loss, seed, 3)
panels = {}
for j, measure in enumerate(measures):
    panels[f"grid of 25: {measure}"] = dict(
        zip(games, of_grid[..., j].tolist())
    )
means = of_grid[..., 0].mean(dim=1)  # modes
order = means.argsort(descending=True).tolist()
ranking = [f"{list(games)[i]} {means[i]:.1f}" for i in order]
show.compared(
    panels,
    ideal={"grid of 25: modes hit": 25},
    edges={"grid of 25: distance": 0.5},
    sentence="One dot per seed; the mean, a diamond, with its 95 % interval. "
    f"Modes hit on average: {', '.join(ranking)}. Distance: less is better.",
)

# %% [markdown] predict={"picture": "bet", "words": ["the critic"]}
# That is your answer in numbers, and not yet a winner. (The dotted line is
# what a perfect sampler reaches. An interval may reach past what is possible:
# Student takes five numbers for normal.) **Decide first:** which differences
# would you bet on? All losses shared their starts, so compare seed by seed:
# the interval of the *differences* from the non-saturating loss. If it leaves
# out 0, five other seeds would likely show the same *sign*. That their
# interval would leave out 0 again is about an even bet where this one barely
# does.

# %%
gaps = of_grid[1:] - of_grid[0]  # from the non-saturating loss
gaps = gaps.transpose(-1, -2)  # (loss, measure, seed)
low, mean, high = over_seeds(gaps)  # (loss, measure)
without_0 = (low > 0) | (high < 0)

# %% picture="bet"
print(
    f"{without_0.sum()} of {without_0.numel()} intervals leave out 0; if "
    "nothing differed, chance alone would give about "
    f"{without_0.numel() / 20:.1f}:"
)
for i, j in without_0.nonzero().tolist():
    name = list(games)[i + 1]
    ends = f"{low[i, j]:+.2f} to {high[i, j]:+.2f}"
    print(f"{measures[j]}, {name}: {mean[i, j]:+.2f} ({ends})")

# %% [markdown]
# Read that list slowly. What is *not* in it is undecided, not equal: five
# seeds are too few to see a small difference. What is in it speaks of these
# nets, this learning rate and this target alone, and even there an entry may
# be luck (and the critic's row had terms of its own).
# Look at quality and distance side by side: they need not agree, since a
# smeared cloud may lie where it should. No single number is enough.
#
# And $D$'s output at the end, on real points of the ring?

# %%
last = history.column("real_logit")[-100:].mean(0)  # (runs,): D's outputs
on_ring = last.unflatten(0, clouds.shape[:3])[:, 0]  # (loss, seed)
levels = dict(zip(games, on_ring))
print(f"seeds {', '.join(map(str, seeds))}:")
for name, level in levels.items():
    print(f"{name}: {', '.join(f'{x:.1f}' for x in level)}")

# %%
# what we claim: p/(p+q) where p = q
worst = (levels["least squares"] - 0.5).abs().max()
checks.claim("under least squares D says about ½ on the ring", worst < 0.25)

# %% [markdown]
# Where $p=q$ the formulas say ½ for least squares and 0 for cross entropy; a
# run that went astray (the list of accidents names its seed) is not there.
# Under the hinge any output between the margins, −1 … 1, is best there.
# Nothing holds the level of the pairs.

# %% [markdown] predict={"picture": "wreck", "words": ["rounded to 0"]}
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

# %% picture="wreck"
ends = {}
for name, when in broke.items():
    since = f", from step {min(when)} on" if when else ""
    ends[name] = f"{name} {len(when)} of {len(seeds)}{since}"
show.until_it_breaks(
    torch.arange(1, len(height) + 1),
    tops,
    xlabel="step",
    ylabel="largest |D(real)|",
    sentence="The largest mean output of D over the seeds; a line ends at ✕ "
    f"where numbers do. Broken runs: {'; '.join(ends.values())}. Without a "
    f"limit the critic is at {tops['no limit'][-1]:,.0f} at the end.",
)

# %%
# what we claim
checks.claim(
    "every run with logarithms of σ breaks",
    len(broke["textbook logs"]) == len(seeds),
)
for name in ("softplus", "least squares", "no limit"):
    checks.claim(f"no run breaks under: {name}", not broke[name])

# %% [markdown]
# The logarithm of a $\sigma$ that is rounded to 0 is infinite, and soon
# everything in that run is NaN; its neighbors in the same tensors go on. The
# same formula with softplus stays finite, which does not make it good. The
# critic without a limit did not break within these steps, a tenth of the
# experiment's: it runs away in silence, and only a look at its outputs
# notices. So a run needs a verdict, and not only a finite loss.

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
# | margin (hinge) | D leaves samples beyond it alone, and votes ±1 |
# | pairs | only differences count, each a log-odds; D's level drifts |
# | n nets side by side | fifty runs for well below fifty times the time of one, each the same but for rounding |
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
