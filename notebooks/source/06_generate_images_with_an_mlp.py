# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 06 · Generate images with an MLP
#
# The loop of lesson 04 does not care what a sample is. Give it 784 pixels
# instead of 2 coordinates, and networks to match, and it writes digits
# nobody has written.
#
# **What you'll do.** Train an MLP GAN on handwritten-style digits, then on
# real ones, and on pictures of your own if you like.
#
# **What you'll learn**
# - *match* ranges and shapes, where an image GAN breaks before it begins;
# - *read off* what a generator leaves out, by factors that are known;
# - *audit* a generator: latent walks, nearest neighbors, memorization.
#
# **What you'll need.** Lessons 04 and 05. About 75 minutes of your time;
# {{minutes}} minutes of computing on 2 CPU cores. Works offline; the real
# digits (10 MB) are downloaded once if you have a network.

# %%
from gan_lessons import checks, cockpit, data, errors, losses
from gan_lessons import runtime, show, training
from dataclasses import replace
from functools import partial
from itertools import pairwise
from math import log, prod
from pathlib import Path
import copy

import ipywidgets
import torch
from matplotlib import rc_context
from torch import nn
from torch.nn import functional as F

device = runtime.start()

# %% [markdown]
# ## The knobs
# One word chooses the pictures. A folder of your own works, too, however
# many there are and whatever their size: all are cut to squares. What the
# text says about digits, and what this lesson claims, holds for `strokes`.

# %% tags=["parameters"]
SEED = 0
pictures = "strokes"  # "mnist", "fashion_mnist", or a folder: "my_photos"
size = 28  # of pictures from a folder
channels = 1  # of these; 3 for color
batch_size = 64
latent_dim = 64  # length of the noise z
lr = 1e-3  # of both players; falls to 0 in the second half
decay = 0.998  # of the generator's average
save_as = ""  # a file name, such as "my_sheet.png", keeps the last sheet

# %% [markdown]
# From these follow the images, mixed, and how many of them are held back.

# %%
steps = runtime.budget(tiny=10, ci=100, lesson=5_000, full=40_000)
reader_steps = runtime.budget(tiny=20, ci=200, lesson=1_500, full=5_000)


def mixed(images):  # a folder comes class by class
    order = torch.randperm(len(images), generator=runtime.generator(0))
    known = {name: truth[order] for name, truth in images.factors.items()}
    x, y = images.x[order], images.y[order]
    return replace(images, x=x, y=y, factors=known)


