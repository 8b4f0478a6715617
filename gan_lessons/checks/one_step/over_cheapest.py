"""Cost over the cheapest: an exercise of lesson 21, Draw in one step."""

from collections.abc import Sequence

import torch
from torch import Tensor

from gan_lessons import transport
from gan_lessons.checks.grader import Case, Slip, Table, Value, case

RIGHT = """
def over_cheapest(z, y):
    cost = torch.cdist(z, y, compute_mode="donot_use_mm_for_euclid_dist").square().numpy()
    pairs, u, v = transport.assignment(cost)
    paid = cost.diagonal().mean()
    least = cost[range(len(cost)), pairs].mean()
    return paid / least
"""

COST = 'cost = torch.cdist(z, y, compute_mode="donot_use_mm_for_euclid_dist").square().numpy()'
PAIRS = "pairs, u, v = transport.assignment(cost)"
PAID = "paid = cost.diagonal().mean()"
LEAST = "least = cost[range(len(cost)), pairs].mean()"
RATIO = "return paid / least"

DISTANCES = "the distances are not squared: the cost of a pair is ‖y − z‖²."
NEAREST = (
    "each point is paired with its nearest, and some partners are taken twice. The cheapest "
    "pairing is one to one: transport.assignment finds it."
)
ALL_PAIRS = (
    "all pairs count, each z with each y. The map pays for z_i with y_i only (the diagonal of the "
    "costs), the best pairing for z_i with y_pairs[i]: cost[range(n), pairs]."
)
NUMPY = (
    "transport.assignment takes costs as a NumPy array, (N, N), and a tensor came: call .numpy() "
    "on the costs first."
)
THREE = (
    "transport.assignment returns three things, the pairs and two price lists: "
    "pairs, u, v = transport.assignment(cost)."
)

COORDINATES = (
    "one of the two costs is a mean over the coordinates, the other their sum: ‖y − z‖² is a sum, "
    "in both."
)

SLIPS = (
    Slip(COST, COST.replace(".square()", ""), DISTANCES),
    Slip(COST, COST.replace(".square()", "") + "\n    cost = np.sqrt(cost)", DISTANCES),
    Slip(
        PAIRS,
        "pairs, u, v = transport.assignment(np.sqrt(cost))",
        "the pairs are paired by plain distances, and the cost is of squares: another pairing may "
        "be the cheapest. Hand the squares to transport.assignment.",
    ),
    Slip(
        LEAST,
        "least = np.sqrt(cost[range(len(cost)), transport.assignment(np.sqrt(cost))[0]]).mean()",
        "the map's cost is squared and the cheapest one is not: transport.w1 pairs, and counts, "
        "plain distances. Build the costs of squares and call transport.assignment.",
    ),
    Slip(
        LEAST,
        "least = np.sqrt(cost[range(len(cost)), transport.assignment(np.sqrt(cost))[0]])"
        ".mean() ** 2",
        "the mean distance is squared. Square each distance, then take the mean.",
    ),
    Slip(LEAST, "least = cost.min(axis=1).mean()", NEAREST),
    Slip(LEAST, "least = cost.min(axis=0).mean()", NEAREST),
    Slip(RATIO, "return least / paid", "the fraction stands upside down: a map pays at least 1."),
    Slip(
        RATIO,
        "return paid - least",
        "a difference comes back: how many *times* as much as the cheapest is asked, a quotient.",
    ),
    Slip(RATIO, "return least", "this is what the cheapest pairing alone costs."),
    Slip(
        RATIO,
        "return cost[range(len(cost)), pairs].sum()",
        "this is what the cheapest pairing alone costs, added up: the map's own cost belongs above "
        "it.",
    ),
    Slip(
        RATIO,
        "return 1 - least / paid",
        "the share that could be saved comes back: how many *times* as much as the cheapest is "
        "asked, paid / least.",
    ),
    Slip(
        RATIO,
        "return float((pairs == np.arange(len(pairs))).mean())",
        "the share of the pairs that stay as they are comes back: what they *cost* is asked.",
    ),
    Slip(
        PAID,
        "paid = np.sqrt(cost.diagonal()).mean()",
        "the map's cost is not squared, and the cheapest one is.",
    ),
    Slip(
        LEAST,
        "least = (z[pairs] - z).square().sum(1).mean().item()",
        "z is paired with z: the cheapest pairing joins z_i with y_pairs[i].",
    ),
    Slip(LEAST, "least = cost.sum()", ALL_PAIRS),
    Slip(LEAST, "least = cost[:, pairs].sum() / len(cost)", ALL_PAIRS),
    Slip(RATIO, "return paid", "this is what the map alone costs: divide by the cheapest."),
    Slip(PAID, "paid = cost.mean()", ALL_PAIRS),
    Slip(LEAST, "least = cost[:, pairs].mean()", ALL_PAIRS),
    Slip(LEAST, "least = cost[pairs].mean()", ALL_PAIRS),
    Slip(
        LEAST,
        "least = cost[pairs, range(len(cost))].mean()",
        "pairs is read the wrong way round: pairs[i] is the column, a y, for row i, a z. So it is "
        "cost[range(n), pairs], or y[pairs] beside z.",
    ),
    Slip(
        RATIO,
        "return (cost.diagonal() / cost[range(len(cost)), pairs]).mean()",
        "this is the mean of the single ratios. One sample may well pay 10 times what the plan "
        "pays for it: divide the two means.",
    ),
    Slip(RATIO, "return (paid / least) ** 0.5", "a root is taken: the ratio is of squares."),
    Slip(RATIO, "return (paid / least) ** 2", "the ratio is squared once more."),
    Slip(PAID, "paid = cost.diagonal().mean() / z.shape[1]", COORDINATES),
    Slip(LEAST, "least = cost[range(len(cost)), pairs].mean() / z.shape[1]", COORDINATES),
    Slip(
        PAID,
        "paid = cost.diagonal().sum()",
        "a sum is divided by a mean: take the same of both.",
    ),
    Slip(
        LEAST,
        "least = cost[range(len(cost)), pairs].sum()",
        "a mean is divided by a sum: take the same of both.",
    ),
    Slip(
        PAIRS,
        "pairs, u, v = transport.assignment(-cost)",
        "this is over the dearest pairing: the sign is turned.",
    ),
    Slip(
        LEAST,
        "least = (z.sort(dim=0).values - y.sort(dim=0).values).square().sum(1).mean().item()",
        "each coordinate is sorted by itself. Sorting finds the cheapest pairs on a line only; in "
        "the plane it takes transport.assignment.",
    ),
    Slip(
        LEAST,
        "least = (z - y.mean(0)).square().sum(1).mean().item()",
        "the map is compared with one that sends all to the mean. Pair the points one to one.",
    ),
    Slip(
        LEAST,
        "least = u.mean()",
        "the price list u alone is not the cost: it takes both, u.mean() + v.mean() (lesson 11).",
    ),
    Slip(
        RATIO,
        "roots = np.sqrt(cost)\n"
        "    return roots.diagonal().mean() / roots[range(len(cost)), pairs].mean()",
        "paired by squares, and paid by plain distances: the cost of a pair is ‖y − z‖², in both.",
    ),
    Slip(
        RATIO,
        "return float((z - y).sum().square() / (z - y[pairs]).sum().square())",
        "all ways are added up before the square, and cancel: square each number, then add.",
    ),
    Slip(COST, COST.replace(".numpy()", ""), NUMPY),
    Slip(PAIRS, "pairs = transport.assignment(cost)", THREE),
)


