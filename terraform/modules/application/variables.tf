variable "name" {
  description = "Name of the application; its charm has the same one."
  type        = string
}

variable "model_uuid" {
  description = "UUID of the model."
  type        = string
}

variable "charms" {
  description = "Folder of packed charms (NAME.charm)."
  type        = string
}

variable "units" {
  description = "Number of units, where no machines are named."
  type        = number
  default     = 1
}

variable "machines" {
  description = "Machines that carry one unit each."
  type        = set(string)
  default     = null
}

variable "trust" {
  description = "Whether the charm may use the cloud's credentials."
  type        = bool
  default     = false
}

variable "config" {
  description = "Charm options as text."
  type        = map(string)
  default     = {}
}

variable "resources" {
  description = "Image reference by charm resource."
  type        = map(string)
  default     = {}
}

variable "storage" {
  description = "Storage directive by label."
  type        = map(string)
  default     = {}
}

variable "exposed" {
  description = "Whether it is reached from outside the cloud's own networks."
  type        = bool
  default     = false
}
