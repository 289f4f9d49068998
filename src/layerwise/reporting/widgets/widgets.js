"use strict";
// Shared by all widgets: elements and controls, colors that follow the page, plots, and the start of every widget.
const layerwise = { widgets: {} };

// --- elements -------------------------------------------------------------------------------------------------------

// Set attributes and listeners ("onclick") of an element and append children, which may be text.
layerwise.set = (element, attributes = {}, ...children) => {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === false || value === null || value === undefined) element.removeAttribute(name);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children);
  return element;
};
layerwise.el = (tag, ...rest) => layerwise.set(document.createElement(tag), ...rest);
layerwise.svg = (tag, ...rest) => layerwise.set(document.createElementNS("http://www.w3.org/2000/svg", tag), ...rest);

// Numbers as the pages write them: a true minus sign, never −0.
layerwise.fixed = (value, digits = 3) => {
  if (!Number.isFinite(value)) return value > 0 ? "∞" : value < 0 ? "−∞" : "undefined";
  const text = value.toFixed(digits);
  return Number(text) === 0 ? text.replace("-", "") : text.replace("-", "−");
};
layerwise.percent = (share) => `${(100 * share).toFixed(1)}%`;
layerwise.short = (value) => {
  if (!Number.isFinite(value) || value === 0) return layerwise.fixed(value, 0);
  const power = Math.floor(Math.log10(Math.abs(value)));
  if (power > 4 || power < -4) {
    const superscript = [...String(power)].map((c) => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["-0123456789".indexOf(c)]).join("");
    return `${layerwise.fixed(value / 10 ** power, 1).replace(/\.0$/, "")} × 10${superscript}`;
  }
  return String(Number(value.toPrecision(3))).replace("-", "−");
};

// Decode an array of `encode` in Python into a typed array with a `shape`.
layerwise.decode = ({ type, shape, bytes }) => {
  const raw = Uint8Array.from(atob(bytes), (c) => c.charCodeAt(0));
  const types = { float32: Float32Array, float64: Float64Array, uint8: Uint8Array, int32: Int32Array };
  return Object.assign(new types[type](raw.buffer), { shape });
};

// --- controls: each is a <label>, whose `control` is the element of the form ------------------------------------------------

let count = 0;
layerwise.slider = (text, { min, max, value, step = "any", log = false, show = layerwise.short }, changed) => {
  const id = `control-${++count}`;
  const to = log ? Math.log10 : (x) => x;
  const from = log ? (x) => 10 ** x : (x) => x;
  const resolution = log ? 0.02 : step;
  const output = layerwise.el("output", { for: id });
  const control = layerwise.el("input", { type: "range", id, min: to(min), max: to(max), step: resolution });
  control.value = to(value);
  const label = layerwise.el("label", { class: "control", for: id }, text, control, output);
  const update = () => {
    label.value = from(Number(control.value));
    output.textContent = show(label.value);
    control.setAttribute("aria-valuetext", output.textContent);
  };
  control.addEventListener("input", () => { update(); changed(label.value); });
  update();
  return Object.assign(label, { assign(x) { control.value = to(x); update(); } });
};

layerwise.select = (text, options, changed) => {
  const choices = Object.entries(options).map(([value, words]) => layerwise.el("option", { value }, words));
  const control = layerwise.el("select", { onchange: () => changed(control.value) }, ...choices);
  return layerwise.el("label", { class: "control" }, text, control);
};

layerwise.number = (text, { value, step = 0.1 }, changed) => {
  const control = layerwise.el("input", { type: "number", step, oninput: () => {
    if (control.value !== "" && Number.isFinite(control.valueAsNumber)) changed(control.valueAsNumber);
  } });
  control.value = value;
  return layerwise.el("label", { class: "control number" }, text, control);
};

layerwise.button = (text, clicked) => layerwise.el("button", { type: "button", onclick: clicked }, text);
layerwise.row = (...controls) => layerwise.el("div", { class: "controls" }, ...controls);

// --- colors ---------------------------------------------------------------------------------------------------------

layerwise.palette = ["var(--blue)", "#d55e00", "#009e73", "#e69f00", "#cc79a7", "#56b4e9", "#f0e442"]; // Okabe–Ito

const painter = document.createElement("canvas").getContext("2d");
// Return a color of the page, such as "--ink" or "#d55e00", as [red, green, blue].
layerwise.rgb = (color) => {
  const name = color.match(/--\w+/);
  painter.fillStyle = name ? getComputedStyle(document.documentElement).getPropertyValue(name[0]).trim() : color;
  return [1, 3, 5].map((i) => parseInt(painter.fillStyle.slice(i, i + 2), 16));
};

const themed = [];
// Call `draw` now and whenever the colors of the page change.
layerwise.onTheme = (draw) => { themed.push(draw); draw(); };
layerwise.reducedMotion = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

