#!/usr/bin/env bash
# Build the control plane that `make test-cluster` starts, from locked Go modules; what is there already is kept.
#
#   scripts/cluster_tools.sh     prints the folder with kube-apiserver and kube-controller-manager
#   XDG_CACHE_HOME               where the folder is made; by default ~/.cache
#
# Needs Go 1.26 and etcd. The first time takes about ten minutes of two cores and 4 GB of disk; later ones no time.
set -euo pipefail
cd "$(dirname "$0")/../tests/cluster/tools/kubernetes"

for tool in go etcd; do
    if ! command -v "$tool" > /dev/null; then
        echo "cluster_tools: expected '$tool' on the PATH, found none. Install Go from your distribution or its site," \
            "etcd with 'apt-get install etcd-server'" >&2
        exit 2
    fi
done
version=$(awk '{ sub(/^require /, "") } $1 == "k8s.io/kubernetes" && $2 ~ /^v1/ { print $2 }' go.mod)
folder=${XDG_CACHE_HOME:-$HOME/.cache}/pulih/cluster/kubernetes-$version
mkdir -p "$folder"
minor=${version#v1.}
flags="-s -w"
for value in "gitVersion=$version" gitMajor=1 "gitMinor=${minor%%.*}"; do
    flags+=" -X k8s.io/component-base/version.$value"
done
for tool in kube-apiserver kube-controller-manager; do
    if [[ ! -x "$folder/$tool" ]]; then
        echo "cluster_tools: building $tool $version; this takes minutes" >&2
        CGO_ENABLED=0 go build -trimpath -ldflags "$flags" -o "$folder/$tool.new" "k8s.io/kubernetes/cmd/$tool"
        mv "$folder/$tool.new" "$folder/$tool"
    fi
done
echo "$folder"
