output "model_uuid" {
  description = "UUID of the model."
  value       = juju_model.openstack.uuid
}

output "offers" {
  description = "Offer URL by the endpoint that a hypervisor requires."
  value       = { for name, offer in juju_offer.this : name => offer.url }
}
