// Two inputs and a bias into one output: z = w1·x1 + w2·x2 + b.

const ON_THE_LINE = 1e-9; // decimal steps of 0.1 are not exact in binary

export const arithmetic = {
  linear: ({ w1, w2, b }, x1, x2) => w1 * x1 + w2 * x2 + b,
  ownSide: (z, label) => (label ? z > ON_THE_LINE : z < -ON_THE_LINE),
  count: (state, points) =>
    points.filter(([x1, x2, label]) => arithmetic.ownSide(arithmetic.linear(state, x1, x2), label))
      .length,
};

// The square cut by z > 0 (Sutherland and Hodgman): its corners, and the ends of the line.
function clip(state, low, high) {
  const square = [
    [low, low],
    [high, low],
    [high, high],
    [low, high],
  ];
  const corners = [];
  const ends = [];
  square.forEach((here, index) => {
    const there = square[(index + 1) % 4];
    const z = arithmetic.linear(state, ...here);
    const next = arithmetic.linear(state, ...there);
    if (z > 0) corners.push(here);
    if (z > 0 !== next > 0) {
      const t = z / (z - next);
      const cut = [0, 1].map((axis) => here[axis] + t * (there[axis] - here[axis]));
      corners.push(cut);
      ends.push(cut);
    }
  });
  return { corners, ends };
}

function summary(state, { points, show_bias: biased }, note) {
  const bias = biased ? ` ${signed(state.b)}` : "";
  const z = `z = ${decimal(state.w1)}·x1 ${signed(state.w2)}·x2${bias}`;
  return [z, note, verdict(state, points)].filter(Boolean).join(". ");
}

function verdict(state, points) {
  if (!points.length) return "";
  return `${arithmetic.count(state, points)} of ${points.length} points on their own side`;
}

function missing({ w1, w2, b }) {
  if (w1 === 0 && w2 === 0) return `w1 = w2 = 0: no line, z is ${decimal(b)} everywhere`;
  return "The line z = 0 is outside this picture";
}

const [LEFT, TOP, SIDE] = [36, 22, 306];

// The range of both axes, as the picture says it.
function range(root) {
  const { low, high } = parts(root).positive.parentNode.dataset;
  return [Number(low), Number(high)];
}

function drawPlane(root) {
  const { positive, boundary, arrow, grip, note } = parts(root);
  const [low, high] = range(root);
  const place = ([x, y]) => [
    LEFT + ((x - low) / (high - low)) * SIDE,
    TOP + ((high - y) / (high - low)) * SIDE,
  ];
  return (state) => {
    const { corners, ends } = clip(state, low, high);
    const shape = corners.map((corner) => place(corner).map(coordinate).join(",")).join(" ");
    set(positive, { points: shape });
    const display = ends.length ? null : "none";
    set(boundary, { display });
    set(grip, { display });
    set(arrow, { display });
    const said = ends.length ? "" : missing(state);
    say(note, said);
    if (said) return said;
    const [from, to] = ends.map(place);
    const [x1, y1, x2, y2] = [...from, ...to].map(coordinate);
    set(boundary, { x1, y1, x2, y2 });
    set(grip, { x1, y1, x2, y2 });
    const turn = (-Math.atan2(state.w2, state.w1) * 180) / Math.PI;
    const middle = [0, 1].map((axis) => coordinate((from[axis] + to[axis]) / 2));
    set(arrow, { transform: `translate(${middle.join(" ")}) rotate(${coordinate(turn)})` });
    const length = 14 + 11 * Math.hypot(state.w1, state.w2);
    set(arrow.children[0], { x2: coordinate(length - 8) });
    set(arrow.children[1], { d: `M${coordinate(length)} 0l-9 -4.5v9z` });
    return said;
  };
}

function drawConnections(root) {
  const connections = [...root.querySelectorAll("[data-connection]")];
  return (state) => {
    for (const connection of connections) {
      const key = connection.dataset.connection;
      const value = state[key];
      const sign = value === 0 ? "zero" : value > 0 ? "positive" : "negative";
      const width = coordinate(1 + 1.1 * Math.abs(value));
      set(connection.firstElementChild, { "data-sign": sign, "stroke-width": width });
      say(connection.querySelector("[data-label]"), ` = ${decimal(value)}`);
    }
  };
}

function drawPoints(root, points) {
  const marks = [...root.querySelectorAll("[data-point]")];
  const cells = points.map((_, index) => root.querySelector(`[data-part="z-${index}"]`));
  return (state) => {
    points.forEach(([x1, x2, label], index) => {
      const z = arithmetic.linear(state, x1, x2);
      set(marks[index], { "data-wrong": arithmetic.ownSide(z, label) ? null : "" });
      say(cells[index], decimal(z));
    });
  };
}

// Dragging the line sets the bias so that the line follows the pointer; the slider does the same.
function dragLine(root, state, change) {
  const [low, high] = range(root);
  const scale = (high - low) / SIDE;
  drag(parts(root).grip, (x, y) => {
    const here = [low + (x - LEFT) * scale, high - (y - TOP) * scale];
    const bias = -arithmetic.linear({ ...state(), b: 0 }, ...here);
    change("b", clamp(Math.round(bias * 10) / 10, -10, 10) + 0);
  });
}

function draw(root, fixed, change) {
  let present = {};
  if (fixed.show_bias) dragLine(root, () => present, change);
  const plane = drawPlane(root);
  const moving = [drawConnections(root), drawPoints(root, fixed.points)];
  const part = parts(root);
  return (state) => {
    present = state;
    const note = plane(state);
    for (const move of moving) move(state);
    say(part["eq-w1"], decimal(state.w1));
    say(part["eq-w2"], ` ${signed(state.w2)}`);
    say(part["eq-b"], ` ${signed(state.b)}`);
    say(part.count, verdict(state, fixed.points));
    const text = summary(state, fixed, note);
    say(part.description, text);
    return text;
  };
}

function controls({ show_bias: biased }) {
  const weight = { kind: "slider", min: -5, max: 5, step: 0.1 };
  const bias = { kind: "slider", key: "b", label: "b", min: -10, max: 10, step: 0.1 };
  const weights = ["w1", "w2"].map((key) => ({ ...weight, key, label: key }));
  return biased ? [...weights, bias] : weights;
}

export default widget({
  moves: ["w1", "w2", "b"],
  options: ["points", "show_bias"],
  controls,
  draw,
});
