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
# The loop of lesson 04 does not care what a sample is. Feed it 784 pixels
# instead of 2 coordinates and it writes digits nobody has written.
#
# **What you'll do.** Train an MLP GAN on handwritten-style digits, then on
# real ones by changing one word.
#
# **What you'll learn**
# - *match* ranges and shapes, where most first image GANs break;
# - *read off* what a generator forgot, by factors that are known;
# - *audit* a generator: latent walks, nearest neighbors, memorization.
#
# **What you'll need.** Lesson 04. About 70 minutes of your time;
# {{minutes}} minutes of computing on 2 CPU cores. Works offline; the real
# digits (12 MB) are downloaded once if you have a network.

# %%
from gan_lessons import checks, cockpit, data, errors
from gan_lessons import runtime, show, training
from math import prod
import copy

import ipywidgets
import torch
from torch import nn
from torch.nn import functional as F

device = runtime.start()

# %% [markdown]
# ## The knobs

# %%
SEED = 0
images = data.strokes()  # or data.mnist(), data.fashion_mnist()
steps = runtime.budget(tiny=10, ci=100, lesson=5_000, full=40_000)
reader_steps = runtime.budget(tiny=20, ci=200, lesson=1_500, full=5_000)
batch_size = 64
latent_dim = 64  # length of the noise z
lr = 1e-3  # of both players; falls to 0 in the second half
decay = 0.998  # of the generator's average

# %% [markdown]
# ## Digits whose truth is known
# `strokes` was drawn by a script of this course, so each picture comes with
# the numbers it was drawn from: how far it leans, how thick the pen was,
# how large it is. Real data never tell you that.

