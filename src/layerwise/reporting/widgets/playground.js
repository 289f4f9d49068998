// Playground: the network of layerwise.estimators.two_layer_network, trained by batch gradient descent with momentum.
layerwise.widgets.playground = (stage, data) => {
  const { el, fixed, percent } = layerwise;
  const MOMENTUM = 0.9; // the default of TwoLayerNetwork
  const datasets = Object.fromEntries(Object.entries(data.datasets).map(([name, set]) =>
    [name, { title: set.title, x: layerwise.decode(set.x), y: layerwise.decode(set.y) }]));
  const normals = layerwise.decode(data.normals);
  const seeds = normals.shape[0];
  const settings = { dataset: Object.keys(datasets)[0], units: 4, activation: "tanh", rate: 0.3, l2: 0, seed: 0 };

  const sigmoid = (z) => (z >= 0 ? 1 / (1 + Math.exp(-z)) : Math.exp(z) / (1 + Math.exp(z)));
  const activations = { // g(z), and its derivative as a function of a = g(z)
    tanh: [Math.tanh, (a) => 1 - a * a],
    sigmoid: [sigmoid, (a) => a * (1 - a)],
    relu: [(z) => Math.max(z, 0), (a) => (a > 0 ? 1 : 0)],
  };

  // --- the network ----------------------------------------------------------------------------------------------------

  // Parameters are one array: W₁ (2, h) by rows, b₁ (h,), W₂ (h,), b₂.
  let parameters, velocity, losses;
  const initialize = () => {
    const h = settings.units;
    const draws = normals.subarray(settings.seed * normals.shape[1]);
    const [first, second] = [Math.sqrt(2 / (2 + h)), Math.sqrt(2 / (h + 1))]; // Glorot & Bengio 2010
    parameters = new Float64Array(4 * h + 1);
    for (let i = 0; i < 2 * h; i++) parameters[i] = first * draws[i];
    for (let i = 0; i < h; i++) parameters[3 * h + i] = second * draws[2 * h + i];
    velocity = new Float64Array(4 * h + 1);
    losses = [lossAndGradient().loss];
  };

  // Write the hidden units of a point to `a` and return its score.
  const forward = (x1, x2, a) => {
    const [h, [g], p] = [settings.units, activations[settings.activation], parameters];
    let score = p[4 * h];
    for (let j = 0; j < h; j++) {
      a[j] = g(x1 * p[j] + x2 * p[h + j] + p[2 * h + j]);
      score += a[j] * p[3 * h + j];
    }
    return score;
  };

  const lossAndGradient = () => {
    const [h, { x, y }, [, slope], p] = [settings.units, datasets[settings.dataset], activations[settings.activation], parameters];
    const gradient = new Float64Array(p.length);
    const a = new Float64Array(h);
    let [loss, right] = [0, 0];
    for (let i = 0; i < y.length; i++) {
      const [x1, x2] = [x[2 * i], x[2 * i + 1]];
      const z = forward(x1, x2, a);
      loss += Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z))) - z * y[i];
      right += (z > 0) === (y[i] === 1);
      const delta2 = (sigmoid(z) - y[i]) / y.length;
      for (let j = 0; j < h; j++) {
        const delta1 = delta2 * p[3 * h + j] * slope(a[j]);
        gradient[j] += x1 * delta1;
        gradient[h + j] += x2 * delta1;
        gradient[2 * h + j] += delta1;
        gradient[3 * h + j] += a[j] * delta2;
      }
      gradient[4 * h] += delta2;
    }
    let penalty = 0;
    for (let i = 0; i < 4 * h; i++) {
      if (i >= 2 * h && i < 3 * h) continue; // biases are not penalized
      penalty += p[i] ** 2;
      gradient[i] += settings.l2 * p[i];
    }
    return { loss: loss / y.length + (settings.l2 / 2) * penalty, gradient, accuracy: right / y.length };
  };

  let current;
  const train = (steps) => {
    for (let n = 0; n < steps && Number.isFinite(losses[losses.length - 1]); n++) {
      const { gradient } = lossAndGradient();
      for (let i = 0; i < parameters.length; i++) {
        velocity[i] = MOMENTUM * velocity[i] - settings.rate * gradient[i];
        parameters[i] += velocity[i];
      }
      current = lossAndGradient();
      losses.push(current.loss);
    }
  };

  // --- the pictures -----------------------------------------------------------------------------------------------------

  const side = 640; // pixels of the canvases, twice their size on the page
  const grid = 56;
  const plane = layerwise.picture("Decision boundary", { class: "square" });
  const hidden = layerwise.picture("Hidden space", { class: "square" });
  const units = layerwise.picture("Hidden units", { class: "tiles" });
  const curve = layerwise.plot({ label: "Training loss", x: { text: "step", limits: [0, 100] }, y: { text: "loss", limits: [0, 1] }, height: 200 });
  const status = el("p", { class: "status", "aria-live": "polite" });

  const colors = () => ["--blue", "#d55e00", "--paper", "--ink"].map(layerwise.rgb);
  const css = (rgb, alpha = 1) => `rgb(${rgb} / ${alpha})`.replaceAll(",", " ");

  // Draw the examples at positions (x, y) in canvas pixels: circles are class 0, squares class 1.
  const points = (context, position, [blue, red, paper]) => {
    const { y } = datasets[settings.dataset];
    context.lineWidth = 1.5;
    context.strokeStyle = css(paper);
    for (let i = 0; i < y.length; i++) {
      const [px, py] = position(i);
      context.fillStyle = css(y[i] ? red : blue);
      context.beginPath();
      if (y[i]) context.rect(px - 6, py - 6, 12, 12);
      else context.arc(px, py, 7, 0, 2 * Math.PI);
      context.fill();
      context.stroke();
    }
  };

  let extent;
  const drawPlane = (palette) => {
    const [blue, red, paper, ink] = palette;
    const { x } = datasets[settings.dataset];
    const h = settings.units;
    const a = new Float64Array(h);
    const scores = new Float64Array(grid * grid);
    const responses = Object.assign(new Float64Array((grid / 2) ** 2 * h), { shape: [grid / 2, grid / 2, h] });
    for (let i = 0; i < grid; i++) for (let j = 0; j < grid; j++) {
      scores[i * grid + j] = forward(extent * ((2 * (j + 0.5)) / grid - 1), extent * (1 - (2 * (i + 0.5)) / grid), a);
      if (i % 2 === 0 && j % 2 === 0) responses.set(a, ((i / 2) * (grid / 2) + j / 2) * h);
    }
    plane.canvas.width = plane.canvas.height = side;
    const context = plane.canvas.getContext("2d");
    const cell = side / grid;
    for (let i = 0; i < grid; i++) for (let j = 0; j < grid; j++) {
      const p = sigmoid(scores[i * grid + j]);
      const [color, share] = [p > 0.5 ? red : blue, 0.08 + 0.5 * Math.abs(2 * p - 1)];
      context.fillStyle = css(paper.map((c, k) => Math.round(c + share * (color[k] - c))));
      context.fillRect(j * cell, i * cell, cell + 0.5, cell + 0.5);
    }
    context.strokeStyle = css(ink);
    context.lineWidth = 3;
    context.beginPath();
    for (const segment of layerwise.contour(scores, grid, grid, 0)) {
      const [x1, y1, x2, y2] = segment.map((v) => (v + 0.5) * cell);
      context.moveTo(x1, y1);
      context.lineTo(x2, y2);
    }
    context.stroke();
    points(context, (i) => [(side / 2) * (1 + x[2 * i] / extent), (side / 2) * (1 - x[2 * i + 1] / extent)], palette);

    const [image, rows, columns] = layerwise.tiles(responses);
    layerwise.heatmap(units.canvas, image, rows, columns, { diverging: true, scale: layerwise.largest(responses) });
    units.canvas.style.width = `${columns * 1.4}px`;
  };

  // The hidden units in two coordinates: the distance to the boundary, which is flat in this space, and the direction of
  // largest variance along the boundary.
  let along = null;
  const drawHidden = (palette) => {
    const { x, y } = datasets[settings.dataset];
    const h = settings.units;
    const w = parameters.subarray(3 * h, 4 * h);
    const norm = Math.hypot(...w) || 1;
    const unit = Array.from(w, (v) => v / norm);
    const a = new Float64Array(h);
    const rows = Array.from(y, (_, i) => {
      const score = forward(x[2 * i], x[2 * i + 1], a);
      const distance = score / norm;
      const inner = unit.reduce((sum, v, j) => sum + v * a[j], 0);
      return { distance, rest: Array.from(a, (v, j) => v - inner * unit[j]) };
    });
    const mean = Array.from({ length: h }, (_, j) => rows.reduce((sum, r) => sum + r.rest[j], 0) / rows.length);
    let direction = along?.length === h ? along : Array.from({ length: h }, (_, j) => 1 / (1 + j)); // the last one, so that the view is steady
    for (let n = 0; n < 8; n++) { // power iteration
      const next = new Array(h).fill(0);
      for (const { rest } of rows) {
        const share = rest.reduce((sum, v, j) => sum + (v - mean[j]) * direction[j], 0);
        for (let j = 0; j < h; j++) next[j] += share * (rest[j] - mean[j]);
      }
      const size = Math.hypot(...next);
      if (!(size > 0)) break;
      direction = next.map((v) => v / size);
    }
    along = direction;
    const heights = rows.map(({ rest }) => rest.reduce((sum, v, j) => sum + (v - mean[j]) * direction[j], 0));
    const [width, height] = [rows.map((r) => r.distance), heights].map((values) => 1.08 * layerwise.largest(values) || 1);
    hidden.canvas.width = hidden.canvas.height = side;
    const context = hidden.canvas.getContext("2d");
    const [blue, red, paper, ink] = palette;
    for (const [color, left] of [[blue, 0], [red, side / 2]]) {
      context.fillStyle = css(paper);
      context.fillRect(left, 0, side / 2, side);
      context.fillStyle = css(color, 0.16);
      context.fillRect(left, 0, side / 2, side);
    }
    context.fillStyle = css(ink);
    context.fillRect(side / 2 - 1.5, 0, 3, side);
    points(context, (i) => [(side / 2) * (1 + rows[i].distance / width), (side / 2) * (1 - heights[i] / height)], palette);
  };

  const draw = () => {
    const step = losses.length - 1;
    const palette = colors();
    const finite = Number.isFinite(current.loss);
    if (finite) { drawPlane(palette); drawHidden(palette); }
    const shown = losses.filter(Number.isFinite);
    curve.axes([0, Math.max(100, step)], [0, 1.1 * Math.max(...shown, 0.1)]);
    const every = Math.max(1, Math.ceil(shown.length / 400));
    const kept = shown.map((v, i) => [i, v]).filter(([i]) => i % every === 0 || i === shown.length - 1);
    curve.layer.replaceChildren(curve.path(kept.map((k) => k[0]), kept.map((k) => k[1]), { stroke: "var(--blue)" }));
    const words = finite ? `loss ${fixed(current.loss, 3)}, training accuracy ${percent(current.accuracy)}`
      : "the loss is no longer finite: the learning rate is too high";
    status.textContent = `Step ${step}: ${words}.`;
    plane.canvas.setAttribute("aria-label", `Decision boundary in the plane of the two features. ${status.textContent}`);
  };

  // --- the controls -----------------------------------------------------------------------------------------------------

  let running = false;
  const stop = () => { running = false; play.textContent = "Train"; play.setAttribute("aria-pressed", "false"); status.setAttribute("aria-live", "polite"); };
  const frame = () => {
    if (!running) return;
    train(4);
    if (losses.length > 5000 || !Number.isFinite(current.loss)) stop();
    draw();
    requestAnimationFrame(frame);
  };
  const play = layerwise.button("Train", () => {
    if (running) return stop();
    if (layerwise.reducedMotion()) { train(200); draw(); return; } // without animation: 200 steps at once
    running = true;
    play.textContent = "Pause";
    play.setAttribute("aria-pressed", "true");
    status.setAttribute("aria-live", "off");
    requestAnimationFrame(frame);
  });
  play.setAttribute("aria-pressed", "false");
  const reset = () => {
    const { x } = datasets[settings.dataset];
    extent = 1.08 * layerwise.largest(x);
    along = null;
    initialize();
    current = lossAndGradient();
    draw();
  };
  const change = (values, restart = true) => { Object.assign(settings, values); if (restart) reset(); else { current = lossAndGradient(); draw(); } };

  const titles = Object.fromEntries(Object.entries(datasets).map(([name, set]) => [name, set.title]));
  stage.append(
    layerwise.row(
      play,
      layerwise.button("One step", () => { stop(); train(1); draw(); }),
      layerwise.button("Start again", () => { stop(); reset(); }),
      layerwise.button("Other initial weights", () => { stop(); change({ seed: (settings.seed + 1) % seeds }); })),
    layerwise.row(
      layerwise.select("Dataset", titles, (dataset) => change({ dataset })),
      layerwise.slider("Hidden units", { min: 1, max: data.units, value: settings.units, step: 1 }, (n) => change({ units: n })),
      layerwise.select("Activation", { tanh: "tanh", sigmoid: "sigmoid", relu: "ReLU" }, (activation) => change({ activation })),
      layerwise.slider("Learning rate", { min: 0.003, max: 10, value: settings.rate, log: true }, (rate) => change({ rate }, false)),
      layerwise.slider("L2 penalty", { min: 0, max: 0.1, value: 0, step: 0.002 }, (l2) => change({ l2 }, false))),
    status,
    el("div", { class: "parts" }, plane, hidden),
    el("div", { class: "parts" }, curve, units));
  plane.text.textContent = "Examples and decision boundary (x₁ to the right, x₂ upwards)";
  hidden.text.textContent = "The same examples in hidden space, seen along the boundary";
  units.text.textContent = "What each hidden unit computes over the plane: blue positive, vermillion negative";
  reset();
  layerwise.onTheme(draw);

  return {
    configure: (values) => { stop(); change(values); },
    train: (steps) => { train(steps); draw(); },
    state: () => ({ parameters: Array.from(parameters), losses }),
    status: () => status.textContent,
  };
};
