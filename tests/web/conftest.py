"""The fixtures of ``tests.website``."""

from tests.website import either_site, site

__all__ = ["either_site", "site"]
