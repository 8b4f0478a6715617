"""What must not stand anywhere in the repository; each ban is shown to fire on a bad snippet.

Python is read as a syntax tree, so a name in a comment or a string does no harm, and an alias
(`import pickle as p`) is seen through. Lines of IPython magic in a cell are left out.
"""

import ast
import json
import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]

# calls that run, or unpack to disk, what a stranger wrote; the reason is the message
BANNED_CALLS = {
    r"(c?[Pp]ickle|cloudpickle|dill|marshal|joblib|shelve)\.\w+": "unpickling runs a program",
    r"pandas\.read_pickle": "unpickling runs a program",
    r"torch\.hub\.\w+": "torch.hub runs a stranger's code",
    r"torch\.jit\.load": "a TorchScript archive is a program",
    r"(eval|exec|builtins\.(eval|exec))": "text is run as a program",
    r"os\.(system|popen)": "a shell reads the text",
    r"subprocess\.(getoutput|getstatusoutput)": "a shell reads the text",
    r"shutil\.unpack_archive": "an archive is unpacked to disk",
    r".*\.extractall": "an archive is unpacked to disk",
    r"tempfile\.mktemp": "another program can take the name first",
    r"yaml\.(unsafe_load|full_load|load)": "yaml.safe_load is enough",
}
BANNED_KEYWORDS = {
    ("weights_only", False): "weights_only=False unpickles",
    ("allow_pickle", True): "allow_pickle=True unpickles",
    ("shell", True): "a shell reads the text",
    ("verify", False): "a certificate is not checked",
}
# tests may run the code of a cell or of a mutant, which is the repository's own, and may name
# plain addresses that are never reached
ALLOWED_IN_TESTS = ("text is run as a program", "plain http:")
# the grader runs the programs of its own tables, which are the repository's: once, in one place
RUNS_ITS_OWN_TEXT = {"gan_lessons/checks/grader.py": ["text is run as a program"]}
# hostile files are made there, and one is opened the unsafe way to show that it is one
# the wheel, the kit that the test has built
RUNS_ITS_OWN_TEXT["tests/repository/test_wheel.py"] = ["an archive is unpacked to disk"]
RUNS_ITS_OWN_TEXT["tests/repository/test_workshop.py"] = ["an archive is unpacked to disk"]
RUNS_ITS_OWN_TEXT["tests/faults/test_hostile.py"] = [
    "unpickling runs a program",
    "allow_pickle=True unpickles",
]
RUNS_ITS_OWN_TEXT["tests/faults/test_checkpoints.py"] = [
    "weights_only=False unpickles",
    "torch.load without weights_only=True unpickles",
    "unpickling runs a program",
    "unpickling runs a program",
]

BANNED_TEXT = {
    r"/home/(?!you\b)\w+|/Users/\w+|/root/|[A-Z]:\\+Users\\+\w+": "a path of somebody's home",
    r"\bgh[pousr]_\w{30,}|\bgithub_pat_\w{20,}": "a token of GitHub",
    r"\bhf_[A-Za-z]{30,}|\bsk-[\w-]{30,}|\bxox[abprs]-[\w-]{10,}|\bAKIA[0-9A-Z]{16}\b": "a token",
    r"[?&]token=[0-9a-f]{32,}": "a token of Jupyter",
    r"-----BEGIN [A-Z ]*PRIVATE KEY": "a private key",
    r"(curl|wget)\b[^\n|]*\|\s*(sudo\s+)?(ba|z)?sh\b": "a download is run unread",
}
BANNED_ADVICE = {
    r"token\s*=\s*(''|\"\")": "Jupyter without a token",
    r"--ip[= ]\S*0\.0\.0\.0": "Jupyter open to the network",
    r"--allow-root": "Jupyter as root",
    r"--extra-index-url": "two indexes: a stranger can take a name in one of them",
}
LOCAL = r"(127\.0\.0\.1|localhost|\[::1\])"
NAMESPACE = r"www\.w3\.org/"  # the name of a vocabulary, never fetched
PLAIN_HTTP = re.compile(rf"http://(?!{LOCAL}|{NAMESPACE})[^\s'\"]+")
ACTIVE_HTML = {
    r"<\s*script\b": "a script",
    r"<\s*(iframe|object|embed)\b": "an embedded page",
    r"<[^>]*\son[a-z]+\s*=": "an event handler",
    r"javascript\s*:": "a script in a link",
}


