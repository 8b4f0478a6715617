"""Many learners at once on one machine: `python hub/load.py`, with the course and a hub installed.

    python hub/load.py                          8 learners, lesson 04 at the ci budget
    python hub/load.py --learners 30 --write    the table goes to hub/load.md

A hub is started on loopback with `jupyterhub_config.py` as it stands, but for what a trial needs:
other ports, names instead of accounts, and JupyterHub's simple spawner, by which every server runs
as whoever started this program and no limit is held. One learner runs the solved lesson alone, then
all at once; whoever does not finish fails the trial. Memory is that of a learner's processes
(proportional set size, so that what they share is counted once), sampled every half second.

It needs jupyterhub, configurable-http-proxy and Linux; nothing outside this machine is asked.
"""

import argparse
import contextlib
import json
import os
import platform
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from importlib import metadata
from pathlib import Path

import psutil
import websocket

from gan_lessons import files, progress

HERE = Path(__file__).resolve().parent
CONFIG = HERE / "jupyterhub_config.py"
TABLE = HERE / "load.md"
PATIENCE = 1_800  # seconds for one cell, or for a server to start
MARK = "JUPYTERHUB_USER"  # in the environment of all that runs for a learner

# What a trial changes. JupyterHub reads it in place of CONFIG, which it reads first.
TRIAL = """
import os
load_subconfig(os.environ["GAN_TRIAL_CONFIG"])
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = os.environ["GAN_HUB_STATE"] + "/homes/{username}"
c.JupyterHub.authenticator_class = "null"  # nobody logs in; the trial has a token
c.JupyterHub.bind_url = "http://127.0.0.1:" + os.environ["GAN_TRIAL_PORT"]
c.JupyterHub.hub_bind_url = "http://127.0.0.1:" + os.environ["GAN_TRIAL_HUB"]
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:" + os.environ["GAN_TRIAL_PROXY"]
c.ConfigurableHTTPProxy.pid_file = os.environ["GAN_HUB_STATE"] + "/proxy.pid"
c.Spawner.environment.update(
    GAN_LESSONS_BUDGET=os.environ["GAN_TRIAL_BUDGET"],
    GAN_LESSONS_STRICT="1",
    IPYTHONDIR=os.environ["GAN_HUB_STATE"] + "/ipython",
)
c.JupyterHub.services.append({"name": "trial", "api_token": os.environ["GAN_TRIAL_TOKEN"]})
scopes = ["admin:users", "admin:servers", "access:servers", "list:users"]
c.JupyterHub.load_roles.append({"name": "trial", "services": ["trial"], "scopes": scopes})
if os.geteuid() == 0:  # a throw-away machine; jupyterhub_config.py itself runs nothing as root
    c.Spawner.args.append("--allow-root")
"""


@dataclass
class Learner:
    """What was seen of one learner."""

    name: str
    ready: float = 0.0  # seconds until the server answers
    lesson: float = 0.0  # seconds from the kernel's start to the last cell
    solved: int = 0  # exercises with ✓ in the learner's progress.json
    error: str = ""
    server: float = 0.0  # MB at most
    kernel: float = 0.0
    both: float = 0.0
    processor: float = 0.0  # seconds that all of the learner's processes computed


