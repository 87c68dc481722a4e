"""The `expertpool` command: one module per group of subcommands, loaded when it is called."""
