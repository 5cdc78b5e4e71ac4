"""The consultation: warnings, episodes ahead, areas, and what is written for them."""
