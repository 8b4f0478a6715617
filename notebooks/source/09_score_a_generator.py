# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 09 · Score a generator
#
# Two generators, two sheets of digits, and two people who disagree. A
# number would settle it, if the number could be trusted.
#
# **What you'll do.** Build the field's metrics in a few lines each, cheat
# every one of them, and then compare two GANs trained here.
#
# **What you'll learn**
# - *compute* Fréchet distance, KID, precision and recall from features;
# - *fool* each metric, so that you know what it cannot see;
# - *say* which of two generators is better, and how sure you are.
#
# **What you'll need.** Lessons 06 and 07. About 75 minutes of your time;
# {{minutes}} minutes of computing on 2 CPU cores. Works offline.

# %%
from gan_lessons import checks, cockpit, data, metrics
from gan_lessons import models, runtime, show, training
import copy
import math
import time

import torch
from torch import nn

device = runtime.start()
checked = metrics.checked  # plumbing of every metric below
Interval = metrics.Interval  # a value with its low and high end

# %% [markdown]
# ## The knobs

# %%
SEED = 0
images = data.strokes()  # or data.mnist(), data.petals()
judge_steps = runtime.budget(tiny=10, ci=150, lesson=600, full=2_000)
n = runtime.budget(tiny=100, ci=300, lesson=800, full=800)  # per impostor
mlp_steps = runtime.budget(tiny=2, ci=60, lesson=1_800, full=20_000)
dcgan_steps = runtime.budget(tiny=2, ci=20, lesson=620, full=7_000)
batch_size = 64
latent_dim = 64  # length of the noise z
lr = 1e-3  # of both players
decay = 0.99  # of the generators' averages: the runs are short

# %% [markdown]
# ## A judge
# In pixels every dot counts alike, be it part of a stroke or a speck. So
# every metric below measures in *features*: what a small classifier says to
# itself before it names the class. The field uses Inception, trained on
# ImageNet; ours is trained here, to tell the class and, like the reader of
# lesson 06, the known factors.

