// One label's loss and its gradient against the logit: by hand, as Keras clips it, and fused.

const [SMALLEST, SATURATED, EPSILON] = [2 ** -126, 16.635532, 1e-7];

// Each step is rounded by `to`, as in _cross_entropy.py: `single` is TensorFlow's float32, which
// flushes what is too small for a normal number; any other function stands for float64.
// `e` and `p` may be given where TensorFlow's own exponential or sigmoid is to be continued.
export const arithmetic = {
  single(value) {
    const rounded = Math.fround(value);
    return Math.abs(rounded) < SMALLEST ? rounded * 0 : rounded;
  },
  exp: (z, to) => to(Math.exp(to(z))),
  sigmoid(z, to) {
    if (to === arithmetic.single && z >= SATURATED) return 1;
    const e = arithmetic.exp(z, to);
    return to(e / to(1 + e));
  },
  hand(z, y, to, e = arithmetic.exp(-z, to)) {
    const d = to(1 + e);
    const p = to(1 / d);
    const chance = y ? p : to(1 - p);
    const slope = to(1 / chance) * (y ? -1 : 1);
    const back = to(slope * to(to(-1 / d) / d)); // through p = 1 / d
    return { loss: to(-Math.log(chance)), gradient: -to(back * e) };
  },
  clipped(z, y, to, p = arithmetic.sigmoid(z, to)) {
    const kept = clamp(p, to(EPSILON), to(1 - EPSILON));
    const chance = y ? kept : to(1 - kept);
    const slope = p === kept ? to(1 / chance) * (y ? -1 : 1) : 0;
    return { loss: to(-Math.log(chance)), gradient: to(slope * to(p * to(1 - p))) };
  },
  fused(logit, y, to) {
    const z = to(logit);
    const e = arithmetic.exp(-Math.abs(z), to);
    const share = to(to(1 / to(1 + e)) * e); // the sigmoid of -|z|
    const upper = z >= 0;
    const loss = to(to((upper ? z : 0) - z * y) + to(Math.log1p(e)));
    return { loss, gradient: to((upper ? 1 : 0) - y + (upper ? -share : share)) };
  },
};

const { single } = arithmetic;
const FORMS = ["hand", "clipped", "fused"];
const compute = (form, z, y) => arithmetic[form](z, y, single);

const [LIMIT, LEFT, WIDE, REACH, LANE] = [100, 40, 318, 105, 15];
const PANELS = {
  loss: { top: 44, foot: 184, low: -4, high: 104 },
  gradient: { top: 240, foot: 340, low: -1.12, high: 1.12 },
};
const FIELDS = Object.keys(PANELS);
const NAMES = { hand: "By hand, from p", clipped: "Keras, from p", fused: "Fused" };

// ---- Words, as in losses.py.

// A number with four significant digits, or as a power of ten; also inf and nan.
function short(value) {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value < 0 ? `${MINUS}inf` : "inf";
  if (value && !(Math.abs(value) >= 0.001 && Math.abs(value) < 1000)) {
    const [mantissa, power] = value.toExponential(11).split("e");
    return `${fixed(Number(mantissa), 2)}e${Number(power)}`.replace("-", MINUS);
  }
  return fixed(value, 3 - (value ? Math.floor(Math.log10(Math.abs(value))) : 3));
}

function equation({ z, y }) {
  const gradient = short(compute("fused", z, y).gradient);
  return `p ${MINUS} y = ${short(arithmetic.sigmoid(z, single))} ${MINUS} ${y} = ${gradient}`;
}

function handNote(z, y, { hand, fused }) {
  const overflows = arithmetic.exp(-z, single) === Infinity;
  const lost = overflows ? `exp(${fixed(-z, 1)}) is inf` : "p is rounded to 0";
  if (hand.loss === Infinity) {
    return `${y ? lost : "p is rounded to 1"}, and ${MINUS}log(0) is inf`;
  }
  if (Number.isNaN(hand.gradient)) return `${lost}, and the gradient inf \u00b7 0 is nan`;
  if (hand.loss === 0 && fused.loss !== 0) {
    return `${y ? "p" : `1 ${MINUS} p`} is rounded to 1, so the loss is 0`;
  }
  return compared(hand, fused);
}

function clippedNote({ clipped, fused }) {
  if (clipped.gradient) return compared(clipped, fused);
  return `clipped, the loss stops at ${short(clipped.loss)}, the gradient is 0`;
}