@dataclass
class Hub:
    """A hub on loopback."""

    port: int
    token: str
    state: Path
    version: str = ""
    own: list[int] = field(default_factory=list)  # processes of hub and proxy

    def ask(self, method: str, path: str, body: dict | None = None) -> dict | list | None:
        """Ask the hub, or a learner's server through its proxy; return what it answers."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}",
            method=method,
            data=json.dumps(body or {}).encode() if method == "POST" else None,
            headers={"Authorization": f"token {self.token}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            text = answer.read()
        return json.loads(text) if text else None


def free_ports(count: int) -> list[int]:
    """Return ports of loopback that are free now."""
    with contextlib.ExitStack() as stack:
        taken = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [one.getsockname()[1] for one in taken]


@contextlib.contextmanager
def hub(budget: str) -> Iterator[Hub]:
    """Start a hub, yield it, stop it and all that it started."""
    if shutil.which("configurable-http-proxy") is None:
        raise SystemExit(
            "configurable-http-proxy is missing.\nNothing was started.\n"
            "Install it (npm install configurable-http-proxy) and put it on PATH."
        )
    with tempfile.TemporaryDirectory(prefix="gan-hub-", ignore_cleanup_errors=True) as folder:
        state = Path(folder)
        (state / "trial.py").write_text(TRIAL, encoding="utf-8")
        one = Hub(0, secrets.token_hex(24), state)
        one.port, api, proxy = free_ports(3)
        env = os.environ | {
            "GAN_HUB_STATE": folder,
            "GAN_TRIAL_CONFIG": str(CONFIG),
            "GAN_TRIAL_TOKEN": one.token,
            "GAN_TRIAL_BUDGET": budget,
            **{"GAN_TRIAL_PORT": str(one.port), "GAN_TRIAL_HUB": str(api)},
            "GAN_TRIAL_PROXY": str(proxy),
        }
        log = state / "hub.log"
        command = [sys.executable, "-m", "jupyterhub", "-f", str(state / "trial.py")]
        with log.open("wb") as file:
            process = subprocess.Popen(command, cwd=state, env=env, stdout=file, stderr=file)
        try:
            wait_for(one, process, log)
            mine = psutil.Process(process.pid)
            one.own = [process.pid, *(child.pid for child in mine.children(recursive=True))]
            yield one
        except Exception:
            print(log.read_text(encoding="utf-8", errors="replace")[-4_000:], file=sys.stderr)
            raise
        finally:
            process.terminate()
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()


def wait_for(one: Hub, process: subprocess.Popen, log: Path) -> None:
    """Wait until the hub answers; raise if it ended."""
    end = time.monotonic() + 120
    while time.monotonic() < end:
        if process.poll() is not None:
            break
        with contextlib.suppress(OSError):
            one.version = one.ask("GET", "/hub/api/")["version"]
            return
        time.sleep(0.3)
    raise RuntimeError(f"The hub did not start: {log.read_text(errors='replace')[-2_000:]}")


# -- one learner -----------------------------------------------------------------------------


def learn(one: Hub, who: Learner, lesson: Path) -> None:
    """Start a learner's server and run a solved lesson in a kernel of it, cell by cell."""
    try:
        began = time.monotonic()
        one.ask("POST", f"/hub/api/users/{who.name}/server")
        while not one.ask("GET", f"/hub/api/users/{who.name}")["servers"].get("", {}).get("ready"):
            if time.monotonic() - began > PATIENCE:
                raise TimeoutError("the server never was ready")
            time.sleep(0.3)
        who.ready = time.monotonic() - began
        began = time.monotonic()
        run(one, who, lesson)
        who.lesson = time.monotonic() - began
        file = one.state / "homes" / who.name / "gan-lessons" / progress.NAME
        who.solved = sum(tried.solved for tried in progress.read(file).values())
    except Exception as error:
        who.error = f"{type(error).__name__}: {error}"[:300]


def run(one: Hub, who: Learner, lesson: Path) -> None:
    """Run the cells of a solved notebook, as the page of JupyterLab would; raise on an error."""
    base = f"/user/{who.name}/api"
    session = one.ask(
        "POST",
        f"{base}/sessions",
        {"path": f"gan-lessons/{lesson.name}", "name": lesson.name, "type": "notebook"}
        | {"kernel": {"name": "python3"}},
    )
    kernel = session["kernel"]["id"]
    address = f"ws://127.0.0.1:{one.port}{base}/kernels/{kernel}/channels"
    header = [f"Authorization: token {one.token}"]
    line = websocket.create_connection(address, header=header, timeout=PATIENCE)
    cells = json.loads(lesson.read_text(encoding="utf-8"))["cells"]
    codes = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    with contextlib.closing(line):
        for number, code in enumerate(codes, 1):
            answer = execute(line, code)
            if answer["status"] != "ok":
                said = answer.get("ename", answer["status"]), answer.get("evalue", "")
                raise RuntimeError(f"cell {number} of {len(codes)}: {': '.join(said)}")


def execute(line: websocket.WebSocket, code: str) -> dict:
    """Run one cell and return the content of the kernel's reply."""
    asked = uuid.uuid4().hex
    header = {"msg_id": asked, "msg_type": "execute_request", "version": "5.3"}
    header |= {"username": "learner", "session": asked, "date": ""}
    content = {"code": code, "silent": False, "store_history": True, "stop_on_error": True}
    content |= {"user_expressions": {}, "allow_stdin": False}
    message = {"channel": "shell", "header": header, "parent_header": {}, "metadata": {}}
    line.send(json.dumps(message | {"content": content}))
    while True:
        told = line.recv()
        if isinstance(told, bytes):
            continue  # a widget's picture
        told = json.loads(told)
        if told["msg_type"] == "execute_reply" and told["parent_header"].get("msg_id") == asked:
            return told["content"]


# -- memory and processor --------------------------------------------------------------------


def megabytes(process: psutil.Process) -> float:
    return process.memory_full_info().pss / 1e6


