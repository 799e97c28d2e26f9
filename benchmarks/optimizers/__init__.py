"""What the optimizers take of time and passes, and what other libraries take."""
