"""It stops in G's turn: a case of lesson 22a, Heal a GAN."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch.optim.optimizer import register_optimizer_step_post_hook

from gan_lessons.checks.clinic_plane import ring
from gan_lessons.checks.exercise import Raised
from gan_lessons.checks.grader import Slip
from gan_lessons.checks.patient import Patient, Thought, Visit

RIGHT = """
def halfway(x, steps):
    G, D = models.plane_generator(), models.plane_discriminator()
    opt_g = torch.optim.Adam(G.parameters(), 8e-3, (0.5, 0.9))
    opt_d = torch.optim.Adam(D.parameters(), 8e-3, (0.5, 0.9))
    curves = {"D": [], "G": []}
    for _ in range(steps):
        real = x[torch.randint(len(x), (128,))]
        fake = G(torch.randn(128, 2))
        on_real, on_fake = D(real), D(fake)
        loss_d = F.softplus(-on_real).mean() + F.softplus(on_fake).mean()
        opt_d.zero_grad()
        loss_d.backward(retain_graph=True)
        opt_d.step()
        loss_g = F.softplus(-D(fake)).mean()
        opt_g.zero_grad()
        loss_g.backward()
        opt_g.step()
        curves["D"].append(loss_d.item())
        curves["G"].append(loss_g.item())
    return G(torch.randn(2_000, 2)).detach(), curves
"""

PLACE = "modified by an inplace operation"

SLIPS = (
    Slip(
        "-D(fake)).mean()",
        "-on_fake).mean()",
        PLACE,
    ),
    Slip(
        "loss_g.backward()",
        "loss_g.backward(retain_graph=True)",
        PLACE,
    ),
    Slip(
        "D(real), D(fake)",
        "D(real), D(fake.detach())",
        PLACE,
    ),
    Slip(
        "-on_fake).mean()",
        "-on_fake.clone()).mean()",
        PLACE,
    ),
    Slip(
        "-on_fake).mean()",
        "-on_fake.detach()).mean()",
        "does not require grad",
    ),
    Slip(
        "opt_d = torch.optim.Adam(D.parameters(), 8e-3, (0.5, 0.9))",
        "opt_d = torch.optim.Adam(D.parameters(), 8e-3, (0.5, 0.9), fused=True)",
        "only silenced",
    ),
)


def _symptom(seen: object) -> bool:
    """It stops: nothing comes back."""
    return False


@contextmanager
def counted() -> Iterator[None]:
    """Count what optimizers write: with ``fused=True`` autograd does not notice it. Lesson 22a."""

    @torch.no_grad()
    def written(optimizer: torch.optim.Optimizer, args: tuple, kwargs: dict) -> None:
        for group in optimizer.param_groups:
            for weight in group["params"]:
                weight.add_(0)

    hook = register_optimizer_step_post_hook(written)
    try:
        yield
    finally:
        hook.remove()


def _no_error_is_silenced(program: Callable, seed: int) -> str | None:
    """Two steps run to their end, also where each write of an optimizer is counted."""
    x = ring.a_ring(seed).x
    Visit(program, x, steps=2, seed=seed)  # what stops here is told in PyTorch's words
    try:
        with counted():
            Visit(program, x, steps=2, seed=seed)
    except Raised as raised:
        if PLACE not in str(raised):
            raise
        return (
            "not healed, only silenced. Some optimizers (fused=True) write weights and PyTorch "
            "does not notice. Where it is made to, your program stops as it did: G's gradient "
            "needs weights that D's step has overwritten by then."
        )
    return None


halfway = Patient(
    title="It stops in G's turn",
    proves="the samples follow the data, on a ring that your program had not seen.",
    severity="crash",
    hints=(
        "No line of the program writes in place. Which call changes numbers that an earlier "
        "forward pass has kept for its backward pass?",
        "opt_d.step() changes D's weights. Which of the tensors in G's loss were computed before "
        "it?",
        "loss_g = F.softplus(-D(fake)).mean()",
    ),
    asks="Examine ``halfway(x, steps)``: samples and curves of a GAN trained on x.",
    thoughts={
        "a": Thought(
            "G's loss rests on scores that D gave before its weights were changed.",
            "the error counts versions: a weight of D is at a later one than the scores know.",
        ),
        "b": Thought(
            "The graph was freed by the first backward(): retain_graph is missing.",
            "it is there already; and that error has other words (Trying to backward through the "
            "graph a second time).",
        ),
        "c": Thought(
            "Some layer works in place (inplace=True).",
            "print(G, D): no layer does. An optimizer writes in place, too.",
        ),
        "d": Thought(
            "fake should have been detached in D's turn.",
            "that saves work and does not change where G's loss comes from: try it, the error "
            "stays.",
        ),
    },
    cause="a",
    chart=ring.chart(RIGHT, *SLIPS),
    quick=(_no_error_is_silenced,),
    facts=(ring.the_modes_are_found,),
    visit=ring.visit,
    symptom=_symptom,
    recovery=ring.recovery,
)
