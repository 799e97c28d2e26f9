"""Any optimizer, of the weights ahead of a readout that is solved."""

import numpy as np
import pytest
from helpers.error_checks import one_sentence

from metarnn import Fitness, Network, SolvedFitness, compare
from metarnn.optimizers import GA, Rprop, SolvedReadout, minimize
from metarnn.optimizers.analytic import rosenbrock
from metarnn.study import Study
from metarnn.study.split import split


def test_the_search_is_that_of_the_optimizer_to_the_bit():
    for inner in (GA(population_size=6), Rprop(n_starts=2)):
        alone = minimize(rosenbrock(3), inner, budget=200, seed=4)
        inside = minimize(rosenbrock(3), SolvedReadout(inner), budget=200, seed=4)
        assert np.array_equal(alone.x, inside.x)
        assert SolvedReadout(inner).order == inner.order
    assert SolvedReadout(GA()).size_param == "optimizer__population_size"


def test_a_study_solves_for_it_alone_where_the_losses_are_alike():
    optimizers = {"ga": {}, "solved": {"name": "solved_readout", "optimizer": {"name": "ga"}}}
    networks = {"elman": {"hidden": 3}}
    study = Study(datasets=["iris"], optimizers=optimizers, networks=networks, budget=60, seeds=[2])
    runs = study.run().runs.set_index("optimizer")
    assert runs.loc["solved", "train_loss"] < runs.loc["ga", "train_loss"]
    # What is stored is the loss of the whole network, the least one of its readout.
    protocol = study.problems[0].protocol
    train = split(protocol, 2).train
    fitness = SolvedFitness(protocol.network, train.X, train.y, solve="logistic", n_threads=1)
    found = minimize(fitness, GA(), budget=60, seed=2)
    assert runs.loc["solved", "train_loss"] == found.fun


def test_it_is_left_out_of_problems_of_another_loss():
    datasets = {"iris": {"loss": "accuracy"}, "wine": {}}
    optimizers = {"ga": {}, "solved": {"name": "solved_readout"}}
    study = Study(datasets=datasets, optimizers=optimizers, seeds=1, budget=50)
    assert [triple[::2] for triple in study.left_out] == [("iris", "solved")]


def test_losses_that_are_not_alike_are_refused():
    solved = {"name": "solved_readout", "solve": "ridge"}
    study = Study(datasets=["iris"], optimizers={"ga": {}, "solved": solved}, seeds=1, budget=50)
    with pytest.raises(ValueError, match="by 'ridge', whose loss is not 'cross_entropy'"):
        study.run()


def test_what_it_says_of_another_loss_can_be_done():
    optimizers = ["solved_readout", "adam"]
    with pytest.raises(ValueError, match="whose loss is not 'mse': set loss='cross_entropy'"):
        compare("xor", optimizers, loss="mse", budget=30, seeds=1, hidden=2)


@pytest.mark.parametrize(
    "optimizer", ["solved_readout", "evolino", {"name": "restarts", "optimizer": "evolino"}]
)
def test_a_fitness_that_does_not_solve_is_refused(optimizer):
    X, y = np.random.default_rng(0).normal(size=(8, 3, 1)), np.arange(8) % 2
    network = Network.build(1, 2, cell="elman", hidden=2)
    with pytest.raises(ValueError, match="needs an objective that solves") as error:
        minimize(Fitness(network, X, y), optimizer, budget=30)
    one_sentence(error, "metarnn.SolvedFitness(..., solve='")
    assert minimize(SolvedFitness(network, X, y), optimizer, budget=30, seed=0).passes == 30
    assert minimize(rosenbrock(3), optimizer, budget=30, seed=0).passes == 30  # has no readout
