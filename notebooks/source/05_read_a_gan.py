# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 05 · Read a GAN
#
# At the end of this lesson you look at a strange run and say what is wrong
# with it. You will have had practice: 24 runs to read, 16 to diagnose.
#
# **What you'll do.** Read curves and samples together, write alarms that
# watch a run for you, decide when to stop, and go back to save a sick run.
#
# **What you'll learn**
# - *tell* what a loss can say about a GAN, and what it cannot;
# - *detect* a winning $D$, collapse, oscillation and NaN by rule;
# - *stop* a run by a measure it was not trained on.
#
# **What you'll need.** Lessons 02 and 04. About 90 minutes of your time;
# {{minutes}} minutes of computing on 2 CPU cores.

# %%
from gan_lessons import checks, cockpit, data, detectors, errors, losses
from gan_lessons import metrics, models, runtime, show, training
from collections import namedtuple
from dataclasses import replace
import copy
import math
import torch
from matplotlib import rc_context
from torch import nn

runtime.start()  # nets this small are fastest on the CPU
IDLE = 2 * math.log(2)  # D's loss if it says ½ to everything: 1.386

# %% [markdown]
# ## The knobs
# The runs you read ship with the course, so that you and your neighbor see
# the same ones. Some of them you train again here: how many is your choice.

# %% tags=["parameters"]
SEED = 0
live_kinds = 8  # how many of the eight kinds to train again
fresh_steps = 300  # of a D that is asked for its opinion
fresh_lr = 3e-3  # and its learning rate

# %% [markdown]
# The number of steps follows from your budget; the gallery holds the runs.

# %%
steps = runtime.budget(tiny=20, ci=600, lesson=600, full=600)
long_steps = runtime.budget(tiny=40, ci=1_500, lesson=1_500, full=1_500)
ring = data.ring(sigma=0.1)  # 8 modes, wider than in lesson 04
gallery = data.gallery()
kinds = [run.kind for run in gallery.runs if run.seed == 0]
shown = [gallery.runs[i] for i in (5, 6, 7, 2, 1, 0, 4, 3)]
seeds = {run.seed for run in gallery.runs}
print(f"{len(kinds)} kinds, seeds {seeds}, 600 steps, made {gallery.made}")

# %% [markdown] predict={"picture": "names", "words": ["healthy", "F is"]}
# ## Eight runs
# Here are the losses of eight runs, without their names. One of them learned
# the ring. **Guess before you go on:** which letter is it? Which run would
# you stop at once?

# %%
def eight(draw, titles, *, finding, sentence):
    with rc_context(show.STYLE):
        fig = show.figure(width=9, height=4.4)
        fig.suptitle(finding)
        for ax, run, title in zip(fig.subplots(2, 4).flat, shown, titles):
            draw(ax, run)
            ax.set_title(title, fontsize=10)
        return show.Picture(fig, sentence)

# %%
def draw_curves(ax, run):
    for name, color, line in (
        ("loss_d", show.D_COLOR, "-"),
        ("loss_g", show.G_COLOR, "--"),
    ):
        ax.plot(*show.smooth(run.numbers[name]), color=color, ls=line, lw=1.2)
    ax.axhline(IDLE, color="black", ls=":", lw=1)
    ax.set(ylim=(0, 4), xlabel="step")


lettered = dict(zip("ABCDEFGH", shown))
high = [c for c, r in lettered.items() if r.numbers["loss_g"].max() > 4]
eight(
    draw_curves,
    lettered,
    finding="Losses of D (—) and of G (- -); 2 ln 2 is dotted",
    sentence="Loss curves of eight runs, A to H. G's loss leaves the picture, "
    f"for a while or for good, in {', '.join(high)}.",
)

# %% [markdown]
# In three of them $D$'s loss ends at $2\ln 2 = 1.386$, the value that theory
# gives for the end of a perfect game: two lie flat on it, one wobbles about
# it. Here are the samples of the same runs, in the same order, with their
# names.

# %% picture="names"
def draw_samples(ax, run):
    show.draw_points(ax, ring.x, run.looks[-1], limit=3.4, legend=False)
    ax.set(xticks=[], yticks=[], xlabel="", ylabel="")
    if run.looks[-1].abs().amax(dim=1).min() > 3.4:
        ax.text(0, 0, "all outside", ha="center", va="center")


eight(
    draw_samples,
    [f"{letter} · {run.kind}" for letter, run in lettered.items()],
    finding="The last samples of the eight, over the real points",
    sentence="Samples of the same eight runs after 600 steps, with the name "
    "of what was done to each.",
)

# %%
# what we claim
def late(run, name):
    return run.numbers[name][-100:].mean().item()


def visited(run):  # modes with a fifth of their fair share of samples
    shares = detectors.mode_shares(run.looks[-1], ring.centers)
    return int((shares >= 0.2 / 8).sum())


flat = [run for run in shown if abs(late(run, "loss_d") - IDLE) < 0.01]
truth = ring.centers, ring.sigma
modes = {r.kind: metrics.modes_covered(r.looks[-1], *truth) for r in shown}
checks.claim(
    "the one run that covers all eight modes is the healthy one",
    [kind for kind, count in modes.items() if count == 8] == ["healthy"],
)
pays = {run.kind: (late(run, "loss_d"), late(run, "loss_g")) for run in shown}
checks.claim(
    "at C and E, and nowhere else, D pays less than 0.1 and G more than 5",
    [c for c, run in lettered.items()
     if pays[run.kind][0] < 0.1 and pays[run.kind][1] > 5] == ["C", "E"],
)
checks.claim(
    "three runs end at 1.386, and none of them covers more than two modes",
    len(flat) == 3 and max(modes[run.kind] for run in flat) <= 2,
)

# %% [markdown]
# F is the run that learned the ring: its $D$ pays less than 1.386 at the
# end. B (batch norm) has a ring as well, of the wrong size. The three that
# sit at the perfect value are far from it: A covers two modes of eight, H
# one, and G none.
#
# Which would you stop at once? C and E: their $D$ pays next to nothing, their
# $G$ more than 5, and but for a few spikes in C it stays so. That much the
# losses show. A, G and H nobody would have stopped by them.
#
# Do good runs sit there, too? The gallery also holds 24 healthy runs of
# 1,500 steps, its `traces`. Every 50 steps each of them noted four numbers:
# the energy distance of its samples (lesson 04) to two sets of real points
# that it was not trained on, and the mean losses of $D$ and of $G$.

