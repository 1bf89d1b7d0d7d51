"""Taking back in Stash what changes did there: only what is still as it was made, and what was not there before."""
