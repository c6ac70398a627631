// An exercise's page: code and text are answered where they stand, and kept in this browser, as is
// what its widgets hold. Each place then has `.llb`, as a widget has: { source, moved, complete,
// set(text) }, and `form` for code. An answer outlives changes of its exercise, and the page says that
// there was one. Code has a plain field at first; the editor, which is heavy, takes
// its place when somebody turns to it. Without script the stub is there.

const notebook = JSON.parse(document.getElementById("exercise-notebook").textContent);
const { slug, version } = notebook.metadata.exercise;
const SCRIPTS = ["vendor/codemirror.js", "editor.js"];

const make = (name, properties) => Object.assign(document.createElement(name), properties);
const words = (text) => text.split(/\s+/).filter(Boolean).length;

// An answer is kept as { text, version }: the version of the exercise that it answers.
const entries = new Map();
function entryOf(id) {
  if (!entries.has(id)) entries.set(id, llbEntry(`answers/${slug}/${id}`, checked));
  return entries.get(id);
}

function checked(given) {
  if (typeof given.text === "string" && typeof given.version === "string") return given;
  throw new Error("it is no answer");
}

// Keep an answer; forget it where it is undefined. Says whether the browser does.
const keep = (id, text) => entryOf(id).set(text === undefined ? undefined : { text, version });

// Until 0.2 the answers to one version of an exercise were one entry, { id: text }. They are taken over
// once, those to this version first.
function takeOver() {
  const former = `llb:answers:${slug}:`;
  const present = `${former}${version}`;
  const found = Object.keys(localStorage).filter(
    (key) => key.startsWith(former) && key !== present,
  );
  for (const key of [present, ...found]) {
    const texts = Object.entries(JSON.parse(localStorage.getItem(key)) ?? {});
    const missing = texts.filter(([id]) => entryOf(id).get() === undefined);
    const given = ([id, text]) =>
      entryOf(id).set(checked({ text, version: key.slice(former.length) }));
    if (missing.every(given)) localStorage.removeItem(key);
  }
}

try {
  takeOver();
} catch {
  // a browser that keeps nothing, or words that are none of ours: those stay where they are
}

const NOTHING = "This browser keeps nothing: download the notebook before you leave.";
const NOT_READ =
  "This browser holds an answer that this page cannot read. It stays there, and nothing new is " +
  "kept: download the notebook before you leave. A reset begins anew.";
const CHANGED = "The exercise has changed since.";

const loaded = new Map();
function load(name) {
  if (!loaded.has(name)) {
    const src = `${document.documentElement.dataset.content_root}_static/on_demand/${name}`;
    loaded.set(
      name,
      new Promise((done, failed) => {
        document.head.append(make("script", { src, onload: done, onerror: failed }));
      }),
    );
    loaded.get(name).catch(() => loaded.delete(name)); // to be tried again
  }
  return loaded.get(name);
}

const fieldOf = (area, changed) => ({
  area,
  get text() {
    return area.value;
  },
  set text(value) {
    area.value = value;
    changed();
  },
});

// A plain field over the code as the page shows it, with each line in the same place: unseen at rest,
// so that the colours stay.
function plainField(place, { text, label, describedby, changed }) {
  const pre = place.querySelector("pre");
  const area = make("textarea", { value: text, rows: 1, spellcheck: false, oninput: changed });
  area.setAttribute("autocapitalize", "off");
  area.setAttribute("aria-label", label);
  area.setAttribute("aria-describedby", describedby);
  area.addEventListener("compositionstart", () => {
    area.dataset.composing = "";
  });
  area.addEventListener("compositionend", () => {
    delete area.dataset.composing;
  });
  pre.inert = true; // the field says the same
  pre.after(area);
  place.classList.add("llb-plain");
  return fieldOf(area, changed);
}

// Half a word of an input method would be lost with its field.
const composed = (area) =>
  "composing" in area.dataset &&
  new Promise((done) => area.addEventListener("compositionend", done, { once: true }));

// The editor in the place of the plain field: text, selection and focus go on in it.
async function editorField(place, { area }, options) {
  for (const name of SCRIPTS) await load(name);
  await composed(area);
  const ends = [area.selectionStart, area.selectionEnd];
  const [anchor, head] = area.selectionDirection === "backward" ? ends.reverse() : ends;
  const block = place.querySelector(".highlight");
  const field = llbEditor.create(block, {
    ...options,
    text: area.value,
    selection: { anchor, head },
  });
  if (document.activeElement === area) field.focus();
  area.remove();
  place.classList.replace("llb-plain", "llb-edited");
  return field;
}

function textField(place, { text, label, changed }) {
  const area = make("textarea", { value: text, rows: 12, oninput: changed });
  area.setAttribute("aria-label", label);
  area.addEventListener("focus", () => area.value === text && area.select(), { once: true });
  place.append(area);
  place.classList.add("llb-edited");
  return fieldOf(area, changed);
}

class Answer {
  #field;
  #found; // what stood here when the page opened
  #before;
  #coming; // the editor
  #away; // it could not be loaded
  #entry;

