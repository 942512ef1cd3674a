"""The one assistant of a process, which the pages and HTTP share; it knows neither."""

from __future__ import annotations

import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache

from rag.assistant import Assistant
from rag.errors import NewsdeskError
from rag.settings import Settings, load_settings

log = logging.getLogger(__name__)

_opening = threading.Lock()


@lru_cache(maxsize=1)
def _assistant(settings: Settings) -> Assistant:
    return Assistant(settings)


def shared_assistant() -> Assistant:
    """The assistant of the settings in force, opened once however many ask; raises what opening it raises, and tries again when asked again."""
    with _opening:
        return _assistant(load_settings())


def warm() -> None:
    """Load the models before the first question; what fails is logged here and told to whoever asks later."""
    try:
        assistant = shared_assistant()
        with ThreadPoolExecutor(1) as pool:
            reader = pool.submit(assistant.reader.warm)
            assistant.embedder.warm()
            reader.result()
    except NewsdeskError as error:
        log.warning("The models could not be loaded: %s", error)
