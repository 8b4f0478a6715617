"""Right and wrong answers to the exercises of lesson 14, each with what its diagnosis must say."""

import numpy as np
import torch
from torch.nn import functional as F

# -- under which name ------------------------------------------------------------------------

RIGHT_NAMES = [
    (0.5, 2 / 3, 8 / 13),
    (torch.tensor(0.5), torch.tensor([2 / 3]), np.float32(0.8 / 1.3)),
    ([0.5], [0.6667], [0.615]),
    (0.5, 0.667, 0.6154),
]
WRONG_NAMES = {
    "a half everywhere": (0.5, 0.5, 0.5, "leave only half"),
    "logits": (0.0, float(np.log(2)), float(np.log(1.6)), "these are logits"),
    "ratios": (1.0, 2.0, 1.6, "a ratio p/q is no probability"),
    "fakes' share": (0.5, 1 / 3, 5 / 13, "the fakes' share"),
    "pairs not halved": (0.5, 0.5, 8 / 13, "leave only half"),
    "certain": (1.0, 2 / 3, 8 / 13, "as frequent among its fakes, too"),
    "frequent as it is": (0.5, 2 / 3, 0.8, "that is p alone"),
    "the ones": (0.5, 2 / 3, 2 / 7, "for a picture of a 1"),
    "a pair too rare": (0.5, 0.75, 8 / 13, "not that rare among fakes"),
    "in percent": (50, 67, 62, "not percent"),
    "all pictures are zeros": (0.5, 1 / (1 + 1 / 4), 8 / 13, "one of these"),
    "exchanged": (0.5, 8 / 13, 2 / 3, "the answer to the third game"),
    "ask as often as data": (0.5, 2 / 3, 0.5, "gives fakes away"),
    "zero": (0.0, 2 / 3, 8 / 13, "At logit 0 D's probability"),
    "a text": ("0.5", 2 / 3, 8 / 13, "should be a number"),
    "q halved twice": (0.5, 0.5 / (0.5 + 0.125), 8 / 13, "one of these"),
    "p halved": (0.5, 2 / 3, 0.4 / 0.9, "nothing is halved"),
}

# -- the order as a row, and beside the image --------------------------------------------------


def row(y, c):
    return torch.cat([F.one_hot(y, 10), c], 1)


def row_from_a_unit_matrix(y, c):
    return torch.hstack([torch.eye(10)[y], c])


def row_by_comparing(y, c):
    """In float64."""
    return torch.cat([(y[:, None] == torch.arange(10)).double(), c.double()], dim=-1)


def row_by_scatter(y, c):
    out = torch.zeros(len(y), 10 + c.shape[1])
    out.scatter_(1, y.view(-1, 1), 1.0)
    out[:, 10:] = c
    return out


def row_in_numpy(y, c):
    one_hot = np.zeros((len(y), 10), dtype=np.float32)
    one_hot[np.arange(len(y)), y.numpy()] = 1
    return torch.from_numpy(np.concatenate([one_hot, c.numpy()], axis=1))


def beside(x, r):
    return torch.cat([x, r[:, :, None, None].expand(-1, -1, *x.shape[2:])], 1)


def beside_with_ones(x, r):
    return torch.cat((x, r.view(*r.shape, 1, 1) * torch.ones(1, 1, *x.shape[-2:])), dim=1)


def beside_by_repeating(x, r):
    H, W = x.shape[2:]
    maps = r.repeat_interleave(H * W, dim=1).view(len(r), -1, H, W)
    return torch.cat([x, maps], 1)


def beside_in_a_loop(x, r):
    """Image by image, number by number."""
    out = []
    for image, numbers in zip(x, r, strict=True):
        maps = [torch.full_like(image[:1], float(v)) for v in numbers]
        out.append(torch.cat([image, *maps]))
    return torch.stack(out)


def beside_by_assignment(x, r):
    B, C, H, W = x.shape
    out = x.new_empty(B, C + r.shape[1], H, W)
    out[:, :C], out[:, C:] = x, r[..., None, None]
    return out


