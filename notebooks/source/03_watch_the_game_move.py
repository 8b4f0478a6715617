# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 03 · Watch the game move
#
# Two players, one number each. You will see them circle forever, fly
# apart, or come to rest, and know beforehand which.
#
# **What you'll do.** Shrink a GAN until its whole life fits into one
# picture, and find out what makes it converge.
#
# **What you'll learn**
# - *tell* a game from a minimization, by its arrows and its eigenvalues;
# - *compare* players that move together with players that take turns;
# - *predict* how much regularization a step size needs, and test it.
#
# **What you'll need.** Lesson 02, derivatives, complex numbers as points
# in a plane, $2\times2$ matrices; Jacobian, determinant and eigenvalues are
# recalled where we use them. About 90 minutes of your time; {{minutes}}
# minutes of computing on 2 CPU cores (on a quiet machine).

# %%
from gan_lessons import checks, runtime, show
import math

import ipywidgets
import torch
from matplotlib import rc_context
from torch.nn.functional import softplus

device = runtime.start(threads=1)  # small networks

# %% [markdown]
# ## The knobs
# Nothing here is random, so there is no seed.

# %% tags=["parameters"]
h = 0.2  # step size of both players
start = 1.0  # where G starts; D starts at 0

# %% [markdown]
# With two numbers to train we can afford double precision.

# %%
steps = runtime.budget(tiny=60, ci=300, lesson=300, full=300)
cells = runtime.budget(tiny=12, ci=50, lesson=50, full=100)
torch.set_default_dtype(torch.float64)

# %% [markdown]
# ## The smallest GAN there is
# Every real sample is the number 0. The generator has one parameter $\theta$
# and always makes the number $\theta$. The discriminator is a straight line,
# $D(x) = \psi x$, a logit, so $\psi$ is its slope. (In lesson 02 $D(x)$ was
# the probability; from here on it is the logit.) This is the **Dirac-GAN**
# of Mescheder, Geiger and Nowozin (2018).
#
# Both distributions are spikes, so all expectations are gone:
#
# $$L_D = \operatorname{softplus}(-D(0)) + \operatorname{softplus}(D(\theta)),
# \qquad L_G = -\operatorname{softplus}(D(\theta)).$$
#
# That is the minimax game of lesson 02. The goal is $\theta = 0$ with
# $\psi = 0$: the fakes are right, and $D$ has nothing to say.

# %%
def minimax(theta, psi):
    real, fake = 0 * psi, theta * psi  # D(0) and D(θ)
    loss_d = softplus(-real) + softplus(fake)
    return -softplus(fake), loss_d  # G's loss, then D's

# %% [markdown]
# ## Pushes
# Each player goes down its own loss along its own number. The derivative of
# softplus is $\sigma$, and $D(\theta)=\theta\psi$, so the chain rule gives
#
# $$-\frac{\partial L_G}{\partial\theta} = \psi\,\sigma(\theta\psi),\qquad
# -\frac{\partial L_D}{\partial\psi} = -\theta\,\sigma(\theta\psi).$$
#
# We call these the *push* on $\theta$ and the push on $\psi$.
# Autograd finds them for any game, so one function serves them all.

# %%
def field(game):
    def push(theta, psi):
        again = theta.requires_grad  # is a second derivative wanted?
        # fresh copies: neither number depends on the other one
        theta = theta.clone().requires_grad_()
        psi = psi.clone().requires_grad_()
        loss_g, loss_d = game(theta, psi)
        down = {"create_graph": again, "retain_graph": True}
        (push_g,) = torch.autograd.grad(-loss_g.sum(), theta, **down)
        (push_d,) = torch.autograd.grad(-loss_d.sum(), psi, **down)
        return push_g, push_d

    return push


ticks = torch.linspace(-3, 3, 10)
theta, psi = torch.cartesian_prod(ticks, ticks).T
push_g, push_d = field(minimax)(theta, psi)
assert torch.allclose(push_g, psi * torch.sigmoid(theta * psi))
assert torch.allclose(push_d, -theta * torch.sigmoid(theta * psi))

# %% [markdown] predict={"picture": "two losses", "words": ["around", "circle", "right angle", "none points"]}
# ## One loss or two?
# Compare with two players who share *one* loss, $\frac14(\theta^2+\psi^2)$.
#
# **Decide before you run:** the arrows of a shared loss all lead to the
# middle. Where do the arrows of the game lead?

# %% picture="two losses"
def shared(theta, psi):
    loss = (theta**2 + psi**2) / 4
    return loss, loss


def homeward(push):  # the part of each push that leads to the middle
    u, v = push(theta, psi)
    home = -(theta * u + psi * v) / torch.hypot(theta, psi)
    return float((home / torch.hypot(u, v)).mean().abs())


one, two = homeward(field(shared)), homeward(field(minimax))
show.phases(
    {
        "one loss": (field(shared), None),
        "two losses": (field(minimax), None),
    },
    title=f"The part of a push that leads home: {one:.0%} and {two:.0%}",
    sentence="Arrows: where the two players push each other from there.",
)

# %% [markdown]
# The arrows of the game lead *around* the middle, and none points inward. A
# push stands at a right angle to the way home:
# $\theta\cdot\psi\sigma - \psi\cdot\theta\sigma = 0$. Players that followed
# the arrows smoothly would keep their distance
# $r = \sqrt{\theta^2+\psi^2}$ forever. There is no hill to descend, and no
# number that both of them lower.

# %%
# what we claim
assert (theta * push_g + psi * push_d).abs().max() < 1e-12

