#!/usr/bin/env bash
# Build what `make test-cluster` starts, from locked Go modules; what is there already is kept.
#
#   scripts/cluster_tools.sh     prints the folder with kube-apiserver, kube-controller-manager and KServe's manager
#   XDG_CACHE_HOME               where the folder is made; by default ~/.cache
#
# Needs Go 1.26 and etcd. The first time takes about ten minutes of two cores and 5 GB of disk; later ones no time.
set -euo pipefail
cd "$(dirname "$0")/../tests/cluster/tools"

for tool in go etcd; do
    if ! command -v "$tool" > /dev/null; then
        echo "cluster_tools: expected '$tool' on the PATH, found none. Install Go 1.26 from your distribution or its site," \
            "etcd with 'apt-get install etcd-server'" >&2
        exit 2
    fi
done

# version MODULE: the one that the go.mod of the working folder requires.
version() { awk -v module="$1" '{ sub(/^require /, "") } $1 == module && $2 ~ /^v/ { print $2 }' go.mod; }

# build PACKAGE LDFLAGS: one program, visible only once it is whole.
build() {
    local target="$folder/${3:-$(basename "$1")}"
    if [[ ! -x "$target" ]]; then
        echo "cluster_tools: building $1; this takes minutes" >&2
        CGO_ENABLED=0 go build -trimpath -ldflags "-s -w $2" -o "$target.new" "$1"
        mv "$target.new" "$target"
    fi
}

kubernetes=$(cd kubernetes && version k8s.io/kubernetes)
kserve=$(cd kserve && version github.com/kserve/kserve)
folder=${XDG_CACHE_HOME:-$HOME/.cache}/pulih/cluster/kubernetes-$kubernetes-kserve-$kserve
mkdir -p "$folder"
minor=${kubernetes#v1.}
flags=""
for value in "gitVersion=$kubernetes" gitMajor=1 "gitMinor=${minor%%.*}"; do
    flags+=" -X k8s.io/component-base/version.$value"
done
cd kubernetes
build k8s.io/kubernetes/cmd/kube-apiserver "$flags"
build k8s.io/kubernetes/cmd/kube-controller-manager "$flags"
cd ../kserve
build github.com/kserve/kserve/cmd/manager "" kserve-manager
# Its settings, as KServe ships them.
source=$(go list -m -f '{{.Dir}}' github.com/kserve/kserve)
install -m 644 "$source/config/configmap/inferenceservice.yaml" "$folder/inferenceservice-config.yaml"
echo "$folder"
