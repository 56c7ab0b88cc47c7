"""The main job, shown step by step in a sandbox: what ``esoctl demo`` runs."""
