"""From public question sets to the reader that ships: ``python -m training DATA``; see docs/reader.md."""
