"""The room's JupyterHub: limits, rights, secrets, the way to the network; a trial where it can run.

The configuration is read as JupyterHub reads it, by traitlets. Where jupyterhub is installed every
option is held against the classes that take it, and two learners run a lesson in a real hub; those
tests are skipped elsewhere and say so.
"""

import importlib
import importlib.util
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from packaging.version import Version
from traitlets.config.loader import PyFileConfigLoader

from hub import load, start
from tests.repository.test_environment import SECURITY_FLOORS

ROOT = Path(__file__).resolve().parents[2]
HUB = ROOT / "hub"
PAGE = (HUB / "README.md").read_text(encoding="utf-8")
needs_hub = pytest.mark.skipif(
    importlib.util.find_spec("jupyterhub") is None, reason="jupyterhub is not installed"
)


@pytest.fixture
def config(monkeypatch):
    """Return a function that reads the configuration with these variables of the environment."""

    def read(**variables: str):
        for name in ("STATE", "DATA", "CERT", "KEY", "DOMAIN"):
            monkeypatch.delenv(f"GAN_HUB_{name}", raising=False)
        for name, value in variables.items():
            monkeypatch.setenv(f"GAN_HUB_{name}", value)
        return PyFileConfigLoader("jupyterhub_config.py", str(HUB)).load_config()

    return read


# -- limits ----------------------------------------------------------------------------------


def test_every_learner_has_limits_and_a_spawner_that_holds_them(config):
    c = config()
    assert c.JupyterHub.spawner_class == "systemdspawner.SystemdSpawner"
    assert re.fullmatch(r"\d+G", c.Spawner.mem_limit)
    assert c.Spawner.cpu_limit > 0
    assert c.SystemdSpawner.unit_extra_properties["MemorySwapMax"] == "0"
    assert 0 < c.JupyterHub.concurrent_spawn_limit < c.JupyterHub.active_server_limit


def test_torch_is_told_the_quota(config):
    c = config()
    assert c.Spawner.environment["OMP_NUM_THREADS"] == str(int(c.Spawner.cpu_limit))


def test_who_is_idle_is_ended_by_a_service_with_no_more_rights_than_that(config):
    c = config()
    (culler,) = c.JupyterHub.services
    assert any(re.fullmatch(r"--timeout=\d{4}", word) for word in culler["command"])
    (role,) = (role for role in c.JupyterHub.load_roles if "culler" in role.get("services", ()))
    rights = {"list:users", "read:users:activity", "read:servers", "delete:servers"}
    assert culler["name"] == "culler"
    assert set(role["scopes"]) == rights


# -- rights and secrets ----------------------------------------------------------------------


def test_nobody_comes_in_unasked_and_nobody_can_act_as_another(config):
    c = config()
    assert c.Authenticator.allow_all is False
    assert c.LocalAuthenticator.allowed_groups
    assert c.Authenticator.admin_users == set()
    scopes = {scope for role in c.JupyterHub.load_roles for scope in role["scopes"]}
    wide = ("access", "tokens", "admin:", "self", "inherit")
    assert not [scope for scope in scopes if scope.startswith(wide)]


def test_no_secret_stands_in_the_files(config):
    for path in HUB.iterdir():
        if path.is_file():
            text = path.read_text(encoding="utf-8")
            assert not re.search(r"[0-9a-fA-F]{24,}", text), path.name
            assert not re.search(r"(?i)(password|passwd|secret)\s*=\s*[\"']\w", text), path.name
    c = config(STATE="/somewhere")
    assert not any("api_token" in service for service in c.JupyterHub.services)
    assert c.JupyterHub.cookie_secret_file == "/somewhere/cookie_secret"
    assert c.JupyterHub.db_url == "sqlite:////somewhere/hub.sqlite"


def test_the_environment_of_a_learner_is_made_not_inherited(config):
    c = config()
    assert not {"PATH", "PYTHONPATH", "VIRTUAL_ENV"} & set(c.Spawner.env_keep)
    assert "PYTHONPATH" not in c.Spawner.environment
    assert c.Spawner.environment["JUPYTERHUB_ALLOW_TOKEN_IN_URL"] == "0"


def test_shared_data_are_named_where_they_are_and_read_only(config, tmp_path):
    assert "GAN_LESSONS_DATA" not in config(DATA=str(tmp_path / "none")).Spawner.environment
    c = config(DATA=str(tmp_path))
    assert c.Spawner.environment["GAN_LESSONS_DATA"] == str(tmp_path)
    readonly = [path.removeprefix("-") for path in c.SystemdSpawner.readonly_paths]
    assert {str(tmp_path), sys.prefix} <= set(readonly)


# -- the network -----------------------------------------------------------------------------


def test_without_a_certificate_it_stays_on_loopback(config):
    for given in ({}, {"CERT": "/x.crt"}, {"KEY": "/x.key"}):
        c = config(**given)
        assert c.JupyterHub.bind_url == "http://127.0.0.1:8000"
        assert "ssl_cert" not in c.JupyterHub
    for c in (config(), config(CERT="/x.crt", KEY="/x.key")):
        assert c.JupyterHub.hub_bind_url.startswith("http://127.0.0.1:")
        assert c.ConfigurableHTTPProxy.api_url.startswith("http://127.0.0.1:")
        assert c.Spawner.ip == "127.0.0.1"


def test_with_one_it_speaks_tls(config):
    c = config(CERT="/x.crt", KEY="/x.key")
    assert c.JupyterHub.bind_url.startswith("https://")
    assert (c.JupyterHub.ssl_cert, c.JupyterHub.ssl_key) == ("/x.crt", "/x.key")


