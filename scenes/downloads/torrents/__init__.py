"""What qBittorrent says of a torrent, and which of its torrents and files are wanted."""
