"""DEAP's algorithms as its own examples write them: lists, and a toolbox of operators.

Each is made for P candidates of D weights, and returns a function of one generation, which
returns how many losses it took; the loss is the first weight.
"""

import random
from collections.abc import Callable
from typing import Any

Generation = Callable[[], int]


def _toolbox(kind: type = list, **attributes: Any) -> tuple[Any, Any]:
    """Return a toolbox that evaluates, and the class of its individuals."""
    from deap import base, creator

    name = "OwnTime" + "".join(sorted(attributes)).title() + kind.__name__.title()
    if not hasattr(creator, "OwnTimeFitness"):
        creator.create("OwnTimeFitness", base.Fitness, weights=(-1.0,))
    if not hasattr(creator, name):
        creator.create(name, kind, fitness=creator.OwnTimeFitness, **attributes)
    toolbox = base.Toolbox()
    toolbox.register("evaluate", lambda individual: (individual[0],))
    return toolbox, getattr(creator, name)


def _evaluate(toolbox: Any, individuals: list[Any]) -> int:
    """Evaluate the individuals without a fitness, and return their number."""
    new = [individual for individual in individuals if not individual.fitness.valid]
    for individual, fitness in zip(new, toolbox.map(toolbox.evaluate, new), strict=True):
        individual.fitness.values = fitness
    return len(new)


def ga(P: int, D: int) -> Generation:
    """Tournaments, two-point crossover, Gaussian mutation."""
    from deap import algorithms, tools

    toolbox, individual = _toolbox()
    toolbox.register("mate", tools.cxTwoPoint)
    toolbox.register("mutate", tools.mutGaussian, mu=0, sigma=0.1, indpb=0.05)
    toolbox.register("select", tools.selTournament, tournsize=3)
    population = [tools.initRepeat(individual, random.random, D) for _ in range(P)]
    _evaluate(toolbox, population)

    def generation() -> int:
        nonlocal population
        population = algorithms.varAnd(toolbox.select(population, P), toolbox, 0.7, 0.3)
        return _evaluate(toolbox, population)

    return generation


def de(P: int, D: int) -> Generation:
    """Differential evolution, agent by agent."""
    from deap import tools

    toolbox, individual = _toolbox()
    toolbox.register("select", tools.selRandom, k=3)
    population = [tools.initRepeat(individual, random.random, D) for _ in range(P)]
    _evaluate(toolbox, population)

    def generation() -> int:
        for k, agent in enumerate(population):
            a, b, c = toolbox.select(population)
            trial = toolbox.clone(agent)
            index = random.randrange(D)
            for i in range(D):
                if i == index or random.random() < 0.25:
                    trial[i] = a[i] + 1.0 * (b[i] - c[i])
            trial.fitness.values = toolbox.evaluate(trial)
            if trial.fitness > agent.fitness:
                population[k] = trial
        return P

    return generation


def pso(P: int, D: int) -> Generation:
    """Particle swarm with one best, particle by particle."""
    import operator

    toolbox, individual = _toolbox(list, speed=list, best=None)
    population = [individual(random.uniform(-1, 1) for _ in range(D)) for _ in range(P)]
    best = None
    for particle in population:
        particle.speed = [random.uniform(-0.1, 0.1) for _ in range(D)]

    def update(particle: Any) -> None:
        to_own = (random.uniform(0, 2) for _ in range(D))
        to_best = (random.uniform(0, 2) for _ in range(D))
        own = map(operator.mul, to_own, map(operator.sub, particle.best, particle))
        shared = map(operator.mul, to_best, map(operator.sub, best, particle))
        speed = map(operator.add, particle.speed, map(operator.add, own, shared))
        particle.speed = [min(max(v, -0.1), 0.1) for v in speed]
        particle[:] = list(map(operator.add, particle, particle.speed))

    def generation() -> int:
        nonlocal best
        for particle in population:
            particle.fitness.values = toolbox.evaluate(particle)
            if particle.best is None or particle.best.fitness < particle.fitness:
                particle.best = individual(particle)
                particle.best.fitness.values = particle.fitness.values
            if best is None or best.fitness < particle.fitness:
                best = individual(particle)
                best.fitness.values = particle.fitness.values
        for particle in population:
            update(particle)
        return P

    return generation


def es(P: int, D: int) -> Generation:
    """Evolution strategy, one step size for each weight, and the best of parents and children."""
    from deap import algorithms, tools

    toolbox, individual = _toolbox(list, strategy=None)
    toolbox.register("mate", tools.cxESBlend, alpha=0.1)
    toolbox.register("mutate", tools.mutESLogNormal, c=1.0, indpb=0.03)
    toolbox.register("select", tools.selBest)
    population = [tools.initRepeat(individual, random.random, D) for _ in range(P)]
    for one in population:
        one.strategy = [random.uniform(0.5, 3) for _ in range(D)]
    _evaluate(toolbox, population)

    def generation() -> int:
        children = algorithms.varOr(population, toolbox, lambda_=P, cxpb=0.6, mutpb=0.3)
        evaluated = _evaluate(toolbox, children)
        population[:] = toolbox.select(population + children, P)
        return evaluated

    return generation


def cma_es(P: int, D: int) -> Generation:
    """CMA-ES with a full covariance."""
    from deap import cma

    toolbox, individual = _toolbox()
    strategy = cma.Strategy(centroid=[0.0] * D, sigma=0.5, lambda_=P)

    def generation() -> int:
        population = strategy.generate(individual)
        evaluated = _evaluate(toolbox, population)
        strategy.update(population)
        return evaluated

    return generation
