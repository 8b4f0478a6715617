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
# **What you'll do.** Write four of the field's metrics in a few lines each,
# cheat all of them, and then compare two GANs trained here.
#
# **What you'll learn**
# - *compute* Fréchet distance, KID, precision and recall from features;
# - *fool* each metric, so that you know what it cannot see;
# - *say* which of two generators is better, and how sure you are.
#
# **What you'll need.** Lessons 06 and 07. About 85 minutes of your time;
# {{minutes}} minutes of computing on 2 CPU cores. Works offline.

# %%
from gan_lessons import checks, cockpit, data, metrics
from gan_lessons import models, runtime, show, training
import copy
import time

import torch

device = runtime.start()

# %% [markdown]
# ## The knobs

# %% tags=["parameters"]
SEED = 0
batch_size = 64
latent_dim = 64  # length of the noise z
lr = 1e-3  # of both players
decay = 0.99  # of the generators' averages: the runs are short

# %% [markdown]
# The images, and how many of them and how many steps the budget allows:

# %%
images = data.strokes()  # or data.mnist(), data.petals()
judge_steps = runtime.budget(tiny=10, ci=150, lesson=600, full=2_000)
n = runtime.budget(tiny=100, ci=300, lesson=800, full=800)  # per impostor
mlp_steps = runtime.budget(tiny=2, ci=60, lesson=1_800, full=20_000)
dcgan_steps = runtime.budget(tiny=2, ci=20, lesson=620, full=7_000)

# %% [markdown]
# ## A judge
# In pixels every dot counts alike, be it part of a stroke or a speck. So
# every metric below asks a small classifier: the first for its probabilities,
# the others for its *features*, what it says to itself before it names the
# class. The field uses Inception, trained on ImageNet; ours is trained here,
# to tell the class and, like the reader of lesson 06, the known factors.
# `metrics.Judge` is three convolutions and a layer whose 64 numbers are the
# features.
#
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
piles = {"reference": real[:10], "unseen": unseen[:10], "train": train[:10]}
show.rows_of_images(piles, sentence="Ten images of each pile.")

# %%
known = {name: f[order][6000:] for name, f in images.factors.items()}
runtime.seed_everything(SEED)
judge = metrics.train_judge(
    train,
    train_y,
    known,
    steps=judge_steps,
    rng=runtime.generator(SEED),
)
named = judge.probabilities(unseen).argmax(dim=1)
right = (named == unseen_y).double().mean()
print(f"{right:.1%} of unseen images read right")

# %%
# what we claim: numbers below were measured with such a judge
checks.claim("the judge reads 98 % of unseen images right", right > 0.98)

# %% [markdown] predict={"picture": "ten", "words": ["surest"]}
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

# %% picture="ten"
likeliest = judge.probabilities(unseen).argmax(dim=0)  # of each class
ten = unseen[likeliest]  # (10, C, H, W)
is_of_reals = metrics.inception_score(judge.probabilities(real))
is_of_ten = metrics.inception_score(judge.probabilities(ten))
print(f"2,000 real images: {is_of_reals:.2f}, our ten: {is_of_ten:.2f}")

# %%
# what we claim
checks.claim("ten images beat the real ones in IS", is_of_ten > is_of_reals)

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
# No matrix root is needed: the trace of a root is the sum of the roots of the
# eigenvalues of $AB$. These are real and at least 0, though $AB$ is not
# symmetric: a product $XY$ has the eigenvalues of $YX$, so $A^{1/2} \cdot
# A^{1/2} B$ has those of $A^{1/2} B A^{1/2}$, a symmetric matrix that is
# nowhere negative. (With few samples some are 0 and come out as −1e-17.)
#
# ## ✏️ Exercise 1 · Two Gaussians
# *10 minutes · ●●○*
#
# Write it, for means $(d,)$ and covariances $(d, d)$.
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
# From here on your own formula measures, once it is ✓. (`checked` makes
# float64 of features, and refuses images and NaN.)

# %%
of_gaussians = checks.scoring.frechet.yours(metrics.frechet_gaussians)


def frechet_distance(real, fake):
    real, fake = metrics.checked(real, fake)
    found = of_gaussians(
        real.mean(0),
        real.T.cov(),
        fake.mean(0),
        fake.T.cov(),
    )
    return float(found)

# %% [markdown] predict={"picture": "bias", "words": ["fewer images"]}
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

