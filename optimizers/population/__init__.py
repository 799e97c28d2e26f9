"""Methods of populations of candidates."""
