"""What a run of `process_new_scenes` takes, and how it is summed up."""
