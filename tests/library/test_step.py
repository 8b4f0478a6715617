"""What a training step costs and what it must not do: no wasted FLOPs, no waiting, any device."""

import copy
import functools
import itertools

import pytest
import torch
from torch import Tensor, nn
from torch.optim.adam import Adam
from torch.utils._python_dispatch import TorchDispatchMode

from bench import flops
from gan_lessons import data, losses, models, penalties, runtime, speed, training
from gan_lessons.runtime import machine
from tests.library.runs import wrapped

BATCH, LATENT = 3, 16
NAMES = ("minimax", "non_saturating", "least_squares", "hinge", "wasserstein", "relativistic")
GAMES = {name: getattr(losses, name) for name in NAMES}
spectral_norm = torch.nn.utils.parametrizations.spectral_norm


def dcgan(size: int, channels: int, **more) -> tuple[nn.Module, nn.Module, tuple[int, ...]]:
    up = more.pop("up", models.transposed)
    sized = {"size": size, "channels": channels, "width": 4}
    G = models.dcgan_generator(latent_dim=LATENT, up=up, **sized)
    return G, models.dcgan_discriminator(**sized, **more), (channels, size, size)


NETS = {
    "DCGAN 28": lambda: dcgan(28, 1),
    "DCGAN 32": lambda: dcgan(32, 1),
    "DCGAN 64 RGB": lambda: dcgan(64, 3),
    "upsampled": lambda: dcgan(32, 3, up=models.upsampled),
    "no norm in D": lambda: dcgan(28, 1, norm=nn.Identity),
    "image MLP": lambda: (
        models.image_generator(latent_dim=LATENT, width=16),
        models.image_discriminator(width=16),
        (1, 28, 28),
    ),
    "plane": lambda: (
        models.plane_generator(latent_dim=LATENT, width=16),
        nn.Sequential(models.InstanceNoise(0.1), *models.plane_discriminator(width=16)),
        (2,),
    ),
}


def play(G: nn.Module, D: nn.Module, shape: tuple[int, ...], *, steps: int, **more) -> list:
    """Train on random samples; return the moments."""
    optimizer = more.pop("optimizer", functools.partial(torch.optim.Adam, lr=1e-4, fused=True))
    opts = [optimizer(net.parameters()) for net in (G, D)]
    real = torch.rand(BATCH, *shape)  # on the CPU: train moves it to where G is
    stream, more = itertools.repeat(real), {"steps": 1000, "latent_dim": LATENT, **more}
    run = wrapped(training.train, G, D, *opts, stream, **more)
    return list(itertools.islice(run, steps))


# -- work ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NETS)
@pytest.mark.parametrize("game", GAMES)
def test_executed_over_minimal_flops_is_one(name, game):
    """For every game without penalty, on every kind of net: not one product too many.

    The minimum is said in ``flops.minimal``; the relativistic game's is higher by one forward pass
    of D, because G's loss compares with D(real) after D has moved.
    """
    G, D, shape = NETS[name]()
    done = flops.executed(lambda: play(G, D, shape, steps=2, game=GAMES[game]))
    z = torch.randn(BATCH, LATENT)
    least = flops.minimal(G, D, z, g_needs_real=GAMES[game].g_needs_real)
    assert done / (2 * least) == 1.0


OPTIONS = {
    "5 critic steps": {"n_critic": 5},
    "clipped weights": {"constrain": penalties.clip_weights},
    "clipped gradients": {"most": 1.0},
    "bf16": {"autocast": functools.partial(torch.autocast, "cpu", dtype=torch.bfloat16)},
}


@pytest.mark.parametrize("option", OPTIONS)
def test_options_add_no_products(option):
    G, D, shape = NETS["DCGAN 28"]()
    done = flops.executed(lambda: play(G, D, shape, steps=2, **OPTIONS[option]))
    n_critic = OPTIONS[option].get("n_critic", 1)
    assert done == 2 * flops.minimal(G, D, torch.randn(BATCH, LATENT), n_critic=n_critic)


