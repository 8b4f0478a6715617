"""Right and wrong answers to the exercises of lesson 10, each with what its diagnosis must say."""

import math

import torch
from torch import nn
from torch.nn import functional as F


def ones(logits):
    return torch.ones_like(logits)


def zeros(logits):
    return torch.zeros_like(logits)


# -- least squares ---------------------------------------------------------------------------


def ls_d(real, fake):
    return (real - 1).square().mean() + fake.square().mean()


def ls_g(real, fake):
    return (fake - 1).square().mean()


RIGHT_LS = [
    (ls_d, ls_g),
    (
        lambda r, f: F.mse_loss(r, ones(r)) + F.mse_loss(f, zeros(f)),
        lambda r, f: F.mse_loss(f, ones(f)),
    ),
    (lambda r, f: ((1 - r) ** 2 + f**2).mean(), lambda r, f: sum((1 - f) ** 2) / len(f)),
]
HALVED_LS = (lambda r, f: ls_d(r, f) / 2, lambda r, f: 0.5 * ls_g(r, f))


def _ls_sigmoid(real, fake):
    return ls_d(torch.sigmoid(real), torch.sigmoid(fake))


WRONG_LS = {
    "square of the mean": (
        lambda r, f: (r.mean() - 1) ** 2 + f.mean() ** 2,
        ls_g,
        "D's loss: this is the square of the mean",
    ),
    "sigmoid kept": (_ls_sigmoid, ls_g, "D's loss: a sigmoid is left over"),
    "targets exchanged": (
        lambda r, f: F.mse_loss(r, zeros(r)) + F.mse_loss(f, ones(f)),
        ls_g,
        "the targets are exchanged",
    ),
    "targets 1, -1": (lambda r, f: F.mse_loss(r, ones(r)) + F.mse_loss(f, -ones(f)), ls_g, "at -1"),
    "targets 1, 1": (
        lambda r, f: F.mse_loss(r, ones(r)) + F.mse_loss(f, ones(f)),
        ls_g,
        "1 to everything",
    ),
    "only real": (lambda r, f: F.mse_loss(r, ones(r)), ls_g, "only the real samples"),
    "only fake": (lambda r, f: F.mse_loss(f, zeros(f)), ls_g, "only the fake samples"),
    "absolute": (
        lambda r, f: F.l1_loss(r, ones(r)) + F.l1_loss(f, zeros(f)),
        ls_g,
        "D's loss: these are absolute values",
    ),
    "roots": (
        lambda r, f: (r - 1).square().mean() ** 0.5 + f.square().mean() ** 0.5,
        ls_g,
        "the roots are too much",
    ),
    "minus between": (
        lambda r, f: (r - 1).square().mean() - f.square().mean(),
        ls_g,
        "a minus between the two parts",
    ),
    "sign": (lambda r, f: -ls_d(r, f), ls_g, "D's loss: the sign is turned"),
    "sum": (lambda r, f: (r - 1).square().sum() + f.square().sum(), ls_g, "D's loss: you add up"),
    "no mean": (lambda r, f: (r - 1) ** 2 + f**2, ls_g, "D's loss has 5 numbers"),
    "a float": (lambda r, f: ls_d(r, f).item(), ls_g, "D's loss is no tensor"),
    "detached": (lambda r, f: ls_d(r, f).detach(), ls_g, "D's loss has lost its gradient"),
    "fakes detached": (
        lambda r, f: ls_d(r, f.detach()),
        ls_g,
        "D's loss: no gradient reaches fake_logits",
    ),
    "one side's square of the mean": (
        lambda r, f: (r.mean() - 1) ** 2 + (f**2).mean(),
        ls_g,
        "D's loss: this is the square of the mean",
    ),
    "the functions exchanged": (ls_g, ls_g, "D's loss: this is G's loss"),
    "pairs": (lambda r, f: (r - f - 1).square().mean(), ls_g, "you compare real with fake"),
    "square before the target": (
        lambda r, f: (r**2 - 1).mean() + (f**2).mean(),
        ls_g,
        "the square comes too early",
    ),
    "norm": (lambda r, f: (r - 1).norm() + f.norm(), ls_g, "norm() is the root of the sum"),
    "smoothed": (
        lambda r, f: (r - 0.9).square().mean() + f.square().mean(),
        ls_g,
        "you do with the fake samples is right, look at the real ones",
    ),
    "½ on one part": (
        lambda r, f: (r - 1).square().mean() + f.square().mean() / 2,
        ls_g,
        "you do with the real samples is right, look at the fake ones",
    ),
    "two numbers": (
        lambda r, f: ((r - 1).square().mean(), f.square().mean()),
        ls_g,
        "D's loss has 2 parts",
    ),
    "no return": (lambda r, f: None, ls_g, "its return is missing"),
    "backward in the loss": (lambda r, f: ls_d(r, f).backward(), ls_g, "calls backward()"),
    "a number for a target": (
        lambda r, f: F.mse_loss(r, 1) + F.mse_loss(f, 0),
        ls_g,
        "losses compare two tensors",
    ),
    "a power with ^": (lambda r, f: ((r - 1) ^ 2).mean(), ls_g, "^ is no power in Python"),
    "a layer for a loss": (
        lambda r, f: nn.MSELoss(r, ones(r)),
        ls_g,
        "nn.MSELoss is made first, then called",
    ),
    "cross entropy": (
        lambda r, f: F.softplus(-r).mean() + F.softplus(f).mean(),
        ls_g,
        "D's loss: on 5 real",
    ),
    "G toward 0": (ls_d, lambda r, f: f.square().mean(), "G moves D(fake) toward 0"),
    "G square of the mean": (
        ls_d,
        lambda r, f: (1 - f.mean()) ** 2,
        "G's loss: this is the square of the mean",
    ),
    "G sigmoid kept": (ls_d, lambda r, f: ls_g(r, f.sigmoid()), "G's loss: a sigmoid is left over"),
    "G minus D's term": (ls_d, lambda r, f: -(f**2).mean(), "has no end"),
    "G no square": (ls_d, lambda r, f: (f - 1).mean(), "the square is missing"),
    "G absolute": (ls_d, lambda r, f: F.l1_loss(f, ones(f)), "G's loss: this is the absolute"),
    "G toward -1": (ls_d, lambda r, f: F.mse_loss(f, -ones(f)), "your target is -1"),
    "G real kept": (ls_d, lambda r, f: ls_g(f, r) + ls_g(r, f), "the real term is kept. G"),
    "G labels exchanged": (
        ls_d,
        lambda r, f: r.square().mean() + (f - 1).square().mean(),
        "with its target turned round",
    ),
    "G is D": (ls_d, ls_d, "this is D's loss. G wants"),
    "G without fakes": (ls_d, lambda r, f: (r - 1).square().mean(), "it says nothing of fake_log"),
    "G toward D(real)": (ls_d, lambda r, f: F.mse_loss(f, r), "you pull D(fake) to what D says"),
    "G's mean toward D(real)'s": (
        ls_d,
        lambda r, f: (f.mean() - r.mean()) ** 2,
        "you pull the mean of D(fake)",
    ),
    "G doubled": (ls_d, lambda r, f: 2 * ls_g(r, f), "G's loss: this is twice of it"),
    "G detached": (ls_d, lambda r, f: ls_g(r, f.detach()), "G's loss has lost its gradient"),
}