# %%
traces = gallery.traces  # (24 runs, 30 looks, 4 numbers)
calm = traces[0]
with rc_context(show.STYLE):
    fig = show.figure(width=8, height=3.4)
    ax = fig.subplots()
    for run, line in zip(flat, ("-", "--", "-.")):
        far = metrics.energy_distance(ring.x[:3_000], run.looks[-1])
        label = f"{run.kind}: distance {far:.2f}"
        values = show.smooth(run.numbers["loss_d"])
        ax.plot(*values, color=show.FAKE, ls=line, lw=1.2, label=label)
    at = torch.arange(50, 1_501, 50)
    label = f"healthy: distance {calm[-1, 1]:.3f}"
    ax.plot(at, calm[:, 2], color=show.D_COLOR, lw=2, label=label)
    ax.axhline(IDLE, color="black", ls=":", lw=1)
    ax.set(xlabel="step", ylabel="loss of D", ylim=(1.0, 1.8))
    ax.set_title(f"{calm[-1, 2]:.3f} is where this healthy run ends, too")
    ax.legend(fontsize=9)
show.Picture(fig, "D's loss of the three sick runs and of one healthy run of "
             "1,500 steps: all four end at the dotted 1.386. The distances "
             "of their samples to real points differ by far.")

# %% [markdown]
# That run ends at 1.386, as good as it ever was. Is it one of many, or a
# lucky one? All 24 of them:

# %%
last_loss, last_distance = traces[:, -1, 2], traces[:, -1, 1]
near = ((last_loss - IDLE).abs() < 0.01).sum().item()
worse = last_distance / traces[:, :, 1].min(dim=1).values
print(f"{near} of {len(traces)} end within 0.01 of 1.386, all of them between "
      f"{last_loss.min():.3f} and {last_loss.max():.3f}")
print(f"distance at the end, by the run's smallest: {worse[0]:.2f} for the "
      f"run above, {worse.median():.2f} for the median run")

# %%
# what we claim
checks.claim(
    "the run above ends at 1.386, as good as it ever was",
    abs(calm[-1, 2] - IDLE) < 0.01 and worse[0] < 1.1,
)
checks.claim(
    "9 of 24 healthy runs end within 0.01 of 1.386, the others below it",
    near == 9 and last_loss.max() < IDLE,
)
checks.claim(
    "half of them end at more than twice their smallest distance",
    worse.median() > 2,
)

# %% [markdown]
# The run above was lucky. Nine of 24 good runs end where it ends, the others
# a little below, and half of all are by then more than twice as far from the
# real points as at their best moment.
#
# So a loss at 1.386 tells neither good from bad nor where to look. That is
# what the plateau hides. What *can* a loss say?
#
# ## What a loss can say
# A loss measures one player **against the other**. With the best $D$,
# lesson 02 found $L_D = 2\ln 2 - 2\,\mathrm{JSD}$. No $D$ does better than
# that, so an $L_D$ *below* 1.386 proves a difference:
# $\mathrm{JSD} \ge (2\ln 2 - L_D)/2$. But the best $D$ is best **on
# average**, over all points of both kinds. So two conditions belong to it:
#
# 1. the points are such as $D$ was *not trained on*;
# 2. $L_D$ is a mean over *many* of them: a single batch may be lucky.

# %% [markdown] predict={"picture": "by heart", "words": ["far below"]}
# Here is a $D$ that breaks the first one. Both its batches are real, 64
# points each, the same ones at every step. There is nothing to find.
# **Predict:** where does its loss go on these points, and where on new
# ones?

# %% picture="by heart"
def by_heart(kept, steps=1_000):
    runtime.seed_everything(SEED)
    D = models.plane_discriminator(width=64)
    opt = torch.optim.Adam(D.parameters(), lr=8e-3)
    called_real, called_fake = ring.x[:kept], ring.x[kept : 2 * kept]
    for _ in range(steps):
        loss = losses.cross_entropy_d(D(called_real), D(called_fake))
        opt.zero_grad()
        loss.backward()
        opt.step()
    with torch.no_grad():
        a, b = D(ring.x[-8_000:-4_000]), D(ring.x[-4_000:])
    return loss.item(), losses.cross_entropy_d(a, b).item()


on_known, on_new = by_heart(64)
print(f"points it knows {on_known:.2f}, new points {on_new:.2f}")

# %% [markdown]
# It learned its points by heart: on them it is far below 1.386, and on new
# ones far above. Below 1.386 *on new points* is proof; at 1.386 nothing is
# proven: perhaps there is no difference, perhaps $D$ fails to see it.

# %%
# what we claim
checks.claim(
    "a D that knows its points by heart is below 1.386 on them, and above "
    "1.386 on new ones",
    on_known < IDLE < on_new,
)

# %% [markdown]
# ## A plateau of G
# A plateau of $G$'s loss can be read too. Suppose $G$ puts its samples
# evenly on $k$ of $K$ modes, perfectly, and $D$ is at its best there. The
# loss of $G$ then tells you $k$.
#
# ## ✏️ Exercise 1 · The plateau of a collapsed generator
# *10 minutes · ●●○*
#
# Your function gets $k$ as `found` and $K$ as `modes`. At such a mode, which
# share $p$ of the real and $q$ of the fake samples is there? What does
# $D^* = p/(p+q)$ say, and what is $G$'s loss $-\ln D^*$? Use `math`.
#
# {{hints reading.plateau}}

# %% tags=["exercise"]
def my_plateau(found, modes):
    # BEGIN SOLUTION
    real, fake = 1 / modes, 1 / found
    return -math.log(real / (real + fake))
    # END SOLUTION


checks.reading.plateau(my_plateau)

# %% [markdown]
# Read backwards, it turns a loss into a number of modes, as far as its two
# conditions hold: perfect samples, and a $D$ at its best. How far do they
# hold in real runs? The course's version, folded:

# %% tags=["folded"]
def course_plateau(found, modes):
    return math.log(1 + modes / found)

