#!/bin/sh
# The command `tidegate`. It finds a Node.js that is new enough: first the package node beside it, which npm ci installs,
# then the one on PATH. It replaces itself by that Node.js, so that signals sent to this process reach Tidegate. It works
# through any link and in any directory.

self=$0
while [ -L "$self" ]; do
  target=$(readlink "$self")
  case $target in
    /*) self=$target ;;
    *) self=$(dirname "$self")/$target ;;
  esac
done
root=$(CDPATH='' cd -- "$(dirname "$self")/../.." && pwd -P)
entry=$root/dist/control-plane/cli/tidegate.js
# The version that package.json requires: "node": ">=24.15".
needed=$(sed -n 's/.*"node": ">=\([0-9]*\.[0-9]*\)".*/\1/p' "$root/package.json")

refuse() {
  echo "tidegate: $1" >&2
  exit 2
}

is_new_enough() { # version such as v26.10.0
  major=${1#v}
  minor=${major#*.}
  major=${major%%.*}
  minor=${minor%%.*}
  [ "$major" -gt "${needed%.*}" ] || { [ "$major" -eq "${needed%.*}" ] && [ "$minor" -ge "${needed#*.}" ]; }
}

[ -f "$entry" ] || refuse "it is not built: run npm ci in $root"
case $root in
  */node_modules/*) beside=$(dirname "$root")/node/bin/node advice='npm install node@26 brings one' ;;
  *) beside=$root/node_modules/node/bin/node advice="npm ci in $root brings one" ;;
esac
found='there is none on PATH'
for node in "$beside" node; do
  # Skips a Node.js that does not run here, because it is for another system or half installed.
  version=$("$node" --version 2>/dev/null) || continue
  if is_new_enough "$version"; then
    exec "$node" "$entry" "$@"
  fi
  found="$(command -v "$node") is $version"
done
refuse "it needs Node.js $needed or newer, and $found; $advice"
