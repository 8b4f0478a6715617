"""A learner's server in JupyterHub: make or update the copies, then become the server.

JupyterHub runs it as the learner, in the learner's home (jupyterhub_config.py names it).
"""

import os
import sys
from pathlib import Path

from gan_lessons import files
from gan_lessons.door import copies

SERVER = "jupyterhub.singleuser"


def main() -> None:
    """Bring the copies up to date; whatever comes of it, start the server.

    Where they are is told to every kernel: progress is kept there wherever a notebook lies.
    """
    os.environ["GAN_LESSONS_WORK"] = str(Path.home() / "gan-lessons")
    try:
        copies.bring(files.course("notebooks"))
    except Exception as error:  # a full disk: Lab is where the learner can make room
        print(error, file=sys.stderr, flush=True)
    os.execv(sys.executable, [sys.executable, "-m", SERVER, *sys.argv[1:]])


if __name__ == "__main__":
    main()
