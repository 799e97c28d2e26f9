"""What is measured, by commands that anyone can repeat, from the repository's root.

==============================================  ==================================================
``python -m benchmarks.passes.forward``         losses of populations, against NumPy, torch and JAX
``python -m benchmarks.passes.gradient``        their gradients, and the price of one in passes
``python -m benchmarks.passes.predict``         scores of one network on new data
``python -m benchmarks.passes.share``           their share of the processor's limit, in short
``python -m benchmarks.optimizers``             the optimizers' own time, and training runs
``python -m benchmarks.optimizers.whole_runs``  runs beside their passes alone
``python -m benchmarks.optimizers.solving``     passes until recurrent tasks are solved
``python -m benchmarks.bbob``                   the optimizers on the 24 functions of BBOB
``python -m benchmarks.tasks``                  generated tasks by each kind of optimizer
``python -m benchmarks.tasks.quality``          accuracies of the estimators and of others
``python -m benchmarks.features``               recurrent features, parts of them, and their rivals
``python -m benchmarks.features.speed``         their seconds, as multiples of MiniRocket's
``python -m benchmarks.features.growth``        a chart of the accuracy by the number of features
``python -m benchmarks.reliability``            kills, full disks, nonsense, damaged files, a soak
==============================================  ==================================================

``--help`` says what each one takes. Rivals that are not installed are left out, and named.
"""
