"""One module per subcommand, each with a typer ``app``; imported when it is called."""
