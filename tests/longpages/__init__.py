"""A third set of labelled web pages, as large as real ones; see README.md."""
