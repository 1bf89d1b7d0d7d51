"""Under load, and on several hosts. Also a Django app: real workers find its tasks."""
