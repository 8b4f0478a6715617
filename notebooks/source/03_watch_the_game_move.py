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
# recalled where we use them. About 60 minutes of your time; {{minutes}}
# minutes of computing on 2 CPU cores.

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
# Nothing here is random, so there is no seed. With two numbers to train we
# can afford double precision.

# %%
h = 0.2  # step size of both players
start = 1.0  # where G starts; D starts at 0
steps = runtime.budget(tiny=60, ci=300, lesson=300, full=300)
cells = runtime.budget(tiny=12, ci=50, lesson=50, full=100)
torch.set_default_dtype(torch.float64)

# %% [markdown]
# ## The smallest GAN there is
# Every real sample is the number 0. The generator has one parameter $\theta$
# and always makes the number $\theta$. The discriminator is a straight line,
# $D(x) = \psi x$. This is the **Dirac-GAN** of Mescheder, Geiger and Nowozin
# (2018).
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

# %% [markdown]
# ## One loss or two?
# Compare with two players who share *one* loss, $\frac14(\theta^2+\psi^2)$.
#
# **Decide before you run:** the arrows of a shared loss all lead to the
# middle. Where do the arrows of the game lead?

# %%
def shared(theta, psi):
    loss = (theta**2 + psi**2) / 4
    return loss, loss


assert (theta * push_g + psi * push_d).abs().max() < 1e-12

show.phases(
    {
        "one loss": (field(shared), None),
        "two losses": (field(minimax), None),
    },
    title="One loss leads home, two lead around it",
    sentence="With one shared loss all arrows lead to the equilibrium. In "
    "the game they lead around it, and none points inward.",
)

# %% [markdown]
# The push stands at a right angle to the way home:
# $\theta\cdot\psi\sigma - \psi\cdot\theta\sigma = 0$. Players that followed
# the arrows smoothly would keep their distance
# $r = \sqrt{\theta^2+\psi^2}$ forever. There is no hill to descend, and no
# number that both of them lower.

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
# They know one thing more: a `limit` to which $\psi$ is clipped. We need it
# for the first WGAN.

# %%
def simultaneous(push, theta, psi, h, limit=math.inf):
    push_g, push_d = push(theta, psi)
    return theta + h * push_g, (psi + h * push_d).clamp(-limit, limit)


def alternating(push, theta, psi, h, limit=math.inf):
    psi = (psi + h * push(theta, psi)[1]).clamp(-limit, limit)
    return theta + h * push(theta, psi)[0], psi


def walk(step, push, theta=start, *, h=h, steps=steps, **more):
    theta = torch.as_tensor(theta)
    path = [(theta, torch.zeros_like(theta))]
    for _ in range(steps):
        path.append(step(push, *path[-1], h, **more))
    return torch.stack([torch.stack(state) for state in path])

# %% [markdown]
# **Predict:** both start at $\theta = 0.5,\ \psi = 0$. After 300 steps, is
# the distance of each smaller, larger, or about the same?

# %%
push = field(minimax)
paths = {"together —": walk(simultaneous, push, 0.5),
         "in turns - -": walk(alternating, push, 0.5)}
law = 0.5 * math.sqrt(1 + h**2 / 4) ** torch.arange(steps + 1)
show.journey(push, paths, limit=2.5, predicted=law,
             title="together flies apart, in turns circles",
             sentence="Simultaneous steps (orange) spiral outward, "
             "alternating steps (dashed) stay on a circle.")

# %% [markdown]
# A simultaneous step leaves the circle along its tangent. Pythagoras:
# $r_{new}^2 = r^2 + (h\sigma r)^2$, so each step multiplies the radius by
#
# $$\sqrt{1 + h^2\sigma(\theta\psi)^2}\ \approx\ \sqrt{1 + h^2/4} = 1.005$$
#
# near the middle, where $\sigma(0)=\tfrac12$. Further out the players spend
# most steps where $\sigma$ is small, and fall behind the dotted law.

