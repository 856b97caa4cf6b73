"""What checks and the doctor find on a machine, and errors of its programs."""

from __future__ import annotations

from sunbeam.catalogue.entry import Entry

MACHINE = (
    Entry(
        "check-stalled",
        "A check took too long: nothing can be said about what it looks at.",
        "`sunbeam check` makes it again.",
    ),
    Entry(
        "check-failed",
        "A check met an error: nothing can be said about what it looks at.",
        "`sunbeam check` makes it again.",
    ),
    Entry(
        "not-root",
        "Networks and containers of the host can be made by root only.",
        "Put `sudo` before the command.",
    ),
    Entry(
        "distribution-unsupported",
        "The distribution is none of those that Sunbeam is tested on.",
        "Use a machine with Debian 12 or 13 or Ubuntu 24.04.",
    ),
    Entry(
        "python-untested",
        "Sunbeam runs on a Python that it is not tested with.",
        "Use Python 3.11, 3.12 or 3.13.",
    ),
    Entry(
        "no-systemd",
        "Without systemd as process 1 nothing starts the cloud after a reboot.",
        "Type `sunbeam cluster start` after each reboot.",
    ),
    Entry(
        "locale-not-utf8",
        "The terminal's encoding has no signs for names and progress.",
        "`export LC_ALL=C.UTF-8`.",
    ),
    Entry(
        "cores-too-few",
        "With one processor core a cloud comes up all the same, in about twice the time.",
        "Go on and be patient, or give the machine two cores or more.",
    ),
    Entry(
        "memory-too-little",
        "The control plane and one VM need 8 GiB.",
        "Give the machine more memory.",
    ),
    Entry(
        "memory-in-use",
        "Other programs use so much memory that the cloud would not fit.",
        "`ps -eo rss,pid,args --sort=-rss` names the largest; end what is not needed.",
    ),
    Entry(
        "memory-short",
        "The machine has too little free memory, or swaps.",
        "`ps -eo rss,pid,args --sort=-rss` names the largest; end what is not needed, or add memory.",
    ),
    Entry(
        "oom-killed",
        "The kernel killed a process because memory ran out, of the machine or of one container.",
        "`ps -eo rss,pid,args --sort=-rss` names the largest; free or add memory.  The process is"
        " started again.",
    ),
    Entry(
        "disk-space-too-little",
        "Images, databases and packages do not fit on the file system.",
        "`df -h /var/lib/sunbeam`; make room, or mount a larger file system there.",
    ),
    Entry(
        "disk-full",
        "A file system has no room left: databases and the cluster store cannot write.",
        "`du -xh / | sort -h | tail` finds what is large; make room and type the command again.",
    ),
    Entry(
        "inodes-too-few",
        "Unpacked images are many small files, and the file system cannot hold so many.",
        "`df -i /var/lib/sunbeam`; remove files or make a file system with more inodes.",
    ),
    Entry(
        "inodes-used-up",
        "The file system can hold no further file, although it may have free space.",
        "`du -x --inodes / | sort -n | tail` finds folders with many files; remove what is not needed.",
    ),
    Entry(
        "disk-read-only",
        "The kernel mounts a file system read-only after errors of its disk.",
        "`dmesg --level=err,crit` shows them; replace the disk or check the file system, then reboot.",
    ),
    Entry(
        "mount-options",
        "The file system is mounted with options such as noexec or nodev, under which containers do"
        " not work.",
        "`mount -o remount,rw,exec,suid,dev MOUNTPOINT`, and in /etc/fstab.",
    ),
    Entry(
        "file-system-kind",
        "The kernel makes writable layers of containers on local file systems such as ext4 and xfs.",
        "Mount one at /var/lib/sunbeam.",
    ),
    Entry(
        "disk-slow",
        "A small synchronised write takes long; the cluster store and databases wait for each.",
        "Nothing need be set: commands wait as long as something moves.  A faster disk at"
        " /var/lib/sunbeam helps.",
    ),
    Entry(
        "kvm-absent",
        "The processor, the firmware or the machine around this one offers no virtualisation: VMs are"
        " emulated.",
        "Switch it on in the firmware or in the outer hypervisor; else `modprobe kvm_intel ||"
        " modprobe kvm_amd`.",
    ),
    Entry(
        "kvm-broken",
        "/dev/kvm is there, but a guest does not run under it.",
        "`dmesg | grep -i kvm`; often the outer hypervisor has nested virtualisation switched off.",
    ),
    Entry(
        "kvm-untried",
        "No guest could be started to try KVM: /dev/kvm may not be opened here, or the processor is not"
        " x86_64.",
        "`ls -l /dev/kvm`; in a container, pass the device on.",
    ),
    Entry(
        "kvm-unused",
        "The processor can run VMs, but its module is not loaded or the firmware forbids it.",
        "`modprobe kvm_intel || modprobe kvm_amd`, then `sunbeam cluster stop && sunbeam cluster start`.",
    ),
    Entry(
        "cgroups-missing",
        "No cgroup hierarchy is mounted.",
        "`mount -t cgroup2 cgroup2 /sys/fs/cgroup`.",
    ),
    Entry(
        "cgroups-read-only",
        "The machine is itself a container that may not make containers.",
        "Start it with more rights, or remount /sys/fs/cgroup writable.",
    ),
    Entry(
        "tun-missing",
        "The kernel module of TUN devices is not loaded.",
        "`modprobe tun`.",
    ),
    Entry(
        "overlay-missing",
        "The kernel module of overlay file systems is not loaded.",
        "`modprobe overlay`.",
    ),
    Entry(
        "namespaces-missing",
        "The machine is itself a container without the right to make namespaces.",
        "Use a machine, or a container with that right.",
    ),
    Entry(
        "selinux-enforcing",
        "SELinux may forbid containers their folders; this was not tested.",
        "`setenforce 0`, and SELINUX=permissive in /etc/selinux/config.",
    ),
    Entry(
        "apparmor-profile",
        "A profile of the host may hold for the same program in a container.",
        "`aa-complain PROFILE`, from package apparmor-utils.",
    ),
    Entry(
        "program-broken",
        "A container or network tool is installed but does not run.",
        "Install its package again.",
    ),
    Entry(
        "programs-missing",
        "A package that containers or networks need was removed.",
        "`sunbeam cluster bootstrap` installs it again.",
    ),
    Entry(
        "podman-missing",
        "Images were to be built or loaded on a machine that no bootstrap has prepared.",
        "`apt-get install podman`.",
    ),
    Entry(
        "podman-too-old",
        "Features that containers need came with a later podman.",
        "`apt-get install podman` from a newer release.",
    ),
    Entry(
        "own-leftovers",
        "An earlier installation of Sunbeam was not removed whole.",
        "`sunbeam cluster destroy` removes the rest.",
    ),
    Entry(
        "leftovers-in-use",
        "A cloud of ours runs that is not known here: it has another SUNBEAM_ROOT, or its settings are gone.",
        "Use it with its SUNBEAM_ROOT; `sunbeam cluster destroy` there removes it with all that is in it.",
    ),
    Entry(
        "other-cloud",
        "Another cloud's services, networks and packet rules may stand in the way.",
        "Remove it as its own manual says, or use another machine.",
    ),
    Entry(
        "clock-before-build",
        "The clock shows a time before this software or its cloud was made: certificates are not valid yet.",
        "`timedatectl set-ntp true`, or set it with `date --set`. A time service that runs does not reach its"
        " servers, most often because UDP port 123 is closed: `chronyc tracking` or `timedatectl"
        " timesync-status` tells.",
    ),
    Entry(
        "clock-wrong",
        "The clock differs from that of servers: certificates and tokens count as expired or not yet valid.",
        "`timedatectl set-ntp true`, or set it with `date --set`. A time service that runs does not reach its"
        " servers, most often because UDP port 123 is closed: `chronyc tracking` or `timedatectl"
        " timesync-status` tells.",
    ),
    Entry(
        "clock-not-kept",
        "No program keeps the clock right, and it will drift.",
        "`apt-get install systemd-timesyncd`, or `sunbeam check --fix`.",
    ),
    Entry(
        "packages-locked",
        "Another program, such as unattended upgrades, installs packages.",
        "Wait for it; bootstrap does so for five minutes.",
    ),
    Entry(
        "packages-half-configured",
        "An installation of packages was cut off, and apt installs nothing before it is finished.",
        "`dpkg --configure -a`, then `apt-get install --fix-broken`.",
    ),
    Entry(
        "packages-not-installed",
        "apt could not install packages; its own words are in the text.",
        "Deal with that, then `sunbeam resume`.",
    ),
    Entry(
        "packages-not-removed",
        "apt could not remove packages; its own words are in the text.",
        "Deal with that, then `sunbeam cluster destroy`, or keep them with `--keep-packages`.",
    ),
    Entry(
        "etcd-not-fetched",
        "apt could not deliver the package etcd-server.",
        "`apt-get update` says more; then `sunbeam resume`.",
    ),
    Entry(
        "core-not-found",
        "Neither tofu nor terraform is there, and npm did not deliver OpenTofu.",
        "Install one of them, or export SUNBEAM_TERRAFORM with its path.",
    ),
    Entry(
        "secrets-readable",
        "The mode or owner of a file with secrets was changed.",
        "`chown root FILE && chmod go= FILE`; change what it held if others were here.",
    ),
    Entry(
        "systemctl-failed",
        "systemd refused a command for a unit of ours; its words are in the text.",
        "`systemctl status UNIT` and `journalctl -u UNIT` say more.",
    ),
    Entry(
        "program-does-not-start",
        "What keeps etcd or sunbeamd running did not come up.",
        "Its log is named in the text; then `sunbeam cluster start`.",
    ),
)
