"""Run as a process of its own: imports the command once, then forks a child for each ``newsdesk`` call that a test wants to cut off.

Reads JSON lines: ``{"start": argv, "home", "errors", "die": [stage, count] | null, "hold": seconds}`` answers a process id,
``{"join": pid}`` its exit status, negative for a signal. ``die`` kills the child itself, at that stage of its pass, or where it calls the
function of that dotted name. ``{"read": file, "home", "errors", "seed"}`` starts a reader (reader.py) instead of a call.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

import reader

import rag.cli.commands
import rag.cli.keeping
import rag.cli.library
import rag.store.publish
import rag.store.writes
import rag.terminal


def main() -> None:
    """Serve until standard input ends."""
    for line in sys.stdin:
        asked = json.loads(line)
        if "join" in asked:
            print(os.waitstatus_to_exitcode(os.waitpid(asked["join"], 0)[1]), flush=True)
            continue
        pid = os.fork()
        if pid == 0:
            _child(asked)
        print(pid, flush=True)


def _child(asked: dict[str, Any]) -> None:
    errors = os.open(asked["errors"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(os.open(os.devnull, os.O_RDWR), 0)
    os.dup2(errors, 1)
    os.dup2(errors, 2)
    os.environ["NEWSDESK_HOME"] = asked["home"]
    code = 70
    try:
        if "read" in asked:
            reader.read(Path(asked["read"]), asked["seed"])
            code = 0
        else:
            _arrange(asked.get("die"), asked.get("hold", 0))
            code = rag.cli.main(asked["start"])
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _arrange(die: list[Any] | None, hold: float) -> None:
    """Small batches, and a way to die or to dawdle; only in this child."""
    rag.store.publish._EMBED_BATCH = 2
    stage, count = die or (None, 0)
    seen = {"left": count}

    def show(self: object, now: str, done: int, total: int) -> None:
        if hold:
            time.sleep(hold)
        if now == stage:
            seen["left"] -= 1
            if seen["left"] == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    def kill(*args: object, **more: object) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    rag.terminal.Bars.show = show
    commit = rag.store.publish.commit_switch

    def commit_and_die(*args: Any) -> None:
        commit(*args)
        kill()

    if stage == "committing":
        rag.store.publish.commit_switch = kill
    elif stage == "committed":
        rag.store.publish.commit_switch = commit_and_die
    elif stage == "half committed":
        rag.store.writes._replace_chunks = kill
    elif stage and "." in stage:
        module, _, name = stage.rpartition(".")
        setattr(sys.modules[module], name, kill)


if __name__ == "__main__":
    main()
