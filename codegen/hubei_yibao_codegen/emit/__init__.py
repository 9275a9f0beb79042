"""IR → files: one module per kind of output."""
