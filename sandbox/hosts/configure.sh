#!/bin/sh
# The last step of making a host image, inside its root file system and after packages and overlay are there:
# closes what must be closed, masks what has no meaning in a container, and removes what every host must have for
# itself. Both build.sh and the Containerfile run it.
set -eu

# Nobody has a password, root included ('*' matches no password but, unlike '!', does not lock key logins).
usermod -p '*' root
if awk -F: '$2 !~ /^[*!]/ { found = 1 } END { exit !found }' /etc/shadow; then
    echo "cannot finish the host image: an account in /etc/shadow has a password or an empty one" >&2
    exit 1
fi

# Hardware, virtual terminals, kernel modules and file systems belong to the machine below; the timers would only
# disturb, and hold apt's lock just when a playbook wants it.
systemctl mask --quiet \
    systemd-modules-load.service kmod-static-nodes.service modprobe@.service \
    systemd-remount-fs.service systemd-pstore.service systemd-firstboot.service systemd-random-seed.service \
    systemd-binfmt.service proc-sys-fs-binfmt_misc.automount systemd-sysctl.service \
    dev-hugepages.mount dev-mqueue.mount sys-kernel-config.mount sys-kernel-debug.mount \
    sys-kernel-tracing.mount sys-fs-fuse-connections.mount \
    systemd-journald-audit.socket systemd-ask-password-console.path systemd-ask-password-wall.path \
    getty.target console-getty.service getty@.service serial-getty@.service \
    cloud-init-hotplugd.socket \
    apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer e2scrub_reap.service fstrim.timer
systemctl set-default --quiet multi-user.target
systemctl enable --quiet tailscaled.service

# No user manager for each login. On machines with version 1 or hybrid control groups, an init in a container is not
# told when a group gets empty: user@0.service then hangs when it stops, and holds up power off and the next login for
# minutes. Lingering user managers still work: their own PAM stack has the module.
pam-auth-update --disable systemd

# A container image of Debian forbids its packages to start services; a host must not.
rm -f /usr/sbin/policy-rc.d

# Each host gets its own identity at its first boot.
rm -f /etc/ssh/ssh_host_* /var/lib/dbus/machine-id
: > /etc/machine-id
rm -rf /var/lib/cloud/* /var/lib/dhcp/* ~root/.ssh
find /var/log -type f -delete
# /tmp stays as it is: mmdebstrap keeps the file there that points its apt at this root instead of the machine's own.
