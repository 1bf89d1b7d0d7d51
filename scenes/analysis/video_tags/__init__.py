"""detect_video_tags: what the tagger saw in a film is evaluated by the rules, and the scene gets what it lacks."""
