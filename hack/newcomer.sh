#!/usr/bin/env bash
# A newcomer's path from the README to the end, on a real control plane: install, example, metrics, upgrade, uninstall.
#
# Usage: make newcomer        needs kubectl, and Go or KUBEBUILDER_ASSETS for the control plane
#
# Nothing runs Pods here, so the Deployment stays without one, and the operator is a process of this machine with the
# token of the ServiceAccount that was installed: it may do what RBAC gives that account, and no more.
set -euo pipefail
cd "$(dirname "$0")/.."

place=$(mktemp -d)
export KUBECONFIG=$place/controlplane/kubeconfig PATH=$PWD/.venv/bin:$PATH AWS_EC2_METADATA_DISABLED=true
operator= plane= prometheus=

finish() {
  status=$?
  trap - EXIT
  for pid in $operator $prometheus $plane; do kill "$pid" 2> "$place/kill" || true; done
  for pid in $operator $prometheus $plane; do wait "$pid" || true; done 2> "$place/wait"
  if [ "$status" -ne 0 ]; then
    printf '\nnewcomer: failed; the last lines of the operator:\n' >&2
    tail -n 20 "$place/operator.log" >&2 || true
  fi
  rm -rf "$place"
  exit "$status"
}
trap finish EXIT

step() { printf '\n== %3ds  %s\n' "$SECONDS" "$*"; }
fail() {
  printf 'newcomer: %s\n' "$*" >&2
  exit 1
}
# Look again and again for up to so many seconds.
within() {
  local end=$((SECONDS + $1))
  shift
  until "$@" > "$place/looked" 2>&1; do
    [ -z "$operator" ] || kill -0 "$operator" 2> "$place/alive" || fail 'the operator ended'
    [ "$SECONDS" -lt "$end" ] || fail "not in time: $* ($(tail -n 3 "$place/looked"))"
    sleep 0.2
  done
}
free_port() { python -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
versions() {
  kubectl get secrets -A -l reconcile.external-secrets.io/managed=true --no-headers \
    -o custom-columns=NS:.metadata.namespace,NAME:.metadata.name,VERSION:.metadata.resourceVersion
}

start_operator() {
  local token
  token=$(kubectl -n esoctl create token esoctl)
  sed "s/token: .*/token: \"$token\"}}]/" "$KUBECONFIG" > "$place/operator.kubeconfig"
  esoctl run --kubeconfig "$place/operator.kubeconfig" --log-format=json --enable-leader-election \
    --leader-election-namespace=esoctl --metrics-addr="127.0.0.1:$metrics" --health-addr="127.0.0.1:$health" \
    >> "$place/operator.log" 2>&1 &
  operator=$!
  within 60 curl -fsS "http://127.0.0.1:$health/readyz"
}
stop_operator() {
  kill "$operator"
  wait "$operator" || fail "the operator ended with status $?"
  operator=
}

if ! command -v kubectl > "$place/which"; then
  echo "SKIPPED a newcomer's path: kubectl is not installed"
  exit 0
fi

step 'a control plane'
programs=$(python hack/controlplane/build.py --only controlplane | cut -d' ' -f2)
python hack/controlplane/start.py "$place/controlplane" --bin "$programs" --kcm --owner=$$ > "$place/plane.log" 2>&1 &
plane=$!
within 120 test -e "$place/controlplane/ready"
metrics=$(free_port) health=$(free_port)

step 'install'
kubectl apply --server-side -f manifests/crds
kubectl apply --server-side -k manifests
kubectl wait crd/externalsecrets.external-secrets.io --for=condition=Established --timeout=30s
start_operator

step 'the example'
kubectl create namespace shop
esoctl check -f manifests/examples/fake-provider.yaml
kubectl -n shop apply -f manifests/examples/fake-provider.yaml
kubectl -n shop wait externalsecret/shop --for=condition=Ready --timeout=30s
kubectl -n shop get secretstores,externalsecrets
kubectl -n shop get externalsecrets | grep -q 'STORE.*REFRESH INTERVAL.*STATUS.*READY' || fail 'the columns that users know'
[ "$(kubectl -n shop get secret shop -o jsonpath='{.data.banner}' | base64 -d)" = 'Good evening' ] || fail 'the value'

step 'metrics'
query='externalsecret_status_condition{condition="Ready",name="shop",namespace="shop",status="True"}'
curl -fsS "http://127.0.0.1:$metrics/metrics" | grep -F "$query 1.0" || fail 'the series of the example'
if command -v prometheus > "$place/which"; then
  web=$(free_port)
  sed "s/METRICS/127.0.0.1:$metrics/" > "$place/prometheus.yml" << 'END'
global: {scrape_interval: 1s}
scrape_configs: [{job_name: esoctl, honor_labels: true, static_configs: [{targets: ["METRICS"]}]}]
END
  prometheus --config.file="$place/prometheus.yml" --storage.tsdb.path="$place/tsdb" \
    --web.listen-address="127.0.0.1:$web" > "$place/prometheus.log" 2>&1 &
  prometheus=$!
  answers() {
    curl -fsS --get "http://127.0.0.1:$web/api/v1/query" --data-urlencode "query=$query" | grep -F '"1"]'
  }
  within 30 answers
  cat "$place/looked"
else
  echo 'SKIPPED the query: prometheus is not installed'
fi

step 'upgrade'
versions > "$place/before"
grep -q shop "$place/before" || fail 'a Secret to look at'
kubectl apply --server-side -f manifests/crds
kubectl apply --server-side -k manifests
stop_operator
start_operator
kubectl wait externalsecrets --all -A --for=condition=Ready --timeout=30s
visited() { curl -fsS "http://127.0.0.1:$metrics/metrics" | grep -E '^controller_runtime_reconcile_total\{controller="externalsecret".* [1-9]'; }
within 30 visited
versions > "$place/after"
diff "$place/before" "$place/after" || fail 'an upgrade must rewrite no Secret'

step 'uninstall'
stop_operator
kubectl delete -k manifests --wait=false
within 30 sh -c '! kubectl get clusterrole esoctl'
kubectl get crd externalsecrets.external-secrets.io secretstores.external-secrets.io
kubectl -n shop get externalsecret shop
kubectl -n shop get secret shop
versions > "$place/left"
diff "$place/before" "$place/left" || fail 'Secrets stay as they are'

step 'done'
