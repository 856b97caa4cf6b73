"""One module per interface, with the requirer's reader and the provider's writer side by side.

Keys in the data bags are the published ones; passwords are Juju secrets granted over the relation.
"""
