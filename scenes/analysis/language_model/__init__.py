"""Names that plain matching can't find: a language model is asked, and believed only what the library knows."""
