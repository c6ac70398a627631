// The logit curve z = ln(p / (1 - p)) with a point to drag, and the point's mirror image.

export const arithmetic = {
  // Near 1/2 a difference that loses no digits, as in SciPy's logit.
  logit: (p) =>
    p >= 0.3 && p <= 0.65
      ? Math.log1p(2 * (p - 0.5)) - Math.log1p(-2 * (p - 0.5))
      : Math.log(p / (1 - p)),
  sigmoid: (z) => (z >= 0 ? 1 / (1 + Math.exp(-z)) : Math.exp(z) / (1 + Math.exp(z))),
  odds: (z) => Math.exp(z),
  logOdds: (odds) => Math.log(odds),
};

const { logit, sigmoid } = arithmetic;
const [LIMIT, LEFT, TOP, SIDE, MOST_DECIMALS] = [8, 40, 24, 306, 6];
const AXES = { p: [-0.06, 1.06], z: [-8.5, 8.5] };

// ---- Words, as in logit_curve.py.

// How many decimals p has: the fewest with which ln(p / (1 - p)) = z is true as written.
function decimalsOf(z) {
  for (let digits = 2; digits < MOST_DECIMALS; digits += 1) {
    const p = Number(fixed(sigmoid(z), digits));
    if (p > 0 && p < 1 && fixed(logit(p), 2) === fixed(z, 2)) return digits;
  }
  return MOST_DECIMALS;
}

function shares(z) {
  const digits = decimalsOf(z);
  const p = fixed(sigmoid(z), digits);
  return [p, fixed(1 - Number(p), digits)];
}

// p with the most of its decimals that follow from z as written.
function sigmoidWritten(z) {
  const written = Number(fixed(z, 2).replace(MINUS, "-"));
  for (let digits = decimalsOf(z); digits > 2; digits -= 1) {
    const p = fixed(sigmoid(z), digits);
    if (fixed(sigmoid(written), digits) === p) return p;
  }
  return fixed(sigmoid(z), 2);
}

function equation(z, inverse) {
  if (inverse) return `1 / (1 + exp(${fixed(-z, 2)})) = ${sigmoidWritten(z)}`;
  return `ln(${shares(z).join(" / ")}) = ${fixed(z, 2)}`;
}

function threeDigits(value) {
  if (value >= 1000) return fixed(value, 0);
  const written = fixed(value, 2 - Math.trunc(Math.log10(value)));
  return written.includes(".") ? written.replace(/\.?0+$/, "") : written;
}

function ratio(odds) {
  return odds >= 1 ? `${threeDigits(odds)} : 1` : `1 : ${threeDigits(1 / odds)}`;
}

function summary(z) {
  const [p, other] = shares(z);
  const point = `Probability ${p}, odds ${ratio(arithmetic.odds(z))}, log-odds ${fixed(z, 2)}`;
  return `${point}. Mirrored: probability ${other}, log-odds ${fixed(-z, 2)}`;
}

// ---- The picture.

// Where the point with these log-odds stands.
function placer(inverse) {
  const share = (axis, value) => (value - AXES[axis][0]) / (AXES[axis][1] - AXES[axis][0]);
  return (z) => {
    const [across, up] = [share("p", sigmoid(z)), share("z", z)];
    const [x, y] = inverse ? [up, across] : [across, up];
    return [LEFT + x * SIDE, TOP + (1 - y) * SIDE];
  };
}

// Where a dragged point stops: at round probabilities where the curve is flat, else at round
// log-odds; so every stop is a few pixels from the next.
function stops() {
  const found = [];
  for (let hundredths = 7; hundredths <= 93; hundredths += 1) found.push(logit(hundredths / 100));
  for (let tenths = 27; tenths <= 10 * LIMIT; tenths += 1) found.push(tenths / 10, -tenths / 10);
  return found;
}

function dragPoint(root, place, change) {
  const places = stops().map((z) => [z, ...place(z)]);
  drag(parts(root).grip, (x, y) => {
    const far = places.map(([, left, top]) => Math.hypot(left - x, top - y));
    change("z", places[far.indexOf(Math.min(...far))][0]);
  });
}

function drawPoint(root, place) {
  const { point, grip, image, between, down, across } = parts(root);
  return (z) => {
    const [x, y] = place(z).map(coordinate);
    const [mirrorX, mirrorY] = place(-z).map(coordinate);
    for (const circle of [point, grip]) set(circle, { cx: x, cy: y });
    set(image, { cx: mirrorX, cy: mirrorY });
    set(between, { x1: x, y1: y, x2: mirrorX, y2: mirrorY });
    set(down, { x1: x, y1: y, x2: x });
    set(across, { x1: x, y1: y, y2: y });
  };
}

function drawPair(root) {
  const part = parts(root);
  return (z) => {
    const [p, other] = shares(z);
    const odds = arithmetic.odds(z);
    const values = { point: [p, ratio(odds), fixed(z, 2)] };
    values.mirrored = [other, ratio(1 / odds), fixed(-z, 2)];
    for (const [name, cells] of Object.entries(values)) {
      cells.forEach((cell, index) => {
        say(part[`${name}-${index}`], cell);
      });
    }
  };
}

function draw(root, { inverse }, change) {
  const part = parts(root);
  const place = placer(inverse);
  dragPoint(root, place, change);
  const moving = [drawPoint(root, place), drawPair(root)];
  return ({ z }) => {
    for (const move of moving) move(z);
    say(part.equation, equation(z, inverse));
    say(part.odds, `odds ${ratio(arithmetic.odds(z))}`);
    const text = summary(z);
    say(part.description, text);
    return text;
  };
}

// ---- Three rows for one trait: typed probabilities and odds become log-odds, and lose nothing.

function controls() {
  const row = { kind: "slider", key: "z" };
  const ends = [-LIMIT, LIMIT];
  const kept = (z) => clamp(z, ...ends);
  return [
    {
      ...row,
      name: "p",
      label: "p",
      spoken: "probability p",
      min: 0.01,
      max: 0.99,
      step: 0.01,
      limits: ends.map(sigmoid),
      of: sigmoid,
      to: (p) => kept(logit(p)),
      written: (p) => String(Number(p.toFixed(Math.max(4, decimalsOf(logit(p)))))),
    },
    {
      ...row,
      ...logarithmic,
      name: "odds",
      label: "odds",
      min: -3.45,
      max: 3.45,
      step: 0.05,
      grain: 0.1,
      limits: ends.map(arithmetic.odds),
      of: arithmetic.odds,
      to: (odds) => kept(arithmetic.logOdds(odds)),
      written: brief,
    },
    {
      ...row,
      label: "z",
      spoken: "log-odds z",
      min: -LIMIT,
      max: LIMIT,
      step: 0.1,
      limits: ends,
      written: briefly,
    },
  ];
}

export default widget({ moves: ["z"], options: ["inverse"], controls, draw });
