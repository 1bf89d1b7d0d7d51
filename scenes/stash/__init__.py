"""What Stash is asked to do: scans and generations, followed to their end."""