RIGHT_ROWS = [row, row_from_a_unit_matrix, row_by_comparing, row_by_scatter, row_in_numpy]
RIGHT_BESIDE = [
    beside,
    beside_with_ones,
    beside_by_repeating,
    beside_in_a_loop,
    beside_by_assignment,
]


def _every_class_in_every_row(y, c):
    rows = torch.zeros(len(y), 10 + c.shape[1])
    rows[:, y] = 1
    rows[:, 10:] = c
    return rows


def row_in_double(y, c):
    return torch.cat([F.one_hot(y, 10).double(), c], 1)


def _scattered_down(y, c):
    return torch.cat([torch.zeros(len(y), 10).scatter_(0, y[:, None], 1.0), c], 1)


RIGHT_ROWS += [row_in_double]
WRONG_ROWS = {
    "one place on, around the end": (
        lambda y, c: torch.cat([F.one_hot((y + 1) % 10, 10), c], 1),
        "one place too far",
    ),
    "a 1 that is not 1": (
        lambda y, c: torch.cat([0.5 * F.one_hot(y, 10), c], 1),
        "At place [0, 3] 1 is asked, and 0.5 comes back",
    ),
    "scattered down": (_scattered_down, "within a row, dimension 1"),
    "classes as they come": (lambda y, c: torch.cat([F.one_hot(y), c], 1), "of *this* batch"),
    "the number itself": (
        lambda y, c: torch.cat([y[:, None].float(), c], 1),
        "the class enters as an amount",
    ),
    "factors first": (
        lambda y, c: torch.cat([c, F.one_hot(y, 10)], 1),
        "the factors come first",
    ),
    "one-hot of the wrong axis": (
        lambda y, c: torch.cat(
            [(torch.arange(10)[:, None] == y).float().reshape(len(y), 10), c], 1
        ),
        "over the wrong axis",
    ),
    "counted from one": (
        lambda y, c: torch.cat([F.one_hot(y + 1, 11)[:, :10], c], 1),
        "one place too far",
    ),
    "stacked along the batch": (
        lambda y, c: torch.cat([F.one_hot(y, 10), c], 0),
        "join the columns",
    ),
    "a ten where it is": (
        lambda y, c: torch.cat([10 * F.one_hot(y, 10), c], 1),
        "is not 1",
    ),
    "softmax of it": (
        lambda y, c: torch.cat([F.one_hot(y, 10).float().softmax(1), c], 1),
        "no longer one-hot",
    ),
    "only the class": (lambda y, c: F.one_hot(y, 10).float(), "the factors are missing"),
    "every class in every row": (_every_class_in_every_row, "1s of all classes"),
    "minus one elsewhere": (
        lambda y, c: torch.cat([2.0 * F.one_hot(y, 10) - 1, c], 1),
        "places hold -1",
    ),
    "whole factors": (
        lambda y, c: torch.cat([F.one_hot(y, 10), c.to(torch.int64)], 1),
        "cut to whole numbers",
    ),
    "stacked": (
        lambda y, c: torch.stack([F.one_hot(y, 10).float(), c], 1),
        "torch.stack makes a new axis",
    ),
}
WRONG_BESIDE = {
    "the image loses its gradient": (
        lambda x, r: torch.cat([x.detach(), r[:, :, None, None].expand(-1, -1, *x.shape[2:])], 1),
        "the gradient is lost on the way",
    ),
    "as the image": (
        lambda x, r: torch.cat([x, r[:, :, None, None].expand_as(x)], 1),
        "-1 leaves an axis as it is",
    ),
    "repeat and view": (
        lambda x, r: torch.cat(
            [x, r.repeat(1, x.shape[2] * x.shape[3]).view(len(x), -1, *x.shape[2:])], 1
        ),
        "the maps are not constant",
    ),
    "maps in front": (
        lambda x, r: torch.cat([r[:, :, None, None].expand(-1, -1, *x.shape[2:]), x], 1),
        "the maps come first",
    ),
    "the first order for all": (
        lambda x, r: torch.cat([x, r[:1, :, None, None].expand(len(x), -1, *x.shape[2:])], 1),
        "the order of the first one",
    ),
    "one pixel": (
        lambda x, r: torch.cat(
            [x, F.pad(r[:, :, None, None], (0, x.shape[3] - 1, 0, x.shape[2] - 1))], 1
        ),
        "in one pixel",
    ),
    "added to the image": (lambda x, r: x + r.sum(1)[:, None, None, None], "is added to the image"),
    "below the image": (
        lambda x, r: torch.cat([x, r[:, None, :, None].expand(-1, x.shape[1], -1, x.shape[3])], 2),
        "hangs below the image",
    ),
    "height for width": (
        lambda x, r: torch.cat([x, r[:, :, None, None].expand(-1, -1, x.shape[2], x.shape[2])], 1),
        "Images need not be square",
    ),
    "divided over the pixels": (
        lambda x, r: beside(x, r / x[0, 0].numel()),
        "divided by the number of pixels",
    ),
    "the order of the neighbor": (lambda x, r: beside(x, r.roll(1, 0)), "of another one"),
    "maps of ones": (
        lambda x, r: torch.cat([x, x.new_ones(len(x), r.shape[1], *x.shape[2:])], 1),
        "maps hold 1",
    ),
    "more samples": (
        lambda x, r: torch.cat([x, r[:, :, None, None].expand(-1, -1, *x.shape[2:])]),
        "as more samples",
    ),
    "twelve numbers": (
        lambda x, r: torch.cat(
            [x] + [r[:, k, None, None, None].expand(-1, -1, *x.shape[2:]) for k in range(12)], 1
        ),
        "the lesson's twelve",
    ),
}