# %%
together, in_turns = [path.norm(dim=1) for path in paths.values()]
theta, psi = paths["together —"][:-1].T
factor = (1 + h**2 * torch.sigmoid(theta * psi) ** 2).sqrt()
assert torch.allclose(together[1:] / together[:-1], factor)
assert round(math.sqrt(1 + h**2 / 4), 3) == 1.005
assert (in_turns / 0.5 - 1).abs().max() < 0.06

# %% [markdown]
# **Decide:** does half the step size cure it? In the same *time* $hN$ there
# are twice as many steps.

# %%
full = walk(simultaneous, push, 0.01)[-1].norm() / 0.01
half = walk(simultaneous, push, 0.01, h=h / 2, steps=2 * steps)
half = half[-1].norm() / 0.01
print(f"grown × {full:.2f} with h, × {half:.2f} with h/2")
assert math.isclose(full.log() / half.log(), 2, rel_tol=0.01)

# %% [markdown]
# Half the step halves the exponent, the log of the growth. The radius still
# grows.

# %% [markdown]
# ## Why: eigenvalues
# The *Jacobian* $J$ holds the derivatives of both pushes: $\theta$'s push in
# row 1, $\psi$'s in row 2, by $\theta$ and by $\psi$. Near $(0,0)$ we may
# replace $\sigma$ by $s=\sigma(0)=\tfrac12$ (the paper writes $f'(0)$):
#
# $$\begin{pmatrix}\dot\theta\\ \dot\psi\end{pmatrix} = J
# \begin{pmatrix}\theta\\ \psi\end{pmatrix},\qquad
# J=\begin{pmatrix}0 & s\\ -s & 0\end{pmatrix}.$$
#
# $Jv=\lambda v$ makes $v$ move as $e^{\lambda t}$: the real part of the
# *eigenvalue* $\lambda$ shrinks or grows the radius, the imaginary part turns.
# For $J=\begin{pmatrix}a & b\\ c & d\end{pmatrix}$ both solve
# $\lambda^2-(\text{trace})\lambda+\det=0$, with the trace $a+d$, their sum,
# and the determinant $ad-bc$, their product.
#
# Here $\lambda^2+s^2=0$.
# So $\lambda = \pm i s$: no real part, pure rotation. Minimization cannot do
# that: its $J$ is minus a matrix of second derivatives, symmetric, with real
# eigenvalues.
#
# **Together**, a step multiplies by $I+hJ$, with eigenvalues $1\pm ihs$ of
# size $\sqrt{1+h^2s^2} > 1$. **In turns**, with $\alpha = hs$, first
# $\psi' = \psi - \alpha\theta$ and then $\theta' = \theta + \alpha\psi'$.
# As a matrix:
#
# $$\begin{pmatrix}1-\alpha^2 & \alpha\\ -\alpha & 1\end{pmatrix}:\qquad
# \text{product } 1,\quad \text{sum } 2-\alpha^2.$$
#
# A complex pair with product 1 has size exactly 1. The pair is complex while
# $\alpha < 2$.

# %%
def jacobian(move):  # of a push or a step, at the equilibrium
    def joint(state):
        return torch.stack(move(*state))

    state = torch.zeros(2)
    return torch.autograd.functional.jacobian(joint, state)  # (2, 2)


def sizes(step, h):
    J = jacobian(lambda *state: step(push, *state, h))
    return torch.linalg.eigvals(J).abs()

# %%
assert torch.equal(jacobian(push), torch.tensor([[0, 0.5], [-0.5, 0]]))
assert torch.equal(jacobian(field(shared)), -torch.eye(2) / 2)
assert (sizes(simultaneous, h) - math.sqrt(1 + h**2 / 4)).abs().max() < 1e-9
assert (sizes(alternating, 3.9) - 1).abs().max() < 1e-9
far = walk(alternating, push, 0.01, h=4.1).norm(dim=1).max()
print(f"h = 4.1: × {sizes(alternating, 4.1).max():.2f} a step, to {far:.1f}")
assert far > 0.1

