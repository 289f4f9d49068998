// Kernel editor: the output of a 3 × 3 kernel (a cross-correlation), as of layerwise.nn.Conv2D.
layerwise.widgets.kernel_editor = (stage, data) => {
  const { el, fixed, short } = layerwise;
  const pixels = layerwise.decode(data.picture);
  const [height, width] = pixels.shape;
  const picture = Float64Array.from(pixels, (v) => v / 255);
  const names = Object.keys(data.kernels);
  const settings = { kernel: [...data.kernels[names[names.length - 1]]], stride: 1, padding: "valid" };
  let at = [0, 0]; // the output pixel that is explained

  // Outputs and zeros before the first pixel along an axis; an extra zero goes to the end, as in TensorFlow.
  const geometry = (length, { stride, padding }) => {
    if (padding === "valid") return { count: Math.floor((length - 3) / stride) + 1, before: 0 };
    const count = Math.ceil(length / stride);
    return { count, before: Math.floor(Math.max(0, (count - 1) * stride + 3 - length) / 2) };
  };
  const pixel = (i, j) => (i >= 0 && i < height && j >= 0 && j < width ? picture[i * width + j] : 0);
  // Return the nine pixels under the kernel for output (i, j).
  const windowOf = (i, j, rows, columns, stride) => Array.from({ length: 9 }, (_, k) =>
    pixel(i * stride - rows.before + Math.floor(k / 3), j * stride - columns.before + (k % 3)));
  const convolve = (options) => {
    const [rows, columns] = [geometry(height, options), geometry(width, options)];
    const output = new Float64Array(rows.count * columns.count);
    for (let i = 0; i < rows.count; i++) for (let j = 0; j < columns.count; j++) {
      const patch = windowOf(i, j, rows, columns, options.stride);
      for (let k = 0; k < 9; k++) output[i * columns.count + j] += patch[k] * options.kernel[k];
    }
    return { rows, columns, output };
  };

  const scale = 4; // canvas pixels per pixel of the picture
  const before = layerwise.picture("Input", { class: "photo" });
  const after = layerwise.picture("Output", { class: "photo draggable", tabindex: 0 });
  after.canvas.setAttribute("role", "application");
  const products = el("table", { class: "products" });
  const status = el("p", { class: "status", "aria-live": "polite" });
  const small = el("canvas");

  let result;
  // Paint an image enlarged, with a frame around a rectangle of it.
  const paint = (canvas, values, rows, columns, enlarged, frame, options) => {
    layerwise.heatmap(small, values, rows, columns, options);
    canvas.width = columns * enlarged;
    canvas.height = rows * enlarged;
    const context = canvas.getContext("2d");
    context.imageSmoothingEnabled = false;
    context.drawImage(small, 0, 0, canvas.width, canvas.height);
    for (const [color, lineWidth] of [["#ffffff", 5], ["#d55e00", 2.5]]) {
      context.strokeStyle = color;
      context.lineWidth = lineWidth;
      context.strokeRect(...frame.map((v) => v * enlarged));
    }
  };
  const explain = () => {
    const { rows, columns, output } = result;
    const { stride, kernel } = settings;
    at = [Math.max(0, Math.min(rows.count - 1, at[0])), Math.max(0, Math.min(columns.count - 1, at[1]))];
    const [i, j] = at;
    const value = output[i * columns.count + j];
    const zeroSum = Math.abs(kernel.reduce((a, b) => a + b, 0)) < 1e-9;
    paint(before.canvas, picture, height, width, scale, [j * stride - columns.before, i * stride - rows.before, 3, 3], { photo: true });
    paint(after.canvas, output, rows.count, columns.count, scale * stride, [j - 1, i - 1, 3, 3], zeroSum ? { diverging: true, scale: 0.5 } : { photo: true });
    before.text.textContent = `Input: ${height} × ${width} pixels, gray levels from 0 (black) to 1 (white)`;
    after.text.textContent = `Output: ${rows.count} × ${columns.count} pixels` + (zeroSum ? ", blue positive, vermillion negative" : "");
    after.canvas.setAttribute("aria-label", `Output of the kernel. Arrow keys choose a pixel; row ${i + 1}, column ${j + 1} is ${fixed(value)}.`);
    const patch = windowOf(i, j, rows, columns, stride);
    products.replaceChildren(el("caption", {}, `Pixel × weight, output row ${i + 1}, column ${j + 1}`), ...[0, 1, 2].map((r) => el("tr", {}, ...[0, 1, 2].map((c) =>
      el("td", {}, `${fixed(patch[3 * r + c], 2)} × ${short(kernel[3 * r + c])}`, el("br"), el("strong", {}, fixed(patch[3 * r + c] * kernel[3 * r + c])))))));
    status.textContent = `The nine products sum to ${fixed(value)}.`;
  };
  const update = () => { result = convolve(settings); explain(); };

  const choose = (event) => {
    const { rows, columns } = result;
    const [x, y] = layerwise.position(event, after.canvas, columns.count, rows.count);
    at = [Math.floor(y), Math.floor(x)];
    explain();
  };
  after.canvas.addEventListener("pointermove", choose);
  after.canvas.addEventListener("pointerdown", choose);
  layerwise.arrows(after.canvas, (dx, dy) => { at = [at[0] - dy, at[1] + dx]; explain(); });

  const weights = settings.kernel.map((value, k) => {
    const label = layerwise.number("", { value: Number(value.toFixed(4)), step: 0.25 }, (v) => { settings.kernel[k] = v; preset.control.value = ""; update(); });
    label.control.setAttribute("aria-label", `Weight in row ${Math.floor(k / 3) + 1}, column ${(k % 3) + 1}`);
    return label;
  });
  const preset = layerwise.select("Kernel", { "": "your own", ...Object.fromEntries(names.map((name) => [name, name])) }, (name) => {
    if (!name) return;
    settings.kernel = [...data.kernels[name]];
    weights.forEach((label, k) => { label.control.value = Number(settings.kernel[k].toFixed(4)); });
    update();
  });
  preset.control.value = names[names.length - 1];
  stage.append(
    layerwise.row(
      preset,
      layerwise.slider("Stride", { min: 1, max: 4, value: 1, step: 1 }, (stride) => { settings.stride = stride; update(); }),
      layerwise.select("Padding", { valid: "valid (none)", same: "same (zeros)" }, (padding) => { settings.padding = padding; update(); })),
    el("div", { class: "parts" }, before, after,
      el("div", { role: "group", "aria-label": "Weights of the kernel" }, el("p", { class: "finding" }, "Weights"), el("div", { class: "weights" }, ...weights)),
      el("div", {}, products, status)));
  result = convolve(settings);
  const strongest = result.output.indexOf(Math.max(...result.output));
  at = [Math.floor(strongest / result.columns.count), strongest % result.columns.count];
  layerwise.onTheme(explain);

  return {
    convolve: (options) => { const { rows, columns, output } = convolve(options); return [rows.count, columns.count, Array.from(output)]; },
    at: () => at, status: () => status.textContent, kernel: () => settings.kernel,
  };
};
