# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 22a · Heal a GAN
#
# Ten small programs were brought in. Each trains a GAN on a ring, or says that
# it does. None was written by you, and each has one fault. Can you find out
# what is wrong with a GAN that you did not write?
#
# **What you'll do.** Look at symptoms, name a cause, edit the program, have it
# examined, ten times.
#
# **What you'll learn**
# - *read* curves, samples and errors in an order that finds faults;
# - *test* a suspicion with one experiment before you touch a line;
# - *heal* crashes, silent faults and wrong theory, and prove it.
#
# **What you'll need.** Lessons 02 to 05. About 100 minutes of your time;
# {{minutes}} minutes of computing on 2 CPU cores.

# %%
from gan_lessons import checks, data, metrics, models, runtime, show
import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

device = runtime.start()

# %% [markdown]
# ## The knobs

# %% tags=["parameters"]
SEED = 0
sigma = 0.15  # of each of the ring's eight modes

# %% [markdown]
# What depends on your time budget:

# %%
steps = runtime.budget(tiny=12, ci=40, lesson=800, full=800)
ring = data.ring(sigma=sigma)

# %% [markdown]
# ## What health looks like
# A program of the clinic is a function of data and a number of steps. It
# returns samples and curves. This one is healthy; read it once, line by
# line, because the patients are its relatives.

# %%
def healthy(x, steps):
    G, D = models.plane_generator(), models.plane_discriminator()
    opt_g = torch.optim.Adam(G.parameters(), 8e-3, (0.5, 0.9), fused=True)
    opt_d = torch.optim.Adam(D.parameters(), 8e-3, (0.5, 0.9), fused=True)
    curves = {"D": [], "G": []}
    for _ in range(steps):
        real = x[torch.randint(len(x), (128,))]
        fake = G(torch.randn(128, 2))
        on_real, on_fake = D(real), D(fake.detach())
        loss_d = F.softplus(-on_real).mean() + F.softplus(on_fake).mean()
        opt_d.zero_grad()
        loss_d.backward()
        opt_d.step()
        loss_g = F.softplus(-D(fake)).mean()
        opt_g.zero_grad()
        loss_g.backward()
        opt_g.step()
        curves["D"].append(loss_d.item())
        curves["G"].append(loss_g.item())
    return G(torch.randn(2_000, 2)).detach(), curves

# %% [markdown] predict={"picture": "health", "words": ["1.39", "1.386", "2 ln 2", "meet", "0.69"]}
# **Predict:** where does $D$'s loss end in a healthy run: near 0, or
# somewhere else? And does $G$'s loss fall?

# %% picture="health"
def bedside(program, **more):
    runtime.seed_everything(SEED)
    samples, curves = program(ring.x, steps)
    found = metrics.modes_covered(samples, ring.centers, ring.sigma)
    share = metrics.high_quality_share(samples, ring.centers, ring.sigma)
    made = len(next(iter(curves.values())))
    return show.bedside(
        samples,
        curves,
        ring.x,
        title=f"{made} steps: {found} of 8 modes, {share:.0%} within 3σ",
        sentence="Left the curves; right samples ▲ among the data ●.",
        **more,
    )


bedside(healthy)

# %% [markdown]
# After some swings $D$'s loss creeps up to $2\ln2\approx1.39$ and
# $G$'s down to $\ln2\approx0.69$: $D$ tells less and less. Neither runs
# straight down, because each answers the other. Keep this picture: every
# symptom is a difference from it.
#
# ## Triage: five questions, in this order
# 1. **Does it run?** Read an error from its end: what does not fit, and in
#    which line of *yours*?
# 2. **Do the data get there?** Give it other data with the same seed. If
#    the samples stay the same, nothing of the data reaches $G$.
# 3. **Does each player move, by its own loss only?** Look at gradients
#    right before each step.
# 4. **What is the least value of each loss?** A curve below it, or one that
#    never goes near it, is a finding.
# 5. **Do curves and samples tell one story?** Where they do not, believe
#    the samples.
#
# Question 2 costs ten lines and a second. Try it on five programs that are
# still to come; their names are those of the cases. The ring is moved by
# (1.5, 1.5), all dice are kept.

# %%
def swapped(program="healthy", moved=False):
    case = getattr(checks.clinic_plane, program, None)
    runtime.seed_everything(SEED)
    x = ring.x + 1.5 * moved
    samples, _ = (case.sick if case else healthy)(x, min(steps, 150))
    middle = samples.mean(0)
    return show.points(
        x[:400],
        samples[:400],
        title=f"{program}: the samples' middle is at "
        f"({middle[0]:.2f}, {middle[1]:.2f})",
        sentence="150 steps: samples ▲ among the data ●, moved or not.",
        limit=6.0,
    )


named = ["healthy", "calm", "winners", "downhill", "rooted", "lukewarm"]
show.explore(swapped, program=named, moved=[False, True])

# %% [markdown]
# For one of them the middle stays where it was, to the last digit. Write
# down which; you will meet it.
#
# ## How a case goes
# - Look at the program and at its symptoms: curves and samples, or an
#   error.
# - Name a **hypothesis** by its letter. The first letter counts; a wrong
#   one is told which observation rules it out.
# - **Edit** the copy below it and run the cell: your program is examined on
#   a ring that it has not seen, for a few seconds. What counts is what it
#   *does*; any repair that heals is right.
# - Then sick is drawn beside healed.
#
# An edit without a suspicion is a lottery ticket. If you are stuck, print
# something first.
#
# ## Crashes
# It stops with an error: the kindest fault there is.

