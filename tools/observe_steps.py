"""Find the facts of all known training steps: `python -m tools.observe_steps`, half a minute.

A check of a training step compares what it saw of an answer with what it would see of the right
programs and of each slip in its table. Those facts do not depend on dice and are kept in
gan_lessons/checks/steps_known.json, under a digest of each program; a test finds them anew and
compares. Run this after a table, or what is observed, has changed.
"""

import json
import pkgutil

from gan_lessons import checks
from gan_lessons.checks.grader_steps import KNOWN, Fact, Step, differing, digest


def exercises() -> dict[str, Step]:
    """Return all exercises whose answer is a training step, by their names."""
    lessons = [module.name for module in pkgutil.iter_modules(checks.__path__) if module.ispkg]
    return {
        f"{lesson}.{name}": one
        for lesson in lessons
        for name, one in vars(getattr(checks, lesson)).items()
        if isinstance(one, Step)
    }


def rounded(fact: Fact) -> Fact:
    """Return a fact with numbers to four places: more of them is rounding."""
    if isinstance(fact, list):
        return [rounded(x) for x in fact]
    return round(fact, 4) + 0.0 if isinstance(fact, float) else fact


def observed() -> list[dict]:
    """Return for each exercise the right program's facts, and of all its programs what differs."""
    found = []
    for one in exercises().values():
        seen = {digest(source): one.seen(source) for source in one.sources()}
        seen = {key: {n: rounded(x) for n, x in facts.items()} for key, facts in seen.items()}
        right = seen[digest(one.table.right)]
        others = {key: differing(facts, right) for key, facts in seen.items()}
        found.append({"right": right, "others": others})
    return found


def main() -> None:
    """Write the file."""
    tables = []
    for table in observed():
        lines = (
            f"{json.dumps(key)}: {json.dumps(facts, ensure_ascii=False)}"
            for key, facts in table["others"].items()
        )
        right = json.dumps(table["right"], ensure_ascii=False)
        tables.append(f'{{"right": {right},\n"others": {{\n' + ",\n".join(lines) + "\n}}")
    KNOWN.write_text("[" + ",\n".join(tables) + "]\n", encoding="utf-8")


if __name__ == "__main__":
    main()
