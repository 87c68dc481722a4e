"""Who may do what: centres, the accounts of people and services, roles, and the one permission table."""
