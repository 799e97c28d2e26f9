"""Names that would do harm on a page that does not escape them."""

from metarnn.study import Results

from .fake_results import synthetic

#: They end a tag, an attribute, a script, a style, a template or a cell of a spreadsheet.
HOSTILE = (
    "</script><script>window.hit = 1</script>",
    '"><img src=x onerror="window.hit = 1">',
    "' onmouseover='window.hit = 1",
    "</style><style>body{display:none}",
    "<!-- <script>",
    "{{ 7 * 7 }}{% raw %}",
    "$x_1$ costs 5$ & \u2028 more",
    '=HYPERLINK("http://x.invalid","a")',
    "-1+2\nof two lines" + "x" * 60,
)


def hostile_results() -> Results:
    """Return results in which everything that has a name has such a one."""
    problems = [(HOSTILE[i], HOSTILE[-i - 1]) for i in range(3)]
    results = synthetic(problems, HOSTILE, n_seeds=2, n_failed=2)
    results.settings.question = f"Is {HOSTILE[0]} better?"
    return results