# %% [markdown]
# ## ✏️ Exercise 1 · Together, or in turns
# *10 minutes · ●●○*
#
# Real players move in steps of size $h$. Write both kinds:
# - **simultaneous**: both pushes come from the same state, then both move;
# - **alternating**: $D$ moves first, then $G$ answers to the *new* $\psi$,
#   as in the loop of lesson 04.
#
# `push(theta, psi)` returns two pushes, $G$'s first. Return the new
# `theta, psi`. They are tensors with a number for each start: leave the old
# ones as they are.
#
# {{hints motion.steps}}

# %% tags=["exercise"]
def my_simultaneous(push, theta, psi, h):
    # BEGIN SOLUTION
    push_g, push_d = push(theta, psi)
    return theta + h * push_g, psi + h * push_d
    # END SOLUTION


def my_alternating(push, theta, psi, h):
    # BEGIN SOLUTION
    psi = psi + h * push(theta, psi)[1]
    theta = theta + h * push(theta, psi)[0]
    return theta, psi
    # END SOLUTION


checks.motion.steps(my_simultaneous, my_alternating)

# %% [markdown] tags=["instructor"]
# > **For instructors.** The mistake to expect is the alternating step on
# > the stale state. Its mirror image is an accident too: writing two lines
# > that assign θ and then ψ gives turns where "together" was meant. Ask the
# > room which of the two steps PyTorch's usual GAN loop makes.

# %% [markdown]
# ## The steps we use from here on
# They know one thing more: a `limit` to which $\psi$ is clipped. One of
# the eight games below needs it. The course's version, folded:

# %% tags=["folded"]
def simultaneous(push, theta, psi, h, limit=math.inf):
    push_g, push_d = push(theta, psi)
    return theta + h * push_g, (psi + h * push_d).clamp(-limit, limit)


def alternating(push, theta, psi, h, limit=math.inf):
    psi = (psi + h * push(theta, psi)[1]).clamp(-limit, limit)
    return theta + h * push(theta, psi)[0], psi

# %% [markdown]
# A walk is many steps, and remembers where it was.

# %%
def walk(step, push, theta=start, *, h=h, steps=steps, **more):
    theta = torch.as_tensor(theta)
    path = [(theta, torch.zeros_like(theta))]
    for _ in range(steps):
        path.append(step(push, *path[-1], h, **more))
    return torch.stack([torch.stack(list(state)) for state in path])

# %% [markdown] predict={"picture": "together and in turns", "words": ["apart", "outward", "spiral", "stay on", "grows"]}
# **Predict:** both start at $\theta = 0.5,\ \psi = 0$. After 300 steps, is
# the distance of each smaller, larger, or about the same? The steps are
# yours, once they are ✓.

# %% picture="together and in turns"
push = field(minimax)
yours = checks.motion.steps.yours((simultaneous, alternating))
names = "together", "in turns"
half = torch.tensor([0.5])
paths = {name: walk(step, push, half)[..., 0].double()
         for name, step in zip(names, yours)}
together, in_turns = [path.norm(dim=1) for path in paths.values()]
law = 0.5 * math.sqrt(1 + h**2 / 4) ** torch.arange(steps + 1)
show.journey(push, paths, limit=2.5, predicted=law,
             title=f"0.5 → {together[-1]:.2f} and {in_turns[-1]:.2f}",
             sentence="The orange path moves together, the dashed one in "
             "turns. Dotted: the law below.")

# %% [markdown]
# Together they spiral outward, in turns they stay close to a circle. A
# simultaneous step leaves the circle along its tangent. Pythagoras:
# $r_{new}^2 = r^2 + (h\sigma r)^2$, so each step multiplies the radius by
#
# $$\sqrt{1 + h^2\sigma(\theta\psi)^2}\ \approx\ \sqrt{1 + h^2/4}$$
#
# near the middle, where $\sigma(0)=\tfrac12$: 1.005 for $h=0.2$. Further
# out the players fall behind that law, because they spend most steps where
# $\sigma$ is small:

# %%
theta, psi = paths["together"][:-1].T
sigma = torch.sigmoid(theta * psi)
small = (sigma[-100:] < 0.5).double().mean()
print(f"σ is below ½ in {small:.0%} of the last 100 steps together")

# %%
# what we claim
factor = (1 + h**2 * sigma**2).sqrt()
assert torch.allclose(together[1:] / together[:-1], factor)
checks.claim(
    "in turns the distance changes by less than 6 %",
    (in_turns / 0.5 - 1).abs().max() < 0.06,
)
checks.claim("most late steps fall where σ is below ½", small > 0.6)

# %% [markdown] predict={"picture": "half a step", "words": ["exponent", "still grows", "no cure"]}
# **Decide:** does half the step size cure it? In the same *time* $hN$ there
# are twice as many steps.

# %% picture="half a step"
full = walk(simultaneous, push, 0.01)[-1].norm() / 0.01
half = walk(simultaneous, push, 0.01, h=h / 2, steps=2 * steps)
half = half[-1].norm() / 0.01
print(f"the distance: × {full:.2f} with h, × {half:.2f} with h/2")

# %% [markdown]
# It does not. Half the step halves the exponent, the log of the growth, and
# the radius still grows.

# %%
# what we claim
assert math.isclose(full.log() / half.log(), 2, rel_tol=0.01)

# %% [markdown]
# ## Why: eigenvalues
# The *Jacobian* $J$ holds the derivatives of both pushes: $\theta$'s push in
# row 1, $\psi$'s in row 2, by $\theta$ and by $\psi$. Near $(0,0)$ we may
# replace $\sigma$ by $\sigma(0)=\tfrac12$. Call that number $s$, the game's
# *spin* (the paper writes $f'(0)$):
#
# $$\begin{pmatrix}\dot\theta\\ \dot\psi\end{pmatrix} = J
# \begin{pmatrix}\theta\\ \psi\end{pmatrix},\qquad
# J=\begin{pmatrix}0 & s\\ -s & 0\end{pmatrix}.$$
#
# $Jv=\lambda v$ makes $v$ move as $e^{\lambda t}$: the real part of the
# *eigenvalue* $\lambda$ shrinks or grows the radius, the imaginary part turns.
# For $J=\begin{pmatrix}a & b\\ c & d\end{pmatrix}$ both eigenvalues solve
# $\lambda^2-(\text{trace})\lambda+\det=0$, with the trace $a+d$, their sum,
# and the determinant $ad-bc$, their product.

