"""Optimizers that evolve a population of points by their losses."""

from .bee_colony import BeeColony
from .cma_es import CMAES, SeparableCMAES
from .cuckoo_search import CuckooSearch
from .differential_evolution import DifferentialEvolution
from .evolution_strategy import EvolutionStrategy
from .ga import GA
from .improved_cuckoo import ImprovedCuckooSearch
from .lshade import LSHADE
from .openai_es import OpenAIES
from .particle_swarm import ParticleSwarm
from .random_guessing import RandomGuessing
from .random_search import RandomSearch
from .simulated_annealing import SimulatedAnnealing

__all__ = [
    "CMAES",
    "GA",
    "LSHADE",
    "BeeColony",
    "CuckooSearch",
    "DifferentialEvolution",
    "EvolutionStrategy",
    "ImprovedCuckooSearch",
    "OpenAIES",
    "ParticleSwarm",
    "RandomGuessing",
    "RandomSearch",
    "SeparableCMAES",
    "SimulatedAnnealing",
]
