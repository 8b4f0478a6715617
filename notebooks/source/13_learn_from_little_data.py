# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 13 · Learn from little data
#
# With a hundred images $D$ need not find out what an image looks like: it
# can learn these hundred by heart, and then has little left to teach. You
# will watch that happen, put goggles on $D$, and see what leaks through them.
#
# **What you'll do.** Train GANs on 100, 500 and 20,000 digits, with and
# without augmentation, and measure what each of them gains and loses.
#
# **What you'll learn**
# - *see* in $D$'s logits how much of its data it knows by heart;
# - *write* augmentations that $G$ learns through, and put them in place;
# - *predict* when an augmentation leaks into the samples, and steer it.
#
# **What you'll need.** Lessons 04, 09, 10 and 12. About 100 minutes of your
# time; {{minutes}} minutes of computing on 2 CPU cores. Works offline.

# %%
from gan_lessons import augment, checks, cockpit, data, losses
from gan_lessons import metrics, models, runtime, show
from gan_lessons import training
import copy
import itertools

import torch
from torch import nn
from torch.nn import functional as F

device = runtime.start()

# %% [markdown]
# ## The knobs

# %% tags=["parameters"]
SEED = 0
batch_size = 32
latent_dim = 64
width = 128  # of the hidden layers
lr = 1e-3  # of both players
decay = 0.998  # of the generator's average

# %% [markdown]
# What follows from them, and from the time you allow:

# %%
images = data.strokes()  # or data.mnist()
steps = runtime.budget(tiny=8, ci=60, lesson=2_000, full=20_000)
seeds = range(runtime.budget(tiny=2, ci=2, lesson=4, full=5))
judge_steps = runtime.budget(tiny=4, ci=30, lesson=400, full=2_000)

# %% [markdown]
# ## Three piles, and a judge
# A GAN gets a few images of the pile. Others are *held out*: drawn by the
# same hand, never shown to it. A third set is what samples are compared
# with. The judge of lesson 09 is an examiner and may know the whole pile.

# %%
order = torch.randperm(len(images), generator=runtime.generator(SEED))
x = data.to_model_range(images.x[order])
y = images.y[order]
reference = x[:2000]
held_out = x[2000:4000]
pile = x[4000:]

# %%
runtime.seed_everything(SEED)
judge = metrics.train_judge(
    pile,
    y[4000:],
    {name: factor[order][4000:] for name, factor in images.factors.items()},
    steps=judge_steps,
    rng=runtime.generator(SEED),
)
real_features = judge.features(reference)
held_out_features = judge.features(held_out[:1000])

# %% [markdown]
# ## What D knows by heart
# A $D$ that knows its images says "real" to them and "fake" to all else, and
# all it can teach $G$ is to repeat them. You see it if you show $D$ images it
# never trained on.
#
# ## ✏️ Exercise 1 · Known by heart
# *5 minutes · ●○○*
#
# From $D$'s logits on training, held-out and fake images, return
#
# $$r_v=\frac{\mathbb E\,D(\text{train})-\mathbb E\,D(\text{held out})}
# {\mathbb E\,D(\text{train})-\mathbb E\,D(\text{fake})}:$$
#
# 0 if unseen images look as real as the known ones, 1 if $D$ takes them for
# fakes. The three need not be equally many.
#
# {{hints augmentation.overfitting}}

# %% tags=["exercise"]
def my_overfitting(train, held_out, fake):
    # BEGIN SOLUTION
    return (train.mean() - held_out.mean()) / (train.mean() - fake.mean())
    # END SOLUTION


checks.augmentation.overfitting(my_overfitting)

# %% [markdown]
# The course's version, folded:

# %% tags=["folded"]
def course_overfitting(train, held_out, fake):
    known = train.mean()
    return (known - held_out.mean()) / (known - fake.mean())

# %% [markdown]
# Now for the runs: three sizes, four seeds each. That is affordable side by
# side (lesson 10), with the players of lesson 06, a size smaller and without
# dropout. Images are rows of numbers here, (B, 784).

# %%
shape = x.shape[1:]  # of an image: C, H, W
pixels = x[0].numel()


def mlp(*widths, end):
    layers = []
    for before, after in itertools.pairwise(widths):
        layers += [nn.Linear(before, after), nn.LeakyReLU(0.2)]
    return nn.Sequential(*layers[:-1], end)


def two_players(seed):
    runtime.seed_everything(seed)
    G = mlp(latent_dim, width, width, pixels, end=nn.Tanh())
    return G, mlp(pixels, width, width, 1, end=nn.Flatten(0))


def a_few(n, seed):  # their numbers in the pile
    rng = runtime.generator(seed)
    return torch.randperm(len(pile), generator=rng)[:n]

# %% [markdown]
# A *case* has three parts: how many images; a change that everything goes
# through before $D$ sees it, or None; and a change that real images alone go
# through, or None. The first of the two changes is a layer in front of all
# the discriminators, the goggles they look through:

