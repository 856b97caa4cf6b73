terraform {
  required_providers {
    juju = {
      source  = "juju/juju"
      version = ">= 2.0.0"
    }
  }
}

locals {
  # What a hypervisor requires, by the name of the offer.
  requires = {
    amqp                 = "amqp"
    identity-credentials = "identity-credentials"
    nova-service         = "nova-service"
    ovsdb-cms            = "ovsdb-cms"
    certificates         = "certificates"
    send-ca-cert         = "receive-ca-cert"
  }
}

resource "juju_model" "machines" {
  name   = var.model
  config = var.model_config

  cloud {
    name = var.cloud
  }
}

resource "juju_machine" "hypervisor" {
  for_each    = var.machines
  model_uuid  = juju_model.machines.uuid
  name        = each.key
  constraints = join(" ", compact(["image-id=${var.image}", each.value.constraints]))
  placement   = each.value.placement
}

module "hypervisor" {
  source = "../modules/application"

  name       = "hypervisor"
  model_uuid = juju_model.machines.uuid
  charms     = var.charms
  machines   = [for machine in juju_machine.hypervisor : machine.machine_id]
  trust      = true
  config     = var.config
}

resource "juju_integration" "offer" {
  for_each   = { for offer, endpoint in local.requires : offer => endpoint if contains(keys(var.offers), offer) }
  model_uuid = juju_model.machines.uuid

  application {
    name     = module.hypervisor.name
    endpoint = each.value
  }

  application {
    offer_url = var.offers[each.key]
  }
}
