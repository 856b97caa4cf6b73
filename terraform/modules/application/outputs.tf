output "name" {
  description = "Name of the application, known as soon as it is there."
  value       = juju_application.this.name
}
