// Shows the next build of a book that is being written, and what is to be mended in it.
{
  const { built, news } = document.currentScript.dataset;
  const note = Object.assign(document.createElement("pre"), { id: "llb-to-mend", hidden: true });
  note.setAttribute("role", "alert");
  note.style.cssText =
    "position:fixed;inset:auto 0 0;z-index:99999;max-height:50vh;overflow:auto;margin:0;" +
    "padding:1rem;white-space:pre-wrap;background:#5c0011;color:#fff;font:14px/1.5 monospace";
  document.body.append(note);
  new EventSource(news).onmessage = ({ data }) => {
    const now = JSON.parse(data);
    if (String(now.built) !== built) location.reload();
    note.textContent = now.toMend;
    note.hidden = !now.toMend;
  };
}