# -- projection ------------------------------------------------------------------------------


def project(h, r, V, psi):
    return psi(h).squeeze(1) + (V(r) * h).sum(1) / h.shape[1] ** 0.5


def project_by_einsum(h, r, V, psi):
    return psi(h)[:, 0] + torch.einsum("bd,bd->b", h, V(r)) / np.sqrt(h.shape[-1])


def project_by_matrices(h, r, V, psi):
    """Each image's row times its column."""
    fits = V(r)[:, None, :] @ h[:, :, None]  # (B, 1, 1)
    return (psi(h) + fits[:, :, 0] / h.size(1) ** 0.5).flatten()


def project_by_the_diagonal(h, r, V, psi):
    """All pairs, of which the diagonal is taken."""
    return (h @ V(r).T).diagonal() / h.shape[1] ** 0.5 + psi(h).flatten()


def project_in_a_loop(h, r, V, psi):
    wanted, real = V(r), psi(h)
    out = [real[i, 0] + torch.dot(wanted[i], h[i]) * h.shape[1] ** -0.5 for i in range(len(h))]
    return torch.stack(out)


def project_in_doubles(h, r, V, psi):
    fits = (V(r).double() * h.double()).mean(1) * h.shape[1] ** 0.5
    return psi(h).double().view(-1) + fits


