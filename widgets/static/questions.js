// Questions: Python has drawn the form, this records what is given in it. It never judges.

const alike = (one, other) => canonical(one) === canonical(other);

// Each kind binds a question's element to `give` and returns what shows an answer there; `take`
// makes an answer of what an address says, and throws when there is none in it.
const kinds = {
  number: {
    blank: () => "",
    take(_, text) {
      if (text === "" || Number.isFinite(Number(text))) return text === "" ? "" : Number(text);
      throw new RangeError(`no number: ${text}`);
    },
    bind(node, give) {
      const box = node.querySelector("input");
      const typed = () => (box.value === "" ? "" : Number(box.value));
      box.addEventListener("input", () => give(typed()));
      return (value) => {
        if (!alike(typed(), value) || (value === "" && document.activeElement !== box)) {
          box.value = value;
        }
      };
    },
  },
  choose: {
    blank: () => "",
    take: ({ choose }, text) => oneOf(["", ...ids(choose)], text),
    bind(node, give) {
      const boxes = [...node.querySelectorAll("input")];
      const name = `llb-${Math.random().toString(36).slice(2, 8)}`;
      for (const box of boxes) {
        box.name = name; // one of them at a time, and none of another widget
        box.addEventListener("change", () => give(box.value));
      }
      return (value) =>
        boxes.forEach((box) => {
          box.checked = box.value === value;
        });
    },
  },
  select: {
    blank: () => "",
    take({ select }, text) {
      if (text === "") return "";
      const chosen = listOf(ids(select), text);
      return orBlank(ids(select).filter((id) => chosen.includes(id)));
    },
    bind(node, give) {
      const boxes = [...node.querySelectorAll("input")];
      const chosen = () => boxes.filter((box) => box.checked).map((box) => box.value);
      for (const box of boxes) box.addEventListener("change", () => give(orBlank(chosen())));
      return (value) =>
        boxes.forEach((box) => {
          box.checked = value.includes(box.value);
        });
    },
  },
  order: {
    blank: ({ order }) => ids(order),
    take({ order }, text) {
      const given = listOf(ids(order), text);
      if (new Set(given).size === order.length) return given;
      throw new RangeError(`not all of them: ${text}`);
    },
    bind: bindOrder,
  },
  match: {
    blank: ({ match, slots }) => {
      const empty = () => Object.fromEntries(slots.map(([slot]) => [slot, ""]));
      return Object.fromEntries(ids(match).map((card) => [card, empty()]));
    },
    take({ match, slots }, text) {
      const given = Object(parsed(text));
      const chosen = (card, [slot, options]) => [
        slot,
        oneOf(["", ...ids(options)], Object(given[card])[slot] ?? ""),
      ];
      const card = (id) => [id, Object.fromEntries(slots.map((slot) => chosen(id, slot)))];
      return Object.fromEntries(ids(match).map(card));
    },
    bind(node, give) {
      const menus = [...node.querySelectorAll("select")];
      const place = (menu) => [menu.closest("[data-card]").dataset.card, menu.dataset.slot];
      const given = () => {
        const value = {};
        for (const menu of menus) {
          const [card, slot] = place(menu);
          value[card] = { ...value[card], [slot]: menu.value };
        }
        return value;
      };
      for (const menu of menus) menu.addEventListener("change", () => give(given()));
      return (value) =>
        menus.forEach((menu) => {
          const [card, slot] = place(menu);
          menu.value = value[card][slot];
        });
    },
  },
};

function bindOrder(node, give) {
  const list = node.querySelector("ol");
  const items = () => [...list.children];
  const order = () => items().map((item) => item.dataset.option);
  const move = (button) => {
    const present = order();
    const from = present.indexOf(button.closest("li").dataset.option);
    const to = from + Number(button.dataset.by);
    if (to < 0 || to >= present.length) return;
    [present[from], present[to]] = [present[to], present[from]];
    give(present);
  };
  for (const button of list.querySelectorAll("button")) {
    button.addEventListener("click", () => move(button));
  }
  return (value) => {
    const focused = document.activeElement;
    if (!alike(order(), value)) {
      const byId = Object.fromEntries(items().map((item) => [item.dataset.option, item]));
      list.append(...value.map((id) => byId[id]));
      if (list.contains(focused)) focused.focus(); // moving an element takes its focus
    }
    items().forEach((item, place) => {
      const [up, down] = item.querySelectorAll("button");
      set(up, { "aria-disabled": place === 0 }); // disabled would lose the focus
      set(down, { "aria-disabled": place === value.length - 1 });
    });
  };
}

