"""Asking the tagger: what for, which models it sees with, what is kept of its answers, and what is outdated.

asking      one film: the question and what its failures mean
seeing      what was seen, as it is kept: rows of `TaggerResult`
models      which models each tagger has now: rows of `TaggerCategory`
outdated    which scenes an older model saw, and of which categories
"""
