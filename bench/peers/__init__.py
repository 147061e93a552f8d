"""Playhead beside other ways to search the same text, in one run: `python -m bench.peers --help`."""
