// A recorded training run: where the logit is 0, the margin of each point and the loss, by epoch.

const ACTIVATIONS = { relu: (sum) => Math.max(0, sum), tanh: (sum) => Math.tanh(sum) };

export const arithmetic = {
  // The logit of one point; `parts` are kernel and bias of each layer in turn. Plain loops: a picture
  // asks for more than a thousand logits.
  logit(parts, activation, x1, x2) {
    let values = [x1, x2];
    for (let at = 0; at < parts.length; at += 2) {
      const [kernel, bias] = [parts[at], parts[at + 1]];
      const act = at + 2 < parts.length ? ACTIVATIONS[activation] : same;
      const sums = new Array(bias.length);
      for (let k = 0; k < bias.length; k += 1) {
        let sum = 0;
        for (let j = 0; j < values.length; j += 1) sum += values[j] * kernel[j][k];
        sums[k] = act(sum + bias[k]);
      }
      values = sums;
    }
    return values[0];
  },
  margin: (z, label) => (label ? z : -z),
  // The mean of ln(1 + exp(-margin)), which no margin makes overflow.
  loss(margins) {
    const costs = margins.map((m) => Math.max(-m, 0) + Math.log1p(Math.exp(-Math.abs(m))));
    return costs.reduce((sum, cost) => sum + cost, 0) / margins.length;
  },
};

const ON_THE_LINE = 1e-9; // decimal steps of 0.1 are not exact in binary
const [LEFT, TOP, SIDE, GRID] = [36, 22, 306, 36];
const [FROM, TO] = [36, 288];
const [LANE_TOP, LANE_FOOT, SPREAD] = [28, 126, 0.6180339887498949];
const [LOSS_TOP, LOSS_FOOT] = [186, 262];
const [WHOLE_RUN, BRIEFEST, LONGEST, JUMPS] = [8000, 40, 400, 10]; // milliseconds, but the last

const along = (value, low, high, begin, end) =>
  begin + ((value - low) / (high - low)) * (end - begin);

function marginsAt(epoch, { points, weights, activation }) {
  return points.map(([x1, x2, label]) =>
    arithmetic.margin(arithmetic.logit(weights[epoch], activation, x1, x2), label),
  );
}

// ---- The region where z > 0, in a grid of squares, as in training.py.

// A triangle cut by z > 0 (Sutherland and Hodgman): its corners, and the ends of the border.
function cut(corners) {
  const kept = [];
  const ends = [];
  corners.forEach(([x1, x2, z], index) => {
    const [nextX1, nextX2, next] = corners[(index + 1) % corners.length];
    if (z > 0) kept.push([x1, x2]);
    if (z > 0 !== next > 0) {
      const t = z / (z - next);
      const at = [x1 + t * (nextX1 - x1), x2 + t * (nextX2 - x2)];
      kept.push(at);
      ends.push(at);
    }
  });
  return { kept, ends };
}

// Walks along the rows: squares whose four corners are in the region, as one strip, and squares that
// the border cuts.
function walk(z, strip, halve) {
  const positive = (row, column) =>
    column < GRID &&
    (z[row][column] > 0) +
      (z[row][column + 1] > 0) +
      (z[row + 1][column] > 0) +
      (z[row + 1][column + 1] > 0);
  for (let row = 0; row < GRID; row += 1) {
    for (let column = 0; column < GRID; column += 1) {
      let end = column;
      while (positive(row, end) === 4) end += 1;
      if (end > column) strip(row, column, end);
      else if (positive(row, column)) halve(row, column);
      column = Math.max(column, end - 1);
    }
  }
}

// Places on the lines of the grid are written once: most corners of the region stand there.
function regions(logit, low, high) {
  const ticks = Array.from({ length: GRID + 1 }, (_, at) => low + (at / GRID) * (high - low));
  const z = ticks.map((x2) => ticks.map((x1) => logit(x1, x2)));
  const x = (x1) => coordinate(LEFT + ((x1 - low) / (high - low)) * SIDE);
  const y = (x2) => coordinate(TOP + ((high - x2) / (high - low)) * SIDE);
  const [across, up] = [ticks.map(x), ticks.map(y)];
  const open = (corners) => `M${corners.map(([x1, x2]) => `${x(x1)},${y(x2)}`).join("L")}`;
  let [shapes, borders] = ["", ""];
  const strip = (row, begin, end) => {
    const [left, right, foot, top] = [across[begin], across[end], up[row], up[row + 1]];
    shapes += `M${left},${foot}L${right},${foot}L${right},${top}L${left},${top}z`;
  };
  const halve = (row, column) => {
    const corner = (above, beside) => [
      ticks[column + beside],
      ticks[row + above],
      z[row + above][column + beside],
    ];
    const [a, b, c, d] = [corner(0, 0), corner(0, 1), corner(1, 1), corner(1, 0)];
    for (const triangle of [
      [a, b, c],
      [a, c, d],
    ]) {
      const { kept, ends } = cut(triangle);
      if (kept.length) shapes += `${open(kept)}z`;
      if (ends.length === 2) borders += open(ends);
    }
  };
  walk(z, strip, halve);
  return { shapes, borders };
}

