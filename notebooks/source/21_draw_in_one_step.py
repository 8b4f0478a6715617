# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 21 · Draw in one step
#
# The largest image generators of today walk from noise to a picture in dozens
# of calls of a network. A GAN has always made one. Can one call do what
# thirty-two do?
#
# **What you'll do.** Train a teacher that needs 32 calls, then students that
# make one: by copying it, by lesson 12's game, and by that game with one term
# more. Then ask two seeds whether they have learned the same map.
#
# **What you'll learn**
# - *write* a flow's sampler, and say why one call of it is not enough;
# - *measure* what a map pays beside the cheapest one there is;
# - *steer* the game, which cannot see the map, with a toll on transport.
#
# **What you'll need.** Lessons 04, 10, 11 and 12. About 85 minutes of your
# time; {{minutes}} minutes of computing on 2 CPU cores.

# %%
from gan_lessons import checks, cockpit, data, losses, metrics, models
from gan_lessons import runtime, show, training, transport
import copy
import itertools
import math
import time

import torch
from torch import nn

device = runtime.start(threads=1)  # small networks

# %% [markdown]
# ## The knobs

# %% tags=["parameters"]
width = 128  # of three hidden layers
batch_size = 256
decay = 0.995  # of the averages
lr = 6e-3  # of both players
gamma = 0.05  # of R1 and R2
fade = 0.004  # the share of gamma that is left at the end

# %% [markdown]
# What depends on your time budget:

# %%
seeds = range(runtime.budget(tiny=2, ci=2, lesson=3, full=5))
flow_steps = runtime.budget(tiny=20, ci=100, lesson=3_000, full=3_000)
copy_steps = runtime.budget(tiny=20, ci=60, lesson=2_000, full=2_000)
steps = runtime.budget(tiny=20, ci=60, lesson=3_000, full=3_000)  # of a game
paired = runtime.budget(tiny=32, ci=64, lesson=256, full=256)  # for a plan

# %% [markdown]
# Lesson 12's nets, noise and rates on the ring of eight, every seed beside the
# others, folded. All places are in units in which the data have a standard
# deviation of 1.

# %% tags=["folded"]
ring = data.ring()
unit = ring.x.std()


class Waves(nn.Module):
    def forward(self, x):  # (…, 2)
        parts = [x]
        for frequency in (2, 4):
            parts.append(torch.sin(frequency * x))
            parts.append(torch.cos(frequency * x))
        return torch.cat(parts, dim=-1)  # (…, 10)


class PlaceAndTime(nn.Module):
    def __init__(self):
        super().__init__()
        self.waves = Waves()

    def forward(self, both):  # (…, 3)
        t = both[..., 2:]
        parts = [self.waves(both[..., :2]), t]
        for frequency in (3, 6, 12):
            parts.append(torch.sin(frequency * t))
            parts.append(torch.cos(frequency * t))
        return torch.cat(parts, dim=-1)  # (…, 17)


def layers(first, last):
    net = []
    for inputs, outputs in itertools.pairwise([first, *3 * [width], last]):
        layer = nn.Linear(inputs, outputs)
        nn.init.kaiming_normal_(layer.weight)
        net += [layer, nn.ReLU()]
    return net[:-1]


def a_net_for_each_seed(make):
    nets = []
    for seed in seeds:
        runtime.seed_everything(seed)
        nets.append(nn.Sequential(*make()))
    return models.stack(nets).to(device)

# %% tags=["folded"]
def streams():
    x = (ring.x / unit).to(device)
    real, z = [], []
    for seed in seeds:
        rng = runtime.generator(seed)
        real.append(data.batches(x, batch_size, rng=rng))
        rng = runtime.generator(1_000 + seed, device)
        z.append(training.noise(batch_size, 2, rng=rng))
    return training.side_by_side(real), training.side_by_side(z)


