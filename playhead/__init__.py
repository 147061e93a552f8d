"""Playhead: ask a podcast archive a question; land on the second where it is answered."""

from __future__ import annotations

from importlib.metadata import version

__version__ = version("playhead")
