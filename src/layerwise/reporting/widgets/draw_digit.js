// Draw a digit: trained networks classify the drawing, centered and scaled as the digits of MNIST are.
layerwise.widgets.draw_digit = (stage, data) => {
  const { el, svg, palette, percent, network } = layerwise;
  const size = 28;
  const networks = Object.entries(data.networks).map(([name, { title, layers }], i) =>
    ({ name, title, color: palette[i], layers: network.load(layers) }));
  const digits = layerwise.decode(data.digits);

  // --- from strokes to 28 × 28 pixels -------------------------------------------------------------------------------

  // Draw polylines with a round pen: each pixel is covered as far as its center is within `radius` of a line.
  const rasterize = (strokes, scale, dx, dy, radius = 1.2) => {
    const pixels = new Float64Array(size * size);
    for (const stroke of strokes) {
      const points = stroke.map(([x, y]) => [x * scale + dx, y * scale + dy]);
      for (let k = 0; k < Math.max(1, points.length - 1); k++) {
        const [[ax, ay], [bx, by]] = [points[k], points[k + 1] || points[k]];
        const length = (bx - ax) ** 2 + (by - ay) ** 2;
        const reach = radius + 1;
        const bounds = (p, q) => [Math.max(0, Math.floor(Math.min(p, q) - reach)), Math.min(size - 1, Math.ceil(Math.max(p, q) + reach))];
        const [[top, bottom], [left, right]] = [bounds(ay, by), bounds(ax, bx)];
        for (let i = top; i <= bottom; i++) for (let j = left; j <= right; j++) {
          const t = length ? Math.max(0, Math.min(1, ((j + 0.5 - ax) * (bx - ax) + (i + 0.5 - ay) * (by - ay)) / length)) : 0;
          const distance = Math.hypot(j + 0.5 - ax - t * (bx - ax), i + 0.5 - ay - t * (by - ay));
          const ink = Math.max(0, Math.min(1, radius + 0.5 - distance));
          if (ink > pixels[i * size + j]) pixels[i * size + j] = ink;
        }
      }
    }
    return pixels;
  };

  // As for MNIST (LeCun et al. 1998): scaled to fit a box of 20 × 20, its center of mass in the middle of 28 × 28.
  const normalize = (strokes) => {
    const points = strokes.flat();
    if (!points.length) return new Float64Array(size * size);
    const [xs, ys] = [0, 1].map((c) => points.map((p) => p[c]));
    const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
    const scale = Math.min(17.4 / Math.max(right - left, bottom - top), 100); // 20 pixels less the width of the pen
    const [dx, dy] = [size / 2 - (scale * (left + right)) / 2, size / 2 - (scale * (top + bottom)) / 2];
    const pixels = rasterize(strokes, scale, dx, dy);
    let [mass, x, y] = [0, 0, 0];
    pixels.forEach((ink, i) => { mass += ink; x += ink * ((i % size) + 0.5); y += ink * (Math.floor(i / size) + 0.5); });
    return rasterize(strokes, scale, dx + size / 2 - x / mass, dy + size / 2 - y / mass);
  };

  // --- the drawing --------------------------------------------------------------------------------------------------

  let strokes = [];
  let pixels = new Float64Array(size * size);
  let pen = { x: 0.5, y: 0.3, down: false, shown: false };
  let example = -1; // the test digit that is shown instead of a drawing
  const board = el("canvas", { class: "draggable board", width: 280, height: 280, tabindex: 0, role: "application",
    "aria-label": "Drawing board. Arrow keys move the pen, Space lowers or lifts it, Delete clears." });

  const paint = () => {
    if (example >= 0) return layerwise.heatmap(board, pixels, size, size);
    board.width = board.height = 280;
    const context = board.getContext("2d");
    const color = (name) => `rgb(${layerwise.rgb(name)})`;
    context.fillStyle = color("--paper");
    context.fillRect(0, 0, 280, 280);
    context.lineWidth = 20;
    context.lineCap = context.lineJoin = "round";
    context.strokeStyle = color("--ink");
    for (const stroke of strokes) {
      context.beginPath();
      stroke.forEach(([x, y], i) => (i ? context.lineTo(280 * x, 280 * y) : context.moveTo(280 * x, 280 * y)));
      if (stroke.length === 1) context.lineTo(280 * stroke[0][0], 280 * stroke[0][1]);
      context.stroke();
    }
    if (pen.shown) {
      context.lineWidth = 3;
      context.strokeStyle = color(pen.down ? "#d55e00" : "--blue");
      context.beginPath();
      context.arc(280 * pen.x, 280 * pen.y, 12, 0, 2 * Math.PI);
      context.stroke();
    }
  };

  const begin = (x, y) => {
    if (example >= 0) strokes = [];
    example = -1;
    strokes.push([[x, y]]);
  };
  let waiting = false;
  const drawn = () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => { waiting = false; pixels = example < 0 ? normalize(strokes) : pixels; show(); });
  };
  layerwise.drag(board, (event, first) => {
    const [x, y] = layerwise.position(event, board, 1, 1);
    pen.shown = false;
    if (first) begin(x, y);
    else strokes[strokes.length - 1].push([x, y]);
    status.setAttribute("aria-live", "off");
    drawn();
  }, () => { status.setAttribute("aria-live", "polite"); drawn(); });
  layerwise.arrows(board, (dx, dy) => {
    pen = { ...pen, shown: true, x: Math.max(0, Math.min(1, pen.x + dx / size)), y: Math.max(0, Math.min(1, pen.y - dy / size)) };
    if (pen.down) strokes[strokes.length - 1].push([pen.x, pen.y]);
    drawn();
  });
  board.addEventListener("keydown", (event) => {
    if (event.key === " ") {
      event.preventDefault();
      pen.shown = true;
      pen.down = !pen.down;
      if (pen.down) begin(pen.x, pen.y);
      drawn();
    } else if (event.key === "Delete" || event.key === "Backspace") {
      event.preventDefault();
      clear();
    }
  });
  board.addEventListener("focus", () => { pen.shown = board.matches(":focus-visible"); paint(); });
  board.addEventListener("blur", () => { pen = { ...pen, shown: false, down: false }; paint(); });

  const clear = () => {
    [strokes, example, pixels] = [[], -1, new Float64Array(size * size)];
    pen.down = false;
    show();
  };
  const load = (number) => {
    example = number;
    strokes = [];
    pixels = Float64Array.from(digits.subarray(size * size * number, size * size * (number + 1)), (v) => v / 255);
    show();
  };

  // --- what the networks make of it ---------------------------------------------------------------------------------

  const [width, height] = [300, 262];
  const bars = svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img" });
  const status = el("p", { class: "status", "aria-live": "polite" });
  const seen = layerwise.picture("Input, 28 × 28 pixels", { class: "small-picture" });
  const saliency = layerwise.picture("Saliency map", { class: "small-picture" });
  const maps = el("div", { class: "parts" });
  let chosen = networks[networks.length - 1];

  const showLayers = (values) => {
    const parts = [];
    chosen.layers.forEach((layer, i) => {
      const next = chosen.layers[i + 1]?.kind;
      if (layer.kind === "flatten" || ["relu", "tanh", "sigmoid", "scale"].includes(next)) return;
      const output = values[i + 1];
      const [image, rows, columns] = layerwise.tiles(output);
      const title = ["relu", "tanh", "sigmoid"].includes(layer.kind) ? `${chosen.layers[i - 1].title}, ${layer.title}` : layer.title;
      const part = layerwise.picture(output.shape.length > 1 ? `${title}: ${output.shape.join(" × ")}` : title);
      const diverging = i === chosen.layers.length - 1 || layer.kind === "tanh";
      layerwise.heatmap(part.canvas, image, rows, columns, { diverging, scale: layerwise.largest(output) });
      part.canvas.style.width = `${Math.min(432, columns * (output.shape.length === 1 ? 12 : columns > 120 ? 2 : columns > 60 ? 3 : 5))}px`;
      parts.push(part);
    });
    maps.replaceChildren(...parts);
  };

  const show = () => {
    const empty = !pixels.some((ink) => ink > 0);
    const x = network.tensor([size, size, 1], pixels);
    const results = networks.map((net) => {
      const values = network.activations(net.layers, x);
      const scores = values[values.length - 1];
      return { ...net, values, scores, p: network.softmax(scores), best: network.argmax(Array.from(scores)) };
    });
    paint();
    layerwise.heatmap(seen.canvas, pixels, size, size);
    const result = results.find((r) => r.name === chosen.name);
    const map = empty ? new Float64Array(size * size) : network.gradient(chosen.layers, x, result.best, { values: result.values });
    layerwise.heatmap(saliency.canvas, map, size, size, { diverging: true, scale: layerwise.largest(map) });
    saliency.text.textContent = empty ? "Saliency map" : `Saliency map: score of ${result.best}, ${chosen.name}`;
    showLayers(result.values);
    const title = example >= 0 ? `Test digit ${data.labels[example]}. ` : "";
    const words = results.map((r) => `${r.name}: ${r.best} (${percent(r.p[r.best])})`).join(" · ");
    status.textContent = empty ? "The board is empty." : title + words;
    bars.setAttribute("aria-label", empty ? "Class probabilities" : `Class probabilities. ${words}`);
    const row = height / 11;
    const column = (i) => width - 58 * (results.length - 1 - i);
    bars.replaceChildren(
      ...results.flatMap((r, i) => [
        svg("rect", { x: column(i) - 44, y: 5, width: 10, height: 10, fill: r.color }),
        svg("text", { x: column(i), y: 15, "text-anchor": "end" }, r.name),
      ]),
      ...Array.from({ length: 10 }, (_, k) => {
        const top = row * (k + 1);
        return svg("g", {},
          svg("text", { x: 0, y: top + 15 }, String(k)),
          ...results.flatMap((r, i) => {
            const p = empty ? 0 : r.p[k];
            const attributes = { x: column(i), y: top + 15, "text-anchor": "end", class: k === r.best && !empty ? "best" : "faint" };
            return [
              svg("rect", { x: 18, y: top + 3 + (i * (row - 6)) / results.length, width: Math.max(0.5, p * 150),
                height: (row - 7) / results.length, fill: r.color }),
              svg("text", attributes, empty ? "" : percent(p)),
            ];
          }));
      }));
  };

  const names = Object.fromEntries(networks.map((net) => [net.name, `${net.name}: ${net.title}`]));
  const select = layerwise.select("Layers of ", names, (name) => { chosen = networks.find((n) => n.name === name); show(); });
  select.control.value = chosen.name;
  stage.append(
    layerwise.row(
      layerwise.button("Clear", clear),
      layerwise.button("Next test digit", () => load((example + 1) % data.labels.length)),
      select),
    status,
    el("div", { class: "parts" }, board, el("div", { class: "bars" }, bars), el("div", { class: "parts small-pictures" }, seen, saliency)),
    el("p", { class: "finding" }, "Activations of each layer"),
    maps);
  load(Math.min(3, data.labels.length - 1));
  layerwise.onTheme(show);

  return {
    scores: (name, values) => Array.from(network.scores(networks.find((n) => n.name === name).layers, network.tensor([size, size, 1], values))),
    draw: (lines) => { example = -1; strokes = lines; pixels = normalize(lines); show(); return Array.from(pixels); },
    pixels: () => Array.from(pixels),
    status: () => status.textContent,
  };
};