# %% tags=["mirrors:judge"]
class Judge(nn.Module):
    def __init__(self, *, channels=1, classes=10, factors=0):
        super().__init__()
        self.classes = classes
        self.body = nn.Sequential(
            nn.Conv2d(channels, 16, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(16, 24, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(24, 16, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.AdaptiveAvgPool2d(4),  # (N, 16, 4, 4)
            nn.Flatten(1),  # (N, 256)
            nn.Linear(256, 64),  # (N, 64)
            nn.BatchNorm1d(64, affine=False),
        )
        self.head = nn.Sequential(
            nn.ReLU(),
            nn.Linear(64, classes + factors),
        )

    def forward(self, x):
        x = x.to(self.head[1].weight.device)
        if x.dtype == torch.uint8:
            x = x.float() / 127.5 - 1
        return self.body(x)

    @torch.no_grad()
    def features(self, x):
        return torch.cat([self(part).cpu() for part in x.split(500)])

    @torch.no_grad()
    def probabilities(self, x):
        parts = x.split(500)
        logits = torch.cat([self.head(self(part)).cpu() for part in parts])
        return logits[:, : self.classes].softmax(dim=1)

    def confidence(self, x):
        return self.probabilities(x).amax(dim=1)

# %% [markdown]
# ## Three piles
# Nobody scores an exam with its own answer sheet. One pile trains the
# networks, one is the *reference* that fakes are compared with, and one
# stays unseen, to play a perfect generator. Shuffle first: files are often
# in some order.

# %%
order = torch.randperm(len(images), generator=runtime.generator(SEED))
x = images.x[order]
y = images.y[order]
real = x[:2000]
unseen = x[2000:6000]
unseen_y = y[2000:6000]
train = x[6000:]
train_y = y[6000:]
shape = x.shape[1:]  # of an image: C, H, W

# %%
known = {name: f[order][6000:] for name, f in images.factors.items()}


def new_judge(seed):
    runtime.seed_everything(seed)
    return metrics.train_judge(
        train,
        train_y,
        known,
        steps=judge_steps,
        rng=runtime.generator(seed),
    )


judge = new_judge(SEED)

# %%
kilobytes = sum(p.numel() for p in judge.parameters()) * 4 / 1000
named = judge.probabilities(unseen).argmax(dim=1)
right = (named == unseen_y).double().mean()
print(f"{kilobytes:.0f} kB; {right:.1%} of unseen images read right")

# what is claimed here and below was measured with such a judge
claims = judge_steps >= 600 and images.name == "strokes"
if claims:
    assert right > 0.98

# %% [markdown]
# ## Sure of each, and of many
# The oldest score, the *inception score*, asks two things of the judge's
# probabilities $p(c \mid x)$: each image should be one class for sure (low
# entropy $H$), and all of them together many classes (high entropy).
#
# $$\mathrm{IS} = \exp\big(H(\mathbb E_x\, p(c \mid x)) -
# \mathbb E_x H(p(c \mid x))\big)$$
#
# With ten classes it lies between 1 and 10. **Decide before you run:** which
# ten images would beat two thousand real ones?

# %% tags=["mirrors:metrics"]
def inception_score(probabilities):
    (p,) = checked(probabilities, least=1)
    together = torch.special.entr(p.mean(0)).sum()
    alone = torch.special.entr(p).sum(1).mean()
    return float((together - alone).exp())

# %%
surest_of_class = judge.probabilities(unseen).argmax(dim=0)
ten = unseen[surest_of_class]  # (10, C, H, W)
is_of_reals = inception_score(judge.probabilities(real))
is_of_ten = inception_score(judge.probabilities(ten))
print(
    f"2,000 real images: {is_of_reals:.2f}, "
    f"one of each class: {is_of_ten:.2f}"
)

# %%
# what we claim
assert is_of_ten >= is_of_reals

# %% [markdown]
# The one image per class that the judge is surest of wins. IS never looks at
# a real image, so it cannot know what is missing.
#
# ## Two clouds of features
# FID, the *Fréchet inception distance*, looks at both sides: it takes the
# features of the reals and of the fakes for two Gaussians, with means $\mu$
# and covariances $A$ and $B$, and returns the (squared) distance between them:
#
# $$\mathrm{FD} = \lVert \mu_a - \mu_b \rVert^2 + \operatorname{tr} A +
# \operatorname{tr} B - 2 \operatorname{tr}\,(AB)^{1/2}$$
#
# ## ✏️ Exercise 1 · Two Gaussians
# *10 minutes · ●●○*
#
# Write it. No matrix root is needed: the trace of a root is the sum of the
# roots of the eigenvalues of $AB$. (With few samples some eigenvalues are 0
# and come out as −1e-17.)
#
# {{hints scoring.frechet}}

# %% tags=["exercise"]
def my_frechet(mean_a, cov_a, mean_b, cov_b):
    # BEGIN SOLUTION
    roots = torch.linalg.eigvals(cov_a @ cov_b).real.clamp(min=0).sqrt()
    apart = (mean_a - mean_b).square().sum()
    return apart + cov_a.trace() + cov_b.trace() - 2 * roots.sum()
    # END SOLUTION


checks.scoring.frechet(my_frechet)

# %% [markdown]
# The reference, and what it is used for. (`checked` makes float64 of
# features, and refuses images and NaN.)

# %% tags=["mirrors:metrics"]
def frechet_gaussians(mean_a, cov_a, mean_b, cov_b):
    roots = torch.linalg.eigvals(cov_a @ cov_b).real.clamp(min=0).sqrt()
    apart = (mean_a - mean_b).square().sum()
    return float(apart + cov_a.trace() + cov_b.trace() - 2 * roots.sum())


def frechet_distance(real, fake):
    real, fake = checked(real, fake)
    return frechet_gaussians(
        real.mean(0),
        real.T.cov(),
        fake.mean(0),
        fake.T.cov(),
    )

# %% [markdown]
# ## A ruler that depends on how long you look
# Two draws of the same real images have distance 0 in truth. **Predict:**
# what does the formula say with 100 images on each side? With 1,000?

# %%
unseen_features = judge.features(unseen)  # (4000, 64)
train_features = judge.features(train)  # (…, 64)
draws = runtime.budget(tiny=2, ci=10, lesson=10, full=10)  # of each size


def real_against_real(metric, size):
    rng = runtime.generator(size)
    values = []
    for _ in range(draws):
        order = torch.randperm(len(unseen_features), generator=rng)
        shuffled = unseen_features[order]
        values.append(metric(shuffled[:size], shuffled[size : 2 * size]))
    return values

# %%
sizes = (100, 200, 500, 1000, 2000)
bias = {
    f"{size:,}": real_against_real(frechet_distance, size) for size in sizes
}
n_times_mean = []
for size, values in zip(sizes, bias.values()):
    n_times_mean.append(size * sum(values) / draws)
least = min(n_times_mean)
most = max(n_times_mean)
show.bars(
    bias,
    ylabel="Fréchet distance",
    title=f"Nothing lies between, FD says up to {max(bias['100']):.1f}",
    sentence=f"Real images against others, {draws} draws of each number N of "
    "images on a side: the fewer images, the larger the distance. N times "
    f"the mean stays between {least:.0f} and {most:.0f}.",
)

# %%
# what we claim
if claims:
    assert most < 1.5 * least

# %% [markdown]
# Every covariance is estimated, and every error *adds* distance: a bias that
# falls like $1/N$. So compare at equal $N$ only, and never your 1,000 with
# a paper's 50,000.
#
# ## A distance without bias
# KID, the *kernel inception distance*, compares products of features, by
# the kernel $k(a, b) = (a \cdot b / d + 1)^3$, with $d$ features:
#
# $$\mathrm{KID} = \mathbb E\,k(x, x') + \mathbb E\,k(y, y') -
# 2\,\mathbb E\,k(x, y), \qquad x \ne x',\; y \ne y'$$
#
# ## ✏️ Exercise 2 · Nobody meets oneself
# *10 minutes · ●●○*
#
# Write `kid(real, fake)` for features $(N, d)$ and $(M, d)$. The two
# $\ne$ are the whole point.
#
# {{hints scoring.kid}}

# %% tags=["exercise"]
def my_kid(real, fake):
    # BEGIN SOLUTION
    def table(a, b):
        return (a @ b.T / a.shape[1] + 1) ** 3

    def mean_off_diagonal(t):
        n = len(t)
        return (t.sum() - t.trace()) / (n * (n - 1))

    within_real = mean_off_diagonal(table(real, real))
    within_fake = mean_off_diagonal(table(fake, fake))
    return within_real + within_fake - 2 * table(real, fake).mean()
    # END SOLUTION


checks.scoring.kid(my_kid)

# %% [markdown]
# The reference, and the same trial:

# %% tags=["mirrors:metrics"]
def kid(real, fake):
    real, fake = checked(real, fake)

    def kernel(a, b):
        return (a @ b.T / a.shape[1] + 1) ** 3

    def within(x):
        pairs = kernel(x, x)
        n = len(x)
        return (pairs.sum() - pairs.trace()) / (n * (n - 1))

    between = kernel(real, fake).mean()
    return float(within(real) + within(fake) - 2 * between)

# %%
no_bias = {f"{size:,}": real_against_real(kid, size) for size in sizes}
below = [value < 0 for values in no_bias.values() for value in values]
show.bars(
    no_bias,
    ylabel="KID",
    title=f"KID falls below 0 in {sum(below)} of {len(below)} draws",
    sentence="The same draws: with few images KID is uncertain, but wrong "
    "to both sides.",
)

# %%
# what we claim
if claims:
    assert 0.2 < sum(below) / len(below) < 0.8

# %% [markdown]
# ## Good, or varied?
# One number cannot say *what* is wrong. Precision: which share of the fakes
# lies among the reals? Recall: which share of the reals lies among the
# fakes? "Among" means inside a ball that reaches from a sample to its
# $k$-th nearest neighbor of its own kind.
#
# ## ✏️ Exercise 3 · Precision and recall
# *15 minutes · ●●●*
#
# Write both, for features of $N$ reals and $M$ fakes. The border belongs to
# the ball.
#
# {{hints scoring.precision_recall}}

# %% tags=["exercise"]
def my_precision_recall(real, fake, k=3):
    # BEGIN SOLUTION
    def reach(x):  # (N,), the distance to the k-th neighbor
        return torch.cdist(x, x).kthvalue(k + 1).values

    pairs = torch.cdist(real, fake)  # (N, M)
    good = (pairs <= reach(real)[:, None]).any(dim=0)
    found = (pairs <= reach(fake)).any(dim=1)
    return good.double().mean(), found.double().mean()
    # END SOLUTION


checks.scoring.precision_recall(my_precision_recall)

# %% [markdown]
# Beside the reference stands a later pair that uses the balls of the *reals*
# only. Density: in how many of them does a fake lie, over $k$? Coverage:
# which share of them holds a fake? Watch what that changes.

# %% tags=["mirrors:metrics"]
def radii(x, k):
    return torch.cdist(x, x).kthvalue(k + 1).values


def precision_recall(real, fake, *, k=3):
    real, fake = checked(real, fake, least=k + 1)
    pairs = torch.cdist(real, fake)  # (N, M)
    in_real_ball = pairs <= radii(real, k)[:, None]
    in_fake_ball = pairs <= radii(fake, k)
    precision = in_real_ball.any(dim=0).double().mean()
    recall = in_fake_ball.any(dim=1).double().mean()
    return float(precision), float(recall)


def density_coverage(real, fake, *, k=5):
    real, fake = checked(real, fake, least=k + 1)
    inside = torch.cdist(real, fake) <= radii(real, k)[:, None]  # (N, M)
    density = inside.double().sum() / (k * len(fake))
    coverage = inside.any(dim=1).double().mean()
    return float(density), float(coverage)

# %% [markdown]
# ## Seven impostors
# Now cheat. None of these seven is a generator; the first shows real images
# nobody has seen, so it is as good as anyone can be. **Decide for each of
# the others:** which metric will fall for it?

# %%
def stripes(count):  # (count, C, H, W)
    rng = runtime.generator(SEED)
    down, across, phase = 6 * torch.randn(3, count, 1, 1, 1, generator=rng)
    contrast = 3 * torch.rand(count, 1, 1, 1, generator=rng)
    u = torch.linspace(-1, 1, shape[-1])
    angle = down * u[:, None] + across * u + phase  # (count, 1, H, W)
    waves = contrast * angle.sin()
    return data.to_image_range(waves.expand(-1, shape[0], -1, -1))

# %%
half = shape[1] // 2
top_halves = unseen[:n, :, :half]
others_bottoms = unseen[-n:, :, half:]
few = n // 20
early = unseen_y <= y.max() // 2  # 0 to 4 of ten classes
impostors = {
    "unseen real": unseen[:n],
    "copies": train[:n],
    "one each": ten.repeat(n // len(ten), 1, 1, 1),
    "few classes": unseen[early][:n],
    "torn in two": torch.cat([top_halves, others_bottoms], dim=2),
    "5 % stripes": torch.cat([unseen[: n - few], stripes(few)]),
    "only stripes": stripes(n),
}

# %% [markdown]
# Twelve of each, and three numbers of the last one:

# %%
reference = judge.features(real[:n])
nonsense = judge.features(impostors["only stripes"])
_, recall = precision_recall(reference, nonsense)
_, coverage = density_coverage(reference, nonsense)
wider = radii(nonsense, 3).median() / radii(reference, 3).median()
start = n - few  # of the 5 %
rows = {}
for name, fakes in impostors.items():
    rows[name] = fakes[start - 6 : start + 6]
show.rows_of_images(
    rows,
    sentence=f"Nothing but stripes: recall {recall:.2f}, "
    f"coverage {coverage:.2f}, balls {wider:.1f} times as wide.",
)

# %%
# what we claim
if claims:
    assert recall > 10 * coverage
    assert wider > 1

# %% [markdown]
# The last row holds not one digit. Stripes lie far from each other, so
# their balls are large and hold real images too: that is recall. Coverage
# asks the balls of the reals.
#
# ## Is it memory?
# The most dangerous impostor copies its training set. For each fake take
# the distance to the nearest *training* sample; compare with how near
# unseen real images come. About 1 is honest, 0 is a copy.
#
# ## ✏️ Exercise 4 · The memorization ratio
# *10 minutes · ●●○*
#
# Write it with medians, so that a few odd fakes cannot hide many copies. The
# three sets may differ in size.
#
# {{hints scoring.memorization}}

# %% tags=["exercise"]
def my_memorization_ratio(fake, train, held_out):
    # BEGIN SOLUTION
    fakes = torch.cdist(fake, train).amin(dim=1).median()
    honest = torch.cdist(held_out, train).amin(dim=1).median()
    return fakes / honest
    # END SOLUTION


checks.scoring.memorization(my_memorization_ratio)

# %% [markdown]
# The reference, with its cousin, the birthday test. Among 23 people two
# share a birthday half of the time; so twins among $N$ fakes tell how many
# different images $G$ can make: about $N(N-1)/2$ over the number of twins.

# %% tags=["mirrors:metrics"]
def nearest(a, b):
    parts = a.split(500)
    return torch.cat([torch.cdist(part, b).amin(dim=1) for part in parts])


def memorization_ratio(fake, train, held_out):
    fake, train, held_out = checked(fake, train, held_out, least=1)
    fakes = nearest(fake, train).median()
    honest = nearest(held_out, train).median()
    return float(fakes / honest)


def birthday(samples, *, twin):
    (samples,) = checked(samples)
    twins = int((torch.pdist(samples) < twin).sum())
    pairs = len(samples) * (len(samples) - 1) / 2
    different = pairs / twins if twins else math.inf
    return twins, different

# %% [markdown]
# Last, the examiner: a classifier that gets half of the reals and fakes with
# their labels, and says of the rest which is which. Ours asks the nearest
# neighbors. An accuracy of ½ means that it has found no difference.

# %% tags=["mirrors:metrics"]
def classifier_test(real, fake, *, rng):
    real, fake = checked(real, fake, least=4)
    half = min(len(real), len(fake)) // 2
    real = real[torch.randperm(len(real), generator=rng)]
    fake = fake[torch.randperm(len(fake), generator=rng)]
    known = torch.cat([real[:half], fake[:half]])
    asked = torch.cat([real[-half:], fake[-half:]])
    k = round(math.sqrt(2 * half)) // 2 * 2 + 1  # odd: no ties
    distances = torch.cdist(asked, known)  # (2 half, 2 half)
    neighbors = distances.topk(k, largest=False).indices
    votes = (neighbors < half).double().mean(dim=1)  # for real
    says_real = votes > 0.5
    is_real = torch.arange(2 * half) < half
    right = says_real == is_real
    accuracy = float(right.double().mean())
    p = math.erfc((accuracy - 0.5) * math.sqrt(4 * half)) / 2
    return accuracy, p

# %% [markdown]
# ## Who falls for whom
# Every metric for every impostor. What counts as good? What real images get:
# a score passes if it is as good as the worst of nineteen draws of unseen
# reals. So in each column a perfect generator fails once in twenty.

# %%
def score(features, probabilities, real, past):  # past: of the training set
    precision, recall = precision_recall(real, features)
    _, coverage = density_coverage(real, features)
    accuracy, _ = classifier_test(real, features, rng=runtime.generator(0))
    closest = torch.pdist(real.double()).min()  # of two real images
    twins, _ = birthday(features, twin=closest)
    return {
        "IS": inception_score(probabilities),
        "FD": frechet_distance(real, features),
        "KID": kid(real, features),
        "coverage": coverage,
        "precision": precision,
        "recall": recall,
        "classifier": accuracy,
        "memory": memorization_ratio(features, past, real),
        "twins": twins,
    }


def grade(images, home=reference):
    features = judge.features(images)
    probabilities = judge.probabilities(images)
    return score(features, probabilities, home, train_features)

# %%
LESS_IS_BETTER = ("FD", "KID", "classifier", "twins")
rng = runtime.generator(SEED)
orders = torch.rand(19, len(unseen), generator=rng).argsort(dim=1)
honest = [grade(unseen[order[:n]]) for order in orders]


def passes(metric, value):
    seen = [scores[metric] for scores in honest]
    if metric in LESS_IS_BETTER:
        return value <= max(seen)
    return value >= min(seen)

# %% [markdown]
# And now the seven:

# %%
table = {name: grade(fakes) for name, fakes in impostors.items()}
passed = {}
for name, scores in table.items():
    passed[name] = [m for m, value in scores.items() if passes(m, value)]

# %%
_, worth = birthday(judge.features(impostors["one each"]), twin=1e-3)
blind = set()  # the metrics that a cheat passes
for name, metrics_passed in passed.items():
    if name != "unseen real":
        blind.update(metrics_passed)
show.table(
    table,
    good=passed,
    title=f"{len(blind)} of 9 metrics have a blind spot",
    sentence=f"● passes. Twins say that “one each” has {worth:.0f} images.",
)

# %%
# what we claim
if claims:
    assert round(worth) == 10
    assert table["copies"]["memory"] < 0.01
    assert table["copies"]["FD"] < 2
    assert table["torn in two"]["FD"] > 2

# %% [markdown]
# Read it by rows: who passes where? Read it by columns: a metric with a ●
# below the first line can be had. Copies pass FD and KID, the field's
# favorites; *memory* alone is sure of them, and lets nearly everything else
# through. Precision does not miss the missing classes, recall does not mind
# torn digits, and 5 % of stripes slip past coverage, recall and the
# classifier. FD and KID catch those. No metric replaces the others.
#
# ## An interval, or no number
# Score other fakes of the same generator and the number moves. How far? Take
# the metric on random *halves*: a half drawn without replacement scatters
# around the whole as the whole scatters around the truth.

# %% tags=["mirrors:intervals"]
def interval(metric, *samples, rng, rounds=40):
    def half(x):
        order = torch.randperm(len(x), generator=rng)
        return x[order[: len(x) // 2]]

    value = metric(*samples)
    of_halves = []
    for _ in range(rounds):
        halves = [half(x) for x in samples]
        of_halves.append(metric(*halves))
    spread = torch.tensor(of_halves).std().item()
    return Interval(value, value - 1.96 * spread, value + 1.96 * spread)

# %% [markdown]
# Believe it? Test it: take 100 samples of each of two piles, again and again.
# How often does the interval hold the value of the whole piles? It should 95
# times in 100. Beside it the textbook's bootstrap: draw all 100 *with*
# replacement, and take the middle 95 % of the values. **Predict** which one
# fails: real images against two classes of them, or against other real ones?

# %%
def a_hundred(pile, rng):
    order = torch.randperm(len(pile), generator=rng)
    return pile[order[:100]]


def bootstrap(a, b, rng, rounds=40):  # the ends of the textbook's interval
    picks = torch.randint(100, (rounds, 2, 100), generator=rng)
    values = [kid(a[i], b[j]) for i, j in picks]
    return torch.tensor(values).quantile(torch.tensor([0.025, 0.975]))

# %%
trials = runtime.budget(tiny=3, ci=10, lesson=100, full=400)


def kept(a, b):  # how often each interval holds the value of the piles
    rng = runtime.generator(SEED)
    truth = kid(a, b)
    by_halves = 0
    by_bootstrap = 0
    for _ in range(trials):
        few_a = a_hundred(a, rng)
        few_b = a_hundred(b, rng)
        halves = interval(kid, few_a, few_b, rng=rng)
        by_halves += halves.low < truth < halves.high
        low, high = bootstrap(few_a, few_b, rng)
        by_bootstrap += int(low < truth < high)
    return torch.tensor([by_halves, by_bootstrap]) / trials

# %% [markdown]
# First against two classes, then against everything:

# %%
count = 5 * n
two_classes = train_features[train_y <= 1]
apart = kept(unseen_features[:count], two_classes[:count])
alike = kept(unseen_features[:count], train_features[:count])
for name, (halves, book) in {"two classes": apart, "real": alike}.items():
    print(f"real and {name}: halves {halves:.0%}, bootstrap {book:.0%}")

# %%
# what we claim
if claims:
    assert apart[0] > 0.88
    assert alike[0] > 0.88
    assert alike[1] < 0.5

# %% [markdown]
# Where two piles differ, halves keep their promise. Where nothing lies
# between them they are too careful: there KID's error falls like $1/N$,
# faster than a half can know. The bootstrap falls short, and nearly always
# misses that nothing: its copies meet themselves, which puts the diagonal
# back into KID. And an interval holds the value *at this $N$*: of FD's bias
# it knows nothing.
#
# ## Two generators
# The MLP of lesson 06 against the DCGAN of lesson 07, three seeds each, for
# about the same *seconds*: a step of the DCGAN costs more, so it gets fewer.
# The rest is equal, one learning rate for all; each might like another.
# **Predict** the winner, and in which metric it wins. FD decides, and we say
# so beforehand; the other metrics explain.

# %%
def mlp():
    G = models.image_generator(latent_dim=latent_dim, shape=shape)
    D = models.image_discriminator(shape=shape)
    return G, D


def dcgan():
    channels, _, size = shape
    G = models.dcgan_generator(
        latent_dim=latent_dim,
        size=size,
        channels=channels,
        width=32,
    )
    D = models.dcgan_discriminator(size=size, channels=channels, width=32)
    return G.apply(models.dcgan_init), D.apply(models.dcgan_init)

# %%
pixels = data.to_model_range(train).to(device)


def adam(net):
    return torch.optim.Adam(
        net.parameters(),
        lr=lr,
        betas=(0.5, 0.99),
        fused=True,
    )


@torch.no_grad()
def samples_of(G):  # (2000, C, H, W)
    z = torch.randn(2000, latent_dim, generator=runtime.generator(SEED))
    return G(z.to(device)).cpu()

# %%
def play(build, steps, seed):  # the generator's average, trained
    runtime.seed_everything(seed)
    G, D = build()
    G = G.to(device, memory_format=torch.channels_last)
    D = D.to(device, memory_format=torch.channels_last)
    average = copy.deepcopy(G)
    opt_g = adam(G)
    opt_d = adam(D)
    falling = [training.falling_lr(opt, steps) for opt in (opt_g, opt_d)]
    run = training.train(
        G,
        D,
        opt_g,
        opt_d,
        data.batches(pixels, batch_size, rng=runtime.generator(seed)),
        steps=steps,
        latent_dim=latent_dim,
    )
    run = training.averaged(run, average, decay=decay)
    for _ in training.scheduled(run, *falling):
        pass
    return average.eval()

# %% [markdown]
# Six runs, with a clock beside each:

# %%
plans = {"MLP": (mlp, mlp_steps), "DCGAN": (dcgan, dcgan_steps)}
fakes = {name: [] for name in plans}
spent = {name: [] for name in plans}  # seconds
runs = [(name, seed) for seed in range(3) for name in plans]
for name, seed in cockpit.progress(runs):
    build, steps = plans[name]
    started = time.perf_counter()
    fakes[name].append(samples_of(play(build, steps, seed)))
    spent[name].append(time.perf_counter() - started)

# %%
def told(name):
    _, steps = plans[name]
    least = min(spent[name])
    most = max(spent[name])
    return f"{name}: {steps:,} steps, {least:.0f} to {most:.0f} s"


rows = {}
for name in plans:
    for seed in range(3):
        rows[f"{name} {seed}"] = fakes[name][seed][:12]
show.rows_of_images(
    rows,
    sentence=f"Twelve samples of every run, not chosen. {told('MLP')}; "
    f"{told('DCGAN')}. Which rows would you take? Decide before you score.",
)

# %% [markdown]
# If your seconds are far from equal, turn the knob `dcgan_steps`: what a
# convolution costs depends on the machine, and on what else it is doing.
#
# Now the number that everybody reports, with its interval: 2,000 fakes
# against the 2,000 images of the reference.

# %%
def fd(images, judge=judge):
    return interval(
        frechet_distance,
        judge.features(real),
        judge.features(images),
        rng=runtime.generator(SEED),
        rounds=runtime.budget(tiny=2, ci=20, lesson=40, full=40),
    )


other_judge = new_judge(SEED + 1)
found = {}
again = {}
for name in fakes:
    found[name] = [fd(made) for made in fakes[name]]
    again[name] = [fd(made, other_judge) for made in fakes[name]]

# %%
def nearer(intervals):  # in how many seeds the DCGAN is
    pairs = zip(intervals["MLP"], intervals["DCGAN"])
    return sum(of_mlp.value > of_dcgan.value for of_mlp, of_dcgan in pairs)


lines = {
    "unseen real": [fd(unseen[:2000])],
    "MLP": found["MLP"],
    "DCGAN": found["DCGAN"],
    "MLP, other judge": again["MLP"],
    "DCGAN, other judge": again["DCGAN"],
}
show.intervals(
    lines,
    xlabel="Fréchet distance, less is better",
    title="The DCGAN is nearer to the real images in "
    f"{nearer(found)} of 3 seeds",
    sentence="A line is one trained generator, its interval over samples. "
    "By a judge of another seed the DCGAN is nearer in "
    f"{nearer(again)} of 3.",
)

# %% [markdown]
# Three kinds of chance: the length of a line is the choice of samples; the
# scatter of three lines is the seed of training, and more samples do not make
# that smaller; and another judge is another ruler. So compare under one
# judge, *seed by seed*: the mean of the three differences, give or take
# $4.30\, s / \sqrt 3$ (Student's factor for three). It is sure, at 95 %, if
# that does not reach 0.

# %%
home = judge.features(real[: 3 * n])  # all 2,000 at the lesson's budget
graded = {}
for name in fakes:
    graded[name] = [grade(made[: 3 * n], home) for made in fakes[name]]
columns = list(honest[0])  # the names of the metrics


def mean_of_seeds(name):
    return {m: sum(scores[m] for scores in graded[name]) / 3 for m in columns}

# %%
def gap(metric):  # (3,), by how much the DCGAN is better
    of_mlp = torch.tensor([scores[metric] for scores in graded["MLP"]])
    of_dcgan = torch.tensor([scores[metric] for scores in graded["DCGAN"]])
    if metric in LESS_IS_BETTER:
        return (of_mlp - of_dcgan).double()
    return (of_dcgan - of_mlp).double()


gain = {}
give = {}  # or take
for m in columns[:7]:  # memory and twins are alarms, not grades
    gain[m] = gap(m).mean().item()
    give[m] = 4.303 * gap(m).std().item() / 3**0.5

# %%
rows = {
    "unseen real": grade(unseen[: len(home)], home),
    "MLP": mean_of_seeds("MLP"),
    "DCGAN": mean_of_seeds("DCGAN"),
    "DCGAN better by": gain,
    "give or take": give,
}
sure = [m for m in gain if abs(gain[m]) > give[m]]
winner = "DCGAN" if gain["FD"] > 0 else "MLP"
show.table(
    rows,
    good={"DCGAN better by": sure},
    title=f"FD: {winner} better by {abs(gain['FD']):.1f} ± {give['FD']:.1f}",
    sentence="Means of three seeds, and the differences seed by seed; ● is "
    f"sure at 95 %: {', '.join(sure) or 'none'}. Below 0 the MLP is better.",
)

# %% [markdown]
# That is what an answer looks like: better *in what*, at which budget, by
# how much, over how many seeds. Where there is no ●, the honest answer is
# "we do not know yet". FD adds quality and variety up, so two generators may
# tie in it and differ in both: compare precision and recall. And look at the
# distance of both to the first row before you celebrate.

# %% [markdown] tags=["instructor"]
# > **For instructors.** Let the room vote on the rows of samples before the
# > scores appear, and write the votes down. Expect "the intervals do not
# > overlap, so it is better" from someone: ask what another seed would do.
# > With five seeds Student's factor falls from 4.30 to 2.78; that is the
# > cheapest way to a verdict.

# %% [markdown]
# ## Play the forger
# Real images with classes removed and stripes mixed in. Which scores fall
# when classes go missing? Which notice the stripes? Then put both back and
# change only the size: every image stays real. Which scores move all the
# same, and which of them *up*?

# %%
sources = torch.cat([unseen, stripes(200)])
source_features = judge.features(sources)
source_probabilities = judge.probabilities(sources)
kinds = torch.cat([unseen_y, torch.full((200,), 99)])  # 99: stripes


def chosen(classes, odd, size):  # their places in the sources
    stripes_first = torch.arange(len(unseen), len(unseen) + odd)
    allowed = (kinds < classes).nonzero()[:, 0]
    return torch.cat([stripes_first, allowed[: size - odd]])

# %%
def look(classes=10, striped=0, size=400):
    odd = size * striped // 100
    keep = chosen(classes, odd, size)
    scores = score(
        source_features[keep],
        source_probabilities[keep],
        reference[:400],
        train_features[:2000],
    )
    bars = ("precision", "recall", "coverage")
    shares = {m: scores.pop(m) for m in bars}
    others = [f"{m} {value:.3g}" for m, value in scores.items()]
    told = " · ".join([f"N {len(keep)}", *others])
    return show.playground(
        sources[keep],
        shares,
        told,
        sentence=f"{told}; {odd} of the images are stripes.",
    )

# %%
show.explore(look, classes=(1, 10), striped=(0, 25), size=(50, 800, 50))

# %% [markdown]
# ## Quiz
# 1. A paper reports FID 8 on 50,000 samples, you measure 11 on 5,000. Worse?
#    <details><summary>Answer</summary>Nobody can say: the bias falls like
#    1/<i>N</i>. Measure both at the same <i>N</i>, with the same network and
#    the same reference.</details>
# 2. Your KID is −0.002. Is that a bug?
#    <details><summary>Answer</summary>No. An estimate that is right on
#    average has to fall below a truth of 0 at times. One that never does has
#    a bias.</details>
# 3. Precision 0.9, recall 0.2. What do you see on the sheet?
#    <details><summary>Answer</summary>Good images of a few kinds: modes are
#    missing. The reverse pair is variety without quality.</details>
# 4. A generator's FD is as low as that of unseen real images. What do you
#    ask before you believe it?
#    <details><summary>Answer</summary>How near the fakes come to the
#    <i>training</i> images. Copies pass FD.</details>
# 5. The intervals of two generators do not overlap, for one seed each. Is
#    the method with the lower one better?
#    <details><summary>Answer</summary>That <i>network</i> is. For the method
#    you need several seeds: the interval over samples knows nothing of
#    training.</details>

# %% [markdown]
# ## Ledger
# | what we changed | what happened |
# |---|---|
# | 2,000 real images → the ten surest | IS prefers the ten |
# | FD at 100 → 2,000 images | the same truth, a fraction of the distance |
# | KID without its diagonal | to both sides of 0 at every $N$ |
# | fakes → copies of the training set | only *memory* notices |
# | digits → stripes | recall stays far above 0, coverage does not |
# | draws with → without replacement | the interval of KID holds the truth |
# | one run → three seeds | a verdict, or "we do not know" |
# | *your change* | *what you saw* |

# %% [markdown]
# ## In practice
# - A metric is as good as its features. Ours knows digits and nothing else.
#   What Inception sees of faces depends on ImageNet's classes (Kynkäänniemi
#   et al. 2023, below).
# - Your FD is not *the* FID: that name belongs to one network, with one way
#   of resizing, at 50,000 images.
# - Report $N$, the network, the reference set, the resizing of the images
#   and the seeds, or your number cannot be compared with any other.
# - Never choose the best checkpoint by the metric and then report the same
#   number: choose on one pile, report on another.
# - Seven metrics are seven chances to be lucky. Say beforehand which one
#   decides.
# - An interval over samples does not contain a bias, and eyes catch what no
#   metric was built for. Look at the sheets.

# %% [markdown]
# ## Further reading
# - [Heusel et al. 2017](https://arxiv.org/abs/1706.08500): FID, in the paper
#   that also brought two time scales (lesson 12).
# - [Bińkowski et al. 2018](https://arxiv.org/abs/1801.01401): KID, and why
#   FID has no unbiased estimate.
# - [Borji 2022](https://arxiv.org/abs/2103.09396): a survey of GAN metrics,
#   with what speaks for and against each.
# - [Kynkäänniemi et al. 2019](https://arxiv.org/abs/1904.06991): precision
#   and recall as you wrote them.
# - [Naeem et al. 2020](https://arxiv.org/abs/2002.09797): density and
#   coverage, and why outliers fool recall.
# - [Chong and Forsyth 2020](https://arxiv.org/abs/1911.07023): the bias of
#   FID depends on the generator too, so it does not cancel.
# - [Arora and Zhang 2017](https://arxiv.org/abs/1706.08224): the birthday
#   test, and what it found.
# - [Kynkäänniemi et al. 2023](https://arxiv.org/abs/2203.06026): how the
#   classes of ImageNet get into FID.
#
# Next: lesson 10 gives the two players other losses, and asks with such
# intervals whether anything changed.
