"""The eigenvalues of a game with R1, in closed form: what three of lesson 03's checks share."""

import cmath


def roots(spin: float, gamma: float) -> list[complex]:
    """Return the two eigenvalues of the pushes: -γ/2 ± sqrt(γ²/4 - spin²). Lesson 03."""
    root = cmath.sqrt(gamma**2 / 4 - spin**2)
    return [-gamma / 2 + root, -gamma / 2 - root]
