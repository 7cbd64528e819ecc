#!/usr/bin/env bash
# Starts a training in the background from one JSON profile, after checking every key of it.
#
#   scripts/universal_train_from_json.sh CONFIG.json [--dry-run] [--stage recognizer|evaluator|restorer] [-- --set a.b=c ...]
#
# CONFIG.json is a profile: a section `recognizer`, `evaluator` or `restorer` with the settings, `inputs` with the folders
# to read, `output` with the folder to write. What follows `--` goes to the pulih command (--set, --lines, --output ...).
# The same command continues an interrupted training; a folder of another config is refused.
# Exit codes: 0 started (or described, or finished already), 2 your fault, 1 ours.
set -euo pipefail

usage() { sed -n '2,9s/^# \{0,1\}//p' "$0"; }
fail() { printf '%s: %s\n' "$(basename "$0")" "$1" >&2; exit 2; }

root=$(cd "$(dirname "$0")/.." && pwd)
if [[ -n ${PULIH_PYTHON:-} ]]; then python=$PULIH_PYTHON
elif [[ -x $root/.venv/bin/python ]]; then python=$root/.venv/bin/python
else python=$(command -v python3) || fail "no Python: run 'make setup' first"; fi
pulih() { "$python" -c 'import sys; sys.argv[0] = "pulih"; from pulih.cli import main; main()' "$@"; }

config="" stage="" dry_run=false
while (($#)); do
  case $1 in
    --dry-run) dry_run=true ;;
    --stage) stage=${2:?--stage needs a name}; shift ;;
    -h | --help) usage; exit 0 ;;
    --) shift; break ;;
    -*) usage >&2; fail "unknown option $1 (options of pulih go after --)" ;;
    *) [[ -z $config ]] || fail "one CONFIG.json only, found also $1"; config=$1 ;;
  esac
  shift
done
[[ -n $config ]] || { usage >&2; fail "CONFIG.json is missing"; }
[[ -f $config ]] || fail "no file at $config"

if [[ -z $stage ]]; then
  stage=$("$python" - "$config" <<'PY'
import json, sys
try:
    profile = json.load(open(sys.argv[1], encoding="utf-8"))
except ValueError as err:
    sys.exit(f"{sys.argv[1]} is not JSON: {err}")
if not isinstance(profile, dict):
    sys.exit(f"{sys.argv[1]} holds no JSON object")
found = [name for name in ("recognizer", "evaluator", "restorer") if name in profile]
if len(found) != 1:
    sys.exit(f"{sys.argv[1]} has {' and '.join(found) or 'no training section'}: choose with --stage")
print(found[0])
PY
  ) || exit 2
fi
case $stage in
  recognizer) command=(train-recognizer) ;;
  evaluator) command=(train-recognizer --section evaluator) ;;
  restorer) command=(train-restorer) ;;
  *) fail "--stage is recognizer, evaluator or restorer, not '$stage'" ;;
esac
command+=(--config "$config" "$@")

plan=$(pulih "${command[@]}" --dry-run)
printf '%s\n' "$plan"
if $dry_run; then exit 0; fi

field() { "$python" -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]] or "")' "$1" <<<"$plan"; }
output=$(field output) state=$(field output_state)
[[ -n $output ]] || fail "no folder to write: add 'output' to $config, or -- --output DIR"
pid_file=$output/state/train.pid log=$output/state/train.log
follow() { printf 'follow it:  tail -f %q\nstop it:    kill -TERM %s   (it saves its state first)\n' "$log" "$1"; }

case $state in
  busy) printf 'a training works in %s already\n' "$output" >&2
    if [[ -f $pid_file ]]; then follow "$(<"$pid_file")" >&2; fi
    exit 2 ;;
  foreign) fail "$output holds a training with another config or other inputs: give another output folder, or remove it" ;;
  finished) printf 'finished already: %s\n' "$output"; exit 0 ;;
  unfinished) printf 'continuing the training in %s\n' "$output" ;;
  new) printf 'starting in %s\n' "$output" ;;
  *) fail "an input is missing: see 'inputs' above (add them to $config, or -- --lines DIR ...)" ;;
esac

mkdir -p "$output/state"
code='import sys; sys.argv[0] = "pulih"; from pulih.cli import main; main()'
setsid nohup "$python" -c "$code" "${command[@]}" >>"$log" 2>&1 </dev/null &
pid=$!
printf '%s\n' "$pid" >"$pid_file"
sleep 1
if ! kill -0 "$pid" 2>/dev/null && ! wait "$pid"; then
  tail -n 20 "$log" >&2
  fail "the training did not start; its whole output is in $log"
fi
printf 'process id: %s (in %s)\n' "$pid" "$pid_file"
follow "$pid"
