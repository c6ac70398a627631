// Runs the code of a page on a Jupyter server that the reader names, or on Binder: Thebe connects,
// the cells become editors, what they print takes the place of what the page showed. The button of
// the page loads this script, nothing before; a classic one, since a page opened as a file may load
// no module. Gives `llbLive()`, which opens the dialogue.

{
  const here = document.currentScript.src.replace(/[^/]*$/, "");
  const { binder } = document.currentScript.dataset; // where Binder builds this book, if anywhere
  const KEY = "llb:server";
  const THEIRS = "application/vnd.logits-widget+json";
  const VIEW = "application/vnd.jupyter.widget-view+json"; // of ipywidgets
  const SCRIPTS = ["vendor/thebe-core.min.js", "live_widgets.js"];
  const EDITOR = ["vendor/codemirror.js", "editor.js"];
  const FIRST = "A first import of TensorFlow takes some seconds.";
  const QUIET = "import os; os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '2')"; // as the page is
  const origin = location.protocol === "file:" ? "*" : location.origin;
  const state = { kernel: null, session: null, widgets: null, cells: [] };

  function make(name, properties = {}, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(properties)) {
      if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
      else made.setAttribute(key, value);
    }
    made.append(...children);
    return made;
  }

  const button = (text, onclick) => make("button", { type: "button", onclick }, text);

  const sheet = (name) =>
    document.head.append(make("link", { rel: "stylesheet", href: here + name }));

  async function load(name) {
    await new Promise((done, failed) => {
      const script = make("script", { src: here + name, onload: done });
      script.addEventListener("error", () => failed(new Error(`${name} could not be loaded`)));
      document.head.append(script);
    });
  }

  // ---- Connecting. Every step can be given up: `signal` says when the reader has.

  const given = (signal, promise) =>
    Promise.race([
      promise,
      new Promise((_, failed) => {
        const stop = () => failed(new DOMException("Cancelled.", "AbortError"));
        if (signal.aborted) stop();
        signal.addEventListener("abort", stop);
      }),
    ]);

  // Fetch, but for a host that is away or lets no page in: that gives nothing.
  async function asked(address, signal, headers = {}) {
    try {
      return await fetch(address, { headers, signal });
    } catch (error) {
      if (signal.aborted) throw error;
      return null;
    }
  }

  // Ask for what needs no token, then for what does: what is wrong is said with its remedy. To a page
  // that it does not know, Jupyter answers a wrong token as if it let no page in.
  async function greet({ baseUrl, token }, signal) {
    const there = await asked(new URL("api", baseUrl), signal);
    if (!there) {
      throw new Error(
        `No answer from ${baseUrl}. Is the server running, and does it let this page in? Start it ` +
          `with --ServerApp.allow_origin='${origin}'.`,
      );
    }
    if (!there.ok) throw new Error(`${baseUrl} answers ${there.status}: is it a Jupyter server?`);
    const headers = token ? { Authorization: `token ${token}` } : {};
    const mine = await asked(new URL("api/kernelspecs", baseUrl), signal, headers);
    if (!mine?.ok)
      throw new Error("The server refuses the token. It prints the right one when it starts.");
  }

  // Let Binder build or find the book's image and start a server from it.
  function launch(say, signal) {
    return new Promise((done, failed) => {
      const source = new EventSource(binder);
      signal.addEventListener("abort", () => source.close());
      source.onmessage = ({ data }) => {
        const { phase, message = "", url, token } = JSON.parse(data);
        if (phase === "ready" || phase === "failed") source.close();
        if (phase === "ready") done({ baseUrl: url, token });
        else if (phase === "failed") failed(new Error(`Binder could not start it: ${message}`));
        else say(`Binder: ${phase}. ${message.trim().split("\n").at(-1).slice(0, 120)}`);
      };
      source.onerror = () => {
        source.close();
        failed(new Error("No answer from Binder. Try later, or name a server of your own."));
      };
    });
  }

  async function startKernel({ baseUrl, token }, signal) {
    const { api } = thebeCore;
    const config = api.makeConfiguration({
      serverSettings: { baseUrl, token, appendToken: true },
      kernelOptions: {
        kernelName: "python3",
        path: `/logits-${Math.random().toString(36).slice(2)}.ipynb`,
      },
    });
    const server = api.makeServer(config);
    const started = (async () => {
      await server.connectToJupyterServer();
      return server.startNewSession(api.makeRenderMimeRegistry({})); // {}: no MathJax of another host
    })();
    try {
      return await given(signal, started);
    } catch (error) {
      started.then(shutDown, () => {}).finally(() => server.dispose()); // it may start all the same
      throw error;
    }
  }

  // End a session, whose memory is the server's; says whether the server heard of it.
  const shutDown = (session) =>
    session.shutdown().then(
      () => true,
      () => false,
    );

  async function connect(where, say, signal) {
    say("Loading what talks to Jupyter.");
    const wanted = [
      ...(globalThis.llbWidgets ? [] : SCRIPTS),
      ...(globalThis.llbEditor ? [] : EDITOR),
    ];
    if (wanted.includes("live_widgets.js")) sheet("live_widgets.css");
    for (const name of wanted) await given(signal, load(name));
    if (where === "binder") say("Asking Binder. A first start takes minutes, a later one seconds.");
    const settings = where === "binder" ? await given(signal, launch(say, signal)) : where;
    say("Connecting to the server.");
    await greet(settings, signal);
    say(`Starting a kernel. ${FIRST}`);
    state.session = await startKernel(settings, signal);
    try {
      await setUp(state.session, signal);
    } catch (error) {
      await letGo();
      throw error;
    }
  }

  async function setUp(session, signal) {
    state.widgets = llbWidgets(session);
    const reply = await given(
      signal,
      session.kernel.requestExecute({ code: QUIET, silent: true }).done,
    );
    if (reply.content.status !== "ok") throw new Error("The kernel did not start.");
    for (const cell of state.cells) cell.mount();
    state.kernel = session.kernel;
  }

  // Forget the kernel, and end its session.
  async function letGo() {
    const { session, widgets } = state;
    Object.assign(state, { kernel: null, session: null });
    widgets?.freeze();
    return shutDown(session);
  }

  // ---- The dialogue.

  const status = make("p", { role: "status" });
  const spent = make("span", { "aria-hidden": "true" }); // a clock that nobody wants read out
  const address = make("input", { name: "address", type: "url", required: "" });
  const token = make("input", { name: "token", type: "password", autocomplete: "off" });
  const where = make("select", { name: "where" });
  const own = make("div", { class: "llb-own" });
  const go = make("button", { type: "submit" }, "Connect");
  const cancel = button("Close", () => (attempt ? attempt.abort() : dialogue.close()));
  const leave = button("Disconnect", disconnect);
  const runAll = button("Run all cells", () => {
    dialogue.close();
    runTo(state.cells.length - 1, { all: true });
  });
  const form = make("form", { method: "dialog" });
  const dialogue = make(
    "dialog",
    { class: "llb-runner", "aria-labelledby": "llb-runner-title" },
    form,
  );
  let attempt = null;

  function fillDialogue() {
    if (binder) where.append(new Option("A Jupyter server", "own"), new Option("Binder", "binder"));
    own.append(
      make("label", {}, "Address of a Jupyter server", address),
      make("label", {}, "Its token", token),
      make(
        "details",
        {},
        make("summary", {}, "How to start one"),
        make(
          "p",
          {},
          "In a copy of this book's repository ",
          make("code", {}, "make live"),
          " starts one. Where its " + "packages are installed already, so does",
        ),
        make("pre", {}, `jupyter lab --ServerApp.allow_origin='${origin}'`),
        make("p", {}, "The token is in the address that it prints."),
      ),
    );
    form.append(
      make("h2", { id: "llb-runner-title" }, "Run this page"),
      make(
        "p",
        {},
        "You need this neither to read nor to do exercises. With a Jupyter server you can change the " +
          "code of this page and run it. The code goes to the server that you name, and to nobody else.",
      ),
      ...(binder ? [make("label", {}, "Where", where)] : []),
      own,
      status,
      spent,
      make("div", { class: "llb-run-buttons" }, go, runAll, leave, cancel),
    );
    where.addEventListener("change", () => {
      own.hidden = where.value === "binder";
      showNeeds();
    });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      begin();
    });
    dialogue.addEventListener("close", () => attempt?.abort());
    address.value = remembered(localStorageOf, KEY) ?? "http://localhost:8888";
    token.value = remembered(sessionStorageOf, KEY) ?? "";
    sheet("code.css");
    document.body.append(dialogue);
  }

  const showNeeds = () => {
    address.required = where.value !== "binder";
  };
  const localStorageOf = () => localStorage;
  const sessionStorageOf = () => sessionStorage; // a token is forgotten with the tab

  function remembered(storage, key) {
    try {
      return storage().getItem(key);
    } catch {
      return null;
    }
  }

  function remember(storage, key, value) {
    try {
      storage().setItem(key, value);
    } catch {
      // it is asked for again
    }
  }

  // An address as people copy it, with the token in it, or without its last slash.
  function settings() {
    const url = new URL(address.value);
    const inside = url.searchParams.get("token");
    const baseUrl = url.origin + url.pathname.replace(/\/(lab|tree)?\/?$/, "/");
    return { baseUrl, token: inside ?? token.value };
  }

  async function begin() {
    const wanted = where.value === "binder" ? "binder" : settings();
    attempt = new AbortController();
    const began = Date.now();
    const tick = setInterval(() => {
      spent.textContent = `${Math.round((Date.now() - began) / 1000)} s`;
    }, 1000);
    show("connecting");
    try {
      await connect(
        wanted,
        (text) => {
          status.textContent = text;
        },
        attempt.signal,
      );
      if (wanted !== "binder") {
        remember(localStorageOf, KEY, wanted.baseUrl);
        remember(sessionStorageOf, KEY, wanted.token);
      }
      status.textContent = "Connected. Every cell has a Run button now; Shift+Enter does the same.";
      show("connected");
    } catch (error) {
      const cancelled = error.name === "AbortError";
      status.textContent = cancelled
        ? "Cancelled. Nothing runs."
        : (error.message ?? String(error));
      show("idle");
    } finally {
      clearInterval(tick);
      spent.textContent = "";
      attempt = null;
    }
  }

  function show(phase) {
    dialogue.dataset.phase = phase;
    form.setAttribute("aria-busy", phase === "connecting");
    go.hidden = phase !== "idle";
    runAll.hidden = leave.hidden = phase !== "connected";
    own.hidden = phase === "connected" || where.value === "binder";
    cancel.textContent = phase === "connecting" ? "Cancel" : "Close";
    ({ connected: runAll, connecting: cancel, idle: go })[phase].focus();
  }

  // ---- Cells.

  // Text as a terminal shows it: colours left out, a progress bar only as it ended.
  const settled = (text) =>
    text
      .replace(/\x1b\[[0-9;]*[A-Za-z]/g, "")
      .replace(/[^\n\x08]*\x08+/g, "")
      .split("\n")
      .map((line) => line.replace(/\r$/, "").split("\r").at(-1))
      .join("\n");

  class Cell {
    constructor(place, number) {
      this.place = place;
      this.number = number;
      this.block = place.querySelector(".cell_input pre");
      this.figures = [...place.querySelectorAll(".llb-widget")];
      this.alt = place.querySelector(".cell_output img")?.alt || "Figure";
      this.ran = null; // the code that ran last
      this.displays = new Map();
    }

    get isCheck() {
      return this.place.classList.contains("tag_check");
    }
    get code() {
      return this.place.llb?.source ?? this.editor?.text ?? this.block.textContent;
    }
    get stale() {
      return this.ran !== this.code;
    }

    mount() {
      this.ran = null;
      if (this.foot) return;
      this.button = button("Run", () =>
        this.running ? state.kernel.interrupt() : runTo(this.number),
      );
      this.button.setAttribute("aria-label", `Run cell ${this.number + 1}`);
      this.note = make("span", { role: "status" });
      this.foot = make("div", { class: "llb-foot" }, this.button, this.note);
      this.place.querySelector(":scope > details, :scope > .cell_input").after(this.foot);
      this.place.addEventListener("keydown", (event) => this.#key(event), { capture: true });
      if (!this.place.matches("[class*='tag_answer-']")) this.#edit(); // an answer has its own ways
    }

    #edit() {
      this.editor = llbEditor.create(this.block.closest(".highlight"), {
        text: this.block.textContent.replace(/\n$/, ""),
        label: `Code of cell ${this.number + 1}. Shift+Enter runs it. Escape, then Tab leaves.`,
        changed: () => {
          this.block.textContent = this.editor.text;
        },
      });
      this.place.classList.add("llb-edited");
    }

    #key(event) {
      if (event.key !== "Enter" || !event.shiftKey || !event.target.closest(".cm-editor, textarea"))
        return;
      event.preventDefault();
      event.stopPropagation();
      runTo(this.number);
    }

    async run() {
      const { code } = this;
      const began = performance.now();
      this.running = true;
      this.button.textContent = "Stop";
      this.button.setAttribute("aria-label", `Stop cell ${this.number + 1}`);
      this.note.textContent = `Running. ${/import tensorflow/.test(code) ? FIRST : ""}`;
      this.#clear();
      const future = state.kernel.requestExecute({ code, allow_stdin: true }); // somebody is here
      future.onIOPub = ({ header, content }) => this.#take(header.msg_type, content);
      future.onStdin = ({ content, parent_header }) => {
        const value = prompt(content.prompt) ?? "";
        state.kernel.sendInputReply({ status: "ok", value }, parent_header);
      };
      let reply;
      try {
        reply = (await future.done).content;
      } catch {
        reply = { status: "error", ename: "The kernel is gone", evalue: "connect again." };
      }
      this.running = false;
      this.button.textContent = "Run";
      this.button.setAttribute("aria-label", `Run cell ${this.number + 1}`);
      this.ran = reply.status === "ok" ? code : null;
      this.note.textContent = this.#verdict(reply, (performance.now() - began) / 1000);
      return reply.status === "ok";
    }

    #verdict({ status: how, ename, evalue = "" }, seconds) {
      if (how === "ok")
        return this.isCheck ? "This check passes." : `Ran in ${seconds.toFixed(1)} s.`;
      if (how !== "error") return "Stopped.";
      if (this.isCheck && ename === "AssertionError") return `This check fails: ${evalue}`;
      if (this.isCheck && ename === "NotImplementedError")
        return "The answer is still to be written.";
      if (/No module named '(autograder|widgets)/.test(evalue)) {
        return "The server lacks this book's packages: start it as \u201cHow to start one\u201d says.";
      }
      return `${ename}: ${settled(evalue).slice(0, 200)}`;
    }

    #clear() {
      state.widgets.drop(this.place);
      for (const shown of this.place.querySelectorAll(".cell_output")) shown.remove();
      this.output = make("div", { class: "cell_output docutils container" });
      this.place.append(this.output);
      this.stream = null;
      this.shown = 0;
    }

    #take(type, content) {
      if (type === "clear_output") this.#empty();
      else if (type === "stream") this.#print(content);
      else if (type === "error") this.#add(this.#text(content.traceback.join("\n"), "error"));
      else if (type === "display_data" || type === "execute_result") this.#display(content);
      else if (type === "update_display_data") this.#replace(content);
      if (type !== "stream") this.stream = type === "status" ? this.stream : null;
    }

    #empty() {
      state.widgets.drop(this.output);
      this.output.replaceChildren();
    }

    #replace({ data, transient }) {
      const old = this.displays.get(transient?.display_id);
      if (!old) return;
      state.widgets.drop(old);
      const node = this.#rendered(data);
      old.replaceWith(node);
      this.displays.set(transient.display_id, node);
    }

    // An output that a widget holds, as notebooks write it.
    nodeOf({ output_type: type, name, text, traceback, data }) {
      if (type === "stream") return this.#text([text].flat().join(""), `stream ${name}`);
      if (type === "error") return this.#text(traceback.join("\n"), "error");
      return this.#rendered(data);
    }

    #print({ name, text }) {
      if (this.stream?.name !== name) {
        const node = this.#text("", `stream ${name}`);
        this.stream = { name, text: "", node };
        this.#add(node);
      }
      this.stream.text += text;
      this.stream.node.querySelector("pre").textContent = settled(this.stream.text);
    }

    #display({ data, transient }) {
      const node = this.#rendered(data);
      if (transient?.display_id) this.displays.set(transient.display_id, node);
      this.#add(node);
    }

    #add(node) {
      this.output.append(node);
    }

    #text(text, name) {
      const pre = make("pre", {}, settled(text));
      return make(
        "div",
        { class: `output ${name} highlight-myst-ansi notranslate` },
        make("div", { class: "highlight" }, pre),
      );
    }

    // The richest form that needs no script. The page's own figures live without a kernel.
    #rendered(data) {
      const figure = data[THEIRS] && this.figures[this.shown++];
      if (figure) return figure;
      if (data[VIEW] && !data[THEIRS]) return this.#widget(data[VIEW].model_id, data["text/plain"]);
      for (const type of ["image/png", "image/jpeg"]) {
        if (data[type]) return this.#image(`data:${type};base64,${data[type]}`);
      }
      const svg = data["image/svg+xml"];
      if (svg)
        return this.#image(`data:image/svg+xml,${encodeURIComponent([svg].flat().join(""))}`);
      if (data["text/html"] && !data[THEIRS]) {
        const html = make("div", { class: "output text_html" });
        html.innerHTML = [data["text/html"]].flat().join("");
        return html;
      }
      return this.#text([data["text/plain"] ?? ""].flat().join(""), "text_plain");
    }

    #widget(id, text) {
      const place = make("div", { class: "llb-ipywidgets" });
      state.widgets.fill(place, id, this).catch(() => {
        place.replaceChildren(this.#text([text ?? ""].flat().join(""), "text_plain"));
      });
      return place;
    }

    #image(src) {
      return make("div", { class: "output image_png" }, make("img", { src, alt: this.alt }));
    }
  }

  // Cells above `number` that others need and whose code has not run as it stands.
  const missing = (number) =>
    state.cells.slice(0, number).filter((cell) => cell.stale && !cell.isCheck);

  // Run a cell, and first what is missing above it. `all` runs every check on the way too.
  async function runTo(number, { all = false } = {}) {
    if (!state.kernel || state.cells.some((cell) => cell.running)) return;
    const last = state.cells[number];
    for (const cell of [...(all ? state.cells.slice(0, number) : missing(number)), last]) {
      if ((await cell.run()) || (all && cell.isCheck)) continue;
      if (cell !== last)
        last.note.textContent = `Not run: cell ${cell.number + 1} above it failed.`;
      return;
    }
    tellIfPassed();
  }

  // The page's own record of progress hears of it when all visible checks pass.
  function tellIfPassed() {
    const checks = state.cells.filter((cell) => cell.isCheck);
    const pass = (check) => check.ran !== null && !missing(check.number).length;
    if (!checks.length || !checks.every(pass)) return;
    document.dispatchEvent(new CustomEvent("llb:try", { detail: { passed: true } }));
  }

  async function disconnect() {
    for (const cell of state.cells) cell.note.textContent = "Not connected.";
    const stopping = letGo();
    show("idle");
    status.textContent = (await stopping)
      ? "Disconnected. The kernel is stopped."
      : "Disconnected. The server did not answer: the kernel may run on there.";
  }

  globalThis.llbLive = () => {
    if (!dialogue.isConnected) {
      const places = document.querySelectorAll(".cell:has(.cell_input pre)");
      state.cells = [...places].map((place, number) => new Cell(place, number));
      fillDialogue();
      show("idle");
    }
    dialogue.showModal();
    (state.kernel ? runAll : address).focus();
  };
  addEventListener("pagehide", () => {
    // its memory is the reader's
    attempt?.abort();
    if (state.session) shutDown(state.session);
  });
  llbLive();
}
