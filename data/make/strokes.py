"""Make the data set `strokes`: 24,000 handwritten-style digits whose every factor is known.

    python data/make/strokes.py           # writes data/strokes.npz, about 20 s on one core
    python data/make/strokes.py --out other.npz --count 500

Needs numpy only. A digit is a line that a pen follows: a few points per way of writing it
(ALLOGRAPHS, drawn up by hand), moved a little, joined by a smooth curve, warped, leaned, turned,
scaled and placed; then every pixel asks how far the pen passed from it. No pixel and no statistic
of another data set enters. Sample i depends on the seed and on i alone, so that the first hundred
can be made again without the others.
"""

import hashlib
import sys

import numpy as np
import shipping

SEED = 2026
COUNT = 24_000
SIDE = 28  # pixels
FACTORS = (
    "slant",  # degrees, positive leans to the right
    "thickness",  # pixels, mean width of the pen's line
    "size",  # pixels, height of the inked line from top to bottom
    "x",  # pixels, how far the ink's center of mass lies right of the middle
    "y",  # pixels, the same downwards
    "wobble",  # pixels, standard deviation of the tremor across the line
    "rotation",  # degrees, positive turns clockwise
    "aspect",  # width of the digit over the width of its model
    "pressure",  # relative standard deviation of the line's width along its way
    "allograph",  # number of the way of writing, from 0 within each class
)

