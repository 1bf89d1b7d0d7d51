"""Finished torrents → files where Stash sees them. `processing.process` is the whole of it; one idea a module:

login              a refused login is remembered, and not tried again
listing            what qBittorrent lists → a row for each torrent, and which of them have to be handled
filtering          the filter by category and tags, and what of it qBittorrent does not have
states             what a torrent's state there means: handle it, wait, or say what is wrong
finished_torrent   a torrent on its way through all this: what qBittorrent says of it, its row, and those of its files
context            what all torrents of a run share
reopening          torrents of which something was left out that is classified otherwise by now
gone               torrents that left it before they were handled
selection          which files of a torrent are wanted, and which of the others are worth something
handling           one torrent: its files' rows, each placed and recorded
results            how an item ended, recorded in its row; `summarising`: how a torrent ended as a whole
cleanup            the tag in qBittorrent, and the clean-up
effects            all that is done to the disk and to qBittorrent; a dry run has others, which do nothing
counting           the job's result, counted from rows

Below `files`, what is done with one of them:

library            whether a destination's folder can be written to and is one of Stash's; all of them
rows               a row for each
sources            whether a file is really there, whole, and long enough
pairing            which subtitles and scripts go with which video, by their names
torrent_folder     the folder for a torrent that has none of its own
targets            where in the library a video goes; `sidecars`: where what belongs beside it goes
together           all files of a torrent, in bursts: decided on, their targets saved, placed, recorded
burst              what the files of one share; `memo`: what is asked of the disk once for many
file_to_place      one file on its way: checked, its target chosen, placed
placing            hard link or copy; `copying` and `disk_errors` belong to it
access             permissions and group of what is made
moving             the files of a torrent that leaves qBittorrent; `leftovers`: what stays behind
safety             whether its source may be removed; `sharing`: which files others need
"""
