"""What Newsdesk keeps: the library (SQLite) is the truth, the index (Chroma) is rebuilt from it."""
