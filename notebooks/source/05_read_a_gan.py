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
# watch a run for you, and decide when to stop.
#
# **What you'll learn**
# - *tell* what a loss can say about a GAN, and what it cannot;
# - *detect* a winning $D$, collapse, oscillation and NaN by rule;
# - *stop* a run by a measure it was not trained on.
#
# **What you'll need.** Lessons 02 and 04. About 70 minutes of your time;
# {{minutes}} minutes of computing on 2 CPU cores.

# %%
from gan_lessons import checks, cockpit, data, detectors, errors, losses
from gan_lessons import metrics, models, runtime, show, training
from collections import namedtuple
import math
import torch
from matplotlib import rc_context
from torch import nn

runtime.start()  # nets this small are fastest on the CPU

# %% [markdown]
# ## The knobs
# The runs you read ship with the course, so that you and your neighbor see
# the same ones. Some of them you train again here: how many is your choice.

# %%
SEED = 0
steps = runtime.budget(tiny=20, ci=600, lesson=600, full=600)
live_kinds = runtime.budget(tiny=2, ci=4, lesson=8, full=8)

# %%
ring = data.ring(sigma=0.1)  # 8 modes, wider than in lesson 04
gallery = data.gallery()
kinds = [run.kind for run in gallery.runs if run.seed == 0]
shown = [gallery.runs[i] for i in (5, 6, 7, 2, 1, 0, 4, 3)]
seeds = {run.seed for run in gallery.runs}
print(f"{len(kinds)} kinds, seeds {seeds}, 600 steps, made {gallery.made}")
print(f"SHA-256 {gallery.digest}")

# %% [markdown]
# ## Eight runs, one of them healthy
# Here are the losses of eight runs, without their names. **Write down before
# you go on:** which letter is the healthy one? Which would you stop at once?

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
    ax.axhline(2 * math.log(2), color="black", ls=":", lw=1)
    ax.set(ylim=(0, 4), xlabel="step")


eight(
    draw_curves,
    "ABCDEFGH",
    finding="Losses of D (—) and G (- -): three end at 2 ln 2 (dotted)",
    sentence="Loss curves of eight runs, A to H. In three of them D's loss "
    "ends flat at 1.386; in two G's loss leaves the picture.",
)

# %% [markdown]
# Three curves end at $2\ln 2 = 1.386$, the value that theory gives for the
# end of a perfect game. Now look at the samples of the same runs, in the same
# order, with their names.

# %%
def draw_samples(ax, run):
    show.draw_points(ax, ring.x, run.looks[-1], limit=3.4, legend=False)
    ax.set(xticks=[], yticks=[], xlabel="", ylabel="")
    if run.looks[-1].abs().amax(dim=1).min() > 3.4:
        ax.text(0, 0, "all outside", ha="center", va="center")


eight(
    draw_samples,
    [f"{letter} · {run.kind}" for letter, run in zip("ABCDEFGH", shown)],
    finding="One of the eight learned the ring",
    sentence="Last samples of the eight runs over the real points. One covers "
    "the ring; the batch-norm run has a ring of the wrong size.",
)

# %%
def late(run, name):
    return run.numbers[name][-100:].mean().item()


def visited(run):  # modes with a fifth of their fair share of samples
    shares = detectors.mode_shares(run.looks[-1], ring.centers)
    return int((shares >= 0.2 / 8).sum())


idle = 2 * math.log(2)
flat = {r.kind for r in shown if abs(late(r, "loss_d") - idle) < 0.01}
assert flat == {"oscillation", "no real data", "double sigmoid"}
truth = ring.centers, ring.sigma
modes = {r.kind: metrics.modes_covered(r.looks[-1], *truth) for r in shown}
assert modes.pop("healthy") == 8
assert max(modes.values()) <= 2

# %% [markdown]
# None of the three at 1.386 learned the ring, and the run that did is *not*
# there (yet: by step 1,500 it has crept up to 1.35). So the plateau proves
# nothing. What can a loss say?
#
# ## What a loss can say
# A loss measures one player **against the other**. With the best $D$,
# lesson 02 found $L_D = 2\ln 2 - 2\,\mathrm{JSD}$. A real $D$ is never
# better than that, so $L_D$ *below* 1.386 proves a difference:
# $\mathrm{JSD} \ge (2\ln 2 - L_D)/2$. At 1.386 it proves nothing: perhaps
# there is no difference, perhaps $D$ fails to see it.
#
# A plateau of $G$'s loss can be read too. Suppose $G$ puts its samples
# evenly on $k$ of $K$ modes, perfectly, and $D$ is at its best there. The
# loss of $G$ then tells you $k$.
#
# ## ✏️ Exercise 1 · The plateau of a collapsed generator
# *10 minutes · ●●○*
#
# At such a mode, which share $p$ of the real and $q$ of the fake samples is
# there? What does $D^* = p/(p+q)$ say, and what is $G$'s loss
# $-\ln D^*$? Use `math`.
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
# Now compare with the collapsed runs of the gallery that hold one mode.

