"""Verify certificates on a page, in the browser and without a request."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from autograder.certificates.criteria import CRITERIA_FILE, read_criteria
from autograder.exceptions import UsageError
from website.build.settings import settings_in

if TYPE_CHECKING:
    from sphinx.application import Sphinx

_log = logging.getLogger(__name__)
_NO_KEY = (
    "This book has published no key yet, so there is nothing to verify a certificate against: "
    "whatever claims to be one is not to be trusted."
)
_FORM = """
<div class="llb-verify pst-js-only d-print-none">
<label for="llb-token">The certificate, as text</label>
<textarea id="llb-token" rows="6" spellcheck="false" autocomplete="off" autocapitalize="off"
 placeholder="eyJ..." aria-describedby="llb-verdict"></textarea>
<button type="button" class="llb-button">Choose a file</button>
<input type="file" accept=".jwt,.txt" aria-label="Certificate file" hidden>
<div id="llb-verdict" role="status"></div>
</div>
<noscript><p>A script verifies certificates here, and scripts are switched off.</p></noscript>
"""


class VerifyDirective(SphinxDirective):
    """``{verify-certificate}``: the form, or a sentence that no key is configured."""

    def run(self) -> list[nodes.Node]:
        """Return the form; warn when ``certificate.toml`` cannot be used."""
        path = Path(self.env.srcdir) / settings_in(self.config).exercises / CRITERIA_FILE
        # Sphinx reads the page again when the file changes, which it would not know of.
        self.env.note_dependency(str(path))
        try:
            criteria = read_criteria(path) if path.is_file() else None
        except UsageError as error:
            _log.warning("%s", error, location=self.get_location(), type="certificate")
            return []
        if criteria is None or not criteria.public_key:
            return [nodes.paragraph("", _NO_KEY)]
        # A `</script>` in the name of the issuer would end the element.
        key = json.dumps({"issuer": criteria.issuer, "jwk": criteria.jwk}).replace("<", "\\u003c")
        data = f'<script type="application/json" id="llb-issuer">{key}</script>'
        return [nodes.raw("", _FORM + data, format="html", ids=["llb-verify"])]


def register(app: Sphinx) -> None:
    """Register the directive, and the script of the page that has it."""
    app.add_directive("verify-certificate", VerifyDirective)


def embed_verifier(
    app: Sphinx, _page: str, _template: str, _context: dict[str, Any], tree: nodes.document | None
) -> None:
    """Put the script that verifies certificates into the page that has its form."""
    if tree and any("llb-verify" in raw["ids"] for raw in tree.findall(nodes.raw)):
        script = files("website.pages") / "static" / "certificate_verifier.js"
        app.add_js_file(None, body=script.read_text("utf-8"), type="module")