def watch(learners: list[Learner], stop: threading.Event) -> None:
    """Keep the most memory that each learner's server and kernel had, and what they computed."""
    by_name = {who.name: who for who in learners}
    computed: dict[int, float] = {}
    whose: dict[int, tuple[Learner, str]] = {}
    while not stop.wait(0.5):
        now = {name: {"server": 0.0, "kernel": 0.0} for name in by_name}
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                if process.pid not in whose:
                    who = by_name.get(process.environ().get(MARK, ""))
                    kind = "kernel" if "ipykernel_launcher" in process.cmdline() else "server"
                    if who is None:
                        continue
                    whose[process.pid] = who, kind
                who, kind = whose[process.pid]
                now[who.name][kind] += megabytes(process)
                computed[process.pid] = sum(process.cpu_times()[:2])
        for name, seen in now.items():
            who = by_name[name]
            for kind in seen:
                setattr(who, kind, max(getattr(who, kind), seen[kind]))
            who.both = max(who.both, sum(seen.values()))
            mine = (pid for pid, (owner, _) in whose.items() if owner is who)
            who.processor = sum(computed.get(pid, 0.0) for pid in mine)


def together(one: Hub, names: list[str], lesson: Path) -> tuple[list[Learner], float]:
    """Let learners work at once; return what was seen of each, and the seconds until all had."""
    one.ask("POST", "/hub/api/users", {"usernames": names})
    learners, stop = [Learner(name) for name in names], threading.Event()
    watcher = threading.Thread(target=watch, args=(learners, stop), daemon=True)
    watcher.start()
    began = time.monotonic()
    with ThreadPoolExecutor(len(names)) as pool:
        list(pool.map(lambda who: learn(one, who, lesson), learners))
    seconds = time.monotonic() - began
    stop.set()
    watcher.join()
    for name in names:
        one.ask("DELETE", f"/hub/api/users/{name}/server")
    return learners, seconds


# -- the table -------------------------------------------------------------------------------


def table(alone: Learner, many: list[Learner], took: float, told: dict) -> Iterator[str]:
    """Yield the trial as a page."""
    cores, memory = os.cpu_count(), psutil.virtual_memory().total / 1e9
    slowest, computed = max(who.lesson for who in many), sum(who.processor for who in many)
    yield f"{len(many)} learners at once through lesson {told['lesson']}, solved, "
    yield f"budget `{told['budget']}`: {date.today().isoformat()}, {cores} cores, "
    yield f"{memory:.0f} GB, {platform.system()}, Python {platform.python_version()}, "
    yield f"torch {metadata.version('torch')}, JupyterHub {told['hub']}, "
    yield f"JupyterLab {metadata.version('jupyterlab')}; "
    yield f"{told['busy']:.1f} other processes were at work when it began.\n\n"
    yield "| learner | server ready, s | lesson, s | computed, s | ✓ | "
    yield "server, MB | kernel, MB | both, MB |\n|---|---|---|---|---|---|---|---|\n"
    for label, who in [("alone", alone), *((who.name, who) for who in many)]:
        yield f"| {label} | {who.ready:.1f} | {who.lesson:.0f} | {who.processor:.0f} | "
        yield f"{who.solved} | {who.server:.0f} | {who.kernel:.0f} | {who.both:.0f} |\n"
    yield f"\nFinished: {sum(not who.error for who in many)} of {len(many)}. "
    yield f"The slowest lesson took {slowest:.0f} s, {slowest / alone.lesson:.1f} times as long as "
    yield f"one learner alone. From the first click to the last cell {took:.0f} s: "
    yield f"{took / (computed / cores):.1f} times what {cores} cores need at least for the "
    yield f"{computed:.0f} s that all computed. All learners together held "
    yield f"{sum(who.both for who in many) / 1e3:.1f} GB at most, hub and proxy "
    yield f"{told['own']:.0f} MB.\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--learners", type=int, default=8)
    parser.add_argument("--lesson", default="04")
    parser.add_argument("--budget", default="ci")
    parser.add_argument("--write", action="store_true", help=f"write {TABLE.name}")
    asked = parser.parse_args()
    (lesson,) = files.course("notebooks/solutions").glob(f"{asked.lesson}_*.ipynb")
    busy = os.getloadavg()[0]
    with hub(asked.budget) as one:
        ((alone,), _) = together(one, ["alone"], lesson)
        if alone.error:
            log = (one.state / "hub.log").read_text(encoding="utf-8", errors="replace")
            print(f"{log[-3_000:]}\nalone: {alone.error}", file=sys.stderr)
            return 1
        names = [f"learner{number}" for number in range(1, asked.learners + 1)]
        many, took = together(one, names, lesson)
        own = sum(megabytes(psutil.Process(pid)) for pid in one.own if psutil.pid_exists(pid))
        told = {"lesson": asked.lesson, "budget": asked.budget, "hub": one.version}
        told |= {"own": own, "busy": busy}
    text = "".join(table(alone, many, took, told))
    print(text)
    failed = [f"{who.name}: {who.error}" for who in many if who.error]
    print("\n".join(failed), end="\n" * bool(failed), file=sys.stderr)
    if asked.write and not failed:
        TABLE.write_text(text, encoding="utf-8")
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
