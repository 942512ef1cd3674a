"""The pages; they draw what the assistant says and know nothing of stores, models or prompts."""
