"""Questions out of sentences, by rule; pure."""
