"""Addresses in, files out: what a page, feed or sitemap gives, safely and politely; it knows neither articles' texts nor stores."""

from rag.fetch.addresses import is_address, parse_address
from rag.fetch.follow import Fetched, Remark, Step, follow
from rag.fetch.shelf import FOLDER, Kept, Shelf
from rag.fetch.visitor import Visitor

__all__ = ["FOLDER", "Fetched", "Kept", "Remark", "Shelf", "Step", "Visitor", "follow", "is_address", "parse_address"]
