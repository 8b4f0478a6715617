"""Answers to the exercises of lesson 09 that stand in no table, and what is to be said of them."""

import numpy as np
import torch

# -- the Fréchet distance ----------------------------------------------------------------------


def _frechet(root_trace, *, mean=lambda gap: gap.square().sum()):
    """Return an answer made of two of its parts: the trace of the root, and the means' share."""

    def answer(mean_a, cov_a, mean_b, cov_b):
        shared = root_trace(cov_a, cov_b)
        return mean(mean_a - mean_b) + cov_a.trace() + cov_b.trace() - 2 * shared

    return answer


def _eigenvalues(a, b):
    return torch.linalg.eigvals(a @ b).real.clamp(min=0).sqrt().sum()


def _sandwich(a, b):
    """tr (A^½ B A^½)^½, symmetric, so that eigvalsh will do."""
    values, vectors = torch.linalg.eigh(a)
    root = vectors @ torch.diag(values.clamp(min=0).sqrt()) @ vectors.T
    return torch.linalg.eigvalsh(root @ b @ root).clamp(min=0).sqrt().sum()


def _singular_values(a, b):
    """The nuclear norm of A^½ B^½."""
    return torch.linalg.svdvals(_root(a) @ _root(b)).sum()


def _root(cov):
    values, vectors = torch.linalg.eigh(cov)
    return vectors @ torch.diag(values.clamp(min=0).sqrt()) @ vectors.T


frechet = _frechet(_eigenvalues)


def frechet_in_numpy(mean_a, cov_a, mean_b, cov_b):
    values = np.linalg.eigvals(cov_a.numpy() @ cov_b.numpy()).real
    roots = np.sqrt(np.clip(values, 0, None))
    apart = ((mean_a - mean_b) ** 2).sum().item()
    return apart + np.trace(cov_a) + np.trace(cov_b) - 2 * roots.sum()


def frechet_of_floats(*given):
    return frechet(*(x.float() for x in given))


RIGHT_FRECHET = [
    frechet,
    _frechet(_sandwich),
    lambda *given: float(_frechet(_singular_values)(*given)),
    frechet_in_numpy,
    frechet_of_floats,
]
WRONG_FRECHET = {
    "eigenvalues apart": (
        _frechet(
            lambda a, b: (torch.linalg.eigvalsh(a) * torch.linalg.eigvalsh(b)).clamp(0).sqrt().sum()
        ),
        "multiply the eigenvalues of A with those of B",
    ),
    "distance of the roots": (
        lambda ma, a, mb, b: (ma - mb).square().sum() + (_root(a) - _root(b)).square().sum(),
        "tr(√A·√B)",
    ),
    "distance of the entries' roots": (
        lambda ma, a, mb, b: (ma - mb).square().sum() + (a.sqrt() - b.sqrt()).square().sum(),
        "turning both clouds together changes your distance",
    ),
    "root of the whole": (
        lambda *given: frechet(*given).clamp(min=0).sqrt(),
        "reported squared",
    ),
    "complex": (
        _frechet(lambda a, b: torch.linalg.eigvals(a @ b).sqrt().sum()),
        "complex number",
    ),
    "no clamp": (
        lambda ma, a, mb, b: (
            frechet(ma, a, mb, b) + 0 * torch.linalg.eigvals(a @ b).real.sqrt().sum()
        ),
        "clamp(min=0) before the root",
    ),
    "one per dimension": (
        lambda ma, a, mb, b: (ma - mb).square() + a.diag() + b.diag(),
        "where one is asked",
    ),
    "doubled": (lambda *given: 2 * frechet(*given), "always twice the right value"),
    "the largest root": (
        _frechet(lambda a, b: torch.linalg.eigvals(a @ b).real.clamp(min=0).sqrt().max()),
        "for two round clouds in different places",
    ),
    "two mistakes": (
        _frechet(lambda a, b: _eigenvalues(a, b) / 2, mean=lambda gap: gap.norm()),
        "two things at once",
    ),
}


# -- the kernel distance -----------------------------------------------------------------------


def _table(a, b):
    return (a @ b.T / a.shape[1] + 1) ** 3


def _off(t):
    return (t.sum() - t.trace()) / (len(t) * (len(t) - 1))


