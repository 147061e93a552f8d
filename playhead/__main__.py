"""``python -m playhead``: the same as the ``playhead`` command, wherever that was put."""

from playhead.cli import main

if __name__ == "__main__":
    main()
