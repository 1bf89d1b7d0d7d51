"""The home page: is it well, what did it do, what needs whom.

overall   one sentence about all of it
charts    what the last days were like
waiting   what qBittorrent has for the next run, asked live
views     the page and its parts
"""
