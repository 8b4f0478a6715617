"""Right and wrong answers to the exercises of lesson 09, each with what its diagnosis must say."""

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
RIGHT_FRECHET = [
    frechet,
    _frechet(_sandwich),
    lambda *given: float(_frechet(_singular_values)(*given)),
]
WRONG_FRECHET = {
    "trace of the product": (_frechet(lambda a, b: (a @ b).trace()), "not of its *root*"),
    "root of the trace": (_frechet(lambda a, b: (a @ b).trace().sqrt()), "root of the trace"),
    "root of the entries": (_frechet(lambda a, b: (a @ b).sqrt().trace()), "root of its entries"),
    "eigenvalues apart": (
        _frechet(
            lambda a, b: (torch.linalg.eigvalsh(a) * torch.linalg.eigvalsh(b)).clamp(0).sqrt().sum()
        ),
        "multiply the eigenvalues of A with those of B",
    ),
    "product of roots": (_frechet(lambda a, b: (_root(a) @ _root(b)).trace()), "tr(√A·√B)"),
    "eigvalsh of the product": (
        _frechet(lambda a, b: torch.linalg.eigvalsh(a @ b).clamp(min=0).sqrt().sum()),
        "not symmetric",
    ),
    "counted once": (_frechet(lambda a, b: _eigenvalues(a, b) / 2), "counts twice"),
    "wrong sign": (_frechet(lambda a, b: -_eigenvalues(a, b)), "wrong sign"),
    "one trace": (
        lambda ma, a, mb, b: (ma - mb).square().sum() + a.trace() - 2 * _eigenvalues(a, b),
        "a trace is missing",
    ),
    "the other trace": (
        lambda ma, a, mb, b: (ma - mb).square().sum() + b.trace() - 2 * _eigenvalues(a, b),
        "You left out the first",
    ),
    "root of the whole": (
        lambda *given: frechet(*given).clamp(min=0).sqrt(),
        "reported squared",
    ),
    "length of the gap": (
        _frechet(_eigenvalues, mean=lambda gap: gap.norm()),
        "without its square",
    ),
    "no means": (_frechet(_eigenvalues, mean=lambda gap: 0 * gap.sum()), "means are not compared"),
    "mean of the gap": (
        _frechet(_eigenvalues, mean=lambda gap: gap.square().mean()),
        "the squares are summed",
    ),
    "complex": (
        _frechet(lambda a, b: torch.linalg.eigvals(a @ b).sqrt().sum()),
        "complex number",
    ),
    "no clamp": (
        _frechet(lambda a, b: torch.linalg.eigvals(a @ b).real.sqrt().sum()),
        "clamp(min=0) before the root",
    ),
    "one per dimension": (
        lambda ma, a, mb, b: (ma - mb).square() + a.diag() + b.diag(),
        "not one number",
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


RIGHT_KID = [_kid, kid_with_a_mask, kid_in_a_loop]
WRONG_KID = {
    "diagonal kept": (lambda r, f: _kid(r, f, within=torch.mean), "the diagonal is still in"),
    "n squared": (
        lambda r, f: _kid(r, f, within=lambda t: (t.sum() - t.trace()) / len(t) ** 2),
        "n(n - 1) are left",
    ),
    "diagonal of the cross": (
        lambda r, f: _kid(r, f, cross=lambda t: 2 * _off(t)),
        "two different samples",
    ),
    "cross once": (lambda r, f: _kid(r, f, cross=torch.mean), "count twice"),
    "cross added": (lambda r, f: _kid(r, f, cross=lambda t: -2 * t.mean()), "the sign of real"),
    "turned": (lambda r, f: -_kid(r, f), "the sign is turned"),
    "no division by d": (lambda r, f: _kid(r, f, table=lambda a, b: (a @ b.T + 1) ** 3), "by d"),
    "no one": (
        lambda r, f: _kid(r, f, table=lambda a, b: (a @ b.T / a.shape[1]) ** 3),
        "the 1 is missing",
    ),
    "squared": (
        lambda r, f: _kid(r, f, table=lambda a, b: (a @ b.T / a.shape[1] + 1) ** 2),
        "your power is 2",
    ),
    "no power": (
        lambda r, f: _kid(r, f, table=lambda a, b: a @ b.T / a.shape[1] + 1),
        "the power is missing",
    ),
    "root": (lambda r, f: _kid(r, f).sqrt(), "you take the root"),
    "cut off at 0": (lambda r, f: _kid(r, f).clamp(min=0), "never negative"),
    "one size": (
        lambda r, f: _kid(r, f, within=lambda t: (t.sum() - t.trace()) / (len(r) * (len(r) - 1))),
        "its own number of pairs",
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


def _variant(precise, recalled):
    """Return an answer whose two shares are functions of (pairs, radii_real, radii_fake)."""

    def answer(real, fake, k=3):
        given = torch.cdist(real, fake), _radii(real, k)[:, None], _radii(fake, k)
        return precise(*given), recalled(*given)

    return answer


def _precise(pairs, real, fake):
    return _share(pairs <= real, 0)


def _recalled(pairs, real, fake):
    return _share(pairs <= fake, 1)


RIGHT_PRECISION = [
    precision_recall,
    precision_recall_in_a_loop,
    precision_recall_by_sorting,
]
WRONG_PRECISION = {
    "exchanged": (lambda r, f, k=3: precision_recall(r, f, k)[::-1], "exchanged"),
    "itself a neighbor": (lambda r, f, k=3: precision_recall(r, f, k - 1), "own first neighbor"),
    "coverage": (
        _variant(_precise, lambda p, r, f: _share(p <= r, 1)),
        "called coverage",
    ),
    "balls of the fakes": (
        _variant(lambda p, r, f: _share(p <= f, 0), _recalled),
        "those of the *reals*",
    ),
    "one radius": (
        _variant(
            lambda p, r, f: _share(p <= r.mean(), 0), lambda p, r, f: _share(p <= f.mean(), 1)
        ),
        "all balls have the same radius",
    ),
    "only the nearest": (
        _variant(
            lambda p, r, f: float((p.amin(0) <= r[p.argmin(0), 0]).double().mean()),
            lambda p, r, f: float((p.amin(1) <= f[p.argmin(1)]).double().mean()),
        ),
        "only the nearest sample's ball",
    ),
    "all balls": (
        _variant(
            lambda p, r, f: float((p <= r).all(0).double().mean()),
            lambda p, r, f: float((p <= f).all(1).double().mean()),
        ),
        "not all",
    ),
    "k ignored": (lambda r, f, k=3: precision_recall(r, f, 3), "changes nothing"),
    "no axis for the radii": (
        _variant(lambda p, r, f: _share(p <= r[:, 0], 0), _recalled),
        "belong to the rows",
    ),
    "recall of the fakes": (
        lambda r, f, k=3: (precision_recall(r, f, k)[0],) * 2,
        "your recall is still 1",
    ),
    "one number": (lambda r, f, k=3: precision_recall(r, f, k)[0], "two numbers"),
    "precision of the reals": (
        lambda r, f, k=3: (precision_recall(r, f, k)[1],) * 2,
        "precision",
    ),
    "a mask": (
        lambda r, f, k=3: ((torch.cdist(r, f) <= _radii(r, k)[:, None]).any(0), 1.0),
        "not one number",
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


RIGHT_MEMORIZATION = [memorization, memorization_in_a_loop]
WRONG_MEMORIZATION = {
    "upside down": (lambda f, t, h: 1 / memorization(f, t, h), "upside down"),
    "from the training side": (
        lambda f, t, h: _near(t, f).median() / _near(t, h).median(),
        "copies of a few training samples go unnoticed",
    ),
    "held-out against fakes": (
        lambda f, t, h: _near(f, t).median() / _near(h, f).median(),
        "distance to the *fakes*",
    ),
    "fakes against held-out": (
        lambda f, t, h: _near(f, t).median() / _near(f, h).median(),
        "distance to the *held-out* reals",
    ),
    "among the held-out": (
        lambda f, t, h: _near(f, t).median() / torch.cdist(h, h).kthvalue(2).values.median(),
        "distances among the held-out",
    ),
    "mean": (lambda f, t, h: _near(f, t).mean() / _near(h, t).mean(), "a mean follows outliers"),
    "all pairs": (
        lambda f, t, h: torch.cdist(f, t).mean() / torch.cdist(h, t).mean(),
        "Take the nearest first",
    ),
    "median of all pairs": (
        lambda f, t, h: torch.cdist(f, t).median() / torch.cdist(h, t).median(),
        "Take the nearest first",
    ),
    "farthest": (
        lambda f, t, h: torch.cdist(f, t).amax(1).median() / torch.cdist(h, t).amax(1).median(),
        "amin, not amax",
    ),
    "not divided": (lambda f, t, h: _near(f, t).median(), "not divided"),
    "one ratio each": (
        lambda f, t, h: (_near(f, t) / _near(h, t)).median(),
        "before you divide",
    ),
    "no median": (lambda f, t, h: _near(f, t) / _near(h, t).median(), "not one number"),
}
