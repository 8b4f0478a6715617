"""Same numbers, other speed: an exercise of lesson 08, Paint in color."""

import copy
import warnings
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor, nn

from gan_lessons.checks.exercise import Wrong
from gan_lessons.checks.grader import Property, Slip, Table

RIGHT = """
def fast_logits(D, images):
    D.to(memory_format=torch.channels_last)
    images = images.to(memory_format=torch.channels_last)
    with torch.autocast(images.device.type, dtype=torch.bfloat16):
        logits = D(images)
    return logits.float()
"""

SLIPS = (
    Slip("    D.to(memory_format=torch.channels_last)\n", "", "D's weights are not"),
    Slip(
        "images = images.to(memory_format=torch.channels_last)",
        "images.to(memory_format=torch.channels_last)",
        "changes nothing in place",
    ),
    Slip(
        "D.to(memory_format=torch.channels_last)\n    images = images.to(memory_format="
        "torch.channels_last)",
        "images = images.contiguous()",
        "neither D's weights nor",
    ),
    Slip(
        "images.to(memory_format=torch.channels_last)",
        "images.permute(0, 2, 3, 1)",
        "you permute the axes",
    ),
    Slip("D.to(", "D.to(torch.bfloat16, ", "Keep float32 weights"),
    Slip("D.to(memory", "D.half().to(memory", "Keep float32 weights"),
    Slip("D(images)", "D.bfloat16()(images).float()", "Keep float32 weights"),
    Slip("torch.bfloat16", "torch.float16", "ends at 65,504"),
    Slip("dtype=torch.bfloat16", "enabled=False", "call D inside torch.autocast"),
    Slip("images.device.type", '"cuda"', "a device that is not here"),
    Slip("logits.float()", "logits", "Return logits.float()"),
    Slip("logits.float()", "logits.double()", "asked in float32"),
    Slip("logits.float()", "logits.float().detach()", "carry no gradient"),
    Slip("D(images)", "copy.deepcopy(D)(images)", "D's own weights"),
    Slip("logits.float()", "logits.float().sigmoid()", "other numbers"),
    Slip("logits.float()", "logits.float().mean()", "one logit for each of the 6 images"),
    Slip("return logits", "logits", "return D's logits"),
    Slip("D(images)", "D.eval()(images)", "eval mode"),
    Slip("D(images)", "D.requires_grad_(False)(images)", "frozen"),
    Slip("D(images)", "D(images / 2 + 0.5)", "other numbers"),
)


class _Seen(NamedTuple):
    """What an answer did with a small discriminator."""

    D: nn.Sequential
    before: dict[str, Tensor]
    calls: list[tuple[Tensor, Tensor, bool]]  # images, products, autocast for a GPU
    refused: bool  # PyTorch warned that there is no such device
    logits: object
    plain: Tensor  # D's logits by float32
    by_default: bool  # autocast was given no dtype


def _make(answer: Callable) -> _Seen:
    D, images = _small_discriminator(), 2 * torch.rand(6, 3, 16, 16) - 1
    before = {name: value.clone() for name, value in D.state_dict().items()}
    plain = D(images).detach()
    calls: list[tuple[Tensor, Tensor, bool]] = []
    hook = D[0].register_forward_hook(
        lambda _, x, out: calls.append((x[0], out, torch.is_autocast_enabled("cuda")))
    )
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        try:
            logits = answer(D, images)
        except RuntimeError as error:
            if "channels, but got" in str(error):
                raise Wrong(
                    "you permute the axes, so D gets (B, height, width, channels). channels_last "
                    "is an order in memory; .to(memory_format=torch.channels_last) keeps the shape."
                ) from error
            if D[0].weight.dtype != torch.float32:
                raise Wrong(_narrow_weights(D)) from error
            raise
        finally:
            hook.remove()
    refused = any("Disabling autocast" in str(warning.message) for warning in told)
    return _Seen(D, before, calls, refused, logits, plain, _takes_the_default(answer))


def _small_discriminator() -> nn.Sequential:
    D = nn.Sequential(nn.Conv2d(3, 8, 4, stride=2, padding=1), nn.LeakyReLU(0.2))
    D.extend([nn.Conv2d(8, 16, 4, stride=2, padding=1), nn.LeakyReLU(0.2)])
    return D.extend([nn.Flatten(1), nn.Linear(256, 1), nn.Flatten(0)])


def _narrow_weights(D: nn.Module) -> str:
    return (
        f"D's weights are {D[0].weight.dtype} now. Training adds small steps to them, and 1 + 0.001"
        " is 1 in bfloat16: they would be lost. Keep float32 weights; autocast rounds copies only."
    )


def _autocast_is_for_a_device_that_is_here(seen: _Seen) -> str | None:
    if seen.refused or any(for_a_gpu for *_, for_a_gpu in seen.calls):
        return "autocast is opened for a device that is not here: images.device.type has it."
    return None


