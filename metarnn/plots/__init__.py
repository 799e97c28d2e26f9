"""Plots: functions of results that return matplotlib Axes.

They are functions, not scikit-learn's Display classes, because the results hold all that is
drawn. All take ``ax=``, where to draw, and make a new figure without it:
``plot_ranks(...).figure.savefig("ranks.png")``. They never use pyplot.
"""

from .confusion import plot_confusion
from .convergence import plot_convergence, plot_history
from .landscape import plot_landscape, plot_line
from .problem import ProblemRuns, problem_of
from .ranks import plot_ranks
from .runtimes import plot_runtimes
from .states import plot_states
from .style import COLORS, DASHES, MARKERS, new_figure
from .success import plot_success

__all__ = [
    "COLORS",
    "DASHES",
    "MARKERS",
    "ProblemRuns",
    "new_figure",
    "plot_confusion",
    "plot_convergence",
    "plot_history",
    "plot_landscape",
    "plot_line",
    "plot_ranks",
    "plot_runtimes",
    "plot_states",
    "plot_success",
    "problem_of",
]
