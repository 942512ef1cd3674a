"""From passages to sentences with citations; it does not know where passages come from."""
