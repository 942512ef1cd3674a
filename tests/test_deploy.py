"""The files of deploy/ name what there is: settings, options of the command, addresses of the app. What a server makes of them, docs/several-people.md tells."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from collections import defaultdict
from pathlib import Path

import pytest

from rag.cli.arguments import parser
from rag.settings import CHECKOUT, Settings
from rag.signin import signin_of

DEPLOY = CHECKOUT / "deploy"
UNIT = (DEPLOY / "newsdesk.service").read_text("utf-8")


@pytest.mark.parametrize("name", sorted(path.name for path in DEPLOY.iterdir()))
def test_every_setting_that_a_file_names_is_one(name: str) -> None:
    named = {found.lower() for found in re.findall(r"NEWSDESK_(\w+)", (DEPLOY / name).read_text("utf-8"))}
    assert named <= set(Settings.model_fields)


def test_settings_of_the_service_sign_people_in(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    given = dict(re.findall(r"^(\w+)=(.*)$", (DEPLOY / "newsdesk.env").read_text("utf-8"), re.M))
    files = dict(re.findall(r"^Environment=(NEWSDESK_\w+_FILE)=%d/(\S+)$", UNIT, re.M))
    assert set(files.values()) == set(re.findall(r"^LoadCredential=([\w-]+):/etc/newsdesk/\1$", UNIT, re.M))
    for name, file in files.items():
        (tmp_path / file).write_text("0123456789abcdef" * 4 + "\n")
        given[name] = str(tmp_path / file)
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    signin = signin_of(Settings())
    assert signin
    assert signin.address == "https://news.example.org"


def test_service_starts_the_command_where_the_proxies_look_for_it() -> None:
    (line,) = re.findall(r"^ExecStart=(.*)$", UNIT, re.M)
    program, *words = shlex.split(line)
    assert program.endswith("/newsdesk")
    args = parser(defaultdict(lambda: len)).parse_args(words)  # nothing is run
    assert args.host == "localhost"
    for name in ("nginx.conf", "Caddyfile"):
        assert f"127.0.0.1:{args.port}" in (DEPLOY / name).read_text("utf-8")


def test_unit_is_one_and_exposes_little(tmp_path: Path) -> None:
    if not shutil.which("systemd-analyze"):
        pytest.skip("no systemd-analyze on this machine")
    # The program lies elsewhere here.
    unit = tmp_path / "newsdesk.service"
    unit.write_text(UNIT.replace("/opt/newsdesk/.venv/bin/newsdesk", "/bin/true"))
    checked = subprocess.run(["systemd-analyze", "verify", unit], text=True, capture_output=True)
    assert "newsdesk.service" not in checked.stderr
    judged = subprocess.run(["systemd-analyze", "security", "--offline=true", "--threshold=20", unit], text=True, capture_output=True)
    assert judged.returncode == 0, judged.stdout[-500:] + judged.stderr
