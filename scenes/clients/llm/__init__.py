"""A language model behind an OpenAI-compatible server, local or not."""
