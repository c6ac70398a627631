// Shared by all widgets: Python puts this file in front of each widget's own, as one ES module.
// A widget's file defines `controls` and `draw(root)`, and ends with `export default widget(...)`.

const ANNOUNCE_AFTER = 700; // milliseconds of rest, so that a moving slider does not flood

// ---- The answer: the same text as `canonical` in _answer.py, to the byte.

export function canonical(value) {
  if (typeof value === "number" || typeof value === "boolean") return pythonFloat(Number(value));
  if (typeof value === "string") return quoted(value);
  if (Array.isArray(value)) return `[${value.map(canonical).join(", ")}]`;
  if (value === null || typeof value !== "object") throw new TypeError(`no answer: ${value}`);
  const entries = Object.keys(value)
    .sort()
    .map((key) => `${ascii(key)}: ${canonical(value[key])}`);
  return `{${entries.join(", ")}}`;
}

function pythonFloat(number) {
  if (!Number.isFinite(number)) throw new RangeError(`not finite: ${number}`);
  const [mantissa, power] = Math.abs(number).toExponential().split("e");
  const digits = mantissa.replace(".", "");
  const exponent = Number(power);
  const sign = number < 0 ? "-" : "";
  if (exponent < -4 || exponent > 15) {
    const size = String(Math.abs(exponent)).padStart(2, "0");
    return `${sign}${mantissa}e${exponent < 0 ? "-" : "+"}${size}`;
  }
  if (exponent < 0) return `${sign}0.${"0".repeat(-exponent - 1)}${digits}`;
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, "0");
  return `${sign}${whole}.${digits.slice(exponent + 1) || "0"}`;
}

function quoted(text) {
  if (/\p{Surrogate}/u.test(text)) throw new RangeError("half a character");
  return JSON.stringify(text);
}

function ascii(key) {
  if (/[^\0-\x7f]/.test(key)) throw new RangeError(`a key that is not ASCII: ${key}`);
  return JSON.stringify(key);
}

// ---- Numbers as the reader sees them.

const MINUS = "\u2212";

// The twelfth significant digit is the last that counts, so that both languages write the same.
function fixed(value, digits) {
  const text = Number(value.toPrecision(12)).toFixed(digits);
  return text.replace(/^-(0\.?0*)$/, "$1").replace("-", MINUS);
}

function decimal(value) {
  return fixed(value, 2).replace(/0$/, "");
}

function signed(value) {
  return value < 0 ? `${MINUS} ${decimal(-value)}` : `+ ${decimal(value)}`;
}

function coordinate(value) {
  return String(Math.round(value * 100) / 100 + 0);
}

function clamp(value, low, high) {
  return Math.min(high, Math.max(low, value));
}

// ---- The DOM: made once, then only attributes and text change.

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

function set(node, attributes) {
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null) node.removeAttribute(key);
    else if (node.getAttribute(key) !== String(value)) node.setAttribute(key, value);
  }
}

function say(node, text) {
  if (node && node.textContent !== text) node.textContent = text;
}

function parts(root) {
  const all = root.querySelectorAll("[data-part]");
  return Object.fromEntries([...all].map((node) => [node.dataset.part, node]));
}

export function rest(milliseconds, action) {
  let timer = 0;
  return (...given) => {
    clearTimeout(timer);
    timer = setTimeout(action, milliseconds, ...given);
  };
}

// A name such as "w1" or "shift c" as in the pictures: the letter slanted, its index lower.
function named(name) {
  const [, words, letter, index] = name.match(/^(.* )?(\D)(\d*)$/) ?? [];
  if (!letter) return [name];
  const lower = index ? [element("sub", {}, index)] : [];
  return [words ?? "", element("i", {}, letter), ...lower];
}

