// A report says where it was written: the section on the screen, and what the widgets show. The
// link without this script names page and version.

function section() {
  const above = [...document.querySelectorAll("article :is(h1, h2, h3)")].filter(
    (heading) => heading.getBoundingClientRect().top < innerHeight / 2,
  );
  return above.at(-1)?.firstChild?.textContent.trim() ?? "";
}

function describe(event) {
  const link = event.currentTarget;
  const address = new URL(link.href);
  const [first] = address.searchParams.get("body").split("\nSection: ");
  const state = location.hash ? `\nWidgets and place: ${location.hash}` : "";
  address.searchParams.set("body", `${first.trimEnd()}\nSection: ${section()}${state}\n`);
  link.href = address;
}

for (const link of document.querySelectorAll(".btn-report-button")) {
  for (const event of ["pointerdown", "click", "focus"]) link.addEventListener(event, describe);
}
