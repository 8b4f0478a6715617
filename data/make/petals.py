"""Make the data set `petals`: painted flowers in color, every factor of which is known.

    python data/make/petals.py            # writes data/petals.npz, about 4 minutes on one core
    python data/make/petals.py --out other.npz --count 64

Needs numpy and Pillow. A flower is a stack of petals seen from above: each petal is an outline in
its own coordinates, shaded, veined, and laid on what lies below with a soft shadow. Colors are
chosen in OKLCH (lightness, chroma, hue as the eye orders them) and mixed as light. No pixel and no
statistic of another data set enters. Sample i depends on the seed and on i alone.
"""

import io
import math
import sys

import numpy as np
import shipping
from PIL import Image

SEED = 2026
COUNT = 8_000
SIDE = 64  # pixels
FINE = 2  # drawn so many times finer, then averaged
COLUMNS = 64  # images in a row of a sheet
# What the sheet's JPEG rounds each 8 x 8 wave to, brightness and color: more for finer waves.
WAVES = np.add.outer(np.arange(8), np.arange(8)) / 14
ROUNDED = [np.rint(coarse * (1 + WAVES)).astype(int).ravel().tolist() for coarse in (12, 18)]
CLASSES = ("daisy", "poppy", "periwinkle", "sunflower", "dahlia", "cosmos", "lily", "rose")
FACTORS = (
    "palette",  # number of the petals' palette, see PALETTES
    "background",  # number of the ground, see BACKGROUNDS
    "hue",  # degrees in OKLCH, of the petals' main color
    "chroma",  # OKLCH, of the same color
    "lightness",  # OKLCH, 0 … 1
    "petals",  # number in the outermost ring
    "radius",  # pixels (of 64), from the middle to the tips
    "rotation",  # degrees, of the first petal, clockwise from the right
    "tilt",  # degrees between the flower's axis and the line of sight
    "x",  # pixels (of 64) that the flower's middle lies right of the picture's
    "y",  # pixels, the same downwards
    "leaves",  # number of leaves behind the flower
)

# Each palette: lightness, chroma, hue of a petal; what its tip adds to each; the spread of the hue.
PALETTES = {
    "snow": ((0.94, 0.018, 95), (0.03, -0.008, 0), 25),
    "lemon": ((0.86, 0.170, 96), (0.04, -0.010, 6), 6),
    "apricot": ((0.77, 0.150, 62), (0.08, -0.030, 14), 8),
    "scarlet": ((0.56, 0.210, 27), (0.07, 0.000, 3), 5),
    "blush": ((0.76, 0.125, 5), (0.12, -0.060, 4), 9),
    "magenta": ((0.55, 0.215, 345), (0.09, -0.010, -4), 8),
    "violet": ((0.52, 0.180, 300), (0.10, -0.030, -6), 8),
    "azure": ((0.60, 0.155, 262), (0.10, -0.030, -8), 8),
}
# How often each class has each palette, in the order of PALETTES.
WEAR = {
    "daisy": (6, 1, 0, 0, 2, 0, 1, 0),
    "poppy": (1, 0, 2, 6, 1, 0, 0, 0),
    "periwinkle": (1, 0, 0, 0, 1, 0, 3, 5),
    "sunflower": (0, 6, 3, 1, 0, 0, 0, 0),
    "dahlia": (1, 0, 2, 2, 0, 3, 2, 0),
    "cosmos": (2, 0, 0, 0, 4, 4, 0, 0),
    "lily": (3, 1, 3, 0, 3, 0, 0, 0),
    "rose": (1, 1, 2, 3, 3, 0, 0, 0),
}
# Each ground: color above, color below (OKLCH), and what is painted on it.
BACKGROUNDS = {
    "paper": ((0.955, 0.022, 88), (0.905, 0.035, 80), "fiber"),
    "sky": ((0.74, 0.085, 240), (0.91, 0.040, 220), "cloud"),
    "meadow": ((0.56, 0.105, 138), (0.38, 0.080, 150), "bokeh"),
    "dusk": ((0.46, 0.095, 305), (0.80, 0.100, 45), "cloud"),
    "night": ((0.22, 0.055, 265), (0.30, 0.060, 235), "glow"),
    "clay": ((0.62, 0.095, 48), (0.52, 0.090, 40), "fiber"),
}
# A palette is never put on these grounds: it would not stand out.
NEVER = {
    "snow": {"paper"},
    "lemon": {"paper"},
    "apricot": {"clay", "dusk"},
    "scarlet": {"clay"},
    "blush": {"dusk"},
    "magenta": {"dusk"},
    "violet": {"night", "dusk"},
    "azure": {"sky", "night"},
}
LIGHT = (-0.55, -0.83)  # the light comes from above, a little from the left