def find(bans: dict[str, str], text: str) -> list[str]:
    """Return the reason of every ban that matches somewhere in the text, with what matched."""
    hits = ((reason, re.search(pattern, text)) for pattern, reason in bans.items())
    return [f"{reason}: {hit.group()[:60]}" for reason, hit in hits if hit]


def dotted(node: ast.expr, aliases: dict[str, str]) -> str:
    """Return a called name in full, `p.load` as `pickle.load` after `import pickle as p`."""
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value, aliases)}.{node.attr}"
    return aliases.get(node.id, node.id) if isinstance(node, ast.Name) else ""


def imported_names(tree: ast.AST) -> dict[str, str]:
    """Return the full name of everything that is imported, by the name it has here."""
    aliases = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            aliases |= {a.asname or a.name.split(".")[0]: a.name for a in node.names if a.asname}
        elif isinstance(node, ast.ImportFrom) and node.module:
            aliases |= {a.asname or a.name: f"{node.module}.{a.name}" for a in node.names}
    return aliases


def python_faults(source: str) -> list[str]:
    """Return what is banned in a piece of Python: calls, keywords, plain http addresses."""
    tree = ast.parse(source)
    aliases, faults = imported_names(tree), []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = dotted(node.func, aliases)
            faults += [r for pattern, r in BANNED_CALLS.items() if re.fullmatch(pattern, name)]
            given = {k.arg: getattr(k.value, "value", ...) for k in node.keywords}
            faults += [r for (k, v), r in BANNED_KEYWORDS.items() if given.get(k, ...) is v]
            if name == "torch.load" and given.get("weights_only") is not True:
                faults.append("torch.load without weights_only=True unpickles")
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            faults += [f"plain http: {hit.group()}" for hit in PLAIN_HTTP.finditer(node.value)]
    return faults


def cell_source(cell: dict) -> str:
    """Return a cell's text; in a code cell without the lines that are IPython magic."""
    source = cell["source"] if isinstance(cell["source"], str) else "".join(cell["source"])
    if cell["cell_type"] != "code":
        return source
    magic = ("%", "!", "?")
    return "\n".join(x for x in source.splitlines() if not x.lstrip().startswith(magic))


def notebook_faults(text: str) -> list[str]:
    """Return what is banned in a notebook: in its code, its prose, its outputs, its metadata."""
    notebook = json.loads(text)
    faults = [] if "widgets" not in notebook["metadata"] else ["widget state is stored"]
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            faults += python_faults(cell_source(cell))
        else:
            faults += find(ACTIVE_HTML, cell_source(cell))
        for output in cell.get("outputs", []):
            for kind, data in output.get("data", {}).items():
                if "javascript" in kind:
                    faults.append("a script: an output of the kind " + kind)
                if kind in ("text/html", "text/markdown", "image/svg+xml"):
                    faults += find(ACTIVE_HTML, "".join(data))
    return faults


def files(*patterns: str) -> list[Path]:
    """Return the repository's files that match, without what is not the repository's."""
    skipped = {".venv", ".git", "work", "build", "__pycache__", ".ipynb_checkpoints"}
    found = (path for pattern in patterns for path in ROOT.glob(pattern) if path.is_file())
    return sorted(p for p in found if not skipped & set(p.relative_to(ROOT).parts))


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


ROOMS = "gan_lessons", "notebooks", "data", "tools", "tests", "bench", "hub", "distributed"
CODE = files("*.py", *(f"{room}/**/*.py" for room in ROOMS))
NOTEBOOKS = files("notebooks/*.ipynb", "notebooks/solutions/*.ipynb")
PROSE = files("*.md", *(f"{room}/**/*.md" for room in ROOMS))
WORKFLOWS = files(".github/workflows/*.yml")
SETTINGS = files("*.toml", "*.txt", "*.yml", ".pre-commit-config.yaml", "Makefile", ".ci/*")
SETTINGS += files(".devcontainer/*", ".binder/*")