# %%
def seen(T, rows):  # (…, pixels), each row an image
    if T is None:
        return rows
    return T(rows.reshape(-1, *shape)).view_as(rows)


class Goggles(nn.Module):
    def __init__(self, each):  # one T, or None, for every case
        super().__init__()
        self.each = each

    def forward(self, x):  # (cases · seeds, B, pixels)
        parts = zip(self.each, x.chunk(len(self.each)))
        return torch.cat([seen(T, part) for T, part in parts])

# %% [markdown]
# Every seed has its own images and its own noise, the same in every case: a
# seed's hundred images are among its five hundred.

# %%
def real_batches(n, seed, on_real):
    few = pile[a_few(n, seed)].flatten(1).to(device)
    batches = data.batches(few, batch_size, rng=runtime.generator(seed))
    return (seen(on_real, real) for real in batches)


def real_streams(cases):
    streams = []
    for n, _, on_real in cases.values():
        streams += [real_batches(n, seed, on_real) for seed in seeds]
    return training.side_by_side(streams)


def noise_streams(cases):
    streams = []
    for seed in seeds:
        rng = runtime.generator(1000 + seed, device)
        streams.append(training.noise(batch_size, latent_dim, rng=rng))
    return training.side_by_side(streams, copies=len(cases))

# %%
def all_players(cases):
    pairs = [two_players(seed) for _ in cases for seed in seeds]
    generators, discriminators = zip(*pairs)
    G = models.stack(generators).to(device)
    D = models.stack(discriminators).to(device)
    return G, D


def adam(net):
    return torch.optim.Adam(
        net.parameters(), lr=lr, betas=(0.5, 0.99), fused=True
    )

# %% [markdown]
# Twenty times a run we ask every $D$, without goggles, for its mean logit on
# a hundred images it trained on, on held-out ones and on fakes.

# %%
def what_is_asked(cases):  # (runs, N, pixels) each
    few = torch.stack([pile[a_few(100, seed)] for seed in seeds])
    few = few.flatten(2).repeat(len(cases), 1, 1).to(device)
    unseen = held_out[:300].flatten(1).to(device)
    return few, unseen.expand(len(cases) * len(seeds), -1, -1)


@torch.no_grad()
def mean_logits(D, train, unseen, fake):  # (runs, 3)
    return torch.stack(
        [D(x).mean(1).cpu() for x in (train, unseen, fake)], -1
    )

