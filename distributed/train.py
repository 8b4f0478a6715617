"""Lesson 07's DCGAN in several processes at once, each with its part of every batch.

    torchrun --standalone --nproc-per-node=2 distributed/train.py --steps 400

One process runs it, too: ``python distributed/train.py``. README.md beside this file says what
stays the same in several processes and what does not.
"""

import argparse
import copy
import os
from functools import partial
from pathlib import Path

import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from gan_lessons import data, models, penalties, runtime, training


def main() -> None:
    """Train; the first process prints the numbers and keeps the averaged generator."""
    parser = argparse.ArgumentParser(description="Train lesson 07's DCGAN in several processes.")
    parser.add_argument("--steps", type=int, default=400)
    parser.add_argument("--batch", type=int, default=64, help="of all processes together")
    parser.add_argument("--seed", type=int, default=int(os.environ.get("SLURM_ARRAY_TASK_ID", 0)))
    parser.add_argument("--out", type=Path, help="a file for the averaged generator's weights")
    asked = parser.parse_args()
    if asked.out:  # now: after the training is too late to find that it cannot be made
        asked.out.parent.mkdir(parents=True, exist_ok=True)

    if "RANK" in os.environ:  # torchrun has set it
        dist.init_process_group("nccl" if torch.cuda.is_available() else "gloo")
    rank, world = (dist.get_rank(), dist.get_world_size()) if dist.is_initialized() else (0, 1)
    device = torch.device("cpu")
    if torch.cuda.is_available():
        device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", 0)))
        torch.cuda.set_device(device)
    else:
        if "RANK" in os.environ and os.environ.get("OMP_NUM_THREADS") == "1":
            del os.environ["OMP_NUM_THREADS"]  # torchrun's own, for want of knowing better
        torch.set_num_threads(max(1, runtime.usable_cores() // world))

    runtime.seed_everything(asked.seed)  # the same nets everywhere
    G = models.dcgan_generator().to(device)
    D = models.dcgan_discriminator(norm=nn.Identity).to(device)  # R1 is for single samples
    G.apply(models.dcgan_init)
    D.apply(models.dcgan_init)
    average = copy.deepcopy(G)
    runtime.seed_everything(1_000 * asked.seed + rank)  # and other noise in each

    mine = data.to_model_range(data.strokes().x[rank::world]).to(device)
    rng = runtime.generator(1_000 * asked.seed + rank)
    batches = data.batches(mine, asked.batch // world, rng=rng)
    opt_g = torch.optim.Adam(G.parameters(), lr=1e-3, betas=(0.5, 0.99), fused=True)
    opt_d = torch.optim.Adam(D.parameters(), lr=5e-4, betas=(0.5, 0.99), fused=True)
    nets = [DistributedDataParallel(n) for n in (G, D)] if world > 1 else [G, D]

    run = training.train(
        *nets,
        opt_g,
        opt_d,
        batches,
        steps=asked.steps,
        latent_dim=64,
        penalty=partial(penalties.r1, gamma=0.1),
    )
    for moment in training.averaged(run, average, decay=0.99):
        last = moment.step == asked.steps
        if rank == 0 and (last or moment.step % 100 == 0):
            loss_d, loss_g = (float(moment.numbers[name]) for name in ("loss_d", "loss_g"))
            print(f"step {moment.step}: D {loss_d:.3f}, G {loss_g:.3f}", flush=True)
    if rank == 0 and asked.out:
        torch.save(average.state_dict(), asked.out)
    if dist.is_initialized():
        dist.destroy_process_group()


if __name__ == "__main__":
    main()