def _weights_stay_as_they_are(seen: _Seen) -> str | None:
    if seen.D[0].weight.dtype != torch.float32:
        return _narrow_weights(seen.D)
    if any(not torch.equal(seen.before[name], x) for name, x in seen.D.state_dict().items()):
        return "D's weights have other values than before: only their order may change."
    if not all(parameter.requires_grad for parameter in seen.D.parameters()):
        return "D's weights are frozen now: it could not be trained. Leave requires_grad alone."
    return None


def _products_are_bfloat16(seen: _Seen) -> str | None:
    if not isinstance(seen.logits, Tensor):
        return f"you return a {type(seen.logits).__name__}: return D's logits."
    if not seen.calls:
        return "D was never called: the logits are D's answers to the images."
    products = seen.calls[-1][1].dtype
    if products == torch.float16:
        return (
            "the products are float16: it ends at 65,504 and needs scaled losses. bfloat16 reaches "
            "as far as float32."
        )
    if products != torch.bfloat16:
        how = "torch.autocast(images.device.type, dtype=torch.bfloat16)"
        return f"D's products are {products}: call D inside {how}."
    return None


def _logits_can_be_trained_by(seen: _Seen) -> str | None:
    if seen.logits.dtype in (torch.bfloat16, torch.float16):
        return (
            f"the logits are {seen.logits.dtype}, not float32 (of bfloat16's 8 bits a loss would "
            "be too coarse). Return logits.float()."
        )
    if seen.logits.dtype != torch.float32:
        return f"the logits are {seen.logits.dtype}, and asked in float32: return logits.float()."
    if not seen.logits.requires_grad:
        return "the logits carry no gradient: under no_grad, or detached, D learns nothing."
    slopes = torch.autograd.grad(
        seen.logits.sum(), list(seen.D.parameters()), retain_graph=True, allow_unused=True
    )
    if None in slopes:
        return (
            "no gradient reaches D's own weights: a copy of D or of its weights answered, and it "
            "is thrown away, so D would never learn. Change and call D itself."
        )
    if seen.logits.shape != seen.plain.shape:
        return (
            f"the logits have shape {tuple(seen.logits.shape)}: one logit for each of the 6 images "
            "is asked, as D returns them."
        )
    return None


def _weights_and_images_are_channels_last(seen: _Seen) -> str | None:
    last = {"memory_format": torch.channels_last}
    images = seen.calls[-1][0].is_contiguous(**last)
    weights = seen.D[0].weight.is_contiguous(**last)
    call = ".to(memory_format=torch.channels_last)"
    if not images and not weights:
        return f"neither D's weights nor the images are channels last: {call} on both."
    if not weights:
        return f"the images are channels last, D's weights are not: D{call}, once."
    if not images:
        return (
            "D's weights are channels last, the images it gets are not: a tensor's .to(…) changes "
            "nothing in place, use what it returns."
        )
    return None


def _logits_are_ds(seen: _Seen) -> str | None:
    if not seen.D.training:
        return "D is left in eval mode: the next training step would run without batch norm."
    off = (seen.logits.detach() - seen.plain).abs().max()
    if off > 0.05 * seen.plain.abs().max() + 0.02:
        return "the logits are not D's for these images: other numbers, not only other speed."
    return None


def _takes_the_default(answer: Callable) -> bool:
    """Say whether the answer's autocast has no dtype: another default is put in its place."""
    usual, chosen = torch.get_autocast_dtype("cpu"), []
    D, images = _small_discriminator(), 2 * torch.rand(2, 3, 16, 16) - 1
    D[0].register_forward_pre_hook(lambda *_: chosen.append(torch.get_autocast_dtype("cpu")))
    torch.set_autocast_dtype("cpu", torch.float16)
    try:
        answer(D, images)
    except RuntimeError:
        pass  # float16 may not be there; what was chosen is known
    finally:
        torch.set_autocast_dtype("cpu", usual)
    return chosen[-1:] == [torch.float16]


def _remark(seen: _Seen) -> str | None:
    if seen.by_default:
        return (
            "But autocast has no dtype: on a CPU its default is bfloat16, on a GPU float16. Say "
            "dtype=torch.bfloat16."
        )
    if len(seen.calls) > 1:
        return f"But D is called {len(seen.calls)} times, and once is enough."
    return None


fast_logits = Property(
    title="Same numbers, other speed",
    proves="channels last and bfloat16 products; weights, shapes and logits stay as they are.",
    hints=(
        "Neither changes the shape. D.to(memory_format=torch.channels_last) changes D in place; "
        "the same call on a tensor *returns* the other layout.",
        "with torch.autocast(images.device.type, dtype=torch.bfloat16): runs the products of what "
        "is inside in bfloat16; D's weights stay float32.",
        "Outside of the with block, return logits.float(): the loss is computed in float32.",
    ),
    asks="Check ``fast_logits(D, images)``: D's logits by channels last and bfloat16 products.",
    table=Table(RIGHT, SLIPS, uses={"copy": copy}),
    make=lambda answer: (_make(answer),),
    facts=(
        _autocast_is_for_a_device_that_is_here,
        _weights_stay_as_they_are,
        _products_are_bfloat16,
        _logits_can_be_trained_by,
        _weights_and_images_are_channels_last,
        _logits_are_ds,
    ),
    remark=_remark,
)