RIGHT_PROJECTIONS = [
    project,
    project_by_einsum,
    project_by_matrices,
    project_by_the_diagonal,
    project_in_a_loop,
    project_in_doubles,
]
WRONG_PROJECTIONS = {
    "psi as a column": (
        lambda h, r, V, psi: psi(h) + (V(r) * h).sum(1) / h.shape[1] ** 0.5,
        "Take psi's column out",
    ),
    "all pairs": (
        lambda h, r, V, psi: psi(h) + h @ V(r).T / h.shape[1] ** 0.5,
        "every image is compared with the orders of all",
    ),
    "mean over the batch": (
        lambda h, r, V, psi: psi(h).flatten() + (V(r) * h).sum(1).mean() / h.shape[1] ** 0.5,
        "the mean fit of the batch",
    ),
    "wrong axis": (
        lambda h, r, V, psi: psi(h).flatten() + (V(r) * h).sum(0) / h.shape[1] ** 0.5,
        "the sum runs over the batch",
    ),
    "all in one": (
        lambda h, r, V, psi: psi(h).flatten() + (V(r) * h).sum() / h.shape[1] ** 0.5,
        "fits of the whole batch",
    ),
    "no root": (
        lambda h, r, V, psi: psi(h).flatten() + (V(r) * h).mean(1),
        "divided by d, not by its root",
    ),
    "not divided": (lambda h, r, V, psi: psi(h).flatten() + (V(r) * h).sum(1), "√d is missing"),
    "psi of the direction": (
        lambda h, r, V, psi: psi(V(r)).flatten() + (V(r) * h).sum(1) / h.shape[1] ** 0.5,
        "psi looks at the order",
    ),
    "psi of both": (
        lambda h, r, V, psi: psi(h + V(r)).flatten() + (V(r) * h).sum(1) / h.shape[1] ** 0.5,
        "psi sees the order, too",
    ),
    "no realness": (lambda h, r, V, psi: (V(r) * h).sum(1) / h.shape[1] ** 0.5, "psi is missing"),
    "order of the neighbor": (
        lambda h, r, V, psi: project(h, r.roll(1, 0), V, psi),
        "the order of another one",
    ),
    "reversed orders": (
        lambda h, r, V, psi: project(h, r.flip(0), V, psi),
        "the order of another one",
    ),
    "cosine": (
        lambda h, r, V, psi: psi(h).flatten() + F.cosine_similarity(V(r), h, dim=1),
        "the lengths are divided out",
    ),
    "as far apart": (
        lambda h, r, V, psi: psi(h).flatten() - (V(r) - h).square().sum(1) / h.shape[1] ** 0.5,
        "a squared distance",
    ),
    "probability": (
        lambda h, r, V, psi: project(h, r, V, psi).sigmoid(),
        "a probability comes back",
    ),
    "multiplied": (
        lambda h, r, V, psi: psi(h).flatten() * (V(r) * h).sum(1) / h.shape[1] ** 0.5,
        "the two are multiplied",
    ),
    "everything divided": (
        lambda h, r, V, psi: (psi(h).flatten() + (V(r) * h).sum(1)) / h.shape[1] ** 0.5,
        "psi is divided by √d, too",
    ),
    "root of the batch": (
        lambda h, r, V, psi: psi(h).flatten() + (V(r) * h).sum(1) / len(h) ** 0.5,
        "the root is of the batch size",
    ),
    "without gradient": (
        lambda h, r, V, psi: psi(h).flatten() + (V(r).detach() * h).sum(1) / h.shape[1] ** 0.5,
        "V cannot learn",
    ),
    "minus": (
        lambda h, r, V, psi: psi(h).flatten() - (V(r) * h).sum(1) / h.shape[1] ** 0.5,
        "the fit is taken off",
    ),
    "body unheard by the fit": (
        lambda h, r, V, psi: psi(h)[:, 0] + (h.detach() * V(r)).sum(1) / h.shape[1] ** 0.5,
        "cannot learn from the fit",
    ),
    "body unheard by psi": (
        lambda h, r, V, psi: psi(h.detach())[:, 0] + (h * V(r)).sum(1) / h.shape[1] ** 0.5,
        "cannot learn from psi",
    ),
    "fit without gradient": (
        lambda h, r, V, psi: psi(h)[:, 0] + (h * V(r)).sum(1).data / h.shape[1] ** 0.5,
        "the fit teaches nobody",
    ),
    "order added to the features": (
        lambda h, r, V, psi: psi(h + V(r)).flatten(),
        "the order is added to the features",
    ),
    "features by features": (
        lambda h, r, V, psi: psi(h)[:, 0] + (h.mT @ V(r)).sum(1) / h.shape[1] ** 0.5,
        "features meet features",
    ),
    "128 features": (
        lambda h, r, V, psi: psi(h)[:, 0] + (h * V(r)).sum(1) / 128**0.5,
        "lesson's own number of features",
    ),
}

# -- did I get it ----------------------------------------------------------------------------


def found(G, read, z, x, y, c):
    return (read(G(z, y, c))[0] == y).float().mean()


def found_by_counting(G, read, z, x, y, c):
    classes, _ = read(G(z, y, c))
    return sum(int(a) == int(b) for a, b in zip(classes, y, strict=True)) / len(y)


