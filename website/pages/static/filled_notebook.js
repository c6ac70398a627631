// An exercise's page: the answer cell follows its widget, and the notebook that is downloaded holds
// every answer of the page. No network, no kernel; without script the link gives the notebook as it is.

const notebook = JSON.parse(document.getElementById("exercise-notebook").textContent);
const FIGURE = "figure[data-answer]";
const link = document.querySelector("a.reference.download[href$='.ipynb']");

const answers = () =>
  [...document.querySelectorAll("[data-answer], [data-written]")].filter(({ llb }) => llb);
const cellOf = (id) => notebook.cells.find((cell) => cell.metadata.nbgrader?.grade_id === id);

function codeBefore(figure) {
  const blocks = [...document.querySelectorAll(".cell_input pre")];
  const earlier = (block) =>
    block.compareDocumentPosition(figure) & Node.DOCUMENT_POSITION_FOLLOWING;
  return blocks.filter(earlier).at(-1);
}

function show(figure) {
  const block = codeBefore(figure);
  if (block && block.textContent.trim() !== figure.llb.source)
    block.textContent = figure.llb.source;
}

function downloadFilledNotebook(event) {
  const filled = answers();
  if (!filled.length) return;
  event.preventDefault();
  for (const { dataset, llb } of filled) {
    const cell = cellOf(dataset.answer ?? dataset.written);
    if (cell) cell.source = llb.source;
  }
  const file = new Blob([JSON.stringify(notebook, null, 1), "\n"], { type: "application/json" });
  const address = URL.createObjectURL(file);
  const save = Object.assign(document.createElement("a"), {
    href: address,
    download: link.getAttribute("href").split("/").at(-1),
  });
  save.click();
  URL.revokeObjectURL(address);
}

// The menu at the top of the page offers a notebook too; nobody should hand in a blank by it.
const inMenu = document.querySelectorAll(".dropdown-menu a[href$='.ipynb']");
for (const each of [link, ...inMenu]) each?.addEventListener("click", downloadFilledNotebook);

// The same once more, where the last answer has been given.
if (link) {
  const again = Object.assign(document.createElement("button"), {
    type: "button",
    className: "llb-save",
    textContent: "Save the notebook with your answers",
    onclick: () => link.click(),
  });
  document.getElementById("what-the-build-checked")?.before(again);
}
for (const event of ["llb:ready", "llb:change"]) {
  document.addEventListener(event, ({ target }) => target.matches?.(FIGURE) && show(target));
}
for (const figure of document.querySelectorAll(FIGURE)) if (figure.llb) show(figure);
