"""The report's page in a real browser. Part of ``make full`` only: it needs Chromium, which no lock file brings."""

import os
import re
import shutil
import subprocess
from html.parser import HTMLParser

import pytest
from desk import DESK, opened, post
from test_report import LADDER, of

from monitor.report.page import html
from monitor.report.values import written
from rules.report.values import Report

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = [
    pytest.mark.skipif("HARKEN_FULL" not in os.environ, reason="part of `make full`: set HARKEN_FULL=1"),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed; the system's packages have one"),
]


class Drawn(HTMLParser):
    """The shapes of each chart, as the browser has them: chart -> (label, value) in order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.charts: dict[str, list[tuple[str, str]]] = {}
        self._chart = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag == "svg":
            self._chart = str(found["id"]).removeprefix("chart-")
            self.charts[self._chart] = []
        if tag == "rect":
            self.charts[self._chart].append((str(found["data-label"]), str(found["data-value"])))


@pytest.fixture(scope="module")
def browsed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Report, str, str, list[str]]:
    """A report, its page as the browser has it, what the browser complained of, and the addresses it asked for."""
    folder = tmp_path_factory.mktemp("page")
    with opened(folder, LADDER) as told:
        for number in range(6):
            told.at(60 * number)
            who = f"sample_<b>{number}</b>"
            text = (
                "@sample My parcel is late, I want a refund"
                if number % 2
                else "@sample the app crashes and nobody answers"
            )
            told.hear(post(f"a{number}", 60 * number, text, by=who, thread=f"t{number}"))
            told.at(60 * number + 10 + number)
            if number < 5:
                told.hear(
                    post(
                        f"r{number}", 60 * number + 10 + number, "Sorry", by=DESK, to=f"a{number}", thread=f"t{number}"
                    )
                )
        made = of(told)
    page, log = folder / "report.html", folder / "net.json"
    page.write_text(html(made), encoding="utf-8")
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
    flags += ["--disable-component-update", "--disable-sync", "--enable-logging=stderr", f"--log-net-log={log}"]
    done = subprocess.run(
        [str(CHROMIUM), *flags, f"--user-data-dir={folder / 'profile'}", "--dump-dom", page.as_uri()],
        capture_output=True,
        text=True,
        timeout=100,
        check=True,
    )
    asked = re.findall(r'"url":"([a-z-]+://[^"]*)"', log.read_text(encoding="utf-8"))
    return made, done.stdout, done.stderr, asked


BROWSERS_OWN = re.compile(r"https?://[\w.-]*\b(google|googleapis|gvt1|gstatic)\.com(/|$)")
"""What a browser asks its maker by itself, whatever page it shows."""


def test_the_page_asks_for_nothing_from_outside(browsed: tuple[Report, str, str, list[str]]) -> None:
    _, page, _, asked = browsed
    assert not BROWSERS_OWN.search(page)
    outside = {address for address in asked if address.startswith(("http", "ws", "ftp"))}
    assert {address for address in outside if not BROWSERS_OWN.match(address)} == set()


def test_the_browser_complains_of_nothing(browsed: tuple[Report, str, str, list[str]]) -> None:
    _, _, complaints, _ = browsed
    assert [line for line in complaints.splitlines() if "CONSOLE" in line] == []


def test_the_charts_hold_the_figures(browsed: tuple[Report, str, str, list[str]]) -> None:
    made, page, _, _ = browsed
    charts = Drawn(page).charts
    assert {"heard_by_time", "first_reply_by_hour", "waits", "topics"} - {"waits"} <= charts.keys()
    for table in made.tables:
        if table.key in charts and len(table.series) == 1:
            unit, column = table.columns[table.series[0]].unit, table.series[0]
            assert charts[table.key] == [(row.label, written(row.values[column], unit)) for row in table.rows]
    assert ("2026-03-02", "5 answered") in charts["heard_by_time"]
    assert ("2026-03-02", "1 never answered") in charts["heard_by_time"]


def test_names_stay_names(browsed: tuple[Report, str, str, list[str]]) -> None:
    _, page, _, _ = browsed
    assert "sample_&lt;b&gt;0&lt;/b&gt;" in page
    assert "<b>" not in page
