#!/bin/sh
# How the certificates beside this file were made (OpenSSL 3). Tests use the committed files, so that they need no
# openssl; run this only to make new ones. The keys protect nothing.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
touch "$work/index"
echo 01 >"$work/serial"
cat >"$work/ca.cnf" <<END
[ca]
default_ca = own
[own]
database = $work/index
serial = $work/serial
new_certs_dir = $work
default_md = sha256
policy = policy
unique_subject = no
x509_extensions = server
[policy]
commonName = supplied
[server]
subjectAltName = DNS:localhost, IP:127.0.0.1, IP:::1
END

# self_signed NAME KEY FROM TO
self_signed() {
  openssl req -new -key "$2" -subj "/CN=$1.tidegate.test" -out "$work/request.csr"
  openssl ca -batch -notext -config "$work/ca.cnf" -selfsign -keyfile "$2" -in "$work/request.csr" \
    -startdate "$3" -enddate "$4" -out "$1.pem" 2>"$work/ca.log"
}

for name in server other; do
  openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:prime256v1 -out "$name-key.pem"
  self_signed "$name" "$name-key.pem" 20200101000000Z 21200101000000Z
done
self_signed expired server-key.pem 20190101000000Z 20200101000000Z
openssl ec -in server-key.pem -aes256 -passout pass:tidegate -out encrypted-key.pem
