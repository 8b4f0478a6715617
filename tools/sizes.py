"""Print how large the course is, for people to look at: `make sizes`, or `python tools/sizes.py`.

    python tools/sizes.py --mermaid    the rooms of gan_lessons and who imports whom, as a graph

No test compares any of these numbers with a limit. A limit becomes a target: files end exactly at
it, and what gives way is what it was to protect. A number that stands out is a question: does this
file hold two ideas, is this cell packed tight?

A line of code is one that is not blank, not only a comment and not part of a docstring. Tokens are
Python's own, without comments, line ends, indents and docstrings; a formatted string is one token.
"""

import argparse
import ast
import io
import re
import sys
import tokenize
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = "gan_lessons"
PAGES = ("README.md", "INSTALL.md", "CONTRIBUTING.md")

Function = ast.FunctionDef | ast.AsyncFunctionDef
SILENT = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT}
SILENT |= {tokenize.ENDMARKER}
FSTRING = {  # Python 3.12 takes a formatted string apart, older ones do not
    getattr(tokenize, f"{kind}STRING_{end}", None): step
    for kind in "FT"
    for end, step in (("START", 1), ("END", -1))
}


# -- code ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Size:
    """The size of a piece of Python, or of several.

    Attributes:
        lines: all of them. code: lines of code. tokens: on these lines.
        functions: functions and methods, nested ones too.
        longest: the lines of code of the longest function; ``name`` is its name.
        unread: how many pieces are not Python; only their lines are counted.
    """

    lines: int = 0
    code: int = 0
    tokens: int = 0
    functions: int = 0
    longest: int = 0
    name: str = ""
    unread: int = 0

    @property
    def density(self) -> float:
        """Tokens per line of code."""
        return self.tokens / self.code if self.code else 0.0


def size_of(text: str) -> Size:
    """Return the size of one piece of Python."""
    lines = len(text.splitlines())
    try:
        tree, tokens = ast.parse(text), list(code_tokens(text))
    except (SyntaxError, ValueError, tokenize.TokenError):
        return Size(lines, unread=1)
    written = {line for token in tokens for line in range(token.start[0], token.end[0] + 1)}
    functions = [node for node in ast.walk(tree) if isinstance(node, Function)]
    lengths = [
        (len(written & set(range(node.lineno, node.end_lineno + 1))), node.name)
        for node in functions
    ]
    longest, name = max(lengths, key=lambda pair: pair[0], default=(0, ""))
    return Size(lines, len(written), len(tokens), len(functions), longest, name)


def code_tokens(text: str) -> Iterator[tokenize.TokenInfo]:
    """Yield the tokens of a text that are code; what a formatted string is made of is one token."""
    documented = docstring_lines(ast.parse(text))
    start, depth = None, 0
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        step = FSTRING.get(token.type, 0)
        if step > 0 and depth == 0:
            start = token.start
        depth += step
        if step < 0 and depth == 0:
            token = token._replace(type=tokenize.STRING, start=start)
        elif depth or token.type in SILENT:
            continue
        if token.start[0] not in documented:
            yield token


def docstring_lines(tree: ast.Module) -> set[int]:
    """Return the numbers of the lines that docstrings stand on."""
    found: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | Function) and ast.get_docstring(node):
            found |= set(range(node.body[0].lineno, node.body[0].end_lineno + 1))
    return found


def together(sizes: Iterable[Size]) -> Size:
    """Return the size of several pieces: sums, and the longest function of all."""
    sizes = list(sizes)
    longest = max(sizes, key=lambda size: size.longest, default=Size())
    sums = {
        name: sum(getattr(size, name) for size in sizes)
        for name in ("lines", "code", "tokens", "functions", "unread")
    }
    return Size(**sums, longest=longest.longest, name=longest.name)


# -- rooms -----------------------------------------------------------------------------------


def room_of(file: Path) -> str:
    """Return the room a file belongs to, given its path inside a package: a folder is one room."""
    return file.parts[0].removesuffix(".py")


def rooms_of(house: Path) -> set[str]:
    """Return the rooms of a package; what stands in its ``__init__`` is the way in, and no room."""
    return {room_of(file) for file in python_files(house)} - {"__init__"}


def python_files(folder: Path) -> list[Path]:
    """Return the Python files below a folder, by their paths inside it."""
    return sorted(path.relative_to(folder) for path in folder.rglob("*.py"))


def imports_between(house: Path) -> Counter[tuple[str, str]]:
    """Return how many import statements of one room name another, by (importing, imported)."""
    found: Counter[tuple[str, str]] = Counter()
    for file in python_files(house):
        here = room_of(file)
        try:
            tree = ast.parse((house / file).read_text(encoding="utf-8"))
        except (SyntaxError, ValueError):
            continue
        for node in ast.walk(tree):
            found.update((here, there) for there in rooms_named(node) - {here})
    return found