# %%
def jacobian(move):  # of a push or a step, at the equilibrium
    def joint(state):
        return torch.stack(move(*state))

    state = torch.zeros(2)
    return torch.autograd.functional.jacobian(joint, state)  # (2, 2)


def dots(ax, numbers, mark, color, label):
    ax.plot(numbers.real, numbers.imag, mark, color=color, ms=7, label=label)


one = torch.linalg.eigvals(jacobian(field(shared)))
two = torch.linalg.eigvals(jacobian(push))
with rc_context(show.STYLE):
    fig = show.figure(width=4.6, height=3.4)
    ax = fig.subplots()
    ax.axvline(0, color="black", ls=":")
    dots(ax, one, "o", show.REAL, "one loss")
    dots(ax, two, "^", show.FAKE, "two losses")
    ax.set(xlabel="real part of λ", ylabel="imaginary part of λ",
           xlim=(-0.8, 0.3), ylim=(-0.8, 0.8))
    ax.set_title(f"Real parts: {one.real[0]:.1f} and {abs(two.real[0]):.1f}")
    ax.legend(loc="upper left")
show.Picture(fig, "Left of the dotted line a game comes home; on it, to "
             "first order, nothing shrinks and nothing grows.")

# %% [markdown]
# Here $\lambda^2+s^2=0$, so $\lambda = \pm i s$: no real part, pure
# rotation, by the angle $s$ in each unit of time. Minimization cannot do
# that: its $J$ is minus a matrix of second derivatives, symmetric, with real
# eigenvalues.

# %%
# what we claim
assert torch.equal(jacobian(push), torch.tensor([[0, 0.5], [-0.5, 0]]))
assert torch.equal(jacobian(field(shared)), -torch.eye(2) / 2)

# %% [markdown]
# ## A step has eigenvalues, too
# **Together**, a step multiplies by $I+hJ$, with eigenvalues $1\pm ihs$ of
# size $\sqrt{1+h^2s^2} > 1$. **In turns**, with $\alpha = hs$, first
# $\psi' = \psi - \alpha\theta$ and then $\theta' = \theta + \alpha\psi'$.
# As a matrix:
#
# $$\begin{pmatrix}1-\alpha^2 & \alpha\\ -\alpha & 1\end{pmatrix}:\qquad
# \text{product } 1,\quad \text{sum } 2-\alpha^2.$$
#
# A complex pair with product 1 has size exactly 1. The pair is complex while
# $\alpha < 2$, here $h < 4$.

# %%
def of_step(step, h):
    J = jacobian(lambda *state: step(push, *state, h))
    return torch.linalg.eigvals(J)


sizes = torch.tensor([1, 2, 3, 3.9, 4.1])
jumps = torch.cat([of_step(simultaneous, h) for h in sizes])
turns = torch.cat([of_step(alternating, h) for h in sizes])
angle = torch.linspace(0, 2 * math.pi, 200)
with rc_context(show.STYLE):
    fig = show.figure(width=5.2, height=4)
    ax = fig.subplots()
    ax.plot(angle.cos(), angle.sin(), ":", color="black")
    dots(ax, jumps, "^", show.FAKE, "together")
    dots(ax, turns, "o", show.REAL, "in turns")
    ax.set(xlabel="real part", ylabel="imaginary part", aspect="equal",
           xlim=(-1.9, 3.1))
    inside = int((turns.abs() < 1 + 1e-9).sum())
    ax.set_title(f"In turns {inside} of {len(turns)} lie on or in the circle")
    ax.legend(loc="upper right")
show.Picture(fig, "The eigenvalues of a step, for h = 1, 2, 3, 3.9 and 4.1; "
             "dotted, the numbers of size 1.")

# %% [markdown]
# Together all of them lie outside. In turns they walk along the circle,
# meet at $-1$ when $h=4$, and part there: for $h=4.1$ one is outside.

# %%
# what we claim
assert (of_step(simultaneous, h).abs() ** 2 - 1 - h**2 / 4).abs().max() < 1e-9
assert (of_step(alternating, 3.9).abs() - 1).abs().max() < 1e-9
assert of_step(alternating, 4.1).abs().max() > 1

# %% [markdown] predict={"picture": "size one", "words": ["decides nothing", "ellipse", "far from", "stuck"]}
# ## A size of exactly 1
# Eigenvalues speak of small distances: there the curved terms may be
# forgotten. If every size is 1, nothing shrinks and nothing grows.
#
# **Predict:** in turns, with $h$ below 4, does the orbit stay near the
# distance it starts from? Wherever it starts?

# %% picture="size one"
some = torch.tensor([1, 2, 3, 3.9])
reach = {}
for where in (0.01, 1.0):
    path = walk(alternating, push, where * torch.ones(4), h=some,
                steps=10 * steps)
    reach[where] = path.norm(dim=1) / where  # (steps, 4)
print("largest distance, in units of the start")
print("    h   from 0.01   from 1   ten times as long")
for i, size in enumerate(some):
    near, far = reach[0.01][:, i].max(), reach[1.0][:, i]
    soon, late = far[: steps + 1].max(), far.max()
    print(f"{size:5.1f}   {near:9.2f}   {soon:6.2f}   {late:17.2f}")

