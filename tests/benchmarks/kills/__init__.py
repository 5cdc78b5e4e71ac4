"""Kills at random moments: the commands, what a workspace holds, and one trial."""