# %%
single = [r for r in gallery.runs if r.kind == "collapse" and visited(r) == 1]
plateaus = [late(run, "loss_g") for run in single]
print([f"{loss:.2f}" for loss in plateaus], f"theory {math.log(9):.2f}")
assert len(single) == 2
assert all(abs(value - math.log(9)) < 0.1 for value in plateaus)
assert round(math.log(1 + 8 / 8), 2) == 0.69

# %% [markdown]
# A loss of $G$ that rests near 2.2 is what one mode of eight looks like to a
# good $D$. All eight would cost $\ln 2 = 0.69$.
#
# ## What was done to them
# Every sick run is the healthy one with one thing changed:
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
    more = {"steps": steps, "latent_dim": 2}
    for moment in training.train(*players, batches, **more):
        pass
    again[kind] = moment.history.column("loss_d"), players
for run in shown:
    if SEED == 0 and run.kind in again:
        fresh, shipped = again[run.kind][0], run.numbers["loss_d"]
        torch.testing.assert_close(
            fresh[:10], shipped[:10], rtol=2e-3, atol=2e-3
        )
print(f"{len(again)} runs trained again; their first ten losses agree")

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
# **D wins** when it has been sure of both real and fake for 100 steps: at a
# logit of ±4 it is 98 % sure. (For an untrained $G$ that is no surprise; for
# 100 steps in a row it means that $G$ gets no useful answer.)

# %% tags=["mirrors:detectors"]
def rolling_mean(values, window):
    if len(values) < window:
        return values[:0]
    return values.unfold(0, window, 1).mean(dim=1)


def first_alarm(alarm, window):
    hits = alarm.nonzero()
    return int(hits[0]) + window if len(hits) else None

# %% tags=["mirrors:detectors"]
def d_wins(real_logit, fake_logit, *, window=100, sure=4.0):
    real = rolling_mean(real_logit, window)
    fake = rolling_mean(fake_logit, window)
    return first_alarm(torch.minimum(real, -fake) > sure, window)

# %% [markdown]
# **Collapse** and **oscillation** are seen in samples, not in losses. Count
# which mode each sample is nearest to, at every look. Collapse: fewer than
# half of the modes, three looks in a row. Oscillation: from look to look,
# most samples change modes.

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

# %% [markdown]
# `detectors.alarms` asks all of them, and a fourth that looks for NaN.
# **Predict:** which kinds of sickness will ring no alarm at all?

# %%
rung = {kind: [] for kind in kinds}
for run in gallery.runs:
    found = detectors.alarms(run.numbers, run.looks, ring.centers)
    rung[run.kind].append(" + ".join(found) or "–")
print("\n".join(f"{k:14} {' | '.join(each)}" for k, each in rung.items()))
assert rung["healthy"] == rung["batch norm"] == ["–"] * 3
assert rung["double sigmoid"].count("–") == 1
assert all("D wins" in a for a in rung["D wins"] + rung["range mismatch"])
assert all("collapse" in a for a in rung["collapse"] + rung["no real data"])
assert all("oscillation" in alarm for alarm in rung["oscillation"])
assert round(torch.tensor(4.0).sigmoid().item(), 2) == 0.98

# %% [markdown]
# The healthy runs ring nothing; nor do the batch-norm runs and one double
# sigmoid, and they are sick. An alarm also names a *symptom*, not a cause:
# "D wins" rings for a slow $G$ and for a $G$ that cannot reach the data.
#
# ## When a number is no number
# The same loss, written two ways, with a learning rate that is far too high.
# **Decide first:** which of the two survives?

# %%
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


assert survives(losses.cross_entropy_d)
assert not survives(of_probabilities)

# %% [markdown]
# A probability rounds to 0 and its logarithm is infinite. Softplus on logits
# never meets that number: the run is still bad, but it has numbers to read.
#
# ## A fault that no curve shows
# With batch norm at its input, $D$ sees every batch shifted and scaled to
# mean 0 and variance 1. A ring of the wrong size looks exactly like the
# right one. To find out, ask $D$ about the same real samples twice: alone,
# and with fakes in their batch.

