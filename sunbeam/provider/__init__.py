"""The Terraform provider ``juju``: plugin protocol 6 over gRPC, the Juju API behind it.

``wire`` and ``protocol`` are the protobuf side, ``values`` Terraform's values, ``schema`` and ``planning``
what every resource shares, ``resources/`` one file per resource, ``service`` the remote calls and
``serving`` the two ways to be reached (in process, or started by tofu).
"""
