"""A recorded step is the step: on the CPU, with a tape that replays kernels on their memory."""

import copy
import functools
import itertools

import pytest
import torch
from torch import Tensor, nn
from torch.testing import assert_close

from gan_lessons import augment, launch, losses, models, penalties, training
from gan_lessons.errors import SettingError
from tests.library.runs import wrapped
from tests.library.tape import OnTape
from tests.three_lines import complaints

BATCH, LATENT, STEPS = 3, 8, 14


@pytest.fixture
def taped(monkeypatch):
    """Let ``train(…, one_launch=True)`` record on the CPU; return the player."""
    player = OnTape()
    monkeypatch.setattr(launch, "OnCuda", lambda: player)
    return player


def image_nets(**more) -> tuple[nn.Module, nn.Module]:
    G = models.dcgan_generator(latent_dim=LATENT, width=4)
    return G, models.dcgan_discriminator(width=4, **more)


class Told(nn.Module):
    """A net that is told two numbers beside its input."""

    def __init__(self, net: nn.Module):
        super().__init__()
        self.net, self.heard = net, nn.Linear(2, 1)

    def forward(self, x: Tensor, told: Tensor) -> Tensor:
        heard = self.heard(told)
        return self.net(x * heard.view(-1, *[1] * (x.ndim - 1)))


def played(make=image_nets, *, one_launch, batches=None, falls=True, after=None, **more):
    """Play STEPS steps; return all weights, buffers and the losses."""
    torch.manual_seed(0)
    G, D = make()
    opts = [torch.optim.Adam(net.parameters(), 1e-2, fused=True) for net in (G, D)]
    for opt in opts:
        launch.on_the_device(opt)  # a rate as a float32 tensor rounds otherwise
    if falls:
        more["schedulers"] = [training.falling_lr(opt, STEPS) for opt in opts]
    if more.pop("average", False):
        more["average"] = copy.deepcopy(G)
    torch.manual_seed(1)
    batches = batches or [torch.rand(BATCH, 1, 28, 28) for _ in range(5)]
    more = {"steps": STEPS, "latent_dim": LATENT, "one_launch": one_launch} | more
    for moment in wrapped(training.train, G, D, *opts, itertools.cycle(batches), **more):
        if after:
            after(moment)
    kept = [G.state_dict(), D.state_dict(), moment.shown.state_dict()]
    return kept, moment.history.rows()


R1 = functools.partial(penalties.r1, gamma=1.0)
bf16 = functools.partial(torch.autocast, "cpu", dtype=torch.bfloat16)
bare = functools.partial(image_nets, norm=nn.Identity)
RUNS = {
    "plain": {},
    "relativistic": {"game": losses.relativistic},
    "an average": {"average": True},
    "R1": {"make": bare, "penalty": R1},
    "R1 now and then": {"make": bare, "penalty": R1, "every": 3},
    "R1 of the loss's logits": {
        "make": bare, "penalty": penalties.ZeroCentered(real=1.0), "every": 3
    },
    "WGAN": {
        "make": bare, "game": losses.wasserstein, "n_critic": 2, "constrain": penalties.clip_weights
    },
    "clipped gradients": {"most": 0.1},
    "bf16": {"autocast": bf16},
}  # fmt: skip


@pytest.mark.parametrize("run", RUNS)
def test_a_replayed_run_is_the_run(run, taped):
    """Bit for bit: weights, norms' statistics, averages, the numbers of every step."""
    plain = played(one_launch=False, **copy.deepcopy(RUNS[run]))
    assert taped.replays == taped.plain == 0
    replayed = played(one_launch=True, **copy.deepcopy(RUNS[run]))
    assert taped.replays >= 4
    assert_close(replayed, plain, rtol=0, atol=0)


def test_a_step_is_made_three_times_before_it_is_recorded(taped):
    """And once more for the kind in which Adam has no averages yet."""
    played(one_launch=True)
    assert (taped.plain, taped.replays) == (launch.WARM_UP + 1, STEPS - launch.WARM_UP - 1)


def test_a_lazy_penalty_has_two_recordings(taped):
    played(bare, one_launch=True, penalty=R1, every=2, steps=20)
    assert taped.replays == 20 - 1 - 2 * launch.WARM_UP


class Dimmed(nn.Module):
    """Dims its images with a strength that Python holds, as an augmentation holds its p."""

    def __init__(self):
        super().__init__()
        self.p = 0.5

    def forward(self, x: Tensor) -> Tensor:
        return x * (1 - self.p)


def test_a_number_in_a_layer_may_be_changed(taped):
    def make():
        G, D = image_nets()
        return G, nn.Sequential(Dimmed(), *D)

    def brighter(moment):
        if moment.step == 8:
            moment.D[0].p = 0.0

    plain = played(make, one_launch=False, after=brighter)
    assert_close(played(make, one_launch=True, after=brighter), plain, rtol=0, atol=0)
    assert taped.replays >= 5


def by_hand(opts: list, what: str):
    def change(moment):
        if moment.step == 8:
            for opt in opts:
                if what == "rate":
                    opt.param_groups[0]["lr"] = 5e-3
                else:
                    kept = copy.deepcopy(opt.state_dict())
                    for state in kept["state"].values():
                        state["exp_avg"].zero_()  # else the old memory would do as well
                    opt.load_state_dict(kept)

    return change


