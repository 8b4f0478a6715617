"""The runs of lesson 15: what their script asks and measures, and what ships of them."""

import math

import numpy as np
import pytest
import torch
from torch.testing import assert_close

from gan_lessons import data, metrics, runtime
from tests.data.making import script

make = script("repair")
petals = script("petals")


def test_a_hole_is_a_square_that_stays_inside():
    x = make.digits()[:200]
    shown = make.with_a_hole(x, runtime.generator(0))
    mask = shown[:, 1:]
    assert (mask.sum((1, 2, 3)) == make.HOLE**2).all()
    rows, columns = mask.amax(3)[:, 0], mask.amax(2)[:, 0]
    for side in (rows, columns):
        assert (side.sum(1) == make.HOLE).all()
        assert (side[:, : make.REACH] == 0).all()
        assert (side[:, -make.REACH :] == 0).all()
    assert torch.equal(shown[:, :1], x * (1 - mask))
    assert len(torch.unique(mask, dim=0)) > 50


def test_an_answer_leaves_what_is_not_in_the_hole():
    net = make.fresh("fill")
    shown = make.with_a_hole(make.digits()[:3], runtime.generator(0))
    outside = shown[:, 1:] == 0
    assert torch.equal(net.answer(shown)[outside], make.digits()[:3][outside])


def test_a_mosaic_has_the_mean_of_each_square():
    x = make.digits()[:2]
    shown = make.mosaic(x)
    assert_close(shown[0, 0, 12:16, 8:12], x[0, 0, 12:16, 8:12].mean().expand(4, 4))


def test_the_same_flower_comes_out_in_lines():
    """Another canvas draws no other numbers; the lines are where the picture changes."""
    picture, known = petals.make_one(petals.SEED, 3, 2)
    lines, same = petals.make_one(petals.SEED, 3, 2, canvas=petals.Outlines())
    assert known == same
    assert lines.shape == (petals.SIDE, petals.SIDE)
    assert lines.dtype == np.uint8
    assert 0.02 < (lines < 128).mean() < 0.35
    assert (lines[:4] == 255).all()  # no ground
    change = np.abs(np.gradient(picture.astype(float).sum(2))).sum(0)
    assert change[lines < 128].mean() > 1.5 * change[lines == 255].mean()


def test_what_is_laid_later_hides_the_lines_below():
    canvas = petals.Outlines()
    everything = np.ones_like(canvas.x)
    where = (slice(0, 128), slice(0, 128))
    canvas.lay(where, 0.5 * everything, None)
    assert (canvas.lines < 0.01).all()  # a rim everywhere
    canvas.lay(where, everything, None)
    assert (canvas.lines == 1).all()
    canvas.lay((), everything * 0.5, None)  # the pattern of a ground
    assert (canvas.lines == 1).all()


@pytest.mark.parametrize("config", ["0", "0.1"])
def test_a_run_repairs_and_is_the_same_again(config, monkeypatch):
    weight, critic, gamma, *_ = make.TASKS["fill"].configs[config]

    def once(seed):
        runtime.seed_everything(seed)
        net, stream = make.fresh("fill"), make.pairs("fill", seed)
        if not weight:
            return make.regress(net, stream, 3, decay=0.5)
        monkeypatch.setattr(make, "ALONE", 1)
        return make.play(net, critic(3), stream, 3, weight=weight, gamma=gamma, decay=0.5)

    shown = make.with_a_hole(make.digits()[:2], runtime.generator(0))
    answers = [once(seed).answer(shown) for seed in (0, 1, 0)]
    assert torch.equal(answers[0], answers[2])
    assert not torch.equal(answers[0], answers[1])


def test_g_stands_still_while_d_plays_alone():
    runtime.seed_everything(0)
    net, (weight, critic, gamma, *_) = make.fresh("fill"), make.TASKS["fill"].configs["0.1"]
    before = [p.clone() for p in net.parameters()]
    steps = make.ALONE // 10
    how = {"weight": weight, "gamma": gamma, "decay": 0.5}
    make.play(net, critic(3), make.pairs("fill", 0), steps, **how)
    assert all(torch.equal(a, b) for a, b in zip(before, net.parameters(), strict=True))


