// Decision threshold and temperature: what they do to the confusion matrix, the ROC point and the reliability diagram.
layerwise.widgets.threshold = (stage, data) => {
  const { el, svg, percent, fixed } = layerwise;
  const BINS = 15; // as in layerwise.evaluation.metrics
  const sets = data.predictions.map((set) => ({ ...set, score: layerwise.decode(set.score), y: layerwise.decode(set.y) }));
  const settings = { set: 0, threshold: 0.5, temperature: 1 };
  const sigmoid = (z) => (z >= 0 ? 1 / (1 + Math.exp(-z)) : Math.exp(z) / (1 + Math.exp(z)));

  // Return the counts at a threshold on the probability of the positive class at a temperature.
  const confusion = ({ score, y }, threshold, temperature) => {
    const counts = { tp: 0, fp: 0, fn: 0, tn: 0 };
    score.forEach((z, i) => {
      const alarm = sigmoid(z / temperature) >= threshold;
      counts[y[i] ? (alarm ? "tp" : "fn") : alarm ? "fp" : "tn"] += 1;
    });
    return counts;
  };
  // Return the points of the ROC curve, one for each distinct score.
  const roc = ({ score, y }) => {
    const order = Array.from(score.keys()).sort((a, b) => score[b] - score[a]);
    const positives = y.reduce((a, b) => a + b, 0);
    const points = [[0, 0]];
    let [tp, fp] = [0, 0];
    order.forEach((i, k) => {
      if (y[i]) tp += 1; else fp += 1;
      if (score[order[k + 1]] !== score[i]) points.push([fp / (y.length - positives), tp / positives]);
    });
    return points;
  };
  // Return accuracy, mean confidence and share of the predictions in bins of confidence, with ECE and log loss.
  const reliability = ({ score, y }, temperature) => {
    const bins = Array.from({ length: BINS }, () => ({ count: 0, correct: 0, confidence: 0 }));
    let loss = 0;
    score.forEach((z, i) => {
      const p = sigmoid(z / temperature);
      const confidence = Math.max(p, 1 - p);
      const bin = bins[Math.max(0, Math.min(BINS - 1, Math.ceil(confidence * BINS) - 1))];
      bin.count += 1;
      bin.confidence += confidence;
      bin.correct += (p > 0.5) === (y[i] === 1);
      const t = z / temperature;
      loss += Math.max(t, 0) + Math.log1p(Math.exp(-Math.abs(t))) - t * y[i];
    });
    const ece = bins.reduce((sum, b) => sum + Math.abs(b.correct - b.confidence), 0) / y.length;
    return { bins: bins.filter((b) => b.count), ece, loss: loss / y.length };
  };

  const curve = layerwise.plot({ label: "ROC curve", height: 290, finding: "ROC curve",
    x: { text: "false positive rate", limits: [-0.03, 1.03] }, y: { text: "true positive rate (recall)", limits: [-0.03, 1.04] } });
  const diagram = layerwise.plot({ label: "Reliability diagram", height: 290, finding: "Reliability diagram",
    x: { text: "confidence", limits: [0.45, 1.05] }, y: { text: "accuracy in the bin", limits: [-0.03, 1.06] } });
  const matrix = el("table", { class: "confusion" });
  const status = el("p", { class: "status", "aria-live": "polite" });

  const draw = () => {
    const set = sets[settings.set];
    const [negative, positive] = set.classes;
    const { tp, fp, fn, tn } = confusion(set, settings.threshold, settings.temperature);
    const { bins, ece, loss } = reliability(set, settings.temperature);
    const cell = (count, row, right) => {
      const strength = Math.round(85 * Math.sqrt(count / Math.max(row, 1)));
      const color = right ? "var(--blue)" : "#d55e00";
      return el("td", { style: `background: color-mix(in srgb, ${color} ${strength}%, transparent)`, class: strength > 55 ? "full" : null }, String(count));
    };
    matrix.replaceChildren(
      el("caption", {}, "Confusion matrix (rows: true class)"),
      el("thead", {}, el("tr", {}, el("td"), ...[negative, positive].map((c) => el("th", { scope: "col" }, c)))),
      el("tbody", {},
        el("tr", {}, el("th", { scope: "row" }, negative), cell(tn, tn + fp, true), cell(fp, tn + fp, false)),
        el("tr", {}, el("th", { scope: "row" }, positive), cell(fn, tp + fn, false), cell(tp, tp + fn, true))));
    const [fpr, tpr] = [fp / (fp + tn), tp / (tp + fn)];
    const points = roc(set);
    curve.layer.replaceChildren(
      curve.path([0, 1], [0, 1], { stroke: "var(--muted)", "stroke-dasharray": "4 3" }),
      curve.path(points.map((p) => p[0]), points.map((p) => p[1]), { stroke: "var(--blue)" }),
      svg("circle", { cx: curve.X(fpr), cy: curve.Y(tpr), r: 6, fill: "#d55e00", stroke: "var(--paper)", "stroke-width": 1.5 }));
    diagram.layer.replaceChildren(
      diagram.path([0, 1], [0, 1], { stroke: "var(--muted)", "stroke-dasharray": "4 3" }),
      ...bins.flatMap((b) => {
        const [confidence, accuracy] = [b.confidence / b.count, b.correct / b.count];
        return [
          diagram.path([confidence, confidence], [confidence, accuracy], { stroke: "#d55e00" }),
          svg("circle", { cx: diagram.X(confidence), cy: diagram.Y(accuracy), r: 3 + 9 * Math.sqrt(b.count / set.y.length), fill: "var(--blue)" }),
        ];
      }));
    const precision = tp + fp ? percent(tp / (tp + fp)) : "not defined";
    const words = `Recall of ${positive} ${percent(tpr)}, precision ${precision}, false positive rate ${percent(fpr)}, accuracy ${percent((tp + tn) / set.y.length)}.`;
    const calibration = `Expected calibration error ${fixed(100 * ece, 1)} points, log loss ${fixed(loss, 3)}.`;
    status.textContent = `${words} ${calibration}`;
    curve.drawing.setAttribute("aria-label", `ROC curve. ${words}`);
    diagram.drawing.setAttribute("aria-label", `Reliability diagram. ${calibration}`);
  };
  const change = (values) => { Object.assign(settings, values); draw(); };

  const names = Object.fromEntries(sets.map((set, i) => [i, set.title]));
  stage.append(
    layerwise.row(
      layerwise.select("Predictions", names, (i) => change({ set: Number(i) })),
      layerwise.slider("Threshold", { min: 0.01, max: 0.99, value: 0.5, step: 0.01 }, (threshold) => change({ threshold })),
      layerwise.slider("Temperature T", { min: 0.1, max: 20, value: 1, log: true }, (temperature) => change({ temperature }))),
    status,
    matrix,
    el("div", { class: "parts" }, curve, diagram));
  draw();

  return {
    confusion: (set, threshold, temperature) => confusion(sets[set], threshold, temperature),
    reliability: (set, temperature) => reliability(sets[set], temperature),
    roc: (set) => roc(sets[set]),
    status: () => status.textContent,
  };
};
