"""Words in scenes and in the paths of their files, found by an index of trigrams, however many scenes there are.

indexes     which columns have one, and how they come to be: after each `migrate`
sqlite      FTS5, with a list of what changed since it was written last
postgresql  pg_trgm
finding     scenes that may have a word, and lists narrowed to them
"""
