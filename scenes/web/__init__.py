"""The home page, pictures, and the API of scenes."""
