"""What is looked at before a machine becomes part of a cloud: one check a topic, all at the same time.

A check first looks (programs, files, attempts) and then judges what it saw; judging is a function without any
effect, so that its tests are tables.  The list is ``catalogue.CHECKS``.
"""
