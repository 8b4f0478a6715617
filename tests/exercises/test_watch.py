"""What is seen of a training program from outside: stuck weights, an input that never changes."""

import contextlib
import re

import pytest
import torch
from torch import nn

from gan_lessons.checks.watch import Watch

STEPS = 30
X = torch.randn(50, 2, generator=torch.Generator().manual_seed(1))


def watched(program) -> tuple[Watch, list]:
    got = []
    with torch.random.fork_rng(devices=[]), Watch(program, X, STEPS, got.append) as watch:
        torch.manual_seed(0)
        program()
    return watch, got


def trained(*, draw=lambda: torch.randn(4, 2), erase=False, way=lambda x: x):
    """Return a program that trains one layer, G, with an optimizer, opt_g."""

    def program():
        G = nn.Linear(2, 2)
        opt_g = torch.optim.Adam(G.parameters())
        for _ in range(STEPS):
            way(G(draw()).square().sum()).backward()
            if erase:
                opt_g.zero_grad()
            opt_g.step()
            opt_g.zero_grad()
        with torch.no_grad():
            nn.Sequential(G)(torch.zeros(1, 2))

    return program


def test_a_healthy_program_is_told_nothing():
    watch, got = watched(trained())
    assert watch.told() is None
    assert len(got) == STEPS + 1
    assert watch.drawn == 1


def test_weights_that_never_move_are_told_by_their_optimizers_name():
    watch, _ = watched(trained(erase=True))
    assert watch.told().startswith("opt_g makes 30 steps, and its weights end where they began")


def test_weights_that_move_and_come_back_are_not_stuck():
    def program():
        net = nn.Linear(2, 1, bias=False)
        opt = torch.optim.SGD(net.parameters(), 1.0)
        for _ in range(STEPS):
            net(torch.ones(1, 2) + torch.rand(1)).sum().backward()
            opt.step()

    assert watched(program)[0].stuck == {}


def test_an_input_that_never_changes_is_told_by_its_networks_name():
    same = torch.randn(4, 2)
    watch, _ = watched(trained(draw=lambda: same))
    assert watch.told().startswith("G gets the very same input in 30 of 30 steps")


@pytest.mark.parametrize("share", [0.5, 1.0])
def test_an_input_that_comes_in_part_of_the_steps_is_no_matter(share):
    same, count = torch.zeros(4, 2), iter(range(10**6))
    watch, _ = watched(
        trained(draw=lambda: same if next(count) % 2 and share < 1 else torch.randn(4, 2))
    )
    assert watch.told() is None


@pytest.mark.parametrize("turned", [False, True])
def test_a_network_that_learns_the_two_the_wrong_way_round_is_told(turned):
    def program():
        D = nn.Sequential(nn.Linear(2, 1), nn.Flatten(0))
        opt = torch.optim.Adam(D.parameters(), 0.1)
        for _ in range(STEPS):
            both = D(torch.cat([X[torch.randint(50, (16,))] + 0.0, torch.randn(16, 2) + 9]))
            real, fake = both.chunk(2)[:: -1 if turned else 1]
            (fake.mean() - real.mean()).backward()
            opt.step()
            opt.zero_grad()

    told = watched(program)[0].told()
    assert told is None if not turned else re.match("D says .* says more of the real ones", told)


def test_only_what_the_program_calls_itself_counts():
    def program():
        inner = nn.Linear(2, 2)
        net = nn.Sequential(inner, nn.Identity())
        for _ in range(STEPS):
            net(torch.randn(4, 2))

    watch, got = watched(program)
    assert list(watch.inputs) == ["net"]
    assert len(got) == STEPS


def test_a_call_that_stops_leaves_no_hook_and_no_depth_behind():
    def program():
        net = nn.Linear(2, 2)
        with contextlib.suppress(RuntimeError):
            net(torch.randn(4, 3))
        net(torch.randn(4, 2))

    _, got = watched(program)
    assert [x.shape[1] for x in got] == [3, 2]
    with pytest.raises(ZeroDivisionError):
        watched(lambda: 1 / 0)
    trained()()
    assert len(got) == 2
