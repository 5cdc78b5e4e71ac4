"""Case reports: an episode when it is over, and the library of such reports."""