def test_an_average_adds_no_products():
    G, D, shape = NETS["DCGAN 28"]()
    done = flops.executed(lambda: play(G, D, shape, steps=2, average=copy.deepcopy(G)))
    assert done == 2 * flops.minimal(G, D, torch.randn(BATCH, LATENT))


PENALTIES = {
    "gradient penalty": penalties.gradient_penalty,
    "R1": functools.partial(penalties.r1, gamma=1.0),
    "R2": functools.partial(penalties.r2, gamma=1.0),
}


@pytest.mark.parametrize("penalty", PENALTIES)
@pytest.mark.parametrize("name", ["plane", "no norm in D"])
@pytest.mark.parametrize("n_critic", [1, 3])
def test_a_penalty_costs_as_much_again_as_d_s_step(penalty, name, n_critic):
    """6·F_D − 3·l_D for each, l_D being the last layer's share: D's step costs 6·F_D − 2·f_D.

    D(x) forward, F; its slope, F; the slope's own gradient with respect to the weights and to what
    flowed down, 2·F − l; and once more through the forward pass, where the slope of each ReLU does
    not depend on x: autograd multiplies by zeros there, 2·F − 2·l, but does multiply.
    """
    G, D, shape = NETS[name]()
    more = {"n_critic": n_critic, "penalty": PENALTIES[penalty]}
    done = flops.executed(lambda: play(G, D, shape, steps=1, **more))
    F_D, _ = flops.forward(D, torch.rand(BATCH, *shape))
    last = [m for m in D.modules() if isinstance(m, nn.Linear)][-1]
    l_D = 2 * BATCH * last.in_features * last.out_features
    least = flops.minimal(G, D, torch.randn(BATCH, LATENT), n_critic=n_critic)
    assert done - least == n_critic * (6 * F_D - 3 * l_D)


@pytest.mark.parametrize("name", ["plane", "no norm in D"])
def test_a_penalty_of_the_loss_s_logits_costs_half(name):
    """No second pass of D, forward or back: of R1's 6·F_D − 3·l_D are left 3·F_D + f_D − l_D.

    The slope, F; its own gradient, 2·F − l; and the loss's gradient runs down to the samples, f.
    """
    G, D, shape = NETS[name]()

    def cost(penalty=None) -> int:
        return flops.executed(lambda: play(G, D, shape, steps=1, penalty=penalty))

    F_D, f_D = flops.forward(D, torch.rand(BATCH, *shape))
    last = [m for m in D.modules() if isinstance(m, nn.Linear)][-1]
    l_D = 2 * BATCH * last.in_features * last.out_features
    plain, r1 = cost(), cost(PENALTIES["R1"])
    reused = cost(penalties.ZeroCentered(real=1.0))
    both = cost(penalties.ZeroCentered(real=1.0, fake=1.0))
    assert r1 - plain == 6 * F_D - 3 * l_D
    assert reused - plain == 3 * F_D + f_D - l_D
    assert both - plain == 2 * (reused - plain)
    now_and_then = penalties.lazy(penalties.ZeroCentered(real=1.0), every=2)
    assert cost(now_and_then) == reused  # the first step asks
    assert cost(now_and_then) == plain  # the second does not, nor does it pay for f


def test_a_lazy_penalty_costs_a_share():
    """Every fourth step only: over eight steps twice, not eight times."""
    G, D, _ = NETS["no norm in D"]()
    r1 = functools.partial(penalties.r1, gamma=1.0)

    def cost(**more) -> int:
        return flops.executed(lambda: play(G, D, (1, 28, 28), steps=8, **more))

    plain, always = cost(), cost(penalty=r1)
    assert cost(penalty=r1, every=4) - plain == (always - plain) / 4


def no_freezing(G, D, real):
    fake = G(torch.randn(len(real), LATENT))
    losses.cross_entropy_d(D(real), D(fake.detach())).backward()
    losses.non_saturating_g(None, D(fake)).backward()


