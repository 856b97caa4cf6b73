terraform {
  required_providers {
    juju = { source = "juju/juju" }
  }
}

variable "charms" { type = string }

variable "config" {
  type    = map(map(string))
  default = {}
}

resource "juju_model" "small" {
  name = "small"
  cloud { name = "sunbeam" }
}

resource "juju_application" "greeter" {
  name       = "greeter"
  model_uuid = juju_model.small.uuid
  config     = lookup(var.config, "greeter", {})
  local_charm {
    name = "greeter"
    path = "${var.charms}/greeter.charm"
  }
}

resource "juju_application" "listener" {
  name       = "listener"
  model_uuid = juju_model.small.uuid
  units      = 2
  local_charm {
    name = "listener"
    path = "${var.charms}/listener.charm"
  }
}

resource "juju_integration" "greeting" {
  model_uuid = juju_model.small.uuid
  application {
    name     = juju_application.greeter.name
    endpoint = "greeting"
  }
  application {
    name     = juju_application.listener.name
    endpoint = "greeting"
  }
}