def test_names_below_a_domain_need_tls(config):
    c = config(DOMAIN="https://gan.example.org")
    assert c.JupyterHub.subdomain_host == "https://gan.example.org"
    assert c.JupyterHub.cookie_host_prefix_enabled is True
    assert "cookie_host_prefix_enabled" not in config().JupyterHub
    with pytest.raises(ValueError, match="https"):
        config(DOMAIN="gan.example.org")


# -- a learner's server ----------------------------------------------------------------------


@pytest.mark.parametrize("writable", [True, False])
def test_a_server_starts_on_the_learner_s_copies_or_without_them(writable, tmp_path, monkeypatch):
    """A full or locked home is no reason to leave the learner without the means to mend it."""
    started = []
    monkeypatch.setattr(start.os, "execv", lambda path, words: started.append(words))
    monkeypatch.setattr(sys, "argv", ["start.py", "--LabApp.news_url=None"])
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("GAN_LESSONS_WORK", "/somebody/else's")
    if not writable:
        (tmp_path / "gan-lessons").write_text("a file in the way")
    start.main()
    assert start.os.environ["GAN_LESSONS_WORK"] == str(tmp_path / "gan-lessons")
    copies = [path.name for path in tmp_path.glob("gan-lessons/*.ipynb")]
    lessons = {path.name for path in (ROOT / "notebooks").glob("*.ipynb")}
    assert set(copies) == (lessons if writable else set())
    assert started == [[sys.executable, "-m", "jupyterhub.singleuser", "--LabApp.news_url=None"]]


# -- the page --------------------------------------------------------------------------------


def test_the_page_says_what_the_configuration_says():
    text = (HUB / "jupyterhub_config.py").read_text(encoding="utf-8")
    names = set(re.findall(r"GAN_HUB_[A-Z]+", PAGE))
    assert names >= {"GAN_HUB_CERT", "GAN_HUB_KEY", "GAN_HUB_DOMAIN", "GAN_HUB_STATE"}
    assert all(name in text for name in names)
    assert "gan-learners" in PAGE
    knobs = ("LEARNERS", "MEMORY", "CPUS", "IDLE", "INSTRUCTORS")
    assert all(f"`{name}`" in PAGE for name in knobs)


def test_the_page_names_versions_without_known_holes():
    for name in ("jupyterhub", "jupyter-server", "jupyterlab", "nbconvert", "notebook", "torch"):
        told = re.search(rf"(?m)^\| {name} \| ([\d.]+) \|", PAGE)[1]
        assert Version(told) == Version(SECURITY_FLOORS[name])
    asked = re.search(r'"jupyterhub>=([\d.]+)"', PAGE)[1]
    assert Version(asked) >= Version(SECURITY_FLOORS["jupyterhub"])


def test_the_table_on_the_page_is_the_one_that_was_measured():
    assert (HUB / "load.md").read_text(encoding="utf-8").strip() in PAGE


@pytest.mark.parametrize("target", re.findall(r"\]\(([^)#]+)\)", PAGE))
def test_a_link_of_the_page_leads_somewhere(target):
    assert target.startswith("https://") or (HUB / target).exists()


# -- the trial -------------------------------------------------------------------------------


def test_the_trial_says_who_did_not_finish():
    alone = load.Learner("alone", 5, 10, 4, "", 150, 400, 550, 9)
    many = [
        load.Learner("learner1", 9, 40, 4, "", 150, 400, 540, 30),
        load.Learner("learner2", 9, 0, 0, "RuntimeError: cell 3", 150, 90, 240, 10),
    ]
    told = {"lesson": "04", "budget": "ci", "hub": "6.1.1", "own": 190, "busy": 0.5}
    text = "".join(load.table(alone, many, 60, told))
    assert "Finished: 1 of 2." in text
    assert "40 s, 4.0 times as long" in text
    assert "for the 40 s that all computed" in text
    assert "| learner1 | 9.0 | 40 | 30 | 4 | 150 | 400 | 540 |" in text
    assert "0.8 GB at most, hub and proxy 190 MB" in text


def test_a_trial_without_a_proxy_says_what_to_install(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(SystemExit, match="npm install"), load.hub("tiny"):
        pass


# -- with jupyterhub -------------------------------------------------------------------------


@needs_hub
def test_every_option_is_one_that_its_class_takes(config):
    """A name with a slip in it would be ignored with a warning: a limit that is none."""
    c = config(CERT="/x.crt", KEY="/x.key", DOMAIN="https://gan.example.org")
    classes = {
        "JupyterHub": "jupyterhub.app",
        "Spawner": "jupyterhub.spawner",
        "Authenticator": "jupyterhub.auth",
        "LocalAuthenticator": "jupyterhub.auth",
        "ConfigurableHTTPProxy": "jupyterhub.proxy",
        "SystemdSpawner": "systemdspawner",
    }
    assert set(c) == set(classes)
    for name, module in classes.items():
        if importlib.util.find_spec(module) is None:
            pytest.skip(f"{module} is not installed: its options were not looked at")
        taken = getattr(importlib.import_module(module), name).class_traits(config=True)
        assert set(c[name]) <= set(taken), name


@needs_hub
def test_two_learners_run_a_lesson_in_a_real_hub():
    if shutil.which("configurable-http-proxy") is None:
        pytest.skip("configurable-http-proxy is not on PATH")
    command = [sys.executable, str(HUB / "load.py")]
    command += ["--learners", "2", "--lesson", "00", "--budget", "tiny"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Finished: 2 of 2." in done.stdout
    solved = re.findall(r"(?m)^\| learner\d \| [\d.]+ \| \d+ \| \d+ \| (\d+) \|", done.stdout)
    assert len(solved) == 2
    assert min(map(int, solved)) > 0
