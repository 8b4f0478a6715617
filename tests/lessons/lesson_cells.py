"""Running cells of a solved lesson, as they stand or with one line sabotaged."""

from tools import build


def run_cells(
    number: str,
    phrases: tuple[str, ...],
    old: str = "",
    new: str = "",
    *,
    names: dict | None = None,
) -> dict:
    """Run the first cell that holds each phrase, in order, and return what they defined.

    Args:
        number: of the lesson. old: text of the chosen cells that ``new`` takes the place of; it
            must be there, so that no sabotage is left undone without a word.
        names: what the cells find defined already.

    Raises:
        LookupError: ``old`` is not there. An AssertionError would pass for one of the lesson.
    """
    path = next(path for path in build.sources() if path.stem.startswith(number))
    code = [build.solved(c.source) for c in build.read_cells(path) if c.cell_type == "code"]
    chosen = [next(c for c in code if phrase in c) for phrase in phrases]
    if old not in "\n".join(chosen):
        raise LookupError(f"No chosen cell of lesson {number} holds {old!r}.")
    names = dict(names or {})
    for cell in chosen:
        exec(cell.replace(old, new) if old else cell, names)
    return names
