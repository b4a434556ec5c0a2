"""How long until the page of `checker serve` can be used: from where a browser goes there to its first step painted.

python -m tests.benchmarks.browser
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile

from tests.serve.serving import CHROMIUM, OPTIONS, served

NOTES_WHEN = """
new MutationObserver((_, observer) => {
  if (!document.querySelector("#enabled button")) return;
  observer.disconnect();
  requestAnimationFrame(() => setTimeout(() => { window.usable = performance.now(); }));
}).observe(document, { childList: true, subtree: true });
"""
"""In the page, whose clock starts with the navigation: when the frame with the first step has been painted."""

CASES = {
    "first": "the server just started, nothing kept by an earlier one",
    "restarted": "the server just started, what an earlier one read and grounded kept",
    "running": "the server has answered before",
}


def measure(kept, runs, save):
    """Adds the seconds of each case; each navigation is that of a browser which has never seen the page."""
    from playwright.sync_api import sync_playwright

    load = os.getloadavg()[0]
    told = {name: [] for name in CASES}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=OPTIONS)
        try:
            _opened(browser, "data:text/html,<ul id=enabled><button>the browser itself has started</button></ul>")
            for number in range(runs):
                with served() as url:
                    told["first" if number == 0 else "restarted"].append(_opened(browser, url))
                    told["running"].append(_opened(browser, url))
        finally:
            browser.close()
    kept["page"] = {**told, "load": load}
    for name, seconds in told.items():
        print(f"page, {CASES[name]}: {statistics.median(seconds):.2f} s", file=sys.stderr, flush=True)
    save()


def _opened(browser, url):
    """Seconds until the first step can be taken; of a page of ours it is taken, and must come about."""
    context = browser.new_context(viewport={"width": 1300, "height": 850})
    try:
        page = context.new_page()
        page.add_init_script(NOTES_WHEN)
        page.goto(url, wait_until="commit")
        page.locator("#enabled button").first.wait_for()
        while (usable := page.evaluate("window.usable")) is None:
            page.wait_for_timeout(10)
        if url.startswith("http"):
            page.locator("#enabled button").first.click()
            page.locator("#steps li:nth-child(2)").wait_for()
        return usable / 1000
    finally:
        context.close()


def section(told):
    """The part of the page of benchmarks."""
    yield "From where a browser that never saw the page of `checker serve` goes there, in the default scope, until the"
    yield "first step that can be taken is painted (it then is taken):"
    yield ""
    yield "| | runs | seconds, median (least, most) | load |"
    yield "|---|--:|--:|--:|"
    for name, case in CASES.items():
        seconds = told[name]
        if seconds:
            spread = f"{statistics.median(seconds):.2f} ({min(seconds):.2f}, {max(seconds):.2f})"
            yield f"| {case} | {len(seconds)} | {spread} | {told['load']:.0f} |"


def main():
    """Prints the part of the page; nothing that an earlier program has kept is used."""
    from tests.benchmarks.everything import apart

    kept = {}
    with tempfile.TemporaryDirectory(prefix="checker-benchmark-") as place:
        apart(place)
        measure(kept, 8, lambda: None)
    print("\n".join(section(kept["page"])))


if __name__ == "__main__":
    main()
