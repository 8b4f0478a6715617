# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 00 · Start here
#
# Run the next four cells of code. About a minute later you will have seen a
# GAN learn.
#
# **What you'll do.** Watch a first GAN, check your machine, and learn how
# this course works.
#
# **What you'll learn**
# - *read* the live view of a run, stop it, and scrub through its film;
# - *use* the checks: predict, run, answer, be told what is wrong;
# - *estimate* how long each lesson takes on your machine.
#
# **What you'll need.** Some Python, PyTorch's autograd, logarithms,
# expectations: two warm-ups try them. 25 minutes of your time; {{minutes}}
# minutes of computing on 2 CPU cores. To run a cell, click into it and press
# Shift + Enter.

# %%
from gan_lessons import checks, cockpit, data, metrics
from gan_lessons import models, runtime, show, speed, training
import os
import platform

import torch

device = runtime.start(threads=1)  # small networks
print(f"training on: {device}, threads: {torch.get_num_threads()}")

# %% [markdown]
# ## A GAN, right now
# Two small networks play against each other. The **generator** $G$ turns noise
# into points (orange ▲). The **discriminator** $D$ says how real a point
# looks; the real ones (blue ●) lie in eight clusters on a circle.
#
# *Knobs* are numbers that you may turn. Leave them as they are the first
# time:

# %% tags=["parameters"]
SEED = 0
batch_size = 256  # real and fake points per step, each
learning_rate = 3e-3  # of both networks

# %% [markdown]
# What follows from them, and the data:

# %%
steps = runtime.budget(tiny=20, ci=150, lesson=6_000, full=10_000)
ring = data.ring()  # eight clusters on a circle


def modes(points):  # how many of the eight clusters it has found
    return metrics.modes_covered(points.cpu(), ring.centers, ring.sigma)

# %%
runtime.seed_everything(SEED)
G = models.plane_generator().to(device)
D = models.plane_discriminator().to(device)
adam = {"lr": learning_rate, "betas": (0.5, 0.99), "fused": True}
opt_g, opt_d = (torch.optim.Adam(net.parameters(), **adam) for net in (G, D))
falling = [training.falling_lr(opt, steps) for opt in (opt_g, opt_d)]
rng = runtime.generator(SEED)
batches = data.batches(ring.x.to(device), batch_size, rng=rng)
players = (G, D, opt_g, opt_d)
live = cockpit.Cockpit(
    *players, real=ring.x, latent_dim=2, metric=("clusters found", modes)
)
run = training.train(*players, batches, steps=steps, latent_dim=2)
live.follow(training.scheduled(run, *falling))

# %% [markdown]
# How to read it, panel by panel:
#
# - **left**: the points, on $D$'s opinion of every place: orange says *fake*,
#   blue *real*, white does not know. Late in a good run the blue is gone:
#   where fakes are as frequent as real points, the best $D$ says 0, white;
# - the **arrows** there: which way $G$ is told to move a point, and how
#   strongly, compared with the other points of this picture (the longest are
#   cut). No point goes that far in one step, so an arrow may end outside a
#   cluster: $D$'s opinion slopes inside one, too;
# - **loss**: what each network tries to make small. $2\ln2$ is the loss of a
#   $D$ that always says ½;
# - **logit**: $D$'s opinion as a number, averaged over real and over fake
#   points; above 0 it says *real*. Where the lines meet, $D$ sees no
#   difference on average;
# - **gradient**: how hard each network is pulled at, in this step;
# - **clusters found**: how many of the eight have at least a fifth of the
#   points that would be their fair share. 8 is all.
#
# Counted at the end, cluster by cluster: the list begins at the right, at
# $(2,0)$, and goes round counterclockwise.

# %%
points = live.film.frames[-1].samples  # those of the last picture
hits = metrics.high_quality_hits(points, ring.centers, ring.sigma)
print("% of the points at each cluster (fair: 12.5, needed: 2.5)")
print([round(100 * hit.item() / len(points), 1) for hit in hits])
print(f"found: {modes(points)} of {len(ring.centers)}")

# %%
# what we claim
found = modes(points)
checks.claim("at least six of the eight clusters are found", found >= 6)

