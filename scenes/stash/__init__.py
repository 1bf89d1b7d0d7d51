"""What Stash is asked to do: scans and generations, monitored to their end."""
