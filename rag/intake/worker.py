"""The parsing process: reads one file after another for ``bounded``, under a limit of memory; it opens no file and no socket.

A request is a line of JSON and the file's bytes; the answer is a line of JSON. Python's own output goes nowhere, so
that a library that prints cannot garble the answers.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import asdict
from typing import Any, BinaryIO

from rag.errors import RejectedFile
from rag.intake.fields import Fields, Place
from rag.intake.mail import read_mail, read_mbox
from rag.intake.office import read_docx, read_epub
from rag.intake.pdf import read_pdf
from rag.intake.reading import Reading

PARSERS: dict[str, Callable[[bytes, Place], Reading]] = {
    ".pdf": read_pdf,
    ".docx": read_docx,
    ".epub": read_epub,
    ".eml": read_mail,
    ".mbox": read_mbox,
}
_GRACE = 5  # seconds; the parent is quicker, unless it was killed


def main() -> None:
    """Answers until the parent closes the pipe, or a file needed all the memory."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent ends this process, also on Ctrl-C
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    _limit_memory(int(sys.argv[1]))
    while line := requests.readline():
        request = json.loads(line)
        answer = _answered(request, requests)
        answers.write(json.dumps(answer).encode() + b"\n")
        answers.flush()
        if "memory" in answer:
            return  # a heap that was filled once may stay torn: the next file gets a fresh process


def _answered(request: dict[str, Any], requests: BinaryIO) -> dict[str, Any]:
    place = Place(**{**request["place"], "names": (), "known": Fields(**request["place"]["known"])})
    if hasattr(signal, "alarm"):
        signal.alarm(int(place.seconds) + _GRACE)  # ends this process even inside a C library
    try:
        raw = requests.read(request["size"])
        return {"reading": asdict(PARSERS[request["format"]](raw, place))}
    except RejectedFile as error:
        return {"rejected": str(error)}
    except MemoryError:
        return {"memory": True}
    except Exception as error:  # whatever a parser lets through loses this file only
        return {"rejected": f"a file that is broken: {type(error).__name__}: {str(error)[:200]}"}
    finally:
        if hasattr(signal, "alarm"):
            signal.alarm(0)


def _limit_memory(megabytes: int) -> None:
    try:
        import resource  # absent on Windows, where the limit of time alone holds
    except ImportError:
        return
    size = megabytes * 1_000_000
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    limit = size if hard == resource.RLIM_INFINITY else min(size, hard)
    resource.setrlimit(resource.RLIMIT_AS, (limit, hard))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    main()
