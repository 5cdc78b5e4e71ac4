"""Fuzzing of every door: valid files, how they are spoilt, and who judges what comes of it."""
