"""Subcommands: each module has ``configure(parser)`` and ``run(arguments) -> exit code``."""
