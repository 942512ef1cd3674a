"""``python -m training.prompts``: the invented news that nothing is trained or fitted on, as articles and test prompts for ``newsdesk eval``."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import yaml

NEWS = Path(__file__).with_name("news") / "test.jsonl"


def main() -> None:
    """Write ``articles.jsonl`` and ``prompts.yaml`` into a folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder to write into")
    out: Path = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    told = [json.loads(line) for line in NEWS.read_text(encoding="utf-8").splitlines()]
    articles = [{"id": a["id"], "title": a["title"], "source": a["outlet"], "published": a["date"], "text": a["text"]} for a in told]
    (out / "articles.jsonl").write_text("".join(json.dumps(a, ensure_ascii=False) + "\n" for a in articles), encoding="utf-8")
    prompts = [
        {"question": asked["question"], "assert": [{"type": "contains", "value": asked["answer"]}, {"type": "cites", "value": a["id"]}]}
        for a in told
        for asked in a["questions"]
    ]
    prompts += [
        {"question": question, "assert": [{"type": "abstains"}], "metadata": {"near": True}} for a in told for question in a["unanswerable"]
    ]
    text = yaml.safe_dump({"sources": ["articles.jsonl"], "tests": prompts}, allow_unicode=True, sort_keys=False)
    (out / "prompts.yaml").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
