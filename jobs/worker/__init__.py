"""The processes that do the work, and who supervises them."""
