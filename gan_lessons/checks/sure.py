"""What goes wrong in a loss on logits where D is sure, in words. Introduced in lesson 02.

Every lesson that has a loss written meets the same two mistakes, and answers with the same words.
"""

NOT_FINITE = (
    "where D is very sure you get ∞ or NaN: the logarithm of a probability that is rounded to 0, "
    "or an exp that overflows. softplus on logits stays finite."
)
FLAT = (
    "something is cut off on the way (by an eps, a clamp, or a sigmoid that rounds to 0 and 1), "
    "and the loss is flat where it should be steepest. F.softplus takes the logits as they are."
)