# %% [markdown]
# ## ✏️ Exercise 1 · It stops before it starts
# *6 minutes · ●○○*
#
# > “It ran in the other framework. Here it does not get to its first step.”

# %%
def early(x, steps):
    G, D = models.plane_generator(), models.plane_discriminator()
    opt_g = torch.optim.Adam(G.parameters(), 8e-3, (0.5, 0.9), fused=True)
    opt_d = torch.optim.Adam(D.parameters(), 8e-3, (0.5, 0.9), fused=True)
    curves = {"D": [], "G": []}
    rng = np.random.default_rng(0)
    for _ in range(steps):
        real = x[torch.randint(len(x), (128,))]
        z = torch.from_numpy(rng.standard_normal((128, 2)))
        fake = G(z)
        loss_d = F.softplus(-D(real)).mean()
        loss_d = loss_d + F.softplus(D(fake.detach())).mean()
        opt_d.zero_grad()
        loss_d.backward()
        opt_d.step()
        loss_g = F.softplus(-D(fake)).mean()
        opt_g.zero_grad()
        loss_g.backward()
        opt_g.step()
        curves["D"].append(loss_d.item())
        curves["G"].append(loss_g.item())
    return G(torch.randn(2_000, 2)).detach(), curves

# %%
checks.stops(early, ring.x, steps)

# %% [markdown]
# What is wrong?
#
# {{thoughts clinic_plane.early}}

# %%
# BEGIN SOLUTION: checks.clinic_plane.early.because(...)  # a letter
checks.clinic_plane.early.because("c")
# END SOLUTION

# %% [markdown]
# Now heal it, in as few lines as you can.
#
# {{hints clinic_plane.early}}

# %% tags=["exercise"]
def my_early(x, steps):
    G, D = models.plane_generator(), models.plane_discriminator()
    opt_g = torch.optim.Adam(G.parameters(), 8e-3, (0.5, 0.9), fused=True)
    opt_d = torch.optim.Adam(D.parameters(), 8e-3, (0.5, 0.9), fused=True)
    curves = {"D": [], "G": []}
    rng = np.random.default_rng(0)
    for _ in range(steps):
        real = x[torch.randint(len(x), (128,))]
        # BEGIN SOLUTION
        z = torch.from_numpy(rng.standard_normal((128, 2))).float()
        # BEGIN BROKEN
        z = torch.from_numpy(rng.standard_normal((128, 2)))
        # END SOLUTION
        fake = G(z)
        loss_d = F.softplus(-D(real)).mean()
        loss_d = loss_d + F.softplus(D(fake.detach())).mean()
        opt_d.zero_grad()
        loss_d.backward()
        opt_d.step()
        loss_g = F.softplus(-D(fake)).mean()
        opt_g.zero_grad()
        loss_g.backward()
        opt_g.step()
        curves["D"].append(loss_d.item())
        curves["G"].append(loss_g.item())
    return G(torch.randn(2_000, 2)).detach(), curves


checks.clinic_plane.early(my_early)

# %%
checks.clinic_plane.early.beside()

# %% [markdown]
# <details><summary>After ✓: what to keep from this case</summary>
#
# A layer never converts what it is fed: NumPy's numbers are float64,
# PyTorch's weights float32. Convert where foreign data come in, once, and
# not in the middle of the program.
#
# </details>

# %% [markdown]
# ## ✏️ Exercise 2 · It stops in G's turn
# *8 minutes · ●●○*
#
# > “I saved one pass through $D$ a step. Since then it stops in its first
# > step.”
#
# (Its optimizers lack the `fused=True` that all its neighbors have. That is
# not the fault; why it is left out is told after ✓.)

# %%
def halfway(x, steps):
    G, D = models.plane_generator(), models.plane_discriminator()
    opt_g = torch.optim.Adam(G.parameters(), 8e-3, (0.5, 0.9))
    opt_d = torch.optim.Adam(D.parameters(), 8e-3, (0.5, 0.9))
    curves = {"D": [], "G": []}
    for _ in range(steps):
        real = x[torch.randint(len(x), (128,))]
        fake = G(torch.randn(128, 2))
        on_real, on_fake = D(real), D(fake)
        loss_d = F.softplus(-on_real).mean() + F.softplus(on_fake).mean()
        opt_d.zero_grad()
        loss_d.backward(retain_graph=True)
        opt_d.step()
        loss_g = F.softplus(-on_fake).mean()
        opt_g.zero_grad()
        loss_g.backward()
        opt_g.step()
        curves["D"].append(loss_d.item())
        curves["G"].append(loss_g.item())
    return G(torch.randn(2_000, 2)).detach(), curves

# %%
checks.stops(halfway, ring.x, steps)

# %% [markdown]
# What is wrong?
#
# {{thoughts clinic_plane.halfway}}

# %%
# BEGIN SOLUTION: checks.clinic_plane.halfway.because(...)  # a letter
checks.clinic_plane.halfway.because("a")
# END SOLUTION

# %% [markdown]
# Now heal it, in as few lines as you can.
#
# {{hints clinic_plane.halfway}}

