#!/usr/bin/env bash
# Build what `make test-cluster` starts, from locked Go modules; what is there already is kept.
#
#   scripts/cluster_tools.sh     prints the folder with kube-apiserver, kube-controller-manager and the managers
#                                of KServe, Kubeflow Trainer and JobSet
#   XDG_CACHE_HOME               where the folder is made; by default ~/.cache
#
# Needs Go 1.26 and etcd. The first time takes about a quarter of an hour of two cores and 6 GB; later ones no time.
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
trainer=$(cd trainer && version github.com/kubeflow/trainer/v2)
folder=${XDG_CACHE_HOME:-$HOME/.cache}/pulih/cluster/kubernetes-$kubernetes-kserve-$kserve-trainer-$trainer
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
cd ../trainer
build github.com/kubeflow/trainer/v2/cmd/trainer-controller-manager ""
build sigs.k8s.io/jobset "" jobset-manager
# Trainer turns a TrainJob into a JobSet, so the cluster must know both kinds; these definitions come with the modules.
source=$(go list -m -f '{{.Dir}}' sigs.k8s.io/jobset)
install -m 644 "$source/config/components/crd/bases/jobset.x-k8s.io_jobsets.yaml" "$folder/jobset-crd.yaml"
install -m 644 "$source/config/components/webhook/manifests.yaml" "$folder/jobset-webhooks.yaml"
source=$(go list -m -f '{{.Dir}}' github.com/kubeflow/trainer/v2)
install -m 644 "$source/manifests/base/webhook/manifests.yaml" "$folder/trainer-webhooks.yaml"
echo "$folder"