# %%
def follow(run, cases, G, D, average):
    train, unseen = what_is_asked(cases)
    z = torch.randn(1000, latent_dim, generator=runtime.generator(7))
    z = z.to(device).expand(len(train), -1, -1)
    parts, looks = min(20, steps), []
    for _ in cockpit.progress(range(parts), unit="part"):
        for _ in itertools.islice(run, steps // parts):
            pass
        with torch.no_grad():
            fake = G(z[:, :200])
        looks.append(mean_logits(D, train, unseen, fake))
    with torch.no_grad():
        fakes = average(z).unflatten(2, shape).cpu()
    looks = torch.stack(looks, 1)  # (runs, 20, 3)
    groups = zip(fakes.split(len(seeds)), looks.split(len(seeds)))
    return dict(zip(cases, groups))  # name: (seeds, N, …), (seeds, 20, 3)

# %%
def experiment(cases):
    runtime.start()  # all threads
    G, D = all_players(cases)
    opt_g, opt_d = adam(G), adam(D)
    goggles = Goggles([T for _, T, _ in cases.values()])
    average = copy.deepcopy(G)
    runs = len(cases) * len(seeds)
    run = training.sweep(
        G,
        nn.Sequential(goggles, *D),
        opt_g,
        opt_d,
        real_streams(cases),
        noise_streams(cases),
        steps=steps,
        games=[losses.non_saturating] * runs,
    )
    run = training.averaged(run, average, decay=decay)
    falling = [training.falling_lr(opt, steps) for opt in (opt_g, opt_d)]
    return follow(training.scheduled(run, *falling), cases, G, D, average)

# %% [markdown] predict={"picture": "known by heart", "words": ["leave", "recognizes", "one line"]}
# **Predict:** for 100, 500 and 20,000 images, where do the held-out images'
# logits run: with those of the training images, with those of the fakes, or
# in between?

# %%
sizes = {"100": 100, "500": 500, "all": len(pile)}
plain = experiment({name: (n, None, None) for name, n in sizes.items()})

# %%
overfitting = checks.augmentation.overfitting.yours(course_overfitting)


def by_heart(runs):  # r_v at the end, for each seed
    _, looks = runs
    seen_at_the_end = looks[:, -3:].mean(1)  # (seeds, 3)
    return torch.tensor(
        [float(overfitting(*three[:, None])) for three in seen_at_the_end]
    )


# %% picture="known by heart"
told = {name: by_heart(runs).mean() for name, runs in plain.items()}
show.known_by_heart(
    {
        f"{name} images: r_v {told[name]:.2f}": looks
        for name, (_, looks) in plain.items()
    },
    steps,
    sentence="D's mean logits while it trains; thin lines are seeds, and "
    "the shaded gap is what D knows by heart.",
)

# %% [markdown]
# With a hundred images the training logits leave the held-out ones behind:
# more and more, $D$ recognizes its own. With 500 that has hardly begun in so
# short a run; with all of them the two lines are one. (Near 0, either sign is
# chance.) So with a hundred the answer is *in between*: $r_v$ says how far the
# held-out logits have gone on their way to the fakes.

# %%
# what we claim
checks.claim("with 100 images r_v ends above 0.3", told["100"] > 0.3)
checks.claim(
    "with 500 or all it stays below 0.15",
    max(told["500"], told["all"]) < 0.15,
)

# %% [markdown]
# ## Goggles
# An *augmentation* $T$ makes many images of one: moved, partly covered,
# brighter. A classifier would train on those and be done.
# But a $D$ that knows real images as changed ones teaches $G$ to *draw*
# changed ones. So let *everything* that $D$ sees pass through $T$:
#
# $$L_D=\mathbb E\,f\big(-D(T(x))\big)+\mathbb E\,f\big(D(T(G(z)))\big),
# \qquad L_G=\mathbb E\,f\big(-D(T(G(z)))\big),$$
#
# with $f$ the softplus, and $T$ drawn anew each time. $G$ learns *through*
# $T$, so it must be differentiable, sample by sample.
#
# ## ✏️ Exercise 2 · Three augmentations
# *25 minutes · ●●●*
#
# Each takes images (B, C, H, W) and changes every one of them with
# probability `p`. No clamp, and no loop over samples, which is slow. (Why no
# clamp?)
#
# **Move** by up to an eighth of each side, whole pixels; zeros move in. An
# eighth is rounded down, every shift is equally likely, and one coin decides
# for both directions.
#
# {{hints augmentation.translation}}

# %% tags=["exercise"]
def my_translation(x, p):
    # BEGIN SOLUTION
    B, _, H, W = x.shape
    on, i, j = torch.rand(B, 1, 1, 1) < p, torch.arange(H), torch.arange(W)
    down = on * torch.randint(-(H // 8), H // 8 + 1, (B, 1, 1, 1))
    right = on * torch.randint(-(W // 8), W // 8 + 1, (B, 1, 1, 1))
    rows, columns = i[:, None] - i == down, j[:, None] - j == right
    return rows.float() @ x @ columns.float().mT
    # END SOLUTION


checks.augmentation.translation(my_translation)

# %% [markdown]
# **Cut out** a rectangle half as high and wide as the image, its center
# anywhere in it: those pixels become 0.
#
# {{hints augmentation.cutout}}

# %% tags=["exercise"]
def my_cutout(x, p):
    # BEGIN SOLUTION
    B, _, H, W = x.shape
    i, j = torch.arange(H)[:, None], torch.arange(W)
    tall = (i - H * torch.rand(B, 1, 1, 1)).abs() < H / 4
    wide = (j - W * torch.rand(B, 1, 1, 1)).abs() < W / 4
    hole = tall & wide & (torch.rand(B, 1, 1, 1) < p)
    return x * ~hole
    # END SOLUTION


checks.augmentation.cutout(my_cutout)

# %% [markdown]
# **Brighten** by −½ … ½, and stretch the **contrast** around the image's mean
# by ½ … 1½: one coin and one number of each kind for an image. (Color images
# get a third: saturation.)
#
# {{hints augmentation.color}}

# %% tags=["exercise"]
def my_color(x, p):
    # BEGIN SOLUTION
    on = torch.rand(len(x), 1, 1, 1) < p
    shift = torch.rand(len(x), 1, 1, 1) - 0.5
    factor = torch.rand(len(x), 1, 1, 1) + 0.5
    mean = x.mean(dim=(1, 2, 3), keepdim=True)
    return torch.where(on, mean + factor * (x - mean) + shift, x)
    # END SOLUTION


checks.augmentation.color(my_color)

# %% [markdown]
# The library's versions of the first two, folded; all numbers are drawn per
# sample, and each pixel of a moved image is read somewhere in the padded one.

# %% tags=["mirrors:augment", "folded"]
def uniform(x):
    return torch.rand(len(x), 1, 1, 1, device=x.device)


def translation(x, p=1.0):
    height, width = x.shape[2:]
    reach_y, reach_x = height // 8, width // 8
    chosen = uniform(x) < p
    down = (uniform(x) * (2 * reach_y + 1)).floor() - reach_y
    right = (uniform(x) * (2 * reach_x + 1)).floor() - reach_x
    padded = F.pad(x, (reach_x, reach_x, reach_y, reach_y))
    i = torch.arange(height, device=x.device)[:, None] + reach_y
    j = torch.arange(width, device=x.device) + reach_x
    rows, columns = i - chosen * down, j - chosen * right  # where to read
    numbers = (rows * padded.shape[3] + columns).long()  # (B, 1, H, W)
    numbers = numbers.expand_as(x).flatten(2)
    return padded.flatten(2).gather(2, numbers).view_as(x)

# %% tags=["mirrors:augment", "folded"]
def cutout(x, p=1.0):
    height, width = x.shape[2:]
    i = torch.arange(height, device=x.device)[:, None] + 0.5
    j = torch.arange(width, device=x.device) + 0.5
    tall = (i - height * uniform(x)).abs() < height / 4  # (B, 1, H, 1)
    wide = (j - width * uniform(x)).abs() < width / 4  # (B, 1, 1, W)
    chosen = uniform(x) < p
    return x * ~(chosen & tall & wide)

# %% [markdown]
# With color they are called *DiffAugment* (Zhao et al. 2020). We take the
# first two, as its authors do for small images. Note that 0 is *gray* here:
# pixels lie in $[-1,1]$. It will betray what leaks.

# %%
T = augment.chain(translation, cutout)
move = checks.augmentation.translation.yours(translation)
cut = checks.augmentation.cutout.yours(cutout)
brighten = checks.augmentation.color.yours(augment.color)
kinds = {
    "as it is": lambda x: x,
    "moved": lambda x: move(x, 1.0),
    "cut out": lambda x: cut(x, 1.0),
    "both": lambda x: cut(move(x, 1.0), 1.0),
    "and color": lambda x: brighten(cut(move(x, 1.0), 1.0), 1.0),
}
runtime.seed_everything(SEED)
show.rows_of_images(
    {name: change(reference[:8]) for name, change in kinds.items()},
    sentence="The same eight digits through each pair of goggles.",
)

# %% [markdown]
# ## ✏️ Exercise 3 · A step through goggles
# *10 minutes · ●●○*
#
# Lesson 04's step, with `T(images)` wherever it belongs. How many times is
# that? Count before you write; then leave one out, and see what the check
# says.
#
# {{hints augmentation.augmented_step}}

# %% tags=["exercise"]
def my_augmented_step(G, D, opt_g, opt_d, real, latent_dim, T):
    # BEGIN SOLUTION
    fake = G(torch.randn(len(real), latent_dim))
    real_logits, fake_logits = D(T(real)), D(T(fake.detach()))
    loss_d = losses.cross_entropy_d(real_logits, fake_logits)
    opt_d.zero_grad()
    loss_d.backward()
    opt_d.step()
    loss_g = losses.non_saturating_g(None, D(T(fake)))
    opt_g.zero_grad()
    loss_g.backward()
    opt_g.step()
    # END SOLUTION


checks.augmentation.augmented_step(my_augmented_step)

# %% [markdown] tags=["instructor"]
# > **For instructors.** Let the room vote on "in $D$'s step, but not in
# > $G$'s": it sounds harmless. Then ask what $D$ has learned, at $p=1$, about
# > images as they are. Next to nothing; so its answer to $G$ means little.

# %% [markdown]
# ## What goggles are worth
# $D$ needs an eye for it: to a $D$ of linear layers a moved digit is a new
# one; a convolutional $D$ (lesson 07) finds the same strokes in it, at another
# place. These are small ones, and their $T$ is DiffAugment as published:
# *always*, $p=1$.

# %%
def small_generator(w=16):
    return nn.Sequential(
        nn.Linear(latent_dim, 4 * w * 49),
        nn.Unflatten(1, (4 * w, 7, 7)),
        nn.BatchNorm2d(4 * w),
        nn.ReLU(),
        nn.ConvTranspose2d(4 * w, 2 * w, 4, 2, 1),  # (B, 32, 14, 14)
        nn.BatchNorm2d(2 * w),
        nn.ReLU(),
        nn.ConvTranspose2d(2 * w, 1, 4, 2, 1),  # (B, 1, 28, 28)
        nn.Tanh(),
    )


def small_discriminator(w=16):
    return nn.Sequential(
        nn.Conv2d(1, w, 4, 2, 1),  # (B, 16, 14, 14)
        nn.LeakyReLU(0.2),
        nn.Conv2d(w, 2 * w, 4, 2, 1),  # (B, 32, 7, 7)
        nn.LeakyReLU(0.2),
        nn.Flatten(),
        nn.Linear(2 * w * 49, 1),
        nn.Flatten(0),  # (B,)
    )


assert small_generator()(torch.randn(2, latent_dim)).shape == (2, 1, 28, 28)
assert small_discriminator()(reference[:2]).shape == (2,)

# %% [markdown]
# Your step trains one of them, on a hundred images and through $T$ always:
# 400 steps, a tenth of the shipped runs below, to see it go. The course's
# step, folded, stands in for it until then:

# %% tags=["folded"]
def course_step(G, D, opt_g, opt_d, real, latent_dim, T):
    fake = G(torch.randn(len(real), latent_dim))
    loss_d = losses.cross_entropy_d(D(T(real)), D(T(fake.detach())))
    opt_d.zero_grad()
    loss_d.backward()
    opt_d.step()
    loss_g = losses.non_saturating_g(None, D(T(fake)))
    opt_g.zero_grad()
    loss_g.backward()
    opt_g.step()

# %%
step = checks.augmentation.augmented_step.yours(course_step)
runtime.start(threads=1)
runtime.seed_everything(SEED)
G, D = small_generator(), small_discriminator()
opt_g, opt_d = adam(G), torch.optim.Adam(D.parameters(), lr / 2, (0.5, 0.99))
own = pile[a_few(100, SEED)]
batches = data.batches(own, batch_size, rng=runtime.generator(SEED))
first_steps = min(steps, 400)
for _ in cockpit.progress(range(first_steps), unit="step"):
    step(G, D, opt_g, opt_d, next(batches), latent_dim, T)
with torch.no_grad():
    early = G(torch.randn(10, latent_dim))
show.rows_of_images(
    {"its images": own[:10], "through T": T(own[:10]), "G's, early": early},
    sentence="Ten of the hundred images, what D sees of them, and what G "
    f"draws after {first_steps:,} steps.",
)

# %% [markdown]
# The whole runs take a minute each: two piles, without $T$ and with it, three
# seeds. They ship with their script; `data/ablation.md` says how they were
# made.

# %%
shipped = data.ablation("little")
print(shipped.about)

# %% [markdown] predict={"picture": "worth", "words": ["memory away", "more slowly", "more fake"]}
# **Predict,** for a hundred images: what do goggles do to $r_v$, and what to
# the Fréchet distance after 4,000 steps?

# %% picture="worth"
show.compared(
    {
        what: dict(zip(shipped.configs, shipped.scores[what].tolist()))
        for what in ("r_v", "FD", "recall")
    },
    ideal={"r_v": 0.0},
    sentence="A dot per seed, the mean with its interval. Dotted: to D unseen "
    "images look as real as its own.",
)

# %%
row = {name: i for i, name in enumerate(shipped.configs)}


def apart(what, name, other):  # seed by seed: low, mean, high
    scores = shipped.scores[what]
    return metrics.over_seeds(scores[row[name]] - scores[row[other]])


for name, other in (
    ("100", "all"),
    ("100, T always", "100"),
    ("all, T always", "all"),
):
    print(f"{name}, minus {other}:")
    for what in ("r_v", "FD", "recall"):
        low, mean, high = apart(what, name, other)
        decided = " *" if low > 0 or high < 0 else ""
        print(f"    {what} {mean:+.2f} ({low:+.2f} to {high:+.2f}){decided}")

# %% [markdown]
# A star: the interval leaves out 0. Three seeds decide what is large beside
# their spread.
# - *Memory.* On a hundred images $r_v$ ends above 1: to $D$ unseen digits look
#   more fake than $G$'s. On all of them it is about 0. So a convolutional $D$
#   learns by heart, too. (1.4 here and 0.4 above do not compare: these runs
#   are twice as long, and their learning rates do not fall.)
# - *Goggles* take the memory away: with them $r_v$ is near 0 on a hundred
#   images, too.
# - *The price.* No Fréchet distance shows the memory yet: a hundred and all
#   differ by less than seeds do. Recall is lower on a hundred in each seed,
#   but three seeds do not decide it. With $T$, recall is lower by 0.25 and
#   0.26, decidedly, and the distance is larger in every seed: on all images
#   three seeds decide it, on a hundred they do not.

# %%
# what we claim
r_v, recall = shipped.scores["r_v"], shipped.scores["recall"]
distance = shipped.scores["FD"]
assert r_v[row["100"]].min() > 1 > 0.5 > r_v[row["all"]].max()
assert r_v[row["100, T always"]].max() < 0.25
assert apart("r_v", "100, T always", "100")[2] < 0
assert (recall[row["100"]] < recall[row["all"]]).all()
assert (distance[row["100, T always"]] > distance[row["100"]]).all()
assert (distance[row["all, T always"]] > distance[row["all"]]).all()
low, _, high = apart("FD", "100", "all")
assert low < 0 < high

# %% [markdown]
# Why larger? See how it falls:

# %%
means = shipped.more["FD over the steps"].mean(1)
curves = {}
for name, curve in zip(shipped.configs, means):
    curves[f"{name}: {curve[-1]:.1f} at the end"] = curve
show.lines(
    shipped.more["steps"],
    curves,
    xlabel="step",
    ylabel="Fréchet distance",
    ylim=(0, 70),
    title="The distance falls, on either pile, with T and without",
    sentence="The judge's Fréchet distance of 2,000 samples to real digits, "
    "the mean of three seeds.",
)

# %% [markdown]
# With goggles it is still at 24 after 1,600 steps, where it is 16 without;
# from 2,000 on it falls twice as fast (by 4, against 2): $D$ still has
# something to teach. So short a run pays the price of goggles and does not
# yet see what they buy. Zhao et al. train far longer, and report that without
# $T$ the distance then rises again. One seed of ours, tried for 6,000 steps
# (`data/ablation.md`), points there: all images 10.6, a hundred 14.7, a
# hundred through $T$ 15.8 and still falling.
#
# ## The leak
# What did a GAN learn whose *real* images alone were changed? Side by side
# again, on a hundred images: $T$ on all that $D$ sees, at $p=½$, and $T$ on
# real images alone.

# %%
def half(x):
    return T(x, 0.5)


through = experiment(
    {  # images, a change for all that D sees, one for real images alone
        "T at ½": (100, half, None),
        "real only": (100, None, T),
    }
)

# %%
fakes_of = {  # (seeds, N, C, H, W) each
    "plain": plain["100"][0],
    "T at ½": through["T at ½"][0],
    "real only": through["real only"][0],
}
rows = {"real": reference[:12]}
rows |= {name: fakes[0, :12] for name, fakes in fakes_of.items()}
show.rows_of_images(
    rows,
    sentence="Real digits, then G's of one seed each. Look at their edges.",
)

# %% [markdown]
# Measure it. In digits the outermost pixels are black. An image that $T$ has
# moved has an edge or two of gray: which share of the outermost pixels is gray
# in $G$'s?

# %%
def gray_edge(x):
    sides = x[..., 0], x[..., -1], x[..., 0, :], x[..., -1, :]
    gray = torch.stack(sides).abs() < 0.35
    return gray.float().mean().item()


moved = gray_edge(T(reference))
print(f"real digits {gray_edge(reference):.2f}, through T {moved:.2f}")
assert gray_edge(reference) < 0.01
assert moved > 0.3

# %%
leaks = {
    name: [gray_edge(fakes) for fakes in of_seeds]
    for name, of_seeds in fakes_of.items()
}
for name, each in leaks.items():
    print(f"{name}: {sum(each) / len(each):.0%} of the edge is gray")
checks.claim("T on both sides leaves no gray", max(leaks["T at ½"]) < 0.03)
checks.claim("T on real images only does", min(leaks["real only"]) > 0.15)

# %% [markdown]
# Where only real images are changed, $G$ draws what $D$ takes for real: gray
# edges, digits off their place. The gray was in the data it was shown. The
# blur is what this small $G$ makes, in so short a run, of digits in so many
# places and with holes: on the same images as they are it draws sharper ones.
# With $T$ at ½ on both sides no gray is left.
#
# ## Can goggles leak on both sides?
# $D$ compares two distributions *after* $T$. $T$ acts on distributions as a
# linear map, $q\mapsto Tq$, and $G$ is safe if $Tq=Tp_\text{data}$ leaves no
# choice but $q=p_\text{data}$: if that map can be **inverted**. Take two kinds
# of goggles for points in the plane, used with probability $p$:
# - *quarter turns*: by 0, 90, 180 or 270 degrees, each as likely;
# - *half turns*: by 180 degrees.

# %% [markdown] predict={"picture": "leak meter", "words": ["at ½ only", "quarter turns leak", "half turns leak"]}
# **Decide before you run:** at which $p$ does each of them leak?

# %%
class Turns(nn.Module):
    def __init__(self, p, half):  # (n, 1) each
        super().__init__()
        self.p, self.half = p, half

    def forward(self, x):  # (n, B, 2)
        turns = torch.randint(4, x.shape[:2], device=x.device)
        turns = turns.where(~self.half, 2)
        chosen = torch.rand_like(x[..., 0]) < self.p
        angle = turns * chosen * torch.pi / 2
        cos, sin = angle.cos(), angle.sin()
        a, b = x.unbind(-1)
        return torch.stack([cos * a - sin * b, sin * a + cos * b], -1)

# %%
def plane_players(seeds):
    pairs = []
    for seed in seeds:
        runtime.seed_everything(seed)
        G = models.plane_generator(width=24)
        D = models.plane_discriminator(width=24)
        pairs.append((G, D))
    generators, discriminators = zip(*pairs)
    G = models.stack(generators).to(device)
    D = models.stack(discriminators).to(device)
    return G, D


def plane_streams(seeds, points):
    real, z = [], []
    for seed in seeds:
        rng = runtime.generator(seed)
        real.append(data.batches(points, 32, rng=rng))
        rng = runtime.generator(99 + seed, device)
        z.append(training.noise(32, 2, rng=rng))
    return training.side_by_side(real), training.side_by_side(z)

# %%
def in_the_plane(seeds, points, layer, steps):
    G, D = plane_players(seeds)
    fast = {"lr": 3e-3, "betas": (0.5, 0.99), "fused": True}
    opt_g = torch.optim.Adam(G.parameters(), **fast)
    opt_d = torch.optim.Adam(D.parameters(), **fast)
    real, z = plane_streams(seeds, points)
    average = copy.deepcopy(G)
    still = torch.randn(300, 2).to(device)
    games = [losses.non_saturating] * len(seeds)
    D = nn.Sequential(layer, *D)
    run = training.sweep(
        G, D, opt_g, opt_d, real, z, steps=steps, games=games
    )
    run = training.averaged(run, average, decay=0.98)
    falling = [training.falling_lr(opt, steps) for opt in (opt_g, opt_d)]
    for _ in training.scheduled(run, *falling):
        pass
    with torch.no_grad():
        return average(still.expand(len(seeds), -1, -1))

# %% [markdown]
# The real points (blue) lie in a fan that opens to the right, between the
# diagonals. A sample of $G$'s anywhere else has leaked.

# %%
a, b = torch.rand(2, 5000, generator=runtime.generator(SEED))
right = 0.8 + 1.2 * a
up = (b - 0.5) * right
fan = torch.stack([right, up], 1).to(device)  # (5000, 2)

# %%
turns = ["quarter", "half"]
ps = [0.0, 0.25, 0.5, 0.75, 0.9, 1.0]
many = range(runtime.budget(tiny=2, ci=2, lesson=8, full=20))  # seeds
which = list(itertools.product(turns, ps, many))
p_of = [[p] for _, p, _ in which]
is_half = [[kind == "half"] for kind, _, _ in which]
layer = Turns(
    torch.tensor(p_of, device=device), torch.tensor(is_half, device=device)
)
clouds = in_the_plane(
    [seed for *_, seed in which], fan, layer, min(steps, 500)
)

# %%
wrong = clouds[..., 0] < clouds[..., 1].abs()  # not in the right quarter
leak = wrong.float().mean(1).reshape(len(turns), len(ps), -1).cpu()

# %% [markdown]
# What $D$ sees of real points and of $G$'s, for the picture:

# %%
through_layer = {
    "real": layer(fan[:300].expand_as(clouds)).cpu(),
    "fake": layer(clouds).cpu(),
}
line = torch.linspace(0, 1, 101)
gaps_left = {"quarter": 1 - line, "half": (1 - 2 * line).abs()}
some = torch.arange(0, 300, len(many))  # of each seed's samples


def meter(kind="quarter", p=0.9):
    start = which.index((kind, p, 0))
    runs = slice(start, start + len(many))
    share = leak[turns.index(kind)]
    plainly = clouds[runs, some].cpu().flatten(0, 1)
    worn = through_layer["fake"][runs, some].flatten(0, 1)
    views = {
        "without goggles": (fan[:300].cpu(), plainly),
        "what D sees": (through_layer["real"][start], worn),
    }
    told = f"{share[ps.index(p)].mean():.0%} of G's samples leaked"
    return show.leak_meter(
        p,
        views,
        ps,
        share,
        (line, gaps_left[kind]),
        limit=2.6,
        sentence=f"{kind} turns, p = {p:g}: {told}, over {len(many)} seeds.",
    )

# %% picture="leak meter"
show.explore(
    meter,
    labels={"kind": "turns", "p": "share turned, p"},
    kind=turns,
    p=ps,
)

# %% [markdown]
# Quarter turns leave $D$ a share $1-p$ of the gap. Up to ½ nothing leaks. From
# there on what tells $D$ the right quarter pulls less and less, and in some
# seeds nearly all of $G$'s samples lie in a wrong one (a ▲ near 1); at 1, $D$
# cannot tell the quarters apart at all. Half turns (choose them above) leak at
# ½ only: *always* upside down is no secret at all. So a change is safe if, as
# a map of distributions, it can be undone, *and* leaves $D$ enough to see in
# the time you have.

# %%
# what we claim of turns
quarter, halfway = leak.mean(-1)  # (6,) each, one number a p
checks.claim(
    "quarter turns leak at 1 and hardly up to ½",
    bool(quarter[:3].mean() < 0.1 < 0.3 < quarter[-1]),
)
checks.claim(
    "half turns leak at ½ and hardly elsewhere",
    bool(halfway[[0, 1, 3, 4, 5]].mean() < 0.05 < 0.1 < halfway[2]),
)

# %% [markdown]
# ## Let D say how much
# Goggles cost time, and too many of them leak. Who chooses $p$? ADA (Karras
# et al. 2020) lets $D$ decide. Held-out images would be a waste of little
# data, so it watches $r_t=\mathbb E\operatorname{sign}D(T(x))$ on training
# images: 0 if $D$ cannot tell, 1 if it is always right. Above a target of
# 0.6, $p$ climbs.
#
# ## ✏️ Exercise 4 · The controller
# *10 minutes · ●●○*
#
# Return the next $p$: up by `speed` if $r_t$ is above the target, otherwise
# down, and always between 0 and 1.
#
# {{hints augmentation.controller}}

# %% tags=["exercise"]
def my_controller(p, real_logits, fake_logits, target, speed):
    # BEGIN SOLUTION
    r = real_logits.sign().mean()
    step = speed if r > target else -speed
    return min(max(p + step, 0.0), 1.0)
    # END SOLUTION


checks.augmentation.controller(my_controller)

# %% [markdown]
# The same in the library is `augment.adapted`. ADA moves every four steps; so
# does yours, on what $D$ said of the last four batches.

# %%
def course_controller(p, real_logits, fake_logits, target, speed):
    sign = real_logits.sign().mean()
    return augment.adapted(p, sign, target=target, speed=speed)


controller = checks.augmentation.controller.yours(course_controller)


def adaptive(n, seed=SEED):
    runtime.start(threads=1)  # for a small network alone it is faster
    G, D = (net.to(device) for net in two_players(seed))
    opt_g, opt_d = adam(G), adam(D)
    path, logits = [0.0], []  # p after every four steps; D's answers to real
    goggles = Goggles([lambda x: T(x, path[-1])])
    D[-1].register_forward_hook(lambda layer, x, y: logits.append(y.detach()))
    run = training.train(
        G,
        nn.Sequential(goggles, *D),
        opt_g,
        opt_d,
        real_batches(n, seed, None),
        steps=steps,
        latent_dim=latent_dim,
    )
    falling = [training.falling_lr(opt, steps) for opt in (opt_g, opt_d)]
    for moment in training.scheduled(run, *falling):
        if moment.step % 4 == 0:
            # a step asks D about real, fake, and fake again for G
            real, fake = torch.cat(logits[0::3]), torch.cat(logits[1::3])
            path.append(float(controller(path[-1], real, fake, 0.6, 0.01)))
            logits.clear()
    return torch.tensor(path)

# %%
paths = {
    "100 images": adaptive(100),
    "all images": adaptive(len(pile)),
}
of_few, of_all = (path[-75:].mean() for path in paths.values())
show.lines(
    4 * torch.arange(len(paths["all images"])),
    paths,
    xlabel="step",
    ylabel="p",
    ylim=(-0.02, 1.02),
    title=f"at the end {of_few:.2f} with few images, {of_all:.2f} with all",
    sentence="p over the steps, one seed for each number of images.",
)

# %% [markdown]
# Both begin with a bump: real digits and first attempts are easily told
# apart, and ADA takes that for memory. Then $p$ falls to 0, and climbs for
# the hundred images alone, once $D$ knows them.

# %%
# what we claim
checks.claim("p ends higher with few images", bool(of_few > of_all + 0.1))

# %% [markdown]
# ## Quiz
# 1. $D$'s logits: train 3.0, held out 2.9, fake −3.1. Overfitted?
#    <details><summary>Answer</summary>No: r_v is 0.02. D is strong, and of
#    what it knows nearly all holds for unseen images too.</details>
# 2. Someone flips half of the real faces left to right, "as usual", and trains
#    a GAN. On which side will $G$ part the hair?
#    <details><summary>Answer</summary>On either, half and half. A flip of the
#    data set is T on real only: it leaks by design, which may be
#    fine.</details>
# 3. Why not clamp to $[-1,1]$ after brightening?
#    <details><summary>Answer</summary>A clamped pixel has no slope: G gets no
#    word about it.</details>
# 4. Turns by 180 degrees, always. Does that leak?
#    <details><summary>Answer</summary>No. D sees everything upside down, real
#    and fake alike, and only the right distribution matches.</details>
# 5. ADA's $p$ stays at 0. Good or bad news?
#    <details><summary>Answer</summary>Good: D is unsure of its training
#    images. Or its logits are all negative: look at the fakes
#    too.</details>

# %% [markdown]
# ## Ledger
# | what we changed | what happened |
# |---|---|
# | 20,000 images → 100 | $D$ knows them by heart: $r_v$ climbs |
# | goggles on everything, always (small convolutional nets) | $r_v$ from 1.4 to 0.1; in 4,000 steps a larger Fréchet distance, on either pile |
# | goggles on real images only | $G$ draws gray edges and patches |
# | quarter turns, $p\to1$ | $G$ may lie in any of the four quarters: what can hardly be undone leaks too |
# | half turns at ½ | leak; always turned: no leak |
# | $p$ by ADA | near 0 for all images, climbing for a hundred |
# | *your change* (`translation` alone?) | *what you saw* |

# %% [markdown]
# ## In practice
# - *Augment real only* is the classic leak; *augment $D$'s step only* is
#   another slip: $G$'s step then asks $D$ about a kind of image it never saw.
# - A public report shows cutouts in samples of DiffAugment itself, with $T$
#   on both sides (data-efficient-gans, issue 84). Lower $p$, as ADA does.
# - ADA has six groups of changes, all with one $p$, and finds leaks unlikely
#   as long as $p$ stays below 0.8.
# - Fewer than a few hundred images: start from a trained GAN instead.
# - FD at 100 images rewards copies too: look at neighbors (here the shipped
#   `memorization` is above 1: no copies yet).

# %% [markdown]
# ## Further reading
# - [Zhao et al. 2020](https://arxiv.org/abs/2006.10738): DiffAugment, and
#   tables of what goes wrong at each wrong place.
# - [Karras et al. 2020](https://arxiv.org/abs/2006.06676): ADA; its section 2
#   says which augmentations are safe, and why.
# - [Tran et al. 2021](https://arxiv.org/abs/2006.05338): a proof that
#   invertible augmentations keep the game's optimum.
# - [The report of a leak](https://github.com/mit-han-lab/data-efficient-gans/issues/84)
#   with pictures of generated cutouts.
#
# Next: lesson 14, *Ask for what you want*. Before that take a folder of your
# own pictures (`data.folder`), and watch $r_v$ before you trust a sample.
