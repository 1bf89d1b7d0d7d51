"""What pages, live updates and the API show of a job."""
