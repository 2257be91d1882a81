"""The service: one method for each request that a door may have."""

from .selecting import AnyImage
from .service import Result, Saved, Service

__all__ = ["AnyImage", "Result", "Saved", "Service"]
