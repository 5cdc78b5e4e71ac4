"""The weather archive of a workspace: taken in from files, kept by cycle, read by issue."""
