"""Answers of learners to the exercises of lessons 05 to 09."""

import copy
import math
from collections import Counter
from fractions import Fraction

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

from gan_lessons import data, detectors

ring = data.ring(sigma=0.1)
ANSWERS = []


def add(check, kind, answer, cause, source="made up, typical"):
    ANSWERS.append(
        {"check": check, "kind": kind, "cause": cause, "source": source, "answer": answer}
    )


# ------------------------------------------------------------ reading.plateau
def plateau_1(found, modes):
    p, q = 1 / modes, 1 / found
    d_star = q / (p + q)
    return -math.log(d_star)


add(
    "reading.plateau",
    "wrong",
    plateau_1,
    "q / (p + q) is the best D's probability of *fake*: D* must be "
    "p / (p + q); gives log(1 + k/K) instead of log(1 + K/k).",
)


def plateau_2(found, modes):
    p = 1 / modes
    q = 1
    return -math.log(p / (p + q))


add(
    "reading.plateau",
    "wrong",
    plateau_2,
    "q is set to 1 (all fakes on one mode); the share of the fakes at one of "
    "k modes is 1/found. Right only for found == 1.",
)


def plateau_3(found, modes):
    real_share = 1 / modes
    fake_share = 1 / found
    D = real_share / (real_share + fake_share)
    return -math.log(1 - D)


add(
    "reading.plateau",
    "wrong",
    plateau_3,
    "-log(1 - D*) is D's loss on the fakes; G's (non-saturating) loss asked for is -log D*.",
    "made up, typical",
)


