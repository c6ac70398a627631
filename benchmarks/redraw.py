"""How long a figure takes to follow a slider: every kind of widget, on the pages of the book.

Opens each page that holds a widget in Chromium, moves every slider through its whole range, and
asks the browser after each movement how long the page's thread was busy with it: event, script,
style, layout and paint. Prints the 95th percentile beside one frame of a screen with 60 Hz. `idle`
is the same for a frame in which nothing moves, and part of the other number. Builds the book first
if it is not built:

    python benchmarks/redraw.py [--moves N]
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import sync_playwright

from website.editions.print_edition import PAGE
from widgets.page import WIDGETS

if TYPE_CHECKING:
    from playwright.sync_api import Browser, CDPSession, ElementHandle, Page

BOOK = Path(__file__).parents[1]
SITE = BOOK / "_build" / "html"
FRAME = 16.0  # milliseconds
FLAGS = ["--no-sandbox", "--disable-background-networking"]
# Moves a slider, or nothing without a place, and waits until the next frame is painted.
MOVE = """(slider, place) => new Promise(done => requestAnimationFrame(() => {
  if (place !== null) {
    slider.value = Number(slider.min) + (slider.max - slider.min) * place;
    slider.dispatchEvent(new Event('input', {bubbles: true}));
  }
  requestAnimationFrame(() => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => done();
    channel.port2.postMessage(0);
  });
}))"""
# Scrolling brings in images, and that work is not the slider's: it ends when the page is at rest.
SETTLED = "() => new Promise(done => setTimeout(() => requestIdleCallback(done), 300))"


@dataclass(frozen=True)
class Times:
    """The milliseconds of every movement, and of as many frames without one."""

    moved: list[float]
    idle: list[float]


def main() -> None:
    """Measure every kind of widget, and print a line for each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--moves", type=int, default=50, help="how often to move each slider")
    moves: int = parser.parse_args().moves
    if not (SITE / "index.html").exists():
        command = [str(Path(sys.executable).with_name("jupyter-book")), "build", str(BOOK)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    with sync_playwright() as playwright:
        chromium = shutil.which("chromium")  # else the one of Playwright
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        report({kind: measure(browser, kind, moves) for kind in WIDGETS})
        browser.close()


def measure(browser: Browser, kind: str, moves: int) -> Times:
    """Move all sliders of all widgets of one kind; give the milliseconds, moved and idle."""
    found = Times([], [])
    for path in sorted(SITE.rglob("*.html")):
        if path.name == PAGE:  # on paper nothing moves
            continue
        if f'data-widget="{kind}"' in path.read_text(encoding="utf-8"):
            page = browser.new_page()
            page.goto(path.as_uri())
            measure_page(page, kind, moves, found)
            page.close()
    return found


def measure_page(page: Page, kind: str, moves: int, found: Times) -> None:
    """Measure the widgets of one kind on an open page, once they are alive."""
    page.wait_for_function("document.querySelectorAll('.llb-widget:not([data-live])').length === 0")
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    for slider in page.locator(f"[data-widget={kind}] input[type=range]").all():
        handle = slider.element_handle()
        handle.scroll_into_view_if_needed()
        page.evaluate(SETTLED)
        for step in range(moves):
            place = (step * 7 % moves) / moves  # far from the one before
            found.idle.append(busy(session, handle, None))
            found.moved.append(busy(session, handle, place))


def busy(session: CDPSession, slider: ElementHandle, place: float | None) -> float:
    """Move a slider; return the milliseconds for which that keeps the page's thread busy."""
    before = task_seconds(session)
    slider.evaluate(MOVE, place)
    return 1000 * (task_seconds(session) - before)


def task_seconds(session: CDPSession) -> float:
    """Ask how long the page's thread has worked so far."""
    metrics = session.send("Performance.getMetrics")["metrics"]
    return float(next(one["value"] for one in metrics if one["name"] == "TaskDuration"))


def report(found: dict[str, Times]) -> None:
    """Print one line for each kind, and the slowest of all."""
    print(f"widget           moves  p95 [ms]  idle [ms]  of one frame ({FRAME:.0f} ms)")
    slowest = 0.0
    for kind, times in found.items():
        if not times.moved:
            print(f"{kind:15}      -  has no slider on any page")
            continue
        moved, idle = percentile(times.moved), percentile(times.idle)
        slowest = max(slowest, moved)
        print(f"{kind:15} {len(times.moved):6d}  {moved:8.1f}  {idle:9.1f}  {moved / FRAME:11.0%}")
    print(f"slowest: {slowest:.1f} ms, one frame is {FRAME:.0f} ms")


def percentile(values: list[float]) -> float:
    """Return the 95th percentile."""
    return statistics.quantiles(values, n=20, method="inclusive")[-1]


if __name__ == "__main__":
    main()
