"""Predict the ratio of learning rates: an exercise of lesson 04, Train your first GAN."""

from gan_lessons.checks.exercise import Wrong, exercise


@exercise(
    title="Predict the ratio of learning rates",
    proves="your prediction agrees with the runs above.",
    hints=(
        "Look at the numbers printed above the check: which ratio has the fewest modes?",
        "A D that learns far too slowly points G to yesterday's mistakes; one that learns far too "
        "fast is sure of itself and leaves almost no slope.",
        "Give one of the printed ratios, the number in front of a colon, such as 0.05.",
    ),
)
def ratio(answer: float, measured: dict[float, float]) -> None:
    """Check a predicted ratio lr_d / lr_g against the modes that each ratio reached.

    Args:
        answer: the ratio predicted to collapse most. measured: modes covered for each ratio.
    """
    if answer not in measured:
        known = ", ".join(f"{r:g}" for r in measured)
        raise Wrong(f"{answer!r} is not one of the ratios that were run: {known}.")
    worst = min(measured.values())
    if measured[answer] > worst:
        bad = " and ".join(f"{r:g}" for r, modes in measured.items() if modes == worst)
        raise Wrong(
            f"with lr_d/lr_g = {answer:g} the run still covers {measured[answer]:g} modes; the "
            f"fewest, {worst:g}, come with {bad}. Which player is too weak there?"
        )