# %% [markdown]
# From 0.01 the points stay on a closed curve, an ellipse, as the eigenvalues
# promise. It is longer as $hs$ nears 2: its largest distance is
# $1/\sqrt{1-hs/2}$ starts.
#
# From 1 the promise is void. With $h=1$ the radius grows turn by turn. With
# larger $h$ the players are flung to where $\theta\psi$ is far below 0. There
# $\sigma$ is nearly 0, both pushes all but vanish, and they are stuck: that is
# why two rows show the same number twice. $D$ is sure, and $G$ is told nothing
# (lesson 02).
#
# So *in turns is safe up to $hs=2$* holds near the equilibrium, to first
# order, and not beyond. And safe is not home: the orbit never arrives.

# %%
# what we claim
ellipse = 1 / (1 - some / 4).sqrt()
checks.claim(
    "from 0.01 the largest distance is that of the ellipse, within 2 %",
    (reach[0.01].amax(dim=0) / ellipse - 1).abs().max() < 0.02,
)
checks.claim(
    "from 1 every orbit gets more than four times as far",
    reach[1.0].amax(dim=0).min() > 4,
)
theta, psi = path[-1]  # of the orbits from 1
checks.claim(
    "with h of 2 or more they end where σ is below 0.001",
    torch.sigmoid(theta * psi)[1:].max() < 0.001,
)

# %% [markdown]
# ## ✏️ Exercise 2 · Add a penalty
# *10 minutes · ●●○*
#
# **R1** fines $D$ for its slope at the real data. Here the slope is $\psi$
# everywhere, so $D$ lowers
#
# $$L_D + \frac\gamma2\,\lVert\nabla_x D(0)\rVert^2 = L_D +
# \frac\gamma2\,\psi^2.$$
#
# How does $J$ change? Return its two eigenvalues for a game with the spin
# $s$ (`spin`) and a given `gamma`, in any order.
#
# {{hints motion.eigenvalues}}

# %% tags=["exercise"]
def my_eigenvalues(spin, gamma):
    # BEGIN SOLUTION
    J = torch.tensor([[0, spin], [-spin, -gamma]])
    return torch.linalg.eigvals(J)
    # END SOLUTION


checks.motion.eigenvalues(my_eigenvalues)

# %% [markdown]
# <details><summary>Exercise 2 in words</summary>
#
# The new push on $\psi$ is $-\gamma\psi$, so $-\gamma$ stands in $D$'s row:
# trace $-\gamma$, determinant $s^2$.
#
# </details>
#
# The two eigenvalues add up to something negative and multiply to something
# positive. So, for every $\gamma>0$, both real parts are negative: the
# rotation has friction now, and the spiral turns inward.

# %% [markdown]
# ## ✏️ Exercise 3 · How much friction?
# *10 minutes · ●●○*
#
# With a small $\gamma$ the game spirals in, with a large one it creeps in
# without turning. At which $\gamma$ does the turning end? You know the sum
# and the product of the eigenvalues, and the equation that they solve.
#
# {{hints motion.critical_gamma}}

# %% tags=["exercise"]
def my_critical_gamma(spin):
    # BEGIN SOLUTION
    return 2 * spin
    # END SOLUTION


checks.motion.critical_gamma(my_critical_gamma)

# %% [markdown] predict={"picture": "friction", "words": ["climbs back", "too much", "not always", "hardly tells"]}
# <details><summary>Exercise 3 in words</summary>
#
# The equation $\lambda^2+\gamma\lambda+s^2=0$ is solved by
# $\lambda = -\frac\gamma2 \pm \sqrt{\frac{\gamma^2}4 - s^2}$, and the
# root is real from $\gamma=2s$ on.
#
# </details>
#
# **Decide:** is more friction always better? The slowest direction decides,
# the largest real part. (Of the cells below, the folded one is the course's
# exercise 3.)

# %%
def penalized(game, penalty):
    def both(theta, psi):
        loss_g, loss_d = game(theta, psi)
        return loss_g, loss_d + penalty(psi)

    return both


def r1(gamma):
    return lambda psi: gamma / 2 * psi**2

# %% tags=["folded"]
critical = checks.motion.critical_gamma.yours(lambda spin: 2 * spin)

# %% picture="friction"
gamma = torch.linspace(0, 3, 13)
found = torch.stack([
    torch.linalg.eigvals(jacobian(field(penalized(minimax, r1(g)))))
    for g in gamma
])  # (13, 2)
fine = torch.linspace(0, 3, 301)
root = (fine**2 / 4 - 0.25 + 0j).sqrt()
pair = torch.stack([-fine / 2 + root, -fine / 2 - root], dim=1)
slowest = found.real.max(dim=1).values
with rc_context(show.STYLE):
    fig = show.figure(width=6.5, height=3.4)
    parts = {"real": "real", "imag": "imaginary"}
    for ax, (part, word) in zip(fig.subplots(1, 2), parts.items()):
        ax.axvline(float(critical(0.5)), color=show.G_COLOR, ls="--")
        ax.plot(fine, getattr(pair, part), ":", color="black")
        ax.plot(gamma, getattr(found, part), "o", color=show.MARK, ms=5)
        ax.set(xlabel="γ", ylabel=f"{word} part of λ")
    best = float(gamma[slowest.argmin()])
    fig.suptitle(f"The largest real part is lowest at γ = {best:g}")
show.Picture(fig, "The dots are autograd's, the dotted line is the formula, "
             "the dashed one exercise 3's γ.")

# %% [markdown]
# Not always. Beyond the critical $\gamma$, here 1, one eigenvalue climbs
# back to 0: $D$ is held so tightly that it hardly tells $G$ anything. Three
# games with $\gamma$ = 0.3, 1 and 3:

