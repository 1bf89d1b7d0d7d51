"""The sub-jobs: each module registers one task, which stays thin: client → domain function → progress."""
