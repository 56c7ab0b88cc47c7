"""The least IAM policies that a set of manifests needs: pure, from decoded objects to JSON."""