def found_by_errors(G, read, z, x, y, c):
    return 1 - torch.count_nonzero(read(G(z, y, c))[0] - y) / len(y)


def found_in_numpy(G, read, z, x, y, c):
    return np.mean(read(G(z, y, c))[0].numpy() == y.numpy())


def found_class_by_class(G, read, z, x, y, c):
    """Weighed by how often each class is asked for."""
    classes, total = read(G(z, y, c))[0], 0.0
    for k in y.unique():
        here = y == k
        total += (classes[here] == k).double().mean() * here.sum() / len(y)
    return total


def within(asked, got):
    a = asked - asked.mean(1, keepdim=True)
    f = got - got.mean(1, keepdim=True)
    return 1 - (f - a).square().sum() / a.square().sum()


def within_by_variances(asked, got):
    off = got - asked
    return 1 - off.var(1, unbiased=False).mean() / asked.var(1, unbiased=False).mean()


def within_in_numpy(asked, got):
    a, f = asked.numpy().astype(float), got.numpy().astype(float)
    a, f = a - a.mean(axis=1)[:, None], f - f.mean(axis=1)[:, None]
    return float(1 - ((f - a) ** 2).sum() / (a**2).sum())


def within_in_a_loop(asked, got):
    missed = total = 0.0
    for a, f in zip(asked, got, strict=True):
        missed += (((f - f.mean()) - (a - a.mean())) ** 2).sum()
        total += ((a - a.mean()) ** 2).sum()
    return 1 - missed / total


def within_with_a_shift(asked, got):
    """The digit's own is what is found more than asked, in the mean."""
    own = (got - asked).mean(-1, keepdim=True)
    missed = ((got - own - asked) ** 2).mean()
    return 1 - missed / ((asked - asked.mean(-1, True)) ** 2).mean()


RIGHT_FOUND = [found, found_by_counting, found_by_errors, found_in_numpy, found_class_by_class]
RIGHT_WITHIN = [
    within,
    within_by_variances,
    within_in_numpy,
    within_in_a_loop,
    within_with_a_shift,
]


def _with_factors(near):
    """Return a share that asks for the factors, too, each near enough."""

    def answer(G, read, z, x, y, c):
        classes, factors = read(G(z, y, c))
        return ((classes == y) & near(factors, c).all(1)).float().mean()

    return answer


def _orders_read(G, read, z, x, y, c):
    asked, _ = read(x)
    return (read(G(z, asked, c))[0] == asked).float().mean()


def _factors_read(G, read, z, x, y, c):
    _, factors = read(x)
    return (read(G(z, y, factors))[0] == y).float().mean()


WRONG_FOUND = {
    "the reader on reals": (
        lambda G, read, z, x, y, c: (read(x)[0] == y).float().mean(),
        "how well the reader reads the *real* pictures",
    ),
    "drawn as the reals are read": (
        lambda G, read, z, x, y, c: (read(G(z, y, c))[0] == read(x)[0]).float().mean(),
        "compare with what is read off",
    ),
    "unpaired": (
        lambda G, read, z, x, y, c: (read(G(z, y.flip(0), c))[0] == y).float().mean(),
        "are not paired",
    ),
    "counted": (
        lambda G, read, z, x, y, c: (read(G(z, y, c))[0] == y).sum(),
        "a number of pictures",
    ),
    "errors": (
        lambda G, read, z, x, y, c: (read(G(z, y, c))[0] != y).float().mean(),
        "the share of mistakes",
    ),
    "in percent": (
        lambda G, read, z, x, y, c: 100 * found(G, read, z, x, y, c),
        "always 100 times",
    ),
    "one by one": (
        lambda G, read, z, x, y, c: (read(G(z, y, c))[0] == y).float(),
        "where one is asked",
    ),
    "shares of classes": (
        lambda G, read, z, x, y, c: (
            torch.minimum(
                read(G(z, y, c))[0].bincount(minlength=10), y.bincount(minlength=10)
            ).sum()
            / len(y)
        ),
        "how often each class is found",
    ),
    "always the same noise": (
        lambda G, read, z, x, y, c: found(G, read, z[:1].expand_as(z), x, y, c),
        "the same noise",
    ),
    "c forgotten": (
        lambda G, read, z, x, y, c: found(G, read, z, x, y, torch.zeros_like(c)),
        "the factors are forgotten",
    ),
    "class by class": (
        lambda G, read, z, x, y, c: torch.stack(
            [(read(G(z, y, c))[0][y == k] == k).float().mean() for k in y.unique()]
        ).mean(),
        "the mean over classes",
    ),
    "factors, too": (_with_factors(lambda f, c: (f - c).abs() < 0.3), "the factors count as well"),
    "factors, exactly": (_with_factors(torch.isclose), "the factors count as well"),
    "factors, rounded": (
        _with_factors(lambda f, c: f.round() == c.round()),
        "the factors count as well",
    ),
    "orders read off the reals": (_orders_read, "orders are the classes that are *read*"),
    "factors read off the reals": (_factors_read, "the factors are what is *read*"),
    "all of them": (
        lambda G, read, z, x, y, c: torch.equal(read(G(z, y, c))[0], y) * 1.0,
        "one picture that fails",
    ),
    "over the reader's own": (
        lambda G, read, z, x, y, c: found(G, read, z, x, y, c) / (read(x)[0] == y).float().mean(),
        "divided by the share that the reader",
    ),
}


