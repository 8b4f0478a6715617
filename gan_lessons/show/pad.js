// A square of the plane to draw lines on, by mouse, finger or keys. The lines live in `value`.

const SIDE = 340; // pixels, as shown
const STEP = 0.08; // of the plane between two corners of a line that is dragged
const KEYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

function render({ model, el }) {
  const limit = () => model.get("limit");
  let lines = copied(model.get("value")); // with the line under way, of one corner or more
  let open = false; // whether the last line goes on
  let dragged = false;
  let pen = [0, 0]; // of the keys

  const box = document.createElement("div");
  box.style.cssText = "display:flex;flex-direction:column;gap:6px;align-items:flex-start";
  const canvas = document.createElement("canvas");
  const scale = window.devicePixelRatio || 1;
  canvas.width = canvas.height = SIDE * scale;
  canvas.style.cssText =
    `width:${SIDE}px;height:${SIDE}px;max-width:100%;background:white;border-radius:8px;` +
    "border:1px solid #767676;cursor:crosshair;touch-action:none";
  canvas.tabIndex = 0;
  canvas.dataset.lmSuppressShortcuts = "true"; // else JupyterLab takes the arrow keys
  canvas.setAttribute("role", "application");
  canvas.setAttribute(
    "aria-label",
    "A plane to draw on. Arrow keys move the pen, with Shift farther. Space sets a corner, " +
      "Escape ends the line, Backspace takes the last corner back.",
  );
  const row = document.createElement("div");
  row.style.cssText = "display:flex;gap:6px;flex-wrap:wrap";
  const status = document.createElement("div");
  status.setAttribute("role", "status");
  const button = (words, action) => {
    const made = document.createElement("button");
    made.textContent = words;
    made.className = "jupyter-button widget-button lm-Widget";
    made.style.width = "auto";
    made.addEventListener("click", action);
    row.append(made);
  };
  button("take back", () => takeBack());
  button("clear", () => {
    lines = [];
    lift();
    send();
  });
  box.append(canvas, row, status);
  el.append(box);

  function copied(value) {
    return (value || []).map((line) => line.map(([x, y]) => [x, y]));
  }
  function place(event) {
    const at = canvas.getBoundingClientRect();
    const x = ((event.clientX - at.left) / at.width) * 2 - 1;
    const y = 1 - ((event.clientY - at.top) / at.height) * 2;
    return [x, y].map(inside);
  }
  function inside(share) {
    return Math.round(Math.min(1, Math.max(-1, share)) * limit() * 100) / 100;
  }
  function lastCorner() {
    const line = lines[lines.length - 1];
    return line[line.length - 1];
  }
  function near(a, b) {
    return Math.hypot(a[0] - b[0], a[1] - b[1]) < STEP;
  }
  function corner(at) {
    if (!open) lines.push([]);
    open = true;
    const line = lines[lines.length - 1];
    if (!line.length || String(lastCorner()) !== String(at)) line.push(at);
  }
  function lift() {
    open = false;
    lines = lines.filter((line) => line.length > 1);
    draw();
  }
  function takeBack() {
    const line = lines[lines.length - 1];
    if (!line) return;
    line.pop();
    if (line.length === 0) lines.pop();
    open = line.length > 0;
    send();
  }
  function send() {
    model.set("value", copied(lines.filter((line) => line.length > 1)));
    model.save_changes();
    draw();
  }

  canvas.addEventListener("pointerdown", (event) => {
    if (event.button || !event.isPrimary) return; // another button, a second finger
    canvas.setPointerCapture(event.pointerId);
    canvas.focus();
    dragged = false;
    const at = place(event);
    if (open && near(at, lastCorner())) {
      lift(); // a click on the last corner ends the line
    } else {
      corner(at); // a click after a click goes on with it
    }
    draw();
    event.preventDefault();
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!canvas.hasPointerCapture(event.pointerId)) return;
    const at = place(event);
    if (!open || near(at, lastCorner())) return;
    const line = lines[lines.length - 1];
    if (!dragged && line.length > 1) {
      lines.push([line.pop()]); // a drag after clicks begins a line of its own
    }
    dragged = true;
    corner(at);
    draw();
  });
  const end = () => {
    if (dragged) open = false;
    send();
  };
  canvas.addEventListener("pointerup", end);
  canvas.addEventListener("pointercancel", end);
  canvas.addEventListener("keydown", (event) => {
    const way = KEYS[event.key];
    if (event.ctrlKey || event.altKey || event.metaKey) return; // the notebook's own
    if (event.shiftKey && event.key === "Enter") return;
    if (way) {
      const far = (event.shiftKey ? 0.5 : 0.1) / limit();
      pen = pen.map((at, i) => inside(at / limit() + far * way[i]));
    } else if (event.key === " " || event.key === "Enter") {
      corner(pen);
      send();
    } else if (event.key === "Escape") {
      lift();
    } else if (event.key === "Backspace" || event.key === "Delete") {
      takeBack();
    } else {
      return; // Tab leaves, as everywhere
    }
    event.preventDefault();
    event.stopPropagation();
    draw();
  });
  canvas.addEventListener("focus", () => draw());
  canvas.addEventListener("blur", () => draw());
  const heard = () => {
    const told = copied(model.get("value"));
    if (JSON.stringify(told) === JSON.stringify(lines.filter((line) => line.length > 1))) return;
    lines = told;
    open = false;
    draw();
  };
  model.on("change:value", heard);

  function draw() {
    // in a dark theme a card of light gray, like the pictures
    canvas.style.filter = document.body.dataset.jpThemeLight === "false" ? "brightness(0.9)" : "";
    const paper = canvas.getContext("2d");
    const unit = canvas.width / (2 * limit());
    const [px, py] = [(x) => (x + limit()) * unit, (y) => (limit() - y) * unit];
    paper.clearRect(0, 0, canvas.width, canvas.height);
    paper.lineWidth = scale;
    paper.strokeStyle = "#dddddd";
    for (let at = Math.ceil(-limit()); at <= limit(); at += 1) {
      for (const [a, b, c, d] of [
        [px(at), 0, px(at), canvas.height],
        [0, py(at), canvas.width, py(at)],
      ]) {
        paper.beginPath();
        paper.moveTo(a, b);
        paper.lineTo(c, d);
        paper.stroke();
      }
    }
    paper.strokeStyle = paper.fillStyle = "#0072B2";
    paper.lineWidth = 2.5 * scale;
    for (const line of lines) {
      paper.beginPath();
      line.forEach(([x, y], i) => (i ? paper.lineTo(px(x), py(y)) : paper.moveTo(px(x), py(y))));
      paper.stroke();
    }
    const last = open && lines.length ? lines[lines.length - 1] : [];
    if (last.length) {
      const [x, y] = last[last.length - 1];
      paper.beginPath();
      paper.arc(px(x), py(y), 4 * scale, 0, 2 * Math.PI);
      paper.fill();
    }
    if (canvas === (el.getRootNode().activeElement || document.activeElement)) {
      paper.strokeStyle = "#D55E00";
      paper.lineWidth = 1.5 * scale;
      const [x, y, arm] = [px(pen[0]), py(pen[1]), 8 * scale];
      paper.beginPath();
      paper.moveTo(x - arm, y);
      paper.lineTo(x + arm, y);
      paper.moveTo(x, y - arm);
      paper.lineTo(x, y + arm);
      paper.stroke();
    }
    const corners = lines.reduce((sum, line) => sum + line.length, 0);
    status.textContent =
      `Lines: ${lines.length}, corners: ${corners}. Pen at ${pen[0].toFixed(1)}, ` +
      `${pen[1].toFixed(1)}${open ? ", on the paper" : ""}.`;
  }

  draw();
  return () => model.off("change:value", heard);
}

export default { render };
