"""The intermediate representation: what is generated, with all names settled."""

from .build import build
from .model import Package

__all__ = ["Package", "build"]