# %% [markdown]
# The theory holds to the last digit: in turns is safe up to $h s = 2$, here
# $h = 4$, and breaks right after. Safe, but it never arrives.

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
# How does $J$ change? Return its two eigenvalues for a game with slope $s$
# at the equilibrium (`slope`) and a given `gamma`, in any order.
#
# {{hints motion.eigenvalues}}

# %% tags=["exercise"]
def my_eigenvalues(slope, gamma):
    # BEGIN SOLUTION
    J = torch.tensor([[0, slope], [-slope, -gamma]])
    return torch.linalg.eigvals(J)
    # END SOLUTION


checks.motion.eigenvalues(my_eigenvalues)

# %% [markdown]
# The new push on $\psi$ is $-\gamma\psi$, so $-\gamma$ stands in $D$'s row:
# trace $-\gamma$, determinant $s^2$, $\lambda^2+\gamma\lambda+s^2=0$ and
#
# $$\lambda = -\frac\gamma2 \pm \sqrt{\frac{\gamma^2}4 - s^2}.$$
#
# Both real parts are negative for every $\gamma>0$: the rotation has
# friction now, and the spiral turns inward.

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


def penalized(game, penalty):
    def both(theta, psi):
        loss_g, loss_d = game(theta, psi)
        return loss_g, loss_d + penalty(psi)

    return both

# %%
def r1(gamma):
    return lambda psi: gamma / 2 * psi**2


def gp(gamma):
    return lambda psi: gamma / 2 * (psi.abs() - 1) ** 2


def noisy(tau):
    noise = torch.linspace(-6, 6, 61)  # in units of tau
    weight = torch.softmax(-(noise**2) / 2, dim=0)

    def game(theta, psi):
        real = psi[..., None] * tau * noise  # D at 0 + noise
        fake = theta[..., None] * psi[..., None] + real
        loss_d = softplus(-real) + softplus(fake)
        return -softplus(fake) @ weight, loss_d @ weight

    return game

# %% [markdown]
# **Predict, for each of the eight:** rest at the dotted crossing, a circle
# forever, or away? Write it down, then run.

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
both = {"together —": simultaneous, "in turns - -": alternating}
panels, ends = {}, {}
for name, game in games.items():
    limit = 0.5 if "clipped" in name else math.inf
    paths = {label: walk(step, field(game), limit=limit)
             for label, step in both.items()}
    panels[name] = field(game), paths
    ends[name] = [float(path[-1].norm()) for path in paths.values()]

# %%
rest = [name for name, pair in ends.items() if max(pair) < 0.02]
if steps >= 300:
    assert rest == list(games)[5:]
    assert 0.9 < ends["minimax"][1] < 1.1
    assert ends["WGAN"][0] > 100
    assert 0.4 < min(ends["WGAN, clipped"]) < 0.6
    assert min(ends["WGAN-GP, γ = 0.5"]) > 1
show.phases(
    panels,
    title=f"{len(rest)} of 8 games are at rest after {steps} steps",
    limit=2.2,
    sentence="R1 and instance noise end at the equilibrium, together "
    "(orange) and in turns (dashed). The others circle, creep or fly off.",
)

# %% [markdown]
# Clipping does nothing where $|\psi|<\frac12$: the game is thrown back
# until it fits between the bars, and circles there. Under WGAN-GP $D$ is
# told to keep a slope of 1, right where it should have none.

# %% [markdown]
# ## Do the eigenvalues know?
# Noise acts like R1. Close to the equilibrium it adds
# $-2\operatorname{softplus}''(0)\,\tau^2\psi = -\frac{\tau^2}2\psi$ to
# $D$'s push, so $\gamma=\tau^2/2$: here 0.32. Autograd knows nothing of
# that formula.

# %%
closed = {  # slope s, damping γ
    "minimax": (0.5, 0.0),
    "non-saturating": (0.5, 0.0),
    "WGAN": (1.0, 0.0),
    "R1, γ = 0.3": (0.5, 0.3),
    "R1, γ = 3": (0.5, 3.0),
    "instance noise, τ = 0.8": (0.5, 0.8**2 / 2),
}
for name, (slope, gamma) in closed.items():
    found = torch.linalg.eigvals(jacobian(field(games[name])))
    root = torch.tensor(gamma**2 / 4 - slope**2 + 0j).sqrt()
    right = torch.stack([-gamma / 2 - root, -gamma / 2 + root])
    gap = (found - right[:, None]).abs().min(dim=0).values.max()
    assert gap < 1e-6, name
    print(f"{name:24}", *(f"{value:.3f}" for value in found.tolist()))

