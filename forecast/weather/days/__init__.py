"""From steps to local days: amounts, means, extremes, and fields derived from others."""