def test_more_flowers_are_new_and_come_with_their_outlines(monkeypatch):
    monkeypatch.setattr(make, "PART", 3)
    monkeypatch.setattr(make.image_ablation, "finished", lambda name, settings, work: work())
    (first, _), (x, lines) = make.paint_more(0), make.paint_more(1)
    assert (x.shape, lines.shape) == ((3, 3, 64, 64), (3, 1, 64, 64))
    assert not torch.equal(first, x)
    number = petals.COUNT + 3  # beyond those that ship
    color, _ = petals.make_one(petals.SEED, number, number % 8)
    rims, _ = petals.make_one(petals.SEED, number, number % 8, canvas=petals.Outlines())
    assert torch.equal(x[0], torch.from_numpy(color).permute(2, 0, 1))
    assert torch.equal(lines[0, 0], torch.from_numpy(rims))


def some_lines(number: int) -> torch.Tensor:
    """Return pictures that stand for outlines; to paint all 8,000 takes minutes."""
    rng = runtime.generator(5)
    return (torch.rand(number, 1, 32, 32, generator=rng) < 0.8).float() * 2 - 1


def test_dice_are_thrown_and_move_the_answer():
    """The same dice, the same answer; other dice, another; a net without asks for none."""
    runtime.seed_everything(0)
    net = make.fresh("outline", make.Config(dice=make.DICE))
    shown = some_lines(3)
    first, again, other = (make.thrown(net, shown, seed=seed) for seed in (0, 0, 1))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    plain = make.fresh("outline")
    assert torch.equal(make.thrown(plain, shown, seed=0), plain.answer(shown).clamp(-1, 1))


def test_of_four_throws_the_game_gets_the_nearest():
    """Computed anew for every picture on its own; another truth moves which."""
    runtime.seed_everything(0)
    net = make.fresh("outline", make.Config(dice=make.DICE, throws=make.CHOICE))
    shown, truth = some_lines(3), make.flowers()[:3]
    z = torch.randn(3, make.CHOICE * make.DICE)
    given = net(z, shown, truth)
    assert given.requires_grad
    for i in range(3):
        throws = z[i].view(make.CHOICE, make.DICE)
        answers = net.answer(shown[i].expand(make.CHOICE, -1, -1, -1), throws)
        off = (answers - truth[i]).square().mean(dim=(1, 2, 3))
        assert_close(given[i], answers[off.argmin()])
        assert_close(net(z, shown, answers.detach()[[3]].expand(3, -1, -1, -1))[i], answers[3])


def test_half_precision_trains_the_same_weights(monkeypatch):
    """A step of each kind in bfloat16: nearly the step in float32, and weights of float32."""
    monkeypatch.setattr(make, "to_paint", lambda: (some_lines(32), make.flowers()[:32]))
    for config in make.TASKS["outline"].configs.values():
        ends = []
        for half in (False, True):
            runtime.seed_everything(0)
            net, stream = make.fresh("outline", config), make.pairs("outline", 0)
            more = {"decay": 0.0, "half": half}
            if config.weight:
                game = {"weight": config.weight, "gamma": config.gamma}
                monkeypatch.setattr(make, "ALONE", 0)
                make.play(net, config.critic(4), stream, 2, **game, **more)
            else:
                make.regress(net, stream, 2, **more)
            ends.append(torch.cat([p.detach().flatten() for p in net.parameters()]))
        assert ends[1].dtype == torch.float32
        assert not torch.equal(*ends)
        assert (ends[0] - ends[1]).abs().mean() < 2e-4  # a step moves each by 1e-3


def test_grounds_are_told_from_corners():
    """Gray grounds 0.5 apart; pictures whose halves differ as much; each is the other's 0."""
    light = torch.full((2, 3, 32, 32), 1.0)
    light[1] = -1.0
    apart, within = make.grounds(light)
    assert (apart, within) == (pytest.approx(0.5, abs=1e-3), pytest.approx(0.0, abs=1e-3))
    halves = torch.ones(2, 3, 32, 32)
    halves[..., 16:] = -1.0
    apart, within = make.grounds(halves)
    assert (apart, within) == (pytest.approx(0.0, abs=1e-3), pytest.approx(0.5, abs=1e-3))
    inner = light.clone()
    inner[..., 4:28, 4:28] = 0.3  # the flower does not count
    assert make.grounds(inner) == pytest.approx(make.grounds(light), abs=1e-6)