# %% picture="bias"
sizes = (100, 200, 500, 1000, 2000)
bias = {
    f"{size:,}": real_against_real(frechet_distance, size) for size in sizes
}
means = {name: sum(values) / draws for name, values in bias.items()}
n_times_mean = [size * mean for size, mean in zip(sizes, means.values())]
least = min(n_times_mean)
most = max(n_times_mean)
show.bars(
    bias,
    ylabel="Fréchet distance",
    title=f"FD says {means['100']:.1f} at 100, {means['1,000']:.2f} at 1,000",
    sentence=f"Real images against others, {draws} draws of each number N of "
    f"images on a side. N times the mean stays between {least:.0f} and "
    f"{most:.0f}.",
)

# %%
# what we claim
checks.claim("N times the mean of FD hardly depends on N", most < 1.5 * least)

# %% [markdown]
# The fewer images, the larger the distance. Means and covariances are
# estimated, and on average their errors *add* to FD (the trace of the root is
# concave in $A$ and in $B$, and comes with a minus): a bias that falls like
# $1/N$. So compare at equal $N$. Your 11 at 1,000 against a paper's 8 at
# 50,000 says nothing. A *lower* FD at the *smaller* $N$ says more: *if* its
# bias is at least as large as the other's, it is, but for chance, the nearer
# one. An if, because the bias depends on the generator too (Chong and
# Forsyth, below); so it does not quite cancel even at equal $N$.
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
# The same trial with KID:

# %%
no_bias = {f"{size:,}": real_against_real(metrics.kid, size) for size in sizes}
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
share = sum(below) / len(below)
checks.claim("KID errs to both sides of 0", 0.2 < share < 0.8)

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
# Write both, for features of $N$ reals and $M$ fakes, and return two numbers,
# precision first. The border belongs to the ball.
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
# *Coverage*, a later answer to recall's question, uses the balls of the
# *reals* only: $r_i$ reaches from the real sample $x_i$ to its fifth neighbor
# among the reals, and
#
# $$\mathrm{coverage} = \frac1N \sum_{i=1}^N
# \big[\,\min_j \lVert x_i - y_j \rVert \le r_i\,\big],$$
#
# the share of real balls that hold a fake $y_j$. Watch what that changes.
#
# ## Seven impostors
# Now cheat. None of these seven is a generator; the first shows real images
# nobody has seen, so it is as good as anyone can be. (How stripes are drawn is
# folded.)

# %% tags=["folded"]
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
# Twelve of each, and two scores of the last one. (Of “5 % stripes” you see
# the place where the stripes begin, hence six.) Precision and recall are
# yours, once they are ✓:

# %%
def of_the_course(real, fake, k):
    return metrics.precision_recall(real, fake, k=k)


good_and_found = checks.scoring.precision_recall.yours(of_the_course)
reference = judge.features(real[:n])
nonsense = judge.features(impostors["only stripes"])
_, recall = good_and_found(*metrics.checked(reference, nonsense), 3)
_, coverage = metrics.density_coverage(reference, nonsense)
wide = metrics.radii(nonsense, 3).median()
wider = wide / metrics.radii(reference, 3).median()

# %%
start = n - few  # of the 5 %
rows = {}
for name, fakes in impostors.items():
    rows[name] = fakes[start - 6 : start + 6]
show.rows_of_images(
    rows,
    sentence=f"Nothing but stripes: recall {float(recall):.2f}, "
    f"coverage {coverage:.2f}, balls {wider:.1f} times as wide.",
)

# %%
# what we claim
checks.claim("stripes fool recall", recall > 10 * coverage)
checks.claim("their balls are wider than those of the reals", wider > 1)

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

# %% [markdown] predict={"picture": "cheats", "words": ["slip past"]}
# ## Who falls for whom
# Two more columns. *Classifier*: half of the reals and fakes are known with
# their labels, and each of the rest goes with the majority of its nearest
# neighbors among them; an accuracy of ½ means that no difference was found
# (the two-sample test of Lopez-Paz and Oquab). *Twins*: pairs of fakes that
# are nearer to each other than *any* two of as many real images. Like people
# who share a birthday, twins tell how many different images there are: about
# $N(N-1)/2$ over their number (Arora and Zhang).
#
# What counts as good? What real images get: a score passes if it is as good
# as the worst of nineteen draws of unseen reals. So in each column a perfect
# generator fails once in twenty. (*Memory* and *twins* are alarms: memory
# rings where fakes come too near, and passes what lies far from everything.)
# **Decide for each of the others:** which metric will fall for it?