# %%
held_out = images.x[-2000:]  # never shown to the GAN
train = images.x[:-2000]
show.images(
    train[:60],
    title=f"{images.name}: {len(images):,} digits of 28 × 28",
    sentence="Sixty of the training images: white digits on black.",
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
# Write the two conversions. All 256 values must survive the round trip.
# Nothing is asked of values beyond ±1.
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
# Lightning's basic GAN example and ARENA's GAN exercises scale MNIST by its
# mean and standard deviation instead. **Decide before you run:** what is the
# brightest pixel then, and can a tanh reach it?

# %%
brightest = (1 - 0.1307) / 0.3081
print(f"brightest real pixel {brightest:.2f}, brightest fake pixel 1")
assert round(brightest, 2) == 2.82

# %% [markdown]
# ## ✏️ Exercise 2 · The two networks
# *10 minutes · ●●○*
#
# Write $G$: noise (B, `latent_dim`) to images (B, 1, 28, 28) in $(-1, 1)$,
# and $D$: images to logits (B,). Any widths you like. $G$ needs two linear
# layers at least, with something that bends between them.
#
# {{hints pixels.networks}}

# %% tags=["exercise"]
def my_generator(latent_dim):
    # BEGIN SOLUTION
    return nn.Sequential(
        nn.Linear(latent_dim, 256),
        nn.LeakyReLU(0.2),
        nn.Linear(256, 784),
        nn.Tanh(),
        nn.Unflatten(1, (1, 28, 28)),
    )
    # END SOLUTION


def my_discriminator():
    # BEGIN SOLUTION
    return nn.Sequential(
        nn.Flatten(1),
        nn.Linear(784, 256),
        nn.LeakyReLU(0.2),
        nn.Linear(256, 1),
        nn.Flatten(0),
    )
    # END SOLUTION


checks.pixels.networks(my_generator, my_discriminator)

# %% [markdown]
# These are the two that we train. `LeakyReLU` keeps a small slope below
# zero, so that no unit of $D$ goes silent and stops teaching $G$. `Dropout`
# hides 30 % of $D$'s units, others at each look, so that no single speck
# decides.

# %% tags=["mirrors:models"]
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

# %% tags=["mirrors:models"]
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

# %%
G = image_generator(latent_dim=latent_dim)
D = image_discriminator()
fake = G(torch.randn(5, latent_dim))
assert fake.shape == (5, 1, 28, 28)
assert D(fake).shape == (5,)
print(f"{sum(p.numel() for p in G.parameters()):,} weights in G")

# %% [markdown]
# ## A reader that knows the truth
# To count what $G$ makes, train a small network to *read* a digit: its
# class, and the factors it was drawn from. It learns from real images only;
# 2,000 are held back to see how well it reads.

# %%
names = [n for n in ("slant", "thickness", "size") if n in images.factors]


def known_factors(images):
    columns = [images.factors[name] for name in names if images.factors]
    return torch.stack(columns, 1) if columns else torch.empty(len(images), 0)

# %%
def make_reader(images):
    x, y = data.to_model_range(images.x), images.y
    truth = known_factors(images)  # (N, 3), or (N, 0) for real sets
    center = truth.mean(0)
    spread = (truth - center).square().mean(0).sqrt()
    net = nn.Sequential(
        nn.Flatten(1),  # (B, 784)
        nn.Linear(784, 256),
        nn.ReLU(),
        nn.Linear(256, 10 + truth.shape[1]),  # classes, then factors
    )
    opt = torch.optim.Adam(net.parameters(), lr=1e-3)
    numbers = torch.arange(len(x) - 2000)
    picks = data.batches(numbers, 128, rng=runtime.generator(SEED))
    for _, pick in zip(range(reader_steps), picks):
        out = net(x[pick])
        off = out[:, 10:] - (truth[pick] - center) / spread
        loss = F.cross_entropy(out[:, :10], y[pick])
        loss = loss + off.square().mean(0).sum()
        opt.zero_grad()
        loss.backward()
        opt.step()

    def read(x):
        out = net(x.cpu()).detach()
        factors = out[:, 10:] * spread + center
        return {"class": out[:, :10].argmax(1), **dict(zip(names, factors.T))}

    return read

# %%
runtime.seed_everything(SEED)
read = make_reader(images)
seen = read(data.to_model_range(held_out))
right = (seen["class"] == images.y[-2000:]).float().mean()
print(f"{right:.1%} of held-out digits read correctly")
for name in names:
    known = images.factors[name][-2000:]
    agree = torch.corrcoef(torch.stack([seen[name], known]))[0, 1]
    print(f"{name}: correlation of read and known {agree:.2f}")
    assert reader_steps < 1_500 or agree > 0.8
assert reader_steps < 1_500 or right > 0.95

# %% [markdown]
# A reader that is right this often on images it never saw can be trusted
# with a *histogram*, and not with every single image. It is less sure of
# the slant: a digit that leans and one that was turned look alike.

# %% [markdown]
# ## Train
# `training.train` is the loop of lesson 04, line by line. One addition saves
# work: in $G$'s step no gradients are computed for $D$'s own weights, which
# would be thrown away. `averaged` and `scheduled` wrap a run: after each of
# its steps the one moves the average, the other the learning rates.
# **Predict:** will the
# first thing that looks right be the stroke, the class or the slant?

# %%
def play(images, steps, read):
    runtime.seed_everything(SEED)
    x = data.to_model_range(images.x[:-2000]).to(device)
    G = image_generator(latent_dim=latent_dim).to(device)
    D = image_discriminator().to(device)
    average = copy.deepcopy(G)
    adam = {"lr": lr, "betas": (0.5, 0.99), "fused": True}
    opt_g = torch.optim.Adam(G.parameters(), **adam)
    opt_d = torch.optim.Adam(D.parameters(), **adam)
    players = (G, D, opt_g, opt_d)

    def classes(fake):  # how many classes have 3 % or more
        counts = read(fake)["class"].bincount(minlength=10)
        return (counts >= 0.03 * len(fake)).sum()

    live = cockpit.Cockpit(
        *players,
        real=x,
        latent_dim=latent_dim,
        average=average,
        metric=("classes of 10", classes),
    )
    batches = data.batches(x, batch_size, rng=runtime.generator(SEED))
    schedulers = [training.falling_lr(opt, steps) for opt in (opt_g, opt_d)]
    run = training.train(
        *players, batches, steps=steps, latent_dim=latent_dim
    )
    run = training.averaged(run, average, decay=decay)
    live.follow(training.scheduled(run, *schedulers))
    return average, live

# %%
average, live = play(images, steps, read)

# %%
live.film.strip()

# %% [markdown]
# The strokes come first, then the shapes settle; once a picture's class is
# decided, it seldom changes. `live.film.scrub()` shows every step between.

# %% [markdown]
# ## What did it learn?
# Ask the averaged generator for 2,000 digits and read them. **Decide
# first:** which factor will it get wrong, and which class will it forget?

# %%
z = torch.randn(2000, latent_dim, generator=runtime.generator(1))
with torch.no_grad():
    made = average.eval()(z.to(device)).cpu()
show.images(
    made[:60],
    title="Nobody wrote these",
    sentence=f"Sixty samples of the averaged generator after {steps:,} "
    "steps, not chosen.",
)

# %%
real_read, fake_read = read(data.to_model_range(held_out)), read(made)
show.histograms(
    real_read,
    fake_read,
    columns=4,
    sentence="Class and factors as the reader reads them, on held-out real "
    "digits and on generated ones.",
)

# %%
shares = fake_read["class"].bincount(minlength=10) / len(made)
rarest = shares.argmin().item()
print(f"rarest class: {rarest}, with {shares[rarest]:.1%} of the samples")
if steps >= 5_000:
    assert shares.min() >= 0.03

# %% [markdown]
# A flat class histogram is what the data have: 10 % each. Where the orange
# outline is narrower than the blue one, $G$ makes too little variety, and
# no loss curve told you.

# %% [markdown]
# ## Where noise lives
# A point $z \sim \mathcal N(0, I)$ in 64 dimensions is almost never near the
# origin: its length is $\sqrt{64} = 8$, give or take 0.7. The straight line
# between two such points passes through lengths that $G$ has never seen.
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
# The reference, used from here on:

# %%
def slerp(a, b, t):
    angle = torch.acos((a * b).sum() / (a.norm() * b.norm()))
    walk = ((1 - t) * angle).sin() * a + (t * angle).sin() * b
    return walk / angle.sin()


def generate(z):
    with torch.no_grad():
        return average(z.to(device)).cpu()

# %%
a, b = z[0], z[1]
times = torch.linspace(0, 1, 11)
straight = torch.stack([(1 - t) * a + t * b for t in times])
turning = torch.stack([slerp(a, b, t) for t in times])
middle = straight[5].norm(), turning[5].norm()
assert middle[0] < 0.85 * min(a.norm(), b.norm()) < middle[1]
show.rows_of_images(
    {"lerp": generate(straight), "slerp": generate(turning)},
    sentence=f"The same two ends. Half way, lerp has length {middle[0]:.1f} "
    f"and slerp {middle[1]:.1f}; noise has about 8.",
)

# %% [markdown]
# ## ✏️ Exercise 4 · Is it memory?
# *10 minutes · ●●○*
#
# A generator that copies its training set would look perfect. Write
# `nearest(fake, train)`: for each sample the Euclidean distance over all
# pixels to the closest training image, and that image's number. Both are
# floats of one shape.
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
# come much closer than they do.

# %%
def nearest(fake, train):
    return torch.cdist(fake.flatten(1), train.flatten(1)).min(dim=1)


known = data.to_model_range(train)
distance, index = nearest(made[:500], known)
honest, _ = nearest(data.to_model_range(held_out[:500]), known)
ratio = distance.median() / honest.median()
print(f"generated / held-out, median distance: {ratio:.2f}")
if steps >= 5_000:
    assert ratio > 0.5  # a copy would be near 0

# %%
show.rows_of_images(
    {"generated": made[:12], "nearest real": known[index[:12]]},
    sentence="Twelve generated digits, each above the training image that "
    f"is closest to it. Median distance {ratio:.2f} times that of held-out "
    "real digits.",
)

# %% [markdown]
# ## Walk through the latent space
# Move the slider: above, the walk from one random digit to another and on;
# below, the closest training image. The upper row should change smoothly
# while the lower one jumps.

# %%
def look(t=0.0):
    stop = int(min(t, 3.999))
    here = slerp(z[stop], z[stop + 1], torch.tensor(t - stop))
    digit = generate(here[None])
    _, index = nearest(digit, known)
    return show.rows_of_images(
        {"generated": digit, "nearest real": known[index]},
        sentence=f"Position {t:.2f} of the walk through five random points.",
    )

# %%
slider = ipywidgets.FloatSlider(min=0, max=4, step=0.1, description="walk")
show.explore(look, t=slider)

# %% [markdown]
# ## One word: real digits
# Everything above works on any set of 28 × 28 images. This cell asks for
# MNIST; without a network and without the files it says so, and you lose
# nothing.

# %%
try:
    digits = data.mnist()
except errors.LessonError as error:
    digits = None
    print(error)

# %%
if digits:
    read_mnist = make_reader(digits)
    average, live = play(digits, steps, read_mnist)

# %%
if digits:
    made = generate(z)
    shares = read_mnist(made)["class"].bincount(minlength=10) / len(made)
    assert steps < 5_000 or shares.min() >= 0.03
    picture = show.images(
        made[:60],
        title=f"Rarest class {shares.min():.1%}",
        sentence="Sixty samples, not chosen, of an MLP GAN trained on MNIST.",
    )
picture if digits else None

# %% [markdown]
# ## Quiz
# 1. $D$'s loss falls to almost 0 in the first hundred steps, and samples
#    look like gray noise. Which bug of this lesson do you check first?
#    <details><summary>Answer</summary>The ranges. If real pixels reach 2.82
#    or stop at 0, <i>D</i> wins without looking at a digit.</details>
# 2. Why `Flatten(0)` at $D$'s end and not `squeeze()`?
#    <details><summary>Answer</summary><code>squeeze()</code> also removes
#    the batch axis when a single image comes along.</details>
# 3. Generated digits are as far from the training set as held-out ones. Is
#    memorization ruled out?
#    <details><summary>Answer</summary>For copies in pixels, on average. Not
#    for a few copies among many samples, nor for copies moved by a
#    pixel.</details>
# 4. Half way along a lerp, the point has length 5. Why does that matter,
#    even where the pictures still look fine?
#    <details><summary>Answer</summary>Noise has length 8, give or take 0.7:
#    <i>G</i> was never trained there. What it makes there is luck.</details>
# 5. Every class has 10 % and every sample is sharp. Is the generator done?
#    <details><summary>Answer</summary>Look inside the classes: all sevens
#    may lean the same way. That is what the factors are for.</details>

# %% [markdown]
# ## Ledger
# | what we changed | what happened |
# |---|---|
# | 2 coordinates → 784 pixels, same loop | digits, no other change needed |
# | pixels scaled to [-1, 1] | $D$ has to look at shapes |
# | strokes → MNIST, one word | works; see which class suffers |
# | lerp → slerp | the walk keeps the length of noise |
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
# Next come convolutions. Until then: `images = data.fashion_mnist()`.
