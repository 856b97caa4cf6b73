variable "charms" {
  description = "Folder of packed charms (NAME.charm)."
  type        = string
}

variable "offers" {
  description = "Offer URL by name, as the output offers of the openstack module gives them."
  type        = map(string)

  validation {
    condition     = alltrue([for url in values(var.offers) : can(regex("^([a-z0-9-]+:)?[^/]+/[^/.]+\\.[^/.]+$", url))])
    error_message = "An offer URL has the form OWNER/MODEL.OFFER."
  }
}

variable "machines" {
  description = "Machines to run virtual machines on, by name."
  type = map(object({
    constraints = optional(string)
    placement   = optional(string)
  }))
  default = { hypervisor-0 = {} }
}

variable "image" {
  description = "Image that machine containers are made of."
  type        = string
  default     = "hypervisor"
}

variable "config" {
  description = "Options of the hypervisor charm."
  type        = map(string)
  default     = {}
}

variable "model" {
  description = "Name of the model."
  type        = string
  default     = "machines"
}

variable "model_config" {
  description = "Configuration of the model."
  type        = map(string)
  default     = {}
}

variable "cloud" {
  description = "The Juju cloud of the model: machines."
  type        = string
  default     = "machines"
}