def rooms_named(node: ast.AST) -> set[str]:
    """Return the rooms that a statement imports, or imports something from."""
    names: list[str] = []
    if isinstance(node, ast.Import):
        names = [alias.name for alias in node.names]
    elif isinstance(node, ast.ImportFrom) and not node.level:
        names = [f"{node.module}.{alias.name}" for alias in node.names]
    return {name.split(".")[1] for name in names if name.startswith(f"{PACKAGE}.")}


def heights(between: Mapping[tuple[str, str], int], rooms: Iterable[str]) -> dict[str, int]:
    """Return how high each room stands: 0 if it imports no other, else above all it imports.

    Rooms that import each other in a circle all stand where the circle was entered.
    """
    below = {room: {there for here, there in between if here == room} for room in rooms}
    found: dict[str, int] = {}

    def height(room: str, way: tuple[str, ...]) -> int:
        if room not in found:
            lower = [height(there, (*way, room)) for there in below[room] - {*way, room}]
            found[room] = 1 + max(lower, default=-1)
        return found[room]

    for room in sorted(below):
        height(room, ())
    return found


def in_order(between: Mapping[tuple[str, str], int], rooms: Iterable[str]) -> list[str]:
    """Return the rooms from the lowest to the highest, by name where they stand level."""
    high = heights(between, rooms)
    return sorted(high, key=lambda room: (high[room], room))


def direct(between: Mapping[tuple[str, str], int]) -> list[tuple[str, str]]:
    """Return the imports that no chain of others implies: enough to draw."""
    below: dict[str, set[str]] = {}
    for here, there in between:
        below.setdefault(here, set()).add(there)

    def reached(start: str) -> set[str]:
        seen, open_ = set(), [start]
        while open_:
            for there in below.get(open_.pop(), set()) - seen:
                seen.add(there)
                open_.append(there)
        return seen

    return sorted(
        (here, there)
        for here, there in between
        if not any(there in reached(other) for other in below[here] - {there})
    )


def mermaid(between: Mapping[tuple[str, str], int], rooms: Iterable[str]) -> str:
    """Return the rooms as a mermaid graph, the highest on top.

    An arrow that a chain of arrows implies is left out, or nobody could read it.
    """
    order = in_order(between, rooms)
    lines = ["graph TD", *(f"    {room}" for room in reversed(order))]
    place = {room: -number for number, room in enumerate(order)}
    arrows = sorted(direct(between), key=lambda pair: (place[pair[0]], place[pair[1]]))
    return "\n".join([*lines, *(f"    {here} --> {there}" for here, there in arrows)])


# -- lessons ---------------------------------------------------------------------------------

PICTURE = re.compile(
    r"\bshow\.(?!draw_|figure\b|limit_of|logit_field|[A-Z])\w+\(|\.film\.\w+\(|Cockpit\("
)


def plain(text: str, *, folded: bool = False) -> str:
    """Return the words of a markdown text: no code, formula, link target, tag or hint.

    ``folded`` keeps what a reader must unfold, such as the answers of the quiz.
    """
    if not folded:
        text = re.sub(r"<details>.*?</details>", " ", text, flags=re.DOTALL)
    for pattern in (r"```.*?```", r"\$\$.*?\$\$", r"\$[^$]*\$", r"`[^`]*`", r"\{\{.*?\}\}"):
        text = re.sub(pattern, " ", text, flags=re.DOTALL)
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text)
    return re.sub(r"<[^>]+>", " ", text)


def words(text: str, *, folded: bool = False) -> list[str]:
    """Return the words of a markdown text, as :func:`plain` reads it."""
    return re.findall(r"[^\W\d_][\w'’-]*", plain(text, folded=folded))


def pictures(code: str) -> int:
    """Return how many pictures a cell makes; those of a function that it explores are the widget's.

    The live view of a run is one.
    """
    for node in ast.parse(code).body:
        explored = isinstance(node, ast.FunctionDef) and node.name
        if explored and re.search(rf"show\.explore\(\s*{explored},", code):
            code = code.replace(ast.get_source_segment(code, node), "")
    return len(PICTURE.findall(code))


@dataclass(frozen=True)
class LessonSize:
    """The size of a lesson's source, answers counted; ``text`` is words with what is folded."""

    cells: int
    code: Size
    longest_cell: int
    text: int
    longest_text: int
    pictures: int
    exercises: int


def lesson_size(source: Path) -> LessonSize:
    """Return the size of a lesson, read from its source (py:percent)."""
    import jupytext

    cells = jupytext.read(source, fmt="py:percent").cells
    code = [cell.source for cell in cells if cell.cell_type == "code"]
    prose = [cell.source for cell in cells if cell.cell_type == "markdown"]
    sizes = [size_of(text) for text in code]
    return LessonSize(
        cells=len(code),
        code=together(sizes),
        longest_cell=max((size.code for size in sizes), default=0),
        text=len(words("\n\n".join(prose), folded=True)),
        longest_text=max((len(words(text)) for text in prose), default=0),
        pictures=sum(pictures(t) for t, size in zip(code, sizes, strict=True) if not size.unread),
        exercises=sum(bool(re.search(r"^## ✏️", text, re.MULTILINE)) for text in prose),
    )


