"""Files of a torrent that are placed and recorded together."""