# %% [markdown]
# Six games, six matches. The first three have no real part: there the
# linear theory cannot decide, and the small terms do. That is why the
# non-saturating game differs from its twin.

# %% [markdown]
# ## ✏️ Exercise 3 · How much friction?
# *5 minutes · ●○○*
#
# With a small $\gamma$ the game spirals in, with a large one it creeps in
# without turning. At which $\gamma$ does the turning end?
#
# {{hints motion.critical_gamma}}

# %% tags=["exercise"]
def my_critical_gamma(slope):
    # BEGIN SOLUTION
    return 2 * slope
    # END SOLUTION


checks.motion.critical_gamma(my_critical_gamma)

# %% [markdown]
# **Decide:** is more friction always better? The slowest direction decides,
# the largest real part.

# %%
gamma = torch.linspace(0, 3, 13)
found = torch.stack([
    torch.linalg.eigvals(jacobian(field(penalized(minimax, r1(g)))))
    for g in gamma
])  # (13, 2)
fine = torch.linspace(0, 3, 301)
root = (fine**2 / 4 - 0.25 + 0j).sqrt()
pair = torch.stack([-fine / 2 + root, -fine / 2 - root], dim=1)
with rc_context(show.STYLE):
    fig = show.figure(width=6.5, height=3.4)
    for ax, part in zip(fig.subplots(1, 2), ("real", "imag")):
        ax.plot(fine, getattr(pair, part), ":", color="black")
        ax.plot(gamma, getattr(found, part), "o", color=show.MARK, ms=5)
        ax.set(xlabel="γ", ylabel=f"{part} part of λ")
    fig.suptitle("The turning ends at γ = 1")
show.Picture(fig, "The dots are autograd's, the dotted line is the formula.")

# %%
slowest = found.real.max(dim=1).values
assert float(gamma[slowest.argmin()]) == 1.0
three = torch.tensor([0.3, 1.0, 3.0])
push_r1 = field(penalized(minimax, r1(three)))
left = walk(simultaneous, push_r1, torch.ones(3), steps=100).norm(dim=1)
print("radius after 100 steps:", [f"{r:.1e}" for r in left[-1].tolist()])
assert left[-1].argmin() == 1
assert (left[1] > left[0]).all()  # at ψ = 0 the penalty does nothing

# %% [markdown]
# No. Beyond the critical $\gamma$, here 1, one eigenvalue climbs back to 0:
# $D$ is held so tightly that it hardly tells $G$ anything.

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
def my_least_gamma(slope, h):
    # BEGIN SOLUTION
    return h * slope**2
    # END SOLUTION


checks.motion.least_gamma(my_least_gamma)

# %% [markdown]
# ## Map the region of convergence
# For a $2\times2$ matrix with determinant $d$ and trace $t$, both
# eigenvalues are smaller than 1 exactly if $|t| < 1 + d$ and $d < 1$.
# - **Together:** $d = 1-h\gamma+h^2s^2$, $t=2-h\gamma$. So
#   $hs^2<\gamma<\frac2h+\frac{hs^2}2$.
# - **In turns:** $d = 1-h\gamma$, $t=2-h\gamma-h^2s^2$. So
#   $0<\gamma<\frac2h-\frac{hs^2}2$.
#
# The paper's theorem says that *some* small $h$ will do. Here is how small.
# We train a whole grid of GANs at once, each from $\theta=0.01$, and ask which
# are closer to the equilibrium at the end.

# %%
H, gamma = torch.meshgrid(torch.linspace(0.1, 5, cells),
                          torch.linspace(0, 3, cells), indexing="xy")