# %% [markdown]
# Which clusters are left out, if any, depends on the seed: with four seeds
# we counted 7, 7, 8 and 8, and lesson 04 will show a 6.
#
# Nobody told the generator where the clusters are. All it ever got is a
# slope: which way $D$'s opinion of its points rises. In one picture:

# %%
show.the_game()

# %% [markdown]
# Black arrows compute; colored ones bring slopes back. You will write every
# line of this yourself in lesson 04: the networks, the losses, the loop.

# %% [markdown]
# ## Stop, look back, go on
# - **■** in the toolbar stops a run. It ends the step it is in and keeps
#   everything; the next cells work with what is there. Try it: run the cell
#   of the game once more and press ■ half way.
# - The **film** of the run is kept. Move the slider (or click it and use the
#   arrow keys) to see how the points got where they are.

# %%
live.film.scrub()

# %%
live.film.strip()

# %% [markdown]
# ## How a lesson works
# **Predict, then run.** Before many cells stands a question. Answer it,
# aloud or on paper, *before* you run. A wrong prediction is worth more than
# a right one: it shows you where to look.
#
# **Exercises answer back.** You write a few lines and the check tells you:
#
# - ○ not attempted yet: the notebook goes on without it;
# - ✗ what is wrong with *your* answer, and a hint (a new one at each try; the
#   last one, which gives it all away, only if you unfold it);
# - ✓ what your answer has proven.
#
# After ✓, `.mistakes()` on a check, such as
# `checks.start.slope.mistakes()`, shows the ways in which this exercise goes
# wrong, line by line. Does a diagnosis not fit your answer? `.report()` prints
# all that a report needs; nothing is sent. (A *!* means that the check itself
# stopped: that is our fault.)
#
# Nothing later depends on your answers, so you can skip one and come back.
# Above each exercise's cell are three hints, folded. Open one at a time.

# %% [markdown]
# ## ✏️ Warm-up 1 · A slope
# *3 minutes · ●○○*
#
# The course expects that you can ask PyTorch for a derivative. Replace the
# line `raise NotImplementedError`, then run the cell. Give a wrong answer
# first, on purpose, to see what happens.
#
# {{hints start.slope}}

# %% tags=["exercise"]
def my_slope(f, x):
    # BEGIN SOLUTION
    x = torch.tensor(x, requires_grad=True)
    f(x).backward()
    return x.grad.item()
    # END SOLUTION


checks.start.slope(my_slope)

# %% [markdown]
# In training, each player's step goes down a slope, and in a game it changes
# the other player's slope as well. $(t-2)^2$, which is walked down next, stays
# as it is. From now on your own code runs in places like this one, once it is
# ✓; until then the course's version stands in, folded:

# %% tags=["folded"]
def slope(f, x):
    x = torch.tensor(x, requires_grad=True)
    f(x).backward()
    return x.grad.item()

# %%
slope_of = checks.start.slope.yours(slope)
t, path = 5.0, []
for _ in range(8):
    path.append(round(t, 2))
    t -= 0.3 * float(slope_of(lambda x: (x - 2) ** 2, t))
print("t:", path)

# %% [markdown] predict={"picture": "Jensen", "words": ["concave", "below"]}
# ## ✏️ Warm-up 2 · An expectation
# *2 minutes · ●○○*
#
# Return $\mathbb E[\log p]$ for a tensor `p` of samples: one number, as a
# tensor or a float. **Decide first:** is it larger or smaller than
# $\log \mathbb E[p]$?
#
# {{hints start.mean_log}}

# %% tags=["exercise"]
def my_mean_log(p):
    # BEGIN SOLUTION
    return p.log().mean()
    # END SOLUTION


checks.start.mean_log(my_mean_log)

# %% [markdown]
# The course's version, folded:

# %% tags=["folded"]
def mean_log(p):
    return p.log().mean()

# %% picture="Jensen"
mean_log_of = checks.start.mean_log.yours(mean_log)
p = torch.tensor([0.1, 0.5, 0.9])
left, right = float(mean_log_of(p)), p.mean().log().item()
print(f"E[log p] = {left:.2f}, log E[p] = {right:.2f}")

# %%
# what we claim
assert left < right