// ---- The picture.

function drawPlane(root, { weights, activation }) {
  const { positive, border } = parts(root);
  const { low, high } = positive.parentNode.dataset;
  return ({ epoch }) => {
    const logit = (x1, x2) => arithmetic.logit(weights[epoch], activation, x1, x2);
    const { shapes, borders } = regions(logit, Number(low), Number(high));
    set(positive, { d: shapes });
    set(border, { d: borders });
  };
}

function drawMarks(root) {
  const part = parts(root);
  const { low, high } = part.margins.dataset;
  const onPlane = [...part.positive.ownerSVGElement.querySelectorAll(".llb-point")];
  const inLanes = [...part.margins.children];
  const lane = (index) => LANE_TOP + 7 + ((index * SPREAD) % 1) * (LANE_FOOT - LANE_TOP - 14);
  return (_, margins) =>
    margins.forEach((margin, index) => {
      const wrong = margin > ON_THE_LINE ? null : "";
      const x = along(margin, Number(low), Number(high), FROM, TO);
      const place = `translate(${coordinate(x)} ${coordinate(lane(index))}) scale(0.7)`;
      set(onPlane[index], { "data-wrong": wrong });
      set(inLanes[index], { "data-wrong": wrong, transform: place });
    });
}

function drawLoss(root, last) {
  const { now, dot } = parts(root);
  const high = Number(dot.dataset.high);
  return ({ epoch }, margins) => {
    const x = coordinate(along(epoch, 0, last, FROM, TO));
    const y = coordinate(along(arithmetic.loss(margins), 0, high, LOSS_FOOT, LOSS_TOP));
    set(now, { x1: x, x2: x });
    set(dot, { cx: x, cy: y });
  };
}

// ---- Playing. Whoever wants no motion gets a button that jumps a tenth of the run instead.

function player(root, last, change) {
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  const button = element("button", { type: "button", class: "llb-reset llb-play" });
  root.querySelector(".llb-row-reset").prepend(button);
  const jump = Math.ceil(last / JUMPS);
  let [timer, present, sent] = [0, 0, null];
  const label = () => say(button, timer ? "Pause" : calm.matches ? "Jump on" : "Play");
  const go = (epoch) => {
    sent = epoch;
    change("epoch", epoch);
  };
  const stop = () => {
    clearInterval(timer);
    timer = 0;
    label();
  };
  const tick = () => {
    if (root.isConnected && present < last) go(present + 1);
    if (!root.isConnected || present >= last) stop();
  };
  button.addEventListener("click", () => {
    if (timer) return stop();
    if (calm.matches) return go(present >= last ? 0 : Math.min(last, present + jump));
    go(present >= last ? 0 : present);
    timer = setInterval(tick, clamp(WHOLE_RUN / last, BRIEFEST, LONGEST));
    return label();
  });
  calm.addEventListener("change", stop);
  label();
  return ({ epoch }) => {
    present = epoch;
    if (timer && epoch !== sent) stop(); // somebody else moved it
  };
}

// ---- Words, as in training.py.

function draw(root, run, change) {
  const { points, weights } = run;
  const last = weights.length - 1;
  const part = parts(root);
  const moving = [drawPlane(root, run), drawMarks(root), drawLoss(root, last)];
  moving.push(player(root, last, change));
  return (state) => {
    const margins = marginsAt(state.epoch, run);
    for (const move of moving) move(state, margins);
    const right = margins.filter((margin) => margin > ON_THE_LINE).length;
    const reading = `Epoch ${state.epoch} of ${last}, loss ${fixed(arithmetic.loss(margins), 3)}`;
    const count = `${right} of ${points.length} points on their own side`;
    say(part.reading, reading);
    say(part.count, count);
    const [low, high] = [Math.min(...margins), Math.max(...margins)].map(decimal);
    const text = `${reading}. ${count}. Margins from ${low} to ${high}`;
    say(part.description, text);
    return text;
  };
}

function controls({ weights }) {
  const max = weights.length - 1;
  return [{ kind: "slider", key: "epoch", label: "epoch", upright: true, min: 0, max, step: 1 }];
}

export default widget({
  moves: ["epoch"],
  options: ["points", "weights", "activation"],
  controls,
  draw,
});
