#!/bin/bash
# make.sh: makes the certificates of the TLS tests anew. They keep no secret: one key for all, on loopback only.
set -euo pipefail
cd "$(dirname "$0")"

[ $# -eq 0 ] || { echo "usage: make.sh" >&2; exit 2; }

work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
openssl ecparam -name prime256v1 -genkey -noout -out key.pem
openssl req -x509 -new -key key.pem -days 36500 -subj "/CN=Salvor test authority" \
    -addext keyUsage=critical,keyCertSign,cRLSign -out authority.pem
openssl req -x509 -new -key key.pem -days 36500 -subj "/CN=self-signed" -addext subjectAltName=IP:127.0.0.1 -out self-signed.pem

# sign NAME SUBJECT_ALT_NAME START END: a server certificate by the authority.
sign() {
    cat >"$work/config" <<EOF
[ca]
default_ca = tests
[tests]
database = $work/index
serial = $work/serial
new_certs_dir = $work
default_md = sha256
default_crl_days = 36500
unique_subject = no
policy = subject
[subject]
commonName = supplied
[server]
basicConstraints = CA:FALSE
subjectAltName = $2
EOF
    [ -e "$work/index" ] || : >"$work/index"
    [ -e "$work/serial" ] || echo 1000 >"$work/serial"
    openssl req -new -key key.pem -subj "/CN=$1" -out "$work/$1.csr"
    openssl ca -batch -config "$work/config" -extensions server -cert authority.pem -keyfile key.pem -notext \
        -startdate "$3" -enddate "$4" -in "$work/$1.csr" -out "$1.pem"
}

sign good IP:127.0.0.1 20200101000000Z 21200101000000Z
sign other-name DNS:other.example 20200101000000Z 21200101000000Z
sign expired IP:127.0.0.1 20200101000000Z 20200201000000Z
sign early IP:127.0.0.1 21000101000000Z 21200101000000Z
sign revoked IP:127.0.0.1 20200101000000Z 21200101000000Z
openssl ca -config "$work/config" -cert authority.pem -keyfile key.pem -revoke revoked.pem
openssl ca -config "$work/config" -cert authority.pem -keyfile key.pem -gencrl -crldays 36500 -out revoked-list.pem
