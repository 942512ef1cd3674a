"""The one assistant of a process, which the pages and HTTP share; it knows neither."""

from __future__ import annotations

import logging
import threading
from functools import lru_cache

from rag.assistant import Assistant
from rag.errors import NewsdeskError
from rag.models.embeddings import Embedder
from rag.models.reader import Reader
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
    """Load the models before the first question, side by side; what fails is logged here and told to whoever asks later."""
    try:
        assistant = shared_assistant()
    except NewsdeskError as error:
        log.warning("The models could not be loaded: %s", error)
        return
    # Threads that end with the process: it may be told to end while they load.
    loading = [threading.Thread(target=_load, args=[model], daemon=True) for model in (assistant.embedder, assistant.reader)]
    for thread in loading:
        thread.start()
    for thread in loading:
        thread.join()


def _load(model: Embedder | Reader) -> None:
    try:
        model.warm()
    except NewsdeskError as error:
        log.warning("The models could not be loaded: %s", error)
