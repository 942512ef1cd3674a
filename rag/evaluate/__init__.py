"""Prompts with what their answers must hold: run, scored, compared; it asks as any caller does."""
