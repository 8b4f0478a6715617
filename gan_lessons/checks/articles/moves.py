"""One loss for two: an exercise of lesson 22c, Make five articles run."""

from collections.abc import Sequence

import torch

from gan_lessons.checks.grader import Case, Slip, Table, Value, case

RIGHT = """
def moves(real, fake, h):
    d_real = real + h * torch.sigmoid(-real)
    d_fake = fake - h * torch.sigmoid(fake)
    g_fake = fake + h * torch.sigmoid(fake)
    return d_real, d_fake, g_fake
"""
REAL, FAKE = "real + h * torch.sigmoid(-real)", "d_fake = fake - h * torch.sigmoid(fake)"
OF_G = "g_fake = fake + h * torch.sigmoid(fake)"

SLIPS = (
    Slip(
        REAL,
        "real - h * torch.sigmoid(-real)",
        "D's step lowers its logit of a real sample: that is the article's sign, by which D learns "
        "to call real samples fake. D must raise V.",
    ),
    Slip(
        FAKE,
        "d_fake = fake + h * torch.sigmoid(fake)",
        "D's step raises its logit of a fake sample: that is the article's sign, by which D learns "
        "to call fakes real. D must raise V.",
    ),
    Slip(
        OF_G,
        "g_fake = fake - h * torch.sigmoid(fake)",
        "G's step lowers D's logit of its sample. For G the article's sign is right: it lowers V, "
        "and V falls where the logit of a fake rises.",
    ),
    Slip(
        OF_G,
        "g_fake = fake + h * torch.sigmoid(-fake)",
        "G's move is that of −log D, the loss that does not saturate. It is better, and not asked "
        "here: V has log(1 − D), whose slope is −σ(logit).",
    ),
    Slip(
        REAL,
        "real + h * torch.sigmoid(real)",
        "the slope of log σ(t) is σ(−t), not σ(t): a real sample that D is sure of pulls no more.",
    ),
    Slip(
        FAKE,
        "d_fake = fake - h * torch.sigmoid(-fake)",
        "the slope of log(1 − σ(t)) is −σ(t), not −σ(−t): a fake that D is sure of pulls no more.",
    ),
    Slip(
        REAL,
        "real + h",
        "you move the real logit by h, whatever D says. The slope of log σ(t) is σ(−t).",
    ),
    Slip(
        REAL,
        "torch.sigmoid(-real)",
        "what comes back first is a slope. The logit after the step is asked: the old one plus h "
        "times the slope.",
    ),
    Slip(
        REAL,
        "real + h * torch.sigmoid(real) * torch.sigmoid(-real)",
        "you took the slope of σ. V has log σ(t), whose slope is σ(−t).",
    ),
    Slip(
        REAL,
        "real + h * torch.sigmoid(-real).log()",
        "you stepped along a logarithm. A step goes along the slope of V: σ(−t) for log σ(t).",
    ),
    Slip(
        OF_G,
        "g_fake = d_fake + h * torch.sigmoid(d_fake)",
        "G's step begins where D's has ended. It is asked from where the fake logit was: begin "
        "with fake again.",
    ),
    Slip(
        "return d_real, d_fake, g_fake",
        "return torch.sigmoid(-real), -torch.sigmoid(fake), torch.sigmoid(fake)",
        "slopes come back. The logits after the steps are asked: the old ones plus h times the "
        "slope.",
    ),
    Slip(
        f"{REAL}\n    {FAKE}\n    {OF_G}",
        "real - h * torch.sigmoid(-real)\n"
        "    d_fake = fake + h * torch.sigmoid(fake)\n"
        "    g_fake = fake - h * torch.sigmoid(fake)",
        "all three signs are turned: D is to raise V, and G to lower it.",
    ),
    Slip(
        "return d_real, d_fake, g_fake",
        "return d_real, g_fake, d_fake",
        "the last two are exchanged: D's move of the fake logit comes second, G's last.",
    ),
)


def cases(seed: int) -> Sequence[Case]:
    """Return logits from plain to far out, and steps of several sizes."""
    draw = torch.Generator().manual_seed(seed)
    logits = torch.randn(12, 2, generator=draw, dtype=torch.float64) * 3
    few = [(0.0, 0.0, 1.0), (2.0, 1.0, 0.5), (-2.0, -3.0, 0.5), (1.0, 2.0, 0.0), (6.0, -6.0, 0.3)]
    told = ["logits at 0", "two logits", "logits below 0", "a step of 0", "a D that is sure"]
    plain = [
        case(name, torch.tensor(r).double(), torch.tensor(f).double(), h)
        for name, (r, f, h) in zip(told, few, strict=True)
    ]
    drawn = [case("drawn logits", r, f, 0.1 + 0.1 * i) for i, (r, f) in enumerate(logits)]
    return (*plain, *drawn)


moves = Value(
    title="One loss for two",
    proves="D raises V at both logits and G lowers it: two of the article's three signs turn.",
    hints=(
        "V = log σ(real) + log(1 − σ(fake)). D should go uphill on V, G downhill. Which of the "
        "three moves does the article, in which all go downhill, have right?",
        "The slope of log σ(t) is σ(−t); that of log(1 − σ(t)) is −σ(t). A step adds h times the "
        "slope to go up, and takes it away to go down.",
        "real + h * sigmoid(-real), fake - h * sigmoid(fake), fake + h * sigmoid(fake).",
    ),
    asks="Check ``moves(real, fake, h)``: both logits after D's step, the fake one after G's.",
    table=Table(RIGHT, SLIPS),
    cases=cases,
)