# %% tags=["exercise"]
def my_halfway(x, steps):
    G, D = models.plane_generator(), models.plane_discriminator()
    opt_g = torch.optim.Adam(G.parameters(), 8e-3, (0.5, 0.9))
    opt_d = torch.optim.Adam(D.parameters(), 8e-3, (0.5, 0.9))
    curves = {"D": [], "G": []}
    for _ in range(steps):
        real = x[torch.randint(len(x), (128,))]
        fake = G(torch.randn(128, 2))
        on_real, on_fake = D(real), D(fake)
        loss_d = F.softplus(-on_real).mean() + F.softplus(on_fake).mean()
        opt_d.zero_grad()
        loss_d.backward(retain_graph=True)
        opt_d.step()
        # BEGIN SOLUTION
        loss_g = F.softplus(-D(fake)).mean()
        # BEGIN BROKEN
        loss_g = F.softplus(-on_fake).mean()
        # END SOLUTION
        opt_g.zero_grad()
        loss_g.backward()
        opt_g.step()
        curves["D"].append(loss_d.item())
        curves["G"].append(loss_g.item())
    return G(torch.randn(2_000, 2)).detach(), curves


checks.clinic_plane.halfway(my_halfway)

# %%
checks.clinic_plane.halfway.beside()

# %% [markdown]
# <details><summary>After ✓: what to keep from this case</summary>
#
# An optimizer writes into the weights, and a loss that was built on the old
# ones can no longer be differentiated. PyTorch counts versions to notice.
# Adam with `fused=True` writes without counting (tried with PyTorch 2.13):
# the same program then runs, on a gradient that belongs to no moment of the
# game. An error is the kinder answer. So this program has optimizers that
# count, and the examination counts for those that do not.
#
# </details>

# %% [markdown]
# ## Silent faults
# It runs to its end, and learns the wrong thing or nothing.

# %% [markdown]
# ## ✏️ Exercise 3 · Everything looks calm
# *8 minutes · ●●○*
#
# > “$D$'s loss settled at once where theory wants it. I think we are done.”

# %%
def calm(x, steps):
    G, D = models.plane_generator(), models.plane_discriminator()
    opt_g = torch.optim.Adam(G.parameters(), 8e-3, (0.5, 0.9), fused=True)
    opt_d = torch.optim.Adam(D.parameters(), 8e-3, (0.5, 0.9), fused=True)
    curves = {"D": [], "G": []}
    for _ in range(steps):
        real = x[torch.randint(len(x), (128,))]
        fake = G(torch.randn(128, 2))
        scores = D(torch.cat([real, fake.detach()]))  # (256,)
        on_real, on_fake = scores[-128:], scores[128:]
        loss_d = F.softplus(-on_real).mean() + F.softplus(on_fake).mean()
        opt_d.zero_grad()
        loss_d.backward()
        opt_d.step()
        loss_g = F.softplus(-D(fake)).mean()
        opt_g.zero_grad()
        loss_g.backward()
        opt_g.step()
        curves["D"].append(loss_d.item())
        curves["G"].append(loss_g.item())
    return G(torch.randn(2_000, 2)).detach(), curves

# %%
bedside(calm)

# %% [markdown]
# What is wrong?
#
# {{thoughts clinic_plane.calm}}

# %%
# BEGIN SOLUTION: checks.clinic_plane.calm.because(...)  # a letter
checks.clinic_plane.calm.because("d")
# END SOLUTION

# %% [markdown]
# Now heal it, in as few lines as you can.
#
# {{hints clinic_plane.calm}}

# %% tags=["exercise"]
def my_calm(x, steps):
    G, D = models.plane_generator(), models.plane_discriminator()
    opt_g = torch.optim.Adam(G.parameters(), 8e-3, (0.5, 0.9), fused=True)
    opt_d = torch.optim.Adam(D.parameters(), 8e-3, (0.5, 0.9), fused=True)
    curves = {"D": [], "G": []}
    for _ in range(steps):
        real = x[torch.randint(len(x), (128,))]
        fake = G(torch.randn(128, 2))
        scores = D(torch.cat([real, fake.detach()]))  # (256,)
        # BEGIN SOLUTION
        on_real, on_fake = scores[:128], scores[128:]
        # BEGIN BROKEN
        on_real, on_fake = scores[-128:], scores[128:]
        # END SOLUTION
        loss_d = F.softplus(-on_real).mean() + F.softplus(on_fake).mean()
        opt_d.zero_grad()
        loss_d.backward()
        opt_d.step()
        loss_g = F.softplus(-D(fake)).mean()
        opt_g.zero_grad()
        loss_g.backward()
        opt_g.step()
        curves["D"].append(loss_d.item())
        curves["G"].append(loss_g.item())
    return G(torch.randn(2_000, 2)).detach(), curves


checks.clinic_plane.calm(my_calm)

# %%
checks.clinic_plane.calm.beside()

# %% [markdown]
# <details><summary>After ✓: what to keep from this case</summary>
#
# One test finds this whole family (data never loaded, loaded and not used,
# used and thrown away): *other data, same seed*. If the samples stay the
# same, the data do not get there.
#
# </details>

# %% [markdown]
# ## ✏️ Exercise 4 · Both losses fall to zero
# *8 minutes · ●○○*
#
# > “Both losses go to zero. I have never seen a run learn so well.”

# %%
def winners(x, steps):
    G, D = models.plane_generator(), models.plane_discriminator()
    opt_g = torch.optim.Adam(G.parameters(), 8e-3, (0.5, 0.9), fused=True)
    opt_d = torch.optim.Adam(D.parameters(), 8e-3, (0.5, 0.9), fused=True)
    curves = {"D": [], "G": []}
    for _ in range(steps):
        real = x[torch.randint(len(x), (128,))]
        fake = G(torch.randn(128, 2))
        loss_d = F.softplus(-D(real)).mean()
        loss_d = loss_d + F.softplus(-D(fake.detach())).mean()
        opt_d.zero_grad()
        loss_d.backward()
        opt_d.step()
        loss_g = F.softplus(-D(fake)).mean()
        opt_g.zero_grad()
        loss_g.backward()
        opt_g.step()
        curves["D"].append(loss_d.item())
        curves["G"].append(loss_g.item())
    return G(torch.randn(2_000, 2)).detach(), curves

