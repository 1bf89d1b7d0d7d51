"""One file of a torrent: whether it is there, where it goes, and how it gets there."""