def _kid(real, fake, *, table=_table, within=_off, cross=lambda t: 2 * t.mean()):
    return within(table(real, real)) + within(table(fake, fake)) - cross(table(real, fake))


def kid_with_a_mask(real, fake):
    """The same with off-diagonal masks, in float64."""
    real, fake = real.double(), fake.double()

    def mean_off(x):
        keep = ~torch.eye(len(x), dtype=torch.bool)
        return _table(x, x)[keep].mean()

    return (mean_off(real) + mean_off(fake) - 2 * _table(real, fake).mean()).item()


def kid_in_a_loop(real, fake):
    def k(a, b):
        return (float(a @ b) / len(a) + 1) ** 3

    def within(x):
        pairs = [(i, j) for i in range(len(x)) for j in range(len(x)) if i < j]
        return sum(k(x[i], x[j]) for i, j in pairs) / len(pairs)

    across = [k(a, b) for a in real for b in fake]
    return within(real) + within(fake) - 2 * sum(across) / len(across)


def kid_of_floats(real, fake):
    return _kid(real.float(), fake.float())


RIGHT_KID = [_kid, kid_with_a_mask, kid_in_a_loop, kid_of_floats]
WRONG_KID = {
    "root": (lambda r, f: _kid(r, f) ** 0.5, "you take the root"),
    "one size": (
        lambda r, f: _kid(r, f, within=lambda t: (t.sum() - t.trace()) / (len(r) * (len(r) - 1))),
        "its own number of pairs",
    ),
    "the mean of both sizes": (
        lambda r, f: _kid(
            r,
            f,
            within=lambda t: _off(t) * (len(t) / ((len(r) + len(f)) / 2)),
        ),
        "right for equally many reals and fakes, wrong for 6 and 9",
    ),
    "stacked": (
        lambda r, f: (
            sum(
                _off(torch.stack([_table(a, a), _table(b, b)])[i])
                for i, (a, b) in enumerate([(r, f)] * 2)
            )
            - 2 * _table(r, f).mean()
        ),
        "the two sets may differ in size",
    ),
    "halved": (lambda r, f: _kid(r, f) / 2, "always half the right value"),
    "an offset": (lambda r, f: _kid(r, f) + 0.01, "always +0.01 away from the right value"),
    "nobody meets oneself across, either": (
        lambda r, f: _kid(r, f) - 2 * _table(r, f).mean() / (len(f) - 1),
        "There no sample meets itself",
    ),
    "centered": (
        lambda r, f: _kid(r - r.mean(0), f - f.mean(0)),
        "For two reals and two fakes",
    ),
    "two mistakes": (
        lambda r, f: _kid(r, f, table=lambda a, b: (a @ b.T / a.shape[1]) ** 3, within=torch.mean),
        "two things at once",
    ),
}


# -- precision and recall ----------------------------------------------------------------------


def _radii(x, k):
    return torch.cdist(x, x).kthvalue(k + 1).values


def precision_recall(real, fake, k=3):
    pairs = torch.cdist(real, fake)
    precision = (pairs <= _radii(real, k)[:, None]).any(dim=0).double().mean()
    recall = (pairs <= _radii(fake, k)).any(dim=1).double().mean()
    return float(precision), float(recall)


def precision_recall_in_a_loop(real, fake, k=3):
    def share(asked, centers):
        balls = [(c, sorted((centers - c).norm(dim=1).tolist())[k]) for c in centers]
        # the tolerance covers the last bit, by which two ways to measure may differ
        return sum(any((x - c).norm() <= r * (1 + 1e-9) for c, r in balls) for x in asked) / len(
            asked
        )

    return [share(fake, real), share(real, fake)]


def precision_recall_by_sorting(real, fake, k=3):
    def own(x):
        table = torch.cdist(x, x).fill_diagonal_(torch.inf)
        return table.sort(dim=1).values[:, k - 1]

    pairs = torch.cdist(fake, real)
    inside = (pairs <= own(real)).any(1).double().mean()
    caught = (pairs <= own(fake)[:, None]).any(0).double().mean()
    return torch.stack([inside, caught])


def _share(inside, dim):
    return float(inside.any(dim=dim).double().mean())


def precision_recall_of_floats(real, fake, k):
    return np.array(precision_recall(real.float(), fake.float(), k))


