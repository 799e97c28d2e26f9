"""The black-box benchmark BBOB: 24 functions, in fixed budgets of evaluations."""
