// Two to six logits, and the probabilities softmax((z + c) / T), as bars.

// The exponentials that the softmax divides by their sum; the largest logit is subtracted first.
const powersOf = (z, temperature) => {
  const most = Math.max(...z);
  return z.map((value) => Math.exp((value - most) / temperature));
};

export const arithmetic = {
  softmax(z, temperature = 1) {
    const powers = powersOf(z, temperature);
    const total = powers.reduce((sum, power) => sum + power, 0);
    return powers.map((power) => power / total);
  },
};

const [LIMIT, LEFT, WIDE, MOST, NEVER] = [5, 104, 208, 6, 0.0005];
const PANELS = {
  z: { zero: LEFT + WIDE / 2, unit: WIDE / (4 * LIMIT), written: decimal },
  p: { zero: LEFT, unit: WIDE, written: chance },
};
const KEYS = Array.from({ length: MOST }, (_, index) => `z${index + 1}`);

// ---- Words, as in softmax_bars.py.

// A probability with three decimals; none is 0 or 1.
function chance(p) {
  if (p < NEVER) return "< 0.001";
  return p < 1 - NEVER ? fixed(p, 3) : "> 0.999";
}

const power = (value) => (value === 1 ? "1.000" : chance(value));

function formula({ shift, temperature }) {
  const sign = shift < 0 ? MINUS : "+";
  return `softmax((z ${sign} ${decimal(Math.abs(shift))}) / ${decimal(temperature)})`;
}

function largest({ leading, p }, labels) {
  const written = chance(p[leading[0]]);
  const share = written.startsWith(">") ? `p ${written}` : `p = ${written}`;
  if (leading.length > 1) return `${leading.length} tie, ${share} each`;
  return `argmax: ${labels[leading[0]]}, ${share}`;
}

function shifted({ shift }) {
  const moved = shift ? "all logits move, no probability does" : "nothing moves";
  return `Shift by ${decimal(shift)}: ${moved}`;
}

function warmed({ temperature }, { leading, z }) {
  const way = temperature < 1 ? "sharpen" : "even out";
  let moved = `no logit moves, the probabilities ${way}`;
  if (leading.length === z.length) moved = "nothing moves, all logits are equal";
  if (temperature === 1) moved = "nothing moves";
  return `Temperature ${decimal(temperature)}: ${moved}`;
}

function summary(state, found, labels) {
  const told = labels.map(
    (label, index) => `${label} ${decimal(found.z[index])}, probability ${chance(found.p[index])}`,
  );
  return `Logits: ${told.join("; ")}. ${shifted(state)}. ${warmed(state, found)}`;
}

// ---- The picture.

function work(state, labels) {
  const z = labels.map((_, index) => state[KEYS[index]] + state.shift);
  const most = Math.max(...z);
  const leading = z.map((_, index) => index).filter((index) => z[index] === most);
  const { temperature } = state;
  return { z, leading, powers: powersOf(z, temperature), p: arithmetic.softmax(z, temperature) };
}

function drawBar(root, sort, index) {
  const { zero, unit, written } = PANELS[sort];
  const group = root.querySelector(`[data-bar="${sort}${index + 1}"]`);
  const bar = group.querySelector("rect");
  const said = group.lastElementChild;
  return (found) => {
    const value = found[sort][index];
    const width = Math.abs(value) * unit;
    set(bar, { x: coordinate(zero - (value < 0 ? width : 0)), width: coordinate(width) });
    if (sort === "z") set(bar, { "data-sign": value < 0 ? "negative" : "positive" });
    set(group, { "data-leads": found.leading.includes(index) ? "" : null });
    say(said, written(value));
  };
}

function drawWorked(root, index) {
  const part = parts(root);
  const cell = (letter) => part[`worked-${letter}${index + 1}`];
  return ({ z, powers, p }) => {
    say(cell("z"), decimal(z[index]));
    say(cell("e"), power(powers[index]));
    say(cell("p"), chance(p[index]));
  };
}

function draw(root, { labels }) {
  const part = parts(root);
  const moving = labels.flatMap((_, index) => [
    drawBar(root, "z", index),
    drawBar(root, "p", index),
    drawWorked(root, index),
  ]);
  return (state) => {
    const found = work(state, labels);
    for (const move of moving) move(found);
    say(part.formula, formula(state));
    say(part.largest, largest(found, labels));
    say(part.shifted, shifted(state));
    say(part.warmed, warmed(state, found));
    const text = summary(state, found, labels);
    say(part.description, text);
    return text;
  };
}

function controls({ labels }) {
  const row = { kind: "slider", min: -LIMIT, max: LIMIT, step: 0.1, written: briefly };
  const logit = { ...row, limits: [-LIMIT, LIMIT] };
  return [
    ...labels.map((label, index) => ({
      ...logit,
      key: KEYS[index],
      label,
      upright: true,
      spoken: `logit of ${label}`,
    })),
    { ...logit, key: "shift", label: "shift c" },
    {
      ...row,
      ...logarithmic,
      key: "temperature",
      label: "temperature T",
      min: -1,
      max: 1,
      step: 0.05,
      grain: 0.1,
      limits: [0.1, 10],
    },
  ];
}

export default widget({
  moves: ["shift", "temperature", ...KEYS],
  options: ["labels"],
  controls,
  draw,
});