# -- hinge -----------------------------------------------------------------------------------


def hinge_d(real, fake):
    return F.relu(1 - real).mean() + F.relu(1 + fake).mean()


def mean_g(real, fake):
    return -fake.mean()


def hinge_with_min(real, fake):
    return -torch.clamp(real - 1, max=0).mean() - torch.clamp(-1 - fake, max=0).mean()


def hinge_with_where(real, fake):
    short, over = 1 - real, 1 + fake
    return (torch.where(short > 0, short, 0.0) + torch.where(over > 0, over, 0.0)).mean()


HINGE_WITH_CONSTANTS = (lambda r, f: hinge_d(r, f) - 2, lambda r, f: 1 - f.mean())
RIGHT_HINGE = [
    (hinge_d, mean_g),
    (hinge_with_min, lambda r, f: f.mean().neg()),
    (hinge_with_where, lambda r, f: -f.sum() / len(f)),
]
WRONG_HINGE = {
    "no hinge": (
        lambda r, f: (1 - r).mean() + (1 + f).mean(),
        mean_g,
        "the hinge itself is missing",
    ),
    "mean first": (
        lambda r, f: F.relu(1 - r.mean()) + F.relu(1 + f.mean()),
        mean_g,
        "the mean comes before the max",
    ),
    "softplus": (
        lambda r, f: F.softplus(1 - r).mean() + F.softplus(1 + f).mean(),
        mean_g,
        "softplus is no hinge",
    ),
    "no margin": (lambda r, f: F.relu(-r).mean() + F.relu(f).mean(), mean_g, "margin is missing"),
    "labels exchanged": (lambda r, f: hinge_d(-r, -f), mean_g, "the labels are exchanged"),
    "squared": (
        lambda r, f: (F.relu(1 - r) ** 2 + F.relu(1 + f) ** 2).mean(),
        mean_g,
        "the squared hinge",
    ),
    "paired": (lambda r, f: F.relu(1 - (r - f)).mean(), mean_g, "you pair real with fake"),
    "sigmoid": (
        lambda r, f: hinge_d(r.sigmoid(), f.sigmoid()),
        mean_g,
        "D's loss: a sigmoid is left over",
    ),
    "one hinge for the batch": (
        lambda r, f: F.relu((1 - r).mean() + (1 + f).mean()),
        mean_g,
        "D's loss: the hinge itself is missing",
    ),
    "one hinge for a pair": (lambda r, f: F.relu(2 - r + f).mean(), mean_g, "you pair real with"),
    "both kinds up": (
        lambda r, f: F.relu(1 - r).mean() + F.relu(1 - f).mean(),
        mean_g,
        "both kinds are pushed above 1",
    ),
    "fakes' margin at 1": (
        lambda r, f: F.relu(1 - r).mean() + F.relu(f - 1).mean(),
        mean_g,
        "your fakes may go up to +1",
    ),
    "fakes' margin at 0": (
        lambda r, f: F.relu(1 - r).mean() + F.relu(f).mean(),
        mean_g,
        "your fakes' margin is at 0",
    ),
    "min for max": (
        lambda r, f: (1 - r).minimum(zeros(r)).mean() + (1 + f).minimum(zeros(f)).mean(),
        mean_g,
        "this keeps the smaller of the two",
    ),
    "torch.maximum with a number": (
        lambda r, f: torch.maximum(0, 1 - r).mean(),
        mean_g,
        "takes tensors only",
    ),
    "a layer for a function": (lambda r, f: nn.ReLU(1 - r).mean(), mean_g, "nn.ReLU makes a layer"),
    "inside out": (
        lambda r, f: F.relu(r - 1).mean() + F.relu(-f - 1).mean(),
        mean_g,
        "turned inside out",
    ),
    "only real": (lambda r, f: F.relu(1 - r).mean(), mean_g, "only the real samples"),
    "only fake": (lambda r, f: F.relu(1 + f).mean(), mean_g, "only the fake samples"),
    "minus between": (
        lambda r, f: F.relu(1 - r).mean() - F.relu(1 + f).mean(),
        mean_g,
        "a minus between",
    ),
    "the value, not the loss": (
        lambda r, f: (r - 1).clamp(max=0).mean() + (-1 - f).clamp(max=0).mean(),
        mean_g,
        "D's loss: the sign is turned",
    ),
    "sum": (
        lambda r, f: F.relu(1 - r).sum() + F.relu(1 + f).sum(),
        mean_g,
        "D's loss: you add up",
    ),
    "half": (
        lambda r, f: F.relu(torch.cat([1 - r, 1 + f])).mean(),
        mean_g,
        "D's loss: this is half of it",
    ),
    "Python's max": (lambda r, f: max(0, 1 - r).mean(), mean_g, "one yes or no, not a tensor"),
    "torch.max along 0": (lambda r, f: torch.max(1 - r, 0).mean(), mean_g, "along dimension 0"),
    "no mean": (lambda r, f: F.relu(1 - r) + F.relu(1 + f), mean_g, "D's loss has 5 numbers"),
    "leaky": (
        lambda r, f: F.leaky_relu(1 - r, 0.2).mean() + F.leaky_relu(1 + f, 0.2).mean(),
        mean_g,
        "D's loss: on 5 real",
    ),
    "hinge on G": (hinge_d, lambda r, f: F.relu(1 - f).mean(), "it stops pulling a sample at"),
    "hinge at 0 on G": (hinge_d, lambda r, f: F.relu(-f).mean(), "a logit above 0 learns no more"),
    "G works for D": (hinge_d, lambda r, f: F.relu(1 + f).mean(), "this is D's term for the fakes"),
    "G minus D's term": (hinge_d, lambda r, f: -F.relu(1 + f).mean(), "minus D's term"),
    "G's sign": (hinge_d, lambda r, f: f.mean(), "G's loss: the sign is turned"),
    "G only above 0": (hinge_d, lambda r, f: -F.relu(f).mean(), "a logit below 0 learns nothing"),
    "G only below -1": (hinge_d, lambda r, f: F.relu(-1 - f).mean(), "a logit above -1 learns no"),
    "G minus D's whole loss": (hinge_d, lambda r, f: -hinge_d(r, f), "minus D's whole loss"),
    "G as D, turned round": (
        hinge_d,
        lambda r, f: hinge_d(f, r),
        "D's loss with its labels exchanged",
    ),
    "G non-saturating": (hinge_d, lambda r, f: F.softplus(-f).mean(), "the non-saturating loss"),
    "G real kept": (hinge_d, lambda r, f: r.mean() - f.mean(), "the real term is kept"),
    "G sum": (hinge_d, lambda r, f: -f.sum(), "G's loss: you add up"),
    "G detached": (hinge_d, lambda r, f: -f.detach().mean(), "G's loss has lost its gradient"),
}