def _off(x):
    return x - x.mean(1, keepdim=True)


def _correlation(a, f):
    return torch.corrcoef(torch.stack([_off(a).flatten(), _off(f).flatten()]))[0, 1]


def _own(x):
    return x - x.mean(1, keepdim=True)


WRONG_WITHIN = {
    "one mean for all": (
        lambda a, f: within(a.reshape(1, -1), f.reshape(1, -1)),
        "a digit that leans by itself then counts",
    ),
    "mean over the digits": (lambda a, f: within(a.T, f.T), "the mean of each *place* is taken"),
    "nothing taken away": (
        lambda a, f: 1 - (f - a).square().sum() / (a - a.mean()).square().sum(),
        "this is R² over all digits",
    ),
    "correlation squared": (lambda a, f: _correlation(a, f) ** 2, "the squared correlation"),
    "correlation": (_correlation, "this is the correlation"),
    "over what is found": (
        lambda a, f: 1 - (_off(f) - _off(a)).square().sum() / _off(f).square().sum(),
        "divided by what varies in the *found*",
    ),
    "the missed share": (lambda a, f: 1 - within(a, f), "the share that is missed"),
    "the slope": (
        lambda a, f: (_off(f) * _off(a)).sum() / _off(a).square().sum(),
        "this is the slope",
    ),
    "an R² a digit, nothing taken away": (
        lambda a, f: torch.stack(
            [
                1 - (u - v).square().sum() / (u - u.mean()).square().sum()
                for u, v in zip(a, f, strict=True)
            ]
        ).mean(),
        "this is the mean of an R² for each digit",
    ),
    "absolute": (
        lambda a, f: 1 - (_off(f) - _off(a)).abs().sum() / _off(a).abs().sum(),
        "absolute values for squares",
    ),
    "a row of numbers": (
        lambda a, f: 1 - (_off(f) - _off(a)).square().sum(1) / _off(a).square().sum(1),
        "an R² for each digit comes back",
    ),
    "exchanged": (lambda a, f: within(f, a), "divided by what varies in the *found*"),
    "only found centered": (
        lambda a, f: 1 - (_own(f) - a).square().sum() / a.square().sum(),
        "taken off found alone",
    ),
    "variance of N − 1": (
        lambda a, f: 1 - (_own(f) - _own(a)).square().mean() / _own(a).var(),
        "divides by N − 1",
    ),
    "over all that varies": (
        lambda a, f: 1 - (_own(f) - _own(a)).square().sum() / (a - a.mean()).square().sum(),
        "what varies over all digits",
    ),
    "not divided": (
        lambda a, f: 1 - (_own(f) - _own(a)).square().mean(),
        "what was asked does not divide",
    ),
    "no keepdim": (
        lambda a, f: within(a - a.mean(1), f - f.mean(1)),
        "keepdim=True leaves it",
    ),
}
