"""Same numbers, other speed: an exercise of lesson 08, Paint in color."""

import warnings
from collections.abc import Callable

import torch
from torch import Tensor, nn

from gan_lessons.checks.exercise import Wrong, exercise


@exercise(
    title="Same numbers, other speed",
    proves="channels last and bfloat16 products; weights, shapes and logits stay as they are.",
    hints=(
        "Neither changes the shape. D.to(memory_format=torch.channels_last) changes D in place; "
        "the same call on a tensor *returns* the other layout.",
        "with torch.autocast(images.device.type, dtype=torch.bfloat16): runs the products of what "
        "is inside in bfloat16; D's weights stay float32.",
        "Outside of the with block, return logits.float(): the loss is computed in float32.",
    ),
)
def fast_logits(answer: Callable) -> None:
    """Check ``fast_logits(D, images)``: D's logits by channels last and bfloat16 products."""
    with torch.random.fork_rng(devices=[]), warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        D = _small_discriminator()
        images = 2 * torch.rand(6, 3, 16, 16) - 1
        before = {name: value.clone() for name, value in D.state_dict().items()}
        plain = D(images).detach()
        seen: list[tuple[Tensor, Tensor, bool]] = []  # images, products, autocast for a GPU
        hook = D[0].register_forward_hook(
            lambda _, x, out: seen.append((x[0], out, torch.is_autocast_enabled("cuda")))
        )
        try:
            logits = answer(D, images)
        except RuntimeError as error:
            if "channels, but got" in str(error):
                raise Wrong(
                    "you permute the axes, so D gets (B, height, width, channels). channels_last "
                    "is an order in memory; .to(memory_format=torch.channels_last) keeps the shape."
                ) from error
            if D[0].weight.dtype != torch.float32:
                raise _narrow_weights(D) from error
            raise
        finally:
            hook.remove()
    refused = any("Disabling autocast" in str(warning.message) for warning in told)
    if refused or any(for_a_gpu for *_, for_a_gpu in seen):
        raise Wrong("autocast is opened for a device that is not here: images.device.type has it.")
    _check_precision(D, before, seen, logits)
    _check_layout(D, seen)
    _check_values(D, logits, plain)


def _small_discriminator() -> nn.Sequential:
    D = nn.Sequential(nn.Conv2d(3, 8, 4, stride=2, padding=1), nn.LeakyReLU(0.2))
    D.extend([nn.Conv2d(8, 16, 4, stride=2, padding=1), nn.LeakyReLU(0.2)])
    return D.extend([nn.Flatten(1), nn.Linear(256, 1), nn.Flatten(0)])


def _narrow_weights(D: nn.Module) -> Wrong:
    return Wrong(
        f"D's weights are {D[0].weight.dtype} now. Training adds small steps to them, and 1 + 0.001"
        " is 1 in bfloat16: they would be lost. Keep float32 weights; autocast rounds copies only."
    )


def _check_precision(D: nn.Module, before: dict, seen: list, logits: object) -> None:
    if D[0].weight.dtype != torch.float32:
        raise _narrow_weights(D)
    if any(not torch.equal(before[name], value) for name, value in D.state_dict().items()):
        raise Wrong("D's weights have other values than before: only their order may change.")
    if not isinstance(logits, Tensor):
        raise Wrong(f"you return a {type(logits).__name__}: return D's logits.")
    products = seen[-1][1].dtype if seen else "not made: D was never called"
    if products == torch.float16:
        raise Wrong(
            "the products are float16: it ends at 65,504 and needs scaled losses. bfloat16 reaches "
            "as far as float32."
        )
    if products != torch.bfloat16:
        how = "torch.autocast(images.device.type, dtype=torch.bfloat16)"
        raise Wrong(f"D's products are {products}: call D inside {how}.")
    if logits.dtype != torch.float32:
        raise Wrong(
            f"the logits are {logits.dtype}, not float32 (of bfloat16's 8 bits a loss would be too "
            "coarse). Return logits.float()."
        )
    if not logits.requires_grad:
        raise Wrong("the logits carry no gradient: under no_grad, or detached, D learns nothing.")


def _check_layout(D: nn.Module, seen: list) -> None:
    last = {"memory_format": torch.channels_last}
    images, weights = seen[-1][0].is_contiguous(**last), D[0].weight.is_contiguous(**last)
    call = ".to(memory_format=torch.channels_last)"
    if not images and not weights:
        raise Wrong(f"neither D's weights nor the images are channels last: {call} on both.")
    if not weights:
        raise Wrong(f"the images are channels last, D's weights are not: D{call}, once.")
    if not images:
        raise Wrong(
            "D's weights are channels last, the images it gets are not: a tensor's .to(…) changes "
            "nothing in place, use what it returns."
        )


def _check_values(D: nn.Module, logits: Tensor, plain: Tensor) -> None:
    if not D.training:
        raise Wrong("D is left in eval mode: the next training step would run without batch norm.")
    if (logits.detach() - plain).abs().max() > 0.05 * plain.abs().max() + 0.02:
        raise Wrong("the logits are not D's for these images: other numbers, not only other speed.")
