"""A JupyterHub for a room: `jupyterhub -f hub/jupyterhub_config.py`. How to: README.md beside it.

Every learner is an account of this machine and gets a JupyterLab of their own in a unit of systemd,
which holds the limits. JupyterHub 5.5.1 or newer; tried with 6.1.1. Where the machine has no
systemd, see "Another spawner" in README.md: JupyterHub's own local spawner sets no limits at all.

No password, key or token stands here, and none belongs here: JupyterHub makes its own secrets at
its first start and keeps them in STATE, and what only this machine knows comes from its environment
(GAN_HUB_…).
"""

import os
import sys
from pathlib import Path

c = get_config()  # noqa: F821  JupyterHub hands it in

# -- what to look at before the first lesson -------------------------------------------------

LEARNERS = 30  # servers that run at once; whoever comes next is told that the room is full
MEMORY = "3G"  # what each learner is stopped at; README.md says what a lesson takes
CPUS = 1  # cores of each learner, as a quota; torch is told the same number
STARTS = 8  # servers that start at once; the others wait a few seconds
IDLE = 60 * 60  # seconds; then a server that nobody uses ends, files and copies stay
INSTRUCTORS = []  # accounts who see who is here and start or stop a server; they read no files

HERE = Path(__file__).resolve().parent
VENV = Path(sys.prefix)  # the course, JupyterLab and JupyterHub in one environment, owned by root
STATE = Path(os.environ.get("GAN_HUB_STATE", "/srv/gan-hub"))  # of JupyterHub: for root alone
DATA = Path(os.environ.get("GAN_HUB_DATA", "/srv/gan-data"))  # MNIST and the like, for all to read

# -- limits: one learner cannot take the room from the others --------------------------------

c.JupyterHub.spawner_class = "systemdspawner.SystemdSpawner"
c.Spawner.mem_limit = MEMORY
c.Spawner.cpu_limit = float(CPUS)
# Without this line a kernel over its memory fills the swap, and the whole machine crawls.
c.SystemdSpawner.unit_extra_properties = {"MemorySwapMax": "0", "TasksMax": "512"}
c.SystemdSpawner.isolate_tmp = True
c.SystemdSpawner.disable_user_sudo = True
c.JupyterHub.active_server_limit = LEARNERS
c.JupyterHub.concurrent_spawn_limit = STARTS
c.Spawner.start_timeout = c.Spawner.http_timeout = 120

# -- data and course: one copy for all, which nobody can write -------------------------------

c.SystemdSpawner.readonly_paths = ["-" + str(DATA), str(VENV)]  # "-": it need not be there

# -- a learner's server ----------------------------------------------------------------------

# It starts in the learner's own home. A folder that several can write never stands on PYTHONPATH
# and is never where a kernel starts: Python would import a neighbor's torch.py from it. So of the
# hub's own environment nothing but these goes on to a learner.
c.Spawner.env_keep = ["LANG", "LC_ALL"]
c.Spawner.environment = {
    "PATH": f"{VENV / 'bin'}:/usr/local/bin:/usr/bin:/bin",
    "OMP_NUM_THREADS": str(CPUS),  # torch would start a thread for every core of the machine
    "OMP_WAIT_POLICY": "PASSIVE",  # threads without work sleep: they share the cores
    "JUPYTER_PREFER_ENV_PATH": "1",
    "JUPYTERHUB_ALLOW_TOKEN_IN_URL": "0",  # addresses end up in histories, logs and chats
}
if DATA.is_dir():
    c.Spawner.environment["GAN_LESSONS_DATA"] = str(DATA)
# start.py makes the learner's copies, which are never overwritten, then becomes the server.
c.Spawner.cmd = [sys.executable, str(HERE / "start.py")]
c.Spawner.args = [
    "--LabApp.extension_manager=readonly",
    "--LabApp.news_url=None",
    "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    "--KernelManager.transport_encryption=auto",  # the learners share a machine
]
c.Spawner.default_url = "/lab/tree/gan-lessons/00_start_here.ipynb"

# -- who comes in ----------------------------------------------------------------------------

# Accounts of this machine, with the machine's own passwords, who are in the group gan-learners.
c.JupyterHub.authenticator_class = "pam"
c.LocalAuthenticator.allowed_groups = {"gan-learners"}
c.Authenticator.allow_all = False
c.Authenticator.admin_users = set()  # an admin of JupyterHub can act as every learner: nobody is
c.JupyterHub.load_groups = {"instructors": {"users": list(INSTRUCTORS)}}

# A program that asks JupyterHub anything has a token with the few rights that it needs. JupyterHub
# makes the culler's at each start and hands it over in the environment.
c.JupyterHub.services = [
    {
        "name": "culler",
        "command": [sys.executable, "-m", "jupyterhub_idle_culler", f"--timeout={IDLE}"],
    }
]
c.JupyterHub.load_roles = [
    {
        "name": "culler",
        "services": ["culler"],
        "scopes": ["list:users", "read:users:activity", "read:servers", "delete:servers"],
    },
    {
        "name": "instructor",
        "groups": ["instructors"],
        "scopes": ["admin-ui", "list:users", "read:servers", "servers"],
    },
]

# -- secrets and the way to the network ------------------------------------------------------

c.JupyterHub.cookie_secret_file = str(STATE / "cookie_secret")
c.JupyterHub.db_url = f"sqlite:///{STATE / 'hub.sqlite'}"

# TLS, or loopback alone: passwords never cross a network in the clear. GAN_HUB_CERT and GAN_HUB_KEY
# name the certificate and its key. A server in front (nginx, Caddy) that speaks TLS passes on to
# 127.0.0.1:8000; then leave both unset.
cert, key = os.environ.get("GAN_HUB_CERT"), os.environ.get("GAN_HUB_KEY")
if cert and key:
    c.JupyterHub.ssl_cert, c.JupyterHub.ssl_key = cert, key
    c.JupyterHub.bind_url = "https://:443"
else:
    c.JupyterHub.bind_url = "http://127.0.0.1:8000"
c.JupyterHub.hub_bind_url = "http://127.0.0.1:8081"
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:8001"
c.Spawner.ip = "127.0.0.1"

# GAN_HUB_DOMAIN, such as https://gan.example.org: each learner gets a name below it
# (maria.gan.example.org), so that no page of one learner can reach another's. That needs a domain
# that holds nothing else, a wildcard in its DNS and in its certificate, and TLS.
if domain := os.environ.get("GAN_HUB_DOMAIN"):
    if not domain.startswith("https://"):
        raise ValueError("GAN_HUB_DOMAIN starts with https://: names below a domain need TLS.")
    c.JupyterHub.subdomain_host = domain
    c.JupyterHub.cookie_host_prefix_enabled = True  # no cookie of one name counts at another
