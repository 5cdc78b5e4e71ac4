"""From grids to places: weights of every kind of grid, built once, applied to blocks."""
