"""The CustomResourceDefinitions, generated from ``model`` and from what the providers say of their own bodies.

They carry no defaults (the operator applies them, so GitOps tools see no drift) and every field has a description.
"""