# %%
def score(features, probabilities, real, past):  # past: of the training set
    precision, recall = metrics.precision_recall(real, features)
    _, coverage = metrics.density_coverage(real, features)
    rng = runtime.generator(0)
    accuracy, _ = metrics.classifier_test(real, features, rng=rng)
    closest = torch.pdist(real.double()).min()  # of two real images
    twins, _ = metrics.birthday(features, twin=closest)
    return {
        "IS": metrics.inception_score(probabilities),
        "FD": frechet_distance(real, features),
        "KID": metrics.kid(real, features),
        "coverage": coverage,
        "precision": precision,
        "recall": recall,
        "classifier": accuracy,
        "memory": metrics.memorization_ratio(features, past, real),
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

# %% picture="cheats"
of_ten = judge.features(impostors["one each"])
_, worth = metrics.birthday(of_ten, twin=1e-3)
blind = set()  # the metrics that a cheat passes
for name, metrics_passed in passed.items():
    if name != "unseen real":
        blind.update(metrics_passed)
show.table(
    table,
    good=passed,
    title=f"{len(blind)} of 9 metrics have a blind spot",
    sentence="● passes: no worse than the worst of 19 draws of real images; "
    "for memory: no nearer to the training set. Twins say that "
    f"“one each” has {worth:.0f} images. “5 % stripes” passes in: "
    f"{', '.join(passed['5 % stripes'])}.",
)

# %%
# what we claim
checks.claim("twins count the ten images of “one each”", round(worth) == 10)
checks.claim(
    "copies pass FD and KID, and memory knows them",
    {"FD", "KID"} <= set(passed["copies"])
    and "memory" not in passed["copies"],
)
checks.claim(
    "precision does not miss the missing classes",
    "precision" in passed["few classes"],
)
checks.claim(
    "recall does not mind torn digits", "recall" in passed["torn in two"]
)
checks.claim(
    "FD and KID catch 5 % of stripes",
    not {"FD", "KID"} & set(passed["5 % stripes"]),
)

# %% [markdown]
# Read it by rows: who passes where? Read it by columns: a metric with a ●
# below the first line can be had. Copies pass FD and KID, the field's
# favorites; *memory* knows them, with a ratio of 0. Precision does not miss
# the missing classes, recall does not mind torn digits, and the line below the
# table says what 5 % of stripes slip past. FD and KID catch those. Where a
# score is close to its bar, other draws may decide otherwise. “Few classes”
# *are* unseen images: in the run that we kept memory gives them 0.988 and no
# ●, which is chance. No metric replaces the others.
#
# ## An interval, or no number
# Score other fakes of the same generator and the number moves. How far? Take
# the metric on random *halves*: a half drawn without replacement scatters
# around the whole as the whole scatters around the truth. Ours,
# `metrics.interval`, takes 40 halves, and 1.96 of their standard deviations
# to both sides. It is an interval for the value *at this $N$*: of FD's bias
# it knows nothing, and nothing of training.

# %% [markdown] predict={"picture": "verdict", "words": ["higher precision"]}
# ## Two generators
# The networks of lessons 06 and 07, an MLP and a DCGAN, three seeds each, for
# roughly the same *seconds*: a step of the DCGAN costs more, so it gets
# fewer. The rest is equal: batches of 64, 64 numbers of noise, one learning
# rate for all. Each might like others (lesson 07 found some for its own).
# **Predict** the winner, and in which metric it wins. FD is to decide, or
# nothing is decided, and we say so beforehand; the other metrics explain. (The
# networks, their optimizers and how they are sampled are folded.)

# %% tags=["folded"]
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

# %% tags=["folded"]
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
# Six runs, with a clock beside each; a run's row appears when it is done. They
# take some minutes; meanwhile look at the table once more: which column would
# you let decide between two generators, and what would that one not see?

# %%
plans = {"MLP": (mlp, mlp_steps), "DCGAN": (dcgan, dcgan_steps)}
fakes = {name: [] for name in plans}
spent = {name: [] for name in plans}  # seconds


def so_far():  # a row of samples for each run that is done
    rows = {}
    for name, of_seeds in fakes.items():
        for seed, made in enumerate(of_seeds):
            rows[f"{name} {seed}"] = made[:12]
    clocks = [
        f"{name}: {plans[name][1]:,} steps, {min(s):.0f} to {max(s):.0f} s"
        for name, s in spent.items()
        if s
    ]
    return show.rows_of_images(
        rows,
        sentence="Twelve samples of every run, not chosen. "
        f"{'; '.join(clocks)}. Which rows would you take? Decide before you "
        "score.",
    )

# %%
page = cockpit.Page()
runs = [(name, seed) for seed in range(3) for name in plans]
for name, seed in cockpit.progress(runs):
    build, steps = plans[name]
    started = time.perf_counter()
    fakes[name].append(samples_of(play(build, steps, seed)))
    spent[name].append(time.perf_counter() - started)
    page.show(so_far())

# %% [markdown]
# If your seconds are far from equal, turn the knob `dcgan_steps`: what a
# convolution costs depends on the machine, and on what else it is doing.
#
# Now the number that everybody reports, with its interval: 2,000 fakes
# against the 2,000 images of the reference.

# %%
def fd(images):
    return metrics.interval(
        frechet_distance,
        judge.features(real),
        judge.features(images),
        rng=runtime.generator(SEED),
        rounds=runtime.budget(tiny=2, ci=20, lesson=40, full=40),
    )


found = {}
for name in fakes:
    found[name] = [fd(made) for made in fakes[name]]

# %%
pairs = zip(found["MLP"], found["DCGAN"])
nearer = sum(of_mlp.value > of_dcgan.value for of_mlp, of_dcgan in pairs)
show.intervals(
    {"unseen real": [fd(unseen[:2000])], **found},
    xlabel="Fréchet distance, less is better",
    title=f"The DCGAN is nearer to the real images in {nearer} of 3 seeds",
    sentence="A line is one trained generator, its interval over samples; in "
    "each group seeds 0, 1, 2 from the top.",
)

# %% [markdown]
# Two kinds of chance: the length of a line is the choice of samples; the
# scatter of three lines is the seed of training, and more samples do not make
# that smaller. So compare *seed by seed*: the mean of the three differences,
# give or take $4.30\, s / \sqrt 3$ (Student's factor for three). It is sure,
# at 95 %, if that does not reach 0.
#
# Why may runs be paired that share no weights? The interval asks only that
# one *pair* does not depend on another. Within a pair anything may be shared;
# here it is the order of the data. The more luck two runs share, the less
# their differences scatter; if they share none, nothing is lost but two
# degrees of freedom. (What all six share, judge, reference and the $z$ of the
# samples, is the ruler: its own chance is not in this interval.)

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

# %% picture="verdict"
rows = {
    "unseen real": grade(unseen[: len(home)], home),
    "MLP": mean_of_seeds("MLP"),
    "DCGAN": mean_of_seeds("DCGAN"),
    "DCGAN better by": gain,
    "give or take": give,
}
sure = [m for m in gain if abs(gain[m]) > give[m]]
better = "DCGAN" if gain["FD"] > 0 else "MLP"
verdict = f"the {better} is better" if "FD" in sure else "no verdict"
show.table(
    rows,
    good={"DCGAN better by": sure},
    title=f"FD: {verdict}, {gain['FD']:+.1f} ± {give['FD']:.1f}",
    sentence="Means of three seeds, and the differences seed by seed; ● is "
    f"sure at 95 %: {', '.join(sure) or 'none'}. Below 0 the MLP is better.",
)

# %% [markdown]
# That is what an answer looks like: a difference, its give or take, over three
# seeds, and ● where it is sure. FD was to decide. Without a ● it does not, and
# the honest answer is "we do not know yet". FD adds quality and variety up, so
# two generators may tie in it and differ in both: compare precision and
# recall.
#
# And the rows that you would have taken? In this run the *speckled* digits of
# the MLP have the higher precision, and hardly any recall: to the judge they
# are near the data and near each other. The DCGAN's strokes are clean and
# varied, and often bent into digits that nobody writes. Whoever chose by clean
# strokes chose against precision. And look at the distance of both to the
# first row before you celebrate.

# %% [markdown] tags=["instructor"]
# > **For instructors.** Let the room vote on the rows of samples before the
# > scores appear, and write the votes down. Expect "the intervals do not
# > overlap, so it is better" from someone: ask what another seed would do.
# > With five seeds Student's factor falls from 4.30 to 2.78; that is the
# > cheapest way to a verdict.

# %% [markdown] predict={"picture": "sizes", "words": ["wider balls"]}
# ## Play the forger
# Real images with classes removed and stripes mixed in: see the table above
# come about, class by class and stripe by stripe. Then put both back and
# change only the number of images: every image stays real. **Predict:** which
# scores move all the same, and which of them *up*? (The plumbing is folded.)

# %% tags=["folded"]
sources = torch.cat([unseen, stripes(200)])
source_features = judge.features(sources)
source_probabilities = judge.probabilities(sources)
kinds = torch.cat([unseen_y, torch.full((200,), 99)])  # 99: stripes


def chosen(classes, odd, size):  # their places in the sources
    stripes_first = torch.arange(len(unseen), len(unseen) + odd)
    allowed = (kinds < classes).nonzero()[:, 0]
    return torch.cat([stripes_first, allowed[: size - odd]])


def forged(keep):
    return score(
        source_features[keep],
        source_probabilities[keep],
        reference[:400],
        train_features[:2000],
    )

# %% tags=["folded"]
def look(classes=10, striped=0, size=400):
    odd = size * striped // 100
    keep = chosen(classes, odd, size)
    scores = forged(keep)
    bars = ("precision", "recall", "coverage")
    shares = {m: scores.pop(m) for m in bars}
    others = [f"{m} {value:.3g}" for m, value in scores.items()]
    return show.playground(
        sources[keep],
        shares,
        " · ".join([f"N {len(keep)}", *others]),
        sentence=f"{len(keep)} images, {odd} of them stripes.",
    )

# %%
words = {
    "classes": "classes left",
    "striped": "striped, in %",
    "size": "number of images",
}
show.explore(
    look,
    labels=words,
    classes=(1, 10),
    striped=(0, 25),
    size=(50, 800, 50),
)

# %% [markdown]
# All classes, no stripes, two sizes:

# %% picture="sizes"
at_50 = forged(chosen(10, 0, 50))
at_400 = forged(chosen(10, 0, 400))
for m in at_50:
    print(f"{m:>10}: {at_50[m]:8.3g} at 50, {at_400[m]:8.3g} at 400")

# %%
# what we claim
checks.claim("FD is larger at 50 images", at_50["FD"] > at_400["FD"])
checks.claim("recall is, too", at_50["recall"] > at_400["recall"])
checks.claim(
    "coverage is smaller there", at_50["coverage"] < at_400["coverage"]
)

# %% [markdown]
# FD goes up, by its bias. So does recall, and that looks like praise: the
# fewer fakes, the farther the third neighbor, and wider balls hold more of
# the reals. Coverage keeps the balls and loses fakes to fill them. IS goes
# down: in fifty images the ten classes are seldom equally many.

# %% [markdown]
# ## Quiz
# 1. A paper reports FID 8 on 50,000 samples, you measure 11 on 5,000. Worse?
#    And if you measure 7?
#    <details><summary>Answer</summary>11: nobody can say, the bias falls like
#    1/<i>N</i>. 7, with the same network and reference: yours is nearer, but
#    for chance, <i>if</i> your bias is not smaller than theirs. At a tenth of
#    the images that is likely, not certain: it depends on the generator too.
#    Measure both at the same <i>N</i>.</details>
# 2. Your KID is −0.002. Is that a bug?
#    <details><summary>Answer</summary>No. An estimate that is right on
#    average has to fall below a truth of 0 at times. (A bootstrap, which
#    draws <i>with</i> replacement, would undo that: its copies meet
#    themselves, and the diagonal is back. Hence the halves.)</details>
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
# | KID without its diagonal | to both sides of 0 |
# | fakes → copies of the training set | FD, KID and recall do not notice, *memory* does |
# | digits → stripes | recall stays far above 0, coverage does not |
# | 400 real images → 50 | FD *and* recall go up |
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
# - [Lopez-Paz and Oquab 2017](https://arxiv.org/abs/1610.06545): the
#   classifier two-sample test, and what its accuracy proves.
# - [Arora and Zhang 2017](https://arxiv.org/abs/1706.08224): the birthday
#   test, and what it found.
# - [Kynkäänniemi et al. 2023](https://arxiv.org/abs/2203.06026): how the
#   classes of ImageNet get into FID.
#
# Next: lesson 10 gives the two players other losses, and asks with such
# intervals whether anything changed.
