"""What Sunbeam's charms share: one reconcile for all events, and a reader and a writer per interface.

``service_charm`` runs the loop, ``workload`` applies files and services to a container, ``relations`` holds
one module per interface with both of its sides, ``openstack`` writes the sections every service's file has.
"""