push_r1 = field(penalized(minimax, r1(gamma)))
bounds = {
    simultaneous: (lambda h: h / 4, lambda h: 2 / h + h / 8),
    alternating: (lambda h: 0 * h, lambda h: 2 / h - h / 8),
}
shrunk, same, clear = {}, {}, {}
for step, (low, high) in bounds.items():
    path = walk(step, push_r1, torch.full_like(H, 0.01), h=H)
    shrunk[step] = path[-1].norm(dim=0) < 0.01
    inside = (low(H) < gamma) & (gamma < high(H))
    same[step] = shrunk[step] == inside
    near = torch.minimum((gamma - low(H)).abs(), (gamma - high(H)).abs())
    clear[step] = same[step][near > 0.1]

# %%
if steps >= 300:
    assert all(cells.all() for cells in clear.values())
with rc_context(show.STYLE):
    fig = show.figure(width=8, height=3.8)
    for ax, (step, edges) in zip(fig.subplots(1, 2), bounds.items()):
        ax.contourf(H, gamma, shrunk[step], [0.5, 2], colors=[show.MARK])
        for edge in edges:
            ax.plot(H[0], edge(H[0]), ":", color="black", lw=2)
        ax.set(xlabel="step size h", ylabel="γ", ylim=(-0.02, 3))
        share = same[step].double().mean()
        ax.set_title(f"{step.__name__}: {share:.1%} as predicted")
show.Picture(fig, "Orange: the radius shrank. Dotted: the predicted borders.")

# %% [markdown]
# Theory and experiment agree in every cell that is not within 0.1 of a
# border. Taking turns removes the lower border: any friction will do. Too much
# of it breaks both: beyond $h\gamma=2+\frac{h^2s^2}2$ together, and already
# beyond $2-\frac{h^2s^2}2$ in turns, $D$ overshoots its own goal.

# %% [markdown]
# ## Where the theory stops
# **Non-saturating.** The field itself takes $hr^4/8$ off $r^2$ in a
# step (averaged over a turn), and moving together adds $h^2r^2/4$. They
# balance at $r=\sqrt{2h}$: neither rest nor flight. In turns only the pull is
# left, and $r=1/\sqrt{1+hN/8}$: it arrives, more slowly than any exponential.

# %%
sizes_h = torch.tensor([0.1, 0.2, 0.4])
push = field(non_saturating)
path = walk(simultaneous, push, torch.ones(3), h=sizes_h, steps=1_200)
radius = path[-200:].norm(dim=1).mean(dim=0)
assert (radius / (2 * sizes_h).sqrt() - 1).abs().max() < 0.03
path = walk(alternating, push, steps=900)
slow = 1 / (1 + h * torch.arange(901) / 8).sqrt()
assert (path.norm(dim=1) / slow - 1).abs().max() < 0.1

# %% [markdown]
# **WGAN-GP.** Its $|\psi|$ has a kink at 0, so there is no Jacobian. For
# $\psi>0$ the game spirals around $(\gamma,0)$, for $\psi<0$ around
# $(-\gamma,0)$. A half turn shrinks the distance to its center by $\rho =
# e^{-\pi a/b}$, with $a=\frac\gamma2$, $b=\sqrt{1-a^2}$. A path from $-x$
# to $x$ repeats if $x-\gamma=\rho\,(x+\gamma)$: a loop forever, of
# half width $x=\gamma\,(1+\rho)/(1-\rho)$.

# %%
gamma = torch.tensor([0.2, 0.5, 1.0, 1.5])
push = field(penalized(wgan, gp(gamma)))
path = walk(alternating, push, torch.ones(4), h=0.05, steps=1_200)
rho = torch.exp(-math.pi * gamma / (4 - gamma**2).sqrt())
width = gamma * (1 + rho) / (1 - rho)
assert (path[-300:, 0].amax(dim=0) / width - 1).abs().max() < 0.03
J = jacobian(field(games["WGAN-GP, γ = 0.5"]))
assert torch.equal(J, torch.tensor([[0.0, 1.0], [-1.0, 0.0]]))