// Paint values (rows × columns) on a canvas, one pixel each: 0 is the paper, 1 the ink; with `diverging`, 1 is blue and
// −1 vermillion; with `photo`, 0 is black and 1 white. Values are divided by `scale`; NaN is left transparent.
layerwise.heatmap = (canvas, values, rows, columns, { diverging = false, photo = false, scale = 1 } = {}) => {
  canvas.width = columns;
  canvas.height = rows;
  const [paper, ink, blue, red] = [...(photo ? ["#000000", "#ffffff"] : ["--paper", "--ink"]), "--blue", "#d55e00"].map(layerwise.rgb);
  const context = canvas.getContext("2d");
  const image = context.createImageData(columns, rows);
  for (let i = 0; i < rows * columns; i++) {
    const value = Math.max(-1, Math.min(1, values[i] / (scale || 1)));
    const color = diverging ? (value > 0 ? blue : red) : ink;
    const share = diverging ? Math.abs(value) : Math.max(0, value);
    for (let c = 0; c < 3; c++) image.data[4 * i + c] = paper[c] + share * (color[c] - paper[c]);
    image.data[4 * i + 3] = Number.isNaN(value) ? 0 : 255;
  }
  context.putImageData(image, 0, 0);
};

// Arrange the channels of a layer (height, width, channels) as tiles with a line between them, or its units (features,)
// in rows of 16, and return the image for `heatmap` with its rows and columns.
layerwise.tiles = (values, across = 8) => {
  if (values.shape.length === 1) {
    const columns = Math.min(16, values.length);
    const rows = Math.ceil(values.length / columns);
    return [Float64Array.from({ length: rows * columns }, (_, i) => values[i] ?? NaN), rows, columns];
  }
  const [h, w, channels] = values.shape;
  across = Math.min(across, channels);
  const rows = Math.ceil(channels / across) * (h + 1) - 1;
  const columns = across * (w + 1) - 1;
  const image = new Float64Array(rows * columns).fill(NaN);
  for (let c = 0; c < channels; c++) {
    const [top, left] = [Math.floor(c / across) * (h + 1), (c % across) * (w + 1)];
    for (let i = 0; i < h; i++) for (let j = 0; j < w; j++) {
      image[(top + i) * columns + left + j] = values[(i * w + j) * channels + c];
    }
  }
  return [image, rows, columns];
};
layerwise.largest = (values) => values.reduce((most, x) => Math.max(most, Math.abs(x)), 0);

// Return the line segments [x1, y1, x2, y2] on which values (rows × columns) equal a level, in units of cells between the
// centers of the pixels (marching squares with linear interpolation).
layerwise.contour = (values, rows, columns, level) => {
  const segments = [];
  for (let i = 0; i + 1 < rows; i++) for (let j = 0; j + 1 < columns; j++) {
    const corners = [[j, i], [j + 1, i], [j + 1, i + 1], [j, i + 1]];
    const heights = corners.map(([x, y]) => values[y * columns + x] - level);
    const crossings = [];
    for (let k = 0; k < 4; k++) {
      const [a, b] = [heights[k], heights[(k + 1) % 4]];
      if (a > 0 === b > 0) continue;
      const [[ax, ay], [bx, by]] = [corners[k], corners[(k + 1) % 4]];
      crossings.push([ax + (a / (a - b)) * (bx - ax), ay + (a / (a - b)) * (by - ay)]);
    }
    for (let k = 0; k + 1 < crossings.length; k += 2) segments.push([...crossings[k], ...crossings[k + 1]]);
  }
  return segments;
};

// A canvas with a text alternative and words below it; `canvas` is the drawing surface.
layerwise.picture = (words, { label = words, ...attributes } = {}) => {
  const canvas = layerwise.el("canvas", { role: "img", "aria-label": label, ...attributes });
  const text = layerwise.el("span", {}, words);
  return Object.assign(layerwise.el("div", { class: "picture" }, canvas, text), { canvas, text });
};

// --- plots ----------------------------------------------------------------------------------------------------------

const ticks = ([low, high], log) => {
  if (log) {
    const powers = [];
    const every = Math.ceil((Math.log10(high) - Math.log10(low)) / 5);
    for (let p = Math.ceil(Math.log10(low) - 1e-9); p <= Math.log10(high) + 1e-9; p += every) powers.push(10 ** p);
    return powers;
  }
  const rough = (high - low) / 4;
  const unit = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((m) => m * unit).find((s) => s >= rough - 1e-12);
  const values = [];
  for (let v = Math.ceil(low / step - 1e-9) * step; v <= high + 1e-9 * step; v += step) values.push(v);
  return values;
};

