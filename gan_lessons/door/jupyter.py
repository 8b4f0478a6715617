"""JupyterLab on the learner's copies. Introduced in lesson 00."""

import importlib.util
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

from gan_lessons import files
from gan_lessons.door import copies
from gan_lessons.errors import SettingError

NEEDED = ("torch", "jupyterlab", "ipykernel")


def missing_packages(needed: tuple[str, ...] = NEEDED) -> list[str]:
    """Return which of the packages the notebooks need this Python does not have. Lesson 00."""
    return [name for name in needed if importlib.util.find_spec(name) is None]


def command(work: Path, lesson: Path, options: list[str]) -> list[str]:
    """Return the command line of JupyterLab; the learner's own options come last and win.

    Introduced in lesson 00.
    """
    repository = files.checkout()
    root = repository if repository and work.is_relative_to(repository) else work
    page = quote(lesson.relative_to(root).as_posix())
    return [
        *(sys.executable, "-m", "jupyterlab"),
        f"--ServerApp.root_dir={root}",
        f"--LabApp.default_url=/lab/tree/{page}",
        "--LabApp.extension_manager=readonly",
        "--LabApp.news_url=None",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        "--KernelManager.transport_encryption=auto",  # several learners may share a machine
        "--Application.log_level=WARN",
        *options,
    ]


def environment() -> dict[str, str]:
    """Return the server's environment; what the learner has set already is kept. Lesson 00."""
    env = dict(os.environ)
    env.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # idle threads sleep: kernels share the cores
    env.setdefault("JUPYTER_PREFER_ENV_PATH", "1")  # the kernel of this environment, no other
    return env


def ask_no_questions(prefix: Path) -> None:
    """Answer JupyterLab's question about fetching news with no, for this environment only.

    Lesson 00.
    """
    file = prefix / "share/jupyter/lab/settings/overrides.d/gan-lessons.json"
    answer = {"@jupyterlab/apputils-extension:notification": {"fetchNews": "false"}}
    try:
        if not file.exists():
            file.parent.mkdir(parents=True, exist_ok=True)
            files.write_whole(file, json.dumps(answer).encode())
    except OSError:
        pass  # an environment that cannot be written: JupyterLab asks once


def serve(arguments: list[str]) -> int:
    """Run JupyterLab, which prints its own address, until it ends; return its exit status.

    Lesson 00.
    """
    server = subprocess.Popen(arguments, env=environment())
    signal.signal(signal.SIGTERM, lambda *_: server.terminate())
    while True:
        try:
            return server.wait()
        except KeyboardInterrupt:
            continue  # JupyterLab has received it too and asks whether to stop


def refusal(work: Path, lessons: Path, options: list[str]) -> SettingError | None:
    """Return why JupyterLab cannot be opened here, or None. Lesson 00."""
    if missing := missing_packages():
        again = "Run `make lab` once more" if files.checkout() else "pip install 'gan-lessons[lab]'"
        return SettingError(
            f"This Python ({sys.executable}) lacks {', '.join(missing)}.",
            "Nothing was started; your copies are untouched.",
            f"{again}. Or open {work} with a Jupyter that you have: `gan-lessons copy` fills it.",
        )
    if getattr(os, "geteuid", lambda: 1)() == 0 and "--allow-root" not in options:
        return SettingError(
            "JupyterLab does not start for the user root: a notebook could change the system.",
            f"Your copies of the lessons are in {work}; nothing was started.",
            "Use an ordinary account. In a throw-away container add: --allow-root",
        )
    return None


def open_lab(options: list[str], lessons: Path) -> int:
    """Bring the copies up to date, say what the learner has to know, and run JupyterLab.

    Introduced in lesson 00.

    Args:
        options: for JupyterLab. lessons: the folder of the generated notebooks.

    Returns:
        The exit status.

    Raises:
        SettingError: there are no lessons, no folder for the copies, or no JupyterLab.
    """
    work = copies.bring(lessons)
    if reason := refusal(work, lessons, options):
        raise reason
    print("JupyterLab opens in your browser; if none opens, use an address that it prints below.")
    print("To stop it: save, come back here, press Ctrl-C twice.", flush=True)
    ask_no_questions(Path(sys.prefix))
    return serve(command(work, copies.first_lesson(work, lessons), options))
