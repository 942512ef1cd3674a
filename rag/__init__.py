"""Newsdesk answers questions from a folder of news articles, with citations that open the exact words."""

__version__ = "0.1.0"
