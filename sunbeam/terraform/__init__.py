"""Running Terraform modules: the core binary, its events, the state server.

``runner`` is the only module that knows python-terraform, ``module`` what a root module goes through,
``state_server`` the http backend that the daemon serves.
"""
