terraform {
  required_providers {
    juju = { source = "juju/juju" }
  }
}

resource "juju_model" "machines" {
  name = "machines"
  cloud { name = "machines" }
}

resource "juju_machine" "waits" {
  model_uuid        = juju_model.machines.uuid
  wait_for_hostname = true
}
