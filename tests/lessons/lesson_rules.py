"""The style of a lesson as rules: each takes a :class:`Lesson` and returns its complaints."""

import ast
import importlib
import io
import re
import tokenize
from dataclasses import dataclass
from pathlib import Path

from gan_lessons import checks
from gan_lessons.checks.patient import Patient
from tools import build, sizes

HOUSE = Path(__file__).resolve().parents[2] / "gan_lessons"
Function = ast.FunctionDef | ast.AsyncFunctionDef
Definition = Function | ast.ClassDef


@dataclass(frozen=True)
class Lesson:
    """One source: its cells as they are written, and what the learner reads and runs."""

    path: Path

    @property
    def number(self) -> str:
        return build.number_of(self.path)

    @property
    def cells(self) -> list:
        return build.read_cells(self.path)

    @property
    def code(self) -> list[str]:
        """The code cells with their answers; lines of IPython magic are blanked."""
        magic = re.compile(r"^\s*[%!].*$", re.MULTILINE)
        kept = [cell.source for cell in self.cells if cell.cell_type == "code"]
        return [magic.sub("", build.solved(source)) for source in kept]

    @property
    def prose(self) -> list[str]:
        """The markdown cells, hints as placeholders."""
        return [cell.source for cell in self.cells if cell.cell_type == "markdown"]

    @property
    def text(self) -> str:
        return "\n\n".join(self.prose)


# -- code ------------------------------------------------------------------------------------


def columns(lesson: Lesson) -> list[str]:
    """79 columns, but for what cannot be broken: a cell's first line, a row of a table, a link."""
    source = lesson.path.read_text().splitlines()
    return [
        f"line {number} has {len(line)} columns, 79 is the most"
        for number, line in enumerate(source, start=1)
        if len(line) > 79 and not re.match(r"# %% |# \||#.*\]\(https://\S+$", line)
    ]


def figures(lesson: Lesson) -> list[str]:
    """One figure a cell (the live view is one), and last in it, or it is not shown."""
    found = []
    for code in lesson.code:
        count = sizes.pictures(code)
        if count > 1:
            found.append(f"{count} figures in one cell: {code.splitlines()[0]}")
        for node in ast.parse(code).body[:-1]:
            if isinstance(node, ast.Expr) and sizes.PICTURE.match(ast.unparse(node)):
                found.append(f"made and not shown, put it last: {ast.unparse(node)[:50]}")
    return found


def habits(lesson: Lesson) -> list[str]:
    """No star import, no shell, no semicolon, no bare plt."""
    found = []
    exercises = [
        "exercise" in cell.metadata.tags for cell in lesson.cells if cell.cell_type == "code"
    ]
    raw = [cell.source for cell in lesson.cells if cell.cell_type == "code"]
    for code, source, exercise in zip(lesson.code, raw, exercises, strict=True):
        start = code.strip().splitlines()[0] if code.strip() else source
        for node in ast.walk(ast.parse(code)):
            if isinstance(node, ast.ImportFrom) and node.names[0].name == "*":
                found.append(f"import * hides where a name is from: {start}")
            if isinstance(node, ast.Name) and node.id == "plt" and not exercise:
                found.append(f"plt outside an exercise: {start}")
        if re.search(r"^\s*[!%]", source, re.MULTILINE):
            found.append(f"a line of shell or magic: {start}")
        tokens = tokenize.generate_tokens(io.StringIO(code).readline)
        if any(token.type == tokenize.OP and token.string == ";" for token in tokens):
            found.append(f"a semicolon: {start}")
    return found


