"""What an answer did, as numbers that can be compared and shown. Introduced in lesson 00."""

import numbers
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor


class Seen:
    """Results in a row: each a tensor in float64, or a text. Lesson 00.

    Attributes:
        parts: the results; what comes back from an answer in a case, flattened.
    """

    def __init__(self, parts: Sequence[Tensor | str]):
        self.parts = list(parts)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Seen) and alike(self, other, share=0.0, least=0.0)

    def only(self, count: int) -> "Seen":
        """Return the first results. Lesson 00."""
        return Seen(self.parts[:count])

    def arranged(self, right: "Seen") -> "Seen":
        """Return these results as right ones stand: single numbers as rows, or a row as such.

        A list of numbers is as good as a tensor of them, and as a tuple. Lesson 00.
        """

        def single(parts: Sequence[Tensor | str]) -> bool:
            return len(parts) > 1 and all(isinstance(x, Tensor) and x.numel() == 1 for x in parts)

        def rows(parts: Sequence[Tensor | str], length: int) -> bool:
            flat = all(isinstance(x, Tensor) and x.ndim == 1 for x in parts)
            return flat and sum(map(len, parts)) == length

        if single(self.parts) and rows(right.parts, len(self.parts)):
            together = torch.stack([x.reshape(()) for x in self.parts])
            return Seen(together.split([len(x) for x in right.parts]))
        if single(right.parts) and len(self.parts) == 1 and rows(self.parts, len(right.parts)):
            return Seen(list(self.parts[0]))
        return self

    def off(self, right: "Seen") -> float:
        """Return the largest difference from right results of the same form. Lesson 00."""
        pairs = zip(self.parts, right.parts, strict=True)
        return max(
            float((x - y).abs().where(x != y, 0.0).max()) for x, y in pairs if isinstance(x, Tensor)
        )

    def widest_gap(self, right: "Seen") -> str | None:
        """Say where these results, too many to be shown, differ most from right ones. Lesson 00.

        Both have the same form. None if the two numbers at that place read alike.
        """
        pairs = [p for p in zip(self.parts, right.parts, strict=True) if isinstance(p[0], Tensor)]
        gaps = [(mine - true).abs().where(mine != true, 0.0) for mine, true in pairs]
        k = max(range(len(gaps)), key=lambda k: gaps[k].max())
        place = tuple(int(i) for i in torch.unravel_index(gaps[k].argmax(), gaps[k].shape))
        mine, true = (number_of(part[place].item()) for part in pairs[k])
        if mine == true or not place:
            return None
        which = f" of result {k + 1}" if len(gaps) > 1 else ""
        return f"At place {list(place)}{which} {true} is asked, and {mine} comes back."

    def unlike_in_form(self, right: "Seen") -> str | None:
        """Say in which form these results differ from right ones, if they do. Lesson 00."""
        here = self.arranged(right)
        if len(here.parts) != len(right.parts):
            count, mine = len(right.parts), len(here.parts)
            things = "one result" if count == 1 else f"{count} results"
            return f"{things} should come back, and {mine} {'does' if mine == 1 else 'do'}."
        for mine, true in zip(here.parts, right.parts, strict=True):
            if isinstance(mine, str) != isinstance(true, str):
                kind = f"{mine!r}" if isinstance(mine, str) else "a number"
                wanted = "a number" if isinstance(mine, str) else "a text"
                return f"{kind} comes back where {wanted} should."
            if (
                isinstance(mine, str)
                or mine.shape == true.shape
                or mine.numel() == true.numel() == 1
            ):
                continue
            if true.numel() == 1 and not true.ndim:
                return (
                    f"{mine.numel()} numbers come back, of shape {tuple(mine.shape)}, where one is "
                    "asked: bring them together, by their mean or their sum, whichever is meant."
                )
            return (
                f"the result has shape {tuple(mine.shape)}, and it should be {tuple(true.shape)}."
            )
        return None

    def __str__(self) -> str:
        texts = [text_of(part) for part in self.parts]
        return texts[0] if len(texts) == 1 else f"({', '.join(texts)})"