# %%
three = torch.tensor([0.3, 1.0, 3.0])
push_r1 = field(penalized(minimax, r1(three)))
left = walk(simultaneous, push_r1, torch.ones(3), steps=100).norm(dim=1)
print("radius after 100 steps:", [f"{r:.1e}" for r in left[-1].tolist()])

# %%
# what we claim
assert best == 1.0
checks.claim("of three games the one at γ = 1 is closest",
             left[-1].argmin() == 1)
checks.claim("in its first step each of the three moved away",
             bool((left[1] > left[0]).all()))

# %% [markdown]
# ## Eight games
# The others change a line each.
# - **Non-saturating**: $G$ lowers $\operatorname{softplus}(-D(\theta))$.
# - **WGAN**: the plain difference $D(\theta)-D(0)$, so $s=1$; *clipped*
#   keeps $|\psi|\le\frac12$.
# - **WGAN-GP** fines a slope that is not 1: $\frac\gamma2(|\psi|-1)^2$.
# - **Instance noise**: real and fake samples get Gaussian noise of size
#   $\tau$ before $D$ sees them. We compute the exact average, draw nothing.

# %%
def non_saturating(theta, psi):
    return softplus(-theta * psi), minimax(theta, psi)[1]


def wgan(theta, psi):
    return -theta * psi, theta * psi


def gp(gamma):
    return lambda psi: gamma / 2 * (psi.abs() - 1) ** 2

# %%
def noisy(tau):
    noise = torch.linspace(-6, 6, 61)  # in units of tau
    weight = torch.softmax(-(noise**2) / 2, dim=0)

    def game(theta, psi):
        real = psi[..., None] * tau * noise  # D at 0 + noise
        fake = theta[..., None] * psi[..., None] + real
        loss_d = softplus(-real) + softplus(fake)
        return -softplus(fake) @ weight, loss_d @ weight

    return game

# %% [markdown] predict={"picture": "eight games", "words": ["R1 and instance noise", "creeps in", "a wide loop", "thrown back"]}
# **Predict,** for the five you have not seen, and for both kinds of step:
# rest at the dotted crossing, a loop forever, or away? Write down ten words,
# then run. (Seen: minimax, and R1 twice.)

# %%
games = {
    "minimax": minimax,
    "non-saturating": non_saturating,
    "WGAN": wgan,
    "WGAN, clipped": wgan,
    "WGAN-GP, γ = 0.5": penalized(wgan, gp(0.5)),
    "R1, γ = 0.3": penalized(minimax, r1(0.3)),
    "R1, γ = 3": penalized(minimax, r1(3.0)),
    "instance noise, τ = 0.8": noisy(0.8),
}

# %%
both = {"together": simultaneous, "in turns": alternating}
panels, ends = {}, {}
for name, game in games.items():
    limit = 0.5 if "clipped" in name else math.inf
    paths = {label: walk(step, field(game), limit=limit)
             for label, step in both.items()}
    panels[name] = field(game), paths
    ends[name] = [float(path[-1].norm()) for path in paths.values()]

# %% picture="eight games"
rest = [name for name, pair in ends.items() if max(pair) < 0.02]
show.phases(
    panels,
    title=f"{len(rest)} of 8 games are at rest after {steps} steps",
    limit=2.2,
    sentence=f"Closer than 0.02 to the equilibrium, together (orange) and "
    f"in turns (dashed): {'; '.join(rest) or 'none'}.",
)

# %% [markdown]
# R1 and instance noise come to rest. To mark your list, for $h=0.2$:
#
# | game | together | in turns |
# |---|---|---|
# | non-saturating | a loop | rest, but so slowly that 300 steps do not reach it |
# | WGAN | away | a loop |
# | WGAN, clipped | a loop | a loop |
# | WGAN-GP | a wide loop | a loop |
# | instance noise | rest | rest |
#
# Clipping does nothing where $|\psi|<\frac12$. In turns the game is thrown
# back until it fits between $\psi=\pm\frac12$, and circles there; together
# it keeps growing and is clipped anew in every turn. Under WGAN-GP $D$ is
# told to keep a slope of 1, right where it should have none.

# %%
# what we claim
checks.claim("R1 and instance noise come to rest, nothing else does",
             rest == list(games)[5:])
checks.claim("minimax in turns keeps its distance",
             0.9 < ends["minimax"][1] < 1.1)
checks.claim("the non-saturating game loops together; in turns it creeps in",
             0.02 < ends["non-saturating"][1] < ends["non-saturating"][0] < 1)
checks.claim("WGAN together flies off", ends["WGAN"][0] > 100)
checks.claim("WGAN in turns keeps its distance", 0.9 < ends["WGAN"][1] < 1.1)
checks.claim("clipped, it circles between the bars",
             0.4 < min(ends["WGAN, clipped"]) < 0.6)
checks.claim("WGAN-GP stays beyond 1, together farther than in turns",
             ends["WGAN-GP, γ = 0.5"][0] > ends["WGAN-GP, γ = 0.5"][1] > 1)

# %% [markdown]
# ## Do the eigenvalues know?
# Noise acts like R1. Close to the equilibrium it adds
# $-2\operatorname{softplus}''(0)\,\tau^2\psi = -\frac{\tau^2}2\psi$ to
# $D$'s push, so $\gamma=\tau^2/2$: here 0.32. Autograd knows nothing of
# that formula.

# %%
closed = {  # spin s, friction γ
    "minimax": (0.5, 0.0),
    "non-saturating": (0.5, 0.0),
    "WGAN": (1.0, 0.0),
    "R1, γ = 0.3": (0.5, 0.3),
    "R1, γ = 3": (0.5, 3.0),
    "instance noise, τ = 0.8": (0.5, 0.8**2 / 2),
}
gaps = {}
for name, (spin, friction) in closed.items():
    found = torch.linalg.eigvals(jacobian(field(games[name])))
    root = torch.tensor(friction**2 / 4 - spin**2 + 0j).sqrt()
    right = torch.stack([-friction / 2 - root, -friction / 2 + root])
    gaps[name] = (found - right[:, None]).abs().min(dim=0).values.max()
    turning = [f" {z.imag:+.2f}i" if z.imag else "" for z in found]
    parts = [f"{z.real + 0.0:.2f}{i}" for z, i in zip(found, turning)]
    print(f"{name:24}", " and ".join(parts))

