"""Rules per tag: which tags of the tagger are wanted, what we call them, and what has to be seen for each."""
