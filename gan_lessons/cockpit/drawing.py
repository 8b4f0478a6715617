"""Draw a distribution by mouse, finger or keyboard, and train on it. Introduced in lesson 04.

It is the one widget of the course with JavaScript of its own, and so the one that needs anywidget:
``pip install 'gan-lessons[draw]'``. Without it, corners are given to ``data.drawn`` as numbers.
"""

import functools
import math

import traitlets

from gan_lessons import data
from gan_lessons.errors import SettingError

LIMIT = 2.5  # half the width of the plane to draw on, at first
PAGE = """
const NS = "http://www.w3.org/2000/svg";
const SIZE = 360;  // pixels, and units of the picture
const HELP = "Draw lines by mouse or finger. From the keyboard: arrows move the pen " +
  "(Shift: far), Space puts it down and lifts it, Backspace takes back the last line.";

function render({ model, el }) {
  const limit = model.get("limit");
  const to = ([x, y]) => [(x / limit + 1) * SIZE / 2, (1 - y / limit) * SIZE / 2];
  const clip = v => Math.round(100 * Math.max(-limit, Math.min(limit, v))) / 100;
  const make = (name, attributes, parent) => {
    const made = document.createElementNS(NS, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    parent.append(made);
    return made;
  };
  const svg = make("svg", {
    viewBox: `0 0 ${SIZE} ${SIZE}`, width: SIZE, height: SIZE, tabindex: 0, role: "application",
    "aria-label": "Drawing pad. " + HELP, "data-lm-suppress-shortcuts": "true",
  }, el);
  svg.style.cssText = "background: white; border: 1px solid #767676; touch-action: none; " +
    "max-width: 100%; cursor: crosshair; user-select: none";
  svg.addEventListener("focus", () => { svg.style.outline = "3px solid #E69F00"; });
  svg.addEventListener("blur", () => { svg.style.outline = "none"; });
  const half = SIZE / 2;
  make("path", { d: `M0 ${half}H${SIZE}M${half} 0V${SIZE}`, stroke: "#bbbbbb" }, svg);
  const ink = make("g", { fill: "none", stroke: "#0072B2", "stroke-width": 4,
    "stroke-linecap": "round", "stroke-linejoin": "round" }, svg);
  const pen = make("circle", { r: 6, fill: "white", stroke: "black", "stroke-width": 2 }, svg);
  const help = document.createElement("div");
  help.textContent = HELP;
  const told = document.createElement("div");
  told.setAttribute("aria-live", "polite");
  const undo = document.createElement("button"), clear = document.createElement("button");
  undo.textContent = "Take back the last line";
  clear.textContent = "Clear";
  for (const button of [undo, clear]) button.className = "jupyter-button widget-button";
  for (const button of [undo, clear]) button.style.width = "auto";
  el.append(help, undo, clear, told);

  let at = [0, 0], line = null, by = "";
  const say = () => {
    const count = model.get("lines").length;
    told.textContent = `${count} line${count === 1 ? "" : "s"}; the pen is ` +
      `${line ? "down" : "up"} at (${at[0].toFixed(1)}, ${at[1].toFixed(1)}).`;
  };
  const draw = () => {
    ink.replaceChildren();
    for (const corners of line ? [...model.get("lines"), line] : model.get("lines"))
      make("polyline", { points: corners.map(to).join(" ") }, ink);
    const [x, y] = to(at);
    pen.setAttribute("cx", x);
    pen.setAttribute("cy", y);
    pen.setAttribute("fill", line ? "black" : "white");
  };
  const show = () => { draw(); say(); };
  const keep = lines => { model.set("lines", lines); model.save_changes(); show(); };
  const lift = () => {
    const done = line;
    line = null;
    if (done && done.length > 1) keep([...model.get("lines"), done]); else show();
  };
  const back = () => { line = null; keep(model.get("lines").slice(0, -1)); };

  const where = event => {
    const box = svg.getBoundingClientRect();
    return [clip((2 * (event.clientX - box.left) / box.width - 1) * limit),
      clip((1 - 2 * (event.clientY - box.top) / box.height) * limit)];
  };
  svg.addEventListener("pointerdown", event => {
    if (event.button) return;
    svg.setPointerCapture(event.pointerId);
    lift();
    at = where(event); line = [at]; by = "pointer";
    show();
  });
  svg.addEventListener("pointermove", event => {
    if (!line || by !== "pointer") return;
    const next = where(event), last = line[line.length - 1];
    if (Math.hypot(next[0] - last[0], next[1] - last[1]) < limit / 40) return;
    at = next; line.push(at);
    draw();
  });
  for (const name of ["pointerup", "pointercancel"])
    svg.addEventListener(name, () => { if (by === "pointer") { by = ""; lift(); } });

  const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
  svg.addEventListener("keydown", event => {
    if (event.key in ARROWS) {
      const step = (event.shiftKey ? 5 : 1) * limit / 25;
      at = [0, 1].map(i => clip(at[i] + step * ARROWS[event.key][i]));
      if (line) line.push(at);
      show();
    } else if (event.key === " ") {
      if (line) lift(); else { line = [at]; by = "keys"; show(); }
    } else if (event.key === "Backspace") back();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  undo.addEventListener("click", back);
  clear.addEventListener("click", () => { line = null; keep([]); });
  model.on("change:lines", show);
  show();
}
export default { render };
"""


def pad(*, limit: float = LIMIT) -> "traitlets.HasTraits":
    """Return an empty pad to draw on; show it as the last line of a cell, and read it in the next.

    Two cells::

        pad = cockpit.pad()
        pad

        drawing = pad.data()  # a Dataset, as data.drawn makes it of pad.lines

    Args:
        limit: half the width of the plane that is drawn on; the data of the lessons fit in 2.5.

    Raises:
        SettingError: anywidget is not installed, or the limit is no positive number.

    Introduced in lesson 04.
    """
    if not (math.isfinite(limit) and limit > 0):
        raise SettingError(
            f"A pad is as wide as a positive number says; got {limit}.",
            "No pad was made.",
            "Leave limit away, or give it half the width that you need, such as 2.5.",
        )
    return _pad_class()(limit=float(limit))


@functools.cache
def _pad_class() -> type:
    try:
        import anywidget
    except ImportError as error:
        raise SettingError(
            "To draw on a pad, the package anywidget is needed, and it is not installed here.",
            "No pad was made; everything else works without it.",
            "pip install 'gan-lessons[draw]' and restart, or give corners to data.drawn.",
        ) from error

    class Pad(anywidget.AnyWidget):
        """A pad and what is drawn on it: ``lines``, each a list of corners [x, y]."""

        _esm = PAGE
        lines = traitlets.List(
            traitlets.List(traitlets.List(traitlets.Float(), minlen=2, maxlen=2))
        ).tag(sync=True)
        limit = traitlets.Float(LIMIT).tag(sync=True)

        def data(self, n: int = 50_000, *, sigma: float = 0.05, seed: int = 0) -> data.Dataset:
            """Return points along what is drawn, as :func:`data.drawn` does."""
            if not self.lines:
                raise SettingError(
                    "Nothing is drawn on the pad yet.",
                    "No data were made.",
                    "Draw a line on it, then run this cell again.",
                )
            return data.drawn(self.lines, n, sigma=sigma, seed=seed)

    return Pad