# %%
# what we claim
assert max(gaps.values()) < 1e-6

# %% [markdown]
# Six games, six matches. The first three have no real part: there the
# linear theory cannot decide. For the first two the small terms decide, and
# that is why the non-saturating game differs from its twin. WGAN has none:
# smooth players circle exactly.

# %% [markdown]
# ## ✏️ Exercise 4 · The price of a step
# *10 minutes · ●●●*
#
# Eigenvalues of $J$ speak of infinitely small steps, and promise rest for
# every $\gamma>0$. Players that move *together* by steps of size $h$ need
# more. Above which $\gamma$ (while $h\gamma$ is small) are both eigenvalues of
# $I+hJ$ smaller than 1 in size?
#
# {{hints motion.least_gamma}}

# %% tags=["exercise"]
def my_least_gamma(spin, h):
    # BEGIN SOLUTION
    return h * spin**2
    # END SOLUTION


checks.motion.least_gamma(my_least_gamma)

# %% [markdown]
# ## Map the region of convergence
# For a $2\times2$ matrix with determinant $d$ and trace $t$, both
# eigenvalues are smaller than 1 exactly if $|t| < 1 + d$ and $d < 1$.
# - **Together:** $d = 1-h\gamma+h^2s^2$, $t=2-h\gamma$. The first condition
#   asks for $\gamma<\frac2h+\frac{hs^2}2$, the second one is exercise 4.
# - **In turns:** $d = 1-h\gamma$, $t=2-h\gamma-h^2s^2$. So
#   $0<\gamma<\frac2h-\frac{hs^2}2$.
#
# The paper's theorem says that *some* small $h$ will do. Here is how small.
# We train a whole grid of GANs at once, each from $\theta=0.01$, and ask which
# are closer to the equilibrium at the end. The lower border of *together* is
# yours; the course's version, folded:

# %% tags=["folded"]
least = checks.motion.least_gamma.yours(lambda spin, h: h * spin**2)

# %%
H, gamma = torch.meshgrid(torch.linspace(0.1, 5, cells),
                          torch.linspace(0, 3, cells), indexing="xy")
across = H[0]
lowest = torch.tensor([float(least(0.5, float(h))) for h in across])
bounds = {
    simultaneous: (lowest, 2 / across + across / 8),
    alternating: (0 * across, 2 / across - across / 8),
}

# %%
push_r1 = field(penalized(minimax, r1(gamma)))
shrunk, same, clear = {}, {}, {}
for step, (low, high) in bounds.items():
    path = walk(step, push_r1, torch.full_like(H, 0.01), h=H)
    shrunk[step] = path[-1].norm(dim=0) < 0.01
    inside = (low < gamma) & (gamma < high)
    same[step] = shrunk[step] == inside
    near = torch.minimum((gamma - low).abs(), (gamma - high).abs())
    clear[step] = same[step][near > 0.1]

# %%
with rc_context(show.STYLE):
    fig = show.figure(width=8, height=3.8)
    for ax, (step, edges) in zip(fig.subplots(1, 2), bounds.items()):
        ax.contourf(H, gamma, shrunk[step], [0.5, 2], colors=[show.MARK])
        for edge in edges:
            ax.plot(across, edge, ":", color="black", lw=2)
        ax.set(xlabel="step size h", ylabel="γ", ylim=(-0.02, 3))
        share = same[step].double().mean()
        ax.set_title(f"{step.__name__}: {share:.1%} as predicted")
show.Picture(fig, "Orange: the radius shrank. Dotted: the predicted borders.")

# %%
# what we claim
checks.claim("every cell that is not within 0.1 of a border is as predicted",
             all(bool(cells.all()) for cells in clear.values()))

# %% [markdown]
# Theory and experiment agree in every cell that is not within 0.1 of a
# border. Taking turns removes the lower border: any friction, however little,
# will do while $h<4$. Too much of it breaks both: beyond
# $h\gamma=2+\frac{h^2s^2}2$ together, and already beyond $2-\frac{h^2s^2}2$
# in turns, $D$ overshoots its own goal.

# %% [markdown]
# ## Where the theory stops
# **Non-saturating.** Here $G$ is pushed by $\psi\,\sigma(-\theta\psi)$, so
# the two pushes no longer cancel: in a step, $r^2$ changes by
#
# $$2h\,\theta\psi\,\big(\sigma(-\theta\psi)-\sigma(\theta\psi)\big)
# = -2h\,\theta\psi\tanh\tfrac{\theta\psi}2
# \approx -h\,(\theta\psi)^2.$$
#
# With $\theta=r\cos\varphi$, $\psi=r\sin\varphi$ that is
# $-\frac h4 r^4\sin^2 2\varphi$, and over a turn $\sin^2$ averages to
# $\frac12$: a loss of $hr^4/8$ a step. Moving together adds $h^2r^2/4$
# (Pythagoras). The two balance at $r=\sqrt{2h}$: neither rest nor flight.
#
# In turns only the loss is left. $\frac{d}{dt}r^2=-\frac18 r^4$ means that
# $1/r^2$ grows by $\frac18$ in each unit of time, so from $r=1$ it is
# $r=1/\sqrt{1+hN/8}$: it arrives, more slowly than any exponential.

