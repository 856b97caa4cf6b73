"""Manifests: what a cloud is made of, as one YAML file or several."""