  constructor(cell, place) {
    this.id = cell.metadata.nbgrader.grade_id;
    this.isCode = cell.cell_type === "code";
    this.start = [cell.source].flat().join("");
    this.place = place;
    this.#entry = entryOf(this.id);
    const kept = this.#entry.get();
    this.#found = kept?.text ?? this.start;
    this.text = this.#found;
    this.note = make("span", { textContent: this.#welcome(kept) });
    this.note.setAttribute("role", "status");
    this.button = make("button", { type: "button", hidden: !this.moved });
    this.button.addEventListener("click", () => this.#turnBack());
    this.#show();
  }

  get source() {
    return this.text;
  }
  get form() {
    return this.#formOf(this.text);
  }
  get moved() {
    return this.text !== this.start;
  }
  get complete() {
    return this.form !== null && this.form !== this.#formOf(this.start);
  }

  #welcome(kept) {
    if (this.#entry.unreadable) return NOT_READ;
    if (!this.moved) return "";
    return `Kept from your last visit.${kept.version === version ? "" : ` ${CHANGED}`}`;
  }

  set(text) {
    if (this.#field) this.#field.text = text;
    else this.#take(text);
  }

  mount() {
    const help = make("span", { id: `llb-keys-${this.id}`, className: "llb-keys" });
    help.textContent = "Escape, then Tab leaves the editor.";
    const foot = make("div", { className: "llb-foot" });
    foot.append(this.button, this.note, ...(this.isCode ? [help] : []));
    this.place.after(foot);
    const options = {
      text: this.text,
      label: this.isCode ? `Your code for ${this.id}` : "Your text",
      describedby: help.id,
      changed: () => this.#take(this.#field.text),
    };
    this.#field = (this.isCode ? plainField : textField)(this.place, options);
    if (this.isCode) this.#expect(options);
    this.#tell("ready");
  }

  // Who points at the field or enters it asks for the editor. So does code of an earlier visit: hints
  // want its form.
  #expect(options) {
    const bring = () => {
      this.#coming ??= editorField(this.place, this.#field, options).then(
        (field) => this.#arrived(field),
        () => this.#failed(),
      );
    };
    for (const event of ["pointerenter", "focusin"]) this.place.addEventListener(event, bring);
    if (this.moved) rest(bring);
  }

  #arrived(field) {
    this.#field = field;
    this.#tellForm();
  }

  #failed() {
    this.#coming = undefined;
    this.#away = true;
    this.note.textContent =
      "The editor could not be loaded; this plain field keeps your code as well.";
    this.#tellForm();
  }

  // Code has a form from now on; what was typed before it had one is heard now.
  #tellForm() {
    this.#tell(this.text === this.#found ? "ready" : "change");
  }

  // Without the editor nobody knows code from half of it, and hints are not to wait for that.
  #formOf(text) {
    if (globalThis.llbEditor) return llbEditor.form(text);
    return this.#away && text.trim() ? text : null;
  }

  #take(text) {
    this.text = text;
    const safe = keep(this.id, this.moved ? text : undefined);
    const count = this.isCode ? "" : `${words(text)} words. `;
    const lost = this.#entry.unreadable ? NOT_READ : NOTHING;
    this.note.textContent = count + (safe ? "Kept in this browser." : lost);
    this.#before = undefined;
    this.#show();
    this.#tell("change");
  }

  // Back to the stub; once more, and what was there is back.
  #turnBack() {
    const before = this.#before === undefined ? this.text : undefined;
    if (this.#entry.unreadable) this.#entry.clear(); // the reader asks to begin anew
    this.set(this.#before ?? this.start);
    this.#before = before;
    this.#show();
  }

  #show() {
    const undone = this.#before !== undefined;
    this.button.textContent = undone ? "Undo the reset" : "Reset to the stub";
    if (!this.moved && !this.#field) return;
    this.button.hidden = false;
    // What is copied and printed. Its last line ends, or an empty one would have no height.
    if (this.isCode) this.place.querySelector("pre").textContent = `${this.text}\n`;
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

let broughtBack; // what moves by itself is no new answer

// A widget's answer is brought back, unless the address says what it is to show.
function bringBack(figure) {
  const kept = entryOf(figure.dataset.answer).get();
  if (!kept || location.hash.includes(`${figure.id}=`)) return;
  broughtBack = figure;
  figure.llb.set(JSON.parse(kept.text));
  broughtBack = undefined;
  if (kept.version !== version) sayChanged(figure);
}

function sayChanged(figure) {
  const note = make("p", {
    className: "llb-foot",
    textContent: `Kept from your last visit. ${CHANGED}`,
  });
  note.setAttribute("role", "status");
  figure.after(note);
}

const rest = globalThis.requestIdleCallback ?? setTimeout; // Safari has no idea of rest
const answers = notebook.cells.filter((cell) => cell.metadata.nbgrader?.solution).flatMap(bring);
for (const answer of answers) answer.mount();

const FIGURE = "figure[data-answer]";
document.addEventListener("llb:ready", ({ target }) => target.matches(FIGURE) && bringBack(target));
document.addEventListener("llb:change", ({ target }) => {
  if (!target.matches(FIGURE) || target === broughtBack) return;
  keep(target.dataset.answer, target.llb.moved ? target.llb.answer : undefined);
});
for (const figure of document.querySelectorAll(FIGURE)) if (figure.llb) bringBack(figure);