// A plot of 320 × 250 units: `X` and `Y` map values to units, `layer` takes the marks, `axes` sets new limits, with the
// texts of `x` and `y`.
layerwise.plot = ({ label, x, y, log = false, height = 250, finding = "" }) => {
  const [left, right, top, bottom] = [54, 310, 10, height - 44];
  const id = `plot-${++count}`;
  const area = layerwise.svg("rect", { x: left, y: top, width: right - left, height: bottom - top });
  const layer = layerwise.svg("g", { "clip-path": `url(#${id})` });
  const frame = layerwise.svg("g", {});
  const drawing = layerwise.svg("svg", { viewBox: `0 0 320 ${height}`, role: "img", "aria-label": label },
    layerwise.svg("clipPath", { id }, area), frame, layer);
  const heading = layerwise.el("p", { class: "finding" }, finding);
  const plot = Object.assign(layerwise.el("div", { class: "plot" }, heading, drawing), { layer, drawing, heading, x, y });
  plot.axes = (xlim, ylim) => {
    const scale = log ? Math.log10 : (v) => v;
    plot.X = (v) => left + ((v - xlim[0]) / (xlim[1] - xlim[0])) * (right - left);
    plot.Y = (v) => bottom + ((scale(v) - scale(ylim[0])) / (scale(ylim[1]) - scale(ylim[0]))) * (top - bottom);
    plot.invert = (px, py) => [
      xlim[0] + ((px - left) / (right - left)) * (xlim[1] - xlim[0]),
      ylim[0] + ((py - bottom) / (top - bottom)) * (ylim[1] - ylim[0]),
    ];
    const text = (words, attributes) => layerwise.svg("text", attributes, words);
    frame.replaceChildren(
      ...ticks(xlim).flatMap((v) => [
        layerwise.svg("line", { class: "grid", x1: plot.X(v), x2: plot.X(v), y1: top, y2: bottom }),
        text(layerwise.short(v), { x: plot.X(v), y: bottom + 16, "text-anchor": "middle" }),
      ]),
      ...ticks(ylim, log).flatMap((v) => [
        layerwise.svg("line", { class: "grid", x1: left, x2: right, y1: plot.Y(v), y2: plot.Y(v) }),
        text(layerwise.short(v), { x: left - 6, y: plot.Y(v) + 4, "text-anchor": "end" }),
      ]),
      text(x.text, { x: (left + right) / 2, y: height - 8, "text-anchor": "middle" }),
      text(y.text, { transform: `translate(12 ${(top + bottom) / 2}) rotate(-90)`, "text-anchor": "middle" }),
    );
  };
  plot.axes(x.limits, y.limits);
  plot.path = (xs, ys, attributes) => layerwise.svg("polyline", {
    fill: "none", "stroke-width": 1.8, points: Array.from(xs, (v, i) => `${plot.X(v).toFixed(1)},${plot.Y(ys[i]).toFixed(1)}`).join(" "),
    ...attributes,
  });
  return plot;
};

// The position of a pointer in the units of an SVG or in the pixels of a canvas.
layerwise.position = (event, element, width, height) => {
  const box = element.getBoundingClientRect();
  return [((event.clientX - box.left) / box.width) * width, ((event.clientY - box.top) / box.height) * height];
};

// Call `moved(event)` while the element is pressed and dragged, with a mouse, a pen or a finger.
layerwise.drag = (element, moved, released = () => {}) => {
  element.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    element.setPointerCapture?.(event.pointerId);
    element.dragged = true;
    moved(event, true);
  });
  element.addEventListener("pointermove", (event) => { if (element.dragged) moved(event, false); });
  for (const end of ["pointerup", "pointercancel"]) {
    element.addEventListener(end, (event) => { if (element.dragged) { element.dragged = false; released(event); } });
  }
};

// Call `moved(dx, dy, event)` for the arrow keys: dx to the right, dy upwards, ten times as far with Shift.
layerwise.arrows = (element, moved) => {
  const directions = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
  element.addEventListener("keydown", (event) => {
    const direction = directions[event.key];
    if (!direction || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const far = event.shiftKey ? 10 : 1;
    moved(far * direction[0], far * direction[1], event);
  });
};

// --- start ----------------------------------------------------------------------------------------------------------

// Show every widget of the page instead of its static figure. What a widget returns is kept on its element, for tests.
layerwise.start = () => {
  for (const figure of document.querySelectorAll("figure.widget")) {
    const stage = figure.querySelector(".stage");
    const data = JSON.parse(figure.querySelector("script").textContent);
    const show = (live) => {
      stage.hidden = !live;
      figure.hidden = !live && !figure.querySelector(".static");
      figure.classList.toggle("live", live);
    };
    show(true); // before it is built, so that it can be measured
    try {
      figure.widget = layerwise.widgets[figure.dataset.widget](stage, data);
    } catch (error) {
      show(false); // the static figure stays
      console.error(error);
    }
  }
  const redraw = () => themed.forEach((draw) => draw());
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  new MutationObserver(redraw).observe(document.documentElement, { attributes: true });
};
