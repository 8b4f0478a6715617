# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 08 · Paint in color
#
# A gray GAN has shapes to learn. A color GAN also has to learn which red is
# red, and that nobody paints a red poppy on red clay.
#
# **What you'll do.** Train the players of lesson 07 on painted flowers, and
# find out whether the colors are right, and right *together*. Then let them
# paint from a folder of pictures, such as yours.
#
# **What you'll learn**
# - *size* a generator and its discriminator for any resolution, gray or
#   color, by reading a shape trace;
# - *compare* colors, real and generated, in numbers the eye agrees with;
# - *choose* memory layout and precision by measuring, on your machine.
#
# **What you'll need.** Lesson 07. About 80 minutes of your time;
# {{minutes}} minutes of computing on 2 CPU cores (on a quiet machine; the bars
# below tell what yours took). Works offline.

# %%
from gan_lessons import checkpoint, checks, cockpit, data
from gan_lessons import detectors, models, runtime, show
from gan_lessons import speed, training
from pathlib import Path
import copy
import io
import tempfile
import time

from PIL import Image
import ipywidgets
import torch
from torch import nn

device = runtime.start()

# %% [markdown]
# ## The knobs

# %% tags=["parameters"]
SEED = 0
size = 32  # pixels
batch_size = 32
latent_dim = 64
width = 32  # channels of the largest hidden map
lr = 1e-3  # of G; falls to 0 in the second half
lr_d = 2.5e-4  # of D, likewise
decay = 0.998  # of the generator's average, once it is warm
pictures = ""  # a folder of yours; if empty, one is made
keep_in = ""  # a folder for the last sheet; if empty, a temporary one

# %% [markdown]
# What follows from them, and from the time that a run may take:

# %%
images = data.petals(size=size)
steps = runtime.budget(tiny=3, ci=60, lesson=4_000, full=30_000)
mine_steps = runtime.budget(tiny=3, ci=20, lesson=1_000, full=30_000)
large_steps = runtime.budget(tiny=0, ci=3, lesson=0, full=30_000)  # of 64
timed_steps = runtime.budget(tiny=2, ci=3, lesson=10, full=50)

# %% [markdown]
# ## Flowers whose truth is known
# `petals` was painted by a script of this course: 8 flowers, 8 palettes of
# petals, 6 grounds. Like `strokes`, every picture comes with the numbers it
# was painted from. One rule is built in: a palette is never put on a ground
# where it would not stand out.

