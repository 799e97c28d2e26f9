"""
Why cuckoo search loses on iris
===============================

Iris has no trap: from nearly every start, descent reaches a good minimum. There a gradient is worth
more than many trials. It costs three passes and says which way is down for all D weights at once; a
random step of D weights points almost at a right angle to that way (the cosine squared is 1 / D on
average), and half of such steps lead uphill. So cuckoo search needs 50 to 100 times the passes of
Rprop to the same loss, however many weights there are.

With 12 weights the order turns: one hidden unit makes poor minima, and Rprop from one start ends in
one of them in some runs, which then count in full. That is what populations are good for, and the
:doc:`example of a trap <plot_trap>` has more of it. And the loss is that of training: on held-out
flowers cuckoo search is not behind, as the second column of the output says.
"""

import matplotlib.ticker

from metarnn import Network, compare
from metarnn.plots import new_figure
from metarnn.runtimes import expected_running_time

sizes, D, passes, held_out = [1, 2, 4, 8, 16], [], {"rprop": [], "cuckoo": []}, {}
for hidden in sizes:
    found = compare(
        "iris",
        list(passes),
        cell="elman",
        hidden=hidden,
        bidirectional=False,
        budget=20000,
        seeds=5,
    )
    D.append(Network.build(4, 3, cell="elman", hidden=hidden).n_weights)
    for name, runs in found.to_frame().groupby("optimizer"):
        times = runs["passes_to_target"].where(runs["reached"])
        passes[name].append(expected_running_time(times, runs["passes"]))
        held_out[D[-1], name] = round(runs["test_accuracy"].mean(), 3)
for (n_weights, name), accuracy in held_out.items():
    print(f"{n_weights:4} weights, {name:6} accuracy on held-out flowers {accuracy}")

axes = new_figure().subplots()
for name, marker in ("cuckoo", "o"), ("rprop", "s"):
    axes.loglog(D, passes[name], marker + "-", label=name)
axes.set_xticks(D, [str(n_weights) for n_weights in D])
axes.xaxis.set_minor_locator(matplotlib.ticker.NullLocator())
axes.set_xlabel("weights of the network, D")
axes.set_ylabel("passes to the target loss")
axes.legend()
axes.figure
