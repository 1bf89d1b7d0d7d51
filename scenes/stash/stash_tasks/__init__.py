"""Stash's own tasks for the scenes of a run: identify, auto tag, and the tasks of plugins.

A row says for which scene which of them was done, so that no run asks for it twice. Stash may do harm when it is asked
carelessly: an empty list of scenes means all of them, and one unknown id fails an identify. So scenes are looked up
right before, and what was asked for before a crash is looked for before anything is asked again.
"""
