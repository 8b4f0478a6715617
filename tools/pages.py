"""The course as a web page: `make site` writes build/site/, static, without a network.

It holds the solved lessons with their pictures, a page of mistakes for each lesson (what one sees
and why, never the line), a front page and a search. Sphinx with MyST-NB and furo make it; formulas
are set by a MathJax that lies beside the pages. No page asks another host for anything.
"""

import argparse
import base64
import html
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

from gan_lessons import checks, files
from gan_lessons.door import hosted
from tools import build
from tools.workshop import Lesson, read, told_of

ROOT = build.TOOLS.parent
SITE = ROOT / "build" / "site"
PICTURE = re.compile(r'<img[^>]*?alt="([^"]*)"[^>]*?src="data:image/png;base64,([^"]+)"', re.DOTALL)
PICTURE_TURNED = re.compile(
    r'<img[^>]*?src="data:image/png;base64,([^"]+)"[^>]*?alt="([^"]*)"', re.DOTALL
)
# What the theme leaves unsaid to who cannot see the page, or has no mouse.
SAID = {
    '<p class="caption" role="heading">': '<p class="caption" role="heading" aria-level="2">',
    '<aside class="sidebar-drawer">': '<aside class="sidebar-drawer" aria-label="All pages">',
    '<aside class="toc-drawer">': '<aside class="toc-drawer" aria-label="On this page">',
    "<pre>": '<pre tabindex="0">',
}
# The pictures of the front page: a lesson, and a word of the picture's alternative text.
GALLERY = (("04", ""), ("07", ""), ("08", ""))

CONFIG = '''\
"""Written by tools/pages.py."""
project = "The GAN course that answers back"
html_title = project
language = "en"
extensions = ["myst_nb", "sphinx-mathjax-offline"]
html_theme = "furo"
html_show_sourcelink = False
html_copy_source = False
html_show_sphinx = False
html_show_copyright = False
html_static_path = ["static"]
html_css_files = ["course.css"]
html_theme_options = {"navigation_with_keys": False}
nb_execution_mode = "off"
nb_ipywidgets_js = {}
nb_merge_streams = True
myst_enable_extensions = ["dollarmath", "amsmath"]
myst_heading_anchors = 4
suppress_warnings = ["misc.highlighting_failure", "mystnb.mime_priority", "myst.header"]
pygments_style = "a11y-high-contrast-light"
pygments_dark_style = "a11y-high-contrast-dark"
'''

STYLE = """\
.course-gallery { display: flex; flex-wrap: wrap; gap: 1rem; }
.course-gallery figure { margin: 0; flex: 1 1 16rem; }
.course-gallery img { width: 100%; height: auto; background: white; border-radius: 6px; }
.cell_output img { background: white; max-width: 100%; height: auto; }
.cell_output { overflow-x: auto; }
.cell_output pre { overflow-x: auto; }
"""

FRONT = """\
# The GAN course that answers back

Write the training step of a generative adversarial network. Make a mistake. Be told which.

![A training step with one mistake and what the check answers; below, the film of the mended step: \
generated points find 8 of 8 clusters.](static/readme.png)

Every claim in this course is an experiment that you run yourself, on a laptop, without a GPU and
without a network. Every exercise looks at what your code *does*. These pages are the solved
lessons, as the course's own tests have run them; to work, get your own copies:

```
{command}
```

## Pictures that two networks drew

{gallery}

## Lessons

| lesson | question it answers | minutes of computing |
|---|---|---|
{rows}

## Mistakes

What goes wrong in each exercise, what one sees then, and why. Never the line: that is yours to
find.

{mistakes}

```{{toctree}}
:hidden:
:caption: Lessons

{lessons}
```

```{{toctree}}
:hidden:
:caption: Mistakes

{pages}
```
"""


def lesson_page(path: Path) -> dict:
    """Return a solved notebook as the site shows it: without notes for instructors, code folded."""
    book = json.loads(path.read_text(encoding="utf-8"))
    cells = []
    for cell in book["cells"]:
        tags = cell["metadata"].get("tags", [])
        if "instructor" in tags:
            continue
        if "folded" in tags:
            cell["metadata"]["tags"] = [*tags, "hide-input"]
        cells.append(cell)
    return book | {"cells": cells}


def with_link(book: dict, stem: str, address: str = files.ADDRESS) -> dict:
    """Return a lesson's page with a link to its variant for Colab, where there is an address."""
    link = hosted.badge(stem, address)
    if not link:
        return book
    cell = {"cell_type": "markdown", "id": "hosted-link", "metadata": {}, "source": link}
    return book | {"cells": [book["cells"][0], cell, *book["cells"][1:]]}


