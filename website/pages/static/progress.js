// A reader's progress through the book, kept in this browser and nowhere else. Each state carries the
// version of the page that it is about: a page that has changed since says so. A classic script, since
// a page opened as a file may load no module. Without script nothing of this is shown.
"use strict";
{
  const SCHEMA = 1;
  const DATE = /^\d{4}-\d\d-\d\dT[\d:.]+Z$/;
  const PAGES = globalThis.llbPages ?? {};
  const WORDS = {
    done: "completed",
    changed: "changed since you completed it",
    passed: "visible checks pass",
    tried: "tried",
  };
  const STATES = ["done", "passed", "tried"]; // what is kept; `changed` follows from the version

  const panel = document.querySelector(".llb-progress");
  const box = document.querySelector(".llb-complete");
  const here = panel.dataset.page;
  const root = new URL(document.documentElement.dataset.content_root, location.href);
  const nothing = () => ({ schema: SCHEMA, pages: {} });
  let kept = nothing();

  // ---- What is kept: { schema, pages: { page: { state: [version, date] } }, last }.

  const isMap = (value) => Object(value) === value && !Array.isArray(value);

  // The parts of `given` that we know; an error that says what is wrong where it is none of ours.
  function checked(given) {
    if (!isMap(given) || !isMap(given.pages))
      throw new Error("it is no progress file of this book");
    if (given.schema !== SCHEMA) throw new Error("it comes from another version of the book");
    const pages = Object.entries(given.pages).map(([page, states]) => {
      const known = Object.entries(states ?? {}).filter(([state]) => STATES.includes(state));
      for (const [state, mark] of known) {
        const [version, date] = Array.isArray(mark) ? mark : [];
        if (typeof version === "string" && DATE.test(date)) continue;
        throw new Error(`what it says of ${page} (${state}) has no date`);
      }
      return [page, Object.fromEntries(known)];
    });
    const last = isMap(given.last) && DATE.test(given.last.date) ? given.last : undefined;
    return { schema: SCHEMA, pages: Object.fromEntries(pages), last };
  }

  // Both together: nothing is lost, and of two marks for one thing the later holds.
  function merged(one, other) {
    const later = (a, b) => (!a || (b && b[1] > a[1]) ? b : a);
    const both = (page) =>
      STATES.map((state) => [
        state,
        later(one.pages[page]?.[state], other.pages[page]?.[state]),
      ]).filter(([, mark]) => mark);
    const pages = new Set([...Object.keys(one.pages), ...Object.keys(other.pages)]);
    const last = !one.last || other.last?.date > one.last.date ? other.last : one.last;
    return {
      schema: SCHEMA,
      pages: Object.fromEntries([...pages].map((page) => [page, Object.fromEntries(both(page))])),
      last,
    };
  }

  const FORMER = "llb:progress"; // of every book, until 0.2
  const entry = llbEntry("progress", checked, FORMER);

  function read() {
    const found = entry.get();
    if (found) kept = found;
    else if (!entry.trouble) kept = nothing(); // another tab has cleared it
  }

  // Another tab may have written in the meantime: read, change, write.
  function change(alter) {
    read();
    alter(kept);
    entry.set(kept);
    show();
  }

  // ---- What follows from it.

  const now = () => new Date().toISOString();
  const versionOf = (page) => (page === here ? box?.dataset.version : PAGES[page]?.version);
  const markOf = (page, state) => kept.pages[page]?.[state];
  const day = (date) =>
    new Date(date).toLocaleDateString("en-GB", { day: "numeric", month: "long", year: "numeric" });

  const isNow = (page, state) => markOf(page, state)?.[0] === versionOf(page);

  function tryOf(page) {
    if (isNow(page, "passed")) return "passed";
    return markOf(page, "passed") || markOf(page, "tried") ? "tried" : "";
  }

  function stateOf(page) {
    if (!markOf(page, "done")) return tryOf(page);
    return isNow(page, "done") ? "done" : "changed";
  }

  function put(page, state) {
    change(({ pages }) => {
      pages[page] = { ...pages[page], [state]: [versionOf(page), now()] };
    });
  }

  function take(page, state) {
    change(({ pages }) => delete pages[page]?.[state]);
  }

  // ---- The page's button.

  function sentences() {
    const [, date] = markOf(here, "done") ?? [];
    const completed = {
      done: `Completed on ${day(date)}.`,
      changed: `This page has changed since you completed it on ${day(date)}.`,
    };
    const tried = {
      passed: "You tried this exercise, and its visible checks pass.",
      tried: "You tried this exercise.",
    };
    return [completed[stateOf(here)], tried[tryOf(here)]].filter(Boolean).join(" ");
  }

  function showPage() {
    if (!box) return;
    const state = stateOf(here);
    box.dataset.state = state;
    const again = state === "changed" ? "Mark as completed again" : "Mark as completed";
    box.querySelector("button").textContent = state === "done" ? "Completed: undo" : again;
    box.querySelector("p").textContent = sentences();
  }

  box?.querySelector("button").addEventListener("click", () => {
    if (stateOf(here) === "done") take(here, "done");
    else put(here, "done");
  });

  // ---- The sidebar.

  const pageOf = (link) =>
    decodeURI(link.pathname.slice(root.pathname.length)).replace(/\.html$/, "");

  function showLinks() {
    for (const link of document.querySelectorAll(".bd-sidebar-primary .bd-links a[href]")) {
      const state = stateOf(pageOf(link));
      if ((link.dataset.progress ?? "") === state) continue;
      link.dataset.progress = state;
      link.querySelector(".visually-hidden")?.remove();
      const said = Object.assign(document.createElement("span"), { className: "visually-hidden" });
      said.textContent = ` (${WORDS[state]})`;
      if (state) link.append(said);
    }
  }

  function showBar() {
    const counted = Object.keys(PAGES).filter((page) => PAGES[page].counted);
    const done = counted.filter((page) => markOf(page, "done")).length;
    const percent = counted.length ? Math.floor((100 * done) / counted.length) : 0;
    panel.querySelector(".llb-percent").textContent = `${percent} %`;
    panel.querySelector("progress").value = percent;
    const { trouble } = entry;
    panel.querySelector(".llb-count").textContent = trouble
      ? `Not kept: ${trouble}`
      : `${done} of ${counted.length} completed`;
    panel.toggleAttribute("data-blocked", Boolean(trouble));
    panel.querySelector(".llb-unreadable").hidden = !entry.unreadable;
  }

  // ---- Where one stopped.

  const front = document.querySelector(".llb-continue");
  const text = (heading) =>
    [...heading.childNodes]
      .filter((node) => !node.classList?.contains("headerlink"))
      .map((node) => node.textContent)
      .join("");

  function showPlace() {
    const { page, section, title } = kept.last ?? {};
    if (front && entry.trouble) front.textContent = `Your place cannot be kept: ${entry.trouble}.`;
    if (!front || !PAGES[page]) return;
    const link = document.createElement("a");
    link.href = new URL(`${page}.html${section ? `#${encodeURIComponent(section)}` : ""}`, root);
    link.textContent = title ? `${PAGES[page].title}: ${title}` : PAGES[page].title;
    front.replaceChildren("Continue where you left off: ", link);
  }

  function keepPlace() {
    if (front || !PAGES[here] || document.visibilityState !== "hidden") return;
    const headings = [...document.querySelectorAll(".bd-article section[id] > :is(h2, h3)")];
    const at = headings.filter((h) => h.getBoundingClientRect().top < innerHeight / 2).at(-1);
    const place = at ? { section: at.parentElement.id, title: text(at) } : {};
    change((all) => {
      all.last = { page: here, ...place, date: now() };
    });
  }

  // ---- To a file, from a file, onto paper, away.

  const say = (words) => {
    panel.querySelector("details [role=status]").textContent = words;
  };
  const picker = panel.querySelector("input");

  const actions = {
    export() {
      const file = new Blob([JSON.stringify(kept, null, 1), "\n"], { type: "application/json" });
      const href = URL.createObjectURL(file);
      const download = `progress-${now().slice(0, 10)}.json`;
      Object.assign(document.createElement("a"), { href, download }).click();
      URL.revokeObjectURL(href);
      say(`Written to ${download}.`);
    },
    import: () => picker.click(),
    clear() {
      const sure = entry.unreadable
        ? "Begin anew? What is stored cannot be read; a copy of it stays in this browser."
        : "Clear all progress kept in this browser? An exported file is the only way back.";
      if (!confirm(sure)) return;
      entry.clear(FORMER);
      change((all) => {
        Object.assign(all, { pages: {}, last: undefined });
      });
      say("All progress is cleared.");
    },
    print() {
      document.querySelector(".llb-record")?.remove();
      document.body.append(record());
      document.body.classList.add("llb-printing");
      print();
    },
  };

  picker.addEventListener("change", async () => {
    const [file] = picker.files;
    try {
      const given = checked(JSON.parse(await file.text()));
      change((all) => Object.assign(all, merged(all, given)));
      say(`Taken over from ${file.name}: ${Object.keys(given.pages).length} pages.`);
    } catch (error) {
      const why = error instanceof SyntaxError ? "it is no JSON" : error.message;
      say(`${file.name} cannot be used: ${why}. Choose a file that was exported here.`);
    }
    picker.value = ""; // the same file may be chosen again
  });

  for (const button of panel.querySelectorAll("[data-do]")) {
    button.addEventListener("click", actions[button.dataset.do]);
  }

  // What the browser alone knows; who wants a certificate hands in exercises.
  function record() {
    const make = (tag, ...inside) => {
      const element = document.createElement(tag);
      element.append(...inside);
      return element;
    };
    const row = (page) => {
      const [, date] = markOf(page, "done") ?? [];
      const said = [stateOf(page) === "changed" && "changed since", WORDS[tryOf(page)]];
      const cells = [PAGES[page].title, date ? day(date) : "", said.filter(Boolean).join(", ")];
      return make("tr", ...cells.map((cell) => make("td", cell)));
    };
    const known = Object.keys(PAGES).filter((page) => stateOf(page));
    const head = ["Page", "Completed on", "State"].map((cell) => make("th", cell));
    const sheet = make(
      "section",
      make("h1", "Self-study record"),
      make(
        "p",
        make("strong", "This is not a certificate."),
        " The reader\u2019s own browser kept this record, and nobody has checked it.",
      ),
      make(
        "p",
        `${document.querySelector(".logo__title")?.textContent ?? ""}, ` +
          `${panel.querySelector(".llb-percent").textContent} completed, ${day(now())}`,
      ),
      make("table", make("thead", make("tr", ...head)), make("tbody", ...known.map(row))),
    );
    sheet.className = "llb-record";
    return sheet;
  }

  addEventListener("afterprint", () => {
    document.body.classList.remove("llb-printing");
    document.querySelector(".llb-record")?.remove();
  });

  // ---- Alive.

  function show() {
    showPage();
    showLinks();
    showBar();
  }

  // A complete try at an exercise; whoever runs its visible checks says with `passed` how they went.
  document.addEventListener("llb:try", ({ detail }) => {
    const state = detail?.passed ? "passed" : "tried";
    if (box && markOf(here, state)?.[0] !== versionOf(here)) put(here, state);
  });
  addEventListener("storage", ({ key }) => {
    if (key && key !== entry.key) return;
    read();
    show();
  });
  document.addEventListener("visibilitychange", keepPlace);

  read();
  entry.probe();
  show();
  showPlace();
}