# Ways of writing each digit: weight, then the pen's way as "x,y" in hundredths of the height,
# y downwards. "/" after a point is a corner, "|" lifts the pen.
ALLOGRAPHS = {
    0: (
        (3, "36,1 16,13 5,48 15,86 34,99 54,87 64,50 55,14 36,1 28,5"),  # overshoots its start
        (2, "40,3 20,8 6,40 10,80 30,98 52,88 62,52 56,18 42,4"),
        (1, "52,12 34,1 14,16 5,52 16,88 36,98 56,82 62,44 54,16 38,6"),  # starts on the right
        (1, "30,2 52,10 63,46 55,86 36,99 15,88 5,52 12,16 32,3"),  # clockwise
        (1, "46,0 24,10 6,46 10,86 30,99 54,86 64,48 58,16 40,7 29,9"),  # crosses its start
    ),
    1: (
        (5, "34,0 34,34 34,67 34,100"),
        (2, "30,23 35,13 40,1/ 39,34 37,67 36,100"),
        (1, "28,25 33,14 38,1/ 37,50 36,98| 16,99 36,98 56,98"),
    ),
    2: (
        (3, "8,22 20,5 42,3 54,20 46,46 26,74 6,96/ 36,95 64,93"),
        (3, "8,20 24,3 48,8 52,32 38,62 20,88 8,93 5,84 16,79 40,90 66,93"),  # a loop below
        (2, "10,16 26,2 50,6 54,30 38,60 6,94/ 24,88 44,95 66,90"),  # a wave below
        (1, "6,28 14,8 36,1 56,12 54,38 34,68 4,97/ 30,97 60,98"),
        (2, "6,12 24,2 46,8 48,34 36,66 20,92 6,92 4,76 18,70 44,82 76,84"),  # a wide loop
        (1, "14,14 32,2 50,12 46,38 28,66 8,88/ 40,86 84,84"),  # a long foot
        (2, "8,14 28,1 52,12 50,40 36,74 16,97 2,86 12,68 34,76 50,94 70,92"),  # a big loop
        (1, "6,12 30,3 56,7 42,44 22,72 6,93/ 36,92 66,94"),  # nearly a z
    ),
    3: (
        (3, "10,14 28,2 50,9 50,30 24,46/ 50,54 58,74 40,97 6,90"),
        (2, "8,10 30,1 52,14 42,38 24,46 22,50 34,51 56,64 50,90 26,100 4,88"),  # a small loop
        (2, "8,8 30,1 50,12 44,36 30,47/ 54,58 54,84 30,99 6,94"),
        (1, "8,5 30,4 54,3/ 40,22 26,40/ 52,50 58,76 38,97 6,92"),  # flat on top
        (1, "8,10 32,1 54,11 44,32 26,43/ 48,50 52,68 40,88 22,100"),  # slim below
    ),
    4: (
        (3, "14,6 10,32 8,56/ 36,55 64,52| 48,4 46,50 44,100"),  # open
        (2, "12,4 8,30 14,50 32,52 52,40| 54,2 52,50 46,100"),  # open, round
        (2, "46,2 24,34 4,64/ 34,64 66,63| 46,3 46,50 45,100"),  # closed
        (1, "50,4 28,28 6,54/ 30,56 66,52| 52,4 46,50 40,100"),
        (1, "12,10 8,44/ 36,44 68,40| 58,0 54,50 50,100"),  # open and wide
        (1, "8,6 6,36 22,54 54,50| 58,4 56,48 54,94"),  # a cup and a stem
    ),
    5: (
        (3, "16,4 14,24 12,44/ 34,38 56,54 52,84 28,99 4,90| 16,5 38,4 62,2"),
        (2, "60,4 38,4 18,6/ 15,25 12,44/ 36,38 56,56 50,86 26,99 6,92"),
        (2, "60,4 40,3 22,6 14,26 20,42 42,52 54,70 44,92 24,99 4,90"),  # no corner
        (1, "54,2 34,5 20,8/ 18,26 16,42/ 36,42 46,60 38,84 20,98 4,90"),  # slim
        (1, "56,3 36,3 20,5/ 16,24 12,42/ 34,37 58,54 56,82 32,99 9,92 3,80"),  # a curled end
        (2, "24,12 20,30 16,46/ 34,44 48,60 40,88 22,99 2,92| 24,14 50,8 76,2"),  # a long roof
    ),
    6: (
        (3, "48,2 26,20 10,50 9,80 26,98 48,90 54,70 40,56 20,62 10,78"),
        (2, "36,0 20,30 9,62 14,90 34,99 52,86 50,66 32,58 14,70"),
        (1, "54,8 36,3 16,26 7,60 14,92 38,98 55,80 44,58 22,58 9,74"),
        (2, "30,0 14,34 6,68 14,94 34,99 48,86 46,72 34,68 20,78 14,92"),  # a small bowl
        (2, "28,2 12,32 6,64 14,93 42,99 66,80 60,58 38,55 16,74"),  # a wide bowl
        (1, "18,2 8,40 8,76 26,98 52,92 58,70 42,55 22,62 10,78"),  # upright
    ),
    7: (
        (4, "0,6 32,6 62,5/ 45,38 34,68 28,100"),
        (2, "0,6 32,6 62,5/ 45,38 34,68 28,100| 20,52 38,50 56,47"),  # a bar
        (2, "2,24 4,7/ 32,8 62,6/ 46,36 36,66 32,100"),  # a hook at the start
        (2, "-2,14 15,5 38,9 62,5/ 42,40 32,70 28,100"),
        (1, "-2,20 11,5 40,4 62,7 55,34 42,68 34,100"),  # round
    ),
    8: (
        (4, "54,14 36,1 14,12 18,34 42,50 58,72 42,97 14,94 8,72 28,52 50,32 55,14 46,4"),
        (2, "34,2 12,16 20,38 44,54 56,76 38,99 12,88 12,66 34,48 54,24 36,2"),
        (2, "34,47 14,36 14,12 34,1 54,12 52,36 34,47 12,60 8,84 32,99 58,86 56,62 32,46"),
        (2, "58,8 36,2 16,14 20,34 38,52 46,76 34,98 16,92 18,72 38,46 62,12"),  # slim below
        (1, "60,7 34,4 10,15 20,37 48,60 52,86 27,99 8,84 26,58 50,36 62,9"),  # a ribbon
        (1, "52,16 34,2 14,16 24,40 48,60 52,84 34,99 14,86 22,62 46,38 64,2"),  # open on top
    ),
    9: (
        (3, "54,14 36,1 14,10 8,32 22,48 42,40 54,14/ 54,42 52,72 50,100"),
        (2, "52,10 32,1 12,14 12,38 30,47 48,32 54,10/ 58,40 54,74 38,97 14,94"),  # curved tail
        (2, "50,8 28,2 10,20 14,44 36,44 54,12/ 48,42 40,72 34,100"),
        (1, "56,6 30,0 10,16 12,40 34,44 54,24 56,8 58,44 52,76 46,100"),
        (1, "52,12 34,1 13,10 8,28 24,40 44,30 55,6/ 51,40 46,70 40,100"),  # a small head
        (1, "60,14 40,1 14,11 4,34 20,50 46,42 62,12/ 61,44 56,72 52,100"),  # a wide head
    ),
}

# The widest pen that keeps each digit legible, as a part of the digit's width.
WIDEST_PEN = (0.33, 9.9, 0.29, 0.29, 0.29, 0.29, 0.26, 0.29, 0.26, 0.26)


def bounded(rng, mean, deviation, limit=2.0):
    """Draw a normal number (or array, if `mean` is one) cut at `limit` deviations."""
    return mean + deviation * np.clip(rng.normal(size=np.shape(mean)), -limit, limit)


def noise(rng, length, wavelength):
    """Draw smooth noise along a line: unit variance, `wavelength` samples from bend to bend."""
    knots = rng.normal(size=int(length / wavelength) + 4)
    t = np.arange(length) / wavelength + rng.random()
    i, u = t.astype(int), t % 1.0
    u = u * u * (3 - 2 * u)
    return (knots[i] * (1 - u) + knots[i + 1] * u) * 1.16