def bounded(rng, mean, deviation, limit=2.0):
    """Draw a normal number cut at `limit` deviations."""
    return mean + deviation * float(np.clip(rng.normal(), -limit, limit))


def smooth(x, low, high):
    """Rise smoothly from 0 at `low` to 1 at `high`."""
    t = np.clip((x - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


def light_of(lightness, chroma, hue):
    """Return linear red, green and blue in [0, 1] of a color in OKLCH (Ottosson 2020): (3,)."""
    a, b = chroma * np.cos(np.radians(hue)), chroma * np.sin(np.radians(hue))
    root = lightness + np.array(
        [
            0.3963377774 * a + 0.2158037573 * b,
            -0.1055613458 * a - 0.0638541728 * b,
            -0.0894841775 * a - 1.2914855480 * b,
        ]
    )
    back = [
        [4.0767416621, -3.3077115913, 0.2309699292],
        [-1.2684380046, 2.6097574011, -0.3413193965],
        [-0.0041960863, -0.7034186147, 1.7076147010],
    ]
    return np.clip(np.array(back) @ root**3, 0.002, 1).astype(np.float32)


def to_bytes(light):
    """Turn linear light (…, 3) into sRGB bytes."""
    curve = np.where(light < 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    return np.rint(255 * np.clip(curve, 0, 1)).astype(np.uint8)


class Canvas:
    """A picture in linear light; a length of 1 is a pixel of the finished picture."""

    def __init__(self):
        n = SIDE * FINE
        at = (np.arange(n, dtype=np.float32) + 0.5) / FINE - SIDE / 2
        self.x, self.y = np.meshgrid(at, at)
        self.light = np.zeros((n, n, 3), np.float32)

    def window(self, x, y, reach):
        """Return the slices of the box around (x, y) that goes `reach` (a number or two) far."""
        middle, reach = np.array([y, x]), np.broadcast_to(reach, 2)[::-1]
        first = np.floor((middle - reach + SIDE / 2) * FINE).astype(int)
        last = np.ceil((middle + reach + SIDE / 2) * FINE).astype(int)
        return tuple(map(slice, *np.clip([first, last], 0, SIDE * FINE)))

    def lay(self, where, cover, color):
        """Lay a color (3,) or (h, w, 3) over a window, as opaque as `cover` (h, w) says."""
        below = self.light[where]
        below += cover[..., None] * (color - below)

    def finished(self):
        """Return sRGB bytes (SIDE, SIDE, 3)."""
        n = (SIDE, FINE, SIDE, FINE, 3)
        return to_bytes(self.light.reshape(n).mean(axis=(1, 3)))


class Outlines(Canvas):
    """A canvas on which each shape leaves its rim alone, dark on white: the same flower, in lines.

    What is laid later hides the lines below it, as paint does. Shadows and grounds leave none.
    """

    def __init__(self):
        super().__init__()
        self.lines = np.ones_like(self.x)

    def lay(self, where, cover, color):
        """Draw the rim of what is laid over a window; a ground's pattern has the window ()."""
        if where:
            below = self.lines[where]
            below += cover * (1 - below)
            below *= 1 - 4 * cover * (1 - cover)  # the rim is where half is covered

    def finished(self):
        """Return gray bytes (SIDE, SIDE), the lines deepened: they are finer than a pixel."""
        n = (SIDE, FINE, SIDE, FINE)
        lines = self.lines.reshape(n).mean(axis=(1, 3))
        return np.rint(255 * np.clip(1 - 2 * (1 - lines), 0, 1)).astype(np.uint8)


def paint_ground(rng, canvas, name):
    """Paint one of BACKGROUNDS, slightly varied."""
    above, below, pattern = BACKGROUNDS[name]
    shift = [bounded(rng, 0, 0.015), bounded(rng, 0, 0.006), bounded(rng, 0, 4)]
    above, below = (light_of(*(np.array(color) + shift)) for color in (above, below))
    lean = bounded(rng, 0, 0.3)
    t = smooth(canvas.y + lean * canvas.x, -30, 30)[..., None]
    canvas.light += (1 - t) * above + t * below
    if pattern == "bokeh":  # blurred spots of light and shade
        for k in range(11):
            x, y = rng.uniform(-34, 34, size=2)
            reach = rng.uniform(3, 9)
            tone = light_of(*((0.72, 0.13, 125) if k % 3 else (0.30, 0.07, 155)))
            spot = 1 - smooth(np.hypot(canvas.x - x, canvas.y - y), 0.75 * reach, 1.15 * reach)
            canvas.lay((), 0.28 * spot, tone)
    elif pattern == "cloud":  # soft horizontal streaks
        for _ in range(4):
            x, y = rng.uniform(-30, 30, size=2)
            far = np.hypot((canvas.x - x) / rng.uniform(14, 26), (canvas.y - y) / rng.uniform(2, 5))
            canvas.lay((), 0.45 * np.exp(-(far**2)), below)
    elif pattern == "glow":  # the flower's surroundings are lit
        far = np.hypot(canvas.x, canvas.y) / 30
        canvas.light *= (1 + 1.4 * np.exp(-(far**2)))[..., None]
    else:  # a grain as of paper or clay: two slow waves
        for _ in range(2):
            wave = rng.uniform(-0.25, 0.25, size=2)
            bend = np.sin(canvas.x * wave[0] + canvas.y * wave[1] + rng.uniform(0, 6.3))
            canvas.light *= (1 + 0.03 * bend)[..., None]
    far = np.hypot(canvas.x, canvas.y)
    canvas.light *= (1 - 0.22 * smooth(far, 24, 48))[..., None]  # corners a little darker


def paint_petal(canvas, spot, petal, color, tip_color):
    """Paint one petal with its shadow.

    spot: middle (x, y), axis of the tilt, squeeze; petal: angle, start, length, width, and its
    form: rise and fall (exponents of the outline), notch, frill, cup, vein, depth of the shadow.
    """
    (x0, y0), axis, squeeze = spot
    width, length = petal["width"], petal["length"]
    ca, sa = math.cos(axis), math.sin(axis)
    ct, st = math.cos(petal["angle"] - axis), math.sin(petal["angle"] - axis)
    ends = petal["start"] + np.array([-3, -3, length + 3, length + 3])
    sides = np.array([-1, 1, -1, 1]) * (width + 3)
    a, b = ct * ends - st * sides, squeeze * (st * ends + ct * sides)  # four corners, tilted
    corners = np.array([ca * a - sa * b, sa * a + ca * b])
    low, high = corners.min(axis=1), corners.max(axis=1)
    where = canvas.window(*([x0, y0] + (low + high) / 2), (high - low) / 2)
    if min(canvas.x[where].shape) < 2:
        return

    x, y = canvas.x[where] - x0, canvas.y[where] - y0
    a, b = ca * x + sa * y, (ca * y - sa * x) / squeeze  # undo the tilt
    u, v = ct * a + st * b - petal["start"], ct * b - st * a  # along the petal and across
    u = u + petal["curl"] / width * v * v
    side = v / width
    t = u / length
    t = t + petal["notch"] * np.exp(-((side / 0.22) ** 2)) * smooth(t, 0.5, 1)
    t = t + petal["frill"] * np.sin(9 * side + 7 * petal["angle"]) * smooth(t, 0.4, 1)
    inside = np.clip(t, 1e-4, 1 - 1e-4)
    rise, fall = petal["rise"], petal["fall"]
    peak = rise / (rise + fall)
    outline = (inside / peak) ** rise * ((1 - inside) / (1 - peak)) ** fall
    gap = np.minimum(np.minimum(outline - abs(side), 1.5 * t), 1.5 * (1 - t)) * width
    down, right = np.gradient(gap, 1 / FINE)
    depth = np.minimum(gap / np.maximum(np.hypot(down, right), 0.7), gap + 0.5)  # pixels inside
    cover = np.clip(depth / 0.7 + 0.5, 0, 1)

    # the shadow falls away from the light and is soft
    shade = petal["shadow"] * smooth(np.roll(depth, (3, 2), (0, 1)), -2.4, 1.6)
    shade[:3] = shade[:, :2] = 0
    canvas.light[where] *= 1 - (shade * (1 - cover))[..., None]

    toward = LIGHT[1] * math.cos(petal["angle"]) - LIGHT[0] * math.sin(petal["angle"])
    lit = 1 + petal["cup"] * toward * side  # the side toward the light
    lit *= 1 - 0.30 * (1 - smooth(t, 0.0, 0.55))  # dark in the depth of the flower
    lit *= 1 - petal["vein"] * np.exp(-((side / 0.10) ** 2)) * (1 - smooth(t, 0.5, 0.95))
    lit *= 1 - 0.5 * petal["vein"] * np.cos(15 * side / (0.35 + outline)) * smooth(t, 0.1, 0.5)
    lit *= 0.86 + 0.14 * smooth(depth, 0.0, 1.4)  # the rim a little darker
    blend = smooth(t, 0.25, 0.95)[..., None]
    paint = (color + blend * (tip_color - color)) * lit[..., None]
    if petal["blot"] is not None:
        blot = (1 - smooth(t, 0.12, 0.42))[..., None]
        paint = paint + 0.9 * blot * (petal["blot"] - paint)
    canvas.lay(where, cover, np.clip(paint, 0, 1))


FORM = {"start": 1.0, "rise": 0.8, "fall": 0.5, "notch": 0.0, "frill": 0.0, "curl": 0.0}
FORM |= {"cup": 0.18, "vein": 0.10, "shadow": 0.42, "blot": None}


def paint_ring(rng, canvas, spot, colors, *, count, first, length, width, loose=1.0, **form):
    """Paint a ring of petals, each a little different, every second one first."""
    order = [*range(0, count, 2), *range(1, count, 2)]
    for k in order:
        tone = 1 + loose * bounded(rng, 0, 0.05)
        petal = FORM | form
        petal["angle"] = (
            first + 2 * math.pi * k / count + loose * bounded(rng, 0, 0.18 / count**0.5)
        )
        petal["length"] = length * (1 + loose * bounded(rng, 0, 0.035))
        petal["width"] = width * (1 + loose * bounded(rng, 0, 0.05))
        petal["curl"] = loose * bounded(rng, petal["curl"], 0.05)
        paint_petal(canvas, spot, petal, colors[0] * tone, colors[1] * tone)


def paint_ball(canvas, spot, radius, color, *, rim=0.5, soft=0.7):
    """Paint the shaded ball of a flower's middle; spot may lie anywhere on the canvas."""
    (x0, y0), axis, squeeze = spot
    where = canvas.window(x0, y0, radius + 3)
    if where is None:
        return
    x, y = canvas.x[where] - x0, canvas.y[where] - y0
    c, s = np.cos(axis), np.sin(axis)
    far = np.hypot(c * x + s * y, (c * y - s * x) / squeeze)
    shade = 0.4 * (1 - smooth(np.hypot(x - 0.6, y - 0.9), 0.8 * radius, radius + 2.0))
    canvas.light[where] *= 1 - shade[..., None]
    lit = 1 + 0.28 * (LIGHT[0] * x + LIGHT[1] * y) / radius
    lit = lit * (1 - rim * smooth(far, 0.45 * radius, radius))
    canvas.lay(
        where, np.clip((radius - far) / soft + 0.5, 0, 1), np.clip(color * lit[..., None], 0, 1)
    )


def paint_seeds(rng, canvas, spot, radius, color, *, count):
    """Paint seeds in the spiral that sunflowers have (golden angle)."""
    (x0, y0), axis, squeeze = spot
    turn = rng.uniform(0, 2 * np.pi)
    for k in range(count):
        far, angle = radius * np.sqrt((k + 0.5) / count), turn + 2.39996 * k
        a, b = far * np.cos(angle), far * np.sin(angle) * squeeze
        x, y = x0 + np.cos(axis) * a - np.sin(axis) * b, y0 + np.sin(axis) * a + np.cos(axis) * b
        where = canvas.window(x, y, 1.2)
        if where is not None:
            away = np.hypot(canvas.x[where] - x, canvas.y[where] - y)
            tone = 1 + 0.3 * (LIGHT[0] * a + LIGHT[1] * b) / radius
            canvas.lay(where, 0.8 * (1 - smooth(away, 0.2, 0.75)), np.clip(color * tone, 0, 1))


def paint_threads(rng, canvas, spot, *, count, length, thread, knob, size=0.75):
    """Paint stamens: thin threads that end in a knob."""
    (x0, y0), axis, squeeze = spot
    turn = rng.uniform(0, 2 * np.pi)
    for k in range(count):
        angle = turn + 2 * np.pi * (k + 0.25 * rng.random()) / count
        far = length * rng.uniform(0.75, 1.0)
        a, b = far * np.cos(angle), far * np.sin(angle) * squeeze
        dx, dy = np.cos(axis) * a - np.sin(axis) * b, np.sin(axis) * a + np.cos(axis) * b
        where = canvas.window(x0 + dx / 2, y0 + dy / 2, far / 2 + 2)
        x, y = canvas.x[where] - x0, canvas.y[where] - y0
        t = np.clip((x * dx + y * dy) / (dx * dx + dy * dy), 0.1, 1)
        line = np.hypot(x - t * dx, y - t * dy)
        canvas.lay(where, 0.75 * (1 - smooth(line, 0.15, 0.65)), thread)
        away = np.hypot(x - dx, y - dy)
        canvas.lay(where, 0.95 * (1 - smooth(away, 0.55 * size, 1.25 * size)), knob)


GOLD, HONEY = light_of(0.82, 0.165, 84), light_of(0.90, 0.150, 98)
UMBER, SOOT = light_of(0.33, 0.065, 50), light_of(0.20, 0.03, 320)
LIME, RUST = light_of(0.80, 0.130, 115), light_of(0.50, 0.13, 45)


def deeper(color, by, hue=0.0):
    """Return a color (lightness, chroma, hue) that is darker by `by`, as light."""
    warm = 100 * by if 40 < color[2] < 115 else 0  # yellow in the shade is orange, not olive
    return light_of(color[0] - by, color[1] * (1 + 0.4 * by), color[2] + hue - warm)


def paint_flower(rng, canvas, kind, spot, count, radius, first, main, tip):
    """Paint one of CLASSES; main and tip are its colors in OKLCH."""
    colors = light_of(*main), light_of(*tip)
    dark = deeper(main, 0.07, -4), deeper(main, 0.02)
    ring = {"count": count, "first": first}
    half = first + math.pi / (3 if kind == "lily" else count)
    if kind == "daisy":
        shape = {"width": 0.118 * radius, "rise": 0.55, "fall": 0.30, "vein": 0.05}
        under = {"count": count, "first": half, "length": 0.93 * radius}
        paint_ring(rng, canvas, spot, dark, **under, **shape)
        paint_ring(rng, canvas, spot, colors, **ring, length=0.98 * radius, **shape)
        paint_ball(canvas, spot, 0.29 * radius, GOLD)
        paint_seeds(rng, canvas, spot, 0.25 * radius, HONEY, count=26)
    elif kind == "poppy":
        shape = {"width": 0.60 * radius, "rise": 0.70, "fall": 0.30, "frill": 0.035, "cup": 0.22}
        shape |= {"vein": 0.07, "blot": SOOT}
        paint_ring(rng, canvas, spot, colors, **ring, length=0.96 * radius, **shape)
        paint_ball(canvas, spot, 0.17 * radius, deeper((0.62, 0.08, 120), 0.0))
        threads = {"thread": SOOT, "knob": light_of(0.26, 0.04, 310)}
        paint_threads(rng, canvas, spot, count=16, length=0.33 * radius, **threads)
        paint_ball(canvas, spot, 0.12 * radius, LIME, rim=0.35)
    elif kind == "periwinkle":
        shape = {"width": 0.44 * radius, "rise": 0.95, "fall": 0.34, "cup": 0.16, "curl": 0.08}
        paint_ring(rng, canvas, spot, colors, **ring, length=0.97 * radius, **shape)
        white = light_of(0.95, 0.02, 100)
        star = {"length": 0.40 * radius, "width": 0.12 * radius, "shadow": 0.0, "vein": 0.0}
        paint_ring(rng, canvas, spot, (white, white), **ring, **star)
        paint_ball(canvas, spot, 0.105 * radius, GOLD)
    elif kind == "sunflower":
        shape = {"width": 0.155 * radius, "rise": 0.75, "fall": 0.80, "vein": 0.10}
        under = {"count": count, "first": half, "length": 0.98 * radius}
        paint_ring(rng, canvas, spot, dark, **under, **shape)
        paint_ring(rng, canvas, spot, colors, **ring, length=0.90 * radius, **shape)
        paint_ball(canvas, spot, 0.42 * radius, UMBER, rim=0.45)
        paint_seeds(rng, canvas, spot, 0.39 * radius, RUST, count=48)
        paint_ball(canvas, spot, 0.15 * radius, light_of(0.30, 0.05, 70), rim=0.3, soft=2.5)
    elif kind == "dahlia":
        for k, part in enumerate((0.98, 0.82, 0.66, 0.49, 0.32)):
            mix = k / 4
            tone = [(1 - mix) * a + mix * b for a, b in zip(colors, dark, strict=True)]
            shape = {"width": (0.205 - 0.075 * mix) * radius, "rise": 0.85, "fall": 0.55}
            number = count - 2 * (k > 2) - 2 * (k > 3)
            turn = first + k * math.pi / count
            size = {"count": number, "first": turn, "length": part * radius}
            paint_ring(rng, canvas, spot, tone, **size, **shape, cup=0.30, loose=0.7)
        paint_ball(canvas, spot, 0.10 * radius, deeper(main, 0.16, 6))
    elif kind == "cosmos":
        shape = {"width": 0.335 * radius, "rise": 0.75, "fall": 0.24, "notch": 0.10, "vein": 0.13}
        paint_ring(rng, canvas, spot, colors, **ring, length=0.97 * radius, **shape)
        paint_ball(canvas, spot, 0.17 * radius, GOLD)
        paint_seeds(rng, canvas, spot, 0.16 * radius, deeper((0.62, 0.14, 62), 0.0), count=12)
    elif kind == "lily":
        shape = {"rise": 0.75, "fall": 0.85, "vein": 0.16, "cup": 0.24}
        outer = {"count": 3, "first": first, "length": 1.0 * radius, "width": 0.27 * radius}
        inner = {"count": 3, "first": half, "length": 0.94 * radius, "width": 0.33 * radius}
        paint_ring(rng, canvas, spot, dark, **outer, **shape)
        paint_ring(rng, canvas, spot, colors, **inner, **shape)
        paint_ball(canvas, spot, 0.13 * radius, LIME, rim=0.2, soft=3.0)
        paint_threads(
            rng, canvas, spot, count=6, length=0.46 * radius, thread=LIME, knob=RUST, size=0.95
        )
    else:  # rose: round petals, each ring closer and deeper in color
        for k, part in enumerate((0.98, 0.84, 0.70, 0.56, 0.42, 0.29, 0.17)):
            mix = k / 6
            tone = deeper(main, 0.02 + 0.13 * mix, -4 * mix), deeper(tip, 0.10 * mix)
            shape = {"width": (0.72 - 0.10 * mix) * part * radius, "rise": 0.80, "fall": 0.42}
            number = count if k < 2 else max(3, count - k)
            size = {"count": number, "first": first + 1.1 * k, "length": part * radius}
            more = {"start": 0.0, "vein": 0.0, "cup": 0.16, "shadow": 0.55}
            paint_ring(rng, canvas, spot, tone, **size, **shape, **more)


PETALS = {"daisy": (9, 13), "poppy": (4, 6), "periwinkle": (5, 5), "sunflower": (11, 15)}
PETALS |= {"dahlia": (9, 12), "cosmos": (7, 8), "lily": (6, 6), "rose": (5, 6)}


def make_one(seed, index, label, *, canvas=None):
    """Make sample `index`: (SIDE, SIDE, 3) uint8 and its factors in the order of FACTORS.

    canvas: what it is painted on, a Canvas; on Outlines the same flower comes out in lines.
    """
    rng = np.random.default_rng([seed, index])
    kind = CLASSES[label]
    wear = np.array(WEAR[kind], float)
    palette = int(rng.choice(len(PALETTES), p=wear / wear.sum()))
    name = list(PALETTES)[palette]
    grounds = [g for g in BACKGROUNDS if g not in NEVER[name]]
    ground = grounds[rng.integers(len(grounds))]
    (lightness, chroma, hue), change, spread = PALETTES[name]
    main = np.array(
        [
            bounded(rng, lightness, 0.022),
            chroma * (1 + bounded(rng, 0, 0.08)),
            bounded(rng, hue, spread),
        ]
    )
    main[0] = min(main[0], 0.965)
    main = main.round(4)
    low, high = PETALS[kind]
    count = int(rng.integers(low, high + 1))
    radius = round(bounded(rng, 25.0, 1.3), 2)
    first = float(rng.uniform(0, 2 * math.pi / count))
    tilt = round(32 * float(rng.random()) ** 1.5, 1)
    axis = float(rng.uniform(0, math.pi))
    x, y = (round(bounded(rng, 0.0, 0.9), 2) for _ in range(2))
    leaves = int(rng.integers(0, 5))

    canvas = canvas or Canvas()
    paint_ground(rng, canvas, ground)
    spot = ((x, y), axis, math.cos(math.radians(tilt)))  # numbers of Python keep float32 arrays
    turn = float(rng.uniform(0, 2 * math.pi))
    for k in range(leaves):
        tone = (bounded(rng, 0.47, 0.03), 0.105, bounded(rng, 142, 6))
        if ground == "meadow":
            tone = (tone[0] + 0.08, 0.125, tone[2] - 10)
        leaf = FORM | {"start": 9.0, "rise": 0.7, "fall": 0.75, "vein": 0.28, "cup": 0.30}
        leaf["angle"] = turn + 2 * math.pi * (k + 0.25 * float(rng.random())) / leaves
        leaf["length"] = 1.06 * radius - 9 + float(rng.uniform(2, 5))
        leaf["width"] = float(rng.uniform(5.0, 6.8))
        flat = (spot[0], 0.0, 1.0)
        paint_petal(canvas, flat, leaf, light_of(*tone), light_of(tone[0] + 0.07, tone[1], tone[2]))
    paint_flower(rng, canvas, kind, spot, count, radius, first, main, main + np.array(change))
    known = [palette, list(BACKGROUNDS).index(ground), main[2] % 360, main[1], main[0], count]
    known += [radius, round(np.degrees(first), 2), tilt, x, y, leaves]
    return canvas.finished(), known


def make(*, count=COUNT, seed=SEED, first=0):
    """Make samples first … first + count - 1 of the set that `seed` names.

    Returns images uint8 (count, 64, 64, 3), labels uint8 (count,), factors float32 (count, F).
    """
    labels = np.random.default_rng(seed).permutation(COUNT) % len(CLASSES)  # balanced, shuffled
    labels = labels[first : first + count]
    made = [make_one(seed, first + i, int(label)) for i, label in enumerate(labels)]
    images = np.stack([picture for picture, _ in made])
    return images, labels.astype(np.uint8), np.array([row for _, row in made], "<f4")


def packed(images):
    """Lay images (N, SIDE, SIDE, 3) out on one sheet; return its JPEG bytes, uint8 (M,).

    64 is a multiple of 8: no block of the JPEG reaches from one image into the next. Color is not
    subsampled, which would blur red on green.
    """
    rows = -(-len(images) // COLUMNS)
    sheet = np.zeros((rows * COLUMNS, SIDE, SIDE, 3), np.uint8)
    sheet[: len(images)] = images
    sheet = sheet.reshape(rows, COLUMNS, SIDE, SIDE, 3).transpose(0, 2, 1, 3, 4)
    sheet = Image.fromarray(sheet.reshape(rows * SIDE, COLUMNS * SIDE, 3))
    file = io.BytesIO()
    sheet.save(file, "JPEG", qtables=ROUNDED, subsampling=0, optimize=True)
    return np.frombuffer(file.getvalue(), np.uint8)


def main():
    asked = shipping.arguments("Make the data set petals.", "petals.npz", count=COUNT, seed=SEED)
    images, labels, factors = make(count=asked.count, seed=asked.seed)
    arrays = {"sheet": packed(images), "labels": labels, "factors": factors}
    shipping.write(asked.out, arrays, holds=f"{len(images):,} flowers")
    if (asked.count, asked.seed) != (COUNT, SEED):
        print("Not the set that ships: data.petals() will not take this file.", file=sys.stderr)


if __name__ == "__main__":
    main()