# %% [markdown]
# $\mathbb E[\log p]$ is smaller: the logarithm bends down (it is *concave*),
# so one small $p$ costs more than a large one wins back. This is Jensen's
# inequality.
#
# Means of logarithms are what $D$'s loss is made of: one over real points, one
# over fake ones. The same function computes it:

# %%
with torch.no_grad():
    fake = G(live.z)
    on_real = D(ring.x[:1_000].to(device)).sigmoid()  # how real, 0 … 1
    on_fake = D(fake).sigmoid()
loss = -float(mean_log_of(on_real)) - float(mean_log_of(1 - on_fake))
print(f"D's loss on 1,000 real and 1,000 fake points: {loss:.2f}")

# %% [markdown]
# Compare it with the end of $D$'s curve in the live view, which is rougher:
# each step sees one batch.
#
# Both took you a minute? Then you have what the course needs: Python,
# PyTorch's autograd, logarithms, expectations, derivatives. If not, these
# help, in this order:
#
# - [PyTorch, learn the basics](https://docs.pytorch.org/tutorials/beginner/basics/intro.html):
#   tensors, autograd and optimizers in an afternoon.
# - [Dive into Deep Learning, preliminaries](https://d2l.ai/chapter_preliminaries/index.html):
#   the calculus and probability behind them.

# %% [markdown]
# ## Is my machine all right?
# A graphics card, if there is one, was tried with a real convolution, forward
# and backward, when you ran the first cell. The rest of the machine, in one
# table:

# %%
here = os.access(".", os.W_OK)
checked = {
    "Python": platform.python_version(),
    "PyTorch": torch.__version__,
    "device": str(device),
    "cores this process may use": runtime.usable_cores(),
    "idle threads": os.environ["OMP_WAIT_POLICY"],
    "free memory": f"{runtime.free_memory() / 2**30:.1f} GiB",
    "this folder can be written": "yes" if here else "NO: results are lost",
    "budget": runtime.budget_name(),
}
for name, value in checked.items():
    assert value is not None, name
print("\n".join(f"{name:28}{value}" for name, value in checked.items()))

# %% [markdown]
# 2 GiB of free memory are enough for every lesson. With less, close other
# notebooks (right-click, *Shut down kernel*).
#
# PASSIVE means that threads without work sleep. They would spin otherwise,
# and beside a busy program that makes a small step many times as slow.
# PyTorch reads this setting once, when it is imported; that is why lessons
# import `gan_lessons` first. A value that you have set yourself stays.

# %% [markdown]
# ## How long will it take here?
# Each lesson states its computing time as it was measured on 2 CPU cores.
# Your machine takes one small training step in how many milliseconds?

# %%
measured = speed.calibrate(device)
print(f"{measured:.2f} ms for one training step of a small GAN")

# %%
course = runtime.measured_minutes()
rows = []
for name, known in course.items():
    here = known["minutes"] * measured / known["step_ms"]
    number = name.split("_")[0]
    rows.append(f"lesson {number:3} {here:6.1f} minutes")
print("\n".join(rows) or "no lesson has been measured yet")

# %% [markdown]
# These are estimates: small networks depend on the processor's speed, large
# ones on its number of cores. If they look long, set the environment
# variable `GAN_LESSONS_BUDGET=ci` before you start JupyterLab: the same
# cells, a fraction of the steps.
#
# > **Careful.** The numbers you get will differ a little from the ones in
# > the solved notebooks. The same seed gives the same result on one machine
# > with the same number of threads; elsewhere it is not promised.

# %% [markdown]
# ## Ledger
# Each lesson ends with a table of what was changed and what happened. It is
# yours to continue: double-click it.
#
# | what we changed | what happened |
# |---|---|
# | nothing yet: two networks, one loss each | six to eight of eight clusters, by seed, found without being shown |
# | *your change* | *what you saw* |
#
# ## How far have you come?
# Whether an exercise is ✓, how many answers you gave and about how many
# minutes that took is kept in the file `progress.json` beside your copies,
# and nowhere else. Every lesson shows it if you ask; so does
# `gan-lessons report` in a terminal.

# %%
checks.report()

# %% [markdown]
# ## Where to go
# Next: lesson 01, *Measure the gap between two distributions*. If you cannot
# wait to write the loop, lesson 04, *Train your first GAN*, works on its own.
