// What a page of the theme does when it is used: its light, its search, its two drawers, and the
// contents beside the text, which show where the reader is. It stands in for the theme's own script,
// which lays out the whole page to find what scrolls, and once more after each change in it. Here
// everything can be reached with the keyboard until it comes near the screen, where its size is known
// anyway. A classic script, since a page opened as a file may load no module.
"use strict";
{
  const root = document.documentElement;
  const all = (selector) => [...document.querySelectorAll(selector)];
  const byId = (id) => document.getElementById(id);

  function once(action) {
    let waiting;
    return () => {
      clearTimeout(waiting);
      waiting = setTimeout(action, 300);
    };
  }

  function recall(storage, key) {
    try {
      return globalThis[storage].getItem(key);
    } catch {
      return null; // the browser keeps nothing
    }
  }

  function keep(storage, key, value) {
    try {
      globalThis[storage].setItem(key, value);
    } catch {
      // then it holds for this page alone
    }
  }

  // ---- The light. What the page begins with, the theme's layout reads from the same two keys.

  const dark = matchMedia("(prefers-color-scheme: dark)");

  function light(mode) {
    const theme = mode === "auto" ? (dark.matches ? "dark" : "light") : mode;
    Object.assign(root.dataset, { mode, theme });
    for (const menu of all(".dropdown-menu")) {
      menu.classList.toggle("dropdown-menu-dark", theme === "dark");
    }
    keep("localStorage", "mode", mode);
    keep("localStorage", "theme", theme);
  }

  // The first click always changes something: from the system's light to the other one.
  function next(mode) {
    const modes = dark.matches ? ["auto", "light", "dark"] : ["auto", "dark", "light"];
    return modes[(modes.indexOf(mode) + 1) % modes.length];
  }

  light(["light", "dark"].includes(root.dataset.mode) ? root.dataset.mode : "auto");
  dark.addEventListener("change", () => {
    if (root.dataset.mode === "auto") light("auto");
  });
  for (const button of all(".theme-switch-button")) {
    button.addEventListener("click", () => light(next(root.dataset.mode)));
  }

  // ---- The table of contents stands from page to page where the reader left it.

  const bar = document.querySelector("div.bd-sidebar");
  if (document.querySelector(".bd-docs-nav") && bar) {
    const kept = Number.parseInt(recall("sessionStorage", "sidebar-scroll-top"), 10);
    if (Number.isNaN(kept)) showActive();
    else bar.scrollTop = kept;
    addEventListener("pagehide", () => keep("sessionStorage", "sidebar-scroll-top", bar.scrollTop));
  }

  function showActive() {
    const top = all(".bd-docs-nav .active").at(-1)?.getBoundingClientRect().y;
    if (top === undefined || top <= innerHeight / 2) return;
    bar.scrollTop = top - bar.getBoundingClientRect().y - bar.clientHeight / 4;
  }

  // ---- Search: a form of the page itself, or else one in a dialog.

  const APPLE = /^Mac|^iPhone$/.test(navigator.platform);
  const dialog = byId("pst-search-dialog");
  const ownField = document.querySelector(":not(dialog) > form.bd-search input");

  function search() {
    if (!ownField) {
      if (dialog?.open) dialog.close();
      else dialog?.showModal();
    } else if (document.activeElement === ownField) {
      ownField.blur();
    } else {
      ownField.focus();
      ownField.select();
      ownField.scrollIntoView({ block: "center" });
    }
  }

  function asksForSearch({ key, shiftKey, altKey, ctrlKey, metaKey }) {
    const held = APPLE ? metaKey && !ctrlKey : ctrlKey && !metaKey;
    return held && !shiftKey && !altKey && key.toLowerCase() === "k";
  }

  addEventListener(
    "keydown",
    (event) => {
      const leaves = event.key === "Escape" && document.activeElement === ownField && ownField;
      if (!asksForSearch(event) && !leaves) return;
      event.preventDefault();
      search();
    },
    true,
  );
  for (const button of all(".search-button__button")) button.addEventListener("click", search);
  if (dialog) closable(dialog);
  if (APPLE) {
    for (const key of all(".search-button__kbd-shortcut .kbd-shortcut__modifier:first-child")) {
      key.textContent = "\u2318";
    }
  }

  // A dialog closes with Escape, and with a click beside it.
  function closable(box) {
    box.addEventListener("click", ({ clientX: x, clientY: y }) => {
      const { left, right, top, bottom } = box.getBoundingClientRect();
      if (box.open && (x < left || x > right || y < top || y > bottom)) box.close();
    });
    box.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.preventDefault();
      event.stopPropagation();
      box.close();
    });
  }

  // ---- Drawers: on a narrow screen a sidebar moves into a dialog while that is open.

  for (const side of ["primary", "secondary"]) {
    const button = document.querySelector(`.${side}-toggle`);
    const drawer = byId(`pst-${side}-sidebar-modal`);
    const sidebar = byId(`pst-${side}-sidebar`);
    if (button && drawer && sidebar) furnish(button, drawer, sidebar);
  }

  function furnish(button, drawer, sidebar) {
    closable(drawer);
    button.addEventListener("click", (event) => {
      event.preventDefault();
      event.stopPropagation();
      const before = document.activeElement;
      drawer.addEventListener("close", () => before?.focus(), { once: true });
      move(sidebar, drawer);
      drawer.showModal();
    });
    drawer.addEventListener("close", () => move(drawer, sidebar));
  }

  function move(from, to) {
    to.append(...from.childNodes);
    to.classList.add(...from.classList);
    from.removeAttribute("class");
  }

  // ---- The contents beside the text: where the reader is.

  const contents = byId("pst-page-toc-nav");
  const links = new Map(); // of headings
  for (const link of contents?.querySelectorAll("a[href^='#']") ?? []) {
    const target = byId(decodeURIComponent(link.hash.slice(1)));
    if (target) links.set(target.querySelector("h1, h2, h3, h4, h5, h6") ?? target, link);
  }
  let chosen = false; // by a click: what passes on the way there does not count

  function mark(current) {
    for (const link of links.values()) {
      link.classList.toggle("active", link === current);
      if (link === current) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
    for (const entry of contents.querySelectorAll(".toc-entry")) {
      entry.classList.toggle("active", entry.contains(current));
    }
  }

  function choose(hash) {
    const link = [...links.values()].find((one) => one.hash === hash);
    if (!link) return;
    chosen = true;
    setTimeout(() => {
      chosen = false;
    }, 1000);
    mark(link);
  }

  let passing;
  function watchHeadings() {
    passing?.disconnect();
    const header = byId("pst-header")?.getBoundingClientRect().height ?? 0;
    passing = new IntersectionObserver(
      (seen) => {
        const last = seen.filter((one) => one.isIntersecting).at(-1);
        if (last && !chosen) mark(links.get(last.target));
      },
      { rootMargin: `-${header}px 0px -70% 0px` },
    );
    for (const heading of links.keys()) passing.observe(heading);
  }

  if (links.size) {
    choose(location.hash);
    addEventListener("hashchange", () => choose(location.hash));
    addEventListener("click", ({ target }) => {
      const link = target.closest?.("a");
      if (link && link.origin === location.origin && link.hash === location.hash) choose(link.hash);
    });
    addEventListener("resize", once(watchHeadings));
    watchHeadings();
  }

  // ---- The keyboard reaches what scrolls.

  const SCROLLS =
    "pre, .cell_output > .output, .jp-RenderedHTMLCommon, .pst-scrollable-table-container";
  const near = new IntersectionObserver(
    (seen) => {
      const found = seen.filter((one) => one.isIntersecting).map(({ target }) => target);
      const stops = found.map(
        (part) => part.scrollWidth > part.clientWidth || part.scrollHeight > part.clientHeight,
      );
      found.forEach((part, place) => {
        part.tabIndex = stops[place] ? 0 : -1;
      });
    },
    { rootMargin: "100%" },
  );

  function watchWhatScrolls() {
    for (const part of all(SCROLLS)) {
      if (!part.hasAttribute("tabindex")) part.tabIndex = 0;
      near.unobserve(part); // looked at anew
      near.observe(part);
    }
  }

  const again = once(watchWhatScrolls);
  function beginWatching() {
    addEventListener("resize", again);
    const main = byId("main-content");
    new MutationObserver(again).observe(main, { subtree: true, childList: true });
    watchWhatScrolls();
  }
  if (document.readyState === "complete") beginWatching();
  else addEventListener("load", beginWatching);
}
