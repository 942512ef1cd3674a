"""Files in, articles out: what is read, what was left out and why; it knows neither stores nor models."""

from rag.intake.boilerplate import Page, clean_page
from rag.intake.fields import Fields
from rag.intake.folder import Entry, Origin, Rejection, list_files, read_bytes, read_file, read_source
from rag.intake.formats import KNOWN
from rag.intake.identity import canonical_url
from rag.intake.uploads import keep_upload, uploads_folder

__all__ = [
    "KNOWN",
    "Entry",
    "Fields",
    "Origin",
    "Page",
    "Rejection",
    "canonical_url",
    "clean_page",
    "keep_upload",
    "list_files",
    "read_bytes",
    "read_file",
    "read_source",
    "uploads_folder",
]
