// The hints of an exercise's page, one at a time. Where the page holds the answer, each opens after a
// new try that leaves nothing out; where it does not, after the hint before it. A solution comes last.
// What was opened stays open to its reader, in this browser. Without script all of them fold open.

const { slug } = JSON.parse(document.getElementById("exercise-notebook").textContent).metadata
  .exercise;
const entry = llbEntry(
  `hints/${slug}`,
  (given) => {
    if (given.opened >= 0 && Array.isArray(given.tries)) return given;
    throw new Error("it is no list of hints");
  },
  `llb:hints:${slug}`,
);
const hints = [...document.querySelectorAll("details.hint")];
const folds = [...hints, ...document.querySelectorAll("details.solution")];
const reasons = folds.map((fold) => {
  const reason = document.createElement("span");
  reason.className = "hint-reason";
  fold.querySelector("summary").append(reason);
  return reason;
});
const known = entry.get() ?? { opened: 0, tries: [] };
explain();

// Say above the first hint what opens it, in the words of this page's kind of answer.
function explain() {
  const kinds = {
    "[data-answer]:not(figure)":
      "code of yours that has no syntax error, in place of what stands there",
    "figure[data-widget=questions][data-answer]": "an answer to every question",
    "figure[data-answer]:not([data-widget=questions])": "the figure moved from where it starts",
  };
  const found = Object.keys(kinds).filter((kind) => document.querySelector(kind));
  if (!found.length || !hints.length) return;
  const complete = found.map((kind) => kinds[kind]).join(", or ");
  const how = document.createElement("p");
  how.className = "hint-how";
  how.textContent =
    `A complete try is ${complete}; it need not be right. It opens the first hint, ` +
    "and each different one after it opens one more. No hint costs points.";
  hints[0].before(how);
}

// What the answers that were begun say; null while one of them is not whole, or none is begun.
// undefined where the page takes no answer.
function attempt() {
  const answers = [...document.querySelectorAll("[data-answer]")];
  if (!answers.length) return undefined;
  const begun = answers.filter(({ llb }) => llb?.moved);
  const whole = begun.length && begun.every(({ llb }) => llb.complete);
  return whole ? begun.map(({ llb }) => llb.form ?? llb.source).join("\n") : null;
}

// Why the next one does not open yet; nothing when it does.
function obstacle(place) {
  if (place < known.opened) return "";
  if (place > known.opened) return ` \u00b7 opens after hint ${Math.min(place, hints.length)}`;
  if (place >= hints.length) return "";
  const made = attempt();
  if (made === null) return " \u00b7 opens after a complete try";
  return known.tries.includes(made) ? " \u00b7 opens after another try" : "";
}

function show() {
  folds.forEach((fold, place) => {
    const why = obstacle(place);
    if (reasons[place].textContent !== why) reasons[place].textContent = why;
    fold.querySelector("summary").setAttribute("aria-disabled", why !== "");
  });
}

function open(event, place) {
  if (obstacle(place)) {
    event.preventDefault();
    return;
  }
  if (place !== known.opened) return;
  const made = attempt();
  if (made && place < hints.length) known.tries.push(made);
  known.opened += 1;
  entry.set(known);
  show();
}

folds.forEach((fold, place) => {
  fold.querySelector("summary").addEventListener("click", (event) => open(event, place));
  fold.open = place < known.opened;
});
for (const event of ["llb:ready", "llb:change"]) document.addEventListener(event, show);
document.addEventListener("llb:change", () => {
  if (attempt()) document.dispatchEvent(new CustomEvent("llb:try"));
});
show();
