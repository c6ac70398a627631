// A fully connected layer: neurons, connections, shapes and the parameter count.

export const arithmetic = {
  parameters: ({ inputs, outputs, bias }) => (inputs + (bias ? 1 : 0)) * outputs,
};

const [LEFT, RIGHT, MIDDLE, SPAN, STEP, MOST] = [76, 284, 186, 270, 100, 6];

// Few neurons stand further apart.
const step = (count) => Math.min(STEP, SPAN / Math.max(count - 1, 1));
const height = (index, count) => MIDDLE + (index - (count - 1) / 2) * step(count);

function count(state) {
  const left = state.bias ? `(${state.inputs} + 1)` : state.inputs;
  return `${left} \u00d7 ${state.outputs} = ${many(arithmetic.parameters(state), "parameter")}`;
}

const many = (number, name) => `${number} ${name}${number === 1 ? "" : "s"}`;

function summary(state) {
  const bias = state.bias ? "and a bias" : "without a bias";
  const [left, right] = [many(state.inputs, "input"), many(state.outputs, "output")];
  return `A layer of ${left} ${bias} to ${right}: ${count(state)}`;
}

function connections({ inputs, bias }, output) {
  return `${output || "Each output"}: ${many(inputs, "weight")}${bias ? " + 1 bias" : ""}`;
}

// Where each neuron stands: its height, or null when it is not in use.
function places({ inputs, outputs, bias }) {
  const left = inputs + (bias ? 1 : 0);
  const found = { 1: bias ? height(inputs, left) : null };
  for (let index = 0; index < MOST; index += 1) {
    found[`x${index + 1}`] = index < inputs ? height(index, left) : null;
    found[`z${index + 1}`] = index < outputs ? height(index, outputs) : null;
  }
  return found;
}

function drawNetwork(root) {
  const neurons = [...root.querySelectorAll("[data-neuron]")];
  const lines = [...root.querySelectorAll("[data-from]")];
  const { heads } = parts(root);
  return (state) => {
    const at = places(state);
    const top = Math.min(at.x1, at.z1) - 32;
    set(heads, { transform: `translate(0 ${coordinate(top)})` });
    for (const neuron of neurons) {
      const name = neuron.dataset.neuron;
      const x = name.startsWith("z") ? RIGHT : LEFT;
      set(neuron, { display: at[name] === null ? "none" : null });
      if (at[name] !== null) set(neuron, { transform: `translate(${x} ${coordinate(at[name])})` });
    }
    for (const line of lines) {
      const [from, to] = [at[line.dataset.from], at[line.dataset.to]];
      const shown = from !== null && to !== null;
      set(line, { display: shown ? null : "none" });
      if (shown) set(line, { y1: coordinate(from), y2: coordinate(to) });
    }
  };
}

// Pointing at an output, or focusing it, shows its connections; a click or Enter keeps them.
function choose(root, show) {
  const svg = root.querySelector(".llb-network");
  const outputs = [...svg.querySelectorAll('[data-neuron^="z"]')];
  let kept = "";
  const light = (name) => {
    svg.toggleAttribute("data-chosen", Boolean(name));
    for (const line of svg.querySelectorAll("[data-to]")) {
      line.toggleAttribute("data-lit", line.dataset.to === name);
    }
    for (const output of outputs) {
      output.toggleAttribute("data-lit", output.dataset.neuron === name);
      set(output, { "aria-pressed": output.dataset.neuron === kept });
    }
    show(name);
  };
  set(svg, { role: "group" });
  outputs.forEach((output) => {
    const name = output.dataset.neuron;
    const keep = () => {
      kept = kept === name ? "" : name;
      light(kept);
    };
    set(output, { tabindex: 0, role: "button", "aria-label": `Connections of output ${name}` });
    output.addEventListener("pointerenter", () => light(name));
    output.addEventListener("pointerleave", () => light(kept));
    output.addEventListener("focus", () => light(name));
    output.addEventListener("blur", () => light(kept));
    output.addEventListener("click", keep);
    output.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      keep();
    });
  });
  return ({ outputs: used }) => {
    if (kept && Number(kept.slice(1)) > used) kept = "";
    light(kept);
  };
}

function draw(root) {
  const part = parts(root);
  const network = drawNetwork(root);
  let present = {};
  const chosen = choose(root, (name) => say(part.hint, connections(present, name)));
  return (state) => {
    present = state;
    network(state);
    chosen(state);
    say(part["shape-inputs"], `(None, ${state.inputs})`);
    say(part["shape-kernel"], `(${state.inputs}, ${state.outputs})`);
    say(part["shape-bias"], state.bias ? `(${state.outputs},)` : "none");
    say(part["shape-logits"], `(None, ${state.outputs})`);
    say(part.count, count(state));
    say(part.description, summary(state));
    return summary(state);
  };
}

function controls() {
  const neurons = { kind: "slider", min: 1, max: MOST, step: 1 };
  return [
    { ...neurons, key: "inputs", label: "inputs" },
    { ...neurons, key: "outputs", label: "outputs" },
    { kind: "toggle", key: "bias", label: "bias neuron, always 1" },
  ];
}

export default widget({ moves: ["inputs", "outputs", "bias"], controls, draw });
