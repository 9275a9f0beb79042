"""The spec as files: format, loading, and what the loader found."""
