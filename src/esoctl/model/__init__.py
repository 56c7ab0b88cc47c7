"""Nouns: frozen types for what the API server and the providers hold, with their decoding. No I/O, no policy."""