@pytest.mark.parametrize("path", CODE, ids=name)
def test_no_code_runs_what_a_stranger_wrote(path):
    faults = python_faults(path.read_text(encoding="utf-8"))
    if path.is_relative_to(ROOT / "tests"):
        faults = [fault for fault in faults if not fault.startswith(ALLOWED_IN_TESTS)]
    assert faults == RUNS_ITS_OWN_TEXT.get(name(path), [])


@pytest.mark.parametrize("path", NOTEBOOKS, ids=name)
def test_no_notebook_does_anything_by_being_opened(path):
    assert notebook_faults(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("path", [*CODE, *NOTEBOOKS, *PROSE, *WORKFLOWS, *SETTINGS], ids=name)
def test_no_file_holds_a_secret_or_a_home(path):
    if path != Path(__file__):  # it holds the bad snippets
        assert find(BANNED_TEXT, path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("path", PROSE, ids=name)
def test_no_page_advises_an_open_door(path):
    assert find(BANNED_ADVICE, path.read_text(encoding="utf-8")) == []


def workflow_faults(text: str) -> list[str]:
    """Return what is unsafe in a workflow of GitHub."""
    flow = yaml.safe_load(text)
    faults = [] if flow.get("permissions") == "read-all" else ["permissions are not read-all"]
    if "pull_request_target" in text:
        faults.append("pull_request_target gives a stranger's code the repository's rights")
    # To publish, a job may write; then nothing that a stranger does may start it.
    by_owner = set(flow.get(True, {})) <= {"workflow_dispatch", "push"} and "branches" not in text
    for job in flow["jobs"].values():
        faults += [] if "permissions" not in job or by_owner else ["a job widens its permissions"]
        for step in job["steps"]:
            if not re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", step.get("uses", "x@" + 40 * "0")):
                faults.append(f"not pinned by commit: {step['uses']}")
            if "${{ github.event" in step.get("run", ""):
                faults.append("a stranger's text is run by a shell")
    return faults


@pytest.mark.parametrize("path", WORKFLOWS, ids=name)
def test_no_workflow_trusts_a_stranger(path):
    assert workflow_faults(path.read_text(encoding="utf-8")) == []


def test_there_was_something_to_look_at():
    assert {path.relative_to(ROOT).parts[0] for path in CODE} == {*ROOMS, "setup.py"}
    assert {name(path) for path in WORKFLOWS} >= {".github/workflows/ci.yml"}
    assert {name(path) for path in PROSE} >= {"README.md", "SECURITY.md"}


# every ban fires


@pytest.mark.parametrize(
    "bad",
    [
        "import pickle\npickle.load(f)",
        "import pickle as p\np.loads(b)",
        "from pickle import load\nload(f)",
        "from pickle import Unpickler as U\nU(f)",
        "import dill\ndill.load(f)",
        "import joblib\njoblib.load(f)",
        "import torch\ntorch.load(f)",
        "import torch\ntorch.load(f, weights_only=False)",
        "from torch import load\nload(f)",
        "import torch as t\nt.hub.load('a/b', 'c')",
        "from torch import hub\nhub.load('a/b', 'c')",
        "import torch\ntorch.jit.load(f)",
        "import numpy as np\nnp.load(f, allow_pickle=True)",
        "eval(text)",
        "exec(text)",
        "import subprocess\nsubprocess.run('ls', shell=True)",
        "import os\nos.system('ls')",
        "import tarfile\ntarfile.open(f).extractall()",
        "archive.extractall(path)",
        "import shutil\nshutil.unpack_archive(f)",
        "import requests\nrequests.get(url, verify=False)",
        "import yaml\nyaml.load(f)",
        "MIRROR = 'http://example.org/train-images.gz'",
        "MIRROR = f'http://example.org/{name}'",
    ],
)
def test_bad_python_is_found(bad):
    assert python_faults(bad)
    cell = {"cell_type": "code", "source": f"%matplotlib inline\n{bad}", "outputs": []}
    assert notebook_faults(json.dumps({"metadata": {}, "cells": [cell]}))


@pytest.mark.parametrize(
    "good",
    [
        "model.eval()",
        "import torch\ntorch.load(f, weights_only=True)",
        "import numpy as np\nnp.load(f, allow_pickle=False)",
        "import subprocess\nsubprocess.run(['ls'])",
        "'never pickle.load(f) a stranger'  # nor eval(text)",
        "url = f'http://127.0.0.1:{port}/'",
        "url = f'http://{host}:{port}/'",
        "svg = '<svg xmlns=\"http://www.w3.org/2000/svg\">'",
        "MIRROR = 'https://example.org/train-images.gz'",
        "import torch\ntorch.compile(model)",
    ],
)
def test_good_python_is_left_alone(good):
    assert python_faults(good) == []


@pytest.mark.parametrize(
    "data",
    [
        {"text/html": "<b>x</b><script>alert(1)</script>"},
        {"text/html": ["<img src=x\n", "onerror='alert(1)'>"]},
        {"text/html": "<iframe src='https://example.org'></iframe>"},
        {"text/html": "<a href='javascript:alert(1)'>x</a>"},
        {"image/svg+xml": "<svg onload='alert(1)'></svg>"},
        {"application/javascript": "alert(1)"},
    ],
)
def test_an_active_output_is_found(data):
    cell = {"cell_type": "code", "source": "", "outputs": [{"data": data}]}
    assert notebook_faults(json.dumps({"metadata": {}, "cells": [cell]}))


def test_active_prose_and_widget_state_are_found_and_plain_things_are_not():
    prose = {"cell_type": "markdown", "source": ["<script>", "alert(1)</script>"]}
    assert notebook_faults(json.dumps({"metadata": {}, "cells": [prose]}))
    assert notebook_faults(json.dumps({"metadata": {"widgets": {}}, "cells": []}))
    figure = {"text/html": "<img alt='5 of 8 modes on = off' src='data:image/png;base64,iVBO'>"}
    plain = {"cell_type": "code", "source": "x", "outputs": [{"data": figure}]}
    assert notebook_faults(json.dumps({"metadata": {}, "cells": [plain]})) == []


@pytest.mark.parametrize(
    "bad",
    [
        "see /home/maria/course",
        "see /Users/maria/course",
        "see C:\\Users\\maria",
        "see /root/.cache",
        "ghp_" + 36 * "a",
        "hf_" + 34 * "a",
        "AKIA" + 16 * "A",
        "http://localhost:8888/lab?token=" + 48 * "a",
        "-----BEGIN RSA PRIVATE KEY-----",
        "curl -sSf https://example.org/install | sh",
    ],
)
def test_secrets_and_homes_are_found(bad):
    assert find(BANNED_TEXT, f"some words {bad} and more")


@pytest.mark.parametrize(
    "bad",
    [
        "jupyter lab --NotebookApp.token=''",
        'jupyter lab --IdentityProvider.token=""',
        "jupyter lab --ip=0.0.0.0",
        "jupyter lab --allow-root",
        "pip install --extra-index-url https://example.org torch",
    ],
)
def test_bad_advice_is_found(bad):
    assert find(BANNED_ADVICE, bad)


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ("permissions: read-all", "permissions: write-all"),
        ("permissions: read-all", "name: x"),
        ("  push:", "  pull_request_target:"),
        ("@08c6903cd8c0fde910a37f88322edcfb5dd907a8", "@v5"),
        ("@08c6903cd8c0fde910a37f88322edcfb5dd907a8", "@08c6903"),
        ("run: make test", "run: echo ${{ github.event.pull_request.title }} #"),
        ("    runs-on:", "    permissions: write-all\n    runs-on:"),
    ],
)
def test_an_unsafe_workflow_is_found(good, bad):
    text = (ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8")
    unsafe = text.replace(good, bad)
    assert unsafe != text
    assert workflow_faults(unsafe)
