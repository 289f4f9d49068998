// Trained networks: the forward pass and the gradient of a score with respect to the input, as in layerwise.nn.
// A tensor is a Float64Array with a `shape`: (features,) or (height, width, channels), without the batch axis.
layerwise.network = (() => {
  const tensor = (shape, values) => {
    const data = values ? Float64Array.from(values) : new Float64Array(shape.reduce((a, b) => a * b, 1));
    return Object.assign(data, { shape });
  };

  // Output size and zeros before the first pixel along one axis; an extra zero goes to the end, as in TensorFlow.
  const geometry = (length, size, stride, padding) => {
    if (padding === "valid") return [Math.floor((length - size) / stride) + 1, 0];
    const outputs = Math.ceil(length / stride);
    return [outputs, Math.floor(Math.max(0, (outputs - 1) * stride + size - length) / 2)];
  };

  // Call `visit(output, input, weight)` with the offsets of every pixel (i, j) and pixel of its window.
  const windows = ([h, w], [kh, kw], [sh, sw], padding, visit) => {
    const [rows, top] = geometry(h, kh, sh, padding);
    const [columns, left] = geometry(w, kw, sw, padding);
    for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) {
      for (let u = 0; u < kh; u++) for (let v = 0; v < kw; v++) {
        const [p, q] = [i * sh + u - top, j * sw + v - left];
        if (p >= 0 && p < h && q >= 0 && q < w) visit(i * columns + j, p * w + q, u * kw + v);
      }
    }
    return [rows, columns];
  };

  const sizes = (layer, [h, w]) => [0, 1].map((axis) =>
    geometry([h, w][axis], (layer.size || layer.kernel.shape)[axis], layer.strides[axis], layer.padding || "valid")[0]);

  const elementwise = (f, slope) => ({
    forward: (layer, x) => tensor(x.shape, x.map(f)),
    backward: (layer, dy, x, y) => tensor(x.shape, dy.map((d, i) => d * slope(y[i]))),
  });

  // backward(layer, dy, x, y) returns the gradient at the input x, given that at the output y.
  const kinds = {
    flatten: {
      forward: (layer, x) => tensor([x.length], x),
      backward: (layer, dy, x) => tensor(x.shape, dy),
    },
    relu: elementwise((z) => Math.max(z, 0), (y) => (y > 0 ? 1 : 0)),
    tanh: elementwise(Math.tanh, (y) => 1 - y * y),
    sigmoid: elementwise((z) => 1 / (1 + Math.exp(-z)), (y) => y * (1 - y)),
    scale: {
      forward: ({ factor, shift }, x) => tensor(x.shape, x.map((v, i) => v * factor[i % factor.length] + shift[i % factor.length])),
      backward: ({ factor }, dy, x) => tensor(x.shape, dy.map((d, i) => d * factor[i % factor.length])),
    },
    dense: {
      forward({ kernel, bias }, x) {
        const y = tensor([bias.length], bias);
        for (let i = 0; i < x.length; i++) {
          if (x[i]) for (let j = 0; j < y.length; j++) y[j] += x[i] * kernel[i * y.length + j];
        }
        return y;
      },
      backward({ kernel }, dy, x) {
        const dx = tensor(x.shape);
        for (let i = 0; i < x.length; i++) for (let j = 0; j < dy.length; j++) dx[i] += dy[j] * kernel[i * dy.length + j];
        return dx;
      },
    },
    conv2d: {
      forward(layer, x) {
        const { kernel, bias, strides, padding } = layer;
        const [kh, kw, channels, filters] = kernel.shape;
        const y = tensor([...sizes(layer, x.shape), filters]);
        for (let i = 0; i < y.length; i++) y[i] = bias[i % filters];
        windows(x.shape, [kh, kw], strides, padding, (to, from, tap) => {
          for (let c = 0; c < channels; c++) {
            const value = x[from * channels + c];
            const weights = (tap * channels + c) * filters;
            if (value) for (let f = 0; f < filters; f++) y[to * filters + f] += value * kernel[weights + f];
          }
        });
        return y;
      },
      backward({ kernel, strides, padding }, dy, x) {
        const [kh, kw, channels, filters] = kernel.shape;
        const dx = tensor(x.shape);
        windows(x.shape, [kh, kw], strides, padding, (to, from, tap) => {
          for (let c = 0; c < channels; c++) {
            const weights = (tap * channels + c) * filters;
            let sum = 0;
            for (let f = 0; f < filters; f++) sum += dy[to * filters + f] * kernel[weights + f];
            dx[from * channels + c] += sum;
          }
        });
        return dx;
      },
    },
    maxpool: {
      forward(layer, x) {
        const channels = x.shape[2];
        const y = tensor([...sizes(layer, x.shape), channels]).fill(-Infinity);
        windows(x.shape, layer.size, layer.strides, "valid", (to, from) => {
          for (let c = 0; c < channels; c++) {
            y[to * channels + c] = Math.max(y[to * channels + c], x[from * channels + c]);
          }
        });
        return y;
      },
      backward(layer, dy, x, y) { // to the first maximum of each window
        const channels = x.shape[2];
        const dx = tensor(x.shape);
        const given = new Uint8Array(y.length);
        windows(x.shape, layer.size, layer.strides, "valid", (to, from) => {
          for (let c = 0; c < channels; c++) {
            const [o, i] = [to * channels + c, from * channels + c];
            if (!given[o] && x[i] === y[o]) { dx[i] += dy[o]; given[o] = 1; }
          }
        });
        return dx;
      },
    },
  };

  // Decode the layers of `layers` in network.py.
  const load = (layers) => layers.map((layer) => Object.fromEntries(
    Object.entries(layer).map(([key, value]) => [key, value?.bytes === undefined ? value : layerwise.decode(value)])));

  // Return the input and the output of every layer.
  const activations = (layers, x) => layers.reduce(
    (values, layer) => [...values, kinds[layer.kind].forward(layer, values[values.length - 1])], [x]);

  const scores = (layers, x) => activations(layers, x).pop();

  // Return the gradient of the score of class k with respect to the input, or to the output of the first `from` layers.
  // With `guided`, every ReLU passes back positive gradients only.
  const gradient = (layers, x, k, { values = activations(layers, x), from = 0, guided = false } = {}) => {
    let dy = tensor(values[layers.length].shape);
    dy[k] = 1;
    for (let i = layers.length - 1; i >= from; i--) {
      if (guided && layers[i].kind === "relu") dy = tensor(dy.shape, dy.map((d) => Math.max(d, 0)));
      dy = kinds[layers[i].kind].backward(layers[i], dy, values[i], values[i + 1]);
    }
    return dy;
  };

  const softmax = (z) => {
    const most = Math.max(...z);
    const powers = Array.from(z, (v) => Math.exp(v - most));
    const total = powers.reduce((a, b) => a + b);
    return powers.map((v) => v / total);
  };
  const argmax = (values) => values.indexOf(Math.max(...values));

  return { tensor, load, activations, scores, gradient, softmax, argmax };
})();