# %%
plateau = checks.reading.plateau.yours(course_plateau)


def read_off(loss):  # the number of modes whose plateau is nearest
    return min(range(1, 9), key=lambda k: abs(float(plateau(k, 8)) - loss))


print("kind           G's loss   read off   counted")
for run in gallery.runs:
    if run.kind in ("collapse", "healthy"):
        loss = late(run, "loss_g")
        read, count = read_off(loss), visited(run)
        print(f"{run.kind:14} {loss:8.2f} {read:10} {count:9}")

# %%
# what we claim
single = [r for r in gallery.runs if r.kind == "collapse" and visited(r) == 1]
checks.claim(
    "a collapsed run with one mode is read as one mode",
    [read_off(late(run, "loss_g")) for run in single] == [1] * len(single),
)
healthy = [run for run in gallery.runs if run.kind == "healthy"]
asked = [run for run in gallery.runs if run.kind in ("collapse", "healthy")]
checks.claim(
    "two of six are read rightly",
    sum(read_off(late(r, "loss_g")) == visited(r) for r in asked) == 2,
)
checks.claim(
    "a healthy run is read as fewer modes than it holds",
    all(read_off(late(run, "loss_g")) < visited(run) for run in healthy),
)

# %% [markdown]
# Two of six are read rightly, both with one mode: a loss of $G$ that rests
# near $\ln 9 = 2.2$ is what one mode of eight looks like to a good $D$. The
# third collapsed run holds some of a second mode, and its loss does not say
# so. The healthy runs hold all eight and are read as four or five: their
# samples are not perfect, and that costs, too. So the reading finds a
# collapse; it does not count.
#
# ## What was done to them
# Every sick run is the healthy one with one thing changed; for collapse it
# takes two, both learning rates:
#
# | kind | the change | in real life |
# |---|---|---|
# | D wins | $G$ learns 500 times more slowly | a typo in a learning rate |
# | collapse | $D$ 10 times faster, $G$ 20 times slower | "train $D$ more" |
# | oscillation | $D$ 20 times slower | "slow $D$ down" |
# | no real data | fakes where real ones should be | the wrong variable |
# | double sigmoid | $D$ ends in a sigmoid, the loss has its own | two tutorials mixed |
# | batch norm | $D$ starts with batch norm | "use it in both" |
# | range mismatch | $G$ ends in tanh, data reach 2 | data not scaled |

# %%
recipes = {
    "healthy": {},
    "D wins": {"lr_g": 8e-6},
    "collapse": {"lr_d": 8e-2, "lr_g": 2e-4},
    "oscillation": {"lr_d": 4e-4},
    "no real data": {"only_fakes": True},
    "double sigmoid": {"end_of_d": nn.Sigmoid},
    "batch norm": {"start_of_d": lambda: nn.BatchNorm1d(2)},
    "range mismatch": {"end_of_g": nn.Tanh},
}


def fakes_for_ever(G):
    while True:
        yield G(torch.randn(64, 2)).detach()

# %%
def setup(
    seed, *, lr_d=8e-3, lr_g=4e-3, only_fakes=False,
    end_of_g=nn.Identity, start_of_d=nn.Identity, end_of_d=nn.Identity,
):
    runtime.seed_everything(seed)
    G = nn.Sequential(*models.plane_generator(width=64), end_of_g())
    D = models.plane_discriminator(width=64)
    D = nn.Sequential(start_of_d(), *D, end_of_d())
    adam = {"betas": (0.5, 0.99), "fused": True}
    opt_g = torch.optim.Adam(G.parameters(), lr=lr_g, **adam)
    opt_d = torch.optim.Adam(D.parameters(), lr=lr_d, **adam)
    batches = data.batches(ring.x, 64, rng=runtime.generator(seed))
    return G, D, opt_g, opt_d, fakes_for_ever(G) if only_fakes else batches

# %% [markdown]
# Train some of them again. The shipped runs were made by the same lines,
# so the first losses must agree; later, rounding on another machine grows
# into another game.

