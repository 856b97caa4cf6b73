"""Finds what is wrong with a cloud: rules over its live state, causes before what follows from them."""
