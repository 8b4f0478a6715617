"""Find the nearest training image: an exercise of lesson 06, Generate images with an MLP."""

from collections.abc import Callable

import torch

from gan_lessons.checks.exercise import Wrong, exercise


@exercise(
    title="Find the nearest training image",
    proves="each sample gets its closest training image and the true distance, uint8 or float.",
    hints=(
        "torch.cdist compares all pairs at once, but wants (N, 784): flatten(1), and floats.",
        "distances.min(dim=1) gives the smallest distance in each row, and where it is.",
        "distance, index = torch.cdist(fake.flatten(1).float(), train.flatten(1).float())"
        ".min(dim=1); return distance, index.",
    ),
)
def nearest(answer: Callable) -> None:
    """Check ``nearest(fake, train)``: (distances (N,), indices (N,)) to the closest images."""
    rng = torch.Generator().manual_seed(0)
    train = 2 * torch.rand(50, 1, 28, 28, generator=rng) - 1
    chosen = torch.tensor([7, 3, 41])
    near = train[chosen] + 0.01 * torch.randn(3, 1, 28, 28, generator=rng)
    result = answer(near, train)
    if not isinstance(result, tuple) or len(result) != 2:
        raise Wrong("return two tensors: the distances (N,) and the indices (N,).")
    distance, index = result
    if distance.is_floating_point() is False and index.is_floating_point():
        raise Wrong("the two results are exchanged: first the distances, then the indices.")
    if tuple(index.shape) != (3,):
        raise Wrong(
            f"for 3 samples you return {tuple(index.shape)} indices. Take the minimum over the "
            "training images, dim=1 of an (N, M) table."
        )
    if not torch.equal(index, chosen):
        far = torch.cdist(near.flatten(1), train.flatten(1)).argmax(dim=1)
        if torch.equal(index, far):
            raise Wrong("you return the training image that is *farthest* away: min, not max.")
        if torch.equal(
            index, (near.mean((1, 2, 3))[:, None] - train.mean((1, 2, 3))).abs().argmin(1)
        ):
            raise Wrong(
                "you compare mean brightness; two images can share it and look nothing alike."
            )
        raise Wrong(f"noisy copies of images 7, 3 and 41 are found as {index.tolist()}.")
    true = (near - train[chosen]).flatten(1).norm(dim=1)
    if torch.allclose(distance, true**2, rtol=3e-2):
        raise Wrong("the distances are squared: take the root, so that they can be compared.")
    if not torch.allclose(distance, true, rtol=3e-2):
        raise Wrong(
            f"the first distance is {float(true[0]):.3f}, you return {float(distance[0]):.3f}."
        )
    dark, light = torch.zeros(1, 1, 2, 2, dtype=torch.uint8), torch.full((1, 1, 2, 2), 200).byte()
    gap = float(answer(light, dark)[0])
    if abs(gap - 400) > 1:
        raise Wrong(
            f"between all 0 and all 200 on 4 pixels lie 400, you return {gap:.0f}: uint8 "
            "overflows. Convert to float first."
        )
