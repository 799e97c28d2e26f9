"""Generated tasks, and public data sets: which settings solve them, and how well."""
