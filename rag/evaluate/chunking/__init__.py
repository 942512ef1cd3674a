"""How much of what answers comes back, for our chunks beside others."""
