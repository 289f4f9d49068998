// Backpropagation graph: two inputs, two tanh units and a sigmoid output with the cross-entropy, one example.
layerwise.widgets.backpropagation = (stage, data) => {
  const { el, svg, fixed } = layerwise;
  const start = () => ({ x1: data.x[0], x2: data.x[1], y: data.y,
    w11: data.w1[0][0], w12: data.w1[0][1], w21: data.w1[1][0], w22: data.w1[1][1], b1: data.b1[0], b2: data.b1[1],
    v1: data.w2[0], v2: data.w2[1], c: data.b2 });
  const names = { // as in the equations: W₁ is (2, 2), from input to hidden unit
    x1: "x₁", x2: "x₂", w11: "W₁ from x₁ to a₁", w21: "W₁ from x₂ to a₁", b1: "b₁ of a₁",
    w12: "W₁ from x₁ to a₂", w22: "W₁ from x₂ to a₂", b2: "b₁ of a₂", v1: "w₂ from a₁", v2: "w₂ from a₂", c: "b₂",
  };
  let values = start();

  // Return the forward and backward pass: each quantity, and the gradient of the loss with respect to it as `d…`.
  const pass = (q) => {
    const z1 = q.x1 * q.w11 + q.x2 * q.w21 + q.b1;
    const z2 = q.x1 * q.w12 + q.x2 * q.w22 + q.b2;
    const [a1, a2] = [Math.tanh(z1), Math.tanh(z2)];
    const z = a1 * q.v1 + a2 * q.v2 + q.c;
    const p = 1 / (1 + Math.exp(-z));
    const loss = Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z))) - z * q.y;
    const dz = p - q.y;
    const [da1, da2] = [dz * q.v1, dz * q.v2];
    const [dz1, dz2] = [da1 * (1 - a1 * a1), da2 * (1 - a2 * a2)];
    return { z1, z2, a1, a2, z, p, loss, dz, da1, da2, dz1, dz2, dv1: dz * a1, dv2: dz * a2, dc: dz,
      dw11: q.x1 * dz1, dw21: q.x2 * dz1, db1: dz1, dw12: q.x1 * dz2, dw22: q.x2 * dz2, db2: dz2,
      dx1: dz1 * q.w11 + dz2 * q.w12, dx2: dz1 * q.w21 + dz2 * q.w22 };
  };

  const drawing = svg("svg", { viewBox: "0 0 760 330", role: "img" });
  const status = el("p", { class: "status", "aria-live": "polite" });
  const text = (x, y, words, attributes = {}) => svg("text", { x, y, "text-anchor": "middle", ...attributes }, words);
  const number = (v) => fixed(v, 3);

  // A node with its name and, on further lines, values (blue) and gradients (vermillion).
  const node = (x, y, title, forward, backward) => svg("g", {},
    svg("rect", { x: x - 62, y: y - 48, width: 124, height: 96, rx: 8, fill: "var(--raised)", stroke: "var(--muted)" }),
    text(x, y - 30, title, { class: "best" }),
    ...forward.map((words, i) => text(x, y - 12 + 16 * i, words, { class: "forward" })),
    ...backward.map((words, i) => text(x, y - 12 + 16 * (forward.length + i), words, { class: "backward" })));
  // An edge with its weight and the gradient of the weight, at a share of its length.
  const edge = (x1, y1, x2, y2, weight, gradient, at = 0.5) => {
    const [x, y] = [x1 + at * (x2 - x1), y1 + at * (y2 - y1)];
    return svg("g", {},
      svg("line", { x1, y1, x2, y2, stroke: "var(--muted)", "stroke-width": 1 + Math.min(4, 2 * Math.abs(weight)) }),
      svg("rect", { x: x - 30, y: y - 17, width: 60, height: 34, rx: 4, fill: "var(--paper)" }),
      text(x, y - 3, number(weight), { class: "forward" }),
      text(x, y + 13, number(gradient), { class: "backward" }));
  };

  const draw = () => {
    const q = values;
    const r = pass(q);
    const [left, middle, right, end] = [64, 320, 550, 696];
    const [top, low, center] = [90, 240, 165];
    const input = (y, name, value, gradient) => node(left, y, name, [`value ${number(value)}`], [`∂L/∂${name} ${number(gradient)}`]);
    const hidden = (y, k) => node(middle, y, `hidden unit ${k}`, [`z ${number(r[`z${k}`])}`, `a ${number(r[`a${k}`])}`],
      [`∂L/∂a ${number(r[`da${k}`])}`, `∂L/∂z ${number(r[`dz${k}`])}`]);
    drawing.replaceChildren(
      edge(left + 62, top, middle - 62, top, q.w11, r.dw11, 0.34),
      edge(left + 62, low, middle - 62, low, q.w22, r.dw22, 0.34),
      edge(left + 62, top, middle - 62, low, q.w12, r.dw12, 0.74),
      edge(left + 62, low, middle - 62, top, q.w21, r.dw21, 0.74),
      edge(middle + 62, top, right - 62, center, q.v1, r.dv1),
      edge(middle + 62, low, right - 62, center, q.v2, r.dv2),
      svg("line", { x1: right + 62, y1: center, x2: end - 50, y2: center, stroke: "var(--muted)" }),
      input(top, "x₁", q.x1, r.dx1), input(low, "x₂", q.x2, r.dx2),
      hidden(top, 1), hidden(low, 2),
      text(middle, top - 58, `bias ${number(q.b1)}, gradient ${number(r.db1)}`, { class: "faint" }),
      text(middle, low + 66, `bias ${number(q.b2)}, gradient ${number(r.db2)}`, { class: "faint" }),
      node(right, center, "output", [`z₂ ${number(r.z)}`, `p ${number(r.p)}`], [`∂L/∂z₂ = p − y`, number(r.dz)]),
      text(right, center + 66, `bias ${number(q.c)}, gradient ${number(r.dc)}`, { class: "faint" }),
      svg("g", {},
        svg("rect", { x: end - 50, y: center - 32, width: 108, height: 64, rx: 8, fill: "none", stroke: "var(--muted)" }),
        text(end + 4, center - 8, `loss, y = ${q.y}`, { class: "best" }), text(end + 4, center + 14, number(r.loss), { class: "forward" })));
    drawing.setAttribute("aria-label", `Graph of the network with every value and gradient. Probability ${number(r.p)}, loss ${number(r.loss)}.`);
    status.textContent = `p = ${number(r.p)}, loss ${number(r.loss)}. Gradient at the hidden units ${number(r.dz1)} and ${number(r.dz2)}.`;
  };

  const inputs = Object.fromEntries(Object.entries(names).map(([key, name]) =>
    [key, layerwise.number(name, { value: values[key] }, (v) => { values[key] = v; draw(); })]));
  const target = layerwise.select("Target y", { 1: "1", 0: "0" }, (y) => { values.y = Number(y); draw(); });
  const fill = () => {
    for (const key of Object.keys(names)) inputs[key].control.value = Number(values[key].toFixed(4));
    target.control.value = values.y;
    draw();
  };
  const step = () => {
    const gradient = pass(values);
    for (const key of ["w11", "w12", "w21", "w22", "b1", "b2", "v1", "v2", "c"]) values[key] -= data.learning_rate * gradient[`d${key}`];
    fill();
  };
  const group = (title, keys) => el("fieldset", {}, el("legend", {}, title), ...keys.map((key) => inputs[key]));
  stage.append(
    layerwise.row(
      layerwise.button(`Gradient step, η = ${data.learning_rate}`, step),
      layerwise.button("Start again", () => { values = start(); fill(); }),
      target),
    status,
    el("div", { class: "wide", tabindex: 0, role: "region", "aria-label": "Graph, scrolls sideways" }, drawing),
    el("div", { class: "fieldsets" },
      group("Input", ["x1", "x2"]), group("Hidden unit 1", ["w11", "w21", "b1"]),
      group("Hidden unit 2", ["w12", "w22", "b2"]), group("Output", ["v1", "v2", "c"])));
  fill();

  return { pass: (q) => pass({ ...values, ...q }), values: () => values, status: () => status.textContent };
};
