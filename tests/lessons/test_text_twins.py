"""Every picture of a solved lesson is told in words: its alternative text stands in print, too."""

import html
import json
import re
from pathlib import Path

import pytest

SOLVED = sorted((Path(__file__).resolve().parents[2] / "notebooks/solutions").glob("*.ipynb"))
TAGS = re.compile(r"<[^>]+>")


def pictures(book: dict) -> list[tuple[str, str]]:
    """Return each picture of a notebook: what its tag says in words, and what stands around it.

    A picture that is no HTML, which cannot have words in JupyterLab, is ``("", "")``.
    """
    found = []
    for cell in book["cells"]:
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            page = "".join(data.get("text/html", ""))
            found += [("", "")] * sum(kind.startswith("image/") for kind in data)
            for tag in re.findall(r"<img[^>]*>", page):
                alt = re.search(r'alt="([^"]*)"', tag)
                printed = " ".join(html.unescape(TAGS.sub(" ", page)).split())
                found.append((html.unescape(alt[1]) if alt else "", printed))
    return found


def untold(book: dict) -> list[str]:
    """Return the pictures without words: no sentence, or one that is not printed as well."""
    return [
        alt
        for alt, printed in pictures(book)
        if len(alt.split()) < 4 or " ".join(alt.split()) not in printed
    ]


@pytest.mark.parametrize("path", SOLVED, ids=lambda path: path.stem[:3].strip("_"))
def test_every_picture_is_told_twice(path):
    book = json.loads(path.read_text(encoding="utf-8"))
    assert untold(book) == []


def test_there_are_pictures_to_look_at():
    books = (json.loads(path.read_text(encoding="utf-8")) for path in SOLVED)
    assert sum(len(pictures(book)) for book in books) > 200


@pytest.mark.parametrize(
    "output",
    [
        {"image/png": "iVBO"},
        {"text/html": "<img src='data:image/png;base64,iVBO'><p>five of eight modes found</p>"},
        {"text/html": '<img alt="a plot" src="x"><figcaption>a plot</figcaption>'},
        {"text/html": '<img alt="five of eight modes found" src="x"><figcaption>4</figcaption>'},
    ],
)
def test_a_picture_without_words_is_found(output):
    assert untold({"cells": [{"outputs": [{"data": output}]}]})
