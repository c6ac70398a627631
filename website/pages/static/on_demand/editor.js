// The code editor of exercise pages and of cells that run: CodeMirror with this book's colours and
// keys. A classic script, since a page opened as a file may load no module; vendor/codemirror.js
// comes before it. Gives `llbEditor`.

{
  const { EditorView, EditorState, tags, pythonLanguage } = CodeMirror;
  const PLACEHOLDER = "raise NotImplementedError()";

  // Pygments' names for what the style sheet colours, so that code looks alike before and after.
  const colours = CodeMirror.tagHighlighter([
    { tag: [tags.keyword, tags.bool, tags.null], class: "k" },
    { tag: tags.operatorKeyword, class: "ow" },
    { tag: [tags.function(tags.definition(tags.variableName))], class: "nf" },
    { tag: tags.definition(tags.className), class: "nc" },
    { tag: [tags.variableName, tags.propertyName], class: "n" },
    { tag: tags.comment, class: "c1" },
    { tag: tags.string, class: "s2" },
    { tag: tags.number, class: "mi" },
    { tag: tags.operator, class: "o" },
    { tag: tags.punctuation, class: "p" },
  ]);

  const look = EditorView.theme({
    "&.cm-focused": { outline: "2px solid currentColor", outlineOffset: "1px" },
    ".cm-scroller": { fontFamily: "inherit", lineHeight: "inherit" },
    ".cm-content": { padding: "1rem", caretColor: "currentColor" },
    ".cm-line": { padding: "0 0 0 2ch", textIndent: "-2ch" }, // what goes on below stands further in
  });

  // What the code says, without layout and comments; null when it is not whole: nothing at all, a
  // syntax error (PrintStatement: that of Python 2), or the stub's placeholder.
  function form(text) {
    let said = "";
    let whole = !text.includes(PLACEHOLDER) && /^\s*[^\s#]/m.test(text);
    pythonLanguage.parser.parse(text).iterate({
      enter({ type, from, to, node }) {
        if (type.isError || type.name === "PrintStatement") whole = false;
        if (type.name === "Comment") return false;
        said += node.firstChild ? `${type.name}(` : text.slice(from, to);
        return true;
      },
      leave: ({ node }) => {
        said += node.firstChild ? ")" : " ";
      },
    });
    return whole ? said : null;
  }

  // Put an editor into `place`. `keys` are CodeMirror's key bindings that go before its own.
  function create(place, { text, label, describedby, changed, selection, keys = [] }) {
    const attributes = {
      "aria-label": label,
      "aria-describedby": describedby,
      spellcheck: "false",
    };
    const view = new EditorView({
      parent: place,
      doc: text,
      selection,
      extensions: [
        CodeMirror.keymap.of([
          ...keys,
          CodeMirror.indentWithTab, // Escape, then Tab leaves: CodeMirror sees to it
          ...CodeMirror.historyKeymap,
          ...CodeMirror.defaultKeymap,
        ]),
        CodeMirror.history(),
        CodeMirror.indentOnInput(),
        CodeMirror.indentUnit.of("    "),
        CodeMirror.bracketMatching(),
        EditorState.tabSize.of(4),
        EditorView.lineWrapping, // as the code that was there
        pythonLanguage,
        CodeMirror.syntaxHighlighting(colours),
        look,
        EditorView.contentAttributes.of({ tabindex: "0", ...attributes }),
        EditorView.updateListener.of((update) => update.docChanged && changed()),
      ],
    });
    return {
      get text() {
        return view.state.doc.toString();
      },
      set text(insert) {
        view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert } });
      },
      focus: () => view.focus(),
    };
  }

  globalThis.llbEditor = { create, form };
}
