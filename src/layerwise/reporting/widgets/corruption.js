// Corruptions as in the study corruption_robustness, and attribution methods as in layerwise.interpret, on test digits.
layerwise.widgets.corruption = (stage, data) => {
  const { el, svg, short, percent, network } = layerwise;
  const size = 28;
  const layers = network.load(data.layers);
  const digits = layerwise.decode(data.digits);
  const noise = layerwise.decode(data.noise);
  const digit = (n) => Float64Array.from(digits.subarray(n * size * size, (n + 1) * size * size), (v) => v / 255);

  // --- corruptions of 28 × 28 pixels ---------------------------------------------------------------------------------------

  // Return the pixels at other positions, (row, column) ↦ source(row, column), by linear interpolation; zero outside.
  const resample = (x, source) => Float64Array.from({ length: size * size }, (_, n) => {
    const [r, c] = source(Math.floor(n / size), n % size);
    if (r < 0 || c < 0 || r > size - 1 || c > size - 1) return 0;
    const [i, j] = [Math.min(size - 2, Math.floor(r)), Math.min(size - 2, Math.floor(c))];
    const [u, v] = [r - i, c - j];
    const at = (a, b) => x[a * size + b];
    return (1 - u) * ((1 - v) * at(i, j) + v * at(i, j + 1)) + u * ((1 - v) * at(i + 1, j) + v * at(i + 1, j + 1));
  });
  const mirrored = (k) => { // … 1 0 | 0 1 … n−1 | n−1 n−2 …
    const m = ((k % (2 * size)) + 2 * size) % (2 * size);
    return m < size ? m : 2 * size - 1 - m;
  };
  const smooth = (x, weights, step) => { // along rows (step 1) or columns (step size)
    const radius = (weights.length - 1) / 2;
    return x.map((_, n) => {
      const [k, rest] = step === 1 ? [n % size, n - (n % size)] : [Math.floor(n / size), n % size];
      return weights.reduce((sum, w, t) => sum + w * x[rest + step * mirrored(k + t - radius)], 0);
    });
  };
  const corruptions = {
    noise: { title: "Gaussian noise", axis: "standard deviation of the noise", most: 1, unit: "", apply: (x, s) => x.map((v, i) => Math.max(0, Math.min(1, v + s * noise[i]))) },
    blur: { title: "Blur", axis: "standard deviation of the blur (pixels)", most: 4, unit: " pixels", apply: (x, s) => {
      if (s < 1e-6) return x;
      const radius = Math.floor(4 * s + 0.5);
      const weights = Array.from({ length: 2 * radius + 1 }, (_, k) => Math.exp(-((k - radius) ** 2) / (2 * s * s)));
      const total = weights.reduce((a, b) => a + b);
      const normalized = weights.map((w) => w / total);
      return smooth(smooth(x, normalized, size), normalized, 1);
    } },
    rotation: { title: "Rotation", axis: "rotation (degrees)", most: 90, unit: "°", apply: (x, s) => {
      const [cos, sin] = [Math.cos((s * Math.PI) / 180), Math.sin((s * Math.PI) / 180)];
      const middle = (size - 1) / 2;
      return resample(x, (r, c) => [cos * (r - middle) + sin * (c - middle) + middle, -sin * (r - middle) + cos * (c - middle) + middle]);
    } },
    shift: { title: "Shift down", axis: "shift (pixels)", most: 10, unit: " pixels", apply: (x, s) => resample(x, (r, c) => [r - s, c]) },
  };

  // --- attribution methods: the map of the score of class k ------------------------------------------------------------------

  const image = (pixels) => network.tensor([size, size, 1], pixels);
  const gradient = (x, k, options) => network.gradient(layers, image(x), k, options);
  const lastMaps = layers.reduce((last, layer, i) => { // the output of the last convolution, with its activation
    if (layer.kind !== "conv2d") return last;
    let end = i + 1;
    while (["relu", "tanh", "sigmoid"].includes(layers[end]?.kind)) end += 1;
    return end;
  }, 0);
  const upsample = (map, rows, columns) => Float64Array.from({ length: size * size }, (_, n) => {
    const place = (k, cells) => {
      const center = Math.max(0, Math.min(cells - 1, ((k + 0.5) * cells) / size - 0.5));
      const first = Math.min(Math.max(cells - 2, 0), Math.floor(center));
      return [first, Math.min(first + 1, cells - 1), center - first];
    };
    const [[i, i2, u], [j, j2, v]] = [place(Math.floor(n / size), rows), place(n % size, columns)];
    return (1 - u) * ((1 - v) * map[i * columns + j] + v * map[i * columns + j2]) + u * ((1 - v) * map[i2 * columns + j] + v * map[i2 * columns + j2]);
  });
  const methods = {
    gradient: { title: "Gradient", map: (x, k) => gradient(x, k) },
    gradient_times_input: { title: "Gradient × input", map: (x, k) => gradient(x, k).map((g, i) => g * x[i]) },
    integrated_gradients: { title: "Integrated gradients", map: (x, k) => {
      const steps = 32;
      const total = new Float64Array(size * size);
      for (let t = 0; t < steps; t++) gradient(x.map((v) => (v * (t + 0.5)) / steps), k).forEach((g, i) => { total[i] += g; });
      return total.map((g, i) => (g * x[i]) / steps);
    } },
    guided_backpropagation: { title: "Guided backpropagation", map: (x, k) => gradient(x, k, { guided: true }) },
    grad_cam: { title: "Grad-CAM", map: (x, k) => {
      const values = network.activations(layers, image(x));
      const maps = values[lastMaps];
      const [rows, columns, channels] = maps.shape;
      const slopes = gradient(x, k, { values, from: lastMaps });
      const cam = new Float64Array(rows * columns);
      for (let c = 0; c < channels; c++) {
        let mean = 0;
        for (let i = 0; i < cam.length; i++) mean += slopes[i * channels + c] / cam.length;
        for (let i = 0; i < cam.length; i++) cam[i] += mean * maps[i * channels + c];
      }
      return upsample(cam.map((v) => Math.max(v, 0)), rows, columns);
    } },
    occlusion: { title: "Occlusion", map: (x, k) => {
      const [side, stride] = [4, 2]; // size and stride of the window
      const score = network.scores(layers, image(x))[k];
      const [decrease, windows] = [new Float64Array(size * size), new Float64Array(size * size)];
      for (let i = 0; i <= size - side; i += stride) for (let j = 0; j <= size - side; j += stride) {
        const inside = [];
        for (let u = 0; u < side; u++) for (let v = 0; v < side; v++) inside.push((i + u) * size + j + v);
        const empty = inside.every((n) => x[n] === 0);
        const covered = Float64Array.from(x);
        inside.forEach((n) => { covered[n] = 0; });
        const loss = empty ? 0 : score - network.scores(layers, image(covered))[k];
        inside.forEach((n) => { decrease[n] += loss; windows[n] += 1; });
      }
      return decrease.map((v, n) => v / windows[n]);
    } },
  };
  if (!lastMaps) delete methods.grad_cam;

  // --- the pictures and the controls -------------------------------------------------------------------------------------------

  const settings = { digit: 0, kind: "noise", strength: 0.3, method: "integrated_gradients" }; // strength as a share of the most
  const original = layerwise.picture("Test digit", { class: "medium" });
  const corrupted = layerwise.picture("Corrupted", { class: "medium" });
  const map = layerwise.picture("Attribution map", { class: "medium" });
  const curve = layerwise.plot({ label: "Probability against strength", height: 220,
    x: { text: "strength", limits: [0, 1] }, y: { text: "probability", limits: [0, 1] } });
  const status = el("p", { class: "status", "aria-live": "polite" });

  const probabilities = (x) => network.softmax(network.scores(layers, image(x)));
  let courses = {}; // probabilities along the strength, by digit and corruption
  const draw = () => {
    const { title, axis, most, apply } = corruptions[settings.kind];
    const x = digit(settings.digit);
    const truth = data.labels[settings.digit];
    const spoiled = apply(x, settings.strength * most);
    const p = probabilities(spoiled);
    const predicted = network.argmax(p);
    const attribution = methods[settings.method].map(spoiled, predicted);
    layerwise.heatmap(original.canvas, x, size, size);
    layerwise.heatmap(corrupted.canvas, spoiled, size, size);
    layerwise.heatmap(map.canvas, attribution, size, size, { diverging: true, scale: layerwise.largest(attribution) });
    original.text.textContent = `Test digit: ${truth}`;
    corrupted.text.textContent = `Predicted: ${predicted} (${percent(p[predicted])})`;
    map.text.textContent = `${methods[settings.method].title}, score of ${predicted}`;
    const key = `${settings.digit} ${settings.kind}`;
    courses[key] ??= Array.from({ length: 25 }, (_, k) => probabilities(apply(x, (k / 24) * most)));
    const strengths = Array.from({ length: 25 }, (_, k) => (k / 24) * most);
    curve.x.text = axis;
    curve.axes([0, most], [0, 1.02]);
    const line = (k, color) => curve.path(strengths, courses[key].map((row) => row[k]), { stroke: color });
    curve.layer.replaceChildren(
      ...(predicted === truth ? [] : [line(predicted, "#d55e00")]), line(truth, "var(--blue)"),
      svg("line", { x1: curve.X(settings.strength * most), x2: curve.X(settings.strength * most), y1: 0, y2: 220, stroke: "var(--ink)", "stroke-dasharray": "3 3" }));
    curve.heading.textContent = predicted === truth ? `Probability of ${truth} (blue)` : `Probability of ${truth} (blue) and of ${predicted} (vermillion)`;
    const verdict = predicted === truth ? "correct" : `wrong: it is a ${truth}`;
    status.textContent = `${title}, ${strength.control.getAttribute("aria-valuetext")}: predicted ${predicted} with ${percent(p[predicted])}, ${verdict}.`;
    curve.drawing.setAttribute("aria-label", `Probability against the strength of the corruption. ${status.textContent}`);
    map.canvas.setAttribute("aria-label", `${map.text.textContent}; blue pixels raise the score, vermillion pixels lower it`);
  };
  let waiting = false;
  const change = (values) => {
    Object.assign(settings, values);
    if (waiting) return;
    waiting = true; // several changes between two frames are drawn once
    requestAnimationFrame(() => { waiting = false; draw(); });
  };

  const strength = layerwise.slider("Strength", { min: 0, max: 1, value: settings.strength, step: 0.02,
    show: (share) => short(share * corruptions[settings.kind].most) + corruptions[settings.kind].unit }, (share) => change({ strength: share }));
  const titles = (table) => Object.fromEntries(Object.entries(table).map(([name, { title }]) => [name, title]));
  const method = layerwise.select("Attribution", titles(methods), (name) => change({ method: name }));
  method.control.value = settings.method;
  stage.append(
    layerwise.row(
      layerwise.slider("Test digit", { min: 0, max: data.labels.length - 1, value: 0, step: 1, show: (n) => `${n + 1} of ${data.labels.length}` }, (n) => change({ digit: n })),
      layerwise.select("Corruption", titles(corruptions), (kind) => { settings.kind = kind; strength.assign(settings.strength); change({}); }),
      strength, method),
    status,
    el("div", { class: "parts" }, original, corrupted, map, curve));
  layerwise.onTheme(draw);

  return {
    corrupt: (kind, x, amount) => Array.from(corruptions[kind].apply(Float64Array.from(x), amount)),
    attribute: (name, x, k) => Array.from(methods[name].map(Float64Array.from(x), k)),
    settings: () => settings, status: () => status.textContent,
  };
};