def mistakes_page(one: Lesson) -> list[str]:
    """Return the page of a lesson's mistakes: what the checks say, by exercise."""
    lines = [f"# {one.number} · What goes wrong", ""]
    for word, name in one.called:
        exercise = getattr(getattr(checks, word), name, None)
        told = told_of(exercise)
        if told:
            lines += [f"## {exercise.title}", "", f"✓ means: {exercise.proves}", ""]
            lines += [f"- {plain(says)}" for says in told] + [""]
    return lines


def plain(text: str) -> str:
    """Return a text such that Markdown and HTML leave it as it is."""
    return re.sub(r"([\\*_$`\[\]#|~])", r"\\\1", html.escape(text, quote=False))


def pictures(book: dict) -> list[tuple[str, bytes]]:
    """Return the pictures of a notebook with their alternative texts, in order."""
    found = []
    for cell in book["cells"]:
        for output in cell.get("outputs", []):
            text = "".join(output.get("data", {}).get("text/html", ""))
            found += [(alt, base64.b64decode(data)) for alt, data in PICTURE.findall(text)]
            turned = PICTURE_TURNED.findall(text)
            found += [(alt, base64.b64decode(data)) for data, alt in turned]
    return [(html.unescape(alt), data) for alt, data in found if len(data) > 20_000]


def write_sources(folder: Path) -> None:
    """Write what Sphinx reads: configuration, front page, lessons, pages of mistakes."""
    shutil.rmtree(folder, ignore_errors=True)
    static = folder / "static"
    static.mkdir(parents=True)
    (folder / "conf.py").write_text(CONFIG, encoding="utf-8")
    (static / "course.css").write_text(STYLE, encoding="utf-8")
    shutil.copy(build.TOOLS / "readme.png", static)
    figures, stems, pages = [], [], []
    for path in build.sources():
        one = read(path)
        solved = build.NOTEBOOKS / "solutions" / f"{path.stem}.ipynb"
        book = with_link(lesson_page(solved), path.stem)
        (folder / solved.name).write_text(json.dumps(book), encoding="utf-8")
        stems.append(path.stem)
        page = mistakes_page(one)
        if len(page) > 2:
            pages.append((f"mistakes_{path.stem}", one))
            (folder / f"mistakes_{path.stem}.md").write_text("\n".join(page), encoding="utf-8")
        for number, word in GALLERY:
            shown = [(alt, data) for alt, data in pictures(book) if word in alt]
            if number == one.number and shown:
                alt, data = max(shown, key=lambda pair: len(pair[1]))
                (static / f"{number}.png").write_bytes(data)
                figures.append(
                    f'<figure><img src="_static/{number}.png" alt="{html.escape(alt)}">'
                    f'<figcaption><a href="{path.stem}.html">{number} · {one.title}</a>'
                    "</figcaption></figure>"
                )
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| \[(\w+ · [^\]]+)\]\(notebooks/(\w+)\.ipynb\).*? \| (.*)$", readme, re.M)
    front = FRONT.format(
        command=re.search(r"## Two commands\n\n```\n([^\n]+)", readme)[1],
        gallery='<div class="course-gallery">' + "\n".join(figures) + "</div>",
        rows="\n".join(f"| [{title}]({stem}.ipynb) | {rest}" for title, stem, rest in rows),
        mistakes=", ".join(f"[{one.number}]({name}.md)" for name, one in pages) + ".",
        lessons="\n".join(stems),
        pages="\n".join(name for name, _ in pages),
    )
    (folder / "index.md").write_text(front, encoding="utf-8")


def make(site: Path) -> None:
    """Write the site; a warning of Sphinx is an error."""
    sources = site.with_name(site.name + "-sources")
    write_sources(sources)
    shutil.rmtree(site, ignore_errors=True)
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html"]
    subprocess.run([*command, str(sources), str(site)], check=True)
    for page in site.glob("*.html"):
        text = page.read_text(encoding="utf-8")
        for seen, said in SAID.items():
            text = text.replace(seen, said)
        page.write_text(text, encoding="utf-8")
    if files.ADDRESS:
        hosted.write(build.NOTEBOOKS, site / "colab")  # what the links open
    shutil.rmtree(site / ".doctrees", ignore_errors=True)
    shutil.rmtree(site / "_sources", ignore_errors=True)


def main() -> int:
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    make(SITE)
    print(f"{SITE.relative_to(ROOT)}/index.html")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
