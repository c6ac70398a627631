"""Put widgets on the pages of a Sphinx book: no kernel, no request, a picture without script.

``sphinx: extra_extensions: [widgets.page]`` in ``_config.yml`` gives the ``widget`` directive and
embeds the script, the style sheet and the modules in those pages that hold a widget.
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
    """A widget on a page: ``kind``, ``state``, ``answer`` and, once resolved, its ``number``."""


class WidgetDirective(SphinxDirective):
    """``{widget} kind``: the body is JSON, the widget's options; ``:caption:``, ``:answer:``."""

    has_content = True
    required_arguments = 1
    option_spec: ClassVar[OptionSpec] = {
        "caption": directives.unchanged_required,
        "answer": directives.unchanged_required,
    }

    def run(self) -> list[nodes.Node]:
        """Give the mount; warn with file and line when the widget cannot be built."""
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
    """Show the output of an executed cell that displays a widget; a plug-in of MyST-NB."""

    mime_priority_overrides: ClassVar[list[tuple[str, str, int | None]]] = [("*", MIME, 0)]

    @staticmethod
    def handle_mime(
        renderer: NbElementRenderer,
        data: MimeData,
        inline: bool,  # noqa: FBT001  MyST-NB's signature
    ) -> list[nodes.Element] | None:
        """Turn our mime type into a mount; leave every other one to MyST-NB."""
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
    """Register the directive, the node and the embedded assets."""
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
    mount = WidgetMount(widget_type=widget_type, state=widget.state, answer=answer)
    widget.close()
    return mount


def _build_widget(widget_type: str, state: dict[str, Any]) -> Widget:
    if widget_type not in WIDGETS:
        raise ValueError(f"there is no widget {widget_type!r}; there are {', '.join(WIDGETS)}")
    return WIDGETS[widget_type](**state)


def _number_widgets(_app: Sphinx, doctree: nodes.document, _docname: str) -> None:
    """Count the widgets of a page by kind; the number is part of their address."""
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
    """Embed what the widgets of this page need, each once; nothing on other pages."""
    widget_types = sorted(
        {mount["widget_type"] for mount in doctree.findall(WidgetMount)} if doctree else ()
    )
    if not widget_types:
        return
    _drop_remote_scripts(app, pagename)
    context["metatags"] = context.get("metatags", "") + f"<style>{style_text()}</style>\n"
    for name in ("common", *widget_types):
        app.add_js_file(
            None, body=read_asset(f"{name}.js"), type="text/plain", **{"data-llb": name}
        )
    app.add_js_file(None, body=read_asset("host.js"), type="module")


def _drop_remote_scripts(app: Sphinx, pagename: str) -> None:
    """Leave out the saved widget state, for which MyST-NB loads scripts from other hosts."""
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
