"""The functions a template may call, one module a subject; ``table`` has them all by name."""
