"""Methods made of others: memetic, restarts, islands."""