def test_equal_time_gives_the_costlier_step_fewer_steps():
    for task in make.TASKS.values():
        steps = {name: make.steps_in(10, config) for name, config in task.configs.items()}
        assert len(set(steps.values())) > 1
        most = max(steps, key=steps.get)
        assert task.configs[most].weight == 0  # regression's step is the cheapest
    fill = make.TASKS["fill"].configs
    assert make.steps_in(10, fill["0"]) == 10_000 // make.MS["regression"]


def test_psnr_and_explained_by_hand():
    a, b = torch.zeros(1, 1, 2, 2), torch.full((1, 1, 2, 2), 0.2)
    assert make.psnr(a, b) == pytest.approx(20)
    b[..., 1] = 0
    mask = torch.zeros_like(a)
    mask[..., 0] = 1
    assert make.psnr(a, b, mask) == pytest.approx(20)
    assert math.isinf(make.psnr(a, a))
    truth = torch.arange(6.0).view(3, 2)
    assert make.explained(truth, truth) == 1
    assert make.explained(truth, truth.mean(0).expand(3, 2)) == 0


def test_a_blur_takes_a_hatching_away_and_leaves_the_rest():
    x = torch.linspace(-1, 1, 32).expand(1, 1, 32, 32).clone()
    hatching = 0.1 * (-1.0) ** torch.arange(32)
    assert (make.blurred(x + hatching) - make.blurred(x))[..., :-1].abs().max() < 1e-6
    assert (make.blurred(x) - x).abs().max() < 0.04


def test_gray_is_the_usual_brightness():
    assert sum(make.LUMA) == pytest.approx(1)
    white = torch.ones(1, 3, 2, 2)
    assert_close(make.gray(white), torch.ones(1, 1, 2, 2))


# -- what ships ------------------------------------------------------------------------------


@pytest.fixture(scope="module", params=["fill", "enhance", "outline"])
def shipped(request):
    return data.ablation(request.param)


def test_the_files_are_of_the_script(shipped):
    task = make.TASKS[shipped.name]
    assert shipped.configs == tuple(task.configs)
    assert shipped.seeds == make.SEEDS
    side, out = (32, 3) if shipped.name == "outline" else (28, 1)
    assert shipped.samples.shape[2:] == (make.KEPT, out, side, side)
    assert tuple(shipped.more["metrics"]) == tuple(shipped.scores)
    for name in ("real", "shown"):
        assert len(shipped.more[name]) == len(shipped.scores)


def test_the_truth_that_ships_is_held_out(shipped):
    pictures = shipped.more["truth pictures"]
    whole = data.petals().x[7_000:] if shipped.name == "outline" else data.strokes().x[20_000:]
    for one in pictures:
        assert (whole == one).flatten(1).all(1).any()


def test_outside_the_hole_nothing_was_changed():
    fill = data.ablation("fill")
    outside = fill.more["shown pictures"][:, 1:] == 127  # 0 of -1 … 1: no hole there
    outside |= fill.more["shown pictures"][:, 1:] == 128
    truth = fill.more["truth pictures"]
    for run in fill.samples.flatten(0, 1):
        assert torch.equal(run[outside], truth[outside])


def test_the_shown_outlines_are_those_of_the_script():
    outline = data.ablation("outline")
    whole = data.petals().x
    truth = outline.more["truth pictures"][0]
    number = int((whole == truth).flatten(1).all(1).nonzero()[0])
    drawn, _ = petals.make_one(
        petals.SEED, number, int(data.petals().y[number]), canvas=petals.Outlines()
    )
    small = torch.from_numpy(drawn).float().view(32, 2, 32, 2).mean((1, 3))
    assert (outline.more["shown pictures"][0, 0].float() - small).abs().max() <= 1


def test_the_shares_of_gray_are_those_of_the_samples():
    fill = data.ablation("fill")
    for k in range(len(fill.configs)):
        few = metrics.gray_share(fill.samples[k].flatten(0, 1))
        assert few == pytest.approx(float(fill.scores["gray"][k].mean()), abs=0.08)
