"""Put widgets on the pages of a Sphinx book, without a kernel and without a request.

``sphinx: extra_extensions: [widgets.page]`` in ``_config.yml`` adds the ``widget`` directive.
Script, style sheet and modules are embedded in the pages that have a widget; a page without
scripts shows a picture.
"""

from __future__ import annotations

import json
from collections import Counter
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective
from traitlets import TraitError

from widgets._assets import package_digest, read_asset, style_text
from widgets._widget import MIME, Widget
from widgets.heads import Heads
from widgets.layer_builder import LayerBuilder
from widgets.logit_curve import LogitCurve
from widgets.losses import Losses
from widgets.questions import Questions
from widgets.softmax_bars import SoftmaxBars
from widgets.training import Training
from widgets.weights import Weights

if TYPE_CHECKING:
    from myst_nb.core.render import MimeData, NbElementRenderer
    from sphinx.application import Sphinx
    from sphinx.util.typing import ExtensionMetadata, OptionSpec
    from sphinx.writers.html5 import HTML5Translator
    from sphinx.writers.latex import LaTeXTranslator
    from sphinx.writers.text import TextTranslator

WIDGETS = MappingProxyType(
    {
        widget.widget_type: widget
        for widget in (
            Heads,
            LayerBuilder,
            LogitCurve,
            Losses,
            Questions,
            SoftmaxBars,
            Training,
            Weights,
        )
    }
)
_LOGGER = logging.getLogger(__name__)


class WidgetMount(nodes.General, nodes.Element):
    """A widget in a document.

    It has the attributes ``widget_type``, ``state``, ``answer`` and, once the document is resolved,
    ``number``.
    """


class WidgetDirective(SphinxDirective):
    """The directive ``{widget} TYPE``, whose body is the widget's options as JSON.

    ``:caption:`` is its caption, ``:answer:`` the ``grade_id`` of the answer cell that it fills.
    """

    has_content = True
    required_arguments = 1
    option_spec: ClassVar[OptionSpec] = {
        "caption": directives.unchanged_required,
        "answer": directives.unchanged_required,
    }

    def run(self) -> list[nodes.Node]:
        """Return the mount; warn with file and line when the widget cannot be made."""
        try:
            state = _read_options("\n".join(self.content) or "{}")
            if caption := self.options.get("caption"):
                state["caption"] = caption
            mount = _make_mount(self.arguments[0], state, self.options.get("answer", ""))
        except (TypeError, ValueError, TraitError) as error:
            _LOGGER.warning("widget: %s", error, location=self.get_location(), type="widget")
            return []
        self.set_source_info(mount)
        return [mount]


class WidgetRenderer:
    """Turns the output of a cell that shows a widget into a mount; a plug-in of MyST-NB."""

    # The lowest number wins: before the picture, which the output holds for other readers.
    mime_priority_overrides: ClassVar[list[tuple[str, str, int | None]]] = [("*", MIME, 0)]

    @staticmethod
    def handle_mime(
        renderer: NbElementRenderer,
        data: MimeData,
        inline: bool,  # noqa: FBT001  MyST-NB's signature
    ) -> list[nodes.Element] | None:
        """Return a mount for a widget's output, and None for MyST-NB to handle any other."""
        if inline or data.mime_type != MIME:
            return None
        try:
            content: Any = data.content
            return [_make_mount(content["widget"], content["state"])]
        except (TypeError, KeyError, ValueError, TraitError) as error:
            message = f"widget: {error}"
            renderer.logger.warning(message, subtype="widget", line=data.line)
            return []


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the extension with Sphinx: directive, node and embedded assets."""
    # By its change Sphinx sees that every page has to be read again.
    app.add_config_value("widgets_digest", package_digest(), "env", types=(str,))
    app.add_directive("widget", WidgetDirective)
    app.add_node(
        WidgetMount, html=(_visit_html, None), latex=(_visit_latex, None), text=(_visit_text, None)
    )
    app.connect("doctree-resolved", _number_widgets)
    app.connect("html-page-context", _embed_assets, priority=400)  # before MyST-NB adds its scripts
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}


def _read_options(text: str) -> dict[str, Any]:
    options = json.loads(text)
    if isinstance(options, dict):
        return options
    raise TypeError(f"a widget's options are a JSON object, not {text}")


def _make_mount(widget_type: str, state: dict[str, Any], answer: str = "") -> WidgetMount:
    widget = _build_widget(widget_type, state)
    # The mount keeps the state alone. The widget is closed, or ipywidgets would hold it until the
    # process ends.
    mount = WidgetMount(widget_type=widget_type, state=widget.state, answer=answer)
    widget.close()
    return mount


def _build_widget(widget_type: str, state: dict[str, Any]) -> Widget:
    if widget_type not in WIDGETS:
        raise ValueError(f"there is no widget {widget_type!r}; there are {', '.join(WIDGETS)}")
    return WIDGETS[widget_type](**state)


def _number_widgets(_app: Sphinx, doctree: nodes.document, _docname: str) -> None:
    """Give each widget of a page its number among those of its type, a part of its address."""
    seen: Counter[str] = Counter()
    for mount in doctree.findall(WidgetMount):
        seen[mount["widget_type"]] += 1
        mount["number"] = seen[mount["widget_type"]]


def _embed_assets(
    app: Sphinx,
    pagename: str,
    _templatename: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    """Embed the assets that the widgets of this page need, each once."""
    widget_types = sorted(
        {mount["widget_type"] for mount in doctree.findall(WidgetMount)} if doctree else ()
    )
    if not widget_types:
        return
    _drop_remote_scripts(app, pagename)
    context["metatags"] = context.get("metatags", "") + f"<style>{style_text()}</style>\n"
    # As text: the host makes modules of it when a widget needs one, with no file to load.
    for name in ("common", *widget_types):
        app.add_js_file(
            None, body=read_asset(f"{name}.js"), type="text/plain", **{"data-llb": name}
        )
    app.add_js_file(None, body=read_asset("host.js"), type="module")


def _drop_remote_scripts(app: Sphinx, pagename: str) -> None:
    """Drop MyST-NB's saved widget state, for which it loads scripts from other hosts."""
    scripts = getattr(app.env, "nb_metadata", {}).get(pagename, {}).get("js_files", {})
    for key in [key for key in scripts if key.startswith("ipywidgets_")]:
        del scripts[key]


def _visit_html(self: HTML5Translator, node: WidgetMount) -> None:
    widget = _build_widget(node["widget_type"], node["state"])
    self.body.append(widget.figure_html(number=node.get("number", 1), answer=node["answer"]))
    widget.close()
    raise nodes.SkipNode


def _visit_latex(self: LaTeXTranslator, node: WidgetMount) -> None:
    self.body.append(f"\n\n{self.encode(_plain_text(node))}\n\n")
    raise nodes.SkipNode


def _visit_text(self: TextTranslator, node: WidgetMount) -> None:
    self.new_state()
    self.add_text(_plain_text(node))
    self.end_state()
    raise nodes.SkipNode


def _plain_text(node: WidgetMount) -> str:
    widget = _build_widget(node["widget_type"], node["state"])
    words = f"{widget.describe_state()} {node['state']['caption']}".strip()
    widget.close()
    return words