# -- relativistic pairs ----------------------------------------------------------------------


def pairs_d(real, fake):
    return F.softplus(fake - real).mean()


def pairs_g(real, fake):
    return F.softplus(real - fake).mean()


def softmax_of(first, second):
    """Which of the two? A classifier of two classes, the first one right."""
    return F.cross_entropy(torch.stack([first, second], 1), zeros(first).long())


PAIRS_WITH_CONSTANTS = (lambda r, f: pairs_d(r, f) + 3, lambda r, f: pairs_g(r, f) - 1)
RIGHT_PAIRS = [
    (pairs_d, pairs_g),
    (lambda r, f: -F.logsigmoid(r - f).mean(), lambda r, f: -F.logsigmoid(f - r).mean()),
    (
        lambda r, f: F.binary_cross_entropy_with_logits(r - f, ones(r)),
        lambda r, f: F.binary_cross_entropy_with_logits(f - r.detach(), ones(f)),
    ),
    (lambda r, f: softmax_of(r, f), lambda r, f: softmax_of(f, r)),
]


def average_d(real, fake):
    return F.softplus(fake.mean() - real).mean() + F.softplus(fake - real.mean()).mean()


WRONG_PAIRS = {
    "sign": (pairs_g, pairs_g, "the sign of the difference is turned"),
    "unpaired means": (
        lambda r, f: F.softplus(f.mean() - r.mean()),
        pairs_g,
        "D's loss: the two means are compared",
    ),
    "relativistic average": (average_d, pairs_g, "D's loss: this is the relativistic *average*"),
    "half of the average": (
        lambda r, f: average_d(r, f) / 2,
        pairs_g,
        "D's loss: this is the relativistic *average*",
    ),
    "real against the mean": (
        lambda r, f: F.softplus(f.mean() - r).mean(),
        pairs_g,
        "D's loss: this is the relativistic *average*",
    ),
    "a broadcast": (
        lambda r, f: F.softplus(f.unsqueeze(1) - r).mean(),
        pairs_g,
        "D's loss: every real sample meets",
    ),
    "no pairs": (
        lambda r, f: F.softplus(-r).mean() + F.softplus(f).mean(),
        pairs_g,
        "D's loss: real and fake stand alone",
    ),
    "no pairs, halved": (
        lambda r, f: (F.softplus(-r) + F.softplus(f)).mean() / 2,
        pairs_g,
        "D's loss: on 5 real",
    ),
    "sigmoids": (
        lambda r, f: F.softplus(f.sigmoid() - r.sigmoid()).mean(),
        pairs_g,
        "D's loss: a sigmoid too many",
    ),
    "no softplus": (lambda r, f: (f - r).mean(), pairs_g, "D's loss: softplus is missing"),
    "hinge": (lambda r, f: F.relu(1 - (r - f)).mean(), pairs_g, "a hinge on the pairs"),
    "saturating": (lambda r, f: -pairs_g(r, f), pairs_g, "where D is right already"),
    "minus": (lambda r, f: -pairs_d(r, f), pairs_g, "D's loss: the sign is turned"),
    "sum": (lambda r, f: F.softplus(f - r).sum(), pairs_g, "D's loss: you add up over"),
    "no mean": (lambda r, f: F.softplus(f - r), pairs_g, "D's loss has 5 numbers"),
    "log of sigmoid": (
        lambda r, f: -(r - f).sigmoid().log().mean(),
        pairs_g,
        "an exp that overflows",
    ),
    "eps": (
        lambda r, f: -((r - f).sigmoid() + 1e-7).log().mean(),
        pairs_g,
        "an exp that overflows",
    ),
    "real detached in D": (
        lambda r, f: pairs_d(r.detach(), f),
        pairs_g,
        "D's loss: no gradient reaches real_logits",
    ),
    "exp overflows": (
        lambda r, f: torch.log1p(torch.exp(f - r)).mean(),
        pairs_g,
        "an exp that overflows",
    ),
    "sigmoid for softplus": (
        lambda r, f: torch.sigmoid(f - r).mean(),
        pairs_g,
        "D's loss: sigmoid for softplus",
    ),
    "relu for softplus": (
        lambda r, f: F.relu(f - r).mean(),
        pairs_g,
        "D's loss: relu is a softplus with a kink",
    ),
    "difference of softplus": (
        lambda r, f: (F.softplus(f) - F.softplus(r)).mean(),
        pairs_g,
        "the difference comes after softplus",
    ),
    "both directions": (
        lambda r, f: pairs_d(r, f) + pairs_g(r, f),
        pairs_g,
        "you add up both directions",
    ),
    "G is D": (pairs_d, pairs_d, "this is D's loss again"),
    "G saturating": (pairs_d, lambda r, f: -pairs_d(r, f), "minus D's loss: it saturates"),
    "G unpaired means": (
        pairs_d,
        lambda r, f: F.softplus(r.mean() - f.mean()),
        "G's loss: the two means are compared",
    ),
    "G average": (
        pairs_d,
        lambda r, f: average_d(f, r),
        "G's loss: this is the relativistic *average*",
    ),
    "G against the mean": (
        pairs_d,
        lambda r, f: F.softplus(r.mean() - f).mean(),
        "G's loss: this is the relativistic *average*",
    ),
    "G a broadcast": (
        pairs_d,
        lambda r, f: F.softplus(r[:, None] - f).mean(),
        "G's loss: every real sample meets",
    ),
    "G no pairs": (
        pairs_d,
        lambda r, f: F.softplus(-f).mean(),
        "G's loss: real and fake stand alone",
    ),
    "G no softplus": (pairs_d, lambda r, f: (r - f).mean(), "G's loss: softplus is missing"),
    "G's sigmoid for softplus": (
        pairs_d,
        lambda r, f: torch.sigmoid(r - f).mean(),
        "G's loss: sigmoid for softplus",
    ),
    "G's relu for softplus": (
        pairs_d,
        lambda r, f: F.relu(r - f).mean(),
        "G's loss: relu is a softplus with a kink",
    ),
    "G sum": (pairs_d, lambda r, f: F.softplus(r - f).sum(), "G's loss: you add up"),
    "G fakes detached": (
        pairs_d,
        lambda r, f: pairs_g(r, f.detach()),
        "G's loss: no gradient reaches fake_logits",
    ),
}

