"""Wire profiles: everything about URL, headers, signing and limits, as validated data."""

from .load import load_profile, preset_names
from .model import AuthConfig, Envelope, Limits, Profile, Routing, SignedOut, Timeouts, Upload

__all__ = [
    "AuthConfig",
    "Envelope",
    "Limits",
    "Profile",
    "Routing",
    "SignedOut",
    "Timeouts",
    "Upload",
    "load_profile",
    "preset_names",
]
