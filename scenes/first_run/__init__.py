"""The first run on a set-up where something is already: a person decides what to do with it, once.

deciding   the questions, their answers, and who gave the first one
consequences  before a run touches anything: what was decided is recorded, or the run ends and asks
looking    what is there, for pages and programs, within bounds
"""
