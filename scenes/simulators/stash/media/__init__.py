"""Videos, and the pictures and clips that are generated from them."""