# %% [markdown]
# > **Careful.** The last two lines ask autograd for a Jacobian that does not
# > exist, and get one: $\pm i$, as if there were no penalty. PyTorch takes
# > the slope of $|\psi|$ at 0 to be 0. An answer is not yet a derivative.

# %% [markdown]
# ## Play with it
# Four knobs that every GAN has: $\gamma$, the ratio of the learning rates
# (D's over G's), D's steps per step of G, and the momentum $\beta_1$, as
# in Adam. In turns, minimax with R1.

# %%
def play(gamma=0.0, ratio=1.0, n_critic=1, beta1=0.0, turns=300):
    h_g, h_d = h / math.sqrt(ratio), h * math.sqrt(ratio)
    theta, psi, speed_g, speed_d = start, 0.0, 0.0, 0.0
    path = [(theta, psi)]
    while len(path) <= turns and math.hypot(*path[-1]) < 1_000:
        for _ in range(n_critic):
            slope = (1 + math.tanh(theta * psi / 2)) / 2  # sigmoid
            push_d = -theta * slope - gamma * psi
            speed_d = beta1 * speed_d + (1 - beta1) * push_d
            psi += h_d * speed_d
        slope = (1 + math.tanh(theta * psi / 2)) / 2
        speed_g = beta1 * speed_g + (1 - beta1) * psi * slope
        theta += h_g * speed_g
        path.append((theta, psi))
    return torch.tensor(path)

# %% [markdown]
# **Predict:** starting from $\gamma=0$, does $\beta_1=0.5$ calm the circle or
# blow it up? And $\beta_1=-0.5$?

# %%
def portrait(gamma=0.0, ratio=1.0, n_critic=1, beta1=0.0):
    path = play(gamma, ratio, n_critic, beta1)
    title = f"distance 1 → {path[-1].norm():.2g}"
    return show.journey(
        field(penalized(minimax, r1(gamma))),
        {"in turns": path},
        limit=2.5,
        span=(1e-3, 30),
        title=title,
        sentence=f"{len(path) - 1} steps of G: {title}.",
    )

# %%
def end(**knobs):
    return float(play(**knobs)[-1].norm())


assert 0.9 < end() < 1.1
assert end(beta1=-0.5) < 0.5 < 2 < end(beta1=0.5)
assert end(gamma=0.3) < 0.01 < 1 < end(gamma=0.3, beta1=0.9)
assert end(gamma=1, beta1=0.9) < 0.01 < 2 < end(n_critic=5)

ratios = ipywidgets.SelectionSlider(options=[1 / 16, 1 / 4, 1, 4, 16], value=1)
show.explore(portrait, gamma=(0.0, 3.0, 0.1), ratio=ratios,
                       n_critic=(1, 10), beta1=(-0.5, 0.9, 0.1))

# %% [markdown]
# Momentum is old gradient, and in a game an old gradient points to where the
# opponent *was*: $\beta_1=0.5$ spirals outward, $-0.5$ inward, and at 0.9 a
# friction of 0.3 is no longer enough, while 1 is. More steps of $D$ make the
# orbit wider, not calmer: five of them take it beyond 2.

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
# | taking turns | bounded up to $hs=2$, no rest |
# | non-saturating loss | stops at $\sqrt{2h}$, or creeps in |
# | WGAN, clipped, WGAN-GP | away, a circle, a loop |
# | R1, or noise with $\gamma=\tau^2/2$ | rest; fastest at $\gamma=2s$ |
# | *your change* | *what you saw* |

# %% [markdown]
# ## In practice
# - The paper's $D$ is ours with the sign turned: there fakes score high. The
#   eigenvalues are the same.
# - A theorem about the equilibrium says nothing about the way there. WGAN-GP
#   trains many real GANs; what it does not do is settle.
# - A real GAN has millions of eigenvalues. One $\gamma$ serves them all, so
#   papers search it over factors of ten. Lesson 12 does.
# - The moving average of lesson 04 is another cure: it finds the middle of a
#   circle.
# - Optimizers default to $\beta_1=0.9$; many GANs use 0.5 or 0.
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
