"""Two processes do what one does (distributed/README.md says which games, and which not)."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from distributed import compare
from gan_lessons import models, training

ROOT = Path(__file__).resolve().parents[2]
EXACT = [name for name in compare.ROWS if "batch norm" not in name]
ROUNDING = 1e-5  # of the way gone; measured: at most 1.3e-6


@pytest.mark.parametrize("name", EXACT)
def test_two_processes_take_the_step_of_one(name):
    found = compare.compared(name)
    assert found["apart"] < ROUNDING
    assert found["between"] == 0


def test_batch_norm_in_two_processes_is_another_net():
    found = compare.compared("DCGAN, batch norm")
    assert found["apart"] > 0.01
    assert found["between"] == 0


def test_the_comparison_notices_gradients_that_are_not_shared():
    """What two processes would do without the wrapper: each its own step, on its own part."""
    row = compare.ROWS["MLP on the plane"]
    first, alone = compare.weights_after(row)
    _, part = compare.weights_after(row, rank=0, world=1, part=slice(0, None, 2))
    assert float((part - alone).norm() / (alone - first).norm()) > 100 * ROUNDING


def test_the_page_holds_every_row_of_the_table():
    page = (ROOT / "distributed" / "README.md").read_text(encoding="utf-8")
    told = dict(re.findall(r"^\| (.+?) \| ([\d.e+-]+) \|", page, flags=re.MULTILINE))
    assert list(told) == list(compare.ROWS)
    assert all(float(told[name]) < ROUNDING for name in EXACT)


def run(*command: str, **env: str) -> str:
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=os.environ | {"OMP_NUM_THREADS": "1"} | env,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("processes", [1, 2])
def test_the_script_trains_and_keeps_the_average(processes, tmp_path):
    started = [sys.executable]
    if processes > 1:
        started += ["-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={processes}"]
    out = tmp_path / "average.pt"
    said = run(*started, "distributed/train.py", "--steps=2", "--batch=8", f"--out={out}")
    assert said.count("step 2: D ") == 1  # only the first process speaks
    G = models.dcgan_generator()
    G.load_state_dict(torch.load(out, weights_only=True))
    assert torch.isfinite(G(torch.randn(4, 64))).all()


def test_the_job_array_gives_each_job_its_seed(tmp_path):
    script = ROOT / "distributed" / "sweep.sh"
    assert "#SBATCH --array=0-9" in script.read_text(encoding="utf-8")
    kept = []
    for seed in ("3", "4"):
        more = {"SLURM_ARRAY_TASK_ID": seed, "PYTHON": sys.executable, "STEPS": "1"}
        done = subprocess.run(
            ["bash", script],
            cwd=tmp_path,
            env=os.environ | {"OMP_NUM_THREADS": "1"} | more,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        assert done.returncode == 0, done.stderr
        kept.append(torch.load(tmp_path / "runs" / f"seed_{seed}.pt", weights_only=True))
    assert any(not torch.equal(kept[0][name], kept[1][name]) for name in kept[0])


def test_a_wrapped_net_is_averaged_like_the_net_itself():
    """``averaged`` goes through weights in order, so a wrapper around G does not matter."""
    G, average = models.plane_generator(), models.plane_generator()
    wrapped = torch.nn.Sequential(G)
    run_of_one = iter([training.Moment(1, 1, {}, training.History(), wrapped, G, G)])
    list(training.averaged(run_of_one, average, decay=0.0))
    for kept, new in zip(average.parameters(), G.parameters(), strict=True):
        assert torch.equal(kept, new)
