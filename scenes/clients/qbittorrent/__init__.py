"""The client of qBittorrent."""
