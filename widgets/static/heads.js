// One neuron with a head and a loss to choose, for points that are read as numbers or as labels.

// The form of 1 / (1 + exp(-z)) that never overflows.
const squash = (z) => (z >= 0 ? 1 / (1 + Math.exp(-z)) : Math.exp(z) / (1 + Math.exp(z)));

export const arithmetic = {
  output: ({ w, b, head }, x) => (head ? squash(w * x + b) : w * x + b),

  // The mean over rows [x, target]; NaN where it is not defined.
  loss(state, rows) {
    const term = state.loss ? entropy : squared;
    return rows.reduce((sum, [x, y]) => sum + term(state, x, y), 0) / rows.length;
  },
};

const squared = (state, x, y) => (y - arithmetic.output(state, x)) ** 2;

function entropy(state, x, y) {
  const z = state.w * x + state.b;
  if (state.head) return Math.max(z, 0) - z * y + Math.log1p(Math.exp(-Math.abs(z)));
  if (!(z > 0 && z < 1)) return NaN;
  return -(y * Math.log(z) + (1 - y) * Math.log(1 - z));
}

const [LIMIT, THRESHOLD, LEFT, TOP, SIDE, TALL, BENDS] = [5, 1.5, 36, 24, 320, 268, 80];
const FOOT = TOP + TALL;
const ACROSS = [-1.8, 2.2];
const UP = [
  [-0.6, 3.1],
  [-0.6, 1.6],
];
const LOSSES = ["squared error", "cross-entropy"];

const targetOf = (y, reading) => (reading ? Number(y > THRESHOLD) : y);

// ---- Words, as in heads.py; the verdicts are all in the page.

function equation({ w, b, head }) {
  const z = `${decimal(w)}·x ${signed(b)}`;
  return head ? `output = sigmoid(${z})` : `output = ${z}`;
}

function told({ loss }, cost, fit) {
  const lowest = fit ? `lowest ${fixed(Number(fit.dataset.cost), 3)}` : "no lowest";
  const present = Number.isNaN(cost) ? `no ${LOSSES[loss]}` : `${LOSSES[loss]} ${fixed(cost, 3)}`;
  return `${present}, ${lowest}`;
}

// ---- The picture.

const across = (x) => LEFT + ((x - ACROSS[0]) / (ACROSS[1] - ACROSS[0])) * SIDE;

function height(value, reading) {
  const [low, high] = UP[reading];
  return TOP + ((high - value) / (high - low)) * TALL;
}

// A piece of line cut by the top and the foot of the picture; null when nothing is left.
function within([x1, y1], [x2, y2]) {
  if (y1 === y2)
    return y1 >= TOP && y1 <= FOOT
      ? [
          [x1, y1],
          [x2, y2],
        ]
      : null;
  const ends = [(TOP - y1) / (y2 - y1), (FOOT - y1) / (y2 - y1)];
  const [start, end] = [Math.max(0, Math.min(...ends)), Math.min(1, Math.max(...ends))];
  if (start >= end) return null;
  const at = (t) => [x1 + t * (x2 - x1), y1 + t * (y2 - y1)];
  return [start === 0 ? [x1, y1] : at(start), end === 1 ? [x2, y2] : at(end)];
}

function curve(state) {
  const pieces = state.head ? BENDS : 1;
  const places = Array.from({ length: pieces + 1 }, (_, step) => {
    const x = ACROSS[0] + ((ACROSS[1] - ACROSS[0]) * step) / pieces;
    return [across(x), height(arithmetic.output(state, x), state.reading)];
  });
  let path = "";
  let pen = [];
  for (let index = 0; index < pieces; index += 1) {
    const piece = within(places[index], places[index + 1]);
    if (!piece) continue;
    const [from, to] = piece;
    if (from[0] !== pen[0] || from[1] !== pen[1]) path += `M${from.map(coordinate).join(" ")}`;
    path += `L${to.map(coordinate).join(" ")}`;
    pen = to;
  }
  return path || "M0 0";
}

function drawPoints(root, points) {
  const marks = [...root.querySelectorAll("[data-x]")];
  const sticks = [...root.querySelectorAll(".llb-stick")];
  return (state) => {
    const [low, high] = UP[state.reading];
    points.forEach(([x, y], index) => {
      const target = coordinate(height(targetOf(y, state.reading), state.reading));
      set(marks[index], { transform: `translate(${coordinate(across(x))} ${target})` });
      const end = height(clamp(arithmetic.output(state, x), low, high), state.reading);
      set(sticks[index], { y1: target, y2: coordinate(end) });
    });
  };
}

function drawWorked(root, points) {
  const part = parts(root);
  const shown = points.filter((_, index) => part[`target-${index}`]);
  return (state) => {
    shown.forEach(([x, y], index) => {
      say(part[`target-${index}`], decimal(targetOf(y, state.reading)));
      say(part[`output-${index}`], fixed(arithmetic.output(state, x), 2));
    });
  };
}

// Shows the axes, the dashed curve and the verdict of the present choice; gives the last two.
function chooser(root) {
  const axes = [...root.querySelectorAll("[data-axes]")];
  const fits = [...root.querySelectorAll("[data-fit]")];
  const verdicts = [...root.querySelectorAll("[data-verdict]")];
  return ({ reading, head, loss }) => {
    const choice = `${reading}${head}${loss}`;
    axes.forEach((group, index) => {
      set(group, { display: index === reading ? null : "none" });
    });
    for (const fit of fits) set(fit, { display: fit.dataset.fit === choice ? null : "none" });
    for (const line of verdicts) {
      set(line, { "data-on": line.dataset.verdict === choice ? "" : null });
    }
    return {
      fit: fits.find((fit) => fit.dataset.fit === choice),
      verdict: verdicts.find((line) => line.dataset.verdict === choice).textContent,
    };
  };
}

function draw(root) {
  const part = parts(root);
  const points = [...root.querySelectorAll("[data-x]")].map(({ dataset }) => [
    Number(dataset.x),
    Number(dataset.y),
  ]);
  const choose = chooser(root);
  const moving = [drawPoints(root, points), drawWorked(root, points)];
  return (state) => {
    const { fit, verdict } = choose(state);
    for (const move of moving) move(state);
    set(part.curve, { d: curve(state) });
    const rows = points.map(([x, y]) => [x, targetOf(y, state.reading)]);
    const line = told(state, arithmetic.loss(state, rows), fit);
    say(part.equation, equation(state));
    say(part.told, line);
    const text = `${equation(state)}, ${line}. ${verdict}`;
    say(part.description, text);
    return text;
  };
}

function controls() {
  const choice = { kind: "choice" };
  const row = { kind: "slider", min: -LIMIT, max: LIMIT, step: 0.1 };
  return [
    { ...choice, key: "reading", label: "read as", words: ["a number", "a label"] },
    { ...choice, key: "head", label: "head", words: ["none", "sigmoid"] },
    { ...choice, key: "loss", label: "loss", words: LOSSES },
    ...["w", "b"].map((key) => ({ ...row, key, label: key })),
  ];
}

export default widget({ moves: ["reading", "head", "loss", "w", "b"], controls, draw });
