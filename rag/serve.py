"""What `newsdesk chat` starts: reads its arguments, loads the models, and serves pages and HTTP (rag/web.py) in one process."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading

from rag.errors import NewsdeskError
from rag.opened import warm
from rag.settings import load_settings
from rag.signin import listens_on, signin_of


def _main() -> None:
    parser = argparse.ArgumentParser(description="Serve the pages and the HTTP API on this machine.")
    parser.add_argument("--host", default="localhost")
    parser.add_argument("--port", type=int, default=8501)
    parser.add_argument("--open", action="store_true", help="open the page in a browser")
    args = parser.parse_args()
    try:
        settings = load_settings()
        signin = signin_of(settings)
        host = listens_on(args.host, signin)
    except NewsdeskError as error:
        sys.exit(f"newsdesk: {error}")
    # Whatever becomes of newsdesk.toml, this process goes on as it began: nobody takes the sign-in away from under it.
    os.environ.update(settings.as_environment())
    # The server ends what it is at, and then raises the signal again.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: sys.exit(0))
    # The models are loaded while Streamlit is imported: together the two take the seconds of the longer one.
    threading.Thread(target=warm, name="warm", daemon=True).start()
    from rag.web import serve

    serve(settings, signin, host=host, port=args.port, headless=not args.open)


if __name__ == "__main__":
    _main()