@pytest.mark.parametrize("what", ["rate", "state"])
def test_an_optimizer_that_is_changed_by_hand_is_seen(what, taped):
    found = []
    for one_launch in (False, True):
        torch.manual_seed(0)
        G, D = image_nets()
        opts = [torch.optim.Adam(net.parameters(), 1e-2, fused=True) for net in (G, D)]
        for opt in opts:
            launch.on_the_device(opt)
        batches = [torch.rand(BATCH, 1, 28, 28) for _ in range(5)]
        change = by_hand(opts, what)
        more = {"steps": STEPS, "latent_dim": LATENT, "one_launch": one_launch}
        for moment in training.train(G, D, *opts, batches, **more):
            change(moment)
        found.append((G.state_dict(), D.state_dict()))
    assert_close(found[1], found[0], rtol=0, atol=0)
    assert taped.replays >= 5


def test_conditions_and_channels_last_are_handed_on(taped):
    def make():
        return tuple(Told(net).to(memory_format=torch.channels_last) for net in image_nets())

    torch.manual_seed(3)
    batches = [
        (
            torch.rand(BATCH, 1, 28, 28).to(memory_format=torch.channels_last),
            torch.rand(BATCH, 2),
        )
        for _ in range(5)
    ]
    plain = played(make, one_launch=False, batches=batches)
    assert_close(played(make, one_launch=True, batches=batches), plain, rtol=0, atol=0)
    assert taped.replays > 0


def test_a_batch_of_another_size_is_another_kind(taped):
    torch.manual_seed(3)
    batches = [torch.rand(BATCH - (i == 4), 1, 28, 28) for i in range(5)]
    plain = played(one_launch=False, batches=batches)
    assert_close(played(one_launch=True, batches=batches), plain, rtol=0, atol=0)


def test_dice_inside_a_step_are_thrown_anew(taped):
    """An augmentation draws from the device's global source: in each replay, other numbers."""
    torch.manual_seed(0)
    _, D = image_nets()
    D = nn.Sequential(augment.InFront(augment.brightness), *D)
    work = launch.OneLaunch(lambda x: {"logit": D(x).mean()}, taped)
    x = torch.rand(BATCH, 1, 28, 28)
    assert len({float(work(x)["logit"].detach()) for _ in range(8)}) == 8


def test_results_are_not_written_over(taped):
    work = launch.OneLaunch(lambda x: {"twice": 2 * x}, taped)
    found = [work(torch.full((2,), float(i)))["twice"] for i in range(9)]
    assert [float(x[0]) for x in found] == [2.0 * i for i in range(9)]


def test_too_many_kinds_go_on_kernel_by_kernel(taped):
    work = launch.OneLaunch(lambda x: {"same": x + 0}, taped)
    for kind in range(launch.MOST + 3):
        for _ in range(launch.WARM_UP + 2):
            assert float(work(torch.tensor(1.0 * kind), kind=kind)["same"]) == kind
    assert len(work.recordings) == launch.MOST


# -- sabotage --------------------------------------------------------------------------------


def forgets_the_rate(monkeypatch):
    monkeypatch.setattr(launch, "on_the_device", lambda optimizer: None)
    monkeypatch.setattr(launch, "all_that_is_fixed", lambda *parts: ())


def forgets_what_is_due(monkeypatch):
    monkeypatch.setattr(penalties.lazy, "asks", lambda self, calls: (True,))


def forgets_the_copy(monkeypatch):
    monkeypatch.setattr(OnTape, "recorded", lambda self, work, inputs: lambda *_: work(*inputs))


@pytest.mark.parametrize(
    ("sabotage", "more"),
    [
        (forgets_the_rate, {}),
        (forgets_what_is_due, {"make": bare, "penalty": R1, "every": 3}),
        (forgets_the_copy, {}),
    ],
)
def test_a_recording_that_forgets_something_is_noticed(sabotage, more, taped, monkeypatch):
    plain = played(one_launch=False, **more)
    sabotage(monkeypatch)
    with pytest.raises(AssertionError):
        assert_close(played(one_launch=True, **more), plain, rtol=1e-4, atol=1e-5)


def test_without_a_gpu_it_says_so():
    if torch.cuda.is_available():
        pytest.skip("there is one")
    with pytest.raises(SettingError, match="one_launch=True") as info:
        played(one_launch=True)
    assert complaints(info.value) == []


def test_without_a_gpu_the_optimizers_stay_as_they_were():
    if torch.cuda.is_available():
        pytest.skip("there is one")
    G, D = image_nets()
    opts = [torch.optim.Adam(net.parameters(), 1e-3) for net in (G, D)]
    batches = [torch.rand(BATCH, 1, 28, 28)] * 2
    more = {"steps": 2, "latent_dim": LATENT}
    with pytest.raises(SettingError):
        list(training.train(G, D, *opts, batches, one_launch=True, **more))
    assert [opt.param_groups[0]["lr"] for opt in opts] == [1e-3, 1e-3]
    assert len(list(training.train(G, D, *opts, batches, **more))) == 2