// Calls `move` with the pointer's place, in the picture's own units, while it drags `grip`.
function drag(grip, move) {
  grip.addEventListener("pointerdown", (event) => grip.setPointerCapture(event.pointerId));
  grip.addEventListener("pointermove", (event) => {
    if (!grip.hasPointerCapture(event.pointerId)) return;
    const inverse = grip.ownerSVGElement.getScreenCTM().inverse();
    const { x, y } = new DOMPoint(event.clientX, event.clientY).matrixTransform(inverse);
    move(x, y);
  });
}

// ---- Controls. Each gives a row and a function that shows a value in it.

const same = (value) => value;

// A slider and a number. With `limits` any number between them may be typed, else it keeps to the
// slider's range and steps. `of` and `to` translate from and to the trait where the row shows
// another quantity, such as the odds of log-odds; `at` and `from` where the slider is not linear.
function slider(control, { id, change }) {
  const { key, label, spoken = label, min, max, step, grain = step, limits } = control;
  const { of = same, to = same, at = same, from = same, written = plain(step), upright } = control;
  const range = element("input", { type: "range", id, min, max, step });
  const number = element("input", { type: "number", step: grain });
  set(number, { "aria-label": `${spoken}, as a number`, ...bounds(control) });
  if (spoken !== label) set(range, { "aria-label": spoken });
  const within = (value) => clamp(value, ...limits) === value;
  const allowed = () => (limits ? within(Number(number.value)) : number.validity.valid);
  const settled = () => {
    if (limits) return clamp(Number(number.value), ...limits);
    range.value = number.value; // the slider keeps to range and steps
    return Number(range.value);
  };
  range.addEventListener("input", () => change(key, to(from(Number(range.value)))));
  number.addEventListener("input", () => {
    if (number.value !== "" && allowed()) change(key, to(Number(number.value)));
  });
  let present;
  number.addEventListener("change", () => {
    if (number.value !== "") change(key, to(settled()));
    show(present);
  });
  const row = element("div", { class: "llb-row" });
  const words = upright ? [label] : named(label);
  row.append(element("label", { for: id }, ...words), range, number);
  const show = (value) => {
    const text = written(of(value));
    if (present !== value) range.value = at(of(value));
    present = value;
    if (limits) set(range, { "aria-valuetext": text }); // it may lie between two steps
    if (document.activeElement === number && written(Number(number.value)) === text) return;
    if (number.value !== text) number.value = text;
  };
  return { row, show };
}

// A number that may be negative gets no `inputmode`: some phones' decimal keys have no minus.
function bounds({ min, max, limits: [low, high] = [min, max], limits }) {
  const mode = low < 0 ? {} : { inputmode: "decimal" };
  return limits ? { ...mode, title: `${brief(low)} to ${brief(high)}` } : { ...mode, min, max };
}

const plain = (step) => (value) =>
  Number.isInteger(value) && !Number.isInteger(step) ? value.toFixed(1) : String(value);

// Four significant digits at most, as a number field takes them.
const brief = (value) => String(Number(value.toPrecision(4)));
const briefly = (value) => plain(0.1)(Number(brief(value)));

// For a slider whose scale is logarithmic: `at` and `from`, which gives two significant digits.
const logarithmic = {
  at: Math.log10,
  from: (place) => Number((10 ** place).toPrecision(2)),
};

function toggle({ key, label }, { id, change }) {
  const box = element("input", { type: "checkbox", id });
  box.addEventListener("change", () => change(key, box.checked));
  const row = element("div", { class: "llb-row llb-row-check" });
  row.append(element("label", { for: id }, box, element("span", {}, label)));
  return {
    row,
    show: (value) => {
      box.checked = Boolean(value);
    },
  };
}

// One of several words; the trait holds which, from 0.
function choice({ key, label, words }, { id, change }) {
  const list = element("select", { id });
  words.forEach((word, index) => {
    list.append(element("option", { value: index }, word));
  });
  list.addEventListener("change", () => change(key, Number(list.value)));
  const row = element("div", { class: "llb-row" });
  row.append(element("label", { for: id }, label), list);
  return {
    row,
    show: (value) => {
      list.value = value;
    },
  };
}