def spline(points):
    """Join (n, 2) points by a smooth curve through each (cubic Hermite, centripetal): (m, 2)."""
    gap = np.sqrt(np.hypot(*np.diff(points, axis=0).T))[:, None] + 1e-6
    slope = np.diff(points, axis=0) / gap
    tangent = np.empty_like(points)
    tangent[1:-1] = (slope[:-1] * gap[1:] + slope[1:] * gap[:-1]) / (gap[:-1] + gap[1:])
    inner = tangent[[1, -2]] if len(points) > 2 else slope[[0, -1]]
    tangent[[0, -1]] = 1.5 * slope[[0, -1]] - 0.5 * inner
    u = (np.arange(24) / 24)[:, None, None]
    start, end = points[:-1], points[1:]
    curve = (
        start * (1 + 2 * u) * (1 - u) ** 2
        + tangent[:-1] * gap * u * (1 - u) ** 2
        + end * u * u * (3 - 2 * u)
        + tangent[1:] * gap * u * u * (u - 1)
    )
    return np.concatenate([curve.transpose(1, 0, 2).reshape(-1, 2), points[-1:]])


def evenly(curve, step):
    """Lay points every `step` along a curve."""
    way = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(curve, axis=0).T))])
    at = np.linspace(0, way[-1], max(3, int(way[-1] / step) + 1))
    return np.stack([np.interp(at, way, curve[:, k]) for k in (0, 1)], axis=1)


def rounded(curve, reach):
    """Round off the corners of an even curve; its two ends stay where they are."""
    k = np.arange(-2 * reach, 2 * reach + 1)
    weight = np.exp(-0.5 * (k / reach) ** 2)
    before, after = (
        2 * curve[0] - curve[2 * reach : 0 : -1],
        2 * curve[-1] - curve[-2 : -2 * reach - 2 : -1],
    )
    if len(before) < 2 * reach or len(after) < 2 * reach:
        return curve
    long = np.concatenate([before, curve, after])
    return np.stack(
        [np.convolve(long[:, j], weight / weight.sum(), "valid") for j in (0, 1)], axis=1
    )


def pen_way(rng, path):
    """Write one allograph with this hand's small deviations: list of (n, 2), height about 1."""
    strokes = []
    reach = rng.integers(2, 6)
    for stroke in path.split("|"):
        pieces = [
            np.array([p.split(",") for p in piece.split()], float) / 100
            for piece in stroke.split("/")
        ]
        points = np.concatenate(pieces)
        points = bounded(rng, points, 0.022)
        points[[0, -1]] = bounded(rng, points[[0, -1]], 0.022)  # ends meet less exactly
        corners = np.cumsum([len(piece) for piece in pieces])[:-1]
        curves, first = [], 0
        for last in [*corners, len(points)]:
            curves.append(spline(points[max(first - 1, 0) : last]))
            first = last
        strokes.append(rounded(evenly(np.concatenate(curves), 0.01), reach))
    return strokes


def warped(rng, points, strength):
    """Bend the plane smoothly: two slow waves in a random direction for each coordinate."""
    moved = points.copy()
    for axis in (0, 1):
        for _ in range(2):
            wave = rng.uniform(-0.7, 0.7, size=2)
            moved[:, axis] += strength * np.sin(2 * np.pi * (points @ wave + rng.random()))
    return moved


def draw(points, radius, edge):
    """Ink in [0, 1] at each pixel of a (SIDE, SIDE) picture: 1 within the pen's radius, 0 outside,
    with an edge of `edge` pixels between."""
    points, radius = points.astype(np.float32), radius.astype(np.float32)
    pixel = np.arange(SIDE, dtype=np.float32)[:, None]
    dx, dy = (pixel - points[:, 0]) ** 2, (pixel - points[:, 1]) ** 2
    inside = (radius - np.sqrt(dy[:, None] + dx[None])).max(axis=-1)
    return np.clip(inside / np.float32(edge) + np.float32(0.5), 0, 1)


def placed(points, radius, shift):
    """Bring the ink's center of mass to the frame's middle plus `shift`, but keep a rim of half a
    pixel free: returns the points and the shift that the frame allowed."""
    middle = (SIDE - 1) / 2
    points = points - (points.min(axis=0) + points.max(axis=0)) / 2 + middle  # all within the frame
    ink = draw(points, radius, edge=1.25).astype(float)
    mass = np.array([ink.sum(axis=0), ink.sum(axis=1)]) @ np.arange(SIDE) / ink.sum()
    points = points + middle + shift - mass
    first, last = (points - radius[:, None]).min(axis=0), (points + radius[:, None]).max(axis=0)
    push = np.maximum(0.5 - first, 0) - np.maximum(last - (SIDE - 1.5), 0)
    return points + push, shift + push