# -- what D's output means -------------------------------------------------------------------


def best_outputs(p, q):
    return (p / q).log(), p / (p + q), (p - q).sign()


def best_outputs_by_hand(p, q):
    logits = [math.log(a) - math.log(b) for a, b in zip(p.tolist(), q.tolist(), strict=True)]
    votes = torch.where(p > q, 1, -1)
    return [logits, torch.sigmoid(torch.tensor(logits)), votes]


def best_outputs_by_logit(p, q):
    return torch.logit(p / (p + q)), 1 / (1 + q / p), 2 * (p > q).float() - 1


def best_outputs_in_one(p, q):
    return torch.stack(best_outputs(p, q))


RIGHT_OUTPUTS = [best_outputs, best_outputs_by_hand, best_outputs_by_logit, best_outputs_in_one]


def outputs(**changed):
    """Return the right answer with one of its three parts exchanged."""

    def answer(p, q):
        names = ("ce", "ls", "hinge")
        right = dict(zip(names, best_outputs(p, q), strict=True))
        return tuple(changed[name](p, q) if name in changed else right[name] for name in names)

    return answer


WRONG_OUTPUTS = {
    "exchanged": (outputs(ce=lambda p, q: (q / p).log()), "cross entropy: p and q are exchanged"),
    "a probability": (outputs(ce=lambda p, q: p / (p + q)), "that is the probability"),
    "no logarithm": (outputs(ce=lambda p, q: p / q), "the logarithm is missing"),
    "bits": (outputs(ce=lambda p, q: torch.log2(p / q)), "you measure in bits"),
    "log10": (outputs(ce=lambda p, q: torch.log10(p / q)), "use the natural logarithm, log"),
    "ln D*": (outputs(ce=lambda p, q: torch.log(p / (p + q))), "that is ln D*"),
    "a difference": (outputs(ce=lambda p, q: p - q), "take the logarithms first"),
    "the order": (
        lambda p, q: (p / (p + q), (p / q).log(), (p - q).sign()),
        "that is the probability",
    ),
    "math's logarithm": (outputs(ce=lambda p, q: math.log(p / q)), "torch has the same ones"),
    "the density": (outputs(ce=lambda p, q: p), "cross entropy: at p = 0.01"),
    "ls exchanged": (outputs(ls=lambda p, q: q / (p + q)), "least squares: p and q are exchanged"),
    "ls for 1 and -1": (outputs(ls=lambda p, q: 2 * p / (p + q) - 1), "for targets 1 and -1"),
    "ls as cross entropy": (outputs(ls=lambda p, q: (p / q).log()), "that is cross entropy's"),
    "ls undivided": (outputs(ls=lambda p, q: p - q), "least squares: divide"),
    "ls a ratio": (outputs(ls=lambda p, q: p / q), "divide by p + q"),
    "ls doubled": (outputs(ls=lambda p, q: 2 * p / (p + q)), "twice too much"),
    "ls a vote": (outputs(ls=lambda p, q: (p > q).float()), "a mean of the targets"),
    "hinge exchanged": (outputs(hinge=lambda p, q: (q - p).sign()), "hinge: p and q are exchanged"),
    "hinge 0 or 1": (outputs(hinge=lambda p, q: (p > q).float()), "the fakes' margin is at -1"),
    "hinge undecided": (outputs(hinge=lambda p, q: p - q), "all the way to the margin"),
    "hinge a share": (outputs(hinge=lambda p, q: 1 - 2 * q / (p + q)), "all the way to the margin"),
    "hinge of a logit": (
        outputs(hinge=lambda p, q: torch.log(p / q).clamp(-1, 1)),
        "all the way to the margin",
    ),
    "hinge without end": (
        outputs(hinge=lambda p, q: torch.where(p > q, torch.inf, -torch.inf)),
        "beyond the margin nothing is won",
    ),
    "hinge always 1": (outputs(hinge=lambda p, q: torch.ones_like(p)), "D says -1"),
    "hinge by if": (outputs(hinge=lambda p, q: 1 if p > q else -1), "one yes or no, not a tensor"),
    "hinge smooth": (
        outputs(hinge=lambda p, q: torch.tanh(p.log() - q.log())),
        "nothing is smooth here",
    ),
    "one thing": (lambda p, q: p / (p + q), "return three things"),
    "two things": (lambda p, q: best_outputs(p, q)[:2], "return three things"),
    "one number": (outputs(ls=lambda p, q: (p / (p + q)).mean()), "One number for each place"),
}