# %%
@torch.no_grad()
def mates_effect(D, real, fake):
    alone, mixed = D(real), D(torch.cat([real, fake]))[: len(real)]
    return (alone - mixed).abs().max().item()


effect = {kind: [] for kind in kinds}
for run in gallery.runs:
    effect[run.kind].append(run.mates)
print({kind: round(max(values), 2) for kind, values in effect.items()})
assert min(effect.pop("batch norm")) > 0.5
assert max(map(max, effect.values())) < 0.01
_, (G, D, *_) = again["healthy"]  # and once more, live
fake = G(torch.randn(64, 2)).detach()
leaky = nn.Sequential(nn.BatchNorm1d(2), *D)
assert mates_effect(D, ring.x[:64], fake) < 0.01
assert mates_effect(leaky, ring.x[:64], fake) > 0.01

# %% [markdown]
# Only where batch norm is does a sample's score depend on its mates. That is
# one reason to keep batch norm out of $D$ (lesson 07 shows the others).

# %% [markdown]
# ## Browse the runs
# Choose a kind and move through the six looks of its three seeds. Do this
# for a few minutes: note for each kind the *one* sign that no other has.

# %%
def browse(kind, look):
    runs = [run for run in gallery.runs if run.kind == kind]
    return show.runs(runs, look, real=ring.x)


browse("collapse", 6)

# %%
show.explore(browse, kind=kinds, look=(1, 6))

# %% [markdown]
# The lines of three seeds lie over each other; the thin black line marks the
# step whose samples you see.
#
# ## ✏️ Exercise 3 · Diagnose unseen runs
# *20 minutes · ●●●*
#
# Return one of the eight names. You may use `run.numbers["loss_d"]` and its
# sisters `loss_g`, `real_logit`, `fake_logit` (600 values each), `run.looks`
# (6, 100, 2), `run.mates`, `ring.centers` and the detectors. The check asks
# about 16 runs from other seeds; 14 must be right.
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

# %% [markdown] tags=["instructor"]
# > **For instructors.** Nearly everybody first sorts by the loss and calls
# > "no real data" an equilibrium. Let them; the check says it better. The
# > order of the questions matters more than the thresholds.

# %% [markdown]
# ## When to stop
# A healthy run does not end by itself. The gallery holds 24 healthy runs of
# 1,500 steps. Every 50 steps (a *look*) it noted the energy distance of 500
# samples to 500 **validation** points, and of 3,000 other samples to 3,000
# **test** points. Neither set was trained on.
#
# **Predict:** in how many of the 24 runs is the last look the best one?

# %%
traces = gallery.traces  # (24 runs, 30 looks, 4 numbers)
last_is_best = (traces[:, :, 1].argmin(dim=1) == 29).sum()
tuning, held_out = traces[:8], traces[8:]
best_fixed = tuning[:, :, 0].mean(dim=0).argmin().item()
print(f"last look best: {last_is_best}; best fixed look: {best_fixed + 1}")
assert last_is_best == 1
assert round(traces[:, -1, 2].mean().item(), 2) == 1.35  # D's loss
assert best_fixed == 9

# %%
with rc_context(show.STYLE):
    fig = show.figure(width=8, height=3.2)
    left, right = fig.subplots(1, 2)
    for trace, line in zip(traces[:3], ("-", "--", ":")):
        at = torch.arange(50, 1_501, 50)
        left.plot(at, trace[:, 1], color=show.FAKE, ls=line, lw=1.4)
        right.plot(at, trace[:, 2], color=show.D_COLOR, ls=line, lw=1.4)
    left.set(title="The distance jumps …", xlabel="step", ylim=(0, 0.15))
    left.set_ylabel("energy distance to test points")
    right.set(title="… and D's loss does not say when", xlabel="step")
    right.set(ylabel="loss of D", ylim=(0, 1.5))
show.Picture(fig, "Three healthy runs. Their distance to the test points "
             "rises and falls by much; D's loss moves little.")

# %% [markdown]
# The players keep circling, so *any* fixed number of steps ends some runs in
# a bad moment. The fair opponent for a stopping rule is the best fixed
# number, chosen on other runs: the first eight say look 10, 500 steps. (The
# last look is the best one in 1 of 24.)

