"""The web page: complete, its links lead somewhere, it asks no other host, and axe has no word."""

import functools
import http.server
import os
import re
import shutil
import threading
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag

import pytest

from gan_lessons import triage
from tests.browser.labdrive import FLAGS
from tests.repository.test_security import ACTIVE_HTML, BANNED_ADVICE, BANNED_TEXT, find
from tools import build, pages
from tools.workshop import read, told_of

try:
    from axe_playwright_python.sync_playwright import Axe
    from playwright.sync_api import sync_playwright
except ImportError:  # the pages are looked at all the same, by their text
    Axe = sync_playwright = None

LESSONS = [path.stem for path in build.sources()]
LOADS = {"script": "src", "img": "src", "link": "href", "iframe": "src", "source": "src"}
LOADS |= {"video": "src", "audio": "src", "embed": "src", "object": "data"}


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    """The site, built anew; a warning of Sphinx is an error there."""
    made = tmp_path_factory.mktemp("web") / "site"
    pages.make(made)
    return made


class Links(HTMLParser):
    """What a page loads, what it links to, and what can be linked to in it."""

    def __init__(self, text: str):
        super().__init__()
        self.loaded, self.linked, self.names = [], [], set()
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if given.get("id"):
            self.names.add(given["id"])
        if tag == "a" and given.get("href"):
            self.linked.append(given["href"])
        names_a_page = tag == "link" and given.get("rel") in ("index", "search", "next", "prev")
        if tag in LOADS and given.get(LOADS[tag]) and not names_a_page:
            self.loaded.append(given[LOADS[tag]])


@pytest.fixture(scope="module")
def links(site) -> dict[str, Links]:
    return {path.name: Links(path.read_text(encoding="utf-8")) for path in site.glob("*.html")}


def test_every_lesson_has_its_page_and_its_mistakes(site):
    for path in build.sources():
        text = (site / f"{path.stem}.html").read_text(encoding="utf-8")
        assert read(path).title in text
        assert "For instructors." not in text
    told = (site / "mistakes_04_train_your_first_gan.html").read_text(encoding="utf-8")
    assert "old gradients pile up in D" in told


def test_no_page_of_mistakes_shows_the_line(site):
    from gan_lessons import checks

    text = (site / "mistakes_04_train_your_first_gan.html").read_text(encoding="utf-8")
    changed = [row[0] for row in checks.first_gan.train_step.rows()]
    assert len(told_of(checks.first_gan.train_step)) > 10
    assert not any(line[2:] in text for rows in changed for line in rows.splitlines() if line[2:])


def test_every_link_inside_leads_somewhere(site, links):
    broken = []
    for name, page in links.items():
        for link in page.linked:
            place, part = urldefrag(link)
            if re.match(r"\w+:", place):
                continue  # another host's: the reader's click, not the page's
            target = unquote(place) or name
            if not (site / target).is_file() or (
                part and target in links and unquote(part) not in links[target].names
            ):
                broken.append(f"{name}: {link}")
    assert broken == []


def test_what_a_page_loads_lies_beside_it(site, links):
    for name, page in links.items():
        for link in page.loaded:
            if not link.startswith(("data:", "#")):
                assert not re.match(r"\w+:|//", link), f"{name} asks {link}"
                assert (site / unquote(link.partition("?")[0])).is_file(), f"{name}: {link}"


def test_no_page_holds_a_secret_a_home_or_an_open_door(site):
    """The bans on the repository's files, for what is made of them; scripts are Sphinx's alone."""
    active = {pattern: why for pattern, why in ACTIVE_HTML.items() if why != "a script"}
    for path in sorted(site.glob("*.html")):
        text = path.read_text(encoding="utf-8")
        assert find(BANNED_TEXT | BANNED_ADVICE | active, text) == [], path.name
        for script in re.findall(r"<script\b[^>]*>(.*?)</script>", text, re.DOTALL):
            assert not re.search(r"\beval\(|\bFunction\(|document\.write", script), path.name
    assert find(BANNED_TEXT | BANNED_ADVICE | active, "<a onclick='x()'>ghp_" + 36 * "a") != []


def test_a_planted_link_and_a_planted_request_are_noticed(site, links):
    text = '<a href="nowhere.html">x</a><img src="https://example.org/x.png">'
    planted = {"page.html": Links(text)}
    with pytest.raises(AssertionError):
        test_every_link_inside_leads_somewhere(site, planted)
    with pytest.raises(AssertionError):
        test_what_a_page_loads_lies_beside_it(site, planted)


@pytest.fixture(scope="module")
def address(site) -> Iterator[str]:
    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *given):
            pass

    handler = functools.partial(Quiet, directory=site)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
VIEWS = [("light", 1280), ("dark", 1280), ("light", 390)]


@pytest.mark.browser
@pytest.mark.skipif(sync_playwright is None, reason="playwright is not installed")
@pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium on this machine")
def test_no_violation_no_request_elsewhere_and_nothing_sticks_out(address):
    """The front page, a lesson with formulas, a page of mistakes: in both themes, on a phone."""
    shown = ("index", "01_measure_the_gap", "mistakes_04_train_your_first_gan")
    with sync_playwright() as tool:
        browser = tool.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        for theme, width in VIEWS:
            size = {"width": width, "height": 1000}
            page = browser.new_context(viewport=size, color_scheme=theme).new_page()
            page.set_default_timeout(600_000)
            asked = []
            page.on("request", lambda request, asked=asked: asked.append(request.url))
            for name in shown:
                page.goto(f"{address}{name}.html")
                if name == "01_measure_the_gap":
                    page.wait_for_selector("mjx-container")
                found = Axe().run(page).response["violations"]
                assert [(v["id"], v["nodes"][0]["html"]) for v in found] == []
                wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
                assert page.evaluate(wide) == 0
            assert [url for url in asked if not url.startswith((address, "data:"))] == []
        browser.close()


@pytest.mark.browser
@pytest.mark.skipif(sync_playwright is None, reason="playwright is not installed")
@pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium on this machine")
@pytest.mark.parametrize("paper", ["A4", "Letter"])
def test_the_triage_card_is_printed_on_one_page(paper):
    margin = dict.fromkeys(("top", "bottom", "left", "right"), "8mm")
    with sync_playwright() as tool:
        browser = tool.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page()
        page.set_content(triage.sheet())
        printed = page.pdf(format=paper, landscape=True, margin=margin)
        twice = page.pdf(format=paper, landscape=True, margin=margin, scale=1.6)
        browser.close()
    assert len(re.findall(rb"/Type\s*/Page\b(?!s)", printed)) == 1
    assert len(re.findall(rb"/Type\s*/Page\b(?!s)", twice)) > 1  # pages are counted
