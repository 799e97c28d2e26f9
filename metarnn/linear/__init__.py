"""Linear models in closed form or by a few Newton steps: arrays in, arrays out."""

from .ridge import RidgeFit, RidgePath, ridge

__all__ = ["RidgeFit", "RidgePath", "ridge"]