const makers = { slider, toggle, choice };

// What a control can take of a value from outside, such as the address; undefined when nothing.
const takers = {
  slider({ min, max, step, limits = [min, max] }, value) {
    const number = clamp(Number(value), ...limits);
    return Number.isInteger(step) ? Math.round(number) : number;
  },
  toggle: (_, value) => Boolean(Number(value)),
  choice: ({ words }, value) => Math.round(clamp(Number(value), 0, words.length - 1)),
};

// ---- The widget: what anywidget calls `render`, in Jupyter and on the page.

const nameOf = ({ key, name = key }) => name;

function pick(model, keys) {
  return Object.fromEntries(keys.map((key) => [key, model.get(key)]));
}

// On a page `el` is the mount element already; in Jupyter it is empty.
function mount(model, el) {
  if (el.matches(".llb-widget")) return el;
  el.innerHTML = model.get("skeleton");
  return el.querySelector(".llb-widget");
}

// JupyterLab takes plain keys, arrows among them, for commands before a control sees them, except
// where this attribute is. With Ctrl or Meta held they stay JupyterLab's: Ctrl+S saves.
function keepKeys(root) {
  const mark = ({ target, ctrlKey, metaKey }) => {
    if (root.contains(target)) {
      target.toggleAttribute("data-lm-suppress-shortcuts", !ctrlKey && !metaKey);
    }
  };
  window.addEventListener("keydown", mark, true);
  return () => window.removeEventListener("keydown", mark, true);
}

// `moves` are the traits that a reader may move; a widget with fewer of them lacks the others. They
// are the answer, each by its name, unless the widget has an `answer` and an `accept` of its own.
// `complete` tells whether that answer leaves anything out.
function widget({ moves, options = [], controls = () => [], draw, ...own }) {
  const used = (model) => moves.filter((key) => (model.get(key) ?? null) !== null);
  const answer = own.answer ?? ((model) => pick(model, used(model)));
  function render({ model, el }) {
    const root = mount(model, el);
    const moving = used(model);
    const start = { ...answer(model), ...model.get("start") };
    const change = (key, value) => {
      model.set(key, value);
      model.save_changes();
    };
    const prefix = `llb-${Math.random().toString(36).slice(2, 8)}`;
    const fixed = pick(model, options);
    const rows = controls(fixed).map((control) => [
      control.key,
      makers[control.kind](control, { id: `${prefix}-${nameOf(control)}`, change }),
    ]);
    const reset = element("button", { type: "button", class: "llb-reset" }, "Reset");
    reset.addEventListener("click", () => {
      accept(model, start);
      model.save_changes();
    });
    const place = root.querySelector(".llb-controls");
    place.replaceChildren(...rows.map(([, { row }]) => row));
    place.append(element("div", { class: "llb-row llb-row-reset" }, reset));
    set(place, { role: "group", "aria-label": "Controls" });

    const update = draw(root, fixed, change);
    const announce = rest(ANNOUNCE_AFTER, (text) => say(root.querySelector(".llb-live"), text));
    let shown = "";
    const refresh = () => {
      const state = pick(model, moving);
      for (const [key, { show }] of rows) show(state[key]);
      const summary = update(state);
      if (shown && shown !== summary) announce(summary);
      shown = summary;
    };
    refresh();
    root.dataset.live = "";
    const events = moving.map((key) => `change:${key}`).join(" ");
    model.on(events, refresh);
    const letKeysGo = keepKeys(root);
    return () => {
      model.off(events, refresh);
      letKeysGo();
    };
  }
  function takeAll(model, given) {
    for (const control of controls(pick(model, options)).filter(({ of }) => !of)) {
      const value = takers[control.kind](control, given[control.key]);
      if (control.key in given && !Number.isNaN(value)) model.set(control.key, value);
    }
  }
  const accept = own.accept ?? takeAll;
  const complete = own.complete ?? (() => true);
  return { render, accept, answer, complete, moves };
}
