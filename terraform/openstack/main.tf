terraform {
  required_providers {
    juju = {
      source  = "juju/juju"
      version = ">= 2.0.0"
    }
  }
}

locals {
  chosen = { for name, what in local.picture : name => what if var.services == null || contains(coalesce(var.services, []), name) }

  integrations = merge([
    for name, what in local.chosen : {
      for endpoint, provider in what.requires : "${name}:${endpoint}" => {
        requirer          = name
        endpoint          = endpoint
        provider          = split(":", provider)[0]
        provider_endpoint = split(":", provider)[1]
      } if contains(keys(local.chosen), split(":", provider)[0])
    }
  ]...)

  offered = { for name, what in local.offers : name => split(":", what) if contains(keys(local.chosen), split(":", what)[0]) }
}

resource "juju_model" "openstack" {
  name   = var.model
  config = var.model_config

  cloud {
    name = var.cloud
  }
}

module "application" {
  source   = "../modules/application"
  for_each = local.chosen

  name       = each.key
  model_uuid = juju_model.openstack.uuid
  charms     = var.charms
  units      = lookup(var.units, each.key, 1)
  resources  = { for container, image in each.value.images : "${container}-image" => var.images[image] }
  storage    = lookup(var.storage, each.key, {})
  exposed    = lookup(each.value, "exposed", false)
  config     = merge(lookup(var.config, each.key, {}), lookup(local.settled, each.key, {}))
}

resource "juju_integration" "this" {
  for_each   = local.integrations
  model_uuid = juju_model.openstack.uuid

  application {
    name     = module.application[each.value.provider].name
    endpoint = each.value.provider_endpoint
  }

  application {
    name     = module.application[each.value.requirer].name
    endpoint = each.value.endpoint
  }
}

resource "juju_offer" "this" {
  for_each         = local.offered
  model_uuid       = juju_model.openstack.uuid
  name             = each.key
  application_name = module.application[each.value[0]].name
  endpoints        = [each.value[1]]
}