# %%
bedside(winners)

# %% [markdown]
# What is wrong?
#
# {{thoughts clinic_plane.winners}}

# %%
# BEGIN SOLUTION: checks.clinic_plane.winners.because(...)  # a letter
checks.clinic_plane.winners.because("c")
# END SOLUTION

# %% [markdown]
# Now heal it, in as few lines as you can.
#
# {{hints clinic_plane.winners}}

# %% tags=["exercise"]
def my_winners(x, steps):
    G, D = models.plane_generator(), models.plane_discriminator()
    opt_g = torch.optim.Adam(G.parameters(), 8e-3, (0.5, 0.9), fused=True)
    opt_d = torch.optim.Adam(D.parameters(), 8e-3, (0.5, 0.9), fused=True)
    curves = {"D": [], "G": []}
    for _ in range(steps):
        real = x[torch.randint(len(x), (128,))]
        fake = G(torch.randn(128, 2))
        loss_d = F.softplus(-D(real)).mean()
        # BEGIN SOLUTION
        loss_d = loss_d + F.softplus(D(fake.detach())).mean()
        # BEGIN BROKEN
        loss_d = loss_d + F.softplus(-D(fake.detach())).mean()
        # END SOLUTION
        opt_d.zero_grad()
        loss_d.backward()
        opt_d.step()
        loss_g = F.softplus(-D(fake)).mean()
        opt_g.zero_grad()
        loss_g.backward()
        opt_g.step()
        curves["D"].append(loss_d.item())
        curves["G"].append(loss_g.item())
    return G(torch.randn(2_000, 2)).detach(), curves


checks.clinic_plane.winners(my_winners)

# %%
checks.clinic_plane.winners.beside()

# %% [markdown]
# <details><summary>After ✓: what to keep from this case</summary>
#
# In a contest somebody loses. If nobody does, there is no contest: look at
# $D(x)$ and $D(G(z))$ apart, never at their losses alone.
#
# </details>

# %% [markdown]
# ## ✏️ Exercise 5 · The loss falls as it should
# *8 minutes · ●●○*
#
# > “Down it goes, as a training loss should. Only the picture is odd.”

# %%
def downhill(x, steps):
    G, D = models.plane_generator(), models.plane_discriminator()
    opt_g = torch.optim.Adam(G.parameters(), 8e-3, (0.5, 0.9), fused=True)
    opt_d = torch.optim.Adam(D.parameters(), 8e-3, (0.5, 0.9), fused=True)
    curves = {"D": [], "G": []}
    for _ in range(steps):
        real = x[torch.randint(len(x), (128,))]
        fake = G(torch.randn(128, 2))
        loss_d = F.softplus(-D(real)).mean()
        loss_d = loss_d + F.softplus(D(fake.detach())).mean()
        opt_d.zero_grad()
        loss_d.backward()
        opt_d.step()
        loss_g = F.softplus(-D(real)).mean() + F.softplus(D(fake)).mean()
        opt_g.zero_grad()
        loss_g.backward()
        opt_g.step()
        curves["D"].append(loss_d.item())
        curves["G"].append(loss_g.item())
    return G(torch.randn(2_000, 2)).detach(), curves

# %%
bedside(downhill)

# %% [markdown]
# What is wrong?
#
# {{thoughts clinic_plane.downhill}}

# %%
# BEGIN SOLUTION: checks.clinic_plane.downhill.because(...)  # a letter
checks.clinic_plane.downhill.because("a")
# END SOLUTION

# %% [markdown]
# Now heal it, in as few lines as you can.
#
# {{hints clinic_plane.downhill}}

# %% tags=["exercise"]
def my_downhill(x, steps):
    G, D = models.plane_generator(), models.plane_discriminator()
    opt_g = torch.optim.Adam(G.parameters(), 8e-3, (0.5, 0.9), fused=True)
    opt_d = torch.optim.Adam(D.parameters(), 8e-3, (0.5, 0.9), fused=True)
    curves = {"D": [], "G": []}
    for _ in range(steps):
        real = x[torch.randint(len(x), (128,))]
        fake = G(torch.randn(128, 2))
        loss_d = F.softplus(-D(real)).mean()
        loss_d = loss_d + F.softplus(D(fake.detach())).mean()
        opt_d.zero_grad()
        loss_d.backward()
        opt_d.step()
        # BEGIN SOLUTION
        loss_g = F.softplus(-D(fake)).mean()
        # BEGIN BROKEN
        loss_g = F.softplus(-D(real)).mean() + F.softplus(D(fake)).mean()
        # END SOLUTION
        opt_g.zero_grad()
        loss_g.backward()
        opt_g.step()
        curves["D"].append(loss_d.item())
        curves["G"].append(loss_g.item())
    return G(torch.randn(2_000, 2)).detach(), curves


checks.clinic_plane.downhill(my_downhill)

# %%
checks.clinic_plane.downhill.beside()

# %% [markdown]
# <details><summary>After ✓: what to keep from this case</summary>
#
# Two players who share a loss cooperate, and the easiest way to make $D$
# right is to look like a fake. A curve that falls is no sign of health in a
# game.
#
# </details>

