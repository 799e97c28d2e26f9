"""The tables of the optimizers on suite-1, from the runs in the repository."""

import pytest

from benchmarks.suite_1.__main__ import HERE, MODELS, complete, gradient_problems, main
from metarnn.study import read_results, read_settings, read_suite

pytest.importorskip("pyarrow")


@pytest.fixture(scope="module")
def results():
    return complete(read_results(HERE / "study.parquet", read_settings(HERE / "study.toml")))


def test_every_seed_has_every_run_of_the_suite(results):
    suite = [p for p in read_suite("suite-1").problems if p.part == "evaluation"]
    assert {name for name, _ in results.problems} == {problem.name for problem in suite}
    assert set(results.runs["optimizer"]) == set(results.settings.optimizers)
    assert (results.runs["status"] == "done").all()
    assert (results.runs["passes"] <= results.settings.budget).all()
    assert not set(gradient_problems(results).runs["optimizer"]) & {*MODELS}


@pytest.mark.slow
def test_the_tables_and_the_figure_are_made(tmp_path, capsys):
    main(["--out", str(tmp_path)])
    out = capsys.readouterr().out
    assert "stays first in" in out
    assert "better than" in out
    assert (tmp_path / "groups.png").exists()
