"""The optimizers on the problems of suite-1: settings, runs, tables and the figure."""