def no_detach(G, D, real):
    fake = G(torch.randn(len(real), LATENT))
    losses.cross_entropy_d(D(real), D(fake)).backward(retain_graph=True)
    with training.frozen(D):
        losses.non_saturating_g(None, D(fake)).backward()


def two_fakes(G, D, real):
    losses.cross_entropy_d(D(real), D(G(torch.randn(len(real), LATENT)).detach())).backward()
    with training.frozen(D):
        losses.non_saturating_g(None, D(G(torch.randn(len(real), LATENT)))).backward()


WASTE = {  # beyond the minimum, by (F_G, f_G, F_D, f_D)
    no_freezing: lambda F_G, f_G, F_D, f_D: F_D,
    no_detach: lambda F_G, f_G, F_D, f_D: 2 * F_G - f_G + f_D,
    two_fakes: lambda F_G, f_G, F_D, f_D: F_G,
}


@pytest.mark.parametrize("wasteful", WASTE)
def test_the_count_sees_what_other_loops_waste(wasteful):
    """Each waste of the loops in peers, to the last FLOP."""
    G, D, shape = NETS["DCGAN 64 RGB"]()
    real, z = torch.rand(BATCH, *shape), torch.randn(BATCH, LATENT)
    done = flops.executed(lambda: wasteful(G, D, real))
    shares = (*flops.forward(G, z), *flops.forward(D, real))
    assert done - flops.minimal(G, D, z) == WASTE[wasteful](*shares)


def test_counting_changes_nothing():
    G, D, _ = NETS["DCGAN 28"]()
    before = copy.deepcopy([G.state_dict(), D.state_dict()])
    flops.minimal(G, D, torch.randn(BATCH, LATENT))
    for net, kept in zip((G, D), before, strict=True):
        assert net.training
        assert not net[0]._forward_hooks
        assert all(torch.equal(value, kept[key]) for key, value in net.state_dict().items())


def test_torch_s_own_counter_agrees():
    G, D, shape = NETS["DCGAN 32"]()
    with torch.utils.flop_counter.FlopCounterMode(display=False) as theirs:
        ours = flops.executed(lambda: play(G, D, shape, steps=1))
    assert theirs.get_total_flops() == ours


# -- waiting ---------------------------------------------------------------------------------

WAITS = {"_local_scalar_dense", "is_nonzero", "equal", "nonzero", "masked_select", "_unique2"}


