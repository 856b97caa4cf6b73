output "model_uuid" {
  description = "UUID of the model."
  value       = juju_model.machines.uuid
}

output "machines" {
  description = "Machine number by name."
  value       = { for name, machine in juju_machine.hypervisor : name => machine.machine_id }
}