# %% [markdown]
# ## ✏️ Exercise 4 · Know when to stop
# *15 minutes · ●●○*
#
# Your rule is called after every look with all `looks` so far. Each has
# `.step`, `.distance` (to the validation points), `.loss_d`, `.loss_g`.
# Return `None` to go on. To stop, return the **index** of the look whose
# generator to keep: we saved them all. The check measures on test points. It
# should bear one worse look, listen to distances only, keep its meaning if
# all of them grow alike, spend at most 1,400 of the 1,500 steps on average,
# and beat stopping at 500.
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
# ## The rule we use
# Patience: keep the best look so far, and stop when six in a row have not
# beaten it.

# %%
Look = namedtuple("Look", "step distance loss_d loss_g")


def patience(looks):
    distances = [look.distance for look in looks]
    best = distances.index(min(distances))
    return best if len(looks) - 1 - best >= 6 else None


def follow(rule, trace):
    looks = []
    for i, (distance, _, *both) in enumerate(trace.tolist()):
        looks.append(Look(50 * (i + 1), distance, *both))
        kept = rule(looks)
        if kept is not None:
            break
    kept = len(looks) - 1 if kept is None else kept
    return trace[kept, 1].item(), looks[-1].step

# %%
ended = [follow(patience, trace) for trace in held_out]
distances = torch.tensor([distance for distance, _ in ended])
spent = sum(step for _, step in ended) / len(ended)
fixed, full = held_out[:, best_fixed, 1], held_out[:, -1, 1]
gain = distances - fixed  # paired: the same runs
half = 2.131 * gain.std() / math.sqrt(len(gain))  # Student, 15 degrees
assert gain.mean() + half < 0
assert spent < 1_000
named = {"500 steps": fixed, "1,500 steps": full, "patience": distances}
show.bars(
    {name: values.tolist() for name, values in named.items()},
    ylabel="energy distance to test points",
    title=f"Patience: {gain.mean():+.3f} ± {half:.3f} against 500 steps",
    sentence="Sixteen held-out runs. Patience keeps a better generator than "
    f"500 or 1,500 steps; it spends {spent:.0f} steps on average.",
)

# %% [markdown]
# The validation points choose, the test points judge. Had one set done
# both, the minimum over noisy looks would flatter itself.

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
# 2. $D$'s loss has been at 1.386 for an hour. What do you do first?
#    <details><summary>Answer</summary>Look at samples. Then print one real
#    batch as the loop gets it, and the range of <i>D</i>'s outputs: equal
#    logits, logits in [0, 1] and a good <i>G</i> all look like
#    this.</details>
# 3. $D$'s loss is 0.9 and steady. Is that bad?
#    <details><summary>Answer</summary>It proves a difference that <i>D</i>
#    sees, no more. The healthy runs of the gallery are below 1.386
#    too.</details>
# 4. Why is $G$'s loss higher in a better run sometimes?
#    <details><summary>Answer</summary>It is measured against <i>D</i>. A
#    better <i>D</i> makes every <i>G</i> look worse.</details>
# 5. Why may the test points not choose the look to keep?
#    <details><summary>Answer</summary>The smallest of thirty noisy numbers is
#    partly luck. Points that did not choose give an honest
#    number.</details>

# %% tags=["solution"]
assert [clouds.index(run) + 1 for run in curves] == [3, 4, 1, 2]
assert [gallery.truth[i] for i in pick] == [
    "double sigmoid", "oscillation", "D wins", "healthy"
]
calm = [late(run, "loss_d") for run in gallery.runs if run.kind == "healthy"]
assert max(calm) < 2 * math.log(2)

# %% [markdown]
# ## Ledger
# | what we changed | what happened |
# |---|---|
# | one learning rate, ×1/500 or ×1/20 | $D$ wins, or $G$ hops from mode to mode |
# | fakes in place of real data | 1.386 for ever, samples anywhere |
# | a second sigmoid | logits in [0, 1], $D$ stops learning |
# | batch norm at $D$'s input | healthy curves, a ring of the wrong size |
# | a fixed step count → patience | better at the end, on held-out points |
# | *your change* | *what you saw* |

# %% [markdown]
# ## In practice
# - On images there are no modes to count. Watch a sheet of samples from the
#   same noise, the distance between pairs of samples, and a feature distance
#   (lesson 09).
# - A published tutorial scores generated images as the real ones. Its loss
#   sits at 1.386 and reads like a perfect equilibrium.
# - `tests/library/soak_detectors.py` measures how often these alarms miss
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