# %%
again = {}
for kind in cockpit.progress(kinds[:live_kinds]):
    *players, batches = setup(SEED, **recipes[kind])
    z = torch.randn(100, 2, generator=runtime.generator(SEED))
    looks = []
    more = {"steps": steps, "latent_dim": 2}
    for moment in training.train(*players, batches, **more):
        if moment.step % (steps // 6) == 0:
            looks.append(players[0](z).detach())
    again[kind] = moment.history, torch.stack(looks), players

# %%
# what we claim
pairs = [(run, again[run.kind][0]) for run in shown if run.kind in again]
checks.claim(
    "the first ten losses of the runs trained here are the shipped ones",
    all(
        torch.allclose(mine.column("loss_d")[:10], run.numbers["loss_d"][:10],
                       rtol=2e-3, atol=2e-3)
        for run, mine in pairs
    ),
)

# %% [markdown]
# ## The decisive test: a fresh D
# $D$'s loss sits at 1.386. Is there no difference, or has *this* $D$ gone
# blind? Ask another one. Freeze $G$, give a new $D$ a few hundred steps
# against it, and read its loss on points that it has never seen: both
# conditions from above hold.

# %%
unseen = data.ring(4_000, sigma=0.1, seed=2).x


def fresh_loss(draw):  # draw(n) makes n fakes; nobody trains what makes them
    runtime.seed_everything(SEED)
    D = models.plane_discriminator(width=64)
    opt = torch.optim.Adam(D.parameters(), lr=fresh_lr)
    batches = data.batches(ring.x, 64, rng=runtime.generator(SEED))
    for _, real in zip(range(fresh_steps), batches):
        loss = losses.cross_entropy_d(D(real), D(draw(len(real))))
        opt.zero_grad()
        loss.backward()
        opt.step()
    with torch.no_grad():
        return losses.cross_entropy_d(D(unseen), D(draw(len(unseen)))).item()

# %% [markdown] predict={"picture": "fresh", "words": ["stays at"]}
# Whom do we ask about? The runs that you have trained; a healthy one of
# 1,500 steps, trained here like the trace above; and, as a ruler, a
# generator without a fault: it draws new points from the real distribution.
# **Predict:** which of them does a fresh $D$ leave at 1.386? And the
# healthy run: does its own $D$ see all that there is to see?

# %%
*players, batches = setup(100)  # the seed of the first trace
more = {"steps": long_steps, "latent_dim": 2}
for moment in training.train(*players, batches, **more):
    pass
again["healthy, long"] = moment.history, None, players


def draw_by(G):
    return lambda n: G(torch.randn(n, 2)).detach()


def without_fault(n):  # new points from the distribution of the real ones
    which = torch.randint(len(ring.centers), (n,))
    return ring.centers[which] + ring.sigma * torch.randn(n, 2)


own, new = {}, {}
for kind, (history, _, (G, *_)) in again.items():
    own[kind] = history.column("loss_d")[-50:].mean().item()
    new[kind] = fresh_loss(draw_by(G))
new["no fault"] = fresh_loss(without_fault)

# %% picture="fresh"
with rc_context(show.STYLE):
    fig = show.figure(width=8, height=3.8)
    ax = fig.subplots()
    names = sorted(new, key=new.get, reverse=True)
    rows = range(len(names))
    ax.hlines(rows, [new[k] for k in names],
              [own.get(k, new[k]) for k in names], color="#999999")
    ax.plot([own.get(k) for k in names], rows, "o", mfc="white", ms=8,
            color=show.D_COLOR, label="its own D")
    ax.plot([new[k] for k in names], rows, "D", color="black", label="fresh D")
    ax.axvline(IDLE, color="black", ls=":", lw=1)
    ax.set_yticks(rows, names)
    ax.set(xlabel="loss of D, 2 ln 2 is dotted", xlim=(-0.05, 1.75))
    blind = [k for k in own if own[k] - new[k] > 0.5]
    ax.set_title(f"{len(blind)} own Ds pay over 0.5 more than a fresh one")
    ax.legend(fontsize=9, loc="lower center")
show.Picture(fig, "For each generator the loss of the D it played with, mean "
             "of the last 50 steps, and that of a fresh D on unseen points. "
             "More than 0.5 apart at: " + ", ".join(blind) + ".")

# %% [markdown]
# The fresh $D$ stays at 1.386 for the ruler alone. The three of the plateau
# are seen through at once: their own $D$ was slow, deaf or without real
# data. And what of batch norm, whose curves looked healthy? It is found
# out, too. The healthy runs come next to the ruler and are not there yet: of
# the long one its own $D$ says 1.386, while a fresh one still finds a rest
# of difference, less than the 0.5 that the title counts. So its $D$ does not
# see all there is to see: $G$ has learned the ring, and not to the last
# detail.
#
# The test proves in one direction only. A fresh $D$ below 1.386 has found a
# difference; one that stays has not found any *in so many steps*.

# %%
# what we claim
plateau_kinds = [run.kind for run in flat if run.kind in again]
checks.claim(
    "a fresh D leaves 1.386 at once where the run's own D sat on it",
    all(new[kind] < 1.0 for kind in plateau_kinds),
)
checks.claim(
    "with a generator without a fault the fresh D stays at 1.386",
    abs(new["no fault"] - IDLE) < 0.02,
)
well = {kind for kind in new if kind.startswith("healthy")}
checks.claim(
    "the healthy runs come next to it, and a fresh D still finds a rest",
    set(sorted(new, key=new.get)[-1 - len(well) : -1]) == well
    and max(new[kind] for kind in well) < IDLE,
)
checks.claim(
    "the own D of the long run misses that rest, and it is less than 0.5",
    0.05 < own["healthy, long"] - new["healthy, long"] < 0.5,
)

# %% [markdown]
# ## Alarms
# Nobody watches a run for hours. Let us write detectors. One bad step means
# nothing in a game, so each detector reads a **window** that rolls along.
#
# ## ✏️ Exercise 2 · The rolling mean
# *5 minutes · ●○○*
#
# `values` is (T,). Return the means of all whole windows, (T − window + 1,).
# A run that is shorter than the window has none. No loop is needed.
#
# {{hints reading.rolling_mean}}

# %% tags=["exercise"]
def my_rolling_mean(values, window):
    # BEGIN SOLUTION
    if len(values) < window:
        return values[:0]
    return values.unfold(0, window, 1).mean(dim=1)
    # END SOLUTION


checks.reading.rolling_mean(my_rolling_mean)

# %% [markdown]
# Yours goes to work at once: all detectors below call `rolling_mean`.

# %%
windows = checks.reading.rolling_mean.yours(detectors.rolling_mean)


def rolling_mean(values, window):  # a list or an array is welcome, too
    means = torch.as_tensor(windows(values, window))
    return means.float().round(decimals=5)

# %% [markdown]
# **D wins** when over 100 steps its *mean* logits lie beyond +4 on real and
# −4 on fake samples: at ±4 it is 98 % sure. (With an untrained $G$ that is
# no surprise for a few steps; as the mean of 100 it says that $G$ gets no
# useful answer.)

# %% tags=["mirrors:detectors"]
def first_alarm(alarm, window):
    hits = alarm.nonzero()
    return int(hits[0]) + window if len(hits) else None


def d_wins(real_logit, fake_logit, *, window=100, sure=4.0):
    real = rolling_mean(real_logit, window)
    fake = rolling_mean(fake_logit, window)
    return first_alarm(torch.minimum(real, -fake) > sure, window)

# %% [markdown]
# **Collapse** and **oscillation** are seen in samples, not in losses. Count
# which mode each sample is nearest to, at every look. Collapse: fewer than
# half of the modes, three looks in a row. Oscillation: from look to look the
# *shares* of the modes shift by more than half of all samples, in the mean
# of three such shifts. (Samples that trade modes evenly go unseen.)

# %% tags=["mirrors:detectors"]
def mode_shares(samples, centers):
    nearest = torch.cdist(samples, centers).argmin(dim=1)  # (N,)
    return nearest.bincount(minlength=len(centers)) / len(samples)


def collapsed(looks, centers, *, window=3):
    shares = torch.stack([mode_shares(x, centers) for x in looks])  # (L, K)
    few = (shares >= 0.2 / len(centers)).sum(dim=1) < len(centers) / 2
    return first_alarm(rolling_mean(few.float(), window) == 1, window)

# %% tags=["mirrors:detectors"]
def oscillates(looks, centers, *, window=3):
    shares = torch.stack([mode_shares(x, centers) for x in looks])  # (L, K)
    change = shares.diff(dim=0).abs().sum(dim=1) / 2  # (L - 1,)
    return first_alarm(rolling_mean(change, window) > 0.5, window + 1)

# %% [markdown] predict={"picture": "alarms", "words": ["ring nothing"]}
# Ask them of all 24 runs. **Predict:** which kinds of sickness will ring no
# alarm at all?

# %% picture="alarms"
def alarms(run):
    x, looks = run.numbers, run.looks
    found = {
        "D wins": d_wins(x["real_logit"], x["fake_logit"]),
        "collapse": collapsed(looks, ring.centers),
        "oscillation": oscillates(looks, ring.centers),
    }
    return " + ".join(name for name, when in found.items() if when) or "–"


rung = {kind: [] for kind in kinds}
for run in gallery.runs:
    rung[run.kind].append(alarms(run))
print("\n".join(f"{k:14} {' | '.join(each)}" for k, each in rung.items()))

# %% [markdown]
# The healthy runs ring nothing; nor do the batch-norm runs and one double
# sigmoid, and they are sick. An alarm also names a *symptom*, not a cause:
# "D wins" rings for a slow $G$, for a $G$ that cannot reach the data, and
# for all three collapsed runs.

# %%
# what we claim
assert round(torch.tensor(4.0).sigmoid().item(), 2) == 0.98
checks.claim(
    "healthy and batch-norm runs ring nothing",
    rung["healthy"] == rung["batch norm"] == ["–"] * 3,
)
checks.claim("one double sigmoid rings nothing",
             rung["double sigmoid"].count("–") == 1)
for alarm, sick in (
    ("D wins", ("D wins", "range mismatch", "collapse")),
    ("collapse", ("collapse", "no real data")),
    ("oscillation", ("oscillation",)),
):
    checks.claim(f"'{alarm}' rings for all runs of {' and '.join(sick)}",
                 all(alarm in each for kind in sick for each in rung[kind]))

# %% [markdown] predict={"picture": "survival", "words": ["infinite"]}
# ## When a number is no number
# The same loss, written two ways, with a learning rate that is far too high.
# **Decide first:** which of the two survives?

# %% picture="survival"
def of_probabilities(real_logits, fake_logits):
    real, fake = real_logits.sigmoid(), fake_logits.sigmoid()
    return -real.log().mean() - (1 - fake).log().mean()


def survives(loss_d):
    game = losses.Game(loss_d, losses.non_saturating_g)
    more = {"steps": min(steps, 100), "latent_dim": 2, "game": game}
    *players, batches = setup(SEED, lr_d=0.4)
    try:
        return all(training.train(*players, batches, **more))
    except errors.TrainingDiverged as error:
        print(error)
        return False


on_logits = survives(losses.cross_entropy_d)
on_probabilities = survives(of_probabilities)
print(f"on logits: {on_logits}, on probabilities: {on_probabilities}")

# %% [markdown]
# A probability rounds to 0 and its logarithm is infinite. Softplus on logits
# never meets that number: the run is still bad, but it has numbers to read.

# %%
# what we claim
checks.claim("on logits the run survives, on probabilities it does not",
             on_logits and not on_probabilities)

# %% [markdown]
# ## A fault that no curve shows
# With batch norm at its input, $D$ sees every batch shifted and scaled to
# mean 0 and variance 1. A ring of the wrong size looks exactly like the
# right one. To find out without another $D$, ask the one you have about the
# same real samples twice: alone, and with fakes in their batch.
#
# How much its logits change by that was noted for every run of the gallery:
# `run.mates`. For the runs that you have trained it is computed here.

# %%
@torch.no_grad()
def mates_effect(D, real, fake):
    alone, mixed = D(real), D(torch.cat([real, fake]))[: len(real)]
    return (alone - mixed).abs().max().item()


mine = {}  # the runs of today, noted as those of the gallery are
for kind in kinds[:live_kinds]:
    history, looks, (_, D, *_) = again[kind]
    mates = mates_effect(D, ring.x[:64], looks[-1][:64])
    numbers = {name: history.column(name) for name in gallery.runs[0].numbers}
    noted = {"numbers": numbers, "looks": looks, "mates": mates}
    mine[kind] = replace(gallery.runs[0], kind=None, seed=SEED, **noted)

# %%
effect = {kind: [] for kind in kinds}
for run in gallery.runs:
    effect[run.kind].append(run.mates)
for kind, run in mine.items():
    effect[kind].append(run.mates)
print({kind: round(max(values), 2) for kind, values in effect.items()})

# %% [markdown]
# Only where batch norm is does a sample's score depend on its mates. That is
# one reason to be careful with batch norm in $D$; a penalty on $D$'s slope
# (lesson 11) rules it out.

# %%
# what we claim
checks.claim("with batch norm each run's logits move by 0.5 or more",
             min(effect["batch norm"]) > 0.5)
others = [max(each) for kind, each in effect.items() if kind != "batch norm"]
checks.claim("without it none move by 0.01", max(others) < 0.01)

# %% [markdown]
# ## Browse the runs
# Choose a kind and move through the six looks of its three seeds. Do this
# for a few minutes: note for each sick kind a sign by which you would know
# it again. (Healthy has none of its own: it is what is left.)

# %%
def browse(kind, look):
    runs = [run for run in gallery.runs if run.kind == kind]
    return show.runs(runs, look, real=ring.x)


browse("collapse", 4)

# %%
show.explore(browse, labels={"look": "look, 1 to 6"}, kind=kinds, look=(1, 6))

# %% [markdown]
# The lines of three seeds lie over each other; the thin black line marks the
# step whose samples you see (at look 6 it is the right edge).

# %% [markdown] predict={"picture": "confused", "words": ["batch norm"]}
# ## Who is taken for whom
# Here is a first attempt to name the runs, by their losses at the end. A
# *confusion table* shows how far it gets: a row for each kind, a column for
# each name that was given, counts in the cells; what is named rightly has a ●
# on blue. **Predict:** which kinds will share a name?

# %% picture="confused"
def by_losses(run):
    if late(run, "loss_g") > 5:
        return "D wins"
    if late(run, "loss_g") > 2:
        return "collapse"
    idle = abs(late(run, "loss_d") - IDLE) < 0.02
    return "no real data" if idle else "healthy"


def confusion(name_of, runs):
    told = {kind: dict.fromkeys(kinds, 0) for kind in kinds}
    for run in runs:
        told[run.kind][name_of(run)] += 1
    right = sum(told[kind][kind] for kind in kinds)
    return show.table(
        {
            kind: {"\n".join(n.rsplit(" ", 1)): c for n, c in row.items()}
            for kind, row in told.items()
        },
        good={
            kind: ["\n".join(kind.rsplit(" ", 1))]
            for kind in kinds
            if told[kind][kind]
        },
        title=f"{right} of {len(runs)} are named rightly",
        sentence="Rows: what was done to the run. Columns: what it was "
        "called. ● on blue marks the right names.",
    )


confusion(by_losses, gallery.runs)

# %% [markdown]
# This rule, with its three thresholds, cannot tell a broken link to the data
# from an orbit, nor batch norm from health, nor a slow $G$ from one that
# cannot reach the data. Not all of that is the losses' fault: the rule reads
# their means at the end, and a loss can also move or lie still. Each such
# count is a question to ask: what sets these two apart, in the losses, the
# logits or the samples?
#
# ## ✏️ Exercise 3 · Diagnose unseen runs
# *20 minutes · ●●●*
#
# Return one of the eight names. You may use `run.numbers["loss_d"]` and its
# sisters `loss_g`, `real_logit`, `fake_logit` (600 values each), `run.looks`
# (6, 100, 2), `run.mates`, `ring.centers` and the detectors. Work with the
# table: `confusion(my_diagnose, gallery.runs)` shows whom you still mix up.
# The check asks about 16 runs from other seeds; 14 must be right, and one
# mistake no score makes up for: to call a run healthy that has no real data.
#
# {{hints reading.diagnose}}

# %% tags=["exercise"]
def my_diagnose(run):
    # BEGIN SOLUTION
    real = run.numbers["real_logit"][-100:]
    fake = run.numbers["fake_logit"][-100:]
    if run.mates > 0.01:
        return "batch norm"
    if run.numbers["fake_logit"].min() >= 0:
        return "double sigmoid"
    if min(real.mean(), -fake.mean()) > 4:
        pressed = (run.looks[-1].abs() > 0.99).any(dim=1)
        return "range mismatch" if pressed.all() else "D wins"
    if (real - fake).abs().mean() < 0.01:
        return "no real data"
    if oscillates(run.looks, ring.centers):
        return "oscillation"
    few = collapsed(run.looks, ring.centers)
    return "collapse" if few else "healthy"
    # END SOLUTION


checks.reading.diagnose(my_diagnose)

# %% [markdown]
# Your rule reads the runs that you have trained in this notebook, which no
# file knows.

# %%
name_of = checks.reading.diagnose.yours(by_losses)
for kind, run in mine.items():
    print(f"{kind:14} is called {name_of(run)}")

# %% [markdown] tags=["instructor"]
# > **For instructors.** Nearly everybody first sorts by the loss and calls
# > "no real data" an equilibrium. Let them; the check says it better. The
# > order of the questions matters more than the thresholds.

# %% [markdown] predict={"picture": "stop", "words": ["1 of 24"]}
# ## When to stop
# A healthy run does not end by itself. Take the 24 traces again. Here a
# *look* is no longer a cloud of samples but four numbers, noted every 50
# steps, 30 times in all. The first is the distance of 500 samples to 500
# **validation** points, the second that of 3,000 other samples to 3,000
# **test** points. Neither set was trained on.
#
# **Predict:** in how many of the 24 runs is the last look the best one, by
# the test points?

# %%
last_is_best = (traces[:, :, 1].argmin(dim=1) == 29).sum().item()
tuning, held_out = traces[:8], traces[8:]
best_fixed = tuning[:, :, 0].mean(dim=0).argmin().item()

# %% picture="stop"
with rc_context(show.STYLE):
    fig = show.figure(width=8, height=3.2)
    left, right = fig.subplots(1, 2)
    for trace, line in zip(traces[:3], ("-", "--", "-.")):
        left.plot(at, trace[:, 1], color=show.FAKE, ls=line, lw=1.4)
        best = trace[:, 1].argmin()
        left.plot(at[best], trace[best, 1], "o", color="black", ms=5)
        right.plot(at, trace[:, 2], color=show.D_COLOR, ls=line, lw=1.4)
    right.axhline(IDLE, color="black", ls=":", lw=1)
    left.set(title=f"Last look best: {last_is_best} of 24", xlabel="step")
    left.set(ylim=(0, 0.15), ylabel="energy distance to test points")
    right.set(xlabel="step", ylabel="loss of D", ylim=(0.8, 1.5))
    right.set_title("Their losses of D, 2 ln 2 is dotted")
show.Picture(fig, "Three of the healthy runs: distance to the test points, "
             "with a dot at its smallest, and D's loss.")

# %% [markdown]
# The distance jumps by much while $D$'s loss moves little and does not say
# when. The players keep circling, so *any* fixed number of steps ends some
# runs in a bad moment. The fair opponent for a stopping rule is the best
# fixed number, chosen on other runs: the first eight say look 10, 500 steps.

# %%
# what we claim
checks.claim("the last look is the best one in 1 of 24 runs",
             last_is_best == 1)
checks.claim("the best fixed look of the first eight runs is the tenth",
             best_fixed == 9)

# %% [markdown]
# ## ✏️ Exercise 4 · Know when to stop
# *15 minutes · ●●○*
#
# Your rule is called after every look with all `looks` so far. Each has
# `.step`, `.distance` (to the validation points), `.loss_d`, `.loss_g`.
# Return `None` to go on. To stop, return the **index** of the look whose
# generator to keep: we saved them all. The check measures on test points. It
# should bear one worse look, go on while a run gets better at every look,
# listen to distances only, decide the same if all of them are multiplied by
# one number, spend at most 1,400 of the 1,500 steps on average, and beat
# stopping at 500.
#
# {{hints reading.stopping}}

# %% tags=["exercise"]
def my_rule(looks):
    # BEGIN SOLUTION
    distances = [look.distance for look in looks]
    best = distances.index(min(distances))
    return best if len(looks) - 1 - best >= 6 else None
    # END SOLUTION


checks.reading.stopping(my_rule)

# %% [markdown]
# ## Your rule at work
# The sixteen runs of the check. (If you mended your rule after it spoke of
# them, they have chosen, too; fresh runs would be fairer.) The course's rule,
# folded, is *patience*: keep the best look so far, and stop when six in a row
# have not beaten it.

# %% tags=["folded"]
def patience(looks):
    distances = [look.distance for look in looks]
    best = distances.index(min(distances))
    return best if len(looks) - 1 - best >= 6 else None

# %%
Look = namedtuple("Look", "step distance loss_d loss_g")


def follow(rule, trace):
    looks = []
    for i, (distance, _, *both) in enumerate(trace.tolist()):
        looks.append(Look(50 * (i + 1), distance, *both))
        kept = rule(list(looks))
        if kept is not None:
            break
    kept = len(looks) - 1 if kept is None else int(kept) % len(looks)
    return trace[kept, 1].item(), looks[-1].step

# %%
rule = checks.reading.stopping.yours(patience)
ended = [follow(rule, trace) for trace in held_out]
distances = torch.tensor([distance for distance, _ in ended])
spent = sum(step for _, step in ended) / len(ended)
fixed, full = held_out[:, best_fixed, 1], held_out[:, -1, 1]
gain = distances - fixed  # paired: the same runs
half = 2.131 * gain.std() / math.sqrt(len(gain))  # Student, 15 degrees
named = {"500 steps": fixed, "1,500 steps": full, "the rule": distances}
show.bars(
    {name: values.tolist() for name, values in named.items()},
    ylabel="energy distance to test points",
    title=f"The rule: {gain.mean():+.3f} ± {half:.3f} against 500 steps",
    sentence="Sixteen held-out runs: each one's distance where it was "
    f"stopped. The rule spends {spent:.0f} steps on average.",
)

# %%
# what we claim
checks.claim("the rule keeps a better generator than 500 steps do",
             gain.mean() + half < 0)
checks.claim("and spends fewer than 1,000 steps on average", spent < 1_000)

# %% [markdown]
# The validation points choose, the test points judge. Had one set done
# both, the minimum over noisy looks would flatter itself.

# %% [markdown]
# ## Go back, and go on otherwise
# Must a sick run be thrown away? The film keeps the players of every frame,
# so you can go back to one, turn a knob and go on: a *fork*. Here is the
# oscillation again; half way, both rates are set to those of the healthy run.

# %%
half = steps // 2
healthy_rates = {"lr_g": 4e-3, "lr_d": 8e-3}


def set_rates(opt_g, opt_d, lr_g, lr_d):
    for opt, lr in ((opt_g, lr_g), (opt_d, lr_d)):
        for group in opt.param_groups:
            group["lr"] = lr


*players, batches = setup(SEED, **recipes["oscillation"])
live = cockpit.Cockpit(*players, real=ring.x, latent_dim=2)
run = training.train(*players, batches, steps=steps, latent_dim=2)
live.follow(run)

# %%
frames = live.film.frames
middle = min(range(len(frames)), key=lambda i: abs(frames[i].step - half))
as_it_was = live.film.fork(middle)
set_rates(*players[2:], **healthy_rates)
run = training.train(*players, batches, steps=half, latent_dim=2)
live.follow(run)

# %%
live.film.beside(as_it_was, names=("healthy rates", "as it was"))

# %% [markdown] predict={"picture": "branches", "words": ["comes back", "come back", "was D", "is D", "destroyed"]}
# Up to the dotted line the two are one run. What differs after it are the
# rates, and chance: noise and batches went on. One run cannot tell the
# two apart. This one was saved.
#
# Now the same with three kinds of sick runs, eight seeds each: half way they
# go on as they were, or with the healthy rates, or with the healthy rates
# and a **new** $D$ against the old $G$. **Predict:** which kind do the
# healthy rates not save? And where it stays sick: is it $G$ that cannot be
# saved, or $D$?

# %%
branch_seeds = range(runtime.budget(tiny=1, ci=2, lesson=8, full=20))
branch_kinds = ("oscillation", "D wins", "collapse")
ways = ("as it was", "healthy rates", "and a new D")
judge_z = torch.randn(3_000, 2, generator=runtime.generator(7))


def branch(way, saved, batches):
    G, D, opt_g, opt_d, _ = setup(SEED)  # healthy rates, and a new D
    again_from = [(G, saved[0]), (opt_g, saved[2])]
    if way != "and a new D":
        again_from += [(D, saved[1]), (opt_d, saved[3])]
    for player, state in again_from:
        player.load_state_dict(copy.deepcopy(state))  # its rate, too
    if way != "as it was":
        set_rates(opt_g, opt_d, **healthy_rates)
    run = training.train(
        G, D, opt_g, opt_d, batches, steps=half, latent_dim=2
    )
    for _ in run:
        pass
    with torch.no_grad():
        return float(metrics.energy_distance(G(judge_z), unseen[:3_000]))


ends = {(kind, way): [] for kind in branch_kinds for way in ways}
for seed in cockpit.progress(branch_seeds, unit="seed"):
    for kind in branch_kinds:
        *players, batches = setup(seed, **recipes[kind])
        run = training.train(*players, batches, steps=half, latent_dim=2)
        for _ in run:
            pass
        saved = [copy.deepcopy(player.state_dict()) for player in players]
        for way in ways:
            ends[kind, way].append(branch(way, saved, batches))

# %% picture="branches"
with rc_context(show.STYLE):
    fig = show.figure(width=8.3, height=3.2)
    for ax, kind in zip(fig.subplots(1, 3, sharey=True), branch_kinds):
        for i, way in enumerate(ways):
            values = ends[kind, way]
            spread = torch.linspace(-0.15, 0.15, len(values))
            ax.plot(i + spread, values, "o", color=show.FAKE, ms=4)
            mean = sum(values) / len(values)
            ax.plot([i - 0.3, i + 0.3], [mean] * 2, color="black", lw=1.5)
        ax.set_xticks(range(3), [way.replace(" ", "\n", 1) for way in ways])
        ax.set(title=kind, ylim=(0, None))
    fig.axes[0].set_ylabel("energy distance at the end")
show.Picture(
    fig, f"Runs forked after {half} steps, and {half} steps later: a dot a "
    "seed, a line for their mean.",
)

# %% [markdown]
# Oscillation and a winning $D$ are gone, or nearly, once the rates are
# right: what was learned until then does no harm. Of the collapsed runs many
# do not come back. And yet their $G$ is not lost: against a new $D$ the same
# $G$, all of its samples in one place or two, spreads over the ring in every
# seed. What those first steps have destroyed was $D$, which learned ten times
# too fast. "Collapse" is what you see in $G$; look at $D$ before you throw $G$
# away.

# %%
# what we claim
def mean_end(kind, way):
    return sum(ends[kind, way]) / len(ends[kind, way])


for kind in ("oscillation", "D wins"):
    checks.claim(
        f"{kind}: with the healthy rates the distance is in the mean less "
        "than a third of what it is without",
        mean_end(kind, "healthy rates") < mean_end(kind, "as it was") / 3,
    )
checks.claim(
    "collapse: healthy rates alone leave more than three times the distance "
    "that they leave of the other two kinds",
    mean_end("collapse", "healthy rates")
    > 3 * max(mean_end(kind, "healthy rates") for kind in branch_kinds[:2]),
)
checks.claim(
    "collapse: with a new D every seed ends nearer than 0.4",
    max(ends["collapse", "and a new D"]) < 0.4,
)

# %% [markdown]
# ## Quiz
# First a picture for question 1: which curve belongs to which samples?

# %%
pick = [5, 3, 1, 0]  # of the unseen runs with seed 10
curves = [gallery.unseen[i] for i in pick]
clouds = [gallery.unseen[i] for i in (1, 0, 5, 3)]
with rc_context(show.STYLE):
    fig = show.figure(width=9, height=4.4)
    fig.suptitle("Four curves and four clouds of samples")
    top, bottom = fig.subplots(2, 4)
    for ax, run, name in zip(top, curves, "ABCD"):
        draw_curves(ax, run)
        ax.set_title(name)
    for ax, run, name in zip(bottom, clouds, "1234"):
        draw_samples(ax, run)
        ax.set_title(name)
show.Picture(fig, "Loss curves A to D above, samples 1 to 4 below.")

# %% [markdown]
# 1. Match A, B, C, D with 1, 2, 3, 4.
#    <details><summary>Answer</summary>A3 (double sigmoid: both losses are
#    constants), B4 (oscillation), C1 (<i>D</i> wins), D2
#    (healthy).</details>
# 2. $D$'s loss has been at 1.386 for an hour. Which test decides whether
#    $G$ is good or $D$ is blind, and what can it not decide?
#    <details><summary>Answer</summary>Freeze <i>G</i>, train a fresh
#    <i>D</i> against it for some hundred steps, read its loss on unseen
#    points. Below 1.386 there is a difference that the old <i>D</i> missed:
#    print one real batch as the loop gets it, and the range of <i>D</i>'s
#    outputs. At 1.386 nothing was found <i>in so many steps</i>; that is no
#    proof.</details>
# 3. $D$'s loss is 0.9 and steady. Is that bad?
#    <details><summary>Answer</summary>On points that <i>D</i> was not
#    trained on it proves a difference that <i>D</i> sees, no more. The
#    healthy runs of 600 steps are below 1.386, too: 1.17 to 1.30 in
#    the mean of their last 100 steps. On points that it knows it may be
#    memory.</details>
# 4. Why is $G$'s loss higher in a better run sometimes?
#    <details><summary>Answer</summary>It is measured against <i>D</i>. When
#    <i>D</i> learns to see more of what is wrong, the same samples cost
#    <i>G</i> more, though they got no worse.</details>
# 5. Why may the test points not choose the look to keep?
#    <details><summary>Answer</summary>The smallest of thirty noisy numbers is
#    partly luck. Points that did not choose give an honest
#    number.</details>

# %% tags=["solution"]
assert [clouds.index(run) + 1 for run in curves] == [3, 4, 1, 2]
assert [gallery.truth[i] for i in pick] == [
    "double sigmoid", "oscillation", "D wins", "healthy"
]

# %% [markdown]
# ## Ledger
# | what we changed | what happened |
# |---|---|
# | one learning rate, ×1/500 or ×1/20 | $D$ wins, or $G$ hops from mode to mode |
# | fakes in place of real data | 1.386 for ever, samples anywhere |
# | a second sigmoid | logits in [0, 1], $D$ stops learning |
# | batch norm at $D$'s input | healthy curves, a ring of the wrong size |
# | its own $D$ → a fresh one | the plateau at 1.386 opens: who was blind? |
# | a fixed step count → patience | better at the end, on held-out points |
# | half way, the healthy rates | two kinds of three are saved; a collapsed run may need a new $D$ |
# | *your change* | *what you saw* |

# %% [markdown]
# ## In practice
# - On images there are no modes to count. Watch a sheet of samples from the
#   same noise, the distance between pairs of samples, and a feature distance
#   (lesson 09).
# - "No real data" is not made up. An article on GANs and art (in Chinese,
#   for TensorFlow, passed on without an author's name) computes its
#   `discriminator_real_output` from `generated_images`; no data set is ever
#   loaded. Its loss, too, ends at 1.386 and reads like a perfect
#   equilibrium.
# - `tests/library/test_detectors.py` measures how often these alarms miss
#   ten kinds of sabotage, and how often they ring for healthy runs.
#   Thresholds that were never measured are decoration.
# - Save generators at every look. Stopping late is cheap if you can go back.
#
# ## Further reading
# - [Goodfellow 2016](https://arxiv.org/abs/1701.00160): the tutorial that
#   says why losses of a game are hard to read (section 5).
# - [ganhacks](https://github.com/soumith/ganhacks): rules of thumb for
#   spotting failures early, collected by practitioners.
# - [Prechelt 1998](https://doi.org/10.1007/3-540-49430-8_3): early stopping,
#   but when? Patience and its relatives, measured.
