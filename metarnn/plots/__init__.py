"""Plots: functions of results that return matplotlib Axes.

They are functions, not scikit-learn's Display classes, because the results hold all that is
drawn. All take ``ax=`` after the data, where to draw, and make a new figure without it:
``plot_ranks(...).figure.savefig("ranks.png")``. They never use pyplot.

Those of results take a :class:`metarnn.Comparison` and the results of a study alike, and an
optimizer has the same color, dash and marker in all of them. The look is a style file, which
matplotlib's own settings are not changed for; ``matplotlib.style.context(STYLE_FILE)`` draws other
figures in it.
"""

from .confusion import plot_confusion as plot_confusion
from .convergence import plot_convergence as plot_convergence
from .convergence import plot_history as plot_history
from .figure import new_figure as new_figure
from .groups import plot_groups as plot_groups
from .landscape import plot_landscape as plot_landscape
from .landscape import plot_line as plot_line
from .optima_network import plot_optima_network as plot_optima_network
from .problem import ProblemRuns as ProblemRuns
from .problem import problem_of as problem_of
from .ranks import plot_ranks as plot_ranks
from .runs import plot_runs as plot_runs
from .runtimes import plot_runtimes as plot_runtimes
from .states import plot_states as plot_states
from .style import COLORS as COLORS
from .style import DASHES as DASHES
from .style import MARKERS as MARKERS
from .style import STYLE_FILE as STYLE_FILE
from .success import plot_success as plot_success