def setup(lesson: Lesson) -> list[str]:
    """Imports stand in the first code cell, the package before torch; modules only."""
    found = []
    cells = [ast.parse(code).body for code in lesson.code]
    imports = [node for node in cells[0] if isinstance(node, ast.Import | ast.ImportFrom)]
    found += [
        f"an import outside the setup cell: {ast.unparse(node)}"
        for body in cells[1:]
        for node in body
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    names = [ast.unparse(node) for node in imports]
    first = next((i for i, name in enumerate(names) if "gan_lessons" in name), None)
    torch = next((i for i, name in enumerate(names) if re.search(r"\btorch\b", name)), None)
    if torch is not None and (first is None or torch < first):
        found.append("torch is imported before gan_lessons, which sets its threads' manners")
    for name in names:
        if re.match(r"from gan_lessons\.\w+", name):
            found.append(f"names instead of modules: {name}")
        for module in re.findall(r"^from gan_lessons import (.+)$", name):
            for one in module.split(", "):
                if not ((HOUSE / f"{one}.py").exists() or (HOUSE / one).is_dir()):
                    found.append(f"gan_lessons has no module {one}")
    return found


def parameters(lesson: Lesson) -> list[str]:
    """The knobs stand in one cell, tagged ``parameters``, as literals.

    So a program can turn them: papermill puts a cell with other values behind it. What is computed
    from a knob stands in the next cell, or it would keep the value of before.
    """
    cells = [cell for cell in lesson.cells if "parameters" in cell.metadata.tags]
    if len(cells) != 1 or cells[0].cell_type != "code":
        return [f"{len(cells)} cells tagged parameters; one cell of code holds the knobs"]
    found = []
    for node in ast.parse(cells[0].source).body:
        if not isinstance(node, ast.Assign) or names_of(node) != [ast.unparse(node.targets[0])]:
            found.append(f"among the knobs stand only names with values: {ast.unparse(node)[:50]}")
            continue
        try:
            ast.literal_eval(node.value)
        except ValueError:
            found.append(f"a knob that is no literal: {ast.unparse(node)[:50]}")
    return found or ([] if ast.parse(cells[0].source).body else ["no knob in the cell"])


def mirrors(lesson: Lesson) -> list[str]:
    """What is shown is what runs: a cell tagged ``mirrors:module`` equals that module's code."""
    found = []
    for cell in lesson.cells:
        for tag in cell.metadata.tags:
            if tag.startswith("mirrors:"):
                module = tag.removeprefix("mirrors:")
                found += differences(cell.source, module)
    return found


def differences(code: str, module: str) -> list[str]:
    """Return how the definitions of a cell differ from those of ``gan_lessons.<module>``.

    A cell may hold functions, classes and constants. Two definitions are equal if their syntax
    trees are, once docstrings and type hints are taken out: names, order, defaults, decorators and
    every expression count; comments and line breaks do not.
    """
    path = HOUSE / module.replace(".", "/")
    files = sorted(path.glob("*.py")) if path.is_dir() else [path.with_suffix(".py")]
    if not all(file.exists() for file in files) or not files:
        return [f"gan_lessons has no module {module}"]
    library: dict[str, str] = {}
    for file in files:
        for node in ast.parse(file.read_text()).body:
            library |= {name: canonical(node) for name in names_of(node)}
    found, seen = [], 0
    for node in ast.parse(code).body:
        names = names_of(node)
        seen += len(names)
        if not names:
            found.append(f"a mirror holds only definitions: {ast.unparse(node)[:50]}")
        for name in names:
            if name not in library:
                found.append(f"gan_lessons.{module} has no {name}")
            elif library[name] != canonical(node):
                found.append(f"{name} is not what gan_lessons.{module} runs")
    return found if seen else [*found, f"a mirror of {module} without a definition"]


def names_of(node: ast.stmt) -> list[str]:
    """Return the names that a statement at the top of a file defines."""
    if isinstance(node, Definition):
        return [node.name]
    targets = getattr(node, "targets", [getattr(node, "target", None)])
    return [target.id for target in targets if isinstance(target, ast.Name)]


class Bare(ast.NodeTransformer):
    """Take out docstrings and type hints; the fields of a class keep their place."""

    def visit_FunctionDef(self, node):
        node = self.generic_visit(node)
        node.returns = None
        for arg in ast.walk(node.args):
            if isinstance(arg, ast.arg):
                arg.annotation = None
        return without_docstring(node)

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_ClassDef(self, node):
        for statement in node.body:
            if isinstance(statement, ast.AnnAssign):
                statement.annotation = ast.Name("Any", ast.Load())
        body = [self.visit(s) if isinstance(s, Definition) else s for s in node.body]
        node.body = body
        return without_docstring(node)

    def visit_AnnAssign(self, node):
        return ast.Assign([node.target], node.value) if node.value else None


def without_docstring(node: ast.AST) -> ast.AST:
    if ast.get_docstring(node) is not None:
        node.body = node.body[1:] or [ast.Pass()]
    return node


def canonical(node: ast.stmt) -> str:
    """Return a statement's syntax tree as text, without docstrings and type hints."""
    return ast.dump(Bare().visit(ast.parse(ast.unparse(node)).body[0]))


# -- the parts -------------------------------------------------------------------------------


def head(lesson: Lesson) -> list[str]:
    """``# NN · Verb …`` in sentence case, and what you'll do, learn (three things) and need."""
    found = []
    text = lesson.prose[0]
    title = re.match(r"# (\d\d[a-z]?) · ([A-Z][\w'’-]*)( .*)?$", text.splitlines()[0])
    if not title:
        return [f"the title is not `# NN · Verb …`: {text.splitlines()[0]}"]
    verb = lesson.path.stem.split("_")[1]
    if (title[1], title[2].lower()) != (lesson.number, verb):
        found.append(f"the title {title[0]!r} does not fit the file {lesson.path.name}")
    rest = [w for w in re.findall(r"[A-Za-z]+", title[3] or "") if w[0].isupper()]
    if any(not w.isupper() and w not in ("GANs", "Python", "PyTorch") for w in rest):
        found.append(f"a title is in sentence case: {title[0]!r}")
    for part in ("What you'll do", "What you'll learn", "What you'll need"):
        if f"**{part}" not in text:
            found.append(f"the first cell lacks: {part}")
    learn = text.partition("**What you'll learn")[2].partition("**What you'll need")[0]
    if len(re.findall(r"^- \S", learn, re.MULTILINE)) != 3:
        found.append("what you'll learn is three things")
    return found


def exercises(lesson: Lesson) -> list[str]:
    """Numbered, with minutes, difficulty, a check, three hints and a stub or a broken program.

    Lesson 00 calls them warm-ups.
    """
    found = []
    kind = "Warm-up" if lesson.number == "00" else "Exercise"
    heads = re.findall(
        rf"^## ✏️ {kind} (\d+) · \S.*\n\*(\d+) minutes · ([●○]{{3}})\*$", lesson.text, re.M
    )
    all_heads = re.findall(r"^## ✏️.*$", lesson.text, re.MULTILINE)
    if len(heads) != len(all_heads):
        found.append(f"headings `## ✏️ {kind} N · …` with `*5 minutes · ●○○*`: {all_heads}")
    if [int(number) for number, *_ in heads] != list(range(1, len(heads) + 1)):
        found.append(f"{kind}s are not numbered 1, 2, 3 …")
    asked = build.HINTS.findall(lesson.text)
    if len(asked) < len(heads) or len(set(asked)) != len(asked):  # an exercise may have two parts
        found.append(f"{len(asked)} hints for {len(heads)} exercises")
    for module, name in asked:
        check = getattr(importlib.import_module(f"{checks.__name__}.{module}"), name, None)
        if len(set(getattr(check, "hints", ()))) != 3:
            found.append(f"{module}.{name} has not three hints")
        if not any(f"checks.{module}.{name}(" in code for code in lesson.code):
            found.append(f"no cell calls checks.{module}.{name}")
    tagged = [cell for cell in lesson.cells if "exercise" in cell.metadata.tags]
    if len(tagged) != len(asked):
        found.append(f"{len(tagged)} cells tagged exercise for {len(asked)} with hints")
    for cell in tagged:
        stub = build.blank(cell.source)
        waits = build.is_broken(cell.source) or re.search(r"raise NotImpl\w+|= \.\.\.", stub)
        if stub == cell.source or not waits:
            found.append(f"an exercise without a stub: {stub.splitlines()[0]}")
        ast.parse(stub)
    return found


def quiz(lesson: Lesson) -> list[str]:
    """Five questions, 1 to 5, each with its answer folded; lesson 00 needs none."""
    parts = re.findall(r"^## Quiz\n(.*?)(?=^#|\Z)", lesson.text, re.MULTILINE | re.DOTALL)
    if not parts and lesson.number == "00":
        return []
    if len(parts) != 1:
        return [f"{len(parts)} parts called Quiz"]
    found = []
    numbers = re.findall(r"^(\d)\. \S", parts[0], re.MULTILINE)
    if numbers != ["1", "2", "3", "4", "5"]:
        found.append(f"the quiz has the questions {numbers}, not 1 to 5")
    folded = re.findall(r"<details><summary>\w+</summary>\s*(\S.*?)</details>", parts[0], re.S)
    if len(folded) != 5:
        found.append(f"{len(folded)} folded answers for five questions")
    return found


def ending(lesson: Lesson) -> list[str]:
    """A ledger (a table), In practice, Further reading with every link described."""
    found = []
    if lesson.number == "00":
        return found
    for part in ("Ledger", "In practice", "Further reading"):
        if len(re.findall(rf"^## {part}$", lesson.text, re.MULTILINE)) != 1:
            found.append(f"not one part called {part}")
    ledger = lesson.text.partition("## Ledger\n")[2].partition("\n## ")[0]
    if len(re.findall(r"^\|.+\|.+\|$", ledger, re.MULTILINE)) < 3:
        found.append("the ledger is a table of what was changed and what happened")
    reading = lesson.text.partition("## Further reading\n")[2].partition("\n## ")[0]
    items = re.split(r"^- ", reading, flags=re.MULTILINE)[1:]
    if not items:
        found.append("no further reading")
    for item in items:
        link = re.match(r"\[[^\]]+\]\(https://[^)]+\)(.*)", item, re.DOTALL)
        if not link or len(sizes.words(link[1])) < 3:
            found.append(f"a link without a description: {item.strip().splitlines()[0]}")
    return found


# -- questions -------------------------------------------------------------------------------

QUESTION = re.compile(r"\*\*(Predict|Decide|Guess)\b(?!, then run)")


def questions(lesson: Lesson) -> list[str]:
    """A question stays a question until the picture, or the number, that answers it.

    A text cell that asks has ``predict={"picture": "a name", "words": [what gives it away]}``, the
    code cell that answers has ``picture="a name"``. None of the words may stand in between, nor in
    that cell: in text, comments or strings. A string that the run itself chooses (``"up" if a > b
    else "down"``) gives nothing away. No assert and no claim may stand there either.
    """
    cells, found = lesson.cells, []
    answers = {c.metadata.picture: i for i, c in enumerate(cells) if "picture" in c.metadata}
    for i, cell in enumerate(cells):
        line = next((x for x in cell.source.splitlines() if QUESTION.search(x)), None)
        asked = cell.metadata.get("predict")
        if line and cell.cell_type == "markdown" and not asked:
            found.append(f"a question without its picture and its words: {line}")
        if not asked:
            continue
        picture = asked.get("picture")
        last = answers.pop(picture, -1)
        if not asked.get("words") or last <= i:
            found.append(f"a question without words, or without a picture below it: {line}")
            continue
        for between in cells[i + 1 : last + 1]:
            found += [f"{picture}: {what}" for what in gives_away(between, asked["words"])]
    return found + [f"a picture that answers no question: {name}" for name in answers]


def gives_away(cell, words: list[str]) -> list[str]:
    """Return what in a cell answers a question before its picture does."""
    if cell.cell_type == "markdown":
        said, found = [cell.source], []
    else:
        code = build.blank(cell.source)
        tree = ast.parse(code)
        chosen = {
            id(x)
            for node in ast.walk(tree)
            if isinstance(node, ast.IfExp)
            for branch in (node.body, node.orelse)
            for x in ast.walk(branch)
        }
        strings = [x for x in ast.walk(tree) if isinstance(x, ast.Constant) and id(x) not in chosen]
        tokens = tokenize.generate_tokens(io.StringIO(code).readline)
        said = [x.value for x in strings if isinstance(x.value, str)]
        said += [token.string for token in tokens if token.type == tokenize.COMMENT]
        claims = [x for x in ast.walk(tree) if isinstance(x, ast.Assert) or is_claim(x)]
        found = [f"claimed before it is seen: {ast.unparse(x)[:60]}" for x in claims]
    text = re.sub(r"\s+", " ", " ".join(said)).lower()
    return found + [f"the word {word!r} gives it away" for word in words if word.lower() in text]


def is_claim(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and ast.unparse(node.func) == "checks.claim"


def solutions(lesson: Lesson) -> list[str]:
    """What an exercise asked does not stand open in another cell: fold it, or import it."""
    asked = {}
    for cell in lesson.cells:
        if "exercise" in cell.metadata.tags:
            asked |= {body_of(x): x.name for x in functions_in(build.solved(cell.source))}
    open_cells = [
        cell.source
        for cell in lesson.cells
        if cell.cell_type == "code"
        and not {"exercise", "folded", "solution"} & set(cell.metadata.tags)
    ]
    return [
        f"{function.name} gives away {asked[body_of(function)]}: tag its cell `folded`"
        for code in open_cells
        for function in functions_in(code)
        if body_of(function) in asked
    ]


def functions_in(code: str) -> list[Function]:
    return [node for node in ast.walk(ast.parse(code)) if isinstance(node, Function)]


def body_of(function: Function) -> str:
    """Return what a function does, whatever its arguments and its variables are called."""
    bare = ast.parse(ast.unparse(function)).body[0]
    bare = Bare().visit(bare)
    bound = [x.arg for x in ast.walk(bare.args) if isinstance(x, ast.arg)]
    bound += [
        x.id for x in ast.walk(bare) if isinstance(x, ast.Name) and isinstance(x.ctx, ast.Store)
    ]
    names = {name: f"v{number}" for number, name in enumerate(dict.fromkeys(bound))}
    for x in ast.walk(bare):
        if isinstance(x, ast.Name):
            x.id = names.get(x.id, x.id)
        elif isinstance(x, ast.arg):
            x.arg, x.annotation = names.get(x.arg, x.arg), None
    bare.name, bare.decorator_list = "f", []
    return ast.dump(bare)


def patients(lesson: Lesson) -> list[str]:
    """A case of the clinic is handed out as sick, and solved as healed, as its check knows it."""
    found = []
    for cell in lesson.cells:
        if "exercise" not in cell.metadata.tags:
            continue
        for module, name in re.findall(r"(?m)^checks\.(\w+)\.(\w+)\(", cell.source):
            case = getattr(getattr(checks, module), name, None)
            if not isinstance(case, Patient):
                continue
            for what, code, known in (
                ("sick", build.blank(cell.source), case.table.sick),
                ("healed", build.solved(cell.source), case.table.right),
            ):
                if nameless(code) != nameless(known):
                    found.append(f"this is not the {what} program of {module}.{name}")
    return found


def nameless(code: str) -> list[str]:
    """Return the functions of a program as text, without their names, docstrings and hints."""
    functions = [node for node in ast.parse(code).body if isinstance(node, Function)]
    for function in functions:
        function.name = "f"
    return [canonical(function) for function in functions]


# -- words -----------------------------------------------------------------------------------

FORBIDDEN = re.compile(r"\b(simply|just|obviously)\b", re.IGNORECASE)
BRITISH = re.compile(
    r"\b(\w*(colour|behaviour|favour|neighbour|honour)\w*|centre[sd]?|grey(scale)?|licence\w*"
    r"|\w*(optimis|generalis|normalis|initialis|minimis|maximis|visualis|regularis|organis|realis"
    r"|recognis|summaris|penalis|randomis|stabilis)(e|ed|er|es|ing|ation)\w*|analys(e|ed|es|ing)"
    r"|(un)?labelled|labelling|modelling|travell\w+|catalogue\w*|artefact\w*|programme[sd]?|whilst)\b",
    re.IGNORECASE,
)
ELSEWHERE = re.compile(
    r"(?<![\w.:/])(/home|/Users|/root|/tmp|/work|/mnt|/content|/usr)/|\b[A-Z]:\\"
)


def voice(lesson: Lesson) -> list[str]:
    """Never simply, just, obviously."""
    return [
        f"the word {word!r}" for word in FORBIDDEN.findall(sizes.plain(lesson.text, folded=True))
    ]


def spelling(lesson: Lesson) -> list[str]:
    """American spelling, in prose and code."""
    return [f"the spelling {m[0]!r}" for m in BRITISH.finditer(lesson.path.read_text())]


def places(lesson: Lesson) -> list[str]:
    """No path of one machine."""
    return [f"the path {m[0]!r}" for m in ELSEWHERE.finditer(lesson.path.read_text())]


RULES = (columns, figures, habits, setup, mirrors, head, exercises, quiz, ending)
RULES += (parameters, questions, solutions, patients, voice, spelling, places)
