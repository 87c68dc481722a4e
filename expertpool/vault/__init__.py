"""The vault's process: the only one that can link a seat to a person before the release.

It composes what `draws` and `sealing` know how to do with keys that no other process has. It answers nobody: what it is
to do it finds in rows and in the outbox, so that killing it at any moment loses nothing.
"""
