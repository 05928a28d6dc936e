#!/bin/sh
# Takes from a machine that is baked into an image what only one machine may have.
set -eu

rm -rf /etc/deferred /var/lib/deferred /opt/deferred/clean.sh
rm -f /etc/systemd/system/deferred-bake.service
# A machine lives for hours: what updates it by itself would only hold apt's locks.
apt-get -q -y purge unattended-upgrades || true
apt-get -q clean
rm -rf /var/lib/apt/lists/*
# cloud-init is to run again for the next instance, which makes its own host keys.
cloud-init clean --logs
rm -f /etc/ssh/ssh_host_*
# Stopping it saves the seed, which all machines of the image would share.
systemctl stop systemd-random-seed.service || true
# What follows is kept in memory.
journalctl --relinquish-var || true
rm -rf /var/log/journal/* /var/lib/systemd/random-seed /var/lib/dhcp/*
# Some of them go while this looks.
find /var/log -ignore_readdir_race -type f -exec truncate -c -s 0 {} +
rm -f /root/.bash_history /var/lib/dbus/machine-id
: >/etc/machine-id
sync
echo "Deferred Runner: ready to be an image"