# -- tables ----------------------------------------------------------------------------------

HEAD = ("files", "lines", "code", "functions", "tokens/line", "longest function")


def table(title: str, head: Iterable[str], rows: Iterable[Iterable]) -> str:
    """Return a table as text: the first column to the left, numbers to the right, words last."""
    texts = [[*head], *([_cell(value) for value in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*texts, strict=True)]
    lines = []
    for row in texts:
        cells = [
            text.ljust(width) if column == 0 or not _number(texts, column) else text.rjust(width)
            for column, (text, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    return "\n".join([title, *lines, ""])


def _cell(value: object) -> str:
    return f"{value:.1f}" if isinstance(value, float) else f"{value}"


def _number(texts: list[list[str]], column: int) -> bool:
    return all(re.fullmatch(r"[\d.]*", row[column]) for row in texts[1:])


def columns(sizes: list[Size]) -> list:
    """Return a row's cells below HEAD for the files of one place."""
    size = together(sizes)
    longest = f"{size.longest} {size.name}".strip() if size.functions else ""
    unread = f"  ({size.unread} not read)" if size.unread else ""
    return [len(sizes), size.lines, size.code, size.functions, size.density, longest + unread]


def grouped(folder: Path, files: Iterable[Path], group) -> dict[str, list[Size]]:
    """Return the sizes of files by what ``group`` says of each path, in the order met."""
    found: dict[str, list[Size]] = {}
    for file in files:
        found.setdefault(group(file), []).append(
            size_of((folder / file).read_text(encoding="utf-8"))
        )
    return found


def package_table(house: Path) -> str:
    """Return the table of the package's rooms, each with its files below it."""
    files = python_files(house)
    between = imports_between(house)
    by_room = grouped(house, files, room_of)
    by_file = grouped(house, files, str)
    rows = []
    for room in in_order(between, by_room):
        rows.append([room, *columns(by_room[room])])
        own = [file for file in files if room_of(file) == room and len(file.parts) > 1]
        if room != "checks":  # a table of its own
            rows += [[f"  {file.relative_to(room)}", *columns(by_file[str(file)])] for file in own]
    rows.append(["together", *columns([size for sizes in by_room.values() for size in sizes])])
    return table(f"{house.name}, by room and file", ("", *HEAD), rows)


def folder_table(title: str, folder: Path) -> str:
    """Return a table with a row for each folder inside one, and one for what lies beside them."""
    files = python_files(folder)
    found = grouped(folder, files, lambda file: file.parts[0] if len(file.parts) > 1 else ".")
    rows = [[name, *columns(sizes)] for name, sizes in sorted(found.items())]
    rows.append(["together", *columns([size for sizes in found.values() for size in sizes])])
    return table(title, ("", *HEAD), rows)


def lessons_table(sources: Path) -> str:
    """Return the table of the lessons."""
    head = ("", "cells", "code", "tokens/line", "longest cell")
    head += ("words", "longest text", "pictures", "exercises")
    rows = []
    for source in sorted(sources.glob("[0-9]*.py")):
        size = lesson_size(source)
        row = [
            source.stem.partition("_")[0],
            size.cells,
            size.code.code,
            size.code.density,
            size.longest_cell,
        ]
        rows.append([*row, size.text, size.longest_text, size.pictures, size.exercises])
    return table("lessons: lines of code, words with what is folded", head, rows)


def rooms_table(house: Path) -> str:
    """Return the rooms and how many import statements of a row's room name a column's."""
    between = imports_between(house)
    order = in_order(between, rooms_of(house))
    rows = [[here, *(between[here, there] or "" for there in order)] for here in order]
    return table("imports between rooms: a row's room imports a column's", ("", *order), rows)


def pages_table(root: Path) -> str:
    """Return how long the pages are that people read first."""
    there = [name for name in PAGES if (root / name).exists()]
    rows = [[name, len((root / name).read_text(encoding="utf-8").splitlines())] for name in there]
    return table("pages", ("", "lines"), rows)


def main(arguments: list[str]) -> int:
    """Print what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mermaid", action="store_true", help="the rooms as a mermaid graph")
    house = ROOT / PACKAGE
    if parser.parse_args(arguments).mermaid:
        between = imports_between(house)
        print(mermaid(between, rooms_of(house)))
        return 0
    print(package_table(house))
    print(folder_table("checks, by lesson", house / "checks"))
    print(folder_table("tests, by room", ROOT / "tests"))
    print(lessons_table(ROOT / "notebooks" / "source"))
    print(rooms_table(house))
    print(pages_table(ROOT), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
