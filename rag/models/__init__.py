"""The outside models: embeddings and the reader. They know nothing of the stores."""
