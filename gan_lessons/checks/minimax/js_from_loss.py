"""Read JS off D's loss: an exercise of lesson 02, Play the minimax game."""

from collections.abc import Callable

from gan_lessons.checks.exercise import Wrong, exercise, near
from gan_lessons.checks.minimax.logits import LN2, name


@exercise(
    title="Read JS off D's loss",
    proves="1.386 reads as 0 and 0 as ln 2: D's loss, if D is at its best, is a distance.",
    hints=(
        "D's loss is -V, and at its best V is C(G) = -ln 4 + 2 JS. Solve for JS.",
        "loss = ln 4 - 2 JS.",
        "return math.log(2) - loss_d / 2",
    ),
)
def js_from_loss(answer: Callable) -> None:
    """Check ``js_from_loss(loss_d)``: ln 2 - loss/2, in nats."""
    loss = 1.0
    found, right = float(answer(loss)), LN2 - loss / 2
    named = (
        (-right, "the sign is turned: a small loss of D means a *large* distance."),
        (2 * LN2 - loss, "this is 2 JS: divide by 2."),
        (2 * LN2 - loss / 2, "ln 4 needs the half as well: solve loss = ln 4 - 2 JS for JS."),
        (LN2 + loss / 2, "that would be right for V; D's loss is -V, so a minus turns."),
        (right / LN2, "you measure in bits; JS is in nats, with a maximum of ln 2."),
        (LN2 - loss, "the 2 in front of JS is forgotten: solve loss = ln 4 - 2 JS for JS."),
    )
    if not near(found, right):
        name(found, named)
        raise Wrong(f"for a loss of 1 you get {found:.4f}; JS is {right:.4f} there.")
    for loss, right in ((2 * LN2, 0.0), (0.0, LN2)):
        found = float(answer(loss))
        if not near(found, right):
            raise Wrong(f"for a loss of {loss:.4f} you get {found:.4f}; JS is {right:.4f} there.")
