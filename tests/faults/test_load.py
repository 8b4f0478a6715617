"""Many learners on one machine: kernels at once, on one cache. Memory and time of each."""

import json
import os
import subprocess
import sys

import nbformat
import numpy as np
import pytest
from PIL import Image

from tests.soak import times

KERNELS = times(4, 10)
ALONE = """
import sys
import nbformat
from nbclient import NotebookClient
book = nbformat.read(sys.argv[1], as_version=4)
NotebookClient(book, timeout=900, startup_timeout=600, kernel_name="python3").execute()
print(book.cells[-1].outputs[0].text)
"""
LEARNER = """
import json, resource, time
began = time.monotonic()
from gan_lessons import data, models, runtime, training
import torch
runtime.start(threads=1)
pictures = data.folder({folder!r}, size=16)
strokes = data.strokes()
runtime.seed_everything(0)
G, D = models.plane_generator(), models.plane_discriminator()
opt_g, opt_d = (torch.optim.Adam(net.parameters(), lr=1e-3) for net in (G, D))
batches = data.batches(data.ring().x, 64, rng=runtime.generator(0))
for moment in training.train(G, D, opt_g, opt_d, batches, steps=200, latent_dim=2):
    pass
weights = sum(w.abs().sum().item() for w in G.parameters())
megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps(dict(pictures=int(pictures.x.long().sum()), strokes=len(strokes),
                      weights=weights, megabytes=megabytes, seconds=time.monotonic() - began)))
"""


@pytest.mark.skipif(os.name != "posix", reason="measures memory the POSIX way")
def test_kernels_at_once_on_one_cache(tmp_path, record_property):
    """All finish, all see the same data, and the same seed gives all the same weights."""
    folder = tmp_path / "my pictures"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for number in range(40):
        pixels = rng.integers(0, 256, (32, 32, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"{number}.png")
    cell = nbformat.v4.new_code_cell(LEARNER.format(folder=str(folder)))
    path = tmp_path / "learner.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), path)
    env = os.environ | {"GAN_LESSONS_CACHE": str(tmp_path / "cache"), "OMP_NUM_THREADS": "1"}
    learners = [
        subprocess.Popen(
            [sys.executable, "-c", ALONE, str(path)],
            env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for _ in range(KERNELS)
    ]  # fmt: skip
    said = [learner.communicate() for learner in learners]
    failed = [err for learner, (_, err) in zip(learners, said, strict=True) if learner.returncode]
    assert failed == []
    found = [json.loads(out) for out, _ in said]
    for name in ("pictures", "strokes", "weights"):
        assert len({learner[name] for learner in found}) == 1, name
    most = max(learner["megabytes"] for learner in found)
    seconds = [learner["seconds"] for learner in found]
    record_property("n", KERNELS)
    record_property(
        "note",
        f"{most:.0f} MB each at most, {min(seconds):.0f} to {max(seconds):.0f} s on "
        f"{os.cpu_count()} cores",
    )
    assert most < 1_500
