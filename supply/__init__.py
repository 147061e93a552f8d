"""What Playhead is made of: a lock file with hashes, a bill of materials, and a look for known holes in it."""
