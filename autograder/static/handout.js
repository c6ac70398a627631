// An exercise's page: the answer cell follows its widget, and the notebook that is downloaded holds
// what the widgets show. No network, no kernel; without script the link gives the notebook as it is.

const notebook = JSON.parse(document.getElementById("exercise-notebook").textContent);
const link = document.querySelector("a.reference.download[href$='.ipynb']");

const widgets = () => [...document.querySelectorAll("figure[data-answer]")].filter((w) => w.llb);
const cellOf = (id) => notebook.cells.find((cell) => cell.metadata.nbgrader?.grade_id === id);

function codeBefore(figure) {
  const blocks = [...document.querySelectorAll(".cell_input pre")];
  const earlier = (block) =>
    block.compareDocumentPosition(figure) & Node.DOCUMENT_POSITION_FOLLOWING;
  return blocks.filter(earlier).at(-1);
}

function show(figure) {
  const block = codeBefore(figure);
  if (block && block.textContent.trim() !== figure.llb.source) block.textContent = figure.llb.source;
}

function download(event) {
  const filled = widgets();
  if (!filled.length) return;
  event.preventDefault();
  for (const figure of filled) {
    const cell = cellOf(figure.dataset.answer);
    if (cell) cell.source = figure.llb.source;
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

link?.addEventListener("click", download);
for (const event of ["llb:ready", "llb:change"]) {
  document.addEventListener(event, ({ target }) => target.dataset?.answer && show(target));
}
for (const figure of widgets()) show(figure);
