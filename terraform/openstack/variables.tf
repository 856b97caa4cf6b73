variable "charms" {
  description = "Folder of packed charms (NAME.charm)."
  type        = string
}

variable "images" {
  description = "Image reference by image name, such as keystone = \"localhost/sunbeam/keystone:1f3a\"."
  type        = map(string)
}

variable "services" {
  description = "Applications to deploy; null means all. Integrations appear where both ends are chosen."
  type        = set(string)
  default     = null

  validation {
    condition = var.services == null || length(setsubtract(coalesce(var.services, []), [
      "certificates", "mariadb", "rabbitmq", "memcached", "ingress", "keystone", "glance", "placement", "nova",
      "ovn-central", "neutron", "horizon",
    ])) == 0
    error_message = "A service is none of the control plane's applications."
  }
}

variable "external_hostname" {
  description = "Name or address under which users reach the cloud; null leaves it to the ingress."
  type        = string
  default     = null
}

variable "region" {
  description = "Name of the OpenStack region."
  type        = string
  default     = "RegionOne"

  validation {
    condition     = can(regex("^[A-Za-z0-9][A-Za-z0-9_.-]*$", var.region))
    error_message = "A region's name consists of letters, digits, dots, dashes and underscores."
  }
}

variable "config" {
  description = "Charm options by application."
  type        = map(map(string))
  default     = {}
}

variable "units" {
  description = "Number of units by application; one where none is named."
  type        = map(number)
  default     = {}

  validation {
    condition     = alltrue([for count in values(var.units) : count >= 1])
    error_message = "An application has at least one unit."
  }
}

variable "storage" {
  description = "Storage directives by application and label, such as { mariadb = { database = \"20G\" } }."
  type        = map(map(string))
  default     = {}
}

variable "model" {
  description = "Name of the model."
  type        = string
  default     = "openstack"
}

variable "model_config" {
  description = "Configuration of the model."
  type        = map(string)
  default     = {}
}

variable "cloud" {
  description = "The Juju cloud of the model: a Kubernetes."
  type        = string
  default     = "sunbeam"
}
