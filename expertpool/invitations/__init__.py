"""Invitations: whoever was drawn is called, answers, takes leave, is reminded. Calls are the vault's alone."""