def held_back(images):  # never shown to the GAN
    return max(1, min(2_000, len(images) // 10))


sets = {"strokes": data.strokes, "mnist": data.mnist}
sets["fashion_mnist"] = data.fashion_mnist
from_folder = partial(data.folder, pictures, size=size, channels=channels)
images = mixed(sets.get(pictures, from_folder)())
shape = tuple(images.x.shape[1:])  # (C, H, W)

# %% [markdown]
# ## Digits whose truth is known
# `strokes` was drawn by a script of this course, so each picture comes with
# the numbers it was drawn from: how far it leans, how thick the pen was,
# how large it is. Real data never tell you that.

# %%
count = held_back(images)
held_out, train = images.x[-count:], images.x[:-count]
show.images(
    train[:60],
    title=f"{images.name}: {len(images):,} images of {shape[1]} × {shape[2]}",
    sentence=f"Training images. {count:,} others are held back.",
)

# %% [markdown]
# ## The range of a pixel
# The files hold whole numbers from 0 to 255. A generator that ends in
# $\tanh$ makes numbers between $-1$ and 1. Unless both live in the same
# range, $D$ has an easy way to win that has nothing to do with digits.
#
# ## ✏️ Exercise 1 · There and back
# *5 minutes · ●○○*
#
# Write the two conversions. All 256 values must survive the round trip. A
# tanh makes nothing beyond ±1, so the ✓ does not depend on such values; a
# clamp takes care of them all the same.
#
# {{hints pixels.model_range}}

# %% tags=["exercise"]
def my_to_model_range(images):
    # BEGIN SOLUTION
    return images.float() / 127.5 - 1
    # END SOLUTION


def my_to_image_range(images):
    # BEGIN SOLUTION
    pixels = ((images + 1) * 127.5).round().clamp(0, 255)
    return pixels.to(torch.uint8)
    # END SOLUTION


checks.pixels.model_range(my_to_model_range, my_to_image_range)

# %% [markdown]
# Yours prepares the images from here on. (The course's is there for as long
# as yours is not ✓.)

# %%
ways = checks.pixels.model_range.yours(
    (data.to_model_range, data.to_image_range)
)


def to_model_range(x):  # whatever kind of numbers yours returns
    return torch.as_tensor(ways[0](x.clone())).float()


def to_image_range(x):
    return torch.as_tensor(ways[1](x.clone()))


ends = torch.tensor([0, 255], dtype=torch.uint8).reshape(2, 1, 1, 1)
print("0 and 255 become", to_model_range(ends).flatten().tolist())

# %% [markdown] predict={"picture": "brightest", "words": ["2.8"]}
# Lightning's basic GAN example and ARENA's GAN exercises scale MNIST by its
# mean, 0.1307, and its standard deviation, 0.3081, instead. **Decide before
# you run:** what is the brightest pixel then, and can a tanh reach it?

# %% picture="brightest"
brightest = (1 - 0.1307) / 0.3081
print(f"brightest real pixel {brightest:.2f}, brightest fake pixel 1")

# %% [markdown]
# It is out of reach: every white pixel of a real digit lies at 2.82, where
# no tanh gets, and $D$ needs no shape to tell real from fake.

# %% [markdown]
# ## ✏️ Exercise 2 · The two networks
# *10 minutes · ●●○*
#
# Write $G$: noise (B, `latent_dim`) to images (B, 1, 28, 28) in $(-1, 1)$,
# and $D$: images to logits (B,). $G$ needs two linear layers at least, with
# something that bends between them. Widths and depth are yours to choose:
# what you write here is trained below, so what would you spend weights on?
#
# Two layers that serve well in $D$: `nn.LeakyReLU(0.2)` keeps a small slope
# below zero, so that no unit goes silent and stops teaching $G$.
# `nn.Dropout(0.3)` hides 30 % of the units before it, others at each look,
# so that no single speck decides.
#
# {{hints pixels.networks}}

# %% tags=["exercise"]
def my_generator(latent_dim):
    # BEGIN SOLUTION
    return nn.Sequential(
        nn.Linear(latent_dim, 256),
        nn.LeakyReLU(0.2),
        nn.Linear(256, 512),
        nn.LeakyReLU(0.2),
        nn.Linear(512, 784),
        nn.Tanh(),
        nn.Unflatten(1, (1, 28, 28)),
    )
    # END SOLUTION


def my_discriminator():
    # BEGIN SOLUTION
    return nn.Sequential(
        nn.Flatten(1),
        nn.Linear(784, 512),
        nn.LeakyReLU(0.2),
        nn.Dropout(0.3),
        nn.Linear(512, 256),
        nn.LeakyReLU(0.2),
        nn.Dropout(0.3),
        nn.Linear(256, 1),
        nn.Flatten(0),
    )
    # END SOLUTION


checks.pixels.networks(my_generator, my_discriminator)

# %% [markdown]
# Yours play the game below. The course's two, folded, make images of any
# shape:

# %% tags=["folded", "mirrors:models"]
def image_generator(*, latent_dim=64, shape=(1, 28, 28), width=256):
    return nn.Sequential(
        nn.Linear(latent_dim, width),
        nn.LeakyReLU(0.2),
        nn.Linear(width, 2 * width),
        nn.LeakyReLU(0.2),
        nn.Linear(2 * width, prod(shape)),
        nn.Tanh(),  # (B, C·H·W) in [-1, 1]
        nn.Unflatten(1, tuple(shape)),  # (B, C, H, W)
    )

# %% tags=["folded", "mirrors:models"]
def image_discriminator(*, shape=(1, 28, 28), width=256):
    return nn.Sequential(
        nn.Flatten(1),  # (B, C·H·W)
        nn.Linear(prod(shape), 2 * width),
        nn.LeakyReLU(0.2),
        nn.Dropout(0.3),
        nn.Linear(2 * width, width),
        nn.LeakyReLU(0.2),
        nn.Dropout(0.3),
        nn.Linear(width, 1),  # (B, 1)
        nn.Flatten(0),  # (B,)
    )

# %% [markdown]
# Yours are made for 28 × 28 gray pixels. For pictures of another shape the
# course's step in.

# %%
def networks_for(shape):
    def generator(latent_dim):
        return image_generator(latent_dim=latent_dim, shape=shape)

    course = generator, partial(image_discriminator, shape=shape)
    if tuple(shape) != (1, 28, 28):
        return course
    return checks.pixels.networks.yours(course)


make_G, make_D = networks_for(shape)
G = make_G(latent_dim)
fake = G(torch.randn(5, latent_dim))
assert fake.shape == (5, *shape)
assert make_D()(fake).shape == (5,)
print(f"{sum(p.numel() for p in G.parameters()):,} weights in G")

# %% [markdown]
# ## A reader that knows the truth
# To count what $G$ makes, train a small network to *read* a digit: its
# class, and the factors it was drawn from. It learns from real images only;
# the ones held back say how well it reads.

# %%
names = [n for n in ("slant", "thickness", "size") if n in images.factors]


def known_factors(images):
    columns = [images.factors[name] for name in names if images.factors]
    return torch.stack(columns, 1) if columns else torch.empty(len(images), 0)

# %%
def make_reader(images):
    x, y = to_model_range(images.x), images.y
    classes = int(y.max()) + 1
    truth = known_factors(images)  # (N, 3), or (N, 0) for real sets
    center = truth.mean(0)
    spread = (truth - center).square().mean(0).sqrt()
    net = nn.Sequential(
        nn.Flatten(1),  # (B, C·H·W)
        nn.Linear(x[0].numel(), 256),
        nn.ReLU(),
        nn.Linear(256, classes + truth.shape[1]),
    )
    opt = torch.optim.Adam(net.parameters(), lr=1e-3)
    numbers = torch.arange(len(x) - held_back(images))
    rng = runtime.generator(SEED)
    picks = data.batches(numbers, min(128, len(numbers)), rng=rng)
    for _, pick in zip(range(reader_steps), picks):
        out = net(x[pick])
        off = out[:, classes:] - (truth[pick] - center) / spread
        loss = F.cross_entropy(out[:, :classes], y[pick])
        loss = loss + off.square().mean(0).sum()
        opt.zero_grad()
        loss.backward()
        opt.step()

    def read(x):
        out = net(x.cpu()).detach()
        factors = out[:, classes:] * spread + center
        which = out[:, :classes].argmax(1)
        return {"class": which, **dict(zip(names, factors.T))}

    return read

# %%
runtime.seed_everything(SEED)
read = make_reader(images)
seen = read(to_model_range(held_out))
right = (seen["class"] == images.y[-count:]).float().mean().item()
agree = {}
for name in names:
    pair = torch.stack([seen[name], images.factors[name][-count:]])
    agree[name] = torch.corrcoef(pair)[0, 1].item()
print(f"{right:.1%} of the held-out images read correctly")
for name, value in agree.items():
    print(f"{name}: correlation of read and known {value:.2f}")

# %% [markdown]
# A reader that is right this often on images it never saw can be trusted
# with a *histogram*, and not with every single image. It is less sure of
# the slant: a digit that leans and one that was turned look alike.

# %%
# what we claim
checks.claim("95 % of the held-out digits are read correctly", right > 0.95)
for name, value in agree.items():
    checks.claim(f"what is read of the {name} agrees with the truth",
                 value > 0.8)

# %% [markdown]
# ## Train
# `training.train` is the loop of lesson 04, line by line. One addition saves
# work: in $G$'s step no gradients are computed for $D$'s own weights, which
# would be thrown away. `averaged` and `scheduled` wrap a run: after each of
# its steps the one moves the average, the other the learning rates. So does
# `keeping`, which lays copies of the average aside.

# %%
def keeping(run, average, at, kept):
    for moment in run:
        if moment.step in at:
            kept[moment.step] = copy.deepcopy(average).eval()
        yield moment

# %%
def play(images, nets, read, at=()):
    runtime.seed_everything(SEED)
    x = to_model_range(images.x[: -held_back(images)]).to(device)
    G, D = nets[0](latent_dim).to(device), nets[1]().to(device)
    average, kept = copy.deepcopy(G), {}
    adam = {"lr": lr, "betas": (0.5, 0.99), "fused": True}
    opt_g = torch.optim.Adam(G.parameters(), **adam)
    opt_d = torch.optim.Adam(D.parameters(), **adam)
    players = (G, D, opt_g, opt_d)
    number = int(images.y.max()) + 1

    def classes(fake):  # how many have three tenths of their fair share
        shares = read(fake)["class"].bincount(minlength=number) / len(fake)
        return (shares >= 0.3 / number).sum()

    live = cockpit.Cockpit(
        *players,
        real=x,
        latent_dim=latent_dim,
        average=average,
        metric=("classes found", classes) if number > 1 else None,
    )
    rng = runtime.generator(SEED)
    batches = data.batches(x, min(batch_size, len(x)), rng=rng)
    schedulers = [training.falling_lr(opt, steps) for opt in (opt_g, opt_d)]
    run = training.train(
        *players, batches, steps=steps, latent_dim=latent_dim
    )
    run = training.averaged(run, average, decay=decay)
    run = training.scheduled(run, *schedulers)
    live.follow(keeping(run, average, at, kept))
    return average.eval(), D.eval(), live, kept

# %%
looks_at = [steps * tenths // 10 for tenths in (2, 3, 5, 7, 9, 10)]
average, D, live, kept = play(images, (make_G, make_D), read, looks_at)

# %%
live.film.strip()

# %% [markdown]
# The same noise, from blots to digits. `live.film.scrub()` has a slider over
# all the frames that were kept.

# %% [markdown] predict={"picture": "early", "words": ["lean"]}
# ## What has it not learned yet?
# Take the generator as it was after three tenths of the steps, when its
# digits begin to be legible. Ask it for 2,000 of them, and let the reader
# count. **Decide first:** which of the three factors will be furthest from the
# truth, and will a class be missing?

# %% picture="early"
z = torch.randn(2_000, latent_dim, generator=runtime.generator(1))
real_read = read(to_model_range(held_out))


def generate(z, G):
    with torch.no_grad():
        return torch.cat([G(part.to(device)).cpu() for part in z.split(500)])


told = {step: read(generate(z, G)) for step, G in kept.items()}
early = told[looks_at[1]]
show.histograms(
    real_read,
    early,
    columns=4,
    sentence=f"Class and factors as the reader reads them after "
    f"{looks_at[1]:,} of {steps:,} steps, beside held-out real ones.",
)

# %%
number = int(images.y.max()) + 1


def rarest(read_off):
    shares = read_off["class"].bincount(minlength=number) / len(z)
    return shares.argmin().item(), shares.min().item()


def spread(read_off, name):  # among the samples, by that of real digits
    return (read_off[name].std() / real_read[name].std()).item()


def leaning_left(read_off):
    return (read_off["slant"] < 0).float().mean().item()


print("rarest class: {}, with {:.1%}".format(*rarest(early)))
for name in names:
    print(f"{name}: {spread(early, name):.2f} of the real spread")
if "slant" in names:
    print(f"leaning left: {leaning_left(early):.1%} of the samples, "
          f"{leaning_left(real_read):.1%} of the real digits")

# %% [markdown]
# Where the orange outline is narrower than the blue area, $G$ makes too
# little variety. By its spread the slant is furthest from the truth: hardly
# a sample leans left. (The pen's peak lies beside that of the real digits,
# too: a fault of another kind.) One class, which should be a tenth of all
# samples, is less than 3 % of them. No loss curve told you.
#
# Does the rest come later? Six moments of the run, read by the same reader:

# %%
before = None
shown = [*names, "leans left"] if "slant" in names else names
head = "  step  rarest class  changed class"
print(head + "".join(f"{name:>11}" for name in shown))
for step, now in told.items():
    moved = "–"
    if before:
        moved = f"{(now['class'] != before['class']).float().mean():.0%}"
    row = f"{step:6,}{rarest(now)[1]:14.1%}{moved:>15}"
    row += "".join(f"{spread(now, name):11.2f}" for name in names)
    left = f"{leaning_left(now):11.1%}" if "slant" in names else ""
    print(row + left)
    before = now

# %% [markdown]
# Half way no class is rare any more, and thickness has its spread. Slant and
# size take longer and end near nine tenths. Furthest behind, all the way, are
# the digits that lean left. They are rare among the real ones, too; whether
# they come late *because* of that, one factor of one run cannot say.
#
# Nor is a picture decided once. Three of the gaps in the table are equally
# long: many samples change their class in the first, fewer in the second,
# still fewer in the third, and some do to the last. But the learning rates
# fall to 0 in the second half, so nobody knows whether the game would have
# come to rest by itself.

# %%
# what we claim
last = told[steps]
if names:
    checks.claim("early on the slant has the least of its spread",
                 spread(early, "slant") < spread(early, "thickness"))
    checks.claim("early on hardly a sample leans left",
                 leaning_left(early) < 0.25 * leaning_left(real_read))
    half = told[looks_at[2]]
    checks.claim("half way thickness has its spread and the slant has not",
                 spread(half, "slant") < 0.85 < spread(half, "thickness"))
    checks.claim("half way no class is rare", rarest(half)[1] > 0.05)
    checks.claim("at the end most that lean left are there",
                 leaning_left(last) > 0.6 * leaning_left(real_read))
    checks.claim(
        "at each moment those that lean left are further behind than any "
        "spread",
        all(leaning_left(now) / leaning_left(real_read)
            < min(spread(now, name) for name in names)
            for now in told.values()),
    )
    checks.claim("at the end each spread is more than 0.8 of the real one",
                 min(spread(last, name) for name in names) > 0.8)
checks.claim("early on one class has less than 3 %, at the end none has",
             rarest(early)[1] < 0.03 <= rarest(last)[1])
changes = [
    (told[a]["class"] != told[b]["class"]).float().mean().item()
    for a, b in pairwise(looks_at)
]
checks.claim("in three gaps of equal length ever fewer change class",
             changes[1] > changes[2] > changes[3])
checks.claim("in the last tenth of the run some still do", changes[-1] > 0.02)

# %%
made = generate(z, average)
show.images(
    made[:60],
    title="Nobody wrote these",
    sentence=f"Sixty samples of the averaged generator after {steps:,} "
    "steps, not chosen.",
)

# %% [markdown]
# ## Read its curves
# Lesson 05 has the words. $D$'s loss proves a difference where it is below
# $2\ln 2 = 1.386$: on average, and on images that $D$ was not trained on.
# In training it is asked about images that it has met many times, and with
# `Dropout`.

# %%
on_known = live.history.column("loss_d")[-100:].mean().item()
with torch.no_grad():
    real_logits = D(to_model_range(held_out).to(device)).cpu()
    fake_logits = D(average(z.to(device))).cpu()
on_new = losses.cross_entropy_d(real_logits, fake_logits).item()
bound = max(0.0, log(2) - on_new / 2)
with rc_context(show.STYLE):
    fig = show.figure(height=3.0)
    both = live.history.column("loss_d"), live.history.column("loss_g")
    ax = show.draw_losses(fig.subplots(), *both)
    ax.set_title(f"D's loss: {on_known:.2f} in training, {on_new:.2f} on new "
                 "images")
    ax.autoscale(axis="y")  # all the height for what there is to see
    ax.legend(fontsize=9, ncols=3, loc="center right")
show.Picture(fig, "The losses of the run; the axis does not begin at 0. "
             "Between images that D was not trained on and samples of the "
             f"average its loss proves a JSD of at least {bound:.2f}.")

# %% [markdown]
# In the first fifth of the run $D$'s loss crosses 1.386 again and again; from
# then on its mean stays below. The second number in the title comes about
# otherwise than the first: new images, no `Dropout` that hides anything from
# $D$, and samples of the *averaged* $G$, which $D$ has never played against.
# It is no higher for all that. So the average's samples do differ from real
# digits, and $D$ does not need its memory to see it. Nor does $D$ win as
# lesson 05 means it: its mean logit on real images stays below 4. That the
# samples got better all the while, no curve says.

# %%
# what we claim
checks.claim("D's loss on new images, against the average, is no higher "
             "than in training", on_new < on_known < 2 * log(2))
after = live.history.column("loss_d")[steps // 5 :]
means = after.unfold(0, max(1, steps // 50), 1).mean(dim=1)
checks.claim("after a fifth of the steps the mean of D's loss stays below "
             "1.386", means.max() < 2 * log(2))
sure = live.history.column("real_logit")[-100:].mean().item()
checks.claim("D does not win: its logit on real images is below 4", sure < 4)

# %% [markdown]
# ## Where noise lives
# A point $z \sim \mathcal N(0, I)$ in 64 dimensions is almost never near the
# origin: its length is $\sqrt{64} = 8$, give or take 0.7. The straight line
# between two such points passes through lengths that $G$ has hardly ever seen.
#
# ## ✏️ Exercise 3 · Walk on the sphere
# *10 minutes · ●●●*
#
# Write `slerp(a, b, t)`: from `a` (t = 0) to `b` (t = 1), turning evenly.
# (Equal points are left open.)
#
# {{hints pixels.slerp}}

# %% tags=["exercise"]
def my_slerp(a, b, t):
    # BEGIN SOLUTION
    cosine = (a * b).sum() / (a.norm() * b.norm())
    angle = cosine.clamp(-1, 1).acos()
    if angle < 1e-3:
        return (1 - t) * a + t * b
    from_a = ((1 - t) * angle).sin() / angle.sin()
    from_b = (t * angle).sin() / angle.sin()
    return from_a * a + from_b * b
    # END SOLUTION


checks.pixels.slerp(my_slerp)

# %% [markdown]
# The course's walk, folded; yours is used from here on, once it is ✓.

# %% tags=["folded"]
def course_slerp(a, b, t):
    angle = torch.acos((a * b).sum() / (a.norm() * b.norm()))
    walk = ((1 - t) * angle).sin() * a + (t * angle).sin() * b
    return walk / angle.sin()

# %%
turn = checks.pixels.slerp.yours(course_slerp)


def slerp(a, b, t):
    return torch.as_tensor(turn(a, b, float(t))).float()

# %% [markdown] predict={"picture": "two walks", "words": ["blot"]}
# Two random ends lie at about 90° to each other. Let us take pairs that lie
# further apart than that and make different digits, and go from one to the
# other on both ways. **Predict:** what will the middle of the straight line
# look like, and which way will $D$ like better?

# %%
first, second = z[:500], z[500:1_000]
cosine = torch.cosine_similarity(first[:, None], second[None], dim=2)
kinds = read(made[:1_000])["class"]
if number > 1:  # no walk from a digit to its like
    cosine[kinds[:500, None] == kinds[None, 500:]] = 1.0
furthest = cosine.flatten().argsort()[:100].tolist()
opposite = [divmod(place, 500) for place in furthest]  # 100 pairs of ends
times = torch.linspace(0, 1, 11)


def both_ways(a, b):
    straight = torch.stack([(1 - t) * a + t * b for t in times])
    turning = torch.stack([slerp(a, b, t) for t in times])
    return {"lerp": straight, "slerp": turning}

# %% picture="two walks"
i, j = opposite[0]
a, b = first[i], second[j]
walks = both_ways(a, b)
show.rows_of_images(
    {name: generate(walk, average) for name, walk in walks.items()},
    sentence="The same two ends. Half way lerp has length "
    f"{walks['lerp'][5].norm():.1f} and slerp {walks['slerp'][5].norm():.1f}; "
    "noise has about 8.",
)

# %%
def opinion(images):
    with torch.no_grad():
        return D(images.to(device)).cpu()


many = [both_ways(first[i], second[j]) for i, j in opposite]
liked = {}
for name in ("lerp", "slerp"):
    points = torch.cat([each[name] for each in many])  # (1100, latent_dim)
    liked[name] = opinion(generate(points, average)).view(-1, 11).mean(0)
usual = opinion(made).mean().item()
with rc_context(show.STYLE):
    fig = show.figure(width=7, height=2.8)
    ax = fig.subplots()
    for (name, logits), line in zip(liked.items(), ("--", "-")):
        ax.plot(times, logits, color=show.D_COLOR, ls=line, label=name)
    ax.axhline(usual, color="black", ls=":", label="2,000 samples")
    ax.set(xlabel="way from one end to the other", ylabel="mean logit of D")
    ax.set_title(f"Half way: lerp {liked['lerp'][5]:+.2f}, "
                 f"slerp {liked['slerp'][5]:+.2f}")
    ax.legend(fontsize=9)
show.Picture(fig, "What D says of the pictures along the two ways, mean of "
             "100 pairs of ends; dotted: of 2,000 samples.")

# %% [markdown]
# The point half way on the straight line is about half as long as the noise
# that $G$ was trained on: around there it makes faint mixtures of both ends,
# and $D$ likes them less than the usual sample. The turn has the length of
# noise all the way, and $D$ has nothing more against its middle than against
# other samples.

# %%
# what we claim
middle = {name: walk[5].norm().item() for name, walk in walks.items()}
shorter = min(a.norm().item(), b.norm().item())
checks.claim("half way lerp is much shorter than both ends, slerp is not",
             middle["lerp"] < 0.85 * shorter < middle["slerp"])
checks.claim("half way D likes slerp better than lerp",
             liked["lerp"][5] < liked["slerp"][5])
checks.claim("D likes the middle of lerp less than the usual sample",
             liked["lerp"][5] < usual - 0.05)
checks.claim("D likes the middle of slerp no less than that",
             liked["slerp"][5] > usual - 0.05)

# %% [markdown]
# ## ✏️ Exercise 4 · Is it memory?
# *10 minutes · ●●○*
#
# A generator that copies its training set would look perfect. Write
# `nearest(fake, train)`: for each sample the Euclidean distance over all
# pixels to the closest training image, and that image's index in `train`.
# The images of both are floats of one shape.
#
# {{hints pixels.nearest}}

# %% tags=["exercise"]
def my_nearest(fake, train):
    # BEGIN SOLUTION
    pairs = torch.cdist(fake.flatten(1).float(), train.flatten(1).float())
    distance, index = pairs.min(dim=1)
    return distance, index
    # END SOLUTION


checks.pixels.nearest(my_nearest)

# %% [markdown]
# A distance needs something to be compared with: how close do *real* images
# that were held back come to the training set? A copying generator would
# come much closer than they do. Yours is asked in pieces, so that it may
# compare all pairs at once. The course's, folded:

# %% tags=["folded"]
def course_nearest(fake, train):
    return torch.cdist(fake.flatten(1), train.flatten(1)).min(dim=1)

# %%
find = checks.pixels.nearest.yours(course_nearest)


def nearest(fake, train, piece=500):
    found = []
    for few in fake.split(20):
        parts = [find(few, part) for part in train.split(piece)]
        far = torch.stack([torch.as_tensor(d).float() for d, _ in parts])
        at = torch.stack([torch.as_tensor(i) for _, i in parts])
        distance, which = far.min(dim=0)  # (20,) of (pieces, 20)
        found.append((distance, piece * which + at.gather(0, which[None])[0]))
    return tuple(torch.cat(part) for part in zip(*found))

# %%
known = to_model_range(train)
distance, index = nearest(made[:200], known)
honest, _ = nearest(to_model_range(held_out[:200]), known)
ratio = (distance.median() / honest.median()).item()
closest = (distance.min() / honest.median()).item()
print(f"generated / held-out, median distance: {ratio:.2f}")
print(f"the closest sample of 200: {closest:.2f} of a held-out median")

# %%
show.rows_of_images(
    {"generated": made[:12], "nearest real": known[index[:12]]},
    sentence="Twelve generated digits, each above the training image that "
    f"is closest to it. Median distance {ratio:.2f} times that of held-out "
    "real digits.",
)

# %% [markdown]
# The usual sample is no closer to the training set than a new real digit
# is; it is a little *farther*, which is no merit: the specks around it are
# in no real digit, and each adds to every distance. A median, though, would
# miss a few copies. That is why the closest of the 200 is printed, too: a
# copy would be at 0.

# %%
# what we claim
checks.claim("the usual sample is no closer than a held-out digit", ratio > 1)
checks.claim("none of 200 samples is a copy", closest > 0.1)

# %% [markdown]
# ## Walk through the latent space
# Move the slider: above, a piece of the walk from one random digit to
# another and on; below, the closest training image of each. The lower row can
# do nothing but jump. The upper one goes in small steps within a class;
# where one class becomes another it, too, can be fast.

# %%
def look(t=0.0):
    way = torch.linspace(t, t + 0.8, 9)
    stops = [(int(min(u, 4.999)), u) for u in way.tolist()]
    here = torch.stack([slerp(z[i], z[i + 1], u - i) for i, u in stops])
    digits = generate(here, average)
    _, index = nearest(digits, known)
    return show.rows_of_images(
        {"generated": digits, "nearest real": known[index]},
        sentence=f"From {t:.1f} to {t + 0.8:.1f} of the walk through six "
        "random points.",
    )

# %%
slider = ipywidgets.FloatSlider(min=0, max=4.2, step=0.1, description="walk")
show.explore(look, t=slider)

# %% [markdown]
# ## One word: real digits
# Everything above works on any set of images. This cell asks for MNIST;
# without a network and without the files it says so, and you lose nothing.

# %%
try:
    real_digits = mixed(data.mnist())
except errors.LessonError as error:
    real_digits = None
    print(error)

# %%
if real_digits:
    read_mnist = make_reader(real_digits)
    nets = networks_for(real_digits.x.shape[1:])
    of_mnist, _, live_mnist, _ = play(real_digits, nets, read_mnist)

# %%
if real_digits:
    made_mnist = generate(z, of_mnist)
    shares = read_mnist(made_mnist)["class"].bincount(minlength=10) / len(z)
    picture = show.images(
        made_mnist[:60],
        title=f"Rarest class {shares.argmin()}, {shares.min():.1%}",
        sentence="Sixty samples, not chosen, of an MLP GAN trained on MNIST.",
    )
picture if real_digits else None

# %%
# what we claim
if real_digits:
    checks.claim("each class of MNIST has 3 % or more", shares.min() >= 0.03)

# %% [markdown]
# ## Your own pictures
# Write a folder's name for `pictures` in the knobs, and run the lesson
# again: `size` and `channels` say how they are cut. Photos are harder than
# digits for an MLP; a few hundred that are alike (faces from the front,
# leaves, logos) go best. The sheet below holds a hundred samples, one pixel
# to a pixel; with `save_as` it becomes a file.

# %%
page = show.sheet(
    to_image_range(made[:100]),
    zoom=2,
    columns=20,
    sentence=f"A hundred samples of G, trained on {images.name}.",
)
if save_as:
    Path(save_as).write_bytes(page.png)
    print(f"saved as {save_as}")
page

# %% [markdown]
# ## Quiz
# 1. $D$'s loss falls to almost 0 in the first hundred steps, and samples
#    look like gray noise. Which bug of this lesson do you check first?
#    <details><summary>Answer</summary>The ranges: two prints tell. If real
#    pixels reach 2.82, or none is below 0, <i>D</i> can win without looking
#    at a digit. It is not the only cause, but the quickest to rule
#    out.</details>
# 2. Why `Flatten(0)` at $D$'s end and not `squeeze()`?
#    <details><summary>Answer</summary><code>squeeze()</code> also removes
#    the batch axis when a single image comes along.</details>
# 3. Generated digits are as far from the training set as held-out ones. Is
#    memorization ruled out?
#    <details><summary>Answer</summary>For copies in pixels, on average. Not
#    for a few copies among many samples, nor for copies moved by a
#    pixel.</details>
# 4. Half way along a lerp, the point has length 4. Why does that matter,
#    even where the pictures still look fine?
#    <details><summary>Answer</summary>Noise has length 8, give or take 0.7:
#    <i>G</i> was never trained there. What it makes there is luck, and
#    <i>D</i> says so.</details>
# 5. Every class has 10 % and every sample is sharp. Is the generator done?
#    <details><summary>Answer</summary>Look inside the classes: all sevens
#    may lean the same way. That is what the factors are for.</details>

# %% [markdown]
# ## Ledger
# | what we changed | what happened |
# |---|---|
# | 2 coordinates → 784 pixels, same loop | digits, with wider networks, `Dropout` and a third of the learning rate |
# | pixels scaled to [-1, 1] | $D$ has to look at shapes |
# | stop at 1,500 of 5,000 steps | little of one class, hardly a digit that leans left |
# | strokes → MNIST, one word | works; see which class suffers |
# | lerp → slerp | the walk keeps the length of noise, and $D$ minds less |
# | *your change* | *what you saw* |

# %% [markdown]
# ## In practice
# - An MLP must learn anew, for every position, that a stroke is a stroke:
#   the specks around the digits are its signature. Lesson 07 lets
#   convolutions share that knowledge.
# - Scale images once, as one tensor on the device. A loader that converts
#   pictures one by one takes longer than the training step.
# - The nearest neighbor in pixels misses a copy that is moved or mirrored;
#   lesson 09 measures in the space of features.
#
# ## Further reading
# - [Goodfellow et al. 2014](https://arxiv.org/abs/1406.2661): figure 2 shows
#   what MLP GANs made of MNIST then, beside nearest neighbors.
# - [White 2016](https://arxiv.org/abs/1609.04468): walks in latent space,
#   and why to turn and not to cut through.
# - [LeCun, Cortes and Burges](https://yann.lecun.com/exdb/mnist/): MNIST,
#   the set that everything was tried on first.
#
# Next come convolutions. Until then: `pictures = "fashion_mnist"`.
