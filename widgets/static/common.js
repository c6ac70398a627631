// Shared by all widgets: Python puts this file in front of each widget's own, as one ES module.
// A widget's file defines `controls` and `draw(root)`, and ends with `export default widget(...)`.

const ANNOUNCE_AFTER = 700; // milliseconds of rest, so that a moving slider does not flood

// ---- The answer: the same text as `canonical` in _answer.py, to the byte.

export function canonical(value) {
  if (typeof value === "number" || typeof value === "boolean") return pythonFloat(Number(value));
  if (typeof value === "string") return quoted(value);
  if (Array.isArray(value)) return `[${value.map(canonical).join(", ")}]`;
  if (value === null || typeof value !== "object") throw new TypeError(`no answer: ${value}`);
  const entries = Object.keys(value).sort().map((key) => `${ascii(key)}: ${canonical(value[key])}`);
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

function decimal(value) {
  return (value + 0).toFixed(2).replace(/^-(0\.00)$/, "$1").replace(/0$/, "").replace("-", MINUS);
}

function signed(value) {
  return value < 0 ? `${MINUS} ${decimal(-value)}` : `+ ${decimal(value)}`;
}

function coordinate(value) {
  return String(Math.round(value * 100) / 100 + 0);
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

// A name such as "w1" as in the pictures: the letter slanted, its index lower; words as they are.
function named(name) {
  const [, letter, index] = name.match(/^(\D)(\d*)$/) ?? [];
  const slanted = letter ? element("i", {}, letter) : name;
  return index ? [slanted, element("sub", {}, index)] : [slanted];
}

// ---- Controls. Each gives a row and a function that shows a value in it.

function slider({ key, label, min, max, step }, { id, change }) {
  const range = element("input", { type: "range", id, min, max, step });
  const number = element("input", { type: "number", min, max, step, inputmode: "decimal" });
  number.setAttribute("aria-label", `${label}, as a number`);
  range.addEventListener("input", () => change(key, Number(range.value)));
  number.addEventListener("input", () => {
    if (number.value !== "" && number.validity.valid) change(key, Number(number.value));
  });
  number.addEventListener("change", () => {
    if (number.value !== "") range.value = number.value; // the slider keeps to range and steps
    change(key, Number(range.value));
    show(Number(range.value));
  });
  const row = element("div", { class: "llb-row" });
  row.append(element("label", { for: id }, ...named(label)), range, number);
  const show = (value) => {
    range.value = value;
    if (document.activeElement === number && Number(number.value) === value) return;
    number.value = Number.isInteger(value) && !Number.isInteger(step) ? value.toFixed(1) : value;
  };
  return { row, show };
}

function toggle({ key, label }, { id, change }) {
  const box = element("input", { type: "checkbox", id });
  box.addEventListener("change", () => change(key, box.checked));
  const row = element("div", { class: "llb-row llb-row-check" });
  row.append(element("label", { for: id }, box, element("span", {}, label)));
  return { row, show: (value) => { box.checked = Boolean(value); } };
}

const makers = { slider, toggle };

// What a control can take of a value from outside, such as the address; undefined when nothing.
const takers = {
  slider({ min, max, step }, value) {
    const number = Math.min(max, Math.max(min, Number(value)));
    return Number.isInteger(step) ? Math.round(number) : number;
  },
  toggle: (_, value) => Boolean(value),
};

// ---- The widget: what anywidget calls `render`, in Jupyter and on the page.

function pick(model, keys) {
  return Object.fromEntries(keys.map((key) => [key, model.get(key)]));
}

// On a page `el` is the mount element already; in Jupyter it is empty.
function mount(model, el) {
  if (el.matches(".llb-widget")) return el;
  el.innerHTML = model.get("skeleton");
  return el.querySelector(".llb-widget");
}

function widget({ moves, options = [], controls, draw }) {
  function render({ model, el }) {
    const root = mount(model, el);
    const start = { ...pick(model, moves), ...model.get("start") };
    const change = (key, value) => {
      model.set(key, value);
      model.save_changes();
    };
    const prefix = `llb-${Math.random().toString(36).slice(2, 8)}`;
    const fixed = pick(model, options);
    const rows = controls(fixed).map((control) =>
      [control.key, makers[control.kind](control, { id: `${prefix}-${control.key}`, change })]);
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
      const state = pick(model, moves);
      for (const [key, { show }] of rows) show(state[key]);
      const summary = update(state);
      if (shown && shown !== summary) announce(summary);
      shown = summary;
    };
    refresh();
    root.dataset.live = "";
    const events = moves.map((key) => `change:${key}`).join(" ");
    model.on(events, refresh);
    return () => model.off(events, refresh);
  }
  function accept(model, given) {
    for (const control of controls(pick(model, options))) {
      const value = takers[control.kind](control, given[control.key]);
      if (control.key in given && !Number.isNaN(value)) model.set(control.key, value);
    }
  }
  return { render, accept, moves };
}

