"""The private ranges that a cloud takes where nobody says otherwise."""

from __future__ import annotations

from ipaddress import IPv4Network

PODS = IPv4Network("10.20.30.0/24")
EXTERNAL = IPv4Network("172.24.4.0/24")
DEMO = IPv4Network("192.168.55.0/24")
