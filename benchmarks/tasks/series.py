"""The public recipes of series, with one setting for each kind of optimizer."""

from typing import Any

from benchmarks.tasks.settings import Case, Setting, by, gru

MEAN = {"readout": "mean"}
MEAN_GRU = gru(8, **MEAN)


def series(
    name: str, what: str, solvers: dict[str, Setting], options: dict[str, Any] | None = None
) -> Case:
    """Return a recipe of series, judged by a thousand others."""
    return Case(what, name, options or {}, {"n_sequences": 1000}, solvers)


SERIES: dict[str, Case] = {
    "cylinder_bell_funnel": series(
        "cylinder_bell_funnel",
        "a plateau, a rise or a fall in 128 steps of noise",
        by(
            Setting(MEAN_GRU, "Adam, cosine", 2400, 0.01),
            Setting(gru(3, **MEAN), "OpenAI-ES", 15_000),
            Setting(gru(4, **MEAN), "hybrid restarts", 8000, 0.01),
        ),
    ),
    "control_charts": series(
        "control_charts",
        "six kinds of charts of a process, of 60 steps",
        by(
            Setting(MEAN_GRU, "Adam, cosine", 2400, 0.01),
            Setting(gru(3, **MEAN), "LSHADE", 120_000, 0.01),
            Setting(MEAN_GRU, "hybrid of Adam", 4000, 0.01),
        ),
    ),
    "two_patterns": series(
        "two_patterns",
        "the directions of two steps in 128",
        by(
            Setting(MEAN_GRU, "Adam, cosine", 2400, 0.01),
            Setting(gru(4), "OpenAI-ES", 20_000, 0.01, {"n_steps": 48}),
            Setting(MEAN_GRU, "hybrid of Adam", 4000, 0.01),
        ),
    ),
    "waveform": series(
        "waveform",
        "which two of three triangles are mixed, in 21 steps of noise",
        by(
            Setting(gru(8), "Adam, cosine", 900),
            Setting(gru(3), "OpenAI-ES", 10_000),
            Setting(gru(4), "hybrid of Adam", 2000),
        ),
        {"n_sequences": 2000},
    ),
    "begin_middle_end": series(
        "begin_middle_end",
        "a small bell before a plate, after it or nowhere",
        by(
            Setting(MEAN_GRU, "Adam, cosine", 2400, 0.01),
            Setting(gru(3, **MEAN), "LSHADE", 15_000, 0.01),
            Setting(gru(4, **MEAN), "hybrid restarts", 8000, 0.01),
        ),
    ),
    "up_middle_down": series(
        "up_middle_down",
        "a small bell beside a plate, up, down or none",
        by(
            Setting(MEAN_GRU, "Adam, cosine", 2400, 0.01),
            Setting(gru(3, **MEAN), "LSHADE", 15_000, 0.01),
            Setting(gru(4, **MEAN), "hybrid restarts", 8000, 0.01),
        ),
    ),
    "hidden_shape": series(
        "hidden_shape",
        "which shape of 24 steps is hidden in 128",
        by(
            Setting(MEAN_GRU, "Adam, cosine", 2400, 0.01),
            Setting(gru(3, **MEAN), "OpenAI-ES", 15_000),
            Setting(MEAN_GRU, "hybrid of Adam", 4000, 0.01),
        ),
    ),
    "arma": series(
        "arma",
        "autoregression, moving average or noise, of 100 steps",
        by(
            Setting(MEAN_GRU, "Adam, cosine", 2400, 0.01),
            Setting(gru(3, **MEAN), "OpenAI-ES", 15_000),
            Setting(gru(4, **MEAN), "hybrid restarts", 8000, 0.01),
        ),
    ),
    "mackey_glass": series(
        "mackey_glass",
        "the delay of a chaotic equation, of two",
        by(
            Setting(MEAN_GRU, "Adam, cosine", 2400, 0.01),
            Setting(gru(3, **MEAN), "OpenAI-ES", 15_000, 0.01),
            Setting(gru(4, **MEAN), "hybrid restarts", 8000, 0.01),
        ),
    ),
    "tone": series(
        "tone",
        "whether a sine in noise swings more than 5 times in 64 steps",
        by(
            Setting(gru(8), "Adam, cosine", 2400, 0.01),
            Setting(gru(3, **MEAN), "OpenAI-ES", 20_000, 0.01, {"noise": 0.2}),
            Setting(gru(4, **MEAN), "hybrid restarts", 8000, 0.01),
        ),
    ),
    "chirp": series(
        "chirp",
        "whether a tone of 40 to 80 steps rises",
        by(
            Setting(gru(8), "Adam, cosine", 2400, 0.01),
            Setting(gru(3, **MEAN), "OpenAI-ES", 15_000, 0.01),
            Setting(gru(4, **MEAN), "hybrid restarts", 8000, 0.01),
        ),
    ),
    "lead_lag": series(
        "lead_lag",
        "which of two channels is 2 steps ahead, for 60 steps",
        by(
            Setting(MEAN_GRU, "Adam, cosine", 2400, 0.01),
            Setting(gru(3, **MEAN), "OpenAI-ES", 15_000, 0.01),
            Setting(gru(4, **MEAN), "hybrid restarts", 8000, 0.01),
        ),
    ),
}