# %%
sizes = torch.tensor([0.1, 0.2, 0.4])
push = field(non_saturating)
path = walk(simultaneous, push, torch.ones(3), h=sizes, steps=1_200)
radius = path[-200:].norm(dim=1).mean(dim=0)
path = walk(alternating, push, 1.0, steps=900)
slow = 1 / (1 + h * torch.arange(901) / 8).sqrt()
for size, r in zip(sizes, radius):
    print(f"together, h = {size:.1f}: r = {r:.3f}, √(2h) = "
          f"{math.sqrt(2 * size):.3f}")
print(f"in turns, 900 steps: r = {path[-1].norm():.3f}, predicted "
      f"{slow[-1]:.3f}")

# %%
# what we claim
checks.claim("together the radius settles within 3 % of √(2h)",
             (radius / (2 * sizes).sqrt() - 1).abs().max() < 0.03)
checks.claim("in turns it follows the law within 10 %",
             (path.norm(dim=1) / slow - 1).abs().max() < 0.1)

# %% [markdown]
# **WGAN-GP.** Its $|\psi|$ has a kink at 0, so there is no Jacobian. For
# $\psi>0$ the game spirals around $(\gamma,0)$, for $\psi<0$ around
# $(-\gamma,0)$. A half turn shrinks the distance to its center by $\rho =
# e^{-\pi a/b}$, with $a=\frac\gamma2$, $b=\sqrt{1-a^2}$. A path from $-x$
# to $x$ repeats if $x-\gamma=\rho\,(x+\gamma)$: a loop forever, of
# half width $x=\gamma\,(1+\rho)/(1-\rho)$. (That is for smooth players; we
# test it in turns with $h=0.05$. Together with $h=0.2$ the loop is wider, see
# the eight games.)

# %%
gamma = torch.tensor([0.2, 0.5, 1.0, 1.5])
push = field(penalized(wgan, gp(gamma)))
path = walk(alternating, push, torch.ones(4), h=0.05, steps=1_200)
found = path[-300:, 0].amax(dim=0)
rho = torch.exp(-math.pi * gamma / (4 - gamma**2).sqrt())
width = gamma * (1 + rho) / (1 - rho)
print("half width, found:    ", [f"{x:.2f}" for x in found.tolist()])
print("half width, predicted:", [f"{x:.2f}" for x in width.tolist()])
J = jacobian(field(games["WGAN-GP, γ = 0.5"]))
print("autograd's J at 0:    ", (J + 0.0).tolist())

# %%
# what we claim
checks.claim("the loop is as wide as predicted, within 3 %",
             (found / width - 1).abs().max() < 0.03)
assert torch.equal(J, torch.tensor([[0.0, 1.0], [-1.0, 0.0]]))

# %% [markdown]
# > **Careful.** We asked autograd for a Jacobian that does not exist, and got
# > one: $\pm i$, as if there were no penalty. PyTorch takes
# > the slope of $|\psi|$ at 0 to be 0. An answer is not yet a derivative.

# %% [markdown]
# ## Play with it
# Four knobs that every GAN has: $\gamma$, the ratio of the learning rates
# (D's over G's), D's steps per step of G, and the momentum $\beta_1$, as
# in Adam. In turns, minimax with R1.

# %%
def turn(state, gamma=0.0, ratio=1.0, n_critic=1, beta1=0.0):
    theta, psi, speed_g, speed_d = state
    h_g, h_d = h / math.sqrt(ratio), h * math.sqrt(ratio)
    for _ in range(n_critic):
        push_d = -theta * torch.sigmoid(theta * psi) - gamma * psi
        speed_d = beta1 * speed_d + (1 - beta1) * push_d
        psi = psi + h_d * speed_d
    push_g = psi * torch.sigmoid(theta * psi)
    speed_g = beta1 * speed_g + (1 - beta1) * push_g
    return theta + h_g * speed_g, psi, speed_g, speed_d


def play(turns=300, **knobs):
    zero = torch.tensor(0.0)
    state = torch.tensor(start), zero, zero, zero
    path = [torch.stack(state[:2])]
    while len(path) <= turns and path[-1].norm() < 1_000:
        state = turn(state, **knobs)
        path.append(torch.stack(state[:2]))
    return torch.stack(path)


def end(**knobs):
    return float(play(**knobs)[-1].norm())

# %% [markdown] predict={"picture": "momentum", "words": ["outward", "inward", "points to where"]}
# **Predict:** starting from $\gamma=0$, does $\beta_1=0.5$ calm the circle or
# blow it up? And $\beta_1=-0.5$?

# %% picture="momentum"
for beta1 in (-0.5, 0.0, 0.5):
    print(f"β₁ = {beta1:+.1f}: distance 1 → {end(beta1=beta1):.2g}")
for gamma in (0.3, 1.0):
    found = end(gamma=gamma, beta1=0.9)
    print(f"β₁ = +0.9, γ = {gamma}: distance 1 → {found:.2g}")

# %% [markdown]
# It blows it up: $\beta_1=0.5$ spirals outward, $-0.5$ inward. Momentum is
# old gradient, and in a game an old gradient points to where the opponent
# *was*. At 0.9 a friction of 0.3 is no longer enough, while 1 is.

# %% [markdown] predict={"picture": "more steps of D", "words": ["√n", "ellipse", "does not change", "as far as before"]}
# **Predict:** with five steps of $D$ for one of $G$ (and $\gamma=0$), does
# $G$ swing less far, farther, or as far as before?

# %% picture="more steps of D"
far = {n: play(n_critic=n).abs().amax(dim=0) for n in (1, 2, 5, 10)}
for n, (theta, psi) in far.items():
    print(f"steps of D: {n:2}. G swings to {theta:.2f}, ", end="")
    print(f"D's slope to {psi:.2f}")

