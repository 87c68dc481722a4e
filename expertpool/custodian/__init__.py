"""The agent of a key holder (密钥保管方): a process of its own, elsewhere, that asks and is never asked.

It knows no database and no web framework: docs/spec/agents.md is all that it and a centre share.
"""
