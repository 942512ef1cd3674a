"""How much memory ``newsdesk eval`` takes while it asks thousands of prompts.

    python benchmarks/memory.py --prompts 10000 [--jobs 1]

The sample prompts again and again, through the command in a process of its own, whose memory is read from /proc every second.
"""

from __future__ import annotations

import argparse
import datetime
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from rag.settings import CHECKOUT


def resident(pid: int) -> float:
    """Memory of a process now, in MB; 0 once it has ended."""
    try:
        found = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text(encoding="ascii"))
    except OSError:
        return 0.0
    return int(found[1]) / 1024 if found else 0.0


def answered(folder: Path) -> int:
    """Results that are written so far."""
    return sum(path.read_bytes().count(b"\n") for path in folder.glob("evaluations/runs/*/results.jsonl"))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--prompts", type=int, default=10_000)
    parser.add_argument("--jobs", type=int, default=1)
    given = parser.parse_args()
    commit = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=CHECKOUT, capture_output=True, text=True).stdout.strip()
    print(f"python {' '.join(sys.argv)}   {datetime.date.today()}   commit {commit or 'unknown'}")
    prompts = CHECKOUT / "corpus" / "prompts.yaml"
    repeat = -(-given.prompts // prompts.read_text(encoding="utf-8").count("- description: "))
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {"NEWSDESK_HOME": folder}
        command = [
            sys.executable,
            "-m",
            "rag",
            "eval",
            str(prompts),
            "--repeat",
            str(repeat),
            "-j",
            str(given.jobs),
            "-o",
            f"{folder}/out.html",
        ]
        process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
        most, step = 0.0, 0
        while process.poll() is None:
            most = max(most, now := resident(process.pid))
            done = answered(Path(folder))
            if done >= step:
                print(f"{done:7,} answered   {now:7.0f} MB now   {most:7.0f} MB most", flush=True)
                step += given.prompts // 10
            time.sleep(1)
        print(f"{answered(Path(folder)):7,} answered   {most:7.0f} MB most, report included; exit {process.returncode}")


if __name__ == "__main__":
    main()
