"""What reads or writes text says that it is UTF-8: elsewhere Python takes another for granted."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FILES = [p for room in ("gan_lessons", "tools", "bench", "data/make", "notebooks/source")
         for p in sorted((ROOT / room).rglob("*.py"))]  # fmt: skip


def silent(code: str) -> list[str]:
    """Return the calls that read or write text without saying how it is encoded."""
    found = []
    for node in ast.walk(ast.parse(code)):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        name = node.func.id if isinstance(node.func, ast.Name) else name
        said = {word.arg for word in node.keywords}
        true = {word.arg for word in node.keywords if ast.unparse(word.value) == "True"}
        where = ast.unparse(node.func.value) if isinstance(node.func, ast.Attribute) else ""
        if name in ("read_text", "write_text") and "encoding" not in said:
            found.append(ast.unparse(node))
        if name == "open" and where not in ("Image", "os") and "encoding" not in said:
            modes = [arg.value for arg in node.args if isinstance(arg, ast.Constant)]
            modes += [w.value.value for w in node.keywords if w.arg == "mode"]
            if not any("b" in str(mode) and len(str(mode)) < 4 for mode in modes):
                found.append(ast.unparse(node))
        if true & {"text", "universal_newlines"} and "encoding" not in said:
            found.append(ast.unparse(node))
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_text_of_an_unknown_encoding(path):
    assert silent(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "code",
    [
        "path.read_text()",
        "path.write_text('ü')",
        "path.write_text('ü', newline='')",
        "open('x')",
        "path.open()",
        "path.open('w')",
        "open('x', mode='w')",
        "subprocess.run(line, text=True)",
    ],
)
def test_silence_is_noticed(code):
    assert silent(code)


@pytest.mark.parametrize(
    "code",
    [
        "path.read_text(encoding='ascii')",
        "path.open('rb')",
        "open('x', 'w', encoding='utf-8')",
        "Image.open(path)",
        "path.read_bytes()",
        "subprocess.run(line, text=True, encoding='utf-8')",
    ],
)
def test_what_says_it_passes(code):
    assert not silent(code)
