"""What the documents say is true: settings are listed with their defaults, and the examples run."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

import rag.cli.commands
import rag.cli.evaluate
from rag.assistant import Assistant
from rag.cli import main
from rag.settings import CHECKOUT, Settings


def test_settings_page_lists_every_setting_with_its_default() -> None:
    page = (CHECKOUT / "docs" / "settings.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `NEWSDESK_(\w+)` \| (.+?) \|", page, re.M))
    assert {name.lower() for name in rows} == set(Settings.model_fields)
    for name, field in Settings.model_fields.items():
        if name != "home":
            assert rows[name.upper()] == f"`{field.default}`"


@pytest.mark.parametrize("document", ["README.md", "docs/langchain.md"])
def test_python_example_prints_what_the_document_says(document: str, tmp_path: Path) -> None:
    text = (CHECKOUT / document).read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", text, re.S)
    (tmp_path / "corpus").symlink_to(CHECKOUT / "corpus")
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=True)
    for line in done.stdout.splitlines():
        assert line in text


def test_commands_of_the_testing_page_lead_to_a_gate(
    tmp_path: Path, assistant: Assistant, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(rag.cli.evaluate, "Embedder", lambda name, cache, runtime: assistant.embedder)
    monkeypatch.setattr(rag.cli.commands, "Assistant", lambda settings: Assistant(settings, embedder=assistant.embedder))
    text = (CHECKOUT / "docs" / "testing.md").read_text(encoding="utf-8")
    (prompts,) = re.findall(r"```yaml\n(.*?)```", text, re.S)
    Path("prompts.yaml").write_text(prompts, encoding="utf-8")
    Path("corpus").symlink_to(CHECKOUT / "corpus")
    # `ask` needs a served library, which a reader of the page has.
    main(["sync", "corpus/articles"])
    said = ""
    for line in "".join(re.findall(r"```sh\n(.*?)```", text, re.S)).splitlines():
        command, _, target = line.partition(" > ")
        words = shlex.split(command, comments=True)
        if words:
            assert words[0] == "newsdesk"
            # All three pass, so no prompt is left that failed.
            assert main(words[1:]) == (2 if "--filter-failing" in words else 0), line
            out = capsys.readouterr().out
            said += out
            if target:
                Path(target).write_text(out, encoding="utf-8")
    assert said.count("3 passed") >= 5
    assert said.count("No difference shown") == 3
    for name in ("prompts.schema.json", "baseline.json", "report.html", "junit.xml", "answers.csv"):
        assert Path(name).stat().st_size > 100


def test_every_document_that_the_readme_links_to_is_there() -> None:
    text = (CHECKOUT / "README.md").read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        assert target.startswith("http") or (CHECKOUT / target).exists(), target
    assert len(text.splitlines()) < 150
