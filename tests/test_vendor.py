"""What other people wrote and a page loads says what it is, and is what the lock file names."""

from __future__ import annotations

import json
import re

from book import ROOT

VENDOR = ROOT / "website/pages/static/on_demand/vendor"
PART = re.compile(r"(@?[\w./-]+) (\d[\w.-]*)")


def test_a_bundle_holds_the_versions_that_are_locked() -> None:
    lock = json.loads((ROOT / "vendor/package-lock.json").read_text())["packages"]
    with (VENDOR / "codemirror.js").open() as file:
        head = file.readline()
    parts = dict(PART.findall(head.partition(";")[0]))
    locked = {name: lock[f"node_modules/{name}"]["version"] for name in parts}
    assert "@codemirror/view" in parts
    assert parts == locked


def test_every_part_of_a_bundle_comes_with_its_licence() -> None:
    with (VENDOR / "codemirror.js").open() as file:
        head = file.readline()
    licences = (VENDOR / "codemirror.LICENSES.txt").read_text()
    parts = PART.findall(head.partition(";")[0])
    assert [part for part in parts if " ".join(part) + " (MIT)\n" not in licences] == []
    assert licences.count("Permission is hereby granted") == len(parts)


def test_thebe_is_the_version_that_is_named() -> None:
    named = json.loads((ROOT / "vendor/package.json").read_text())["bundled"]["thebe-core"]
    licences = (VENDOR / "thebe-core.LICENSES.txt").read_text()
    assert f'"{named["version"]}"' in (VENDOR / "thebe-core.min.js").read_text()
    assert licences.startswith(f"thebe-core {named['version']}\n")
    assert "Project Jupyter Contributors" in licences


def test_the_font_of_the_text_is_the_one_that_is_locked() -> None:
    lock = json.loads((ROOT / "vendor/package-lock.json").read_text())["packages"]
    versions = {
        lock[f"node_modules/{name}"]["version"]
        for name in ("@fontsource-variable/public-sans", "@fontsource/public-sans")
    }
    licence = (ROOT / "widgets/static/PublicSans.LICENSE.txt").read_text()
    assert {licence.partition(" (OFL-1.1)\n")[0]} == {
        f"@fontsource-variable/public-sans {version}" for version in versions
    }
    assert "SIL Open Font License" in licence


def test_the_font_of_formulas_is_the_one_that_is_locked() -> None:
    lock = json.loads((ROOT / "vendor/package-lock.json").read_text())["packages"]
    name = "@fontsource/stix-two-math"
    named = f"{name} {lock[f'node_modules/{name}']['version']}"
    assert (VENDOR / "math.css").read_text().startswith(f"/* {named}, in part")
    licence = (VENDOR / "math.LICENSES.txt").read_text()
    assert licence.startswith(f"{named} (OFL-1.1)\n")
    assert "SIL Open Font License" in licence