# %% [markdown]
# ## ✏️ Exercise 6 · G does not leave its place
# *12 minutes · ●●●*
#
# > “The same loss found the ring yesterday. I tidied up a few lines.”

# %%
def rooted(x, steps):
    G, D = models.plane_generator(), models.plane_discriminator()
    opt_g = torch.optim.Adam(G.parameters(), 8e-3, (0.5, 0.9), fused=True)
    opt_d = torch.optim.Adam(D.parameters(), 8e-3, (0.5, 0.9), fused=True)
    curves = {"D": [], "G": []}
    for _ in range(steps):
        real = x[torch.randint(len(x), (128,))]
        opt_d.zero_grad()
        opt_g.zero_grad()
        fake = G(torch.randn(128, 2))
        loss_d = F.softplus(-D(real)).mean() + F.softplus(D(fake)).mean()
        loss_d.backward()
        opt_d.step()
        loss_g = -F.softplus(D(G(torch.randn(128, 2)))).mean()
        loss_g.backward()
        opt_g.step()
        curves["D"].append(loss_d.item())
        curves["G"].append(loss_g.item())
    return G(torch.randn(2_000, 2)).detach(), curves

# %%
bedside(rooted)

# %% [markdown]
# What is wrong?
#
# {{thoughts clinic_plane.rooted}}

# %%
# BEGIN SOLUTION: checks.clinic_plane.rooted.because(...)  # a letter
checks.clinic_plane.rooted.because("b")
# END SOLUTION

# %% [markdown]
# Now heal it, in as few lines as you can.
#
# {{hints clinic_plane.rooted}}

# %% tags=["exercise"]
def my_rooted(x, steps):
    G, D = models.plane_generator(), models.plane_discriminator()
    opt_g = torch.optim.Adam(G.parameters(), 8e-3, (0.5, 0.9), fused=True)
    opt_d = torch.optim.Adam(D.parameters(), 8e-3, (0.5, 0.9), fused=True)
    curves = {"D": [], "G": []}
    for _ in range(steps):
        real = x[torch.randint(len(x), (128,))]
        opt_d.zero_grad()
        opt_g.zero_grad()
        # BEGIN SOLUTION
        fake = G(torch.randn(128, 2)).detach()
        # BEGIN BROKEN
        fake = G(torch.randn(128, 2))
        # END SOLUTION
        loss_d = F.softplus(-D(real)).mean() + F.softplus(D(fake)).mean()
        loss_d.backward()
        opt_d.step()
        loss_g = -F.softplus(D(G(torch.randn(128, 2)))).mean()
        loss_g.backward()
        opt_g.step()
        curves["D"].append(loss_d.item())
        curves["G"].append(loss_g.item())
    return G(torch.randn(2_000, 2)).detach(), curves


checks.clinic_plane.rooted(my_rooted)

# %%
checks.clinic_plane.rooted.beside()

# %% [markdown]
# <details><summary>After ✓: what to keep from this case</summary>
#
# $D$'s loss has the term $-\log(1-D(G(z)))$, and this $G$'s own has the
# same with the other sign: in $G$'s gradient they cancel. With the
# non-saturating loss they cancel only where $D$ is unsure, and a part of
# the ring is found: a fault that hides. `detach()` keeps $D$'s loss out of
# $G$; so does `opt_g.zero_grad()` right before $G$'s `backward()`.
#
# </details>

# %% [markdown]
# ## ✏️ Exercise 7 · D never becomes sure
# *8 minutes · ●●○*
#
# > “I took the loss that everybody recommends. $D$ stays lukewarm.”

# %%
def lukewarm(x, steps):
    G = models.plane_generator()
    D = nn.Sequential(models.plane_discriminator(), nn.Sigmoid())  # (B,)
    opt_g = torch.optim.Adam(G.parameters(), 8e-3, (0.5, 0.9), fused=True)
    opt_d = torch.optim.Adam(D.parameters(), 8e-3, (0.5, 0.9), fused=True)
    one, zero = torch.ones(128), torch.zeros(128)
    curves = {"D": [], "G": []}
    for _ in range(steps):
        real = x[torch.randint(len(x), (128,))]
        fake = G(torch.randn(128, 2))
        loss_d = F.binary_cross_entropy_with_logits(D(real), one)
        loss_d = loss_d + F.binary_cross_entropy_with_logits(
            D(fake.detach()), zero
        )
        opt_d.zero_grad()
        loss_d.backward()
        opt_d.step()
        loss_g = F.binary_cross_entropy_with_logits(D(fake), one)
        opt_g.zero_grad()
        loss_g.backward()
        opt_g.step()
        curves["D"].append(loss_d.item())
        curves["G"].append(loss_g.item())
    return G(torch.randn(2_000, 2)).detach(), curves

# %%
bedside(lukewarm)

# %% [markdown]
# What is wrong?
#
# {{thoughts clinic_plane.lukewarm}}

# %%
# BEGIN SOLUTION: checks.clinic_plane.lukewarm.because(...)  # a letter
checks.clinic_plane.lukewarm.because("d")
# END SOLUTION

# %% [markdown]
# Now heal it, in as few lines as you can.
#
# {{hints clinic_plane.lukewarm}}