# %% [markdown]
# As far as before: $G$'s amplitude does not change. $n$ small steps of $D$
# are one step $n$ times as long, so the circle becomes an ellipse,
# $\sqrt n$ times as high along $\psi$. More steps of $D$ calm nothing.
#
# Now turn the knobs yourself. The arrows show where one whole turn leads,
# from rest, with the knobs as they stand.

# %%
def portrait(gamma=0.0, ratio=1.0, n_critic=1, beta1=0.0):
    knobs = {"gamma": gamma, "ratio": ratio}
    knobs |= {"n_critic": n_critic, "beta1": beta1}

    def arrows(theta, psi):
        zero = torch.zeros_like(theta)
        moved = turn((theta, psi, zero, zero), **knobs)
        return moved[0] - theta, moved[1] - psi

    path = play(**knobs)
    title = f"distance {start:g} → {path[-1].norm():.2g}"
    return show.journey(arrows, {"in turns": path}, limit=2.5,
                        span=(1e-3, 30), title=title,
                        sentence=f"{len(path) - 1} turns: {title}.")

# %%
show.explore(
    portrait,
    labels={"gamma": "penalty γ", "ratio": "D's rate over G's",
            "n_critic": "steps of D for one of G", "beta1": "momentum β₁"},
    gamma=ipywidgets.FloatSlider(0, max=3, step=0.1),
    ratio=ipywidgets.SelectionSlider(
        options=[1 / 16, 1 / 4, 1, 4, 16], value=1),
    n_critic=ipywidgets.IntSlider(1, min=1, max=10),
    beta1=ipywidgets.FloatSlider(0, min=-0.5, max=0.9, step=0.1),
)

# %%
# what we claim
checks.claim("without friction or momentum it circles", 0.9 < end() < 1.1)
checks.claim("momentum of 0.5 spirals outward, of −0.5 inward",
             end(beta1=-0.5) < 0.5 < 2 < end(beta1=0.5))
checks.claim("a friction of 0.3 is enough without momentum, not at 0.9",
             end(gamma=0.3) < 0.01 < 1 < end(gamma=0.3, beta1=0.9))
checks.claim("at 0.9 a friction of 1 is", end(gamma=1.0, beta1=0.9) < 0.01)
checks.claim("G swings as far with ten steps of D as with one, within 2 %",
             abs(far[10][0] / far[1][0] - 1) < 0.02)
checks.claim("D's slope swings √n times as far, within 10 %",
             all(abs(x[1] / n**0.5 / far[1][1] - 1) < 0.1
                 for n, x in far.items()))

# %% [markdown]
# ## Quiz
# 1. Both losses have been swinging for an hour, at constant size. Is the
#    learning rate too high?
#    <details><summary>Answer</summary>Not necessarily. With imaginary
#    eigenvalues players in turns circle at <i>any</i> small rate. Friction is
#    missing.</details>
# 2. Minimax and non-saturating have the same eigenvalues. Why do they end
#    differently?
#    <details><summary>Answer</summary>Linear theory decides only if the real
#    part is not 0. Here the higher terms decide: the non-saturating field
#    pulls inward a little.</details>
# 3. Would instance noise calm the WGAN game?
#    <details><summary>Answer</summary>No. Noise acts through the second
#    derivative of the loss, and a straight line has none.</details>
# 4. Why does R1 come to rest where WGAN-GP does not?
#    <details><summary>Answer</summary>At the goal <i>D</i> must be flat. R1
#    rewards that. WGAN-GP asks for a slope of 1 there, and pushes
#    <i>D</i> away from flat, to either side.</details>
# 5. In one step the radius grew. Is R1 broken?
#    <details><summary>Answer</summary>No. Where ψ is 0 the penalty does
#    nothing, and a step together still leaves along the tangent. It shrinks
#    over a turn.</details>

# %% [markdown]
# ## Ledger
# | what we changed | what happened |
# |---|---|
# | one loss → two losses | real eigenvalues become imaginary: a circle |
# | moving together | the radius grows by $\sqrt{1+h^2s^2}$ a step |
# | taking turns | near the goal an orbit up to $hs=2$; from afar it may fly off and get stuck; no rest |
# | more steps of $D$ | $D$'s slope swings farther, $G$ as far as before |
# | non-saturating loss | stops at $\sqrt{2h}$, or creeps in |
# | WGAN; clipped; WGAN-GP | together away, in turns a circle; a loop; a loop |
# | R1, or noise with $\gamma=\tau^2/2$ | rest; fastest at $\gamma=2s$ |
# | *your change* | *what you saw* |

# %% [markdown]
# ## In practice
# - The paper's $D$ is ours with the sign turned: there fakes score high. The
#   eigenvalues are the same.
# - A theorem about the equilibrium says nothing about the way there. WGAN-GP
#   trains many real GANs; what it does not do is settle.
# - A real GAN has millions of eigenvalues. One $\gamma$ serves them all, so
#   it is searched for in factors of ten (lesson 12).
# - The moving average of lesson 04 is another cure: it finds the middle of a
#   circle.
# - Adam defaults to $\beta_1=0.9$; many GANs use 0.5 or 0.
#
# ## Further reading
# - [Mescheder, Geiger and Nowozin 2018](https://arxiv.org/abs/1801.04406):
#   the Dirac-GAN, and convergence with R1 and R2 proven beyond it.
# - [Mescheder, Nowozin and Geiger 2017](https://arxiv.org/abs/1705.10461):
#   why imaginary parts force small steps.
# - [Gidel et al. 2019](https://arxiv.org/abs/1807.04740): negative momentum,
#   in theory and on images.
# - [Balduzzi et al. 2018](https://arxiv.org/abs/1802.05642): any game split
#   into a part that descends and a part that turns.
#
# Next: lesson 04, *Train your first GAN*.
