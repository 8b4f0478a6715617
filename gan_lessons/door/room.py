"""How far one learner has come, or a whole room: what ``gan-lessons report`` prints. Lesson 00."""

import json
from dataclasses import asdict
from pathlib import Path

from gan_lessons import checks, files, progress
from gan_lessons.checks import overview
from gan_lessons.door import copies
from gan_lessons.errors import SettingError


def report(path: str | None, *, as_json: bool) -> int:
    """Print one learner's progress, or a table of many; return the exit status. Lesson 00.

    Args:
        path: a folder of copies or a progress.json; or a folder that holds those of many learners,
            each called ``NAME.json`` or in a folder NAME. None: the learner's own copies.

    Raises:
        SettingError: there is nothing of the kind.
    """
    place = files.expand(path) if path else copies.work_folder()
    one = place / progress.NAME if place.is_dir() else place
    if one.is_file() or path is None or (place / copies.RECORD).is_file():
        return _one(one, as_json=as_json)
    files_of = (file for file in sorted(place.glob("*.json")) if file.name[0] != ".")
    many = {file.stem: file for file in files_of}
    many |= {file.parent.name: file for file in sorted(place.glob(f"*/{progress.NAME}"))}
    if not many:
        raise SettingError(
            f"There is no {progress.NAME} at {files.shown(place)}, nor in the folders in it.",
            "Nothing was changed.",
            "Name a folder of copies, or one with a file NAME.json for each learner.",
        )
    return _table(many, as_json=as_json)


def _one(file: Path, *, as_json: bool) -> int:
    if as_json:
        rows = {name: asdict(tried) for name, tried in _read(file).items()}
        print(json.dumps({"exercises": rows, "asked": overview.exercises()}, indent=1))
    elif file.name == progress.NAME:
        checks.report(file.parent)
    else:
        _table({file.stem: file})
    return 0


def _read(file: Path) -> dict[str, progress.Tried]:
    try:
        return progress.read(file)
    except (OSError, ValueError) as error:
        raise SettingError(
            f"{files.shown(file)} cannot be read: {error}.",
            "It was left as it is.",
            "Take an older copy of it, or delete it: your notebooks are untouched.",
        ) from error


def _table(many: dict[str, Path], *, as_json: bool = False) -> int:
    """Print a row a learner: ✓ a lesson, answers, minutes; say which files cannot be read."""
    asked, rows, broken = overview.exercises(), {}, []
    for name, file in many.items():
        try:
            kept = progress.read(file)
        except (OSError, ValueError) as error:
            broken.append(f"{file.name if file.stem == name else f'{name}/{file.name}'}: {error}")
            continue
        done = {
            title[:3].strip(): sum(one in kept and kept[one].solved for one in names)
            for title, names in asked.items()
        }
        tries, minutes = (sum(getattr(t, x) for t in kept.values()) for x in ("tries", "minutes"))
        rows[name] = {"solved": done, "answers": tries, "minutes": round(minutes)}
    if as_json:
        print(json.dumps({"learners": rows, "cannot be read": broken}, indent=1))
        return 0
    width = max([8, *map(len, rows)])
    heads = [title[:3].strip() for title in asked]
    print(
        f"{'learner':<{width}}  " + " ".join(f"{head:>3}" for head in heads) + "  ✓  answers  min"
    )
    for name, row in rows.items():
        cells = " ".join(f"{row['solved'][head] or '·':>3}" for head in heads)
        total = sum(row["solved"].values())
        print(f"{name:<{width}}  {cells} {total:>3}  {row['answers']:>6} {row['minutes']:>5}")
    numbers = " ".join(f"{len(names):>3}" for names in asked.values())
    print(f"{'of':<{width}}  {numbers} {sum(map(len, asked.values())):>3}")
    print("\n".join(f"cannot be read: {line}" for line in broken), end="\n" * bool(broken))
    return 0
