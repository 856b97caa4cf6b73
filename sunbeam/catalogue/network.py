"""What checks and the doctor find in the networks of a machine."""

from __future__ import annotations

from sunbeam.catalogue.entry import Entry

NETWORK = (
    Entry(
        "host-name-missing",
        "The machine has no name of its own.",
        "`hostnamectl set-hostname NAME`.",
    ),
    Entry(
        "host-name-invalid",
        "A host name is letters, digits and dashes (RFC 1123).",
        "`hostnamectl set-hostname NAME`.",
    ),
    Entry(
        "own-name-unresolved",
        "The machine's own name is not in /etc/hosts, and no resolver knows it.",
        "`sunbeam check --fix` adds a line `127.0.1.1 NAME` to /etc/hosts.",
    ),
    Entry(
        "localhost-unresolved",
        "/etc/hosts does not say that localhost is 127.0.0.1.",
        "`sunbeam check --fix` adds it, or correct the line that says otherwise.",
    ),
    Entry(
        "dns-dead",
        "No nameserver of /etc/resolv.conf answers.",
        "Correct /etc/resolv.conf or repair the way to its nameservers; `getent ahosts NAME` tries it.",
    ),
    Entry(
        "dns-unknown-name",
        "The nameserver answers, but does not know the names of mirrors.",
        "Use a nameserver that does, correct apt's sources, or set a proxy: `sunbeam proxy set --http"
        " URL --https URL`.",
    ),
    Entry(
        "dns-slow",
        "Often the first of several nameservers is dead, and each question waits for it.",
        "Take it out of /etc/resolv.conf.",
    ),
    Entry(
        "mirror-unreachable",
        "apt's archives do not answer, or no longer have this release.",
        "`apt-get update` says more; correct /etc/apt/sources.list, or set a proxy.",
    ),
    Entry(
        "mirror-dead",
        "The package mirror does not answer: images cannot be built.  What runs is not affected.",
        "`apt-get update` says more; use another mirror or a proxy.",
    ),
    Entry(
        "other-archive-unreachable",
        "An archive of which nothing is needed does not answer, and each update waits for it.",
        "Take it out of /etc/apt/sources.list.d.",
    ),
    Entry(
        "registry-unreachable",
        "OpenTofu is fetched through npm or pip, which do not reach their registry.",
        "Install tofu or terraform, or set the registry or a proxy.",
    ),
    Entry(
        "proxy-unreachable",
        "The proxy that is set takes no connections.",
        "`sunbeam proxy show` prints it; `sunbeam proxy set --http URL --https URL` changes it.",
    ),
    Entry(
        "proxy-ignored",
        "`http_proxy` or `https_proxy` of the environment holds no URL of a proxy such as"
        " http://proxy.example.org:3128, and does not count.",
        "`env | grep -i proxy` shows it; correct or unset the variable, or set `proxy` in the manifest.",
    ),
    Entry(
        "range-taken",
        "A network of this machine overlaps a range of the cloud, or its resolver is in one.",
        "For a new cloud, choose another range in the manifest or with `sunbeam cluster bootstrap --pod-range"
        " RANGE --external-range RANGE`. The ranges of a cloud that is there cannot change: end the VPN or"
        " network, or take its route away; one that is wider than the cloud's is no obstacle.",
    ),
    Entry(
        "demo-range-taken",
        "VMs of the demo project would not reach that network of this machine.",
        "Set demo.network.range in the manifest.",
    ),
    Entry(
        "iproute-missing",
        "The program ip is not installed.",
        "`apt-get install iproute2`.",
    ),
    Entry(
        "no-default-route",
        "The machine has no way outside: nothing can be fetched.",
        "`ip route` shows what there is; connect the machine.",
    ),
    Entry(
        "vpn-default-route",
        "When the VPN ends, the cloud's address changes.",
        "End the VPN, or name an address that stays for a new cloud: `sunbeam cluster bootstrap --address"
        " ADDRESS`.",
    ),
    Entry(
        "address-not-here",
        "No interface of this machine has the cloud's address; users reach it only through a translation.",
        "Name another one for a new cloud: `sunbeam cluster bootstrap --address ADDRESS`. That of a cloud"
        " that is there cannot change: `ip address add ADDRESS/32 dev INTERFACE`.",
    ),
    Entry(
        "address-changed",
        "The address that the cloud was made with left this machine, for example by DHCP.",
        "Give it back: `ip address add ADDRESS/32 dev INTERFACE`, and reserve it.",
    ),
    Entry(
        "mtu-small",
        "The interface carries smaller packets than VMs send: large answers get lost.",
        "Set network.external.mtu in the manifest.",
    ),
    Entry(
        "interface-missing",
        "The machine has no interface with this name.",
        "`ip -brief link` lists all.",
    ),
    Entry(
        "interface-unfit",
        "The interface cannot be a port of the external network: it leads nowhere outside, or a macvlan, an"
        " ipvlan or a PPPoE session is on it, which no port of a bridge can have.",
        "`ip -brief link` lists others; set network.external.interface in the manifest.",
    ),
    Entry(
        "routes-not-restored",
        "The kernel refused a route of an interface that the cloud gave back; it stays on record.",
        "Make the route by hand as listed, with what it lacks, and type the command that failed again.",
    ),
    Entry(
        "interface-without-link",
        "The interface is down or has no cable.",
        "`ip link set INTERFACE up`, or plug the cable in.",
    ),
    Entry(
        "interface-has-addresses",
        "As a port of the external network the interface no longer answers at its addresses.",
        "Choose another interface, or agree by network.external.lose_addresses in the manifest.",
    ),
    Entry(
        "interface-carries-default-route",
        "The interface is this machine's way out, itself or by a device on it, and would be cut off; a VLAN"
        " works on.",
        "Choose another interface of those that `ip -brief link` lists, or go on.",
    ),
    Entry(
        "cloud-address-lost",
        "As a port of the external network the interface loses its addresses, and the cloud's is among them.",
        "Choose another interface, or by `sunbeam cluster bootstrap --address ADDRESS` one of another.",
    ),
    Entry(
        "pool-taken",
        "VMs would get addresses that this machine, its router or its resolver has.",
        "Set network.external.first and network.external.last in the manifest to a part that nobody uses.",
    ),
    Entry(
        "interface-enslaved",
        "An interface is a port of one bridge or bond only.",
        "Choose another, or take it out.",
    ),
    Entry(
        "nat-missing",
        "The kernel lacks address translation, or nft and iptables do.",
        "`modprobe nf_nat`, and install nftables or iptables.",
    ),
    Entry(
        "forward-drop",
        "docker or a firewall made iptables drop forwarded packets.",
        "`iptables -P FORWARD ACCEPT`, or remove that program.",
    ),
    Entry(
        "forward-dropped",
        "Another program drops forwarded packets since the cloud was made.",
        "`sunbeam cluster stop && sunbeam cluster start` puts our rules before it.",
    ),
    Entry(
        "firewall-drops",
        "A table of nftables drops forwarded packets, whatever others accept.",
        "Let it accept those of sunbeam0 and sunbeam-ext.",
    ),
    Entry(
        "firewall-flushed",
        "Somebody removed the cloud's packet rules, for example by restarting a firewall.",
        "`sunbeam cluster stop && sunbeam cluster start` makes them anew.",
    ),
    Entry(
        "forwarding-off",
        "net.ipv4.ip_forward was set to 0.",
        "`echo 1 > /proc/sys/net/ipv4/ip_forward`; find out which program sets it.",
    ),
    Entry(
        "bridge-gone",
        "A bridge of the cloud, or its address, was removed.",
        "`sunbeam cluster stop && sunbeam cluster start` makes it anew.",
    ),
    Entry(
        "port-taken",
        "Another program listens where the cloud does: ports 80 and 443 at this machine's addresses, a few"
        " more at 127.0.0.1.",
        "`ss -ltnp` names it; stop it or change its port.",
    ),
    Entry(
        "port-stolen",
        "Another program took a port of the cloud while that was down.",
        "`ss -ltnp` names it; stop it, then `sunbeam cluster start`.",
    ),
)
