// Gradient descent with momentum on the logistic loss of two weights, with a fixed bias and an L2 penalty.
layerwise.widgets.gradient_descent = (stage, data) => {
  const { el, svg, short, fixed } = layerwise;
  const [x, y] = [layerwise.decode(data.x), layerwise.decode(data.y)];
  const n = y.length;
  const settings = { start: data.start, rate: 0.3 * data.limits[0], momentum: 0, steps: 40 };

  const loss = (w1, w2) => {
    let total = 0;
    for (let i = 0; i < n; i++) {
      const z = x[2 * i] * w1 + x[2 * i + 1] * w2 + data.bias;
      total += Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z))) - z * y[i];
    }
    return total / n + (data.l2 / 2) * (w1 * w1 + w2 * w2);
  };
  const gradient = (w1, w2) => {
    let [g1, g2] = [0, 0];
    for (let i = 0; i < n; i++) {
      const z = x[2 * i] * w1 + x[2 * i + 1] * w2 + data.bias;
      const error = 1 / (1 + Math.exp(-z)) - y[i];
      g1 += error * x[2 * i];
      g2 += error * x[2 * i + 1];
    }
    return [g1 / n + data.l2 * w1, g2 / n + data.l2 * w2];
  };
  // Return the weights after 0, 1, … steps (Polyak's momentum).
  const descend = ({ start, rate, momentum, steps }) => {
    const path = [start];
    let velocity = [0, 0];
    for (let t = 0; t < steps; t++) {
      const w = path[t];
      const g = gradient(...w);
      velocity = velocity.map((v, i) => momentum * v - rate * g[i]);
      path.push(w.map((v, i) => v + velocity[i]));
    }
    return path;
  };

  // --- the cost surface, drawn once --------------------------------------------------------------------------------------

  const lowest = loss(...data.minimum);
  const [r1, r2] = data.range;
  const surface = layerwise.plot({
    label: "Cost surface", height: 320,
    x: { text: `weight of ${data.features[0]}`, limits: r1 }, y: { text: `weight of ${data.features[1]}`, limits: r2 },
  });
  const curve = layerwise.plot({
    label: "Loss along the path", log: true, height: 320,
    x: { text: "step", limits: [0, 40] }, y: { text: "loss (nats per example)", limits: [0.1, 10] },
  });
  surface.drawing.setAttribute("role", "group"); // it contains the start, which can be moved
  const size = 61;
  const at = ([low, high], k) => low + ((high - low) * k) / (size - 1);
  const values = Float64Array.from({ length: size * size }, (_, i) => loss(at(r1, i % size), at(r2, Math.floor(i / size))));
  const highest = Math.max(...values);
  for (let k = 1; k <= 12; k++) {
    const level = lowest + (highest - lowest) * (k / 12.5) ** 2;
    const segments = layerwise.contour(values, size, size, level).map((segment) => {
      const [x1, y1, x2, y2] = segment.map((v, i) => (i % 2 ? surface.Y(at(r2, v)) : surface.X(at(r1, v))).toFixed(1));
      return `M${x1} ${y1}L${x2} ${y2}`;
    });
    surface.layer.append(svg("path", { d: segments.join(""), fill: "none", stroke: "var(--muted)", "stroke-width": 0.8 }));
  }
  surface.layer.append(svg("text", { x: surface.X(data.minimum[0]), y: surface.Y(data.minimum[1]) + 5, "text-anchor": "middle" }, "✕"));
  const path = svg("g", {});
  const handle = svg("g", { class: "draggable", tabindex: 0, role: "slider", "aria-label": "Start of the descent", "aria-valuenow": 0 },
    svg("circle", { r: 20, fill: "transparent" }), svg("circle", { r: 8, fill: "#d55e00", stroke: "var(--paper)", "stroke-width": 2 }));
  surface.layer.append(path);
  surface.drawing.append(handle);

  const status = el("p", { class: "status", "aria-live": "polite" });
  const limits = el("p", { class: "hint" }, "Without momentum, descent converges from every start below 2/L = "
    + `${short(data.limits[0])}, overshoots near the minimum above ${short(data.limits[1])}, and diverges above 2/λ = ${short(data.limits[2])}.`);

  // --- a path --------------------------------------------------------------------------------------------------------------

  const draw = () => {
    const walk = descend(settings);
    const losses = walk.map((w) => loss(...w));
    const inside = walk.map((w) => w.map((v, i) => { // far outside, a line to the edge is enough
      const [low, high] = data.range[i];
      return Math.max(low - 3 * (high - low), Math.min(high + 3 * (high - low), Number.isFinite(v) ? v : 0));
    }));
    path.replaceChildren(
      surface.path(inside.map((w) => w[0]), inside.map((w) => w[1]), { stroke: "var(--blue)" }),
      ...inside.slice(1).map(([w1, w2]) => svg("circle", { cx: surface.X(w1), cy: surface.Y(w2), r: 2.6, fill: "var(--blue)" })));
    handle.setAttribute("transform", `translate(${surface.X(settings.start[0])} ${surface.Y(settings.start[1])})`);
    handle.setAttribute("aria-valuetext", `weights ${settings.start.map((v) => fixed(v, 2)).join(" and ")}`);
    const top = 10 ** Math.ceil(Math.log10(Math.max(highest, 10 * losses[0])));
    curve.axes([0, settings.steps], [0.8 * lowest, top]);
    curve.layer.replaceChildren(
      curve.path([0, settings.steps], [lowest, lowest], { stroke: "var(--muted)", "stroke-dasharray": "4 3" }),
      curve.path(losses.map((_, i) => i), losses.map((v) => Math.min(10 * top, Number.isFinite(v) ? v : 10 * top)), { stroke: "var(--blue)" }));
    const [first, last] = [losses[0], losses[losses.length - 1]];
    const soon = losses.findIndex((v) => v - lowest < 1e-3);
    const verdict = !(last <= first) ? `The loss has grown to ${short(last)}: descent diverges.`
      : last - lowest < 1e-3 ? `Within 0.001 of the minimum after ${soon} steps: descent has converged.`
      : `The loss is still ${short(last - lowest)} above the minimum.`;
    status.textContent = `From ${short(first)} to ${short(last)} in ${settings.steps} steps; the minimum is ${short(lowest)}. ${verdict}`;
    curve.drawing.setAttribute("aria-label", `Loss along the path. ${status.textContent}`);
    surface.drawing.setAttribute("aria-label", `Contours of the loss over the two weights, and the path. ${verdict}`);
  };
  const move = (w1, w2) => {
    settings.start = [w1, w2].map((v, i) => Math.max(data.range[i][0], Math.min(data.range[i][1], v)));
    draw();
  };
  layerwise.drag(handle, (event) => move(...surface.invert(...layerwise.position(event, surface.drawing, 320, 320))));
  layerwise.arrows(handle, (dx, dy) => move(settings.start[0] + (dx * (r1[1] - r1[0])) / 50, settings.start[1] + (dy * (r2[1] - r2[0])) / 50));
  surface.drawing.addEventListener("click", (event) => {
    if (!handle.contains(event.target)) move(...surface.invert(...layerwise.position(event, surface.drawing, 320, 320)));
  });

  stage.append(
    layerwise.row(
      layerwise.slider("Learning rate η", { min: 0.02, max: 1.5 * data.limits[2], value: settings.rate, log: true }, (rate) => { settings.rate = rate; draw(); }),
      layerwise.slider("Momentum µ", { min: 0, max: 0.98, value: 0, step: 0.02 }, (momentum) => { settings.momentum = momentum; draw(); }),
      layerwise.slider("Steps", { min: 1, max: 200, value: settings.steps, step: 1 }, (steps) => { settings.steps = steps; draw(); })),
    status,
    el("div", { class: "parts" }, surface, curve),
    limits);
  draw();

  return {
    descend: (values) => descend({ ...settings, ...values }),
    configure: (values) => { Object.assign(settings, values); draw(); },
    loss, start: () => settings.start, status: () => status.textContent,
  };
};
