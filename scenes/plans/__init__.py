"""Plans: what a change is made of, and writing approved changes to Stash."""
