"""Finished torrents → files where Stash sees them. `processing.process` is the whole of it; one idea a module:

login       a refused login is remembered, and not tried again
listing     what qBittorrent lists → a row for each torrent, and which of them have to be handled
judging     what a torrent's state there means: handle it, wait, or say what is wrong
reopening   torrents of which something was left out that is judged otherwise by now
gone        torrents that left it before they were handled
selection   which files of a torrent are wanted, and which of the others are worth something
pairing     which subtitles and scripts go with which video, by their names

Below `files`, what is done with one of them:

sources     whether a file is really there, whole, and long enough
targets     where in the library a video goes; `sidecars`: where what belongs beside it goes
placing     hard link or copy; `copying`, `disk_errors` and `moving` belong to it

And for the torrent:

library     whether the library folder can be written to and is one of Stash's
handling    one torrent: its files' rows, each placed and recorded; `concluding` says how it ended as a whole
cleaning    the tag in qBittorrent, and the clean-up; `sharing` says which files others need
counting    the job's result, counted from rows
"""
