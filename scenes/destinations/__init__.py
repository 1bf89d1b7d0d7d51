"""Destinations beside their rules, which are in `scenes.configuration.destinations`:

overlaps    whether one lies in another, or among downloads, by whatever path
checking    all that is looked at when one is saved, of services too
saving      making, changing and deleting one, whichever way it is asked for
"""
