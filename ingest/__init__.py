"""Transcripts in, library filled."""
