// Brings the widgets of a static page to life: no kernel, no network, also from file://.
// Each mount element afterwards has `.llb`: { state, answer, source, complete, moved, set(state),
// reset() }, and sends the bubbling events `llb:ready` and `llb:change` with that object as `detail`.

const WRITE_AFTER = 250; // milliseconds of rest: browsers limit how often the address may change
const modules = new Map();

const embedded = (name) => document.querySelector(`script[data-llb="${name}"]`).textContent;

// A Blob is the one address from which a page opened as a file may import a module.
function load(kind) {
  if (!modules.has(kind)) {
    const blob = new Blob([embedded("common"), embedded(kind)], { type: "text/javascript" });
    modules.set(kind, import(URL.createObjectURL(blob)));
  }
  return modules.get(kind);
}

// What anywidget asks of a model.
class Model extends EventTarget {
  #state;

  constructor(state) {
    super();
    this.#state = { ...state };
  }

  get(key) {
    return this.#state[key];
  }

  set(key, value) {
    if (this.#state[key] === value) return;
    this.#state[key] = value;
    this.dispatchEvent(new Event(`change:${key}`));
    this.dispatchEvent(new Event("change"));
  }

  on(events, action) {
    for (const event of events.split(" ")) this.addEventListener(event, action);
  }

  off(events, action) {
    for (const event of events.split(" ")) this.removeEventListener(event, action);
  }

  save_changes() {}
}

// ---- The address: `#anchor&weights-1=w1:2,w2:1,b:-3`. An ordinary anchor stays in front.

function entries() {
  const all = location.hash.slice(1).split("&").filter(Boolean);
  const isState = (entry) => /^\w+-\d+=/.test(entry);
  return { anchor: all.filter((entry) => !isState(entry)), states: all.filter(isState) };
}

function read(id) {
  const found = entries().states.find((entry) => entry.startsWith(`${id}=`));
  const pairs = found
    ? found
        .slice(id.length + 1)
        .split(",")
        .map((pair) => pair.split(":"))
    : [];
  return Object.fromEntries(pairs.map(([key, value]) => [key, plainly(value)]));
}

// Numbers stand as they are, words and lists percent-encoded.
function plainly(value) {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

function encoded(value) {
  if (typeof value === "object") return encodeURIComponent(JSON.stringify(value));
  return typeof value === "string" ? encodeURIComponent(value) : String(Number(value));
}

function write(id, state) {
  const { anchor, states } = entries();
  const others = states.filter((entry) => !entry.startsWith(`${id}=`));
  const own = Object.entries(state)
    .map(([key, value]) => `${key}:${encoded(value)}`)
    .join(",");
  const hash = [...anchor, ...others, ...(own ? [`${id}=${own}`] : [])].join("&");
  history.replaceState(history.state, "", hash ? `#${hash}` : location.pathname + location.search);
}

// ---- One widget.

function handle(model, widget, canonical, start) {
  const written = () => canonical(widget.answer(model));
  return {
    get state() {
      return widget.answer(model);
    },
    get answer() {
      return written();
    },
    get source() {
      return `${model.get("name")} = ${written()}`;
    },
    get complete() {
      return widget.complete(model);
    },
    get moved() {
      return written() !== canonical(start);
    },
    set: (given) => widget.accept(model, given),
    reset: () => widget.accept(model, start),
  };
}

async function bring(figure) {
  const given = JSON.parse(figure.querySelector(".llb-state").textContent);
  const { default: widget, canonical, rest } = await load(figure.dataset.widget);
  const model = new Model(given);
  const start = { ...widget.answer(model), ...given.start };
  widget.render({ model, el: figure });
  figure.llb = handle(model, widget, canonical, start);
  const tell = (name) =>
    figure.dispatchEvent(new CustomEvent(`llb:${name}`, { bubbles: true, detail: figure.llb }));
  follow(figure, model, rest);
  model.on("change", () => tell("change"));
  tell("ready");
}

// The widget's state goes into the address when it was moved, and comes from it.
function follow({ id, llb }, model, rest) {
  const restore = () => llb.set(read(id));
  restore();
  addEventListener("hashchange", restore);
  const save = () => write(id, llb.moved ? llb.state : {});
  model.on("change", rest(WRITE_AFTER, save));
}

document.querySelectorAll(".llb-widget").forEach((figure) => {
  bring(figure).catch((error) => console.error(`widget ${figure.id}:`, error));
});
