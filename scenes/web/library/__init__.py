"""The pages of what there is: scenes, one scene with its history, and downloads."""
