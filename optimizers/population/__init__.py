"""Optimizers that evolve a population of points by their losses."""

from .bee_colony import BeeColony as BeeColony
from .cma_es import CMAES as CMAES
from .cma_es import SeparableCMAES as SeparableCMAES
from .cuckoo_search import CuckooSearch as CuckooSearch
from .cuckoo_search import ImprovedCuckooSearch as ImprovedCuckooSearch
from .differential_evolution import DifferentialEvolution as DifferentialEvolution
from .evolution_strategy import EvolutionStrategy as EvolutionStrategy
from .ga import GA as GA
from .lshade import LSHADE as LSHADE
from .openai_es import OpenAIES as OpenAIES
from .particle_swarm import ParticleSwarm as ParticleSwarm
from .random_search import RandomGuessing as RandomGuessing
from .random_search import RandomSearch as RandomSearch
from .simulated_annealing import SimulatedAnnealing as SimulatedAnnealing