def make_one(seed, index, digit, *, asked=None):
    """Make sample `index`: (28, 28) uint8 picture and its factors in the order of FACTORS.

    asked: a slant or a thickness, by name, to put in place of what is drawn; all else stays.
    """
    rng = np.random.default_rng([seed, index])
    weights = np.array([weight for weight, _ in ALLOGRAPHS[digit]], float)
    allograph = int(rng.choice(len(weights), p=weights / weights.sum()))
    slant = np.round(bounded(rng, 9.0, 9.5), 1)
    thickness = np.round(bounded(rng, 2.7, 0.55), 2)
    size = np.round(bounded(rng, 19.4, 0.7), 2)
    shift = np.round(bounded(rng, np.zeros(2), 0.5), 2)
    wobble = np.round(0.3 * rng.random() ** 1.5, 3)
    rotation = np.round(bounded(rng, 0.0, 4.0), 1)
    aspect = np.round(np.exp(bounded(rng, 0.07, 0.16)), 3)
    pressure = np.round(0.2 * rng.random(), 3)
    asked = asked or {}
    slant, thickness = asked.get("slant", slant), asked.get("thickness", thickness)

    strokes = pen_way(rng, ALLOGRAPHS[digit][allograph][1])
    x, y = np.concatenate(strokes).T - [[0.35], [0.5]]
    x = x * (1 + bounded(rng, 0.0, 0.15) * y)  # wider above or below
    y = y + bounded(rng, 0.0, 0.2) * y * y  # higher above or below
    points = warped(rng, np.stack([x, y], axis=1), 0.03)
    width, height = np.ptp(points, axis=0)
    aspect = min(aspect, 0.95 * height / width)  # no digit much wider than high
    points = (points - points.mean(axis=0)) * [aspect, 1.0]
    points[:, 0] -= np.tan(np.radians(slant)) * points[:, 1]
    turn = np.radians(rotation)
    points = points @ [[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]]
    width, height = np.ptp(points, axis=0)
    scale = min((size - thickness) / height, (21.0 - thickness) / width)
    if digit != 1:  # a narrow digit is written with a finer pen: its loops stay open
        thickness = min(thickness, WIDEST_PEN[digit] * scale * width)
    points *= scale

    done, radii, start = [], [], 0
    for stroke in strokes:
        line = evenly(points[start : start + len(stroke)], 0.4)
        start += len(stroke)
        along = np.gradient(line, axis=0)
        across = along[:, ::-1] * [-1, 1] / (np.hypot(*along.T)[:, None] + 1e-9)
        done.append(line + wobble * noise(rng, len(line), 10)[:, None] * across)
        width_here = 1 + pressure * np.clip(noise(rng, len(line), 20), -2, 2)
        radii.append(thickness / 2 * width_here)
    points, radius = np.concatenate(done), np.concatenate(radii)
    points, shift = placed(points, radius, shift)
    ink = draw(points, radius, edge=rng.uniform(1.0, 1.5)) * rng.uniform(0.9, 1.0)
    thickness = 2 * radius.mean()
    size = (points[:, 1] + radius).max() - (points[:, 1] - radius).min()
    known = [slant, thickness, size, *shift, wobble, rotation, aspect, pressure, allograph]
    return np.rint(255 * ink).astype(np.uint8), known


def make(*, count=COUNT, seed=SEED, first=0):
    """Make samples first … first + count - 1 of the set that `seed` names.

    Returns images uint8 (count, 28, 28), labels uint8 (count,), factors float32 (count, F).
    """
    digits = np.random.default_rng(seed).permutation(COUNT) % 10  # balanced and shuffled
    digits = digits[first : first + count]
    made = [make_one(seed, first + i, int(digit)) for i, digit in enumerate(digits)]
    images = np.stack([picture for picture, _ in made])
    return images, digits.astype(np.uint8), np.array([row for _, row in made], "<f4")


def sha256(*arrays):
    """Digest of the decoded bytes, whatever the compression: images; or labels, then factors."""
    return hashlib.sha256(b"".join(array.tobytes() for array in arrays)).hexdigest()


def main():
    asked = shipping.arguments("Make the data set strokes.", "strokes.npz", count=COUNT, seed=SEED)
    images, labels, factors = make(count=asked.count, seed=asked.seed)
    arrays = {"images": images, "labels": labels, "factors": factors}
    shipping.write(asked.out, arrays, holds=f"{len(images):,} digits")
    print("SHA-256 of the images:            ", sha256(images))
    print("SHA-256 of the labels and factors:", sha256(labels, factors))
    if (asked.count, asked.seed) != (COUNT, SEED):
        print("Not the set that ships: data.strokes() will not take this file.", file=sys.stderr)


if __name__ == "__main__":
    main()