// How far the worse of loss and gradient is off, against the fused form.
function compared(step, exact) {
  const [loss, gradient] = FIELDS.map((field) => off(step[field], exact[field]));
  const [worse, far] = gradient > loss ? ["gradient", gradient] : ["loss", loss];
  if (far < 0.01) return "agrees with the fused form";
  const written = far < 10 ? `${fixed(100 * far, 0)}%` : "more than 1000%";
  return `rounding, the ${worse} is off by ${written}`;
}

function off(value, exact) {
  if (value === exact) return 0;
  return exact ? Math.abs(value - exact) / Math.abs(exact) : Infinity;
}

function summary({ z, y }, steps) {
  const told = FORMS.map((form) => {
    const { loss, gradient } = steps[form];
    return `${NAMES[form]}: loss ${short(loss)}, gradient ${short(gradient)}`;
  });
  return `Logit ${fixed(z, 2)}, label ${y}. ${told.join(". ")}`;
}

// ---- The picture.

const xOf = (z) => LEFT + (WIDE * (z + REACH)) / (2 * REACH);
const zOf = (x) => ((x - LEFT) * 2 * REACH) / WIDE - REACH;

// Where a value stands in its panel: inf in a lane above, nan in one below.
function yOf(field, value) {
  const { top, foot, low, high } = PANELS[field];
  if (Number.isNaN(value)) return foot + LANE;
  if (!Number.isFinite(value)) return top - LANE;
  return foot - ((foot - top) * (value - low)) / (high - low);
}

// The static picture was drawn at the same logits.
const EDGES = [16.6355, 87.336, 87.337, 88.722, 88.723];
const SAMPLES = [
  ...new Set([
    ...Array.from({ length: 161 }, (_, index) => (index - 80) / 4),
    ...Array.from({ length: 81 }, (_, index) => 2.5 * (index - 40)),
    ...EDGES,
    ...EDGES.map((edge) => -edge),
  ]),
].sort((one, other) => one - other);

function path(field, form, y) {
  let before = "";
  return SAMPLES.map((z) => {
    const value = compute(form, z, y)[field];
    const kind = Number.isFinite(value) ? "finite" : String(value);
    const command = kind === before ? "L" : "M";
    before = kind;
    return `${command}${coordinate(xOf(z))} ${coordinate(yOf(field, value))}`;
  }).join("");
}

function drawCurves(part) {
  let drawn = part.drawn;
  return (y) => {
    if (drawn === y) return;
    drawn = y;
    for (const field of FIELDS) {
      for (const form of FORMS) set(part[`${form}-${field}-curve`], { d: path(field, form, y) });
    }
  };
}

function drawPoints(part) {
  return (z, steps) => {
    const x = coordinate(xOf(z));
    for (const line of [part.guide, part.grip]) set(line, { x1: x, x2: x });
    for (const field of FIELDS) {
      for (const form of FORMS) {
        const value = steps[form][field];
        set(part[`${form}-${field}-point`], { cx: x, cy: coordinate(yOf(field, value)) });
        say(part[`${form}-${field}`], short(value));
      }
    }
  };
}

function draw(root, _options, change) {
  const part = parts(root);
  drag(part.grip, (x) => change("z", clamp(Math.round(2 * zOf(x)) / 2, -LIMIT, LIMIT)));
  const [curves, points] = [drawCurves(part), drawPoints(part)];
  return (state) => {
    const [z, y] = [state.z, Number(state.y)];
    const steps = Object.fromEntries(FORMS.map((form) => [form, compute(form, z, y)]));
    curves(y);
    points(z, steps);
    say(part.equation, equation({ z, y }));
    say(part["note-hand"], `By hand: ${handNote(z, y, steps)}`);
    say(part["note-clipped"], `Keras: ${clippedNote(steps)}`);
    const text = summary({ z, y }, steps);
    say(part.description, text);
    return text;
  };
}

function controls() {
  return [
    {
      kind: "slider",
      key: "z",
      label: "z",
      spoken: "logit z",
      min: -LIMIT,
      max: LIMIT,
      step: 0.5,
      limits: [-LIMIT, LIMIT],
      written: briefly,
    },
    { kind: "toggle", key: "y", label: "the label is 1" },
  ];
}

export default widget({ moves: ["z", "y"], controls, draw });
