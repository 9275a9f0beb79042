from __future__ import annotations

from comtypes import BSTR


class IDispatch:
    """Named when the object is created."""


class VARIANT(BSTR):
    pass