# %% tags=["exercise"]
def my_lukewarm(x, steps):
    G = models.plane_generator()
    # BEGIN SOLUTION
    D = nn.Sequential(models.plane_discriminator())  # (B,)
    # BEGIN BROKEN
    D = nn.Sequential(models.plane_discriminator(), nn.Sigmoid())  # (B,)
    # END SOLUTION
    opt_g = torch.optim.Adam(G.parameters(), 8e-3, (0.5, 0.9), fused=True)
    opt_d = torch.optim.Adam(D.parameters(), 8e-3, (0.5, 0.9), fused=True)
    one, zero = torch.ones(128), torch.zeros(128)
    curves = {"D": [], "G": []}
    for _ in range(steps):
        real = x[torch.randint(len(x), (128,))]
        fake = G(torch.randn(128, 2))
        loss_d = F.binary_cross_entropy_with_logits(D(real), one)
        loss_d = loss_d + F.binary_cross_entropy_with_logits(
            D(fake.detach()), zero
        )
        opt_d.zero_grad()
        loss_d.backward()
        opt_d.step()
        loss_g = F.binary_cross_entropy_with_logits(D(fake), one)
        opt_g.zero_grad()
        loss_g.backward()
        opt_g.step()
        curves["D"].append(loss_d.item())
        curves["G"].append(loss_g.item())
    return G(torch.randn(2_000, 2)).detach(), curves


checks.clinic_plane.lukewarm(my_lukewarm)

# %%
checks.clinic_plane.lukewarm.beside()

# %% [markdown]
# <details><summary>After ✓: what to keep from this case</summary>
#
# Logits from 0 to 1 are probabilities from 0.5 to 0.73: the least loss is
# $\log(1+e^{-1})+\log 2=1.006$. Know the least value that a loss can reach;
# a curve that never goes near it is a finding. And 0 is the least logit this
# $D$ can give: it runs down there for the samples, into the flat end of the
# sigmoid, and takes the data along. Then it says 0 of everything, which costs
# $2\ln2$, and has no slope left to come back by.
#
# </details>

# %% [markdown]
# ## Wrong theory
# The program does what its author meant. What was meant is wrong.

# %% [markdown]
# ## ✏️ Exercise 8 · A loss without a floor
# *10 minutes · ●●○*
#
# > “I took $V$ from the paper. One player climbs it, the other goes down.”

# %%
def bottomless(x, steps):
    G, D = models.plane_generator(), models.plane_discriminator()
    opt_g = torch.optim.Adam(G.parameters(), 8e-3, (0.5, 0.9), fused=True)
    opt_d = torch.optim.Adam(D.parameters(), 8e-3, (0.5, 0.9), fused=True)
    curves = {"D": [], "G": []}
    for _ in range(steps):
        real = x[torch.randint(len(x), (128,))]
        fake = G(torch.randn(128, 2))
        value = F.logsigmoid(D(real)).mean()
        value = value + F.logsigmoid(-D(fake.detach())).mean()
        loss_d, sign = value, -1
        opt_d.zero_grad()
        loss_d.backward()
        opt_d.step()
        loss_g = sign * F.logsigmoid(-D(fake)).mean()
        opt_g.zero_grad()
        loss_g.backward()
        opt_g.step()
        curves["D"].append(loss_d.item())
        curves["G"].append(loss_g.item())
    return G(torch.randn(2_000, 2)).detach(), curves

# %%
bedside(bottomless)

# %% [markdown]
# What is wrong?
#
# {{thoughts clinic_plane.bottomless}}

# %%
# BEGIN SOLUTION: checks.clinic_plane.bottomless.because(...)  # a letter
checks.clinic_plane.bottomless.because("b")
# END SOLUTION

# %% [markdown]
# Now heal it, in as few lines as you can.
#
# {{hints clinic_plane.bottomless}}

# %% tags=["exercise"]
def my_bottomless(x, steps):
    G, D = models.plane_generator(), models.plane_discriminator()
    opt_g = torch.optim.Adam(G.parameters(), 8e-3, (0.5, 0.9), fused=True)
    opt_d = torch.optim.Adam(D.parameters(), 8e-3, (0.5, 0.9), fused=True)
    curves = {"D": [], "G": []}
    for _ in range(steps):
        real = x[torch.randint(len(x), (128,))]
        fake = G(torch.randn(128, 2))
        value = F.logsigmoid(D(real)).mean()
        value = value + F.logsigmoid(-D(fake.detach())).mean()
        # BEGIN SOLUTION
        loss_d, sign = -value, 1
        # BEGIN BROKEN
        loss_d, sign = value, -1
        # END SOLUTION
        opt_d.zero_grad()
        loss_d.backward()
        opt_d.step()
        loss_g = sign * F.logsigmoid(-D(fake)).mean()
        opt_g.zero_grad()
        loss_g.backward()
        opt_g.step()
        curves["D"].append(loss_d.item())
        curves["G"].append(loss_g.item())
    return G(torch.randn(2_000, 2)).detach(), curves


checks.clinic_plane.bottomless(my_bottomless)

# %%
checks.clinic_plane.bottomless.beside()

# %% [markdown]
# <details><summary>After ✓: what to keep from this case</summary>
#
# $D$ has the maximum, $G$ the minimum. Exchanged, $D$ lowers $\log D(x)$,
# which has no floor. Half a repair is worse than none here: it makes
# players who work together.
#
# </details>

# %% [markdown]
# ## ✏️ Exercise 9 · It stops satisfied
# *10 minutes · ●●○*
#
# > “It ends when $D$ says one half, as in the paper. What a fast GAN!”

