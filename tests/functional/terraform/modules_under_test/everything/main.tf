terraform {
  required_providers {
    juju = { source = "juju/juju" }
  }
}
variable "greeting" { default = "hi" }
variable "password" {
  default   = "hunter22"
  sensitive = true
}
variable "charms" { type = string }
resource "juju_model" "openstack" {
  name = "openstack"
  cloud { name = "sunbeam" }
  config = { "update-status-hook-interval" = "10m" }
}
resource "juju_model" "machines" {
  name = "machines"
  cloud { name = "machines" }
}
resource "juju_application" "source" {
  name               = "source"
  model_uuid         = juju_model.openstack.uuid
  trust              = true
  config             = { greeting = var.greeting, loud = true, count = 3 }
  storage_directives = { data = "1G" }
  local_charm {
    name = "source"
    path = "${var.charms}/source.charm"
  }
  expose {}
}
resource "juju_application" "sink" {
  for_each   = toset(["a", "b", "c"])
  name       = "sink-${each.key}"
  model_uuid = juju_model.openstack.uuid
  units      = 2
  local_charm {
    name = "sink"
    path = "${var.charms}/sink.charm"
  }
}
resource "juju_application" "web" {
  name       = "web"
  model_uuid = juju_model.openstack.uuid
  resources  = { web-image = "localhost/sunbeam/web:1" }
  local_charm {
    name = "web"
    path = "${var.charms}/web.charm"
  }
}
resource "juju_integration" "greeting" {
  for_each   = juju_application.sink
  model_uuid = juju_model.openstack.uuid
  application {
    name     = juju_application.source.name
    endpoint = "greeting"
  }
  application {
    name     = each.value.name
    endpoint = "greeting"
  }
}
resource "juju_offer" "greeting" {
  model_uuid       = juju_model.openstack.uuid
  application_name = juju_application.source.name
  endpoints        = ["greeting"]
}
resource "juju_machine" "hv" {
  model_uuid  = juju_model.machines.uuid
  constraints = "image-id=hypervisor"
}
resource "juju_application" "hv" {
  name       = "hv"
  model_uuid = juju_model.machines.uuid
  machines   = [juju_machine.hv.machine_id]
  local_charm {
    name = "sink"
    path = "${var.charms}/sink.charm"
  }
}
resource "juju_integration" "cmr" {
  model_uuid = juju_model.machines.uuid
  application {
    name     = juju_application.hv.name
    endpoint = "greeting"
  }
  application { offer_url = juju_offer.greeting.url }
}
resource "juju_secret" "s" {
  model_uuid = juju_model.openstack.uuid
  name       = "creds"
  value      = { password = var.password }
  info       = "a secret"
}
resource "juju_access_secret" "s" {
  model_uuid   = juju_model.openstack.uuid
  secret_id    = juju_secret.s.secret_id
  applications = [juju_application.source.name]
}
resource "juju_ssh_key" "k" {
  model_uuid = juju_model.machines.uuid
  payload    = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ6Tz6OZ0z2zJ7Jv6sTz6OZ0z2zJ7Jv6sTz6OZ0z2zJ7 me@here"
}
data "juju_model" "m" { name = juju_model.openstack.name }
data "juju_offer" "o" { url = juju_offer.greeting.url }
data "juju_application" "a" {
  model_uuid = juju_model.openstack.uuid
  name       = juju_application.source.name
}
data "juju_machine" "m" {
  model_uuid = juju_model.machines.uuid
  machine_id = juju_machine.hv.machine_id
}
output "offer" { value = data.juju_offer.o.url }
output "model" { value = data.juju_model.m.uuid }
output "password" {
  value     = juju_secret.s.value.password
  sensitive = true
}
