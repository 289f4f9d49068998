// Parallel coordinates: one line per trial, and a range on every axis that selects trials.
layerwise.widgets.parallel_coordinates = (stage, data) => {
  const { el, svg, fixed } = layerwise;
  const value = layerwise.decode(data.value);
  const encoded = layerwise.decode(data.positions); // 0 to 1 along each axis; −1 where a hyperparameter is not in use
  const count = value.length;
  const [lowest, highest] = [Math.min(...value), Math.max(...value)];
  const tidy = (text) => (Number.isFinite(Number(text)) ? layerwise.short(Number(text)) : text);
  const axes = [...data.axes.map(([name, ...ends]) => [name, ...ends.map(tidy)]), [data.objective, fixed(lowest), fixed(highest)]];
  const d = axes.length;
  const position = (trial, axis) => {
    if (axis === d - 1) return (value[trial] - lowest) / (highest - lowest || 1);
    const share = encoded[trial * (d - 1) + axis];
    return share < 0 ? null : share;
  };
  const full = () => Array.from({ length: d }, () => [0, 1]);
  let ranges = full();
  const slack = 1e-6; // positions are stored in single precision
  const selected = () => Array.from({ length: count }, (_, t) => t).filter((t) => ranges.every(([low, high], axis) => {
    if (low <= 0 && high >= 1) return true;
    const share = position(t, axis);
    return share !== null && share >= low - slack && share <= high + slack;
  }));

  // --- the drawing, lines once and their classes on every change -------------------------------------------------------------

  const [width, height, top, bottom] = [760, 320, 60, 280];
  const X = (axis) => 50 + (axis * (width - 100)) / (d - 1);
  const Y = (share) => bottom - share * (bottom - top);
  const sorted = Float64Array.from(value).sort();
  const best = sorted[Math.ceil(0.9 * (count - 1))]; // the best tenth is in color, as in the static figure
  const lines = Array.from({ length: count }, (_, t) => {
    const parts = [];
    for (let axis = 0; axis < d; axis++) {
      const share = position(t, axis);
      if (share === null) continue;
      const jitter = axis < d - 1 ? ((t * 0.618 + axis * 0.377) % 1 - 0.5) * 0.03 : 0; // separates equal choices
      parts.push(`${parts.length && position(t, axis - 1) !== null ? "L" : "M"}${X(axis).toFixed(1)} ${Y(share + jitter).toFixed(1)}`);
    }
    return svg("path", { d: parts.join(""), fill: "none", stroke: value[t] >= best ? "#d55e00" : "var(--blue)" });
  });
  const order = Array.from({ length: count }, (_, t) => t).sort((a, b) => value[a] - value[b]);
  const drawing = svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "group" }, svg("g", { class: "lines" }, ...order.map((t) => lines[t])));
  const status = el("p", { class: "status", "aria-live": "polite" });

  const bars = [];
  const handles = axes.map(([name, low, high], axis) => {
    const x = X(axis);
    const bar = svg("rect", { x: x - 5, width: 10, rx: 3, class: "range" });
    bars.push(bar);
    const zone = svg("rect", { x: x - 22, y: top - 8, width: 44, height: bottom - top + 16, fill: "transparent", class: "draggable" });
    let origin = 0;
    layerwise.drag(zone, (event, first) => {
      const share = Math.max(0, Math.min(1, (bottom - layerwise.position(event, drawing, width, height)[1]) / (bottom - top)));
      if (first) origin = share;
      ranges[axis] = [Math.min(origin, share), Math.max(origin, share)];
      update();
    }, () => { if (ranges[axis][1] - ranges[axis][0] < 0.01) { ranges[axis] = [0, 1]; update(); } }); // a click clears
    const two = ["lower", "upper"].map((which, end) => {
      const handle = svg("g", { tabindex: 0, role: "slider", "aria-label": `${name}, ${which} end of the range`, "aria-valuemin": 0,
        "aria-valuemax": 100, "aria-orientation": "vertical", class: "handle draggable" },
        svg("circle", { r: 13, fill: "transparent" }), svg("circle", { r: 6 }));
      const move = (share) => {
        const [a, b] = ranges[axis];
        ranges[axis] = end ? [a, Math.max(a, Math.min(1, share))] : [Math.max(0, Math.min(b, share)), b];
        update();
      };
      layerwise.drag(handle, (event) => move((bottom - layerwise.position(event, drawing, width, height)[1]) / (bottom - top)));
      layerwise.arrows(handle, (dx, dy) => move(ranges[axis][end] + (dx + dy) / 50));
      return handle;
    });
    drawing.append(
      svg("line", { x1: x, x2: x, y1: top, y2: bottom, stroke: "var(--ink)" }),
      svg("text", { x, y: top - 36, "text-anchor": "middle" }, name === data.objective ? "accuracy" : name),
      svg("text", { x, y: top - 16, "text-anchor": "middle", class: "faint" }, high),
      svg("text", { x, y: bottom + 26, "text-anchor": "middle", class: "faint" }, low),
      bar, zone, ...two);
    return two;
  });

  const median = (values) => {
    const ordered = [...values].sort((a, b) => a - b);
    const middle = Math.floor(ordered.length / 2);
    return ordered.length % 2 ? ordered[middle] : (ordered[middle - 1] + ordered[middle]) / 2;
  };
  const update = () => {
    const chosen = new Set(selected());
    lines.forEach((line, t) => line.setAttribute("class", chosen.has(t) ? "chosen" : "left-out"));
    ranges.forEach(([low, high], axis) => {
      layerwise.set(bars[axis], { y: Y(high), height: Y(low) - Y(high) });
      handles[axis].forEach((handle, end) => {
        const share = ranges[axis][end];
        layerwise.set(handle, { transform: `translate(${X(axis)} ${Y(share)})`, "aria-valuenow": Math.round(100 * share),
          "aria-valuetext": `${Math.round(100 * share)}% of the axis from ${axes[axis][1]} to ${axes[axis][2]}` });
      });
    });
    const values = [...chosen].map((t) => value[t]);
    const all = `all ${count} trials: median ${fixed(median(value))}, best ${fixed(highest)}`;
    status.textContent = (values.length
      ? `${values.length} ${values.length === 1 ? "trial" : "trials"} selected: ${data.objective} from ${fixed(Math.min(...values))} to ${fixed(Math.max(...values))}, median ${fixed(median(values))}`
      : "No trial selected") + ` (${all}).`;
    drawing.setAttribute("aria-label", `Parallel coordinates of the trials. ${status.textContent}`);
  };

  stage.append(
    layerwise.row(
      layerwise.button("Clear all ranges", () => { ranges = full(); update(); }),
      layerwise.button("Best tenth", () => { ranges = full(); ranges[d - 1] = [(best - lowest) / (highest - lowest || 1), 1]; update(); })),
    status,
    el("div", { class: "wide", tabindex: 0, role: "region", "aria-label": "Parallel coordinates, scroll sideways" }, drawing));
  update();

  return { select: (values) => { ranges = values; update(); return selected(); }, ranges: () => ranges, status: () => status.textContent };
};
