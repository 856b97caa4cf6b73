"""Errors of the cluster store, sunbeamd, images, containers and OpenStack."""

from __future__ import annotations

from sunbeam.catalogue.entry import Entry

CLOUD = (
    Entry(
        "no-cloud",
        "No cloud was made on this machine.",
        "`sunbeam cluster bootstrap` makes one.",
    ),
    Entry(
        "cloud-stopped",
        "`sunbeam cluster stop` was typed, or the machine was booted and has no systemd.",
        "`sunbeam cluster start`.",
    ),
    Entry(
        "settings-damaged",
        "/etc/sunbeam/node.json was changed by hand and cannot be read.",
        "Correct it as the text says, or put it back from a backup.",
    ),
    Entry(
        "nothing-deployed",
        "The operator engine has no applications: bootstrap did not come so far.",
        "`sunbeam cluster bootstrap` continues.",
    ),
    Entry(
        "program-not-running",
        "etcd or sunbeamd does not run.",
        "`sunbeam cluster start`; `sunbeam doctor` finds out why it ended.",
    ),
    Entry(
        "cluster-store-silent",
        "etcd does not answer.",
        "`sunbeam cluster start`.",
    ),
    Entry(
        "etcd-ends",
        "etcd cannot start: mostly its data is damaged, or the disk is broken.",
        "If the text speaks of damaged data, put back /var/lib/sunbeam/etcd of a backup, then"
        " `sunbeam cluster start`.",
    ),
    Entry(
        "etcd-down",
        "etcd does not run; its last words are in the evidence.",
        "`sunbeam cluster start`.",
    ),
    Entry(
        "etcd-full",
        "The cluster store has used up its 512 MiB and takes no more writes.",
        "`sunbeam cluster stop && sunbeam cluster start` drops the store's history, which makes room again.",
    ),
    Entry(
        "sunbeamd-ends",
        "sunbeamd cannot start; its last lines are in the text.",
        "Deal with what they say, then `sunbeam cluster start`.",
    ),
    Entry(
        "sunbeamd-refuses",
        "sunbeamd found something that a restart does not cure, and says what.",
        "Do what it says, then `sunbeam cluster start`.",
    ),
    Entry(
        "sunbeamd-down",
        "sunbeamd does not run; its last words are in the evidence.",
        "`sunbeam cluster start`.",
    ),
    Entry(
        "sunbeamd-silent",
        "sunbeamd runs, but its API does not answer.",
        "Wait if the machine is busy; else `sunbeam cluster stop && sunbeam cluster start`.",
    ),
    Entry(
        "wrong-sealing-key",
        "/var/lib/sunbeam/secrets/sealing.key is not the key with which the cloud's secrets were sealed.",
        "Put back the key of the backup that the databases are from, then `sunbeam cluster start`.",
    ),
    Entry(
        "operators-database-damaged",
        "/var/lib/sunbeam/engine/engine.db is no database any more, or of another version.",
        "Put back engine.db and secrets/sealing.key of one backup, then `sunbeam cluster start`;"
        " without a backup `sunbeam cluster destroy`.",
    ),
    Entry(
        "lock-held",
        "A process that is no change holds the lock of changes, or a change says nothing for long.",
        "`sunbeam changes` names it; end that process if it is stuck, then `sunbeam resume`.",
    ),
    Entry(
        "hosts-altered",
        "The hosts file of pods was changed by somebody else.",
        "`sunbeam cluster stop && sunbeam cluster start` writes it anew.",
    ),
    Entry(
        "certificate-wrong",
        "A certificate of the cloud is expired, not valid yet, revoked, or of another authority.",
        "Correct the clock if it is wrong; `sunbeam cluster stop && sunbeam cluster start` renews"
        " certificates of this node.",
    ),
    Entry(
        "sunbeamd-outdated",
        "Sunbeam was updated and the cloud has not followed: hooks may fail until it does.",
        "`sunbeam cluster bootstrap` takes the new version; `sunbeam diff` shows what that changes.",
    ),
    Entry(
        "certificate-ends-soon",
        "A certificate of the cloud ends within weeks.",
        "`sunbeam cluster stop && sunbeam cluster start` renews it.",
    ),
    Entry(
        "credentials-missing",
        "clouds.yaml has no such entry: bootstrap or configure did not come so far.",
        "`sunbeam cluster bootstrap` for the administrator, `sunbeam configure` for the demo user.",
    ),
    Entry(
        "credentials-damaged",
        "clouds.yaml was changed by hand, or is empty after a full disk: the administrator's entry is"
        " not in it as it was written.",
        "`sunbeam cluster bootstrap --accept-defaults` writes it again, and keeps what it cannot read as"
        " clouds.yaml.damaged.",
    ),
    Entry(
        "credentials-gone",
        "The administrator's clouds.yaml was removed.",
        "`sunbeam cluster bootstrap --accept-defaults` writes it again.",
    ),
    Entry(
        "credentials-refused",
        "The administrator's password was changed in Keystone and not in clouds.yaml.",
        "`sunbeam cluster bootstrap --accept-defaults` writes clouds.yaml again.",
    ),
    Entry(
        "podman-broken",
        "podman fails with our settings and storage.",
        "Its own words are in the evidence, with a command that repeats it.",
    ),
    Entry(
        "image-build-failed",
        "A recipe did not build; the package manager's words are in the text.",
        "Deal with that, then `sunbeam image build NAME` or `sunbeam resume`.",
    ),
    Entry(
        "image-missing",
        "A pod needs an image that is not there.",
        "`sunbeam image build NAME`.",
    ),
    Entry(
        "image-not-pulled",
        "The registry did not deliver the image that the manifest names.",
        "Correct the reference or the registry; `sunbeam manifest show` prints it; then `sunbeam resume`.",
    ),
    Entry(
        "images-not-built",
        "An archive needs all images, and some are missing or old.",
        "`sunbeam image build`, then export again.",
    ),
    Entry(
        "archive-missing",
        "The archive that was named does not exist.",
        "`sunbeam image export FILE` writes one on a machine that has the images.",
    ),
    Entry(
        "archive-not-loaded",
        "The file is no archive of Sunbeam's images, or podman could not read it.",
        "Write it again with `sunbeam image export FILE`.",
    ),
    Entry(
        "container-down",
        "A container of a pod does not run, or ends again and again.",
        "Its log is named in the remedy of `sunbeam doctor`.",
    ),
    Entry(
        "service-down",
        "A service in a container does not run, or ends again and again.",
        "Its log is named in the remedy of `sunbeam doctor`.",
    ),
    Entry(
        "check-fails",
        "A service runs but does not answer its check.",
        "`sunbeam debug log --unit UNIT`.",
    ),
    Entry(
        "mariadb-connections",
        "All connections of MariaDB are in use.",
        "Restart what holds them, or raise max-connections of the charm mariadb in the manifest.",
    ),
    Entry(
        "mariadb-read-only",
        "MariaDB was set read-only, for example by a backup that was cut off.",
        "The remedy of `sunbeam doctor` sets it back.",
    ),
    Entry(
        "rabbitmq-alarm",
        "RabbitMQ takes no messages while it has too little memory or disk.",
        "Free memory or disk space; it goes on by itself.",
    ),
    Entry(
        "ovn-disconnected",
        "The hypervisor has no connection to OVN: networks of VMs are not changed.",
        "`sunbeam debug log --unit ovn-central`.",
    ),
    Entry(
        "hook-fails",
        "A charm raised an error; its last lines are in the evidence, and it is tried again.",
        "`sunbeam debug log --unit UNIT`.",
    ),
    Entry(
        "unit-waits",
        "A charm is blocked or waits for another unit.",
        "Its message says for what; `sunbeam debug log --unit UNIT`.",
    ),
    Entry(
        "unit-not-well",
        "A unit is not active and idle; its message says why.",
        "`sunbeam debug log --unit UNIT`; `sunbeam doctor` looks for the cause.",
    ),
    Entry(
        "units-missing",
        "An application has fewer units than it should.",
        "`sunbeam juju status`.",
    ),
    Entry(
        "units-stuck",
        "Units are in trouble, or nothing moved for long.  The last words of their charms are in the text.",
        "`sunbeam doctor` looks for the cause; `sunbeam debug log --unit UNIT` has all; then `sunbeam"
        " resume`.",
    ),
    Entry(
        "api-fails",
        "An OpenStack API does not answer as it should.",
        "`sunbeam doctor` looks for the cause; `sunbeam cluster status` asks again.",
    ),
    Entry(
        "agent-dead",
        "An agent of Nova or Neutron has not been heard of for a while.",
        "`sunbeam debug log --unit hypervisor`.",
    ),
    Entry(
        "ingress-unreachable",
        "The public address of the cloud does not answer.",
        "`sunbeam debug log --unit ingress`.",
    ),
    Entry(
        "openstack-refused",
        "An OpenStack API refused a request; its words are in the text.",
        "`sunbeam cluster status` tells whether all is well; then type the command again.",
    ),
    Entry(
        "launch-incomplete",
        "The demo project, its image, flavor, key or network is missing.",
        "`sunbeam configure` makes them.",
    ),
    Entry(
        "vm-gone",
        "A VM was deleted by somebody else while it was being started.",
        "`sunbeam launch NAME` makes it again.",
    ),
    Entry(
        "vm-failed",
        "Nova could not start the VM; its words are in the text.",
        "Deal with that, then `sunbeam launch NAME`.",
    ),
)
