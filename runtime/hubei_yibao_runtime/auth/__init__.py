"""Signing schemes as plug-ins; a profile names them."""

from .base import Preflight, Scheme, SchemeParams, Signing, build, register, scheme_names

__all__ = ["Preflight", "Scheme", "SchemeParams", "Signing", "build", "register", "scheme_names"]
