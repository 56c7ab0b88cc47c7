"""The rights of the operator: one table of what it asks of the API server, and the roles made of it."""
