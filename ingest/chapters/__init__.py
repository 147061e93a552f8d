"""Every way of writing chapters down in a file of their own, one file each, as in `ingest.formats`."""