def plateau_4(found, modes):
    return math.log(1 + modes // found)


add(
    "reading.plateau",
    "wrong",
    plateau_4,
    "Floor division: modes // found must be modes / found; wrong whenever "
    "found does not divide modes.",
)


def plateau_5(found, modes):
    p, q = Fraction(1, modes), Fraction(1, found)
    best = p / (p + q)
    return math.log(best.denominator) - math.log(best.numerator)


add(
    "reading.plateau",
    "right",
    plateau_5,
    "Exact fractions for D* = p/(p+q), then -log D* = log denominator - log numerator.",
)


def plateau_6(found, modes):
    # what BCE with label 1 says about such a logit
    logit = torch.tensor(math.log(found) - math.log(modes), dtype=torch.float64)
    return F.binary_cross_entropy_with_logits(logit, torch.ones((), dtype=torch.float64)).item()


add(
    "reading.plateau",
    "right",
    plateau_6,
    "D*'s logit is log(p/q) = log(k/K); BCE of the logit with label 1 is -log D*.",
)


# ------------------------------------------------------- reading.rolling_mean
def rolling_1(values, window):
    if len(values) <= window:
        return values[:0]
    return values.unfold(0, window, 1).mean(dim=1)


add(
    "reading.rolling_mean",
    "wrong",
    rolling_1,
    "<= must be <: a run exactly as long as the window has one whole window, T - window + 1 = 1.",
)


def rolling_2(values, window):
    if len(values) < window:
        return values[:0]
    total = values.double().cumsum(0)
    return ((total[window:] - total[:-window]) / window).to(values.dtype)


add(
    "reading.rolling_mean",
    "wrong",
    rolling_2,
    "The cumulative sum lacks a leading zero, so the first window is lost: "
    "T - window means instead of T - window + 1.",
    "typical cumsum moving average (from memory: stackoverflow 14313510)",
)


def rolling_3(values, window):
    kernel = np.ones(window) / window
    out = np.convolve(values.numpy(), kernel, mode="same")
    return torch.from_numpy(out).to(values.dtype)


add(
    "reading.rolling_mean",
    "wrong",
    rolling_3,
    "mode='same' pads with zeros and returns T values; whole windows only "
    "are mode='valid' (and a run shorter than the window has none).",
    "typical np.convolve moving average (from memory)",
)


def rolling_4(values, window):
    if len(values) < window:
        return values
    return torch.stack([values[i : i + window].mean() for i in range(len(values) - window + 1)])


add(
    "reading.rolling_mean",
    "wrong",
    rolling_4,
    "A run shorter than the window is returned as it is; it has no whole "
    "window, so the result must be empty: values[:0].",
)


def rolling_5(values, window):
    if window > len(values):
        return torch.empty(0, dtype=values.dtype)
    s = F.pad(values.double(), (1, 0)).cumsum(0)
    return ((s[window:] - s[:-window]) / window).to(values.dtype)


add(
    "reading.rolling_mean",
    "right",
    rolling_5,
    "Differences of a cumulative sum that begins with 0, in float64, with the short run handled.",
)


def rolling_6(values, window):
    means = []
    for start in range(0, len(values) - window + 1):
        total = 0.0
        for v in values[start : start + window].tolist():
            total += v
        means.append(total / window)
    return torch.tensor(means, dtype=values.dtype)


add(
    "reading.rolling_mean",
    "right",
    rolling_6,
    "Two plain loops; range is empty for a short run, and torch.tensor([]) is empty.",
)


def rolling_7(values, window):
    if len(values) < window:
        return values.new_zeros(0)
    w = torch.full((1, 1, window), 1 / window, dtype=values.dtype)
    return F.conv1d(values[None, None], w)[0, 0]


add(
    "reading.rolling_mean",
    "right",
    rolling_7,
    "A convolution without padding with weights 1/window gives the mean of every whole window.",
)


# ----------------------------------------------------------- reading.diagnose
def diagnose_1(run):
    last = {k: v[-100:].mean().item() for k, v in run.numbers.items()}
    found = detectors.alarms(run.numbers, run.looks, ring.centers)
    if run.mates > 0.01:
        return "batch norm"
    if min(run.numbers["real_logit"].min(), run.numbers["fake_logit"].min()) >= 0:
        return "double sigmoid"
    if "D wins" in found:
        return "D wins"
    if 0.9 < run.looks[-1].abs().amax(dim=1).median() <= 1:
        return "range mismatch"
    if abs(last["real_logit"] - last["fake_logit"]) < 1e-3:
        return "no real data"
    if "oscillation" in found:
        return "oscillation"
    if "collapse" in found:
        return "collapse"
    return "healthy"


add(
    "reading.diagnose",
    "wrong",
    diagnose_1,
    "The D wins *alarm* is trusted as a cause and asked first: it also rings "
    "(ever) for collapse and range mismatch, so 4 of 16 are called D wins. "
    "Ask range mismatch first and use both logits at the end.",
)


def diagnose_2(run):
    n = run.numbers
    end = lambda name: n[name][-100:].mean().item()
    if run.mates > 0.1:
        return "batch norm"
    if abs(end("loss_d") - 2 * math.log(2)) < 0.02:
        return "no real data"
    if n["real_logit"].min() >= 0 and n["fake_logit"].min() >= 0:
        return "double sigmoid"
    if run.looks[-1].abs().amax(dim=1).median() > 0.95 and run.looks[-1].abs().max() <= 1:
        return "range mismatch"
    if end("real_logit") > 4 and end("fake_logit") < -4:
        return "D wins"
    if detectors.oscillates(run.looks, ring.centers) is not None:
        return "oscillation"
    if detectors.collapsed(run.looks, ring.centers) is not None:
        return "collapse"
    return "healthy"


add(
    "reading.diagnose",
    "wrong",
    diagnose_2,
    "D's loss at 1.386 is read as 'no real data', before the others are "
    "asked: oscillation and double sigmoid rest there as well. Compare the "
    "two logits instead, after double sigmoid.",
)


def diagnose_3(run):
    n = run.numbers
    real, fake = n["real_logit"][-100:], n["fake_logit"][-100:]
    if run.mates > 0.1:
        return "batch norm"
    if (n["real_logit"] >= 0).all() and (n["fake_logit"] >= 0).all():
        return "double sigmoid"
    if run.looks[-1].abs().max() <= 1:  # tanh
        return "range mismatch"
    if real.mean() > 4 and fake.mean() < -4:
        return "D wins"
    if abs(real.mean() - fake.mean()) < 1e-3:
        return "no real data"
    if detectors.oscillates(run.looks, ring.centers):
        return "oscillation"
    if detectors.collapsed(run.looks, ring.centers):
        return "collapse"
    return "healthy"


add(
    "reading.diagnose",
    "wrong",
    diagnose_3,
    "'all samples inside [-1, 1]' is true of every G that stays near the "
    "origin (D wins, some no real data); range mismatch is samples that "
    "*press against* the edge (many at |x| near 1).",
)


def diagnose_4(run):
    n = run.numbers
    real = n["real_logit"][-100:].mean()
    fake = n["fake_logit"][-100:].mean()
    x = run.looks[-1].abs().amax(dim=1)
    if run.mates > 0.1:
        return "batchnorm"
    if n["fake_logit"].min() >= 0 and n["real_logit"].min() >= 0:
        return "double sigmoid"
    if x.max() <= 1 and x.median() > 0.9:
        return "range mismatch"
    if real > 4 and fake < -4:
        return "D wins"
    if (real - fake).abs() < 1e-3:
        return "no real data"
    if detectors.oscillates(run.looks, ring.centers) is not None:
        return "oscillation"
    if detectors.collapsed(run.looks, ring.centers) is not None:
        return "mode collapse"
    return "healthy"


add(
    "reading.diagnose",
    "wrong",
    diagnose_4,
    "Two names are misspelled: 'batchnorm' must be 'batch norm' and 'mode "
    "collapse' must be 'collapse'; the rules themselves are right.",
)


def diagnose_5(run):
    real = run.numbers["real_logit"][-100:].numpy()
    fake = run.numbers["fake_logit"][-100:].numpy()
    pts = run.looks[-1].numpy()
    at_edge = np.mean(np.abs(np.abs(pts).max(axis=1) - 1) < 0.05)
    moves, crowd = [], []
    for cloud in run.looks.numpy():
        d = ((cloud[:, None] - ring.centers.numpy()[None]) ** 2).sum(-1)
        share = np.bincount(d.argmin(1), minlength=8) / len(cloud)
        crowd.append((share > 0.024).sum())
        moves.append(share)
    hops = [np.abs(a - b).sum() / 2 for a, b in zip(moves, moves[1:])]
    rules = [
        ("batch norm", run.mates > 0.05),
        (
            "double sigmoid",
            run.numbers["real_logit"].min() >= 0 and run.numbers["fake_logit"].min() >= 0,
        ),
        ("range mismatch", at_edge > 0.8),
        ("D wins", real.mean() > 4 and fake.mean() < -4),
        ("no real data", abs(real.mean() - fake.mean()) < 1e-3),
        ("collapse", real.mean() > 2),
        ("oscillation", np.mean(hops[-3:]) > 0.5 or max(crowd[-3:]) < 4),
        ("healthy", True),
    ]
    return next(name for name, hit in rules if hit)


add(
    "reading.diagnose",
    "right",
    diagnose_5,
    "All rules written in NumPy without the detectors, as an ordered list of "
    "name and condition; names every labeled run of the gallery rightly.",
)


# ----------------------------------------------------------- reading.stopping
def stopping_1(looks):
    ds = [l.distance for l in looks]
    best = ds.index(min(ds))
    if len(ds) - 1 - best >= 6:
        return len(ds) - 1
    return None


add(
    "reading.stopping",
    "wrong",
    stopping_1,
    "Patience is counted right, but the *current* look is kept instead of "
    "the best one: return best, not len(ds) - 1 (its mean distance is hardly "
    "below that of the fixed 500 steps).",
    "keras-team/keras#5556, #10765: EarlyStopping returned the last weights",
)


def stopping_2(looks):
    best = min(looks, key=lambda look: look.distance)
    waited = looks[-1].step - best.step
    if waited >= 300:
        return best.step
    return None


add(
    "reading.stopping",
    "wrong",
    stopping_2,
    "Returns the step of the best look (50, 100, …); the *index* of the look "
    "in looks is asked for.",
)


def stopping_3(looks):
    losses = [look.loss_d for look in looks]
    best = max(range(len(losses)), key=losses.__getitem__)
    if len(looks) - best > 6:
        return best
    return None


add(
    "reading.stopping",
    "wrong",
    stopping_3,
    "Watches D's loss (the largest counts as best) instead of the distance "
    "to the validation points; the loss does not say when G is good.",
)


def stopping_4(looks):
    if len(looks) >= 2 and looks[-1].distance > looks[-2].distance:
        return len(looks) - 2
    return None


add(
    "reading.stopping",
    "wrong",
    stopping_4,
    "No patience: stops at the first look that is worse than the one before; "
    "the distance jumps up and down, so it stops far too early.",
)


stopping_memory = []


def stopping_5(looks):
    stopping_memory.append(looks[-1].distance)
    best = stopping_memory.index(min(stopping_memory))
    if len(stopping_memory) - 1 - best >= 6:
        return best
    return None


add(
    "reading.stopping",
    "wrong",
    stopping_5,
    "State is kept in a global list that is never emptied: from the second "
    "run on, distances and index of former runs are mixed in. Use looks, "
    "which holds all looks of this run.",
)


def stopping_6(looks):
    best, best_d, wait = 0, float("inf"), 0
    for i, look in enumerate(looks):
        if look.distance < best_d:
            best, best_d, wait = i, look.distance, 0
        else:
            wait += 1
            if wait >= 7:
                return best
    return None


add(
    "reading.stopping",
    "right",
    stopping_6,
    "Replays the run with a counter each time; patience of seven looks, "
    "returns the index of the best look.",
)


def stopping_7(looks):
    if len(looks) == 1:
        stopping_7.best = 0
    elif looks[-1].distance < looks[stopping_7.best].distance:
        stopping_7.best = len(looks) - 1
    patient = len(looks) - stopping_7.best <= 6
    return None if patient else stopping_7.best


add(
    "reading.stopping",
    "right",
    stopping_7,
    "Keeps the best index as an attribute of the function but starts anew "
    "whenever a run has its first look; patience of six.",
)


# --------------------------------------------------------- pixels.model_range
def to_model_1(images):
    return images.float() / 127.5 - 1


def to_image_1(images):
    return ((images + 1) * 127.5).clamp(0, 255).to(torch.uint8)


add(
    "pixels.model_range",
    "wrong",
    (to_model_1, to_image_1),
    "The way back does not round: the conversion to uint8 cuts decimals off, "
    "so that some of the 256 values come back one too small.",
    "IBM/BAGAN#9 and many savers: (img * 127.5 + 127.5).astype(np.uint8)",
)


def to_model_2(images):
    return (images / 255 - 0.5) / 0.5


def to_image_2(images):
    return (images * 127.5 + 127.5).round().to(torch.uint8)


add(
    "pixels.model_range",
    "wrong",
    (to_model_2, to_image_2),
    "The way back does not clamp to 0 … 255 before uint8, so values beyond "
    "[-1, 1] wrap around (or are undefined).",
    "fchollet/deep-learning-with-python-notebooks#112",
)


def to_model_3(images):
    return images.float() / 255 - 0.5


def to_image_3(images):
    return ((images + 0.5) * 255).round().clamp(0, 255).byte()


add(
    "pixels.model_range",
    "wrong",
    (to_model_3, to_image_3),
    "Scales to [-0.5, 0.5] instead of [-1, 1]; the round trip hides it, but "
    "0 must become -1 and 255 become 1: / 127.5 - 1.",
    "IBM/BAGAN#9: img / 255 - 0.5",
)


def to_model_4(images):
    return (images.float() / 255 - 0.1307) / 0.3081


def to_image_4(images):
    pixels = (images * 0.3081 + 0.1307) * 255
    return pixels.round().clamp(0, 255).to(torch.uint8)


add(
    "pixels.model_range",
    "wrong",
    (to_model_4, to_image_4),
    "Normalizes by MNIST's mean and deviation (-0.42 … 2.82) instead of mapping 0 … 255 to -1 … 1.",
    "Lightning's basic GAN example (named in the notebook)",
)


def to_model_5(images):
    table = torch.linspace(-1, 1, 256, dtype=torch.float64).float()
    return table[images.long()]


def to_image_5(images):
    p = torch.floor((images.double() + 1) / 2 * 255 + 0.5)
    p[p < 0] = 0
    p[p > 255] = 255
    return p.to(torch.uint8)


add(
    "pixels.model_range",
    "right",
    (to_model_5, to_image_5),
    "A table of 256 values there; back by floor(x + 0.5) in float64 and masks as clamp.",
)


def to_model_6(images):
    arr = images.numpy().astype(np.float32)
    return torch.from_numpy(np.interp(arr, [0, 255], [-1, 1]).astype(np.float32))


def to_image_6(images):
    arr = np.rint(127.5 * images.detach().numpy() + 127.5)
    return torch.from_numpy(np.clip(arr, 0, 255).astype(np.uint8))


add(
    "pixels.model_range",
    "right",
    (to_model_6, to_image_6),
    "NumPy: interpolation from 0 … 255 to -1 … 1, rint and clip back.",
)


# ------------------------------------------------------------ pixels.networks
def px_generator_1(latent_dim):
    return nn.Sequential(
        nn.Linear(latent_dim, 128),
        nn.ReLU(),
        nn.Linear(128, 784),
        nn.Tanh(),
        nn.Unflatten(1, (1, 28, 28)),
    )


def px_discriminator_1():
    return nn.Sequential(
        nn.Flatten(),
        nn.Linear(784, 128),
        nn.LeakyReLU(0.2),
        nn.Linear(128, 1),
        nn.Sigmoid(),
        nn.Flatten(0),
    )


add(
    "pixels.networks",
    "wrong",
    (px_generator_1, px_discriminator_1),
    "D ends in a sigmoid: it returns probabilities where logits are asked "
    "for; delete nn.Sigmoid().",
    "most MNIST GAN tutorials (D ends in Sigmoid for BCELoss)",
)


def px_generator_2(latent_dim):
    return nn.Sequential(
        nn.Linear(latent_dim, 256),
        nn.LeakyReLU(0.2),
        nn.Linear(256, 28 * 28),
        nn.Sigmoid(),
        nn.Unflatten(1, (1, 28, 28)),
    )


def px_discriminator_2():
    return nn.Sequential(
        nn.Flatten(1),
        nn.Linear(784, 256),
        nn.LeakyReLU(0.2),
        nn.Linear(256, 1),
        nn.Flatten(0),
    )


add(
    "pixels.networks",
    "wrong",
    (px_generator_2, px_discriminator_2),
    "G ends in a sigmoid, so its pixels lie in (0, 1) and not in (-1, 1): nn.Tanh().",
    "fchollet/deep-learning-with-python-notebooks#7",
)


def px_discriminator_3():
    class Critic(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc1 = nn.Linear(784, 200)
            self.fc2 = nn.Linear(200, 1)

        def forward(self, img):
            h = F.leaky_relu(self.fc1(img.view(img.size(0), -1)), 0.2)
            return self.fc2(h).squeeze()

    return Critic()


add(
    "pixels.networks",
    "wrong",
    (px_generator_1, px_discriminator_3),
    "squeeze() also removes the batch axis of a single image: D returns () "
    "instead of (1,); squeeze(1) or Flatten(0).",
    "typical; thread on such size mismatches: carpedm20/DiscoGAN-pytorch#16 (squeeze(1) is the cure)",
)


def px_generator_4(latent_dim):
    return nn.Sequential(
        nn.Linear(100, 256),
        nn.LeakyReLU(0.2),
        nn.Linear(256, 784),
        nn.Tanh(),
        nn.Unflatten(1, (1, 28, 28)),
    )


add(
    "pixels.networks",
    "wrong",
    (px_generator_4, px_discriminator_2),
    "latent_dim is ignored: the first layer always reads 100 numbers; nn.Linear(latent_dim, 256).",
    "made up, typical (100 copied from tutorials)",
)


def px_generator_5(latent_dim):
    class Gen(nn.Module):
        def __init__(self):
            super().__init__()
            self.l1 = nn.Linear(latent_dim, 64)
            self.l2 = nn.Linear(64, 784)

        def forward(self, z):
            return torch.tanh(self.l2(torch.relu(self.l1(z)))).view(-1, 1, 28, 28)

    return Gen()


def px_discriminator_5():
    class Disc(nn.Module):
        def __init__(self):
            super().__init__()
            self.w = nn.Conv2d(1, 32, kernel_size=28)  # sees everything
            self.out = nn.Linear(32, 1)

        def forward(self, img):
            h = F.elu(self.w(img)).mean(dim=(2, 3))
            return self.out(h)[:, 0]

    return Disc()


add(
    "pixels.networks",
    "right",
    (px_generator_5, px_discriminator_5),
    "Module classes; D's dense layer is a convolution as large as the image, "
    "and [:, 0] keeps the batch axis.",
)


# --------------------------------------------------------------- pixels.slerp
def slerp_1(a, b, t):
    a_n = a / a.norm()
    b_n = b / b.norm()
    omega = torch.acos((a_n * b_n).sum().clamp(-1, 1))
    if omega < 1e-5:
        return (1 - t) * a + t * b
    return (torch.sin((1 - t) * omega) * a_n + torch.sin(t * omega) * b_n) / torch.sin(omega)


add(
    "pixels.slerp",
    "wrong",
    slerp_1,
    "The unit vectors are mixed instead of a and b, so the walk has length 1 "
    "and does not begin at a nor end at b; use a_n, b_n for the angle only.",
    "typical slerp ports that normalize first",
)


def slerp_2(a, b, t):
    angle = (a * b).sum().clamp(-1, 1).acos()
    if angle < 1e-4:
        return (1 - t) * a + t * b
    return (((1 - t) * angle).sin() * a + (t * angle).sin() * b) / angle.sin()


add(
    "pixels.slerp",
    "wrong",
    slerp_2,
    "The dot product is not divided by the two lengths before acos; clamped "
    "to ±1 it gives angle 0 or pi for vectors that are not of length 1.",
    "quaternion slerps assume unit vectors (e.g. glam docs)",
)


def slerp_3(a, b, t):
    line = (1 - t) * a + t * b
    length = (1 - t) * a.norm() + t * b.norm()
    return line / line.norm() * length


add(
    "pixels.slerp",
    "wrong",
    slerp_3,
    "Normalized lerp: the length is kept, but the direction does not turn "
    "evenly (slower at the ends); the sine weights of the angle are missing.",
)


def slerp_4(a, b, t):
    cos = torch.dot(a, b) / (a.norm() * b.norm())
    angle = torch.acos(cos.clamp(-1, 1))
    if angle.abs() < 1e-4:
        return a + t * (b - a)
    return (torch.sin(t * angle) * a + torch.sin((1 - t) * angle) * b) / torch.sin(angle)


add(
    "pixels.slerp",
    "wrong",
    slerp_4,
    "The two weights are swapped: t = 0 gives b and t = 1 gives a.",
)


def slerp_5(a, b, t, DOT_THRESHOLD=0.8):
    dot = (a / a.norm() * (b / b.norm())).sum()
    if dot.abs() > DOT_THRESHOLD:
        return (1 - t) * a + t * b
    omega = dot.acos()
    return (((1 - t) * omega).sin() * a + (t * omega).sin() * b) / omega.sin()


add(
    "pixels.slerp",
    "wrong",
    slerp_5,
    "The threshold of the straight branch is far too low: up to an angle of "
    "37 degrees (cosine 0.8) it lerps, cutting through the sphere; 0.9995 or "
    "an angle near 0 is meant.",
    "after MooreThreads/Moore-AnimateAnyone utils.py (0.9995 there)",
)


def slerp_6(a, b, t):
    x, y = a.double(), b.double()
    u = x / torch.linalg.norm(x)
    # part of b that is orthogonal to a
    side = y - torch.dot(y, u) * u
    angle = torch.atan2(torch.linalg.norm(side), torch.dot(y, u))
    if angle < 1e-7:
        return torch.lerp(a, b, float(t))
    wa = torch.sin((1 - t) * angle) / torch.sin(angle)
    wb = torch.sin(t * angle) / torch.sin(angle)
    return (wa * x + wb * y).to(a.dtype)


add(
    "pixels.slerp",
    "right",
    slerp_6,
    "The angle by atan2 of the parts of b across and along a, in float64; "
    "weights as in the formula, lerp where the angle is 0.",
)


def slerp_7(a, b, t):
    p, q = a.numpy().astype(np.float64), b.numpy().astype(np.float64)
    t = float(t)
    c = p @ q / np.sqrt((p @ p) * (q @ q))
    w = np.arccos(np.clip(c, -1.0, 1.0))
    if np.isclose(np.sin(w), 0):
        mix = (1 - t) * p + t * q
    else:
        mix = np.sin((1 - t) * w) / np.sin(w) * p + np.sin(t * w) / np.sin(w) * q
    return torch.from_numpy(mix.astype(np.float32))


add(
    "pixels.slerp",
    "right",
    slerp_7,
    "NumPy in float64 with the straight line where the sine is 0.",
    "after the widely copied NumPy slerp (e.g. Sygil-Dev/sygil-webui slerp.py)",
)


def slerp_8(a, b, t):
    la, lb = a.norm(), b.norm()
    u, v = a / la, b / lb
    w = torch.acos((u @ v).clamp(-1, 1))
    if w < 1e-4:
        return (1 - t) * a + t * b
    direction = (torch.sin((1 - t) * w) * u + torch.sin(t * w) * v) / torch.sin(w)
    return ((1 - t) * la + t * lb) * direction


add(
    "pixels.slerp",
    "right",
    slerp_8,
    "By the text (from a to b, turning evenly): the direction turns by "
    "exactly t * angle, the length goes evenly from |a| to |b|. Differs from "
    "the hint's formula where the lengths differ (the hint's does not turn "
    "quite evenly there). Borderline on purpose.",
    "common variant: slerp of directions, lerp of lengths",
)


# ------------------------------------------------------------- pixels.nearest
def nearest_1(fake, train):
    f = fake.flatten(1).float()
    r = train.flatten(1).float()
    d = ((f[:, None] - r[None]) ** 2).sum(-1)
    dist, idx = d.min(dim=1)
    return dist, idx


add(
    "pixels.nearest",
    "wrong",
    nearest_1,
    "The square root is missing: squared distances are returned (the indices are right).",
)


def nearest_2(fake, train):
    d = torch.cdist(fake.flatten(1).float(), train.flatten(1).float())
    values, indices = d.min(dim=0)
    return values, indices


add(
    "pixels.nearest",
    "wrong",
    nearest_2,
    "dim=0 is the wrong axis: it gives for each *training* image the closest "
    "sample; dim=1 is needed.",
)


def nearest_3(fake, train):
    distances, index = [], []
    for x in fake:
        rmse = ((train.float() - x.float()) ** 2).mean(dim=(1, 2, 3)).sqrt()
        distances.append(rmse.min())
        index.append(rmse.argmin())
    return torch.stack(distances), torch.stack(index)


add(
    "pixels.nearest",
    "wrong",
    nearest_3,
    "mean over the pixels instead of sum: the distances are too small by "
    "sqrt(784); the Euclidean distance sums squares.",
)


def nearest_4(fake, train):
    n = fake.reshape(len(fake), -1).float()
    m = train.reshape(len(train), -1).float()
    dist, which = torch.cdist(n, m, p=1).topk(1, dim=1, largest=False)
    return dist.squeeze(1), which.squeeze(1)


add(
    "pixels.nearest",
    "wrong",
    nearest_4,
    "p=1 is the sum of absolute differences; Euclidean is p=2, cdist's default.",
)


def nearest_5(fake, train):
    f = fake.reshape(fake.shape[0], -1).double()
    r = train.reshape(train.shape[0], -1).double()
    sq = f.pow(2).sum(1, keepdim=True) + r.pow(2).sum(1) - 2 * f @ r.T
    best = sq.argmin(1)
    dist = (f - r[best]).norm(dim=1)  # exact, without cancellation
    return dist.float(), best


add(
    "pixels.nearest",
    "right",
    nearest_5,
    "Finds the neighbor by |f|²+|r|²-2fr in float64 and computes the distance to it directly.",
)


def nearest_6(fake, train):
    dist, idx = [], []
    T = train.numpy().astype(np.float64)
    for img in fake.numpy().astype(np.float64):
        d = np.sqrt(((T - img) ** 2).sum(axis=(1, 2, 3)))
        idx.append(int(np.argmin(d)))
        dist.append(d[idx[-1]])
    return torch.tensor(dist, dtype=torch.float32), torch.tensor(idx)


add("pixels.nearest", "right", nearest_6, "A NumPy loop over the samples in float64.")


# --------------------------------------------------------- convolutions.sizes
def conv_1(n, k, s, p):
    return math.ceil((n + 2 * p - k) / s) + 1


def transpose_1(n, k, s, p, output_padding):
    return (n - 1) * s - 2 * p + k + output_padding


add(
    "convolutions.sizes",
    "wrong",
    (conv_1, transpose_1),
    "conv_out rounds up where the code of the framework rounds down; math.floor or //.",
    "the 'some documentation says up' of the notebook",
)


def conv_2(n, k, s, p):
    return (n + 2 * p - k) // s + 1


def transpose_2(n, k, s, p, output_padding):
    return (n - 1) * s - 2 * p + k


add(
    "convolutions.sizes",
    "wrong",
    (conv_2, transpose_2),
    "output_padding is forgotten in the transposed size; add it.",
)


def conv_3(n, k, s, p):
    return (n + p - k) // s + 1


def transpose_3(n, k, s, p, output_padding):
    return (n - 1) * s - p + k + output_padding


add(
    "convolutions.sizes",
    "wrong",
    (conv_3, transpose_3),
    "Padding is counted on one side only: it must be 2 * p in both formulas.",
)


def conv_4(n, k, s, p):
    return n + 2 * p - k // s + 1


add(
    "convolutions.sizes",
    "wrong",
    (conv_4, transpose_1),
    "Missing brackets: only k is divided by s; (n + 2 * p - k) // s + 1.",
)


def conv_5(n, k, s, p):
    places = range(-p, n + p - k + 1, s)  # of the left edge
    return len(places)


def transpose_5(n, k, s, p, output_padding):
    reached = set()
    for i in range(n):
        reached.update(range(i * s, i * s + k))
    return max(reached) + 1 - 2 * p + output_padding


add(
    "convolutions.sizes",
    "right",
    (conv_5, transpose_5),
    "Counts the places of the window; counts how far n windows of k, s "
    "apart, reach, and cuts 2p off.",
)


def conv_6(n, k, s, p):
    x = torch.empty(1, 1, n, device="meta")
    return F.conv1d(x, torch.empty(1, 1, k, device="meta"), stride=s, padding=p).shape[-1]


def transpose_6(n, k, s, p, output_padding):
    first_to_last = s * (n - 1)
    return first_to_last + k - p - p + output_padding


add(
    "convolutions.sizes",
    "right",
    (conv_6, transpose_6),
    "Asks PyTorch for the size on the meta device; the other one by the formula in other words.",
)


# ---------------------------------------------------------- convolutions.init
def init_1(layer):
    name = layer.__class__.__name__
    if name.find("Conv") != -1:
        nn.init.normal_(layer.weight.data, 0.0, 0.02)
        nn.init.constant_(layer.bias.data, 0)
    elif name.find("BatchNorm") != -1:
        nn.init.normal_(layer.weight.data, 1.0, 0.02)
        nn.init.constant_(layer.bias.data, 0)


add(
    "convolutions.init",
    "wrong",
    init_1,
    "nn.Linear is forgotten: it keeps PyTorch's own weights and bias.",
    "PyTorch's DCGAN tutorial weights_init, used on a net with dense layers",
)


def init_2(layer):
    if isinstance(layer, (nn.Conv2d, nn.ConvTranspose2d, nn.Linear)):
        nn.init.normal_(layer.weight, 0.0, 0.02)
    elif isinstance(layer, nn.BatchNorm2d):
        nn.init.normal_(layer.weight, 1.0, 0.02)
        nn.init.zeros_(layer.bias)


add(
    "convolutions.init",
    "wrong",
    init_2,
    "Biases of convolutions and linear layers are not set to 0 (only batch norm's are).",
    "eriklindernoren/PyTorch-GAN weights_init_normal",
)


def init_3(layer):
    if isinstance(layer, (nn.Conv2d, nn.ConvTranspose2d, nn.Linear, nn.BatchNorm2d)):
        nn.init.normal_(layer.weight, 0.0, 0.02)
        nn.init.zeros_(layer.bias)


add(
    "convolutions.init",
    "wrong",
    init_3,
    "Batch norm's factor is drawn around 0 like the weights; it must be around 1.",
    "pytorch/examples#516 (tried by the asker)",
)


def init_4(layer):
    std = 0.02**0.5
    if isinstance(layer, nn.BatchNorm2d):
        nn.init.normal_(layer.weight, 1.0, std)
        nn.init.zeros_(layer.bias)
    elif isinstance(layer, (nn.Conv2d, nn.ConvTranspose2d, nn.Linear)):
        nn.init.normal_(layer.weight, 0.0, std)
        nn.init.zeros_(layer.bias)


add(
    "convolutions.init",
    "wrong",
    init_4,
    "0.02 is read as the variance: its root 0.14 is used as the deviation; "
    "the text says 0.02 is the deviation.",
)


def init_5(layer):
    match layer:
        case nn.BatchNorm2d():
            mean = 1.0
        case nn.Conv2d() | nn.ConvTranspose2d() | nn.Linear():
            mean = 0.0
        case _:
            return
    with torch.no_grad():
        layer.weight.copy_(mean + 0.02 * torch.randn_like(layer.weight))
        if layer.bias is not None:
            layer.bias.fill_(0)


add(
    "convolutions.init",
    "right",
    init_5,
    "match by class, weights as mean + 0.02 * noise under no_grad, biases 0.",
)


def init_6(layer):
    kind = type(layer).__name__
    centers = {"Conv2d": 0, "ConvTranspose2d": 0, "Linear": 0, "BatchNorm2d": 1}
    if kind in centers:
        for name, par in layer.named_parameters(recurse=False):
            if name == "bias":
                par.data.zero_()
            else:
                par.data.normal_(centers[kind], 0.02)


add(
    "convolutions.init",
    "right",
    init_6,
    "A table from class names to centers, parameters told apart by name.",
)


# ---------------------------------------------------------- convolutions.norm
def norm_1(channels):
    return nn.BatchNorm2d(channels, momentum=0.8)


add(
    "convolutions.norm",
    "wrong",
    norm_1,
    "PyTorch's momentum is the weight of the *new* batch: Keras's 0.8 is 0.2 here.",
    "pytorch/vision#8312, kazuto1011/deeplab-pytorch#79",
)


def norm_2(channels):
    return nn.BatchNorm2d(channels, 0.2)


add(
    "convolutions.norm",
    "wrong",
    norm_2,
    "The second positional argument is eps, so eps becomes 0.2 and momentum "
    "stays 0.1: write momentum=0.2.",
    "eriklindernoren/PyTorch-GAN#116",
)


def norm_3(channels):
    return nn.BatchNorm2d(channels, eps=0.8, momentum=0.2)


add(
    "convolutions.norm",
    "wrong",
    norm_3,
    "Momentum is repaired but eps is kept at 0.8, which was the effect of the "
    "bug: leave eps at its default.",
    "eriklindernoren/PyTorch-GAN#116",
)


def norm_4(channels):
    bn = nn.BatchNorm2d(channels)
    keep = 0.8
    bn.momentum = 1 - keep
    return bn


add(
    "convolutions.norm",
    "right",
    norm_4,
    "The default layer with its momentum set to 1 - 0.8 afterwards.",
)


# -------------------------------------------------------- convolutions.sample
def sample_1(G, z):
    G.eval()
    with torch.no_grad():
        imgs = G(z)
    return imgs


add(
    "convolutions.sample",
    "wrong",
    sample_1,
    "G stays in eval mode: its former mode is not put back.",
    "typical; e.g. sampling inside training loops",
)


def sample_2(G, z):
    G.eval()
    with torch.no_grad():
        imgs = G(z)
    G.train()
    return imgs


add(
    "convolutions.sample",
    "wrong",
    sample_2,
    "G.train() always switches to train mode; a G that was in eval mode (the "
    "average) is not left as it was: remember G.training before.",
)


def sample_3(G, z):
    with torch.no_grad():
        return torch.cat([G(one[None]) for one in z])


add(
    "convolutions.sample",
    "wrong",
    sample_3,
    "One image at a time but still in train mode: batch norm normalizes each "
    "by its own statistics and moves its running averages; G.eval() is "
    "missing.",
)


def sample_4(G, z):
    G.eval()
    with torch.no_grad():
        out = G(z)
    G.train(G.training)
    return out


add(
    "convolutions.sample",
    "wrong",
    sample_4,
    "G.training is read after G.eval(), so it is False and G stays in eval "
    "mode: remember it before.",
)


def sample_5(G, z):
    mode = G.training
    with torch.no_grad():
        images = G(z)
    G.eval()
    G.train(mode)
    return images


add(
    "convolutions.sample",
    "wrong",
    sample_5,
    "G.eval() comes after the images were made, so they are made in train "
    "mode (and the running averages move): call it before G(z).",
)


def sample_6(G, z):
    twin = copy.deepcopy(G).eval().requires_grad_(False)
    return twin(z)


add(
    "convolutions.sample",
    "right",
    sample_6,
    "A copy is put into eval mode; G itself is never touched.",
)


def sample_7(G, z):
    modes = [(m, m.training) for m in G.modules()]
    try:
        G.eval()
        with torch.no_grad():
            return torch.cat([G(chunk) for chunk in z.split(2)])
    finally:
        for m, was in modes:
            m.training = was


add(
    "convolutions.sample",
    "right",
    sample_7,
    "Remembers the mode of every layer, samples in eval mode in small chunks, "
    "and puts every mode back.",
)


# ------------------------------------------------------------- color.networks
def color_g_1(latent_dim, channels):
    return nn.Sequential(
        nn.Linear(latent_dim, 64 * 4 * 4),
        nn.Unflatten(1, (64, 4, 4)),
        nn.ReLU(),
        nn.ConvTranspose2d(64, 32, 4, 2, 1),
        nn.ReLU(),
        nn.ConvTranspose2d(32, 16, 4, 2, 1),
        nn.ReLU(),
        nn.ConvTranspose2d(16, 8, 4, 2, 1),
        nn.ReLU(),
        nn.ConvTranspose2d(8, channels, 4, 2, 1),
        nn.Tanh(),
    )


def color_d_1(channels):
    return nn.Sequential(
        nn.Conv2d(channels, 8, 4, 2, 1),
        nn.LeakyReLU(0.2),
        nn.Conv2d(8, 16, 4, 2, 1),
        nn.LeakyReLU(0.2),
        nn.Conv2d(16, 32, 4, 2, 1),
        nn.LeakyReLU(0.2),
        nn.Conv2d(32, 64, 4, 2, 1),
        nn.LeakyReLU(0.2),
        nn.Conv2d(64, 1, 4, 1, 0),
    )


add(
    "color.networks",
    "wrong",
    (color_g_1, color_d_1),
    "D ends with a convolution and returns (B, 1, 1, 1) instead of (B,): nn.Flatten(0) is missing.",
    "PyTorch's DCGAN tutorial, whose loop calls .view(-1)",
)


def color_g_2(latent_dim, channels):
    return nn.Sequential(
        nn.Linear(latent_dim, 64 * 4 * 4),
        nn.Unflatten(1, (64, 4, 4)),
        nn.ReLU(),
        nn.ConvTranspose2d(64, 32, 4, 2, 1),
        nn.ReLU(),
        nn.ConvTranspose2d(32, 16, 4, 2, 1),
        nn.ReLU(),
        nn.ConvTranspose2d(16, channels, 4, 2, 1),
        nn.Tanh(),
    )


def color_d_2(channels):
    return nn.Sequential(
        nn.Conv2d(channels, 8, 4, 2, 1),
        nn.LeakyReLU(0.2),
        nn.Conv2d(8, 16, 4, 2, 1),
        nn.LeakyReLU(0.2),
        nn.Conv2d(16, 32, 4, 2, 1),
        nn.LeakyReLU(0.2),
        nn.Conv2d(32, 64, 4, 2, 1),
        nn.LeakyReLU(0.2),
        nn.Flatten(1),
        nn.Linear(64 * 16, 1),
        nn.Flatten(0),
    )


add(
    "color.networks",
    "wrong",
    (color_g_2, color_d_2),
    "G doubles only three times: 4 → 32, not 64; one more transposed convolution.",
)


def color_g_3(latent_dim, channels):
    return nn.Sequential(
        nn.ConvTranspose2d(latent_dim, 64, 4, 1, 0),
        nn.BatchNorm2d(64),
        nn.ReLU(),
        nn.ConvTranspose2d(64, 32, 4, 2, 1),
        nn.BatchNorm2d(32),
        nn.ReLU(),
        nn.ConvTranspose2d(32, 16, 4, 2, 1),
        nn.BatchNorm2d(16),
        nn.ReLU(),
        nn.ConvTranspose2d(16, 8, 4, 2, 1),
        nn.BatchNorm2d(8),
        nn.ReLU(),
        nn.ConvTranspose2d(8, channels, 4, 2, 1),
        nn.Tanh(),
    )


add(
    "color.networks",
    "wrong",
    (color_g_3, color_d_2),
    "G expects noise as (B, latent_dim, 1, 1), but is given (B, latent_dim): "
    "nn.Unflatten(1, (latent_dim, 1, 1)) is missing at its start.",
    "PyTorch's DCGAN tutorial (noise of shape nz x 1 x 1)",
)


def color_g_4(latent_dim, channels=3):
    return nn.Sequential(
        nn.Linear(latent_dim, 32 * 8 * 8),
        nn.Unflatten(1, (32, 8, 8)),
        nn.ReLU(),
        nn.ConvTranspose2d(32, 16, 4, 2, 1),
        nn.ReLU(),
        nn.ConvTranspose2d(16, 8, 4, 2, 1),
        nn.ReLU(),
        nn.ConvTranspose2d(8, 3, 4, 2, 1),
        nn.Tanh(),
    )


def color_d_4(channels=3):
    return nn.Sequential(
        nn.Conv2d(3, 8, 4, 2, 1),
        nn.LeakyReLU(0.2),
        nn.Conv2d(8, 16, 4, 2, 1),
        nn.LeakyReLU(0.2),
        nn.Conv2d(16, 32, 4, 2, 1),
        nn.LeakyReLU(0.2),
        nn.Flatten(1),
        nn.Linear(32 * 64, 1),
        nn.Flatten(0),
    )


add(
    "color.networks",
    "wrong",
    (color_g_4, color_d_4),
    "channels is ignored, 3 is written into both players: gray (1) does not work.",
)


def color_g_5(latent_dim, channels):
    class Painter(nn.Module):
        def __init__(self):
            super().__init__()
            self.start = nn.Parameter(0.1 * torch.randn(latent_dim, 24, 8, 8))
            self.convs = nn.ModuleList(
                nn.Conv2d(a, b, 3, padding=1) for a, b in ((24, 16), (16, 8), (8, channels))
            )

        def forward(self, z):
            x = torch.einsum("bl,lchw->bchw", z, self.start)
            for conv in self.convs:
                x = F.interpolate(torch.relu(x), scale_factor=2)
                x = conv(x)
            return x.tanh()

    return Painter()


def color_d_5(channels):
    layers, c = [], channels
    for width in (6, 12, 24, 24, 24, 24):
        layers += [nn.Conv2d(c, width, 3, padding=1), nn.LeakyReLU(0.2), nn.AvgPool2d(2)]
        c = width
    return nn.Sequential(*layers, nn.Conv2d(c, 1, 1), nn.Flatten(0))


add(
    "color.networks",
    "right",
    (color_g_5, color_d_5),
    "G: a learned linear map by einsum to 8 x 8, then three times repeat and "
    "convolve, tanh; D: six convolutions with average pooling down to 1 x 1 "
    "and Flatten(0).",
)


def color_g_6(latent_dim, channels):
    return nn.Sequential(
        nn.Unflatten(1, (latent_dim, 1, 1)),
        nn.ConvTranspose2d(latent_dim, 32, 4, 1, 0, bias=False),
        nn.BatchNorm2d(32),
        nn.ReLU(True),
        nn.ConvTranspose2d(32, 16, 4, 2, 1, bias=False),
        nn.BatchNorm2d(16),
        nn.ReLU(True),
        nn.ConvTranspose2d(16, 16, 4, 2, 1, bias=False),
        nn.BatchNorm2d(16),
        nn.ReLU(True),
        nn.ConvTranspose2d(16, 8, 4, 2, 1, bias=False),
        nn.BatchNorm2d(8),
        nn.ReLU(True),
        nn.ConvTranspose2d(8, channels, 4, 2, 1, bias=False),
        nn.Tanh(),
    )


def color_d_6(channels):
    return nn.Sequential(
        nn.Conv2d(channels, 8, 4, 2, 1),
        nn.LeakyReLU(0.2, inplace=True),
        nn.Conv2d(8, 16, 4, 2, 1),
        nn.BatchNorm2d(16),
        nn.LeakyReLU(0.2, inplace=True),
        nn.Conv2d(16, 16, 4, 2, 1),
        nn.BatchNorm2d(16),
        nn.LeakyReLU(0.2, inplace=True),
        nn.Conv2d(16, 32, 4, 2, 1),
        nn.BatchNorm2d(32),
        nn.LeakyReLU(0.2, inplace=True),
        nn.Conv2d(32, 1, 4, 1, 0),
        nn.Flatten(0),
    )


add(
    "color.networks",
    "right",
    (color_g_6, color_d_6),
    "The DCGAN tutorial's all-convolutional players, with the noise unflattened "
    "and D's (B, 1, 1, 1) flattened.",
    "PyTorch's DCGAN tutorial, adapted",
)


# ---------------------------------------------------------- color.fast_logits
def fast_1(D, images):
    D.to(memory_format=torch.channels_last)
    images.to(memory_format=torch.channels_last)
    with torch.autocast(images.device.type, dtype=torch.bfloat16):
        logits = D(images)
    return logits.float()


add(
    "color.fast_logits",
    "wrong",
    fast_1,
    "A tensor's .to returns the other layout; the result is thrown away, so "
    "the images are not channels last: images = images.to(…).",
    "quiz 3 of the lesson; typical",
)


def fast_2(D, images):
    D = D.to(memory_format=torch.channels_last)
    images = images.to(memory_format=torch.channels_last)
    with torch.autocast(images.device.type, dtype=torch.bfloat16):
        return D(images)


add(
    "color.fast_logits",
    "wrong",
    fast_2,
    "The logits are returned in bfloat16; .float() outside of the autocast is missing.",
)


def fast_3(D, images):
    D = D.to(memory_format=torch.channels_last)
    images = images.to(memory_format=torch.channels_last)
    with torch.no_grad(), torch.autocast(images.device.type, dtype=torch.bfloat16):
        logits = D(images)
    return logits.float()


add(
    "color.fast_logits",
    "wrong",
    fast_3,
    "torch.no_grad() cuts the graph: D cannot be trained by these logits.",
)


def fast_4(D, images):
    D = D.to(torch.bfloat16, memory_format=torch.channels_last)
    x = images.to(torch.bfloat16, memory_format=torch.channels_last)
    return D(x).float()


add(
    "color.fast_logits",
    "wrong",
    fast_4,
    "D's *weights* become bfloat16 (small steps are lost); autocast is asked "
    "for, under which they stay float32.",
)


def fast_5(D, images):
    D.to(memory_format=torch.channels_last)
    images = images.contiguous(memory_format=torch.channels_last)
    with torch.autocast("cuda", dtype=torch.bfloat16):
        logits = D(images)
    return logits.float()


add(
    "color.fast_logits",
    "wrong",
    fast_5,
    "autocast is opened for 'cuda' while the tensors are on the CPU: it does "
    "nothing there and the products stay float32; images.device.type.",
    "typical code copied from CUDA recipes",
)


def fast_6(D, images):
    x = images.contiguous(memory_format=torch.channels_last)
    for w in D.parameters():
        if w.dim() == 4:
            w.data = w.data.contiguous(memory_format=torch.channels_last)
    kind = next(D.parameters()).device.type
    with torch.amp.autocast(device_type=kind, dtype=torch.bfloat16):
        y = D(x)
    return torch.as_tensor(y, dtype=torch.float32)


add(
    "color.fast_logits",
    "right",
    fast_6,
    "The 4-d weights are laid channels last one by one, the device's type is "
    "taken from D, the logits cast to float32 outside.",
)


def fast_7(D, images):
    layout = {"memory_format": torch.channels_last}

    @torch.autocast(device_type=images.device.type, dtype=torch.bfloat16)
    def ask(x):
        return D.to(**layout)(x)

    return ask(images.to(**layout)).to(torch.float32)


add(
    "color.fast_logits",
    "right",
    fast_7,
    "autocast as a decorator; both layouts set, float32 outside.",
)


# ------------------------------------------------------------- color.mean_hue
def hue_1(hue, chroma):
    return (hue * chroma).sum() / chroma.sum()


add(
    "color.mean_hue",
    "wrong",
    hue_1,
    "A weighted mean of the *numbers*: 350 and 10 give 180; directions must be averaged.",
    "computergraphics.stackexchange 7991",
)


def hue_2(hue, chroma):
    rad = hue * math.pi / 180
    x = (chroma * torch.cos(rad)).sum()
    y = (chroma * torch.sin(rad)).sum()
    return torch.atan2(x, y).rad2deg() % 360


add(
    "color.mean_hue",
    "wrong",
    hue_2,
    "atan2's arguments are swapped: it wants (y, x), the sine sum first.",
    "'averaging circular values' thread (Nemotron-CC-Math, C++): atan2(X, Y)",
)


def hue_3(hue, chroma):
    a = torch.deg2rad(hue)
    return torch.rad2deg(torch.atan2((chroma * a.sin()).sum(), (chroma * a.cos()).sum()))


add(
    "color.mean_hue",
    "wrong",
    hue_3,
    "% 360 is missing: half of the hues come out negative (-180 … 180).",
)


def hue_4(hue, chroma):
    a = hue.deg2rad()
    mean = torch.atan2(a.sin().mean(), a.cos().mean()).rad2deg()
    return mean % 360


add(
    "color.mean_hue",
    "wrong",
    hue_4,
    "chroma is not used: every pixel counts alike instead of as strongly as it is colorful.",
    "the usual unweighted circular mean, threads on averaging hues",
)


def hue_5(hue, chroma):
    a = hue.deg2rad()
    s, c = (chroma * a.sin()).sum(), (chroma * a.cos()).sum()
    return torch.atan(s / c).rad2deg() % 360


add(
    "color.mean_hue",
    "wrong",
    hue_5,
    "atan(s / c) cannot tell a direction from its opposite (wrong by 180° "
    "where the cosine sum is negative); atan2(s, c).",
)


def hue_6(hue, chroma):
    arrows = torch.polar(chroma.double(), hue.double() * torch.pi / 180)
    angle = torch.rad2deg(arrows.sum().angle()).item()
    return angle if angle >= 0 else angle + 360


add(
    "color.mean_hue",
    "right",
    hue_6,
    "Complex numbers: each pixel is an arrow of length chroma; the angle of "
    "the sum, made positive.",
)


def hue_7(hue, chroma):
    east = north = 0.0
    for h, c in zip(hue.tolist(), chroma.tolist()):
        east += c * math.cos(math.radians(h))
        north += c * math.sin(math.radians(h))
    return (math.degrees(math.atan2(north, east)) + 360) % 360


add("color.mean_hue", "right", hue_7, "A plain loop with math over directions times chroma.")


# ----------------------------------------------------------- color.never_seen
def never_1(fake, real):
    f = 100 * fake[:, 0] + fake[:, 1]
    r = 100 * real[:, 0] + real[:, 1]
    new = set(f.tolist()) - set(r.tolist())
    return len(new) / len(set(f.tolist()))


add(
    "color.never_seen",
    "wrong",
    never_1,
    "Counts different *pairs* instead of samples: a pair that many samples "
    "have counts once; divide the number of samples by len(fake).",
)


def never_2(fake, real):
    f = fake[:, 0] + fake[:, 1]
    r = real[:, 0] + real[:, 1]
    return (~torch.isin(f, r)).float().mean()


add(
    "color.never_seen",
    "wrong",
    never_2,
    "The code palette + ground is the same for different pairs (1 + 2 = 2 + "
    "1): one of the two must be multiplied by more than the other reaches.",
)


def never_3(fake, real):
    unseen = ~torch.isin(fake, real)
    return unseen.any(dim=1).float().mean()


add(
    "color.never_seen",
    "wrong",
    never_3,
    "isin is asked for each number separately: palettes and grounds that both "
    "occur, but never together, pass as seen. Code the pair first.",
)


def never_4(fake, real):
    code = lambda p: 100 * p[:, 0] + p[:, 1]
    return (~torch.isin(code(real), code(fake))).float().mean()


add(
    "color.never_seen",
    "wrong",
    never_4,
    "Arguments mixed up: the share of the *real* pairs that are not among the "
    "fakes; isin(code(fake), code(real)).",
)


def never_5(fake, real):
    known = {tuple(p) for p in real.tolist()}
    odd = Counter(tuple(p) not in known for p in fake.tolist())
    return odd[True] / len(fake)


add(
    "color.never_seen",
    "right",
    never_5,
    "A Python set of tuples and a count over the fake samples.",
)


def never_6(fake, real):
    same = (fake[:, None, :] == real[None, :, :]).all(-1)  # (N, M)
    return 1 - same.any(1).double().mean().item()


add(
    "color.never_seen",
    "right",
    never_6,
    "All fakes against all reals by broadcasting; a fake is seen if both "
    "numbers agree with one real pair.",
)


# ------------------------------------------------------------ scoring.frechet
def frechet_1(mean_a, cov_a, mean_b, cov_b):
    covmean = torch.sqrt((cov_a @ cov_b).clamp(min=0))
    return ((mean_a - mean_b) ** 2).sum() + torch.trace(cov_a + cov_b - 2 * covmean)


add(
    "scoring.frechet",
    "wrong",
    frechet_1,
    "torch.sqrt takes the root of every entry, not the matrix root: the trace "
    "must be the sum of roots of the eigenvalues of cov_a @ cov_b.",
    "typical; bioinf-jku/TTUR#12 asks about such an elementwise reading",
)


def frechet_2(mean_a, cov_a, mean_b, cov_b):
    roots = torch.linalg.eigvals(cov_a @ cov_b).real.clamp(min=0).sqrt()
    diff = torch.norm(mean_a - mean_b)
    return diff + cov_a.trace() + cov_b.trace() - 2 * roots.sum()


add("scoring.frechet", "wrong", frechet_2, "The distance of the means is not squared.")


def frechet_3(mean_a, cov_a, mean_b, cov_b):
    root_of_product = torch.linalg.eigvalsh(cov_a @ cov_b).clamp(min=0).sqrt()
    return float(
        (mean_a - mean_b).square().sum() + cov_a.trace() + cov_b.trace() - 2 * root_of_product.sum()
    )


add(
    "scoring.frechet",
    "wrong",
    frechet_3,
    "eigvalsh is for symmetric matrices, and cov_a @ cov_b is not symmetric: "
    "it reads one triangle only; torch.linalg.eigvals.",
    "toshas/torch-fidelity#46 (proposal of eigvalsh in the thread)",
)


def frechet_4(mean_a, cov_a, mean_b, cov_b):
    ra = torch.linalg.eigvalsh(cov_a).clamp(min=0).sqrt()
    rb = torch.linalg.eigvalsh(cov_b).clamp(min=0).sqrt()
    return ((mean_a - mean_b) ** 2).sum() + ((ra - rb) ** 2).sum()


add(
    "scoring.frechet",
    "wrong",
    frechet_4,
    "The roots of the eigenvalues of A and of B are compared one by one; this "
    "is right only where both share their eigenvectors in the same order. The "
    "eigenvalues of A @ B are needed.",
)


def frechet_5(mean_a, cov_a, mean_b, cov_b):
    s = torch.linalg.svdvals(cov_a @ cov_b).sqrt().sum()
    return (mean_a - mean_b) @ (mean_a - mean_b) + torch.trace(cov_a) + torch.trace(cov_b) - 2 * s


add(
    "scoring.frechet",
    "wrong",
    frechet_5,
    "Singular values of A @ B are not its eigenvalues (A @ B is not symmetric): eigvals.",
)


def frechet_6(mean_a, cov_a, mean_b, cov_b):
    d = (mean_a - mean_b).double().numpy()
    A, B = cov_a.double().numpy(), cov_b.double().numpy()
    w, V = np.linalg.eigh(A)
    root_a = (V * np.sqrt(np.maximum(w, 0))) @ V.T
    inner = root_a @ B @ root_a
    mixed = np.linalg.eigvalsh((inner + inner.T) / 2)
    return float(d @ d + np.trace(A) + np.trace(B) - 2 * np.sqrt(np.maximum(mixed, 0)).sum())


add(
    "scoring.frechet",
    "right",
    frechet_6,
    "NumPy: A^(1/2) B A^(1/2) is symmetric and has the eigenvalues of AB.",
    "mseitzer/pytorch-fid#117",
)


def frechet_7(mean_a, cov_a, mean_b, cov_b):
    def root(c):
        vals, vecs = torch.linalg.eigh(c.double())
        return vecs @ torch.diag(vals.clamp_min(0).sqrt()) @ vecs.mT

    overlap = torch.linalg.matrix_norm(root(cov_a) @ root(cov_b), ord="nuc")
    apart = F.mse_loss(mean_a.double(), mean_b.double(), reduction="sum")
    return (apart + cov_a.diagonal().sum() + cov_b.diagonal().sum() - 2 * overlap).item()


add("scoring.frechet", "right", frechet_7, "tr (AB)^(1/2) is the nuclear norm of A^(1/2) B^(1/2).")


# ---------------------------------------------------------------- scoring.kid
def kid_1(real, fake):
    d = real.shape[1]
    k = lambda a, b: (a @ b.T / d + 1) ** 3
    return k(real, real).mean() + k(fake, fake).mean() - 2 * k(real, fake).mean()


add(
    "scoring.kid",
    "wrong",
    kid_1,
    "The biased estimate: the diagonals, pairs of a sample with itself, are "
    "counted in the two inner tables.",
    "google-research/google-research#1926 (CMMD uses mean())",
)


def kid_2(real, fake):
    n, m = len(real), len(fake)
    k = lambda a, b: (a @ b.T + 1) ** 3
    rr, ff, rf = k(real, real), k(fake, fake), k(real, fake)
    return (
        (rr.sum() - rr.trace()) / (n * (n - 1))
        + (ff.sum() - ff.trace()) / (m * (m - 1))
        - 2 * rf.mean()
    )


add(
    "scoring.kid",
    "wrong",
    kid_2,
    "The kernel lacks the division by d (gamma = 1 instead of 1/d).",
    "oooolga/JEDi#6 (gamma 1 or 1/n_features)",
)


def kid_3(real, fake):
    n, m, d = len(real), len(fake), real.shape[1]
    rr = (real @ real.T / d + 1) ** 3
    ff = (fake @ fake.T / d + 1) ** 3
    rf = (real @ fake.T / d + 1) ** 3
    return (rr.sum() - n) / (n * (n - 1)) + (ff.sum() - m) / (m * (m - 1)) - 2 * rf.mean()


add(
    "scoring.kid",
    "wrong",
    kid_3,
    "n and m are subtracted as if the diagonal were 1 (true of the Gaussian "
    "kernel only); subtract the trace.",
    "djsutherland/opt-mmd#3 (subtracts m for an RBF kernel)",
)


def kid_4(real, fake):
    d = real.shape[1]

    def table(a, b):
        return (a @ b.T / d + 1) ** 3

    rr, ff = table(real, real), table(fake, fake)
    rr = rr - torch.diag(rr.diagonal())
    ff = ff - torch.diag(ff.diagonal())
    return rr.mean() + ff.mean() - 2 * table(real, fake).mean()


add(
    "scoring.kid",
    "wrong",
    kid_4,
    "The diagonal is set to 0 but still counted in the mean: divide by n * "
    "(n - 1) and not by n * n.",
)


def kid_5(real, fake):
    n, d = len(real), real.shape[1]
    k = lambda a, b: (a @ b.T / d + 1) ** 3
    off = lambda t: (t.sum() - t.trace()) / (n * (n - 1))
    return off(k(real, real)) + off(k(fake, fake)) - 2 * k(real, fake).mean()


add(
    "scoring.kid",
    "wrong",
    kid_5,
    "n, the number of reals, is used for the fakes' table too; wrong whenever M differs from N.",
)


def kid_6(real, fake):
    X, Y = real.double().numpy(), fake.double().numpy()
    d = X.shape[1]
    total = {}
    for name, A, B in (("xx", X, X), ("yy", Y, Y), ("xy", X, Y)):
        K = (A.dot(B.T) / d + 1.0) ** 3
        if A is B:
            K = K[~np.eye(len(K), dtype=bool)]
        total[name] = K.mean()
    return float(total["xx"] + total["yy"] - 2 * total["xy"])


add(
    "scoring.kid",
    "right",
    kid_6,
    "NumPy with a mask that removes the diagonal of the inner tables.",
)


def kid_7(real, fake):
    a, b = real.double(), fake.double()

    def kernel(u, v):
        return (torch.dot(u, v) / len(u) + 1) ** 3

    table = torch.vmap(torch.vmap(kernel, (None, 0)), (0, None))
    up = lambda t: t[tuple(torch.triu_indices(*t.shape, offset=1))].mean()
    return up(table(a, a)) + up(table(b, b)) - 2 * table(a, b).mean()


add(
    "scoring.kid",
    "right",
    kid_7,
    "vmap of the kernel over pairs; the mean above the diagonal equals that "
    "of all pairs of different samples, by symmetry.",
)


# --------------------------------------------------- scoring.precision_recall
def pr_1(real, fake, k=3):
    r_real = torch.cdist(real, real).kthvalue(k).values
    r_fake = torch.cdist(fake, fake).kthvalue(k).values
    d = torch.cdist(real, fake)
    precision = (d <= r_real[:, None]).any(0).float().mean()
    recall = (d <= r_fake[None]).any(1).float().mean()
    return precision.item(), recall.item()


add(
    "scoring.precision_recall",
    "wrong",
    pr_1,
    "kthvalue(k) counts the sample itself (distance 0) as its first neighbor: "
    "the radius is that of neighbor k - 1; kthvalue(k + 1).",
)


def pr_2(real, fake, k=3):
    def radius(x):
        d = torch.cdist(x, x)
        d.fill_diagonal_(float("inf"))
        return d.topk(k, largest=False).values[:, -1]

    d = torch.cdist(real, fake)
    precision = (d <= radius(fake)).any(dim=1).double().mean()
    recall = (d <= radius(real)[:, None]).any(dim=0).double().mean()
    return float(precision), float(recall)


add(
    "scoring.precision_recall",
    "wrong",
    pr_2,
    "Precision and recall are swapped: the balls of the reals with the share "
    "of the fakes are precision.",
)


def pr_3(real, fake, k=3):
    rr = torch.cdist(real, real).kthvalue(k + 1).values
    rf = torch.cdist(fake, fake).kthvalue(k + 1).values
    d = torch.cdist(fake, real)
    near, who = d.min(dim=1)
    precision = (near <= rr[who]).double().mean()
    near, who = d.min(dim=0)
    recall = (near <= rf[who]).double().mean()
    return float(precision), float(recall)


add(
    "scoring.precision_recall",
    "wrong",
    pr_3,
    "Only the ball of the *nearest* sample is asked; a farther one with a "
    "larger ball may hold the point: any ball counts.",
)


def pr_4(real, fake, k=3):
    rr = torch.cdist(real, real).kthvalue(k + 1).values
    d = torch.cdist(real, fake)
    inside = d <= rr[:, None]
    precision = inside.any(dim=0).double().mean()
    recall = inside.any(dim=1).double().mean()
    return float(precision), float(recall)


add(
    "scoring.precision_recall",
    "wrong",
    pr_4,
    "Recall is computed with the balls of the reals: that is coverage; recall "
    "needs the balls of the fakes.",
    "mix-up with Naeem et al.'s coverage (prdc)",
)


def pr_5(real, fake, k=3):
    rr = torch.cdist(real, real).kthvalue(k + 1).values
    rf = torch.cdist(fake, fake).kthvalue(k + 1).values
    d = torch.cdist(real, fake)
    inside_real = d <= rr[:, None]
    inside_fake = d <= rf[None, :]
    return float(inside_real.double().mean()), float(inside_fake.double().mean())


add(
    "scoring.precision_recall",
    "wrong",
    pr_5,
    "any over the balls is missing: the share of all *pairs* inside is "
    "averaged instead of the share of samples that lie in at least one ball.",
)


def pr_6(real, fake, k=3):
    R, Q = real.double().numpy(), fake.double().numpy()

    def gaps(a, b):
        return np.sqrt(((a[:, None] - b[None]) ** 2).sum(-1))

    def share(judges, asked):  # of the asked, inside a ball of the judges
        reach = np.partition(gaps(judges, judges), k, axis=1)[:, k]
        return float((gaps(asked, judges) <= reach).any(axis=1).mean())

    return share(R, Q), share(Q, R)


add(
    "scoring.precision_recall",
    "right",
    pr_6,
    "NumPy, one function used in both directions; np.partition's entry k "
    "skips the sample itself at 0.",
)


def pr_7(real, fake, k=3):
    def among(point, own):
        for i in range(len(own)):
            others = torch.cat([own[:i], own[i + 1 :]])
            ds = (others - own[i]).norm(dim=1).sort().values
            if (point - own[i]).norm() <= ds[k - 1]:
                return True
        return False

    return (
        sum(among(f, real) for f in fake) / len(fake),
        sum(among(r, fake) for r in real) / len(real),
    )


add(
    "scoring.precision_recall",
    "right",
    pr_7,
    "Slow loops, each sample's own neighbors without itself, k-th of them.",
)


# ------------------------------------------------------- scoring.memorization
def memory_1(fake, train, held_out):
    a = torch.cdist(fake, train).amin(dim=1).mean()
    b = torch.cdist(held_out, train).amin(dim=1).mean()
    return a / b


add(
    "scoring.memorization",
    "wrong",
    memory_1,
    "Means instead of medians: a few odd fakes hide many copies.",
)


def memory_2(fake, train, held_out):
    a = torch.cdist(fake, train).amin(dim=0).median()
    b = torch.cdist(held_out, train).amin(dim=0).median()
    return a / b


add(
    "scoring.memorization",
    "wrong",
    memory_2,
    "amin over dim 0 gives each *training* sample's nearest fake; the nearest "
    "training sample of each fake is dim=1.",
)


def memory_3(fake, train, held_out):
    a = torch.cdist(held_out, train).min(1).values.median()
    b = torch.cdist(fake, train).min(1).values.median()
    return (a / b).item()


add(
    "scoring.memorization",
    "wrong",
    memory_3,
    "The ratio is upside down: fakes over held-out, so that copies give 0.",
)


def memory_4(fake, train, held_out):
    near_train = torch.cdist(fake, train).amin(1)
    near_held = torch.cdist(fake, held_out).amin(1)
    return near_train.median() / near_held.median()


add(
    "scoring.memorization",
    "wrong",
    memory_4,
    "The denominator is the fakes' distance to the held-out samples; it must "
    "be the held-out samples' distance to the training samples.",
    "similar 'distance ratio' measures compare train and test that way",
)


def memory_5(fake, train, held_out):
    return torch.cdist(fake, train).median() / torch.cdist(held_out, train).median()


add(
    "scoring.memorization",
    "wrong",
    memory_5,
    "The minimum over the training samples is missing: medians of *all* "
    "distances are compared, which a copy does not change.",
)


def memory_6(fake, train, held_out):
    def typical_gap(x):
        gaps = [min(math.dist(p, q) for q in train.tolist()) for p in x.tolist()]
        return torch.tensor(gaps, dtype=torch.float64).median().item()

    return typical_gap(fake) / typical_gap(held_out)


add(
    "scoring.memorization",
    "right",
    memory_6,
    "Plain Python distances, the smallest for each sample, torch's median.",
)


def memory_7(fake, train, held_out):
    T = train.double().numpy()

    def med(x):
        d2 = ((x.double().numpy()[:, None] - T[None]) ** 2).sum(-1)
        return np.median(np.sqrt(d2.min(axis=1)))

    return float(med(fake) / med(held_out))


add(
    "scoring.memorization",
    "right",
    memory_7,
    "np.median (the mean of the two middle values for even N, where "
    "torch.median takes the lower one): a median all the same. Borderline on "
    "purpose.",
)
