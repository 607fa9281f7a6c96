"""HILO: the human in the loop. Studies of many simulated people, as laboratories run them."""

from gait.hilo.protocol import Bout, Protocol
from gait.hilo.study import Sitting, Study

__all__ = ["Bout", "Protocol", "Sitting", "Study"]
