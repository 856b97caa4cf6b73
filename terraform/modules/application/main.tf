terraform {
  required_providers {
    juju = {
      source  = "juju/juju"
      version = ">= 2.0.0"
    }
  }
}

resource "juju_application" "this" {
  name               = var.name
  model_uuid         = var.model_uuid
  units              = var.machines == null ? var.units : null
  machines           = var.machines
  trust              = var.trust
  config             = var.config
  resources          = var.resources
  storage_directives = var.storage

  local_charm {
    name = var.name
    path = "${var.charms}/${var.name}.charm"
  }

  dynamic "expose" {
    for_each = var.exposed ? [{}] : []
    content {}
  }
}
