"""The substrate of one machine: podman pods and a machine container, without Kubernetes."""