# %%
def satisfied(x, steps):
    G, D = models.plane_generator(), models.plane_discriminator()
    opt_g = torch.optim.Adam(G.parameters(), 8e-3, (0.5, 0.9), fused=True)
    opt_d = torch.optim.Adam(D.parameters(), 8e-3, (0.5, 0.9), fused=True)
    curves = {"real": [], "fake": []}
    for _ in range(steps):
        real = x[torch.randint(len(x), (128,))]
        fake = G(torch.randn(128, 2))
        on_real, on_fake = D(real), D(fake.detach())
        loss_d = F.softplus(-on_real).mean() + F.softplus(on_fake).mean()
        opt_d.zero_grad()
        loss_d.backward()
        opt_d.step()
        loss_g = F.softplus(-D(fake)).mean()
        opt_g.zero_grad()
        loss_g.backward()
        opt_g.step()
        curves["real"].append(on_real.sigmoid().mean().item())
        curves["fake"].append(on_fake.sigmoid().mean().item())
        late = [sum(row[-10:]) / 10 for row in curves.values()]
        if all(abs(p - 0.5) < 0.05 for p in late):
            break
    return G(torch.randn(2_000, 2)).detach(), curves

# %%
bedside(satisfied)

# %% [markdown]
# What is wrong?
#
# {{thoughts clinic_plane.satisfied}}

# %%
# BEGIN SOLUTION: checks.clinic_plane.satisfied.because(...)  # a letter
checks.clinic_plane.satisfied.because("a")
# END SOLUTION

# %% [markdown]
# Now heal it, in as few lines as you can.
#
# {{hints clinic_plane.satisfied}}

# %% tags=["exercise"]
def my_satisfied(x, steps):
    G, D = models.plane_generator(), models.plane_discriminator()
    opt_g = torch.optim.Adam(G.parameters(), 8e-3, (0.5, 0.9), fused=True)
    opt_d = torch.optim.Adam(D.parameters(), 8e-3, (0.5, 0.9), fused=True)
    curves = {"real": [], "fake": []}
    for _ in range(steps):
        real = x[torch.randint(len(x), (128,))]
        fake = G(torch.randn(128, 2))
        on_real, on_fake = D(real), D(fake.detach())
        loss_d = F.softplus(-on_real).mean() + F.softplus(on_fake).mean()
        opt_d.zero_grad()
        loss_d.backward()
        opt_d.step()
        loss_g = F.softplus(-D(fake)).mean()
        opt_g.zero_grad()
        loss_g.backward()
        opt_g.step()
        curves["real"].append(on_real.sigmoid().mean().item())
        curves["fake"].append(on_fake.sigmoid().mean().item())
        late = [sum(row[-10:]) / 10 for row in curves.values()]
        # BEGIN SOLUTION
        if len(curves["real"]) == steps:
            break
        # BEGIN BROKEN
        if all(abs(p - 0.5) < 0.05 for p in late):
            break
        # END SOLUTION
    return G(torch.randn(2_000, 2)).detach(), curves


checks.clinic_plane.satisfied(my_satisfied)

# %%
checks.clinic_plane.satisfied.beside()

# %% [markdown]
# <details><summary>After ✓: what to keep from this case</summary>
#
# $D=\frac12$ everywhere follows from $p=q$. Backward it does not hold: a
# $D$ that knows nothing says ½, and so does one that was overtaken. A
# stopping rule must look at samples, on data that were held out.
#
# </details>

# %% [markdown]
# ## ✏️ Exercise 10 · No collapse, says the counter
# *8 minutes · ●○○*
#
# > “All eight modes, says my counter. Whoever calls this a collapse is
# > wrong.”

# %%
def counter(samples, centers, sigma):
    distances = torch.cdist(samples, centers)  # (N, 8)
    nearest = distances.argmin(1)
    found = nearest
    return len(found.unique())

# %%
between = (ring.centers + ring.centers.roll(-1, 0)) / 2
rng = runtime.generator(SEED)
halfway_there = between.repeat_interleave(200, dim=0)
halfway_there = halfway_there + 0.05 * torch.randn(1_600, 2, generator=rng)
count = counter(halfway_there, ring.centers, ring.sigma)
show.points(
    ring.x[:400],
    halfway_there[::4],
    title=f"{count} of 8 modes, says the counter",
    sentence="Samples ▲ among the data ●.",
)

# %% [markdown]
# What is wrong?
#
# {{thoughts clinic_plane.counter}}

# %%
# BEGIN SOLUTION: checks.clinic_plane.counter.because(...)  # a letter
checks.clinic_plane.counter.because("c")
# END SOLUTION

# %% [markdown]
# Now heal it, in as few lines as you can.
#
# {{hints clinic_plane.counter}}

# %% tags=["exercise"]
def my_counter(samples, centers, sigma):
    distances = torch.cdist(samples, centers)  # (N, 8)
    nearest = distances.argmin(1)
    # BEGIN SOLUTION
    found = nearest[distances.amin(1) <= 3 * sigma]
    # BEGIN BROKEN
    found = nearest
    # END SOLUTION
    return len(found.unique())


checks.clinic_plane.counter(my_counter)

# %%
checks.clinic_plane.counter.beside()

# %% [markdown]
# <details><summary>After ✓: what to keep from this case</summary>
#
# Every sample is nearest to some mode. A count of modes needs a distance,
# and a number of samples that none of them may go below (lesson 04).
#
# </details>

# %% [markdown]
# ## The ward
# How did you do? First hypotheses and repairs, case by case:

# %%
checks.ward(checks.clinic_plane)

# %% [markdown]
# ## One seed is an anecdote
# What the pictures above showed was one run each. Do the symptoms hold on
# other dice? Three seeds of six programs:

