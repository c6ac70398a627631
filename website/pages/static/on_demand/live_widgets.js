// Widgets of ipywidgets in a page that runs: Thebe's manager has their models and views, and this
// keeps it at home, gives its sliders names, and shows what a kernel prints into a widget as the page
// shows any output. A classic script beside live.js. Gives `llbWidgets(session)`.

{
  const BASE = ["@jupyter-widgets/base", "2.0.0"];
  const CONTROLS = "@jupyter-widgets/controls";

  // Thebe would fetch a loader from another host before it looks into its own bundle, in which all of
  // ipywidgets is. Its parent class looks there alone. A figure of this book has its script in the
  // page: of its kernel's half no more is wanted than that it keeps still.
  function stayAtHome(manager) {
    const bundled = Object.getPrototypeOf(Object.getPrototypeOf(manager)).loadClass.bind(manager);
    const views = new Map();
    manager.loadClass = async (name, module, version) => {
      const kind = name.endsWith("Model") ? "DOMWidgetModel" : "DOMWidgetView";
      if (module === "anywidget") return bundled(kind, ...BASE);
      if (name === "OutputView") return outputView(await bundled(kind, ...BASE));
      const Class = await bundled(name, module, version);
      if (module !== CONTROLS || !name.endsWith("View")) return Class;
      if (!views.has(Class)) views.set(Class, named(Class));
      return views.get(Class);
    };
  }

  // A view whose slider says what it is: ipywidgets leaves that to the eye.
  const named = (View) =>
    class extends View {
      render() {
        const done = super.render();
        nameParts(this);
        this.listenTo(this.model, "change:description change:orientation", () => nameParts(this));
        return done;
      }
    };

  function nameParts({ el, model }) {
    const name = model.get("description") || "Value";
    const handles = [...el.querySelectorAll(".noUi-handle")];
    const ends = handles.length > 1 ? [", from", ", to"] : [""];
    handles.forEach((handle, place) => {
      handle.setAttribute("aria-label", name + ends[place]);
    });
    const readout = el.querySelector(".widget-readout");
    if (!readout) return;
    readout.setAttribute("role", "textbox");
    readout.setAttribute("aria-label", `${name}, as text`);
  }

  function cellOf({ options }) {
    return options.parent ? cellOf(options.parent) : options.cell;
  }

  // What is printed while a widget is heard.
  const outputView = (View) =>
    class extends View {
      render() {
        super.render();
        this.el.classList.add("widget-output");
        this.listenTo(this.model, "change:outputs", () => this.#show());
        this.#show();
      }

      // The old height stays until the new pictures are there: what is below does not jump.
      async #show() {
        const { el } = this;
        const nodes = this.model.get("outputs").map((output) => cellOf(this).nodeOf(output));
        el.style.minHeight = `${el.offsetHeight}px`;
        el.replaceChildren(...nodes);
        const pictures = [...el.querySelectorAll("img")];
        await Promise.allSettled(pictures.map((picture) => picture.decode()));
        if (nodes.every((node) => node.parentNode === el)) el.style.minHeight = "";
      }
    };

  globalThis.llbWidgets = ({ manager }) => {
    const views = new Map(); // by the place in which each stands
    const inside = (node) => [...views].filter(([place]) => node.contains(place));
    stayAtHome(manager);

    // Put the view of a model into `place`, once that is in the page.
    async function fill(place, id, cell) {
      const view = await manager.create_view(await manager.get_model(id), { cell });
      if (!place.isConnected) return view.remove(); // the cell runs again already
      views.set(place, view);
      return manager.display_view(null, view, { el: place });
    }

    function drop(node) {
      for (const [place, view] of inside(node)) {
        views.delete(place);
        view.remove();
      }
    }

    // What nobody answers any more stays as a picture of itself.
    function freeze() {
      for (const [place] of inside(document)) {
        const still = place.cloneNode(true);
        still.inert = true;
        place.after(still);
        drop(place);
        place.remove();
      }
    }

    return { fill, drop, freeze };
  };
}
