"""The jobs behind the calls: directories, reconciliation, uploads that survive restarts."""
