// An exercise's page: code and text are answered where they stand, and kept in this browser, as is
// what its widgets hold. Each place then has `.llb`, as a widget has: { source, moved, complete,
// set(text) }, and `form` for code. The editor comes when the page has come to rest; until then, and
// without script, the stub is there.

const notebook = JSON.parse(document.getElementById("exercise-notebook").textContent);
const { slug, version } = notebook.metadata.exercise;
const KEY = `llb:answers:${slug}:${version}`;
const SCRIPTS = ["vendor/codemirror.js", "editor.js"];

const make = (name, properties) => Object.assign(document.createElement(name), properties);
const words = (text) => text.split(/\s+/).filter(Boolean).length;

function kept() {
  try {
    return JSON.parse(localStorage.getItem(KEY)) ?? {};
  } catch {
    return {};
  }
}

// Keep an answer; forget it where it is undefined. Says whether the browser does. Others are read
// again first: the page may be open twice.
function keep(id, text) {
  try {
    localStorage.setItem(KEY, JSON.stringify({ ...kept(), [id]: text }));
    return true;
  } catch {
    return false;
  }
}

const loaded = new Map();
function load(name) {
  if (!loaded.has(name)) {
    const src = `${document.documentElement.dataset.content_root}_static/on_demand/${name}`;
    loaded.set(name, new Promise((done, failed) => {
      document.head.append(make("script", { src, onload: done, onerror: failed }));
    }));
  }
  return loaded.get(name);
}

async function codeField(place, options) {
  for (const name of SCRIPTS) await load(name);
  const block = place.querySelector(".highlight");
  const field = llbEditor.create(block, options);
  place.classList.add("llb-edited");
  return field;
}

async function textField(place, { text, label, changed }) {
  const area = make("textarea", { value: text, rows: 12, oninput: changed });
  area.setAttribute("aria-label", label);
  area.addEventListener("focus", () => area.value === text && area.select(), { once: true });
  place.append(area);
  place.classList.add("llb-edited");
  return {
    get text() { return area.value; },
    set text(value) {
      area.value = value;
      changed();
    },
    focus: () => area.focus(),
  };
}

class Answer {
  #field;
  #before;

  constructor(cell, place) {
    this.id = cell.metadata.nbgrader.grade_id;
    this.isCode = cell.cell_type === "code";
    this.start = [cell.source].flat().join("");
    this.place = place;
    this.text = kept()[this.id] ?? this.start;
    this.note = make("span", { textContent: this.moved ? "Kept from your last visit." : "" });
    this.note.setAttribute("role", "status");
    this.button = make("button", { type: "button", hidden: !this.moved });
    this.button.addEventListener("click", () => this.#turnBack());
    this.#show();
  }

  get source() { return this.text; }
  get form() { return globalThis.llbEditor?.form(this.text) ?? null; }
  get moved() { return this.text !== this.start; }
  get complete() { return this.form !== null && this.form !== llbEditor.form(this.start); }

  set(text) {
    if (this.#field) this.#field.text = text;
    else this.#take(text);
  }

  async mount() {
    const help = make("span", { id: `llb-keys-${this.id}`, className: "llb-keys" });
    help.textContent = "Escape, then Tab leaves the editor.";
    const foot = make("div", { className: "llb-foot" });
    foot.append(this.button, this.note, ...(this.isCode ? [help] : []));
    this.place.after(foot);
    try {
      this.#field = await (this.isCode ? codeField : textField)(this.place, {
        text: this.text,
        label: this.isCode ? `Your code for ${this.id}` : "Your text",
        describedby: help.id,
        changed: () => this.#take(this.#field.text),
      });
    } catch {
      this.note.textContent = "The editor could not be loaded. Fill the notebook in Jupyter instead.";
      delete this.place.dataset.answer; // so that hints do not wait for a try
    }
    this.#tell("ready");
  }

  #take(text) {
    this.text = text;
    const safe = keep(this.id, this.moved ? text : undefined);
    const count = this.isCode ? "" : `${words(text)} words. `;
    this.note.textContent = count + (safe
      ? "Kept in this browser."
      : "This browser keeps nothing: download the notebook before you leave.");
    this.#before = undefined;
    this.#show();
    this.#tell("change");
  }

  // Back to the stub; once more, and what was there is back.
  #turnBack() {
    const before = this.#before === undefined ? this.text : undefined;
    this.set(this.#before ?? this.start);
    this.#before = before;
    this.#show();
  }

  #show() {
    const undone = this.#before !== undefined;
    this.button.textContent = undone ? "Undo the reset" : "Reset to the stub";
    if (!this.moved && !this.#field) return;
    this.button.hidden = false;
    if (this.isCode) this.place.querySelector("pre").textContent = this.text; // copied and printed
  }

  #tell(name) {
    this.place.dispatchEvent(new CustomEvent(`llb:${name}`, { bubbles: true, detail: this }));
  }
}

function bring(cell) {
  const id = cell.metadata.nbgrader.grade_id;
  const place = document.querySelector(`.${CSS.escape(`tag_answer-${id}`)}`);
  if (!place || document.querySelector(`figure[data-answer="${CSS.escape(id)}"]`)) return [];
  place.llb = new Answer(cell, place);
  place.dataset[place.llb.isCode ? "answer" : "written"] = id;
  return [place.llb];
}

// A widget's answer is brought back, unless the address says what it is to show.
function bringBack({ id, dataset, llb }) {
  const text = kept()[dataset.answer];
  if (text && !location.hash.includes(`${id}=`)) llb.set(JSON.parse(text));
}

const answers = notebook.cells.filter((cell) => cell.metadata.nbgrader?.solution).flatMap(bring);
const rest = globalThis.requestIdleCallback ?? setTimeout; // Safari has no idea of rest
rest(() => answers.forEach((answer) => answer.mount()));

const FIGURE = "figure[data-answer]";
document.addEventListener("llb:ready", ({ target }) => target.matches(FIGURE) && bringBack(target));
document.addEventListener("llb:change", ({ target }) => {
  if (target.matches(FIGURE)) keep(target.dataset.answer, target.llb.moved ? target.llb.answer : undefined);
});
for (const figure of document.querySelectorAll(FIGURE)) if (figure.llb) bringBack(figure);
