"""HTTP: questions, passages and articles as JSON, answers as server-sent events."""

from rag.api.first import ApiFirst
from rag.api.routes import api_of

__all__ = ["ApiFirst", "api_of"]
