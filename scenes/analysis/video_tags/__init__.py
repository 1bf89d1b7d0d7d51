"""detect_video_tags: the rules judge what the tagger saw in a film, and the scene gets what it lacks."""
