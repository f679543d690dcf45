#!/bin/sh
# Asterisk with its media websocket, in a Debian sid tree of its own: install_asterisk.sh FOLDER. As root; two
# minutes, 650 MB. Debian's stable releases have no Asterisk; sid moves, so the version is told.
set -eu
tree=$1/asterisk-sid
command -v debootstrap >/dev/null || { echo "install debootstrap first: apt-get install debootstrap"; exit 1; }
[ "$(id -u)" = 0 ] || { echo "debootstrap and chroot want root"; exit 1; }
mkdir -p "$1"
[ -x "$tree/usr/bin/apt-get" ] || debootstrap --variant=minbase sid "$tree"
printf '#!/bin/sh\nexit 101\n' >"$tree/usr/sbin/policy-rc.d" # nothing is started
chmod +x "$tree/usr/sbin/policy-rc.d"
[ -x "$tree/usr/sbin/asterisk" ] || chroot "$tree" apt-get install -y --no-install-recommends asterisk asterisk-modules
chroot "$tree" /usr/sbin/asterisk -V