def strictly_inside(real, fake, k=3):
    pairs = torch.cdist(real, fake)
    precision = (pairs < _radii(real, k)[:, None]).any(0).double().mean()
    return float(precision), float((pairs < _radii(fake, k)).any(1).double().mean())


RIGHT_PRECISION = [
    precision_recall,
    precision_recall_in_a_loop,
    precision_recall_by_sorting,
    precision_recall_of_floats,
]
WRONG_PRECISION = {
    "by name": (
        lambda r, f, k=3: dict(zip(("fine", "found"), precision_recall(r, f, k), strict=True)),
        "a dict comes back",
    ),
    "exchanged": (lambda r, f, k=3: precision_recall(r, f, k)[::-1], "exchanged"),
    "the sets exchanged": (lambda r, f, k=3: precision_recall(f, r, k), "exchanged"),
    "itself a neighbor": (lambda r, f, k=3: precision_recall(r, f, k - 1), "own first neighbor"),
    "k ignored": (lambda r, f, k=3: precision_recall(r, f, 3), "changes nothing"),
    "strictly inside": (strictly_inside, "< leaves the border out"),
    "in percent": (
        lambda r, f, k=3: [100 * x for x in precision_recall(r, f, k)],
        "always 100 times the right value",
    ),
    "always precise": (
        lambda r, f, k=3: (1.0, precision_recall(r, f, k)[1]),
        "half of the fakes is far from every real, and your precision is still 1",
    ),
    "forgets nothing": (
        lambda r, f, k=3: (precision_recall(r, f, k)[0], 1.0),
        "your recall is still 1",
    ),
    "a square": (
        lambda r, f, k=3: (precision_recall(r, f, k)[0] ** 2, precision_recall(r, f, k)[1]),
        "recall is right, look at precision",
    ),
    "one number": (lambda r, f, k=3: precision_recall(r, f, k)[0], "2 results should come back"),
    "a mask": (
        lambda r, f, k=3: ((torch.cdist(r, f) <= _radii(r, k)[:, None]).any(0), 1.0),
        "where one is asked",
    ),
}


# -- the memorization ratio --------------------------------------------------------------------


def _near(a, b):
    return torch.cdist(a, b).amin(dim=1)


def memorization(fake, train, held_out):
    return _near(fake, train).median() / _near(held_out, train).median()


def memorization_in_a_loop(fake, train, held_out):
    def typical(x):
        found = sorted(min(float((a - b).norm()) for b in train) for a in x)
        return found[(len(found) - 1) // 2]

    return typical(fake) / typical(held_out)


def memorization_in_numpy(fake, train, held_out):
    def typical(x):
        gaps = x.numpy()[:, None] - train.numpy()[None]
        return np.median(np.linalg.norm(gaps, axis=2).min(axis=1))

    return typical(fake) / typical(held_out)


def memorization_of_floats(*given):
    return memorization(*(x.float() for x in given)).item()


RIGHT_MEMORIZATION = [
    memorization,
    memorization_in_a_loop,
    memorization_in_numpy,
    memorization_of_floats,
]
WRONG_MEMORIZATION = {
    "upside down": (lambda f, t, h: 1 / memorization(f, t, h), "upside down"),
    "the sets exchanged": (lambda f, t, h: memorization(h, t, f), "upside down"),
    "among the held-out": (
        lambda f, t, h: _near(f, t).median() / torch.cdist(h, h).kthvalue(2).values.median(),
        "distances among the held-out",
    ),
    "one ratio each": (
        lambda f, t, h: (_near(f, t) / _near(h, t)).median(),
        "each set's median is taken before you divide",
    ),
    "sample by sample": (
        lambda f, t, h: (f - t).norm(dim=1).median() / _near(h, t).median(),
        "the three sets differ in number, so nothing can be paired off",
    ),
    "no median": (lambda f, t, h: _near(f, t) / _near(h, t).median(), "where one is asked"),
    "a root": (lambda f, t, h: memorization(f, t, h).sqrt(), "the root of the right value"),
    "a trimmed mean": (
        lambda f, t, h: (
            _near(f, t).sort().values[:-3].mean() if len(f) == 11 else memorization(f, t, h)
        ),
        "for new samples",
    ),
    "far ones hide copies": (
        lambda f, t, h: memorization(f, t, h) + (f.max() > 20),
        "7 of 11 fakes are copies and 4 far ones hide them",
    ),
}
