"""The draw's protocol, pure: what contributors, vault and verifiers compute, without database, network or web."""