def twentieths(steps):  # of a run, with a bar
    for part in cockpit.progress(range(20), unit="twentieth"):
        yield range(part * steps // 20, (part + 1) * steps // 20)

# %% [markdown]
# ## A path for every pair
# Draw some noise $z$ and, whatever it is, some real $x$. Join them by a
# straight path, $x_t=(1-t)z+tx$: noise at $t=0$, data at $t=1$. At each place
# many such paths cross, on their way to different ends. A network sees place
# and time alone, and is asked **where the path will end**. Its best answer is
# the mean of all the ends that are still possible,
#
# $$f(x_t,t)=\mathbb E[x\mid x_t,t].$$
#
# Whoever stands at $x_t$ and goes toward that mean has $1-t$ of the time
# left, so goes with the velocity $\big(f(x_t,t)-x_t\big)/(1-t)$. A cloud that
# follows these mean velocities from $t=0$ on arrives as the data: this is
# **flow matching** (Lipman et al. 2022). Lesson 19 compares it with GAN and
# VAE on one budget; here it is the teacher. All of it is eight lines:

# %%
def ends(net, x, t):  # where the paths end that are at x at time t
    t = torch.as_tensor(t, dtype=x.dtype, device=x.device)
    t = t.expand(*x.shape[:-1], 1)
    return net(torch.cat([x, t], dim=-1))  # (seeds, B, 2)


def flow_loss(net, x, z):
    t = torch.rand(*x.shape[:-1], 1, device=x.device)
    place = (1 - t) * z + t * x
    off = (ends(net, place, t) - x) / (1 - t).clamp_min(0.05)
    return off.square().sum(-1).mean(1)  # (seeds,): error of the velocity

# %% [markdown]
# Trained like any net, all seeds at once; what is averaged and how the rate
# falls is lesson 04's:

# %%
def fit(net, loss_of, steps, lr):
    average = copy.deepcopy(net)
    opt = torch.optim.Adam(
        net.parameters(), lr=lr, betas=(0.9, 0.99), fused=True
    )
    falling = training.falling_lr(opt, steps)
    for part in twentieths(steps):
        for _ in part:
            loss = loss_of(net).sum()  # no seed sees another
            opt.zero_grad()
            loss.backward()
            opt.step()
            falling.step()
            models.update_average(average, net, decay=decay)
    return average.requires_grad_(False)

# %%
def train_teacher():
    real, noise = streams()
    net = a_net_for_each_seed(lambda: [PlaceAndTime(), *layers(17, 2)])
    return fit(
        net,
        lambda net: flow_loss(net, next(real), next(noise)),
        flow_steps,
        3e-3,
    )


seconds = {}  # that each took to train
started = time.perf_counter()
teacher = train_teacher()
seconds["teacher"] = time.perf_counter() - started

# %% [markdown]
# ## ✏️ Exercise 1 · Walk to the data
# *12 minutes · ●●○*
#
# `end(x, t)` says, for places `x` and a time `t` (one number from 0 up to
# but not including 1), where the paths will end. Walk from the noise `z` at
# $t=0$ to $t=1$ in `calls` equal steps, with one call of `end` each, and
# return where you arrive. What does a step need that `end` does not say?
#
# {{hints one_step.walk}}

# %% tags=["exercise"]
def my_walk(end, z, calls):
    # BEGIN SOLUTION
    x = z
    for i in range(calls):
        t = i / calls
        velocity = (end(x, t) - x) / (1 - t)
        x = x + velocity / calls
    return x
    # END SOLUTION


checks.one_step.walk(my_walk)

# %% [markdown] tags=["instructor"]
# > **For instructors.** Some will write $(f-x)/(n-i)$ at once: the share of
# > the way that is left. Let them say why the last step lands *on* $f$.

# %% tags=["folded"]
def course_walk(end, z, calls):
    for i in range(calls):
        z = z + (end(z, i / calls) - z) / (calls - i)
    return z

# %% [markdown] predict={"picture": "calls", "words": ["in the middle", "the mean of all", "one spot", "middle of the ring"]}
# Your walk takes the teacher for a walk. Each point has the color of the
# *place where it came from*. Some have a black rim, and on the right a line
# leads to them from their start; circles mark the modes. **Predict:** with
# *one* call, asked at $t=0$, where do all these points arrive? Then move the
# slider: how many calls does this teacher need?

# %%
walk = checks.one_step.walk.yours(course_walk)


def draw_teacher(z, calls):  # z: (seeds, B, 2)
    with torch.no_grad():
        return walk(lambda x, t: ends(teacher, x, t), z, calls)


common_z = torch.randn(10_000, 2, generator=runtime.generator(7))
for_all = common_z.expand(len(seeds), -1, -1).to(device)  # one z, all seeds

# %% picture="calls"
def a_walk(calls=1, seed=0):
    y = draw_teacher(for_all[:, :2_000], calls)[seed].cpu()
    share = metrics.high_quality_share(unit * y, ring.centers, ring.sigma)
    z = common_z[:2_000]
    return show.origins(
        [("z, at t = 0", z, z), (f"calls: {calls}", z, y)],
        centers=ring.centers / unit,
        columns=2,
        ways=24,
        limit=2.6,
        size=3.0,
        sentence=f"Seed {seed}, {calls} calls: {share:.0%} of the points "
        "within 3 σ of a mode (of real points 98.9 %).",
    )


show.explore(a_walk, calls=[1, 2, 4, 8, 16, 32], seed=list(seeds))

# %% [markdown]
# One call puts everything in the middle of the ring. At $t=0$ the place is
# pure noise and tells nothing of the end, so the best answer is the mean of
# all data, where none are. Only later, when the paths have begun to part, do
# the answers differ. Each call bends the path a little; with few calls the
# bends are missed.

# %%
def judged(y):  # (seeds, 10 000, 2)
    numbers = {"modes": [], "share": [], "far": []}
    for one in unit * y.cpu():
        truth = ring.centers, ring.sigma
        numbers["modes"].append(metrics.modes_covered(one, *truth))
        numbers["share"].append(metrics.high_quality_share(one, *truth))
        far = metrics.energy_distance(ring.x[-2_500:], one[:2_500])
        numbers["far"].append(far)
    return numbers


by_calls = {n: judged(draw_teacher(for_all, n)) for n in (1, 2, 4, 8, 16, 32)}
for n, numbers in by_calls.items():
    shares = ", ".join(f"{share:.1%}" for share in numbers["share"])
    print(f"{n:2} calls: modes {numbers['modes']}, within 3 σ {shares}")

# %%
# what we claim
checks.claim("one call finds no mode", max(by_calls[1]["modes"]) == 0)
checks.claim(
    "32 calls find all eight, with 95 % or more within 3 σ, in every seed",
    min(by_calls[32]["modes"]) == 8 and min(by_calls[32]["share"]) >= 0.95,
)

# %% [markdown]
# ## What a map pays
# Teacher and $G$ alike are **maps**: each $z$ goes to one $y=G(z)$. Let a map
# pay for its ways, squared: $\mathbb E\|G(z)-z\|^2$. How much *must* it pay?
# Take a batch of $z$ and where they went, forget who went where, and let
# lesson 11's solver pair the same points anew, one to one, as cheaply as
# possible.
#
# ## ✏️ Exercise 2 · Cost over the cheapest
# *12 minutes · ●●○*
#
# Return how many times as much the map pays as that cheapest pairing: row $i$
# of `y` is where row $i$ of `z` went. `transport.assignment(cost)` takes a
# NumPy array (N, N) and returns `pairs, u, v`, where row `i` gets column
# `pairs[i]`. `transport.w1` is of no help here: why?
#
# {{hints one_step.over_cheapest}}

# %% tags=["exercise"]
def my_over_cheapest(z, y):
    # BEGIN SOLUTION
    cost = torch.cdist(z, y).square().numpy()
    pairs = transport.assignment(cost)[0]
    return cost.diagonal().mean() / cost[range(len(cost)), pairs].mean()
    # END SOLUTION


checks.one_step.over_cheapest(my_over_cheapest)

# %% [markdown] predict={"picture": "turned", "words": ["only the cost", "cannot see", "is blind", "stays the same", "D never sees"]}
# Yours judges from here on. Now a thought that this lesson hangs on. Take a
# perfect map $G$, and *turn the noise* before it gets it: $G(Rz)$, with $R$
# a turn by some angle. Noise $\mathcal N(0,I)$ is round. **Predict:** which of
# these change with the angle: the cloud of fakes, the share within 3 σ, $D$'s
# loss, what the map pays?

# %%
over_cheapest = checks.one_step.over_cheapest.yours(transport.over_cheapest)


def turned(z, degrees):
    angle = math.radians(degrees)
    cos, sin = math.cos(angle), math.sin(angle)
    return z @ torch.tensor([[cos, sin], [-sin, cos]])

# %% picture="turned"
few = common_z[:paired]
angles = torch.arange(0, 361, 30)
pays, share = [], []
for degrees in angles.tolist():
    z = turned(common_z[:1_000], degrees).expand(len(seeds), -1, -1)
    y = draw_teacher(z.to(device), 32)[0].cpu()
    pays.append(float(over_cheapest(few, y[:paired])))
    share.append(
        metrics.high_quality_share(unit * y, ring.centers, ring.sigma)
    )
show.lines(
    angles,
    {
        "what the map pays over the cheapest": torch.tensor(pays),
        "share within 3 σ": torch.tensor(share),
    },
    xlabel="turn of the noise, in degrees",
    ylim=(0, 1.5 * max(pays)),
    title=f"{min(pays):.2f} to {max(pays):.1f} times the cheapest, "
    f"share {min(share):.0%} to {max(share):.0%}",
    sentence="One teacher behind noise that is turned: its cost and its "
    "quality.",
)

# %% [markdown]
# The cloud is the same cloud at every angle, for turned noise is noise. So is
# the share, and so is every loss of a $D$, which sees $G(z)$ and never $z$.
# What the map pays is all that moves, by a factor of more than eight. **The
# game cannot see the map.** It has a whole family of equally good solutions,
# and which one it ends at, its first weights and its noise decide.
#
# The teacher's own map, at 0 degrees, is nearly the cheapest. (That is so on
# this set. No theorem says that a flow's map is the cheapest, and it need not
# be.)

# %%
# what we claim
checks.claim("unturned, the teacher pays at most 1.1 times", pays[0] < 1.1)
checks.claim("turned, it pays up to 8 times or more", max(pays) > 8)
checks.claim(
    "its share moves by less than 3 points", max(share) - min(share) < 0.03
)

# %% [markdown]
# ## Student 1: copy the answers
# A student makes one call. The plainest way: let the teacher answer 20,000
# noises once, in 32 calls each, and fit a net of the same size to the pairs,
# $\mathbb E\|G(z)-y\|^2$.

# %%
def copy_the_teacher():
    z = []
    for seed in seeds:
        rng = runtime.generator(3_000 + seed)
        z.append(torch.randn(20_000, 2, generator=rng))
    z = torch.stack(z).to(device)
    y = draw_teacher(z, 32)
    rng = runtime.generator(0)

    def squared_error(net):
        rows = torch.randint(len(z[0]), (batch_size,), generator=rng)
        return (net(z[:, rows]) - y[:, rows]).square().sum(-1).mean(1)

    net = a_net_for_each_seed(lambda: layers(2, 2))
    return fit(net, squared_error, copy_steps, lr)


students = {}
started = time.perf_counter()
students["copy"] = copy_the_teacher()
seconds["copy"] = time.perf_counter() - started

# %% [markdown]
# ## Student 2: the game, and one term more
# The game needs no teacher. Lesson 12's, to the letter: pairs, R1 and R2 at
# every fourth step, falling rates, an average. And then the same with a
# **toll** for $G$,
#
# $$L_G+\lambda\,\mathbb E\|G(z)-z\|^2.$$
#
# Among all the maps that please $D$ it makes the cheapest the best. But it
# has a price of its own: it pulls $G(z)$ toward $z$, away from the data. So
# $\lambda$ falls to 0, and what is left at the end is the game alone. These
# are **adversarial flow models** (Lin et al. 2025), in the plane.
#
# ## ✏️ Exercise 3 · A toll on transport
# *10 minutes · ●●○*
#
# Return $\lambda\,\mathbb E\|y-z\|^2$ for points and for images, (B, …).
# `done` is the share of the steps that are done: $\lambda$ is 0.3 at the
# start, falls in a straight line to 0 at *half* of the steps, and stays
# there. Would a batch pay in which every sample changes places with another?
#
# {{hints one_step.toll}}

# %% tags=["exercise"]
def my_toll(z, y, done):
    # BEGIN SOLUTION
    weight = 0.3 * max(0.0, 1 - 2 * done)
    return weight * (y - z).flatten(1).square().sum(1).mean()
    # END SOLUTION


checks.one_step.toll(my_toll)

# %% [markdown]
# The whole game, with your toll where it is asked for:

# %%
def course_toll(z, y, done):
    return 0.3 * max(0.0, 1 - 2 * done) * transport.cost(z, y)


toll = checks.one_step.toll.yours(course_toll)


def each(loss, on_real, on_fake):  # of every seed: (seeds,)
    return torch.vmap(loss)(on_real, on_fake)


def adam(net):
    return torch.optim.Adam(
        net.parameters(), lr=lr, betas=(0.5, 0.99), fused=True
    )

# %%
def play(G, tolled):
    D = a_net_for_each_seed(lambda: [Waves(), *layers(10, 1), nn.Flatten(0)])
    opt_g, opt_d = adam(G), adam(D)
    falling = [training.falling_lr(opt, steps) for opt in (opt_g, opt_d)]
    average, way = copy.deepcopy(G), []
    real, noise = streams()
    for part in twentieths(steps):
        for step in part:
            x, z = next(real), next(noise)
            play_step(G, D, opt_g, opt_d, x, z, step, tolled)
            for rate in falling:
                rate.step()
            models.update_average(average, G, decay=decay)
        with torch.no_grad():
            way.append(unit * average(for_all[:, :2_000]).cpu())
    return average.requires_grad_(False), way

# %%
def play_step(G, D, opt_g, opt_d, x, z, step, tolled):
    done = step / steps
    y = G(z)

    # 1 · the discriminator, as in lesson 12
    loss_d = each(losses.relativistic_d, D(x), D(y.detach()))
    if step % 4 == 0:
        left = gamma * fade ** max(0.0, 2 * done - 1)
        steep = training.steepness(D, x) + training.steepness(D, y)
        loss_d = loss_d + 4 * left / 2 * steep
    opt_d.zero_grad()
    loss_d.sum().backward()
    opt_d.step()

    # 2 · the generator, and one term more
    with training.frozen(D):
        loss_g = each(losses.relativistic_g, D(x), D(y)).sum()
        if tolled:
            loss_g = loss_g + sum(toll(*one, done) for one in zip(z, y))
        opt_g.zero_grad()
        loss_g.backward()
        opt_g.step()

# %%
def train(name, tolled, prepare=lambda net: net):
    started = time.perf_counter()
    G = prepare(a_net_for_each_seed(lambda: layers(2, 2)))
    students[name], ways[name] = play(G, tolled)
    seconds[name] = time.perf_counter() - started


ways = {}  # clouds after every twentieth
train("game", tolled=False)
train("game + toll", tolled=True)

# %% [markdown] predict={"picture": "maps", "words": ["the same wheel", "same colors", "another angle", "turned or mirrored", "mirrors"]}
# ## The same map?
# Below, every point again has the color of where it came from: two seeds, one
# above the other. In the first column the noise itself and, below it, an
# exact plan: a batch of noise that lesson 11's solver has paired with real
# points, as cheaply as can be. **Predict:** in which columns do both seeds put
# the colors in the same order? And which seed of which column looks like the
# plan?

# %% picture="maps"
clouds = {"teacher": draw_teacher(for_all, 32).cpu()}  # (seeds, 10 000, 2)
for name, student in students.items():
    clouds[name] = student(for_all).cpu()


def a_plan():
    real = ring.x[:paired] / unit
    cost = torch.cdist(few, real).square().numpy()
    return real[torch.as_tensor(transport.assignment(cost)[0])]


def two_seeds(names, first):
    panels = []
    for seed, (title, z, y) in enumerate(first):
        panels.append((title, z, y))
        for name in names:
            y = clouds[name][seed, :1_500]
            panels.append((f"{name}, seed {seed}", common_z[:1_500], y))
    return panels


z = common_z[:1_500]
show.origins(
    two_seeds(
        ["teacher", "copy", "game", "game + toll"],
        [("noise", z, z), ("exact plan", few, a_plan())],
    ),
    ways=16,
    limit=2.4,
    sentence="Where the points of each color arrive; lines join some with "
    "their starts.",
)

# %% [markdown]
# Teacher, copy and the game with its toll have the same wheel of colors in
# both seeds, and it is the plan's: most samples go to the mode that is nearest
# to them. The game alone has all colors, in an order of its own in each seed,
# and lines that cross; by luck one seed may come near the plan. One term of
# one line has made *the* map out of *a* map.
#
# In numbers, for all seeds. *Same* is the share of all noises that arrive at
# the same mode in two seeds, a number for each pair of seeds; by chance it
# would be 12.5 %. *Near* is the share that arrives at the mode nearest to its
# noise.

# %%
def measured(name):
    y = clouds[name]
    numbers = judged(y)
    pays = [float(over_cheapest(few, one[:paired])) for one in y]
    home, *nearest = [
        torch.cdist(unit * one, ring.centers).argmin(1)
        for one in (common_z, *y)
    ]
    same = [
        float((a == b).float().mean())
        for a, b in itertools.combinations(nearest, 2)
    ]
    near = [float((one == home).float().mean()) for one in nearest]
    return numbers | {"pays": pays, "same": same, "near": near}


found = {name: measured(name) for name in ("teacher", *students)}
labels = {"teacher": "teacher (32)"}  # calls


def compared(found):
    panels = {
        "share within 3 σ": "share",
        "pays, over the cheapest": "pays",
        "same in two seeds": "same",
    }
    return {
        title: {
            labels.get(name, name): numbers[key]
            for name, numbers in found.items()
        }
        for title, key in panels.items()
    }

# %%
show.compared(
    compared(found),
    ideal={
        "share within 3 σ": metrics.HIGH_QUALITY_CEILING,
        "pays, over the cheapest": 1,
        "same in two seeds": 1,
    },
    sentence="Every dot a seed (right: a pair of seeds), with the mean's "
    "95 % interval; dotted: real points, the cheapest map,"
    " one map for all.",
)

# %%
for name, numbers in found.items():
    far = ", ".join(f"{one:.3f}" for one in numbers["far"])
    near = ", ".join(f"{one:.0%}" for one in numbers["near"])
    print(f"{name}: modes {numbers['modes']}, near {near}, energy distance "
          f"{far}, {seconds[name]:.0f} s of training")
started = time.perf_counter()
draw_teacher(for_all, 32)
slow = time.perf_counter() - started
started = time.perf_counter()
students["game + toll"](for_all)
quick = time.perf_counter() - started
print(f"10,000 points a seed: {1000 * slow:.0f} ms in 32 calls, "
      f"{1000 * quick:.0f} ms in one")

# %%
# what we claim
def over_seeds(name, against):  # of the shares, seed by seed
    a, b = (torch.tensor(found[one]["share"]) for one in (name, against))
    return metrics.over_seeds(a - b)


checks.claim(
    "every student finds all eight modes, in every seed",
    min(min(found[name]["modes"]) for name in students) == 8,
)
checks.claim(
    "with the toll: 88 % or more within 3 σ, at most 1.5 times the cheapest",
    min(found["game + toll"]["share"]) >= 0.88
    and max(found["game + toll"]["pays"]) <= 1.5,
)
checks.claim(
    "without it some seed pays more than twice the cheapest",
    max(found["game"]["pays"]) > 2,
)
checks.claim(
    "with it three of four samples or more go to the mode nearest to them",
    min(found["game + toll"]["near"]) >= 0.75,
)

# %%
# what we claim
checks.claim(
    "two seeds agree on most places with the toll, on few without",
    min(found["game + toll"]["same"]) > 0.55
    and torch.tensor(found["game"]["same"]).mean() < 0.4,
)
checks.claim(
    "the copy has the teacher's map, and a lower share than the teacher",
    max(found["copy"]["pays"]) < 1.1
    and over_seeds("copy", "teacher")[2] < 0,
)
checks.claim(
    "with the toll the share is above the copy's, seed by seed",
    over_seeds("game + toll", "copy")[0] > 0,
)
for name, against in (("game + toll", "copy"), ("game + toll", "game")):
    low, mean, high = over_seeds(name, against)
    print(f"share, {name} over {against}: {mean:+.1%} "
          f"({low:+.1%} to {high:+.1%})")

# %% [markdown]
# One call can, then, nearly. Read the three students one by one:
#
# - The **copy** has the teacher's map at the teacher's price, for a few
#   seconds of training. But a tenth of its points lie *between* modes. Where
#   the teacher parts two neighbors, a smooth net has to cross over, and
#   squared error lets it stroll: a point halfway between two modes is the
#   best answer if you cannot tell which. It is the one-call teacher's fault
#   in small.
# - The **game** crosses faster, because $D$ knows a point between modes when
#   it sees one. Its share is above the copy's, at about twice the training of
#   teacher and copy together.
# - The **toll** costs the game nothing: here its share is even a little
#   higher. And it gives it nearly the teacher's map, without a teacher.
#
# And by energy distance, which forgives a few points between modes and minds
# uneven modes, the copy is as good as any.
#
# > **Careful.** The game's recipe was searched for in lesson 12, on this kind
# > of data. The copy's was not searched at all, and 0.3 is the first value
# > of λ that was tried.

# %% [markdown]
# ## What fails: the way
# You have seen ends. On the way to them:

# %%
quarters = {"25 %": 4, "50 %": 9, "75 %": 14, "100 %": 19}


def modes_on_the_way(name):
    told = []
    for twentieth in quarters.values():
        modes = [
            metrics.modes_covered(y, ring.centers, ring.sigma)
            for y in ways[name][twentieth]
        ]
        told.append(", ".join(map(str, modes)))
    return told


show.cells(
    {name: modes_on_the_way(name) for name in ways},
    [f"{part} of the steps" for part in quarters],
    title="Modes of eight, one number a seed",
    sentence="Modes that the average has found on the way, seed by seed.",
)

# %% [markdown]
# At half-time a seed may have nearly all modes or none, and a seed that has
# some may lose them again. Rest comes in the second half, when rates and
# penalty fall (lesson 12), with the toll and without. **Never judge such a run
# half-way, and never stop it there.** Nothing in this lesson claims anything
# of these numbers.

# %% [markdown]
# ## Could you have had it for free?
# The toll says: stay near $z$. Perhaps it is enough to *start* there. Let
# $G(z)=z+\text{net}(z)$ with a net that at first says 0, and play the plain
# game.
#
# ## ✏️ Exercise 4 · Start as the identity
# *12 minutes · ●●○*
#
# `net` is an `nn.Sequential` that ends in a linear layer; it may hold one net,
# z (B, 2), or several seeds side by side, z (seeds, B, 2). Return an
# `nn.Module` $G$ that at first returns $z$ itself, but for rounding, and that
# learns with all layers of `net`. Which layer do you silence? Two others look
# as good and are not.
#
# {{hints one_step.start}}

# %% tags=["exercise"]
# BEGIN SOLUTION: # Room for a class of your own.
class Added(nn.Module):
    def __init__(self, net):
        super().__init__()
        self.net = net

    def forward(self, z):
        return z + self.net(z)


# END SOLUTION
def my_start(net):
    # BEGIN SOLUTION
    nn.init.zeros_(net[-1].weight)
    nn.init.zeros_(net[-1].bias)
    return Added(net)
    # END SOLUTION


checks.one_step.start(my_start)

# %% tags=["folded"]
class Residual(nn.Module):
    def __init__(self, net):
        super().__init__()
        self.net = net
        for weight in net[-1].parameters():
            nn.init.zeros_(weight)

    def forward(self, z):
        return self.net(z) + z

# %% [markdown] predict={"picture": "free", "words": ["most of it", "nearly for free", "the start does", "almost as"]}
# **Predict:** with your start and *no* toll, will two seeds have the same
# map? And what will it pay?

# %%
start = checks.one_step.start.yours(Residual)
train("identity start", tolled=False, prepare=start)
clouds["identity start"] = students["identity start"](for_all).cpu()
found["identity start"] = measured("identity start")

# %% picture="free"
free = "game", "game + toll", "identity start"
show.compared(
    compared({name: found[name] for name in free}),
    ideal={
        "share within 3 σ": metrics.HIGH_QUALITY_CEILING,
        "pays, over the cheapest": 1,
        "same in two seeds": 1,
    },
    sentence="Every dot a seed (right: a pair of seeds), with the mean's "
    "95 % interval; dotted: real points, the cheapest map,"
    " one map for all.",
)

# %%
# what we claim
checks.claim(
    "the start alone: all modes, at most 1.5 times the cheapest",
    min(found["identity start"]["modes"]) == 8
    and max(found["identity start"]["pays"]) <= 1.5,
)
checks.claim(
    "two seeds then agree on more than 40 % of the places",
    min(found["identity start"]["same"]) > 0.4,
)
for name in free:
    alike = ", ".join(f"{same:.0%}" for same in found[name]["same"])
    pays = ", ".join(f"{one:.2f}" for one in found[name]["pays"])
    print(f"{name}: places alike {alike}; pays {pays} times the cheapest")

# %% [markdown]
# Nearly for free, on this set: the start does most of it, without a word in
# the loss. That is a blow to the story above. (A guess at why: the modes lie
# all around the noise, and each $z$ is drawn to its neighbor first. No run
# here tests it.) Where noise and data are not even the same kind of thing, say
# a picture from a $z$ of 64 numbers, there is no identity to start from, and
# no toll to pay.

# %% [markdown]
# ## Look at both seeds

# %%
show.origins(
    two_seeds(
        ["game", "game + toll", "identity start"],
        [("noise", z, z), ("exact plan", few, a_plan())],
    ),
    columns=4,
    ways=16,
    limit=2.4,
    sentence="The game with nothing, with the toll, and with the start: two "
    "seeds, one above the other.",
)

# %% [markdown]
# Only the first of the three students has two different wheels.
#
# ## Your loss, in large
# | year | system | one call or few, by |
# |---|---|---|
# | 2023 | ADD (Sauer et al.) | a diffusion model as start; its answers (a score) *and* a critic |
# | 2024 | DMD2 (Yin et al.) | matching the teacher's distribution and a critic on real images; its forerunner's copy of pairs is dropped |
# | 2025 | APT (Lin et al.) | a video diffusion model as start, then a game against real videos, with an approximated R1 |
# | 2025 | adversarial flow models (Lin et al.) | **no teacher: your loss**, pairs with approximated R1 and R2 and the toll |
# | 2026 | continuous adversarial flow models (Lin et al.) | many calls again: a critic in place of flow matching's squared error, above all as a last stage of training |
#
# The fourth row is what you have trained here, with transformers, on ImageNet
# at 256 pixels: a Fréchet distance of 2.38 with one call of a net of usual
# depth, 1.94 with one of 112 layers. In the published settings the toll's
# weight falls from 0.2 to 0.005 and not to 0, and $\|\nabla D\|^2$ is
# estimated by what a little noise does to $D$'s answer. The paper says that
# the toll *encourages* a deterministic map and steadies the game; here it
# settles the map, and three seeds show no other steadiness.

# %% [markdown]
# ## Quiz
# 1. Your flow's net says velocities, and its sampler takes one step. What do
#    you see?
#    <details><summary>Answer</summary>The mean of all data, a gray smear for
#    pictures: at t = 0 the place tells nothing of the end.</details>
# 2. To let the game see the map, you show D pairs: G(z) with its z, and a real
#    x with a fresh z. Does that steer G to the cheap map?
#    <details><summary>Answer</summary>No. In the real pairs x and z are
#    independent, and under no map G(z) and z are: D can tell every map's
#    pairs, whichever it is. Real pairs would have to come from a map, such as
#    a teacher's or a plan.</details>
# 3. The ring is moved by 10 to the right, the noise stays. Which map is the
#    cheapest now, and what becomes of "over the cheapest"?
#    <details><summary>Answer</summary>The same pairs, moved along: every map
#    pays 100 more. So all ratios come near 1, those of bad maps too: compare
#    such ratios on one set only.</details>
# 4. Say that near the end D pulls a sample as if it paid ‖y − m‖², with m its
#    mode. Where does y rest while λ is 0.3, and where with 0?
#    <details><summary>Answer</summary>At (m + 0.3 z)/1.3, almost a quarter of
#    the way back to its z; with 0 at m. Early on that does no harm: modes are
#    being given away, and nobody looks at the places yet.</details>
# 5. You copy the teacher's pairs with the plain distance ‖G(z) − y‖ instead of
#    its square. Of the z that the student cannot tell apart 60 % go to one
#    mode and 40 % to its neighbor. Where does it put them?
#    <details><summary>Answer</summary>At the mode of the 60 %: a distance's
#    best answer in doubt is a median. The square's is the mean, two fifths of
#    the way to the neighbor, where no data are.</details>

# %% [markdown]
# ## Ledger
# | what we changed | what happened |
# |---|---|
# | a flow, 32 calls → 1 | all modes, 98 % → none: everything in the middle |
# | noise turned before a perfect map | same cloud, same share; the map pays up to 13 times as much |
# | one call, copied pairs | the teacher's map; a tenth of the points between modes |
# | one call, lesson 12's game | all modes, a higher share; another map in each seed |
# | one term more, λ from 0.3 to 0 | nearly the teacher's map, without a teacher |
# | the identity as start, no term | most of that, for free |
# | looked half-way | anything from no mode to nearly all |
# | *your change* | *what you saw* |
#
# Two changes that are worth your time: `data.grid()` for the ring (25 modes),
# and both at once, `train("both", tolled=True, prepare=start)`.

# %% [markdown]
# ## In practice
# - Before you distill, ask what the student has to keep: the teacher's
#   *distribution* (then a critic on real data may surpass the teacher) or its
#   *map* (then it needs pairs, or a toll).
# - A toll has a unit: data twice as wide pay four times. Divide by the
#   standard deviation first, as here.
# - Maps matter where someone looks at one z: editing, video, a fixed seed.
#   A score of distributions will not tell you.

# %% [markdown]
# ## Further reading
# - [Lipman et al. 2022](https://arxiv.org/abs/2210.02747): flow matching;
#   look for the path of a single pair, and why its mean is enough.
# - [Song et al. 2023](https://arxiv.org/abs/2303.01469): consistency models,
#   another way to one call; look for what is asked of two neighboring times.
# - [Sauer et al. 2023](https://arxiv.org/abs/2311.17042): ADD; look for
#   which of its two losses makes one call sharp.
# - [Yin et al. 2024](https://arxiv.org/abs/2405.14867): DMD2; look for why
#   the copied pairs of its forerunner were dropped.
# - [Huang et al. 2024](https://arxiv.org/abs/2501.05441): R3GAN, the loss
#   that you played.
# - [Lin et al. 2025](https://arxiv.org/abs/2501.08316): adversarial
#   post-training; look for what is left of the diffusion model.
# - [Lin et al. 2025](https://arxiv.org/abs/2511.22475): adversarial flow
#   models; look for why an arbitrary map is said to unsettle the game.
# - [Lin et al. 2026](https://arxiv.org/abs/2604.11521): continuous
#   adversarial flow models; look for what takes the place of squared error.
