"""Sunbeam: an installer that turns machines into an OpenStack cloud."""

__version__ = "0.1.0"
