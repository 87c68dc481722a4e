"""Key holders, their agents' mailbox, and the vault's key."""