# %%
sick = {"healthy": healthy}
for name in ("calm", "winners", "downhill", "rooted", "lukewarm"):
    sick[name] = getattr(checks.clinic_plane, name).sick
modes, d_loss = {}, {}
for name, program in sick.items():
    modes[name], d_loss[name] = [], []
    for seed in range(SEED, SEED + 3):
        runtime.seed_everything(seed)
        samples, curves = program(ring.x, min(steps, 500))
        found = metrics.modes_covered(samples, ring.centers, ring.sigma)
        modes[name].append(found)
        d_loss[name].append(sum(curves["D"][-50:]) / 50)
show.bars(
    modes,
    ylabel="modes found, of 8",
    title=f"At least {min(modes['healthy'])} modes in health, "
    f"at most {max(max(modes[name]) for name in named[1:])} in sickness",
    sentence="Each dot is a seed, the line their mean.",
)

# %%
# what we claim
checks.claim("health finds 6 modes or more", min(modes["healthy"]) >= 6)
checks.claim(
    "no sick program does",
    max(max(modes[name]) for name in named[1:]) < 6,
)
checks.claim(
    "calm's D ends within 0.01 of 2 ln 2",
    all(abs(value - 2 * np.log(2)) < 0.01 for value in d_loss["calm"]),
)
checks.claim(
    "winners' and downhill's D end below 0.05",
    max(d_loss["winners"] + d_loss["downhill"]) < 0.05,
)

# %% [markdown]
# The clinic was calibrated more strictly than that: every program above,
# every healed one and for each case three to five tempting repairs that
# heal nothing were examined on twenty seeds. The table is
# `tests/exercises/clinic.md` in the repository.

# %% [markdown] tags=["instructor"]
# > **For instructors.** Let pairs work: one may only read curves, the other
# only code. Expect the lottery ticket first (lower the rate, widen $D$,
# train longer); the examination says what such a repair leaves as it was.
# In exercise 2 `fused=True` silences the error, and even the modes are found:
# let the room decide whether that is a repair; the examination says no.
# `checks.clinic_plane.calm.mistakes()` shows a healed
# case's tempting repairs.

# %% [markdown]
# ## Quiz
# 1. $D$'s loss is 1.386 in every step from the first on. Which single
#    experiment tells rest from a $D$ that never sees data?
#    <details><summary>Answer</summary>Other data with the same seed. At rest
#    the samples follow the data; if $D$ never sees them, the samples stay the
#    same, number for number.</details>
# 2. Both losses go to zero. Why can that not be a GAN that has learned well?
#    <details><summary>Answer</summary>$D$'s loss is near zero where it tells
#    data from samples, and then $G$'s is large. Both near zero: $D$ calls the
#    samples real in its own turn, too, or $G$ helps it.</details>
# 3. An error says that a variable was "modified by an inplace operation". No
#    line of yours ends in an underscore. Who wrote in place?
#    <details><summary>Answer</summary>Often an optimizer: its step changes
#    weights that a loss, computed before it, still needs for its backward
#    pass.</details>
# 4. What is the smallest cross entropy of a $D$ whose logits lie between 0
#    and 1?
#    <details><summary>Answer</summary>Logit 1 for data costs 0.313, logit 0
#    for samples 0.693: together 1.006. It can never be sure that anything is
#    a fake.</details>
# 5. "Stop when $D$ says one half": what is right in it, and what is missing?
#    <details><summary>Answer</summary>If data and samples are alike, no $D$
#    does better than ½. But this $D$ may be new, weak or overtaken for a
#    moment. What it says is about $D$; only samples tell about samples.
#    </details>

# %% [markdown]
# ## Ledger
# | what was wrong | what it looked like |
# |---|---|
# | numbers of two precisions | stops at G's first layer |
# | a loss built before D's step, used after it | stops in G's backward pass |
# | the data's scores thrown away | 2 ln 2 for ever, samples blind to the data |
# | samples labeled real in D's turn | both losses zero, samples anywhere |
# | one loss for both players | the loss falls to zero, samples where none should be |
# | D's loss tied to G | G stays in a heap |
# | a sigmoid before a loss on logits | D's loss never below 1 |
# | maximum and minimum exchanged | D's loss without a floor |
# | D = ½ as a stopping rule | stops early, modes missing |
# | a mode counter without a distance | eight modes, none near a sample |
#
# ## In practice
# - Write the healthy picture down before you change anything: seed, curves,
#   samples, one number. A repair is a difference from it.
# - Change one thing, run the same seed, compare. Undo what did not help: two
#   half repairs are harder to find than one fault.
# - Most of these faults were found in published code or in tutorials. Reading
#   helps less than one experiment that the fault cannot survive.
#
# ## Further reading
# - [Goodfellow et al. 2014, Generative Adversarial Nets](https://arxiv.org/abs/1406.2661):
#   the game and who maximizes; read section 4 for what D = ½ follows from.
# - [Karpathy 2019, A Recipe for Training Neural Networks](https://karpathy.github.io/2019/04/25/recipe/):
#   most faults are silent; look for "overfit a single batch".
# - [PyTorch, Autograd mechanics](https://pytorch.org/docs/stable/notes/autograd.html):
#   how versions of tensors are counted, behind the error of exercise 2.
# - [Lucic et al. 2018, Are GANs Created Equal?](https://arxiv.org/abs/1711.10337):
#   why one seed shows nothing; look at the spread within each method.
# - [Srivastava et al. 2017, VEEGAN](https://arxiv.org/abs/1705.07761): the
#   count of modes with a distance of three standard deviations.
