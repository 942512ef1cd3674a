"""Newsdesk side by side with what others run: the same articles and questions, speed and quality next to each other (``make bench``)."""