class Waits(TorchDispatchMode):
    """Notes every operation that a CPU would have to wait for, on a device that runs ahead."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        name = func._overloadpacket._qualified_op_name.split("::")[1]
        masks = name in ("index", "index_put", "index_put_") and any(
            index is not None and index.dtype == torch.bool for index in args[1]
        )  # how many samples are left, only the device knows
        if masks or name in WAITS:
            self.seen.append(name)
        return func(*args, **kwargs or {})


def waits_of(**more) -> list[str]:
    G, D, shape = NETS[more.pop("nets", "DCGAN 28")]()
    if more.pop("average", False):
        more["average"] = copy.deepcopy(G)
    with Waits() as waits:
        play(G, D, shape, steps=training.CHECK_EVERY - 1, **more)
    return waits.seen


RUNS = {
    "plain": {},
    "relativistic": {"game": losses.relativistic},
    "with an average": {"average": True},
    "with a penalty": {"penalty": PENALTIES["gradient penalty"], "nets": "no norm in D"},
    "WGAN": {"game": losses.wasserstein, "constrain": penalties.clip_weights, "n_critic": 2},
    "clipped gradients": {"most": 1.0},
    "bf16": {"autocast": OPTIONS["bf16"]["autocast"], "nets": "image MLP"},
}


@pytest.mark.parametrize("run", RUNS)
def test_no_step_waits_for_the_device(run):
    """Between two looks at whether the losses are finite, nothing is read back."""
    assert waits_of(**RUNS[run]) == []


def test_the_look_every_50_steps_does_wait():
    G, D, shape = NETS["plane"]()
    with Waits() as waits:
        play(G, D, shape, steps=training.CHECK_EVERY)
    assert len(waits.seen) == 1


def reading(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    float(fake_logits.detach().mean())
    return losses.cross_entropy_d(real_logits, fake_logits)


def branching(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    loss = losses.cross_entropy_d(real_logits, fake_logits)
    return loss if loss > 0 else -loss


def selecting(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    return losses.cross_entropy_d(real_logits[real_logits.isfinite()], fake_logits)


@pytest.mark.parametrize("waiting", [reading, branching, selecting])
def test_a_loss_that_waits_is_noticed(waiting):
    assert waits_of(game=losses.Game(waiting, losses.non_saturating_g), nets="plane")


def test_an_unfused_adam_waits_on_a_cpu():
    """Which is why lessons write fused=True: it also keeps the count of steps on the device."""
    assert waits_of(nets="plane", optimizer=torch.optim.Adam)


def test_batches_are_drawn_without_waiting():
    x = torch.rand(20, 1, 8, 8)
    with Waits() as waits:
        list(itertools.islice(data.batches(x, 4, rng=runtime.generator(0)), 12))
    assert waits.seen == []


# -- devices ---------------------------------------------------------------------------------


@pytest.mark.parametrize("run", [run for run in RUNS if run != "bf16"])
def test_a_step_runs_on_a_device_that_has_no_numbers(run):
    """On "meta" every tensor has a device and a shape and no values.

    Whatever is created on the CPU by mistake meets a tensor of another device, and whatever reads a
    value back has none to read; both raise. So the step is the same on CUDA and MPS.
    """
    more = dict(RUNS[run])
    with torch.device("meta"):
        G, D, shape = NETS[more.pop("nets", "DCGAN 28")]()
    if more.pop("average", False):
        more["average"] = copy.deepcopy(G)
    sgd = functools.partial(torch.optim.SGD, lr=0.1)  # fused optimizers know no "meta"
    *_, moment = play(G, D, shape, steps=3, optimizer=sgd, **more)
    assert all(number.is_meta for number in moment.numbers.values())
    assert moment.history._rows.is_meta


def astray(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """Has labels on the CPU, wherever the logits are."""
    return nn.functional.binary_cross_entropy_with_logits(fake_logits, torch.zeros(BATCH))


@pytest.mark.parametrize("bad", [astray, reading, branching])
def test_a_step_bound_to_the_cpu_is_noticed(bad):
    with torch.device("meta"):
        G, D, shape = NETS["plane"]()
    sgd = functools.partial(torch.optim.SGD, lr=0.1)
    game = losses.Game(bad, losses.non_saturating_g)
    with pytest.raises((RuntimeError, NotImplementedError)):
        play(G, D, shape, steps=1, optimizer=sgd, game=game)


def test_fused_adam_exists_on_every_device_that_a_lesson_may_pick():
    """So ``fused=True`` needs no question first; this fails if a device or torch changes that."""
    supported = torch.utils._foreach_utils._get_fused_kernels_supported_devices()
    assert set(machine.DEVICES) - {"auto"} <= set(supported)
    assert isinstance(Adam([nn.Parameter(torch.zeros(1))], fused=True), torch.optim.Optimizer)


def test_bf16_opens_on_every_device_that_a_lesson_may_pick():
    for device in set(machine.DEVICES) - {"auto"}:
        way = speed.choose({"fp32": 9.0, "bf16": 1.0}, {}, wanted="auto", device=device)
        assert way.autocast.args == (device,)


def test_a_device_has_a_name():
    assert runtime.device_name(torch.device("cpu")).startswith("cpu, ")
    assert torch.backends.cpu.get_cpu_capability() in runtime.device_name(torch.device("cpu"))