def _paired_otherwise(z: Tensor, y: Tensor) -> bool:
    """Say whether squares and plain distances find different pairs."""
    cost = torch.cdist(z.double(), y.double()).numpy()
    by_squares, by_distance = (transport.assignment(c)[0] for c in (cost**2, cost))
    return bool((by_squares != by_distance).any())


def cases(seed: int) -> Sequence[Case]:
    """Return starts and ends: few points, more, a map that is the cheapest, three dimensions."""
    rng = torch.Generator().manual_seed(seed)
    found = []
    for label, shape in (("four points", (4, 2)), ("nine points", (9, 2)), ("in space", (8, 3))):
        z, y = torch.randn(shape, generator=rng), 1.5 * torch.randn(shape, generator=rng)
        while not _paired_otherwise(z, y):
            z, y = torch.randn(shape, generator=rng), 1.5 * torch.randn(shape, generator=rng)
        found.append(case(label, z, y))
    z = torch.randn(12, 2, generator=rng)
    found.append(case("a map that is the cheapest", z, 2 * z + 1))
    found.append(case("a map that turns all around", z, -z + 0.5))
    return found


over_cheapest = Value(
    title="Cost over the cheapest",
    proves="what the map pays, in squares, over what the best one-to-one pairing of the same "
    "points pays: 1 for a map that cannot be beaten.",
    hints=(
        "What the map pays for z_i is ‖y_i − z_i‖². The solver of lesson 11 does not care which "
        "costs it gets: which (N, N) costs does it need here?",
        "cost[i, j] = ‖z_i − y_j‖², as a NumPy array. The map pays its diagonal. pairs[i] is the "
        "column that the solver gives to row i.",
        "cost = torch.cdist(z, y).square().numpy(); pairs, u, v = transport.assignment(cost); "
        "return cost.diagonal().mean() / cost[range(len(cost)), pairs].mean()",
    ),
    asks="Check ``over_cheapest(z, y)``: E‖y − z‖² over that of the cheapest pairing, >= 1.",
    table=Table(RIGHT, SLIPS, uses={"transport": transport}),
    cases=cases,
    share=1e-3,
    refused={
        "min() received an invalid combination": NUMPY,
        "torch.return_types.min": NUMPY,
        "return_types": NUMPY,
        "too many values to unpack": THREE,
        "not enough values to unpack": THREE,
        "shape mismatch: indexing arrays": THREE,
        "operands could not be broadcast together": "the costs are (N, N), one number for each "
        "pair: of a pair's coordinates the squares are added up, over the last axis.",
    },
)