// ---- What an address says.

const orBlank = (chosen) => (chosen.length ? chosen : "");

const ids = (options) => options.map(([id]) => id);

function oneOf(known, id) {
  if (known.includes(id)) return id;
  throw new RangeError(`none of ${known}: ${id}`);
}

function parsed(value) {
  return typeof value === "string" ? JSON.parse(value) : value;
}

function listOf(known, text) {
  const given = parsed(text);
  if (!Array.isArray(given)) throw new RangeError(`no list: ${text}`);
  return given.map((id) => oneOf(known, id));
}

const kindOf = (question) => kinds[Object.keys(kinds).find((kind) => kind in question)];

function accept(model, given) {
  const values = { ...model.get("values") };
  for (const question of model.get("questions")) {
    if (!(question.key in given)) continue;
    try {
      values[question.key] = kindOf(question).take(question, given[question.key]);
    } catch {
      // an old link, or one that somebody wrote: the rest of it may still hold
    }
  }
  if ("committed" in values && "committed" in given) {
    values.committed = Number(
      Number(given.committed) === 1 && allDone(model.get("questions"), values),
    );
  }
  if (!alike(values, model.get("values"))) model.set("values", values);
}

// ---- Words, as in questions.py.

// Of each field, whether it is filled in.
function fields(questions, values) {
  return questions.flatMap((question) => {
    const value = values[question.key];
    if (!("match" in question)) return [!alike(value, kindOf(question).blank(question))];
    return Object.values(value)
      .flatMap((slots) => Object.values(slots))
      .map(Boolean);
  });
}

const allDone = (questions, values) => fields(questions, values).every(Boolean);

function counted(questions, values) {
  const all = fields(questions, values);
  return `Recorded: ${all.filter(Boolean).length} of ${all.length} answered`;
}

const withoutMarks = (text) =>
  text.replace(/`([^`]+)`|\*([^*\s]+)\*/g, (_, code, letter) => code ?? letter);

function summary(questions, values, output) {
  const orders = questions
    .filter(({ order }) => order)
    .map(({ key, ask, order }) => {
      const texts = Object.fromEntries(order);
      const told = values[key].map((id) => withoutMarks(texts[id])).join("; ");
      return `${withoutMarks(ask)} ${told}`;
    });
  const printed = values.committed ? [`The run printed: ${output}`] : [];
  return [counted(questions, values), ...orders, ...printed].join(". ");
}

// ---- Commit, then see.

function bindOutput(root, questions, commit) {
  const button = root.querySelector(".llb-commit button");
  const output = root.querySelector(".llb-output");
  if (!button) return () => {};
  button.addEventListener("click", () => {
    commit();
    output.querySelector("summary").focus(); // the button has done its work
  });
  return (values) => {
    const committed = Boolean(values.committed);
    button.disabled = committed || !allDone(questions, values);
    root.querySelector(".llb-form").disabled = committed;
    set(output, { hidden: committed ? null : "" });
    output.open = committed;
  };
}

function draw(root, { questions, output }, change) {
  root.querySelector(".llb-form").disabled = false;
  const { count } = parts(root);
  let present = {};
  const give = (key) => (value) => change("values", { ...present, [key]: value });
  const shows = questions.map((question) => {
    const node = root.querySelector(`[data-question="${CSS.escape(question.key)}"]`);
    const show = kindOf(question).bind(node, give(question.key));
    return (values) => show(values[question.key]);
  });
  shows.push(bindOutput(root, questions, () => give("committed")(1)));
  return ({ values }) => {
    present = values;
    for (const show of shows) show(present);
    say(count, counted(questions, present));
    return summary(questions, present, output);
  };
}

export default widget({
  moves: ["values"],
  options: ["questions", "output"],
  draw,
  accept,
  answer: (model) => model.get("values"),
  complete: (model) => allDone(model.get("questions"), model.get("values")),
});