# %%
held = min(1000, len(images) // 8)  # pictures the GAN never sees
train, held_out = images.x[:-held], images.x[-held:]
show.sheet(
    train[:40],
    sentence=f"Forty of the {len(train):,} training pictures of {size} × "
    f"{size}; {held:,} more are held back.",
)

# %% [markdown] predict={"picture": "doublings", "words": ["4 → 8"]}
# ## How often must you double?
# Every layer of $G$ doubles the side of its maps, every layer of $D$ halves
# it. So the side $s$ has to be
#
# $$s = s_0 \cdot 2^k$$
#
# with a small first map of $s_0$ pixels and $k$ doublings. **Decide before
# you run:** where do 28, 32 and 64 begin, and how often do they double?

# %% picture="doublings"
for side in (28, 32, 48, 64):
    maps = models.map_sizes(side)
    print(" → ".join(map(str, maps)), f"  ({len(maps) - 1} doublings)")

# %% [markdown]
# 28 begins at 7 and can never become 64. One call prints what each layer
# makes of its input: the *shape trace*. Read it before you train; it is the
# cheapest test there is.

# %%
three = models.dcgan_generator(size=size, channels=3, width=width)
print(models.shape_trace(three, torch.randn(1, latent_dim)))
gray = models.dcgan_generator(size=size, channels=1, width=width)
count = [sum(p.numel() for p in net.parameters()) for net in (gray, three)]
print(f"\ncolor costs {count[1] / count[0] - 1:.1%} more weights than gray")

# %% [markdown]
# Two things to read off. The side doubles while the channels halve, so each
# hidden map holds half as many numbers as the next. And color costs next to
# nothing: only the last layer knows that there are three channels.
#
# ## ✏️ Exercise 1 · Players for 64
# *15 minutes · ●●○*
#
# Write $G$ and $D$ for 64 × 64 layer by layer, without `models`, in as many
# channels as asked for: 3 for color, 1 for gray. `my_generator` reads noise
# (B, `latent_dim`) and ends in a tanh, `my_discriminator` answers with logits
# (B,). Few channels in the hidden maps will do. Maps double or halve step by
# step, and $D$ looks at every pixel. At the end of this lesson yours are
# timed, and trained if you have the minutes.
#
# {{hints color.networks}}

# %% tags=["exercise"]
def my_generator(latent_dim, channels):
    # BEGIN SOLUTION
    layers = [nn.Linear(latent_dim, 64 * 4 * 4), nn.Unflatten(1, (64, 4, 4))]
    for c in (64, 32, 16):  # 8, 16, 32
        double = nn.ConvTranspose2d(c, c // 2, 4, stride=2, padding=1)
        layers += [double, nn.BatchNorm2d(c // 2), nn.ReLU()]
    last = nn.ConvTranspose2d(8, channels, 4, stride=2, padding=1)
    return nn.Sequential(*layers, last, nn.Tanh())
    # END SOLUTION


def my_discriminator(channels):
    # BEGIN SOLUTION
    layers, c = [], channels
    for wider in (8, 16, 32, 64):  # 32, 16, 8, 4
        halve = nn.Conv2d(c, wider, 4, stride=2, padding=1)
        layers, c = [*layers, halve, nn.LeakyReLU(0.2)], wider
    end = [nn.Flatten(1), nn.Linear(64 * 4 * 4, 1), nn.Flatten(0)]
    return nn.Sequential(*layers, *end)
    # END SOLUTION


checks.color.networks(my_generator, my_discriminator)

# %% [markdown]
# From here on the library's, whose bodies you read in lesson 07. Everything
# they need to know is in the pictures: side and channels.

# %%
def players(x, width):  # x (N, channels, side, side)
    shape = {"size": x.shape[2], "channels": x.shape[1], "width": width}
    G = models.dcgan_generator(latent_dim=latent_dim, **shape)
    D = models.dcgan_discriminator(**shape)
    for net in (G, D):
        net.apply(models.dcgan_init).to(device)
    return G, D


for x in (train, data.petals(size=64).x, data.strokes().x):
    G, D = players(x, width)
    fake = G(torch.randn(2, latent_dim, device=device))
    assert fake.shape[1:] == x.shape[1:]
    assert D(fake).shape == (2,)

# %% [markdown]
# ## Order in memory, and precision
# A picture has the shape (channels, height, width). How its numbers lie in
# *memory* is another matter: one channel after the other, or all channels
# of a pixel side by side (`channels_last`). A convolution needs all
# channels of a pixel at once. The second choice is *precision*: bfloat16
# keeps the range of float32, and of the 24 bits that make a number exact, 8.

# %%
x = data.to_model_range(train[:4])
last = x.to(memory_format=torch.channels_last)
for name, way in (("as usual", x), ("channels last", last)):
    print(f"{name}: next pixel {way.stride(3)} further in memory,"
          f" next channel {way.stride(1)}")
assert torch.equal(x, last)  # the same numbers, the same shape
small = torch.tensor([2.0**-7, 2.0**-8])
assert (1 + small.bfloat16() == 1).tolist() == [False, True]

# %% [markdown]
# A step of $2^{-8}$ is lost beside 1: that is why weights stay in float32,
# and only *products* are made in bfloat16.
#
# ## ✏️ Exercise 2 · Same numbers, other speed
# *10 minutes · ●●○*
#
# Write `my_fast_logits(D, images)`: $D$'s logits in float32, with $D$'s
# weights and the images channels last, and products in bfloat16 by
# `torch.autocast(…, dtype=torch.bfloat16)`. It must still be possible to
# train $D$ by them.
#
# {{hints color.fast_logits}}

# %% tags=["exercise"]
def my_fast_logits(D, images):
    # BEGIN SOLUTION
    D.to(memory_format=torch.channels_last)
    images = images.to(memory_format=torch.channels_last)
    with torch.autocast(images.device.type, dtype=torch.bfloat16):
        logits = D(images)
    return logits.float()
    # END SOLUTION


checks.color.fast_logits(my_fast_logits)

# %% [markdown] predict={"picture": "fastest", "words": ["as long"]}
# Is it faster? No rule holds everywhere. bfloat16 pays on processors that
# have instructions for it, and costs many times over on those that have
# none. So measure: `speed.probe` copies the players and takes real
# training steps each way, in turn, so that a busy moment of the machine
# hits all ways alike. It compares the shortest step of each, prefers the
# plainer way unless another is a tenth faster, and keeps the answer for the
# next time; `again=True` asks anew, if the machine was busy. **Predict**
# before you run: which of three ways (float32, the same channels last,
# bfloat16 channels last) wins here, and by how much?

# %% picture="fastest"
G, D = players(train, width)
real = data.to_model_range(train[:batch_size]).to(device)
way = speed.probe(G, D, real, latent_dim=latent_dim)
print(f"chosen: {way.sentence}")

# %% [markdown] predict={"picture": "moments", "words": ["disc", "come last"]}
# ## Train
# The loop and the players of lesson 07. What differs: color, 32 pixels, more
# steps, 64 numbers of noise (fewer did not help here), a quarter of that
# lesson's rate for $G$ and an eighth for $D$, and the average. An average that
# remembers 500 steps shows mush for as long, so it starts with a short memory:
# after $n$ steps it remembers about $n/9$ of them; its decay is at most
# `decay` (from step 4,490 on). `way.fit` puts weights and pictures in the
# order that won, `way.fast` wraps a net in the precision that won.
# (`one_launch` is for GPUs: there the probe also tries to record the step's
# two hundred kernels and to replay them as one.) **Decide first:** what will
# be right first, the ground, the color of the petals, or their shape?

# %%
def warmed(run):  # an average that forgets its first steps sooner
    for moment in run:
        yield moment
        run.decay = min(decay, (1 + moment.step) / (10 + moment.step))


def play(x, steps, make=players):  # x uint8 (N, channels, side, side)
    runtime.seed_everything(SEED)
    x = data.to_model_range(x).to(device)
    G, D = make(x, width)
    way = speed.probe(G, D, x[:batch_size], latent_dim=latent_dim)
    G, D, x = way.fit(G), way.fit(D), way.fit(x)
    average = copy.deepcopy(G)
    adam = {"betas": (0.5, 0.99), "fused": True}
    opt_g = torch.optim.Adam(G.parameters(), lr, **adam)
    opt_d = torch.optim.Adam(D.parameters(), lr_d, **adam)
    look = {"real": x, "latent_dim": latent_dim, "average": average}
    live = cockpit.Cockpit(G, D, opt_g, opt_d, **look)
    batches = data.batches(x, batch_size, rng=runtime.generator(SEED))
    falling = [training.falling_lr(opt, steps) for opt in (opt_g, opt_d)]
    four = way.fast(G), way.fast(D), opt_g, opt_d
    more = {"latent_dim": latent_dim, "one_launch": way.one_launch}
    run = training.train(*four, batches, steps=steps, **more)
    run = warmed(training.averaged(run, average, decay=0.0))
    live.follow(training.scheduled(run, *falling))
    return average.eval(), live

# %%
average, live = play(train, steps)

# %% picture="moments"
def frame_at(step):  # the film keeps about a hundred moments
    return min(live.film.frames, key=lambda frame: abs(frame.step - step))


moments = [frame_at(steps * part) for part in (0.05, 0.1, 0.15, 0.3, 1)]
shown = torch.cat([frame.samples[:10] for frame in moments])
after = ", ".join(f"{frame.step:,}" for frame in moments)
show.sheet(shown, sentence=f"The same noise after {after} steps.")

# %% [markdown]
# First a disc and a tint, then the color of the petals and of the ground;
# outlines, leaves and stamens come last and take most of the steps.
#
# And the curves? Read them as in lesson 05: their ends, and whether $D$ wins.
# If it does, does it know its pictures by heart? Ask it about others.

# %%
numbers = {
    name: live.history.column(name)
    for name in ("loss_d", "loss_g", "real_logit", "fake_logit")
}
for when, at in (("half way", steps // 2), ("at the end", steps)):
    ends = {n: x[max(0, at - 100) : at].mean() for n, x in numbers.items()}
    print(when, ", ".join(f"{n} {x:.2f}" for n, x in ends.items()))
won = detectors.d_wins(numbers["real_logit"], numbers["fake_logit"])
print("lesson 05's alarm, D wins:", won or "silent")
judges = copy.deepcopy(live.D).eval()
with torch.no_grad():
    for name, x in (("trained with", train[:1000]), ("held out", held_out)):
        x = data.to_model_range(x).to(device)
        print(f"mean logit of pictures {name}: {judges(x).mean():.2f}")

# %%
# what we claim
checks.claim("D never wins for a hundred steps", won is None)

# %% [markdown]
# $D$ pulls ahead all the way, and the alarm stays silent. In an earlier run of
# 4,000 steps, with one rate for both players, it ran away: loss 0.05, logits
# beyond ±4. Memory is not what helps it, or not much: pictures that it never
# saw get nearly the same logit (both in eval mode, so lower than in the
# curves). It is the better player, and a slower $D$ seems to help (one seed,
# 1,500 steps, *In practice*).
#
# Now 2,000 samples from noise that the film did not show.

# %%
def generate(z, G=average):
    with torch.no_grad():
        parts = [G(part.to(device)).float().cpu() for part in z.split(500)]
    return torch.cat(parts)


z = torch.randn(2000, latent_dim, generator=runtime.generator(1))
made = generate(z)
show.sheet(
    made[:60],
    sentence="Nobody painted these: sixty samples of the averaged generator "
    f"after {steps:,} steps, not chosen.",
)

# %% [markdown]
# Judge them coldly. Look for a sunflower; now look for a rose. Which ground
# is flat where the painter's had clouds or spots? An impression is where a
# question starts; the rest of the lesson turns it into numbers.
#
# ## Color as the eye orders it
# Red, green and blue say how bright three lamps are. The eye asks other
# questions: how light, how colorful, which hue? OKLab answers them in three
# steps: pixels to light $\ell$, light to what the cones see, and
# differences of their cube roots:
#
# $$(L, a, b)^\top = M_2\,\sqrt[3]{M_1\,\ell}, \qquad
# \text{chroma} = \sqrt{a^2 + b^2}, \quad
# \text{hue} = \operatorname{atan2}(b, a)$$

# %% tags=["mirrors:data"]
CONES = torch.tensor(
    [[0.4122, 0.5363, 0.0515], [0.2119, 0.6807, 0.1074],
     [0.0883, 0.2817, 0.6300]]
)
OPPONENTS = torch.tensor(
    [[0.2105, 0.7936, -0.0041], [1.9780, -2.4286, 0.4506],
     [0.0259, 0.7828, -0.8087]]
)


def _mixed(matrix, x):  # every pixel's three numbers, times a matrix
    return torch.einsum("ij,njhw->nihw", matrix.to(x), x)


def to_oklab(images):
    pixels = (images.float() + 1) / 2  # sRGB, 0 … 1
    bright = ((pixels + 0.055) / 1.055) ** 2.4
    light = torch.where(pixels > 0.04, bright, pixels / 12.92)
    cones = _mixed(CONES, light).relu()
    return _mixed(OPPONENTS, cones ** (1 / 3))  # L, a, b

# %%
lab = {"real": to_oklab(data.to_model_range(held_out)), "fake": to_oklab(made)}
colors = {name: data.hue_and_chroma(x) for name, x in lab.items()}
for name, (_, chroma) in colors.items():
    light = lab[name][:, 0].mean()
    print(f"{name}: mean chroma {chroma.mean():.3f}, mean L {light:.3f}")
flat = {name: [x.flatten() for x in both] for name, both in colors.items()}
bins = {"bins": 48, "range": (0, 360)}
found = [torch.histogram(h, weight=c, **bins).hist for h, c in flat.values()]
common = torch.minimum(*(hist / hist.sum() for hist in found)).sum()
show.hues(
    *flat.values(),
    title=f"The two histograms overlap by {common:.0%}",
    sentence="Share of all color by hue, each pixel weighted by its chroma.",
)

# %% [markdown]
# Where the orange outline stands above the blue area, $G$ uses more of that
# hue than the painter; where it is below, less. Compare the valleys too:
# between two palettes the painter has next to nothing, and $G$ has some, as
# if it mixed the two. The overlap counts colors, not flowers: it would be
# the same if every flower had another's color. The two printed lines say
# whether $G$ is too gray or too dark on the whole. This is one run: a
# difference of a few percent says nothing about the method.
#
# ## ✏️ Exercise 3 · The mean of a hue
# *10 minutes · ●●○*
#
# What is the mean hue of a picture whose pixels have 350° and 10°? Write
# `my_mean_hue(hue, chroma)` for (N,) hues in degrees, each counted as
# strongly as its pixel is colorful; the answer lies in 0 … 360.
#
# {{hints color.mean_hue}}

# %% tags=["exercise"]
def my_mean_hue(hue, chroma):
    # BEGIN SOLUTION
    angle = hue.deg2rad()
    y = (chroma * angle.sin()).sum()
    x = (chroma * angle.cos()).sum()
    return torch.atan2(y, x).rad2deg() % 360
    # END SOLUTION


checks.color.mean_hue(my_mean_hue)

# %% [markdown]
# A use for it: sixty samples in the order of their hues. Yours sorts them,
# once it is ✓; else the course's, folded:

# %% tags=["folded"]
def mean_hue(hue, chroma):
    angle = hue.deg2rad()
    y = (chroma * angle.sin()).sum()
    x = (chroma * angle.cos()).sum()
    return torch.atan2(y, x).rad2deg() % 360

# %%
hue_of = checks.color.mean_hue.yours(mean_hue)
hue, chroma = (part[:60].flatten(1) for part in colors["fake"])
order = torch.tensor([float(hue_of(*pixels)) for pixels in zip(hue, chroma)])
show.sheet(made[:60][order.argsort()], sentence="The sixty samples of before, "
    "from hue 0° to hue 360°: each by the mean of all its colors.")

# %% [markdown]
# ## Which colors meet
# Right amounts of every color are not enough. Read each picture at two
# places: the *ring* half way out holds petals, the four *corners* hold
# ground. Their colors, compared with the mean of each palette and ground,
# name both. How often is such a plain reader right?

# %%
at = torch.arange(size) - (size - 1) / 2
far = torch.hypot(at[:, None], at) / size
ring = (far > 0.17) & (far < 0.27)


def two_places(images):  # (N, 3, H, W) in [-1, 1] to (N, 3) and (N, 12)
    lab = to_oklab(images)
    corners = lab[:, :, [0, 0, -1, -1], [0, -1, 0, -1]]
    return lab[:, :, ring].median(2).values, corners.flatten(1)

# %%
def means(x, kind):  # the mean of each kind of sample
    kinds = range(int(kind.max()) + 1)
    return torch.stack([x[kind == k].mean(0) for k in kinds])


names = ("palette", "background")
truth = torch.stack([images.factors[n].long() for n in names], 1)
places = two_places(data.to_model_range(train[:2000]))
known = [means(x, k) for x, k in zip(places, truth[:2000].T)]


def read(images):  # palette and ground of each, (N, 2)
    places = zip(two_places(images), known)
    return torch.stack([torch.cdist(x, k).argmin(1) for x, k in places], 1)


seen = read(data.to_model_range(held_out))
right = (seen == truth[-held:]).all(1).float().mean()
print(f"palette and ground both right in {right:.1%} of held-out pictures")
checks.claim("the reader names both in 97 %", right > 0.97)

# %% [markdown]
# ## ✏️ Exercise 4 · Pairs that never occur
# *10 minutes · ●●○*
#
# Write `my_never_seen(fake, real)` for pairs (N, 2) of whole numbers: the
# share of the fake samples whose *pair* occurs nowhere among the real ones.
#
# {{hints color.never_seen}}

# %% tags=["exercise"]
def my_never_seen(fake, real):
    # BEGIN SOLUTION
    fake, real = (100 * pairs[:, 0] + pairs[:, 1] for pairs in (fake, real))
    return (~torch.isin(fake, real)).float().mean()
    # END SOLUTION


checks.color.never_seen(my_never_seen)

# %% [markdown] predict={"picture": "broken", "words": ["below the", "habit"]}
# A share needs a floor and a ceiling: the same reader on held-out pictures,
# and the generated palettes with the generated grounds *shuffled*, which
# keeps both histograms and forgets what goes with what. **Decide first:**
# where between the two will $G$ be? (Yours counts; else the course's, folded.)

# %% tags=["folded"]
def never_seen(fake, real):
    fake, real = (100 * pairs[:, 0] + pairs[:, 1] for pairs in (fake, real))
    return (~torch.isin(fake, real)).float().mean()

# %%
share_never_seen = checks.color.never_seen.yours(never_seen)

# %% picture="broken"
pairs = read(made)
order = torch.randperm(len(pairs), generator=runtime.generator(SEED))
shuffled = torch.stack([pairs[:, 0], pairs[order, 1]], 1)
rule = truth[:-held]  # what the painter may do
broken = [float(share_never_seen(p, rule)) for p in (seen, pairs, shuffled)]
for name, share in zip(("held out", "generated", "shuffled"), broken):
    print(f"{name}: {share:.1%} break the rule")

# %%
# what we claim
checks.claim("of the held-out pictures hardly one breaks the rule",
    broken[0] < 0.02)
checks.claim("G breaks the rule more often than the painter, and less often "
    "than chance", broken[0] < broken[1] < broken[2])

# %%
palettes = ["snow", "lemon", "apricot", "scarlet"]
palettes += ["blush", "magenta", "violet", "azure"]
grounds = ["paper", "sky", "meadow", "dusk", "night", "clay"]


def shares(pairs):  # (8, 6), of sum 1
    counts = (6 * pairs[:, 0] + pairs[:, 1]).bincount(minlength=48)
    return counts.reshape(8, 6) / len(pairs)


show.pairs(
    {"painted, %": shares(rule), "generated, %": shares(pairs)},
    rows=palettes, columns=grounds,
    never=shares(rule) == 0,
    sentence=f"Palettes by grounds. Framed pairs are never painted; G puts "
    f"{broken[1]:.1%} of its samples there, shuffling would put "
    f"{broken[2]:.1%}.",
)

# %% [markdown]
# Compare columns first: does $G$ favor a ground? Add them up. Hardly: in two
# runs that we added up no ground was off by more than about 2 points, nor a
# palette (a row) by more than 3; clay was up in one and down in the other.
# Then the frames: below the shuffled share, so $G$ knows something of which
# colors go together, and above the floor, so to $G$ it is a habit and no law.
# With a grain of salt: the reader was tested on real pictures, and must name
# some palette even where $G$ mixed two.

# %% [markdown] tags=["instructor"]
# > **For instructors.** One run says little, a room says much. Give every
# > learner another `SEED` and collect the share that breaks the rule: the
# > spread of these numbers is the interval that one laptop cannot afford.

# %% [markdown]
# ## The palette of one picture
# Painters reduce a scene to a few paints. So can you: start with pixels
# spread over light and dark, give each pixel to its nearest color, move
# each color to the mean of its pixels, and repeat (*k-means*). Move the
# sliders. How many paints does a flower need?

# %%
def palette(image, count):  # (3, H, W) to colors, shares and the picture
    pixels = image.flatten(1).T  # (H·W, 3)
    lab = to_oklab(image[None])[0].flatten(1).T
    spread = torch.linspace(0, len(lab) - 1, count).long()
    centers = lab[lab[:, 0].argsort()[spread]]
    for _ in range(10):
        owner = torch.cdist(lab, centers).argmin(1)
        belongs = nn.functional.one_hot(owner, count).float()
        total = belongs.sum(0)[:, None]
        centers = torch.where(total > 0, belongs.T @ lab / total, centers)
    colors = belongs.T @ pixels / total.clamp(min=1)
    painted = colors[owner].T.reshape(image.shape)
    return colors, belongs.mean(0), painted

# %%
real_few, fake_few = data.to_model_range(held_out[:60]), made[:60]


def look(flower=0, paints=4):
    rows, swatches = {}, {}
    for name, x in (("real", real_few), ("fake", fake_few)):
        colors, share, painted = palette(x[flower], paints)
        rows[name] = torch.stack([x[flower], painted])
        swatches[name] = colors, share
    return show.palettes(
        rows, swatches, sentence=f"Picture {flower} and the same in {paints}"
        " paints, real above generated."
    )


# %%
slider = ipywidgets.IntSlider(min=0, max=59, description="flower")
show.explore(look, flower=slider, paints=(2, 8))

# %% [markdown] predict={"picture": "walk", "words": ["little by", "gives"]}
# There is no right number. Four paints leave the first real flower a heart,
# its petals and a sky in two tones; watch what a fifth is spent on.
#
# ## A walk, as film strip and as film
# Turn from one noise to the next, as in lesson 06. **Predict:** which changes
# more evenly along the way, the color of the petals or that of the ground?

# %%
def slerp(a, b, t):
    angle = torch.acos((a * b).sum() / (a.norm() * b.norm()))
    walk = ((1 - t) * angle).sin() * a + (t * angle).sin() * b
    return walk / angle.sin()


def walk(stops, t):  # t in 0 … len(stops), back to the start at the end
    i, n = int(t), len(stops)
    return slerp(stops[i % n], stops[(i + 1) % n], torch.tensor(t - i))


# %% picture="walk"
rows = []
for k in range(3):
    ways = [walk(z[2 * k : 2 * k + 2], i / 11) for i in range(12)]
    rows.append(generate(torch.stack(ways)))
show.sheet(torch.cat(rows), columns=12, sentence="Three walks in twelve "
    "steps, each from a random flower on the left to another on the right.")

# %%
def largest_share(path):  # (steps, walks, colors): the largest step in the sum
    gone = path.diff(dim=0).norm(dim=2)  # (steps - 1, walks)
    return (gone.amax(0) / gone.sum(0)).mean().item()


ends = z.view(-1, 2, latent_dim)[:100]  # a hundred walks of twelve steps
frames = [
    generate(torch.stack([walk(pair, i / 11) for pair in ends]))
    for i in range(12)
]
petals, ground = zip(*(two_places(frame) for frame in frames))
even = [largest_share(torch.stack(path)) for path in (petals, ground)]
print(f"the largest of eleven steps holds {even[0]:.0%} of the way of the "
      f"petals' color, and {even[1]:.0%} of the ground's")

# %%
# what we claim
checks.claim("neither changes evenly: one step of eleven holds a fifth",
    min(even) > 0.2)

# %%
moments = [
    torch.stack([walk(z[3 * k : 3 * k + 3], t / 10) for k in range(4)])
    for t in range(30)
]
told = "Four round trips past three flowers each; it plays once."
film = show.moving([generate(z) for z in moments], sentence=told)
film  # film.save("walk.gif") keeps it

# %% [markdown]
# Neither is even, and the petals' color about as little as the ground's: the
# largest of eleven steps holds three times the 9 % of equal steps. That is
# about what you get from a stick broken at ten random places: its longest
# piece is $\frac1{11}(1+\frac12+\dots+\frac1{11})$ of it in the mean, 27 %.
# The strip holds still, so that you can compare neighbors: some walks jump,
# others glide.

# %% [markdown] predict={"picture": "pace", "words": ["times as long"]}
# ## 64 pixels
# Nothing above knows the size. One doubling more, twice the channels at
# the smallest map, and four times the pixels: **Guess** how much longer a
# step takes. The players of exercise 1 are timed as well: yours, once they
# are ✓.

# %% tags=["folded"]
def small_generator(latent_dim, channels):  # the course's, of exercise 1
    layers = [nn.Linear(latent_dim, 64 * 4 * 4), nn.Unflatten(1, (64, 4, 4))]
    for c in (64, 32, 16):  # 8, 16, 32
        double = nn.ConvTranspose2d(c, c // 2, 4, stride=2, padding=1)
        layers += [double, nn.BatchNorm2d(c // 2), nn.ReLU()]
    last = nn.ConvTranspose2d(8, channels, 4, stride=2, padding=1)
    return nn.Sequential(*layers, last, nn.Tanh())


def small_discriminator(channels):
    layers, c = [], channels
    for wider in (8, 16, 32, 64):  # 32, 16, 8, 4
        halve = nn.Conv2d(c, wider, 4, stride=2, padding=1)
        layers, c = [*layers, halve, nn.LeakyReLU(0.2)], wider
    end = [nn.Flatten(1), nn.Linear(64 * 4 * 4, 1), nn.Flatten(0)]
    return nn.Sequential(*layers, *end)

# %%
make_g, make_d = checks.color.networks.yours(
    (small_generator, small_discriminator)
)


def own_players(x, width):  # of exercise 1, as wide as they are
    G, D = make_g(latent_dim, x.shape[1]), make_d(x.shape[1])
    return G.to(device), D.to(device)


def pace(x, make=players):  # seconds a step
    x = data.to_model_range(x[: 4 * batch_size]).to(device)
    G, D = make(x, width)
    way = speed.probe(G, D, x[:batch_size], latent_dim=latent_dim)
    G, D, x = way.fit(G), way.fit(D), way.fit(x)
    opts = [torch.optim.Adam(n.parameters(), fused=True) for n in (G, D)]
    batches, ticks = data.batches(x, batch_size, rng=runtime.generator(0)), []
    more = {"steps": timed_steps, "latent_dim": latent_dim}
    more["one_launch"] = way.one_launch
    four = way.fast(G), way.fast(D), *opts
    for moment in training.train(*four, batches, **more):
        moment.numbers["loss_g"].item()  # waits for the device
        ticks.append(time.perf_counter())
    return torch.tensor(ticks, dtype=torch.float64).diff().min().item()

# %% picture="pace"
large = data.petals(size=64).x[:-held]
paces = {f"{size} pixels": pace(train), "64 pixels": pace(large)}
paces["64, exercise 1"] = pace(large, own_players)
for name, step in paces.items():
    print(f"{name:15} {1e3 * step:4.0f} ms a step, "
          f"{4000 * step / 60:3.0f} minutes for 4,000 steps here")

# %% [markdown]
# Four times the pixels and one layer more, in two to five times as long: how
# well a processor is filled decides (2.4, 3.0 and 4.6 times in runs of ours).
#
# Do you have the minutes, or a GPU? Write `large_steps = 4_000` above the next
# cell's first line, and take `players` in place of `own_players` for the
# library's. All cells above take `size = 64` as well, and judge by the same
# numbers.

# %%
if large_steps:
    average_64, live_64 = play(large, large_steps, own_players)

# %% [markdown]
# ## Your own pictures
# A folder of pictures is a data set: any format, any size, cut to squares,
# turned upright, with sub-folders as classes. Set `pictures` in *The knobs*
# to the path of yours. Without one, this cell makes one, of two kinds of
# flowers, a PNG file each.

# %%
temporary = tempfile.TemporaryDirectory()  # goes when the kernel does
scratch = Path(temporary.name)


def written(x, y, kinds, each=500):  # a folder of PNG files
    for kind in kinds:
        place = scratch / "flowers" / f"kind_{kind}"
        place.mkdir(parents=True, exist_ok=True)
        for i, image in enumerate(x[y == kind][:each]):
            pixels = image.permute(1, 2, 0).numpy()  # (H, W, 3)
            Image.fromarray(pixels).save(place / f"{i:03}.png")
    return scratch / "flowers"

# %%
folder = pictures or written(large, images.y[:-held], kinds=(0, 4))
mine = data.folder(folder, size=size)
show.sheet(mine.x[:: len(mine.x) // 20 or 1][:20], columns=10, sentence=
    f"Twenty of {len(mine.x):,} pictures from {Path(folder).name}, in "
    f"{int(mine.y.max()) + 1} classes.")

# %%
average_mine, live_mine = play(mine.x, mine_steps)

# %%
z_mine = torch.randn(30, latent_dim, generator=runtime.generator(2))
sheet = show.sheet(generate(z_mine, average_mine), columns=10, sentence=
    f"Thirty samples after {mine_steps:,} steps, not chosen.")
page = Image.open(io.BytesIO(sheet.png))  # one pixel to a pixel
page = page.resize((4 * page.width, 4 * page.height), Image.Resampling.NEAREST)
place = Path(keep_in or scratch) / "my_samples.png"
page.save(place)
print(f"saved as {place.name}, {page.width} × {page.height} pixels")
sheet

# %% [markdown]
# Set `keep_in` to a folder of yours, and the sheet stays. More steps help as
# long as $D$ does not know the pictures by heart; with a few hundred it soon
# does, and what it then tells $G$ is worth little: lesson 13 is about that.
#
# ## A run that outlives its kernel
# A long run is soon lost: a lid is closed, a battery empty. A *checkpoint*
# holds all that changes while it goes on: both players, their optimizers, the
# place in the data, every source of randomness. On points, so that it takes a
# second; the last four lines are all that is new:

# %%
def kept_run(folder, steps=300):
    runtime.seed_everything(SEED)
    G, D = models.plane_generator(), models.plane_discriminator()
    opt_g = torch.optim.Adam(G.parameters(), lr)
    opt_d = torch.optim.Adam(D.parameters(), lr)
    points = data.batches(data.ring().x, 64, rng=runtime.generator(SEED))
    run = training.train(
        G, D, opt_g, opt_d, points, steps=steps, latent_dim=2
    )
    parts = {"G": G, "D": D, "opt_g": opt_g, "opt_d": opt_d}
    parts["points"] = points
    run = checkpoint.kept(run, folder, parts, steps=steps, every=50)
    return run, G

# %%
whole, G_whole = kept_run(scratch / "whole")
for _ in whole:
    pass
first, _ = kept_run(scratch / "broken off")
for moment in first:
    if moment.step == 130:
        break  # the lid closes
again, G_again = kept_run(scratch / "broken off")  # the cell, once more
print(f"broken off after step {moment.step}, goes on from {again.step}")
for _ in again:
    pass
pairs = zip(G_whole.parameters(), G_again.parameters())
assert all(torch.equal(a, b) for a, b in pairs)

# %% [markdown]
# Thirty steps were made again, and the weights are those of the run that
# nothing broke off, to the last bit. (On the same machine with as many
# threads; elsewhere it goes on as well, and a warning says what differs.)
#
# ## Quiz
# 1. A generator's maps go 7 → 14 → 28 → 56. For pictures of which
#    side is this generator right?
#    <details><summary>Answer</summary>56, and nothing else: 64 needs a first
#    map whose side is a power of two, such as 4 or 8.</details>
# 2. You switch $G$ to three channels and leave $D$ and the data gray. What
#    happens, and where?
#    <details><summary>Answer</summary><i>D</i>'s first convolution stops: it
#    expects one channel. Be glad: a <i>D</i> for three channels would have
#    told fakes from gray pictures by their channels alone.</details>
# 3. `x.to(memory_format=torch.channels_last)` stands alone on a line. What
#    does it do?
#    <details><summary>Answer</summary>Nothing: a tensor's <code>.to</code>
#    returns the other layout. A network's changes it in place.</details>
# 4. Every hue has the right share. Are the colors right?
#    <details><summary>Answer</summary>Not yet: they may sit on the wrong
#    flowers, or on the wrong grounds. Count pairs.</details>
# 5. A gray wall gives a hue of 213°. What does that say?
#    <details><summary>Answer</summary>Nothing: at chroma near 0 the hue is
#    noise. Weigh it by chroma.</details>

# %% [markdown]
# ## Ledger
# | what we changed | what happened |
# |---|---|
# | 1 channel → 3 | one layer of each player; everything else as it was |
# | 28 → 32, 64 | another first map, another number of doublings |
# | memory order, precision | same numbers; the probe says what it buys |
# | histograms → pairs | shows what either histogram hides |
# | *your change* | *what you saw* |

# %% [markdown]
# ## In practice
# - $D$ as fast as $G$, half as fast, a quarter (1,500 steps, one seed): its
#   loss ends at 0.18, 0.35, 0.74, the mean logits at ±3.1, ±2.1, ±1.0, and a
#   Fréchet distance at 312, 251, 231, on another network's features than
#   lesson 09's. The last had the average of this lesson; one seed proves
#   little.
# - Save pictures at the size you train on, once, and do not resize them in
#   every epoch. `data.folder` keeps the result in a cache.
# - A JPEG stores color at half resolution by default. Your generator will
#   learn that, too.
# - On a GPU, bfloat16 and channels last go together: either alone may gain
#   little. Measure.
#
# ## Further reading
# - [Ottosson 2020](https://bottosson.github.io/posts/oklab/): OKLab, why it
#   was made and how, in one readable post.
# - [Micikevicius et al. 2018](https://arxiv.org/abs/1710.03740): mixed
#   precision, and why weights stay in float32.
# - [Radford, Metz and Chintala 2016](https://arxiv.org/abs/1511.06434):
#   section 6 walks through latent space, and does arithmetic there.
#
# Next: lesson 09 asks which of two generators is better, and how sure you
# can be.