def flat(result: object) -> Seen:
    """Return any result as :class:`Seen`: numbers, arrays, tensors, nested as they may be."""
    if isinstance(result, Seen):
        return result
    if isinstance(result, str) or result is None:
        return Seen([str(result)])
    if isinstance(result, Tensor):
        kept = result.detach().resolve_conj()
        kept = kept if kept.layout == torch.strided else kept.to_dense()
        kept = torch.view_as_real(kept) if kept.is_complex() else kept
        return Seen([kept.to("cpu", torch.float64)])
    if isinstance(result, np.ndarray | np.generic):
        known = result.dtype.kind in "biufc"  # else: texts or objects, one by one
        kept = result.astype(complex if result.dtype.kind == "c" else float) if known else None
        return flat(torch.as_tensor(kept) if known else result.tolist())
    if isinstance(result, complex):
        return Seen([torch.tensor([result.real, result.imag], dtype=torch.float64)])
    if isinstance(result, numbers.Real):
        return Seen([torch.tensor(_float(result), dtype=torch.float64)])
    if isinstance(result, dict):
        return Seen([part for key in sorted(result, key=str) for part in flat(result[key]).parts])
    if isinstance(result, tuple | list | set):
        items = list(result) if not isinstance(result, set) else sorted(result, key=str)
        plain = all(isinstance(x, numbers.Real) and not isinstance(x, bool) for x in items)
        if isinstance(result, list) and items and plain:
            return Seen([torch.tensor([_float(x) for x in items], dtype=torch.float64)])
        return Seen([part for item in items for part in flat(item).parts])
    return Seen([f"an object of type {type(result).__name__}"])


def _float(number: numbers.Real) -> float:
    try:
        return float(number)
    except OverflowError:  # a whole number of hundreds of digits
        return float("inf") if number > 0 else float("-inf")


def alike(a: Seen, b: Seen, *, share: float = 1e-4, least: float = 1e-6) -> bool:
    """Say whether two results are the same but for rounding; ``b`` is the right one."""
    a = a.arranged(b)
    if len(a.parts) != len(b.parts):
        return False
    for mine, true in zip(a.parts, b.parts, strict=True):
        if isinstance(mine, str) or isinstance(true, str):
            if not (isinstance(mine, str) and mine == true):
                return False
            continue
        if mine.shape != true.shape:
            if not mine.numel() == true.numel() == 1:
                return False
            mine = mine.reshape(true.shape)
        if not torch.allclose(mine, true, rtol=share, atol=least, equal_nan=True):
            return False
    return True


def text_of(part: object) -> str:
    """Return a number, a few numbers or the shape of many, as a learner would write them."""
    if isinstance(part, str):
        return part
    if isinstance(part, np.ndarray | np.generic):
        part = torch.as_tensor(np.asarray(part))
    if isinstance(part, Tensor):
        part = part.detach()
        if part.numel() == 1:
            return number_of(part.item())
        if part.numel() <= 8:
            return nested(part.tolist())
        kind = "" if part.is_floating_point() else f"{part.dtype} ".replace("torch.", "")
        return f"{kind}numbers of shape {tuple(part.shape)}"
    if isinstance(part, list | tuple):
        inside = ", ".join(text_of(x) for x in part)
        return f"[{inside}]" if isinstance(part, list) else f"({inside})"
    if isinstance(part, float):
        return number_of(part)
    if callable(part):
        return getattr(part, "__name__", type(part).__name__)
    return str(part)


def number_of(value: object) -> str:
    """Return a number with four digits that count."""
    if isinstance(value, bool | int):
        return str(value)
    if isinstance(value, complex):
        return f"{value:.4g}"
    return f"{value:.4g}" if abs(value) >= 1e-3 or value == 0 else f"{value:.2g}"


def nested(values: object) -> str:
    """Return nested lists of numbers in brackets."""
    if isinstance(values, list):
        return f"[{', '.join(nested(value) for value in values)}]"
    return number_of(values)


def shown(names: Sequence[str], args: Sequence[object]) -> str:
    """Return arguments with their names, as they would stand in a call.

    A function that is only called what its argument is, or starts with a _, tells nothing.
    """
    pairs = [(name, arg, text_of(arg)) for name, arg in zip(names, args, strict=False)]
    return ", ".join(
        f"{name} = {text}"
        for name, arg, text in pairs
        if not (callable(arg) and (text == name or text.startswith("_")))
    )
