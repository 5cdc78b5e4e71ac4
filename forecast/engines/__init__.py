"""Where training runs: threads of this process, other processes, or the workers of a scheduler."""
